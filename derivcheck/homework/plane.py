r"""What a sorting network computes on the whole plane, exactly: its weights are the rationals that their floats are.

Both outputs are compared with the smaller and the larger input by canonical form. Beside the networks that ship stands
one that is right on a large square and nowhere near everywhere: it must be refuted, or the comparison could not fail.

How many hidden ReLU units given outputs need at the least, out of their canonical form alone.

    c relu(α p(x)) = c |α| |p(x)| / 2 + c α p(x) / 2,   p a primitive hyperplane, α ≠ 0

Outputs that are linear in the units are affine functions plus kinks, and the canonical form is unique. So every
hyperplane on which an output bends carries a unit: one, with α > 0 or with α < 0, whose affine part is then given by
the kink, or two, with any multiple of p to each output. Every other hyperplane has no kink to show, so it carries no
unit or at least two, which add a matrix of rank one, multiples of one p, to the outputs' affine parts. What is left of
these once the hyperplanes with kinks have taken their share is therefore made of as many pairs as its rank is, and of
no fewer. (Constants do not count: a linear output has a bias.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import torch
from flint import fmpq_mat
from torch import Tensor

from derivcheck.evaluation.balls import rational
from derivcheck.evaluation.forms import HALF, ONE, Atoms, Canonical, Form, canonical, combination, constant, relu, size
from derivcheck.homework.optimum import Weights
from derivcheck.oracles.cells import Decision, Proved, Refuted, decide
from derivcheck.verdict import Extra, Outcome

EDGE = 1000
"""The box network is right on [−EDGE, EDGE]²."""


def outputs(weights: Weights, atoms: Atoms) -> list[Form]:
    """``B relu(A x + a) + b``, as one form for each output."""
    first, a, second, b = (_fractions(weight) for weight in weights)
    inputs = [Form(((k, ONE),)) for k in range(atoms.inputs)]
    hidden = [
        relu(_affine(row, inputs, bias), atoms) for row, (bias,) in zip(first, a, strict=True)
    ]  # fmt: skip
    return [_affine(row, hidden, bias) for row, (bias,) in zip(second, b, strict=True)]


def _affine(weights: Sequence[Fraction], forms: Sequence[Form], bias: Fraction) -> Form:
    return combination([*zip(weights, forms, strict=True), (ONE, constant(bias))])


def _fractions(weight: Tensor) -> list[list[Fraction]]:
    return [[Fraction(entry) for entry in row] for row in weight.detach().tolist()]


def sorts(weights: Weights) -> tuple[Decision, Decision]:
    """Whether the outputs are the smaller and the larger input, on all of the plane."""
    atoms = Atoms(2)
    x1, x2 = Form(((0, ONE),)), Form(((1, ONE),))
    apart = size(combination([(ONE, x1), (-ONE, x2)]), atoms)
    wanted = [combination([(HALF, x1), (HALF, x2), (half, apart)]) for half in (-HALF, HALF)]
    smaller, larger = (
        decide(found, right, "=", (), atoms) for found, right in zip(outputs(weights, atoms), wanted, strict=True)
    )
    return smaller, larger


def box(edge: float) -> Weights:
    """Three units, relu(x₁ − x₂), relu(x₁ + B), relu(x₂ + B): they sort two numbers on [−B, B]² alone."""
    rows = ((1, -1), (1, 0), (0, 1)), ((0,), (edge,), (edge,)), ((-1, 1, 0), (1, 0, 1)), ((-edge,), (-edge,))
    return Weights(*(torch.tensor(row, dtype=torch.float64) for row in rows))


def plane_extra(networks: Mapping[str, Weights]) -> Extra:
    """A proof for every network, and the counterexamples that refute the one of three units."""
    rows, outcome = [], Outcome.HOLDS
    for name, weights in (*networks.items(), (f"three units, biases {EDGE}", box(EDGE))):
        for output, decision in zip(("min", "max"), sorts(weights), strict=True):
            right = isinstance(decision, Proved)
            if right is not (name in networks):
                outcome = Outcome.WRONG
            rows.append((name, output, _said(decision), "proved" if right else "refuted"))
    return Extra(
        "the networks on the whole plane, by canonical form in rationals",
        columns=("network", "output", "found", "verdict"),
        rows=tuple(rows),
        outcome=outcome,
        code="not-sorting",
    )


def _said(decision: Decision) -> str:
    match decision:
        case Proved():
            return "equal for every input"
        case Refuted(point=(x1, x2)):
            return f"another value at ({x1}, {x2})"
    return "undecided"


Row = tuple[Fraction, ...]
ONE_UP, ONE_DOWN, BOTH = "one, α > 0", "one, α < 0", "two"


@dataclass(frozen=True, slots=True)
class Plan:
    """Units on the hyperplanes with kinks (one way for each), and the rank of what the other units have to carry."""

    ways: tuple[str, ...]
    left: tuple[Row, ...]
    rank: int

    @property
    def units(self) -> int:
        """All hidden units together."""
        return sum(2 if way == BOTH else 1 for way in self.ways) + 2 * self.rank


def plans(outputs: Sequence[Canonical], inputs: int) -> Iterator[Plan]:
    """Every way to place units, each with the fewest that it leads to."""
    kinks = list(dict.fromkeys(form for output in outputs for form, _ in output.kinks))
    for ways in product((ONE_UP, ONE_DOWN, BOTH), repeat=len(kinks)):
        left = [_slopes(output.affine, inputs) for output in outputs]
        free: list[Row] = []
        for form, way in zip(kinks, ways, strict=True):
            normal = _slopes(form, inputs)
            if way == BOTH:
                free.append(normal)
                continue
            sign = 1 if way == ONE_UP else -1
            for k, output in enumerate(outputs):
                share = sign * dict(output.kinks).get(form, Fraction(0))
                left[k] = tuple(a - share * n for a, n in zip(left[k], normal, strict=True))
        yield Plan(ways, tuple(left), rank([*left, *free]) - rank(free))


def fewest(outputs: Sequence[Canonical], inputs: int) -> int:
    """The least number of hidden units, without a connection past them."""
    return min(plan.units for plan in plans(outputs, inputs))


def _slopes(form: Form, inputs: int) -> Row:
    found = dict(form.parts)
    return tuple(found.get(k, Fraction(0)) for k in range(inputs))


def rank(rows: Sequence[Row]) -> int:
    """The rank of a matrix."""
    return fmpq_mat([[rational(entry) for entry in row] for row in rows]).rank() if rows else 0


def sorted_pair() -> tuple[Canonical, Canonical]:
    """The smaller and the larger of two inputs, in canonical form."""
    atoms = Atoms(2)
    x1, x2 = Form(((0, ONE),)), Form(((1, ONE),))
    step = relu(combination([(ONE, x1), (-ONE, x2)]), atoms)
    return canonical(combination([(ONE, x1), (-ONE, step)]), atoms), canonical(
        combination([(ONE, x2), (ONE, step)]), atoms
    )


def units_extra(smallest: int) -> Extra:
    """Why fewer hidden units than the ``smallest`` network has cannot sort two numbers."""
    outputs = sorted_pair()
    least = fewest(outputs, 2)
    rows = []
    for plan in plans(outputs, 2):
        left = ", ".join(map(_sum_of_inputs, plan.left))
        if plan.ways == (BOTH,):
            left += " up to multiples of x₁ − x₂"
        rows.append((plan.ways[0], left, str(2 * plan.rank), str(plan.units)))
    return Extra(
        f"fewer than {least} hidden units cannot sort two numbers: what the canonical form demands",
        columns=("units on x₁ = x₂", "slopes left for (min, max)", "other units", "in all"),
        rows=tuple(rows),
        outcome=Outcome.HOLDS if least == smallest else Outcome.WRONG,
        code="units",
    )


def _sum_of_inputs(row: Row) -> str:
    """``½ x₁ + ½ x₂``."""
    text = ""
    for coefficient, name in zip(row, ("x₁", "x₂"), strict=True):
        if coefficient:
            size = {Fraction(1): "", HALF: "½ "}.get(abs(coefficient), f"{abs(coefficient)} ")
            sign = (" − " if coefficient < 0 else " + ") if text else ("−" if coefficient < 0 else "")
            text += f"{sign}{size}{name}"
    return text or "0"
