"""Slips that no pattern says: names, indices and limits, signs, primes, brackets that end elsewhere, links of partials.

Each takes a place and gives the edits that are made there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, pairwise
from typing import Any, Final, Literal

from derivcheck.diagnosis.candidate import (
    IDENTITY,
    ONE,
    TOP,
    ZERO,
    Candidate,
    Place,
    changed,
    is_indicator,
    made,
    raised,
    signed_span,
    size_of,
)
from derivcheck.diagnosis.stock import Stock
from derivcheck.language import nodes as n
from derivcheck.language.nodes import transform, walk
from derivcheck.language.printing import latex, plain

Found = Iterator[Candidate]
Sign = Literal["+", "-", "±"]
SIGNS: Final[tuple[tuple[Sign, str], ...]] = (("+", "add"), ("-", "subtract"))
MOST_PAIRS: Final = 15
ROOTS: Final = tuple(n.Number(Fraction(index), str(index)) for index in (3, 4))
"""The indices of roots, beside the square root, which has none."""
KIN: Final = (("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "log"), ("max", "min"))
"""Functions of which one is written for another."""


def bare(node: n.Scripted) -> n.Node:
    """What stands below a superscript."""
    return node.base if node.sub is None else replace(node, sup=None, primes=0)


def number(value: Fraction) -> n.Node:
    """A number as it is written."""
    if value.denominator == 1:
        return n.Number(value, str(value))
    return n.Fraction_(*(n.Number(Fraction(part), str(part)) for part in value.as_integer_ratio()))


def is_transpose(node: n.Node, stock: Stock) -> bool:
    """``A^\\top``, ``A^T``, and ``A'`` where A is no function."""
    if not isinstance(node, n.Scripted):
        return False
    if node.primes == 1 and node.sup is None:
        return isinstance(node.base, n.Group) or bare(node) in stock.names
    return node.sup == TOP or (isinstance(node.sup, n.Name) and node.sup.text == "T")


def transposes(place: Place, stock: Stock) -> Found:
    match place.node:
        case n.Scripted() as node if is_transpose(node, stock):
            yield made(0, place, bare(node))
        case n.Scripted(sup=n.Add(terms=(("-", n.Number(value=one)),))) as node if one == 1:
            yield made(0, place, replace(node, sup=n.Add((("-", TOP),))))
        case n.Scripted(sup=None, primes=0) | n.Name() | n.Group() | n.Derivative() as node:
            yield made(0, place, n.Scripted(node, None, TOP) if isinstance(node, n.Derivative) else raised(node, TOP))


def sandwiches(place: Place, stock: Stock) -> Found:
    r"""``H^\top R H`` for ``H R H^\top``, and the other way round."""
    factors = place.node.factors if isinstance(place.node, n.Product) else ()
    for i, k in combinations(range(len(factors)), 2):
        first, last = factors[i], factors[k]
        for upright, turned in ((first, last), (last, first)):
            if is_transpose(turned, stock) and isinstance(turned, n.Scripted) and bare(turned) == upright:
                made_of = (*factors[:i], last, *factors[i + 1 : k], first, *factors[k + 1 :])
                title = f"swap `{plain(first)}` and `{plain(last)}`"
                yield made(1, place, changed(place.node, factors=made_of), title, size=2)


def names(place: Place, stock: Stock) -> Found:
    """Another name of the same kind, whatever stands above it; another partial; a size for a size."""
    node = place.node
    unknown = isinstance(node, n.Scripted) and node.sub is not None and node.sup is None and node not in stock.shapes
    if node in stock.names or node in stock.replaceable or unknown:
        yield from (made(1, place, each) for each in stock.names if each != node and stock.fits(node, each))
    elif node in stock.sizes:
        yield from (made(1, place, other) for other in stock.sizes if other != node)
    elif isinstance(node, n.Derivative):
        for other in stock.terms:
            if isinstance(other, n.Derivative) and other != node and stock.fits(node, other):
                yield made(1, place, other)


def names_below(place: Place, stock: Stock) -> Found:
    r"""``\tau^2`` for ``\sigma^2``, ``V^\top`` for ``W^\top``; a member of another family; ``\nabla_u``."""
    node = place.node
    if isinstance(node, n.Scripted):
        if node.sup is not None and not node.primes and node not in stock.names:
            base = bare(node)
            known = base in stock.names or base in stock.replaceable
            for other in stock.sizes if base in stock.sizes else stock.names if known else ():
                if other != base and stock.fits(base, other):
                    yield made(1, place, raised(other, node.sup))
        yield from (made(1, place, each) for each in stock.members if each != node and stock.fits(node, each))
    if isinstance(node, n.Nabla) and node.variable in stock.names:
        for name in stock.names:
            if name != node.variable and stock.fits(node.variable, name):
                yield made(1, place, replace(node, variable=name))


