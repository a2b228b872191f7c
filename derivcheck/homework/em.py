r"""EM for probabilistic PCA, run and judged: it never falls, where it ends, and that it stays there.

Every step's log-likelihood is compared with the one before it. The end is compared with the closed form of Tipping &
Bishop (1999), u = ±(λ₁ − σ²)^{1/2} q₁ or 0, through uuᵀ, which has no sign. A run that hits its cap is undecided.

How fast EM closes in on its fixed point, direction by direction, against what theory predicts.

The fixed point is u* = (λ₁ − σ²)^{1/2} q₁, and the derivative of a step there has the eigenvectors of S:

    λ₁ > σ²:   λ_k/λ₁ across, along q_k for k > 1, and 1 − 2r + 2r² along u*, r = σ²/λ₁
    λ₁ ≤ σ²:   λ_k/σ² along every q_k, u* being 0

Three ways to the same figures share nothing but the step itself: its derivative by autograd, differences of steps from
both sides of the fixed point, and the lengths of the steps in the tail of a run. A procedure that only goes half of
every way rises at every step and ends at the right place; its rate tells.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from derivcheck.homework import latent
from derivcheck.homework.latent import EPS, Data, EStep, MStep, Spectrum
from derivcheck.homework.pictures import sub
from derivcheck.verdict import Extra, Outcome

CAP = 20_000
# Whether a run rests is looked up after so many steps: looking takes longer than stepping.
CHUNK = 64
# Numbers that are held at once.
LARGEST = 4_000_000
# A step this short, relative to the size of things, is as good as none.
STILL = 1e-13
# A discrepancy is an error when it is this many times its bar, and none when it is within it.
FAR = 100.0


@dataclass(frozen=True, slots=True)
class Procedure:
    """What EM does in each of its two steps. The steps given are those that are judged."""

    e_step: EStep = latent.e_step
    m_step: MStep = latent.m_step

    def __call__(self, u: Tensor, sigma: Tensor, samples: Tensor) -> Tensor:
        """The parameter after one round, σ being known."""
        return self.m_step(samples, self.e_step(u, sigma, samples))


@dataclass(frozen=True, slots=True)
class Run:
    """Where EM went: the start and every step (T + 1 × J × 1), and whether it came to rest before its cap."""

    data: Data
    path: Tensor
    rested: bool

    @property
    def steps(self) -> int:
        return len(self.path) - 1

    @property
    def end(self) -> Tensor:
        return self.path[-1]


def run(procedure: Procedure, data: Sequence[Data], sigma: float, starts: Tensor, cap: int = CAP) -> tuple[Run, ...]:
    """EM on data sets of one size, from starts (D × J × 1), all in step until each has come to rest."""
    samples, noise = torch.stack([one.samples for one in data]), torch.tensor(sigma, dtype=torch.float64)
    still = max(STILL, 2 * EPS * samples[0].numel() ** 0.5)
    path = [starts]
    ends: dict[int, int] = {}
    while len(path) <= cap and len(ends) < len(data):
        first = len(path) - 1
        for _ in range(min(CHUNK, cap - first)):
            path.append(procedure(path[-1], noise, samples))
        walked = torch.stack(path[first:])
        lengths = torch.linalg.vector_norm(walked.diff(dim=0), dim=(-2, -1))
        sizes = torch.linalg.vector_norm(walked[1:], dim=(-2, -1)).clamp_min(sigma)
        for step, index in (lengths <= still * sizes).nonzero().tolist():
            ends.setdefault(index, first + step + 1)
        if not bool(lengths.isfinite().all()):
            break
    paths = torch.stack(path, dim=1)
    return tuple(
        Run(one, paths[index, : ends.get(index, len(path) - 1) + 1], index in ends) for index, one in enumerate(data)
    )


def remaining(run: Run, sigma: float) -> float:
    """How far the end may still be from where the run leads: the last step's length over 1 − rate, as measured.

    The rate is that of the last three decades of step lengths. To the last step comes what one step is rounded by.
    """
    lengths = torch.linalg.vector_norm(run.path.diff(dim=0), dim=(-2, -1))
    last = max(float(lengths[-1]), _rounding(run, sigma))
    longer = (lengths > 1e3 * last).nonzero()
    first = int(longer[-1]) if len(longer) else 0
    count = len(lengths) - 1 - first
    rate = (last / float(lengths[first])) ** (1 / count) if count and float(lengths[first]) > last else 0.0
    return 10 * last / (1 - rate)


def _rounding(run: Run, sigma: float) -> float:
    """What one step may be off by: sums over N samples and J entries of the size of u."""
    count, dim = run.data.samples.shape
    size = max(float(torch.linalg.vector_norm(run.end)), sigma)
    return EPS * (count + dim) ** 0.5 * size


def judged(discrepancy: float, bar: float) -> Outcome:
    """Within its bar, far beyond it, or neither (NaN is neither)."""
    if discrepancy <= bar:
        return Outcome.HOLDS
    return Outcome.WRONG if discrepancy > FAR * bar else Outcome.UNDECIDED


def joint(outcomes: Sequence[Outcome]) -> Outcome:
    """The worst of several outcomes."""
    return next((bad for bad in (Outcome.WRONG, Outcome.UNDECIDED) if bad in outcomes), Outcome.HOLDS)


@dataclass(frozen=True, slots=True)
class Climb:
    """The log-likelihood along a run (T + 1), how far each value may be rounded, and the worst step.

    ``fall`` is by how much it falls there, 0 if it rises at every step; ``bar`` what rounding explains there.
    """

    values: Tensor
    bars: Tensor
    fall: float
    bar: float
    at: int
    outcome: Outcome


def climb(run: Run, sigma: float) -> Climb:
    """Every step held against the one before it; a bound on the rounding of the two tells what is a fall."""
    count, dim = run.data.samples.shape
    noise, samples = torch.tensor(sigma, dtype=torch.float64), run.data.samples
    # every step has a number for every sample, and there may be many of both
    parts = run.path.split(max(1, LARGEST // count))
    terms = torch.cat([torch.stack(latent.likelihood_terms(part, noise, samples)) for part in parts], dim=1)
    terms = terms.flatten(1)
    values = terms.sum(0)
    # two terms go through sums of N and J products; the samples' own squares are the same number at every step
    bars = EPS * (8 * terms.abs().sum(0) + (count + 2 * dim) * terms[-1].abs() + dim * terms[2].abs())
    falls = values[:-1] - values[1:]
    allowed = bars[:-1] + bars[1:]
    worst = int((falls / allowed).argmax())
    fall, bar = float(falls[worst]), float(allowed[worst])
    # a rise within rounding is one; NaN is none
    outcome = judged(fall, bar)
    return Climb(values, bars, max(fall, 0.0) if fall > bar else 0.0, bar, worst + 1, outcome)


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a run against the closed form: how far uuᵀ is apart relative to the larger of λ₁ and σ²."""

    apart: float
    bar: float
    outcome: Outcome


