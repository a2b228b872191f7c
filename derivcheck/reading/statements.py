r"""Reading: from the stretches of maths in a document to its statements, in document order.

A segment is cut into rows, a row into phrases, a phrase into members; a phrase that begins with a relation goes on
with a statement before it. What cannot be read is one ``Unreadable``; everything around it survives.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice

from derivcheck.language.nodes import Node
from derivcheck.reading.cues import cue_behind, cues_in, governed
from derivcheck.reading.expansion import USUAL
from derivcheck.reading.items import Directive, Item, Macro, ParseError, Relation, Scan, Segment, Statement, Unreadable
from derivcheck.reading.lexer import Token, tokenize
from derivcheck.reading.maths import MOST_PIECES
from derivcheck.reading.members import Draft, drafts, read_member
from derivcheck.reading.relations import lonely, relations
from derivcheck.reading.rows import Row, rows
from derivcheck.reading.splitting import phrases
from derivcheck.reading.vocabulary import ARROWS, ENTRYWISE_SIGNS, PRODUCT_SIGNS, RELATIONS, SUM_SIGNS
from derivcheck.source import Source, Span

_ROW_END = re.compile(r"\\\\")
# Words that make a statement a condition of the one before it, so that the next row does not go on with it.
_SIDE = frozenset({"where", "with", "if", "for", "when", "whenever", "since", "because", "as", "unless", "while"})
_EQUALITIES = frozenset({"=", ":=", r"\approx", r"\propto", r"\equiv", r"\leftarrow"})
_LONGEST_REFERENCE = 30
_REFERENCE = re.compile(
    r"(?:[A-Za-z]{0,9}(?:\\quad|\\qquad)?(?:[Ee]q|[Ee]quation|[Ff]ig|[Ff]igure|[Ss]ec|[Tt]ab)s?\.?)(?:\\quad|\\qquad)?\(?\d+(?:\.\d+)*[a-z]?\)?"
    r"|\d+(?:\.\d+){2,}"
)
_TOO_DEEP = "this is nested too deeply to be read"
MOST_MATHS = 400_000
"""Characters of maths in one document; what stands behind them is not read, and said to be not read."""


@dataclass
class _Chain:
    """A statement that may still grow: rows below that begin with a relation go on with it.

    One that is not ``shown`` is the left side of a line that could not be read; it waits for such rows.
    """

    members: list[Node]
    relations: list[Relation]
    span: Span
    row: int
    column: int
    words: tuple[str, ...]
    implied: bool
    continues: bool
    shown: bool = True
    tag: str | None = None
    label: str | None = None


@dataclass
class _Reading:
    """One segment's items so far, and what stands before the next statement."""

    chains: list[_Chain] = field(default_factory=list)
    troubles: list[Unreadable] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    implied: bool = False
    headless: bool = False
    breaks: Sequence[int] = ()


def read(source: Source, scan: Scan) -> tuple[Item, ...]:
    """Every item of a document in document order."""
    items: list[Item] = []
    directives = [item.span.start for item in scan.items if isinstance(item, Directive)]
    macros = {**USUAL, **scan.macros}
    left_over: list[str] = []
    sentence: int | None = None
    characters, given_up = 0, scan.given_up
    for item in islice(scan.items, 2 * MOST_PIECES):
        characters += item.span.end - item.span.start if isinstance(item, Segment) else 0
        if characters > MOST_MATHS:
            given_up = item.span.start
            break
        if not isinstance(item, Segment):
            items.append(item)
            continue
        words = left_over if item.sentence == sentence else []
        inside = directives[bisect_left(directives, item.span.start) : bisect_left(directives, item.span.end)]
        found, left_over = _segment(source.text, item, macros, words, inside)
        sentence = item.sentence
        items.extend(found)
    else:
        given_up = scan.items[2 * MOST_PIECES].span.start if len(scan.items) > 2 * MOST_PIECES else given_up
    if given_up is not None:
        items.append(_rest(source, given_up))
    # A directive in a comment inside maths stands between the rows.
    return _with_cues(sorted(items, key=lambda item: item.span.start), source.text)


def _with_cues(items: list[Item], text: str) -> tuple[Item, ...]:
    """Every statement with the cue that governs it and the one behind it."""
    told = iter(governed([item for item in items if isinstance(item, Statement)]))
    ends = [*(item.span.start for item in items[1:]), len(text)]
    return tuple(
        replace(item, cue=next(told), behind=cue_behind(text, item.span.end, max(end, item.span.end)))
        if isinstance(item, Statement)
        else item
        for item, end in zip(items, ends, strict=False)
    )


def _rest(source: Source, start: int) -> Unreadable:
    """All that stands from here on, for a document that is too long for one check."""
    message = "this document holds more maths than is read at once: from here on nothing is read"
    return Unreadable(Span(start, len(source.text)), Span(start, start), message, "split the document", True)


