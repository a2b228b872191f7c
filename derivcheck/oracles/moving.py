"""How declared names are moved within their domains: spread over magnitudes, and downhill in charts."""

from __future__ import annotations

import torch
from torch import Tensor

from derivcheck.evaluation.charts import tangent
from derivcheck.language.domain import Domain
from derivcheck.language.shapes import Dim
from derivcheck.oracles.bench import Bench
from derivcheck.problem.terms import Comparison

LEAST, MOST = 0.05, 20.0
"""The spreads, relative to the usual draw."""
LARGEST_LOG = 12.0
LARGEST_LOGIT = 16.0
WHOLE = ("natural", "integer")
FIXED = ("finite", "onehot", "orthogonal", *WHOLE)


def tied(bench: Bench, conditions: tuple[Comparison, ...]) -> set[str]:
    """The names that an equation ties: they stay what they are."""
    return bench.reached(*(condition for condition in (*bench.problem.assumed, *conditions) if condition.sign == "="))


def domains_of(bench: Bench, held: set[str]) -> dict[str, Domain]:
    """The domains of the names that may be moved."""
    declared = {key: each.domain for key, each in bench.problem.declarations.items() if key not in held}
    return {
        key: domain
        for key, domain in declared.items()
        if domain.kind not in ("finite", "onehot") and not isinstance(domain.high, Dim)
    }


def free(domain: Domain) -> bool:
    """Whether gradients move its members."""
    return domain.kind not in FIXED


def _each(value: Tensor, source: torch.Generator, per: str) -> Tensor:
    """Spreads, evenly in their logarithm: one a trial, or one an entry."""
    shape = value.shape if per == "mixed" else (value.shape[0], *(1,) * (value.dim() - 1))
    low, high = torch.tensor(LEAST).log(), torch.tensor(MOST).log()
    return torch.exp(low + (high - low) * torch.rand(shape, generator=source, dtype=torch.float64))


def spread_out(domain: Domain, value: Tensor, kind: str, source: torch.Generator, zeros: bool) -> Tensor:
    """Members of the domain of smaller and larger magnitudes; with ``zeros``, some that are exactly zero."""
    scale = _each(value, source, kind)
    whole = _each(value, source, "scaled")
    made = _spread(domain, value, scale, whole)
    if zeros and kind == "mixed" and domain.kind in ("real", "nonnegative", "nonpositive", "integer"):
        rate = torch.tensor([1.0, 0.5, 0.2] + [0.0] * 13, dtype=torch.float64)
        rate = rate.repeat(value.shape[0] // len(rate) + 1)[: value.shape[0]]
        chance = torch.rand(value.shape, generator=source, dtype=torch.float64)
        made = torch.where(chance < rate.reshape(-1, *(1,) * (value.dim() - 1)), torch.zeros_like(made), made)
    return made


def _spread(domain: Domain, value: Tensor, scale: Tensor, whole: Tensor) -> Tensor:
    """``scale`` an entry's spread, ``whole`` a trial's."""
    match domain.kind:
        case "real" | "nonzero":
            return value * scale
        case "natural":
            return (value * scale).round().clamp(1, 60)
        case "integer":
            return (value * scale).round().clamp(-60, 60)
        case "symmetric" | "skew":
            return value * whole
        case "diagonal" | "lower" | "upper":
            return value * scale
        case "spd" | "psd":
            return _powers(value, whole)
        case "unit":
            sharp = value.sign() * value.abs().clamp_min(1e-12) ** scale.clamp(0.1, 6)
            return sharp / sharp.norm(dim=(-2, -1), keepdim=True)
        case "simplex":
            return torch.softmax(value.clamp_min(1e-12).log() * whole.clamp(0.1, 6), dim=-2).clamp_min(1e-12)
        case "orthogonal":
            return value
    return _from_line(domain, _to_line(domain, value) * scale, value)


def _powers(value: Tensor, whole: Tensor) -> Tensor:
    """Positive definite matrices with eigenvalues nearer to and further from each other."""
    numbers, vectors = torch.linalg.eigh(value)
    bent = (numbers.clamp_min(1e-6).log()[..., None, :] * whole.clamp(0.2, 4)).clamp(-7, 7).exp()
    made = (vectors * bent) @ vectors.transpose(-1, -2)
    return (made + made.transpose(-1, -2)) / 2


def _to_line(domain: Domain, value: Tensor) -> Tensor:
    """A number of the domain on the whole line."""
    low, high = domain.known_ends or (None, None)
    if low is None and high is None:
        return value
    if low is not None and high is not None:
        inside = ((value - low) / (high - low)).clamp(1e-12, 1 - 1e-12)
        # torch.logit takes milliseconds.
        return inside.log() - torch.log1p(-inside)
    edge = value - low if low is not None else high - value  # type: ignore[operator]
    return edge.clamp_min(1e-300).log()


def _from_line(domain: Domain, place: Tensor, old: Tensor) -> Tensor:
    """Back into the domain; where rounding would put it on an open end, the old value stays."""
    low, high = domain.known_ends or (None, None)
    size = place.clamp(-LARGEST_LOG, LARGEST_LOG).exp()
    if low is None and high is None:
        return place
    if low is not None and high is not None:
        made = low + (high - low) * torch.sigmoid(place.clamp(-LARGEST_LOGIT, LARGEST_LOGIT))
        return torch.where((made > low) & (made < high), made, old)
    made = low + size if low is not None else high - size  # type: ignore[operator]
    return torch.where(made > low if low is not None else made < high, made, old)  # type: ignore[operator]


def descent(domain: Domain, value: Tensor, slope: Tensor) -> Tensor:
    """The direction of descent in the chart."""
    match domain.kind:
        case "symmetric" | "spd" | "psd" | "skew" | "diagonal" | "lower" | "upper" | "unit":
            return -tangent(domain, value, slope)
        case "simplex":
            return -value * (slope - (slope * value).sum(-2, keepdim=True))
    with torch.enable_grad():
        place = _to_line(domain, value.detach()).detach().requires_grad_()
        (grad,) = torch.autograd.grad((_from_line(domain, place, value) * slope).sum(), place)
    return -grad.nan_to_num(0.0, 0.0, 0.0)


def within_chart(domain: Domain, value: Tensor, move: Tensor) -> Tensor:
    """A move of every entry as one that stays in the domain to first order."""
    return move if domain.kind == "simplex" else tangent(domain, value, move)


def retract(domain: Domain, value: Tensor, step: Tensor) -> Tensor:
    """The member of the domain one step along; where there is none, the old one."""
    match domain.kind:
        case "symmetric" | "skew" | "diagonal" | "lower" | "upper":
            return value + step
        case "spd" | "psd":
            made = value + step
            shrunk = made - 1e-6 * torch.eye(made.shape[-1], dtype=made.dtype)
            bad = torch.linalg.cholesky_ex(shrunk)[1] != 0
            return torch.where(bad[..., None, None], value, made)
        case "unit":
            made = value + step
            return made / made.norm(dim=(-2, -1), keepdim=True)
        case "simplex":
            return torch.softmax(value.clamp_min(1e-300).log() + step, dim=-2).clamp_min(1e-12)
    return _from_line(domain, _to_line(domain, value) + step, value)
