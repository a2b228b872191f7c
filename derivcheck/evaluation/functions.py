"""The known functions in torch, where it lacks them, or where it would be wrong beside a complex step or below zero.

Derivatives are the closed forms of ``derivcheck.functions``, those that a derivation writes as ``\\phi'``: autograd
never takes part in them, so that a hand formula and autograd stay two sources.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor

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


def _erf(x: Tensor) -> Tensor:
    if not x.is_complex():
        return torch.erf(x)
    # A complex step is tiny: the first-order continuation is exact to working precision.
    real = x.real
    slope = 2 / math.sqrt(math.pi) * torch.exp(-real * real)
    return torch.complex(torch.erf(real), slope * x.imag)


def _gamma(x: Tensor) -> Tensor:
    """Γ(x); left of 0 its sign changes at every whole number."""
    real = _real(x)
    odd = (real < 0) & (torch.floor(real).remainder(2) != 0)
    value = torch.where(odd, -1.0, 1.0) * torch.exp(torch.lgamma(real))
    return torch.complex(value, value * torch.digamma(real) * x.imag) if x.is_complex() else value


def _digamma(x: Tensor) -> Tensor:
    if not x.is_complex():
        return torch.digamma(x)
    return torch.complex(torch.digamma(x.real), torch.polygamma(1, x.real) * x.imag)


def polygamma(order: int, x: Tensor) -> Tensor:
    """The derivative of this order of the digamma function."""
    if not x.is_complex():
        return torch.polygamma(order, x)
    return torch.complex(torch.polygamma(order, x.real), torch.polygamma(order + 1, x.real) * x.imag)


def _lgamma(x: Tensor) -> Tensor:
    if not x.is_complex():
        return torch.lgamma(x)
    return torch.complex(torch.lgamma(x.real), torch.digamma(x.real) * x.imag)


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
    "log": _log, "sqrt": _sqrt, "sigmoid": _sigmoid, "softplus": _softplus, "erf": _erf, "lgamma": _lgamma,
    "gamma": _gamma, "digamma": _digamma, "relu": _relu, "abs": _abs, "sign": _sign,
}  # fmt: skip
VALUES: Final[dict[str, Callable[[Tensor], Tensor]]] = _OWN | {
    name: getattr(torch, known.library or name)
    for name, known in FUNCTIONS.items()
    if name not in _OWN and hasattr(torch, known.library or name)
}
"""The others are told by these."""
