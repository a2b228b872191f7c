"""The numbers of a derivation at drawn inputs: its names, and the derivatives that it defines and claims.

Slopes of code by differences of its values, with error bars, and how noisy its values are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor

from derivcheck.config import Settings
from derivcheck.engine import key_in, problem_of
from derivcheck.evaluation.arithmetic import BUDGET, NotExact
from derivcheck.evaluation.differentiation import pull
from derivcheck.evaluation.evaluator import evaluate
from derivcheck.language.printing import plain
from derivcheck.oracles.bench import Bench
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim
from derivcheck.reading.parser import parse_expression
from derivcheck.source import Source, Span

if TYPE_CHECKING:
    from derivcheck.evaluation.evaluator import World

Values = Mapping[str, Tensor]
MOST_TARGETS: Final = 4
"""So many quantities are differentiated; a derivation with more repeats itself."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A gradient as a line of the document has it: T × rows × columns."""

    value: Tensor
    span: Span


@dataclass(frozen=True, slots=True)
class Slopes:
    """The derivatives of one number of the derivation through what a model computes.

    title     what is differentiated, in plain text
    upstream  its derivative by each of the outputs that nothing else of the model depends on
    derived   by the names of the model, as the definitions have it: ⟨upstream, ∂output/∂name⟩
    claimed   the same as the document's lines have it, where they speak of nothing that goes past the outputs
    """

    title: str
    upstream: Values
    derived: Values
    claimed: Mapping[str, Claimed] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Derivation:
    """Values by the document's names, each T × rows × columns (of a family T × members × rows × columns)."""

    values: Values
    slopes: tuple[Slopes, ...] = ()


@dataclass(frozen=True, slots=True)
class Bound:
    """A document at one draw of its inputs."""

    bench: Bench
    world: World

    def key(self, name: str) -> str | None:
        """The key of a name that has a value here."""
        key = key_in(self.bench.problem, name)
        return key if key is not None and (key in self.world.leaves or key in self.world.definitions) else None


def bound(source: Source, settings: Settings, sizes: Mapping[str, int] | None = None) -> Bound:
    """The first draw of a document, integrals worked out by the quickest route."""
    known = replace(settings, sizes={**settings.sizes, **(sizes or {})}, claim=None)
    bench = Bench(problem_of(source), known)
    BUDGET.renew()
    # A mean in closed form is as accurate as the module's; nodes leave an error of the size of the largest summand.
    return Bound(bench, bench.quickest(bench.worlds()[0]))


def quantities(here: Bound, names: Iterable[str]) -> dict[str, Tensor]:
    """The values of names; those that the document does not have are left out.

    A name whose value is not to be had (an optimum that is not found, an integral that takes too long) is as well.
    """
    found: dict[str, Tensor] = {}
    for name in names:
        key = here.key(name)
        if key is None:
            continue
        BUDGET.renew()
        try:
            value = here.world.root().name(key).detach()
        except NotExact:
            continue
        found[name] = value.expand(here.world.trials, *value.shape[1:])
    return found


def slopes(here: Bound, leaves: Sequence[str], outputs: Sequence[str], seed: int) -> tuple[Slopes, ...]:
    """What the document says of derivatives through the outputs of a model, by its leaves and by other outputs.

    Where it differentiates nothing that depends on the outputs, these are weighted at random.
    """
    keys = {name: key for name in (*leaves, *outputs) if (key := here.key(name)) is not None}
    last = _last(here, [name for name in outputs if name in keys], keys)
    if not last or any(_family(here, keys[name]) for name in last):
        return ()
    names = [name for name in keys if name not in last and not _family(here, keys[name])]
    BUDGET.renew()
    found: dict[t.Term, list[Claim]] = {}
    for claim in here.bench.problem.claims:
        if isinstance(claim, Claim) and _plain(claim) and isinstance(claim.head, t.Derivative):
            found.setdefault(claim.head.target, []).append(claim)
    made = [_of(here, target, claims, keys, last, names) for target, claims in list(found.items())[:MOST_TARGETS]]
    told = tuple(one for one in made if one is not None)
    return told or (_at_random(here, keys, last, names, seed),)


def _plain(claim: Claim) -> bool:
    """Whether a claim speaks of a whole gradient, everywhere."""
    head = claim.head
    if not isinstance(head, t.Derivative) or head.form != "gradient":
        return False
    return not (head.held or head.direct or head.indices or claim.free or claim.conditions or claim.expected_wrong)


def _last(here: Bound, outputs: Sequence[str], keys: Mapping[str, str]) -> list[str]:
    """The outputs on which no other output depends."""
    below = {key: here.world.dependencies.get(keys[key], frozenset()) for key in outputs}
    return [name for name in outputs if not any(keys[name] in below[other] for other in outputs if other != name)]


def _family(here: Bound, key: str) -> bool:
    problem = here.bench.problem
    known = problem.declarations.get(key) or problem.definitions.get(key)
    return known is None or bool(known.family)


def _through(here: Bound, upstream: Values, keys: Mapping[str, str], names: Sequence[str]) -> dict[str, Tensor]:
    """⟨upstream, ∂output/∂name⟩ for each name, by the document's definitions."""
    found: dict[str, Tensor] = {}
    for name in names:
        parts = [
            pull(t.Derivative(_variable(here, keys[output]), keys[name], "gradient"), here.world.root(), weight, False)
            for output, weight in upstream.items()
        ]
        found[name] = torch.stack([part.detach() for part in parts]).sum(0)
    return found


