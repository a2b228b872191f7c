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


@pytest.mark.xfail(
    strict=True, reason="rounding is not measured here: at a = 20 cosh² − sinh² is off by 11, and a right line is wrong"
)
def test_a_right_inequality_that_cancels_is_never_wrong():
    for seed in range(4):
        assert ask(r"\cosh(a)^2 - \sinh(a)^2 \le 1", seed).outcome is not WRONG


@pytest.mark.xfail(strict=True, reason="a strict inequality whose sides differ by rounding only passes")
def test_a_strict_inequality_between_things_that_differ_by_rounding_alone_is_no_pass():
    for seed in range(4):
        assert ask(r"\sin(a)^2 + \cos(a)^2 < 1", seed).outcome is not HOLDS
