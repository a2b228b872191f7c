"""Densities that have a name and no value: entropies and divergences of ``p = N(m, S)``."""

from __future__ import annotations

import pytest

from tests.problem.asking import outcomes

GAUSSIANS = (
    "Let $\\mu_1, \\mu_2 \\in \\mathbb{R}^d$, let $S_1, S_2 \\in \\mathbb{R}^{d \\times d}$ be symmetric positive definite, "
    "$p = \\mathcal{N}(\\mu_1, S_1)$ and $q = \\mathcal{N}(\\mu_2, S_2)$.\n\n"
)
RATES = "Let $a, b > 0$ and take the distributions $p = \\mathrm{Exp}(a)$ and $q = \\mathrm{Exp}(b)$.\n\n"
OF_X = "Let $m \\in \\mathbb{R}$, $v > 0$ and $p(x) = \\mathcal{N}(x; m, v)$.\n\n"


@pytest.mark.parametrize(
    ("model", "right", "wrong"),
    [
        (
            GAUSSIANS,
            "D_{KL}(p \\| q) = \\frac{1}{2} \\left[ \\log \\frac{|S_2|}{|S_1|} - d + \\operatorname{tr}(S_2^{-1} S_1) "
            "+ (\\mu_2 - \\mu_1)^\\top S_2^{-1} (\\mu_2 - \\mu_1) \\right]",
            "D_{KL}(p \\| q) = \\frac{1}{2} \\left[ \\log \\frac{|S_2|}{|S_1|} - d + \\operatorname{tr}(S_1^{-1} S_2) "
            "+ (\\mu_2 - \\mu_1)^\\top S_2^{-1} (\\mu_2 - \\mu_1) \\right]",
        ),
        (GAUSSIANS, "H[q] = \\frac{1}{2} \\log |2 \\pi e S_2|", "H[q] = \\frac{1}{2} \\log |2 \\pi S_2|"),
        (
            RATES,
            "\\mathrm{KL}(p \\| q) = \\log \\frac{a}{b} + \\frac{b}{a} - 1",
            "\\mathrm{KL}(p \\| q) = \\log \\frac{a}{b}",
        ),
        (RATES, "H(p, q) = \\frac{b}{a} - \\log b", "H(p, q) = \\frac{a}{b} - \\log b"),
        (RATES, "H(p, q) = H(p) + \\mathrm{KL}(p \\| q)", "H(p, q) = H(q) + \\mathrm{KL}(p \\| q)"),
        (OF_X, "H(p) = \\frac{1}{2} \\log(2 \\pi e v)", "H(p) = \\frac{1}{2} \\log(2 \\pi v)"),
    ],
)
def test_a_density_may_have_a_name_and_no_value(model, right, wrong):
    assert outcomes(f"{model}$$ {right} $$\n") == ["holds"]
    assert outcomes(f"{model}$$ {wrong} $$\n") == ["wrong"]


def test_a_density_without_a_value_is_one_of_any_value():
    text = GAUSSIANS + "Let $x \\in \\mathbb{R}^d$.\n\n$$ \\nabla_x \\log p(x) = -S_1^{-1} (x - \\mu_1) $$\n"
    assert outcomes(text) == ["holds"]
    assert outcomes(text.replace("-S_1^{-1}", "-S_2^{-1}")) == ["wrong"]
