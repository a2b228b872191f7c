"""A small immutable n-dimensional array in pure Python, whatever its entries are.

The exact arithmetics (rationals, integers mod a prime) compute on these. Entries
lie in one flat tuple in row-major order. ``Gridded`` is what every arithmetic on
them does alike: all but a few operations on entries, of which each says its own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce as folded
from itertools import repeat
from math import prod
from typing import Any, Generic, Literal, TypeVar

from derivcheck.evaluation.arithmetic import Arithmetic, NotExact

E = TypeVar("E")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Grid(Generic[E]):
    """Entries in row-major order, and the number of them along each axis."""

    shape: tuple[int, ...]
    entries: tuple[E, ...]

    def __post_init__(self) -> None:
        if prod(self.shape) != len(self.entries):
            raise ValueError(f"{len(self.entries)} entries do not fill the shape {self.shape}")


def filled(shape: Sequence[int], value: E) -> Grid[E]:
    """The same entry everywhere."""
    return Grid(tuple(shape), (value,) * prod(shape))


def along(values: Sequence[E], axis: int, rank: int) -> Grid[E]:
    """Entries along one axis, all other axes of size 1."""
    shape = [1] * rank
    shape[axis] = len(values)
    return Grid(tuple(shape), tuple(values))


def eye(size: int, rank: int, one: E, zero: E) -> Grid[E]:
    """The identity on the last two axes, all other axes of size 1."""
    entries = tuple(one if row == column else zero for row in range(size) for column in range(size))
    return Grid((*(1,) * (rank - 2), size, size), entries)


def apply(function: Callable[[E], R], a: Grid[E]) -> Grid[R]:
    """A function of every entry."""
    return Grid(a.shape, tuple(map(function, a.entries)))


def combine(function: Callable[..., R], *parts: Grid[Any]) -> Grid[R]:
    """A function of the entries that stand at the same place, axes of size 1 stretched."""
    shape = common_shape(*(part.shape for part in parts))
    return Grid(shape, tuple(map(function, *(_stretched(part, shape) for part in parts))))


def together(collect: Callable[..., Iterable[R]], *parts: Grid[Any]) -> Grid[R]:
    """As ``combine``, by a function of all the entries at once: one loop without a call for each entry."""
    shape = common_shape(*(part.shape for part in parts))
    return Grid(shape, tuple(collect(*(_stretched(part, shape) for part in parts))))


def common_shape(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape to which these stretch; missing axes are put in front."""
    first = shapes[0]
    if all(shape == first for shape in shapes):
        return first
    rank = max(map(len, shapes))
    padded = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    common = []
    for sizes in zip(*padded, strict=True):
        others = {size for size in sizes if size != 1}
        if len(others) > 1:
            raise ValueError(f"the shapes {', '.join(map(str, shapes))} do not stretch to one")
        common.append(others.pop() if others else 1)
    return tuple(common)


def reshape(a: Grid[E], shape: Sequence[int]) -> Grid[E]:
    """The same entries in the same order along other axes."""
    return Grid(tuple(shape), a.entries)


def expand(a: Grid[E], shape: Sequence[int]) -> Grid[E]:
    """With axes of size 1 stretched."""
    wanted = tuple(shape)
    if a.shape == wanted:
        return a
    if common_shape(a.shape, wanted) != wanted:
        raise ValueError(f"the shape {a.shape} does not stretch to {wanted}")
    return Grid(wanted, tuple(_stretched(a, wanted)))


def swap(a: Grid[E], first: int, second: int) -> Grid[E]:
    """With two axes swapped."""
    shape, strides = list(a.shape), _strides(a.shape)
    for sizes in (shape, strides):
        sizes[first], sizes[second] = sizes[second], sizes[first]
    if sum(size != 1 for size in shape) < 2:  # the order of the entries stays
        return Grid(tuple(shape), a.entries)
    return Grid(tuple(shape), tuple([a.entries[place] for place in _places(shape, strides)]))


def narrow(a: Grid[E], axis: int, start: int, count: int) -> Grid[E]:
    """A contiguous part along an axis, counted from 0."""
    axis %= len(a.shape)
    size, inner = a.shape[axis], prod(a.shape[axis + 1 :])
    if start < 0 or count < 0 or start + count > size:
        raise ValueError(f"entries {start} to {start + count - 1} of an axis with {size}")
    shape = (*a.shape[:axis], count, *a.shape[axis + 1 :])
    blocks = range(start * inner, len(a.entries), size * inner) if prod(shape) else ()
    return Grid(shape, tuple([entry for at in blocks for entry in a.entries[at : at + count * inner]]))


