"""The report for a person: what is wrong first and in full, then the table, the extras and one line of summary."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from derivcheck.report.cells import cells, safe
from derivcheck.report.evidence import evidence
from derivcheck.report.extras import extra
from derivcheck.report.full import brief, full
from derivcheck.report.table import claims_table
from derivcheck.report.words import Counts, count, counted, ordered, run_words, why_it_fails
from derivcheck.verdict import Report, Severity

# Beyond this the seed would stand so far to the right that nobody looks there.
_WIDEST_SUMMARY = 100


def screen(
    reports: Sequence[Report], width: int, *, quiet: bool = False, verbose: bool = False, strict: bool = False
) -> list[RenderableType]:
    """All that a run has to say, in parts to be drawn below each other.

    ``quiet`` leaves errors and the summary; ``verbose`` adds all evidence of every claim.
    """
    parts: list[RenderableType] = []
    for report in reports:
        if not quiet and (heading := _heading(report, several=len(reports) > 1)) is not None:
            parts += [heading, Text("")]
        parts += _findings(report, width, quiet=quiet)
        if not quiet:
            parts += _body(report, width, verbose=verbose)
    parts.append(summary(count(reports), width))
    if (reason := why_it_fails(reports, strict=strict)) is not None:
        parts.append(Text(reason, "bold yellow"))
    return parts


def _heading(report: Report, *, several: bool) -> Text | None:
    title = report.title or (report.source.path if several else "")
    if not title:
        return None
    options = " · ".join(f"{name} = {value}" for name, value in report.options)
    return Text.assemble((safe(title), "bold underline"), f"   {safe(options)}" if options else "")


def _findings(report: Report, width: int, *, quiet: bool) -> list[RenderableType]:
    parts: list[RenderableType] = []
    notes: list[Text] = []
    for finding in ordered(report.findings):
        match finding.severity:
            case Severity.ERROR:
                parts += [full(report.source, finding, width), Text("")]
            case Severity.WARNING if not quiet:
                parts += [full(report.source, finding, width, compact=True), Text("")]
            case Severity.NOTE if not quiet:
                notes.append(brief(report.source, finding))
            case _:
                pass
    return [*parts, *notes, Text("")] if notes else parts


def _body(report: Report, width: int, *, verbose: bool) -> list[RenderableType]:
    parts: list[RenderableType] = []
    if report.results:
        parts += [claims_table(report, width), Text("")]
        if verbose:
            parts += evidence(report, width)
    for shown in report.extras:
        parts += extra(shown)
    return parts


def summary(counts: Counts, width: int) -> Text:
    """``4 definitions · 2 claims: …`` with the seed and the time at the right, or below where they do not fit."""
    left, right = counted(counts), run_words(counts)
    style = "bold red" if counts.wrong else "bold green" if counts.holds else "bold yellow"
    gap = min(width, _WIDEST_SUMMARY) - cells(left) - cells(right)
    return Text.assemble((left, style), " " * gap if gap >= 2 else "\n", (right, "dim"))