def parse_statements(latex: str) -> tuple[Item, ...]:
    """The statements of one stretch of maths, as if it were displayed by itself."""
    span = Span(0, len(latex))
    segment = Segment(span, span, displayed=True, environment=None, lead="", sentence=0, block=0)
    return read(Source("", latex), Scan((segment,)))


def _segment(
    text: str, segment: Segment, macros: dict[str, Macro], words: Sequence[str], breaks: Sequence[int]
) -> tuple[list[Item], list[str]]:
    """The items of a segment in order, and the words behind the last of them."""
    reading = _Reading(words=[*words, *([segment.lead] if segment.lead else [])], breaks=breaks)
    for number, row in enumerate(_rows(text, segment, macros, reading)):
        try:
            _read_row(reading, row, number, segment)
        except RecursionError:
            _give_up(reading, _cover(row.tokens), ParseError(_TOO_DEEP, _cover(row.tokens)), segment)
        except Exception as error:
            span = _cover(row.tokens)
            reading.troubles.append(Unreadable(span, span, str(error), None, segment.displayed, error))
    statements = [_statement(chain, segment, text) for chain in reading.chains if chain.shown]
    found: list[Item] = sorted([*reading.troubles, *statements], key=lambda item: item.span.start)
    return found, reading.words


def _rows(text: str, segment: Segment, macros: dict[str, Macro], reading: _Reading) -> list[Row]:
    try:
        return rows(tokenize(text, segment.span, macros, segment.gaps))
    except (ParseError, RecursionError) as error:
        stretches = list(_stretches(text, segment))
        if len(stretches) == 1:
            _give_up(reading, segment.span, error, segment)
            return []
    # One row cannot even be cut into tokens: the others are read by themselves.
    found: list[Row] = []
    for stretch in stretches:
        gaps = tuple(gap for gap in segment.gaps if stretch.start <= gap.start and gap.end <= stretch.end)
        try:
            found += rows(tokenize(text, stretch, macros, gaps))
        except (ParseError, RecursionError) as error:
            _give_up(reading, stretch, error, segment)
    return found


def _stretches(text: str, segment: Segment) -> Iterable[Span]:
    start = segment.span.start
    for match in _ROW_END.finditer(text, segment.span.start, segment.span.end):
        if not any(match.start() in gap for gap in segment.gaps):
            yield Span(start, match.start())
            start = match.end()
    yield Span(start, segment.span.end)


def _read_row(reading: _Reading, row: Row, number: int, segment: Segment) -> None:
    bracket = lonely(row.tokens)
    if bracket is not None:
        _forgotten(reading, row, bracket, number, segment)
        return
    if len(row.tokens) < 4 and all(_is_sign(token) for token in row.tokens):
        return  # The text speaks of the sign: "$\\odot$ is the product entry by entry".
    if len(row.tokens) < _LONGEST_REFERENCE and _REFERENCE.fullmatch("".join(token.text for token in row.tokens)):
        return  # "by $Eq. 1.2$" points to another place.
    cut = phrases(row.tokens)
    first: _Chain | None = None
    for draft in drafts(cut.phrases):
        chain = _read_draft(reading, draft, number, segment)
        first = first or chain
    if first is not None:
        first.tag, first.label = first.tag or row.tag, first.label or row.label
    reading.words += cut.words
    reading.implied = reading.implied or cut.implied


def _is_sign(token: Token) -> bool:
    """Whether it is only a sign that stands between things, or a bracket round one."""
    signs = {*ENTRYWISE_SIGNS, *PRODUCT_SIGNS, *SUM_SIGNS, *RELATIONS, *ARROWS} - {"=", ":"}
    return token.text in signs or token.kind in ("open", "close", "begin", "end", "quad")


def _read_draft(reading: _Reading, draft: Draft, row: int, segment: Segment) -> _Chain | None:
    """Read a draft's members into a new chain, or into the one it goes on with; gives that chain."""
    words, implied = (*reading.words, *draft.words), reading.implied or draft.implied
    reading.words, reading.implied = [], False
    # What goes on from a line that could not be read has no head: its own members are held against each other.
    target = _target(reading, draft, row) if draft.continues and not reading.headless else None
    kept: tuple[Draft, list[Node]] | None = None
    try:
        members = _members(draft)
    except (ParseError, RecursionError) as error:
        _give_up(reading, draft.span, error, segment)
        if draft.continues and target is not None:
            return target
        if (kept := _readable(draft)) is None:
            _keep_head(reading, draft, words, implied, row)
            return None
        (draft, members), target = kept, None
    if target is not None:
        target.members += members
        target.relations += draft.relations
        target.span |= draft.span
        target.row, target.shown = row, True
        return target
    chain = _Chain(members, list(draft.relations), draft.span, row, draft.column, words, implied, draft.continues)
    chain.shown = not (kept is not None and len(members) == 1)
    reading.chains.append(chain)
    reading.headless = False
    return chain


