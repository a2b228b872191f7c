"""Values mod a prime, with bounds on the rational functions behind their entries."""

from __future__ import annotations

from typing import Any, NamedTuple

from derivcheck.evaluation.grid import Grid

Entry = int | None
"""None where the entry does not exist."""


class Residues(NamedTuple):
    """Entries mod p.

    ``top`` bounds, for every numerator, both its degree and the bits of the sum of its coefficients' sizes, ``bottom``
    the same for denominators. ``literal`` where only constants of the document and indices are in it, no unknown.

    ``common``: one denominator of the size ``bottom`` serves all entries, which keeps sums and inverses small.
    """

    grid: Grid[Any]
    top: float
    bottom: float
    literal: bool = False
    common: bool = False

    @property
    def shared(self) -> bool:
        """Whether one denominator serves all entries."""
        return self.common or not self.bottom or len(self.grid.entries) == 1
