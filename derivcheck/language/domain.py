"""From where a name takes its values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from derivcheck.language.shapes import Dim

DomainKind = Literal[
    "real", "positive", "nonnegative", "negative", "nonpositive", "nonzero", "interval", "natural", "integer",
    "spd", "psd", "symmetric", "skew", "orthogonal", "diagonal", "lower", "upper", "simplex",
    "finite", "onehot", "unit",
]  # fmt: skip


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
