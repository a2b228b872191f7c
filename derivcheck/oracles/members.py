"""Exact members of every kind of set: generic ones, and those at which mistakes show that these hide.

*Members* are small rational numbers, and matrices and vectors that are made of them.

A *recipe* (zeros, ones, equal, proportional, rank one, huge, tiny) is the same for all names of a draw, so that vectors
are equal or proportional to each other; the last recipes take another one for every name. What a recipe makes is
fitted to the domain of the name.

A *corner* is a member of a domain where something touches: the ends of an interval, a unit vector along an axis, a
vertex or the centre of a simplex, the identity, a matrix of rank one. All names are put to their corners together, and
each by itself while the others stay what they are; names of one shape are made equal, opposite and proportional.
"""

from __future__ import annotations

import operator
import random
from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import prod
from typing import Final

from flint import fmpq, fmpq_mat

from derivcheck.evaluation.arithmetic import SIGNS
from derivcheck.evaluation.grid import Grid, apply
from derivcheck.language.shapes import RELATIONS, Dim, Domain
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim, Problem
from derivcheck.problem.scope import Declaration

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
    numbers = all(leaves[key].shape[-1] == 1 for key in found)
    # Together, and of numbers one at another corner than its neighbour: at the other end of an interval.
    for turn in (0, 1, -1) if len(found) > 1 and numbers else (0,) if found else ():
        for place in range(max(map(len, found.values()))):
            at = {key: those[(place + turn * number) % len(those)] for number, (key, those) in enumerate(found.items())}
            yield {**leaves, **at}
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


def at_ends(leaves: Leaves, domains: Mapping[str, Domain], source: random.Random) -> Iterator[tuple[str, Leaves]]:
    """Each name in turn at the ends that its domain is said to have, the others as they usually are.

    What has no value there is not what somebody who leaves single inputs out of account means.
    """
    for key, domain in domains.items():
        for rows in corners(domain, *leaves[key].shape[-2:]):
            if _ends_of(domain, rows):
                usual = {other: usually(domains[other], leaf, source) if other in domains else leaf
                         for other, leaf in leaves.items()}  # fmt: skip
                yield key, {**usual, key: _filled(leaves[key], rows)}


def _ends_of(domain: Domain, rows: Rows) -> bool:
    """Whether a corner is a closed end, one of finitely many values, 0 for what may be 0, or a singular matrix."""
    match domain.kind:
        case "interval":
            ends = zip((domain.low, domain.high), domain.closed, strict=True)
            return rows[0][0] in [Fraction(repr(end)) for end, closed in ends if closed and isinstance(end, float)]
        case "nonnegative" | "nonpositive":
            return not any(map(any, rows))
        case "finite":
            return True
    return domain.kind == "psd" and len(rows) > 1 and not rows[-1][-1]


def usually(domain: Domain, leaf: Grid[Fraction], source: random.Random) -> Grid[Fraction]:
    """Entries at random, where any number will do, with as many digits as a usual one has."""
    low, high = domain.known_ends or (None, None)
    if domain.kind not in FREE and low is None and high is None:
        return leaf

    def drawn(_: Fraction) -> Fraction:
        if low is not None and high is not None:
            return Fraction(repr(low)) + Fraction(repr(high - low)) * Fraction(source.randint(5, 95), 100)
        size = Fraction(source.randint(1, 400), 100) * source.choice((1, 1, 1, 5))
        if domain.kind == "interval":
            return Fraction(repr(low)) + size if low is not None else Fraction(repr(high)) - size
        return size * (FREE[domain.kind] or source.choice((-1, 1)))

    return apply(drawn, leaf)


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
    ends, beside = [], []
    for end, side, belongs in ((low, 1, domain.closed[0]), (high, -1, domain.closed[1])):
        if end is not None:
            ends += [end] * belongs
            beside += [end + side * near * width for near in NEAR]
    return ends + beside + ([(low + high) / 2] if low is not None and high is not None else [])


RECIPES = (
    "zeros", "ones", "units", "equal", "proportional", "rank one", "diagonal", "negative", "huge", "tiny",
    "mixed", "mixed", "mixed", "mixed",
)  # fmt: skip
HUGE, TINY = Fraction(10) ** 12, Fraction(1, 10**6)
LARGEST_NUMBER = 60
"""Sizes beyond the numbers in a claim are drawn up to here."""


def numbers_in(claim: Claim) -> list[Fraction]:
    """The numbers that stand in a claim."""
    found = {
        part.value
        for side in (claim.head, claim.claimed)
        for part in t.walk(side)
        if isinstance(part, t.Constant) and isinstance(part.value, Fraction)
    }
    return sorted(found)


def beyond(claim: Claim) -> int:
    """The largest whole number in a claim that a size may have to exceed; 0 if it is too large for that."""
    largest = max((abs(number) for number in numbers_in(claim)), default=Fraction(0))
    return int(largest) + 1 if largest <= LARGEST_NUMBER else 0


