"""The pictures are drawn from weights and graphs, so that another network gives another picture."""

from __future__ import annotations

import pytest
import torch

from derivcheck.homework import mlp, ppca, resblock
from derivcheck.homework.pictures import (
    WIDTH,
    curve_picture,
    graph_picture,
    network_picture,
    paths,
    plate_picture,
    topological,
)

FIVE_UNITS = """\
  x₁     x₂                                y₁     y₂
  │      │                                 ▲      ▲
  ●─ −1 ─┼──────▶ h₁ = relu(−x₁) ───── −1 ─●      │
  ●─ +1 ─┼──────▶ h₂ = relu(x₁) ────── +1 ─●      │
  ●─ +1 ─●─ −1 ─▶ h₃ = relu(x₁ − x₂) ─ −1 ─●─ +1 ─●
  │      ●─ +1 ─▶ h₄ = relu(x₂) ───────────┼─ +1 ─●
  │      ●─ −1 ─▶ h₅ = relu(−x₂) ──────────┼─ −1 ─●"""

BLOCK = """\
          x
          ├─────────────────╮
          ▼                 │
W, b ──▶  z = W x + b       │
          ▼                 │
          h = tanh(z) + x ◀─╯
          ├─────────────────╮
          ▼                 │
V, c ──▶  r = V h + c       │
          ▼                 │
          y = tanh(r) + h ◀─╯
          ▼
          ℓ(y)

back to W  ① y ← r ← h ← z ← W   through (V, c)
           ② y ← h ← z ← W   through the skip connection

back to V  ① y ← r ← V"""


def test_the_network_of_the_hand_solution_is_drawn_with_its_weights() -> None:
    assert mlp.drawn(mlp.SortingNetwork()) == FIVE_UNITS


@pytest.mark.parametrize("name", ["A", "a", "B", "b"])
def test_another_weight_gives_another_picture(name: str) -> None:
    network = mlp.SortingNetwork()
    with torch.no_grad():
        getattr(network, name)[1, 0] += 1.5
    changed = mlp.drawn(network)
    assert changed != FIVE_UNITS
    assert "1.5" in changed or "2.5" in changed


def test_a_weight_of_zero_is_a_crossing_and_no_joint() -> None:
    lines = network_picture([[1, 1], [0, 1]], [[1, 0]]).splitlines()
    assert lines[2].count("●") == 3
    assert lines[3].count("●") == 1


def test_a_weight_that_is_rounded_says_so() -> None:
    assert "≈0.333" in network_picture([[1 / 3]], [[1]])


def test_a_hidden_bias_stands_in_its_unit() -> None:
    assert "relu(x₁ − 2)" in network_picture([[1]], [[1]], [-2])


def test_a_network_too_wide_for_the_page_is_refused() -> None:
    with pytest.raises(ValueError, match="columns"):
        network_picture([[1] * 12], [[1]])


def test_columns_of_weights_stand_below_their_inputs_and_outputs() -> None:
    lines = network_picture([[-0.5, 12], [1, 3]], [[1, 2], [3, -0.25]]).splitlines()
    for mark in ("x₁", "x₂", "y₁", "y₂"):
        column = lines[0].index(mark)
        assert {line[column] for line in lines[2:]} == {"●"}


def test_the_block_is_drawn_with_both_paths() -> None:
    assert resblock.drawn(resblock.ResidualBlock(2, torch.tanh)) == BLOCK


def test_the_picture_names_the_activation_of_the_module() -> None:
    assert "h = gelu(z) + x" in resblock.drawn(resblock.ResidualBlock(2, torch.nn.functional.gelu))


class CutBlock(resblock.ResidualBlock):
    """A block whose skip connection is cut off from the backward pass."""

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        values = super().forward(x)
        return values | {"y": self.phi(values["r"]) + values["h"].detach()}


def test_a_detached_connection_is_missing_from_the_picture() -> None:
    picture = resblock.drawn(CutBlock(2, torch.tanh))
    assert "y = tanh(r) + …" in picture
    assert "skip" not in picture


def test_no_picture_is_wider_than_the_page() -> None:
    pictures = [mlp.drawn(mlp.SortingNetwork(4)), FIVE_UNITS, *map(resblock.drawn, _blocks())]
    assert max(len(line) for picture in pictures for line in picture.splitlines()) <= WIDTH


