"""Jupyter notebooks: the text of their Markdown cells as one Markdown document, and the way back into the file.

Before each Markdown cell stands one comment line, ``<!-- cell 3 -->``, where 3 counts all cells of the notebook
from 1. Cells of code and raw cells are left out. A cell is read on its own: what it leaves open (a fence, a display,
a sentence) ends where the next cell begins.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from derivcheck.source import Cell, Source, Span

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],]|[^\s{}\[\],:"]+', re.DOTALL)
# One character of the text that a JSON string stands for; a pair of surrogates is one.
_CHARACTER = re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u....|\\.|[^\\]", re.DOTALL)


class NotANotebook(ValueError):
    """The text is no notebook that we can read, or no edit fits into it; the message says why."""


def notebook(path: str, raw: str) -> Source:
    """The Markdown of a notebook (format 4) as one text. Raises ``NotANotebook``."""
    try:
        content = json.loads(raw)
    except json.JSONDecodeError as error:
        message = f"broken notebook: not JSON at line {error.lineno} ({error.msg}); save it again in Jupyter"
        raise NotANotebook(message) from error
    except (RecursionError, ValueError) as error:
        raise NotANotebook("broken notebook: JSON nested too deeply or with a number too long") from error
    cells = content.get("cells") if isinstance(content, dict) else None
    if not isinstance(cells, list):
        message = "not a notebook of format 4 (no list of cells); convert it with `jupyter nbconvert --to notebook`"
        raise NotANotebook(message)
    text, found = "", []
    for number, cell in enumerate(cells, start=1):
        if isinstance(cell, dict) and cell.get("cell_type") == "markdown":
            text += f"<!-- cell {number} -->\n"
            found.append(Cell(number, len(text)))
            text += f"{_cell_text(cell, number)}\n"
    return Source(path, text, tuple(found), raw)


def _cell_text(cell: dict[str, Any], number: int) -> str:
    source = cell.get("source", "")
    parts = source if isinstance(source, list) else [source]
    if not all(isinstance(part, str) for part in parts):
        raise NotANotebook(f"broken notebook: the source of cell {number} is no text; save it again in Jupyter")
    return "".join(parts).rstrip("\n") + "\n"


def offset_in_file(source: Source, offset: int) -> int:
    """Where a character of a notebook's source stands in its file, as an offset into ``source.raw``."""
    cell = source.cell(offset)
    if cell is None:
        return 0
    places = [place for literal in _literals(source.raw).get(cell.number, ()) for place in _places(source.raw, literal)]
    index = max(0, offset - cell.start)
    return places[min(index, len(places) - 1)] if places else 0


def edited(source: Source, edits: Iterable[tuple[Span, str]]) -> str:
    """The file of a notebook with edits of its source, inside the strings of its cells; nothing else changes.

    Raises ``NotANotebook`` for an edit that does not lie within one cell.
    """
    raw = source.raw
    changes: list[tuple[Span, str]] = []
    for span, replacement in edits:
        changes += changes_in_file(source, span, replacement)
    for span, text in sorted(changes, reverse=True):
        raw = raw[: span.start] + text + raw[span.end :]
    return raw


def changes_in_file(source: Source, span: Span, replacement: str) -> list[tuple[Span, str]]:
    """What an edit of a notebook's source puts where in its file: all of the new text goes into the first string.

    Raises ``NotANotebook`` for an edit that does not lie within one cell.
    """
    changes = list(_changes(source, span, replacement))
    if not changes:
        raise NotANotebook(f"{source.path}: the correction lies outside of the cells; write it by hand")
    return changes


def _changes(source: Source, span: Span, replacement: str) -> Iterator[tuple[Span, str]]:
    cell = source.cell(span.start)
    if cell is None or source.cell(span.end) != cell or span.start < cell.start:
        raise NotANotebook(f"{source.path}: the correction does not lie within one cell; write it by hand")
    first, last = span.start - cell.start, span.end - cell.start
    written = json.dumps(replacement, ensure_ascii=source.raw.isascii())[1:-1]
    begins = 0
    for literal in _literals(source.raw).get(cell.number, ()):
        places = [*_places(source.raw, literal), literal.end - 1]
        ends = begins + len(places) - 1
        low, high = max(first, begins), min(last, ends)
        if low < high or (first == last and begins <= first < ends):
            yield Span(places[low - begins], places[high - begins]), written
            written = ""
        begins = ends


def _places(raw: str, literal: Span) -> Iterator[int]:
    """Where each character of a JSON string's text begins."""
    return (match.start() for match in _CHARACTER.finditer(raw, literal.start + 1, literal.end - 1))


@dataclass(slots=True)
class _Level:
    """An object or a list that is still open: at which key or index, and whether a key comes next."""

    key: str | int
    wants_key: bool
    parts: list[Span] = field(default_factory=list)


@lru_cache(maxsize=4)
def _literals(raw: str) -> dict[int, tuple[Span, ...]]:
    """The JSON strings that make up the source of each cell of a notebook, by its number. ``raw`` is valid JSON.

    Of a key that is there twice the last one counts, as in ``json``.
    """
    found: dict[int, list[Span]] = {}
    levels: list[_Level] = []
    for token in _TOKEN.finditer(raw):
        match token.group():
            case "{" | "[" as opener:
                _begin(levels, found)
                levels.append(_Level("" if opener == "{" else 0, opener == "{"))
            case "}" | "]":
                levels.pop()
            case ",":
                level = levels[-1]
                level.wants_key, level.key = (
                    isinstance(level.key, str),
                    level.key + 1 if isinstance(level.key, int) else "",
                )
            case text if levels and levels[-1].wants_key:
                levels[-1].key, levels[-1].wants_key = json.loads(text), False
            case text if text.startswith('"'):
                _begin(levels, found)
                match [level.key for level in levels]:
                    case ["cells", int(index), "source"] | ["cells", int(index), "source", int()]:
                        found.setdefault(index + 1, []).append(Span(*token.span()))
    return {number: tuple(spans) for number, spans in found.items()}


def _begin(levels: list[_Level], found: dict[int, list[Span]]) -> None:
    """A value begins: what was there under the same key is forgotten."""
    match [level.key for level in levels]:
        case ["cells"]:
            found.clear()
        case ["cells", int(index), "source"]:
            found.pop(index + 1, None)
