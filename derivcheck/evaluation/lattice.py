"""Integrals over a small vector: the trapezoidal rule on a lattice that is fitted to the density.

A vector is used in coordinates t that run over all numbers (logarithms for positive entries, stick-breaking for a
simplex). Newton from several starts finds the highest place and its curvature; in whitened coordinates, where the
density is about a standard normal one, the trapezoidal rule of step h errs by 2e^{−2π²/h²}.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from derivcheck.evaluation.arithmetic import NotExact, NotSettled
from derivcheck.evaluation.line import packed
from derivcheck.language.shapes import Domain

Density = Callable[[Tensor], Tensor]

LARGEST_ROWS = 4
LARGEST_NODES = 2_200_000
CUT = 36.0
"""The lattice reaches to where the density, with a fourth moment, has fallen by e^-36."""


@dataclass(frozen=True)
class Chart:
    """``size`` free coordinates and the map of ``(…, size)`` to the vector and the logarithm of its Jacobian.

    ``same`` tells that the coordinates are the vector's own entries.
    """

    size: int
    place: Callable[[Tensor], tuple[Tensor, Tensor]]
    same: bool = False


def chart(domain: Domain, rows: int) -> Chart:
    """Coordinates for vectors whose entries are each from ``domain``, or for a simplex."""
    if domain.kind == "simplex":
        return Chart(rows - 1, sticks)
    match domain.known_ends:
        case None, None:
            return Chart(rows, lambda t: (t, torch.zeros_like(t[..., 0])), same=True)
        case float(low), None:
            return Chart(rows, lambda t: (low + torch.exp(t), t.sum(-1)))
        case None, (float() | int()) as high:
            return Chart(rows, lambda t: (high - torch.exp(t), t.sum(-1)))
        case float(low), (float() | int()) as high:
            size = math.log(high - low)
            return Chart(
                rows,
                lambda t: (low + (high - low) * torch.sigmoid(t), (logsigmoid(t) + logsigmoid(-t) + size).sum(-1)),
            )
    raise NotExact(f"an integral over vectors of the domain `{domain.kind}`")


def sticks(t: Tensor) -> tuple[Tensor, Tensor]:
    """Stick-breaking: x_k = s(t_k) Π_{j<k} (1 − s(t_j)), the last what is left; Jacobian of all but the last."""
    rest = torch.zeros_like(t[..., 0])
    logs, jacobian = [], torch.zeros_like(rest)
    for column in t.unbind(-1):
        logs.append(rest + logsigmoid(column))
        jacobian = jacobian + rest + logsigmoid(column) + logsigmoid(-column)
        rest = rest + logsigmoid(-column)
    return torch.exp(torch.stack((*logs, rest), -1)), jacobian


def lattice(
    density: Density, differentiable: Density, entries: int, rows: int, domain: Domain, level: int
) -> tuple[Tensor, Tensor, bool]:
    """Nodes ``(entries, count, rows)``, logarithms of weights ``(entries, count)``, and whether all has settled.

    Both densities take ``(entries, count, rows)`` to ``(entries, count)``; the second one can be differentiated.
    """
    free = chart(domain, rows)
    if free.size > LARGEST_ROWS or free.size < 1:
        raise NotExact(f"an integral over {free.size} dimensions")

    def height(t: Tensor) -> Tensor:
        x, jacobian = free.place(t)
        return _finite(density(x) + jacobian)

    def rising(t: Tensor) -> Tensor:
        x, jacobian = free.place(t)
        return differentiable(x) + jacobian

    peak, curvature, whole = _climb(height, rising, entries, free.size, level)
    spread = _spread(curvature, level)
    step = (0.65 if free.size < LARGEST_ROWS else 0.72) - 0.04 * (level % 4)
    box = _Box(height, free, peak, spread, level)
    reach = _reach(box, 9.5 + 0.4 * level, step)
    for _ in range(6):
        fine = box.values(reach, step)
        error = _error(fine, box.values(reach, step, 0.5))
        if error < 1e-13:
            break
        if fine.value.numel() / 0.7**free.size > 0.9 * LARGEST_NODES:
            break
        step *= 0.7
    settled = whole and _ends(fine) and error < 1e-13
    return _thinned(fine, free, peak, step, spread, level, settled)


def _finite(value: Tensor) -> Tensor:
    return torch.where(value.isfinite(), value, -math.inf)


def _climb(height: Density, rising: Density, entries: int, size: int, level: int) -> tuple[Tensor, Tensor, bool]:
    """The highest place found ``(entries, size)``, minus the Hessian there, and whether no other was as good.

    Starts: the best of a wide grid in every orthant. Steps: Newton with the Hessian's absolute eigenvalues, the best of
    several lengths, until nothing rises.
    """
    axis = [0.0, 0.1, 0.4, 1.0, 2.5, 6.0, 15.0, 60.0] if size < 4 else [0.1, 1.0, 4.0, 15.0]
    axis = [sign * (value + 0.03 * level) for value in axis for sign in (1.0, -1.0)]
    grid = torch.tensor(list(itertools.product(axis, repeat=size)), dtype=torch.float64)
    value = height(grid.expand(entries, -1, -1))
    orthant = ((grid > 0).long() * 2 ** torch.arange(size)).sum(-1)
    starts = []
    for index in range(2**size):
        best = torch.where(orthant == index, value, -math.inf).argmax(1)
        starts.append(grid[best])
    place = torch.stack(starts, 1)
    lengths = 2.0 ** torch.arange(-16, 6, 2, dtype=torch.float64)
    lengths = torch.cat((torch.zeros(1, dtype=torch.float64), lengths, torch.ones(1, dtype=torch.float64)))
    top = height(place)
    for _ in range(40):
        slope, hessian = _derivatives(rising, place)
        values, vectors = torch.linalg.eigh(-hessian)
        size_of = values.abs().clamp_min(1e-12 * values.abs().amax(-1, keepdim=True)).clamp_min(1e-300)
        along = (vectors.transpose(-1, -2) @ slope[..., None]).squeeze(-1) / size_of
        step = (vectors @ along[..., None]).squeeze(-1)
        tried = place[:, :, None] + lengths[:, None] * step[:, :, None]
        heights = height(tried.flatten(1, 2)).reshape(tried.shape[:-1])
        best = heights.argmax(-1, keepdim=True)
        gain = heights.gather(-1, best).squeeze(-1) - top
        place = tried.gather(2, best[..., None].expand(-1, -1, 1, size)).squeeze(2)
        top = heights.gather(-1, best).squeeze(-1)
        if not bool((gain > 1e-9).any()):
            break
    best = top.argmax(1)
    rows = torch.arange(entries)
    peak = place[rows, best]
    _, hessian = _derivatives(rising, peak[:, None])
    curvature = -hessian[:, 0]
    apart = ((place - peak[:, None])[..., None, :] @ curvature[:, None] @ (place - peak[:, None])[..., None]).flatten(1)
    others = (apart > 64) & (top > top.amax(1, keepdim=True) - 40)
    return peak, curvature, not bool(others.any())


def _derivatives(rising: Density, place: Tensor) -> tuple[Tensor, Tensor]:
    """Gradient ``(entries, places, size)`` and Hessian of the log density by autograd."""
    with torch.enable_grad():
        leaf = place.detach().clone().requires_grad_()
        top = rising(leaf).sum()
        slope = torch.autograd.grad(top, leaf, create_graph=True, allow_unused=True)[0] if top.requires_grad else None
        if slope is None:
            raise NotSettled("an integral of what does not depend on its variable")
        rows = []
        for column in range(place.shape[-1]):
            part = slope[..., column].sum()
            row = (
                torch.autograd.grad(part, leaf, retain_graph=True, allow_unused=True)[0] if part.requires_grad else None
            )
            rows.append(torch.zeros_like(place) if row is None else row)
    hessian = torch.stack(rows, -2).detach()
    slope, hessian = torch.nan_to_num(slope.detach(), 0.0, 0.0, 0.0), torch.nan_to_num(hessian, 0.0, 0.0, 0.0)
    return slope, (hessian + hessian.transpose(-1, -2)) / 2


def _spread(curvature: Tensor, level: int) -> Tensor:
    """A root of the inverse curvature: by eigenvectors, at odd levels the triangular one, so that lattices differ."""
    values, vectors = torch.linalg.eigh(curvature)
    size = values.abs().clamp_min(1e-14 * values.abs().amax(-1, keepdim=True)).clamp_min(1e-300)
    root = vectors / size.sqrt()[..., None, :]
    if level % 2 == 0:
        return root
    inverse = root @ root.transpose(-1, -2)
    factor, failed = torch.linalg.cholesky_ex(inverse)
    return torch.where((failed == 0)[:, None, None], factor, root)


@dataclass(frozen=True)
class _Values:
    """The integrand on a lattice, ``(entries, n_1, …, n_d)``, with the fourth moment, and the steps in units."""

    value: Tensor
    weighted: Tensor
    units: tuple[Tensor, ...]


@dataclass(frozen=True)
class _Box:
    """A density about its peak in whitened coordinates u: t = peak + spread u.

    Its fourth moment is of u, and where the vector is another function of t, of the vector in units of the peak's.
    """

    height: Density
    free: Chart
    peak: Tensor
    spread: Tensor
    level: int

    def values(self, reach: tuple[tuple[float, float], ...], step: float, more: float = 0.0) -> _Values:
        """On the lattice of a step, moved by ``more`` steps along every axis."""
        shift = more + (0.0, 0.37, 0.71, 0.19)[self.level % 4]
        units = tuple(
            torch.arange(math.floor(low / step), math.ceil(high / step) + 1, dtype=torch.float64) + shift
            for low, high in reach
        )
        shape = tuple(len(unit) for unit in units)
        entries = len(self.peak)
        if math.prod(shape) * entries > LARGEST_NODES:
            raise NotExact(f"an integral over {len(shape)} dimensions with so many nodes")
        u = torch.stack(torch.meshgrid(*units, indexing="ij"), -1).flatten(0, -2) * step
        t = self.peak[:, None] + u @ self.spread.transpose(-1, -2)
        value = self.height(t)
        weighted = value + 2 * torch.log1p((u * u).sum(-1))
        if not self.free.same:
            ratio = self.free.place(t)[0] / self.free.place(self.peak[:, None])[0]
            weighted = _finite(weighted + 2 * torch.log1p((ratio * ratio).sum(-1)))
        return _Values(value.reshape(entries, *shape), weighted.reshape(entries, *shape), units)


def _sides(found: _Values) -> list[tuple[float, float]]:
    """For every axis, how far the integrand on the first and on the last face is below the highest, at the worst."""
    top = found.weighted.flatten(1).amax(1)
    worst = []
    for axis in range(1, found.value.dim()):
        first = found.weighted.select(axis, 0).flatten(1).amax(1)
        last = found.weighted.select(axis, -1).flatten(1).amax(1)
        worst.append((float((top - first).detach().amin()), float((top - last).detach().amin())))
    return worst


def _ends(found: _Values) -> bool:
    return all(min(pair) > CUT - 4 for pair in _sides(found))


def _reach(box: _Box, start: float, step: float) -> tuple[tuple[float, float], ...]:
    """Widen the box, side by side, until the integrand has fallen on every face; a coarse lattice is enough."""
    size = box.peak.shape[-1]
    reach = [(-start, start)] * size
    for _ in range(20):
        found = box.values(tuple(reach), max(step, 1.0))
        sides = _sides(found)
        wider = [
            (low * (1.0 if below > CUT else 1.2), high * (1.0 if above > CUT else 1.2))
            for (low, high), (below, above) in zip(reach, sides, strict=True)
        ]
        count = math.prod((high - low) / step + 3 for low, high in wider)
        if wider == reach or count * len(box.peak) > LARGEST_NODES:
            break
        reach = wider
    return tuple(reach)


def _error(found: _Values, shifted: _Values) -> float:
    """The relative error of the sum over a lattice: that of one shifted by half a step along every axis has the other
    sign, so that they differ by twice the error. The fourth moment may err by ten times as much."""

    def apart(one: Tensor, other: Tensor) -> float:
        return float((torch.logsumexp(one.flatten(1), 1) - torch.logsumexp(other.flatten(1), 1)).abs().amax())

    return max(apart(found.value, shifted.value), apart(found.weighted, shifted.weighted) / 10)


def _thinned(
    found: _Values, free: Chart, peak: Tensor, step: float, spread: Tensor, level: int, settled: bool
) -> tuple[Tensor, Tensor, bool]:
    """The nodes with weight, as few as any entry needs, and their weights h^d |spread| dx/dt."""
    value = found.value.flatten(1)
    weighted = found.weighted.flatten(1)
    keep = (weighted > weighted.amax(1, keepdim=True) - CUT - 4 - 5 * level) & value.isfinite()
    order, kept = packed(keep)
    u = torch.stack(torch.meshgrid(*found.units, indexing="ij"), -1).flatten(0, -2) * step
    t = peak[:, None] + u[order] @ spread.transpose(-1, -2)
    t = torch.where(kept[..., None], t, peak[:, None])
    x, jacobian = free.place(t)
    volume = free.size * math.log(step) + torch.linalg.slogdet(spread).logabsdet[:, None]
    return x, torch.where(kept, jacobian + volume, -math.inf), settled
