"""Slopes of code by differences of its values, with error bars, and how noisy its values are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import torch
from torch import Tensor

DIRECTIONS: Final = 3
"""A gradient that is wrong in any entry is wrong along a direction at random."""
STEP: Final = 2e-3
"""The first step relative to the entries' size; two halvings and extrapolation leave an error of its sixth power."""
UNIT: Final = 2.0**-52
"""A step of float64 at one: the values of a sum are off by this part of its largest summand."""
MARGIN: Final = 8.0
"""Bars are estimates: so many of them are granted."""


@dataclass(frozen=True, slots=True)
class Slope:
    """Slopes along directions of a leaf, and their error bar."""

    value: Tensor
    bar: float
    along: tuple[Tensor, ...]


def noise_of(value: Tensor, *moved: Tensor) -> float:
    """How far rounding moves a value: the bend that it shows over a step too small for any."""
    if len(moved) < 2 or any(one.shape != value.shape for one in moved) or not value.numel():
        return 0.0
    bend = float((moved[0] - 2 * value + moved[1]).abs().max())
    return MARGIN * bend if bend == bend else 0.0


def along(
    evaluate: Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]], leaves: Mapping[str, Tensor], name: str,
    upstream: Mapping[str, Tensor],
) -> Slope:  # fmt: skip
    """The slopes of ⟨upstream, outputs⟩ along directions at random of one leaf (rows × columns, float64).

    Central differences at three steps, extrapolated twice (Richardson); the bar is what the last extrapolation changed,
    and the noise of the values over the step.
    """
    leaf = leaves[name]
    numbers = torch.Generator().manual_seed(leaf.numel())
    scale = max(float(leaf.abs().mean()), 1e-3)

    def value(at: Tensor) -> float:
        with torch.no_grad():
            outputs = evaluate({**leaves, name: at})
        return sum(float((weight * outputs[key].detach()).sum()) for key, weight in upstream.items())

    directions, slopes, bar = [], [], 0.0
    largest = max(float(one.detach().abs().max()) for one in (*leaves.values(), *evaluate(leaves).values()))
    rounding = UNIT * largest * sum(float(weight.abs().sum()) for weight in upstream.values())
    bend = abs(value(leaf * (1 + 1e-6)) - 2 * value(leaf) + value(leaf * (1 - 1e-6)))
    noise = max(bend, rounding)
    # of coarse values larger steps tell more
    step = scale * max(STEP, (noise * 2.0**-52 / rounding) ** (1 / 5) / 4 if rounding else 0.0)
    for _ in range(DIRECTIONS):
        way = torch.randn(leaf.shape, generator=numbers, dtype=torch.float64)
        steps = [step / 2**k for k in range(3)]
        first = [(value(leaf + size * way) - value(leaf - size * way)) / (2 * size) for size in steps]
        second = [(4 * finer - coarser) / 3 for coarser, finer in pairwise(first)]
        last = (16 * second[1] - second[0]) / 15
        directions.append(way)
        slopes.append(last)
        bar = max(bar, abs(last - second[1]) + noise / steps[-1])
    return Slope(torch.tensor(slopes, dtype=torch.float64), MARGIN * bar, tuple(directions))
