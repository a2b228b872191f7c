"""Check many texts that differ in one line: what is claimed in the others is judged once.

The terms of a claim are compared, not its place. A source is asked anew where anything differs on which its word may
rest: definitions, declarations, the model, assumptions, the seed, and of a run of EM the document's other updates.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from derivcheck import engine, judge
from derivcheck.config import Settings
from derivcheck.diagnosis import explaining
from derivcheck.evaluation.arithmetic import BUDGET
from derivcheck.oracles.draws import Draws
from derivcheck.oracles.exact import Oracle
from derivcheck.oracles.table import RUN
from derivcheck.problem.problem import Claim, Problem
from derivcheck.source import Source
from derivcheck.verdict import Evidence, Report, Verdict

_SAID: dict[str, tuple[Evidence, float]] = {}
"""What a source said, and what that cost: a search pays for it as if it were asked."""


def check(source: Source, settings: Settings, *, mends: bool = True, hasty: bool = False) -> Report:
    """``engine.check``, with what was said of a claim before; without ``mends`` nothing is tried to mend a line.

    What is blamed is a verdict, and known before anything is mended: the search costs more than all the rest. In a
    ``hasty`` check no more is asked of a claim as soon as it is known to be wrong.
    """
    asked, judged, explained = judge._ask, judge.judge, explaining.explained

    def remembered(oracle: Oracle, bench: Draws, claim: Claim) -> Evidence:
        return _once(oracle, lambda: asked(oracle, bench, claim), bench, claim)

    def soon(bench: Draws, claim: Claim, oracles: Any = None, **how: Any) -> Verdict:
        return judged(bench, claim, oracles, **{**how, "hasty": hasty or how.get("hasty", False)})

    def told(problem: Problem, wanted: Any, results: Any, bench: Any, *how: Any) -> Any:
        return explained(problem, wanted, results, bench if mends else None, *how)

    with (
        patch.object(judge, "_ask", remembered),
        patch.object(judge, "judge", soon),
        patch.object(explaining, "explained", told),
    ):
        return engine.check(source, settings)


def _once(oracle: Oracle, ask: Callable[[], Evidence], draws: Draws, claim: Claim) -> Evidence:
    own = (
        claim.head, claim.claimed, claim.relation, claim.kind, claim.solution, claim.stationary, claim.free,
        claim.conditions, claim.density, claim.proportional, claim.implied, claim.chain if claim.kind == "optimum" else 0,
    )  # fmt: skip
    around, numbers = _surroundings(draws)
    found = dict(numbers)
    key = _numbered_anew(repr((oracle.name, _updates(draws) if oracle.name in RUN else (), own)), found) + around
    if key in _SAID:
        said, cost = _SAID[key]
        BUDGET.note(cost)
        return said
    before = BUDGET.ever
    said = ask()
    _SAID[key] = said, BUDGET.ever - before
    return said


def _surroundings(draws: Draws) -> tuple[str, dict[str, str]]:
    """What every word on a document may rest on, as text, and the numbers of its fresh names."""
    kept = draws.kept.get(("surroundings",))
    if kept is None:
        problem = draws.problem
        found: dict[str, str] = {}
        parts = (
            tuple((key, made.term, made.shape, made.family) for key, made in problem.definitions.items()),
            tuple((key, known.shape, known.domain) for key, known in problem.declarations.items()),
            tuple((key, factor.log) for key, factor in problem.scope.factors.items()),
            tuple(assumption.conditions for assumption in problem.assumptions),
            repr(draws.settings),
        )
        kept = draws.kept[("surroundings",)] = (_numbered_anew(repr(parts), found), found)
    return kept  # type: ignore[return-value]


def _updates(draws: Draws) -> tuple[object, ...]:
    claims = (claim for claim in draws.problem.claims if isinstance(claim, Claim))
    return tuple((claim.head, claim.claimed) for claim in claims if claim.kind == "optimum")


def _numbered_anew(text: str, found: dict[str, str]) -> str:
    """Without the numbers that a longer or shorter line above gives to fresh names."""
    return re.sub(r"#\d+", lambda match: found.setdefault(match[0], f"#{len(found)}"), text)
