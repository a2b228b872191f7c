"""Models said in the ways in which people say them, and what is held fixed in an M-step."""

from __future__ import annotations

import pytest

from derivcheck.engine import problem_of
from derivcheck.source import Source
from derivcheck.verdict import Outcome, settled
from tests.problem.asking import unmended

HOLDS, WRONG = Outcome.HOLDS, Outcome.WRONG
MIXTURE = r"""Let $w \in \Delta^{K}$ and, for $k = 1, \dots, K$, let $\mu_k \in \mathbb{R}$ and $v_k > 0$. For
$i = 1, \dots, N$ let $x_i \in \mathbb{R}$ and $z_i \in \{1, \dots, K\}$ with
"""
CLAIM = r"$$ p(x_i) = \sum_{k=1}^{K} w_k \mathcal{N}(x_i; \mu_k, v_k) $$"


def outcomes(text: str) -> list[Outcome]:
    return [settled(result) for result in unmended(text).results]


@pytest.mark.parametrize(
    "model",
    [
        r"$$ z_i \sim \mathrm{Cat}(w), \qquad x_i \mid z_i \sim \mathcal{N}(\mu_{z_i}, v_{z_i}) . $$",
        r"$$ z_i \sim \mathrm{Cat}(w), \qquad x_i \mid z_i = k \sim \mathcal{N}(\mu_k, v_k) . $$",
        r"$$ p(z_i = k) = w_k, \qquad p(x_i \mid z_i = k) = \mathcal{N}(x_i; \mu_k, v_k) . $$",
    ],
)
def test_a_mixture_may_be_said_at_its_label_or_case_by_case(model: str) -> None:
    assert outcomes(f"{MIXTURE}\n{model}\n\n{CLAIM}\n") == [HOLDS]
    assert outcomes(f"{MIXTURE}\n{model}\n\n{CLAIM.replace('w_k', 'w_k^2')}\n") == [WRONG]


def test_every_bound_of_a_list_is_assumed_where_a_model_follows() -> None:
    text = r"""Let $a, b \in \mathbb{R}_{>0}$ with $a > 1$ and $b > 1$, and let

$$ \theta \sim \mathrm{Beta}(a, b), \qquad x_i \mid \theta \sim \mathrm{Bernoulli}(\theta), \quad i = 1, \dots, N . $$
"""
    declared = problem_of(Source("model.md", text)).declarations
    assert [declared[name].domain.low for name in ("a", "b")] == [1.0, 1.0]


def test_a_variance_is_a_claim_and_no_new_function() -> None:
    model = r"Let $a > 0$ and $\lambda \sim \mathrm{Gamma}(a, 2)$."
    assert outcomes(model + r" Then $\operatorname{Var}[\lambda] = \frac{a}{4}$.") == [HOLDS]
    assert outcomes(model + r" Then $\operatorname{Var}[\lambda] = \frac{a}{2}$.") == [WRONG]


def test_a_sum_without_end_of_integrals_is_no_pass() -> None:
    model = (
        r"Let $\lambda \sim \mathrm{Gamma}(3, 2)$, $k \mid \lambda \sim \mathrm{Poisson}(\lambda)$ "
        r"and $y \mid k \sim \mathcal{N}(k, 1)$."
    )
    assert outcomes(model + r" Then $\mathbb{E}[y^3] = \frac{3}{2}$.") == [Outcome.UNDECIDED]


def test_a_normaliser_sees_the_value_through_a_definition() -> None:
    model = r"""Let $\theta \in (0, 1)$ and $x_i \sim \mathrm{Bernoulli}(\theta)$ for $i = 1, \dots, N$. Write
$h = \sum_{i=1}^{N} x_i$. Then $p(x) = \theta^{h} (1 - \theta)^{N - h}$."""
    assert outcomes(model) == [HOLDS]


def test_an_arg_max_over_a_parameter_of_q_moves_q() -> None:
    text = r"""Let $m \in \mathbb{R}$ and $s, \tau > 0$, let $z \sim \mathcal{N}(1, \tau^2)$ and
$q(z) = \mathcal{N}(z; m, s^2)$. With

$$ L = \mathbb{E}_{q(z)}[\log p(z)] + \mathrm{H}[q] $$

the best value is $m^{\text{new}} = \arg\max_m L = %s$.
"""
    assert outcomes(text % "1") == [HOLDS]
    assert outcomes(text % "2") == [WRONG]
