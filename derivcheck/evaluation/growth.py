r"""How large an integrand is beyond what is integrated: far out, and close to an end of its domain.

With y = e^{κ(T + v)}, κ = 1 far out and κ = −1 close to an end, a part f of the integrand is bounded for every v ≥ 0 by
functions that are linear in v: ``low ≤ f ≤ high`` and ``least ≤ log|f| ≤ size``. Then
∫|f| dy ≤ ∫ exp(size + κ(T + v)) dv, which is a number where that slope is negative; where the slope of ``least`` + κ v
is not, the integral has no value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

from flint import acb, arb, fmpq

from derivcheck.evaluation.analytic import Line, Linear, Names, compiled, linear, outside
from derivcheck.evaluation.arithmetic import NotExact
from derivcheck.evaluation.balls import Number, enclosed
from derivcheck.evaluation.evaluator import Frame, written_out
from derivcheck.evaluation.tilting import touched
from derivcheck.functions import FUNCTIONS
from derivcheck.problem import terms as t
from derivcheck.problem.substitution import member
from derivcheck.problem.terms import Term

Straight = tuple[arb, arb]
"""a + b v."""
LONGEST = 400
"""So many powers of y are kept of a polynomial."""


@dataclass(frozen=True)
class Bound:
    """What is known of a part for every v ≥ 0; ``powers`` its coefficients where it is a sum of powers of y."""

    powers: dict[int, Number] | None = None
    high: Straight | None = None
    low: Straight | None = None
    size: Straight | None = None
    least: Straight | None = None


def bound(term: Term, key: str, frame: Frame, line: Line, kappa: int, start: arb) -> Bound:
    """The bounds of a term beyond y = e^{κ start}."""
    return _Bounds(frame, line, kappa, start).of(term, {key: (fmpq(0), fmpq(1))})


@dataclass(frozen=True)
class _Bounds:
    frame: Frame
    line: Line
    kappa: int
    start: arb

    def of(self, term: Term, names: Names) -> Bound:
        """The bounds of a part by its structure; close to an end also by its value on all that is left."""
        found = linear(term, names, self.frame)
        if found is not None:
            start = found[0] + found[1] * self.line.base
            return self.sum_of_powers({0: start, 1: found[1] * self.line.sign})
        made = self._own(term, names)
        if made.size is None and self.kappa < 0 and len(names) == 1:
            made = self._enclosed(term, next(iter(names)))
        return made

    def _enclosed(self, term: Term, key: str) -> Bound:
        try:
            value = compiled(term, key, self.frame, self.line).value(acb(arb(0).union((-self.start).exp())), False).real
        except NotExact:
            return Bound()
        if not value.is_finite():
            return Bound()
        low = value.abs_lower()
        least = (low.log(), arb(0)) if low > 0 else None
        return Bound(None, (value.upper(), arb(0)), (value.lower(), arb(0)), (value.abs_upper().log(), arb(0)), least)

    def _own(self, term: Term, names: Names) -> Bound:
        def of(part: Term) -> Bound:
            return self.of(part, names)

        match term:
            case t.Variable(key=key) if isinstance(names.get(key), Bound):
                return names[key]
            case t.Variable(key=key, indices=indices) if written_out(self.frame.world, key):
                return of(member(self.frame.world.definitions[key], indices))
            case t.Add(terms=parts):
                return self._sum([(sign, of(part)) for sign, part in parts])
            case t.Multiply(left=left, right=right):
                return self._product(of(left), of(right))
            case t.Divide(left=left, right=right):
                return self._product(of(left), self._raised(of(right), fmpq(-1)))
            case t.Power(base=t.Constant(value="e"), exponent=exponent):
                return self._exp(of(exponent))
            case t.Power(base=base, exponent=exponent) if not touched(exponent, frozenset(names), self.frame):
                return self._raised(of(base), outside(exponent, self.frame))
            case t.Power(base=base, exponent=exponent):
                return self._exp(self._product(of(exponent), self._log(of(base))))
            case t.Elementary(name=name, argument=argument, order=0):
                return self._function(name, of(argument))
            case t.Unary(op="norm1" | "norm2" | "norminf", argument=argument):
                return self._function("abs", of(argument))
            case t.Unary(op="transpose" | "trace" | "det" | "sumall", argument=argument) | t.Frozen(body=argument):
                return of(argument)
            case t.Extremum(arguments=arguments):
                return self._either([of(argument) for argument in arguments])
            case t.Indicator():
                return self._between(arb(0), arb(1))
            case t.Piecewise(rows=rows):
                return self._either([of(row) for row, _ in rows])
            case t.Let(bindings=bindings, body=body):
                return self.of(body, {**names, **{name: self._argument(value, names) for name, value in bindings}})
            case t.Density(log=log):
                return self._exp(of(log))
        return Bound()

    def _argument(self, value: Term, names: Names) -> Bound | Linear:
        found = linear(value, names, self.frame)
        return self.of(value, names) if found is None else found

    def sum_of_powers(self, powers: dict[int, Number]) -> Bound:
        """The bounds of Σ cₑ yᵉ: its fastest power against all others together."""
        powers = {e: c for e, c in powers.items() if c != 0}
        if not powers:
            zero = arb(0), arb(0)
            return Bound({}, zero, zero)
        kappa = self.kappa
        fastest = max(powers, key=lambda e: kappa * e)
        rate = arb(kappa * fastest)
        sizes = {e: abs(enclosed(c)) * (kappa * e * self.start).exp() for e, c in powers.items()}
        top, rest = sizes[fastest], sum((size for e, size in sizes.items() if e != fastest), arb(0))
        size = ((top + rest).log(), rate)
        least = ((top - rest).log(), rate) if top > rest else None
        positive = bool(powers[fastest] > 0)
        if fastest == 0:
            value = enclosed(powers[0])
            return Bound(powers, (value + rest, arb(0)), (value - rest, arb(0)), size, least)
        if rate < 0:
            wide = (top + rest, arb(0))
            zero = (arb(0), arb(0))
            below = zero if least and positive else (-wide[0], arb(0))
            above = zero if least and not positive and powers[fastest] < 0 else wide
            return Bound(powers, above, below, size, least)
        if least is None or not (positive or powers[fastest] < 0):
            return Bound(powers, None, None, size, least)
        # e^{rv} ≥ 1 + r v.
        away = (top - rest, (top - rest) * rate)
        return Bound(powers, None, away, size, least) if positive else Bound(powers, _minus(away), None, size, least)

    def _sum(self, parts: list[tuple[int, Bound]]) -> Bound:
        together: dict[int, Number] = {}
        others: list[Bound] = []
        for sign, part in parts:
            if part.powers is None:
                others.append(part if sign > 0 else _negated(part))
                continue
            for e, c in part.powers.items():
                together[e] = together.get(e, fmpq(0)) + sign * c
        whole = self.sum_of_powers(together)
        if not others:
            return whole
        every = [whole, *others] if whole.powers else others
        high, low = reduce(_plus, [part.high for part in every]), reduce(_plus, [part.low for part in every])
        least = None
        for side in (low, _minus(high) if high else None):
            if side is not None and side[0] > 0 and side[1] >= 0:
                least = side[0].log(), arb(0)
        return self._filled(Bound(None, high, low, _largest([part.size for part in every], every), least))

    def _product(self, one: Bound, other: Bound) -> Bound:
        if one.powers is not None and other.powers is not None and len(one.powers) * len(other.powers) <= LONGEST:
            made: dict[int, Number] = {}
            for e, c in one.powers.items():
                for f, d in other.powers.items():
                    made[e + f] = made.get(e + f, fmpq(0)) + c * d
            return self.sum_of_powers(made)
        for first, second in ((one, other), (other, one)):
            if first.powers is not None and set(first.powers) <= {0}:
                return _scaled(second, enclosed(first.powers.get(0, fmpq(0))))
        return self._filled(Bound(None, None, None, _plus(one.size, other.size), _plus(one.least, other.least)))

    def _raised(self, base: Bound, power: Number) -> Bound:
        whole = int(power.p) if isinstance(power, fmpq) and power.q == 1 else None
        if whole is not None and base.powers is not None:
            if len(base.powers) == 1:
                ((e, c),) = base.powers.items()
                return self.sum_of_powers({e * whole: c**whole})
            if whole >= 0 and len(base.powers) ** 2 * whole <= LONGEST:
                made = self.sum_of_powers({0: fmpq(1)})
                for _ in range(whole):
                    made = self._product(made, base)
                return made
        times = enclosed(power)
        up, down = (base.size, base.least) if times >= 0 else (base.least, base.size)
        return self._filled(Bound(None, None, None, _times(up, times), _times(down, times)))

    def _exp(self, exponent: Bound) -> Bound:
        size, zero = exponent.high, (arb(0), arb(0))
        high = (size[0].exp(), arb(0)) if size is not None and size[1] <= 0 else None
        return Bound(None, high, zero, size, exponent.low)

    def _log(self, argument: Bound) -> Bound:
        if argument.powers is not None and len(argument.powers) == 1:
            ((e, c),) = argument.powers.items()
            if c > 0:
                line = (enclosed(c).log() + self.kappa * e * self.start, arb(self.kappa * e))
                return self._sized(Bound(None, line, line))
        return self._sized(Bound(None, argument.size, argument.least))

    def _function(self, name: str, argument: Bound) -> Bound:
        match name:
            case "exp":
                return self._exp(argument)
            case "log":
                return self._log(argument)
            case "sqrt":
                return self._raised(argument, fmpq(1, 2))
            case "abs" | "relu":
                high = _either_size(argument)
                least = argument.least if name == "abs" else None
                return Bound(None, high, (arb(0), arb(0)) if high else None, argument.size, least)
            case "cosh" | "sinh":
                return self._filled(Bound(None, None, None, _either_size(argument)))
            case "softplus":
                high = _either_size(argument)
                return self._sized(Bound(None, _plus(high, (arb(2).log(), arb(0))), (arb(0), arb(0)) if high else None))
        known = FUNCTIONS.get(name)
        if known is not None and known.below:
            high = _either_size(argument)
            return Bound(None, high, _minus(high) if high else None, argument.size)
        if known is not None and known.between is not None:
            return self._between(*map(arb, known.between))
        return Bound()

    def _between(self, low: arb, high: arb) -> Bound:
        most = max(abs(low), abs(high))
        return Bound(None, (high, arb(0)), (low, arb(0)), (most.log(), arb(0)))

    def _either(self, parts: list[Bound]) -> Bound:
        high, low = _outer([part.high for part in parts], arb.max), _outer([part.low for part in parts], arb.min)
        return Bound(None, high, low, _largest([part.size for part in parts], parts))

    def _sized(self, made: Bound) -> Bound:
        """With the size from both signed bounds: log(A + B v) ≤ log A + (B / A) v."""
        wide = _either_size(made)
        if wide is None:
            return made
        most = arb.max(wide[0], arb(1))
        return Bound(made.powers, made.high, made.low, (most.log(), wide[1] / most), made.least)

    def _filled(self, made: Bound) -> Bound:
        """With signed bounds from the size, where it does not grow."""
        if made.size is None or not made.size[1] <= 0 or (made.high and made.low):
            return made
        wide = (made.size[0].exp(), arb(0))
        return Bound(made.powers, made.high or wide, made.low or _minus(wide), made.size, made.least)


def _minus(side: Straight) -> Straight:
    return -side[0], -side[1]


def _negated(part: Bound) -> Bound:
    high, low = (None if side is None else _minus(side) for side in (part.low, part.high))
    return Bound(None, high, low, part.size, part.least)


def _plus(one: Straight | None, other: Straight | None) -> Straight | None:
    return None if one is None or other is None else (one[0] + other[0], one[1] + other[1])


def _times(side: Straight | None, factor: arb) -> Straight | None:
    return None if side is None else (side[0] * factor, side[1] * factor)


def _scaled(part: Bound, factor: arb) -> Bound:
    high, low = _times(part.high, factor), _times(part.low, factor)
    if factor < 0:
        high, low = low, high
    elif not factor >= 0:
        high = low = None
    size = abs(factor)
    gain = (size.log(), arb(0)) if size > 0 else None
    return Bound(None, high, low, _plus(part.size, gain), _plus(part.least, gain))


def _outer(sides: list[Straight | None], choose: Callable[[arb, arb], arb]) -> Straight | None:
    """The furthest of both coefficients; None where one side is not known."""
    known = [side for side in sides if side is not None]
    if len(known) < len(sides):
        return None
    return reduce(choose, [side[0] for side in known]), reduce(choose, [side[1] for side in known])


def _either_size(part: Bound) -> Straight | None:
    """A bound for |f| from both signed ones."""
    if part.high is None or part.low is None:
        return None
    return arb.max(abs(part.high[0]), abs(part.low[0])), arb.max(abs(part.high[1]), abs(part.low[1]))


def _largest(sizes: list[Straight | None], parts: list[Bound]) -> Straight | None:
    """log Σ exp of sizes; a part that is 0 has none and counts for nothing."""
    found = [size for size, part in zip(sizes, parts, strict=True) if part.powers != {}]
    known = [size for size in found if size is not None]
    if not known or len(known) < len(found):
        return None
    return sum((size[0].exp() for size in known), arb(0)).log(), reduce(arb.max, [size[1] for size in known])
