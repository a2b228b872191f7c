"""From typed evidence to one verdict: what each source's word rests on and which part of the claim it looks at.

Nothing here knows a source by its name, or by how it says what it saw. Where two sources see the same of a claim and
contradict each other, nothing is decided; *wrong* needs firm ground (``confirmed``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import ceil, log10
from typing import Final

from derivcheck.verdict import Doubt, Evidence, Outcome, Sees, Strength, Verdict, Word

HOLDS, WRONG, UNDECIDED = Outcome.HOLDS, Outcome.WRONG, Outcome.UNDECIDED

OF_ACCURACY: Final = frozenset((Doubt.ROUNDING, Doubt.BETWEEN))
"""Doubts of what is measured about its own accuracy, which a proof settles."""

OUT_OF_RANGE: Final = frozenset((Doubt.NO_VALUE, Doubt.VACUOUS))
"""Doubts of sides that overflow or underflow: they may have values where numbers have more digits."""

OF_CHOICE: Final = frozenset((Doubt.VACUOUS, Doubt.TOUCH, Doubt.PARTIAL))
"""Doubts of the inputs at which a claim was tested: what is exact was tested at no better ones."""

CONTESTED: Final = frozenset((Sees.ROUTE, Sees.DERIVATIVE, Sees.DIFFERENCES, Sees.SUBGRADIENTS, Sees.EXTREMUM))
"""What others look at as well and may see otherwise: a discrepancy alone decides nothing."""

RIGOROUS: Final = frozenset((Strength.EXACT, Strength.ENCLOSED))
"""What refutes by a counterexample in which nothing was rounded away."""

BEYOND_SLOPES: Final = frozenset((Sees.HEIGHT,))
"""What a proof that the slope vanishes says nothing about."""

RIVALS: Final = (
    (
        frozenset((Sees.ROUTE,)),
        "two ways of working out the same integral contradict each other: one of them is unusable here",
    ),
    (
        frozenset((Sees.ROOT, Sees.EXTREMUM)),
        "the equation has several solutions: it holds at one of them and not at another",
    ),
)
"""Sources that see all of the same claim, so that nothing is decided where they contradict each other."""

CONTRADICTION: Final = "a proof and a counterexample at the same sizes contradict each other, so that neither counts"
UNSEEN: Final = "and yet nothing that is measured at the same sizes sees a difference"
UNCONFIRMED: Final = "one source sees a difference at one input, and nothing confirms it: "
NOTHING_SEEN: Final = 1e-3
"""A relative error beyond which nothing is said to be seen: of what is 0, a relative error is none."""
LEAST_INPUTS: Final = 2
"""So many inputs have to show what only one source in floating point sees."""


def weigh(found: Sequence[Evidence]) -> Verdict:
    """One verdict from several sources; where two of them contradict each other nothing is decided."""
    everything = tuple(found)
    proofs = [one for one in found if one.strength is Strength.PROOF]
    others = [one for one in found if one.strength is not Strength.PROOF]
    spoken = [one for one in proofs if _speaks(one)]
    verdict = confirmed(_measured(others), found)
    if not spoken:
        # What numbers failed by says more than that there is no proof, which is open for few claims.
        silent = not any(_speaks(one) or one.detail for one in others)
        detail = next((one.detail for one in proofs if one.detail), "")
        return replace(verdict, evidence=everything, reason=(silent and detail) or verdict.reason)
    heard = any(map(_speaks, others))
    for proof in sorted(spoken, key=lambda one: one.bound):
        verdict = _beside(proof, verdict, others) if heard else _alone(proof)
        others, heard = [*others, proof], True
    return replace(verdict, evidence=everything)


def final(one: Evidence) -> bool:
    """Whether nothing that is asked after it matters where all so far say wrong."""
    return one.sees not in CONTESTED and not (one.strength is Strength.PROOF and one.bound)


def _speaks(one: Evidence) -> bool:
    return one.outcome is not Outcome.NOT_CHECKED


def _alone(proof: Evidence) -> Verdict:
    return _proved(proof) if proof.outcome is HOLDS else Verdict(proof.outcome, reason=proof.detail)


def _beside(proof: Evidence, rest: Verdict, others: Sequence[Evidence]) -> Verdict:
    """A proof, or the failure of one, beside what the other sources say."""
    spoken = [one for one in others if _speaks(one)]
    wrong = [one for one in spoken if one.outcome is WRONG]
    match proof.outcome, rest.outcome:
        case Outcome.HOLDS, Outcome.HOLDS:
            return _proved(proof)
        case Outcome.HOLDS, Outcome.UNDECIDED if any(one.doubt is Doubt.PARTIAL for one in spoken):
            # A proof speaks of what both sides have a value for.
            return rest
        case Outcome.HOLDS, Outcome.UNDECIDED if not proof.bound or _of_accuracy(spoken) or _of_inputs(spoken):
            return _proved(proof)
        case Outcome.HOLDS, Outcome.WRONG if proof.sees is Sees.SLOPE and {one.sees for one in wrong} & BEYOND_SLOPES:
            return rest
        case Outcome.HOLDS, Outcome.WRONG if any(_meet(proof, one) for one in wrong):
            return Verdict(UNDECIDED, reason=f"{CONTRADICTION}: {rest.reason}")
        case Outcome.UNDECIDED, Outcome.HOLDS if proof.doubt is Doubt.TOUCH:
            # It fails at a size at which nothing else looked.
            return Verdict(UNDECIDED, reason=proof.detail)
        case Outcome.WRONG, Outcome.HOLDS if proof.doubt is not Doubt.NO_VALUE:
            # Whoever holds where there is said to be no value has one, and knows better.
            return _refuted(proof, spoken)
        case Outcome.WRONG, Outcome.UNDECIDED if proof.doubt is Doubt.NO_VALUE or _of_accuracy(spoken):
            return Verdict(WRONG, reason=proof.detail)
    return rest


def _refuted(proof: Evidence, spoken: Sequence[Evidence]) -> Verdict:
    """A proof that a claim fails where all that was measured agrees with it: at other sizes both may be right."""
    holding = [one for one in spoken if one.outcome is HOLDS and _meet(one, proof)]
    if not holding:
        return Verdict(WRONG, reason=proof.detail)
    if any(one.strength in (Strength.PROOF, *RIGOROUS) for one in holding):
        return Verdict(UNDECIDED, reason=f"{CONTRADICTION}: {proof.detail}")
    return Verdict(UNDECIDED, reason=f"{proof.detail}, {UNSEEN}{_finest(holding, ' down to ')}")


def _meet(holding: Evidence, wrong: Evidence) -> bool:
    """Whether what holds and what does not speak of a common size."""
    if holding.all_sizes or not holding.sizes or not wrong.failing:
        return True
    return any(_agree(one, other) for one in holding.sizes for other in wrong.failing)


def _agree(one: Sequence[tuple[str, int]], other: Sequence[tuple[str, int]]) -> bool:
    """Whether two choices of sizes give no name two values."""
    known = dict(one)
    return all(known.get(name, size) == size for name, size in other)


def _of_accuracy(spoken: Sequence[Evidence]) -> bool:
    """Whether the first doubt is one of accuracy alone."""
    doubts = [one.doubt for one in spoken if one.outcome is UNDECIDED]
    return bool(doubts) and doubts[0] in OF_ACCURACY


def _of_inputs(spoken: Sequence[Evidence]) -> bool:
    """Whether all doubt is whether numbers tell what holds, which a proof knows."""
    doubts = {one.doubt for one in spoken if one.outcome is UNDECIDED}
    return bool(doubts) and doubts <= {Doubt.TOUCH, *OF_ACCURACY}


def _proved(proof: Evidence) -> Verdict:
    return Verdict(HOLDS, said=proof_words(proof), strength=Word.PROVED)


def proof_words(proof: Evidence) -> str:
    """``proved for every φ, ℓ at n = 3, 5``, or with its bound: ``proved, error < 1e-28``."""
    said = f"proved for every {', '.join(proof.every)}" if proof.every else "proved"
    if not proof.all_sizes and any(proof.sizes):
        said += f" at {sizes_words(proof.sizes)}"
    return said if proof.every or not proof.bound else f"{said}, error < {bound_words(proof.bound)}"


def bound_words(bound: float) -> str:
    """A bound on a probability as a power of ten: ``1e-28``."""
    return f"1e{ceil(log10(bound))}"


def sizes_words(sizes: Iterable[Sequence[tuple[str, int]]]) -> str:
    """``n = 2, 3``, or ``(m, n) = (2, 3), (4, 2)``; of many the ends: ``(m, n) = (2, 3), …, (9, 11)``."""
    shown = sorted({tuple(choice) for choice in sizes if choice})
    names = ", ".join(name for name, _ in shown[0])
    values = [", ".join(str(size) for _, size in choice) for choice in shown]
    if len(shown[0]) == 1:
        return f"{names} = {', '.join(values)}"
    told = [f"({value})" for value in values]
    return f"({names}) = {', '.join(told if len(told) < 4 else (told[0], '…', told[-1]))}"


def _measured(found: Sequence[Evidence]) -> Verdict:
    """One verdict from all sources but proofs."""
    spoken = [one for one in found if _speaks(one)]
    if not spoken:
        reason = next((one.detail for one in found if one.detail), "no oracle can speak on this line")
        return Verdict(UNDECIDED, reason=reason)
    exact = [one for one in spoken if one.strength in RIGOROUS]
    for one in exact:
        if one.outcome is WRONG:
            return Verdict(WRONG, reason=one.detail)
    enclosed = next((one for one in exact if one.strength is Strength.ENCLOSED), None)
    against = [one for one in spoken if one.outcome in (WRONG, UNDECIDED) and one is not enclosed]
    if enclosed is not None and all(map(_of_float, against)):
        # Enclosures see what rounding hides, and also where it hides everything.
        return agreeing(spoken) if enclosed.outcome is HOLDS else Verdict(enclosed.outcome, reason=enclosed.detail)
    by_rules, by_differences = _which(spoken, Sees.DERIVATIVE), _which(spoken, Sees.DIFFERENCES)
    if by_rules is not None and by_differences is not None:
        return _three_way(by_rules, by_differences, _which(spoken, Sees.SUBGRADIENTS), spoken)
    for rivals, reason in RIVALS:
        if {HOLDS, WRONG} <= {one.outcome for one in spoken if one.sees in rivals}:
            return Verdict(UNDECIDED, reason=reason)
    root = _which(spoken, Sees.ROOT)
    if root is not None and root.outcome is UNDECIDED:
        # Which of several solutions is meant is not known, whatever holds at the one that is an optimum.
        return Verdict(UNDECIDED, reason=root.detail)
    wrong = next((one for one in spoken if one.outcome is WRONG), None)
    if wrong is not None:
        return Verdict(WRONG, reason=wrong.detail)
    if any(one.sees is Sees.ROUTE and one.outcome is HOLDS for one in spoken):
        # Where one way of working out an integral is too coarse, another that sees all of the same decides.
        spoken = [one for one in spoken if one.sees is not Sees.ROUTE or one.doubt not in OF_ACCURACY]
    doubts = [one for one in spoken if one.outcome is UNDECIDED]
    if any(one.outcome is HOLDS for one in exact):
        # Exact numbers settle what rounding leaves open, but not whether anything was tested, nor where.
        doubts = [one for one in doubts if one.doubt in OF_CHOICE]
    return Verdict(UNDECIDED, reason=doubts[0].detail) if doubts else agreeing(spoken)


def _of_float(one: Evidence) -> bool:
    """Whether what a source says against a claim rests on what floating point does not tell."""
    return one.doubt in OF_ACCURACY or (one.outcome is UNDECIDED and one.doubt in OUT_OF_RANGE)


def _which(found: Sequence[Evidence], sees: Sees) -> Evidence | None:
    return next((one for one in found if one.sees is sees), None)


def _three_way(rules: Evidence, differences: Evidence, kinks: Evidence | None, spoken: Sequence[Evidence]) -> Verdict:
    """The hand formula, its derivative by rules and by differences: the odd one out is named."""
    match rules.outcome, differences.outcome:
        case Outcome.HOLDS, Outcome.HOLDS | Outcome.UNDECIDED:
            return agreeing(spoken)
        case Outcome.HOLDS, Outcome.WRONG:
            other = f"{rules.oracle} and the claim agree, {differences.oracle} do not"
            return Verdict(UNDECIDED, reason=f"{other}: one of the two references is unusable here")
        case Outcome.WRONG, _ if kinks is not None and kinks.outcome is HOLDS:
            return agreeing([kinks])
        case Outcome.WRONG, _ if kinks is not None and kinks.outcome is UNDECIDED:
            return Verdict(UNDECIDED, reason=f"at a kink: {kinks.detail}")
        case Outcome.WRONG, Outcome.HOLDS if not _too_coarse(rules, differences):
            other = f"{differences.oracle} and the claim agree, {rules.oracle} does not"
            return Verdict(UNDECIDED, reason=f"{other}: {rules.oracle} is the odd one out here")
        case Outcome.WRONG, _:
            return Verdict(WRONG, reason=rules.detail)
        case Outcome.UNDECIDED, Outcome.WRONG if rules.doubt is not Doubt.VACUOUS:
            return Verdict(WRONG, reason=differences.detail)
    return Verdict(UNDECIDED, reason=rules.detail or differences.detail)


def _too_coarse(rules: Evidence, differences: Evidence) -> bool:
    """Whether the differences' bars are so wide that they agree with the claim and with the rules alike."""
    if rules.relative is None or differences.detectable is None:
        return False
    return rules.relative < differences.detectable


