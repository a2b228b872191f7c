"""GitHub's workflow commands: an annotation for each finding; and the summary of a step, in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from derivcheck.report.cells import safe
from derivcheck.report.located import Located, everything, from_root
from derivcheck.report.words import (
    count,
    counted,
    ordered,
    places,
    plural,
    run_words,
    verdict_words,
    why_it_fails,
)
from derivcheck.verdict import Outcome, Report, Severity, settled

_GITHUB = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


_MARKS = {Outcome.HOLDS: "✅", Outcome.WRONG: "❌", Outcome.UNDECIDED: "❔", Outcome.NOT_CHECKED: "➖"}


def github(reports: Sequence[Report], environ: Mapping[str, str], *, quiet: bool = False) -> str:
    """One command a finding, errors first, and the counts in the log below them."""
    found = sorted(everything(reports), key=lambda one: list(_GITHUB).index(one.finding.severity))
    lines = [_annotation(one, environ) for one in found if not quiet or one.finding.severity is Severity.ERROR]
    counts = count(reports)
    return "\n".join([*lines, f"{counted(counts)} · {run_words(counts)}"]) + "\n"


def _annotation(one: Located, environ: Mapping[str, str]) -> str:
    where = {"file": from_root(one.source.path, environ), "line": one.start.line, "endLine": one.end.line}
    if one.start.line == one.end.line:
        # columns of different lines are refused
        where |= {"col": one.start.column, "endColumn": max(one.end.column, one.start.column + 1)}
    where["title"] = f"derivcheck {one.finding.code}"
    told = ",".join(f"{name}={_property(str(value))}" for name, value in where.items())
    return f"::{_GITHUB[one.finding.severity]} {told}::{_data(one.text)}"


def _data(text: str) -> str:
    text = "\n".join(map(safe, text.split("\n")))
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def step_summary(reports: Sequence[Report], *, strict: bool) -> str:
    """The claims of each document as a table, and what was found, for the page of a workflow run."""
    counts = count(reports)
    parts = [f"### derivcheck: {counted(counts)}\n"]
    if reason := why_it_fails(reports, strict=strict):
        parts.append(f"{_cell(reason)}\n")
    for report in reports:
        if not report.results and not report.findings:
            continue
        open_ = " open" if any(settled(result) is not Outcome.HOLDS for result in report.results) else ""
        parts.append(
            f"<details{open_}><summary>{_cell(report.source.path)}: {plural(len(report.results), 'claim')}</summary>\n"
        )
        lines = places(report)
        if report.results:
            parts.append("| | claim | line | verdict |\n|---|---|---|---|")
        for result in report.results:
            words, _ = verdict_words(result, lines)
            title = _cell(result.title or result.name)
            parts.append(f"| {_MARKS[settled(result)]} | {title} | {lines[result.name]} | {_cell(words)} |")
        parts.append("")
        for finding in ordered(report.findings):
            if finding.severity is not Severity.NOTE:
                at = report.source.position(finding.span.start)
                help = f"  \n  help: {_cell(finding.help)}" if finding.help else ""
                parts.append(f"- **{finding.code}** {at.place.words}: {_cell(finding.message)}{help}")
        parts.append("\n</details>\n")
    return "\n".join(parts) + "\n"


def _cell(text: str) -> str:
    """A text that no Markdown and no HTML comes out of, except for code in backticks."""
    pieces = safe(text).split("`")
    if len(pieces) % 2 == 0:
        pieces = ["`".join(pieces)]
    return "".join(
        f"<code>{_escaped(piece)}</code>" if index % 2 else _escaped(piece) for index, piece in enumerate(pieces)
    )


def _escaped(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"&#{ord(character)};" if character in "|*_~`[]$\\!#@" else character for character in text)
