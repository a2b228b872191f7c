"""Claimed optima against other places: a better one refutes, whatever derivatives say."""

from __future__ import annotations

import pytest

from derivcheck.oracles import optimum
from tests.problem.asking import HOLDS, NOT_CHECKED, WRONG, bench

TEXT = (
    "Let $a, b \\in \\mathbb{R}$, $c, s > 0$, $u, x \\in \\mathbb{R}^n$, $w \\in \\Delta^{n}$ and $r_k > 0$ for $k = 1, \\dots, n$."
    "\n\n$$ LINE $$\n"
)


def ask(latex, seed=0, oracle=optimum.ask_comparison):
    made, claims = bench(TEXT.replace("LINE", latex), seed)
    return oracle(made, claims[-1])


RIGHT = [
    (r"\arg\min_a (c a^2 - 2 a b)", r"\frac{b}{c}"),
    (r"\arg\max_u (-\|u - x\|^2 - c \|u\|^2)", r"\frac{1}{1 + c} x"),
    (r"\arg\min_s \left( \log s + \frac{c}{s} \right)", "c"),
    (r"\arg\max_{w_k} \sum_{j=1}^{n} r_j \log w_j", r"\frac{r_k}{\sum_{j=1}^{n} r_j}"),
]


@pytest.mark.parametrize(("left", "right"), RIGHT)
@pytest.mark.parametrize("seed", range(2))
def test_no_place_is_better_than_the_right_one(left, right, seed):
    found = ask(f"{left} = {right}", seed)
    assert found.outcome is HOLDS
    assert found.points >= 30


@pytest.mark.parametrize(("left", "right"), RIGHT)
@pytest.mark.parametrize("factor", ["2", r"\frac{1}{2}", "1.01"])
def test_a_wrong_place_is_worse_than_another(left, right, factor):
    assert ask(f"{left} = {factor} ({right})").outcome is WRONG


def test_the_least_taken_for_the_greatest_is_seen_though_its_slope_vanishes():
    assert ask(r"\arg\max_a (c a^2 - 2 a b) = \frac{b}{c}").outcome is WRONG


def test_weights_that_do_not_sum_to_one_are_no_optimum_over_the_simplex():
    found = ask(r"\arg\max_{w_k} \sum_{j=1}^{n} r_j \log w_j = r_k")
    assert found.outcome is WRONG
    assert "does not lie where" in found.detail


def test_other_weights_that_sum_to_one_are_no_optimum_and_not_stationary_either():
    line = r"\arg\max_{w_k} \sum_{j=1}^{n} r_j \log w_j = \frac{r_k^2}{\sum_{j=1}^{n} r_j^2}"
    assert ask(line).outcome is WRONG
    assert ask(line, oracle=optimum.ask_stationary).outcome is WRONG


def test_one_entry_of_a_simplex_alone_is_compared_with_nothing():
    made, claims = bench(
        TEXT.replace("LINE", r"\arg\max_{w_1} \sum_{j=1}^{n} r_j \log w_j = \frac{r_1}{\sum_{j=1}^{n} r_j}")
    )
    assert not optimum.is_comparable(made, claims[-1])


def test_a_name_that_a_condition_narrows_is_not_compared_with_places_outside_of_it():
    made, claims = bench(TEXT.replace("LINE", r"\arg\min_a (a - b)^2 = b").replace("$c, s > 0$", "$a < b$, $c, s > 0$"))
    assert not optimum.is_comparable(made, claims[-1])


def test_a_place_that_is_no_number_is_not_compared():
    assert ask(r"\arg\min_a (c a^2 - 2 a b) = \log(-c)").outcome is NOT_CHECKED
