"""Ball arithmetic of any precision: every value encloses the real number that is meant, by python-flint's ``arb``.

The inputs are exact rationals, and what is rational stays exact. A comparison that the enclosures do not decide is
neither true nor false, and what depends on it encloses both. ``blurred`` tells that something was lost beside what it
was added to, so that two sides that agree say nothing about it; more precision does. ``cancelled`` tells that an
integral may be 0, so that no digit of it is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from math import prod
from typing import Any, Final, Literal, cast

from flint import acb, arb, arb_mat, ctx, fmpq, fmpq_mat, fmpz

from derivcheck.evaluation import dual, grid
from derivcheck.evaluation.arithmetic import STEP, NotExact, OutOfRange
from derivcheck.evaluation.grid import Grid, Gridded
from derivcheck.functions import FUNCTIONS

Number = fmpq | arb
Entry = Number | None
Truth = bool | None
"""None where the enclosures do not tell."""

ZERO: Final = fmpq(0)
LONGEST = 20_000
"""The bits of a rational number that is kept exact; a longer one is enclosed."""
LARGEST_EXPONENT = 10_000
LARGEST_ROOT = 60
"""Roots up to this degree are looked at for a rational value."""


MANY = 1_000
"""So many summands are looked through for one that is lost after they are added up, not one by one."""


def rational(value: Fraction) -> fmpq:
    """The same number."""
    return fmpq(value.numerator, value.denominator)


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


def larger(x: Number, y: Number) -> Number:
    """The larger of two."""
    first = less(x, y)
    return enclosed(x).max(enclosed(y)) if first is None else y if first else x


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


def bent_slope(name: str, order: int, x: Entry) -> Entry:
    """A derivative of ``abs``, ``relu`` or ``sign``; at the bend there is none."""
    if x is None or x == 0:
        return None
    steps = order + (name == "sign")
    if steps > 1:
        return ZERO if x < 0 or x > 0 else nothing_known()
    sign = BENT["sign"](x)
    return (sign + 1) / 2 if name == "relu" else sign


def _matrix(rows: list[list[Entry]]) -> fmpq_mat | arb_mat | None:
    """Exact if all entries are; None if one of them is no number."""
    flat: list[Any] = [entry for row in rows for entry in row]
    if None in flat:
        return None
    exact = all(isinstance(entry, fmpq) for entry in flat)
    return (fmpq_mat if exact else arb_mat)(len(rows), len(rows[0]), flat)


Balls = Grid[Entry]

BITS = 4000
"""A number of so many bits takes as long again as the call that works on it."""
LARGE = 512
"""Matrix products of so many products of numbers go by flint's matrices."""
LEAST = 1e-250
"""Far above what float64 underflows at."""
SEEN = 32
"""A summand counts as seen with so many bits: then a factor of it that is wrong shows."""


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """While this is in force, balls are as narrow as so many bits allow."""
    with ctx.workprec(bits):
        yield


