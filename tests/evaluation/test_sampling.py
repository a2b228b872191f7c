"""Draws: members of every domain, generic, the same for the same seed; arbitrary functions with the derivatives they have."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import get_args

import pytest
import torch

from derivcheck.evaluation.arithmetic import SIGNS
from derivcheck.evaluation.sampling import ArbitraryFunction, draw, generator
from derivcheck.language.shapes import RELATIONS, SCALAR, Dim, Domain, DomainKind
from derivcheck.problem.scope import FunctionDeclaration
from derivcheck.source import NOWHERE
from tests.problem.asking import bench, problem

SHAPE = (50, 4, 4)


def drawn(kind, shape=SHAPE, **more):
    return draw(Domain(kind, **more), shape, generator("test", kind))


@pytest.mark.parametrize(
    ("kind", "law"),
    [
        ("positive", lambda x: x > 0),
        ("negative", lambda x: x < 0),
        ("nonzero", lambda x: x != 0),
        ("natural", lambda x: (x >= 1) & (x == x.round())),
        ("integer", lambda x: x == x.round()),
        ("symmetric", lambda x: x == x.transpose(-1, -2)),
        ("skew", lambda x: x == -x.transpose(-1, -2)),
        ("diagonal", lambda x: (x == 0) | (torch.eye(4) == 1)),
        ("spd", lambda x: torch.linalg.eigvalsh(x) > 0),
        ("orthogonal", lambda x: (x.transpose(-1, -2) @ x - torch.eye(4)).abs() < 1e-12),
        ("simplex", lambda x: (x > 0) & ((x.sum(-2, keepdim=True) - 1).abs() < 1e-12)),
    ],
)
def test_what_is_drawn_is_a_member_of_its_domain(kind, law):
    assert bool(law(drawn(kind)).all())


@pytest.mark.parametrize("kind", get_args(DomainKind))
def test_what_is_drawn_has_the_signs_and_lies_between_the_ends_that_its_domain_tells(kind):
    more = {"interval": {"low": 0.5, "high": 2.0}, "finite": {"values": (0, 1)}}.get(kind, {})
    domain = Domain(kind, **more)
    value = draw(
        domain, (50, 3, 1) if kind in ("onehot", "unit", "simplex") else (50, 3, 3), generator("signs", kind), 2.0
    )
    assert set(value.sign().unique().int().tolist()) <= domain.signs
    low, high = domain.ends or (None, None)
    assert low is None or bool((value >= low).all())
    assert high is None or bool((value <= high).all())
    if kind in RELATIONS:
        assert bool(SIGNS[RELATIONS[kind]](value, 0).all())
    assert not domain.at_most_one or bool(((value >= 0) & (value <= 1)).all())


def test_intervals_finite_sets_and_unit_vectors_are_kept_to():
    inside = draw(Domain("interval", low=-1.0, high=2.0), SHAPE, generator(1), 2.0)
    assert -1 < float(inside.min()) < -0.8
    assert 1.8 < float(inside.max()) < 2
    assert set(draw(Domain("finite", values=(-1, 3)), SHAPE, generator(1)).unique().tolist()) == {-1.0, 3.0}
    assert set(draw(Domain("finite", low=1.0), SHAPE, generator(1), 4).unique().tolist()) == {1.0, 2.0, 3.0, 4.0}
    unit = draw(Domain("unit"), (50, 4, 1), generator(1))
    assert torch.allclose(unit.norm(dim=1), torch.ones(50, 1, dtype=torch.float64))


@pytest.mark.parametrize("kind", ["real", "positive", "nonzero", "spd", "orthogonal"])
def test_what_is_drawn_is_generic(kind):
    value = drawn(kind)
    assert bool((value != 0).all())
    assert bool((value != 1).all())
    assert len(value.reshape(50, -1)[:, 0].unique()) == 50
    if kind == "real":
        assert not torch.allclose(value, value.transpose(-1, -2))


TEXT = "Let $x \\in \\mathbb{R}^n$, $W \\in \\mathbb{R}^{n \\times m}$ and $f : \\mathbb{R} \\to \\mathbb{R}$.\n\n$$ 2 f(x) = f(x) + f(x) $$\n"


def test_the_same_seed_draws_the_same_and_another_draws_something_else():
    worlds = [bench(TEXT, seed, sizes={"n": 3, "m": 4})[0].worlds()[0] for seed in (5, 5, 6)]
    for key in ("x", "W"):
        assert torch.equal(worlds[0].leaves[key], worlds[1].leaves[key])
        assert not torch.equal(worlds[0].leaves[key], worlds[2].leaves[key])
    place = [torch.ones(4, 1, 1, dtype=torch.float64)]
    values = [world.functions["f"](place, 0, True) for world in worlds]
    assert torch.equal(values[0], values[1])
    assert not torch.equal(values[0], values[2])


def test_what_is_drawn_for_a_name_does_not_depend_on_what_else_is_declared():
    more = TEXT.replace("Let $x", "Let $q, r \\in \\mathbb{R}^n$. Let $x")
    one, other = (bench(text, 5, sizes={"n": 3, "m": 4})[0].worlds()[0] for text in (TEXT, more))
    assert torch.equal(one.leaves["W"], other.leaves["W"])


def test_different_names_trials_and_sizes_have_different_draws():
    made, _ = bench("Let $x, y \\in \\mathbb{R}^n$.\n\n$$ x + y + 0 x = y + x $$\n")
    for world in made.worlds():
        assert not torch.equal(world.leaves["x"], world.leaves["y"])
        assert len(world.leaves["x"][:, 0, 0].unique()) == made.settings.trials


def function(arguments, positive=False, seed=3, result=SCALAR):
    made = problem(TEXT)
    domain = Domain("positive") if positive else Domain()
    return ArbitraryFunction(FunctionDeclaration("f", "f", arguments, result, domain, NOWHERE), {"n": 3}, 6, seed, made)


@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_derivatives_in_closed_form_are_those_of_the_function(order, positive):
    f = function((SCALAR,), positive)
    place = torch.randn(6, 4, 1, dtype=torch.float64).requires_grad_()
    value = f([place], order - 1, True)
    (slope,) = torch.autograd.grad(value.sum(), place)
    assert torch.allclose(f([place.detach()], order, True), slope, rtol=1e-9, atol=1e-9)


def test_a_function_with_positive_values_has_them():
    assert bool(
        (
            function((SCALAR,), True)([torch.linspace(-9, 9, 60, dtype=torch.float64).reshape(1, 60, 1)], 0, True) > 0
        ).all()
    )


@pytest.mark.parametrize("seed", range(5))
def test_an_arbitrary_function_has_no_slope_that_is_constant_or_tied_to_its_value(seed):
    f = function((SCALAR,), seed=seed)
    place = torch.linspace(-2, 2, 40, dtype=torch.float64).reshape(1, 40, 1)
    value, slope, bend = (f([place], order, True).reshape(6, 40) for order in range(3))
    assert bool((slope.std(1) > 0.05).all())
    for candidate in (1 - value**2, value * (1 - value), slope**2, value, bend):
        assert bool(((slope - candidate).abs().amax(1) > 1e-2).all())


def test_entry_by_entry_and_as_a_whole_a_function_of_a_number_is_the_same():
    f = function((SCALAR,))
    place = torch.randn(6, 1, 1, dtype=torch.float64)
    assert torch.allclose(f([place], 0, True), f([place], 0, False))


def test_a_function_of_a_column_has_the_result_shape_and_depends_on_every_entry():
    column = (Dim.of("n"), Dim.of(1))
    f = function((column, SCALAR), result=column)
    place = torch.randn(6, 3, 1, dtype=torch.float64).requires_grad_()
    number = torch.randn(6, 1, 1, dtype=torch.float64).requires_grad_()
    value = f([place, number], 0, False)
    assert tuple(value.shape) == (6, 3, 1)
    for at, grad in zip((place, number), torch.autograd.grad(value.sum(), (place, number)), strict=True):
        assert grad.shape == at.shape
        assert bool((grad != 0).all())


def test_chosen_trials_of_a_function_are_those_of_the_function():
    f = function((SCALAR,))
    place = torch.randn(6, 2, 1, dtype=torch.float64)
    picked = torch.tensor([4, 1])
    assert torch.equal(f.select(picked)([place[picked]], 0, True), f([place], 0, True)[picked])


def test_a_generator_depends_on_its_words_alone():
    one, other = (torch.rand(3, generator=generator("a", 1, Fraction(1, 2))) for _ in range(2))
    assert torch.equal(one, other)
    assert not torch.equal(one, torch.rand(3, generator=generator("a", 2)))
    assert math.isfinite(float(one.sum()))
