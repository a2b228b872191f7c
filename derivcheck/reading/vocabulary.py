r"""Tables of what stands in mathematics: which command is a letter, a relation, a word, or nothing but spacing.

Commands are written with their backslash; what they are mapped to is canonical, as ``language.nodes`` promises.
"""

from __future__ import annotations

import re
from typing import Final

from derivcheck.functions import FUNCTIONS, RECIPROCALS
from derivcheck.language import glyphs


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


INEQUALITY: Final = re.compile(r"\\[lg]e(?:qslant|q)?(?![A-Za-z])|[<>]")
"""The sign of an inequality where it is written."""
_RELATION_SPELLINGS: dict[str, str] = {
    "=": "=",
    ":=": ":= \\coloneqq \\coloneq \\triangleq \\defeq \\vcentcolon= \\eqdef",
    "\\ne": "\\ne \\neq",
    "<": "< \\lt",
    ">": "> \\gt",
    "\\le": "\\le \\leq \\leqslant \\leqq",
    "\\ge": "\\ge \\geq \\geqslant \\geqq",
    "\\ll": "\\ll",
    "\\gg": "\\gg",
    "\\in": "\\in \\isin",
    "\\notin": "\\notin",
    "\\ni": "\\ni",
    "\\sim": "\\sim \\thicksim",
    ":": ": \\colon",
    "\\to": "\\to \\rightarrow \\longrightarrow",
    "\\mapsto": "\\mapsto \\longmapsto",
    "\\leftarrow": "\\leftarrow \\gets \\longleftarrow",
    "\\approx": "\\approx \\simeq \\cong \\approxeq",
    "\\propto": "\\propto \\varpropto",
    "\\succ": "\\succ",
    "\\succeq": "\\succeq \\succcurlyeq",
    "\\prec": "\\prec",
    "\\preceq": "\\preceq \\preccurlyeq",
    "\\equiv": "\\equiv",
    "\\subset": "\\subset",
    "\\subseteq": "\\subseteq \\subseteqq",
    "\\supset": "\\supset",
    "\\supseteq": "\\supseteq",
    "\\perp": "\\perp \\bot",
}

RELATIONS: dict[str, str] = {
    spelling: sign for sign, spellings in _RELATION_SPELLINGS.items() for spelling in spellings.split()
}
"""Every spelling of a relation, signs and commands, to its canonical sign."""

ARROWS = words(
    "\\Rightarrow \\implies \\iff \\Leftrightarrow \\Longrightarrow \\Longleftrightarrow \\therefore \\impliedby "
    "\\Leftarrow \\because \\leadsto \\rightsquigarrow"
)
"""Commands that lead from one statement to the next; never part of an expression."""

PRODUCT_SIGNS: dict[str, str] = {
    "\\cdot": "\\cdot", "\\cdotp": "\\cdot", "\\centerdot": "\\cdot", "\\times": "\\times", "*": "*", "\\ast": "*",
    "/": "/", "\\div": "/", "\\otimes": "\\otimes",
}  # fmt: skip

ENTRYWISE_SIGNS: dict[str, str] = {
    "\\odot": "\\odot",
    "\\circ": "\\circ",
    "\\oslash": "\\oslash",
}

SUM_SIGNS: dict[str, str] = {"+": "+", "-": "-", "\\pm": "±"}

GREEK = frozenset(f"\\{name}" for name in (*glyphs.GREEK, "digamma"))

LETTERS = GREEK | words("\\square \\Box \\ell \\hbar \\imath \\jmath \\aleph \\wp \\eth \\mho")
"""Commands that are one letter."""

LETTER_SPELLINGS: dict[str, str] = {"\\hslash": "\\hbar", "\\Pr": "\\mathrm{Pr}"}

