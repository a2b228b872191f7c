"""Strict relations that fail between the draws: where the gap goes to zero, and at sizes that are never drawn.

Some fail by equality alone: ``(x^3 - 2)^2 > 0`` touches zero where no draw falls, since x³ − 2 is continuous on a
connected set and has both signs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

import torch
from torch import Tensor

from derivcheck.evaluation import sizes as drawing
from derivcheck.evaluation.arithmetic import NotExact, OutOfRange
from derivcheck.evaluation.evaluator import World, evaluate
from derivcheck.evaluation.sampling import generator
from derivcheck.functions import FUNCTIONS
from derivcheck.language.shapes import Domain, is_scalar
from derivcheck.oracles import gaps
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.comparing import FLOOR, second_look
from derivcheck.oracles.draws import CannotDraw
from derivcheck.oracles.enclosing import Look
from derivcheck.oracles.gaps import domains_of, free, retract, tied, within_chart
from derivcheck.problem import terms as t
from derivcheck.problem.facts import behind
from derivcheck.problem.problem import Claim
from derivcheck.problem.terms import Comparison, Term
from derivcheck.verdict import Doubt, Evidence, Outcome

FEW_TRIALS = 32
FOLLOWED, FURTHER, DIRECTIONS = 3, 24, 4
"""So many trials of every kind are followed so many steps further, and looked at beside in so many directions."""
DEEP, TOGETHER, TAME, OFF, CLEAR = 1e-9, 1e-2, 1e6, 0.05, 1e3
TOUCH = "the two sides come together"


def touch(bench: Bench, claim: Claim, seen: list[gaps.Seen]) -> Evidence | None:
    """Whether the gap of a strict relation goes to zero between the draws, as that of ``(e^x - 7)^2 > 0`` does.

    Followed downhill it has a minimum that is nothing beside what it is a little to both sides of it. Where it falls
    for ever, as 1 − tanh x does, one of these sides is lower still.
    """
    held = tied(bench, claim.conditions)
    names = behind((claim.head, claim.claimed), bench.problem.definitions) - bench.values.keys()
    domains = {key: domain for key, domain in domains_of(bench, held).items() if key in names and free(domain)}
    conditions = gaps.all_conditions(bench, claim)
    first = dict(seen[0].world.sizes)
    for part in (part for part in seen if dict(part.world.sizes) == first and domains and part.good.any()):
        gap = torch.where(part.good & (part.gap > 0), part.gap, torch.inf)
        best = torch.unique(torch.cat([order.argsort()[:FOLLOWED] for order in (gap, gap / part.scale)]))
        best = best[gap[best].isfinite()]
        world: World | None = gaps.moved(part.world, dict(part.world.leaves), best) if len(best) else None
        for _ in range(FURTHER):
            world = None if world is None else gaps.step(bench, claim, world, domains, conditions)
        if world is None:
            continue
        # What the charts make of it, since near an end they are not exact.
        here = gaps.look(bench, claim, _beside(domains, world, 0, 0))
        lowest = here.gap.abs()
        tame = torch.stack([(leaf.detach().abs() < TAME).flatten(1).all(1) for leaf in world.leaves.values()]).all(0)
        for number in range(DIRECTIONS):
            sides = [_beside(domains, world, number, sign) for sign in (1, -1)]
            looks = [gaps.look(bench, claim, side) for side in sides]
            beside = torch.minimum(looks[0].gap, looks[1].gap)
            deep = here.good & looks[0].good & looks[1].good & tame & (beside > 0) & (lowest <= DEEP * beside)
            if bool(deep.any()):
                deep &= _apart(conditions, world, sides)
                # Where a side is lost in rounding there is no minimum: it only looks so.
                deep &= beside > CLEAR * torch.maximum(*(gaps.bar_of(bench, claim, side) for side in sides))
            for place in deep.nonzero().reshape(-1)[:1].tolist():
                pair = float(here.left[place]), float(here.right[place])
                where = _written(bench, claim, world, place)
                return replace(gaps.equal(Outcome.UNDECIDED, pair, (), 0, TOUCH + where), doubt=Doubt.TOUCH)
    return None


def _beside(domains: dict[str, Domain], world: World, number: int, sign: int) -> World:
    """The same world with every name a twentieth of its size off, in a direction that this number draws."""
    source = generator("touch", number)
    leaves = {key: leaf.detach() for key, leaf in world.leaves.items()}
    for key, domain in domains.items():
        drawn = torch.randn(leaves[key].shape, generator=source, dtype=torch.float64)
        drawn = drawn / drawn.abs().amax((-2, -1), keepdim=True)
        move = sign * OFF * leaves[key].abs().amax((-2, -1), keepdim=True) * drawn
        leaves[key] = retract(domain, leaves[key], within_chart(domain, leaves[key], move))
    return gaps.moved(world, leaves)


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


def at_size_one(bench: Bench, claim: Claim) -> Evidence | None:
    """What holds at all other sizes and not where one of them is 1: whether that was meant is not said."""
    spoken = _sizes_of(bench, claim)
    if claim.relation == "\\ne" and spoken and not behind((claim.head, claim.claimed), bench.problem.definitions):
        detail = "sizes are drawn apart from each other, which tells nothing of whether they differ"
        return replace(gaps.equal(Outcome.UNDECIDED, (0.0, 0.0), (), 0, detail), doubt=Doubt.TOUCH)
    free = [name for name in bench.symbols if name not in bench.fixed and name in spoken]
    usual = {name: size for name, size in bench.worlds(claim.conditions)[0].sizes.items() if name in bench.symbols}
    for ones in [*([name] for name in free), *([free] if len(free) > 1 else [])]:
        chosen = {**usual, **dict.fromkeys(ones, 1)}
        if not drawing.possible(chosen, bench.problem):
            continue
        try:
            drawn = bench.world(chosen, (bench.settings.seed, "one"), claim.conditions, FEW_TRIALS, 1.0)
            world = gaps.meeting(drawn, list(bench.problem.guards))
            seen = None if world is None else gaps.look(bench, claim, world)
        except (CannotDraw, NotExact, OutOfRange, RuntimeError):
            continue
        place = None if seen is None else _failing(bench, claim, seen)
        if seen is not None and place is not None:
            shown = " and ".join(bench.problem.size_shown(name) for name in ones)
            pair = float(seen.left[place]), float(seen.right[place])
            detail = f"it fails where {shown} is 1: say that it is larger if that is meant"
            return replace(gaps.equal(Outcome.UNDECIDED, pair, (), 0, detail), doubt=Doubt.TOUCH)
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


def _failing(bench: Bench, claim: Claim, seen: gaps.Seen) -> int | None:
    """A trial at which a claim fails, if only by equality, and at every other one as well."""
    same = seen.good & (seen.gap.abs() <= FLOOR * seen.scale)
    if claim.relation in gaps.STRICT and bool(same.all()):
        second = second_look(bench, claim, seen.world, 0)
        return None if second is not None and second.look is Look.HOLDS else 0
    if claim.relation == "\\ne" or gaps.violation_in(bench, claim, seen)[0] is None:
        return None
    return int(seen.ratio.argmin())


CONNECTED: Final = frozenset(
    (
        *("real", "positive", "nonnegative", "negative", "nonpositive", "interval", "symmetric", "skew", "diagonal"),
        *("lower", "upper", "spd", "psd", "simplex"),
    )
)
WHOLE: Final = frozenset(("transpose", "trace", "det", "sumall", "sumsq", "norm2", "norm1", "todiag", "diagof", "vec"))
NOTHING: Final = ("", 0)
SIGNED: Final = 1e-6
"""A sign is clear of rounding where the value is this large, beside the values of usual size that it is made of."""


def crossed(bench: Bench, claim: Claim, worlds: Sequence[World]) -> tuple[str, int]:
    """Why the sides are equal somewhere, and at how many inputs its signs were seen; empty where nothing shows it."""
    inner = _vanishing(claim)
    if inner is None or claim.free or claim.conditions or not is_scalar(bench.shape(inner)):
        return NOTHING
    names = behind((inner,), bench.problem.definitions)
    asked = (*bench.problem.assumed, *bench.problem.guards)
    if any(names & t.variables(condition) for condition in asked) or names & bench.values.keys():
        return NOTHING
    if not all(_continuous(part, bench) for part in bench.parts(inner)):
        return NOTHING
    for world in worlds:
        with torch.no_grad():
            value = evaluate(inner, world.root()).reshape(-1)
        value = value[value.isfinite()]
        signs = [int((value > SIGNED).sum()), int((value < -SIGNED).sum())]
        if all(signs):
            quoted = bench.problem.scope.quote(inner.span)
            what = f"`{quoted}`" if quoted else "their difference"
            return f"the sides are equal where {what} vanishes, which has both signs", sum(signs)
    return NOTHING


def joined(bench: Bench, claim: Claim) -> bool:
    """Whether a way leads from any input to any other: nothing is asked to differ, which would part them."""
    names = behind((claim.head, claim.claimed), bench.problem.definitions) & domains_of(bench, set()).keys()
    apart = any(condition.sign == "\\ne" for condition in gaps.all_conditions(bench, claim))
    return not apart and all(bench.problem.declarations[key].domain.kind != "nonzero" for key in names)


def _vanishing(claim: Claim) -> Term | None:
    """What vanishes where the two sides are equal: of ``s^2 > 0`` it is s."""
    if claim.relation == "\\ne":
        return t.Add(((1, claim.head), (-1, claim.claimed)), shape=claim.head.shape)
    side, zero = (claim.head, claim.claimed) if claim.relation == ">" else (claim.claimed, claim.head)
    if claim.relation not in ("<", ">") or not t.is_zero(zero):
        return None
    match side:
        case t.Power(base=base, exponent=t.Constant(value=Fraction() as number)) if (
            number.denominator == 1 and number > 0 and number % 2 == 0
        ):
            return base
        case t.Elementary(name="abs", order=0, argument=argument):
            return argument
    return None


def _continuous(part: Term, bench: Bench) -> bool:
    """Whether a part keeps a term continuous on a connected set of inputs."""
    match part:
        case t.Unary(op=op):
            return op in WHOLE
        case t.Elementary(name=name, order=0):
            return FUNCTIONS[name].everywhere
        case t.Divide(right=t.Constant(value=value)):
            return bool(value)
        case t.Power(exponent=t.Constant(value=Fraction() as number)):
            return number.denominator == 1 and number >= 0
        case t.Variable(key=key):
            declared = bench.problem.declarations.get(key)
            return key in bench.problem.definitions or (declared is not None and declared.domain.kind in CONNECTED)
        case t.Reduce(op="sum", conditions=()):
            return True
    return isinstance(part, t.Constant | t.Size | t.Index | t.Add | t.Multiply | t.Identity | t.Filled | t.Entry)
