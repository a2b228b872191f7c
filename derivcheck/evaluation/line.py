"""An open interval of numbers, in a coordinate t in which densities are smooth up to its ends, and their maxima.

t is x itself on the real line, ``log(x − a)`` on a half line, ``log((x − a)/(b − x))`` between two ends, so that
``x^{α−1}`` with small α becomes ``e^{αt}``. Distances in t are measured from a number x nearby: a peak of width 1e-4
at 50 keeps all its figures. Maxima are found by scanning and zooming, from nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

Density = Callable[[Tensor], Tensor]
"""Places ``(entries, count)`` to logarithms of the density in t, −∞ for density 0."""

PEAKS = 6
AROUND, DENSE = 16.0, 12_000
"""How far from the highest peak, in its widths, narrow ones are looked for, and at how many places."""
FAR = 1e30
"""How far from a peak, in its widths, the real line is followed; a tail that reaches further is not settled."""


@dataclass(frozen=True)
class Line:
    """The open interval from ``low`` to ``high``; None is without end.

    ``wide`` goes as near to an end as numbers do, else not quite: what is left out there differs between levels.
    """

    low: float | None
    high: float | None
    wide: bool = True

    def bounds(self) -> tuple[float, float]:
        """The outermost numbers that are used."""
        low = -1e200 if self.low is None else self._beside(self.low, math.inf)
        high = 1e200 if self.high is None else self._beside(self.high, -math.inf)
        return low, high

    def _beside(self, end: float, towards: float) -> float:
        """The number nearest to an end that is used."""
        if end == 0:
            return math.copysign(1e-300 if self.wide else 1e-250, towards)
        for _ in range(1 if self.wide else 64):
            end = math.nextafter(end, towards)
        return end

    def forward(self, x: Tensor, step: Tensor) -> Tensor:
        """The place ``step`` further in t; measured from x when near it, from an end when far, to keep all figures."""
        step = step.clamp(-1400, 1400) if self.low is not None or self.high is not None else step
        near = step.abs() < 0.5
        growth = torch.expm1(torch.where(near, step, 0.0))
        match self.low, self.high:
            case None, None:
                moved = x + step
            case float(a), None:
                moved = torch.where(near, x + (x - a) * growth, a + (x - a) * torch.exp(step))
            case None, float(b):
                shrink = torch.expm1(torch.where(near, -step, 0.0))
                moved = torch.where(near, x - (b - x) * shrink, b - (b - x) * torch.exp(-step))
            case float(a), float(b):
                left, right = x - a, b - x
                log_odds = torch.log(left) - torch.log(right) + step
                beyond = torch.where(
                    log_odds < 0, a + (b - a) * torch.sigmoid(log_odds), b - (b - a) * torch.sigmoid(-log_odds)
                )
                moved = torch.where(near, x + growth * left * right / (right + left * (1 + growth)), beyond)
            case _:
                raise AssertionError(self)
        return moved.clamp(*self.bounds())

    def distance(self, x: Tensor, other: Tensor) -> Tensor:
        """How far ``other`` is from ``x`` in t, to full precision also when it is near."""
        gap = other - x
        if self.low is None and self.high is None:
            return gap
        total = torch.zeros(())
        if self.low is not None:
            total = total + _log_ratio(gap, x - self.low, other - self.low)
        if self.high is not None:
            total = total - _log_ratio(-gap, self.high - x, self.high - other)
        return total

    def log_slope(self, x: Tensor) -> Tensor:
        """log dx/dt."""
        match self.low, self.high:
            case None, None:
                return torch.zeros_like(x)
            case float(a), None:
                return torch.log(x - a)
            case None, float(b):
                return torch.log(b - x)
            case float(a), float(b):
                return torch.log((x - a) / (b - a)) + torch.log(b - x)
        raise AssertionError(self)

    def scan(self, level: int) -> Tensor:
        """Places over many orders of magnitude; levels have other places."""
        fine = 0.025 if level % 2 == 0 else 0.009
        phase = (0.0, 0.41, 0.73, 0.19)[level % 4] * fine
        match self.low, self.high:
            case None, None:
                t = torch.arange(-31, 31, fine, dtype=torch.float64) + phase
                return 1e-3 * torch.sinh(t)
            case None, float(b):
                return (b - _outward(fine, phase)).flip(0).clamp(*self.bounds()).unique()
            case float(a), None:
                return (a + _outward(fine, phase)).clamp(*self.bounds()).unique()
            case float(a), float(b):
                inner = torch.arange(-38, 0, fine, dtype=torch.float64) + phase
                outer = torch.arange(-689, -38, 2.0, dtype=torch.float64) + phase
                share = torch.sigmoid(torch.cat((outer, inner)))
                x = torch.cat((a + (b - a) * share, (b - (b - a) * share).flip(0)))
                return x.clamp(*self.bounds()).unique()
        raise AssertionError(self)


def _outward(fine: float, phase: float) -> Tensor:
    """Distances from an end, evenly in their logarithm, finer in the middle of the range."""
    t = torch.cat(
        (
            torch.arange(-688, -27, 2.0, dtype=torch.float64),
            torch.arange(-27, 27, fine, dtype=torch.float64),
            torch.arange(27, 460, 2.0, dtype=torch.float64),
        )
    )
    return torch.exp(t + phase)


def _log_ratio(gap: Tensor, start: Tensor, stop: Tensor) -> Tensor:
    """log(stop/start) where ``gap = stop − start``."""
    part = gap / start
    return torch.where(part.abs() < 0.5, torch.log1p(part), torch.log(stop) - torch.log(start))


@dataclass(frozen=True)
class Peaks:
    """Maxima of the density in t: ``(entries, peaks)`` places, widths in t and heights, the highest first.

    A peak that an entry lacks repeats its first.
    """

    place: Tensor
    width: Tensor
    height: Tensor


def find_peaks(height: Density, line: Line, entries: int, level: int, *, several: bool = False) -> Peaks:
    """Scan, take the highest local maxima, zoom in on each until the density hardly varies, measure its width.

    Where there may be ``several`` peaks the surroundings of the highest are scanned once more, so densely that one of
    a thousandth of its width is not passed over.
    """
    scan = line.scan(level).expand(entries, -1)
    peaks = _measured(height, line, *_maxima(height, scan))
    if not several or not bool(peaks.height.isfinite().all()):
        return peaks
    centre, width = peaks.place[:, :1], peaks.width[:, :1]
    steps = torch.linspace(-AROUND, AROUND, DENSE + level % 2, dtype=torch.float64)
    around = _maxima(height, line.forward(centre, steps * width))
    return _measured(height, line, *(torch.cat(parts, 1) for parts in zip(_maxima(height, scan), around, strict=True)))


def _maxima(height: Density, scan: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The highest local maxima at places ``(entries, count)`` in order, and their neighbours."""
    value = height(scan)
    padded = torch.nn.functional.pad(value, (1, 1), value=-math.inf)
    top = (value >= padded[:, :-2]) & (value >= padded[:, 2:])
    ranked, index = torch.where(top, value, -math.inf).topk(min(PEAKS, scan.shape[1]), dim=1)
    most = max(1, int(ranked.isfinite().sum(1).max()))
    ranked, index = ranked[:, :most], index[:, :most]
    index = torch.where(ranked.isneginf(), index[:, :1], index)
    beside = ((index - 1).clamp_min(0), (index + 1).clamp_max(scan.shape[1] - 1))
    return scan.gather(1, index), scan.gather(1, beside[0]), scan.gather(1, beside[1])


