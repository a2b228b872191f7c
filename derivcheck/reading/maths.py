r"""Finding the maths on a painted page: ``$…$``, ``$$…$$``, ``\(…\)``, ``\[…\]`` and environments.

One walk from left to right. Each opener is followed to its closer or to the place where it must have been
closed, and the walk goes on from there: no character is looked at more than a few times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as made
from typing import Final

from derivcheck.reading.items import Directive, Macro, Unreadable
from derivcheck.reading.page import Kind, Maths, Page, following
from derivcheck.source import Span

# The first group may not stand inside one another in LaTeX, so a second \begin shows that the first was not closed.
_OUTER = frozenset("equation align gather multline alignat xalignat flalign eqnarray dmath displaymath".split())  # noqa: SIM905
_INNER = frozenset({"aligned", "alignedat", "gathered", "split", "math"})
ENVIRONMENTS = _OUTER | _INNER
_EDGE = re.compile(r"\\(begin|end)\{(" + "|".join(sorted(ENVIRONMENTS)) + r")\*?\}")

_ESCAPE_OR_DISPLAY = re.compile(r"\\.|\$\$", re.DOTALL)
_ESCAPE = re.compile(r"\\.", re.DOTALL)
_ARGUMENTS = {
    "alignat": re.compile(r"\s*\{[^{}\n]*\}"),
    "xalignat": re.compile(r"\s*\{[^{}\n]*\}"),
    "alignedat": re.compile(r"(?:\[[tbc]\])?\s*\{[^{}\n]*\}"),
    "aligned": re.compile(r"\[[tbc]\]"),
    "gathered": re.compile(r"\[[tbc]\]"),
    "dmath": re.compile(r"\[[^\[\]\n]*\]"),
}

# A dollar inside \text{…} belongs to the text; the possessive quantifiers never try a stretch twice.
_BODY = r"(?:\\(?:text[a-z]*|mbox|hbox)\s*\{(?:\\.|[^{}\\]|\{[^{}]*+\})*+\}|\\.|[^$\\])*+"
_TEX_INLINE = re.compile(rf"\$({_BODY})\$", re.DOTALL)
_GITHUB_INLINE = re.compile(r"\$`((?:[^`\n]|\n(?!\s*\n))+)`\$")
_PANDOC_INLINE = re.compile(rf"\$(?![\s$])({_BODY})(?<!\s)\$(?!\d)", re.DOTALL)
# A sum of money never begins with a command: "2$\times$2" is maths whatever follows.
_COMMAND_INLINE = re.compile(rf"\$(?=\\[A-Za-z])({_BODY})(?<!\s)\$", re.DOTALL)
_SPACED_INLINE = re.compile(r"\$(?=[ \t])((?:\\[^\n]|[^$\\\n])*+)(?<=[ \t])\$(?![\d$])")
_MARKDOWN_INLINE = (_GITHUB_INLINE, _PANDOC_INLINE, _COMMAND_INLINE, _SPACED_INLINE)
_MATHS_SIGN = re.compile(r"\\[A-Za-z]|[=^_]")
_SURELY_MATHS = re.compile(r"(?=[^$]*\\[A-Za-z]{2})[^$]*[=^_{]")
_LITERAL_BRACKETS = re.compile(r"[\d\s]*|(?=.*[^\W\d_]{3})(?:[^\W_]|[ ,.'’:-])*", re.DOTALL)


MOST_PIECES: Final = 10_000
"""Formulas of one document: of none that a person wrote by hand is more read at once."""
MOST_STRAYS: Final = 100_000
"""Dollars that open no maths; a price list has fewer."""


@dataclass(frozen=True, slots=True)
class _Field:
    """What the walk looks at; it never looks behind ``end``. Where it ended early is ``given_up``."""

    text: str
    start: int
    end: int
    kind: Kind
    stops: Sequence[int] = ()
    walls: Sequence[int] = ()
    edges: Mapping[str, str] = made(default_factory=dict)
    given_up: list[int] = made(default_factory=list)


Found = Maths | Unreadable


def edges_of(macros: Mapping[str, Macro]) -> dict[str, str]:
    r"""The macros that stand for one ``\begin{…}`` or ``\end{…}``, as in ``\def\be{\begin{equation}}``."""
    bodies = {name: macro.body for name, macro in macros.items() if macro.arity == 0}
    return {name: body for name, body in bodies.items() if _EDGE.fullmatch(body) and re.fullmatch(r"\\[A-Za-z]+", name)}


def maths_on(page: Page, edges: Mapping[str, str]) -> tuple[list[Found], int | None]:
    """All maths of a page, and what looks like maths but is never closed; and from where on nothing is looked for."""
    field = _Field(page.painted, 0, len(page.painted), page.kind, page.stops, page.walls, edges)
    found = list(_walk(field))
    return found, field.given_up[0] if field.given_up else None


def maths_in(text: str, span: Span) -> list[Found]:
    """The maths of a directive's argument, where a dollar is always a delimiter."""
    found = _walk(_Field(text, span.start, span.end, "tex"))
    return [replace(maths, argument=span) if isinstance(maths, Maths) else maths for maths in found]


