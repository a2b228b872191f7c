r"""A residual block with two layers and a skip connection around each.

    z = W x + b,   h = φ(z) + x,   r = V h + c,   y = φ(r) + h

Every value is a column, as in the derivation. The derivation's claims hold for every φ; the module takes the one that
it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from derivcheck.config import Settings
from derivcheck.homework.pictures import Edge, formulas, graph_picture, paths, trace
from derivcheck.model.compare import Model, Quantity
from derivcheck.verdict import Extra

Activation = Callable[[Tensor], Tensor]

ACTIVATIONS: Mapping[str, Activation] = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "softplus": torch.nn.functional.softplus,
    "gelu": torch.nn.functional.gelu,
}
PARAMETERS = ("W", "b", "V", "c")
QUANTITIES = ("z", "h", "r", "y")


class ResidualBlock(torch.nn.Module):
    r"""y = φ(r) + h with r = V h + c, h = φ(z) + x, z = W x + b; W and V are D × D, b and c are D × 1, float64.

    ``size`` is D. The weights are drawn with variance 1/D from ``generator``. ``phi`` acts entry by entry.
    """

    def __init__(self, size: int, phi: Activation, generator: torch.Generator | None = None) -> None:
        super().__init__()

        def drawn(columns: int) -> torch.nn.Parameter:
            return torch.nn.Parameter(torch.randn(size, columns, generator=generator, dtype=torch.float64) / size**0.5)

        self.W, self.b = drawn(size), drawn(1)
        self.V, self.c = drawn(size), drawn(1)
        self.phi = phi

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """``z``, ``h``, ``r`` and ``y`` of the shape of ``x``: D × 1, or with batch axes before."""
        z = self.W @ x + self.b
        h = self.phi(z) + x
        r = self.V @ h + self.c
        y = self.phi(r) + h
        return {"z": z, "h": h, "r": r, "y": y}

    def load(self, values: Mapping[str, Tensor]) -> None:
        """Take over W, b, V and c from tensors of the same shapes."""
        with torch.no_grad():
            for name in PARAMETERS:
                getattr(self, name).copy_(values[name])


def activation_name(settings: Settings) -> str:
    """The activation asked for; where any would do, the module has tanh."""
    return settings.functions.get("\\phi", "tanh")


def model() -> Model:
    """Which names of a derivation are which quantities of the block."""
    return Model(
        leaves=("x", *PARAMETERS),
        quantities=tuple(Quantity(name) for name in QUANTITIES),
        evaluate=_named,
        functions=(("\\phi", "tanh"),),
    )


def _named(values: Mapping[str, Tensor], settings: Settings) -> dict[str, Tensor]:
    x = values["x"].clone().requires_grad_()
    block = ResidualBlock(x.shape[0], ACTIVATIONS[activation_name(settings)])
    block.load(values)
    return {"x": x, **dict(block.named_parameters()), **block(x)}


def extras(settings: Settings) -> tuple[Extra, ...]:
    """Nothing beyond the comparison with the module: the table of claims says it all."""
    return ()


def picture(settings: Settings) -> Extra:
    """The computation graph and the paths from the loss back to W, drawn from the module's trace."""
    generator = torch.Generator().manual_seed(settings.seed)
    block = ResidualBlock(2, ACTIVATIONS[activation_name(settings)], generator)
    return Extra("the computation graph", text=drawn(block))


def drawn(block: ResidualBlock) -> str:
    """The picture of a block as its backward pass sees it: what was detached is not in it."""
    x = torch.ones(block.W.shape[1], 1, dtype=torch.float64, requires_grad=True)
    leaves = {"x": x, **dict(block.named_parameters())}
    quantities = block(x)
    edges = trace(quantities, leaves)
    lines = [graph_picture((*edges, ("y", "ℓ(y)")), formulas(quantities, leaves))]
    for end in ("W", "V"):
        lines.append("")
        lines.extend(_paths_to(edges, end))
    return "\n".join(lines)


def _paths_to(edges: tuple[Edge, ...], end: str) -> list[str]:
    found = sorted(paths(edges, end, "y"), key=len, reverse=True)
    if not found:
        return [f"no path from y back to {end}"]
    return [
        f"{'back to ' + end if k == 0 else '':<10} {_circled(k + 1)} "
        + " ← ".join(reversed(path))
        + (_remark(path) if len(found) > 1 else "")
        for k, path in enumerate(found)
    ]


def _remark(path: tuple[str, ...]) -> str:
    return "   through (V, c)" if "r" in path else "   through the skip connection"


def _circled(number: int) -> str:
    return chr(0x2460 + number - 1) if 1 <= number <= 20 else f"({number})"
