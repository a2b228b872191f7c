"""Deciding relations between piecewise linear functions: proofs, counterexamples that are ones, and caps."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derivcheck.evaluation.forms import (
    HALF,
    ONE,
    Atoms,
    Form,
    canonical,
    choose,
    combination,
    compared,
    constant,
    relu,
    size,
)
from derivcheck.evaluation.rational import INVALID
from derivcheck.oracles import cells
from derivcheck.oracles.cells import GAP, NOTHING, Proved, Refuted, Undecided, at, decide
from tests.counting import calls


def inputs(count):
    return [Form(((k, ONE),)) for k in range(count)]


def affine(weights, forms, bias=0):
    return combination(
        [*((Fraction(w), form) for w, form in zip(weights, forms, strict=True)), (ONE, constant(Fraction(bias)))]
    )


def network(layers, out, atoms):
    """Layers of units, each its weights and its bias, and the weights of the output."""
    forms = inputs(atoms.inputs)
    for layer in layers:
        forms = [relu(affine(weights, forms, bias), atoms) for weights, bias in layer]
    return affine(out, forms)


def dense(layers, out, point):
    """The same by plain arithmetic."""
    values = list(point)
    for layer in layers:
        values = [
            max(Fraction(0), sum((w * v for w, v in zip(weights, values, strict=True)), Fraction(bias)))
            for weights, bias in layer
        ]
    return sum((w * v for w, v in zip(out, values, strict=True)), Fraction(0))


def larger(x, y, atoms):
    return combination([(HALF, x), (HALF, y), (HALF, size(affine((1, -1), (x, y)), atoms))])


small = st.integers(-3, 3)
unit = st.tuples(st.tuples(small, small, small), small)
one_layer = st.lists(st.tuples(unit, st.integers(1, 4), st.integers(-3, 3)), min_size=1, max_size=6)


@settings(max_examples=120)
@given(one_layer, st.randoms(use_true_random=False))
def test_a_layer_with_its_units_in_another_order_and_on_another_scale_is_the_same_function(units, source):
    atoms = Atoms(3)
    left = network([[unit for unit, _, _ in units]], [out for _, _, out in units], atoms)
    source.shuffle(units)
    scaled = [(tuple(scale * w for w in weights), scale * bias) for (weights, bias), scale, _ in units]
    right = network([scaled], [Fraction(out, scale) for _, scale, out in units], atoms)
    assert isinstance(decide(left, right, "=", (), atoms), Proved)


@settings(max_examples=120)
@given(one_layer, st.sampled_from([Fraction(1, 10**12), Fraction(1), Fraction(-1, 3)]), st.data())
def test_a_layer_with_one_weight_off_is_refuted_at_a_point_where_it_differs(units, change, data):
    atoms = Atoms(3)
    place = data.draw(st.integers(0, len(units) - 1))
    layer, out = [unit for unit, _, _ in units], [Fraction(out) for _, _, out in units]
    (weights, bias), old = layer[place], out[place]
    entry = data.draw(st.integers(0, 3))
    altered = (tuple(w + change * (k == entry) for k, w in enumerate(weights)), bias + change * (entry == 3))
    other = [altered if k == place else unit for k, unit in enumerate(layer)]
    found = decide(network([layer], out, atoms), network([other], out, atoms), "=", (), atoms)
    if isinstance(found, Refuted):
        assert dense([layer], out, found.point) != dense([other], out, found.point)
    else:
        # Only a unit that does not count, or that is off before and after, may be changed.
        assert isinstance(found, Proved)
        assert old == 0 or (not any(weights[:3]) and entry == 3 and bias + change <= 0 and bias <= 0)


nested = st.tuples(
    st.lists(st.tuples(st.tuples(small, small), small), min_size=2, max_size=3),
    st.lists(st.tuples(st.tuples(small, small), small), min_size=1, max_size=3),
    st.lists(small, min_size=3, max_size=3),
)


@settings(max_examples=80)
@given(nested, nested)
def test_nested_networks_are_equal_or_differ_at_the_point_that_is_given(one, other):
    atoms = Atoms(2)
    sides = [([first[:2], second], out[: len(second)]) for first, second, out in (one, other)]
    left, right = (network(layers, out, atoms) for layers, out in sides)
    found = decide(left, right, "=", (), atoms)
    if isinstance(found, Refuted):
        assert dense(*sides[0], found.point) != dense(*sides[1], found.point)
        assert at(left, found.point, atoms) == dense(*sides[0], found.point)
    else:
        assert isinstance(found, Proved)
        points = [(Fraction(x), Fraction(y)) for x in range(-8, 9) for y in range(-8, 9)]
        assert all(dense(*sides[0], point) == dense(*sides[1], point) for point in points)


@settings(max_examples=60)
@given(nested)
def test_what_is_written_in_another_way_is_proved_for_nested_networks(net):
    atoms = Atoms(2)
    first, second, out = net
    f = network([first[:2], second], out[: len(second)], atoms)
    g = network([first[:2], second], [1] * len(second), atoms)
    assert isinstance(
        decide(larger(f, g, atoms), affine((1, 1), (g, relu(affine((1, -1), (f, g)), atoms))), "=", (), atoms), Proved
    )
    assert isinstance(decide(size(size(f, atoms), atoms), size(f, atoms), "=", (), atoms), Proved)
    off = affine((1,), (size(f, atoms),), Fraction(1, 10**9))
    found = decide(size(size(f, atoms), atoms), off, "=", (), atoms)
    assert isinstance(found, Refuted)
    assert isinstance(decide(f, size(f, atoms), "\\le", (), atoms), Proved)
    assert isinstance(decide(off, size(f, atoms), "\\le", (), atoms), Refuted)


def wide(seed, change=Fraction(0)):
    """8 inputs, 64 units."""
    source = random.Random(seed)
    layer = [
        (
            [Fraction(source.randint(-99, 99), source.randint(1, 50)) for _ in range(8)],
            Fraction(source.randint(-99, 99), 7),
        )
        for _ in range(64)
    ]
    layer[40][0][3] += change
    return layer, [Fraction(source.randint(1, 99), 11) for _ in range(64)]


def test_64_units_of_8_inputs_are_compared_without_counting_their_cells_and_a_change_of_1e_12_is_refuted():
    # There are more than four thousand million cells.
    assert calls(compare_64_units) < 500_000


def compare_64_units():
    atoms, source = Atoms(8), random.Random(1)
    layer, out = wide(0)
    order = list(range(64))
    source.shuffle(order)
    left = network([layer], out, atoms)
    right = network([[layer[k] for k in order]], [out[k] for k in order], atoms)
    assert isinstance(decide(left, right, "=", (), atoms), Proved)
    other, _ = wide(0, Fraction(1, 10**12))
    found = decide(left, network([other], out, atoms), "=", (), atoms)
    assert isinstance(found, Refuted)
    assert dense([layer], out, found.point) != dense([other], out, found.point)


def test_the_canonical_form_is_primitive():
    atoms = Atoms(2)
    form = canonical(relu(affine((Fraction(-2, 3), Fraction(4, 3)), inputs(2), 2), atoms), atoms)
    assert form.kinks == ((affine((1, -2), inputs(2), -3), Fraction(1, 3)),)
    assert form.affine == affine((Fraction(-1, 3), Fraction(2, 3)), inputs(2), 1)
    with pytest.raises(ValueError, match="more than one layer"):
        canonical(relu(affine((1,), (relu(inputs(2)[0], atoms),), -1), atoms), atoms)


def test_too_many_cells_are_undecided_and_never_a_pass(monkeypatch):
    monkeypatch.setattr(cells, "CELLS", 20)
    atoms = Atoms(4)
    source = random.Random(3)
    layer = [(tuple(source.randint(-9, 9) for _ in range(4)), source.randint(-9, 9)) for _ in range(12)]
    f = network([layer, [((1,) * 12, -30)]], (1,), atoms)
    found = decide(size(f, atoms), f, "=", (), atoms)
    assert isinstance(found, Undecided)
    assert "cells" in found.reason


# conditions, faces, gaps


def only(sign, form):
    truth = compared(sign, form)
    assert not isinstance(truth, bool)
    return truth


def test_conditions_leave_a_part_of_space():
    atoms = Atoms(2)
    x, y = inputs(2)
    assert isinstance(decide(size(x, atoms), x, "=", (), atoms), Refuted)
    assert isinstance(decide(size(x, atoms), x, "=", only("\\ge", x), atoms), Proved)
    assert isinstance(
        decide(size(x, atoms), x, "=", only("\\ge", affine((1,), (x,), Fraction(1, 10**9))), atoms), Refuted
    )
    both = (*only("\\ge", x), *only("\\le", x))
    assert isinstance(decide(size(y, atoms), size(affine((1, 1), (x, y)), atoms), "=", both, atoms), Proved)
    assert isinstance(decide(y, size(y, atoms), "=", both, atoms), Refuted)
    assert decide(x, y, "=", (*only(">", x), *only("<", x)), atoms) is NOTHING
    square = only("\\le", affine((1,), (size(x, atoms),), -1))
    clipped = affine((1, -1), (relu(affine((1,), (x,), 1), atoms), constant(ONE)))
    assert isinstance(decide(x, clipped, "=", square, atoms), Proved)
    assert isinstance(decide(x, clipped, "=", (), atoms), Refuted)


def test_faces_are_cells_of_their_own_where_a_function_jumps():
    atoms = Atoms(1)
    (x,) = inputs(1)
    above = choose(compared(">", x), constant(ONE), constant(Fraction(0)), atoms)
    from_zero = choose(compared("\\ge", x), constant(ONE), constant(Fraction(0)), atoms)
    found = decide(above, from_zero, "=", (), atoms)
    assert found == Refuted((Fraction(0),))
    assert isinstance(decide(above, from_zero, "=", only("\\ne", x), atoms), Proved)
    assert isinstance(decide(above, from_zero, "\\le", (), atoms), Proved)
    assert isinstance(decide(from_zero, above, "\\le", (), atoms), Refuted)


def test_strict_inequalities_are_asked_on_every_face():
    atoms = Atoms(2)
    x, y = inputs(2)
    zero = constant(Fraction(0))
    assert isinstance(decide(zero, size(x, atoms), "\\le", (), atoms), Proved)
    found = decide(zero, size(x, atoms), "<", (), atoms)
    assert isinstance(found, Refuted)
    assert found.point[0] == 0
    found = decide(size(x, atoms), size(y, atoms), "\\ne", (), atoms)
    assert isinstance(found, Refuted)
    assert abs(found.point[0]) == abs(found.point[1])
    assert isinstance(decide(size(x, atoms), constant(-ONE), "\\ne", (), atoms), Proved)


def test_cases_with_a_gap_are_not_proved():
    atoms = Atoms(1)
    (x,) = inputs(1)
    lower = choose(compared("<", x), affine((-1,), (x,)), INVALID, atoms)
    gap = choose(compared(">", x), x, lower, atoms)
    assert decide(gap, size(x, atoms), "=", (), atoms) is GAP
    assert isinstance(decide(gap, x, "=", (), atoms), Refuted)
    assert isinstance(decide(gap, size(x, atoms), "=", only("\\ne", x), atoms), Proved)
    full = choose(compared(">", x), x, choose(compared("\\le", x), affine((-1,), (x,)), INVALID, atoms), atoms)
    assert isinstance(decide(full, size(x, atoms), "=", (), atoms), Proved)
