"""What every test begins with."""

from __future__ import annotations

import pytest

from derivcheck.evaluation.budget import BUDGET


@pytest.fixture(autouse=True)
def _new_budget() -> None:
    """Evaluation outside the judge pays into what the last claim has left: every test has a budget of its own."""
    BUDGET.renew()
