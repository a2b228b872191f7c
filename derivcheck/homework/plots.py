"""A curve over steps and a graphical model with its plate, in plain text of at most 78 columns."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from derivcheck.homework.pictures import WIDTH, Edge

ROWS, COLUMNS = 10, 60


def curve_picture(
    values: Sequence[float], label: Callable[[float], str] = "{:.6g}".format, rows: int = ROWS, columns: int = COLUMNS
) -> str:
    """Values over steps 0, 1, 2, …, the highest in the first row. ValueError for values that are not finite.

    Each column shows the last value among the steps that fall into it, and dots join it to the one before.
    """
    if not values or not all(map(math.isfinite, values)):
        raise ValueError("a curve needs finite values")
    low, high = min(values), max(values)
    grid = [[" "] * columns for _ in range(rows)]
    before: int | None = None
    for column, step in sorted({_column(step, len(values), columns): step for step in range(len(values))}.items()):
        row = 0 if high <= low else round((high - values[step]) / (high - low) * (rows - 1))
        for passed in range(min(row, before) + 1, max(row, before)) if before is not None else ():
            grid[passed][column] = "·"
        grid[row][column] = "●"
        before = row
    labels = [label(high - (high - low) * row / (rows - 1)) if row in (0, rows - 1) else "" for row in range(rows)]
    margin = max(map(len, labels))
    lines = [
        f"{text:>{margin}} {'┤' if text else '│'}{''.join(cells)}" for text, cells in zip(labels, grid, strict=True)
    ]
    last = f"{len(values) - 1} steps"
    return "\n".join(
        line.rstrip()
        for line in (*lines, f"{'':>{margin}} └{'─' * columns}", f"{'':>{margin}}  0{last:>{columns - 1}}")
    )


def _column(step: int, count: int, columns: int) -> int:
    return 0 if count == 1 else round(step / (count - 1) * (columns - 1))


def plate_picture(
    edges: Sequence[Edge], inside: Sequence[str], observed: str, repeated: str, laws: Sequence[str]
) -> str:
    """A graphical model: what is repeated stands on the plate, parameters above it, with an arrow to what they enter.

    ``edges`` lead to ``observed``, in square brackets; names in ``inside`` are latent, in round ones, and stand to its
    left. ``repeated`` says how often the plate is; ``laws`` stand to the right of it.
    """
    sources = [source for source, end in edges if end == observed]
    latent = [f"( {name} )" for name in inside]
    arrows = [" ───▶ " if name in sources else "      " for name in inside]
    row = "  " + "".join(part + arrow for part, arrow in zip(latent, arrows, strict=True)) + f"[ {observed} ]"
    centre = len(row) - len(f"[ {observed} ]") // 2 - 1
    width = max(len(row), len(repeated) + 2, centre + 6) + 2
    outside = [source for source in sources if source not in inside]
    head, joined = _above(outside, centre + 1)
    stem = "│" if outside else "─"
    top = "╭" + "─" * width + "╮"
    lines = [
        *head,
        *([joined] if outside else []),
        top[: centre + 1] + (stem if outside else "─") + top[centre + 2 :],
        "│" + (" " * centre + "▼" if outside else "").ljust(width) + "│",
        "│" + row.ljust(width) + "│",
        "│" + " " * width + "│",
        "╰" + f" {repeated} ".rjust(width - 1, "─") + "─╯",
    ]
    first = len(lines) - 4
    for index, law in enumerate(laws):
        if first + index < len(lines):
            lines[first + index] = lines[first + index].ljust(width + 5) + law
    if (widest := max(map(len, lines))) > WIDTH:
        raise ValueError(f"the picture needs {widest} columns, {WIDTH} are there")
    return "\n".join(line.rstrip() for line in lines)


def _above(names: Sequence[str], centre: int) -> tuple[list[str], str]:
    """Names side by side above a column, and the line that brings them together there."""
    if not names:
        return [], ""
    columns = [centre + 4 * (2 * index - len(names) + 1) // 2 for index in range(len(names))]
    line = ""
    for column, name in zip(columns, names, strict=True):
        line = line.ljust(column) + name
    if len(names) == 1:
        return [line], " " * centre + "│"
    joined = [" "] * (columns[-1] + 1)
    joined[columns[0] : columns[-1] + 1] = list("─" * (columns[-1] - columns[0] + 1))
    for column in columns[1:-1]:
        joined[column] = "┴"
    joined[columns[0]], joined[columns[-1]] = "╰", "╯"
    joined[centre] = "┼" if centre in columns[1:-1] else "┬"
    return [line], "".join(joined)
