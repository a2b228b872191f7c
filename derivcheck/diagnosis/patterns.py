r"""Patterns over syntax: a rule says how one becomes another, both written as the mathematics is.

A letter stands for an expression of its sort (``SORTS``), a capital for any number of factors: ``P a Q`` is a product
with a factor ``a``, ``\frac{a}{b}`` any fraction. What stands only in the new pattern is taken from the document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any, Final, cast

from derivcheck.diagnosis.candidate import ONE, TOKEN, cancels, closed, is_indicator, raised, size_of
from derivcheck.diagnosis.stock import Stock
from derivcheck.language import nodes as n
from derivcheck.language.nodes import mapped, walk
from derivcheck.reading.parser import parse_expression

Factors = tuple[tuple[str, n.Node], ...]
"""A run of factors, each with the operator before it."""
Known = Mapping[str, "n.Node | Factors"]

FACTORS: Final = ("P", "Q")
ENTRYWISE: Final = ("\\odot", "\\circ", "\\oslash")
NO_VALUES: Final = n.Tuple | n.Given | n.Compare | n.Text | n.Symbol
SORTS: Final[dict[str, Callable[[n.Node, Stock], bool]]] = {
    "a": lambda node, stock: not isinstance(node, NO_VALUES),
    "b": lambda node, stock: not isinstance(node, NO_VALUES),
    "c": lambda node, stock: not isinstance(node, NO_VALUES),
    "x": lambda node, stock: node in stock.names or node in stock.sizes,
    "s": lambda node, stock: stock.is_scalar(node),
    "r": lambda node, stock: stock.is_scalar(node),
    "h": lambda node, stock: node in stock.names and (node not in stock.shapes or stock.is_scalar(node)),
    "i": lambda node, stock: node in stock.inverses,
    "k": lambda node, stock: node in stock.sizes,
    "M": lambda node, stock: stock.is_matrix(node),
    "m": lambda node, stock: is_number(node),
    "n": lambda node, stock: isinstance(node, n.Number),
    "f": lambda node, stock: isinstance(node, n.Name | n.Scripted) and node not in stock.names,
    "g": lambda node, stock: isinstance(node, n.Group) and not isinstance(node.body, n.Tuple | n.Compare),
    "z": lambda node, stock: node in stock.members,
    "v": lambda node, stock: isinstance(node, n.Name | n.Bars),
    "w": lambda node, stock: isinstance(node, n.Add | n.Product | n.Scripted),
}
"""What a letter of the old pattern may stand for."""
OFFERS: Final[dict[str, Callable[[Stock], tuple[n.Node, ...]]]] = {
    "k": lambda stock: stock.sizes,
    "s": lambda stock: stock.scalars,
    "r": lambda stock: stock.scalars,
    "u": lambda stock: stock.numbers,
    "y": lambda stock: stock.names,
    "z": lambda stock: stock.members,
    "M": lambda stock: tuple(name for name in stock.names if stock.is_matrix(name)),
    "p": lambda stock: stock.pieces,
    "t": lambda stock: stock.terms,
}
"""What the document has for a letter of the new pattern alone."""


def is_number(node: n.Node) -> bool:
    """Whether it is a literal number, or a fraction of two, and neither 0 nor 1."""
    match node:
        case n.Number(value=value):
            return value not in (0, 1)
        case n.Fraction_(numerator=n.Number(), denominator=n.Number()):
            return True
    return False


@cache
def pattern(text: str) -> n.Node:
    """A pattern as a tree."""
    return parse_expression(text)


def matches(text: str, node: n.Node, stock: Stock) -> Iterator[Known]:
    """What the letters of a pattern stand for in a node, in every way."""
    return _matched(pattern(text), node, stock, {})


def _matched(old: Any, new: Any, stock: Stock, known: Known) -> Iterator[Known]:  # noqa: ANN401 (fields of nodes)
    match old:
        case n.Name(text=letter) if letter in SORTS:
            if known.get(letter, new) == new and SORTS[letter](new, stock):
                yield {**known, letter: new}
        case n.Product(factors=factors) | n.Entrywise(factors=factors) if type(new) is type(old):
            if isinstance(old, n.Entrywise) or any(one in factors for one in map(n.Name, FACTORS)):
                yield from _split(factors, tuple(zip(("", *new.operators), new.factors, strict=True)), stock, known)
            elif len(factors) == len(new.factors):
                yield from _each(factors, new.factors, stock, known)
        case n.Add(terms=terms) if isinstance(new, n.Add):
            if [sign for sign, _ in terms] == [sign for sign, _ in new.terms]:
                yield from _each([part for _, part in terms], [part for _, part in new.terms], stock, known)
        case n.Name() | n.Number() | n.Symbol() | bool() | int() | str() | None:
            if old == new:
                yield known
        case n.Scripted(base=base, sub=None, sup=sup) if isinstance(new, n.Scripted):
            below = new.base if new.sub is None else replace(new, sup=None, primes=0)
            if new.sup is not None and not new.primes:
                yield from _each((base, sup), (below, new.sup), stock, known)
        case _ if isinstance(old, n.Node) and type(old) is type(new):
            fields = [name for name in old.__slots__ if name not in ("span", "fence")]
            one, other = ([getattr(each, name) for name in fields] for each in (old, new))
            yield from _each(one, other, stock, known)


def _each(old: Any, new: Any, stock: Stock, known: Known) -> Iterator[Known]:  # noqa: ANN401 (fields of nodes)
    if not old:
        yield known
        return
    for found in _matched(old[0], new[0], stock, known):
        yield from _each(old[1:], new[1:], stock, found)


def _split(old: tuple[n.Node, ...], new: Factors, stock: Stock, known: Known) -> Iterator[Known]:
    """Runs and single factors; the two parts of an indicator stay together."""
    if not old or not new:
        if not new and all(isinstance(one, n.Name) and one.text in FACTORS for one in old):
            yield {**known, **{one.text: () for one in old if isinstance(one, n.Name)}}
        return
    first, rest = old[0], old[1:]
    if isinstance(first, n.Name) and first.text in FACTORS:
        for cut in range(len(new) + 1):
            if not is_indicator(tuple(part for _, part in new[max(cut - 1, 0) : cut + 1])):
                yield from _split(rest, new[cut:], stock, {**known, first.text: new[:cut]})
    elif not is_indicator(tuple(part for _, part in new[:2])):
        for found in _matched(first, new[0][1], stock, known):
            yield from _split(rest, new[1:], stock, found)


def built(text: str, known: Known, stock: Stock) -> Iterator[tuple[n.Node, Known]]:
    """The trees that a pattern makes, with what each letter stands for, of all that the document offers."""
    made = pattern(text)
    open_ = [letter for letter in _letters(made) if letter not in known]
    for chosen in product(*(OFFERS[letter](stock) for letter in open_)):
        meant = {**known, **dict(zip(open_, chosen, strict=True))}
        if "y" in open_ and "x" in known and not stock.fits(cast(n.Node, known["x"]), cast(n.Node, meant["y"])):
            continue
        with suppress(LookupError):  # No factor is left where something has to stand.
            if not cancels(new := _made(made, meant)):
                yield new, meant


@cache
def _letters(made: n.Node) -> tuple[str, ...]:
    return tuple(dict.fromkeys(p.text for p in walk(made) if isinstance(p, n.Name) and p.text in OFFERS))


def _made(made: n.Node, known: Known) -> n.Node:
    match made:
        case n.Name(text=letter) if letter in known:
            value = known[letter]
            if not value:
                raise LookupError(letter)
            return run(value) if isinstance(value, tuple) else value
        case n.Product(factors=factors, operators=operators):
            parts: list[tuple[str, n.Node]] = []
            for sign, part in zip(("", *operators), factors, strict=True):
                taken = known.get(part.text, ()) if isinstance(part, n.Name) and part.text in FACTORS else None
                if isinstance(taken, tuple):
                    parts += taken
                    continue
                new = _made(part, known)
                if isinstance(new, n.Product) and not any(new.operators):
                    parts += [(sign, each) for each in new.factors]
                else:
                    parts.append((sign, closed(new)))
            return run(tuple(parts))
        case n.Entrywise(factors=factors, operators=operators):
            entries: list[tuple[str, n.Node]] = []
            for sign, part in zip(("", *operators), factors, strict=True):
                taken = known.get(part.text) if isinstance(part, n.Name) and part.text in FACTORS else None
                if isinstance(taken, tuple) and (not taken or any(one in ENTRYWISE for one, _ in taken)):
                    entries += taken
                    continue
                new = _made(part, known)
                entries.append((sign, n.Group(new) if isinstance(new, n.Add | n.Entrywise) else new))
            signs = tuple(sign if sign in ENTRYWISE else "\\odot" for sign, _ in entries[1:])
            return entries[0][1] if len(entries) == 1 else n.Entrywise(tuple(part for _, part in entries), signs)
        case n.Add(terms=terms):
            total: list[tuple[Any, n.Node]] = []
            for sign, part in terms:
                new = _made(part, known)
                total += (
                    new.terms if isinstance(new, n.Add) and sign == "+" and not total else [(sign, closed_sum(new))]
                )
            return n.Add(tuple(total))
        case n.Scripted(base=base, sub=None, sup=sup, primes=0) if sup is not None:
            return raised(_made(base, known), _made(sup, known))
        case n.Fraction_():
            over, below = (_made(part, known) for part in (made.numerator, made.denominator))
            return over if below == ONE else n.Fraction_(over, below)
        case n.Group(body=body):
            new = _made(body, known)
            return new if isinstance(new, n.Group | n.Name | n.Scripted) else n.Group(new)
    return mapped(made, lambda part: _made(part, known))


def closed_sum(node: n.Node) -> n.Node:
    """A term in brackets where it is a sum itself."""
    return n.Group(node) if isinstance(node, n.Add) else node


def run(factors: Factors) -> n.Node:
    """Factors as one product: a number behind another factor has a dot before it, and a 1 goes."""
    behind = [sign for sign, _ in factors[1:]] + [""]
    kept = [each for each, after in zip(factors, behind, strict=False) if each[1] != ONE or after == "/"] or [*factors]
    if not kept:
        raise LookupError("no factor")
    signs = [sign or ("\\cdot" if isinstance(part, n.Number) else "") for sign, part in kept[1:]]
    return kept[0][1] if len(kept) == 1 else n.Product(tuple(part for _, part in kept), tuple(signs))


@cache
def _gained(old: str, new: str) -> tuple[int, int, tuple[str, ...], tuple[str, ...]]:
    """The tokens that a pattern gains and loses against another, and the letters among them."""
    one, other = (Counter(TOKEN.findall(text)) for text in (old, new))
    letters = {*SORTS, *OFFERS, *FACTORS}
    sides = [[token for token in each.elements() if token in letters] for each in (other - one, one - other)]
    plus, minus = (other - one).total() - len(sides[0]), (one - other).total() - len(sides[1])
    return plus, minus, tuple(sides[0]), tuple(sides[1])


def tokens_between(old: str, new: str, meant: Known) -> int:
    """How many tokens a person changes to make one pattern of the other, with what the letters stand for."""
    plus, minus, more, less = _gained(old, new)
    gained, lost = (sum(map(_size, (meant[letter] for letter in side))) for side in (more, less))
    return max(1, plus + gained, minus + lost)


def _size(value: n.Node | Factors) -> int:
    return sum(size_of(part) for _, part in value) if isinstance(value, tuple) else size_of(value)
