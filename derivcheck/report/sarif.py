"""SARIF 2.1.0 (OASIS): findings with their rules, places, fingerprints and corrections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from derivcheck import __version__, diagnostics
from derivcheck.report.json import Json, text_of
from derivcheck.report.located import Located, everything, from_root, in_file
from derivcheck.source import Position, Source
from derivcheck.verdict import INTERNAL_ERROR, Edit, Report, Severity

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


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
        "level": _LEVELS[one.finding.severity],
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
