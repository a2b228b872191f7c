"""Check many texts that differ in one line: what is claimed in the others is judged once.

The terms of a claim are compared, not its place; a claim is judged anew where anything differs on which its verdict may
rest: definitions, declarations, the model, assumptions, the optima that the document claims, the seed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from derivcheck import engine, judge
from derivcheck.config import Settings
from derivcheck.diagnosis import explaining
from derivcheck.oracles.draws import Draws
from derivcheck.problem.problem import Claim, Problem
from derivcheck.source import Source
from derivcheck.verdict import Report, Verdict

_VERDICTS: dict[str, Verdict] = {}


def check(source: Source, settings: Settings, *, mends: bool = True) -> Report:
    """``engine.check``, with the verdicts on what was judged before; without ``mends`` nothing is tried to mend a line.

    What is blamed is a verdict, and known before anything is mended: the search costs more than all the rest.
    """
    asked, proving, explained = judge.judge, judge.judge_exactly, explaining.explained

    def remembered(bench: Draws, claim: Claim, oracles: Any = None, **how: Any) -> Verdict:
        if oracles is not None or how.get("hasty"):
            return asked(bench, claim, oracles, **how)
        return _once("judge", lambda: asked(bench, claim, **how), bench, claim)

    def proved(draws: Draws, claim: Claim) -> Verdict:
        return _once("exact", lambda: proving(draws, claim), draws, claim)

    def told(problem: Problem, wanted: Any, results: Any, bench: Any, *how: Any) -> Any:
        return explained(problem, wanted, results, bench if mends else None, *how)

    with (
        patch.object(judge, "judge", remembered),
        patch.object(judge, "judge_exactly", proved),
        patch.object(explaining, "explained", told),
    ):
        return engine.check(source, settings)


def _once(kind: str, ask: Callable[[], Verdict], draws: Draws, claim: Claim) -> Verdict:
    problem, settings = draws.problem, draws.settings
    optima = tuple((c.head, c.claimed) for c in problem.claims if isinstance(c, Claim) and c.kind == "optimum")
    surroundings = (
        tuple((key, made.term, made.shape, made.family) for key, made in problem.definitions.items()),
        tuple((key, known.shape, known.domain) for key, known in problem.declarations.items()),
        tuple((key, factor.log) for key, factor in problem.scope.factors.items()),
        tuple(assumption.conditions for assumption in problem.assumptions),
        optima,
        repr(settings),
    )
    own = (
        claim.head, claim.claimed, claim.relation, claim.kind, claim.solution, claim.stationary, claim.free,
        claim.conditions, claim.density, claim.proportional, claim.implied, claim.chain if claim.kind == "optimum" else 0,
    )  # fmt: skip
    key = kind + _numbered_anew(repr((surroundings, own)))
    if key not in _VERDICTS:
        _VERDICTS[key] = ask()
    return _VERDICTS[key]


def _numbered_anew(text: str) -> str:
    """Without the numbers that a longer or shorter line above gives to fresh names."""
    found: dict[str, str] = {}
    return re.sub(r"#\d+", lambda match: found.setdefault(match[0], f"#{len(found)}"), text)
