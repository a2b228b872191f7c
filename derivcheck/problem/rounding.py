"""Numbers of which the words say how far they are rounded: they are held to that accuracy, and to no other."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import floor, log10

from derivcheck.language.shapes import is_scalar
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim
from derivcheck.reading.items import Statement
from derivcheck.reading.phrases import ACCURACY, NUMERALS
from derivcheck.reading.windows import behind


def accuracy(item: Statement, text: str) -> tuple[int, bool] | None:
    """To how many digits the words around a statement round it, and whether these are counted from the first one."""
    found = ACCURACY.search(f"{behind(item, text)} ") or ACCURACY.search(item.lead.lower())
    if found is None:
        return None
    count = int(found[1]) if found[1].isdigit() else NUMERALS.index(found[1]) + 1
    return count, found["kind"] in ("significant", "digit", "figure")


def to_accuracy(claim: Claim, item: Statement, text: str) -> Claim:
    """What is claimed of a number that is rounded: that it is no further off than half a unit of its last place."""
    told = accuracy(item, text)
    number = _number(claim.claimed)
    if told is None or number is None or claim.relation != "=" or not is_scalar(claim.head.shape):
        return claim
    places, significant = told
    if significant:
        places -= 1 + (floor(log10(abs(number))) if number else 0)
    bound = t.Constant(Fraction(1, 2) * Fraction(10) ** -places)
    off = t.Elementary("abs", t.Add(((1, claim.head), (-1, claim.claimed))))
    return replace(
        claim, head=off, claimed=bound, relation="\\le", kind="inequality", alternatives=(), read=None, remade=None,
        title=f"|{claim.title} − {float(number):.12g}| ≤ {float(Fraction(1, 2) * Fraction(10) ** -places):.0e}",
    )  # fmt: skip


def _number(term: t.Term) -> Fraction | None:
    match term:
        case t.Constant(value=Fraction() as value):
            return value
        case t.Add(terms=((sign, inner),)):
            value_of = _number(inner)
            return None if value_of is None else sign * value_of
    return None
