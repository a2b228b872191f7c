"""What every arithmetic on grids does alike: shapes, which have nothing to do with the entries."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from derivcheck.evaluation import grid
from derivcheck.evaluation.grid import Grid


class Gridded:
    """The shapes of an arithmetic (see ``Arithmetic``) whose values are grids; derivatives are not recorded."""

    __slots__ = ()

    def transpose(self, a: Grid[Any]) -> Grid[Any]:
        """The last two axes swapped."""
        return grid.swap(a, -2, -1)

    def shape(self, a: Grid[Any]) -> tuple[int, ...]:
        """How many entries there are along each axis."""
        return a.shape

    def entries(self, a: Grid[Any]) -> int:
        """How many there are."""
        return len(a.entries)

    def reshape(self, a: Grid[Any], shape: Sequence[int]) -> Grid[Any]:
        """The same entries in the same order along other axes."""
        return grid.reshape(a, shape)

    def expand(self, a: Grid[Any], shape: Sequence[int]) -> Grid[Any]:
        """Stretch axes of size 1."""
        return grid.expand(a, shape)

    def swap(self, a: Grid[Any], first: int, second: int) -> Grid[Any]:
        """Two axes swapped."""
        return grid.swap(a, first, second)

    def narrow(self, a: Grid[Any], axis: int, start: int, count: int) -> Grid[Any]:
        """A contiguous part along an axis."""
        return grid.narrow(a, axis, start, count)

    def concatenate(self, parts: Sequence[Grid[Any]], axis: int) -> Grid[Any]:
        """Along an axis; the others are equal already."""
        return grid.concatenate(parts, axis)

    def detached(self, a: Grid[Any]) -> Grid[Any]:
        """The same value, through which nothing is differentiated."""
        return a

    def recording(self) -> AbstractContextManager[None]:
        """Nothing: derivatives are taken forwards."""
        return nullcontext()
