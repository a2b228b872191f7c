"""Claims about where something is largest or smallest, by three sources.

``optimum``: the place itself, found by Newton's method and BFGS without the claim. ``stationarity``: at the claimed
place the gradient by autograd vanishes, and the curvature has the sign of an optimum. Both keep q, and what is defined
from it, at the current values of the parameters. ``comparison``: by values of the objective alone no other place may
be better, near or far. No derivative is taken there and no optimum is sought: a better place refutes, whatever kind of
place was claimed; that none of those tried is better proves nothing by itself. One claim for every entry of a name (w_k
for every k) is put together first: its entries must make a member of the domain, and only as a whole can they be moved.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import BUDGET, NotExact, TooLarge
from derivcheck.evaluation.charts import bounds, chart, supported, tangent
from derivcheck.evaluation.evaluator import World, evaluate
from derivcheck.evaluation.integration import Quadrature
from derivcheck.evaluation.optimisation import COUPLED, Objective, Optimiser, curvature, objective_of, stationarity
from derivcheck.evaluation.sampling import generator
from derivcheck.language.shapes import Domain
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.comparing import FLOOR, SAFETY, Discrepancy, discrepancy, expanded, integral_dimension
from derivcheck.oracles.draws import Silent, silent_at
from derivcheck.oracles.numeric import MOST_NODES, summary
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim
from derivcheck.verdict import Doubt, Evidence, Outcome, Sees

CONVERGED = 1e-10
"""An optimum is compared to this relative accuracy at best."""
FLAT = 1e-8
"""A curvature below this share of the largest one is rounding."""
COMPARISON = "comparison"
DIRECTIONS = 3
STEPS = (10.0, 1.0, 0.1, 0.01, 0.001)
"""How far the other places are from the claimed one, in its own size; to either side."""
MARGIN = 1e-9
"""By so much of the objective's size another place must be better: integrals in it are as accurate as that."""
MEMBER = 1e-9


def sought(claim: Claim) -> t.Optimum | None:
    """The optimum that a claim is about, read through an entry of it."""
    match claim.head:
        case t.Optimum():
            return claim.head
        case t.Entry(argument=t.Optimum() as inner):
            return inner
    return None


def applies(bench: Bench, claim: Claim) -> bool:
    """Equations whose left side is an optimum."""
    return claim.relation == "=" and sought(claim) is not None


def ask(bench: Bench, claim: Claim) -> Evidence:
    """The claimed value against the optimum found without it, at every draw."""
    term = sought(claim)
    assert term is not None
    found: list[tuple[World, Discrepancy]] = []
    reasons: list[str] = []
    for drawn in bench.worlds(claim.conditions):
        world = bench.quickest(drawn)
        frame = bench.frame(claim, world)
        assert isinstance(world.optimiser, Optimiser)
        try:
            with torch.no_grad():
                claimed = evaluate(claim.claimed, frame).detach()
            best = world.optimiser.solve(term, frame, claimed if claim.head is term else None)
        except TooLarge:
            raise
        except NotExact as error:
            return Evidence("optimum", Outcome.NOT_CHECKED, detail=error.what)
        if not bool(best.converged.all()):
            reasons.append(best.reason)
            if best.reason.endswith("without bound"):
                break  # nor is there an optimum at other draws, and the search for one is long
            continue
        place, accuracy = best.place, best.error
        if claim.head is not term:
            assert isinstance(claim.head, t.Entry)
            inner = t.Entry(t.Variable("place#", shape=term.shape), claim.head.row, claim.head.column)
            place = evaluate(inner, frame.bind({"place#": place}))
        left, right = expanded(place, claimed)
        size = left.abs().reshape(left.shape[0], -1).amax(1)
        bar = accuracy.reshape(accuracy.shape[0], -1).amax(1) + (FLOOR + CONVERGED / 10) * size
        found.append((world, discrepancy(left, right, bar)))
    if not found:
        detail = next(iter(reasons), "no optimum was found")
        return Evidence("optimum", Outcome.UNDECIDED, detail=detail, doubt=Doubt.UNSOLVED)
    return summary("optimum", bench, claim, claim.claimed, found)


def whole(bench: Bench, claim: Claim) -> tuple[t.Optimum, Claim, str] | None:
    """The optimum as a value that moves by itself, the claim about it, and the index by which it is put together.

    None where one entry is claimed of a value whose entries move together.
    """
    term = sought(claim)
    if term is None:
        return None
    coupled = bench.problem.declarations[term.key].domain.kind in COUPLED
    if claim.head is term and not (coupled and term.position is not None):
        return term, claim, ""
    row, column = term.position or (None, None)
    if claim.head is not term:
        assert isinstance(claim.head, t.Entry)
        row, column = claim.head.row, claim.head.column
    single = column is None or column == t.Constant(Fraction(1))
    if not isinstance(row, t.Index) or row.name not in claim.free or not single or term.indices:
        return None
    if any(isinstance(part, t.Index) and part.name == row.name for part in t.walk(term.objective)):
        return None
    shape = bench.problem.declarations[term.key].shape
    entire = replace(term, position=None, shape=shape)
    return entire, replace(claim, head=entire, free=tuple(name for name in claim.free if name != row.name)), row.name


