"""Of which degree a term is as a polynomial in some names, and the size of what is added up in it: by its structure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from derivcheck.evaluation.evaluator import Frame, rests_on_itself
from derivcheck.evaluation.tilting import touched
from derivcheck.problem import terms as t
from derivcheck.problem.substitution import member
from derivcheck.problem.terms import Term

LINEAR = frozenset(("transpose", "trace", "sumall", "diagof", "todiag", "vec"))
UNKNOWN = (t.LogIntegral, t.Expectation, t.Derivative, t.Chain, t.Optimum)
"""Operators whose value may well be a polynomial, of a degree that their structure does not show."""


class NoPolynomial(Exception):
    """A part that is no polynomial; ``hidden`` where it may be one, and only its structure does not show it."""

    def __init__(self, *, hidden: bool) -> None:
        super().__init__()
        self.hidden = hidden


def degree(term: Term, names: frozenset[str], frame: Frame) -> int:
    """The degree (or a bound for it). Raises ``NoPolynomial`` for everything else."""
    return _Degrees(frame, {}).of(term, names)


@dataclass(frozen=True)
class _Degrees:
    """Degrees in a frame; a definition that stands in a term many times is looked into once."""

    frame: Frame
    known: dict[tuple[int, frozenset[str]], tuple[Term, int]]

    def of(self, term: Term, names: frozenset[str]) -> int:
        key = id(term), names
        if key not in self.known:
            self.known[key] = term, self._own(term, names) if touched(term, names, self.frame) else 0
        return self.known[key][1]

    def _of_steps(self, key: str, names: frozenset[str]) -> int:
        """Of a recursion: 1, where every step and every beginning is linear in what was before."""
        world = self.frame.world
        circle = frozenset(one for one in world.dependencies[key] if rests_on_itself(world, one))
        term = world.definitions[key].term
        rows = [row for row, _ in term.rows] if isinstance(term, t.Piecewise) else [term]
        if any(self.of(row, names | circle) > 1 for row in rows):
            raise NoPolynomial(hidden=False)
        return 1

    def _own(self, term: Term, names: frozenset[str]) -> int:
        def of(part: Term) -> int:
            return self.of(part, names)

        def varies(part: Term) -> bool:
            return touched(part, names, self.frame)

        definitions = self.frame.world.definitions
        match term:
            case t.Variable(key=key) if key in names:
                return 1
            case t.Variable(key=key) if rests_on_itself(self.frame.world, key):
                return self._of_steps(key, names)
            case t.Variable(key=key, indices=indices) if key in definitions:
                return of(member(definitions[key], indices))
            case t.Add(terms=parts):
                return max(of(part) for _, part in parts)
            case t.Multiply(left=left, right=right):
                return of(left) + of(right)
            case t.Divide(left=left, right=right) if not varies(right):
                return of(left)
            case t.Unary(op=op, argument=argument) if op in LINEAR:
                return of(argument)
            case t.Unary(op="sumsq", argument=argument):
                return 2 * of(argument)
            case t.Power(base=base, exponent=t.Constant(value=Fraction() as power)) if _whole(power):
                return int(power) * of(base)
            case t.Entry(argument=argument):
                return of(argument)
            case t.Block(rows=rows):
                return max(of(cell) for row in rows for cell in row)
            case t.Gather(body=body) | t.Frozen(body=body) | t.Reduce(op="sum", body=body):
                return of(body)
            case t.Let(bindings=bindings, body=body):
                names_of, values = tuple(name for name, _ in bindings), tuple(value for _, value in bindings)
                return self._called(names_of, values, body, names)
            case t.MapEntries(parameters=parameters, arguments=arguments, body=body, order=0):
                return self._called(parameters, arguments, body, names)
            case t.Elementary(name="log", argument=t.Density(log=log), order=0):
                return of(log)
            case t.Expectation(log=log, body=body) if not varies(log):
                return of(body)
            case t.Expectation() if (found := self._gaussian(term, names)) is not None:
                return found
        raise NoPolynomial(hidden=isinstance(term, UNKNOWN))

    def _gaussian(self, term: t.Expectation, names: frozenset[str]) -> int | None:
        """Of a mean under a Gaussian whose mean is linear in the names, its covariance the same everywhere."""
        every = names.union(bound.key for bound in term.bounds)
        try:
            if any(bound.domain.kind != "real" for bound in term.bounds) or self.of(term.log, every) > 2:
                return None
            return self.of(term.body, every)
        except NoPolynomial:
            return None

    def _called(
        self, parameters: tuple[str, ...], arguments: tuple[Term, ...], body: Term, names: frozenset[str]
    ) -> int:
        """Of a function at arguments: the degree in its parameters times the highest of theirs."""
        highest = max((self.of(argument, names) for argument in arguments), default=0)
        moved = frozenset(p for p, a in zip(parameters, arguments, strict=True) if touched(a, names, self.frame))
        return max(highest, 1) * self.of(body, (names - frozenset(parameters)) | moved)


def _whole(power: Fraction) -> bool:
    return power.denominator == 1 and power > 0


def magnitude(term: Term) -> Term:
    """A term that is nowhere below the absolute value of another: sums of absolute values, means of them."""
    match term:
        case t.Add(terms=parts):
            return replace(term, terms=tuple((1, magnitude(part)) for _, part in parts))
        case t.Multiply(left=left, right=right):
            return replace(term, left=magnitude(left), right=magnitude(right))
        case t.Divide(left=left, right=right):
            return replace(term, left=magnitude(left), right=_absolute(right))
        case t.Unary(op=op, argument=argument) if op in LINEAR:
            return replace(term, argument=magnitude(argument))
        case t.Power(base=base, exponent=t.Constant(value=Fraction() as power)) if power.denominator == 1 and power > 0:
            return replace(term, base=magnitude(base))
        case t.Reduce(op="sum", body=body) | t.Expectation(body=body) | t.Frozen(body=body) | t.Let(body=body):
            return replace(term, body=magnitude(body))
        case t.Entry(argument=argument):
            return replace(term, argument=magnitude(argument))
    return _absolute(term)


def _absolute(term: Term) -> Term:
    return t.Elementary("abs", term, shape=term.shape, span=term.span)
