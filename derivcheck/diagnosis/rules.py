r"""The slips that people make, as one table: what stands there, what was meant, how likely it is and how it is said.

Pure syntax: each edit is a new tree, and the span of what it replaces. Whether it makes a wrong line hold is found out
by ``derivcheck.diagnosis.looking``, whether a check sees it in a right line by ``derivcheck.power``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby, islice
from typing import Final

from derivcheck.diagnosis import grouping, slips
from derivcheck.diagnosis.candidate import ZERO, Candidate, Place, all_literal, made, places_of
from derivcheck.diagnosis.patterns import Known, built, matches, run, tokens_between
from derivcheck.diagnosis.stock import Stock
from derivcheck.language import nodes as n
from derivcheck.language.nodes import walk
from derivcheck.language.printing import plain

Where = Callable[[Place], bool]


def value(place: Place) -> bool:
    """What stands for a value, also in an exponent."""
    return place.value


def anywhere(place: Place) -> bool:
    """Also an index or a mark."""
    return True


def whole(place: Place) -> bool:
    """All of the expression: of nothing there is no multiple."""
    return place.whole and place.node != ZERO


def slot(place: Place) -> bool:
    """All that stands between brackets, bars or braces."""
    return place.value and place.slot and not isinstance(place.node, n.Tuple | n.Given | n.Compare)


def argument(place: Place) -> bool:
    """Of these, what is no literal number."""
    return slot(place) and not all_literal(place.node)


def cell(place: Place) -> bool:
    """An entry of a matrix."""
    return place.cell and place.node != ZERO


def term(place: Place) -> bool:
    """A term of a sum, or what is summed."""
    return place.value and place.term


def in_exponent(place: Place) -> bool:
    """An exponent that is no number, or a term of one."""
    return place.value and place.script and (place.exponent or place.term) and not all_literal(place.node)


def factored(place: Place) -> bool:
    """Where a factor may be missing."""
    return slot(place) or term(place)


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern for another at the places of one kind; ``words`` say what is to be done."""

    rank: int
    where: Where
    old: str
    new: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Slip:
    """What no pattern says: the edits of the likeliest ``rank`` or less likely that a function makes at a place."""

    rank: int
    where: Where
    make: Callable[[Place, Stock], Iterator[Candidate]]


@dataclass(frozen=True, slots=True)
class Operator:
    """A kind of mistake with which checks are tested.

    about    what it does, for the published list of operators
    scripts  whether it also looks into indices and marks
    pairs    whether it is also made twice at once: two such mistakes may cancel
    """

    name: str
    about: str
    rules: tuple[Rule | Slip, ...]
    scripts: bool = False
    pairs: bool = False


TIMES: Final = "multiply `{a}` by `{k}`"
ALL_TIMES: Final = "multiply by `{k}`"
OPERATORS: Final = (
    Operator("transpose", "a transpose too many or one missing", (Slip(0, value, slips.transposes),), pairs=True),
    Operator("operand", "another name, or another partial, of the same shape", (Slip(1, value, slips.names),)),
    Operator(
        "sign", "the sign of a term, or of the whole",
        (Slip(1, value, slips.signs), Rule(1, whole, "a", "-a", "change the sign of the whole")), pairs=True,
    ),
    Operator(
        "factor", "2, 1/2, N or 1/N times; a fraction upside down; 1 for 0",
        (
            Slip(3, value, slips.numbers),
            Rule(3, value, r"\frac{a}{b}", r"\frac{b}{a}"),
            Rule(3, whole, "a", "2 a", "multiply by `2`"),
            Rule(3, whole, "a", r"\frac{1}{2} a", "multiply by `1/2`"),
            Rule(3, whole, "a", "k a", ALL_TIMES),
            Rule(3, whole, "a", r"\frac{1}{k} a", "multiply by `1/{k}`"),
        ), pairs=True,
    ),
    Operator(
        "index", "another index, an index off by one, two indices the other way round",
        (Slip(4, anywhere, slips.indices),), scripts=True,
    ),
    Operator("limit", "a limit of a sum or product off by one", (Slip(4, value, slips.limits),)),
    Operator(
        "product", "the matrix product for the entrywise one, and other brackets",
        (
            Rule(5, value, r"a \odot b", "a b"),
            Rule(5, value, "P Q", r"P \odot Q"),
            Rule(5, value, r"P a \odot b", r"P (a \odot b)"),
            Rule(5, value, r"(P a) \odot b", r"P (a \odot b)"),
            Rule(5, value, r"P (a \odot b)", r"P a \odot b"),
        ), pairs=True,
    ),
    Operator(
        "prime", "a function for its derivative, and the other way round", (Slip(6, value, slips.primes),), pairs=True,
    ),
    Operator("dropped term", "a term of a sum left out", (Slip(7, value, slips.dropped_terms),)),
    Operator(
        "dropped factor", "a factor, a denominator or what is held fixed left out",
        (
            Rule(7, value, r"\frac{a}{b}", "a", "drop the denominator `{b}`"),
            Rule(7, value, "P a Q", "P Q", "drop the factor `{a}`"),
            Rule(7, value, "P a (b) Q", "P Q", "drop the factor `{a}({b})`"),
            Rule(7, value, r"P \odot a \odot Q", r"P \odot Q", "drop the factor `{a}`"),
            Slip(7, value, slips.held),
        ),
    ),
    Operator(
        "power", "an exponent off by one; a square or a root too many or missing",

        (Slip(8, anywhere, slips.powers), Rule(8, anywhere, r"\sqrt{a}", "(a)"), Rule(8, anywhere, "v", "v^2")),
        scripts=True, pairs=True,
    ),
)  # fmt: skip
"""The kinds of slips with which checks are tested, likeliest first."""

