"""A claimed density integrates to one over what it is the density of."""

from __future__ import annotations

from fractions import Fraction

from derivcheck.evaluation.arithmetic import NotExact
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
"""Over so many real numbers at once an integral is affordable."""
ONE_TERM = t.Constant(Fraction(1))
"""Added to both sides, so that a logarithm of 0 has a size to compare with."""


def applies(bench: Bench, claim: Claim) -> bool:
    """Claims about the density of one random value."""
    density = claim.density
    if density is None or claim.relation != "=" or claim.solution is not None or len(density.targets) != 1:
        return False
    target = density.targets[0]
    if isinstance(target, t.Variable) and not target.indices and bench.problem.declarations[target.key].family:
        return False  # all members of a family together
    return isinstance(target, t.Variable | t.Entry)


def ask(bench: Bench, claim: Claim) -> Evidence:
    """log ∫ exp(claimed) against 0; what is no density is seen, another density is not."""
    assert claim.density is not None
    target = claim.density.targets[0]
    whole = target.argument if isinstance(target, t.Entry) else target
    assert isinstance(whole, t.Variable)
    domain = bench.problem.declarations[whole.key].domain
    shape = tuple(dim.substitute(bench.problem.solution) for dim in target.shape)
    if shape[1] != ONE:
        return Evidence(NAME, Outcome.NOT_CHECKED, detail="an integral over a matrix")
    key = "value#" + whole.key
    value = t.Variable(key, shape=target.shape)
    body = _with_value(claim.claimed, target, whole.key, value, bench)
    if isinstance(target, t.Variable) and not target.indices and target.key in t.variables(body):
        return Evidence(NAME, Outcome.NOT_CHECKED, detail="the value stands in it in another form")
    if any(isinstance(part, t.Integral) for part in t.walk(body)):
        return Evidence(NAME, Outcome.NOT_CHECKED, detail="an integral of an integral")
    total = t.LogIntegral((t.Bound(key, target.shape, domain),), body)
    worlds = [world for world in bench.worlds(claim.conditions) if world.dims(target.shape)[0] <= LARGEST]
    if not worlds:
        return Evidence(NAME, Outcome.NOT_CHECKED, detail="an integral over more than three numbers")
    try:
        left = t.Add(((1, total), (1, ONE_TERM)))
        found = [(world, compare(bench, claim, world, left, ONE_TERM)) for world in worlds]
    except NotExact as error:
        return Evidence(NAME, Outcome.NOT_CHECKED, detail=error.what)
    return summary(NAME, bench, claim, ONE_TERM, found)


def _with_value(term: t.Term, target: t.Term, key: str, value: t.Term, bench: Bench) -> t.Term:
    """The term with another value in the place of the target, also where a definition stands for it."""

    def rule(part: t.Term) -> t.Term | None:
        if part == target:
            return value
        if isinstance(part, t.Variable) and key in bench.dependencies.get(part.key, frozenset()):
            return rewrite(member(bench.problem.definitions[part.key], part.indices), rule)
        return None

    return rewrite(term, rule)
