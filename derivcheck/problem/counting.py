r"""Letters that count: where a document uses a name as the end of a range, a size, or under a factorial."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from derivcheck.language import nodes as n
from derivcheck.language.traversal import walk
from derivcheck.problem.context import key_of
from derivcheck.problem.domains import DOTS, REALS
from derivcheck.reading.items import Statement


def counts(name: n.Name | n.Scripted, statements: Iterable[Statement]) -> bool:
    r"""Whether the name is how many of something there are: ``\sum_{i=1}^n``, ``x_1, \dots, x_n``, ``\mathbb{R}^n``."""
    key = key_of(name)
    for statement in statements:
        for member in statement.members:
            for part in walk(member):
                for place in _counting_places(part):
                    if any(isinstance(one, n.Name | n.Scripted) and key_of(one) == key for one in walk(place)):
                        return True
    return False


def _counting_places(part: n.Node) -> Iterator[n.Node]:
    match part:
        case n.Big(operator="sum" | "prod", binder=n.Binder(upper=upper)) if upper is not None:
            yield upper
        case n.Scripted(base=n.Name(text=text), sup=sup) if text in REALS and sup is not None:
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
