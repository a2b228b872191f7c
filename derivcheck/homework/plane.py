"""What a sorting network computes on the whole plane, exactly: its weights are the rationals that their floats are.

Both outputs are compared with the smaller and the larger input by canonical form. Beside the networks that ship stands
one that is right on a large square and nowhere near everywhere: it must be refuted, or the comparison could not fail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import torch
from torch import Tensor

from derivcheck.evaluation.forms import HALF, ONE, Atoms, Form, combination, constant, relu, size
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