def ending(run: Run, found: Spectrum, sigma: float) -> Ending:
    """Undecided for a run that never came to rest."""
    size = max(float(found.values[0]), sigma**2)
    truth = latent.closed_form(found, sigma)
    apart = float(torch.linalg.matrix_norm(run.end @ run.end.mT - truth @ truth.mT)) / size
    length = remaining(run, sigma)
    bar = length * (2 * float(torch.linalg.vector_norm(run.end)) + length) / size
    return Ending(apart, bar, judged(apart, bar) if run.rested else Outcome.UNDECIDED)


def moved_by(procedure: Procedure, data: Data, found: Spectrum, sigma: float) -> Ending:
    """How far one step moves the closed form, relative to the root of the larger of λ₁ and σ²: it must not."""
    truth = latent.closed_form(found, sigma)
    size = max(float(found.values[0]) ** 0.5, sigma)
    moved = procedure(truth, torch.tensor(sigma, dtype=torch.float64), data.samples)
    apart = float(torch.linalg.vector_norm(moved - truth)) / size
    bar = EPS * (sum(data.samples.shape) + 16)
    return Ending(apart, bar, judged(apart, bar))


def em_extra(procedure: Procedure, runs: Sequence[Run], spectra: Sequence[Spectrum], sigma: float) -> Extra:
    """One row for each run."""
    rows, outcomes = [], []
    for one, found in zip(runs, spectra, strict=True):
        row, outcome = _row(procedure, one, found, sigma)
        rows.append(row)
        outcomes.append(outcome)
    count, dim = runs[0].data.samples.shape
    lines = ["no step lowers log p(X), uuᵀ ends at (λ₁ − σ²) q₁q₁ᵀ or 0, where a step stays"]
    if not all(one.rested for one in runs):
        lines.append(f"a run that is not at rest after {CAP} steps says nothing of where it ends")
    return Extra(
        f"EM for u with σ = {sigma:.4g} known, on {count} samples in {dim} dimension{'s' * (dim > 1)}",
        columns=("data", "λ₁/σ²", "steps", "falls by", "end apart", "step there", "verdict"),
        rows=tuple(rows),
        text="\n".join(lines),
        outcome=joint(outcomes),
        code="em-differs",
    )