def _measured(height: Density, line: Line, place: Tensor, low: Tensor, high: Tensor) -> Peaks:
    """Maxima between their neighbours: where they are, how wide and how high, each of them once."""
    place, low, high, top_value = _zoom(height, place, low, high)
    order = top_value.argsort(dim=1, descending=True)
    place, top_value = place.gather(1, order), top_value.gather(1, order)
    width = _widths(height, line, place, top_value, line.distance(low, high).abs().gather(1, order))
    return _distinct(line, place, width, top_value)


def _zoom(height: Density, place: Tensor, low: Tensor, high: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Maxima between ``low`` and ``high``, narrower bounds for them, and their heights.

    A round top is found well enough once the density hardly varies between the bounds, a kink to the last figure:
    a panel has to begin there.
    """
    share = torch.linspace(0, 1, 17, dtype=torch.float64)
    top = height(place)[..., None]
    for _ in range(30):
        x = low[..., None] + (high - low)[..., None] * share
        value = height(x.flatten(1)).reshape(x.shape)
        top, best = value.max(-1, keepdim=True)
        near = (best + torch.arange(-2, 3)).clamp(0, x.shape[-1] - 1)
        place, low, high = (x.gather(-1, near[..., at : at + 1]).squeeze(-1) for at in (2, 1, 3))
        fall = top - value.gather(-1, near)
        level = fall.amax(-1) < 0.3
        # Twice as far from a round top the density falls four times as much, from a kink twice as much.
        round_top = fall[..., [0, 4]].sum(-1) > 3.3 * fall[..., [1, 3]].sum(-1)
        if bool(((level & round_top) | (fall.amax(-1) < 1e-12)).all()):
            break
    return place, low, high, top.squeeze(-1)


def _widths(height: Density, line: Line, place: Tensor, top: Tensor, start: Tensor) -> Tensor:
    """The distance at which the density has fallen by e^-1/2 on its slower side, to a factor √2."""
    smallest = torch.maximum(start / 8, line.distance(place, place * (1 + 4e-16)).abs().clamp_min(1e-300))
    for doublings in (16, 120):
        steps = smallest[..., None] * 2.0 ** torch.arange(0, doublings, 0.5, dtype=torch.float64)
        x = torch.cat((line.forward(place[..., None], steps), line.forward(place[..., None], -steps)), -1)
        fallen = height(x.flatten(1)).reshape(x.shape) < top[..., None] - 0.5
        count = steps.shape[-1]
        if bool((fallen[..., :count].any(-1) & fallen[..., count:].any(-1)).all()):
            break
    first = torch.maximum(
        torch.where(fallen[..., :count].any(-1), fallen[..., :count].int().argmax(-1), 0),
        torch.where(fallen[..., count:].any(-1), fallen[..., count:].int().argmax(-1), 0),
    )
    return steps.gather(-1, first[..., None]).squeeze(-1)


def _distinct(line: Line, place: Tensor, width: Tensor, top: Tensor) -> Peaks:
    """Leave out peaks without weight and those within a higher one's width; as few columns as any entry needs."""
    keep = top > top[:, :1] - 80
    keep[:, 0] = True
    for later in range(1, place.shape[1]):
        for earlier in range(later):
            near = line.distance(place[:, earlier], place[:, later]).abs() < width[:, earlier]
            keep[:, later] &= ~(near & keep[:, earlier])
    order, kept = packed(keep)
    place, width, top = (torch.where(kept, part.gather(1, order), part[:, :1]) for part in (place, width, top))
    return Peaks(place, width, top)


def packed(keep: Tensor) -> tuple[Tensor, Tensor]:
    """The columns ``(entries, count)`` that are kept, as few as any entry needs; and which of these are its own."""
    order = (~keep).int().argsort(dim=1, stable=True)[:, : max(1, int(keep.sum(1).max()))]
    return order, keep.gather(1, order)


def first_edges(line: Line, peaks: Peaks, level: int) -> Tensor:
    """Edges of the first panels, sorted: around every peak at distances that grow geometrically."""
    grow, begin, shift = (3.0, 4.0, 0.0) if level % 2 == 0 else (2.7, 3.1, 0.37)
    steps = [begin * grow**k for k in range(14)]
    steps += [steps[-1] * (FAR / steps[-1]) ** (k / 6) for k in range(1, 7)]
    offsets = torch.tensor([-s for s in reversed(steps)] + [0.0] * (shift > 0) + steps, dtype=torch.float64) + shift
    distance = peaks.width[..., None] * offsets
    if (line.low, line.high) != (None, None):
        distance = distance.clamp(-1400, 1400)
    edges = line.forward(peaks.place[..., None], distance)
    return torch.cat((edges.flatten(1), peaks.place), 1).sort(1).values
