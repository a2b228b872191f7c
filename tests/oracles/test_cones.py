"""Cells as integer cones: their number, their points, and how they are cut."""

from __future__ import annotations

import random
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derivcheck.oracles.cones import cells, closed, contains, dot, split, whole


def hyperplanes(dimension, count, seed):
    """In general position, but for a chance of one in millions."""
    source = random.Random(seed)
    return [tuple(source.randint(-1000, 1000) for _ in range(dimension + 1)) for _ in range(count)]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("dimension", "count"), [(1, 0), (1, 9), (2, 1), (2, 2), (2, 11), (3, 3), (3, 8), (4, 7), (5, 7), (6, 4)]
)
def test_hyperplanes_in_general_position_make_as_many_cells_as_zaslavsky_counts(dimension, count, seed):
    found = list(cells(hyperplanes(dimension, count, seed), dimension))
    assert len(found) == sum(comb(count, i) for i in range(dimension + 1))


@pytest.mark.parametrize(
    ("normals", "count"),
    [
        ([(1, 0, 0), (1, 0, -1), (1, 0, 5)], 4),  # parallel
        ([(1, 0, 0), (0, 1, 0), (1, 1, 0), (1, -1, 0)], 8),  # through one point
        ([(1, 0, 0), (2, 0, 0), (-1, 0, 0)], 2),  # one line, thrice
        ([(0, 0, 1)], 1),  # no line at all
    ],
)
def test_lines_in_special_position_make_fewer(normals, count):
    assert len(list(cells(normals, 2))) == count


@pytest.mark.parametrize("seed", range(4))
def test_every_cell_holds_its_own_point_and_no_other_cell_does(seed):
    normals = hyperplanes(3, 7, seed)
    found = list(cells(normals, 3))
    for number, cell in enumerate(found):
        assert cell.interior[-1] > 0
        assert all(dot(normal, cell.interior) for normal in normals)
        assert [contains(other, cell.interior) for other in found] == [k == number for k in range(len(found))]


vectors = st.tuples(*[st.integers(-4, 4)] * 4)


@settings(max_examples=150)
@given(st.lists(vectors, max_size=6), st.tuples(*[st.integers(-6, 6)] * 3))
def test_every_point_is_in_exactly_one_piece(normals, point):
    pieces, at = [whole(3)], (*point, 1)
    for normal in normals:
        pieces = [piece for cone in pieces for piece in split(cone, normal) if piece is not None]
    assert sum(contains(piece, at) for piece in pieces) == 1
    assert all(contains(piece, piece.interior) for piece in pieces)


def test_of_a_closed_cell_that_a_hyperplane_only_touches_the_face_is_left():
    quarter = split(split(whole(2), (1, 0, 0))[0], (0, 1, 0))[0]
    assert split(quarter, (-1, 0, 0))[0] is None
    face = closed(quarter, (-1, 0, 0))
    assert face is not None
    assert contains(face, (0, 3, 1))
    assert not contains(face, (1, 3, 1))
    corner = closed(face, (0, -1, 0))
    assert corner is not None
    assert corner.interior[:2] == (0, 0)
    assert closed(quarter, (-1, 0, -1)) is None
