r"""Maximum likelihood by an optimiser that knows nothing of EM or of the closed form, from several starts.

Newton's method with the absolute values of the curvatures, so that it leaves saddles uphill, in a region that shrinks
where a step does not help. The likelihood's derivatives come from autograd. With σ known the maximum is that of EM;
with σ free as well, in log σ, it is u = (λ₁ − σ²)^{1/2} q₁ and σ² the mean of λ₂, …, λ_J (Tipping & Bishop, 1999).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from derivcheck.homework import latent
from derivcheck.homework.em import Run, joint, judged, remaining
from derivcheck.homework.latent import EPS, Spectrum, normal
from derivcheck.verdict import Extra, Outcome

STARTS = 5
CAP = 200
# A step that is this short, relative to the parameters, is taken whether the value rises or not: the gain is less than
# rounding. The error is squared at every such step, so that after one as short as CLOSE nothing is left to do.
NEAR, CLOSE = 1e-5, 1e-8

Objective = Callable[[Tensor], Tensor]
"""Parameters (B × P) to one value each (B), to be made as large as possible."""
LogLikelihood = Callable[[Tensor, Tensor, Tensor], Tensor]
"""u, σ and the samples to log p(X), as ``latent.log_likelihood``."""


@dataclass(frozen=True, slots=True)
class Search:
    """Where every start led: parameters (B × P), whether it came to an end, the Newton step left over there (B), the
    largest curvature and its least size (B each), and the rounds that all took together."""

    parameters: Tensor
    ended: Tensor
    left: Tensor
    curvature: Tensor
    flattest: Tensor
    rounds: int


def derivatives(objective: Objective, parameters: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Values (B), gradients (B × P) and Hessians (B × P × P).

    Every parameter gets as many copies as it has entries: the gradient of the k-th entry of the k-th copy's gradient
    is a row of the Hessian, and one scalar gradient serves all.
    """
    batch, count = parameters.shape
    copies = parameters.repeat_interleave(count, 0).requires_grad_()
    with torch.enable_grad():
        values = objective(copies)
        (slopes,) = torch.autograd.grad(values.sum(), copies, create_graph=True)
        own = slopes.reshape(batch, count, count).diagonal(dim1=1, dim2=2)
        (rows,) = torch.autograd.grad(own.sum(), copies)
    hessians = rows.reshape(batch, count, count)
    firsts = torch.arange(0, batch * count, count)
    return values.detach()[firsts], slopes.detach()[firsts], (hessians + hessians.mT) / 2


def maximise(objective: Objective, starts: Tensor, size: float) -> Search:
    """Uphill from every start (B × P); ``size`` is the scale of the problem, a first step's greatest length."""
    place = starts.clone()
    value, slope, hessian = derivatives(objective, place)
    radius = torch.full_like(value, size)
    ended = torch.zeros_like(value, dtype=torch.bool)
    rounds = 0
    while rounds < CAP and not bool(ended.all()):
        rounds += 1
        step, _ = _newton(slope, hessian)
        length = torch.linalg.vector_norm(step, dim=-1)
        relative = length / (torch.linalg.vector_norm(place, dim=-1) + size)
        near, close = relative <= NEAR, relative <= CLOSE
        reach = torch.where(near, 1.0, (radius / length).clamp_max(1.0))
        moved = torch.where(ended.unsqueeze(-1), place, place + reach.unsqueeze(-1) * step)
        found = derivatives(objective, moved)
        better = (found[0] > value) | near | ended
        ended = ended | close
        radius = torch.where(better, torch.where(reach < 1, 2.5 * radius, radius), 0.25 * torch.minimum(radius, length))
        place = torch.where(better.unsqueeze(-1), moved, place)
        value = torch.where(better, found[0], value)
        slope = torch.where(better.unsqueeze(-1), found[1], slope)
        hessian = torch.where(better[:, None, None], found[2], hessian)
    step, curvatures = _newton(slope, hessian)
    left = torch.linalg.vector_norm(step, dim=-1)
    return Search(place, ended, left, curvatures.amax(-1), curvatures.abs().amin(-1), rounds)


def _newton(slope: Tensor, hessian: Tensor) -> tuple[Tensor, Tensor]:
    """|H|⁻¹ g and the curvatures; a curvature that is nothing but rounding is taken as that."""
    curvatures, vectors = torch.linalg.eigh(hessian)
    sizes = curvatures.abs()
    least = EPS * sizes.amax(-1, keepdim=True).clamp_min(torch.finfo(torch.float64).tiny)
    steps = (vectors.mT @ slope.unsqueeze(-1)).squeeze(-1) / torch.maximum(sizes, least)
    return (vectors @ steps.unsqueeze(-1)).squeeze(-1), curvatures


@dataclass(frozen=True, slots=True)
class Found:
    """One data set's searches: how many ended, how far uuᵀ is from the closed form and from EM's end, with a bar.

    Both are relative to the larger of λ₁ and σ². ``noise`` is σ where it was free, with the closed form's.
    """

    name: str
    ended: int
    rounds: int
    apart: float
    from_em: float
    bar: float
    noise: tuple[float, float] | None
    outcome: Outcome


