"""One thing for another beyond whole names: under a power or a transpose, a size for a size, a number for a number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from derivcheck.diagnosis.candidate import IDENTITY, ONE, TOP, TWO, Candidate, made
from derivcheck.diagnosis.places import Rebuild, is_power, values_of
from derivcheck.diagnosis.stock import Stock
from derivcheck.language import nodes as n
from derivcheck.language.printing import latex, plain
from derivcheck.language.traversal import walk


def other_operands(tree: n.Node, stock: Stock) -> Iterator[Candidate]:
    """Another name of the same kind in the place of one, whatever stands above it."""
    for node, rebuild, inside in values_of(tree):
        yield from _under_a_script(node, rebuild, stock)
        yield from _other_sizes(node, rebuild, stock)
        if inside:
            yield from _other_names(node, rebuild, stock)
        yield from _other_numbers(node, rebuild, stock)


def _under_a_script(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    r"""``\tau^2`` for ``\sigma^2``, ``V^\top`` for ``W^\top``."""
    if not isinstance(node, n.Scripted) or node.sup is None or node.primes or node in stock.names:
        return
    base = node.base if node.sub is None else replace(node, sup=None)
    if base not in stock.names and base not in stock.replaceable and base not in stock.sizes:
        return
    pool = stock.sizes if base in stock.sizes else stock.names
    for other in pool:
        if other != base and stock.fits(base, other):
            yield made(1, rebuild, node, raised(other, node.sup))


def any_operand(tree: n.Node, stock: Stock) -> Iterator[Candidate]:
    """Any name of the document in the place of any other, whatever is known of them: for a line without a meaning."""
    pool = (*stock.names, *stock.replaceable, *stock.members, *stock.sizes, *stock.functions, IDENTITY)
    bases = dict.fromkeys(name.base if isinstance(name, n.Scripted) else name for name in (*pool, *stock.terms))
    letters = [base for base in bases if isinstance(base, n.Name)]
    for node, rebuild, _ in values_of(tree):
        match node:
            case n.Name() | n.Scripted(sup=None, primes=0) if node not in stock.letters:
                for other in dict.fromkeys(pool):
                    if other != node:
                        yield made(1, rebuild, node, other, touched=1)
            case _:
                pass
        if isinstance(node, n.Scripted) and isinstance(node.base, n.Name | n.Scripted):
            for other in letters:
                if other != node.base:
                    title = f"replace `{plain(node.base)}` by `{plain(other)}`"
                    tree_then = rebuild(replace(node, base=other))
                    yield Candidate(1, tree_then, node.base.span, latex(other), title, 1)


def inserted_operands(tree: n.Node, stock: Stock) -> Iterator[Candidate]:
    """A name, or its transpose, that is missing anywhere in a product: shapes tell where one is."""
    operands = [one for one in (IDENTITY, *stock.names) if one not in stock.shapes or not stock.is_scalar(one)]
    factors = [each for one in operands for each in (one, raised(one, TOP))]
    products = {id(part) for node in walk(tree) if isinstance(node, n.Product) for part in node.factors}
    for node, rebuild, script in values_of(tree):
        if script or id(node) in products or isinstance(node, n.Add | n.Tuple | n.Given | n.Compare | n.Number):
            continue
        here, signs = (node.factors, node.operators) if isinstance(node, n.Product) else ((node,), ())
        for spot in range(len(here) + 1):
            for factor in factors:
                beside = here[max(spot - 1, 0) : spot + 1]
                if factor in beside and len(here) > 1:
                    continue
                grown = n.Product((*here[:spot], factor, *here[spot:]), (*signs[:spot], "", *signs[spot:]))
                title = f"multiply `{plain(node)}` by `{plain(factor)}`: `{plain(grown)}`"
                yield Candidate(11, rebuild(grown), node.span, latex(grown), title, len(latex(factor)))


def raised(base: n.Node, sup: n.Node) -> n.Node:
    """A name with something above it."""
    match base:
        case n.Scripted(sup=None, primes=0):
            return replace(base, sup=sup)
        case n.Name():
            return n.Scripted(base, None, sup)
    return n.Scripted(base if isinstance(base, n.Group) else n.Group(base), None, sup)


def _other_sizes(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    if node in stock.sizes:
        for other in stock.sizes:
            if other != node:
                yield made(1, rebuild, node, other)


def _other_names(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    if node in stock.names:
        for other in stock.names:
            if other != node and stock.fits(node, other):
                yield made(1, rebuild, node, other)


def _other_numbers(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    """A number of the document for another of another kind: a size, a member of a family, a square."""
    if node in stock.sizes:
        for other in stock.scalars:
            yield made(8, rebuild, node, other)
        return
    base = node
    square = is_power(node) and isinstance(node, n.Scripted) and node.sup == TWO
    if isinstance(node, n.Scripted) and square:
        base = node.base if node.sub is None else replace(node, sup=None)
    if stock.is_scalar(base):
        for other in stock.sizes:
            yield made(8, rebuild, node, other)
        for other in stock.scalars:
            if other != base:
                yield made(8, rebuild, node, other if square else raised(other, TWO))
        for other in stock.members:
            if other != base and base not in stock.members and stock.is_scalar(other):
                yield made(8, rebuild, node, other)


def complements(tree: n.Node, stock: Stock) -> Iterator[Candidate]:
    """``1 - p`` for ``p``, and the other way round; a factor ``1 - p`` that is missing."""
    for node, rebuild, _ in values_of(tree):
        match node:
            case n.Number(value=value) if 0 < value < 1:
                rest = 1 - value
                yield made(8, rebuild, node, n.Number(rest, _decimal(rest)))
            case n.Group(body=n.Add(terms=(("+", n.Number(value=value)), ("-", part)))) if value == Fraction(1):
                yield made(8, rebuild, node, part)
            case n.Name() | n.Scripted() if stock.is_scalar(node):
                yield made(8, rebuild, node, n.Group(complement(node)))
            case n.Scripted() if is_power(node) and node.sup == TWO:
                base = node.base if node.sub is None else replace(node, sup=None)
                if stock.is_scalar(base):
                    yield made(8, rebuild, node, n.Product((base, n.Group(complement(base))), ("",)))


def complement(node: n.Node) -> n.Node:
    """What is left of 1."""
    return n.Add((("+", ONE), ("-", node)))


def _decimal(value: Fraction) -> str:
    return f"{float(value):.10g}"
