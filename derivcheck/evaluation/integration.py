"""Integrals over random values in torch, by two routes that share nothing but the log density.

``Quadrature`` sums over nodes that the log density itself places (``evaluation.quadrature``). ``GaussianAlgebra``
reads off the coefficients of a log density that is quadratic in the values, log p = c + hᵀv − ½ vᵀPv, so that
log ∫ exp = c + ½ hᵀP⁻¹h − ½ log det P + (n/2) log 2π and the mean is P⁻¹h; values from finite sets are enumerated in
both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import NotExact, NotSettled, TooLarge
from derivcheck.evaluation.budget import BUDGET
from derivcheck.evaluation.definite import definite, shaken
from derivcheck.evaluation.degree import NoPolynomial, degree
from derivcheck.evaluation.differentiation import slope as slope_of
from derivcheck.evaluation.evaluator import Axis, Bindings, Frame, World, evaluate
from derivcheck.evaluation.hermite import hermite
from derivcheck.evaluation.quadrature import DISCRETE, rule
from derivcheck.evaluation.tilting import tilted
from derivcheck.language.domain import Domain
from derivcheck.problem import terms as t
from derivcheck.problem.facts import everything
from derivcheck.problem.scope import Definition
from derivcheck.problem.substitution import rewrite

KINKED = frozenset(("abs", "relu", "sign", "floor", "ceil", "sqrt"))
SMALLEST = -650.0
"""The logarithm below which a mean is lost among numbers that are 0."""
THIRD = 3
"""Of so high a degree the sigma points give the mean without error."""
SPREAD = 0.6180339887498949
"""How far out the second set of sigma points lies, relative to the first."""
SMALL_MEAN = 1e-3
"""A mean by so much smaller than what it is the mean of is taken by itself where it can be."""
FAR = 2.0**20
"""So many standard deviations out, what is not linear stands far above the rounding of what is."""
UNIT = Domain("interval", low=0.0, high=1.0)
COMPLEMENT = "~"
"""Behind a name: one less it."""
INDEFINITE = 1e-6
"""A precision with an eigenvalue below minus this share of the largest is not positive definite, whatever rounding."""
QUADRATIC = 1e-9
"""A log density departs from its quadratic by less than this share of its size, or it is none."""


class NotNormalised(NotExact):
    """The integral of exp of a quadratic that is not bent downwards in every direction: there is none."""


def _domain(bound: t.Bound, frame: Frame) -> Domain:
    """The domain with its end in numbers."""
    return bound.domain.in_numbers(frame.world.sizes)


def _apart(bounds: tuple[t.Bound, ...]) -> tuple[list[t.Bound], list[t.Bound]]:
    """Those that are summed over and those that are integrated over."""
    discrete = [bound for bound in bounds if bound.domain.kind in DISCRETE]
    return discrete, [bound for bound in bounds if bound.domain.kind not in DISCRETE]


def _scalar(value: Tensor) -> Tensor:
    """A scalar's value ``(trials, axes …, 1, 1)`` without its rows and columns."""
    return value[..., 0, 0]


def _constant(log: t.Term, frame: Frame) -> bool:
    """Whether a log density is frozen, and nothing on which it depends is bound to another value here."""
    if not isinstance(log, t.Frozen):
        return False
    return _unbound(log, frozenset(log.names), frame)


def _everywhere(term: t.Term, frame: Frame) -> bool:
    """Whether a term has the same value whatever runs here."""
    return not any(axis.name for axis in frame.axes) and _unbound(term, frozenset(), frame)


def _unbound(term: t.Term, but: frozenset[str], frame: Frame) -> bool:
    """Whether nothing on which a term depends is bound to another value here."""
    names = t.variables(term)
    reached = names.union(*(frame.world.dependencies.get(name, frozenset()) for name in names)) - but
    bindings: Bindings | None = frame.bindings
    while bindings is not None:
        if not reached.isdisjoint(bindings.values):
            return False
        bindings = bindings.parent
    return True


