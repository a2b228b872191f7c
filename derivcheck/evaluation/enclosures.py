"""Numbers known as well as one likes: exact rationals, and balls that enclose a real number (Johansson, Arb, 2017).

A number is an ``fmpq`` as long as it is rational, an ``arb`` of the precision in force where it is not, and None where
there is no number (a division by zero, the logarithm of a negative number). A ball that is not finite tells nothing:
more precision may.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Final

from flint import acb, arb, arb_mat, fmpq, fmpq_mat, fmpz

from derivcheck.functions import FUNCTIONS

Number = fmpq | arb
Entry = Number | None
Truth = bool | None
"""None where the enclosures do not tell."""

ZERO: Final = fmpq(0)
ONE: Final = fmpq(1)
LONGEST = 20_000
"""The bits of a rational number that is kept exact; a longer one is enclosed."""
LARGEST_EXPONENT = 10_000
LARGEST_ROOT = 60
"""Roots up to this degree are looked at for a rational value."""


def rational(value: Fraction) -> fmpq:
    """The same number."""
    return fmpq(value.numerator, value.denominator)


def fraction(value: fmpq) -> Fraction:
    """The same number."""
    return Fraction(int(value.p), int(value.q))


def enclosed(x: Number) -> arb:
    """A ball of the precision in force."""
    return x if isinstance(x, arb) else arb(x)


def kept(x: Number) -> Number:
    """As it is, if it is no rational number that has grown too long."""
    return arb(x) if isinstance(x, fmpq) and x.height_bits() > LONGEST else x


def simplified(x: arb) -> Number:
    """A ball without a radius as the short rational number that it is: exp 0 is 1."""
    if not x.is_exact() or not x.is_finite():
        return x
    mantissa, exponent = x.man_exp()
    if abs(int(exponent)) + int(abs(mantissa)).bit_length() > LONGEST:
        return x
    power = fmpz(2) ** abs(int(exponent))
    return fmpq(mantissa * power) if exponent >= 0 else fmpq(mantissa, power)


def nothing_known() -> arb:
    """A number of which nothing is known at this precision."""
    return arb.nan()


# truth


def less(x: Number, y: Number) -> Truth:
    """Whether x < y."""
    return True if x < y else False if x >= y else None


def same(x: Number, y: Number) -> Truth:
    """Whether x = y: of balls with a radius it can be told only that they are not."""
    if x == y:
        return True
    return False if x < y or x > y else None


def opposite(truth: Truth) -> Truth:
    """Not."""
    return None if truth is None else not truth


COMPARED: Final[dict[str, Callable[[Number, Number], Truth]]] = {
    "=": same,
    "\\ne": lambda x, y: opposite(same(x, y)),
    "<": less,
    ">": lambda x, y: less(y, x),
    "\\le": lambda x, y: opposite(less(y, x)),
    "\\ge": lambda x, y: opposite(less(x, y)),
}


def either(x: Entry, y: Entry) -> Entry:
    """One of two numbers, where it is not known which."""
    if x is None or y is None:
        return x if x is y else nothing_known()
    return x if same(x, y) else enclosed(x).union(enclosed(y))


# arithmetic


def quotient(x: Entry, y: Entry) -> Entry:
    """None for a division by zero; nothing is known of one by a ball around zero."""
    if x is None or y is None or y == 0:
        return None
    return kept(x / y)


def larger(x: Number, y: Number) -> Number:
    """The larger of two."""
    first = less(x, y)
    return enclosed(x).max(enclosed(y)) if first is None else y if first else x


def smaller(x: Number, y: Number) -> Number:
    """The smaller of two."""
    first = less(x, y)
    return enclosed(x).min(enclosed(y)) if first is None else x if first else y


def raised(x: Entry, exponent: int) -> Entry:
    """A whole power; zero to a negative one is no number."""
    if x is None or (exponent < 0 and x == 0):
        return None
    if isinstance(x, fmpq) and x.height_bits() * abs(exponent) > LONGEST:
        x = arb(x)
    return x**exponent


def power(x: Entry, exponent: Entry) -> Entry:
    """Any power; a negative number has whole powers only."""
    if x is None or exponent is None:
        return None
    if isinstance(exponent, fmpq) and exponent.q == 1 and abs(exponent.p) <= LARGEST_EXPONENT:
        return raised(x, int(exponent.p))
    if x < 0:
        return None if isinstance(exponent, fmpq) and exponent.q != 1 else nothing_known()
    if x == 0:
        return ZERO if exponent > 0 else None if exponent < 0 else nothing_known()
    if isinstance(exponent, fmpq) and 1 < exponent.q <= LARGEST_ROOT:
        root = _root(x, int(exponent.q))
        return raised(root, int(exponent.p)) if abs(exponent.p) <= LARGEST_EXPONENT else root ** arb(exponent.p)
    return enclosed(x) ** enclosed(exponent)


def _root(x: Number, degree: int) -> Number:
    """The root of a number that is not negative; a rational one where there is one."""
    if isinstance(x, fmpq):
        top, bottom = (arb(part).root(degree).unique_fmpz() for part in (x.p, x.q))
        if top is not None and bottom is not None and top**degree == x.p and bottom**degree == x.q:
            return fmpq(top, bottom)
    return enclosed(x).root(degree)


# known functions: value, and where there is certainly none


def _outside_one(x: Number) -> bool:
    return bool(x > 1 or x < -1)


def _pole(x: Number) -> bool:
    return isinstance(x, fmpq) and x.q == 1 and x <= 0


ABSENT: Final[dict[str, Callable[[Number], bool]]] = {
    "log": lambda x: bool(x <= 0), "cot": lambda x: bool(x == 0), "arcsin": _outside_one, "arccos": _outside_one,
    "gamma": _pole, "lgamma": _pole, "digamma": _pole,
}  # fmt: skip
"""Where a function certainly has no value."""
KNOWN: Final[dict[str, Callable[[arb], arb]]] = {
    name: getattr(arb, known.library or name)
    for name, known in FUNCTIONS.items()
    if known.smooth and name != "sqrt" and hasattr(arb, known.library or name)
} | {"lgamma": lambda x: x.lgamma() if x > 0 else abs(x.gamma()).log()}
BENT: Final[dict[str, Callable[[Number], Number]]] = {
    "abs": lambda x: x if x >= 0 else -x if x < 0 else abs(enclosed(x)),
    "relu": lambda x: larger(x, ZERO),
    "sign": lambda x: fmpq((x > 0) - (x < 0)) if isinstance(x, fmpq) else simplified(x.sgn()),
}
NEVER_ONE = frozenset(("tanh", "erf"))
"""Of no number the value is 1 or −1."""
COSTLY = frozenset(("gamma", "lgamma", "digamma"))
"""Those that take long at very high precision."""


def value(name: str, x: Number) -> tuple[Entry, bool]:
    """A known function, and whether its value cannot be told from a whole number that it is not.

    By the theorem of Lindemann and Weierstrass none of these functions maps a rational number other than 0 to 0, 1 or
    −1, but for those of the next line; so a ball around such a number is too wide.
    """
    if name == "sqrt":
        return (None if x < 0 else _root(x, 2)), False
    if name in BENT:
        return BENT[name](x), False
    if name in ABSENT and ABSENT[name](x):
        return None, False
    found = KNOWN[name](enclosed(x))
    if found.is_exact():
        return simplified(found), False
    near = name in NEVER_ONE or (isinstance(x, fmpq) and name in ("exp", "cos", "cosh"))
    return found, near and (found.contains(1) or found.contains(-1))


def polygamma(order: int, x: Entry) -> Entry:
    """The derivative of this order of the digamma function."""
    if x is None or _pole(x):
        return None
    return acb(enclosed(x)).polygamma(order).real


def bent_slope(name: str, order: int, x: Entry) -> Entry:
    """A derivative of ``abs``, ``relu`` or ``sign``; at the bend there is none."""
    if x is None or x == 0:
        return None
    steps = order + (name == "sign")
    if steps > 1:
        return ZERO if x < 0 or x > 0 else nothing_known()
    sign = BENT["sign"](x)
    return (sign + 1) / 2 if name == "relu" else sign


# matrices


def inverse(rows: list[list[Entry]]) -> list[Entry]:
    """Row by row; None everywhere of a singular matrix, and nothing known of one that may be singular."""
    matrix = _matrix(rows)
    if matrix is None:
        return [None] * len(rows) ** 2
    try:
        return list(map(kept, matrix.inv().entries()))
    except ZeroDivisionError:
        return [None if isinstance(matrix, fmpq_mat) else nothing_known()] * len(rows) ** 2


def determinant(rows: list[list[Entry]]) -> Entry:
    """Exact of an exact matrix."""
    matrix = _matrix(rows)
    return None if matrix is None else kept(matrix.det())


def _matrix(rows: list[list[Entry]]) -> fmpq_mat | arb_mat | None:
    """Exact if all entries are; None if one of them is no number."""
    flat = [entry for row in rows for entry in row]
    numbers = [entry for entry in flat if entry is not None]
    if len(numbers) < len(flat):
        return None
    rational_ones = [entry for entry in numbers if isinstance(entry, fmpq)]
    if len(rational_ones) == len(flat):
        return fmpq_mat(len(rows), len(rows), rational_ones)
    return arb_mat(len(rows), len(rows), list(map(enclosed, numbers)))
