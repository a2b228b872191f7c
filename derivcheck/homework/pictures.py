"""Pictures of networks and graphs in plain text, laid out from weights and edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

WIDTH = 78
Edge = tuple[str, str]
Matrix = Sequence[Sequence[float]]
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def network_picture(
    first: Matrix,
    second: Matrix,
    first_bias: Sequence[float] = (),
    second_bias: Sequence[float] = (),
    unit: str = "relu",
) -> str:
    """A network with one hidden layer as a switchboard: inputs come from above, outputs leave upwards.

    ``first`` is H × inputs, ``second`` outputs × H. Each hidden unit is a row; a dot joins it to an input or an output,
    with the weight beside it, and where there is no dot the lines only cross. At most 78 columns wide; ValueError for a
    network that does not fit into them.
    """
    names = [_unit_text(index, row, _at(first_bias, index), unit) for index, row in enumerate(first)]
    longest = max(map(len, names))
    into = max(len(_number(weight)) for row in first for weight in row)
    out = max(len(_number(weight)) for row in second for weight in row)
    lines = [
        f"  {_left_wire(row, into)}▶ {name} {'─' * (longest - len(name))}{_right_wire(leaving, out)}"
        for row, name, *leaving in zip(first, names, *second, strict=True)
    ]
    behind = 2 + len(first[0]) * (into + 5) + 2 + longest + 1
    above = [2 + j * (into + 5) for j in range(len(first[0]))]
    exits = [behind + k * (out + 5) + out + 4 for k in range(len(second))]
    heads = [(column, f"x{_sub(j + 1)}") for j, column in enumerate(above)]
    tails = [(column, f"y{_sub(k + 1)}") for k, column in enumerate(exits)]
    lines.insert(0, _placed([*heads, *tails]))
    lines.insert(1, _placed([(column, "│") for column in above] + [(column, "▲") for column in exits]))
    lines += [f"  y{_sub(k + 1)} has bias {_number(bias)}" for k, bias in enumerate(second_bias) if bias]
    if (widest := max(map(len, lines))) > WIDTH:
        raise ValueError(f"the picture needs {widest} columns, {WIDTH} are there")
    return "\n".join(lines)


def _placed(marks: Sequence[tuple[int, str]]) -> str:
    """One line with each text at its column."""
    line = ""
    for column, text in marks:
        line = line.ljust(column) + text
    return line


def _left_wire(weights: Sequence[float], width: int) -> str:
    """From the inputs to one unit: ``●─ +1 ─┼────────``, one field of width + 5 for each input."""
    started, fields = False, []
    for weight in weights:
        if weight:
            started = True
            fields.append(f"●─ {_number(weight):>{width}} ─")
        else:
            fields.append(("┼" + "─" * (width + 4)) if started else "│" + " " * (width + 4))
    return "".join(fields)


def _right_wire(weights: Sequence[float], width: int) -> str:
    """From one unit to the outputs: one field of width + 5 for each, the wire ending at the last that it enters."""
    last = max((k for k, weight in enumerate(weights) if weight), default=-1)
    fields = []
    for k, weight in enumerate(weights):
        if weight:
            fields.append(f"─ {_number(weight):>{width}} ─●")
        elif k < last:
            fields.append("─" * (width + 4) + "┼")
        else:
            fields.append(" " * (width + 4) + "│")
    return "".join(fields)


def _unit_text(index: int, weights: Sequence[float], bias: float, unit: str) -> str:
    terms = [_term(weight, "x" + _sub(j + 1)) for j, weight in enumerate(weights) if weight]
    terms += [_term(bias, "")] if bias else []
    inside = " ".join(terms) or "0"
    # the first sign is written tight, and a plus not at all
    inside = inside.removeprefix("+ ") if inside.startswith("+ ") else inside.replace("− ", "−", 1)
    return f"h{_sub(index + 1)} = {unit}({inside})"


def _term(weight: float, name: str) -> str:
    size = _plain(abs(weight))
    return ("− " if weight < 0 else "+ ") + (name if size == "1" and name else f"{size} {name}".rstrip())


def _number(value: float) -> str:
    """Always with its sign, as weights are read: ``+1``, ``−0.5``; 0 has none."""
    return ("−" if value < 0 else "+" if value > 0 else "") + _plain(abs(value))


def _plain(value: float) -> str:
    if value == int(value) and value < 1e6:
        return str(int(value))
    short = f"{value:.4g}"
    # a value that the short form does not give back is rounded, and says so
    return short if Fraction(short) == Fraction(repr(value)) else f"≈{value:.3g}"


def _at(values: Sequence[float], index: int) -> float:
    return values[index] if index < len(values) else 0.0


def _sub(number: int) -> str:
    return str(number).translate(_SUBSCRIPTS)


def topological(edges: Sequence[Edge]) -> list[str]:
    """The nodes, each after all that lead to it, otherwise in the order of the edges. ValueError for a cycle."""
    waiting = list(dict.fromkeys(node for edge in edges for node in edge))
    placed: list[str] = []
    while waiting:
        ready = [node for node in waiting if all(source in placed for source, end in edges if end == node)]
        if not ready:
            raise ValueError(f"the edges go round in a circle through {', '.join(waiting)}")
        placed.append(ready[0])
        waiting.remove(ready[0])
    return placed


def paths(edges: Sequence[Edge], start: str, end: str) -> list[tuple[str, ...]]:
    """Every way from one node to another along the edges."""
    if start == end:
        return [(end,)]
    return [(start, *rest) for source, following in edges if source == start for rest in paths(edges, following, end)]


def graph_picture(edges: Sequence[Edge], labels: Mapping[str, str] | None = None) -> str:
    """A directed graph without cycles, top to bottom: one node a row, below all that lead to it.

    Leaves with a single use stand to the left of it. An edge to the next row is an arrow, any other a rail on the
    right, from below its source to the side of its end. ``labels`` are shown in the place of the nodes' names.
    """
    sides = _side_leaves(edges)
    spine = [node for node in topological(edges) if node not in sides]
    row = {node: index for index, node in enumerate(spine)}
    shown = [(labels or {}).get(node, node) for node in spine]
    left = [", ".join(side for side, end in sides.items() if end == node) for node in spine]
    steps = {row[a] for a, b in edges if a in row and row[b] == row[a] + 1}
    rails = _rails([(row[a], row[b]) for a, b in dict.fromkeys(edges) if a in row and row[b] > row[a] + 1])
    margin, width = max(map(len, left)), max(map(len, shown))
    indent = " " * (margin + 6)
    lines: list[str] = []
    for index, label in enumerate(shown):
        entering = f"{left[index]:>{margin}} ──▶  " if left[index] else indent
        lines.append(entering + _beside(label, width, rails, index))
        if index + 1 < len(spine):
            if any(rail.start == index for rail in rails):
                lines.append(indent + _leaving(width, rails, index, index in steps))
            running = [rail for rail in rails if rail.start <= index < rail.end]
            lines.append(indent + ("▼" if index in steps else " ") + " " * (width - 1) + _rail_cells(running, [], ""))
    return "\n".join(line.rstrip() for line in lines)


@dataclass(frozen=True, slots=True)
class _Rail:
    """An edge that runs down the right side, from below row ``start`` to beside row ``end``."""

    start: int
    end: int
    lane: int


def _rails(spans: Sequence[tuple[int, int]]) -> list[_Rail]:
    """Lanes such that no two rails meet: a lane is free again in the row in which its rail ends."""
    rails: list[_Rail] = []
    for start, end in sorted(spans):
        taken = {rail.lane for rail in rails if rail.end > start}
        rails.append(_Rail(start, end, next(lane for lane in range(len(spans)) if lane not in taken)))
    return rails


def _beside(label: str, width: int, rails: Sequence[_Rail], index: int) -> str:
    passing = [rail for rail in rails if rail.start < index < rail.end]
    arriving = [rail for rail in rails if rail.end == index]
    if not arriving:
        return f"{label:<{width}}{_rail_cells(passing, [], '')}"
    return f"{label} ◀{'─' * (width - len(label))}{_rail_cells(passing, arriving, '┴╯')[2:]}"


def _leaving(width: int, rails: Sequence[_Rail], index: int, steps: bool) -> str:
    passing = [rail for rail in rails if rail.start < index < rail.end]
    leaving = [rail for rail in rails if rail.start == index]
    return ("├" if steps else "╰") + "─" * (width - 1) + _rail_cells(passing, leaving, "┬╮")


def _rail_cells(passing: Sequence[_Rail], ending: Sequence[_Rail], corners: str) -> str:
    """The lanes of one line: rails that pass, and a horizontal line to those that begin or end here.

    ``corners`` are the signs for an end with more behind it and for the last one.
    """
    last = max((rail.lane for rail in ending), default=-1)
    lanes = max([last, *(rail.lane for rail in passing)], default=-1) + 1
    through, ends = {rail.lane for rail in passing}, {rail.lane for rail in ending}
    cells = []
    for lane in range(lanes):
        crossed = lane < last
        if lane in ends:
            sign = corners[0] if crossed else corners[1]
        elif lane in through:
            sign = "┼" if crossed else "│"
        else:
            sign = "─" if crossed else " "
        cells.append(("───" if lane <= last else "   ") + sign)
    return "".join(cells)


def _side_leaves(edges: Sequence[Edge]) -> dict[str, str]:
    """Nodes that nothing leads to and that have one use only, with that use."""
    ends = {end for _, end in edges}
    uses: dict[str, list[str]] = {}
    for source, end in dict.fromkeys(edges):
        uses.setdefault(source, []).append(end)
    return {source: used[0] for source, used in uses.items() if source not in ends and len(used) == 1}
