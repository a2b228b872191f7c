"""Whether a place is stationary, how the objective bends there, and how far from the optimum rounding leaves it."""

from __future__ import annotations

import torch
from torch import Tensor

from derivcheck.evaluation.charts import bounds, chart, flat, tangent
from derivcheck.evaluation.descent import Objective, first, free_coordinates, second, spectrum
from derivcheck.evaluation.differentiation import slope as slope_of
from derivcheck.evaluation.sampling import generator
from derivcheck.language.shapes import Domain

PROBES = 8
HAIR = 2.0**-27
"""So far from a place, in its own size, third derivatives are lost in rounding and rounding shows itself."""
ROUNDS = 3
SAFETY = 8.0
ULP = 2.0**-52
LOST = 1e-5
"""An error of such a part of the point's size: the curvature is lost in rounding along some direction."""


def stationarity(objective: Objective, place: Tensor, domain: Domain, maximise: bool = True) -> tuple[Tensor, Tensor]:
    """The gradient within the domain, ``(*lead, rows, columns)``, and its rounding entry by entry.

    On the simplex g − mean g (what no multiplier of Σπ = 1 takes up), on the sphere g − x xᵀg, of a symmetric matrix
    (g + gᵀ)/2. Where an entry lies on a bound, a gradient that points out of the domain (for a minimum: into it) is 0.
    """
    slope, bar = projected(objective, place, domain)
    low, high = bounds(domain)
    upward = slope if maximise else -slope
    if low is not None:
        slope = torch.where((place <= low) & (upward < 0), 0.0, slope)
    if high is not None:
        slope = torch.where((place >= high) & (upward > 0), 0.0, slope)
    return slope, bar


def curvature(objective: Objective, place: Tensor, domain: Domain) -> Tensor:
    """The largest eigenvalue of the Hessian within the domain, ``(*lead,)``: negative at a proper maximum.

    On the sphere with the multiplier of |x| = 1; entries on a bound do not move. −∞ where nothing moves.
    """
    place = place.detach().to(torch.float64)
    made = flat(domain, place)
    _, _, hessian = second(objective, 1.0, made, tuple(place.shape[:-2]))
    if not made.count:
        return torch.full(place.shape[:-2], -torch.inf, dtype=torch.float64)
    low, high = bounds(domain)
    if low is None and high is None:
        return torch.linalg.eigvalsh(hessian)[..., -1]
    held = torch.zeros_like(place, dtype=torch.bool)
    held = held | (place <= low) if low is not None else held
    held = (held | (place >= high) if high is not None else held).flatten(-2)
    moving = torch.where(held.unsqueeze(-1) | held.unsqueeze(-2), 0.0, hessian)
    under = 2 * moving.abs().sum(-1).amax(-1, keepdim=True) + 1
    numbers = torch.linalg.eigvalsh(moving - torch.diag_embed(torch.where(held, under, 0.0)))[..., -1]
    return torch.where(held.all(-1), -torch.inf, numbers)


def projected(objective: Objective, place: Tensor, domain: Domain) -> tuple[Tensor, Tensor]:
    """The tangent part of the gradient by the place's own entries, and its rounding: how it scatters a hair away.

    g(x + δ) − g(x) − H δ is of third order, 2⁻⁵⁴, but for rounding; H δ by one more backward pass. What a relative
    change of an ulp in the place does to the gradient is added: rounding that is the same at all the places.
    """
    place = place.detach().to(torch.float64)
    made = chart(domain, place)
    source = generator("stationarity")
    with torch.enable_grad():
        here = place.clone().requires_grad_()
        slope = _gradient(objective, here, True)
        bar = 4 * ULP * slope.detach().abs()
        for _ in range(PROBES):
            sign = torch.randn(made.unit.shape, generator=source, dtype=torch.float64)
            moved = made.place(HAIR * made.unit * sign).detach()
            shift = moved - place
            linear = torch.zeros_like(place)
            if slope.requires_grad:
                (grad,) = torch.autograd.grad((slope * shift).sum(), here, retain_graph=True, allow_unused=True)
                linear = linear if grad is None else grad
            there = _gradient(objective, moved.requires_grad_(), False)
            apart = tangent(domain, place, there - slope.detach() - linear)
            bar = torch.maximum(bar, SAFETY * apart.abs() + ULP / HAIR * linear.abs())
    return tangent(domain, place, slope.detach()), bar


def _gradient(objective: Objective, place: Tensor, create: bool) -> Tensor:
    value = objective(place)
    return slope_of(value.expand(place.shape[:-2]).sum(), place, create=create)


def refine(
    objective: Objective, domain: Domain, sign: float, place: Tensor, fixed: Tensor | None, seed: object
) -> tuple[Tensor, Tensor, Tensor]:
    """The mean of Newton's steps from a hair off the place, a bound on its error, and whether the bound can be trusted.

    Newton's step from the mean itself must be rounding or much smaller than the one before: where the curvature
    vanishes at the optimum every step leaves most of the way, and says nothing about what is left.
    """
    sound = torch.ones(place.shape[:-2], dtype=torch.bool)
    error = torch.full(place.shape[:-2], torch.inf, dtype=torch.float64)
    for _ in range(ROUNDS):
        place, error, sound, quiet = _probe(objective, domain, sign, place, fixed, seed)
        if bool((quiet | ~sound).all()):
            break
    size = torch.maximum(place.abs().amax((-2, -1)), chart(domain, place, fixed).unit.amax(-1))
    return place, error, sound & quiet & error.isfinite() & (error <= LOST * size)


def _probe(
    objective: Objective, domain: Domain, sign: float, place: Tensor, fixed: Tensor | None, seed: object
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    lead = tuple(place.shape[:-2])
    made = chart(domain, place, fixed)
    free = free_coordinates(fixed)
    hessian = second(objective, sign, made, lead)[2]
    axes = spectrum(hessian, made.unit, free)
    sound = axes.convex & hessian.isfinite().flatten(-2).all(-1)
    source = generator("probe", seed)
    ends = []
    for _ in range(PROBES):
        hair = HAIR * made.unit * (0.5 + torch.rand(made.unit.shape, generator=source, dtype=torch.float64))
        hair = torch.where(torch.rand(hair.shape, generator=source) < 0.5, -hair, hair)
        hair = hair if free is None else torch.where(free, hair, 0.0)
        ends.append(hair - axes.solve(first(objective, sign, made, hair)[1]))
    steps = torch.stack(ends)
    mean = steps.mean(0)
    refined = made.place(mean).detach()

    def away(t: Tensor) -> Tensor:
        return (made.place(t).detach() - refined).abs().amax((-2, -1))

    spread = torch.stack([away(step) for step in steps]).amax(0)
    left = away(mean - axes.solve(first(objective, sign, made, mean)[1]))
    shared = ULP * (axes.inverse().abs() @ (hessian.abs() @ made.unit.unsqueeze(-1))).squeeze(-1)
    shift = torch.maximum(away(mean + shared), away(mean - shared))
    floor = 4 * ULP * refined.abs().amax((-2, -1))
    error = SAFETY * torch.maximum(spread, left) + 2 * shift + floor
    quiet = (left <= SAFETY * spread + floor) | (left <= 1e-3 * (refined - place).abs().amax((-2, -1)))
    return refined, error, sound, quiet
