"""How much a network that is right in exact arithmetic loses in floating point.

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

import torch
from torch import Tensor

from derivcheck.verdict import Extra

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
