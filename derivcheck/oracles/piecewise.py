"""Piecewise linear claims, proved or refuted for every input: ReLU, maxima, minima, |·|, cases on linear conditions.

Both sides are worked out as piecewise linear functions of the entries of what is declared, with the weights as they
are written, and compared by canonical form or cell by cell. A refutation is a counterexample in rationals, which counts
only if both sides, evaluated there directly, differ. What multiplies variables or is not linear is left to others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from math import prod

from derivcheck.evaluation import sizes as drawing
from derivcheck.evaluation.arithmetic import SIGNS, NotExact, OutOfRange, TooLarge
from derivcheck.evaluation.evaluator import Axis, Frame, World, evaluate
from derivcheck.evaluation.forms import ONE, Atoms, Condition, Form, combination, compared, constant
from derivcheck.evaluation.grid import Grid
from derivcheck.evaluation.piecewise import PiecewiseArithmetic
from derivcheck.evaluation.rational import RATIONALS
from derivcheck.language.domain import RELATIONS as TO_ZERO
from derivcheck.language.domain import Domain
from derivcheck.oracles import witness
from derivcheck.oracles.cells import NOTHING, Proved, Refuted, Undecided, decide
from derivcheck.oracles.linear import bends, is_linear, needed, size_symbols
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim, Problem
from derivcheck.problem.scope import Declaration
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
    allowed: Callable[[witness.Point], bool]


def applies(problem: Problem, claim: Claim) -> bool:
    """Piecewise linear claims. One without a bend, at sizes that have to be drawn, is a matter of algebra."""
    if claim.solution is not None or claim.density is not None or claim.relation not in RELATIONS:
        return False
    if not is_linear(problem, claim):
        return False
    return bends(problem, claim) or not size_symbols(problem, claim)


def ask(
    problem: Problem, claim: Claim, seed: int, fixed: Mapping[str, int], dependencies: Mapping[str, frozenset[str]]
) -> Evidence:
    """The decision at every choice of sizes; a proof speaks of these sizes alone, where the claim depends on any."""
    relevant = size_symbols(problem, claim)
    symbols = drawing.symbols(problem)
    chosen = drawing.draw(symbols, problem, fixed, seed, 2 if relevant else 1)
    names = problem.size_names
    shown = tuple(tuple((names.get(s, s), choice[s]) for s in symbols if s in relevant) for choice in chosen)
    shown = tuple(dict.fromkeys(choice for choice in shown if choice))
    cells = 0
    for choice in chosen:
        try:
            found = _at(problem, claim, drawing.complete(choice, problem), dependencies)
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


def said(sizes: tuple[tuple[tuple[str, int], ...], ...]) -> str:
    """``n = 2, 3``, or ``m = 2, n = 3; m = 4, n = 2``."""
    if len(sizes[0]) == 1:
        return f"{sizes[0][0][0]} = {', '.join(str(choice[0][1]) for choice in sizes)}"
    return "; ".join(", ".join(f"{name} = {size}" for name, size in choice) for choice in sizes)


def _at(
    problem: Problem, claim: Claim, sizes: Mapping[str, int], dependencies: Mapping[str, frozenset[str]]
) -> Proved | Undecided | Evidence:
    """The decision at these sizes; a refutation as evidence."""
    names, assumptions = needed(problem, claim)
    inputs = inputs_of(problem, names, sizes)
    atoms = Atoms(inputs.count)
    world = World(PiecewiseArithmetic(atoms), sizes, inputs.grids, {}, problem.definitions, None, dependencies)
    frame = world.root().deeper(*axes_of(problem, claim.free, sizes))
    arithmetic = world.arithmetic
    left, right = evaluate(claim.head, frame), evaluate(claim.claimed, frame)
    shape = tuple(max(x, y) for x, y in zip(left.shape, right.shape, strict=True))
    sides = [arithmetic.expand(side, shape).entries for side in (left, right)]
    given = tests_of(problem, world, claim.conditions, must=True)
    assumed = tests_of(problem, world, assumptions, must=False)
    if given is None or assumed is None:
        return NOTHING
    tests = tuple(dict.fromkeys((*inputs.tests, *given, *assumed)))
    cells = 0
    for one, other in dict.fromkeys(zip(*sides, strict=True)):
        decision = decide(one, other, claim.relation, tests, atoms)
        if isinstance(decision, Refuted):
            return _refuted(problem, claim, (*claim.conditions, *assumptions), world, inputs, decision.point)
        if isinstance(decision, Undecided):
            return decision
        cells += decision.cells
    return Proved(cells)


def axes_of(problem: Problem, names: tuple[str, ...], sizes: Mapping[str, int]) -> tuple[Axis, ...]:
    return tuple(
        Axis(name, problem.indices[name].lower, problem.indices[name].size.substitute(problem.solution).value(sizes))
        for name in names
    )


def _over(problem: Problem, condition: Comparison, world: World) -> Frame:
    """Where a condition is evaluated: letters in it stand for every entry."""
    letters = [part.name for part in t.walk(condition) if isinstance(part, t.Index) and part.name in problem.indices]
    return world.root().deeper(*axes_of(problem, tuple(dict.fromkeys(letters)), world.sizes))


def tests_of(
    problem: Problem, world: World, conditions: tuple[Comparison, ...], *, must: bool
) -> tuple[Condition, ...] | None:
    """Conditions as tests; None if one is never met.

    An assumption of the document that is not linear is left out: what holds without it holds with it, and a
    counterexample has to meet it by itself. A condition of the claim must be understood.
    """
    tests: list[Condition] = []
    for condition in conditions:
        try:
            truths = evaluate(condition, _over(problem, condition, world)).entries
        except (NotExact, KeyError):
            if must:
                raise
            continue
        if False in truths:
            return None
        tests += [one for truth in truths if truth is not True for one in truth]
    return tuple(tests)


def _refuted(
    problem: Problem, claim: Claim, conditions: tuple[Comparison, ...], world: World, inputs: Inputs,
    point: witness.Point,
) -> Undecided | Evidence:  # fmt: skip
    """The counterexample, checked by evaluating the claim there in rationals."""

    def leaves(at: witness.Point) -> dict[str, Grid[Fraction]]:
        return {
            key: Grid(grid.shape, tuple(_substituted(form, at) for form in grid.entries))
            for key, grid in inputs.grids.items()
        }

    def rational(at: witness.Point) -> World:
        return World(RATIONALS, world.sizes, leaves(at), {}, world.definitions, None, world.dependencies)

    bench = witness.Bench(
        claim, conditions, rational,
        over=lambda condition, there: _over(problem, condition, there),
        frame=lambda there: there.root().deeper(*axes_of(problem, claim.free, world.sizes)),
        allowed=inputs.allowed,
    )  # fmt: skip
    found = witness.failing(bench, point)
    if found is None:
        return Undecided("it fails for real numbers, which are more than the inputs meant here")
    found = witness.simplest(bench, found)
    where = witness.shown(problem, leaves(found.point))
    return Evidence(
        NAME, Outcome.WRONG, error=witness.number(abs(found.left - found.right)), bar=0.0,
        claimed=witness.number(found.right), reference=witness.number(found.left),
        detail=f"exact counterexample at {where}" if where else "exact counterexample",
    )  # fmt: skip


def _substituted(form: Form, point: witness.Point) -> Fraction:
    return form.constant + sum(coefficient * point[number] for number, coefficient in form.parts)


def inputs_of(problem: Problem, names: frozenset[str], sizes: Mapping[str, int]) -> Inputs:
    """A form for every entry of the declared names: an input of its own, but for what symmetry repeats."""
    grids: dict[str, Grid[Form]] = {}
    tests: list[Condition] = []
    domains: list[tuple[Domain, Grid[Form]]] = []
    fresh = count()
    for key, declaration in problem.declarations.items():
        if key not in names:
            continue
        shape = _shape(problem, declaration, sizes)
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

    def allowed(point: witness.Point) -> bool:
        return all(_belongs(domain, [_substituted(form, point) for form in grid.entries]) for domain, grid in domains)

    return Inputs(number, grids, tuple(tests), allowed)


def _shape(problem: Problem, declaration: Declaration, sizes: Mapping[str, int]) -> tuple[int, ...]:
    dims = (*(axis.size for axis in declaration.family), *declaration.shape)
    return (1, *(dim.substitute(problem.solution).value(sizes) for dim in dims))


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
