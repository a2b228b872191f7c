"""The normal form: what the rules of sums, products and transposes make equal, and what they do not."""

from __future__ import annotations

import pytest

from derivcheck.engine import problem_of
from derivcheck.power.normal import same, same_zeros
from derivcheck.problem.context import Context
from derivcheck.problem.expressions import elaborate
from derivcheck.reading.parser import parse_expression
from derivcheck.source import Source

GIVEN = (
    "Let $x, y \\in \\mathbb{R}^n$, $A, B \\in \\mathbb{R}^{n \\times n}$, $s, t \\in \\mathbb{R}$, "
    "$\\phi : \\mathbb{R} \\to \\mathbb{R}$.\n"
)


def terms(*texts: str):
    context = Context(problem_of(Source("a.md", GIVEN)).scope, elaborate)
    return [context.term(parse_expression(text)) for text in texts]


EQUAL = [
    ("x + y", "y + x"),
    ("x - x + y", "y"),
    ("s t x", "x t s"),
    ("2 s x - s x", "x s"),
    ("(A B)^\\top", "B^\\top A^\\top"),
    ("(A^\\top)^\\top", "A"),
    ("(s A)^\\top x", "A^\\top x s"),
    ("x^\\top A y", "y^\\top A^\\top x"),
    ("x \\odot y", "y \\odot x"),
    ("(s x) \\odot y", "s (y \\odot x)"),
    ("A (x + y)", "A y + A x"),
    ("(x^\\top y) A", "A (y^\\top x)"),
    ("\\frac{x}{2}", "\\frac{1}{2} x"),
    ("\\frac{s x}{t}", "s \\frac{x}{t}"),
    ("\\phi(x^\\top)^\\top", "\\phi(x)"),
    ("\\tanh(x + y)", "\\tanh(y + x)"),
    ("(A x)_1^\\top", "(A x)_1"),
    ("x \\cdot y", "y^\\top x"),
    ("I A I^\\top x", "A x"),
    ("I^2 x", "x"),
    ("\\frac{2 x}{4 s}", "\\frac{x}{2 s}"),
    ("\\frac{x}{s t}", "\\frac{x}{t s}"),
    ("\\frac{x}{2 s + 2}", "\\frac{1}{2} \\frac{x}{1 + s}"),
    ("(s + t)^2", "s^2 + 2 s t + t^2"),
    ("(-s - t)^2", "(s + t)^2"),
    ("\\exp'(s)", "\\exp(s)"),
    ("\\sum_{i=1}^n x_i y_i", "\\sum_{j=1}^n y_j x_j"),
    ("\\sum_{i=1}^n 2 s x_i", "2 s \\sum_{k=1}^n x_k"),
    ("\\sum_{i=1}^n (x_i + y_i)", "\\sum_{i=1}^n y_i + \\sum_{i=1}^n x_i"),
    ("\\sum_{i=1}^n \\sum_{j=1}^n A_{ij} x_j", "\\sum_{k=1}^n \\sum_{l=1}^n x_l A_{kl}"),
    ("(\\sum_{i=1}^n x_i (A x + y)^\\top)^\\top", "\\sum_{i=1}^n x_i (A x + y)"),
    ("\\sum_{i=1}^n x_i B x", "B x \\sum_{i=1}^n x_i"),
    ("\\operatorname{diag}(x^\\top)", "\\operatorname{diag}(x)"),
    ("\\frac{\\partial}{\\partial x} (2 x^\\top A x + 3 n)", "2 \\frac{\\partial}{\\partial x} (x^\\top A x)"),
]
DIFFERENT = [
    ("A B", "B A"),
    ("A^\\top x", "A x"),
    ("x + y", "x - y"),
    ("s x", "t x"),
    ("x \\odot x", "x \\odot y"),
    ("(A + 1) B", "A B + 1"),
    ("A (x \\odot y)", "(A x) \\odot y"),
    ("\\phi(x)", "\\phi'(x)"),
    ("\\phi(A x)", "\\phi(A y)"),
    ("x y^\\top", "y x^\\top"),
    ("s^2 x", "s x"),
    ("I + A", "1 + A"),
    ("(2 I)^2 x", "2 x"),
    ("\\frac{x}{s + t}", "\\frac{x}{s} + \\frac{x}{t}"),
    ("\\frac{x}{s - t}", "\\frac{x}{t - s}"),
    ("(A + B)^2", "A^2 + 2 A B + B^2"),
    ("(s t)^{-1}", "s t"),
    ("\\sum_{i=1}^n x_i", "\\sum_{i=2}^n x_i"),
    ("\\sum_{i=1}^n \\sum_{j=1}^n A_{ij} x_j", "\\sum_{i=1}^n \\sum_{j=1}^n A_{ji} x_j"),
    ("\\sum_{i=1}^n \\sum_{j=1}^n A_{ij} x_j", "\\sum_{i=1}^n \\sum_{j=1}^n A_{ij} x_i"),
    ("\\sum_{i=1}^n (x_i + 1)", "\\sum_{i=1}^n x_i + 1"),
    ("\\prod_{i=1}^n 2 x_i", "2 \\prod_{i=1}^n x_i"),
    ("\\sum_{i=1}^n x_i y_i", "(\\sum_{i=1}^n x_i) (\\sum_{i=1}^n y_i)"),
    ("\\frac{\\partial}{\\partial x} (s x^\\top x)", "\\frac{\\partial}{\\partial x} (x^\\top x)"),
    ("\\frac{\\partial}{\\partial x} (x^\\top y)", "\\frac{\\partial}{\\partial y} (x^\\top y)"),
]


@pytest.mark.parametrize(("left", "right"), EQUAL)
def test_rules_make_equal(left, right):
    assert same(*terms(left, right))


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_different_things_stay_different(left, right):
    assert not same(*terms(left, right))


@pytest.mark.parametrize(
    ("left", "right", "factor"),
    [
        ("A x", "2 A x", "2"),
        ("A x", "-\\frac{A x}{3}", "-1/3"),
        ("A x", "x^\\top A^\\top", "1"),
        ("A x + y", "n A x + n y", "what is never 0"),
        ("A x + y", "\\frac{1}{n} A x + \\frac{1}{n} y", "what is never 0"),
        ("A x + y", "A x + 2 y", None),
        ("A x", "s A x", None),
        ("s A x", "A x", None),
        ("A x", "B x", None),
        ("A x", "0 A x", None),
    ],
)
def test_what_is_zero_together(left, right, factor):
    assert same_zeros(*terms(left, right), lambda name: False) == factor


def test_a_name_that_is_never_zero_is_a_factor():
    assert same_zeros(*terms("A x", "s A x"), lambda name: name == "s") == "what is never 0"
