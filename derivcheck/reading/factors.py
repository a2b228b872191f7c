"""One factor: an atom, chosen by the token that it begins with, and the scripts on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import pairwise

from derivcheck.language import nodes as n
from derivcheck.reading import vocabulary as v
from derivcheck.reading.bigs import read_big, read_underset, read_word
from derivcheck.reading.cursor import Cursor, unexpected
from derivcheck.reading.differentials import differential_at, slash_derivative
from derivcheck.reading.environments import cells, read_cell, read_environment
from derivcheck.reading.fences import opens_bars, read_bars, read_group, read_left, refuse_evaluation
from derivcheck.reading.fractions import (
    argument,
    is_braced_slash,
    read_binomial,
    read_braced_slash,
    read_fraction,
    read_nabla,
    read_over,
    read_physics,
    read_slash,
)
from derivcheck.reading.items import ParseError
from derivcheck.reading.lexer import Token
from derivcheck.reading.names import is_styled, read_letter, read_styled, read_text, word_at
from derivcheck.reading.relations import relation_at
from derivcheck.reading.scripts import Scripts, read_scripts

_NO_BEGINNING = frozenset(
    {
        *v.ARROWS, *v.RELATIONS, *v.ENTRYWISE_SIGNS, *v.PRODUCT_SIGNS, *v.SUM_SIGNS, "\\over", "\\choose", "\\mid",
        "\\right.", "\\land", "\\wedge",
    }
)  # fmt: skip
_BRACED = (n.Add, n.Entrywise, n.Compare, n.Tuple, n.Given)


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
            stacked = token.text in ("\\overset", "\\stackrel") and relation_at(cursor.tokens, cursor.at) is not None
            return token.text not in _NO_BEGINNING and not stacked and not _is_differential(cursor)
        case "text":
            in_script = cursor.fence in ("sub", "sup")
            return in_script or word_at(cursor, cursor.at) is not None or v.symbol_text(token.text) is not None
        case "sign":
            return token.text in ("|", "\\|") and opens_bars(cursor)
        case _:
            return False


def _is_differential(cursor: Cursor) -> bool:
    """Whether the ``dx`` stands here that an integral waits for."""
    return (
        cursor.integrals > 0 and differential_at(cursor, cursor.at) is not None and (slash_derivative(cursor) is None)
    )


def read_factor(cursor: Cursor) -> n.Node:
    """An atom with its scripts."""
    start = cursor.at
    with cursor.deeper():
        base = read_atom(cursor)
    operator = isinstance(base, n.Derivative) and base.operator
    if isinstance(base, n.Big) or (isinstance(base, n.Apply) and not base.bracketed) or operator:
        return base
    scripts = read_scripts(cursor)
    if isinstance(base, n.Name) and (place := _entry(cursor, base, scripts)) is not None:
        behind = read_scripts(cursor)
        whole = n.Scripted(scripts.on(base, cursor, start), place, None, span=cursor.since(start))
        return behind.on(whole, cursor, start)
    if not scripts:
        return _factorial(base, cursor, start)
    if isinstance(base, (*_BRACED, n.Product)):
        raise ParseError(
            "this script stands on invisible braces", cursor.since(start), "write `( … )` round what it is meant for"
        )
    refuse_evaluation(base, scripts, cursor, start)
    return _factorial(scripts.on(base, cursor, start), cursor, start)


_COUNTING = frozenset("ijklmnt")
_INDICES = _COUNTING | frozenset("cpqrsy")


def _entry(cursor: Cursor, base: n.Name, scripts: Scripts) -> n.Node | None:
    r"""The index of ``W_1[i, j]`` and ``b[j]``, as programs write it: letters for indices right behind."""
    opener, before = cursor.peek(), cursor.tokens[cursor.at - 1]
    if opener is None or (opener.kind, opener.text) != ("open", "[") or opener.span.start != before.span.end:
        return None
    inside = cursor.tokens[cursor.at + 1 : cursor.partners[cursor.at]]
    letters = {token.text for token in inside if token.kind == "letter"}
    listed = any(token.text == "," for token in inside)
    signs = all(token.kind in ("letter", "number", "begin", "end") or token.text in ",_+-:" for token in inside)
    named = base.text.islower() or scripts.sub is not None
    if cursor.fence == "sub" or not (signs and letters & _COUNTING and letters <= _INDICES and (listed or named)):
        return None
    cursor.take()
    with cursor.inside("sub"):
        node = cursor.grammar.inner(cursor)
    if not cursor.looks_at("close", "]"):
        raise cursor.missing("`]`")
    cursor.take()
    return node


def _factorial(node: n.Node, cursor: Cursor, start: int) -> n.Node:
    """``n!`` is a known word of one argument."""
    if not cursor.looks_at("sign", "!"):
        return node
    sign = cursor.take()
    if cursor.looks_at("sign", "!"):
        raise ParseError("double factorials are not read", sign.span | cursor.take().span)
    inner = node.body if isinstance(node, n.Group) and node.fence == "(" else node
    found = n.Apply(n.Word("factorial", span=sign.span), (inner,), span=cursor.since(start))
    return read_scripts(cursor).on(found, cursor, start)


def read_atom(cursor: Cursor) -> n.Node:
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


def _number(cursor: Cursor) -> n.Node:
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
    return n.Number(Fraction(token.text), token.text, span=token.span)


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


def _sign(cursor: Cursor, token: Token) -> n.Node:
    following = cursor.peek(1)
    stops = (
        following is None or following.kind in ("close", "end", "env-end", "row") or following.text in (",", ";", "|")
    )
    if token.text == ":" and stops:
        cursor.take()
        return n.Symbol(":", span=token.span)
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


def _braces(cursor: Cursor) -> n.Node:
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
    if switch.text in v.SWITCHES:
        return _switched(cursor, switch)
    with cursor.inside(cursor.fence if cursor.fence in ("sub", "sup") else "braces"):
        node = read_over(cursor) if start in cursor.overs else cursor.grammar.inner(cursor)
        cursor.close()
    return node


def _switched(cursor: Cursor, switch: Token) -> n.Node:
    r"""``{\bf x}`` is ``\mathbf{x}``: the braces are given to the command."""
    start = cursor.at - 1
    cursor.tokens[start] = Token("command", v.SWITCHES[switch.text], switch.span)
    cursor.tokens[start + 1] = Token("begin", "{", switch.span)
    cursor.partners[start + 1] = cursor.partners[start]
    cursor.at = start
    return read_styled(cursor)


def _root(cursor: Cursor) -> n.Node:
    start = cursor.at
    cursor.take()
    index = None
    if cursor.looks_at("open", "["):
        bracket = read_group(cursor)
        index = getattr(bracket, "body", bracket)
    return n.Root(argument(cursor), index, span=cursor.since(start))


def _boxed(cursor: Cursor) -> n.Node:
    start = cursor.at
    cursor.take()
    return n.Boxed(argument(cursor), span=cursor.since(start))


def _explained(cursor: Cursor) -> n.Node:
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


def _overset(cursor: Cursor) -> n.Node:
    r"""``\overset{!}{=}`` stands between members; over a symbol nothing is known of it."""
    token = cursor.tokens[cursor.at]
    raise ParseError(f"`{token.text}` is not read here", token.span)


def _arg(cursor: Cursor) -> n.Node:
    r"""``\arg\underset{u}{\min}``; before another word it is read with that."""
    if not cursor.looks_at("command", "\\arg") or (under := cursor.peek(1)) is None or under.text != "\\underset":
        raise unexpected(cursor, "a symbol")
    cursor.take()
    return read_underset(cursor)


def _substack(cursor: Cursor) -> n.Node:
    r"""``\substack{i=1 \\ j \ne i}``: the rows as a list."""
    start = cursor.at
    cursor.take()
    if not cursor.looks_at("begin"):
        raise cursor.missing("the argument of `\\substack`")
    first, end = cursor.at + 1, cursor.partners[cursor.at]
    rows = [read_cell(cursor, cell) for row in cells(cursor, first, end) for cell in row]
    cursor.at = end + 1
    items = tuple(item for row in rows for item in (row.items if isinstance(row, n.Tuple) else (row,)))
    return items[0] if len(items) == 1 else n.Tuple(items, (",",) * (len(items) - 1), span=cursor.since(start))


_COMMANDS: Mapping[str, Callable[[Cursor], n.Node]] = (
    {
        "\\sqrt": _root, "\\boxed": _boxed, "\\fbox": _boxed, "\\underbrace": _explained, "\\overbrace": _explained,
        "\\underbracket": _explained, "\\overbracket": _explained, "\\underset": read_underset, "\\arg": _arg,
        "\\overset": _overset, "\\stackrel": _overset, "\\substack": _substack, "\\nabla": read_nabla,
        "\\partial": read_nabla,
        "\\left.": read_left, "\\pdv": read_physics, "\\dv": read_physics, "\\odv": read_physics,
        "\\derivative": read_physics, "\\partialderivative": read_physics,
    }
    | dict.fromkeys(v.FRACTIONS, read_fraction)
    | dict.fromkeys(v.BINOMIALS, read_binomial)
    | dict.fromkeys(v.BIG_COMMANDS, read_big)
)  # fmt: skip


def _command(cursor: Cursor, token: Token) -> n.Node:
    if token.text in v.LETTERS or token.text in v.LETTER_SPELLINGS:
        return read_letter(cursor)
    if token.text in v.SYMBOLS:
        cursor.take()
        return n.Symbol(v.SYMBOLS[token.text], span=token.span)
    if is_styled(token):
        return read_styled(cursor)
    if token.text in _COMMANDS:
        return _COMMANDS[token.text](cursor)
    if token.text in v.SWITCHES:
        cursor.tokens[cursor.at] = Token("command", v.SWITCHES[token.text], token.span)
        return read_styled(cursor)
    if is_placeholder(cursor):
        cursor.take()
        return n.Symbol("\\cdot", span=token.span)
    raise unexpected(cursor, "a symbol")


def is_invisible(node: n.Node) -> bool:
    """Whether a factor came out of invisible braces and is more than a factor."""
    return isinstance(node, _BRACED)
