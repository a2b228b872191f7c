r"""TeX as a page: comments, verbatim text and the preamble painted out, sections and items found."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from derivcheck.reading.items import Heading
from derivcheck.reading.maths import ENVIRONMENTS, directive
from derivcheck.reading.page import (
    BLANK_LINE,
    FILLER,
    Break,
    Mark,
    Page,
    brace_partners,
    is_prose,
    lines,
    opens_display,
    paint,
    start_of,
)
from derivcheck.source import Span

_LITERAL = re.compile(
    r"\\begin\{(?P<environment>(?:[BL]?[vV]erbatim|lstlisting|minted|comment|tikzpicture|tikzcd)\*?)\}"
    r"|\\(?:verb\*?|lstinline|mintinline\{\w*\})(?P<delimiter>[^A-Za-z\s*{\[])"
    r"|\\iffalse(?![A-Za-z])"
    r"|\\."
    r"|%[^\n]*",
    re.DOTALL,
)


_LEVELS = {
    "part": 0, "chapter": 0, "section": 1, "subsection": 2, "subsubsection": 3, "paragraph": 4, "subparagraph": 5,
}  # fmt: skip


_SECTION = re.compile(r"\\(" + "|".join(_LEVELS) + r")\*?\s*(?:\[[^\[\]]*\]\s*)?\{")


_ITEM = re.compile(r"\\(?:item(?![A-Za-z])|begin\{([A-Za-z]+)\*?\}|end\{([A-Za-z]+)\*?\})(?:\[[^\[\]\n$]*\])?")


# Environments that leave the sentence they stand in alone.
_TRANSPARENT = frozenset({"subequations", "center", "small", "footnotesize", "minipage", "cases", "array"})


_FI = re.compile(r"\\fi(?![A-Za-z])")


_DOCUMENT = re.compile(r"\\(begin|end)\{document\}")


def tex_page(text: str) -> Page:
    """The page of a TeX document, or of a piece of one."""
    painted, quiet, marks = _without_literals(text)
    before, behind = _outside(painted)
    body = Span(before.end, behind.start)
    # The preamble may hold directives; what stands behind the document is not read at all.
    marks = [mark for mark in marks if start_of(mark) < behind.start]
    stops = [match.start() + 1 for match in BLANK_LINE.finditer(painted)]
    headings = list(_headings(painted, body, stops))
    items = []
    for match in _ITEM.finditer(painted, body.start, body.end):
        name = match[1] or match[2]
        if name is None:
            items.append(match.start())
        if name is None or not (name in ENVIRONMENTS or name in _TRANSPARENT or name.endswith("matrix")):
            marks.append(Break(Span(*match.span())))
    starts = [heading.span.start for heading in headings]
    walls = sorted({*starts, *_walls(painted, body), body.end})
    outside = tuple(span for span in (before, behind) if span.start < span.end)
    stops = sorted(stops + starts + items)
    return Page(text, painted, "tex", (*marks, *headings), quiet, tuple(stops), tuple(walls), outside)


def _without_literals(text: str) -> tuple[str, tuple[Span, ...], list[Mark]]:
    """Comments and verbatim text painted out; the comments; what they tell derivcheck."""
    painted: list[Span] = []
    quiet: list[Span] = []
    marks: list[Mark] = []
    exhausted: set[str] = set()
    position, line_end = 0, -1
    while match := _LITERAL.search(text, position):
        position = match.end()
        token = match.group()
        if token[0] == "%":
            comment = Span(*match.span())
            quiet.append(comment)
            body = comment.start + len(token) - len(token.lstrip("%"))
            marks += directive(text, comment, Span(body, comment.end))
        elif (closer := _closer(match)) is not None:
            # What was not found once is not there further down: a thousand unclosed openers cost one search.
            end = None if closer.pattern in exhausted else closer.search(text, position)
            if end is None:
                exhausted.add(closer.pattern)
                continue
            # A drawing is a part of the formula in which it stands, which is not read then.
            drawn = (match["environment"] or "").startswith("tikz")
            painted.append(Span(match.end(), end.start()) if drawn else Span(match.start(), end.end()))
            position = end.end()
        elif match["delimiter"]:
            if line_end < position:
                feed = text.find("\n", position)
                line_end = len(text) if feed < 0 else feed
            close = text.find(match["delimiter"], position, line_end)
            if close >= 0:
                painted.append(Span(match.start(), close + 1))
                position = close + 1
    return paint(text, quiet + painted), tuple(quiet), marks


def _closer(match: re.Match[str]) -> re.Pattern[str] | None:
    if match["environment"]:
        return re.compile(re.escape(f"\\end{{{match['environment']}}}"))
    return _FI if match.group() == "\\iffalse" else None


def _outside(painted: str) -> tuple[Span, Span]:
    r"""What stands before ``\begin{document}`` and behind ``\end{document}``."""
    start, end = 0, len(painted)
    for match in _DOCUMENT.finditer(painted):
        if match[1] == "begin" and start == 0:
            start = match.end()
        elif match[1] == "end":
            end = max(start, match.start())
            break
    return Span(0, start), Span(end, len(painted))


def _headings(painted: str, body: Span, blanks: list[int]) -> Iterator[Heading]:
    partners: dict[int, int] | None = None
    position = body.start
    while match := _SECTION.search(painted, position, body.end):
        if partners is None:
            partners = brace_partners(painted)
        close = partners.get(match.end() - 1)
        if close is None or bisect_left(blanks, match.end()) != bisect_left(blanks, close):
            # The brace is never closed: the title is the rest of the line.
            close = painted.find("\n", match.end(), body.end)
            close = body.end if close < 0 else close
        title = " ".join(painted[match.end() : close].replace(FILLER, "").split())
        position = min(close + 1, body.end)
        yield Heading(_LEVELS[match[1]], title, Span(match.start(), position))


def _walls(painted: str, body: Span) -> Iterator[int]:
    after_blank = True
    for start, end in lines(painted, body.start, body.end):
        line = painted[start:end]
        if not line.strip():
            after_blank = True
            continue
        if opens_display(line, after_blank) or (after_blank and is_prose(line)):
            yield start
        if line.strip(FILLER + " \t\r"):
            after_blank = False
