"""By how much an inequality is met at the inputs of a world, where rounding hides it, and one step downhill.

Declared names are moved within their domains: spread over magnitudes, and downhill in charts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from derivcheck.evaluation.charts import tangent
from derivcheck.evaluation.differentiation import Autograd
from derivcheck.evaluation.evaluator import FunctionValue, World, evaluate
from derivcheck.evaluation.gaussian import Quickest
from derivcheck.evaluation.sampling import ArbitraryFunction, generator
from derivcheck.language.shapes import Dim, Domain
from derivcheck.oracles import comparing
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.enclosing import Look
from derivcheck.problem.problem import Claim
from derivcheck.problem.terms import Comparison
from derivcheck.verdict import Doubt, Evidence, Outcome

LEAST, MOST = 0.05, 20.0
"""The spreads, relative to the usual draw."""
LARGEST_LOG = 12.0
LARGEST_LOGIT = 16.0
WHOLE = ("natural", "integer")
FIXED = ("finite", "onehot", "orthogonal", *WHOLE)


def tied(bench: Bench, conditions: tuple[Comparison, ...]) -> set[str]:
    """The names that an equation ties: they stay what they are."""
    return bench.reached(*(condition for condition in (*bench.problem.assumed, *conditions) if condition.sign == "="))


def domains_of(bench: Bench, held: set[str]) -> dict[str, Domain]:
    """The domains of the names that may be moved."""
    declared = {key: each.domain for key, each in bench.problem.declarations.items() if key not in held}
    return {
        key: domain
        for key, domain in declared.items()
        if domain.kind not in ("finite", "onehot") and not isinstance(domain.high, Dim)
    }


def free(domain: Domain) -> bool:
    """Whether gradients move its members."""
    return domain.kind not in FIXED


def _each(value: Tensor, source: torch.Generator, per: str) -> Tensor:
    """Spreads, evenly in their logarithm: one a trial, or one an entry."""
    shape = value.shape if per == "mixed" else (value.shape[0], *(1,) * (value.dim() - 1))
    low, high = torch.tensor(LEAST).log(), torch.tensor(MOST).log()
    return torch.exp(low + (high - low) * torch.rand(shape, generator=source, dtype=torch.float64))


def spread_out(domain: Domain, value: Tensor, kind: str, source: torch.Generator, zeros: bool) -> Tensor:
    """Members of the domain of smaller and larger magnitudes; with ``zeros``, some that are exactly zero."""
    scale = _each(value, source, kind)
    whole = _each(value, source, "scaled")
    made = _spread(domain, value, scale, whole)
    if zeros and kind == "mixed" and domain.kind in ("real", "nonnegative", "nonpositive", "integer"):
        rate = torch.tensor([1.0, 0.5, 0.2] + [0.0] * 13, dtype=torch.float64)
        rate = rate.repeat(value.shape[0] // len(rate) + 1)[: value.shape[0]]
        chance = torch.rand(value.shape, generator=source, dtype=torch.float64)
        made = torch.where(chance < rate.reshape(-1, *(1,) * (value.dim() - 1)), torch.zeros_like(made), made)
    return made


def _spread(domain: Domain, value: Tensor, scale: Tensor, whole: Tensor) -> Tensor:
    """``scale`` an entry's spread, ``whole`` a trial's."""
    match domain.kind:
        case "real" | "nonzero":
            return value * scale
        case "natural":
            return (value * scale).round().clamp(1, 60)
        case "integer":
            return (value * scale).round().clamp(-60, 60)
        case "symmetric" | "skew":
            return value * whole
        case "diagonal" | "lower" | "upper":
            return value * scale
        case "spd" | "psd":
            return _powers(value, whole)
        case "unit":
            sharp = value.sign() * value.abs().clamp_min(1e-12) ** scale.clamp(0.1, 6)
            return sharp / sharp.norm(dim=(-2, -1), keepdim=True)
        case "simplex":
            return torch.softmax(value.clamp_min(1e-12).log() * whole.clamp(0.1, 6), dim=-2).clamp_min(1e-12)
        case "orthogonal":
            return value
    return _from_line(domain, _to_line(domain, value) * scale, value)


def _powers(value: Tensor, whole: Tensor) -> Tensor:
    """Positive definite matrices with eigenvalues nearer to and further from each other."""
    numbers, vectors = torch.linalg.eigh(value)
    bent = (numbers.clamp_min(1e-6).log()[..., None, :] * whole.clamp(0.2, 4)).clamp(-7, 7).exp()
    made = (vectors * bent) @ vectors.transpose(-1, -2)
    return (made + made.transpose(-1, -2)) / 2


def _to_line(domain: Domain, value: Tensor) -> Tensor:
    """A number of the domain on the whole line."""
    low, high = domain.known_ends or (None, None)
    if low is None and high is None:
        return value
    if low is not None and high is not None:
        inside = ((value - low) / (high - low)).clamp(1e-12, 1 - 1e-12)
        # torch.logit takes milliseconds.
        return inside.log() - torch.log1p(-inside)
    edge = value - low if low is not None else high - value  # type: ignore[operator]
    return edge.clamp_min(1e-300).log()


def _from_line(domain: Domain, place: Tensor, old: Tensor) -> Tensor:
    """Back into the domain; where rounding would put it on an open end, the old value stays."""
    low, high = domain.known_ends or (None, None)
    size = place.clamp(-LARGEST_LOG, LARGEST_LOG).exp()
    if low is None and high is None:
        return torch.where(place == 0, old, place) if domain.kind == "nonzero" else place
    if low is not None and high is not None:
        made = low + (high - low) * torch.sigmoid(place.clamp(-LARGEST_LOGIT, LARGEST_LOGIT))
        return torch.where((made > low) & (made < high), made, old)
    made = low + size if low is not None else high - size  # type: ignore[operator]
    return torch.where(made > low if low is not None else made < high, made, old)  # type: ignore[operator]


def descent(domain: Domain, value: Tensor, slope: Tensor) -> Tensor:
    """The direction of descent in the chart."""
    match domain.kind:
        case "symmetric" | "spd" | "psd" | "skew" | "diagonal" | "lower" | "upper" | "unit":
            return -tangent(domain, value, slope)
        case "simplex":
            return -value * (slope - (slope * value).sum(-2, keepdim=True))
    with torch.enable_grad():
        place = _to_line(domain, value.detach()).detach().requires_grad_()
        (grad,) = torch.autograd.grad((_from_line(domain, place, value) * slope).sum(), place)
    return -grad.nan_to_num(0.0, 0.0, 0.0)


def within_chart(domain: Domain, value: Tensor, move: Tensor) -> Tensor:
    """A move of every entry as one that stays in the domain to first order."""
    return move if domain.kind == "simplex" else tangent(domain, value, move)


def retract(domain: Domain, value: Tensor, step: Tensor) -> Tensor:
    """The member of the domain one step along; where there is none, the old one."""
    match domain.kind:
        case "symmetric" | "skew" | "diagonal" | "lower" | "upper":
            return value + step
        case "spd" | "psd":
            made = value + step
            shrunk = made - 1e-6 * torch.eye(made.shape[-1], dtype=made.dtype)
            bad = torch.linalg.cholesky_ex(shrunk)[1] != 0
            return torch.where(bad[..., None, None], value, made)
        case "unit":
            made = value + step
            return made / made.norm(dim=(-2, -1), keepdim=True)
        case "simplex":
            return torch.softmax(value.clamp_min(1e-300).log() + step, dim=-2).clamp_min(1e-12)
    return _from_line(domain, _to_line(domain, value) + step, value)


Sizes = tuple[tuple[tuple[str, int], ...], ...]
STRICT = ("<", ">", "\\ne")
LENGTHS = (1e-3, 1e-2, 0.05, 0.2, 0.6, 1.5, 4.0)
SMALLEST = 1e-200
"""Sides below this are near the end of the range of float64, where digits are lost."""
JITTERS = 4
CONFIRMED = 48
SECOND_LOOKS = 6
"""So many of the worst are looked at in ball arithmetic."""
Violation = tuple[float, float, float, float, str]
"""Left, right, gap, bar, and the sides in words where ball arithmetic gives them."""
EVERYWHERE = ("the two sides are equal", "the two sides are equal within rounding at every input")


@dataclass(frozen=True, slots=True)
class Seen:
    """Both sides at every trial of a world, at the entry with the least gap relative to its size."""

    world: World
    left: Tensor
    right: Tensor
    gap: Tensor
    good: Tensor

    @property
    def scale(self) -> Tensor:
        return torch.maximum(self.left.abs(), self.right.abs())

    @property
    def ratio(self) -> Tensor:
        """The gap over the least that tells a violation; infinite where there is nothing to compare."""
        ratio = self.gap / (comparing.FLOOR * comparing.WRONG_FACTOR * self.scale.clamp_min(SMALLEST))
        return torch.where(self.good, ratio, torch.inf)


def all_conditions(bench: Bench, claim: Claim) -> list[Comparison]:
    """What every input has to meet."""
    return [*bench.problem.assumed, *claim.conditions, *bench.problem.guards]


def look(bench: Bench, claim: Claim, world: World) -> Seen:
    """Both sides at every trial."""
    with torch.no_grad():
        left, right, gap = (side.detach() for side in sides_of(bench, claim, world))
    scale = torch.maximum(left.abs(), right.abs())
    good = left.isfinite() & right.isfinite()
    relative = torch.where(good, gap / scale.clamp_min(SMALLEST), torch.inf)
    place = relative.argmin(1, keepdim=True)
    picked = [each.gather(1, place)[:, 0] for each in (left, right, gap, good)]
    return Seen(world, *picked)


def sides_of(bench: Bench, claim: Claim, world: World) -> tuple[Tensor, Tensor, Tensor]:
    """Left, right and by how much the claim is met, ``(trials, entries)``."""
    frame = bench.frame(claim, world)
    left, right = torch.broadcast_tensors(evaluate(claim.head, frame), evaluate(claim.claimed, frame))
    trials = max((leaf.shape[0] for leaf in world.leaves.values()), default=left.shape[0])
    left, right = (side.expand(trials, *side.shape[1:]).reshape(trials, -1) for side in (left, right))
    match claim.relation:
        case "<" | "\\le":
            return left, right, right - left
        case "\\ne":
            return left, right, (left - right).abs()
    return left, right, left - right


def moved(world: World, leaves: dict[str, Tensor], picked: Tensor | None = None) -> World:
    """The same world with other inputs; ``picked`` are the trials that stay."""
    if picked is not None:
        leaves = {key: leaf[picked] if leaf.shape[0] > 1 else leaf for key, leaf in leaves.items()}
    return placed(world, leaves, picked)


def placed(world: World, leaves: Mapping[str, Tensor], trials: Tensor | None) -> World:
    """The same world with other inputs, and its functions as at these trials, one after the other."""
    functions: dict[str, FunctionValue] = {
        key: f.select(trials) if trials is not None and isinstance(f, ArbitraryFunction) else f
        for key, f in world.functions.items()
    }
    inputs = {key: leaf.detach().clone().requires_grad_() for key, leaf in leaves.items()}
    # What an integrator or a differentiator keeps is of the inputs that it has seen.
    integrator = Quickest() if isinstance(world.integrator, Quickest) else world.integrator
    count = max((leaf.shape[0] for leaf in inputs.values()), default=world.trials)
    made = replace(world, leaves=inputs, functions=functions, differentiator=Autograd(), integrator=integrator)
    return replace(made, trials=count)


def met(world: World, conditions: list[Comparison]) -> Tensor:
    """At which trials the conditions hold; equations do, since their names are not moved."""
    trials = max((leaf.shape[0] for leaf in world.leaves.values()), default=1)
    good = torch.ones(trials, dtype=torch.bool)
    with torch.no_grad():
        for condition in conditions:
            if condition.sign != "=":
                truth = evaluate(condition, world.root())
                good &= truth.reshape(truth.shape[0], -1).all(1).expand(trials)
    return good


def meeting(world: World, conditions: list[Comparison]) -> World | None:
    """The trials of a world that meet the conditions."""
    good = met(world, conditions)
    if bool(good.all()):
        return world
    picked = good.nonzero().reshape(-1)
    return moved(world, {key: leaf.detach() for key, leaf in world.leaves.items()}, picked) if len(picked) else None


def step(
    bench: Bench, claim: Claim, world: World, domains: dict[str, Domain], conditions: list[Comparison]
) -> World | None:
    """One step; None where nothing leads down."""
    leaves = {key: leaf.detach() for key, leaf in world.leaves.items()}
    names = [key for key in domains if world.leaves[key].requires_grad]
    with torch.enable_grad():
        gap = sides_of(bench, claim, world)[2].amin(1)
        if not gap.requires_grad:
            return None
        total = torch.where(gap.isfinite(), gap, torch.zeros_like(gap)).sum()
        found = torch.autograd.grad(total, [world.leaves[key] for key in names], allow_unused=True)
    moves = {
        key: descent(domains[key], leaves[key], torch.nan_to_num(slope, 0.0, 0.0, 0.0))
        for key, slope in zip(names, found, strict=True)
        if slope is not None
    }
    if not moves:
        return None
    trials = len(gap)
    norm = torch.cat([move.reshape(trials, -1) for move in moves.values()], 1).norm(dim=1).clamp_min(1e-300)
    count = len(LENGTHS) + 3
    lengths = torch.tensor((*LENGTHS, 0.0), dtype=torch.float64).repeat_interleave(trials)
    # Two lengths are Newton's, to where a linear gap is zero and to where a quadratic one is.
    newton = torch.nan_to_num(gap.detach().abs() / norm, 0.0, 0.0, 0.0)
    steps = torch.cat([newton.clamp(0, LENGTHS[-1]), (2 * newton).clamp(0, LENGTHS[-1]), lengths])
    candidates: dict[str, Tensor] = {}
    for key, leaf in leaves.items():
        many = leaf.repeat(count, *(1,) * (leaf.dim() - 1))
        if key in moves:
            unit = moves[key] / norm.reshape(-1, *(1,) * (leaf.dim() - 1))
            far = steps.reshape(-1, *(1,) * (leaf.dim() - 1))
            unit = unit.repeat(count, *(1,) * (leaf.dim() - 1))
            stepped = retract(domains[key], many, unit * far)
            many = torch.where(far > 0, stepped, many)
        candidates[key] = many
    places = torch.arange(trials).repeat(count)
    tried = placed(world, candidates, places)
    with torch.no_grad():
        gaps = sides_of(bench, claim, tried)[2].amin(1)
    gaps = torch.where(gaps.isfinite() & met(tried, conditions), gaps, torch.inf)
    best = gaps.reshape(count, trials).argmin(0)
    return moved(tried, dict(tried.leaves), best * trials + torch.arange(trials))


def violation_in(bench: Bench, claim: Claim, seen: Seen) -> tuple[Violation | None, bool]:
    """A violation that rounding does not explain; and whether one is neither nor."""
    ratio = seen.ratio
    suspects = (ratio < -1).nonzero().reshape(-1)
    suspects = suspects[seen.scale[suspects] > SMALLEST]
    if not len(suspects):
        return None, False
    suspects = suspects[ratio[suspects].argsort()[:CONFIRMED]]
    world = moved(seen.world, dict(seen.world.leaves), suspects)
    part = look(bench, claim, world)
    bar = bar_of(bench, claim, world)
    noise, sound = _noise(bench, claim, world, part)
    bad = part.good & sound & (part.gap < -4 * noise)
    over = torch.where(bad, part.gap / bar, torch.inf)
    unclear = False
    for place in over.argsort()[:SECOND_LOOKS].tolist():
        worst = float(over[place])
        second = comparing.second_look(bench, claim, world, place)
        if second is None or second.look in (Look.OPEN, Look.LOST):
            unclear |= worst < -comparing.RIGHT_FACTOR
            wrong, detail = worst < -comparing.WRONG_FACTOR, ""
        else:
            wrong, detail = second.look is Look.WRONG, f"exactly: {second.sides}"
        if wrong:
            left, right, gap = (float(side[place]) for side in (part.left, part.right, part.gap))
            return (left, right, gap, float(bar[place]), detail), False
    return None, unclear


def bar_of(bench: Bench, claim: Claim, world: World) -> Tensor:
    """The measured error bar of every trial."""
    with torch.no_grad():
        frame = bench.frame(claim, world)
        left, right = comparing.expanded(evaluate(claim.head, frame), evaluate(claim.claimed, frame))
    trials = max((leaf.shape[0] for leaf in world.leaves.values()), default=left.shape[0])
    left, right = (side.expand(trials, *side.shape[1:]) for side in (left, right))
    tiny = torch.finfo(torch.float64).tiny
    bar = comparing.measured_bar(bench, claim, world, claim.head, claim.claimed, left, right)
    return bar.reshape(trials, -1).amax(1).clamp_min(tiny)


def _noise(bench: Bench, claim: Claim, world: World, part: Seen) -> tuple[Tensor, Tensor]:
    """How much the gap changes when the inputs do in their last digits, and where float32 gives numbers as well.

    The first shows cancellation that an error bound to first order does not, the second what leaves the range.
    """
    noise, sound = torch.zeros_like(part.gap), torch.ones_like(part.good)
    domains = domains_of(bench, tied(bench, claim.conditions))
    for number in range(JITTERS):
        source = generator("jitter", number)
        leaves = {}
        for key, leaf in world.leaves.items():
            shaken = leaf.detach()
            if key in domains and free(domains[key]):
                off = 2 * comparing.ULP * torch.randn(leaf.shape, generator=source, dtype=torch.float64)
                shaken = shaken * (1 + off)
            leaves[key] = shaken
        other = look(bench, claim, moved(world, leaves))
        noise = torch.maximum(noise, torch.nan_to_num((other.gap - part.gap).abs(), nan=torch.inf))
    if bench.integrates(claim.head, claim.claimed):
        return noise, sound
    with torch.no_grad():
        frame = bench.frame(claim, bench.low_precision(world))
        sides = [evaluate(side, frame).double() for side in (claim.head, claim.claimed)]
    for side in sides:
        flat = side.reshape(side.shape[0], -1).expand(part.gap.shape[0], -1)
        sound &= (flat.isfinite() | (flat.isinf() & (part.scale > 1e30)[:, None])).all(1)
    return noise, sound


def equal(
    outcome: Outcome, pair: tuple[float, float], sizes: Sizes, points: int, detail: str, inputs: int = 0
) -> Evidence:
    left, right = pair
    return Evidence(
        "inequality", outcome, error=abs(left - right), bar=comparing.FLOOR * max(abs(left), abs(right)),
        claimed=right, reference=left, sizes=sizes, points=points, detail=detail, seen=inputs,
        doubt=Doubt.ROUNDING if detail in EVERYWHERE else None,
    )  # fmt: skip
