"""How tightly each node binds, for the printers: where a bracket is needed."""

from __future__ import annotations

from fractions import Fraction

from derivcheck.language import nodes as n
from derivcheck.language.nodes import Node

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
