r"""Brackets, bars and angles, and what is held fixed behind a bar."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, cast

from derivcheck.language import nodes as n
from derivcheck.reading.cursor import Cursor, shown
from derivcheck.reading.environments import read_cases
from derivcheck.reading.items import ParseError
from derivcheck.reading.lexer import Token
from derivcheck.reading.scripts import Scripts, read_scripts
from derivcheck.reading.vocabulary import REFUSED

_CLOSERS = {"(": ")", "[": "]", "{": "}", "\\langle": "\\rangle", "|": "|", "\\|": "\\|"}
_MATRIX_FENCES = {"(": "(", "[": "[", "{": "{", "|": "|", "\\|": "‖"}
_Fence = Literal["(", "[", "{"]
_LISTS = frozenset({"array", "aligned", "matrix", "gathered", "split"})


def read_group(cursor: Cursor) -> n.Node:
    """Something in visible brackets."""
    start = cursor.at
    opener = cursor.take()
    closer = cursor.tokens[cursor.partners[start]]
    if opener.text in REFUSED:
        raise ParseError(REFUSED[opener.text][0], opener.span, REFUSED[opener.text][1])
    if closer.text == "\\right.":
        return _half_open(cursor, start, opener)
    alone = not start or cursor.tokens[start - 1].text in ("\\in", "\\times")
    half_open = alone and (opener.text, closer.text) in (("(", "]"), ("[", ")"))
    if not half_open and (opener.text not in _CLOSERS or closer.text != _CLOSERS[opener.text]):
        raise ParseError(
            f"`{shown(opener)}` is closed by `{shown(closer)}`", opener.span, "half-open intervals are not read here"
        )
    with cursor.inside("left" if opener.text in ("|", "\\|") else opener.text):
        if cursor.at == cursor.partners[start]:
            raise ParseError(f"nothing stands inside `{shown(opener)}{shown(closer)}`", opener.span | closer.span)
        body = cursor.grammar.inner(cursor)
        if cursor.at != cursor.partners[start]:
            raise cursor.missing(f"`{shown(closer)}`")
    cursor.take()
    span = cursor.since(start)
    if half_open and not (isinstance(body, n.Tuple) and len(body.items) == 2):
        message = f"`{shown(opener)}` is closed by `{shown(closer)}`"
        raise ParseError(message, opener.span, "only the ends of an interval are written like that")
    if isinstance(body, n.MatrixNode) and body.fence == "" and opener.text in _MATRIX_FENCES:
        return replace(body, fence=_MATRIX_FENCES[opener.text], span=span)
    match opener.text:
        case "\\langle":
            return n.Angle(body.items if isinstance(body, n.Tuple) else (body,), span=span)
        case "|" | "\\|":
            return n.Bars(body, opener.text == "\\|", span=span)
        case _:
            return n.Group(body, cast(_Fence, opener.text), span=span)


def _half_open(cursor: Cursor, start: int, opener: Token) -> n.Node:
    r"""``\left\{ \begin{array} … \end{array} \right.``: cases."""
    end = cursor.partners[start]
    if opener.text == "{" and _is_list(cursor, end):
        with cursor.inside("left"):
            cases = read_cases(cursor)
        cursor.take()
        return replace(cases, span=cursor.since(start))
    raise ParseError(f"`{shown(opener)}` is closed by `\\right.`", opener.span, "only cases are written like that")


def _is_list(cursor: Cursor, end: int) -> bool:
    return (
        cursor.looks_at("env-begin")
        and cursor.partners[cursor.at] + 1 == end
        and (cursor.tokens[cursor.at].text in _LISTS)
    )


def read_left(cursor: Cursor) -> n.Node:
    r"""``\left. … \right|_{r}``."""
    start = cursor.at
    cursor.take()
    end = cursor.partners[start]
    closer = cursor.tokens[end]
    if closer.text == "}" and _is_list(cursor, end):
        with cursor.inside("left"):
            cases: n.Cases = read_cases(cursor)
        cursor.take()
        return replace(cases, span=cursor.since(start))
    with cursor.inside("left"):
        body = cursor.grammar.inner(cursor)
        if cursor.at != end:
            raise cursor.missing(f"`{shown(closer)}`")
    cursor.take()
    if closer.text == "\\right.":
        return body
    if closer.text != "|":
        raise ParseError(f"`\\left.` is closed by `{shown(closer)}`", cursor.tokens[start].span)
    return held(cursor, body, start)


def held(cursor: Cursor, body: n.Node, start: int) -> n.Node:
    """What is held fixed: the subscript behind a bar that has been stepped over."""
    bar = cursor.tokens[cursor.at - 1]
    scripts = read_scripts(cursor)
    if scripts.sub is None or scripts.sup is not None or scripts.primes:
        raise ParseError(f"`{shown(bar)}` does not say what is held fixed", bar.span, "write it below: `\\right|_{x}`")
    return n.Held(body, scripts.sub, span=body.span | cursor.since(start))


def is_holding(cursor: Cursor) -> bool:
    r"""Whether a bar with a subscript stands here, which holds something fixed: ``\Big|_{x=0}``."""
    token, following = cursor.peek(), cursor.peek(1)
    if token is None or following is None or following.text != "_":
        return False
    if token.text == "\\mid" or (token.kind == "close" and token.text == "|" and cursor.fence != "left"):
        return True
    return token.kind == "sign" and token.text == "|" and cursor.fence != "|"


def hold(cursor: Cursor, factors: list[n.Node], operators: list[str]) -> None:
    """Put the last derivative of a product, or else the whole product, in front of the bar that stands here."""
    start = cursor.at
    cursor.take()
    last = factors[-1]
    if isinstance(last, n.Derivative) or (isinstance(last, n.Group) and not _is_call(factors, operators)):
        factors[-1] = held(cursor, last, start)
        return
    body = last if len(factors) == 1 else n.Product(tuple(factors), tuple(operators), span=factors[0].span | last.span)
    factors[:] = [held(cursor, body, start)]
    operators.clear()


def _is_call(factors: list[n.Node], operators: list[str]) -> bool:
    return len(factors) > 1 and operators[-1] == "" and isinstance(factors[-2], n.Name | n.Scripted)


def read_bars(cursor: Cursor) -> n.Node:
    """``|x|`` or ``‖x‖`` with bars that have no side of their own; ``||x||`` is the second."""
    start = cursor.at
    bar = cursor.take()
    twice = bar.text == "|" and _adjacent(cursor, bar)
    if twice:
        cursor.take()
    fence = "||" if twice else bar.text
    with cursor.inside(fence):
        body = cursor.grammar.inner(cursor)
        if not closes_bars(cursor):
            if cursor.peek() is None or cursor.bars.get(start, 0) % 2:
                raise ParseError(f"`{fence}` is never closed", cursor.tokens[start].span)
            raise cursor.missing(f"`{fence}`")
    cursor.at += 2 if twice else 1
    span = cursor.since(start)
    if isinstance(body, n.MatrixNode) and body.fence == "":
        return replace(body, fence="‖" if fence != "|" else "|", span=span)
    return n.Bars(body, fence != "|", span=span)


def _adjacent(cursor: Cursor, bar: Token) -> bool:
    token = cursor.peek()
    return token is not None and token.kind == "sign" and token.text == "|" and token.span.start == bar.span.end


def closes_bars(cursor: Cursor) -> bool:
    """Whether the bar that stands here closes the innermost open one."""
    token = cursor.peek()
    if token is None or token.kind != "sign":
        return False
    if cursor.fence == "||":
        following = cursor.peek(1)
        return token.text == "|" and following is not None and following.text == "|"
    return token.text in ("|", "\\|") and token.text == cursor.fence


def opens_bars(cursor: Cursor) -> bool:
    """Whether the bar behind a factor opens something new: it does when it has a partner further on."""
    token = cursor.peek()
    if token is None or token.kind != "sign" or closes_bars(cursor):
        return False
    left = cursor.bars.get(cursor.at, 0)
    if left and token.text == "|" and cursor.fence in ("(", "[", "{") and left == 2 and _next_adjacent(cursor, token):
        return False
    return left > 0 and left % 2 == 0


def _next_adjacent(cursor: Cursor, bar: Token) -> bool:
    token = cursor.peek(1)
    return token is not None and token.text == "|" and token.span.start == bar.span.end


def refuse_evaluation(base: n.Node, scripts: Scripts, cursor: Cursor, start: int) -> None:
    r"""``[…]_{x=0}`` is refused, for it is no entry; ``\{x_i\}_{i=1}^n`` is a family."""
    if isinstance(base, n.Group) and base.fence != "{" and isinstance(scripts.sub, n.Compare) and scripts.sup is None:
        raise ParseError(
            "a bracket with a condition below it is not read", cursor.since(start), "write `\\left. … \\right|_{x=0}`"
        )
