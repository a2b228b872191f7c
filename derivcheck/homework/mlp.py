r"""Two numbers in, the smaller and the larger out: a network with one hidden layer of ReLU units.

    h = relu(A x + a),   y = B h + b,   x = (x₁, x₂)ᵀ

Right weights are known in closed form, with five hidden units as the hand solution has them and with four. What this
module adds to the derivation's claims is said of the *network*: how exact it is in floating point, whether its weights
are where an optimiser wants to be, and which slope autograd picks at a tie.

Which slope autograd picks where a sorting network has a kink.

Where x₁ = x₂ the smaller and the larger have no gradient; any point of the segment between (1, 0) and (0, 1) is a
subgradient. Autograd takes relu'(0) = 0 and so picks one end of it: a right answer. On an axis it is another matter:
min is smooth at (0, 1), but relu(x₁) − relu(−x₁) has two kinks there, autograd takes the slope 0 of both, and the
network's gradient is (0, 0), which no neighbouring cell has.

How much a network that is right in exact arithmetic loses in floating point.

The inputs are ties, both zeros, neighbours, and huge, tiny and mixed magnitudes; the truth is min and max, which pick
one of the inputs and never round; errors are taken in rationals. These are figures, not verdicts.
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import torch
from torch import Tensor

from derivcheck.config import Settings
from derivcheck.homework.optimum import Weights, optimum_extra
from derivcheck.homework.pictures import network_picture
from derivcheck.homework.plane import plane_extra, units_extra
from derivcheck.model.compare import Model, Quantity
from derivcheck.verdict import Extra, Outcome

Form = Callable[[Tensor, Tensor], Tensor]
"""Two inputs of one shape (P) to the outputs (P × 2 × 1): the smaller, the larger."""


@dataclass(frozen=True, slots=True)
class Loss:
    """One output of one form: the largest error in parts of the larger input, where, and how often it overflowed."""

    relative: float
    at: tuple[float, float]
    overflows: int
    points: int


def boxed_forms(x1: Tensor, x2: Tensor) -> Tensor:
    """min = −relu(x₁−x₂) + relu(x₁) − relu(−x₁) and max = relu(x₁−x₂) + relu(x₂) − relu(−x₂), left to right."""
    relu = torch.relu
    smaller = -relu(x1 - x2) + relu(x1) - relu(-x1)
    larger = relu(x1 - x2) + relu(x2) - relu(-x2)
    return torch.stack([smaller, larger], dim=-1).unsqueeze(-1)


def hard_inputs(dtype: torch.dtype) -> Tensor:
    """All pairs (P × 2) of values that are hard for this precision, each value exactly representable in it."""
    info = torch.finfo(dtype)
    sizes = [1.0, 1 / 3, 0.1, 1 + info.eps, 3.0, 1e3, 1 / info.eps, 1e8, 1e16, 1e30]
    sizes += [info.eps, 1e-8, 1e-30, info.tiny, info.tiny * info.eps, info.max / 4, info.max]
    values = torch.tensor([0.0, -0.0, *sizes, *(-size for size in sizes)], dtype=dtype)
    return torch.cartesian_prod(values, values)


def losses(form: Form, dtype: torch.dtype, inputs: Tensor | None = None) -> tuple[Loss, Loss]:
    """What the form loses on the smaller and on the larger, over ``inputs`` (P × 2; the hard ones unless given)."""
    points = hard_inputs(dtype) if inputs is None else inputs.to(dtype)
    with torch.no_grad():
        outputs = form(points[:, 0], points[:, 1]).squeeze(-1)
    return _worst(points, outputs[:, 0], points.amin(dim=1)), _worst(points, outputs[:, 1], points.amax(dim=1))


def _worst(points: Tensor, got: Tensor, exact: Tensor) -> Loss:
    """Floating point picks the candidates, since a list of everything costs more than all the rest; rationals judge."""
    got, exact, points = got.double(), exact.double(), points.double()
    finite = got.isfinite()
    relative = torch.where(finite, (got - exact).abs() / points.abs().amax(dim=1), 0.0).nan_to_num(0.0)
    worst, at = Fraction(0), (0.0, 0.0)
    for index in (relative.topk(8).indices if len(relative) > 8 else torch.arange(len(relative))).tolist():
        first, second = (float(value) for value in points[index])
        if not finite[index] or not (larger := max(abs(first), abs(second))):
            continue
        apart = abs(Fraction(float(got[index])) - Fraction(float(exact[index]))) / Fraction(larger)
        if apart > worst:
            worst, at = apart, (first, second)
    return Loss(float(worst), at, int((~finite).sum()), len(points))


def cancellation(form: Form, dtype: torch.dtype) -> tuple[float, tuple[float, float]]:
    """What the smaller of (10ⁿ, 1) loses, 10ⁿ being the first power of ten to which adding one means nothing."""
    power = math.ceil(math.log10(2 / torch.finfo(dtype).eps))
    large = torch.tensor([[10.0**power, 1.0]], dtype=dtype)
    with torch.no_grad():
        value = float(form(large[:, 0], large[:, 1])[0, 0, 0])
    return abs(value - 1.0), (10.0**power, 1.0)


def precision_extra(networks: Mapping[str, torch.nn.Module]) -> Extra:
    """One row for each form and precision: the boxed forms, and every network given (a ``SortingNetwork``)."""
    rows = [
        _row(name, dtype, boxed_forms if network is None else as_form(network, dtype))
        for name, network in {"boxed": None, **networks}.items()
        for dtype in (torch.float64, torch.float32)
    ]
    return Extra(
        "rounding over ties, zeros, huge, tiny and mixed magnitudes (figures, not verdicts)",
        columns=("form", "float", "error / larger input", "at", "smaller of two loses", "overflows"),
        rows=tuple(rows),
    )


def as_form(network: torch.nn.Module, dtype: torch.dtype) -> Form:
    """The outputs of a copy of the network in another precision; the network itself stays as it is."""
    cast = copy.deepcopy(network).to(dtype)

    def form(x1: Tensor, x2: Tensor) -> Tensor:
        outputs: Tensor = cast(x1, x2)["y"]
        return outputs

    return form


def _row(name: str, dtype: torch.dtype, form: Form) -> tuple[str, ...]:
    smaller, larger = losses(form, dtype)
    worst = max(smaller, larger, key=lambda loss: loss.relative)
    lost, at = cancellation(form, dtype)
    return (
        name,
        str(dtype).removeprefix("torch.float"),
        f"{worst.relative:.1e}" if worst.relative else "0",
        _pair(worst.at) if worst.relative else "",
        f"{lost:.3g} at {_pair(at)}",
        f"{smaller.overflows + larger.overflows} of {smaller.points + larger.points}",
    )


def _pair(pair: tuple[float, float]) -> str:
    return f"({_value(pair[0])}, {_value(pair[1])})"


def _value(value: float) -> str:
    """Short; a number that differs from one by rounding only is not shown as one."""
    if abs(value) != 1 and abs(abs(value) - 1) < 1e-6:
        return ("1" if value > 0 else "−1") + ("+ε" if value > math.copysign(1, value) else "−ε")
    return re.sub(r"e([+-])0*", lambda found: "e" + found[1].strip("+"), f"{value:.3g}").replace("-", "−")


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
