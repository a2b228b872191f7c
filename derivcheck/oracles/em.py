r"""EM run as a document states it: three sources, each of which asks something else of the runs (``procedure``).

*EM*: no step of a claimed update lowers the likelihood, and where a run rests nothing rises. A half step passes here:
only the optimum itself, other places and the rate tell it from a whole one.

*rate*: how an update closes in on a place where it rests. The update M(θ) is where Q(·, θ) is largest,
∂₁Q(M(θ), θ) = 0. By Fisher's identity ∂₁Q(θ, θ) = ∂L(θ), so that at a fixed point ∂₁∂₂Q = ∂²L − ∂²Q and

    ∂M = I − (∂₁²Q)⁻¹ ∂²L        (Dempster, Laird and Rubin 1977, eq. 3.12).

The left side is taken by differences of the claimed update, E-step included, the right side by autograd without it. A
damped update rests where EM does and climbs as EM does: its slope tells it.

*EM end*: no run may end in a better place than a closed form of the likelihood's maximum. Where a run ends lower it
has found another maximum, and says nothing; where both are as high they are the same place, or its mirror image.
"""

from __future__ import annotations

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import BUDGET, NotExact, OutOfRange, TooLarge
from derivcheck.evaluation.charts import flat, tangent
from derivcheck.evaluation.descent import Objective, second
from derivcheck.evaluation.evaluator import Frame, World, evaluate
from derivcheck.evaluation.optimisation import objective_of
from derivcheck.language.shapes import Domain
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.draws import Silent, silent_at
from derivcheck.oracles.procedure import (
    Block,
    Course,
    block_of,
    course,
    likelihood,
    slope_at,
    stepped,
    value_at,
    with_leaves,
)
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim
from derivcheck.verdict import Evidence, Outcome

ASCENT, RATE, END = "EM", "rate", "EM end"
STATIONARY = 1e-5
"""At a place where the update rests, so much of the slope a tenth away may be left."""
MOST = 12
"""An update of more numbers has too many slopes."""
STEP = 1e-3
AGREES, DIFFERS = 1e-5, 1e-3
SAME = 1e-8
"""Two slopes that differ by less of their size are those of one function."""
HEIGHT = 1e-9
"""So much of the likelihood's size is rounding, and what a run leaves that rests."""
LOST = (NotExact, OutOfRange, TooLarge)


def applies(bench: Bench, claim: Claim) -> bool:
    """Updates that claim to maximise a mean under a density at the current parameters."""
    return block_of(bench, claim) is not None


@silent_at(ASCENT, *LOST)
def ask(bench: Bench, claim: Claim) -> Evidence:
    """The update in its turn among those of the document."""
    block, runs, place = _course(bench, claim)
    account, sizes = runs.accounts[place], (runs.sizes,)
    if account.lost:
        detail = f"the likelihood falls by {account.fall:.2g} at step {account.at}"
        return Evidence(
            ASCENT, Outcome.WRONG, account.fall, bar=account.bar, sizes=sizes, failing=sizes, points=account.steps,
            detail=detail,
        )  # fmt: skip
    if not account.steps:
        raise Silent("no step could be made")
    left = _left(bench, block, runs)
    if left > STATIONARY:
        detail = "the update stays at a place where the likelihood still rises"
        return Evidence(ASCENT, Outcome.WRONG, left, sizes=sizes, failing=sizes, points=account.steps, detail=detail)
    return Evidence(ASCENT, Outcome.HOLDS, sizes=sizes, points=account.steps, detail=_told(runs, account.steps))


def _course(bench: Bench, claim: Claim) -> tuple[Block, Course, int]:
    block = block_of(bench, claim)
    assert block is not None
    runs, place = course(bench, block)
    if not runs.accounts[place].related:
        raise Silent("the objective is not that of EM")
    return block, runs, place


