r"""Prose between stretches of maths: where sentences end, and the words that lead to the next maths."""

from __future__ import annotations

import re
from typing import Literal

from derivcheck.reading.page import FILLER

Neighbour = Literal["nothing", "inline", "displayed"]

_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")
_SPACE = FILLER + " \t\r\n"

# A full stop, what may close behind it, then white space (looked ahead at, so that "a. b. c" gives both).
_FULL_STOP = re.compile(r"[.?!][)\]}\"'*_”’»]*(?=[\s~\x00]|$)|[。！？][）」』”’]*")
_WORD_BEFORE = re.compile(r"[A-Za-z.]*$")
_ABBREVIATIONS = frozenset(
    "eq eqs eqn eqns fig figs sec secs resp cf vs thm prop lem cor ch chap p pp ref refs viz approx ca wlog".split()  # noqa: SIM905
)
_ENDING_ABBREVIATIONS = frozenset({"etc", "al", "iid", "a.s", "a.e", "i.i.d"})
_LETTERS_AND_DOTS = re.compile(r"(?:[A-Za-z]\.)+[A-Za-z]$")

_REFERENCE = re.compile(
    r"\\(?:label|ref|eqref|[cC]ref|autoref|cite[a-z]*|[vh]space|index|tag|bibliography[a-z]*|input|include)\*?"
    r"\s*(?:\[[^\[\]]*\])?\s*\{[^{}]*\}"
)
_ENVIRONMENT_EDGE = re.compile(r"\\(?:begin|end)\s*\{[^{}]*\}")
_COMMAND = re.compile(r"\\[A-Za-z]+\*?(?:\[[^\[\]]*\])?|\\.", re.DOTALL)
_LINK = re.compile(r"!?\[([^\[\]]*)\](?:\([^()]*\)|\[[^\[\]]*\])")
_FOOTNOTE = re.compile(r"\[\^[^\[\]]*\]")
_TAG = re.compile(r"<[A-Za-z/][^<>]*>")
_ATTRIBUTES = re.compile(r"\{[#.][^{}]*\}")
_EDGE_UNDERSCORE = re.compile(r"(?<!\w)_+|_+(?!\w)")
_EDGES = " ,;:.!?()[]\"'“”‘’–—-"


def strip_markup(prose: str) -> str:
    """The words of a piece of prose, without the marks of Markdown and TeX, white space folded."""
    prose = prose.replace(FILLER, "")
    if "\\" in prose:
        prose = _REFERENCE.sub(" ", prose)
        prose = _ENVIRONMENT_EDGE.sub(" ", prose)
        prose = _COMMAND.sub(" ", prose)
    if "[" in prose:
        prose = _LINK.sub(r"\1", _FOOTNOTE.sub("", prose))
    if "<" in prose:
        prose = _TAG.sub(" ", prose)
    if "_" in prose:
        prose = _EDGE_UNDERSCORE.sub("", prose)
    prose = prose.replace("~~", "").replace("~", " ")
    return " ".join(prose.translate(_DROPPED).split())


_DROPPED = str.maketrans({"*": "", "`": "", "{": "", "}": "", "|": " ", "$": "", "#": " "})


def lead(prose: str) -> str:
    """The words as the next stage wants them: lower case, no punctuation at the edges."""
    return strip_markup(prose).strip(_EDGES).lower()


def current_sentence(prose: str, before: Neighbour, after: Neighbour) -> tuple[bool, str]:
    """Whether a sentence ends in a piece of prose between two neighbours, and what stands behind the last end.

    A blank line ends a sentence too, unless it only sets off a display that the sentence goes through.
    """
    prose = _ATTRIBUTES.sub(lambda match: FILLER * len(match.group()), prose)
    cut = max(_last_full_stop(prose, after), _last_paragraph(prose, before, after))
    return (True, prose[cut:]) if cut >= 0 else (False, prose)


def _last_full_stop(prose: str, after: Neighbour) -> int:
    cut = -1
    for match in _FULL_STOP.finditer(prose):
        if match.end() == len(prose) and after == "inline":
            continue  # "w.r.t.$x$"
        word = _WORD_BEFORE.search(prose, max(0, match.start() - 20), match.start())
        if match.group()[0] == "." and word and _is_abbreviation(word.group(), prose[match.end() : match.end() + 20]):
            continue
        cut = match.end()
    return cut


def _is_abbreviation(word: str, behind: str) -> bool:
    if word.endswith("."):  # an ellipsis: the sentence goes on unless a new one begins
        return not behind.strip(_SPACE)[:1].isupper()
    small = word.lower().lstrip(".")
    if small in _ENDING_ABBREVIATIONS:
        return not behind.strip(_SPACE)[:1].isupper()
    return small in _ABBREVIATIONS or _LETTERS_AND_DOTS.match(small) is not None


def _last_paragraph(prose: str, before: Neighbour, after: Neighbour) -> int:
    """Behind the last line break that ends a sentence, or -1."""
    body = prose.strip(_SPACE)
    if not body:
        ends = _BLANK_LINE.search(prose) is not None and after != "displayed"
        return len(prose) if ends else -1
    start = prose.index(body)
    end = start + len(body)
    if _BLANK_LINE.search(prose, end) and after != "displayed":
        return len(prose)
    cut = -1
    for match in _BLANK_LINE.finditer(body):
        cut = start + match.end()
    if cut >= 0:
        return cut
    blank_before = _BLANK_LINE.search(prose, 0, start) is not None
    if before == "displayed":
        return start if _begins_sentence(body) else -1
    return start if blank_before else -1


def _begins_sentence(body: str) -> bool:
    """Whether the words behind a display begin a sentence of their own: they start with a capital or a figure."""
    first = strip_markup(body[:200]).lstrip("([\"'“‘")[:1]
    return first.isupper() or first.isdigit()


# What may follow the full stop at the end of a display without being part of its maths.
_TRAILING = re.compile(
    r"(?:\\[,;:! \\]|\\q?quad|\\(?:nonumber|notag|qed|qedhere)"
    r"|\\(?:label|tag\*?)\{[^{}]*\}|\\end\{[a-z]+\*?\}|[}\s\x00])$"
)
_SIZED_DOT = re.compile(r"\\(?:left|right|middle|[bB]igg?[lrm]?)\s*\.$")


def ends_sentence(maths: str) -> bool:
    r"""Whether a stretch of maths ends with a full stop (not the ``.`` of ``\right.`` or of dots)."""
    tail = maths[-300:]
    while match := _TRAILING.search(tail):
        tail = tail[: match.start()]
    return tail.endswith(".") and not tail.endswith("..") and not _SIZED_DOT.search(tail)
