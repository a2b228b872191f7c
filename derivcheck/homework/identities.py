r"""What must be true of the module's likelihood, posterior and bound, each held against another way to the same number.

The likelihood and the posterior are computed anew from the covariance Σ = uuᵀ + σ²I by its Cholesky factor, where the
module has the determinant and the inverse in closed form. Then Bayes' identity at z drawn at random, Fisher's identity
(the gradient of Q where q was taken is that of log p(X)), the M-step as the maximum of Q with q frozen, and the
evidence bound, whose gap is a Kullback–Leibler divergence. Every bar is a bound on the rounding of the sums compared.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from derivcheck.homework import latent
from derivcheck.homework.em import Procedure, joint, judged
from derivcheck.homework.latent import EPS, Moments
from derivcheck.verdict import Extra, Outcome


@dataclass(frozen=True, slots=True)
class Check:
    """One identity: by how much its sides differ, what rounding explains, and what that says."""

    asked: str
    apart: float
    bar: float
    outcome: Outcome


def check(asked: str, apart: float, bar: float) -> Check:
    """Sides that are no numbers are not equal: a formula that gives none is wrong here."""
    return Check(asked, apart, bar, Outcome.WRONG if math.isnan(apart) else judged(apart, bar))


@dataclass(frozen=True, slots=True)
class Place:
    """Where the identities are tried: u (J × 1), σ (1 × 1), samples (N × J)."""

    u: Tensor
    sigma: Tensor
    samples: Tensor

    @property
    def length(self) -> int:
        """The longest sum: what bounds its rounding, in units of EPS and of its terms' sizes."""
        return sum(self.samples.shape) + 16

    @property
    def condition(self) -> float:
        """Of Σ: its largest eigenvalue uᵀu + σ² over its least, σ²."""
        return float((self.u.square().sum() + self.sigma.square()) / self.sigma.square())


def identities(procedure: Procedure, place: Place, generator: torch.Generator) -> tuple[Check, ...]:
    """All of them at one place."""
    q = procedure.e_step(place.u, place.sigma, place.samples)
    return (
        *by_cholesky(place, q),
        bayes(place, q, generator),
        *fisher(procedure, place),
        *maximum_of_bound(procedure, place, q),
        *bound(place, q, generator),
    )


def by_cholesky(place: Place, q: Moments) -> tuple[Check, ...]:
    """log p(X), m = uᵀΣ⁻¹x and C = 1 − uᵀΣ⁻¹u from the Cholesky factor of Σ."""
    u, sigma, samples = place.u, place.sigma, place.samples
    count, dim = samples.shape
    eye = torch.eye(dim, dtype=torch.float64)
    factor = torch.linalg.cholesky(u @ u.mT + sigma.square() * eye)
    white = torch.linalg.solve_triangular(factor, samples.mT, upper=False)
    value = -0.5 * (count * dim * latent.LOG_2PI + white.square().sum()) - count * factor.diagonal().log().sum()
    terms = torch.stack(latent.likelihood_terms(u, sigma, samples))
    weights = torch.cholesky_solve(u, factor)
    solved = EPS * (dim + 16) * place.condition
    means, variance = samples @ weights, 1 - u.mT @ weights
    reach = float(torch.linalg.vector_norm(samples, dim=-1).amax() * torch.linalg.vector_norm(weights))
    apart = (q.s - q.m.square() - variance).abs().amax()
    moments = float(q.s.amax())
    return (
        check(
            "log p(X) by Cholesky", float((terms.sum(0) - value).abs()), (solved + EPS * place.length) * _size(terms)
        ),
        check("m = uᵀΣ⁻¹x", float((q.m - means).abs().amax()), (solved + EPS * place.length) * reach),
        check("C = 1 − uᵀΣ⁻¹u", float(apart), solved + 16 * EPS * moments),
    )


def bayes(place: Place, q: Moments, generator: torch.Generator) -> Check:
    """log p(x, z) − log p(z | x) = log p(x) at z that have nothing to do with the posterior."""
    u, sigma, samples = place.u, place.sigma, place.samples
    z = 2 * torch.randn(3, len(samples), 1, generator=generator, dtype=torch.float64)
    variances = q.s - q.m.square()
    given = -0.5 * (latent.LOG_2PI + variances.log() + (z - q.m).square() / variances)
    left = latent.log_joint(u, sigma, samples, z) - given
    right = torch.stack([latent.log_likelihood(u, sigma, row.unsqueeze(0)).reshape(1) for row in samples])
    quadratic = (samples.square().sum(-1, keepdim=True) + z.square() * u.square().sum()) / sigma.square()
    # s − m² loses digits of C, of which all of the posterior's quadratic form is made
    lost = (q.s / variances) * (z - q.m).square() / variances
    shift = (z - q.m).abs() / variances * torch.linalg.vector_norm(samples, dim=-1, keepdim=True)
    shift = shift * torch.linalg.vector_norm(u) / (u.square().sum() + sigma.square())
    bars = EPS * place.length * (2 * quadratic + lost + shift + right.abs() + 8)
    worst = int(((left - right).abs() / bars).argmax())
    apart = (left - right).abs().flatten()[worst]
    return check("log p(x, z) − log p(z | x) = log p(x)", float(apart), float(bars.flatten()[worst]))


