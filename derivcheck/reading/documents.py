r"""Reading a document: from a ``Source`` to a ``Scan``.

The scanner says where maths stands and in which words. It does not read the maths. The stages, each in a module
of its own: a page is painted (``markdown``, ``tex``), its macros are collected (``newcommands``), its maths is
found (``maths``), and prose and maths are woven together (``weaving``, with ``sentences`` and ``gaps``).

Maths in a heading belongs to the title and gives no segment: a title announces, it does not claim.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import Final

from derivcheck.reading.directives import directive
from derivcheck.reading.gaps import comments
from derivcheck.reading.markdown import markdown_page
from derivcheck.reading.maths import edges_of, maths_on
from derivcheck.reading.newcommands import definitions
from derivcheck.reading.page import Kind, Mark, Maths, Page, merged, paint, start_of
from derivcheck.reading.python import python_page
from derivcheck.reading.segments import Scan
from derivcheck.reading.tex import tex_page
from derivcheck.reading.weaving import weave, without_clashes
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
