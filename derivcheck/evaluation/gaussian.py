"""Integrals over random values by Gaussian algebra: another route than nodes, and with those the quickest one.

``GaussianAlgebra`` reads off the coefficients of a log density that is quadratic in the values,
log p = c + hᵀv − ½ vᵀPv, so that log ∫ exp = c + ½ hᵀP⁻¹h − ½ log det P + (n/2) log 2π and the mean is P⁻¹h; values
from finite sets are enumerated.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import NotExact, TooLarge
from derivcheck.evaluation.differentiation import slope as slope_of
from derivcheck.evaluation.evaluator import Axis, Frame, evaluate
from derivcheck.evaluation.integration import Quadrature, apart, constant, lead_of, nested, scalar
from derivcheck.evaluation.tilting import NoPolynomial, degree, tilted
from derivcheck.problem import terms as t

THIRD = 3
"""Of so high a degree the sigma points give the mean without error."""
SPREAD = 0.6180339887498949
"""How far out the second set of sigma points lies, relative to the first."""
SMALL_MEAN = 1e-3
"""A mean by so much smaller than what it is the mean of is taken by itself where it can be."""
FAR = 2.0**20
"""So many standard deviations out, what is not linear stands far above the rounding of what is."""
INDEFINITE = 1e-6
"""A precision with an eigenvalue below minus this share of the largest is not positive definite, whatever rounding."""
QUADRATIC = 1e-9
"""A log density departs from its quadratic by less than this share of its size, or it is none."""
MOST_NODES, MOST_PLACES = 200, 4_096


class NotNormalised(NotExact):
    """The integral of exp of a quadratic that is not bent downwards in every direction: there is none."""


class GaussianAlgebra:
    """Closed forms where the log density is quadratic, and the mean's body polynomials times exponentials of them."""

    name = "Gaussian"

    def __init__(self, known: set[t.Term] | None = None) -> None:
        self._kept: dict[tuple[t.Term, tuple[Axis, ...]], tuple[Tensor, Tensor, Tensor]] = {}
        self._known = known

    def integral(self, term: t.LogIntegral | t.Expectation | t.Integral, frame: Frame) -> Tensor:
        if isinstance(term, t.Integral):
            raise NotExact("an integral of what is no density")
        if isinstance(term, t.Expectation) and (other := tilted(term, frame)) is not None:
            value: Tensor = evaluate(other, frame)
            return value
        discrete, smooth = apart(term.bounds)
        if any(bound.domain.kind != "real" for bound in smooth):
            raise NotExact("a density that is not Gaussian")
        return nested(term, discrete, frame, lambda inner: self._smooth(term, smooth, inner))

    def _smooth(
        self, term: t.LogIntegral | t.Expectation, bounds: list[t.Bound], frame: Frame
    ) -> tuple[Tensor, Tensor | None]:
        if not bounds:
            raise NotExact("a density that is not Gaussian")
        recording = torch.is_grad_enabled()
        with torch.enable_grad():
            return self._quadratic(term, bounds, frame, recording)

    def _quadratic(
        self, term: t.LogIntegral | t.Expectation, bounds: list[t.Bound], frame: Frame, recording: bool
    ) -> tuple[Tensor, Tensor | None]:
        sizes = [frame.world.dims(bound.shape)[0] for bound in bounds]
        size = sum(sizes)

        def bound(place: Tensor, inner: Frame) -> Frame:
            parts = torch.split(place, sizes, dim=-2)
            return inner.bind({each.key: part for each, part in zip(bounds, parts, strict=True)})

        def log(place: Tensor) -> Tensor:
            return scalar(evaluate(term.log, bound(place, frame)))

        key = (term.log, frame.axes) if constant(term.log, frame) else None
        if key is not None and key in self._kept:
            total, mean, factor = self._kept[key]
        else:
            lead = lead_of(replace(term, bounds=tuple(bounds)), frame)
            total, mean, factor = self.moments(log, lead, size, self._known is not None and term.log in self._known)
            if self._known is not None:
                self._known.add(term.log)
            if key is not None:
                total, mean, factor = total.detach(), mean.detach(), factor.detach()
                self._kept[key] = total, mean, factor
        body = None
        if isinstance(term, t.Expectation):
            body = self._mean(term, bound, frame, mean, factor, size)
        total = total[..., None, None]
        if not recording:
            total = total.detach()
            body = None if body is None else body.detach()
        return total, body

    def moments(
        self, log: Callable[[Tensor], Tensor], lead: tuple[int, ...], size: int, known: bool = False
    ) -> tuple[Tensor, Tensor, Tensor]:
        """log ∫ exp, the mean, the precision's Cholesky factor; that ``log`` is quadratic is ``known``, or tested."""
        origin = torch.zeros(*lead, size, 1, dtype=torch.float64, requires_grad=True)
        constant = log(origin)
        slope = slope_of(constant.sum(), origin, create=True)
        rows = [slope_of(slope[..., row, 0].sum(), origin, create=True) for row in range(size)]
        precision = -torch.stack([row[..., 0] for row in rows], -2)
        if not known:
            self._check(log, constant, slope, precision, lead)
        try:
            factor = torch.linalg.cholesky(precision)
        except RuntimeError as error:
            numbers = torch.linalg.eigvalsh(precision.detach())
            if bool((numbers[..., 0] < -INDEFINITE * numbers.abs().amax(-1)).any()):
                raise NotNormalised("a density that cannot be normalised") from error
            raise NotExact("a density that cannot be normalised to rounding") from error
        mean = torch.cholesky_solve(slope, factor)
        # Once more about the peak: of a narrow density far from 0 the parts of its expansion there cancel.
        there = mean.detach().requires_grad_()
        constant = log(there)
        slope = slope_of(constant.sum(), there, create=True)
        rest = torch.cholesky_solve(slope, factor)
        mean = there.detach() + rest
        volume = factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)
        total = constant + (slope * rest).sum((-1, -2)) / 2 - volume + size * math.log(2 * math.pi) / 2
        return total, mean, factor

    def _check(
        self, log: Callable[[Tensor], Tensor], constant: Tensor, slope: Tensor, precision: Tensor, lead: tuple[int, ...]
    ) -> None:
        """The log density is its own expansion of second order, at places far from where that was taken."""
        with torch.no_grad():
            for shift in (1.7, -0.9, 4.3):
                step = torch.arange(1, slope.shape[-2] + 1, dtype=torch.float64).reshape(-1, 1)
                place = (shift * torch.cos(step * shift)).expand(*lead, -1, 1)
                expected = constant + (slope * place).sum((-1, -2)) - (place * (precision @ place)).sum((-1, -2)) / 2
                found = log(place)
                size = torch.maximum(found.abs(), constant.abs()) + (slope.abs() * place.abs()).sum((-1, -2)) + 1
                if not bool(((found - expected).abs() <= QUADRATIC * size).all()):
                    raise NotExact("a density that is not Gaussian")

    def _mean(
        self, term: t.Expectation, bound: Callable[[Tensor, Frame], Frame], frame: Frame, mean: Tensor, factor: Tensor,
        size: int,
    ) -> Tensor:  # fmt: skip
        """The mean over sigma points, exact for polynomials of degree three; two sets have to agree.

        What is no polynomial could vanish at all of them: its degree is read off its structure.
        """
        names = frozenset(each.key for each in term.bounds)
        try:
            power = degree(term.body, names, frame)
        except NoPolynomial as error:
            if not error.hidden:
                raise NotExact("the mean of something that is no polynomial") from error
            power = THIRD
        # P⁻¹ = (L⁻¹)ᵀ L⁻¹: the rows of L⁻¹ are the directions of the sigma points.
        directions = torch.linalg.solve_triangular(factor, torch.eye(size, dtype=factor.dtype), upper=False)
        centre = mean.unsqueeze(-3)
        if power > THIRD:
            steps, weights = hermite(power, size)
            places = centre + (steps @ directions).unsqueeze(-1)
            return (weights * evaluate(term.body, bound(places, frame.deeper(Axis("", 1, len(steps)))))).sum(-3)

        def around(reach: float) -> tuple[Tensor, Tensor, float]:
            moves = reach * directions.unsqueeze(-1)
            places = torch.cat([centre, centre + moves, centre - moves], -3)
            inner = bound(places, frame.deeper(Axis("", 1, places.shape[-3])))
            value = evaluate(term.body, inner)
            weights = _weights(moves, places - centre, reach)
            # What a mean of 0 is made of is not 0: the values themselves say what a rounding error is.
            size_of = float((weights.abs() * value.detach().abs()).sum(-3).amax())
            every = value.expand(*value.shape[:-3], 1 + 2 * size, *value.shape[-2:])
            return every, (weights * value).sum(-3), size_of

        value, one, scale = around(math.sqrt(size))
        _, other, further = around((1.0 + SPREAD) * math.sqrt(size))
        scale += further + 1e-300
        at = value.detach()
        results = [one, other]
        if bool((at[..., :1, :, :].abs() < SMALL_MEAN * at.abs().amax(-3, keepdim=True)).any()):
            # A mean near 0 of something wide: where the body is linear it is the value at the centre, without a sum.
            straight = _linear(around(FAR)[0].detach())
            results = [torch.where(straight, value[..., 0, :, :], each) for each in results]
        one, other = results
        if not bool(((one - other).detach().abs() <= 1e-9 * scale).all()):
            raise NotExact("the mean of something that is no polynomial of low degree")
        return one