def confirmed(verdict: Verdict, found: Sequence[Evidence]) -> Verdict:
    """*Wrong* where a second look says so too: exact arithmetic, another source, or another input.

    A discrepancy that one source in floating point sees at one input alone may be that source's own.
    """
    wrong = [one for one in found if one.outcome is WRONG]
    if verdict.outcome is not WRONG or len(wrong) > 1 or wrong[0].strength in RIGOROUS:
        return verdict
    if wrong[0].seen >= LEAST_INPUTS:
        return verdict
    return Verdict(UNDECIDED, reason=UNCONFIRMED + (verdict.reason or wrong[0].oracle))


def agreeing(spoken: Sequence[Evidence]) -> Verdict:
    """It holds as far as these sources see: which they are, at how many inputs, and what they could have seen."""
    holding = [one for one in spoken if one.outcome is HOLDS]
    points = inputs_of(holding)
    inputs = f", at {points} input{'s' * (points != 1)}" if points else ""
    said = f"agrees: {' · '.join(one.oracle for one in holding)}{inputs}{_finest(holding, ', to ')}"
    return Verdict(HOLDS, said=said, strength=Word.AGREES)


def inputs_of(found: Sequence[Evidence]) -> int:
    """At how many inputs the source that looked at most of them agrees."""
    return max((one.points for one in found if one.outcome is HOLDS), default=0)


def finest(found: Sequence[Evidence]) -> float | None:
    """The smallest relative error that one of these sources would have seen; None where that is not known.

    One that searches for an input at which a relation fails sees no error, but whether there is one.
    """
    if any(one.strength is Strength.SEARCH and one.sees is Sees.WHOLE for one in found if one.outcome is HOLDS):
        return None
    seen = [one.detectable for one in found if one.outcome is HOLDS and one.detectable is not None]
    return min((value for value in seen if value < NOTHING_SEEN), default=None)


def _finest(found: Sequence[Evidence], lead: str) -> str:
    value = finest(found)
    return "" if not value else f"{lead}{value:.0e}"
