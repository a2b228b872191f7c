r"""How an update of EM closes in on a place where it rests: by the curvatures of Q and of the likelihood there.

The update M(θ) is where Q(·, θ) is largest, ∂₁Q(M(θ), θ) = 0. By Fisher's identity ∂₁Q(θ, θ) = ∂L(θ), so that at a
fixed point ∂₁∂₂Q = ∂²L − ∂²Q and

    ∂M = I − (∂₁²Q)⁻¹ ∂²L        (Dempster, Laird and Rubin 1977, eq. 3.12).

The left side is taken by differences of the claimed update, E-step included, the right side by autograd without it. A
damped update rests where EM does and climbs as EM does: its slope tells it.
"""

from __future__ import annotations

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import NotExact, OutOfRange, TooLarge
from derivcheck.evaluation.budget import BUDGET
from derivcheck.evaluation.charts import flat
from derivcheck.evaluation.descent import Objective, second
from derivcheck.evaluation.evaluator import Frame, World, evaluate
from derivcheck.evaluation.optimisation import objective_of
from derivcheck.language.domain import Domain
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.procedure import Block, block_of, course, stepped, with_leaves
from derivcheck.problem.problem import Claim
from derivcheck.verdict import Evidence, Outcome

NAME = "rate"
MOST = 12
"""An update of more numbers has too many slopes."""
STEP = 1e-3
AGREES, DIFFERS = 1e-5, 1e-3


def applies(bench: Bench, claim: Claim) -> bool:
    """Updates of a whole name of real numbers."""
    block = block_of(bench, claim)
    if block is None or block.one_by_one or block.index:
        return False
    return bench.problem.declarations[block.term.key].domain.kind in ("real", "nonzero", "positive")


def ask(bench: Bench, claim: Claim) -> Evidence:
    """The update's slope where it rests, against what the curvatures there say."""
    block = block_of(bench, claim)
    assert block is not None
    try:
        runs, place = course(bench, block)
        if not runs.accounts[place].related:
            return Evidence(NAME, Outcome.NOT_CHECKED, detail="the objective is not that of EM")
        if not bool(runs.rest.any()):
            return Evidence(NAME, Outcome.NOT_CHECKED, detail="no run comes to rest")
        if runs.world.leaves[block.term.key][0].numel() > MOST:
            return Evidence(NAME, Outcome.NOT_CHECKED, detail=f"an update of more than {MOST} numbers")
        BUDGET.renew()
        expected = _expected(bench, block, runs.world)
        found, bar = _found(bench, block, runs.world)
    except (NotExact, OutOfRange, TooLarge) as error:
        return Evidence(NAME, Outcome.NOT_CHECKED, detail=str(error))
    except torch.linalg.LinAlgError:  # type: ignore[attr-defined]
        return Evidence(NAME, Outcome.NOT_CHECKED, detail="the objective is flat where a run rests")
    good = runs.rest & (found + expected).isfinite().flatten(1).all(1)
    if not bool(good.any()):
        return Evidence(NAME, Outcome.NOT_CHECKED, detail="the update has no slope where it rests")
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
    failing = sizes if outcome is Outcome.WRONG else ()
    return Evidence(
        NAME, outcome, gap, bar=noise, claimed=one, reference=other, sizes=sizes, failing=failing,
        points=int(good.sum()), detail=detail,
    )  # fmt: skip


def _expected(bench: Bench, block: Block, world: World) -> Tensor:
    """I − (∂₁²Q)⁻¹ ∂²L at the current value, for every data set."""
    frame = bench.frame(block.about, world)
    objective, start = objective_of(block.term, frame)
    lead = tuple(start.shape[:-2])
    made = flat(Domain(), start)
    _, _, inner = second(objective, 1.0, made, lead)
    _, _, outer = second(_likelihood(block, frame), 1.0, made, lead)
    return torch.eye(made.count, dtype=torch.float64) - torch.linalg.solve(inner, outer)


def _likelihood(block: Block, frame: Frame) -> Objective:
    def objective(place: Tensor) -> Tensor:
        BUDGET.steps = 0
        BUDGET.statement()
        value: Tensor = evaluate(block.likelihood, frame.bind({block.term.key: place}))
        return value[..., 0, 0].expand(place.shape[:-2])

    return objective


def _found(bench: Bench, block: Block, world: World) -> tuple[Tensor, Tensor]:
    """∂M by central differences with two steps, extrapolated to none, and what the second changed."""
    key = block.term.key
    place = world.leaves[key].detach()
    size = STEP * place.abs().flatten(1).amax(1).reshape(-1, 1, 1)
    results = []
    for step in (size, size / 2):
        columns = []
        for entry in range(place[0].numel()):
            direction = torch.zeros(place[0].numel(), dtype=place.dtype)
            direction[entry] = 1.0
            move = step * direction.reshape(place.shape[1:])
            ends = []
            for moved in (place + move, place - move):
                BUDGET.steps = 0
                BUDGET.statement()
                ends.append(stepped(bench, block, with_leaves(world, {**world.leaves, key: moved})))
            columns.append(((ends[0] - ends[1]) / (2 * step)).flatten(1))
        results.append(torch.stack(columns, -1))
    coarse, fine = results
    return fine + (fine - coarse) / 3, (fine - coarse).abs().flatten(1).amax(1)
