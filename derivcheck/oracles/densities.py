"""Claims about densities: four sources, each of which sees a part, or the whole by another route.

*Gaussian*: the same comparison with integrals by Gaussian algebra, another route than quadrature, where it is open.

*Bayes*: log p(x, z) − log p(z | x) does not depend on z. The claimed density of z, put into it at arbitrary values of
z, has to leave the same number; no integral is needed. The number itself is log p(x), which the integral's oracle sees.

*normaliser*: a claimed density integrates to one over what it is the density of: what is no density is seen. On nodes
where it is the density of few numbers, else by Gaussian algebra. A claimed logarithm that is quadratic and not bent
downwards in every direction has no integral at all, so that it is no density's. Another density is not seen.

*slope*: how a logarithm of a density changes along random lines through the inputs: both sides rise alike or differ.
The left side's slope along a line is autograd's; the claimed side's is extrapolated from central differences. Neither
asks for a value at the input itself, so that a summand without any name is not seen; the normaliser sees that one. A
line moves every input that a side depends on at once, and stays in its domain: x + t|x|g for reals, x(1 + tg) where
there is a bound at 0, (I + tG) S (I + tG)ᵀ of a definite S, π ∘ (1 + t(g − πᵀg)) on the simplex.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import BUDGET, NotExact, NotSettled, OutOfRange, TooLarge
from derivcheck.evaluation.evaluator import Axis, Frame, World, evaluate
from derivcheck.evaluation.gaussian import GaussianAlgebra, NotNormalised
from derivcheck.evaluation.quadrature import DISCRETE
from derivcheck.evaluation.sampling import draw, generator
from derivcheck.language.shapes import ONE
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.comparing import FLOOR, RIGHT_FACTOR, SAFETY, Discrepancy, compare, discrepancy
from derivcheck.oracles.differences import RIDDERS_STEPS, STEPS, central
from derivcheck.oracles.draws import Silent, silent_at
from derivcheck.oracles.numeric import summary
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim
from derivcheck.problem.substitution import member, rewrite
from derivcheck.verdict import Evidence, Outcome

GAUSSIAN, BAYES, NORMALISER = "Gaussian", "Bayes", "normaliser"
PLACES = 4
LARGEST = 3
"""Over so many real numbers at once an integral on nodes is affordable."""
ONE_TERM = t.Constant(Fraction(1))
"""Added to both sides, so that a logarithm of 0 has a size to compare with."""


def is_integral(bench: Bench, claim: Claim) -> bool:
    """Equations in which an integral stands, also behind the names in it."""
    if claim.relation != "=" or claim.solution is not None or claim.kind == "optimum":
        return False
    sides = (claim.head, claim.claimed)
    return bench.integrates(*sides) and not any(
        isinstance(part, t.Derivative) for side in sides for part in t.walk(side)
    )


@silent_at(GAUSSIAN)
def ask_gaussian(bench: Bench, claim: Claim) -> Evidence:
    """Both sides at every draw; nothing is said where a density is not Gaussian."""
    try:
        worlds = [bench.by_route(world, GaussianAlgebra()) for world in bench.worlds(claim.conditions)]
        found = [(world, compare(bench, claim, world, claim.head, claim.claimed)) for world in worlds]
    except TooLarge:
        raise
    except NotSettled as error:
        raise Silent(error.what) from error
    except NotExact as error:
        raise Silent(f"{error.what} has no closed form here") from error
    return summary(GAUSSIAN, bench, claim, claim.claimed, found)


def is_conditional(bench: Bench, claim: Claim) -> bool:
    """Densities of something given something else, whose joint density needs no integral."""
    density = claim.density
    if density is None or density.joint is None or claim.relation != "=" or claim.solution is not None:
        return False
    return _target(density) is not None and not bench.integrates(density.joint, claim.claimed)


def _target(density: t.Density) -> t.Variable | None:
    """The one name whose density this is: a whole, a member of a family, or the column of which it is an entry."""
    match density.targets:
        case (t.Variable() as target,) | (t.Entry(argument=t.Variable() as target),):
            return target
    return None


@silent_at(BAYES, NotExact)
def ask_bayes(bench: Bench, claim: Claim) -> Evidence:
    """The difference at some values of z against that at another one, at every draw."""
    assert claim.density is not None
    assert claim.density.joint is not None
    target = _target(claim.density)
    assert target is not None
    domain = bench.problem.declarations[target.key].domain
    if domain.kind in DISCRETE:
        raise Silent("its values are counted")
    high = domain.high if isinstance(domain.high, float) else None
    found = []
    for number, world in enumerate(bench.worlds(claim.conditions)):
        frame = bench.frame(claim, world)
        shape = tuple(frame.world.leaves[target.key].shape)
        places = [
            draw(domain, shape, generator(bench.settings.seed, "bayes", number, place), high) for place in range(PLACES)
        ]
        found.append((world, _risen(claim, claim.density.joint, target.key, frame, places)))
    return summary(BAYES, bench, claim, claim.claimed, found)


def _risen(claim: Claim, joint: t.Term, key: str, frame: Frame, places: list[torch.Tensor]) -> Discrepancy:
    """How much log p(x, z) rises between values of z, against how much the claim does."""
    with torch.no_grad():
        joints, claims = [], []
        for place in places:
            inner = frame.bind({key: place.reshape(place.shape[0], *(1,) * len(frame.axes), *place.shape[1:])})
            joints.append(evaluate(joint, inner))
            claims.append(evaluate(claim.claimed, inner))
    joints, claims = (list(torch.broadcast_tensors(*side)) for side in (joints, claims))
    # Which values: the first is what the others are compared with.
    left = torch.cat([value - joints[0] for value in joints[1:]], -1)
    right = torch.cat([value - claims[0] for value in claims[1:]], -1)
    left, right = (side.detach() for side in torch.broadcast_tensors(left, right))
    scale = torch.stack([value.abs() for value in (*joints, *claims)]).amax(0)
    bar = 16 * FLOOR * scale.reshape(scale.shape[0], -1).amax(1)
    return discrepancy(left, right, bar)


def is_density(bench: Bench, claim: Claim) -> bool:
    """Claims about the density of random values."""
    density = claim.density
    if density is None or claim.relation != "=" or claim.solution is not None or not density.targets:
        return False
    return all(_single(target, bench) for target in density.targets)


def _single(target: t.Term, bench: Bench) -> bool:
    """Whether this is one random value, and not all members of a family together."""
    if isinstance(target, t.Variable) and not target.indices:
        return not bench.problem.declarations[target.key].family
    return isinstance(target, t.Variable | t.Entry)


@silent_at(NORMALISER)
def ask_normaliser(bench: Bench, claim: Claim) -> Evidence:
    """log ∫ exp(claimed) against 0."""
    assert claim.density is not None
    body, bounds = claim.claimed, []
    for number, target in enumerate(claim.density.targets):
        whole = target.argument if isinstance(target, t.Entry) else target
        assert isinstance(whole, t.Variable)
        if target.shape[1].substitute(bench.problem.solution) != ONE:
            raise Silent("an integral over a matrix")
        key = f"value#{number}{whole.key}"
        value = t.Variable(key, shape=target.shape)
        body = _with_value(body, target, whole.key, value, bench)
        if isinstance(target, t.Variable) and not target.indices and target.key in t.variables(body):
            raise Silent("the value stands in it in another form")
        bounds.append(t.Bound(key, target.shape, bench.problem.declarations[whole.key].domain))
    total = t.LogIntegral(tuple(bounds), body)
    worlds = bench.worlds(claim.conditions)
    keys, inner = {bound.key for bound in bounds}, t.LogIntegral | t.Expectation | t.Integral
    if any(isinstance(part, inner) and keys & t.variables(part) for part in t.walk(body)):
        raise Silent("an integral of an integral")
    small = [world for world in worlds if sum(world.dims(bound.shape)[0] for bound in bounds) <= LARGEST]
    try:
        if small:
            return _compared(bench, claim, total, small)
        reason = "an integral over more than three numbers"
    except TooLarge:
        raise
    except NotExact as error:
        reason = error.what
    try:
        return _compared(bench, claim, total, [bench.by_route(world, GaussianAlgebra()) for world in worlds])
    except TooLarge:
        raise
    except NotNormalised:
        detail = "it is not the logarithm of a density: it grows without bound"
        return Evidence(NORMALISER, Outcome.WRONG, detail=detail)
    except NotExact as error:
        raise Silent(reason) from error


def _compared(bench: Bench, claim: Claim, total: t.Term, worlds: list[World]) -> Evidence:
    left = t.Add(((1, total), (1, ONE_TERM)))
    return summary(NORMALISER, bench, claim, ONE_TERM, [(w, compare(bench, claim, w, left, ONE_TERM)) for w in worlds])


def _with_value(term: t.Term, target: t.Term, key: str, value: t.Term, bench: Bench) -> t.Term:
    """The term with another value in the place of the target, also where a definition stands for it."""

    def rule(part: t.Term) -> t.Term | None:
        if part == target:
            return value
        if isinstance(part, t.Variable) and key in bench.dependencies.get(part.key, frozenset()):
            if part.key in bench.dependencies[part.key]:
                raise NotExact("a density of what rests on itself")
            return rewrite(member(bench.problem.definitions[part.key], part.indices), rule, key)
        return None

    return rewrite(term, rule, key)


SLOPE = "slope"
SIGNED = ("positive", "nonnegative", "negative", "nonpositive")
REAL = ("real", "nonzero")
DEFINITE = ("spd", "psd")


def has_slope(bench: Bench, claim: Claim) -> bool:
    """Claims about a density, whose claimed side needs no integral."""
    if claim.density is None or claim.relation != "=" or claim.solution is not None:
        return False
    return not bench.integrates(claim.claimed) and not any(
        isinstance(part, t.Derivative | t.Chain) for side in (claim.head, claim.claimed) for part in t.walk(side)
    )


@silent_at(SLOPE, NotExact, OutOfRange)
def ask_slope(bench: Bench, claim: Claim) -> Evidence:
    """The two slopes at every draw. Where they cannot be told apart nothing is said: a slope is not the claim."""
    found: list[tuple[World, Discrepancy]] = []
    names = bench.reached(claim.head, claim.claimed) & bench.problem.declarations.keys()
    for number, drawn in enumerate(bench.worlds(claim.conditions)):
        world = bench.quickest(drawn) if bench.integrates(claim.head) else drawn
        line = _line(bench, claim, world, names, number)
        if not line:
            raise Silent("no input that can be moved stands in it")
        found.append((world, _at(bench, claim, world, line)))
    evidence = summary(SLOPE, bench, claim, claim.claimed, found)
    if evidence.outcome is Outcome.UNDECIDED:
        return replace(evidence, outcome=Outcome.NOT_CHECKED)
    return replace(evidence, where="")


Line = dict[str, tuple[str, Tensor, Tensor]]
"""For every name that moves its kind of domain, where it is, and its direction; both at a claim's rank."""


