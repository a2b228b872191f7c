"""Minimising in the free coordinates of a domain: Newton's method with a line search, and BFGS, many draws at once.

Both work on f = ∓objective for every entry of the lead on its own. Newton moves the chart along with the place, so
that its coordinates are always t = 0; BFGS keeps the chart of its start.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import BUDGET
from derivcheck.evaluation.charts import Chart, chart, straight
from derivcheck.evaluation.differentiation import slope as slope_of
from derivcheck.language.shapes import Domain

Objective = Callable[[Tensor], Tensor]
"""place ``(*lead, rows, columns)`` ↦ value ``(*lead,)``: differentiable, every entry of the lead on its own."""

NEWTON_STEPS = 80
BFGS_STEPS = 150
HALVINGS = 12
FLAT = 1e-10
"""Of the largest curvature (in units that make the diagonal 1) so little is none: float64 leaves it no digit."""
SETTLED = 1e-8
"""A Newton step that is this part of the place leaves one of its square: nothing."""
STALLED = 1e-4
"""Below this a Newton step that does not shrink is rounding, or the curvature vanishes."""
FAR = 1e9
"""So many times the start's size and still falling: there is no optimum at a finite place."""
DRIFT = 8
"""So many steps of Newton of one length in a row: an exponential that falls towards its edge."""
BEND = 3.0
"""The longest step in a bent chart: a factor of 20 in a positive number."""


@dataclass(frozen=True)
class Spectrum:
    """A Hessian D V Λ Vᵀ D with D² about its diagonal, so that units of measurement do not matter."""

    scale: Tensor
    values: Tensor
    vectors: Tensor

    @property
    def convex(self) -> Tensor:
        """Whether every curvature is positive, by more than rounding."""
        if not self.values.shape[-1]:
            return torch.ones(self.values.shape[:-1], dtype=torch.bool)
        return self.values[..., 0] > FLAT * self.values[..., -1].clamp_min(1e-300)

    def solve(self, vector: Tensor) -> Tensor:
        """H⁻¹ v, where H is convex."""
        return self.back(self.along(vector) / self.values)

    def along(self, vector: Tensor) -> Tensor:
        """Vᵀ D⁻¹ v: a gradient's parts along the axes."""
        return (self.vectors.transpose(-1, -2) @ (vector / self.scale).unsqueeze(-1)).squeeze(-1)

    def back(self, parts: Tensor) -> Tensor:
        """D⁻¹ V p: a step from its parts along the axes."""
        return (self.vectors @ parts.unsqueeze(-1)).squeeze(-1) / self.scale

    def inverse(self) -> Tensor:
        """H⁻¹ as a matrix."""
        rows = self.vectors / self.scale.unsqueeze(-1)
        return (rows / self.values.unsqueeze(-2)) @ rows.transpose(-1, -2)


@dataclass(frozen=True)
class Run:
    """Where a descent ended and, for each entry of the lead, how: at a minimum, far away, on a bound of the domain."""

    place: Tensor
    value: Tensor
    settled: Tensor
    convex: Tensor
    far: Tensor
    gaining: Tensor
    finite: Tensor
    steep: Tensor
    edge: Tensor
    fixed: Tensor | None = None


def first(objective: Objective, sign: float, made: Chart, t: Tensor) -> tuple[Tensor, Tensor]:
    """f and its gradient by the free coordinates."""
    with torch.enable_grad():
        t = t.detach().requires_grad_()
        value = _value(objective, sign, made, t)
        slope = _slope(value, t, False)
    return value.detach(), slope.detach()


def second(objective: Objective, sign: float, made: Chart, lead: tuple[int, ...]) -> tuple[Tensor, Tensor, Tensor]:
    """f, its gradient and its Hessian at t = 0: one backward pass for every unknown."""
    count = made.count
    BUDGET.make(made.unit.numel() * count, 4.0, f"the table of all second derivatives by {count} unknowns")
    with torch.enable_grad():
        t = torch.zeros(*lead, count, dtype=torch.float64, requires_grad=True)
        value = _value(objective, sign, made, t)
        slope = _slope(value, t, True)
        rows = [_slope(slope[..., k], t, False, keep=True) for k in range(count)]
    hessian = torch.stack(rows, -1).detach() if rows else torch.zeros(*lead, 0, 0, dtype=torch.float64)
    return value.detach(), slope.detach(), (hessian + hessian.transpose(-1, -2)) / 2


