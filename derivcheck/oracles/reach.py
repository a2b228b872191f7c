"""What a claim speaks of, through whatever definitions, seen from its terms alone: no value is worked out here.

As far as it can be told mod a prime, and whether it is piecewise linear.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction

from derivcheck.evaluation.arithmetic import NotExact
from derivcheck.functions import KINKED
from derivcheck.language.shapes import Shape
from derivcheck.oracles.draws import INTEGRALS, Draws, about_sizes
from derivcheck.problem import terms as t
from derivcheck.problem.facts import behind, everything
from derivcheck.problem.problem import Claim, Problem
from derivcheck.problem.terms import Comparison, Term


@dataclass(frozen=True, slots=True)
class Reach:
    """What a claim speaks of, through whatever definitions. ``algebraic``: a discrepancy refutes it.

    ``sized`` tells that sizes stand in it as numbers: a polynomial in them must not be caught at its zeros.
    """

    declared: tuple[str, ...]
    functions: tuple[str, ...]
    algebraic: bool
    derivatives: bool
    sized: bool
    equations: tuple[Comparison, ...]


def reach_of(draws: Draws, claim: Claim) -> Reach:
    """What a claim speaks of; ``NotExact`` for what is not told mod a prime whatever is drawn."""
    problem = draws.problem
    functions: dict[str, None] = {}
    names: dict[str, None] = {}
    algebraic, derivatives, sized = True, False, False

    def visit(*terms: Term) -> None:
        nonlocal algebraic, derivatives, sized
        stack = list(terms)
        while stack:
            term = stack.pop()
            for part in t.walk(term):
                if isinstance(part, INTEGRALS):
                    algebraic = False
                    if draws.settings.evidence == "exact":
                        optimal = isinstance(part, t.Optimum)
                        raise NotExact("whether it is an optimum" if optimal else "whether its integral exists")
                if isinstance(part, t.Arbitrary):
                    functions.setdefault(part.key)
                algebraic &= _rational(part)
                sized |= _counts(part)
                derivatives |= isinstance(part, t.Derivative | t.Chain) or (
                    isinstance(part, t.MapEntries) and bool(part.order)
                )
            for name in t.variables(term):
                if name not in names:
                    names.setdefault(name)
                    if name in problem.definitions:
                        stack.append(problem.definitions[name].term)

    visit(claim.head, claim.claimed)
    if claim.solution is not None:
        others = (term for _, term in (*claim.solution.given, *claim.solution.also, *claim.solution.spare))
        visit(claim.solution.left, claim.solution.right, *others)
    conditions = [c for c in problem.assumed if not about_sizes(c)]
    mine = [c for c in claim.conditions if not about_sizes(c)]
    equations: list[Comparison] = []
    while True:
        met = [c for c in conditions if not names.keys().isdisjoint(t.variables(c))]
        found = [c for c in (*met, *mine) if c.sign == "=" and c not in equations]
        algebraic &= not (met or mine)
        if not found:
            break
        equations += found
        for condition in found:
            visit(condition.left, condition.right)
    declared = tuple(name for name in names if name in problem.declarations)
    bound = [key for key in functions if key in draws.settings.functions and len(problem.functions[key].arguments) == 1]
    kinds = {problem.functions[key].result_domain.kind for key in functions}
    algebraic &= not bound and kinds <= {"real", "positive", "nonzero"}
    arbitrary = tuple(key for key in problem.functions if key in functions and key not in bound)
    return Reach(declared, arbitrary, algebraic, derivatives, sized, tuple(equations))


def _counts(part: Term) -> bool:
    """Whether this term may bring in a size as a number."""
    match part:
        case t.Size():
            return True
        case t.Unary(op="trace" | "sumall", argument=inner):
            return any(isinstance(each, t.Identity | t.Filled | t.Derivative) for each in t.walk(inner))
        case t.Reduce(body=body):
            return not t.variables(body)
    return False


def purely_algebraic(draws: Draws, claim: Claim) -> bool:
    """Whether a claim is an equation of rational functions in which nothing is differentiated and nothing arbitrary."""
    if claim.relation != "=" or claim.solution is not None or claim.kind != "identity":
        return False
    try:
        reach = reach_of(draws, claim)
    except NotExact:
        return False
    return reach.algebraic and not reach.functions and not reach.derivatives


def _rational(part: Term) -> bool:
    """Whether this term by itself keeps rational functions what they are."""
    match part:
        case t.Elementary() | t.Constant(value="pi" | "e") | t.Unary(op="norm2" | "softmax"):
            return False
        case t.Unary(op=op) if op.startswith("eigen"):
            return False
        case t.Power(exponent=exponent):
            whole = isinstance(exponent, t.Constant) and isinstance(exponent.value, Fraction)
            return isinstance(exponent, t.Size | t.Index) or (whole and exponent.value.denominator == 1)  # type: ignore[union-attr]
    return True


STEPS = 20_000
"""Terms looked at for one claim, those behind a name or a call each time anew."""


class Degree(IntEnum):
    """What a term is in the inputs: of two parts of a sum, the higher one counts."""

    NUMBER = 0
    STEPS = 1
    """Piecewise a number: an indicator, a sign."""
    LINEAR = 2
    OTHER = 3


_KEEPS = frozenset(("transpose", "trace", "sumall", "diagof", "todiag", "vec"))
_BENDS = frozenset(("abs", "norm1", "norminf", "maxall", "minall"))


class _TooLong(Exception):
    """The terms go on for too long to be looked at."""


def is_linear(problem: Problem, claim: Claim) -> bool:
    """Whether both sides are piecewise linear in what is declared."""
    reader = _Reader(problem)
    try:
        return max(reader.degree(side, {}) for side in (claim.head, claim.claimed)) < Degree.OTHER
    except (_TooLong, RecursionError):
        return False


class _Reader:
    """Degrees of terms; those of definitions are worked out once."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.definitions: dict[str, Degree] = {}
        self.steps = 0

    def highest(self, terms: tuple[Term, ...], bound: Mapping[str, Degree]) -> Degree:
        return max((self.degree(term, bound) for term in terms), default=Degree.NUMBER)

    def degree(self, term: Term, bound: Mapping[str, Degree]) -> Degree:
        """The degree of a term; ``bound`` are the degrees of names with other values."""
        self.steps += 1
        if self.steps > STEPS:
            raise _TooLong
        match term:
            case t.Constant(value="pi" | "e"):
                return Degree.OTHER
            case t.Constant() | t.Size() | t.Index() | t.Identity() | t.Filled() | t.Kronecker() | t.UnitVector():
                return Degree.NUMBER
            case t.Variable(key=key):
                return self._name(key, bound)
            case t.Add(terms=parts):
                return self.highest(tuple(part for _, part in parts), bound)
            case t.Multiply(left=left, right=right):
                return _multiplied(self.degree(left, bound), self.degree(right, bound))
            case t.Divide(left=left, right=right):
                return self.degree(left, bound) if not self.degree(right, bound) else Degree.OTHER
            case t.Power(base=base, exponent=exponent):
                return self._power(base, exponent, bound)
            case t.Unary(op=op, argument=argument):
                inner = self.degree(argument, bound)
                return inner if op in _KEEPS or op in _BENDS or not inner else Degree.OTHER
            case t.Elementary(name=name, argument=argument, order=order):
                return _elementary(name, order, self.degree(argument, bound))
            case t.Extremum(arguments=arguments):
                return self.highest(arguments, bound)
            case _:
                return self._structured(term, bound)

    def _structured(self, term: Term, bound: Mapping[str, Degree]) -> Degree:
        match term:
            case t.Comparison() | t.Indicator():
                inner = self.highest(t.children(term), bound)
                return min(inner, Degree.STEPS) if inner < Degree.OTHER else inner
            case t.Piecewise(rows=rows):
                conditions = tuple(condition for _, each in rows for condition in each)
                return self.highest((*(value for value, _ in rows), *conditions), bound)
            case t.Reduce(op=op, body=body, conditions=conditions):
                inner = self.degree(body, bound)
                if self.highest(conditions, bound) or (op in ("prod", "matmul") and inner):
                    return Degree.OTHER
                return inner
            case t.Entry(argument=argument, row=row, column=column):
                places = tuple(place for place in (row, column) if place is not None)
                return Degree.OTHER if self.highest(places, bound) else self.degree(argument, bound)
            case t.Block() | t.Gather():
                return self.highest(t.children(term), bound)
            case t.Let(bindings=bindings, body=body):
                return self.degree(body, {**bound, **{name: self.degree(value, bound) for name, value in bindings}})
            case t.MapEntries(parameters=parameters, arguments=arguments, body=body, order=0):
                given = [self.degree(argument, bound) for argument in arguments]
                return self.degree(body, {**bound, **dict(zip(parameters, given, strict=True))})
        return Degree.OTHER

    def _name(self, key: str, bound: Mapping[str, Degree]) -> Degree:
        if key in bound:
            return bound[key]
        definition = self.problem.definitions.get(key)
        if definition is None:
            return Degree.LINEAR
        if not bound.keys().isdisjoint(t.variables(definition.term)):
            return self.degree(definition.term, bound)
        if key not in self.definitions:
            self.definitions[key] = Degree.OTHER
            self.definitions[key] = self.degree(definition.term, {})
        return self.definitions[key]

    def _power(self, base: Term, exponent: Term, bound: Mapping[str, Degree]) -> Degree:
        inner = self.degree(base, bound)
        if not inner:
            return self.degree(exponent, bound) and Degree.OTHER
        match exponent:
            case t.Constant(value=Fraction() as value) if value == 1:
                return inner
            case t.Constant(value=Fraction() as value) if value.denominator == 1 and value >= 0:
                return inner if inner is Degree.STEPS else Degree.OTHER
        return Degree.OTHER


