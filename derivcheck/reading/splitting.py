r"""From a row to its phrases: what stands between top-level commas, words, arrows and wide spaces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from derivcheck.reading.brackets import depths
from derivcheck.reading.cues import Said
from derivcheck.reading.gutters import claim_in_brackets, gutters
from derivcheck.reading.items import Relation
from derivcheck.reading.lexer import Token
from derivcheck.reading.prose import folded, is_prose, spoken
from derivcheck.reading.relations import is_arrow, is_script, relations
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
