"""Slips of grouping: brackets and fractions that end too early or too late, a sum for a product, a mean of ratios."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from derivcheck.diagnosis.candidate import ONE, Candidate, Place, closed, made, places_of
from derivcheck.diagnosis.slips import SIGNS, Found, Sign
from derivcheck.diagnosis.stock import Stock
from derivcheck.language import nodes as n
from derivcheck.language.nodes import walk
from derivcheck.language.printing import plain


def extents(place: Place, stock: Stock) -> Found:
    """A term into a bracket, a fraction, a root or an argument beside it, or out of it."""
    terms: Any = _terms(place.node)
    for spot, (sign, part) in enumerate(terms):
        for inner in places_of(part):
            if inner.node is part or not inner.slot or not inner.value or isinstance(inner.node, n.Number):
                continue
            before, behind, body = terms[:spot], terms[spot + 1 :], _terms(inner.node)
            for end in range(1, len(behind) + 1):
                yield _regrouped(place, before, (sign, inner.rebuild(n.Add((*body, *behind[:end])))), behind[end:])
            for cut in range(1, len(body)):
                rest = (sign, inner.rebuild(_single(body[:cut])))
                yield _regrouped(place, before, rest, (*body[cut:], *behind))
                if sign == "+":
                    yield _regrouped(place, (*before, *body[:cut]), ("+", inner.rebuild(_single(body[cut:]))), behind)
            for start in range(spot if sign == "+" else 0):
                grown = ("+", inner.rebuild(n.Add((*before[start:], *body))))
                yield _regrouped(place, before[:start], grown, behind)


def _regrouped(place: Place, before: Any, part: Any, behind: Any) -> Candidate:  # noqa: ANN401 (terms of a sum)
    # A bracket that moves is two tokens, however much it passes.
    return made(9, place, _single((*before, part, *behind)), size=2)


def _terms(node: n.Node) -> tuple[tuple[Sign, n.Node], ...]:
    return node.terms if isinstance(node, n.Add) else (("+", node),)


def _single(terms: Any) -> n.Node:  # noqa: ANN401 (terms of a sum)
    """A sum of one term as that term."""
    return terms[0][1] if len(terms) == 1 and terms[0][0] == "+" else n.Add(tuple(terms))


def products(place: Place, stock: Stock) -> Found:
    """A product where a sign was written; what stands behind a sum ends it."""
    match place.node:
        case n.Add(terms=terms) as node:
            for cut in range(1, len(terms)):
                (sign, left), (_, right) = terms[cut - 1], terms[cut]
                if ONE not in (left, right):
                    both = n.Product((closed(left), closed(right)), ("\\cdot" if isinstance(right, n.Number) else "",))
                    title = f"multiply `{plain(left)}` by `{plain(closed(right))}`"
                    new = _single((*terms[: cut - 1], (sign, both), *terms[cut + 1 :]))
                    yield made(8, place, new, title, size=1)
        case n.Big(body=n.Product(factors=factors, operators=operators)) as node:
            for cut in range(1, len(factors)):
                parts = (n.Product(factors[:cut], operators[: cut - 1]), n.Product(factors[cut:], operators[cut:]))
                first, behind = (part.factors[0] if len(part.factors) == 1 else part for part in parts)
                for mark, word in SIGNS:
                    total = n.Add((("+", replace(node, body=first)), (mark, behind)))
                    title = f"{word} `{plain(behind)}` instead of multiplying by it"
                    yield made(9, place, total, title, size=1)


def divided_sums(place: Place, stock: Stock) -> Found:
    """The mean of the ratios for the ratio of the sums, with or without the 1/N in front."""
    node = place.node
    match node:
        case n.Big(operator="sum", body=n.Fraction_()) as big:
            pass
        case n.Product(factors=(n.Fraction_(numerator=one), n.Big(operator="sum", body=n.Fraction_()) as big)):
            if one != ONE:
                return
        case n.Fraction_(numerator=n.Big(operator="sum", body=n.Fraction_()) as big):
            pass
        case _:
            return
    ratio: Any = big.body
    new = n.Fraction_(replace(big, body=closed(ratio.numerator)), replace(big, body=closed(ratio.denominator)))
    yield made(9, place, new, "divide the sums, not the terms")


def weighted(place: Place, stock: Stock) -> Found:
    """What a sum is divided by: the sum of the weights for how many they are."""
    match place.node:
        case n.Fraction_() as node:
            for big in walk(node.numerator):
                if isinstance(big, n.Big) and big.operator == "sum":
                    factors = big.body.factors if isinstance(big.body, n.Product) else ()
                    for part in (*factors, *stock.members):
                        below = replace(big, body=part)
                        title = f"replace `{plain(node.denominator)}` by `{plain(below)}`"
                        yield made(11, place, replace(node, denominator=below), title)
        case n.Product(factors=(n.Fraction_(numerator=one), n.Big(operator="sum") as big)) if one == ONE:
            for part in big.body.factors if isinstance(big.body, n.Product) else ():
                yield made(11, place, n.Fraction_(big, replace(big, body=part)))
