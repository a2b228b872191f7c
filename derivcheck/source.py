"""Where text stands: a source and spans of offsets into it.

Every stage keeps absolute character offsets. Line and column are worked out
only when a span is shown to a person.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range ``[start, end)`` of character offsets into a source's text."""

    start: int
    end: int

    def __or__(self, other: Span) -> Span:
        """The smallest span that covers both."""
        return Span(min(self.start, other.start), max(self.end, other.end))

    def __contains__(self, offset: int) -> bool:
        return self.start <= offset < self.end

    def overlaps(self, other: Span) -> bool:
        """Whether the two have a character in common."""
        return self.start < other.end and other.start < self.end


NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True)
class Position:
    """A place as people count it: line and column both start at 1; in a notebook the line is one of the cell."""

    line: int
    column: int
    cell: int | None = None

    @property
    def place(self) -> Place:
        """The line alone."""
        return Place(self.cell or 0, self.line)

    def __str__(self) -> str:
        return f"{self.place}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line, in document order; ``cell`` is 0 outside of notebooks. Shown as ``9``, or as ``cell 3:2``."""

    cell: int
    line: int

    def __str__(self) -> str:
        return f"cell {self.cell}:{self.line}" if self.cell else str(self.line)

    @property
    def words(self) -> str:
        """``line 9``, ``line 2 of cell 3``."""
        return f"line {self.line}" + (f" of cell {self.cell}" if self.cell else "")


@dataclass(frozen=True, slots=True)
class Cell:
    """A Markdown cell of a notebook: its number among all cells (from 1), and where its text begins in the source."""

    number: int
    start: int


@dataclass(frozen=True)
class Source:
    """One document: the name it is shown under, and its text.

    Of a notebook the text is that of its Markdown ``cells``, and ``raw`` is the file as it is. ``readings`` are the
    conventions that a project fixes, by name, where a document leaves them open; ``insisted`` those that hold whatever
    the document says.
    """

    path: str
    text: str
    cells: tuple[Cell, ...] = ()
    raw: str = field(default="", repr=False)
    readings: tuple[tuple[str, str], ...] = ()
    insisted: tuple[tuple[str, str], ...] = ()

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        starts.extend(i + 1 for i, character in enumerate(self.text) if character == "\n")
        return starts

    def _row(self, offset: int) -> int:
        return bisect_right(self._line_starts, max(0, min(offset, len(self.text))))

    def cell(self, offset: int) -> Cell | None:
        """The notebook cell in which an offset stands; of what stands before the first one, the first."""
        if not self.cells:
            return None
        return self.cells[max(0, bisect_right(self.cells, offset, key=lambda cell: cell.start) - 1)]

    def position(self, offset: int) -> Position:
        """The line and column (from 1, in characters) of an offset; in a notebook they count in its cell."""
        row, cell = self._row(offset), self.cell(offset)
        column = max(0, min(offset, len(self.text))) - self._line_starts[row - 1] + 1
        if cell is None:
            return Position(row, column)
        return Position(max(1, row - self._row(cell.start) + 1), column, cell.number)

    def line_at(self, offset: int) -> Span:
        """The line on which an offset stands, without its line end."""
        row = self._row(offset)
        start = self._line_starts[row - 1]
        end = self._line_starts[row] if row < len(self._line_starts) else len(self.text)
        return Span(start, start + len(self.text[start:end].rstrip("\r\n")))

    def slice(self, span: Span) -> str:
        """The text that a span covers."""
        return self.text[span.start : span.end]
