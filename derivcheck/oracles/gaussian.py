"""The same comparison with integrals by Gaussian algebra: another route than quadrature, where it is open."""

from __future__ import annotations

from derivcheck.evaluation.arithmetic import NotExact, NotSettled, TooLarge
from derivcheck.evaluation.integration import GaussianAlgebra
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.comparing import compare, holds_integral
from derivcheck.oracles.numeric import summary
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim
from derivcheck.verdict import Evidence, Outcome

NAME = "Gaussian"


def applies(bench: Bench, claim: Claim) -> bool:
    """Equations in which an integral stands, also behind the names in it."""
    if claim.relation != "=" or claim.solution is not None or claim.kind == "optimum":
        return False
    sides = (claim.head, claim.claimed)
    return any(holds_integral(side, bench) for side in sides) and not any(
        isinstance(part, t.Derivative) for side in sides for part in t.walk(side)
    )


def ask(bench: Bench, claim: Claim) -> Evidence:
    """Both sides at every draw; nothing is said where a density is not Gaussian."""
    try:
        worlds = [bench.by_route(world, GaussianAlgebra()) for world in bench.worlds(claim.conditions)]
        found = [(world, compare(bench, claim, world, claim.head, claim.claimed)) for world in worlds]
    except TooLarge:
        raise
    except NotSettled as error:
        return Evidence(NAME, Outcome.NOT_CHECKED, detail=error.what)
    except NotExact as error:
        return Evidence(NAME, Outcome.NOT_CHECKED, detail=f"{error.what} has no closed form here")
    return summary(NAME, bench, claim, claim.claimed, found)