def _lead(term: t.LogIntegral | t.Expectation, frame: Frame) -> tuple[int, ...]:
    """The trials and axes on which the log density depends: a value is put in to see them."""
    places = {}
    for bound in term.bounds:
        rows, columns = frame.world.dims(bound.shape)
        if columns != 1:
            raise NotExact("an integral over a matrix")
        places[bound.key] = torch.full((1,) * (1 + len(frame.axes)) + (rows, 1), 0.5, dtype=torch.float64)
    # Recording as outside: what a definition is found to be here is kept for all that follows.
    return tuple(evaluate(term.log, frame.bind(places)).shape[:-2])


class Quadrature:
    """Sums over nodes. ``level`` 0 and 1 share no node, so that their difference is an error bar.

    A ``rough`` one takes the nodes of the density for every body: good for the size of a mean, and no more.
    """

    name = "integral"

    def __init__(self, level: int = 0, *, rough: bool = False) -> None:
        self.level = level
        self.rough = rough
        self._kept: dict[tuple[t.Term, tuple[Axis, ...]], tuple[Tensor, Tensor]] = {}
        self._turned: dict[int, tuple[t.Term, t.LogIntegral | t.Expectation]] = {}
        self._once: dict[int, tuple[t.Term, World, Tensor]] = {}

    def roughly(self) -> Quadrature:
        """The same for sizes alone; the nodes that it has found it shares."""
        other = Quadrature(self.level, rough=True)
        other._kept = self._kept
        return other

    def integral(self, term: t.LogIntegral | t.Expectation | t.Integral, frame: Frame) -> Tensor:
        if frame.axes and _everywhere(term, frame):
            return self._same(term, frame)
        if isinstance(term, t.Integral):
            return definite(term, frame, self.level)
        if isinstance(term, t.Expectation) and (other := tilted(term, frame)) is not None:
            value: Tensor = evaluate(other, frame)
            return value
        discrete, smooth = _apart(term.bounds)
        if len(smooth) > 1 and any(bound.domain.kind != "real" for bound in smooth):
            raise NotExact("an integral over several values of restricted domains")
        return _nested(term, discrete, frame, lambda inner: self._smooth(term, smooth, inner))

    def _same(self, term: t.LogIntegral | t.Expectation | t.Integral, frame: Frame) -> Tensor:
        """An integral that is the same at every node of those around it: worked out once, as a definition is."""
        world = frame.world
        found = self._once.get(id(term))
        if found is None or found[1] is not world:
            with world.arithmetic.recording():
                value = self.integral(term, Frame(world, world.outermost, ()))
            found = self._once[id(term)] = term, world, value
        value = found[2]
        return value.reshape(value.shape[0], *(1,) * len(frame.axes), *value.shape[1:])

    def _with_complement(self, term: t.LogIntegral | t.Expectation, key: str) -> t.LogIntegral | t.Expectation:
        found = self._turned.get(id(term))
        if found is None:
            found = self._turned[id(term)] = (term, _complemented(term, key))
        return found[1]

    def _smooth(
        self, term: t.LogIntegral | t.Expectation, bounds: list[t.Bound], frame: Frame
    ) -> tuple[Tensor, Tensor | None]:
        """log ∫ exp(log) and, for a mean, ∫ exp(log) body / ∫ exp(log) at this place."""
        if not bounds:
            log = evaluate(term.log, frame)
            return log, evaluate(term.body, frame) if isinstance(term, t.Expectation) else None
        sizes = [frame.world.dims(bound.shape)[0] for bound in bounds]
        lead = _lead(replace(term, bounds=tuple(bounds)), frame)
        names, domain = [bound.key for bound in bounds], _domain(bounds[0], frame)
        if domain == UNIT and sizes == [1]:
            # x with 1 − x is a point of the simplex: both keep all their figures near both ends.
            term = self._with_complement(term, names[0])
            names, sizes, domain = [*names, names[0] + COMPLEMENT], [1, 1], Domain("simplex")

        def bound(nodes: Tensor) -> Frame:
            BUDGET.make(nodes.numel(), 20.0, "the nodes of an integral")
            deeper = frame.deeper(Axis("", 1, nodes.shape[-3]))
            parts = torch.split(nodes, sizes, dim=-2)
            return deeper.bind(dict(zip(names, parts, strict=True)))

        def density(nodes: Tensor) -> Tensor:
            return _scalar(evaluate(term.log, bound(nodes)))

        key = (term.log, frame.axes) if _constant(term.log, frame) else None
        if key is not None and key in self._kept:
            nodes, log = self._kept[key]
        else:
            mixed = _mixed(term.log, frame.world.definitions)
            found = rule(density, lead, sum(sizes), domain, self.level, several=mixed)
            if not found.settled:
                raise NotSettled("an integral does not settle when its nodes are refined")
            nodes = found.nodes
            log = _scalar(evaluate(term.log, bound(nodes))) + found.log_weights
            if key is not None:
                self._kept[key] = nodes, log
        total = torch.logsumexp(log, -1)
        if not isinstance(term, t.Expectation):
            return total[..., None, None], None
        if not self.rough and _power(term.body, names, frame) > 4:  # beyond the moments by which the nodes have settled
            placed = _Placed(term, bound, sum(sizes), domain)
            return total[..., None, None], placed.mean(total, frame, self.level)
        weights = torch.exp(log - total.unsqueeze(-1))[..., None, None]
        body = (weights * evaluate(term.body, bound(nodes))).sum(-3)
        return total[..., None, None], body


