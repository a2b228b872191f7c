"""From the evidence of the oracles to one verdict, and from a claim to its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from derivcheck.evaluation.arithmetic import NotExact, NotSettled, OutOfRange, TooLarge
from derivcheck.evaluation.budget import BUDGET
from derivcheck.evaluation.sizes import SizesError
from derivcheck.oracles.draws import CannotDraw, Draws
from derivcheck.oracles.exact import EXACT, PROOFS, PROVING, Oracle
from derivcheck.problem.problem import Claim
from derivcheck.verdict import Evidence, Outcome, Verdict

SAID = {
    "cells": "proved",
    "rational": "exact",
    "modular": "proved",
    "balls": "100 digits",
    "values": "values",
    "autograd": "autograd",
    "differences": "differences",
    "kinks": "subgradients",
    "inequality": "search",
    "solution": "solved",
    "minimiser": "minimised",
    "integral": "quadrature",
    "Gaussian": "Gaussian algebra",
    "Bayes": "Bayes",
    "slope": "slopes",
    "normaliser": "normalised",
    "optimum": "optimum",
    "stationarity": "stationary",
    "comparison": "no better place",
    "EM": "EM",
    "rate": "rate",
    "EM end": "EM end",
}

INTEGRALS = ("integral", "Gaussian")
WHOLE = {
    INTEGRALS: "two ways of working out the same integral contradict each other: one of them is unusable here",
    ("solution", "minimiser"): "the equation has several solutions: it holds at one of them and not at another",
}
"""Sources that see all of the same claim, so that nothing is decided where they contradict each other."""

EXACT_ENTRIES = 50_000
"""So many entries of all declared names together are drawn in rationals; with more of them float64 alone speaks."""


SETTLED = ("rounding is", "the discrepancy is")
"""Doubts of the numerical oracles that a proof settles: those about their accuracy, not about each other."""

NO_VALUE = "no value at any input"
"""How a side that is nowhere defined is said to be wrong: numbers, which see nothing there, do not contradict."""

CURVED = "the curvature there"
"""How a stationary place of the wrong kind is said to be wrong."""


def judge_exactly(draws: Draws, claim: Claim) -> Verdict:
    """Ask the exact oracles alone: a claim that they do not decide is left for the numerical ones."""
    verdict = judge(draws, claim, EXACT)
    if verdict.outcome is Outcome.WRONG or proved(verdict):
        return verdict
    reasons = [evidence.detail for evidence in verdict.evidence if evidence.oracle in PROVING and evidence.detail]
    if verdict.outcome is Outcome.UNDECIDED and any(e.outcome is Outcome.UNDECIDED for e in verdict.evidence):
        return verdict
    reason = "; ".join(("left for the numerical oracles", *reasons))
    return Verdict(Outcome.NOT_CHECKED, verdict.evidence, reason=reason)


def proved(verdict: Verdict) -> bool:
    """Whether it holds, and a proof says so."""
    proofs = [e for e in verdict.evidence if e.oracle in PROVING and e.outcome is Outcome.HOLDS]
    return verdict.outcome is Outcome.HOLDS and bool(proofs)


DECISIVE = frozenset(
    (
        "cells", "rational", "balls", "values", "inequality", "solution", "Bayes", "normaliser", "optimum",
        "stationarity", "comparison",
    )
)  # fmt: skip
"""Where one of these says wrong and no proof before it says otherwise, nothing that is asked after it matters."""


FORGIVEN = 2
"""So many sources may run out of their means before a claim is given up: each takes its time to do so."""


def judge(
    bench: Draws, claim: Claim, oracles: Sequence[Oracle] | None = None, *, hasty: bool = False,
    known: Sequence[Evidence] = (),
) -> Verdict:  # fmt: skip
    """Ask every oracle that can speak on a claim, and weigh what they say; ``hasty`` stops where it is wrong anyhow.

    Oracles whose evidence is ``known`` are not asked.
    """
    said = {evidence.oracle: evidence for evidence in known}
    if oracles is None:
        from derivcheck.oracles.table import ORACLES

        oracles = ORACLES
    found: list[Evidence] = []
    lost: list[TooLarge] = []
    try:
        for oracle in oracles:
            if oracle.applies(bench, claim):
                try:
                    found.append(said.get(oracle.name) or _ask(oracle, bench, claim))
                except TooLarge as error:
                    # What is too much for one source may be little for the next.
                    lost.append(error)
                    if len(lost) > FORGIVEN or not _suffice_without_one(claim):
                        break
                    found.append(Evidence(oracle.name, Outcome.NOT_CHECKED, detail=_too_large(bench, error)))
                    continue
                if hasty and found[-1].oracle in DECISIVE and weigh(found).outcome is Outcome.WRONG:
                    break
    except RecursionError:
        reason = "it is nested too deeply to be evaluated; name some of its parts, or shorten the chain of definitions"
        return Verdict(Outcome.UNDECIDED, tuple(found), reason=reason)
    except OutOfRange as error:
        return Verdict(Outcome.WRONG, tuple(found), reason=f"index out of range: {error}")
    except (CannotDraw, SizesError) as error:
        return Verdict(Outcome.UNDECIDED, tuple(found), reason=str(error))
    except NotExact as error:
        return Verdict(Outcome.NOT_CHECKED, tuple(found), reason=f"{error.what} is not supported")
    except KeyError as error:
        if str(error.args[0]).startswith("?"):
            return Verdict(
                Outcome.NOT_CHECKED,
                tuple(found),
                reason="a size in this line is not determined by what stands around it",
            )
        raise
    verdict = weigh(found)
    if lost and (not _suffice_without_one(claim) or verdict.outcome not in (Outcome.HOLDS, Outcome.WRONG)):
        return Verdict(Outcome.UNDECIDED, tuple(found), reason=_too_large(bench, lost[0]))
    if claim.stationary and verdict.outcome is Outcome.WRONG:
        # Not a statement about every input, then, but an equation in one of them.
        return Verdict(
            Outcome.NOT_CHECKED, tuple(found), reason="an equation to be solved: no row below it gives its solution"
        )
    return verdict


def _suffice_without_one(claim: Claim) -> bool:
    """Whether the others decide where one source ran out of its means: of an optimum each sees one side only."""
    return claim.kind not in ("optimum", "solution") and claim.relation == "="


def _ask(oracle: Oracle, bench: Draws, claim: Claim) -> Evidence:
    """What an oracle says within its budget. Where exact numbers are too many, the others may still speak."""
    BUDGET.renew()
    try:
        exact = oracle in EXACT
        if exact and bench.entries > EXACT_ENTRIES:
            return Evidence(oracle.name, Outcome.NOT_CHECKED, detail="the sizes are too large for exact numbers")
        return oracle.ask(bench, claim)
    except NotSettled as error:
        return Evidence(oracle.name, Outcome.NOT_CHECKED, detail=error.what)
    except MemoryError as error:
        raise TooLarge("its values do not fit into the memory") from error
    except RuntimeError as error:
        if "allocate memory" in str(error):  # torch has no exception of its own for this
            raise TooLarge("its values do not fit into the memory") from error
        raise
    finally:
        BUDGET.renew()


def _too_large(bench: Draws, error: TooLarge) -> str:
    """What is too large, and what to do about it."""
    if not bench.symbols or not error.by_size:
        return f"too large to be checked: {error.what}"
    name = bench.problem.size_names.get(bench.symbols[0], bench.symbols[0])
    return f"too large to be checked: {error.what}; smaller sizes may help, as with `--sizes {name}=4`"


def weigh(found: Sequence[Evidence]) -> Verdict:
    """One verdict from several sources; where two of them contradict each other nothing is decided.

    An enclosure that excludes what is claimed leaves no doubt, whatever others say of it.
    """
    refuted = next((e for e in found if e.oracle == "balls" and e.outcome is Outcome.WRONG), None)
    if refuted is not None:
        return Verdict(Outcome.WRONG, tuple(found), reason=refuted.detail)
    proofs = [evidence for evidence in found if evidence.oracle in PROOFS]
    others = [evidence for evidence in found if evidence.oracle not in PROOFS]
    spoken = [evidence for evidence in proofs if evidence.outcome is not Outcome.NOT_CHECKED]
    if not spoken:
        detail = next((evidence.detail for evidence in proofs if evidence.detail), "")
        verdict = _weigh_numbers(others)
        # What numbers failed by says more than that there is no proof, which is open for few claims.
        silent = not any(evidence.outcome is not Outcome.NOT_CHECKED or evidence.detail for evidence in others)
        return replace(verdict, evidence=tuple(found), reason=(silent and detail) or verdict.reason)
    return _weigh_proof(spoken[0], others, tuple(found))


def _weigh_proof(proof: Evidence, others: Sequence[Evidence], found: tuple[Evidence, ...]) -> Verdict:
    """A proof or its failure beside the other sources. Where they contradict each other, one of them has a bug."""
    heard = any(evidence.outcome is not Outcome.NOT_CHECKED for evidence in others)
    rest = replace(_weigh_numbers(others), evidence=found) if heard else None
    if rest is None:
        said = _proved(proof) if proof.outcome is Outcome.HOLDS else ""
        return Verdict(proof.outcome, found, said, "" if said else proof.detail)
    if rest.reason.startswith(CURVED):
        # Mod a prime nothing is larger than another: a proof shows where the slope vanishes, not which way it bends.
        return rest
    match proof.outcome, rest.outcome:
        case Outcome.HOLDS, Outcome.HOLDS:
            return Verdict(Outcome.HOLDS, found, _proved(proof))
        case Outcome.HOLDS, Outcome.UNDECIDED if rest.reason.startswith(SETTLED):
            return Verdict(Outcome.HOLDS, found, _proved(proof))
        case (Outcome.HOLDS, Outcome.WRONG) | (Outcome.WRONG, Outcome.HOLDS):
            which = "proved" if proof.outcome is Outcome.HOLDS else "refuted"
            reason = f"it is {which} mod a prime, and numbers say otherwise: one of the two has a bug, please report it"
            return Verdict(Outcome.UNDECIDED, found, reason=reason)
        case Outcome.WRONG, Outcome.UNDECIDED if rest.reason.startswith(SETTLED) or NO_VALUE in proof.detail:
            return Verdict(Outcome.WRONG, found, reason=proof.detail)
    return rest


def _proved(proof: Evidence) -> str:
    """``proved for every φ, ℓ``, or with its bound: ``proved, error < 1e-28``."""
    said = proof.detail.partition(";")[0]
    return said.partition(", error")[0] if "for every" in said else said


def _weigh_numbers(found: Sequence[Evidence]) -> Verdict:
    """One verdict from all sources but proofs."""
    spoken = [evidence for evidence in found if evidence.outcome is not Outcome.NOT_CHECKED]
    if not spoken:
        reason = next((evidence.detail for evidence in found if evidence.detail), "no oracle can speak on this line")
        return Verdict(Outcome.UNDECIDED, tuple(found), reason=reason)
    proof = next((evidence for evidence in spoken if evidence.oracle == "cells"), None)
    if proof is not None and len(spoken) > 1:
        return _with_proof(proof, [evidence for evidence in spoken if evidence is not proof], found)
    by_name = {evidence.oracle: evidence for evidence in spoken}
    said = " · ".join(SAID[evidence.oracle] for evidence in spoken if evidence.outcome is Outcome.HOLDS)
    exact = by_name.get("rational")
    if exact is not None and exact.outcome is Outcome.WRONG:
        return Verdict(Outcome.WRONG, tuple(found), reason=exact.detail)
    enclosed = by_name.get("balls")
    if enclosed is not None and not any(evidence.outcome is Outcome.WRONG for evidence in spoken):
        # What float64 doubts, it doubts by its rounding; what it cannot see it does not doubt.
        holds = enclosed.outcome is Outcome.HOLDS
        return Verdict(enclosed.outcome, tuple(found), said if holds else "", "" if holds else enclosed.detail)
    autograd, differences = by_name.get("autograd"), by_name.get("differences")
    if autograd is not None and differences is not None:
        return _three_way(autograd, differences, by_name.get("kinks"), found, said)
    wrong = next((evidence for evidence in spoken if evidence.outcome is Outcome.WRONG), None)
    for pair, reason in WHOLE.items():
        if {Outcome.HOLDS, Outcome.WRONG} <= {by_name[name].outcome for name in pair if name in by_name}:
            return Verdict(Outcome.UNDECIDED, tuple(found), reason=reason)
    solved = by_name.get("solution")
    if solved is not None and solved.outcome is Outcome.UNDECIDED:
        # Which of several solutions is meant is not known, whatever holds at the one that is an optimum.
        return Verdict(Outcome.UNDECIDED, tuple(found), reason=solved.detail)
    if wrong is not None:
        return Verdict(Outcome.WRONG, tuple(found), reason=wrong.detail)
    ways = [by_name[name] for name in INTEGRALS if name in by_name]
    if any(evidence.outcome is Outcome.HOLDS for evidence in ways):
        # Where one way of working out an integral is too coarse, another that sees all of the same decides.
        spoken = [each for each in spoken if each not in ways or not each.detail.startswith(SETTLED)]
    holding = [evidence for evidence in spoken if evidence.outcome is Outcome.HOLDS]
    if exact is not None and exact.outcome is Outcome.HOLDS and _only_rounding(spoken):
        return Verdict(Outcome.HOLDS, tuple(found), said)
    if len(holding) == len(spoken):
        return Verdict(Outcome.HOLDS, tuple(found), said)
    doubt = next(evidence for evidence in spoken if evidence.outcome is Outcome.UNDECIDED)
    return Verdict(Outcome.UNDECIDED, tuple(found), reason=doubt.detail)


def _with_proof(proof: Evidence, others: Sequence[Evidence], found: Sequence[Evidence]) -> Verdict:
    """A proof or a checked counterexample decides; where the cells are undecided the others do, and prove nothing."""
    everything = tuple(found)
    if proof.outcome is Outcome.WRONG:
        return Verdict(Outcome.WRONG, everything, reason=proof.detail)
    verdict = replace(weigh(others), evidence=everything)
    if proof.outcome is not Outcome.HOLDS:
        return verdict
    if verdict.outcome is not Outcome.WRONG:
        return Verdict(Outcome.HOLDS, everything, said=proof.detail)
    if proof.sizes:  # the others tried more sizes than the proof speaks of
        return verdict
    reason = f"a proof and a refutation contradict each other: {verdict.reason}"
    return Verdict(Outcome.UNDECIDED, everything, reason=reason)


def _only_rounding(spoken: Sequence[Evidence]) -> bool:
    """Whether the doubt of the floating-point oracles is one of rounding, which exact arithmetic settles."""
    return all(
        evidence.outcome is Outcome.HOLDS or not evidence.detail.startswith("both sides are zero")
        for evidence in spoken
    )


def _too_coarse(autograd: Evidence, differences: Evidence) -> bool:
    """Whether the differences' bars are so wide that they agree with the claim and with autograd alike."""
    if autograd.relative is None or differences.detectable is None:
        return False
    return autograd.relative < differences.detectable


