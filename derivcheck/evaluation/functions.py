"""The known functions of one real number in torch, with their first derivatives in closed form.

The closed forms are what a derivation writes as ``\\phi'``; autograd never takes part in them, so that a hand
formula and autograd stay two sources. ``SMOOTH`` tells which are differentiable everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

Function = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Known:
    """A function and its derivative; ``smooth`` false where it has kinks."""

    value: Function
    slope: Function
    smooth: bool = True


def _real(x: Tensor) -> Tensor:
    """The real part: what decides on which side of a kink a complex step lies."""
    return x.real if x.is_complex() else x


def _relu(x: Tensor) -> Tensor:
    return torch.where(_real(x) > 0, x, torch.zeros_like(x)) if x.is_complex() else torch.relu(x)


def _step(x: Tensor) -> Tensor:
    return (_real(x) > 0).to(x.dtype)


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


def _gelu(x: Tensor) -> Tensor:
    return x * (1 + _erf(x / math.sqrt(2))) / 2


def _gelu_slope(x: Tensor) -> Tensor:
    density = torch.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    return (1 + _erf(x / math.sqrt(2))) / 2 + x * density


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


def _trigamma(x: Tensor) -> Tensor:
    if not x.is_complex():
        return torch.polygamma(1, x)
    return torch.complex(torch.polygamma(1, x.real), torch.polygamma(2, x.real) * x.imag)


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


KNOWN: dict[str, Known] = {
    "exp": Known(torch.exp, torch.exp),
    "log": Known(_log, lambda x: 1 / x),
    "sqrt": Known(_sqrt, lambda x: 1 / (2 * _sqrt(x))),
    "sin": Known(torch.sin, torch.cos),
    "cos": Known(torch.cos, lambda x: -torch.sin(x)),
    "tan": Known(torch.tan, lambda x: 1 + torch.tan(x) ** 2),
    "cot": Known(lambda x: 1 / torch.tan(x), lambda x: -1 - 1 / torch.tan(x) ** 2),
    "sinh": Known(torch.sinh, torch.cosh),
    "cosh": Known(torch.cosh, torch.sinh),
    "tanh": Known(torch.tanh, lambda x: 1 - torch.tanh(x) ** 2),
    "arcsin": Known(torch.asin, lambda x: 1 / torch.sqrt(1 - x * x)),
    "arccos": Known(torch.acos, lambda x: -1 / torch.sqrt(1 - x * x)),
    "arctan": Known(torch.atan, lambda x: 1 / (1 + x * x)),
    "sigmoid": Known(_sigmoid, lambda x: _sigmoid(x) * (1 - _sigmoid(x))),
    "softplus": Known(_softplus, _sigmoid),
    "gelu": Known(_gelu, _gelu_slope),
    "silu": Known(lambda x: x * _sigmoid(x), lambda x: _sigmoid(x) * (1 + x * (1 - _sigmoid(x)))),
    "erf": Known(_erf, lambda x: 2 / math.sqrt(math.pi) * torch.exp(-x * x)),
    "lgamma": Known(_lgamma, _digamma),
    "gamma": Known(_gamma, lambda x: _gamma(x) * _digamma(x)),
    "digamma": Known(_digamma, _trigamma),
    "relu": Known(_relu, _step, smooth=False),
    "abs": Known(_abs, _sign, smooth=False),
    "sign": Known(_sign, lambda x: torch.zeros_like(x), smooth=False),
}


def apply(name: str, order: int, x: Tensor) -> Tensor:
    """The function ``name`` or a derivative of it, entry by entry; orders above 1 by autograd of the slope."""
    known = KNOWN[name]
    if order == 0:
        return known.value(x)
    if order == 1:
        return known.slope(x)
    recording = torch.is_grad_enabled()
    with torch.enable_grad():
        place = x * 1 if x.requires_grad else x.detach().requires_grad_()
        value = known.slope(place)
        for _ in range(order - 1):
            if not value.requires_grad:
                return torch.zeros_like(x)
            (value,) = torch.autograd.grad(value.sum(), place, create_graph=True)
    return value if recording else value.detach()
