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
