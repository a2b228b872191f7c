"""Slopes of piecewise linear functions, proved inside of every cell: off the kinks, where there is a slope.

A continuous function is c + Σ c_j x_j + Σ c_p |p(x)|, with bends in bends where it has several layers. Its slope along
an input is c_j + Σ c_p sign(p) ∂p, a choice on every bend, and is held against the claimed side cell by cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from derivcheck.evaluation.arithmetic import NotExact, OutOfRange
from derivcheck.evaluation.forms import ONE, ZERO, Atoms, Bend, Choice, Condition, Form, combination, constant
from derivcheck.evaluation.rational import INVALID
from derivcheck.oracles.cells import Proved, decide
from derivcheck.oracles.draws import Draws
from derivcheck.oracles.piecewise import TooMany, case_of, choices, said
from derivcheck.oracles.reach import is_linear
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim


def proof(draws: Draws, claim: Claim) -> str | None:
    """The proof of a claim about a derivative by a declared name, in words; None where there is none."""
    term = claim.head
    if not isinstance(term, t.Derivative) or term.form not in ("gradient", "tangent") or claim.relation != "=":
        return None
    if term.held or term.direct or term.indices or claim.free or term.key not in draws.problem.declarations:
        return None
    target = replace(claim, head=term.target)
    if any(condition.sign == "=" for condition in claim.conditions) or not is_linear(draws.problem, target):
        return None
    relevant, chosen = choices(draws, target)
    try:
        if not all(_at(draws, target, term, choice) for choice in chosen):
            return None
    except (NotExact, OutOfRange, TooMany):
        return None
    shown = tuple(draws.shown(choice, relevant) for choice in chosen)
    return f"proved off the kinks at {said(shown)}" if relevant else "proved off the kinks"


def _at(draws: Draws, target: Claim, term: t.Derivative, choice: Mapping[str, int]) -> bool:
    case = case_of(draws, target, choice, term.key)
    atoms, tests = case.atoms, case.tests
    value, claimed = case.left, case.right
    along = case.inputs.grids[term.key].entries
    if len(value.entries) > 1 and len(along) > 1:
        return False
    if tests is None or any(isinstance(atom, Choice) for atom in atoms.within(value.entries)):
        return False
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
