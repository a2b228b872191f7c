r"""Probabilistic PCA with one component, fitted by EM.

    z⁽ⁱ⁾ ~ N(0, 1),   x⁽ⁱ⁾ | z⁽ⁱ⁾ ~ N(u z⁽ⁱ⁾, σ² I),   i = 1, …, N,   x⁽ⁱ⁾ ∈ ℝᴶ

What this module adds to the derivation's claims is said of the model itself: its likelihood and posterior against
other ways to the same numbers, EM as a procedure, the rates at which it converges, and the maximum of the likelihood
as an optimiser finds it.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from derivcheck.config import Settings, SettingsError
from derivcheck.homework import em, latent
from derivcheck.homework.em import rates_extra
from derivcheck.homework.identities import Place, identities_extra
from derivcheck.homework.latent import Data, data_sets
from derivcheck.homework.likelihood import likelihood_extra
from derivcheck.homework.pictures import curve_picture, plate_picture, trace
from derivcheck.model.compare import Model, Quantity
from derivcheck.verdict import Curve, Extra, Outcome

# What the figures are computed at where nothing is asked for; σ² is not 1, which would hide a missing one.
DIM, SAMPLES, SIGMA = 6, 60, 0.7
# Hessians of the likelihood have J² entries and take N samples through each row.
LARGEST_DIM, LARGEST_WORK = 128, 20_000_000
# Beside uuᵀ of size 1, σ² I of this size is rounding.
SMALLEST_SIGMA = 1e-8
SIGMA_NAME = "\\sigma"


class ProbabilisticPCA(torch.nn.Module):
    r"""x = u z + σ ε with z and ε standard normal: u is J × 1 and σ a number, both trainable and float64."""

    def __init__(self, u: Tensor, sigma: float) -> None:
        super().__init__()
        self.u = torch.nn.Parameter(u.detach().to(torch.float64).reshape(-1, 1).clone())
        self.sigma = torch.nn.Parameter(torch.full((1, 1), sigma, dtype=torch.float64))

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Every named quantity for a family of samples (N × J × 1), each again N × rows × columns or rows × columns.

        ``m``, ``s`` and ``C`` are the posterior's, ``new`` is u after an M-step, ``p`` log p(x) of every sample, ``L``
        their sum.
        """
        samples = x.squeeze(-1)
        q = latent.e_step(self.u, self.sigma, samples)
        new = latent.m_step(samples, q.detach())
        each = latent.log_likelihood(self.u, self.sigma, samples.unsqueeze(-2))
        return {
            "m": q.m.unsqueeze(-1),
            "s": q.s.unsqueeze(-1),
            "C": latent.posterior_variance(self.u, self.sigma),
            "new": new,
            "p": each,
            "L": self.log_likelihood(x),
        }

    def log_likelihood(self, x: Tensor) -> Tensor:
        """Σᵢ log p(x⁽ⁱ⁾), 1 × 1, differentiable by u, σ and x."""
        return latent.log_likelihood(self.u, self.sigma, x.squeeze(-1))

    def draw(self, z: Tensor, noise: Tensor) -> Tensor:
        """x = u z + σ ε for z (N × 1 × 1) and ε (N × J × 1)."""
        return self.u * z + self.sigma * noise

    def step(self, x: Tensor, noise: bool = False) -> None:
        """One round of EM in place: u alone, σ being known, or with ``noise`` both."""
        with torch.no_grad():
            stepped = latent.em_step(self.u, self.sigma, x.squeeze(-1), noise)
            self.u.copy_(stepped.u)
            self.sigma.copy_(stepped.sigma)


def model() -> Model:
    """Which names of a derivation are which quantities of the module."""
    return Model(
        leaves=("u", SIGMA_NAME, "x^{(i)}"),
        quantities=(
            Quantity("m^{(i)}", "m"),
            Quantity("s^{(i)}", "s"),
            Quantity("C"),
            Quantity(r"u^{\text{new}}", "new"),
        ),
        evaluate=_named,
    )


def _named(values: Mapping[str, Tensor], settings: Settings) -> dict[str, Tensor]:
    return ProbabilisticPCA(values["u"], float(values[SIGMA_NAME].detach()))(values["x^{(i)}"])


