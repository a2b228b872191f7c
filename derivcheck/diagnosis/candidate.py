"""One edit of an expression, and what every kind of edit is made of."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction

from derivcheck.diagnosis.places import Rebuild
from derivcheck.language import nodes as n
from derivcheck.language.printing import latex, plain
from derivcheck.source import Span

ZERO = n.Number(Fraction(0), "0")
ONE = n.Number(Fraction(1), "1")
TWO = n.Number(Fraction(2), "2")
TOP = n.Symbol("\\top")
IDENTITY = n.Name("I")
HALF = n.Fraction_(ONE, TWO)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A tree with one edit. ``rank`` orders kinds of mistakes; ``size`` how much text changes.

    ``touched`` is how many characters a person would touch, where most of what is replaced stays as it is.
    """

    rank: int
    tree: n.Node
    span: Span
    replacement: str
    title: str
    touched: int | None = None

    @property
    def size(self) -> int:
        """How much stands at the place now and afterwards, in characters."""
        if self.touched is not None:
            return self.touched
        return (self.span.end - self.span.start) + len(self.replacement)


UNBRACED = re.compile(r"(\\[td]?frac\s*([0-9]|\{[^{}]*\})?|[\^_])\s*\Z")
"""What an argument without braces stands behind."""


def braced(edit: Candidate, text: str) -> Candidate:
    r"""The edit with braces where it stands in the place of a bare argument: ``\frac12``, ``x^n``."""
    needed = len(edit.replacement) > 1 or text[: edit.span.start].endswith("frac")
    if not needed or UNBRACED.search(text[: edit.span.start]) is None or text[edit.span.start] == "{":
        return edit
    return replace(edit, replacement=f"{{{edit.replacement}}}")


def made(
    rank: int, rebuild: Rebuild, node: n.Node, new: n.Node, title: str | None = None, touched: int | None = None
) -> Candidate:
    """The edit that puts another expression in the place of one."""
    shown = title or f"replace `{plain(node)}` by `{plain(new)}`"
    return Candidate(rank, rebuild(new), node.span, latex(new), shown, touched)


def closed(node: n.Node) -> n.Node:
    """An expression in brackets where it needs them to be a factor."""
    return n.Group(node, span=node.span) if isinstance(node, n.Add | n.Entrywise | n.Product) else node


def signed_span(part: n.Node, node: n.Add) -> Span:
    """The place of a term together with the sign in front of it."""
    before = [other.span.end for _, other in node.terms if other.span.end <= part.span.start]
    start = max(before, default=node.span.start)
    return Span(min(start, part.span.start), part.span.end)
