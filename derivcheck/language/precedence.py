"""How tightly each node binds, for the printers: where a bracket is needed."""

from __future__ import annotations

from fractions import Fraction

from derivcheck.language.nodes import (
    Add,
    Apply,
    Bars,
    Big,
    Binder,
    Compare,
    Derivative,
    Entrywise,
    Given,
    Group,
    Nabla,
    Name,
    Node,
    Number,
    Product,
    Scripted,
    Tuple,
    Word,
)

_ENTRYWISE = frozenset({r"\odot", r"\circ", r"\oslash"})
LOOSEST, RELATION, SUM, ENTRYWISE, PRODUCT, ATOM = range(6)


def level(node: Node) -> int:
    """From ``LOOSEST`` (a list) to ``ATOM`` (a name, a bracket): a node in a looser one needs no brackets."""
    match node:
        case Tuple() | Given() | Binder():
            return LOOSEST
        case Compare():
            return RELATION
        case Add():
            return SUM
        case Entrywise():
            return ENTRYWISE
        case Product():
            return PRODUCT
        case _:
            return ATOM


def reaches_right(node: Node, operator: str, following: Node) -> bool:
    r"""Whether the node would take what follows it behind an operator into itself: ``\log x`` before ``y``."""
    match node:
        case Product(factors=factors) | Entrywise(factors=factors):
            return reaches_right(factors[-1], operator, following)
        case Apply(bracketed=False, args=(argument,)):
            if isinstance(_base(argument), Bars):
                return False
            if _is_word(argument):
                return reaches_right(argument, operator, following)
            # A word's argument is what stands beside it: any written sign ends it.
            return operator == "" and not _is_word(following)
        case Derivative(operator=True, target=target):
            return operator not in _ENTRYWISE or reaches_right(target, operator, following)
        case Big(operator=kind):
            return kind != "int"
        case _:
            return False


def _base(node: Node) -> Node:
    return node.base if isinstance(node, Scripted) else node


def _is_word(node: Node) -> bool:
    """Whether the node begins with a word, which ends the argument of a word before it."""
    if isinstance(node, Product | Entrywise):
        return _is_word(node.factors[0])
    if isinstance(node, Big):
        return node.operator not in ("sum", "prod", "int")
    return isinstance(_base(node), Apply | Word)


def touches(left: Node, right: Node) -> bool:
    """Whether two factors are written without a space between: ``2x``, ``f(x)``, ``∇f``."""
    match left:
        case Number():
            return isinstance(right, Name | Scripted) and not isinstance(getattr(right, "base", right), Number | Word)
        case Nabla():
            return not isinstance(right, Apply | Big)
        case Name() | Scripted() | Group():
            return isinstance(_base(right), Group)
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
        power = Number(Fraction(count), str(count))
        match variable:
            case _ if count == 1:
                result.append(variable)
            case Name():
                result.append(Scripted(variable, None, power))
            case Scripted(sup=None, primes=0):
                result.append(Scripted(variable.base, variable.sub, power))
            case _:
                result.extend([variable] * count)
        k += count
    return tuple(result)
