r"""Means of what has an exponential in it, as means under a density that has it instead.

With ``E_ℓ[g]`` for the mean of g under the density proportional to exp ℓ,

    E_ℓ[Σ_k e^{a_k} g_k] = Σ_k exp(log ∫ e^{ℓ + a_k} − log ∫ e^ℓ) E_{ℓ + a_k}[g_k].

Nothing overflows or underflows, a narrow bump is looked for where it stands and not where the density does, and the
moments of exponentials under a Gaussian are those of another Gaussian.

Of which degree a term is as a polynomial in some names, and the size of what is added up in it: by its structure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product

from derivcheck.evaluation.evaluator import Frame, rests_on_itself, written_out
from derivcheck.language.shapes import ONE
from derivcheck.problem import terms as t
from derivcheck.problem.probability.logs import quotient, summed
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
        made.append((part.sign, quotient(factors)))
    return made[0][1] if len(made) == 1 and made[0][0] > 0 else t.Add(tuple(made))


def touched(term: Term, names: frozenset[str], frame: Frame) -> bool:
    """Whether a term depends on one of these names, through whatever definitions."""
    direct = t.variables(term)
    return not names.isdisjoint(direct) or any(
        not names.isdisjoint(frame.world.dependencies.get(name, frozenset())) for name in direct
    )


def _mean_of(part: _Part, term: t.Expectation) -> Term:
    body = quotient(part.factors)
    if not part.exponent:
        return replace(term, body=body)
    log = summed([(1, term.log), *part.exponent])
    gain = t.Add(((1, t.LogIntegral(term.bounds, log)), (-1, t.LogIntegral(term.bounds, term.log))))
    scale = t.Elementary("exp", gain)
    if not part.factors:
        return scale
    return t.Multiply("scale", scale, replace(term, log=log, body=body), shape=term.shape)


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


LINEAR = frozenset(("transpose", "trace", "sumall", "diagof", "todiag", "vec"))
UNKNOWN = (t.LogIntegral, t.Expectation, t.Derivative, t.Chain, t.Optimum)
"""Operators whose value may well be a polynomial, of a degree that their structure does not show."""


class NoPolynomial(Exception):
    """A part that is no polynomial; ``hidden`` where it may be one, and only its structure does not show it."""

    def __init__(self, *, hidden: bool) -> None:
        super().__init__()
        self.hidden = hidden


def degree(term: Term, names: frozenset[str], frame: Frame) -> int:
    """The degree (or a bound for it). Raises ``NoPolynomial`` for everything else."""
    return _Degrees(frame, {}).of(term, names)


@dataclass(frozen=True)
class _Degrees:
    """Degrees in a frame; a definition that stands in a term many times is looked into once."""

    frame: Frame
    known: dict[tuple[int, frozenset[str]], tuple[Term, int]]

    def of(self, term: Term, names: frozenset[str]) -> int:
        key = id(term), names
        if key not in self.known:
            self.known[key] = term, self._own(term, names) if touched(term, names, self.frame) else 0
        return self.known[key][1]

    def _of_steps(self, key: str, names: frozenset[str]) -> int:
        """Of a recursion: 1, where every step and every beginning is linear in what was before."""
        world = self.frame.world
        circle = frozenset(one for one in world.dependencies[key] if rests_on_itself(world, one))
        term = world.definitions[key].term
        rows = [row for row, _ in term.rows] if isinstance(term, t.Piecewise) else [term]
        if any(self.of(row, names | circle) > 1 for row in rows):
            raise NoPolynomial(hidden=False)
        return 1

    def _own(self, term: Term, names: frozenset[str]) -> int:
        def of(part: Term) -> int:
            return self.of(part, names)

        def varies(part: Term) -> bool:
            return touched(part, names, self.frame)

        definitions = self.frame.world.definitions
        match term:
            case t.Variable(key=key) if key in names:
                return 1
            case t.Variable(key=key) if rests_on_itself(self.frame.world, key):
                return self._of_steps(key, names)
            case t.Variable(key=key, indices=indices) if key in definitions:
                return of(member(definitions[key], indices))
            case t.Add(terms=parts):
                return max(of(part) for _, part in parts)
            case t.Multiply(left=left, right=right):
                return of(left) + of(right)
            case t.Divide(left=left, right=right) if not varies(right):
                return of(left)
            case t.Unary(op=op, argument=argument) if op in LINEAR:
                return of(argument)
            case t.Unary(op="sumsq", argument=argument):
                return 2 * of(argument)
            case t.Power(base=base, exponent=t.Constant(value=Fraction() as power)) if _whole(power):
                return int(power) * of(base)
            case t.Entry(argument=argument):
                return of(argument)
            case t.Block(rows=rows):
                return max(of(cell) for row in rows for cell in row)
            case t.Gather(body=body) | t.Frozen(body=body) | t.Reduce(op="sum", body=body):
                return of(body)
            case t.Let(bindings=bindings, body=body):
                names_of, values = tuple(name for name, _ in bindings), tuple(value for _, value in bindings)
                return self._called(names_of, values, body, names)
            case t.MapEntries(parameters=parameters, arguments=arguments, body=body, order=0):
                return self._called(parameters, arguments, body, names)
            case t.Elementary(name="log", argument=t.Density(log=log), order=0):
                return of(log)
            case t.Expectation(log=log, body=body) if not varies(log):
                return of(body)
            case t.Expectation() if (found := self._gaussian(term, names)) is not None:
                return found
        raise NoPolynomial(hidden=isinstance(term, UNKNOWN))

    def _gaussian(self, term: t.Expectation, names: frozenset[str]) -> int | None:
        """Of a mean under a Gaussian whose mean is linear in the names, its covariance the same everywhere."""
        every = names.union(bound.key for bound in term.bounds)
        try:
            if any(bound.domain.kind != "real" for bound in term.bounds) or self.of(term.log, every) > 2:
                return None
            return self.of(term.body, every)
        except NoPolynomial:
            return None

    def _called(
        self, parameters: tuple[str, ...], arguments: tuple[Term, ...], body: Term, names: frozenset[str]
    ) -> int:
        """Of a function at arguments: the degree in its parameters times the highest of theirs."""
        highest = max((self.of(argument, names) for argument in arguments), default=0)
        moved = frozenset(p for p, a in zip(parameters, arguments, strict=True) if touched(a, names, self.frame))
        return max(highest, 1) * self.of(body, (names - frozenset(parameters)) | moved)


def _whole(power: Fraction) -> bool:
    return power.denominator == 1 and power > 0


def magnitude(term: Term) -> Term:
    """A term that is nowhere below the absolute value of another: sums of absolute values, means of them."""
    match term:
        case t.Add(terms=parts):
            return replace(term, terms=tuple((1, magnitude(part)) for _, part in parts))
        case t.Multiply(left=left, right=right):
            return replace(term, left=magnitude(left), right=magnitude(right))
        case t.Divide(left=left, right=right):
            return replace(term, left=magnitude(left), right=_size_of(right))
        case t.Unary(op=op, argument=argument) if op in LINEAR:
            return replace(term, argument=magnitude(argument))
        case t.Power(base=base, exponent=t.Constant(value=Fraction() as power)) if power.denominator == 1 and power > 0:
            return replace(term, base=magnitude(base))
        case t.Reduce(op="sum", body=body) | t.Expectation(body=body) | t.Frozen(body=body) | t.Let(body=body):
            return replace(term, body=magnitude(body))
        case t.Entry(argument=argument):
            return replace(term, argument=magnitude(argument))
    return _size_of(term)


def _size_of(term: Term) -> Term:
    return t.Elementary("abs", term, shape=term.shape, span=term.span)
