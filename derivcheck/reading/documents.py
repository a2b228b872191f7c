r"""Reading a document: from a path to a ``Source``, from a ``Source`` to a ``Scan``.

The scanner says where maths stands and in which words. It does not read the maths. The stages, each in a module
of its own: a page is painted (``markdown``, ``tex``), its macros are collected (``newcommands``), its maths is
found (``maths``), and prose and maths are woven together (``weaving``, with ``sentences`` and ``gaps``).

Maths in a heading belongs to the title and gives no segment: a title announces, it does not claim.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePath

from derivcheck.reading.directives import directive
from derivcheck.reading.gaps import comments
from derivcheck.reading.markdown import markdown_page
from derivcheck.reading.maths import edges_of, maths_on
from derivcheck.reading.newcommands import definitions
from derivcheck.reading.notebook import NotANotebook, notebook
from derivcheck.reading.page import Kind, Mark, Maths, Page, merged, paint, start_of
from derivcheck.reading.segments import Scan
from derivcheck.reading.tex import tex_page
from derivcheck.reading.weaving import weave, without_clashes
from derivcheck.source import Source, Span

LARGEST = 5_000_000
"""Bytes; no derivation written by hand is longer, and a data file is not to be read by mistake."""

STDIN = "<stdin>"


class UnreadableFile(Exception):
    """A document that cannot be opened: the message says what is wrong, where, and what to do."""


def kind_of(path: str, text: str = "") -> Kind:
    r"""The language of a document, by its name; without a telling name, by a ``\begin{document}`` in its text.

    A notebook is Markdown: ``read_source`` has taken its Markdown cells out.
    """
    match PurePath(path).suffix.lower():
        case ".tex" | ".ltx" | ".latex":
            return "tex"
        case ".md" | ".markdown" | ".qmd" | ".rmd" | ".ipynb":
            return "markdown"
        case _:
            return "tex" if "\\documentclass" in text or "\\begin{document}" in text else "markdown"


def read_source(path: str) -> Source:
    """The document at a path, or on standard input for ``-`` (shown as ``<stdin>``).

    Line ends stay as they are; a byte order mark is dropped. A notebook becomes the text of its Markdown cells
    (see ``notebook``). Raises ``UnreadableFile``.
    """
    shown = STDIN if path == "-" else path
    data = _bytes_of_stdin() if path == "-" else bytes_of(path)
    if len(data) > LARGEST:
        raise UnreadableFile(f"{shown}: larger than {LARGEST // 1_000_000} MB; split the document")
    if b"\0" in data:
        raise UnreadableFile(f"{shown}: not a text file (it holds NUL bytes); give a .md, .tex or .ipynb file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(f"{shown}:{line}: not UTF-8 text; save the file in UTF-8") from error
    if PurePath(path).suffix.lower() == ".ipynb":
        try:
            return notebook(shown, text)
        except NotANotebook as error:
            raise UnreadableFile(f"{shown}: {error}") from error
    return Source(shown, text)


def _bytes_of_stdin() -> bytes:
    if sys.stdin is None:
        raise UnreadableFile(f"{STDIN}: standard input is closed; name a file, or send the document through a pipe")
    try:
        return sys.stdin.buffer.read(LARGEST + 1)
    except OSError as error:
        raise UnreadableFile(f"{STDIN}: cannot be read ({error.strerror or error}); name a file") from error


def bytes_of(path: str) -> bytes:
    """The file as it is, and one byte more than the largest that is read. Raises ``UnreadableFile``."""
    file = Path(path)
    try:
        if file.is_dir():
            raise UnreadableFile(f"{path}: is a directory; name the files in it")
        with file.open("rb") as stream:
            return stream.read(LARGEST + 1)
    except FileNotFoundError as error:
        raise UnreadableFile(f"{path}: no such file; check the name and the directory") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableFile(f"{path}: cannot be read ({reason}); check the file and its permissions") from error


def scan(source: Source, kind: Kind) -> Scan:
    """All maths, directives and headings of a document in order, and its macros. Never raises."""
    page = markdown_page(source.text) if kind == "markdown" else tex_page(source.text)
    macros, defined = definitions(page.painted)
    quiet = merged((*page.quiet, *defined))
    page = replace(page, painted=paint(page.painted, (*defined, *page.outside)), quiet=quiet)
    fences = [mark for mark in page.marks if isinstance(mark, Maths) and not mark.hidden]
    bare = replace(page, painted=paint(page.painted, (mark.outer for mark in fences)))
    found = maths_on(bare, edges_of(macros))
    told = [mark for maths in (*fences, *found) if isinstance(maths, Maths) for mark in _row_directives(page, maths)]
    marks = without_clashes(sorted((*page.marks, *found, *told), key=start_of))
    return Scan(tuple(weave(page, marks)), macros)


def _row_directives(page: Page, maths: Maths) -> Iterator[Mark]:
    """What the ``%`` comments inside maths tell derivcheck (in TeX the page knows all comments already)."""
    if page.kind == "markdown":
        for comment in comments(page, maths):
            words = page.text[comment.start : comment.end].lstrip("%")
            yield from directive(page.text, comment, Span(comment.end - len(words), comment.end))
