"""What is said of all claims of a document together: a mistake in a definition is said once, at the definition."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from derivcheck.config import Settings
from derivcheck.diagnosis.findings import facts_of, finding_for, refused_finding, replay
from derivcheck.isolation import Isolation
from derivcheck.problem.problem import Claim, Problem, Refused
from derivcheck.reading.unread import folded
from derivcheck.source import NOWHERE, Place
from derivcheck.verdict import Edit, Finding, Outcome, Result, Severity, Verdict

if TYPE_CHECKING:
    from derivcheck.diagnosis.blame import Blame, Holds, Inquiry
    from derivcheck.oracles.bench import Bench


def explained(
    problem: Problem, wanted: Sequence[Claim | Refused], results: Sequence[Result], bench: Bench | None,
    settings: Settings, holds: Holds, isolation: Isolation,
) -> tuple[list[Result], list[Finding]]:  # fmt: skip
    """The findings for judged claims, and the claims with the definitions that are at fault for them.

    A definition of which one edit mends several lines is blamed for them; then each line is searched; and for what no
    edit of its own line mends, the definitions again.
    """
    claims = {claim.name: claim for claim in wanted if isinstance(claim, Claim)}
    verdicts = {result.name: result.verdict for result in results}
    said: dict[str, Finding] = {}
    inquiry = _inquiry(bench, claims, verdicts, holds)

    def searched(search: Callable[[], Blame | None]) -> Blame | None:
        return isolation.apart(NOWHERE, search, None)

    while inquiry is not None and (found := searched(inquiry.of_several)) is not None:
        _blamed(found, problem, claims, verdicts, said, settings)
    for claim in wanted:
        verdict = verdicts[claim.name]
        if verdict.defined_on is not None or claim.name in isolation.by_claim:
            continue
        finding = isolation.of(claim, partial(_alone, problem, claim, verdicts, bench, settings), None)
        if finding is not None:
            said[claim.name] = finding
    unmended = {name for name, finding in said.items() if _is_unmended(claims.get(name), verdicts[name], finding)}
    while inquiry is not None and unmended:
        found = searched(partial(inquiry.of_the_rest, frozenset(unmended)))
        if found is None:
            break
        unmended -= set(found.claims)
        for name in found.claims:
            said.pop(name, None)
        _blamed(found, problem, claims, verdicts, said, settings)
    for name, finding in tuple(said.items()):
        # What an edit or another reading of the line explains is no mistake of a definition.
        explained_there = finding.edits or any(fact.startswith("reading:") for fact in finding.facts)
        wrong = name in claims and verdicts[name].outcome is Outcome.WRONG
        if inquiry is None or explained_there or not wrong:
            continue
        if (found := searched(partial(inquiry.of_one, name))) is not None:
            _blamed(found, problem, claims, verdicts, said, settings)
    _said_once(problem, wanted, verdicts, said)
    findings = [said[claim.name] for claim in wanted if claim.name in said]
    return [replace(result, verdict=verdicts[result.name]) for result in results], findings


def _alone(
    problem: Problem, claim: Claim | Refused, verdicts: Mapping[str, Verdict], bench: Bench | None, settings: Settings
) -> Finding | None:
    """What is said of one claim by itself."""
    if isinstance(claim, Refused):
        dependent = [each.span for each in problem.claims if _unjudged(each, verdicts, claim)]
        return refused_finding(problem, claim, verdicts[claim.name], bench, dependent)
    return finding_for(problem, claim, verdicts[claim.name], bench, settings)


def _unjudged(claim: Claim | Refused, verdicts: Mapping[str, Verdict], refused: Refused) -> bool:
    """Whether a claim behind a line without a meaning may have found none because of that line."""
    verdict = verdicts.get(claim.name)
    waits = verdict is not None and verdict.outcome is Outcome.NOT_CHECKED
    return waits and claim.span.start > refused.span.end


def _said_once(
    problem: Problem, wanted: Sequence[Claim | Refused], verdicts: Mapping[str, Verdict], said: dict[str, Finding]
) -> None:
    """What depends on a line that was not read, or on a name that nothing declares, is counted where that is said."""
    causes: dict[object, str] = {}
    for claim in wanted:
        if isinstance(claim, Refused) and claim.name in said:
            causes.setdefault(claim.line_span, claim.name)
    unset = {ways[0]: unread.span for unread in problem.unread for ways in unread.names}
    dependent: dict[str, set[int]] = {}
    for claim in wanted:
        finding, missing = said.get(claim.name), verdicts[claim.name].missing
        if finding is None:
            continue
        unknown = finding.code == "unknown-name"
        if unknown and (line := unset.get(folded(problem.source.slice(finding.span)))) not in (None, claim.line_span):
            missing = (line,)
        found = [causes[span] for span in missing if causes.get(span, claim.name) != claim.name]
        if not found and (missing or unknown):
            found = [causes.setdefault((finding.code, finding.message) if unknown else missing[0], claim.name)]
        if found and found[0] != claim.name:
            del said[claim.name]
            causes[claim.line_span] = found[0]
        for name in found:
            dependent.setdefault(name, set()).add(problem.source.position(claim.span.start).line)
    for name, lines in dependent.items():
        finding = said.get(name)
        more = len(lines - {problem.source.position(finding.span.start).line}) if finding is not None else 0
        if finding is not None and more:
            counted = "1 more line depends on this" if more == 1 else f"{more} more lines depend on this"
            said[name] = replace(finding, facts=(*finding.facts, counted))


def _inquiry(
    bench: Bench | None, claims: Mapping[str, Claim], verdicts: dict[str, Verdict], holds: Holds
) -> Inquiry | None:
    """The search of the definitions, where there is anything to search for.

    Where one claim alone is asked for, nobody knows what an edit of a definition would do to the others.
    """
    wrong = (claim for name, claim in claims.items() if verdicts[name].outcome is Outcome.WRONG)
    if bench is None or bench.settings.claim is not None or all(claim.expected_wrong for claim in wrong):
        return None
    from derivcheck.diagnosis.blame import Inquiry

    return Inquiry(bench, claims, verdicts, holds)


def _is_unmended(claim: Claim | None, verdict: Verdict, finding: Finding) -> bool:
    """Whether a line is wrong by the numbers and no small edit of it was found to help."""
    far = finding.help is None or any(edit.far for edit in finding.edits)
    return claim is not None and verdict.outcome is Outcome.WRONG and far


def _blamed(
    found: Blame, problem: Problem, claims: Mapping[str, Claim], verdicts: dict[str, Verdict],
    said: dict[str, Finding], settings: Settings,
) -> None:  # fmt: skip
    """Say once what is wrong, at the definition; of the lines that depend on it nothing more is to be said."""
    first = next(name for name in found.claims if verdicts[name].carried_from is None)
    said[first] = _finding(found, problem, claims[first], claims, verdicts[first], settings)
    place = problem.source.position(found.site.span.start).place
    for name in found.claims:
        verdicts[name] = replace(verdicts[name], defined_on=place)


def _finding(
    found: Blame, problem: Problem, first: Claim, claims: Mapping[str, Claim], verdict: Verdict, settings: Settings
) -> Finding:
    edit = found.edit
    lines = sorted({problem.source.position(claims[name].span.start).place for name in found.claims})
    own = problem.source.position(first.span.start).place
    rest = [line for line in lines if line != own]
    others = f" (nor {'does' if len(rest) == 1 else 'do'} {_lines(rest)})" if rest else ""
    what = "this line of the model" if found.site.model else f"this definition of `{found.site.title}`"
    help = f"{edit.title}; {_lines(lines)} then hold{'s' if len(lines) == 1 else ''}, checked on fresh inputs and sizes"
    if found.others:
        help += f" ({found.others} other edit{'s' if found.others > 1 else ''} would do too)"
    does = f"{_lines(lines)} hold{'s' if len(lines) == 1 else ''}"
    label = f"this edit makes {_lines(lines)} hold"
    if edit.title.startswith("replace `") and len(edit.replacement) <= 24:
        label = f"with `{edit.title.split('`')[3]}` here {does}"
    written = problem.source.slice(edit.span)
    return Finding(
        code="wrong-definition",
        severity=Severity.ERROR,
        message=f"with {what} {own.words} does not hold{others}",
        span=edit.span,
        line_span=found.site.span,
        label=label,
        facts=tuple(f"{own.words}: {fact}" if at == 0 else fact for at, fact in enumerate(facts_of(first, verdict))),
        help=help,
        replay=replay(problem, None, settings),
        edits=(Edit(edit.span, edit.replacement, edit.title),) if written.strip() else (),
    )


def _lines(lines: Sequence[Place]) -> str:
    """``line 9``, ``lines 9, 10 and 12``."""
    if len(lines) == 1:
        return lines[0].words
    return f"lines {', '.join(map(str, lines[:-1]))} and {lines[-1]}"
