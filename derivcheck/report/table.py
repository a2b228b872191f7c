"""The table of claims, in document order: what each was held against, its largest error, its verdict."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rich.table import Table
from rich.text import Text

from derivcheck.report.cells import cells, pad, safe, shorten
from derivcheck.report.words import differences_bar, largest, number, verdict_words
from derivcheck.verdict import Report, Result

HEADERS = ("claim", "line", "held against", "largest error", "bar", "verdict")
# What an oracle is called where the columns are tight.
SHORT = {"differences": "diffs"}
_READABLE, _SHORTEST = 24, 8


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
    """What is shown of the rows at a width."""

    claim: int
    short: bool = False
    bar: bool = True
    at: bool = True


def claims_table(report: Report, width: int) -> Table:
    """The claims of a document as a table of at most ``width`` cells, one line a claim.

    Where it is tight, the claims' formulas are cut first, then the names of the oracles, then the differences'
    bar goes, then the place of the error. The verdict is never cut.
    """
    rows = _rows(report)
    layout = _layout(rows, width)
    table = Table(box=None, padding=(0, 1), header_style="bold", show_edge=False, pad_edge=True)
    for header in HEADERS:
        if header != "bar" or layout.bar:
            table.add_column(header, no_wrap=True, justify="right" if header in ("line", "bar") else "left")
    figures = max((cells(row.error) for row in rows), default=0)
    for row in rows:
        table.add_row(*(Text(cell, style) for cell, style in _styled(row, layout, figures)))
    return table


def _rows(report: Report) -> list[Row]:
    lines = {result.name: result.line for result in report.results}
    return [_row(result, lines) for result in report.results]


def _row(result: Result, lines: dict[str, int]) -> Row:
    evidence = largest(result)
    words, style = verdict_words(result, lines)
    bar = differences_bar(result)
    return Row(
        claim=safe(result.title or result.name),
        line=str(result.line),
        oracles=tuple(dict.fromkeys(one.oracle for one in result.verdict.evidence)),
        error="–" if evidence is None or evidence.error is None else number(evidence.error),
        at=safe(evidence.where) if evidence is not None and evidence.where and evidence.error else "",
        bar="–" if bar is None else number(bar),
        verdict=safe(words),
        style=style,
    )


def _styled(row: Row, layout: Layout, figures: int) -> list[tuple[str, str]]:
    marked = row.style if row.style != "green" else ""
    columns = [
        (shorten(row.claim, layout.claim), marked),
        (row.line, ""),
        (_oracles(row, layout), ""),
        (_error(row, layout, figures), marked if "red" in row.style else ""),
        (row.bar, ""),
        (row.verdict, row.style),
    ]
    return [column for header, column in zip(HEADERS, columns, strict=True) if header != "bar" or layout.bar]


def _oracles(row: Row, layout: Layout) -> str:
    names = [SHORT.get(name, name) for name in row.oracles] if layout.short else row.oracles
    return safe(" · ".join(names)) or "–"


def _error(row: Row, layout: Layout, figures: int) -> str:
    return f"{pad(row.error, figures)} {row.at}".rstrip() if layout.at and row.at else row.error


def _layout(rows: list[Row], width: int) -> Layout:
    natural = max((cells(row.claim) for row in rows), default=0)
    full = Layout(natural)
    for layout in (full, replace(full, short=True), replace(full, short=True, bar=False)):
        room = width - _others(rows, layout)
        if room >= min(natural, _READABLE):
            return replace(layout, claim=max(room, _SHORTEST))
    bare = replace(full, short=True, bar=False, at=False)
    return replace(bare, claim=max(_SHORTEST, width - _others(rows, bare)))


def _others(rows: list[Row], layout: Layout) -> int:
    """The cells that everything but the claims' own words takes."""
    figures = max((cells(row.error) for row in rows), default=0)
    columns = {
        "line": [row.line for row in rows],
        "held against": [_oracles(row, layout) for row in rows],
        "largest error": [_error(row, layout, figures) for row in rows],
        "bar": [row.bar for row in rows],
        "verdict": [row.verdict for row in rows],
    }
    if not layout.bar:
        del columns["bar"]
    widths = [max(map(cells, (header, *column))) for header, column in columns.items()]
    return sum(widths) + 2 * (len(widths) + 1)
