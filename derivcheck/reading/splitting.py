r"""From a row to its phrases: what stands between top-level commas, words, arrows and wide spaces."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from derivcheck.reading.cues import Said
from derivcheck.reading.items import Relation
from derivcheck.reading.lexer import Token
from derivcheck.reading.relations import (
    depths,
    folded,
    is_arrow,
    is_operator,
    is_prose,
    is_script,
    partners,
    relations,
    spoken,
)
from derivcheck.source import Span

_QUANTIFIERS = ("for all", "for every", "for each", "there is", "for any")
DOTS = frozenset({r"\dots", r"\ldots", r"\cdots", r"\dotsc", r"\dotsb", r"\dotsm", "…", "⋯", "...", r"\dotso"})


@dataclass(frozen=True, slots=True)
class Phrase:
    """Some tokens between separators, never empty, and what stood before them.

    ``parts`` are the tokens of each member (the first may be empty: the phrase begins with a relation), ``column``
    counts the ``&`` before the first relation, ``listed`` is true behind a comma or "and" without a wide space.
    """

    tokens: tuple[Token, ...]
    parts: tuple[tuple[Token, ...], ...]
    relations: tuple[Relation, ...]
    words: tuple[str, ...] = ()
    implied: bool = False
    listed: bool = False
    column: int = 0

    @property
    def span(self) -> Span:
        """From the first token to the last."""
        return self.tokens[0].span | self.tokens[-1].span

    @property
    def is_dots(self) -> bool:
        r"""Whether it is ``\dots`` alone."""
        return all(token.text in DOTS or token.text == "." for token in self.tokens)


@dataclass
class _Cutter:
    """The walk over a row: the phrases so far, the tokens of the one that is open, and what stood before it."""

    phrases: list[Phrase] = field(default_factory=list)
    open: list[Token] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    implied: bool = False
    commas: int = 0
    wide: bool = False
    columns: int = 0
    quantified: bool = False
    start: int = 0

    def cut(self, k: int) -> None:
        """Close the open phrase, if there is one; the next begins behind ``k``."""
        self.start = k + 1
        tokens = [token for token in _trimmed(self.open) if token.kind != "quad"]
        inside = claim_in_brackets(tokens)
        if inside is not None:
            # ``(i = 1, \\dots, N)``: the brackets only say that it is said by the way.
            first, *more = phrases(inside).phrases
            first = replace(first, words=(*self.words, *first.words), implied=self.implied or first.implied)
            self.phrases += [first, *more]
            self.words, self.implied, self.commas, self.wide = [], False, 0, False
        elif tokens:
            leading = next(k for k, token in enumerate(self.open) if token is tokens[0])
            phrase = _phrase(tokens, self.columns + sum(token.text == "&" for token in self.open[:leading]))
            listed = bool(self.commas) and not self.wide and set(self.words) <= {"and", "or"}
            self.phrases.append(
                replace(phrase, words=tuple(self.words), implied=self.implied, listed=listed and bool(self.phrases))
            )
            self.words, self.implied, self.commas, self.wide = [], False, 0, False
        self.columns += sum(token.text == "&" for token in self.open)
        self.open = []


@dataclass(frozen=True, slots=True)
class Phrases:
    """The phrases of a row, and the words and the arrow that stand behind the last of them."""

    phrases: tuple[Phrase, ...]
    words: tuple[str, ...]
    implied: bool


def phrases(row: Sequence[Token]) -> Phrases:
    """Cut a row at its separators."""
    cutter = _Cutter()
    levels, spaces = depths(row), gutters(row)
    for k, token in enumerate(row):
        if levels[k]:
            cutter.open.append(token)
        elif is_arrow(token):
            cutter.cut(k)
            cutter.implied = True
        elif (words := spoken(token)) is not None or (token.kind == "text" and is_prose(row, k)):
            cutter.cut(k)
            said = words if words is not None else folded(token.text)
            cutter.commas += said in ("and", "or", "")
            cutter.words += [Said(said, token.span)] if said else []
            cutter.quantified = said.endswith(_QUANTIFIERS)
        elif cutter.quantified and token.text in (":", r"\colon") and cutter.open:
            # In "for all x in R: f(x) = 1" the colon is no relation.
            cutter.cut(k)
            cutter.quantified = False
        elif token.kind == "sign" and token.text in (",", ";") and not is_script(row, k):
            cutter.cut(k)
            cutter.commas += 1
        elif token.text == "&" and spaces.parts_column(cutter.start, k):
            cutter.cut(k)
            cutter.columns += 1
        elif token.kind == "quad":
            if spaces.solid_before[k] < cutter.start:
                cutter.wide = True
            elif spaces.parts_space(cutter.start, k):
                cutter.cut(k)
                cutter.wide = True
        else:
            cutter.open.append(token)
    cutter.cut(len(row))
    return Phrases(tuple(cutter.phrases), tuple(cutter.words), cutter.implied)


def _trimmed(tokens: Sequence[Token]) -> list[Token]:
    """Without ``&`` at the start, nor punctuation and ``&`` at the end; nothing if no more is there."""
    start, end = 0, len(tokens)
    while end > start and tokens[end - 1].kind == "sign" and tokens[end - 1].text in ("&", ".", ",", ";"):
        if tokens[end - 1].text == "." and end - 2 >= start and tokens[end - 2].text == ".":
            break
        end -= 1
    while start < end and tokens[start].text == "&":
        start += 1
    return list(tokens[start:end])


def _phrase(tokens: list[Token], columns: int) -> Phrase:
    found = relations(tokens)
    parts: list[tuple[Token, ...]] = []
    start = 0
    for _, begin, behind in found:
        parts.append(_mathematics(tokens[start:begin]))
        start = behind
    parts.append(_mathematics(tokens[start:]))
    before = tokens[: found[0][1]] if found else []
    column = columns + sum(token.text == "&" for token in before)
    return Phrase(tuple(tokens), tuple(parts), tuple(relation for relation, _, _ in found), column=column)


def _mathematics(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """Without the ``&`` that align rows; those of a matrix stay."""
    if not any(token.text == "&" for token in tokens):
        return tuple(tokens)
    result = []
    environments = 0
    for token in tokens:
        environments += (token.kind == "env-begin") - (token.kind == "env-end")
        if environments or token.text != "&":
            result.append(token)
    return tuple(result)


_PUNCTUATION = frozenset({"&", ".", ",", ";"})


@dataclass(frozen=True, slots=True)
class Gutters:
    """What must be known of a row to answer in one step at each space.

    ``claims`` and ``behind`` are where its relations begin and end; ``solid_after[k]`` is the first token from ``k``
    on, and ``solid_before[k]`` the last before it, that is more than spacing; ``stop_after[k]`` is the first separator.
    """

    row: Sequence[Token]
    pairs: dict[int, int]
    claims: list[int]
    behind: list[int]
    solid_after: list[int]
    solid_before: list[int]
    stop_after: list[int]

    def parts_space(self, start: int, k: int) -> bool:
        """Whether the space at ``k`` parts two statements: there is a claim on both sides of it."""
        return self._claimed(start, k) and self._claims(k + 1)

    def parts_column(self, start: int, k: int) -> bool:
        """Whether ``&`` does: in ``a &= b & c &= d``, and below it in ``&= e & &= f``."""
        if not self._claimed(start, k):
            return False
        following = k + 1
        while following < len(self.row) and self.row[following].kind == "quad":
            following += 1
        if following == len(self.row) or is_operator(self.row[following]):
            return False
        return self.row[following].text == "&" or self._claims(k + 1)

    def _claimed(self, start: int, k: int) -> bool:
        """Whether a claim that has its right side stands between the two places."""
        last = self.solid_before[k]
        place = bisect_left(self.claims, k) - 1
        if place < 0 or self.claims[place] < start or is_operator(self.row[last]):
            return False
        return self.behind[place] <= last

    def _claims(self, start: int) -> bool:
        """Whether a claim with its left side, or one in brackets, stands behind a place, before the next separator."""
        first, stop = self.solid_after[start], self.stop_after[start]
        while stop < first:
            if self.row[stop].kind != "quad":
                return False
            stop = self.stop_after[stop + 1]
        place = bisect_left(self.claims, start)
        if place < len(self.claims) and self.claims[place] < stop:
            return self.claims[place] > first
        last = self.solid_before[stop]
        return first < stop and self.pairs.get(first) == last and bool(claim_in_brackets(self.row[first : last + 1]))


def gutters(row: Sequence[Token]) -> Gutters:
    """Look a row over once."""
    levels, found = depths(row), relations(row)
    before = [-1]
    for k, token in enumerate(row):
        before.append(before[-1] if token.kind == "quad" or token.text in _PUNCTUATION else k)
    after, stops = [len(row)], [len(row)]
    for k in range(len(row) - 1, -1, -1):
        token = row[k]
        after.append(after[-1] if token.kind == "quad" or token.text == "&" else k)
        stop = token.kind in ("quad", "text", "row") or token.text in (",", ";") or is_arrow(token)
        stops.append(k if levels[k] == 0 and stop else stops[-1])
    begins, ends = [begin for _, begin, _ in found], [behind for _, _, behind in found]
    return Gutters(row, partners(row), begins, ends, after[::-1], before, stops[::-1])


def claim_in_brackets(tokens: Sequence[Token]) -> list[Token] | None:
    r"""What stands in brackets around a whole phrase, if it is a claim: ``(i = 1, \dots, N)``."""
    if len(tokens) < 3 or tokens[0].kind != "open" or tokens[0].text not in ("(", "["):
        return None
    if partners(tokens).get(0) != len(tokens) - 1:
        return None
    inside = list(tokens[1:-1])
    return inside if relations(inside) else None