def _three_way(
    autograd: Evidence, differences: Evidence, kinks: Evidence | None, found: Sequence[Evidence], said: str
) -> Verdict:
    """The hand formula, autograd and differences: the odd one out is named."""
    everything = tuple(found)
    match autograd.outcome, differences.outcome:
        case Outcome.HOLDS, Outcome.HOLDS | Outcome.UNDECIDED:
            return Verdict(Outcome.HOLDS, everything, said)
        case Outcome.HOLDS, Outcome.WRONG:
            reason = "autograd agrees with the claim, differences do not: one of the two references is unusable here"
            return Verdict(Outcome.UNDECIDED, everything, reason=reason)
        case Outcome.WRONG, _ if kinks is not None and kinks.outcome is Outcome.HOLDS:
            return Verdict(Outcome.HOLDS, everything, "subgradients")
        case Outcome.WRONG, _ if kinks is not None and kinks.outcome is Outcome.UNDECIDED:
            return Verdict(Outcome.UNDECIDED, everything, reason=f"at a kink: {kinks.detail}")
        case Outcome.WRONG, Outcome.HOLDS if not _too_coarse(autograd, differences):
            reason = "differences agree with the claim, autograd does not: autograd is the odd one out here"
            return Verdict(Outcome.UNDECIDED, everything, reason=reason)
        case Outcome.WRONG, _:
            return Verdict(Outcome.WRONG, everything, reason=autograd.detail)
        case Outcome.UNDECIDED, Outcome.WRONG if not autograd.detail.startswith("both"):
            return Verdict(Outcome.WRONG, everything, reason=differences.detail)
    return Verdict(Outcome.UNDECIDED, everything, reason=autograd.detail or differences.detail)
