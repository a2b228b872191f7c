"""The statements of a document with what stands near each: found at once, however many there are."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Final

from derivcheck.language import nodes as n
from derivcheck.language.traversal import walk
from derivcheck.problem.context import strip
from derivcheck.reading.items import Statement
from derivcheck.source import Span

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
        found: dict[int, Span] = {}
        for one in self:
            found[one.sentence] = found[one.sentence] | one.span if one.sentence in found else one.span
        return found

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
