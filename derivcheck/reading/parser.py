r"""One mathematical expression, from tokens to its syntax tree.

The levels, loosest first: ``a \mid b``; lists; relations (both only inside brackets and scripts); sums;
``\odot``; products of everything else, flat and left to right; factors with their scripts.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final, Literal, cast

from derivcheck.language import nodes as n
from derivcheck.reading.cursor import Cursor, Grammar, cursor_of, unexpected
from derivcheck.reading.factors import begins_factor, is_invisible, is_placeholder, read_atom, read_factor
from derivcheck.reading.fences import closes_bars, hold, is_holding, read_group
from derivcheck.reading.items import Macro, ParseError
from derivcheck.reading.lexer import Token, tokenize
from derivcheck.reading.names import word_at
from derivcheck.reading.reach import Term, reaching
from derivcheck.reading.relations import relation_at
from derivcheck.reading.scripts import read_scripts
from derivcheck.reading.vocabulary import ENTRYWISE_SIGNS, PRODUCT_SIGNS, SUM_SIGNS
from derivcheck.source import Span

_Sign = Literal["+", "-", "±"]
_ZEROS: Final = (n.Number(Fraction(0), "0"), n.Name("\\mathbf{0}"))
_INVISIBLE = "these braces are invisible on the page, and what stands in them would be read otherwise without them"


def parse_expression(latex: str, macros: dict[str, Macro] | None = None) -> n.Node:
    """The expression that a piece of LaTeX says."""
    whole = Span(0, len(latex))
    return parse(tokenize(latex, whole, macros or {}), Span(len(latex), len(latex)))


def parse(tokens: list[Token], end: Span | None = None) -> n.Node:
    """The one expression that the tokens say; ``end`` is where something is missing if something is missing."""
    cursor = cursor_of(tokens, end, _GRAMMAR)
    if not cursor.tokens:
        raise ParseError("there is no formula here", cursor.end)
    try:
        node = _inner(cursor) if _is_wrapped(cursor) else _whole(cursor)
    except RecursionError:
        whole = cursor.tokens[0].span | cursor.tokens[-1].span
        raise ParseError("this is nested too deeply", whole, "give a part of it a name of its own") from None
    if cursor.at < len(cursor.tokens):
        raise unexpected(cursor)
    return node


def _is_wrapped(cursor: Cursor) -> bool:
    """Whether one pair of braces holds everything, so that lists and relations can stand in it."""
    return cursor.tokens[0].kind == "begin" and cursor.partners[0] == len(cursor.tokens) - 1


def _whole(cursor: Cursor) -> n.Node:
    left = _total(cursor)
    if cursor.looks_at("command", "\\mid"):
        cursor.take()
        right = _list(cursor)
        return n.Given(left, right, span=left.span | right.span)
    return left


def _inner(cursor: Cursor) -> n.Node:
    """What stands inside brackets: lists, relations, a condition behind a bar."""
    left = _list(cursor)
    token = cursor.peek()
    if token is None or closes_bars(cursor):
        return left
    if token.text == "\\mid" or (token.kind == "sign" and token.text == "|" and not _twice(cursor)):
        cursor.take()
        right = _list(cursor)
        return n.Given(left, right, span=left.span | right.span)
    if token.kind == "sign" and token.text in ("\\|", "|"):
        # a divergence: KL(q \| p)
        cursor.at += 1 if token.text == "\\|" else 2
        right = _list(cursor)
        return n.Tuple((left, right), ("\\|",), span=left.span | right.span)
    return left


def _twice(cursor: Cursor) -> bool:
    token, following = cursor.peek(), cursor.peek(1)
    return (
        following is not None and token is not None and following.text == "|" and token.span.end == following.span.start
    )


def _list(cursor: Cursor) -> n.Node:
    items = [_compare(cursor)]
    separators: list[str] = []
    while (token := cursor.peek()) is not None and token.kind == "sign" and token.text in (",", ";"):
        cursor.take()
        separators.append(token.text)
        items.append(_compare(cursor))
    if not separators:
        return items[0]
    return n.Tuple(tuple(items), tuple(separators), span=items[0].span | items[-1].span)


def _compare(cursor: Cursor) -> n.Node:
    members = [_total(cursor)]
    relations: list[str] = []
    while (found := relation_at(cursor.tokens, cursor.at) if cursor.at < cursor.limit else None) is not None:
        relations.append(found[0].sign)
        cursor.at = found[1]
        members.append(_total(cursor))
    if not relations:
        return members[0]
    return n.Compare(tuple(members), tuple(relations), span=members[0].span | members[-1].span)


def _total(cursor: Cursor) -> n.Node:
    """A sum, or its only term."""
    start = cursor.at
    terms: list[Term] = []
    while True:
        token = cursor.peek()
        signed = token is not None and token.kind in ("sign", "command") and token.text in SUM_SIGNS
        if not signed and terms:
            break
        place = cursor.at
        sign = cast(_Sign, SUM_SIGNS[cursor.take().text]) if signed else "+"
        term = _entrywise(cursor)
        _take_in(terms, sign, term, cursor.since(place))
    only = terms[0]
    signed = cursor.tokens[start].kind != "begin" and cursor.tokens[start].text in SUM_SIGNS
    if len(terms) == 1 and not signed:
        return only[1]
    terms = reaching(terms)
    if len(terms) == 1 and not signed:
        return terms[0][1]
    return n.Add(tuple(terms), span=cursor.since(start))


def _take_in(terms: list[Term], sign: _Sign, term: n.Node, span: Span) -> None:
    """Add a term; a sum out of invisible braces is spread out as it is seen."""
    if not isinstance(term, n.Add) and not is_invisible(term):
        terms.append((sign, term))
    elif isinstance(term, n.Add) and sign == "+":
        terms.extend(term.terms)
    elif isinstance(term, n.Add):
        raise ParseError(_INVISIBLE, span, "write `( … )` round the terms that the sign belongs to")
    else:
        terms.append((sign, term))


def _entrywise(cursor: Cursor) -> n.Node:
    start = cursor.at
    factors = [_product(cursor)]
    operators: list[str] = []
    while (token := cursor.peek()) is not None and token.kind == "command" and token.text in ENTRYWISE_SIGNS:
        cursor.take()
        operators.append(ENTRYWISE_SIGNS[token.text])
        factors.append(_product(cursor))
    if not operators:
        return factors[0]
    spread: list[n.Node] = []
    between: list[str] = []
    for operator, factor in zip(["", *operators], factors, strict=True):
        if is_invisible(factor) and not isinstance(factor, n.Entrywise):
            raise ParseError(_INVISIBLE, factor.span, "write `( … )`")
        inner = (factor.factors, factor.operators) if isinstance(factor, n.Entrywise) else ((factor,), ())
        between += [operator, *inner[1]]
        spread += inner[0]
    return n.Entrywise(tuple(spread), tuple(between[1:]), span=cursor.since(start))


def _argument(cursor: Cursor) -> n.Node:
    r"""What a word without brackets takes: factors side by side, up to a sign: ``\\cos x \\cdot y`` is a product."""
    return _product(cursor, stop_at_words=True)


def _product(cursor: Cursor, stop_at_words: bool = False) -> n.Node:
    """Factors side by side, flat and left to right."""
    start = cursor.at
    factors = [read_factor(cursor)]
    operators: list[str] = []
    while (token := cursor.peek()) is not None:
        if token.kind in ("sign", "command") and token.text in PRODUCT_SIGNS:
            if stop_at_words and not is_placeholder(cursor):
                break
            if is_placeholder(cursor):
                cursor.take()
                operators.append("")
                factors.append(n.Symbol("\\cdot", span=token.span))
                continue
            cursor.take()
            operators.append(PRODUCT_SIGNS[token.text])
            if PRODUCT_SIGNS[token.text] in ("\\cdot", "\\times") and cursor.looks_at("sign", "-"):
                factors.append(_negative(cursor))
                continue
            if not begins_factor(cursor):
                raise unexpected(cursor, f"a factor behind `{token.text}`")
            factors.append(read_factor(cursor))
        elif token.kind == "command" and token.text in ("\\setminus", "\\backslash"):
            factors[-1] = _without_zero(cursor, factors[-1])
        elif is_holding(cursor):
            if cursor.holders:
                break
            hold(cursor, factors, operators)
        elif token.kind == "begin" and _is_empty(cursor):
            _on_empty_braces(cursor, factors, start)
        elif begins_factor(cursor) and not (stop_at_words and word_at(cursor, cursor.at) is not None):
            factors.append(_beside(cursor, factors[-1]))
            operators.append("")
        else:
            break
    return _multiplied(factors, operators, cursor.since(start))


def _without_zero(cursor: Cursor, space: n.Node) -> n.Node:
    r"""``\mathbb{R}^n \setminus \{0\}`` as ``\mathbb{R}^n_*``: of sets nothing else is taken away."""
    token = cursor.peek()
    assert token is not None
    at = cursor.at
    cursor.take()
    base, sup = (space.base, space.sup) if isinstance(space, n.Scripted) and space.sub is None else (space, None)
    taken = read_factor(cursor) if begins_factor(cursor) else None
    zero = isinstance(taken, n.Group) and taken.fence == "{" and taken.body in _ZEROS
    if not (zero and isinstance(base, n.Name)):
        cursor.at = at
        raise unexpected(cursor)
    return n.Scripted(base, n.Symbol("*", span=token.span), sup, span=space.span | cursor.since(at))


def _negative(cursor: Cursor) -> n.Node:
    r"""The factor with its sign behind ``a \cdot -b``."""
    start = cursor.at
    cursor.take()
    if not begins_factor(cursor):
        raise unexpected(cursor, "a factor behind `-`")
    factor = read_factor(cursor)
    if is_invisible(factor):
        raise ParseError(_INVISIBLE, factor.span, "write `( … )`")
    span = cursor.since(start)
    return n.Group(n.Add((("-", factor),), span=span), "(", span=span)


def _beside(cursor: Cursor, before: n.Node) -> n.Node:
    factor = read_factor(cursor)
    if isinstance(before, n.Number) and isinstance(factor.base if isinstance(factor, n.Scripted) else factor, n.Number):
        raise ParseError("two numbers stand side by side", before.span | factor.span, "write `\\cdot` between them")
    return factor


def _is_empty(cursor: Cursor) -> bool:
    following = cursor.peek(1)
    return following is not None and following.kind == "end"


def _on_empty_braces(cursor: Cursor, factors: list[n.Node], start: int) -> None:
    """``A^\\top{}^{-1}``: scripts on nothing belong to what stands before."""
    cursor.at += 2
    factors[-1] = read_scripts(cursor).on(factors[-1], cursor, start)


def _multiplied(factors: list[n.Node], operators: list[str], span: Span) -> n.Node:
    if len(factors) == 1:
        return factors[0]
    if all(isinstance(factor, n.Boxed) for factor in factors) and not any(operators):
        raise ParseError("boxes side by side may be factors or entries", span, "write a column with `pmatrix`")
    spread: list[n.Node] = []
    between: list[str] = []
    for operator, factor in zip(["", *operators], factors, strict=True):
        if is_invisible(factor):
            raise ParseError(_INVISIBLE, factor.span, "write `( … )` for a factor that is a sum")
        # a product out of invisible braces is no bracket, except behind a slash, where it is one to the eye of nobody
        if isinstance(factor, n.Product) and operator == "/":
            raise ParseError(_INVISIBLE, factor.span, "write `( … )` for what is divided by")
        inner = (factor.factors, factor.operators) if isinstance(factor, n.Product) else ((factor,), ())
        between += [operator, *inner[1]]
        spread += inner[0]
    return n.Product(tuple(spread), tuple(between[1:]), span=span)


_GRAMMAR = Grammar(
    inner=_inner, total=_total, entrywise=_entrywise, product=_product, argument=_argument, factor=read_factor,
    atom=read_atom, group=read_group, begins=begins_factor,
)  # fmt: skip
