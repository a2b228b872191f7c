"""Rows that solve several equations together: an unknown with its Lagrange multiplier, or two parameters at once.

Newton's method on all equations from several starts. Where these lead to several solutions a row has to hold at each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import BUDGET
from derivcheck.evaluation.evaluator import Frame, World
from derivcheck.evaluation.sampling import draw, generator
from derivcheck.language.shapes import Domain
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.comparing import Discrepancy
from derivcheck.oracles.numeric import summary
from derivcheck.oracles.solution import (
    ITERATIONS,
    SEVERAL,
    Places,
    alone,
    at_rank,
    frames,
    held,
    linearised,
    row_at,
    solve,
)
from derivcheck.oracles.solution import (
    applies as applies,
)
from derivcheck.problem.problem import Claim, Solution
from derivcheck.verdict import Doubt, Evidence, Outcome

NAME = "solution"
STARTS = 12
ENOUGH = 3
"""So many starts that lead to a root are enough."""
RESIDUAL = 1e-9
"""What is left of an equation at a root, over the size of its terms."""
POSITIVE = ("positive", "nonnegative", "simplex", "interval", "natural")


def ask(bench: Bench, claim: Claim) -> Evidence:
    """Both sides of the row at the computed solution."""
    solution = claim.solution
    assert solution is not None
    if solution.also:
        return _together(bench, claim, solution)
    evidence = alone(bench, claim)
    if evidence.outcome is Outcome.HOLDS or not solution.spare:
        return evidence
    # What does not follow from the one equation may still follow from all of them.
    solution = replace(solution, also=solution.spare, spare=())
    return _together(bench, replace(claim, solution=solution), solution)


def _together(bench: Bench, claim: Claim, solution: Solution) -> Evidence:
    """Both sides of a row at every solution found."""
    if solution.free and not solution.members:
        return Evidence(NAME, Outcome.NOT_CHECKED, detail="several equations, each for every index")
    found: list[list[tuple[World, Discrepancy]]] = [[] for _ in range(ENOUGH)]
    for drawn in bench.worlds(claim.conditions):
        world = bench.quickest(drawn)
        frame, whole = frames(bench, claim, world)
        for start, root in enumerate(_remembered(bench, solution, whole)):
            places = {name: at_rank(value, whole, frame) for name, value in root.items()}
            found[start].append((world, row_at(claim, frame, places.pop(solution.unknown), others=places)))
    if not any(found):
        return Evidence(NAME, Outcome.UNDECIDED, detail="the equations together were not solved", doubt=Doubt.UNSOLVED)
    said = {summary(NAME, bench, claim, claim.claimed, each).outcome for each in found if each}
    if len(said) > 1 and Outcome.WRONG in said:
        return Evidence(NAME, Outcome.UNDECIDED, detail=SEVERAL, doubt=Doubt.SEVERAL)
    return summary(NAME, bench, claim, claim.claimed, [pair for each in found for pair in each])


def at_solution(bench: Bench, claim: Claim, world: World) -> Frame | None:
    """Where a row is evaluated with its unknowns at a solution; None where none is found."""
    solution = claim.solution
    assert solution is not None
    frame, whole = frames(bench, claim, world)
    if solution.also:
        root = next(iter(_remembered(bench, solution, whole)), None)
    else:
        place, _ = solve(solution, world, whole)
        root = None if place is None else {solution.unknown: place}
    if root is None:
        return None
    kept = held(solution, frame)
    places = {name: at_rank(value, whole, frame) for name, value in root.items()}
    return frame.bind({**kept, **places}, kept)


def _remembered(bench: Bench, solution: Solution, whole: Frame) -> list[Places]:
    """The roots at one draw, which rows below the same equations share."""
    key = (NAME, solution, id(whole.world))
    if key not in bench.kept:
        names = (solution.unknown, *(name for name, _ in solution.also))
        declared = bench.problem.declarations
        bench.kept[key] = _roots(solution, whole, {name: declared[name].domain.kind in POSITIVE for name in names})
    roots = bench.kept[key]
    assert isinstance(roots, list)
    return roots


def _roots(solution: Solution, frame: Frame, names: Mapping[str, bool]) -> list[Places]:
    """Roots that different starts lead to; a start from which Newton's method does not converge says nothing.

    The names are told apart by whether they are positive.
    """
    found: list[Places] = []
    for start in range(STARTS):
        BUDGET.renew(BUDGET.most)
        begin: Places = {}
        for name, positive in names.items():
            place = frame.name(name).detach()
            away = draw(Domain(), tuple(place.shape), generator("joint", name, start)) * (start > 0)
            begin[name] = place * torch.exp(away) if positive else place + away
        root = _newton(solution, frame, begin, start % 3)
        if root is None or any(positive and bool((root[name] < 0).any()) for name, positive in names.items()):
            continue
        found.append(root)
        if len(found) == ENOUGH:
            break
    return found


def _newton(solution: Solution, frame: Frame, begin: Places, weighed: int) -> Places | None:
    """Newton's method; so many equations ``weighed`` by their unknown, by which ``c/u - λ = 0`` is bilinear.

    None where it leads nowhere.
    """
    root = begin
    trials = max(len(value) for value in root.values())
    for _ in range(ITERATIONS):
        BUDGET.statement()
        flat, matrix = linearised(solution, frame, root, weighed)
        if matrix.shape[1] < matrix.shape[2]:
            return None
        scale = matrix.abs().amax(-1, keepdim=True).clamp_min(torch.finfo(torch.float64).tiny)
        weighted = flat[..., None] / scale
        # Where nothing moves an equation that does not hold, its weighted residual is infinite.
        usable = (matrix.isfinite().all(-1) & weighted[..., 0].isfinite()).all(-1)
        if 2 * int(usable.sum()) < trials:
            return None
        safe = torch.where(usable[:, None, None], matrix / scale, 0.0)
        safe = safe + torch.where(usable, 0.0, 1.0)[:, None, None] * torch.eye(*safe.shape[1:], dtype=safe.dtype)
        singular = torch.linalg.svdvals(safe)
        if bool((singular[:, -1] <= 1e-13 * singular[:, 0]).any()):
            return None
        residual = torch.where(usable[:, None, None], weighted, 0.0)
        step = torch.linalg.lstsq(safe, residual).solution[..., 0]
        now = torch.cat([value.expand(trials, *value.shape[1:]).reshape(trials, -1) for value in root.values()], 1)
        length = (step.abs() / (1 + now.abs())).amax(1, keepdim=True)
        root = _split(now - step / length.clamp_min(1.0), root)
        if float(length.amax()) < 1e-13:
            break
    return _checked(solution, frame, root)


def _split(values: Tensor, like: Mapping[str, Tensor]) -> Places:
    """One row of numbers for each trial, cut into the places of the names."""
    found: Places = {}
    start = 0
    for name, value in like.items():
        count = value[0].numel()
        found[name] = values[:, start : start + count].reshape(len(values), *value.shape[1:])
        start += count
    return found


def _checked(solution: Solution, frame: Frame, root: Places) -> Places | None:
    """The root where all equations hold at it, nothing where they do not; None if most do not."""
    flat, matrix = linearised(solution, frame, root)
    now = torch.cat([value.reshape(len(value), -1) for value in root.values()], 1)
    size = (matrix.abs() @ (1 + now.abs())[..., None])[..., 0]
    good = ((flat.abs() <= RESIDUAL * size) & size.isfinite()).all(-1)
    if 2 * int(good.sum()) < len(good):
        return None
    return {
        name: torch.where(good.reshape(-1, *(1,) * (value.dim() - 1)), value, torch.nan) for name, value in root.items()
    }
