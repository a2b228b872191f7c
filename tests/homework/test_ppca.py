"""The module of probabilistic PCA is right, and every mistake planted in EM, its rates or its likelihood is found."""

from __future__ import annotations

import dataclasses
import itertools
import random

import pytest
import torch
from torch import Tensor

from derivcheck.config import Settings, SettingsError
from derivcheck.homework import em, identities, latent, likelihood, ppca
from derivcheck.homework.em import Procedure
from derivcheck.homework.latent import Data, Moments, below_noise, data_sets, from_model, heavy_tails
from derivcheck.verdict import Extra, Outcome

HOLDS, WRONG, UNDECIDED = Outcome.HOLDS, Outcome.WRONG, Outcome.UNDECIDED
N, J, SIGMA = 40, 5, 0.8


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def scene(count: int = N, dim: int = J, sigma: float = SIGMA, seed: int = 0) -> tuple[tuple[Data, ...], Tensor]:
    source = generator(seed)
    data = data_sets(count, dim, sigma, source)
    return data, sigma * torch.randn(len(data), dim, 1, generator=source, dtype=torch.float64)


def ran(procedure: Procedure, sigma: float = SIGMA, cap: int = em.CAP, **sizes: int):
    data, starts = scene(sigma=sigma, **sizes)
    runs = em.run(procedure, data, sigma, starts, cap)
    return runs, [latent.spectrum(one.samples) for one in data]


def em_outcome(procedure: Procedure, cap: int = em.CAP) -> Outcome:
    runs, spectra = ran(procedure, cap=cap)
    outcome = em.em_extra(procedure, runs, spectra, SIGMA).outcome
    assert outcome is not None
    return outcome


def rates_outcome(procedure: Procedure, prediction: em.Prediction = em.predicted) -> Outcome:
    runs, spectra = ran(Procedure())
    outcome = em.rates_extra(procedure, runs, spectra, SIGMA, prediction).outcome
    assert outcome is not None
    return outcome


def failing(procedure: Procedure) -> set[str]:
    source = generator(3)
    u = torch.randn(J, 1, generator=source, dtype=torch.float64)
    place = identities.Place(u, torch.full((1, 1), SIGMA, dtype=torch.float64), heavy_tails(N, J, SIGMA, source))
    return {one.asked for one in identities.identities(procedure, place, source) if one.outcome is WRONG}


# ---- mistakes


def mean_of_ratios(samples: Tensor, q: Moments) -> Tensor:
    return (samples * q.m / q.s).mean(-2, keepdim=True).mT


def no_variance(u: Tensor, sigma: Tensor, samples: Tensor) -> Moments:
    m = latent.e_step(u, sigma, samples).m
    return Moments(m, m.square())


def wrong_variance(u: Tensor, sigma: Tensor, samples: Tensor) -> Moments:
    m = latent.e_step(u, sigma, samples).m
    return Moments(m, sigma.square() * latent.posterior_variance(u, sigma) + m.square())


def projection(u: Tensor, sigma: Tensor, samples: Tensor) -> Moments:
    m = samples @ u
    return Moments(m, latent.posterior_variance(u, sigma) + m.square())


class HalfProcedure(Procedure):
    """Half of every step: it never falls, and the optimum is still fixed."""

    def __call__(self, u: Tensor, sigma: Tensor, samples: Tensor) -> Tensor:
        return (u + super().__call__(u, sigma, samples)) / 2


