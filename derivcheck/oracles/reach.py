"""What a claim speaks of, through whatever definitions, as far as it can be told mod a prime."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from derivcheck.evaluation.arithmetic import NotExact
from derivcheck.oracles.draws import INTEGRALS, Draws, about_sizes
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim
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