def _power(body: t.Term, names: list[str], frame: Frame) -> float:
    """The degree of a body in what it is averaged over; infinite where it is no polynomial, or not seen to be one."""
    try:
        return degree(body, frozenset(names), frame)
    except NoPolynomial:
        return math.inf


@dataclass(frozen=True)
class _Placed:
    """The mean of a body on nodes of its own, placed by |body| times the density and refined until that has settled.

    So a kink, a jump and a tail of the body are integrated over as closely as the density is.
    """

    term: t.Expectation
    bound: Callable[[Tensor], Frame]
    rows: int
    domain: Domain

    def mean(self, total: Tensor, frame: Frame, level: int) -> Tensor:
        """∫ exp(log) body / ∫ exp(log), the latter's logarithm being ``total``."""
        if self.rows > 1 and self.domain.kind == "real" and not _even(self.term.body, frame):
            raise NotSettled("a mean over several numbers of what has kinks or jumps does not settle")
        with torch.no_grad():
            middle = torch.full((1,) * (2 + len(frame.axes)) + (self.rows, 1), 0.5, dtype=torch.float64)
            lead = tuple(self._height(middle).shape[:-1])
            found = rule(self._height, lead, self.rows, self.domain, level, (0.0,), several=True)
        if not found.settled:
            raise NotSettled("a mean does not settle as its nodes are refined: it may not exist")
        inner = self.bound(found.nodes)
        log = _scalar(evaluate(self.term.log, inner)) + found.log_weights - total.unsqueeze(-1)
        if float((log + self._size(inner)).detach().amax(-1).amin()) < SMALLEST:
            raise NotSettled("a mean is smaller than any number that is told from 0 here")
        return shaken(torch.exp(log)[..., None, None] * evaluate(self.term.body, inner), level)

    def _height(self, nodes: Tensor) -> Tensor:
        inner = self.bound(nodes)
        return _scalar(evaluate(self.term.log, inner)) + self._size(inner)

    def _size(self, inner: Frame) -> Tensor:
        """log |body|; over several numbers of what has no zero where the body changes its sign."""
        size = evaluate(self.term.body, inner).detach().abs().sum((-2, -1))
        return torch.log(size if self.rows == 1 else torch.hypot(size, torch.ones_like(size)))


def _even(body: t.Term, frame: Frame) -> bool:
    """Whether no kink and no jump is seen in a body, through whatever definitions."""
    return not any(
        isinstance(part, t.Indicator | t.Extremum | t.Piecewise | t.Comparison)
        or (isinstance(part, t.Elementary) and part.name in KINKED)
        or (isinstance(part, t.Unary) and part.op in ("norm1", "norminf", "norm2", "abs", "maxall", "minall"))
        for part in everything((body,), frame.world.definitions)
    )


