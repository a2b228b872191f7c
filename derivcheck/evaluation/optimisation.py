r"""The optimum of an objective over a declared domain, found without the claim that names it.

Newton's method from the given start, and BFGS from other starts refined by Newton, must come to the same point. In a
linear space an objective whose Hessian is the same at several random places is quadratic: one Newton step from
anywhere is exact, and definite curvature makes its optimum the only one, so that BFGS has nothing to add.

Optima of different value: the best is returned where more than half of the runs that converged end in it and no
other end is as good to rounding. Else the reason is "several optima", unless a place is given of which it is asked
whether it is one of them: then the nearest of the ends that are as good as the best is returned.

A maximum at the bound of a closed domain (x ≥ 0) is found by holding the entries that run into it, and accepted where
the objective falls strictly into the domain (the sign of Karush, Kuhn and Tucker).

The error: Newton's step is taken from several places a hair (2⁻²⁷) off the optimum. They would all end in the same
point but for the rounding of gradients, magnified by the inverse Hessian as it is in the result. Their spread, times
a safety factor, with |H⁻¹||H||x| ulps for rounding that all of them share, bounds the error.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import BUDGET, NotExact
from derivcheck.evaluation.charts import CLOSED, MATRICES, bounds, chart, flat, straight, supported
from derivcheck.evaluation.descent import NEWTON_STEPS, Objective, Run, bfgs, newton, second, spectrum
from derivcheck.evaluation.evaluator import Frame, evaluate
from derivcheck.evaluation.sampling import draw, generator
from derivcheck.evaluation.stationary import curvature, projected, refine, stationarity
from derivcheck.language.shapes import Dim, Domain
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Problem

__all__ = ["Objective", "Optimum", "curvature", "optimise", "stationarity"]

FLAT = "flat along a direction"
SEVERAL = "several optima"
STARTS = 5
PLACES = 3
"""Where the Hessian of an objective must be the same for it to be quadratic: at the optimum and at two draws."""
HOLDS = 4
"""So often entries are put on a bound, for the others to go on."""
SAME = 1e-5
"""Two runs end in the same point if they differ by less of its size: without the last refinement."""
EDGE = 1e-6
"""An entry that a run brought so near a bound, in its first distance, and still moves, is on its way into it."""


@dataclass(frozen=True)
class Optimum:
    """``place (*lead, rows, columns)``, ``error`` in the maximum norm and ``converged`` ``(*lead,)``, and why not."""

    place: Tensor
    error: Tensor
    converged: Tensor
    reason: str


def optimise(
    objective: Objective, start: Tensor, domain: Domain, maximise: bool, seed: object, near: Tensor | None = None
) -> Optimum:
    """The arg max (or arg min) over the domain for every entry of the lead; see the module for what is accepted.

    Every end is found without ``near``, which only picks one where several are as good.
    """
    supported(domain)
    sign = -1.0 if maximise else 1.0
    lead = tuple(start.shape[:-2])
    start = _inside(objective, start.detach().to(torch.float64).clone(), domain, seed)
    if not chart(domain, start).count:
        # One member, or a unit number: two that nothing joins.
        only = torch.full(lead, domain.kind != "unit", dtype=torch.bool)
        return Optimum(start, torch.zeros(lead, dtype=torch.float64), only, "" if bool(only.all()) else SEVERAL)
    runs = [_descend(objective, domain, sign, start, start)]
    # One way on which it gets better for ever settles the matter: no other start can bring an optimum back.
    endless = bool((runs[0].far & runs[0].gaining).any())
    if not endless and not _quadratic(objective, domain, sign, runs[0], seed):
        for k in range(STARTS):
            other = _other(objective, domain, runs[0].place, start, k, seed)
            runs.append(_descend(objective, domain, sign, other, bfgs(objective, domain, sign, other)))
    place, fixed, reasons = _choose(runs, start, maximise, near)
    refined, error, sound = refine(objective, domain, sign, place, fixed, seed)
    # Where every step leaves most of the way, ends that differ are no sign of several optima.
    reasons = [
        FLAT if not good and reason in ("", SEVERAL) else reason
        for reason, good in zip(reasons, _list(sound), strict=True)
    ]
    converged = torch.tensor([not reason for reason in reasons], dtype=torch.bool).reshape(lead)
    place = torch.where(converged[..., None, None], refined, place)
    error = torch.where(converged, error, torch.inf)
    return Optimum(place, error, converged, next((reason for reason in reasons if reason), ""))


def _list(mask: Tensor) -> list[bool]:
    return [bool(entry) for entry in mask.reshape(-1).tolist()]


def _values(objective: Objective, place: Tensor) -> Tensor:
    with torch.no_grad():
        return objective(place).expand(place.shape[:-2]).detach()


def _inside(objective: Objective, start: Tensor, domain: Domain, seed: object) -> Tensor:
    """The start, or a draw where it lies on a bound or the objective is no number there."""
    low, high = bounds(domain)
    for k in range(4):
        bad = ~_values(objective, start).isfinite()[..., None, None].expand_as(start)
        bad = bad | ((start <= low) if low is not None else False) | ((start >= high) if high is not None else False)
        if not bool(bad.any()):
            break
        start = torch.where(bad, draw(domain, tuple(start.shape), generator("inside", seed, k), high), start)
    return start


def _other(objective: Objective, domain: Domain, found: Tensor, start: Tensor, k: int, seed: object) -> Tensor:
    """Another start: a draw, in its own size or in that of the entries found; nearer where the objective is no number.

    One lies on the other side of what was found: optima often come in such pairs.
    """
    shape = tuple(start.shape)
    source = generator("start", seed, k)
    other = draw(domain, shape, source, bounds(domain)[1])
    found = torch.where(found.isfinite(), found, start)
    size = flat(Domain(), found).unit.reshape(shape).clamp(1e-9, 1e9)
    spread = torch.exp(torch.randn(shape, generator=source, dtype=torch.float64))
    if k == 1 and (straight(domain) or domain.kind == "unit"):
        other = 0.3 * other * size - found
        other = other / other.norm(dim=(-2, -1), keepdim=True) if domain.kind == "unit" else other
    elif k % 2 and domain.kind in ("real", "nonzero", "positive", "nonnegative", "negative", "nonpositive"):
        other = other * size * spread
    around = chart(domain, start)
    direction = torch.randn(*around.unit.shape, generator=source, dtype=torch.float64)
    for j in range(6):
        bad = ~_values(objective, other).isfinite()
        if not bool(bad.any()):
            break
        near = around.place(direction * around.unit * 0.5**j).detach()
        other = torch.where(bad[..., None, None], near, other)
    return other


def _descend(objective: Objective, domain: Domain, sign: float, origin: Tensor, start: Tensor) -> Run:
    """Newton's method from ``start``, where BFGS came to from ``origin``.

    Entries that run into a closed bound are put on it and held while the others go on. It counts as an optimum if the
    objective gets strictly worse from there into the domain.
    """
    run = newton(objective, domain, sign, start)
    fixed = torch.zeros_like(start, dtype=torch.bool)
    for _ in range(HOLDS):
        into = _into_bound(domain, origin, run) & ~fixed
        edge = into.flatten(-2).any(-1) & ~run.settled
        if not bool(edge.any()):
            break
        if domain.kind not in CLOSED:
            return replace(run, edge=edge)
        fixed = fixed | (into & edge[..., None, None])
        begin = torch.where(fixed, 0.0, torch.where(edge[..., None, None], origin, run.place))
        run = newton(objective, domain, sign, begin, fixed)
    if not bool(fixed.any()):
        return run
    slope, bar = projected(objective, run.place, domain)
    worse = sign * slope * (1.0 if domain.kind == "nonnegative" else -1.0) > bar
    settled = run.settled & (~fixed | worse).flatten(-2).all(-1)
    return replace(run, settled=settled, edge=fixed.flatten(-2).any(-1) & ~settled, fixed=fixed)


def _into_bound(domain: Domain, start: Tensor, run: Run) -> Tensor:
    """Which entries are on their way into a bound."""
    low, high = bounds(domain)
    place = run.place
    if domain.kind == "simplex":
        return place < EDGE * start
    if domain.kind in MATRICES:
        numbers = torch.linalg.eigvalsh(place.nan_to_num())
        return (numbers[..., :1] < 1e-2 * EDGE * numbers[..., -1:]).unsqueeze(-1).expand_as(place)
    near = torch.zeros_like(place, dtype=torch.bool)
    if low is not None:
        near = near | (place - low < EDGE * (start - low))
    if high is not None:
        near = near | (high - place < EDGE * (high - start))
    return near


def _quadratic(objective: Objective, domain: Domain, sign: float, run: Run, seed: object) -> bool:
    """Whether the objective is quadratic with this one optimum: one step from elsewhere ends there too."""
    if not straight(domain) or not bool((run.settled & run.convex).all()):
        return False
    lead = tuple(run.place.shape[:-2])
    size = flat(Domain(), run.place).unit.amax(-1)[..., None, None]
    known: Tensor | None = None
    for k in range(PLACES):
        place = run.place
        if k:
            place = draw(domain, tuple(place.shape), generator("quadratic", seed, k)) * size + place / 2
        made = chart(domain, place)
        _, slope, hessian = second(objective, sign, made, lead)
        if not bool(hessian.isfinite().all()):
            return False
        if known is None:
            known, axes = hessian, spectrum(hessian, made.unit)
            continue
        apart = (hessian - known).abs() / (axes.scale.unsqueeze(-1) * axes.scale.unsqueeze(-2))
        end = made.place(-axes.solve(slope)).detach()
        if not bool((apart <= 1e-12 * made.count).all() and ((end - run.place).abs() <= SAME * size).all()):
            return False
    return True


def _choose(
    runs: list[Run], start: Tensor, maximise: bool, near: Tensor | None
) -> tuple[Tensor, Tensor | None, list[str]]:
    """The best end for every entry of the lead, and why it is not accepted."""
    good = torch.stack([run.settled & run.convex & run.finite for run in runs])
    values = torch.stack([run.value for run in runs]).nan_to_num(torch.inf, torch.inf, -torch.inf)
    best = torch.where(good, values, torch.inf).argmin(0)
    places = torch.stack([run.place for run in runs])
    value = values.gather(0, best[None])[0]
    noise = 1e-9 * (value.abs() + 1e-9)
    level = good & (values <= value + noise)
    if near is not None:
        away = (places - near).abs().amax((-2, -1)).nan_to_num(torch.inf)
        best = torch.where(level.any(0), torch.where(level, away, torch.inf).argmin(0), best)
    pick = best[None, ..., None, None]
    place = places.gather(0, pick.expand(1, *start.shape))[0]
    fixed = torch.stack([torch.zeros_like(start, dtype=torch.bool) if run.fixed is None else run.fixed for run in runs])
    held = fixed.gather(0, pick.expand(1, *start.shape))[0]
    size = torch.maximum(place.abs(), 1e-2 * start.abs()).amax((-2, -1))
    same = good & ((places - place).abs().amax((-2, -1)) <= SAME * size)
    same = same if near is None else same | level
    rival = level & ~same
    # Where nothing converged, the run with the best value says why, and those that still went on getting better.
    running = torch.stack([run.far & run.gaining for run in runs])
    lowest = values.amin(0) + 1e-9 * (values.amin(0).abs() + 1e-9)
    failed = ~good & torch.where(good.any(0), values < value - noise, (values <= lowest) | running)
    most = (2 * same.sum(0) > good.sum(0)) & ((same.sum(0) > 1) | (len(runs) == 1))
    flags = torch.stack(
        [torch.stack([r.far, r.gaining, r.edge, r.convex, r.finite, r.steep], -1).reshape(-1, 6) for r in runs], 1
    )
    clear, ends = most & ~rival.any(0), good.any(0)
    reasons = [
        _why([each for each, bad in zip(of_runs, lost, strict=True) if bad], alone, any_end, maximise)
        for of_runs, lost, alone, any_end in zip(
            flags.tolist(), failed.reshape(len(runs), -1).T.tolist(), _list(clear), _list(ends), strict=True
        )
    ]
    return place, held if bool(held.any()) else None, reasons


def _why(failing: list[list[bool]], clear: bool, any_end: bool, maximise: bool) -> str:
    """The reason in words, the most telling first; failing runs: (far, gaining, edge, convex, finite, steep)."""
    if any(far and gaining for far, gaining, *_ in failing):
        return f"the objective {'grows' if maximise else 'falls'} without bound"
    if any(far for far, *_ in failing):
        return "no optimum at a finite place"
    if any(run[2] for run in failing):
        return "the best values lie on the edge of the domain"
    if failing and not all(run[4] for run in failing):
        return "the objective is not a finite number"
    if failing and not all(run[3] or run[5] for run in failing):
        return FLAT
    if failing:
        return f"did not converge in {NEWTON_STEPS} steps"
    if not clear:
        return SEVERAL
    return "" if any_end else "did not converge"


COUPLED = ("simplex", "unit", "spd", "psd", "symmetric", "skew", "orthogonal", "diagonal", "lower", "upper")
"""Domains whose entries do not move one without the others."""


class NotFound(NotExact):
    """No optimum, or no single one; ``what`` says why."""


class Optimiser:
    """Works out ``Optimum`` terms; ``seed`` decides where the other starts lie."""

    def __init__(self, problem: Problem, seed: int = 0) -> None:
        self.problem, self.seed = problem, seed

    def optimum(self, term: t.Optimum, frame: Frame) -> Tensor:
        found = self.solve(term, frame)
        missing = int((~found.converged).sum())
        if 2 * missing >= found.converged.numel():
            raise NotFound(f"an optimum that is not found ({found.reason})")
        # An input at which there is none (a component that no sample came from) is left out where most have one.
        return torch.where(found.converged[..., None, None], found.place, torch.nan) if missing else found.place

    def solve(self, term: t.Optimum, frame: Frame, near: Tensor | None = None) -> Optimum:
        """The optimum at every trial and index, ``(trials, axes …, rows, columns)``; of equals the ``near`` one."""
        domain = self.domain(term, frame)
        coupled = term.position is not None and domain.kind in COUPLED
        whole = replace(term, position=None) if coupled else term
        objective, start = objective_of(whole, frame)
        BUDGET.renew(BUDGET.most)
        found = optimise(objective, start, domain, term.op == "argmax", self.seed, None if coupled else near)
        if not coupled:
            return found
        assert term.position is not None
        row, column = term.position
        shape = (Dim.of(found.place.shape[-2]), Dim.of(found.place.shape[-1]))
        entry = t.Entry(t.Variable("optimum#", shape=shape), row, column)
        place = evaluate(entry, frame.bind({"optimum#": found.place}))
        return Optimum(place, found.error, found.converged, found.reason)

    def domain(self, term: t.Optimum, frame: Frame) -> Domain:
        """From where the name takes its values."""
        return self.problem.declarations[term.key].domain.in_numbers(frame.world.sizes)


def objective_of(term: t.Optimum, frame: Frame) -> tuple[Objective, Tensor]:
    """The objective as a function of the value sought, and the current value: ``(trials, axes …, rows, columns)``."""
    lead = (frame.world.trials, *(axis.count for axis in frame.axes))
    value = frame.name(term.key).detach()
    held = {name: frame.name(name).detach() for name in term.held}
    depth = len(lead)
    whole = value.expand(*lead, *value.shape[depth:])
    chosen = _chosen(term, whole, frame)
    current = whole if chosen is None else _taken(term, whole, chosen)

    def objective(place: Tensor) -> Tensor:
        BUDGET.again()
        put = place if chosen is None else _put(term, whole, chosen, place)
        made: Tensor = evaluate(term.objective, frame.bind({**held, term.key: put}, held))
        return made[..., 0, 0].expand(place.shape[:-2])

    return objective, current.detach().clone()


def _chosen(term: t.Optimum, whole: Tensor, frame: Frame) -> Tensor | None:
    """Where the entry or member that is sought stands in the whole value; None if it is the whole."""
    mask: Tensor | None = None
    places: list[tuple[t.Term | None, int]] = [(index, -3) for index in term.indices]
    if len(places) > 1:
        raise NotExact("an optimum over a member with several indices")
    if term.position is not None:
        places += [(term.position[0], -2), (term.position[1], -1)]
    for position, axis in places:
        if position is None:
            continue
        number = evaluate(position, frame).detach()
        number = number.reshape(*number.shape, *(1,) * (whole.dim() - number.dim()))
        steps = torch.arange(1, whole.shape[axis] + 1, dtype=torch.float64)
        shape = [1] * whole.dim()
        shape[axis] = whole.shape[axis]
        here = steps.reshape(shape) == number
        mask = here if mask is None else mask & here
    return None if mask is None else mask.expand(whole.shape)


def _taken(term: t.Optimum, whole: Tensor, chosen: Tensor) -> Tensor:
    value = torch.where(chosen, whole, torch.zeros_like(whole))
    if term.indices:
        value = value.sum(-3)
    if term.position is not None:
        value = value.sum((-1, -2), keepdim=True)
    return value


def _put(term: t.Optimum, whole: Tensor, chosen: Tensor, place: Tensor) -> Tensor:
    inner = place.unsqueeze(-3) if term.indices else place
    return torch.where(chosen, inner.expand(whole.shape), whole)
