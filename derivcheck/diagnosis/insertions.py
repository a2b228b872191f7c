"""What is missing, taken from the document: a number or a piece of another line as a term or as a factor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from derivcheck.diagnosis.candidate import ONE, TWO, Candidate, closed, made
from derivcheck.diagnosis.operands import complement, raised
from derivcheck.diagnosis.places import Rebuild, Slot, slots_of, values_of
from derivcheck.diagnosis.stock import Stock
from derivcheck.language import nodes as n
from derivcheck.language.printing import latex, plain

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
    for slot in slots:
        for square in (raised(name, TWO) for name in stock.scalars):
            yield from _added(11, slot, square)
        for piece in (*stock.pieces, *stock.terms):
            yield from _added(11, slot, piece)


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
    for node, rebuild in _factored(tree):
        for factor in factors:
            product = _multiplied(factor, node)
            title = f"multiply `{plain(node)}` by `{plain(factor)}`"
            yield Candidate(11, rebuild(product), node.span, latex(product), title, len(latex(factor)))


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
    """What something is divided by: a piece of the document for a number."""
    for node, _, _ in values_of(tree):
        if isinstance(node, n.Fraction_):
            bottoms = [slot for slot in slots_of(tree) if slot.node is node.denominator]
            for slot in bottoms[:1]:
                for piece in stock.pieces:
                    yield made(11, slot.rebuild, slot.node, piece)
