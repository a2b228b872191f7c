"""Autograd of the definitions against differences, on random smooth formulas."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from derivcheck.evaluation.differentiation import Autograd
from derivcheck.evaluation.evaluator import evaluate
from derivcheck.oracles.differences import Differences
from derivcheck.problem.heads import derivative_in
from tests.problem.asking import HOLDS, WRONG, bench, judged

DECLARED = "Let $x, y \\in \\mathbb{R}^n$, $A \\in \\mathbb{R}^{n \\times n}$, $f : \\mathbb{R} \\to \\mathbb{R}$ and $g : \\mathbb{R}^n \\to \\mathbb{R}$.\n\n"
COLUMNS = st.recursive(
    st.sampled_from(["x", "y"]),
    lambda inner: st.one_of(
        inner.map(lambda v: f"f({v})"),
        inner.map(lambda v: f"A ({v})"),
        inner.map(lambda v: f"A^\\top \\tanh({v})"),
        inner.map(lambda v: f"\\sin({v})"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]}) \\odot ({p[1]})"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]} + {p[1]})"),
        inner.map(lambda v: f"g({v}) ({v})"),
    ),
    max_leaves=4,
)
NUMBERS = st.one_of(
    COLUMNS.map(lambda v: f"g({v})"),
    COLUMNS.map(lambda v: f"\\|{v}\\|^2"),
    COLUMNS.map(lambda v: f"\\log(1 + \\|{v}\\|^2)"),
    COLUMNS.map(lambda v: f"\\sum_i f(({v})_i)"),
    st.tuples(COLUMNS, COLUMNS).map(lambda p: f"({p[0]})^\\top ({p[1]})"),
)


@given(NUMBERS, st.sampled_from(["x", "A"]), st.integers(0, 3))
@settings(max_examples=60)
def test_a_gradient_by_autograd_is_within_the_bars_of_both_kinds_of_differences(formula, name, seed):
    made, claims = bench(
        f"{DECLARED}$$ \\frac{{\\partial \\left[{formula}\\right]}}{{\\partial {name}}} = {name} $$\n",
        seed,
        draws=1,
        trials=2,
    )
    claim = claims[0]
    term = derivative_in(claim.head)
    (world,) = made.worlds()
    true = made.value(claim.head, claim, world).reshape(-1)
    # Beyond this a formula varies within the coarsest step, and Ridders' scheme cannot know.
    assume(float(true.abs().amax()) < 30)
    for analytic in (True, False):
        source = Differences(term, Autograd(), analytic)
        with torch.no_grad():
            value = evaluate(claim.head, made.frame(claim, replace(world, differentiator=source)))
        bar = source.bars[-1].reshape(-1).amax() + 1e-12 * (1 + true.abs().amax())
        assert float((value.reshape(-1) - true).abs().amax()) <= float(bar)


@pytest.mark.parametrize(
    ("definition", "right"),
    [
        ("u = f(x), \\quad v = A u, \\quad w = g(v)", "A^\\top \\frac{\\partial w}{\\partial v} \\odot f'(x)"),
        (
            "u = A x, \\quad v = f(u) + x, \\quad w = g(v)",
            "A^\\top (f'(u) \\odot \\frac{\\partial w}{\\partial v}) + \\frac{\\partial w}{\\partial v}",
        ),
    ],
)
def test_a_gradient_goes_through_every_definition_downstream(definition, right):
    text = f"{DECLARED}$$ {definition} $$\n\n$$ \\frac{{\\partial w}}{{\\partial x}} = {right} $$\n"
    assert judged(text) is HOLDS
    assert judged(text.replace("f'(", "2 f'(")) is WRONG


def test_an_alias_of_a_name_is_a_name_of_its_own():
    text = (
        f"{DECLARED}$$ u = x, \\quad w = u^\\top u + x^\\top x $$\n\n$$ \\frac{{\\partial w}}{{\\partial u}} = 2 u $$\n"
    )
    assert judged(text) is HOLDS
    assert judged(text.replace("\\partial u} = 2 u", "\\partial x} = 2 x")) is WRONG
    assert judged(text.replace("\\partial u} = 2 u", "\\partial x} = 4 x")) is HOLDS


def test_second_derivatives_are_symmetric():
    text = f"{DECLARED}$$ \\frac{{\\partial^2 g(f(x))}}{{\\partial x \\partial x^\\top}} = \\left(\\frac{{\\partial^2 g(f(x))}}{{\\partial x \\partial x^\\top}}\\right)^\\top $$\n"
    assert judged(text) is HOLDS
