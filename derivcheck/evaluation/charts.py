"""Free coordinates of a declared domain around one of its members: what an optimiser may move without leaving it.

A chart is a smooth map t ↦ place from ℝᵏ to the domain with t = 0 at the origin. Where the objective is stationary
the Hessian by t has the signs of the objective's own within the domain; ``flat`` gives charts with its numbers too.

=============================  ==================================================  ====================
domain                         place(t)                                            unknowns
=============================  ==================================================  ====================
ℝ, symmetric, …, triangular    x + E t, E an orthonormal basis of the pattern       its free entries
x > a, x < b                   a + (x − a) eᵗ, b − (b − x) eᵗ                       the entries
a < x < b                      a + (b − a) σ(logit u + t), u = (x − a)/(b − a)      the entries
simplex (columns)              π ∝ π eᴴᵗ, H an orthonormal basis of 1⊥ (Helmert)    (rows − 1) · columns
positive definite              (L T)(L T)ᵀ, L = chol(x), T = triangle, diagonal eᵗ  n (n + 1)/2
unit vectors                   ((1 − q) x + B t)/(1 + q), q = |t|²/4, B = x⊥        n − 1
=============================  ==================================================  ====================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import NotExact
from derivcheck.language.shapes import Dim, Domain

PATTERNS = ("symmetric", "skew", "diagonal", "lower", "upper")
MATRICES = ("spd", "psd")
STRAIGHT = ("real", "nonzero", *PATTERNS)
"""Domains that are (but for single points) linear spaces: Newton's step in them is exact for a quadratic objective."""
CLOSED = ("nonnegative", "nonpositive")
"""Domains whose bound belongs to them; of an interval it is not known."""
UNSUPPORTED = {
    "natural": "whole numbers",
    "integer": "whole numbers",
    "finite": "a finite set",
    "onehot": "one-hot vectors",
    "orthogonal": "orthogonal matrices",
}


@dataclass(frozen=True)
class Chart:
    """``place`` maps ``(*lead, count)`` to ``(*lead, rows, columns)``; ``unit`` is the size of a step that counts."""

    place: Callable[[Tensor], Tensor]
    count: int
    unit: Tensor


def bounds(domain: Domain) -> tuple[float | None, float | None]:
    """The ends between which every entry lies."""
    low, high = domain.ends or (None, None)
    if isinstance(high, Dim):
        raise NotExact("the optimum over an interval that ends at a size")
    return low, high


def straight(domain: Domain) -> bool:
    """Whether the chart is linear."""
    return domain.kind in STRAIGHT or (domain.kind == "interval" and bounds(domain) == (None, None))


def supported(domain: Domain) -> None:
    """Refuse the domains in which nothing can be moved a little."""
    if domain.kind in UNSUPPORTED:
        raise NotExact(f"the optimum over {UNSUPPORTED[domain.kind]}")
    bounds(domain)


def chart(domain: Domain, origin: Tensor, fixed: Tensor | None = None) -> Chart:
    """The chart around ``origin (*lead, rows, columns)``; ``fixed`` marks entries at a bound that stay there."""
    lead, (rows, columns) = tuple(origin.shape[:-2]), origin.shape[-2:]
    low, high = bounds(domain)
    if low is not None or high is not None:
        bent = _bounded(origin, low, high, fixed)
        return Chart(lambda t: bent(t.reshape(origin.shape)), rows * columns, origin.new_ones(*lead, rows * columns))
    match domain.kind:
        case "spd" | "psd":
            return _definite(origin)
        case "simplex":
            return _simplex(origin)
        case "unit":
            return _sphere(origin)
    return flat(domain, origin)


def flat(domain: Domain, origin: Tensor) -> Chart:
    """The chart of the tangent space: place = origin + E t with E orthonormal; the sphere keeps its own curve."""
    if domain.kind == "unit":
        return _sphere(origin)
    rows, columns = origin.shape[-2:]
    if domain.kind == "simplex":
        basis = torch.einsum("ik,jl->ijkl", helmert(rows, origin), torch.eye(columns, dtype=origin.dtype))
        basis = basis.reshape(rows * columns, -1)
    elif domain.kind in PATTERNS or domain.kind in MATRICES:
        basis = _pattern(domain.kind, rows, origin)
    else:
        return Chart(lambda t: origin + t.reshape(origin.shape), rows * columns, _sizes(origin).flatten(-2))
    unit = (_sizes(origin).flatten(-2).unsqueeze(-1) * (basis != 0)).amax(-2)
    return Chart(lambda t: origin + (t @ basis.T).reshape(origin.shape), basis.shape[1], unit)


