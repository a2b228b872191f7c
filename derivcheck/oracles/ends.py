"""A closed form of the likelihood's maximum, where the document states EM for it too: no run may end in a better place.

The updates are run from several starts, without a look at the closed form. Where a run ends lower than the closed form
it has found another maximum, and says nothing; where both are as high they are the same place, or its mirror image.
"""

from __future__ import annotations

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import NotExact, OutOfRange, TooLarge
from derivcheck.evaluation.budget import BUDGET
from derivcheck.evaluation.charts import tangent
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.procedure import Block, block_of, course, likelihood, slope_at, value_at, with_leaves
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim
from derivcheck.verdict import Evidence, Outcome

NAME = "EM end"
SAME = 1e-8
"""Two slopes that differ by less of their size are those of one function."""
HEIGHT = 1e-9
"""So much of the likelihood's size is rounding, and what a run leaves that rests."""


def applies(bench: Bench, claim: Claim) -> bool:
    """Claims about where a function of a name is largest, for which the document states an update of EM."""
    return claim.relation == "=" and not claim.free and _update_for(bench, claim) is not None


def _update_for(bench: Bench, claim: Claim) -> Block | None:
    """The update of the same whole name."""
    term = claim.head
    if not isinstance(term, t.Optimum) or term.op != "argmax" or term.indices or term.position is not None:
        return None
    if likelihood(term) is not None:
        return None
    for other in bench.problem.claims:
        block = block_of(bench, other) if isinstance(other, Claim) and not other.expected_wrong else None
        if block is not None and block.term.key == term.key and not (block.one_by_one or block.index):
            return block
    return None


def ask(bench: Bench, claim: Claim) -> Evidence:
    """The likelihood at the closed form and where the runs rest."""
    block = _update_for(bench, claim)
    assert block is not None
    assert isinstance(claim.head, t.Optimum)
    try:
        runs, place = course(bench, block)
        account = runs.accounts[place]
        if not account.related or account.lost or not bool(runs.rest.any()):
            return Evidence(NAME, Outcome.NOT_CHECKED, detail="no run of EM comes to rest")
        BUDGET.renew()
        key, world = block.term.key, runs.world
        here = world.leaves[key].detach()
        domain = bench.problem.declarations[key].domain
        beside = with_leaves(world, {**world.leaves, key: 1.1 * here})
        slopes = [
            tangent(domain, 1.1 * here, slope_at(term, key, beside, held))
            for term, held in ((block.likelihood, ()), (claim.head.objective, claim.head.held))
        ]
        if not _same(slopes[0], slopes[1], runs.rest):
            return Evidence(NAME, Outcome.NOT_CHECKED, detail="what is made largest is not the likelihood of EM")
        with torch.no_grad():
            claimed = bench.value(claim.claimed, claim, world).expand(here.shape)
        # On some data the closed form is no number (the root of λ − σ² where λ is smaller): nothing is compared there.
        known = claimed.isfinite().flatten(1).all(1)
        place_claimed = torch.where(known.reshape(-1, *(1,) * (here.dim() - 1)), claimed, here)
        ended, stated = (
            value_at(block, world),
            value_at(block, with_leaves(world, {**world.leaves, key: place_claimed})),
        )
        stated = torch.where(known, stated, torch.nan)
    except (NotExact, OutOfRange, TooLarge) as error:
        return Evidence(NAME, Outcome.NOT_CHECKED, detail=str(error))
    gain = torch.where(runs.rest & stated.isfinite(), ended - stated, 0.0)
    bar = HEIGHT * torch.maximum(ended.abs(), stated.abs())
    worst = int((gain - bar).argmax())
    sizes = (runs.sizes,)
    if float(gain[worst]) > 10 * float(bar[worst]):
        detail = f"EM ends where the likelihood is larger by {float(gain[worst]):.2g}"
        return Evidence(
            NAME, Outcome.WRONG, float(gain[worst]), bar=float(bar[worst]), sizes=sizes, failing=sizes, detail=detail
        )
    level = runs.rest & ((ended - stated).abs() <= bar)
    if not bool(level.any()):
        return Evidence(NAME, Outcome.NOT_CHECKED, detail="every run of EM ends in a lower maximum")
    points = int(level.sum())
    return Evidence(NAME, Outcome.HOLDS, sizes=sizes, points=points, detail=f"{points} runs of EM end there")


def _same(one: Tensor, other: Tensor, rest: Tensor) -> bool:
    size = torch.maximum(one.abs(), other.abs()).flatten(1).amax(1)
    return bool(((one - other).abs().flatten(1).amax(1) <= SAME * size)[rest].all())
