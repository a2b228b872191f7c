r"""What ``\int`` means: integrals of densities and of anything else, their ends, their variables, and what diverges."""

from __future__ import annotations

import pytest

from tests.problem.asking import HOLDS, NOT_CHECKED, UNDECIDED, WRONG, finding, judged, outcome, outcomes, report

NUMBERS = "Let $a, b > 0$ and $c, u, v \\in \\mathbb{R}$.\n\n"
MODEL = (
    "Let $u \\in \\mathbb{R}^J$ and $\\sigma > 0$. The model is $z \\sim \\mathcal{N}(0, 1)$ and "
    "$x \\mid z \\sim \\mathcal{N}(u z, \\sigma^2 I)$.\n\n"
)
TWO = (
    "The model is $z \\sim \\mathcal{N}(0, 1)$ and $x \\mid z \\sim \\mathcal{N}(z, s)$ with $s > 0$. "
    "Let $q(z) = \\mathcal{N}(z; m, v)$ with $m \\in \\mathbb{R}$ and $v > 0$.\n\n"
)


def line(latex: str) -> str:
    return f"$$ {latex} $$\n"


RIGHT = [
    r"\int_{-\infty}^{\infty} e^{-x^2/2} \, dx = \sqrt{2\pi}",
    r"\int_{\mathbb{R}} e^{-a x^2/2 + c x} \, dx = \sqrt{\frac{2\pi}{a}} e^{c^2/(2a)}",
    r"\int_0^\pi \sin x \, dx = 2",
    r"\int_u^v x \, dx = \frac{v^2 - u^2}{2}",
    r"\int_0^v e^{-a x} \, \mathrm{d}x = \frac{1 - e^{-a v}}{a}",
    r"\int_0^1 t^{a-1} (1-t)^{b-1} \, dt = B(a, b)",
    r"\int_0^\infty x^{a - 1} e^{-b x} \, dx = \Gamma(a) b^{-a}",
    r"\int_{-\infty}^{\infty} \frac{1}{1 + x^2} dx = \pi",
    r"\int_1^\infty \frac{1}{x^2} dx = 1",
    r"\int_0^1 \log x \, dx = -1",
    r"\int_{-a}^{a} x^3 \, dx = 0",
    r"\int_{-\infty}^v e^x dx = e^v",
    r"\int_v^u x^2 dx = - \int_u^v x^2 dx",
    r"\int dx \, x^2 e^{-x^2/2} = \sqrt{2\pi}",
    r"\int_0^\infty e^{-a x} \cos(b x) dx = \frac{a}{a^2 + b^2}",
    r"\frac{d}{dv} \int_u^v e^{-x^2} dx = e^{-v^2}",
    r"\sum_{k=0}^\infty e^{-a} \frac{a^k}{k!} k^2 = a^2 + a",
    r"\sum_{n=0}^{\infty} \frac{(-1)^n}{2^n (n+1)} = 2 \log \frac{3}{2}",
    r"\sum_{s \in \{-1, 1\}} s \, e^{s c} = e^c - e^{-c}",
    r"\frac{\partial}{\partial a} \int_0^\infty e^{-a x} dx = - \int_0^\infty x e^{-a x} dx",
]


@pytest.mark.parametrize("latex", RIGHT)
def test_an_integral_is_worked_out_between_its_ends(latex):
    assert judged(NUMBERS + line(latex)) is HOLDS


@pytest.mark.parametrize(
    "latex",
    [
        r"\int_{-\infty}^{\infty} e^{-x^2/2} \, dx = 2\pi",
        r"\int_0^\pi \sin x \, dx = 0",
        r"\int_u^v x \, dx = \frac{u^2 - v^2}{2}",
        r"\int_0^v e^{-a x} \, dx = \frac{e^{-a v}}{a}",
        r"\int_0^1 t^{a-1} (1-t)^{b-1} \, dt = B(a, b + 1)",
        r"\int_0^1 x^a \log x \, dx = \frac{1}{(a+1)^2}",
        r"\int_{-a}^{a} x^2 \, dx = 0",
        r"\frac{d}{dv} \int_u^v e^{-x^2} dx = -2 v e^{-v^2}",
        r"\frac{d}{du} \int_u^v e^{-x^2} dx = e^{-u^2}",
        r"\sum_{k=1}^\infty k \, 3^{-k} = \frac{2}{3}",
    ],
)
def test_a_mistake_in_an_integral_is_wrong(latex):
    assert judged(NUMBERS + line(latex)) is WRONG


