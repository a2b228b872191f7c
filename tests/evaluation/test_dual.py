"""Dual numbers: against rational differences, against autograd, and one over the other."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivcheck.evaluation import bounds
from derivcheck.evaluation.dual import Dual, DualArithmetic
from derivcheck.evaluation.grid import Grid
from derivcheck.evaluation.rational import RATIONALS
from derivcheck.evaluation.residues import ResidueArithmetic

DUALS = DualArithmetic(RATIONALS)
entries = st.lists(st.fractions(min_value=-9, max_value=9, max_denominator=7), min_size=4, max_size=4)


def dual(values: list[Fraction], along: list[Fraction]) -> Dual:
    return Dual(Grid((1, 2, 2), tuple(values)), Grid((1, 1, 2, 2), tuple(along)))


def tangent(value: Dual) -> list[Fraction]:
    return list(value.tangent.entries)  # type: ignore[union-attr]


@given(entries, entries, entries, entries)
def test_the_product_rule_holds_for_entries_and_matrices(a, b, da, db):
    x, y = dual(a, da), dual(b, db)
    for name in ("multiply", "matmul"):
        product = getattr(RATIONALS, name)
        wanted = RATIONALS.add(product(x.tangent, y.primal), product(x.primal, y.tangent))
        assert tangent(getattr(DUALS, name)(x, y)) == list(wanted.entries)


@given(entries, entries)
def test_an_inverse_times_its_matrix_does_not_vary(a, da):
    x = dual(a, da)
    if RATIONALS.det(x.primal).entries[0] == 0:
        return
    assert set(tangent(DUALS.matmul(x, DUALS.inverse(x)))) == {Fraction(0)}
    shape = (1, 1, 1, 1)
    wanted = a[0] * da[3] + a[3] * da[0] - a[1] * da[2] - a[2] * da[1]
    assert DUALS.det(x).tangent == Grid(shape, (wanted,))


@given(entries, entries, st.integers(-3, 4))
def test_powers_quotients_and_products_along_an_axis_follow_from_products(a, da, exponent):
    x = dual(a, da)
    if Fraction(0) in a:
        return
    one = DUALS.number(Fraction(1), 3)
    wanted = one
    for _ in range(abs(exponent)):
        wanted = DUALS.multiply(wanted, x) if exponent > 0 else DUALS.divide(wanted, x)
    found = DUALS.integer_power(x, exponent)
    assert exponent == 0 or tangent(found) == tangent(wanted)
    first, second = DUALS.narrow(x, -1, 0, 1), DUALS.narrow(x, -1, 1, 1)
    assert tangent(DUALS.prod(x, -1)) == tangent(DUALS.multiply(first, second))


@given(entries, entries, entries)
def test_second_derivatives_are_symmetric_in_their_directions(a, da, db):
    twice = DualArithmetic(DUALS)
    seconds = []
    for one, other in ((da, db), (db, da)):
        inner = dual(a, one)
        x = Dual(inner, Dual(Grid((1, 1, 2, 2), tuple(other))))
        value = twice.matmul(twice.matmul(x, x), twice.multiply(x, x))
        seconds.append(value.tangent.tangent.entries)  # type: ignore[union-attr]
    assert seconds[0] == seconds[1]


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "exp", "softplus", "sin"])
def test_the_derivative_of_a_known_function_is_the_same_by_its_slope_and_by_dual_numbers_mod_a_prime(name):
    generator = Random(5)
    a = ResidueArithmetic(bounds.draw(generator), generator)
    over = DualArithmetic(a)
    x = a.number(Fraction(7, 3), 3)._replace(literal=False)
    value = over.elementary(name, 1, Dual(x, a.number(Fraction(1), 4)))
    assert value.tangent.grid.entries == a.elementary(name, 2, x).grid.entries  # type: ignore[union-attr]
