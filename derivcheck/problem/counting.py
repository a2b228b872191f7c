r"""Letters that count: what a document uses as the end of a range, as a size, or under a factorial."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from derivcheck.language import nodes as n
from derivcheck.language.traversal import walk
from derivcheck.problem.context import key_of
from derivcheck.problem.domains import DOTS
from derivcheck.reading.items import Statement

SPACES = frozenset(("\\mathbb{R}", "\\R", "\\Reals", "ℝ"))


def counting_letters(statements: Iterable[Statement]) -> frozenset[str]:
    r"""The names of how many there are: the n of ``\sum_{i=1}^n``, ``x_1, \dots, x_n``, ``\mathbb{R}^n``, ``n!``."""
    found: set[str] = set()
    for statement in statements:
        for member in statement.members:
            for part in walk(member):
                for place in _places(part):
                    found.update(_names(place))
    return frozenset(found)


def _places(part: n.Node) -> Iterator[n.Node]:
    match part:
        case n.Big(operator="sum" | "prod", binder=n.Binder(upper=upper)) if upper is not None:
            yield upper
        case n.Scripted(base=n.Name(text=text), sup=sup) if text in SPACES and sup is not None:
            yield sup
        case n.Apply(word=n.Word(text="factorial"), args=args):
            yield from args
        case n.Tuple(items=items):
            for before, dots, last in zip(items, items[1:], items[2:], strict=False):
                if not (isinstance(dots, n.Symbol) and dots.text in DOTS):
                    continue
                if isinstance(before, n.Number):
                    yield last
                elif isinstance(last, n.Scripted):
                    yield from (script for script in (last.sub, last.sup) if script is not None)


def _names(place: n.Node) -> Iterator[str]:
    """The names in a number of things: those of ``n``, ``n_k``, ``2 (m + 1)``."""
    match place:
        case n.Name() | n.Scripted(base=n.Name()):
            yield key_of(place)
        case n.Add(terms=parts):
            for _, part in parts:
                yield from _names(part)
        case n.Product(factors=factors):
            for factor in factors:
                yield from _names(factor)
        case n.Group(body=body):
            yield from _names(body)