def _blocks() -> list[resblock.ResidualBlock]:
    return [resblock.ResidualBlock(2, phi) for phi in resblock.ACTIVATIONS.values()]


def test_rails_that_overlap_have_lanes_of_their_own() -> None:
    picture = graph_picture([("a", "b"), ("b", "c"), ("c", "d"), ("a", "c"), ("b", "d")])
    assert picture.splitlines() == [
        "      a",
        "      ├───╮",
        "      ▼   │",
        "      b   │",
        "      ├───┼───╮",
        "      ▼   │   │",
        "      c ◀─╯   │",
        "      ▼       │",
        "      d ◀─────╯",
    ]


def test_a_node_without_an_edge_to_the_next_row_has_no_arrow() -> None:
    lines = graph_picture([("a", "c"), ("b", "c"), ("a", "d"), ("b", "d")]).splitlines()
    assert lines[1].strip().startswith("╰")
    assert "▼" not in lines[2]


def test_leaves_with_one_use_stand_beside_it() -> None:
    assert graph_picture([("w", "z"), ("b", "z"), ("z", "y")]).splitlines()[0] == "w, b ──▶  z"


def test_a_circle_is_refused() -> None:
    with pytest.raises(ValueError, match="circle"):
        topological([("a", "b"), ("b", "a")])


def test_all_paths_are_found() -> None:
    edges = [("w", "z"), ("z", "h"), ("h", "r"), ("r", "y"), ("h", "y")]
    assert paths(edges, "w", "y") == [("w", "z", "h", "r", "y"), ("w", "z", "h", "y")]


MODEL = """\
                  u   σ
                  ╰─┬─╯
╭───────────────────│───────╮
│                   ▼       │   z⁽ⁱ⁾ ~ N(0, 1)
│  ( z⁽ⁱ⁾ ) ───▶ [ x⁽ⁱ⁾ ]   │   x⁽ⁱ⁾ | z⁽ⁱ⁾ ~ N(u z⁽ⁱ⁾, σ² I)
│                           │   u ∈ ℝᴶ, J = 3, σ = 0.5
╰───────────── i = 1, …, 8 ─╯"""


def test_the_graphical_model_has_its_latent_number_on_the_plate_and_its_parameters_above() -> None:
    assert ppca.drawn(ppca.ProbabilisticPCA(torch.ones(3, 1), 0.5), 8, 3, 0.5) == MODEL


class CutModel(ppca.ProbabilisticPCA):
    """Samples that do not depend on u as far as autograd sees."""

    def draw(self, z: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        return self.u.detach() * z + self.sigma * noise


def test_a_parameter_that_does_not_enter_a_sample_has_no_arrow() -> None:
    lines = ppca.drawn(CutModel(torch.ones(3, 1), 0.5), 8, 3, 0.5).splitlines()
    assert lines[0].strip() == "σ"
    assert lines[1].strip() == "│"


@pytest.mark.parametrize("outside", [[], ["a"], ["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d"]])
def test_every_parameter_stands_over_the_line_that_leads_to_the_sample(outside: list[str]) -> None:
    picture = plate_picture([(name, "x") for name in [*outside, "z"]], ["z"], "x", "N times", ())
    lines = picture.splitlines()
    assert lines[0].split() == outside or not outside
    column = next(line.index("x") for line in lines if "[ x ]" in line)
    for index, line in enumerate(lines):
        if "▼" in line:
            assert line[column] == "▼"
            assert lines[index - 1][column] == "│"
            assert lines[index - 2][column] in "┬┼┴│"


def test_a_curve_has_its_ends_in_its_corners_and_fits_the_page() -> None:
    lines = curve_picture([float(-k) for k in range(1000)]).splitlines()
    assert lines[0].startswith("   0 ┤●")
    assert lines[9].startswith("-999 ┤")
    assert lines[9].endswith("●")
    assert max(map(len, lines)) <= WIDTH
    assert lines[-1].endswith("999 steps")


@pytest.mark.parametrize("values", [[1.0], [2.0, 2.0, 2.0], [1.0, 2.0]])
def test_a_curve_of_few_or_equal_values_is_drawn(values: list[float]) -> None:
    assert curve_picture(values).count("●") == len(values)


@pytest.mark.parametrize("values", [[], [float("nan")], [1.0, float("inf")]])
def test_a_curve_of_what_is_no_number_is_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match="finite"):
        curve_picture(values)
