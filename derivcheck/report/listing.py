"""How each line of a document was read, for ``derivcheck list``."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from derivcheck.report.cells import cells, safe, shorten
from derivcheck.report.words import plural
from derivcheck.source import Source
from derivcheck.verdict import Listed

_KINDS = {"declaration": "cyan", "definition": "blue", "skipped": "dim", "mention": "dim", "not read": "bold yellow"}
_SHORTEST = 16


def listing(
    source: Source, listed: Sequence[Listed], width: int, of_all: Sequence[tuple[str, str]] | None = None
) -> list[RenderableType]:
    """A table of every statement in document order, the notes below their lines, and how many of each kind.

    ``of_all`` are the words that tell something of the whole document; without it words are not shown.
    """
    if not listed:
        return [Text(f"{safe(source.path)}: no mathematics in it")]
    said = [Text(_quoted(words), "dim italic") for words in of_all or ()]
    said = [Text(""), Text("words that tell something of the whole document", "bold"), *said] if said else []
    return [_table(listed, width, words=of_all is not None), *said, Text(""), Text(tally(listed), "bold")]


def _quoted(words: tuple[str, str]) -> str:
    return f"“{safe(' '.join(words[0].split()))}” {words[1]}"


def _table(listed: Sequence[Listed], width: int, *, words: bool) -> Table:
    with_shapes = any(one.shapes for one in listed)
    heads = ("line", "kind", "name") + (("shapes",) if with_shapes else ())
    fixed = [
        [str(one.place) for one in listed],
        [one.kind for one in listed],
        [shorten(safe(one.name), 20) for one in listed],
    ]
    if with_shapes:
        fixed.append([shorten(safe(one.shapes), 24) for one in listed])
    used = sum(max(map(cells, (head, *column))) + 2 for head, column in zip(heads, fixed, strict=True)) + 2
    room = max(_SHORTEST, width - used)

    table = Table(box=None, padding=(0, 1), show_edge=False, header_style="bold")
    for head in ("line", "kind", "name", "statement", *heads[3:]):
        table.add_column(head, no_wrap=head != "statement", justify="right" if head == "line" else "left")
    for index, one in enumerate(listed):
        statement = Text(shorten(safe(one.text), room))
        if one.note:
            statement.append(f"\n{safe(one.note)}", "italic yellow" if one.kind == "not read" else "italic")
        for said in one.words if words else ():
            statement.append(f"\n{_quoted(said)}", "dim italic")
        style = _KINDS.get(one.kind, "green" if one.kind.startswith("claim") else "")
        cells_of = [column[index] for column in fixed]
        table.add_row(
            cells_of[0], Text(cells_of[1], style), Text(cells_of[2]), statement, *(Text(cell) for cell in cells_of[3:])
        )
    return table


def tally(listed: Sequence[Listed]) -> str:
    """``3 declarations · 4 definitions · 2 claims · 1 not read``; every kind that occurs."""
    counts: dict[str, int] = {}
    for one in listed:
        kind = "claim" if one.kind.startswith("claim") else one.kind
        counts[kind] = counts.get(kind, 0) + 1
    return " · ".join(
        f"{number} {kind}" if kind in ("skipped", "not read") else plural(number, kind)
        for kind, number in counts.items()
    )


def concise_listing(source: Source, listed: Sequence[Listed], *, words: bool = False) -> str:
    """``path:line: kind name: statement (shapes) - note``, one statement a line, then the tally.

    With ``words`` those that tell what it is stand at the end of its line.
    """
    lines = []
    for one in listed:
        name = f" {safe(one.name)}" if one.name else ""
        shapes = f" ({safe(one.shapes)})" if one.shapes else ""
        note = f" - {safe(one.note)}" if one.note else ""
        said = f" [{'; '.join(map(_quoted, one.words))}]" if words and one.words else ""
        lines.append(f"{safe(source.path)}:{one.place}: {one.kind}{name}: {safe(one.text)}{shapes}{note}{said}")
    lines.append(tally(listed) or "no mathematics in it")
    return "\n".join(lines) + "\n"
