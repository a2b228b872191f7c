r"""How far an operator that binds a name reaches: to the last term of the sum in which the name occurs.

``\sum_i x_i - \mu`` sums only ``x_i``; ``\sum_i x_i + 2 x_i y + c`` sums two terms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from derivcheck.language.nodes import (
    Add,
    Apply,
    Big,
    Derivative,
    Entrywise,
    Group,
    Nabla,
    Name,
    Node,
    Product,
    Scripted,
    Symbol,
)
from derivcheck.language.scoping import base_of, bound_names, free_names
from derivcheck.language.traversal import children

Term = tuple[Literal["+", "-", "±"], Node]


def reaching(terms: Sequence[Term]) -> list[Term]:
    """The terms after every open operator among them has taken in the terms that belong to it."""
    left = list(terms)
    if not any(is_open(node) for _, node in left[:-1]):
        return left
    names = [free_names(node) for _, node in left]
    known: dict[tuple[Node, int], bool] = {}
    for index in range(len(left) - 2, -1, -1):
        sign, node = left[index]
        if not is_open(node):
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
    known: dict[tuple[Node, int], bool]

    def holds(self, variable: Node, term: Node) -> bool:
        """Whether a derivative's variable occurs in a term; asked of the same terms again and again."""
        key = (variable, id(term))
        if key not in self.known:
            self.known[key] = _occurs(variable, term)
        return self.known[key]


def is_open(node: Node) -> bool:
    """Whether a node ends with an operator whose end is not written."""
    match node:
        case Big(operator="int"):
            return False
        case Big() | Derivative(operator=True):
            return True
        case Product(factors=factors) | Entrywise(factors=factors):
            return is_open(factors[-1])
        case Apply(bracketed=False, args=args):
            return is_open(args[-1])
        case _:
            return False


def _reaching(node: Node, following: _Following) -> tuple[Node, int]:
    """The node with the terms that it takes in, and how many they are."""
    match node:
        case Product(factors=factors) | Entrywise(factors=factors):
            last, taken = _reaching(factors[-1], following)
            return _with(node, taken, last, factors=(*factors[:-1], last))
        case Apply(args=(argument,)):
            inner, taken = _reaching(argument, following)
            return _with(node, taken, inner, args=(inner,))
        case Big(body=body):
            inner, taken = _reaching(body, following) if is_open(body) else (body, 0)
            bound = bound_names(node)
            inner, taken = _extended(inner, taken, following, [not bound.isdisjoint(free) for free in following.names])
            return _with(node, taken, inner, body=inner)
        case Derivative(target=target, variables=variables):
            if isinstance(target, Group):
                return node, 0
            inner, taken = _reaching(target, following) if is_open(target) else (target, 0)
            meant = [any(following.holds(variable, term) for variable in variables) for _, term in following.terms]
            inner, taken = _extended(inner, taken, following, meant)
            return _with(node, taken, inner, target=inner)
        case _:
            return node, 0


def _with(node: Node, taken: int, last: Node, **changes: object) -> tuple[Node, int]:
    if not taken:
        return node, 0
    return replace(node, span=node.span | last.span, **changes), taken  # type: ignore[arg-type]


def _extended(body: Node, taken: int, following: _Following, meant: Sequence[bool]) -> tuple[Node, int]:
    """The body with all terms up to the last one that is meant; ``taken`` of them are in it already."""
    total = max((index + 1 for index, is_meant in enumerate(meant) if is_meant), default=0)
    if total <= taken:
        return body, taken
    terms: list[Term] = [("+", body), *following.terms[taken:total]]
    return Add(tuple(terms), span=body.span | terms[-1][1].span), total


def _occurs(variable: Node, node: Node) -> bool:
    r"""Whether a derivative's variable occurs: a scripted one bare or scripted the same, not ``W_2`` for ``W_1``.

    Another derivative by the same variable is a term of its own, as is another sum over the same index.
    """
    base = base_of(variable)
    if not isinstance(base, Name):
        return False
    wanted = _untransposed(variable)
    match node:
        case Name(text=text):
            return text == base.text
        case Derivative(variables=variables) if wanted in map(_untransposed, variables):
            return False
        case Nabla(variable=other) if other is not None and _untransposed(other) == wanted:
            return False
        case Big() if base.text in bound_names(node):
            return False
        case Scripted(base=Name(text=text), sub=sub, sup=sup) if text == base.text and isinstance(wanted, Scripted):
            if sub == wanted.sub and (wanted.sup is None or sup == wanted.sup):
                return True
            return sub is None and (sup is None or isinstance(sup, Symbol))
        case _:
            return any(_occurs(variable, child) for child in children(node))


def _untransposed(variable: Node) -> Node:
    if isinstance(variable, Scripted) and variable.sup == Symbol("\\top"):
        return replace(variable, sup=None) if variable.sub is not None else variable.base
    return variable
