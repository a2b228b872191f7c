"""Which claim asks which oracle: one line an oracle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from derivcheck.oracles import (
    bayes,
    differences,
    gaussian,
    kinks,
    normaliser,
    numeric,
    optimum,
    order,
    piecewise,
    rational,
    solution,
)
from derivcheck.oracles.bench import Bench
from derivcheck.problem.problem import Claim
from derivcheck.verdict import Evidence


@dataclass(frozen=True, slots=True)
class Oracle:
    """An independent source of truth: whether it can speak on a claim, and what it says."""

    name: str
    applies: Callable[[Bench, Claim], bool]
    ask: Callable[[Bench, Claim], Evidence]


def _rational(bench: Bench, claim: Claim) -> Evidence:
    return rational.ask(bench.problem, claim, bench.settings.seed, bench.fixed, bench.dependencies, bench.values)


def _piecewise(bench: Bench, claim: Claim) -> Evidence:
    return piecewise.ask(bench.problem, claim, bench.settings.seed, bench.fixed, bench.dependencies)


ORACLES: tuple[Oracle, ...] = (
    Oracle("cells", lambda bench, claim: piecewise.applies(bench.problem, claim), _piecewise),
    Oracle("rational", lambda bench, claim: rational.applies(bench.problem, claim), _rational),
    Oracle("numeric", numeric.applies, numeric.ask),
    Oracle("differences", differences.applies, differences.ask),
    Oracle("kinks", kinks.applies, kinks.ask),
    Oracle("inequality", order.applies, order.ask),
    Oracle("solution", solution.applies, solution.ask),
    Oracle("Gaussian", gaussian.applies, gaussian.ask),
    Oracle("Bayes", bayes.applies, bayes.ask),
    Oracle("normaliser", normaliser.applies, normaliser.ask),
    Oracle("optimum", optimum.applies, optimum.ask),
    Oracle("stationarity", optimum.is_stationary, optimum.ask_stationary),
)