def claimed_place(bench: Bench, claim: Claim, world: World, start: Tensor, index: str) -> Tensor:
    """The claimed value, in the shape of the optimum."""
    place = placed(bench, claim, world, start, index)
    if not bool(place.isfinite().all()):
        raise Silent("the claimed place is not a finite number")
    return place


def placed(bench: Bench, claim: Claim, world: World, start: Tensor, index: str) -> Tensor:
    """The claimed value, in the shape of the optimum, whatever numbers these are."""
    frame = bench.frame(claim, world)
    with torch.no_grad():
        value: Tensor = evaluate(claim.claimed, frame).detach()
    if not index:
        return value.expand(start.shape).clone()
    axis = 1 + claim.free.index(index)
    if frame.axes[axis - 1].count != start.shape[-2] or start.shape[-1] != 1:
        raise NotExact("an optimum of which some entries are claimed")
    value = value.expand(world.trials, *(a.count for a in frame.axes), 1, 1)
    return value.movedim(axis, -3).squeeze(-1).expand(start.shape).clone()


def is_stationary(bench: Bench, claim: Claim) -> bool:
    """Optima over values that move one by one, sought as a whole or as one entry, or entry by entry as a whole."""
    return claim.relation == "=" and whole(bench, claim) is not None


@silent_at("stationarity", NotExact)
def ask_stationary(bench: Bench, claim: Claim) -> Evidence:
    """The gradient at the claimed place against that around it; and the sign of the curvature there."""
    parts = whole(bench, claim)
    assert parts is not None
    term, about, index = parts
    found: list[tuple[World, Discrepancy]] = []
    for drawn in bench.worlds(claim.conditions):
        world = drawn if integral_dimension(claim, bench, drawn) <= MOST_NODES else bench.quickest(drawn)
        frame = bench.frame(about, world)
        assert isinstance(world.optimiser, Optimiser)
        domain = world.optimiser.domain(term, frame)
        objective, start = objective_of(term, frame)
        place = claimed_place(bench, claim, world, start, index)
        slope, bar = stationarity(objective, place, domain, term.op == "argmax")
        elsewhere, _ = stationarity(objective, _beside(place, domain), domain, term.op == "argmax")
        bent = _bent_wrongly(objective, place, domain, term.op == "argmax")
        size = elsewhere.abs().reshape(slope.shape[0], -1).amax(1)
        level = size.reshape(-1, *(1,) * (slope.dim() - 1)).expand(slope.shape)
        # A gradient of 0 has no size of its own: that beside the place is what it is compared with.
        part = discrepancy(level, level + slope, SAFETY * bar + FLOOR * level)
        if part.outcome is not Outcome.HOLDS:
            moved = _other_slope(bench, about, world, term, place, domain)
            part = discrepancy(level, level + slope, SAFETY * (bar + (moved - slope).abs()) + FLOOR * level)
        found.append((world, part))
        if part.outcome is Outcome.HOLDS and bent:
            sort = "maximum" if term.op == "argmax" else "minimum"
            detail = f"the curvature there is not that of a {sort}"
            return Evidence("stationarity", Outcome.WRONG, detail=detail, sees=Sees.HEIGHT, seen=bent)
    return replace(summary("stationarity", bench, about, claim.claimed, found), sees=Sees.SLOPE)


def _other_slope(bench: Bench, claim: Claim, drawn: World, term: t.Optimum, place: Tensor, domain: Domain) -> Tensor:
    """The gradient at the same place with other nodes for every integral: how far that is off is in its error."""
    nodes = isinstance(drawn.integrator, Quadrature)
    objective, _ = objective_of(term, bench.frame(claim, bench.finer(drawn) if nodes else bench.jittered(drawn)))
    return stationarity(objective, place, domain, term.op == "argmax")[0]


def _bent_wrongly(objective: Objective, place: Tensor, domain: Domain, largest: bool) -> int:
    """At how many inputs the objective bends away from an optimum of its kind in some direction, beyond rounding."""
    up = curvature(objective, place, domain)
    down = curvature(lambda at: -objective(at), place, domain)
    against = up if largest else down
    return int(((against > FLAT * torch.maximum(up, down)) & (against > 0)).sum())


