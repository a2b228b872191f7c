"""Rows that solve an equation: the unknown is computed from the first row by Newton's method, then every row must hold.

The claimed last row takes no part in finding the solution. Newton starts from three places; solutions that differ
leave the claim undecided.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import BUDGET
from derivcheck.evaluation.differentiation import copies, slope
from derivcheck.evaluation.evaluator import Frame, World, evaluate
from derivcheck.evaluation.sampling import draw, generator
from derivcheck.language.shapes import Domain
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.comparing import FLOOR, Discrepancy, discrepancy, expanded
from derivcheck.oracles.numeric import summary
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim, Solution
from derivcheck.verdict import Doubt, Evidence, Outcome

Places = dict[str, Tensor]
ITERATIONS = 60
STARTS = 3
CONVERGED = 1e-11
SEVERAL = "the equation has several solutions"


def applies(bench: Bench, claim: Claim) -> bool:
    """Rows below an equation that is solved for a name."""
    return claim.solution is not None and not claim.stationary and claim.relation == "="


def alone(bench: Bench, claim: Claim) -> Evidence:
    """Both sides of the row where the one unknown solves its equation."""
    found, reasons = _at(bench, claim, bench.worlds(claim.conditions))
    if not found:
        # Sizes at which the equation is singular (n < d) are drawn again.
        found, further = _at(bench, claim, bench.more_worlds(claim.conditions, 6))
        reasons += further
    if not found or SEVERAL in reasons:
        detail = SEVERAL if SEVERAL in reasons else next(iter(reasons), "the equation was not solved")
        doubt = Doubt.SEVERAL if SEVERAL in reasons else Doubt.UNSOLVED
        return Evidence("solution", Outcome.UNDECIDED, detail=detail, doubt=doubt)
    return summary("solution", bench, claim, claim.claimed, found)


def _at(bench: Bench, claim: Claim, worlds: Sequence[World]) -> tuple[list[tuple[World, Discrepancy]], list[str]]:
    """The row at the solution for every draw that has one, and why others have none."""
    assert claim.solution is not None
    found: list[tuple[World, Discrepancy]] = []
    reasons: list[str] = []
    for drawn in worlds:
        world = bench.quickest(drawn)
        frame, whole = frames(bench, claim, world)
        root, reason = solve(claim.solution, world, whole)
        if root is None:
            reasons.append(reason)
        else:
            found.append((world, row_at(claim, frame, at_rank(root, whole, frame))))
    return found, reasons


def frames(bench: Bench, claim: Claim, world: World) -> tuple[Frame, Frame]:
    """Where a row is evaluated, and where its equation is solved: there the indices of the equation alone run."""
    assert claim.solution is not None
    free = claim.solution.free
    frame = standing(claim.solution, bench.frame(claim, world))
    if set(free) == set(claim.free) or (free and not claim.solution.members):
        return frame, frame
    return frame, standing(claim.solution, bench.frame(replace(claim, free=free), world))


def standing(solution: Solution, frame: Frame) -> Frame:
    """With the names that were found before at their values."""
    if not solution.given:
        return frame
    with torch.no_grad():
        values = {name: evaluate(term, frame).detach() for name, term in solution.given}
    return frame.bind({name: value.expand(frame.name(name).shape) for name, value in values.items()})


def at_rank(root: Tensor, whole: Frame, frame: Frame) -> Tensor:
    """A value that is the same along all the axes of one frame, for another one."""
    if whole is frame:
        return root
    return root.reshape(len(root), *(1,) * len(frame.axes), *root.shape[1 + len(whole.axes) :])


def row_at(
    claim: Claim, frame: Frame, root: Tensor, error: Tensor | None = None, others: Mapping[str, Tensor] | None = None
) -> Discrepancy:
    """Both sides of a row at a root, which may be off by ``error`` in every entry; ``others`` are unknown beside it."""
    beside = dict(others or {})
    left, right = _sides(claim, frame, root, beside)
    size = torch.maximum(left.abs(), right.abs()).reshape(left.shape[0], -1).amax(1)
    # What cancels at the root has a size beside it.
    moved = {name: 1.1 * value + 0.1 for name, value in beside.items()}
    one, other = _sides(claim, frame, 1.1 * root + 0.1, moved)
    scale = torch.maximum(size, (one - other).abs().reshape(left.shape[0], -1).amax(1))
    # The root is as good as Newton's last step left it, not better.
    bar = 64 * FLOOR * scale + CONVERGED * scale
    if error is not None:
        signs = torch.where(torch.rand(root.shape, generator=generator("off", 0)) < 0.5, -1.0, 1.0)
        one, other = _sides(claim, frame, root + signs * error, beside)
        bar = bar + ((one - other) - (left - right)).abs().reshape(left.shape[0], -1).amax(1)
    return discrepancy(left, right, bar)


def _sides(claim: Claim, frame: Frame, place: Tensor, others: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Both sides of a row with the unknown at a place."""
    solution = claim.solution
    assert solution is not None
    inner = frame.bind({**held(solution, frame), solution.unknown: place, **others}, solution.held)
    with torch.no_grad():
        return expanded(evaluate(claim.head, inner), evaluate(claim.claimed, inner))


