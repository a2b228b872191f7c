"""Rows that solve an equation: the unknown is computed from the first row by Newton's method, then every row must hold.

The claimed last row takes no part in finding the solution. Newton starts from three places; solutions that differ
leave the claim undecided.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from derivcheck.evaluation.differentiation import copies
from derivcheck.evaluation.evaluator import Frame, World, evaluate
from derivcheck.evaluation.sampling import draw, generator
from derivcheck.language.domain import Domain
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.comparing import FLOOR, Discrepancy, discrepancy, expanded
from derivcheck.oracles.numeric import summary
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim, Solution
from derivcheck.verdict import Evidence, Outcome

ITERATIONS = 60
STARTS = 3
CONVERGED = 1e-11
SEVERAL = "the equation has several solutions"


def applies(bench: Bench, claim: Claim) -> bool:
    """Rows below an equation that is solved for a name."""
    return claim.solution is not None and not claim.stationary and claim.relation == "="


def ask(bench: Bench, claim: Claim) -> Evidence:
    """Both sides of the row at the computed solution."""
    assert claim.solution is not None
    found, reasons = _at(bench, claim, bench.worlds(claim.conditions))
    if not found:
        # Sizes at which the equation is singular (n < d) are drawn again.
        found, further = _at(bench, claim, bench.more_worlds(claim.conditions, 6))
        reasons += further
    if not found or SEVERAL in reasons:
        detail = SEVERAL if SEVERAL in reasons else next(iter(reasons), "the equation was not solved")
        return Evidence("solution", Outcome.UNDECIDED, detail=detail)
    return summary("solution", bench, claim, claim.claimed, found)


def _at(bench: Bench, claim: Claim, worlds: Sequence[World]) -> tuple[list[tuple[World, Discrepancy]], list[str]]:
    """The row at the solution for every draw that has one, and why others have none."""
    assert claim.solution is not None
    found: list[tuple[World, Discrepancy]] = []
    reasons: list[str] = []
    for drawn in worlds:
        world = bench.quickest(drawn)
        frame = bench.frame(claim, world)
        root, reason = solve(claim.solution, world, frame)
        if root is None:
            reasons.append(reason)
        else:
            found.append((world, row_at(claim, frame, root)))
    return found, reasons


def row_at(claim: Claim, frame: Frame, root: Tensor, error: Tensor | None = None) -> Discrepancy:
    """Both sides of a row at a root, which may be off by ``error`` in every entry."""
    left, right = _sides(claim, frame, root)
    size = torch.maximum(left.abs(), right.abs()).reshape(left.shape[0], -1).amax(1)
    # What cancels at the root has a size beside it.
    one, other = _sides(claim, frame, 1.1 * root + 0.1)
    scale = torch.maximum(size, (one - other).abs().reshape(left.shape[0], -1).amax(1))
    # The root is as good as Newton's last step left it, not better.
    bar = 64 * FLOOR * scale + CONVERGED * scale
    if error is not None:
        signs = torch.where(torch.rand(root.shape, generator=generator("off", 0)) < 0.5, -1.0, 1.0)
        one, other = _sides(claim, frame, root + signs * error)
        bar = bar + ((one - other) - (left - right)).abs().reshape(left.shape[0], -1).amax(1)
    return discrepancy(left, right, bar)


def _sides(claim: Claim, frame: Frame, place: Tensor) -> tuple[Tensor, Tensor]:
    """Both sides of a row with the unknown at a place."""
    assert claim.solution is not None
    inner = frame.bind({**held(claim.solution, frame), claim.solution.unknown: place}, claim.solution.held)
    with torch.no_grad():
        return expanded(evaluate(claim.head, inner), evaluate(claim.claimed, inner))


def held(solution: Solution, frame: Frame) -> dict[str, Tensor]:
    """Moments under a q that does not move: at their current values."""
    return {name: frame.name(name).detach() for name in solution.held if name in frame.world.definitions}


def solve(solution: Solution, world: World, frame: Frame) -> tuple[Tensor | None, str]:
    """The solution ``(trials, …, rows, columns)`` that all starts lead to, or None and the reason."""
    place = frame.name(solution.unknown).detach()
    found: Tensor | None = None
    for start in range(STARTS):
        begin = place if start == 0 else place + draw(Domain(), tuple(place.shape), generator("start", start))
        root, reason = _newton(solution, world, frame, begin)
        if root is None:
            return None, reason
        if found is not None and not bool(((root - found).abs() <= 1e-7 * (1 + found.abs())).all()):
            return None, SEVERAL
        found = root
    return found, ""


def _newton(solution: Solution, world: World, frame: Frame, begin: Tensor) -> tuple[Tensor | None, str]:
    shape = solution.left.shape if not t.is_zero(solution.left) else solution.right.shape
    equation = t.Add(((1, solution.left), (-1, solution.right)), shape=shape)
    root = begin
    term = t.Derivative(equation, solution.unknown, "jacobian")
    previous = torch.inf
    kept = held(solution, frame)
    for _ in range(ITERATIONS):
        inner = frame.bind({**kept, solution.unknown: root.clone().requires_grad_()}, kept)
        with torch.enable_grad():
            value = evaluate(equation, inner).detach()
            matrix = copies(term, inner, False).detach()
        rows = matrix.shape[1 + len(frame.axes)]
        flat = matrix.reshape(*matrix.shape[: 2 + len(frame.axes)], -1)
        columns = flat.shape[-1]
        residual = value.expand(*flat.shape[: 1 + len(frame.axes)], *value.shape[-2:]).reshape(*flat.shape[:-1], 1)
        if rows < columns:
            return None, "the equation does not determine the unknown"
        if not bool(flat.isfinite().all() and residual.isfinite().all()):
            return None, "Newton's method left the domain of the equation"
        singular = torch.linalg.svdvals(flat)
        if bool((singular[..., -1] <= 1e-12 * singular[..., 0]).any()):
            return None, "the equation does not determine the unknown"
        step = torch.linalg.lstsq(flat, residual).solution.reshape(root.shape)
        length = float((step.abs() / (1 + root.abs())).amax())
        scale = 1.0 if length < 1 else 1.0 / length
        root = root - scale * step
        if length < 1e-13 or (length < 1e-9 and length >= previous):
            return root, ""
        previous = length
    return None, f"Newton's method did not converge in {ITERATIONS} steps"
