r"""One number behind every sample: the formulas of probabilistic PCA with a single component.

    z ~ N(0, 1),   x | z ~ N(u z, σ² I)   for N samples x ∈ ℝᴶ, each with a z of its own

Every function takes u (… × J × 1), σ (a number, or … × 1 × 1) and the samples as rows X (… × N × J), with any batch
axes before; results keep the batch axes, and one number comes as … × 1 × 1.

Data for probabilistic PCA: drawn from the model, and not.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

EPS = torch.finfo(torch.float64).eps
LOG_2PI = math.log(2 * math.pi)


@dataclass(frozen=True, slots=True)
class Moments:
    """What is known of z once x is seen: its mean m and its second moment s (… × N × 1)."""

    m: Tensor
    s: Tensor

    def detach(self) -> Moments:
        """The same numbers, cut off from what they were computed from: q is frozen."""
        return Moments(self.m.detach(), self.s.detach())


@dataclass(frozen=True, slots=True)
class Step:
    """A parameter after an M-step: u (… × J × 1) and σ (… × 1 × 1)."""

    u: Tensor
    sigma: Tensor


EStep = Callable[[Tensor, Tensor, Tensor], Moments]
MStep = Callable[[Tensor, Moments], Tensor]


def posterior_variance(u: Tensor, sigma: Tensor) -> Tensor:
    """C = σ² / (uᵀu + σ²), the variance of z given any x: … × 1 × 1."""
    return sigma.square() / (_square(u) + sigma.square())


def e_step(u: Tensor, sigma: Tensor, samples: Tensor) -> Moments:
    """m = uᵀx / (uᵀu + σ²) and s = C + m²."""
    m = _times(samples, u) / (_square(u) + sigma.square())
    return Moments(m, posterior_variance(u, sigma) + m.square())


def m_step(samples: Tensor, q: Moments) -> Tensor:
    """u = Σᵢ mᵢ xᵢ / Σᵢ sᵢ: … × J × 1."""
    return _times(samples.mT, q.m) / q.s.sum(-2, keepdim=True)


def noise_step(samples: Tensor, q: Moments, u: Tensor) -> Tensor:
    """σ² = (1/NJ) Σᵢ (xᵢᵀxᵢ − 2 mᵢ uᵀxᵢ + sᵢ uᵀu), as its root, … × 1 × 1: the M-step where σ is not known either."""
    count, dim = samples.shape[-2:]
    apart = (samples - q.m * u.mT).square().sum((-2, -1), keepdim=True)
    spread = (q.s - q.m.square()).sum(-2, keepdim=True) * _square(u)
    return ((apart + spread) / (count * dim)).sqrt()


def em_step(u: Tensor, sigma: Tensor, samples: Tensor, noise: bool = False) -> Step:
    """One round of EM: u alone, σ being known, as the homework has it; with ``noise`` both."""
    q = e_step(u, sigma, samples)
    stepped = m_step(samples, q)
    return Step(stepped, noise_step(samples, q, stepped) if noise else sigma)


def log_likelihood(u: Tensor, sigma: Tensor, samples: Tensor) -> Tensor:
    """Σᵢ log N(xᵢ; 0, uuᵀ + σ²I), by |uuᵀ + σ²I| = σ²ᴶ⁻² a and the inverse (I − uuᵀ/a)/σ², with a = uᵀu + σ²."""
    return torch.stack(likelihood_terms(u, sigma, samples)).sum(0)


def likelihood_terms(u: Tensor, sigma: Tensor, samples: Tensor) -> tuple[Tensor, ...]:
    """The terms of ``log_likelihood``, of one shape: their sizes tell how far its rounding may go."""
    count, dim = samples.shape[-2:]
    variance = sigma.square()
    a = _square(u) + variance
    terms = (
        -0.5 * count * dim * torch.full_like(a, LOG_2PI),
        -0.5 * count * (dim - 1) * variance.log(),
        -0.5 * count * a.log(),
        -0.5 * samples.square().sum((-2, -1), keepdim=True) / variance,
        0.5 * _times(samples, u).square().sum(-2, keepdim=True) / (variance * a),
    )
    return tuple(torch.broadcast_tensors(*terms))


def log_joint(u: Tensor, sigma: Tensor, samples: Tensor, z: Tensor) -> Tensor:
    """log p(xᵢ, zᵢ) for every sample, … × N × 1, normalisers (2π)^{J/2} σᴶ and (2π)^{1/2} included."""
    dim = samples.shape[-1]
    apart = (samples - z * u.mT).square().sum(-1, keepdim=True)
    given = -0.5 * dim * LOG_2PI - dim * sigma.log() - 0.5 * apart / sigma.square()
    return given - 0.5 * LOG_2PI - 0.5 * z.square()


def expected_log_joint(u: Tensor, sigma: Tensor, samples: Tensor, q: Moments) -> Tensor:
    """Q(u) = Σᵢ E_{q(zᵢ)}[log p(xᵢ, zᵢ)], q through its first two moments alone: … × 1 × 1."""
    variances = q.s - q.m.square()
    at_mean = log_joint(u, sigma, samples, q.m)
    return (at_mean - 0.5 * variances * (1 + _square(u) / sigma.square())).sum(-2, keepdim=True)


def entropy(q: Moments) -> Tensor:
    """The entropy of Gaussian q(zᵢ) = N(mᵢ, sᵢ − mᵢ²), summed: … × 1 × 1."""
    variances = q.s - q.m.square()
    return 0.5 * (1 + LOG_2PI + variances.log()).sum(-2, keepdim=True)


def elbo(u: Tensor, sigma: Tensor, samples: Tensor, q: Moments) -> Tensor:
    """The evidence lower bound Q + entropy of q: … × 1 × 1."""
    return expected_log_joint(u, sigma, samples, q) + entropy(q)


def divergence(q: Moments, p: Moments) -> Tensor:
    """Σᵢ KL(q(zᵢ) ‖ p(zᵢ)) between Gaussians: … × 1 × 1."""
    ours, theirs = q.s - q.m.square(), p.s - p.m.square()
    return 0.5 * (ours / theirs + (q.m - p.m).square() / theirs - 1 - (ours / theirs).log()).sum(-2, keepdim=True)


def covariance(samples: Tensor) -> Tensor:
    """S = (1/N) Σᵢ xᵢ xᵢᵀ, about zero since the model's mean is: … × J × J."""
    return samples.mT @ samples / samples.shape[-2]


