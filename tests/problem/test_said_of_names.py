"""What sentences say of several names at once, and what a script makes of a name."""

import pytest

from tests.problem.asking import outcomes

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
