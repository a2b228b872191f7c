"""One gradient by reverse mode, where a value may not depend on the place at all."""

from __future__ import annotations

import torch
from torch import Tensor

from derivcheck.evaluation.budget import BACKWARD, BUDGET


def slope(total: Tensor, place: Tensor, *, create: bool, keep: bool = False) -> Tensor:
    """∂total/∂place of a scalar, zeros where nothing depends on the place.

    ``create`` makes the gradient differentiable too; ``keep`` leaves the graph for another pass.
    """
    if not total.requires_grad:
        return torch.zeros_like(place)
    BUDGET.pay(BACKWARD)
    (found,) = torch.autograd.grad(total, place, create_graph=create, retain_graph=create or keep, allow_unused=True)
    return torch.zeros_like(place) if found is None else found