@dataclass(frozen=True, slots=True)
class Spectrum:
    """The eigenvalues of S, largest first (J), and its eigenvectors as columns (J × J)."""

    values: Tensor
    vectors: Tensor


def spectrum(samples: Tensor) -> Spectrum:
    """Of one data set (N × J). Rounding may not make an eigenvalue of S negative."""
    values, vectors = torch.linalg.eigh(covariance(samples))
    return Spectrum(values.flip(0).clamp_min(0.0), vectors.flip(1))


def closed_form(found: Spectrum, sigma: float) -> Tensor:
    """(λ₁ − σ²)^{1/2} q₁, and 0 where λ₁ ≤ σ²: the maximum of the likelihood by Tipping & Bishop (1999), J × 1."""
    return (found.values[0] - sigma**2).clamp_min(0.0).sqrt() * found.vectors[:, :1]


def closed_form_noise(found: Spectrum) -> float:
    """σ where it is not known: σ² is the mean of λ₂, …, λ_J. Zero or NaN where the likelihood has no maximum."""
    return math.sqrt(float(found.values[1:].mean())) if len(found.values) > 1 else math.nan


def _times(matrix: Tensor, columns: Tensor) -> Tensor:
    """``matrix @ columns``; many columns for one matrix are one product, where ``@`` would copy the matrix for each."""
    if matrix.dim() == 2 and columns.dim() > 2:
        return (columns.squeeze(-1) @ matrix.mT).unsqueeze(-1)
    return matrix @ columns


def _square(u: Tensor) -> Tensor:
    return u.square().sum(-2, keepdim=True)


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
    u, z, noise = normal(generator, 1, dim), normal(generator, count, 1), normal(generator, count, dim)
    return z * u + sigma * noise


def heavy_tails(count: int, dim: int, sigma: float, generator: torch.Generator) -> Tensor:
    """Two groups about different centres, each coordinate Student's t with three degrees of freedom on its own scale.

    Neither Gaussian, nor about zero, nor of equal noise: what the theorems say of the likelihood's maximum and of EM
    is said of any data. All of it is on the scale of σ, so that EM is not slow as it is where the noise is small.
    """
    centres = 2 * sigma * normal(generator, 2, dim)
    group = torch.arange(count) % 3 // 2
    tails = normal(generator, count, dim) / normal(generator, 3, count, dim).square().mean(0).sqrt()
    scales = sigma * (0.3 + 1.4 * torch.rand(1, dim, generator=generator, dtype=torch.float64))
    return centres[group] + scales * tails


def below_noise(count: int, dim: int, sigma: float, generator: torch.Generator) -> Tensor:
    """Normal samples whose largest λ is σ²/2, so that the likelihood is largest at u = 0."""
    samples = normal(generator, count, dim)
    largest = torch.linalg.matrix_norm(covariance(samples), 2)
    return samples * (sigma**2 / 2 / largest).sqrt()


def normal(generator: torch.Generator, *shape: int) -> Tensor:
    """Standard normal numbers in float64."""
    return torch.randn(*shape, generator=generator, dtype=torch.float64)