def _beside(place: Tensor, domain: Domain) -> Tensor:
    """A place a tenth away, on a simplex with another first entry."""
    if domain.kind != "simplex":
        return place * 1.1
    other = place * torch.cat([place.new_full((1, 1), 1.1), place.new_ones(place.shape[-2] - 1, 1)])
    return other / other.sum(-2, keepdim=True)


def is_comparable(bench: Bench, claim: Claim) -> bool:
    """Equations whose left side is an optimum over a name that no condition but its domain narrows."""
    term = sought(claim)
    if claim.relation != "=" or term is None:
        return False
    asked = (*claim.conditions, *bench.problem.assumed)
    narrowed = {key for condition in asked if condition.sign != "\\ne" for key in t.variables(condition)}
    return term.key not in narrowed and whole(bench, claim) is not None


@silent_at(COMPARISON, NotExact)
def ask_comparison(bench: Bench, claim: Claim) -> Evidence:
    """The objective at the claimed place and at others, at every draw."""
    found = whole(bench, claim)
    assert found is not None
    term, about, index = found
    tried, sizes = 0, []
    for number, drawn in enumerate(bench.worlds(claim.conditions)):
        world = bench.quickest(drawn)
        BUDGET.renew()
        shown = bench.shown(world.sizes)
        sizes.append(shown)
        domain = bench.problem.declarations[term.key].domain.in_numbers(world.sizes)
        supported(domain)
        objective, start = objective_of(term, bench.frame(about, world))
        place = claimed_place(bench, claim, world, start, index)
        if not _member(domain if term.position is None else Domain(), place):
            detail = "the claimed value does not lie where the optimum is sought"
            return Evidence(
                COMPARISON, Outcome.WRONG, sizes=tuple(sizes), failing=(shown,), detail=detail, seen=world.trials
            )
        source = generator(bench.settings.seed, COMPARISON, number)
        try:
            gain, count, better = _best(objective, place, start, domain, term.op == "argmax", source)
        except torch.linalg.LinAlgError as error:  # type: ignore[attr-defined]
            raise Silent("the claimed place has nothing beside it") from error
        tried += count
        if gain > 0:
            word = "larger" if term.op == "argmax" else "smaller"
            return Evidence(
                COMPARISON, Outcome.WRONG, gain, sizes=tuple(sizes), failing=(shown,), points=tried,
                detail=f"the objective is {word} by {gain:.2g} at another place", seen=better,
            )  # fmt: skip
    detail = f"none of {tried} other places is better"
    return Evidence(COMPARISON, Outcome.HOLDS, sizes=tuple(sizes), points=tried, detail=detail)


def _member(domain: Domain, place: Tensor) -> bool:
    """Whether a place lies in a domain, but for rounding."""
    size = place.abs().amax().clamp_min(1e-300)
    low, high = bounds(domain)
    inside = bool((place >= low - MEMBER * size).all()) if low is not None else True
    inside = inside and (bool((place <= high + MEMBER * size).all()) if high is not None else True)
    match domain.kind:
        case "simplex":
            return bool((place >= -MEMBER).all() and ((place.sum(-2) - 1).abs() <= MEMBER).all())
        case "unit":
            return bool(((place.square().sum((-2, -1)) - 1).abs() <= MEMBER).all())
        case "symmetric" | "spd" | "psd" | "skew" | "diagonal" | "lower" | "upper":
            return bool(((tangent(domain, place, place) - place).abs() <= MEMBER * size).all())
    return inside


def _best(
    objective: Objective, place: Tensor, start: Tensor, domain: Domain, largest: bool, source: torch.Generator
) -> tuple[float, int, int]:
    """By how much the best of the other places is better (0: none is by more than rounding), how many they were, and
    how many of them are better.

    What ulps in the claimed place do to the objective is its rounding.
    """
    sign = 1.0 if largest else -1.0
    made = chart(domain, place)
    with torch.no_grad():
        value = objective(place).detach()
        rounding = torch.zeros_like(value)
        for _ in range(3):
            off = 1 + 2.0**-51 * (2 * torch.rand(place.shape, generator=source, dtype=torch.float64) - 1)
            rounding = torch.maximum(rounding, (objective(place * off) - value).abs().nan_to_num(torch.inf))
        bar = MARGIN * value.abs() + 100 * rounding
        others = [start]
        for _ in range(DIRECTIONS):
            along = torch.randn(made.unit.shape, generator=source, dtype=torch.float64) * made.unit
            others += [made.place(step * along).detach() for size in STEPS for step in (size, -size)]
        gains = torch.stack([(sign * (objective(other).detach() - value) - bar) for other in others])
    better = gains.nan_to_num(-torch.inf, -torch.inf, -torch.inf)
    # What is not a number at the claimed place cannot be compared.
    better = torch.where(value.isfinite() & bar.isfinite(), better, -torch.inf)
    return max(0.0, float(better.amax())), len(others) * value.numel(), int((better > 0).sum())
