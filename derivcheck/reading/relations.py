r"""Relation signs and arrows: what separates members, what says "therefore"; brackets that pair, and words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from derivcheck.reading import vocabulary
from derivcheck.reading.items import Relation
from derivcheck.reading.lexer import Token
from derivcheck.source import Span

RELATIONS = vocabulary.RELATIONS | {r"\vcentcolon": ":", r"\doteq": ":=", r"\eqqcolon": "="}
_ARROWS = vocabulary.ARROWS - {r"\because", r"\impliedby", r"\Leftarrow"}
_OPERATORS = frozenset({"+", "-", "±", r"\mp"}) | frozenset(
    {**vocabulary.PRODUCT_SIGNS, **vocabulary.ENTRYWISE_SIGNS, **vocabulary.SUM_SIGNS}
)
_NEGATED = {"=": r"\ne", r"\in": r"\notin"}
_JOINED = {":=": ":=", "=:": "=", "==": "="}
_STACKED = frozenset({r"\overset", r"\stackrel", r"\underset", r"\overunderset"})
_WRAPPERS = frozenset({r"\mathrel", r"\mathop", r"\mathbin"})
_DEFINING = ("def", r"\triangle", r"\Delta", "△", "Δ")


def is_arrow(token: Token) -> bool:
    r"""Whether it says that what follows is implied: ``\Rightarrow``, ``\implies``, ``⇒``."""
    return token.kind in ("command", "sign") and token.text in _ARROWS


def is_operator(token: Token) -> bool:
    """Whether it stands between two operands (or, as ``-``, before one)."""
    return token.kind in ("sign", "command") and token.text in _OPERATORS


def is_script(tokens: Sequence[Token], k: int) -> bool:
    r"""Whether a token stands raised or lowered without braces: the ``+`` of ``A^+``."""
    return k > 0 and tokens[k - 1].text in ("^", "_")


def relation_at(tokens: Sequence[Token], k: int) -> tuple[Relation, int] | None:
    r"""The relation that begins at a token (``: =`` and ``\overset{…}{=}`` are one), and the index behind it."""
    token = tokens[k]
    if token.kind not in ("command", "sign") or is_script(tokens, k):
        return None
    following = tokens[k + 1] if k + 1 < len(tokens) else None
    if following is not None and following.kind in ("command", "sign"):
        pair = RELATIONS.get(token.text, " ") + RELATIONS.get(following.text, " ")
        if pair in _JOINED and (pair != "==" or token.span.end == following.span.start):
            return Relation(_JOINED[pair], token.span | following.span), k + 2
        if token.text == r"\not" and RELATIONS.get(following.text) in _NEGATED:
            return Relation(_NEGATED[RELATIONS[following.text]], token.span | following.span), k + 2
    if token.text in RELATIONS:
        return Relation(RELATIONS[token.text], token.span), k + 1
    if token.text in _STACKED:
        return _stacked(tokens, k)
    if token.text in _WRAPPERS and (inside := _argument(tokens, k + 1)) is not None:
        found = _only_relation(inside[0])
        return (Relation(found, _cover(tokens[k : inside[1]])), inside[1]) if found else None
    return None


def relations(tokens: Sequence[Token]) -> list[tuple[Relation, int, int]]:
    """Every relation outside all brackets, with the indices where it begins and of what stands behind it."""
    levels = depths(tokens)
    found = []
    k = 0
    while k < len(tokens):
        relation = relation_at(tokens, k) if levels[k] == 0 else None
        if relation is None:
            k += 1
        else:
            found.append((relation[0], k, relation[1]))
            k = relation[1]
    return found


def _stacked(tokens: Sequence[Token], k: int) -> tuple[Relation, int] | None:
    above = _argument(tokens, k + 1)
    if above is None:
        return None
    below = _argument(tokens, above[1])
    if below is None:
        return None
    sign = _only_relation(below[0])
    if sign is None:
        return None
    remark = "".join(token.text for token in above[0])
    if sign == "=" and any(word in remark for word in _DEFINING):
        sign = ":="
    return Relation(sign, _cover(tokens[k : below[1]])), below[1]


def _argument(tokens: Sequence[Token], k: int) -> tuple[Sequence[Token], int] | None:
    """The tokens of a command's argument (in braces or alone), and the index behind it."""
    if k >= len(tokens):
        return None
    if tokens[k].kind != "begin":
        return tokens[k : k + 1], k + 1
    depth = 0
    for end in range(k, len(tokens)):
        depth += {"begin": 1, "end": -1}.get(tokens[end].kind, 0)
        if depth == 0:
            return tokens[k + 1 : end], end + 1
    return None


