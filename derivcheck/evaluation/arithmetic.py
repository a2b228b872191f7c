"""What the evaluator asks of an arithmetic: arrays of numbers with broadcasting.

Every value is laid out ``(trials, index axes …, rows, columns)``; an axis of size 1
stretches. The evaluator knows nothing else of numbers, so the same terms are
evaluated in float64, complex128, rationals, or integers mod a prime.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from fractions import Fraction
from typing import Any, Final, Literal, Protocol

Value = Any
"""An array of the arithmetic at hand: ``torch.Tensor`` or ``Grid``."""


SIGNS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "=": operator.eq, "\\ne": operator.ne, "<": operator.lt, ">": operator.gt, "\\le": operator.le, "\\ge": operator.ge,
}  # fmt: skip
"""How two numbers, or the entries of two tensors, are compared."""


class NotExact(Exception):
    """This arithmetic cannot represent the operation; ``what`` names it in words."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class NoValue(NotExact):
    """An integral that does not exist; ``what`` is a clause that says why."""


class NotSettled(NotExact):
    """An integral whose error cannot be told; ``what`` is a clause that says so."""


MOST_BITS: Final = 300_000
"""Binary digits of a number that is worked out exactly: to cancel a fraction takes the square of their number."""


class TooLarge(NotExact):
    """The value would take too much memory or time; ``what`` says in a clause what is too large.

    ``by_size`` tells whether smaller sizes may help.
    """

    def __init__(self, what: str, *, by_size: bool = True) -> None:
        super().__init__(what)
        self.by_size = by_size


class OutOfRange(Exception):
    """An index runs past what it indexes."""


class Arithmetic(Protocol):
    """Operations on values; shapes broadcast as in numpy.

    ``price`` is what an operation takes for one entry, in nanoseconds; ``product`` the same for one product of
    entries in a matrix product; ``step`` what it takes however few they are. ``rank`` is the number of axes wanted;
    axes are numbered from 0, negative ones from the end.
    """

    @property
    def price(self) -> float: ...
    @property
    def product(self) -> float: ...
    @property
    def step(self) -> float: ...

    def number(self, value: Fraction | Literal["pi", "e"], rank: int) -> Value:
        """A constant with all axes of size 1."""

    def arange(self, start: int, count: int, axis: int, rank: int) -> Value:
        """``start, start + 1, …`` along one axis."""

    def eye(self, size: int, rank: int) -> Value:
        """The identity on the last two axes."""

    def full(self, value: Fraction, rows: int, columns: int, rank: int) -> Value:
        """One number on the last two axes."""

    def add(self, a: Value, b: Value) -> Value: ...
    def subtract(self, a: Value, b: Value) -> Value: ...
    def multiply(self, a: Value, b: Value) -> Value: ...
    def divide(self, a: Value, b: Value) -> Value:
        """Entry by entry; a division by zero gives an invalid entry (NaN), never an exception."""

    def negate(self, a: Value) -> Value: ...
    def matmul(self, a: Value, b: Value) -> Value: ...
    def transpose(self, a: Value) -> Value:
        """The last two axes swapped."""

    def inverse(self, a: Value) -> Value:
        """The matrix inverse on the last two axes; invalid where singular to working precision."""

    def det(self, a: Value) -> Value:
        """The determinant on the last two axes, which become 1 × 1."""

    def eigen(self, a: Value) -> tuple[Value, Value]:
        """Of symmetric matrices the column of the eigenvalues, the largest first, and the unit eigenvectors."""

    def power(self, a: Value, exponent: Value) -> Value:
        """Entry by entry, any exponent."""

    def integer_power(self, a: Value, exponent: int) -> Value:
        """Entry by entry, a whole exponent."""

    def elementary(self, name: str, order: int, a: Value) -> Value:
        """A known function (or its derivative) entry by entry."""

    def sum(self, a: Value, axis: int) -> Value:
        """The sum along an axis, which stays with size 1."""

    def prod(self, a: Value, axis: int) -> Value: ...
    def maximum(self, a: Value, b: Value) -> Value: ...
    def minimum(self, a: Value, b: Value) -> Value: ...
    def largest(self, a: Value, axis: int) -> Value:
        """The largest along an axis, which stays with size 1."""

    def smallest(self, a: Value, axis: int) -> Value: ...
    def compare(self, sign: str, a: Value, b: Value) -> Value:
        r"""Truth values entry by entry; ``sign`` is one of ``=`` ``\ne`` ``<`` ``>`` ``\le`` ``\ge``."""

    def both(self, a: Value, b: Value) -> Value:
        """Logical and of truth values."""

    def where(self, condition: Value, a: Value, b: Value) -> Value: ...
    def shape(self, a: Value) -> tuple[int, ...]: ...
    def entries(self, a: Value) -> int:
        """How many there are."""

    def reshape(self, a: Value, shape: Sequence[int]) -> Value: ...
    def expand(self, a: Value, shape: Sequence[int]) -> Value:
        """Stretch axes of size 1."""

    def swap(self, a: Value, first: int, second: int) -> Value:
        """Two axes swapped."""

    def narrow(self, a: Value, axis: int, start: int, count: int) -> Value:
        """A contiguous part along an axis."""

    def concatenate(self, parts: Sequence[Value], axis: int) -> Value:
        """Along an axis; the others are equal already."""

    def detached(self, a: Value) -> Value:
        """The same value, through which nothing is differentiated."""

    def integers(self, a: Value) -> list[int]:
        """All entries as whole numbers, in row-major order."""

    def recording(self) -> AbstractContextManager[Any]:
        """While this is in force, operations are recorded for differentiation, where that means something."""
