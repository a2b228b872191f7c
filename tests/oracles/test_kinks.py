"""At a kink a claimed subgradient is accepted where it lies in the hull of the neighbouring cells' gradients."""

from __future__ import annotations

import pytest
import torch

from derivcheck.oracles import kinks
from derivcheck.oracles.kinks import in_hull
from tests.problem.asking import HOLDS, NOT_CHECKED, UNDECIDED, WRONG, bench, judged

TIE = "Let $a, b \\in \\mathbb{R}$. If $a = b$, then $\\frac{\\partial \\max(a, b)}{\\partial a} = CLAIMED$."
ZERO = "Let $x \\in \\mathbb{R}^n$ and $f(x) = \\|x\\|_1$. If $x = 0$, then $\\frac{\\partial f(x)}{\\partial x} = CLAIMED$."
OUTSIDE = "1.01", "-0.01", "2", "-1"


@pytest.mark.parametrize("value", ["1", "\\frac{1}{3}", "0.99", "0.01"])
def test_at_a_tie_every_number_between_the_two_slopes_is_a_subgradient(value):
    assert judged(TIE.replace("CLAIMED", value)) is HOLDS


@pytest.mark.parametrize("value", OUTSIDE)
def test_a_number_outside_the_two_slopes_is_no_pass(value):
    assert judged(TIE.replace("CLAIMED", value)) is not HOLDS


@pytest.mark.parametrize("value", OUTSIDE)
def test_a_number_outside_the_two_slopes_is_wrong(value):
    assert judged(TIE.replace("CLAIMED", value)) is WRONG


def test_zero_is_a_subgradient_too_where_it_lies_between_the_slopes():
    assert judged(TIE.replace("CLAIMED", "0")) is HOLDS


INSIDE = [r"\mathbf{1}", r"-\mathbf{1}", r"\frac{1}{2} \mathbf{1}", r"\frac{1}{10} \mathbf{1}"]
BEYOND = [r"1.01 \mathbf{1}", r"\mathbf{1} + \frac{1}{10} e_1", r"\mathbf{1} - \frac{21}{10} e_1"]


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("value", INSIDE)
def test_what_lies_in_the_hull_of_the_cells_in_one_to_three_dimensions_is_a_subgradient(size, value):
    assert judged(ZERO.replace("CLAIMED", value), sizes={"n": size}) is HOLDS


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("value", BEYOND)
def test_what_lies_beyond_the_hull_is_no_pass(size, value):
    assert judged(ZERO.replace("CLAIMED", value), sizes={"n": size}) is not HOLDS


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize(
    ("value", "says"), [(value, HOLDS) for value in INSIDE] + [(value, UNDECIDED) for value in BEYOND]
)
def test_the_oracle_by_itself_accepts_the_hull_and_nothing_beyond_it(size, value, says):
    made, (claim,) = bench(ZERO.replace("CLAIMED", value), sizes={"n": size})
    assert kinks.applies(made, claim)
    found = kinks.ask(made, claim)
    assert (found.outcome is HOLDS) is (says is HOLDS)
    assert "12 kinks" in found.detail


@pytest.mark.parametrize("value", [r"\mathbf{1} - e_1", r"\frac{9}{10} \mathbf{1} - \frac{1}{2} e_1"])
def test_the_hull_in_three_dimensions_away_from_the_diagonal(value):
    assert judged(ZERO.replace("CLAIMED", value), sizes={"n": 3}) is HOLDS


@pytest.mark.parametrize("size", [4, 5, 6])
def test_a_corner_of_the_hull_is_no_mistake_in_more_dimensions(size):
    for value in (r"\mathbf{1}", r"-\mathbf{1}"):
        assert judged(ZERO.replace("CLAIMED", value), sizes={"n": size}) is not WRONG


def test_off_the_kinks_the_other_oracles_judge():
    text = "Let $a, b \\in \\mathbb{R}$. If $a = 2 b$, then $\\frac{\\partial \\max(a, b)}{\\partial a} = \\mathbb{1}[a > b]$."
    made, (claim,) = bench(text)
    assert kinks.applies(made, claim)
    assert kinks.ask(made, claim).outcome is NOT_CHECKED
    assert judged(text) is HOLDS
    assert judged(text.replace("[a > b]", "[a < b]")) is WRONG


def test_the_oracle_asks_only_about_gradients_under_an_equation():
    made, (claim,) = bench("Let $a \\in \\mathbb{R}$. If $a > 0$, then $\\frac{d |a|}{d a} = 1$.")
    assert not kinks.applies(made, claim)
    made, (claim,) = bench("Let $a \\in \\mathbb{R}$. If $a = 0$, then $|a| = a$.")
    assert not kinks.applies(made, claim)


def cases(count):
    """Corners in one to three dimensions with weights, from one generator."""
    source = torch.Generator().manual_seed(5)
    for _ in range(count):
        size, corners = (int(torch.randint(1, most, (), generator=source)) for most in (4, 9))
        points = torch.randint(-20, 21, (corners, size), generator=source).double() / 4
        yield (
            points,
            torch.randint(1, 10, (corners,), generator=source).double(),
            torch.randn(size, generator=source).double(),
        )


def test_every_mixture_of_corners_is_inside():
    triangle = torch.tensor([[0.0, 1.5], [0.25, 0.0], [0.25, 0.25]], dtype=torch.float64)
    assert in_hull(triangle.mean(0), triangle)
    assert all(in_hull(weights @ corners / weights.sum(), corners) for corners, weights, _ in cases(150))


def test_every_corner_is_inside_and_a_point_beyond_the_furthest_corner_is_outside():
    for corners, _, direction in cases(150):
        normal = direction / direction.norm()
        furthest = corners[int((corners @ normal).argmax())]
        assert in_hull(furthest, corners)
        assert not in_hull(furthest + 0.1 * normal, corners)


def said(text, seed=0, **settings):
    """What this oracle alone says."""
    made, (claim,) = bench(text, seed, **settings)
    return kinks.ask(made, claim)


@pytest.mark.parametrize("seed", range(4))
def test_where_every_cell_is_met_the_oracle_tells_inside_from_outside(seed):
    for value in ("1", "\\frac{1}{3}", "0.99"):
        assert said(TIE.replace("CLAIMED", value), seed).outcome is HOLDS
    for value in OUTSIDE:
        found = said(TIE.replace("CLAIMED", value), seed)
        assert found.outcome is WRONG
        assert found.claimed == float(value)
        assert found.reference == (1 if float(value) > 1 else 0)


@pytest.mark.parametrize("size", range(1, 7))
def test_the_corners_and_what_lies_between_them_are_subgradients_of_the_sum_of_sizes(size):
    for value in (*INSIDE, r"\mathbf{1} - e_1"):
        assert said(ZERO.replace("CLAIMED", value), sizes={"n": size}).outcome is HOLDS
    outside = said(ZERO.replace("CLAIMED", r"1.01 \mathbf{1}"), sizes={"n": size}).outcome
    assert outside is (WRONG if size <= kinks.FEW else UNDECIDED)
    assert said(ZERO.replace("CLAIMED", r"4 \mathbf{1}"), sizes={"n": size}).outcome is WRONG


def test_a_point_just_outside_of_a_face_is_told_from_one_inside():
    for corners, weights, direction in cases(60):
        inner = weights @ corners / weights.sum()
        assert in_hull(inner, corners) is True
        normal = direction / direction.norm()
        assert in_hull(corners[int((corners @ normal).argmax())] + 0.01 * normal, corners) is False
