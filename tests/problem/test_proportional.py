r"""What ``\propto`` means: equal up to a positive factor without the variable of the density on the left."""

from __future__ import annotations

import pytest

from tests.problem.asking import HOLDS, NOT_CHECKED, WRONG, finding, judged, outcome, outcomes

COIN = (
    "Let $a, b > 0$, $\\theta \\sim \\mathrm{Beta}(a, b)$ and $x_i \\mid \\theta \\sim \\mathrm{Bernoulli}(\\theta)$ "
    "for $i = 1, \\dots, N$. Let $s = \\sum_{i=1}^N x_i$.\n\n"
)
COUNT = "Let $a, b > 0$, $r \\sim \\mathrm{Gamma}(a, b)$ and $x \\mid r \\sim \\mathrm{Poisson}(r)$.\n\n"


def line(latex: str) -> str:
    return f"$$ {latex} $$\n"


@pytest.mark.parametrize(
    "latex",
    [
        r"p(\theta \mid x_{1:N}) \propto \theta^{a + s - 1} (1 - \theta)^{b + N - s - 1}",
        r"p(\theta \mid x_1, \dots, x_N) \propto p(\theta) \prod_{i=1}^N p(x_i \mid \theta)",
        r"p(\theta \mid x_{1:N}) \propto 7 a \, \mathrm{Beta}(\theta; a + s, b + N - s)",
        r"p(\theta) \propto \theta^{a - 1} (1 - \theta)^{b - 1}",
    ],
)
def test_a_factor_without_the_variable_is_left_out(latex):
    assert judged(COIN + line(latex)) is HOLDS


@pytest.mark.parametrize(
    "latex",
    [
        r"p(\theta \mid x_{1:N}) \propto \theta^{a + s - 1} (1 - \theta)^{b + N - 1}",
        r"p(\theta \mid x_{1:N}) \propto p(\theta)",
        r"p(\theta) \propto \theta^{a} (1 - \theta)^{b - 1}",
        r"p(\theta) \propto -\theta^{a - 1} (1 - \theta)^{b - 1}",
    ],
)
def test_a_factor_with_the_variable_is_not(latex):
    assert judged(COIN + line(latex)) is WRONG


def test_what_is_held_is_behind_the_bar_and_counts_for_nothing():
    assert judged(COUNT + line(r"p(r \mid x) \propto r^{a + x - 1} e^{-(b + 1) r}")) is HOLDS
    assert judged(COUNT + line(r"p(x \mid r) \propto \frac{r^x}{x!}")) is HOLDS
    assert judged(COUNT + line(r"p(x \mid r) \propto r^x")) is WRONG


def test_an_equality_behind_a_proportion_is_held_against_its_neighbour():
    chain = r"p(\theta) \propto \theta^{a - 1} (1 - \theta)^{b - 1} = \theta^{a - 1} (1 - \theta)^b / (1 - \theta)"
    assert outcomes(COIN + line(chain)) == ["holds", "holds"]
    assert outcomes(COIN + line(chain + r" = 2 \theta^{a - 1} (1 - \theta)^{b - 1}"))[-1] == "wrong"
    assert outcomes(COIN + line(chain + r" \propto 2 \theta^{a - 1} (1 - \theta)^{b - 1}"))[-1] == "holds"


def test_rows_go_on_with_a_proportion():
    rows = (
        "$$\n\\begin{aligned}\np(\\theta \\mid x_{1:N}) &\\propto p(\\theta) \\prod_{i=1}^N p(x_i \\mid \\theta) \\\\\n"
        " &\\propto \\theta^{a - 1} \\theta^{s} (1 - \\theta)^{b + N - s} \\\\\n"
        " &\\propto \\theta^{a + s - 1} (1 - \\theta)^{b + N - s - 1}\n\\end{aligned}\n$$\n"
    )
    assert outcomes(COIN + rows) == ["holds", "wrong", "holds"]


def test_on_a_simplex_the_last_share_may_be_written_as_what_the_others_leave():
    text = "Let $\\alpha \\in \\mathbb{R}^K_{>0}$ and $\\pi \\sim \\mathrm{Dir}(\\alpha)$.\n\n"
    assert judged(text + line(r"p(\pi) \propto \prod_{k=1}^K \pi_k^{\alpha_k - 1}")) is HOLDS
    shares = r"\frac{1}{\pi_1} \left( 1 - \sum_{k=2}^K \pi_k \right) \prod_{k=1}^K \pi_k^{\alpha_k - 1}"
    assert judged(text + line(rf"p(\pi) \propto {shares}")) is HOLDS
    assert judged(text + line(r"p(\pi) \propto \prod_{k=1}^K \pi_k^{\alpha_k}")) is WRONG


def test_a_likelihood_is_a_function_of_what_the_sentence_says():
    text = COIN + "As a function of $\\theta$,\n"
    latex = r"\prod_{i=1}^N p(x_i \mid \theta) \propto \theta^s (1 - \theta)^{N - s}"
    assert judged(text + line(latex)) is HOLDS
    assert outcome(COIN + line(latex)) is NOT_CHECKED
    assert "of what this factor is free" in finding(COIN + line(latex)).message


def test_a_name_is_not_defined_by_its_proportions():
    assert outcome("Let $a > 0$.\n\n" + line(r"L(a) \propto a^2")) is NOT_CHECKED


def test_a_wrong_proportion_is_called_one():
    assert (
        "is not proportional to" in finding(COIN + line(r"p(\theta) \propto \theta^{a} (1 - \theta)^{b - 1}")).message
    )
