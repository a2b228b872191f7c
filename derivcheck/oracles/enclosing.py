"""Both sides of a claim enclosed at one exact input, with more digits until they are told apart.

An enclosure that excludes what is claimed refutes rigorously: the input is a counterexample. Sides that are the same to
100 digits agree, which proves nothing; nor does it count where a summand was lost beside others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from random import Random

from derivcheck.evaluation import unknowns
from derivcheck.evaluation.arithmetic import BUDGET, NoValue
from derivcheck.evaluation.balls import COMPARED, ZERO, BallArithmetic, Balls, Number, enclosed, precision, rational
from derivcheck.evaluation.evaluator import FunctionValue, World, evaluate
from derivcheck.evaluation.forward import Forward
from derivcheck.evaluation.grid import Grid, apply, common_shape
from derivcheck.evaluation.integrals import Enclosure
from derivcheck.language.shapes import RELATIONS, Domain
from derivcheck.oracles.balls import conditions
from derivcheck.oracles.draws import Draws, given_by
from derivcheck.problem.problem import Claim

DIGITS = 100
LEVELS = (512, 4096)
"""The bits of every number: the second where the first do not decide, and for the first inputs that agree."""
FARTHEST = 32_768
"""The bits where a summand is lost still, for so many inputs as ``FAR``."""
SHOWN = (6, 10, 16, 24, 32)
"""With so many digits two numbers are shown, the first of these with which they differ."""


@dataclass(frozen=True, slots=True)
class Care:
    """To how many digits sides are compared, with how many bits, and at how many inputs at most at each size."""

    digits: int = DIGITS
    levels: tuple[int, ...] = LEVELS
    farthest: int = FARTHEST
    inputs: int | None = None


PLAIN = Care()
INTEGRALS = Care(40, (224,), 0, 3)
"""An integral takes thousands of values of its integrand, each at every digit."""
SEVERAL = Care(40, (224,), 0, 12)
"""What is not equal everywhere may fail at a corner alone."""


class Look(Enum):
    """What the enclosures of both sides say at an input."""

    ABSENT = "a side has no value, or a condition is not met"
    NOWHERE = "an integral in one of the sides does not exist"
    HOLDS = "the claim holds, strictly if it is strict"
    AGREE = "the sides agree to as many digits as they are compared to"
    CANCELS = "an integral may be 0"
    LOST = "a summand was lost"
    OPEN = "the enclosures are too wide"
    WRONG = "the claim fails"


@dataclass(frozen=True, slots=True)
class Input:
    """Exact values for every declared name at some sizes; ``seed`` and ``number`` draw the functions.

    The values of ``turns`` are multiples of π. A ``usual`` one has no special values: others are like it all around.
    """

    sizes: Mapping[str, int]
    leaves: Mapping[str, Grid[Fraction]]
    seed: str = ""
    number: int = 0
    turns: frozenset[str] = frozenset()
    usual: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """A look, and where it fails both sides there in words; ``zero`` where both are nothing but 0.

    Where one side alone has no value, ``sides`` is which.
    """

    look: Look
    sides: str = ""
    error: float = 0.0
    zero: bool = False


def look(draws: Draws, claim: Claim, point: Input, *, deep: bool = True, far: bool = True, care: Care = PLAIN) -> Seen:
    """Both sides with more digits as long as they may decide.

    ``deep`` asks those that agree for 1000 digits, ``far`` those where something was lost for 10000.

    Raises NotExact, OutOfRange.
    """
    seen, begun = Seen(Look.OPEN), BUDGET.ever
    for bits in care.levels:
        seen, costly = _sides(draws, claim, point, bits, care.digits)
        draws.kept["price of a look", claim.name] = BUDGET.ever - begun
        if seen.look in (Look.ABSENT, Look.NOWHERE, Look.HOLDS, Look.WRONG) or (seen.look is Look.AGREE and not deep):
            return seen
    if seen.look is Look.LOST and not costly and far and care.farthest:
        seen, _ = _sides(draws, claim, point, care.farthest, care.digits)
    return seen


def _sides(draws: Draws, claim: Claim, point: Input, bits: int, digits: int) -> tuple[Seen, bool]:
    """Both sides at an input with so many bits; and whether still more of them would take long."""
    with precision(bits):
        world = _world(draws, point)
        arithmetic = world.arithmetic
        assert isinstance(arithmetic, BallArithmetic)
        if not _met(draws, claim, world):
            return Seen(Look.ABSENT), False
        frame = draws.frame(claim, world)
        values, missing = [], []
        for side, name in ((claim.head, "left"), (claim.claimed, "claimed")):
            try:
                values.append(evaluate(side, frame))
            except NoValue as absent:
                missing.append(f"the {name} side has no value at {{}}: {absent.what}")
        if missing:
            return Seen(Look.NOWHERE if len(missing) == 1 else Look.ABSENT, missing[0]), False
        left, right = values
        shape = common_shape(left.shape, right.shape)
        pairs = zip(arithmetic.expand(left, shape).entries, arithmetic.expand(right, shape).entries, strict=True)
        lost = Look.LOST if arithmetic.blurred else Look.CANCELS if arithmetic.cancelled else Look.AGREE
        return _seen(claim.relation, list(pairs), lost, digits), arithmetic.costly


def _world(draws: Draws, point: Input) -> World:
    problem, arithmetic = draws.problem, BallArithmetic()
    leaves: dict[str, Balls] = {key: apply(rational, leaf) for key, leaf in point.leaves.items()}
    for key in point.turns:
        leaves[key] = arithmetic.multiply(leaves[key], arithmetic.number("pi", 3))
    functions: dict[str, FunctionValue] = {}
    for key, function in problem.functions.items():
        known = draws.settings.functions.get(key)
        if known is not None and len(function.arguments) == 1:
            functions[key] = unknowns.Known(arithmetic, known)
        else:
            source = Random(f"{point.seed} {key}")
            functions[key] = unknowns.drawn(function, problem.solution, point.sizes, arithmetic, source, point.number)
    return World(
        arithmetic, point.sizes, leaves, functions, problem.definitions, Forward(), draws.dependencies,
        integrator=Enclosure(),
    )  # fmt: skip


def _met(draws: Draws, claim: Claim, world: World) -> bool:
    """Whether the conditions hold here; an equation that gives a name its value is met by that."""
    leaves = world.leaves
    assert isinstance(leaves, dict)
    open_ones = []
    for condition in conditions(draws, claim):
        given = given_by(condition, leaves, world.dependencies) if condition.sign == "=" else None
        if given is None:
            open_ones.append(condition)
            continue
        key, other = given
        leaves[key] = world.arithmetic.expand(evaluate(other, world.root()), leaves[key].shape)
        if not all(_member(draws.problem.declarations[key].domain, entry) for entry in leaves[key].entries):
            return False
    return all(
        truth is True
        for condition in open_ones
        for truth in evaluate(condition, draws.over_indices(condition, world)).entries
    )


def _member(domain: Domain, x: Number | None) -> bool:
    """Whether a number is certainly from where a name is declared."""
    if x is None:
        return False
    sign = RELATIONS.get(domain.kind)
    return domain.kind == "real" or (sign is not None and COMPARED[sign](x, ZERO) is True)


def _seen(relation: str, pairs: list[tuple[Number | None, Number | None]], agreeing: Look, digits: int) -> Seen:
    """What both sides say entry by entry; ``agreeing`` is what it means that they agree."""
    missing = [any(pair[side] is None for pair in pairs) for side in (0, 1)]
    if any(missing):
        return Seen(Look.ABSENT, "" if all(missing) else "left" if missing[0] else "claimed")
    worst = Look.HOLDS
    for x, y in pairs:
        assert x is not None
        assert y is not None
        truth = COMPARED[relation](x, y)
        if truth is False:
            return Seen(Look.WRONG, apart(x, y), abs(float(enclosed(x - y).mid())))
        if truth is None:
            worst = max(worst, agreeing if _near(x, y, digits) else Look.OPEN, key=_ORDER.index)
    if relation == "=" and worst is Look.HOLDS:
        worst = Look.AGREE
    return Seen(worst, zero=not any(side is not None and side != 0 for pair in pairs for side in pair))


_ORDER = (Look.HOLDS, Look.AGREE, Look.CANCELS, Look.LOST, Look.OPEN)


def _near(x: Number, y: Number, digits: int) -> bool:
    """Whether two numbers are the same to so many digits; of sides around 0, to so many places."""
    x, y = enclosed(x), enclosed(y)
    size = max(x.abs_lower(), y.abs_lower())
    scale = size if size > 0 else 1
    return bool(abs(x - y) * 10**digits <= scale)


def apart(x: Number, y: Number) -> str:
    """Two sides with so many digits that it shows where they differ, or with their difference."""
    if x == y:
        return f"both sides are {enclosed(x).str(SHOWN[0], radius=False)}"
    for digits in SHOWN:
        left, right = (enclosed(side).str(digits, radius=False) for side in (x, y))
        if left != right:
            return f"the left side is {left}, the right side {right}"
    left = enclosed(x).str(SHOWN[1], radius=False)
    more, difference = ("less" if y > x else "more"), enclosed(x - y)
    size = (-difference if y > x else difference).str(3, radius=False)
    return f"the left side is {left}, by {size} {more} than the right side"
