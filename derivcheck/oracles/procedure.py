"""EM as a procedure that a document states: its updates in turn, each with a new E-step, on data of two kinds.

Where Q(θ) = E_q[f(θ, z)] with q the density proportional to exp f at the current θ, log ∫ exp f(θ, z) dz is the
likelihood L(θ) (Dempster, Laird and Rubin 1977): it has the slope of Q at the current θ (Fisher's identity, which is
tested first), and no step to the maximum of Q over a part of θ lowers it. So the updates may be taken one after the
other (Meng and Rubin 1993), and each is held to account for its own steps alone.

One half of the data is as every input is drawn, the other half comes from the model itself at other parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

import torch
from torch import Tensor

from derivcheck.evaluation import sizes
from derivcheck.evaluation.arithmetic import BUDGET, NotExact, OutOfRange
from derivcheck.evaluation.charts import tangent
from derivcheck.evaluation.differentiation import Autograd
from derivcheck.evaluation.evaluator import World, evaluate
from derivcheck.evaluation.gaussian import Quickest
from derivcheck.evaluation.integration import Quadrature
from derivcheck.evaluation.sampling import draw, generator, simulate
from derivcheck.evaluation.sizes import SizesError
from derivcheck.oracles.bench import Bench, CannotDraw
from derivcheck.oracles.comparing import FLOOR
from derivcheck.oracles.optimum import placed, whole
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim
from derivcheck.problem.substitution import rewrite

SAMPLES = 24
"""So many members of every random family: with two or three of them there is little to fit."""
TRIALS = 4
"""Data sets of each kind."""
CAP = 100
"""So many rounds at most; a run that has not come to rest by then says nothing of where it ends."""
AGREES = 1e-8
"""Fisher's identity holds to this share of the slope, or the objective is not that of EM."""
REST = 1e-9
"""A round that moves nothing by more than this share of it."""
EDGE = 1e-6
"""An entry below this share of what it was at the start is on its way to the edge of its domain."""
ROUNDING = 64 * FLOOR
DOMAINS = ("real", "nonzero", "positive", "simplex", "spd")


@dataclass(frozen=True)
class Block:
    """One update: the claim, the optimum that it is about, the index that runs over its entries, and the likelihood.

    Members of a family, and entries that move by themselves, are updated ``one_by_one``; both lie along axis 1.
    """

    claim: Claim
    term: t.Optimum
    about: Claim
    index: str
    one_by_one: bool
    likelihood: t.Term


@dataclass
class Account:
    """What the steps of one update did: whether they ever lowered the likelihood, and its last value."""

    steps: int = 0
    fall: float = 0.0
    bar: float = 0.0
    at: int = 0
    related: bool = True
    lost: bool = False
    value: Tensor | None = None


@dataclass(frozen=True)
class Course:
    """The runs: where they ended and which of them rest there; ``simulated`` tells that half is from the model."""

    world: World
    rest: Tensor
    rounds: int
    simulated: bool
    sizes: tuple[tuple[str, int], ...]
    accounts: tuple[Account, ...] = field(compare=False)


def likelihood(term: t.Optimum) -> t.Term | None:
    """The objective with every mean E_q[f] replaced by log ∫ exp f; None where there is none."""
    found: list[t.Expectation] = []

    def rule(part: t.Term) -> t.Term | None:
        if isinstance(part, t.Expectation) and isinstance(part.log, t.Frozen):
            found.append(part)
            return t.LogIntegral(part.bounds, part.body, span=part.span)
        return None

    made = rewrite(term.objective, rule)
    return made if found and term.op == "argmax" else None


def block_of(bench: Bench, claim: Claim) -> Block | None:
    """The update that a claim states: of a whole name, of every member of a family, of all entries together."""
    parts = whole(bench, claim) if claim.relation == "=" else None
    if parts is None:
        return None
    term, about, index = parts
    if bench.problem.declarations[term.key].domain.kind not in DOMAINS or len(about.free) > 1:
        return None
    member = about.free[0] if about.free else ""
    if term.position is not None:
        row, column = term.position
        single = column is None or column == t.Constant(Fraction(1))
        if term.indices or not isinstance(row, t.Index) or row.name != member or not single:
            return None
        index = member
    elif term.indices and term.indices != (t.Index(member),):
        return None
    made = likelihood(term)
    if made is None or any(isinstance(p, t.Index) and p.name == member for p in t.walk(term.objective)):
        return None
    if member and not term.indices and not index:
        return None
    return Block(claim, term, about, index, bool(member), made)


