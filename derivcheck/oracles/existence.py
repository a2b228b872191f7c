"""Sides that have no value at any input: the line is wrong where the other side has one.

Two ways to see it, each without doubt: the logarithm of what is seen to be negative by its signs alone, and a side mod
a prime in which at every draw, at sizes of every order, there is a singular matrix or a division by zero. That would
be chance, but with degree / p at each draw, if it were not so everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from derivcheck.evaluation import sizes as drawing
from derivcheck.evaluation.arithmetic import NotExact, OutOfRange
from derivcheck.evaluation.evaluator import evaluate
from derivcheck.evaluation.residues import ResidueArithmetic
from derivcheck.oracles import fields
from derivcheck.oracles.draws import Draws
from derivcheck.oracles.reach import INTEGRALS
from derivcheck.problem import terms as t
from derivcheck.problem.facts import negative
from derivcheck.problem.problem import Claim
from derivcheck.problem.terms import Comparison, Term

NO_VALUE = "the {} side has no value at any input: "
UNDEFINED = frozenset(("division by zero", "singular matrix", "logarithm of zero"))
LARGE, MORE, TWICE = 9, 6, 2
"""A size that is larger than all others together may have to be; how many more choices, and draws of each."""


def by_signs(draws: Draws, claim: Claim) -> str:
    """Why one side has no value anywhere while the other is not seen to have none; empty where nothing is seen."""
    found = [_negative_logarithm(side, draws) for side in (claim.head, claim.claimed)]
    if (found[0] is None) == (found[1] is None):
        return ""
    which, part = ("left", found[0]) if found[0] is not None else ("claimed", found[1])
    assert part is not None
    quoted = draws.problem.source.text[part.span.start : part.span.end].strip()
    what = f"`{quoted}` is negative" if quoted else "a part of it is negative"
    return NO_VALUE.format(which) + what + ", and has no logarithm"


def _negative_logarithm(side: Term, draws: Draws) -> Term | None:
    """The argument of a logarithm that is negative wherever it is defined, if it is reached at every input."""
    definitions = draws.problem.definitions
    stack, seen = [side], set[str]()
    looked_at: dict[int, Term] = {}
    while stack:
        top = stack.pop()
        if id(top) in looked_at:  # functions that call each other twice share what doubles when it is written out
            continue
        looked_at[id(top)] = top
        match top:
            case t.Elementary(name="log", order=0, argument=argument) if negative(argument, draws.problem.scope):
                return argument
            case t.Piecewise() | t.Indicator() | t.Comparison() | t.Derivative() | t.Chain() | t.Optimum():
                continue
            case t.Reduce(conditions=conditions) if conditions:
                continue
            case t.Variable(key=key) if key in definitions and key not in seen:
                seen.add(key)
                stack.append(definitions[key].term)
        stack.extend(t.children(top))
    return None


def by_draws(draws: Draws, claim: Claim, equations: tuple[Comparison, ...]) -> str:
    """Why one side has no value at any draw mod a prime where the other has one at every draw."""
    if claim.solution is not None or any(name in draws.fixed for name in draws.symbols):
        return ""
    bad: set[bool] = set()
    reasons: dict[str, None] = {}
    for number, choice in enumerate(_orders(draws)):
        whole = drawing.complete(choice, draws.problem)
        for again in range(TWICE):
            world = fields.world(draws, whole, f"nowhere {number} {again}", 0, (), equations, {})
            a = world.arithmetic
            assert isinstance(a, ResidueArithmetic)
            frame = draws.frame(claim, world)
            try:
                values = [evaluate(side, frame).grid.entries for side in (claim.head, claim.claimed)]
            except (NotExact, OutOfRange):
                return ""
            missing = [all(entry is None for entry in entries) for entries in values]
            whole_sides = [None not in entries for entries in values]
            one_sided = (missing[0] and whole_sides[1]) or (missing[1] and whole_sides[0])
            if not one_sided or not UNDEFINED.issuperset(a.failures):
                return ""
            bad.add(missing[0])
            reasons.update(a.failures)
    if len(bad) != 1:
        return ""
    which, side = ("left", claim.head) if bad.pop() else ("claimed", claim.claimed)
    # An integral is worked out by completing a square, which may be flat where there is a value; and the rule for the
    # slope of a determinant asks for an inverse where there need be none.
    ruled = (*INTEGRALS, t.Derivative, t.Chain) if "singular matrix" in reasons else INTEGRALS
    if any(isinstance(part, ruled) for part in draws.parts(side)):
        return ""
    return NO_VALUE.format(which) + ", ".join(reasons)


def _orders(draws: Draws) -> Iterator[dict[str, int]]:
    """Sizes of every order: each size far larger than the others, and far smaller; an inverse may ask for either."""
    names = draws.symbols
    least = {name: max(2, draws.problem.size_bounds.get(name, 2)) for name in names}
    for name in names:
        small = {other: least[other] + rank % 3 for rank, other in enumerate(names)}
        yield {**small, name: least[name] + sum(small.values()) + 1}
        yield {**{other: LARGE - rank % 3 for rank, other in enumerate(names)}, name: least[name]}
    source = Random(f"{draws.settings.seed} orders")
    for _ in range(MORE if names else 2):
        yield {name: least[name] + source.randrange(6) for name in names}