def held(solution: Solution, frame: Frame) -> dict[str, Tensor]:
    """Moments under a q that does not move: at their current values."""
    return {name: frame.name(name).detach() for name in solution.held if name in frame.world.definitions}


def solve(solution: Solution, world: World, frame: Frame) -> tuple[Tensor | None, str]:
    """The solution ``(trials, …, rows, columns)`` that all starts lead to, or None and the reason."""
    if solution.members or chart_of(solution.domain.in_numbers(world.sizes)) is not None:
        root, reason = _together(solution, frame)
        if root is not None or solution.members or reason == SEVERAL:
            return root, reason
        # At inputs for which none lies in the domain (r/u = λ with a negative λ) there may be one outside of it.
    place = frame.name(solution.unknown).detach()
    found: Tensor | None = None
    for start in range(STARTS):
        begin = place if start == 0 else place + draw(Domain(), tuple(place.shape), generator("start", start))
        root, reason = _newton(solution, world, frame, begin)
        if root is None and place.shape[-2:] == (1, 1):
            root, _ = _newton(solution, world, frame, begin, inverted=True)
        if root is None:
            return None, reason
        if found is not None and bool(((root - found).abs() > 1e-7 * (1 + found.abs())).any()):
            return None, SEVERAL
        found = root if found is None else torch.where(found.isnan(), found, root)
    return found, ""


