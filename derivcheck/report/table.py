"""The table of claims, in document order: what each was held against, its largest error, its verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from derivcheck.report.cells import cells, pad, safe, shorten
from derivcheck.report.words import STYLES, differences_bar, largest, number, places, rough, verdict_words
from derivcheck.source import Place
from derivcheck.verdict import Outcome, Report, Result

HEADERS = ("claim", "line", "held against", "largest error", "bar", "verdict")
# What an oracle is called where the columns are tight.
SHORT = {"differences": "diffs"}
_READABLE, _SHORTEST = 16, 8


@dataclass(frozen=True, slots=True)
class Row:
    """A claim in the words of its columns; ``at`` is the entry with the largest error."""

    claim: str
    line: str
    oracles: tuple[str, ...]
    error: str
    at: str
    bar: str
    verdict: str
    style: str


@dataclass(frozen=True, slots=True)
class Layout:
    """What is shown of the rows at a width: which columns, whether with short names and with places."""

    columns: tuple[str, ...] = HEADERS
    short: bool = False
    at: bool = True


# What is given up, in this order, until the claims' own words have room.
LAYOUTS = (
    Layout(),
    Layout(short=True),
    Layout(("claim", "line", "held against", "largest error", "verdict"), short=True),
    Layout(("claim", "line", "held against", "largest error", "verdict"), short=True, at=False),
    Layout(("claim", "line", "largest error", "verdict"), at=False),
    Layout(("claim", "line", "verdict")),
)


def claims_table(report: Report, width: int) -> Table:
    """The claims of a document as a table of at most ``width`` cells, one line a claim.

    Where it is tight, the claims' formulas are cut first, then columns go; the verdict is never cut.
    """
    rows = _rows(report)
    layout, room = _layout(rows, width)
    table = Table(box=None, padding=(0, 1), header_style="bold", show_edge=False)
    for header in layout.columns:
        table.add_column(header, no_wrap=True, justify="right" if header in ("line", "bar") else "left")
    figures = max((cells(row.error) for row in rows), default=0)
    for row in rows:
        table.add_row(*(_cell(row, header, layout, room, figures) for header in layout.columns))
    return table


def _rows(report: Report) -> list[Row]:
    lines = places(report)
    return [_row(result, lines) for result in report.results]


def _row(result: Result, lines: Mapping[str, Place]) -> Row:
    evidence = largest(result)
    words, style = verdict_words(result, lines)
    bar = differences_bar(result)
    return Row(
        claim=safe(result.title or result.name),
        line=str(lines[result.name]),
        oracles=tuple(
            dict.fromkeys(one.oracle for one in result.verdict.evidence if one.outcome is not Outcome.NOT_CHECKED)
        ),
        error="–" if evidence is None or evidence.error is None else number(evidence.error),
        at=safe(evidence.where) if evidence is not None and evidence.where and evidence.error else "",
        bar="–" if bar is None else rough(bar),
        verdict=safe(words),
        style=style,
    )


def _cell(row: Row, header: str, layout: Layout, room: int, figures: int) -> Text:
    """One cell with its style; what is wrong or open stands out in the claim too."""
    text = shorten(row.claim, room) if header == "claim" else _words(row, header, layout, figures)
    match header:
        case "verdict":
            return Text(text, row.style)
        case "claim" if row.style != STYLES[Outcome.HOLDS]:
            return Text(text, row.style)
        case "largest error" if row.style == STYLES[Outcome.WRONG]:
            return Text(text, row.style)
        case _:
            return Text(text)


def _words(row: Row, header: str, layout: Layout, figures: int) -> str:
    match header:
        case "line":
            return row.line
        case "held against":
            names = [SHORT.get(name, name) for name in row.oracles] if layout.short else row.oracles
            return safe(" · ".join(names)) or "–"
        case "largest error":
            return f"{pad(row.error, figures)} {row.at}" if layout.at and row.at else row.error
        case "bar":
            return row.bar
        case "verdict":
            return row.verdict
        case _:
            return row.claim


def _layout(rows: list[Row], width: int) -> tuple[Layout, int]:
    """The fullest layout that leaves the claims enough room, and the room it leaves."""
    natural = max((cells(row.claim) for row in rows), default=0)
    for layout in LAYOUTS:
        room = width - _others(rows, layout)
        if room >= min(natural, _READABLE):
            return layout, room
    return LAYOUTS[-1], max(_SHORTEST, width - _others(rows, LAYOUTS[-1]))


def _others(rows: list[Row], layout: Layout) -> int:
    """The cells that everything but the claims' own words takes."""
    figures = max((cells(row.error) for row in rows), default=0)
    widths = [
        max(cells(header), *(cells(_words(row, header, layout, figures)) for row in rows))
        for header in layout.columns
        if header != "claim"
    ]
    return sum(widths) + 2 * (len(widths) + 1)
