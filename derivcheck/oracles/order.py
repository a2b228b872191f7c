"""Inequalities: evaluated at many inputs of several magnitudes, then downhill; one violation beyond rounding refutes.

Rounding is measured at the violation, as for equations. A strict inequality between sides that are equal within
rounding at every input is no pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import OutOfRange
from derivcheck.evaluation.charts import within
from derivcheck.evaluation.differentiation import Autograd
from derivcheck.evaluation.evaluator import FunctionValue, World, evaluate
from derivcheck.evaluation.integration import Quickest
from derivcheck.evaluation.sampling import ArbitraryFunction, generator
from derivcheck.language.domain import Domain
from derivcheck.oracles import crossing, rational
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.comparing import (
    FLOOR,
    RIGHT_FACTOR,
    ULP,
    WRONG_FACTOR,
    differentiates,
    expanded,
    holds_integral,
    measured_bar,
)
from derivcheck.oracles.enclosing import Look
from derivcheck.oracles.numeric import shown_sizes
from derivcheck.oracles.second import second_look
from derivcheck.problem import terms as t
from derivcheck.problem.facts import behind
from derivcheck.problem.problem import Claim
from derivcheck.problem.terms import Comparison, Term
from derivcheck.verdict import Doubt, Evidence, Outcome

Sizes = tuple[tuple[tuple[str, int], ...], ...]
STRICT = ("<", ">", "\\ne")
TRIALS = 400
FEW_TRIALS = 32
"""The same where an integral has to be worked out at each of them."""
SPREADS = ("drawn", "scaled", "mixed")
STARTS = 18
"""How many of the worst inputs are followed downhill, at every choice of sizes."""
STEPS = 8
LENGTHS = (1e-3, 1e-2, 0.05, 0.2, 0.6, 1.5, 4.0)
SMALLEST = 1e-200
"""Sides below this are near the end of the range of float64, where digits are lost."""
JITTERS = 4
CONFIRMED = 48
SECOND_LOOKS = 6
"""So many of the worst are looked at in ball arithmetic."""
LEAST, MOST = 0.05, 20.0
"""The spreads, relative to the usual draw."""
LARGEST_LOG = 12.0
LARGEST_LOGIT = 16.0
WHOLE = ("natural", "integer")
FIXED = ("finite", "onehot", "orthogonal", *WHOLE)


def applies(bench: Bench, claim: Claim) -> bool:
    """Every relation of order."""
    return claim.relation in ("<", ">", "\\le", "\\ge", "\\ne")


@dataclass(frozen=True, slots=True)
class _Seen:
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
        ratio = self.gap / (FLOOR * WRONG_FACTOR * self.scale.clamp_min(SMALLEST))
        return torch.where(self.good, ratio, torch.inf)


def ask(bench: Bench, claim: Claim) -> Evidence:
    """The gap of the two sides at every input; an input that violates the claim is shown."""
    base = bench.worlds(claim.conditions)
    sizes = tuple(shown_sizes(bench, world) for world in base)
    seen: list[_Seen] = []
    doubtful = False
    for found in _search(bench, claim, base):
        seen.append(found)
        if claim.relation == "\\ne":
            continue
        violation, unclear = _violation(bench, claim, found)
        if violation is not None:
            left, right, gap, bar, detail = violation
            return Evidence(
                "inequality", Outcome.WRONG, error=-gap, bar=bar, claimed=right, reference=left, sizes=sizes,
                points=_points(seen), seen=1 + JITTERS, detail=detail,
            )  # fmt: skip
        doubtful |= unclear
    points = _points(seen)
    if not points:
        detail = "a side is not a finite number at any input drawn"
        return Evidence("inequality", Outcome.UNDECIDED, sizes=sizes, detail=detail, doubt=Doubt.NO_VALUE)
    if claim.relation in STRICT:
        crossed, inputs = crossing.found(bench, claim, [part.world for part in seen])
        if crossed:
            near = min(seen, key=lambda part: float(part.gap.abs().nan_to_num(torch.inf).min()))
            nearest = int(near.gap.abs().nan_to_num(torch.inf).argmin())
            pair = float(near.left[nearest]), float(near.right[nearest])
            return _equal(Outcome.WRONG, pair, sizes, points, crossed, inputs)
        equal = _equality(bench, claim, seen, sizes)
        if equal is not None:
            return equal
    worst = min(seen, key=lambda part: float(part.ratio.min()))
    place = int(worst.ratio.argmin())
    left, right, gap = (float(side[place]) for side in (worst.left, worst.right, worst.gap))
    return Evidence(
        "inequality",
        Outcome.UNDECIDED if doubtful else Outcome.HOLDS,
        error=max(0.0, -gap),
        bar=FLOOR * max(abs(left), abs(right)),
        claimed=right,
        reference=left,
        sizes=sizes,
        points=points,
        detail="a violation that may be rounding" if doubtful else f"no counterexample among {points} inputs",
        doubt=Doubt.ROUNDING if doubtful else None,
    )


def _points(seen: list[_Seen]) -> int:
    return sum(int(part.good.sum()) for part in seen)


def _search(bench: Bench, claim: Claim, base: tuple[World, ...]) -> Iterator[_Seen]:
    """The draws as they come, then spread further, then downhill from the worst of each."""
    if _integrates(bench, claim):
        for number, world in enumerate(base):
            sizes = {name: world.sizes[name] for name in bench.symbols if name in world.sizes}
            seed = (bench.settings.seed, "order", number, 1.0)
            drawn = bench.world(sizes, seed, claim.conditions, FEW_TRIALS, 1.0)
            yield _look(bench, claim, replace(drawn, integrator=Quickest()))
        return
    used = behind((claim.head, claim.claimed), bench.problem.definitions)
    free = used - bench.values.keys()
    charts = {key: chart for key, chart in _charts(bench, claim.conditions).items() if key in free}
    conditions = _all_conditions(bench, claim)
    kept: list[list[_Seen]] = []
    # At exact zeros may be kinks.
    zeros = not differentiates(bench, claim.head, claim.claimed)
    for number, world in enumerate(base):
        sizes = {name: world.sizes[name] for name in bench.symbols if name in world.sizes}
        drawn = bench.world(sizes, (bench.settings.seed, "order", number, 1.0), claim.conditions, TRIALS, 1.0)
        kept.append([])
        for kind in SPREADS:
            source = generator(bench.settings.seed, "order", number, kind)
            leaves = {
                key: leaf.detach() if kind == "drawn" or key not in charts
                else _spread_out(charts[key], leaf.detach(), kind, source, zeros)
                for key, leaf in drawn.leaves.items()
            }  # fmt: skip
            spread = drawn if kind == "drawn" else _meeting(_moved(drawn, leaves), conditions)
            if spread is None:
                continue
            try:
                found = _look(bench, claim, spread)
            except OutOfRange:
                # A whole number that serves as an index too is not to be spread.
                if kind == "drawn":
                    raise
                continue
            kept[-1].append(found)
            yield found
    for number, group in enumerate(kept):
        yield from _downhill(bench, claim, group[: 1 if number else 2], charts, conditions)


def _integrates(bench: Bench, claim: Claim) -> bool:
    return holds_integral(claim.head, bench) or holds_integral(claim.claimed, bench)


def _all_conditions(bench: Bench, claim: Claim) -> list[Comparison]:
    """What every input has to meet."""
    groups = [*(assumption.conditions for assumption in bench.problem.assumptions), claim.conditions]
    return [condition for group in groups for condition in group]


def _look(bench: Bench, claim: Claim, world: World) -> _Seen:
    """Both sides at every trial."""
    with torch.no_grad():
        left, right, gap = (side.detach() for side in _sides(bench, claim, world))
    scale = torch.maximum(left.abs(), right.abs())
    good = left.isfinite() & right.isfinite()
    relative = torch.where(good, gap / scale.clamp_min(SMALLEST), torch.inf)
    place = relative.argmin(1, keepdim=True)
    picked = [each.gather(1, place)[:, 0] for each in (left, right, gap, good)]
    return _Seen(world, *picked)


def _sides(bench: Bench, claim: Claim, world: World) -> tuple[Tensor, Tensor, Tensor]:
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


def _moved(world: World, leaves: dict[str, Tensor], picked: Tensor | None = None) -> World:
    """The same world with other inputs; ``picked`` are the trials from which its functions are taken."""
    functions: dict[str, FunctionValue] = dict(world.functions)
    if picked is not None:
        leaves = {key: leaf[picked] if leaf.shape[0] > 1 else leaf for key, leaf in leaves.items()}
        functions = {key: f.select(picked) if isinstance(f, ArbitraryFunction) else f for key, f in functions.items()}
    inputs = {key: leaf.detach().clone().requires_grad_() for key, leaf in leaves.items()}
    # What an integrator or a differentiator keeps is of the inputs that it has seen.
    integrator = Quickest() if isinstance(world.integrator, Quickest) else world.integrator
    return replace(world, leaves=inputs, functions=functions, differentiator=Autograd(), integrator=integrator)


def _met(world: World, conditions: list[Comparison]) -> Tensor:
    """At which trials the conditions hold; equations do, since their names are not moved."""
    trials = max((leaf.shape[0] for leaf in world.leaves.values()), default=1)
    good = torch.ones(trials, dtype=torch.bool)
    with torch.no_grad():
        for condition in conditions:
            if condition.sign != "=":
                truth = evaluate(condition, world.root())
                good &= truth.reshape(truth.shape[0], -1).all(1).expand(trials)
    return good


def _meeting(world: World, conditions: list[Comparison]) -> World | None:
    """The trials of a world that meet the conditions."""
    good = _met(world, conditions)
    if bool(good.all()):
        return world
    picked = good.nonzero().reshape(-1)
    return _moved(world, {key: leaf.detach() for key, leaf in world.leaves.items()}, picked) if len(picked) else None


def _downhill(
    bench: Bench, claim: Claim, group: list[_Seen], charts: dict[str, _Chart], conditions: list[Comparison]
) -> Iterator[_Seen]:
    """Steps against the gradient of the gap from the worst inputs, of the lengths that go furthest down."""
    charted = {key: chart for key, chart in charts.items() if chart.free}
    if not charted:
        return
    for part in group:
        if not part.good.any():
            continue
        world: World | None = _moved(part.world, dict(part.world.leaves), _starts(part))
        for _ in range(STEPS):
            assert world is not None
            world = _step(bench, claim, world, charted, conditions)
            if world is None:
                break
        else:
            assert world is not None
            yield _look(bench, claim, world)


def _starts(part: _Seen) -> Tensor:
    """Trials with a small gap, with a small relative gap, and the first ones."""
    gap = torch.where(part.good, part.gap, torch.inf)
    third = STARTS // 3
    usual = part.good.nonzero().reshape(-1)[:third]
    return torch.unique(torch.cat([gap.argsort()[:third], part.ratio.argsort()[:third], usual]))


def _step(
    bench: Bench, claim: Claim, world: World, charts: dict[str, _Chart], conditions: list[Comparison]
) -> World | None:
    """One step; None where nothing leads down."""
    leaves = {key: leaf.detach() for key, leaf in world.leaves.items()}
    names = [key for key in charts if leaves[key].requires_grad or world.leaves[key].requires_grad]
    with torch.enable_grad():
        gap = _sides(bench, claim, world)[2].amin(1)
        if not gap.requires_grad:
            return None
        total = torch.where(gap.isfinite(), gap, torch.zeros_like(gap)).sum()
        found = torch.autograd.grad(total, [world.leaves[key] for key in names], allow_unused=True)
    slopes = {key: grad for key, grad in zip(names, found, strict=True) if grad is not None}
    moves = {
        key: _descent(charts[key], leaves[key], torch.nan_to_num(slope, 0.0, 0.0, 0.0)) for key, slope in slopes.items()
    }
    if not moves:
        return None
    trials = gap.shape[0]
    length = sum(move.reshape(trials, -1).square().sum(1) for move in moves.values())
    assert isinstance(length, Tensor)
    norm = length.sqrt().clamp_min(1e-300)
    count = len(LENGTHS) + 2
    lengths = torch.tensor((*LENGTHS, 0.0), dtype=torch.float64).repeat_interleave(trials)
    # One length is Newton's, to where a linear gap is zero.
    steps = torch.cat([torch.nan_to_num(gap.detach().abs() / norm, 0.0, 0.0, 0.0).clamp(0, LENGTHS[-1]), lengths])
    candidates: dict[str, Tensor] = {}
    for key, leaf in leaves.items():
        many = leaf.repeat(count, *(1,) * (leaf.dim() - 1))
        if key in moves:
            unit = moves[key] / norm.reshape(-1, *(1,) * (leaf.dim() - 1))
            far = steps.reshape(-1, *(1,) * (leaf.dim() - 1))
            unit = unit.repeat(count, *(1,) * (leaf.dim() - 1))
            stepped = _retract(charts[key], many, unit * far)
            many = torch.where(far > 0, stepped, many)
        candidates[key] = many
    places = torch.arange(trials).repeat(count)
    tried = replace(_moved(world, candidates), functions=_moved(world, {}, places).functions)
    with torch.no_grad():
        gaps = _sides(bench, claim, tried)[2].amin(1)
    gaps = torch.where(gaps.isfinite() & _met(tried, conditions), gaps, torch.inf)
    best = gaps.reshape(count, trials).argmin(0)
    return _moved(tried, dict(tried.leaves), best * trials + torch.arange(trials))


Violation = tuple[float, float, float, float, str]
"""Left, right, gap, bar, and the sides in words where ball arithmetic gives them."""


def _violation(bench: Bench, claim: Claim, seen: _Seen) -> tuple[Violation | None, bool]:
    """A violation that rounding does not explain; and whether one is neither nor."""
    ratio = seen.ratio
    suspects = (ratio < -1).nonzero().reshape(-1)
    suspects = suspects[seen.scale[suspects] > SMALLEST]
    if not len(suspects):
        return None, False
    suspects = suspects[ratio[suspects].argsort()[:CONFIRMED]]
    world = _moved(seen.world, dict(seen.world.leaves), suspects)
    part = _look(bench, claim, world)
    bar = _bar(bench, claim, world)
    noise, sound = _noise(bench, claim, world, part)
    bad = part.good & sound & (part.gap < -4 * noise)
    over = torch.where(bad, part.gap / bar, torch.inf)
    unclear = False
    for place in over.argsort()[:SECOND_LOOKS].tolist():
        worst = float(over[place])
        second = second_look(bench, claim, world, place)
        if second is None or second.look in (Look.OPEN, Look.LOST):
            unclear |= worst < -RIGHT_FACTOR
            wrong, detail = worst < -WRONG_FACTOR, ""
        else:
            wrong, detail = second.look is Look.WRONG, f"exactly: {second.sides}"
        if wrong:
            left, right, gap = (float(side[place]) for side in (part.left, part.right, part.gap))
            return (left, right, gap, float(bar[place]), detail), False
    return None, unclear


def _equal_exactly(bench: Bench, claim: Claim, seen: list[_Seen]) -> tuple[tuple[float, float], str] | None:
    """The sides at an input where they are equal to the last digit in float64, and exactly as well."""
    looks = 0
    for part in seen:
        near = part.good & ((part.left - part.right).abs() <= FLOOR * part.scale)
        for place in near.nonzero().reshape(-1)[:2].tolist():
            second = second_look(bench, claim, part.world, place) if looks < SECOND_LOOKS else None
            looks += 1
            if second is not None and second.look is Look.WRONG:
                return (float(part.left[place]), float(part.right[place])), f"exactly: {second.sides}"
    return None


def _bar(bench: Bench, claim: Claim, world: World) -> Tensor:
    """The measured error bar of every trial."""
    with torch.no_grad():
        frame = bench.frame(claim, world)
        left, right = expanded(evaluate(claim.head, frame), evaluate(claim.claimed, frame))
    trials = max((leaf.shape[0] for leaf in world.leaves.values()), default=left.shape[0])
    left, right = (side.expand(trials, *side.shape[1:]) for side in (left, right))
    tiny = torch.finfo(torch.float64).tiny
    return (
        measured_bar(bench, claim, world, claim.head, claim.claimed, left, right)
        .reshape(trials, -1)
        .amax(1)
        .clamp_min(tiny)
    )


def _noise(bench: Bench, claim: Claim, world: World, part: _Seen) -> tuple[Tensor, Tensor]:
    """How much the gap changes when the inputs do in their last digits, and where float32 gives numbers as well.

    The first shows cancellation that an error bound to first order does not, the second what leaves the range.
    """
    noise = torch.zeros_like(part.gap)
    charts = _charts(bench, claim.conditions)
    for number in range(JITTERS):
        source = generator("jitter", number)
        leaves = {}
        for key, leaf in world.leaves.items():
            shaken = leaf.detach()
            if key in charts and charts[key].free:
                shaken = shaken * (1 + 2 * ULP * torch.randn(leaf.shape, generator=source, dtype=torch.float64))
            leaves[key] = shaken
        other = _look(bench, claim, _moved(world, leaves))
        noise = torch.maximum(noise, torch.nan_to_num((other.gap - part.gap).abs(), nan=torch.inf))
    sound = torch.ones_like(part.good)
    if _integrates(bench, claim):
        return noise, sound
    with torch.no_grad():
        frame = bench.frame(claim, bench.low_precision(world))
        sides = [evaluate(side, frame).double() for side in (claim.head, claim.claimed)]
    for side in sides:
        flat = side.reshape(side.shape[0], -1).expand(part.gap.shape[0], -1)
        fits = flat.isfinite() | (flat.isinf() & (part.scale > 1e30)[:, None])
        sound &= fits.all(1)
    return noise, sound


def _equality(bench: Bench, claim: Claim, seen: list[_Seen], sizes: Sizes) -> Evidence | None:
    """What is said of a strict relation whose sides do not differ beyond rounding, or are equal at some input."""
    if (exactly := _equal_exactly(bench, claim, seen)) is not None:
        return _equal(Outcome.WRONG, exactly[0], sizes, _points(seen), exactly[1], 2)
    above, below, near = False, False, None
    for part in seen:
        bar = WRONG_FACTOR * _bar(bench, claim, part.world)
        signed = part.left - part.right
        comparable = part.good & (part.scale > SMALLEST)
        above |= bool((comparable & (signed > bar)).any() or (part.good & ~comparable & (signed > 0)).any())
        below |= bool((comparable & (signed < -bar)).any() or (part.good & ~comparable & (signed < 0)).any())
        if claim.relation != "\\ne" and (above or below):
            break
        touching = (comparable & (signed.abs() <= FLOOR * part.scale)).nonzero().reshape(-1)
        if near is None and len(touching):
            near = float(part.left[touching[0]]), float(part.right[touching[0]])
    points = _points(seen)
    if above and below and near is not None:
        detail = "the sides cross: on the two sides of this input they differ in opposite directions"
        return _equal(Outcome.WRONG, near, sizes, points, detail, len((above, below)))
    if above or below:
        zero = _equal_at_zero(seen)
        return None if zero is None else _equal(Outcome.UNDECIDED, zero, sizes, points, "the sides are equal at zero")
    # Sides that saturate in float64 (tanh of 50 and 1) are equal, constant and never the wrong way round.
    same = [part.good & (part.left == part.right) for part in seen]
    values = {value for part, equal in zip(seen, same, strict=True) for value in part.left[equal].tolist()}
    against = any(bool((part.good & (part.gap < 0)).any()) for part in seen)
    many = 4 * sum(int(equal.sum()) for equal in same) >= points and (against or len(values) > 1)
    exact = rational.applies(bench.problem, claim)
    shown = near or (float(seen[0].left[0]), float(seen[0].right[0]))
    if many and not exact and not _absorbs(bench, claim):
        count = sum(int(equal.sum()) for equal in same)
        return _equal(Outcome.WRONG, shown, sizes, points, EVERYWHERE[0], count)
    return _equal(Outcome.UNDECIDED, shown, sizes, points, EVERYWHERE[1])


EVERYWHERE = ("the two sides are equal", "the two sides are equal within rounding at every input")


def _equal(
    outcome: Outcome, pair: tuple[float, float], sizes: Sizes, points: int, detail: str, inputs: int = 0
) -> Evidence:
    left, right = pair
    return Evidence(
        "inequality", outcome, error=abs(left - right), bar=FLOOR * max(abs(left), abs(right)),
        claimed=right, reference=left, sizes=sizes, points=points, detail=detail, seen=inputs,
        doubt=Doubt.ROUNDING if detail in EVERYWHERE else None,
    )  # fmt: skip


def _equal_at_zero(seen: list[_Seen]) -> tuple[float, float] | None:
    """The sides where an input is zero and they are exactly equal, at inputs of usual size."""
    for part in seen:
        leaves = [leaf.detach().reshape(leaf.shape[0], -1) for leaf in part.world.leaves.values()]
        if not leaves:
            continue
        trials = part.good.shape[0]
        zero = torch.zeros(trials, dtype=torch.bool)
        tame = torch.ones(trials, dtype=torch.bool)
        for leaf in leaves:
            zero |= (leaf == 0).all(1)
            tame &= (leaf.abs() < 8).all(1)
        equal = (zero & tame & part.good & (part.left == part.right)).nonzero().reshape(-1)
        if len(equal):
            return float(part.left[equal[0]]), float(part.right[equal[0]])
    return None


def _absorbs(bench: Bench, claim: Claim) -> bool:
    """Whether a constant stands in the claim that float64 loses beside a number of usual size."""
    world = bench.worlds(claim.conditions)[0]
    return any(_tiny(part, world) for side in (claim.head, claim.claimed) for part in t.walk(side))


def _tiny(part: Term, world: World) -> bool:
    if t.variables(part) or any(isinstance(inner, t.Index | t.Arbitrary) for inner in t.walk(part)):
        return False
    try:
        with torch.no_grad():
            value = evaluate(part, world.root())
    except (KeyError, AssertionError, OutOfRange):
        return False
    return isinstance(value, Tensor) and bool(((value != 0) & (value.abs() < 1e-10)).any())


@dataclass(frozen=True, slots=True)
class _Chart:
    """How a declared name may be moved, with the ends of its interval; gradients move it only if it is ``free``."""

    domain: Domain
    low: float | None
    high: float | None
    free: bool


def _charts(bench: Bench, conditions: tuple[Comparison, ...]) -> dict[str, _Chart]:
    """The names that may be moved: not those that an equation ties."""
    problem = bench.problem
    tied: set[str] = set()
    for condition in (*(c for a in problem.assumptions for c in a.conditions), *conditions):
        if condition.sign == "=":
            for key in t.variables(condition.left) | t.variables(condition.right):
                tied |= {key, *bench.dependencies.get(key, ())}
    found: dict[str, _Chart] = {}
    for key, declaration in problem.declarations.items():
        domain = declaration.domain
        high = domain.high if isinstance(domain.high, float | int) else None
        if key in tied or domain.kind in ("finite", "onehot") or (domain.high is not None and high is None):
            continue
        found[key] = _Chart(domain, domain.low, high, domain.kind not in FIXED)
    return found


def _each(value: Tensor, source: torch.Generator, per: str) -> Tensor:
    """Spreads, evenly in their logarithm: one a trial, or one an entry."""
    shape = value.shape if per == "mixed" else (value.shape[0], *(1,) * (value.dim() - 1))
    low, high = torch.tensor(LEAST).log(), torch.tensor(MOST).log()
    return torch.exp(low + (high - low) * torch.rand(shape, generator=source, dtype=torch.float64))


def _spread_out(chart: _Chart, value: Tensor, kind: str, source: torch.Generator, zeros: bool) -> Tensor:
    """Members of the domain of smaller and larger magnitudes; with ``zeros``, some that are exactly zero."""
    scale = _each(value, source, kind)
    whole = _each(value, source, "scaled")
    made = _spread(chart, value, scale, whole)
    if zeros and kind == "mixed" and chart.domain.kind in ("real", "nonnegative", "nonpositive", "integer"):
        rate = torch.tensor([1.0, 0.5, 0.2] + [0.0] * 13, dtype=torch.float64)
        rate = rate.repeat(value.shape[0] // len(rate) + 1)[: value.shape[0]]
        chance = torch.rand(value.shape, generator=source, dtype=torch.float64)
        made = torch.where(chance < rate.reshape(-1, *(1,) * (value.dim() - 1)), torch.zeros_like(made), made)
    return made


def _spread(chart: _Chart, value: Tensor, scale: Tensor, whole: Tensor) -> Tensor:
    """``scale`` an entry's spread, ``whole`` a trial's."""
    match chart.domain.kind:
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
    return _from_line(chart, _to_line(chart, value) * scale, value)


def _powers(value: Tensor, whole: Tensor) -> Tensor:
    """Positive definite matrices with eigenvalues nearer to and further from each other."""
    numbers, vectors = torch.linalg.eigh(value)
    bent = (numbers.clamp_min(1e-6).log()[..., None, :] * whole.clamp(0.2, 4)).clamp(-7, 7).exp()
    made = (vectors * bent) @ vectors.transpose(-1, -2)
    return (made + made.transpose(-1, -2)) / 2


def _to_line(chart: _Chart, value: Tensor) -> Tensor:
    """A number of the domain on the whole line."""
    kind, low, high = chart.domain.kind, chart.low, chart.high
    if kind in ("positive", "nonnegative", "negative", "nonpositive"):
        return value.abs().clamp_min(1e-300).log()
    if kind != "interval" or (low is None and high is None):
        return value
    if low is not None and high is not None:
        inside = ((value - low) / (high - low)).clamp(1e-12, 1 - 1e-12)
        # torch.logit takes milliseconds.
        return inside.log() - torch.log1p(-inside)
    edge = value - low if low is not None else high - value  # type: ignore[operator]
    return edge.clamp_min(1e-300).log()


def _from_line(chart: _Chart, place: Tensor, old: Tensor) -> Tensor:
    """Back into the domain; where rounding would put it on an open end, the old value stays."""
    kind, low, high = chart.domain.kind, chart.low, chart.high
    size = place.clamp(-LARGEST_LOG, LARGEST_LOG).exp()
    if kind in ("positive", "nonnegative"):
        return size
    if kind in ("negative", "nonpositive"):
        return -size
    if kind != "interval" or (low is None and high is None):
        return place
    if low is not None and high is not None:
        made = low + (high - low) * torch.sigmoid(place.clamp(-LARGEST_LOGIT, LARGEST_LOGIT))
        return torch.where((made > low) & (made < high), made, old)
    made = low + size if low is not None else high - size  # type: ignore[operator]
    return torch.where(made > low if low is not None else made < high, made, old)  # type: ignore[operator]


def _descent(chart: _Chart, value: Tensor, slope: Tensor) -> Tensor:
    """The direction of descent in the chart."""
    match chart.domain.kind:
        case "symmetric" | "spd" | "psd":
            return -(slope + slope.transpose(-1, -2)) / 2
        case "skew":
            return -(slope - slope.transpose(-1, -2)) / 2
        case "diagonal" | "lower" | "upper":
            return -within(chart.domain.kind, slope)
        case "unit":
            return -(slope - value * (slope * value).sum((-2, -1), keepdim=True))
        case "simplex":
            return -value * (slope - (slope * value).sum(-2, keepdim=True))
    with torch.enable_grad():
        place = _to_line(chart, value.detach()).detach().requires_grad_()
        (grad,) = torch.autograd.grad((_from_line(chart, place, value) * slope).sum(), place)
    return -grad.nan_to_num(0.0, 0.0, 0.0)


def _retract(chart: _Chart, value: Tensor, step: Tensor) -> Tensor:
    """The member of the domain one step along; where there is none, the old one."""
    match chart.domain.kind:
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
    return _from_line(chart, _to_line(chart, value) + step, value)
