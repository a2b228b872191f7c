"""Rounding, the optimiser's side and slopes at kinks: what is right passes, what is planted is found."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch import Tensor

from derivcheck.homework.mlp import (
    TIES,
    SortingNetwork,
    as_form,
    boxed_forms,
    cancellation,
    gradients,
    hard_inputs,
    in_hull,
    kinks_extra,
    losses,
    neighbours,
    precision_extra,
)
from derivcheck.homework.optimum import Descent, Residuals, Weights, jacobian, levenberg_marquardt, optimum_extra
from derivcheck.verdict import Extra, Outcome


def verdicts(extra: Extra) -> list[str]:
    return [row[-1] for row in extra.rows]


class Detached(SortingNetwork):
    """Its output layer is cut off from the hidden one."""

    def evaluate(self, weights: Weights, x: Tensor) -> dict[str, Tensor]:
        h = torch.relu(weights.A @ x + weights.a)
        return {"x": x, "h": h, "y": weights.B @ h.detach() + weights.b}


class WrongSlope(SortingNetwork):
    """Its backward pass takes twice the slope of the hidden layer."""

    def evaluate(self, weights: Weights, x: Tensor) -> dict[str, Tensor]:
        h = torch.relu(weights.A @ x + weights.a)
        return {"x": x, "h": h, "y": weights.B @ (2 * h - h.detach()) + weights.b}


def with_wrong_sign(name: str, row: int, column: int) -> SortingNetwork:
    network = SortingNetwork()
    with torch.no_grad():
        getattr(network, name)[row, column] *= -1
    return network


# the optimiser's side


@pytest.mark.parametrize("hidden", [4, 5])
@pytest.mark.parametrize("seed", range(5))
def test_the_shipped_weights_are_a_minimum_and_are_found_again(hidden: int, seed: int) -> None:
    assert optimum_extra(SortingNetwork(hidden), seed).outcome is Outcome.HOLDS


@pytest.mark.parametrize(("name", "row", "column"), [("A", 0, 0), ("A", 2, 1), ("B", 0, 2), ("B", 1, 4)])
def test_a_weight_with_the_wrong_sign_is_no_minimum(name: str, row: int, column: int) -> None:
    extra = optimum_extra(with_wrong_sign(name, row, column), 0)
    assert extra.outcome is Outcome.WRONG
    assert verdicts(extra)[0] == "wrong"


def test_a_weight_that_is_slightly_off_is_no_minimum() -> None:
    network = SortingNetwork()
    with torch.no_grad():
        network.B[0, 1] += 1e-9
    assert optimum_extra(network, 0).outcome is Outcome.WRONG


@pytest.mark.parametrize("broken", [Detached, WrongSlope])
def test_a_broken_backward_pass_is_found_by_differences(broken: type[SortingNetwork]) -> None:
    extra = optimum_extra(broken(), 0)
    assert extra.outcome is Outcome.WRONG
    assert verdicts(extra)[2] == "wrong"


def test_an_optimiser_that_returns_early_is_undecided() -> None:
    def lazy(residuals: Residuals, samples: int, start: Tensor) -> Descent:
        return levenberg_marquardt(residuals, samples, start, cap=1)

    assert optimum_extra(SortingNetwork(), 0, lazy).outcome is Outcome.UNDECIDED


def test_an_optimiser_that_runs_away_is_undecided() -> None:
    def astray(residuals: Residuals, samples: int, start: Tensor) -> Descent:
        return Descent(start * float("nan"), float("nan"), 3)

    assert optimum_extra(SortingNetwork(), 0, astray).outcome is Outcome.UNDECIDED


def test_the_jacobian_is_that_of_each_sample() -> None:
    x = torch.tensor([[1.0], [2.0], [3.0]], dtype=torch.float64)
    values, slopes = jacobian(lambda p: p[:, :1] * x + p[:, 1:] ** 2, 3, torch.tensor([2.0, 5.0]).double())
    assert values.tolist() == [27, 29, 31]
    assert slopes.tolist() == [[1, 10], [2, 10], [3, 10]]


def test_least_squares_finds_the_minimum_of_a_valley() -> None:
    def rosenbrock(p: Tensor) -> Tensor:
        return torch.stack([10 * (p[:, 1] - p[:, 0] ** 2), 1 - p[:, 0]], dim=1)

    end = levenberg_marquardt(rosenbrock, 1, torch.tensor([-1.2, 1.0]).double())
    assert end.loss < 1e-20
    assert torch.allclose(end.parameters, torch.ones(2).double())


# rounding


def test_the_boxed_minimum_loses_one_in_float64_at_ten_to_the_sixteenth() -> None:
    assert cancellation(boxed_forms, torch.float64) == (1.0, (1e16, 1.0))


def test_the_hard_inputs_hold_ties_both_zeros_huge_tiny_and_mixed_magnitudes() -> None:
    for dtype in (torch.float32, torch.float64):
        points = hard_inputs(dtype)
        values = points[:, 0].tolist()
        assert bool((points[:, 0] == points[:, 1]).any())
        assert {str(value) for value in values if value == 0} == {"0.0", "-0.0"}
        assert max(values) == torch.finfo(dtype).max
        assert min(abs(value) for value in values if value) < torch.finfo(dtype).tiny
        assert points.isfinite().all()


def test_the_forms_lose_no_more_than_a_rounding_of_the_larger_input() -> None:
    for dtype in (torch.float32, torch.float64):
        for form in (boxed_forms, as_form(SortingNetwork(5), dtype), as_form(SortingNetwork(4), dtype)):
            for loss in losses(form, dtype):
                assert 0 < loss.relative <= 2 * torch.finfo(dtype).eps


def test_a_form_with_a_wrong_term_shows_an_error_that_is_no_rounding() -> None:
    def wrong(x1: Tensor, x2: Tensor) -> Tensor:
        return torch.stack([x1 - torch.relu(x2 - x1), torch.maximum(x1, x2)], dim=-1).unsqueeze(-1)

    smaller, larger = losses(wrong, torch.float64)
    assert smaller.relative >= 1
    assert larger.relative == 0


def test_an_overflow_is_counted_and_not_taken_for_an_error() -> None:
    huge = torch.finfo(torch.float64).max
    points = torch.tensor([[huge, -huge], [1.0, 2.0]], dtype=torch.float64)
    smaller, _ = losses(boxed_forms, torch.float64, points)
    assert (smaller.overflows, smaller.points, smaller.relative) == (1, 2, 0.0)


def test_measuring_in_float32_leaves_the_network_in_float64() -> None:
    network = SortingNetwork()
    precision_extra({"five units": network})
    assert network.A.dtype is torch.float64


# kinks


def test_autograd_picks_a_subgradient_at_every_tie() -> None:
    assert kinks_extra(SortingNetwork(5)).outcome is Outcome.HOLDS


def test_a_broken_slope_at_a_tie_is_no_subgradient() -> None:
    class Overshoot(torch.autograd.Function):
        @staticmethod
        def forward(ctx: object, value: Tensor) -> Tensor:
            return value.clamp(min=0)

        @staticmethod
        def backward(ctx: object, *slopes: Tensor) -> Tensor:
            return slopes[0] * 2

    def network(x1: Tensor, x2: Tensor) -> dict[str, Tensor]:
        over = Overshoot.apply(x1 - x2) * (x1 == x2) + torch.relu(x1 - x2) * (x1 != x2)
        return {"y": torch.stack([x1 - over, x2 + over], dim=-1).unsqueeze(-1)}

    assert kinks_extra(network).outcome is Outcome.WRONG


def test_on_an_axis_the_network_has_a_slope_that_no_cell_around_has() -> None:
    network = SortingNetwork()
    at = gradients(network, torch.tensor([[0.0, 1.0]]).double())[0]
    assert at[0].tolist() == [0, 0]
    assert not in_hull(at[0], neighbours(network, (0.0, 1.0))[:, 0])


def test_both_slopes_are_seen_around_a_tie() -> None:
    cells = {tuple(row) for row in neighbours(SortingNetwork(), TIES[0])[:, 0].round().tolist()}
    assert cells == {(1.0, 0.0), (0.0, 1.0)}


@pytest.mark.parametrize(
    ("point", "inside"),
    [((0.5, 0.5), True), ((1, 0), True), ((0, 0), False), ((0.5, 0.51), False), ((1.1, -0.1), False)],
)
def test_a_segment_is_its_own_hull(point: tuple[float, float], inside: bool) -> None:
    corners = torch.tensor([[1.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    assert in_hull(torch.tensor(point, dtype=torch.float64), corners) is inside


def test_the_figures_import_nothing_that_costs_seconds() -> None:
    code = (
        "import warnings; warnings.simplefilter('ignore')\n"
        "import sys, torch; before = set(sys.modules)\n"
        "from derivcheck.config import Settings\n"
        "from derivcheck.homework import mlp, resblock\n"
        "mlp.extras(Settings()); mlp.picture(Settings()); resblock.picture(Settings())\n"
        "bad = [name for name in ('sympy', 'torch._dynamo', 'numpy') if name in sys.modules]\n"
        "new = {name for name in set(sys.modules) - before if name.startswith(('torch.optim', 'torch.func'))}\n"
        "print(bad, new)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] set()"
