"""The bounds of values mod a prime against the degrees that rational functions really have, along drawn lines."""

from __future__ import annotations

from fractions import Fraction
from itertools import product as places
from random import Random

import pytest

from derivcheck.evaluation import bounds
from derivcheck.evaluation.residues import ResidueArithmetic, Residues

P = bounds.draw(Random(1))
Polynomial = list[int]


def trimmed(a: Polynomial) -> Polynomial:
    while a and not a[-1] % P:
        a = a[:-1]
    return [x % P for x in a]


def plus(a: Polynomial, b: Polynomial, sign: int = 1) -> Polynomial:
    n = max(len(a), len(b))
    return trimmed([(a[k] if k < len(a) else 0) + sign * (b[k] if k < len(b) else 0) for k in range(n)])


def times(a: Polynomial, b: Polynomial) -> Polynomial:
    made = [0] * max(len(a) + len(b) - 1, 0)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            made[i + j] += x * y
    return trimmed(made)


def divided(a: Polynomial, b: Polynomial) -> tuple[Polynomial, Polynomial]:
    quotient, rest, inverse = [0] * max(len(a) - len(b) + 1, 0), [*a], pow(b[-1], -1, P)
    while len(rest) >= len(b):
        factor, shift = rest[-1] * inverse % P, len(rest) - len(b)
        quotient[shift] = factor
        rest = plus(rest, [0] * shift + [factor * x for x in b], -1)
    return trimmed(quotient), rest


def common(a: Polynomial, b: Polynomial) -> Polynomial:
    while b:
        a, b = b, divided(a, b)[1]
    return a


class Ratio:
    """A rational function of one variable in lowest terms."""

    def __init__(self, top: Polynomial, bottom: Polynomial) -> None:
        shared = common(top, bottom)
        self.top, self.bottom = divided(top, shared)[0], divided(bottom, shared)[0]

    def __add__(self, other: Ratio) -> Ratio:
        top = plus(times(self.top, other.bottom), times(other.top, self.bottom))
        return Ratio(top, times(self.bottom, other.bottom))

    def __mul__(self, other: Ratio) -> Ratio:
        return Ratio(times(self.top, other.top), times(self.bottom, other.bottom))

    def inverted(self) -> Ratio:
        return Ratio(self.bottom, self.top)


ZERO, ONE, MINUS = Ratio([], [1]), Ratio([1], [1]), Ratio([P - 1], [1])
Matrix = list[list[Ratio]]


def product(a: Matrix, b: Matrix) -> Matrix:
    made = [[ZERO] * len(b[0]) for _ in a]
    for i, j, k in places(range(len(a)), range(len(b[0])), range(len(b))):
        made[i][j] = made[i][j] + a[i][k] * b[k][j]
    return made


def determinant(a: Matrix) -> Ratio:
    if len(a) == 1:
        return a[0][0]
    total = ZERO
    for j in range(len(a)):
        minor = [[row[k] for k in range(len(a)) if k != j] for row in a[1:]]
        part = a[0][j] * determinant(minor)
        total = total + (part if j % 2 == 0 else MINUS * part)
    return total


def inverse(a: Matrix) -> Matrix:
    scale, size = determinant(a).inverted(), len(a)
    made = [[ZERO] * size for _ in a]
    for i, j in places(range(size), range(size)):
        minor = [[a[r][c] for c in range(size) if c != i] for r in range(size) if r != j]
        part = determinant(minor) * scale if size > 1 else scale
        made[i][j] = part if (i + j) % 2 == 0 else MINUS * part
    return made


def entrywise(function, *parts: Matrix) -> Matrix:
    return [[function(*cells) for cells in zip(*rows, strict=True)] for rows in zip(*parts, strict=True)]


def within(value: Residues, matrix: Matrix) -> None:
    """The degrees of all entries, and of one denominator for all if there is said to be one."""
    below: Polynomial = [1]
    for entry in (entry for row in matrix for entry in row):
        assert len(entry.top) - 1 <= value.top
        assert len(entry.bottom) - 1 <= value.bottom
        below = divided(times(below, entry.bottom), common(below, entry.bottom))[0]
    if value.shared:
        assert len(below) - 1 <= value.bottom
        for entry in (entry for row in matrix for entry in row):
            assert len(times(entry.top, divided(below, entry.bottom)[0])) - 1 <= value.top


@pytest.mark.parametrize("seed", range(60))
def test_no_degree_is_larger_than_its_bound(seed):
    source, a, n = Random(seed), ResidueArithmetic(P, Random(seed)), 1 + seed % 3
    stock: list[tuple[Residues, Matrix]] = []
    for _ in range(3):
        line = [[Ratio([source.randrange(P), source.randrange(P)], [1]) for _ in range(n)] for _ in range(n)]
        stock.append((a.unknowns((1, n, n)), line))
    for _ in range(7):
        (one, left), (other, right) = source.choice(stock), source.choice(stock)
        if one.top + other.top + one.bottom + other.bottom > 150:
            continue
        column = [[sum((row[k] for k in range(1, n)), row[0])] * n for row in left]
        cell = [[left[0][0]] * n for _ in range(n)]
        corner = a.narrow(a.narrow(one, -1, 0, 1), -2, 0, 1)
        made = [
            (a.add(one, other), entrywise(lambda x, y: x + y, left, right)),
            (
                a.subtract(one, a.transpose(one)),
                entrywise(lambda x, y: x + MINUS * y, left, [*zip(*left, strict=True)]),
            ),
            (a.multiply(one, other), entrywise(lambda x, y: x * y, left, right)),
            (a.matmul(one, other), product(left, right)),
            (a.expand(a.sum(one, -1), (1, n, n)), column),
            (a.expand(a.det(one), (1, n, n)), [[determinant(left)] * n for _ in range(n)]),
            (a.integer_power(one, 2), entrywise(lambda x: x * x, left)),
            (a.concatenate([a.narrow(one, -2, 0, 1), a.narrow(other, -2, 1, n - 1)], -2), [left[0], *right[1:]]),
        ]
        if left[0][0].top:
            made.append((a.divide(other, corner), entrywise(lambda x, y: x * y.inverted(), right, cell)))
        if determinant(left).top:
            made.append((a.inverse(one), inverse(left)))
        value, matrix = source.choice(made)
        within(value, matrix)
        stock.append((value, matrix))


def test_one_matrix_at_every_place_has_one_denominator_and_different_ones_have_not():
    a = ResidueArithmetic(P, Random(3))
    one = a.unknowns((1, 1, 3, 3))
    alike, different = a.expand(one, (1, 4, 3, 3)), a.unknowns((1, 4, 3, 3))
    assert a.inverse(alike).common
    assert not a.inverse(different).common
    assert a.sum(a.inverse(alike), 1).bottom < a.sum(a.inverse(different), 1).bottom


def test_entries_over_different_numbers_have_no_common_denominator():
    a = ResidueArithmetic(P, Random(3))
    numbers = a.unknowns((1, 3, 1))
    inverted = a.divide(a.full(Fraction(1), 3, 1, 3), numbers)
    assert not inverted.shared
    assert a.sum(inverted, -2).bottom == 3 * inverted.bottom


@pytest.mark.parametrize("value", [Fraction(0), Fraction(1), Fraction(-7), Fraction(1, 12), Fraction(2**27)])
def test_small_numbers_are_told_from_their_residues(value):
    residue = value.numerator * pow(value.denominator, -1, P) % P
    assert bounds.near_zero(residue, P) == value


def test_what_is_not_small_is_not():
    assert bounds.near_zero(P // 3, P) is None