def signs(place: Place, stock: Stock) -> Found:
    """The sign of a term; the caret belongs in front of it."""
    for spot, (sign, part) in enumerate(place.node.terms if isinstance(place.node, n.Add) else ()):
        other = "-" if sign == "+" else "+"
        yield _term(1, place, spot, part, f"change the sign of `{plain(part)}`", other)


def _term(rank: int, place: Place, spot: int, new: n.Node, title: str, sign: str = "") -> Candidate:
    """The sum with another term in the place of one; with ``ZERO`` it goes."""
    node: Any = place.node
    old_sign, part = node.terms[spot]
    sign = sign or old_sign
    kept = () if new == ZERO else ((sign, new),)
    terms = (*node.terms[:spot], *kept, *node.terms[spot + 1 :])
    tree = terms[0][1] if len(terms) == 1 and terms[0][0] == "+" else replace(node, terms=terms)
    text = "" if new == ZERO else f"{sign} {latex(new)}"
    return Candidate(
        rank, place.rebuild(tree), signed_span(part, node), text, title, size_of(part) if new == ZERO else 1
    )


def dropped_terms(place: Place, stock: Stock) -> Found:
    terms = place.node.terms if isinstance(place.node, n.Add) else ()
    for spot, (_, part) in enumerate(terms if len(terms) > 1 else ()):
        yield _term(7, place, spot, ZERO, f"drop the term `{plain(part)}`")


def numbers(place: Place, stock: Stock) -> Found:
    """Twice, or half of a number; 1 for 0."""
    match place.node:
        case n.Number(value=value):
            yield from (made(3, place, number(value * by)) for by in (Fraction(2), Fraction(1, 2)) if value)
            if not value:
                yield made(3, place, ONE)


def next_numbers(place: Place, stock: Stock) -> Found:
    """The number before and behind it; what is left of 1."""
    match place.node:
        case _ if place.exponent:
            return  # What is done to an exponent is said of the power.
        case n.Number(value=value) if value.denominator == 1:
            for other in (value + 1, value - 1):
                if other > 0:
                    yield made(8, place, n.Number(other, str(other)))
        case n.Number(value=value) if value < 1:
            yield made(8, place, n.Number(1 - value, f"{float(1 - value):.10g}"))


def powers(place: Place, stock: Stock) -> Found:
    """An exponent off by one, halved or doubled, or with the other sign."""
    node = place.node
    match node:
        case n.Scripted(sup=n.Number(value=value)) if value.denominator == 1:
            for other in (value + 1, value - 1):
                if other:
                    yield made(8, place, bare(node) if other == 1 else replace(node, sup=number(other)))


def other_powers(place: Place, stock: Stock) -> Found:
    node = place.node
    match node:
        case n.Scripted(sup=n.Number(value=value) as sup):
            yield made(8, place, replace(node, sup=n.Add((("-", sup),))))
            yield from (made(8, place, replace(node, sup=number(v))) for v in _steps(value) if v > 1)
        case n.Scripted(sup=n.Add(terms=(("+", n.Number() as sup),))):
            yield made(8, place, replace(node, sup=n.Add((("-", sup),))))
        case n.Scripted(sup=n.Add(terms=(("-", n.Number(value=value) as sup),))):
            yield made(8, place, bare(node) if value == 1 else replace(node, sup=sup))
            for other in _steps(value) if value > 1 else ():
                yield made(8, place, replace(node, sup=n.Add((("-", number(other)),))))


def _steps(value: Fraction) -> list[Fraction]:
    steps = dict.fromkeys((value + 1, value - 1, value * 2, value / 2, value - 2))
    return [step for step in steps if step > 0 and step.denominator == 1 and step != value]


def indices(place: Place, stock: Stock) -> Found:
    match place.node:
        case n.Name() as node if node in stock.letters:
            yield from (made(4, place, other) for other in stock.letters if other != node)
        case n.Product(factors=(one, other), operators=("",)) if one in stock.letters and other in stock.letters:
            yield made(4, place, n.Product((other, one), ("",)))
        case n.Scripted(sub=n.Name() as sub, sup=None) as node if sub in stock.letters:
            for letter in dict.fromkeys(stock.letters):
                for both in ((sub, letter), (letter, sub)):
                    yield made(4, place, replace(node, sub=n.Product(both, ("",))))
        case n.Scripted(sub=n.Number(value=value)) as node if node not in stock.names:
            for near in (value + 1, value - 1):
                if near >= 0:
                    yield made(4, place, replace(node, sub=number(near)))


