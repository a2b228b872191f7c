"""A wrong line and the one edit that a person would make: the first that is shown."""

from __future__ import annotations

import pytest

from derivcheck.config import Settings
from derivcheck.engine import check
from derivcheck.source import Source

COINS = (
    "Let $\\alpha, \\beta > 0$ and $n \\in \\mathbb{N}$. Let $\\theta \\sim \\mathrm{Beta}(\\alpha, \\beta)$ and "
    "$x_i \\mid \\theta \\sim \\mathrm{Bernoulli}(\\theta)$ for $i = 1, \\dots, n$. Let $s = \\sum_{i=1}^n x_i$.\n\n"
)
RATE = (
    "Let $a, b > 0$, $\\lambda \\sim \\mathrm{Gamma}(a, b)$ and $x_i \\mid \\lambda \\sim \\mathrm{Poisson}(\\lambda)$ "
    "for $i = 1, \\dots, n$, and $S = \\sum_{i=1}^n x_i$.\n\n"
)
NORMAL = "Let $\\mu \\in \\mathbb{R}$, $\\sigma > 0$ and $X \\sim \\mathcal{N}(\\mu, \\sigma^2)$. Put $Y = e^X$.\n\n"
BINOMIAL = "Let $p \\in (0, 1)$, $n \\in \\mathbb{N}$ and $X \\sim \\mathrm{Bin}(n, p)$.\n\n"
VECTOR = (
    "Let $\\mu, a \\in \\mathbb{R}^d$, $\\Sigma \\in \\mathbb{R}^{d \\times d}$ with $\\Sigma \\succ 0$ and "
    "$x \\sim \\mathcal{N}(\\mu, \\Sigma)$.\n\n"
)
RIDGE = (
    "Let $X \\in \\mathbb{R}^{n \\times d}$, $\\sigma, \\tau > 0$, $w \\sim \\mathcal{N}(0, \\tau^2 I)$ with "
    "$w \\in \\mathbb{R}^d$ and $y \\mid w \\sim \\mathcal{N}(X w, \\sigma^2 I)$. Let $\\lambda = \\sigma^2 / \\tau^2$.\n\n"
)
FACTOR = (
    "We observe $x_1, \\dots, x_N \\in \\mathbb{R}^d$, and $w \\in \\mathbb{R}^d$, $\\tau > 0$. Let "
    "$z_n \\sim \\mathcal{N}(0, 1)$ and $x_n \\mid z_n \\sim \\mathcal{N}(w z_n, \\tau I)$ for $n = 1, \\dots, N$.\n"
    "Write $m_n = \\mathbb{E}[z_n \\mid x_n]$ and $s_n = \\mathbb{E}[z_n^2 \\mid x_n]$.\n\n"
)
STATIONARY = "\\frac{1}{\\tau} \\sum_{n=1}^N (m_n x_n - s_n w) = 0 \\Rightarrow w = "


