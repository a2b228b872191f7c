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
        f"Let {SQUARES[:-1]}, {OTHERS[1:]} symmetric.",
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


@pytest.mark.parametrize(
    "sentence",
    [
        f"Let {SQUARES} be symmetric positive definite, {OTHERS} be invertible.",
        f"Let {SQUARES} be symmetric and {OTHERS} orthogonal.",
        f"Let {SQUARES} symmetric, {OTHERS} orthogonal.",
        f"Let {SQUARES} be symmetric and an orthogonal {OTHERS} be given.",
    ],
)
def test_a_word_of_the_name_before_is_not_said_of_the_next(sentence: str):
    assert outcomes(f"{sentence} {SYMMETRIES}", evidence="exact") == ["holds", "wrong"]
    if "orthogonal" in sentence:
        assert outcomes(f"{sentence} Then $V^\\top V = I$ and $S S = I$.", evidence="exact") == ["holds", "wrong"]


def test_what_is_said_of_a_square_matrix_and_cannot_be_drawn_leaves_it_not_checked():
    text = f"Let {SQUARES} be orthogonal and symmetric positive definite. Then $S = S^\\top$ and $S = 2 S$."
    assert outcomes(text, evidence="exact") == ["not checked", "not checked"]


def test_a_word_reaches_only_names_of_which_it_can_be_said():
    text = "Let $x \\in \\mathbb{R}^n$ and $A \\in \\mathbb{R}^{n \\times n}$ be positive definite. "
    assert outcomes(f"{text} Then $x^\\top A x \\ge 0$. And $x_1 \\ge -|x_1| + 1$.\n")[0] == "holds"


VECTOR = (
    "Let $\\mu \\in \\mathbb{R}^D$ and $A \\in \\mathbb{R}^{N \\times D}$. Then $\\|\\mu\\|^2 = \\mu^\\top \\mu$.\n\n"
)


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


@pytest.mark.parametrize(
    ("sentence", "right", "wrong"),
    [
        (r"Let $a, b > 1$.", r"\log a + |\log b| = \log (a b)", r"\log (a - 1) = |\log (a - 1)|"),
        (r"Let $a \in \mathbb{R}$ and $a, b > 2$.", r"|a| + |b - 2| = a + b - 2", r"|a - 3| = a - 3"),
        (r"Let $a < -1$.", r"|a + 1| = - a - 1", r"|a + 2| = - a - 2"),
        (r"Let $t_1, \dots, t_m > 0$.", r"\sum_{i=1}^m |t_i| = \sum_{i=1}^m t_i", r"|t_1 - 1| = t_1 - 1"),
        (r"Let $t_1, t_2, \dots, t_m > 2$.", r"|t_2 - 2| = t_2 - 2", r"|t_2 - 3| = t_2 - 3"),
        (r"Let $x_1, \dots, x_m, c \in \mathbb{R}$.", r"\sum_{i=1}^m c x_i = c \sum_{i=1}^m x_i", r"|c| = c"),
        (r"Let $n \ge 2$.", r"\sum_{i=1}^n i = \frac{n (n+1)}{2}", r"\sum_{i=1}^n i = n"),
    ],
)
def test_a_comparison_with_a_number_declares_what_is_new(sentence: str, right: str, wrong: str):
    assert outcomes(f"{sentence}\n\n$$ {right} $$\n\n$$ {wrong} $$\n") == ["holds", "wrong"]


def test_a_comparison_of_a_run_narrows_what_is_declared():
    declared = "Let $x_1, \\dots, x_m \\in \\mathbb{R}$. Assume $x_1, \\dots, x_m > 1$."
    assert outcomes(f"{declared}\n\n$$ |x_1 - 1| = x_1 - 1 $$\n\n$$ |x_2 - 2| = x_2 - 2 $$\n") == ["holds", "wrong"]


@pytest.mark.parametrize(
    "sentence",
    [
        r"Let $p, q \in \mathbb{R}^K$ be probability vectors.",
        r"Let $p, q \in \mathbb{R}^K$ be probability vectors, $\sum_k p_k = \sum_k q_k = 1$ with $p_k, q_k > 0$.",
        r"Let $p \in \mathbb{R}^K$ and $q \in \mathbb{R}^K$ be two probability distributions.",
        r"Let $p, q \in \mathbb{R}^K$ with $p_k, q_k > 0$ and $\sum_k p_k = \sum_k q_k = 1$.",
        r"Let $p, q \in \mathbb{R}^K$ with $\sum_k p_k = \sum_k q_k = 1$ and $p_k, q_k > 0$.",
    ],
)
def test_probability_vectors_have_positive_entries_that_add_up_to_one(sentence: str):
    rows = "$$ \\sum_{k=1}^K (|p_k| + |q_k|) = 2 $$\n\n$$ \\sum_{k=1}^K p_k q_k = 1 $$\n"
    assert outcomes(f"{sentence}\n\n{rows}") == ["holds", "wrong"]