@pytest.mark.parametrize(
    "latex",
    [
        r"\int_{-1}^{1} \frac{1}{x^2} dx = -2",
        r"\int_{-1}^{1} \frac{1}{x} dx = 0",
        r"\int_1^\infty \frac{1}{x} dx = 1",
        r"\int_{-\infty}^\infty x \, dx = 0",
    ],
)
def test_an_integral_that_does_not_exist_is_wrong_and_says_so(latex):
    found = report(NUMBERS + line(latex))
    assert found.results[0].verdict.outcome is WRONG
    assert "no-value" in {finding.code for finding in found.findings}


def test_an_integral_that_does_not_settle_is_undecided_and_says_so():
    found = report(NUMBERS + line(r"\int_{-1}^1 \log x \, dx = -1") + line(r"\sum_{k=1}^\infty k^{-2} = 2")).results
    # Behind k = 85 the factorials overflow, where the terms are not small yet.
    found += report(NUMBERS + line(r"\sum_{k=0}^\infty \frac{(2k)!}{(k!)^2} (0.24)^k = 2")).results
    assert [one.verdict.outcome for one in found] == [UNDECIDED] * 3
    assert all("settle" in one.verdict.reason for one in found)


@pytest.mark.parametrize(
    "latex",
    [
        r"p(x) = \int p(x, z) \, dz = \int p(x \mid z) p(z) \, dz = \mathcal{N}(0, u u^\top + \sigma^2 I)",
        r"p(z \mid x) = \frac{p(x \mid z) p(z)}{\int p(x \mid z') p(z') \, dz'}",
        r"\int z \, p(z \mid x) \, dz = \frac{u^\top x}{u^\top u + \sigma^2}",
        r"\int_{\mathbb{R}^J} x x^\top p(x \mid z) \, dx = \sigma^2 I + z^2 u u^\top",
        r"\int p(x \mid z) dx = 1",
        r"\int \int p(x, z) \, dx \, dz = 1",
        r"\log \int p(x, z) dz = \log p(x)",
        r"\int_{-\infty}^\infty p(z) \log p(z) dz = -\frac{1}{2} \log (2 \pi e)",
        r"\int z \, p(z) \, \mathrm dz = 0",
    ],
)
def test_integrals_of_densities_belong_to_the_model(latex):
    assert set(outcomes(MODEL + line(latex))) == {"holds"}


@pytest.mark.parametrize(
    "latex",
    [
        r"p(x) = \int p(x \mid z) p(x) dz",
        r"\int z^2 p(z) dz = 0",
    ],
)
def test_a_mistake_in_an_integral_of_densities_is_wrong(latex):
    assert judged(MODEL + line(latex)) is WRONG


def test_a_lower_bound_of_the_evidence_is_an_inequality_between_integrals():
    bound = r"\int q(z) \log \frac{p(x, z)}{q(z)} \, dz"
    assert judged(TWO + line(rf"\log p(x) \ge {bound}")) is HOLDS
    assert judged(TWO + line(rf"\log p(x) \le {bound}")) is WRONG


def test_a_mean_under_q_is_an_integral_and_no_definition():
    assert outcomes(TWO + line(r"\mathbb{E}_q[z^2] = \int z^2 q(z) dz = v + m^2")) == ["holds", "holds"]
    assert judged(TWO + line(r"\mathbb{E}_q[z^2] = v - m^2")) is WRONG


def test_the_variable_of_an_integral_may_shadow_a_declared_name():
    text = "Let $x \\in \\mathbb{R}$ and $f(x) = x^2 + 1$.\n\n"
    assert judged(text + line(r"x \int_0^1 f(x) \, dx = \frac{4}{3} x")) is HOLDS


def test_what_takes_separate_values_is_summed_and_not_integrated():
    text = "Let $p \\in (0, 1)$ and $k \\sim \\mathrm{Bernoulli}(p)$.\n\n" + line(r"\int p(k) dk = 1")
    assert outcome(text) is NOT_CHECKED
    assert "sum" in finding(text).message


def test_a_letter_and_the_same_with_a_prime_do_not_stand_under_one_integral():
    assert outcome(MODEL + line(r"p(x) = \int p(x \mid z') p(z) \, dz'")) is NOT_CHECKED


def test_what_cancels_in_a_derivative_by_an_end_is_within_the_bar():
    text = "Let $a, t > 0$.\n\n" + line(r"\frac{d}{dt} \int_0^t a e^{-a u} \, du = a e^{-a t}")
    assert {judged(text, seed) for seed in range(12)} == {HOLDS}
    assert judged(text.replace("= a e^{-a t}", "= a e^{-a t} + 10^{-6}")) is WRONG
