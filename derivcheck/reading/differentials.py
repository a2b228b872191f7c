r"""Where a ``d`` is the letter of a differential, and where ``\partial`` and ``d`` begin a derivative on one line."""

from __future__ import annotations

from derivcheck.reading.cursor import Cursor
from derivcheck.reading.names import is_styled
from derivcheck.reading.vocabulary import LETTERS, UPRIGHT


def d_at(cursor: Cursor, index: int) -> int | None:
    r"""The index behind a ``d``, ``\mathrm{d}``, ``\operatorname{d}`` or ``{\rm d}``."""
    tokens = cursor.tokens
    if index >= len(tokens):
        return None
    token = tokens[index]
    if (token.kind == "letter" and token.text == "d") or (token.kind == "text" and token.text.strip() == "d"):
        return index + 1
    if token.text == "\\dd":
        return index + 1
    if token.kind == "command" and token.text in UPRIGHT and token.text != "\\mathbf":
        return _lone_d(cursor, index + 1)
    if token.kind == "begin" and index + 1 < len(tokens) and tokens[index + 1].text in ("\\rm", "\\mathrm"):
        inner = d_at(cursor, index + 1) if tokens[index + 1].text == "\\mathrm" else _lone_d(cursor, index + 2)
        return inner + 1 if inner is not None and inner == cursor.partners[index] else None
    return None


def _lone_d(cursor: Cursor, index: int) -> int | None:
    tokens = cursor.tokens
    if index < len(tokens) and tokens[index].text == "d":
        return index + 1
    if index + 2 < len(tokens) and tokens[index].kind == "begin" and tokens[index + 1].text == "d":
        return index + 3 if tokens[index + 2].kind == "end" else None
    return None


def differential_at(cursor: Cursor, index: int) -> int | None:
    r"""The index of the variable of a differential such as ``dx``, if one stands at an index."""
    after = d_at(cursor, index)
    if after is None or not _names_something(cursor, after):
        return None
    # In ``d \, dt`` the first d is a name, and what is integrated.
    behind = d_at(cursor, after)
    return None if behind is not None and _names_something(cursor, behind) else after


def symbol_at(cursor: Cursor, index: int) -> tuple[str, int] | None:
    r"""The sign of a derivative at an index, ``\partial`` or ``d``, and the index behind it."""
    if index < len(cursor.tokens) and cursor.tokens[index].text == "\\partial":
        return "\\partial", index + 1
    after = d_at(cursor, index)
    return None if after is None else ("d", after)


def _names_something(cursor: Cursor, index: int) -> bool:
    if index >= len(cursor.tokens):
        return False
    token = cursor.tokens[index]
    return token.kind == "letter" or token.text in LETTERS or is_styled(token) or token.text == "{"


def slash_derivative(cursor: Cursor) -> int | None:
    r"""The index of the ``/`` of ``dy/dx`` or ``\partial^2 f / \partial x^2`` that begins here.

    Between the sign and the slash stands one symbol with its scripts, an argument in brackets, or nothing.
    """
    found = symbol_at(cursor, cursor.at)
    if found is None:
        return None
    symbol, index = found
    index = _skip_script(cursor, index)
    slash = _skip_target(cursor, index)
    if slash is None or slash >= len(cursor.tokens) or cursor.tokens[slash].text != "/":
        return None
    below = symbol_at(cursor, slash + 1)
    if below is None or below[0] != symbol:
        return None
    if symbol == "d" and not _names_something(cursor, below[1]):
        return None
    return slash


def _skip_script(cursor: Cursor, index: int) -> int:
    """The index behind scripts and primes."""
    tokens = cursor.tokens
    while index < len(tokens) and tokens[index].kind == "sign" and tokens[index].text in ("'", "^", "_"):
        if tokens[index].text == "'":
            index += 1
            continue
        following = _skip_unit(cursor, index + 1)
        if following is None:
            return index
        index = following
    return index


def _skip_unit(cursor: Cursor, index: int) -> int | None:
    """The index behind one letter, command with its argument, or pair of braces."""
    tokens = cursor.tokens
    while index < len(tokens) and is_styled(tokens[index]):
        index += 1
    if index >= len(tokens):
        return None
    token = tokens[index]
    if token.kind == "begin":
        return cursor.partners[index] + 1
    return index + 1 if token.kind in ("letter", "command", "number", "text") else None


def _skip_target(cursor: Cursor, index: int) -> int | None:
    tokens = cursor.tokens
    if index < len(tokens) and tokens[index].text == "/":
        return index
    if index < len(tokens) and tokens[index].kind == "open":
        return _skip_script(cursor, cursor.partners[index] + 1) if index in cursor.partners else None
    if index < len(tokens) and tokens[index].text == "\\partial":
        return None
    after = _skip_unit(cursor, index)
    if after is None:
        return None
    after = _skip_script(cursor, after)
    if after < len(tokens) and tokens[after].kind == "open" and after in cursor.partners:
        after = _skip_script(cursor, cursor.partners[after] + 1)
    return after
