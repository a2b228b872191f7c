"""Claims about where something is largest or smallest, by two sources.

``optimum``: the place itself, found by Newton's method and BFGS without the claim. ``stationarity``: at the claimed
place the gradient by autograd vanishes, and the curvature has the sign of an optimum. Both keep q, and what is defined
from it, at the current values of the parameters.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import NotExact, TooLarge
from derivcheck.evaluation.evaluator import World, evaluate
from derivcheck.evaluation.integration import Quadrature
from derivcheck.evaluation.optimisation import COUPLED, Objective, Optimiser, curvature, objective_of, stationarity
from derivcheck.language.domain import Domain
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.comparing import FLOOR, SAFETY, Discrepancy, discrepancy, expanded, integral_dimension
from derivcheck.oracles.numeric import MOST_NODES, summary
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim
from derivcheck.verdict import Doubt, Evidence, Outcome, Sees

CONVERGED = 1e-10
"""An optimum is compared to this relative accuracy at best."""
FLAT = 1e-8
"""A curvature below this share of the largest one is rounding."""


def sought(claim: Claim) -> t.Optimum | None:
    """The optimum that a claim is about, read through an entry of it."""
    match claim.head:
        case t.Optimum():
            return claim.head
        case t.Entry(argument=t.Optimum() as inner):
            return inner
    return None


def applies(bench: Bench, claim: Claim) -> bool:
    """Equations whose left side is an optimum."""
    return claim.relation == "=" and sought(claim) is not None


def ask(bench: Bench, claim: Claim) -> Evidence:
    """The claimed value against the optimum found without it, at every draw."""
    term = sought(claim)
    assert term is not None
    found: list[tuple[World, Discrepancy]] = []
    reasons: list[str] = []
    for drawn in bench.worlds(claim.conditions):
        world = bench.quickest(drawn)
        frame = bench.frame(claim, world)
        assert isinstance(world.optimiser, Optimiser)
        try:
            with torch.no_grad():
                claimed = evaluate(claim.claimed, frame).detach()
            best = world.optimiser.solve(term, frame, claimed if claim.head is term else None)
        except TooLarge:
            raise
        except NotExact as error:
            return Evidence("optimum", Outcome.NOT_CHECKED, detail=error.what)
        if not bool(best.converged.all()):
            reasons.append(best.reason)
            if best.reason.endswith("without bound"):
                break  # nor is there an optimum at other draws, and the search for one is long
            continue
        place, accuracy = best.place, best.error
        if claim.head is not term:
            assert isinstance(claim.head, t.Entry)
            inner = t.Entry(t.Variable("place#", shape=term.shape), claim.head.row, claim.head.column)
            place = evaluate(inner, frame.bind({"place#": place}))
        left, right = expanded(place, claimed)
        size = left.abs().reshape(left.shape[0], -1).amax(1)
        bar = accuracy.reshape(accuracy.shape[0], -1).amax(1) + (FLOOR + CONVERGED / 10) * size
        found.append((world, discrepancy(left, right, bar)))
    if not found:
        detail = next(iter(reasons), "no optimum was found")
        return Evidence("optimum", Outcome.UNDECIDED, detail=detail, doubt=Doubt.UNSOLVED)
    return summary("optimum", bench, claim, claim.claimed, found)


def whole(bench: Bench, claim: Claim) -> tuple[t.Optimum, Claim, str] | None:
    """The optimum as a value that moves by itself, the claim about it, and the index by which it is put together.

    None where one entry is claimed of a value whose entries move together.
    """
    term = sought(claim)
    if term is None:
        return None
    coupled = bench.problem.declarations[term.key].domain.kind in COUPLED
    if claim.head is term and not (coupled and term.position is not None):
        return term, claim, ""
    row, column = term.position or (None, None)
    if claim.head is not term:
        assert isinstance(claim.head, t.Entry)
        row, column = claim.head.row, claim.head.column
    single = column is None or column == t.Constant(Fraction(1))
    if not isinstance(row, t.Index) or row.name not in claim.free or not single or term.indices:
        return None
    if any(isinstance(part, t.Index) and part.name == row.name for part in t.walk(term.objective)):
        return None
    shape = bench.problem.declarations[term.key].shape
    entire = replace(term, position=None, shape=shape)
    return entire, replace(claim, head=entire, free=tuple(name for name in claim.free if name != row.name)), row.name


def claimed_place(bench: Bench, claim: Claim, world: World, start: Tensor, index: str) -> Tensor:
    """The claimed value, in the shape of the optimum."""
    frame = bench.frame(claim, world)
    with torch.no_grad():
        value: Tensor = evaluate(claim.claimed, frame).detach()
    if not index:
        return value.expand(start.shape).clone()
    axis = 1 + claim.free.index(index)
    if frame.axes[axis - 1].count != start.shape[-2] or start.shape[-1] != 1:
        raise NotExact("an optimum of which some entries are claimed")
    value = value.expand(world.trials, *(a.count for a in frame.axes), 1, 1)
    return value.movedim(axis, -3).squeeze(-1).expand(start.shape).clone()


def is_stationary(bench: Bench, claim: Claim) -> bool:
    """Optima over values that move one by one, sought as a whole or as one entry, or entry by entry as a whole."""
    return claim.relation == "=" and whole(bench, claim) is not None


def ask_stationary(bench: Bench, claim: Claim) -> Evidence:
    """The gradient at the claimed place against that around it; and the sign of the curvature there."""
    parts = whole(bench, claim)
    assert parts is not None
    term, about, index = parts
    found: list[tuple[World, Discrepancy]] = []
    for drawn in bench.worlds(claim.conditions):
        world = drawn if integral_dimension(claim, bench, drawn) <= MOST_NODES else bench.quickest(drawn)
        frame = bench.frame(about, world)
        assert isinstance(world.optimiser, Optimiser)
        domain = world.optimiser.domain(term, frame)
        objective, start = objective_of(term, frame)
        try:
            place = claimed_place(bench, claim, world, start, index)
            if not bool(place.isfinite().all()):
                return Evidence("stationarity", Outcome.NOT_CHECKED, detail="the claimed place is not a finite number")
            slope, bar = stationarity(objective, place, domain, term.op == "argmax")
            elsewhere, _ = stationarity(objective, _beside(place, domain), domain, term.op == "argmax")
            bent = _bent_wrongly(objective, place, domain, term.op == "argmax")
        except NotExact as error:
            return Evidence("stationarity", Outcome.NOT_CHECKED, detail=error.what)
        size = elsewhere.abs().reshape(slope.shape[0], -1).amax(1)
        level = size.reshape(-1, *(1,) * (slope.dim() - 1)).expand(slope.shape)
        # A gradient of 0 has no size of its own: that beside the place is what it is compared with.
        part = discrepancy(level, level + slope, SAFETY * bar + FLOOR * level)
        if part.outcome is not Outcome.HOLDS:
            moved = _other_slope(bench, about, world, term, place, domain)
            part = discrepancy(level, level + slope, SAFETY * (bar + (moved - slope).abs()) + FLOOR * level)
        found.append((world, part))
        if part.outcome is Outcome.HOLDS and bent:
            sort = "maximum" if term.op == "argmax" else "minimum"
            detail = f"the curvature there is not that of a {sort}"
            return Evidence("stationarity", Outcome.WRONG, detail=detail, sees=Sees.HEIGHT, seen=bent)
    return replace(summary("stationarity", bench, about, claim.claimed, found), sees=Sees.SLOPE)


def _other_slope(bench: Bench, claim: Claim, drawn: World, term: t.Optimum, place: Tensor, domain: Domain) -> Tensor:
    """The gradient at the same place with other nodes for every integral: how far that is off is in its error."""
    nodes = isinstance(drawn.integrator, Quadrature)
    objective, _ = objective_of(term, bench.frame(claim, bench.finer(drawn) if nodes else bench.jittered(drawn)))
    return stationarity(objective, place, domain, term.op == "argmax")[0]


def _bent_wrongly(objective: Objective, place: Tensor, domain: Domain, largest: bool) -> int:
    """At how many inputs the objective bends away from an optimum of its kind in some direction, beyond rounding."""
    up = curvature(objective, place, domain)
    down = curvature(lambda at: -objective(at), place, domain)
    against = up if largest else down
    return int(((against > FLAT * torch.maximum(up, down)) & (against > 0)).sum())


def _beside(place: Tensor, domain: Domain) -> Tensor:
    """A place a tenth away, on a simplex with another first entry."""
    if domain.kind != "simplex":
        return place * 1.1
    other = place * torch.cat([place.new_full((1, 1), 1.1), place.new_ones(place.shape[-2] - 1, 1)])
    return other / other.sum(-2, keepdim=True)
