"""Derivatives by differences, each with an error bar: a source that knows nothing of autograd.

Where what is differentiated is analytic the complex step is used (Squire and Trapp 1998): Im f(x + ih)/h has no
cancellation, and its bar is rounding alone. Else central differences are extrapolated to step 0 by Ridders' scheme
(1982), whose bar is the change between the last two extrapolations. All steps and directions are one batch.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import BUDGET, TooLarge
from derivcheck.evaluation.differentiation import Autograd
from derivcheck.evaluation.evaluator import Axis, Frame, World, evaluate, pick_family
from derivcheck.evaluation.forward import arranged, as_jacobian, hold
from derivcheck.functions import KINKED
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.comparing import FLOOR, RIGHT_FACTOR, Discrepancy, discrepancy, expanded, measured_bar
from derivcheck.oracles.numeric import summary, worlds_for
from derivcheck.problem import terms as t
from derivcheck.problem.heads import derivative_in
from derivcheck.problem.problem import Claim
from derivcheck.verdict import Doubt, Evidence, Outcome

MOST_DIRECTIONS = 40
"""Up to so many entries every partial is taken; above, a random direction and the worst entry."""
COMPLEX_STEPS = (1e-20, 1e-8)
SHRINK = 1.7
RIDDERS_STEPS = 13
FINEST_SHARE = 0.05
FIRST_STEP = 0.12
STEPS = FIRST_STEP / SHRINK ** torch.arange(RIDDERS_STEPS, dtype=torch.float64)


@dataclass
class Differences:
    """A differentiator that takes one derivative by differences and leaves those inside its target to autograd."""

    term: t.Derivative
    within: Autograd
    analytic: bool
    bars: list[Tensor] = field(default_factory=list)

    def derivative(self, term: t.Derivative | t.Chain, frame: Frame) -> Tensor:
        """The derivative; its bar is kept in ``bars``."""
        if term != self.term:
            return self.within.derivative(term, frame)
        assert isinstance(term, t.Derivative)
        depth = len(frame.axes)
        place = frame.name(_key(term)).detach()
        shape = [*place.shape]
        for position, axis in enumerate(frame.axes, start=1):
            shape[position] = axis.count
        entries = place.expand(shape)
        count = int(torch.tensor(shape[1 + depth :]).prod())
        steps = 2 * len(COMPLEX_STEPS) if self.analytic else 2 * RIDDERS_STEPS + 1
        BUDGET.make(steps * count * entries.numel(), 2.0)
        directions = torch.eye(count, dtype=torch.float64).reshape(1, *(1,) * depth, count, *shape[1 + depth :])
        slopes, bars = self._slopes(term, frame, entries, directions)
        self.bars.append(bars)
        return _arranged(slopes, term, frame, tuple(shape[1 + depth :]))

    def entries(self, term: t.MapEntries, arguments: list[Tensor], frame: Frame) -> Tensor:
        """Derivatives of functions of numbers inside the target: autograd's."""
        return self.within.entries(term, arguments, frame)

    def along(self, term: t.Derivative, frame: Frame, directions: Tensor) -> tuple[Tensor, Tensor]:
        """Directional derivatives at a statement's place: ``(trials, directions, rows, columns)`` and their bars."""
        return self._slopes(term, frame, frame.name(_key(term)).detach(), directions)

    def _slopes(self, term: t.Derivative, frame: Frame, place: Tensor, directions: Tensor) -> tuple[Tensor, Tensor]:
        depth = len(frame.axes)
        place = place.unsqueeze(1 + depth)
        scheme = _complex_step if self.analytic else _ridders
        return scheme(term, frame, place, directions)


def _key(term: t.Derivative) -> str:
    """The name that is moved: for a Hessian the second, since its target is a gradient."""
    return term.second if term.form == "hessian" and term.second is not None else term.key


def _moved(term: t.Derivative, frame: Frame, place: Tensor, steps: int) -> Tensor:
    """The target with the variable moved: ``place`` has axes for directions and steps behind the frame's."""
    count = place.shape[1 + len(frame.axes)]
    deeper = frame.deeper(Axis("", 1, count), Axis("", 1, steps))
    if term.form == "hessian":
        value = evaluate(as_jacobian(term).target, deeper.bind({_key(term): place}))
    else:
        target, values = hold(term, deeper)
        value = evaluate(target, deeper.bind({**values, term.key: place}))
    full = [*value.shape]
    full[1 + len(frame.axes)], full[2 + len(frame.axes)] = count, steps
    result: Tensor = value.expand(full)
    return result


def _complex_step(term: t.Derivative, frame: Frame, place: Tensor, directions: Tensor) -> tuple[Tensor, Tensor]:
    axis = 2 + len(frame.axes)
    steps = torch.tensor(COMPLEX_STEPS, dtype=torch.float64).reshape(-1, *(1,) * (place.dim() - axis))
    moved = torch.complex(*torch.broadcast_tensors(place.unsqueeze(axis), directions.unsqueeze(axis) * steps))
    value = _moved(term, frame, moved, len(COMPLEX_STEPS))
    imaginary = value.imag if value.is_complex() else torch.zeros_like(value)
    slopes = imaginary / torch.tensor(COMPLEX_STEPS, dtype=torch.float64).reshape(-1, 1, 1)
    first, second = slopes.unbind(axis)
    size = first.abs().amax((-2, -1), keepdim=True)
    return first, (first - second).abs() + FLOOR * size


