"""Gaussian integrals, means and optima of quadratics by completing the square, over any exact arithmetic.

Dual numbers over dual numbers give the value, slope and curvature of what stands in the exponent; that it is its own
expansion of second order is tested at a drawn place. Then for log q(z) = c + bᵀz − ½ zᵀPz

    log ∫ q = c + ½ bᵀP⁻¹b + (n/2) log 2π − ½ log det P,   mean P⁻¹b,   covariance P⁻¹,

and P⁻¹b is where a quadratic objective is stationary. Whether P is definite, so that the integral exists and the
optimum is one, is not told in a field: the numerical oracles say that.
"""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import NamedTuple

from derivcheck.evaluation.arithmetic import Arithmetic, NotExact, Value
from derivcheck.evaluation.dual import Dual, DualArithmetic
from derivcheck.evaluation.evaluator import Frame, evaluate, pick_family
from derivcheck.evaluation.forward import lifted, supply
from derivcheck.evaluation.residues import ResidueArithmetic
from derivcheck.problem import terms as t
from derivcheck.problem.terms import Term

NOT_QUADRATIC = "an objective that is not quadratic"
Places = dict[str, tuple[int, ...]]
"""Names that vary, and the shape of each: what stands behind the axes of trials and indices."""


class Expansion(NamedTuple):
    """A term's value, slopes and curvature at a place: with ``n`` and ``n · n`` more entries in front."""

    value: Value
    slope: Value | None
    curvature: Value | None


class Completion:
    """Works out integrals and optima where the exponent or the objective is quadratic."""

    def integral(self, term: t.LogIntegral | t.Expectation | t.Integral, frame: Frame) -> Value:
        """log ∫ exp(log), or the mean of a body of second degree."""
        if isinstance(term, t.Integral):
            raise NotExact("an integral")
        if any(bound.domain.kind != "real" for bound in term.bounds):
            raise NotExact("a density that is not Gaussian")
        a = frame.world.arithmetic
        places: Places = {bound.key: frame.world.dims(bound.shape) for bound in term.bounds}
        total, slope, precision = _completed(term.log, frame, places, None, "a density that is not Gaussian")
        inverse = a.inverse(precision)
        mean = a.matmul(inverse, slope)
        if isinstance(term, t.Expectation):
            return _mean(term.body, frame, places, mean, inverse)
        rank, n = frame.rank, sum(map(prod, places.values()))

        def half(value: Value, factor: int = 1) -> Value:
            return a.multiply(a.number(Fraction(factor, 2), rank), value)

        turn = a.elementary("log", 0, a.multiply(a.number(Fraction(2), rank), a.number("pi", rank)))
        volume = a.elementary("log", 0, a.det(precision))
        total = a.add(total, half(a.matmul(a.transpose(slope), mean)))
        return a.subtract(a.add(total, half(turn, n)), half(volume))

    def optimum(self, term: t.Optimum, frame: Frame) -> Value:
        """Where a quadratic objective is stationary: the only place where it can be largest or smallest."""
        a = frame.world.arithmetic
        shape = a.shape(frame.name(term.key))[1 + len(frame.axes) :]
        places = {term.key: shape}
        _, slope, precision = _completed(term.objective, frame, places, term.key, NOT_QUADRATIC, term.held)
        place = a.matmul(a.inverse(precision), slope)
        whole = a.reshape(place, (*a.shape(place)[:-2], *shape))
        value = pick_family(whole, term.indices, frame)
        if term.position is not None:
            raise NotExact("an entry of an optimum")
        return value


def _completed(
    log: Term, frame: Frame, places: Places, key: str | None, otherwise: str, held: tuple[str, ...] = ()
) -> tuple[Value, Value, Value]:
    """c, b and P of c + bᵀz − ½ zᵀPz; ``NotExact`` where the term is something else."""
    frame = holding(frame, held)
    a, rank = frame.world.arithmetic, frame.rank
    lead = (1,) * (rank - 2)
    zero = {name: a.expand(a.number(Fraction(0), len(lead) + len(s)), (*lead, *s)) for name, s in places.items()}
    found = expanded(log, frame, places, zero, key, held)
    if found.slope is None or found.curvature is None:
        raise NotExact(otherwise)
    slope, curvature = _column(a, found.slope), square(a, found.curvature)
    far = {name: drawn_place(a, (*lead, *s)) for name, s in places.items()}
    bound = frame.bind(far)
    point = _joined(a, far, places, lead)
    quadratic = a.matmul(a.transpose(point), a.matmul(curvature, point))
    expected = a.add(found.value, a.matmul(a.transpose(slope), point))
    expected = a.add(expected, a.multiply(a.number(Fraction(1, 2), rank), quadratic))
    if not _same(a, evaluate(log, bound), expected):
        raise NotExact(otherwise)
    return found.value, slope, a.negate(curvature)


