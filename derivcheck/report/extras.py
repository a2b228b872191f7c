"""What a homework command adds below the claims: pictures and tables."""

from __future__ import annotations

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from derivcheck.report.cells import safe, safe_lines
from derivcheck.report.words import STYLES
from derivcheck.verdict import Extra


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
