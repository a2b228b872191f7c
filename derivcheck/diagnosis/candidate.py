"""One edit of an expression, and what every kind of edit is made of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Final

from derivcheck.diagnosis.places import Place
from derivcheck.language import nodes as n
from derivcheck.language.printing import latex, plain
from derivcheck.source import Span

ZERO = n.Number(Fraction(0), "0")
ONE = n.Number(Fraction(1), "1")
TWO = n.Number(Fraction(2), "2")
TOP = n.Symbol("\\top")
IDENTITY = n.Name("I")
HALF = n.Fraction_(ONE, TWO)
MINUS_ONE: Final = n.Add((("-", ONE),))
TOKEN: Final = re.compile(r"\\[A-Za-z]+|[A-Za-z0-9]|[^\sA-Za-z0-9{}\\]")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A tree with one edit. ``rank`` orders kinds of mistakes; ``size`` is how many tokens a person would change."""

    rank: int
    tree: n.Node
    span: Span
    new: n.Node | str
    said: str | Callable[[], str]
    size: int

    @property
    def replacement(self) -> str:
        """What is to stand there, as text."""
        return self.new if isinstance(self.new, str) else latex(self.new)

    @property
    def title(self) -> str:
        """What is to be done, in words."""
        return self.said if isinstance(self.said, str) else self.said()


@lru_cache(maxsize=4096)
def size_of(node: n.Node) -> int:
    """How many tokens a person writes for it."""
    return _tokens(latex(node)).total()


@lru_cache(maxsize=4096)
def _tokens(text: str) -> Counter[str]:
    return Counter(TOKEN.findall(text))


def changed_tokens(old: str, new: str) -> int:
    """How many tokens of one text have to be touched to make it the other."""
    one, other = _tokens(old), _tokens(new)
    return max(1, (one - other).total(), (other - one).total())


UNBRACED = re.compile(r"(\\[td]?frac\s*([0-9]|\{[^{}]*\})?|[\^_])\s*\Z")
"""What an argument without braces stands behind."""


def braced(edit: Candidate, text: str) -> Candidate:
    r"""The edit with braces where it stands in the place of a bare argument: ``\frac12``, ``x^n``."""
    needed = len(edit.replacement) > 1 or text[: edit.span.start].endswith("frac")
    if not needed or UNBRACED.search(text[: edit.span.start]) is None or text[edit.span.start] == "{":
        return edit
    return replace(edit, new=f"{{{edit.replacement}}}")


def made(
    rank: int, place: Place, new: n.Node, title: str | Callable[[], str] = "", span: Span | None = None, size: int = 0
) -> Candidate:
    """The edit that puts another expression into a place, in brackets where it needs them there."""
    if not (place.slot or place.term) and isinstance(new, n.Add | n.Entrywise):
        new = n.Group(new)
    if place.term and isinstance(new, n.Add):
        new = n.Group(new)
    size = size or changed_tokens(place.text, latex(new))
    return Candidate(
        rank, place.rebuild(new), span or place.node.span, new,
        title or (lambda: f"replace `{plain(place.node)}` by `{plain(new)}`"), size,
    )  # fmt: skip


def closed(node: n.Node) -> n.Node:
    """An expression in brackets where it needs them to be a factor."""
    return n.Group(node, span=node.span) if isinstance(node, n.Add | n.Entrywise | n.Product) else node


def raised(base: n.Node, sup: n.Node) -> n.Node:
    """A name with something above it."""
    match base:
        case n.Scripted(sup=None, primes=0):
            return replace(base, sup=sup)
        case n.Name() | n.Group() | n.Bars():
            return n.Scripted(base, None, sup)
    return n.Scripted(n.Group(base), None, sup)


def signed_span(part: n.Node, node: n.Add) -> Span:
    """The place of a term together with the sign in front of it."""
    before = [other.span.end for _, other in node.terms if other.span.end <= part.span.start]
    start = max(before, default=node.span.start)
    return Span(min(start, part.span.start), part.span.end)
