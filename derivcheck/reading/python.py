r"""Python as a page: derivations in docstrings and comments are Markdown, and everything else is painted out.

The file is split into tokens and never parsed or run. Maths is written as in Markdown, or as Sphinx has it, in
``:math:`…` `` and below ``.. math::``. Of a string that is not raw ``\\`` is one backslash, as Python has it; any other
escape is left as it is written, since ``\nabla`` was never meant for a line feed.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from derivcheck.reading.items import Heading, Unreadable
from derivcheck.reading.markdown import markdown_page
from derivcheck.reading.maths import directive, is_directive
from derivcheck.reading.page import Mark, Maths, Page, merged, paint
from derivcheck.source import Span

_LITERAL = re.compile(r"([rRuU]?)(\"\"\"|'''|\"|')")
_HASH = re.compile(r"#+:?[ \t]?")
_ROLE = re.compile(r":math:`([^`]+)`")
_DIRECTIVE = re.compile(r"\.\.[ \t]+math::[ \t]*")
_OPTION = re.compile(r":[a-z-]+:")
_BLANK = (tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING)


@dataclass(frozen=True, slots=True)
class Block:
    """A docstring, or comments on lines below one another.

    owner   the function or class it stands in, or right above; dotted, and empty for the module itself
    whole   with quotes and ``#``; ``lines`` what is said on each line, without the margin
    raw     whether a backslash stands for itself
    """

    owner: str
    whole: Span
    lines: Sequence[Span]
    raw: bool = True


@dataclass(slots=True)
class _Walk:
    """Where the walk over the tokens stands."""

    starts: list[int]
    text: str
    blocks: list[Block] = field(default_factory=list)
    inside: list[tuple[int, str]] = field(default_factory=lambda: [(0, "")])
    opened: str | None = None
    decorated: int | None = None
    commented: tuple[int, int] = (-1, -1)
    """The row and column of the comment before, if it has its line to itself."""

    def at(self, place: tuple[int, int]) -> int:
        return self.starts[place[0] - 1] + place[1]


@lru_cache(maxsize=8)
def blocks(text: str) -> tuple[tuple[Block, ...], Span | None]:
    """The docstrings and comments of a Python file in order; and the place from which on it is none."""
    starts = [0, *(match.end() for match in re.finditer("\n", text)), len(text)]
    walk = _Walk(starts, text)
    line: list[tokenize.TokenInfo] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            line = _token(walk, token, line)
    except (tokenize.TokenError, SyntaxError) as error:
        row = error.args[1][0] if isinstance(error, tokenize.TokenError) else error.lineno
        # what is never closed is noticed at the end
        start = min(starts[min(row or 1, len(starts)) - 1], _begin(text, len(text.rstrip())))
        return tuple(walk.blocks), Span(start, len(text))
    return tuple(walk.blocks), None


def _token(walk: _Walk, token: tokenize.TokenInfo, line: list[tokenize.TokenInfo]) -> list[tokenize.TokenInfo]:
    """Take in a token; ``line`` are those of the statement so far."""
    match token.type:
        case tokenize.INDENT:
            walk.inside.append((len(token.string), walk.inside[-1][1] if walk.opened is None else walk.opened))
            walk.opened = None
        case tokenize.DEDENT:
            walk.inside.pop()
        case tokenize.COMMENT:
            _comment(walk, token)
        case tokenize.NEWLINE | tokenize.ENDMARKER:
            _statement(walk, line)
            return []
        case kind if kind not in _BLANK:
            return [*line[:3], token]
    return line


def _statement(walk: _Walk, line: list[tokenize.TokenInfo]) -> None:
    """A statement has ended, of which ``line`` holds the first tokens."""
    if not line:
        return
    words = [token.string for token in line]
    first = line[0].start[0]
    if words[0] == "@":
        walk.decorated = walk.decorated or first
        return
    above, walk.decorated, walk.opened = walk.decorated or first, None, None
    words = words[1:] if words[0] == "async" else words
    if words[0] in ("def", "class") and len(words) > 1:
        within = walk.inside[-1][1]
        walk.opened = f"{within}.{words[1]}" if within else words[1]
        if walk.commented[0] == above - 1 and walk.blocks:
            walk.blocks[-1] = replace(walk.blocks[-1], owner=walk.opened)
    elif len(line) == 1 and line[0].type == tokenize.STRING:
        _docstring(walk, line[0])


def _docstring(walk: _Walk, token: tokenize.TokenInfo) -> None:
    literal = _LITERAL.match(token.string)
    if literal is None:
        return
    start, end = walk.at(token.start), walk.at(token.end)
    body = Span(start + literal.end(), end - len(literal[2]))
    whole = list(_lines(walk.text, body))
    margin = min((_indent(walk.text, one) for one in whole[1:] if not _is_blank(walk.text, one)), default=0)
    lines = (whole[0], *(Span(min(one.start + margin, one.end), one.end) for one in whole[1:]))
    walk.blocks.append(Block(walk.inside[-1][1], Span(start, end), lines, literal[1] in ("r", "R")))


def _comment(walk: _Walk, token: tokenize.TokenInfo) -> None:
    row, column = token.start
    behind_code = bool(token.line[:column].strip())
    start, end = walk.at(token.start), walk.at(token.end)
    hashes = _HASH.match(walk.text, start, end)
    assert hashes is not None
    said = Span(hashes.end(), end)
    if not behind_code and walk.commented == (row - 1, column):
        last = walk.blocks[-1]
        assert isinstance(last.lines, list)
        last.lines.append(said)
        walk.blocks[-1] = replace(last, whole=last.whole | Span(start, end))
    else:
        reached = len(walk.inside) if behind_code else sum(indent <= column for indent, _ in walk.inside)
        walk.blocks.append(Block(walk.inside[reached - 1][1], Span(start, end), [said]))
    walk.commented = (-1, -1) if behind_code else (row, column)


def _lines(text: str, body: Span) -> Iterator[Span]:
    start = body.start
    while (feed := text.find("\n", start, body.end)) >= 0:
        yield Span(start, feed)
        start = feed + 1
    yield Span(start, body.end)


def python_page(text: str) -> Page:
    """The page of a Python file."""
    found, broken = blocks(text)
    marks: list[Mark] = []
    margins: dict[int, int] = {}
    said: list[Span] = []
    escapes: list[Span] = []
    owner = ""
    for block in found:
        if block.owner != owner:
            owner = block.owner
            start = _begin(text, block.whole.start)
            marks.append(Heading(owner.count(".") + 1, owner or "the module", Span(start, start)))
        for line in block.lines:
            margins.setdefault(_begin(text, line.start), line.start)
            if text.startswith("#", block.whole.start) and is_directive(text, line):
                marks += directive(text, line, line)
            else:
                said.append(line)
        if not block.raw:
            runs = re.finditer(r"\\+", text[block.whole.start : block.whole.end])
            places = ((block.whole.start + run.start(), len(run[0]) // 2) for run in runs)
            escapes += (Span(at, at + doubled) for at, doubled in places if doubled)
    shown = paint(_only(text, said), escapes, " ")
    sphinx = [mark for block in found for mark in _sphinx(shown, block)]
    borders = frozenset(_begin(text, block.whole.start) for block in found)
    page = markdown_page(_without(shown, [mark.outer for mark in sphinx]), margins, borders)
    quiet = (*page.quiet, *escapes, *(Span(begins, start) for begins, start in margins.items()))
    marks += (*sphinx, *page.marks)
    if broken is not None:
        message, help = "from here on this is not Python that can be read", "what stands above is checked"
        marks.append(Unreadable(broken, Span(broken.start, broken.start), message, help))
    return replace(page, text=shown, marks=tuple(marks), quiet=merged(quiet))


def _begin(text: str, offset: int) -> int:
    """Where the line begins that an offset stands on."""
    return text.rfind("\n", 0, offset) + 1


def _only(text: str, kept: list[Span]) -> str:
    """The text with everything but the kept spans, which are in order, overwritten by blanks; line ends stay."""
    pieces = list[str]()
    position = 0
    for span in kept:
        pieces += re.sub(r"[^\n]", " ", text[position : span.start]), text[span.start : span.end]
        position = max(position, span.end)
    return "".join(pieces) + re.sub(r"[^\n]", " ", text[position:])


def _without(text: str, left: list[Span]) -> str:
    """The text with the spans, which are in order, overwritten by blanks."""
    pieces = list[str]()
    position = 0
    for span in left:
        pieces += text[position : span.start], re.sub(r"[^\n]", " ", text[span.start : span.end])
        position = span.end
    return "".join(pieces) + text[position:]


def _sphinx(text: str, block: Block) -> Iterator[Maths]:
    """Maths as Sphinx writes it: roles in a line, and below a directive one display for each paragraph."""
    at = 0
    while at < len(block.lines):
        line = block.lines[at]
        at += 1
        indent = _indent(text, line)
        opener = _DIRECTIVE.match(text, line.start + indent, line.end)
        if opener is None:
            for role in _ROLE.finditer(text, line.start, line.end):
                yield Maths(Span(*role.span()), Span(*role.span(1)), False)
            continue
        rows = [Span(opener.end(), line.end)]
        while at < len(block.lines) and (_is_blank(text, block.lines[at]) or _indent(text, block.lines[at]) > indent):
            rows.append(block.lines[at])
            at += 1
        whole = Span(opener.start(), rows[-1].end)
        for display in _paragraphs(text, rows):
            yield Maths(Span(whole.start, display.end), display, True)
            whole = Span(display.end, whole.end)


def _paragraphs(text: str, rows: list[Span]) -> Iterator[Span]:
    """What stands between blank lines; options of a directive are none of it."""
    begun: Span | None = None
    for row in rows:
        if _is_blank(text, row) or _OPTION.match(text, row.start + _indent(text, row), row.end):
            if begun is not None:
                yield begun
            begun = None
        else:
            begun = row if begun is None else begun | row
    if begun is not None:
        yield begun


def _indent(text: str, line: Span) -> int:
    said = text[line.start : line.end]
    return len(said) - len(said.lstrip())


def _is_blank(text: str, line: Span) -> bool:
    return not text[line.start : line.end].strip()


@dataclass(frozen=True, slots=True)
class Piece:
    """What is said on one function or class at the top of a file, in it, and on the module; ``own`` is what is not on
    the module. Of the module's own piece the ``owner`` is empty."""

    owner: str
    text: str
    own: tuple[Span, ...]


