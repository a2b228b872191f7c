"""Edits that only mend: what is missing is taken from the document, the likelier places first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from derivcheck.diagnosis.candidate import HALF, TWO, Candidate, closed, signed_span
from derivcheck.diagnosis.insertions import SIGNS
from derivcheck.diagnosis.operands import raised
from derivcheck.diagnosis.places import Rebuild, changed, places_of
from derivcheck.diagnosis.stock import Stock
from derivcheck.language import nodes as n
from derivcheck.language.printing import latex, plain


def mending(tree: n.Node, stock: Stock) -> Iterator[Candidate]:
    """A term twice or half as large, a name for a 1, a missing factor of one term, or a missing term."""
    for factor in _scalars(stock):
        product = n.Product((factor, closed(tree)), ("",))
        title = f"multiply by `{plain(factor)}`"
        yield Candidate(9, product, tree.span, latex(product), title, len(latex(factor)) + 1)
    for node, rebuild, script in places_of(tree, lambda new: new):
        if script:
            continue
        match node:
            case n.Add(terms=terms):
                for position, (sign, part) in enumerate(terms):
                    for scalar, title in ((HALF, "halve"), (TWO, "double")):
                        scaled = n.Product((scalar, closed(part)), ("",))
                        new = changed(node, terms=(*terms[:position], (sign, scaled), *terms[position + 1 :]))
                        place, text = signed_span(part, node), f"{sign} {latex(scaled)}"
                        yield Candidate(9, rebuild(new), place, text, f"{title} the term `{plain(part)}`", 4)
            case n.Scripted(sup=n.Number(value=power)) | n.Scripted(sup=n.Add(terms=(("-", n.Number(value=power)),))):
                yield _turned(node, power, rebuild)
            case n.Name() | n.Scripted(sup=None):
                if node in stock.inverses:
                    yield _turned(node, Fraction(1), rebuild)
                if node in stock.names and (node not in stock.shapes or stock.is_scalar(node)):
                    for size in stock.sizes:
                        # A normaliser in one dimension for one in many.
                        whole, title = raised(node, size), f"raise `{plain(node)}` to the power `{plain(size)}`"
                        yield Candidate(8, rebuild(whole), node.span, latex(whole), title, len(latex(size)) + 1)
                if node in stock.names or node in stock.sizes:
                    root = n.Root(node, span=node.span)
                    title = f"replace `{plain(node)}` by `{plain(root)}`"
                    yield Candidate(9, rebuild(root), node.span, latex(root), title)
            case n.Number(value=value) if value == 1:
                for other in _scalars(stock):
                    title = f"replace `1` by `{plain(other)}`"
                    yield Candidate(8, rebuild(other), node.span, latex(other), title, len(plain(other)))
    yield from _insertions(tree, stock)


def _turned(node: n.Node, power: Fraction, rebuild: Rebuild) -> Candidate:
    r"""``\Sigma`` for ``\Sigma^{-1}``, ``\sigma^{-2}`` for ``\sigma^2``, and the other way round."""
    whole = isinstance(node, n.Scripted) and node.sup is not None
    number = n.Number(power, str(power))
    new: n.Node
    if not whole:
        minus = n.Add((("-", number),))
        new = (
            replace(node, sup=minus) if isinstance(node, n.Scripted) else n.Scripted(node, None, minus, span=node.span)
        )
    else:
        assert isinstance(node, n.Scripted)
        bare = node.base if node.sub is None else replace(node, sup=None)
        positive = isinstance(node.sup, n.Number)
        sup = n.Add((("-", number),)) if positive else number
        new = bare if power == 1 and not positive else replace(node, sup=sup)
    return Candidate(9, rebuild(new), node.span, latex(new), f"replace `{plain(node)}` by `{plain(new)}`")


def _scalars(stock: Stock) -> Iterator[n.Node]:
    """Names, their squares and negative powers that are written, where nothing is known against their being numbers."""
    for name in stock.names:
        if name not in stock.shapes or stock.is_scalar(name):
            yield name
            yield raised(name, TWO)
    yield from stock.powers


def _insertions(tree: n.Node, stock: Stock) -> Iterator[Candidate]:
    """A missing factor of one term, or a missing term: taken from the document."""
    for node, rebuild, script in places_of(tree, lambda new: new):
        if script or not _may_take_factor(node):
            continue
        for term in stock.terms:
            if stock.is_scalar(term):
                continue
            new = n.Entrywise((_closed_entrywise(node), term), ("\\odot",))
            wrapped = n.Group(new) if node is not tree else new
            yield Candidate(
                10,
                rebuild(wrapped),
                node.span,
                latex(wrapped),
                f"multiply `{plain(node)}` entry by entry by `{plain(term)}`",
            )
        for term in (*stock.terms, *stock.names):
            for sign, title in SIGNS:
                total: n.Node = n.Add((("+", node), (sign, term)))
                if node is not tree:
                    total = n.Group(total)
                told = title.format(plain(term), plain(node))
                yield Candidate(12, rebuild(total), node.span, latex(total), told, len(latex(term)) + 3)
        for factor in _scalars(stock):
            product = n.Product((factor, closed(node)), ("",))
            title = f"multiply `{plain(node)}` by `{plain(factor)}`"
            yield Candidate(12, rebuild(product), node.span, latex(product), title, len(latex(factor)))


def _closed_entrywise(node: n.Node) -> n.Node:
    return n.Group(node) if isinstance(node, n.Add) else node


def _may_take_factor(node: n.Node) -> bool:
    factors = n.Group | n.Product | n.Entrywise | n.Derivative | n.Name | n.Add | n.Fraction_ | n.Big | n.Scripted
    return isinstance(node, factors)
