"""What balls say of a claim: both sides enclosed at exact inputs, the simple ones first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from math import pi
from random import Random

from derivcheck.evaluation import sizes as drawing
from derivcheck.evaluation.arithmetic import BUDGET, NotExact, OutOfRange, TooLarge
from derivcheck.evaluation.grid import Grid, filled, narrow
from derivcheck.language.shapes import Dim, Domain
from derivcheck.oracles import modular
from derivcheck.oracles import rational as exact
from derivcheck.oracles.balls import (
    NAME,
    analytic,
    differentiates_at_all,
    integrates,
    speaks_of_constants,
    turns,
    weighs_by_logs,
)
from derivcheck.oracles.draws import Draws
from derivcheck.oracles.enclosing import INTEGRALS, PLAIN, SEVERAL, Care, Input, Look, Seen, look
from derivcheck.oracles.members import FREE, at_ends, special, usually
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim
from derivcheck.problem.terms import is_zero
from derivcheck.verdict import Doubt, Evidence, Outcome, Strength

Sizes = tuple[tuple[tuple[str, int], ...], ...]
STRICT = ("<", ">", "\\ne")
DEEP, FAR = 4, 2
"""So many inputs that agree are asked for 1000 digits, and so many where something was lost for 10000."""
SHARE, ENOUGH = 3e8, 2
"""Analytic sides that agree to 1000 digits are looked at no more than so often once this was paid, in nanoseconds."""
POINTS, USUAL, MATRIX_POINTS = 32, 16, 4
TAME, ALIKE = 100, 3
NEAR_PI = 1e-9
LITTLE = Fraction(1, 3)
TURNS = tuple(map(Fraction, ("1/2", "1", "1/6", "1/3", "3/4", "2", "1/4", "-1/2", "-1", "3/2")))
"""The multiples of π at which sines and cosines have the values that people know."""


def ask(draws: Draws, claim: Claim) -> Evidence:
    """Both sides at every input; the first counterexample is shown."""
    counts = dict.fromkeys(Look, 0)
    zero, nowhere, partial = True, "", ""
    touched: Input | None = None
    care = PLAIN
    if integrates(draws, claim):
        care = INTEGRALS if claim.relation == "=" else SEVERAL
    sizes: dict[tuple[tuple[str, int], ...], None] = {}
    same = analytic(draws, claim)
    # A slope may be where what it is of has no value, and none is at a corner; what is claimed of it has to be there.
    sloped = [differentiates_at_all(draws, replace(claim, head=head)) for head in (claim.claimed, claim.head)]
    asked = [side for side, slope in zip(("claimed", "left"), sloped, strict=True) if not slope]

    def settled() -> bool:
        """Whether sides that agree at all inputs so far, to 1000 digits at the first of them, agree at all."""
        return same and counts[Look.AGREE] == sum(counts.values()) >= DEEP

    for point in _inputs(draws, claim, care, settled):
        if same and care is PLAIN and BUDGET.price > SHARE and counts[Look.AGREE] == sum(counts.values()) > 0:
            # Large values, then: a second look at an input that has nothing special decides, and more repeat it.
            if counts[Look.AGREE] >= ENOUGH:
                break
            if not point.usual:
                continue
        sizes.setdefault(draws.shown(point.sizes))
        try:
            seen = look(draws, claim, point, deep=counts[Look.AGREE] < DEEP, far=counts[Look.LOST] < FAR, care=care)
        except OutOfRange:
            seen = Seen(Look.ABSENT)
        except NotExact as refused:
            easier = isinstance(refused, TooLarge) or (care is not PLAIN and not point.usual)
            if easier and counts[Look.HOLDS] + counts[Look.AGREE]:
                # Where numbers are usual it is enclosed, and at this one it is not.
                continue
            return Evidence(NAME, Outcome.NOT_CHECKED, detail=f"{refused.what} is not enclosed")
        counts[seen.look] += 1
        if seen.look is Look.WRONG:
            return _refuted(draws, point, seen, tuple(sizes), sum(counts.values()))
        if seen.look is Look.NOWHERE:
            nowhere = nowhere or seen.sides
        if seen.look is Look.ABSENT and seen.sides in asked and point.usual and not partial:
            where = _written(draws, point)
            partial = f"the {seen.sides} side alone has no value{f' at {where}' if where else ''}: {exact.PARTIAL}"
        if seen.look is Look.AGREE:
            zero &= seen.zero
            touched = touched or point
    if nowhere:
        return _without_value(claim, counts, tuple(sizes), nowhere)
    where = "" if touched is None else _written(draws, touched) or "one of the inputs"
    if claim.relation in STRICT and touched is not None:
        everywhere = not counts[Look.HOLDS]
        proof = modular.ask(draws, replace(claim, relation="=") if everywhere else _equal_at(claim, touched))
        if proof.outcome is Outcome.HOLDS:
            at = "" if everywhere else f" at {where}"
            detail = f"the sides agree to {care.digits} digits{at}, and that they are equal is proved"
            return Evidence(
                NAME, Outcome.WRONG, error=0.0, sizes=tuple(sizes), points=counts[Look.AGREE], detail=detail
            )
    good = counts[Look.AGREE] + (counts[Look.HOLDS] if claim.relation != "=" else 0)
    if partial and good and not weighs_by_logs(draws, claim):
        return Evidence(NAME, Outcome.UNDECIDED, sizes=tuple(sizes), points=good, detail=partial, doubt=Doubt.PARTIAL)
    vacuous = zero and not is_zero(claim.head) and not is_zero(claim.claimed)
    said = _said(claim, counts, tuple(sizes), where, vacuous, care)
    told = {look for look, count in counts.items() if count} == {Look.HOLDS}
    return replace(said, strength=Strength.PROOF) if told and speaks_of_constants(draws, claim) else said


def _equal_at(claim: Claim, point: Input) -> Claim:
    """That the sides are equal at an input, with the numbers in the place of the names that have the same entries."""
    known: list[tuple[str, t.Term]] = []
    for key, leaf in point.leaves.items():
        value: t.Term = t.Constant(leaf.entries[0])
        if key in point.turns:
            value = t.Multiply("scale", value, t.Constant("pi"))
        if leaf.shape[1:] == (1, 1):
            known.append((key, value))
    left, right = (t.Let(tuple(known), side, shape=side.shape) for side in (claim.head, claim.claimed))
    return replace(claim, relation="=", head=left, claimed=right)


def _without_value(claim: Claim, counts: Mapping[Look, int], sizes: Sizes, nowhere: str) -> Evidence:
    """Of an integral that does not exist: nothing is equal to it; where it may be infinite, an inequality is open."""
    everywhere = not any(count for seen, count in counts.items() if seen is not Look.NOWHERE)
    detail = nowhere.format("any input" if everywhere else "some inputs")
    outcome = Outcome.WRONG if everywhere and claim.relation == "=" else Outcome.UNDECIDED
    return Evidence(NAME, outcome, sizes=sizes, points=counts[Look.NOWHERE], doubt=Doubt.NO_VALUE, detail=detail)


def _said(claim: Claim, counts: Mapping[Look, int], sizes: Sizes, touched: str, zero: bool, care: Care) -> Evidence:
    holds, agree = counts[Look.HOLDS], counts[Look.AGREE]
    good, doubt = holds + agree, ""
    if claim.relation in STRICT and touched:
        # Not even 1000 digits show that the sides are equal there, and still less that they are not.
        doubt = f"the sides agree to {care.digits} digits at {touched}"
    elif zero and agree and not holds:
        doubt = "both sides are zero at every input: this tests nothing"
        parts = (part for side in (claim.head, claim.claimed) for part in t.walk(side))
        if any(isinstance(part, t.Expectation | t.Integral) for part in parts):
            # A mean that comes to 0 is worked out all the same: the other sources tell what they could have seen.
            return Evidence(NAME, Outcome.NOT_CHECKED, sizes=sizes, detail=doubt)
    elif not good and counts[Look.CANCELS] and not counts[Look.LOST]:
        # An integral that cancels may be 0: that is for a proof to say, and no number is small enough to tell.
        detail = "its integrals cancel: nothing is left to compare"
        if not any(map(_bends, (part for side in (claim.head, claim.claimed) for part in t.walk(side)))):
            # Moments that cancel are 0, as those of a score are.
            return Evidence(NAME, Outcome.NOT_CHECKED, sizes=sizes, detail=detail)
        return Evidence(NAME, Outcome.UNDECIDED, sizes=sizes, detail=detail, doubt=Doubt.TOUCH)
    elif not good and counts[Look.LOST]:
        good = counts[Look.LOST]
        digits = 1000 if care.farthest else care.digits
        doubt = f"a summand is smaller than what it is added to by more than {digits} digits: it was not seen"
    elif not good:
        return Evidence(NAME, Outcome.NOT_CHECKED, sizes=sizes, detail="no input at which both sides are enclosed")
    if doubt:
        return Evidence(NAME, Outcome.UNDECIDED, sizes=sizes, points=good, detail=doubt)
    detail = f"agrees to {care.digits} digits at {agree} inputs" if claim.relation == "=" else f"holds at {good} inputs"
    return Evidence(
        NAME, Outcome.HOLDS, bar=0.0, detectable=10.0**-care.digits, sizes=sizes, points=good, detail=detail
    )


def _refuted(draws: Draws, point: Input, seen: Seen, sizes: Sizes, points: int) -> Evidence:
    where = _written(draws, point)
    return Evidence(
        NAME, Outcome.WRONG, error=seen.error, bar=0.0, sizes=sizes, failing=(draws.shown(point.sizes),),
        points=points, detail=f"exact counterexample{f' at {where}' if where else ''}: {seen.sides}",
    )  # fmt: skip


def _written(draws: Draws, point: Input) -> str:
    """The input in words, if these are few."""
    words = exact.written(draws.problem, point.leaves)
    return ", ".join(f"{part} π" for part in words.split(", ")) if words and point.turns else words


def _inputs(
    draws: Draws, claim: Claim, care: Care = PLAIN, settled: Callable[[], bool] = lambda: False
) -> Iterator[Input]:
    """Exact inputs at two choices of sizes: those of the exact oracle, the simple ones first, and usual ones.

    Where these have ``settled`` the matter, the corners of the domains are left out.
    """
    seed = draws.settings.seed
    chosen = drawing.draw(draws.symbols, draws.problem, draws.fixed, seed, 2)
    if care is PLAIN and draws.symbols:
        alone = not exact.behind(draws.problem, claim)
        chosen = exact.sizes_for(draws, claim) if alone else [*chosen, *exact.larger_sizes(draws, claim, chosen)]
    for place, choice in enumerate(chosen):
        whole = drawing.complete(choice, draws.problem)
        source = Random(f"{seed} balls {place}")
        leaves, count = exact.exact_leaves(draws, claim, whole, source)
        domains = {key: draws.problem.declarations[key].domain for key in leaves}
        open_ones = {key: domain for key, domain in domains.items() if key not in draws.values}
        scalar = all(leaf.shape[1:] == (1, 1) for leaf in leaves.values())
        points = [
            {key: narrow(leaf, 0, number, 1) if leaf.shape[0] > 1 else leaf for key, leaf in leaves.items()}
            for number in range(min(count, POINTS if scalar else MATRIX_POINTS))
        ]
        usual = [
            {key: usually(domains[key], leaf, source) if key in open_ones else leaf for key, leaf in points[0].items()}
            for _ in range((USUAL if scalar else MATRIX_POINTS) if leaves else 0)
        ]
        corners: list[dict[str, Grid[Fraction]]] = []
        if leaves:
            corners += special(usual[-1], open_ones)
            usual += (at for _, at in at_ends(usual[-1], open_ones, source) if care.inputs is None)
        points += [*usual, *corners]
        points.sort(key=lambda at: any(abs(entry) > TAME for leaf in at.values() for entry in leaf.entries))
        if care.inputs is not None:
            # Where there are too many, simple ones and usual ones, and what touches if names are alike.
            points = [*points[:: -(-len(points) // care.inputs)], *(corners[-ALIKE:] if care is SEVERAL else ())]
            # What has a mean for large parameters may have none for small ones.
            ends = {key: domain.known_ends or (None, 0.0) for key, domain in open_ones.items()}
            bounded = {key: low for key, (low, high) in ends.items() if low is not None and high is None}
            little = {key: filled(points[0][key].shape, Fraction(repr(low)) + LITTLE) for key, low in bounded.items()}
            points += [{**points[0], **little}] if little and care is INTEGRALS and not place else []
        for number, at in enumerate(points):
            if any(at is corner for corner in corners) and settled():
                continue
            yield Input(whole, at, f"{seed} {place} {number}", number, usual=any(at is each for each in usual))
        if (turning := turns(draws, claim)) and care.inputs is None:
            for number, turn in enumerate(TURNS):
                at = {
                    key: filled(leaf.shape, turn * (FREE.get(domains[key].kind) or 1))
                    for key, leaf in points[0].items()
                }
                if all(_holds_turn(domains[key], leaf.entries[0]) for key, leaf in at.items()):
                    yield Input(whole, at, f"{seed} {place} turn {number}", number, turning)


def _bends(part: t.Term) -> bool:
    """Whether what is averaged or integrated is no polynomial as it is written."""
    found = part.body if isinstance(part, t.Expectation | t.Integral) else None
    kinds = (t.Elementary, t.Extremum, t.Indicator, t.Piecewise)
    return found is not None and any(isinstance(each, kinds) for each in t.walk(found))


def _holds_turn(domain: Domain, turn: Fraction) -> bool:
    """Whether so many π are in an interval, of whose ends float64 has neighbours only."""
    value = float(turn) * pi
    for end, sign, closed in zip((domain.low, domain.high), (1, -1), domain.closed, strict=True):
        if end is not None and not isinstance(end, Dim):
            beyond = sign * (value - end)
            if beyond < -NEAR_PI or (beyond < NEAR_PI and not closed):
                return False
    return True
