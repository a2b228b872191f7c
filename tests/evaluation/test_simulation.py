"""Data drawn from the model of a document have the moments that the model gives them."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from derivcheck.evaluation.gaussian import Quickest
from derivcheck.evaluation.sampling import simulate
from tests.problem.asking import bench

N = 4000
HEAD = "Let $\\sigma > 0$, $\\mu \\in \\mathbb{R}$, $w \\in \\Delta^{3}$, $u \\in \\mathbb{R}^{J}$ and, for $i = 1, \\dots, N$, "


def values(model, seed, *names):
    made, _ = bench(HEAD + model + "\n")
    world = made.world({**dict.fromkeys(made.symbols, 3), "N": N}, (seed, "simulated"), (), 2)
    world = simulate(made.problem, replace(world, integrator=Quickest()), seed)
    return [world.leaves[made.problem.names[name]].detach() for name in names]


def close(value, expected, spread):
    """Within five standard errors, for every data set."""
    return bool(((value - expected).abs() <= 5 * spread / N**0.5).all())


@pytest.mark.parametrize("seed", range(2))
def test_a_latent_factor_and_its_samples(seed):
    model = (
        "$z_i \\in \\mathbb{R}$ and $x_i \\in \\mathbb{R}^{J}$ with\n\n"
        "$$ z_i \\sim \\mathcal{N}(0, 1), \\quad x_i \\mid z_i \\sim \\mathcal{N}(u z_i, \\sigma^2 I) $$"
    )
    x, z, u, sigma = values(model, seed, "x_{\\cdot}", "z", "u", "\\sigma")
    z = z.reshape(2, N, 1, 1)
    assert close(z.mean(1), 0.0, 1.0)
    assert close(z.square().mean(1), 1.0, 2.0**0.5)
    rest = x - u.unsqueeze(1) * z
    assert close(rest.square().mean((1, 2), keepdim=False), sigma[:, 0].square(), 2 * sigma.max() ** 2)
    second = (x @ x.transpose(-1, -2)).mean(1)
    whole = u @ u.transpose(-1, -2) + sigma.square() * torch.eye(u.shape[1], dtype=u.dtype)
    assert close(second, whole, 3 * whole.abs().amax())


def test_components_and_what_is_positive():
    model = (
        "$t_i > 0$ and $x_i \\in \\mathbb{R}$ with\n\n"
        "$$ z_i \\sim \\mathrm{Categorical}(w), \\quad t_i \\sim \\mathrm{Exponential}(\\sigma), \\quad x_i \\mid z_i \\sim \\mathcal{N}(\\mu z_i, \\sigma^2) $$"
    )
    z, t, w, sigma = values(model, 0, "z", "t", "w", "\\sigma")
    for k in range(3):
        share = (z.flatten(1) == k + 1).double().mean(1)
        assert close(share, w[:, k, 0], 0.5)
    rate = sigma[:, 0, 0]
    assert bool((t > 0).all())
    assert close(t.flatten(1).mean(1) * rate, 1.0, 1.0)
