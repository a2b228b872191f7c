"""Spellings of models and of what is said of them: samples with dots, bare q and p, values of a finite name."""

from __future__ import annotations

import pytest

from tests.problem.asking import HOLDS, NOT_CHECKED, WRONG, finding, judged, outcome, outcomes

TWO = (
    "Let $q(x) = \\mathcal{N}(x; m, s)$ and $p(x) = \\mathcal{N}(x; n, t)$ with $m, n \\in \\mathbb{R}$ and $s, t > 0$."
    "\n\n"
)
MIXTURE = (
    "Let $\\pi \\in \\Delta^{K-1}$, $\\mu \\in \\mathbb{R}^K$ and $s > 0$. The model is $z \\sim \\mathrm{Cat}(\\pi)$ "
    "and $x \\mid z = k \\sim \\mathcal{N}(\\mu_k, s)$.\n\n"
)


def line(latex: str) -> str:
    return f"$$ {latex} $$\n"


def test_a_sample_may_be_written_with_dots():
    text = "Let $r \\sim \\mathrm{Gamma}(a, b)$ with $a, b > 0$ and $x_1, \\dots, x_n \\mid r \\sim \\mathrm{Poisson}(r)$.\n\n"
    right = r"p(x_1, \dots, x_n \mid r) = \prod_{i=1}^n \frac{r^{x_i} e^{-r}}{x_i!}"
    assert judged(text + line(right)) is HOLDS
    assert judged(text + line(right.replace("{x_i!}", "{x_i}"))) is WRONG


def test_q_and_p_of_one_value_do_not_get_in_each_others_way():
    divergence = r"\frac{1}{2} \left( \log \frac{t}{s} + \frac{s + (m - n)^2}{t} - 1 \right)"
    assert judged(TWO + line(rf"\mathrm{{KL}}(q \,\|\, p) = {divergence}")) is HOLDS
    assert judged(TWO + line(rf"\mathrm{{KL}}(p \,\|\, q) = {divergence}")) is WRONG
    assert judged(TWO + line(r"\mathrm{KL}(q \,\|\, p) \ge 0")) is HOLDS
    assert judged(TWO + line(r"\mathrm{KL}(q \,\|\, p) \le 0")) is WRONG


def test_the_parameters_of_a_q_that_stands_alone_are_followed_by_derivatives():
    assert judged(TWO + line(r"\frac{\partial}{\partial m} \mathbb{E}_q[x^2] = 2 m")) is HOLDS
    assert judged(TWO + line(r"\frac{\partial}{\partial m} \mathbb{E}_q[x^2] = m")) is WRONG


@pytest.mark.parametrize("sign", ["=", r"\propto"])
def test_the_weight_of_a_component_is_a_density_of_its_number(sign):
    over = r"\sum_{j=1}^K \pi_j \mathcal{N}(x; \mu_j, s)"
    assert (
        judged(MIXTURE + line(rf"p(z = k \mid x) {sign} \frac{{\pi_k \mathcal{{N}}(x; \mu_k, s)}}{{{over}}}")) is HOLDS
    )
    assert judged(MIXTURE + line(rf"p(z = k \mid x) {sign} \frac{{\mathcal{{N}}(x; \mu_k, s)}}{{{over}}}")) is WRONG


def test_counts_run_over_the_values_that_are_counted():
    text = (
        "Let $\\alpha \\in \\mathbb{R}^K_{>0}$, $\\pi \\sim \\mathrm{Dir}(\\alpha)$ and $z_i \\mid \\pi \\sim "
        "\\mathrm{Cat}(\\pi)$ for $i = 1, \\dots, N$. Let $n_k = \\sum_{i=1}^N \\mathbb{1}[z_i = k]$.\n\n"
    )
    chain = r"p(\pi \mid z_{1:N}) \propto \prod_{k=1}^K \pi_k^{\alpha_k - 1} \prod_{k=1}^K \pi_k^{n_k}"
    assert outcomes(text + line(chain)) == ["holds"]
    assert judged(text + line(chain.replace("n_k", "2 n_k"))) is WRONG


def test_a_sum_behind_the_argument_of_a_word_is_read_in_two_ways():
    text = "Let $r > 0$ and $x_i \\in \\mathbb{R}$ for $i = 1, \\dots, N$.\n\n"
    assert outcome(text + line(r"\log r \sum_{i=1}^N x_i = (\log r) \sum_{i=1}^N x_i")) is NOT_CHECKED
    assert "two ways" in finding(text + line(r"\log r \sum_{i=1}^N x_i = (\log r) \sum_{i=1}^N x_i")).message


def test_an_estimate_is_found_from_the_samples_that_have_one():
    text = (
        "Let $x_i \\in \\{0, 1\\}$ for $i = 1, \\dots, N$ and $\\theta \\in (0, 1)$. Let "
        "$\\ell = \\sum_{i=1}^N (x_i \\log \\theta + (1 - x_i) \\log(1 - \\theta))$.\n\n"
    )
    rows = r"\frac{\partial \ell}{\partial \theta} = 0 \Rightarrow \theta = \frac{1}{N} \sum_{i=1}^N x_i"
    assert outcomes(text + line(rows))[-1] == "holds"
    assert outcomes(text + line(rows.replace(r"\frac{1}{N}", r"\frac{1}{N - 1}")))[-1] == "wrong"
