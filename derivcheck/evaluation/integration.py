"""Integrals over random values in torch, on nodes that the log density itself places (``evaluation.quadrature``).

Values from finite sets are enumerated. Definite integrals of what may change its sign, ∫ f dx ≈ Σ_k w_k f(x_k), take
the nodes that |f| places: they are refined until the integral of |f| has settled, so that one that does not converge
absolutely has no value here. The second level shares no node with the first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from derivcheck.evaluation.arithmetic import BUDGET, NotExact, NotSettled
from derivcheck.evaluation.evaluator import Axis, Bindings, Frame, World, evaluate
from derivcheck.evaluation.quadrature import DISCRETE, Rule, rule
from derivcheck.evaluation.tilting import NoPolynomial, degree, tilted
from derivcheck.language.shapes import Domain
from derivcheck.problem import terms as t
from derivcheck.problem.facts import everything
from derivcheck.problem.scope import Definition
from derivcheck.problem.substitution import rewrite

KINKED = frozenset(("abs", "relu", "sign", "floor", "ceil", "sqrt"))
SMALLEST = -650.0
"""The logarithm below which a mean is lost among numbers that are 0."""
ROUNDING = 2.0**-50
"""By so much of ∫ |f| the second level is off: where everything cancels, the difference of the levels shows it."""
SHAKEN = 2.0**-46
"""By so much each of its summands is, up or down: in a derivative other things cancel than in the integral."""
PROBES = 129
UNIT = Domain("interval", low=0.0, high=1.0)
COMPLEMENT = "~"
"""Behind a name: one less it."""


def _domain(bound: t.Bound, frame: Frame) -> Domain:
    """The domain with its end in numbers."""
    return bound.domain.in_numbers(frame.world.sizes)


def apart(bounds: tuple[t.Bound, ...]) -> tuple[list[t.Bound], list[t.Bound]]:
    """Those that are summed over and those that are integrated over."""
    discrete = [bound for bound in bounds if bound.domain.kind in DISCRETE]
    return discrete, [bound for bound in bounds if bound.domain.kind not in DISCRETE]


def scalar(value: Tensor) -> Tensor:
    """A scalar's value ``(trials, axes …, 1, 1)`` without its rows and columns."""
    return value[..., 0, 0]


def constant(log: t.Term, frame: Frame) -> bool:
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


def lead_of(term: t.LogIntegral | t.Expectation, frame: Frame) -> tuple[int, ...]:
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
        discrete, smooth = apart(term.bounds)
        if len(smooth) > 1 and any(bound.domain.kind != "real" for bound in smooth):
            raise NotExact("an integral over several values of restricted domains")
        return nested(term, discrete, frame, lambda inner: self._smooth(term, smooth, inner))

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
        lead = lead_of(replace(term, bounds=tuple(bounds)), frame)
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
            return scalar(evaluate(term.log, bound(nodes)))

        key = (term.log, frame.axes) if constant(term.log, frame) else None
        if key is not None and key in self._kept:
            nodes, log = self._kept[key]
        else:
            mixed = _mixed(term.log, frame.world.definitions)
            found = rule(density, lead, sum(sizes), domain, self.level, several=mixed)
            if not found.settled:
                raise NotSettled("an integral does not settle when its nodes are refined")
            nodes = found.nodes
            log = scalar(evaluate(term.log, bound(nodes))) + found.log_weights
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
        log = scalar(evaluate(self.term.log, inner)) + found.log_weights - total.unsqueeze(-1)
        if float((log + self._size(inner)).detach().amax(-1).amin()) < SMALLEST:
            raise NotSettled("a mean is smaller than any number that is told from 0 here")
        return shaken(torch.exp(log)[..., None, None] * evaluate(self.term.body, inner), level)

    def _height(self, nodes: Tensor) -> Tensor:
        inner = self.bound(nodes)
        return scalar(evaluate(self.term.log, inner)) + self._size(inner)

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