def _line(bench: Bench, claim: Claim, world: World, names: set[str], number: int) -> Line:
    """A random line; what an equation among the assumptions narrows stays where it is."""
    conditions = (*claim.conditions, *bench.problem.assumed)
    fixed = {name for condition in conditions if condition.sign == "=" for name in t.variables(condition)}
    frame = bench.frame(claim, world)
    line: Line = {}
    for key in sorted(names - fixed - set(bench.values)):
        kind = bench.problem.declarations[key].domain.kind
        place = frame.name(key).detach()
        source = generator(bench.settings.seed, "line", key, number)
        drawn = 2 * torch.rand(place.shape, generator=source, dtype=torch.float64) - 1
        if kind in REAL:
            line[key] = kind, place, drawn * place.abs()
        elif kind in SIGNED:
            line[key] = kind, place, drawn * place
        elif kind == "simplex":
            line[key] = kind, place, place * (drawn - (place * drawn).sum(-2, keepdim=True))
        elif kind in DEFINITE:
            line[key] = kind, place, drawn
    return line


def _moved(line: Line, step: Tensor) -> dict[str, Tensor]:
    """The names a step along the line; ``step`` has the rank of their values."""
    moved = {}
    for key, (kind, place, direction) in line.items():
        size = step.reshape(*step.shape, *(1,) * (place.dim() - step.dim()))
        if kind in DEFINITE:
            turn = torch.eye(place.shape[-1], dtype=place.dtype) + size * direction
            moved[key] = turn @ place @ turn.transpose(-1, -2)
        else:
            moved[key] = place + size * direction
    return moved


