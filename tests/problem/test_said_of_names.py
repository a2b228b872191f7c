"""What sentences say of several names at once, and what a script makes of a name."""

import pytest

from derivcheck.verdict import Severity
from tests.problem.asking import finding, outcomes, report, told

SQUARES = r"$S \in \mathbb{R}^{n \times n}$"
OTHERS = r"$V \in \mathbb{R}^{m \times m}$"
SYMMETRIES = "Then $S^\\top = S$. And $V^\\top = V$.\n"


@pytest.mark.parametrize(
    "sentence",
    [
        f"Let {SQUARES} and {OTHERS} be symmetric positive definite.",
        f"Let $u \\in \\mathbb{{R}}^n$, {SQUARES} and {OTHERS} be symmetric.",
        f"Let {SQUARES}, {OTHERS} both be diagonal.",
        f"Let $u \\in \\mathbb{{R}}^n$, {SQUARES} and {OTHERS} symmetric.",
    ],
)
def test_a_word_behind_a_list_is_said_of_all_its_names(sentence: str):
    assert outcomes(f"{sentence} {SYMMETRIES}") == ["holds", "holds"]


@pytest.mark.parametrize(
    "sentence",
    [
        f"Let {SQUARES} and {OTHERS} be a symmetric matrix.",
        f"Let {SQUARES}, {OTHERS} symmetric.",
        f"Let {SQUARES}, and let {OTHERS} be symmetric.",
        f"Let {SQUARES} be invertible and {OTHERS} be symmetric.",
    ],
)
def test_a_word_of_the_last_name_alone_is_said_of_no_other(sentence: str):
    assert outcomes(f"{sentence} {SYMMETRIES}") == ["wrong", "holds"]


def test_a_word_reaches_only_names_of_which_it_can_be_said():
    text = "Let $x \\in \\mathbb{R}^n$ and $A \\in \\mathbb{R}^{n \\times n}$ be positive definite. "
    assert outcomes(f"{text} Then $x^\\top A x \\ge 0$. And $x_1 = |x_1|$.\n") == ["holds", "wrong"]


VECTOR = "Let $\\mu \\in \\mathbb{R}^D$ and $A \\in \\mathbb{R}^{N \\times D}$. Then $\\|\\mu\\|^2 = \\mu^\\top \\mu$.\n\n"


@pytest.mark.parametrize("word", ["ML", "MLE", "MAP", r"\text{ML}"])
def test_capitals_below_a_vector_are_a_word_of_its_name(word: str):
    text = f"{VECTOR}$$ \\mu_{{{word}}} = 2 \\mu $$\n\n$$ \\mu_{{{word}}} - \\mu = %s \\mu $$\n"
    assert outcomes(text % "1") == ["holds", "holds"]
    assert outcomes(text % "3") == ["holds", "wrong"]


def test_capitals_that_are_sizes_or_bound_stay_indices():
    assert outcomes(f"{VECTOR}$$ 2 A_{{ND}} = A_{{ND}} $$\n") == ["holds", "wrong"]
    rows = r"\sum_{K=1}^N \sum_{L=1}^D A_{KL}^2 = \|A\|_F^2"
    assert outcomes(f"{VECTOR}$$ {rows} $$\n") == ["holds", "holds"]


def test_an_estimate_without_an_equation_before_it_is_noted_as_a_definition():
    (found,) = report(f"{VECTOR}$$ \\mu_{{ML}} = 2 A^\\top A \\mu $$\n").findings
    assert found.severity is Severity.NOTE
    assert "`μ_ML` is read as a definition" in found.message


def test_a_name_is_quoted_with_all_its_braces():
    found = finding(f"{VECTOR.split('Then')[0]}\n\n$$ \\|\\mu\\| = \\mu_{{ijk}} $$\n")
    assert "`\\mu_{ijk}`" in told(found)