def _newton(
    solution: Solution, world: World, frame: Frame, begin: Tensor, *, inverted: bool = False
) -> tuple[Tensor | None, str]:
    """Newton's method; ``inverted`` for 1/u in the place of u, by which r/u = λ is linear."""
    root = begin
    term = t.Derivative(solution.equation, solution.unknown, "jacobian")
    trials = root.shape[0]
    previous = torch.full((trials,), torch.inf, dtype=torch.float64)
    alive = torch.ones(trials, dtype=torch.bool)
    done = torch.zeros(trials, dtype=torch.bool)
    reason = f"Newton's method did not converge in {ITERATIONS} steps"
    kept = held(solution, frame)
    for _ in range(ITERATIONS):
        inner = frame.bind({**kept, solution.unknown: root.clone().requires_grad_()}, kept)
        with torch.enable_grad():
            value = evaluate(term.target, inner).detach()
            matrix = copies(term, inner, False).detach()
        rows = matrix.shape[1 + len(frame.axes)]
        flat = matrix.reshape(*matrix.shape[: 2 + len(frame.axes)], -1)
        columns = flat.shape[-1]
        residual = value.expand(*flat.shape[: 1 + len(frame.axes)], *value.shape[-2:]).reshape(*flat.shape[:-1], 1)
        if rows < columns:
            return None, "the equation does not determine the unknown"
        finite = (flat.isfinite().all(-1) & residual.isfinite()[..., 0]).reshape(flat.shape[0], -1).all(1)
        if not bool((finite & alive).any()):
            return None, "Newton's method left the domain of the equation"
        singular = torch.linalg.svdvals(torch.nan_to_num(flat, 0.0, 0.0, 0.0))
        regular = (singular[..., -1] > 1e-12 * singular[..., 0]).reshape(flat.shape[0], -1).all(1)
        if not bool((finite & regular & alive).any()):
            return None, "the equation does not determine the unknown"
        alive = alive & (done | (finite & regular))
        safe = torch.where(_like(alive & ~done & finite, flat), flat, torch.eye(rows, columns, dtype=flat.dtype))
        step = torch.linalg.lstsq(safe, residual.nan_to_num(0.0, 0.0, 0.0)).solution.reshape(root.shape)
        step = torch.where(_like(alive & ~done, root), step, 0.0)
        if inverted:
            step = torch.where(step == 0, step, root - root.square() / (root + step))
        length = (step.abs() / (1 + root.abs())).reshape(trials, -1).amax(1)
        root = root - step / _like(torch.ones_like(length) if inverted else length.clamp_min(1.0), root)
        done = done | (alive & ((length < 1e-13) | ((length < 1e-9) & (length >= previous))))
        if bool((done | ~alive).all()):
            break
        previous = length
    # An input without a solution (a sample of zeros alone) is left out where most others have one.
    if 2 * int(done.sum()) < trials:
        return None, reason
    return torch.where(_like(done, root), root, torch.nan), ""


def _like(values: Tensor, other: Tensor) -> Tensor:
    """Numbers per trial in the shape of something else."""
    return values.reshape(-1, *(1,) * (other.dim() - 1))


def _together(solution: Solution, frame: Frame) -> tuple[Tensor | None, str]:
    """All members of the unknown from the equations for all of them, or an unknown from a domain with ends.

    A start from which Newton's method does not converge says nothing; two solutions decide nothing.
    """
    place = frame.name(solution.unknown).detach()
    chart = chart_of(solution.domain.in_numbers(frame.world.sizes))
    found: Tensor | None = None
    agreeing = 0
    for start in range(2 * STARTS):
        BUDGET.renew(BUDGET.most)
        away = draw(Domain(), tuple(place.shape), generator("member", start)) * (start > 0)
        begin = chart.moved(place, away) if chart is not None else place * torch.exp(away)
        # What the one form of an equation sends to infinity, or to 0, the other may not.
        other = TIMES_ITSELF if chart is None else replace(chart, weight=torch.ones_like, bend=torch.zeros_like)
        root = _newton_together(solution, frame, begin, other if start % 2 else chart)
        if root is None:
            continue
        if found is not None and bool(((root - found).abs() > 1e-7 * (1 + found.abs())).any()):
            return None, SEVERAL
        found, agreeing = root, agreeing + 1
        if agreeing == STARTS:
            break
    return found, "" if found is not None else f"Newton's method did not converge in {ITERATIONS} steps"


@dataclass(frozen=True)
class Chart:
    """How an unknown u moves, and by what its equation F = 0 is multiplied so that nothing leads to infinity.

    ``moved`` takes u by a step in the coordinate t; ``slope`` is du/dt, ``weight`` the factor, ``bend`` its derivative.
    """

    moved: Callable[[Tensor, Tensor], Tensor]
    slope: Callable[[Tensor], Tensor]
    weight: Callable[[Tensor], Tensor]
    bend: Callable[[Tensor], Tensor]


POSITIVE = Chart(lambda u, step: u * torch.exp(step), lambda u: u, lambda u: u, torch.ones_like)
"""t = log u, and u F = 0: what was ``-a/u + b/u^3``, with a place at infinity to which steps lead, has none then."""
TIMES_ITSELF = Chart(lambda u, step: u + step, torch.ones_like, lambda u: u, torch.ones_like)
"""u F = 0, by which ``c/u - λ = 0`` is linear."""


