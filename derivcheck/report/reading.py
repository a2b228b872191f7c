"""The lines of a document for a page: prose as it is, mathematics as it was read, each with its verdicts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

from derivcheck.engine import lines_of
from derivcheck.language.glyphs import shown
from derivcheck.language.mathml import Marks, mathml, row, sign
from derivcheck.language.nodes import Node, walk
from derivcheck.reading.documents import kind_of, scan
from derivcheck.reading.items import ParseError, Segment, Statement
from derivcheck.reading.parser import parse_expression
from derivcheck.reading.statements import read
from derivcheck.report.words import place
from derivcheck.source import Place, Source, Span
from derivcheck.verdict import Finding, Report, Result, Severity

# What stands between the cells of a notebook, and is of nobody's writing.
_MARKER = re.compile(r"<!-- cell \d+ -->\s*")


@dataclass(slots=True)
class Row:
    """One line of the page: its line in the document, its HTML, and what is said of it.

    ``kind`` tells how the statement was read ("definition"), ``shapes`` what it is made of.
    """

    place: Place
    span: Span
    html: str = ""
    displayed: bool = False
    kind: str = ""
    shapes: str = ""
    results: list[Result] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def rows_of(report: Report) -> list[Row]:
    """Every line of the document. A display has a row for each of its statements."""
    source = report.source
    scanned = scan(source, kind_of(source.path, source.text))
    statements: dict[int, list[Statement]] = {}
    for item in read(source, scanned):
        if isinstance(item, Statement) and not item.hidden:
            statements.setdefault(item.block, []).append(item)
    marks = _marks(report, [member for group in statements.values() for one in group for member in one.members])
    rows: list[Row] = []
    at = 0
    fresh = True
    for segment in (item for item in scanned.items if isinstance(item, Segment) and not item.hidden):
        fresh = _prose(source, Span(at, segment.outer.start), rows, fresh)
        found = statements.get(segment.block, [])
        if segment.displayed:
            rows += _display(source, segment, found, marks)
            fresh = True
        else:
            if fresh:
                rows.append(_empty(source, segment.outer.start))
                fresh = False
            rows[-1].html += _inline(source, segment, found, marks)
            rows[-1].span |= segment.outer
        at = segment.outer.end
    _prose(source, Span(at, len(source.text)), rows, fresh)
    _attach(report, rows)
    return rows


def _empty(source: Source, offset: int) -> Row:
    return Row(source.position(offset).place, Span(offset, offset))


def _prose(source: Source, span: Span, rows: list[Row], fresh: bool) -> bool:
    """Append words to the last line, or to new ones; whether the next thing begins a line."""
    at = span.start
    for line in source.slice(span).splitlines(keepends=True):
        text = "" if source.cells and _MARKER.fullmatch(line) else line.rstrip("\r\n")
        if fresh and (text or rows):
            rows.append(_empty(source, at))
        if rows and text:
            rows[-1].html += escape(text)
            rows[-1].span |= Span(at, at + len(text))
        fresh = line.endswith(("\r", "\n"))
        at += len(line)
    return fresh


def _inline(source: Source, segment: Segment, found: Sequence[Statement], marks: Marks) -> str:
    if not found:
        return f'<code class="raw">{escape(source.slice(segment.outer))}</code>'
    return ", ".join(f"<math>{_statement(one, marks)}</math>" for one in found)


def _display(source: Source, segment: Segment, found: Sequence[Statement], marks: Marks) -> Iterator[Row]:
    lines = {line.span: line for line in lines_of(source)}
    if not found:
        raw = f'<code class="raw">{escape(source.slice(segment.outer))}</code>'
        yield Row(source.position(segment.span.start).place, segment.outer, raw, displayed=True)
    for one in found:
        line = lines.get(one.span)
        html = f'<math display="block">{_statement(one, marks)}</math>'
        at = source.position(place(source, one.span)).place
        kind, shapes = (line.kind, line.shapes) if line is not None else ("", "")
        yield Row(at, one.span, html, displayed=True, kind=kind, shapes=shapes)


def _statement(statement: Statement, marks: Marks) -> str:
    """Members and relation signs; what continues a line begins with its sign. A displayed chain has a line a member."""
    signs = [sign(shown(relation.sign), infix=True) for relation in statement.relations]
    members = [mathml(member, marks) for member in statement.members]
    before = signs if statement.continues else ["", *signs]
    steps = [row(mark, member) if mark else member for mark, member in zip(before, members, strict=False)]
    if not statement.displayed or len(steps) < 3:
        return row(*steps)
    first = [("", steps[0])] if statement.continues else [(steps[0], steps[1])]
    lines = [*first, *(("", step) for step in steps[len(first[0]) - statement.continues :])]
    cells = "".join(f"<mtr><mtd>{left}</mtd><mtd>{right}</mtd></mtr>" for left, right in lines)
    return f'<mtable class="chain">{cells}</mtable>'


def _marks(report: Report, trees: Sequence[Node]) -> Marks:
    """What is wrong, and the correction behind it: by the node that an error's edit replaces, or that holds it."""
    marks: dict[Span, tuple[str, str]] = {}
    for finding in report.findings:
        if finding.severity is not Severity.ERROR:
            continue
        wanted = finding.edits[0].span if finding.edits else finding.span
        spans = (node.span for tree in trees if _holds(tree.span, wanted) for node in walk(tree))
        around = min((span for span in spans if _holds(span, wanted)), key=lambda s: s.end - s.start, default=None)
        if around is None:
            continue
        exact = finding.edits and around == wanted and finding.edits[0].replacement.strip()
        behind = f'<mrow class="good">{_correction(finding.edits[0].replacement)}</mrow>' if exact else ""
        marks[around] = ("bad" if finding.edits else "blamed", behind)
    return marks


def _holds(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end and inner.end > inner.start


def _correction(latex: str) -> str:
    try:
        return mathml(parse_expression(latex))
    except ParseError:
        return f"<mtext>{escape(latex)}</mtext>"


def _attach(report: Report, rows: list[Row]) -> None:
    """Give every claim and every finding to the line on which it stands; to the first what stands nowhere."""
    for result in report.results:
        if (found := _row_at(rows, result.span.start)) is not None:
            found.results.append(result)
    for finding in report.findings:
        at = (finding.line_span or finding.span).start
        named = next((r for r in rows if any(one.name == finding.claim for one in r.results)), None)
        found = named if finding.claim is not None and named else _row_at(rows, at)
        if found is not None:
            found.findings.append(finding)


def _row_at(rows: list[Row], offset: int) -> Row | None:
    behind = [one for one in rows if one.span.start <= offset < max(one.span.end, one.span.start + 1)]
    return behind[-1] if behind else next((one for one in reversed(rows) if one.span.start <= offset), None)
