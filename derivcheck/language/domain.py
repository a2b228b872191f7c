"""From where a name takes its values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from derivcheck.language.shapes import Dim

DomainKind = Literal[
    "real", "positive", "nonnegative", "negative", "nonpositive", "nonzero", "interval", "natural", "integer",
    "spd", "psd", "symmetric", "skew", "orthogonal", "diagonal", "lower", "upper", "simplex",
    "finite", "onehot", "unit",
]  # fmt: skip


RELATIONS: Final[dict[str, str]] = {
    "positive": ">", "nonnegative": "\\ge", "negative": "<", "nonpositive": "\\le", "nonzero": "\\ne",
}  # fmt: skip
"""How every entry stands to 0, of the sets that say nothing else."""


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
