"""An open interval of numbers, in a coordinate t in which densities are smooth up to its ends.

t is x itself on the real line, ``log(x − a)`` on a half line, ``log((x − a)/(b − x))`` between two ends, so that
``x^{α−1}`` with small α becomes ``e^{αt}``. Distances in t are measured from a number x nearby: a peak of width 1e-4
at 50 keeps all its figures.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


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
        match self.low, self.high:
            case None, None:
                return gap
            case float(a), None:
                return _log_ratio(gap, x - a, other - a)
            case None, float(b):
                return -_log_ratio(-gap, b - x, b - other)
            case float(a), float(b):
                return _log_ratio(gap, x - a, other - a) - _log_ratio(-gap, b - x, b - other)
        raise AssertionError(self)

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
