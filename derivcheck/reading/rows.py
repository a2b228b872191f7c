r"""From a segment's tokens to its rows: layout environments and boxes are opened, ``\\`` separates.

A row that begins with ``+`` and claims nothing of its own, or stands behind a row that ends with an operator,
belongs to the row before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from derivcheck.reading.lexer import Token
from derivcheck.reading.relations import (
    depths,
    folded,
    is_arrow,
    is_operator,
    is_script,
    partners,
    relation_at,
    relations,
    without_styles,
)

LAYOUTS = frozenset(
    {"align", "aligned", "alignedat", "alignat", "xalignat", "flalign", "split", "gather", "gathered", "multline"}
    | {"multlined", "eqnarray", "equation", "displaymath", "math", "dmath", "subequations"}
)
_SYSTEMS = frozenset({"array", "cases", "dcases", "rcases"})
_BOXES = frozenset({r"\boxed", r"\fbox", r"\framebox", r"\colorbox", r"\mathllap", r"\mathrlap", r"\ensuremath"}) | {
    r"\mathrm",
    r"\mathit",
    r"\mathnormal",
}
_SOUGHT = frozenset({r"\min", r"\max", r"\arg", "min", "max", "minimize", "maximize", "minimise", "maximise"})
_MOST_UNWRAPPED = 40


@dataclass(frozen=True, slots=True)
class Row:
    """One row (or several that belong together), with its tag and label taken off."""

    tokens: tuple[Token, ...]
    tag: str | None = None
    label: str | None = None


def rows(tokens: Sequence[Token]) -> list[Row]:
    """The rows of a segment, in order; none is empty."""
    opened = unwrapped(without_styles(tokens))
    found: list[Row] = []
    for part in _broken(opened):
        marked = marks(part)
        if any(token.text != "&" for token in marked.tokens):
            _append(found, marked)
        elif found and (marked.tag or marked.label):
            found[-1] = replace(found[-1], tag=found[-1].tag or marked.tag, label=found[-1].label or marked.label)
    return found


def unwrapped(tokens: Sequence[Token]) -> list[Token]:
    r"""Without ``aligned`` and its like, and without boxes or braces around relations: ``\boxed{A = B}``, ``{}=``."""
    valued = _cases(tokens)
    result = [
        token
        for k, token in enumerate(tokens)
        if k in valued or not (token.kind in ("env-begin", "env-end") and _name(token) in LAYOUTS)
    ]
    for _ in range(_MOST_UNWRAPPED):
        dropped = _wrapping(result)
        if not dropped:
            break
        result = [token for k, token in enumerate(result) if k not in dropped]
    return result


def _cases(tokens: Sequence[Token]) -> set[int]:
    r"""The edges of environments that a brace makes the cases of a value: ``f = \left\{\begin{aligned} … \right.``."""
    if not any(token.text in (r"\right.", r"\left.") for token in tokens):
        return set()
    pairs = partners(tokens)
    kept: set[int] = set()
    for opener, closer in pairs.items():
        inner = pairs.get(opener + 1)
        if _is_brace(tokens[opener], tokens[closer]) and inner == closer - 1 and not _begins_line(tokens[:opener]):
            kept |= {opener + 1, inner}
    return kept


def _is_brace(opener: Token, closer: Token) -> bool:
    """Whether only one of two brackets is seen, a brace."""
    return (opener.text, closer.text) in (("{", r"\right."), (r"\left.", "}"))


def _begins_line(before: Sequence[Token]) -> bool:
    """Whether nothing of a statement stands since the last row end, arrow or edge of a layout."""
    for token in reversed(before):
        if token.kind in ("row", "env-begin", "env-end") or is_arrow(token):
            return True
        if token.kind not in ("quad", "text") and token.text not in ("&", ",", "begin"):
            return False
    return True


def _name(token: Token) -> str:
    return token.text.rstrip("*")


def _wrapping(tokens: Sequence[Token]) -> set[int]:
    """The indices of braces, boxes, phantoms and equation systems that stand outside everything and say nothing."""
    pairs, levels = partners(tokens), depths(tokens)
    dropped: set[int] = set()
    for opener, closer in pairs.items():
        if levels[opener] != 0:
            continue
        before = tokens[opener - 1] if opener else None
        inside = tokens[opener + 1 : closer]
        if tokens[opener].kind == "env-begin":
            if _name(tokens[opener]) in _SYSTEMS and _is_system(tokens[:opener], inside):
                dropped |= {opener, closer}
        elif _is_brace(tokens[opener], tokens[closer]) and _begins_line(tokens[:opener]):
            edges = inside and inside[0].kind == "env-begin" and pairs.get(opener + 1) == closer - 1
            system = edges and _name(inside[0]) in _SYSTEMS and _is_system((), inside[1:-1])
            dropped |= {opener, closer} if system or (not edges and _says(inside)) else set()
        elif tokens[opener].kind == "begin":
            if before is not None and before.text in _BOXES:
                dropped |= {opener - 1, opener, closer} if _says(inside) else set()
            elif _is_free(before) and (
                not inside or _says(inside) or _is_cell(before, tokens[closer + 1 : closer + 2])
            ):
                dropped |= {opener, closer}
    return dropped


def _is_cell(before: Token | None, behind: Sequence[Token]) -> bool:
    """Whether what stands between these fills a cell of a layout."""
    edges = (before, *(behind or (None,)))
    return all(token is None or token.kind == "row" or token.text == "&" for token in edges) and edges != (None, None)


def _is_free(before: Token | None) -> bool:
    """Whether a brace behind this token is no argument and no script."""
    if before is None:
        return True
    if before.kind in ("command", "end", "env-begin", "begin"):
        return relation_at([before], 0) is not None or is_operator(before) or is_arrow(before)
    return before.text not in ("^", "_")


def _says(tokens: Sequence[Token]) -> bool:
    levels = depths(tokens)
    split = any(
        level == 0 and (token.kind == "row" or is_arrow(token)) for token, level in zip(tokens, levels, strict=True)
    )
    return split or bool(relations(tokens)) or _holds_wrapped(tokens)


def _holds_wrapped(tokens: Sequence[Token]) -> bool:
    """Whether all of it is one more pair of braces, as in ``{{A = B}}``."""
    return len(tokens) > 2 and tokens[0].kind == "begin" and partners(tokens).get(0) == len(tokens) - 1


def _is_system(before: Sequence[Token], inside: Sequence[Token]) -> bool:
    r"""Whether ``array`` or ``cases`` lists equations, one to a row, rather than being a value."""
    if not _begins_line(before):
        return False
    lines = [unwrapped(line) for line in _broken(inside) if line]
    if len(lines) > 1 and _seeks(lines[0]) and any(_subjects(line) for line in lines[1:]):
        return True
    return bool(lines) and all(_claims_before_column(line, 2) and not _conditioned(line) for line in lines)


def _conditioned(line: Sequence[Token]) -> bool:
    r"""Whether a second column says when the first holds: ``w^\top x \ge 1, & y = 1``, not ``i = 1, \dots, n``."""
    found = [begin for _, begin, _ in relations(line)]
    columns = [k for k, token in enumerate(line) if token.text == "&"]
    behind = next((k for k in columns if found and found[0] < k), None)
    runs = any(token.text in (r"\dots", r"\cdots", r"\ldots", r"\in", r"\forall") for token in line[behind or 0 :])
    return behind is not None and found[-1] > behind and not runs


def _seeks(line: Sequence[Token]) -> bool:
    r"""Whether a line looks for the least or greatest value: the first of ``\min f \\ \text{s.t.} g \le 0``."""
    return any(token.text in _SOUGHT for token in line[:8])


def _subjects(line: Sequence[Token]) -> bool:
    """Whether a line begins with the words for what a least value is subject to."""
    first = next((token for token in line if token.text not in ("&", "{")), None)
    return first is not None and first.kind == "text" and folded(first.text).startswith(("s.t", "subject", "such that"))


def _claims_before_column(tokens: Sequence[Token], column: int) -> bool:
    found = relations(tokens)
    if not found:
        return False
    cells = [token.text for token in tokens[: found[0][1]]].count("&")
    texts = any(token.kind == "text" for token in tokens[: found[0][1]])
    equations_only_behind = cells == 1 and tokens[found[0][1] - 1].text != "&"
    return cells < column and not texts and not equations_only_behind


def _broken(tokens: Sequence[Token]) -> list[list[Token]]:
    r"""Cut at every ``\\`` that stands in no environment and in no bracket that goes on over it."""
    if not any(token.kind == "row" for token in tokens):
        return [list(tokens)]
    pairs = partners(tokens)
    closers = {closer: opener for opener, closer in pairs.items()}
    inside: list[int] = []
    environments = 0
    claims: dict[int, bool] = {}
    parts: list[list[Token]] = [[]]
    for k, token in enumerate(tokens):
        if k in closers:
            inside.pop()
            environments -= token.kind == "env-end"
        elif k in pairs:
            inside.append(k)
            environments += token.kind == "env-begin"
        if token.kind != "row" or environments:
            parts[-1].append(token)
            continue
        opener = inside[-1] if inside else None
        if opener is not None and opener not in claims:
            # A bracket that goes on over a row end holds one expression; a new relation says it was forgotten.
            free = _is_free(tokens[opener - 1] if opener else None)
            claims[opener] = free if tokens[opener].kind == "begin" else bool(relations(tokens[k + 1 : pairs[opener]]))
        if opener is None or claims[opener]:
            parts.append([])
        elif opener and tokens[opener - 1].text in ("_", "^"):
            parts[-1].append(Token("sign", ",", token.span))  # ``\\sum_{i=1 \\\\ i \\ne k}`` lists conditions.
        elif tokens[opener].kind == "begin":
            parts[-1].append(token)
    return parts


def _append(found: list[Row], row: Row) -> None:
    if found and _belongs(found[-1].tokens, row.tokens):
        last = found[-1]
        found[-1] = Row(last.tokens + row.tokens, last.tag or row.tag, last.label or row.label)
    else:
        found.append(row)


def _belongs(before: Sequence[Token], row: Sequence[Token]) -> bool:
    """Whether a row goes on with the expression of the row before."""
    end = next(k for k in range(len(before) - 1, -1, -1) if not _is_layout(before[k]))
    last = before[end]
    if relation_at(before[: end + 1], end) is not None or (is_operator(last) and not is_script(before, end)):
        return True
    first = next(k for k, token in enumerate(row) if not _is_layout(token))
    if not is_operator(row[first]) or last.text in (",", ";", ".") or is_arrow(last):
        return False
    claims = relations(row)
    if not claims:
        return True
    # ``& - b = C`` under ``A &= a`` goes on; ``-x &= C`` does not, nor ``& -x = C`` under ``& A = a``.
    if any(token.text == "&" for token in row[:first]):
        return before[0].text != "&"
    levels = depths(row)
    separators = [k for k in range(first, claims[0][1]) if levels[k] == 0 and row[k].text in (",", ";")]
    quads = [k for k in range(first, claims[0][1]) if levels[k] == 0 and row[k].kind in ("quad", "text")]
    return bool(separators or quads)


def _is_layout(token: Token) -> bool:
    return token.kind == "quad" or token.text == "&"


_CIRCLED = re.compile(r"[①-⑳⓪⓵-⓾❶-❿]")
_TEXT_TAG = re.compile(r"\s*\(\s*([\d*†‡]{1,3}|[ivx]{1,4}|\d{0,2}\.?\d{0,2}[a-z]?'*)\s*\)\s*")
_UNNUMBERED = frozenset({r"\notag", r"\nonumber"})


def marks(row: Sequence[Token]) -> Row:
    """What numbers and names a row, taken off it."""
    tag = next((token.text for token in row if token.kind == "tag"), None)
    label = next((token.text for token in row if token.kind == "label"), None)
    rest = [token for token in row if token.kind not in ("tag", "label") and token.text not in _UNNUMBERED]
    if tag is None:
        tag, rest = _taken(rest)
    return Row(tuple(rest), tag, label)


def _taken(row: list[Token]) -> tuple[str | None, list[Token]]:
    """A number at the row's start or end."""
    skipped = 0
    while skipped < len(row) and (row[skipped].kind == "quad" or row[skipped].text == "&"):
        skipped += 1
    front = _number(row[skipped:])
    if front is not None:
        return front[0], row[:skipped] + row[skipped + front[1] :]
    for length in (1, 3, 4):
        behind = row[-length:]
        found = _number(behind)
        if found is not None and found[1] == len(behind) < len(row):
            return found[0], row[:-length]
    return _bare(row)


def _number(tokens: Sequence[Token]) -> tuple[str, int] | None:
    """The number that these tokens begin with, and how many tokens it takes."""
    if not tokens:
        return None
    first = tokens[0]
    if _CIRCLED.fullmatch(first.text):
        return first.text, 1
    if first.kind == "text":
        if _CIRCLED.fullmatch(first.text.strip()):
            return first.text.strip(), 1
        match = _TEXT_TAG.fullmatch(first.text)
        return (match[1], 1) if match and match[1] else None
    if first.text == r"\textcircled":
        inside = [token for token in tokens[1:4] if token.kind not in ("begin", "end")]
        length = 4 if len(tokens) > 1 and tokens[1].kind == "begin" else 2
        if inside and len(tokens) >= length:
            text = inside[0].text
            circled = text.isascii() and text.isdigit() and 1 <= int(text) <= 20
            return chr(0x245F + int(text)) if circled else text, length
    return None


def _bare(row: list[Token]) -> tuple[str | None, list[Token]]:
    """``(1)`` or ``(*)`` at the very end, behind a wide space; ``f \\quad (x)`` is none."""
    if len(row) < 5 or [token.kind for token in (row[-4], row[-3], row[-1])] != ["quad", "open", "close"]:
        return None, row
    if row[-2].kind != "number" and row[-2].text not in ("*", r"\ast", r"\star", r"\dagger"):
        return None, row
    return (row[-2].text, row[:-4]) if depths(row)[-4] == 0 else (None, row)
