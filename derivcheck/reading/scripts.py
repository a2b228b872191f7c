"""What stands above and below a symbol: subscripts, superscripts, primes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from derivcheck.language.nodes import Entrywise, Group, Node, Product, Scripted, Symbol, Text
from derivcheck.reading.cursor import Cursor, shown
from derivcheck.reading.items import ParseError
from derivcheck.reading.lexer import Token
from derivcheck.reading.names import is_styled, read_styled, read_text, spelling_at, split_digit, word_at
from derivcheck.reading.vocabulary import ENTRYWISE_SIGNS, MARKING_WORDS, RELATIONS, SWITCHES, SYMBOLS

_LONE_SIGNS = ({"+"}, {"-"}, {"*"}, {"\\ast"})
_PRIMES = frozenset({"'", "\\prime"})
_EXCLUDING = frozenset({"\\setminus", "\\neg", "\\not"})


@dataclass(slots=True)
class Scripts:
    """The scripts behind a base: none of them, or some."""

    sub: Node | None = None
    sup: Node | None = None
    primes: int = 0

    def __bool__(self) -> bool:
        return self.sub is not None or self.sup is not None or self.primes > 0

    def on(self, base: Node, cursor: Cursor, start: int) -> Node:
        """The base with the scripts; the base itself where there are none."""
        if not self:
            return base
        span = cursor.since(start)
        match self.sub:
            case Group(fence="[", body=index):
                # ``h_{[i]}`` is the entry of h at i, ``W_{h[i,j]}`` that of W_h.
                inner = replace(self, sub=None).on(base, cursor, start)
                return Scripted(inner, index, None, span=span)
            case Product(factors=(label, Group(fence="[", body=index)), operators=("",)):
                inner = replace(self, sub=label).on(base, cursor, start)
                return Scripted(inner, index, None, span=span)
        match self.sup:
            case Product(factors=(Symbol(text="*") as label, turned)):
                return Scripted(Scripted(base, self.sub, label, self.primes, span=span), None, turned, span=span)
        return Scripted(base, self.sub, self.sup, self.primes, span=span)


def read_scripts(cursor: Cursor) -> Scripts:
    """All scripts that stand here; a second superscript is an error, as it is in TeX."""
    found = Scripts()
    raised = False
    lowered = False
    while (token := cursor.peek()) is not None and token.kind == "sign":
        if token.text == "'":
            if found.sup is not None:
                raise _double("^", token)
            cursor.take()
            found.primes += 1
        elif token.text == "^":
            cursor.take()
            primes, script = _raised(cursor, token)
            if script is not None and raised:
                raise _double("^", token)
            raised = raised or script is not None
            found.primes += primes
            found.sup = script if script is not None else found.sup
        elif token.text == "_" and not lowered:
            cursor.take()
            found.sub = _script(cursor, token, "sub")
            lowered = found.sub is not None
        elif token.text == "_":
            raise _double("_", token)
        else:
            break
    return found


def _double(sign: str, token: Token) -> ParseError:
    which = "superscript" if sign == "^" else "subscript"
    return ParseError(f"this is a second {which} on the same symbol", token.span, f"put both into one `{sign}{{…}}`")


def _raised(cursor: Cursor, sign: Token) -> tuple[int, Node | None]:
    r"""A superscript, or the primes that ``^\prime`` and ``^{\prime\prime}`` are."""
    token = cursor.peek()
    if token is not None and token.text in _PRIMES and token.kind != "text":
        cursor.take()
        return 1, None
    if token is not None and token.kind == "begin":
        inside = cursor.tokens[cursor.at + 1 : cursor.partners[cursor.at]]
        primes = next((place for place, other in enumerate(inside) if other.text not in _PRIMES), len(inside))
        if inside and primes == len(inside):
            cursor.at += primes + 2
            return primes, None
        # x^{\prime\top} is x' with \top above it
        return primes, _braced(cursor, "sup", primes)
    return 0, _script(cursor, sign, "sup")


def _script(cursor: Cursor, sign: Token, fence: str) -> Node | None:
    token = cursor.peek()
    if token is None or token.kind in ("end", "close", "row", "env-end"):
        raise ParseError(f"nothing stands behind `{sign.text}`", sign.span)
    if token.kind == "begin":
        return _braced(cursor, fence)
    if token.kind == "number" and len(token.text) > 1:
        return split_digit(cursor)
    if token.kind == "sign":
        return _lone_sign(cursor, sign)
    with cursor.inside(fence):
        return _single(cursor, token)


def _single(cursor: Cursor, token: Token) -> Node:
    """The one thing behind ``^`` or ``_`` without braces."""
    if token.kind == "text":
        return read_text(cursor)
    spelled = word_at(cursor, cursor.at)
    if spelled is not None:
        word = spelling_at(cursor, cursor.at)
        cursor.at = spelled[1]
        return Text(word[0] if word else spelled[0], span=token.span)
    if is_styled(token):
        return read_styled(cursor)
    if token.text in SYMBOLS or token.text in ENTRYWISE_SIGNS or token.text == "\\cdot":
        cursor.take()
        return Symbol(SYMBOLS.get(token.text, token.text), span=token.span)
    if token.text == "\\ast":
        cursor.take()
        return Symbol("*", span=token.span)
    if token.kind == "open":
        raise ParseError(
            f"`{shown(token)}` stands right behind `^` or `_`", token.span, "put the script in braces: `^{(i)}`"
        )
    return cursor.grammar.atom(cursor)


def _lone_sign(cursor: Cursor, sign: Token) -> Node:
    token = cursor.take()
    if token.text not in ("+", "-", "*", ":"):
        raise ParseError(f"`{shown(token)}` stands right behind `{sign.text}`", token.span, "put the script in braces")
    following = cursor.peek()
    if token.text in "+-" and following is not None and following.kind in ("number", "letter"):
        joined = following.span.start == token.span.end
        if joined:
            wanted = f"{sign.text}{{{token.text}{following.text}}}"
            message = f"`{sign.text}{token.text}{following.text}` raises only the `{token.text}`"
            raise ParseError(message, token.span | following.span, f"write `{wanted}`")
    return Symbol(token.text, span=token.span)


def _braced(cursor: Cursor, fence: str, skipped: int = 0) -> Node | None:
    start = cursor.at
    inside = cursor.tokens[start + 1 + skipped : cursor.partners[start]]
    cursor.at += 1 + skipped
    if not inside:
        cursor.take()
        return None
    if inside[0].text in SWITCHES:
        cursor.at = start
        with cursor.inside(fence):
            return cursor.grammar.atom(cursor)
    special = _special(inside)
    if special is not None:
        cursor.at += len(inside) + 1
        return special
    with cursor.inside(fence):
        starred = cursor.take() if inside[0].text in ("*", "\\ast") else None
        powered = inside[0].text in ENTRYWISE_SIGNS
        node = _entrywise_power(cursor) if powered else cursor.grammar.inner(cursor)
        if starred is not None:
            # ``w^{*\top}``
            node = Product((Symbol("*", span=starred.span), node), ("",), span=starred.span | node.span)
        if not cursor.looks_at("end"):
            raise cursor.missing("the end of the braces")
    cursor.take()
    return node


def _special(inside: Sequence[Token]) -> Node | None:
    r"""Scripts that are signs: ``^{+}``, ``_{++}``, ``^{*}``, ``_{>0}``, ``_{\ge 0}``; and words: ``^{new}``."""
    span = inside[0].span | inside[-1].span
    if {token.text for token in inside} in _LONE_SIGNS and all(token.kind in ("sign", "command") for token in inside):
        return Symbol("".join("*" if token.text == "\\ast" else token.text for token in inside), span=span)
    if all(token.kind == "letter" for token in inside) and (word := "".join(t.text for t in inside)) in MARKING_WORDS:
        return Text(word, span=span)
    if len(inside) == 1 and inside[0].text in (":", *ENTRYWISE_SIGNS):
        return Symbol(inside[0].text, span=span)
    first = inside[0]
    if first.kind in ("sign", "command") and len(inside) > 1:
        sign = RELATIONS.get(first.text, first.text if first.text in _EXCLUDING else None)
        if sign is not None and sign != ":":
            rest = "".join(token.text for token in inside[1:])
            separator = " " if sign[-1].isalpha() and rest[0].isalpha() else ""
            return Symbol(sign + separator + rest, span=span)
    return None


def _entrywise_power(cursor: Cursor) -> Node:
    r"""The ``\odot 2`` of ``x^{\odot 2}``; ``\circ 2`` is another way to write it."""
    start = cursor.at
    sign = cursor.take()
    if sign.text == "\\oslash":
        raise ParseError("`\\oslash` is no power", sign.span)
    body = cursor.grammar.total(cursor)
    return Entrywise((Symbol("\\cdot", span=sign.span), body), ("\\odot",), span=cursor.since(start))
