"""Means of polynomials in sums over the members of a family, also of those that share a parent."""

from __future__ import annotations

import pytest

from tests.problem.asking import outcomes

COUNTS = (
    "Let $\\lambda > 0$, $x_i \\sim \\mathrm{Poisson}(\\lambda)$ for $i = 1, \\dots, n$ and "
    "$\\bar x = \\frac{1}{n} \\sum_{i=1}^{n} x_i$.\n\n"
)
VECTORS = (
    "Let $\\mu \\in \\mathbb{R}^d$, $\\Sigma \\in \\mathbb{R}^{d \\times d}$ be positive definite, "
    "$x_i \\sim \\mathcal{N}(\\mu, \\Sigma)$ for $i = 1, \\dots, n$ and $\\bar x = \\frac{1}{n} \\sum_{i=1}^{n} x_i$.\n\n"
)
SHARED = (
    "Let $m \\in \\mathbb{R}$, $\\tau, \\sigma > 0$, $\\theta \\sim \\mathcal{N}(m, \\tau^2)$, "
    "$x_i \\mid \\theta \\sim \\mathcal{N}(\\theta, \\sigma^2)$ for $i = 1, \\dots, n$ and "
    "$\\bar x = \\frac{1}{n} \\sum_{i=1}^{n} x_i$.\n\n"
)


@pytest.mark.parametrize(
    ("model", "right", "wrong"),
    [
        (COUNTS, "\\operatorname{Var}(\\bar x) = \\frac{\\lambda}{n}", "\\operatorname{Var}(\\bar x) = \\lambda"),
        (
            VECTORS,
            "\\operatorname{Cov}(\\bar x) = \\frac{1}{n} \\Sigma",
            "\\operatorname{Cov}(\\bar x) = \\frac{1}{n^2} \\Sigma",
        ),
        (
            VECTORS,
            "\\mathbb{E}[\\|\\bar x\\|^2] = \\mu^\\top \\mu + \\frac{1}{n} \\operatorname{tr}(\\Sigma)",
            "\\mathbb{E}[\\|\\bar x\\|^2] = \\mu^\\top \\mu + \\operatorname{tr}(\\Sigma)",
        ),
        (SHARED, "\\mathbb{E}[\\bar x \\mid \\theta] = \\theta", "\\mathbb{E}[\\bar x] = \\theta"),
        (
            SHARED,
            "\\operatorname{Var}(\\bar x) = \\tau^2 + \\frac{\\sigma^2}{n}",
            "\\operatorname{Var}(\\bar x) = \\frac{\\sigma^2 + \\tau^2}{n}",
        ),
        (
            SHARED,
            "\\mathbb{E}[x_1 \\bar x \\mid x_1, \\theta] = \\frac{x_1^2 + (n - 1) x_1 \\theta}{n}",
            "\\mathbb{E}[x_1 \\bar x \\mid x_1, \\theta] = x_1 \\theta",
        ),
    ],
)
def test_a_moment_of_a_sum_over_members_is_that_of_single_ones_multiplied_out(model, right, wrong):
    assert outcomes(f"{model}$$ {right} $$\n") == ["holds"]
    assert outcomes(f"{model}$$ {wrong} $$\n") == ["wrong"]


def test_what_is_no_polynomial_in_sums_over_members_is_left_alone():
    assert outcomes(f"{COUNTS}$$ \\mathbb{{E}}[e^{{\\bar x}}] = e^\\lambda $$\n") == ["not checked"]


def test_the_mean_of_a_count_under_a_mixture_is_taken_by_the_count_first():
    model = "Let $a, b > 0$, $\\lambda \\sim \\mathrm{Gamma}(a, b)$ and $N \\mid \\lambda \\sim \\mathrm{Poisson}(\\lambda)$.\n\n"
    assert outcomes(f"{model}$$ \\mathbb{{E}}[N] = \\frac{{a}}{{b}} $$\n") == ["holds"]
    variance = "$$ \\operatorname{Var}[N] = \\frac{a}{b} + \\frac{a}{b^2} $$\n"
    assert outcomes(f"{model}$$ \\mathbb{{E}}[N] = a b $$\n\n{variance}") == ["wrong", "holds"]


def test_what_a_call_binds_is_no_random_value() -> None:
    """The letter of ``g(z) = …`` is the argument's at every call, although z is random in the document."""
    text = (
        "Let $z \\sim \\mathcal{N}(0, 1)$ and $g(z) = z + z^3$.\n\n"
        "$$ \\mathbb{E}[g(2 z) z] = 26 $$\n\n$$ \\mathbb{E}[g(2 z) z] = 4 $$\n\n"
        "$$ \\mathbb{E}[g'(z)] = 4 $$\n\n$$ \\mathbb{E}[g'(z)] = 0 $$\n\n$$ \\operatorname{Var}[g'(2 z)] = 0 $$\n"
    )
    assert outcomes(text) == ["holds", "wrong", "holds", "wrong", "wrong"]