def _row(procedure: Procedure, one: Run, found: Spectrum, sigma: float) -> tuple[tuple[str, ...], Outcome]:
    risen, end = climb(one, sigma), ending(one, found, sigma)
    fixed = moved_by(procedure, one.data, found, sigma)
    outcome = joint([risen.outcome, end.outcome, fixed.outcome])
    fall = f"{risen.fall:.1e} at {risen.at}" if risen.fall else "none"
    cells = (
        one.data.name,
        f"{float(found.values[0]) / sigma**2:.3g}",
        str(one.steps),
        f"{fall} ± {risen.bar:.0e}",
        f"{end.apart:.0e} ± {end.bar:.0e}" if one.rested else "not at rest",
        f"{fixed.apart:.0e}",
        str(outcome),
    )
    return cells, outcome


# Differences are taken over this part of the problem's size, and over twice as much.
APART = 1e-4
TAIL = 40
# Directions that a table shows of each data set; all are checked.
SHOWN = 4

Prediction = Callable[[Spectrum, float], Tensor]
"""The rate in every direction (J), in the order of the eigenvalues."""


def predicted(found: Spectrum, sigma: float) -> Tensor:
    """λ_k/λ₁ across and 1 − 2r + 2r² along where λ₁ > σ²; λ_k/σ² where it is not."""
    largest = float(found.values[0])
    if largest <= sigma**2:
        return found.values / sigma**2
    r = sigma**2 / largest
    along = torch.tensor([1 - 2 * r + 2 * r**2], dtype=torch.float64)
    return torch.cat([along, found.values[1:] / largest])


@dataclass(frozen=True, slots=True)
class Measured:
    """A rate that was measured, and how far it may be off; NaN where it could not be measured."""

    rate: float
    bar: float


