"""The hidden directives of a document, attached to the statements that they speak of."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field

from derivcheck.reading.items import Directive, Item, Statement, Unreadable
from derivcheck.source import Span
from derivcheck.verdict import Finding, Severity

WORDS = ("let", "skip", "expect", "name", "layout", "sizes", "reading", "ignore")


@dataclass
class Marks:
    """What the directives say. Spans are those of whole statements, or of the one member behind a directive."""

    layout: str = "shape"
    sizes: dict[str, int] = field(default_factory=dict)
    skips: set[Span] = field(default_factory=set)
    names: dict[Span, str] = field(default_factory=dict)
    wrong_statements: set[Span] = field(default_factory=set)
    wrong_members: set[Span] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    def skipped(self, span: Span) -> bool:
        """Whether a statement is to be left out."""
        return span in self.skips

    def expected_wrong(self, statement: Span, member: Span) -> bool:
        """Whether the document shows this as a mistake on purpose."""
        return statement in self.wrong_statements or member in self.wrong_members


def gather(items: tuple[Item, ...]) -> Marks:
    """Read every directive and find out which statement it is about."""
    marks = Marks()
    targets = [
        item for item in items if isinstance(item, Statement | Unreadable) and not getattr(item, "hidden", False)
    ]
    for item in items:
        if isinstance(item, Directive):
            _directive(item, targets, marks)
    return marks


def _directive(item: Directive, targets: list[Statement | Unreadable], marks: Marks) -> None:
    match item.word:
        case "let" | "reading" | "ignore":
            return
        case "layout":
            layout = item.argument.strip().lower()
            if layout not in ("numerator", "denominator", "shape"):
                _complain(item, marks, f"`{layout}` is no layout", "write `layout numerator` or `layout shape`")
            marks.layout = "numerator" if layout == "numerator" else "shape"
        case "sizes":
            _sizes(item, marks)
        case "skip" | "expect" | "name":
            _attached(item, targets, marks)
        case word:
            close = difflib.get_close_matches(word, WORDS, n=1)
            help = f"did you mean `{close[0]}`?" if close else f"the directives are {', '.join(WORDS)}"
            _complain(item, marks, f"the directive `{word}` is not known", help)


def _complain(item: Directive, marks: Marks, message: str, help: str) -> None:
    marks.findings.append(Finding("directive", Severity.ERROR, message, item.span, item.span, help=help))


def _is_size(text: str) -> bool:
    """A number from 1 to 4096. Other digits than 0 to 9 are none here, and a number of 5000 digits is not read."""
    return text.isascii() and text.isdecimal() and len(text.lstrip("0")) <= 4 and 1 <= int(text[-5:]) <= 4096


def _sizes(item: Directive, marks: Marks) -> None:
    for part in item.argument.replace(",", " ").split():
        name, _, value = part.partition("=")
        if not name or not _is_size(value):
            _complain(
                item, marks, f"`{part}` is no size",
                "write a name, an equals sign and a number from 1 to 4096: `sizes D=4`",
            )  # fmt: skip
        else:
            marks.sizes[name] = int(value)


def _attached(item: Directive, targets: list[Statement | Unreadable], marks: Marks) -> None:
    if item.word == "expect" and item.argument.strip().lower() not in ("wrong", "a mistake", "error"):
        _complain(item, marks, f"`expect {item.argument}` is not understood", "write `expect wrong`")
        return
    inside = next((t for t in targets if t.span.start < item.span.start < t.span.end), None)
    if isinstance(inside, Statement):
        member = next((m.span for m in inside.members if m.span.start > item.span.start), None)
        if member is not None and item.word == "expect":
            marks.wrong_members.add(member)
            return
        if member is not None and item.word == "name":
            marks.names[member] = item.argument.strip()
            return
    target = next((t for t in targets if t.span.start >= item.span.start), None)
    if target is None:
        _complain(item, marks, f"no line stands behind this `{item.word}`", "put it in front of the line it is about")
        return
    match item.word:
        case "skip":
            marks.skips.add(target.span)
        case "expect":
            marks.wrong_statements.add(target.span)
        case "name":
            marks.names[target.span] = item.argument.strip()