_MATHS = re.compile(r"\$|\\|math:")


@lru_cache(maxsize=8)
def pieces(text: str) -> tuple[Piece, ...]:
    """A file as its functions and classes see it: each has names of its own, and those of the module.

    Every character keeps its place. There is one piece, the whole, where not two of them have maths.
    """
    found = [(block.owner.partition(".")[0], block) for block in blocks(text)[0]]
    speaking = [top for top, block in found if _MATHS.search(text, block.whole.start, block.whole.end)]
    tops = list(dict.fromkeys(speaking))
    if sum(bool(top) for top in tops) < 2:
        return (Piece(next((top for top in tops if top), ""), text, (Span(0, len(text)),)),)
    made = []
    for top in tops:
        others = [line for owner, block in found if owner not in ("", top) for line in block.lines]
        own = tuple(block.whole for owner, block in found if owner == top)
        made.append(Piece(top, _without(text, others), own))
    return tuple(made)


def as_written(text: str, span: Span, replacement: str) -> str:
    """What has to be put at a place of a Python file so that ``replacement`` is read there."""
    block = next((one for one in blocks(text)[0] if span.start in one.whole), None)
    if block is None:
        return replacement
    line = next((one for one in reversed(block.lines) if one.start <= span.start), block.lines[0])
    margin = (
        ""
        if line is block.lines[0] and not text.startswith("#", block.whole.start)
        else (text[_begin(text, line.start) : line.start])
    )
    doubled = replacement if block.raw else replacement.replace("\\", "\\\\")
    return doubled.replace("\n", "\n" + margin)