def _linear(value: Tensor) -> Tensor:
    """In which entries second differences over far points are rounding: there is no second moment in the mean."""
    centre, (ahead, behind) = value[..., :1, :, :], value[..., 1:, :, :].chunk(2, -3)
    bend = (ahead - centre) + (behind - centre)
    size = ahead.abs() + behind.abs() + centre.abs()
    return (bend.abs() <= 16 * torch.finfo(torch.float64).eps * size).all(-3)


def _weights(moves: Tensor, rounded: Tensor, reach: float) -> Tensor:
    """The weights ``(…, 1 + 2 n, 1, 1)`` of a centre and of sigma points to both of its sides.

    A narrow density far from 0 has its points where rounding put them: with t₊ and t₋ for how far they are in units of
    a standard deviation, w₊ t₊ = w₋ t₋ and w₊ t₊² + w₋ t₋² = 1 keep the mean and the variance.
    """
    length = moves.detach().square().sum((-1, -2)).clamp_min(torch.finfo(torch.float64).tiny)
    ahead, behind = rounded.detach()[..., 1:, :, :].chunk(2, -3)
    forth = reach * (ahead * moves.detach()).sum((-1, -2)) / length
    back = -reach * (behind * moves.detach()).sum((-1, -2)) / length
    both = forth + back
    outer = torch.cat([1 / (forth * both), 1 / (back * both)], -1)
    return torch.cat([1 - outer.sum(-1, keepdim=True), outer], -1)[..., None, None]


