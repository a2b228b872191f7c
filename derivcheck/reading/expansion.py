r"""The maths of a segment as plain characters with where each came from: without gaps, macros expanded.

Macros are those that a document defines by ``\newcommand`` and its kin, ``\def``, ``\DeclareMathOperator``.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from derivcheck.reading.items import Macro, ParseError
from derivcheck.reading.page import BLANK_LINE, FILLER, brace_partners
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


_DEFINITION = re.compile(r"\\.", re.DOTALL)
_NAMED = r"\\(?P<{}>[A-Za-z]+|[^A-Za-z\s])"
_HEAD = re.compile(
    r"\\(?:"
    r"(?:(?:re)?newcommand|providecommand)\*?\s*(?:\{\s*"
    + _NAMED.format("braced")
    + r"\s*\}|"
    + _NAMED.format("bare")
    + r")\s*(?:\[(?P<arity>\d)\]\s*)?(?:\[(?P<default>[^\[\]]*)\]\s*)?"
    r"|g?def\s*" + _NAMED.format("plain") + r"(?P<parameters>(?:\#\d)*)\s*"
    r"|DeclareMathOperator(?P<star>\*?)\s*(?:\{\s*"
    + _NAMED.format("operator")
    + r"\s*\}|"
    + _NAMED.format("operator_bare")
    + r")\s*"
    r")\{"
)


USUAL: Final = {
    name: Macro(name, arity, body)
    for name, arity, body in (
        ("\\E", 0, "\\mathbb{E}"),
        ("\\EE", 0, "\\mathbb{E}"),
        ("\\R", 0, "\\mathbb{R}"),
        ("\\RR", 0, "\\mathbb{R}"),
        ("\\Var", 0, "\\operatorname{Var}"),
        ("\\Cov", 0, "\\operatorname{Cov}"),
        ("\\KL", 0, "\\operatorname{KL}"),
        ("\\norm", 1, "\\lVert #1 \\rVert"),
        ("\\abs", 1, "\\lvert #1 \\rvert"),
        ("\\ip", 2, "\\langle #1, #2 \\rangle"),
        ("\\dd", 0, "\\mathrm{d}"),
        *((f"\\v{letter}", 0, f"\\mathbf{{{letter}}}") for letter in "abcdfghkmnpqrstuvwxyz"),
        *((f"\\b{letter}", 0, f"\\mathbf{{{letter}}}") for letter in "hkpqruvwxyz"),
        *((f"\\m{letter}", 0, f"\\mathbf{{{letter}}}") for letter in "ABCDEFGHJKLMNPQRSTUVWXYZ"),
    )
}
"""What people call by these names in files that a document does not show; its own definitions come first."""


def definitions(painted: str) -> tuple[dict[str, Macro], list[Span]]:
    r"""The macros that a text defines, and where; a later definition of a name replaces an earlier one.

    A body must close before the next blank line: a forgotten brace must not swallow the document.
    Definitions that are not simple (``\def\x(#1){…}``) are left where they stand.
    """
    macros: dict[str, Macro] = {}
    spans: list[Span] = []
    partners: dict[int, int] | None = None
    blanks: list[int] = []
    position = 0
    while escape := _DEFINITION.search(painted, position):
        position = escape.end()
        head = _HEAD.match(painted, escape.start()) if escape.group()[1] in "rnpgdD" else None
        if head is None:
            continue
        if partners is None:
            partners = brace_partners(painted)
            blanks = [match.start() for match in BLANK_LINE.finditer(painted)]
        end = partners.get(head.end() - 1)
        if end is None or bisect_right(blanks, head.start()) != bisect_right(blanks, end):
            continue
        macro = _macro(head, painted[head.end() : end])
        macros[macro.name] = macro
        spans.append(Span(head.start(), end + 1))
        position = end + 1
    return macros, spans


def _macro(head: re.Match[str], painted_body: str) -> Macro:
    body = painted_body.replace(FILLER, "").strip()
    if (operator := head["operator"] or head["operator_bare"]) is not None:
        return Macro(f"\\{operator}", 0, f"\\operatorname{head['star']}{{{body}}}")
    if (plain := head["plain"]) is not None:
        return Macro(f"\\{plain}", len(head["parameters"]) // 2, body)
    name = head["braced"] or head["bare"]
    return Macro(f"\\{name}", int(head["arity"] or 0), body, head["default"] if head["arity"] else None)
