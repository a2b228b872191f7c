"""Sizes as symbols, and the sets from which names take their values.

A dimension is a polynomial in named sizes, a shape is two of them.

A name that begins with ``?`` is an unknown: the size of a bare ``I``, the range of
an index. Unknowns are found by unification while a document is elaborated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

Monomial = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dim:
    """A polynomial with integer coefficients: ``n``, ``2``, ``n + 1``, ``m n``.

    ``terms`` is sorted and holds no zero coefficient, so equality is equality of polynomials.
    """

    terms: tuple[tuple[Monomial, int], ...]

    @staticmethod
    def of(value: int | str) -> Dim:
        """The dimension that is this number or this symbol."""
        if isinstance(value, int):
            return Dim((((), value),) if value else ())
        return Dim((((value,), 1),))

    def __add__(self, other: Dim) -> Dim:
        return _collect((*self.terms, *other.terms))

    def __neg__(self) -> Dim:
        return Dim(tuple((monomial, -coefficient) for monomial, coefficient in self.terms))

    def __sub__(self, other: Dim) -> Dim:
        return self + (-other)

    def __mul__(self, other: Dim) -> Dim:
        return _collect((tuple(sorted(left + right)), a * b) for left, a in self.terms for right, b in other.terms)

    @property
    def number(self) -> int | None:
        """The value, if no symbol is in it."""
        match self.terms:
            case ():
                return 0
            case (((), value),):
                return value
        return None

    @property
    def symbol(self) -> str | None:
        """The name, if it is one symbol and nothing else."""
        match self.terms:
            case (((name,), 1),):
                return name
        return None

    @property
    def symbols(self) -> frozenset[str]:
        """Every name in it."""
        return frozenset(name for monomial, _ in self.terms for name in monomial)

    def substitute(self, solution: Mapping[str, Dim]) -> Dim:
        """With the unknowns replaced by what they were found to be."""
        if not any(name in solution for name in self.symbols):
            return self
        total = Dim(())
        for monomial, coefficient in self.terms:
            part = Dim.of(coefficient)
            for name in monomial:
                part = part * (solution[name].substitute(solution) if name in solution else Dim.of(name))
            total = total + part
        return total

    def value(self, sizes: Mapping[str, int]) -> int:
        """The number at these sizes; ``KeyError`` if a symbol has none."""
        total = 0
        for monomial, number in self.terms:
            for name in monomial:
                number *= sizes[name]
            total += number
        return total

    def __str__(self) -> str:
        if not self.terms:
            return "0"
        parts: list[str] = []
        for monomial, coefficient in sorted(self.terms, key=lambda term: (-len(term[0]), term[0])):
            symbols = " ".join("?" if name.startswith("?") else name.partition("#")[0] for name in monomial)
            size = abs(coefficient)
            body = symbols if symbols and size == 1 else f"{size} {symbols}".strip()
            sign = "-" if coefficient < 0 else "+"
            parts.append(f" {sign} {body}" if parts else (f"-{body}" if coefficient < 0 else body))
        return "".join(parts)


def _collect(terms: Iterator[tuple[Monomial, int]] | tuple[tuple[Monomial, int], ...]) -> Dim:
    totals: dict[Monomial, int] = {}
    for monomial, coefficient in terms:
        totals[monomial] = totals.get(monomial, 0) + coefficient
    return Dim(tuple(sorted((m, c) for m, c in totals.items() if c)))


ONE = Dim.of(1)
Shape = tuple[Dim, Dim]
SCALAR: Shape = (ONE, ONE)


def is_scalar(shape: Shape) -> bool:
    """Whether a value of this shape may stand where a scalar may: it is literally 1 × 1."""
    return shape == SCALAR


def show(shape: Shape, solution: Mapping[str, Dim] | None = None) -> str:
    """The shape as a person writes it: ``D × D``, ``1 × n``, ``scalar``."""
    rows, columns = (dim.substitute(solution or {}) for dim in shape)
    if rows == ONE and columns == ONE:
        return "a scalar"
    return f"{_bracketed(rows)} × {_bracketed(columns)}"


def _bracketed(dim: Dim) -> str:
    return f"({dim})" if len(dim.terms) > 1 else str(dim)


DomainKind = Literal[
    "real", "positive", "nonnegative", "negative", "nonpositive", "nonzero", "interval", "natural", "integer",
    "spd", "psd", "symmetric", "skew", "orthogonal", "diagonal", "lower", "upper", "simplex",
    "finite", "onehot", "unit",
]  # fmt: skip


RELATIONS: Final[dict[str, str]] = {
    "positive": ">", "nonnegative": "\\ge", "negative": "<", "nonpositive": "\\le", "nonzero": "\\ne",
}  # fmt: skip
"""How every entry stands to 0, of the sets that say nothing else."""


FEW: Final = 64
"""So many members are summed over one by one where each is enclosed."""


@dataclass(frozen=True, slots=True)
class Domain:
    """From where a declared name is drawn. ``values`` of a finite set; ``low`` and ``high`` of an interval or range.

    ``closed`` tells of both ends of an interval, or of both ends of what entries of a simplex may be, whether they
    belong to it as far as the document says.
    """

    kind: DomainKind = "real"
    values: tuple[int, ...] = ()
    low: float | None = None
    high: float | Dim | None = None
    closed: tuple[bool, bool] = (False, False)

    def in_numbers(self, sizes: Mapping[str, int]) -> Domain:
        """The same with an end that is a size as the number it is at these sizes."""
        return replace(self, high=float(self.high.value(sizes))) if isinstance(self.high, Dim) else self

    @property
    def ends(self) -> tuple[float | None, float | Dim | None] | None:
        """The ends of a set of numbers, None on a side where it has none; None for every other set."""
        match RELATIONS.get(self.kind, self.kind):
            case ">" | "\\ge":
                return 0.0, None
            case "<" | "\\le":
                return None, 0.0
            case "real" | "\\ne":
                return None, None
            case "interval":
                return self.low, self.high
        return None

    @property
    def members(self) -> tuple[int, ...]:
        """The members of a set of few numbers; none of every other set, and of one that ends at a size."""
        low, high = self.low, self.high
        if self.kind != "finite" or self.values or low is None or not isinstance(high, float | int):
            return self.values if self.kind == "finite" else ()
        return tuple(range(int(low), int(high) + 1)) if high - low <= FEW else ()

    @property
    def known_ends(self) -> tuple[float | None, float | None] | None:
        """The ends, where none of them is a size."""
        if self.ends is None:
            return None
        low, high = self.ends
        return None if isinstance(high, Dim) else (low, high)

    @property
    def signs(self) -> frozenset[int]:
        """The signs that entries may have."""
        low, high = self.ends or (None, None)
        if self.kind in ("simplex", "natural") or (low is not None and low >= 0):
            return frozenset((0, 1))
        return frozenset((-1, 0)) if isinstance(high, float | int) and high <= 0 else frozenset((-1, 0, 1))

    @property
    def at_most_one(self) -> bool:
        """Whether every entry lies between 0 and 1."""
        low, high = self.ends or (None, None)
        return self.kind == "simplex" or (low is not None and low >= 0 and isinstance(high, float | int) and high <= 1)
