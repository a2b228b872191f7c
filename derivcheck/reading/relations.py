r"""Relation signs and arrows: what separates the members of a statement, and what says "therefore"."""

from __future__ import annotations

from collections.abc import Sequence

from derivcheck.reading import vocabulary
from derivcheck.reading.brackets import depths
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
