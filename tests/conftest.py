"""What every test begins with."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from derivcheck.evaluation.arithmetic import BUDGET

# what a test says is found out in it, and not taken from what an earlier run has found
os.environ["DERIVCHECK_CACHE"] = "off"

settings.register_profile(
    "counted",
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("counted")
"""The same examples on every machine, however slow or busy it is."""


@pytest.fixture(autouse=True)
def _new_budget() -> None:
    """Evaluation outside the judge pays into what the last claim has left: every test has a budget of its own."""
    BUDGET.renew()
