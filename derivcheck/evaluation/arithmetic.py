"""What the evaluator asks of an arithmetic: arrays of numbers with broadcasting.

Every value is laid out ``(trials, index axes …, rows, columns)``; an axis of size 1
stretches. The evaluator knows nothing else of numbers, so the same terms are
evaluated in float64, complex128, rationals, or integers mod a prime.

What the evaluation of one claim may cost, so that a hostile document ends with a finding and not with the memory.

Everything is counted before it is computed: the entries of every value, the steps taken, and a rough price of each
operation. There is no clock: what is found must not depend on how fast a machine is, or how busy.

What the evaluator does to values of an arithmetic once they are there; what is large is paid for beforehand.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction
from math import prod
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
    """Operations on values; shapes broadcast as in numpy. What follows from others is derived here, for all of them.

    ``price`` is what an operation takes for one entry, in nanoseconds; ``product`` the same for one product of
    entries in a matrix product; ``step`` what it takes however few they are. ``rank`` is the number of axes wanted;
    axes are numbered from 0, negative ones from the end.
    """

    price: float
    product: float
    step: float

    def number(self, value: Fraction | Literal["pi", "e"], rank: int) -> Value:
        """A constant with all axes of size 1."""

    def arange(self, start: int, count: int, axis: int, rank: int) -> Value:
        """``start, start + 1, …`` along one axis."""

    def eye(self, size: int, rank: int) -> Value:
        """The identity on the last two axes."""

    def full(self, value: Fraction, rows: int, columns: int, rank: int) -> Value:
        """One number on the last two axes."""
        return self.expand(self.number(value, rank), (*(1,) * (rank - 2), rows, columns))

    def add(self, a: Value, b: Value) -> Value: ...
    def subtract(self, a: Value, b: Value) -> Value: ...
    def multiply(self, a: Value, b: Value) -> Value: ...
    def divide(self, a: Value, b: Value) -> Value:
        """Entry by entry; a division by zero gives an invalid entry (NaN), never an exception."""

    def negate(self, a: Value) -> Value: ...
    def matmul(self, a: Value, b: Value) -> Value: ...
    def transpose(self, a: Value) -> Value:
        """The last two axes swapped."""
        return self.swap(a, -2, -1)

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
    def minimum(self, a: Value, b: Value) -> Value:
        """The smaller, entry by entry."""
        return self.negate(self.maximum(self.negate(a), self.negate(b)))

    def largest(self, a: Value, axis: int) -> Value:
        """The largest along an axis, which stays with size 1."""

    def smallest(self, a: Value, axis: int) -> Value:
        """The smallest along an axis, which stays with size 1."""
        return self.negate(self.largest(self.negate(a), axis))

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


ENTRIES: Final = 50_000_000
"""No value has more entries (in float64 400 MB): enough for 1024 draws of a 200 × 200 matrix."""
KEPT: Final = 250_000_000
"""Nor have all values that one evaluation of a statement makes together; differentiation keeps them all."""
STEPS: Final = 50_000
"""Terms evaluated to ask one oracle; a definition that uses the one above it twice doubles them at each level."""
AXES: Final = 24
"""Indices in force at one place; torch itself ends at 64."""
PRICE: Final = 15e9
"""The price of all operations to ask one oracle, in nanoseconds of a machine of our days."""
STEP: Final = 5_000
"""The price of a step however small, in nanoseconds; ``TENSOR_STEP`` where its value is a tensor of torch's."""
TENSOR_STEP: Final = 25_000
BACKWARD: Final = 400_000
"""The price of a backward pass through what was recorded, as long as most are."""


