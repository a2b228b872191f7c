"""Pictures of networks and graphs in plain text, laid out from weights and edges.

A curve over steps and a graphical model with its plate, in plain text of at most 78 columns.

What a module computes, read off the graph that autograd recorded: who enters whom, and by which formula.

Only what the backward pass follows is seen. A value that was detached on the way shows as ``…``, and its edge is
missing, which is the point of looking here and not at the source text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from torch import Tensor
from torch.autograd.graph import Node

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
    heads = [(column, f"x{sub(j + 1)}") for j, column in enumerate(above)]
    tails = [(column, f"y{sub(k + 1)}") for k, column in enumerate(exits)]
    lines.insert(0, _placed([*heads, *tails]))
    lines.insert(1, _placed([(column, "│") for column in above] + [(column, "▲") for column in exits]))
    lines += [f"  y{sub(k + 1)} has bias {_number(bias)}" for k, bias in enumerate(second_bias) if bias]
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
    terms = [_term(weight, "x" + sub(j + 1)) for j, weight in enumerate(weights) if weight]
    terms += [_term(bias, "")] if bias else []
    inside = " ".join(terms) or "0"
    # the first sign is written tight, and a plus not at all
    inside = inside.removeprefix("+ ") if inside.startswith("+ ") else inside.replace("− ", "−", 1)
    return f"h{sub(index + 1)} = {unit}({inside})"


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


def sub(number: int) -> str:
    """The number in subscript digits."""
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


_VIEWS = {"Expand", "View", "UnsafeView", "Reshape", "Squeeze", "Unsqueeze", "Clone", "Alias"}
_NAMES = {"Mm": "matmul", "Bmm": "matmul", "Mv": "matmul", "GeluTanh": "gelu"}


def trace(quantities: Mapping[str, Tensor], leaves: Mapping[str, Tensor]) -> tuple[Edge, ...]:
    """An edge (from, to) wherever a named value enters another directly, in the order of the quantities."""
    known = _known(quantities, leaves)
    edges: list[Edge] = []
    for name, value in quantities.items():
        for source in _sources(value.grad_fn, known, top=True):
            if (edge := (source, name)) not in edges:
                edges.append(edge)
    return tuple(edges)


def formulas(quantities: Mapping[str, Tensor], leaves: Mapping[str, Tensor]) -> dict[str, str]:
    """``name = formula`` in plain text, for every quantity: ``h = tanh(z) + x``."""
    known = _known(quantities, leaves)
    return {name: f"{name} = {_formula(value.grad_fn, known, top=True)}" for name, value in quantities.items()}


def _known(quantities: Mapping[str, Tensor], leaves: Mapping[str, Tensor]) -> dict[object, str]:
    """Names by the node that autograd keeps for a value: a leaf's is the one that accumulates its gradient."""
    nodes: dict[object, str] = {value.grad_fn: name for name, value in quantities.items() if value.grad_fn is not None}
    return nodes | {id(leaf): name for name, leaf in leaves.items()}


def _name(node: Node, known: Mapping[object, str]) -> str | None:
    return known.get(id(leaf)) if (leaf := getattr(node, "variable", None)) is not None else known.get(node)


def _inputs(node: Node) -> list[Node | None]:
    return [following for following, _ in node.next_functions]


def _sources(node: Node | None, known: Mapping[object, str], top: bool = False) -> list[str]:
    if node is None:
        return []
    if not top and (name := _name(node, known)) is not None:
        return [name]
    return [source for following in _inputs(node) for source in _sources(following, known)]


def _formula(node: Node | None, known: Mapping[object, str], top: bool = False) -> str:
    if node is None:
        return "…"
    if not top and (name := _name(node, known)) is not None:
        return name
    kind = type(node).__name__.split("Backward")[0]
    parts = [_formula(following, known) for following in _inputs(node)]
    match _NAMES.get(kind, kind.lower() if kind not in _VIEWS else "view"), parts:
        case "add", [left, right]:
            return f"{left} + {right}"
        case "sub", [left, right]:
            return f"{left} − {_bracketed(right)}"
        case "matmul" | "mul", [left, right]:
            return f"{_bracketed(left)} {_bracketed(right)}"
        case "t" | "transpose" | "permute", [argument]:
            return f"{_bracketed(argument)}ᵀ"
        case "view", [argument]:
            return argument
        case word, _:
            return f"{word}({', '.join(parts)})"


def _bracketed(part: str) -> str:
    return f"({part})" if " + " in part or " − " in part else part
