"""Data for probabilistic PCA: drawn from the model, and not."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from derivcheck.homework.latent import covariance


@dataclass(frozen=True, slots=True)
class Data:
    """A data set under a name for the tables; samples are rows, N × J, float64."""

    name: str
    samples: Tensor


def data_sets(count: int, dim: int, sigma: float, generator: torch.Generator) -> tuple[Data, ...]:
    """N × J samples three times: of the model, of another distribution, and with less spread than the model's noise."""
    return (
        Data("of the model", from_model(count, dim, sigma, generator)),
        Data("heavy tails", heavy_tails(count, dim, sigma, generator)),
        Data("below σ", below_noise(count, dim, sigma, generator)),
    )


def from_model(count: int, dim: int, sigma: float, generator: torch.Generator) -> Tensor:
    """x = u z + σ ε, with u, z and ε standard normal."""
    u, z, noise = _normal(generator, 1, dim), _normal(generator, count, 1), _normal(generator, count, dim)
    return z * u + sigma * noise


def heavy_tails(count: int, dim: int, sigma: float, generator: torch.Generator) -> Tensor:
    """Two groups about different centres, each coordinate Student's t with three degrees of freedom on its own scale.

    Neither Gaussian, nor about zero, nor of equal noise: what the theorems say of the likelihood's maximum and of EM
    is said of any data. All of it is on the scale of σ, so that EM is not slow as it is where the noise is small.
    """
    centres = 2 * sigma * _normal(generator, 2, dim)
    group = torch.arange(count) % 3 // 2
    tails = _normal(generator, count, dim) / _normal(generator, 3, count, dim).square().mean(0).sqrt()
    scales = sigma * (0.3 + 1.4 * torch.rand(1, dim, generator=generator, dtype=torch.float64))
    return centres[group] + scales * tails


def below_noise(count: int, dim: int, sigma: float, generator: torch.Generator) -> Tensor:
    """Normal samples whose largest λ is σ²/2, so that the likelihood is largest at u = 0."""
    samples = _normal(generator, count, dim)
    largest = torch.linalg.matrix_norm(covariance(samples), 2)
    return samples * (sigma**2 / 2 / largest).sqrt()


def _normal(generator: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=generator, dtype=torch.float64)