def course(bench: Bench, block: Block) -> tuple[Course, int]:
    """The runs of a document's updates with this one among them, and its place; runs are kept."""
    blocks: list[Block] = []
    for claim in bench.problem.claims:
        other = block_of(bench, claim) if isinstance(claim, Claim) and not claim.expected_wrong else None
        if other is None or any(other.term.key == each.term.key for each in blocks):
            continue
        blocks.append(block if other.term.key == block.term.key else other)
    if block not in blocks:
        blocks = [block]
    key = ("EM", tuple((each.term, each.claim.claimed) for each in blocks))
    if key not in bench.kept:
        bench.kept[key] = _run(bench, blocks)
    found = bench.kept[key]
    assert isinstance(found, Course)
    return found, blocks.index(block)


def _run(bench: Bench, blocks: list[Block]) -> Course:
    BUDGET.renew()
    world, simulated = _begin(bench, blocks)
    accounts = tuple(Account(related=_related(bench, block, world)) for block in blocks)
    rest = torch.zeros(world.trials, dtype=torch.bool)
    alive = ~rest
    first, rounds = world, 0
    while rounds < CAP and bool((alive & ~rest).any()):
        rounds += 1
        before = {block.term.key: world.leaves[block.term.key].detach() for block in blocks}
        for block, account in zip(blocks, accounts, strict=True):
            if account.related and not account.lost:
                world, alive = _update(bench, block, account, world, alive, rounds, len(blocks) == 1)
        moved = torch.stack([_moved(before[key], world.leaves[key].detach()) for key in before]).amax(0)
        rest = alive & (moved <= REST) & _inside(bench, blocks, first, world)
    shown = bench.shown(world.sizes)
    return Course(world, rest, rounds, simulated, shown, accounts)


def _begin(bench: Bench, blocks: list[Block]) -> tuple[World, bool]:
    """Data as inputs are drawn and, where the model can be drawn from, as many from the model at other parameters."""
    problem, seed = bench.problem, bench.settings.seed
    many = {
        name: SAMPLES
        for factor in problem.scope.factors.values()
        for size in factor.sizes
        for letters, _ in size.substitute(problem.solution).terms
        for name in letters
        if name not in bench.fixed
    }
    try:
        chosen = sizes.draw(bench.symbols, problem, {**bench.fixed, **many}, seed, 1)[0]
        drawn = bench.world(chosen, (seed, "EM"), (), 2 * TRIALS)
    except (SizesError, CannotDraw):
        # So many do not fit into what the document says of sizes.
        drawn = bench.world(bench.worlds()[0].sizes, (seed, "EM"), (), 2 * TRIALS)
    world = replace(drawn, integrator=Quickest())
    count = world.trials - world.trials // 2
    try:
        model = simulate(problem, world, (seed, "model"))
    except (NotExact, OutOfRange):
        return world, False
    leaves = dict(world.leaves)
    for key in problem.scope.factors:
        leaves[key] = torch.cat([leaves[key][:count], model.leaves[key][count:]]).detach()
    for block in blocks:
        # A run begins elsewhere than at the parameters that made its data.
        key = block.term.key
        if key not in bench.values:
            declared = problem.declarations[key]
            other = draw(declared.domain, tuple(leaves[key].shape), generator(seed, "start of EM", key))
            leaves[key] = torch.cat([leaves[key][:count], other[count:]]).detach()
    return with_leaves(world, leaves), True


def with_leaves(world: World, leaves: dict[str, Tensor]) -> World:
    assert isinstance(world.integrator, Quickest)
    return replace(world, leaves=leaves, differentiator=Autograd(), integrator=world.integrator.renewed())


def _inside(bench: Bench, blocks: list[Block], first: World, world: World) -> Tensor:
    """Which data sets keep away from the edges of the domains: there nothing has to be stationary."""
    good = torch.ones(world.trials, dtype=torch.bool)
    for key in (block.term.key for block in blocks):
        if bench.problem.declarations[key].domain.kind in ("positive", "simplex"):
            good &= (world.leaves[key] > EDGE * first.leaves[key]).detach().flatten(1).all(1)
    return good


def _moved(before: Tensor, after: Tensor) -> Tensor:
    """The length of a step for every data set, relative to the size of what moved."""
    size = after.abs().flatten(1).amax(1)
    return (after - before).abs().flatten(1).amax(1) / size.clamp_min(1e-300)