MENDING: Final[tuple[Rule | Slip, ...]] = (
    Slip(1, value, slips.names_below), Slip(1, value, slips.functions),
    Slip(1, value, slips.links), Slip(1, value, slips.sandwiches),
    Slip(2, argument, slips.negated), Rule(2, cell, "n", "-n", "change the sign of `{n}`"),
    Slip(8, value, slips.other_powers), Slip(8, value, slips.next_numbers),
    Slip(8, value, slips.orders), Slip(9, slot, slips.swapped),
    Slip(9, slot, grouping.extents), Slip(8, value, grouping.products),
    Slip(9, value, grouping.divided_sums), Slip(11, value, grouping.weighted),
    # A number that is lost, or too much.
    Rule(3, value, "P m Q", "P Q", "drop the factor `{m}`"),
    Rule(3, value, r"\frac{a}{m}", "a", "drop the denominator `{m}`"),
    Rule(3, value, "1", "k"),
    Rule(3, in_exponent, "a", "2 a", "multiply `{a}` by `2`"),
    Rule(3, in_exponent, "a", r"\frac{a}{2}", "divide `{a}` by `2`"),
    Rule(8, in_exponent, "a", "k - a"), Rule(8, in_exponent, "k - a", "a"),
    Rule(3, factored, "a", "k a", TIMES),
    Rule(3, factored, "a", r"\frac{a}{k}", "divide `{a}` by `{k}`"),
    Rule(3, value, "P k Q", "P Q", "drop the factor `{k}`"),
    Rule(3, value, r"\frac{a}{k}", "a", "drop the denominator `{k}`"),
    Rule(7, argument, "a", "a + 1", "add 1 to `{a}`"),
    Rule(7, argument, "a", "a - 1", "subtract 1 from `{a}`"),
    Rule(8, whole, "n", "0"),
    Rule(8, term, "s", "1"),
    Rule(8, value, "1", "u"),
    Rule(9, whole, "a", "3 a", "multiply by `3`"), Rule(9, whole, "a", r"\frac{a}{3}", "multiply by `1/3`"),
    Rule(9, whole, "a", "4 a", "multiply by `4`"), Rule(9, whole, "a", r"\frac{a}{4}", "multiply by `1/4`"),
    Rule(9, whole, "a", "6 a", "multiply by `6`"), Rule(9, whole, "a", r"\frac{a}{6}", "multiply by `1/6`"),
    Rule(9, term, "a", r"\frac{1}{2} a", "halve the term `{a}`"),
    Rule(9, term, "a", "2 a", "double the term `{a}`"),
    # One number of the document for another.
    Rule(8, value, "k", "s"), Rule(8, value, "s", "k"), Rule(8, value, "s", "r^2"), Rule(8, value, "s^2", "r"),
    Rule(8, value, "s^2", "k"),
    Rule(8, value, "I", "M"), Rule(8, value, "M", "I"), Rule(8, value, "s", "z"), Rule(8, value, "s", "(1 - s)"),
    Rule(8, value, "s^2", "s (1 - s)"), Rule(8, value, "(1 - a)", "a"),
    # Powers, inverses, roots and bars.
    Rule(8, value, "P f g Q", "P f g^2 Q", "square `{f}{g}`"),
    Rule(8, value, "g", "g^2", "square `{g}`"), Rule(8, argument, "w", "(w)^2", "square `{w}`"),
    Rule(8, value, "g", "g^{-1}", "invert `{g}`"), Rule(8, argument, "w", "(w)^{-1}", "invert `{w}`"),
    Rule(8, argument, r"\frac{a}{b}", r"(\frac{a}{b})^2"), Rule(8, argument, r"\frac{a}{b}", r"(\frac{a}{b})^{-1}"),
    Rule(8, value, "s", "s^2"), Rule(8, value, "z", "z^2"),
    Rule(8, value, "M", "M^{-1}"), Rule(9, value, "i", "i^{-1}"), Rule(8, value, "s", r"\frac{1}{s}"),
    Rule(8, value, "P s Q", r"\frac{P Q}{s}", "divide by `{s}` instead of multiplying by it"),
    Rule(8, value, "P s^c Q", r"\frac{P Q}{s^c}", "divide by `{s}^{c}` instead of multiplying by it"),
    Rule(8, value, "h", "h^k", "raise `{h}` to the power `{k}`"),
    Rule(9, value, "s", r"\log s"), Rule(9, term, "g", r"\log g"), Rule(9, value, "P Q", r"P \log (Q)"),
    Rule(9, value, "x", r"\sqrt{x}"), Rule(9, value, "P Q", r"\sqrt{P} Q"), Rule(9, argument, "a", r"\sqrt{a}"),
    Rule(9, value, "s", "|s|"), Rule(9, argument, "a", "|a|"), Rule(8, value, "|a|", "(a)"),
    Rule(9, value, "|a|", "|a|^{1/2}"),
    # Sums and products.
    Rule(9, value, "P a b Q", "P b a Q"),
    Rule(9, value, "P Q", "(P + Q)", "add `{Q}` instead of multiplying by it"),
    Rule(9, value, "P Q", "(P - Q)", "subtract `{Q}` instead of multiplying by it"),
    # What is missing, from the document.
    Rule(9, whole, "a", "u a", "multiply by `{u}`"), Rule(10, whole, "a", "s^r a", "multiply by `{s}^{r}`"),
    Rule(10, whole, "a", "s^k a", "multiply by `{s}^{k}`"),
    Rule(9, whole, "a", "z a", "multiply by `{z}`"), Rule(9, whole, "a", "M a", "multiply by `{M}`"),
    Rule(9, whole, "a", "M^{-1} a", "multiply by `{M}⁻¹`"), Rule(9, whole, "a", "p a", "multiply by `{p}`"),
    Rule(9, whole, "a", "(1 - s) a", "multiply by `(1 − {s})`"),
    Rule(10, factored, "a", "u a", "multiply `{a}` by `{u}`"),
    Rule(10, factored, "a", "s a", "multiply `{a}` by `{s}`"),
    Rule(10, factored, "a", "s^2 a", "multiply `{a}` by `{s}²`"),
    Rule(11, factored, "a", "z a", "multiply `{a}` by `{z}`"),
    Rule(11, factored, "a", "(1 - s) a", "multiply `{a}` by `(1 − {s})`"),
    Rule(11, factored, "a", "M a", "multiply `{a}` by `{M}`"),
    Rule(11, factored, "a", "M^{-1} a", "multiply `{a}` by `{M}⁻¹`"),
    Rule(11, factored, "a", "p a", "multiply `{a}` by `{p}`"),
    Rule(12, value, "a", "u a", "multiply `{a}` by `{u}`"),
    Rule(10, value, "a", r"a \odot t", "multiply `{a}` entry by entry by `{t}`"),
    *(
        Rule(rank, where, old, f"{old} {sign} {new}", f"{verb} the term `{shown}` {to} `{{{old}}}`")
        for sign, verb, to in (("+", "add", "to"), ("-", "subtract", "from"))
        for rank, where, old, new, shown in (
            (10, slot, "a", "k", "{k}"), (10, slot, "a", "y", "{y}"), (10, slot, "a", "z", "{z}"),
            (10, slot, "a", "s^2", "{s}²"), (10, slot, "w", "I", "I"), (10, slot, "w", "s I", "{s} I"),
            (10, slot, "w", "s^2 I", "{s}² I"), (10, whole, "a", "p", "{p}"), (11, slot, "a", "p", "{p}"),
            (11, slot, "a", "t", "{t}"), (11, value, "s", "k", "{k}"), (11, value, "s", "r", "{r}"),
            (11, value, "s", "p", "{p}"), (10, value, "x", "y", "{y}"), (12, value, "a", "t", "{t}"),
            (12, value, "a", "y", "{y}"),
        )
    ),
    Rule(11, value, r"\frac{a}{b}", r"\frac{a}{p}"),
)  # fmt: skip
"""Edits that only mend; what is tried first is told by their ranks."""
LEFT: Final = (Slip(1, value, slips.names_below), Slip(1, value, slips.functions), Slip(1, value, slips.links))
"""What may be another on a left side that says by what it is differentiated."""
ANY_NAME: Final = (Slip(1, value, slips.any_name), Slip(11, value, slips.inserted_name))
"""For a line without a meaning: a name of another shape may be just what is wrong."""


