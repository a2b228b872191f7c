"""Integrals over a line: Gauss–Legendre panels, placed by the density and halved until nothing changes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import NotSettled
from derivcheck.evaluation.line import Line, find_peaks, first_edges, packed

Density = Callable[[Tensor], Tensor]

DEEPEST = 70
LARGEST_NODES = 2_000_000
SMALLEST = 1e-17
"""A panel's error, as a part of the whole integral, that is without weight."""
BRINKS = torch.tensor([1e-7, 1 - 1e-7], dtype=torch.float64)
"""Where in a panel, in its widths, the density is looked at beside its ends."""
MOMENTS = (4.0, 2.0, 0.0)
SETTLED = 1e-11
ENDS = 30.0
"""At the outermost places the density must have fallen by e^-30 for the rest to be without weight."""
ENDS_ALONE = 26.0
"""The same where no moments are wanted: by so much it has fallen one rounding away from an end that is not 0."""


@dataclass(frozen=True)
class Legendre:
    """Gauss–Legendre on [0, 1]: places, weights, values → coefficients → values at the brinks, and the derivative."""

    places: Tensor
    weights: Tensor
    coefficients: Tensor
    brink: Tensor
    slopes: Tensor


@cache
def legendre(count: int) -> Legendre:
    """The rule of ``count`` places: roots by Newton on the three-term recurrence, weights 2/((1−x²)P′²)."""
    index = torch.arange(count, dtype=torch.float64)
    x = -torch.cos(math.pi * (index + 0.75) / (count + 0.5))
    for _ in range(8):
        values = _polynomials(x, count)
        slope = count * (x * values[count] - values[count - 1]) / (x * x - 1)
        x = x - values[count] / slope
    values = _polynomials(x, count)
    slope = count * (x * values[count] - values[count - 1]) / (x * x - 1)
    weights = 2 / ((1 - x * x) * slope * slope)
    # Values at the places to coefficients of P_k: c_k = (2k+1)/2 Σ_j w_j P_k(x_j) f_j.
    coefficients = torch.stack([(2 * k + 1) / 2 * weights * values[k] for k in range(count)])
    difference = x[:, None] - x[None, :] + torch.eye(count, dtype=torch.float64)
    product = difference.prod(1)
    slopes = product[:, None] / (product[None, :] * difference)
    slopes = slopes - torch.diag(torch.diag(slopes))
    slopes = slopes - torch.diag(slopes.sum(1))
    brink = torch.stack(_polynomials(2 * BRINKS - 1, count)[:count])
    return Legendre((x + 1) / 2, weights / 2, coefficients, brink, 2 * slopes)


def _polynomials(x: Tensor, degree: int) -> list[Tensor]:
    values = [torch.ones_like(x), x]
    for k in range(1, degree):
        values.append(((2 * k + 1) * x * values[k] - k * values[k - 1]) / (k + 1))
    return values


@dataclass(frozen=True)
class Nodes:
    """Nodes of panels ``(entries, panels, count)``, the logarithms of their weights dx, and of the integrand."""

    x: Tensor
    log_weight: Tensor
    log_value: Tensor


@dataclass(frozen=True)
class Panels:
    """Panels ``(entries, panels)`` from ``left`` to ``right``, which of them there are, and their parents' errors."""

    left: Tensor
    right: Tensor
    real: Tensor
    error: Tensor


@dataclass(frozen=True)
class Integrand:
    """The density in t times ``(1 + z²)^{order/2}``, z the distance from the highest peak in its widths.

    With order 4 what settles it settles moments up to the fourth; a tail too heavy for that gets a smaller order.
    """

    density: Density
    line: Line
    place: Tensor
    width: Tensor
    order: Tensor

    def at(self, x: Tensor) -> Tensor:
        """``(entries, …)`` to the logarithm of the integrand."""
        lead = (-1,) + (1,) * (x.dim() - 1)
        z = ((x - self.place.reshape(lead)) / self.width.reshape(lead)).clamp(-1e150, 1e150)
        height = _in_t(self.density, self.line)(x.flatten(1)).reshape(x.shape)
        return height + self.order.reshape(lead) * torch.log(torch.hypot(z, torch.ones_like(z)))


def _in_t(density: Density, line: Line) -> Density:
    """The logarithm of the density in t, from that of the density in x."""

    def height(x: Tensor) -> Tensor:
        value = density(x[..., None]) + line.log_slope(x)
        return torch.where(value.isnan(), -math.inf, value)

    return height