def _walk(field: _Field) -> Iterator[Found]:
    # A run of three dollars or more is no maths in Markdown.
    opener = _with_edges(r"\\.|\$+" if field.kind == "markdown" else r"\\.|\$\$?", field.edges)
    position, left, strays = field.start, MOST_PIECES, MOST_STRAYS
    while match := opener.search(field.text, position, field.end):
        if not left or not strays:
            field.given_up.append(match.start())
            return
        found, position = _read(field, match)
        if found is not None:
            left -= 1
            yield found
        elif match.group()[0] == "$":
            strays -= 1


def _with_edges(others: str, edges: Mapping[str, str]) -> re.Pattern[str]:
    r"""``\begin`` and ``\end`` of the known environments, the macros for them, and other tokens."""
    names = "|".join(sorted(name[1:] for name in edges))
    aliases = rf"\\(?:{names})(?![A-Za-z])|" if names else ""
    return re.compile(rf"{_EDGE.pattern}|{aliases}{others}", re.DOTALL)


def _edge(field: _Field, match: re.Match[str]) -> tuple[str, str] | None:
    r"""``("begin", "align")`` and so on, if that is what was matched."""
    edge = match if match[1] else _EDGE.fullmatch(field.edges.get(match.group(), ""))
    return (edge[1], edge[2]) if edge else None


def _read(field: _Field, match: re.Match[str]) -> tuple[Found | None, int]:
    """What an opener opens, and where to go on."""
    opener = match.group()
    at = Span(match.start(), match.end())
    match _edge(field, match):
        case ("begin", name):
            return _environment(field, at, name)
        case ("end", name):
            return _stray(at, f"`{opener}` without a `\\begin{{{name}}}` before it"), at.end
    match opener:
        case "\\[":
            return _bracketed(field, at, displayed=True)
        case "\\(":
            return _bracketed(field, at, displayed=False)
        case "\\]" | "\\)" if field.kind == "tex":
            missing = "\\[" if opener == "\\]" else "\\("
            return _stray(at, f"`{opener}` without a `{missing}` before it"), at.end
        case "$":
            return _dollar(field, at.start)
        case "$$":
            return _double_dollar(field, at)
        case _:
            return None, at.end


def _stray(at: Span, message: str) -> Unreadable:
    return Unreadable(at, at, message, displayed=True)


def _unclosed(field: _Field, at: Span, end: int, closer: str, displayed: bool) -> tuple[Unreadable, int]:
    """An opener that nothing closes: the stretch up to where reading goes on."""
    opener = field.text[at.start : at.end]
    stop = at.end + len(field.text[at.end : end].rstrip())
    help_ = f"close it with `{closer}`; without that, nothing up to here is read"
    return Unreadable(Span(at.start, stop), at, f"`{opener}` is never closed", help_, displayed), max(end, at.end)


def _double_dollar(field: _Field, at: Span) -> tuple[Found, int]:
    wall = following(field.walls, at.start, field.end)
    for match in _ESCAPE_OR_DISPLAY.finditer(field.text, at.end, wall):
        if match.group() == "$$":
            return Maths(Span(at.start, match.end()), Span(at.end, match.start()), True), match.end()
        if match.group() == "\\[":
            return _unclosed(field, at, match.start(), "$$", True)
    return _unclosed(field, at, wall, "$$", True)


