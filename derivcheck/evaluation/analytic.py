r"""An integrand of one real number as a function of a complex ball, so that its integral can be enclosed.

Where something bends or jumps (\|.\|, max, an indicator, cases) the real number that decides it is kept as a *turn*:
between two of its zeros its sign is known, and what is left there is analytic. The number x is ``base + sign · y``: a
part that is linear in x is worked out in y, so that 1 − x has all its figures near 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from flint import acb, arb, fmpq

from derivcheck.evaluation.arithmetic import NotExact
from derivcheck.evaluation.balls import Number, enclosed
from derivcheck.evaluation.evaluator import Frame, evaluate, written_out
from derivcheck.evaluation.tilting import touched
from derivcheck.problem import terms as t
from derivcheck.problem.substitution import member
from derivcheck.problem.terms import Term

Part = Callable[[acb, bool], acb]
"""The value on a ball of y; with True it has to be analytic there, and is no number where it is not."""

NOWHERE: Final = acb(arb.nan(), arb.nan())


@dataclass
class Turn:
    """A real function, with its sign on the piece in work, 0 where that is not known."""

    value: Part
    sign: int = 0


@dataclass
class Integrand:
    """The value of a term in y, with all that turns in it and all that it is divided by."""

    value: Part
    turns: list[Turn] = field(default_factory=list)
    divisors: list[Part] = field(default_factory=list)


@dataclass(frozen=True)
class Line:
    """x = base + sign · y."""

    base: Number = fmpq(0)  # noqa: RUF009 - a number
    sign: int = 1


def _sigmoid(x: acb, analytic: bool) -> acb:
    return 1 / (1 + (-x).exp())


def _entire(name: str) -> Callable[[acb, bool], acb]:
    return lambda x, _: getattr(x, name)()


ENTIRE: Final = ("exp", "sin", "cos", "tan", "cot", "sinh", "cosh", "tanh", "erf", "erfc", "gamma")
"""Functions without a cut."""
FUNCTIONS: Final[dict[str, Callable[[acb, bool], acb]]] = {
    **{name: _entire(name) for name in ENTIRE},
    "log": lambda x, analytic: x.log(analytic=analytic),
    "sqrt": lambda x, analytic: x.sqrt(analytic=analytic),
    "arctan": lambda x, analytic: NOWHERE if analytic and not _within(x) else x.atan(),
    "lgamma": lambda x, analytic: NOWHERE if analytic and not x.real > 0 else x.lgamma(),
    "sigmoid": _sigmoid,
    "softplus": lambda x, analytic: (1 + x.exp()).log(analytic=analytic),
    "silu": lambda x, analytic: x * _sigmoid(x, analytic),
    "gelu": lambda x, _: x * (-x / arb(2).sqrt()).erfc() / 2,
}
DIVIDING: Final[dict[str, Callable[[acb], acb]]] = {"tan": acb.cos, "cot": acb.sin}
"""What is 0 at the poles of a function."""


def _within(x: acb) -> bool:
    """Whether a ball keeps off the cuts of arctan."""
    return bool(abs(x.imag) < 1) or bool(x.real > 0) or bool(x.real < 0)


def compiled(term: Term, key: str, frame: Frame, line: Line) -> Integrand:
    """A term in the number ``key`` on a line. ``NotExact`` where something has no value at complex balls."""
    made = Integrand(lambda y, _: y)
    made.value = _Compiler(frame, line, made).part(term, {key: (fmpq(0), fmpq(1))})
    return made


Linear = tuple[Number, Number]
Names = Mapping[str, Any]
"""Names that vary: as c₀ + c₁ x (a pair of numbers), or as anything else."""


def outside(term: Term, frame: Frame) -> Number:
    """The value of a number that does not vary; another integral in it is worked out once."""
    known = getattr(frame.world.integrator, "known", {})
    key = id(term), id(frame.bindings), frame.axes
    if key not in known:
        known[key] = term, frame.bindings, _outside(term, frame)
    value: Number = known[key][2]
    return value


def _outside(term: Term, frame: Frame) -> Number:
    value = evaluate(term, frame)
    if len(value.entries) != 1:
        raise NotExact("an integral for every value of an index, or of a vector,")
    (entry,) = value.entries
    if entry is None:
        raise NotExact("an integral of what has no value")
    number: Number = entry
    return number


def linear(term: Term, names: Names, frame: Frame) -> Linear | None:
    """c₀ and c₁ of a term that is c₀ + c₁ x; None of everything else."""

    def of(part: Term) -> Linear | None:
        return linear(part, names, frame)

    if not touched(term, frozenset(names), frame):
        return outside(term, frame), fmpq(0)
    match term:
        case t.Variable(key=key) if key in names:
            found = names[key]
            return found if isinstance(found, tuple) else None
        case t.Add(terms=parts):
            total: Linear = fmpq(0), fmpq(0)
            for sign, part in parts:
                inner = of(part)
                if inner is None:
                    return None
                total = total[0] + sign * inner[0], total[1] + sign * inner[1]
            return total
        case t.Multiply(op="scale" | "entrywise", left=left, right=right):
            one, other = of(left), of(right)
            if one is None or other is None or (one[1] != 0 and other[1] != 0):
                return None
            factor, rest = (one[0], other) if one[1] == 0 else (other[0], one)
            return factor * rest[0], factor * rest[1]
        case t.Divide(left=left, right=right):
            one, other = of(left), of(right)
            if one is None or other is None or other[1] != 0 or not bool(other[0] != 0):
                return None
            return one[0] / other[0], one[1] / other[0]
        case t.Let(bindings=(), body=body):
            return of(body)
    return None


@dataclass(frozen=True)
class _Compiler:
    frame: Frame
    line: Line
    made: Integrand

    def part(self, term: Term, names: Names) -> Part:
        """A part as a function of y."""
        found = linear(term, names, self.frame)
        if found is not None:
            return self._linear(found)
        match term:
            case t.Variable(key=key) if key in names:
                known: Part = names[key]
                return known
            case t.Variable(key=key, indices=indices) if written_out(self.frame.world, key):
                return self.part(member(self.frame.world.definitions[key], indices), names)
            case t.Add(terms=parts):
                return _sum([(sign, self.part(part, names)) for sign, part in parts])
            case t.Multiply(op="scale" | "entrywise" | "inner" | "matmul", left=left, right=right):
                one, other = self.part(left, names), self.part(right, names)
                return lambda y, analytic: one(y, analytic) * other(y, analytic)
            case t.Divide(left=left, right=right):
                one, other = self.part(left, names), self.part(right, names)
                self.made.divisors.append(other)
                return lambda y, analytic: one(y, analytic) / other(y, analytic)
            case t.Power(base=base, exponent=exponent):
                return self._power(base, exponent, names)
            case t.Elementary(name=name, argument=argument, order=0):
                return self._elementary(name, self.part(argument, names))
            case t.Unary(op="norm1" | "norm2" | "norminf", argument=argument):
                return self._elementary("abs", self.part(argument, names))
            case t.Unary(op="transpose" | "trace" | "det" | "sumall", argument=argument):
                return self.part(argument, names)
            case t.Extremum(op=op, arguments=arguments):
                return self._extremum(op, [self.part(argument, names) for argument in arguments])
            case t.Indicator(conditions=conditions):
                return self._where(conditions, names, lambda y, _: acb(1), lambda y, _: acb(0))
            case t.Piecewise(rows=rows):
                return self._piecewise(rows, names)
            case t.Let(bindings=bindings, body=body):
                return self.part(body, {**names, **{name: self._bound(value, names) for name, value in bindings}})
            case t.Density(log=log):
                inner = self.part(log, names)
                return lambda y, analytic: inner(y, analytic).exp()
            case t.Frozen(body=body):
                return self.part(body, names)
        raise NotExact("an integrand with a part that has no value at complex numbers")

    def _bound(self, value: Term, names: Names) -> Linear | Part:
        found = linear(value, names, self.frame)
        return self.part(value, names) if found is None else found

    def _linear(self, found: Linear) -> Part:
        start = found[0] + found[1] * self.line.base
        slope = found[1] * self.line.sign
        first, along = enclosed(start), enclosed(slope)
        if slope == 0:
            value = acb(first)
            return lambda y, _: value
        if start == 0:
            return lambda y, _: y * along
        return lambda y, _: y * along + first

    def _turn(self, value: Part) -> Turn:
        turn = Turn(value)
        self.made.turns.append(turn)
        return turn

    def _power(self, base: Term, exponent: Term, names: Names) -> Part:
        below = self.part(base, names)
        if touched(exponent, frozenset(names), self.frame):
            above = self.part(exponent, names)
            return lambda y, analytic: (above(y, analytic) * below(y, analytic).log(analytic=analytic)).exp()
        power = outside(exponent, self.frame)
        if isinstance(power, fmpq) and power.q == 1:
            whole = int(power.p)
            if whole < 0:
                self.made.divisors.append(below)
            return lambda y, analytic: below(y, analytic) ** whole
        if not power > 0:
            self.made.divisors.append(below)
        raised = acb(enclosed(power))
        return lambda y, analytic: below(y, analytic).pow(raised, analytic=analytic)

    def _elementary(self, name: str, argument: Part) -> Part:
        if name in ("abs", "relu", "sign"):
            return _bent(name, self._turn(argument))
        if name not in FUNCTIONS:
            raise NotExact(f"an integral of the function {name}")
        if name in DIVIDING:
            zero = DIVIDING[name]
            self.made.divisors.append(lambda y, analytic: zero(argument(y, analytic)))
        function = FUNCTIONS[name]
        return lambda y, analytic: function(argument(y, analytic), analytic)

    def _extremum(self, op: str, parts: list[Part]) -> Part:
        made = parts[0]
        for part in parts[1:]:
            turn = self._turn(_sum([(1, made), (-1, part)]))
            made = _chosen(turn, 1 if op == "max" else -1, made, part)
        return made

    def _condition(self, condition: t.Comparison, names: Names) -> tuple[Turn, int]:
        """What has to have a sign for a condition to hold; equality holds nowhere, but for single places."""
        left, right = self.part(condition.left, names), self.part(condition.right, names)
        turn = self._turn(_sum([(1, left), (-1, right)]))
        match condition.sign:
            case ">" | "\\ge":
                return turn, 1
            case "<" | "\\le":
                return turn, -1
        raise NotExact("an integral in which something is equal to something")

    def _piecewise(self, rows: tuple[tuple[Term, tuple[t.Comparison, ...]], ...], names: Names) -> Part:
        made: Part = lambda y, _: NOWHERE  # noqa: E731 - a function like the others
        for row, conditions in reversed(rows):
            inner = self.part(row, names)
            made = self._where(conditions, names, inner, made) if conditions else inner
        return made

    def _where(self, conditions: tuple[t.Comparison, ...], names: Names, met: Part, otherwise: Part) -> Part:
        made = met
        for condition in reversed(conditions):
            turn, sign = self._condition(condition, names)
            made = _chosen(turn, sign, made, otherwise)
        return made


def _sum(parts: list[tuple[int, Part]]) -> Part:
    def total(y: acb, analytic: bool) -> acb:
        value = acb(0)
        for sign, part in parts:
            value = value + part(y, analytic) if sign > 0 else value - part(y, analytic)
        return value

    return total


def _bent(name: str, turn: Turn) -> Part:
    def value(y: acb, analytic: bool) -> acb:
        x = turn.value(y, analytic)
        if not turn.sign:
            size = x.real_abs(analytic)
            return size if name == "abs" else (x + size) / 2 if name == "relu" else x.real_sgn(analytic)
        match name:
            case "abs":
                return x * turn.sign
            case "relu":
                return x if turn.sign > 0 else acb(0)
        return acb(turn.sign)

    return value


def _chosen(turn: Turn, sign: int, met: Part, otherwise: Part) -> Part:
    """One part where something has a sign, else another; what encloses both where that is open."""

    def value(y: acb, analytic: bool) -> acb:
        found = turn.sign
        if not found:
            x = turn.value(y, False).real
            found = 1 if x > 0 else -1 if x < 0 else 0
        if found:
            return met(y, analytic) if found == sign else otherwise(y, analytic)
        return NOWHERE if analytic else met(y, False).union(otherwise(y, False))

    return value


def exact(value: float) -> Number:
    """The end of a domain as the number that it is."""
    return fmpq(*Fraction(value).as_integer_ratio())
