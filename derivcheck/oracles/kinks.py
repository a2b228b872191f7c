"""At a kink: a claimed (sub)gradient is accepted where it lies in the convex hull of the neighbouring cells' gradients.

Autograd picks one element of the subdifferential at a kink (Bolte and Pauwels 2021), so its disagreement there
refutes nothing. The neighbouring cells are found by moving the input a little in many directions. Outside of their
hull a claim is wrong only where no further cell can be expected, or where it is far outside.
"""

from __future__ import annotations

import math
from itertools import product

import torch
from torch import Tensor

from derivcheck.evaluation.evaluator import World, evaluate
from derivcheck.evaluation.sampling import generator
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.gaps import placed
from derivcheck.problem.heads import derivative_in
from derivcheck.problem.problem import Claim
from derivcheck.verdict import Evidence, Outcome

DIRECTIONS = 48
"""Random directions; with few moved numbers every pattern of signs is tried as well."""
SIGNED = 6
FEW = 3
"""So few moved numbers that the directions leave no room for a cell that none of them meets."""
MET = 3
"""How often every cell must have been met for the cells to be all there are."""
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
    outside: tuple[float, float] | None = None
    worlds = bench.worlds(claim.conditions)
    failing: list[World] = []
    for world in worlds:
        claimed = bench.value(claim.claimed, claim, world)
        neighbours, few = _neighbours(bench, claim, world)
        neighbours, claimed = torch.broadcast_tensors(neighbours, claimed)
        flat = neighbours.reshape(*neighbours.shape[:2], -1)
        wanted = claimed[0].reshape(claimed.shape[1], -1)
        for trial in range(wanted.shape[0]):
            cells = flat[:, trial]
            cells = cells[cells.isfinite().all(1)]
            points += 1
            if not len(cells) or float((cells - cells[0]).abs().max()) < CLOSE * (1 + float(cells.abs().max())):
                continue
            at_kinks += 1
            within = in_hull(wanted[trial], cells)
            inside += within is True
            if within is False and ((few and _all_met(cells)) or _far(wanted[trial], cells)):
                entry = int(_beyond(wanted[trial], cells).argmax())
                low, high = (float(end) for end in torch.aminmax(cells[:, entry]))
                value = float(wanted[trial, entry])
                outside = outside or (value, min(max(value, low), high))
                failing.append(world)
    sizes = tuple(bench.shown(world.sizes) for world in worlds)
    if not at_kinks:
        return Evidence("kinks", Outcome.NOT_CHECKED, sizes=sizes, points=points, detail="no input lies on a kink")
    detail = f"a subgradient at {inside} of {at_kinks} kinks"
    if outside is not None:
        return Evidence(
            "kinks", Outcome.WRONG, error=abs(outside[0] - outside[1]), claimed=outside[0], reference=outside[1],
            sizes=sizes, failing=tuple(bench.shown(world.sizes) for world in worlds if world in failing),
            points=at_kinks, detail=detail, seen=len(failing),
        )  # fmt: skip
    # The cells are found by sampling, so the hull is an inner one: outside of it nothing is decided.
    outcome = Outcome.HOLDS if inside == at_kinks else Outcome.UNDECIDED
    return Evidence("kinks", outcome, sizes=sizes, points=at_kinks, detail=detail)


def _neighbours(bench: Bench, claim: Claim, world: World) -> tuple[Tensor, bool]:
    """Autograd's gradients small steps away, ``(directions, trials, …)``, and whether few numbers were moved.

    Only what is differentiated by is moved; where that is no input itself, every input is.
    """
    found = derivative_in(claim.head)
    assert found is not None
    moved = [found.key] if found.key in world.leaves else list(world.leaves)
    numbers = sum(math.prod(world.leaves[key].shape[1:]) for key in moved)
    directions = _directions(numbers, generator(bench.settings.seed, "kinks", numbers))
    count = len(directions)
    leaves: dict[str, Tensor] = {}
    start = 0
    trials = max((value.shape[0] for value in world.leaves.values()), default=1)
    for key, leaf in world.leaves.items():
        value = leaf.detach().repeat(count, *(1,) * (leaf.dim() - 1))
        if key in moved:
            width = math.prod(leaf.shape[1:])
            step = directions[:, start : start + width].reshape(count, *leaf.shape[1:])
            value = value + STEP * step.repeat_interleave(leaf.shape[0], 0)
            start += width
        leaves[key] = value
    other = placed(world, leaves, torch.arange(trials).repeat(count))
    with torch.no_grad():
        value = evaluate(claim.head, bench.frame(claim, other)).detach()
    value = value.expand(count * trials, *value.shape[1:])
    return value.reshape(count, trials, *value.shape[1:]), moved == [found.key] and numbers <= FEW


