"""Inequalities: one violation beyond rounding refutes, also a rare one; equality does not."""

from __future__ import annotations

import pytest

from derivcheck.oracles import order
from tests.problem.asking import HOLDS, UNDECIDED, WRONG, bench

TEXT = "Let $a, b \\in \\mathbb{R}$, $c > 0$, $x, y \\in \\mathbb{R}^n$ and $f : \\mathbb{R} \\to \\mathbb{R}$.\n\n$$ LINE $$\n"


def ask(latex, seed=0):
    made, (claim,) = bench(TEXT.replace("LINE", latex), seed)
    assert order.applies(made, claim)
    return order.ask(made, claim)


@pytest.mark.parametrize(
    "latex",
    [
        r"\|x + y\| \le \|x\| + \|y\|",
        r"|x^\top y| \le \|x\| \|y\|",
        r"|x^\top x| \le \|x\| \|x\|",
        r"e^a \ge 1 + a",
        r"\log(c) \le c - 1",
        r"\|x\| \le \|x\|_1",
        r"f(a)^2 + f(b)^2 \ge 2 f(a) f(b)",
        r"\tanh(a) < 2",
        r"f(a) - 1 < f(a) < f(a) + 1",
    ],
)
@pytest.mark.parametrize("seed", range(4))
def test_a_right_inequality_finds_no_counterexample_and_says_among_how_many(latex, seed):
    if latex.count("<") == 2:
        latex = latex.rpartition(" < ")[0]
    found = ask(latex, seed)
    assert found.outcome is HOLDS
    assert f"among {found.points} inputs" in found.detail
    assert found.points >= 1000


@pytest.mark.parametrize(
    "latex",
    [
        r"\|x + y\| \ge \|x\| + \|y\|",
        r"f(a) \le f(b)",
        r"\sin(a) + 0 \le 0.9999",
        r"\tanh(a) \le 0.995",
        r"e^{-c} \le 0.8",
        r"a b \le 8",
        r"e^a \ge 1 + a + 10^{-3} a^2 + 10^{-5}",
        r"\cos(a) > -0.999",
    ],
)
@pytest.mark.parametrize("seed", range(4))
def test_an_inequality_that_is_violated_only_rarely_is_wrong(latex, seed):
    found = ask(latex, seed)
    assert found.outcome is WRONG
    assert found.claimed is not None
    assert found.reference is not None


def test_a_strict_inequality_between_equals_is_wrong():
    assert ask(r"\sin(a) + 1 < 1 + \sin(a)").outcome is WRONG
    assert ask(r"\sin(a) + 1 \le 1 + \sin(a)").outcome is HOLDS
    assert ask(r"\sin(a) + 1 \ne 1 + \sin(a)").outcome is WRONG


def test_an_inequality_of_things_that_are_no_numbers_anywhere_is_undecided():
    assert ask(r"\log(-1 - a^2) \le \sin(b)").outcome is UNDECIDED


def test_each_neighbour_of_a_chain_is_a_claim_of_its_own():
    made, claims = bench(TEXT.replace("LINE", r"\sin(a) \le |\sin(a)| = \sqrt{\sin(a)^2} < \sin(a) + 3"))
    assert [claim.relation for claim in claims] == ["\\le", "=", "<"]
    assert [order.applies(made, claim) for claim in claims] == [True, False, True]


def test_a_right_inequality_that_cancels_is_never_wrong():
    for seed in range(4):
        assert ask(r"\cosh(a)^2 - \sinh(a)^2 \le 1", seed).outcome is not WRONG


def test_a_strict_inequality_between_things_that_differ_by_rounding_alone_is_no_pass():
    for seed in range(4):
        assert ask(r"\sin(a)^2 + \cos(a)^2 < 1", seed).outcome is not HOLDS


MORE = TEXT.replace("and $f", "$p \\in (0, 1)$, $A \\in \\mathbb{R}^{n \\times n}$ positive definite and $f").replace(
    "\n\n$$", " Let $r = x / \\|x\\|$ and $m = \\frac{1}{n} \\sum_{i=1}^n x_i$.\n\n$$"
)


def asked(latex, seed=0):
    made, (claim,) = bench(MORE.replace("LINE", latex), seed)
    return order.ask(made, claim)


@pytest.mark.parametrize(
    "latex",
    [
        r"\|x\| - r^\top x \ge 0",
        r"\sum_{i=1}^n (x_i - m) \le 0",
        r"\cosh(a)^2 - \sinh(a)^2 \le 1",
        r"\frac{1}{\cosh(a)^2 - \sinh(a)^2} \ge 0.9",
        r"\log(e^{-c} + e^{-c - 1}) \ge -c",
        r"\tanh(a) < 1",
        r"e^{-a^2} > 0",
        r"e^{-c} < 1",
        r"\tanh(a) \ne 1",
        r"\sin(a) + 10^{-20} > \sin(a)",
        r"p (1 - p) \le \frac{1}{4}",
        r"x^\top A^{-1} x \ge 0",
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_rounding_saturation_and_the_ends_of_the_range_are_no_counterexamples(latex, seed):
    assert asked(latex, seed).outcome is HOLDS


@pytest.mark.parametrize(
    "latex",
    [
        r"e^{-c} \le 0.99",
        r"\tanh(a) \le 0.99999",
        r"\cos(a) > -0.9999999",
        r"\sin(a) \cos(b) \le 0.999999",
        r"e^{-(a - 1)^2 - (b - 2)^2} \le 0.9999",
        r"p (1 - p) \le 0.2499999",
        r"\log p \ge -5",
        r"c + \frac{1}{c} \ge 2.0001",
        r"\frac{x^\top A x}{x^\top x} \ge 0.1",
        r"\sin(a) \ne 0.3",
        r"\sin(a)^2 + \cos(a)^2 < 1",
        r"\cosh(a)^2 - \sinh(a)^2 < 1",
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_what_fails_only_in_a_small_region_or_far_out_or_by_equality_is_found(latex, seed):
    assert asked(latex, seed).outcome is WRONG


def test_equality_in_the_last_digit_that_proves_nothing_is_undecided():
    assert asked(r"\tanh(50 + a^2) < 1").outcome is UNDECIDED


def test_equality_in_the_last_digit_is_looked_at_in_ball_arithmetic():
    assert asked(r"\cosh(a) > 1").detail == "exactly: both sides are 1.00000"


@pytest.mark.parametrize("seed", range(3))
def test_the_search_leaves_neither_the_domain_nor_the_conditions(seed):
    for text in (
        "Let $a > 0$ and $b > 0$. If $a > b$, then $\\log(a) \\ge \\log(b)$.",
        "Let $a \\in [1, 2]$. Then $$\\log(a) \\ge 0$$ ",
        "Let $a, b \\in \\mathbb{R}$. If $a = b$, then $e^a \\le e^b$.",
        "Let $p \\in (0, 1)$. Then $$\\log(p) < 0$$ ",
    ):
        made, (claim,) = bench(text, seed)
        assert order.ask(made, claim).outcome is HOLDS