UNMEASURED = Measured(math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class Rate:
    """One direction: the prediction and what was found. ``turned`` is how far the derivative leaves the direction."""

    direction: int
    predicted: float
    autograd: Measured
    differences: Measured
    tail: Measured
    turned: float
    outcome: Outcome


def rates(
    procedure: Procedure, run: Run, found: Spectrum, sigma: float, prediction: Prediction = predicted
) -> tuple[Rate, ...]:
    """Every direction's rate for one run."""
    expected = prediction(found, sigma).tolist()
    by_autograd, turned = _by_autograd(procedure, run, found, sigma)
    by_differences = _by_differences(procedure, run, found, sigma)
    by_tail = _by_tail(run, found, sigma)
    rows = []
    for k, (rate, autograd, differences, tail) in enumerate(
        zip(expected, by_autograd, by_differences, by_tail, strict=True)
    ):
        outcomes = [judged(abs(one.rate - rate), one.bar) for one in (autograd, differences)]
        outcomes.append(judged(turned[k], autograd.bar))
        if not math.isnan(tail.rate):
            outcomes.append(judged(abs(tail.rate - rate), tail.bar))
        rows.append(Rate(k, rate, autograd, differences, tail, turned[k], joint(outcomes)))
    return tuple(rows)


def _by_autograd(procedure: Procedure, run: Run, found: Spectrum, sigma: float) -> tuple[list[Measured], list[float]]:
    """q_kᵀ D q_k for every k, D being the derivative of a step at the fixed point, and |Dᵀq_k − (q_kᵀ D q_k) q_k|.

    Each direction has its own copy of the parameter, so that one scalar gradient serves all.
    """
    samples, vectors = run.data.samples, found.vectors.mT
    copies = latent.closed_form(found, sigma).expand(len(vectors), -1, 1).clone().requires_grad_()
    with torch.enable_grad():
        moved = procedure(copies, _number(sigma), samples)
        (rows,) = torch.autograd.grad((moved.squeeze(-1) * vectors).sum(), copies)
    rows = rows.squeeze(-1)
    along = (rows * vectors).sum(-1)
    turned = torch.linalg.vector_norm(rows - along.unsqueeze(-1) * vectors, dim=-1)
    bar = EPS * (2 * sum(samples.shape) + 32)
    return [Measured(rate, bar) for rate in along.tolist()], turned.tolist()


def _by_differences(procedure: Procedure, run: Run, found: Spectrum, sigma: float) -> list[Measured]:
    """Steps from both sides of the fixed point, over two distances: their difference tells what the curvature adds."""
    place, size = latent.closed_form(found, sigma), _size(found, sigma)
    directions = found.vectors.mT.unsqueeze(-1)

    def slope(length: float) -> Tensor:
        ends = [procedure(place + sign * length * directions, _number(sigma), run.data.samples) for sign in (1, -1)]
        return ((ends[0] - ends[1]) * directions).sum((-2, -1)) / (2 * length)

    fine, coarse = slope(APART * size), slope(2 * APART * size)
    noise = EPS * sum(run.data.samples.shape) ** 0.5 * 4 / APART
    return [
        Measured(rate, bar + noise)
        for rate, bar in zip(((4 * fine - coarse) / 3).tolist(), (fine - coarse).abs().tolist(), strict=True)
    ]


def _by_tail(run: Run, found: Spectrum, sigma: float) -> list[Measured]:
    """The mean ratio of the steps' components along each q_k, late in the run but above rounding.

    A step is linear only near the fixed point: at a distance D in a problem of size ℓ its ratios are off by D/ℓ or so,
    and along u*, where the squares of all other components enter, by D²/(ℓ|e₁|), e₁ being the distance along.
    """
    size = _size(found, sigma)
    if not run.rested or run.steps < 4:
        return [UNMEASURED] * len(found.values)
    parts = run.path.diff(dim=0).squeeze(-1) @ found.vectors
    ahead = torch.linalg.vector_norm(run.path - run.end, dim=(-2, -1)) + remaining(run, sigma)
    floor = EPS * sum(run.data.samples.shape) ** 0.5 * size
    along = 0 if float(found.values[0]) > sigma**2 else None
    return [_ratio(parts[:, k].abs(), ahead, floor, size, k == along) for k in range(parts.shape[1])]


def _ratio(parts: Tensor, ahead: Tensor, floor: float, size: float, along: bool) -> Measured:
    above = (parts > 1e4 * floor).nonzero()
    last = int(above[-1]) if len(above) else 0
    first = max(last - TAIL, last // 2)
    if last - first < 2 or not float(parts[first]) > 0:
        return UNMEASURED
    rate = (float(parts[last]) / float(parts[first])) ** (1 / (last - first))
    distance = float(ahead[first])
    curved = distance / size
    if along:
        curved += distance**2 / (size * float(parts[last]))
    bar = 8 * curved + 2 * floor / float(parts[last])
    return Measured(rate, bar) if bar < 0.01 else UNMEASURED


def _size(found: Spectrum, sigma: float) -> float:
    return max(math.sqrt(float(found.values[0])), sigma)


def _number(sigma: float) -> Tensor:
    return torch.tensor(sigma, dtype=torch.float64)


def rates_extra(
    procedure: Procedure,
    runs: Sequence[Run],
    spectra: Sequence[Spectrum],
    sigma: float,
    prediction: Prediction = predicted,
) -> Extra:
    """The slowest directions of every run in a table; all of them in the verdict."""
    rows: list[tuple[str, ...]] = []
    outcomes: list[Outcome] = []
    for run, found in zip(runs, spectra, strict=True):
        all_rates = rates(procedure, run, found, sigma, prediction)
        outcomes += [rate.outcome for rate in all_rates]
        rows += _rows(run, all_rates, float(found.values[0]) > sigma**2)
    return Extra(
        "how fast EM closes in on its fixed point",
        text="predicted: 1 − 2r + 2r² along u, r = σ²/λ₁, and λₖ/λ₁ across; λₖ/σ² where u = 0",
        columns=("data", "direction", "predicted", "autograd", "differences", "run's tail", "verdict"),
        rows=tuple(rows),
        outcome=joint(outcomes),
        code="rate-differs",
    )


def _rows(run: Run, found: Sequence[Rate], signal: bool) -> list[tuple[str, ...]]:
    """The first directions and all that do not hold, and a line for the rest."""
    shown = [rate for rate in found if rate.direction < SHOWN or rate.outcome is not Outcome.HOLDS]
    rows: list[tuple[str, ...]] = [
        (
            run.data.name if rate.direction == 0 else "",
            "along u" if signal and rate.direction == 0 else f"q{sub(rate.direction + 1)}",
            f"{rate.predicted:.6f}",
            f"{rate.autograd.rate:.6f}",
            f"{rate.differences.rate:.6f}",
            "–" if math.isnan(rate.tail.rate) else f"{rate.tail.rate:.6f}",
            str(rate.outcome),
        )
        for rate in shown
    ]
    if rest := len(found) - len(shown):
        worst = max(abs(rate.autograd.rate - rate.predicted) for rate in found if rate not in shown)
        rows.append(("", f"{rest} more", f"to {worst:.0e}", "", "", "", str(Outcome.HOLDS)))
    return rows