STYLES: dict[str, str] = {
    "\\mathbf": "\\mathbf", "\\boldsymbol": "\\mathbf", "\\bm": "\\mathbf", "\\pmb": "\\mathbf", "\\symbf": "\\mathbf",
    "\\textbf": "\\mathbf", "\\bold": "\\mathbf", "\\mathcal": "\\mathcal", "\\mathscr": "\\mathcal",
    "\\mathbb": "\\mathbb", "\\mathds": "\\mathbb", "\\Bbb": "\\mathbb", "\\mathfrak": "\\mathfrak",
    "\\mathsf": "\\mathsf", "\\textsf": "\\mathsf", "\\mathtt": "\\mathtt", "\\texttt": "\\mathtt", "\\mathrm": "",
    "\\mathit": "", "\\mathnormal": "", "\\mathup": "", "\\symrm": "", "\\operatorname": "", "\\mathop": "",
}  # fmt: skip
"""Commands that set their argument in another type. The empty string: one letter of it is the plain letter."""

UPRIGHT = words("\\mathrm \\mathit \\mathnormal \\mathup \\symrm \\operatorname \\mathop \\mathsf \\mathtt \\mathbf")
"""Styles in which several letters are one word."""

SWITCHES: dict[str, str] = {
    "\\rm": "\\mathrm", "\\bf": "\\mathbf", "\\sf": "\\mathsf", "\\it": "\\mathit", "\\tt": "\\mathtt",
    "\\cal": "\\mathcal", "\\bfseries": "\\mathbf", "\\rmfamily": "\\mathrm",
}  # fmt: skip
r"""Old font switches, which hold to the end of the braces: ``{\bf x}``."""

ACCENTS: dict[str, str] = {
    "\\hat": "\\hat", "\\widehat": "\\hat", "\\bar": "\\bar", "\\overline": "\\bar", "\\tilde": "\\tilde",
    "\\widetilde": "\\tilde", "\\vec": "\\vec", "\\overrightarrow": "\\vec", "\\dot": "\\dot", "\\ddot": "\\ddot",
    "\\check": "\\check", "\\widecheck": "\\check", "\\breve": "\\breve", "\\acute": "\\acute", "\\grave": "\\grave",
    "\\mathring": "\\mathring", "\\underline": "\\underline",
}  # fmt: skip

SYMBOLS: dict[str, str] = {
    "\\top": "\\top", "\\intercal": "\\top", "\\transpose": "\\top", "\\dagger": "\\dagger", "\\dag": "\\dagger",
    "\\star": "\\star", "\\infty": "\\infty", "\\dots": "\\dots", "\\ldots": "\\dots", "\\cdots": "\\dots",
    "\\dotsc": "\\dots", "\\dotsb": "\\dots", "\\dotsm": "\\dots", "\\dotso": "\\dots", "\\vdots": "\\vdots",
    "\\ddots": "\\ddots", "\\emptyset": "\\emptyset", "\\varnothing": "\\emptyset", "\\bullet": "\\bullet",
    "\\flat": "\\flat", "\\sharp": "\\sharp",
}  # fmt: skip

WORDS = words("ln softmax diag tr det logdet rank vec max min argmax argmin rowsum colsum") | (
    (FUNCTIONS.keys() | RECIPROCALS.keys()) - {"gamma"}
)

_WORD_ALIASES: dict[str, str] = {
    "Tr": "tr", "Diag": "diag", "trace": "tr", "row_sum": "rowsum", "rowsums": "rowsum", "colsums": "colsum",
} | {other: name for name, known in FUNCTIONS.items() for other in known.spellings if other not in WORDS}  # fmt: skip

_LONG_WORDS: dict[str, str] = {word: word for word in WORDS if len(word) > 2} | {
    alias: word for alias, word in _WORD_ALIASES.items() if len(alias) > 2 and word in WORDS
}

WORD_COMMANDS: dict[str, str] = {
    "\\" + name: name
    for name in words(
        "log ln exp sin cos tan cot sec csc sinh cosh tanh coth arcsin arccos arctan max min det argmax argmin tr diag "
        "rank softmax relu sigmoid sign"
    )
} | {"\\inf": "min", "\\sup": "max", "\\Tr": "tr", "\\trace": "tr", "\\ReLU": "relu", "\\sgn": "sign", "\\Diag": "diag"}