@dataclass
class Budget:
    """What has been spent since ``renew``, of the ``most`` that may be; and all that ever was, for a search."""

    steps: int = 0
    price: float = 0.0
    kept: int = 0
    most: float = PRICE
    ever: float = 0.0

    def renew(self, most: float = PRICE) -> None:
        """Begin to count anew."""
        self.steps, self.price, self.kept, self.most = 0, 0.0, 0, most

    def again(self) -> None:
        """One more evaluation has steps of its own; what all of them cost together goes on."""
        self.steps, self.kept = 0, 0

    def statement(self) -> None:
        """The evaluation of a statement begins: what the one before has made is free again."""
        self.kept = 0

    def step(self, price: float = STEP) -> None:
        """One more term is evaluated."""
        self.steps += 1
        if self.steps > STEPS:
            raise TooLarge(f"it unfolds to more than {STEPS} steps", by_size=False)
        self.pay(price)

    def pay(self, price: float) -> None:
        """Something is about to be computed that takes so many nanoseconds."""
        self.price += price
        if self.price > self.most:
            raise TooLarge("it takes too many operations")
        self.ever += price

    def note(self, price: float) -> None:
        """Something was done that a search pays for, and no evaluation."""
        self.ever += price

    def make(self, entries: int, price: float, what: str = "a value") -> None:
        """A value with so many entries is about to be computed, each of which takes ``price`` nanoseconds."""
        if entries > ENTRIES:
            raise TooLarge(f"{what} has {said(entries)} entries over all inputs and indices")
        self.kept += entries
        if self.kept > KEPT:
            raise TooLarge(f"its values have more than {said(KEPT)} entries together")
        self.pay(entries * price)


def said(number: int) -> str:
    """A number as a person writes it: ``10¹²`` is not spelled out with twelve digits."""
    return str(number) if number < 10**9 else f"about 10^{len(str(number)) - 1}" if number < 10**4000 else "countless"


BUDGET: Final = Budget()
"""The one in force: the judge renews it for every oracle that it asks."""


class Effort:
    """What a search may spend, whatever it evaluates or reads anew: the same work on every machine."""

    def __init__(self, most: float) -> None:
        self._until = BUDGET.ever + most

    @property
    def spent(self) -> bool:
        """Whether nothing is left of it."""
        return BUDGET.ever >= self._until


SMALL = 4_000
"""Values of up to so many entries are paid with the step that makes them."""


def stretched(value: Value, shape: Sequence[int], a: Arithmetic, what: str = "") -> Value:
    """Axes of size 1 stretched, if the result is not too large."""
    entries = prod(shape)
    if entries > SMALL:
        BUDGET.make(entries, a.price, f"`{what}`" if what else "a value")
    return a.expand(value, shape)


def spread(a: Arithmetic, *values: Value) -> tuple[Value, ...]:
    """The values, if what comes of them entry by entry is not too large."""
    if prod(map(a.entries, values)) > SMALL:
        BUDGET.make(prod(map(max, *(a.shape(value) for value in values))), a.price)
    return values


def multiplied(op: str, left: Value, right: Value, a: Arithmetic) -> Value:
    """A product of any kind."""
    match op:
        case "scale" | "entrywise":
            return a.multiply(*spread(a, left, right))
        case "matmul":
            return a.matmul(*products(a, left, right))
        case "inner":
            return a.matmul(*products(a, a.transpose(left), right))
        case "kron":
            (*lead_l, m, n), (*lead_r, p, q) = a.shape(left), a.shape(right)
            left = a.reshape(left, (*lead_l, m, 1, n, 1))
            right = a.reshape(right, (*lead_r, 1, p, 1, q))
            product = a.multiply(*spread(a, left, right))
            return a.reshape(product, (*a.shape(product)[:-4], m * p, n * q))
    raise AssertionError(op)


def products(a: Arithmetic, left: Value, right: Value) -> tuple[Value, Value]:
    """Two matrices, if their product is not too large."""
    if a.entries(left) * a.entries(right) > SMALL:
        (*lead_l, m, k), (*lead_r, _, n) = a.shape(left), a.shape(right)
        lead = prod(map(max, lead_l, lead_r))
        BUDGET.pay(lead * m * n * k * a.product)
        BUDGET.make(lead * m * n, a.price)
    return left, right


