"""A place in a list of tokens, and what the parsing functions share: who is whose partner, and how deep we are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches

from derivcheck.language.nodes import Node
from derivcheck.reading import vocabulary as v
from derivcheck.reading.items import ParseError
from derivcheck.reading.lexer import Token
from derivcheck.source import Span

# Brackets count twice, for the factor and for what is inside.
DEEPEST = 160
_NESTED = "this is nested too deeply"


@dataclass(frozen=True, slots=True)
class Grammar:
    """The levels of an expression, for modules that the levels themselves are built from.

    inner      everything inside brackets: lists, relations, ``a \\mid b``
    total      a sum
    entrywise  factors with ``\\odot`` between
    product    factors side by side
    argument   factors side by side, up to the next known word
    factor     one factor with its scripts
    atom       one factor without scripts
    group      something in brackets
    begins     whether a factor begins here
    """

    inner: Callable[[Cursor], Node]
    total: Callable[[Cursor], Node]
    entrywise: Callable[[Cursor], Node]
    product: Callable[[Cursor], Node]
    argument: Callable[[Cursor], Node]
    factor: Callable[[Cursor], Node]
    atom: Callable[[Cursor], Node]
    group: Callable[[Cursor], Node]
    begins: Callable[[Cursor], bool]


@dataclass(slots=True)
class Cursor:
    """The tokens, where reading is, and what it stands in.

    limit      the index that is not read any more: the end of the tokens, or of a cell
    partners   for each opening brace, bracket or environment the index of what closes it
    bars       for each ``|`` how many there are from it on, in the same brackets
    overs      for an opening brace the index of the ``\\over`` directly inside it
    fences     what is open around the place: as written, or ``left braces sub sup cell``
    bound      the names bound by the sums around
    integrals  how many integrals wait for their ``dx``
    holders    how many derivatives wait for a ``|_{…}`` behind what they act on
    """

    tokens: list[Token]
    end: Span
    grammar: Grammar
    limit: int
    at: int = 0
    partners: dict[int, int] = field(default_factory=dict)
    bars: dict[int, int] = field(default_factory=dict)
    overs: dict[int, int] = field(default_factory=dict)
    fences: list[str] = field(default_factory=list)
    bound: list[str] = field(default_factory=list)
    integrals: int = 0
    holders: int = 0
    depth: int = 0

    def peek(self, ahead: int = 0) -> Token | None:
        """The token ``ahead`` places on, if there is one."""
        index = self.at + ahead
        return self.tokens[index] if index < self.limit else None

    def looks_at(self, kind: str, text: str | None = None) -> bool:
        """Whether the next token is of a kind, and says ``text``."""
        if self.at >= self.limit:
            return False
        token = self.tokens[self.at]
        return token.kind == kind and (text is None or token.text == text)

    def take(self) -> Token:
        """The next token, stepping over it."""
        if self.at >= self.limit:
            raise self.missing("something more")
        self.at += 1
        return self.tokens[self.at - 1]

    def since(self, start: int) -> Span:
        """The place of the tokens from ``start`` to here."""
        if self.at <= start:
            return self.tokens[start].span if start < len(self.tokens) else self.end
        return self.tokens[start].span | self.tokens[self.at - 1].span

    @property
    def fence(self) -> str:
        """The innermost open thing, or the empty string."""
        return self.fences[-1] if self.fences else ""

    @contextmanager
    def inside(self, fence: str) -> Iterator[None]:
        """Reading what stands inside a fence, where an outer integral's ``dx`` cannot stand."""
        waiting = self.integrals, self.holders
        self.integrals = self.holders = 0
        self.fences.append(fence)
        with self.deeper():
            yield
        self.fences.pop()
        self.integrals, self.holders = waiting

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """One level further down; too many are refused before the interpreter refuses them."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise ParseError(_NESTED, self.peek_span(), "give a part of it a name of its own")
        yield
        self.depth -= 1

    def braced(self, fence: str = "braces") -> Node:
        """What stands in the invisible braces that begin here."""
        self.take()
        with self.inside(fence):
            node = self.grammar.inner(self)
            self.close()
        return node

    def close(self) -> None:
        """Step over the end of invisible braces."""
        if not self.looks_at("end"):
            raise self.missing("the end of the braces")
        self.take()

    def peek_span(self) -> Span:
        """Where the next token stands, or where the formula ends."""
        if self.at < len(self.tokens):
            return self.tokens[self.at].span
        return self.end

    def missing(self, what: str) -> ParseError:
        """The error that something is expected and something else, or nothing, is there."""
        token = self.peek()
        if token is None:
            where = "the cell" if self.limit < len(self.tokens) else "the formula"
            return ParseError(f"{what} is expected where {where} ends", self.peek_span())
        if token.kind == "close" and token.text != "|":
            return ParseError(f"`{shown(token)}` stands where {what} is expected", token.span)
        return ParseError(f"{what} is expected, not `{shown(token)}`", token.span)


def cursor_of(tokens: list[Token], end: Span | None, grammar: Grammar) -> Cursor:
    """A cursor at the first token that is mathematics; braces and environments without partner are refused here."""
    kept = [token for token in tokens if token.kind not in ("quad", "tag", "label")]
    if end is None:
        end = Span(kept[-1].span.end, kept[-1].span.end) if kept else Span(0, 0)
    cursor = Cursor(kept, end, grammar, len(kept))
    _pair(cursor)
    return cursor


def shown(token: Token) -> str:
    """A token as it is quoted in a message."""
    match token.kind:
        case "open" | "close" if token.text in "{}":
            return "\\" + token.text
        case "env-begin":
            return f"\\begin{{{token.text}}}"
        case "env-end":
            return f"\\end{{{token.text}}}"
        case "text":
            return f"\\text{{{token.text}}}"
        case _:
            return token.text


_CLOSING = {"begin": "end", "open": "close", "env-begin": "env-end"}


def _pair(cursor: Cursor) -> None:
    waiting: list[int] = []
    bars: list[list[int]] = [[]]
    for index, token in enumerate(cursor.tokens):
        if token.kind in _CLOSING or token.text == "\\left.":
            waiting.append(index)
            bars.append([])
        elif _is_lone_bar(cursor, waiting, token):
            # \bigr|_{x=0} closes nothing: it says what is held fixed
            cursor.tokens[index] = Token("sign", token.text, token.span)
            bars[-1].append(index)
        elif token.kind in ("end", "close", "env-end") or token.text == "\\right.":
            _close(cursor, waiting, index, token)
            _count(cursor, bars.pop())
        elif token.kind == "row" or token.text == "&":
            _count(cursor, bars[-1])
        elif token.kind == "sign" and token.text in ("|", "\\|"):
            bars[-1].append(index)
        elif token.text in v.OVERS and waiting and cursor.tokens[waiting[-1]].kind == "begin":
            cursor.overs.setdefault(waiting[-1], index)
    if waiting:
        token = cursor.tokens[waiting[-1]]
        raise ParseError(f"`{shown(token)}` is never closed", token.span)
    _count(cursor, bars[0])


def _is_lone_bar(cursor: Cursor, waiting: list[int], token: Token) -> bool:
    if token.kind != "close" or token.text not in ("|", "\\|"):
        return False
    opener = cursor.tokens[waiting[-1]] if waiting else None
    return opener is None or opener.text not in (token.text, "\\left.")


def _close(cursor: Cursor, waiting: list[int], index: int, token: Token) -> None:
    if not waiting:
        raise ParseError(f"`{shown(token)}` closes nothing", token.span)
    opener = cursor.tokens[waiting[-1]]
    # \left. and \right. stand for the bracket that is not written
    wanted = _CLOSING.get(opener.kind, "close")
    if wanted != ("close" if token.kind == "command" else token.kind):
        if opener.kind == "open" or token.kind != "close":
            raise ParseError(f"`{shown(opener)}` is never closed", opener.span)
        raise ParseError(f"`{shown(token)}` closes nothing", token.span)
    if token.kind == "env-end" and opener.text != token.text:
        raise ParseError(f"`{shown(opener)}` is closed by `{shown(token)}`", token.span)
    cursor.partners[waiting.pop()] = index


def _count(cursor: Cursor, indices: list[int]) -> None:
    """Number the bars of one level from its end, so that an odd one out is seen without searching."""
    seen = {"|": 0, "\\|": 0}
    for index in reversed(indices):
        text = cursor.tokens[index].text
        seen[text] += 1
        cursor.bars[index] = seen[text]
    indices.clear()


_OPERATORS = frozenset({*v.SUM_SIGNS, *v.PRODUCT_SIGNS, *v.ENTRYWISE_SIGNS})
_STRUCTURE = frozenset({*v.RELATIONS, *v.ARROWS, *_OPERATORS, "\\mid", "\\over", "\\right.", "\\land", "\\wedge"})
_KNOWN = [
    *v.LETTERS, *v.WORD_COMMANDS, *v.SYMBOLS, *v.STYLES, *v.FRACTIONS, *v.BIG_COMMANDS,
    *(t for t in _STRUCTURE if t[0] == "\\"), "\\partial", "\\nabla", "\\sqrt", "\\boxed",
]  # fmt: skip


def unexpected(cursor: Cursor, wanted: str | None = None) -> ParseError:
    """The error for the token that stands here; ``wanted`` says what was expected."""
    token = cursor.peek()
    if token is None:
        return cursor.missing(wanted or "more")
    if token.text in v.REFUSED and token.kind in ("command", "sign", "open"):
        message, advice = v.REFUSED[token.text]
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
    if token.text in v.RELATIONS:
        return ParseError(f"`{token.text}` stands inside one expression", token.span)
    return ParseError(f"`{shown(token)}` is not understood here", token.span)


def _unknown(token: Token) -> ParseError:
    close = get_close_matches(token.text, _KNOWN, 1, 0.75) if len(token.text) > 3 else []
    advice = f"did you mean `{close[0]}`?" if close else "define it with `\\newcommand`"
    return ParseError(f"`{token.text}` is not known", token.span, advice)
