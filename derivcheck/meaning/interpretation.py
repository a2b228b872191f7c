"""From what was read to what it means: under the readings that the document suggests, with what its use tells."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from derivcheck.language.printing import plain
from derivcheck.meaning.notations import written_out
from derivcheck.meaning.readings import fixed_in, interpreted
from derivcheck.meaning.sections import inferred
from derivcheck.problem.build import build
from derivcheck.problem.problem import Claim, Problem, Refused
from derivcheck.reading.items import Item, ParseError, Statement
from derivcheck.reading.parser import parse_expression
from derivcheck.source import Source, Span
from derivcheck.verdict import Finding, Severity


def _titled(claim: Claim | Refused, source: Source) -> Claim | Refused:
    """A claim called by what is written, and not by what was put in its place."""
    if not isinstance(claim, Claim) or "#" not in claim.title:
        return claim
    try:
        return replace(claim, title=plain(parse_expression(source.slice(claim.head_node.span))))
    except ParseError:
        return claim


def interpret(source: Source, items: tuple[Item, ...]) -> Problem:
    """The meaning of a document. Raises nothing: what has no meaning is refused, each line by itself.

    A document's directives win over what a project fixes, and the command line over both.
    """
    written, amiss = fixed_in(items)
    fixed = {**dict(source.readings), **written, **dict(source.insisted)}
    items, unread = written_out(items, source.text)
    read, chosen, told = interpreted(items, source.text, fixed)
    items, unread = read.items, [*unread, *read.unread]
    problem = inferred(items, source.text, partial(build, source, readings=chosen))
    problem = replace(problem, claims=tuple(_titled(claim, source) for claim in problem.claims))
    # What the document does not write is listed as inferred, or as a reading.
    problem = replace(
        problem, lines=tuple(line for line in problem.lines if line.span.start < line.span.end or line.text)
    )
    start = next((item.span for item in items if isinstance(item, Statement) and not item.hidden), Span(0, 0))
    notices = tuple(Finding("reading", Severity.NOTE, f"read so: {said}", start) for said in told)
    return replace(problem, findings=(*problem.findings, *amiss, *notices), unread=(*problem.unread, *unread))
