"""The words near a statement: what each of the few windows shows, and where a sentence ends."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Final

from derivcheck.reading import phrases
from derivcheck.reading.items import Statement
from derivcheck.source import Span

REACH: Final = 160
"""So many characters behind a statement may speak of it."""
PARAGRAPH: Final = 240
"""So many characters before a displayed line may speak of it."""
_PARTS: Final = re.compile(r"([$.;:]|\\[(\[]|\n\s*\n)")
_MATHS_ENDS: Final = re.compile(r"[^$]*?(?:\$+|\\[)\]])")
_ANEW: Final = re.compile(r"\s*(?:\$\$|\\\]|\\end\{\w+\*?\})*[.,;]?(?P<end>\s*?\n\s*\n\s*(?:\$\$|\\\[|\\begin|[A-Z]))")
"""A display ends, and another one or a sentence begins in a paragraph of its own."""
_SENTENCE_ENDS: Final = re.compile(r"\.(?:\s|$)|\n\s*\n")
_CLAUSE_ENDS: Final = re.compile(r"[.;]\s|\n\s*\n")
_PARAGRAPHS: Final = re.compile(r"\n\s*\n")
_DISPLAYS: Final = re.compile(r"\n\s*\n|\$\$")
_SIGNS: Final = re.compile(r"\\[\[\]()]|[$&*_{}]|\\begin|\\end")
_MATHS: Final = re.compile(r"\$|\\[\])]")
_SET: Final = re.compile(r"<!--.*?-->|\$\$.*?\$\$|\$[^$]*\$|\\\[.*?\\\]|\\\(.*?\\\)|\\(begin|end)\{\w+\*?\}", re.DOTALL)
_WORD: Final = re.compile(r"[^\W\d_]+")
_COUNTED: Final = re.compile(r"\$[^$\n]{1,20}\$-(?=[A-Za-z])")
"""Mathematics at the beginning of a word: "$1$-Lipschitz"."""
_SPACE: Final = re.compile(r"\s+")


def end_of_paragraph(span: Span, text: str) -> int:
    """Where the paragraph ends in which something stands."""
    found = _PARAGRAPHS.search(text, span.end)
    return len(text) if found is None else found.start()


def says_nothing_more(span: Span, text: str) -> bool:
    """Whether nothing in a stretch but its mathematics and what is read says what a name is."""
    line = text.find("\n", span.start) + 1 if text[span.start : span.start + 1] == "#" else span.start
    return all(map(phrases.NEUTRAL.fullmatch, _WORD.findall(_SET.sub(" ", text[line : span.end]).lower())))


def stands_as(span: Span, text: str) -> str:
    """Whether a statement is "concluded" by the words right before it, "bare" as a display without any, or neither."""
    before = text[: span.start].rstrip()
    displayed = before.endswith(("$$", "\\["))
    words = _SET.sub("|", f"{before.removesuffix('$$').removesuffix('$').removesuffix(chr(92) + '[')}").lower()
    last = words.rpartition("|")[2]
    if phrases.CONCLUDING.search(last):
        return "concluded"
    return "bare" if displayed and not last.strip(" .,:;\n") else ""


def behind(item: Statement, text: str) -> str:
    """The words behind a statement, up to the next mathematics or the end of the sentence, in lower case.

    "… and a one-hot vector $v$": the last words are those of what stands behind them. Of "let $V \\in …$ with $k < n$
    have orthonormal columns" the V is described.
    """
    near = _COUNTED.sub("", text[item.span.end : item.span.end + REACH].lstrip("$ )\\]"))
    words, *rest = _PARTS.split(phrases.CONDITION_WITHIN.pattern.sub("", near, count=1), maxsplit=1)
    if rest and (rest[0] == "$" or rest[0].startswith("\\")):
        words = phrases.NEXT_ONE.pattern.split(words, maxsplit=1)[0]
    return words.lower()


def behind_maths(span: Span, text: str) -> str:
    """The words behind the mathematics in which a name stands, up to the next or the end of the sentence."""
    rest = text[span.end : span.end + REACH]
    ends = _MATHS_ENDS.match(rest)
    return _PARTS.split(rest if ends is None else rest[ends.end() :], maxsplit=1)[0].lower()


def right_behind(span: Span, text: str) -> str:
    """What stands right behind a name, without the signs at the end of its mathematics.

    Of "the energy of a mass $m$ is $$ … $$" nothing: that is said of the energy.
    """
    behind = text[span.end : span.end + REACH].lstrip("$ )\\]\n\t")
    # Words go on in the next line, and not over an empty one.
    behind = re.sub(r"(?<!\n)[ \t]*\n[ \t]*(?!\s*\n)", " ", behind)
    return "" if phrases.LEADS_TO_DISPLAY.match(behind) else behind


def before(item: Statement, text: str) -> str:
    """The words in front of a statement, without what is said there of the mathematics before it.

    "$S$ be symmetric, $Q$ …" says nothing of $Q$, "$S$ be symmetric and the orthogonal $Q$ …" that it is orthogonal.
    """
    *earlier, words = _MATHS.split(text[max(0, item.span.start - 200) : item.span.start].rstrip("$ \\(["))
    if not earlier or not phrases.SAID_OF_ONE_BEFORE.match(words):
        return item.lead
    if phrases.JOINT_LAST.search(words):
        return ""
    found = [*phrases.ANOTHER.every(words)] or [*phrases.JOINT.every(words)]
    return words[found[-1].end() :] if found else item.lead


def around(item: Statement, text: str) -> str:
    """The words in front of a statement and behind it that are said of it."""
    return f"{before(item, text)} {behind(item, text)}".lower()


def clause(mine: Sequence[Statement], text: str) -> str:
    """The words of the statements of a sentence and behind the last one, up to a full stop or semicolon."""
    tail = _CLAUSE_ENDS.split(text[mine[-1].span.end :], maxsplit=1)[0]
    return " ".join([*(one.lead for one in mine), tail]).lower()


def sentence(mine: Sequence[Statement], text: str, mark: Callable[[int], str] = "<{}>".format) -> str:
    """The words of a sentence, with a mark in the place of each statement."""
    tail = _SENTENCE_ENDS.split(text[mine[-1].span.end :].lstrip("$ \n"), maxsplit=1)[0]
    words = "".join(f"{each.lead} {mark(k)} " for k, each in enumerate(mine)) + tail
    return _SPACE.sub(" ", words.lower())


def stretches(mine: Sequence[Statement], text: str) -> Iterator[tuple[Sequence[Statement], str]]:
    """The statements of a sentence up to each display behind which a paragraph begins, with the text up to there."""
    first = 0
    for place, one in enumerate(mine, 1):
        anew = _ANEW.match(text, one.span.end) if one.displayed else None
        if anew is not None or place == len(mine):
            yield mine[first:place], text if anew is None else text[: anew.start("end")]
            first = place


def paragraph(span: Span, text: str) -> tuple[str, str]:
    """The words behind a displayed line, and those before it: words of another paragraph speak of another line."""
    before = _DISPLAYS.split(text[max(0, span.start - PARAGRAPH) : span.start].rstrip("$ \n"))[-1]
    return _PARAGRAPHS.split(text[span.end : span.end + REACH].lstrip("$ \n"))[0], before


def bare(words: str) -> str:
    """Words without the signs of mathematics and markup between them."""
    return " ".join(_SIGNS.sub(" ", words).lower().split())


@lru_cache(maxsize=8)
def around_multipliers(text: str) -> str:
    """What stands near the word, so that a long document is not searched for each of its names."""
    found = [place for place, _ in zip(phrases.MULTIPLIER.every(text), range(100), strict=False)]
    return " . ".join(text[max(0, place.start() - 200) : place.end() + 200] for place in found)
