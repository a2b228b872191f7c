"""The claim's two sides in float64: for a derivative, autograd of the definitions is the reference.

An identity is evaluated on both sides. Nothing of the claimed side enters the reference.
"""

from __future__ import annotations

from dataclasses import replace

from derivcheck.evaluation.arithmetic import NotExact, NotSettled, TooLarge
from derivcheck.evaluation.evaluator import World
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.comparing import (
    Discrepancy,
    absorbed,
    compare,
    integral_dimension,
    integral_sizes,
    second_look,
    summands,
    where,
)
from derivcheck.oracles.enclosing import DIGITS, Look
from derivcheck.problem import terms as t
from derivcheck.problem.heads import derivative_in
from derivcheck.problem.problem import Claim
from derivcheck.problem.terms import Term, is_zero
from derivcheck.verdict import Doubt, Evidence, Outcome, Sees

LEAST_SEEN = 1e-3
"""A check that could not have seen a relative error of this size is no pass."""
MOST_NODES = 2
"""Nodes fill an integral over so many numbers quickly; over more of them only where the sizes leave no choice."""


def applies(bench: Bench, claim: Claim) -> bool:
    """Every equation can be evaluated; an optimum has oracles of its own."""
    return claim.relation == "=" and claim.solution is None and claim.kind != "optimum"


def ask(bench: Bench, claim: Claim) -> Evidence:
    """Both sides at every draw; more draws if the first ones could not be evaluated."""
    name = "autograd" if derivative_in(claim.head) is not None else "values"
    if name == "values" and bench.integrates(claim.head, claim.claimed):
        name = "integral"
    return replace(_spoken(name, bench, claim), sees=SEES[name])


INTEGRATED = ("integral", "Gaussian")
SEES = {"values": Sees.WHOLE, "autograd": Sees.DERIVATIVE, "integral": Sees.ROUTE}
"""What of a claim is seen by its two sides in float64."""


def _spoken(name: str, bench: Bench, claim: Claim) -> Evidence:
    worlds = worlds_for(bench, claim)
    try:
        return _asked(name, bench, claim, worlds)
    except TooLarge as error:
        if name != "integral":
            raise
        # Gaussian algebra may still decide; nodes did not speak.
        return Evidence(name, Outcome.NOT_CHECKED, detail=f"too large for an integral on nodes: {error.what}")
    except NotSettled as error:
        if name == "autograd":
            # A derivative is told by autograd, whichever way the integral in it is worked out.
            return _asked(name, bench, claim, tuple(map(bench.quickest, worlds)))
        outcome = Outcome.UNDECIDED if bench.holds(t.Integral, claim.head, claim.claimed) else Outcome.NOT_CHECKED
        return Evidence(name, outcome, detail=error.what)
    except NotExact as error:
        if name != "integral":
            raise
        return Evidence(name, Outcome.NOT_CHECKED, detail=f"{error.what} is not supported")


def worlds_for(bench: Bench, claim: Claim) -> tuple[World, ...]:
    """The draws at which the integrals of a claim can be worked out on nodes.

    Where a latent vector is long at some of them, the others speak; a derivative, which needs an integral very often,
    takes it by the quickest route then.
    """
    worlds = bench.worlds(claim.conditions)
    small = tuple(world for world in worlds if integral_dimension(claim, bench, world) <= MOST_NODES)
    if len(small) == len(worlds):
        return worlds
    if derivative_in(claim.head) is not None:
        return tuple(bench.quickest(world) for world in worlds)
    if small or claim.conditions:
        return small or worlds
    short = {name: MOST_NODES for name in integral_sizes(claim, bench) if name not in bench.fixed}
    world = bench.single(short)
    return (world,) if integral_dimension(claim, bench, world) <= MOST_NODES else worlds


def _asked(name: str, bench: Bench, claim: Claim, worlds: tuple[World, ...]) -> Evidence:
    found = [(world, compare(bench, claim, world, claim.head, claim.claimed)) for world in worlds]
    outcomes = {part.outcome for _, part in found}
    if all(part.zero for _, part in found) and not (is_zero(claim.head) or is_zero(claim.claimed)):
        more = bench.more_worlds(claim.conditions, 4)
        found += [(world, compare(bench, claim, world, claim.head, claim.claimed)) for world in more]
    elif Outcome.UNDECIDED in outcomes and Outcome.WRONG not in outcomes:
        more = bench.more_worlds(claim.conditions, 4)
        further = [(world, compare(bench, claim, world, claim.head, claim.claimed)) for world in more]
        # Draws at which rounding leaves nothing to compare give way where all others decide.
        decided = [pair for pair in (*found, *further) if pair[1].outcome is not Outcome.UNDECIDED]
        found = decided if len(decided) >= len(worlds) else found + further
    return summary(name, bench, claim, claim.claimed, found)


