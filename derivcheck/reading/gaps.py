"""What stands inside a stretch of maths and is none: comments, definitions, the markers of quotes and lists."""

from __future__ import annotations

import re

from derivcheck.reading.page import COMMENT, Maths, Page, lines, merged, paint, within
from derivcheck.source import Span

_QUOTED = re.compile(r"(?:[ \t]*>)+")
_INDENTED = re.compile(r"[ \t]+|[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+")


def gaps(page: Page, maths: Maths) -> tuple[Span, ...]:
    """The ordered, disjoint gaps of a stretch of maths."""
    quiet = list(within(page.quiet, maths.span))
    if page.kind == "markdown":
        quiet += comments(page, maths)
        quiet += _line_prefixes(page.text, maths)
    return merged(quiet)


def comments(page: Page, maths: Maths) -> list[Span]:
    """The ``%`` comments of a stretch of maths in Markdown (in TeX they are painted out before)."""
    start, end = maths.span.start, maths.span.end
    if page.text.find("%", start, end) < 0:
        return []
    quiet = [Span(span.start - start, span.end - start) for span in within(page.quiet, maths.span)]
    content = paint(page.text[start:end], quiet)
    matches = (match for match in COMMENT.finditer(content) if match.group()[0] == "%")
    return [Span(start + match.start(), start + match.end()) for match in matches]


def is_empty(page: Page, maths: Maths, holes: tuple[Span, ...]) -> bool:
    """Whether nothing but gaps and white space is there."""
    position = maths.span.start
    for hole in holes:
        if page.text[position : hole.start].strip():
            return False
        position = hole.end
    return not page.text[position : maths.span.end].strip()


def _line_prefixes(text: str, maths: Maths) -> list[Span]:
    """``> `` and indentation at line starts, if the line that opens the maths has them too.

    A ``>`` at a line start is otherwise a relation sign.
    """
    if text.find("\n", maths.span.start, maths.span.end) < 0:
        return []
    line = text[text.rfind("\n", 0, maths.outer.start) + 1 : maths.outer.start]
    quoted = _QUOTED.match(line)
    depth = quoted[0].count(">") if quoted else 0
    indented = _INDENTED.match(line, quoted.end() + 1 if quoted else 0) is not None
    if not depth and not indented:
        return []
    prefix = re.compile(rf"(?:[ \t]*>){{0,{min(depth, 99)}}}[ \t]*")
    # The content of a fence begins with a line, other content inside one.
    first = text.find("\n", max(0, maths.span.start - 1)) + 1
    result = []
    for start, _ in lines(text, first, maths.span.end):
        match = prefix.match(text, start, maths.span.end)
        if match:
            result.append(Span(start, match.end()))
    return result
