"""What an editor shows of a document: findings with places, corrections at a place, and what is known of a place."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from derivcheck.source import Source, Span
from derivcheck.verdict import Edit, Finding, Report, Result, settled

Units = Literal["utf-8", "utf-16", "utf-32"]
WIDTHS: Final = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


@dataclass(frozen=True, slots=True)
class Ruler:
    """Places of a text as editors count them: lines and columns from 0, columns in units of an encoding."""

    text: str
    units: Units
    starts: tuple[int, ...]

    def at(self, offset: int) -> tuple[int, int]:
        """The line and the column of an offset."""
        line = bisect_right(self.starts, max(0, min(offset, len(self.text)))) - 1
        return line, self._width(self.text[self.starts[line] : offset])

    def offset(self, line: int, column: int) -> int:
        """The offset of a line and a column."""
        if line >= len(self.starts):
            return len(self.text)
        at = self.starts[line]
        end = self.text.find("\n", at)
        end = len(self.text) if end < 0 else end
        while at < end and column > 0:
            column -= self._width(self.text[at])
            at += 1
        return at

    def _width(self, text: str) -> int:
        encoding, width = WIDTHS[self.units]
        return len(text.encode(encoding, "surrogatepass")) // width


def ruler(text: str, units: Units = "utf-16") -> Ruler:
    """The ruler of a text."""
    return Ruler(text, units, (0, *(at + 1 for at, letter in enumerate(text) if letter == "\n")))


def told(finding: Finding) -> str:
    """A finding in the words of a report, a line for each fact."""
    parts = [finding.message, *finding.facts, *([f"help: {finding.help}"] if finding.help else [])]
    return "\n".join(parts)


def offers(report: Report, place: Span) -> Iterator[tuple[Finding, Edit]]:
    """The corrections of what stands at a place."""
    for finding in report.findings:
        span = finding.line_span or finding.span
        if span.start <= place.end and place.start <= max(span.end, finding.span.end):
            for edit in finding.edits:
                yield finding, edit


def known(source: Source, report: Report | None, offset: int) -> tuple[str, Span] | None:
    """What a line is, its shape, and the verdict on the claim at an offset, in Markdown."""
    from derivcheck.engine import lines_of

    here = [line for line in lines_of(source) if line.span.start <= offset < line.span.end]
    if not here:
        return None
    results = [
        one for one in (report.results if report else ()) if any(one.span.start in line.span for line in here)
    ]  # fmt: skip
    parts = [
        f"**{line.kind}**" + (f" `{line.name}`" if line.name else "") + (f" · {line.shapes}" if line.shapes else "")
        + (f"  \n{line.note}" if line.note else "")
        for line in here
    ]  # fmt: skip
    parts += [_verdict(one) for one in results]
    return "\n\n".join(dict.fromkeys(parts)), here[0].span


def _verdict(result: Result) -> str:
    verdict = result.verdict
    word = str(verdict.strength or settled(result))
    said = verdict.said if verdict.said.startswith(word) else f"{word}{': ' if verdict.said else ''}{verdict.said}"
    return f"`{result.title}`: {said or word}" + (f"  \n{verdict.reason}" if verdict.reason else "")
