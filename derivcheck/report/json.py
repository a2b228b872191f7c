"""The report for programs: one versioned JSON object, described by ``schema.json`` beside this file.

Fields are added, never renamed. ``version`` changes only if a reader of the old shape would be misled.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields

from derivcheck import __version__
from derivcheck.config import Settings
from derivcheck.report.words import count, largest, ordered
from derivcheck.source import Source, Span
from derivcheck.verdict import Edit, Evidence, Extra, Finding, Listed, Outcome, Report, Result, Word, exit_code, settled

VERSION = 1
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def render(reports: Sequence[Report], settings: Settings, command: str) -> str:
    """The document as text, ASCII only so that no terminal or pipe can spoil it, ended by one line end."""
    return text_of(document(reports, settings, command))


def render_listing(source: Source, listed: Sequence[Listed]) -> str:
    """How the lines of one document were read, as JSON."""
    lines: list[Json] = [
        {
            "line": one.line,
            "cell": one.cell,
            "kind": one.kind,
            "name": one.name,
            "text": one.text,
            "shapes": one.shapes,
            "note": one.note,
            "words": [{"words": words, "tells": tells} for words, tells in one.words],
        }
        for one in listed
    ]
    return text_of({"version": VERSION, "tool": tool(), "command": "list", "path": source.path, "lines": lines})


def document(reports: Sequence[Report], settings: Settings, command: str) -> dict[str, Json]:
    """The whole as plain values; claims, findings and extras of all documents in one list each, with their path."""
    return {
        "version": VERSION,
        "tool": tool(),
        "command": command,
        "settings": {field.name: plain(getattr(settings, field.name)) for field in fields(settings)},
        "summary": _summary(reports, strict=settings.strict),
        "documents": [_document(report) for report in reports],
        "claims": [_claim(report, result) for report in reports for result in report.results],
        "findings": [_finding(report, finding) for report in reports for finding in ordered(report.findings)],
        "extras": [_extra(report, extra) for report in reports for extra in report.extras],
    }


def plain(value: object) -> Json:
    """Any value as JSON can hold it; infinities and NaN, which JSON has not, as ``"inf"``, ``"-inf"``, ``"nan"``."""
    match value:
        case None | bool() | int():
            return value
        case str():
            return str(value)
        case float():
            return value if math.isfinite(value) else str(value)
        case Mapping():
            return {str(key): plain(entry) for key, entry in value.items()}
        case list() | tuple():
            return [plain(entry) for entry in value]
        case _:
            return str(value)


def text_of(value: Json) -> str:
    """A document as text, ASCII only, ended by one line end."""
    return json.dumps(value, indent=2, allow_nan=False, ensure_ascii=True) + "\n"


def tool() -> Json:
    """Who wrote the document."""
    return {"name": "derivcheck", "version": __version__}


def _summary(reports: Sequence[Report], *, strict: bool) -> Json:
    counts = count(reports)
    return {
        "documents": counts.documents,
        "definitions": counts.definitions,
        "claims": counts.claims,
        "holds": counts.holds,
        "proved": counts.proved,
        "agrees": counts.agrees,
        "wrong": counts.wrong,
        "undecided": counts.undecided,
        "not_checked": counts.not_checked,
        "skipped": counts.skipped,
        "seconds": plain(counts.seconds),
        "exit_code": exit_code(tuple(reports), strict=strict),
    }


def _document(report: Report) -> Json:
    return {
        "path": report.source.path,
        "title": report.title,
        "seed": report.seed,
        "trials": report.trials,
        "seconds": plain(report.seconds),
        "options": dict(report.options),
        "definitions": report.definitions,
        "claims": len(report.results),
        "holds": report.count(Outcome.HOLDS),
        "proved": report.held(Word.PROVED),
        "agrees": report.held(Word.AGREES),
        "wrong": report.count(Outcome.WRONG),
        "undecided": report.count(Outcome.UNDECIDED),
        "not_checked": report.count(Outcome.NOT_CHECKED),
        "skipped": report.skipped,
    }


def span_document(source: Source, span: Span) -> Json:
    """Offsets count characters from 0; lines and columns, also in characters, count from 1; the end is behind.

    In a notebook the offsets are those into the text of its Markdown cells, the lines those of the ``cell``.
    """
    start, end = source.position(span.start), source.position(span.end)
    return {
        "offset": span.start,
        "line": start.line,
        "column": start.column,
        "cell": start.cell,
        "end_offset": span.end,
        "end_line": end.line,
        "end_column": end.column,
    }


def _claim(report: Report, result: Result) -> Json:
    worst = largest(result)
    return {
        "path": report.source.path,
        "name": result.name,
        "title": result.title,
        "kind": result.kind,
        "span": span_document(report.source, result.span),
        "line": result.line,
        "expected_wrong": result.expected_wrong,
        "required": result.required,
        "counts_as": settled(result).value,
        "verdict": {
            "outcome": result.verdict.outcome.value,
            "said": result.verdict.said,
            "strength": None if result.verdict.strength is None else result.verdict.strength.value,
            "reason": result.verdict.reason,
            "carried_from": result.verdict.carried_from,
            "defined_on": None if (place := result.verdict.defined_on) is None else place.line,
            "defined_on_cell": None if place is None or not place.cell else place.cell,
        },
        "errors": {
            "largest": plain(worst.error) if worst else None,
            "relative": plain(worst.relative) if worst else None,
            "bar": plain(worst.bar) if worst else None,
            "where": worst.where if worst else None,
        },
        "evidence": [_evidence(one) for one in result.verdict.evidence],
    }


def _evidence(one: Evidence) -> Json:
    return {
        "oracle": one.oracle,
        "outcome": one.outcome.value,
        "error": plain(one.error),
        "relative": plain(one.relative),
        "bar": plain(one.bar),
        "where": one.where,
        "claimed": plain(one.claimed),
        "reference": plain(one.reference),
        "detectable": plain(one.detectable),
        "sizes": [dict(draw) for draw in one.sizes],
        "failing": [dict(draw) for draw in one.failing],
        "points": one.points,
        "detail": one.detail,
        "strength": one.strength.value,
        "sees": one.sees.value,
        "doubt": None if one.doubt is None else one.doubt.value,
        "bound": plain(one.bound),
        "every": list(one.every),
        "all_sizes": one.all_sizes,
        "seen": one.seen,
    }


def _finding(report: Report, finding: Finding) -> Json:
    source = report.source
    return {
        "path": source.path,
        "code": finding.code,
        "severity": finding.severity.value,
        "message": finding.message,
        "span": span_document(source, finding.span),
        "line_span": None if finding.line_span is None else span_document(source, finding.line_span),
        "label": finding.label,
        "facts": list(finding.facts),
        "help": finding.help,
        "replay": finding.replay,
        "claim": finding.claim,
        "edits": [_edit(source, edit) for edit in finding.edits],
    }


def _edit(source: Source, edit: Edit) -> Json:
    span = span_document(source, edit.span)
    return {"span": span, "replacement": edit.replacement, "title": edit.title, "proved": edit.proved}


def _extra(report: Report, extra: Extra) -> Json:
    return {
        "path": report.source.path,
        "title": extra.title,
        "code": extra.code,
        "outcome": None if extra.outcome is None else extra.outcome.value,
        "columns": list(extra.columns),
        "rows": [list(row) for row in extra.rows],
        "text": extra.text,
    }