def _sizes(origin: Tensor) -> Tensor:
    """What counts as a step of ordinary size for every entry: its own magnitude, or a share of the largest one's."""
    largest = origin.abs().amax((-2, -1), keepdim=True)
    size = torch.maximum(origin.abs(), 1e-3 * largest)
    return torch.where(size > 0, size, torch.ones_like(size))


def _pattern(kind: str, size: int, like: Tensor) -> Tensor:
    """An orthonormal basis of the symmetric, skew, diagonal or triangular matrices: ``(size², count)``."""
    if kind in ("lower", "upper"):
        kept = within(kind, torch.ones(size, size, dtype=like.dtype)).reshape(-1)
        return torch.eye(size * size, dtype=like.dtype)[:, kept != 0]
    columns = []
    for i in range(size):
        for j in range(i if kind != "skew" else i + 1, size if kind != "diagonal" else i + 1):
            one = like.new_zeros(size, size)
            if i == j:
                one[i, i] = 1.0
            else:
                one[i, j] = 0.5**0.5
                one[j, i] = -(0.5**0.5) if kind == "skew" else 0.5**0.5
            columns.append(one.reshape(-1))
    return torch.stack(columns, 1) if columns else like.new_zeros(size * size, 0)


def helmert(size: int, like: Tensor) -> Tensor:
    """An orthonormal basis of the vectors that sum to nothing: ``(size, size − 1)``."""
    basis = like.new_zeros(size, size - 1)
    for k in range(1, size):
        basis[:k, k - 1] = 1.0
        basis[k, k - 1] = -float(k)
        basis[:, k - 1] /= (k * (k + 1.0)) ** 0.5
    return basis


def _bounded(origin: Tensor, low: float | None, high: float | None, fixed: Tensor | None) -> Callable[[Tensor], Tensor]:
    def place(t: Tensor) -> Tensor:
        if low is not None and high is not None:
            up, down = (origin - low) / (high - low), (high - origin) / (high - low)
            # The factors are e^{±t/2}, so that neither overflows before the other vanishes.
            grown, shrunk = up * torch.exp(t / 2), down * torch.exp(-t / 2)
            moved = low + (high - low) * grown / (grown + shrunk)
        elif low is not None:
            moved = low + (origin - low) * torch.exp(t)
        else:
            assert high is not None
            moved = high - (high - origin) * torch.exp(t)
        return moved if fixed is None else torch.where(fixed, origin, moved)

    return place


def _simplex(origin: Tensor) -> Chart:
    lead, (rows, columns) = tuple(origin.shape[:-2]), origin.shape[-2:]
    basis = helmert(rows, origin)
    count = (rows - 1) * columns

    def place(t: Tensor) -> Tensor:
        weights = basis @ t.reshape(*lead, rows - 1, columns)
        made = origin * torch.exp(weights - weights.detach().amax(-2, keepdim=True))
        return made / made.sum(-2, keepdim=True)

    return Chart(place, count, origin.new_ones(*lead, count))


def _definite(origin: Tensor) -> Chart:
    lead, size = tuple(origin.shape[:-2]), origin.shape[-1]
    factor, info = torch.linalg.cholesky_ex(origin)
    # A factor of what is not positive definite is no chart of anything.
    factor = factor.masked_fill((info != 0)[..., None, None], torch.nan)
    row, column = torch.tril_indices(size, size)
    count = len(row)
    # the place of the triangle's entries as a matrix, without writing into one that autograd records
    scatter = origin.new_zeros(count, size * size)
    scatter[torch.arange(count), row * size + column] = 1.0
    eye = torch.eye(size, dtype=origin.dtype)

    def place(t: Tensor) -> Tensor:
        entries = (t @ scatter).reshape(*lead, size, size)
        triangle = entries * (1 - eye) + torch.exp(entries * eye) * eye
        root = factor @ triangle
        return root @ root.transpose(-1, -2)

    return Chart(place, count, origin.new_ones(*lead, count))


def _sphere(origin: Tensor) -> Chart:
    lead = tuple(origin.shape[:-2])
    x = origin.reshape(*lead, -1)
    x = x / x.norm(dim=-1, keepdim=True)
    size = x.shape[-1]
    # A Householder reflection takes the first axis to ±x; the other axes go to a basis of x⊥.
    axis = torch.zeros_like(x)
    axis[..., 0] = torch.where(x[..., 0] >= 0, 1.0, -1.0)
    normal = x + axis
    outer = normal.unsqueeze(-1) * normal.unsqueeze(-2)
    reflection = torch.eye(size, dtype=x.dtype) - 2 * outer / normal.square().sum(-1)[..., None, None]
    basis = reflection[..., 1:]

    def place(t: Tensor) -> Tensor:
        q = t.square().sum(-1, keepdim=True) / 4
        made = ((1 - q) * x + (basis @ t.unsqueeze(-1)).squeeze(-1)) / (1 + q)
        return made.reshape(origin.shape)

    return Chart(place, size - 1, origin.new_ones(*lead, size - 1))


