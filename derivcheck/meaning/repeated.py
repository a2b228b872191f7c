r"""Sums that the summation convention (Einstein 1916) leaves out: ``A_{ij} x_j`` is summed over j, which stands twice.

A chain may go from matrices to entries and back, ``\partial y / \partial X = \partial y / \partial X_{kl} = A_{lk} =
A^\top``: then an entry of each matrix is meant, in the row and the column by which is differentiated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from derivcheck.language import nodes as n
from derivcheck.language.nodes import mapped, walk
from derivcheck.problem.indices import index_parts
from derivcheck.reading.items import Item, Statement
from derivcheck.reading.phrases import SUMMATION


def speaks(items: Sequence[Item], text: str) -> bool:
    """Whether words name the convention, and a line leaves out a sum."""
    return SUMMATION.search(text) is not None and any(with_sums(item) is not item for item in items)


def with_sums(item: Item) -> Item:
    """A line with the sums that it leaves out; as it is where it leaves out none, or where they belong is not told."""
    made = [_summed(member) for member in item.members] if isinstance(item, Statement) and item.relations else []
    found = {frozenset(letters) for _, letters in made if letters}
    if not isinstance(item, Statement) or any(member is None for member, _ in made) or len(found) > 1:
        return item
    members = tuple(member for member, _ in made if member is not None)
    if found and not all(letters for _, letters in made):
        place = next((sub for sub in _places(item) if found == {frozenset(_letters(sub))}), None)
        if place is None:
            return item
        open_ones = [bool(letters) or isinstance(member, n.Number) for member, letters in made]
        members = tuple(one if as_it_is else n.Scripted(n.Group(one), place, None, span=one.span)
                        for one, as_it_is in zip(members, open_ones, strict=True))  # fmt: skip
    return item if not made or members == item.members else replace(item, members=members)


def _places(item: Statement) -> Iterator[n.Node]:
    """The row and the column of the entries by which a line differentiates."""
    parts = (part for member in item.members for part in walk(member) if isinstance(part, n.Derivative))
    below = (by.sub for part in parts for by in part.variables if isinstance(by, n.Scripted) and by.sub is not None)
    return (sub for sub in below if len(set(_letters(sub))) == 2)


def _letters(sub: n.Node | None) -> list[str]:
    parts = [] if sub is None else index_parts(sub)
    single = [part.text for part in parts if isinstance(part, n.Name) and len(part.text) == 1 and part.text.islower()]
    return single if len(single) == len(parts) else []


def _summed(node: n.Node) -> tuple[n.Node | None, list[str]]:
    """An expression with its sums, None where they belong nowhere, and the indices for which it still stands."""
    made: list[tuple[n.Node | None, list[str]]] = []

    def inner(part: n.Node) -> n.Node:
        made.append(_summed(part))
        return made[-1][0] or part

    whole = mapped(node, inner)
    letters = [letter for _, own in made for letter in own]
    unclear = isinstance(node, n.Big) or any(one is None for one, _ in made)
    match node:
        case n.Scripted(sub=sub, sup=sup):
            letters += _letters(sub)
            # ``v_i^2`` is ``v_i v_i``: where another side stands for i, no sum is put anywhere.
            letters *= 2 if isinstance(sup, n.Number) and sup.value == 2 else 1
            unclear |= bool(letters) and isinstance(sup, n.Number) and sup.value != 2
        case n.Add():
            letters = made[0][1]
            unclear |= len({frozenset(own) for _, own in made}) > 1
    twice = [letter for letter in dict.fromkeys(letters) if letters.count(letter) > 1]
    multiplies = isinstance(node, n.Product | n.Scripted | n.Derivative)
    if unclear or len(letters) > len({*letters}) + len(twice) or (twice and not multiplies):
        return None, letters
    for letter in twice:
        whole = n.Big("sum", n.Binder((n.Name(letter, span=node.span),), span=node.span), whole, span=node.span)
    return whole, [letter for letter in letters if letter not in twice]
