r"""How far sums and derivatives reach that end without a bracket: over every term up to the last that is meant.

``\sum_i x_i + \sum_i y_i`` are two terms; in ``\sum_i x_i + i`` both belong to the sum.
"""

from __future__ import annotations

from collections.abc import Iterable

from derivcheck.language import nodes as n
from derivcheck.language.nodes import Node
from derivcheck.language.traversal import children


def means(operator: n.Big | n.Derivative, term: Node) -> bool:
    """Whether a name that the sum binds, or a variable of the derivative, occurs in a term."""
    if isinstance(operator, n.Big):
        return not bound_names(operator).isdisjoint(free_names(term))
    return any(_occurs(variable, term) for variable in operator.variables)


def takes_in(node: Node, following: Iterable[Node]) -> bool:
    """Whether an operator at the end of a term would take in one of the terms that follow it in a sum."""
    later = list(following)
    return any(means(operator, term) for operator in _open(node) for term in later)


def keeps(operator: n.Big | n.Derivative, body: Node) -> bool:
    """Whether the operator reaches to the end of its body without a bracket."""
    return not isinstance(body, n.Add) or (body.terms[0][0] == "+" and means(operator, body.terms[-1][1]))


def _open(node: Node) -> list[n.Big | n.Derivative]:
    """The operators at the end of a node whose own end is not written."""
    match node:
        case n.Big(operator="int"):
            return []
        case n.Big(body=body):
            return [node, *_open(body)]
        case n.Derivative(operator=True, target=target):
            return [] if isinstance(target, n.Group) else [node, *_open(target)]
        case n.Product(factors=factors) | n.Entrywise(factors=factors):
            return _open(factors[-1])
        case n.Apply(bracketed=False, args=args):
            return _open(args[-1])
        case _:
            return []


def free_names(node: Node) -> frozenset[str]:
    """The texts of the names in a node, without those that a sum inside it binds."""
    if isinstance(node, n.Name):
        return frozenset({node.text})
    found: frozenset[str] = frozenset().union(*(free_names(child) for child in children(node)))
    return found - bound_names(node) if isinstance(node, n.Big) else found


def bound_names(node: n.Big) -> frozenset[str]:
    """The texts of the names that a big operator binds."""
    return frozenset(name.text for name in map(base_of, node.binder.names) if isinstance(name, n.Name))


def _occurs(variable: Node, node: Node) -> bool:
    """A variable with scripts occurs bare or with the same scripts: ``W_2`` is not meant by ``W_1``."""
    if isinstance(variable, n.Scripted) and variable.sup == n.Symbol(r"\top"):
        variable = n.Scripted(variable.base, variable.sub, None) if variable.sub is not None else variable.base
    base = base_of(variable)
    if not isinstance(base, n.Name):
        return False
    if variable == base:
        return base.text in free_names(node)
    match node:
        case n.Name():
            return node == base
        case n.Scripted(sub=sub, sup=sup) if node.base == base:
            same = (
                isinstance(variable, n.Scripted)
                and sub == variable.sub
                and (variable.sup is None or sup == variable.sup)
            )
            return same or (sub is None and (sup is None or isinstance(sup, n.Symbol)))
        case _:
            return any(_occurs(variable, child) for child in children(node))


def base_of(node: Node) -> Node:
    """What stands under the scripts."""
    while isinstance(node, n.Scripted):
        node = node.base
    return node
