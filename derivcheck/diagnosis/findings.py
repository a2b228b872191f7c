"""The message for a claim that does not hold: what is claimed, what is true and how we know, help, replay."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from derivcheck.config import Settings
from derivcheck.problem.constraints import tied_names
from derivcheck.problem.problem import Claim, Problem, Refused
from derivcheck.reading.unread import counts_pi
from derivcheck.source import Span
from derivcheck.verdict import Doubt, Edit, Evidence, Finding, Outcome, Severity, Strength, Verdict
from derivcheck.weigh import bound_words, proof_words

if TYPE_CHECKING:
    from derivcheck.diagnosis.looking import Repair
    from derivcheck.oracles.bench import Bench

CODES = {
    "gradient": "wrong-gradient",
    "jacobian": "wrong-jacobian",
    "hessian": "wrong-hessian",
    "derivative": "wrong-derivative",
    "identity": "wrong-identity",
    "distribution": "wrong-distribution",
    "expectation": "wrong-expectation",
    "optimum": "wrong-optimum",
    "inequality": "wrong-inequality",
    "solution": "wrong-solution",
}

FIGURES = (6, 9, 12, 15, 17)
"""With so many figures numbers are shown, the first of these that tells them apart."""


def finding_for(
    problem: Problem, claim: Claim, verdict: Verdict, bench: Bench | None, settings: Settings
) -> Finding | None:
    """The finding for a judged claim, or None where there is nothing to say.

    Without a bench, where only exact oracles were asked, nothing is tried to explain or to mend it.
    """
    match verdict.outcome:
        case Outcome.HOLDS:
            return None
        case Outcome.WRONG if claim.expected_wrong or verdict.carried_from is not None:
            return None
        case Outcome.WRONG:
            return _wrong(problem, claim, verdict, bench, settings)
    written = " ".join(problem.source.slice(claim.line_span).split())
    asked = verdict.outcome is Outcome.NOT_CHECKED and _is_a_condition(claim, problem)
    code = "undecided" if verdict.outcome is Outcome.UNDECIDED else "not-checked"
    return Finding(
        code=code,
        severity=Severity.WARNING,
        message=f"{_said(claim)} is {verdict.outcome}: {verdict.reason}",
        span=claim.span,
        line_span=claim.line_span,
        claim=claim.name,
        replay=replay(problem, claim.name, settings),
        help=f"if it is asked of the inputs, say so: with `{written}`" if asked else None,
    )


def _said(claim: Claim) -> str:
    what = {
        "gradient": "the gradient",
        "jacobian": "the Jacobian",
        "hessian": "the Hessian",
        "derivative": "the derivative",
    }
    return f"{what[claim.kind]} `{claim.title}`" if claim.kind in what else f"`{claim.title}`"


def _wrong(problem: Problem, claim: Claim, verdict: Verdict, bench: Bench | None, settings: Settings) -> Finding:
    facts = facts_of(claim, verdict)
    span, label = claim.span, ""
    help: str | None = None
    edits: tuple[Edit, ...] = ()
    missing = _without_value(verdict)
    if bench is not None and not missing and not _without_reference(verdict):
        found, explained = _explained(problem, claim, bench)
        facts += explained
        if found is not None:
            proof = _proof(bench, found)
            span, label, help, edits = _shown_repair(problem, found, proof or CHECKED, proved=bool(proof))
    return Finding(
        code="no-value" if missing else CODES[claim.kind],
        severity=Severity.ERROR,
        message=f"{'this mean' if claim.kind == 'expectation' else 'this integral'} has no value"
        if missing
        else _message(claim, verdict),
        span=claim.line_span if missing else span,
        line_span=claim.line_span,
        label=label,
        facts=tuple(fact for fact in facts if fact),
        help=help,
        replay=replay(problem, claim.name, settings),
        claim=claim.name,
        edits=edits,
    )


def facts_of(claim: Claim, verdict: Verdict) -> list[str]:
    """What is claimed and what is true, and where that was seen."""
    odd = [e for e in verdict.evidence if e.outcome is Outcome.WRONG]
    if not odd:
        return [verdict.reason] if verdict.reason else []
    # That it is no identity mod a prime says nothing to a reader.
    worded = [e for e in odd if e.claimed is None and (e.strength is not Strength.PROOF or e.doubt is Doubt.NO_VALUE)]
    details = [e.detail for e in odd if e in worded or e.oracle == "rate"]
    seen = _where_seen(next((e for e in odd if e.claimed is not None), odd[0]))
    return [fact for fact in (_figures(claim, verdict.evidence), *details, seen) if fact]


def _is_a_condition(claim: Claim, problem: Problem) -> bool:
    """Whether this is an equation between inputs alone, which can only be asked of them."""
    if claim.relation != "=" or claim.solution is not None:
        return False
    return tied_names(claim.head, claim.claimed, problem.declarations) is not None


def _without_value(verdict: Verdict) -> bool:
    """Whether an integral in the line is seen not to exist: no edit gives it a value."""
    return any(e.doubt is Doubt.NO_VALUE and e.strength is Strength.ENCLOSED for e in verdict.evidence)


def _without_reference(verdict: Verdict) -> bool:
    """Whether there is no optimum that an edit of the claimed side could reach: the search for it would be in vain."""
    return any(e.oracle == "optimum" and e.outcome is Outcome.UNDECIDED for e in verdict.evidence)


def _explained(problem: Problem, claim: Claim, bench: Bench) -> tuple[Repair | None, list[str]]:
    """The edit that mends a line, and what else there is to say of it."""
    from derivcheck.diagnosis.looking import repair, repair_head
    from derivcheck.diagnosis.readings import amount_of, reading_of
    from derivcheck.evaluation.arithmetic import BUDGET

    BUDGET.renew()
    facts = [_right_later(problem, claim, bench)]
    found = repair(bench, claim)
    if found is None or found.far:
        found = repair_head(bench, claim, found) or found
    if found is not None and claim.relation != "=":
        return found, facts
    reading = reading_of(bench, claim, sizes=found is None)
    if reading is not None:
        facts.append(f"reading: {reading}")
    elif found is None and (amount := amount_of(bench, claim)) is not None:
        facts.append(amount[0])
        found = amount[1]
    return found, facts


CHECKED = "the line then holds, checked on fresh inputs and other sizes"


def _proof(bench: Bench, found: Repair) -> str:
    """What is proved of the mended line; nothing if it was only checked."""
    from derivcheck.oracles import modular

    evidence = modular.ask(bench, found.made)
    if evidence.outcome is not Outcome.HOLDS:
        return ""
    said = proof_words(replace(evidence, bound=0.0))
    return f"the line is then {said} (error probability < {bound_words(evidence.bound)})"


def _shown_repair(
    problem: Problem, found: Repair, proof: str, *, proved: bool
) -> tuple[Span, str, str, tuple[Edit, ...]]:
    """The place, the words at the caret, the help and the edit itself."""
    edit = found.edit
    help = f"{edit.title}; {proof}"
    if found.others == 1 and found.also:
        help += f" (or {found.also})"
    elif found.others:
        help += f" ({found.others} other edit{'s' if found.others > 1 else ''} would do too)"
    written = problem.source.slice(edit.span)
    label = "this edit makes the line hold"
    if edit.title.startswith("replace `") and edit.title.count("`") == 4 and len(edit.replacement) <= 24:
        label = f"`{edit.title.split('`')[3]}` here makes the line hold"
    edits = (Edit(edit.span, edit.replacement, edit.title, proved, found.far),) if written.strip() else ()
    return edit.span, label, help, edits


def _message(claim: Claim, verdict: Verdict) -> str:
    if claim.kind in ("gradient", "jacobian", "hessian", "derivative"):
        asked = any(e.oracle == "autograd" for e in verdict.evidence)
        return f"{_said(claim)} is not what {'autograd gives' if asked else 'the definitions give'}"
    if claim.kind == "inequality":
        return f"`{claim.title}` does not hold"
    if claim.kind == "solution":
        return f"`{claim.title}` does not follow from the equation above"
    return f"this {'is not proportional to' if claim.proportional else 'does not equal'} `{claim.title}`"


def _figures(claim: Claim, evidence: tuple[Evidence, ...]) -> str:
    """Claimed and true side by side, at the entry where they differ most."""
    wrong = [e for e in evidence if e.outcome is Outcome.WRONG and e.claimed is not None]
    if not wrong:
        return ""
    first = wrong[0]
    entry = first.where or ""
    shown = _told_apart(first.claimed, *(e.reference for e in wrong))
    parts = [f"claimed {entry.strip() + ' = ' if entry else ''}{shown[0]}"]
    for other, reference in zip(wrong, shown[1:], strict=True):
        name = {
            "values": "left side",
            "rational": "left side, exactly",
            "cells": "left side, exactly",
            "solution": "at the solution",
            "minimiser": "at the optimum of what was differentiated",
            "inequality": "left side",
        }
        bar = f" ± {other.bar:.0e}" if other.oracle == "differences" and other.bar is not None else ""
        if other is first or (other.where == first.where and other.claimed == first.claimed):
            parts.append(f"{name.get(other.oracle, other.oracle)} {reference}{bar}")
        if other.oracle in ("rational", "cells") and other.detail:
            parts.append(other.detail)
            break
    if shown[0] == shown[1] and first.error:
        parts.insert(2, f"they differ by {first.error:.1e}")
    return "   ".join(parts)


def _told_apart(claimed: float | None, *references: float | None) -> list[str]:
    """Numbers to six figures, or to as many as tell what is claimed from each of the others, where it differs."""
    others = [value for value in references if value is not None and value != claimed]
    known = claimed if claimed is not None else 0.0
    figures = (m for m in FIGURES if all(f"{known:.{m}g}" != f"{other:.{m}g}" for other in others))
    many = next(figures, FIGURES[-1])
    return ["?" if value is None else f"{value:.{many}g}" for value in (claimed, *references)]


def _where_seen(evidence: Evidence) -> str:
    """At which sizes it fails, or at how many inputs."""
    tried = _distinct(evidence.sizes)
    failing = _distinct(evidence.failing)
    if not tried:
        return f"{evidence.points} input{'s' if evidence.points > 1 else ''} tried" if evidence.points else ""
    if not failing or len(failing) == len(tried):
        return f"fails at every size tried ({_listed(tried)})" if len(tried) > 1 else f"seen at {_listed(tried)}"
    holding = [choice for choice in tried if choice not in failing]
    return f"fails at {_listed(failing)}; not at {_listed(holding)}"


def _distinct(choices: tuple[tuple[tuple[str, int], ...], ...]) -> list[tuple[tuple[str, int], ...]]:
    """The choices of sizes, each once; sizes to which nobody gave a letter are not told."""
    told = {tuple(entry for entry in choice if not entry[0].startswith("?")) for choice in choices}
    return sorted(choice for choice in told if choice)


def _listed(choices: list[tuple[tuple[str, int], ...]]) -> str:
    """``D = 2, 3, 5`` for one size; for several the first two draws: ``m = 2, n = 3; m = 4, n = 2; …``."""
    if len(choices[0]) == 1:
        return f"{choices[0][0][0]} = {', '.join(str(choice[0][1]) for choice in choices)}"
    shown = "; ".join(", ".join(f"{name} = {size}" for name, size in choice) for choice in choices[:2])
    return shown + ("; …" if len(choices) > 2 else "")


def _right_later(problem: Problem, claim: Claim, bench: Bench) -> str:
    """Whether a later member of the same chain is right again."""
    from derivcheck.diagnosis.blame import UNKNOWN
    from derivcheck.oracles.comparing import compare

    members = [c for c in problem.claims if isinstance(c, Claim) and c.chain == claim.chain and c.relation == "="]
    behind = [c for c in members if c.span.start > claim.span.start and c.solution is None]
    for other in behind:
        try:
            parts = [
                compare(bench, other, world, other.head, other.claimed) for world in bench.worlds(other.conditions)
            ]
        except UNKNOWN:
            continue
        if all(part.outcome is Outcome.HOLDS for part in parts):
            line = problem.source.position(other.span.start).place.words
            return f"the chain is right again on {line}: wrong in the middle, right further on"
    return ""


def refused_finding(
    problem: Problem, claim: Refused, verdict: Verdict, bench: Bench | None, dependent: Sequence[Span] = ()
) -> Finding | None:
    """The finding for a line without a meaning; at the ``dependent`` places claims rest on it."""
    if claim.bug is not None:
        return claim.bug
    wrong = verdict.outcome is Outcome.WRONG
    if claim.expected_wrong and wrong:
        return None
    facts: list[str] = []
    if bench is not None and claim.scalar is not None:
        from derivcheck.diagnosis.readings import scalar_reading

        reading = scalar_reading(bench, claim)
        if reading:
            facts.append(f"reading: {reading}")
    message = claim.message if wrong else f"not checked: {verdict.reason if verdict.missing else claim.message}"
    help, edits = _own_pi(problem, claim), tuple[Edit, ...]()
    if help is None and bench is not None and wrong:
        from derivcheck.diagnosis.refitting import repair_refused

        mended = repair_refused(bench, claim, dependent)
        if mended is not None:
            proof = _proof(mended.bench or bench, mended)
            _, _, help, edits = _shown_repair(problem, mended, proof or CHECKED, proved=bool(proof))
    return Finding(
        code=claim.code,
        severity=Severity.ERROR if wrong else Severity.WARNING,
        message=message,
        span=claim.span,
        line_span=claim.line_span,
        facts=tuple(facts),
        help=help or claim.help,
        claim=claim.name,
        edits=edits,
    )


def _own_pi(problem: Problem, claim: Refused) -> str | None:
    r"""What to do about ``2\pi`` where the document's π is a vector: weights, a policy."""
    declared = problem.scope.names.get("\\pi")
    written = problem.source.slice(claim.line_span)
    if claim.code not in ("shape-mismatch", "not-a-scalar") or declared is None or not counts_pi(written):
        return None
    line = problem.source.position(declared.span.start).place.words
    return f"`\\pi` stands for what is declared on {line}, in `2\\pi` too: give that another name"


def replay(problem: Problem, name: str | None, settings: Settings) -> str:
    """The command that repeats this one check, or the whole of it."""
    one = ["--claim", name] if name is not None else []
    parts = ["derivcheck", "check", problem.source.path, *one, "--seed", str(settings.seed)]
    for size_name, size in settings.sizes.items():
        parts += ["--sizes", f"{size_name}={size}"]
    for reading, choice in problem.source.insisted:
        parts += ["--reading", f"{reading}={choice}"]
    return shlex.join([*parts, *settings.repeated])
