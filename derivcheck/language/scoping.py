r"""How far sums and derivatives reach that end without a bracket: over every term up to the last that is meant.

``\sum_i x_i + \sum_i y_i`` are two terms; in ``\sum_i x_i + i`` both belong to the sum.
"""

from __future__ import annotations

from collections.abc import Iterable

from derivcheck.language.nodes import (
    Add,
    Apply,
    Big,
    Derivative,
    Entrywise,
    Group,
    Name,
    Node,
    Product,
    Scripted,
    Symbol,
)
from derivcheck.language.traversal import children


def means(operator: Big | Derivative, term: Node) -> bool:
    """Whether a name that the sum binds, or a variable of the derivative, occurs in a term."""
    if isinstance(operator, Big):
        return not bound_names(operator).isdisjoint(free_names(term))
    return any(_occurs(variable, term) for variable in operator.variables)


def takes_in(node: Node, following: Iterable[Node]) -> bool:
    """Whether an operator at the end of a term would take in one of the terms that follow it in a sum."""
    later = list(following)
    return any(means(operator, term) for operator in _open(node) for term in later)


def keeps(operator: Big | Derivative, body: Node) -> bool:
    """Whether the operator reaches to the end of its body without a bracket."""
    return not isinstance(body, Add) or (body.terms[0][0] == "+" and means(operator, body.terms[-1][1]))


def _open(node: Node) -> list[Big | Derivative]:
    """The operators at the end of a node whose own end is not written."""
    match node:
        case Big(operator="int"):
            return []
        case Big(body=body):
            return [node, *_open(body)]
        case Derivative(operator=True, target=target):
            return [] if isinstance(target, Group) else [node, *_open(target)]
        case Product(factors=factors) | Entrywise(factors=factors):
            return _open(factors[-1])
        case Apply(bracketed=False, args=args):
            return _open(args[-1])
        case _:
            return []


def free_names(node: Node) -> frozenset[str]:
    """The texts of the names in a node, without those that a sum inside it binds."""
    if isinstance(node, Name):
        return frozenset({node.text})
    found: frozenset[str] = frozenset().union(*(free_names(child) for child in children(node)))
    return found - bound_names(node) if isinstance(node, Big) else found


def bound_names(node: Big) -> frozenset[str]:
    """The texts of the names that a big operator binds."""
    return frozenset(name.text for name in map(base_of, node.binder.names) if isinstance(name, Name))


def _occurs(variable: Node, node: Node) -> bool:
    """A variable with scripts occurs bare or with the same scripts: ``W_2`` is not meant by ``W_1``."""
    if isinstance(variable, Scripted) and variable.sup == Symbol(r"\top"):
        variable = Scripted(variable.base, variable.sub, None) if variable.sub is not None else variable.base
    base = base_of(variable)
    if not isinstance(base, Name):
        return False
    if variable == base:
        return base.text in free_names(node)
    match node:
        case Name():
            return node == base
        case Scripted(sub=sub, sup=sup) if node.base == base:
            same = (
                isinstance(variable, Scripted) and sub == variable.sub and (variable.sup is None or sup == variable.sup)
            )
            return same or (sub is None and (sup is None or isinstance(sup, Symbol)))
        case _:
            return any(_occurs(variable, child) for child in children(node))


def base_of(node: Node) -> Node:
    """What stands under the scripts."""
    while isinstance(node, Scripted):
        node = node.base
    return node
