r"""Two numbers in, the smaller and the larger out: a network with one hidden layer of ReLU units.

    h = relu(A x + a),   y = B h + b,   x = (x₁, x₂)ᵀ

Right weights are known in closed form, with five hidden units as the hand solution has them and with four. What this
module adds to the derivation's claims is said of the *network*: how exact it is in floating point, whether its weights
are where an optimiser wants to be, and which slope autograd picks at a tie.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from torch import Tensor

from derivcheck.config import Settings
from derivcheck.homework.kinks import kinks_extra
from derivcheck.homework.optimum import Weights, optimum_extra
from derivcheck.homework.pictures import network_picture
from derivcheck.homework.plane import plane_extra
from derivcheck.homework.precision import precision_extra
from derivcheck.homework.units import units_extra
from derivcheck.model.compare import Model, Quantity
from derivcheck.verdict import Extra

_FIRST: dict[int, tuple[tuple[int, int], ...]] = {
    5: ((-1, 0), (1, 0), (1, -1), (0, 1), (0, -1)),
    4: ((1, -1), (-1, 1), (1, 0), (-1, 0)),
}
_SECOND: dict[int, tuple[tuple[int, ...], ...]] = {
    5: ((-1, 1, -1, 0, 0), (0, 0, 1, 1, -1)),
    4: ((-1, 0, 1, -1), (0, 1, 1, -1)),
}


class SortingNetwork(torch.nn.Module):
    r"""y = B relu(A x + a) + b with the weights of the hand solution; y₁ = min(x₁, x₂), y₂ = max(x₁, x₂).

    Five hidden units, in the order −x₁, x₁, x₁−x₂, x₂, −x₂, or four: x₁−x₂, x₂−x₁, x₁, −x₁. All parameters are
    trainable and float64; the biases start at zero.
    """

    def __init__(self, hidden: Literal[4, 5] = 5) -> None:
        super().__init__()
        self.A = torch.nn.Parameter(torch.tensor(_FIRST[hidden], dtype=torch.float64))
        self.a = torch.nn.Parameter(torch.zeros(hidden, 1, dtype=torch.float64))
        self.B = torch.nn.Parameter(torch.tensor(_SECOND[hidden], dtype=torch.float64))
        self.b = torch.nn.Parameter(torch.zeros(2, 1, dtype=torch.float64))

    @property
    def weights(self) -> Weights:
        """The parameters, in the order in which ``evaluate`` takes them."""
        return Weights(self.A, self.a, self.B, self.b)

    def evaluate(self, weights: Weights, x: Tensor) -> dict[str, Tensor]:
        """Every named quantity at other weights, which may carry a batch axis as ``x`` (… × 2 × 1) does."""
        h = torch.relu(weights.A @ x + weights.a)
        return {"x": x, "h": h, "y": weights.B @ h + weights.b}

    def forward(self, x1: Tensor, x2: Tensor) -> dict[str, Tensor]:
        """``x`` (… × 2 × 1), ``h`` (… × H × 1) and ``y`` (… × 2 × 1) for two inputs of one shape."""
        return self.evaluate(self.weights, torch.stack([x1, x2], dim=-1).unsqueeze(-1))


def model() -> Model:
    """Which names of a derivation are which quantities of the network with five units."""
    return Model(
        leaves=("x_1", "x_2"),
        quantities=(Quantity("A"), Quantity("B"), Quantity("h"), Quantity("y")),
        evaluate=_named,
    )


def _named(values: Mapping[str, Tensor], settings: Settings) -> dict[str, Tensor]:
    network = SortingNetwork()
    leaves = {name: values[name].clone().requires_grad_() for name in ("x_1", "x_2")}
    named = network(*(leaf.reshape(()) for leaf in leaves.values()))
    return {"A": network.A, "B": network.B, **leaves, **named}


def extras(settings: Settings) -> tuple[Extra, ...]:
    """What the networks with five and four units do on the whole plane, exactly and in floating point.

    Rounding, the optimiser's side and the slopes at ties are theirs too; fewer units are refused.
    """
    five, four = SortingNetwork(5), SortingNetwork(4)
    return (
        plane_extra({"five units": five.weights, "four units": four.weights}),
        units_extra(len(four.A)),
        precision_extra({"five units": five, "four units": four}),
        optimum_extra(five, settings.seed),
        kinks_extra(five),
    )


def picture(settings: Settings) -> Extra:
    """The network with its weights, drawn from the module's tensors."""
    return Extra("the network", text=drawn(SortingNetwork()))


def drawn(network: SortingNetwork) -> str:
    """The picture of a network: its weights and the biases that are not zero, in at most 78 columns."""
    first, a, second, b = (weight.detach().tolist() for weight in network.weights)
    return network_picture(first, second, [row[0] for row in a], [row[0] for row in b])
