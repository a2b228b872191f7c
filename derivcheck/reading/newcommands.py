r"""Macro definitions: ``\newcommand`` and its kin, ``\def``, ``\DeclareMathOperator``."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

from derivcheck.reading.page import BLANK_LINE, FILLER, brace_partners
from derivcheck.reading.segments import Macro
from derivcheck.source import Span

_DEFINITION = re.compile(r"\\.", re.DOTALL)
_COMMAND = r"\\(?P<{}>[A-Za-z]+|[^A-Za-z\s])"
_HEAD = re.compile(
    r"\\(?:"
    r"(?:(?:re)?newcommand|providecommand)\*?\s*(?:\{\s*"
    + _COMMAND.format("braced")
    + r"\s*\}|"
    + _COMMAND.format("bare")
    + r")\s*(?:\[(?P<arity>\d)\]\s*)?(?:\[(?P<default>[^\[\]]*)\]\s*)?"
    r"|g?def\s*" + _COMMAND.format("plain") + r"(?P<parameters>(?:\#\d)*)\s*"
    r"|DeclareMathOperator(?P<star>\*?)\s*(?:\{\s*"
    + _COMMAND.format("operator")
    + r"\s*\}|"
    + _COMMAND.format("operator_bare")
    + r")\s*"
    r")\{"
)


USUAL: Final = {
    name: Macro(name, arity, body)
    for name, arity, body in (
        ("\\E", 0, "\\mathbb{E}"),
        ("\\EE", 0, "\\mathbb{E}"),
        ("\\R", 0, "\\mathbb{R}"),
        ("\\RR", 0, "\\mathbb{R}"),
        ("\\Var", 0, "\\operatorname{Var}"),
        ("\\Cov", 0, "\\operatorname{Cov}"),
        ("\\KL", 0, "\\operatorname{KL}"),
        ("\\norm", 1, "\\lVert #1 \\rVert"),
        ("\\abs", 1, "\\lvert #1 \\rvert"),
        ("\\ip", 2, "\\langle #1, #2 \\rangle"),
        ("\\dd", 0, "\\mathrm{d}"),
        *((f"\\v{letter}", 0, f"\\mathbf{{{letter}}}") for letter in "abcdfghkmnpqrstuvwxyz"),
        *((f"\\b{letter}", 0, f"\\mathbf{{{letter}}}") for letter in "hkpqruvwxyz"),
        *((f"\\m{letter}", 0, f"\\mathbf{{{letter}}}") for letter in "ABCDEFGHJKLMNPQRSTUVWXYZ"),
    )
}
"""What people call by these names in files that a document does not show; its own definitions come first."""


def definitions(painted: str) -> tuple[dict[str, Macro], list[Span]]:
    r"""The macros that a text defines, and where; a later definition of a name replaces an earlier one.

    A body must close before the next blank line: a forgotten brace must not swallow the document.
    Definitions that are not simple (``\def\x(#1){…}``) are left where they stand.
    """
    macros: dict[str, Macro] = {}
    spans: list[Span] = []
    partners: dict[int, int] | None = None
    blanks: list[int] = []
    position = 0
    while escape := _DEFINITION.search(painted, position):
        position = escape.end()
        head = _HEAD.match(painted, escape.start()) if escape.group()[1] in "rnpgdD" else None
        if head is None:
            continue
        if partners is None:
            partners = brace_partners(painted)
            blanks = [match.start() for match in BLANK_LINE.finditer(painted)]
        end = partners.get(head.end() - 1)
        if end is None or bisect_right(blanks, head.start()) != bisect_right(blanks, end):
            continue
        macro = _macro(head, painted[head.end() : end])
        macros[macro.name] = macro
        spans.append(Span(head.start(), end + 1))
        position = end + 1
    return macros, spans


def _macro(head: re.Match[str], painted_body: str) -> Macro:
    body = painted_body.replace(FILLER, "").strip()
    if (operator := head["operator"] or head["operator_bare"]) is not None:
        return Macro(f"\\{operator}", 0, f"\\operatorname{head['star']}{{{body}}}")
    if (plain := head["plain"]) is not None:
        return Macro(f"\\{plain}", len(head["parameters"]) // 2, body)
    name = head["braced"] or head["bare"]
    return Macro(f"\\{name}", int(head["arity"] or 0), body, head["default"] if head["arity"] else None)
