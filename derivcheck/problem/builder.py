"""What grows while a document is read from top to bottom; and its statements with what stands near each."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from derivcheck.language import nodes as n
from derivcheck.language.nodes import walk
from derivcheck.problem import directives, terms
from derivcheck.problem.claims import ClaimMaker
from derivcheck.problem.context import Context, strip
from derivcheck.problem.expressions import elaborate
from derivcheck.problem.heads import Head
from derivcheck.problem.problem import Line
from derivcheck.problem.scope import IndexInfo, Scope
from derivcheck.reading.items import Statement
from derivcheck.reading.unread import Unread, unread
from derivcheck.source import Source, Span
from derivcheck.verdict import Finding


@dataclass(frozen=True, slots=True)
class Unexplained:
    """A statement that was refused where a line behind may explain it, and the letters of a name that it ``lacks``."""

    item: Statement
    conditions: tuple[terms.Comparison, ...]
    lacks: frozenset[str]


@dataclass
class Builder:
    """What is known, claimed and waited for at the present place.

    ``head`` is what a line that goes on with a relation is held against, ``lost`` that it was not parsed;
    ``conditions`` hold in one sentence.
    ``waiting`` for the end of its sentence, and ``unexplained`` until the end of the document, are statements that
    speak of a name before it is explained. ``undeclared`` are names mentioned whose shape words behind may tell.
    ``named`` is how much had a name when the unexplained ones were last tried, and ``seen`` the names then.
    """

    source: Source
    scope: Scope
    marks: directives.Marks
    makers: ClaimMaker
    findings: list[Finding] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    headings: list[Span] = field(default_factory=list)
    head: Head | None = None
    lost: bool = False
    conditions: list[terms.Comparison] = field(default_factory=list)
    condition_sentence: int = -1
    skipped: int = 0
    waiting: list[Unexplained] = field(default_factory=list)
    unexplained: list[Unexplained] = field(default_factory=list)
    retrying: bool = False
    final: bool = False
    named: tuple[int, int, int] = (0, 0, 0)
    seen: frozenset[str] = frozenset()
    undeclared: list[tuple[n.Node, tuple[int, str]]] = field(default_factory=list)

    def context(self, free: dict[str, IndexInfo] | None = None) -> Context:
        """A context at the present place of the document."""
        layout = "numerator" if self.marks.layout == "numerator" else "shape"
        return Context(self.scope, elaborate, free=free, layout=layout)  # type: ignore[arg-type]

    def line(self, span: Span, kind: str, name: str = "", shapes: str = "", note: str = "") -> None:
        """Record how a statement was read."""
        self.lines.append(Line(span, kind, name, self.scope.quote(span), shapes, note))

    def section(self, span: Span) -> int:
        """How many headings stand before a place."""
        return bisect_left(self.headings, span.start, key=lambda heading: heading.start)

    def not_read(self, span: Span, note: str) -> None:
        """Record that a line was refused."""
        self.line(span, "not read", note=note)
        self.taint(span)

    def taint(self, span: Span) -> None:
        """Keep of which names a refused line may have said something: every refusal comes here."""
        self.unread.extend(unread(self.source.text, span))


NEAR: Final = 100
"""So many statements of a sentence before one, and behind it, are near it: no sentence that is read has as many."""


class Statements(list[Statement]):
    """All statements in document order. What is looked up is the same for every one of them and is kept."""

    def __init__(self, statements: Iterable[Statement]) -> None:
        super().__init__(statements)
        self._groups: dict[str, dict[int, list[tuple[int, Statement]]]] = {}
        self._equations: tuple[list[int], list[Statement]] | None = None

    def of_sentence(self, item: Statement) -> list[Statement]:
        """Those near it in its sentence, itself among them."""
        return self._near("sentence", item.sentence, item)

    @cached_property
    def sentences(self) -> dict[int, list[Statement]]:
        """All of each sentence."""
        found: dict[int, list[Statement]] = {}
        for one in self._ordered:
            found.setdefault(one.sentence, []).append(one)
        return found

    def of_block(self, item: Statement) -> list[Statement]:
        """Those near it in its stretch of mathematics, itself among them."""
        return self._near("block", item.block, item)

    def _near(self, by: str, group: int, item: Statement) -> list[Statement]:
        if by not in self._groups:
            made: dict[int, list[tuple[int, Statement]]] = {}
            for one in self:
                made.setdefault(getattr(one, by), []).append((one.span.start, one))
            for mine in made.values():
                mine.sort(key=lambda entry: entry[0])
            self._groups[by] = made
        mine = self._groups[by].get(group, [])
        if len(mine) <= 2 * NEAR:
            return [one for _, one in mine]
        place = bisect_left(mine, item.span.start, key=lambda entry: entry[0])
        return [one for _, one in mine[max(0, place - NEAR) : place + NEAR]]

    @cached_property
    def around(self) -> dict[int, Span]:
        """From the first to the last mathematics of each sentence."""
        return {number: mine[0].span | mine[-1].span for number, mine in self.sentences.items()}

    def last_equation(self, item: Statement, is_equation: Callable[[Statement], bool]) -> Statement | None:
        """The equation that a reader sees last before it begins."""
        if self._equations is None:
            shown = (one for one in self if not one.hidden and is_equation(one))
            sides = sorted(shown, key=lambda one: one.span.end)
            self._equations = [one.span.end for one in sides], sides
        ends, sides = self._equations
        place = bisect_right(ends, item.span.start)
        return sides[place - 1] if place else None

    def between(self, start: int, item: Statement) -> list[Statement]:
        """Those that begin at a place or behind it and end before the statement begins, in document order."""
        first = bisect_left(self._starts, start)
        last = bisect_right(self._starts, item.span.start)
        ordered = self._ordered[first:last]
        return [one for one in ordered if one.span.end <= item.span.start]

    @cached_property
    def _ordered(self) -> list[Statement]:
        return sorted(self, key=lambda one: one.span.start)

    @cached_property
    def _starts(self) -> list[int]:
        return [one.span.start for one in self._ordered]

    @cached_property
    def differentiated_by(self) -> frozenset[n.Node]:
        """Everything by which something is differentiated anywhere."""
        parts = (part for one in self for member in one.members for part in walk(member))
        return frozenset(name for part in parts if isinstance(part, n.Derivative) for name in part.variables)

    @cached_property
    def drawn(self) -> frozenset[n.Node]:
        r"""What a statement says the distribution of: ``\epsilon \sim …``."""
        alone = (one for one in self if len(one.relations) == 1 and not one.continues)
        return frozenset(strip(one.members[0]) for one in alone if one.relations[0].sign == "\\sim")
