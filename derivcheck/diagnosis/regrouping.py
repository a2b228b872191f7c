"""Brackets, fractions and arguments that end too early or too late, and a sum for a product."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from derivcheck.diagnosis.candidate import ONE, Candidate, closed, made
from derivcheck.diagnosis.places import Rebuild, Slot, all_literal, changed, is_indicator, slots_of, values_of
from derivcheck.diagnosis.stock import Stock
from derivcheck.language import nodes as n
from derivcheck.language.printing import latex, plain

Terms = tuple[tuple[Literal["+", "-", "±"], n.Node], ...]


def other_extents(tree: n.Node, stock: Stock) -> Iterator[Candidate]:
    """A term into a bracket, a fraction or an argument beside it, or out of it."""
    for slot in slots_of(tree):
        if isinstance(slot.node, n.Tuple | n.Given | n.Compare):
            continue
        terms = _terms(slot.node)
        for position, (sign, part) in enumerate(terms):
            for inner in slots_of(part):
                if inner.node is part or isinstance(inner.node, n.Tuple | n.Given | n.Compare):
                    continue
                for kept in (*_absorbed(terms, position, inner), *_ejected(terms, position, sign, inner)):
                    new = n.Add(kept, span=slot.node.span)
                    yield made(9, slot.rebuild, slot.node, _single(new), touched=6)


def _absorbed(terms: Terms, position: int, inner: Slot) -> Iterator[Terms]:
    """With the terms beside one that move into it: those behind it, and those in front of it."""
    sign = terms[position][0]
    body = _terms(inner.node)
    for end in range(position + 2, len(terms) + 1):
        grown = inner.rebuild(n.Add((*body, *terms[position + 1 : end])))
        yield (*terms[:position], (sign, grown), *terms[end:])
    for start in range(position):
        if sign == "+":
            grown = inner.rebuild(n.Add((*terms[start:position], *body)))
            yield (*terms[:start], ("+", grown), *terms[position + 1 :])


def _ejected(terms: Terms, position: int, sign: Literal["+", "-", "±"], inner: Slot) -> Iterator[Terms]:
    """With the last terms of what stands inside one behind it, or with the first in front of it."""
    body = _terms(inner.node)
    for cut in range(1, len(body)):
        rest = inner.rebuild(_single(n.Add(body[:cut])))
        yield (*terms[:position], (sign, rest), *body[cut:], *terms[position + 1 :])
        if sign == "+":
            rest = inner.rebuild(_single(n.Add(body[cut:])))
            yield (*terms[:position], *body[:cut], ("+", rest), *terms[position + 1 :])


def sums_for_products(tree: n.Node, stock: Stock) -> Iterator[Candidate]:
    """A product where a sign was written, and a sign where two factors stand."""
    for node, rebuild, _ in values_of(tree):
        match node:
            case n.Add(terms=terms):
                for cut in range(1, len(terms)):
                    (sign, left), (_, right) = terms[cut - 1], terms[cut]
                    if ONE in (left, right):
                        continue
                    product = n.Product((closed(left), closed(right)), ("\\cdot" if _digits(right) else "",))
                    new = _single(replace(node, terms=(*terms[: cut - 1], (sign, product), *terms[cut + 1 :])))
                    title = f"multiply `{plain(left)}` by `{plain(closed(right))}`"
                    yield Candidate(8, rebuild(new), node.span, latex(new), title, 1)
            case n.Big(body=n.Product(factors=factors, operators=operators)) if not _called(factors, stock):
                # What stands behind a sum ends it.
                for cut in range(1, len(factors)):
                    ended = replace(node, body=_product(factors[:cut], operators))
                    behind = _product(factors[cut:], operators[cut:])
                    for sign, word in (("+", "add"), ("-", "subtract")):
                        total = n.Add((("+", ended), (sign, behind)), span=node.span)
                        told = f"{word} `{plain(behind)}` instead of multiplying by it"
                        yield Candidate(9, rebuild(total), node.span, latex(total), told, 1)
            case n.Product(factors=factors, operators=operators) if not _called(factors, stock):
                for cut in range(1, len(factors)):
                    parts = (_product(factors[:cut], operators), _product(factors[cut:], operators[cut:]))
                    for sign, word in (("+", "add"), ("-", "subtract")):
                        total = n.Add((("+", parts[0]), (sign, parts[1])))
                        new = n.Group(total, span=node.span)
                        told = f"{word} `{plain(parts[1])}` instead of multiplying by it"
                        yield Candidate(9, rebuild(new), node.span, latex(new), told, 1)


def _called(factors: tuple[n.Node, ...], stock: Stock) -> bool:
    """Whether a bracket may hold the arguments of what stands before it."""
    return any(
        is_indicator(factors[spot : spot + 2])
        or (isinstance(factors[spot + 1], n.Group) and factors[spot] not in stock.shapes)
        for spot in range(len(factors) - 1)
    )


def _product(factors: tuple[n.Node, ...], operators: tuple[str, ...]) -> n.Node:
    return factors[0] if len(factors) == 1 else n.Product(factors, operators[: len(factors) - 1])


def _digits(node: n.Node) -> bool:
    return isinstance(node, n.Number)


def _terms(node: n.Node) -> Terms:
    return node.terms if isinstance(node, n.Add) else (("+", node),)


def _single(node: n.Add) -> n.Node:
    """A sum of one term as that term."""
    match node.terms:
        case (("+", part),):
            return part
    return node


def other_functions(tree: n.Node, stock: Stock) -> Iterator[Candidate]:
    r"""``\cos`` for ``\sin``, a minus inside an argument, a root or an absolute value that is missing or too much."""
    for node, rebuild, _ in values_of(tree):
        match node:
            case n.Apply(word=word):
                for kin in KIN:
                    for other in kin if word.text in kin else ():
                        if other != word.text:
                            new = replace(node, word=replace(word, text=other))
                            yield made(6, rebuild, node, new, touched=3)
            case n.Bars(body=body, double=False):
                yield made(8, rebuild, node, n.Group(body, span=node.span), touched=2)
            case n.Product():
                yield from _other_heads(node, rebuild, stock)
                yield from _linked(node, rebuild)
            case n.Root(body=body, index=index):
                for root in (None, *ROOTS):
                    if root != index:
                        new_root = n.Root(body, root, span=node.span)
                        yield made(8, rebuild, node, new_root, touched=1 if index and root else 2)
            case n.Derivative(operator=False):
                yield from _other_links(node, rebuild, stock)
            case n.Nabla(variable=below) if below is not None and below in stock.names:
                for name in stock.names:
                    if name != below and stock.fits(below, name):
                        yield made(1, rebuild, node, replace(node, variable=name), touched=1)
        if isinstance(node, n.Name | n.Scripted) and stock.is_scalar(node):
            yield made(9, rebuild, node, n.Bars(node, False, span=node.span), touched=2)
    for slot in slots_of(tree):
        if isinstance(slot.node, n.Tuple | n.Given | n.Compare | n.Number) or all_literal(slot.node):
            continue
        yield from _minus(slot)
        if not slot.exponent:
            yield made(9, slot.rebuild, slot.node, n.Bars(slot.node, False), touched=2)
            yield made(9, slot.rebuild, slot.node, n.Root(slot.node), touched=3)


ROOTS = tuple(n.Number(Fraction(index), str(index)) for index in (3, 4))
"""The indices of roots, beside the square root, which has none."""

KIN = (("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "log"), ("max", "min"))
"""Functions of which one is written for another."""


def _other_heads(node: n.Product, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    """Another function in front of brackets: in the place of one, or of what is none."""
    for spot, (head, behind) in enumerate(pairwise(node.factors)):
        bare = head.base if isinstance(head, n.Scripted) and head.primes and head.sub is None else head
        if not isinstance(behind, n.Group) or not isinstance(bare, n.Name | n.Scripted):
            continue
        primes = head.primes if isinstance(head, n.Scripted) and head is not bare else 0
        for other in stock.functions:
            if other != bare:
                called = n.Scripted(other, None, None, primes, span=head.span) if primes else replace_span(other, head)
                tree = rebuild(replace(node, factors=(*node.factors[:spot], called, *node.factors[spot + 1 :])))
                title = f"replace `{plain(head)}` by `{plain(called)}`"
                yield Candidate(1, tree, head.span, latex(called), title, 2)


def replace_span(node: n.Node, other: n.Node) -> n.Node:
    """The node in the place of another."""
    return changed(node, span=other.span)


def _minus(slot: Slot) -> Iterator[Candidate]:
    """The other sign for what an exponent or an argument holds as a whole."""
    match slot.node:
        case n.Add(terms=((sign, first), *rest)) if not rest:
            new = first if sign == "-" else n.Add((("-", first),))
        case n.Add():
            new = n.Add((("-", n.Group(slot.node)),))
        case _:
            new = n.Add((("-", slot.node),))
    title = f"change the sign of `{plain(slot.node)}`"
    yield Candidate(2, slot.rebuild(new), slot.node.span, latex(new), title, 1)


def _linked(node: n.Product, rebuild: Rebuild) -> Iterator[Candidate]:
    r"""What links two partials that do not follow from each other: ``\partial e`` behind what is by ``e``."""
    for spot, (one, other) in enumerate(pairwise(node.factors)):
        match one, other:
            case n.Derivative(variables=(by,)), n.Derivative(target=target) if by != target:
                for at, link in ((spot + 1, replace(other, target=by)), (spot, replace(one, variables=(target,)))):
                    factors = (*node.factors[:at], link, *node.factors[at + 1 :])
                    yield made(1, lambda new, factors=factors, at=at: rebuild(  # type: ignore[misc]
                        replace(node, factors=(*factors[:at], new, *factors[at + 1 :]))
                    ), node.factors[at], link, touched=0)  # fmt: skip


def _other_links(node: n.Derivative, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    r"""Another path: ``\partial e`` for ``\partial d`` above or below."""
    names = (*stock.names, *stock.replaceable)
    for other in names:
        if other != node.target and node.target in names and stock.fits(node.target, other):
            yield made(1, rebuild, node, replace(node, target=other), touched=1)
        for position, by in enumerate(node.variables):
            if other != by and by in names and stock.fits(by, other):
                changed = (*node.variables[:position], other, *node.variables[position + 1 :])
                yield made(1, rebuild, node, replace(node, variables=changed), touched=1)
