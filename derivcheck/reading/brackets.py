"""Which brackets, braces and environments belong together, and how deep each token stands.

Half-open intervals (``[0, 1)``) are in use, so a round bracket may close a square one. Braces and environments
are walls: nothing opened inside them is closed outside. What has no partner counts for nothing, so that one
forgotten bracket does not spoil the rows behind it.
"""

from __future__ import annotations

from collections.abc import Sequence

from derivcheck.reading.lexer import Token

_WALLS = {"end": "begin", "env-end": "env-begin"}
_EDGES = frozenset(_WALLS) | frozenset(_WALLS.values())


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
        if opens(token) or token.kind in _WALLS.values():
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
