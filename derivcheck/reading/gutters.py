r"""Wide spaces and column signs: whether ``\quad`` or ``&`` parts two statements, or only spaces one out."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from derivcheck.reading.brackets import depths, partners
from derivcheck.reading.lexer import Token
from derivcheck.reading.relations import is_arrow, is_operator, relations

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
        stops.append(k if levels[k] == 0 and _stops(token) else stops[-1])
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


def _stops(token: Token) -> bool:
    return token.kind in ("quad", "text", "row") or token.text in (",", ";") or is_arrow(token)
