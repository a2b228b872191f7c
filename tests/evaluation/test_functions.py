"""The known functions: closed-form derivatives against autograd, complex steps against both, against Python's own."""

from __future__ import annotations

import math

import pytest
import torch

from derivcheck.evaluation.floating import FloatArithmetic, apply
from derivcheck.functions import FUNCTIONS, KINKED

DOMAINS = {
    "log": (0.1, 4),
    "sqrt": (0.1, 4),
    "arcsin": (-0.9, 0.9),
    "arccos": (-0.9, 0.9),
    "lgamma": (0.2, 5),
    "gamma": (0.2, 5),
    "digamma": (0.2, 5),
    "tan": (-1.2, 1.2),
    "cot": (0.3, 2.8),
}


def digamma(x):
    """ψ(x) = ψ(x + 20) − Σ 1/(x + k), the former by its series in 1/x²."""
    far = x + 20
    series = math.log(far) - 1 / (2 * far) - 1 / (12 * far**2) + 1 / (120 * far**4) - 1 / (252 * far**6)
    return series + 1 / (240 * far**8) - sum(1 / (x + k) for k in range(20))


PYTHON = {
    "exp": math.exp, "log": math.log, "sqrt": math.sqrt, "sin": math.sin, "cos": math.cos, "tan": math.tan, "sinh": math.sinh,
    "cosh": math.cosh, "tanh": math.tanh, "arcsin": math.asin, "arccos": math.acos, "arctan": math.atan, "erf": math.erf, "erfc": math.erfc,
    "lgamma": math.lgamma, "relu": lambda x: max(0.0, x), "abs": abs, "sign": lambda x: (x > 0) - (x < 0),
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)), "softplus": lambda x: math.log1p(math.exp(x)), "cot": lambda x: 1 / math.tan(x),
    "gamma": math.gamma, "digamma": digamma,
    "silu": lambda x: x / (1 + math.exp(-x)), "gelu": lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2,
}  # fmt: skip


def places(name):
    low, high = DOMAINS.get(name, (-3, 3))
    return torch.linspace(low, high, 40, dtype=torch.float64)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_values_are_pythons(name):
    expected = torch.tensor([float(PYTHON[name](x)) for x in places(name).tolist()], dtype=torch.float64)
    assert torch.allclose(apply(name, 0, places(name)), expected, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("order", [1, 2])
def test_the_closed_form_of_a_derivative_is_that_of_autograd(name, order):
    place = places(name).requires_grad_()
    below = apply(name, order - 1, place)
    grad = torch.autograd.grad(below.sum(), place, allow_unused=True)[0] if below.requires_grad else None
    expected = torch.zeros_like(place) if grad is None else grad
    assert torch.allclose(apply(name, order, places(name)), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - KINKED))
@pytest.mark.parametrize("step", [1e-20, 1e-8])
def test_a_complex_step_gives_the_derivative_of_a_smooth_function(name, step):
    place = places(name)
    moved = apply(name, 0, torch.complex(place, torch.full_like(place, step)))
    assert torch.allclose(moved.imag / step, apply(name, 1, place), rtol=1e-12, atol=1e-12)
    assert torch.allclose(moved.real, apply(name, 0, place), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("name", ["log", "sqrt"])
def test_below_zero_there_is_no_value_and_no_slope_on_a_complex_step(name):
    below = torch.tensor([-1.0, -0.01], dtype=torch.float64)
    assert bool(apply(name, 0, below).isnan().all())
    stepped = apply(name, 0, torch.complex(below, torch.full_like(below, 1e-20)))
    assert bool(stepped.real.isnan().all())
    assert bool(stepped.imag.isnan().all())


@pytest.mark.parametrize("name", ["relu", "abs", "sign"])
def test_a_function_with_a_kink_says_so(name):
    assert name in KINKED


@pytest.mark.parametrize(("name", "value"), [("sigmoid", 1.0), ("tanh", 1.0), ("softplus", 800.0), ("gelu", 800.0)])
def test_large_arguments_do_not_overflow(name, value):
    assert float(apply(name, 0, torch.tensor(800.0, dtype=torch.float64))) == pytest.approx(value)


def test_the_gamma_function_changes_its_sign_left_of_zero():
    place = torch.tensor([-0.5, -1.5, -2.5], dtype=torch.float64)
    expected = torch.tensor([math.gamma(x) for x in place.tolist()], dtype=torch.float64)
    assert torch.allclose(apply("gamma", 0, place), expected, rtol=1e-13)


@pytest.mark.parametrize("name", [name for name, known in FUNCTIONS.items() if known.value])
def test_a_value_by_simpler_functions_is_the_value(name):
    told = FUNCTIONS[name].value(FloatArithmetic(), places(name))
    assert torch.allclose(told, apply(name, 0, places(name)), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_a_record_says_of_a_function_is_so_at_every_place(name):
    known, place = FUNCTIONS[name], places(name)
    value = apply(name, 0, place)
    low, high = known.between or (-math.inf, math.inf)
    assert bool(((low <= value) & (value <= high)).all())
    assert not known.unsigned or bool((value >= 0).all())
    assert not known.below or bool((value.abs() <= place.abs()).all())
    assert not known.odd or torch.allclose(apply(name, 0, -place), -value, rtol=1e-13, atol=1e-13)
    wide = torch.linspace(-9, 9, 4001, dtype=torch.float64)
    steps = apply(name, 0, wide).diff().abs() / (1 + apply(name, 0, wide[1:]).abs())
    assert known.everywhere == bool((steps < 0.1).all())
