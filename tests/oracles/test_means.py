r"""Means are what they say: narrow bumps, tails, kinks and high powers are seen, at whatever size they are."""

from __future__ import annotations

import pytest

from derivcheck.verdict import Outcome
from tests.problem.asking import report, unmended

MODEL = r"""Let $z \sim \mathcal{N}(0, 1)$ and $y \sim \mathcal{N}(m, s^2)$ with $m \in \mathbb{R}$ and $s > 0$.
"""
TRUE = [
    r"\mathbb{E}[e^{20 z}] = e^{200}",
    r"\mathbb{E}[\exp(-10^{10} (z - 1)^2)] = \frac{1}{\sqrt{20000000001}} \exp(-\frac{10^{10}}{20000000001})",
    r"\mathbb{E}[z^{100}] = \frac{100!}{2^{50} 50!}",
    r"\mathbb{E}[y e^{y}] = (m + s^2) e^{m + s^2 / 2}",
    r"\mathbb{E}[\cosh z \cosh(2 z)] = \frac{e^{9/2} + e^{1/2}}{2}",
    r"\mathbb{E}[y^4] = m^4 + 6 m^2 s^2 + 3 s^4",
    r"\mathbb{E}[|z|] = \sqrt{2 / \pi}",
]
FALSE = [
    r"\mathbb{E}[e^{20 z}] = e^{199}",
    r"\mathbb{E}[\exp(-10^{10} (z - 1)^2)] = 0",
    r"\mathbb{E}[z^2 + 100 \exp(-10^{12} (z - 0.77)^2)] = 1",
    r"\mathbb{E}[z^{100}] = \frac{100!}{2^{51} 50!}",
    r"\mathbb{E}[\mathbf{1}[z > 7]] = 0",
    r"\mathbb{E}[\max(z - 8, 0)] = 0",
    r"\mathbb{E}[z^2 \mathbf{1}[z < 3]] = 1",
    r"\mathbb{E}[y^4] = m^4 + 6 m^2 s^2 + s^4",
    r"\mathbb{E}[\max(z - 40, 0)] = 0",
    r"\mathbb{E}[z^{40}] = 319830986772877770815626",
    r"\mathbb{E}[\frac{1}{1 + 10^{12} (z - 1)^2}] = 0",
]


def outcomes(lines: list[str]) -> dict[str, Outcome]:
    text = MODEL + "".join(f"\n$$ {line} $$\n" for line in lines)
    return {line: result.verdict.outcome for line, result in zip(lines, unmended(text).results, strict=True)}


@pytest.mark.parametrize(("lines", "expected"), [(TRUE, Outcome.HOLDS), (FALSE, Outcome.WRONG)])
def test_a_true_mean_holds_and_its_false_twin_is_wrong(lines, expected):
    assert outcomes(lines) == dict.fromkeys(lines, expected)


NOWHERE = [
    (r"\mathbb{E}[\tan z] = 0", "pole"), (r"\mathbb{E}[1 / z] = 0", "at z = 0"),
    (r"\mathbb{E}[e^{z^2}] = 1", "does not fall off"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "why"), NOWHERE)
def test_a_mean_that_does_not_exist_is_wrong_with_the_reason(line, why):
    found = report(f"{MODEL}\n$$ {line} $$\n")
    (result,) = found.results
    assert result.verdict.outcome is Outcome.WRONG
    assert [finding.code for finding in found.findings] == ["no-value"]
    assert "has no value at any input" in result.verdict.reason
    assert why in result.verdict.reason


def test_an_inequality_for_a_mean_that_may_be_infinite_is_open():
    (result,) = unmended(MODEL + r"$$ \mathbb{E}[e^{z^2}] \ge 1 $$").results
    assert result.verdict.outcome is Outcome.UNDECIDED
