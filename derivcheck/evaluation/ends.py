"""The ends of sets of numbers, for every arithmetic: no torch is needed to know them."""

from __future__ import annotations

from derivcheck.evaluation.arithmetic import NotExact
from derivcheck.language.domain import Domain


def ends(domain: Domain) -> tuple[float | None, float | None]:
    """The lower and the upper end of a domain of numbers; None where it has none."""
    match domain.kind:
        case "real" | "nonzero":
            return None, None
        case "positive" | "nonnegative":
            return 0.0, None
        case "negative" | "nonpositive":
            return None, 0.0
        case "interval":
            return domain.low, number_of(domain.high)
    raise NotExact(f"an integral over the domain `{domain.kind}`")


def number_of(high: object) -> float | None:
    """The upper end of a set of numbers. Raises ``NotExact`` where it is a size."""
    if high is None or isinstance(high, (int, float)):
        return high
    raise NotExact("an integral up to a size")
