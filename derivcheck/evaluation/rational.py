"""Exact arithmetic in rational numbers: what it can say is said without error, all else is refused.

An invalid entry (a division by zero, the inverse of a singular matrix) is ``INVALID``,
which behaves as NaN does. It counts as 0/0, so that one rule carries it through every
operation: whatever has the denominator 0 is invalid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from fractions import Fraction
from math import factorial, gcd, isqrt, lcm, prod
from typing import Final, Literal

from flint import fmpq, fmpq_mat

from derivcheck.evaluation import grid
from derivcheck.evaluation.arithmetic import MOST_BITS, SIGNS, STEP, NotExact, OutOfRange, TooLarge
from derivcheck.evaluation.grid import Grid, Gridded
from derivcheck.functions import FUNCTIONS


class Invalid(Enum):
    """The one entry that is no number."""

    INVALID = "invalid"

    def as_integer_ratio(self) -> tuple[int, int]:
        """0/0, which no rational number is."""
        return 0, 0

    def __repr__(self) -> str:
        return "INVALID"


INVALID: Final = Invalid.INVALID
Number = Fraction | Literal[Invalid.INVALID]
Numbers = Grid[Number]
Ratio = tuple[int, int]

ZERO, ONE = Fraction(0), Fraction(1)
LARGEST_EXPONENT = 10_000
LARGEST_FACTORIAL = 1_000
LONGEST = 332_193
"""The bits of a number of 100000 digits: what grows beyond is refused, so that no document runs for ever."""

_WORDS = {name: function.said for name, function in FUNCTIONS.items()} | {"pi": "the number π", "e": "the number e"}


class RationalArithmetic(Gridded[Number, bool]):
    """The arithmetic of the evaluator on grids of fractions."""

    __slots__ = ()

    price = 3000.0
    product = 5000.0
    step = STEP

    def entry(self, value: Fraction | Literal["pi", "e"]) -> Number:
        if isinstance(value, str):
            raise NotExact(_WORDS[value])
        return value

    def plus(self, x: Number, y: Number) -> Number:
        (p, q), (r, s) = x.as_integer_ratio(), y.as_integer_ratio()
        return _number(p + r, q) if q == s else _number(p * s + r * q, q * s)

    def minus(self, x: Number, y: Number) -> Number:
        (p, q), (r, s) = x.as_integer_ratio(), y.as_integer_ratio()
        return _number(p - r, q) if q == s else _number(p * s - r * q, q * s)

    def times(self, x: Number, y: Number) -> Number:
        (p, q), (r, s) = x.as_integer_ratio(), y.as_integer_ratio()
        return _number(p * r, q * s)

    def over(self, x: Number, y: Number) -> Number:
        (p, q), (r, s) = x.as_integer_ratio(), y.as_integer_ratio()
        # s is in the denominator too: 0/0 as divisor leaves 0 there, and else it cancels.
        return _number(p * s, q * r)

    def negative(self, x: Number) -> Number:
        return x if x is INVALID else -x

    def total(self, values: Iterable[Number]) -> Number:
        return _total([value.as_integer_ratio() for value in values])

    def together(self, values: Sequence[Number]) -> Number:
        ratios = [value.as_integer_ratio() for value in values]
        for side in zip(*ratios, strict=True):
            if sum(number.bit_length() for number in side) > MOST_BITS:
                raise TooLarge(f"a product of {len(ratios)} factors has too many digits to be worked out exactly")
        return _number(prod(p for p, _ in ratios), prod(q for _, q in ratios))

    def matmul(self, a: Numbers, b: Numbers) -> Numbers:
        return grid.matmul(_dot, grid.apply(_ratio_of, a), grid.apply(_ratio_of, b))

    def inverted(self, rows: list[list[Number]]) -> list[Number]:
        matrix = _matrix(rows)
        try:
            inverse = None if matrix is None else matrix.inv().entries()
        except ZeroDivisionError:
            inverse = None
        return [INVALID] * len(rows) ** 2 if inverse is None else [_number(int(x.p), int(x.q)) for x in inverse]

    def determinant(self, rows: list[list[Number]]) -> Number:
        matrix = _matrix(rows)
        return INVALID if matrix is None else _number(int((found := matrix.det()).p), int(found.q))

    def raised(self, x: Number, exponent: int) -> Number:
        """Zero to a negative power is invalid, to the power 0 it is 1; what is invalid stays so to every power."""
        if abs(exponent) > LARGEST_EXPONENT:
            raise NotExact("a power above 10000")
        numerator, denominator = x.as_integer_ratio()
        if exponent < 0:
            numerator, denominator, exponent = denominator, numerator, -exponent
        if not denominator:
            return INVALID
        # Looked at before the power is taken; 1 and −1 have one bit and never grow.
        if (max(numerator.bit_length(), denominator.bit_length()) - 1) * exponent > LONGEST:
            raise NotExact("a number of more than 100000 digits")
        return _number(numerator**exponent, denominator**exponent)

    def powered(self, x: Number, exponent: Number) -> Number:
        """Refused where the result is no rational number."""
        if x is INVALID or exponent is INVALID:
            return INVALID
        if exponent.denominator == 1:
            return self.raised(x, exponent.numerator)
        if x < 0:
            return INVALID
        root = _root(x, exponent.denominator)
        if root is None:
            raise NotExact("a square root" if exponent.denominator == 2 else "a root")
        return self.raised(root, exponent.numerator)

    def elementary(self, name: str, order: int, a: Numbers) -> Numbers:
        """A piecewise linear function, or a square root of squares, or a derivative of one; all else is refused."""
        match name:
            case "sqrt":
                return grid.apply(lambda x: self._square_root(x, order), a)
            case "abs" | "relu" | "sign":
                return grid.apply(lambda x: _bent(name, order, x), a)
            case "gamma" if order == 0:
                return grid.apply(_factorial_below, a)
        raise NotExact(_WORDS.get(name, f"the function {name}"))

    def _square_root(self, x: Number, order: int) -> Number:
        """The derivative of this order is (1/2)(1/2 − 1)… x^(1/2 − order)."""
        if x is INVALID or x < 0:
            return INVALID
        root = _root(x, 2)
        if root is None:
            raise NotExact("a square root")
        factor = prod((Fraction(1, 2) - k for k in range(order)), start=ONE)
        return self.times(factor, self.raised(root, 1 - 2 * order))

    def larger(self, x: Number, y: Number) -> Number:
        return INVALID if x is INVALID or y is INVALID else max(x, y)

    def test(self, sign: str) -> Callable[[Number, Number], bool]:
        r"""With an invalid entry every comparison is false, ``\ne`` as well."""
        test = SIGNS[sign]

        def holds(x: Number, y: Number) -> bool:
            (p, q), (r, s) = x.as_integer_ratio(), y.as_integer_ratio()
            return bool(q and s) and test(p * s, r * q)

        return holds

    def conjunction(self, x: bool, y: bool) -> bool:
        return x and y

    def chosen(self, truth: bool, x: Number, y: Number) -> Number:
        return x if truth else y

    def whole(self, x: Number) -> int:
        if x is INVALID or x.denominator != 1:
            said = "not a number" if x is INVALID else str(x)
            raise OutOfRange(f"an index or a bound is {said}, but has to be a whole number")
        return x.numerator


RATIONALS: Final = RationalArithmetic()
"""The one that everybody needs: it has no state."""


def _ratio_of(x: Number) -> Ratio:
    return x.as_integer_ratio()


def _number(numerator: int, denominator: int) -> Number:
    """A number in lowest terms; the denominator 0 is that of an invalid entry."""
    if not denominator:
        return INVALID
    if numerator.bit_length() > LONGEST or denominator.bit_length() > LONGEST:
        raise NotExact("a number of more than 100000 digits")
    if denominator != 1:
        common = gcd(numerator, denominator)
        if denominator < 0:
            common = -common
        numerator, denominator = numerator // common, denominator // common
    # As Fraction makes it of two whole numbers, but for its questions of what it was given, its greatest expense.
    made = object.__new__(Fraction)
    made._numerator, made._denominator = numerator, denominator  # type: ignore[attr-defined]
    return made


def _dot(row: Sequence[Ratio], column: Sequence[Ratio]) -> Number:
    return _total([(p * r, q * s) for (p, q), (r, s) in zip(row, column, strict=True)])


def _total(ratios: list[Ratio]) -> Number:
    """The sum over one common denominator: far cheaper than to cancel after every term."""
    common = lcm(*[denominator for _, denominator in ratios])
    if not common:
        return INVALID
    return _number(sum([numerator * (common // denominator) for numerator, denominator in ratios]), common)


def _matrix(rows: list[list[Number]]) -> fmpq_mat | None:
    """A square matrix; None where an entry is invalid."""
    ratios = [entry.as_integer_ratio() for row in rows for entry in row]
    return fmpq_mat(len(rows), len(rows), [fmpq(*ratio) for ratio in ratios]) if all(q for _, q in ratios) else None


def _root(x: Fraction, degree: int) -> Fraction | None:
    """The root of a number that is not negative, if it is rational."""
    numerator, denominator = _whole_root(x.numerator, degree), _whole_root(x.denominator, degree)
    return None if numerator is None or denominator is None else Fraction(numerator, denominator)


def _whole_root(n: int, degree: int) -> int | None:
    if n < 2:
        return n
    if degree >= n.bit_length():  # between 1 and 2
        return None
    if degree == 2:
        root = isqrt(n)
    else:
        root = 1 << -(-n.bit_length() // degree)  # above the root, from where Newton's steps only fall
        while (lower := ((degree - 1) * root + n // root ** (degree - 1)) // degree) < root:
            root = lower
    return root if root**degree == n else None


def _factorial_below(x: Number) -> Number:
    """Γ(x) = (x − 1)! of a whole number."""
    if x is INVALID or (x.denominator == 1 and x <= 0):
        return INVALID
    if x.denominator != 1 or x > LARGEST_FACTORIAL:
        raise NotExact("a gamma function")
    return Fraction(factorial(x.numerator - 1))


def _bent(name: str, order: int, x: Number) -> Number:
    """``abs``, ``relu`` or ``sign``; at the bend, 0 is taken for the derivative, as autograd does."""
    if x is INVALID:
        return INVALID
    steps = order + (name == "sign")
    if steps > 1:
        return ZERO
    if name == "relu":
        return (x if x > 0 else ZERO) if steps == 0 else Fraction(x > 0)
    return abs(x) if steps == 0 else Fraction((x > 0) - (x < 0))