def limits(place: Place, stock: Stock) -> Found:
    node: Any = place.node
    for field in ("lower", "upper") if isinstance(node, n.Big) else ():
        bound = getattr(node.binder, field)
        signs: tuple[Sign, ...] = ("+", "-") if bound is not None else ()
        for sign in signs:
            moved: n.Node = n.Add((("+", bound), (sign, ONE)))
            if isinstance(bound, n.Number):
                moved = number(bound.value + (1 if sign == "+" else -1))
            new = changed(node, binder=changed(node.binder, **{field: moved}))
            title = f"change the limit `{plain(bound)}` to `{plain(moved)}`"
            yield replace(made(4, place, new, title, bound.span), new=latex(moved))


def primes(place: Place, stock: Stock) -> Found:
    match place.node:
        case n.Scripted(primes=count) as node if count and not is_transpose(node, stock):
            alone = count == 1 and node.sub is None and node.sup is None
            yield made(6, place, node.base if alone else replace(node, primes=count - 1))
        case n.Product(factors=factors):
            for spot, (head, behind) in enumerate(pairwise(factors)):
                called = isinstance(head, n.Name) and head not in stock.names and isinstance(behind, n.Group)
                if called and not is_indicator((head, behind)):
                    yield _factor(6, place, spot, n.Scripted(head, None, None, 1))
        case n.Apply(args=(_,), primes=count) as node:
            yield from (
                made(6, place, replace(node, primes=each), size=2) for each in (count + 1, count - 1) if each >= 0
            )


def _factor(rank: int, place: Place, spot: int, new: n.Node, title: str = "") -> Candidate:
    """A product with another factor in the place of one."""
    node: Any = place.node
    one = Place(node.factors[spot], lambda each: place.rebuild(
        replace(node, factors=(*node.factors[:spot], each, *node.factors[spot + 1 :]))
    ), slot=False)  # fmt: skip
    return made(rank, one, new, title)


def held(place: Place, stock: Stock) -> Found:
    if isinstance(place.node, n.Held):
        title = f"hold `{plain(place.node.sub)}` fixed no more"
        yield replace(made(7, place, place.node.body, title, place.node.sub.span), new="")


def functions(place: Place, stock: Stock) -> Found:
    r"""``\cos`` for ``\sin``; another function in front of brackets, also in the place of what is none; other roots."""
    match place.node:
        case n.Apply(word=word) as node:
            for text in (text for kin in KIN if word.text in kin for text in kin if text != word.text):
                yield made(6, place, replace(node, word=replace(word, text=text)))
        case n.Root(body=body, index=index):
            yield from (made(8, place, n.Root(body, root)) for root in (None, *ROOTS) if root != index)
        case n.Product(factors=factors):
            for spot, (head, behind) in enumerate(pairwise(factors)):
                name = head.base if isinstance(head, n.Scripted) and head.primes and head.sub is None else head
                if not isinstance(behind, n.Group) or not isinstance(name, n.Name | n.Scripted):
                    continue
                count = head.primes if isinstance(head, n.Scripted) and head is not name else 0
                for other in stock.functions:
                    if other != name:
                        yield _factor(1, place, spot, n.Scripted(other, None, None, count) if count else other)


def links(place: Place, stock: Stock) -> Found:
    r"""Another path: ``\partial e`` for ``\partial d``, above or below; what links two partials in a product."""
    match place.node:
        case n.Derivative(target=target, variables=variables, operator=False) as node:
            known = (*stock.names, *stock.replaceable)
            for other in known:
                if other != target and target in known and stock.fits(target, other):
                    yield made(1, place, replace(node, target=other))
                for spot, by in enumerate(variables):
                    if other != by and by in known and stock.fits(by, other):
                        yield made(
                            1, place, replace(node, variables=(*variables[:spot], other, *variables[spot + 1 :]))
                        )
        case n.Product(factors=factors):
            for spot, pair in enumerate(pairwise(factors)):
                match pair:
                    case n.Derivative(variables=(by,)) as one, n.Derivative(target=target) as other if by != target:
                        yield _factor(1, place, spot + 1, replace(other, target=by))
                        yield _factor(1, place, spot, replace(one, variables=(target,)))