def _value(objective: Objective, sign: float, made: Chart, t: Tensor) -> Tensor:
    return (sign * objective(made.place(t))).expand(t.shape[:-1])


def _slope(value: Tensor, t: Tensor, create: bool, keep: bool = False) -> Tensor:
    return slope_of(value.sum(), t, create=create, keep=keep)


def spectrum(hessian: Tensor, unit: Tensor, free: Tensor | None = None) -> Spectrum:
    """The axes of a Hessian; coordinates that are not free count as settled, with curvature 1."""
    hessian = hessian.nan_to_num(0.0, 0.0, 0.0)
    count = hessian.shape[-1]
    eye = torch.eye(count, dtype=hessian.dtype)
    if free is not None:
        hessian = torch.where(free.unsqueeze(-1) & free.unsqueeze(-2), hessian, eye / unit.square().unsqueeze(-1))
    diagonal = hessian.diagonal(dim1=-2, dim2=-1).abs()
    if count:
        largest = (diagonal * unit.square()).amax(-1, keepdim=True)
        largest = torch.where(largest > 0, largest, torch.ones_like(largest))
        diagonal = torch.maximum(diagonal, 1e-14 * largest / unit.square())
    scale = diagonal.sqrt()
    values, vectors = torch.linalg.eigh(hessian / (scale.unsqueeze(-1) * scale.unsqueeze(-2)))
    return Spectrum(scale, values, vectors)


def free_coordinates(fixed: Tensor | None) -> Tensor | None:
    """Which coordinates may move: only the charts with one coordinate for every entry know fixed ones."""
    return None if fixed is None else ~fixed.flatten(-2)


def newton(
    objective: Objective, domain: Domain, sign: float, start: Tensor, fixed: Tensor | None = None, far: float = FAR
) -> Run:
    """Newton's method; where f is not convex, along −|H|⁻¹∇f, and out of a saddle along its most negative curvature."""
    lead = tuple(start.shape[:-2])
    place, free = start.detach(), free_coordinates(fixed)
    done = torch.zeros(lead, dtype=torch.bool)
    settled, convex, finite = done.clone(), done.clone(), ~done
    radius, previous = torch.ones(lead, dtype=torch.float64), torch.full(lead, torch.inf, dtype=torch.float64)
    begin = chart(domain, start)
    home = begin.unit.amax(-1) if begin.count else torch.ones(lead, dtype=torch.float64)
    value = first_value = gain = torch.zeros(lead, dtype=torch.float64)
    away, steep, plain = done.clone(), done.clone(), torch.tensor(straight(domain))
    drifting, steepest = torch.zeros(lead), torch.zeros(lead, dtype=torch.float64)
    for step in range(NEWTON_STEPS):
        made = chart(domain, place, fixed)
        value, slope, hessian = second(objective, sign, made, lead)
        first_value = value if step == 0 else first_value
        ok = value.isfinite() & slope.isfinite().all(-1) & hessian.isfinite().flatten(-2).all(-1)
        finite, done = finite & (ok | done), done | ~ok
        axes = spectrum(hessian, made.unit, free)
        convex = torch.where(done, convex, axes.convex)
        move = _direction(axes, slope.nan_to_num(0.0, 0.0, 0.0), made.unit, radius)
        length = _length(move, made.unit)
        limit = torch.where(axes.convex & plain, torch.inf, torch.where(axes.convex, BEND, radius))
        move = move * (limit / length.clamp_min(1e-300)).clamp_max(1.0).unsqueeze(-1)
        length = torch.minimum(length, limit)
        quiet = axes.convex & (length <= SETTLED)
        moved, gained, share = _search(objective, sign, made, value, slope, move, done | quiet | (length == 0))
        # Never so small that a curved valley takes more steps than there are.
        radius = torch.where(share == 1, torch.minimum(4 * length, radius * 4), share * length).clamp_min(1e-6)
        place = torch.where(done[..., None, None], place, moved)
        gain = torch.where(done, gain, gained)
        size = _length(slope.nan_to_num(0.0, 0.0, 0.0), 1 / made.unit)
        steepest = size if step == 0 else torch.maximum(steepest, size)
        steep = torch.where(done, steep, size > 1e-6 * steepest)
        even = axes.convex & (length < BEND) & ((length - previous).abs() <= 1e-3 * length)
        drifting = torch.where(even, drifting + 1, 0)
        stalled = axes.convex & (length <= STALLED) & (length >= 0.5 * previous)
        settled = settled | (~done & (quiet | stalled))
        away = away | (~done & (place.abs().flatten(-2).amax(-1) > far * home) & ~settled)
        done = done | settled | away | (drifting >= DRIFT) | (~axes.convex & (length == 0))
        done = done | ((share == 0) & ~quiet & (length > STALLED))
        previous = length
        if bool(done.all()):
            break
    with torch.no_grad():
        value = (sign * objective(place)).expand(lead).detach()
    gaining = gain > 1e-4 * (first_value - value).abs()
    return Run(place, value, settled, convex, away, gaining, finite, steep, torch.zeros_like(done))


