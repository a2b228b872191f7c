r"""How fast EM closes in on its fixed point, direction by direction, against what theory predicts.

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
from derivcheck.homework.em import Procedure, Run, joint, judged, remaining
from derivcheck.homework.latent import EPS, Spectrum
from derivcheck.verdict import Extra, Outcome

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
            "along u" if signal and rate.direction == 0 else f"q{_sub(rate.direction + 1)}",
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


def _sub(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))
