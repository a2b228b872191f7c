"""Slopes of piecewise linear functions, proved inside of every cell: off the kinks, where there is a slope.

A continuous function is c + Σ c_j x_j + Σ c_p |p(x)|, with bends in bends where it has several layers. Its slope along
an input is c_j + Σ c_p sign(p) ∂p, a choice on every bend, and is held against the claimed side cell by cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from derivcheck.evaluation import sizes as drawing
from derivcheck.evaluation.arithmetic import NotExact, OutOfRange
from derivcheck.evaluation.evaluator import World, evaluate
from derivcheck.evaluation.forms import ONE, ZERO, Atoms, Bend, Choice, Condition, Form, combination, constant
from derivcheck.evaluation.piecewise import PiecewiseArithmetic
from derivcheck.evaluation.rational import INVALID
from derivcheck.oracles.cells import Proved, decide
from derivcheck.oracles.linear import is_linear, needed, size_symbols
from derivcheck.oracles.piecewise import TooMany, axes_of, inputs_of, said, tests_of
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim, Problem


def proof(
    problem: Problem, claim: Claim, seed: int, fixed: Mapping[str, int], dependencies: Mapping[str, frozenset[str]]
) -> str | None:
    """The proof of a claim about a derivative by a declared name, in words; None where there is none."""
    term = claim.head
    if not isinstance(term, t.Derivative) or term.form not in ("gradient", "tangent") or claim.relation != "=":
        return None
    if term.held or term.direct or term.indices or claim.free or term.key not in problem.declarations:
        return None
    target = replace(claim, head=term.target)
    if any(condition.sign == "=" for condition in claim.conditions) or not is_linear(problem, target):
        return None
    relevant = size_symbols(problem, target)
    chosen = drawing.draw(drawing.symbols(problem), problem, fixed, seed, 2 if relevant else 1)
    shown: list[tuple[tuple[str, int], ...]] = []
    for choice in chosen:
        try:
            if not _at(problem, target, term, drawing.complete(choice, problem), dependencies):
                return None
        except (NotExact, OutOfRange, TooMany):
            return None
        shown.append(tuple((problem.size_names.get(s, s), choice[s]) for s in choice if s in relevant))
    return f"proved off the kinks at {said(tuple(shown))}" if relevant else "proved off the kinks"


def _at(
    problem: Problem, target: Claim, term: t.Derivative, sizes: Mapping[str, int],
    dependencies: Mapping[str, frozenset[str]],
) -> bool:  # fmt: skip
    names, assumptions = needed(problem, target)
    inputs = inputs_of(problem, names | {term.key}, sizes)
    atoms = Atoms(inputs.count)
    world = World(PiecewiseArithmetic(atoms), sizes, inputs.grids, {}, problem.definitions, None, dependencies)
    frame = world.root().deeper(*axes_of(problem, target.free, sizes))
    value, claimed = evaluate(target.head, frame), evaluate(target.claimed, frame)
    along = inputs.grids[term.key].entries
    if len(value.entries) > 1 and len(along) > 1:
        return False
    given = tests_of(problem, world, target.conditions, must=True)
    assumed = tests_of(problem, world, assumptions, must=False)
    if given is None or assumed is None or any(isinstance(atom, Choice) for atom in atoms.within(value.entries)):
        return False
    tests = tuple(dict.fromkeys((*inputs.tests, *given, *assumed)))
    pairs = [(entry, place) for entry in value.entries for place in along]
    right = claimed.entries if len(claimed.entries) == len(pairs) else claimed.entries * len(pairs)
    for (entry, place), wanted in zip(pairs, right, strict=True):
        if entry is INVALID or len(place.parts) != 1:
            return False
        slope = _slope(entry, place.parts[0][0], atoms)
        if not isinstance(decide(slope, wanted, "=", tests, atoms, inside=True), Proved):
            return False
    return True


def _slope(form: Form, number: int, atoms: Atoms) -> Form:
    """The derivative of a form by an input, inside of the cells."""
    total = [(ONE, constant(ZERO))]
    for part, coefficient in form.parts:
        if part < atoms.inputs:
            total.append((coefficient, constant(ONE if part == number else ZERO)))
            continue
        bend = atoms.made[part - atoms.inputs]
        assert isinstance(bend, Bend)
        inner = _slope(bend.argument, number, atoms)
        if not inner.parts and inner.constant == 0:
            continue
        opposite = combination([(-ONE, inner)])
        sign = Choice((Condition(">", bend.argument),), inner, opposite)
        total.append((coefficient, Form(((atoms.number(sign), ONE),))))
    return combination(total)
