"""How tightly each node binds, for the printers: where a bracket is needed."""

from __future__ import annotations

from fractions import Fraction

from derivcheck.language.nodes import (
    Add,
    Apply,
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


def reaches_right(node: Node, following: Node) -> bool:
    r"""Whether the node would take what follows it in a product into itself: ``\log x`` before ``y``."""
    match node:
        case Product(factors=factors) | Entrywise(factors=factors):
            return reaches_right(factors[-1], following)
        case Apply(bracketed=False):
            return not isinstance(following, Apply | Big | Word)
        case Derivative(operator=True, target=target):
            return reaches_right(target, following)
        case Big():
            return True
        case _:
            return False


def touches(left: Node, right: Node) -> bool:
    """Whether two factors are written without a space between: ``2x``, ``f(x)``, ``∇f``."""
    match left:
        case Number():
            return isinstance(right, Name | Scripted) and not isinstance(getattr(right, "base", right), Number | Word)
        case Nabla():
            return not isinstance(right, Apply | Big)
        case Name() | Scripted() | Group():
            return isinstance(right, Group)
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
