"""The maths of a segment as plain characters, without gaps, macros expanded, each character with where it came from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from derivcheck.reading.errors import ParseError
from derivcheck.reading.segments import Macro
from derivcheck.source import Span

_COMMAND = re.compile(r"\\([A-Za-z]+|[^A-Za-z])", re.DOTALL)
_PARAMETER = re.compile(r"#(\d)")
_DEEPEST = 40
_LONGEST = 20_000
"""Characters of one formula, macros expanded: nobody writes more by hand, and every stage would take its time."""


@dataclass(slots=True)
class Page:
    """Characters, and for each the offsets in the source between which it stands."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def span(self, start: int, end: int) -> Span:
        """The place in the source of the characters ``[start, end)``."""
        if start >= end:
            at = self.starts[start] if start < len(self.starts) else (self.ends[-1] if self.ends else 0)
            return Span(at, at)
        if end - start == 1:
            return Span(self.starts[start], self.ends[start])
        return Span(min(self.starts[start], self.starts[end - 1]), max(self.ends[start], self.ends[end - 1]))


@dataclass(slots=True)
class _Sheet:
    """A page being written."""

    texts: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def copy(self, page: Page, start: int, end: int) -> None:
        self.texts.append(page.text[start:end])
        self.starts.extend(page.starts[start:end])
        self.ends.extend(page.ends[start:end])

    def write(self, text: str, span: Span) -> None:
        self.texts.append(text)
        self.starts.extend([span.start] * len(text))
        self.ends.extend([span.end] * len(text))

    def part(self, span: Span) -> None:
        """A space where two pieces meet, lest ``\\w`` and ``x`` become ``\\wx``."""
        if self.texts and self.texts[-1][-1:].isalpha():
            self.write(" ", span)

    def page(self) -> Page:
        return Page("".join(self.texts), self.starts, self.ends)


def page_of(text: str, span: Span, macros: dict[str, Macro], gaps: Sequence[Span] = ()) -> Page:
    """The characters of ``text`` inside ``span``, without the gaps, with macros expanded."""
    end = min(span.end, len(text))
    start = min(max(span.start, 0), end)
    if gaps:
        page = _without_gaps(text, Span(start, end), gaps)
    else:
        page = Page(text[start:end], range(start, end), range(start + 1, end + 1))
    if len(page.text) > _LONGEST:
        message = f"this formula is longer than {_LONGEST} characters and is not read"
        raise ParseError(message, Span(start, end), "give parts of it names of their own")
    if not macros or not any(match[0] in macros for match in _COMMAND.finditer(page.text)):
        return page
    return _expanded(page, macros, 0, [_LONGEST])


def _without_gaps(text: str, span: Span, gaps: Sequence[Span]) -> Page:
    sheet = _Sheet()
    whole = Page(text, range(len(text)), range(1, len(text) + 1))
    at = span.start
    for gap in sorted(gaps):
        if gap.end <= at or gap.start >= span.end:
            continue
        sheet.copy(whole, at, max(at, gap.start))
        sheet.write(" ", Span(max(at, gap.start), min(gap.end, span.end)))
        at = min(gap.end, span.end)
    sheet.copy(whole, at, span.end)
    return sheet.page()


def _expanded(page: Page, macros: dict[str, Macro], depth: int, room: list[int]) -> Page:
    sheet = _Sheet()
    at = 0
    while (match := _COMMAND.search(page.text, at)) is not None:
        macro = macros.get(match[0])
        if macro is None:
            sheet.copy(page, at, match.end())
            at = match.end()
            continue
        arguments, end = _arguments(page, match.end(), macro, page.span(match.start(), match.end()))
        use = page.span(match.start(), end)
        room[0] -= len(macro.body) + sum(stop - start for start, stop in arguments)
        if depth >= _DEEPEST or room[0] < 0:
            raise ParseError(
                f"the macro `{macro.name}` expands without end, or to too much", use, "define it without itself"
            )
        sheet.copy(page, at, match.start())
        sheet.part(use)
        inner = _expanded(_body(page, macro, arguments, use), macros, depth + 1, room)
        sheet.copy(inner, 0, len(inner.text))
        sheet.part(use)
        at = end
    sheet.copy(page, at, len(page.text))
    return sheet.page()


def _body(page: Page, macro: Macro, arguments: list[tuple[int, int]], use: Span) -> Page:
    """The macro's body with its arguments in place: its own characters stand where the macro is used."""
    sheet = _Sheet()
    at = 0
    values = list(arguments)
    for match in _PARAMETER.finditer(macro.body):
        number = int(match[1]) - 1
        sheet.write(macro.body[at : match.start()], use)
        at = match.end()
        sheet.part(use)
        if number == 0 and macro.default is not None and len(values) < macro.arity:
            sheet.write(macro.default, use)
        else:
            index = number - (macro.arity - len(values))
            if 0 <= index < len(values):
                sheet.copy(page, *values[index])
        sheet.part(use)
    sheet.write(macro.body[at:], use)
    return sheet.page()


def _arguments(page: Page, at: int, macro: Macro, name: Span) -> tuple[list[tuple[int, int]], int]:
    """Where the arguments of a macro's use stand, and where the use ends. A default left in place is left out."""
    text = page.text
    found: list[tuple[int, int]] = []
    wanted = macro.arity
    if macro.default is not None and wanted:
        wanted -= 1
        start = skip_space(text, at)
        close = text.find("]", start)
        if text[start : start + 1] == "[" and close > 0:
            found.append((start + 1, close))
            at = close + 1
    for _ in range(wanted):
        argument = raw_argument(text, at)
        if argument is None:
            raise ParseError(f"`{macro.name}` needs {macro.arity} arguments", name)
        start, end, at = argument
        found.append((start, end))
    return found, at


def skip_space(text: str, at: int) -> int:
    """The offset of the first character from ``at`` on that is not white space."""
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def raw_argument(text: str, at: int) -> tuple[int, int, int] | None:
    """The undelimited argument of a TeX command: where its content starts and ends, and where reading goes on."""
    at = skip_space(text, at)
    if at >= len(text) or text[at] == "}":
        return None
    if text[at] == "{":
        end = closing_brace(text, at)
        return None if end is None else (at + 1, end, end + 1)
    match = _COMMAND.match(text, at)
    end = match.end() if match else at + 1
    return at, end, end


_BRACES = re.compile(r"\\.|[{}]", re.DOTALL)


def closing_brace(text: str, at: int) -> int | None:
    """The offset of the brace that closes the one at ``at``."""
    depth = 0
    for match in _BRACES.finditer(text, at):
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            depth -= 1
            if depth == 0:
                return match.start()
    return None
