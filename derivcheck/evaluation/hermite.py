"""Gauss–Hermite rules for the standard normal density, over several numbers as a product."""

from __future__ import annotations

import itertools
from functools import cache

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import NotExact

MOST_NODES, MOST_PLACES = 200, 4_096


@cache
def hermite(power: int, size: int) -> tuple[Tensor, Tensor]:
    """Steps ``(count, size)`` and weights ``(count, 1, 1)``, exact for polynomials of degree ``power`` in each number.

    Golub and Welsch: the nodes are eigenvalues of the Jacobi matrix of the orthonormal polynomials, and the weights
    1 / Σ_k p_k(x)², a sum of positive numbers, so that even those of the outermost nodes have all their figures.
    """
    count = power // 2 + 1
    if count > MOST_NODES or count**size > MOST_PLACES:
        raise NotExact("a mean of so high a degree")
    beside = torch.arange(1, count, dtype=torch.float64).sqrt()
    nodes = torch.linalg.eigvalsh(torch.diag(beside, 1) + torch.diag(beside, -1))
    for _ in range(2):
        value, slope, _ = _polynomials(nodes, count)
        nodes = nodes - value / slope
    weights = 1 / _polynomials(nodes, count)[2]
    steps = torch.tensor(list(itertools.product(nodes.tolist(), repeat=size)), dtype=torch.float64)
    products = torch.tensor(list(itertools.product(weights.tolist(), repeat=size)), dtype=torch.float64).prod(-1)
    return steps, products[:, None, None]


def _polynomials(x: Tensor, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """p_count(x), its slope √count p_{count−1}(x), and Σ_{k < count} p_k(x)², of orthonormal polynomials."""
    before, value, total = torch.zeros_like(x), torch.ones_like(x), torch.zeros_like(x)
    for k in range(count):
        total = total + value * value
        before, value = value, (x * value - k**0.5 * before) / (k + 1) ** 0.5
    return value, count**0.5 * before, total
