r"""``\\pm``: of ``\\arg\\max_u Q = \\pm a`` both places are claimed to be optima."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from derivcheck.language import nodes as n
from derivcheck.language.traversal import transform, walk


def both_signs(node: n.Node) -> tuple[n.Node, ...]:
    """The expression with + and with − for ±; the expression alone where there is none in it."""
    if not any(_is_either(part) for part in walk(node)):
        return (node,)
    return transform(node, lambda part: _signed(part, "+")), transform(node, lambda part: _signed(part, "-"))


def _is_either(node: n.Node) -> bool:
    return isinstance(node, n.Add) and any(sign == "±" for sign, _ in node.terms)


def _signed(node: n.Node, chosen: Literal["+", "-"]) -> n.Node:
    if not isinstance(node, n.Add) or not _is_either(node):
        return node
    made = tuple((chosen if sign == "±" else sign, part) for sign, part in node.terms)
    return made[0][1] if len(made) == 1 and chosen == "+" else replace(node, terms=made)
