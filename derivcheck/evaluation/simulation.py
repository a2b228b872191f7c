"""Data drawn from the model of a document, one random name after the other, given those on which it depends.

A density that is quadratic in its value is drawn as mean + L⁻ᵀε, P = LLᵀ its precision; one of a single number from
the nodes and weights of its quadrature, or from its finitely many values. No family is known by name here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import NotExact
from derivcheck.evaluation.evaluator import Axis, World, evaluate
from derivcheck.evaluation.gaussian import GaussianAlgebra
from derivcheck.evaluation.quadrature import DISCRETE, rule
from derivcheck.evaluation.sampling import draw, generator
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Problem
from derivcheck.problem.scope import Factor
from derivcheck.problem.substitution import rewrite

VALUE = "sample#"


def simulate(problem: Problem, world: World, seed: object) -> World:
    """The same draw with every random name drawn from the model at the draw's parameters."""
    left = dict(problem.scope.factors)
    while left:
        ready = [key for key, factor in left.items() if world.reached(factor.log).isdisjoint(set(left) - {key})]
        if not ready:
            raise NotExact("a model whose names depend on each other")
        for key in ready:
            drawn = _drawn(problem, left.pop(key), world, generator(seed, key))
            leaf = world.leaves[key]
            if drawn.numel() != leaf.numel():
                raise NotExact("a draw of a part of a family")
            world = replace(world, leaves={**world.leaves, key: drawn.reshape(leaf.shape)})
    return world


def _drawn(problem: Problem, factor: Factor, world: World, source: torch.Generator) -> Tensor:
    """One value for every member: ``(trials, members …, rows, 1)``."""
    sizes = problem.numbers(factor.sizes, world.sizes)
    axes = [Axis(letter, 1, size) for letter, size in zip(factor.letters, sizes, strict=True)]
    frame = world.root().deeper(*axes)
    declared = problem.declarations[factor.key]
    rows, columns = (1, 1) if factor.entries else world.dims(declared.shape)
    if columns != 1:
        raise NotExact("a draw of a matrix")
    body = _with_value(factor)
    whole = (world.trials, *sizes)
    domain = factor.domain.in_numbers(world.sizes)
    high = domain.high if isinstance(domain.high, float) else None
    one = draw(domain, (1,) * (1 + len(sizes)) + (rows, 1), generator("a member"), high)
    with torch.no_grad():
        # Members whose parameters are the same have one density.
        lead = tuple(evaluate(body, frame.bind({VALUE: one})).shape[:-2])

    def log(nodes: Tensor) -> Tensor:
        """``(*lead, count, rows, 1)`` to ``(*lead, count)``."""
        inner = frame.deeper(Axis("", 1, nodes.shape[-3]))
        value: Tensor = evaluate(body, inner.bind({VALUE: nodes}))
        return value[..., 0, 0].expand(nodes.shape[:-2])

    if domain.kind == "real":
        try:
            return _gaussian(lambda place: log(place.unsqueeze(-3))[..., 0], lead, whole, rows, source)
        except NotExact:
            if rows > 1:
                raise
    elif rows > 1 and domain.kind not in DISCRETE:
        raise NotExact("a draw of several numbers that is not Gaussian")
    found = rule(log, lead, rows, domain, 0)
    if not found.settled:
        raise NotExact("a draw from a density that does not settle")
    with torch.no_grad():
        weights = torch.softmax((log(found.nodes) + found.log_weights).nan_to_num(-torch.inf, -torch.inf), -1)
    count = weights.shape[-1]
    flat = weights.expand(*whole, count).reshape(-1, count)
    picked = torch.multinomial(flat, 1, generator=source).reshape(*whole, 1, 1, 1)
    nodes = found.nodes.expand(*whole, count, rows, 1)
    return nodes.gather(-3, picked.expand(*whole, 1, rows, 1)).squeeze(-3).detach()


def _with_value(factor: Factor) -> t.Term:
    """The log density with a free value in the place of the random one."""
    letters = tuple(t.Index(letter) for letter in factor.letters)

    def rule_of(part: t.Term) -> t.Term | None:
        match part:
            case t.Variable(key=key, indices=indices) if key == factor.key and not factor.entries:
                return t.Variable(VALUE, shape=part.shape) if indices == letters else None
            case t.Entry(argument=t.Variable(key=key), row=row) if key == factor.key and factor.entries:
                return t.Variable(VALUE, shape=part.shape) if (row,) == letters else None
        return None

    return rewrite(factor.log, rule_of, factor.key)


def _gaussian(
    log: Callable[[Tensor], Tensor], lead: tuple[int, ...], whole: tuple[int, ...], rows: int, source: torch.Generator
) -> Tensor:
    """mean + L⁻ᵀε for every member."""
    with torch.enable_grad():
        _, mean, factor = GaussianAlgebra().moments(log, lead, rows)
    noise = torch.randn(*whole, rows, 1, generator=source, dtype=torch.float64)
    turn = factor.detach().transpose(-1, -2).expand(*whole, rows, rows)
    return (mean + torch.linalg.solve_triangular(turn, noise, upper=True)).detach()
