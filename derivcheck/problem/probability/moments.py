r"""Means of sums over the members of a family: ``\mathbb{E}[\bar x]``, ``\operatorname{Var}[\bar x]``, E[s²].

A mean is linear. A body that is a polynomial in sums over members is multiplied out into sums of products of single
members; where two indices may pick the same member, the sum is parted into the places where they do and where they
do not, so that in each part it is known which of the values are one and the same. What is no such polynomial is left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from derivcheck.language.shapes import ONE
from derivcheck.problem import algebra
from derivcheck.problem import terms as t
from derivcheck.problem.facts import recurs
from derivcheck.problem.probability.logs import quotient
from derivcheck.problem.probability.model import (
    Instance,
    closure,
    factor_at,
    instance_of,
    instances,
    mentions,
    replaced,
)
from derivcheck.problem.scope import Refusal, Scope
from derivcheck.problem.substitution import at_indices, member
from derivcheck.problem.terms import Term
from derivcheck.source import Span

LINEAR = frozenset(("transpose", "trace", "sumall", "diagof", "todiag", "vec"))
HIGHEST_POWER = 4
TWO = t.Constant(Fraction(2))
MOST_PRODUCTS = 200
"""A body that is multiplied out into more than these is left alone."""

Mean = Callable[[Term], Term]


@dataclass(frozen=True, slots=True)
class Range:
    """One index of a sum."""

    index: str
    lower: Term
    upper: Term
    conditions: tuple[t.Comparison, ...] = ()

    def at(self, places: dict[str, Term]) -> Range:
        """The same with other values for the indices in its ends and conditions."""
        conditions = tuple(_moved(condition, places) for condition in self.conditions)
        return Range(self.index, at_indices(self.lower, places), at_indices(self.upper, places), conditions)


@dataclass(frozen=True, slots=True)
class Summand:
    """A product of single members, summed over ranges from the outermost inwards."""

    sign: int
    ranges: tuple[Range, ...]
    term: Term


def _moved(condition: t.Comparison, places: dict[str, Term]) -> t.Comparison:
    return replace(condition, left=at_indices(condition.left, places), right=at_indices(condition.right, places))


def mean_of_sums(body: Term, given: frozenset[Instance], scope: Scope, span: Span, mean: Mean) -> Term:
    """The mean of a polynomial in sums over members, by that of products of single ones; ``Refusal`` for others."""
    try:
        products = _expanded(body, scope)
        parts = [part for one in products for part in _apart(one, given, scope)]
    except _OtherForm as other:
        reason = "the members of a family together are not integrated out here"
        raise Refusal("not-checked", span, reason, "of sums over members powers and products are understood") from other
    made: list[tuple[int, Term]] = []
    for part in parts:
        value = _mean_of_product(part.term, given, scope, span, mean)
        for one in reversed(part.ranges):
            value = t.Reduce("sum", one.index, one.lower, one.upper, one.conditions, value, shape=body.shape, span=span)
        made.append((part.sign, value))
    return t.Add(tuple(made), shape=body.shape, span=span)


def refuse_beyond_moments(body: Term, given: frozenset[Instance], scope: Scope, span: Span) -> None:
    """Refuse a mean that a mean and a covariance do not determine: of more than a square, or given other values."""
    told = [one for one in closure(instances(body, scope), scope, span) if scope.factors[one.key].moments]
    try:
        determined = not told or (not given and (_degree(body, scope) or 3) <= 2)
    except _OtherForm:
        determined = False
    if not determined:
        raise beyond_moments(told[0], span, scope)


def beyond_moments(instance: Instance, span: Span, scope: Scope) -> Refusal:
    """Why a value is not known."""
    name = scope.declarations[instance.key].text
    return Refusal("not-checked", span, f"of `{name}` a mean and a variance are told, which do not determine this")


def by_moments(
    body: Term, latent: tuple[Instance, ...], given: frozenset[Instance], scope: Scope
) -> tuple[Term, list[Instance]]:
    """The mean of a body over numbers of which mean and variance are known, and which numbers these were.

    E[f(x) | parents] = f(m) + c v for an f of second degree with leading coefficient c. Only beside values of
    restricted domains, where the integral over all at once has no closed form.
    """
    done: list[Instance] = []
    while (found := _leaf(body, [one for one in latent if one not in done], given, scope)) is not None:
        leaf, (_, _, bend) = found
        middle, spread = told_of(leaf, scope)
        at_mean = replaced(body, leaf, middle, scope)
        body = at_mean if bend is None else t.Add(((1, at_mean), (1, _times(bend, spread))), span=body.span)
        done.append(leaf)
    return body, done


def told_of(instance: Instance, scope: Scope) -> tuple[Term, Term]:
    """The mean and the variance of a number given what it depends on."""
    told = scope.factors[instance.key].told
    assert told is not None
    return told


def _leaf(
    body: Term, latent: list[Instance], given: frozenset[Instance], scope: Scope
) -> tuple[Instance, Coefficients] | None:
    """A number of known moments on which no other value rests, in which a body is of second degree."""
    for one in latent if algebra.scalar(scope, body) else ():
        others = [other for other in (*latent, *given) if other != one]
        domains = [scope.factors[other.key].domain.kind for other in others if other not in given]
        restricted = any(kind not in ("real", "finite", "onehot") for kind in domains)
        known = one.position == () and scope.factors[one.key].told is not None and restricted
        if not known or any(other.position is None for other in others):
            continue
        if not any(mentions(factor_at(other, scope), one, scope) for other in others):
            found = _coefficients(body, one, scope)
            if found is not None:
                return one, found
    return None


Coefficients = tuple[Term | None, Term | None, Term | None]
UNITY = t.Constant(Fraction(1))


def _coefficients(term: Term, x: Instance, scope: Scope) -> Coefficients | None:
    """Those of 1, x and x² in a number, None for 0; None of what is not seen to be such a polynomial."""
    if not mentions(term, x, scope):
        return term, None, None
    if instance_of(term, scope) == x:
        return None, UNITY, None
    match term:
        case t.Add(terms=parts):
            found = [_coefficients(part, x, scope) for _, part in parts]
            if None in found:
                return None
            rows = [
                tuple((sign, each[k]) for (sign, _), each in zip(parts, found, strict=True) if each and each[k])
                for k in range(3)
            ]
            zero, one, two = (t.Add(row) if row else None for row in rows)  # type: ignore[arg-type]
            return zero, one, two
        case t.Multiply(op="scale", left=left, right=right):
            return _convolved(_coefficients(left, x, scope), _coefficients(right, x, scope))
        case t.Divide(left=left, right=right) if not mentions(right, x, scope):
            return _convolved(_coefficients(left, x, scope), (t.Divide(UNITY, right), None, None))
        case t.Power(base=base) if _power(term) == 2:
            found_base = _coefficients(base, x, scope)
            return _convolved(found_base, found_base)
        case t.Variable(key=key, indices=indices) if key in scope.definitions and not recurs(key, scope):
            return _coefficients(member(scope.definitions[key], indices), x, scope)
    return None


def _convolved(left: Coefficients | None, right: Coefficients | None) -> Coefficients | None:
    if left is None or right is None:
        return None
    rows: list[list[tuple[int, Term]]] = [[], [], [], [], []]
    for i, one in enumerate(left):
        for k, other in enumerate(right):
            if one is not None and other is not None:
                rows[i + k].append((1, _times(one, other)))
    if rows[3] or rows[4]:
        return None
    zero, first, second = (t.Add(tuple(row)) if row else None for row in rows[:3])
    return zero, first, second


def _times(one: Term, other: Term) -> Term:
    return other if one == UNITY else one if other == UNITY else t.Multiply("scale", one, other)


def _degree(term: Term, scope: Scope) -> int | None:
    """The degree of a polynomial in random values; None for what is seen to be none."""

    def of(*parts: Term) -> int | None:
        found = [_degree(part, scope) for part in parts]
        return None if None in found else max((each for each in found if each is not None), default=0)

    if not instances(term, scope):
        return 0
    match term:
        case t.Add(terms=parts):
            return of(*(part for _, part in parts))
        case t.Multiply(left=left, right=right):
            one, other = of(left), of(right)
            return None if one is None or other is None else one + other
        case t.Divide(left=left, right=right) if not instances(right, scope):
            return of(left)
        case t.Power(base=base) if (power := _power(term)) is not None:
            if power % 2 == 0 and (squared := _squared(base, term, scope)) is not None:
                found, power = of(squared), power // 2
            else:
                found = of(base)
            return None if found is None else found * power
        case t.Unary(op="sumsq", argument=argument):
            found = of(argument)
            return None if found is None else 2 * found
        case t.Unary(op=op, argument=argument) if op in LINEAR:
            return of(argument)
        case t.Entry(argument=argument) | t.Reduce(op="sum", body=argument) | t.Let(bindings=(), body=argument):
            return of(argument)
        case t.Block(rows=rows):
            return of(*(cell for row in rows for cell in row))
        case t.Variable(key=key, indices=indices) if key in scope.definitions and not recurs(key, scope):
            return of(member(scope.definitions[key], indices))
        case t.Variable(key=key) if key in scope.factors:
            return 1
    return None


class _OtherForm(Exception):
    """What is no polynomial in sums over members."""


def _whole(term: Term, scope: Scope) -> bool:
    """Whether all members of a family stand in a term together."""
    return any(instance.position is None for instance in instances(term, scope))


def _expanded(term: Term, scope: Scope) -> list[Summand]:
    """A term as a sum of products of members."""
    if not _whole(term, scope):
        return [Summand(1, (), term)]
    match term:
        case t.Add(terms=parts):
            if any(part.shape != term.shape for _, part in parts):
                raise _OtherForm  # a number that is added to every entry
            found = [replace(one, sign=sign * one.sign) for sign, part in parts for one in _expanded(part, scope)]
        case t.Multiply(left=left, right=right):
            found = _product(term, _expanded(left, scope), _expanded(right, scope))
        case t.Divide(left=left, right=right) if not _whole(right, scope):
            found = _mapped(_expanded(left, scope), lambda inner: replace(term, left=inner))
        case t.Power(base=base) if (power := _power(term)) is not None:
            op = "scale" if algebra.scalar(scope, base) else "entrywise" if term.entrywise else "matmul"
            form = t.Multiply(op, base, base, shape=term.shape, span=term.span)  # type: ignore[arg-type]
            if power % 2 == 0 and (squared := _squared(base, term, scope)) is not None:
                return _expanded(squared if power == 2 else replace(term, base=squared, exponent=TWO), scope)
            found = _expanded(base, scope)
            for _ in range(power - 1):
                found = _product(form, found, _expanded(base, scope))
        case t.Unary(op="sumsq", argument=argument):
            return _expanded(_square(argument, term, scope), scope)
        case t.Unary(op=op, argument=argument) if op in LINEAR:
            found = _mapped(_expanded(argument, scope), lambda inner: replace(term, argument=inner))
        case t.Entry(argument=argument) if argument not in _random_columns(term, scope):
            found = _mapped(_expanded(argument, scope), lambda inner: replace(term, argument=inner))
        case t.Reduce(op="sum"):
            found = _summed(term, scope)
        case t.Variable(key=key, indices=indices) if key in scope.definitions:
            if recurs(key, scope):
                raise _OtherForm
            return _expanded(member(scope.definitions[key], indices), scope)
        case _:
            raise _OtherForm
    if len(found) > MOST_PRODUCTS:
        raise _OtherForm
    return found


def _random_columns(term: t.Entry, scope: Scope) -> list[Term]:
    """The argument of an entry, where it is itself a random value: nothing is to be taken apart in it."""
    argument = term.argument
    return [argument] if isinstance(argument, t.Variable) and argument.key in scope.factors else []


def _power(term: t.Power) -> int | None:
    exponent = term.exponent
    if isinstance(exponent, t.Constant) and isinstance(exponent.value, Fraction):
        value = exponent.value
        if value.denominator == 1 and 1 <= value <= HIGHEST_POWER:
            return int(value)
    return None


def _squared(base: Term, term: Term, scope: Scope) -> Term | None:
    """The square of a length or of a root, which is none of a polynomial itself: ``s^2`` where s is a root."""
    match base:
        case t.Variable(key=key, indices=indices) if key in scope.definitions and not recurs(key, scope):
            return _squared(member(scope.definitions[key], indices), term, scope)
        case t.Unary(op="norm2", argument=column):
            return _square(column, term, scope)
        case (
            t.Elementary(name="sqrt", order=0, argument=inner)
            | t.Power(base=inner, exponent=t.Constant(value=Fraction(numerator=1, denominator=2)))
        ):
            return inner
    return None


def _square(column: Term, term: Term, scope: Scope) -> Term:
    """‖v‖² as vᵀv."""
    if scope.resolve(column.shape[1]) != ONE:
        raise _OtherForm
    return t.Multiply("inner", column, column, span=term.span)


def _mapped(found: list[Summand], rule: Callable[[Term], Term]) -> list[Summand]:
    return [replace(one, term=rule(one.term)) for one in found]


def _product(form: t.Multiply, left: list[Summand], right: list[Summand]) -> list[Summand]:
    return [
        Summand(a.sign * b.sign, (*a.ranges, *b.ranges), replace(form, left=a.term, right=b.term))
        for a in left
        for b in right
    ]


def _summed(term: t.Reduce, scope: Scope) -> list[Summand]:
    """A sum, its index with a name of its own: it may stand in the product several times."""
    index = scope.fresh("i")
    places: dict[str, Term] = {term.index: t.Index(index)}
    conditions = tuple(_moved(condition, places) for condition in term.conditions)
    outer = Range(index, term.lower, term.upper, conditions)
    inner = _expanded(at_indices(term.body, places), scope)
    return [replace(one, ranges=(outer, *one.ranges)) for one in inner]


def _apart(one: Summand, given: frozenset[Instance], scope: Scope) -> list[Summand]:
    """Parts of a sum in each of which it is known which members are the same."""
    found: list[Summand] = []
    waiting: list[tuple[Summand, frozenset[tuple[Term, Term]]]] = [(one, frozenset())]
    while waiting:
        part, known = waiting.pop()
        pair = _undecided(part, known, given, scope)
        if pair is None:
            found.append(part)
            continue
        inner, other = pair
        waiting.append((_same(part, inner, other), known))
        unlike = t.Comparison("\\ne", inner, other)
        ranges = tuple(
            replace(each, conditions=(*each.conditions, unlike)) if each.index == inner.name else each
            for each in part.ranges
        )
        waiting.append((replace(part, ranges=ranges), known | {(inner, other)}))
        if len(found) + len(waiting) > MOST_PRODUCTS:
            raise _OtherForm
    return found


def _undecided(
    part: Summand, known: frozenset[tuple[Term, Term]], given: frozenset[Instance], scope: Scope
) -> tuple[t.Index, Term] | None:
    """An index of the sum, the innermost of two, and another place, that may pick the same member of a family."""
    order = {each.index: number for number, each in enumerate(part.ranges)}
    places: dict[str, list[Term]] = {}
    for instance in (*instances(part.term, scope), *given):
        if instance.position is None:
            if instance in given:
                continue
            raise _OtherForm
        if len(instance.position) == 1 and instance.position[0] not in places.setdefault(instance.key, []):
            places[instance.key].append(instance.position[0])
    for alike in places.values():
        for number, first in enumerate(alike):
            for second in alike[number + 1 :]:
                pair = sorted((first, second), key=lambda place: _depth(place, order))
                outer, inner = pair
                if not isinstance(inner, t.Index) or inner.name not in order or (inner, outer) in known:
                    continue
                if not isinstance(outer, t.Index | t.Constant | t.Size):
                    raise _OtherForm
                return inner, outer
    return None


def _depth(place: Term, order: dict[str, int]) -> int:
    return order.get(place.name, -1) if isinstance(place, t.Index) else -1


def _same(part: Summand, inner: t.Index, other: Term) -> Summand:
    """The part of a sum where an index is another one, or a fixed place."""
    places: dict[str, Term] = {inner.name: other}
    own = next(each for each in part.ranges if each.index == inner.name)
    twin = next((each for each in part.ranges if isinstance(other, t.Index) and each.index == other.name), None)
    guards = [_moved(condition, places) for condition in own.conditions]
    if twin is None or (twin.lower, twin.upper) != (own.lower, own.upper):
        guards += [t.Comparison("\\le", own.lower, other), t.Comparison("\\le", other, own.upper)]
    term = at_indices(part.term, places)
    if guards:
        term = t.Multiply("scale", t.Indicator(tuple(guards)), term, shape=term.shape, span=term.span)
    ranges = tuple(each.at(places) for each in part.ranges if each is not own)
    return Summand(part.sign, ranges, term)


def _mean_of_product(term: Term, given: frozenset[Instance], scope: Scope, span: Span, mean: Mean) -> Term:
    """The mean of a product as the product of means, where its sides do not depend on each other."""
    if isinstance(term, t.Multiply) and term.op != "scale":
        left, right = _behind([term.left], given, scope, span), _behind([term.right], given, scope, span)
        if left is not None and right is not None and left.isdisjoint(right):
            one = _mean_of_product(term.left, given, scope, span, mean)
            return replace(term, left=one, right=_mean_of_product(term.right, given, scope, span, mean))
        return mean(term)
    if not isinstance(term, t.Multiply):
        return mean(term)
    factors = _factors(term)
    groups: list[tuple[set[int], set[Instance]]] = []
    for number, factor in enumerate(factors):
        reached = _behind([factor], given, scope, span)
        if reached is None:
            return mean(term)
        linked = [group for group in groups if not group[1].isdisjoint(reached)]
        groups = [group for group in groups if group not in linked]
        groups.append((
            {number}.union(*(group[0] for group in linked)), reached.union(*(group[1] for group in linked))
        ))  # fmt: skip
    if len(groups) == 1:
        return mean(term)
    parts = [quotient([(1, factors[number]) for number in sorted(numbers)]) for numbers, _ in groups]
    return quotient([(1, mean(part)) for part in parts])


def _factors(term: Term) -> list[Term]:
    if isinstance(term, t.Multiply) and term.op == "scale":
        return [*_factors(term.left), *_factors(term.right)]
    return [term]


def _behind(parts: list[Term], given: frozenset[Instance], scope: Scope, span: Span) -> set[Instance] | None:
    """All random values on which terms depend that are not given; None where what is given may link them."""
    asked = [instance for part in parts for instance in instances(part, scope) if instance not in given]
    reached = set(closure(asked, scope, span)) - given
    linked = set(closure(given, scope, span)) - given
    return None if not reached.isdisjoint(linked) else reached
