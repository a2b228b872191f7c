"""What is said of a density sees what values do not have to be asked for: its slopes, and that it integrates to one."""

from __future__ import annotations

import pytest
import torch

from derivcheck.judge import judge
from derivcheck.oracles import densities
from tests.problem.asking import HOLDS, NOT_CHECKED, WRONG, bench

MODEL = r"""Let $\mu \in \mathbb{R}$, $\sigma > 0$, $w \in \Delta^{3}$, $u \in \mathbb{R}^{J}$, and let $\Sigma \in \mathbb{R}^{J \times J}$
be symmetric positive definite.

$$ x \sim \mathcal{N}(\mu, \sigma^2), \quad t \sim \mathrm{Exponential}(\sigma), \quad k \sim \mathrm{Categorical}(w) $$
$$ z \sim \mathcal{N}(0, 1), \quad y \in \mathbb{R}^{J}, \quad y \mid z \sim \mathcal{N}(u z, \Sigma) $$

$$ LINE $$
"""
QUADRATIC = r"\frac{(x - \mu)^2}{2 \sigma^2}"
RIGHT = [
    rf"\log p(x) = -\frac{{1}}{{2}} \log(2 \pi \sigma^2) - {QUADRATIC}",
    rf"p(x) = \frac{{1}}{{\sigma \sqrt{{2 \pi}}}} \exp\left( -{QUADRATIC} \right)",
    r"\log p(t) = \log \sigma - \sigma t",
    r"\log p(z) = -\frac{1}{2} \log(2 \pi) - \frac{1}{2} z^2",
    r"\log p(y \mid z) = -\frac{J}{2} \log(2 \pi) - \frac{1}{2} \log \det \Sigma"
    r" - \frac{1}{2} (y - u z)^\top \Sigma^{-1} (y - u z)",
    r"\log p(y, z) = \log p(y \mid z) + \log p(z)",
    r"p(y) = \mathcal{N}(y; 0, u u^\top + \Sigma)",
]
WRONGS = [
    (RIGHT[0], r"- \frac{(x", r"+ \frac{(x"),
    (RIGHT[0], r"2 \sigma^2}", r"\sigma^2}"),
    (RIGHT[1], r"\frac{1}{\sigma ", r"\frac{1}{"),
    (RIGHT[2], r"\log \sigma - ", ""),
    (RIGHT[2], r"- \sigma t", r"- 2 \sigma t"),
    (RIGHT[4], r"\frac{1}{2} \log \det", r"\log \det"),
    (RIGHT[4], r"\Sigma^{-1}", r"\Sigma"),
    (RIGHT[5], "+ ", "- "),
    (RIGHT[6], r"+ \Sigma", r"- \Sigma"),
]


def claim_of(line, seed=0):
    made, claims = bench(MODEL.replace("LINE", line), seed)
    return made, claims[-1]


SLOPES, NORMALISER = (densities.has_slope, densities.ask_slope), (densities.is_density, densities.ask_normaliser)


def asked(oracle, line, seed=0):
    made, claim = claim_of(line, seed)
    applies, ask = oracle
    assert applies(made, claim)
    return ask(made, claim)


@pytest.mark.parametrize("line", RIGHT)
@pytest.mark.parametrize("seed", range(2))
def test_a_right_density_has_the_right_slopes_and_integrates_to_one(line, seed):
    assert asked(SLOPES, line, seed).outcome is HOLDS
    assert asked(NORMALISER, line, seed).outcome is HOLDS


@pytest.mark.parametrize(("line", "old", "new"), WRONGS)
def test_a_mistake_is_seen_by_the_slopes(line, old, new):
    assert old in line
    assert asked(SLOPES, line.replace(old, new)).outcome is WRONG


def test_another_density_is_normalised_and_has_other_slopes():
    other = RIGHT[1].replace(r"\mu", r"2 \mu")
    assert asked(NORMALISER, other).outcome is HOLDS
    assert asked(SLOPES, other).outcome is WRONG


def test_a_constant_is_seen_by_the_normaliser_alone():
    other = RIGHT[3].replace(r"\frac{1}{2} \log(2 \pi)", r"\log(2 \pi)")
    assert asked(SLOPES, other).outcome is HOLDS
    assert asked(NORMALISER, other).outcome is WRONG


@pytest.mark.parametrize("line", [RIGHT[0], RIGHT[3], RIGHT[4]])
def test_what_grows_without_bound_is_no_density(line):
    head, _, body = line.partition(" = ")
    found = asked(NORMALISER, f"{head} = -({body})")
    assert found.outcome is WRONG
    assert "grows without bound" in found.detail


def test_a_joint_density_integrates_to_one_over_all_its_values():
    assert asked(NORMALISER, RIGHT[5]).outcome is HOLDS
    assert asked(NORMALISER, RIGHT[5] + " - 1").outcome is WRONG


def test_an_error_of_1e_6_in_a_slope_is_seen():
    assert asked(SLOPES, RIGHT[0].replace("2 \\sigma^2}", "(2 + 10^{-6}) \\sigma^2}")).outcome is WRONG


def test_what_is_equal_up_to_a_constant_is_asked_neither_for_its_integral_nor_for_its_slopes():
    made, claim = claim_of(rf"\log p(x) = -{QUADRATIC} + \text{{const}}")
    assert claim.density is None
    assert not densities.is_density(made, claim)
    assert not densities.has_slope(made, claim)


def test_a_line_moves_every_input_within_its_domain():
    made, claim = claim_of(RIGHT[4])
    (world, *_) = made.worlds()
    line = densities._line(made, claim, world, {"\\Sigma", "u", "\\sigma", "w"} & set(world.leaves), 0)
    for step in (-0.12, 0.12):
        moved = densities._moved(line, torch.full((world.trials,), step, dtype=torch.float64))
        for key, value in moved.items():
            assert value.shape == world.leaves[key].shape
            assert bool((value != world.leaves[key]).any())
            kind = made.problem.declarations[key].domain.kind
            if kind == "spd":
                assert torch.allclose(value, value.transpose(-1, -2))
                assert bool((torch.linalg.eigvalsh(value) > 0).all())
            if kind == "simplex":
                assert torch.allclose(value.sum(-2), torch.ones(()).double())
                assert bool((value > 0).all())
            if kind == "positive":
                assert bool((value > 0).all())


def test_a_density_of_whole_numbers_has_slopes_in_its_parameters_alone():
    assert asked(SLOPES, r"\log p(k) = \log w_k").outcome in (HOLDS, NOT_CHECKED)
    assert asked(SLOPES, r"\log p(k) = 2 \log w_k").outcome is WRONG


@pytest.mark.parametrize(("line", "old", "new"), WRONGS)
def test_the_verdict_is_wrong_too(line, old, new):
    made, claim = claim_of(line.replace(old, new))
    assert judge(made, claim).outcome is WRONG
