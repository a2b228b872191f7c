"""Weaving marks and prose together: every stretch of maths gets its words and its sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from derivcheck.reading.cues import Said
from derivcheck.reading.gaps import gaps, is_empty
from derivcheck.reading.items import Directive, Heading, Notice, Unreadable
from derivcheck.reading.page import Break, Mark, Maths, Page
from derivcheck.reading.segments import Segment
from derivcheck.reading.sentences import Neighbour, current_sentence, ends_sentence, lead
from derivcheck.source import Span

Item = Segment | Directive | Heading | Notice | Unreadable


def without_clashes(marks: list[Mark]) -> list[Mark]:
    """Headings and breaks that turn out to stand inside maths are none; maths inside a heading is part of the title.

    A row ``=`` under a row of maths looks like an underlined heading in Markdown, a row ``- b`` like a list item.
    """
    kept: list[Mark | None] = []
    heading: tuple[int, int] | None = None  # where the last heading ends, and its place in the list
    maths_end = 0
    for mark in marks:
        match mark:
            case Maths(hidden=False) | Unreadable():
                outer = mark.outer if isinstance(mark, Maths) else mark.span
                if heading is not None and outer.start < heading[0]:
                    if outer.end <= heading[0] and not mark.displayed:
                        continue
                    kept[heading[1]], heading = None, None
                maths_end = max(maths_end, outer.end)
            case Heading(span=span):
                if span.start < maths_end:
                    continue
                heading = (span.end, len(kept))
            case Break(span=span) if span.start < maths_end:
                continue
        kept.append(mark)
    return [mark for mark in kept if mark is not None]


@dataclass(slots=True)
class _Thread:
    """Where the weaving stands: behind which maths, in which sentence."""

    position: int = 0
    before: Neighbour = "nothing"
    sentence: int = 0
    newest: int = 0
    argument: Span | None = None
    blocks: int = 0

    def new_block(self) -> int:
        self.blocks += 1
        return self.blocks - 1

    def new_sentence(self) -> int:
        self.newest += 1
        return self.newest


def weave(page: Page, marks: list[Mark]) -> Iterator[Item]:
    """The items of a page from its marks in order."""
    thread = _Thread()
    for mark in marks:
        match mark:
            case Maths(hidden=True):
                yield _hidden_segment(page, thread, mark)
            case Maths():
                holes = gaps(page, mark)
                if not is_empty(page, mark, holes):
                    yield _segment(page, thread, mark, holes)
            case Break(span=span) | Heading(span=span) | Unreadable(span=span):
                thread.sentence = thread.new_sentence()
                thread.before = "nothing"
                thread.position = max(thread.position, span.end)
        if not isinstance(mark, Maths | Break):
            yield mark


def _segment(page: Page, thread: _Thread, maths: Maths, holes: tuple[Span, ...]) -> Segment:
    here: Neighbour = "displayed" if maths.displayed else "inline"
    prose = page.painted[thread.position : maths.outer.start]
    ended, words = current_sentence(prose, thread.before, here)
    if ended:
        thread.sentence = thread.new_sentence()
    sentence = thread.sentence
    if ends_sentence(_without(page.text, maths.span, holes)):
        thread.sentence = thread.new_sentence()
    thread.before, thread.position = here, maths.outer.end
    place, block = Span(maths.outer.start - len(words), maths.outer.start), thread.new_block()
    words = Said(lead(words), place)
    return Segment(maths.span, maths.outer, maths.displayed, maths.environment, words, sentence, block, False, holes)


def _hidden_segment(page: Page, thread: _Thread, maths: Maths) -> Segment:
    """A ``let`` is a sentence of its own and leaves the one that it stands in alone."""
    if maths.argument != thread.argument:
        thread.new_sentence()
        thread.argument = maths.argument
    sentence = thread.newest
    holes = gaps(page, maths)
    block = thread.new_block()
    let = Said("let", Span(maths.outer.start, maths.outer.start))
    return Segment(maths.span, maths.outer, maths.displayed, maths.environment, let, sentence, block, True, holes)


def _without(text: str, span: Span, holes: tuple[Span, ...]) -> str:
    """The end of a stretch of maths without its gaps."""
    pieces: list[str] = []
    end = span.end
    for hole in reversed(holes):
        pieces.append(text[hole.end : end])
        end = hole.start
        if sum(map(len, pieces)) > 300:
            break
    else:
        pieces.append(text[span.start : end])
    return "".join(reversed(pieces))
