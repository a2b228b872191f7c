r"""EM for probabilistic PCA, run and judged: it never falls, where it ends, and that it stays there.

Every step's log-likelihood is compared with the one before it. The end is compared with the closed form of Tipping &
Bishop (1999), u = ±(λ₁ − σ²)^{1/2} q₁ or 0, through uuᵀ, which has no sign. A run that hits its cap is undecided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from derivcheck.homework import latent
from derivcheck.homework.latent import EPS, EStep, MStep, Spectrum
from derivcheck.homework.samples import Data
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