def drawn(
    recipe: str, domain: Domain, rows: int, columns: int, shared: random.Random, own: random.Random
) -> Rows | None:
    """What a recipe makes in a domain; None where it makes nothing there. ``shared`` is the same for all names."""
    if recipe == "mixed":
        recipe = own.choice(RECIPES[: RECIPES.index("mixed")])
    return _fitted(recipe, domain, _raw(recipe, rows, columns, shared, own), own)


def _raw(recipe: str, rows: int, columns: int, shared: random.Random, own: random.Random) -> Rows:
    def filled(value: Fraction) -> Rows:
        return [[value] * columns for _ in range(rows)]

    def whole(source: random.Random, scale: Fraction = Fraction(1)) -> Rows:
        return [[scale * source.randint(-4, 4) for _ in range(columns)] for _ in range(rows)]

    match recipe:
        case "zeros":
            return filled(Fraction(0))
        case "ones":
            return filled(Fraction(1))
        case "units":
            return [[Fraction(int(i == j)) for j in range(columns)] for i in range(rows)]
        case "equal":
            return whole(random.Random(f"{shared.random()} {rows} {columns}"))
        case "proportional":
            return whole(random.Random(f"{shared.random()} {rows} {columns}"), Fraction(own.choice((-3, -2, -1, 2, 3))))
        case "rank one":
            left, right = ([Fraction(own.randint(-3, 3)) for _ in range(size)] for size in (rows, columns))
            return [[x * y for y in right] for x in left]
        case "diagonal":
            return [[Fraction(own.randint(-4, 4) if i == j else 0) for j in range(columns)] for i in range(rows)]
        case "negative":
            return [[Fraction(-own.randint(1, 9)) for _ in range(columns)] for _ in range(rows)]
        case "huge":
            return whole(own, HUGE)
    return whole(own, TINY)


def _fitted(recipe: str, domain: Domain, made: Rows, own: random.Random) -> Rows | None:
    size = len(made)
    match domain.kind:
        case "real":
            return made
        case "positive" | "nonnegative":
            least = Fraction(0) if domain.kind == "nonnegative" else TINY
            return [[max(abs(x), least) for x in row] for row in made]
        case "negative" | "nonpositive":
            least = Fraction(0) if domain.kind == "nonpositive" else TINY
            return [[-max(abs(x), least) for x in row] for row in made]
        case "nonzero":
            return [[x or Fraction(1) for x in row] for row in made]
        case "symmetric" | "skew" | "diagonal" | "lower" | "upper":
            return patterned(domain.kind, made)
        case "spd" | "psd":
            return _definite(recipe, domain.kind, made)
        case "unit":
            place = own.randrange(size)
            return [[Fraction(own.choice((-1, 1)) if i == place else 0)] for i in range(size)]
    return None


def patterned(kind: str, rows: Rows) -> Rows:
    """A square matrix with the pattern of its kind: repeated by symmetry, or 0 outside of it."""
    places = range(len(rows))
    match kind:
        case "symmetric":
            return [[rows[min(i, j)][max(i, j)] for j in places] for i in places]
        case "skew":
            return [[rows[i][j] - rows[j][i] for j in places] for i in places]
    keep = {"diagonal": operator.eq, "lower": operator.ge, "upper": operator.le}[kind]
    return [[rows[i][j] if keep(i, j) else Fraction(0) for j in places] for i in places]


def gram(rows: Rows) -> Rows:
    """R Rᵀ + I."""
    return [
        [sum(map(operator.mul, a, b), Fraction(int(i == j))) for j, b in enumerate(rows)] for i, a in enumerate(rows)
    ]


def _definite(recipe: str, kind: str, made: Rows) -> Rows:
    """Semidefinite ones of deficient rank (v vᵀ, a zero matrix, one axis); definite ones of any size."""
    size = len(made)
    scale = {"huge": HUGE, "tiny": TINY}.get(recipe, Fraction(1))
    if kind == "psd":
        column = [row[0] for row in made]
        return [[x * y for y in column] for x in column]
    if recipe in ("huge", "tiny"):
        return [[scale * (i + 1) if i == j else Fraction(0) for j in range(size)] for i in range(size)]
    return gram(made)


def values_near(claim: Claim) -> Iterator[Fraction]:
    """Values of a number at which a claim may turn: the numbers in it, with their neighbours and signs."""
    for number in numbers_in(claim):
        yield from (number, -number, number + 1, number - 1, 2 * number + 1, 2 * number)


SPECIAL = tuple(
    Fraction(value)
    for value in ("0", "1", "-1", "2", "-2", "1/3", "-5/7", "1e30", "-1e30", "1e-30", "-3", "3", "10000000000000001")
)
SMALL = {(p, q): Fraction(p, q) for p in range(-5, 6) for q in (1, 2, 3, 7)}