@pytest.mark.parametrize(
    ("before", "line", "title"),
    [
        (NORMAL, "\\operatorname{Var}(X) = \\mathbb{E}[X^2] - \\mathbb{E}[X]", "square `𝔼[X]`"),
        (NORMAL, "\\mathbb{E}[Y] = e^{\\mu + \\sigma^2}", "divide `σ²` by `2`"),
        (NORMAL, "\\mathbb{E}[Y^2] = e^{2\\mu + \\sigma^2}", "multiply `σ²` by `2`"),
        (NORMAL, "\\mathbb{E}[(X - \\mu)^4] = \\sigma^4", "multiply by `3`"),
        (NORMAL, "\\operatorname{Var}(X) = 2 \\sigma^2", "drop the factor `2`"),
        (BINOMIAL, "\\operatorname{Var}(X) = n p", "multiply by `(1 − p)`"),
        (BINOMIAL, "\\mathbb{E}[X] = n (1 - p)", "replace `(1 − p)` by `p`"),
        (VECTOR, "\\operatorname{Var}(a^\\top x) = a^\\top \\Sigma^{-1} a", "replace `Σ⁻¹` by `Σ`"),
        (
            COINS,
            "p(\\theta \\mid x_1, \\dots, x_n) = \\mathrm{Beta}(\\theta; \\alpha + s, \\beta - s)",
            "add the term `n` to `β − s`",
        ),
        (
            COINS,
            "p(\\theta \\mid x_1, \\dots, x_n) \\propto \\theta^{\\alpha + s} (1 - \\theta)^{\\beta + n - s - 1}",
            "subtract 1 from `α + s`",
        ),
        (
            RATE,
            "p(\\lambda \\mid x_1, \\dots, x_n) = \\mathrm{Gamma}(\\lambda; a + S, \\frac{1}{b + n})",
            "replace `1/(b + n)` by `b + n`",
        ),
        (
            RATE,
            "p(\\lambda \\mid x_1, \\dots, x_n) \\propto \\lambda^{a + S - 1} e^{-b\\lambda} e^{-\\lambda}",
            "multiply `λ` by `n`",
        ),
        (
            RATE,
            "\\operatorname{Var}(\\lambda \\mid x_1, \\dots, x_n) = \\frac{a + S}{b + n}",
            "square `b + n`",
        ),
        (
            RIDGE,
            "\\arg\\max_w p(w \\mid y) = (X^\\top X + \\tau^2 I)^{-1} X^\\top y",
            "replace `τ²` by `λ`",
        ),
        (RIDGE, "p(y) = \\mathcal{N}(y; 0, \\tau^2 X X^\\top)", "add the term `σ² I` to `τ² X Xᵀ`"),
        (
            RIDGE,
            "\\operatorname{Cov}[w \\mid y] = \\frac{1}{\\sigma^2} X^\\top X + \\frac{1}{\\tau^2} I",
            "invert `1/σ² Xᵀ X + 1/τ² I`",
        ),
        (
            RIDGE,
            "\\log p(y \\mid w) = -\\frac{1}{2} \\log(2\\pi\\sigma^2) - \\frac{1}{2\\sigma^2} \\|y - X w\\|^2",
            "replace `1` by `n`",
        ),
        (
            RIDGE,
            "\\log p(y \\mid w) = -\\frac12 \\log(2\\pi\\sigma^2) - \\frac{1}{2\\sigma^2} \\|y - X w\\|^2",
            "replace `1` by `n`",
        ),
        (
            RATE,
            "\\int_0^\\infty \\lambda^{a - 1} e^{-b \\lambda} d\\lambda = \\frac{\\Gamma(a)}{b^a - 1}",
            "drop the term `1`",
        ),
        (FACTOR, "p(x_n) = \\mathcal{N}(x_n \\mid 0, w w^\\top + \\tau^2 I)", "replace `τ²` by `τ`"),
        (
            FACTOR,
            STATIONARY + "\\frac{1}{N} \\sum_{n=1}^N \\frac{m_n x_n}{s_n}",
            "divide the sums, not the terms",
        ),
        (FACTOR, STATIONARY + "\\frac{\\sum_{n=1}^N m_n x_n}{N}", "replace `N` by `Σₙ₌₁ᴺ sₙ`"),
        (
            FACTOR,
            STATIONARY + "\\frac{\\sum_{n=1}^N m_n x_n}{\\sum_{n=1}^N m_n^2}",
            "replace `mₙ²` by `sₙ`",
        ),
    ],
)
def test_the_edit_of_a_person_is_shown_first(before: str, line: str, title: str) -> None:
    text = f"{before}$$ {line} $$\n"
    (found,) = check(Source("d.md", text), Settings()).findings
    assert (found.help or "").partition(";")[0] == title
    (edit,) = found.edits
    mended = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
    assert not check(Source("d.md", mended), Settings()).findings, mended


def test_the_left_side_is_never_what_is_missing_on_the_right() -> None:
    text = (
        f"{FACTOR}$$ p(z_n \\mid x_n) = \\mathcal{{N}}(z_n; \\frac{{w^\\top x_n}}{{w^\\top w + \\tau}}, "
        "\\frac{\\tau}{w^\\top w + \\tau}) $$\n\n$$ s_n = m_n^2 $$\n"
    )
    (help,) = _helps(text)
    assert help is not None
    assert help.startswith("add the term `τ/(wᵀ w + τ)` to `mₙ²`")


def _helps(text: str) -> list[str | None]:
    return [finding.help for finding in check(Source("d.md", text), Settings()).findings]


def test_what_is_transposed_already_is_offered_without_its_transpose() -> None:
    text = "Let $A \\in \\mathbb{R}^{n \\times d}$ and $S \\in \\mathbb{R}^{d \\times d}$.\n\n$$ B = A^\\top S $$\n"
    assert _helps(text) == ["`A` would fit on the left, and so would the other order"]


def test_the_outer_product_is_offered_for_the_inner_one() -> None:
    text = "Let $M \\in \\mathbb{R}^{k \\times k}$ and $m \\in \\mathbb{R}^k$.\n\n$$ B = M + m^\\top m $$\n"
    assert _helps(text) == ["`m m^\\top` is the outer product, which would fit"]


def test_a_name_whose_own_line_is_not_read_is_not_taken_for_another() -> None:
    text = (
        "Let $A \\in \\mathbb{R}^{n \\times d}$ and $S_N \\in \\mathbb{R}^{n \\times n}$.\n\n$$ m_N = A S_N $$\n\n"
        "$$ B = m_N + S_N $$\n"
    )
    (finding,) = check(Source("d.md", text), Settings()).findings
    assert (finding.code, finding.facts) == ("shape-mismatch", ("1 more line depends on this",))


def test_a_prediction_of_a_filter_is_no_estimate_that_maximises_something() -> None:
    text = (
        "Let $A, P, Q \\in \\mathbb{R}^{n \\times n}$ with $P, Q \\succ 0$, $x \\sim \\mathcal{N}(0, P)$ and "
        "$y \\mid x \\sim \\mathcal{N}(A x, Q)$.\n\n$$ P^- = A P A^\\top + Q $$\n\n$$ \\operatorname{Cov}[y] = P^- $$\n"
    )
    assert not check(Source("d.md", text), Settings()).findings