def concatenate(parts: Sequence[Grid[E]], axis: int) -> Grid[E]:
    """One after the other along an axis; the other axes are equal already."""
    axis %= len(parts[0].shape)
    before, behind = parts[0].shape[:axis], parts[0].shape[axis + 1 :]
    if any(part.shape[:axis] != before or part.shape[axis + 1 :] != behind for part in parts):
        raise ValueError(f"the shapes {', '.join(str(part.shape) for part in parts)} do not fit along axis {axis}")
    entries: list[E] = []
    for line in range(prod(before)):
        for part in parts:
            length = prod(part.shape[axis:])
            entries += part.entries[line * length : (line + 1) * length]
    return Grid((*before, sum(part.shape[axis] for part in parts), *behind), tuple(entries))


def reduce(collapse: Callable[[Sequence[E]], R], a: Grid[E], axis: int) -> Grid[R]:
    """A function of all entries along an axis, which stays with size 1."""
    axis %= len(a.shape)
    size, inner = a.shape[axis], prod(a.shape[axis + 1 :])
    block = size * inner
    starts = (line * block + column for line in range(prod(a.shape[:axis])) for column in range(inner))
    # A slice of a line starts at its column and ends with the line's block.
    ends = (line * block + block for line in range(prod(a.shape[:axis])) for _ in range(inner))
    entries = [collapse(a.entries[start:end:inner]) for start, end in zip(starts, ends, strict=True)]
    return Grid((*a.shape[:axis], 1, *a.shape[axis + 1 :]), tuple(entries))


def matmul(dot: Callable[[Sequence[E], Sequence[E]], R], a: Grid[E], b: Grid[E]) -> Grid[R]:
    """The matrix product on the last two axes, the others stretched; ``dot`` is of a row and a column."""
    (*lead_a, m, k), (*lead_b, other, n) = a.shape, b.shape
    if k != other:
        raise ValueError(f"matrices {m} × {k} and {other} × {n} have no product")
    lead = common_shape(tuple(lead_a), tuple(lead_b))
    entries: list[R] = []
    for first, second in zip(_matrix_starts(a, lead), _matrix_starts(b, lead), strict=True):
        columns = [b.entries[second + j : second + k * n : n] for j in range(n)]
        for start in range(first, first + m * k, k) if k else (0,) * m:
            row = a.entries[start : start + k]
            entries += [dot(row, column) for column in columns]
    return Grid((*lead, m, n), tuple(entries))


def matrices(a: Grid[E]) -> Iterator[list[list[E]]]:
    """The matrices on the last two axes, one after the other, each a list of rows that may be written to."""
    rows, columns = a.shape[-2:]
    for start in (rows * columns * k for k in range(prod(a.shape[:-2]))):
        yield [list(a.entries[start + r * columns : start + (r + 1) * columns]) for r in range(rows)]


def _strides(shape: Sequence[int]) -> list[int]:
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return strides[::-1]


def _places(shape: Sequence[int], strides: Sequence[int]) -> list[int]:
    """Where the entries stand in the flat tuple, in row-major order of this shape."""
    places = [0]
    for size, stride in zip(shape, strides, strict=True):
        if size != 1:
            steps = [k * stride for k in range(size)]
            places = [place + step for place in places for step in steps]
    return places


def _stretched(a: Grid[E], shape: tuple[int, ...]) -> Iterable[E]:
    """The entries in row-major order of a shape to which this one stretches."""
    if len(a.entries) == 1:
        return repeat(a.entries[0], prod(shape))
    if len(a.entries) == prod(shape):
        return a.entries
    return [a.entries[place] for place in places(a.shape, shape)]


def places(shape: tuple[int, ...], wanted: tuple[int, ...]) -> list[int]:
    """Which entry of a grid of this shape stands at each place of the shape to which it is stretched."""
    old = (1,) * (len(wanted) - len(shape)) + shape
    strides = [0 if size == 1 else stride for size, stride in zip(old, _strides(old), strict=True)]
    return _places(wanted, strides)


def _matrix_starts(a: Grid[E], lead: tuple[int, ...]) -> list[int]:
    """Where each matrix begins in the flat tuple, the axes before it stretched."""
    return [place * prod(a.shape[-2:]) for place in places(a.shape[:-2], lead)]


