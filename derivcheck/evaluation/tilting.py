r"""Means of what has an exponential in it, as means under a density that has it instead.

With ``E_ℓ[g]`` for the mean of g under the density proportional to exp ℓ,

    E_ℓ[Σ_k e^{a_k} g_k] = Σ_k exp(log ∫ e^{ℓ + a_k} − log ∫ e^ℓ) E_{ℓ + a_k}[g_k].

Nothing overflows or underflows, a narrow bump is looked for where it stands and not where the density does, and the
moments of exponentials under a Gaussian are those of another Gaussian.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product

from derivcheck.evaluation.evaluator import Frame, written_out
from derivcheck.language.shapes import ONE
from derivcheck.problem import terms as t
from derivcheck.problem.probability.logs import summed
from derivcheck.problem.substitution import member
from derivcheck.problem.terms import Term

MOST_PARTS, HIGHEST = 64, 8
"""A body is multiplied out to so many summands, and a power of a sum up to so high a one."""
HALF, ONE_TERM = t.Constant(Fraction(1, 2)), t.Constant(Fraction(1))
Signed = tuple[int, Term]


class _TooMany(Exception):
    """A body of more summands than are told apart."""


@dataclass(frozen=True)
class _Part:
    """A summand: its sign, the signed summands of its exponent, and its other factors, −1 for a divisor."""

    sign: int = 1
    exponent: tuple[Signed, ...] = ()
    factors: tuple[Signed, ...] = ()


def tilted(term: t.Expectation, frame: Frame) -> Term | None:
    """The mean without exponentials in its body; None where there are none to move."""
    names = frozenset(bound.key for bound in term.bounds)
    try:
        parts = _Body(frame, {}).parts(term.body, names)
    except _TooMany:
        return None
    if not any(part.exponent for part in parts):
        return None
    made = [(part.sign, _mean_of(part, term)) for part in parts]
    return made[0][1] if len(made) == 1 and made[0][0] > 0 else t.Add(tuple(made), shape=term.shape, span=term.span)


def gathered(integrand: Term, key: str, frame: Frame) -> Term:
    """An integrand with one exponential in each of its summands, where several would be multiplied."""
    try:
        parts = _Body(frame, {}).parts(integrand, frozenset((key,)))
    except _TooMany:
        return integrand
    made: list[Signed] = []
    for part in parts:
        factors = part.factors
        if part.exponent:
            factors = ((1, t.Elementary("exp", summed(list(part.exponent)))), *factors)
        made.append((part.sign, _quotient(factors)))
    return made[0][1] if len(made) == 1 and made[0][0] > 0 else t.Add(tuple(made))


def touched(term: Term, names: frozenset[str], frame: Frame) -> bool:
    """Whether a term depends on one of these names, through whatever definitions."""
    direct = t.variables(term)
    return not names.isdisjoint(direct) or any(
        not names.isdisjoint(frame.world.dependencies.get(name, frozenset())) for name in direct
    )


def _mean_of(part: _Part, term: t.Expectation) -> Term:
    body = _quotient(part.factors)
    if not part.exponent:
        return replace(term, body=body)
    log = summed([(1, term.log), *part.exponent])
    gain = t.Add(((1, t.LogIntegral(term.bounds, log)), (-1, t.LogIntegral(term.bounds, term.log))))
    scale = t.Elementary("exp", gain)
    if not part.factors:
        return scale
    return t.Multiply("scale", scale, replace(term, log=log, body=body), shape=term.shape)


def _quotient(factors: tuple[Signed, ...]) -> Term:
    value: Term = ONE_TERM
    for sign, factor in factors:
        if sign > 0 and value is ONE_TERM:
            value = factor
        elif sign > 0:
            shape = factor.shape if value.shape == (ONE, ONE) else value.shape
            value = t.Multiply("scale", value, factor, shape=shape)
    for sign, factor in factors:
        if sign < 0:
            value = t.Divide(value, factor, shape=value.shape)
    return value


@dataclass(frozen=True)
class _Body:
    """A body in a frame; a definition that stands in it many times is looked into once."""

    frame: Frame
    known: dict[tuple[int, frozenset[str]], tuple[Term, list[_Part]]]

    def parts(self, term: Term, names: frozenset[str]) -> list[_Part]:
        """The summands of a term that varies with these names, as far as exponentials stand in them."""
        key = id(term), names
        if key not in self.known:
            plain = [_Part(factors=((1, term),))]
            found = self._within(term, names, plain) if touched(term, names, self.frame) else plain
            if len(found) > MOST_PARTS:
                raise _TooMany
            self.known[key] = term, found
        return self.known[key][1]

    def _within(self, term: Term, names: frozenset[str], plain: list[_Part]) -> list[_Part]:
        def inside(part: Term) -> list[_Part]:
            return self.parts(part, names)

        def varies(part: Term) -> bool:
            return touched(part, names, self.frame)

        match term:
            case t.Add(terms=parts) if term.shape == (ONE, ONE) or not any(map(_alone, parts)):
                made = [replace(each, sign=sign * each.sign) for sign, part in parts for each in inside(part)]
                return made if any(each.exponent for each in made) else plain
            case t.Multiply(op="scale", left=left, right=right):
                return _products(inside(left), inside(right), plain)
            case t.Divide(left=left, right=right, entrywise=False):
                below = inside(right)
                return _products(inside(left), [_inverse(below[0])], plain) if len(below) == 1 else plain
            case t.Elementary(name="exp", argument=argument, order=0) if term.shape == (ONE, ONE):
                return [_Part(exponent=((1, argument),))]
            case t.Density(log=log):
                return [_Part(exponent=((1, log),))]
            case t.Elementary(name="cosh" | "sinh" as name, argument=argument, order=0) if term.shape == (ONE, ONE):
                sign = 1 if name == "cosh" else -1
                return [
                    _Part(1, ((1, argument),), ((1, HALF),)),
                    _Part(sign, ((-1, argument),), ((1, HALF),)),
                ]
            case t.Elementary(name="abs", argument=argument, order=0) if term.shape == (ONE, ONE):
                return _absolute(inside(argument), plain)
            case t.Power(base=base, exponent=exponent, entrywise=False) if term.shape == (ONE, ONE):
                return _powers(base, exponent, inside, varies) or plain
            case t.Let(bindings=bindings, body=body) if bindings:
                moved = frozenset(name for name, value in bindings if varies(value))
                own = frozenset(name for name, _ in bindings)
                return _bound(term, self.parts(body, (names - own) | moved), bindings)
            case t.Let(body=body):
                return inside(body)
            case t.Variable(key=key, indices=indices) if written_out(self.frame.world, key):
                return _worthwhile(inside(member(self.frame.world.definitions[key], indices)), plain)
        return plain


def _alone(part: Signed) -> bool:
    """Whether a summand is a number that is added to every entry of the others."""
    return part[1].shape == (ONE, ONE)


def _worthwhile(parts: list[_Part], plain: list[_Part]) -> list[_Part]:
    return parts if any(part.exponent for part in parts) else plain


def _products(left: list[_Part], right: list[_Part], plain: list[_Part]) -> list[_Part]:
    """Every summand of one times every one of the other."""
    if not any(part.exponent for part in (*left, *right)):
        return plain
    if len(left) * len(right) > MOST_PARTS:
        raise _TooMany
    return [
        _Part(one.sign * other.sign, one.exponent + other.exponent, one.factors + other.factors)
        for one, other in product(left, right)
    ]


def _inverse(part: _Part) -> _Part:
    turned = tuple((-sign, each) for sign, each in part.exponent)
    return _Part(part.sign, turned, tuple((-sign, each) for sign, each in part.factors))


def _absolute(parts: list[_Part], plain: list[_Part]) -> list[_Part]:
    if len(parts) != 1 or not parts[0].exponent:
        return plain
    factors = tuple((sign, t.Elementary("abs", each)) for sign, each in parts[0].factors)
    return [_Part(1, parts[0].exponent, factors)]


def _powers(
    base: Term, exponent: Term, inside: Callable[[Term], list[_Part]], varies: Callable[[Term], bool]
) -> list[_Part] | None:
    """e to something, a positive number to something, and whole powers of what has exponentials in it."""
    match base:
        case t.Constant(value="e"):
            return [_Part(exponent=((1, exponent),))]
        case t.Constant(value=value) if varies(exponent) and (isinstance(value, str) or value > 0):
            return [_Part(exponent=((1, t.Multiply("scale", exponent, t.Elementary("log", base))),))]
    if not isinstance(exponent, t.Constant) or not isinstance(exponent.value, Fraction):
        return None
    power, parts = exponent.value, inside(base)
    if power.denominator != 1 or not power or not any(part.exponent for part in parts):
        return None
    if len(parts) == 1:
        one = _inverse(parts[0]) if power < 0 else parts[0]
        size = t.Constant(abs(power))
        raised = tuple((sign, t.Multiply("scale", size, each)) for sign, each in one.exponent)
        factors = tuple((sign, t.Power(each, size)) for sign, each in one.factors)
        return [_Part(one.sign if power % 2 else 1, raised, factors)]
    if not 0 < power <= HIGHEST:
        return None
    made = parts
    for _ in range(int(power) - 1):
        made = _products(made, parts, made)
    return made


def _bound(term: t.Let, parts: list[_Part], bindings: tuple[tuple[str, Term], ...]) -> list[_Part]:
    """Every piece of a body with the names bound as around the whole."""

    def within(signed: tuple[Signed, ...]) -> tuple[Signed, ...]:
        return tuple((sign, t.Let(bindings, each, term.function, shape=each.shape)) for sign, each in signed)

    if not any(part.exponent for part in parts):
        return [_Part(factors=((1, term),))]
    return [replace(part, exponent=within(part.exponent), factors=within(part.factors)) for part in parts]
