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
from derivcheck.evaluation.enclosures import ZERO, Entry, Number, Truth
from derivcheck.evaluation.grid import Grid
from derivcheck.evaluation.gridded import Gridded
from derivcheck.functions import FUNCTIONS

Balls = Grid[Entry]

SEEN = 32
"""A summand counts as seen with so many bits: then a factor of it that is wrong shows."""


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """While this is in force, balls are as narrow as so many bits allow."""
    with ctx.workprec(bits):
        yield


class BallArithmetic(Gridded[Entry, Truth]):
    """The arithmetic of the evaluator (see ``Arithmetic``) on grids of exact rationals and of balls."""

    price: ClassVar[float] = 2000.0
    product: ClassVar[float] = 1000.0
    step: ClassVar[float] = STEP

    def __init__(self) -> None:
        self.blurred = False
        self.costly = False

    def entry(self, value: Fraction | Literal["pi", "e"]) -> Entry:
        if isinstance(value, str):
            return arb.pi() if value == "pi" else arb(1).exp()
        return enclosures.rational(value)

    def plus(self, x: Entry, y: Entry) -> Entry:
        if x is None or y is None:
            return None
        total = x + y
        if isinstance(total, fmpq):
            return enclosures.kept(total)
        if not self.blurred and total.is_finite():
            radius = enclosures.enclosed(total.rad() * (1 << SEEN))
            self.blurred = _lost(x, radius) or _lost(y, radius)
        return total

    def total(self, values: Iterable[Entry]) -> Entry:
        total: Entry = ZERO
        for value in values:
            total = self.plus(total, value)
        return total

    def times(self, x: Entry, y: Entry) -> Entry:
        return None if x is None or y is None else enclosures.kept(x * y)

    def over(self, x: Entry, y: Entry) -> Entry:
        return enclosures.quotient(x, y)

    def negative(self, x: Entry) -> Entry:
        return None if x is None else -x

    def raised(self, x: Entry, exponent: int) -> Entry:
        return enclosures.raised(x, exponent)

    def powered(self, x: Entry, exponent: Entry) -> Entry:
        return enclosures.power(x, exponent)

    def extreme(self, x: Entry, y: Entry, *, largest: bool) -> Entry:
        if x is None or y is None:
            return None
        return enclosures.larger(x, y) if largest else enclosures.smaller(x, y)

    def inverted(self, rows: list[list[Entry]]) -> list[Entry]:
        return enclosures.inverse(rows)

    def determinant(self, rows: list[list[Entry]]) -> Entry:
        return enclosures.determinant(rows)

    def test(self, sign: str) -> Callable[[Entry, Entry], Truth]:
        r"""Where there is no number every comparison is false, ``\ne`` as well."""
        test = enclosures.COMPARED[sign]
        return lambda x, y: False if x is None or y is None else test(x, y)

    def conjunction(self, x: Truth, y: Truth) -> Truth:
        return False if x is False or y is False else None if None in (x, y) else True

    def chosen(self, truth: Truth, x: Entry, y: Entry) -> Entry:
        """What encloses both where it is open."""
        return enclosures.either(x, y) if truth is None else x if truth else y

    def whole(self, x: Entry) -> int:
        if not isinstance(x, fmpq) or x.q != 1:
            said = "not a number" if x is None else x
            raise OutOfRange(f"an index or a bound is {said}, but has to be a whole number")
        return int(x.p)

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
        known = FUNCTIONS.get(name)
        if known is not None and known.value is not None:
            return known.value(self, a)
        raise NotExact(f"the function {name}")

    def _value(self, name: str, x: Entry) -> Entry:
        if x is None:
            return None
        found, blurred = enclosures.value(name, x)
        self.blurred |= blurred
        return found


def _lost(x: Number, radius: arb) -> bool:
    """Whether a summand that is not zero is too small to be seen within such a radius."""
    return bool(x != 0 and (abs(x) if isinstance(x, fmpq) else x.abs_upper()) < radius)
