r"""How far an operator that binds a name reaches: to the last term of the sum in which the name occurs.

``\sum_i x_i - \mu`` sums only ``x_i``; ``\sum_i x_i + 2 x_i y + c`` sums two terms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from derivcheck.language import nodes as n
from derivcheck.language.precedence import bound_names, free_names, occurs, open_operators

Term = tuple[Literal["+", "-", "±"], n.Node]


def reaching(terms: Sequence[Term]) -> list[Term]:
    """The terms after every open operator among them has taken in the terms that belong to it."""
    left = list(terms)
    if not any(open_operators(node) for _, node in left[:-1]):
        return left
    names = [free_names(node) for _, node in left]
    known: dict[tuple[n.Node, int], bool] = {}
    for index in range(len(left) - 2, -1, -1):
        sign, node = left[index]
        if not open_operators(node):
            continue
        node, taken = _reaching(node, _Following(left[index + 1 :], names[index + 1 :], known))
        if taken:
            left[index : index + 1 + taken] = [(sign, node)]
            names[index : index + 1 + taken] = [free_names(node)]
    return left


@dataclass(frozen=True, slots=True)
class _Following:
    """The terms behind an open operator, the names that are free in each, and what was found of variables in them."""

    terms: Sequence[Term]
    names: Sequence[frozenset[str]]
    known: dict[tuple[n.Node, int], bool]

    def holds(self, variable: n.Node, term: n.Node) -> bool:
        """Whether a derivative's variable occurs in a term; asked of the same terms again and again."""
        key = (variable, id(term))
        if key not in self.known:
            self.known[key] = occurs(variable, term)
        return self.known[key]


def _reaching(node: n.Node, following: _Following) -> tuple[n.Node, int]:
    """The node with the terms that it takes in, and how many they are."""
    match node:
        case n.Product(factors=factors) | n.Entrywise(factors=factors):
            last, taken = _reaching(factors[-1], following)
            return _with(node, taken, last, factors=(*factors[:-1], last))
        case n.Apply(args=(argument,)):
            inner, taken = _reaching(argument, following)
            return _with(node, taken, inner, args=(inner,))
        case n.Big(body=body):
            inner, taken = _reaching(body, following) if open_operators(body) else (body, 0)
            bound = bound_names(node)
            inner, taken = _extended(inner, taken, following, [not bound.isdisjoint(free) for free in following.names])
            return _with(node, taken, inner, body=inner)
        case n.Derivative(target=target, variables=variables):
            if isinstance(target, n.Group):
                return node, 0
            inner, taken = _reaching(target, following) if open_operators(target) else (target, 0)
            meant = [any(following.holds(variable, term) for variable in variables) for _, term in following.terms]
            inner, taken = _extended(inner, taken, following, meant)
            return _with(node, taken, inner, target=inner)
        case _:
            return node, 0


def _with(node: n.Node, taken: int, last: n.Node, **changes: object) -> tuple[n.Node, int]:
    if not taken:
        return node, 0
    return replace(node, span=node.span | last.span, **changes), taken  # type: ignore[arg-type]


def _extended(body: n.Node, taken: int, following: _Following, meant: Sequence[bool]) -> tuple[n.Node, int]:
    """The body with all terms up to the last one that is meant; ``taken`` of them are in it already."""
    total = max((index + 1 for index, is_meant in enumerate(meant) if is_meant), default=0)
    if total <= taken:
        return body, taken
    terms: list[Term] = [("+", body), *following.terms[taken:total]]
    return n.Add(tuple(terms), span=body.span | terms[-1][1].span), total
