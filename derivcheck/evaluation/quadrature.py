"""Numerical integrals against a density that is only known by its logarithm, up to a constant.

``∫ exp(ℓ(z)) g(z) dz ≈ Σ_k exp(log w_k + ℓ(z_k)) g(z_k)`` for every smooth g. The nodes come from ℓ itself (scanned,
then refined until nothing changes), never from what a document claims. Two levels share no node: the difference of
their results is the error bar.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import NotExact
from derivcheck.evaluation.lattice import lattice, sticks
from derivcheck.evaluation.line import Line
from derivcheck.evaluation.panels import MOMENTS, panels
from derivcheck.language.shapes import Dim, Domain

LARGEST_COUNT = 200_000
"""How many members of a finite domain, or how long a run of whole numbers, is summed."""
DISCRETE = ("finite", "onehot", "natural", "integer")

LogDensity = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Rule:
    """Nodes ``(*lead, count, rows, 1)`` and the logarithms of their weights ``(*lead, count)``, both constants.

    A weight of 0 (logarithm −∞) fills up an entry of ``lead`` that needs fewer nodes than another; its node repeats
    a place of finite density. ``settled`` tells that refining further changed nothing, for every entry.
    """

    nodes: Tensor
    log_weights: Tensor
    settled: bool


def rule(
    log_density: LogDensity, lead: tuple[int, ...], rows: int, domain: Domain, level: int,
    orders: tuple[float, ...] = MOMENTS, several: bool = False,
) -> Rule:  # fmt: skip
    """A rule for the density ``exp(log_density)`` over a variable with ``rows`` entries, each from ``domain``.

    ``log_density`` takes nodes ``(*lead, count, rows, 1)`` to ``(*lead, count)``; where it is not finite, the density
    is 0. The measure is Lebesgue's (on a simplex, of all coordinates but the last), or the counting measure.
    Over one number the ``orders`` of the moments that are wanted beside the integral can be told, and that the density
    may have ``several`` peaks of very different width, as mixtures have.
    """
    entries = math.prod(lead)

    def density(places: Tensor) -> Tensor:
        """``(entries, count, rows)`` to ``(entries, count)``; −∞ for density 0."""
        with torch.no_grad():
            value = log_density(places.reshape(*lead, *places.shape[-2:], 1))
        value = value.detach().expand(*lead, places.shape[-2]).reshape(entries, places.shape[-2])
        return torch.where(value.isfinite(), value, -math.inf)

    def differentiable(places: Tensor) -> Tensor:
        value = log_density(places.reshape(*lead, *places.shape[-2:], 1))
        return value.expand(*lead, places.shape[-2]).reshape(entries, places.shape[-2])

    if domain.kind in DISCRETE:
        nodes, log_weights, settled = _discrete(density, entries, rows, domain)
    elif domain.kind == "simplex" and rows == 2:
        nodes, log_weights, settled = _edge(density, entries, level)
    elif rows == 1:
        nodes, log_weights, settled = panels(
            density, entries, Line(*ends(domain), wide=level % 2 == 1), level, orders, several
        )
    else:
        nodes, log_weights, settled = lattice(density, differentiable, entries, rows, domain, level)
    count = nodes.shape[1]
    return Rule(nodes.reshape(*lead, count, rows, 1), log_weights.reshape(*lead, count), settled)


def ends(domain: Domain) -> tuple[float | None, float | None]:
    """The lower and the upper end of a domain of numbers; None where it has none."""
    if domain.known_ends is None:
        raise NotExact(
            f"an integral over the domain `{domain.kind}`" if domain.ends is None else "an integral up to a size"
        )
    return domain.known_ends


def _edge(density: LogDensity, entries: int, level: int) -> tuple[Tensor, Tensor, bool]:
    """The simplex of two entries, by the logarithm of their ratio: both ends keep all their figures."""

    def along(t: Tensor) -> Tensor:
        x, jacobian = sticks(t)
        return density(x) + jacobian

    t, log_weights, settled = panels(along, entries, Line(None, None), level)
    x, jacobian = sticks(t)
    return x, log_weights + jacobian, settled


def _discrete(density: LogDensity, entries: int, rows: int, domain: Domain) -> tuple[Tensor, Tensor, bool]:
    """Every member of the domain, or for whole numbers without end the run that holds all but 1e-20 of the mass."""
    if domain.kind == "onehot":
        members = torch.eye(rows, dtype=torch.float64)
    else:
        if isinstance(domain.high, Dim):
            raise NotExact("an integral up to a size")
        high = domain.high
        if domain.kind == "finite" and domain.values:
            values = [float(value) for value in domain.values]
        elif domain.kind == "finite" or (domain.low is not None and high is not None):
            if domain.low is None or high is None:
                raise NotExact("a sum over a set without ends")
            if high - domain.low >= LARGEST_COUNT:
                raise NotExact("a sum over so many values")
            values = [float(value) for value in range(math.ceil(domain.low), math.floor(high) + 1)]
        elif rows == 1:
            low = domain.low if domain.low is not None else 0.0 if domain.kind == "natural" else None
            return _run(density, entries, low, high)
        else:
            raise NotExact("a sum over vectors of whole numbers")
        if len(values) ** rows * entries > LARGEST_COUNT * 10:
            raise NotExact("a sum over so many values")
        members = torch.tensor(list(itertools.product(values, repeat=rows)), dtype=torch.float64)
    nodes = members.expand(entries, *members.shape)
    value = density(nodes)
    best = nodes.gather(1, value.argmax(1)[:, None, None].expand(-1, 1, nodes.shape[-1]))
    zero = value.isneginf()
    return torch.where(zero[..., None], best, nodes), torch.where(zero, -math.inf, 0.0), True


def _run(density: LogDensity, entries: int, low: float | None, high: float | None) -> tuple[Tensor, Tensor, bool]:
    """Whole numbers from ``low`` to ``high``, where None is without end."""
    dense = [float(value) for value in range(2000)]
    sparse = [float(math.floor(2000 * 1.003**power)) for power in range(1, 4200)]
    steps = torch.tensor(dense + sparse, dtype=torch.float64)
    if low is not None:
        scan = low + steps
    elif high is not None:
        scan = high - steps.flip(0)
    else:
        scan = torch.cat((-steps[1:].flip(0), steps))
    value = density(scan[None, :, None].expand(entries, -1, 1))
    # The mass of a gap of the scan is at most about its width times the larger end.
    widths = torch.diff(scan, append=scan[-1:] + 1).clamp_min(1.0).log()
    scale = (scan - (0.0 if low is None else low)).abs().clamp_min(1.0).log()
    weighted = value + widths + 4 * scale
    mass = value + widths
    cut = torch.maximum(mass, weighted - weighted.amax(1, keepdim=True) + mass.amax(1, keepdim=True))
    wanted = cut > mass.amax(1, keepdim=True) - 60
    settled = not bool(wanted[:, -1].any() and high is None) and not bool(wanted[:, 0].any() and low is None)
    if not bool(wanted.any(1).all()):
        raise NotExact("a sum whose terms are all 0 or not finite")
    first = wanted.int().argmax(1) - 1
    last = scan.shape[0] - wanted.flip(1).int().argmax(1)
    start, stop = scan[first.clamp_min(0)], scan[last.clamp_max(scan.shape[0] - 1)]
    count = int((stop - start).max()) + 1
    if count * entries > LARGEST_COUNT * 10 or count > LARGEST_COUNT:
        if settled:
            raise NotExact("a sum over so many values")
        count = min(count, LARGEST_COUNT, LARGEST_COUNT * 10 // max(entries, 1))
    nodes = start[:, None] + torch.arange(count, dtype=torch.float64)
    value = density(nodes[..., None])
    best = nodes.gather(1, value.argmax(1, keepdim=True))
    zero = (value < value.amax(1, keepdim=True) - 700) | (nodes > stop[:, None])
    return torch.where(zero, best, nodes)[..., None], torch.where(zero, -math.inf, 0.0), settled
