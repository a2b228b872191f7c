"""Text on a terminal: how many cells it takes, what may be shown, where it is cut and wrapped."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

TAB = "    "
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@lru_cache(maxsize=4096)
def width_of(character: str) -> int:
    """The cells of one character: 0 for combining marks and joiners, 2 for wide ones, else 1."""
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cells(text: str) -> int:
    """The cells that a text takes on a terminal."""
    return sum(map(width_of, text))


def shown(character: str) -> str:
    """A character of a document as it may go to a terminal.

    A document is data: its escape sequences and direction marks must not reach the reader's terminal.
    """
    if character == "\t":
        return TAB
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F or 0x80 <= code < 0xA0 or character in _BIDI or character in "\u2028\u2029\ufeff":
        return "\ufffd" if code != 0x7F else "\u2421"
    return "\ufffd" if 0xD800 <= code < 0xE000 else character


def safe(text: str) -> str:
    """A text of one line without anything that steers a terminal; line ends become spaces."""
    return "".join(map(shown, re.sub(r"\s*[\r\n]+\s*", " ", text)))


def safe_lines(text: str) -> list[str]:
    """The lines of a text (a picture), each made safe."""
    return [safe(line) for line in text.splitlines()]


def shorten(text: str, room: int) -> str:
    """``text`` in at most ``room`` cells, its end given up for an ellipsis if it has to be."""
    if cells(text) <= room:
        return text
    kept, used = [], 0
    for character in text:
        used += width_of(character)
        if used > room - 1:
            break
        kept.append(character)
    return "".join(kept).rstrip() + "…"


def pad(text: str, room: int) -> str:
    """``text`` with spaces behind it up to ``room`` cells."""
    return text + " " * max(0, room - cells(text))


def wrap(text: str, room: int) -> list[str]:
    """``text`` in lines of at most ``room`` cells, broken at spaces; a longer word stands out rather than being cut."""
    lines, current = [], ""
    for gap, word in re.findall(r"(\s*)(\S+)", text):
        if current and cells(current) + cells(gap) + cells(word) > room:
            lines.append(current)
            current = word
        else:
            current += gap + word
    return [*lines, current] if current or not lines else lines
