"""Rows that solve an equation: the solution comes from the equation alone, and one that is not unique decides nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from derivcheck.oracles import joint, solution
from derivcheck.problem import terms as t
from tests.problem.asking import HOLDS, UNDECIDED, WRONG, bench, outcomes

TEXT = "Let $a, b \\in \\mathbb{R}$, $c > 0$, $u, x \\in \\mathbb{R}^n$, $A \\in \\mathbb{R}^{n \\times n}$.\n\n$$ LINE $$\n"


def ask(latex, seed=0):
    made, claims = bench(TEXT.replace("LINE", latex), seed)
    claim = claims[-1]
    assert solution.applies(made, claim)
    return joint.ask(made, claim)


RIGHT = [
    (r"a + b - 1 = 0", "a", "1 - b"),
    (r"c a - b = 0", "a", r"\frac{b}{c}"),
    (r"e^a - c = 0", "a", r"\log c"),
    (r"a^3 + a - b^3 - b = 0", "a", "b"),
    (r"A u - x = 0", "u", "A^{-1} x"),
    (r"2 u - 2 x + c u = 0", "u", r"\frac{2}{2 + c} x"),
    (r"A^\top A u - A^\top x = 0", "u", r"A^{-1} x"),
]


@pytest.mark.parametrize(("equation", "unknown", "value"), RIGHT)
@pytest.mark.parametrize("seed", range(3))
def test_the_right_solution_holds(equation, unknown, value, seed):
    assert ask(rf"{equation} \Rightarrow {unknown} = {value}", seed).outcome is HOLDS


@pytest.mark.parametrize(("equation", "unknown", "value"), RIGHT)
@pytest.mark.parametrize("factor", ["2", "(-1)", "(1 + 10^{-6})"])
def test_a_wrong_solution_is_wrong(equation, unknown, value, factor):
    assert ask(rf"{equation} \Rightarrow {unknown} = {factor} ({value})").outcome is WRONG


@pytest.mark.parametrize("equation", ["a - a + b = b", "0 a + 0 = 0", "b - c = 0"])
def test_an_equation_that_does_not_determine_the_unknown_gives_no_pass(equation):
    assert outcomes(TEXT.replace("LINE", rf"{equation} \Rightarrow a = b"))[-1] != "holds"


def test_an_equation_of_too_low_rank_is_undecided():
    assert ask(r"x x^\top u - x = 0 \Rightarrow u = \frac{x}{\|x\|^2}").outcome is UNDECIDED
    assert ask(r"x^\top u - 1 = 0 \Rightarrow u = \frac{x}{\|x\|^2}").outcome is UNDECIDED


def test_an_equation_without_a_solution_is_undecided():
    assert ask(r"a^2 + b^2 + 1 = 0 \Rightarrow a = b").outcome is UNDECIDED


def test_one_of_several_solutions_is_never_wrong():
    for seed in range(6):
        found = ask(r"a^2 - b^2 = 0 \Rightarrow a = b", seed)
        assert found.outcome is UNDECIDED
        assert "several solutions" in found.detail


def test_the_claimed_row_takes_no_part_in_finding_the_solution():
    made, claims = bench(TEXT.replace("LINE", r"c a - b = 0 \Rightarrow a = \frac{b}{c}"))
    claim = claims[-1]
    absurd = replace(claim, claimed=t.Constant(t.Fraction(77)))
    for world in made.worlds():
        one, _ = solution.solve(claim.solution, world, made.frame(claim, world))
        other, _ = solution.solve(absurd.solution, world, made.frame(absurd, world))
        assert torch.equal(one, other)
    assert joint.ask(made, absurd).outcome is WRONG


def test_the_solution_satisfies_its_equation():
    made, claims = bench(TEXT.replace("LINE", r"A u - x = 0 \Rightarrow u = A^{-1} x"))
    for world in made.worlds():
        root, reason = solution.solve(claims[-1].solution, world, made.frame(claims[-1], world))
        assert reason == ""
        residual = world.leaves["A"].detach() @ root - world.leaves["x"].detach()
        assert float(residual.abs().max()) < 1e-9
