"""Completing the square mod a prime: posteriors, marginals, means and optima are proved, and their mistakes are not."""

from __future__ import annotations

import pytest

from derivcheck.config import Settings
from derivcheck.engine import problem_of
from derivcheck.evaluation.arithmetic import BUDGET
from derivcheck.oracles import modular
from derivcheck.oracles.draws import Draws
from derivcheck.problem.problem import Claim
from derivcheck.source import Source
from derivcheck.verdict import Outcome

MODEL = r"""Let $u \in \mathbb{R}^{J}$, $\sigma > 0$, $z \sim \mathcal{N}(0, 1)$ and
$x \mid z \sim \mathcal{N}(u z, \sigma^2 I)$ with $x \in \mathbb{R}^J$."""


def outcome(line: str, seed: int = 0, setting: str = MODEL) -> Outcome:
    problem = problem_of(Source("t.md", f"{setting}\n\n$$ {line} $$\n"))
    (claim,) = [claim for claim in problem.claims if isinstance(claim, Claim)]
    BUDGET.renew()
    return modular.ask(Draws(problem, Settings(seed=seed)), claim).outcome


RIGHT = [
    r"p(x) = \mathcal{N}(0, u u^\top + \sigma^2 I)",
    r"p(z \mid x) = \mathcal{N}\left(\frac{u^\top x}{\sigma^2 + u^\top u}, \frac{\sigma^2}{\sigma^2 + u^\top u}\right)",
    r"\mathbb{E}[z \mid x] = \frac{u^\top x}{\sigma^2 + u^\top u}",
    r"\operatorname{Var}[z \mid x] = \frac{\sigma^2}{\sigma^2 + u^\top u}",
    r"\mathbb{E}[z^2 \mid x] = \frac{\sigma^2}{\sigma^2 + u^\top u} + \left(\frac{u^\top x}{\sigma^2 + u^\top u}\right)^2",
    r"\log p(z) = -\frac{1}{2} \log(2 \pi) - \frac{1}{2} z^2",
]  # fmt: skip
WRONG = [
    r"p(x) = \mathcal{N}(0, u u^\top + \sigma I)",
    r"p(x) = \mathcal{N}(u, u u^\top + \sigma^2 I)",
    r"p(z \mid x) = \mathcal{N}\left(\frac{u^\top x}{\sigma^2 + u^\top u}, \frac{\sigma^4}{\sigma^2 + u^\top u}\right)",
    r"\mathbb{E}[z \mid x] = u^\top x",
    r"\mathbb{E}[z \mid x] = \frac{u^\top x}{1 + u^\top u}",
    r"\operatorname{Var}[z \mid x] = \frac{\sigma^2}{1 + u^\top u}",
    r"\mathbb{E}[z^2 \mid x] = \left(\frac{u^\top x}{\sigma^2 + u^\top u}\right)^2",
    r"\log p(z) = -\log(2 \pi) - \frac{1}{2} z^2",
]  # fmt: skip


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("line", RIGHT)
def test_gaussian_results_are_proved(line, seed):
    assert outcome(line, seed) is Outcome.HOLDS


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("line", WRONG)
def test_their_mistakes_are_not_proved_and_left_to_the_numbers(line, seed):
    assert outcome(line, seed) is Outcome.NOT_CHECKED


def test_what_is_not_quadratic_is_left():
    assert outcome(r"\mathbb{E}[z^4] = 3") is Outcome.NOT_CHECKED


def test_whether_an_integral_exists_is_left_where_only_exact_evidence_is_asked_for():
    problem = problem_of(Source("t.md", f"{MODEL}\n\n$$ {RIGHT[2]} $$\n"))
    (claim,) = [claim for claim in problem.claims if isinstance(claim, Claim)]
    BUDGET.renew()
    evidence = modular.ask(Draws(problem, Settings(evidence="exact")), claim)
    assert evidence.outcome is Outcome.NOT_CHECKED
    assert "exists" in evidence.detail
