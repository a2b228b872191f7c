"""What is missing, taken from the document: a number or a piece of another line as a term or as a factor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from derivcheck.diagnosis.candidate import IDENTITY, ONE, TWO, Candidate, closed, made
from derivcheck.diagnosis.operands import complement, raised
from derivcheck.diagnosis.places import Rebuild, Slot, slots_of, values_of
from derivcheck.diagnosis.stock import Stock
from derivcheck.language import nodes as n
from derivcheck.language.printing import latex, plain
from derivcheck.language.traversal import walk

SIGNS: tuple[tuple[Literal["+", "-"], str], ...] = (
    ("+", "add the term `{}` to `{}`"),
    ("-", "subtract the term `{}` from `{}`"),
)


def missing_terms(tree: n.Node, stock: Stock) -> Iterator[Candidate]:
    """A term that is missing where a sum may stand."""
    slots = [slot for slot in slots_of(tree) if not isinstance(slot.node, n.Tuple | n.Given | n.Compare)]
    for slot in slots:
        for name in (*stock.sizes, *stock.names, *stock.members):
            yield from _added(10, slot, name)
        for name in stock.scalars:
            yield from _added(10, slot, raised(name, TWO))
    for slot in slots:
        if isinstance(slot.node, n.Add | n.Product | n.Scripted):
            yield from _added(10, slot, IDENTITY)
            for name in stock.scalars:
                for scalar in (raised(name, TWO), name):
                    yield from _added(10, slot, n.Product((scalar, IDENTITY), ("",)))
    for slot in slots:
        for piece in (*stock.pieces, *stock.terms):
            yield from _added(10 if slot.node is tree else 11, slot, piece)
    for node, rebuild, _ in values_of(tree):
        if isinstance(node, n.Product):
            yield from _added_to_factors(node, rebuild, stock)


def _added_to_factors(node: n.Product, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    """A term to a factor that is a number of the document, in brackets then."""
    for position, part in enumerate(node.factors):
        number = stock.is_scalar(part)
        others = (*stock.sizes, *stock.scalars, *stock.pieces) if number else stock.names
        if not number and part not in stock.names:
            continue
        for other in others:
            if other == part or (not number and not stock.fits(part, other)):
                continue
            inner = n.Group(other) if isinstance(other, n.Add) else other
            for sign, title in SIGNS:
                total = n.Group(n.Add((("+", part), (sign, inner))))
                factors = (*node.factors[:position], total, *node.factors[position + 1 :])
                told = title.format(plain(other), plain(part))
                tree = rebuild(replace(node, factors=factors))
                rank = 11 if number else 10
                yield Candidate(rank, tree, part.span, latex(total), told, len(latex(inner)) + 3)


def _added(rank: int, slot: Slot, term: n.Node) -> Iterator[Candidate]:
    node = slot.node
    before: tuple[tuple[Literal["+", "-", "±"], n.Node], ...] = (
        node.terms if isinstance(node, n.Add) else (("+", node),)
    )
    inner = n.Group(term) if isinstance(term, n.Add) else term
    for sign, title in SIGNS:
        if (sign, term) in before:
            continue
        total = n.Add((*before, (sign, inner)))
        told = title.format(plain(term), plain(node))
        yield Candidate(rank, slot.rebuild(total), node.span, latex(total), told, len(latex(inner)) + 1)


def missing_factors(tree: n.Node, stock: Stock) -> Iterator[Candidate]:
    """A factor that is missing of the whole, of a term, or of what stands in a slot."""
    matrices = [name for name in stock.names if stock.is_matrix(name)]
    inverted = [raised(name, n.Add((("-", ONE),))) for name in matrices]
    rest = [n.Group(complement(name)) for name in stock.scalars]
    factors = (*stock.members, *rest, *matrices, *inverted, *(closed(piece) for piece in stock.pieces))
    powers = [
        raised(name, other) for name in stock.scalars for other in (*stock.sizes, *stock.scalars) if name != other
    ]
    for node, rebuild in _factored(tree):
        # Of the whole line it is one question a factor.
        rank = 9 if node is tree else 11
        rests = [n.Group(complement(name)) for name in dict.fromkeys(walk(node)) if stock.is_scalar(name)]
        numbers_and_squares = [one for name in stock.scalars for one in (name, raised(name, TWO))]
        offered = [(9, rests), (rank, factors), (10, numbers_and_squares), (10, powers if node is tree else ())]
        for likelihood, some in offered:
            for factor in some:
                product = _multiplied(factor, node)
                what = "" if node is tree else f" `{plain(node)}`"
                title = f"multiply{what} by `{plain(factor)}`"
                touched = len(latex(factor))
                yield Candidate(likelihood, rebuild(product), node.span, latex(product), title, touched)


def _multiplied(factor: n.Node, node: n.Node) -> n.Node:
    match node:
        case n.Product(factors=factors, operators=operators):
            return n.Product((factor, *factors), ("", *operators))
        case n.Number(value=value) if value == 1:
            return factor
    return n.Product((factor, closed(node)), ("",))


def _factored(tree: n.Node) -> Iterator[tuple[n.Node, Rebuild]]:
    """Where a factor may stand: in slots that are no sums, as the terms of sums, and as the body of a big operator."""
    seen: set[int] = set()
    for slot in slots_of(tree):
        if not isinstance(slot.node, n.Tuple | n.Given | n.Compare):
            seen.add(id(slot.node))
            yield slot.node, slot.rebuild
    parts: set[int] = set()
    for node, rebuild, _ in values_of(tree):
        if id(node) in parts and id(node) not in seen:
            yield node, rebuild
        if isinstance(node, n.Add):
            parts |= {id(part) for _, part in node.terms}
        if isinstance(node, n.Big):
            parts.add(id(node.body))


def other_denominators(tree: n.Node, stock: Stock) -> Iterator[Candidate]:
    """What something is divided by: a piece of the document, or the sum of the weights for how many they are."""
    sums = tuple(_sums(tree, stock))
    fractions = {id(node.denominator) for node, _, _ in values_of(tree) if isinstance(node, n.Fraction_)}
    for slot in slots_of(tree):
        if id(slot.node) in fractions:
            for piece in (*sums, *stock.pieces):
                yield made(11, slot.rebuild, slot.node, piece)


def _sums(tree: n.Node, stock: Stock) -> Iterator[n.Node]:
    """The sums over the same range of one factor, or of a member of a family."""
    for node, _, _ in values_of(tree):
        if isinstance(node, n.Big) and node.operator == "sum":
            factors = node.body.factors if isinstance(node.body, n.Product) else ()
            for part in (*factors, *stock.members):
                yield replace(node, body=part)
