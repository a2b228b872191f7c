"""Piecewise linear claims, proved or refuted for every input: ReLU, maxima, minima, |·|, cases on linear conditions.

Both sides are worked out as piecewise linear functions of the entries of what is declared, with the weights as they
are written, and compared by canonical form or cell by cell. A refutation is a counterexample in rationals, which counts
only if both sides, evaluated there directly, differ; it is made as simple as it can be. What multiplies variables or is
not linear is left to others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import count
from math import ceil, floor, prod

from derivcheck.evaluation import grid
from derivcheck.evaluation import sizes as drawing
from derivcheck.evaluation.arithmetic import SIGNS, NotExact, OutOfRange, TooLarge
from derivcheck.evaluation.evaluator import World, evaluate
from derivcheck.evaluation.forms import (
    ONE,
    Atoms,
    Condition,
    Entry,
    Form,
    PiecewiseArithmetic,
    combination,
    compared,
    constant,
)
from derivcheck.evaluation.grid import Grid, apply, combine
from derivcheck.evaluation.rational import INVALID, RATIONALS
from derivcheck.language.shapes import RELATIONS as TO_ZERO
from derivcheck.language.shapes import Domain
from derivcheck.oracles.cells import NOTHING, Proved, Refuted, Undecided, decide
from derivcheck.oracles.draws import Draws
from derivcheck.oracles.rational import as_float
from derivcheck.oracles.reach import bends, is_linear, needed, size_symbols
from derivcheck.problem.problem import Claim, Problem
from derivcheck.problem.terms import Comparison
from derivcheck.verdict import Evidence, Outcome

NAME = "cells"
INPUTS = 64
"""A claim about more numbers than this is left to the other oracles."""
RELATIONS = ("=", "<", ">", "\\le", "\\ge", "\\ne")


class TooMany(Exception):
    """There are more inputs than are looked at."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """The numbers that a claim is about: for every declared name its shape ``(1, family …, rows, columns)`` and forms.

    ``tests`` are what the domains say, as far as it is linear; ``allowed`` tells of a point whether it is in them all.
    """

    count: int
    grids: Mapping[str, Grid[Form]]
    tests: tuple[Condition, ...]
    allowed: Callable[[Point], bool]


def applies(problem: Problem, claim: Claim) -> bool:
    """Piecewise linear claims. One without a bend, at sizes that have to be drawn, is a matter of algebra."""
    if claim.solution is not None or claim.density is not None or claim.relation not in RELATIONS:
        return False
    if not is_linear(problem, claim):
        return False
    return bends(problem, claim) or not size_symbols(problem, claim)


def ask(draws: Draws, claim: Claim) -> Evidence:
    """The decision at every choice of sizes; a proof speaks of these sizes alone, where the claim depends on any."""
    relevant, chosen = choices(draws, claim)
    shown = tuple(dict.fromkeys(each for choice in chosen if (each := draws.shown(choice, relevant))))
    cells = 0
    for choice in chosen:
        try:
            found = _at(draws, claim, choice)
        except (NotExact, OutOfRange) as refused:
            outcome = Outcome.UNDECIDED if isinstance(refused, TooLarge) else Outcome.NOT_CHECKED
            return Evidence(NAME, outcome, sizes=shown, detail=str(refused))
        except TooMany:
            return Evidence(NAME, Outcome.NOT_CHECKED, sizes=shown, detail=f"it is about more than {INPUTS} numbers")
        if isinstance(found, Evidence):
            return found
        if isinstance(found, Undecided):
            outcome = Outcome.NOT_CHECKED if found is NOTHING else Outcome.UNDECIDED
            return Evidence(NAME, outcome, sizes=shown, detail=found.reason)
        cells += found.cells
    words = f"proved at {said(shown)}" if shown else "proved"
    return Evidence(
        NAME, Outcome.HOLDS, error=0.0, bar=0.0, detectable=0.0, sizes=shown, points=cells, detail=words,
        all_sizes=not shown,
    )  # fmt: skip


def choices(draws: Draws, claim: Claim) -> tuple[frozenset[str], list[dict[str, int]]]:
    """The sizes on which a claim depends, and two choices of all; one where it depends on none."""
    relevant = size_symbols(draws.problem, claim)
    count = 2 if relevant else 1
    return relevant, drawing.draw(draws.symbols, draws.problem, draws.fixed, draws.settings.seed, count)


def said(sizes: tuple[tuple[tuple[str, int], ...], ...]) -> str:
    """``n = 2, 3``, or ``m = 2, n = 3; m = 4, n = 2``."""
    if len(sizes[0]) == 1:
        return f"{sizes[0][0][0]} = {', '.join(str(choice[0][1]) for choice in sizes)}"
    return "; ".join(", ".join(f"{name} = {size}" for name, size in choice) for choice in sizes)


@dataclass(frozen=True, slots=True)
class Case:
    """A claim at some sizes: its inputs, both sides, and the tests that its inputs meet."""

    inputs: Inputs
    atoms: Atoms
    world: World
    left: Grid[Entry]
    right: Grid[Entry]
    conditions: tuple[Comparison, ...]
    tests: tuple[Condition, ...] | None


def case_of(draws: Draws, claim: Claim, choice: Mapping[str, int], *keys: str) -> Case:
    """A claim at these sizes, with inputs for further ``keys``; no tests where one of them is never met."""
    problem, sizes = draws.problem, drawing.complete(choice, draws.problem)
    names, assumptions = needed(problem, claim)
    inputs = _inputs_of(problem, names.union(keys), sizes)
    atoms = Atoms(inputs.count)
    world = World(PiecewiseArithmetic(atoms), sizes, inputs.grids, {}, problem.definitions, None, draws.dependencies)
    frame = draws.frame(claim, world)
    left, right = evaluate(claim.head, frame), evaluate(claim.claimed, frame)
    given = _tests_of(draws, world, claim.conditions, must=True)
    assumed = _tests_of(draws, world, assumptions, must=False)
    known = given is not None and assumed is not None
    tests = tuple(dict.fromkeys((*inputs.tests, *(given or ()), *(assumed or ())))) if known else None
    return Case(inputs, atoms, world, left, right, (*claim.conditions, *assumptions), tests)


def _at(draws: Draws, claim: Claim, choice: Mapping[str, int]) -> Proved | Undecided | Evidence:
    """The decision at these sizes; a refutation as evidence."""
    case = case_of(draws, claim, choice)
    if case.tests is None:
        return NOTHING
    cells = 0
    for one, other in dict.fromkeys(combine(lambda *pair: pair, case.left, case.right).entries):
        decision = decide(one, other, claim.relation, case.tests, case.atoms)
        if isinstance(decision, Refuted):
            return _refuted(draws, claim, case, decision.point)
        if isinstance(decision, Undecided):
            return decision
        cells += decision.cells
    return Proved(cells)


def _tests_of(
    draws: Draws, world: World, conditions: tuple[Comparison, ...], *, must: bool
) -> tuple[Condition, ...] | None:
    """Conditions as tests; None if one is never met.

    An assumption of the document that is not linear is left out: what holds without it holds with it, and a
    counterexample has to meet it by itself. A condition of the claim must be understood.
    """
    tests: list[Condition] = []
    for condition in conditions:
        try:
            truths = evaluate(condition, draws.over_indices(condition, world)).entries
        except (NotExact, KeyError):
            if must:
                raise
            continue
        if False in truths:
            return None
        tests += [one for truth in truths if truth is not True for one in truth]
    return tuple(tests)


def _refuted(draws: Draws, claim: Claim, case: Case, point: Point) -> Undecided | Evidence:
    """The counterexample, checked by evaluating the claim there in rationals."""

    def leaves(at: Point) -> dict[str, Grid[Fraction]]:
        return {key: apply(lambda form: _substituted(form, at), grid) for key, grid in case.inputs.grids.items()}

    def failing(at: Point) -> Witness | None:
        if not case.inputs.allowed(at):
            return None
        return _witness(draws, claim, case.conditions, replace(case.world, arithmetic=RATIONALS, leaves=leaves(at)), at)

    found = failing(point)
    if found is None:
        return Undecided("it fails for real numbers, which are more than the inputs meant here")
    found = simplest(failing, found)
    where = shown(draws.problem, leaves(found.point))
    return Evidence(
        NAME, Outcome.WRONG, error=as_float(abs(found.left - found.right)), bar=0.0,
        claimed=as_float(found.right), reference=as_float(found.left),
        detail=f"exact counterexample at {where}" if where else "exact counterexample",
    )  # fmt: skip


def _substituted(form: Form, point: Point) -> Fraction:
    return form.constant + sum(coefficient * point[number] for number, coefficient in form.parts)


def _inputs_of(problem: Problem, names: frozenset[str], sizes: Mapping[str, int]) -> Inputs:
    """A form for every entry of the declared names: an input of its own, but for what symmetry repeats."""
    grids: dict[str, Grid[Form]] = {}
    tests: list[Condition] = []
    domains: list[tuple[Domain, Grid[Form]]] = []
    fresh = count()
    for key, declaration in problem.declarations.items():
        if key not in names:
            continue
        shape = (1, *problem.dims(declaration, sizes))
        if prod(shape) > INPUTS:
            raise TooMany
        entries = tuple(_entries(declaration.domain.kind, shape, fresh))
        grids[key] = Grid(shape, entries)
        domains.append((declaration.domain, grids[key]))
        for form in entries:
            tests += _domain_tests(declaration.domain, form)
    number = next(fresh)
    if number > INPUTS:
        raise TooMany

    def allowed(point: Point) -> bool:
        return all(_belongs(domain, [_substituted(form, point) for form in grid.entries]) for domain, grid in domains)

    return Inputs(number, grids, tuple(tests), allowed)


def _entries(kind: str, shape: tuple[int, ...], fresh: Iterator[int]) -> Iterator[Form]:
    """The entries in row-major order."""
    rows, columns = shape[-2:]
    mirrored = kind in ("symmetric", "spd", "psd", "skew")
    for _ in range(prod(shape[:-2])):
        made: dict[tuple[int, int], Form] = {}
        for i in range(rows):
            for j in range(columns):
                outside = {"diagonal": i != j, "skew": i == j, "lower": i < j, "upper": i > j}
                if outside.get(kind, False):
                    made[i, j] = constant(Fraction(0))
                elif mirrored and j < i:
                    made[i, j] = combination([(-ONE if kind == "skew" else ONE, made[j, i])])
                else:
                    made[i, j] = Form(((next(fresh), ONE),))
        yield from made.values()


def _domain_tests(domain: Domain, form: Form) -> list[Condition]:
    """What a domain says of an entry, as far as it is linear and its border is not in doubt."""
    if not form.parts:
        return []
    found: list[Condition] = []

    def take(sign: str, form: Form) -> None:
        truth = compared(sign, form)
        assert not isinstance(truth, bool)
        found.extend(truth)

    if domain.kind in TO_ZERO:
        take(TO_ZERO[domain.kind], form)
    elif domain.kind in ("natural", "simplex"):
        take("\\ge", form)
    elif domain.kind == "interval":
        # Whether the ends belong to it is not kept, so they are proved too.
        for end, direction in ((domain.low, "\\ge"), (domain.high, "\\le")):
            if isinstance(end, float | int):
                take(direction, combination([(ONE, form), (-ONE, constant(Fraction(end)))]))
    return found


def _belongs(domain: Domain, values: list[Fraction]) -> bool:
    """Whether values are in a domain for certain; a border that may be left out is not."""
    match domain.kind:
        case "real" | "symmetric" | "skew" | "diagonal" | "lower" | "upper":
            return True
        case "positive" | "nonnegative" | "negative" | "nonpositive" | "nonzero":
            return all(SIGNS[TO_ZERO[domain.kind]](value, 0) for value in values)
        case "interval":
            low = domain.low if domain.low is not None else float("-inf")
            high = domain.high if isinstance(domain.high, float) else float("inf")
            return all(low < value < high for value in values)
        case "natural":
            return all(value.denominator == 1 and value >= 1 for value in values)
        case "integer":
            return all(value.denominator == 1 for value in values)
        case "finite" if domain.values:
            return all(value in domain.values for value in values)
        case "simplex":
            return sum(values) == 1 and all(value > 0 for value in values)
    return False


LONGEST = 24
MOST = 8

Point = tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class Witness:
    """An input at which a claim fails: the entries there of both sides that differ."""

    point: Point
    left: Fraction
    right: Fraction


def _witness(
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
