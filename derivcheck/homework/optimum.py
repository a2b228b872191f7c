r"""The optimiser's side: right weights are where a squared error is least, and an optimiser goes back to them.

    L(θ) = Σₙ ‖y(xₙ; θ) − (min xₙ, max xₙ)‖²

A network that is right has L = 0, which nothing can beat, and a zero gradient. Started from weights with noise of
scale 0.1, an optimiser of our own must come back to L = 0; if it does not, that is undecided and says nothing against
the weights. Away from the optimum the gradient that autograd gives is held against differences, so that a network
whose backward pass is cut is found out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from derivcheck.homework.em import joint
from derivcheck.homework.latent import normal
from derivcheck.verdict import Extra, Outcome

SAMPLES = 64
STARTS = 3
NOISE = 0.1


class Weights(NamedTuple):
    """A network's parameters: A (H × 2), a (H × 1), B (2 × H), b (2 × 1), with any batch axes before."""

    A: Tensor
    a: Tensor
    B: Tensor
    b: Tensor


class Trainable(Protocol):
    """A module with parameters of its own, which can be evaluated at others ."""

    @property
    def weights(self) -> Weights: ...

    def evaluate(self, weights: Weights, x: Tensor) -> dict[str, Tensor]: ...


Residuals = Callable[[Tensor], Tensor]
"""Parameters, one row for each sample (N × P), to that sample's residuals (N × R)."""


@dataclass(frozen=True, slots=True)
class Descent:
    """Where an optimiser ended: the parameters (P), the loss there, and after how many steps."""

    parameters: Tensor
    loss: float
    steps: int


Optimiser = Callable[[Residuals, int, Tensor], Descent]
"""Residuals, the number of samples and the start (P) to the end."""


def jacobian(residuals: Residuals, samples: int, parameters: Tensor) -> tuple[Tensor, Tensor]:
    """The residuals (N·R) and their Jacobian (N·R × P).

    Every sample gets its own copy of the parameters, so that one scalar gradient serves all samples at once.
    """
    copies = parameters.expand(samples, -1).clone().requires_grad_()
    values = residuals(copies)
    columns = [
        torch.zeros_like(copies) if gradient is None else gradient
        for k in range(values.shape[1])
        for (gradient,) in [torch.autograd.grad(values[:, k].sum(), [copies], retain_graph=True, allow_unused=True)]
    ]
    return values.detach().reshape(-1), torch.stack(columns, dim=1).reshape(-1, len(parameters))


def levenberg_marquardt(residuals: Residuals, samples: int, start: Tensor, cap: int = 60) -> Descent:
    """Least squares by (JᵀJ + λI) δ = −Jᵀr; λ falls after a step that helps and grows after one that does not.

    Stops where the loss is rounding alone, or at ``cap`` steps.
    """
    parameters, damping = start, 1e-2
    r, slopes = jacobian(residuals, samples, parameters)
    loss = float(r @ r)
    for step in range(cap):
        if loss < 1e-26:
            return Descent(parameters, loss, step)
        system = slopes.T @ slopes + damping * torch.eye(len(parameters), dtype=slopes.dtype)
        moved = parameters - torch.linalg.solve(system, slopes.T @ r)
        r_moved, slopes_moved = jacobian(residuals, samples, moved)
        moved_loss = float(r_moved @ r_moved)
        if moved_loss < loss:
            parameters, r, slopes, loss, damping = moved, r_moved, slopes_moved, moved_loss, max(damping / 5, 1e-12)
        else:
            damping *= 4
    return Descent(parameters, loss, cap)


def optimum_extra(network: Trainable, seed: int, optimiser: Optimiser = levenberg_marquardt) -> Extra:
    """Loss and gradient at the network's weights, its gradient against differences, and the way back to them."""
    generator = torch.Generator().manual_seed(seed)
    residuals = sample(network, generator)
    weights = _flat(network.weights)
    noisy = [weights + NOISE * normal(generator, len(weights)) for _ in range(STARTS)]
    rows = [
        *_at_the_weights(residuals, weights),
        _against_differences(residuals, noisy[0], normal(generator, len(weights))),
        *(_way_back(optimiser(residuals, SAMPLES, start)) for start in noisy),
    ]
    return Extra(
        f"the weights as a minimum of the squared error over {SAMPLES} inputs",
        columns=("asked", "found", "verdict"),
        rows=tuple((asked, found, str(outcome)) for asked, found, outcome in rows),
        outcome=joint([outcome for _, _, outcome in rows]),
        code="not-a-minimum",
    )


Row = tuple[str, str, Outcome]


def sample(network: Trainable, generator: torch.Generator) -> Residuals:
    """The residuals y(x) − (min x, max x) of the network over random inputs, as a function of its weights."""
    x = 2 * normal(generator, SAMPLES, 2, 1)
    target = torch.cat([x.amin(1, keepdim=True), x.amax(1, keepdim=True)], dim=1)
    shapes = [weight.shape for weight in network.weights]
    counts = [shape.numel() for shape in shapes]

    def residuals(parameters: Tensor) -> Tensor:
        parts = torch.split(parameters, counts, dim=1)
        weights = Weights(*(part.reshape(-1, *shape) for part, shape in zip(parts, shapes, strict=True)))
        return (network.evaluate(weights, x)["y"] - target).squeeze(-1)

    return residuals


def _at_the_weights(residuals: Residuals, weights: Tensor) -> list[Row]:
    r, slopes = jacobian(residuals, SAMPLES, weights)
    loss, steepest = float(r @ r), float((2 * slopes.T @ r).abs().max())
    # each residual is a sum of a few products, each rounded once
    rounding = 64 * torch.finfo(r.dtype).eps * max(1.0, float(slopes.abs().max()))
    return [
        ("loss at the weights", f"{loss:.1e}", _holds(loss <= len(r) * rounding**2)),
        ("largest entry of its gradient there", f"{steepest:.1e}", _holds(steepest <= len(r) * rounding)),
    ]


def _against_differences(residuals: Residuals, point: Tensor, direction: Tensor) -> Row:
    r, slopes = jacobian(residuals, SAMPLES, point)
    slope = float(2 * (slopes.T @ r) @ direction)

    def difference(step: float) -> float:
        ends = [point + step * direction, point - step * direction]
        up, down = (float(residuals(end.expand(SAMPLES, -1)).detach().square().sum()) for end in ends)
        return (up - down) / (2 * step)

    coarse, fine = difference(2e-6), difference(1e-6)
    bar = max(abs(coarse - fine), 1e-9 * abs(fine))
    agree = _holds(abs(slope - fine) <= 10 * bar + 1e-7 * abs(fine))
    # with a wide bar a unit's kink lies between the two ends, and the differences say nothing
    outcome = agree if bar <= 1e-4 * abs(fine) else Outcome.UNDECIDED
    return f"autograd away from them: {slope:.6g}", f"differences {fine:.6g} ± {bar:.0e}", outcome


def _way_back(end: Descent) -> Row:
    # NaN is not "at most", so a diverged run is undecided as well
    back = end.loss <= 1e-20
    return (
        f"from weights with noise of scale {NOISE}",
        f"loss {end.loss:.1e} after {end.steps} steps",
        Outcome.HOLDS if back else Outcome.UNDECIDED,
    )


def _holds(condition: bool) -> Outcome:
    return Outcome.HOLDS if condition else Outcome.WRONG


def _flat(weights: Weights) -> Tensor:
    return torch.cat([weight.detach().reshape(-1) for weight in weights])
