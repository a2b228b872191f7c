"""Ball arithmetic: what is rational stays exact, everything else is enclosed, and what was lost is told."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
from flint import arb, fmpq

from derivcheck.evaluation.balls import BallArithmetic, Balls, precision
from derivcheck.evaluation.dual import Dual, DualArithmetic
from derivcheck.evaluation.grid import Grid
from derivcheck.evaluation.unknowns import KINDS, POSITIVE, drawn
from derivcheck.functions import FUNCTIONS, KINKED
from derivcheck.language.shapes import SCALAR, Domain
from derivcheck.problem.scope import FunctionDeclaration
from derivcheck.source import Span


def column(*numbers: str | int) -> Balls:
    return Grid((1, len(numbers), 1), tuple(fmpq(*Fraction(number).as_integer_ratio()) for number in numbers))


def test_a_rational_number_stays_exact_through_sums_products_and_roots_of_squares() -> None:
    a = BallArithmetic()
    third = column("1/3")
    assert a.multiply(third, column(3)).entries == (fmpq(1),)
    assert a.elementary("sqrt", 0, column("4/9", 2)).entries[0] == fmpq(2, 3)
    assert a.elementary("exp", 0, column(0)).entries == (fmpq(1),)
    assert a.power(column("8/27"), column("-2/3")).entries == (fmpq(9, 4),)


def test_there_is_no_number_where_there_is_none_and_nothing_known_where_a_ball_holds_the_pole() -> None:
    a = BallArithmetic()
    for name, x in (("log", -1), ("log", 0), ("sqrt", -1), ("arcsin", 2), ("gamma", -3), ("cot", 0)):
        assert a.elementary(name, 0, column(x)).entries == (None,)
    assert a.elementary("log", 1, column(-1)).entries == (None,)
    assert a.divide(column(1), column(0)).entries == (None,)
    around = a.subtract(a.elementary("exp", 0, column(1)), a.elementary("exp", 0, column(1)))
    (found,) = a.elementary("log", 0, around).entries
    assert isinstance(found, arb)
    assert not found.is_finite()


def test_a_comparison_that_is_open_chooses_neither_side() -> None:
    a = BallArithmetic()
    one = a.number("e", 3)
    same = a.elementary("log", 0, one)
    truth = a.compare("<", same, column(1))
    assert truth.entries == (None,)
    (both,) = a.where(truth, column(2), column(5)).entries
    assert isinstance(both, arb)
    assert both.contains(2)
    assert both.contains(5)
    assert a.compare("<", column(1), column(2)).entries == (True,)
    assert a.compare("\\ne", a.number("pi", 3), column("22/7")).entries == (True,)


@pytest.mark.parametrize("name", ["tanh", "erf", "exp"])
def test_a_value_that_cannot_be_told_from_a_whole_number_is_told(name: str) -> None:
    a = BallArithmetic()
    with precision(64):
        a.elementary(name, 0, column("1e-40" if name == "exp" else 60))
    assert a.blurred


def test_a_summand_that_is_lost_is_told_and_one_that_is_seen_is_not() -> None:
    for bits, lost in ((64, True), (256, False)):
        a = BallArithmetic()
        with precision(bits):
            a.add(a.number("pi", 3), column("1e-30"))
        assert a.blurred is lost


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - KINKED))
def test_the_slope_of_a_known_function_is_that_of_its_values(name: str) -> None:
    a, x, step = BallArithmetic(), column("3/7"), column("1e-20")
    with precision(256):
        for order in (0, 1):
            slope = a.elementary(name, order + 1, x).entries[0]
            rise = a.subtract(a.elementary(name, order, a.add(x, step)), a.elementary(name, order, a.subtract(x, step)))
            quotient = a.divide(rise, a.multiply(column(2), step)).entries[0]
            assert slope is not None
            assert quotient is not None
            assert abs(slope - quotient) < fmpq(1, 10**30)


def test_the_derivative_of_a_maximum_is_that_of_the_larger_one_and_there_is_none_at_a_tie() -> None:
    base = BallArithmetic()
    dual = DualArithmetic(base)
    ones = Grid((1, 1, 3, 1), (fmpq(1),) * 3)
    x = Dual(column(-2, 0, 5), ones)
    found = dual.maximum(x, dual.multiply(x, Dual(column(3, 3, 3))))
    assert found.tangent.entries == (fmpq(1), None, fmpq(3))  # type: ignore[union-attr]
    largest = dual.largest(dual.multiply(x, x), 1)
    assert largest.tangent.entries == (fmpq(10),)  # type: ignore[union-attr]


@pytest.mark.parametrize("number", range(len(KINDS)))
@pytest.mark.parametrize("domain", ["real", "positive"])
def test_a_drawn_function_has_the_derivatives_that_it_tells(number: int, domain: str) -> None:
    a = BallArithmetic()
    declared = FunctionDeclaration("f", "f", (SCALAR,), SCALAR, Domain(domain), Span(0, 0))  # type: ignore[arg-type]
    f = drawn(declared, {}, {}, a, Random(7), number)
    x, step = column("2/5"), column("1e-20")
    with precision(256):
        rise = a.subtract(f([a.add(x, step)], 0, True), f([a.subtract(x, step)], 0, True))
        (quotient,) = a.divide(rise, a.multiply(column(2), step)).entries
        (slope,) = f([x], 1, True).entries
        (value,) = f([x], 0, True).entries
    assert abs(slope - quotient) < fmpq(1, 10**25)
    assert domain == "real" or value > 0
    assert len(POSITIVE) <= len(KINDS)
