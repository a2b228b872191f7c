"""The float64 (and complex128, float32) arithmetic: torch tensors, all trials of one size in one batch.

Known functions are torch's, but where it lacks them, or would be wrong beside a complex step or below zero. Their
derivatives are the closed forms of ``derivcheck.functions``, those that a derivation writes as ``\\phi'``: autograd
never takes part in them, so that a hand formula and autograd stay two sources.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from fractions import Fraction
from typing import Any, Final, Literal

import torch
from torch import Tensor

from derivcheck.evaluation import dual
from derivcheck.evaluation.arithmetic import SIGNS, TENSOR_STEP, Arithmetic, NotExact
from derivcheck.functions import FUNCTIONS


def _real(x: Tensor) -> Tensor:
    """The real part: what decides on which side of a kink a complex step lies."""
    return x.real if x.is_complex() else x


def _relu(x: Tensor) -> Tensor:
    return torch.where(_real(x) > 0, x, torch.zeros_like(x)) if x.is_complex() else torch.relu(x)


def _sign(x: Tensor) -> Tensor:
    return torch.sign(_real(x)).to(x.dtype)


def _abs(x: Tensor) -> Tensor:
    return x * _sign(x) if x.is_complex() else x.abs()


def _sigmoid(x: Tensor) -> Tensor:
    return 1 / (1 + torch.exp(-x)) if x.is_complex() else torch.sigmoid(x)


def _softplus(x: Tensor) -> Tensor:
    return torch.log(1 + torch.exp(x)) if x.is_complex() else torch.logaddexp(x, torch.zeros_like(x))


def _gamma(x: Tensor) -> Tensor:
    """Γ(x); left of 0 its sign changes at every whole number."""
    odd = (x < 0) & (torch.floor(x).remainder(2) != 0)
    return torch.where(odd, -1.0, 1.0) * torch.exp(torch.lgamma(x))


def _invalid(x: Tensor) -> Tensor:
    """No number in either part: an imaginary part of 0 would pass for a slope."""
    return torch.full_like(x, complex(math.nan, math.nan))


def _log(x: Tensor) -> Tensor:
    """The real logarithm: a negative number has none, also on a complex step."""
    if not x.is_complex():
        return torch.log(x)
    return torch.where(x.real > 0, torch.log(x), _invalid(x))


def _sqrt(x: Tensor) -> Tensor:
    if not x.is_complex():
        return torch.sqrt(x)
    return torch.where(x.real >= 0, torch.sqrt(x), _invalid(x))


_OWN: dict[str, Callable[[Tensor], Tensor]] = {
    "log": _log, "sqrt": _sqrt, "sigmoid": _sigmoid, "softplus": _softplus, "gamma": _gamma,
    "relu": _relu, "abs": _abs, "sign": _sign,
}  # fmt: skip
VALUES: Final[dict[str, Callable[[Tensor], Tensor]]] = _OWN | {
    name: getattr(torch, known.library or name)
    for name, known in FUNCTIONS.items()
    if name not in _OWN and hasattr(torch, known.library or name)
}
"""The others are told by these."""
REAL: Final = frozenset(("erf", "erfc", "gamma", "lgamma", "digamma"))
"""Of these torch knows no complex values: a complex step is tiny, and the first-order continuation exact."""


CONDITION_LIMIT = 1e13
"""Above this condition number an inverse in float64 has no digit left to compare: the trial is invalid."""


class FloatArithmetic(Arithmetic):
    """Operations on torch tensors of one dtype; see ``Arithmetic`` for the contract."""

    price = 2.0
    product = 0.05
    step = TENSOR_STEP

    def __init__(self, dtype: torch.dtype = torch.float64) -> None:
        self.dtype = dtype

    def number(self, value: Fraction | Literal["pi", "e"], rank: int) -> Tensor:
        if isinstance(value, Fraction):
            try:
                number = value.numerator / value.denominator
            except OverflowError:
                number = math.inf if value > 0 else -math.inf
        else:
            number = math.pi if value == "pi" else math.e
        return torch.full((1,) * rank, number, dtype=self.dtype)

    def arange(self, start: int, count: int, axis: int, rank: int) -> Tensor:
        shape = [1] * rank
        shape[axis] = count
        return torch.arange(start, start + count, dtype=torch.float64).to(self.dtype).reshape(shape)

    def eye(self, size: int, rank: int) -> Tensor:
        return torch.eye(size, dtype=self.dtype).reshape((1,) * (rank - 2) + (size, size))

    def add(self, a: Tensor, b: Tensor) -> Tensor:
        return a + b

    def subtract(self, a: Tensor, b: Tensor) -> Tensor:
        return a - b

    def multiply(self, a: Tensor, b: Tensor) -> Tensor:
        return a * b

    def divide(self, a: Tensor, b: Tensor) -> Tensor:
        return a / b

    def negate(self, a: Tensor) -> Tensor:
        return -a

    def matmul(self, a: Tensor, b: Tensor) -> Tensor:
        if a.dtype != b.dtype:
            common = torch.promote_types(a.dtype, b.dtype)
            a, b = a.to(common), b.to(common)
        if a.shape[-1] == 1 or (a.numel() * b.shape[-1] < 4096 and a.dim() > 3):
            # For small matrices over many axes a broadcast sum is faster than a batched product.
            return (a.unsqueeze(-1) * b.unsqueeze(-3)).sum(-2)
        if a.dim() == b.dim() and a.dim() > 2:
            if (folded := _shared(b)) and a.numel() > b.numel():
                return _folded(a, b, folded)
            if (folded := _shared(a)) and b.numel() > a.numel():
                return _folded(b.transpose(-1, -2), a.transpose(-1, -2), folded).transpose(-1, -2)
        return a @ b

    def inverse(self, a: Tensor) -> Tensor:
        inverse, info = torch.linalg.inv_ex(a)
        with torch.no_grad():
            size = a.abs().sum(-1).amax(-1) * inverse.abs().sum(-1).amax(-1)
            bad = (info != 0) | ~(size < CONDITION_LIMIT)
        if bool(bad.any()):
            return inverse.masked_fill(bad[..., None, None], math.nan)
        return inverse

    def det(self, a: Tensor) -> Tensor:
        return torch.linalg.det(a)[..., None, None]

    def eigen(self, a: Tensor) -> tuple[Tensor, Tensor]:
        if a.is_complex():
            raise NotExact("eigenvalues at a complex step")
        bad = ~a.isfinite().flatten(-2).all(-1)[..., None, None]
        # What is symmetric but for rounding, or for a step in one entry.
        values, vectors = torch.linalg.eigh((a + a.transpose(-1, -2)).masked_fill(bad, 0.0) / 2)
        values, vectors = values.flip(-1)[..., None], vectors.flip(-1)
        # To the same side of a plane that has nothing to do with the matrix, so that neighbours have the same sign.
        plane = torch.sin(1 + 2 * torch.arange(a.shape[-1], dtype=a.dtype))
        vectors = vectors * torch.where(plane @ vectors.detach() < 0, -1.0, 1.0).unsqueeze(-2)
        return values.masked_fill(bad, math.nan), vectors.masked_fill(bad, math.nan)

    def power(self, a: Tensor, exponent: Tensor) -> Tensor:
        return a**exponent

    def integer_power(self, a: Tensor, exponent: int) -> Tensor:
        if exponent == 2:
            return a * a
        return a**exponent

    def elementary(self, name: str, order: int, a: Tensor) -> Tensor:
        if a.is_complex() and name in REAL:
            real, rise = (FloatArithmetic(a.real.dtype).elementary(name, order + k, a.real) for k in (0, 1))
            return torch.complex(real, rise * a.imag)
        if order:
            digamma = name == "digamma"
            return torch.polygamma(order, a) if digamma else dual.derivative(name, order, self, a)
        rule = FUNCTIONS[name].value
        return rule(self, a) if name not in VALUES and rule is not None else VALUES[name](a)

    def sum(self, a: Tensor, axis: int) -> Tensor:
        return a.sum(axis, keepdim=True)

    def prod(self, a: Tensor, axis: int) -> Tensor:
        return a.prod(axis, keepdim=True)

    def maximum(self, a: Tensor, b: Tensor) -> Tensor:
        if a.is_complex() or b.is_complex():
            return self.where(_real(a) >= _real(b), a, b)
        return torch.maximum(a, b)

    def largest(self, a: Tensor, axis: int) -> Tensor:
        if a.is_complex():
            return a.gather(axis, a.real.argmax(axis, keepdim=True))
        return a.amax(axis, keepdim=True)

    def compare(self, sign: str, a: Tensor, b: Tensor) -> Tensor:
        return SIGNS[sign](_real(a), _real(b))

    def both(self, a: Tensor, b: Tensor) -> Tensor:
        return a & b

    def where(self, condition: Tensor, a: Tensor, b: Tensor) -> Tensor:
        if a.dtype != b.dtype:
            common = torch.promote_types(a.dtype, b.dtype)
            a, b = a.to(common), b.to(common)
        return torch.where(condition, a, b)

    def shape(self, a: Tensor) -> tuple[int, ...]:
        return tuple(a.shape)

    def entries(self, a: Tensor) -> int:
        return a.numel()

    def reshape(self, a: Tensor, shape: Sequence[int]) -> Tensor:
        return a.reshape(tuple(shape))

    def expand(self, a: Tensor, shape: Sequence[int]) -> Tensor:
        return a.expand(tuple(shape))

    def swap(self, a: Tensor, first: int, second: int) -> Tensor:
        return a.transpose(first, second)

    def narrow(self, a: Tensor, axis: int, start: int, count: int) -> Tensor:
        return a.narrow(axis, start, count)

    def concatenate(self, parts: Sequence[Tensor], axis: int) -> Tensor:
        common = parts[0].dtype
        for part in parts[1:]:
            common = torch.promote_types(common, part.dtype)
        return torch.cat([part.to(common) for part in parts], axis)

    def detached(self, a: Tensor) -> Tensor:
        return a.detach()

    def integers(self, a: Tensor) -> list[int]:
        numbers = _real(a).detach().reshape(-1).tolist()
        if not all(map(math.isfinite, numbers)):
            raise NotExact("an index or an exponent that is no finite number")
        return [round(number) for number in numbers]

    def recording(self) -> AbstractContextManager[Any]:
        return torch.enable_grad()


def apply(name: str, order: int, x: Tensor) -> Tensor:
    """A known function or a derivative of it entry by entry, in the precision of its argument."""
    return FloatArithmetic(x.dtype).elementary(name, order, x)


def _shared(b: Tensor) -> int:
    """How many of the axes before the matrix, from the last one on, hold the same matrix."""
    count = 0
    while count < b.dim() - 2 and b.shape[-3 - count] == 1:
        count += 1
    return count


def _folded(a: Tensor, b: Tensor, folded: int) -> Tensor:
    """a @ b, where b is the same matrix along the last ``folded`` axes before it: those of a become rows.

    A batched product broadcasts b to one copy for each of them, which is sixteen times slower for rows against a
    small matrix.
    """
    first = a.dim() - 2 - folded
    rows = a.shape[first:-1]
    product = a.flatten(first, -2) @ b.flatten(first, -2)
    return product.unflatten(-2, rows)
