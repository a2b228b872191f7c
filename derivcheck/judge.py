"""From a claim to its evidence, and from that to its verdict."""

from __future__ import annotations

from collections.abc import Sequence

from derivcheck.evaluation.arithmetic import BUDGET, NotExact, NotSettled, OutOfRange, TooLarge
from derivcheck.evaluation.sizes import SizesError
from derivcheck.oracles.draws import CannotDraw, Draws
from derivcheck.oracles.exact import EXACT, Oracle
from derivcheck.problem.problem import Claim
from derivcheck.verdict import Evidence, Outcome, Strength, Verdict, Word
from derivcheck.weigh import final, weigh

EXACT_ENTRIES = 50_000
"""So many entries of all declared names together are drawn in rationals; with more of them float64 alone speaks."""


def judge_exactly(draws: Draws, claim: Claim) -> Verdict:
    """Ask the exact oracles alone: a claim that they do not decide is left for the numerical ones."""
    verdict = judge(draws, claim, EXACT)
    if verdict.outcome is Outcome.WRONG or proved(verdict):
        return verdict
    reasons = [each.detail for each in verdict.evidence if each.strength is Strength.PROOF and each.detail]
    if verdict.outcome is Outcome.UNDECIDED and any(e.outcome is Outcome.UNDECIDED for e in verdict.evidence):
        return verdict
    reason = "; ".join(("left for the numerical oracles", *reasons))
    return Verdict(Outcome.NOT_CHECKED, verdict.evidence, reason=reason)


def proved(verdict: Verdict) -> bool:
    """Whether it holds, and a proof says so."""
    return verdict.outcome is Outcome.HOLDS and verdict.strength is Word.PROVED


FORGIVEN = 2
"""So many sources may run out of their means before a claim is given up: each takes its time to do so."""


def judge(
    bench: Draws, claim: Claim, oracles: Sequence[Oracle] | None = None, *, hasty: bool = False,
    again: bool = False, known: Sequence[Evidence] = (),
) -> Verdict:  # fmt: skip
    """Ask every oracle that can speak on a claim, and weigh what they say; ``hasty`` stops where it is wrong anyhow.

    Asked ``again``, after all of them have spoken on other draws, a proof suffices: it rests on no draw.
    Oracles whose evidence is ``known`` are not asked.
    """
    said = {evidence.oracle: evidence for evidence in known}
    if oracles is None:
        from derivcheck.oracles.table import ORACLES

        oracles = ORACLES
    found: list[Evidence] = []
    lost: list[TooLarge] = []
    try:
        bench, claim = bench.at_sizes_of(claim)
        for oracle in oracles:
            if oracle.applies(bench, claim):
                try:
                    found.append(said.get(oracle.name) or _ask(oracle, bench, claim))
                except TooLarge as error:
                    # What is too much for one source may be little for the next.
                    lost.append(error)
                    if len(lost) > FORGIVEN or not _suffice_without_one(claim):
                        break
                    found.append(oracle.silent(_too_large(bench, error)))
                    continue
                if hasty and final(found[-1]) and weigh(found).outcome is Outcome.WRONG:
                    break
                if again and proved(weigh(found)):
                    break
    except RecursionError:
        reason = "it is nested too deeply to be evaluated; name some of its parts, or shorten the chain of definitions"
        return Verdict(Outcome.UNDECIDED, tuple(found), reason=reason)
    except OutOfRange as error:
        return Verdict(Outcome.WRONG, tuple(found), reason=f"index out of range: {error}")
    except CannotDraw as error:
        return Verdict(Outcome.NOT_CHECKED, tuple(found), reason=str(error))
    except SizesError as error:
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
            return oracle.silent("the sizes are too large for exact numbers")
        return oracle.evidence(bench, claim)
    except NotSettled as error:
        return oracle.silent(error.what)
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
    name = bench.problem.size_shown(bench.symbols[0])
    return f"too large to be checked: {error.what}; smaller sizes may help, as with `--sizes {name}=4`"
