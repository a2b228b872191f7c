r"""What the Markdown and the TeX stage hand to the common stages: a page with its marks.

A format-specific stage *paints out* what is neither prose nor maths (code, comments, macro definitions): it
overwrites it, character for character, with ``FILLER``. Offsets stay what they are, and the common stages need
no idea of code fences or of ``\verb``.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from derivcheck.reading.items import Directive, Heading, Notice, Unreadable
from derivcheck.source import Span

Kind = Literal["markdown", "tex", "python"]

FILLER = "\x00"
"""Stands for a painted character. It is no white space, so a line that holds only a comment is not a blank line."""

BLANK_LINE = re.compile(r"\n[ \t\r]*(?=\n)")
COMMENT = re.compile(r"\\.|%[^\n]*", re.DOTALL)
r"""Escapes are matched too, so that ``\%`` is not taken for a comment and the ``%`` of ``\\%`` is."""


@dataclass(frozen=True, slots=True)
class Maths:
    """A stretch of maths before its words and its sentence are known; see ``Segment`` for the fields.

    ``argument`` is the argument of the ``let`` directive that it comes from.
    """

    outer: Span
    span: Span
    displayed: bool
    environment: str | None = None
    argument: Span | None = None

    @property
    def hidden(self) -> bool:
        """Whether a ``let`` directive says it and the reader does not see it."""
        return self.argument is not None


@dataclass(frozen=True, slots=True)
class Break:
    """A place where a sentence ends whatever the punctuation: a list item, a table cell, a rule."""

    span: Span


Mark = Maths | Break | Heading | Directive | Notice | Unreadable


@dataclass(frozen=True, slots=True)
class Page:
    """A document after its format-specific stage.

    painted   the text with everything painted out that is neither prose nor maths
    marks     what that stage has found already
    quiet     comments and definitions, in order: inside maths they are gaps
    stops     offsets, in order, that inline maths does not cross: blank lines, headings, list items
    walls     offsets, in order, that displayed maths does not cross: an unclosed display is given up there
    outside   what is read for its macros only: the preamble
    """

    text: str
    painted: str
    kind: Kind
    marks: tuple[Mark, ...]
    quiet: tuple[Span, ...]
    stops: tuple[int, ...]
    walls: tuple[int, ...]
    outside: tuple[Span, ...] = ()


def start_of(mark: Mark) -> int:
    """Where a mark begins, with its delimiters."""
    return mark.outer.start if isinstance(mark, Maths) else mark.span.start


def following(places: Sequence[int], offset: int, otherwise: int) -> int:
    """The first of the ordered places behind an offset."""
    index = bisect_right(places, offset)
    return places[index] if index < len(places) else otherwise


def within(spans: Sequence[Span], outer: Span) -> Sequence[Span]:
    """Those of the ordered, disjoint spans that lie inside the outer one."""
    if not spans:
        return []
    first = bisect_left(spans, Span(outer.start, outer.start))
    last = bisect_left(spans, Span(outer.end, outer.end))
    return [span for span in spans[first:last] if span.end <= outer.end]


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same characters as ordered, disjoint, non-empty spans."""
    result: list[Span] = []
    for span in sorted(spans):
        if span.start >= span.end:
            continue
        if result and span.start <= result[-1].end:
            result[-1] |= span
        else:
            result.append(span)
    return tuple(result)


def paint(text: str, spans: Iterable[Span], filler: str = FILLER) -> str:
    """The text with the spans overwritten, of the same length."""
    pieces: list[str] = []
    position = 0
    for span in merged(spans):
        pieces += text[position : span.start], filler * (span.end - span.start)
        position = span.end
    pieces.append(text[position:])
    return "".join(pieces)


def lines(text: str, start: int, limit: int) -> Iterator[tuple[int, int]]:
    """Start and end (before the line feed) of every line from an offset on."""
    while start < limit:
        end = text.find("\n", start, limit)
        if end < 0:
            end = limit
        yield start, end
        start = end + 1


def brace_partners(text: str) -> dict[int, int]:
    """For every ``{`` that is closed, where its ``}`` stands: one pass, so that nothing is searched twice."""
    partners: dict[int, int] = {}
    open_at: list[int] = []
    for match in re.finditer(r"\\.|[{}]", text, re.DOTALL):
        match match.group():
            case "{":
                open_at.append(match.start())
            case "}" if open_at:
                partners[open_at.pop()] = match.start()
    return partners


# Two words in a row, of which maths has none outside \text; a word alone on its line; maths inside the line.
_TEXT_GROUP = re.compile(r"\\(?:text[a-z]*|mbox|hbox|operatorname\*?|mathrm|label|tag)\s*\{[^{}\n]*\}")
_PROSE = re.compile(
    r"(?<![\\A-Za-z{_^])[A-Za-z]+[,;:]?[ \t]+[A-Za-z]{3,}"
    r"|^\s*[A-Za-z]{3,}\s*[.:,;]?\s*$"
    r"|(?<![\\$])\$(?!\$)|(?<!\\)\\\("
)
_OWN_DISPLAY = re.compile(r"\s*(?:\\\[|\$\$(?=[^$]*(?:=|\\[A-Za-z]))([^$]+)\$\$|\$\$[ \t]*[^\s$.,;:])")


def is_prose(line: str) -> bool:
    """Whether a line is surely no row of displayed maths."""
    return bool(_PROSE.search(_TEXT_GROUP.sub(" ", line)))


def opens_display(line: str, after_blank: bool) -> bool:
    """Whether a line opens a display of its own, so that one still open above it was never closed.

    Without a blank line before it, only a line that also closes its display is sure to be one.
    """
    match = _OWN_DISPLAY.match(line)
    if match is None:
        return False
    if match.group(1) is not None:
        return not is_prose(match.group(1))
    return after_blank and not is_prose(line[match.end() - 1 :])
