"""Which claims are asked of ball arithmetic: those in which something is not rational."""

from __future__ import annotations

from fractions import Fraction
from math import pi

from derivcheck.functions import KINKED
from derivcheck.language.shapes import is_scalar
from derivcheck.oracles import rational
from derivcheck.oracles.draws import INTEGRALS, Draws, about_sizes
from derivcheck.oracles.members import FREE
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim
from derivcheck.problem.terms import Comparison, Term

NAME = "balls"
PIECEWISE_LINEAR = frozenset(("abs", "relu", "sign"))
DISCONTINUOUS = (t.Comparison, t.Indicator, t.Piecewise)
CIRCULAR = frozenset(("sin", "cos", "tan", "cot"))
MOST_INTEGRALS = 4
"""So many integrals in a claim are enclosed: each takes thousands of values."""
COUNTED = frozenset(("natural", "integer", "finite", "onehot", "simplex"))
CONVEX = frozenset((*FREE, "interval", "simplex", "spd", "psd", "symmetric", "diagonal", "lower", "upper", "skew"))
CONVEX -= {"nonzero"}


def applies(draws: Draws, claim: Claim) -> bool:
    """Where something is not rational: that has its own oracle; equations between arbitrary functions are proved."""
    if not encloses(draws, claim, MOST_INTEGRALS):
        return False
    if claim.relation != "=" and draws.holds(t.Arbitrary, claim.head, claim.claimed):
        return True
    return draws.integrates(claim.head, claim.claimed) or any(map(_irrational, _parts(draws, claim)))


def encloses(draws: Draws, claim: Claim, integrals: int = 0) -> bool:
    """Whether both sides, with so many integrals, are told by enclosures, and exact members of all sets are drawn."""
    if claim.solution is not None or claim.kind == "optimum" or claim.proportional or claim.density is not None:
        return False
    if claim.relation not in ("=", "<", ">", "\\le", "\\ge", "\\ne"):
        return False
    if claim.relation == "\\ne" and not is_scalar(claim.head.shape):
        return False
    parts = _parts(draws, claim)
    found = [part for part in parts if isinstance(part, INTEGRALS)]
    if found and not integrals:
        return False
    found = [part for part in found if not _over_few(part)]
    if len(found) > integrals or not all(map(_over_one_number, found)) or any(map(_eigen, parts)):
        return False
    if any(map(_differentiates, parts)) and any(isinstance(part, DISCONTINUOUS) for part in parts):
        return False
    met = [part for condition in conditions(draws, claim) for part in t.walk(condition)]
    return not any(isinstance(part, (t.Arbitrary, t.Derivative, t.Chain, *INTEGRALS)) for part in met)


def _parts(draws: Draws, claim: Claim) -> list[Term]:
    return list(draws.parts(claim.head, claim.claimed))


def differentiates_at_all(draws: Draws, claim: Claim) -> bool:
    """Whether something is differentiated in a claim: a slope may have a value where what it is of has none."""
    return any(map(_differentiates, _parts(draws, claim)))


def weighs_by_logs(draws: Draws, claim: Claim) -> bool:
    """Whether logarithms are weighted in a claim, as in entropies: of 0 log 0 everybody says that it is 0."""

    def logs(part: Term) -> bool:
        return any(isinstance(each, t.Elementary) and each.name.startswith("log") for each in t.walk(part))

    found = ((part.left, part.right) for part in _parts(draws, claim) if isinstance(part, t.Multiply))
    return any(
        logs(one) and not logs(other) and t.variables(other) for pair in found for one, other in (pair, pair[::-1])
    )


def _over_one_number(part: Term) -> bool:
    """Whether an integral runs over one real number."""
    match part:
        case t.Integral(bound=over) | t.LogIntegral(bounds=(over,)) | t.Expectation(bounds=(over,)):
            return is_scalar(over.shape) and over.domain.kind not in COUNTED
    return False