def _only_relation(tokens: Sequence[Token]) -> str | None:
    """The relation that these tokens are, if they are one and nothing else."""
    inside = [token for token in tokens if token.kind not in ("begin", "end")]
    found = relation_at(inside, 0) if inside else None
    return found[0].sign if found is not None and found[1] == len(inside) else None


def _cover(tokens: Sequence[Token]) -> Span:
    return tokens[0].span | tokens[-1].span


_WALLS = {"end": "begin", "env-end": "env-begin"}
_OPENERS = frozenset(_WALLS.values())
_EDGES = frozenset(_WALLS) | _OPENERS


def opens(token: Token) -> bool:
    r"""Whether it opens a visible bracket; ``\\left.`` does."""
    return token.kind == "open" or token.text == r"\left."


def closes(token: Token) -> bool:
    r"""Whether it closes a visible bracket; ``\\right.`` does."""
    return token.kind == "close" or token.text == r"\right."


def partners(tokens: Sequence[Token]) -> dict[int, int]:
    """The index of the closer for the index of each opener that has one."""
    found: dict[int, int] = {}
    waiting: list[int] = []
    for k, token in enumerate(tokens):
        if opens(token) or token.kind in _OPENERS:
            waiting.append(k)
        elif closes(token) or token.kind in _WALLS:
            place = _partner(tokens, waiting, token)
            if place is not None:
                opener = waiting[place]
                del waiting[place:]
                found[opener] = k
    return found


def lonely(tokens: Sequence[Token]) -> Token | None:
    """The first bracket, brace or environment edge without a partner."""
    pairs = partners(tokens)
    matched = set(pairs) | set(pairs.values())
    for k, token in enumerate(tokens):
        if k not in matched and (
            opens(token) or closes(token) or token.kind in ("begin", "end", "env-begin", "env-end")
        ):
            return token
    return None


def _partner(tokens: Sequence[Token], waiting: Sequence[int], closer: Token) -> int | None:
    """The place in ``waiting`` of what a closer closes."""
    wanted = _WALLS.get(closer.kind)
    if wanted is None:
        return len(waiting) - 1 if waiting and opens(tokens[waiting[-1]]) else None
    for place in range(len(waiting) - 1, -1, -1):
        opener = tokens[waiting[place]]
        if opener.kind == wanted and (wanted == "begin" or opener.text == closer.text):
            return place
        if opener.kind == "env-begin":
            return None
    return None


def depths(tokens: Sequence[Token]) -> list[int]:
    """For each token how many pairs it stands in; a bracket itself stands outside its pair."""
    changes = [0] * (len(tokens) + 1)
    for opener, closer in partners(tokens).items():
        changes[opener + 1] += 1
        changes[closer] -= 1
    result = []
    depth = 0
    for change in changes[:-1]:
        depth += change
        result.append(depth)
    return result


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
    named = following is not None and (following.text in ("^", "_") or relation_at([following], 0) is not None)
    is_operand = _joins(before, behind=False) or _joins(following, behind=True)
    if text.strip().startswith("("):
        return True
    return not is_operand if len(said) == 1 else not named


def _joins(token: Token | None, behind: bool) -> bool:
    """Whether a neighbour makes an operand of a single word: ``\\text{ReLU}(``, ``+ \\text{const}``."""
    if token is None:
        return False
    if token.text in ("^", "_", "'", "&") or is_operator(token) or relation_at([token], 0) is not None:
        return token.text != "&"
    return token.kind == "open" if behind else False
