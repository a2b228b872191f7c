"""Where a finding stands for tools that look into files: in the file, and under a name that no shift changes.

In a notebook the file is JSON: its lines are not those of the cells, which the message names.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from derivcheck.report.words import (
    ordered,
    place,
)
from derivcheck.source import Position, Source, Span
from derivcheck.verdict import Finding, Outcome, Report, Severity


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
