"""A side that has no value at any input is wrong where the other side has one, and only there."""

from __future__ import annotations

import pytest

from derivcheck.verdict import Outcome
from tests.problem.asking import only, report

HOLDS, WRONG, UNDECIDED, NOT_CHECKED = Outcome.HOLDS, Outcome.WRONG, Outcome.UNDECIDED, Outcome.NOT_CHECKED
SETTING = r"""Let $u, v \in \mathbb{R}^n$, $X \in \mathbb{R}^{n \times d}$, $\sigma > 0$, $a \in \mathbb{R}$ and
$S \in \mathbb{R}^{n \times n}$ be symmetric positive definite. Let $M = v v^\top$ and $c = -u^\top u$.
"""
NOWHERE = [
    (r"\frac{a}{a - a} = 1", "division by zero"),
    (r"M M^{-1} = I", "singular matrix"),
    (r"\log\det M = \log \|v\|^2", "zero"),
    (r"\log(-\sigma) = -\log \sigma", "negative"),
    (r"\log c = 2 \log \|u\|", "negative"),
    (r"\log \frac{-\sigma}{1 + u^\top u} = \log \sigma", "negative"),
    (r"u^\top u = \log(-\sigma^2 - 1)", "negative"),
]  # fmt: skip
SOMEWHERE = [
    r"\log a = \frac{1}{2} \log a^2",
    r"2 \log(\sigma - 1) = \log((\sigma - 1)^2)",
    r"\log(-a) = \frac{1}{2} \log a^2",
    r"\log(a - 4) - \log 2 = \log \frac{a - 4}{2}",
]


@pytest.mark.parametrize(("line", "why"), NOWHERE)
@pytest.mark.parametrize("evidence", ["all", "exact"])
def test_what_is_nowhere_defined_is_wrong_with_the_reason(line, why, evidence):
    result = only(f"{SETTING}\n\n$$ {line} $$\n", evidence=evidence)
    assert result.verdict.outcome is WRONG
    assert any("no value at any input" in each.detail and why in each.detail for each in result.verdict.evidence)


@pytest.mark.parametrize("line", SOMEWHERE)
@pytest.mark.parametrize("seed", range(3))
def test_what_is_defined_at_some_inputs_is_no_such_mistake(line, seed):
    assert only(f"{SETTING}\n\n$$ {line} $$\n", seed).verdict.outcome in (HOLDS, UNDECIDED)


@pytest.mark.parametrize("line", [r"\frac{1}{a - a} = \frac{2}{a - a}", r"M^{-1} = M^{-1} + M^{-1}"])
def test_two_sides_without_a_value_are_undecided(line):
    assert only(f"{SETTING}\n\n$$ {line} $$\n").verdict.outcome is UNDECIDED


@pytest.mark.parametrize("line", [r"\sqrt{b} = 1", r"\frac{\partial}{\partial a} b^2 a = \sqrt{b}"])
def test_a_side_without_a_value_at_one_of_two_numbers_is_no_pass(line):
    assert (
        only(f"Let $b \\in \\{{-1, 1\\}}$ and $a \\in \\mathbb{{R}}$.\n\n$$ {line} $$\n").verdict.outcome is UNDECIDED
    )


@pytest.mark.parametrize("seed", range(6))
def test_an_inverse_that_exists_at_some_sizes_only_is_never_refuted(seed):
    line = r"(X^\top X)^{-1} X^\top X = I"
    assert only(f"{SETTING}\n\n$$ {line} $$\n", seed, evidence="exact").verdict.outcome is HOLDS


def test_sizes_that_the_user_sets_refute_nothing():
    line = r"(X^\top X)^{-1} X^\top X = I"
    result = only(f"{SETTING}\n\n$$ {line} $$\n", sizes={"n": 2, "d": 5})
    assert result.verdict.outcome is UNDECIDED


MODEL = r"""Let $u, x \in \mathbb{R}^J$, $\sigma > 0$, $z \sim \mathcal{N}(0, 1)$ and
$x \mid z \sim \mathcal{N}(u z, \sigma^2 I)$.
"""


@pytest.mark.parametrize(
    "line",
    [
        r"p(x) = \mathcal{N}(x; 0, u u^\top)",
        r"p(z \mid x) = \mathcal{N}\left(z; \frac{u^\top x}{\sigma^2 + u^\top u}, \frac{\sigma^2}{-\sigma^2 - u^\top u}\right)",
        r"p(z) = \mathcal{N}(z; 0, -1)",
    ],
)  # fmt: skip
def test_a_covariance_that_is_none_is_wrong(line):
    assert only(f"{MODEL}\n\n$$ {line} $$\n").verdict.outcome is WRONG


def test_a_density_that_is_negative_is_refused_where_it_is_defined():
    text = f"{MODEL}\n\nLet $q(z) = -p(z \\mid x)$.\n\n$$ \\mathbb{{E}}_{{q(z)}}[z] = 0 $$\n"
    found = report(text).findings
    assert any("it is no density" in finding.message and finding.severity.value == "error" for finding in found)


def test_the_finding_says_why():
    (finding,) = report(f"{SETTING}\n\n$$ {NOWHERE[0][0]} $$\n").findings
    assert any("the left side has no value at any input" in fact for fact in finding.facts)