def afford(op: str, value: Value, a: Arithmetic) -> None:
    """Hold against the budget what costs more than a look at every entry."""
    *lead, rows, columns = a.shape(value)
    if op == "todiag":
        BUDGET.make(prod(lead) * max(rows, columns) ** 2, a.price)
    elif op.startswith("eigen"):
        BUDGET.pay(prod(lead) * 20 * rows**3 * a.product)
    elif op in ("inverse", "det"):
        # Exact entries grow with the size of the matrix; rounded ones do not.
        BUDGET.pay(prod(lead) * rows**3 * a.product * (4 if a.product < 1 else 1 + rows / 8))
    elif a.entries(value) > SMALL:
        BUDGET.make(a.entries(value), a.price)


def unary(op: str, value: Value, a: Arithmetic) -> Value:
    """A matrix function of one value."""
    *lead, rows, columns = a.shape(value)
    rank = len(lead) + 2

    def total(entries: Value) -> Value:
        return a.sum(a.sum(entries, -1), -2)

    match op:
        case "transpose":
            return a.transpose(value)
        case "inverse":
            return a.inverse(value)
        case "det":
            return a.det(value)
        case "eigenvalues":
            return a.eigen(value)[0]
        case "eigenvectors":
            return a.eigen(value)[1]
        case "eigenvalue" | "eigenvector":
            return _some_eigen(op, value, a)
        case "trace":
            return total(a.multiply(value, a.eye(rows, rank)))
        case "sumall":
            return total(value)
        case "sumsq":
            return total(a.multiply(value, value))
        case "norm2":
            return a.elementary("sqrt", 0, total(a.multiply(value, value)))
        case "norm1":
            return total(a.elementary("abs", 0, value))
        case "norminf":
            return a.largest(a.largest(a.elementary("abs", 0, value), -1), -2)
        case "maxall":
            return a.largest(a.largest(value, -1), -2)
        case "minall":
            return a.smallest(a.smallest(value, -1), -2)
        case "todiag":
            column = value if columns == 1 else a.transpose(value)
            return a.multiply(column, a.eye(max(rows, columns), rank))
        case "diagof":
            return a.sum(a.multiply(value, a.eye(rows, rank)), -1)
        case "vec":
            return a.reshape(a.transpose(value), (*lead, rows * columns, 1))
        case "softmax":
            axis = -2 if columns == 1 else -1
            powers = a.elementary("exp", 0, _lowered(value, axis, a))
            return a.divide(powers, a.sum(powers, axis))
    raise AssertionError(op)


def _some_eigen(op: str, value: Value, a: Arithmetic) -> Value:
    """An eigenvalue, or the eigenvector for it, of which nothing tells the rank.

    It is the one whose eigenvector lies nearest to a diagonal of the space: which one that is the draw decides.
    """
    values, vectors = a.eigen(value)
    every = a.transpose(values) if op == "eigenvalue" else vectors
    near = a.elementary("abs", 0, a.sum(a.detached(vectors), -2))
    none = a.multiply(every, a.number(Fraction(0), len(a.shape(value))))
    return a.sum(a.where(a.compare("=", near, a.largest(near, -1)), every, none), -1)


def _lowered(value: Value, axis: int, a: Arithmetic) -> Value:
    """Less its largest entry, so that no exponential overflows; as it is where an arithmetic has no order.

    The softmax of what is left is the same whatever was taken away: a derivative does not follow it.
    """
    try:
        return a.subtract(value, a.detached(a.largest(value, axis)))
    except NotExact:
        return value


def matrix_power(value: Value, exponent: int, a: Arithmetic) -> Value:
    """A whole power by repeated squaring."""
    if exponent < 0:
        value, exponent = a.inverse(value), -exponent
    shape = a.shape(value)
    result = a.eye(shape[-1], len(shape))
    while exponent:
        if exponent & 1:
            result = a.matmul(*products(a, result, value))
        exponent >>= 1
        if exponent:
            value = a.matmul(*products(a, value, value))
    return result
