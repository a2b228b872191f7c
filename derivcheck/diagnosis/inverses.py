"""Powers and inverses: a square, an inverse or a reciprocal too many or missing, on whatever stands there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, pairwise

from derivcheck.diagnosis.candidate import ONE, TWO, Candidate, closed, made
from derivcheck.diagnosis.operands import raised
from derivcheck.diagnosis.places import Rebuild, Slot, is_indicator, is_power, slots_of, values_of
from derivcheck.diagnosis.stock import Stock
from derivcheck.language import nodes as n
from derivcheck.language.printing import latex, plain
from derivcheck.language.traversal import transform, walk

MOST_PAIRS = 15
MINUS_ONE = n.Add((("-", ONE),))


def other_powers(tree: n.Node, stock: Stock) -> Iterator[Candidate]:
    """Every power and inverse of what is no bare name."""
    for node, rebuild, _ in values_of(tree):
        yield from _squares(node, rebuild, stock)
        yield from _inverses(node, rebuild, stock)
        yield from _reciprocals(node, rebuild, stock)
    for slot in slots_of(tree):
        yield from _of_a_slot(slot)


def _squares(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    match node:
        case n.Product(factors=factors):
            for position, (head, behind) in enumerate(pairwise(factors)):
                if not isinstance(behind, n.Group) or is_indicator((head, behind)):
                    continue
                called = isinstance(head, n.Name | n.Scripted) and head not in stock.names
                squared = n.Scripted(behind, None, TWO, span=behind.span)
                tree = rebuild(replace(node, factors=(*factors[: position + 1], squared, *factors[position + 2 :])))
                shown = f"{plain(head)}{plain(behind)}" if called else plain(behind)
                yield Candidate(8, tree, behind.span, latex(squared), f"square `{shown}`", 2)
        case n.Scripted(sub=sub, sup=None, primes=0) if sub is not None and not isinstance(node.base, n.Group):
            squared = replace(node, sup=TWO)
            yield made(8, rebuild, node, squared, touched=2)
        case n.Group(body=body) if not isinstance(body, n.Tuple | n.Given | n.Compare):
            squared = n.Scripted(node, None, TWO, span=node.span)
            yield Candidate(8, rebuild(squared), node.span, latex(squared), f"square `{plain(node)}`", 2)


def _inverses(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    match node:
        case n.Scripted(sup=n.Add(terms=(("-", n.Number(value=value) as power),))) if is_power(node):
            base = node.base if node.sub is None else replace(node, sup=None)
            if value == 1:
                yield made(8, rebuild, node, base, touched=2)
                return
            yield made(8, rebuild, node, replace(node, sup=power), touched=3)
            for other in {value * 2, value / 2, value + 1, value - 1}:
                if other.denominator == 1 and other > 0:
                    new = replace(node, sup=n.Add((("-", n.Number(other, str(other))),)))
                    yield made(8, rebuild, node, new, touched=2)
        case n.Scripted(sup=n.Number() as power) if is_power(node):
            yield made(8, rebuild, node, replace(node, sup=n.Add((("-", power),))), touched=1)
        case n.Name() | n.Scripted(sup=None, primes=0) if stock.is_matrix(node):
            yield made(8, rebuild, node, raised(node, MINUS_ONE), touched=2)
        case n.Group(body=body) if not isinstance(body, n.Tuple | n.Given | n.Compare):
            new = n.Scripted(node, None, MINUS_ONE, span=node.span)
            yield Candidate(8, rebuild(new), node.span, latex(new), f"invert `{plain(node)}`", 2)


def _reciprocals(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    """To multiply by a number where it divides, and the other way round."""
    match node:
        case n.Product(factors=factors, operators=operators):
            for position, part in enumerate(factors):
                base = part.base if isinstance(part, n.Scripted) and is_power(part) and part.sub is None else part
                if not stock.is_scalar(base):
                    continue
                kept = (*factors[:position], *factors[position + 1 :])
                cut = max(position - 1, 0)
                signs = (*operators[:cut], *operators[cut + 1 :])
                rest: n.Node = kept[0] if len(kept) == 1 else replace(node, factors=kept, operators=signs)
                new = n.Fraction_(rest, part, span=node.span)
                title = f"divide by `{plain(part)}` instead of multiplying by it"
                yield Candidate(8, rebuild(new), node.span, latex(new), title, 1)
        case n.Fraction_(numerator=top, denominator=bottom) if top == ONE:
            title = f"replace `{plain(node)}` by `{plain(bottom)}`"
            yield made(3, rebuild, node, closed(bottom), title, touched=5)
        case n.Name() | n.Scripted() if stock.is_scalar(node):
            yield made(8, rebuild, node, n.Fraction_(ONE, node), touched=2)


def _of_a_slot(slot: Slot) -> Iterator[Candidate]:
    """The square and the inverse of all that stands between braces or brackets."""
    node = slot.node
    if not isinstance(node, n.Add | n.Product | n.Fraction_ | n.Scripted) or slot.exponent:
        return
    for power, title in ((TWO, "square"), (MINUS_ONE, "invert")):
        new = n.Scripted(n.Group(node), None, power, span=node.span)
        yield Candidate(8, slot.rebuild(new), node.span, latex(new), f"{title} `{plain(node)}`", 4)
    if isinstance(node, n.Fraction_) and node.numerator == ONE:
        yield made(3, slot.rebuild, node, node.denominator, touched=4)


def divided_sums(tree: n.Node, stock: Stock) -> Iterator[Candidate]:
    """The mean of the ratios for the ratio of the sums, with or without the 1/N in front."""
    for node, rebuild, _ in values_of(tree):
        match node:
            case n.Big(operator="sum", body=n.Fraction_()):
                yield _divided(node, node, rebuild)
            case n.Product(factors=(n.Fraction_(numerator=n.Number(value=one)), n.Big(operator="sum") as big)) if (
                one == Fraction(1) and isinstance(big.body, n.Fraction_)
            ):
                yield _divided(node, big, rebuild)
            case n.Fraction_(numerator=n.Big(operator="sum", body=n.Fraction_()) as big):
                yield _divided(node, big, rebuild)


def _divided(node: n.Node, big: n.Big, rebuild: Rebuild) -> Candidate:
    body = big.body
    assert isinstance(body, n.Fraction_)
    new = n.Fraction_(replace(big, body=closed(body.numerator)), replace(big, body=closed(body.denominator)))
    return Candidate(9, rebuild(new), node.span, latex(new), "divide the sums, not the terms")


def swapped_names(tree: n.Node, stock: Stock) -> Iterator[Candidate]:
    """Two names of one kind the other way round, in all of a sum or product."""
    for slot in slots_of(tree):
        if not isinstance(slot.node, n.Add | n.Product):
            continue
        here = [name for name in dict.fromkeys(walk(slot.node)) if name in stock.names]
        for one, other in list(combinations(here, 2))[:MOST_PAIRS]:
            if stock.fits(one, other):
                turn = {one: other, other: one}
                new = transform(slot.node, lambda part, turn=turn: turn.get(part, part))  # type: ignore[misc]
                title = f"swap `{plain(one)}` and `{plain(other)}`"
                yield Candidate(9, slot.rebuild(new), slot.node.span, latex(new), title)


def conditioned_otherwise(tree: n.Node, stock: Stock) -> Iterator[Candidate]:
    """``p(z | x)`` for ``p(x | z)``."""
    for node, rebuild, _ in values_of(tree):
        match node:
            case n.Product(factors=factors):
                for position, (head, behind) in enumerate(pairwise(factors)):
                    if not isinstance(behind, n.Group) or not isinstance(behind.body, n.Given):
                        continue
                    given = behind.body
                    if isinstance(head, n.Name) and not isinstance(given.right, n.Tuple):
                        turned = replace(behind, body=replace(given, left=given.right, right=given.left))
                        new = (*factors[: position + 1], turned, *factors[position + 2 :])
                        shown = f"{plain(head)}{plain(behind)}` by `{plain(head)}{plain(turned)}"
                        title, text = f"replace `{shown}`", latex(turned)
                        yield Candidate(8, rebuild(replace(node, factors=new)), behind.span, text, title)
