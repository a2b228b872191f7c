"""The modules are what the hand solution says, and nothing in them is cut off from autograd."""

from __future__ import annotations

import pytest
import torch

from derivcheck.homework.mlp import SortingNetwork
from derivcheck.homework.resblock import ACTIVATIONS, ResidualBlock

PAIRS = torch.tensor([[1.0, 2.0], [2.0, 1.0], [-3.0, 0.5], [0.0, 0.0], [-1.5, -1.5], [0.0, -4.0], [-2.0, 0.0]])


@pytest.mark.parametrize("hidden", [4, 5])
def test_a_sorting_network_gives_the_smaller_input_first(hidden: int) -> None:
    inputs = PAIRS.double()
    y = SortingNetwork(hidden)(inputs[:, 0], inputs[:, 1])["y"].squeeze(-1)
    assert torch.equal(y[:, 0], inputs.amin(dim=1))
    assert torch.equal(y[:, 1], inputs.amax(dim=1))


def test_the_five_units_stand_in_the_order_of_the_hand_solution() -> None:
    h = SortingNetwork()(torch.tensor([3.0]).double(), torch.tensor([-2.0]).double())["h"].flatten().tolist()
    assert h == [0, 3, 5, 0, 2]


def test_the_weights_out_of_the_inputs_are_those_of_the_hand_solution() -> None:
    network = SortingNetwork()
    assert network.A[:, 0].tolist() == [-1, 1, 1, 0, 0]
    assert network.A[:, 1].tolist() == [0, 0, -1, 1, -1]
    assert network.B.T.tolist() == [[-1, 0], [1, 0], [-1, 1], [0, 1], [0, -1]]


def test_every_parameter_is_float64_and_trainable_and_the_biases_are_zero() -> None:
    network = SortingNetwork()
    assert [parameter.dtype for parameter in network.parameters()] == [torch.float64] * 4
    assert all(parameter.requires_grad for parameter in network.parameters())
    assert not network.a.any()
    assert not network.b.any()


@pytest.mark.parametrize("phi", ACTIVATIONS)
def test_a_residual_block_computes_its_four_formulas(phi: str) -> None:
    block = ResidualBlock(3, ACTIVATIONS[phi], torch.Generator().manual_seed(1))
    x = torch.randn(3, 1, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    got = block(x)
    z = block.W @ x + block.b
    h = ACTIVATIONS[phi](z) + x
    r = block.V @ h + block.c
    for name, value in {"z": z, "h": h, "r": r, "y": ACTIVATIONS[phi](r) + h}.items():
        assert torch.equal(got[name], value), name


def test_the_blocks_gradients_are_those_of_the_hand_solution() -> None:
    block = ResidualBlock(4, torch.tanh, torch.Generator().manual_seed(3))
    x = torch.randn(4, 1, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    values = block(x)
    slope = torch.arange(1.0, 5.0, dtype=torch.float64).reshape(4, 1)
    gradients = torch.autograd.grad((slope * values["y"]).sum(), [block.V, block.c, block.W, block.b])
    back = slope * (1 - values["r"].tanh() ** 2)
    middle = (block.V.T @ back + slope) * (1 - values["z"].tanh() ** 2)
    for got, expected in zip(gradients, [back @ values["h"].T, back, middle @ x.T, middle], strict=True):
        assert torch.allclose(got, expected, rtol=1e-12, atol=0)


def test_a_block_takes_a_batch_of_columns() -> None:
    block = ResidualBlock(2, torch.tanh)
    assert block(torch.ones(7, 2, 1, dtype=torch.float64))["y"].shape == (7, 2, 1)


def test_load_takes_over_every_parameter() -> None:
    source, target = ResidualBlock(2, torch.tanh), ResidualBlock(2, torch.tanh)
    target.load(dict(source.named_parameters()))
    assert all(torch.equal(getattr(source, name), getattr(target, name)) for name in "WbVc")