def test_a_sum_that_is_claimed_is_no_condition():
    text = "Let $p, q \\in \\mathbb{R}^K$ with $p_k, q_k > 0$.\n\n$$ \\sum_k p_k = \\sum_k q_k = 1 $$\n"
    # It may be asked of the inputs all the same: so it is not wrong, and it never holds.
    assert set(outcomes(text)) == {"not checked"}


def test_what_has_a_distribution_is_no_vector_of_probabilities():
    text = "Let $x \\in \\mathbb{R}^n$ have a probability distribution.\n\n$$ \\sum_i x_i = 1 $$\n"
    assert outcomes(text) == ["not checked"]


@pytest.mark.parametrize(
    ("text", "declared"),
    [
        (r"$$ \sin(2 c) = 2 \sin(c) \cos(c) $$", r"$c \in \mathbb{R}$"),
        (r"Let $a \in \mathbb{R}$. $$ \sum_{i=1}^m a = m a $$", r"$m \in \mathbb{N}$"),
        (r"Let $a \in \mathbb{R}$. $$ m a = \sum_{i=1}^m a $$", r"$m \in \mathbb{N}$"),
    ],
)
def test_a_name_that_nothing_declares_is_read_as_its_use_tells_and_the_report_says_so(text: str, declared: str):
    assert outcomes(text) == ["holds"]
    assert declared in next(told(found) for found in report(text).findings if found.code == "inferred")


def test_what_the_help_for_a_size_says_works():
    assert outcomes(r"Let $a \in \mathbb{R}$ and $m \in \mathbb{N}$. $$ \sum_{i=1}^m a = m a $$") == ["holds"]


def test_of_what_words_say_of_inputs_and_nothing_is_drawn_to_meet_only_what_holds_of_all_is_said():
    square = r"$M \in \mathbb{R}^{n \times n}$"
    stable = "$$ \\operatorname{tr}(M) < 0 $$\n\n$$ \\operatorname{tr}(M^\\top) = \\operatorname{tr}(M) $$\n"
    for said in (
        f"Let {square} be Hurwitz.",
        f"Consider the stable matrix {square}.",
        f"Let {square}. Since $M$ is stable,",
    ):
        assert outcomes(f"{said}\n\n{stable}") == ["not checked", "holds"]
    assert outcomes(f"Let {square} be the weight matrix.\n\n{stable}") == ["wrong", "holds"]
    convex = r"Let $h : \mathbb{R} \to \mathbb{R}$ be convex and $u, v \in \mathbb{R}$."
    assert outcomes(f"{convex}\n\n$$ h((u + v)/2) \\le (h(u) + h(v))/2 $$\n") == ["not checked"]


def test_words_that_claim_less_than_the_line_never_make_it_wrong():
    real = r"Let $t \in \mathbb{R}$."
    for said in ("For some $t$ we have $t^2 = 2$.", "To first order $e^t = 1 + t$.", "Either $t > 1$, or $t^2 < 2$.",
                 "It is tempting to write $(t + 1)^2 = t^2 + 1$.", "The identity $(t + 1)^2 = t^2 + 1$ is false."):  # fmt: skip
        assert "wrong" not in outcomes(f"{real} {said}\n"), said
    assert outcomes(f"{real} Then $t^2 > 0$ unless $t = 0$.\n") == ["holds"]
    assert outcomes(f"{real} Then $t^2 > t$ unless $t = 0$.\n") == ["wrong"]
    assert outcomes(f"{real} Let $s \\in \\mathbb{{R}}$. Then $s t = 0$ if and only if $s = 0$.\n") == ["not checked"]
    assert outcomes(f"{real} The error is $e^t = 1 + t$.\n") == ["wrong"]


def test_a_determinant_that_is_another_one_at_size_one_is_not_proved_unless_the_size_is_said_to_be_larger():
    vectors = r"Let $a, b \in \mathbb{R}^n$"
    assert outcomes(f"{vectors}. Then $\\det(a b^\\top) = 0$.\n") == ["undecided"]
    assert outcomes(f"{vectors} with $n \\ge 2$. Then $\\det(a b^\\top) = 0$.\n") == ["holds"]


def test_of_two_matrices_that_commute_with_a_third_it_is_not_said_that_they_commute():
    asked = r"Let $A, B, C \in \mathbb{R}^{n \times n}$ with $A B = B A$ and $B C = C B$."
    assert outcomes(f"{asked} Then $A C = C A$.\n")[-1] == "not checked"
