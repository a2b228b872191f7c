r"""Reading a document: from a ``Source`` to a ``Scan``.

The scanner says where maths stands and in which words. It does not read the maths. The stages, each in a module
of its own: a page is painted (``markdown``, ``tex``), its macros are collected (``newcommands``), its maths is
found (``maths``), and prose and maths are woven together (``weaving``, with ``sentences`` and ``gaps``).

Maths in a heading belongs to the title and gives no segment: a title announces, it does not claim.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Final

from derivcheck.reading.cues import Said
from derivcheck.reading.expansion import definitions
from derivcheck.reading.items import Directive, Heading, Notice, Scan, Segment, Unreadable
from derivcheck.reading.markdown import markdown_page
from derivcheck.reading.maths import directive, edges_of, maths_on
from derivcheck.reading.page import (
    COMMENT,
    Break,
    Kind,
    Mark,
    Maths,
    Page,
    lines,
    merged,
    paint,
    start_of,
    within,
)
from derivcheck.reading.python import python_page
from derivcheck.reading.sentences import Neighbour, current_sentence, ends_sentence, lead
from derivcheck.reading.tex import tex_page
from derivcheck.source import Source, Span

MOST_TEXT: Final = 1_000_000
"""Characters of one document that are searched for maths; a book of 400 pages has fewer."""


PAGES: Final[Mapping[Kind, Callable[[str], Page]]] = {
    "markdown": markdown_page, "tex": tex_page, "python": python_page
}  # fmt: skip
"""The stage that knows a language; what stands in Python is Markdown once it is painted."""


def kind_of(path: str, text: str = "") -> Kind:
    r"""The language of a document, by its name; without a telling name, by a ``\begin{document}`` in its text.

    A notebook is Markdown: reading the file has taken its Markdown cells out.
    """
    match PurePath(path).suffix.lower():
        case ".tex" | ".ltx" | ".latex":
            return "tex"
        case ".md" | ".markdown" | ".qmd" | ".rmd" | ".ipynb":
            return "markdown"
        case ".py":
            return "python"
        case _:
            return "tex" if "\\documentclass" in text or "\\begin{document}" in text else "markdown"


def scan(source: Source, kind: Kind) -> Scan:
    """All maths, directives and headings of a document in order, and its macros. Never raises."""
    text, end = source.text, len(source.text)
    if end > MOST_TEXT:
        end = max(text.rfind("\n\n", 0, MOST_TEXT), 0) or MOST_TEXT
        text = text[:end]
    page = PAGES[kind](text)
    macros, defined = definitions(page.painted)
    quiet = merged((*page.quiet, *defined))
    page = replace(page, painted=paint(page.painted, (*defined, *page.outside)), quiet=quiet)
    fences = [mark for mark in page.marks if isinstance(mark, Maths) and not mark.hidden]
    bare = replace(page, painted=paint(page.painted, (mark.outer for mark in fences)))
    found, given_up = maths_on(bare, edges_of(macros))
    end = end if given_up is None else given_up
    told = [mark for maths in (*fences, *found) if isinstance(maths, Maths) for mark in _row_directives(page, maths)]
    before = (mark for mark in (*page.marks, *found, *told) if start_of(mark) < end)
    marks = without_clashes(sorted(before, key=start_of))
    return Scan(tuple(weave(page, marks)), macros, end if end < len(source.text) else None)


def _row_directives(page: Page, maths: Maths) -> Iterator[Mark]:
    """What the ``%`` comments inside maths tell derivcheck (in TeX the page knows all comments already)."""
    if page.kind == "markdown":
        for comment in comments(page, maths):
            words = page.text[comment.start : comment.end].lstrip("%")
            yield from directive(page.text, comment, Span(comment.end - len(words), comment.end))


Item = Segment | Directive | Heading | Notice | Unreadable


def without_clashes(marks: list[Mark]) -> list[Mark]:
    """Headings and breaks that turn out to stand inside maths are none; maths inside a heading is part of the title.

    A row ``=`` under a row of maths looks like an underlined heading in Markdown, a row ``- b`` like a list item.
    """
    kept: list[Mark | None] = []
    heading: tuple[int, int] | None = None  # where the last heading ends, and its place in the list
    maths_end = 0
    for mark in marks:
        match mark:
            case Maths(hidden=False) | Unreadable():
                outer = mark.outer if isinstance(mark, Maths) else mark.span
                if heading is not None and outer.start < heading[0]:
                    if outer.end <= heading[0] and not mark.displayed:
                        continue
                    kept[heading[1]], heading = None, None
                maths_end = max(maths_end, outer.end)
            case Heading(span=span):
                if span.start < maths_end:
                    continue
                heading = (span.end, len(kept))
            case Break(span=span) if span.start < maths_end:
                continue
        kept.append(mark)
    return [mark for mark in kept if mark is not None]


@dataclass(slots=True)
class _Thread:
    """Where the weaving stands: behind which maths, in which sentence."""

    position: int = 0
    before: Neighbour = "nothing"
    sentence: int = 0
    newest: int = 0
    argument: Span | None = None
    blocks: int = 0

    def new_block(self) -> int:
        self.blocks += 1
        return self.blocks - 1

    def new_sentence(self) -> int:
        self.newest += 1
        return self.newest


def weave(page: Page, marks: list[Mark]) -> Iterator[Item]:
    """The items of a page from its marks in order."""
    thread = _Thread()
    for mark in marks:
        match mark:
            case Maths(hidden=True):
                yield _hidden_segment(page, thread, mark)
            case Maths():
                holes = gaps(page, mark)
                if not is_empty(page, mark, holes):
                    yield _segment(page, thread, mark, holes)
            case Break(span=span) | Heading(span=span) | Unreadable(span=span):
                thread.sentence = thread.new_sentence()
                thread.before = "nothing"
                thread.position = max(thread.position, span.end)
        if not isinstance(mark, Maths | Break):
            yield mark


def _segment(page: Page, thread: _Thread, maths: Maths, holes: tuple[Span, ...]) -> Segment:
    here: Neighbour = "displayed" if maths.displayed else "inline"
    prose = page.painted[thread.position : maths.outer.start]
    ended, words = current_sentence(prose, thread.before, here)
    if ended:
        thread.sentence = thread.new_sentence()
    sentence = thread.sentence
    if ends_sentence(_without(page.text, maths.span, holes)):
        thread.sentence = thread.new_sentence()
    thread.before, thread.position = here, maths.outer.end
    place, block = Span(maths.outer.start - len(words), maths.outer.start), thread.new_block()
    words = Said(lead(words), place)
    return Segment(maths.span, maths.outer, maths.displayed, maths.environment, words, sentence, block, False, holes)


def _hidden_segment(page: Page, thread: _Thread, maths: Maths) -> Segment:
    """A ``let`` is a sentence of its own and leaves the one that it stands in alone."""
    if maths.argument != thread.argument:
        thread.new_sentence()
        thread.argument = maths.argument
    sentence = thread.newest
    holes = gaps(page, maths)
    block = thread.new_block()
    let = Said("let", Span(maths.outer.start, maths.outer.start))
    return Segment(maths.span, maths.outer, maths.displayed, maths.environment, let, sentence, block, True, holes)


def _without(text: str, span: Span, holes: tuple[Span, ...]) -> str:
    """The end of a stretch of maths without its gaps."""
    pieces: list[str] = []
    end = span.end
    for hole in reversed(holes):
        pieces.append(text[hole.end : end])
        end = hole.start
        if sum(map(len, pieces)) > 300:
            break
    else:
        pieces.append(text[span.start : end])
    return "".join(reversed(pieces))


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
