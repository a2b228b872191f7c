"""Whose name is it: the document's own declarations, primes, built-in letters, functions and their arguments."""

from __future__ import annotations

import pytest

from tests.problem.asking import HOLDS, NOT_CHECKED, WRONG, finding, outcome, outcomes, report, shape


@pytest.mark.parametrize(
    ("declared", "latex", "alone", "own"),
    [
        (r"$e \in \mathbb{R}$", r"\log(e) = 1", HOLDS, WRONG),
        (r"$e \in \mathbb{R}^n$", r"e^\top e = \|e\|^2", None, HOLDS),
        (r"$I \in \mathbb{R}^{n \times n}$", r"I x = x", HOLDS, WRONG),
        (r"$\pi \in \mathbb{R}$", r"\cos(\pi) = -1", HOLDS, WRONG),
        (r"$\pi \in \mathbb{R}^n$", r"\pi^\top x = x^\top \pi", None, HOLDS),
        (r"$\delta \in \mathbb{R}^{n \times n}$", r"\sum_j \delta_{ij} x_j = x_i", HOLDS, WRONG),
        (r"$T \in \mathbb{R}$", r"s^T s = s^{T+1}", None, HOLDS),
        (r"$N \in \mathbb{R}^{n}$", r"N^\top x = x^\top N", None, HOLDS),
    ],
)
def test_the_documents_own_declaration_wins_over_the_built_in_letter(declared, latex, alone, own):
    common = r"Let $x \in \mathbb{R}^n$ and $s > 0$."
    assert outcome(f"{common} Let {declared}.\n\n$$ {latex} $$\n") is own
    if alone is not None:
        assert outcome(f"{common}\n\n$$ {latex} $$\n") is alone


def test_a_superscript_t_is_the_transpose_until_the_document_declares_it():
    assert outcome("Let $A \\in \\mathbb{R}^{n \\times n}$.\n\n$$ A^T = A^\\top $$\n") is not WRONG
    assert (
        outcome("Let $A \\in \\mathbb{R}^{n \\times n}$.\n\n$$ \\operatorname{tr}(A^T A) = \\|A\\|_F^2 $$\n") is HOLDS
    )
    owned = "Let $A \\in \\mathbb{R}^{n \\times n}$ and $T \\in \\mathbb{N}$.\n\n$$ \\operatorname{tr}(A^T A) = \\|A\\|_F^2 $$\n"
    assert outcome(owned) is not HOLDS


@pytest.mark.parametrize(
    ("latex", "is_so"),
    [
        (r"\operatorname{tr}(A' A) = \|A\|_F^2", HOLDS),
        (r"x' A x = x^\top A x", HOLDS),
        (r"f'(s) = \frac{d f(s)}{d s}", HOLDS),
        (r"f''(s) = \frac{d^2 f(s)}{d s^2}", HOLDS),
        (r"f'(s) = f(s)", WRONG),
        (r"s' = 1", NOT_CHECKED),
    ],
)
def test_a_prime_is_the_derivative_on_functions_and_the_transpose_on_matrices(latex, is_so):
    text = r"Let $A \in \mathbb{R}^{n \times n}$, $x \in \mathbb{R}^n$, $s \in \mathbb{R}$ and $f : \mathbb{R} \to \mathbb{R}$."
    assert outcome(f"{text}\n\n$$ {latex} $$\n") is is_so


def test_a_prime_on_a_function_of_several_numbers_is_refused():
    text = "Let $g : \\mathbb{R} \\times \\mathbb{R} \\to \\mathbb{R}$ and $s, t \\in \\mathbb{R}$.\n\n$$ g'(s, t) = g(s, t) $$\n"
    assert outcome(text) is NOT_CHECKED
    assert finding(text).code == "prime"


def test_a_name_that_nothing_declares_is_not_checked_and_a_near_one_is_offered():
    text = "Let $\\mathbf{x} \\in \\mathbb{R}^n$ and $s \\in \\mathbb{R}$.\n\n$$ x^\\top x + s = s $$\n"
    assert outcome(text) is NOT_CHECKED
    found = finding(text)
    assert found.code == "unknown-name"
    assert r"did you mean `\mathbf{x}`" in found.help
    assert text[found.span.start : found.span.end] == "x"


@pytest.mark.parametrize(
    ("latex", "is_so"),
    [
        (r"f(s + t) = f(t + s)", HOLDS),
        (r"f(s + t) = f(s) + f(t)", WRONG),
        (r"a (s + t) = a s + a t", HOLDS),
        (r"f(x)^\top \mathbf{1} = \sum_i f(x_i)", HOLDS),
        (r"g(t, s) - g(s, t) = 0", WRONG),
        (r"g(s, t)^2 = g(s, t) g(s, t)", HOLDS),
    ],
)
def test_brackets_behind_a_function_are_a_call_and_behind_a_number_a_product(latex, is_so):
    text = (
        r"Let $f : \mathbb{R} \to \mathbb{R}$, $g : \mathbb{R} \times \mathbb{R} \to \mathbb{R}$, $a, s, t \in \mathbb{R}$"
        r" and $x \in \mathbb{R}^n$."
    )
    assert outcome(f"{text}\n\n$$ {latex} $$\n") is is_so


