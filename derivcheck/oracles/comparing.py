"""Comparing two values of a claim with an error bar that is measured, not chosen.

Rounding is measured at the very inputs: by a running error bound along the evaluation, and for derivatives by
evaluating the same draw in float32, since what float32 loses float64 loses 2²⁹ times less.
The bar is an estimate of that size: up to ten bars is agreement, and a line is *wrong* only if its discrepancy is
a hundred times larger than every bar. Between the two nothing is decided. What float64 sees has a second look at the
same input, which is a rational number exactly, in ball arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from math import isfinite, prod
from typing import Final

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import NotExact, OutOfRange
from derivcheck.evaluation.evaluator import World, evaluate
from derivcheck.evaluation.grid import Grid
from derivcheck.evaluation.integration import Quadrature
from derivcheck.evaluation.tilting import magnitude
from derivcheck.oracles import balls
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.enclosing import Input, Seen, look
from derivcheck.oracles.members import FREE, inside
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim
from derivcheck.problem.terms import Term
from derivcheck.verdict import Outcome

ULP = 2.0**-52
FLOOR = 128 * ULP
"""Agreement to this relative accuracy is as good as float64 gives: no bar has to be measured."""
LOW_TO_HIGH = 2.0**-29
"""Rounding in float64 over rounding in float32."""
SAFETY = 8.0
RUNNING_SHARE = 0.25
"""Of a worst-case bound so much is a generous estimate of what really happens; see RIGHT_FACTOR."""
MANY_ENTRIES = 64
TINY = torch.finfo(torch.float64).tiny
UNSEEN = 1e-13
LONG_LOOK: Final = 1e9
"""Where balls took longer than so many nanoseconds at one input, what they said there has to do."""
"""A summand by so much smaller than what it is added to is not seen in a mean or an integral."""
RIGHT_FACTOR = 10.0
WRONG_FACTOR = 100.0


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """The comparison at one draw, at the trial and entry where it looks worst.

    ``ratio`` is the discrepancy over the bar; ``index`` the place (trial, free indices …, row, column); ``failing`` at
    how many inputs the discrepancy is beyond doubt.
    """

    error: float
    scale: float
    bar: float
    ratio: float
    index: tuple[int, ...]
    left: float
    right: float
    valid: int
    trials: int
    zero: bool
    detectable: float
    failing: int = 0

    @property
    def outcome(self) -> Outcome:
        """What this draw says."""
        if not self.valid:
            return Outcome.UNDECIDED
        if self.ratio <= RIGHT_FACTOR:
            return Outcome.HOLDS
        return Outcome.WRONG if self.ratio > WRONG_FACTOR else Outcome.UNDECIDED


def expanded(left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
    """Both stretched to one shape."""
    # Not torch.broadcast_shapes: that one imports sympy.
    stretched = torch.broadcast_tensors(left.detach(), right.detach())
    return stretched[0], stretched[1]


def compare(bench: Bench, claim: Claim, world: World, left_term: Term, right_term: Term) -> Discrepancy:
    """Two terms at one draw; rounding is measured only where they do not agree to working precision."""
    left, right = expanded(bench.value(left_term, claim, world), bench.value(right_term, claim, world))
    quick = discrepancy(left, right, _floor(left, right))
    if not quick.valid or quick.ratio <= RIGHT_FACTOR:
        return quick
    bar = measured_bar(bench, claim, world, left_term, right_term, left, right)
    integrals = [term for term in (left_term, right_term) if bench.integrates(term)]
    if not integrals:
        return discrepancy(left, right, bar)
    size = torch.stack([summands(bench, claim, world, term) for term in integrals]).amax(0)
    rounding = (8 * FLOOR * size).reshape(-1, *(1,) * (left.dim() - 1))
    return discrepancy(left, right, bar + rounding, size)


def _per_trial(value: Tensor) -> Tensor:
    return value.abs().reshape(value.shape[0], -1).amax(1)


def _floor(left: Tensor, right: Tensor) -> Tensor:
    """The bar per trial that float64 has at best."""
    return FLOOR * torch.maximum(_per_trial(left), _per_trial(right))


def measured_bar(
    bench: Bench, claim: Claim, world: World, left_term: Term, right_term: Term, left: Tensor, right: Tensor
) -> Tensor:
    """The bar entry by entry: the running error of both sides is its profile, the gap in float32 sets its level.

    Where the rounding of no side can be followed, one bar per trial from the gap alone.
    """
    if bench.integrates(left_term, right_term):
        return _refined_bar(bench, claim, world, (left_term, right_term), left, right)
    profile: Tensor | None = None
    derivatives = False
    for term in (left_term, right_term):
        running = _running_error(bench, claim, world, term)
        if running is not None:
            running = running.expand(left.shape)
            profile = running if profile is None else torch.maximum(profile, running)
        derivatives = derivatives or running is None or differentiates(bench, term)
    gap = _low_precision_gap(bench, claim, world, left_term, right_term, left) if derivatives else None
    floor = FLOOR * torch.maximum(left.abs(), right.abs())
    if profile is None:
        assert gap is not None
        level = SAFETY * LOW_TO_HIGH * _usual(gap, left, right)
        return (_floor(left, right) + level).reshape(-1, *(1,) * (left.dim() - 1)).expand(left.shape)
    profile = profile + torch.maximum(left.abs(), right.abs())
    if gap is None:
        return floor + RUNNING_SHARE * ULP * profile
    share = torch.nan_to_num(gap / (ULP / LOW_TO_HIGH * profile).clamp_min(TINY), nan=0.0, posinf=0.0)
    share = share.reshape(share.shape[0], -1)
    level = torch.maximum(share.quantile(0.9, dim=1), share.quantile(0.9).expand(share.shape[0]))
    if share.shape[1] < MANY_ENTRIES:
        # Few entries may agree in float32 by luck; the bound itself is close where little is added up.
        level = level.clamp_min(RUNNING_SHARE)
    return floor + SAFETY * ULP * profile * level.reshape(-1, *(1,) * (left.dim() - 1))


def differentiates(bench: Bench, *terms: Term) -> bool:
    """Whether a derivative stands in terms, or behind the names in them."""
    return any(isinstance(part, t.Derivative | t.Chain | t.MapEntries) for part in bench.parts(*terms))


def integral_dimension(claim: Claim, bench: Bench, world: World) -> int:
    """Over how many numbers at once the largest integral in a claim runs at the sizes of a draw."""
    parts = _integrals(claim, bench)
    return max((sum(world.dims(bound.shape)[0] for bound in part.bounds) for part in parts), default=0)


def integral_sizes(claim: Claim, bench: Bench) -> set[str]:
    """The letters of the sizes over which integrals in a claim run."""
    lengths = [bound.shape[0] for part in _integrals(claim, bench) for bound in part.bounds]
    return {name for dim in lengths for letters, _ in dim.substitute(bench.problem.solution).terms for name in letters}


def _integrals(claim: Claim, bench: Bench) -> list[t.LogIntegral | t.Expectation]:
    parts = bench.parts(claim.head, claim.claimed)
    return [part for part in parts if isinstance(part, t.LogIntegral | t.Expectation)]


def _refined_bar(
    bench: Bench, claim: Claim, world: World, sides: tuple[Term, Term], left: Tensor, right: Tensor
) -> Tensor:
    """The bar per trial where integrals stand in the sides: what other nodes change, and the running error.

    Where no nodes are used, what a few roundings in the inputs change stands for them.
    """
    bar = 8 * _floor(left, right)
    finer = bench.finer(world) if isinstance(world.integrator, Quadrature) else bench.jittered(world)
    for term, value in zip(sides, (left, right), strict=True):
        # A derivative is followed as if it were exact: the integral in it is not.
        running = None if bench.integrates(term) else _running_error(bench, claim, world, term)
        if running is not None:
            bar = bar + ULP * _per_trial(running.expand(left.shape))
            continue
        with torch.no_grad():
            other = evaluate(term, bench.frame(claim, finer)).detach().expand(left.shape)
        # The levels are two samples of the error; one of them may be nearer than it knows.
        bar = bar + SAFETY * _usual(torch.nan_to_num(other - value, nan=torch.inf), left, right)
    return bar.detach().reshape(-1, *(1,) * (left.dim() - 1)).expand(left.shape)


def summands(bench: Bench, claim: Claim, world: World, term: Term) -> Tensor:
    """Per trial what is added up in a term: a mean that is 0 is one of numbers that cancel but for rounding."""
    if isinstance(world.integrator, Quadrature):
        # How large it is about suffices: no nodes are placed for what only tells how much is rounded.
        world = replace(world, integrator=world.integrator.roughly())
    try:
        with torch.no_grad():
            size = evaluate(magnitude(term), bench.frame(claim, world)).detach()
    except NotExact:
        return torch.zeros(world.trials, dtype=torch.float64)
    size = size.expand(world.trials, *size.shape[1:])
    return _per_trial(torch.nan_to_num(size, nan=0.0, posinf=0.0))


def absorbed(bench: Bench, claim: Claim, world: World) -> bool:
    """Whether float64 does not see something in or beside an integral, beside what it is added to."""
    frame = bench.frame(claim, world)
    for part in bench.parts(claim.head, claim.claimed):
        if isinstance(part, t.Expectation | t.Integral):
            found = [part, *(magnitude(replace(part, body=body)) for body in _added(part.body))]
        elif isinstance(part, t.Add):
            found = [magnitude(part), *map(magnitude, _added(part))]
        else:
            continue
        sizes = []
        for each in found if len(found) > 2 else ():
            try:
                with torch.no_grad():
                    sizes.append(float(evaluate(each, frame).abs().amax()))
            except (NotExact, KeyError):
                continue
        inside = isinstance(part, t.Expectation | t.Integral)
        if sizes and min((size for size in sizes[1:] if size or inside), default=1.0) < UNSEEN * max(sizes):
            return True
    return False


def _added(body: Term) -> list[Term]:
    """What a body is the sum of."""
    match body:
        case t.Add(terms=parts):
            return [each for _, part in parts for each in _added(part)]
        case t.Let(body=inner):
            return [replace(body, body=part) for part in _added(inner)]
        case t.Multiply(op="scale", left=left, right=right):
            return [replace(body, left=one, right=other) for one in _added(left) for other in _added(right)]
    return [body]


def _usual(gap: Tensor, left: Tensor, right: Tensor) -> Tensor:
    """The gap per trial; one trial may lose nothing by luck, so that what the others lose is expected of it too."""
    per_trial = _per_trial(gap)
    size = torch.maximum(_per_trial(left), _per_trial(right)).clamp_min(TINY)
    usual = torch.nan_to_num(per_trial / size, nan=0.0, posinf=0.0).quantile(0.75) * size
    return torch.maximum(torch.nan_to_num(per_trial, nan=torch.inf), usual)


def _running_error(bench: Bench, claim: Claim, world: World, term: Term) -> Tensor | None:
    """The running error bound of a term in units of one rounding, or None where it cannot be followed."""
    tracked = bench.tracked(world)
    try:
        with torch.no_grad():
            error: Tensor = evaluate(term, bench.frame(claim, tracked)).error
    except (NotExact, OutOfRange):
        return None
    return torch.nan_to_num(error, nan=0.0, posinf=0.0)


def _low_precision_gap(
    bench: Bench, claim: Claim, world: World, left_term: Term, right_term: Term, left: Tensor
) -> Tensor:
    """The gap between the sides in float32, entry by entry.

    What both sides share is rounded alike and cancels, as it does in float64; a real discrepancy enters a bar 2²⁹
    times reduced, so that it cannot hide itself.
    """
    low = bench.low_precision(world)
    with torch.no_grad():
        sides = [evaluate(term, bench.frame(claim, low)).double() for term in (left_term, right_term)]
    return (sides[0] - sides[1]).abs().expand(left.shape)


def discrepancy(left: Tensor, right: Tensor, bar: Tensor, summands: Tensor | None = None) -> Discrepancy:
    """The worst entry of all trials in which both sides are finite. ``bar`` is one number per trial, or per entry.

    What can be seen is measured against the values, or per trial against ``summands`` that cancel in them.
    """
    left, right, bar = left.detach(), right.detach(), bar.detach()
    trials = left.shape[0]
    shape = (trials, *(1,) * (left.dim() - 1))
    if bar.dim() != left.dim() or bar.dim() == 1:
        bar = bar.expand(trials).reshape(shape)
    bar = bar.expand(left.shape)
    finite = (left.isfinite() & right.isfinite()).reshape(trials, -1).all(1)
    usable = finite & bar.isfinite().reshape(trials, -1).all(1)
    valid = int(usable.sum())
    if not valid:
        return Discrepancy(0.0, 0.0, 0.0, 0.0, (), 0.0, 0.0, 0, trials, False, float("inf"))
    error = (left - right).abs()
    scale = torch.maximum(_per_trial(left), _per_trial(right))
    ratio = torch.where(usable.reshape(shape), error / bar.clamp_min(TINY), torch.zeros_like(error))
    place = int(ratio.argmax())
    if float(ratio.reshape(-1)[place]) > WRONG_FACTOR:
        # Of several wrong entries the one that is most wrong for its trial's size is shown.
        relative = torch.where(
            ratio > WRONG_FACTOR, error / scale.clamp_min(TINY).reshape(shape), torch.zeros_like(error)
        )
        place = int(relative.argmax())
    index = _unravelled(place, tuple(ratio.shape))
    trial = index[0]
    shown_scale = float(scale[trial])
    usable_scale = (scale if summands is None else torch.maximum(scale, summands))[usable]
    least = bar[usable].reshape(valid, -1).amax(1)
    detectable = (WRONG_FACTOR * least / usable_scale.clamp_min(TINY)).amin()
    return Discrepancy(
        error=float(error[index]), scale=shown_scale, bar=float(bar[index]), ratio=float(ratio[index]), index=index,
        left=float(left[index]), right=float(right[index]), valid=valid, trials=trials,
        zero=bool((scale[usable] == 0).all()),
        detectable=float(detectable) if bool((usable_scale > 0).any()) else float("inf"),
        failing=int((ratio.reshape(trials, -1) > WRONG_FACTOR).any(1).sum()),
    )  # fmt: skip


def _unravelled(place: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """A flat place as indices; torch's own function imports sympy."""
    index: list[int] = []
    for size in reversed(shape):
        place, rest = divmod(place, size)
        index.append(rest)
    return tuple(reversed(index))


