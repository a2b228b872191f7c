"""The words of a report: numbers, verdicts, counts. Every renderer says a thing in the same words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from derivcheck.source import Place, Source, Span
from derivcheck.verdict import Evidence, Finding, Outcome, Report, Result, Severity, Word, settled, strength_of
from derivcheck.weigh import finest, inputs_of

# Styles are data: names of rich styles, dropped where there is no colour.
STYLES = {
    Outcome.HOLDS: "green",
    Outcome.WRONG: "bold red",
    Outcome.UNDECIDED: "yellow",
    Outcome.NOT_CHECKED: "yellow",
}
SEVERITY_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}
_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def number(value: float) -> str:
    """A discrepancy or a value, to three figures: ``0``, ``1.83``, ``4.4e-16``, ``inf``."""
    if value == 0:
        return "0"
    if not math.isfinite(value):
        return str(value)
    return f"{value:.3g}" if 1e-3 <= abs(value) < 1e4 else f"{value:.1e}"


def rough(value: float) -> str:
    """An error bar, of which one figure means something: ``3e-14``."""
    return f"{value:.0e}" if math.isfinite(value) and 0 < abs(value) < 1e-3 else number(value)


def plural(count: int, noun: str) -> str:
    """``1 claim``, ``2 claims``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def sized(sizes: Sequence[Sequence[tuple[str, int]]]) -> str:
    """The sizes of several draws: ``D = 2, 3, 5`` or ``n = 2, d = 3; n = 4, d = 2``."""
    names = {tuple(name for name, _ in draw) for draw in sizes}
    if len(names) == 1 and len(alone := next(iter(names))) == 1:
        return f"{alone[0]} = " + ", ".join(str(size) for ((_, size),) in sizes)
    return "; ".join(", ".join(f"{name} = {size}" for name, size in draw) for draw in sizes if draw)


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Errors first, then warnings, then notes; each in document order."""
    return sorted(findings, key=lambda finding: (_ORDER[finding.severity], finding.span))


def place(source: Source, span: Span) -> int:
    """The offset at which a span is shown: white space and line ends at its beginning point at nothing."""
    start = span.start
    while start < span.end - 1 and source.text[start : start + 1].isspace():
        start += 1
    return start


def largest(result: Result) -> Evidence | None:
    """The evidence whose error stands for the claim: of what refutes it if it is wrong, else of all; the largest."""
    figures = [one for one in result.verdict.evidence if one.error is not None]
    refuting = [one for one in figures if one.outcome is Outcome.WRONG]

    def size(one: Evidence) -> float:
        assert one.error is not None
        return math.inf if math.isnan(one.error) else abs(one.error)

    return max(refuting or figures, key=size, default=None)


def differences_bar(result: Result) -> float | None:
    """The error bar of the differences, where they were asked."""
    bars = [one.bar for one in result.verdict.evidence if one.oracle == "differences" and one.bar is not None]
    return max(bars, default=None)


def places(report: Report) -> dict[str, Place]:
    """The line of every claim by its name."""
    return {result.name: report.source.position(result.span.start).place for result in report.results}


def verdict_words(result: Result, lines: Mapping[str, Place]) -> tuple[str, str]:
    """What the verdict column says of a claim, and its style. ``lines`` gives the line of every claim by its name."""
    verdict = result.verdict
    if verdict.defined_on is not None:
        return f"WRONG by {verdict.defined_on.words}", STYLES[Outcome.WRONG]
    if verdict.carried_from is not None:
        line = lines.get(verdict.carried_from)
        return (f"follows {line.words}" if line else f"follows {verdict.carried_from}"), STYLES[Outcome.UNDECIDED]
    style = STYLES[settled(result)]
    match verdict.outcome, result.expected_wrong:
        case Outcome.WRONG, True:
            return "wrong, as expected", style
        case Outcome.HOLDS, True:
            return "HOLDS, not wrong", style
        case Outcome.WRONG, False:
            return "WRONG", style
        case Outcome.HOLDS, False:
            return _held(result), style
        case _:
            return verdict.outcome.value, style


def _held(result: Result) -> str:
    """A proof with its scope, or how fine or wide the agreement is; which sources agree stands in their own column."""
    if strength_of(result) is Word.PROVED:
        return result.verdict.said
    seen = finest(result.verdict.evidence)
    points = inputs_of(result.verdict.evidence)
    return f"agrees to {rough(seen)}" if seen else f"agrees at {plural(points, 'input')}" if points else "agrees"


@dataclass(frozen=True, slots=True)
class Counts:
    """What the summary line counts, over all documents of a run."""

    documents: int
    definitions: int
    claims: int
    holds: int
    proved: int
    agrees: int
    wrong: int
    undecided: int
    not_checked: int
    skipped: int
    seconds: float
    seeds: tuple[int, ...]


def count(reports: Sequence[Report]) -> Counts:
    """The counts of a run; expected mistakes that were found count as holding."""
    return Counts(
        documents=len(reports),
        definitions=sum(report.definitions for report in reports),
        claims=sum(len(report.results) for report in reports),
        holds=sum(report.count(Outcome.HOLDS) for report in reports),
        proved=sum(report.held(Word.PROVED) for report in reports),
        agrees=sum(report.held(Word.AGREES) for report in reports),
        wrong=sum(report.count(Outcome.WRONG) for report in reports),
        undecided=sum(report.count(Outcome.UNDECIDED) for report in reports),
        not_checked=sum(report.count(Outcome.NOT_CHECKED) for report in reports),
        skipped=sum(report.skipped for report in reports),
        seconds=sum(report.seconds for report in reports),
        seeds=tuple(sorted({report.seed for report in reports})),
    )


def counted(counts: Counts) -> str:
    """``4 definitions · 3 claims: 1 proved, 1 agrees, 1 wrong, 0 not checked``.

    Where some were not checked that comes first: ``2 of 5 claims not checked, 3 proved, 0 wrong · 4 definitions``.
    """
    parts = [f"{counts.proved} proved"] if counts.proved or not counts.agrees else []
    if counts.agrees:
        parts.append(f"{counts.agrees} {'agrees' if counts.agrees == 1 else 'agree'}")
    parts.append(f"{counts.wrong} wrong")
    if expected := counts.holds - counts.proved - counts.agrees:
        parts.append(f"{expected} wrong as expected")
    if counts.undecided:
        parts.append(f"{counts.undecided} undecided")
    if not counts.not_checked:
        parts.append("0 not checked")
    if counts.skipped:
        parts.append(f"{counts.skipped} skipped")
    head = [plural(counts.documents, "document")] if counts.documents > 1 else []
    head.append(plural(counts.definitions, "definition"))
    if counts.not_checked:
        judged = f"{counts.not_checked} of {plural(counts.claims, 'claim')} not checked"
        return " · ".join([", ".join([judged, *parts]), *head])
    return " · ".join([*head, f"{plural(counts.claims, 'claim')}: {', '.join(parts)}"])


def run_words(counts: Counts) -> str:
    """``seed 0 · 2.4 s``."""
    seeds = [f"seed {', '.join(map(str, counts.seeds))}"] if counts.seeds else []
    return " · ".join([*seeds, f"{counts.seconds:.1f} s"])


def why_it_fails(reports: Sequence[Report], *, strict: bool) -> str | None:
    """Why a run without a wrong line fails all the same, in one sentence; None where it passes or shows an error.

    Nobody should have to guess why the exit code is 1.
    """
    counts = count(reports)
    extras = [extra.outcome for report in reports for extra in report.extras]
    errors = any(finding.severity is Severity.ERROR for report in reports for finding in report.findings)
    if errors or counts.wrong or Outcome.WRONG in extras:
        return None
    if not counts.claims and not extras and all(report.optional for report in reports):
        return None
    if not counts.claims and Outcome.HOLDS not in extras:
        return "no claim was found, so nothing was checked: a claim is an equation between things declared before it"
    if not counts.holds and Outcome.HOLDS not in extras:
        return "no claim could be checked, so this is not a pass"
    undecided = counts.undecided + extras.count(Outcome.UNDECIDED)
    unchecked = counts.not_checked + extras.count(Outcome.NOT_CHECKED)
    if strict and (undecided or unchecked):
        parts = [f"{undecided} undecided"] * bool(undecided) + [f"{unchecked} not checked"] * bool(unchecked)
        return f"{' and '.join(parts)}, and this run is strict: only what holds passes"
    return None
