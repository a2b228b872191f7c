"""What an edit makes of a line: a first look at one input, then the whole check of what passes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import torch

from derivcheck.diagnosis.candidate import Candidate
from derivcheck.diagnosis.rules import candidates
from derivcheck.diagnosis.stock import Stock
from derivcheck.diagnosis.wording import plainest, reworded, tidied
from derivcheck.evaluation.arithmetic import BUDGET, Effort, NotExact, OutOfRange
from derivcheck.evaluation.evaluator import Frame, World, evaluate
from derivcheck.evaluation.gaussian import GaussianAlgebra
from derivcheck.evaluation.sizes import SizesError
from derivcheck.language import nodes as n
from derivcheck.language.printing import latex
from derivcheck.oracles import piecewise
from derivcheck.oracles.bench import Bench, CannotDraw
from derivcheck.oracles.joint import at_solution
from derivcheck.problem import terms as t
from derivcheck.problem.context import strip
from derivcheck.problem.problem import Claim, settled
from derivcheck.problem.scope import Refusal
from derivcheck.verdict import Outcome

READING: Final = 500_000
"""The price of finding out what one edit of a line means."""
CLOSE: Final = 1e-9
MOST_SHOWN: Final = 3
"""So many that are equally good are looked for."""
MOST_TRIED: Final = 8
"""So many of what synthesis finds are checked in full."""
SLIP: Final = 3
"""A slip changes so many tokens at most."""
UNKNOWN: Final = (CannotDraw, SizesError, NotExact, OutOfRange, KeyError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Repair:
    """The edit that was checked to mend a line, how many others of the same kind would do too, and the line then."""

    edit: Candidate
    others: int
    made: Claim
    far: bool = False
    also: str = ""
    """What else would do as well, where that is one edit."""
    bench: Bench | None = None
    """Of the document read anew, where the line has no meaning but there."""


@dataclass(frozen=True)
class Look:
    """Where a line is looked at before it is checked in full, with what its left side is: one input, then all."""

    frames: tuple[Frame, ...]
    heads: tuple[torch.Tensor, ...]

    def agrees(self, term: t.Term) -> bool:
        """Whether a term is what the left side is, wherever both are looked at; the cheapest first."""
        return all(_close(frame, head, term) for frame, head in zip(self.frames, self.heads, strict=True))

    def keeps(self, term: t.Term, relation: str) -> bool:
        """Whether an inequality holds wherever the line is looked at."""
        return all(_kept(frame, head, term, relation) for frame, head in zip(self.frames, self.heads, strict=True))


def looking(bench: Bench, claim: Claim) -> Look | None:
    """Where to look at a line; None where it cannot be drawn, or its left side has no value there."""
    try:
        world = bench.quickest(bench.worlds(claim.conditions)[-1])
        whole = place(bench, claim, world)
        if whole is None:
            return None
        frames = (whole,) if claim.solution is not None else (_cheapest(bench, claim, world), whole)
        with torch.no_grad():
            return Look(frames, tuple(evaluate(claim.head, frame).detach() for frame in frames))
    except UNKNOWN:
        return None


def _cheapest(bench: Bench, claim: Claim, world: World) -> Frame:
    """One input, with means in closed form where the line as it stands has them."""
    one = bench.first(world)
    closed = bench.frame(claim, bench.by_route(one, GaussianAlgebra()))
    try:
        with torch.no_grad():
            evaluate(claim.head, closed)
            evaluate(claim.claimed, closed)
    except UNKNOWN:
        return bench.frame(claim, one)
    return closed


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


def _kept(frame: Frame, head: torch.Tensor, term: t.Term, relation: str) -> bool:
    try:
        with torch.no_grad():
            apart = evaluate(term, frame).detach() - head
    except UNKNOWN:
        return False
    return bool((apart >= 0).all()) if relation in ("\\le", "<") else bool((apart <= 0).all())


def close(head: torch.Tensor, value: torch.Tensor) -> bool:
    """Whether two values are the same but for rounding, wherever both are finite."""
    left, right = torch.broadcast_tensors(head, value)
    good = left.isfinite() & right.isfinite()
    if not bool(good.any()):
        return False
    # Of what is nothing there is no size: a first look lets rounding pass, the full check measures it.
    scale = float(left[good].abs().max()) if bool(right.any()) else 1.0
    return float((left - right)[good].abs().max()) <= CLOSE * max(scale, 1e-300)


def read(bench: Bench, claim: Claim, tree: n.Node) -> t.Term:
    """What another expression means in the place of the claimed side, with the sizes that its place gives it."""
    assert claim.read is not None
    if strip(tree) == strip(claim.head_node):
        raise Refusal("says-nothing", claim.span, "both sides are the same expression")
    term = claim.read(tree)
    scope = bench.problem.scope
    scope.fall_back()
    return settled(term, scope.solution)


def meaningful(bench: Bench, claim: Claim, stock: Stock, effort: Effort) -> Iterator[tuple[Candidate, t.Term]]:
    """The candidates that have a meaning with the right shape, each tree once, likeliest mistakes first."""
    seen: set[n.Node] = {claim.claimed_node}
    for candidate in candidates(claim.claimed_node, stock):
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


def passes(bench: Bench, claim: Claim, term: t.Term) -> bool:
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


def by_size(edit: Candidate) -> tuple[object, ...]:
    """The smallest first, of these those that say plainly what they make."""
    span = edit.span
    return edit.size, edit.tree != tidied(edit.tree), len(latex(edit.tree)), span.end - span.start, span


def smallest(bench: Bench, tree: n.Node, passing: list[tuple[Candidate, Claim]]) -> Repair:
    """The smallest of the edits of a tree that pass; of two that come to the same, the one that says it plainly."""
    distinct: dict[n.Node, tuple[Candidate, Claim]] = {}
    for each in sorted(passing, key=lambda each: by_size(each[0])):
        distinct.setdefault(plainest(each[0].tree), each)
    (best, made), *rest = distinct.values()
    others = [each for each, _ in rest if each.size == best.size]
    also = others[0].title if others and others[0].title != best.title else ""
    text = bench.problem.source.text
    return Repair(reworded(best, tree, text), len(rest), made, also=also)


def holding(bench: Bench, remade: Callable[[n.Node], Claim], tree: n.Node) -> Claim | None:
    """The claim that the line makes with another expression, where it has a meaning and passes the full check."""
    BUDGET.note(READING)
    try:
        made = remade(tree)
        world = bench.quickest(bench.worlds(made.conditions)[-1])
        head, value = (bench.value(side, made, world) for side in (made.head, made.claimed))
    except (Refusal, RecursionError, *UNKNOWN):
        return None
    return made if close(head, value) and passes(bench, made, made.claimed) else None
