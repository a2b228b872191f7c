"""Jupyter notebooks: the text of their Markdown cells as one Markdown document.

Before each Markdown cell stands one comment line, ``<!-- cell 3 -->``, where 3 counts all cells of the notebook
from 1. Cells of code and raw cells are left out. A position in a notebook is therefore a line of this text, and
``cell_at`` says in which cell it stands and on which line of it. A cell is read on its own: what it leaves open
(a fence, a display, a sentence) ends where the next cell begins.
"""

from __future__ import annotations

import json
import re
from typing import Any

from derivcheck.source import Position, Source

_MARKER = re.compile(r"^<!-- cell (\d+) -->[ \t\r]*$", re.MULTILINE)


class NotANotebook(ValueError):
    """The text is no notebook that we can read; the message says why."""


def notebook_text(text: str) -> str:
    """The Markdown of a notebook (format 4) as one text. Raises ``NotANotebook``."""
    try:
        notebook = json.loads(text)
    except json.JSONDecodeError as error:
        message = f"broken notebook: not JSON at line {error.lineno} ({error.msg}); save it again in Jupyter"
        raise NotANotebook(message) from error
    except (RecursionError, ValueError) as error:
        raise NotANotebook("broken notebook: JSON nested too deeply or with a number too long") from error
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        message = "not a notebook of format 4 (no list of cells); convert it with `jupyter nbconvert --to notebook`"
        raise NotANotebook(message)
    return "".join(
        f"<!-- cell {number} -->\n{_cell_text(cell, number)}\n"
        for number, cell in enumerate(cells, start=1)
        if isinstance(cell, dict) and cell.get("cell_type") == "markdown"
    )


def _cell_text(cell: dict[str, Any], number: int) -> str:
    source = cell.get("source", "")
    parts = source if isinstance(source, list) else [source]
    if not all(isinstance(part, str) for part in parts):
        raise NotANotebook(f"broken notebook: the source of cell {number} is no text; save it again in Jupyter")
    return "".join(parts).rstrip("\n") + "\n"


def cell_at(source: Source, offset: int) -> tuple[int, Position] | None:
    """The notebook cell (from 1) at an offset of a notebook's source, and the line and column inside that cell."""
    marker = None
    for match in _MARKER.finditer(source.text, 0, offset + 1):
        marker = match
    if marker is None:
        return None
    here = source.position(offset)
    return int(marker[1]), Position(here.line - source.position(marker.start()).line, here.column)