def panels(
    density: Density, entries: int, line: Line, level: int, orders: tuple[float, ...] = MOMENTS, several: bool = False
) -> tuple[Tensor, Tensor, bool]:
    """Nodes ``(entries, count, 1)``, logarithms of weights ``(entries, count)``, and whether all has settled.

    ``orders`` are those of the moments that are wanted too, where the tails bear them: the first one that they do.
    """
    height = _in_t(density, line)
    peaks = find_peaks(height, line, entries, level, several=several)
    if not bool(peaks.height.isfinite().all()):
        raise NotSettled("the density in an integral is 0 or not finite wherever it was tried")
    edges = first_edges(line, peaks, level)
    integrand, settled = _integrand(density, line, peaks.place[:, 0], peaks.width[:, 0], edges, orders)
    found, refined = _refine(integrand, edges, 16 + 6 * level)
    log_value = found.log_value.flatten(1)
    mass = found.log_weight.flatten(1) + log_value - line.log_slope(found.x.flatten(1))
    keep = (mass > mass.amax(1, keepdim=True) - 60 - 15 * level) & mass.isfinite()
    order, kept = packed(keep)
    x = torch.where(kept, found.x.flatten(1).gather(1, order), peaks.place[:, :1])
    log_weight = torch.where(kept, found.log_weight.flatten(1).gather(1, order), -math.inf)
    return x[..., None], log_weight, settled and refined


def _integrand(
    density: Density, line: Line, place: Tensor, width: Tensor, edges: Tensor, orders: tuple[float, ...]
) -> tuple[Integrand, bool]:
    """The integrand with the highest order of moment that its tails bear, and whether they have fallen enough."""
    scale = (line.forward(place, width) - line.forward(place, -width)).abs() / 2
    chosen = Integrand(density, line, place, scale, torch.zeros_like(place))
    outermost = edges[:, [0, -1]]
    reach = torch.log((line.distance(place[:, None], outermost) / width[:, None]).abs().clamp_min(1.0))
    reach = reach if (line.low, line.high) == (None, None) else torch.zeros_like(reach)
    top = _in_t(density, line)(place[:, None])
    fits = torch.zeros_like(place, dtype=torch.bool)
    fall = ENDS_ALONE if orders == (0.0,) else ENDS
    for order in orders:
        tried = Integrand(density, line, place, scale, torch.full_like(place, order))
        fallen = (tried.at(outermost) + reach < top - fall).all(1)
        chosen = Integrand(density, line, place, scale, torch.where(fallen & ~fits, order, chosen.order))
        fits = fits | fallen
    return chosen, bool(fits.all())


def _nodes(integrand: Integrand, these: Panels, basis: Legendre) -> tuple[Nodes, Tensor, Tensor, Tensor]:
    """The nodes of panels, their widths in t, how far in widths rounded nodes are from the rule's places, and the
    integrand just inside both ends.

    A number x is rounded, and so its distance in t is not quite the rule's: the weights are those of the
    interpolating polynomial at the rounded places, to first order, w − Dᵀ(w δ).
    """
    line, left = integrand.line, these.left
    width = line.distance(left, these.right)
    places = torch.cat((basis.places, BRINKS))
    every = line.forward(left[..., None], width[..., None] * places)
    x = every[..., :-2]
    off = line.distance(left[..., None].expand_as(every), every) / width[..., None] - places
    correction = (off[..., :-2] * basis.weights) @ basis.slopes
    weights = basis.weights - torch.where(correction.abs() < 0.1 * basis.weights, correction, 0.0)
    value = torch.where(these.real[..., None], integrand.at(every), -math.inf)
    log_weight = torch.log(weights * width[..., None]) + line.log_slope(x)
    return Nodes(x, log_weight, value[..., :-2]), width, off, value[..., -2:]


