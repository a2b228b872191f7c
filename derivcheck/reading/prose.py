r"""Words inside maths: which ``\text{…}`` separates statements, and which is a name or an operator."""

from __future__ import annotations

import re
from collections.abc import Sequence

from derivcheck.reading import vocabulary
from derivcheck.reading.lexer import Token
from derivcheck.reading.relations import is_operator, is_script, relation_at

# A word of this list is never a name; two words or more are prose unless none of theirs is here and a sign follows.
_PROSE = vocabulary.PROSE | vocabulary.words(
    "any assume both can case compare consider define defined definition denote denotes final finally first fix fixed "
    "follows gives implies its like means moreover next not note now obtain only rule say second set show similarly "
    "sum suppose therefore these this times unless use used using whereas yields s.t i.e e.g w.r.t independent "
    "independently iid i.i.d respectively resp etc"
)
_STYLED = vocabulary.words("and as because for hence if let or otherwise since so then thus when where with")
_PUNCTUATION = " \t\n,;:.!?()[]–—-~"
_WORD = re.compile(r"[^\W\d_]")
_SPOKEN = {r"\forall": "for all", r"\exists": "there is", r"\because": "because", r"\impliedby": "if"}
_SPOKEN |= {r"\Leftarrow": "if", r"\land": "and", r"\wedge": "and", r"\lor": "or"}


def spoken(token: Token) -> str | None:
    r"""The words for a logical sign, if it is one: ``\forall`` is "for all"."""
    return _SPOKEN.get(token.text) if token.kind in ("command", "sign") else None


def without_styles(tokens: Sequence[Token]) -> list[Token]:
    r"""With ``\mathrm{if}`` and its like as text, which it is meant to be."""
    if not any(token.text in vocabulary.UPRIGHT for token in tokens):
        return list(tokens)
    result: list[Token] = []
    k = 0
    while k < len(tokens):
        end = k + 2
        while end < len(tokens) and tokens[end].kind == "letter":
            end += 1
        word = "".join(token.text for token in tokens[k + 2 : end])
        if tokens[k].text in vocabulary.UPRIGHT and word in _STYLED and end < len(tokens) and tokens[end].kind == "end":
            result.append(Token("text", word, tokens[k].span | tokens[end].span))
            k = end + 1
        else:
            result.append(tokens[k])
            k += 1
    return result


def folded(text: str) -> str:
    """Lower case, white space folded, without punctuation around."""
    return " ".join(text.split()).strip(_PUNCTUATION).lower()


def is_prose(tokens: Sequence[Token], k: int) -> bool:
    """Whether a text token separates statements rather than being part of one."""
    text = tokens[k].text
    said = [word for part in text.split() if (word := part.strip(_PUNCTUATION).lower())]
    if is_script(tokens, k):
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