def _mean(body: Term, frame: Frame, places: Places, mean: Value, covariance: Value) -> Value:
    """E f(z) = f(m) + ½ Σ ∂²f/∂zᵢ∂zⱼ Sᵢⱼ for an f of second degree."""
    a = frame.world.arithmetic
    lead = a.shape(mean)[:-2]
    at: dict[str, Value] = {}
    offset = 0
    for name, shape in places.items():
        at[name] = a.reshape(a.narrow(mean, -2, offset, prod(shape)), (*lead, *shape))
        offset += prod(shape)
    found = expanded(body, frame, places, at, None)
    step = {name: drawn_place(a, a.shape(value)) for name, value in at.items()}
    moved = frame.bind({name: a.add(at[name], step[name]) for name in at})
    point = _joined(a, step, places, lead)
    expected = found.value
    if found.slope is not None:
        expected = a.add(expected, _contracted(a, found.slope, point))
    half = a.number(Fraction(1, 2), frame.rank)
    result = found.value
    if found.curvature is not None:
        outer = a.matmul(point, a.transpose(point))
        expected = a.add(expected, a.multiply(half, _contracted(a, _merged(a, found.curvature), outer)))
        result = a.add(result, a.multiply(half, _contracted(a, _merged(a, found.curvature), covariance)))
    if not _same(a, evaluate(body, moved), expected):
        raise NotExact("the mean of something that is not of second degree")
    return result


def holding(frame: Frame, held: tuple[str, ...]) -> Frame:
    """The same place where these names keep the values that they have here, whatever is bound further in."""
    known = [name for name in held if name in frame.world.definitions or name in frame.world.leaves]
    return frame.bind({name: frame.name(name) for name in known}, known) if known else frame


def varied(
    target: Term, frame: Frame, places: Places, at: dict[str, Value], key: str | None, held: tuple[str, ...] = ()
) -> Frame:
    """The same place in dual numbers where names vary along their entries; ``held`` names do not."""
    fixed = {name: Dual(value) for name, value in frame.bindings.values.items() if name in held}
    inner = lifted(frame, {**fixed, **_seeds(frame.world.arithmetic, places, at)})
    supply(target, frame, inner, key, frozenset(places))
    return inner


def expanded(
    target: Term, frame: Frame, places: Places, at: dict[str, Value], key: str | None, held: tuple[str, ...] = ()
) -> Expansion:
    """A term with its first and second derivatives by all entries of these names, at a place."""
    once = varied(target, frame, places, at, key, held)
    twice = varied(target, once, places, {name: once.bindings.values[name] for name in places}, key, held)
    value: Dual = evaluate(target, twice)
    curvature = value.tangent.tangent if value.tangent is not None else None
    return Expansion(value.primal.primal, value.primal.tangent, curvature)


def _seeds(a: Arithmetic, places: Places, at: dict[str, Value]) -> dict[str, Value]:
    """Each name varied along the entries of all of them together."""
    count = sum(map(prod, places.values()))
    found: dict[str, Value] = {}
    offset = 0
    for name, shape in places.items():
        here = a.shape(at[name])
        part = a.narrow(a.eye(count, 2), -1, offset, prod(shape))
        along = a.reshape(part, (count, *(1,) * (len(here) - len(shape)), *shape))
        found[name] = Dual(at[name], a.expand(along, (count, *here)))
        offset += prod(shape)
    return found


def drawn_place(a: Arithmetic, shape: tuple[int, ...]) -> Value:
    """A drawn place, which does not vary."""
    if isinstance(a, DualArithmetic):
        return Dual(drawn_place(a.base, shape))
    assert isinstance(a, ResidueArithmetic)
    return a.unknowns(shape)


def residues_below(a: Arithmetic) -> ResidueArithmetic:
    """The arithmetic mod a prime on which dual numbers stand."""
    while isinstance(a, DualArithmetic):
        a = a.base
    assert isinstance(a, ResidueArithmetic)
    return a


def _joined(a: Arithmetic, values: dict[str, Value], places: Places, lead: tuple[int, ...]) -> Value:
    """All entries of these names as one column."""
    parts = [a.reshape(values[name], (*lead, prod(shape), 1)) for name, shape in places.items()]
    return a.concatenate(parts, -2)


def _column(a: Arithmetic, slope: Value) -> Value:
    """Slopes of a number as a column."""
    count, *lead, _, _ = a.shape(slope)
    return a.reshape(a.swap(a.reshape(slope, (count, prod(lead))), 0, 1), (*lead, count, 1))


def square(a: Arithmetic, curvature: Value) -> Value:
    """The curvature of a number as a matrix."""
    count, _, *lead, _, _ = a.shape(curvature)
    flat = a.swap(a.reshape(curvature, (count * count, prod(lead))), 0, 1)
    return a.reshape(flat, (*lead, count, count))


def _merged(a: Arithmetic, curvature: Value) -> Value:
    count, _, *rest = a.shape(curvature)
    return a.reshape(curvature, (count * count, *rest))


def _contracted(a: Arithmetic, derivatives: Value, weights: Value) -> Value:
    """Σ of derivatives ``(k, lead …, rows, columns)`` times weights ``(lead …, ·, ·)`` with k entries."""
    count = a.shape(derivatives)[0]
    lead = a.shape(weights)[:-2]
    flat = a.swap(a.reshape(weights, (prod(lead), count)), 0, 1)
    products = a.multiply(derivatives, a.reshape(flat, (count, *lead, 1, 1)))
    total = a.sum(products, 0)
    return a.reshape(total, a.shape(total)[1:])


def _same(a: Arithmetic, one: Value, other: Value) -> bool:
    """Whether two values are equal everywhere; what does not exist is drawn again by who asked."""
    value = a.subtract(one, other)
    while isinstance(value, Dual):
        value = value.primal
    # They could have met by chance here: the bound counts that.
    residues_below(a).relations.tests += value.top + 1
    return not any(value.grid.entries)
