"""The exact oracles, which need no torch: one line each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from derivcheck.oracles import balls, modular, piecewise, rational
from derivcheck.oracles.draws import Draws
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim
from derivcheck.verdict import Evidence


@dataclass(frozen=True, slots=True)
class Oracle:
    """An independent source of truth: whether it can speak on a claim, and what it says."""

    name: str
    applies: Callable[[Any, Claim], bool]
    ask: Callable[[Any, Claim], Evidence]


def _rational(draws: Draws, claim: Claim) -> Evidence:
    return rational.ask(draws.problem, claim, draws.settings.seed, draws.fixed, draws.dependencies, draws.values)


def _piecewise(draws: Draws, claim: Claim) -> Evidence:
    return piecewise.ask(draws.problem, claim, draws.settings.seed, draws.fixed, draws.dependencies)


def _for_all_values(draws: Draws, claim: Claim) -> bool:
    """Whether the settings fix no name of the claim: an oracle that lets every value in would say too much."""
    direct = t.variables(claim.head) | t.variables(claim.claimed)
    return not any(key in draws.values for name in direct for key in (name, *draws.dependencies.get(name, ())))


EXACT: tuple[Oracle, ...] = (
    Oracle(
        "cells",
        lambda draws, claim: piecewise.applies(draws.problem, claim) and _for_all_values(draws, claim),
        _piecewise,
    ),
    Oracle("rational", lambda draws, claim: rational.applies(draws.problem, claim), _rational),
    Oracle(
        modular.NAME, lambda draws, claim: modular.applies(draws, claim) and _for_all_values(draws, claim), modular.ask
    ),
    Oracle(balls.NAME, balls.applies, balls.ask),
)
PROOFS = frozenset((modular.NAME,))
"""Those whose agreement is a proof up to a probability; ``cells`` proves without one."""
PROVING = PROOFS | {"cells"}
"""Those whose agreement is a proof of either kind; the others are exact at the inputs they tried."""
