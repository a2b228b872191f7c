"""Derivatives by differences: the error bar contains the true error, and a kink or a pole never refutes a right line."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from derivcheck.evaluation.differentiation import Autograd
from derivcheck.evaluation.evaluator import evaluate
from derivcheck.oracles import differences
from derivcheck.oracles.differences import Differences, is_analytic
from derivcheck.problem.heads import derivative_in
from tests.problem.asking import HOLDS, UNDECIDED, WRONG, bench, judged

FUNCTIONS = "Let $x \\in \\mathbb{R}^n$, $s, t \\in \\mathbb{R}$, $f, g : \\mathbb{R} \\to \\mathbb{R}$ and $\\ell : \\mathbb{R}^n \\to \\mathbb{R}$.\n\n"
SMOOTH = [
    (r"\ell(x)", "x"),
    (r"\ell(f(x) \odot g(x))", "x"),
    (r"f(s g(s))", "s"),
    (r"\exp(f(s)) / (1 + g(s)^2)", "s"),
    (r"\tanh(f(s) + t) \sin(3 s)", "s"),
    (r"\log(1 + \|f(x)\|^2)", "x"),
    (r"\sum_i f(x_i) g(x_i)^2", "x"),
    (r"\operatorname{softmax}(f(x))^\top g(x)", "x"),
    (r"\sqrt{2 + \sin(f(s))}", "s"),
    (r"\|\tanh(x)\|", "x"),
]


def measured(text, seed, analytic):
    """The derivative by differences, its bar, and autograd's value, flat, for every draw."""
    made, (claim,) = bench(text, seed)
    term = derivative_in(claim.head)
    assert not analytic or is_analytic(made, term)
    for world in made.worlds():
        source = Differences(term, Autograd(), analytic)
        with torch.no_grad():
            value = evaluate(claim.head, made.frame(claim, replace(world, differentiator=source)))
        true = made.value(claim.head, claim, world)
        yield value.reshape(-1), source.bars[-1].reshape(-1), true.reshape(-1)


@pytest.mark.parametrize(("target", "by"), SMOOTH)
@pytest.mark.parametrize("analytic", [False, True], ids=["ridders", "complex-step"])
def test_the_bar_contains_the_true_error(target, by, analytic):
    text = f"{FUNCTIONS}$$ \\frac{{\\partial}}{{\\partial {by}}} {target} = {by} $$\n"
    for seed in range(8):
        for value, bar, true in measured(text, seed, analytic):
            rounding = 64 * 2.0**-52 * true.abs().max()
            assert bool(((value - true).abs() <= bar + rounding).all()), (seed, (value - true).abs() / bar)


@pytest.mark.parametrize(("target", "by"), SMOOTH)
def test_the_bar_is_small_enough_to_decide_on_smooth_functions(target, by):
    text = f"{FUNCTIONS}$$ \\frac{{\\partial}}{{\\partial {by}}} {target} = {by} $$\n"
    shares = [float((bar / true.abs().max()).median()) for value, bar, true in measured(text, 0, False)]
    assert min(shares) < 1e-7
    sharp = [float((bar / true.abs().max()).max()) for value, bar, true in measured(text, 0, True)]
    assert max(sharp) < 1e-11


NEAR = "Let $s \\in \\mathbb{R}$.\n\n$$ \\frac{d}{ds} TARGET = CLAIMED $$\n"
DIFFICULT = [
    (r"\frac{1}{s - 0.01}", r"-\frac{1}{(s - 0.01)^2}"),
    (r"|s - 0.3|", r"\operatorname{sign}(s - 0.3)"),
    (r"\tan(9 s)", r"9 + 9 \tan^2(9 s)"),
    (r"|\sin(20 s)|", r"20 \cos(20 s) \operatorname{sign}(\sin(20 s))"),
    (r"\operatorname{relu}(s^2 - 0.5)", r"2 s \mathbb{1}[s^2 > 0.5]"),
    (r"\sqrt{|s|}", r"\frac{\operatorname{sign}(s)}{2 \sqrt{|s|}}"),
    (r"\frac{1}{|s|}", r"-\frac{\operatorname{sign}(s)}{s^2}"),
    (r"\max(s, s^3)", r"\begin{cases} 1 & s \ge s^3 \\ 3 s^2 & \text{otherwise} \end{cases}"),
    (
        r"\min(\sin(5 s), \cos(5 s))",
        r"\begin{cases} 5 \cos(5 s) & \sin(5 s) < \cos(5 s) \\ -5 \sin(5 s) & \text{otherwise} \end{cases}",
    ),
    (r"\sin(\frac{1}{s})", r"-\frac{\cos(1/s)}{s^2}"),
]


