"""Shapes by use in a long document: each section is searched by itself, with what it takes from those before it.

Names that nothing declares are told by their use in one section, and hold on as long as they fit; where lines of a
section have no meaning with what a name was before, it begins anew there, unless something rests on the old one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from derivcheck.language import nodes as n
from derivcheck.language.nodes import walk
from derivcheck.meaning import hidden
from derivcheck.meaning.inference import WORK, Build, Inference, Settled, complaints, told
from derivcheck.problem.context import key_of, names_in, strip
from derivcheck.problem.problem import Problem
from derivcheck.reading.items import Anew, Heading, Item, Statement, Unreadable
from derivcheck.reading.unread import letters_of
from derivcheck.source import Span

SHORT: Final = 60
"""A document of no more statements is searched as a whole first."""
WORK_BY_STATEMENT: Final = 5
"""So often a long document is given a meaning again, all searches of its sections together."""
SETTING: Final = frozenset(
    ("=", ":=", "\\equiv", "\\in", ":", "\\sim", "<", ">", "\\le", "\\ge", "\\succ", "\\succeq", "\\leftarrow")
)
"""What stands behind a name that a line may set, or say something of."""


def inferred(items: tuple[Item, ...], text: str, build: Build) -> Problem:
    """The document with what its use tells of its names."""
    count = sum(isinstance(item, Statement | Unreadable) for item in items)
    sections = list(_sections(items))
    whole = Inference(items, text, build).run() if count <= SHORT or len(sections) < 2 else None
    if whole is not None and (len(sections) < 2 or not complaints(whole, items)):
        return whole
    apart = _Search(items, text, build, WORK + WORK_BY_STATEMENT * count).run()
    return apart if whole is None or complaints(apart, items) < complaints(whole, items) else whole


def _sections(items: Sequence[Item]) -> Iterator[list[Item]]:
    """What stands between headings, where anything does."""
    section: list[Item] = []
    for item in items:
        if isinstance(item, Heading):
            if any(isinstance(one, Statement) for one in section):
                yield section
            section = []
        else:
            section.append(item)
    if any(isinstance(one, Statement) for one in section):
        yield section


@dataclass
class _Found:
    """What one section was found to be about, and which names begin anew in it."""

    settled: Settled
    since: int
    until: int
    anew: frozenset[str]

    def items(self) -> list[Item]:
        """The hidden items that say so."""
        search, guesses, sizes = self.settled
        forgotten: list[Item] = [Anew(tuple(sorted(self.anew)), guesses[0].place)] if self.anew else []
        return [*forgotten, *search.statements(guesses, sizes)]

    @property
    def names(self) -> frozenset[str]:
        """The keys of the names that it declares."""
        return frozenset(guess.key for guess in self.settled[1])

    def complaints(self, problem: Problem) -> int:
        """How many of its lines have no meaning in a document."""
        return complaints(problem, self.settled[0].items, self.since, self.until)


@dataclass
class _Search:
    """The sections of a document from top to bottom, with what was found so far and the work that is left."""

    items: tuple[Item, ...]
    text: str
    build: Build
    work: int
    found: list[_Found] = field(default_factory=list)
    letters: dict[str, n.Node] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()

    def run(self) -> Problem:
        """The whole document with what was found section by section, as far as it is no worse for it."""
        self.items = Inference(self.items, self.text, self.build).with_arguments()
        first = self.build(self.items)
        self.taken = frozenset(first.names)
        sections = list(_sections(self.items))
        ends = [*(section[0].span.start for section in sections[1:]), len(self.text) + 1]
        for section, until in zip(sections, ends, strict=True):
            since = section[0].span.start
            if self.work < 2 * len(section) or not complaints(first, section, since, until):
                continue
            found = self._best(section, until)
            if found is not None:
                self.found.append(found)
        if not self.found:
            return first
        problem = self._built(self.found)
        kept = [one for one in self.found if one.complaints(problem) <= one.complaints(first)]
        if not kept:
            return first
        if len(kept) < len(self.found):
            problem = self._built(kept)
        kept, problem = self._opened(kept, problem)
        return told(problem, [one.settled for one in kept])

    def _opened(self, kept: list[_Found], problem: Problem) -> tuple[list[_Found], Problem]:
        """What was found, with sizes that one section leaves open and another one tells, where more lines fit so."""
        tried = self._built([replace(one, settled=(*one.settled[:2], {})) for one in kept])
        if complaints(tried, self.items) >= complaints(problem, self.items):
            return kept, problem
        letters: dict[str, n.Node] = {}
        again = [replace(one, settled=(search, guesses, search.sizes(tried, guesses, letters)))
                 for one in kept for search, guesses, _ in (one.settled,)]  # fmt: skip
        return again, self._built(again)

    def _built(self, found: Sequence[_Found]) -> Problem:
        items = self.items
        for one in found:
            items = hidden.in_front(one.items(), items)
        return self.build(items)

    def _best(self, section: list[Item], until: int) -> _Found | None:
        """What a section tells with names as they were before it, or, where lines do not fit then, with them anew."""
        since = section[0].span.start
        context, wanted, rests = self._context(section)
        held = [one for one in self.found if letters_of(*one.names) & wanted]
        free = frozenset(name for one in held for name in one.names if not letters_of(name) & rests)
        best, left = self._settled(context, held, section)
        if left and free and self.work > 2 * len(section):
            again, fewer = self._settled(context, held, section, free)
            if fewer < left and again is not None:
                return _Found(again, since, until, free)
        return None if best is None else _Found(best, since, until, frozenset())

    def _settled(
        self, context: list[Item], held: Sequence[_Found], section: list[Item], anew: frozenset[str] = frozenset()
    ) -> tuple[Settled | None, int]:
        """What a section is found to be about, and how many of its lines have no meaning then."""
        since = section[0].span.start
        items: tuple[Item, ...] = (*context, *section)
        for one in held:
            items = hidden.in_front(one.items(), items)
        if anew:
            items = hidden.in_front([Anew(tuple(sorted(anew)), Span(since, since))], items)
        first = sum(len(one.settled[1]) for one in self.found)
        search = Inference(items, self.text, self.build, min(self.work, WORK), since=since, first=first,
                           taken=self.taken, letters=self.letters)  # fmt: skip
        work = search.work
        problem = self.build(items)
        found = search.settled(problem)
        self.work -= work - search.work + len(items)
        if found is None:
            return None, complaints(problem, items, since)
        return (search, *found), complaints(search.best or problem, items, since)

    def _context(self, section: list[Item]) -> tuple[list[Item], frozenset[str], frozenset[str]]:
        """What is said before a section of its names and of those by which they are told.

        With it all letters of these names, and those on which something said before rests.
        """
        start = next(place for place, item in enumerate(self.items) if item is section[0])
        kept: list[Item] = []
        wanted, rests = _letters(section), frozenset[str]()
        for item in reversed(self.items[:start]):
            if isinstance(item, Heading):
                kept.append(item)
            if isinstance(item, Statement) and item.relations and not item.continues and _sets(item) & wanted:
                kept.append(item)
                rests |= _letters([item])
                wanted |= rests
        return kept[::-1], wanted, rests


def _sets(item: Statement) -> frozenset[str]:
    """The letters of the names that a line may set, or of which it says something."""
    left = strip(item.members[0])
    if item.relations[0].sign not in SETTING or not isinstance(left, n.Name | n.Scripted | n.Tuple | n.Product):
        return frozenset()
    return letters_of(*(key_of(name.base if isinstance(name, n.Scripted) else name) for name in names_in(left)))


def _letters(items: Sequence[Item]) -> frozenset[str]:
    """The letters of all names in statements."""
    parts = (part for item in items if isinstance(item, Statement) for member in item.members for part in walk(member))
    return letters_of(*(part.text for part in parts if isinstance(part, n.Name)))
