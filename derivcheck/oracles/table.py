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
from derivcheck.verdict import Sees, Strength

ORACLES: tuple[Oracle, ...] = (
    *EXACT,
    Oracle("numeric", numeric.applies, numeric.ask),
    Oracle("differences", differences.applies, differences.ask, sees=Sees.DIFFERENCES),
    Oracle("kinks", kinks.applies, kinks.ask, sees=Sees.SUBGRADIENTS),
    Oracle("inequality", order.applies, order.ask, Strength.SEARCH, Sees.WHOLE),
    Oracle("solution", solution.applies, solution.ask, sees=Sees.ROOT),
    Oracle("minimiser", minimiser.applies, minimiser.ask, sees=Sees.EXTREMUM),
    Oracle("Gaussian", gaussian.applies, gaussian.ask, sees=Sees.ROUTE),
    Oracle("Bayes", bayes.applies, bayes.ask, sees=Sees.PART),
    Oracle("slope", directional.applies, directional.ask, sees=Sees.PART),
    Oracle("normaliser", normaliser.applies, normaliser.ask, sees=Sees.PART),
    Oracle("optimum", optimum.applies, optimum.ask, sees=Sees.WHOLE),
    Oracle("stationarity", optimum.is_stationary, optimum.ask_stationary),
    Oracle("comparison", comparison.applies, comparison.ask, Strength.SEARCH, Sees.HEIGHT),
    Oracle("EM", ascent.applies, ascent.ask, sees=Sees.PART),
    Oracle("rate", rate.applies, rate.ask, sees=Sees.PART),
    Oracle("EM end", ends.applies, ends.ask, sees=Sees.HEIGHT),
)

RUN = frozenset(("EM", "rate", "EM end"))
QUICK: tuple[Oracle, ...] = tuple(oracle for oracle in ORACLES if oracle.name not in RUN)
"""A run of EM tells what the other sources tell of an update, at a hundred times the price: no edit is run."""