def _members(draft: Draft) -> list[Node]:
    if draft.comma is not None:
        message = "this comma may be a decimal point or part two statements"
        raise ParseError(message, draft.comma, "write `0.5` for the number, or a space behind the comma")
    nodes = []
    for k, member in enumerate(draft.members):
        # The sign before the member; the first of a statement that does not begin with one has only the sign behind.
        before = k if draft.continues else k - 1
        place = draft.relations[max(before, 0)].span if draft.relations else draft.span
        nodes.append(read_member(member, place))
    return nodes


def _readable(draft: Draft) -> tuple[Draft, list[Node]] | None:
    """The members of an equation that can be read, where one cannot: they, and rows below, are equal all the same."""
    gaps = draft.comma is not None or not all(any(parts) for parts in draft.members)
    if gaps or len(draft.members) < 2 or any(one.sign != "=" for one in draft.relations):
        return None
    read: list[tuple[Relation, Node]] = []
    signs = draft.relations if draft.continues else (draft.relations[0], *draft.relations)
    for relation, member in zip(signs, draft.members, strict=True):
        with suppress(ParseError, RecursionError):
            read.append((relation, read_member(member, draft.span)))
    # A head that is read waits for rows below by itself.
    headed = bool(read) and not draft.continues and read[0][1].span.start < draft.relations[0].span.start
    if len(read) < 1 + headed:
        return None
    found, members = zip(*read, strict=True)
    return replace(draft, continues=True, relations=found), list(members)


def _keep_head(reading: _Reading, draft: Draft, words: tuple[str, ...], implied: bool, row: int) -> None:
    """If only the left side of a line can be read, rows below may still go on from it."""
    reading.headless = True
    if not draft.relations:
        return
    try:
        head = read_member(draft.members[0], draft.span)
    except (ParseError, RecursionError):
        return
    chain = _Chain([head], [], draft.span, row, draft.column, words, implied, continues=False, shown=False)
    reading.chains.append(chain)
    reading.headless = False


def _target(reading: _Reading, draft: Draft, row: int) -> _Chain | None:
    """The statement that a phrase goes on with: the last of its row, else the one above, side conditions apart."""
    chains = reading.chains
    if not chains:
        return None
    # Behind a directive a row is a statement of its own, so that the directive is about this row alone.
    since = chains[-2].span.end if chains[-1].continues and len(chains) > 1 else chains[-1].span.end
    if any(since <= place < draft.span.start for place in reading.breaks):
        return None
    near = [chain for chain in chains if chain.row == chains[-1].row]
    if near[-1].row == row:
        return near[-1]
    above = [chain for chain in near if chain.column == draft.column > 0]
    if len(above) == 1 and len(near) > 1:
        return above[0]
    claims = [chain for chain in near if not _SIDE & set(" ".join(chain.words).split())]
    equal = [chain for chain in claims if not chain.relations or chain.relations[0].sign in _EQUALITIES]
    return (equal or claims or near[:1])[-1]


def _forgotten(reading: _Reading, row: Row, bracket: Token, number: int, segment: Segment) -> None:
    """A row with a bracket that has no partner: all of it is lost but what stands before its first relation."""
    words, implied = tuple(reading.words), reading.implied
    reading.words, reading.implied = [], False
    closing = bracket.kind in ("close", "end", "env-end")
    message = f"`{bracket.text}` closes nothing" if closing else f"`{bracket.text}` is never closed"
    _give_up(reading, _cover(row.tokens), ParseError(message, bracket.span), segment)
    found = relations(row.tokens)
    tokens = [token for token in row.tokens if token.text != "&" and token.kind != "quad"]
    if found and tokens and tokens[0].span.start >= found[0][0].span.start:
        return
    head = tuple(token for token in tokens if found and token.span.start < found[0][0].span.start)
    relation = tuple(relation for relation, _, _ in found[:1])
    _keep_head(reading, Draft(((head,),), relation, _cover(row.tokens)), words, implied, number)


def _give_up(reading: _Reading, span: Span, error: ParseError | RecursionError, segment: Segment) -> None:
    if isinstance(error, ParseError):
        at, message, help_ = error.span, error.message, error.help
    else:
        at, message, help_ = span, _TOO_DEEP, None
    reading.troubles.append(Unreadable(span, at, message, help_, segment.displayed))


def _statement(chain: _Chain, segment: Segment, text: str) -> Statement:
    return Statement(
        tuple(chain.members), tuple(chain.relations), chain.span, segment.block, segment.sentence,
        lead=" ".join(" ".join(chain.words).split()), continues=chain.continues, implied=chain.implied,
        hidden=segment.hidden, displayed=segment.displayed, tag=chain.tag, label=chain.label,
        cues=tuple(cue for said in chain.words for cue in cues_in(said, text)),
    )  # fmt: skip


def _cover(tokens: Sequence[Token]) -> Span:
    return tokens[0].span | tokens[-1].span
