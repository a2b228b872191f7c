r"""A line of the model for each value of another name: ``x \mid z = 1 \sim D_1``, ``x \mid z = 2 \sim D_2``."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from derivcheck.language import nodes as n
from derivcheck.language.shapes import Domain
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
        if node is value or _chooses(left, ctx):
            found.append(t.Comparison("=", left, right, span=node.span))
    return tuple(found)


def _chooses(term: Term, ctx: Context) -> bool:
    """Whether the values of a name are cases: it is random, or one of finitely many (of which a line behind tells)."""
    keys = t.variables(term)
    finite = any(
        key in ctx.scope.declarations and ctx.scope.declarations[key].domain.kind in ("finite", "onehot")
        for key in keys
    )
    return finite or bool(keys & ctx.scope.factors.keys())


def opens(pins: Pins, factor: Factor) -> bool:
    """Whether a line of a model that is told case by case has nothing yet for these values.

    A line that depends on other names than those cases (``p(T = 1)`` where T is told given D) speaks of what follows
    from them, and so does one for a value that the others leave.
    """
    match factor.log:
        case t.Piecewise(rows=rows) if pins:
            known = [_parted(conditions, factor.key) for _, conditions in rows]
            given, own = _parted(pins, factor.key)
            alike = [values for places, values in known if places == given]
            if not all(places or values for places, values in known):
                return False
            if {name for name, _ in given} != {name for places, _ in known for name, _ in places}:
                return False
            return not alike or (bool(own) and () not in alike and own not in alike)
    return False


Places = tuple[tuple[str, Term], ...]


def _parted(conditions: Pins, key: str) -> tuple[Places, Places]:
    """The values of the names on which a line depends, and that of the random name itself."""
    bare = _bare(conditions)
    return tuple(sorted((one for one in bare if one[0] != key), key=lambda one: one[0])), tuple(
        one for one in bare if one[0] == key
    )


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
        return _completed(replace(factor, log=case))
    same = dict(zip(factor.letters, (t.Index(letter) for letter in before.letters), strict=True))
    moved = at_indices(case, same)
    assert isinstance(moved, t.Piecewise)
    return _completed(replace(before, log=replace(before.log, rows=(*before.log.rows, *moved.rows))))


def _completed(factor: Factor) -> Factor:
    """Where all values but one have a probability, the last one has what is left of 1."""
    assert isinstance(factor.log, t.Piecewise)
    values = _values(factor.domain)
    rows = list(factor.log.rows)
    groups: dict[Places, list[tuple[Term, Pins]]] = {}
    for row in rows:
        groups.setdefault(_parted(row[1], factor.key)[0], []).append(row)
    for told in groups.values():
        owns = [_parted(pins, factor.key)[1] for _, pins in told]
        places = {own[0][1].value for own in owns if own and isinstance(own[0][1], t.Constant)}
        left = [value for value in values if value not in places]
        if len(places) != len(told) or len(left) != 1:
            continue
        parts = tuple((-1, t.Elementary("exp", log)) for log, _ in told)
        rest = t.Elementary("log", t.Add(((1, t.Constant(Fraction(1))), *parts)), span=factor.span)
        last = tuple(
            replace(pin, right=t.Constant(left[0])) if t.variables(pin.left) == {factor.key} else pin
            for pin in told[0][1]
        )
        rows.append((rest, last))
    return replace(factor, log=replace(factor.log, rows=tuple(rows)))


def _values(domain: Domain) -> list[Fraction]:
    """The values of a finite set that does not depend on a size."""
    if domain.kind != "finite":
        return []
    if domain.values:
        return [Fraction(value) for value in domain.values]
    if isinstance(domain.low, float) and isinstance(domain.high, float):
        return [Fraction(value) for value in range(int(domain.low), int(domain.high) + 1)]
    return []
