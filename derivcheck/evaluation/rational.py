"""Exact arithmetic in rational numbers: what it can say is said without error, all else is refused.

An invalid entry (a division by zero, the inverse of a singular matrix) is ``INVALID``,
which behaves as NaN does. It counts as 0/0, so that one rule carries it through every
operation: whatever has the denominator 0 is invalid.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from math import factorial, isqrt, lcm, prod
from typing import ClassVar, Final, Literal

from derivcheck.evaluation import grid
from derivcheck.evaluation.arithmetic import MOST_BITS, Arithmetic, NotExact, OutOfRange, TooLarge
from derivcheck.evaluation.budget import STEP
from derivcheck.evaluation.grid import Grid
from derivcheck.evaluation.gridded import Gridded


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
Truths = Grid[bool]
Ratio = tuple[int, int]

ZERO, ONE = Fraction(0), Fraction(1)
LARGEST_EXPONENT = 10_000
LARGEST_FACTORIAL = 1_000
LONGEST = 332_193
"""The bits of a number of 100000 digits: what grows beyond is refused, so that no document runs for ever."""

_SIGNS: dict[str, Callable[[int, int], bool]] = {
    "=": operator.eq, "\\ne": operator.ne, "<": operator.lt, ">": operator.gt, "\\le": operator.le, "\\ge": operator.ge,
}  # fmt: skip
_WORDS = {
    "exp": "an exponential", "log": "a logarithm", "sin": "a sine", "cos": "a cosine", "tan": "a tangent",
    "cot": "a cotangent", "sinh": "a hyperbolic sine", "cosh": "a hyperbolic cosine", "tanh": "a hyperbolic tangent",
    "arctan": "an arctangent", "arcsin": "an arcsine", "arccos": "an arccosine", "sigmoid": "a sigmoid",
    "softplus": "a softplus", "gelu": "a GELU", "silu": "a SiLU", "erf": "an error function",
    "lgamma": "a logarithm of the gamma function", "digamma": "a digamma function",
    "gamma": "a gamma function", "pi": "the number π", "e": "the number e",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RationalArithmetic(Gridded):
    """The arithmetic of the evaluator (see ``Arithmetic``) on grids of fractions; truth values are grids of bools."""

    price: ClassVar[float] = 3000.0
    product: ClassVar[float] = 5000.0
    step: ClassVar[float] = STEP

    def number(self, value: Fraction | Literal["pi", "e"], rank: int) -> Numbers:
        """A constant with all axes of size 1."""
        if isinstance(value, str):
            raise NotExact(_WORDS[value])
        return Grid((1,) * rank, (value,))

    def arange(self, start: int, count: int, axis: int, rank: int) -> Numbers:
        """``start, start + 1, …`` along one axis."""
        return grid.along([Fraction(start + step) for step in range(count)], axis, rank)

    def eye(self, size: int, rank: int) -> Numbers:
        """The identity on the last two axes."""
        return grid.eye(size, rank, ONE, ZERO)

    def full(self, value: Fraction, rows: int, columns: int, rank: int) -> Numbers:
        """One number on the last two axes."""
        return grid.filled((*(1,) * (rank - 2), rows, columns), value)

    def add(self, a: Numbers, b: Numbers) -> Numbers:
        """Entry by entry."""
        return grid.combine(_add, a, b)

    def subtract(self, a: Numbers, b: Numbers) -> Numbers:
        """Entry by entry."""
        return grid.combine(_subtract, a, b)

    def multiply(self, a: Numbers, b: Numbers) -> Numbers:
        """Entry by entry."""
        return grid.combine(_multiply, a, b)

    def divide(self, a: Numbers, b: Numbers) -> Numbers:
        """Entry by entry; invalid where the divisor is zero."""
        return grid.combine(_divide, a, b)

    def negate(self, a: Numbers) -> Numbers:
        """Entry by entry."""
        return grid.apply(_negate, a)

    def matmul(self, a: Numbers, b: Numbers) -> Numbers:
        """The matrix product on the last two axes."""
        return grid.matmul(_dot, grid.apply(_ratio_of, a), grid.apply(_ratio_of, b))

    def inverse(self, a: Numbers) -> Numbers:
        """The matrix inverse on the last two axes; every entry invalid where there is none."""
        return Grid(a.shape, tuple(entry for rows in grid.matrices(a) for entry in _inverse(rows)))

    def det(self, a: Numbers) -> Numbers:
        """The determinant on the last two axes, which become 1 × 1."""
        return Grid((*a.shape[:-2], 1, 1), tuple(map(_det, grid.matrices(a))))

    def eigen(self, a: Numbers) -> tuple[Numbers, Numbers]:
        """Eigenvalues are roots of polynomials: they have no exact value here."""
        raise NotExact("eigenvalues")

    def power(self, a: Numbers, exponent: Numbers) -> Numbers:
        """Entry by entry; refused where the result is no rational number."""
        return grid.combine(_power, a, exponent)

    def integer_power(self, a: Numbers, exponent: int) -> Numbers:
        """Entry by entry, a whole exponent."""
        return grid.apply(lambda base: _integer_power(base, exponent), a)

    def elementary(self, name: str, order: int, a: Numbers) -> Numbers:
        """A piecewise linear function, or a square root of squares, or a derivative of one; all else is refused."""
        match name:
            case "sqrt":
                return grid.apply(lambda x: _square_root(x, order), a)
            case "abs" | "relu" | "sign":
                return grid.apply(lambda x: _bent(name, order, x), a)
            case "gamma" if order == 0:
                return grid.apply(_factorial_below, a)
        raise NotExact(_WORDS.get(name, f"the function {name}"))

    def sum(self, a: Numbers, axis: int) -> Numbers:
        """The sum along an axis, which stays with size 1."""
        return grid.reduce(_sum, a, axis)

    def prod(self, a: Numbers, axis: int) -> Numbers:
        """The product along an axis, which stays with size 1."""
        return grid.reduce(_prod, a, axis)

    def maximum(self, a: Numbers, b: Numbers) -> Numbers:
        """The larger, entry by entry; invalid where either is."""
        return grid.combine(lambda x, y: _extreme((x, y), max), a, b)

    def minimum(self, a: Numbers, b: Numbers) -> Numbers:
        """The smaller, entry by entry; invalid where either is."""
        return grid.combine(lambda x, y: _extreme((x, y), min), a, b)

    def largest(self, a: Numbers, axis: int) -> Numbers:
        """The largest along an axis, which stays with size 1."""
        return grid.reduce(lambda values: _extreme(values, max), a, axis)

    def smallest(self, a: Numbers, axis: int) -> Numbers:
        """The smallest along an axis, which stays with size 1."""
        return grid.reduce(lambda values: _extreme(values, min), a, axis)

    def compare(self, sign: str, a: Numbers, b: Numbers) -> Truths:
        r"""Truth values entry by entry; with an invalid entry every comparison is false, ``\ne`` as well."""
        test = _SIGNS[sign]

        def holds(x: Number, y: Number) -> bool:
            (p, q), (r, s) = x.as_integer_ratio(), y.as_integer_ratio()
            return bool(q and s) and test(p * s, r * q)

        return grid.combine(holds, a, b)

    def both(self, a: Truths, b: Truths) -> Truths:
        """Logical and of truth values."""
        return grid.combine(operator.and_, a, b)

    def where(self, condition: Truths, a: Numbers, b: Numbers) -> Numbers:
        """The entry of ``a`` where the condition holds, else that of ``b``; the other one is not looked at."""
        return grid.combine(lambda truth, x, y: x if truth else y, condition, a, b)

    def integers(self, a: Numbers) -> list[int]:
        """All entries as whole numbers, in row-major order."""
        return [_whole(entry) for entry in a.entries]


RATIONALS: Final[Arithmetic] = RationalArithmetic()
"""The one that everybody needs: it has no state."""


def _ratio_of(x: Number) -> Ratio:
    return x.as_integer_ratio()


def _number(numerator: int, denominator: int) -> Number:
    """A number in lowest terms; the denominator 0 is that of an invalid entry."""
    if not denominator:
        return INVALID
    if numerator.bit_length() > LONGEST or denominator.bit_length() > LONGEST:
        raise NotExact("a number of more than 100000 digits")
    return Fraction(numerator, denominator)


def _add(x: Number, y: Number) -> Number:
    (p, q), (r, s) = x.as_integer_ratio(), y.as_integer_ratio()
    return _number(p + r, q) if q == s else _number(p * s + r * q, q * s)


def _subtract(x: Number, y: Number) -> Number:
    (p, q), (r, s) = x.as_integer_ratio(), y.as_integer_ratio()
    return _number(p - r, q) if q == s else _number(p * s - r * q, q * s)


def _multiply(x: Number, y: Number) -> Number:
    (p, q), (r, s) = x.as_integer_ratio(), y.as_integer_ratio()
    return _number(p * r, q * s)


def _divide(x: Number, y: Number) -> Number:
    (p, q), (r, s) = x.as_integer_ratio(), y.as_integer_ratio()
    # s is in the denominator too: 0/0 as divisor leaves 0 there, and else it cancels.
    return _number(p * s, q * r)


def _negate(x: Number) -> Number:
    return x if x is INVALID else -x


def _sum(values: Sequence[Number]) -> Number:
    return _total([value.as_integer_ratio() for value in values])


def _dot(row: Sequence[Ratio], column: Sequence[Ratio]) -> Number:
    return _total([(p * r, q * s) for (p, q), (r, s) in zip(row, column, strict=True)])


def _total(ratios: list[Ratio]) -> Number:
    """The sum over one common denominator: far cheaper than to cancel after every term."""
    common = lcm(*[denominator for _, denominator in ratios])
    if not common:
        return INVALID
    return _number(sum([numerator * (common // denominator) for numerator, denominator in ratios]), common)


def _prod(values: Sequence[Number]) -> Number:
    ratios = [value.as_integer_ratio() for value in values]
    for side in zip(*ratios, strict=True):
        if sum(number.bit_length() for number in side) > MOST_BITS:
            raise TooLarge(f"a product of {len(ratios)} factors has too many digits to be worked out exactly")
    return _number(prod(p for p, _ in ratios), prod(q for _, q in ratios))


def _extreme(values: Sequence[Number], choose: Callable[[list[Fraction]], Fraction]) -> Number:
    valid = [value for value in values if value is not INVALID]
    if len(valid) < len(values):
        return INVALID
    if not valid:
        raise NotExact("an extremum over nothing")
    return choose(valid)


def _cleared(rows: list[list[Number]]) -> tuple[list[list[int]], list[int]]:
    """Each row times the common denominator of its entries, and these denominators: 0 where one is invalid."""
    ratios = [[entry.as_integer_ratio() for entry in row] for row in rows]
    scales = [lcm(*[q for _, q in row]) for row in ratios]
    whole = [[p * (scale // q) for p, q in row] if scale else [] for row, scale in zip(ratios, scales, strict=True)]
    return whole, scales


def _inverse(rows: list[list[Number]]) -> list[Number]:
    """Row by row. With A = D⁻¹ N for whole N, the inverse is N⁻¹ D."""
    size = len(rows)
    whole, scales = _cleared(rows)
    if not all(scales):
        return [INVALID] * (size * size)
    diagonal = [[scales[r] if r == c else 0 for c in range(size)] for r in range(size)]
    solution = grid.solve(whole, diagonal, grid.INTEGERS)
    if solution is None:
        return [INVALID] * (size * size)
    scale, inverse = solution
    return [_number(entry, scale) for row in inverse for entry in row]


def _det(rows: list[list[Number]]) -> Number:
    whole, scales = _cleared(rows)
    if not all(scales):
        return INVALID
    return _number(grid.determinant(whole, grid.INTEGERS) or 0, prod(scales))


def _integer_power(base: Number, exponent: int) -> Number:
    """Zero to a negative power is invalid, to the power 0 it is 1; what is invalid stays so to every power."""
    if abs(exponent) > LARGEST_EXPONENT:
        raise NotExact("a power above 10000")
    numerator, denominator = base.as_integer_ratio()
    if exponent < 0:
        numerator, denominator, exponent = denominator, numerator, -exponent
    if not denominator:
        return INVALID
    # Looked at before the power is taken; 1 and −1 have one bit and never grow.
    if (max(numerator.bit_length(), denominator.bit_length()) - 1) * exponent > LONGEST:
        raise NotExact("a number of more than 100000 digits")
    return _number(numerator**exponent, denominator**exponent)


def _power(base: Number, exponent: Number) -> Number:
    if base is INVALID or exponent is INVALID:
        return INVALID
    if exponent.denominator == 1:
        return _integer_power(base, exponent.numerator)
    if base < 0:
        return INVALID
    root = _root(base, exponent.denominator)
    if root is None:
        raise NotExact("a square root" if exponent.denominator == 2 else "a root")
    return _integer_power(root, exponent.numerator)


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


def _square_root(x: Number, order: int) -> Number:
    """The derivative of this order is (1/2)(1/2 − 1)… x^(1/2 − order)."""
    if x is INVALID or x < 0:
        return INVALID
    root = _root(x, 2)
    if root is None:
        raise NotExact("a square root")
    factor = prod((Fraction(1, 2) - k for k in range(order)), start=ONE)
    return _multiply(factor, _integer_power(root, 1 - 2 * order))


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


def _whole(x: Number) -> int:
    if x is INVALID or x.denominator != 1:
        said = "not a number" if x is INVALID else str(x)
        raise OutOfRange(f"an index or a bound is {said}, but has to be a whole number")
    return x.numerator