def fisher(procedure: Procedure, place: Place) -> tuple[Check, ...]:
    """∇Q = ∇ log p(X), by u and by σ, at the u and σ from which q was taken."""
    u, sigma = (value.detach().clone().requires_grad_() for value in (place.u, place.sigma))
    samples = place.samples
    with torch.enable_grad():
        q = procedure.e_step(u, sigma, samples).detach()
        ours = torch.autograd.grad(latent.expected_log_joint(u, sigma, samples, q).sum(), [u, sigma])
        theirs = torch.autograd.grad(latent.log_likelihood(u, sigma, samples).sum(), [u, sigma])
    count, dim = samples.shape
    variance = place.sigma.square()
    by_u = (samples.abs().mT @ q.m.abs() + q.s.sum() * place.u.abs()) / variance
    spread = samples.square().sum() + q.s.sum() * place.u.square().sum()
    by_sigma = 2 * count * dim / place.sigma + 3 * spread / place.sigma**3
    return tuple(
        check(f"∂Q/∂{name} = ∂ log p(X)/∂{name}", float((a - b).abs().amax()), EPS * place.length * float(sizes.amax()))
        for name, a, b, sizes in zip("uσ", ours, theirs, (by_u, by_sigma), strict=True)
    )


def maximum_of_bound(procedure: Procedure, place: Place, q: Moments) -> tuple[Check, ...]:
    """∂Q/∂u = 0 after the M-step, q being frozen, and Q curved downwards there by Σs/σ² in every direction."""
    samples, frozen = place.samples, q.detach()
    u = procedure.m_step(samples, frozen).detach().requires_grad_()
    with torch.enable_grad():
        (slope,) = torch.autograd.grad(
            latent.expected_log_joint(u, place.sigma, samples, frozen).sum(), u, create_graph=True
        )
        curvatures = torch.stack([torch.autograd.grad(entry, u, retain_graph=True)[0] for entry in slope.flatten()])
    variance = float(place.sigma.square())
    sizes = (samples.abs().mT @ frozen.m.abs() + frozen.s.sum() * u.detach().abs()) / variance
    expected = -frozen.s.sum() / variance * torch.eye(len(u), dtype=torch.float64)
    apart = float((curvatures.squeeze(-1) - expected).abs().amax())
    steepest = float(slope.detach().abs().amax())
    return (
        check("∂Q/∂u = 0 after the M-step", steepest, EPS * place.length * float(sizes.amax())),
        check("∂²Q/∂u² = −Σs/σ² I", apart, EPS * place.length * float(expected.abs().amax())),
    )


def bound(place: Place, q: Moments, generator: torch.Generator) -> tuple[Check, ...]:
    """log p(X) − ELBO(q) = KL(q ‖ posterior): nothing for the posterior itself, more for any other q."""
    u, sigma, samples = place.u, place.sigma, place.samples
    value = latent.log_likelihood(u, sigma, samples)
    terms = _size(torch.stack(latent.likelihood_terms(u, sigma, samples)))
    m = q.m + 0.3 * torch.randn(q.m.shape, generator=generator, dtype=torch.float64)
    wide = (q.s - q.m.square()) * (0.5 + torch.rand(q.m.shape, generator=generator, dtype=torch.float64))
    other = Moments(m, wide + m.square())
    checks = []
    for asked, one in (("the ELBO at the posterior is log p(X)", q), ("the ELBO's gap elsewhere is KL ≥ 0", other)):
        gap = value - latent.elbo(u, sigma, samples, one)
        divergence = latent.divergence(one, q)
        # a variance as s − m² has lost the digits of m²
        lost = float((one.s / (one.s - one.m.square())).sum() + (q.s / (q.s - q.m.square())).sum())
        bar = EPS * place.length * (4 * terms + 4 * float(divergence) + 4 * lost)
        checks.append(check(asked, max(float((gap - divergence).abs()), -float(gap)), bar))
    return tuple(checks)


def identities_extra(procedure: Procedure, place: Place, generator: torch.Generator) -> Extra:
    """One row for each identity."""
    found = identities(procedure, place, generator)
    return Extra(
        "the model at one u: other ways to the same numbers",
        columns=("asked", "apart", "rounding", "verdict"),
        rows=tuple((one.asked, f"{one.apart:.1e}", f"{one.bar:.0e}", str(one.outcome)) for one in found),
        outcome=joint([one.outcome for one in found]),
        code="identity-fails",
    )


def _size(terms: Tensor) -> float:
    return float(terms.abs().sum())
