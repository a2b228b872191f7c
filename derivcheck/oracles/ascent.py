"""EM as a procedure: the claimed update, run again and again, never lowers the likelihood and ends where it is largest.

Where Q(u) = E_q[f(u, z)] with q the density proportional to exp f at the current u, log ∫ exp f(u, z) dz is the
likelihood L(u) (Dempster, Laird and Rubin 1977): it has the slope of Q at the current u (Fisher's identity, which is
tested first), no step to the maximum of Q lowers it, and a place that the update does not move is stationary. A half
step passes here: only the optimum itself tells it from a whole one.
"""

from __future__ import annotations

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import NotExact, TooLarge
from derivcheck.evaluation.budget import BUDGET
from derivcheck.evaluation.evaluator import Frame, evaluate
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.comparing import FLOOR
from derivcheck.oracles.numeric import shown_sizes
from derivcheck.oracles.optimum import sought
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim
from derivcheck.problem.substitution import rewrite
from derivcheck.verdict import Evidence, Outcome

NAME = "EM"
STEPS = 40
AGREES = 1e-8
"""Fisher's identity holds to this share of the slope, or the objective is not that of EM."""
SETTLED = 1e-6
STATIONARY = 1e-3
"""At a place that the update leaves where it is, so much of the first slope may be left."""


def applies(bench: Bench, claim: Claim) -> bool:
    """Updates of one whole name that claim to maximise a mean under a density at its current value."""
    term = sought(claim)
    if term is None or claim.head is not term or term.indices or term.position is not None or claim.free:
        return False
    if bench.problem.declarations[term.key].domain.kind not in ("real", "nonzero"):
        return False
    return likelihood(term) is not None


def likelihood(term: t.Optimum) -> t.Term | None:
    """The objective with every mean E_q[f] replaced by log ∫ exp f; None where there is none."""
    found: list[t.Expectation] = []

    def rule(part: t.Term) -> t.Term | None:
        if isinstance(part, t.Expectation) and isinstance(part.log, t.Frozen):
            found.append(part)
            return t.LogIntegral(part.bounds, part.body, span=part.span)
        return None

    made = rewrite(term.objective, rule)
    return made if found and term.op == "argmax" else None


def ask(bench: Bench, claim: Claim) -> Evidence:
    """The update run from the drawn value, at the first draw."""
    term = sought(claim)
    assert term is not None
    total = likelihood(term)
    assert total is not None
    world = bench.quickest(bench.worlds(claim.conditions)[0])
    frame = bench.frame(claim, world)
    sizes = (shown_sizes(bench, world),)
    BUDGET.renew()
    try:
        here = frame.name(term.key).detach()
        value, slope = _slope(total, term.key, here, frame, ())
        _, other = _slope(term.objective, term.key, here, frame, term.held)
        if not bool(((slope - other).abs() <= AGREES * (slope.abs().amax() + other.abs().amax())).all()):
            return Evidence(NAME, Outcome.NOT_CHECKED, detail="the objective is not that of EM")
        return _run(claim, term, total, frame, value, slope, sizes)
    except TooLarge as error:
        return Evidence(NAME, Outcome.NOT_CHECKED, detail=error.what)
    except NotExact as error:
        return Evidence(NAME, Outcome.NOT_CHECKED, detail=f"{error.what} is not supported")


def _run(
    claim: Claim, term: t.Optimum, total: t.Term, frame: Frame, value: Tensor, slope: Tensor,
    sizes: tuple[tuple[tuple[str, int], ...], ...],
) -> Evidence:  # fmt: skip
    here = frame.name(term.key).detach()
    first = slope.abs().amax()
    for step in range(1, STEPS + 1):
        BUDGET.statement()
        with torch.no_grad():
            there = evaluate(claim.claimed, frame.bind({term.key: here})).detach().expand_as(here)
        moved = (there - here).abs().amax() / (1 + there.abs().amax())
        before = value
        value, slope = _slope(total, term.key, there, frame, ())
        fall = float((before - value).amax())
        bar = 64 * FLOOR * float(torch.maximum(before.abs(), value.abs()).amax())
        if fall > bar:
            detail = f"the likelihood falls by {fall:.2g} at step {step}"
            return Evidence(NAME, Outcome.WRONG, fall, bar=bar, sizes=sizes, failing=sizes, points=step, detail=detail)
        here = there
        if float(moved) < SETTLED:
            left = float(slope.abs().amax() / first)
            if left > STATIONARY:
                detail = "the update stays at a place where the likelihood still rises"
                return Evidence(NAME, Outcome.WRONG, left, sizes=sizes, failing=sizes, points=step, detail=detail)
            break
    return Evidence(NAME, Outcome.HOLDS, sizes=sizes, points=step, detail=f"{step} steps, none lowers the likelihood")


def _slope(term: t.Term, key: str, place: Tensor, frame: Frame, held: tuple[str, ...]) -> tuple[Tensor, Tensor]:
    """A scalar's value and gradient with a name at a place; ``held`` names do not move."""
    fixed = {name: frame.name(name).detach() for name in held}
    with torch.enable_grad():
        variable = place.clone().requires_grad_()
        value: Tensor = evaluate(term, frame.bind({**fixed, key: variable}, fixed))
        (gradient,) = torch.autograd.grad(value.sum(), variable)
    return value.detach(), gradient.detach()
