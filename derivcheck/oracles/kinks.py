"""At a kink: a claimed (sub)gradient is accepted where it lies in the convex hull of the neighbouring cells' gradients.

Autograd picks one element of the subdifferential at a kink (Bolte and Pauwels 2021), so its disagreement there
refutes nothing. The neighbouring cells are found by moving the input a little in many directions.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from derivcheck.evaluation.differentiation import Autograd
from derivcheck.evaluation.evaluator import World, evaluate
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.numeric import shown_sizes
from derivcheck.problem.claims import derivative_in
from derivcheck.problem.problem import Claim
from derivcheck.verdict import Evidence, Outcome

DIRECTIONS = 24
STEP = 1e-6
CLOSE = 1e-4


def applies(bench: Bench, claim: Claim) -> bool:
    """Gradients of something with kinks, under a condition that may put every input on one."""
    found = derivative_in(claim.head)
    return (
        claim.relation == "="
        and claim.solution is None
        and found is not None
        and found.form == "gradient"
        and any(condition.sign == "=" for condition in claim.conditions)
    )


def ask(bench: Bench, claim: Claim) -> Evidence:
    """Whether the claimed value lies in the hull at every input; no kink there is for the other oracles to judge."""
    at_kinks, inside, points = 0, 0, 0
    worlds = bench.worlds(claim.conditions)
    for world in worlds:
        claimed = bench.value(claim.claimed, claim, world)
        neighbours = torch.stack([_moved(bench, claim, world, number) for number in range(DIRECTIONS)])
        neighbours, claimed = torch.broadcast_tensors(neighbours, claimed)
        flat = neighbours.reshape(DIRECTIONS, claimed.shape[1], -1)
        wanted = claimed[0].reshape(claimed.shape[1], -1)
        for trial in range(wanted.shape[0]):
            cells = flat[:, trial]
            points += 1
            if float((cells - cells[0]).abs().max()) < CLOSE * (1 + float(cells.abs().max())):
                continue
            at_kinks += 1
            inside += in_hull(wanted[trial], cells)
    sizes = tuple(shown_sizes(bench, world) for world in worlds)
    if not at_kinks:
        return Evidence("kinks", Outcome.NOT_CHECKED, sizes=sizes, points=points, detail="no input lies on a kink")
    # The cells are found by sampling, so the hull is an inner one: outside of it nothing is decided.
    outcome = Outcome.HOLDS if inside == at_kinks else Outcome.UNDECIDED
    detail = f"a subgradient at {inside} of {at_kinks} kinks"
    return Evidence("kinks", outcome, sizes=sizes, points=at_kinks, detail=detail)


def _moved(bench: Bench, claim: Claim, world: World, number: int) -> Tensor:
    """Autograd's gradient a small random step away."""
    source = torch.Generator().manual_seed(number)
    leaves = {
        key: (value.detach() + STEP * torch.randn(value.shape, generator=source, dtype=value.dtype)).requires_grad_()
        for key, value in world.leaves.items()
    }
    other = replace(world, leaves=leaves, differentiator=Autograd())
    with torch.no_grad():
        return evaluate(claim.head, bench.frame(claim, other)).detach()


def in_hull(point: Tensor, corners: Tensor) -> bool:
    """Whether a point is a convex combination of corners (``(count, entries)``), by Wolfe's away steps."""
    weights = torch.zeros(len(corners), dtype=torch.float64)
    weights[0] = 1.0
    scale = 1 + float(corners.abs().max())
    for _ in range(400):
        gap = weights @ corners - point
        if float(gap.abs().max()) < CLOSE * scale:
            return True
        scores = corners @ gap
        towards = int(scores.argmin())
        active = weights > 0
        away = int(torch.where(active, scores, torch.full_like(scores, -torch.inf)).argmax())
        direction = torch.zeros_like(weights)
        direction[towards] += 1.0
        direction[away] -= 1.0
        move = direction @ corners
        length = float(move @ move)
        if length == 0:
            return False
        step = min(max(-float(gap @ move) / length, 0.0), float(weights[away]))
        if step == 0:
            return False
        weights = weights + step * direction
    return False


__all__ = ["applies", "ask", "in_hull"]