def negated(place: Place, stock: Stock) -> Found:
    """The other sign for what an exponent or an argument holds as a whole."""
    match place.node:
        case n.Add(terms=(("-", first),)):
            new = first
        case n.Number() | n.Tuple() | n.Given() | n.Compare():
            return
        case node:
            new = n.Add((("-", n.Group(node) if isinstance(node, n.Add) else node),))
    yield made(2, place, new, f"change the sign of `{plain(place.node)}`")


def orders(place: Place, stock: Stock) -> Found:
    """Two arguments or parameters, or the two sides of a difference, the other way round."""
    match place.node:
        case n.Apply(args=(first, second)) as node:
            yield made(9, place, replace(node, args=(second, first)))
        case n.Add(terms=((_, first), ("-", second))):
            yield made(9, place, n.Add((("+", second), ("-", first))))
        case n.Tuple(items=(*before, first, second)) as tree:
            yield made(
                9, place, replace(tree, items=(*before, second, first)), f"swap `{plain(first)}` and `{plain(second)}`"
            )
        case n.Product(factors=(*_, n.Name(), n.Group(body=n.Given(right=right)))) if not isinstance(right, n.Tuple):
            yield from _conditioned(place)


def _conditioned(place: Place) -> Found:
    """``p(z | x)`` for ``p(x | z)``."""
    node: Any = place.node
    for spot, (head, behind) in enumerate(pairwise(node.factors)):
        if isinstance(head, n.Name) and isinstance(behind, n.Group) and isinstance(behind.body, n.Given):
            turned = replace(behind, body=replace(behind.body, left=behind.body.right, right=behind.body.left))
            shown = f"replace `{plain(head)}{plain(behind)}` by `{plain(head)}{plain(turned)}`"
            yield _factor(8, place, spot + 1, turned, shown)


def swapped(place: Place, stock: Stock) -> Found:
    """Two names of one kind the other way round, in all of a sum or product."""
    if not isinstance(place.node, n.Add | n.Product):
        return
    here = [name for name in dict.fromkeys(walk(place.node)) if name in stock.names]
    for one, other in list(combinations(here, 2))[:MOST_PAIRS]:
        if stock.fits(one, other):
            turn = {one: other, other: one}
            new = transform(place.node, lambda part, turn=turn: turn.get(part, part))  # type: ignore[misc]
            yield made(9, place, new, f"swap `{plain(one)}` and `{plain(other)}`")


def any_name(place: Place, stock: Stock) -> Found:
    """Any name of the document in the place of any other, whatever is known of them: for a line without a meaning."""
    node = place.node
    pool = (*stock.names, *stock.replaceable, *stock.members, *stock.sizes, *stock.functions, IDENTITY)
    if isinstance(node, n.Nabla) and node.variable is not None:
        yield from (made(1, place, replace(node, variable=other)) for other in pool if other != node.variable)
    if isinstance(node, n.Name | n.Scripted) and node not in stock.letters:
        if isinstance(node, n.Name) or not (node.sup or node.primes):
            yield from (made(1, place, other) for other in dict.fromkeys(pool) if other != node)
        bases = dict.fromkeys(name.base if isinstance(name, n.Scripted) else name for name in (*pool, *stock.terms))
        base = node.base if isinstance(node, n.Scripted) else node
        for other in bases if isinstance(node, n.Scripted) and isinstance(base, n.Name) else ():
            if other != base and isinstance(other, n.Name):
                title = f"replace `{plain(base)}` by `{plain(other)}`"
                yield replace(made(1, place, changed(node, base=other), title, base.span), new=latex(other))


def inserted_name(place: Place, stock: Stock) -> Found:
    """A name, or its transpose, that is missing anywhere in a product: shapes tell where one is."""
    node = place.node
    if place.script or isinstance(node, n.Add | n.Tuple | n.Given | n.Compare | n.Number):
        return
    operands = [one for one in (IDENTITY, *stock.names) if one not in stock.shapes or not stock.is_scalar(one)]
    here, between = (node.factors, node.operators) if isinstance(node, n.Product) else ((node,), ())
    for spot in range(len(here) + 1):
        for factor in (each for one in operands for each in (one, raised(one, TOP))):
            if factor in here[max(spot - 1, 0) : spot + 1] and len(here) > 1:
                continue
            grown = n.Product((*here[:spot], factor, *here[spot:]), (*between[:spot], "", *between[spot:]))
            yield made(11, place, grown, f"multiply `{plain(node)}` by `{plain(factor)}`: `{plain(grown)}`")
