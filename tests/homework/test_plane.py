"""The sorting networks on the whole plane, and how few units can do it."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from derivcheck.evaluation.forms import ONE, Atoms, Form, canonical, combination, relu
from derivcheck.homework.mlp import SortingNetwork
from derivcheck.homework.plane import box, fewest, plane_extra, plans, rank, sorted_pair, sorts, units_extra
from derivcheck.oracles.cells import Proved, Refuted
from derivcheck.verdict import Outcome


@pytest.mark.parametrize("hidden", [4, 5])
def test_the_shipped_networks_sort_on_the_whole_plane(hidden):
    assert all(isinstance(found, Proved) for found in sorts(SortingNetwork(hidden).weights))


@pytest.mark.parametrize("hidden", [4, 5])
@pytest.mark.parametrize("name", ["A", "a", "B", "b"])
def test_a_network_with_one_weight_a_little_off_is_refuted_where_it_differs(hidden, name):
    network = SortingNetwork(hidden)
    with torch.no_grad():
        getattr(network, name)[1, 0] += 1e-12
    found = [each for each in sorts(network.weights) if isinstance(each, Refuted)]
    assert found


@pytest.mark.parametrize("edge", [1, 1000, 2.0**60])
def test_three_units_are_right_on_a_box_and_are_refuted_outside_of_it(edge):
    for found in sorts(box(edge)):
        assert isinstance(found, Refuted)
        assert max(map(abs, found.point)) > edge


def test_the_extra_names_the_counterexample_and_fails_when_a_network_is_wrong():
    extra = plane_extra({"five units": SortingNetwork(5).weights})
    assert extra.outcome is Outcome.HOLDS
    assert [row[-1] for row in extra.rows] == ["proved", "proved", "refuted", "refuted"]
    assert "(-1001, " in extra.rows[2][2]
    assert plane_extra({"three units": box(1)}).outcome is Outcome.WRONG


def test_three_units_cannot_sort_and_the_ways_with_four_and_with_five_are_those_of_the_shipped_networks():
    assert fewest(sorted_pair(), 2) == 4
    assert sorted(plan.units for plan in plans(sorted_pair(), 2)) == [4, 5, 5]
    assert units_extra(4).outcome is Outcome.HOLDS
    assert units_extra(3).outcome is Outcome.WRONG


def outputs(*terms):
    """Canonical forms of sums of units of two inputs, each ``(out, w1, w2, b)``."""
    atoms = Atoms(2)
    return [
        canonical(
            combination(
                (Fraction(out), relu(Form(tuple((k, Fraction(w)) for k, w in enumerate(ws) if w), Fraction(b)), atoms))
                for out, *ws, b in each
            ),
            atoms,
        )
        for each in terms
    ]


@pytest.mark.parametrize(
    ("terms", "least"),
    [
        ([[(1, 1, 0, 0)]], 1),  # relu(x1)
        ([[(1, 1, 0, 0), (-1, -1, 0, 0)]], 2),  # x1
        ([[(1, 1, 0, 0), (1, -1, 0, 0)]], 2),  # |x1|
        ([[(1, 1, 0, 0), (3, 0, 1, 2)]], 2),
        ([[(1, 1, 0, 0), (-1, -1, 0, 0)], [(1, 0, 1, 0), (-1, 0, -1, 0)]], 4),  # x1, x2
        ([[(1, 1, 0, 0), (-1, -1, 0, 0)], [(2, 1, 0, 5), (-2, -1, 0, -5)]], 2),  # x1, 2 x1 + 10
        ([[(1, 1, -1, 0)], [(1, -1, 1, 0)]], 2),
    ],
)
def test_the_least_number_of_units_of_small_functions(terms, least):
    assert fewest(outputs(*terms), 2) == least


def test_the_rank_of_small_matrices():
    one = ONE
    assert rank([]) == 0
    assert rank([(one, 2 * one), (2 * one, 4 * one)]) == 1
    assert rank([(0 * one, one), (one, 0 * one), (one, one)]) == 2
