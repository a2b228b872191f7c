"""GitLab's code quality report: a list of findings with a path, a line and a fingerprint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from derivcheck.report.json import Json, text_of
from derivcheck.report.located import Located, everything, from_root
from derivcheck.verdict import Report, Severity

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
