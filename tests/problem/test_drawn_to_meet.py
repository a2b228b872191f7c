"""Inputs meet what is assumed of them, all that do and only those: of every rank, sign, branch and size."""

from __future__ import annotations

import pytest

from tests.problem.asking import HOLDS, NOT_CHECKED, WRONG, only, outcomes, unmended

SQUARE = "Let $A \\in \\mathbb{R}^{k \\times k}$ "
IN_WORDS = r"""# What words say of the inputs

Let $m \ge 1$ be an integer and $\theta \in \mathbb{R}$. Then $$ \cos(\theta + 2 \pi m) = \cos\theta $$ and $$ \cos(\theta + \pi m) = \cos\theta $$

For positive integers $a, b$ and an integer $c$ with $a \ne b$, $$ \int_0^{2 \pi} \sin^2(a t) \, dt = \pi, \quad (-1)^{2 c} = 1, \quad (-1)^{c} = 1 $$

Let $u, v, f > 0$. The law of thin lenses reads $$ \frac{1}{u} + \frac{1}{v} = \frac{1}{f} $$ so that $$ v = \frac{u f}{u - f} $$

Let $p, V, \tau, k > 0$. The state of the gas is tied by $$ p V = k \tau $$
"""
PAIR = "Let $F, G \\in \\mathbb{R}^{k \\times k}$ "
VECTORS = "Let $p, q \\in \\mathbb{R}^{k}$ "
TALL = "Let $V \\in \\mathbb{R}^{p \\times q}$ "


@pytest.mark.parametrize(
    ("said", "right", "wrong"),
    [
        (TALL + "with $V^\\top V = I$", "V V^\\top V = V", "V V^\\top = I"),
        (TALL + "have orthonormal rows", "V^\\top V V^\\top = V^\\top", "V^\\top V = I"),
        (
            TALL + "have the rows $v_i^\\top$ and let $t \\in \\mathbb{R}^q$ satisfy $v_i^\\top t < 1$ for all $i$",
            "\\sum_{i=1}^p |1 - v_i^\\top t| = p - \\sum_{i=1}^p v_i^\\top t",
            "\\sum_{i=1}^p |2 + v_i^\\top t| = 2 p + \\sum_{i=1}^p v_i^\\top t",
        ),
        (SQUARE + "be orthogonal", "\\det(A)^2 = 1", "\\det(A) = 1"),
        (SQUARE + "be idempotent", "A^3 = A", "\\det(A) = 0"),
        (SQUARE + "with $A A = I$", "A^{-1} = A", "\\det(A) = 1"),
        (SQUARE + "with $A^2 = 0$", "(I - A)(I + A) = I", "A = 0"),
        (SQUARE + "be lower triangular", "\\det(A) = \\prod_{i=1}^{k} A_{ii}", "A^\\top = A"),
        (SQUARE + "be singular", "\\det(A^\\top A) = 0", "A^{-1} A = I"),
        (SQUARE + "be symmetric with $\\operatorname{tr}(A) = 2$", "\\operatorname{tr}(A + A^\\top) = 4", "A = I"),
        (SQUARE + "with $\\det(A) = 3$", "\\det(A^2) = 9", "\\operatorname{tr}(A) = 3"),
        (PAIR + "with $F G = G F$", "(F + G)(F - G) = F^2 - G^2", "F^\\top G = G F^\\top"),
        (VECTORS + "with $p^\\top q = 0$", "\\|p + q\\|^2 = \\|p\\|^2 + \\|q\\|^2", "p \\odot q = 0"),
        (VECTORS + "be orthonormal", "\\|3 p - 4 q\\|^2 = 25", "p = q"),
        ("Let $t \\in \\mathbb{R}$ with $t^2 = 9$", "t^4 = 81", "t = 3"),
        ("Let $u, v \\in \\mathbb{R}$ with $u^2 + v^2 = 1$", "(u + v)^2 = 1 + 2 u v", "u^4 + v^4 = 1"),
        ("Let $u, v \\in \\mathbb{R}$ with $e^u + v^3 = 2$", "v^3 = 2 - e^u", "u v = 0"),
    ],
)
def test_what_is_assumed_is_drawn_and_nothing_less(said: str, right: str, wrong: str) -> None:
    assert only(f"{said}.\n\n$$ {right} $$\n").verdict.outcome is HOLDS
    assert only(f"{said}.\n\n$$ {wrong} $$\n").verdict.outcome is WRONG


