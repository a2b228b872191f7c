"""One edit of an expression, and what every kind of edit is made of."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from derivcheck.language import nodes as n
from derivcheck.source import Span

ONE = n.Number(Fraction(1), "1")
TWO = n.Number(Fraction(2), "2")
HALF = n.Fraction_(ONE, TWO)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A tree with one edit. ``rank`` orders kinds of mistakes; ``size`` how much text changes."""

    rank: int
    tree: n.Node
    span: Span
    replacement: str
    title: str

    @property
    def size(self) -> int:
        """How much stands at the place now and afterwards, in characters."""
        return (self.span.end - self.span.start) + len(self.replacement)


def closed(node: n.Node) -> n.Node:
    """An expression in brackets where it needs them to be a factor."""
    return n.Group(node, span=node.span) if isinstance(node, n.Add | n.Entrywise | n.Product) else node


def signed_span(part: n.Node, node: n.Add) -> Span:
    """The place of a term together with the sign in front of it."""
    before = [other.span.end for _, other in node.terms if other.span.end <= part.span.start]
    start = max(before, default=node.span.start)
    return Span(min(start, part.span.start), part.span.end)
