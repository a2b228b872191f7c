"""Single edits of an expression, in the order in which people make these mistakes: one operator an entry of a table.

Pure syntax: each edit is a new tree, the span of what it replaces, and the text that stands there instead.
Whether an edit makes a wrong line hold is found out by ``derivcheck.diagnosis.repair``, whether a check sees it in a
right line by ``derivcheck.power``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice, pairwise
from typing import cast

from derivcheck.diagnosis.candidate import HALF, ONE, TOP, TWO, Candidate, closed, made, signed_span
from derivcheck.diagnosis.insertions import missing_factors, missing_terms, other_denominators
from derivcheck.diagnosis.inverses import conditioned_otherwise, divided_sums, other_powers, swapped_names
from derivcheck.diagnosis.mending import mending
from derivcheck.diagnosis.numerals import literal_numbers, multiple
from derivcheck.diagnosis.operands import complements, other_operands
from derivcheck.diagnosis.places import Rebuild, all_literal, changed, is_indicator, places_of, values_of
from derivcheck.diagnosis.products import product_kinds
from derivcheck.diagnosis.regrouping import other_extents, other_functions, sums_for_products
from derivcheck.diagnosis.stock import Stock
from derivcheck.language import nodes as n
from derivcheck.language.printing import latex, plain
from derivcheck.language.traversal import walk

Edits = Callable[[n.Node, Rebuild, Stock], Iterator[Candidate]]


@dataclass(frozen=True, slots=True)
class Operator:
    """A kind of mistake: the edits that it makes at one place.

    about    what it does, for the published list of operators
    whole    the edits that it makes of an expression as a whole
    scripts  whether it also looks into sub- and superscripts
    pairs    whether it is also made twice at once: two such mistakes may cancel
    mutates  whether it is one of those with which checks are tested; the others only mend
    """

    name: str
    about: str
    edits: Edits
    whole: Edits | None = None
    scripts: bool = False
    pairs: bool = False
    mutates: bool = True


def candidates(tree: n.Node, stock: Stock) -> Iterator[Candidate]:
    """Every single edit of a tree that may mend it."""
    for operator in OPERATORS:
        yield from edits_of(operator, tree, stock)
    yield from _in_exponents(tree, stock)
    for mends in MENDING:
        yield from mends(tree, stock)


def _in_exponents(tree: n.Node, stock: Stock) -> Iterator[Candidate]:
    """The edits of values that are made in exponents too, where checks are not tested with them."""
    literal: set[int] = set()
    for node, rebuild, inside in values_of(tree):
        if isinstance(node, n.Scripted) and node.sup is not None and all_literal(node.sup):
            # What is done to the exponent of a square or an inverse is said of the power.
            literal |= {id(part) for part in walk(node.sup)}
        if inside and id(node) not in literal:
            for edits in (_signs, _factors, _dropped_terms, _dropped_factors):
                yield from edits(node, rebuild, stock)


def edits_of(operator: Operator, tree: n.Node, stock: Stock) -> Iterator[Candidate]:
    """Every edit of one kind, place by place, then of the whole."""
    for node, rebuild, script in places_of(tree, lambda node: node):
        if operator.scripts or not script:
            yield from operator.edits(node, rebuild, stock)
    if operator.whole is not None:
        yield from operator.whole(tree, lambda node: node, stock)


def pairs_of(operator: Operator, tree: n.Node, stock: Stock) -> Iterator[tuple[Candidate, Candidate]]:
    """Every two edits of one kind; the tree of the first holds both."""
    places = list(places_of(tree, lambda node: node))
    for later, (node, rebuild, script) in enumerate(places):
        if script and not operator.scripts:
            continue
        for second in operator.edits(node, rebuild, stock):
            # Places come parents first, left to right: up to the edited one they are what they were.
            for before, around, inside in islice(places_of(second.tree, lambda node: node), later + 1):
                if operator.scripts or not inside:
                    for first in operator.edits(before, around, stock):
                        yield first, second


def _is_transpose(node: n.Node, stock: Stock) -> bool:
    """``A^\\top``, ``A^T``, and ``A'`` where A is no function."""
    if not isinstance(node, n.Scripted):
        return False
    if node.primes == 1 and node.sup is None:
        return isinstance(node.base, n.Group) or _without_sup(node) in stock.names
    return node.sup == TOP or (isinstance(node.sup, n.Name) and node.sup.text == "T")


