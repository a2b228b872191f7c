r"""Names and words: letters, styled letters, accents, and the spellings of known words."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from derivcheck.language.nodes import Name, Node, Number, Product, Scripted, Symbol, Text, walk
from derivcheck.reading import vocabulary as v
from derivcheck.reading.cursor import Cursor, shown
from derivcheck.reading.items import ParseError
from derivcheck.reading.lexer import Token
from derivcheck.source import Span

_WORDLIKE = v.UPRIGHT | {"\\textbf", "\\textsf", "\\texttt", "\\boldsymbol", "\\bm"}
_LONGEST_WORD = 60
_EXTREMES = {"max": "argmax", "min": "argmin"}


def word_at(cursor: Cursor, index: int) -> tuple[str, int] | None:
    """The known word that stands at a token, and the index behind it."""
    spelled = spelling_at(cursor, index)
    if spelled is None:
        return None
    text, after = spelled
    if text == "arg":
        following = spelling_at(cursor, after)
        if following is not None and following[0] in _EXTREMES:
            return _EXTREMES[following[0]], following[1]
        return None
    word = v.known_word(text)
    return None if word is None else (word, after)


def spelling_at(cursor: Cursor, index: int) -> tuple[str, int] | None:
    r"""The letters of one word set as a word: ``\log``, ``\operatorname{tr}``, ``\text{ReLU}``, ``{\rm tr}``."""
    if index >= len(cursor.tokens):
        return None
    token = cursor.tokens[index]
    if token.kind == "text":
        text = token.text.strip()
        return re.sub(r"^arg\s+(max|min)$", r"arg\1", text), index + 1
    if token.kind == "command":
        if token.text in v.WORD_COMMANDS:
            return v.WORD_COMMANDS[token.text], index + 1
        if token.text == "\\arg":
            return "arg", index + 1
        if token.text in _WORDLIKE or token.text in v.SWITCHES:
            return argument_spelling(cursor, index + 1)
    elif token.kind == "begin" and index + 1 < len(cursor.tokens) and cursor.tokens[index + 1].text in v.SWITCHES:
        return argument_spelling(cursor, index)
    return None


def argument_spelling(cursor: Cursor, index: int) -> tuple[str, int] | None:
    """The letters in one pair of braces, or in the one command that stands for them."""
    if index >= len(cursor.tokens):
        return None
    if cursor.tokens[index].kind != "begin":
        token = cursor.tokens[index]
        return (token.text, index + 1) if token.kind in ("letter", "text") else None
    after = cursor.partners[index] + 1
    if after - index > _LONGEST_WORD:
        return None
    parts = []
    for token in cursor.tokens[index + 1 : after - 1]:
        if token.kind in ("letter", "number", "text"):
            parts.append(token.text)
        elif token.text == "\\_":
            parts.append("_")
        elif token.kind == "sign" and token.text in "-'" and parts:
            parts.append(token.text)
        elif token.text in v.WORD_COMMANDS or token.text == "\\arg":
            parts.append(v.WORD_COMMANDS.get(token.text, token.text[1:]))
        elif token.kind not in ("begin", "end") and token.text not in v.SWITCHES and token.text not in v.STYLES:
            return None
    text = "".join(parts).strip()
    return (text, after) if text and not text.endswith(("-", "'")) else None


def read_text(cursor: Cursor) -> Node:
    r"""``\text{…}`` where a symbol stands; known words are read before."""
    token = cursor.take()
    content = " ".join(token.text.split())
    if cursor.fence == "sup" and content in ("T", "⊤"):
        return Symbol("\\top", span=token.span)
    if cursor.fence in ("sub", "sup"):
        return Name(content, span=token.span) if _is_letter(content) else Text(content, span=token.span)
    symbol = v.symbol_text(content)
    if symbol is None:
        raise ParseError(
            f"prose (`{shown(token)}`) stands inside the formula",
            token.span,
            "write it outside the formula, or before and behind it with `\\quad`",
        )
    return Name(symbol if _is_letter(symbol) else f"\\mathrm{{{symbol}}}", span=token.span)


def _is_letter(text: str) -> bool:
    return len(text) == 1 and text.isalpha()


def read_letter(cursor: Cursor) -> Name:
    """One letter."""
    token = cursor.take()
    return Name(v.LETTER_SPELLINGS.get(token.text, token.text), span=token.span)


def is_styled(token: Token) -> bool:
    """Whether a command sets what is behind it in another type, or puts an accent on it."""
    return token.kind == "command" and (token.text in v.STYLES or token.text in v.ACCENTS)


def read_styled(cursor: Cursor) -> Node:
    r"""``\mathbf{x}``, ``\hat{y}``, ``\mathrm{loss}``; known words are read before."""
    start = cursor.at
    command = cursor.take()
    if command.text in v.ACCENTS:
        return _accented(command, _argument(cursor, command), cursor.since(start))
    spelled = argument_spelling(cursor, cursor.at) if command.text in _WORDLIKE else None
    if spelled is not None and (len(spelled[0]) > 1 or not cursor.looks_at("letter")):
        word, after = spelled
        named = _upright(
            cursor, v.STYLES[command.text], word, cursor.tokens[start].span | cursor.tokens[after - 1].span
        )
        if named is not None:
            cursor.at = after
            return named
    content = _argument(cursor, command)
    span = cursor.since(start)
    if cursor.fence == "sup" and content in (Name("T"), Symbol("\\top")) and v.STYLES[command.text] in ("", "\\mathsf"):
        return Symbol("\\top", span=span)
    return _in_style(content, v.STYLES[command.text], command, span)


def _upright(cursor: Cursor, style: str, word: str, span: Span) -> Node | None:
    """Several letters as one symbol; None where the style sets each letter by itself."""
    if cursor.fence == "sup" and word == "T" and style in ("", "\\mathsf"):
        return Symbol("\\top", span=span)
    if word.isdigit():
        return Number(Fraction(word), word, span=span) if style == "" else Name(f"{style}{{{word}}}", span=span)
    if len(word) == 1 or (style == "\\mathbf" and cursor.fence not in ("sub", "sup")):
        return None
    if cursor.fence in ("sub", "sup"):
        return Text(word, span=span)
    return Name((style or "\\mathrm") + "{" + word + "}", span=span)


def _argument(cursor: Cursor, command: Token) -> Node:
    """What a style or an accent is put on: braces, or the one thing behind it."""
    token = cursor.peek()
    if token is None or token.kind in ("end", "close", "sign", "row"):
        raise ParseError(f"`{command.text}` has nothing behind it", command.span)
    if token.kind == "begin":
        return cursor.braced()
    if token.kind == "number" and len(token.text) > 1:
        return split_digit(cursor)
    with cursor.deeper():
        return read_styled(cursor) if is_styled(token) else _single(cursor, command)


def _single(cursor: Cursor, command: Token) -> Node:
    token = cursor.take()
    if token.kind == "letter" or token.text in v.LETTERS:
        return Name(token.text, span=token.span)
    if token.kind == "number":
        return Number(Fraction(token.text), token.text, span=token.span)
    if token.text in ("\\top", "\\nabla", "\\partial"):
        return Symbol(token.text, span=token.span)
    raise ParseError(f"`{command.text}` cannot stand before `{shown(token)}`", token.span)


def split_digit(cursor: Cursor) -> Number:
    """The first digit of a number: ``x^12`` is ``x^1`` with a ``2`` behind it, as TeX sets it."""
    token = cursor.tokens[cursor.at]
    digit, rest = token.text[0], token.text[1:]
    if not digit.isdigit() or rest.startswith("."):
        raise ParseError(f"`{token.text}` needs braces here", token.span, f"write `{{{token.text}}}`")
    start = token.span.start
    middle = start + 1 if token.span.end - start == len(token.text) else token.span.end
    cursor.tokens[cursor.at] = Token("number", rest, Span(min(middle, token.span.end - 1), token.span.end))
    return Number(Fraction(digit), digit, span=Span(start, max(middle, start + 1)))


def _in_style(content: Node, style: str, command: Token, span: Span) -> Node:
    match content:
        case Name(text=text):
            return Name(_styled_text(text, style), span=span)
        case Number(text=text):
            return replace(content, span=span) if style == "" else Name(f"{style}{{{text}}}", span=span)
        case Scripted(base=Name() as base):
            return replace(content, base=_in_style(base, style, command, base.span), span=span)
        case Product(factors=factors, operators=operators) if not any(operators):
            return replace(content, factors=tuple(_in_style(f, style, command, f.span) for f in factors), span=span)
        case Symbol() | Text():
            return content
        case Scripted(base=Scripted() as base):
            return replace(content, base=_in_style(base, style, command, base.span), span=span)
        case _ if style == "" and not _spells(content):
            return content
    raise ParseError(
        f"`{command.text}` stands round more than letters", command.span, "put it round each letter it is meant for"
    )


def _spells(content: Node) -> bool:
    """Whether small letters stand side by side in it, which upright are a word and no product."""
    return any(
        isinstance(one, Name) and isinstance(other, Name) and one.text.islower() and other.text.islower()
        for part in walk(content)
        if isinstance(part, Product)
        for one, other in pairwise(part.factors)
    )


def _styled_text(text: str, style: str) -> str:
    if style == "" or text.startswith(style + "{"):
        return text
    if text.startswith("\\") and "{" in text:
        command, inner = text.split("{", 1)
        # an accent keeps its place outside: \mathbf{\hat{x}} is \hat{\mathbf{x}}
        if command in v.ACCENTS:
            return f"{command}{{{_styled_text(inner[:-1], style)}}}"
    return f"{style}{{{text}}}"


def _accented(command: Token, content: Node, span: Span) -> Node:
    accent = v.ACCENTS[command.text]
    match content:
        case Name(text=text):
            return Name(f"{accent}{{{text}}}", span=span)
        case Scripted(base=Name(text=text) as base):
            return replace(content, base=Name(f"{accent}{{{text}}}", span=base.span), span=span)
        case Symbol(text=text) if text != "\\partial":
            return Name(f"{accent}{{{text}}}", span=span)
    raise ParseError(
        f"`{command.text}` stands over more than one symbol", command.span, "give what is meant a name of its own"
    )