def known_noise(
    run: Run, found: Spectrum, sigma: float, generator: torch.Generator,
    log_likelihood: LogLikelihood = latent.log_likelihood,
) -> Found:  # fmt: skip
    """The maximum over u alone."""
    samples, noise = run.data.samples, torch.tensor(sigma, dtype=torch.float64)
    size = max(math.sqrt(float(found.values[0])), sigma)

    def objective(parameters: Tensor) -> Tensor:
        return log_likelihood(parameters.unsqueeze(-1), noise, samples).flatten()

    search = maximise(objective, _starts(samples.shape[1], size, generator), size)
    u = search.parameters.unsqueeze(-1)
    truth = latent.closed_form(found, sigma)
    apart, bar = _apart(u, truth, search, samples, sigma)
    from_em, wide = math.nan, bar
    outcomes = _outcomes(search, apart, bar)
    if run.rested:
        length = remaining(run, sigma)
        wide = bar + length * (2 * float(torch.linalg.vector_norm(run.end)) + length) / size**2
        from_em = float(torch.linalg.matrix_norm(u @ u.mT - run.end @ run.end.mT).amax()) / size**2
        outcomes.append(judged(from_em, wide))
    ended = int(search.ended.sum())
    return Found(run.data.name, ended, search.rounds, apart, from_em, bar, None, joint(outcomes))


def free_noise(
    run: Run, found: Spectrum, generator: torch.Generator, log_likelihood: LogLikelihood = latent.log_likelihood
) -> Found | None:
    """The maximum over u and log σ; None where there is none: one dimension, or samples that lie on a line."""
    sigma, size = latent.closed_form_noise(found), math.sqrt(float(found.values[0]))
    if not sigma > 1e-6 * size:
        return None
    samples, dim = run.data.samples, run.data.samples.shape[1]

    def objective(parameters: Tensor) -> Tensor:
        u, noise = parameters[:, :dim] * size, parameters[:, dim:].exp() * size
        return log_likelihood(u.unsqueeze(-1), noise.unsqueeze(-1), samples).flatten()

    starts = torch.cat([_starts(dim, 1.0, generator), normal(generator, STARTS, 1)], dim=1)
    search = maximise(objective, starts, 1.0)
    u = size * search.parameters[:, :dim].unsqueeze(-1)
    apart, bar = _apart(u, latent.closed_form(found, sigma), search, samples, sigma)
    noises = size * search.parameters[:, dim].exp()
    far = float((noises - sigma).abs().amax()) / sigma
    outcome = joint([*_outcomes(search, apart, bar), *_outcomes(search, far, bar)])
    ended = int(search.ended.sum())
    return Found(run.data.name, ended, search.rounds, apart, math.nan, bar, (float(noises[0]), sigma), outcome)


def _apart(u: Tensor, truth: Tensor, search: Search, samples: Tensor, sigma: float) -> tuple[float, float]:
    """The largest relative difference of uuᵀ and its bar: what the last step left, and what rounding of the gradient
    (sums of N products of size |x|²/σ²) over the least curvature makes of a step."""
    size = max(float(torch.linalg.vector_norm(truth)), sigma)
    apart = float(torch.linalg.matrix_norm(u @ u.mT - truth @ truth.mT).amax()) / size**2
    gradient = EPS * sum(samples.shape) * float(samples.square().sum()) / sigma**2
    scale = size if search.parameters.shape[1] == samples.shape[1] else 1.0
    steps = 10 * float(search.left.amax()) / scale + gradient / scale**2 / float(search.flattest.amin())
    return apart, 2 * steps + EPS * sum(samples.shape)


def _outcomes(search: Search, apart: float, bar: float) -> list[Outcome]:
    """A start that did not end, or ended where the likelihood is not curved downwards, decides nothing."""
    if not bool(search.ended.all()) or not bool((search.curvature < 0).all()):
        return [Outcome.UNDECIDED]
    return [judged(apart, bar)]


def _starts(dim: int, size: float, generator: torch.Generator) -> Tensor:
    """Directions at random, from near zero to far outside."""
    lengths = torch.logspace(-1.5, 0.5, STARTS, dtype=torch.float64).unsqueeze(-1)
    directions = normal(generator, STARTS, dim)
    return size * lengths * directions / torch.linalg.vector_norm(directions, dim=-1, keepdim=True)


def likelihood_extra(
    runs: Sequence[Run], spectra: Sequence[Spectrum], sigma: float, generator: torch.Generator,
    log_likelihood: LogLikelihood = latent.log_likelihood,
) -> Extra:  # fmt: skip
    """The optimiser against the closed form and against EM; the first data sets also with σ free."""
    found = [known_noise(run, one, sigma, generator, log_likelihood) for run, one in zip(runs, spectra, strict=True)]
    free = [
        free_noise(run, one, generator, log_likelihood)
        for run, one in zip(runs, spectra, strict=True)
        if float(one.values[0]) > sigma**2
    ]
    every = [*found, *(one for one in free if one is not None)]
    return Extra(
        f"the likelihood's maximum by Newton's method from {STARTS} starts",
        columns=("data", "σ", "ended", "rounds", "closed form", "EM's end", "verdict"),
        text="uuᵀ, and σ where it is free, against the closed form and against where EM ends",
        rows=tuple(map(_row, every)),
        outcome=joint([one.outcome for one in every]),
        code="maximum-differs",
    )


def _row(found: Found) -> tuple[str, ...]:
    noise = "known" if found.noise is None else f"free: {found.noise[0]:.5g}"
    return (
        found.name,
        noise,
        f"{found.ended} of {STARTS}",
        str(found.rounds),
        f"{found.apart:.0e} ± {found.bar:.0e}",
        "–" if math.isnan(found.from_em) else f"{found.from_em:.0e}",
        str(found.outcome),
    )
