r"""What was refused, and of which names it may have said something: the spans from which firm ground is worked out.

A line that *constrains* (declares, defines, assumes, draws, is a condition) leaves open what its names are; a line that
only *states* something of names that others make is missing alone. Whether it constrains is read off its form, its
relation and the words in front of it, the same for lines that could not be parsed and for those without a meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from derivcheck.reading.phrases import IFS, KINDS, LETS
from derivcheck.source import Span

_ALPHABETS = r"mathbf|boldsymbol|bm|bold|mathbb|mathcal|mathrm|mathsf|mathfrak|mathscr|mathit"
_ACCENTS = r"hat|widehat|bar|overline|tilde|widetilde|vec|dot|ddot|check|breve"
_SCRIPT = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}|\\[A-Za-z]+|[^\s{}\\]"
_NAME = re.compile(
    rf"(?:\\(?:{_ALPHABETS}|{_ACCENTS})\s*\{{?\s*)*(?:\\[A-Za-z]+|[A-Za-z])\}}*"
    rf"((?:'|\s*[_^]\s*(?:{_SCRIPT}))*)"
)
_PROSE = re.compile(
    r"\\(?:text\w*|mathrm|operatorname\*?|mbox|begin|end|label|tag|ref|eqref|hspace|vspace)\s*\{[^{}]*\}"
)
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|:=|[{}=:<>]", re.DOTALL)
_RELATION = {
    "=": "=", ":=": "=", "\\triangleq": "=", "\\coloneqq": "=", "\\equiv": "=", "\\doteq": "=", "\\in": "\\in",
    ":": ":", "\\colon": ":", "\\sim": "\\sim", "\\propto": "\\propto", "\\approx": "\\approx", "\\to": "\\to",
    "\\rightarrow": "\\to", "\\mapsto": "\\mapsto", "\\leftarrow": "\\leftarrow", "\\gets": "\\leftarrow",
    "\\Rightarrow": "\\Rightarrow", "\\implies": "\\Rightarrow", "\\therefore": "\\Rightarrow",
    **dict.fromkeys(("<", ">", "\\le", "\\ge", "\\leq", "\\geq", "\\leqslant", "\\geqslant", "\\ne", "\\neq"), "<"),
    **dict.fromkeys(("\\ll", "\\gg", "\\succ", "\\succeq", "\\prec", "\\preceq", "\\subset", "\\subseteq"), "<"),
    "\\perp": "<",
}  # fmt: skip
_LEFT_ALONE = frozenset(("=", "\\in", "\\sim", "\\propto", "\\approx", "\\mapsto", ":"))
_VALUES = frozenset(("=", "<", "\\approx", "\\propto", "\\leftarrow", "\\sim"))
_KIND = re.compile(r"\\(?:in|to|mapsto|rightarrow|colon|mathbb|mathcal)(?![A-Za-z])")
_SPACES = re.compile(r"[&$]|\\(?:[,;:!]|(?:left|right|big|Big|bigl|bigr|q?quad|displaystyle)(?![A-Za-z]))")
_ONE = _NAME.pattern.replace("((?:'", "(?:(?:'")
_CALL = re.compile(rf"(?P<head>{_ONE})\s*[(\[].*[)\]]", re.DOTALL)
_LIST = re.compile(rf"\s*(?:[(\[]|\\\{{)?\s*{_ONE}(?:\s*(?:,|;|\||\\mid)\s*{_ONE})*\s*(?:[)\]]|\\\}})?\s*", re.DOTALL)
_DENSITIES = re.compile(r"(?:[pqP]|\\mathbb\s*\{?P\}?|\\Pr)\s*(?:_.*)?")
_OPERATORS = re.compile(
    r"\\(?:[dt]?frac|partial|nabla|sum|int|prod|log|ln|exp|mathbb\s*\{?\s*E|operatorname|sqrt|max|min|arg|lim|det|cdot"
    r"|times|odot|circ|otimes|begin|Vert|lVert|lvert|langle|d?over)(?![A-Za-z])|\\mathrm\s*\{?\s*d\s*\}?|[-+*/]|\\\||\d"
)
_RANGE = re.compile(r"=[^=]*(?:\\[lc]?dots|\.\.\.|…)")
_WINDOW = 2000
"""So many characters before a line can belong to its sentence."""
_OPENS = re.compile(r"(?:\s|\$|\\[(\[]|\\begin\{[^{}]*\}(?:\{[^{}]*\})?)*\Z")
_DISPLAY = re.compile(r"(?:\$\$|\\\[|\\begin\{[^{}]*\}(?:\{[^{}]*\})?)\s*\Z")
_MATHS = re.compile(r"\$|\\[)\]]|\\end\{[^{}]*\}")
_SAYS = re.compile(r"[.;!?](?=\s|\Z)|\n\s*\n|\n(?=#+ |\\(?:sub)*section\b)|^#.*\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Unread:
    """A refused line that may constrain its ``names``, each as the ways to spell it, the most telling first.

    ``why`` says what is the matter with it. A condition of a sentence says nothing outside of it: then ``around`` is
    the stretch of that sentence; of one that only ``narrows`` the inputs, what holds without it holds with it. What
    ``sets`` a name that has a value in its section already only states something of it. A constraint of an
    ``optimum`` says nothing of slopes and solutions. What may be a condition or a
    claim is ``stated``: as a condition it leaves something out only if it holds for some inputs and fails for others.
    What bears only on the lines ``behind`` it leaves those before as they are. What tells ``values`` of its names tells
    no kind of them, and what holds for all their values holds.
    """

    names: tuple[tuple[str, ...], ...]
    span: Span
    around: Span | None = None
    sets: bool = False
    optimum: bool = False
    narrows: bool = False
    behind: bool = False
    stated: Span | None = None
    values: bool = False
    why: str = "was not read"


def folded(name: str) -> str:
    """A name without what print leaves open: ``\\mathbf{x}_{ i }`` and ``\\boldsymbol x_i`` are one."""
    name = re.sub(r"\\(?:boldsymbol|bm|bold)(?![A-Za-z])", r"\\mathbf", name)
    return re.sub(r"[\s{}]|\\[,;:!]|\\(?:left|right)(?![A-Za-z])", "", name)


def faceless(name: str) -> str:
    r"""A folded name without its type face: entries of ``\mathbf{x}`` are written ``x_k``."""
    return re.sub(r"\\math(?:bf|rm|sf|it)", "", name)


def names_in_text(text: str, *, letters: bool = False) -> Iterator[tuple[str, ...]]:
    r"""Every name in a stretch of LaTeX, each as the names that it may be: ``x_i^2``, ``x_i``, ``x_{\cdot}``, ``x``.

    With ``letters`` those in their scripts too, which may be indices.
    """
    # A long text repeats a few names.
    for whole, scripts in dict.fromkeys(found.group(0, 1) for found in _NAME.finditer(_PROSE.sub(" ", text))):
        yield from _ways(whole, scripts)
        if letters:
            short = re.findall(r"(?<![\\A-Za-z])[A-Za-z]{1,2}(?![A-Za-z])", scripts)
            yield from ((letter,) for letter in "".join(short))


def unaccented(name: str) -> str:
    r"""A name without its type face and accents: ``x`` of ``\hat{\mathbf{x}}``."""
    return re.sub(r"\\[a-z]+\{|\}", "", name)


def letters_of(*keys: str) -> frozenset[str]:
    """The letters of which names are made, without their type faces."""
    found = re.findall(r"\\(?!math|bold|text|operatorname)[A-Za-z]+|(?<![\\A-Za-z])[A-Za-z]", " ".join(keys))
    return frozenset(found)


def is_styled_letter(name: str) -> bool:
    r"""Whether a name is one letter in a type face or below an accent: ``\mathbf{x}``."""
    return re.fullmatch(r"(?:\\[a-z]+\{)+[A-Za-z]\}+", name) is not None


def upright(name: str) -> str:
    r"""A name whose words are all ``\mathrm``, without spaces."""
    return re.sub(r"\\(?:text|operatorname)\b", r"\\mathrm", name).replace(" ", "")


def unbold(name: str) -> str:
    """A name without its type face."""
    return re.sub(r"\\mathbf\{|\}", "", name)


def is_greek(name: str) -> bool:
    r"""Whether a name is a command for a letter: ``\alpha``, ``\theta_1`` is none."""
    return re.fullmatch(r"\\(?!math|bar|hat|tilde|vec|dot|bold)[a-z]+", name) is not None


def words_in(script: str) -> list[str]:
    """The letters, words and commands in a script."""
    return re.findall(r"\\?[a-zA-Z]+", script)


def is_index(script: str) -> bool:
    """Whether a script counts: ``n``, ``t-1``."""
    return re.fullmatch(r"[a-z](?:[-+]\d+)?", script) is not None


def words_called(text: str) -> list[str]:
    """The words that stand before a bracket as the name of a function does."""
    return re.findall(r"(?<![\\A-Za-z])[A-Za-z]{2,}(?=\()", text)


def counts_pi(text: str) -> bool:
    r"""Whether π is taken a number of times, as in ``2 \pi``."""
    return re.search(r"\d\s*\\pi(?![A-Za-z_])", text) is not None


def is_sum_of_members(letter: str, text: str) -> bool:
    r"""Whether a letter without an index is another name than its members: ``N = \sum_k N_k``."""
    one = re.escape(letter)
    return re.search(rf"(?<![\w\\}}]){one}\s*&?\s*=[^$\n]*(?<![\w\\]){one}_", text) is not None


def has_letter_below(letter: str, text: str) -> bool:
    r"""Whether a name stands somewhere with a letter as its index: ``r_t``, ``r_{t+1}``, and no ``r_{\max}``."""
    return re.search(rf"(?<![\w\\]){re.escape(letter)}_\{{?\s*[a-z](?![a-zA-Z])", text) is not None


def nothing_said_of_set(name: str, text: str) -> bool:
    r"""Whether a set is only named where what is in it is declared: ``x \in \mathcal{X}``, ``\mathcal{X} \to``."""
    one = re.escape(name)
    declares = rf"\\(?:in|times|to|rightarrow|colon)\s*{one}|:\s*{one}"
    behind = rf"{one}\s*(?:\\subset|=|:=|\\coloneqq|\\equiv)|{one}\$\s*(?:is|be|denotes?|the)\b"
    return len(re.findall(one, text)) == len(re.findall(declares, text)) and re.search(behind, text) is None


def stands_alone(text: str, index: Span) -> bool:
    r"""Whether a member stands alone in brackets, and may mean all of them: ``\operatorname{diag}(s_i)``."""
    before = re.search(r"[(\[{]\s*[\\\w{}]+\s*[_^]\s*[{(]*\s*\Z", text[: index.start])
    return before is not None and re.match(r"\s*[})]*\s*(?:\\?[)\]}]|\\right)", text[index.end :]) is not None


@lru_cache(maxsize=4096)
def _ways(whole: str, scripts: str) -> tuple[tuple[str, ...], ...]:
    """What a name with its scripts may be."""
    base = whole[: len(whole) - len(scripts)]
    ways = [folded(whole)]
    parts = re.findall(rf"'|[_^]\s*(?:{_SCRIPT})", scripts)
    for part in parts:
        ways.append(folded(base + part))
        ways.append(folded(base) + (r"^(\cdot" if part.startswith("^") else r"_\cdot" if part != "'" else ""))
    ways.append(folded(base))
    plain = tuple(dict.fromkeys(way for way in ways if "'" not in way))
    # ``x'`` may be a name of its own.
    return (tuple(dict.fromkeys(way for way in ways if "'" in way)), plain) if "'" in scripts else (plain,)


def unread(text: str, span: Span) -> Iterator[Unread]:
    """What a refused stretch may constrain: for each of its rows the names, none where it only states something."""
    before = text[max(0, span.start - _WINDOW) : span.start]
    if _DISPLAY.search(before):
        # A sentence goes on into a display, over an empty line as well.
        before = _OPENS.sub("", before)
    # The words of a row before it in its display are said of that row.
    lead = _MATHS.split(_OPENS.sub("", _SAYS.split(before)[-1]))[-1].rpartition("\\\\")[2].lower()
    for number, row in enumerate(re.split(r"\\\\(?:\[[^\]]*\])?", text[span.start : span.end])):
        words = " ".join(re.findall(r"\\(?:text\w*|mbox|mathrm)\s*\{([^{}]*)\}", row)).lower()
        left, sign = _left_side(row)
        led = f"{lead if not number else ''} {words}"
        names = tuple(dict.fromkeys(names_in_text(_constraining(row, left, sign, led, _around(text, span)))))
        if names and "'" in names[0][0]:
            names = names[:1]
        if names:
            conditional = IFS.search(lead) is not None and sign != "\\in" and not _RANGE.search(row)
            around = sentence_at(text, span) if conditional else None
            yield Unread(names, span, around, sets=sign == "=" and LETS.search(led) is None,
                         values=sign in _VALUES and _KIND.search(row) is None)  # fmt: skip


def _constraining(row: str, left: str, sign: str, led: str, around: str) -> str:
    """The part of a row whose names it may constrain."""
    if not sign:
        return row if KINDS.search(around) else ""
    if sign == "\\sim":
        return left
    if sign in _LEFT_ALONE and (named := _named(left)):
        return named
    constrains = sign == "<" or LETS.search(led) or IFS.search(led)
    return row if constrains and sign not in ("\\leftarrow", "\\Rightarrow") else ""


def _named(left: str) -> str:
    r"""What is set where a name, a call or a list of names stands on the left: ``z_i``, ``f(x)``, ``(\mu, \Sigma)``.

    Of a call it is the function; of a density its arguments are random.
    """
    left = _SPACES.sub("", _PROSE.sub("", left)).strip()
    call = _CALL.fullmatch(left)
    if call is not None and not _OPERATORS.search(head := call.group("head").strip()):
        return left if _DENSITIES.fullmatch(head) else "" if "'" in head else head
    # A power of one name tells of it what it is: ``S^{-1} = …``.
    power = _NAME.fullmatch(left)
    of = left if power is None else left[: power.start(1)]
    return left if _LIST.fullmatch(left) and not _OPERATORS.search(of) else ""


def _left_side(row: str) -> tuple[str, str]:
    """What stands before the first relation outside of braces, and its sign; no sign if there is none."""
    depth = 0
    for token in _TOKEN.finditer(row):
        depth += {"{": 1, "}": -1}.get(token.group(), 0)
        sign = _RELATION.get(token.group())
        if sign is not None and depth <= 0:
            return row[: token.start()], sign
    return row, ""


def _around(text: str, span: Span) -> str:
    """The few words on both sides of a stretch of maths."""
    return f"{text[max(0, span.start - 40) : span.start]} {text[span.end : span.end + 40]}".lower()


def sentence_at(text: str, span: Span) -> Span:
    """The sentence in which a stretch stands, with the display that it leads into."""
    starts = [found.end() for found in _SAYS.finditer(text, max(0, span.start - _WINDOW), span.start)]
    stop = next((found.start() for found in _SAYS.finditer(text, span.end)), len(text))
    rest = text[stop : stop + 40].lstrip()
    if rest.startswith(("$$", "\\[", "\\begin")) and text[stop : stop + 1] not in (".", "!", "?"):
        stop = next((found.start() for found in _SAYS.finditer(text, stop + 2)), len(text))
    return Span(starts[-1] if starts else max(0, span.start - _WINDOW), stop)


def set_in(text: str, span: Span) -> tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, ...], ...]]:
    """The names that a line sets, as far as its form goes, and those in the brackets behind the name of a function."""
    left, sign = _left_side(text[span.start : span.end])
    named = _named(left)
    rest = left.strip()[len(named.strip()) :]
    if sign != "=" or re.search(r"\d", rest):
        return (), ()
    return tuple(names_in_text(named)), tuple(names_in_text(rest))