def chart_of(domain: Domain) -> Chart | None:
    """The chart of a domain with ends; None for the others."""
    low, high = domain.low, domain.high
    if domain.kind == "positive":
        return POSITIVE
    if domain.kind != "interval" or low is None or not isinstance(high, float | int):
        return None

    def moved(u: Tensor, step: Tensor) -> Tensor:
        t = torch.log((u - low) / (high - u)) + step
        return low + (high - low) * torch.sigmoid(t)

    return Chart(
        moved,
        lambda u: (u - low) * (high - u) / (high - low),
        lambda u: (u - low) * (high - u),
        lambda u: low + high - 2 * u,
    )


def _newton_together(solution: Solution, frame: Frame, begin: Tensor, chart: Chart | None) -> Tensor | None:
    """Newton's method on all equations at once; None where it leads nowhere, or to a root of the factor alone."""
    root, previous = begin, math.inf
    for _ in range(ITERATIONS):
        BUDGET.statement()
        flat, matrix = linearised(solution, frame, {solution.unknown: root})
        u = root.reshape(len(root), -1)
        charted = chart if chart is not None and flat.shape == u.shape else None
        if charted is not None:
            bend = torch.diag_embed(charted.bend(u) * flat)
            matrix = (charted.weight(u)[:, :, None] * matrix + bend) * charted.slope(u)[:, None, :]
            flat = charted.weight(u) * flat
        scale = matrix.abs().amax(-1, keepdim=True)
        residual = flat[..., None] / scale
        if matrix.shape[1] < matrix.shape[2] or not bool(((scale > 0) & scale.isfinite() & residual.isfinite()).all()):
            return None
        singular = torch.linalg.svdvals(matrix / scale)
        if bool((singular[:, -1] <= 1e-12 * singular[:, 0]).any()):
            return None
        step = torch.linalg.lstsq(matrix / scale, residual).solution.reshape(root.shape)
        if charted is None or charted is TIMES_ITSELF:
            length = float((step.abs() / (1 + root.abs())).amax())
            root = root - step / max(length, 1.0)
        else:
            length = float(step.abs().amax())
            root = charted.moved(root, -step.clamp(-2.0, 2.0))
        if length < 1e-13 or (length < 1e-9 and length >= previous):
            lost = charted is TIMES_ITSELF and bool((root.abs() < 1e-9 * begin.abs()).any())
            return None if lost else root
        previous = length
    return None


def linearised(solution: Solution, frame: Frame, root: Places, weighed: int = 0) -> tuple[Tensor, Tensor]:
    """All equations ``(trials, m)`` at a place and their partials ``(trials, m, n)`` by all entries of all unknowns.

    So many equations are ``weighed`` by their unknown, by which ``c/u - λ = 0`` is bilinear.
    """
    kept = held(solution, frame)
    trials = max(len(value) for value in root.values())
    places = {name: value.expand(trials, *value.shape[1:]).clone().requires_grad_() for name, value in root.items()}
    inner = frame.bind({**kept, **places}, kept)
    parts: list[Tensor] = []
    with torch.enable_grad():
        for number, (name, term) in enumerate(((solution.unknown, solution.equation), *solution.also)):
            value = evaluate(term, inner)
            flat = value.expand(trials, *value.shape[1:]).reshape(trials, -1)
            own = places[name].reshape(trials, -1)
            parts.append(flat * own if number < weighed and own.shape == flat.shape else flat)
        whole = torch.cat(parts, 1)
        rows = [
            [slope(each.sum(), place, create=False, keep=True).reshape(trials, -1) for place in places.values()]
            for each in whole.unbind(1)
        ]
    return whole.detach(), torch.stack([torch.cat(row, 1) for row in rows], 1)
