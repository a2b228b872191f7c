r"""Markdown as a page: code, comments and front matter painted out, headings, list items and paragraphs found.

Two passes. The first goes line by line and knows blocks (fences, quotes, lists, headings); the second finds the
code spans inside each paragraph. The maths between is not looked at here.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field

from derivcheck.reading.items import Heading, Notice, Unreadable
from derivcheck.reading.maths import directive, is_directive
from derivcheck.reading.page import Break, Mark, Maths, Page, is_prose, lines, opens_display, paint
from derivcheck.source import Span

CELL_MARKER = re.compile(r"<!-- cell (\d+) -->[ \t\r]*$")
"""The line that stands before each Markdown cell of a notebook: what one cell leaves open ends there."""

_FRONT_MATTER = re.compile(r"---[ \t\r]*$")
_FRONT_MATTER_END = re.compile(r"(?:---|\.\.\.)[ \t\r]*$")
_QUOTE = re.compile(r"(?: {0,3}>[ \t]?)+")
_FENCE = re.compile(r"[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(`{3,}(?=[^`\n]*$)|~{3,})[ \t]*([^\n]*)$")
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*))?\r?$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t\r]*$")
_RULE = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})\r?$")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|(\d{1,9})[.)])(?:[ \t]+|\r?$)")
_NOTE = re.compile(r" {0,3}(?:\[\^[^\[\]\n]+\]:|:::)")
_INDENTED = re.compile(r"(?: {4}| {0,3}\t)[ \t]*\S")
_DISPLAY_OPENER = re.compile(r"\$\$|\\\[|\\begin\{(?:align|equation|gather)")
_PERCENT_DIRECTIVE = re.compile(r"[ \t]*(%+)(?=[ \t]*derivcheck:)", re.IGNORECASE)
_BACKTICKS = re.compile(r"`+")


@dataclass(slots=True)
class _Blocks:
    """What the line pass collects, and what it must remember from line to line."""

    text: str
    painted: list[Span] = field(default_factory=list)
    spaced: list[Span] = field(default_factory=list)
    quiet: list[Span] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    stops: list[int] = field(default_factory=list)
    walls: list[int] = field(default_factory=list)
    after_blank: bool = True
    in_list: bool = False
    plain_before: Span | None = None
    last_comment_end: int = field(default=-1)
    margins: Mapping[int, int] = field(default_factory=dict)
    borders: frozenset[int] = frozenset()

    def begins_anew(self, start: int, end: int) -> bool:
        """Whether what is left open on the lines above ends before this one."""
        return start in self.borders or CELL_MARKER.match(self.text, start, end) is not None

    def stop(self, offset: int) -> None:
        """A paragraph ends here, and so does its sentence."""
        self.stops.append(offset)
        self.marks.append(Break(Span(offset, offset)))


def markdown_page(text: str, margins: Mapping[int, int] | None = None, borders: frozenset[int] = frozenset()) -> Page:
    """The page of a Markdown document.

    Of Markdown that stands in something else, ``margins`` says for the starts of its lines where they begin to speak,
    and what is indented more is no code; ``borders`` are starts of lines at which something new begins.
    """
    blocks = _Blocks(text, last_comment_end=text.rfind("-->"), margins=margins or {}, borders=borders)
    position = _front_matter(blocks)
    while position < len(text):
        position = _line(blocks, position)
    spaced = paint(text, blocks.spaced, " ")
    stops = sorted(set(blocks.stops))
    painted = paint(spaced, blocks.painted)
    painted = paint(painted, _code_spans(painted, stops))
    walls = sorted(set(blocks.walls))
    return Page(text, painted, "markdown", tuple(blocks.marks), tuple(blocks.quiet), tuple(stops), tuple(walls))


def _front_matter(blocks: _Blocks) -> int:
    """YAML between two rules at the very top: painted out."""
    for index, (start, end) in enumerate(lines(blocks.text, 0, len(blocks.text))):
        pattern = _FRONT_MATTER if index == 0 else _FRONT_MATTER_END
        if pattern.match(blocks.text, start, end):
            if index:
                blocks.painted.append(Span(0, end))
                return end + 1
        elif index == 0:
            return 0
    return 0


def _line(blocks: _Blocks, start: int) -> int:
    """Take in the line (or the fence, or the indented code) that begins here; return where the next begins."""
    text = blocks.text
    end = text.find("\n", start)
    if end < 0:
        end = len(text)
    if end == start:
        _blank(blocks, start)
        return end + 1
    content = blocks.margins.get(start, start)
    quote = _QUOTE.match(text, content, end)
    if quote:
        content = quote.end()
    if content > start:
        blocks.spaced.append(Span(start, content))
    if blocks.begins_anew(start, end):
        blocks.walls.append(start)
        blocks.stop(start)
        blocks.after_blank, blocks.in_list, blocks.plain_before = True, False, None
        if start not in blocks.borders:
            blocks.painted.append(Span(start, end))
            return end + 1
    if not text[content:end].strip():
        _blank(blocks, start)
        return end + 1
    fence = _FENCE.match(text, content, end) if "`" in text[content:end] or "~" in text[content:end] else None
    if fence:
        return _fenced(blocks, start, end, fence, quote[0].count(">") if quote else 0)
    if percent := _PERCENT_DIRECTIVE.match(text, content, end):
        return _percent_directive(blocks, percent, end)
    may_be_code = blocks.after_blank and not blocks.in_list and not quote and not blocks.margins
    if may_be_code and _INDENTED.match(text, content, end):
        return _indented_code(blocks, start)
    _classify(blocks, start, content, end)
    return _comments(blocks, content, end)


def _blank(blocks: _Blocks, start: int) -> None:
    blocks.stops.append(start)
    blocks.after_blank, blocks.plain_before = True, None


def _classify(blocks: _Blocks, start: int, content: int, end: int) -> None:
    """A heading, a rule, a list item, a table row or plain text."""
    text = blocks.text
    line = text[content:end]
    plain_before, after_blank = blocks.plain_before, blocks.after_blank
    blocks.plain_before, blocks.after_blank = None, False
    if heading := _HEADING.match(line):
        blocks.stops += start, end
        blocks.walls.append(start)
        title = re.sub(r"(?:^|(?<=[ \t]))#+$", "", (heading[2] or "").strip()).strip()
        blocks.marks.append(Heading(len(heading[1]), title, Span(content, end)))
        blocks.in_list = False
    elif plain_before is not None and (underline := _UNDERLINE.match(line)):
        level = 1 if underline[1][0] == "=" else 2
        title = text[plain_before.start : plain_before.end].strip()
        blocks.marks.append(Heading(level, title, Span(plain_before.start, end)))
        blocks.in_list = False
    elif _RULE.match(line):
        blocks.stop(start)
    elif (item := _ITEM.match(line)) and (item[1] in (None, "1") or after_blank or blocks.in_list):
        blocks.stop(start)
        blocks.spaced.append(Span(content, content + item.end()))
        blocks.in_list = True
        if is_prose(line[item.end() :]):
            blocks.walls.append(start)
    else:
        if after_blank and not line[0].isspace():
            blocks.in_list = False
        if _NOTE.match(line):
            blocks.stop(start)
        elif line.lstrip().startswith("|"):
            bars = (match.start() for match in re.finditer(r"\\.|\|", line) if match.group() == "|")
            blocks.marks += (Break(Span(content + at, content + at)) for at in bars)
        blocks.plain_before = Span(content, end)
    if opens_display(line, after_blank) or (after_blank and is_prose(line)):
        blocks.walls.append(start)


def _percent_directive(blocks: _Blocks, percent: re.Match[str], end: int) -> int:
    """A line that holds only a ``% derivcheck: …``, in maths or not. Where the next line begins."""
    line = blocks.text[percent.end() : end]
    # The comment may share its line with the end of the display that it stands in.
    last = percent.end() + line.rfind("$$") if line.rstrip().endswith("$$") and line.count("$$") % 2 else end
    comment = Span(percent.start(1), last)
    blocks.marks += directive(blocks.text, comment, Span(percent.end(), last))
    blocks.quiet.append(comment)
    blocks.painted.append(comment)
    return end + 1


def _comments(blocks: _Blocks, content: int, end: int) -> int:
    """HTML comments that open on this line; one may end many lines below. Where the next line begins."""
    text = blocks.text
    position = counted = content
    backticks = 0
    while (start := text.find("<!--", position, end)) >= 0:
        backticks += text.count("`", counted, start)
        position = counted = start + 4
        if backticks % 2:
            continue  # inside a code span
        close = text.find("-->", position) if position <= blocks.last_comment_end else -1
        body = Span(position, close if close >= 0 else end)
        if close < 0:
            if is_directive(text, body):
                message, help_ = "this directive's comment is never closed", "close it with `-->`"
                blocks.marks.append(Unreadable(Span(start, end), Span(start, start + 4), message, help_))
            continue
        comment = Span(start, close + 3)
        blocks.marks += directive(text, comment, body)
        blocks.quiet.append(comment)
        blocks.painted.append(comment)
        position = counted = comment.end
        if position > end:
            backticks = 0
            end = text.find("\n", position)
            if end < 0:
                end = len(text)
    return end + 1


def _fenced(blocks: _Blocks, start: int, end: int, fence: re.Match[str], depth: int) -> int:
    """A fenced block: code is painted out, ```` ```math ```` is maths. Where the next line begins."""
    text = blocks.text
    is_maths = fence[2].split()[:1] == ["math"]
    close, after = _fence_end(blocks, end + 1, fence, depth, is_maths)
    after = max(after, end)
    opener, whole = Span(fence.start(1), end), Span(fence.start(1), after)
    blocks.walls += start, min(after + 1, len(text))
    blocks.stops += start, min(after + 1, len(text))
    blocks.after_blank, blocks.plain_before = True, None
    if is_maths and close is not None:
        blocks.marks.append(Maths(whole, Span(end + 1, close), True))
        blocks.painted += opener, Span(close, after)
        return after + 1
    blocks.painted.append(whole)
    if is_maths:
        help_ = f"close it with a line `{fence[1]}`; without that, nothing up to here is read"
        blocks.marks.append(Unreadable(whole, opener, "this maths fence is never closed", help_, True))
    else:
        blocks.marks.append(Break(Span(start, start)))
        if close is None and not depth:
            message = "this code fence is never closed: what follows is read as code"
            blocks.marks.append(Notice("notice", message, opener))
    return after + 1


def _fence_end(
    blocks: _Blocks, content: int, fence: re.Match[str], depth: int, is_maths: bool
) -> tuple[int | None, int]:
    """Where the closing fence's line begins (None if there is none) and where the block ends."""
    text = blocks.text
    closing = re.compile(rf"[ \t>]*{fence[1][0]}{{{len(fence[1])},}}[ \t\r]*$")
    give_up: int | None = None
    after_blank = False
    for start, end in lines(text, content, len(text)):
        if closing.match(text, start, end):
            return start, end
        quote = _QUOTE.match(text, start, end)
        left_quote = depth and (quote[0].count(">") if quote else 0) < depth
        if left_quote or blocks.begins_anew(start, end):
            return None, (give_up or start) - 1
        if not is_maths:
            continue
        line = text[blocks.margins.get(start, start) : end]
        if give_up is None and (_HEADING.match(line) or (after_blank and is_prose(line))):
            give_up = start
        if (another := _FENCE.match(line)) and another[2].strip():
            return None, (give_up or start) - 1
        after_blank = not line.strip()
    return None, len(text) if give_up is None else give_up - 1


def _indented_code(blocks: _Blocks, start: int) -> int:
    """A block indented by four spaces after a blank line, outside of lists, is code."""
    text = blocks.text
    code_end = start
    for line_start, line_end in lines(text, start, len(text)):
        if text[line_start:line_end].strip() and not _INDENTED.match(text, line_start, line_end):
            break
        if text[line_start:line_end].strip():
            code_end = line_end
    code = Span(start, max(code_end, start + 1))
    if _DISPLAY_OPENER.search(text, code.start, code.end):
        message = "a block indented by four spaces is code in Markdown: the maths in it is not read"
        blocks.marks.append(Notice("notice", message, code))
    blocks.painted.append(code)
    blocks.stops.append(start)
    blocks.marks.append(Break(Span(start, start)))
    blocks.after_blank, blocks.plain_before = False, None
    return code.end + 1


def _code_spans(painted: str, stops: list[int]) -> list[Span]:
    """Runs of backticks that pair with a run of the same length in their paragraph, except GitHub's $`…`$."""
    runs = [Span(*match.span()) for match in _BACKTICKS.finditer(painted)]
    by_length: dict[int, list[int]] = {}
    for index, run in enumerate(runs):
        by_length.setdefault(run.end - run.start, []).append(index)
    spans: list[Span] = []
    index = 0
    while index < len(runs):
        run = runs[index]
        index += 1
        length = run.end - run.start
        if length == 1 and painted[max(0, run.start - 1) : run.start] == "\\":
            continue
        same = by_length[length]
        place = bisect_right(same, index - 1)
        if place == len(same):
            continue
        partner = runs[same[place]]
        # A paragraph ends at the first stop behind the opening run.
        stop = bisect_left(stops, run.end)
        if stop < len(stops) and stops[stop] < partner.start:
            continue
        index = same[place] + 1
        before, behind = painted[max(0, run.start - 1) : run.start], painted[partner.end : partner.end + 1]
        is_maths = length == 1 and before == behind == "$"
        if not is_maths:
            spans.append(Span(run.start, partner.end))
    return spans