MISTAKES = {
    "the mean of ratios": Procedure(m_step=mean_of_ratios),
    "the second moment without the variance": Procedure(e_step=no_variance),
    "a variance of σ⁴ in the place of σ²": Procedure(e_step=wrong_variance),
    "the projection taken for the mean": Procedure(e_step=projection),
    "twice the update": Procedure(m_step=lambda samples, q: 2 * latent.m_step(samples, q)),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_a_step_is_seen_by_the_run_by_the_rates_and_by_the_identities(name: str) -> None:
    procedure = MISTAKES[name]
    assert em_outcome(procedure, cap=500) is WRONG
    assert rates_outcome(procedure) is WRONG
    assert failing(procedure)


def test_right_steps_raise_no_alarm_anywhere() -> None:
    assert em_outcome(Procedure()) is HOLDS
    assert rates_outcome(Procedure()) is HOLDS
    assert failing(Procedure()) == set()


def test_a_half_step_rises_and_ends_rightly_and_only_its_rate_tells() -> None:
    runs, spectra = ran(HalfProcedure())
    assert em.em_extra(HalfProcedure(), runs, spectra, SIGMA).outcome is HOLDS
    assert em.rates_extra(HalfProcedure(), runs, spectra, SIGMA).outcome is WRONG
    for one, found in zip(runs, spectra, strict=True):
        half = lambda spectrum, sigma: (1 + em.predicted(spectrum, sigma)) / 2  # noqa: E731
        assert {rate.outcome for rate in em.rates(HalfProcedure(), one, found, SIGMA, half)} == {HOLDS}


def test_a_half_step_of_the_update_does_not_maximise_the_bound() -> None:
    u = torch.ones(J, 1, dtype=torch.float64)
    halved = Procedure(m_step=lambda samples, q: (u + latent.m_step(samples, q)) / 2)
    assert failing(halved) == {"∂Q/∂u = 0 after the M-step"}


@pytest.mark.parametrize(
    ("name", "mistake"),
    [
        ("1 − r along", lambda rate, r: torch.cat([torch.tensor([1 - r]), rate[1:]])),
        ("1 − 2r along", lambda rate, r: torch.cat([torch.tensor([1 - 2 * r]), rate[1:]])),
        ("squares across", lambda rate, r: torch.cat([rate[:1], rate[1:].square()])),
        ("one part in a million", lambda rate, r: rate * (1 + 1e-6)),
    ],
)
def test_a_wrong_prediction_of_the_rate_is_found(name: str, mistake) -> None:
    def prediction(found: latent.Spectrum, sigma: float) -> Tensor:
        return mistake(em.predicted(found, sigma), sigma**2 / float(found.values[0]))

    assert rates_outcome(Procedure(), prediction) is WRONG, name


def test_one_falling_step_among_many_is_a_fall() -> None:
    (run, *_), _ = ran(Procedure())
    path = run.path.clone()
    path[run.steps // 2] *= 1.001
    # an `any` or an average over the steps would not see it
    climbed = em.climb(dataclasses.replace(run, path=path), SIGMA)
    assert climbed.outcome is WRONG
    assert climbed.at in (run.steps // 2, run.steps // 2 + 1)


def test_a_fall_a_little_above_rounding_is_seen_and_rounding_is_none() -> None:
    (run, *_), _ = ran(Procedure())
    assert em.climb(run, SIGMA).outcome is HOLDS
    place = run.end + 3e-5 * torch.ones_like(run.end)
    fallen = torch.cat([run.path, place.unsqueeze(0)])
    climbed = em.climb(dataclasses.replace(run, path=fallen), SIGMA)
    assert climbed.outcome is WRONG
    assert climbed.fall < 1e-5


def test_a_run_that_hits_its_cap_is_undecided_and_says_so() -> None:
    runs, spectra = ran(Procedure(), cap=3)
    extra = em.em_extra(Procedure(), runs, spectra, SIGMA)
    assert extra.outcome is UNDECIDED
    assert "not at rest" in str(extra.rows)
    assert "says nothing" in extra.text
    assert all(rate.outcome is HOLDS for rate in em.rates(Procedure(), runs[0], spectra[0], SIGMA))


def test_a_wrong_closed_form_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    runs, spectra = ran(Procedure())
    monkeypatch.setattr(latent, "closed_form", lambda found, sigma: found.values[0].sqrt() * found.vectors[:, :1])
    assert em.em_extra(Procedure(), runs, spectra, SIGMA).outcome is WRONG
    assert likelihood.known_noise(runs[0], spectra[0], SIGMA, generator()).outcome is WRONG


@pytest.mark.parametrize(
    "mistake",
    [
        lambda u, sigma, x: latent.log_likelihood(1.01 * u, sigma, x),
        lambda u, sigma, x: latent.log_likelihood(u, sigma, x) - 1e-3 * u.square().sum(-2, keepdim=True),
    ],
)
def test_an_optimiser_of_another_likelihood_ends_elsewhere(mistake) -> None:
    runs, spectra = ran(Procedure())
    assert likelihood.known_noise(runs[0], spectra[0], SIGMA, generator(), mistake).outcome is WRONG
    assert likelihood.free_noise(runs[0], spectra[0], generator(), mistake).outcome is WRONG


def test_the_normaliser_of_one_dimension_is_seen_where_sigma_is_free_and_by_cholesky(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = latent.likelihood_terms

    def with_sigma(u: Tensor, sigma: Tensor, samples: Tensor) -> tuple[Tensor, ...]:
        first, _, *others = right(u, sigma, samples)
        return (first, torch.zeros_like(first), *others)

    monkeypatch.setattr(latent, "likelihood_terms", with_sigma)
    runs, spectra = ran(Procedure())
    assert likelihood.known_noise(runs[0], spectra[0], SIGMA, generator()).outcome is HOLDS
    found = likelihood.free_noise(runs[0], spectra[0], generator())
    assert found is not None
    assert found.outcome is not HOLDS
    assert {"log p(X) by Cholesky", "∂Q/∂σ = ∂ log p(X)/∂σ"} <= failing(Procedure())


# ---- the module


def module(dim: int = J, seed: int = 1) -> ppca.ProbabilisticPCA:
    return ppca.ProbabilisticPCA(torch.randn(dim, 1, generator=generator(seed), dtype=torch.float64), SIGMA)


def family(samples: Tensor) -> Tensor:
    return samples.unsqueeze(-1)


def test_the_modules_quantities_are_those_of_the_hand_solution() -> None:
    made, samples = module(), from_model(N, J, SIGMA, generator())
    got = made(family(samples))
    u, variance = made.u.detach(), SIGMA**2
    length = float(u.square().sum())
    m = samples @ u / (variance + length)
    s = variance / (variance + length) + (samples @ u).square() / (variance + length) ** 2
    new = (samples * m).sum(0) / s.sum()
    for name, expected in {"m": m, "s": s}.items():
        assert got[name].shape == (N, 1, 1)
        assert torch.allclose(got[name].squeeze(-1), expected, rtol=1e-14)
    assert torch.allclose(got["new"].flatten(), new, rtol=1e-13)
    assert torch.allclose(got["p"].sum(), got["L"].sum(), rtol=1e-13)


def test_the_log_likelihood_is_differentiable_by_u_and_sigma_and_right() -> None:
    made, samples = module(), from_model(N, J, SIGMA, generator())
    assert torch.autograd.gradcheck(
        lambda u, sigma: latent.log_likelihood(u, sigma, samples), (made.u, made.sigma), atol=1e-6
    )


def test_stepping_u_alone_leaves_sigma_and_both_never_fall_and_end_at_the_closed_form() -> None:
    x = family(from_model(200, 4, 0.5, generator(4)))
    made = ppca.ProbabilisticPCA(torch.ones(4, 1), SIGMA)
    made.step(x)
    assert float(made.sigma.detach()) == SIGMA
    values = [float(made.log_likelihood(x).detach())]
    for _ in range(1500):
        made.step(x, noise=True)
        values.append(float(made.log_likelihood(x).detach()))
    assert all(after >= before - 1e-9 for before, after in itertools.pairwise(values))
    found = latent.spectrum(x.squeeze(-1))
    sigma = latent.closed_form_noise(found)
    truth = latent.closed_form(found, sigma)
    assert abs(float(made.sigma.detach()) - sigma) < 1e-7
    assert torch.allclose((made.u @ made.u.mT).detach(), truth @ truth.mT, atol=1e-6)


def test_data_below_the_noise_has_its_maximum_at_zero() -> None:
    found = latent.spectrum(below_noise(N, J, SIGMA, generator()))
    assert abs(float(found.values[0]) - SIGMA**2 / 2) < 1e-12
    assert not latent.closed_form(found, SIGMA).any()


# ---- the extras


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in range(2, 8))])
def test_no_seed_raises_an_alarm_and_only_runs_at_their_cap_are_undecided(seed: int) -> None:
    drawn = random.Random(seed)
    sizes = {"J": drawn.randint(2, 20), "N": drawn.randint(2, 200)}
    settings = Settings(seed=seed, sizes=sizes, values={"\\sigma": 0.1 * 50 ** drawn.random()})
    for extra in ppca.extras(settings):
        assert extra.outcome in (None, HOLDS) or capped(extra), extra


def capped(extra: Extra) -> bool:
    return extra.outcome is UNDECIDED and "not at rest" in str(extra.rows)


@pytest.mark.parametrize("sizes", [{"J": 1}, {"N": 1}, {"J": 1, "N": 1}, {"J": 2, "N": 2}, {"J": 3, "N": 2}])
def test_degenerate_sizes_run_without_an_alarm(sizes: dict[str, int]) -> None:
    assert WRONG not in [extra.outcome for extra in ppca.extras(Settings(sizes=sizes))]


def test_a_size_that_would_take_minutes_is_not_checked_and_says_so() -> None:
    (extra,) = ppca.extras(Settings(sizes={"J": 128, "N": 4096}))
    assert extra.outcome is Outcome.NOT_CHECKED
    assert "4096" in extra.text


def test_more_dimensions_than_a_hessian_can_have_are_refused() -> None:
    with pytest.raises(SettingsError, match="up to 128 dimensions"):
        ppca.picture(Settings(sizes={"J": 2000}))


@pytest.mark.parametrize("sigma", [1e-200, 1e-9, 1e9, 1e60])
def test_a_sigma_that_is_lost_to_rounding_is_refused(sigma: float) -> None:
    with pytest.raises(SettingsError, match="lost to rounding"):
        ppca.picture(Settings(values={"\\sigma": sigma}))


@pytest.mark.parametrize("sigma", [0.0, -1.0])
def test_a_sigma_that_is_no_standard_deviation_is_refused(sigma: float) -> None:
    with pytest.raises(SettingsError, match="positive"):
        ppca.extras(Settings(values={"\\sigma": sigma}))


def test_the_same_seed_gives_the_same_figures() -> None:
    assert ppca.extras(Settings(seed=5)) == ppca.extras(Settings(seed=5))
    assert ppca.extras(Settings(seed=5)) != ppca.extras(Settings(seed=6))


def test_more_directions_than_are_shown_are_all_judged() -> None:
    runs, spectra = ran(Procedure(), dim=9)

    def wrong_at_the_last(found: latent.Spectrum, sigma: float) -> Tensor:
        rate = em.predicted(found, sigma).clone()
        rate[-1] += 0.01
        return rate

    extra = em.rates_extra(Procedure(), runs, spectra, SIGMA, wrong_at_the_last)
    assert extra.outcome is WRONG
    assert sum(row[-1] == "wrong" and row[1] == "q₉" for row in extra.rows) == 3
