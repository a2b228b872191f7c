"""The contract between the document scanner and the parser of mathematics."""

from __future__ import annotations

from dataclasses import dataclass, field

from derivcheck.reading.items import Directive, Heading, Notice, Unreadable
from derivcheck.source import Span


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