def _bracketed(field: _Field, at: Span, *, displayed: bool) -> tuple[Found | None, int]:
    r"""``\[…\]`` and ``\(…\)``; in Markdown they may be brackets that were escaped to be themselves."""
    opener, closer = ("\\[", "\\]") if displayed else ("\\(", "\\)")
    limit = following(field.walls if displayed else field.stops, at.start, field.end)
    pattern = _ESCAPE_OR_DISPLAY if displayed else _ESCAPE
    for match in pattern.finditer(field.text, at.end, limit):
        token = match.group()
        if token == closer:
            span = Span(at.end, match.start())
            if field.kind == "markdown" and _LITERAL_BRACKETS.fullmatch(field.text, span.start, span.end):
                literal = displayed or not field.text[span.start : span.end].strip().isdigit()
                if literal:
                    return None, match.end()
            return Maths(Span(at.start, match.end()), span, displayed), match.end()
        if token in (opener, "$$"):
            limit = match.start()
            break
    if field.kind == "markdown" and not displayed and not _SURELY_MATHS.match(field.text, at.end, limit):
        return None, at.end
    return _unclosed(field, at, limit if displayed else at.end, closer, displayed)


def _environment(field: _Field, at: Span, name: str) -> tuple[Found, int]:
    arguments = _ARGUMENTS[name].match(field.text, at.end, field.end) if name in _ARGUMENTS else None
    content = arguments.end() if arguments else at.end
    wall = following(field.walls, at.start, field.end)
    open_now = [name]
    for match in _with_edges(r"\\.|\$\$", field.edges).finditer(field.text, content, wall):
        token = match.group()
        edge, inner = _edge(field, match) or ("", "")
        if edge == "begin" and inner in _INNER:
            open_now.append(inner)
        elif edge == "end":
            if open_now.pop() != inner:
                message = f"`{field.text[at.start : at.end]}` is closed by `{token}`"
                return Unreadable(Span(at.start, match.end()), at, message, None, True), match.end()
            if not open_now:
                kept = None if name in ("math", "displaymath") else name
                outer, span = Span(at.start, match.end()), Span(content, match.start())
                return Maths(outer, span, name != "math", kept), match.end()
        elif edge == "begin" or token in ("\\[", "$$"):
            wall = match.start()
            break
    return _unclosed(field, at, wall, f"\\end{{{name}}}", True)


def _dollar(field: _Field, start: int) -> tuple[Found | None, int]:
    stop = following(field.stops, start, field.end)
    patterns = (_TEX_INLINE,) if field.kind == "tex" else _MARKDOWN_INLINE
    for pattern in patterns:
        match = pattern.match(field.text, start, stop)
        if match is None or (pattern is _SPACED_INLINE and not _MATHS_SIGN.search(match[1])):
            continue
        return Maths(Span(start, match.end()), Span(match.start(1), match.end(1)), False), match.end()
    if field.kind == "tex" or _SURELY_MATHS.match(field.text, start + 1, stop):
        return _lone_dollar(field, start, stop), start + 1
    return None, start + 1


def _lone_dollar(field: _Field, start: int, stop: int) -> Unreadable:
    at = Span(start, start + 1)
    closer = field.text.find("$", start + 1, stop)
    if closer < 0:
        end = start + len(field.text[start:stop].rstrip())
        return Unreadable(Span(start, end), at, "`$` is never closed in this paragraph")
    help_ = "write no space behind the opening `$` and before the closing one, and no digit behind that"
    return Unreadable(Span(start, closer + 1), at, "this `$` opens no maths", help_)


_OPENING = re.compile(r"\s*derivcheck:\s*([A-Za-z][\w-]*)?", re.IGNORECASE)


def is_directive(text: str, body: Span) -> bool:
    """Whether a comment speaks to derivcheck."""
    return _OPENING.match(text, body.start, body.end) is not None


def directive(text: str, comment: Span, body: Span) -> Sequence[Directive | Maths | Unreadable]:
    """What a comment says: nothing, a directive, or the maths of a ``let``.

    ``comment`` is the whole comment, ``body`` what stands inside its delimiters. A ``let`` without maths stays
    a directive, so that a later stage can complain about it.
    """
    opening = _OPENING.match(text, body.start, body.end)
    if opening is None:
        return []
    word = (opening[1] or "").lower()
    if word == "let" and (stretches := maths_in(text, Span(opening.end(), body.end))):
        return stretches
    return [Directive(word, " ".join(text[opening.end() : body.end].split()), comment)]
