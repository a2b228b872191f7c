"""Ball arithmetic of any precision: every value encloses the real number that is meant, by python-flint's ``arb``.

The inputs are exact rationals, and what is rational stays exact. A comparison that the enclosures do not decide is
neither true nor false, and what depends on it encloses both. ``blurred`` tells that something was lost beside what it
was added to, so that two sides that agree say nothing about it; more precision does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from typing import ClassVar, Literal

from flint import arb, ctx, fmpq

from derivcheck.evaluation import composed, enclosures, grid
from derivcheck.evaluation.arithmetic import NotExact, OutOfRange
from derivcheck.evaluation.budget import STEP
from derivcheck.evaluation.enclosures import ONE, ZERO, Entry, Number, Truth
from derivcheck.evaluation.grid import Grid
from derivcheck.evaluation.gridded import Gridded

Balls = Grid[Entry]
Truths = Grid[Truth]

SEEN = 32
"""A summand counts as seen with so many bits: then a factor of it that is wrong shows."""


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """While this is in force, balls are as narrow as so many bits allow."""
    with ctx.workprec(bits):
        yield


class BallArithmetic(Gridded):
    """The arithmetic of the evaluator (see ``Arithmetic``) on grids of exact rationals and of balls."""

    price: ClassVar[float] = 2000.0
    product: ClassVar[float] = 1000.0
    step: ClassVar[float] = STEP

    def __init__(self) -> None:
        self.blurred = False
        self.costly = False

    def number(self, value: Fraction | Literal["pi", "e"], rank: int) -> Balls:
        """A constant with all axes of size 1."""
        match value:
            case "pi":
                entry: Entry = arb.pi()
            case "e":
                entry = arb(1).exp()
            case _:
                entry = enclosures.rational(value)
        return Grid((1,) * rank, (entry,))

    def arange(self, start: int, count: int, axis: int, rank: int) -> Balls:
        """``start, start + 1, …`` along one axis."""
        return grid.along([fmpq(start + step) for step in range(count)], axis, rank)

    def eye(self, size: int, rank: int) -> Balls:
        """The identity on the last two axes."""
        return grid.eye(size, rank, ONE, ZERO)

    def full(self, value: Fraction, rows: int, columns: int, rank: int) -> Balls:
        """One number on the last two axes."""
        return grid.filled((*(1,) * (rank - 2), rows, columns), enclosures.rational(value))

    def add(self, a: Balls, b: Balls) -> Balls:
        """Entry by entry."""
        return grid.combine(self._sum, a, b)

    def subtract(self, a: Balls, b: Balls) -> Balls:
        """Entry by entry."""
        return grid.combine(lambda x, y: self._sum(x, None if y is None else -y), a, b)

    def multiply(self, a: Balls, b: Balls) -> Balls:
        """Entry by entry."""
        return grid.combine(_product, a, b)

    def divide(self, a: Balls, b: Balls) -> Balls:
        """Entry by entry; no number where the divisor is zero."""
        return grid.combine(enclosures.quotient, a, b)

    def negate(self, a: Balls) -> Balls:
        """Entry by entry."""
        return grid.apply(lambda x: None if x is None else -x, a)

    def matmul(self, a: Balls, b: Balls) -> Balls:
        """The matrix product on the last two axes."""
        return grid.matmul(lambda row, column: self._total(map(_product, row, column)), a, b)

    def inverse(self, a: Balls) -> Balls:
        """The matrix inverse on the last two axes; no numbers where there is none."""
        return Grid(a.shape, tuple(entry for rows in grid.matrices(a) for entry in enclosures.inverse(rows)))

    def det(self, a: Balls) -> Balls:
        """The determinant on the last two axes, which become 1 × 1."""
        return Grid((*a.shape[:-2], 1, 1), tuple(map(enclosures.determinant, grid.matrices(a))))

    def eigen(self, a: Balls) -> tuple[Balls, Balls]:
        """Which eigenvalue is the larger one cannot be told of two that are equal."""
        raise NotExact("eigenvalues")

    def power(self, a: Balls, exponent: Balls) -> Balls:
        """Entry by entry."""
        return grid.combine(enclosures.power, a, exponent)

    def integer_power(self, a: Balls, exponent: int) -> Balls:
        """Entry by entry, a whole exponent."""
        return grid.apply(lambda x: enclosures.raised(x, exponent), a)

    def elementary(self, name: str, order: int, a: Balls) -> Balls:
        """A known function, or a derivative of one where the function has a value."""
        self.costly |= name in enclosures.COSTLY
        if name in enclosures.BENT and order:
            return grid.apply(lambda x: enclosures.bent_slope(name, order, x), a)
        if name == "digamma" and order:
            return grid.apply(lambda x: enclosures.polygamma(order, x), a)
        if order:
            slope = composed.derivative(name, order, self, a)
            return grid.combine(lambda x, y: None if x is None else y, self.elementary(name, 0, a), slope)
        if name in enclosures.KNOWN or name in enclosures.BENT or name == "sqrt":
            return grid.apply(partial(self._value, name), a)
        if name in composed.COMPOSED:
            return composed.COMPOSED[name](self, a)
        raise NotExact(f"the function {name}")

    def sum(self, a: Balls, axis: int) -> Balls:
        """The sum along an axis, which stays with size 1."""
        return grid.reduce(self._total, a, axis)

    def prod(self, a: Balls, axis: int) -> Balls:
        """The product along an axis, which stays with size 1."""
        return grid.reduce(_together, a, axis)

    def maximum(self, a: Balls, b: Balls) -> Balls:
        """The larger, entry by entry."""
        return grid.combine(partial(_extreme, enclosures.larger), a, b)

    def minimum(self, a: Balls, b: Balls) -> Balls:
        """The smaller, entry by entry."""
        return grid.combine(partial(_extreme, enclosures.smaller), a, b)

    def largest(self, a: Balls, axis: int) -> Balls:
        """The largest along an axis, which stays with size 1."""
        return grid.reduce(lambda values: _extreme(enclosures.larger, *values), a, axis)

    def smallest(self, a: Balls, axis: int) -> Balls:
        """The smallest along an axis, which stays with size 1."""
        return grid.reduce(lambda values: _extreme(enclosures.smaller, *values), a, axis)

    def compare(self, sign: str, a: Balls, b: Balls) -> Truths:
        r"""Entry by entry; where there is no number every comparison is false, ``\ne`` as well."""
        test = enclosures.COMPARED[sign]
        return grid.combine(lambda x, y: False if x is None or y is None else test(x, y), a, b)

    def both(self, a: Truths, b: Truths) -> Truths:
        """Logical and of truth values."""
        return grid.combine(lambda x, y: False if x is False or y is False else None if None in (x, y) else True, a, b)

    def where(self, condition: Truths, a: Balls, b: Balls) -> Balls:
        """The entry of ``a`` where the condition holds, else that of ``b``; what encloses both where it is open."""
        return grid.combine(_chosen, condition, a, b)

    def integers(self, a: Balls) -> list[int]:
        """All entries as whole numbers, in row-major order."""
        return list(map(_whole, a.entries))

    def _value(self, name: str, x: Entry) -> Entry:
        if x is None:
            return None
        found, blurred = enclosures.value(name, x)
        self.blurred |= blurred
        return found

    def _sum(self, x: Entry, y: Entry) -> Entry:
        if x is None or y is None:
            return None
        total = x + y
        if isinstance(total, fmpq):
            return enclosures.kept(total)
        if not self.blurred and total.is_finite():
            radius = enclosures.enclosed(total.rad() * (1 << SEEN))
            self.blurred = _lost(x, radius) or _lost(y, radius)
        return total

    def _total(self, values: Iterable[Entry]) -> Entry:
        total: Entry = ZERO
        for value in values:
            total = self._sum(total, value)
        return total


def _lost(x: Number, radius: arb) -> bool:
    """Whether a summand that is not zero is too small to be seen within such a radius."""
    return bool(x != 0 and (abs(x) if isinstance(x, fmpq) else x.abs_upper()) < radius)


def _product(x: Entry, y: Entry) -> Entry:
    return None if x is None or y is None else enclosures.kept(x * y)


def _together(values: Iterable[Entry]) -> Entry:
    total: Entry = ONE
    for value in values:
        total = _product(total, value)
    return total


def _extreme(choose: Callable[[Number, Number], Number], *values: Entry) -> Entry:
    if not values:
        raise NotExact("an extremum over nothing")
    total: Entry = values[0]
    for value in values:
        if total is None or value is None:
            return None
        total = choose(total, value)
    return total


def _chosen(truth: Truth, x: Entry, y: Entry) -> Entry:
    return enclosures.either(x, y) if truth is None else x if truth else y


def _whole(x: Entry) -> int:
    if not isinstance(x, fmpq) or x.q != 1:
        raise OutOfRange(f"an index or a bound is {'not a number' if x is None else x}, but has to be a whole number")
    return int(x.p)
