"""Claimed optima by values of the objective alone: no other place may be better, near or far.

No derivative is taken and no optimum is sought. A better place refutes, whatever kind of place was claimed; that none
of those tried is better proves nothing by itself. One claim for every entry of a name (w_k for every k) is put together
first: its entries must make a member of the domain, and only as a whole can they be moved.
"""

from __future__ import annotations

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import NotExact, TooLarge
from derivcheck.evaluation.budget import BUDGET
from derivcheck.evaluation.charts import bounds, chart, supported, tangent
from derivcheck.evaluation.optimisation import Objective, objective_of
from derivcheck.evaluation.sampling import generator
from derivcheck.language.domain import Domain
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.optimum import claimed_place, sought, whole
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim
from derivcheck.verdict import Evidence, Outcome

NAME = "comparison"
DIRECTIONS = 3
STEPS = (10.0, 1.0, 0.1, 0.01, 0.001)
"""How far the other places are from the claimed one, in its own size; to either side."""
MARGIN = 1e-9
"""By so much of the objective's size another place must be better: integrals in it are as accurate as that."""
MEMBER = 1e-9


def applies(bench: Bench, claim: Claim) -> bool:
    """Equations whose left side is an optimum over a name that no condition but its domain narrows."""
    term = sought(claim)
    if claim.relation != "=" or term is None:
        return False
    conditions = (*claim.conditions, *bench.problem.assumed)
    narrowed = {key for condition in conditions if condition.sign != "\\ne" for key in t.variables(condition)}
    return term.key not in narrowed and whole(bench, claim) is not None


def ask(bench: Bench, claim: Claim) -> Evidence:
    """The objective at the claimed place and at others, at every draw."""
    found = whole(bench, claim)
    assert found is not None
    term, about, index = found
    tried, sizes = 0, []
    for number, drawn in enumerate(bench.worlds(claim.conditions)):
        world = bench.quickest(drawn)
        frame = bench.frame(about, world)
        BUDGET.renew()
        sizes.append(bench.shown(world.sizes))
        try:
            domain = bench.problem.declarations[term.key].domain.in_numbers(world.sizes)
            supported(domain)
            objective, start = objective_of(term, frame)
            place = claimed_place(bench, claim, world, start, index)
            if not bool(place.isfinite().all()):
                return Evidence(NAME, Outcome.NOT_CHECKED, detail="the claimed place is not a finite number")
            shown = (sizes[-1],)
            if not _member(domain if term.position is None else Domain(), place):
                detail = "the claimed value does not lie where the optimum is sought"
                count = world.trials
                return Evidence(NAME, Outcome.WRONG, sizes=tuple(sizes), failing=shown, detail=detail, seen=count)
            source = generator(bench.settings.seed, NAME, number)
            gain, count, better = _best(objective, place, start, domain, term.op == "argmax", source)
        except (NotExact, TooLarge) as error:
            return Evidence(NAME, Outcome.NOT_CHECKED, detail=error.what)
        except torch.linalg.LinAlgError:  # type: ignore[attr-defined]
            return Evidence(NAME, Outcome.NOT_CHECKED, detail="the claimed place has nothing beside it")
        tried += count
        if gain > 0:
            word = "larger" if term.op == "argmax" else "smaller"
            detail = f"the objective is {word} by {gain:.2g} at another place"
            return Evidence(
                NAME, Outcome.WRONG, gain, sizes=tuple(sizes), failing=shown, points=tried, detail=detail, seen=better
            )
    detail = f"none of {tried} other places is better"
    return Evidence(NAME, Outcome.HOLDS, sizes=tuple(sizes), points=tried, detail=detail)


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
