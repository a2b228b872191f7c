"""Definite integrals of what may change its sign, in torch.

∫ f dx ≈ Σ_k w_k f(x_k), on the nodes that |f| itself places (``evaluation.quadrature``): they are refined until the
integral of |f| has settled, so that one that does not converge absolutely has no value here. The second level shares
no node with the first.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import NotSettled
from derivcheck.evaluation.budget import BUDGET
from derivcheck.evaluation.ends import ends
from derivcheck.evaluation.evaluator import Axis, Frame, evaluate
from derivcheck.evaluation.quadrature import rule
from derivcheck.language.domain import Domain
from derivcheck.problem import terms as t

ROUNDING = 2.0**-50
"""By so much of ∫ |f| the second level is off: where everything cancels, the difference of the levels shows it."""
SHAKEN = 2.0**-46
"""By so much each of its summands is, up or down: in a derivative other things cancel than in the integral."""
PROBES = 129


def definite(term: t.Integral, frame: Frame, level: int) -> Tensor:
    """The integral on the nodes of a level."""
    key = term.bound.key
    domain = term.bound.domain.in_numbers(frame.world.sizes)

    def at(nodes: Tensor) -> Tensor:
        """The integrand at nodes ``(trials, axes …, count, 1, 1)``."""
        BUDGET.make(nodes.numel(), 20.0, "the nodes of an integral")
        value: Tensor = evaluate(term.body, frame.deeper(Axis("", 1, nodes.shape[-3])).bind({key: nodes}))
        return value

    def height(nodes: Tensor) -> Tensor:
        return torch.log(at(nodes).abs().sum((-2, -1)))

    with torch.no_grad():
        middle = torch.full((1,) * (2 + len(frame.axes)) + (1, 1), 0.5, dtype=torch.float64)
        lead = tuple(at(middle).shape[:-3])
        found = rule(height, lead, 1, domain, level, (0.0,))
        if not found.settled or not _defined(at, found.nodes, found.log_weights, domain):
            raise NotSettled("an integral does not settle as its nodes are refined: it may not exist")
    return shaken(torch.exp(found.log_weights)[..., None, None] * at(found.nodes), level)


def shaken(value: Tensor, level: int) -> Tensor:
    """The sum of what stands at nodes ``(…, count, rows, columns)``; behind the first level with the rounding in it."""
    total = value.sum(-3)
    if level == 0:
        return total
    numbers = torch.Generator().manual_seed(value.shape[-3])
    signs = 2.0 * torch.randint(2, (value.shape[-3], 1, 1), generator=numbers) - 1
    return total + ROUNDING * value.abs().sum(-3) + SHAKEN * (signs * value).sum(-3)


def _defined(at: Callable[[Tensor], Tensor], nodes: Tensor, log_weights: Tensor, domain: Domain) -> bool:
    """Whether the integrand is a number wherever it is integrated: nothing was left out for want of a value.

    An end that is infinite is probed as far beyond the nodes as they reach.
    """
    used = log_weights.isfinite()
    places = nodes[..., 0, 0]
    low = torch.where(used, places, torch.inf).amin(-1, keepdim=True)
    high = torch.where(used, places, -torch.inf).amax(-1, keepdim=True)
    first, last = ends(domain)
    width = high - low
    start = low - width if first is None else torch.full_like(low, first)
    stop = high + width if last is None else torch.full_like(high, last)
    share = (torch.arange(PROBES, dtype=torch.float64) + 0.5) / PROBES
    probes = start + (stop - start) * share
    return not bool(at(probes[..., None, None]).isnan().any())