def _ridders(term: t.Derivative, frame: Frame, place: Tensor, directions: Tensor) -> tuple[Tensor, Tensor]:
    axis = 2 + len(frame.axes)
    steps = torch.cat([STEPS, -STEPS, torch.zeros(1, dtype=torch.float64)]).reshape(-1, *(1,) * (place.dim() - axis))
    moved = place.unsqueeze(axis) + directions.unsqueeze(axis) * steps
    value = _moved(term, frame, moved, 2 * RIDDERS_STEPS + 1)
    forward, backward, middle = value.split([RIDDERS_STEPS, RIDDERS_STEPS, 1], axis)
    slope, bar, noise = central(forward, backward, axis)
    bend = ((forward + backward - 2 * middle) / STEPS.reshape(-1, 1, 1)).abs()
    return slope, bar + _kink_inside(bend, noise, axis)


def central(forward: Tensor, backward: Tensor, axis: int) -> tuple[Tensor, Tensor, Tensor]:
    """The slope by central differences at ``STEPS`` along an axis, its bar, and the rounding of each difference."""
    sizes = STEPS.reshape(-1, 1, 1)
    noise = FLOOR * torch.maximum(forward.abs(), backward.abs()) / sizes
    return *extrapolate((forward - backward) / (2 * sizes), noise, axis), noise


def _kink_inside(bend: Tensor, noise: Tensor, axis: int) -> Tensor:
    """A bar where a kink lies within the finest step.

    The slopes to the left and to the right differ by h f″ where f is smooth, so that their difference shrinks with
    the step; at a kink it does not.
    """
    finest, coarser = (part.squeeze(axis) for part in bend.narrow(axis, RIDDERS_STEPS - 2, 2).flip(axis).split(1, axis))
    rest = finest - 0.8 * coarser - 4 * noise.narrow(axis, RIDDERS_STEPS - 1, 1).squeeze(axis)
    return rest.clamp_min(0.0)


