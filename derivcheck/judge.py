"""From the evidence of the oracles to one verdict, and from a claim to its evidence."""

from __future__ import annotations

from collections.abc import Sequence

from derivcheck.evaluation.arithmetic import NotExact, OutOfRange
from derivcheck.evaluation.sizes import SizesError
from derivcheck.oracles.bench import Bench, CannotDraw
from derivcheck.oracles.table import ORACLES
from derivcheck.problem.problem import Claim
from derivcheck.verdict import Evidence, Outcome, Verdict

SAID = {
    "rational": "exact",
    "values": "values",
    "autograd": "autograd",
    "differences": "differences",
    "kinks": "subgradients",
    "inequality": "search",
    "solution": "solved",
}


def judge(bench: Bench, claim: Claim) -> Verdict:
    """Ask every oracle that can speak on a claim, and weigh what they say."""
    found: list[Evidence] = []
    try:
        for oracle in ORACLES:
            if oracle.applies(bench, claim):
                found.append(oracle.ask(bench, claim))
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
    if claim.stationary and verdict.outcome is Outcome.WRONG:
        # Not a statement about every input, then, but an equation in one of them.
        return Verdict(
            Outcome.NOT_CHECKED, tuple(found), reason="an equation to be solved: no row below it gives its solution"
        )
    return verdict


def weigh(found: Sequence[Evidence]) -> Verdict:
    """One verdict from several sources; where two of them contradict each other nothing is decided."""
    spoken = [evidence for evidence in found if evidence.outcome is not Outcome.NOT_CHECKED]
    if not spoken:
        reason = next((evidence.detail for evidence in found if evidence.detail), "no oracle can speak on this line")
        return Verdict(Outcome.UNDECIDED, tuple(found), reason=reason)
    by_name = {evidence.oracle: evidence for evidence in spoken}
    said = " · ".join(SAID[evidence.oracle] for evidence in spoken if evidence.outcome is Outcome.HOLDS)
    exact = by_name.get("rational")
    if exact is not None and exact.outcome is Outcome.WRONG:
        return Verdict(Outcome.WRONG, tuple(found), reason=exact.detail)
    autograd, differences = by_name.get("autograd"), by_name.get("differences")
    if autograd is not None and differences is not None:
        return _three_way(autograd, differences, by_name.get("kinks"), found, said)
    wrong = next((evidence for evidence in spoken if evidence.outcome is Outcome.WRONG), None)
    if wrong is not None:
        return Verdict(Outcome.WRONG, tuple(found), reason=wrong.detail)
    holding = [evidence for evidence in spoken if evidence.outcome is Outcome.HOLDS]
    if exact is not None and exact.outcome is Outcome.HOLDS and _only_rounding(spoken):
        return Verdict(Outcome.HOLDS, tuple(found), said)
    if len(holding) == len(spoken):
        return Verdict(Outcome.HOLDS, tuple(found), said)
    doubt = next(evidence for evidence in spoken if evidence.outcome is Outcome.UNDECIDED)
    return Verdict(Outcome.UNDECIDED, tuple(found), reason=doubt.detail)


def _only_rounding(spoken: Sequence[Evidence]) -> bool:
    """Whether the doubt of the floating-point oracles is one of rounding, which exact arithmetic settles."""
    return all(
        evidence.outcome is Outcome.HOLDS or not evidence.detail.startswith("both sides are zero")
        for evidence in spoken
    )


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
        case Outcome.WRONG, Outcome.HOLDS:
            reason = "differences agree with the claim, autograd does not: autograd is the odd one out here"
            return Verdict(Outcome.UNDECIDED, everything, reason=reason)
        case Outcome.WRONG, _ if kinks is not None and kinks.outcome is Outcome.HOLDS:
            return Verdict(Outcome.HOLDS, everything, "subgradients")
        case Outcome.WRONG, _ if kinks is not None and kinks.outcome is Outcome.UNDECIDED:
            return Verdict(Outcome.UNDECIDED, everything, reason=f"at a kink: {kinks.detail}")
        case Outcome.WRONG, _:
            return Verdict(Outcome.WRONG, everything, reason=autograd.detail)
        case Outcome.UNDECIDED, Outcome.WRONG if not autograd.detail.startswith("both"):
            return Verdict(Outcome.WRONG, everything, reason=differences.detail)
    return Verdict(Outcome.UNDECIDED, everything, reason=autograd.detail or differences.detail)