class BallArithmetic(Gridded[Entry, Truth]):
    """The arithmetic of the evaluator (see ``Arithmetic``) on grids of exact rationals and of balls."""

    step = STEP

    def __init__(self) -> None:
        # Of a few hundred bits the work is Python's; a number of thousands takes its own time.
        self.product = 1000.0 * (1 + ctx.prec / BITS)
        self.price = 2 * self.product
        self.blurred = self.cancelled = self.costly = False

    def entry(self, value: Fraction | Literal["pi", "e"]) -> Entry:
        if isinstance(value, str):
            return arb.pi() if value == "pi" else arb(1).exp()
        return rational(value)

    def plus(self, x: Entry, y: Entry) -> Entry:
        if x is None or y is None:
            return None
        total = x + y
        if isinstance(total, fmpq):
            return kept(total)
        if not self.blurred and total.is_finite():
            radius = enclosed(total.rad() * (1 << SEEN))
            self.blurred = _lost(x, radius) or _lost(y, radius)
        return total

    def total(self, values: Iterable[Entry]) -> Entry:
        found = tuple(values)
        if len(found) > MANY and None not in found:
            whole = sum((x for x in found if isinstance(x, arb)), arb(0))
            if self.blurred or _all_seen((whole,), found):
                return self.plus(whole, sum((x for x in found if isinstance(x, fmpq)), ZERO))
        total: Entry = ZERO
        for value in found:
            total = self.plus(total, value)
        return total

    def times(self, x: Entry, y: Entry) -> Entry:
        return None if x is None or y is None else kept(x * y)

    def matmul(self, a: Balls, b: Balls) -> Balls:
        """By flint's matrices where they are large and no summand is lost in them; else entry by entry, which tells."""
        lead = grid.common_shape(a.shape[:-2], b.shape[:-2])
        if prod((*lead, *a.shape[-2:], b.shape[-1])) >= LARGE and None not in a.entries and None not in b.entries:
            lefts, rights = ([cast(Any, _matrix(rows)) for rows in grid.matrices(side)] for side in (a, b))
            places = zip(grid.places(a.shape[:-2], lead), grid.places(b.shape[:-2], lead), strict=True)
            made = (lefts[one] * rights[other] for one, other in places)
            entries = tuple(kept(entry) for product in made for entry in product.entries())
            if self.blurred or _all_seen(entries, a.entries, b.entries):
                return Grid((*lead, a.shape[-2], b.shape[-1]), entries)
        return super().matmul(a, b)

    def over(self, x: Entry, y: Entry) -> Entry:
        """None for a division by zero; nothing is known of one by a ball around zero."""
        return None if x is None or y is None or y == 0 else kept(x / y)

    def negative(self, x: Entry) -> Entry:
        return None if x is None else -x

    def raised(self, x: Entry, exponent: int) -> Entry:
        """A whole power; zero to a negative one is no number."""
        if x is None or (exponent < 0 and x == 0):
            return None
        return (arb(x) if isinstance(x, fmpq) and x.height_bits() * abs(exponent) > LONGEST else x) ** exponent

    def powered(self, x: Entry, exponent: Entry) -> Entry:
        """Any power; a negative number has whole powers only."""
        if x is None or exponent is None:
            return None
        if isinstance(exponent, fmpq) and exponent.q == 1 and abs(exponent.p) <= LARGEST_EXPONENT:
            return self.raised(x, int(exponent.p))
        if x < 0:
            return None if isinstance(exponent, fmpq) and exponent.q != 1 else nothing_known()
        if x == 0:
            return ZERO if exponent > 0 else None if exponent < 0 else nothing_known()
        if isinstance(exponent, fmpq) and 1 < exponent.q <= LARGEST_ROOT:
            root = _root(x, int(exponent.q))
            return (
                self.raised(root, int(exponent.p)) if abs(exponent.p) <= LARGEST_EXPONENT else root ** arb(exponent.p)
            )
        return enclosed(x) ** enclosed(exponent)

    def larger(self, x: Entry, y: Entry) -> Entry:
        return None if x is None or y is None else larger(x, y)

    def inverted(self, rows: list[list[Entry]]) -> list[Entry]:
        """None everywhere of a singular matrix, and nothing known of one that may be singular."""
        matrix = _matrix(rows)
        try:
            return [None] * len(rows) ** 2 if matrix is None else list(map(kept, matrix.inv().entries()))
        except ZeroDivisionError:
            return [None if isinstance(matrix, fmpq_mat) else nothing_known()] * len(rows) ** 2

    def determinant(self, rows: list[list[Entry]]) -> Entry:
        matrix = _matrix(rows)
        return None if matrix is None else kept(matrix.det())

    def test(self, sign: str) -> Callable[[Entry, Entry], Truth]:
        r"""Where there is no number every comparison is false, ``\ne`` as well."""
        test = COMPARED[sign]
        return lambda x, y: False if x is None or y is None else test(x, y)

    def conjunction(self, x: Truth, y: Truth) -> Truth:
        return False if x is False or y is False else None if None in (x, y) else True

    def chosen(self, truth: Truth, x: Entry, y: Entry) -> Entry:
        """What encloses both where it is open."""
        return either(x, y) if truth is None else x if truth else y

    def whole(self, x: Entry) -> int:
        if not isinstance(x, fmpq) or x.q != 1:
            said = "not a number" if x is None else x
            raise OutOfRange(f"an index or a bound is {said}, but has to be a whole number")
        return int(x.p)

    def elementary(self, name: str, order: int, a: Balls) -> Balls:
        """A known function, or a derivative of one where the function has a value."""
        self.costly |= name in COSTLY
        if name in BENT and order:
            return grid.apply(lambda x: bent_slope(name, order, x), a)
        if name == "digamma" and order:
            return grid.apply(lambda x: None if x is None or _pole(x) else acb(enclosed(x)).polygamma(order).real, a)
        if order:
            slope = dual.derivative(name, order, self, a)
            return grid.combine(lambda x, y: None if x is None else y, self.elementary(name, 0, a), slope)
        if name in KNOWN or name in BENT or name == "sqrt":
            return grid.apply(partial(self._value, name), a)
        known = FUNCTIONS.get(name)
        if known is not None and known.value is not None:
            return known.value(self, a)
        raise NotExact(f"the function {name}")

    def _value(self, name: str, x: Entry) -> Entry:
        if x is None:
            return None
        found, blurred = value(name, x)
        self.blurred |= blurred
        return found


def _all_seen(totals: Iterable[Entry], *factors: Iterable[Entry]) -> bool:
    """Whether no product of two factors, one of each kind, is lost in these totals; in floats, with room to spare."""
    radii = [float(x.rad()) for x in totals if isinstance(x, arb)]
    least = prod(
        min((abs(float(enclosed(x))) for x in each if x is not None and x != 0), default=1.0) for each in factors
    )
    return not radii or least > max(max(radii) * 2.0 ** (SEEN + 1), LEAST)


def _lost(x: Number, radius: arb) -> bool:
    """Whether a summand that is not zero is too small to be seen within such a radius."""
    return bool(x != 0 and (abs(x) if isinstance(x, fmpq) else x.abs_upper()) < radius)
