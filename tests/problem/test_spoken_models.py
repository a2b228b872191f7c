"""Models said in words between the names and their distribution."""

from __future__ import annotations

import pytest

from tests.problem.asking import outcomes

MEAN = "$$ \\mathbb{E}\\left[ \\frac{1}{n} \\sum_{i=1}^{n} x_i \\right] = m $$\n"


@pytest.mark.parametrize(
    "model",
    [
        "let $x_1, \\dots, x_n$ be i.i.d. $\\mathcal{N}(m, v)$.",
        "suppose that $x_1, \\dots, x_n$ are independent and identically distributed as $\\mathcal{N}(m, v)$.",
        "let $x_1, \\dots, x_n$ be drawn independently from $\\mathcal{N}(m, v)$.",
        "let $x_1, \\dots, x_n$ be i.i.d., $x_i \\sim \\mathcal{N}(m, v)$.",
        "let $x_1, \\dots, x_n$ be i.i.d. with $x_i \\sim \\mathcal{N}(m, v)$.",
        "let $x_1, \\dots, x_n \\in \\mathbb{R}$ be i.i.d. $\\mathcal{N}(m, v)$.",
    ],
)
def test_words_between_names_and_a_distribution_make_a_line_of_the_model(model):
    text = f"Let $m \\in \\mathbb{{R}}$, $v > 0$ and {model}\n\n{MEAN}"
    assert outcomes(text) == ["holds"]
    assert outcomes(text.replace("= m $$", "= n m $$")) == ["wrong"]


def test_words_behind_a_name_that_is_random_already_make_a_claim():
    text = (
        "Let $z \\sim \\mathcal{N}(0, 1)$ and $x \\mid z \\sim \\mathcal{N}(z, 1)$. Then $x$ is $\\mathcal{N}(0, 2)$.\n"
    )
    assert outcomes(text) == ["holds"]
    assert outcomes(text.replace("(0, 2)", "(0, 3)")) == ["wrong"]


def test_other_words_between_do_not():
    text = "Let $m, x \\in \\mathbb{R}$. We compare $x$ with the density $\\mathcal{N}(m, 1)$.\n\n$$ p(x) = 1 $$\n"
    assert "holds" not in outcomes(text)


def test_the_number_of_trials_need_not_be_declared():
    text = "Let $0 < \\theta < 1$ and $k \\sim \\mathrm{Binomial}(n, \\theta)$.\n\n$$ \\mathbb{E}[k] = n \\theta $$\n"
    assert outcomes(text) == ["holds"]
    assert outcomes(text.replace("= n \\theta", "= \\theta")) == ["wrong"]
