"""A counterexample in rationals: checked by evaluating both sides there, made as simple as it can be, put in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from derivcheck.evaluation import grid
from derivcheck.evaluation.evaluator import World, evaluate
from derivcheck.evaluation.grid import Grid
from derivcheck.evaluation.rational import INVALID, RATIONALS
from derivcheck.oracles.draws import Draws
from derivcheck.problem.problem import Claim, Problem
from derivcheck.problem.terms import Comparison

LONGEST = 24
MOST = 8

Point = tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class Witness:
    """An input at which a claim fails: the entries there of both sides that differ."""

    point: Point
    left: Fraction
    right: Fraction


def failing(
    draws: Draws, claim: Claim, conditions: tuple[Comparison, ...], world: World, point: Point
) -> Witness | None:
    """The claim at a point, by direct evaluation; None if it holds, or the point meets not every condition."""
    for condition in conditions:
        if not all(evaluate(condition, draws.over_indices(condition, world)).entries):
            return None
    frame = draws.frame(claim, world)
    left, right = evaluate(claim.head, frame), evaluate(claim.claimed, frame)
    if INVALID in left.entries or INVALID in right.entries:
        return None
    truths = RATIONALS.compare(claim.relation, left, right)
    found = grid.combine(lambda truth, x, y: None if truth else Witness(point, x, y), truths, left, right)
    return next(filter(None, found.entries), None)


def simplest(failing: Callable[[Point], Witness | None], found: Witness) -> Witness:
    """A counterexample with shorter numbers, entry by entry, where there is one nearby."""
    for place in range(min(len(found.point), 4 * MOST)):
        for value in _shorter(found.point[place]):
            other = failing((*found.point[:place], value, *found.point[place + 1 :]))
            if other is not None:
                found = other
                break
    return found


def _shorter(value: Fraction) -> Iterator[Fraction]:
    """Numbers near a value that are shorter than it, or as short and smaller."""
    below, above = Fraction(floor(value)), Fraction(ceil(value))
    near = {below, above, below - 1, above + 1, Fraction(round(10 * value), 10)}
    for other in (Fraction(0), Fraction(1), Fraction(-1), *sorted(near, key=_length)):
        if _length(other) < _length(value):
            yield other


def _length(value: Fraction) -> tuple[int, Fraction, bool]:
    return len(str(abs(value))), abs(value), value < 0


def shown(problem: Problem, leaves: Mapping[str, Grid[Fraction]]) -> str:
    """The inputs in words, where they are few: ``x_1 = -2, v = (1, 0)``."""
    parts = []
    for key, value in leaves.items():
        if len(value.entries) > MOST or len(value.shape) > 3:
            return ""
        numbers = [_number(entry) for entry in value.entries]
        columns = value.shape[-1]
        rows = [", ".join(numbers[k : k + columns]) for k in range(0, len(numbers), columns)]
        text = numbers[0] if len(numbers) == 1 else f"({(', ' if columns == 1 else '; ').join(rows)})"
        parts.append(f"{problem.declarations[key].text} = {text}")
    return ", ".join(parts) if len(parts) <= MOST else ""


def _number(value: Fraction) -> str:
    text = str(value)
    return text if len(text) <= LONGEST else f"{float(value):.3g}"