def value_at(block: Block, world: World) -> Tensor:
    """The likelihood for every data set, up to what the update does not move."""
    with torch.no_grad():
        found: Tensor = evaluate(block.likelihood, world.root()).detach()
    return found[..., 0, 0].expand(world.trials)


def slope_at(term: t.Term, key: str, world: World, held: tuple[str, ...]) -> Tensor:
    """A scalar's gradient by a name at its current value; ``held`` names do not move."""
    frame = world.root()
    fixed = {name: frame.name(name).detach() for name in held}
    with torch.enable_grad():
        variable = frame.name(key).detach().clone().requires_grad_()
        value = evaluate(term, frame.bind({**fixed, key: variable}, fixed))
        (gradient,) = torch.autograd.grad(value.expand(world.trials, *value.shape[1:]).sum(), variable)
    found: Tensor = gradient.detach()
    return found


def _related(bench: Bench, block: Block, world: World) -> bool:
    """Fisher's identity at the start: L and Q have one slope there, within the domain."""
    key = block.term.key
    place, domain = world.leaves[key].detach(), bench.problem.declarations[key].domain
    one = tangent(domain, place, slope_at(block.likelihood, key, world, ()))
    other = tangent(domain, place, slope_at(block.term.objective, key, world, block.term.held))
    size = torch.maximum(one.abs(), other.abs()).flatten(1).amax(1)
    good = ((one - other).abs().flatten(1).amax(1) <= AGREES * size) | ~size.isfinite()
    return bool(good.all()) and bool(size.isfinite().any())


def _update(
    bench: Bench, block: Block, account: Account, world: World, alive: Tensor, number: int, alone: bool
) -> tuple[World, Tensor]:  # fmt: skip
    """One update of every data set that still runs, member by member; what it did to the likelihood is noted."""
    key = block.term.key
    before = account.value
    if before is None or not alone:
        before = value_at(block, world)
    for member in range(world.leaves[key].shape[1] if block.one_by_one else 1):
        BUDGET.again()
        here = world.leaves[key].detach()
        there = stepped(bench, block, world)
        if block.one_by_one:
            there = torch.cat([here[:, :member], there[:, member : member + 1], here[:, member + 1 :]], 1)
        good = alive & there.isfinite().flatten(1).all(1)
        there = torch.where(good.reshape(-1, *(1,) * (here.dim() - 1)), there, here)
        moved = with_leaves(world, {**world.leaves, key: there})
        after = value_at(block, moved)
        alive = good & after.isfinite() & before.isfinite()
        fall = torch.where(alive, before - after, 0.0)
        bar = ROUNDING * torch.maximum(before.abs(), after.abs())
        if bool((fall > bar).any()):
            bar = bar + 8 * (_noise(block, world, before) + _noise(block, moved, after))
        worst = int((fall - bar).argmax())
        if float(fall[worst]) > float(bar[worst]):
            account.lost, account.at = True, number
            account.fall, account.bar = float(fall[worst]), float(bar[worst])
            return world, alive
        account.steps += 1
        world, before = moved, after
    account.value = before
    return world, alive


def _noise(block: Block, world: World, value: Tensor) -> Tensor:
    """What other nodes, and a few roundings in the parameters, change in the likelihood."""
    gap = (value_at(block, replace(world, integrator=Quadrature(1), differentiator=Autograd())) - value).abs()
    key = block.term.key
    noise = torch.randn(world.leaves[key].shape, generator=generator("noise"), dtype=torch.float64)
    off = world.leaves[key].detach() * (1 + 2.0**-50 * noise)
    gap = torch.maximum(gap, (value_at(block, with_leaves(world, {**world.leaves, key: off})) - value).abs())
    return gap.nan_to_num(torch.inf)


def stepped(bench: Bench, block: Block, world: World) -> Tensor:
    """The claimed value of all that the update is of, at the current parameters."""
    here = world.leaves[block.term.key].detach()
    if block.term.indices:
        with torch.no_grad():
            value: Tensor = evaluate(block.claim.claimed, bench.frame(block.claim, world)).detach()
        if value.shape[1] not in (1, here.shape[1]):
            raise NotExact("an update of some members of a family")
        return value.expand(here.shape).clone()
    return placed(bench, block.claim, world, here, block.index)
