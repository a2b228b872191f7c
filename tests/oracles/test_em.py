"""EM run as a document states it: what lowers the likelihood is blamed, a damped update by its rate alone."""

from __future__ import annotations

import pytest

from derivcheck.judge import judge
from derivcheck.oracles import em, procedure
from derivcheck.oracles.table import ORACLES
from tests.problem.asking import HOLDS, NOT_CHECKED, WRONG, bench

FACTOR = r"""Let $u \in \mathbb{R}^{J}$ with $u \ne 0$, $\sigma > 0$, and $x^{(i)} \in \mathbb{R}^{J}$ for $i = 1, \dots, N$. Let

$$ z^{(i)} \sim \mathcal{N}(0, 1), \quad x^{(i)} \mid z^{(i)} \sim \mathcal{N}(u z^{(i)}, \sigma^2 I) $$

with $m^{(i)} = \mathbb{E}[z^{(i)} \mid x^{(i)}]$ and $s^{(i)} = \mathbb{E}[(z^{(i)})^2 \mid x^{(i)}]$. Let
$q(z^{(i)}) = p(z^{(i)} \mid x^{(i)})$ at the current parameters and

$$ Q = \sum_{i=1}^{N} \mathbb{E}_{q(z^{(i)})} \left[ \log p(x^{(i)}, z^{(i)}) \right] $$

$$ LINE $$
"""
M = r"\frac{\sum_{i=1}^{N} x^{(i)} m^{(i)}}{\sum_{i=1}^{N} s^{(i)}}"
LOADING = r"u^{\text{new}} = \arg\max_u Q = "
NOISE = (
    r"\sigma^{\text{new}} = \arg\max_\sigma Q = \sqrt{\frac{1}{N J} \sum_{i=1}^{N} \left( (x^{(i)})^\top x^{(i)}"
    r" - 2 (x^{(i)})^\top u m^{(i)} + u^\top u s^{(i)} \right)}"
)
MIXTURE = r"""Let $w \in \Delta^{2}$ and, for $k = 1, 2$, let $\mu_k \in \mathbb{R}$ and $v_k > 0$. For $i = 1, \dots, N$ let
$x_i \in \mathbb{R}$ and

$$ z_i \sim \mathrm{Categorical}(w), \qquad x_i \mid z_i = k \sim \mathcal{N}(\mu_k, v_k) . $$

The responsibilities are $r_{ik} = p(z_i = k \mid x_i)$, and $N_k = \sum_{i=1}^{N} r_{ik}$. Let $q(z_i) = p(z_i \mid x_i)$ at the
current parameters, and $Q = \sum_{i=1}^{N} \mathbb{E}_{q(z_i)} \left[ \log p(x_i, z_i) \right]$. Then

$$ \mu_k^{\text{new}} = \arg\max_{\mu_k} Q = \frac{1}{N_k} \sum_{i=1}^{N} r_{ik} x_i $$
$$ v_k^{\text{new}} = \arg\max_{v_k} Q = \frac{1}{N_k} \sum_{i=1}^{N} r_{ik} (x_i - \mu_k)^2 $$
$$ w_k^{\text{new}} = \arg\max_{w_k} Q = \frac{N_k}{N} $$
"""


def optima(text, seed=0):
    made, claims = bench(text, seed)
    return made, [claim for claim in claims if claim.kind == "optimum"]


RATE = em.has_rate, em.ask_rate


def of_loading(update, seed=0, oracle=(em.applies, em.ask)):
    made, (claim,) = optima(FACTOR.replace("LINE", LOADING + update), seed)
    applies, ask = oracle
    assert applies(made, claim)
    return ask(made, claim)


@pytest.fixture(autouse=True)
def shorter(monkeypatch):
    """Fewer rounds than in earnest: enough for some runs to come to rest."""
    monkeypatch.setattr(procedure, "CAP", 40)