class Quickest:
    """Gaussian algebra where it is open, else quadrature: for what is worked out very often, as by an optimiser."""

    name = "quickest"

    def __init__(self, known: set[t.Term] | None = None) -> None:
        self.algebra, self.quadrature = GaussianAlgebra(known), Quadrature()
        self._known = known
        self._other: set[t.Term] = set()

    def renewed(self) -> Quickest:
        """The same at other parameters: what has a closed form is known, nodes and moments are not kept."""
        made = Quickest(set() if self._known is None else self._known)
        made._other = self._other
        return made

    def integral(self, term: t.LogIntegral | t.Expectation | t.Integral, frame: Frame) -> Tensor:
        if term not in self._other:
            try:
                return self.algebra.integral(term, frame)
            except TooLarge:
                raise
            except NotExact:
                self._other.add(term)
        return self.quadrature.integral(term, frame)


@cache
def hermite(power: int, size: int) -> tuple[Tensor, Tensor]:
    """Steps ``(count, size)`` and weights ``(count, 1, 1)``, exact for polynomials of degree ``power`` in each number.

    Golub and Welsch: the nodes are eigenvalues of the Jacobi matrix of the orthonormal polynomials, and the weights
    1 / Σ_k p_k(x)², a sum of positive numbers, so that even those of the outermost nodes have all their figures.
    """
    count = power // 2 + 1
    if count > MOST_NODES or count**size > MOST_PLACES:
        raise NotExact("a mean of so high a degree")
    beside = torch.arange(1, count, dtype=torch.float64).sqrt()
    nodes = torch.linalg.eigvalsh(torch.diag(beside, 1) + torch.diag(beside, -1))
    for _ in range(2):
        value, slope, _ = _hermites(nodes, count)
        nodes = nodes - value / slope
    weights = 1 / _hermites(nodes, count)[2]
    steps = torch.tensor(list(itertools.product(nodes.tolist(), repeat=size)), dtype=torch.float64)
    products = torch.tensor(list(itertools.product(weights.tolist(), repeat=size)), dtype=torch.float64).prod(-1)
    return steps, products[:, None, None]


def _hermites(x: Tensor, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """p_count(x), its slope √count p_{count−1}(x), and Σ_{k < count} p_k(x)², of orthonormal polynomials."""
    before, value, total = torch.zeros_like(x), torch.ones_like(x), torch.zeros_like(x)
    for k in range(count):
        total = total + value * value
        before, value = value, (x * value - k**0.5 * before) / (k + 1) ** 0.5
    return value, count**0.5 * before, total
