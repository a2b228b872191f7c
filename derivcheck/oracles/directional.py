"""How a logarithm of a density changes along random lines through the inputs: both sides rise alike or differ.

The left side's slope along a line is autograd's; the claimed side's is extrapolated from central differences. Neither
asks for a value at the input itself, so that a summand without any name is not seen; the normaliser sees that one.

A line moves every input that a side depends on at once, and stays in its domain: x + t|x|g for reals, x(1 + tg) where
there is a bound at 0, (I + tG) S (I + tG)ᵀ of a definite S, π ∘ (1 + t(g − πᵀg)) on the simplex.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import NotExact, OutOfRange
from derivcheck.evaluation.budget import BUDGET
from derivcheck.evaluation.evaluator import Axis, Frame, World, evaluate
from derivcheck.evaluation.sampling import generator
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.comparing import FLOOR, RIGHT_FACTOR, SAFETY, Discrepancy, discrepancy
from derivcheck.oracles.differences import FIRST_STEP, RIDDERS_STEPS, SHRINK, extrapolate
from derivcheck.oracles.draws import Silent, silent_at
from derivcheck.oracles.numeric import summary
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim
from derivcheck.verdict import Evidence, Outcome

NAME = "slope"
SIGNED = ("positive", "nonnegative", "negative", "nonpositive")
REAL = ("real", "nonzero")
DEFINITE = ("spd", "psd")


def applies(bench: Bench, claim: Claim) -> bool:
    """Claims about a density, whose claimed side needs no integral."""
    if claim.density is None or claim.relation != "=" or claim.solution is not None:
        return False
    return not bench.integrates(claim.claimed) and not any(
        isinstance(part, t.Derivative | t.Chain) for side in (claim.head, claim.claimed) for part in t.walk(side)
    )


@silent_at(NAME, NotExact, OutOfRange)
def ask(bench: Bench, claim: Claim) -> Evidence:
    """The two slopes at every draw. Where they cannot be told apart nothing is said: a slope is not the claim."""
    found: list[tuple[World, Discrepancy]] = []
    names = bench.reached(claim.head, claim.claimed) & bench.problem.declarations.keys()
    for number, drawn in enumerate(bench.worlds(claim.conditions)):
        world = bench.quickest(drawn) if bench.integrates(claim.head) else drawn
        line = _line(bench, claim, world, names, number)
        if not line:
            raise Silent("no input that can be moved stands in it")
        found.append((world, _at(bench, claim, world, line)))
    evidence = summary(NAME, bench, claim, claim.claimed, found)
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
        value = evaluate(term, frame.bind(_moved(line, step)))
        value = value.expand(frame.world.trials, *value.shape[1:])
        if not value.requires_grad:
            return torch.zeros_like(value), value.abs()
        pulled = torch.ones_like(value, requires_grad=True)
        (slope,) = torch.autograd.grad((value * pulled).sum(), step, create_graph=True)
        (each,) = torch.autograd.grad(slope.sum(), pulled)
    return each.detach(), value.detach().abs()


def _differences(term: t.Term, frame: Frame, line: Line) -> tuple[Tensor, Tensor]:
    """Ridders' extrapolation of the central differences of every entry, and its bar."""
    axis = 1 + len(frame.axes)
    sizes = FIRST_STEP / SHRINK ** torch.arange(RIDDERS_STEPS, dtype=torch.float64)
    steps = torch.cat([sizes, -sizes])
    BUDGET.make(len(steps) * sum(place.numel() for _, place, _ in line.values()), 2.0)
    deeper = frame.deeper(Axis("", 1, len(steps)))
    apart: Line = {key: (kind, p.unsqueeze(axis), d.unsqueeze(axis)) for key, (kind, p, d) in line.items()}
    with torch.no_grad():
        value = evaluate(term, deeper.bind(_moved(apart, steps.reshape(*(1,) * axis, -1)))).detach()
    shape = [*value.shape]
    shape[axis] = len(steps)
    forward, backward = value.expand(shape).split(RIDDERS_STEPS, axis)
    width = 2 * sizes.reshape(-1, 1, 1)
    noise = 2 * FLOOR * torch.maximum(forward.abs(), backward.abs()) / width
    slope, bar = extrapolate((forward - backward) / width, noise, axis)
    return slope, bar
