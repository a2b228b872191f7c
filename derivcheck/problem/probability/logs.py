r"""Logarithms taken apart, so that a product of densities becomes a sum that neither overflows nor underflows.

A line of the model for each value of another name: ``x \mid z = 1 \sim D_1``, ``x \mid z = 2 \sim D_2``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from derivcheck.language import nodes as n
from derivcheck.language.shapes import Domain, is_scalar
from derivcheck.problem import terms as t
from derivcheck.problem.context import Context, strip
from derivcheck.problem.facts import positive
from derivcheck.problem.problem import at_indices
from derivcheck.problem.scope import Factor, Refusal, Scope
from derivcheck.problem.terms import Comparison, Term

HALF = t.Constant(Fraction(1, 2))
WRONG_SIGN = t.Constant(Fraction(1000))
"""By so much the logarithm of something negative is off that is held against a density."""


def summed(parts: list[tuple[int, Term]]) -> Term:
    """A sum of scalars with signs."""
    flat: list[tuple[int, Term]] = []
    for sign, part in parts:
        if isinstance(part, t.Add):
            flat.extend((sign * inner, term) for inner, term in part.terms)
        else:
            flat.append((sign, part))
    if not flat:
        return t.Constant(Fraction(0))
    return flat[0][1] if len(flat) == 1 and flat[0][0] > 0 else t.Add(tuple(flat))


def quotient(factors: Sequence[tuple[int, Term]]) -> Term:
    """The product of scalars and at most one matrix, those with −1 below."""
    over = [factor for sign, factor in factors if sign > 0] or [t.Constant(Fraction(1))]
    value = over[0]
    for factor in over[1:]:
        value = t.Multiply("scale", value, factor, shape=factor.shape if is_scalar(value.shape) else value.shape)
    for sign, factor in factors:
        if sign < 0:
            value = t.Divide(value, factor, shape=value.shape)
    return value


def log_of(term: Term, scope: Scope) -> Term:
    """log term, with exponentials, densities, products, quotients and powers of positive things taken apart."""
    parts = split(term, scope)
    if parts is not None:
        return summed(parts)
    return t.Elementary("log", term, span=term.span)


def log_of_claimed(term: Term, scope: Scope) -> Term:
    """The same for what is held against a density: where it is negative the value is far off, not invalid."""
    parts = split(term, scope)
    if parts is not None:
        return summed(parts)
    size = t.Elementary("log", t.Elementary("abs", term, span=term.span), span=term.span)
    negative = t.Indicator((t.Comparison("<", term, t.Constant(Fraction(0))),))
    return t.Add(((1, size), (-1, t.Multiply("scale", WRONG_SIGN, negative))), span=term.span)


def has_density(term: Term) -> bool:
    """Whether a density stands in it."""
    return any(isinstance(part, t.Density) for part in t.walk(term))


def has_factorial(term: Term) -> bool:
    """Whether a gamma function stands in it, whose logarithm does not overflow when it does."""
    return any(isinstance(part, t.Elementary) and part.name == "gamma" for part in t.walk(term))


def split(term: Term, scope: Scope) -> list[tuple[int, Term]] | None:
    """The summands of log term, or None if some factor of it may be negative."""
    match term:
        case t.Density(log=log):
            return [(1, log)]
        case t.Elementary(name="exp", argument=argument):
            return [(1, argument)]
        case t.Power(base=t.Constant(value="e"), exponent=exponent, entrywise=False):
            return [(1, exponent)]
        case t.Let(bindings=(), body=body):
            return split(body, scope)
        case t.Let(bindings=bindings, body=body):
            inner = split(body, scope)
            return None if inner is None else [(1, t.Let(bindings, summed(inner), span=term.span))]
        case t.Frozen(body=body, names=names):
            inner = split(body, scope)
            return None if inner is None else [(1, t.Frozen(summed(inner), names, span=term.span))]
        case t.Multiply(op="scale", left=left, right=right):
            return _joined(left, right, 1, scope)
        case t.Divide(left=left, right=right):
            return _joined(left, right, -1, scope)
        case t.Reduce(op="prod", conditions=()):
            inner = split(term.body, scope)
            if inner is None:
                return None
            return [(1, t.Reduce("sum", term.index, term.lower, term.upper, (), summed(inner), span=term.span))]
        case t.Power(base=base, exponent=exponent):
            inner = split(base, scope)
            if inner is None:
                return None
            return [(1, t.Multiply("scale", exponent, summed(inner), span=term.span))]
        case t.Elementary(name="gamma", argument=argument, order=0):
            return [(1, t.Elementary("lgamma", argument, span=term.span))]
        case t.Elementary(name="sqrt", argument=argument, order=0):
            inner = split(argument, scope)
            if inner is None:
                return None
            return [(1, t.Multiply("scale", HALF, summed(inner), span=term.span))]
    if positive(term, scope):
        return [(1, t.Elementary("log", term, span=term.span))]
    return None


def _joined(left: Term, right: Term, sign: int, scope: Scope) -> list[tuple[int, Term]] | None:
    one, other = split(left, scope), split(right, scope)
    if one is None or other is None:
        return None
    return one + [(sign * inner, part) for inner, part in other]


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