def _length(move: Tensor, unit: Tensor) -> Tensor:
    return (move / unit).abs().amax(-1) if move.shape[-1] else move.new_zeros(move.shape[:-1])


def _direction(axes: Spectrum, slope: Tensor, unit: Tensor, radius: Tensor) -> Tensor:
    """Newton's step where f is convex, else one that goes down along every axis."""
    if not slope.shape[-1]:
        return slope
    parts = axes.along(slope)
    size = axes.values.abs()
    largest = size.amax(-1, keepdim=True)
    # Where there is no curvature at all the gradient alone gives the direction.
    steepest = parts.abs().amax(-1, keepdim=True).clamp_min(1e-300)
    floor = torch.where(largest > 1e-30, 1e-8 * largest, steepest)
    bent = -parts / torch.maximum(size, floor)
    # A stationary point that is no minimum: the gradient does not say which way to leave it.
    lowest = axes.values[..., 0] < -FLAT * axes.values[..., -1].abs().clamp_min(1e-300)
    out = axes.vectors[..., 0] / axes.scale
    share = 0.1 * radius / _length(out, unit).clamp_min(1e-300)
    lost = lowest & (bent[..., 0].abs() < 0.1 * share)
    toward = torch.where(bent[..., 0] < 0, -share, share)
    bent = torch.cat([torch.where(lost, toward, bent[..., 0]).unsqueeze(-1), bent[..., 1:]], -1)
    return axes.back(torch.where(axes.convex.unsqueeze(-1), -parts / axes.values, bent))


