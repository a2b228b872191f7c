r"""LaTeX mathematics as a flat list of tokens, each with its place in the source.

Spacing and sizing are dropped, brackets and Unicode normalised, macros expanded. What a command
means is the parser's; what it is made of (a delimiter, prose, an environment) is decided here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from derivcheck.reading.characters import ACCENTS, LOWERED, RAISED, latex_of
from derivcheck.reading.expansion import Page, closing_brace, page_of, raw_argument, skip_space
from derivcheck.reading.items import Macro, ParseError
from derivcheck.reading.vocabulary import GREEK, STYLES, known_word, words
from derivcheck.source import Span

Kind = Literal[
    "number", "letter", "command", "open", "close", "begin", "end", "sign", "row", "text", "quad",
    "env-begin", "env-end", "tag", "label",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    r"""One piece of mathematics.

    number       ``2``, ``0.5``, ``1{,}000``
    letter       one letter
    command      ``\alpha``, with its backslash; also ``\left.`` and ``\right.``
    open, close  a visible bracket: ``( [ {``, ``\langle``, ``\lfloor``, ``|`` and ``\|`` where a side was written
    begin, end   invisible braces
    sign         ``+ - / * = < > , ; : ! | \| & ' ^ _ . :=``, and any character that is nothing else
    row          the end of a row
    text         the content of ``\text{…}``
    quad         ``\quad``, ``\qquad``
    env-begin    an environment's name, without star; also ``env-end``
    tag, label   their content
    """

    kind: Kind
    text: str
    span: Span


_PIECE = re.compile(
    r"""
    (?P<space>\s+|~)
  | (?P<comment>%[^\n]*)
  | (?P<dots>\.\.+)
  | (?P<number>\d+(?:(?:\{,\}|\\,)\d{3}(?!\d))*(?:\.\d+)?|\.\d+)
  | (?P<row>\\\\\*?(?:\s*\[\s*-?[\d.]+\s*(?:pt|em|ex|mm|cm|in|mu|\\jot|\\baselineskip)\s*\])?
           |\\(?:newline|cr)(?![A-Za-z]))
  | (?P<command>\\(?:(?:operatorname|tag|hspace|vspace)\*|[A-Za-z]+|.))
  | (?P<letter>[A-Za-z])
  | (?P<sign>:=|<=|>=|==|[-+*/=<>,;:!|&'^_.?])
  | (?P<bracket>[()\[\]])
  | (?P<brace>[{}])
  | (?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱʲᵃᵇᶜᵈᵉᶠᵍʰᵏˡᵐᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀ]+)
  | (?P<lowered>[₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ]+)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)

_DROPPED = words(
    "\\, \\; \\: \\! \\> \\/ \\- \\@ "
    "\\thinspace \\medspace \\thickspace \\negthinspace \\negmedspace \\enspace \\enskip "
    "\\displaystyle \\textstyle \\scriptstyle \\scriptscriptstyle \\limits "
    "\\nolimits \\displaylimits \\nonumber \\notag "
    "\\mathstrut \\strut \\allowbreak \\nobreak \\hfill \\hline "
    "\\hdashline \\toprule \\midrule \\bottomrule \\noindent "
    "\\centering \\mathrel \\mathbin \\mathord \\mathopen \\mathclose "
    "\\mathpunct \\mathinner \\ensuremath \\relax \\null "
    "\\smallskip \\medskip \\bigskip \\small \\footnotesize "
    "\\space \\nobreakspace \\normalsize \\large \\protect \\unboldmath \\boldmath"
) | {"\\ ", "\\\n", "\\\t"}

_DROPPED_WITH_ARGUMENT = words(
    "\\hspace \\hspace* \\vspace \\vspace* \\phantom \\hphantom "
    "\\vphantom \\mspace \\color \\textcolor \\mathcolor "
    "\\class \\cssId \\style \\require \\cline \\fontsize"
)

_DROPPED_WITH_ARGUMENTS = {"\\definecolor": 3, "\\colorlet": 2, "\\setlength": 2}

_REFERENCES = words("\\eqref \\ref \\cref \\Cref \\autoref \\cite \\citep \\citet")
"""What points to another place of the document is prose."""

_SKIPS = words("\\hskip \\mskip \\kern \\mkern")
_LENGTH = re.compile(r"\s*[-+]?[\d.]+\s*(?:pt|em|ex|mm|cm|in|mu|sp)")

_SIZES = frozenset("\\" + size + side for size in ("big", "Big", "bigg", "Bigg") for side in ("", "l", "r", "m")) | {
    "\\left",
    "\\right",
    "\\middle",
}

_TEXTS = words(
    "\\text \\textrm \\textnormal \\mbox \\hbox \\textup \\textmd \\intertext \\shortintertext \\textit \\emph"
)

_RELABELLED = {
    "\\operatorname*": "\\operatorname", "\\operatornamewithlimits": "\\operatorname", "\\longrightarrow": "\\to",
    "\\vert": "|", "\\Vert": "\\|", "\\parallel": "\\|", "\\lbrack": "[", "\\rbrack": "]", "\\lparen": "(",
    "\\rparen": ")", "\\lbrace": "\\{", "\\rbrace": "\\}", "\\ne ": "\\ne", "\\backslash": "\\setminus",
    "\\smallsetminus": "\\setminus",
}  # fmt: skip

_BRACKETS: dict[str, tuple[Kind, str]] = {
    "(": ("open", "("), ")": ("close", ")"), "[": ("open", "["), "]": ("close", "]"), "\\{": ("open", "{"),
    "\\}": ("close", "}"), "\\langle": ("open", "\\langle"), "\\rangle": ("close", "\\rangle"),
    "\\lvert": ("open", "|"), "\\rvert": ("close", "|"), "\\lVert": ("open", "\\|"), "\\rVert": ("close", "\\|"),
    "\\lfloor": ("open", "\\lfloor"), "\\rfloor": ("close", "\\rfloor"), "\\lceil": ("open", "\\lceil"),
    "\\rceil": ("close", "\\rceil"),
}  # fmt: skip

# Known words set as single letters are told by the bracket right behind them; of two letters only ``ln``.
# or by what they act on: no product of letters is written ``log p`` or ``max_w``.
_SPELLED_OUT = re.compile(
    r"(?:[A-Za-z]{3,}|ln)(?=\(|\\left\()|tr(?=\([A-Z])|arg ?(?:max|min)(?=_|\s*\\limits|\s+[\w\\])"
    r"|(?:max|min)(?=_)|(?:log|exp|tanh|softmax)(?=_|(?:\s|\\[,;:! ])*\\(?!cdot|times|[lg]eq?\b)[A-Za-z]"
    r"|(?:\s|\\[,;:! ])+[\w(\[])"
)
# Markdown escapes the underscore: ``a\_i``, ``\sum\_{i=1}^n``; not that of ``max\_len``.
_ESCAPED_SUB = re.compile(r"\\_(?=\{|\\[A-Za-z]|[A-Za-z0-9](?![A-Za-z]))")
_LED = re.compile(
    r"\s*(?P<word>if|for|when)\s+(?P<rest>[A-Za-z]\w*(?:\([^()]*\))?\s*(?:=|<|>|\\(?:ne|neq|le|ge|leq|geq|in)\b).*)"
    r"|(?P<plain>\s*(?:(?:if|for|when)\s+)?)(?P<bare>[A-Za-z](?:_\w+)?[\s$]*(?:[=<>]|\\(?:neq?|leq?|geq?)\b)[\s$]*"
    r"(?:[A-Za-z](?:_\w+)?|\d+)\s*)\Z",
    re.DOTALL,
)
_NEGATED = {"=": "\\ne", "\\in": "\\notin", "\\equiv": "\\not\\equiv"}
_DEEPEST_TEXT = 12
_LONGEST_NUMBER = 1000


def tokenize(text: str, span: Span, macros: dict[str, Macro] | None = None, gaps: Sequence[Span] = ()) -> list[Token]:
    """The tokens of the maths that stands at ``span`` in ``text``; what stands in the gaps is left out."""
    page = page_of(text, span, macros or {}, gaps)
    tokens: list[Token] = []
    _read(page, 0, len(page.text), tokens, 0)
    return _joined(tokens)


def _read(page: Page, at: int, end: int, out: list[Token], depth: int) -> None:
    while at < end:
        match = _PIECE.match(page.text, at, end)
        if match is None:  # the pattern ends with "anything", so this does not happen
            raise ParseError("this character is not understood", page.span(at, at + 1))
        at = match.end()
        span = page.span(match.start(), at)
        piece = match[0]
        match match.lastgroup:
            case "space" | "comment":
                pass
            case "number":
                if len(piece) > _LONGEST_NUMBER:
                    raise ParseError(
                        f"this number has more than {_LONGEST_NUMBER} digits", span, "write a power of ten"
                    )
                out.append(Token("number", piece.replace("{,}", "").replace("\\,", ""), span))
            case "row":
                out.append(Token("row", "\\\\", span))
            case "dots":
                out.append(Token("command", "\\dots", span))
            case "letter":
                word = _SPELLED_OUT.match(page.text, match.start(), end)
                if word is not None and _is_operator(page.text, word):
                    at = word.end()
                    _spelled(f"\\operatorname{{{word[0].replace(' ', '')}}}", page.span(match.start(), at), out)
                else:
                    out.append(Token("letter", piece, span))
            case "sign":
                out.append(_sign(piece, span))
            case "bracket":
                kind, bracket = _BRACKETS[piece]
                out.append(Token(kind, bracket, span))
            case "brace":
                out.append(Token("begin" if piece == "{" else "end", piece, span))
            case "command":
                at = _command(page, match.start(), at, end, out, depth)
            case "raised" | "lowered":
                _script(piece, match.lastgroup, span, out)
            case _:
                _character(piece, span, out)


def _is_operator(text: str, word: re.Match[str]) -> bool:
    """Whether letters are a whole word that is known: ``exp`` of ``exp(x)``, not of ``aexp(x)`` or ``\\myexp(x)``."""
    before = text[word.start() - 1] if word.start() else ""
    known = word[0] in ("Var", "Cov") or known_word(word[0].replace(" ", "")) is not None
    return not before.isalpha() and known


def _sign(piece: str, span: Span) -> Token:
    if piece in ("<=", ">="):
        return Token("command", "\\le" if piece == "<=" else "\\ge", span)
    return Token("sign", "=" if piece == "==" else piece, span)


def _script(piece: str, kind: str | None, span: Span, out: list[Token]) -> None:
    """A run of raised or lowered characters as one script in braces."""
    sign, table = ("^", RAISED) if kind == "raised" else ("_", LOWERED)
    out.append(Token("sign", sign, span))
    out.append(Token("begin", "{", span))
    _spelled("".join(table[character] for character in piece), span, out)
    out.append(Token("end", "}", span))


def _spelled(latex: str, span: Span, out: list[Token]) -> None:
    """Tokens that all stand at one place, for a character that is short for them."""
    page = Page(latex, [span.start] * len(latex), [span.end] * len(latex))
    _read(page, 0, len(latex), out, _DEEPEST_TEXT)


def _character(character: str, span: Span, out: list[Token]) -> None:
    if character in ACCENTS:
        if out and (out[-1].kind == "letter" or out[-1].text in GREEK):
            letter = out.pop()
            out.append(Token("command", ACCENTS[character], letter.span))
            out.append(Token("begin", "{", letter.span))
            out.append(letter)
            out.append(Token("end", "}", span))
        else:
            out.append(Token("sign", character, span))
    elif (latex := latex_of(character)) is not None:
        _spelled(latex, span, out)
    elif not character.isprintable() or unicode_space(character):
        pass
    else:
        out.append(Token("sign", character, span))


def unicode_space(character: str) -> bool:
    """Whether a character only spaces (also the invisible times and joiners)."""
    return character.isspace() or character in "\u200b\u200c\u200d\u2060\u2061\u2062\u2063\ufeff\u00ad"


def _command(page: Page, start: int, at: int, end: int, out: list[Token], depth: int) -> int:
    """One command with what belongs to it; gives where reading goes on."""
    name = page.text[start:at]
    name = _RELABELLED.get(name, name)
    span = page.span(start, at)
    if name in _DROPPED:
        return at
    if name == "\\_" and _ESCAPED_SUB.match(page.text, start, end):
        out.append(Token("sign", "_", span))
        return at
    if name == "\\colorbox":
        at = _argument(page, at, end, span)[2]
        boxed = _argument(page, at, end, span)
        return _prose(page, start, at, end, out, depth) if "$" in page.text[boxed[0] : boxed[1]] else at
    if name in _DROPPED_WITH_ARGUMENTS:
        for _ in range(_DROPPED_WITH_ARGUMENTS[name]):
            at = _argument(page, at, end, span)[2]
        return at
    if name == "\\bbox":
        return _option(page.text, at, end)
    if name in _REFERENCES:
        out.append(Token("text", "see", span))
        return _argument(page, at, end, span)[2]
    if name in _SIZES:
        return _sized(page, name, start, at, end, out)
    if name in _TEXTS:
        return _prose(page, start, at, end, out, depth)
    if name in ("\\begin", "\\end"):
        return _environment(page, name, start, at, end, out)
    if name in ("\\tag", "\\tag*", "\\label"):
        argument = _argument(page, at, end, span)
        content = page.text[argument[0] : argument[1]].strip()
        out.append(Token("label" if name == "\\label" else "tag", content, page.span(start, argument[2])))
        return argument[2]
    if name in _SKIPS and (length := _LENGTH.match(page.text, at, end)) is not None:
        return length.end()
    if name in _DROPPED_WITH_ARGUMENT:
        at = _option(page.text, at, end)
        return _argument(page, at, end, span)[2]
    if name in _BRACKETS:
        kind, bracket = _BRACKETS[name]
        out.append(Token(kind, bracket, span))
    elif name in ("|", "\\|"):
        out.append(Token("sign", name, span))
    elif name in ("\\quad", "\\qquad"):
        out.append(Token("quad", name, span))
    else:
        out.append(Token("command", name, span))
    return at


def _argument(page: Page, at: int, end: int, command: Span) -> tuple[int, int, int]:
    argument = raw_argument(page.text, at)
    if argument is None or argument[2] > end:
        if page.text[skip_space(page.text, at) :][:1] == "{":
            brace = skip_space(page.text, at)
            raise ParseError("`{` is never closed", page.span(brace, brace + 1))
        raise ParseError("the command has no argument", command, "write it in braces: `{…}`")
    return argument


def _option(text: str, at: int, end: int) -> int:
    """Where reading goes on behind an optional argument in square brackets, if there is one."""
    start = skip_space(text, at)
    if start < end and text[start] == "[":
        close = text.find("]", start, min(end, start + 80))
        if close >= 0:
            return close + 1
    return at


def _sized(page: Page, name: str, start: int, at: int, end: int, out: list[Token]) -> int:
    r"""``\left(``, ``\bigr|``, ``\middle|``: the delimiter, on the side that the command says."""
    match = _PIECE.match(page.text, skip_space(page.text, at), end)
    if match is None:
        raise ParseError(f"`{name}` has no bracket behind it", page.span(start, at))
    delimiter = _RELABELLED.get(match[0], match[0])
    if not delimiter.isascii():
        delimiter = latex_of(delimiter) or delimiter
    if delimiter in ("<", ">") and name in ("\\left", "\\right"):
        delimiter = "\\langle" if delimiter == "<" else "\\rangle"
    span = page.span(start, match.end())
    opens = name == "\\left" or name.endswith("l")
    closes = name == "\\right" or name.endswith("r")
    if delimiter.startswith(".") and (opens or closes):
        # ".5" behind \right. is a delimiter and a number; \bigl. is nothing but spacing
        if name in ("\\left", "\\right"):
            out.append(Token("command", name + ".", span))
        return match.start() + 1
    if delimiter in ("|", "\\|", "\\mid", "\\lvert", "\\rvert", "\\lVert", "\\rVert"):
        bar = "\\|" if delimiter in ("\\|", "\\lVert", "\\rVert") else "|"
        if name == "\\middle":
            out.append(Token("command", "\\mid", span) if bar == "|" else Token("sign", bar, span))
        elif delimiter.startswith(("\\l", "\\r")) and not (opens or closes):
            out.append(Token(_BRACKETS[delimiter][0], bar, span))
        else:
            out.append(Token("open" if opens else "close" if closes else "sign", bar, span))
        return match.end()
    if delimiter in _BRACKETS:
        kind, bracket = _BRACKETS[delimiter]
        out.append(Token(kind, bracket, span))
        return match.end()
    if delimiter in ("/", "\\setminus"):
        out.append(Token("sign", delimiter, span))
        return match.end()
    raise ParseError(f"`{name}` has no bracket behind it", page.span(start, at))


def _prose(page: Page, start: int, at: int, end: int, out: list[Token], depth: int) -> int:
    r"""``\text{…}``: its content; maths in dollars inside it is read as maths."""
    content, close, after = _argument(page, at, end, page.span(start, at))
    led = _LED.match(page.text, content, close) if depth < _DEEPEST_TEXT else None
    if led is not None and (led["bare"] or "$" not in page.text[content:close]):
        # ``\text{if k = y_i}`` says in words only what leads in to it, ``\text{k $\ne$ y_i}`` nothing.
        begin = led.start("bare" if led["bare"] else "rest")
        if word := (led["word"] or led["plain"]).strip():
            out.append(Token("text", word, page.span(content, begin)))
        for part in re.finditer(r"[^$]+", page.text[begin:close]):
            _read(page, begin + part.start(), begin + part.end(), out, depth + 1)
        return after
    pieces = re.split(r"(?<!\\)\$", page.text[content:close])
    if len(pieces) == 1 or len(pieces) % 2 == 0 or depth >= _DEEPEST_TEXT:
        out.append(Token("text", pieces[0] if len(pieces) == 1 else page.text[content:close], page.span(start, after)))
        return after
    for number, piece in enumerate(pieces):
        stop = content + len(piece)
        if number % 2:
            _read(page, content, stop, out, depth + 1)
        elif piece.strip():
            out.append(Token("text", piece, page.span(content, stop)))
        content = stop + 1
    return after


def _environment(page: Page, name: str, start: int, at: int, end: int, out: list[Token]) -> int:
    content, close, after = _argument(page, at, end, page.span(start, at))
    environment = page.text[content:close].strip()
    starred = environment.endswith("*")
    environment = environment.rstrip("*")
    if name == "\\end":
        out.append(Token("env-end", environment, page.span(start, after)))
        return after
    if starred or environment in ("array", "aligned", "alignedat", "gathered", "cases", "split"):
        after = _option(page.text, after, end) if page.text[after : after + 1] == "[" else after
    if (
        environment in ("array", "alignedat", "alignat", "subarray")
        and (brace := skip_space(page.text, after)) < end
        and page.text[brace] == "{"
    ):
        columns = closing_brace(page.text, brace)
        if columns is None or columns >= end:
            raise ParseError("`{` is never closed", page.span(brace, brace + 1))
        after = columns + 1
    out.append(Token("env-begin", environment, page.span(start, after)))
    return after


def _joined(tokens: list[Token]) -> list[Token]:
    r"""Tokens that mean something only together: ``\not=``, ``{=}``, and brackets interrupted by a line break."""
    if not any(token.text in ("\\not", "\\right.", "{", "\\mid") for token in tokens):
        return tokens
    out: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        if token.text == "\\not" and following is not None and following.text in _NEGATED:
            out.append(Token("command", _NEGATED[following.text], token.span | following.span))
            at += 2
        elif token.text == "\\mid" and following is not None and following.text == "\\mid":
            out.append(Token("sign", "\\|", token.span | following.span))
            at += 2
        elif token.text in ("_", "^") and out[-2:-1] and out[-2].text == token.text and out[-1].kind == "begin":
            # ``c_{_2}`` only sets its index lower.
            at += 1
        elif token.text in STYLES and (each := _letter_by_letter(tokens, at)) is not None:
            out.extend(each[0])
            at = each[1]
        elif token.kind == "begin" and _is_lone_relation(tokens, at, out):
            out.append(tokens[at + 1])
            at += 3
        elif token.text == "\\right." and (resumed := _resumed(tokens, at)) is not None:
            at = resumed
        else:
            out.append(token)
            at += 1
    return out


def _letter_by_letter(tokens: list[Token], at: int) -> tuple[list[Token], int] | None:
    r"""``\mathbf{A B}^\top`` as ``\mathbf{A} \mathbf{B}^\top``, as it is printed: the script is on the last letter."""
    if STYLES[tokens[at].text] != "\\mathbf" or at + 1 >= len(tokens) or tokens[at + 1].kind != "begin":
        return None
    end = at + 2
    while end < len(tokens) and (tokens[end].kind == "letter" or tokens[end].text in GREEK):
        end += 1
    if end < at + 4 or end + 1 >= len(tokens) or tokens[end].kind != "end" or tokens[end + 1].text not in ("^", "_"):
        return None
    found: list[Token] = []
    for letter in tokens[at + 2 : end]:
        found += [tokens[at], replace(tokens[at + 1], span=letter.span), letter, replace(tokens[end], span=letter.span)]
    return found, end + 1


def _is_lone_relation(tokens: list[Token], at: int, before: list[Token]) -> bool:
    r"""``{=}``, braces that only change the spacing; ``x^{=}`` and ``\overset{=}`` are not that."""
    if at + 2 >= len(tokens) or tokens[at + 2].kind != "end" or tokens[at + 1].text not in "=<>+-:":
        return False
    return not before or not (before[-1].text in ("^", "_") or before[-1].kind in ("command", "end"))


def _resumed(tokens: list[Token], at: int) -> int | None:
    r"""Behind ``\right. \\ & \left.``, which takes up a bracket again on the next row."""
    at += 1
    rows = 0
    while at < len(tokens) and (tokens[at].kind in ("row", "quad") or tokens[at].text == "&"):
        rows += tokens[at].kind == "row"
        at += 1
    if rows and at < len(tokens) and tokens[at].text == "\\left.":
        return at + 1
    return None
