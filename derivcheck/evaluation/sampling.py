"""Drawing inputs: generic members of every declared domain, and arbitrary functions, from one seed.

Every name has a generator of its own, so that the value drawn for ``W`` does not depend on what else is declared.

Data is drawn from the model of a document, one random name after the other, given those on which it depends. A density
that is quadratic in its value is drawn as mean + L⁻ᵀε, P = LLᵀ its precision; one of a single number from the nodes and
weights of its quadrature, or from its finitely many values. No family is known by name here.
"""

from __future__ import annotations

import copy
import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import BUDGET, NotExact
from derivcheck.evaluation.evaluator import Axis, World, evaluate
from derivcheck.evaluation.floating import apply
from derivcheck.evaluation.gaussian import GaussianAlgebra
from derivcheck.evaluation.quadrature import DISCRETE, rule
from derivcheck.language.shapes import Domain
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Problem
from derivcheck.problem.scope import Declaration, Factor, FunctionDeclaration
from derivcheck.problem.substitution import rewrite

RIDGES = 3
"""How many sine ridges make an arbitrary function: with a linear part, enough that no two derivatives are related."""


def generator(*parts: object) -> torch.Generator:
    """A generator that depends on these words and numbers alone."""
    made = torch.Generator()
    made.manual_seed(zlib.crc32(" ".join(map(str, parts)).encode()))
    return made


def leaf(
    declaration: Declaration, sizes: Mapping[str, int], trials: int, seed: int, problem: Problem,
    value: float | None = None,
) -> Tensor:  # fmt: skip
    """``trials`` members of a declared domain: ``(trials, family …, rows, columns)``, float64; ``value``s if given."""
    shape = (trials, *problem.dims(declaration, sizes))
    BUDGET.make(math.prod(shape), 0.0, f"`{declaration.text}`")
    BUDGET.pay(0.0 if declaration.domain.kind not in ("spd", "psd", "orthogonal") else trials * shape[-2] ** 3 / 10)
    if value is not None:
        return torch.full(shape, value, dtype=torch.float64)
    domain = declaration.domain.in_numbers(sizes)
    return draw(domain, shape, generator(seed, declaration.key), domain.high)  # type: ignore[arg-type]


def draw(domain: Domain, shape: tuple[int, ...], source: torch.Generator, limit: float | None = None) -> Tensor:
    """Members of a domain, generic: no zeros, no ones, no symmetry that is not asked for."""

    def normal(*size: int) -> Tensor:
        return torch.randn(size or shape, generator=source, dtype=torch.float64)

    def uniform() -> Tensor:
        return torch.rand(shape, generator=source, dtype=torch.float64)

    match domain.kind:
        case "real" | "nonzero":
            return normal()
        case "positive" | "nonnegative":
            return torch.exp(0.6 * normal())
        case "negative" | "nonpositive":
            return -torch.exp(0.6 * normal())
        case "interval":
            return _interval(domain.low, limit, uniform(), normal())
        case "natural":
            return torch.randint(2, 8, shape, generator=source).to(torch.float64)
        case "integer":
            return torch.randint(-6, 7, shape, generator=source).to(torch.float64)
        case "finite":
            return _finite(domain, shape, source, limit)
        case "onehot":
            return (lambda drawn: drawn == drawn.amax(-2, keepdim=True))(normal()).to(torch.float64)
        case "unit":
            vector = normal()
            return vector / vector.norm(dim=(-2, -1), keepdim=True)
        case "simplex":
            return torch.softmax(normal(), dim=-2)
        case _:
            return _matrix(domain.kind, normal())


def _interval(low: float | None, high: float | None, uniform: Tensor, normal: Tensor) -> Tensor:
    inside = 0.02 + 0.96 * uniform
    if low is not None and high is not None:
        return low + (high - low) * inside
    if low is not None:
        return low + torch.exp(0.6 * normal)
    return normal if high is None else high - torch.exp(0.6 * normal)


def _finite(domain: Domain, shape: tuple[int, ...], source: torch.Generator, limit: float | None) -> Tensor:
    if domain.values:
        choices = torch.tensor(domain.values, dtype=torch.float64)
    else:
        low = int(domain.low or 0)
        choices = torch.arange(low, int(limit or low) + 1, dtype=torch.float64)
    return choices[torch.randint(0, len(choices), shape, generator=source)]


def _matrix(kind: str, square: Tensor) -> Tensor:
    size = square.shape[-1]
    match kind:
        case "symmetric":
            return (square + square.transpose(-1, -2)) / 2
        case "skew":
            return (square - square.transpose(-1, -2)) / 2
        case "spd" | "psd":
            return square @ square.transpose(-1, -2) / size + 0.3 * torch.eye(size, dtype=torch.float64)
        case "diagonal":
            return square * torch.eye(size, dtype=torch.float64)
        case "lower":
            return square.tril()
        case "upper":
            return square.triu()
        case "orthogonal":
            tall = square.shape[-2] >= square.shape[-1]
            drawn = square if tall else square.transpose(-1, -2)
            # The signs of what Householder's reflections give are always the same; with them the determinant's.
            made = torch.linalg.qr(drawn)[0] * drawn[..., :1, :].sign()
            return made if tall else made.transpose(-1, -2)
    raise AssertionError(kind)