def within(kind: str, ambient: Tensor) -> Tensor:
    """The entries that a diagonal or triangular matrix may have, the others zero."""
    match kind:
        case "lower":
            return ambient.tril()
        case "upper":
            return ambient.triu()
    return ambient * torch.eye(ambient.shape[-1], dtype=ambient.dtype)


def tangent(domain: Domain, place: Tensor, ambient: Tensor) -> Tensor:
    """The part of an ambient direction or gradient that lies in the tangent space of the domain at ``place``."""
    match domain.kind:
        case "symmetric" | "spd" | "psd":
            return (ambient + ambient.transpose(-1, -2)) / 2
        case "skew":
            return (ambient - ambient.transpose(-1, -2)) / 2
        case "diagonal" | "lower" | "upper":
            return within(domain.kind, ambient)
        case "simplex":
            return ambient - ambient.mean(-2, keepdim=True)
        case "unit":
            return ambient - place * (ambient * place).sum((-2, -1), keepdim=True)
    return ambient


STEPS: Final = 60
MET: Final = 1e-13
"""How far the sides of a met equation may differ, relative to their size: some hundred roundings."""
LONGEST: Final = 1.0
FLAT: Final = 1e-9
"""Singular values below this share of the largest are those of equations that say the same twice."""

LOWER: Final = 1e-6
"""The same at a solution, which is met to rounding alone."""

Residual = Callable[[Mapping[str, Tensor]], tuple[Tensor, Tensor]]
"""From values of the names to the differences of the equations' sides, and the sizes of the sides: ``(trials, k)``."""


def movable(domain: Domain) -> bool:
    """Whether a member of the domain can be moved a little within it."""
    return domain.kind not in UNSUPPORTED and not (domain.high is not None and not isinstance(domain.high, float | int))


def project(leaves: Mapping[str, Tensor], domains: Mapping[str, Domain], residual: Residual) -> dict[str, Tensor]:
    """The names of ``domains`` moved onto the equations; trials that do not get there hold NaN.

    Args:
        leaves: ``(trials, …, rows, columns)`` for every name.
        domains: those names that may be moved.
        residual: what is to vanish.
    """
    values = {key: leaf.detach() for key, leaf in leaves.items()}
    met = torch.zeros(0, dtype=torch.bool)
    generic = jacobian = None
    for _ in range(STEPS):
        charts = {key: chart(domain, values[key]) for key, domain in domains.items()}
        steps = {
            key: values[key].new_zeros(*values[key].shape[:-2], made.count, requires_grad=True)
            for key, made in charts.items()
        }
        with torch.enable_grad():
            placed = {**values, **{key: charts[key].place(step) for key, step in steps.items()}}
            difference, size = residual(placed)
            if not difference.requires_grad:
                break
            rows = [_row(difference[:, place], steps) for place in range(difference.shape[1])]
        difference = difference.detach()
        jacobian = torch.stack(rows, 1).nan_to_num(0.0, 0.0, 0.0)
        generic = torch.linalg.matrix_rank(jacobian, rtol=FLAT).amax() if generic is None else generic
        before, met = met, (difference.abs() <= MET * size.detach()).all(1)
        if len(before) and bool((met & before).all()):
            break
        difference = difference.nan_to_num(0.0, 0.0, 0.0)
        move = -(torch.linalg.pinv(jacobian, rtol=FLAT) @ difference.unsqueeze(-1)).squeeze(-1)
        length = move.norm(dim=1, keepdim=True)
        move = torch.where(length > LONGEST, move * (LONGEST / length.clamp_min(1e-300)), move)
        moved, start = {}, 0
        for key, step in steps.items():
            count = step[0].numel()
            moved[key] = charts[key].place(move[:, start : start + count].reshape(step.shape)).detach()
            start += count
        values.update(moved)
    with torch.no_grad():
        difference, size = residual(values)
    if jacobian is None or generic is None:
        raise ValueError("an equation in which nothing moves")
    off = ~(difference.abs() <= MET * size).all(1) | (torch.linalg.matrix_rank(jacobian, rtol=LOWER) < generic)
    return {key: leaf.masked_fill(off.reshape(-1, *(1,) * (leaf.dim() - 1)), torch.nan) for key, leaf in values.items()}


def _row(difference: Tensor, steps: Mapping[str, Tensor]) -> Tensor:
    """The derivative of one difference by all steps, ``(trials, unknowns)``."""
    found = torch.autograd.grad(difference.sum(), list(steps.values()), retain_graph=True, allow_unused=True)
    flat = [torch.zeros_like(step) if grad is None else grad for grad, step in zip(found, steps.values(), strict=True)]
    return torch.cat([part.reshape(part.shape[0], -1) for part in flat], 1)
