r"""How tightly each node binds, and how far operators reach that end without a bracket: where one is needed.

A sum or a derivative reaches over every term up to the last that is meant: ``\sum_i x_i + \sum_i y_i`` are two terms;
in ``\sum_i x_i + i`` both belong to the sum.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from derivcheck.language import nodes as n
from derivcheck.language.nodes import Node, children

_ENTRYWISE = frozenset({r"\odot", r"\circ", r"\oslash"})
LOOSEST, RELATION, SUM, ENTRYWISE, PRODUCT, ATOM = range(6)


def level(node: Node) -> int:
    """From ``LOOSEST`` (a list) to ``ATOM`` (a name, a bracket): a node in a looser one needs no brackets."""
    match node:
        case n.Tuple() | n.Given() | n.Binder():
            return LOOSEST
        case n.Compare():
            return RELATION
        case n.Add():
            return SUM
        case n.Entrywise():
            return ENTRYWISE
        case n.Product():
            return PRODUCT
        case _:
            return ATOM


def reaches_right(node: Node, operator: str, following: Node) -> bool:
    r"""Whether the node would take what follows it behind an operator into itself: ``\log x`` before ``y``."""
    match node:
        case n.Product(factors=factors) | n.Entrywise(factors=factors):
            return reaches_right(factors[-1], operator, following)
        case n.Apply(bracketed=False, args=(argument,)):
            if isinstance(_base(argument), n.Bars):
                return False
            if _is_word(argument):
                return reaches_right(argument, operator, following)
            # A word's argument is what stands beside it: any written sign ends it.
            return operator == "" and not _is_word(following)
        case n.Derivative(operator=True, target=target):
            return operator not in _ENTRYWISE or reaches_right(target, operator, following)
        case n.Big(operator=kind):
            return kind != "int"
        case _:
            return False


def _base(node: Node) -> Node:
    return node.base if isinstance(node, n.Scripted) else node


def _is_word(node: Node) -> bool:
    """Whether the node begins with a word, which ends the argument of a word before it."""
    if isinstance(node, n.Product | n.Entrywise):
        return _is_word(node.factors[0])
    if isinstance(node, n.Big):
        return node.operator not in ("sum", "prod", "int")
    return isinstance(_base(node), n.Apply | n.Word)


def touches(left: Node, right: Node) -> bool:
    """Whether two factors are written without a space between: ``2x``, ``f(x)``, ``∇f``."""
    match left:
        case n.Number():
            return isinstance(right, n.Name | n.Scripted) and not isinstance(
                getattr(right, "base", right), n.Number | n.Word
            )
        case n.Nabla():
            return not isinstance(right, n.Apply | n.Big)
        case n.Name() | n.Scripted() | n.Group():
            return isinstance(_base(right), n.Group)
        case _:
            return False


def orders(variables: tuple[Node, ...]) -> tuple[Node, ...]:
    r"""The variables of a derivative as they are written: ``(x, x, y)`` is ``\partial x^2 \partial y``."""
    result: list[Node] = []
    k = 0
    while k < len(variables):
        variable = variables[k]
        count = 1
        while k + count < len(variables) and variables[k + count] == variable:
            count += 1
        power = n.Number(Fraction(count), str(count))
        match variable:
            case _ if count == 1:
                result.append(variable)
            case n.Name():
                result.append(n.Scripted(variable, None, power))
            case n.Scripted(sup=None, primes=0):
                result.append(n.Scripted(variable.base, variable.sub, power))
            case _:
                result.extend([variable] * count)
        k += count
    return tuple(result)


def means(operator: n.Big | n.Derivative, term: Node) -> bool:
    """Whether a name that the sum binds, or a variable of the derivative, occurs in a term."""
    if isinstance(operator, n.Big):
        return not bound_names(operator).isdisjoint(free_names(term))
    return any(occurs(variable, term) for variable in operator.variables)


def takes_in(node: Node, following: Iterable[Node]) -> bool:
    """Whether an operator at the end of a term would take in one of the terms that follow it in a sum."""
    later = list(following)
    return any(means(operator, term) for operator in open_operators(node) for term in later)


def keeps(operator: n.Big | n.Derivative, body: Node) -> bool:
    """Whether the operator reaches to the end of its body without a bracket."""
    return not isinstance(body, n.Add) or (body.terms[0][0] == "+" and means(operator, body.terms[-1][1]))


def open_operators(node: Node) -> list[n.Big | n.Derivative]:
    """The operators at the end of a node whose own end is not written."""
    match node:
        case n.Big(operator="int"):
            return []
        case n.Big(body=body):
            return [node, *open_operators(body)]
        case n.Derivative(operator=True, target=target):
            return [] if isinstance(target, n.Group) else [node, *open_operators(target)]
        case n.Product(factors=factors) | n.Entrywise(factors=factors):
            return open_operators(factors[-1])
        case n.Apply(bracketed=False, args=args):
            return open_operators(args[-1])
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


def occurs(variable: Node, node: Node) -> bool:
    r"""Whether a derivative's variable occurs: a scripted one bare or scripted the same, not ``W_2`` for ``W_1``.

    Another derivative by the same variable is a term of its own, as is another sum over the same index.
    """
    base = base_of(variable)
    if not isinstance(base, n.Name):
        return False
    wanted = _untransposed(variable)
    match node:
        case n.Name(text=text):
            return text == base.text
        case n.Derivative(variables=variables) if wanted in map(_untransposed, variables):
            return False
        case n.Nabla(variable=other) if other is not None and _untransposed(other) == wanted:
            return False
        case n.Big() if base.text in bound_names(node):
            return False
        case n.Scripted(base=n.Name(text=text), sub=sub, sup=sup) if text == base.text and isinstance(
            wanted, n.Scripted
        ):
            same = sub == wanted.sub and (wanted.sup is None or sup == wanted.sup)
            return same or (sub is None and (sup is None or isinstance(sup, n.Symbol)))
        case _:
            return any(occurs(variable, child) for child in children(node))


def _untransposed(variable: Node) -> Node:
    if isinstance(variable, n.Scripted) and variable.sup == n.Symbol("\\top"):
        return replace(variable, sup=None) if variable.sub is not None else variable.base
    return variable


def base_of(node: Node) -> Node:
    """What stands under the scripts."""
    while isinstance(node, n.Scripted):
        node = node.base
    return node