def summary(name: str, bench: Bench, claim: Claim, claimed: Term, found: list[tuple[World, Discrepancy]]) -> Evidence:
    """Evidence from the comparison at every draw: the worst one is shown."""
    usable = [(world, part) for world, part in found if part.valid]
    sizes = tuple(bench.shown(world.sizes) for world, _ in found)
    if not usable:
        reason = "neither side is a finite number at any input drawn"
        return Evidence(name, Outcome.UNDECIDED, sizes=sizes, detail=reason, doubt=Doubt.NO_VALUE)
    world, worst = max(usable, key=lambda pair: pair[1].ratio)
    outcome = worst.outcome
    detail = ""
    doubt: Doubt | None = None
    second = second_look(bench, claim, world, worst.index[0]) if outcome is Outcome.WRONG else None
    if second is not None and second.look in (Look.HOLDS, Look.AGREE):
        outcome, doubt = Outcome.UNDECIDED, Doubt.ROUNDING
        detail = f"float64 sees a discrepancy at an input at which both sides agree to {DIGITS} digits"
    literally = is_zero(claim.head) or is_zero(claimed)
    if outcome is Outcome.HOLDS and all(part.zero for _, part in usable) and not literally:
        outcome, doubt = Outcome.UNDECIDED, Doubt.VACUOUS
        detail = "both sides are zero at every input: this tests nothing"
    elif outcome is Outcome.HOLDS and (
        _drowned(bench, claim, usable) if literally else min(part.detectable for _, part in usable) > LEAST_SEEN
    ):
        outcome, doubt = Outcome.UNDECIDED, Doubt.ROUNDING
        detail = "rounding is as large as the values: nothing is left to compare"
    elif outcome is Outcome.HOLDS and name in INTEGRATED and absorbed(bench, claim, found[0][0]):
        outcome, doubt = Outcome.UNDECIDED, Doubt.ROUNDING
        detail = "something that is integrated is too small to be seen beside what it is added to"
    elif outcome is Outcome.UNDECIDED and doubt is None:
        doubt, detail = Doubt.BETWEEN, "the discrepancy is neither within ten error bars nor beyond a hundred"
    invalid = sum(part.trials - part.valid for _, part in found)
    if invalid and not detail:
        total = sum(part.trials for _, part in found)
        detail = f"{invalid} of {total} inputs left out: a side is not a finite number there"
        if outcome is Outcome.HOLDS and name == "integral":
            # What has a mean at some parameters and at others none: for which it is meant is not said.
            outcome, doubt = Outcome.UNDECIDED, Doubt.PARTIAL
    shape = world.dims(claim.head.shape)
    # The reference is the head, the odd value the claimed side.
    return Evidence(
        oracle=name, outcome=outcome, error=worst.error, relative=worst.error / worst.scale if worst.scale else 0.0,
        bar=worst.bar, where=where(claim, worst.index, shape), claimed=worst.right, reference=worst.left,
        detectable=min(part.detectable for _, part in usable), sizes=sizes,
        failing=tuple(bench.shown(w.sizes) for w, part in found if part.outcome is Outcome.WRONG),
        points=sum(part.valid for _, part in usable), detail=detail, doubt=doubt,
        seen=sum(part.failing for _, part in usable),
    )  # fmt: skip


def _drowned(bench: Bench, claim: Claim, usable: list[tuple[World, Discrepancy]]) -> bool:
    """Whether rounding hides at every draw that a side is not 0: it is as large as what is added up, and as 1.

    A side that is 0 has no size of its own, and may be a function of what cancels.
    """
    side = claim.claimed if is_zero(claim.head) else claim.head
    return all(
        part.bar > LEAST_SEEN and part.bar > LEAST_SEEN * (1 + float(summands(bench, claim, world, side).amax()))
        for world, part in usable
    )
