"""The matrix product for the entrywise one, the other way round, and other brackets around them."""

from __future__ import annotations

from collections.abc import Iterator

from derivcheck.diagnosis.candidate import Candidate, closed, made
from derivcheck.diagnosis.places import Rebuild, is_indicator
from derivcheck.diagnosis.stock import Stock
from derivcheck.language import nodes as n


def product_kinds(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    match node:
        case n.Entrywise(factors=factors) if len(factors) == 2:
            yield made(5, rebuild, node, n.Product(tuple(map(closed, factors)), ("",), span=node.span))
        case n.Product(factors=factors, operators=operators):
            for cut in range(1, len(factors)):
                if operators[cut - 1] not in ("", "\\cdot", "\\times") or is_indicator(factors[cut - 1 : cut + 1]):
                    continue
                left = factors[0] if cut == 1 else n.Product(factors[:cut], operators[: cut - 1])
                right = factors[cut] if cut == len(factors) - 1 else n.Product(factors[cut:], operators[cut:])
                yield made(5, rebuild, node, n.Entrywise((left, right), ("\\odot",), span=node.span))
    yield from _other_brackets(node, rebuild)


def _other_brackets(node: n.Node, rebuild: Rebuild) -> Iterator[Candidate]:
    """``A (b ⊙ c)`` for ``(A b) ⊙ c`` and the other way round."""
    match node:
        case n.Entrywise(factors=(n.Product(factors=factors, operators=operators), last), operators=(sign,)):
            inner = n.Group(n.Entrywise((factors[-1], last), (sign,)))
            yield made(5, rebuild, node, n.Product((*factors[:-1], inner), operators, span=node.span))
        case n.Entrywise(
            factors=(n.Group(body=n.Product(factors=factors, operators=operators)), last), operators=(sign,)
        ):
            inner = n.Group(n.Entrywise((factors[-1], last), (sign,)))
            yield made(5, rebuild, node, n.Product((*factors[:-1], inner), operators, span=node.span))
        case n.Product(factors=(*front, n.Group(body=n.Entrywise(factors=(first, *rest), operators=signs)))) if front:
            product = n.Product((*front, closed(first)), ("",) * len(front))
            yield made(5, rebuild, node, n.Entrywise((product, *rest), signs, span=node.span))