def asked(settings: Settings) -> tuple[int, int, float]:
    """N, J and σ for the figures. Raises SettingsError for what they cannot be worked out for."""
    count, dim = settings.sizes.get("N", SAMPLES), settings.sizes.get("J", DIM)
    sigma = settings.values.get(SIGMA_NAME, SIGMA)
    if not sigma > 0:
        raise SettingsError(f"σ is a standard deviation and positive, not {sigma:g}")
    if not SMALLEST_SIGMA <= sigma <= 1 / SMALLEST_SIGMA:
        reason = "its square is lost to rounding beside numbers of size 1, or they are beside it"
        raise SettingsError(f"σ may be from {SMALLEST_SIGMA:g} to {1 / SMALLEST_SIGMA:g}, not {sigma:g}: {reason}")
    if dim > LARGEST_DIM:
        raise SettingsError(f"samples may have up to {LARGEST_DIM} dimensions here, not {dim}")
    return count, dim, sigma


def extras(settings: Settings) -> tuple[Extra, ...]:
    """Identities, EM with its curve, its rates, and the maximum of the likelihood, on three data sets."""
    count, dim, sigma = asked(settings)
    if dim * dim * count > LARGEST_WORK:
        most = int((LARGEST_WORK / count) ** 0.5)
        text = f"not run for {count} samples in {dim} dimensions, at most {most} for so many"
        return (Extra("EM and the likelihood", text=text, outcome=Outcome.NOT_CHECKED, code="too-large"),)
    generator = torch.Generator().manual_seed(settings.seed)
    procedure = em.Procedure()
    with torch.no_grad():
        data = data_sets(count, dim, sigma, generator)
        starts = sigma * torch.randn(len(data), dim, 1, generator=generator, dtype=torch.float64)
        runs = em.run(procedure, data, sigma, starts)
        spectra = [latent.spectrum(one.samples) for one in data]
        place = _generic_place(data[1], sigma, generator)
        return (
            identities_extra(procedure, place, generator),
            em.em_extra(procedure, runs, spectra, sigma),
            curve(runs[0], sigma),
            rates_extra(procedure, runs, spectra, sigma),
            likelihood_extra(runs, spectra, sigma, generator),
        )


def _generic_place(data: Data, sigma: float, generator: torch.Generator) -> Place:
    u = torch.randn(data.samples.shape[1], 1, generator=generator, dtype=torch.float64)
    return Place(u, torch.full((1, 1), sigma, dtype=torch.float64), data.samples)


def curve(run: em.Run, sigma: float) -> Extra:
    """What a run's log-likelihood lacks at each step, on a logarithmic scale: a line where a step gains in proportion.

    It ends where rounding begins.
    """
    risen = em.climb(run, sigma)
    truth = latent.closed_form(latent.spectrum(run.data.samples), sigma)
    limit = float(latent.log_likelihood(truth, torch.tensor(sigma, dtype=torch.float64), run.data.samples))
    lacking = limit - risen.values
    known = (lacking.abs() > 2 * risen.bars).long().cumprod(0).bool() & (lacking > 0)
    exponents = lacking[known].log10().tolist() or [float(risen.bars.max().log10())]
    return Extra(
        f"EM on data {run.data.name}: log p(X) from {float(risen.values[0]):.6g} to {float(risen.values[-1]):.6g}",
        text="how much it lacks of the closed form's, after each step\n" + curve_picture(exponents, _power),
        curve=Curve(tuple(exponents), "how much it lacks of the closed form's, after each step", logarithmic=True),
    )


def _power(exponent: float) -> str:
    return f"{10**exponent:.0e}"


def picture(settings: Settings) -> Extra:
    """The graphical model, its arrows read off what autograd sees of a sample drawn from the module."""
    count, dim, sigma = asked(settings)
    return Extra("the graphical model", text=drawn(ProbabilisticPCA(torch.ones(2, 1), sigma), count, dim, sigma))


def drawn(module: ProbabilisticPCA, count: int, dim: int, sigma: float) -> str:
    """The picture of a module: a parameter that does not enter the samples has no arrow."""
    z = torch.ones(1, 1, 1, dtype=torch.float64, requires_grad=True)
    with torch.enable_grad():
        x = module.draw(z, torch.ones(1, len(module.u), 1, dtype=torch.float64))
        edges = trace({"x⁽ⁱ⁾": x}, {"z⁽ⁱ⁾": z, "u": module.u, "σ": module.sigma})
    laws = ("z⁽ⁱ⁾ ~ N(0, 1)", "x⁽ⁱ⁾ | z⁽ⁱ⁾ ~ N(u z⁽ⁱ⁾, σ² I)", f"u ∈ ℝᴶ, J = {dim}, σ = {sigma:.4g}")
    return plate_picture(edges, ["z⁽ⁱ⁾"], "x⁽ⁱ⁾", f"i = 1, …, {count}", laws)