def where(claim: Claim, index: tuple[int, ...], shape: tuple[int, int]) -> str:
    """The place of an entry as a person writes it: ``[2]``, ``[2,0]``, empty for a scalar; free indices first."""
    if not index:
        return ""
    free = index[1:-2]
    row, column = index[-2:]
    letters = ", ".join(f"{name.split('#')[0]}={value + 1}" for name, value in zip(claim.free, free, strict=False))
    place = ""
    if shape[0] > 1 and shape[1] > 1:
        place = f"[{row},{column}]"
    elif shape[0] > 1 or shape[1] > 1:
        place = f"[{max(row, column)}]"
    return f"{place} at {letters}".strip() if letters else place


Matrix = list[list[Fraction]]


def _mirrored(sign: int) -> Callable[[Matrix], bool]:
    return lambda rows: all(rows[i][j] == sign * rows[j][i] for i in range(len(rows)) for j in range(i + 1))


def _orthonormal(rows: Matrix) -> bool:
    """Whether the rows are."""
    return all(
        sum(x * y for x, y in zip(one, other, strict=True)) == int(i == j)
        for i, one in enumerate(rows)
        for j, other in enumerate(rows[: i + 1])
    )


MEMBERS: Final[dict[str, Callable[[Matrix], bool]]] = {
    **dict.fromkeys((*FREE, "interval", "natural", "integer", "finite", "onehot", "diagonal"), lambda rows: True),
    **dict.fromkeys(("symmetric", "spd", "psd"), _mirrored(1)),
    "skew": _mirrored(-1),
    "unit": lambda rows: sum(x * x for row in rows for x in row) == 1,
    "simplex": lambda rows: sum(row[0] for row in rows) == 1,
    "orthogonal": lambda rows: _orthonormal(rows) or _orthonormal([list(column) for column in zip(*rows, strict=True)]),
}
"""Of which kinds a matrix in float64 is a member exactly; one that is orthogonal but for rounding is not."""


