"""Single edits of an expression, in the order in which people make these mistakes.

Pure syntax: each edit is a new tree, the span of what it replaces, and the text that stands there instead.
Whether an edit makes a line hold is found out elsewhere (``derivcheck.diagnosis.repair``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import cast

from derivcheck.diagnosis.places import Rebuild, changed, places_of
from derivcheck.language import nodes as n
from derivcheck.language.printing import latex, plain
from derivcheck.language.traversal import children
from derivcheck.source import Span

TOP = n.Symbol("\\top")
TWO = n.Number(Fraction(2), "2")
HALF = n.Fraction_(n.Number(Fraction(1), "1"), TWO)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A tree with one edit. ``rank`` orders kinds of mistakes; ``size`` how much text changes."""

    rank: int
    tree: n.Node
    span: Span
    replacement: str
    title: str

    @property
    def size(self) -> int:
        """How much stands at the place now and afterwards, in characters."""
        return (self.span.end - self.span.start) + len(self.replacement)


@dataclass(frozen=True, slots=True)
class Stock:
    """What the document offers: names by their syntax, whole terms, indices, and sizes."""

    names: tuple[n.Node, ...]
    terms: tuple[n.Node, ...]
    sizes: tuple[n.Node, ...]
    letters: tuple[n.Node, ...]


def candidates(tree: n.Node, stock: Stock) -> Iterator[Candidate]:
    """Every single edit of a tree."""
    places = list(places_of(tree, lambda node: node))
    for kind in (
        _transposes,
        _other_names,
        _signs,
        _factors,
        _indices,
        _product_kinds,
        _primes,
        _drops,
        _powers,
        _orders,
    ):
        for node, rebuild, script in places:
            if script and kind not in (_indices, _powers):
                continue
            yield from kind(node, rebuild, stock)
    yield from _insertions(tree, stock)


def _made(rank: int, rebuild: Rebuild, node: n.Node, new: n.Node, title: str | None = None) -> Candidate:
    text = latex(new)
    return Candidate(rank, rebuild(new), node.span, text, title or f"replace `{plain(node)}` by `{plain(new)}`")


def _is_transpose(node: n.Node) -> bool:
    return isinstance(node, n.Scripted) and (
        node.sup == TOP
        or (isinstance(node.sup, n.Name) and node.sup.text == "T")
        or (node.primes == 1 and node.sup is None)
    )


def _without_sup(node: n.Scripted) -> n.Node:
    return node.base if node.sub is None else replace(node, sup=None, primes=0)


