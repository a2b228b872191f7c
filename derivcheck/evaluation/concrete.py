"""Arbitrary functions as concrete ones with exact parameters, of kinds that differ from each other.

f(x) = Σ c g(w · x + p), where g is a sine, an exponential or a power: unbounded ones, steep ones, constants, zero, and
such as have a zero or a flat place at a small whole number. All derivatives are in closed form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod
from random import Random
from typing import Final, Literal

from derivcheck.evaluation.arithmetic import Arithmetic, Value
from derivcheck.language.shapes import Dim
from derivcheck.problem.scope import FunctionDeclaration

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
