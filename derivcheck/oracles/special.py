"""Inputs at which mistakes show: zero, equal, opposite, parallel, ones, unit vectors, the ends of intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Final

from derivcheck.evaluation.grid import Grid, filled
from derivcheck.language.domain import Domain
from derivcheck.language.shapes import Dim

FREE: Final = {"real": 0, "nonzero": 0, "positive": 1, "nonnegative": 1, "negative": -1, "nonpositive": -1}
"""Kinds of which any number of a sign is a member."""
NEAR: Final = Fraction(1, 10**12)
"""How near to the end of an interval, relative to its width."""
ZERO: Final = frozenset(("real", "nonnegative", "nonpositive"))
MOST = 5
"""So many names are set to zero one by one."""
Leaves = dict[str, Grid[Fraction]]


def special(leaves: Leaves, domains: Mapping[str, Domain]) -> Iterator[Leaves]:
    """Other values for the names of ``domains`` that may have them, made of the values that are there."""
    ends = {key: _ends(domain) for key, domain in domains.items() if domain.kind == "interval"}
    for place in (0, 1):
        near = {key: filled(leaves[key].shape, pair[place]) for key, pair in ends.items() if len(pair) > place}
        if near:
            yield {**leaves, **near}
    kinds = {key: domain.kind for key, domain in domains.items()}
    free = [key for key in leaves if kinds.get(key) in FREE]
    zeros = {key: filled(leaves[key].shape, Fraction(0)) for key in free if kinds[key] in ZERO}
    for key in list(zeros)[:MOST]:
        yield {**leaves, key: zeros[key]}
    if not free:
        return
    first = leaves[free[0]]
    alike = [key for key in free[1:] if leaves[key].shape == first.shape]
    for factor in (1, 2, -1):
        scaled = Grid(first.shape, tuple(factor * x for x in first.entries))
        moved = {key: scaled for key in alike if all(_allowed(kinds[key], x) for x in scaled.entries)}
        if moved:
            yield {**leaves, **moved}
    yield {**leaves, **zeros}
    yield {**leaves, **{key: filled(leaves[key].shape, Fraction(FREE[kinds[key]] or 1)) for key in free}}
    yield {**leaves, **{key: _unit(leaves[key].shape) for key in zeros}}


def _allowed(kind: str, x: Fraction) -> bool:
    return x * FREE[kind] > 0 if FREE[kind] else bool(x) or kind in ZERO


def _ends(domain: Domain) -> tuple[Fraction, ...]:
    """Numbers just inside an interval, whether its ends belong to it or not."""
    low, high = (
        None if end is None or isinstance(end, Dim) else Fraction(repr(end)) for end in (domain.low, domain.high)
    )
    width = NEAR * (high - low if low is not None and high is not None else 1)
    return (*(() if low is None else (low + width,)), *(() if high is None else (high - width,)))


def _unit(shape: tuple[int, ...]) -> Grid[Fraction]:
    """One where all indices are the first, else 0."""
    whole = filled(shape, Fraction(0)).entries
    return Grid(shape, (Fraction(1), *whole[1:]))
