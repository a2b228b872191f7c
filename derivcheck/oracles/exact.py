"""The exact oracles, which need no torch: one line each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from derivcheck.oracles import balls, modular, piecewise, rational
from derivcheck.oracles.draws import Draws
from derivcheck.problem.problem import Claim
from derivcheck.verdict import Evidence, Outcome, Sees, Strength

WHOLE = Sees.WHOLE


@dataclass(frozen=True, slots=True)
class Oracle:
    """An independent source of truth: whether it can speak on a claim, and what it says.

    ``strength`` is what its word rests on, unless the evidence says that it is a proof, and ``sees`` which part of a
    claim it looks at; where that depends on the claim it is None, and the evidence tells. A source that proves refutes
    by a counterexample where it shows one.
    """

    name: str
    applies: Callable[[Any, Claim], bool]
    ask: Callable[[Any, Claim], Evidence]
    strength: Strength = Strength.MEASURED
    sees: Sees | None = None

    def evidence(self, bench: Draws, claim: Claim) -> Evidence:
        """What it says of a claim, with what that rests on."""
        said = self.ask(bench, claim)
        shown = self.strength is Strength.PROOF and said.outcome is Outcome.WRONG and said.claimed is not None
        proves = said.strength if said.strength is Strength.PROOF else self.strength
        return replace(said, strength=Strength.EXACT if shown else proves, sees=self.sees or said.sees)

    def silent(self, why: str) -> Evidence:
        """That it does not speak, and why."""
        return Evidence(self.name, Outcome.NOT_CHECKED, detail=why, strength=self.strength, sees=self.sees or WHOLE)


def _for_all_values(draws: Draws, claim: Claim) -> bool:
    """Whether the settings fix no name of the claim: an oracle that lets every value in would say too much."""
    return draws.reached(claim.head, claim.claimed).isdisjoint(draws.values)


def _enclosed(draws: Draws, claim: Claim) -> Evidence:
    """Both sides at exact inputs; what encloses them is imported here."""
    from derivcheck.oracles import enclosed

    return enclosed.ask(draws, claim)


EXACT: tuple[Oracle, ...] = (
    Oracle(
        piecewise.NAME, lambda draws, claim: piecewise.applies(draws.problem, claim) and _for_all_values(draws, claim),
        piecewise.ask, Strength.PROOF, WHOLE,
    ),
    Oracle(
        rational.NAME, lambda draws, claim: rational.applies(draws.problem, claim), rational.ask, Strength.EXACT, WHOLE
    ),
    Oracle(
        modular.NAME, lambda draws, claim: modular.applies(draws, claim) and _for_all_values(draws, claim), modular.ask,
        Strength.PROOF,
    ),
    Oracle(balls.NAME, balls.applies, _enclosed, Strength.ENCLOSED, WHOLE),
)  # fmt: skip
