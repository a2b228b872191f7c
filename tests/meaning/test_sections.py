r"""A long document is searched section by section: letters mean what they mean there, and mistakes are still found."""

from __future__ import annotations

import pytest

from derivcheck.config import Settings
from derivcheck.engine import check
from derivcheck.meaning import sections
from derivcheck.source import Source
from derivcheck.verdict import Outcome, Report

NOTES = r"""
# Scores

The score of an input is
$$ z = w^\top x + b, $$
so that
$$ \frac{\partial z}{\partial w} = x, \qquad \frac{\partial z}{\partial x} = w. $$

# Traces

$$ \frac{\partial}{\partial X} \operatorname{tr}(A X) = A^\top $$
$$ \frac{\partial}{\partial X} \operatorname{tr}(X A X^\top) = X (A + A^\top) $$

# Forms

Now the same letter stands for a table of weights.
$$ \frac{\partial}{\partial x} \left( x^\top w x \right) = (w + w^\top) x $$

# Errors

With the loss $L = \ell(o, y)$ and the output $o = V h$, where $\partial L / \partial V \in \mathbb{R}^{q \times m}$,
$$ \frac{\partial L}{\partial h} = V^\top \frac{\partial L}{\partial o}. $$
"""


@pytest.fixture(autouse=True)
def _every_document_is_long(monkeypatch):
    monkeypatch.setattr(sections, "SHORT", 0)


def judged(text: str) -> Report:
    return check(Source("notes.md", text), Settings(seed=0, trials=2, draws=2))


def wrong_lines(report: Report) -> set[int]:
    return {result.line for result in report.results if result.verdict.outcome is Outcome.WRONG}


def test_every_section_has_its_own_shapes():
    report = judged(NOTES)
    assert {result.verdict.outcome for result in report.results} == {Outcome.HOLDS}
    assert len(report.results) == 6


def test_mistakes_are_found_in_the_sections_in_which_they_stand():
    mistakes = {
        r"\operatorname{tr}(A X) = A^\top": r"\operatorname{tr}(A X) = A",
        r"X (A + A^\top)": r"X (A - A^\top)",
        r"(w + w^\top) x": r"2 w^\top x",
        r"V^\top \frac": r"-V^\top \frac",
    }
    text, lines = NOTES, set()
    for right, wrong in mistakes.items():
        assert right in text
        text = text.replace(right, wrong)
        lines.add(text[: text.index(wrong)].count("\n") + 1)
    assert wrong_lines(judged(text)) == lines
