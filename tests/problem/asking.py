"""Small documents and what is said of them: shared by the tests of the inner rooms."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

from derivcheck.config import Settings
from derivcheck.diagnosis import explaining
from derivcheck.engine import _bench, check, problem_of
from derivcheck.evaluation.arithmetic import BUDGET
from derivcheck.judge import judge
from derivcheck.oracles.bench import Bench
from derivcheck.problem.problem import Claim, Problem, Refused
from derivcheck.source import Source
from derivcheck.verdict import Finding, Outcome, Report, Result

HOLDS, WRONG, UNDECIDED, NOT_CHECKED = Outcome.HOLDS, Outcome.WRONG, Outcome.UNDECIDED, Outcome.NOT_CHECKED


def report(text: str, seed: int = 0, **settings) -> Report:
    """What the whole engine says of a document."""
    return check(Source("a.md", text), Settings(seed=seed, **settings))


def unmended(text: str, seed: int = 0, **settings) -> Report:
    """The same, without the search for what would mend a line: it changes no outcome, and costs more than all the rest."""
    explained = explaining.explained

    def told(problem: Problem, wanted: Any, results: Any, bench: Bench | None, *how: Any) -> Any:
        return explained(problem, wanted, results, None, *how)

    with patch.object(explaining, "explained", told):
        return report(text, seed, **settings)


def outcomes(text: str, seed: int = 0, **settings) -> list[str]:
    """The outcomes of all claims in the document's order."""
    return [result.verdict.outcome.value for result in unmended(text, seed, **settings).results]


def outcome(text: str, seed: int = 0, **settings) -> Outcome:
    """The outcome of the one claim of a document."""
    return only(text, seed, **settings).verdict.outcome


def only(text: str, seed: int = 0, **settings) -> Result:
    """The one claim of a document."""
    (result,) = unmended(text, seed, **settings).results
    return result


def finding(text: str, seed: int = 0, **settings) -> Finding:
    """The one finding of a document."""
    (found,) = report(text, seed, **settings).findings
    return found


def told(found: Finding) -> str:
    """All that a finding says."""
    return " | ".join(part for part in (found.message, found.label, *found.facts, found.help) if part)


def problem(text: str) -> Problem:
    """What a document means. What is evaluated next by hand has all its time, as when the judge asks."""
    BUDGET.renew()
    return problem_of(Source("a.md", text))


def claims(text: str) -> list[Claim | Refused]:
    return list(problem(text).claims)


def bench(text: str, seed: int = 0, **settings) -> tuple[Bench, list[Claim]]:
    """A bench for a document, and its claims."""
    made = problem(text)
    return _bench(made, Settings(seed=seed, **settings)), [claim for claim in made.claims if isinstance(claim, Claim)]


def shape(text: str, name: str) -> str:
    """The shape that a document gives a name, in words."""
    from derivcheck.language.shapes import show

    made = problem(text)
    key = made.names[name]
    found = made.definitions.get(key) or made.declarations[key]
    return show(found.shape, made.solution)


def judged(text: str, seed: int = 0, **settings) -> Outcome:
    """The outcome of the one claim of a document, without the search for what is wrong with it: much faster."""
    made, (claim,) = bench(text, seed, **settings)
    return judge(made, claim).outcome