def _search(
    objective: Objective, sign: float, made: Chart, value: Tensor, slope: Tensor, move: Tensor, done: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The longest of the steps move, move/4, … that goes down: the place, what it gained, and its share (0: none).

    Where differences of f are lost in its rounding, ½ (∇f + ∇f′)·move tells whether it goes down.
    """
    share = torch.where(done, 0.0, 1.0).to(torch.float64)
    accepted = done.clone()
    gained = torch.zeros_like(value)
    slanted = (slope * move).sum(-1)
    for _ in range(HALVINGS):
        t = move * share.unsqueeze(-1)
        there, steep = first(objective, sign, made, t)
        predicted = share * slanted
        trapezium = share * ((slope + steep) * move).sum(-1) / 2
        noise = 1e-9 * (value.abs() + there.abs())
        down = there <= value + 1e-4 * predicted
        hidden = (there <= value + noise) & (trapezium <= 0.01 * predicted.clamp_max(0.0))
        good = (
            there.isfinite()
            & steep.isfinite().all(-1)
            & ((down & (predicted < -noise)) | hidden | (down & (there < value)))
        )
        gained = torch.where(good & ~accepted, value - there, gained)
        accepted = accepted | good
        if bool(accepted.all()):
            break
        share = torch.where(accepted, share, share / 4)
    share = torch.where(accepted, share, 0.0)
    with torch.no_grad():
        return made.place(move * share.unsqueeze(-1)).detach(), gained, share


def bfgs(objective: Objective, domain: Domain, sign: float, start: Tensor, fixed: Tensor | None = None) -> Tensor:
    """Where BFGS comes to rest from ``start``: H⁻¹ is built up from gradients alone, with an Armijo line search."""
    made = chart(domain, start, fixed)
    lead, count, unit = tuple(start.shape[:-2]), made.count, made.unit
    t = torch.zeros(*lead, count, dtype=torch.float64)
    eye = torch.eye(count, dtype=torch.float64).expand(*lead, count, count)
    inverse = eye
    fresh, stuck = torch.ones(lead, dtype=torch.bool), torch.zeros(lead, dtype=torch.bool)
    scaled = Chart(lambda moved: made.place(moved * unit), count, torch.ones_like(unit))
    value, slope = first(objective, sign, scaled, t)
    least = 1e-9 * _length(slope, scaled.unit)
    for _ in range(BFGS_STEPS):
        done = stuck | (_length(slope, scaled.unit) <= least) | ~slope.isfinite().all(-1)
        move = -(inverse @ slope.nan_to_num().unsqueeze(-1)).squeeze(-1)
        longest = torch.where(fresh, 0.3, 2.0 + _length(t, scaled.unit))
        move = move * (longest / _length(move, scaled.unit).clamp_min(1e-300)).clamp_max(1.0).unsqueeze(-1)
        accepted, share = done.clone(), torch.ones(lead, dtype=torch.float64)
        for _ in range(HALVINGS):
            there, steep = first(objective, sign, scaled, t + move * share.unsqueeze(-1))
            good = (there <= value + 1e-4 * share * (slope * move).sum(-1)) & steep.isfinite().all(-1)
            accepted = accepted | good
            if bool(accepted.all()):
                break
            share = torch.where(accepted, share, share / 3)
        keep, stuck = done | ~accepted, stuck | (fresh & ~accepted)
        if bool((stuck | done).all()):
            break
        s = torch.where(keep.unsqueeze(-1), 0.0, move * share.unsqueeze(-1))
        y = torch.where(keep.unsqueeze(-1), 0.0, steep - slope)
        t, value = t + s, torch.where(keep, value, there)
        slope = torch.where(keep.unsqueeze(-1), slope, steep)
        inverse, fresh = _update(inverse, s, y, fresh)
        inverse, fresh = torch.where((~accepted)[..., None, None], eye, inverse), fresh | ~accepted
    with torch.no_grad():
        return scaled.place(t).detach()


def _update(inverse: Tensor, s: Tensor, y: Tensor, fresh: Tensor) -> tuple[Tensor, Tensor]:
    """(I − ρ s yᵀ) H⁻¹ (I − ρ y sᵀ) + ρ s sᵀ with ρ = 1/yᵀs, where yᵀs > 0; the first one sets the size, yᵀs/yᵀy."""
    inner = (s * y).sum(-1)
    usable = inner > 1e-10 * (s.norm(dim=-1) * y.norm(dim=-1)).clamp_min(1e-300)
    size = torch.where(fresh & usable, inner / y.square().sum(-1).clamp_min(1e-300), 1.0)
    rho = torch.where(usable, 1 / torch.where(usable, inner, 1.0), 0.0)
    eye = torch.eye(s.shape[-1], dtype=s.dtype)
    left = eye - rho[..., None, None] * s.unsqueeze(-1) * y.unsqueeze(-2)
    made = left @ (inverse * size[..., None, None]) @ left.transpose(-1, -2)
    made = made + rho[..., None, None] * s.unsqueeze(-1) * s.unsqueeze(-2)
    return torch.where(usable[..., None, None], made, inverse), fresh & ~usable
