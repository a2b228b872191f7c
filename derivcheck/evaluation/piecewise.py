"""Exact arithmetic in piecewise linear functions of the inputs, for the one evaluator: see ``forms``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

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
from derivcheck.evaluation.grid import Grid
from derivcheck.evaluation.rational import INVALID, RATIONALS, RationalArithmetic

HIGHEST_POWER = 16


@dataclass(frozen=True, slots=True)
class PiecewiseArithmetic(RationalArithmetic):
    """The arithmetic of the evaluator on grids of forms; truth values are grids of conditions.

    What is no piecewise linear function of the inputs is refused. Where only numbers stand they are rationals.
    """

    atoms: Atoms

    def number(self, value: Fraction | Literal["pi", "e"], rank: int) -> Grid[Any]:
        """A constant with all axes of size 1."""
        return _lifted(RATIONALS.number(value, rank))

    def arange(self, start: int, count: int, axis: int, rank: int) -> Grid[Any]:
        """``start, start + 1, …`` along one axis."""
        return _lifted(RATIONALS.arange(start, count, axis, rank))

    def eye(self, size: int, rank: int) -> Grid[Any]:
        """The identity on the last two axes."""
        return _lifted(RATIONALS.eye(size, rank))

    def full(self, value: Fraction, rows: int, columns: int, rank: int) -> Grid[Any]:
        """One number on the last two axes."""
        return _lifted(RATIONALS.full(value, rows, columns, rank))

    def add(self, a: Grid[Any], b: Grid[Any]) -> Grid[Any]:
        """Entry by entry."""
        return grid.combine(lambda x, y: _sum((x, y)), a, b)

    def subtract(self, a: Grid[Any], b: Grid[Any]) -> Grid[Any]:
        """Entry by entry."""
        return grid.combine(lambda x, y: _sum((x, _scaled(-ONE, y))), a, b)

    def multiply(self, a: Grid[Any], b: Grid[Any]) -> Grid[Any]:
        """Entry by entry."""
        return grid.combine(self._product, a, b)

    def divide(self, a: Grid[Any], b: Grid[Any]) -> Grid[Any]:
        """Entry by entry; by numbers alone."""
        return grid.combine(_quotient, a, b)

    def negate(self, a: Grid[Any]) -> Grid[Any]:
        """Entry by entry."""
        return grid.apply(lambda x: _scaled(-ONE, x), a)

    def matmul(self, a: Grid[Any], b: Grid[Any]) -> Grid[Any]:
        """The matrix product on the last two axes."""
        return grid.matmul(lambda row, column: _sum(map(self._product, row, column)), a, b)

    def inverse(self, a: Grid[Any]) -> Grid[Any]:
        """The matrix inverse on the last two axes, of numbers alone."""
        return _lifted(RATIONALS.inverse(_numbers(a, "the inverse of a variable")))

    def det(self, a: Grid[Any]) -> Grid[Any]:
        """The determinant on the last two axes, of numbers alone."""
        return _lifted(RATIONALS.det(_numbers(a, "a determinant of variables")))

    def power(self, a: Grid[Any], exponent: Grid[Any]) -> Grid[Any]:
        """Entry by entry, of numbers alone."""
        return _lifted(RATIONALS.power(_numbers(a, "a power of a variable"), _numbers(exponent, "a variable exponent")))

    def integer_power(self, a: Grid[Any], exponent: int) -> Grid[Any]:
        """Entry by entry, a whole exponent."""
        if not all(entry is INVALID or not entry.parts for entry in a.entries):
            if not 0 <= exponent <= HIGHEST_POWER:
                raise NotExact("a power of a variable")
            result = grid.filled(a.shape, constant(ONE))
            for _ in range(exponent):
                result = self.multiply(result, a)
            return result
        return _lifted(RATIONALS.integer_power(_numbers(a, ""), exponent))

    def elementary(self, name: str, order: int, a: Grid[Any]) -> Grid[Any]:
        """``abs``, ``relu``, ``sign`` and their derivatives; of numbers whatever is rational."""
        if name in ("abs", "relu", "sign"):
            return grid.apply(lambda x: x if x is INVALID else self._bent(name, order, x), a)
        return _lifted(RATIONALS.elementary(name, order, _numbers(a, f"the function {name} of a variable")))

    def sum(self, a: Grid[Any], axis: int) -> Grid[Any]:
        """The sum along an axis, which stays with size 1."""
        return grid.reduce(_sum, a, axis)

    def prod(self, a: Grid[Any], axis: int) -> Grid[Any]:
        """The product along an axis, which stays with size 1."""
        return grid.reduce(lambda values: _folded(self._product, values, constant(ONE)), a, axis)

    def maximum(self, a: Grid[Any], b: Grid[Any]) -> Grid[Any]:
        """The larger, entry by entry."""
        return grid.combine(lambda x, y: self._extreme(HALF, x, y), a, b)

    def minimum(self, a: Grid[Any], b: Grid[Any]) -> Grid[Any]:
        """The smaller, entry by entry."""
        return grid.combine(lambda x, y: self._extreme(-HALF, x, y), a, b)

    def largest(self, a: Grid[Any], axis: int) -> Grid[Any]:
        """The largest along an axis, which stays with size 1."""
        return grid.reduce(lambda values: _folded(lambda x, y: self._extreme(HALF, x, y), values), a, axis)

    def smallest(self, a: Grid[Any], axis: int) -> Grid[Any]:
        """The smallest along an axis, which stays with size 1."""
        return grid.reduce(lambda values: _folded(lambda x, y: self._extreme(-HALF, x, y), values), a, axis)

    def compare(self, sign: str, a: Grid[Any], b: Grid[Any]) -> Grid[Any]:
        r"""Conditions entry by entry; with an invalid entry every comparison is false, ``\ne`` as well."""

        def truth(x: Entry, y: Entry) -> Truth:
            if x is INVALID or y is INVALID:
                return False
            return compared(sign, combination([(ONE, x), (-ONE, y)]))

        return grid.combine(truth, a, b)

    def both(self, a: Grid[Any], b: Grid[Any]) -> Grid[Any]:
        """Logical and of truth values."""
        return grid.combine(_and, a, b)

    def where(self, condition: Grid[Any], a: Grid[Any], b: Grid[Any]) -> Grid[Any]:
        """The entry of ``a`` where the condition holds, else that of ``b``."""
        return grid.combine(lambda truth, x, y: choose(truth, x, y, self.atoms), condition, a, b)

    def integers(self, a: Grid[Any]) -> list[int]:
        """All entries as whole numbers, in row-major order."""
        return RATIONALS.integers(_numbers(a, "an index that depends on a variable"))

    def _product(self, x: Entry, y: Entry) -> Entry:
        return INVALID if x is INVALID or y is INVALID else product(x, y, self.atoms)

    def _extreme(self, half: Fraction, x: Entry, y: Entry) -> Entry:
        if x is INVALID or y is INVALID:
            return INVALID
        difference = combination([(ONE, x), (-ONE, y)])
        return combination([(HALF, x), (HALF, y), (half, size(difference, self.atoms))])

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


def _lifted(numbers: Grid[Any]) -> Grid[Any]:
    return grid.apply(lambda x: x if x is INVALID else constant(x), numbers)


def _numbers(a: Grid[Any], what: str) -> Grid[Any]:
    """The entries as rationals; ``what`` is refused where one is no number."""
    if any(entry is not INVALID and entry.parts for entry in a.entries):
        raise NotExact(what)
    return grid.apply(lambda x: x if x is INVALID else x.constant, a)


def _sum(values: Iterable[Entry]) -> Entry:
    forms: list[tuple[Fraction, Form]] = []
    for value in values:
        if value is INVALID:
            return INVALID
        forms.append((ONE, value))
    return combination(forms)


def _scaled(factor: Fraction, x: Entry) -> Entry:
    return x if x is INVALID else combination([(factor, x)])


def _quotient(x: Entry, y: Entry) -> Entry:
    if x is INVALID or y is INVALID:
        return INVALID
    if y.parts:
        raise NotExact("a division by a variable")
    return combination([(1 / y.constant, x)]) if y.constant else INVALID


def _folded(function: Any, values: Sequence[Entry], first: Entry | None = None) -> Entry:  # noqa: ANN401 - of two entries
    total = first
    for value in values:
        total = value if total is None else function(total, value)
    if total is None:
        raise NotExact("an extremum over nothing")
    return total


def _and(x: Truth, y: Truth) -> Truth:
    if isinstance(x, bool):
        return y if x else False
    if isinstance(y, bool):
        return x if y else False
    return tuple(dict.fromkeys((*x, *y)))
