"""Which single edit makes a wrong line hold: every candidate is tried, and what is shown was checked in full again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import torch

from derivcheck.diagnosis.candidate import Candidate
from derivcheck.diagnosis.edits import candidates
from derivcheck.diagnosis.offers import stock_of
from derivcheck.diagnosis.operands import any_operand, inserted_operands
from derivcheck.diagnosis.pairing import paired
from derivcheck.diagnosis.places import places_of
from derivcheck.diagnosis.rebuilding import Refit, refits
from derivcheck.diagnosis.regrouping import other_functions
from derivcheck.diagnosis.stock import Stock
from derivcheck.diagnosis.synthesis import RANK, side_of, synthesised
from derivcheck.diagnosis.wording import reworded
from derivcheck.evaluation.arithmetic import NotExact, OutOfRange
from derivcheck.evaluation.budget import BUDGET, Effort
from derivcheck.evaluation.evaluator import Frame, World, evaluate
from derivcheck.evaluation.integration import GaussianAlgebra
from derivcheck.evaluation.sizes import SizesError
from derivcheck.language import nodes as n
from derivcheck.oracles import piecewise
from derivcheck.oracles.bench import Bench, CannotDraw
from derivcheck.oracles.joint import at_solution
from derivcheck.problem import terms as t
from derivcheck.problem.context import strip
from derivcheck.problem.problem import Claim, Refused
from derivcheck.problem.scope import Refusal
from derivcheck.problem.settling import settled
from derivcheck.source import Span
from derivcheck.verdict import Outcome

EFFORT: Final = 3e9
"""What the search of one wrong line may cost, in the prices of the budget: the same on every machine."""
READING: Final = 500_000
"""The price of finding out what one edit of a line means."""
CLOSE: Final = 1e-9
MOST_SHOWN: Final = 3
"""So many that are equally good are looked for."""
SLIP: Final = 3
"""A slip changes so many tokens at most."""
MOST_TRIED: Final = 8
"""So many of what synthesis finds are checked in full."""
UNKNOWN: Final = (CannotDraw, SizesError, NotExact, OutOfRange, KeyError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Repair:
    """The edit that was checked to mend a line, how many others of the same kind would do too, and the line then."""

    edit: Candidate
    others: int
    made: Claim
    far: bool = False
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


def repair(bench: Bench, claim: Claim) -> Repair | None:
    """The smallest single edit of the claimed side after which the claim passes on fresh draws, or None."""
    if claim.read is None or claim.relation != "=":
        return None
    look = looking(bench, claim)
    if look is None:
        return None
    # What the head costs, an integral perhaps, takes nothing from the search.
    effort = Effort(EFFORT)
    passing: list[Candidate] = []
    stock = stock_of(bench, claim)
    searched = put_together = False
    for candidate, term in _meaningful(bench, claim, stock, effort):
        if passing and candidate.rank > passing[0].rank:
            break
        if not searched and candidate.rank >= RANK:
            searched = True
            passing = _found(bench, claim, stock, look)
            if put_together := bool(passing):
                break
        if look.agrees(term) and _passes(bench, claim, term):
            passing.append(candidate)
    if not passing and not searched:
        put_together, passing = True, _found(bench, claim, stock, look)
    if not passing:
        return None
    made = [(each, replace(claim, claimed=read(bench, claim, each.tree))) for each in passing]
    found = _smallest(bench, claim.claimed_node, made)
    return replace(found, far=put_together and found.edit.size > SLIP)


def repair_head(bench: Bench, claim: Claim) -> Repair | None:
    """The other name by which the left side is to be differentiated, or its other index, so that the line holds."""
    if claim.reheaded is None or claim.kind not in ("gradient", "jacobian", "derivative") or claim.solution is not None:
        return None
    effort = Effort(EFFORT / 4)
    passing: list[tuple[Candidate, Claim]] = []
    for candidate in other_functions(claim.head_node, stock_of(bench, claim)):
        if effort.spent or candidate.rank != 1:
            continue
        if (made := _holding(bench, claim.reheaded, candidate.tree)) is not None:
            passing.append((candidate, made))
    return _smallest(bench, claim.head_node, passing) if passing else None


def _found(bench: Bench, claim: Claim, stock: Stock, look: Look) -> list[Candidate]:
    """The smallest synthesised edits that pass the full check, at one place or at two."""
    try:
        # Sizes that are told apart from each other and from small numbers.
        telling = max(bench.worlds(claim.conditions), key=lambda each: _telling(bench, each))
        world = bench.first(bench.quickest(telling))
        here = place(bench, claim, world)
    except UNKNOWN:
        return []
    if here is None or claim.part is None:
        return []
    if (side := side_of(claim, stock, here)) is None:
        return []
    passing = _first_passing(bench, claim, look, synthesised(side), [])
    if not passing or passing[0].size > SLIP:
        # Two slips are likelier than one long one.
        passing = _first_passing(bench, claim, look, paired(side), passing)
    return passing


def _first_passing(
    bench: Bench, claim: Claim, look: Look, made: Iterator[Candidate], known: list[Candidate]
) -> list[Candidate]:
    """The smallest of these that pass the full check; what is known already where none is smaller."""
    passing: list[Candidate] = []
    tried = 0
    for candidate in made:
        if known and candidate.size >= known[0].size:
            break
        if (passing and candidate.size > passing[0].size) or tried >= MOST_TRIED or len(passing) >= MOST_SHOWN:
            break
        try:
            term = read(bench, claim, candidate.tree)
        except (Refusal, RecursionError):
            continue
        if look.agrees(term):
            tried += 1
            # What is done to a factor may be done to the product: it is one edit.
            same = any(_overlap(one.span, candidate.span) for one in passing)
            if not same and _passes(bench, claim, term):
                passing.append(candidate)
    return passing or known


def repair_refused(bench: Bench, refused: Refused, dependent: Sequence[Span] = ()) -> Repair | None:
    """The smallest single edit that gives a line without a meaning one that holds.

    Where it is no line of its own, a definition or a row that solves an equation, those at the ``dependent`` places.
    """
    BUDGET.renew()
    return _refused_alone(bench, refused) or _refitted(bench, refused, dependent)


def _refitted(bench: Bench, refused: Refused, dependent: Sequence[Span]) -> Repair | None:
    """An edit with which the document, read anew, has a meaning there, and what depends on it holds."""
    from derivcheck.judge import judge
    from derivcheck.oracles.table import QUICK

    if not dependent and not refused.implied:
        return None
    passing: list[tuple[Refit, Claim]] = []
    tried = 0
    for refit in refits(bench, refused, dependent):
        if tried >= MOST_TRIED or (passing and refit.edit.rank > passing[0][0].edit.rank):
            break
        other = Bench(refit.problem, bench.settings)
        if not all(_agrees(other, each) for each in refit.claims):
            continue
        tried += 1
        fresh = Bench(refit.problem, replace(bench.settings, seed=bench.settings.seed + 104_729))
        if all(judge(each, one, QUICK).outcome is Outcome.HOLDS for one in refit.claims for each in (fresh, other)):
            passing.append((refit, refit.claims[0]))
    if not passing:
        return None
    found = _smallest(bench, passing[0][0].tree, [(refit.edit, made) for refit, made in passing])
    holder = next(refit for refit, made in passing if made is found.made)
    return replace(found, bench=Bench(holder.problem, bench.settings))


def _agrees(bench: Bench, claim: Claim) -> bool:
    """Whether both sides are the same at one draw."""
    look = looking(bench, claim)
    return look is not None and look.agrees(claim.claimed)


def _refused_alone(bench: Bench, refused: Refused) -> Repair | None:
    attempt = refused.attempt
    if attempt is None or attempt.remade is None:
        return None
    effort = Effort(EFFORT)
    passing: list[tuple[Candidate, Claim]] = []
    seen: set[n.Node] = {attempt.claimed_node}
    stock = stock_of(bench, attempt)
    if refused.code == "unbound-index":
        stock = replace(stock, letters=(*stock.letters, *_script_letters(attempt.claimed_node, stock)))
    # A name of another shape may be just what is wrong.
    tree = attempt.claimed_node
    tried = (*candidates(tree, stock), *any_operand(tree, stock), *inserted_operands(tree, stock))
    for candidate in sorted(tried, key=lambda c: (c.rank, c.size)):
        if effort.spent or (passing and candidate.rank > passing[0][0].rank):
            break
        if candidate.tree in seen:
            continue
        seen.add(candidate.tree)
        if (made := _holding(bench, attempt.remade, candidate.tree)) is not None:
            passing.append((candidate, made))
    if not passing:
        return None
    return _smallest(bench, attempt.claimed_node, passing)


def _script_letters(tree: n.Node, stock: Stock) -> Iterator[n.Node]:
    """The letters in scripts that are no names: one of them may be the index that nothing binds."""
    known = {*stock.letters, *stock.names, *stock.sizes}
    for node, _, script in places_of(tree, lambda new: new):
        if script and isinstance(node, n.Name) and node not in known:
            yield node


def _holding(bench: Bench, remade: Callable[[n.Node], Claim], tree: n.Node) -> Claim | None:
    """The claim that the line makes with another expression, where it has a meaning and passes the full check."""
    BUDGET.note(READING)
    try:
        made = remade(tree)
        world = bench.quickest(bench.worlds(made.conditions)[-1])
        head, value = (bench.value(side, made, world) for side in (made.head, made.claimed))
    except (Refusal, RecursionError, *UNKNOWN):
        return None
    return made if close(head, value) and _passes(bench, made, made.claimed) else None


def _smallest(bench: Bench, tree: n.Node, passing: list[tuple[Candidate, Claim]]) -> Repair:
    """The smallest of the edits of a tree that pass."""
    best, made = min(passing, key=lambda each: (each[0].size, each[0].span))
    distinct = {(candidate.span, candidate.replacement) for candidate, _ in passing}
    text = bench.problem.source.text
    return Repair(reworded(best, tree, text), len(distinct) - 1, made)


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def _telling(bench: Bench, world: World) -> tuple[int, int]:
    sizes = [size for name, size in world.sizes.items() if name in bench.symbols]
    return len(set(sizes)), min(sizes, default=0)


def read(bench: Bench, claim: Claim, tree: n.Node) -> t.Term:
    """What another expression means in the place of the claimed side, with the sizes that its place gives it."""
    assert claim.read is not None
    if strip(tree) == strip(claim.head_node):
        raise Refusal("says-nothing", claim.span, "both sides are the same expression")
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
    # Of what is nothing there is no size: a first look lets rounding pass, the full check measures it.
    scale = float(left[good].abs().max()) if bool(right.any()) else 1.0
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
