"""One finding a line, ``path:line:col: code message``, then the summary line: for editors, grep and logs."""

from __future__ import annotations

from collections.abc import Sequence

from derivcheck.report.cells import safe
from derivcheck.report.words import count, counted, ordered, place, run_words, why_it_fails
from derivcheck.verdict import Outcome, Report, Severity


def concise(reports: Sequence[Report], *, quiet: bool = False, verbose: bool = False, strict: bool = False) -> str:
    """The lines, each ended. Notes are shown if ``verbose``, warnings unless ``quiet``."""
    wanted = {Severity.ERROR} if quiet else {Severity.ERROR, Severity.WARNING} | ({Severity.NOTE} if verbose else set())
    lines: list[str] = []
    for report in reports:
        path = safe(report.source.path)
        for finding in ordered(report.findings):
            if finding.severity in wanted:
                position = report.source.position(place(report.source, finding.span))
                lines.append(f"{path}:{position}: {finding.code} {safe(finding.message)}")
        # an extra has no place in the document, but it can fail the run and then has to be seen here too
        for extra in report.extras:
            if extra.outcome is Outcome.WRONG or (not quiet and extra.outcome not in (None, Outcome.HOLDS)):
                lines.append(f"{path}:1:1: {extra.code or 'extra'} {safe(extra.title)}: {extra.outcome.value}")
    degenerate = sorted({value for report in reports for name, value in report.options if name == "degenerate"})
    counts = count(reports)
    reason = why_it_fails(reports, strict=strict)
    lines.append(
        f"{counted(counts)} · {run_words(counts)}"
        + "".join(f" · degenerate: {safe(one)}" for one in degenerate)
        + (f" · {reason}" if reason else "")
    )
    return "\n".join(lines) + "\n"
