"""Two small slips at once, where one does not do: what may have happened at each of two places, in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Final

import torch

from derivcheck.diagnosis.candidate import ONE, ZERO, Candidate, closed
from derivcheck.diagnosis.ingredients import REPLACED, Ingredient, altered, divided, multiplied
from derivcheck.diagnosis.synthesis import ENTRY, HOLE, UNKNOWN, Hole, Side
from derivcheck.diagnosis.wording import tidied
from derivcheck.evaluation.arithmetic import BUDGET, Effort
from derivcheck.language import nodes as n
from derivcheck.language.nodes import children, transform, walk
from derivcheck.language.printing import latex, plain
from derivcheck.problem.context import strip

EFFORT: Final = 2e9
"""What the search for two slips in one line may cost, in the prices of the budget."""
RANK: Final = 13
WIDEST: Final = 24
"""Tokens of a place in which one of two slips is sought."""
MOST: Final = 24
"""Slips at one place."""
PAIRS: Final = 200_000
"""Entries that are evaluated at once at most."""


SIGN: Final = "change the sign of "


def paired(side: Side) -> Iterator[Candidate]:
    """Two edits that together give the claimed side the value of the head, the smallest first."""
    effort = Effort(EFFORT)
    found: list[Candidate] = []
    places = list(_places(side))
    # Small places before large ones: a slip is a slip of one token.
    for (one, these), (other, those) in sorted(combinations(places, 2), key=_width):
        if effort.spent:
            break
        if one.node.span.start < other.node.span.end and other.node.span.start < one.node.span.end:
            continue
        try:
            with torch.no_grad():
                hits = list(_together(side, one, these, other, those))
        except UNKNOWN:
            continue
        found += [made for first, second in hits if (made := _edit(side, one, first, other, second)) is not None]
    yield from sorted(found, key=lambda edit: edit.size)


def _width(pair: tuple[tuple[Hole, Sequence[Ingredient]], tuple[Hole, Sequence[Ingredient]]]) -> int:
    return sum(hole.node.span.end - hole.node.span.start for hole, _ in pair)


def _places(side: Side) -> Iterator[tuple[Hole, tuple[Ingredient, ...]]]:
    dropped = {id(part): kind for part, kind in _may_go(side.claim.claimed_node)}
    signed = {
        id(part) for node in walk(side.claim.claimed_node) if isinstance(node, n.Add) for _, part in node.terms[1:]
    }
    for hole in side.holes:
        try:
            with torch.no_grad():
                part = side.now(hole)
        except UNKNOWN:
            continue
        if part.size <= WIDEST:
            yield hole, tuple(_slips(side, hole, part, dropped.get(id(hole.node)), id(hole.node) in signed))[:MOST]


def _may_go(tree: n.Node) -> Iterator[tuple[n.Node, n.Node]]:
    """Factors and terms, each with what stands for it where it is left out."""
    stack = [tree]
    while stack:
        node = stack.pop()
        match node:
            case n.Product(factors=factors):
                yield from ((part, ONE) for part in factors)
            case n.Add(terms=terms) if len(terms) > 1:
                yield from ((part, ZERO) for _, part in terms)
        stack += children(node)


def _slips(side: Side, hole: Hole, part: Ingredient, left_out: n.Node | None, signed: bool) -> Iterator[Ingredient]:
    """What one slip may have made of a place: what should stand there, with how many tokens change."""
    # To put a sign before what has none is more than to change one.
    yield from (replace(each, size=each.size + (spot == 0 and not signed)) for spot, each in enumerate(altered(part)))
    if left_out == ZERO:
        yield Ingredient(ZERO, torch.zeros_like(part.value), 1)
    elif left_out is not None and part.is_scalar:
        yield Ingredient(ONE, torch.ones_like(part.value), 1)
    pool = side.pool(hole)
    if part.size <= 3 and not part.literal:
        yield from (replace(each, size=1) for each in pool.units_of(part.shape) if each.size <= 3 and not each.literal)
    for each in pool.units_of((1, 1)):
        if each.size <= 2 and each.node not in (ONE, part.node):
            yield replace(multiplied(each, part), size=each.size)
            if not isinstance(each.node, n.Fraction_):
                yield replace(divided(part, each), size=each.size)


def _together(
    side: Side, one: Hole, these: Sequence[Ingredient], other: Hole, those: Sequence[Ingredient]
) -> Iterator[tuple[Ingredient, Ingredient]]:
    """The pairs of slips at two places with which the side is what it should be."""
    if not these or not those:
        return
    opened = side.opened(one, other)
    first, second = (torch.stack([each.value for each in some]) for some in (these, those))
    if first[0].numel() * len(these) * len(those) > PAIRS:
        return
    BUDGET.note(ENTRY * len(these) * len(those))
    values = {
        HOLE: first.repeat_interleave(len(those), 0),
        HOLE * 2: second.repeat(len(these), *(1,) * (second.dim() - 1)),
    }
    for spot in side.agreeing(opened, values):
        yield these[spot // len(those)], those[spot % len(those)]


def _edit(side: Side, one: Hole, first: Ingredient, other: Hole, second: Ingredient) -> Candidate | None:
    """Both as one edit of the side."""
    if first.node == one.node or second.node == other.node:
        return None
    changes = sorted(((one, first.node), (other, second.node)), key=lambda each: each[0].node.span)
    put = {id(hole.node): _fitted(hole, node) for hole, node in changes}
    tree = tidied(transform(side.claim.claimed_node, lambda part: put.get(id(part), part)))
    said = " and ".join(_told(hole, put[id(hole.node)]) for hole, _ in changes)
    if said.count(SIGN) == 2:
        said = said.replace(f" and {SIGN}", " and ").replace(SIGN, "change the signs of ")
    whole = side.claim.claimed_node
    return Candidate(RANK, tree, whole.span, latex(tree), said, first.size + second.size)


def _told(hole: Hole, new: n.Node) -> str:
    """What is to be done at one of two places."""
    match strip(new):
        case n.Add(terms=(("-", part),)) if strip(part) == strip(hole.node):
            return f"{SIGN}`{plain(hole.node)}`"
    if new in (ONE, ZERO):
        return f"drop `{plain(hole.node)}`"
    return REPLACED.format(old=plain(hole.node), new=plain(new))


def _fitted(hole: Hole, node: n.Node) -> n.Node:
    """An expression with brackets where its place needs them."""
    return node if hole.whole or not isinstance(node, n.Add | n.Entrywise) else closed(node)