def _refine(integrand: Integrand, edges: Tensor, count: int) -> tuple[Nodes, bool]:
    """Halve panels until the error estimated for each is without weight in the whole."""
    basis = legendre(count)
    left, right = edges[:, :-1], edges[:, 1:]
    these = Panels(left, right, right > left, torch.full_like(left, math.inf))
    done: list[Nodes] = []
    total = torch.full((len(edges),), -math.inf, dtype=torch.float64)
    noise = torch.zeros(len(edges), dtype=torch.float64)
    made = 0
    for depth in range(DEEPEST):
        nodes, width, off, log_brink = _nodes(integrand, these, basis)
        made += nodes.x.numel()
        peak = torch.maximum(nodes.log_value.amax(-1), log_brink.amax(-1)).clamp_min(-1e300)[..., None]
        value = torch.exp(nodes.log_value - peak)
        panel = torch.log((value * basis.weights).sum(-1) * width) + peak.squeeze(-1)
        whole = torch.logaddexp(total, torch.logsumexp(panel, 1))
        shift = torch.where(off.abs() < 1e-4, off, 0.0)[..., :-2]
        value = value - shift * (value @ basis.slopes.T)
        error, noisy = _estimate(value, torch.exp(log_brink - peak), off[..., -2:], basis)
        error = error * width * torch.exp(peak.squeeze(-1) - whole[:, None])
        error = torch.where(these.real & error.isfinite(), error, 0.0)
        # What no halving improves and is small beside the panel's own values is rounding in the density.
        # Nor is anything gained where numbers x lie too far apart for the rule's places.
        rounding = (error > SMALLEST) & ((noisy & (error > 0.35 * these.error)) | (off.abs().amax(-1) > 1e-2))
        noise = noise + torch.where(rounding, error, 0.0).sum(1)
        split = these.real & (error > SMALLEST) & ~rounding
        last = not bool(split.any()) or depth == DEEPEST - 1 or made > LARGEST_NODES
        keep = these.real if last else these.real & ~split
        done.append(_chosen(nodes, keep))
        if last:
            left_over = torch.where(split, error, 0.0).sum(1)
            return _joined(done), bool((noise + left_over < SETTLED).all())
        total = torch.logaddexp(total, torch.logsumexp(torch.where(keep, panel, -math.inf), 1))
        these = _halves(integrand.line, these, error, split)
    raise AssertionError("the last round returns")


def _estimate(value: Tensor, brink: Tensor, off: Tensor, basis: Legendre) -> tuple[Tensor, Tensor]:
    """The error of a panel of width 1, and whether it looks like rounding, from its values and those at the brinks.

    With n places the rule is exact to degree 2n − 1: when Legendre coefficients fall geometrically, the error is about
    c_n²/c_{n/2} or less; at a kink or a jump, where they fall like a power, it is about c_n, and so is the estimate.
    A kink between the last place and the panel's end shows in the value there alone.
    """
    coefficients = value @ basis.coefficients.T
    size = coefficients.abs()
    count = size.shape[-1]
    tail = size[..., -3:].amax(-1)
    middle = size[..., count // 2 :].amax(-1)
    whole = size.amax(-1)
    missed = (coefficients @ basis.brink - brink).abs().amax(-1)
    unsure = 100 * tail + (1e-11 + 10 * count**2 * off.abs().amax(-1)) * whole
    missed = torch.where(missed > unsure, missed, 0.0)
    error = tail * tail / middle.clamp_min(1e-300) + missed * float(basis.places[0])
    return error, (tail < 1e-8 * whole) & (tail > 0.05 * middle) & (missed == 0)


def _halves(line: Line, these: Panels, error: Tensor, split: Tensor) -> Panels:
    """The two halves, in t, of the panels to be split, as few columns as any entry needs."""
    order, split = packed(split)
    left, right, error = (part.gather(1, order) for part in (these.left, these.right, error))
    middle = line.forward(left, line.distance(left, right) / 2)
    return Panels(
        torch.cat((left, middle), 1),
        torch.cat((middle, right), 1),
        torch.cat((split & (middle > left), split & (middle < right)), 1),
        torch.cat((error, error), 1),
    )


def _chosen(nodes: Nodes, keep: Tensor) -> Nodes:
    """The nodes of the panels kept, as few columns as any entry needs; the others get no weight."""
    order = (~keep).int().argsort(dim=1, stable=True)[:, : int(keep.sum(1).max())]
    kept = keep.gather(1, order)[..., None]
    index = order[..., None].expand(-1, -1, nodes.x.shape[-1])
    x, weight, value = (part.gather(1, index) for part in (nodes.x, nodes.log_weight, nodes.log_value))
    return Nodes(x, torch.where(kept, weight, -math.inf), torch.where(kept, value, -math.inf))


def _joined(parts: list[Nodes]) -> Nodes:
    return Nodes(
        torch.cat([part.x for part in parts], 1),
        torch.cat([part.log_weight for part in parts], 1),
        torch.cat([part.log_value for part in parts], 1),
    )
