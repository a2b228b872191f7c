r"""Equal by derivative: log densities, normalisers, entropies, whose logarithms no table of relations brings together.

Let f = left − right be made of rational functions, of logarithms and of exponentials, with no logarithm in an
exponent. If its derivative along a drawn direction is zero mod p, where all logarithms and exponentials are unknowns,
then f' = 0, and f is the same number wherever both sides are defined, also where that is not connected: by Liouville
such an f is Σ cᵢ log rᵢ + s with Π rᵢ^cᵢ and s constant in the field that these functions generate, and no sign is
chosen anywhere in it, as a root or |·| would. π is varied like a positive input: what holds for all of these holds
for it. So one point is enough. There every input is a small number, log q = Σ vₚ log p over the primes of q, and
the logarithms of primes are unknowns. Roots, absolute values, cases and arbitrary functions are left alone, and so
are inputs that are counted or tied by equations.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import prod
from random import Random
from typing import Literal

from derivcheck.evaluation import bounds, grid
from derivcheck.evaluation.arithmetic import NotExact, Value
from derivcheck.evaluation.dual import Dual, DualArithmetic
from derivcheck.evaluation.evaluator import World, evaluate
from derivcheck.evaluation.forward import Forward
from derivcheck.evaluation.grid import Grid
from derivcheck.evaluation.residues import Entry, ResidueArithmetic, Residues
from derivcheck.oracles.draws import Draws
from derivcheck.oracles.fields import Look, patterned
from derivcheck.problem import facts
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim
from derivcheck.problem.terms import Term

SAID = "all derivatives agree, and so does a point"
LINEAR = frozenset(("real", "positive", "negative", "nonnegative", "nonpositive", "nonzero", "interval"))
MATRICES = frozenset(("symmetric", "spd", "psd", "skew", "diagonal"))
POINTS = 6
LARGEST_PRIME = 10_000
"""A number with a larger factor is not taken apart."""
CASES = (
    t.Frozen, t.Derivative, t.Chain, t.Optimum, t.Density, t.Piecewise, t.Indicator, t.Comparison, t.Extremum,
    t.Arbitrary,
)  # fmt: skip
CHOOSING = frozenset(("abs", "norm1", "norm2", "norminf", "maxall", "minall", "softmax"))


def applies(draws: Draws, claim: Claim, declared: tuple[str, ...], tied: bool) -> bool:
    """Sides of rational functions, logarithms and exponentials of what varies freely."""
    domains = {draws.problem.declarations[key].domain.kind for key in declared}
    if claim.solution is not None or tied or not domains <= LINEAR | MATRICES:
        return False
    return all(_plain(part, draws) for part in draws.parts(claim.head, claim.claimed))


def _plain(part: Term, draws: Draws) -> bool:
    match part:
        case t.Elementary(name=name, order=0, argument=argument) if name in ("log", "exp"):
            return name == "log" or not any(map(_logarithmic, draws.parts(argument)))
        case t.Unary(op=op):
            return op not in CHOOSING
        case t.Power(exponent=exponent):
            return facts.whole(exponent)
        case t.Reduce(op=op, conditions=conditions):
            return op in ("sum", "prod") and not conditions
    return not isinstance(part, (*CASES, t.Elementary, t.MapEntries))


def _logarithmic(part: Term) -> bool:
    return isinstance(part, t.LogIntegral | t.Expectation) or (isinstance(part, t.Elementary) and part.name == "log")


def look_along(draws: Draws, claim: Claim, world: World) -> Look:
    """The derivative along a drawn direction at one draw; where it is zero, a point of the same sizes too."""
    base = world.arithmetic
    assert isinstance(base, ResidueArithmetic)
    difference: Value = _difference(draws, claim, _moving(draws, world))
    value, tangent = difference.primal, difference.tangent
    if None in value.grid.entries or (tangent is not None and None in tangent.grid.entries):
        return Look(False, reasons=("a value that does not exist",))
    if tangent is not None and any(tangent.grid.entries):
        return Look(True)
    top = 0.0 if tangent is None else tangent.top
    size = top + base.relations.tests
    for number in range(POINTS):
        point = _point(draws, world, number)
        arithmetic = point.arithmetic
        assert isinstance(arithmetic, _AtPoint)
        there: Residues = _difference(draws, claim, point)
        if None not in there.grid.entries:
            equal = not any(there.grid.entries)
            return Look(True, equal, size=size + there.top + arithmetic.relations.tests)
    raise NotExact("a point at which all logarithms are known")


def _difference(draws: Draws, claim: Claim, world: World) -> Value:
    frame = draws.frame(claim, world)
    return world.arithmetic.subtract(evaluate(claim.head, frame), evaluate(claim.claimed, frame))


class _Moving(DualArithmetic):
    """Dual numbers along one direction, in which π moves as well."""

    def __init__(self, base: ResidueArithmetic) -> None:
        super().__init__(base)
        self.speed = base.unknowns((1, 1))

    def number(self, value: Fraction | Literal["pi", "e"], rank: int) -> Dual:
        """A constant with all axes of size 1."""
        made = self.base.number(value, rank)
        if value != "pi":
            return Dual(made)
        return Dual(made, self.base.reshape(self.speed, (1,) * (rank + 1)))


def _moving(draws: Draws, world: World) -> World:
    """The same input, moving in a drawn direction along which every name stays in its domain."""
    base = world.arithmetic
    assert isinstance(base, ResidueArithmetic)
    leaves = {
        key: Dual(leaf, _direction(base, draws.problem.declarations[key].domain.kind, base.shape(leaf)))
        for key, leaf in world.leaves.items()
    }
    return replace(world, arithmetic=_Moving(base), leaves=leaves, functions={}, differentiator=Forward())


def _direction(a: ResidueArithmetic, kind: str, shape: tuple[int, ...]) -> Residues | None:
    drawn = a.unknowns((1, *shape))
    return patterned(a, kind, drawn) if kind in MATRICES else drawn if kind in LINEAR else None


class _AtPoint(ResidueArithmetic):
    """Integers mod a prime where every input is a small number: logarithms are sums of those of primes, and π is 1."""

    def number(self, value: Fraction | Literal["pi", "e"], rank: int) -> Residues:
        """A constant with all axes of size 1."""
        return super().number(Fraction(1) if value == "pi" else value, rank)

    def elementary(self, name: str, order: int, a: Residues) -> Residues:
        """The logarithm of a rational number by its primes; of others where it is made of known ones."""
        if name != "log" or order:
            return super().elementary(name, order, a)
        values: list[Entry]
        if a.literal:
            values = [None if value is None else self._log(value) for value in self._small(a)]
        else:
            values = [self.relations.logarithms.get(x) if x else None for x in a.grid.entries]
        made: Grid[Entry] = Grid(a.grid.shape, tuple(values))
        return Residues(made, 4.0 * self.relations.generators + 4, 4.0 * self.relations.generators + 4)

    def _small(self, a: Residues) -> list[Fraction | None]:
        """Constants from their residues. One that may be large is taken for the small one with its residue, if any.

        The bound counts that chance: of 2³⁰ small numbers each is met by one prime in so many only.
        """
        certain = self.exact(a)
        if certain is not None:
            return [*certain]
        self.relations.tests += len(a.grid.entries) * 2.0**30 * (a.top + a.bottom + 60)
        return [None if x is None else bounds.near_zero(x, self.p) for x in a.grid.entries]

    def _log(self, value: Fraction) -> Entry:
        if value <= 0:
            return None
        total = 0
        for number, sign in ((value.numerator, 1), (value.denominator, -1)):
            factors = bounds.factors(number, LARGEST_PRIME)
            if factors is None:
                return None
            total += sum(sign * power * self.relations.log(prime, 14.0) for prime, power in factors.items())
        return total % self.p


def _point(draws: Draws, world: World, number: int) -> World:
    """Zeros and identity matrices first, then small numbers."""
    base = world.arithmetic
    assert isinstance(base, ResidueArithmetic)
    source = Random(f"{base.relations.salt} point {number}")
    a = _AtPoint(base.p, source)
    leaves = {
        key: _small(a, draws.problem.declarations[key].domain.kind, base.shape(leaf), number, source)
        for key, leaf in world.leaves.items()
    }
    return replace(world, arithmetic=a, leaves=leaves, functions={}, differentiator=Forward())


def _small(a: ResidueArithmetic, kind: str, shape: tuple[int, ...], number: int, source: Random) -> Residues:
    """A member of a domain with entries of a digit, as constants."""

    def drawn(low: int, high: int) -> Residues:
        values = tuple(source.randint(low, high) % a.p for _ in range(prod(shape)))
        return Residues(Grid(shape, values), 2.0, 0, True)

    match kind:
        case "spd" | "psd" | "diagonal":
            eye = grid.expand(a.eye(shape[-1], len(shape)).grid, shape)
            return a.multiply(drawn(1, 1 + number), Residues(eye, 0, 0, True)) if number else Residues(eye, 0, 0, True)
        case "symmetric" | "skew":
            return Residues(grid.filled(shape, 0), 0, 0, True)
        case "negative" | "nonpositive":
            return drawn(-1 - number, -1)
        case "positive" | "nonnegative" | "nonzero":
            return drawn(1, 1 + number)
    return drawn(-number, number)
