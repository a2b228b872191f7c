r"""Known words and what they are applied to: ``\log x``, ``\operatorname{tr}(A B)``, ``\max\{a, b\}``."""

from __future__ import annotations

from derivcheck.language.nodes import Apply, Group, Node, Text, Tuple, Word
from derivcheck.reading.bigs import read_extreme
from derivcheck.reading.cursor import Cursor
from derivcheck.reading.names import spelling_at, word_at
from derivcheck.reading.scripts import Scripts, read_scripts

_EXTREMES = frozenset({"max", "min", "argmax", "argmin"})


def read_word(cursor: Cursor, word: str, after: int) -> Node:
    """A known word with its scripts and its argument; alone where nothing is behind it."""
    start = cursor.at
    spelled = spelling_at(cursor, start)
    cursor.at = after
    if cursor.fence in ("sub", "sup") and _stands_alone(cursor, start):
        return Text(spelled[0] if spelled else word, span=cursor.since(start))
    node = Word(word, span=cursor.since(start))
    if word in _EXTREMES and cursor.looks_at("sign", "_"):
        return read_extreme(cursor, word, start)
    scripts = read_scripts(cursor)
    with cursor.deeper():
        return _applied(cursor, node, scripts, start)


def _stands_alone(cursor: Cursor, start: int) -> bool:
    """Whether a word is all there is between two commas or braces: the ``max`` of ``x_{\\max}``."""
    before = cursor.tokens[start - 1] if start else None
    behind = cursor.peek()
    return (before is None or before.kind == "begin" or before.text in (",", "_", "^")) and (
        behind is None or behind.kind == "end" or behind.text == ","
    )


def _applied(cursor: Cursor, word: Word, scripts: Scripts, start: int) -> Node:
    token = cursor.peek()
    if token is not None and token.kind == "open" and token.text in ("(", "[", "{"):
        return _bracketed(cursor, word, scripts, start, cursor.grammar.group(cursor))
    if token is None or not cursor.grammar.begins(cursor):
        return scripts.on(word, cursor, start)
    if _opens_bars(cursor):
        # Bars say where the argument ends as brackets do: \log|A| y is a product.
        argument = cursor.grammar.factor(cursor)
    elif word_at(cursor, cursor.at) is not None:
        argument = cursor.grammar.factor(cursor)
    else:
        argument = cursor.grammar.argument(cursor)
    if isinstance(argument, Group) and cursor.tokens[cursor.at - 1].kind == "end":
        return _bracketed(cursor, word, scripts, start, argument)
    return Apply(word, (argument,), scripts.sub, scripts.sup, scripts.primes, bracketed=False, span=cursor.since(start))


def _opens_bars(cursor: Cursor) -> bool:
    token = cursor.tokens[cursor.at]
    return token.kind in ("open", "sign") and token.text in ("|", "\\|")


def _bracketed(cursor: Cursor, word: Word, scripts: Scripts, start: int, argument: Node) -> Node:
    if not isinstance(argument, Group):
        return Apply(
            word, (argument,), scripts.sub, scripts.sup, scripts.primes, bracketed=False, span=cursor.since(start)
        )
    body = argument.body
    arguments = body.items if isinstance(body, Tuple) else (body,)
    return Apply(
        word, arguments, scripts.sub, scripts.sup, scripts.primes, fence=argument.fence, span=cursor.since(start)
    )
