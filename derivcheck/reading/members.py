r"""From phrases to drafts of statements: comma lists become one member, and members are read.

``x, b \in \mathbb{R}^D`` is one list with one relation, ``i = 1, \dots, N`` is a range;
``a = b, c = d`` are two claims.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from derivcheck.language.nodes import Given, Name, Node, Scripted, Symbol, Tuple
from derivcheck.reading.items import ParseError, Relation
from derivcheck.reading.lexer import Token
from derivcheck.reading.parser import parse
from derivcheck.reading.relations import depths, is_operator
from derivcheck.reading.splitting import DOTS, Phrase
from derivcheck.source import Span

_LISTING = frozenset({r"\in", r"\notin", ":", r"\sim"})
_FREE = frozenset({"sign", "command"})
_BOUNDING = frozenset({"<", ">", r"\le", r"\ge", r"\ne", r"\succ", r"\succeq", r"\prec", r"\preceq", r"\subset"})


Member = tuple[tuple[Token, ...], ...]
"""The tokens of one side: one part, or the parts of a comma list."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement whose members are not read yet; one that ``continues`` has a relation before its first member.

    ``comma`` is one that stands between two digits without a space: a list, or a decimal point in many countries.
    """

    members: tuple[Member, ...]
    relations: tuple[Relation, ...]
    span: Span
    words: tuple[str, ...] = ()
    implied: bool = False
    continues: bool = False
    column: int = 0
    comma: Span | None = None


def drafts(phrases: Sequence[Phrase]) -> list[Draft]:
    """The statements of a row, in order."""
    found: list[Draft] = []
    k = 0
    while k < len(phrases):
        end, heads = _run(phrases, k)
        head = phrases[end] if end < len(phrases) else None
        reach = _range(phrases, end) if head is not None else 0
        joined = head is not None and heads and _lists(phrases[end - heads : end], head, bool(reach))
        alone = end - heads if joined else end
        found += [_draft(phrase) for phrase in phrases[k:alone]]
        if head is not None:
            found.append(_draft(head, phrases[alone:end], phrases[end + 1 : end + 1 + reach]))
        k = end + 1 + reach
        if head is not None:
            before = _comma(phrases[alone - 1], phrases[alone]) if alone else None
            behind = _comma(phrases[k - 1], phrases[k]) if k < len(phrases) else None
            found[-1] = replace(found[-1], comma=before or behind)
    return found


def _comma(left: Phrase, right: Phrase) -> Span | None:
    """The comma between two phrases if it may be a decimal point."""
    last, first = left.tokens[-1], right.tokens[0]
    tight = right.listed and first.span.start == last.span.end + 1
    return Span(last.span.end, first.span.start) if tight and last.kind == first.kind == "number" else None


def read_member(member: Member, place: Span) -> Node:
    """The expression of a member; a list is a ``Tuple``. ``place`` is blamed if nothing is there."""
    for k, part in enumerate(member):
        bar = _given(part)
        if bar is not None:
            left = _list((*member[:k], part[:bar]), part[bar].span)
            right = _list((part[bar + 1 :], *member[k + 1 :]), part[bar].span)
            return Given(left, right, span=left.span | right.span)
    return _list(_inline_range(member), place)


def _run(phrases: Sequence[Phrase], k: int) -> tuple[int, int]:
    """The first phrase from ``k`` on that holds a relation, and how many phrases make a list directly before it."""
    end = k
    while end < len(phrases) and not phrases[end].relations:
        end += 1
    heads = 0
    if end < len(phrases):
        while end - heads > k and phrases[end - heads].listed:
            heads += 1
    return end, heads


def _lists(heads: Sequence[Phrase], phrase: Phrase, ranges: bool) -> bool:
    """Whether the phrases before a relation are its subjects too."""
    sign = phrase.relations[0].sign
    parts = [*(head.tokens for head in heads), phrase.parts[0]]
    if not all(parts):
        return False
    if sign in _LISTING:
        return not any(_is_sum(part) for part in parts)
    return (ranges or sign in _BOUNDING) and all(_is_dots(part) or _is_name(part) for part in parts)


def _range(phrases: Sequence[Phrase], k: int) -> int:
    r"""How many phrases behind this one belong to its last member: ``i = 1, \dots, N`` and ``k = 0, 1``."""
    phrase = phrases[k]
    if phrase.relations[-1].sign not in ("=", r"\in") or not phrase.parts[-1] or not phrase.parts[0]:
        return 0
    end = k + 1
    while end < len(phrases) and phrases[end].listed and not phrases[end].relations and not phrases[end].words:
        end += 1
    more = phrases[k + 1 : end]
    for place, item in enumerate(more):
        if item.is_dots:
            return min(place + 2, len(more))
        if item.tokens[0].text in DOTS:
            return place + 1
    numbers = [phrase.parts[-1], *(item.tokens for item in more)]
    plain = all(len(part) == 1 and part[0].kind == "number" for part in numbers)
    return len(more) if plain and _is_name(phrase.parts[0]) else 0


def _draft(phrase: Phrase, heads: Sequence[Phrase] = (), tails: Sequence[Phrase] = ()) -> Draft:
    members: list[Member] = [(part,) for part in phrase.parts]
    continues = bool(phrase.relations) and not phrase.parts[0]
    if continues:
        members = members[1:]
    if heads:
        members[0] = (*(head.tokens for head in heads), *members[0])
    if tails:
        members[-1] = (*members[-1], *(part for tail in tails for part in _behind_dots(tail.tokens)))
    first = heads[0] if heads else phrase
    last = tails[-1] if tails else phrase
    return Draft(
        tuple(members), phrase.relations, first.span | last.span, words=first.words, implied=first.implied,
        continues=continues, column=phrase.column,
    )  # fmt: skip


def _behind_dots(tokens: tuple[Token, ...]) -> Member:
    r"""``\ldots 7`` as the two parts that it is where a comma is forgotten."""
    return (
        (tokens[:1], tokens[1:]) if len(tokens) > 1 and tokens[0].text in DOTS and not _is_dots(tokens) else (tokens,)
    )


def _list(parts: Sequence[Sequence[Token]], place: Span) -> Node:
    items = [_one(part, place) for part in parts]
    if len(items) == 1:
        return items[0]
    return Tuple(tuple(items), (",",) * (len(items) - 1), span=items[0].span | items[-1].span)


def _one(tokens: Sequence[Token], place: Span) -> Node:
    if not tokens:
        raise ParseError("something is missing here", place)
    if _is_dots(tokens):
        return Symbol(r"\dots", span=tokens[0].span | tokens[-1].span)
    return parse(list(tokens))


def _given(tokens: Sequence[Token]) -> int | None:
    r"""The index of ``\mid`` (or of the one bar) outside all brackets."""
    levels = depths(tokens)
    bars = (r"\mid", "|")
    mids = [k for k, token in enumerate(tokens) if levels[k] == 0 and token.text in bars and token.kind in _FREE]
    if len(mids) == 1 and 0 < mids[0] < len(tokens) - 1:
        return mids[0]
    return next((k for k in mids if tokens[k].text == r"\mid" and 0 < k < len(tokens) - 1), None)


def _inline_range(parts: Sequence[tuple[Token, ...]]) -> Sequence[tuple[Token, ...]]:
    r"""``1 \dots N`` without commas is a range too; in ``a + \dots + b`` the dots are a term."""
    if len(parts) != 1:
        return parts
    tokens = parts[0]
    places = [k for k, token in enumerate(tokens) if _is_dots((token,)) and token.text != r"\cdots"]
    if len(places) != 1 or not 0 < places[0] < len(tokens) - 1 or tokens[0].kind != "number":
        return parts
    k = places[0]
    if k != 1 or is_operator(tokens[k + 1]):
        return parts
    return (tokens[:k], tokens[k : k + 1], tokens[k + 1 :])


def _is_dots(tokens: Sequence[Token]) -> bool:
    return bool(tokens) and all(token.text in DOTS for token in tokens)


def _is_sum(tokens: Sequence[Token]) -> bool:
    levels = depths(tokens)
    return any(not level and is_operator(token) for token, level in zip(tokens, levels, strict=True)) and not any(
        token.text in ("^", "_") for token in tokens
    )


def _is_name(tokens: Sequence[Token]) -> bool:
    try:
        node = parse(list(tokens))
    except (ParseError, RecursionError):
        return False
    return isinstance(node.base if isinstance(node, Scripted) else node, Name)