def _without_sup(node: n.Scripted) -> n.Node:
    return node.base if node.sub is None else replace(node, sup=None, primes=0)


def _transposes(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    match node:
        case n.Scripted() if _is_transpose(node, stock):
            yield made(0, rebuild, node, _without_sup(node))
        case n.Scripted(sup=None, primes=0, base=base, sub=sub):
            yield made(0, rebuild, node, n.Scripted(base, sub, TOP, span=node.span))
        case n.Scripted(sup=n.Add(terms=(("-", n.Number(value=one)),))) if one == 1:
            yield made(0, rebuild, node, replace(node, sup=n.Add((("-", TOP),))))
        case n.Name() | n.Group() | n.Derivative():
            yield made(0, rebuild, node, n.Scripted(node, None, TOP, span=node.span))


def _other_names(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    unknown = isinstance(node, n.Scripted) and node.sub is not None and node.sup is None and node not in stock.shapes
    if node in stock.names or node in stock.replaceable or unknown:
        for other in stock.names:
            if other != node and stock.fits(node, other):
                yield made(1, rebuild, node, other)
    elif isinstance(node, n.Derivative):
        for other in stock.terms:
            if isinstance(other, n.Derivative) and other != node and stock.fits(node, other):
                yield made(1, rebuild, node, other)


def _signs(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    if not isinstance(node, n.Add):
        return
    for position, (sign, part) in enumerate(node.terms):
        other = "-" if sign == "+" else "+"
        new = changed(node, terms=(*node.terms[:position], (other, part), *node.terms[position + 1 :]))
        # The sign stands just before its term: the caret belongs there.
        place = signed_span(part, node)
        title = f"change the sign of `{plain(part)}`"
        # As small as another name: which of them a person would change is seen by what else they touch.
        yield Candidate(1, rebuild(new), place, f"{other} {latex(part)}", title, 1)


def _whole_sign(tree: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    if _is_zero(tree):
        return
    minus = n.Add((("-", closed(tree)),))
    yield Candidate(1, minus, tree.span, latex(minus), "change the sign of the whole", 3)


def _factors(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    match node:
        case n.Number(value=value) if value:
            for factor in (Fraction(2), Fraction(1, 2)):
                new = value * factor
                number = n.Number(new, str(new)) if new.denominator == 1 else _ratio(new)
                yield made(3, rebuild, node, number)
        case n.Number():
            yield made(3, rebuild, node, ONE)
        case n.Fraction_(numerator=top, denominator=bottom):
            yield made(3, rebuild, node, n.Fraction_(bottom, top, span=node.span))


def _whole_factors(tree: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    if _is_zero(tree):
        return
    scalars = (TWO, HALF, *stock.sizes, *(n.Fraction_(ONE, size) for size in stock.sizes))
    for scalar in scalars:
        product = n.Product((scalar, closed(tree)), ("\\cdot" if isinstance(tree, n.Number) else "",))
        title = f"multiply by `{plain(scalar)}`"
        yield Candidate(3, product, tree.span, latex(product), title, len(plain(scalar)) + 1)


def _term_factors(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    if not isinstance(node, n.Add) or len(node.terms) < 2:
        return
    for position, (sign, part) in enumerate(node.terms):
        for scalar in (*stock.sizes, *(n.Fraction_(ONE, size) for size in stock.sizes)):
            if isinstance(part, n.Fraction_) and part.numerator == ONE and scalar in stock.sizes:
                continue  # It is the 1 that is replaced.
            scaled, title = multiple(scalar, part)
            terms = (*node.terms[:position], (sign, scaled), *node.terms[position + 1 :])
            tree = rebuild(replace(node, terms=terms))
            yield Candidate(3, tree, part.span, latex(scaled), title, len(plain(scalar)) + 1)


def _is_zero(tree: n.Node) -> bool:
    return isinstance(tree, n.Number) and not tree.value


def _ratio(value: Fraction) -> n.Node:
    top, bottom = value.numerator, value.denominator
    return n.Fraction_(n.Number(Fraction(top), str(top)), n.Number(Fraction(bottom), str(bottom)))


def _indices(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    match node:
        case n.Name() if node in stock.letters:
            for other in stock.letters:
                if other != node:
                    yield made(4, rebuild, node, other)
        case n.Product(factors=(first, second), operators=("",)) if first in stock.letters and second in stock.letters:
            yield made(4, rebuild, node, replace(node, factors=(second, first)))
        case n.Scripted(sub=n.Name() as sub, sup=None) if sub in stock.letters:
            for other in dict.fromkeys(stock.letters):
                for both in ((sub, other), (other, sub)):
                    yield made(4, rebuild, node, replace(node, sub=n.Product(both, ("",))), touched=1)
        case n.Scripted(sub=n.Number(value=value) as sub) if node not in stock.names:
            for number in (value + 1, value - 1):
                if number > 0:
                    yield made(4, rebuild, node, replace(node, sub=n.Number(number, str(number), span=sub.span)))


def _limits(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    if not isinstance(node, n.Big):
        return
    for field_name in ("lower", "upper"):
        bound: n.Node | None = getattr(node.binder, field_name)
        if bound is None:
            continue
        for sign in ("+", "-"):
            moved: n.Node = n.Add((("+", bound), (sign, ONE)), span=bound.span)
            if isinstance(bound, n.Number):
                number = bound.value + (1 if sign == "+" else -1)
                moved = n.Number(number, str(number), span=bound.span)
            new = replace(node, binder=cast(n.Binder, changed(node.binder, **{field_name: moved})))
            title = f"change the limit `{plain(bound)}` to `{plain(moved)}`"
            yield Candidate(4, rebuild(new), bound.span, latex(moved), title)


def _primes(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    match node:
        case n.Scripted(primes=primes) if primes and not _is_transpose(node, stock):
            stripped = (
                node.base if primes == 1 and node.sub is None and node.sup is None else replace(node, primes=primes - 1)
            )
            yield made(6, rebuild, node, stripped)
        case n.Product(factors=factors):
            for position, (head, behind) in enumerate(pairwise(factors)):
                called = isinstance(head, n.Name) and head not in stock.names and isinstance(behind, n.Group)
                if called and not is_indicator((head, behind)):
                    primed = n.Scripted(head, None, None, 1, span=head.span)
                    tree = replace(node, factors=(*factors[:position], primed, *factors[position + 1 :]))
                    title = f"replace `{plain(head)}` by `{plain(primed)}`"
                    yield Candidate(6, rebuild(tree), head.span, latex(primed), title)
        case n.Apply(args=(_,), primes=primes):
            for count in (primes + 1, primes - 1):
                if count >= 0:
                    yield made(6, rebuild, node, replace(node, primes=count))


def _dropped_terms(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    if not isinstance(node, n.Add) or len(node.terms) < 2:
        return
    for position, (_, part) in enumerate(node.terms):
        left = (*node.terms[:position], *node.terms[position + 1 :])
        new: n.Node = left[0][1] if len(left) == 1 and left[0][0] == "+" else replace(node, terms=left)
        yield Candidate(7, rebuild(new), signed_span(part, node), "", f"drop the term `{plain(part)}`")


def _dropped_factors(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    """A factor, a function with its argument, a denominator, or what is held fixed."""
    match node:
        case n.Fraction_(numerator=top, denominator=gone):
            yield Candidate(7, rebuild(top), gone.span, "", f"drop the denominator `{plain(gone)}`")
        case n.Held(body=body, sub=gone):
            yield Candidate(7, rebuild(body), gone.span, "", f"hold `{plain(gone)}` fixed no more")
    if not isinstance(node, n.Product | n.Entrywise):
        return
    factors, operators = node.factors, node.operators
    for position, part in enumerate(factors):
        for count in (1, 2):
            dropped = factors[position : position + count]
            if len(dropped) < count or (count == 2 and not isinstance(dropped[1], n.Group)) or count == len(factors):
                continue
            kept = (*factors[:position], *factors[position + count :])
            cut = max(position - 1, 0)
            signs = (*operators[:cut], *operators[cut + count :])
            rest: n.Node = kept[0] if len(kept) == 1 else replace(node, factors=kept, operators=signs)
            shown = "".join(plain(item) for item in dropped)
            yield Candidate(7, rebuild(rest), part.span | dropped[-1].span, "", f"drop the factor `{shown}`")


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
                    yield made(8, rebuild, node, new, touched=1)
        case n.Root(body=body, index=None):
            yield made(8, rebuild, node, n.Group(body, span=node.span))
        case n.Name() | n.Bars():
            yield made(8, rebuild, node, n.Scripted(node, None, TWO, span=node.span), touched=2)


def _members(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    r"""``s^{(i)}`` for ``m^{(i)}``, or for the square of it."""
    if isinstance(node, n.Scripted):
        for other in stock.members:
            if other != node and stock.fits(node, other):
                yield made(1, rebuild, node, other)


def _other_powers(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    match node:
        case n.Scripted(sup=n.Number(value=value) as sup) if value.denominator == 1 and value > 2:
            for other in {value - 2, value / 2, value * 2}:
                if other > 1 and other.denominator == 1:
                    new = replace(node, sup=n.Number(other, str(other), span=sup.span))
                    yield made(8, rebuild, node, new, touched=1)
        case n.Scripted(sup=n.Group()) | n.Scripted(sup=None):
            yield made(8, rebuild, node, n.Scripted(n.Group(node, span=node.span), None, TWO, span=node.span))


def _orders(node: n.Node, rebuild: Rebuild, stock: Stock) -> Iterator[Candidate]:
    """Two factors, or two arguments, the other way round."""
    match node:
        case n.Product(factors=factors) if len(factors) <= 6:
            for position in range(len(factors) - 1):
                swapped = [*factors]
                swapped[position], swapped[position + 1] = swapped[position + 1], swapped[position]
                yield made(9, rebuild, node, replace(node, factors=tuple(swapped)))
        case n.Apply(args=(first, second)):
            yield made(9, rebuild, node, replace(node, args=(second, first)))
        case n.Add(terms=((_, first), ("-", second))):
            yield made(9, rebuild, node, replace(node, terms=(("+", second), ("-", first))))
        case n.Tuple(items=(*before, first, second)):
            # The two densities of a divergence, the two parameters of a distribution.
            tree = replace(node, items=(*before, second, first))
            title = f"swap `{plain(first)}` and `{plain(second)}`"
            yield Candidate(9, rebuild(tree), first.span | second.span, latex(tree), title)


OPERATORS: tuple[Operator, ...] = (
    Operator("transpose", "a transpose too many or one missing", _transposes, pairs=True),
    Operator("operand", "another name, or another partial, of the same shape", _other_names),
    Operator("sign", "the sign of a term, or of the whole", _signs, _whole_sign, pairs=True),
    Operator("factor", "2, 1/2, N or 1/N times; a fraction upside down; 1 for 0", _factors, _whole_factors, pairs=True),
    Operator("index", "another index, an index off by one, two indices the other way round", _indices, scripts=True),
    Operator("limit", "a limit of a sum or product off by one", _limits),
    Operator("product", "the matrix product for the entrywise one, and other brackets", product_kinds, pairs=True),
    Operator("prime", "a function for its derivative, and the other way round", _primes, pairs=True),
    Operator("dropped term", "a term of a sum left out", _dropped_terms),
    Operator("dropped factor", "a factor, a denominator or what is held fixed left out", _dropped_factors),
    Operator(
        "power", "an exponent off by one; a square or a root too many or missing", _powers, scripts=True, pairs=True
    ),
    Operator("term's factor", "N or 1/N times one term of a sum", _term_factors, mutates=False),
    Operator("member", "a member of another family", _members, mutates=False),
    Operator("other power", "an exponent halved or doubled, the square of a member", _other_powers, mutates=False),
    Operator("order", "two factors or arguments the other way round", _orders, mutates=False),
)
"""Every kind of single edit, likeliest mistakes first. A new one is a function above and a line here."""

MENDING = (
    other_operands,
    literal_numbers,
    other_powers,
    complements,
    conditioned_otherwise,
    divided_sums,
    swapped_names,
    other_functions,
    other_extents,
    sums_for_products,
    mending,
    missing_terms,
    missing_factors,
    other_denominators,
)
"""Edits of an expression as a whole that only mend; what is tried first is told by their ranks."""