def definite(term: t.Integral, frame: Frame, level: int) -> Tensor:
    """The integral on the nodes of a level."""
    key = term.bound.key
    domain = term.bound.domain.in_numbers(frame.world.sizes)

    def at(nodes: Tensor) -> Tensor:
        """The integrand at nodes ``(trials, axes …, count, 1, 1)``."""
        BUDGET.make(nodes.numel(), 20.0, "the nodes of an integral")
        value: Tensor = evaluate(term.body, frame.deeper(Axis("", 1, nodes.shape[-3])).bind({key: nodes}))
        return value

    def height(nodes: Tensor) -> Tensor:
        return torch.log(at(nodes).abs().sum((-2, -1)))

    with torch.no_grad():
        middle = torch.full((1,) * (2 + len(frame.axes)) + (1, 1), 0.5, dtype=torch.float64)
        lead = tuple(at(middle).shape[:-3])
        found = rule(height, lead, 1, domain, level, (0.0,))
        if domain.kind in DISCRETE:
            if not found.settled or not _finite_terms(at, found, domain):
                raise NotSettled("a sum does not settle when more terms are taken")
        elif not found.settled or not _defined(at, found.nodes, found.log_weights, domain):
            raise NotSettled("an integral does not settle as its nodes are refined: it may not exist")
    return shaken(torch.exp(found.log_weights)[..., None, None] * at(found.nodes), level)


def shaken(value: Tensor, level: int) -> Tensor:
    """The sum of what stands at nodes ``(…, count, rows, columns)``; behind the first level with the rounding in it."""
    total = value.sum(-3)
    if level == 0:
        return total
    numbers = torch.Generator().manual_seed(value.shape[-3])
    signs = 2.0 * torch.randint(2, (value.shape[-3], 1, 1), generator=numbers) - 1
    return total + ROUNDING * value.abs().sum(-3) + SHAKEN * (signs * value).sum(-3)


def _defined(at: Callable[[Tensor], Tensor], nodes: Tensor, log_weights: Tensor, domain: Domain) -> bool:
    """Whether the integrand is a number wherever it is integrated: nothing was left out for want of a value.

    An end that is infinite is probed as far beyond the nodes as they reach.
    """
    used = log_weights.isfinite()
    places = nodes[..., 0, 0]
    low = torch.where(used, places, torch.inf).amin(-1, keepdim=True)
    high = torch.where(used, places, -torch.inf).amax(-1, keepdim=True)
    first, last = domain.known_ends or (None, None)
    width = high - low
    start = low - width if first is None else torch.full_like(low, first)
    stop = high + width if last is None else torch.full_like(high, last)
    share = (torch.arange(PROBES, dtype=torch.float64) + 0.5) / PROBES
    probes = start + (stop - start) * share
    return not bool(at(probes[..., None, None]).isnan().any())


def _finite_terms(at: Callable[[Tensor], Tensor], found: Rule, domain: Domain) -> bool:
    """Whether every term of a sum without end is a number, up to the one behind the last that counts.

    Where terms overflow, nothing tells whether they were small enough before to be left out.
    """
    used = torch.where(found.log_weights.isfinite(), found.nodes[..., 0, 0], -torch.inf)
    last = used.amax(-1, keepdim=True) + 1
    first = float(used[used.isfinite()].min()) if domain.low is None else domain.low
    places = torch.arange(first, float(last.max()) + 1, dtype=torch.float64).expand(*last.shape[:-1], -1)
    terms = at(places[..., None, None]).isfinite().flatten(-2).all(-1)
    return bool((terms | (places > last)).all())


def _terms_of_sum(
    term: t.LogIntegral | t.Expectation, bound: t.Bound, domain: Domain, frame: Frame
) -> Callable[[Tensor], Tensor]:
    """What decides how far a sum runs: the terms themselves where it has no end."""

    def density(nodes: Tensor) -> Tensor:
        if domain.kind not in ("natural", "integer"):
            return torch.zeros(nodes.shape[:-2], dtype=torch.float64)
        return scalar(evaluate(term.log, frame.deeper(Axis("", 1, nodes.shape[-3])).bind({bound.key: nodes})))

    return density


def nested(
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
        lead = (*lead_of(term, frame), *(axis.count for axis in added)) if endless else (1,) * (1 + len(inner.axes))
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