def extrapolate(slopes: Tensor, noise: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """Neville's table in the step squared; at every entry the extrapolation that changed least.

    Coarse steps may reach across a pole or a kink and agree by accident, so that a share of the distance to the
    finest plain difference belongs to the bar.
    """
    row = list(slopes.unbind(axis))
    finest = row[-1]
    rounding = list(noise.unbind(axis))
    best = row[0]
    bar = torch.full_like(best, torch.inf)
    for order in range(1, len(row)):
        factor = SHRINK ** (2 * order)
        for i in range(len(row) - order):
            finer = row[i + 1] + (row[i + 1] - row[i]) / (factor - 1)
            change = torch.maximum((finer - row[i + 1]).abs(), (finer - row[i]).abs()) + rounding[i + order]
            better = change < bar
            best = torch.where(better, finer, best)
            bar = torch.where(better, change, bar)
            row[i] = finer
        row = row[:-1]
    return best, bar + FINEST_SHARE * (best - finest).abs()


def _arranged(slopes: Tensor, term: t.Derivative, frame: Frame, entries: tuple[int, ...]) -> Tensor:
    """Slopes ``(trials, axes …, directions, rows, columns)`` in the shape that the derivative has."""
    depth = len(frame.axes)
    lead = slopes.shape[: 1 + depth]
    whole = slopes.reshape(*lead, slopes.shape[1 + depth], -1).transpose(-1, -2).reshape(*lead, -1, *entries)
    if term.form == "gradient":
        return pick_family(whole.squeeze(1 + depth), term.indices, frame)
    found: Tensor = arranged(whole, term, frame)
    return found


def applies(bench: Bench, claim: Claim) -> bool:
    """Claims about a derivative by a name."""
    found = derivative_in(claim.head)
    return claim.relation == "=" and claim.solution is None and found is not None


def ask(bench: Bench, claim: Claim) -> Evidence:
    """The claimed side against differences of what is differentiated, at every draw."""
    term = derivative_in(claim.head)
    assert term is not None
    found: list[tuple[World, Discrepancy]] = []
    analytic = is_analytic(bench, term)
    try:
        for world in worlds_for(bench, claim):
            found.append((world, _at(bench, claim, term, world, analytic)))
    except TooLarge as error:
        # The other sources may still decide; this one says that it did not speak.
        return Evidence("differences", Outcome.NOT_CHECKED, detail=f"too large for differences: {error.what}")
    evidence = summary("differences", bench, claim, claim.claimed, found)
    if evidence.bar is not None and evidence.outcome is Outcome.UNDECIDED and evidence.doubt is not Doubt.VACUOUS:
        evidence = replace(evidence, detail="differences are too coarse here to tell", doubt=Doubt.COARSE)
    return evidence


def _at(bench: Bench, claim: Claim, term: t.Derivative, world: World, analytic: bool) -> Discrepancy:
    if _whole(claim, term, world):
        return _large(bench, claim, term, world, analytic)
    inner = world.differentiator
    assert isinstance(inner, Autograd)
    source = Differences(term, Autograd(), analytic)
    other = replace(world, differentiator=source)
    with torch.no_grad():
        head = evaluate(claim.head, bench.frame(claim, other))
    bars = source.bars[-1] if source.bars else torch.zeros(1, dtype=torch.float64)
    bar = bars.reshape(bars.shape[0], -1).amax(1)
    if isinstance(claim.head, t.Divide):
        # A derivative by σ² is that by σ over 2σ, and so is its bar.
        with torch.no_grad():
            bar = bar / evaluate(claim.head.right, bench.frame(claim, other)).abs().flatten(1).amin(1)
    return _judged(bench, claim, world, head, bar)


def _judged(bench: Bench, claim: Claim, world: World, head: Tensor, bar: Tensor) -> Discrepancy:
    """Compare; rounding is measured only where the differences' own bar does not explain what is seen."""
    left, right = expanded(head, bench.value(claim.claimed, claim, world))
    size = torch.maximum(left.abs().reshape(left.shape[0], -1).amax(1), right.abs().reshape(right.shape[0], -1).amax(1))
    quick = discrepancy(left, right, bar.expand(left.shape[0]) + FLOOR * size)
    if not quick.valid or quick.ratio <= RIGHT_FACTOR:
        return quick
    rounding = measured_bar(bench, claim, world, claim.head, claim.claimed, left, right)
    own = bar.expand(left.shape[0]).reshape(-1, *(1,) * (left.dim() - 1))
    found = discrepancy(left, right, own + rounding)
    if found.outcome is Outcome.WRONG:
        # What is shown behind ± is the differences' own bar, not that of the comparison.
        found = replace(found, bar=float(bar.expand(left.shape[0])[found.index[0]] + FLOOR * size[found.index[0]]))
    return found


def _whole(claim: Claim, term: t.Derivative, world: World) -> bool:
    """Whether the head is a large derivative as a whole, of which only directions are taken."""
    large = term.key in world.leaves or term.key in world.definitions
    if not large or term.indices or claim.free or term.form == "hessian":
        return False
    head = claim.head
    plain = head is term or (isinstance(head, t.Unary) and head.op == "transpose" and head.argument is term)
    rows, columns = world.dims(term.shape)
    return plain and term.form == "gradient" and rows * columns > MOST_DIRECTIONS


def _large(bench: Bench, claim: Claim, term: t.Derivative, world: World, analytic: bool) -> Discrepancy:
    """⟨claimed, d⟩ against the derivative along d: a random d, and the entry where claim and autograd differ most."""
    left, right = expanded(bench.value(claim.head, claim, world), bench.value(claim.claimed, claim, world))
    if claim.head is not term:
        left, right = left.transpose(-1, -2), right.transpose(-1, -2)
    generator = torch.Generator().manual_seed(20_260 + bench.settings.seed)
    trials = left.shape[0]
    random = torch.randn(trials, 1, *left.shape[1:], generator=generator, dtype=torch.float64)
    worst = (left - right).abs().reshape(trials, -1).argmax(1)
    single = torch.zeros(trials, left[0].numel(), dtype=torch.float64)
    single[torch.arange(trials), worst] = 1.0
    directions = torch.cat([random, single.reshape(trials, 1, *left.shape[1:])], 1)
    source = Differences(term, Autograd(), analytic)
    with torch.no_grad():
        slopes, bars = source.along(term, replace(world, differentiator=source).root(), directions)
    claimed = (directions * right.unsqueeze(1)).sum((-2, -1), keepdim=True)
    seen = (directions * left.unsqueeze(1)).abs().sum((-2, -1), keepdim=True)
    bar = bars.reshape(trials, -1).amax(1) + 4 * FLOOR * seen.reshape(trials, -1).amax(1)
    return discrepancy(slopes, claimed, bar)


def is_analytic(bench: Bench, term: t.Derivative) -> bool:
    """Whether everything that is differentiated is analytic and holds no derivative of its own."""
    return term.form != "hessian" and all(_analytic(part, bench) for part in bench.parts(term.target))


def _analytic(part: t.Term, bench: Bench) -> bool:
    match part:
        case t.Derivative() | t.Chain() | t.Extremum() | t.Indicator() | t.Piecewise():
            return False
        case t.LogIntegral() | t.Expectation() | t.Integral() | t.Optimum() | t.Reduce(op="max" | "min"):
            return False
        case t.Unary(op=op):
            return op not in ("norm1", "norminf", "maxall", "minall") and not op.startswith("eigen")
        case t.MapEntries(order=order):
            return not order
        case t.Elementary(name=name, order=order):
            return order <= 1 and name not in KINKED
        case t.Arbitrary(key=key, order=order):
            smooth = bench.settings.functions.get(key) not in KINKED
            return smooth and not (order and bench.problem.functions[key].result_domain.kind != "real")
    return True