def _variable(here: Bound, key: str) -> t.Term:
    known = here.bench.problem.definitions.get(key) or here.bench.problem.declarations[key]
    return t.Variable(key, shape=known.shape)


def _of(
    here: Bound, target: t.Term, claims: Sequence[Claim], keys: Mapping[str, str], last: Sequence[str],
    names: Sequence[str],
) -> Slopes | None:  # fmt: skip
    """The derivatives of one number; None if it does not depend on the outputs, or cannot be worked out."""
    root = here.world.root()
    try:
        upstream = {
            name: pull(t.Derivative(target, keys[name], "gradient"), root, None, False).detach() for name in last
        }
        if not any(bool((weight != 0).any()) for weight in upstream.values()):
            return None
        derived = _through(here, upstream, keys, names)
        claimed: dict[str, Claimed] = {}
        for claim in claims:
            assert isinstance(claim.head, t.Derivative)
            name = next((name for name in names if keys[name] == claim.head.key), None)
            if name is None:
                continue
            whole = pull(t.Derivative(target, keys[name], "gradient"), root, None, False).detach()
            # a path past the outputs, as of a penalty on a weight, is none of the model's
            if (whole - derived[name]).abs().max() > 1e-9 * whole.abs().max():
                continue
            value = evaluate(claim.claimed, here.bench.frame(claim, here.world)).detach()
            claimed[name] = Claimed(value.expand(here.world.trials, *value.shape[1:]), claim.span)
    except NotExact:
        return None
    title = claims[0].title.removeprefix("∂").partition("/")[0]
    return Slopes(title, upstream, derived, claimed)


def _at_random(here: Bound, keys: Mapping[str, str], last: Sequence[str], names: Sequence[str], seed: int) -> Slopes:
    numbers = torch.Generator().manual_seed(seed)
    known = quantities(here, last)
    upstream = {name: torch.randn(value.shape, generator=numbers, dtype=torch.float64) for name, value in known.items()}
    title = ", ".join(plain(parse_expression(name)) for name in last)
    return Slopes(f"({title})" if len(last) > 1 else title, upstream, _through(here, upstream, keys, names))


DIRECTIONS: Final = 3
"""A gradient that is wrong in any entry is wrong along a direction at random."""
STEP: Final = 2e-3
"""The first step relative to the entries' size; two halvings and extrapolation leave an error of its sixth power."""
UNIT: Final = 2.0**-52
"""A step of float64 at one: the values of a sum are off by this part of its largest summand."""
MARGIN: Final = 8.0
"""Bars are estimates: so many of them are granted."""


@dataclass(frozen=True, slots=True)
class Slope:
    """Slopes along directions of a leaf, and their error bar."""

    value: Tensor
    bar: float
    along: tuple[Tensor, ...]


def noise_of(value: Tensor, *moved: Tensor) -> float:
    """How far rounding moves a value: the bend that it shows over a step too small for any."""
    if len(moved) < 2 or any(one.shape != value.shape for one in moved) or not value.numel():
        return 0.0
    bend = float((moved[0] - 2 * value + moved[1]).abs().max())
    return MARGIN * bend if bend == bend else 0.0


def along(
    evaluate: Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]], leaves: Mapping[str, Tensor], name: str,
    upstream: Mapping[str, Tensor],
) -> Slope:  # fmt: skip
    """The slopes of ⟨upstream, outputs⟩ along directions at random of one leaf (rows × columns, float64).

    Central differences at three steps, extrapolated twice (Richardson); the bar is what the last extrapolation changed,
    and the noise of the values over the step.
    """
    leaf = leaves[name]
    numbers = torch.Generator().manual_seed(leaf.numel())
    scale = max(float(leaf.abs().mean()), 1e-3)

    def value(at: Tensor) -> float:
        with torch.no_grad():
            outputs = evaluate({**leaves, name: at})
        return sum(float((weight * outputs[key].detach()).sum()) for key, weight in upstream.items())

    directions, slopes, bar = [], [], 0.0
    largest = max(float(one.detach().abs().max()) for one in (*leaves.values(), *evaluate(leaves).values()))
    rounding = UNIT * largest * sum(float(weight.abs().sum()) for weight in upstream.values())
    bend = abs(value(leaf * (1 + 1e-6)) - 2 * value(leaf) + value(leaf * (1 - 1e-6)))
    noise = max(bend, rounding)
    # of coarse values larger steps tell more
    step = scale * max(STEP, (noise * 2.0**-52 / rounding) ** (1 / 5) / 4 if rounding else 0.0)
    for _ in range(DIRECTIONS):
        way = torch.randn(leaf.shape, generator=numbers, dtype=torch.float64)
        steps = [step / 2**k for k in range(3)]
        first = [(value(leaf + size * way) - value(leaf - size * way)) / (2 * size) for size in steps]
        second = [(4 * finer - coarser) / 3 for coarser, finer in pairwise(first)]
        last = (16 * second[1] - second[0]) / 15
        directions.append(way)
        slopes.append(last)
        bar = max(bar, abs(last - second[1]) + noise / steps[-1])
    return Slope(torch.tensor(slopes, dtype=torch.float64), MARGIN * bar, tuple(directions))