def known_word(written: str) -> str | None:
    r"""The canonical known word that letters spell, if they do: ``ReLU`` is ``relu``, ``Tr`` is ``tr``."""
    if written in WORDS:
        return written
    if written in _WORD_ALIASES:
        return _WORD_ALIASES[written]
    # Capitals are taken lightly in words long enough not to be somebody's symbol.
    return _LONG_WORDS.get(written.lower()) if len(written) > 2 else None


BIG_COMMANDS: dict[str, str] = {
    "\\sum": "sum",
    "\\prod": "prod",
    "\\int": "int",
}

PROSE = words(
    "a all also an and are as at be because but by constant each else elsewhere every for from given has have hence "
    "here holds i.e. e.g. if iff in is it let new old not of on or other otherwise over since so some such s.t. st "
    "subject that the then there thus to under w.r.t. wrt we when whenever where which while with"
) - {"new", "old", "constant"}

MARKING_WORDS = frozenset(("new", "old", "opt", "MLE", "mle", "MAP", "OLS"))
"""What marks a name in a script is often written without ``\\text``: ``u^{new}`` is no power n e w."""

_SYMBOL_TEXT = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-_][A-Za-z0-9]+)*")


def symbol_text(text: str) -> str | None:
    r"""The word of a ``\text{…}`` that can stand for a symbol (``loss``, ``const.``), None for prose."""
    word = text.strip().rstrip(".")
    if _SYMBOL_TEXT.fullmatch(word) and word.lower() not in PROSE:
        return word.replace("\\_", "_")
    return None


MATRICES: dict[str, str] = {
    "pmatrix": "(", "bmatrix": "[", "Bmatrix": "{", "vmatrix": "|", "Vmatrix": "‖", "matrix": "", "smallmatrix": "",
    "psmallmatrix": "(", "bsmallmatrix": "[", "array": "",
}  # fmt: skip

CASES = frozenset({"cases", "dcases", "rcases", "drcases"})

ROWS = frozenset({"aligned", "split", "gathered", "alignedat", "align", "gather", "multline", "equation", "multlined"})
"""Environments that only break lines."""

FRACTIONS = frozenset({"\\frac", "\\tfrac", "\\dfrac", "\\cfrac", "\\sfrac", "\\nicefrac"})

BINOMIALS = frozenset({"\\binom", "\\dbinom", "\\tbinom"})

OVERS = frozenset({"\\over", "\\choose"})
"""What divides the braces in which it stands into what is above and what is below."""

REFUSED: dict[str, tuple[str, str | None]] = {
    "\\lfloor": ("the floor function is not read", None),
    "\\lceil": ("the ceiling function is not read", None),
    "\\cancel": (
        "something struck out cannot be checked: it says that it is both there and not there",
        "write the line again without it",
    ),
    "\\bcancel": ("something struck out cannot be checked", "write the line again without it"),
    "\\xcancel": ("something struck out cannot be checked", "write the line again without it"),
    "\\cancelto": ("something struck out cannot be checked", "write the line again with the value"),
    "\\sout": ("something struck out cannot be checked", "write the line again without it"),
    "\\oint": ("contour integrals are not read", None),
    "\\iint": ("double integrals are not read", "write one `\\int` for each variable"),
    "\\iiint": ("triple integrals are not read", "write one `\\int` for each variable"),
    "\\bigotimes": ("`\\bigotimes` is not read", None),
    "\\bigoplus": ("`\\bigoplus` is not read", None),
    "\\bigcup": ("unions are not read", None),
    "\\bigcap": ("intersections are not read", None),
    "\\coprod": ("`\\coprod` is not read", None),
    "\\oplus": ("`\\oplus` is not read", "for a sum of matrices write `+`"),
    "\\ominus": ("`\\ominus` is not read", "for a difference of matrices write `-`"),
    "\\mp": ("`\\mp` is not read", "write the two cases out"),
    "\\lim": ("limits are not read", None),
    "\\limsup": ("limits are not read", None),
    "\\liminf": ("limits are not read", None),
    "\\bmod": ("remainders are not read", None),
    "\\pmod": ("remainders are not read", None),
    "\\mod": ("remainders are not read", None),
    "\\Re": ("complex numbers are not read", None),
    "\\Im": ("complex numbers are not read", None),
}
"""What is recognised and refused, with the reason and what to write instead."""