def second_look(bench: Bench, claim: Claim, world: World, trial: int) -> Seen | None:
    """What balls say at an input of a draw; None where they are not asked, or it is not exactly what is declared."""
    if not balls.encloses(bench, claim) or bench.holds(t.Arbitrary, claim.head, claim.claimed):
        return None
    price = bench.kept.get(("price of a look", claim.name), 0.0)
    if isinstance(price, float) and price > LONG_LOOK:
        return None
    leaves: dict[str, Grid[Fraction]] = {}
    for name in balls.names(bench, claim):
        leaf = _exact(world.leaves[name], trial)
        domain = bench.problem.declarations[name].domain
        if leaf is None or not _is_member(leaf, domain.kind) or not all(inside(domain, x) for x in leaf.entries):
            return None
        leaves[name] = leaf
    try:
        return look(bench, claim, Input(world.sizes, leaves))
    except (NotExact, OutOfRange):
        return None


def _exact(leaf: Tensor, trial: int) -> Grid[Fraction] | None:
    value = leaf.detach()[trial if leaf.shape[0] > 1 else 0]
    numbers = value.reshape(-1).tolist()
    return Grid((1, *value.shape), tuple(map(Fraction, numbers))) if all(map(isfinite, numbers)) else None


def _is_member(leaf: Grid[Fraction], kind: str) -> bool:
    member = MEMBERS.get(kind)
    if member is None:
        return False
    *lead, rows, columns = leaf.shape
    flat = [leaf.entries[k : k + columns] for k in range(0, len(leaf.entries), columns)]
    return all(member([list(row) for row in flat[k * rows : (k + 1) * rows]]) for k in range(prod(lead)))
