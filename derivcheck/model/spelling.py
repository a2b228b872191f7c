r"""Which name of a document an identifier of Python means: ``gamma`` is ``\gamma``, ``x_hat`` is ``\hat{x}``.

Both are spelled in letters and digits: of LaTeX the backslashes, braces, fonts and the index of a family go, a Greek
letter has its Latin name, an accent or a prime is a word before or behind; underscores count on neither side. What
fits so is the name; else, where one alone does, what fits but for capitals.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

ALIASES: Final = {"eps": "epsilon", "lam": "lambda", "lamda": "lambda", "lmbda": "lambda", "lambd": "lambda"}
_FONT = re.compile(r"\\(?:math\w+|text\w*|boldsymbol|bm|operatorname|mathop|pmb)\b")
_FAMILY = re.compile(r"\^\{?\(.*?\)\}?")
_ACCENT = re.compile(r"\\(hat|bar|tilde|dot|ddot|vec|check|breve|overline|widehat|widetilde)\s*\{?")
_ACCENTS: Final = {"overline": "bar", "widehat": "hat", "widetilde": "tilde"}


def spellings(latex: str) -> tuple[str, ...]:
    """The ways to spell the name of a document, as ``folded`` gives them, the plainest first."""
    text = _FONT.sub("", _FAMILY.sub("", latex))
    accents = [_ACCENTS.get(one, one) for one in _ACCENT.findall(text)]
    primes = text.count("'")
    bare = folded(_ACCENT.sub("", text).replace("'", ""))
    behind = "".join([*accents, *["prime"] * primes])
    ways = [bare + behind, behind + bare] if behind else [bare]
    return tuple(dict.fromkeys(way for way in ways if way))


def folded(name: str) -> str:
    """A name in letters and digits."""
    letters = re.sub(r"\\var(?=[a-z])", r"\\", name)
    plain = "".join(_latin(one) for one in letters if one.isalnum())
    return ALIASES.get(plain, plain)


def _latin(letter: str) -> str:
    told = unicodedata.name(letter, "") if ord(letter) > 127 else ""
    if told.startswith("GREEK ") and " LETTER " in told:
        word = told.split(" LETTER ")[1].split()[0].replace("LAMDA", "LAMBDA")
        return word.lower() if " SMALL " in told else word.capitalize()
    return letter


def matching(identifier: str, names: Iterable[str]) -> tuple[str, ...]:
    """The names that an identifier may mean: none, one, or several between which nothing decides."""
    wanted = folded(identifier)
    ways = {name: spellings(name) for name in names}
    exact = tuple(name for name, spelled in ways.items() if wanted in spelled)
    if exact:
        return exact
    lower = wanted.lower()
    return tuple(name for name, spelled in ways.items() if lower in (one.lower() for one in spelled))
