"""The ends of sets of numbers, for every arithmetic: no torch is needed to know them."""

from __future__ import annotations

from derivcheck.evaluation.arithmetic import NotExact
from derivcheck.language.domain import Domain


def ends(domain: Domain) -> tuple[float | None, float | None]:
    """The lower and the upper end of a domain of numbers; None where it has none."""
    if domain.ends is None:
        raise NotExact(f"an integral over the domain `{domain.kind}`")
    return domain.ends[0], number_of(domain.ends[1])


def number_of(high: object) -> float | None:
    """The upper end of a set of numbers. Raises ``NotExact`` where it is a size."""
    if high is None or isinstance(high, (int, float)):
        return high
    raise NotExact("an integral up to a size")