def _mixed(log: t.Term, definitions: Mapping[str, Definition]) -> bool:
    """Whether a log density may have several peaks: the logarithm of a sum or an integral, cases."""
    return any(map(_peaks, everything((log,), definitions)))


def _peaks(part: t.Term) -> bool:
    match part:
        case t.LogIntegral() | t.Piecewise() | t.Extremum() | t.Indicator():
            return True
        case t.Elementary(name="log", argument=t.Add() | t.Reduce() as argument):
            return any(isinstance(each, t.Elementary | t.Density) for each in t.walk(argument))
    return False


def _complemented(term: t.LogIntegral | t.Expectation, key: str) -> t.LogIntegral | t.Expectation:
    """With a name of its own for 1 − x."""

    def rule(part: t.Term) -> t.Term | None:
        match part:
            case t.Add(terms=((1, t.Constant(value=1)), (-1, t.Variable(key=name)))) if name == key:
                return t.Variable(key + COMPLEMENT, span=part.span)
        return None

    made = replace(term, log=rewrite(term.log, rule))
    return replace(made, body=rewrite(made.body, rule)) if isinstance(made, t.Expectation) else made


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
        discrete, smooth = _apart(term.bounds)
        if any(bound.domain.kind != "real" for bound in smooth):
            raise NotExact("a density that is not Gaussian")
        return _nested(term, discrete, frame, lambda inner: self._smooth(term, smooth, inner))

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
            return _scalar(evaluate(term.log, bound(place, frame)))

        key = (term.log, frame.axes) if _constant(term.log, frame) else None
        if key is not None and key in self._kept:
            total, mean, factor = self._kept[key]
        else:
            lead = _lead(replace(term, bounds=tuple(bounds)), frame)
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


def _terms_of_sum(
    term: t.LogIntegral | t.Expectation, bound: t.Bound, domain: Domain, frame: Frame
) -> Callable[[Tensor], Tensor]:
    """What decides how far a sum runs: the terms themselves where it has no end."""

    def density(nodes: Tensor) -> Tensor:
        if domain.kind not in ("natural", "integer"):
            return torch.zeros(nodes.shape[:-2], dtype=torch.float64)
        return _scalar(evaluate(term.log, frame.deeper(Axis("", 1, nodes.shape[-3])).bind({bound.key: nodes})))

    return density


def _nested(
    term: t.LogIntegral | t.Expectation,
    discrete: list[t.Bound],
    frame: Frame,
    smooth: Callable[[Frame], tuple[Tensor, Tensor | None]],
) -> Tensor:
    """Finite sets as axes in front of the smooth values; the weights are those of all together."""
    inner = frame
    logs = []
    for bound in discrete:
        rows, _ = inner.world.dims(bound.shape)
        domain = _domain(bound, inner)
        later = {other.key for other in term.bounds[term.bounds.index(bound) + 1 :]}
        if domain.kind in ("natural", "integer") and later & t.variables(term.log):
            raise NotExact("a sum without end whose terms are integrals")
        added = inner.axes[len(frame.axes) :]
        endless = domain.kind in ("natural", "integer")
        # How far a sum without end runs is another matter at every value of the finite sets in front of it.
        lead = (*_lead(term, frame), *(axis.count for axis in added)) if endless else (1,) * (1 + len(inner.axes))
        density = _terms_of_sum(term, bound, domain, inner)
        found = rule(density, lead, rows, domain, 0)
        if not found.settled:
            raise NotSettled("a sum does not settle when more terms are taken")
        inner = inner.deeper(Axis("", 1, found.nodes.shape[-3])).bind({bound.key: found.nodes})
        logs.append(found.log_weights)
    log, body = smooth(inner)
    for weights in logs:
        shape = (*weights.shape, *(1,) * (log.dim() - 2 - weights.dim()), 1, 1)
        log = log + weights.reshape(shape)
    axes = tuple(range(1 + len(frame.axes), 1 + len(inner.axes)))
    if not axes:
        return log if body is None else body
    total = torch.logsumexp(log, axes)
    if body is None:
        return total
    weight = torch.exp(log - torch.logsumexp(log, axes, keepdim=True))
    return (weight * body).sum(axes)
