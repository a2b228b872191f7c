"""Rows that solve an equation, by a source that shares no step with Newton's method on the equation.

Where the equation is the derivative of something that is set to zero, the unknown is where that something is largest
or smallest; else it is where ½|F|² is smallest, if that is 0. Both are found by ``evaluation.optimisation`` from its
own starts, with an error of its own. Every row must hold there. Where no single optimum is found nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import BUDGET, NotExact
from derivcheck.evaluation.charts import supported
from derivcheck.evaluation.evaluator import Frame, World, evaluate
from derivcheck.evaluation.optimisation import Objective, curvature, optimise
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.comparing import Discrepancy
from derivcheck.oracles.draws import Silent, silent_at
from derivcheck.oracles.numeric import summary
from derivcheck.oracles.solution import applies as applies
from derivcheck.oracles.solution import held, row_at, standing
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim, Solution
from derivcheck.verdict import Evidence, Outcome

NAME = "minimiser"
ROOT = 1e-7
"""|F| at its smallest over |F| at the start: above, the smallest is no root."""


@dataclass(frozen=True)
class Found:
    """Where the optimum lies and its error ``(trials, axes …, 1, 1)``, or why there is none."""

    place: Tensor
    error: Tensor
    reason: str


@silent_at(NAME, NotExact)
def ask(bench: Bench, claim: Claim) -> Evidence:
    """Both sides of the row at the optimum, at every draw that has one."""
    assert claim.solution is not None
    if claim.solution.members or bench.problem.declarations[claim.solution.unknown].family:
        raise Silent("a family of unknowns")
    if claim.solution.also:
        raise Silent("several unknowns together")
    found: list[tuple[World, Discrepancy]] = []
    reason = "no optimum was found"
    for drawn in bench.worlds(claim.conditions):
        world = bench.quickest(drawn)
        frame = standing(claim.solution, bench.frame(claim, world))
        try:
            best = _remembered(bench, claim, frame)
        except torch.linalg.LinAlgError as error:  # type: ignore[attr-defined]
            raise Silent("what was differentiated is not a finite number") from error
        if best.reason:
            reason = best.reason
            continue
        found.append((world, row_at(claim, frame, best.place, best.error)))
    if not found:
        raise Silent(reason)
    evidence = summary(NAME, bench, claim, claim.claimed, found)
    if evidence.outcome is Outcome.UNDECIDED or (claim.solution.spare and evidence.outcome is Outcome.WRONG):
        raise Silent(evidence.detail)
    return evidence


def _remembered(bench: Bench, claim: Claim, frame: Frame) -> Found:
    """The rows below one equation share its root."""
    key = (NAME, claim.solution, claim.free, id(frame.world))
    if key not in bench.kept:
        bench.kept[key] = _optimum(bench, claim, frame)
    found = bench.kept[key]
    assert isinstance(found, Found)
    return found


def _optimum(bench: Bench, claim: Claim, frame: Frame) -> Found:
    assert claim.solution is not None
    domain = bench.problem.declarations[claim.solution.unknown].domain.in_numbers(frame.world.sizes)
    supported(domain)
    lead = (frame.world.trials, *(axis.count for axis in frame.axes))
    start = frame.name(claim.solution.unknown).detach()
    start = start.expand(*lead, *start.shape[-2:]).clone()
    objective, upwards = _half_square(claim.solution, frame), False
    potential = _antiderivative(claim.solution, frame)
    squared = potential is None
    if potential is not None:
        BUDGET.renew()
        up = curvature(potential, start, domain)
        down = curvature(lambda place: -potential(place), start, domain)
        upwards = bool((up <= 0).all())
        squared = not upwards and not bool((down <= 0).all())
        objective = objective if squared else potential
    BUDGET.renew()
    best = optimise(objective, start, domain, upwards, (bench.settings.seed, NAME))
    reason = best.reason if not bool(best.converged.all()) else ""
    if squared and not reason:
        with torch.no_grad():
            left, began = objective(best.place), objective(start)
        reason = "" if bool((left <= ROOT**2 * began).all()) else "the equation has no root near by"
    return Found(best.place, best.error[..., None, None], reason)


def _antiderivative(solution: Solution, frame: Frame) -> Objective | None:
    """What the equation says the derivative of is 0, as a function of the unknown."""
    for side, other in ((solution.left, solution.right), (solution.right, solution.left)):
        if not isinstance(side, t.Derivative) or not t.is_zero(other):
            continue
        if side.form == "gradient" and side.key == solution.unknown and not side.direct and not side.indices:
            kept = {name: frame.name(name).detach() for name in side.held if name in frame.world.definitions}
            value = _value(side.target, solution, frame, kept)
            return lambda place: value(place)[..., 0, 0].expand(place.shape[:-2])
    return None


def _half_square(solution: Solution, frame: Frame) -> Objective:
    """½|F|² as a function of the unknown."""
    value = _value(solution.equation, solution, frame, {})
    return lambda place: value(place).square().sum((-2, -1)).expand(place.shape[:-2]) / 2


def _value(
    term: t.Term, solution: Solution, frame: Frame, kept: dict[str, Tensor]
) -> Callable[[Tensor], Tensor]:  # fmt: skip
    """A term as a function of the unknown, where moments stay at their current values."""
    fixed = {**held(solution, frame), **kept}

    def value(place: Tensor) -> Tensor:
        BUDGET.again()
        found: Tensor = evaluate(term, frame.bind({**fixed, solution.unknown: place}, fixed))
        return found

    return value
