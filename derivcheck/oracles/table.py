"""Which claim asks which oracle: one line an oracle."""

from __future__ import annotations

from derivcheck.oracles import (
    ascent,
    bayes,
    comparison,
    differences,
    directional,
    ends,
    gaussian,
    kinks,
    minimiser,
    normaliser,
    numeric,
    optimum,
    order,
    rate,
    solution,
)
from derivcheck.oracles.exact import EXACT, Oracle

ORACLES: tuple[Oracle, ...] = (
    *EXACT,
    Oracle("numeric", numeric.applies, numeric.ask),
    Oracle("differences", differences.applies, differences.ask),
    Oracle("kinks", kinks.applies, kinks.ask),
    Oracle("inequality", order.applies, order.ask),
    Oracle("solution", solution.applies, solution.ask),
    Oracle("minimiser", minimiser.applies, minimiser.ask),
    Oracle("Gaussian", gaussian.applies, gaussian.ask),
    Oracle("Bayes", bayes.applies, bayes.ask),
    Oracle("slope", directional.applies, directional.ask),
    Oracle("normaliser", normaliser.applies, normaliser.ask),
    Oracle("optimum", optimum.applies, optimum.ask),
    Oracle("stationarity", optimum.is_stationary, optimum.ask_stationary),
    Oracle("comparison", comparison.applies, comparison.ask),
    Oracle("EM", ascent.applies, ascent.ask),
    Oracle("rate", rate.applies, rate.ask),
    Oracle("EM end", ends.applies, ends.ask),
)

RUN = frozenset(("EM", "rate", "EM end"))
QUICK: tuple[Oracle, ...] = tuple(oracle for oracle in ORACLES if oracle.name not in RUN)
"""A run of EM tells what the other sources tell of an update, at a hundred times the price: no edit is run."""
