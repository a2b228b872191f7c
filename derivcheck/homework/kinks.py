"""Which slope autograd picks where a sorting network has a kink.

Where x₁ = x₂ the smaller and the larger have no gradient; any point of the segment between (1, 0) and (0, 1) is a
subgradient. Autograd takes relu'(0) = 0 and so picks one end of it: a right answer. On an axis it is another matter:
min is smooth at (0, 1), but relu(x₁) − relu(−x₁) has two kinks there, autograd takes the slope 0 of both, and the
network's gradient is (0, 0), which no neighbouring cell has.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from derivcheck.verdict import Extra, Outcome

Network = Callable[[Tensor, Tensor], Mapping[str, Tensor]]
TIES = ((1.0, 1.0), (-2.0, -2.0))
AXES = ((0.0, 1.0), (1.0, 0.0), (0.0, -1.0), (0.0, 0.0))
_DIRECTIONS = 24


def gradients(network: Network, points: Tensor) -> Tensor:
    """∂y_k/∂x_j at points (P × 2), as P × 2 (k) × 2 (j)."""
    inputs = points.clone().requires_grad_()
    outputs = network(inputs[:, 0], inputs[:, 1])["y"].squeeze(-1)
    rows = [torch.autograd.grad(outputs[:, k].sum(), inputs, retain_graph=True)[0] for k in (0, 1)]
    return torch.stack(rows, dim=1)


def neighbours(network: Network, point: tuple[float, float]) -> Tensor:
    """The gradients in the cells around a point, as D × 2 (k) × 2 (j), in D directions off every kink through it."""
    angles = (torch.arange(_DIRECTIONS, dtype=torch.float64) + 0.3) * (2 * math.pi / _DIRECTIONS)
    around = torch.tensor(point, dtype=torch.float64) + 1e-6 * torch.stack([angles.cos(), angles.sin()], dim=1)
    return gradients(network, around)


def in_hull(point: Tensor, corners: Tensor, tolerance: float = 1e-9) -> bool:
    """Whether a point of the plane (2) is in the convex hull of others (C × 2): no direction sees it stand out."""
    angles = torch.arange(360, dtype=torch.float64) * (math.pi / 180)
    directions = torch.stack([angles.cos(), angles.sin()], dim=1)
    return bool((directions @ point <= (directions @ corners.T).amax(dim=1) + tolerance).all())


def kinks_extra(network: Network) -> Extra:
    """Autograd's gradient of both outputs at ties, which must be subgradients, and on the axes, as figures."""
    rows, outcome = [], Outcome.HOLDS
    for point in (*TIES, *AXES):
        at = gradients(network, torch.tensor([point], dtype=torch.float64))[0]
        cells = neighbours(network, point)
        fits = [in_hull(at[k], cells[:, k]) for k in (0, 1)]
        if point in TIES and not all(fits):
            outcome = Outcome.WRONG
        for k, name in enumerate(("min", "max")):
            verdict = "a subgradient" if fits[k] else "no subgradient"
            rows.append((f"({point[0]:g}, {point[1]:g})", name, _vector(at[k]), _cells(cells[:, k]), verdict))
    return Extra(
        "slopes at kinks: what autograd picks, and what the neighbouring cells have",
        columns=("at", "output", "autograd", "cells around", "autograd's is"),
        rows=tuple(rows),
        outcome=outcome,
        code="not-a-subgradient",
    )


def _vector(values: Tensor) -> str:
    # adding zero turns -0 into 0
    return f"({float(values[0]) + 0:g}, {float(values[1]) + 0:g})"


def _cells(gradients: Tensor) -> str:
    return " ".join(sorted({_vector(row) for row in gradients.round(decimals=9)}, reverse=True))
