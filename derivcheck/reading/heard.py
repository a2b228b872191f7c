"""Which words of a document were heard, and what each tells: for a reader who asks why a line was read so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from derivcheck.reading.items import Item, Kind, Statement
from derivcheck.reading.phrases import AS_FUNCTION, FREE_OF, TABLE, Window
from derivcheck.reading.windows import around, paragraph, sentence
from derivcheck.source import Source, Span

Words = tuple[str, str]
"""Words as they stand in the document, and what they tell."""
HOW: Final[dict[Kind, str]] = {
    "let": "declares, sets or assumes what follows",
    "call": "gives a name",
    "assume": "asks what follows of the inputs",
    "where": "explains names",
    "if": "makes a condition of what follows",
    "for": "begins a range or a condition",
    "in each case": "concludes for every case",
    "in that case": "concludes for this case",
    "otherwise": "begins the remaining case",
    "follows": "makes a claim of what follows",
    "since": "gives a reason, which is a claim",
    "example": "gives an example, which binds nothing outside of its sentence",
    "not": "denies what follows, so that nothing is claimed",
    "label": "names a case",
    "question": "asks, so that nothing is claimed",
}
_ABOUT: Final = {FREE_OF: "const", AS_FUNCTION: "\\propto"}
"""What a line holds of which words of its paragraph speak."""


def heard(items: Sequence[Item], text: str) -> dict[Span, tuple[Words, ...]]:
    """For every statement the words that tell what it is, and what else they say of it."""
    statements = [item for item in items if isinstance(item, Statement) and not item.hidden]
    sentences: dict[int, list[Statement]] = {}
    for item in statements:
        sentences.setdefault(item.sentence, []).append(item)
    said = {number: tuple(_phrases("sentence", sentence(mine, text))) for number, mine in sentences.items()}
    return {item.span: (*_of(item, text), *said[item.sentence]) for item in statements}


def heard_of_all(source: Source) -> tuple[Words, ...]:
    """The words that tell something of the whole document, with the line on which they stand first."""
    found = ((phrase, phrase.search(source.text)) for phrase in TABLE if phrase.window == "document")
    return tuple(
        (match[0], f"{phrase.tells} ({source.position(match.start()).place.words})") for phrase, match in found if match
    )


def _of(item: Statement, text: str) -> Iterator[Words]:
    if item.cue is not None and item.cue not in item.cues and item.cue.words:
        yield item.cue.words, f"said further in front: {HOW[item.cue.kind]}"
    for cue in item.cues:
        over = item.cue is not None and (cue.kind, cue.span) != (item.cue.kind, item.cue.span)
        yield cue.words, "gives way to what is said behind it" if over else HOW[cue.kind]
    if item.behind is not None:
        yield item.behind.words, f"said behind: {HOW[item.behind.kind]}"
    yield from _phrases("near", around(item, text))
    written = text[item.span.start : item.span.end]
    for words in paragraph(item.span, text) if item.displayed else ():
        for phrase, about in _ABOUT.items():
            if about in written and (match := phrase.search(words)):
                yield match[0], phrase.tells


def _phrases(window: Window, words: str) -> Iterator[Words]:
    for phrase in TABLE:
        match = phrase.search(words) if phrase.window == window else None
        if match and match[0].strip():
            yield " ".join(match[0].split()), phrase.tells
