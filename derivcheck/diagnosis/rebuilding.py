"""Edits of a statement without a meaning, where only the whole document read anew tells what they do.

A row that solves an equation, and a definition: what depends on the statement has to hold with the edit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from derivcheck.diagnosis.candidate import Candidate
from derivcheck.diagnosis.redefining import Site, items_of, read_with, stock_for
from derivcheck.diagnosis.rules import ANY_NAME, candidates
from derivcheck.evaluation.arithmetic import BUDGET, Effort
from derivcheck.language import nodes as n
from derivcheck.language.printing import plain
from derivcheck.oracles.bench import Bench
from derivcheck.problem.context import Context
from derivcheck.problem.expressions import elaborate
from derivcheck.problem.problem import Claim, Problem, Refused
from derivcheck.problem.scope import Refusal
from derivcheck.reading.items import Item, Statement
from derivcheck.source import Span

READING: Final = 500_000
"""The price of finding out whether the shapes of an expression fit."""
EFFORT: Final = 2e9
"""What the search for one statement may cost, in the prices of the budget."""


@dataclass(frozen=True)
class Refit:
    """An edit of a statement, the document read anew with it, and the claims that it has to make hold."""

    edit: Candidate
    tree: n.Node
    problem: Problem
    claims: tuple[Claim, ...]


def refits(bench: Bench, refused: Refused, dependent: Sequence[Span]) -> Iterator[Refit]:
    """The edits that give a statement a meaning, the likeliest first.

    ``dependent`` are the places of the claims that cannot be checked without it.
    """
    problem = bench.problem
    items = items_of(problem)
    site = _site(items, refused)
    if site is None:
        return
    effort = Effort(EFFORT)
    stock = stock_for(problem, items, site)
    tree = site.value
    tried = candidates(tree, stock, ANY_NAME)
    seen: set[n.Node] = {tree}
    places = (refused.line_span, *dependent)
    # What does not fit is where it was refused: a slip elsewhere is tried behind.
    for edit in sorted(tried, key=lambda each: not each.span.overlaps(refused.span)):
        if effort.spent:
            return
        if edit.tree in seen:
            continue
        seen.add(edit.tree)
        if not _fits(problem, edit.tree):
            continue
        made = _read_anew(problem, items, site, edit.tree, refused)
        if made is None:
            continue
        here = [each for each in made.claims if isinstance(each, Claim)]
        # What was refused is placed where it was refused, which may be any part of its line.
        claims = tuple(each for each in here if any(each.line_span.overlaps(place) for place in places))
        if claims:
            yield Refit(edit, tree, made, claims)


def _site(items: Sequence[Item], refused: Refused) -> Site | None:
    """The member of a statement at which it could not be read."""
    for position, item in enumerate(items):
        if isinstance(item, Statement) and item.span == refused.line_span:
            for member, node in enumerate(item.members):
                if member and node.span.start <= refused.span.start and refused.span.end <= node.span.end:
                    return Site(item, position, member, plain(item.members[0]), frozenset(), False, False)
            if len(item.members) == 2 and refused.span.start <= item.members[1].span.start:
                return Site(item, position, 1, plain(item.members[0]), frozenset(), False, False)
    return None


def _fits(problem: Problem, tree: n.Node) -> bool:
    """Whether nothing is known of its shapes that forbids an expression: much cheaper than to read the document."""
    BUDGET.note(READING)
    try:
        Context(problem.scope.as_it_stands(), elaborate).term(tree)
    except Refusal as refusal:
        return refusal.code not in ("shape-mismatch", "not-a-scalar")
    except RecursionError:
        return False
    return True


def _read_anew(
    problem: Problem, items: Sequence[Item], site: Site, value: n.Node, refused: Refused
) -> Problem | None:  # fmt: skip
    """The document with another value there, where the statement then has a meaning."""
    made = read_with(problem, items, site, value)
    if made is None:
        return None
    still = any(isinstance(each, Refused) and each.line_span == refused.line_span for each in made.claims)
    return None if still or len(made.unread) > len(problem.unread) else made
