"""Inputs at which mistakes show that generic ones hide: zeros, ones, equal, proportional, rank one, huge, tiny.

A recipe is the same for all names of a draw, so that vectors are equal or proportional to each other; the last recipes
take another one for every name. What a recipe makes is fitted to the domain of the name.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction

from derivcheck.language.domain import Domain
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim

Rows = list[list[Fraction]]
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
        case "symmetric":
            return [[made[min(i, j)][max(i, j)] for j in range(size)] for i in range(size)]
        case "skew":
            return [[made[i][j] - made[j][i] for j in range(size)] for i in range(size)]
        case "diagonal":
            return _kept(made, lambda i, j: i == j)
        case "lower":
            return _kept(made, lambda i, j: i >= j)
        case "upper":
            return _kept(made, lambda i, j: i <= j)
        case "spd" | "psd":
            return _definite(recipe, domain.kind, made)
        case "unit":
            place = own.randrange(size)
            return [[Fraction(own.choice((-1, 1)) if i == place else 0)] for i in range(size)]
    return None


def _kept(made: Rows, keep: object) -> Rows:
    assert callable(keep)
    return [[x if keep(i, j) else Fraction(0) for j, x in enumerate(row)] for i, row in enumerate(made)]


def _definite(recipe: str, kind: str, made: Rows) -> Rows:
    """Semidefinite ones of deficient rank (v vᵀ, a zero matrix, one axis); definite ones of any size."""
    size = len(made)
    scale = {"huge": HUGE, "tiny": TINY}.get(recipe, Fraction(1))
    if kind == "psd":
        column = [row[0] for row in made]
        return [[x * y for y in column] for x in column]
    if recipe in ("huge", "tiny"):
        return [[scale * (i + 1) if i == j else Fraction(0) for j in range(size)] for i in range(size)]
    return [[sum(map(_times, a, b), Fraction(int(i == j))) for j, b in enumerate(made)] for i, a in enumerate(made)]


def _times(x: Fraction, y: Fraction) -> Fraction:
    return x * y


def values_near(claim: Claim) -> Iterator[Fraction]:
    """Values of a number at which a claim may turn: the numbers in it, with their neighbours and signs."""
    for number in numbers_in(claim):
        yield from (number, -number, number + 1, number - 1, 2 * number + 1, 2 * number)
