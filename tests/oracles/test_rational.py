"""Identities in exact arithmetic: ties, kinks, huge and tiny inputs, and the counterexample by name."""

from __future__ import annotations

import pytest

from derivcheck.oracles import rational
from tests.problem.asking import HOLDS, NOT_CHECKED, WRONG, bench, finding, told

NUMBERS = "Let $a, b \\in \\mathbb{R}$ and $c > 0$.\n\n$$ LINE $$\n"
COLUMNS = "Let $x, y \\in \\mathbb{R}^n$, $A, B \\in \\mathbb{R}^{n \\times n}$.\n\n$$ LINE $$\n"


def ask(text, latex, seed=0):
    made, (claim,) = bench(text.replace("LINE", latex), seed)
    assert rational.applies(made.problem, claim)
    return rational.ask(made, claim)


@pytest.mark.parametrize(
    "latex",
    [
        r"a + 0 = \operatorname{relu}(a) - \operatorname{relu}(-a)",
        r"\max(a, b) + \min(a, b) = a + b",
        r"\min(a, b) = -\operatorname{relu}(a - b) + \operatorname{relu}(a) - \operatorname{relu}(-a)",
        r"|a| = a \operatorname{sign}(a)",
        r"(a + b) (a - b) = a^2 - b^2",
        r"\frac{1}{c} + \frac{1}{c^2} = \frac{c + 1}{c^2}",
        r"(a + 10^{40}) - 10^{40} = a",
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_a_right_identity_holds_exactly_at_ties_kinks_and_extremes(latex, seed):
    found = ask(NUMBERS, latex, seed)
    assert (found.outcome, found.error, found.bar) == (HOLDS, 0.0, 0.0)
    assert found.points >= 7


@pytest.mark.parametrize(
    ("latex", "named"),
    [
        (r"\operatorname{sign}(a - b)^2 = 1", "a = "),
        (r"\min(|a|, 10^{20}) = |a|", "e+30"),
        (r"\max(|a|, 10^{-20}) = |a|", "a = "),
        (r"\min(a, b) = \operatorname{relu}(a + c) - c - \operatorname{relu}(a - b)", "c = "),
        (r"a^2 = |a|", "a = "),
        (r"(a + b)^2 = a^2 + b^2", "b = "),
        (r"\mathbb{1}[a \ge 0] = \mathbb{1}[a > 0]", "a = 0"),
        (r"a + c + 10^{-30} = a + c", "c = "),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_a_line_that_fails_only_at_a_tie_a_kink_or_an_extreme_is_wrong_with_the_input_named(latex, named, seed):
    found = ask(NUMBERS, latex, seed)
    assert found.outcome is WRONG
    assert "exact counterexample at" in found.detail
    assert named in found.detail


def test_the_counterexample_is_one():
    words = told(finding(NUMBERS.replace("LINE", r"\operatorname{sign}(a - b)^2 = 1")))
    a, b = (
        part.partition(" = ")[2] for part in words.partition("counterexample at ")[2].split(" | ")[0].split(", ")[:2]
    )
    assert a == b


@pytest.mark.parametrize(
    ("latex", "is_so"),
    [
        (r"(A B)^{-1} = B^{-1} A^{-1}", HOLDS),
        (r"(A B)^{-1} = A^{-1} B^{-1}", WRONG),
        (r"\det(A B) = \det A \det B", HOLDS),
        (r"\det(A + B) = \det A + \det B", WRONG),
        (r"\operatorname{tr}(A B) = \operatorname{tr}(B A)", HOLDS),
        (r"\sum_i x_i y_i = x^\top y", HOLDS),
        (r"\sum_i x_i y_i = x^\top y + 10^{-100}", WRONG),
        (r"(A + x y^\top)^{-1} = A^{-1} - \frac{A^{-1} x y^\top A^{-1}}{1 + y^\top A^{-1} x}", HOLDS),
        (r"(A + x y^\top)^{-1} = A^{-1} + \frac{A^{-1} x y^\top A^{-1}}{1 + y^\top A^{-1} x}", WRONG),
    ],
)
def test_identities_of_matrices(latex, is_so):
    assert ask(COLUMNS, latex).outcome is is_so


@pytest.mark.parametrize(
    ("latex", "applies"),
    [
        (r"e^a + 0 = b", False),
        (r"\pi a = b", False),
        (r"\sqrt{c} + 0 = b", False),
        (r"\frac{d a^2}{d a} = 2 a", False),
        (r"a^2 + 0 = b", True),
    ],
)
def test_only_what_is_exact_is_taken(latex, applies):
    made, (claim,) = bench(NUMBERS.replace("LINE", latex))
    assert rational.applies(made.problem, claim) is applies


def test_inputs_where_a_side_has_no_value_are_left_out():
    found = ask(NUMBERS, r"\frac{a^2 - b^2}{a - b} = a + b")
    assert found.outcome is HOLDS
    assert ask(NUMBERS, r"\frac{a^2 - b^2}{a - b} = a - b").outcome is WRONG


def test_conditions_are_met_exactly():
    text = "Let $a \\in \\mathbb{R}$. If LINE, then $|a| = a$."
    assert ask(text, r"$a \ge 0$").outcome is HOLDS
    assert ask(text, r"$a \ge -3$").outcome is WRONG
    assert ask(text, r"$a = 2$").outcome is HOLDS
    assert ask(text, r"$1 < a < 0$").outcome is NOT_CHECKED


@pytest.mark.parametrize(
    ("latex", "is_so"),
    [
        (r"a^2 + b^2 \ge 2 a b", HOLDS),
        (r"a^2 + b^2 > 2 a b", WRONG),
        (r"a^2 + 1 \ge 2 |a|", HOLDS),
        (r"a^2 + 1 \ne 2 a", WRONG),
        (r"a^2 \le 10^{50} + 0", WRONG),
    ],
)
def test_inequalities_are_exact_too(latex, is_so):
    assert ask(NUMBERS, latex).outcome is is_so