@pytest.mark.parametrize(("target", "claimed"), DIFFICULT)
def test_a_kink_or_a_pole_nearby_never_refutes_a_right_line(target, claimed):
    text = NEAR.replace("TARGET", target).replace("CLAIMED", claimed)
    found = []
    for seed in range(40):
        found.append(judged(text, seed))
        assert found[-1] in (HOLDS, UNDECIDED), seed
    assert found.count(HOLDS) >= 38


@pytest.mark.parametrize(("target", "claimed"), DIFFICULT)
def test_a_wrong_line_near_a_kink_or_a_pole_is_wrong_all_the_same(target, claimed):
    text = NEAR.replace("TARGET", target).replace("CLAIMED", f"1.1 ({claimed})")
    assert {judged(text, seed) for seed in range(5)} == {WRONG}


@pytest.mark.parametrize(("target", "by"), SMOOTH)
@pytest.mark.parametrize("factor", ["2", "(-1)", "(1 + 10^{-5})"])
def test_a_planted_error_is_seen_by_differences_alone(target, by, factor):
    text = f"{FUNCTIONS}$$ \\frac{{\\partial}}{{\\partial {by}}} {target} = {factor} \\frac{{\\partial}}{{\\partial {by}}} ({target}) $$\n"
    made, (claim,) = bench(text)
    assert differences.applies(made, claim)
    assert differences.ask(made, claim).outcome is WRONG


@pytest.mark.parametrize("latex", [r"\frac{\partial A x}{\partial x} = A", r"\frac{\partial x^\top A x}{\partial A} = x x^\top",
                                   r"\frac{\partial^2 \ell(x)}{\partial x \partial x^\top} = \frac{\partial}{\partial x} \nabla \ell(x)",
                                   r"\frac{\partial (s x)}{\partial s} = x"])  # fmt: skip
def test_jacobians_hessians_tangents_and_matrices_are_differenced_too(latex):
    text = "Let $x \\in \\mathbb{R}^n$, $A \\in \\mathbb{R}^{n \\times n}$, $s \\in \\mathbb{R}$ and $\\ell : \\mathbb{R}^n \\to \\mathbb{R}$.\n\n$$ LINE $$\n"
    right = text.replace("LINE", latex)
    if "nabla" in latex:
        right = text.replace("LINE", r"\frac{\partial^2 (\|x\|^2 s)}{\partial x \partial x^\top} = 2 s I")
    made, (claim,) = bench(right)
    assert differences.ask(made, claim).outcome is HOLDS
    made, (claim,) = bench(right.replace(" $$\n", " \\cdot 1.001 $$\n"))
    assert differences.ask(made, claim).outcome is WRONG


def test_a_large_gradient_is_taken_along_a_random_direction_and_at_the_worst_entry():
    text = "Let $x \\in \\mathbb{R}^n$ and $f : \\mathbb{R} \\to \\mathbb{R}$.\n\n$$ \\frac{\\partial}{\\partial x} \\mathbf{1}^\\top f(x) = f'(x) \\odot (1 + 10^{-7} e_{17}) $$\n"
    made, (claim,) = bench(text, sizes={"n": 60})
    assert differences.ask(made, claim).outcome is WRONG
    made, (claim,) = bench(text.replace("10^{-7}", "0"), sizes={"n": 60})
    assert differences.ask(made, claim).outcome is HOLDS


@pytest.mark.parametrize(
    ("target", "analytic"),
    [(r"\exp(s)", True), (r"f(s)", True), (r"\operatorname{relu}(s)", False), (r"|s|", False), (r"\max(s, 1)", False),
     (r"\|x\|_1 s", False), (r"\|x\| s", True), (r"s \mathbb{1}[s > 0]", False)],
)  # fmt: skip
def test_the_complex_step_is_taken_only_where_everything_is_analytic(target, analytic):
    text = f"{FUNCTIONS}$$ \\frac{{\\partial}}{{\\partial s}} ({target}) = t $$\n"
    made, (claim,) = bench(text)
    assert is_analytic(made, derivative_in(claim.head)) is analytic


def test_a_function_bound_to_one_with_kinks_is_not_analytic():
    text = f"{FUNCTIONS}$$ \\frac{{\\partial}}{{\\partial s}} f(s) = f'(s) $$\n"
    made, (claim,) = bench(text, functions={"f": "relu"})
    assert not is_analytic(made, derivative_in(claim.head))
    assert differences.ask(made, claim).outcome is HOLDS


@pytest.mark.xfail(
    strict=True, reason="a kink nearer than the finest step is not seen: differences 0.003 ± 0.1, the truth is 20"
)
def test_the_bar_contains_the_true_error_also_where_a_kink_is_nearer_than_the_finest_step():
    text = NEAR.replace("TARGET", r"|\sin(20 s)|").replace("CLAIMED", "s")
    for seed in range(20, 30):
        for value, bar, true in measured(text, seed, False):
            assert bool(((value - true).abs() <= bar + 1e-9).all()), seed
