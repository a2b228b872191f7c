"""Literal numbers and sizes where people lose them: a 1 in a sum, the 2 of a half, the factors of an exponent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from derivcheck.diagnosis.candidate import HALF, ONE, TWO, ZERO, Candidate, closed, made
from derivcheck.diagnosis.places import Rebuild, Slot, all_literal, changed, slots_of, values_of
from derivcheck.diagnosis.stock import Stock
from derivcheck.language import nodes as n
from derivcheck.language.printing import latex, plain


def literal_numbers(tree: n.Node, stock: Stock) -> Iterator[Candidate]:
    """Every edit of a literal number, and of the factors in exponents."""
    if all_literal(tree) and tree != ZERO:
        yield made(8, lambda new: new, tree, ZERO, touched=1)
    for node, rebuild, _ in values_of(tree):
        yield from _literal_factors(node, rebuild)
        if isinstance(node, n.Number) and node.value == 1:
            for size in stock.sizes:
                yield made(3, rebuild, node, size, touched=1)
        if isinstance(node, n.Number) and node.value.denominator == 1:
            for value in (node.value + 1, node.value - 1):
                if value > 0:
                    yield made(8, rebuild, node, n.Number(value, str(value)), touched=1)
        if isinstance(node, n.Add) and len(node.terms) > 1:
            yield from _ones_for_names(node, rebuild, stock)
    yield from _multiples(tree)
    for slot in slots_of(tree):
        yield from _ones(slot)
        if slot.exponent and not all_literal(slot.node):
            yield from _exponent_factors(slot, stock)


def _ones_for_names(node: n.Add, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    """What is left of a term that cancels."""
    for position, (sign, part) in enumerate(node.terms):
        if stock.is_scalar(part):
            terms = (*node.terms[:position], (sign, ONE), *node.terms[position + 1 :])
            title = f"replace `{plain(part)}` by `1`"
            yield Candidate(8, rebuild(replace(node, terms=terms)), part.span, "1", title)


def _literal_factors(node: n.Node, rebuild: Rebuild) -> Iterator[Candidate]:
    """A 2 or a half that is too much, said as what is to go."""
    match node:
        case n.Product(factors=factors, operators=operators):
            for position, part in enumerate(factors):
                if not _is_literal(part):
                    continue
                kept = (*factors[:position], *factors[position + 1 :])
                cut = max(position - 1, 0)
                signs = (*operators[:cut], *operators[cut + 1 :])
                rest: n.Node = kept[0] if len(kept) == 1 else replace(node, factors=kept, operators=signs)
                yield Candidate(3, rebuild(rest), part.span, "", f"drop the factor `{plain(part)}`", 1)
        case n.Fraction_(numerator=top, denominator=n.Number() as bottom) if top != ONE:
            title = f"drop the denominator `{plain(bottom)}`"
            yield Candidate(3, rebuild(closed(top)), node.span, latex(closed(top)), title, 1)


def _is_literal(node: n.Node) -> bool:
    match node:
        case n.Number(value=value):
            return value not in (0, 1)
        case n.Fraction_(numerator=n.Number(), denominator=n.Number()):
            return True
    return False


def _ones(slot: Slot) -> Iterator[Candidate]:
    """A 1 that is missing in a sum; of a number, the next one."""
    node = slot.node
    if isinstance(node, n.Number | n.Tuple | n.Given | n.Compare):
        return
    terms: tuple[tuple[str, n.Node], ...] = node.terms if isinstance(node, n.Add) else (("+", node),)
    if any(isinstance(part, n.Number) for _, part in terms):
        return
    for sign, title in (("+", "add 1 to `{}`"), ("-", "subtract 1 from `{}`")):
        total = n.Add((*terms, (sign, ONE)))  # type: ignore[arg-type]
        yield Candidate(7, slot.rebuild(total), node.span, latex(total), title.format(plain(node)), 2)


def _exponent_factors(slot: Slot, stock: Stock) -> Iterator[Candidate]:
    """A factor of one term in an exponent."""
    node = slot.node
    terms = node.terms if isinstance(node, n.Add) else (("+", node),)
    for position, (sign, part) in enumerate(terms):
        if isinstance(part, n.Number) and len(terms) > 1:
            continue
        for scalar in (TWO, HALF, *stock.sizes, *(n.Fraction_(ONE, size) for size in stock.sizes)):
            scaled, title = multiple(scalar, part)
            new: n.Node = scaled
            if isinstance(node, n.Add):
                new = changed(node, terms=(*terms[:position], (sign, scaled), *terms[position + 1 :]))
            # What is shown is the term: in its sum, with the sign that it has.
            yield Candidate(3, slot.rebuild(new), part.span, latex(scaled), title, len(plain(scalar)) + 1)


def _multiples(tree: n.Node) -> Iterator[Candidate]:
    """The small whole numbers that moments and derivatives leave: 3, 4, 6."""
    for value in (3, 4, 6):
        number = n.Number(Fraction(value), str(value))
        for scalar in (number, n.Fraction_(ONE, number)):
            scaled = times(scalar, tree)
            title = f"multiply by `{plain(scalar)}`"
            yield Candidate(9, scaled, tree.span, latex(scaled), title, len(plain(scalar)) + 1)


def multiple(scalar: n.Node, part: n.Node) -> tuple[n.Node, str]:
    """A multiple of a term, and in words what is to be done: what stands there already goes."""
    match scalar, part:
        case n.Fraction_(denominator=size), n.Product(factors=factors, operators=operators) if size in factors:
            spot = factors.index(size)
            kept = (*factors[:spot], *factors[spot + 1 :])
            cut = max(spot - 1, 0)
            rest = replace(part, factors=kept, operators=(*operators[:cut], *operators[cut + 1 :]))
            return kept[0] if len(kept) == 1 else rest, f"drop the factor `{plain(size)}`"
        case size, n.Fraction_(numerator=top, denominator=bottom) if bottom == size:
            return top, f"drop the denominator `{plain(size)}`"
        case n.Fraction_(numerator=one, denominator=size), _ if one == ONE:
            return times(scalar, part), f"divide `{plain(part)}` by `{plain(size)}`"
    return times(scalar, part), f"multiply `{plain(part)}` by `{plain(scalar)}`"


def times(scalar: n.Node, part: n.Node) -> n.Node:
    """A multiple as a person writes it: a half of something is it over 2."""
    match scalar:
        case n.Fraction_(numerator=n.Number(value=value), denominator=bottom) if value == Fraction(1):
            return n.Fraction_(part, bottom)
    match part:
        case n.Number(value=value) if value == Fraction(1):
            return scalar
        case n.Product(factors=factors, operators=operators):
            return n.Product((scalar, *factors), ("", *operators))
        case n.Fraction_(numerator=n.Number(value=value), denominator=bottom) if value == Fraction(1):
            return n.Fraction_(scalar, bottom)
    return n.Product((scalar, closed(part)), ("\\cdot" if isinstance(part, n.Number) else "",))