def candidates(tree: n.Node, stock: Stock, more: Sequence[Slip] = ()) -> Iterator[Candidate]:
    """Every single edit of a tree that may mend it, the likeliest kinds first and the smallest of each."""
    places = list(places_of(tree))
    # What is done to the exponent of a square or an inverse is said of the power.
    literal = {id(part) for each in places if each.exponent and all_literal(each.node) for part in walk(each.node)}
    values = [place for place in places if place.value and id(place.node) not in literal]
    rows = [(rule, places if each.scripts else values) for each in OPERATORS for rule in each.rules]
    yield from _in_order([*rows, *((rule, places) for rule in (*MENDING, *more))], stock)


def edits_by(rules: Sequence[Rule | Slip], tree: n.Node, stock: Stock) -> Iterator[Candidate]:
    """What these rules make of a tree, the likeliest first."""
    places = list(places_of(tree))
    yield from _in_order([(rule, places) for rule in rules], stock)


def _in_order(rows: Sequence[tuple[Rule | Slip, Sequence[Place]]], stock: Stock) -> Iterator[Candidate]:
    """Nothing of a rank is made before it is asked for."""
    waiting: list[Candidate] = []
    for rank, some in groupby(sorted(rows, key=lambda row: row[0].rank), key=lambda row: row[0].rank):
        waiting += [each for rule, places in some for place in places for each in edits_at(rule, place, stock)]
        ready = [each for each in waiting if each.rank <= rank]
        waiting = [each for each in waiting if each.rank > rank]
        yield from sorted(ready, key=lambda each: (each.rank, each.size))
    yield from sorted(waiting, key=lambda each: (each.rank, each.size))


