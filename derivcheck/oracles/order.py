"""Inequalities: evaluated at many inputs of several magnitudes, then downhill; one violation beyond rounding refutes.

Rounding is measured at the violation, as for equations. A strict inequality between sides that are equal within
rounding at every input is no pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import torch
from torch import Tensor

from derivcheck.evaluation import sizes as drawing
from derivcheck.evaluation.arithmetic import NotExact, OutOfRange
from derivcheck.evaluation.differentiation import Autograd
from derivcheck.evaluation.evaluator import FunctionValue, World, evaluate
from derivcheck.evaluation.grid import Grid
from derivcheck.evaluation.integration import Quickest
from derivcheck.evaluation.sampling import ArbitraryFunction, generator
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
from derivcheck.oracles.draws import CannotDraw
from derivcheck.oracles.enclosing import Look
from derivcheck.oracles.moving import Chart, charts_of, descent, retract, spread_out, tied, within_chart
from derivcheck.oracles.numeric import shown_sizes
from derivcheck.oracles.second import second_look
from derivcheck.oracles.special import inside, special
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
FOLLOWED, FURTHER, DIRECTIONS = 3, 24, 4
"""So many trials of every kind are followed so many steps further, and looked at beside in so many directions."""
DEEP, TOGETHER, TAME, OFF, CLEAR = 1e-9, 1e-2, 1e6, 0.05, 1e3
TOUCH = "the two sides come together"
LENGTHS = (1e-3, 1e-2, 0.05, 0.2, 0.6, 1.5, 4.0)
SMALLEST = 1e-200
"""Sides below this are near the end of the range of float64, where digits are lost."""
JITTERS = 4
CONFIRMED = 48
SECOND_LOOKS = 6
"""So many of the worst are looked at in ball arithmetic."""


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
    if not _integrates(bench, claim) and not doubtful:
        doubt = _touch(bench, claim, seen) if claim.relation in STRICT else None
        doubt = doubt or _at_size_one(bench, claim)
        if doubt is not None:
            return replace(doubt, sizes=sizes, points=points)
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
    held = tied(bench, claim.conditions)
    charts = {key: chart for key, chart in charts_of(bench, held).items() if key in free}
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
                else spread_out(charts[key], leaf.detach(), kind, source, zeros)
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
        corners = _meeting(_corners(bench, drawn, free - held), conditions)
        if corners is not None:
            yield _look(bench, claim, corners)
    for number, group in enumerate(kept):
        yield from _downhill(bench, claim, group[: 1 if number else 2], charts, conditions)


def _touch(bench: Bench, claim: Claim, seen: list[_Seen]) -> Evidence | None:
    """Whether the gap of a strict relation goes to zero between the draws, as that of ``(e^x - 7)^2 > 0`` does.

    Followed downhill it has a minimum that is nothing beside what it is a little to both sides of it. Where it falls
    for ever, as 1 − tanh x does, one of these sides is lower still.
    """
    held = tied(bench, claim.conditions)
    free = behind((claim.head, claim.claimed), bench.problem.definitions) - bench.values.keys()
    charts = {key: chart for key, chart in charts_of(bench, held).items() if key in free and chart.free}
    conditions = _all_conditions(bench, claim)
    first = dict(seen[0].world.sizes)
    for part in (part for part in seen if dict(part.world.sizes) == first and charts and part.good.any()):
        gap = torch.where(part.good & (part.gap > 0), part.gap, torch.inf)
        best = torch.unique(torch.cat([order.argsort()[:FOLLOWED] for order in (gap, gap / part.scale)]))
        best = best[gap[best].isfinite()]
        world: World | None = _moved(part.world, dict(part.world.leaves), best) if len(best) else None
        for _ in range(FURTHER):
            world = None if world is None else _step(bench, claim, world, charts, conditions)
        if world is None:
            continue
        # What the charts make of it, since near an end they are not exact.
        here = _look(bench, claim, _beside(charts, world, 0, 0))
        lowest = here.gap.abs()
        tame = torch.stack([(leaf.detach().abs() < TAME).flatten(1).all(1) for leaf in world.leaves.values()]).all(0)
        for number in range(DIRECTIONS):
            sides = [_beside(charts, world, number, sign) for sign in (1, -1)]
            looks = [_look(bench, claim, side) for side in sides]
            beside = torch.minimum(looks[0].gap, looks[1].gap)
            deep = here.good & looks[0].good & looks[1].good & tame & (beside > 0) & (lowest <= DEEP * beside)
            if bool(deep.any()):
                deep &= _apart(conditions, world, sides)
                # Where a side is lost in rounding there is no minimum: it only looks so.
                deep &= beside > CLEAR * torch.maximum(*(_bar(bench, claim, side) for side in sides))
            for place in deep.nonzero().reshape(-1)[:1].tolist():
                pair = float(here.left[place]), float(here.right[place])
                where = _written(bench, claim, world, place)
                return replace(_equal(Outcome.UNDECIDED, pair, (), 0, TOUCH + where), doubt=Doubt.TOUCH)
    return None


def _beside(charts: dict[str, Chart], world: World, number: int, sign: int) -> World:
    """The same world with every name a twentieth of its size off, in a direction that this number draws."""
    source = generator("touch", number)
    leaves = {key: leaf.detach() for key, leaf in world.leaves.items()}
    for key, chart in charts.items():
        drawn = torch.randn(leaves[key].shape, generator=source, dtype=torch.float64)
        drawn = drawn / drawn.abs().amax((-2, -1), keepdim=True)
        move = sign * OFF * leaves[key].abs().amax((-2, -1), keepdim=True) * drawn
        leaves[key] = retract(chart, leaves[key], within_chart(chart, leaves[key], move))
    return _moved(world, leaves)


def _apart(conditions: list[Comparison], world: World, sides: list[World]) -> Tensor:
    """At which trials nothing that is asked to differ comes together as well."""
    trials = max((leaf.shape[0] for leaf in world.leaves.values()), default=1)
    good = torch.ones(trials, dtype=torch.bool)
    for condition in conditions:
        if condition.sign not in ("=", "\\le", "\\ge"):
            here, *beside = (_difference(condition, each, trials) for each in (world, *sides))
            good &= (here > TOGETHER * torch.maximum(*beside)).all(1)
    return good


def _difference(condition: Comparison, world: World, trials: int) -> Tensor:
    """By how much the sides of a condition differ, ``(trials, entries)``."""
    with torch.no_grad():
        left, right = (evaluate(side, world.root()) for side in (condition.left, condition.right))
    found = (left - right).abs()
    return found.expand(trials, *found.shape[1:]).reshape(trials, -1)


def _written(bench: Bench, claim: Claim, world: World, place: int) -> str:
    """The scalar inputs of a claim at a trial, if they are few."""
    names = [key for key in world.leaves if key in behind((claim.head, claim.claimed), bench.problem.definitions)]
    if not 0 < len(names) <= 3 or any(world.leaves[key][0].numel() > 1 for key in names):
        return ""
    values = {key: float(leaf.detach()[place if leaf.shape[0] > 1 else 0].item()) for key, leaf in world.leaves.items()
              if key in names}  # fmt: skip
    return " near " + ", ".join(f"{bench.problem.declarations[key].text} = {values[key]:.6g}" for key in names)


def _at_size_one(bench: Bench, claim: Claim) -> Evidence | None:
    """What holds at all other sizes and not where one of them is 1: whether that was meant is not said."""
    spoken = _sizes_of(bench, claim)
    free = [name for name in bench.symbols if name not in bench.fixed and name in spoken]
    usual = {name: size for name, size in bench.worlds(claim.conditions)[0].sizes.items() if name in bench.symbols}
    for ones in [*([name] for name in free), *([free] if len(free) > 1 else [])]:
        chosen = {**usual, **dict.fromkeys(ones, 1)}
        if not drawing.possible(chosen, bench.problem) or any(
            bench.problem.size_bounds.get(name, 1) > 1 for name in ones
        ):
            continue
        try:
            drawn = bench.world(chosen, (bench.settings.seed, "one"), claim.conditions, FEW_TRIALS, 1.0)
            world = _meeting(drawn, list(bench.problem.guards))
            seen = None if world is None else _look(bench, claim, world)
        except (CannotDraw, NotExact, OutOfRange, RuntimeError):
            continue
        place = None if seen is None else _failing(bench, claim, seen)
        if seen is not None and place is not None:
            shown = " and ".join(bench.problem.size_names.get(name, name) for name in ones)
            pair = float(seen.left[place]), float(seen.right[place])
            detail = f"it fails where {shown} is 1: say that it is larger if that is meant"
            return replace(_equal(Outcome.UNDECIDED, pair, (), 0, detail), doubt=Doubt.TOUCH)
    return None


def _sizes_of(bench: Bench, claim: Claim) -> set[str]:
    """The sizes of which a claim speaks, or of the names in it."""
    declared = [
        bench.problem.declarations[key]
        for key in behind((claim.head, claim.claimed), bench.problem.definitions)
        if key in bench.problem.declarations
    ]
    terms = [part for side in (claim.head, claim.claimed) for part in t.walk(side)]
    dims = [dim for each in (*declared, *terms) for dim in each.shape]
    dims += [part.dim for part in terms if isinstance(part, t.Size)]
    return {symbol for dim in dims for symbol in dim.substitute(bench.problem.solution).symbols}


def _failing(bench: Bench, claim: Claim, seen: _Seen) -> int | None:
    """A trial at which a claim fails, if only by equality, and at every other one as well."""
    equal = seen.good & (seen.gap.abs() <= FLOOR * seen.scale)
    if claim.relation in STRICT and bool(equal.all()):
        second = second_look(bench, claim, seen.world, 0)
        return None if second is not None and second.look is Look.HOLDS else 0
    if claim.relation == "\\ne" or _violation(bench, claim, seen)[0] is None:
        return None
    return int(seen.ratio.argmin())


def _corners(bench: Bench, world: World, names: frozenset[str]) -> World:
    """The first trial with names at the corners of their domains: zero, equal, unit vectors, the ends of intervals."""
    first = {key: leaf.detach()[:1] for key, leaf in world.leaves.items()}
    shapes = {key: tuple(leaf.shape) for key, leaf in first.items() if key in names}
    flat = {key: tuple(map(Fraction, first[key].reshape(-1).tolist())) for key in shapes}
    exact = {key: Grid(shape, flat[key]) for key, shape in shapes.items()}
    domains = {key: bench.problem.declarations[key].domain for key in exact}
    # Rounding may put what is just inside of a domain on its end.
    found = [
        at for at in special(exact, domains)
        if all(inside(domains[key], Fraction(float(x))) for key in exact for x in at[key].entries)
    ]  # fmt: skip
    if not found:
        return _moved(world, dict(first), torch.zeros(1, dtype=torch.long))
    leaves = {
        key: torch.tensor([list(map(float, at[key].entries)) for at in found], dtype=torch.float64).reshape(
            len(found), *leaf.shape[1:]
        )
        if key in exact
        else leaf.expand(len(found), *leaf.shape[1:])
        for key, leaf in first.items()
    }
    moved = _moved(world, leaves)
    places = torch.zeros(len(found), dtype=torch.long)
    return replace(moved, functions=_moved(world, {}, places).functions)


def _integrates(bench: Bench, claim: Claim) -> bool:
    return holds_integral(claim.head, bench) or holds_integral(claim.claimed, bench)


def _all_conditions(bench: Bench, claim: Claim) -> list[Comparison]:
    """What every input has to meet."""
    groups = [*(assumption.conditions for assumption in bench.problem.assumptions), claim.conditions]
    return [*(condition for group in groups for condition in group), *bench.problem.guards]


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
    bench: Bench, claim: Claim, group: list[_Seen], charts: dict[str, Chart], conditions: list[Comparison]
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
    bench: Bench, claim: Claim, world: World, charts: dict[str, Chart], conditions: list[Comparison]
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
        key: descent(charts[key], leaves[key], torch.nan_to_num(slope, 0.0, 0.0, 0.0)) for key, slope in slopes.items()
    }
    if not moves:
        return None
    trials = gap.shape[0]
    length = sum(move.reshape(trials, -1).square().sum(1) for move in moves.values())
    assert isinstance(length, Tensor)
    norm = length.sqrt().clamp_min(1e-300)
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
            stepped = retract(charts[key], many, unit * far)
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
    charts = charts_of(bench, tied(bench, claim.conditions))
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