def _multiplied(left: Degree, right: Degree) -> Degree:
    lower, higher = sorted((left, right))
    return higher if lower <= Degree.STEPS else Degree.OTHER


def _elementary(name: str, order: int, inner: Degree) -> Degree:
    if name in KINKED:
        return min(inner, Degree.STEPS) if (order or name == "sign") and inner < Degree.OTHER else inner
    return inner and Degree.OTHER


def bends(problem: Problem, claim: Claim) -> bool:
    """Whether anything in a claim is not simply linear: a maximum, an absolute value, a case."""
    return any(map(_bends, everything((claim.head, claim.claimed), problem.definitions)))


def _bends(part: Term) -> bool:
    match part:
        case t.Elementary(name=name):
            return name in KINKED
        case t.Unary(op=op) | t.Reduce(op=op):
            return op in _BENDS or op in ("max", "min")
    return isinstance(part, t.Extremum | t.Indicator | t.Piecewise)


def needed(problem: Problem, claim: Claim) -> tuple[frozenset[str], tuple[Comparison, ...]]:
    """The names on which a claim depends, and the document's assumptions that speak of any of them."""
    names = behind((claim.head, claim.claimed, *claim.conditions), problem.definitions)
    waiting = [*problem.assumed]
    taken: list[Comparison] = []
    while True:
        touching = [c for c in waiting if not names.isdisjoint(behind((c,), problem.definitions))]
        if not touching:
            return names, tuple(taken)
        taken += touching
        waiting = [c for c in waiting if c not in touching]
        names |= behind(touching, problem.definitions)


def size_symbols(problem: Problem, claim: Claim) -> frozenset[str]:
    """The sizes on which a claim depends."""
    shapes: list[Shape] = []
    terms: list[Term] = [claim.head, claim.claimed, *claim.conditions]
    for name in needed(problem, claim)[0]:
        if name in problem.declarations:
            declaration = problem.declarations[name]
            shapes.append(declaration.shape)
            shapes += [(axis.size, axis.size) for axis in declaration.family]
        elif name in problem.definitions:
            definition = problem.definitions[name]
            shapes += [definition.shape, *((axis.size, axis.size) for _, axis in definition.family)]
            terms.append(definition.term)
    for part in (part for term in terms for part in t.walk(term)):
        shapes.append(part.shape)
        if isinstance(part, t.Size | t.Identity | t.UnitVector):
            shapes.append((part.dim, part.dim))
    shapes += [(problem.indices[name].size,) * 2 for name in claim.free]
    return frozenset(name for shape in shapes for dim in shape for name in dim.substitute(problem.solution).symbols)
