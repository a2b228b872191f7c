"""From what was read to what it means: under the readings that the document suggests, with what its use tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from derivcheck.meaning.inference import Inference
from derivcheck.meaning.notations import written_out
from derivcheck.meaning.readings import interpreted
from derivcheck.problem.build import build
from derivcheck.problem.problem import Problem
from derivcheck.reading.items import Item, Statement
from derivcheck.source import Source, Span
from derivcheck.verdict import Finding, Severity

NONE: Mapping[str, str] = MappingProxyType({})


def interpret(source: Source, items: tuple[Item, ...], fixed: Mapping[str, str] = NONE) -> Problem:
    """The meaning of a document. Raises nothing: what has no meaning is refused, each line by itself."""
    items, unread = written_out(items, source.text)
    items, chosen, told = interpreted(items, source.text, fixed)
    problem = Inference(items, source.text, partial(build, source, readings=chosen)).run()
    # What the document does not write is listed as inferred, or as a reading.
    problem = replace(
        problem, lines=tuple(line for line in problem.lines if line.span.start < line.span.end or line.text)
    )
    start = next((item.span for item in items if isinstance(item, Statement) and not item.hidden), Span(0, 0))
    notices = tuple(Finding("reading", Severity.NOTE, f"read so: {said}", start) for said in told)
    return replace(problem, findings=(*problem.findings, *notices), unread=(*problem.unread, *unread))
