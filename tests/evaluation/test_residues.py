"""Arithmetic mod a drawn prime: the laws of a field, and agreement with rational numbers reduced mod it."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
from flint import fmpz
from hypothesis import given
from hypothesis import strategies as st

from derivcheck.evaluation import bounds
from derivcheck.evaluation.arithmetic import NotExact
from derivcheck.evaluation.grid import Grid
from derivcheck.evaluation.rational import INVALID, RATIONALS
from derivcheck.evaluation.residues import ResidueArithmetic, Residues

fractions = st.fractions(min_value=-50, max_value=50, max_denominator=30)
matrices = st.lists(fractions, min_size=9, max_size=9)


def arithmetic(seed: int = 0) -> ResidueArithmetic:
    generator = Random(seed)
    return ResidueArithmetic(bounds.draw(generator), generator)


def residues(a: ResidueArithmetic, entries: list[Fraction], shape: tuple[int, ...]) -> Residues:
    reduced = tuple(x.numerator * pow(x.denominator, -1, a.p) % a.p for x in entries)
    return Residues(Grid(shape, reduced), 1, 0)


def agree(a: ResidueArithmetic, mod: Residues, exact: Grid) -> bool:  # type: ignore[type-arg]
    wanted = [None if x is INVALID else x.numerator * pow(x.denominator, -1, a.p) % a.p for x in exact.entries]
    return list(mod.grid.entries) == wanted


@given(st.integers(0, 10_000))
def test_a_drawn_prime_lies_in_its_interval_and_has_roots_of_two_and_of_minus_one(seed):
    p = bounds.draw(Random(seed))
    assert bounds.LOW <= p <= bounds.HIGH
    assert fmpz(p).is_prime()
    assert pow(bounds.imaginary(p), 2, p) == p - 1
    root = bounds.square_root(2, p)
    assert root is not None
    assert root * root % p == 2


@given(st.integers(0, 1 << 61), st.integers(0, 50))
def test_a_square_has_its_root_and_half_of_the_numbers_have_none(x, seed):
    p = bounds.draw(Random(seed))
    assert bounds.square_root(x * x % p, p) in (x % p, -x % p)
    assert bounds.square_root(x * x * bounds.nonresidue(p) % p, p) in (None, 0)


@given(matrices, matrices)
def test_sums_products_quotients_and_matrix_products_are_those_of_rational_numbers(one, other):
    a = arithmetic()
    x, y = Grid((1, 3, 3), tuple(one)), Grid((1, 3, 3), tuple(other))
    u, v = residues(a, one, (1, 3, 3)), residues(a, other, (1, 3, 3))
    for name in ("add", "subtract", "multiply", "divide", "matmul"):
        assert agree(a, getattr(a, name)(u, v), getattr(RATIONALS, name)(x, y)), name


@given(matrices)
def test_inverses_determinants_sums_and_products_are_those_of_rational_numbers(entries):
    a = arithmetic()
    x, u = Grid((1, 3, 3), tuple(entries)), residues(a, entries, (1, 3, 3))
    assert agree(a, a.inverse(u), RATIONALS.inverse(x))
    assert agree(a, a.det(u), RATIONALS.det(x))
    assert agree(a, a.sum(u, -1), RATIONALS.sum(x, -1))
    assert agree(a, a.prod(u, -2), RATIONALS.prod(x, -2))
    assert agree(a, a.integer_power(u, -3), RATIONALS.integer_power(x, -3))


@given(fractions)
def test_a_small_constant_is_told_from_its_residue(value):
    a = arithmetic()
    assert a.exact(a.number(value, 3)) == [value]


def test_what_does_not_exist_makes_everything_that_is_computed_from_it_not_exist():
    a = arithmetic()
    one, zero = a.number(Fraction(1), 3), a.number(Fraction(0), 3)
    gap = a.divide(one, zero)
    assert list(gap.grid.entries) == [None]
    assert "division by zero" in a.failures
    for value in (a.add(gap, one), a.multiply(zero, gap), a.negate(gap), a.matmul(gap, zero), a.inverse(gap)):
        assert list(value.grid.entries) == [None]
    singular = a.inverse(a.full(Fraction(1), 2, 2, 3))
    assert set(singular.grid.entries) == {None}
    assert "singular matrix" in a.failures


@pytest.mark.parametrize("name", ["relu", "abs", "sign"])
def test_what_asks_which_is_larger_never_enters_the_field(name):
    a = arithmetic()
    with pytest.raises(NotExact):
        a.elementary(name, 0, Residues(Grid((1, 1, 1), (5,)), 1, 0))


@pytest.mark.parametrize("operation", ["maximum", "minimum", "compare"])
def test_drawn_numbers_are_not_compared(operation):
    a = arithmetic()
    x = Residues(Grid((1, 1, 1), (5,)), 1, 0)
    with pytest.raises(NotExact):
        a.compare("<", x, x) if operation == "compare" else getattr(a, operation)(x, x)


def value(a: ResidueArithmetic, name: str, x: int) -> int:
    return a.elementary(name, 0, Residues(Grid((1, 1, 1), (x % a.p,)), 1, 0)).grid.entries[0]


@pytest.mark.parametrize("seed", range(30))
def test_the_exponential_turns_sums_into_products_in_whatever_order_they_come(seed):
    a, b = arithmetic(seed), arithmetic(seed)
    x, y = a.unknown(), a.unknown()
    assert value(a, "exp", x) * value(a, "exp", y) % a.p == value(a, "exp", x + y)
    product = value(b, "exp", x + y)
    assert value(b, "exp", x) * value(b, "exp", y) % b.p == product
    assert value(a, "exp", x) * value(a, "exp", -x) % a.p == 1
    assert value(a, "log", value(a, "exp", x)) == x % a.p


@pytest.mark.parametrize("seed", range(30))
def test_the_logarithm_turns_products_into_sums_and_undoes_the_exponential(seed):
    a = arithmetic(seed)
    x, y = a.unknown(), a.unknown()
    assert (value(a, "log", x) + value(a, "log", y)) % a.p == value(a, "log", x * y)
    assert value(a, "exp", value(a, "log", x)) == x % a.p
    assert value(a, "log", 1) == 0


@pytest.mark.parametrize("seed", range(30))
def test_sigmoid_tanh_sine_and_cosine_keep_their_relations(seed):
    a = arithmetic(seed)
    p, x = a.p, a.unknown()
    sigmoid, other = value(a, "sigmoid", x), value(a, "sigmoid", -x)
    assert (sigmoid + other) % p == 1
    assert value(a, "tanh", x) == (2 * value(a, "sigmoid", 2 * x) - 1) % p
    sine, cosine = value(a, "sin", x), value(a, "cos", x)
    assert (sine * sine + cosine * cosine) % p == 1
    assert value(a, "sin", 2 * x) == 2 * sine * cosine % p
    assert (value(a, "softplus", x) - value(a, "softplus", -x)) % p == x % p


def test_unrelated_functions_are_independent_unknowns():
    a = arithmetic()
    values = [value(a, name, 12345) for name in ("exp", "log", "sin", "cos", "tanh", "arctan", "erf", "sigmoid")]
    assert len(set(values)) == len(values)
