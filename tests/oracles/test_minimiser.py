"""Rows that solve an equation, held against the optimum of what was differentiated: a source besides Newton's method."""

from __future__ import annotations

import pytest

from derivcheck.judge import judge
from derivcheck.oracles import joint, minimiser, solution
from tests.problem.asking import HOLDS, NOT_CHECKED, UNDECIDED, WRONG, bench

TEXT = "Let $a, b \\in \\mathbb{R}$, $c, s > 0$, $u, x \\in \\mathbb{R}^n$, $A \\in \\mathbb{R}^{n \\times n}$.\n\n$$ LINE $$\n"


def ask(latex, seed=0):
    made, claims = bench(TEXT.replace("LINE", latex), seed)
    claim = claims[-1]
    assert minimiser.applies(made, claim)
    return minimiser.ask(made, claim)


RIGHT = [
    (r"\frac{\partial}{\partial a} (c a^2 - 2 a b) = 0", "a", r"\frac{b}{c}"),
    (r"\frac{\partial}{\partial u} \|A u - x\|^2 = 0", "u", "A^{-1} x"),
    (r"\frac{\partial}{\partial u} (-\|u - x\|^2 - c \|u\|^2) = 0", "u", r"\frac{1}{1 + c} x"),
    (r"\frac{\partial}{\partial s} \left( \log s + \frac{c}{s} \right) = 0", "s", "c"),
    (r"c a - b = 0", "a", r"\frac{b}{c}"),
    (r"A u - x = 0", "u", "A^{-1} x"),
]


@pytest.mark.parametrize(("equation", "unknown", "value"), RIGHT)
@pytest.mark.parametrize("seed", range(1))
def test_the_right_solution_holds(equation, unknown, value, seed):
    assert ask(rf"{equation} \Rightarrow {unknown} = {value}", seed).outcome is HOLDS


@pytest.mark.parametrize(("equation", "unknown", "value"), RIGHT)
@pytest.mark.parametrize("factor", ["2", "(1 + 10^{-6})"])
def test_a_wrong_solution_is_wrong(equation, unknown, value, factor):
    assert ask(rf"{equation} \Rightarrow {unknown} = {factor} ({value})").outcome is WRONG


def test_a_wrong_row_on_the_way_is_wrong_and_the_right_one_holds():
    rows = r"\frac{\partial}{\partial u} \|A u - x\|^2 = 0 \Rightarrow A^\top A u = FACTOR A^\top x \Rightarrow u = A^{-1} x"
    for factor, outcome in (("", HOLDS), ("2", WRONG)):
        made, claims = bench(TEXT.replace("LINE", rows.replace("FACTOR", factor)))
        middle = next(claim for claim in claims if claim.solution is not None and not claim.stationary)
        assert minimiser.ask(made, middle).outcome is outcome


def test_an_equation_without_a_root_gives_nothing():
    assert ask(r"a^2 + b^2 + 1 = 0 \Rightarrow a = b").outcome is NOT_CHECKED


def test_a_saddle_is_found_as_a_root():
    line = r"\frac{\partial}{\partial u} (u^\top (A - A^{-1}) u - 2 u^\top x) = 0 \Rightarrow u = 2 (A + A^\top - A^{-1} - A^{-\top})^{-1} x"
    assert ask(line).outcome is HOLDS


def test_one_of_several_solutions_is_never_wrong():
    for seed in range(4):
        made, claims = bench(TEXT.replace("LINE", r"a^2 - b^2 = 0 \Rightarrow a = b"), seed)
        assert judge(made, claims[-1]).outcome is UNDECIDED


def test_two_roots_that_differ_decide_nothing(monkeypatch):
    made, claims = bench(TEXT.replace("LINE", r"c a - b = 0 \Rightarrow a = \frac{b}{c}"))
    right = joint.ask(made, claims[-1])
    monkeypatch.setattr(minimiser, "row_at", lambda claim, frame, root, error: solution.row_at(claim, frame, root + 1))
    assert right.outcome is HOLDS
    assert minimiser.ask(made, claims[-1]).outcome is WRONG
    verdict = judge(made, claims[-1])
    assert verdict.outcome is UNDECIDED
    assert "several solutions" in verdict.reason