def _at(bench: Bench, claim: Claim, world: World, line: Line) -> Discrepancy:
    """The slopes at one draw; what differences miss of autograd's slope on either side belongs to the bar."""
    frame = bench.frame(claim, world)
    left, size = _autograd(claim.head, frame, line)
    right, bar = _differences(claim.claimed, frame, line)
    left, right, bar, size = torch.broadcast_tensors(left, right, bar, size)
    bar = bar + 4 * FLOOR * (size + left.abs())
    found = discrepancy(left, right, bar)
    if not found.valid or found.ratio <= RIGHT_FACTOR:
        return found
    own, _ = _autograd(claim.claimed, frame, line)
    bar = bar + SAFETY * (own - right).abs()
    if not bench.integrates(claim.head):
        other, more = _differences(claim.head, frame, line)
        bar = bar + more + SAFETY * (other - left).abs()
    return discrepancy(left, right, bar)


def _autograd(term: t.Term, frame: Frame, line: Line) -> tuple[Tensor, Tensor]:
    """The slope of every entry, ``(trials, axes …, 1, 1)``, and the size of the value there.

    A pullback is linear in what is pulled back: its derivative by that is the slope of every entry by itself.
    """
    with torch.enable_grad():
        step = torch.zeros(frame.world.trials, *(1,) * len(frame.axes), dtype=torch.float64, requires_grad=True)
        # What no step moves has slope 0, also where another name asks for slopes of its own.
        value = evaluate(term, frame.bind(_moved(line, step))) + 0 * step[..., None, None]
        pulled = torch.ones_like(value, requires_grad=True)
        (slope,) = torch.autograd.grad((value * pulled).sum(), step, create_graph=True)
        (each,) = torch.autograd.grad(slope.sum(), pulled)
    return each.detach(), value.detach().abs()


def _differences(term: t.Term, frame: Frame, line: Line) -> tuple[Tensor, Tensor]:
    """Ridders' extrapolation of the central differences of every entry, and its bar."""
    axis = 1 + len(frame.axes)
    steps = torch.cat([STEPS, -STEPS])
    BUDGET.make(len(steps) * sum(place.numel() for _, place, _ in line.values()), 2.0)
    deeper = frame.deeper(Axis("", 1, len(steps)))
    apart: Line = {key: (kind, p.unsqueeze(axis), d.unsqueeze(axis)) for key, (kind, p, d) in line.items()}
    with torch.no_grad():
        value = evaluate(term, deeper.bind(_moved(apart, steps.reshape(*(1,) * axis, -1)))).detach()
    shape = [*value.shape]
    shape[axis] = len(steps)
    forward, backward = value.expand(shape).split(RIDDERS_STEPS, axis)
    slope, bar, _ = central(forward, backward, axis)
    return slope, bar
