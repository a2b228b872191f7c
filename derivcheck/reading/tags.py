r"""Numbers of equations: ``\tag{1}``, ``\text{(1)}``, ``①``, a bare ``(1)`` behind a wide space, and ``\label{…}``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from derivcheck.reading.brackets import depths
from derivcheck.reading.lexer import Token

_CIRCLED = re.compile(r"[①-⑳⓪⓵-⓾❶-❿]")
_TEXT_TAG = re.compile(r"\s*\(\s*([\d*†‡]{1,3}|[ivx]{1,4}|\d{0,2}\.?\d{0,2}[a-z]?'*)\s*\)\s*")
_UNNUMBERED = frozenset({r"\notag", r"\nonumber"})


@dataclass(frozen=True, slots=True)
class Marked:
    """A row's tokens without its tag and label, and these."""

    tokens: list[Token]
    tag: str | None
    label: str | None


def marks(row: Sequence[Token]) -> Marked:
    """What numbers and names a row, taken off it."""
    tag = next((token.text for token in row if token.kind == "tag"), None)
    label = next((token.text for token in row if token.kind == "label"), None)
    rest = [token for token in row if token.kind not in ("tag", "label") and token.text not in _UNNUMBERED]
    if tag is None:
        tag, rest = _taken(rest)
    return Marked(rest, tag, label)


def _taken(row: list[Token]) -> tuple[str | None, list[Token]]:
    """A number at the row's start or end."""
    skipped = 0
    while skipped < len(row) and (row[skipped].kind == "quad" or row[skipped].text == "&"):
        skipped += 1
    front = _number(row[skipped:])
    if front is not None:
        return front[0], row[:skipped] + row[skipped + front[1] :]
    for length in (1, 3, 4):
        behind = row[-length:]
        found = _number(behind)
        if found is not None and found[1] == len(behind) < len(row):
            return found[0], row[:-length]
    return _bare(row)


def _number(tokens: Sequence[Token]) -> tuple[str, int] | None:
    """The number that these tokens begin with, and how many tokens it takes."""
    if not tokens:
        return None
    first = tokens[0]
    if _CIRCLED.fullmatch(first.text):
        return first.text, 1
    if first.kind == "text":
        if _CIRCLED.fullmatch(first.text.strip()):
            return first.text.strip(), 1
        match = _TEXT_TAG.fullmatch(first.text)
        return (match[1], 1) if match and match[1] else None
    if first.text == r"\textcircled":
        inside = [token for token in tokens[1:4] if token.kind not in ("begin", "end")]
        length = 4 if len(tokens) > 1 and tokens[1].kind == "begin" else 2
        if inside and len(tokens) >= length:
            return _circled(inside[0].text), length
    return None


def _circled(text: str) -> str:
    return chr(0x245F + int(text)) if text.isascii() and text.isdigit() and 1 <= int(text) <= 20 else text


def _bare(row: list[Token]) -> tuple[str | None, list[Token]]:
    """``(1)`` or ``(*)`` at the very end, behind a wide space; ``f \\quad (x)`` is none."""
    if len(row) < 5 or [token.kind for token in (row[-4], row[-3], row[-1])] != ["quad", "open", "close"]:
        return None, row
    if row[-2].kind != "number" and row[-2].text not in ("*", r"\ast", r"\star", r"\dagger"):
        return None, row
    return (row[-2].text, row[:-4]) if depths(row)[-4] == 0 else (None, row)
