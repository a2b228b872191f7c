"""Where a random value stands: its name, and the indices by which a family of it runs."""

from __future__ import annotations

from derivcheck.language.shapes import Dim
from derivcheck.problem import terms as t
from derivcheck.problem.context import Context
from derivcheck.problem.scope import IndexInfo, Refusal
from derivcheck.problem.terms import Term


def place_of(
    term: Term, free: dict[str, IndexInfo], ctx: Context
) -> tuple[str, tuple[str, ...], tuple[Dim, ...], bool]:
    """The key of a random value, the indices over which it runs, their sizes, and whether they pick entries."""
    match term:
        case t.Variable(key=key, indices=()):
            return key, (), (), False
        case t.Variable(key=key, indices=indices) if all(isinstance(index, t.Index) for index in indices):
            names = tuple(index.name for index in indices if isinstance(index, t.Index))
            return key, names, _sizes(names, free, ctx), False
        case t.Entry(argument=t.Variable(key=key, indices=()), row=t.Index(name=name), column=t.Constant()):
            return key, (name,), _sizes((name,), free, ctx), True
    raise Refusal("model", term.span, f"`{ctx.scope.quote(term.span)}` is not understood as a random value")


def _sizes(names: tuple[str, ...], free: dict[str, IndexInfo], ctx: Context) -> tuple[Dim, ...]:
    by_name = {info.name: info for info in free.values()}
    if any(name not in by_name for name in names):
        raise Refusal("model", next(iter(free.values())).span, "the indices of this line of the model are not free")
    return tuple(ctx.scope.resolve(by_name[name].size) for name in names)
