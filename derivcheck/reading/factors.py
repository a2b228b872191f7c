"""One factor: an atom, chosen by the token that it begins with, and the scripts on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import pairwise

from derivcheck.language.nodes import (
    Add,
    Apply,
    Big,
    Boxed,
    Compare,
    Derivative,
    Entrywise,
    Given,
    Group,
    Node,
    Number,
    Product,
    Root,
    Symbol,
    Tuple,
    Word,
)
from derivcheck.reading.applications import read_word
from derivcheck.reading.bigs import read_big, read_underset
from derivcheck.reading.cursor import Cursor
from derivcheck.reading.differentials import differential_at, slash_derivative
from derivcheck.reading.environments import cells, read_cell, read_environment
from derivcheck.reading.errors import ParseError
from derivcheck.reading.fences import opens_bars, read_bars, read_group, read_left, refuse_evaluation
from derivcheck.reading.fractions import (
    argument,
    close,
    is_braced_slash,
    read_binomial,
    read_braced_slash,
    read_fraction,
    read_nabla,
    read_over,
    read_physics,
    read_slash,
)
from derivcheck.reading.lexer import Token
from derivcheck.reading.names import is_styled, read_letter, read_styled, read_text, word_at
from derivcheck.reading.scripts import read_scripts
from derivcheck.reading.unexpected import unexpected
from derivcheck.reading.vocabulary import (
    ARROWS,
    BIG_COMMANDS,
    BINOMIALS,
    ENTRYWISE_SIGNS,
    FRACTIONS,
    LETTER_SPELLINGS,
    LETTERS,
    PRODUCT_SIGNS,
    RELATIONS,
    SUM_SIGNS,
    SWITCHES,
    SYMBOLS,
    symbol_text,
)

_NO_BEGINNING = frozenset(
    {
        *ARROWS, *RELATIONS, *ENTRYWISE_SIGNS, *PRODUCT_SIGNS, *SUM_SIGNS, "\\over", "\\choose", "\\mid", "\\right.",
        "\\land", "\\wedge",
    }
)  # fmt: skip
_BRACED = (Add, Entrywise, Compare, Tuple, Given)


def begins_factor(cursor: Cursor) -> bool:
    """Whether the token here can begin a factor."""
    token = cursor.peek()
    if token is None:
        return False
    match token.kind:
        case "number" | "open" | "begin" | "env-begin":
            return True
        case "letter":
            return not _is_differential(cursor)
        case "command":
            return token.text not in _NO_BEGINNING and not _is_differential(cursor)
        case "text":
            in_script = cursor.fence in ("sub", "sup")
            return in_script or word_at(cursor, cursor.at) is not None or symbol_text(token.text) is not None
        case "sign":
            return token.text in ("|", "\\|") and opens_bars(cursor)
        case _:
            return False


def _is_differential(cursor: Cursor) -> bool:
    """Whether the ``dx`` stands here that an integral waits for."""
    return (
        cursor.integrals > 0 and differential_at(cursor, cursor.at) is not None and (slash_derivative(cursor) is None)
    )


def read_factor(cursor: Cursor) -> Node:
    """An atom with its scripts."""
    start = cursor.at
    with cursor.deeper():
        base = read_atom(cursor)
    if isinstance(base, Big) or (isinstance(base, Apply) and not base.bracketed) or _is_operator(base):
        return base
    scripts = read_scripts(cursor)
    if not scripts:
        return _factorial(base, cursor, start)
    if isinstance(base, (*_BRACED, Product)):
        raise ParseError(
            "this script stands on invisible braces", cursor.since(start), "write `( … )` round what it is meant for"
        )
    refuse_evaluation(base, scripts, cursor, start)
    return _factorial(scripts.on(base, cursor, start), cursor, start)


def _factorial(node: Node, cursor: Cursor, start: int) -> Node:
    """``n!`` is a known word of one argument."""
    if not cursor.looks_at("sign", "!"):
        return node
    sign = cursor.take()
    if cursor.looks_at("sign", "!"):
        raise ParseError("double factorials are not read", sign.span | cursor.take().span)
    inner = node.body if isinstance(node, Group) and node.fence == "(" else node
    found = Apply(Word("factorial", span=sign.span), (inner,), span=cursor.since(start))
    return read_scripts(cursor).on(found, cursor, start)


def _is_operator(node: Node) -> bool:
    return isinstance(node, Derivative) and node.operator


def read_atom(cursor: Cursor) -> Node:
    """One thing without scripts; a known word takes its argument with it."""
    token = cursor.peek()
    if token is None:
        raise cursor.missing("a symbol")
    if token.kind in ("letter", "command", "text", "begin"):
        slash = slash_derivative(cursor)
        if slash is not None:
            return read_slash(cursor, slash)
        word = word_at(cursor, cursor.at)
        if word is not None:
            return read_word(cursor, *word)
    match token.kind:
        case "number":
            return _number(cursor)
        case "letter":
            return read_letter(cursor)
        case "text":
            return read_text(cursor)
        case "open":
            return read_group(cursor)
        case "begin":
            return _braces(cursor)
        case "env-begin":
            return read_environment(cursor)
        case "command":
            return _command(cursor, token)
        case "sign":
            return _sign(cursor, token)
        case _:
            raise cursor.missing("a symbol")


def _number(cursor: Cursor) -> Node:
    token = cursor.take()
    following = cursor.peek()
    if (
        following is not None
        and following.text in ("e", "E")
        and following.span.start == token.span.end
        and _is_exponent(cursor)
    ):
        raise ParseError(
            f"`{token.text}{following.text}…` can be a power of ten or a product with {following.text}",
            token.span | following.span,
            "write `10^{-3}`, or a space before the letter",
        )
    return Number(Fraction(token.text), token.text, span=token.span)


def _is_exponent(cursor: Cursor) -> bool:
    """Whether digits stand behind the letter without a space, as in ``1e-3``."""
    index = 1
    places = [cursor.peek()]
    token = cursor.peek(index)
    if token is not None and token.text in ("+", "-"):
        places.append(token)
        token = cursor.peek(index + 1)
    if token is None or token.kind != "number":
        return False
    places.append(token)
    pairs = pairwise(places)
    return all(a is not None and b is not None and a.span.end == b.span.start for a, b in pairs)


def _sign(cursor: Cursor, token: Token) -> Node:
    following = cursor.peek(1)
    stops = (
        following is None or following.kind in ("close", "end", "env-end", "row") or following.text in (",", ";", "|")
    )
    if token.text == ":" and stops:
        cursor.take()
        return Symbol(":", span=token.span)
    if token.text in ("|", "\\|"):
        return read_bars(cursor)
    raise unexpected(cursor, "a symbol")


def is_placeholder(cursor: Cursor) -> bool:
    r"""Whether a ``\cdot`` stands for an argument or an index, as in ``f(\cdot)`` and ``W_{i\cdot}``."""
    if not cursor.looks_at("command", "\\cdot") or not cursor.fences:
        return False
    if cursor.fence in ("sub", "sup") and cursor.tokens[cursor.at - 1].kind in ("begin", "sign"):
        return True
    following = cursor.peek(1)
    return following is None or following.kind in ("close", "end") or following.text in (",", ";", "|", "\\mid")


def _braces(cursor: Cursor) -> Node:
    """Invisible braces: what stands in them is read as if they were not there."""
    start = cursor.at
    cursor.take()
    if cursor.looks_at("end"):
        cursor.take()
        raise ParseError("nothing stands in these braces", cursor.since(start))
    if is_braced_slash(cursor, start):
        cursor.at = start
        return read_braced_slash(cursor)
    switch = cursor.tokens[cursor.at]
    if switch.text in SWITCHES:
        return _switched(cursor, switch)
    with cursor.inside(cursor.fence if cursor.fence in ("sub", "sup") else "braces"):
        node = read_over(cursor) if start in cursor.overs else cursor.grammar.inner(cursor)
        close(cursor)
    return node


def _switched(cursor: Cursor, switch: Token) -> Node:
    r"""``{\bf x}`` is ``\mathbf{x}``: the braces are given to the command."""
    start = cursor.at - 1
    cursor.tokens[start] = Token("command", SWITCHES[switch.text], switch.span)
    cursor.tokens[start + 1] = Token("begin", "{", switch.span)
    cursor.partners[start + 1] = cursor.partners[start]
    cursor.at = start
    return read_styled(cursor)


def _root(cursor: Cursor) -> Node:
    start = cursor.at
    cursor.take()
    index = None
    if cursor.looks_at("open", "["):
        bracket = read_group(cursor)
        index = getattr(bracket, "body", bracket)
    return Root(argument(cursor), index, span=cursor.since(start))


def _boxed(cursor: Cursor) -> Node:
    start = cursor.at
    cursor.take()
    return Boxed(argument(cursor), span=cursor.since(start))


def _explained(cursor: Cursor) -> Node:
    r"""``\underbrace{a}_{why}`` is ``a``."""
    cursor.take()
    body = argument(cursor)
    while cursor.looks_at("sign", "_") or cursor.looks_at("sign", "^"):
        cursor.take()
        _skip_script(cursor)
    return body


def _skip_script(cursor: Cursor) -> None:
    if cursor.looks_at("begin"):
        cursor.at = cursor.partners[cursor.at] + 1
    else:
        cursor.take()


def _overset(cursor: Cursor) -> Node:
    r"""``\overset{!}{=}`` stands between members; over a symbol nothing is known of it."""
    token = cursor.tokens[cursor.at]
    raise ParseError(f"`{token.text}` is not read here", token.span)


def _substack(cursor: Cursor) -> Node:
    r"""``\substack{i=1 \\ j \ne i}``: the rows as a list."""
    start = cursor.at
    cursor.take()
    if not cursor.looks_at("begin"):
        raise cursor.missing("the argument of `\\substack`")
    first, end = cursor.at + 1, cursor.partners[cursor.at]
    rows = [read_cell(cursor, cell) for row in cells(cursor, first, end) for cell in row]
    cursor.at = end + 1
    items = tuple(item for row in rows for item in (row.items if isinstance(row, Tuple) else (row,)))
    return items[0] if len(items) == 1 else Tuple(items, (",",) * (len(items) - 1), span=cursor.since(start))


_COMMANDS: Mapping[str, Callable[[Cursor], Node]] = (
    {
        "\\sqrt": _root, "\\boxed": _boxed, "\\fbox": _boxed, "\\underbrace": _explained, "\\overbrace": _explained,
        "\\underbracket": _explained, "\\overbracket": _explained, "\\underset": read_underset, "\\overset": _overset,
        "\\stackrel": _overset, "\\substack": _substack, "\\nabla": read_nabla, "\\partial": read_nabla,
        "\\left.": read_left, "\\pdv": read_physics, "\\dv": read_physics, "\\odv": read_physics,
        "\\derivative": read_physics, "\\partialderivative": read_physics,
    }
    | dict.fromkeys(FRACTIONS, read_fraction)
    | dict.fromkeys(BINOMIALS, read_binomial)
    | dict.fromkeys(BIG_COMMANDS, read_big)
)  # fmt: skip


def _command(cursor: Cursor, token: Token) -> Node:
    if token.text in LETTERS or token.text in LETTER_SPELLINGS:
        return read_letter(cursor)
    if token.text in SYMBOLS:
        cursor.take()
        return Symbol(SYMBOLS[token.text], span=token.span)
    if is_styled(token):
        return read_styled(cursor)
    if token.text in _COMMANDS:
        return _COMMANDS[token.text](cursor)
    if token.text in SWITCHES:
        cursor.tokens[cursor.at] = Token("command", SWITCHES[token.text], token.span)
        return read_styled(cursor)
    if is_placeholder(cursor):
        cursor.take()
        return Symbol("\\cdot", span=token.span)
    raise unexpected(cursor, "a symbol")


def is_invisible(node: Node) -> bool:
    """Whether a factor came out of invisible braces and is more than a factor."""
    return isinstance(node, _BRACED)
