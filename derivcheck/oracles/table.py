"""Which claim asks which oracle: one line an oracle."""

from __future__ import annotations

from derivcheck.oracles import (
    densities,
    differences,
    em,
    joint,
    kinks,
    minimiser,
    numeric,
    optimum,
    order,
)
from derivcheck.oracles.exact import EXACT, Oracle
from derivcheck.verdict import Sees, Strength

ORACLES: tuple[Oracle, ...] = (
    *EXACT,
    Oracle("numeric", numeric.applies, numeric.ask),
    Oracle("differences", differences.applies, differences.ask, sees=Sees.DIFFERENCES),
    Oracle("kinks", kinks.applies, kinks.ask, sees=Sees.SUBGRADIENTS),
    Oracle("inequality", order.applies, order.ask, Strength.SEARCH, Sees.WHOLE),
    Oracle("solution", joint.applies, joint.ask, sees=Sees.ROOT),
    Oracle("minimiser", minimiser.applies, minimiser.ask, sees=Sees.EXTREMUM),
    Oracle(densities.GAUSSIAN, densities.is_integral, densities.ask_gaussian, sees=Sees.ROUTE),
    Oracle(densities.BAYES, densities.is_conditional, densities.ask_bayes, sees=Sees.PART),
    Oracle(densities.SLOPE, densities.has_slope, densities.ask_slope, sees=Sees.PART),
    Oracle(densities.NORMALISER, densities.is_density, densities.ask_normaliser, sees=Sees.PART),
    Oracle("optimum", optimum.applies, optimum.ask, sees=Sees.WHOLE),
    Oracle("stationarity", optimum.is_stationary, optimum.ask_stationary),
    Oracle(optimum.COMPARISON, optimum.is_comparable, optimum.ask_comparison, Strength.SEARCH, Sees.HEIGHT),
    Oracle(em.ASCENT, em.applies, em.ask, sees=Sees.PART),
    Oracle(em.RATE, em.has_rate, em.ask_rate, sees=Sees.PART),
    Oracle(em.END, em.has_end, em.ask_end, sees=Sees.HEIGHT),
)

RUN = frozenset((em.ASCENT, em.RATE, em.END))
QUICK: tuple[Oracle, ...] = tuple(oracle for oracle in ORACLES if oracle.name not in RUN)
"""A run of EM tells what the other sources tell of an update, at a hundred times the price: no edit is run."""
