"""Exact members of every kind of set: small rational numbers, and matrices and vectors that are made of them."""

from __future__ import annotations

import operator
import random
from collections.abc import Mapping
from fractions import Fraction
from math import prod

from flint import fmpq, fmpq_mat

from derivcheck.evaluation.arithmetic import SIGNS
from derivcheck.evaluation.grid import Grid
from derivcheck.language.domain import RELATIONS, Domain
from derivcheck.oracles import recipes
from derivcheck.problem.problem import Problem
from derivcheck.problem.scope import Declaration

Rows = list[list[Fraction]]
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
            least = 1 if domain.kind == "natural" else -6
            whole = (value for value in near if value.denominator == 1 and least <= value <= recipes.LARGEST_NUMBER)
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
        case "symmetric":
            drawn = [[drawn[min(i, j)][max(i, j)] for j in range(columns)] for i in range(rows)]
        case "skew":
            drawn = [[drawn[i][j] - drawn[j][i] for j in range(columns)] for i in range(rows)]
        case "diagonal" | "lower" | "upper":
            keep = {"diagonal": operator.eq, "lower": operator.ge, "upper": operator.le}[domain.kind]
            drawn = [[drawn[i][j] if keep(i, j) else Fraction(0) for j in range(columns)] for i in range(rows)]
        case "spd" | "psd":
            drawn = [
                [sum((drawn[i][k] * drawn[j][k] for k in range(columns)), Fraction(int(i == j))) for j in range(rows)]
                for i in range(rows)
            ]
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