def edits_at(rule: Rule | Slip, place: Place, stock: Stock) -> Iterator[Candidate]:
    """What one rule makes at one place."""
    if not rule.where(place):
        return
    if isinstance(rule, Slip):
        yield from rule.make(place, stock)
        return
    for known in matches(rule.old, place.node, stock):
        for new, meant in built(rule.new, known, stock):
            if new != place.node:
                size = tokens_between(rule.old, rule.new, meant)
                yield made(rule.rank, place, new, partial(_said, rule.words, meant) if rule.words else "", size=size)


def _said(words: str, meant: Known) -> str:
    shown = {letter: plain(run(each) if isinstance(each, tuple) else each) for letter, each in meant.items() if each}
    return words.format_map(shown)


def edits_of(operator: Operator, tree: n.Node, stock: Stock) -> Iterator[Candidate]:
    """Every edit of one kind, place by place."""
    for place in places_of(tree):
        if operator.scripts or not place.script:
            for rule in operator.rules:
                yield from edits_at(rule, place, stock)


def pairs_of(operator: Operator, tree: n.Node, stock: Stock) -> Iterator[tuple[Candidate, Candidate]]:
    """Every two edits of one kind within an expression; the tree of the first holds both."""
    inner = [rule for rule in operator.rules if rule.where is not whole]
    for later, place in enumerate(places_of(tree)):
        if place.script and not operator.scripts:
            continue
        for second in (each for rule in inner for each in edits_at(rule, place, stock)):
            # Places come parents first, left to right: up to the edited one they are what they were.
            for before in islice(places_of(second.tree), later + 1):
                if operator.scripts or not before.script:
                    yield from ((first, second) for rule in inner for first in edits_at(rule, before, stock))
