"""A claimed density integrates to one over what it is the density of: what is no density is seen.

On nodes where it is the density of few numbers, else by Gaussian algebra. A claimed logarithm that is quadratic and not
bent downwards in every direction has no integral at all, so that it is no density's. Another density is not seen.
"""

from __future__ import annotations

from fractions import Fraction

from derivcheck.evaluation.arithmetic import NotExact, TooLarge
from derivcheck.evaluation.evaluator import World
from derivcheck.evaluation.integration import GaussianAlgebra, NotNormalised
from derivcheck.language.shapes import ONE
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.comparing import compare
from derivcheck.oracles.numeric import summary
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim
from derivcheck.problem.substitution import member, rewrite
from derivcheck.verdict import Evidence, Outcome

NAME = "normaliser"
LARGEST = 3
"""Over so many real numbers at once an integral on nodes is affordable."""
ONE_TERM = t.Constant(Fraction(1))
"""Added to both sides, so that a logarithm of 0 has a size to compare with."""


def applies(bench: Bench, claim: Claim) -> bool:
    """Claims about the density of random values."""
    density = claim.density
    if density is None or claim.relation != "=" or claim.solution is not None or not density.targets:
        return False
    return all(_single(target, bench) for target in density.targets)


def _single(target: t.Term, bench: Bench) -> bool:
    """Whether this is one random value, and not all members of a family together."""
    if isinstance(target, t.Variable) and not target.indices:
        return not bench.problem.declarations[target.key].family
    return isinstance(target, t.Variable | t.Entry)


def ask(bench: Bench, claim: Claim) -> Evidence:
    """log ∫ exp(claimed) against 0."""
    assert claim.density is not None
    body, bounds = claim.claimed, []
    for number, target in enumerate(claim.density.targets):
        whole = target.argument if isinstance(target, t.Entry) else target
        assert isinstance(whole, t.Variable)
        if target.shape[1].substitute(bench.problem.solution) != ONE:
            return Evidence(NAME, Outcome.NOT_CHECKED, detail="an integral over a matrix")
        key = f"value#{number}{whole.key}"
        value = t.Variable(key, shape=target.shape)
        body = _with_value(body, target, whole.key, value, bench)
        if isinstance(target, t.Variable) and not target.indices and target.key in t.variables(body):
            return Evidence(NAME, Outcome.NOT_CHECKED, detail="the value stands in it in another form")
        bounds.append(t.Bound(key, target.shape, bench.problem.declarations[whole.key].domain))
    total = t.LogIntegral(tuple(bounds), body)
    worlds = bench.worlds(claim.conditions)
    keys, inner = {bound.key for bound in bounds}, t.LogIntegral | t.Expectation | t.Integral
    if any(isinstance(part, inner) and keys & t.variables(part) for part in t.walk(body)):
        return Evidence(NAME, Outcome.NOT_CHECKED, detail="an integral of an integral")
    small = [world for world in worlds if sum(world.dims(bound.shape)[0] for bound in bounds) <= LARGEST]
    try:
        if small:
            return _compared(bench, claim, total, small)
        reason = "an integral over more than three numbers"
    except TooLarge:
        raise
    except NotExact as error:
        reason = error.what
    try:
        return _compared(bench, claim, total, [bench.by_route(world, GaussianAlgebra()) for world in worlds])
    except TooLarge:
        raise
    except NotNormalised:
        detail = "it is not the logarithm of a density: it grows without bound"
        return Evidence(NAME, Outcome.WRONG, detail=detail)
    except NotExact:
        return Evidence(NAME, Outcome.NOT_CHECKED, detail=reason)


def _compared(bench: Bench, claim: Claim, total: t.Term, worlds: list[World]) -> Evidence:
    left = t.Add(((1, total), (1, ONE_TERM)))
    return summary(NAME, bench, claim, ONE_TERM, [(w, compare(bench, claim, w, left, ONE_TERM)) for w in worlds])


def _with_value(term: t.Term, target: t.Term, key: str, value: t.Term, bench: Bench) -> t.Term:
    """The term with another value in the place of the target, also where a definition stands for it."""

    def rule(part: t.Term) -> t.Term | None:
        if part == target:
            return value
        if isinstance(part, t.Variable) and key in bench.dependencies.get(part.key, frozenset()):
            return rewrite(member(bench.problem.definitions[part.key], part.indices), rule, key)
        return None

    return rewrite(term, rule, key)
