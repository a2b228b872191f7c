"""Inputs at which mistakes show that generic ones hide: zero, ones, units, equal, opposite, the ends of a domain.

A corner is a member of a domain where something touches: the ends of an interval, a unit vector along an axis, a vertex
or the centre of a simplex, the identity, a matrix of rank one. All names are put to their corners together, and each by
itself while the others stay what they are; names of one shape are made equal, opposite and proportional.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import prod
from typing import Final

from derivcheck.evaluation.grid import Grid
from derivcheck.language.domain import Domain
from derivcheck.language.shapes import Dim

FREE: Final = {"real": 0, "nonzero": 0, "positive": 1, "nonnegative": 1, "negative": -1, "nonpositive": -1}
"""Kinds of which any number of a sign is a member."""
NEAR: Final = (Fraction(1, 10**12), Fraction(1, 10**40))
"""How near to an end that does not belong to the domain, relative to its width."""
FAR: Final = Fraction(10**12)
ZERO: Final = frozenset(("real", "nonnegative", "nonpositive"))
SCALED: Final = frozenset(("spd", "psd", "symmetric", "skew", "diagonal", "lower", "upper"))
"""Kinds of which a positive multiple of a member is one."""
OPPOSITE: Final = frozenset(
    ("real", "nonzero", "symmetric", "skew", "diagonal", "lower", "upper", "unit", "orthogonal")
)
MOST = 5
"""So many names are put to their corners one by one."""
Leaves = dict[str, Grid[Fraction]]
Rows = list[list[Fraction]]
NOTHING, ONE = Fraction(0), Fraction(1)


def special(leaves: Leaves, domains: Mapping[str, Domain]) -> Iterator[Leaves]:
    """Other values for the names of ``domains`` that may have them, made of the values that are there."""
    found = {
        key: [_filled(leaves[key], rows) for rows in corners(domain, *leaves[key].shape[-2:])]
        for key, domain in domains.items()
    }
    found = {key: those for key, those in found.items() if those}
    if found:
        for place in range(max(map(len, found.values()))):
            yield {**leaves, **{key: those[place % len(those)] for key, those in found.items()}}
    if len(found) > 1:
        for key in list(found)[:MOST]:
            for those in found[key]:
                yield {**leaves, key: those}
    yield from _alike(leaves, domains)


def corners(domain: Domain, rows: int, columns: int) -> list[Rows]:
    """Members of a domain at which something touches; none of a domain whose members are not known."""
    kind = domain.kind

    def diagonal(*values: Fraction | int) -> Rows:
        entries = [Fraction(value) for value in values] + [Fraction(values[-1])] * max(rows, columns)
        return [[entries[i] if i == j else NOTHING for j in range(columns)] for i in range(rows)]

    def every(value: Fraction | int) -> Rows:
        return [[Fraction(value)] * columns for _ in range(rows)]

    last = [*every(0)[1:], *every(1)[:1]]
    match kind:
        case "real" | "nonzero" | "positive" | "nonnegative" | "negative" | "nonpositive":
            sign = FREE[kind] or 1
            plain = [every(sign), every(sign * FAR), every(sign / FAR)]
            if kind in ZERO:
                plain = [every(0), *plain] + ([diagonal(1, 0), diagonal(1)] if rows > 1 else [])
            return plain if FREE[kind] else [*plain, every(-1)]
        case "interval":
            return [every(end) for end in _ends(domain)]
        case "unit":
            return [diagonal(1, 0), diagonal(-1, 0), last]
        case "simplex":
            vertex = [diagonal(1, 0), last] if any(domain.closed) else []
            inside = [[ONE - NEAR[0] * (rows - 1)]] + [[NEAR[0]]] * (rows - 1)
            return [every(Fraction(1, rows)), *vertex, inside] if columns == 1 else []
        case "orthogonal":
            return [diagonal(1), diagonal(-1), diagonal(-1, 1)]
        case "spd":
            return [diagonal(1), diagonal(FAR), diagonal(1 / FAR), diagonal(1 / FAR, 1)]
        case "psd":
            return [every(0), diagonal(1), diagonal(1, 0), every(1)]
        case "symmetric" | "diagonal" | "lower" | "upper":
            return [every(0), diagonal(1), diagonal(-1), diagonal(1, 0)]
        case "skew":
            turn = [[Fraction((i == j + 1) - (j == i + 1)) for j in range(columns)] for i in range(rows)]
            return [every(0), turn]
        case "finite" if domain.values:
            return [every(value) for value in domain.values]
        case "onehot":
            return [diagonal(1, 0), last]
        case "natural" | "integer":
            return [every(1)] if kind == "natural" else [every(0), every(1), every(-1)]
    return []


def inside(domain: Domain, x: Fraction) -> bool:
    """Whether a number is between the ends of an interval; of other domains this is not asked."""
    if domain.kind != "interval" or isinstance(domain.high, Dim):
        return True
    low, high = domain.low, domain.high
    above = low is None or x > Fraction(low) or (domain.closed[0] and x == Fraction(low))
    return above and (high is None or x < Fraction(high) or (domain.closed[1] and x == Fraction(high)))


def _filled(leaf: Grid[Fraction], rows: Rows) -> Grid[Fraction]:
    """The same matrix for every member of a family."""
    return Grid(leaf.shape, tuple(x for row in rows for x in row) * prod(leaf.shape[:-2]))


def _alike(leaves: Leaves, domains: Mapping[str, Domain]) -> Iterator[Leaves]:
    """Names of the shape and the kind of the first such one equal to it, twice and minus it."""
    groups: dict[tuple[tuple[int, ...], str], list[str]] = {}
    for key, domain in domains.items():
        # Numbers of every sign may be equal to each other.
        groups.setdefault((leaves[key].shape, "" if domain.kind in FREE else domain.kind), []).append(key)
    for (_, kind), (first, *others) in groups.items():
        for factor in (1, 2, -1):
            if kind and factor != 1 and kind not in (SCALED if factor > 0 else OPPOSITE):
                continue
            scaled = Grid(leaves[first].shape, tuple(factor * x for x in leaves[first].entries))
            fits = [key for key in others if kind or all(_allowed(domains[key].kind, x) for x in scaled.entries)]
            if fits:
                yield {**leaves, **dict.fromkeys(fits, scaled)}


def _allowed(kind: str, x: Fraction) -> bool:
    return x * FREE[kind] > 0 if FREE[kind] else bool(x) or kind in ZERO


def _ends(domain: Domain) -> list[Fraction]:
    """The ends of an interval that belong to it, numbers just inside of the others, and its middle."""
    low, high = (
        None if end is None or isinstance(end, Dim) else Fraction(repr(end)) for end in (domain.low, domain.high)
    )
    if isinstance(domain.high, Dim):
        return []
    width = high - low if low is not None and high is not None else ONE
    ends = []
    for end, side, belongs in ((low, 1, domain.closed[0]), (high, -1, domain.closed[1])):
        if end is not None:
            ends += [end] * belongs + [end + side * near * width for near in NEAR]
    return ends + ([(low + high) / 2] if low is not None and high is not None else [])
