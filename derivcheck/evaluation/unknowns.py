"""Arbitrary functions mod a prime: every value and every partial derivative at every argument is an unknown of its own.

For every choice of these numbers there is a smooth function that has them, so what holds for the unknowns holds for
every function, and what fails for them fails for some. Mixed partials are symmetric: they are kept by the sorted
positions of the entries by which is differentiated. Where numbers are wanted, f(x) = Σ c g(w · x + p) with exact
parameters, where g is a sine, an exponential or a power: unbounded ones, steep ones, constants, zero, and such as have
a zero or a flat place at a small whole number. All derivatives are in closed form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from random import Random
from typing import Final, Literal, Protocol

from derivcheck.evaluation import grid
from derivcheck.evaluation.arithmetic import Arithmetic, Value
from derivcheck.evaluation.dual import Dual, DualArithmetic
from derivcheck.evaluation.grid import Grid
from derivcheck.evaluation.residues import ResidueArithmetic, Residues
from derivcheck.language.shapes import Dim
from derivcheck.problem.scope import FunctionDeclaration

Positions = tuple[int, ...]


class Jet(Protocol):
    """A function that can say its partial derivatives; ``positions`` are the entries by which, from 0."""

    def partial(self, arguments: list[Value], positions: Positions, entrywise: bool) -> Value: ...
    def __call__(self, arguments: list[Value], order: int, entrywise: bool) -> Value: ...


class Unknown:
    """A declared function, with what has been drawn for it so far."""

    def __init__(self, arithmetic: ResidueArithmetic, result: tuple[int, int]) -> None:
        self.arithmetic = arithmetic
        self.result = result
        self.drawn: dict[tuple[Positions, tuple[int, ...], int], int] = {}
        self.arguments: dict[tuple[int, ...], None] = {}
        self.size = 0.0

    def __call__(self, arguments: list[Residues], order: int, entrywise: bool) -> Residues:
        """The function or a derivative of some order, as the evaluator asks for it."""
        return self.partial(arguments, (0,) * order, entrywise or bool(order))

    def partial(self, arguments: list[Residues], positions: Positions, entrywise: bool) -> Residues:
        """A partial derivative: entry by entry, or of the arguments as wholes."""
        self.size = max(self.size, *(argument.top + argument.bottom for argument in arguments))
        positions = tuple(sorted(positions))
        if entrywise:
            made = grid.combine(lambda *at: self._at(positions, at, 0), *(argument.grid for argument in arguments))
            return Residues(made, 1, 0)
        leads = [argument.grid.shape[:-2] for argument in arguments]
        lead = grid.common_shape(*leads)
        parts = [grid.expand(a.grid, (*lead, *a.grid.shape[-2:])).entries for a in arguments]
        sizes = [prod(a.grid.shape[-2:]) for a in arguments]
        entries: list[int | None] = []
        for point in range(prod(lead)):
            at = tuple(x for part, n in zip(parts, sizes, strict=True) for x in part[point * n : (point + 1) * n])
            entries += [self._at(positions, at, out) for out in range(prod(self.result))]
        return Residues(Grid((*lead, *self.result), tuple(entries)), 1, 0)

    def _at(self, positions: Positions, at: tuple[int | None, ...], out: int) -> int | None:
        if None in at:
            return None
        place = (positions, at, out)
        value = self.drawn.get(place)  # type: ignore[arg-type]
        if value is None:
            self.arguments.setdefault(at)  # type: ignore[arg-type]
            value = self.drawn[place] = self.arithmetic.unknown()  # type: ignore[index]
        return value

    @property
    def collisions(self) -> float:
        """How large the differences of arguments are together: two that differ may be equal at the point drawn."""
        count = len(self.arguments)
        return count * (count - 1) / 2 * (2 * self.size + 1)


class Known:
    """A declared function that the settings bind to a known one, such as tanh."""

    def __init__(self, arithmetic: Arithmetic, name: str) -> None:
        self.arithmetic, self.name = arithmetic, name

    def __call__(self, arguments: list[Value], order: int, entrywise: bool) -> Value:
        """The function or a derivative of some order."""
        return self.arithmetic.elementary(self.name, order, arguments[0])

    def partial(self, arguments: list[Value], positions: Positions, entrywise: bool) -> Value:
        """The derivative of so many orders."""
        return self.arithmetic.elementary(self.name, len(positions), arguments[0])


class Lifted:
    """A function on dual numbers: f(a)' = Σ ∂f/∂aⱼ · aⱼ'."""

    def __init__(self, inner: Jet, arithmetic: DualArithmetic) -> None:
        self.inner, self.arithmetic = inner, arithmetic

    def __call__(self, arguments: list[Dual], order: int, entrywise: bool) -> Dual:
        """The function or a derivative of some order, as the evaluator asks for it."""
        return self.partial(arguments, (0,) * order, entrywise or bool(order))

    def partial(self, arguments: list[Dual], positions: Positions, entrywise: bool) -> Dual:
        """A partial derivative with its tangent."""
        base = self.arithmetic.base
        primals = [argument.primal for argument in arguments]
        value = self.inner.partial(primals, positions, entrywise)
        total: Value | None = None
        offset = 0
        for argument in arguments:
            *_, rows, columns = base.shape(argument.primal)
            count = 1 if entrywise else rows * columns
            if argument.tangent is not None:
                for j in range(count):
                    along = argument.tangent
                    if not entrywise:
                        along = base.narrow(base.narrow(along, -2, j // columns, 1), -1, j % columns, 1)
                    slope = self.inner.partial(primals, (*positions, offset + j), entrywise)
                    step = base.multiply(along, slope)
                    total = step if total is None else base.add(total, step)
            offset += count
        if total is None:
            return Dual(value)
        shape = base.shape(value)
        return Dual(value, base.expand(total, (base.shape(total)[0], *shape)))


Shape = Literal["sin", "exp"] | int
"""The outer function of a ridge; a number is a power."""
KINDS: Final = ("waves", "bowl", "steep", "cubic", "zero", "growing", "line", "constant")
POSITIVE: Final = ("growing", "dish", "constant", "swinging")


@dataclass(frozen=True, slots=True)
class Ridge:
    """c g(w · x + p): ``weights`` for every entry of the arguments, ``scales`` for every entry of the result."""

    shape: Shape
    weights: tuple[Fraction, ...]
    phase: Fraction
    scales: tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class Concrete:
    """A drawn function; see ``Jet`` for what is asked of it."""

    arithmetic: Arithmetic
    inputs: tuple[tuple[int, int], ...]
    result: tuple[int, int]
    ridges: tuple[Ridge, ...]

    def __call__(self, arguments: list[Value], order: int, entrywise: bool) -> Value:
        """The function or a derivative of some order, as the evaluator asks for it."""
        return self.partial(arguments, (0,) * order, entrywise or bool(order))

    def partial(self, arguments: list[Value], positions: tuple[int, ...], entrywise: bool) -> Value:
        """A partial derivative: entry by entry, or of the arguments as wholes."""
        a = self.arithmetic
        total: Value = None
        for ridge in self.ridges:
            rank = len(a.shape(arguments[0]))
            slope = prod((ridge.weights[place] for place in positions), start=Fraction(1))
            shape = (1, 1) if entrywise else self.result
            scales = self._block([slope * scale for scale in ridge.scales[: prod(shape)]], shape, rank)
            place = self._place(ridge, arguments, entrywise)
            part = a.multiply(scales, _outer(ridge.shape, len(positions), a, place))
            total = part if total is None else a.add(total, part)
        return total

    def _place(self, ridge: Ridge, arguments: list[Value], entrywise: bool) -> Value:
        """w · x + p."""
        a, offset = self.arithmetic, 0
        rank = len(a.shape(arguments[0]))
        total = a.number(ridge.phase, rank)
        for argument, (rows, columns) in zip(arguments, self.inputs, strict=True):
            weights = ridge.weights[offset : offset + rows * columns]
            offset += rows * columns
            part = a.multiply(argument, self._block(weights, (rows, columns), rank))
            total = a.add(total, part if entrywise else a.sum(a.sum(part, -1), -2))
        return total

    def _block(self, numbers: Sequence[Fraction], shape: tuple[int, int], rank: int) -> Value:
        a = self.arithmetic
        parts = [a.number(number, rank) for number in numbers]
        return a.reshape(a.concatenate(parts, -1), (*(1,) * (rank - 2), *shape))


def _outer(shape: Shape, order: int, a: Arithmetic, x: Value) -> Value:
    """The outer function's derivative of this order."""
    match shape:
        case "exp":
            return a.elementary("exp", 0, x)
        case "sin":
            wave = a.elementary("cos" if order % 2 else "sin", 0, x)
            return a.negate(wave) if order % 4 >= 2 else wave
        case degree:
            factor = Fraction(prod(range(degree - order + 1, degree + 1)) if order <= degree else 0)
            return a.multiply(a.number(factor, len(a.shape(x))), a.integer_power(x, max(degree - order, 0)))


