"""The pictures are drawn from weights and graphs, so that another network gives another picture."""

from __future__ import annotations

import pytest
import torch

from derivcheck.homework import mlp, resblock
from derivcheck.homework.pictures import WIDTH, graph_picture, network_picture, paths, topological

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