@pytest.mark.parametrize("seed", range(2))
def test_em_climbs_and_comes_to_rest_at_the_rate_that_the_curvatures_give(seed):
    found = of_loading(M, seed)
    assert found.outcome is HOLDS
    assert "data of the model and other data" in found.detail
    assert of_loading(M, seed, RATE).outcome in (HOLDS, NOT_CHECKED)


def test_the_rate_is_told_where_a_run_rests():
    found = of_loading(M, 0, RATE)
    assert found.outcome is HOLDS
    assert found.points >= 1
    assert found.error < 1e-7
    assert 0 < found.claimed < 1


@pytest.mark.parametrize(
    "update",
    [
        M.replace("s^{(i)}", "(m^{(i)})^2"),
        rf"2 {M}",
        M.replace(r"\sum_{i=1}^{N} s^{(i)}", "N"),
        rf"3 {M} - 2 u",
    ],
)
def test_a_step_that_lowers_the_likelihood_is_wrong(update):
    found = of_loading(update)
    assert found.outcome is WRONG
    assert "falls" in found.detail


def test_a_damped_update_climbs_too_and_is_told_by_its_rate(monkeypatch):
    monkeypatch.setattr(procedure, "CAP", 100)
    damped = rf"\frac{{9}}{{10}} {M} + \frac{{1}}{{10}} u"
    assert of_loading(damped).outcome is HOLDS
    found = of_loading(damped, 0, RATE)
    assert found.outcome is WRONG
    assert "closes in" in found.detail
    made, (claim,) = optima(FACTOR.replace("LINE", LOADING + damped))
    verdict = judge(made, claim)
    assert verdict.outcome is WRONG
    assert {"optimum", "stationarity", "comparison", "rate"} <= {
        e.oracle for e in verdict.evidence if e.outcome is WRONG
    }


def test_an_update_that_stays_where_it_is_rests_where_the_likelihood_still_rises():
    found = of_loading("u")
    assert found.outcome is WRONG
    assert "still rises" in found.detail


def test_what_is_right_only_at_the_fixed_point_is_wrong_by_its_rate():
    jumped = rf"\frac{{3}}{{2}} {M} - \frac{{1}}{{2}} u"
    assert of_loading(jumped, 0, RATE).outcome is WRONG


def test_a_run_that_does_not_come_to_rest_says_so(monkeypatch):
    monkeypatch.setattr(procedure, "CAP", 3)
    found = of_loading(M)
    assert found.outcome is HOLDS
    assert "no run comes to rest in 3 rounds: undecided" in found.detail
    assert of_loading(M, 0, RATE).outcome is NOT_CHECKED


def test_a_positive_parameter_takes_its_turn():
    made, claims = optima(FACTOR.replace("LINE", LOADING + M + " $$\n\n$$ " + NOISE))
    assert len(claims) == 2
    for claim in claims:
        assert em.ask(made, claim).outcome is HOLDS
    wrong = NOISE.replace(r"\frac{1}{N J}", r"\frac{2}{N J}")
    made, claims = optima(FACTOR.replace("LINE", LOADING + M + " $$\n\n$$ " + wrong))
    assert [em.ask(made, claim).outcome for claim in claims] == [HOLDS, WRONG]


@pytest.mark.parametrize("seed", range(2))
def test_a_mixture_climbs_in_its_means_its_variances_and_its_weights(seed):
    made, claims = optima(MIXTURE, seed)
    assert len(claims) == 3
    for claim in claims:
        found = em.ask(made, claim)
        assert found.outcome is HOLDS
        assert "data of the model and other data" in found.detail


