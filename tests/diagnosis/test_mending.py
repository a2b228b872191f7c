"""Single edits for the mistakes of people who write about probability."""

from __future__ import annotations

import pytest

from tests.problem.asking import finding

BOUND = (
    "Let $m \\in \\mathbb{R}$, $t, s > 0$ and $z \\sim \\mathcal{N}(0, t^2)$. Let $q(z) = \\mathcal{N}(z; m, s^2)$. "
    "Let $L = \\mathbb{E}_{q(z)}[\\log q(z) - \\log p(z)]$.\n\n"
)
COIN = (
    "Let $a, b > 0$, $\\theta \\sim \\mathrm{Beta}(a, b)$ and $x \\mid \\theta \\sim \\mathrm{Bernoulli}(\\theta)$.\n\n"
)
LINE = "Let $w \\in \\mathbb{R}^n$, $s > 0$ and $f = \\frac{1}{4} w^\\top w + s \\, \\mathbf{1}^\\top w$.\n\n"
NOISE = "Let $s > 0$, $z \\sim \\mathcal{N}(0, 1)$ and $x \\mid z \\sim \\mathcal{N}(z, s^2)$.\n\n"
VECTOR = (
    "Let $u \\in \\mathbb{R}^n$, $s > 0$, $z \\sim \\mathcal{N}(0, 1)$ and "
    "$x \\mid z \\sim \\mathcal{N}(u z, s^2 I)$.\n\n"
)


@pytest.mark.parametrize(
    ("before", "line", "title"),
    [
        (BOUND, "L = \\mathrm{KL}(p(z) \\,\\|\\, q(z))", "swap `p(z)` and `q(z)`"),
        (COIN, "p(\\theta \\mid x) = \\mathrm{Beta}(\\theta; b + 1 - x, a + x)", "swap `b + 1 − x` and `a + x`"),
        (LINE, "\\frac{\\partial f}{\\partial w} = w + s \\mathbf{1}", "halve the term `w`"),
        (NOISE, "\\operatorname{Var}[z \\mid x] = \\frac{1}{1 + s^2}", "replace `s²` by `s⁻²`"),
        (VECTOR, "p(x) = \\mathcal{N}(x; 0, u u^\\top + s I)", "replace `s` by `s²`"),
        (VECTOR, "\\operatorname{Var}[z \\mid x] = (s^2 + u^\\top u)^{-1}", "multiply by `s²`"),
        (
            VECTOR,
            "p(x \\mid z) = \\frac{1}{(2\\pi)^{n/2} s} \\exp\\left(-\\frac{1}{2 s^2} (x - u z)^\\top (x - u z)\\right)",
            "raise `s` to the power `n`",
        ),
    ],
)
def test_the_edit_that_mends_a_line_is_found(before: str, line: str, title: str) -> None:
    found = finding(f"{before}$$ {line} $$\n")
    assert title in (found.help or ""), found.help
