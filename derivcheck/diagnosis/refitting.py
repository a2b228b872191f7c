"""The edit that gives a line without a meaning one that holds: by itself, or in the document read anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from derivcheck.diagnosis.candidate import places_of
from derivcheck.diagnosis.looking import (
    EFFORT,
    MOST_TRIED,
    Repair,
    holding,
    looking,
    of_one_rank,
    smallest,
)
from derivcheck.diagnosis.offers import stock_of
from derivcheck.diagnosis.redefining import Refit, refits
from derivcheck.diagnosis.rules import ANY_NAME, candidates
from derivcheck.diagnosis.stock import Stock
from derivcheck.evaluation.arithmetic import BUDGET, Effort
from derivcheck.language import nodes as n
from derivcheck.oracles.bench import Bench
from derivcheck.problem.problem import Claim, Refused
from derivcheck.source import Span
from derivcheck.verdict import Outcome


def repair_refused(bench: Bench, refused: Refused, dependent: Sequence[Span] = ()) -> Repair | None:
    """The smallest single edit that gives a line without a meaning one that holds.

    Where it is no line of its own, a definition or a row that solves an equation, those at the ``dependent`` places.
    """
    BUDGET.renew()
    return _refused_alone(bench, refused) or _refitted(bench, refused, dependent)


def _refitted(bench: Bench, refused: Refused, dependent: Sequence[Span]) -> Repair | None:
    """An edit with which the document, read anew, has a meaning there, and what depends on it holds."""
    from derivcheck.judge import judge
    from derivcheck.oracles.table import QUICK

    passing: list[tuple[Refit, Claim]] = []
    tried = 0
    for refit in refits(bench, refused, dependent):
        if tried >= MOST_TRIED or (passing and refit.edit.rank > passing[0][0].edit.rank):
            break
        other = Bench(refit.problem, bench.settings)
        looks = [(looking(other, each), each.claimed) for each in refit.claims]
        if not all(look is not None and look.agrees(claimed) for look, claimed in looks):
            continue
        tried += 1
        fresh = Bench(refit.problem, replace(bench.settings, seed=bench.settings.seed + 104_729))
        if all(judge(each, one, QUICK).outcome is Outcome.HOLDS for one in refit.claims for each in (fresh, other)):
            passing.append((refit, refit.claims[0]))
    if not passing:
        return None
    found = smallest(bench, passing[0][0].tree, [(refit.edit, made) for refit, made in passing])
    assert found is not None
    holder = next(refit for refit, made in passing if made is found.made)
    return replace(found, bench=Bench(holder.problem, bench.settings))


def _refused_alone(bench: Bench, refused: Refused) -> Repair | None:
    attempt = refused.attempt
    if attempt is None or attempt.remade is None or refused.implied:
        return None
    remade, tree, stock = attempt.remade, attempt.claimed_node, stock_of(bench, attempt)
    if refused.code == "unbound-index":
        stock = replace(stock, letters=(*stock.letters, *_script_letters(tree, stock)))
    # A name of another shape may be just what is wrong; what does not fit is where it was refused: a slip elsewhere is
    # tried behind.
    tried = (each for each in candidates(tree, stock, ANY_NAME) if each.tree != tree)
    near = sorted(tried, key=lambda each: not each.span.overlaps(refused.span))
    return smallest(bench, tree, of_one_rank(near, Effort(EFFORT), lambda each: holding(bench, remade, each.tree)))


def _script_letters(tree: n.Node, stock: Stock) -> Iterator[n.Node]:
    """The letters in scripts that are no names: one of them may be the index that nothing binds."""
    known = {*stock.letters, *stock.names, *stock.sizes}
    for place in places_of(tree):
        if place.script and isinstance(place.node, n.Name) and place.node not in known:
            yield place.node