@pytest.mark.parametrize(
    ("old", "new", "blamed"),
    [
        (r"\frac{1}{N_k} \sum_{i=1}^{N} r_{ik} x_i", r"\frac{1}{N} \sum_{i=1}^{N} r_{ik} x_i", 0),
        (r"\frac{1}{N_k} \sum_{i=1}^{N} r_{ik} (x_i", r"\frac{1}{N} \sum_{i=1}^{N} r_{ik} (x_i", 1),
        (r"r_{ik} (x_i - \mu_k)^2", r"r_{ik}^2 (x_i - \mu_k)^2", 1),
        (r"(x_i - \mu_k)^2", r"x_i^2", 1),
        (r"= \frac{N_k}{N}", r"= \frac{N_k^2}{\sum_{j=1}^{2} N_j^2}", 2),
    ],
)
def test_an_update_of_a_mixture_that_lowers_the_likelihood_is_blamed_alone(old, new, blamed):
    assert old in MIXTURE
    made, claims = optima(MIXTURE.replace(old, new))
    found = [em.ask(made, claim).outcome for claim in claims]
    assert found == [WRONG if place == blamed else HOLDS for place in range(3)]


def test_what_mixes_old_and_new_parameters_is_no_maximum_of_q():
    mixed = MIXTURE.replace(
        r"r_{ik} (x_i - \mu_k)^2", r"r_{ik} \left( x_i - \frac{1}{N_k} \sum_{j=1}^{N} r_{jk} x_j \right)^2"
    )
    made, claims = optima(mixed)
    assert [judge(made, claim).outcome for claim in claims] == [HOLDS, WRONG, HOLDS]


def test_an_objective_that_is_not_that_of_em_is_left_alone():
    text = FACTOR.replace(r"\left[ \log p(x", r"\left[ 2 \log p(x").replace("LINE", LOADING + M)
    made, (claim,) = optima(text)
    assert em.ask(made, claim).outcome is NOT_CHECKED


SHIFT = r"""Let $\mu \in \mathbb{R}^{J}$, $\sigma, \tau > 0$, and $x^{(i)}, z^{(i)} \in \mathbb{R}^{J}$ for $i = 1, \dots, N$. Let

$$ z^{(i)} \sim \mathcal{N}(0, \tau^2 I), \quad x^{(i)} \mid z^{(i)} \sim \mathcal{N}(\mu + z^{(i)}, \sigma^2 I) $$

with $m^{(i)} = \mathbb{E}[z^{(i)} \mid x^{(i)}]$. Let $q(z^{(i)}) = p(z^{(i)} \mid x^{(i)})$ at the current parameters and

$$ Q = \sum_{i=1}^{N} \mathbb{E}_{q(z^{(i)})} \left[ \log p(x^{(i)}, z^{(i)}) \right] $$

$$ \mu^{\text{new}} = \arg\max_\mu Q = \frac{1}{N} \sum_{i=1}^{N} (x^{(i)} - m^{(i)}) $$

EM ends at the maximum of the likelihood, the mean of the samples:

$$ \hat{\mu} = \arg\max_\mu \sum_{i=1}^{N} \log p(x^{(i)}) = FORM $$
"""


@pytest.mark.parametrize(
    ("form", "outcome"),
    [
        (r"\frac{1}{N} \sum_{i=1}^{N} x^{(i)}", HOLDS),
        (r"\frac{1}{N - 1} \sum_{i=1}^{N} x^{(i)}", WRONG),
    ],
)
def test_a_closed_form_is_where_em_ends(form, outcome, monkeypatch):
    monkeypatch.setattr(procedure, "CAP", 100)
    made, claims = optima(SHIFT.replace("FORM", form))
    assert [em.ask(made, claims[0]).outcome, em.ask_rate(made, claims[0]).outcome] == [HOLDS, HOLDS]
    assert em.has_end(made, claims[-1])
    assert em.ask_end(made, claims[-1]).outcome is outcome
    assert judge(made, claims[-1]).outcome is outcome


def test_the_maximum_of_something_else_is_not_where_em_ends():
    other = SHIFT.replace(r"\sum_{i=1}^{N} \log p(x^{(i)}) = FORM", r"\left( -\|\mu - x^{(1)}\|^2 \right) = x^{(1)}")
    made, claims = optima(other)
    assert em.ask_end(made, claims[-1]).outcome is NOT_CHECKED


def test_the_oracles_are_in_the_table():
    assert {"EM", "rate", "EM end"} <= {oracle.name for oracle in ORACLES}
