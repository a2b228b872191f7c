"""Arbitrary functions mod a prime: every value and every partial derivative at every argument is an unknown of its own.

For every choice of these numbers there is a smooth function that has them, so what holds for the unknowns holds for
every function, and what fails for them fails for some. Mixed partials are symmetric: they are kept by the sorted
positions of the entries by which is differentiated.
"""

from __future__ import annotations

from math import prod
from typing import Protocol

from derivcheck.evaluation import grid
from derivcheck.evaluation.arithmetic import Arithmetic, Value
from derivcheck.evaluation.dual import Dual, DualArithmetic
from derivcheck.evaluation.grid import Grid
from derivcheck.evaluation.residues import ResidueArithmetic, Residues

Positions = tuple[int, ...]


class Jet(Protocol):
    """A function that can say its partial derivatives; ``positions`` are the entries by which, from 0."""

    def partial(self, arguments: list[Value], positions: Positions, entrywise: bool) -> Value: ...
    def __call__(self, arguments: list[Value], order: int, entrywise: bool) -> Value: ...


class Unknown:
    """A declared function, with what has been drawn for it so far."""

    def __init__(self, arithmetic: ResidueArithmetic, result: tuple[int, int]) -> None:
        self.arithmetic = arithmetic
        self.result = result
        self.drawn: dict[tuple[Positions, tuple[int, ...], int], int] = {}
        self.arguments: dict[tuple[int, ...], None] = {}
        self.size = 0.0

    def __call__(self, arguments: list[Residues], order: int, entrywise: bool) -> Residues:
        """The function or a derivative of some order, as the evaluator asks for it."""
        return self.partial(arguments, (0,) * order, entrywise or bool(order))

    def partial(self, arguments: list[Residues], positions: Positions, entrywise: bool) -> Residues:
        """A partial derivative: entry by entry, or of the arguments as wholes."""
        self.size = max(self.size, *(argument.top + argument.bottom for argument in arguments))
        positions = tuple(sorted(positions))
        if entrywise:
            made = grid.combine(lambda *at: self._at(positions, at, 0), *(argument.grid for argument in arguments))
            return Residues(made, 1, 0)
        leads = [argument.grid.shape[:-2] for argument in arguments]
        lead = grid.common_shape(*leads)
        parts = [grid.expand(a.grid, (*lead, *a.grid.shape[-2:])).entries for a in arguments]
        sizes = [prod(a.grid.shape[-2:]) for a in arguments]
        entries: list[int | None] = []
        for point in range(prod(lead)):
            at = tuple(x for part, n in zip(parts, sizes, strict=True) for x in part[point * n : (point + 1) * n])
            entries += [self._at(positions, at, out) for out in range(prod(self.result))]
        return Residues(Grid((*lead, *self.result), tuple(entries)), 1, 0)

    def _at(self, positions: Positions, at: tuple[int | None, ...], out: int) -> int | None:
        if None in at:
            return None
        place = (positions, at, out)
        value = self.drawn.get(place)  # type: ignore[arg-type]
        if value is None:
            self.arguments.setdefault(at)  # type: ignore[arg-type]
            value = self.drawn[place] = self.arithmetic.unknown()  # type: ignore[index]
        return value

    @property
    def collisions(self) -> float:
        """How large the differences of arguments are together: two that differ may be equal at the point drawn."""
        count = len(self.arguments)
        return count * (count - 1) / 2 * (2 * self.size + 1)


class Known:
    """A declared function that the settings bind to a known one, such as tanh."""

    def __init__(self, arithmetic: Arithmetic, name: str) -> None:
        self.arithmetic, self.name = arithmetic, name

    def __call__(self, arguments: list[Value], order: int, entrywise: bool) -> Value:
        """The function or a derivative of some order."""
        return self.arithmetic.elementary(self.name, order, arguments[0])

    def partial(self, arguments: list[Value], positions: Positions, entrywise: bool) -> Value:
        """The derivative of so many orders."""
        return self.arithmetic.elementary(self.name, len(positions), arguments[0])


class Lifted:
    """A function on dual numbers: f(a)' = Σ ∂f/∂aⱼ · aⱼ'."""

    def __init__(self, inner: Jet, arithmetic: DualArithmetic) -> None:
        self.inner, self.arithmetic = inner, arithmetic

    def __call__(self, arguments: list[Dual], order: int, entrywise: bool) -> Dual:
        """The function or a derivative of some order, as the evaluator asks for it."""
        return self.partial(arguments, (0,) * order, entrywise or bool(order))

    def partial(self, arguments: list[Dual], positions: Positions, entrywise: bool) -> Dual:
        """A partial derivative with its tangent."""
        base = self.arithmetic.base
        primals = [argument.primal for argument in arguments]
        value = self.inner.partial(primals, positions, entrywise)
        total: Value | None = None
        offset = 0
        for argument in arguments:
            *_, rows, columns = base.shape(argument.primal)
            count = 1 if entrywise else rows * columns
            if argument.tangent is not None:
                for j in range(count):
                    along = argument.tangent
                    if not entrywise:
                        along = base.narrow(base.narrow(along, -2, j // columns, 1), -1, j % columns, 1)
                    slope = self.inner.partial(primals, (*positions, offset + j), entrywise)
                    step = base.multiply(along, slope)
                    total = step if total is None else base.add(total, step)
            offset += count
        if total is None:
            return Dual(value)
        shape = base.shape(value)
        return Dual(value, base.expand(total, (base.shape(total)[0], *shape)))
