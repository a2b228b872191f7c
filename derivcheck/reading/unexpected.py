"""What to say of a token that cannot stand where it stands."""

from __future__ import annotations

from difflib import get_close_matches

from derivcheck.reading.cursor import Cursor, shown
from derivcheck.reading.errors import ParseError
from derivcheck.reading.lexer import Token
from derivcheck.reading.vocabulary import (
    ARROWS,
    BIG_COMMANDS,
    ENTRYWISE_SIGNS,
    FRACTIONS,
    LETTERS,
    PRODUCT_SIGNS,
    REFUSED,
    RELATIONS,
    STYLES,
    SUM_SIGNS,
    SYMBOLS,
    WORD_COMMANDS,
)

_OPERATORS = frozenset({*SUM_SIGNS, *PRODUCT_SIGNS, *ENTRYWISE_SIGNS})
_STRUCTURE = frozenset({*RELATIONS, *ARROWS, *_OPERATORS, "\\mid", "\\over", "\\right.", "\\land", "\\wedge"})
_KNOWN = [
    *LETTERS, *WORD_COMMANDS, *SYMBOLS, *STYLES, *FRACTIONS, *BIG_COMMANDS, *(t for t in _STRUCTURE if t[0] == "\\"),
    "\\partial", "\\nabla", "\\sqrt", "\\boxed",
]  # fmt: skip


def unexpected(cursor: Cursor, wanted: str | None = None) -> ParseError:
    """The error for the token that stands here; ``wanted`` says what was expected."""
    token = cursor.peek()
    if token is None:
        return cursor.missing(wanted or "more")
    if token.text in REFUSED and token.kind in ("command", "sign", "open"):
        message, advice = REFUSED[token.text]
        return ParseError(message, token.span, advice)
    if token.kind == "command" and token.text not in _STRUCTURE:
        return _unknown(token)
    if token.kind == "text":
        return ParseError(
            f"prose (`{shown(token)}`) stands inside the formula", token.span, "write it outside the formula"
        )
    if wanted is not None and token.text in _OPERATORS:
        before = cursor.peek(-1) if cursor.at else None
        if before is not None and before.text in _OPERATORS:
            return ParseError(
                f"`{token.text}` stands right behind `{before.text}`",
                token.span,
                "put brackets round the factor with its sign: `a \\cdot (-b)`",
            )
        return ParseError(f"nothing stands before `{token.text}`", token.span)
    if wanted is not None:
        return cursor.missing(wanted)
    if token.kind == "sign" and token.text in ("|", "\\|"):
        return ParseError(f"`{token.text}` has no partner", token.span)
    if token.text in RELATIONS:
        return ParseError(f"`{token.text}` stands inside one expression", token.span)
    return ParseError(f"`{shown(token)}` is not understood here", token.span)


def _unknown(token: Token) -> ParseError:
    close = get_close_matches(token.text, _KNOWN, 1, 0.75) if len(token.text) > 3 else []
    advice = f"did you mean `{close[0]}`?" if close else "define it with `\\newcommand`"
    return ParseError(f"`{token.text}` is not known", token.span, advice)
