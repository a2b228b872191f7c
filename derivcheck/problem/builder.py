"""What grows while a document is read from top to bottom."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

from derivcheck.language import nodes as n
from derivcheck.problem import directives, terms
from derivcheck.problem.claims import ClaimMaker, Head
from derivcheck.problem.context import Context
from derivcheck.problem.expressions import elaborate
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

    ``head`` is what a line that goes on with a relation is held against; ``conditions`` hold in one sentence.
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
