"""Equal by derivative: what is made of logarithms is proved by its derivatives and a point, and nothing else is."""

from __future__ import annotations

import random

import pytest

from derivcheck.config import Settings
from derivcheck.engine import problem_of
from derivcheck.evaluation import bounds
from derivcheck.evaluation.arithmetic import BUDGET
from derivcheck.oracles import constancy, modular
from derivcheck.oracles.draws import Draws
from derivcheck.problem.problem import Claim
from derivcheck.source import Source
from derivcheck.verdict import Evidence, Outcome

HOLDS, WRONG, NOT_CHECKED = Outcome.HOLDS, Outcome.WRONG, Outcome.NOT_CHECKED
SETTING = r"""Let $W \in \mathbb{R}^{J \times K}$, $\sigma > 0$, $\tau > 0$, $x \in \mathbb{R}^{J}$, $m \in \mathbb{R}^J$,
$a, b \in \mathbb{R}$ and symmetric positive definite $S \in \mathbb{R}^{J \times J}$.
"""
MODEL = r"""
The model is $z \sim \mathcal{N}(0, I)$ with $z \in \mathbb{R}^K$ and $x \mid z \sim \mathcal{N}(W z, \sigma^2 I)$.
"""


def said(line: str, seed: int = 0, model: str = "") -> Evidence:
    problem = problem_of(Source("t.md", f"{SETTING}{model}\n\n$$ {line} $$\n"))
    claim = problem.claims[-1]
    assert isinstance(claim, Claim), claim
    BUDGET.renew()
    return modular.ask(Draws(problem, Settings(seed=seed)), claim)


PROVED = [
    r"\log\det(2 \pi \sigma^2 I + 0 S) = J \log(2 \pi) + 2 J \log \sigma + 0 \operatorname{tr}(S)",
    r"\log\det(\tau S) = J \log \tau + \log\det S + 0 a",
    r"\log\det(S / \tau) + 3 J \log \tau = \log\det(\tau^2 S)",
    r"\log\det(W W^\top + \sigma^2 I) = \log\det(W^\top W + \sigma^2 I) + (J - K) \log \sigma^2",
    r"\log(\tau^{10} \sigma^{10} + 0 a) = 10 \log \tau + 10 \log \sigma",
    r"J \log(6 \pi \tau \sigma) - J \log(2 \tau) = J \log(3 \sigma) + J \log \pi",
]
MODELS = [
    r"\log p(x, z) = -\frac{J + K}{2} \log(2\pi) - J \log \sigma - \frac{1}{2\sigma^2} \|x - W z\|^2 - \frac{1}{2} z^\top z",
    r"p(x \mid z) = (2 \pi \sigma^2)^{-J/2} \exp\left(-\frac{1}{2\sigma^2} (x - W z)^\top (x - W z)\right)",
    r"p(z) = \frac{1}{(2 \pi)^{K/2}} \exp\left(-\frac{1}{2} z^\top z\right)",
    r"p(x) = \mathcal{N}(x; 0, W W^\top + \sigma^2 I)",
    r"\log p(x) = -\frac{1}{2} \left( J \log(2 \pi) + \log\det(W W^\top + \sigma^2 I) + x^\top (W W^\top + \sigma^2 I)^{-1} x \right)",
]  # fmt: skip


@pytest.mark.parametrize("line", PROVED)
def test_logarithms_of_products_of_any_length_are_proved(line):
    assert all(said(line, seed).outcome is HOLDS for seed in range(3))


@pytest.mark.parametrize("line", MODELS)
def test_log_densities_with_their_normalisers_are_proved(line):
    assert all(said(line, seed, MODEL).outcome is HOLDS for seed in range(3))


def test_how_it_is_proved_is_said():
    assert said(MODELS[0], model=MODEL).detail.endswith(constancy.SAID)