def _left(bench: Bench, block: Block, runs: Course) -> float:
    """The likelihood's slope where runs rest, as a share of that a tenth away; 0 where none rests."""
    if not bool(runs.rest.any()):
        return 0.0
    key, world = block.term.key, runs.world
    domain = bench.problem.declarations[key].domain

    def size(at: World) -> Tensor:
        slope = slope_at(block.likelihood, key, at, ())
        return tangent(domain, at.leaves[key].detach(), slope).abs().flatten(1).amax(1)

    # The same draw with the first entry of the parameter a tenth away.
    beside = world.leaves[key].detach().clone()
    beside[..., 0, 0] = beside[..., 0, 0] * 1.1
    share = size(world) / size(with_leaves(world, {**world.leaves, key: beside})).clamp_min(1e-300)
    return float(torch.where(runs.rest, share, 0.0).nan_to_num(0.0).amax())


def _told(runs: Course, steps: int) -> str:
    """How far the runs went, on which data."""
    data = "data of the model and other data" if runs.simulated else "data that is not the model's"
    count, rest = runs.world.trials, int(runs.rest.sum())
    ends = f"{rest} of {count} runs come to rest" if rest else f"no run comes to rest in {runs.rounds} rounds"
    undecided = "" if rest == count else ", where the others end is undecided" if rest else ": undecided"
    return f"{steps} steps on {data}, none lowers the likelihood; {ends}{undecided}"


def has_rate(bench: Bench, claim: Claim) -> bool:
    """Updates of a whole name of real numbers."""
    block = block_of(bench, claim)
    if block is None or block.one_by_one or block.index:
        return False
    return bench.problem.declarations[block.term.key].domain.kind in ("real", "nonzero", "positive")


@silent_at(RATE, *LOST)
def ask_rate(bench: Bench, claim: Claim) -> Evidence:
    """The update's slope where it rests, against what the curvatures there say."""
    block, runs, _ = _course(bench, claim)
    if not bool(runs.rest.any()):
        raise Silent("no run comes to rest")
    if runs.world.leaves[block.term.key][0].numel() > MOST:
        raise Silent(f"an update of more than {MOST} numbers")
    BUDGET.renew()
    try:
        expected = _expected(bench, block, runs.world)
        found, bar = _found(bench, block, runs.world)
    except torch.linalg.LinAlgError as error:  # type: ignore[attr-defined]
        raise Silent("the objective is flat where a run rests") from error
    good = runs.rest & (found + expected).isfinite().flatten(1).all(1)
    if not bool(good.any()):
        raise Silent("the update has no slope where it rests")
    apart = torch.where(good, (found - expected).abs().flatten(1).amax(1), -1.0)
    worst = int(apart.argmax())
    gap, noise = float(apart[worst]), float(torch.where(good, bar, 0.0).amax())
    outcome = Outcome.NOT_CHECKED
    if gap <= AGREES + 10 * noise:
        outcome = Outcome.HOLDS
    elif gap > DIFFERS + 100 * noise:
        outcome = Outcome.WRONG
    one, other = (float(torch.linalg.eigvals(slope[worst]).abs().amax()) for slope in (found, expected))
    detail = f"it closes in by a factor of {one:.6g} a step, EM by {other:.6g}" if outcome is Outcome.WRONG else ""
    sizes = (runs.sizes,)
    return Evidence(
        RATE, outcome, gap, bar=noise, claimed=one, reference=other, sizes=sizes,
        failing=sizes if outcome is Outcome.WRONG else (), points=int(good.sum()), detail=detail,
    )  # fmt: skip


def _expected(bench: Bench, block: Block, world: World) -> Tensor:
    """I − (∂₁²Q)⁻¹ ∂²L at the current value, for every data set."""
    frame = bench.frame(block.about, world)
    objective, start = objective_of(block.term, frame)
    made, lead = flat(Domain(), start), tuple(start.shape[:-2])
    inner, outer = (second(each, 1.0, made, lead)[2] for each in (objective, _likelihood(block, frame)))
    return torch.eye(made.count, dtype=torch.float64) - torch.linalg.solve(inner, outer)


