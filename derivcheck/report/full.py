"""A finding in full: the message, the source line with a caret under the place, what is known, what to do."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from derivcheck.report.cells import cells, safe, shown, width_of, wrap
from derivcheck.report.words import SEVERITY_STYLES, place
from derivcheck.source import Position, Source, Span
from derivcheck.verdict import Finding, Severity

GUTTER = "blue"


@dataclass(frozen=True, slots=True)
class Pointed:
    """One line of source as it is shown: where it is, its text, and the cells that carets stand under."""

    at: Position
    text: str
    start: int
    length: int


def full(source: Source, finding: Finding, width: int, *, compact: bool = False) -> Text:
    """The finding with its frame, at most ``width`` cells wide where that is possible.

    ``compact`` leaves out the empty frame lines and the replay line. Lines with positions are never wrapped.
    """
    pointed = point(source, finding.span, width)
    style = SEVERITY_STYLES[finding.severity]
    gutter = len(str(pointed.at.line))
    empty = f"{' ' * gutter} |"

    lines = [Text.assemble((f"{finding.severity}[{finding.code}]", style), (f": {safe(finding.message)}", "bold"))]
    lines.append(Text.assemble((f"{' ' * gutter} -->", GUTTER), f" {safe(source.path)}:{pointed.at}"))
    if not compact:
        lines.append(Text(empty, GUTTER))
    lines.append(Text.assemble((f"{pointed.at.line} |", GUTTER), f" {pointed.text}".rstrip()))
    for row in _carets(pointed, safe(finding.label), width - gutter - 3):
        lines.append(Text.assemble((empty, GUTTER), " ", (row, style)))
    if not compact:
        lines.append(Text(empty, GUTTER))
    lines += _known(finding, gutter, width, compact)
    return Text("\n").join(lines)


def brief(source: Source, finding: Finding) -> Text:
    """The finding on one line, for notes."""
    position = source.position(place(source, finding.span))
    return Text.assemble(
        (f"{finding.severity}[{finding.code}]", SEVERITY_STYLES[finding.severity]),
        f" {safe(source.path)}:{position}: {safe(finding.message)}",
    )


def _known(finding: Finding, gutter: int, width: int, compact: bool) -> list[Text]:
    """The ``=`` lines. A replay line is there to be copied, so it is never wrapped."""
    margin = " " * gutter
    rows: list[Text] = []
    entries = [("", fact) for fact in finding.facts]
    if finding.help is not None:
        entries.append(("help: ", finding.help))
    for word, entry in entries:
        first, *rest = wrap(safe(entry), width - gutter - 3 - len(word))
        rows.append(Text.assemble((f"{margin} = ", GUTTER), (word, "bold cyan"), first))
        rows += [Text(f"{margin}   {' ' * len(word)}{line}") for line in rest]
    if finding.replay is not None and not compact and finding.severity is Severity.ERROR:
        rows.append(Text.assemble((f"{margin} = ", GUTTER), ("replay: ", "bold cyan"), safe(finding.replay)))
    return rows


def point(source: Source, span: Span, width: int) -> Pointed:
    """The line on which a span begins, cut to a window of ``width`` cells that shows its first caret.

    A span that starts with white space or a line end points at the first thing behind it.
    """
    start, end = place(source, span), max(span.end, span.start)
    position = source.position(start)
    line = source.line_at(start)
    raw = source.slice(line)
    first = min(position.column - 1, len(raw))
    last = min(len(raw), max(first, end - line.start))
    while last > first + 1 and raw[last - 1].isspace():
        last -= 1

    before, under = _drawn(raw[:first]), _drawn(raw[first:last])
    room = max(20, width - len(str(position.line)) - 3)
    length = max(1, cells(under))
    text, offset = _window(before + under + _drawn(raw[last:]), cells(before), length, room)
    caret = cells(before) - offset
    return Pointed(position, text, caret, min(length, max(1, room - 1 - caret)))


def _drawn(text: str) -> str:
    return "".join(map(shown, text))


def _window(text: str, caret: int, length: int, room: int) -> tuple[str, int]:
    """The part of ``text`` that fits ``room`` cells around the carets, and how many cells it is moved to the left.

    Where something was cut stands ``…``, which takes one cell.
    """
    total = cells(text)
    if max(total, caret + length) <= room:
        return text, 0
    if caret + length < room:
        return _cut(text, 0, room - 1)[0] + "…", 0
    # The carets stand towards the right: what is read before a place explains it better than what comes behind.
    behind = min(room // 4, max(0, total - caret - length))
    start = min(caret, caret + length + behind - (room - 2))
    part, began = _cut(text, start, room - 1)
    if began + cells(part) < total:
        part = _cut(text, start, room - 2)[0] + "…"
    return "…" + part, began - 1


def _cut(text: str, start: int, count: int) -> tuple[str, int]:
    """At most ``count`` cells of ``text`` from the first character at or behind ``start``, and where it begins."""
    first = began = 0
    while first < len(text) and (began < start or (first > 0 and width_of(text[first]) == 0)):
        began += width_of(text[first])
        first += 1
    last, used = first, 0
    while last < len(text) and used + width_of(text[last]) <= count:
        used += width_of(text[last])
        last += 1
    return text[first:last], began


def _carets(pointed: Pointed, label: str, room: int) -> list[str]:
    """The caret line with the label behind it, or below it where it does not fit there."""
    carets = " " * pointed.start + "^" * pointed.length
    if not label:
        return [carets]
    if cells(carets) + 1 + cells(label) <= room:
        return [f"{carets} {label}"]
    indent = max(0, min(pointed.start, room - cells(label)))
    if indent == 0:
        return [carets, *wrap(label, room)]
    return [carets, " " * indent + label]