def _over_few(part: Term) -> bool:
    """Whether a mean is a sum over few numbers."""
    match part:
        case t.Expectation(bounds=(over,)):
            return is_scalar(over.shape) and bool(over.domain.members)
    return False


def integrates(draws: Draws, claim: Claim) -> bool:
    """Whether both sides at one input take long: where an integral is more than a sum of few numbers."""
    return any(isinstance(part, INTEGRALS) and not _over_few(part) for part in _parts(draws, claim))


def _irrational(part: Term) -> bool:
    match part:
        case t.Elementary(name=name):
            return name not in PIECEWISE_LINEAR
        case t.Constant(value="pi" | "e") | t.Unary(op="norm2" | "softmax") | t.Density():
            return True
        case t.Power(exponent=t.Constant(value=Fraction() as exponent)):
            return exponent.denominator != 1
        case t.Power(exponent=exponent):
            return not isinstance(exponent, t.Size | t.Index)
    return False


def _eigen(part: Term) -> bool:
    return isinstance(part, t.Unary) and part.op.startswith("eigen")


def _differentiates(part: Term) -> bool:
    return isinstance(part, t.Derivative | t.Chain) or (isinstance(part, t.MapEntries) and bool(part.order))


def analytic(draws: Draws, claim: Claim) -> bool:
    """Whether an equation that holds around some input holds wherever both sides have a value.

    Nothing in it bends, jumps or counts, and its inputs are not in several pieces.
    """
    domains = (draws.problem.declarations[name].domain.kind for name in names(draws, claim))
    if claim.relation != "=" or conditions(draws, claim) or not CONVEX.issuperset(domains):
        return False
    return not any(_bends(part, draws) for part in _parts(draws, claim))


def _bends(part: Term, draws: Draws) -> bool:
    match part:
        case t.Comparison() | t.Indicator() | t.Piecewise() | t.Extremum() | t.Optimum() | t.Reduce(op="max" | "min"):
            return True
        case t.Unary(op=op):
            return op.startswith(("norm", "max", "min", "eigen"))
        case t.Elementary(name=name):
            return name in KINKED
        case t.Arbitrary(key=key):
            return draws.settings.functions.get(key) in KINKED
    return isinstance(part, INTEGRALS)


def conditions(draws: Draws, claim: Claim) -> list[Comparison]:
    """What every input has to meet."""
    groups = (*draws.problem.assumed, *claim.conditions)
    asked = rational.behind(draws.problem, claim)
    guards = [guard for guard in draws.problem.guards if t.variables(guard.left) <= asked]
    return [*(condition for condition in groups if not about_sizes(condition)), *guards]


def names(draws: Draws, claim: Claim) -> set[str]:
    """What is declared and behind a claim or a condition."""
    return {name for name in rational.behind(draws.problem, claim) if name in draws.problem.declarations}


def speaks_of_constants(draws: Draws, claim: Claim) -> bool:
    """Whether nothing in a claim is open: what encloses its sides once says all that there is to say."""
    open_ones = (t.Arbitrary, t.Size, t.Index)
    return not names(draws, claim) and not any(isinstance(part, open_ones) for part in _parts(draws, claim))


def turns(draws: Draws, claim: Claim) -> frozenset[str]:
    """All names of a claim that turns something in the plane and speaks of free numbers alone."""
    found = names(draws, claim)
    declared = [draws.problem.declarations[name] for name in found]
    if any(
        d.domain.kind not in (*FREE, "interval") or d.key in draws.values or d.family or not is_scalar(d.shape)
        for d in declared
    ):
        return frozenset()
    parts = _parts(draws, claim)
    turning = any(isinstance(part, t.Elementary) and part.name in CIRCULAR for part in parts)
    turning |= any(end in (pi, -pi, pi / 2, -pi / 2, 2 * pi) for d in declared for end in (d.domain.low, d.domain.high))
    return frozenset(found) if turning else frozenset()
