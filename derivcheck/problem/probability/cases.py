r"""A line of the model for each value of another name: ``x \mid z = 1 \sim D_1``, ``x \mid z = 2 \sim D_2``."""

from __future__ import annotations

from dataclasses import replace

from derivcheck.language import nodes as n
from derivcheck.problem import terms as t
from derivcheck.problem.context import Context, strip
from derivcheck.problem.scope import Factor, Refusal
from derivcheck.problem.substitution import at_indices
from derivcheck.problem.terms import Comparison, Term

Pins = tuple[Comparison, ...]


def pinned(value: n.Node, given: n.Node | None, ctx: Context) -> Pins:
    """The values at which a line speaks: ``z = 1`` of what is random; an index (``z = k``) says it of all."""
    found: list[Comparison] = []
    for node in (*(given.items if isinstance(given, n.Tuple) else (given,)), value):
        if not isinstance(node, n.Compare) or node.relations != ("=",):
            continue
        name, place = (strip(member) for member in node.members)
        if isinstance(place, n.Name) and place.text not in ctx.scope.names:
            continue
        try:
            left, right = ctx.term(name), ctx.term(place)
        except Refusal:
            continue
        if node is value or t.variables(left) & ctx.scope.factors.keys():
            found.append(t.Comparison("=", left, right, span=node.span))
    return tuple(found)


def opens(pins: Pins, factor: Factor) -> bool:
    """Whether a line of a model that is told case by case has nothing yet for these values."""
    match factor.log:
        case t.Piecewise(rows=rows) if pins:
            known = [_bare(conditions) for _, conditions in rows]
            return all(known) and _bare(pins) not in known
    return False


def _bare(conditions: Pins) -> tuple[tuple[str, Term], ...]:
    """Of which names the values are, whatever index their members have."""
    return tuple((key, condition.right) for condition in conditions for key in sorted(t.variables(condition.left)))


def with_case(factor: Factor, before: Factor | None, pins: Pins) -> Factor:
    """The line as one case, beside those that were told before."""
    if not pins:
        return factor
    rows: tuple[tuple[Term, Pins], ...] = ((factor.log, pins),)
    case = t.Piecewise(rows, shape=factor.log.shape, span=factor.span)
    if before is None or not isinstance(before.log, t.Piecewise):
        return replace(factor, log=case)
    same = dict(zip(factor.letters, (t.Index(letter) for letter in before.letters), strict=True))
    moved = at_indices(case, same)
    assert isinstance(moved, t.Piecewise)
    return replace(before, log=replace(before.log, rows=(*before.log.rows, *moved.rows)))
