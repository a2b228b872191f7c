"""Which single edit makes a wrong line hold: every candidate is tried, and what is shown was checked in full again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from derivcheck.diagnosis.candidate import Candidate
from derivcheck.diagnosis.looking import (
    MOST_SHOWN,
    MOST_TRIED,
    SLIP,
    UNKNOWN,
    Look,
    Repair,
    holding,
    looking,
    meaningful,
    passes,
    place,
    read,
    smallest,
)
from derivcheck.diagnosis.offers import stock_of
from derivcheck.diagnosis.pairing import paired
from derivcheck.diagnosis.rules import LEFT, candidates, edits_by
from derivcheck.diagnosis.stock import Stock
from derivcheck.diagnosis.synthesis import RANK, side_of, synthesised
from derivcheck.evaluation.arithmetic import Effort
from derivcheck.evaluation.evaluator import World
from derivcheck.oracles.bench import Bench
from derivcheck.problem.problem import Claim
from derivcheck.problem.scope import Refusal
from derivcheck.reading.vocabulary import INEQUALITY
from derivcheck.source import Span

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
    if not passing:
        return None
    made = [(each, replace(claim, claimed=read(bench, claim, each.tree))) for each in passing]
    found = smallest(bench, claim.claimed_node, made)
    return replace(found, far=put_together and found.edit.size > SLIP)


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
    effort = Effort(EFFORT / 4)
    passing: list[tuple[Candidate, Claim]] = []
    tried = 0
    for candidate, term in meaningful(bench, claim, stock_of(bench, claim), effort) if look is not None else ():
        if candidate.size > 1 or tried >= MOST_TRIED or (passing and candidate.rank > passing[0][0].rank):
            continue
        if look is not None and look.keeps(term, claim.relation):
            tried += 1
            if passes(bench, claim, term):
                passing.append((candidate, replace(claim, claimed=term)))
    return smallest(bench, claim.claimed_node, passing) if passing else None


def repair_head(bench: Bench, claim: Claim, instead: Repair | None = None) -> Repair | None:
    """What is wrong with the left side, so that the line holds: what it is differentiated by, an index, any slip.

    ``instead`` of a long edit of the right side only a shorter one will do.
    """
    if claim.reheaded is None or claim.relation != "=" or claim.solution is not None:
        return None
    effort = Effort(EFFORT / 4)
    passing: list[tuple[Candidate, Claim]] = []
    differentiated = claim.kind in ("gradient", "jacobian", "derivative")
    stock = stock_of(bench, claim)
    tried = edits_by(LEFT, claim.head_node, stock) if differentiated else candidates(claim.head_node, stock)
    for candidate in tried:
        if effort.spent or (passing and candidate.rank > passing[0][0].rank):
            break
        if candidate.rank > 1 if differentiated else candidate.size > SLIP:
            continue
        if (made := holding(bench, claim.reheaded, candidate.tree)) is not None:
            passing.append((candidate, made))
    if instead is not None and passing and min(each.size for each, _ in passing) >= instead.edit.size:
        return None
    return smallest(bench, claim.head_node, passing) if passing else None


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
