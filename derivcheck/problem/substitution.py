"""Terms with some of their parts replaced, or with the sizes that were found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any

from derivcheck.language.shapes import Dim
from derivcheck.problem import terms as t
from derivcheck.problem.scope import Definition
from derivcheck.problem.terms import Term
from derivcheck.source import Span


def rewrite(term: Term, rule: Callable[[Term], Term | None], free: str | None = None) -> Term:
    """The term with ``rule`` applied to every part from the outside in; None leaves a part and goes on inside it.

    Where the name ``free`` is replaced, the body of a call that binds it anew is left alone: the x of ``f(x) = x^2``
    is no random x, whatever stands in its place at the call.
    """
    done: dict[int, tuple[Term, Term]] = {}

    def within(value: Any) -> Any:  # noqa: ANN401 - fields of terms are terms, tuples and plain values
        if isinstance(value, tuple):
            made = tuple(within(item) for item in value)
            return made if any(a is not b for a, b in zip(made, value, strict=True)) else value
        return whole(value) if isinstance(value, t.Term) else value

    def whole(part: Term) -> Term:
        known = done.get(id(part))
        if known is not None:
            return known[1]
        made = rule(part)
        if made is None:
            changes = {}
            left = free is not None and free in _bound(part)
            for name in _parts(type(part)):  # type: ignore[arg-type]
                old = getattr(part, name)
                new = old if left and name == "body" else within(old)
                if new is not old:
                    changes[name] = new
            made = replace(part, **changes) if changes else part
        done[id(part)] = (part, made)
        return made

    return whole(term)


def _bound(part: Term) -> tuple[str, ...]:
    """The names to which a call gives values of their own."""
    match part:
        case t.Let(bindings=bindings):
            return tuple(name for name, _ in bindings)
        case t.MapEntries(parameters=parameters):
            return parameters
    return ()


def at_indices(term: Term, positions: Mapping[str, Term]) -> Term:
    """The term with other values for indices, by the indices' names."""
    if not positions:
        return term
    return rewrite(term, lambda part: positions.get(part.name) if isinstance(part, t.Index) else None)


def member(definition: Definition, indices: Sequence[Term]) -> Term:
    """What a defined name stands for; of a family, the member at these indices."""
    names = (name for name, _ in definition.family)
    return at_indices(definition.term, dict(zip(names, indices, strict=False)))


def settled(term: Term, solution: Mapping[str, Dim]) -> Term:
    """The term with every unknown size replaced by what it was found to be."""
    done: dict[int, Any] = {}

    def of(value: Any) -> Any:  # noqa: ANN401 (whatever the fields of a term hold)
        match value:
            case Dim():
                return value.substitute(solution)
            case tuple():
                return tuple(map(of, value))
            case str() | int() | Span():
                return value
        if not is_dataclass(value) or isinstance(value, type):
            return value
        if id(value) not in done:
            done[id(value)] = replace(value, **{each.name: of(getattr(value, each.name)) for each in fields(value)})
        return done[id(value)]

    result: Term = of(term)
    return result


@cache
def _parts(kind: type[object]) -> tuple[str, ...]:
    """The fields of a kind of term that say what it is."""
    return tuple(each.name for each in fields(kind) if each.name not in ("shape", "span"))  # type: ignore[arg-type]
