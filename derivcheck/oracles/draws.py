"""What every oracle asks of a document before it draws: its sizes, its dependencies, where a claim is evaluated.

Nothing here knows torch: the exact oracles need no more than this.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, wraps
from typing import Any, Self

from derivcheck.config import Settings
from derivcheck.evaluation import sizes
from derivcheck.evaluation.evaluator import Axis, Frame, World, reached
from derivcheck.evaluation.sizes import given_values
from derivcheck.problem import terms as t
from derivcheck.problem.facts import behind, everything
from derivcheck.problem.problem import Claim, Problem
from derivcheck.problem.scope import Assumption
from derivcheck.problem.terms import Comparison, Term
from derivcheck.verdict import Evidence, Outcome

INTEGRALS = (t.LogIntegral, t.Expectation, t.Integral, t.Optimum)
Given = tuple[str, Term]
Ask = Callable[[Any, Claim], Evidence]


class Silent(Exception):
    """Why a source does not speak on a claim."""


def silent_at(name: str, *refusals: type[Exception]) -> Callable[[Ask], Ask]:
    """What a source of this name cannot work out it leaves to the others, and says why."""

    refusals = (Silent, *refusals)

    def asking(ask: Ask) -> Ask:
        @wraps(ask)
        def asked(bench: Any, claim: Claim) -> Evidence:  # noqa: ANN401 (a Bench, or Draws alone)
            try:
                return ask(bench, claim)
            except refusals as why:
                return Evidence(name, Outcome.NOT_CHECKED, detail=str(why))

        return asked

    return asking


class CannotDraw(Exception):
    """No input was found that meets the conditions, or a condition is of a kind that cannot be drawn."""


@dataclass
class Draws:
    """One problem with the settings of a run. ``fixed`` are the sizes that are not drawn, ``values`` the numbers."""

    problem: Problem
    settings: Settings

    def __post_init__(self) -> None:
        self.symbols = sizes.symbols(self.problem)
        self.fixed = {**self._by_key(self.problem.sizes), **self._by_key(self.settings.sizes)}
        self.values = given_values(self.problem, self.settings.values)
        self.dependencies = dependencies(self.problem)
        self.kept: dict[object, object] = {}

    def at_sizes_of(self, claim: Claim) -> tuple[Self, Claim]:
        """These draws at sizes that meet what the claim asks of them, "if n > m", and the claim without that."""
        asked = tuple(condition for condition in claim.conditions if about_sizes(condition))
        if not asked:
            return self, claim
        if asked not in self.kept:
            assumptions = (*self.problem.assumptions, Assumption(asked, claim.span))
            self.kept[asked] = type(self)(replace(self.problem, assumptions=assumptions), self.settings)
        there: Self = self.kept[asked]  # type: ignore[assignment]
        return there, replace(claim, conditions=tuple(c for c in claim.conditions if c not in asked))

    @property
    def unmet(self) -> tuple[Assumption, ...]:
        """Assumptions that no input was found to meet; only numbers are drawn so that this is told."""
        return ()

    def names_in(self, assumption: Assumption) -> frozenset[str]:
        """The names of which an assumption speaks, through definitions."""
        return frozenset(self.reached(*assumption.conditions))

    @cached_property
    def entries(self) -> int:
        """How many entries all declared names have together at the first sizes."""
        return sizes.drawn(self.problem, self.fixed, self.settings.seed)

    def _by_key(self, given: Mapping[str, int]) -> dict[str, int]:
        """Sizes by the document's keys; those of others are left."""
        keys = sizes.spellings(self.problem)
        return {keys[name]: size for name, size in given.items() if name in keys}

    def parts(self, *terms: Term) -> Iterator[Term]:
        """Everything that stands in terms, and behind the names in them."""
        return everything(terms, self.problem.definitions)

    def holds(self, kinds: type | tuple[type, ...], *terms: Term) -> bool:
        """Whether a term of these kinds stands in terms, or behind the names in them."""
        return any(isinstance(part, kinds) for part in self.parts(*terms))

    def integrates(self, *terms: Term) -> bool:
        """Whether an integral or an optimum has to be worked out for terms."""
        return self.holds(INTEGRALS, *terms)

    def over_indices(self, condition: Comparison, world: World) -> Frame:
        """Where a condition is evaluated: letters in it stand for every entry."""
        letters = [part.name for part in t.walk(condition) if isinstance(part, t.Index)]
        return self._along([name for name in dict.fromkeys(letters) if name in self.problem.indices], world)

    def frame(self, claim: Claim, world: World) -> Frame:
        """Where a claim is evaluated: its free indices are axes."""
        return self._along(claim.free, world)

    def _along(self, names: Iterable[str], world: World) -> Frame:
        ranges = [(name, self.problem.indices[name]) for name in names]
        sizes = self.problem.numbers((found.size for _, found in ranges), world.sizes)
        axes = [Axis(name, found.lower, size) for (name, found), size in zip(ranges, sizes, strict=True)]
        return world.root().deeper(*axes)

    def shown(self, sizes: Mapping[str, int], among: Container[str] | None = None) -> tuple[tuple[str, int], ...]:
        """Sizes under the names that the document gives them; ``among`` those that count."""
        wanted = [name for name in self.symbols if name in sizes and (among is None or name in among)]
        return tuple((self.problem.size_shown(name), sizes[name]) for name in wanted)

    def reached(self, *terms: Term) -> set[str]:
        """The names in terms, and all on which these depend."""
        return reached(self.dependencies, *terms)


def about_sizes(condition: Comparison) -> bool:
    """Whether a condition speaks of sizes alone: then it is met when these are drawn."""
    return not t.variables(condition)


def given_by(condition: Comparison, leaves: Container[str], dependencies: Mapping[str, frozenset[str]]) -> Given | None:
    """The declared name to which an equation gives a value that does not depend on it, and what gives it."""
    for side, other in ((condition.left, condition.right), (condition.right, condition.left)):
        alone = isinstance(side, t.Variable) and side.key in leaves and not side.indices
        if alone and side.key not in reached(dependencies, other):  # type: ignore[union-attr]
            return side.key, other  # type: ignore[union-attr]
    return None


def dependencies(problem: Problem) -> dict[str, frozenset[str]]:
    """For every name the names on which it depends, through whatever definitions; a recursion depends on itself."""
    found: dict[str, frozenset[str]] = {key: frozenset() for key in problem.declarations}
    circles: set[str] = set()

    def of(key: str, path: tuple[str, ...]) -> frozenset[str]:
        if key in found:
            return found[key]
        definition = problem.definitions.get(key)
        if definition is None or key in path:
            circles.update(path[path.index(key) :] if definition else ())
            return frozenset()
        total: set[str] = set()
        for name in t.variables(definition.term):
            total.add(name)
            total |= of(name, (*path, key))
        found[key] = frozenset(total)
        return found[key]

    for key in problem.definitions:
        of(key, ())
    if circles:
        terms = {key: (made.term,) for key, made in problem.definitions.items()}
        found |= {key: behind(term, problem.definitions) for key, term in terms.items()}
    return found
