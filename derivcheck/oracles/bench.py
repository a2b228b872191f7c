"""The test bench: draws of inputs, and both sides of a claim evaluated on them. Shared by the numerical oracles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import torch
from torch import Tensor

from derivcheck.evaluation import charts, running, sampling, sizes
from derivcheck.evaluation.arithmetic import NotExact, OutOfRange
from derivcheck.evaluation.differentiation import Autograd
from derivcheck.evaluation.evaluator import FunctionValue, Integrator, World, evaluate
from derivcheck.evaluation.floating import FloatArithmetic
from derivcheck.evaluation.gaussian import GaussianAlgebra, Quickest
from derivcheck.evaluation.integration import Quadrature
from derivcheck.evaluation.optimisation import Optimiser
from derivcheck.language.shapes import Shape
from derivcheck.oracles.draws import CannotDraw as CannotDraw
from derivcheck.oracles.draws import Draws, about_sizes, given_by
from derivcheck.problem.problem import Claim
from derivcheck.problem.scope import Assumption, Declaration
from derivcheck.problem.terms import Comparison, Term

WIDER: Final = (1.0, 6.0, 40.0)
"""Where no usual number meets the conditions, larger ones may: ``|x| > 10``."""
PROJECTED: Final = 96
"""So many inputs are projected onto equations that no single name solves."""
CANDIDATES: Final = 256
"""How many inputs are drawn for each one that is wanted where conditions have to be met."""
LARGE_SIZE: Final = 32
"""Above this size one draw has entries enough, where there are fewer choices of sizes than draws."""
JITTER: Final = 2.0**-50
"""How far inputs are moved to see what rounding does, relative to their size."""
LARGE_SAMPLES: Final = 4_000
"""So many entries of what is declared are drawn at once where integrals depend on them."""

# Small values in batches: a second thread waits more than it works, and far more where others want the cores.
torch.set_num_threads(1)


@dataclass
class Bench(Draws):
    """Draws for one problem. ``worlds`` gives one draw per choice of sizes; all trials of one are one batch."""

    _worlds: dict[tuple[object, ...], tuple[World, ...]] = field(default_factory=dict)
    _variants: dict[tuple[object, ...], tuple[World, World]] = field(default_factory=dict)
    """By the identity of a draw: it stands beside what was made of it, so that no other takes its place in memory."""
    _values: dict[tuple[object, ...], Tensor] = field(default_factory=dict)

    def worlds(self, conditions: tuple[Comparison, ...] = ()) -> tuple[World, ...]:
        """The draws for claims under these conditions (the document's assumptions are always met)."""

        def made() -> Iterator[World]:
            seed, count = self.settings.seed, self.settings.draws
            chosen = sizes.draw(self.symbols, self.problem, self.fixed, seed, count)
            # Where there are fewer choices of sizes than draws, the inputs at least are others.
            small = max(chosen[0].values(), default=0) <= LARGE_SIZE
            for number, choice in enumerate((chosen * count)[:count] if small else chosen):
                yield self.world(choice, (seed, number), conditions)

        return self._once(("draws", conditions), made)

    def more_worlds(self, conditions: tuple[Comparison, ...], count: int) -> tuple[World, ...]:
        """Further draws, for claims that the first ones could not decide."""

        def made() -> Iterator[World]:
            seed = self.settings.seed
            for number, choice in enumerate(sizes.draw(self.symbols, self.problem, self.fixed, seed + 7919, count)):
                yield self.world(choice, (seed, "more", number), conditions)

        return self._once(("more", count, conditions), made)

    def single(self, overrides: Mapping[str, int]) -> World:
        """One draw with some sizes set, such as every size 1."""

        def made() -> Iterator[World]:
            fixed, seed = {**self.fixed, **overrides}, self.settings.seed
            yield self.world(sizes.draw(self.symbols, self.problem, fixed, seed, 1)[0], (seed, "single"), ())

        return self._once(("single", tuple(sorted(overrides.items()))), made)[0]

    def symmetric(self, name: str) -> tuple[World, ...]:
        """The draws with one square matrix made symmetric."""

        def made() -> Iterator[World]:
            for world in self.worlds():
                matrix = world.leaves[name].detach()
                leaf = ((matrix + matrix.transpose(-1, -2)) / 2).requires_grad_()
                yield replace(world, leaves={**world.leaves, name: leaf}, differentiator=Autograd())

        return self._once(("symmetric", name), made)

    def _once(self, key: tuple[object, ...], make: Callable[[], Iterator[World]]) -> tuple[World, ...]:
        if key not in self._worlds:
            self._worlds[key] = tuple(make())
        return self._worlds[key]

    def _variant(self, world: World, key: object, make: Callable[[], World]) -> World:
        """The same draw in another form, made once."""
        if (id(world), key) not in self._variants:
            self._variants[id(world), key] = world, make()
        return self._variants[id(world), key][1]

    def world(
        self, chosen: Mapping[str, int], seed: object, conditions: tuple[Comparison, ...], trials: int | None = None,
        spread: float = 1.0,
    ) -> World:  # fmt: skip
        """One draw at these sizes. ``spread`` scales what is drawn from all reals."""
        trials = trials or self._affordable()
        needed = (*self._feasible[0], *(condition for condition in conditions if not about_sizes(condition)))
        return self._meeting(chosen, seed, needed, trials, spread)

    @property
    def unmet(self) -> tuple[Assumption, ...]:
        """Assumptions that no input was found to meet: what rests on them is not checked."""
        return self._feasible[1]

    @cached_property
    def _feasible(self) -> tuple[tuple[Comparison, ...], tuple[Assumption, ...]]:
        """The conditions of all assumptions that inputs can be drawn to meet together, and the other assumptions."""
        kept: tuple[Comparison, ...] = ()
        unmet: list[Assumption] = []
        asked = [
            (assumption, needed)
            for assumption in self.problem.assumptions
            if (needed := tuple(c for c in assumption.conditions if not about_sizes(c)))
        ]
        if not asked:
            return (), ()
        chosen = sizes.draw(self.symbols, self.problem, self.fixed, self.settings.seed, 1)[0]

        def met(conditions: tuple[Comparison, ...]) -> bool:
            try:
                self._meeting(chosen, (self.settings.seed, "feasible"), conditions, 1, 1.0)
            except (CannotDraw, NotExact, OutOfRange):
                return False
            return True

        whole = tuple(condition for _, needed in asked for condition in needed)
        if met(whole):
            return whole, ()
        for assumption, needed in asked:
            if met((*kept, *needed)):
                kept += needed
            else:
                unmet.append(assumption)
        return kept, tuple(unmet)

    def _meeting(
        self, chosen: Mapping[str, int], seed: object, needed: tuple[Comparison, ...], trials: int, spread: float
    ) -> World:
        if not needed:
            return self._draw(chosen, seed, trials, spread)
        for wider in WIDER:
            try:
                many = self._draw(chosen, seed, trials * CANDIDATES, spread * wider)
                return self._select(many, needed, trials)
            except CannotDraw:
                if wider == WIDER[-1]:
                    raise
        raise AssertionError(needed)

    def _affordable(self) -> int:
        """As many inputs at once as asked for; fewer of a model with many large samples, for the integrals' sake."""
        if not self.problem.scope.factors or not self.fixed:
            return self.settings.trials
        return max(1, min(self.settings.trials, LARGE_SAMPLES // self.entries))

    def _draw(self, chosen: Mapping[str, int], seed: object, trials: int, spread: float) -> World:
        whole = sizes.complete(chosen, self.problem)
        leaves: dict[str, Tensor] = {}
        for key, declaration in self.problem.declarations.items():
            given = self.values.get(key)
            value = sampling.leaf(declaration, whole, trials, seed, self.problem, given)  # type: ignore[arg-type]
            if spread != 1.0 and declaration.domain.kind in ("real", "nonzero"):
                value = value * spread
            leaves[key] = value.requires_grad_()
        functions: dict[str, FunctionValue] = {}
        for key, function in self.problem.functions.items():
            bound = self.settings.functions.get(key)
            functions[key] = (
                sampling.KnownFunction(bound)
                if bound is not None and len(function.arguments) == 1
                else sampling.ArbitraryFunction(function, whole, trials, seed, self.problem)  # type: ignore[arg-type]
            )
        return World(
            FloatArithmetic(), whole, leaves, functions, self.problem.definitions, Autograd(), self.dependencies,
            trials, Quadrature(), Optimiser(self.problem),
        )  # fmt: skip

    def _select(self, many: World, conditions: Sequence[Comparison], trials: int) -> World:
        """The first trials of a large draw that meet the conditions; equations fix a name's value first."""
        leaves = dict(many.leaves)
        equations = [condition for condition in conditions if condition.sign == "="]
        open_ones = [c for c in equations if not _substitute(c, replace(many, leaves=leaves), leaves)]
        if open_ones:
            few = torch.arange(min(PROJECTED, next((leaf.shape[0] for leaf in leaves.values()), 0)))
            many = self._picked(replace(many, leaves=leaves), few)
            leaves = self._projected(many, open_ones, self.reached(*equations))
        world = replace(many, leaves=leaves)
        count = next((value.shape[0] for value in leaves.values()), trials)
        good = torch.ones(count, dtype=torch.bool)
        for leaf in leaves.values():
            good &= leaf.detach().isfinite().reshape(leaf.shape[0], -1).all(1)
        with torch.no_grad():
            for condition in conditions:
                if condition.sign != "=":
                    truth = evaluate(condition, self.over_indices(condition, world))
                    good &= truth.reshape(truth.shape[0], -1).all(1).expand(count)
        picked = good.nonzero().reshape(-1)[:trials]
        if len(picked) == 0:
            raise CannotDraw("no input was found that meets the conditions")
        return self._picked(world, picked)

    def _picked(self, world: World, trials: Tensor) -> World:
        """Some of the trials of a world."""
        chosen = {key: value.detach()[trials].requires_grad_() for key, value in world.leaves.items()}
        functions = {
            key: f.select(trials) if isinstance(f, sampling.ArbitraryFunction) else f
            for key, f in world.functions.items()
        }
        return replace(world, leaves=chosen, functions=functions, differentiator=Autograd(), trials=len(trials))

    def first(self, world: World) -> World:
        """The first trial of a world by itself: values that differ otherwise stand beside each other in a batch."""
        return self._picked(world, torch.zeros(1, dtype=torch.long))

    def _projected(self, world: World, equations: Sequence[Comparison], names: set[str]) -> dict[str, Tensor]:
        """Newton's projection of the inputs onto equations that no single name solves."""
        domains = {
            key: domain
            for key in names & world.leaves.keys() - self.values.keys()
            if charts.movable(domain := self.problem.declarations[key].domain)
        }
        if not domains:
            raise CannotDraw("no name in this condition can be moved to meet it")

        def residual(leaves: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
            here = replace(world, leaves=dict(leaves), differentiator=Autograd())
            parts: list[tuple[Tensor, Tensor]] = []
            for equation in equations:
                frame = self.over_indices(equation, here)
                sides = torch.broadcast_tensors(evaluate(equation.left, frame), evaluate(equation.right, frame))
                left, right = (side.expand(world.trials, *side.shape[1:]).reshape(world.trials, -1) for side in sides)
                size = (left.abs() + right.abs()).amax(1, keepdim=True).clamp_min(1e-3)
                parts.append((left - right, size.expand_as(left)))
            return torch.cat([part for part, _ in parts], 1), torch.cat([size for _, size in parts], 1)

        try:
            moved = charts.project(world.leaves, domains, residual)
        except ValueError as error:
            raise CannotDraw("no name in this condition can be moved to meet it") from error
        return {key: leaf.requires_grad_() for key, leaf in moved.items()}

    def value(self, term: Term, claim: Claim, world: World) -> Tensor:
        """One side of a claim, without recording: ``(trials, free indices …, rows, columns)``."""
        key = (id(world), term, claim.free)
        if key not in self._values:
            with torch.no_grad():
                value = evaluate(term, self.frame(claim, world)).detach()
            self._values[key] = value.expand(max(value.shape[0], world.trials), *value.shape[1:])
        return self._values[key]

    def shape(self, shaped: Term | Declaration) -> Shape:
        """A shape with every unknown size filled in."""
        rows, columns = shaped.shape
        return rows.substitute(self.problem.solution), columns.substitute(self.problem.solution)

    def forget(self, *terms: Term) -> None:
        """Let go of the values of terms that nobody asks for again."""
        for key in [key for key in self._values if key[1] in terms]:
            del self._values[key]

    def low_precision(self, world: World) -> World:
        """The same draw in float32: how far it is from float64 tells how much rounding matters here."""

        def made() -> World:
            leaves = {key: value.detach().float().requires_grad_() for key, value in world.leaves.items()}
            functions: dict[str, FunctionValue] = {key: _Narrow(f) for key, f in world.functions.items()}
            return replace(
                world, arithmetic=FloatArithmetic(torch.float32), leaves=leaves, functions=functions,
                differentiator=Autograd(), integrator=None, optimiser=None,
            )  # fmt: skip

        return self._variant(world, "float32", made)

    def finer(self, world: World) -> World:
        """The same draw with other nodes for every integral and other starts for every optimum."""
        return self.by_route(world, Quadrature(1))

    def jittered(self, world: World) -> World:
        """The same draw with every input off by a few roundings, integrals by the same route: what rounding does."""

        def made() -> World:
            numbers = sampling.generator(self.settings.seed, "jitter")
            moved = {
                name: _off(leaf.detach(), numbers).requires_grad_(leaf.requires_grad)
                for name, leaf in world.leaves.items()
            }
            algebra = isinstance(world.integrator, GaussianAlgebra)
            return self._routed(replace(world, leaves=moved), GaussianAlgebra() if algebra else Quickest())

        return self._variant(world, "jittered", made)

    def quickest(self, world: World) -> World:
        """The same draw with integrals by the quickest route: what an optimiser asks for hundreds of times."""
        return self.by_route(world, Quickest())

    def by_route(self, world: World, integrator: Integrator) -> World:
        """The same draw with integrals worked out in another way."""
        key = (getattr(integrator, "name", ""), getattr(integrator, "level", 0))
        return self._variant(world, key, lambda: self._routed(world, integrator))

    def _routed(self, world: World, integrator: Integrator) -> World:
        return replace(
            world, differentiator=Autograd(), integrator=integrator, optimiser=Optimiser(self.problem, seed=1)
        )  # fmt: skip

    def tracked(self, world: World) -> World:
        """The same draw with a running error bound on every value."""

        def value(term: Term) -> Tensor:
            result: Tensor = evaluate(term, world.root()).detach()
            return result

        def made() -> World:
            leaves = {key: running.exact(value.detach()) for key, value in world.leaves.items()}
            functions = {key: running.TrackedFunction(f) for key, f in world.functions.items()}
            return replace(
                world, arithmetic=running.RunningErrorArithmetic(), leaves=leaves, functions=functions,
                differentiator=running.RootDerivatives(value), integrator=None, optimiser=None,
            )  # fmt: skip

        return self._variant(world, "tracked", made)


@dataclass(frozen=True)
class _Narrow:
    """A drawn function with its values rounded to float32."""

    function: FunctionValue

    def __call__(self, arguments: list[Tensor], order: int, entrywise: bool) -> Tensor:
        value: Tensor = self.function([argument.double() for argument in arguments], order, entrywise)
        return value.float()


def _off(leaf: Tensor, numbers: torch.Generator) -> Tensor:
    """Every entry off by a few roundings, what is symmetric symmetrically; whole numbers stay."""
    noise = torch.randn(leaf.shape, generator=numbers, dtype=leaf.dtype)
    if leaf.shape[-1] == leaf.shape[-2]:
        noise = (noise + noise.transpose(-1, -2)) / 2
    return torch.where(leaf == leaf.round(), leaf, leaf * (1 + JITTER * noise))


def _substitute(condition: Comparison, world: World, leaves: dict[str, Tensor]) -> bool:
    """Meet an equation by giving a declared name the value of the other side; False if no name is alone on a side."""
    given = given_by(condition, leaves, world.dependencies)
    if given is None:
        return False
    with torch.no_grad():
        value = evaluate(given[1], world.root())
    leaves[given[0]] = value.expand(leaves[given[0]].shape).detach().clone().requires_grad_()
    return True