def _transposes(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    match node:
        case n.Scripted() if _is_transpose(node):
            yield _made(0, rebuild, node, _without_sup(node))
        case n.Scripted(sup=None, primes=0, base=base, sub=sub):
            yield _made(0, rebuild, node, n.Scripted(base, sub, TOP, span=node.span))
        case n.Scripted(sup=n.Add(terms=(("-", n.Number(value=one)),))) if one == 1:
            yield _made(0, rebuild, node, replace(node, sup=n.Add((("-", TOP),))))
        case n.Name() | n.Group() | n.Derivative():
            yield _made(0, rebuild, node, n.Scripted(node, None, TOP, span=node.span))


def _other_names(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    if node in stock.names:
        for other in stock.names:
            if other != node:
                yield _made(1, rebuild, node, other)
    elif isinstance(node, n.Derivative):
        for other in stock.terms:
            if isinstance(other, n.Derivative) and other != node:
                yield _made(1, rebuild, node, other)


def _signs(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    if not isinstance(node, n.Add):
        return
    for position, (sign, part) in enumerate(node.terms):
        other = "-" if sign == "+" else "+"
        new = changed(node, terms=(*node.terms[:position], (other, part), *node.terms[position + 1 :]))
        # The sign stands just before its term: the caret belongs there.
        place = _signed_span(part, node)
        yield Candidate(2, rebuild(new), place, f"{other} {latex(part)}", f"change the sign of `{plain(part)}`")


def _signed_span(part: n.Node, node: n.Add) -> Span:
    """The place of a term together with the sign in front of it."""
    before = [other.span.end for _, other in node.terms if other.span.end <= part.span.start]
    start = max(before, default=node.span.start)
    return Span(min(start, part.span.start), part.span.end)


def _factors(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    match node:
        case n.Number(value=value) if value:
            for factor in (Fraction(2), Fraction(1, 2)):
                new = value * factor
                number = n.Number(new, str(new)) if new.denominator == 1 else _ratio(new)
                yield _made(3, rebuild, node, number)
        case n.Fraction_(numerator=top, denominator=bottom):
            yield _made(3, rebuild, node, n.Fraction_(bottom, top, span=node.span))


def _ratio(value: Fraction) -> n.Node:
    top, bottom = value.numerator, value.denominator
    return n.Fraction_(n.Number(Fraction(top), str(top)), n.Number(Fraction(bottom), str(bottom)))


def _indices(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    match node:
        case n.Name() if node in stock.letters:
            for other in stock.letters:
                if other != node:
                    yield _made(4, rebuild, node, other)
        case n.Product(factors=(first, second), operators=("",)) if first in stock.letters and second in stock.letters:
            yield _made(4, rebuild, node, replace(node, factors=(second, first)))
        case n.Big(binder=binder):
            one = n.Number(Fraction(1), "1")
            for field in ("lower", "upper"):
                bound = getattr(binder, field)
                if bound is None:
                    continue
                for sign in ("+", "-"):
                    moved: n.Node = n.Add((("+", bound), (sign, one)), span=bound.span)
                    if isinstance(bound, n.Number):
                        number = bound.value + (1 if sign == "+" else -1)
                        moved = n.Number(number, str(number), span=bound.span)
                    new = replace(node, binder=cast(n.Binder, changed(binder, **{field: moved})))
                    yield Candidate(
                        4,
                        rebuild(new),
                        bound.span,
                        latex(moved),
                        f"change the limit `{plain(bound)}` to `{plain(moved)}`",
                    )


def _product_kinds(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    match node:
        case n.Entrywise(factors=factors) if len(factors) == 2:
            yield _made(5, rebuild, node, n.Product(tuple(map(_closed, factors)), ("",), span=node.span))
        case n.Product(factors=factors, operators=operators):
            for cut in range(1, len(factors)):
                if operators[cut - 1] not in ("", "\\cdot", "\\times"):
                    continue
                left = factors[0] if cut == 1 else n.Product(factors[:cut], operators[: cut - 1])
                right = factors[cut] if cut == len(factors) - 1 else n.Product(factors[cut:], operators[cut:])
                yield _made(5, rebuild, node, n.Entrywise((left, right), ("\\odot",), span=node.span))
    yield from _brackets(node, rebuild)


def _closed(node: n.Node) -> n.Node:
    return n.Group(node, span=node.span) if isinstance(node, n.Add | n.Entrywise | n.Product) else node


def _brackets(node: n.Node, rebuild: Rebuild) -> Iterator[Candidate]:
    """``A (b ⊙ c)`` for ``(A b) ⊙ c`` and the other way round."""
    match node:
        case n.Entrywise(factors=(n.Product(factors=factors, operators=operators), last), operators=(sign,)):
            inner = n.Group(n.Entrywise((factors[-1], last), (sign,)))
            yield _made(5, rebuild, node, n.Product((*factors[:-1], inner), operators, span=node.span))
        case n.Entrywise(
            factors=(n.Group(body=n.Product(factors=factors, operators=operators)), last), operators=(sign,)
        ):
            inner = n.Group(n.Entrywise((factors[-1], last), (sign,)))
            yield _made(5, rebuild, node, n.Product((*factors[:-1], inner), operators, span=node.span))
        case n.Product(factors=(*front, n.Group(body=n.Entrywise(factors=(first, *rest), operators=signs)))) if front:
            product = n.Product((*front, _closed(first)), ("",) * len(front))
            yield _made(5, rebuild, node, n.Entrywise((product, *rest), signs, span=node.span))


def _primes(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    match node:
        case n.Scripted(primes=primes) if primes and not _is_transpose(node):
            stripped = (
                node.base if primes == 1 and node.sub is None and node.sup is None else replace(node, primes=primes - 1)
            )
            yield _made(6, rebuild, node, stripped)
        case n.Scripted(primes=1, base=n.Name() as base, sub=None, sup=None):
            yield _made(6, rebuild, node, base)
        case n.Product(factors=factors):
            for position, (head, behind) in enumerate(pairwise(factors)):
                if isinstance(head, n.Name) and isinstance(behind, n.Group):
                    primed = n.Scripted(head, None, None, 1, span=head.span)
                    tree = replace(node, factors=(*factors[:position], primed, *factors[position + 1 :]))
                    title = f"replace `{plain(head)}` by `{plain(primed)}`"
                    yield Candidate(6, rebuild(tree), head.span, latex(primed), title)


def _drops(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    match node:
        case n.Add(terms=terms) if len(terms) > 1:
            for position, (_, part) in enumerate(terms):
                left = (*terms[:position], *terms[position + 1 :])
                new: n.Node = left[0][1] if len(left) == 1 and left[0][0] == "+" else replace(node, terms=left)
                yield Candidate(7, rebuild(new), _signed_span(part, node), "", f"drop the term `{plain(part)}`")
        case n.Product(factors=factors, operators=operators) | n.Entrywise(factors=factors, operators=operators):
            for position, part in enumerate(factors):
                for count in (1, 2):
                    dropped = factors[position : position + count]
                    if (
                        len(dropped) < count
                        or (count == 2 and not isinstance(dropped[1], n.Group))
                        or count == len(factors)
                    ):
                        continue
                    kept = (*factors[:position], *factors[position + count :])
                    cut = max(position - 1, 0)
                    signs = (*operators[:cut], *operators[cut + count :])
                    rest: n.Node = kept[0] if len(kept) == 1 else replace(node, factors=kept, operators=signs)
                    span = part.span | dropped[-1].span
                    shown = "".join(plain(item) for item in dropped)
                    yield Candidate(7, rebuild(rest), span, "", f"drop the factor `{shown}`")


def _powers(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    match node:
        case n.Scripted(sup=n.Number(value=value) as sup) if value.denominator == 1:
            for other in (value + 1, value - 1):
                new = (
                    _without_sup(replace(node, sup=None))
                    if other == 1
                    else replace(node, sup=n.Number(other, str(other), span=sup.span))
                )
                if other != 0:
                    yield _made(8, rebuild, node, new)
        case n.Root(body=body, index=None):
            yield _made(8, rebuild, node, n.Group(body, span=node.span))
        case n.Name() | n.Bars():
            yield _made(8, rebuild, node, n.Scripted(node, None, TWO, span=node.span))


def _orders(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    """Two factors, or two arguments, the other way round."""
    match node:
        case n.Product(factors=factors) if len(factors) <= 6:
            for position in range(len(factors) - 1):
                swapped = [*factors]
                swapped[position], swapped[position + 1] = swapped[position + 1], swapped[position]
                yield _made(9, rebuild, node, replace(node, factors=tuple(swapped)))
        case n.Apply(args=(first, second)):
            yield _made(9, rebuild, node, replace(node, args=(second, first)))
        case n.Add(terms=((_, first), ("-", second))):
            yield _made(9, rebuild, node, replace(node, terms=(("+", second), ("-", first))))


def _insertions(tree: n.Node, stock: Stock) -> Iterator[Candidate]:
    """A missing factor on the whole or on one term, or a missing term: taken from the document."""
    scalars: Sequence[n.Node] = (
        TWO,
        HALF,
        *stock.sizes,
        *(n.Fraction_(n.Number(Fraction(1), "1"), s) for s in stock.sizes),
    )
    closed = _closed(tree)
    for scalar in scalars:
        product = n.Product((scalar, closed), ("",))
        yield Candidate(3, product, tree.span, latex(product), f"multiply by `{plain(scalar)}`")
    minus = n.Add((("-", closed),))
    yield Candidate(2, minus, tree.span, latex(minus), "change the sign of the whole")
    for node, rebuild, script in places_of(tree, lambda new: new):
        if script or not _may_take_factor(node):
            continue
        for term in stock.terms:
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
            total: n.Node = n.Add((("+", node), ("+", term)))
            if node is not tree:
                total = n.Group(total)
            yield Candidate(
                11, rebuild(total), node.span, latex(total), f"add the term `{plain(term)}` to `{plain(node)}`"
            )


def _closed_entrywise(node: n.Node) -> n.Node:
    return n.Group(node) if isinstance(node, n.Add) else node


def _may_take_factor(node: n.Node) -> bool:
    return isinstance(node, n.Group | n.Product | n.Entrywise | n.Derivative | n.Name | n.Add | n.Fraction_ | n.Big)


def stock_terms(trees: Sequence[n.Node], limit: int = 40) -> tuple[n.Node, ...]:
    """Whole terms that the document writes: partials, calls of functions."""
    found: list[n.Node] = []
    for tree in trees:
        stack = [tree]
        while stack:
            node = stack.pop()
            if isinstance(node, n.Derivative) and node not in found:
                found.append(node)
                continue
            if isinstance(node, n.Product):
                for head, behind in pairwise(node.factors):
                    if isinstance(head, n.Name | n.Scripted) and isinstance(behind, n.Group):
                        call = n.Product((head, behind), ("",))
                        if call not in found:
                            found.append(call)
            stack.extend(children(node))
    return tuple(found[:limit])