def _directions(numbers: int, source: torch.Generator) -> Tensor:
    """Steps for so many numbers: at random, and every pattern of signs where these are few."""
    random = torch.randn(DIRECTIONS, numbers, generator=source, dtype=torch.float64)
    if numbers > SIGNED:
        # Corners all the same: every number up or down, and all of them together.
        signs = torch.randn(DIRECTIONS, numbers, generator=source, dtype=torch.float64).sign()
        signs[0], signs[1] = 1.0, -1.0
    else:
        patterns = list(product((1.0, -1.0), repeat=numbers))
        signs = torch.tensor(patterns, dtype=torch.float64).repeat(max(1, MET if numbers <= FEW else 1), 1)
    lengths = 0.5 + torch.rand(signs.shape, generator=source, dtype=torch.float64)
    return torch.cat([random, signs * lengths])


def _all_met(cells: Tensor) -> bool:
    """Whether every gradient was met several times: then none is left that was not met at all."""
    scale = CLOSE * (1 + float(cells.abs().max()))
    same = (cells[:, None] - cells[None]).abs().amax(-1) < scale
    return int(same.sum(1).min()) >= MET


def _beyond(point: Tensor, cells: Tensor) -> Tensor:
    """How far each coordinate is outside of its range over the cells."""
    low, high = torch.aminmax(cells, dim=0)
    return torch.maximum(point - high, low - point)


def _far(point: Tensor, cells: Tensor) -> bool:
    """Whether a coordinate is outside of its range by more than the cells are apart."""
    spread = float((cells.amax(0) - cells.amin(0)).max())
    return float(_beyond(point, cells).max()) > spread


def in_hull(point: Tensor, corners: Tensor) -> bool | None:
    """Whether a point is a convex combination of corners (``(count, entries)``); None where that is not decided.

    Non-negative least squares by active sets (Lawson and Hanson 1974) for the weights w in Σ wₖ cₖ = p, Σ wₖ = 1.
    What is left over, r, is a separating direction: r · cₖ ≤ r · p - |r|². Both answers are verified by themselves.
    """
    corners = torch.unique(corners, dim=0)
    scale = 1 + float(corners.abs().max())
    tolerance = CLOSE * scale
    if not bool(point.isfinite().all()):
        return None
    if float(_beyond(point, corners).max()) > tolerance:
        return False
    shifted = (corners - point) / scale
    system = torch.cat([shifted, torch.ones(len(corners), 1, dtype=torch.float64)], 1).T
    target = torch.zeros(system.shape[0], dtype=torch.float64)
    target[-1] = 1.0
    weights = _non_negative(system, target)
    total = float(weights.sum())
    if total > 0 and float((weights @ corners / total - point).abs().max()) < tolerance:
        return True
    rest = (target - system @ weights)[:-1]
    length = float(rest.norm())
    if length > 0 and float((shifted @ rest).max()) / length < -tolerance / scale:
        return False
    return None


def _non_negative(system: Tensor, target: Tensor) -> Tensor:
    """The x ≥ 0 with the least |system x - target|."""
    count = system.shape[1]
    weights = torch.zeros(count, dtype=torch.float64)
    active = torch.zeros(count, dtype=torch.bool)
    for _ in range(10 * (count + system.shape[0])):
        slopes = torch.where(active, -torch.inf, system.T @ (target - system @ weights))
        entering = int(slopes.argmax())
        if float(slopes[entering]) <= 1e-13:
            break
        active[entering] = True
        while True:
            places = active.nonzero().reshape(-1)
            trial = torch.zeros(count, dtype=torch.float64)
            trial[places] = torch.linalg.lstsq(system[:, places], target[:, None], driver="gelsd").solution[:, 0]
            low = active & (trial <= 0)
            if not bool(low.any()):
                break
            shares = torch.where(low, weights / (weights - trial).clamp_min(1e-300), torch.inf)
            leaving = int(shares.argmin())
            weights = weights + min(1.0, float(shares[leaving])) * (trial - weights)
            active[leaving] = False
            active &= weights > 0
            weights = torch.where(active, weights, 0.0)
            if not bool(active.any()):
                trial = torch.zeros(count, dtype=torch.float64)
                break
        weights = trial
    return weights
