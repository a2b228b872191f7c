"""What reading a document gives: a flat list of items in document order.

The reading room is syntax alone. It does not know which names are declared,
so it does not say which statement is a definition and which a claim. Segments and macros are what
the scanner of the document hands to the parser of mathematics.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from derivcheck.language.nodes import Node
from derivcheck.source import Span


@dataclass(frozen=True, slots=True)
class Relation:
    r"""A relation sign, canonical: ``=`` ``:=`` ``\ne`` ``<`` ``>`` ``\le`` ``\ge`` ``\in`` ``\sim`` ``:`` ``\to``
    ``\mapsto`` ``\leftarrow`` ``\approx`` ``\propto`` ``\succ`` ``\succeq`` ``\prec`` ``\preceq`` ``\equiv``
    ``\subset``.

    ``\leq`` and ``\leqslant`` are ``\le``; ``\triangleq``, ``\coloneqq``, ``\stackrel{…}{=}`` with def and
    ``\overset{\text{def}}{=}`` are ``:=``; another ``\overset{…}{=}`` or ``\stackrel`` is the plain sign.
    """

    sign: str
    span: Span


Kind = Literal[
    "let", "call", "assume", "where", "if", "for", "in each case", "in that case", "otherwise", "follows", "since",
    "example", "not", "label", "question",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cue:
    """What some words say of the mathematics behind them; ``near`` tells that nothing but filling stands between.

    A ``loose`` one goes on with whatever came before, be it assumed or concluded: "moreover", "now".
    """

    kind: Kind
    words: str
    span: Span
    near: bool = True
    loose: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    r"""``members[0] relations[0] members[1] …``; one member and no relation is a mention.

    members      a comma list before ``\in`` or ``:`` is one ``Tuple`` member (``x, b \in \mathbb{R}^D``);
                 the range ``i = 1, \dots, N`` is ``i`` ``=`` ``Tuple(1, \dots, N)``.
    continues    the statement starts with a relation (``= …`` on a row or block of its own): members[0] is then
                 the first thing *behind* the sign and ``relations[0]`` stands before it, so that
                 ``len(relations) == len(members)``.
    implied      the statement follows ``\Rightarrow``, ``\implies``, ``\iff``, ``\therefore``.
    lead         the words that stand before it in the same sentence or segment since the statement before
                 (lower case, white space folded): "if", "for all", "let", "with the loss".
    sentence     statements of one sentence (displayed maths inside a sentence included) share the number.
    block        the segment's number: inline, displayed, or one environment.
    hidden       it comes from a ``let`` directive.
    cues         what those words say, in their order; ``cue`` is what governs the statement, ``behind`` what
                 the words right behind it say of it (``reading.cues``)
    tag          the text of ``\tag{…}``, or a circled number, or None; ``label`` that of ``\label{…}``.
    """

    members: tuple[Node, ...]
    relations: tuple[Relation, ...]
    span: Span
    block: int
    sentence: int
    lead: str = ""
    continues: bool = False
    implied: bool = False
    hidden: bool = False
    displayed: bool = False
    tag: str | None = None
    label: str | None = None
    cues: tuple[Cue, ...] = ()
    cue: Cue | None = None
    behind: Cue | None = None

    def part(self, start: int = 0, stop: int | None = None) -> Statement:
        """The chain from one member to another, with the relations between them."""
        members = self.members[start:stop]
        return replace(self, members=members, relations=self.relations[start : start + len(members) - 1])

    @property
    def steps(self) -> list[tuple[Node, str, Node]]:
        """Every two neighbours with the sign between them."""
        signs = (relation.sign for relation in self.relations)
        return list(zip(self.members, signs, self.members[1:], strict=False))


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A stretch of maths that could not be read: the whole stretch, and the first thing not understood.

    ``error`` is the exception where the reader itself is at fault.
    """

    span: Span
    at: Span
    message: str
    help: str | None = None
    displayed: bool = False
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class Directive:
    """``<!-- derivcheck: word argument -->``. ``let`` directives give their statements instead, with ``hidden`` set."""

    word: str
    argument: str
    span: Span


@dataclass(frozen=True, slots=True)
class Anew:
    """From here on these names have no meaning until they are given one: no document says so, its meaning may."""

    names: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Heading:
    """A Markdown or TeX heading; a redeclaration under a new heading opens a new scope."""

    level: int
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Notice:
    """Something of the document's that the reader should be told and that is no claim."""

    kind: Literal["notice"]
    message: str
    span: Span


Item = Statement | Unreadable | Directive | Heading | Notice | Anew


class ParseError(Exception):
    """The first thing that was not understood: where it stands, why, and what to write instead."""

    def __init__(self, message: str, span: Span, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.help = help


@dataclass(frozen=True, slots=True)
class Segment:
    r"""One stretch of mathematics in a document.

    span         of the content, without delimiters (``$``, ``\[``, ``\begin{align}``), in offsets of the source
    outer        with the delimiters
    displayed    false for ``$…$`` and ``\(…\)`` inside a line
    environment  ``align``, ``equation``, ``gather``, … without star, or None
    lead         the prose since the segment before in the same sentence (lower case, white space folded, markup
                 removed); the empty string at a sentence's start with nothing before
    sentence     segments of one sentence share the number
    block        the segment's own number, from 0, in document order
    hidden       the segment comes from a ``let`` directive
    gaps         spans inside ``span`` that are not mathematics: comments, and in Markdown block quotes or list
                 items the ``> `` or indentation at line starts
    """

    span: Span
    outer: Span
    displayed: bool
    environment: str | None
    lead: str
    sentence: int
    block: int
    hidden: bool = False
    gaps: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Macro:
    r"""``\newcommand{\name}[arity][default]{body}``.

    ``\DeclareMathOperator{\name}{body}`` has a body ``\operatorname{body}``, starred ``\operatorname*{body}``.
    ``name`` is written with its backslash, as is the key in ``Scan.macros``.
    """

    name: str
    arity: int
    body: str
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """What the scanner found, in document order, and the macros.

    An ``Unreadable`` is maths that is opened and never closed, or closed and never opened. From ``given_up`` on, if
    that is not None, nothing was looked for.
    """

    items: tuple[Segment | Directive | Heading | Notice | Unreadable, ...]
    macros: dict[str, Macro] = field(default_factory=dict)
    given_up: int | None = None