@pytest.mark.parametrize(
    "rule",
    [
        r"\phi'(s) = 1 - \phi(s)^2",
        r"\phi'(s)^2 = \phi'(s)",
        r"\phi'(s) \phi(s) = \phi(s)",
        r"\phi'(s) = \phi(s) (1 - \phi(s))",
        r"\phi(s) - \phi(-s) = s",
        r"\phi''(s) = 0",
        r"\phi(2 s) = 2 \phi(s)",
        r"\phi(-s) = -\phi(s)",
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_a_rule_that_holds_only_for_some_functions_is_wrong_for_an_arbitrary_one(rule, seed):
    text = f"Let $\\phi : \\mathbb{{R}} \\to \\mathbb{{R}}$ and $s \\in \\mathbb{{R}}$.\n\n$$ {rule} $$\n"
    assert outcome(text, seed) is WRONG


@pytest.mark.parametrize(
    ("bound", "rule"),
    [
        ("tanh", r"\phi'(s) = 1 - \phi(s)^2"),
        ("relu", r"\phi'(x) \odot \phi'(x) = \phi'(x)"),
        ("relu", r"\phi(s) - \phi(-s) = s"),
        ("sigmoid", r"\phi'(s) = \phi(s) (1 - \phi(s))"),
    ],
)
def test_the_same_rule_holds_where_the_settings_bind_the_function_to_the_one_it_holds_for(bound, rule):
    text = f"Let $\\phi : \\mathbb{{R}} \\to \\mathbb{{R}}$, $s \\in \\mathbb{{R}}$ and $x \\in \\mathbb{{R}}^n$.\n\n$$ {rule} $$\n"
    assert outcome(text, functions={"\\phi": bound}) is HOLDS


def test_entries_and_names_with_a_number_below_are_told_apart_by_the_declarations():
    entries = "Let $x \\in \\mathbb{R}^2$.\n\n$$ x_1^2 + x_2^2 = \\|x\\|^2 $$\n"
    names = "Let $x_1, x_2 \\in \\mathbb{R}^n$.\n\n$$ x_1^\\top x_2 = x_2^\\top x_1 $$\n"
    assert outcome(entries) is HOLDS
    assert outcome(names) is HOLDS
    assert shape(names, "x_{1}") == "n × 1"


def test_two_letters_below_a_matrix_are_an_entry_and_one_letter_is_refused():
    text = "Let $A \\in \\mathbb{R}^{2 \\times 2}$.\n\n$$ \\det A = A_{11} A_{22} - A_{12} A_{21} $$\n"
    assert outcome(text) is HOLDS
    assert outcome(text.replace("- A_{12}", "+ A_{12}")) is WRONG


def test_an_entry_beyond_a_declared_size_is_wrong():
    text = "Let $x \\in \\mathbb{R}^2$ and $s \\in \\mathbb{R}$.\n\n$$ s + x_3 = s $$\n"
    assert outcome(text) is WRONG
    assert finding(text).code == "index-out-of-range"


def test_the_square_root_of_a_declared_variance_is_its_name_without_the_square():
    text = "Let $\\sigma^2 > 0$.\n\n$$ \\sigma \\sigma = \\sigma^2 $$\n\n$$ \\frac{1}{\\sigma} = \\sqrt{\\sigma^2} $$\n"
    assert outcomes(text) == ["holds", "wrong"]


def test_a_declared_name_that_is_then_defined_keeps_its_declared_shape():
    right = "Let $x, z \\in \\mathbb{R}^n$.\n\n$$ z = 2 x $$\n\n$$ z^\\top z = 4 \\|x\\|^2 $$\n"
    assert outcome(right) is HOLDS
    wrong = right.replace("$$ z = 2 x $$", "$$ z = 2 x^\\top $$")
    found = [f for f in report(wrong).findings if f.code == "shape-mismatch"]
    assert "`z` is declared n × 1, its definition is 1 × n" in found[0].message


def test_a_function_that_the_document_defines_is_called_with_other_arguments_and_entry_by_entry():
    text = (
        "Let $s, t \\in \\mathbb{R}$ and $x \\in \\mathbb{R}^n$. Let $f(s) = s^2 + t$.\n\n"
        "$$ f(3 t) = 9 t^2 + t $$\n\n$$ f(x) = x \\odot x + t \\mathbf{1} $$\n\n$$ f'(s) = 2 s $$\n\n$$ f'(x) = x $$\n"
    )
    assert outcomes(text) == ["holds", "holds", "holds", "wrong"]


def test_a_line_about_a_declared_function_that_holds_the_function_itself_is_a_claim():
    text = "Let $\\phi : \\mathbb{R} \\to \\mathbb{R}$ and $s \\in \\mathbb{R}$.\n\n$$ \\phi(s) = -\\phi(-s) $$\n"
    assert outcomes(text) == ["wrong"]
