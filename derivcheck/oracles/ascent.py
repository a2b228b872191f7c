"""EM run as a document states it: no step of a claimed update lowers the likelihood, and where it rests nothing rises.

A half step passes here: only the optimum itself, other places and the rate tell it from a whole one. Where a run does
not come to rest nothing is said of where it would.
"""

from __future__ import annotations

import torch

from derivcheck.evaluation.arithmetic import NotExact, TooLarge
from derivcheck.evaluation.charts import tangent
from derivcheck.evaluation.evaluator import World
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.procedure import Block, Course, block_of, course, slope_at, with_leaves
from derivcheck.problem.problem import Claim
from derivcheck.verdict import Evidence, Outcome

NAME = "EM"
STATIONARY = 1e-5
"""At a place where the update rests, so much of the slope a tenth away may be left."""


def applies(bench: Bench, claim: Claim) -> bool:
    """Updates that claim to maximise a mean under a density at the current parameters."""
    return block_of(bench, claim) is not None


def ask(bench: Bench, claim: Claim) -> Evidence:
    """The update in its turn among those of the document."""
    block = block_of(bench, claim)
    assert block is not None
    try:
        runs, place = course(bench, block)
        account = runs.accounts[place]
        if not account.related:
            return Evidence(NAME, Outcome.NOT_CHECKED, detail="the objective is not that of EM")
        sizes = (runs.sizes,)
        if account.lost:
            detail = f"the likelihood falls by {account.fall:.2g} at step {account.at}"
            return Evidence(
                NAME, Outcome.WRONG, account.fall, bar=account.bar, sizes=sizes, failing=sizes, points=account.steps,
                detail=detail,
            )  # fmt: skip
        if not account.steps:
            return Evidence(NAME, Outcome.NOT_CHECKED, detail="no step could be made")
        left = _left(bench, block, runs)
    except (NotExact, TooLarge) as error:
        return Evidence(NAME, Outcome.NOT_CHECKED, detail=error.what)
    if left > STATIONARY:
        detail = "the update stays at a place where the likelihood still rises"
        return Evidence(NAME, Outcome.WRONG, left, sizes=sizes, failing=sizes, points=account.steps, detail=detail)
    return Evidence(NAME, Outcome.HOLDS, sizes=sizes, points=account.steps, detail=_told(runs, account.steps))


def _left(bench: Bench, block: Block, runs: Course) -> float:
    """The likelihood's slope where runs rest, as a share of that a tenth away; 0 where none rests."""
    if not bool(runs.rest.any()):
        return 0.0
    key, world = block.term.key, runs.world
    domain = bench.problem.declarations[key].domain

    def size(at: World) -> torch.Tensor:
        return (
            tangent(domain, at.leaves[key].detach(), slope_at(block.likelihood, key, at, ())).abs().flatten(1).amax(1)
        )

    share = size(world) / size(_beside(world, key)).clamp_min(1e-300)
    return float(torch.where(runs.rest, share, 0.0).nan_to_num(0.0).amax())


def _beside(world: World, key: str) -> World:
    """The same draw with a parameter a tenth away, its first entry alone."""
    place = world.leaves[key].detach().clone()
    place[..., 0, 0] = place[..., 0, 0] * 1.1
    return with_leaves(world, {**world.leaves, key: place})


def _told(runs: Course, steps: int) -> str:
    """How far the runs went, on which data."""
    data = "data of the model and other data" if runs.simulated else "data that is not the model's"
    count, rest = runs.world.trials, int(runs.rest.sum())
    ends = f"{rest} of {count} runs come to rest" if rest else f"no run comes to rest in {runs.rounds} rounds"
    undecided = "" if rest == count else ", where the others end is undecided" if rest else ": undecided"
    return f"{steps} steps on {data}, none lowers the likelihood; {ends}{undecided}"