def drawn(
    declaration: FunctionDeclaration, solution: Mapping[str, Dim], sizes: Mapping[str, int], arithmetic: Arithmetic,
    source: Random, number: int,
) -> Concrete:  # fmt: skip
    """The function of this number among those that are tried for a declared one."""
    *inputs, result = [
        (rows.substitute(solution).value(sizes), columns.substitute(solution).value(sizes))
        for rows, columns in (*declaration.arguments, declaration.result)
    ]
    count, outputs = sum(r * c for r, c in inputs), prod(result)
    positive = declaration.result_domain.kind in ("positive", "nonnegative")
    kinds = POSITIVE if positive else KINDS

    def ridge(shape: Shape, steep: int, large: int, phase: Fraction | None = None) -> Ridge:
        weights = tuple(_away(source, steep) for _ in range(count))
        scales = tuple(abs(_away(source, large)) if positive else _away(source, large) for _ in range(outputs))
        return Ridge(shape, weights, _away(source, 2) if phase is None else phase, scales)

    def flat(value: int) -> Ridge:
        return Ridge(0, (Fraction(0),) * count, Fraction(0), (Fraction(value),) * outputs)

    def rooted(shape: int) -> Ridge:
        """w · (x − a)ᵏ for a small whole number a in every entry."""
        found = ridge(shape, 1, 9)
        return Ridge(shape, found.weights, sum(found.weights, Fraction(0)) * source.choice((0, 1, -1, 2)), found.scales)

    made: dict[str, Callable[[], tuple[Ridge, ...]]] = {
        "waves": lambda: (ridge("sin", 1, 2), ridge("sin", 2, 2), ridge(1, 1, 1)),
        "bowl": lambda: (rooted(2),),
        "steep": lambda: (ridge("sin", 90, 400), ridge(1, 9, 900)),
        "cubic": lambda: (rooted(3), ridge(1, 1, 1, Fraction(0))),
        "zero": lambda: (flat(0),),
        "growing": lambda: (ridge("exp", 1, 3), ridge("exp", 2, 1)),
        "line": lambda: (rooted(1),),
        "constant": lambda: (flat(source.randint(1, 3)),),
        "dish": lambda: (rooted(2), flat(1)),
        "swinging": lambda: (ridge("sin", 3, 1), flat(2)),  # the wave is less than 2 high
    }
    ridges = made[kinds[number % len(kinds)]]()
    return Concrete(arithmetic, tuple(inputs), result, ridges)


def _away(source: Random, size: int) -> Fraction:
    """A number of about this size that is not near to 0."""
    return Fraction(source.choice((-1, 1)) * source.randint(3, 11) * size, 7)
