r"""Words inside maths: which ``\text{…}`` separates statements, and which is a name or an operator."""

from __future__ import annotations

import re
from collections.abc import Sequence

from derivcheck.reading.lexer import Token
from derivcheck.reading.relations import relation_at
from derivcheck.reading.rows import is_operator
from derivcheck.reading.vocabulary import words

# A word of this list is never a name; two words or more are prose unless none of theirs is here and a sign follows.
_PROSE = words(
    "a all also an and any are as assume at be because both but by can case compare consider constant define defined "
    "definition denote denotes each else every final finally first fix fixed follows for from get gives given has have "
    "hence here if iff implies in is it its let like means moreover next not note now obtain of on only or other "
    "otherwise over rule say second set show similarly since so some such sum suppose that the then there therefore "
    "these this thus times to unless use used using we when whenever where whereas which while with yields st s.t i.e "
    "e.g independent independently iid i.i.d respectively resp etc w.r.t wrt"
)
_PUNCTUATION = " \t\n,;:.!?()[]–—-~"
_WORD = re.compile(r"[^\W\d_]")
_SPOKEN = {r"\forall": "for all", "∀": "for all", r"\exists": "there is", "∃": "there is", r"\because": "because"}
_SPOKEN |= {"∵": "because", r"\land": "and", r"\wedge": "and", r"\lor": "or"}


def spoken(token: Token) -> str | None:
    r"""The words for a logical sign, if it is one: ``\forall`` is "for all"."""
    return _SPOKEN.get(token.text) if token.kind in ("command", "sign") else None


def folded(text: str) -> str:
    """Lower case, white space folded, without punctuation around."""
    return " ".join(text.split()).strip(_PUNCTUATION).lower()


def is_prose(tokens: Sequence[Token], k: int) -> bool:
    """Whether a text token separates statements rather than being part of one."""
    text = tokens[k].text
    said = [word for part in text.split() if (word := part.strip(_PUNCTUATION).lower())]
    if k and tokens[k - 1].text in ("^", "_"):
        return False
    if any(word in _PROSE for word in said):
        return True
    if not said or not _WORD.search(text):
        return True
    before = tokens[k - 1] if k else None
    following = tokens[k + 1] if k + 1 < len(tokens) else None
    is_operand = _joins(before, behind=False) or _joins(following, behind=True)
    if text.strip().startswith("("):
        return True
    return not is_operand if len(said) == 1 else not _names_something(following)


def _joins(token: Token | None, behind: bool) -> bool:
    """Whether a neighbour makes an operand of a single word: ``\\text{ReLU}(``, ``+ \\text{const}``."""
    if token is None:
        return False
    if token.text in ("^", "_", "'", "&") or is_operator(token) or relation_at([token], 0) is not None:
        return token.text != "&"
    return token.kind == "open" if behind else False


def _names_something(following: Token | None) -> bool:
    """Whether several words are a name, as in ``\\text{log loss} = …``."""
    return following is not None and (following.text in ("^", "_") or relation_at([following], 0) is not None)
