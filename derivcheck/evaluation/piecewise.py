"""Exact arithmetic in piecewise linear functions of the inputs, for the one evaluator: see ``forms``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Literal

from derivcheck.evaluation import grid
from derivcheck.evaluation.arithmetic import NotExact
from derivcheck.evaluation.forms import (
    HALF,
    ONE,
    ZERO,
    Atoms,
    Entry,
    Form,
    Truth,
    choose,
    combination,
    compared,
    constant,
    product,
    relu,
    size,
)  # fmt: skip
from derivcheck.evaluation.grid import Grid, Gridded
from derivcheck.evaluation.rational import INVALID, RATIONALS, Number, RationalArithmetic

HIGHEST_POWER = 16


@dataclass(frozen=True, slots=True)
class PiecewiseArithmetic(Gridded[Entry, Truth]):
    """The arithmetic of the evaluator on grids of forms; truth values are grids of conditions.

    What is no piecewise linear function of the inputs is refused. Where only numbers stand they are rationals.
    """

    atoms: Atoms
    price: ClassVar[float] = RationalArithmetic.price
    product: ClassVar[float] = RationalArithmetic.product
    step: ClassVar[float] = RationalArithmetic.step

    def entry(self, value: Fraction | Literal["pi", "e"]) -> Entry:
        return _lifted(RATIONALS.entry(value))

    def total(self, values: Iterable[Entry]) -> Entry:
        forms: list[tuple[Fraction, Form]] = []
        for value in values:
            if value is INVALID:
                return INVALID
            forms.append((ONE, value))
        return combination(forms)

    def times(self, x: Entry, y: Entry) -> Entry:
        return INVALID if x is INVALID or y is INVALID else product(x, y, self.atoms)

    def over(self, x: Entry, y: Entry) -> Entry:
        """By numbers alone."""
        if x is INVALID or y is INVALID:
            return INVALID
        if y.parts:
            raise NotExact("a division by a variable")
        return combination([(1 / y.constant, x)]) if y.constant else INVALID

    def negative(self, x: Entry) -> Entry:
        return x if x is INVALID else combination([(-ONE, x)])

    def inverted(self, rows: list[list[Entry]]) -> list[Entry]:
        what = "the inverse of a variable"
        return list(map(_lifted, RATIONALS.inverted([[_number(x, what) for x in row] for row in rows])))

    def determinant(self, rows: list[list[Entry]]) -> Entry:
        return _lifted(RATIONALS.determinant([[_number(x, "a determinant of variables") for x in row] for row in rows]))

    def powered(self, x: Entry, exponent: Entry) -> Entry:
        return _lifted(RATIONALS.powered(_number(x, "a power of a variable"), _number(exponent, "a variable exponent")))

    def raised(self, x: Entry, exponent: int) -> Entry:
        if x is INVALID or not x.parts:
            return _lifted(RATIONALS.raised(_number(x, ""), exponent))
        if not 0 <= exponent <= HIGHEST_POWER:
            raise NotExact("a power of a variable")
        return self.together([x] * exponent)

    def elementary(self, name: str, order: int, a: Grid[Entry]) -> Grid[Entry]:
        """``abs``, ``relu``, ``sign`` and their derivatives; of numbers whatever is rational."""
        if name in ("abs", "relu", "sign"):
            return grid.apply(lambda x: x if x is INVALID else self._bent(name, order, x), a)
        what = f"the function {name} of a variable"
        return grid.apply(_lifted, RATIONALS.elementary(name, order, grid.apply(lambda x: _number(x, what), a)))

    def extreme(self, x: Entry, y: Entry, *, largest: bool) -> Entry:
        if x is INVALID or y is INVALID:
            return INVALID
        difference = size(combination([(ONE, x), (-ONE, y)]), self.atoms)
        return combination([(HALF, x), (HALF, y), (HALF if largest else -HALF, difference)])

    def test(self, sign: str) -> Callable[[Entry, Entry], Truth]:
        r"""With an invalid entry every comparison is false, ``\ne`` as well."""

        def truth(x: Entry, y: Entry) -> Truth:
            if x is INVALID or y is INVALID:
                return False
            return compared(sign, combination([(ONE, x), (-ONE, y)]))

        return truth

    def conjunction(self, x: Truth, y: Truth) -> Truth:
        if isinstance(x, bool):
            return y if x else False
        if isinstance(y, bool):
            return x if y else False
        return tuple(dict.fromkeys((*x, *y)))

    def chosen(self, truth: Truth, x: Entry, y: Entry) -> Entry:
        return choose(truth, x, y, self.atoms)

    def whole(self, x: Entry) -> int:
        return RATIONALS.whole(_number(x, "an index that depends on a variable"))

    def _bent(self, name: str, order: int, x: Form) -> Entry:
        """As in the rationals, at a bend 0 is taken for the derivative."""
        steps = order + (name == "sign")
        if steps > 1:
            return constant(ZERO)
        if steps == 0:
            return relu(x, self.atoms) if name == "relu" else size(x, self.atoms)
        below = constant(ZERO)
        if name != "relu":
            negative = choose(compared("<", x), constant(-ONE), constant(ZERO), self.atoms)
            assert negative is not INVALID
            below = negative
        return choose(compared(">", x), constant(ONE), below, self.atoms)


def _lifted(x: Number) -> Entry:
    return x if x is INVALID else constant(x)


def _number(x: Entry, what: str) -> Number:
    """An entry as a rational number; ``what`` is refused where it is none."""
    if x is INVALID:
        return x
    if x.parts:
        raise NotExact(what)
    return x.constant
