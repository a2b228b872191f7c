"""Grids against nested loops."""

from __future__ import annotations

from itertools import product
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivcheck.evaluation import grid
from derivcheck.evaluation.grid import Grid

SIZES = st.integers(1, 3)
SHAPES = st.lists(SIZES, min_size=1, max_size=4).map(tuple)


def numbered(shape) -> Grid[int]:
    """Entries that tell where they stand."""
    return Grid(tuple(shape), tuple(range(prod(shape))))


def at(a: Grid, place):
    """The entry at a place, by the definition of row-major order; axes of size 1 stretch."""
    offset = 0
    for size, index in zip(a.shape, place[len(place) - len(a.shape) :], strict=True):
        offset = offset * size + (index if size > 1 else 0)
    return a.entries[offset]


def places(shape):
    return product(*map(range, shape))


def same_everywhere(a: Grid, shape, expected) -> bool:
    return a.shape == tuple(shape) and a.entries == tuple(expected(place) for place in places(shape))


@st.composite
def stretching(draw):
    """A shape and two that stretch to it together."""
    shape = draw(SHAPES)
    first = [draw(st.sampled_from([1, size])) for size in shape]
    second = [size if one == 1 else draw(st.sampled_from([1, size])) for one, size in zip(first, shape, strict=True)]
    return shape, first, second[draw(st.integers(0, 1)) :] if first[0] == shape[0] else second


@given(stretching())
def test_entries_at_the_same_place_are_combined_with_axes_of_size_1_stretched(shapes):
    shape, first, second = shapes
    a, b = numbered(first), numbered(second)
    combined = grid.combine(lambda x, y: (x, y), a, b)
    assert same_everywhere(combined, shape, lambda place: (at(a, place), at(b, place)))


@given(stretching())
def test_expanding_repeats_the_entry_along_axes_of_size_1(shapes):
    shape, first, _ = shapes
    a = numbered(first)
    assert same_everywhere(grid.expand(a, shape), shape, lambda place: at(a, place))


@given(SHAPES, st.data())
def test_swapping_two_axes_swaps_the_places_and_twice_is_nothing(shape, data):
    first, second = (data.draw(st.integers(-len(shape), len(shape) - 1)) for _ in range(2))
    a = numbered(shape)

    def exchanged(items):
        items = list(items)
        items[first], items[second] = items[second], items[first]
        return tuple(items)

    swapped = grid.swap(a, first, second)
    assert same_everywhere(swapped, exchanged(shape), lambda place: at(a, exchanged(place)))
    assert grid.swap(swapped, first, second) == a


@given(SHAPES, st.data())
def test_narrow_parts_put_side_by_side_give_the_whole_again(shape, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    cut = data.draw(st.integers(0, shape[axis]))
    a = numbered(shape)
    parts = [grid.narrow(a, axis, 0, cut), grid.narrow(a, axis, cut, shape[axis] - cut)]
    assert [part.shape[axis] for part in parts] == [cut, shape[axis] - cut]
    assert grid.concatenate(parts, axis) == a


@given(SHAPES, st.data())
def test_a_narrow_part_begins_where_it_was_asked_to(shape, data):
    axis = data.draw(st.integers(0, len(shape) - 1))
    start = data.draw(st.integers(0, shape[axis] - 1))
    a = numbered(shape)
    part = grid.narrow(a, axis, start, 1)
    moved = (*shape[:axis], 1, *shape[axis + 1 :])
    assert same_everywhere(part, moved, lambda place: at(a, (*place[:axis], start, *place[axis + 1 :])))


@given(SHAPES, st.data())
def test_a_reduction_sees_the_entries_along_its_axis_in_order_and_keeps_the_axis(shape, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    a = numbered(shape)
    kept = list(shape)
    kept[axis] = 1

    def line(place):
        spots = [[*place] for _ in range(shape[axis])]
        for index, spot in enumerate(spots):
            spot[axis] = index
        return [at(a, spot) for spot in spots]

    assert same_everywhere(grid.reduce(list, a, axis), kept, line)


@given(stretching(), SIZES, SIZES, SIZES)
def test_a_batched_product_is_the_sum_over_the_inner_axis_at_every_place(shapes, m, k, n):
    lead, first, second = shapes
    a, b = numbered((*first, m, k)), numbered((*second, k, n))
    made = grid.matmul(lambda row, column: sum(x * y for x, y in zip(row, column, strict=True)), a, b)
    assert same_everywhere(
        made,
        (*lead, m, n),
        lambda place: sum(at(a, (*place[:-1], inner)) * at(b, (*place[:-2], inner, place[-1])) for inner in range(k)),
    )


@given(SHAPES)
def test_reshaping_keeps_the_order_of_the_entries(shape):
    a = numbered(shape)
    assert grid.reshape(a, (1, prod(shape))) == Grid((1, prod(shape)), a.entries)


def test_what_does_not_fit_is_said_and_not_guessed():
    a = numbered((2, 3))
    for wrong in (
        lambda: Grid((2,), (1, 2, 3)),
        lambda: grid.reshape(a, (4,)),
        lambda: grid.expand(a, (2, 1)),
        lambda: grid.combine(lambda x, y: x, a, numbered((3, 2))),
        lambda: grid.matmul(lambda row, column: 0, a, a),
        lambda: grid.narrow(a, 1, 2, 2),
        lambda: grid.narrow(a, 1, -1, 1),
        lambda: grid.concatenate([a, numbered((1, 3))], 1),
    ):
        with pytest.raises(ValueError, match=r"\d"):
            wrong()


def test_axes_without_entries_are_allowed():
    a = Grid((2, 0), ())
    assert grid.reduce(sum, a, 1) == Grid((2, 1), (0, 0))
    assert grid.matmul(lambda row, column: len(row), a, Grid((0, 3), ())) == grid.filled((2, 3), 0)
    assert list(grid.matrices(Grid((2, 0, 0), ()))) == [[], []]
