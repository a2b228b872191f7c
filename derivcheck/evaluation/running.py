"""Float64 with a running error bound: every value carries how far rounding may have taken it.

The bounds are those of running error analysis (Higham, Accuracy and Stability of Numerical Algorithms, ch. 3),
to first order, in units of one rounding. Inputs are exact. Used where two sides do not agree to working precision,
to tell rounding from a mistake: a sum that cancels keeps the rounding of its terms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import TENSOR_STEP, Arithmetic, NotExact
from derivcheck.evaluation.evaluator import FunctionValue
from derivcheck.evaluation.floating import FloatArithmetic, apply

FLOATS = FloatArithmetic()
STEEPEST = 8.0
"""No drawn function is steeper than this: it carries the errors of its arguments on at most so much enlarged."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """A value and the bound of its error, in units of one rounding (2⁻⁵²)."""

    value: Tensor
    error: Tensor


def exact(value: Tensor) -> Tracked:
    """An input: no error."""
    return Tracked(value, torch.zeros_like(value))


def _rounded(value: Tensor, error: Tensor) -> Tracked:
    """A result: what its operands bring along, and one rounding of its own."""
    return Tracked(value, error + value.abs())


class RunningErrorArithmetic(Arithmetic):
    """Operations on tracked values; see ``Arithmetic`` for the contract."""

    price = 6.0
    product = 0.2
    step = TENSOR_STEP

    def number(self, value: Fraction | Literal["pi", "e"], rank: int) -> Tracked:
        made = FLOATS.number(value, rank)
        whole = isinstance(value, Fraction) and value.denominator == 1
        return exact(made) if whole else Tracked(made, made.abs())

    def arange(self, start: int, count: int, axis: int, rank: int) -> Tracked:
        return exact(FLOATS.arange(start, count, axis, rank))

    def eye(self, size: int, rank: int) -> Tracked:
        return exact(FLOATS.eye(size, rank))

    def add(self, a: Tracked, b: Tracked) -> Tracked:
        return _rounded(a.value + b.value, a.error + b.error)

    def subtract(self, a: Tracked, b: Tracked) -> Tracked:
        return _rounded(a.value - b.value, a.error + b.error)

    def multiply(self, a: Tracked, b: Tracked) -> Tracked:
        return _rounded(a.value * b.value, a.error * b.value.abs() + a.value.abs() * b.error)

    def divide(self, a: Tracked, b: Tracked) -> Tracked:
        value = a.value / b.value
        return _rounded(value, (a.error + value.abs() * b.error) / b.value.abs())

    def negate(self, a: Tracked) -> Tracked:
        return Tracked(-a.value, a.error)

    def matmul(self, a: Tracked, b: Tracked) -> Tracked:
        left, right = a.value.abs(), b.value.abs()
        inner = FLOATS.matmul(a.error, right) + FLOATS.matmul(left, b.error)
        terms = a.value.shape[-1]
        return Tracked(FLOATS.matmul(a.value, b.value), inner + (terms**0.5 + 1) * FLOATS.matmul(left, right))

    def inverse(self, a: Tracked) -> Tracked:
        value = FLOATS.inverse(a.value)
        size = a.value.shape[-1]
        inner = FLOATS.matmul(FLOATS.matmul(value.abs(), a.error + size * a.value.abs()), value.abs())
        return _rounded(value, inner)

    def det(self, a: Tracked) -> Tracked:
        value = FLOATS.det(a.value)
        # d det = tr(adj(A) dA); the adjugate is bounded by Hadamard's inequality on rows of the rest.
        rows = a.value.norm(dim=-1)
        total = rows.prod(-1)[..., None, None]
        share = ((a.error + a.value.shape[-1] * a.value.abs()).norm(dim=-1) / rows.clamp_min(1e-300)).sum(-1)
        return _rounded(value, total * share[..., None, None])

    def eigen(self, a: Tracked) -> tuple[Tracked, Tracked]:
        # Weyl's inequality for the values; for the vectors to first order |E| over the gap to the nearest value.
        values, vectors = FLOATS.eigen(a.value)
        size = a.value.shape[-1]
        moved = (a.error + size * a.value.abs()).norm(dim=(-2, -1), keepdim=True)
        gaps = (values - values.transpose(-1, -2)).abs() + torch.eye(size).masked_fill(torch.eye(size) > 0, math.inf)
        nearest = gaps.amin(-1).unsqueeze(-2)
        return _rounded(values, moved.expand_as(values)), _rounded(vectors, (2 * moved / nearest).expand_as(vectors))

    def power(self, a: Tracked, exponent: Tracked) -> Tracked:
        value = a.value**exponent.value
        slope = (exponent.value * value / a.value).abs()
        by_exponent = (value * torch.log(a.value.abs().clamp_min(1e-300))).abs() * exponent.error
        return _rounded(value, slope * a.error + by_exponent)

    def integer_power(self, a: Tracked, exponent: int) -> Tracked:
        value = FLOATS.integer_power(a.value, exponent)
        slope = (exponent * FLOATS.integer_power(a.value, exponent - 1)).abs()
        return Tracked(value, slope * a.error + max(1, abs(exponent)) * value.abs())

    def elementary(self, name: str, order: int, a: Tracked) -> Tracked:
        value = apply(name, order, a.value)
        slope = apply(name, order + 1, a.value).abs().detach()
        return _rounded(value, torch.nan_to_num(slope, posinf=1e300) * a.error + value.abs())

    def sum(self, a: Tracked, axis: int) -> Tracked:
        terms = a.value.shape[axis]
        inner = FLOATS.sum(a.error, axis) + (terms**0.5) * FLOATS.sum(a.value.abs(), axis)
        return Tracked(FLOATS.sum(a.value, axis), inner)

    def prod(self, a: Tracked, axis: int) -> Tracked:
        value = FLOATS.prod(a.value, axis)
        return Tracked(value, value.abs() * FLOATS.sum(a.error / a.value.abs().clamp_min(1e-300) + 1, axis))

    def maximum(self, a: Tracked, b: Tracked) -> Tracked:
        return Tracked(FLOATS.maximum(a.value, b.value), torch.maximum(*torch.broadcast_tensors(a.error, b.error)))

    def largest(self, a: Tracked, axis: int) -> Tracked:
        return Tracked(FLOATS.largest(a.value, axis), FLOATS.largest(a.error, axis))

    def compare(self, sign: str, a: Tracked, b: Tracked) -> Tensor:
        return FLOATS.compare(sign, a.value, b.value)

    def both(self, a: Tensor, b: Tensor) -> Tensor:
        return a & b

    def where(self, condition: Tensor, a: Tracked, b: Tracked) -> Tracked:
        return Tracked(torch.where(condition, a.value, b.value), torch.where(condition, a.error, b.error))

    def shape(self, a: Tracked | Tensor) -> tuple[int, ...]:
        return tuple(a.shape if isinstance(a, Tensor) else a.value.shape)

    def entries(self, a: Tracked | Tensor) -> int:
        return a.numel() if isinstance(a, Tensor) else a.value.numel()

    def reshape(self, a: Tracked, shape: Sequence[int]) -> Tracked:
        return Tracked(FLOATS.reshape(a.value, shape), FLOATS.reshape(a.error, shape))

    def expand(self, a: Tracked, shape: Sequence[int]) -> Tracked:
        return Tracked(FLOATS.expand(a.value, shape), FLOATS.expand(a.error, shape))

    def swap(self, a: Tracked, first: int, second: int) -> Tracked:
        return Tracked(a.value.transpose(first, second), a.error.transpose(first, second))

    def narrow(self, a: Tracked, axis: int, start: int, count: int) -> Tracked:
        return Tracked(a.value.narrow(axis, start, count), a.error.narrow(axis, start, count))

    def concatenate(self, parts: Sequence[Tracked], axis: int) -> Tracked:
        return Tracked(torch.cat([part.value for part in parts], axis), torch.cat([part.error for part in parts], axis))

    def detached(self, a: Tracked) -> Tracked:
        return a

    def integers(self, a: Tracked) -> list[int]:
        return FLOATS.integers(a.value)

    def recording(self) -> AbstractContextManager[Any]:
        return torch.no_grad()


@dataclass(frozen=True)
class TrackedFunction:
    """A drawn function on tracked values."""

    function: FunctionValue

    def __call__(self, arguments: list[Tracked], order: int, entrywise: bool) -> Tracked:
        value: Tensor = self.function([argument.value for argument in arguments], order, entrywise)
        carried = torch.zeros((), dtype=torch.float64)
        for argument in arguments:
            error = argument.error if entrywise else argument.error.sum((-2, -1), keepdim=True)
            carried = carried + STEEPEST * error
        return _rounded(value, carried + value.abs() + 1.0)


class RootDerivatives:
    """Autograd's derivatives, taken to carry a few roundings of their own size; only of whole statements."""

    def __init__(self, value: Any) -> None:  # noqa: ANN401 (a function of a term)
        self._value = value

    def derivative(self, term: Any, frame: Any) -> Tracked:  # noqa: ANN401 (terms and frames of the evaluator)
        if frame.axes or frame.bindings.parent is not None:
            raise NotExact("the rounding of a derivative inside a function")
        value: Tensor = self._value(term)
        largest = value.abs().amax((-2, -1), keepdim=True)
        return Tracked(value, torch.zeros_like(value) + 8 * largest)

    def entries(self, term: Any, arguments: Any, frame: Any) -> Tracked:  # noqa: ANN401
        raise NotExact("the rounding of a derivative inside a function")
