"""What every arithmetic on grids does alike: all but a few operations on entries, of which each says its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from fractions import Fraction
from functools import reduce
from typing import Generic, Literal, TypeVar

from derivcheck.evaluation import grid
from derivcheck.evaluation.arithmetic import NotExact
from derivcheck.evaluation.grid import Grid

E = TypeVar("E")
T = TypeVar("T")


class Gridded(ABC, Generic[E, T]):
    """An arithmetic (see ``Arithmetic``) on grids of entries ``E``; truth values are grids of ``T``.

    Derivatives are taken forwards: nothing is recorded. A subclass says what happens to entries: the abstract
    methods, and any other whose way through them would be slow or would refuse too much.
    """

    __slots__ = ()

    # entries

    @abstractmethod
    def entry(self, value: Fraction | Literal["pi", "e"]) -> E:
        """A constant."""

    @abstractmethod
    def total(self, values: Iterable[E]) -> E: ...
    @abstractmethod
    def times(self, x: E, y: E) -> E: ...
    @abstractmethod
    def over(self, x: E, y: E) -> E: ...
    @abstractmethod
    def negative(self, x: E) -> E: ...
    @abstractmethod
    def raised(self, x: E, exponent: int) -> E: ...
    @abstractmethod
    def powered(self, x: E, exponent: E) -> E: ...
    @abstractmethod
    def extreme(self, x: E, y: E, *, largest: bool) -> E:
        """The larger or the smaller of two."""

    @abstractmethod
    def inverted(self, rows: list[list[E]]) -> Sequence[E]:
        """The inverse of a square matrix, row by row."""

    @abstractmethod
    def determinant(self, rows: list[list[E]]) -> E: ...
    @abstractmethod
    def test(self, sign: str) -> Callable[[E, E], T]:
        """What tells the truth of a relation of two entries."""

    @abstractmethod
    def conjunction(self, x: T, y: T) -> T: ...
    @abstractmethod
    def chosen(self, truth: T, x: E, y: E) -> E: ...
    @abstractmethod
    def whole(self, x: E) -> int:
        """Raises ``OutOfRange`` for what is no whole number."""

    def plus(self, x: E, y: E) -> E:
        return self.total((x, y))

    def minus(self, x: E, y: E) -> E:
        return self.plus(x, self.negative(y))

    def together(self, values: Sequence[E]) -> E:
        """The product of all."""
        return reduce(self.times, values, self.entry(Fraction(1)))

    # grids of them

    def number(self, value: Fraction | Literal["pi", "e"], rank: int) -> Grid[E]:
        return Grid((1,) * rank, (self.entry(value),))

    def arange(self, start: int, count: int, axis: int, rank: int) -> Grid[E]:
        return grid.along([self.entry(Fraction(start + step)) for step in range(count)], axis, rank)

    def eye(self, size: int, rank: int) -> Grid[E]:
        return grid.eye(size, rank, self.entry(Fraction(1)), self.entry(Fraction(0)))

    def full(self, value: Fraction, rows: int, columns: int, rank: int) -> Grid[E]:
        return grid.filled((*(1,) * (rank - 2), rows, columns), self.entry(value))

    def add(self, a: Grid[E], b: Grid[E]) -> Grid[E]:
        return grid.combine(self.plus, a, b)

    def subtract(self, a: Grid[E], b: Grid[E]) -> Grid[E]:
        return grid.combine(self.minus, a, b)

    def multiply(self, a: Grid[E], b: Grid[E]) -> Grid[E]:
        return grid.combine(self.times, a, b)

    def divide(self, a: Grid[E], b: Grid[E]) -> Grid[E]:
        return grid.combine(self.over, a, b)

    def negate(self, a: Grid[E]) -> Grid[E]:
        return grid.apply(self.negative, a)

    def matmul(self, a: Grid[E], b: Grid[E]) -> Grid[E]:
        return grid.matmul(lambda row, column: self.total(map(self.times, row, column)), a, b)

    def inverse(self, a: Grid[E]) -> Grid[E]:
        return Grid(a.shape, tuple(entry for rows in grid.matrices(a) for entry in self.inverted(rows)))

    def det(self, a: Grid[E]) -> Grid[E]:
        return Grid((*a.shape[:-2], 1, 1), tuple(map(self.determinant, grid.matrices(a))))

    def eigen(self, a: Grid[E]) -> tuple[Grid[E], Grid[E]]:
        """Roots of polynomials: they have no exact value, and of two that are equal none is the larger one."""
        raise NotExact("eigenvalues")

    def power(self, a: Grid[E], exponent: Grid[E]) -> Grid[E]:
        return grid.combine(self.powered, a, exponent)

    def integer_power(self, a: Grid[E], exponent: int) -> Grid[E]:
        return grid.apply(lambda x: self.raised(x, exponent), a)

    def sum(self, a: Grid[E], axis: int) -> Grid[E]:
        return grid.reduce(self.total, a, axis)

    def prod(self, a: Grid[E], axis: int) -> Grid[E]:
        return grid.reduce(self.together, a, axis)

    def maximum(self, a: Grid[E], b: Grid[E]) -> Grid[E]:
        return grid.combine(lambda x, y: self.extreme(x, y, largest=True), a, b)

    def minimum(self, a: Grid[E], b: Grid[E]) -> Grid[E]:
        return grid.combine(lambda x, y: self.extreme(x, y, largest=False), a, b)

    def largest(self, a: Grid[E], axis: int) -> Grid[E]:
        return self._furthest(a, axis, largest=True)

    def smallest(self, a: Grid[E], axis: int) -> Grid[E]:
        return self._furthest(a, axis, largest=False)

    def _furthest(self, a: Grid[E], axis: int, *, largest: bool) -> Grid[E]:
        if not a.shape[axis]:
            raise NotExact("an extremum over nothing")
        return grid.reduce(lambda values: reduce(lambda x, y: self.extreme(x, y, largest=largest), values), a, axis)

    def compare(self, sign: str, a: Grid[E], b: Grid[E]) -> Grid[T]:
        return grid.combine(self.test(sign), a, b)

    def both(self, a: Grid[T], b: Grid[T]) -> Grid[T]:
        return grid.combine(self.conjunction, a, b)

    def where(self, condition: Grid[T], a: Grid[E], b: Grid[E]) -> Grid[E]:
        return grid.combine(self.chosen, condition, a, b)

    def integers(self, a: Grid[E]) -> list[int]:
        return list(map(self.whole, a.entries))

    # shapes

    def transpose(self, a: Grid[E]) -> Grid[E]:
        return grid.swap(a, -2, -1)

    def shape(self, a: Grid[E]) -> tuple[int, ...]:
        return a.shape

    def entries(self, a: Grid[E]) -> int:
        return len(a.entries)

    def reshape(self, a: Grid[E], shape: Sequence[int]) -> Grid[E]:
        return grid.reshape(a, shape)

    def expand(self, a: Grid[E], shape: Sequence[int]) -> Grid[E]:
        return grid.expand(a, shape)

    def swap(self, a: Grid[E], first: int, second: int) -> Grid[E]:
        return grid.swap(a, first, second)

    def narrow(self, a: Grid[E], axis: int, start: int, count: int) -> Grid[E]:
        return grid.narrow(a, axis, start, count)

    def concatenate(self, parts: Sequence[Grid[E]], axis: int) -> Grid[E]:
        return grid.concatenate(parts, axis)

    def detached(self, a: Grid[E]) -> Grid[E]:
        return a

    def recording(self) -> AbstractContextManager[None]:
        return nullcontext()
