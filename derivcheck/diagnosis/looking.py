"""What an edit makes of a line: a first look at one input, then the whole check of what passes it.

Which single edit makes a wrong line hold: every candidate is tried, and what is shown was checked in full again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

import torch

from derivcheck.diagnosis.candidate import Candidate
from derivcheck.diagnosis.offers import stock_of
from derivcheck.diagnosis.pairing import paired
from derivcheck.diagnosis.rules import LEFT, candidates, edits_by
from derivcheck.diagnosis.stock import Stock
from derivcheck.diagnosis.synthesis import RANK, Looked, side_of, synthesised
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
from derivcheck.problem.problem import Claim
from derivcheck.problem.scope import Refusal
from derivcheck.problem.substitution import settled
from derivcheck.reading.vocabulary import INEQUALITY
from derivcheck.source import Span
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

    places: tuple[Looked, ...]
    heads: tuple[torch.Tensor, ...]

    def agrees(self, term: t.Term) -> bool:
        """Whether a term is what the left side is, wherever both are looked at; the cheapest first."""
        return self._everywhere(term, close)

    def keeps(self, term: t.Term, relation: str) -> bool:
        """Whether an inequality holds wherever the line is looked at."""
        return self._everywhere(term, torch.ge if relation in ("\\le", "<") else torch.le)

    def _everywhere(self, term: t.Term, holds: Callable[..., bool | torch.Tensor]) -> bool:
        seen = ((head, _value(at, term)) for at, head in zip(self.places, self.heads, strict=True))
        return all(value is not None and bool(torch.as_tensor(holds(value, head)).all()) for head, value in seen)


def looking(bench: Bench, claim: Claim) -> Look | None:
    """Where to look at a line; None where it cannot be drawn, or its left side has no value there."""
    try:
        world = bench.quickest(bench.worlds(claim.conditions)[-1])
        whole = place(bench, claim, world)
        if whole is None:
            return None
        frames = (whole,) if claim.solution is not None else (_cheapest(bench, claim, world), whole)
        with torch.no_grad():
            return Look(tuple(map(Looked, frames)), tuple(evaluate(claim.head, frame).detach() for frame in frames))
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


def _value(at: Looked, term: t.Term) -> torch.Tensor | None:
    """What a term is at a first look, without measuring rounding; None where it has no value."""
    # Each look may cost what one check may: the search as a whole has an effort of its own.
    BUDGET.renew()
    with suppress(*UNKNOWN), torch.no_grad():
        return at.value(term)
    return None


def close(value: torch.Tensor, head: torch.Tensor) -> bool:
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
    scope = bench.problem.scope
    given = dict(scope.given)
    term = claim.read(tree)
    # What two candidates have in common is called alike in both; a size of one says nothing of the other's.
    scope.given.update({stem: given.get(stem, 0) for stem in scope.given if stem[:1] != "?"})
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
    draws = (fresh, False), (bench, True)
    return all(judge(each, mended, QUICK, hasty=True, again=seen).outcome is Outcome.HOLDS for each, seen in draws)


def by_size(edit: Candidate) -> tuple[object, ...]:
    """The smallest first, of these a sign before anything else, and those that say plainly what they make."""
    span, signed = edit.span, edit.title.startswith("change the sign")
    return edit.size, not signed, edit.tree != tidied(edit.tree), len(latex(edit.tree)), span.end - span.start, span


def of_one_rank(
    tried: Iterable[Candidate], effort: Effort, make: Callable[[Candidate], Claim | None]
) -> list[tuple[Candidate, Claim]]:
    """Of the edits that make a claim that holds those of the likeliest rank, each tree tried once."""
    passing: list[tuple[Candidate, Claim]] = []
    seen: set[n.Node] = set()
    for candidate in tried:
        if effort.spent or (passing and candidate.rank > passing[0][0].rank):
            break
        if candidate.tree not in seen and (made := make(candidate)) is not None:
            passing.append((candidate, made))
        seen.add(candidate.tree)
    return passing


def smallest(bench: Bench, tree: n.Node, passing: list[tuple[Candidate, Claim]]) -> Repair | None:
    """The smallest of the edits of a tree that pass; of two that come to the same, the one that says it plainly."""
    if not passing:
        return None
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
    return made if close(value, head) and passes(bench, made, made.claimed) else None


EFFORT: Final = 3e9
"""What the search of one wrong line may cost, in the prices of the budget: the same on every machine."""
TURNED: Final = {"\\le": "\\ge", "\\ge": "\\le", "<": ">", ">": "<"}
TURNING: Final = str.maketrans("<>lg", "><gl")
"""The sign of an inequality, turned, letter by letter: ``\\leq``, ``\\geqslant``, ``<``."""


def repair(bench: Bench, claim: Claim) -> Repair | None:
    """The smallest edit of the claimed side after which the claim passes on fresh draws, or None."""
    if claim.read is None or (claim.solution is not None and claim.relation != "="):
        return None
    if claim.relation in TURNED:
        return _other_relation(bench, claim) or _within(bench, claim)
    if claim.relation != "=":
        return None
    look = looking(bench, claim)
    if look is None:
        return None
    # What the head costs, an integral perhaps, takes nothing from the search.
    effort = Effort(EFFORT)
    passing: list[Candidate] = []
    stock = stock_of(bench, claim)
    searched = put_together = False
    for candidate, term in meaningful(bench, claim, stock, effort):
        if passing and candidate.rank > passing[0].rank:
            break
        if not searched and candidate.rank >= RANK:
            searched = True
            passing = _found(bench, claim, stock, look)
            if put_together := bool(passing):
                break
        if look.agrees(term) and passes(bench, claim, term):
            passing.append(candidate)
    if not passing and not searched:
        put_together, passing = True, _found(bench, claim, stock, look)
    made = [(each, replace(claim, claimed=read(bench, claim, each.tree))) for each in passing]
    found = smallest(bench, claim.claimed_node, made)
    return found and replace(found, far=put_together and found.edit.size > SLIP)


def _other_relation(bench: Bench, claim: Claim) -> Repair | None:
    """The inequality the other way round, where that holds."""
    text = bench.problem.source.text
    start, end = claim.head_node.span.end, claim.claimed_node.span.start
    sign = INEQUALITY.search(text, start, max(start, end))
    if sign is None or not passes(bench, replace(claim, relation=TURNED[claim.relation]), claim.claimed):
        return None
    other = sign[0][:2].translate(TURNING) + sign[0][2:]
    title = f"turn the sign: `{other}`"
    edit = Candidate(1, claim.claimed_node, Span(sign.start(), sign.end()), other, title, 1)
    return Repair(edit, 0, replace(claim, relation=TURNED[claim.relation]))


def _within(bench: Bench, claim: Claim) -> Repair | None:
    """A slip of one sign, name or number after which an inequality holds."""
    look = looking(bench, claim)
    slight = (each for each in candidates(claim.claimed_node, stock_of(bench, claim)) if each.size <= 1)

    def make(candidate: Candidate) -> Claim | None:
        BUDGET.note(READING)
        with suppress(Refusal, RecursionError):
            made = replace(claim, claimed=read(bench, claim, candidate.tree))
            if look is not None and look.keeps(made.claimed, claim.relation) and passes(bench, made, made.claimed):
                return made
        return None

    return smallest(bench, claim.claimed_node, of_one_rank(slight, Effort(EFFORT / 4), make))


def repair_head(bench: Bench, claim: Claim, instead: Repair | None = None) -> Repair | None:
    """What is wrong with the left side, so that the line holds: what it is differentiated by, an index, any slip.

    ``instead`` of a long edit of the right side only a shorter one will do.
    """
    if claim.reheaded is None or claim.relation != "=" or claim.solution is not None:
        return None
    differentiated = claim.kind in ("gradient", "jacobian", "derivative")
    stock = stock_of(bench, claim)
    tried = edits_by(LEFT, claim.head_node, stock) if differentiated else candidates(claim.head_node, stock)
    short = (each for each in tried if (each.rank <= 1 if differentiated else each.size <= SLIP))

    def make(candidate: Candidate) -> Claim | None:
        made = holding(bench, claim.reheaded, candidate.tree) if claim.reheaded is not None else None
        return made if made is not None and made.head != made.claimed else None

    found = smallest(bench, claim.head_node, of_one_rank(short, Effort(EFFORT / 4), make))
    return None if instead is not None and found is not None and found.edit.size >= instead.edit.size else found


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
            same = any(one.span.overlaps(candidate.span) for one in passing)
            if not same and passes(bench, claim, term):
                passing.append(candidate)
    return passing or known


def _telling(bench: Bench, world: World) -> tuple[int, int]:
    sizes = [size for name, size in world.sizes.items() if name in bench.symbols]
    return len(set(sizes)), min(sizes, default=0)