WRONG_LINES = [
    r"\log\det(\tau S) = \log \tau + \log\det S",
    r"\log\det(\tau S) = J \log \tau - \log\det S",
    r"\log\det(\tau S) = J \log(2 \tau) + \log\det S",
    r"\log\det(\tau S) = K \log \tau + \log\det S",
    r"\log\det(W W^\top + \sigma^2 I) = \log\det(W^\top W + \sigma^2 I) + (K - J) \log \sigma^2",
    r"\log\det(W W^\top + \sigma^2 I) = \log\det(W^\top W + \sigma^2 I) + (J - K) \log \sigma",
    r"\log(\tau + \sigma) = \log \tau + \log \sigma",
    r"\log(2 \tau) = \log \tau + 1",
    r"\log(2 \tau) = \log \tau + \log 3",
    r"\log(\pi \tau) = \log \tau + \log 3",
    r"\log(e \tau) = \log \tau + 2",
    r"\log(e^a \tau) = \log \tau - a",
    r"\log 1024 = 11 \log 2",
    r"\log(a^2 + 1) = 2 \log(a + 1)",
]


@pytest.mark.parametrize("line", WRONG_LINES)
def test_what_differs_by_a_derivative_or_by_a_constant_is_not_proved(line):
    assert all(said(line, seed).outcome is not HOLDS for seed in range(6))


CHOOSING = [
    r"\sqrt{a^2} = a",
    r"e^{\frac{1}{2} \log a^2} = a",
    r"(a^2)^{1/2} + \log \tau = a + \log \tau",
    r"|a| + \log(\tau^9 \sigma^9) = a + 9 \log \tau + 9 \log \sigma",
    r"\arctan(a) + \arctan(1/a) = \frac{\pi}{2}",
    r"\log(a - 1) - \log(1 - a) = 0",
    r"\frac{\sqrt{(a - b)^2}}{a - b} = 1",
    r"\max(a, b) - \max(b, a) + \sqrt{a^2} = a",
]


@pytest.mark.parametrize("line", CHOOSING)
def test_constants_that_differ_from_place_to_place_prove_nothing(line):
    assert all(said(line, seed).outcome is not HOLDS for seed in range(6))


def test_of_a_hundred_near_misses_of_a_log_density_none_is_proved():
    source = random.Random(7)
    right = ("-", r"\frac{J + K}{2}", r"2\pi", "J", r"\frac{1}{2\sigma^2}", "x - W z", r"\frac{1}{2}")
    others = (
        ("+", "-"), (r"\frac{J}{2}", r"\frac{K}{2}", "(J + K)", r"\frac{J - K}{2}", r"\frac{J + K}{3}"),
        (r"\pi", "2", r"2 \pi e", r"4 \pi", r"\pi^2"), ("K", "1", "2 J", r"\frac{J}{2}", "(J + 1)"),
        (r"\frac{1}{\sigma^2}", r"\frac{1}{2 \sigma}", r"\frac{1}{2}", r"\frac{\sigma^2}{2}"),
        ("x + W z", "W z", "x", "x - 2 W z"), ("1", "-\\frac{1}{2}", r"\frac{1}{4}", r"\frac{J}{2}"),
    )  # fmt: skip
    found: dict[tuple[str, ...], None] = {}
    while len(found) < 100:
        place = source.randrange(7)
        parts = [*right]
        parts[place] = source.choice(others[place])
        if source.random() < 0.7:
            other = source.randrange(7)
            parts[other] = source.choice(others[other])
        if tuple(parts) != right:
            found.setdefault(tuple(parts))
    for sign, count, turn, sigmas, factor, gap, half in found:
        line = rf"\log p(x, z) = {sign} {count} \log({turn}) - {sigmas} \log \sigma - {factor} \|{gap}\|^2 - ({half}) z^\top z"
        assert said(line, source.randrange(50), MODEL).outcome is not HOLDS, line


def test_what_is_tied_or_counted_is_left():
    tied = r"Let $u \in \mathbb{R}^n$ with $u^\top u = 1$ and $\tau > 0$." + "\n\n"
    problem = problem_of(Source("t.md", tied + r"$$ \log(\tau^{10} u^\top u) = 10 \log \tau $$" + "\n"))
    claim = problem.claims[-1]
    assert isinstance(claim, Claim)
    assert not constancy.applies(Draws(problem, Settings()), claim, ("u",), True)


def test_numbers_are_taken_apart_into_primes():
    assert bounds.factors(360, 100) == {2: 3, 3: 2, 5: 1}
    assert bounds.factors(1, 100) == {}
    assert bounds.factors(2 * 10_007, 10_000) is None
    assert bounds.factors(10_007**2, 10_000) is None