class ArbitraryFunction:
    """A smooth function drawn at random: f(x) = C sin(W·x + p) + B·x, with derivatives in closed form for real x.

    Sums of sine ridges with a linear part are dense enough that no identity between φ, φ′ and φ″ holds for them
    that does not hold for every smooth function. ``positive`` gives exp of it.
    """

    def __init__(
        self, declaration: FunctionDeclaration, sizes: Mapping[str, int], trials: int, seed: int, problem: Problem
    ) -> None:
        self.positive = declaration.result_domain.kind in ("positive", "nonnegative")
        shapes = (*declaration.arguments, declaration.result)
        *inputs, (rows, columns) = [problem.numbers(shape, sizes) for shape in shapes]
        self.result = (rows, columns)
        source = generator(seed, declaration.key, "function")
        total = sum(r * c for r, c in inputs)
        BUDGET.make(trials * total * rows * columns, 0.0, f"the function `{declaration.text}`")
        ridges = RIDGES + 2 * (total > 1)

        def normal(*shape: int) -> Tensor:
            return torch.randn(shape, generator=source, dtype=torch.float64)

        self.weights = [normal(trials, r * c, ridges) * (1.1 / math.sqrt(max(1, total))) for r, c in inputs]
        self.linear = [normal(trials, r * c, rows * columns) * (0.7 / math.sqrt(max(1, total))) for r, c in inputs]
        self.phases = normal(trials, 1, ridges) * 2
        self.scales = normal(trials, ridges, rows * columns)
        self.offset = normal(trials, 1, rows * columns) * 0.3
        # No ridge may be so weak that its derivative is lost: amplitudes away from 0.
        self.scales = torch.sign(self.scales) * (0.4 + self.scales.abs())

    def __call__(self, arguments: list[Tensor], order: int, entrywise: bool) -> Tensor:
        if entrywise or (order and len(arguments) == 1):
            return self._entries(arguments, order)
        return self._whole(arguments)

    def select(self, trials: Tensor) -> ArbitraryFunction:
        """The same functions for some of the trials."""
        made = copy.copy(self)
        made.weights = [weight[trials] for weight in self.weights]
        made.linear = [linear[trials] for linear in self.linear]
        made.phases, made.scales, made.offset = self.phases[trials], self.scales[trials], self.offset[trials]
        return made

    def _lift(self, coefficients: Tensor, rank: int) -> Tensor:
        """Coefficients ``(trials, a, b)`` with index axes between."""
        return coefficients.reshape(coefficients.shape[0], *(1,) * (rank - coefficients.dim()), *coefficients.shape[1:])

    def _entries(self, arguments: list[Tensor], order: int) -> Tensor:
        """A function of numbers on every entry; ``order`` derivatives by its one argument."""
        rank = arguments[0].dim() + 1
        inner = self._lift(self.phases.unsqueeze(-2), rank)
        value = self._lift(self.offset.unsqueeze(-2), rank)
        for argument, weight, linear in zip(arguments, self.weights, self.linear, strict=True):
            inner = inner + argument.unsqueeze(-1) * self._lift(weight.unsqueeze(-2), rank)
            value = value + argument.unsqueeze(-1) * self._lift(linear.unsqueeze(-2), rank)
        scales = self._lift(self.scales.transpose(-1, -2).unsqueeze(-2), rank)
        if order == 0:
            total = (scales * torch.sin(inner)).sum(-1) + value.squeeze(-1)
            return torch.exp(total) if self.positive else total
        if self.positive:
            return self._positive_slope(arguments[0], order)
        weight = self._lift(self.weights[0].unsqueeze(-2), rank)
        wave = (scales * weight**order * torch.sin(inner + order * math.pi / 2)).sum(-1)
        return wave + self._lift(self.linear[0].unsqueeze(-2), rank).squeeze(-1) if order == 1 else wave

    def _positive_slope(self, argument: Tensor, order: int) -> Tensor:
        """Derivatives of exp(g): by autograd of the value, since the closed form grows with the order."""
        recording = torch.is_grad_enabled()
        with torch.enable_grad():
            place = argument * 1 if argument.requires_grad else argument.detach().requires_grad_()
            value = self._entries([place], 0)
            for _ in range(order):
                (value,) = torch.autograd.grad(value.sum(), place, create_graph=True)
        return value if recording else value.detach()

    def _whole(self, arguments: list[Tensor]) -> Tensor:
        """A function of its arguments as wholes."""
        rank = arguments[0].dim()
        inner = self._lift(self.phases, rank)
        value = self._lift(self.offset, rank)
        for argument, weight, linear in zip(arguments, self.weights, self.linear, strict=True):
            row = argument.reshape(*argument.shape[:-2], 1, -1)
            weight, linear = self._lift(weight, rank), self._lift(linear, rank)
            if row.is_complex():
                weight, linear = weight.to(row.dtype), linear.to(row.dtype)
            inner = inner + row @ weight
            value = value + row @ linear
        scales = self._lift(self.scales, rank)
        waves = torch.sin(inner)
        value = value + waves @ (scales.to(waves.dtype) if waves.is_complex() else scales)
        value = value.reshape(*value.shape[:-2], *self.result)
        return torch.exp(value) if self.positive else value


class KnownFunction:
    """A declared function that the settings bind to a known one, such as tanh."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, arguments: list[Tensor], order: int, entrywise: bool) -> Tensor:
        return apply(self.name, order, arguments[0])


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