def test_what_words_say_of_inputs_is_met_and_a_relation_without_a_common_name_is_no_claim() -> None:
    lens, gas = ["holds"], ["not checked"]
    assert outcomes(IN_WORDS) == ["holds", "wrong", "holds", "holds", "wrong", *lens, *gas]


def test_without_the_assumption_the_line_is_wrong() -> None:
    assert only(f"{SQUARE}.\n\n$$ A^3 = A $$\n").verdict.outcome is WRONG


@pytest.mark.parametrize("said", ["$x > 0$ and $x < -1$", "$x \\in \\mathbb{R}$ with $x^2 + 1 = 0$"])
def test_what_rests_on_a_condition_that_nothing_meets_is_not_checked(said: str) -> None:
    results = unmended(f"Let {said}.\n\n$$ x^3 = x^2 x $$\n\n$$ x^3 = 7 $$\n").results
    assert [result.verdict.outcome for result in results[-2:]] == [NOT_CHECKED, NOT_CHECKED]


@pytest.mark.parametrize(
    ("declared", "claim"),
    [
        ("$x \\in \\mathbb{R}^k$", "\\|x\\|^2 > 0"),
        ("$x, y \\in \\mathbb{R}^k$", "(x^\\top y)^2 < \\|x\\|^2 \\|y\\|^2"),
        ("$A \\in \\mathbb{R}^{k \\times k}$ be positive semidefinite", "\\det(A) > 0"),
        ("$A \\in \\mathbb{R}^{k \\times k}$ be positive definite", "\\operatorname{tr}(A) \\le 10^9"),
        ("$x \\in \\mathbb{R}^k$", "\\left( \\sum_{i=1}^{k} x_i \\right)^2 \\le 12 \\|x\\|^2"),
        ("$A \\in \\mathbb{R}^{k \\times k}$", "\\det(-A) = \\det(A)"),
        ("$x, y \\in \\mathbb{R}^k$", "\\det(x y^\\top + y x^\\top) = 0"),
        ("$A \\in \\mathbb{R}^{m \\times k}$ with $m \\ge k$", "\\det(A A^\\top) = 0"),
        ("$x \\in \\mathbb{R}^k$", "3^k \\ge k^3 + 1"),
        ("$y \\in \\mathbb{R}$", "(y^3 - 5)^2 > 0"),
    ],
)
def test_what_fails_at_a_special_input_or_size_alone_is_wrong(declared: str, claim: str) -> None:
    assert only(f"Let {declared}.\n\n$$ {claim} $$\n").verdict.outcome is WRONG


@pytest.mark.parametrize(
    ("declared", "claim"),
    [
        ("$y \\in \\mathbb{R}$", "(y^2 + 5)^2 > 0"),
        ("$y > 0$", "\\frac{1}{y^2} > 0"),
        ("$y \\in \\mathbb{R}$ with $|y| > 3$", "(y^2 - 5)^2 > 0"),
        ("$A \\in \\mathbb{R}^{k \\times k}$ be positive semidefinite", "\\det(A) \\ge 0"),
    ],
)
def test_what_holds_at_special_inputs_too_holds(declared: str, claim: str) -> None:
    assert only(f"Let {declared}.\n\n$$ {claim} $$\n").verdict.outcome is HOLDS


@pytest.mark.parametrize(
    ("conclusion", "outcome"),
    [("d > N - 1", "holds"), ("d \\ge N + 1", "holds"), ("d > N + 2", "wrong"), ("N > d", "wrong")],
)
def test_what_a_sentence_asks_of_sizes_is_met_by_those_drawn_for_it(conclusion: str, outcome: str):
    text = f"Let $A \\in \\mathbb{{R}}^{{d \\times N}}$. If $d > N$, then ${conclusion}$.\n"
    assert outcomes(text) == [outcome]


def test_sizes_that_are_compared_among_words_that_are_not_read_are_no_claim():
    text = "矩阵$A \\in \\mathbb{R}^{d \\times N}$的秩至多为$N-1$。由于此时$d> (N-1)$，所以$d + 1 > N$。\n"
    assert "wrong" not in outcomes(text)
