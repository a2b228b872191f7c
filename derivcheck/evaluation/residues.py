"""Integers mod a drawn prime: what is equal there at drawn points is equal as a rational function, but for chance.

Every value carries how large the rational functions behind its entries may be, so that the chance can be said
(Schwartz and Zippel). An entry that does not exist (a division by zero, a number without a root) is ``None`` and makes
everything that is computed from it ``None``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from fractions import Fraction
from math import factorial, log2, prod
from random import Random
from typing import Any, Literal

from flint import nmod_mat

from derivcheck.evaluation import bounds, dual, grid
from derivcheck.evaluation.arithmetic import BUDGET, SIGNS, STEP, Arithmetic, NotExact, OutOfRange
from derivcheck.evaluation.bounds import Entry as Entry
from derivcheck.evaluation.bounds import Residues as Residues
from derivcheck.evaluation.grid import Grid
from derivcheck.evaluation.relations import Relations
from derivcheck.functions import FUNCTIONS, KINKED

SMALL = 28.0
"""The bits of numerator and denominator up to which a constant can be told from its residue."""
_GAMMAS = frozenset(("gamma", "lgamma", "digamma"))
LARGEST_FACTORIAL = 200
EXTREME = "a maximum or minimum"
EACH, DOT, FACTOR = 250.0, 1500.0, 100.0
"""The price of an entry, of a row times a column, and of every two factors of these, in nanoseconds."""


class ResidueArithmetic(Arithmetic):
    """The arithmetic of the evaluator (see ``Arithmetic``) mod one prime, with the unknowns met so far.

    ``flipped`` are the roots, by order of their first use, that are taken with the other sign.
    """

    price = 400.0
    product = 150.0
    step = STEP

    def __init__(self, p: int, generator: Random, flipped: int = 0) -> None:
        self.p = p
        self.generator = generator
        self.relations = Relations(p, generator, flipped)
        self.failures: dict[str, None] = {}

    def unknown(self) -> int:
        """A fresh element, drawn from all."""
        return self.generator.randrange(self.p)

    def unknowns(self, shape: tuple[int, ...]) -> Residues:
        """Entries that are each an unknown of its own."""
        return Residues(Grid(shape, tuple(self.unknown() for _ in range(prod(shape)))), 1, 0)

    def _fail(self, why: str) -> None:
        self.failures.setdefault(why)

    def _map(self, function: Callable[[int], Entry], a: Grid[Entry]) -> Grid[Entry]:
        BUDGET.pay(len(a.entries) * EACH)
        return grid.apply(lambda x: None if x is None else function(x), a)

    def _pair(self, op: Callable[[int, int], int], a: Residues, b: Residues) -> Grid[Any]:
        # What varies along thousands of directions is paid here: the evaluator does not see the directions.
        BUDGET.pay(max(len(a.grid.entries), len(b.grid.entries)) * EACH)
        p = self.p
        try:
            return grid.together(lambda xs, ys: [x % p for x in map(op, xs, ys)], a.grid, b.grid)
        except TypeError:  # an entry does not exist
            return grid.combine(lambda x, y: None if x is None or y is None else op(x, y) % p, a.grid, b.grid)

    # constants

    def number(self, value: Fraction | Literal["pi", "e"], rank: int) -> Residues:
        """A constant with all axes of size 1; π is an unknown, e the exponential of 1."""
        shape = (1,) * rank
        if value == "pi":
            return Residues(Grid(shape, (self.relations.pi(),)), 2, 0)
        if value == "e":
            return Residues(Grid(shape, (self.relations.exp(1, 1.0),)), 2, 0)
        assert isinstance(value, Fraction)
        return Residues(Grid(shape, (self._residue(value),)), *bounds.sizes(value), True)

    def _residue(self, value: Fraction) -> Entry:
        if value.denominator == 1:
            return value.numerator % self.p
        if value.denominator % self.p == 0:
            self._fail("division by zero")
            return None
        return value.numerator * pow(value.denominator, -1, self.p) % self.p

    def arange(self, start: int, count: int, axis: int, rank: int) -> Residues:
        values = [(start + step) % self.p for step in range(count)]
        return Residues(grid.along(values, axis, rank), log2(abs(start) + count + 1), 0, True)

    def eye(self, size: int, rank: int) -> Residues:
        return Residues(grid.eye(size, rank, 1, 0), 0, 0, True)

    def full(self, value: Fraction, rows: int, columns: int, rank: int) -> Residues:
        shape = (*(1,) * (rank - 2), rows, columns)
        return Residues(grid.filled(shape, self._residue(value)), *bounds.sizes(value), True)

    # ring operations

    def add(self, a: Residues, b: Residues) -> Residues:
        return self._summed(operator.add, a, b)

    def subtract(self, a: Residues, b: Residues) -> Residues:
        return self._summed(operator.sub, a, b)

    def _summed(self, op: Callable[[int, int], int], a: Residues, b: Residues) -> Residues:
        return Residues(self._pair(op, a, b), *bounds.of_sum(a, b), a.literal and b.literal, a.shared and b.shared)

    def multiply(self, a: Residues, b: Residues) -> Residues:
        made = self._pair(operator.mul, a, b)
        return Residues(made, a.top + b.top, a.bottom + b.bottom, a.literal and b.literal, a.shared and b.shared)

    def divide(self, a: Residues, b: Residues) -> Residues:
        """Entry by entry; what is divided by zero does not exist."""
        inverted = Residues(self._map(self._inverted, b.grid), b.bottom, b.top, b.literal)
        return self.multiply(a, inverted)

    def _inverted(self, x: int) -> Entry:
        if not x:
            self._fail("division by zero")
            return None
        return pow(x, -1, self.p)

    def negate(self, a: Residues) -> Residues:
        return a._replace(grid=self._map(lambda x: -x % self.p, a.grid))

    def matmul(self, a: Residues, b: Residues) -> Residues:
        p = self.p

        def dot(row: Sequence[int], column: Sequence[int]) -> Entry:
            try:
                return sum(map(operator.mul, row, column)) % p
            except TypeError:
                return None

        (*_, inner), (*_, columns) = a.grid.shape, b.grid.shape
        lead = max(
            len(a.grid.entries) // max(inner, 1), len(b.grid.entries) * a.grid.shape[-2] // max(inner * columns, 1)
        )
        BUDGET.pay(lead * columns * (DOT + FACTOR * inner))
        common = a.shared and b.shared
        top, bottom = bounds.of_many(inner, a.top + b.top, a.bottom + b.bottom, common)
        return Residues(grid.matmul(dot, a.grid, b.grid), top, bottom, a.literal and b.literal, common)

    def inverse(self, a: Residues) -> Residues:
        """The matrix inverse on the last two axes; no entry exists where there is none."""
        size = a.grid.shape[-1]
        BUDGET.pay(2 * len(a.grid.entries) * size * 2 * EACH)
        entries = tuple(entry for rows in grid.matrices(a.grid) for entry in self._inverse(rows))
        top, bottom = bounds.of_inverse(size, a.top, a.bottom, a.shared)
        return Residues(Grid(a.grid.shape, entries), top, bottom, a.literal, a.shared and self._repeated(a))

    def _repeated(self, a: Residues) -> bool:
        """Whether one matrix stands at every place of the axes before the last two; the bound counts that chance."""
        matrices = list(grid.matrices(a.grid))
        if any(matrix != matrices[0] for matrix in matrices[1:]):
            return False
        self.relations.tests += (len(matrices) - 1) * (a.top + a.bottom + 1)
        return True

    def _inverse(self, rows: list[list[Entry]]) -> list[Entry]:
        matrix = self._matrix(rows)
        try:
            if matrix is not None:
                return list(map(int, matrix.inv().entries()))
        except ZeroDivisionError:
            self._fail("singular matrix")
        return [None] * len(rows) ** 2

    def _matrix(self, rows: list[list[Entry]]) -> nmod_mat | None:
        """A square matrix; None where an entry does not exist."""
        entries: list[Any] = [entry for row in rows for entry in row]
        return None if None in entries else nmod_mat(len(rows), len(rows), entries, self.p)

    def det(self, a: Residues) -> Residues:
        size = a.grid.shape[-1]
        BUDGET.pay(len(a.grid.entries) * size * EACH)
        found = (self._matrix(rows) for rows in grid.matrices(a.grid))
        entries = tuple(None if matrix is None else int(matrix.det()) for matrix in found)
        made: Grid[Entry] = Grid((*a.grid.shape[:-2], 1, 1), entries)
        return Residues(made, *bounds.of_determinant(size, a.top, a.bottom, a.shared), a.literal, a.shared)

    def eigen(self, a: Residues) -> tuple[Residues, Residues]:
        """Eigenvalues are roots of polynomials: they have no exact value here."""
        raise NotExact("eigenvalues")

    def power(self, a: Residues, exponent: Residues) -> Residues:
        """Entry by entry: whole and half exponents as powers of (a root of) the base, others as exponentials."""
        known = self.exact(exponent)
        if known is None:
            return self.elementary("exp", 0, self.multiply(exponent, self.elementary("log", 0, a)))
        if all(e.denominator == 1 for e in known):
            base, most = a, max(map(abs, known), default=Fraction(0))
        elif all(e.denominator == 2 for e in known):
            base, known, most = self.elementary("sqrt", 0, a), [2 * e for e in known], 2 * max(map(abs, known))
        elif len(known) == 1:
            return self.elementary("exp", 0, self.multiply(exponent, self.elementary("log", 0, a)))
        else:
            raise NotExact("a power that is no square root")
        if most > 10_000:
            raise NotExact("a power above 10000")
        exponents: Grid[int] = Grid(exponent.grid.shape, tuple(int(e) for e in known))
        made = grid.combine(lambda x, e: None if x is None else self._raised(x, e), base.grid, exponents)
        size = float(most) * (base.top + base.bottom if any(e < 0 for e in known) else base.top)
        below = float(most) * (base.top + base.bottom if any(e < 0 for e in known) else base.bottom)
        alike = len(set(known)) == 1 and known[0] >= 0
        return Residues(made, size, below, a.literal and base.literal, base.shared and alike)

    def _raised(self, x: int, exponent: int) -> Entry:
        if exponent < 0 and not x:
            self._fail("division by zero")
            return None
        return pow(x, exponent, self.p)

    def integer_power(self, a: Residues, exponent: int) -> Residues:
        if abs(exponent) > 10_000:
            raise NotExact("a power above 10000")
        top, bottom = (a.top, a.bottom) if exponent >= 0 else (a.bottom, a.top)
        made = self._map(lambda x: self._raised(x, exponent), a.grid)
        return Residues(made, abs(exponent) * top, abs(exponent) * bottom, a.literal, a.shared and exponent >= 0)

    def elementary(self, name: str, order: int, a: Residues) -> Residues:
        """A known function by its relations to others; its derivatives by its slope."""
        if name in KINKED:
            raise NotExact(f"the function {name}, which asks what is larger")
        if order:
            return dual.derivative(name, order, self, a)
        known = FUNCTIONS.get(name)
        if known is not None and known.value is not None:
            return known.value(self, a)
        if name == "gamma" and (exact := self.exact(a)) is not None and all(map(_counts, exact)):
            numbers = tuple(factorial(int(x) - 1) for x in exact)
            return Residues(Grid(a.grid.shape, tuple(x % self.p for x in numbers)), log2(max(numbers)) + 1, 0, True)
        if known is None or name in _GAMMAS:
            raise NotExact(f"the function {name}")
        size = a.top + a.bottom
        if name == "sqrt":
            exact = self.exact(a)
            if exact is not None and len(exact) == 1 and (root := dual.rational_root(exact[0])) is not None:
                return Residues(Grid(a.grid.shape, (self._residue(root),)), *bounds.sizes(root), True)

            def rooted(x: int) -> Entry:
                found = self.relations.sqrt(x, size)
                if found is None:
                    self._fail("no square root")
                return found

            return Residues(self._map(rooted, a.grid), size + 1, a.bottom)
        made = self._map(lambda x: self.relations.value(name, x, size, self._fail), a.grid)
        # A product of powers, at most the fourth, of all that are known.
        return Residues(made, 4.0 * self.relations.generators + 4, 4.0 * self.relations.generators + 4)

    # reductions

    def sum(self, a: Residues, axis: int) -> Residues:
        p = self.p

        def total(values: Sequence[Any]) -> Entry:
            return None if None in values else sum(values) % p

        top, bottom = bounds.of_many(a.grid.shape[axis], a.top, a.bottom, a.shared)
        return Residues(grid.reduce(total, a.grid, axis), top, bottom, a.literal, a.shared)

    def prod(self, a: Residues, axis: int) -> Residues:
        p = self.p

        def product(values: Sequence[Any]) -> Entry:
            if None in values:
                return None
            result = 1
            for value in values:
                # Step by step: the whole product of many factors would have millions of digits.
                result = result * value % p
            return result

        count = a.grid.shape[axis]
        return Residues(grid.reduce(product, a.grid, axis), count * a.top, count * a.bottom, a.literal, a.shared)

    # what has an order: of constants and indices alone

    def exact(self, a: Residues) -> list[Fraction] | None:
        """The entries as rational numbers, where they are small constants; None else."""
        if not a.literal or a.top > SMALL or a.bottom > SMALL or None in a.grid.entries:
            return None
        return [bounds.reconstructed(entry, self.p, a.bottom > 0) for entry in a.grid.entries]

    def _known(self, a: Residues, what: str) -> Grid[Fraction]:
        values = self.exact(a)
        if values is None:
            raise NotExact(what)
        return Grid(a.grid.shape, tuple(values))

    def _literal(self, values: Grid[Fraction], *of: Residues) -> Residues:
        top, bottom = (max(sizes) for sizes in ([one.top for one in of], [one.bottom for one in of]))
        return Residues(grid.apply(self._residue, values), top, bottom, True)

    def maximum(self, a: Residues, b: Residues) -> Residues:
        """Of constants alone."""
        return self._literal(grid.combine(max, *(self._known(one, EXTREME) for one in (a, b))), a, b)

    def largest(self, a: Residues, axis: int) -> Residues:
        """Of constants alone."""
        return self._literal(grid.reduce(max, self._known(a, EXTREME), axis), a)

    def compare(self, sign: str, a: Residues, b: Residues) -> Residues:
        """Truth values, of constants, indices and members of finite sets alone."""
        left, right = self._known(a, "a comparison"), self._known(b, "a comparison")
        return Residues(grid.combine(SIGNS[sign], left, right), 0, 0, True)

    def both(self, a: Residues, b: Residues) -> Residues:
        return Residues(grid.combine(lambda x, y: x and y, a.grid, b.grid), 0, 0, True)

    def where(self, condition: Residues, a: Residues, b: Residues) -> Residues:
        """The entry of ``a`` where the condition holds, else that of ``b``; the other one is not looked at."""
        made = grid.combine(lambda truth, x, y: x if truth else y, condition.grid, a.grid, b.grid)
        return Residues(made, max(a.top, b.top), max(a.bottom, b.bottom), a.literal and b.literal)

    # shapes

    def shape(self, a: Residues) -> tuple[int, ...]:
        return a.grid.shape

    def entries(self, a: Residues) -> int:
        return len(a.grid.entries)

    def reshape(self, a: Residues, shape: Sequence[int]) -> Residues:
        return a._replace(grid=grid.reshape(a.grid, shape))

    def expand(self, a: Residues, shape: Sequence[int]) -> Residues:
        return a._replace(grid=grid.expand(a.grid, shape), common=a.shared)

    def swap(self, a: Residues, first: int, second: int) -> Residues:
        return a._replace(grid=grid.swap(a.grid, first, second))

    def narrow(self, a: Residues, axis: int, start: int, count: int) -> Residues:
        return a._replace(grid=grid.narrow(a.grid, axis, start, count))

    def concatenate(self, parts: Sequence[Residues], axis: int) -> Residues:
        made = grid.concatenate([part.grid for part in parts], axis)
        literal = all(part.literal for part in parts)
        below = [part.bottom for part in parts if part.bottom]
        if len(below) == 1 and all(part.shared for part in parts):
            # Polynomials beside the one that has a denominator are written over it too.
            top = max(part.top if part.bottom else part.top + below[0] for part in parts)
            return Residues(made, top, below[0], literal, True)
        return Residues(made, max(part.top for part in parts), max(below, default=0), literal)

    def detached(self, a: Residues) -> Residues:
        return a

    def integers(self, a: Residues) -> list[int]:
        found = []
        for value in self._known(a, "an index or a bound that is no constant").entries:
            if value.denominator != 1:
                raise OutOfRange(f"an index or a bound is {value}, but has to be a whole number")
            found.append(value.numerator)
        return found

    def recording(self) -> AbstractContextManager[None]:
        """Nothing: derivatives are taken forwards."""
        return nullcontext()


def _counts(x: Fraction) -> bool:
    """Whether (x − 1)! is a number that is not too large."""
    return x.denominator == 1 and 0 < x <= LARGEST_FACTORIAL
