r"""``\sum_k g_{nk} = 1`` for every n: a matrix of positive numbers whose rows, or columns, add up to 1.

It becomes a name that is defined: G = R ⊘ (R 1 1ᵀ) of a matrix R that is drawn freely. Every such matrix can be drawn,
and a derivative by G is one by what stands between.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from derivcheck.language import nodes as n
from derivcheck.language.domain import Domain
from derivcheck.language.shapes import ONE, Dim
from derivcheck.problem import terms as t
from derivcheck.problem.context import Context
from derivcheck.problem.scope import Declaration, Definition, Refusal, Scope
from derivcheck.problem.terms import Term
from derivcheck.source import Span

WITHOUT_SIGN = ("positive", "nonnegative", "interval")


def normalise(left: n.Node, right: n.Node, ctx: Context, span: Span) -> bool:
    """Take an equation as one that every row or column of a declared matrix meets; False if it says something else."""
    try:
        one, other = (replace(ctx, free={}).term(side) for side in (left, right))
    except Refusal:
        return False
    for side, value in ((one, other), (other, one)):
        if not (isinstance(value, t.Constant) and value.value == Fraction(1)):
            continue
        match side:
            case t.Reduce(op="sum", index=index, conditions=(), body=t.Entry(argument=t.Variable() as whole) as entry):
                found = ctx.scope.declarations.get(whole.key)
                rows = _summed_axis(entry, index)
                if found is None or rows is None or whole.indices or not _fits(found, side, rows, ctx.scope):
                    continue
                _define(found, rows, ctx.scope, span)
                return True
    return False


def _summed_axis(entry: t.Entry, index: str) -> bool | None:
    """Whether it is the column's index over which is summed, the row's standing for all; None if neither is so."""
    match entry.row, entry.column:
        case t.Index(name=row), t.Index(name=column) if row != column and index in (row, column):
            return column == index
    return None


def _fits(found: Declaration, total: t.Reduce, rows: bool, scope: Scope) -> bool:
    domain = found.domain
    bounded = domain.kind != "interval" or (domain.low == 0 and domain.high == 1)
    shape = scope.resolve_shape(found.shape)
    upper = total.upper
    last = scope.resolve(upper.dim) if isinstance(upper, t.Size) else None
    whole = total.lower == t.Constant(Fraction(1)) and last == shape[1 if rows else 0]
    matrix = ONE not in shape and not found.family and found.key not in scope.factors
    return domain.kind in WITHOUT_SIGN and bounded and whole and matrix


def _define(found: Declaration, rows: bool, scope: Scope, span: Span) -> None:
    height, width = scope.resolve_shape(found.shape)
    free = scope.fresh(found.key)
    scope.enter(free, replace(found, key=free, domain=Domain("positive")))
    raw = t.Variable(free, shape=found.shape, span=span)
    if rows:
        total = _product(_product(raw, _ones(width, ONE), (height, ONE)), _ones(ONE, width), found.shape)
    else:
        total = _product(_ones(height, ONE), _product(_ones(ONE, height), raw, (ONE, width)), found.shape)
    share: Term = t.Divide(raw, total, entrywise=True, shape=found.shape, span=span)
    definition = Definition(found.key, found.text, share, found.shape, found.span)
    del scope.declarations[found.key]
    scope.definitions[found.key] = definition
    for visible, meaning in list(scope.names.items()):
        if isinstance(meaning, Declaration) and meaning.key == found.key:
            scope.names[visible] = definition


def _ones(rows: Dim, columns: Dim) -> Term:
    return t.Filled(Fraction(1), shape=(rows, columns))


def _product(left: Term, right: Term, shape: tuple[Dim, Dim]) -> Term:
    return t.Multiply("matmul", left, right, shape=shape)
