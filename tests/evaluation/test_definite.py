"""Integrals of what changes its sign: against closed forms, and how far two levels are from each other."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from derivcheck.evaluation.quadrature import rule
from derivcheck.language.shapes import Domain

HALF_LINE = Domain("positive")


def integrated(f, domain, level):
    def height(nodes):
        return torch.log(f(nodes[..., 0, 0]).abs())

    found = rule(height, (1,), 1, domain, level, (0.0,))
    x = found.nodes[..., 0, 0]
    return float((torch.exp(found.log_weights) * f(x)).sum()), found.settled


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize(
    ("f", "domain", "value"),
    [
        (torch.sin, Domain("interval", low=0.0, high=10.0), 1 - math.cos(10)),
        (lambda x: 1 / x**2, Domain("interval", low=1.0, high=None), 1.0),
        (lambda x: (1 - x) * torch.exp(-x), HALF_LINE, 0.0),
        (lambda x: x * torch.exp(-((x - 1) ** 2)), Domain(), math.sqrt(math.pi)),
        (torch.log, Domain("interval", low=0.0, high=1.0), -1.0),
        (lambda x: x**3, Domain("interval", low=-2.0, high=1.0), (1 - 16) / 4),
    ],
)
def test_an_integrand_may_change_its_sign(f, domain, value, level):
    found, settled = integrated(f, domain, level)
    assert settled
    assert abs(found - value) < 1e-12 * (1 + abs(value))


@pytest.mark.parametrize(
    ("f", "domain"),
    [
        (lambda x: 1 / x, Domain("interval", low=1.0, high=None)),
        (lambda x: 1 / x, Domain("interval", low=0.0, high=1.0)),
        (torch.cos, HALF_LINE),
    ],
)
def test_what_does_not_converge_does_not_settle(f, domain):
    assert not integrated(f, domain, 0)[1]


@settings(max_examples=25)
@given(st.floats(-3, 3), st.floats(0.2, 4), st.floats(-2, 2))
def test_a_polynomial_between_two_ends_is_integrated_to_the_last_figures(low, width, root):
    domain = Domain("interval", low=low, high=low + width)
    value, settled = integrated(lambda x: (x - root) * (x + 1.3), domain, 0)

    def whole(x):
        return x**3 / 3 + (1.3 - root) * x**2 / 2 - 1.3 * root * x

    size = sum(abs(term) for x in (low, low + width) for term in (x**3, x * x, x)) + 1
    assert settled
    assert abs(value - (whole(low + width) - whole(low))) < 1e-13 * size