def values_of(domain: Domain, near: tuple[Fraction, ...] = ()) -> tuple[Fraction, ...]:
    numbers = tuple(dict.fromkeys((*SPECIAL, *near)))
    if domain.kind in RELATIONS:
        return tuple(value for value in numbers if SIGNS[RELATIONS[domain.kind]](value, 0))
    match domain.kind:
        case "natural" | "integer":
            least = -6 if domain.kind == "integer" else 1 if domain.low is None else int(domain.low)
            whole = (value for value in near if value.denominator == 1 and least <= value <= LARGEST_NUMBER)
            return tuple(dict.fromkeys((*map(Fraction, range(least, 9)), *whole)))
        case "finite" if domain.values:
            return tuple(map(Fraction, domain.values))
        case "interval":
            return _inside(domain)
    return numbers


def _inside(domain: Domain) -> tuple[Fraction, ...]:
    low = None if domain.low is None else Fraction(domain.low)
    high = Fraction(domain.high) if isinstance(domain.high, float) else None
    if low is not None and high is not None:
        return tuple(low + (high - low) * Fraction(k, 11) for k in range(1, 11))
    if low is not None:
        return tuple(low + value for value in SPECIAL if value > 0)
    return SPECIAL if high is None else tuple(high - value for value in SPECIAL if value > 0)


def members_of(
    declaration: Declaration, problem: Problem, sizes: Mapping[str, int], count: int, generator: random.Random
) -> Grid[Fraction]:
    *family, rows, columns = problem.dims(declaration, sizes)
    domain = declaration.domain.in_numbers(sizes)
    drawn = [_matrix(domain, rows, columns, generator) for _ in range(count * prod(family))]
    return Grid((count, *family, rows, columns), tuple(entry for matrix in drawn for row in matrix for entry in row))


def _small(generator: random.Random) -> Fraction:
    return SMALL[generator.randint(-5, 5), generator.choice((1, 1, 2, 3, 7))]


def _matrix(domain: Domain, rows: int, columns: int, generator: random.Random) -> Rows:
    drawn = [[_small(generator) for _ in range(columns)] for _ in range(rows)]
    match domain.kind:
        case "symmetric" | "skew" | "diagonal" | "lower" | "upper":
            drawn = patterned(domain.kind, drawn)
        case "spd" | "psd":
            drawn = gram(drawn)
        case "simplex":
            weights = [Fraction(generator.randint(1, 9)) for _ in range(rows)]
            drawn = [[weight / sum(weights)] for weight in weights]
        case "unit" | "orthogonal" if 1 in (rows, columns):
            drawn = _unit([x for row in drawn for x in row], columns)
        case "orthogonal":
            drawn = _orthonormal(max(rows, columns), generator)
            drawn = [row[:columns] for row in drawn[:rows]]
        case "onehot":
            hot = generator.randrange(rows)
            drawn = [[Fraction(int(i == hot))] for i in range(rows)]
        case "finite" if not domain.values:
            low = int(domain.low or 0)
            high = low if domain.high is None else int(domain.high)  # type: ignore[arg-type]
            drawn = [[Fraction(generator.randint(low, high)) for _ in row] for row in drawn]
        case "real":
            pass
        case _:
            values = [value for value in values_of(domain) if abs(value) < 100]
            drawn = [[generator.choice(values) for _ in row] for row in drawn]
    return drawn


def _unit(numbers: list[Fraction], columns: int) -> Rows:
    """A unit vector from all numbers but the first: the stereographic projection of a point of the plane."""
    square = sum((x * x for x in numbers[1:]), Fraction(0))
    entries = [(square - 1) / (square + 1), *(2 * x / (square + 1) for x in numbers[1:])]
    return [entries] if columns > 1 else [[x] for x in entries]


def _orthonormal(size: int, generator: random.Random) -> Rows:
    """An orthogonal matrix of either determinant: Cayley's (I − K)(I + K)⁻¹ of a skew K, with one row turned round."""
    skew = [[Fraction(generator.randint(-3, 3), 2) if i < j else Fraction(0) for j in range(size)] for i in range(size)]
    one = fmpq_mat(size, size, [fmpq(int(i == j)) for i in range(size) for j in range(size)])
    flat = [skew[i][j] - skew[j][i] for i in range(size) for j in range(size)]
    k = fmpq_mat(size, size, [fmpq(x.numerator, x.denominator) for x in flat])
    made = ((one - k) * (one + k).inv()).entries()
    turned = generator.choice((1, -1))
    rows = [[Fraction(int(x.p), int(x.q)) for x in made[i * size : (i + 1) * size]] for i in range(size)]
    return [[turned * x for x in rows[0]], *rows[1:]]
