"""The report for a person: what is wrong first and in full, then the table, the extras and one line of summary.

The table of claims, in document order: what each was held against, its largest error, its verdict.

All evidence for every claim, as ``-v`` shows it.

What a homework command adds below the claims: pictures and tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from derivcheck.report.cells import cells, pad, safe, safe_lines, shorten, wrap
from derivcheck.report.full import brief, full
from derivcheck.report.words import (
    STYLES,
    Counts,
    count,
    counted,
    differences_bar,
    largest,
    number,
    ordered,
    places,
    plural,
    rough,
    run_words,
    sized,
    verdict_words,
    why_it_fails,
)
from derivcheck.source import Place
from derivcheck.verdict import Evidence, Extra, Outcome, Report, Result, Severity


def extra(shown: Extra) -> list[RenderableType]:
    """An extra under its title, with its outcome where it has one. A picture's lines stay as they are."""
    title = Text(safe(shown.title), "bold")
    if shown.outcome is not None:
        title.append("  ")
        title.append(shown.outcome.value, STYLES[shown.outcome])
    parts: list[RenderableType] = [title]
    if shown.text:
        parts.append(Text("\n".join(f" {line}".rstrip() for line in safe_lines(shown.text))))
    if shown.columns or shown.rows:
        parts.append(_table(shown))
    return [*parts, Text("")]


def _table(shown: Extra) -> Table:
    """Rows under their columns; a column of figures is set to the right."""
    table = Table(box=None, padding=(0, 1), show_edge=False, header_style="bold", show_header=bool(shown.columns))
    width = max(len(shown.columns), *(len(row) for row in shown.rows), 0) if shown.rows else len(shown.columns)
    headers = [*shown.columns, *[""] * (width - len(shown.columns))]
    for index, header in enumerate(headers):
        column = [row[index] for row in shown.rows if index < len(row)]
        table.add_column(safe(header), justify="right" if column and all(map(_is_figure, column)) else "left")
    for row in shown.rows:
        table.add_row(*(Text(safe(cell)) for cell in row))
    return table


def _is_figure(cell: str) -> bool:
    try:
        float(cell.replace("−", "-").replace("±", ""))
    except ValueError:
        return cell.strip() in ("", "–")
    return True


def evidence(report: Report, width: int) -> list[Text]:
    """For each claim its verdict with the reason, and a line for each oracle with every figure it gave."""
    lines = places(report)
    return [_claim(result, lines, width) for result in report.results]


def _claim(result: Result, lines: Mapping[str, Place], width: int) -> Text:
    words, style = verdict_words(result, lines)
    head = Text.assemble(
        (safe(result.title or result.name), "bold"), f"   {lines[result.name].words} · {safe(result.name)} · "
    )
    head.append(safe(words), style)
    rows = [head]
    said = result.verdict.reason or (result.verdict.said if result.verdict.said != words else "")
    if said:
        rows += [Text(f"  {line}") for line in wrap(safe(said), width - 2)]
    names = max((cells(one.oracle) for one in result.verdict.evidence), default=0)
    for one in result.verdict.evidence:
        rows.append(_oracle(one, names, width))
    return Text("\n").join([*rows, Text("")])


def _oracle(one: Evidence, names: int, width: int) -> Text:
    row = Text(f"  {pad(safe(one.oracle), names)}  ")
    row.append(one.outcome.value, STYLES[one.outcome])
    margin = names + 4
    used = margin + cells(one.outcome.value)
    for figure in map(safe, _figures(one)):
        # broken between figures only, so that a number stays with what it is
        if used + 3 + cells(figure) > width:
            row.append(f"\n{' ' * margin}{figure}")
            used = margin + cells(figure)
        else:
            row.append(f" · {figure}")
            used += 3 + cells(figure)
    return row


def _figures(one: Evidence) -> list[str]:
    figures = []
    if one.error is not None:
        figures.append(f"error {number(one.error)}" + (f" at {one.where}" if one.where else ""))
    if one.relative is not None:
        figures.append(f"relative {number(one.relative)}")
    if one.claimed is not None:
        figures.append(f"claimed {one.claimed:.6g}")
    if one.reference is not None:
        figures.append(f"{one.oracle} {one.reference:.6g}")
    if one.bar is not None:
        figures.append(f"bar {rough(one.bar)}")
    if one.detectable is not None:
        figures.append(f"would have seen a relative error of {rough(one.detectable)}")
    if one.points:
        figures.append(plural(one.points, "point"))
    if one.sizes:
        figures.append(sized(one.sizes))
    if one.detail:
        figures.append(one.detail)
    return figures


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


# Beyond this the seed would stand so far to the right that nobody looks there.
_WIDEST_SUMMARY = 100


def screen(
    reports: Sequence[Report], width: int, *, quiet: bool = False, verbose: bool = False, strict: bool = False
) -> list[RenderableType]:
    """All that a run has to say, in parts to be drawn below each other.

    ``quiet`` leaves errors and the summary; ``verbose`` adds all evidence of every claim.
    """
    parts: list[RenderableType] = []
    for report in reports:
        if not quiet and (heading := _heading(report, several=len(reports) > 1)) is not None:
            parts += [heading, Text("")]
        parts += _findings(report, width, quiet=quiet)
        if not quiet:
            parts += _body(report, width, verbose=verbose)
    parts.append(summary(count(reports), width))
    if (reason := why_it_fails(reports, strict=strict)) is not None:
        parts.append(Text(reason, "bold yellow"))
    return parts


def _heading(report: Report, *, several: bool) -> Text | None:
    title = report.title or (report.source.path if several else "")
    if not title:
        return None
    options = " · ".join(f"{name} = {value}" for name, value in report.options)
    return Text.assemble((safe(title), "bold underline"), f"   {safe(options)}" if options else "")


def _findings(report: Report, width: int, *, quiet: bool) -> list[RenderableType]:
    parts: list[RenderableType] = []
    notes: list[Text] = []
    for finding in ordered(report.findings):
        match finding.severity:
            case Severity.ERROR:
                parts += [full(report.source, finding, width), Text("")]
            case Severity.WARNING if not quiet:
                parts += [full(report.source, finding, width, compact=True), Text("")]
            case Severity.NOTE if not quiet:
                notes.append(brief(report.source, finding))
            case _:
                pass
    return [*parts, *notes, Text("")] if notes else parts


def _body(report: Report, width: int, *, verbose: bool) -> list[RenderableType]:
    parts: list[RenderableType] = []
    if report.results:
        parts += [claims_table(report, width), Text("")]
        if verbose:
            parts += evidence(report, width)
    for shown in report.extras:
        parts += extra(shown)
    return parts


def summary(counts: Counts, width: int) -> Text:
    """``4 definitions · 2 claims: …`` with the seed and the time at the right, or below where they do not fit."""
    left, right = counted(counts), run_words(counts)
    style = "bold red" if counts.wrong else "bold green" if counts.holds else "bold yellow"
    gap = min(width, _WIDEST_SUMMARY) - cells(left) - cells(right)
    return Text.assemble((left, style), " " * gap if gap >= 2 else "\n", (right, "dim"))