def _likelihood(block: Block, frame: Frame) -> Objective:
    def objective(place: Tensor) -> Tensor:
        BUDGET.again()
        value: Tensor = evaluate(block.likelihood, frame.bind({block.term.key: place}))
        return value[..., 0, 0].expand(place.shape[:-2])

    return objective


def _found(bench: Bench, block: Block, world: World) -> tuple[Tensor, Tensor]:
    """∂M by central differences with two steps, extrapolated to none, and what the second changed."""
    key = block.term.key
    place = world.leaves[key].detach()
    size = STEP * place.abs().flatten(1).amax(1).reshape(-1, 1, 1)

    def update(at: Tensor) -> Tensor:
        BUDGET.again()
        return stepped(bench, block, with_leaves(world, {**world.leaves, key: at}))

    results = []
    for step in (size, size / 2):
        moves = [step * unit.reshape(place.shape[1:]) for unit in torch.eye(place[0].numel(), dtype=place.dtype)]
        columns = [((update(place + move) - update(place - move)) / (2 * step)).flatten(1) for move in moves]
        results.append(torch.stack(columns, -1))
    coarse, fine = results
    return fine + (fine - coarse) / 3, (fine - coarse).abs().flatten(1).amax(1)


def has_end(bench: Bench, claim: Claim) -> bool:
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


@silent_at(END, *LOST)
def ask_end(bench: Bench, claim: Claim) -> Evidence:
    """The likelihood at the closed form and where the runs rest."""
    block = _update_for(bench, claim)
    assert block is not None
    assert isinstance(claim.head, t.Optimum)
    runs, place = course(bench, block)
    account = runs.accounts[place]
    if not account.related or account.lost or not bool(runs.rest.any()):
        raise Silent("no run of EM comes to rest")
    BUDGET.renew()
    key, world = block.term.key, runs.world
    here = world.leaves[key].detach()
    beside = with_leaves(world, {**world.leaves, key: 1.1 * here})
    one, other = (
        tangent(bench.problem.declarations[key].domain, 1.1 * here, slope_at(term, key, beside, held))
        for term, held in ((block.likelihood, ()), (claim.head.objective, claim.head.held))
    )
    size = torch.maximum(one.abs(), other.abs()).flatten(1).amax(1)
    if not bool(((one - other).abs().flatten(1).amax(1) <= SAME * size)[runs.rest].all()):
        raise Silent("what is made largest is not the likelihood of EM")
    with torch.no_grad():
        claimed = bench.value(claim.claimed, claim, world).expand(here.shape)
    # On some data the closed form is no number (the root of λ − σ² where λ is smaller): nothing is compared there.
    known = claimed.isfinite().flatten(1).all(1)
    claimed = torch.where(known.reshape(-1, *(1,) * (here.dim() - 1)), claimed, here)
    ended, stated = value_at(block, world), value_at(block, with_leaves(world, {**world.leaves, key: claimed}))
    stated = torch.where(known, stated, torch.nan)
    gain = torch.where(runs.rest & stated.isfinite(), ended - stated, 0.0)
    bar = HEIGHT * torch.maximum(ended.abs(), stated.abs())
    worst = int((gain - bar).argmax())
    sizes = (runs.sizes,)
    if float(gain[worst]) > 10 * float(bar[worst]):
        gained = float(gain[worst])
        detail = f"EM ends where the likelihood is larger by {gained:.2g}"
        return Evidence(
            END, Outcome.WRONG, gained, bar=float(bar[worst]), sizes=sizes, failing=sizes, detail=detail
        )  # fmt: skip
    points = int((runs.rest & ((ended - stated).abs() <= bar)).sum())
    if not points:
        raise Silent("every run of EM ends in a lower maximum")
    return Evidence(END, Outcome.HOLDS, sizes=sizes, points=points, detail=f"{points} runs of EM end there")