T = TypeVar("T")


class Gridded(Arithmetic, ABC, Generic[E, T]):
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
    def larger(self, x: E, y: E) -> E: ...
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
        return folded(self.times, values, self.entry(Fraction(1)))

    # grids of them

    def number(self, value: Fraction | Literal["pi", "e"], rank: int) -> Grid[E]:
        return Grid((1,) * rank, (self.entry(value),))

    def arange(self, start: int, count: int, axis: int, rank: int) -> Grid[E]:
        return along([self.entry(Fraction(start + step)) for step in range(count)], axis, rank)

    def eye(self, size: int, rank: int) -> Grid[E]:
        return eye(size, rank, self.entry(Fraction(1)), self.entry(Fraction(0)))

    def add(self, a: Grid[E], b: Grid[E]) -> Grid[E]:
        return combine(self.plus, a, b)

    def subtract(self, a: Grid[E], b: Grid[E]) -> Grid[E]:
        return combine(self.minus, a, b)

    def multiply(self, a: Grid[E], b: Grid[E]) -> Grid[E]:
        return combine(self.times, a, b)

    def divide(self, a: Grid[E], b: Grid[E]) -> Grid[E]:
        return combine(self.over, a, b)

    def negate(self, a: Grid[E]) -> Grid[E]:
        return apply(self.negative, a)

    def matmul(self, a: Grid[E], b: Grid[E]) -> Grid[E]:
        return matmul(lambda row, column: self.total(map(self.times, row, column)), a, b)

    def inverse(self, a: Grid[E]) -> Grid[E]:
        return Grid(a.shape, tuple(entry for rows in matrices(a) for entry in self.inverted(rows)))

    def det(self, a: Grid[E]) -> Grid[E]:
        return Grid((*a.shape[:-2], 1, 1), tuple(map(self.determinant, matrices(a))))

    def eigen(self, a: Grid[E]) -> tuple[Grid[E], Grid[E]]:
        """Roots of polynomials: they have no exact value, and of two that are equal none is the larger one."""
        raise NotExact("eigenvalues")

    def power(self, a: Grid[E], exponent: Grid[E]) -> Grid[E]:
        return combine(self.powered, a, exponent)

    def integer_power(self, a: Grid[E], exponent: int) -> Grid[E]:
        return apply(lambda x: self.raised(x, exponent), a)

    def sum(self, a: Grid[E], axis: int) -> Grid[E]:
        return reduce(self.total, a, axis)

    def prod(self, a: Grid[E], axis: int) -> Grid[E]:
        return reduce(self.together, a, axis)

    def maximum(self, a: Grid[E], b: Grid[E]) -> Grid[E]:
        return combine(self.larger, a, b)

    def largest(self, a: Grid[E], axis: int) -> Grid[E]:
        if not a.shape[axis]:
            raise NotExact("an extremum over nothing")
        return reduce(lambda values: folded(self.larger, values), a, axis)

    def compare(self, sign: str, a: Grid[E], b: Grid[E]) -> Grid[T]:
        return combine(self.test(sign), a, b)

    def both(self, a: Grid[T], b: Grid[T]) -> Grid[T]:
        return combine(self.conjunction, a, b)

    def where(self, condition: Grid[T], a: Grid[E], b: Grid[E]) -> Grid[E]:
        return combine(self.chosen, condition, a, b)

    def integers(self, a: Grid[E]) -> list[int]:
        return list(map(self.whole, a.entries))

    # shapes

    def shape(self, a: Grid[E]) -> tuple[int, ...]:
        return a.shape

    def entries(self, a: Grid[E]) -> int:
        return len(a.entries)

    def reshape(self, a: Grid[E], shape: Sequence[int]) -> Grid[E]:
        return reshape(a, shape)

    def expand(self, a: Grid[E], shape: Sequence[int]) -> Grid[E]:
        return expand(a, shape)

    def swap(self, a: Grid[E], first: int, second: int) -> Grid[E]:
        return swap(a, first, second)

    def narrow(self, a: Grid[E], axis: int, start: int, count: int) -> Grid[E]:
        return narrow(a, axis, start, count)

    def concatenate(self, parts: Sequence[Grid[E]], axis: int) -> Grid[E]:
        return concatenate(parts, axis)

    def detached(self, a: Grid[E]) -> Grid[E]:
        return a

    def recording(self) -> AbstractContextManager[None]:
        return nullcontext()
