"""Identities in exact rational arithmetic: no rounding, so ties, kinks, huge and tiny inputs are decided.

Scalars take every combination of special values as far as the number of points allows; matrices small integers and
fractions, with zeros among them. A discrepancy is a counterexample; agreement is exact at these points and no proof.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import cycle, islice, product
from math import exp, prod

from derivcheck.evaluation import sizes as drawing
from derivcheck.evaluation.arithmetic import SIGNS, NotExact, OutOfRange, TooLarge
from derivcheck.evaluation.evaluator import World, evaluate
from derivcheck.evaluation.grid import Grid, filled, narrow
from derivcheck.evaluation.rational import INVALID, RATIONALS
from derivcheck.language.shapes import is_scalar
from derivcheck.oracles import members
from derivcheck.oracles.draws import Draws
from derivcheck.oracles.members import members_of, special, values_of
from derivcheck.problem import facts
from derivcheck.problem import terms as t
from derivcheck.problem.facts import everything, whole
from derivcheck.problem.problem import Claim, Problem
from derivcheck.problem.scope import Assumption, Declaration
from derivcheck.problem.terms import Comparison, Term
from derivcheck.verdict import Doubt, Evidence, Outcome

NAME = "rational"
POINTS = 120
MATRIX_POINTS = 6
MANY_SIZES, MOST_ENTRIES, FEW_ENTRIES = 24, 2_500, 200
PARTIAL = "it holds where both have one, and for which inputs it is meant is not said"
KEPT = 32
"""Inputs of so many kinds are kept for other claims."""
EXACT_ELEMENTARY = frozenset(("relu", "abs", "sign", "gamma"))


def applies(problem: Problem, claim: Claim) -> bool:
    """Claims in which nothing transcendental, no arbitrary function and no derivative stands."""
    if claim.solution is not None or claim.relation not in ("=", "<", ">", "\\le", "\\ge", "\\ne"):
        return False
    return all(_exact(part, problem) for part in everything((claim.head, claim.claimed), problem.definitions))


def _exact(part: Term, problem: Problem) -> bool:
    match part:
        case t.Derivative() | t.Chain() | t.Arbitrary() | t.Constant(value="pi" | "e"):
            return False
        case t.Elementary(name=name):
            return name in EXACT_ELEMENTARY
        case t.Unary(op="norm2" | "softmax" | "eigenvalues" | "eigenvectors" | "eigenvalue" | "eigenvector"):
            return False
        case t.MapEntries(order=order):
            return not order
        case t.Power(exponent=exponent):
            return whole(exponent)
    return True


def ask(draws: Draws, claim: Claim) -> Evidence:
    """Both sides at every point; the first counterexample is shown."""
    problem = draws.problem
    chosen = sizes_for(draws, claim)
    shown = tuple(map(draws.shown, chosen))
    points, singular = 0, ""
    for number, choice in enumerate(chosen):
        whole = drawing.complete(choice, problem)
        generator = random.Random(f"{draws.settings.seed} rational {number}")
        drawn, count, ends = _with_special(draws, *exact_leaves(draws, claim, whole, generator))
        world = World(RATIONALS, whole, drawn, {}, problem.definitions, None, draws.dependencies)
        try:
            compared, found, lost = _compare(draws, claim, world, _meeting(draws, claim, world, count), ends)
        except (NotExact, OutOfRange) as refused:
            if number > 1 and isinstance(refused, TooLarge):
                # Powers of large numbers: smaller ones have spoken.
                continue
            return Evidence(NAME, Outcome.NOT_CHECKED, sizes=shown, detail=str(refused))
        points += compared
        singular = singular or lost
        if found is not None:
            left, right, where = found
            return Evidence(
                NAME, Outcome.WRONG, error=as_float(abs(left - right)), bar=0.0, claimed=as_float(right),
                reference=as_float(left), sizes=shown[: number + 1], failing=(shown[number],), points=points,
                detail=f"exact counterexample at {where}" if where else "exact counterexample", seen=1,
            )  # fmt: skip
    if not points:
        return Evidence(NAME, Outcome.NOT_CHECKED, sizes=shown, detail="no rational input meets the conditions")
    if singular:
        return Evidence(
            NAME, Outcome.UNDECIDED, sizes=shown, points=points, detail=f"{singular}: {PARTIAL}", doubt=Doubt.PARTIAL
        )
    return Evidence(NAME, Outcome.HOLDS, error=0.0, bar=0.0, detectable=0.0, sizes=shown, points=points)


def sizes_for(draws: Draws, claim: Claim) -> list[dict[str, int]]:
    """Two draws, and sizes at which mistakes show that these hide; many where nothing else stands in the claim."""
    problem, symbols, fixed, seed = draws.problem, draws.symbols, draws.fixed, draws.settings.seed
    chosen = drawing.draw(symbols, problem, fixed, seed, 2)
    more = drawing.extra(symbols, problem, fixed, chosen, members.beyond(claim))
    if not behind(problem, claim):
        parts = everything((claim.head, claim.claimed), problem.definitions)
        plain = all(is_scalar(part.shape) and not isinstance(part, t.Reduce) for part in parts)
        numbers = drawing.counts(symbols, problem, fixed, drawing.PLAIN_COUNTS if plain else drawing.COUNTS)
        numbers = [choice for choice in numbers if _in_order(problem, claim, choice)]
        return [*chosen, *more, *numbers, *drawing.draw(symbols, problem, fixed, seed + 1, MANY_SIZES)]
    return [*chosen, *(choice for choice in more if _entries(problem, claim, choice) <= MOST_ENTRIES)]


def larger_sizes(draws: Draws, claim: Claim, chosen: list[dict[str, int]]) -> list[dict[str, int]]:
    """Sizes above the numbers in a claim, their squares and exponentials: up to there one norm may bound another."""
    free = [name for name in draws.symbols if name not in draws.fixed]
    largest = max((max(abs(x), 1 / abs(x)) for x in members.numbers_in(claim) if x), default=Fraction(0))
    if not free or not chosen or not 1 < largest <= members.LARGEST_NUMBER:
        return []
    logs = any(isinstance(part, t.Elementary) for part in draws.parts(claim.head, claim.claimed))
    for wanted in (int(exp(largest)) + 1 if logs else 1, int(largest**2) + 1, int(largest) + 1):
        choice = {**draws.fixed, **{name: wanted + rank for rank, name in enumerate(free)}}
        told = wanted > min(chosen[-1][name] for name in free) and wanted <= members.LARGEST_NUMBER
        if told and drawing.possible(choice, draws.problem) and _entries(draws.problem, claim, choice) <= FEW_ENTRIES:
            return [choice]
    return []


def _in_order(problem: Problem, claim: Claim, choice: Mapping[str, int]) -> bool:
    """Whether no sum runs backwards: what ``\\sum_{i=3}^n`` is at n = 1 is not meant to be asked. Nor are long ones
    within each other."""
    sums = [part for side in (claim.head, claim.claimed) for part in t.walk(side) if isinstance(part, t.Reduce)]
    for part in sums:
        lower, upper = (drawing.number_of(end, choice, problem) for end in (part.lower, part.upper))
        if lower is not None and upper is not None and upper < lower - 1:
            return False
    nested = any(isinstance(inner, t.Reduce) for part in sums for inner in t.walk(part.body))
    return not nested or max(choice.values(), default=0) <= members.LARGEST_NUMBER // 2


def _entries(problem: Problem, claim: Claim, choice: Mapping[str, int]) -> int:
    """How many entries the names of a claim have together."""
    whole = drawing.complete(choice, problem)
    declared = [d for key in behind(problem, claim) if (d := problem.declarations.get(key)) is not None]
    return sum(prod(problem.numbers(each.shape, whole)) for each in declared)


def as_float(value: Fraction) -> float:
    """The nearest float, infinite where there is none."""
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def exact_leaves(
    draws: Draws, claim: Claim, sizes: Mapping[str, int], generator: random.Random
) -> tuple[dict[str, Grid[Fraction]], int]:
    """Values for every declared name, ``(points, family …, rows, columns)``; kept for other claims."""
    problem, needed = draws.problem, behind(draws.problem, claim)
    scalars = [
        d for d in problem.declarations.values()
        if d.key in needed and is_scalar(tuple(dim.substitute(problem.solution) for dim in d.shape)) and not d.family  # type: ignore[arg-type]
        and (d.domain.kind != "finite" or d.domain.values)
    ]  # fmt: skip
    near = tuple(members.values_near(claim)) if scalars else ()
    known = draws.kept.setdefault("exact leaves", {})
    assert isinstance(known, dict)
    key = (generator.getstate(), needed, near, tuple(sizes.items()))
    if key not in known:
        if len(known) >= KEPT:
            known.clear()
        leaves, count = _leaves(draws, needed, scalars, near, sizes, generator)
        known[key] = leaves, count, generator.getstate()
    leaves, count, state = known[key]
    generator.setstate(state)
    return dict(leaves), count


def _leaves(
    draws: Draws, needed: frozenset[str], scalars: list[Declaration], near: tuple[Fraction, ...],
    sizes: Mapping[str, int], generator: random.Random,
) -> tuple[dict[str, Grid[Fraction]], int]:  # fmt: skip
    others = [d for d in draws.problem.declarations.values() if d.key in needed and d not in scalars]
    count = MATRIX_POINTS + len(members.RECIPES) if others else POINTS if needed else 1
    combinations = list(islice(_combinations(scalars, near, generator), count))
    if others and scalars:
        combinations = list(islice(cycle(combinations), count))
    leaves = {
        declaration.key: Grid((len(combinations), 1, 1), tuple(values[place] for values in combinations))
        for place, declaration in enumerate(scalars)
    }
    count = len(combinations) if scalars else count
    for declaration in others:
        leaves[declaration.key] = members_of(declaration, draws.problem, sizes, count, generator)
    if others:
        _specialise(leaves, [*scalars, *others], seed=generator.random())
    return leaves | {
        key: filled(leaves[key].shape, Fraction(value)) for key, value in draws.values.items() if key in leaves
    }, count


def _with_special(
    draws: Draws, leaves: dict[str, Grid[Fraction]], count: int
) -> tuple[dict[str, Grid[Fraction]], int, list[str]]:
    """The points that there are, and behind them those at which something touches, made of the first.

    The last of them are those at an end of a domain: what is where is told.
    """
    domains = {key: draws.problem.declarations[key].domain for key in leaves if key not in draws.values}
    first = {key: narrow(leaf, 0, 0, 1) for key, leaf in leaves.items()}
    ends = list(members.at_ends(first, domains, random.Random(draws.settings.seed)))
    found = [*special(first, domains), *(at for _, at in ends)]
    if not found:
        return leaves, count, []
    whole = {}
    for key, leaf in leaves.items():
        entries = leaf.entries if leaf.shape[0] == count else leaf.entries * count
        more = tuple(x for point in found for x in point[key].entries)
        whole[key] = Grid((count + len(found), *leaf.shape[1:]), entries + more)
    return whole, count + len(found), [_where(draws.problem, key, at[key]) for key, at in ends]


def _where(problem: Problem, key: str, at: Grid[Fraction]) -> str:
    """Where a name is at an end of its domain, in words."""
    declared = problem.declarations[key]
    if declared.domain.kind == "psd":
        return f"where `{declared.text}` is singular, which semidefinite lets it be"
    return f"where `{declared.text}` is {at.entries[0]}"


def behind(problem: Problem, claim: Claim) -> frozenset[str]:
    """The names in a claim and in all conditions, and those behind them."""
    return facts.behind((claim.head, claim.claimed, *claim.conditions, *problem.assumed), problem.definitions)


def _specialise(leaves: dict[str, Grid[Fraction]], declared: list[Declaration], seed: float) -> None:
    """The last points made by recipes: zeros, ones, equal vectors, rank one."""
    for declaration in declared:
        found = leaves[declaration.key]
        if declaration.family:
            continue
        rows, columns = found.shape[-2:]
        entries = list(found.entries)
        for place, recipe in enumerate(members.RECIPES, MATRIX_POINTS):
            own = random.Random(f"{seed} {recipe} {place} {declaration.key}")
            made = members.drawn(recipe, declaration.domain, rows, columns, random.Random(f"{seed} {place}"), own)
            if made is not None:
                entries[place * rows * columns : (place + 1) * rows * columns] = [x for row in made for x in row]
        leaves[declaration.key] = Grid(found.shape, tuple(entries))


def _combinations(
    scalars: list[Declaration], near: tuple[Fraction, ...], generator: random.Random
) -> Iterator[tuple[Fraction, ...]]:
    """Special values in every combination for few scalars, then at random."""
    if not scalars:
        return
    choices = [values_of(d.domain, near) for d in scalars]
    if len(scalars) <= 2:
        everything = list(product(*choices))
        generator.shuffle(everything)
        yield from everything
        return
    while True:
        yield tuple(generator.choice(values) for values in choices)


def _meeting(draws: Draws, claim: Claim, world: World, count: int) -> list[bool]:
    """Which points meet the assumptions and the claim's own conditions; an equation fixes a name first."""
    kept = [True] * count
    conditions = (*draws.problem.assumed, *claim.conditions)
    for condition in conditions:
        if condition.sign == "=":
            _fix(condition, world)
    asked = behind(draws.problem, claim)
    for condition in (*conditions, *(one for one in draws.problem.guards if t.variables(one.left) <= asked)):
        truth = evaluate(condition, world.root())
        per = max(1, len(truth.entries) // truth.shape[0])
        for point in range(count):
            start = (point if truth.shape[0] > 1 else 0) * per
            kept[point] = kept[point] and all(truth.entries[start : start + per])
    return kept


def _fix(condition: Comparison, world: World) -> None:
    for side, other in ((condition.left, condition.right), (condition.right, condition.left)):
        if isinstance(side, t.Variable) and side.key in world.leaves and not side.indices:
            value, shape = evaluate(other, world.root()), world.leaves[side.key].shape
            world.leaves[side.key] = world.arithmetic.expand(value, shape)  # type: ignore[index]
            return


def _compare(
    draws: Draws, claim: Claim, world: World, kept: list[bool], ends: list[str]
) -> tuple[int, tuple[Fraction, Fraction, str] | None, str]:
    """How many points were compared, the first counterexample with its inputs in words, and at which of the ``ends``,
    the last points, one side has no value."""
    problem, frame = draws.problem, draws.frame(claim, world)
    sides = [evaluate(side, frame) for side in (claim.head, claim.claimed)]
    shape = (len(kept), *(max(x, y) for x, y in zip(sides[0].shape[1:], sides[1].shape[1:], strict=True)))
    left, right = (world.arithmetic.expand(side, shape).entries for side in sides)
    per, points, singular = len(left) // len(kept), 0, ""
    for point in (point for point, good in enumerate(kept) if good):
        here = slice(point * per, (point + 1) * per)
        pairs = list(zip(left[here], right[here], strict=True))
        if any(x is INVALID or y is INVALID for x, y in pairs):
            if point >= len(kept) - len(ends) and any((x is INVALID) != (y is INVALID) for x, y in pairs):
                singular = singular or f"one side has no value {ends[point - len(kept)]}"
            continue
        points += 1
        for x, y in pairs:
            if not SIGNS[claim.relation](x, y):
                return points, (x, y, written(problem, world.leaves, point)), singular
    return points, None, singular


def written(problem: Problem, leaves: Mapping[str, Grid[Fraction]], point: int = 0) -> str:
    """The scalar inputs at a point, if they are few."""
    parts = []
    for key, value in leaves.items():
        if value.shape[1:] == (1, 1):
            number = value.entries[point if value.shape[0] > 1 else 0]
            if "#" not in problem.declarations[key].text:  # a name of ours tells a reader nothing
                parts.append(f"{problem.declarations[key].text} = {_short(number)}")
    return ", ".join(parts) if 0 < len(parts) <= 4 else ""


def _short(value: Fraction) -> str:
    text = str(value)
    if len(text) <= 8:
        return text
    # What is beside a whole number is no whole number: the end of an interval may not belong to it.
    beside = value - round(value)
    if round(value) and 0 < abs(beside) < Fraction(1, 1000):
        return f"{round(value)} {'+' if beside > 0 else '−'} {float(abs(beside)):.3g}"
    return f"{float(value):.3g}"


def not_evaluable(claim: Claim, draws: Draws) -> tuple[Assumption, ...]:
    """The assumptions that have no value at all: an index runs out of its range in them, or shapes do not fit.

    They rest on what was read in two ways, and no input can be drawn to meet them. ``claim`` is any of the document.
    """
    free = Draws(replace(draws.problem, assumptions=()), draws.settings)
    choice = drawing.complete(sizes_for(free, claim)[0], free.problem)
    found = []
    for assumption in draws.problem.assumptions:
        asked = replace(claim, conditions=assumption.conditions, solution=None)
        drawn, _ = exact_leaves(free, asked, choice, random.Random(draws.settings.seed))
        world = World(RATIONALS, choice, drawn, {}, free.problem.definitions, None, draws.dependencies)
        try:
            for condition in assumption.conditions:
                evaluate(condition, draws.over_indices(condition, world))
        except (OutOfRange, ValueError):
            found.append(assumption)
        except (NotExact, TooLarge, ArithmeticError, KeyError):
            continue
    return tuple(found)
