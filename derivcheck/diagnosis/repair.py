"""Which single edit makes a wrong line hold: every candidate is tried, and what is shown was checked in full again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import torch

from derivcheck.diagnosis.candidate import Candidate, braced
from derivcheck.diagnosis.edits import candidates
from derivcheck.diagnosis.offers import stock_of
from derivcheck.diagnosis.stock import Stock
from derivcheck.evaluation.arithmetic import NotExact, OutOfRange
from derivcheck.evaluation.budget import BUDGET, Effort
from derivcheck.evaluation.evaluator import Frame, World, evaluate
from derivcheck.evaluation.sizes import SizesError
from derivcheck.language import nodes as n
from derivcheck.oracles import piecewise
from derivcheck.oracles.bench import Bench, CannotDraw
from derivcheck.oracles.joint import at_solution
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim, Refused
from derivcheck.problem.scope import Refusal
from derivcheck.problem.settling import settled
from derivcheck.verdict import Outcome

EFFORT: Final = 3e9
"""What the search of one wrong line may cost, in the prices of the budget: the same on every machine."""
READING: Final = 500_000
"""The price of finding out what one edit of a line means."""
CLOSE: Final = 1e-9
UNKNOWN: Final = (CannotDraw, SizesError, NotExact, OutOfRange, KeyError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Repair:
    """The edit that was checked to mend a line, and how many others of the same kind would do too."""

    edit: Candidate
    others: int


def repair(bench: Bench, claim: Claim) -> Repair | None:
    """The smallest single edit of the claimed side after which the claim passes on fresh draws, or None."""
    if claim.read is None or claim.relation != "=":
        return None
    try:
        frame = place(bench, claim, bench.quickest(bench.worlds(claim.conditions)[-1]))
        if frame is None:
            return None
        with torch.no_grad():
            head = evaluate(claim.head, frame).detach()
    except UNKNOWN:
        return None
    # What the head costs, an integral perhaps, takes nothing from the search.
    effort = Effort(EFFORT)
    passing: list[Candidate] = []
    for candidate, term in _meaningful(bench, claim, stock_of(bench, claim), effort):
        if passing and candidate.rank > passing[0].rank:
            break
        if _close(frame, head, term) and _passes(bench, claim, term):
            passing.append(candidate)
    if not passing:
        return None
    return _smallest(bench, passing)


def repair_refused(bench: Bench, refused: Refused) -> tuple[Repair, Claim] | None:
    """The smallest single edit that gives a line without a meaning one that holds, and the claim that it then is."""
    attempt = refused.attempt
    if attempt is None or attempt.remade is None:
        return None
    BUDGET.renew()
    effort = Effort(EFFORT)
    passing: list[tuple[Candidate, Claim]] = []
    seen: set[n.Node] = {attempt.claimed_node}
    stock = stock_of(bench, attempt)
    for candidate in sorted(candidates(attempt.claimed_node, stock), key=lambda c: (c.rank, c.size)):
        if effort.spent or (passing and candidate.rank > passing[0][0].rank):
            break
        if candidate.tree in seen:
            continue
        seen.add(candidate.tree)
        BUDGET.note(READING)
        try:
            made = attempt.remade(candidate.tree)
            world = bench.quickest(bench.worlds(made.conditions)[-1])
            head, value = (bench.value(side, made, world) for side in (made.head, made.claimed))
        except (Refusal, RecursionError, *UNKNOWN):
            continue
        if close(head, value) and _passes(bench, made, made.claimed):
            passing.append((candidate, made))
    if not passing:
        return None
    found = _smallest(bench, [candidate for candidate, _ in passing])
    return found, next(made for candidate, made in passing if candidate.tree == found.edit.tree)


def _smallest(bench: Bench, passing: list[Candidate]) -> Repair:
    best = min(passing, key=lambda candidate: (candidate.size, candidate.span))
    distinct = {(candidate.span, candidate.replacement) for candidate in passing}
    return Repair(braced(best, bench.problem.source.text), len(distinct) - 1)


def read(bench: Bench, claim: Claim, tree: n.Node) -> t.Term:
    """What another expression means in the place of the claimed side, with the sizes that its place gives it."""
    assert claim.read is not None
    term = claim.read(tree)
    scope = bench.problem.scope
    scope.fall_back()
    return settled(term, scope.solution)


def _meaningful(bench: Bench, claim: Claim, stock: Stock, effort: Effort) -> Iterator[tuple[Candidate, t.Term]]:
    """The candidates that have a meaning with the right shape, each tree once, likeliest mistakes first."""
    seen: set[n.Node] = {claim.claimed_node}
    for candidate in sorted(candidates(claim.claimed_node, stock), key=lambda c: (c.rank, c.size)):
        if effort.spent:
            return
        if candidate.tree in seen:
            continue
        seen.add(candidate.tree)
        BUDGET.note(READING)
        try:
            yield candidate, read(bench, claim, candidate.tree)
        except (Refusal, RecursionError):
            continue


def place(bench: Bench, claim: Claim, world: World) -> Frame | None:
    """Where both sides are compared at first: one draw; of a row that solves an equation, at its solution."""
    return bench.frame(claim, world) if claim.solution is None else at_solution(bench, claim, world)


def _close(frame: Frame, head: torch.Tensor, term: t.Term) -> bool:
    """A first look at one draw, without measuring rounding."""
    try:
        with torch.no_grad():
            value = evaluate(term, frame).detach()
    except UNKNOWN:
        return False
    return close(head, value)


def close(head: torch.Tensor, value: torch.Tensor) -> bool:
    """Whether two values are the same but for rounding, wherever both are finite."""
    left, right = torch.broadcast_tensors(head, value)
    good = left.isfinite() & right.isfinite()
    if not bool(good.any()):
        return False
    scale = float(left[good].abs().max())
    return float((left - right)[good].abs().max()) <= CLOSE * max(scale, 1e-300)


def _passes(bench: Bench, claim: Claim, term: t.Term) -> bool:
    """The whole check of the mended line, on draws and sizes that the search has not seen.

    Where a line can be proved, a mended one has to be: what no draw shows may be just what was wrong with it.
    """
    from derivcheck.judge import judge
    from derivcheck.oracles.table import QUICK

    fresh = Bench(bench.problem, replace(bench.settings, seed=bench.settings.seed + 104_729))
    mended = replace(claim, claimed=term, alternatives=())
    if piecewise.applies(bench.problem, claim) and not piecewise.applies(bench.problem, mended):
        return False
    return all(judge(each, mended, QUICK).outcome is Outcome.HOLDS for each in (fresh, bench))
