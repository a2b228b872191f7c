"""Inequalities: evaluated at many inputs of several magnitudes; one violation beyond rounding refutes."""

from __future__ import annotations

import torch

from derivcheck.evaluation.evaluator import World, evaluate
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.comparing import FLOOR, WRONG_FACTOR
from derivcheck.oracles.numeric import shown_sizes
from derivcheck.problem.problem import Claim
from derivcheck.verdict import Evidence, Outcome

TRIALS = 400
SPREADS = (1.0, 0.1, 10.0)


def applies(bench: Bench, claim: Claim) -> bool:
    """Every relation of order."""
    return claim.relation in ("<", ">", "\\le", "\\ge", "\\ne")


def ask(bench: Bench, claim: Claim) -> Evidence:
    """The gap of the two sides at every input; the input with the worst gap is shown."""
    worst: tuple[float, float, float, float] | None = None
    points, invalid = 0, 0
    tight = float("inf")
    base = bench.worlds(claim.conditions)
    worlds: list[World] = []
    for number, world in enumerate(base):
        for spread in SPREADS:
            sizes = {name: world.sizes[name] for name in bench.symbols if name in world.sizes}
            worlds.append(
                bench.world(sizes, (bench.settings.seed, "order", number, spread), claim.conditions, TRIALS, spread)
            )
    for world in worlds:
        with torch.no_grad():
            left = evaluate(claim.head, bench.frame(claim, world))
            right = evaluate(claim.claimed, bench.frame(claim, world))
            left, right = torch.broadcast_tensors(left, right)
        gap = right - left if claim.relation in ("<", "\\le") else left - right
        if claim.relation == "\\ne":
            gap = (left - right).abs()
        scale = torch.maximum(left.abs(), right.abs())
        relative = gap / (FLOOR * WRONG_FACTOR * scale.clamp_min(torch.finfo(torch.float64).tiny))
        good = relative.isfinite() & left.isfinite() & right.isfinite()
        points += int(good.sum())
        invalid += int((~good).sum())
        if not bool(good.any()):
            continue
        relative = torch.where(good, relative, torch.full_like(relative, torch.inf))
        place = int(relative.argmin())
        ratio = float(relative.reshape(-1)[place])
        if worst is None or ratio < worst[0]:
            worst = (
                ratio,
                float(left.reshape(-1)[place]),
                float(right.reshape(-1)[place]),
                float(gap.reshape(-1)[place]),
            )
        tight = min(tight, ratio)
    sizes_shown = tuple(shown_sizes(bench, world) for world in base)
    if worst is None:
        return Evidence(
            "inequality",
            Outcome.UNDECIDED,
            sizes=sizes_shown,
            detail="a side is not a finite number at any input drawn",
        )
    ratio, left_value, right_value, gap_value = worst
    wrong = ratio < -1 or (
        claim.relation in ("<", ">", "\\ne") and gap_value <= 0 and ratio <= 0 and left_value == right_value
    )
    return Evidence(
        "inequality",
        Outcome.WRONG if wrong else Outcome.HOLDS,
        error=max(0.0, -gap_value),
        bar=FLOOR * max(abs(left_value), abs(right_value)),
        claimed=right_value,
        reference=left_value,
        sizes=sizes_shown,
        points=points,
        detail="" if wrong else f"no counterexample among {points} inputs",
    )
