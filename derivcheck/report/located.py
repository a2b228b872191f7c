"""Where a finding stands for tools that look into files: in the file, and under a name that no shift changes.

In a notebook the file is JSON: its lines are not those of the cells, which the message names.

GitLab's code quality report: a list of findings with a path, a line and a fingerprint.

GitHub's workflow commands: an annotation for each finding; and the summary of a step, in Markdown.

SARIF 2.1.0 (OASIS): findings with their rules, places, fingerprints and corrections.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from derivcheck import __version__, diagnostics
from derivcheck.report.cells import safe
from derivcheck.report.json import Json, text_of
from derivcheck.report.words import (
    count,
    counted,
    ordered,
    place,
    places,
    plural,
    run_words,
    verdict_words,
    why_it_fails,
)
from derivcheck.source import Position, Source, Span
from derivcheck.verdict import INTERNAL_ERROR, Edit, Finding, Outcome, Report, Severity, settled


@dataclass(frozen=True, slots=True)
class Located:
    """A finding with its place in the file and its fingerprint: code, statement and count, but no line."""

    finding: Finding
    source: Source
    start: Position
    end: Position
    fingerprint: str

    @property
    def message(self) -> str:
        """The message; in a notebook behind the place in its cell."""
        at = self.source.position(place(self.source, self.finding.span))
        return self.finding.message if at.cell is None else f"{at.place.words}: {self.finding.message}"

    @property
    def text(self) -> str:
        """The message with what is known and what to do, a line each."""
        help = [f"help: {self.finding.help}"] if self.finding.help else []
        return "\n".join([self.message, *self.finding.facts, *help])


def located(report: Report) -> list[Located]:
    """The findings of a document and what of its extras fails the run, errors first."""
    found, seen = [], dict[str, int]()
    for finding in [*ordered(report.findings), *_of_extras(report)]:
        span = Span(place(report.source, finding.span), finding.span.end)
        start, end = in_file(report.source, span)
        said = f"{finding.code}\0{' '.join(_statement(report.source, finding).split())}"
        seen[said] = seen.get(said, 0) + 1
        fingerprint = hashlib.sha256(f"{said}\0{seen[said]}".encode(errors="replace")).hexdigest()[:32]
        found.append(Located(finding, report.source, start, end, fingerprint))
    return found


def _of_extras(report: Report) -> Iterator[Finding]:
    for extra in report.extras:
        if extra.outcome is not None and extra.outcome is not Outcome.HOLDS:
            severity = Severity.ERROR if extra.outcome is Outcome.WRONG else Severity.WARNING
            yield Finding(extra.code or "extra", severity, f"{extra.title}: {extra.outcome}", Span(0, 0))


def _statement(source: Source, finding: Finding) -> str:
    span = finding.line_span or source.line_at(finding.span.start)
    return source.slice(span) if span.end > span.start else finding.message


def in_file(source: Source, span: Span) -> tuple[Position, Position]:
    """First and last place of a span (the end is behind it), counted in the file."""
    file = _file(source)
    if file is source:
        return source.position(span.start), source.position(span.end)
    from derivcheck.reading.notebook import offset_in_file

    start = offset_in_file(source, span.start)
    # a character of the text may be several in the file: the end is where the last of them ends
    last = offset_in_file(source, max(span.start, span.end - 1)) if span.end > span.start else start
    return file.position(start), file.position(max(last + (span.end > span.start), start))


@lru_cache(maxsize=4)
def _file(source: Source) -> Source:
    return Source(source.path, source.raw) if source.cells else source


def from_root(path: str, environ: Mapping[str, str]) -> str:
    """The path as the service that runs us counts it: from the root of the checkout where it tells us that."""
    for variable in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        root = environ.get(variable)
        if root and Path(path).exists():
            below = os.path.relpath(Path(path).resolve(), Path(root).resolve())
            if not below.startswith(os.pardir):
                return Path(below).as_posix()
    return Path(path).as_posix()


def everything(reports: Sequence[Report]) -> list[Located]:
    """The located findings of all documents."""
    return [one for report in reports for one in located(report)]


_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.NOTE: "info"}


def gitlab(reports: Sequence[Report], environ: Mapping[str, str]) -> str:
    """The findings of all documents; those of equal text in different files have different fingerprints."""
    return text_of([_entry(one, environ) for one in everything(reports)])


def _entry(one: Located, environ: Mapping[str, str]) -> Json:
    path = from_root(one.source.path, environ)
    return {
        "description": one.text,
        "check_name": one.finding.code,
        "fingerprint": f"{one.fingerprint}:{path}",
        "severity": _SEVERITIES[one.finding.severity],
        "location": {"path": path, "lines": {"begin": one.start.line, "end": one.end.line}},
    }


_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_MARKS = {Outcome.HOLDS: "✅", Outcome.WRONG: "❌", Outcome.UNDECIDED: "❔", Outcome.NOT_CHECKED: "➖"}


def github(reports: Sequence[Report], environ: Mapping[str, str], *, quiet: bool = False) -> str:
    """One command a finding, errors first, and the counts in the log below them."""
    found = sorted(everything(reports), key=lambda one: list(_LEVELS).index(one.finding.severity))
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
    return f"::{_LEVELS[one.finding.severity]} {told}::{_data(one.text)}"


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


SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_SARIF_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def sarif(reports: Sequence[Report], environ: Mapping[str, str]) -> str:
    """One run over all documents. Columns count code points, as everywhere in derivcheck."""
    found = everything(reports)
    codes = list(dict.fromkeys(one.finding.code for one in found))
    failed = any(one.finding.code == INTERNAL_ERROR for one in found)
    rules: list[Json] = [_rule(code) for code in codes]
    run: Json = {
        "tool": {
            "driver": {
                "name": "derivcheck",
                "semanticVersion": __version__,
                "rules": rules,
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not failed}],
        "artifacts": [{"location": {"uri": _uri(report.source, environ)}} for report in reports],
        "results": [_result(one, codes, environ) for one in found],
    }
    return text_of({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _uri(source: Source, environ: Mapping[str, str]) -> str:
    path = from_root(source.path, environ)
    return Path(path).as_uri() if Path(path).is_absolute() else quote(path)


def _rule(code: str) -> Json:
    entry = diagnostics.entry(code)
    if entry is None:
        return {"id": code}
    return {
        "id": code,
        "shortDescription": {"text": entry.sentence},
        "fullDescription": {"text": entry.why},
        "help": {"text": diagnostics.page(entry), "markdown": diagnostics.page(entry)},
    }


def _result(one: Located, codes: Sequence[str], environ: Mapping[str, str]) -> Json:
    artifact: Json = {"uri": _uri(one.source, environ)}
    location: dict[str, Json] = {
        "physicalLocation": {"artifactLocation": artifact, "region": _region(one.start, one.end)}
    }
    if one.finding.claim is not None:
        location["logicalLocations"] = [{"name": one.finding.claim, "kind": "member"}]
    result: dict[str, Json] = {
        "ruleId": one.finding.code,
        "ruleIndex": codes.index(one.finding.code),
        "level": _SARIF_LEVELS[one.finding.severity],
        "message": {"text": one.text},
        "locations": [location],
        "partialFingerprints": {"derivcheck/v1": one.fingerprint},
    }
    fixes: list[Json] = [fix for edit in one.finding.edits if (fix := _fix(one.source, edit, artifact)) is not None]
    if fixes:
        result["fixes"] = fixes
    return result


def _region(start: Position, end: Position) -> Json:
    return {
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    }


def _fix(source: Source, edit: Edit, artifact: Json) -> Json:
    """The correction; in a notebook as it is written inside the strings of the file."""
    if not source.cells:
        changes = [(*in_file(source, edit.span), edit.replacement)]
    else:
        from derivcheck.reading.notebook import NotANotebook, changes_in_file

        file = Source(source.path, source.raw)
        try:
            written = changes_in_file(source, edit.span, edit.replacement)
        except NotANotebook:
            return None
        changes = [(file.position(span.start), file.position(span.end), text) for span, text in written]
    replacements: list[Json] = [
        {"deletedRegion": _region(start, end), "insertedContent": {"text": text}} for start, end, text in changes
    ]
    change: Json = {"artifactLocation": artifact, "replacements": replacements}
    return {"description": {"text": edit.title}, "artifactChanges": [change]}
