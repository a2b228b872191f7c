"""Inputs that meet equations: Newton's projection from what was drawn, and a test that the equations hold to rounding.

Every step is the shortest in the charts of the names' domains (Gauss–Newton with the pseudo-inverse of the Jacobian),
so that from generic draws generic solutions are reached: every branch and sign has draws nearest to it. Where the
Jacobian has a lower rank at the solutions than elsewhere (A B = B A) they have parts that this may miss: no solution.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import torch
from torch import Tensor

from derivcheck.evaluation.charts import UNSUPPORTED, chart
from derivcheck.language.domain import Domain

STEPS: Final = 60
MET: Final = 1e-13
"""How far the sides of a met equation may differ, relative to their size: some hundred roundings."""
LONGEST: Final = 1.0
FLAT: Final = 1e-9
"""Singular values below this share of the largest are those of equations that say the same twice."""

LOWER: Final = 1e-6
"""The same at a solution, which is met to rounding alone."""

Residual = Callable[[Mapping[str, Tensor]], tuple[Tensor, Tensor]]
"""From values of the names to the differences of the equations' sides, and the sizes of the sides: ``(trials, k)``."""


def movable(domain: Domain) -> bool:
    """Whether a member of the domain can be moved a little within it."""
    return domain.kind not in UNSUPPORTED and not (domain.high is not None and not isinstance(domain.high, float | int))


def project(leaves: Mapping[str, Tensor], domains: Mapping[str, Domain], residual: Residual) -> dict[str, Tensor]:
    """The names of ``domains`` moved onto the equations; trials that do not get there hold NaN.

    Args:
        leaves: ``(trials, …, rows, columns)`` for every name.
        domains: those names that may be moved.
        residual: what is to vanish.
    """
    values = {key: leaf.detach() for key, leaf in leaves.items()}
    met = torch.zeros(0, dtype=torch.bool)
    generic = jacobian = None
    for _ in range(STEPS):
        charts = {key: chart(domain, values[key]) for key, domain in domains.items()}
        steps = {
            key: values[key].new_zeros(*values[key].shape[:-2], made.count, requires_grad=True)
            for key, made in charts.items()
        }
        with torch.enable_grad():
            placed = {**values, **{key: charts[key].place(step) for key, step in steps.items()}}
            difference, size = residual(placed)
            if not difference.requires_grad:
                break
            rows = [_row(difference[:, place], steps) for place in range(difference.shape[1])]
        difference = difference.detach()
        jacobian = torch.stack(rows, 1).nan_to_num(0.0, 0.0, 0.0)
        generic = torch.linalg.matrix_rank(jacobian, rtol=FLAT).amax() if generic is None else generic
        before, met = met, (difference.abs() <= MET * size.detach()).all(1)
        if len(before) and bool((met & before).all()):
            break
        difference = difference.nan_to_num(0.0, 0.0, 0.0)
        move = -(torch.linalg.pinv(jacobian, rtol=FLAT) @ difference.unsqueeze(-1)).squeeze(-1)
        length = move.norm(dim=1, keepdim=True)
        move = torch.where(length > LONGEST, move * (LONGEST / length.clamp_min(1e-300)), move)
        moved, start = {}, 0
        for key, step in steps.items():
            count = step[0].numel()
            moved[key] = charts[key].place(move[:, start : start + count].reshape(step.shape)).detach()
            start += count
        values.update(moved)
    with torch.no_grad():
        difference, size = residual(values)
    if jacobian is None or generic is None:
        raise ValueError("an equation in which nothing moves")
    off = ~(difference.abs() <= MET * size).all(1) | (torch.linalg.matrix_rank(jacobian, rtol=LOWER) < generic)
    return {key: leaf.masked_fill(off.reshape(-1, *(1,) * (leaf.dim() - 1)), torch.nan) for key, leaf in values.items()}


def _row(difference: Tensor, steps: Mapping[str, Tensor]) -> Tensor:
    """The derivative of one difference by all steps, ``(trials, unknowns)``."""
    found = torch.autograd.grad(difference.sum(), list(steps.values()), retain_graph=True, allow_unused=True)
    flat = [torch.zeros_like(step) if grad is None else grad for grad, step in zip(found, steps.values(), strict=True)]
    return torch.cat([part.reshape(part.shape[0], -1) for part in flat], 1)
