"""Index notation: entries, sums and how far they reach, free, bound, unbound and shadowed letters, families."""

from __future__ import annotations

import pytest

from tests.problem.asking import HOLDS, NOT_CHECKED, WRONG, finding, only, outcome, outcomes, report, unmended

DECLARED = (
    r"Let $x, y \in \mathbb{R}^{n}$, $A \in \mathbb{R}^{m \times n}$, $B \in \mathbb{R}^{n \times n}$, $z \in \mathbb{R}^m$ and"
    r" $s \in \mathbb{R}$."
    "\n\n"
)


def line(latex: str) -> str:
    return f"{DECLARED}$$ {latex} $$\n"


@pytest.mark.parametrize(
    ("latex", "is_so"),
    [
        (r"\sum_{i=1}^n x_i + s = s + \mathbf{1}^\top x", HOLDS),
        (r"\sum_{i=1}^n x_i + s = n s + \mathbf{1}^\top x", WRONG),
        (r"\sum_{i=1}^n x_i + y_i = \mathbf{1}^\top x + \mathbf{1}^\top y", HOLDS),
        (r"\sum_i s x_i - s y_i = s \mathbf{1}^\top (x - y)", HOLDS),
        (r"\sum_i x_i \sum_j y_j = (\mathbf{1}^\top x) (\mathbf{1}^\top y)", HOLDS),
        (r"\frac{\partial}{\partial s} s^2 + s y_1 = 2 s + y_1", HOLDS),
        (r"\frac{\partial}{\partial s} s^2 + y_1 = 2 s + y_1", HOLDS),
    ],
)
def test_a_sum_or_a_derivative_reaches_to_the_last_term_that_holds_its_name(latex, is_so):
    assert outcome(line(latex)) is is_so


@pytest.mark.parametrize(
    ("latex", "is_so"),
    [
        (r"(A x)_i = \sum_j A_{ij} x_j", HOLDS),
        (r"(A x)_i = \sum_{j=1}^n A_{ij} x_j", HOLDS),
        (r"(B x)_i = \sum_j B_{ji} x_j", WRONG),
        (r"(B^\top)_{ij} = B_{ji}", HOLDS),
        (r"(B^\top)_{ij} = B_{ij}", WRONG),
        (r"(x y^\top)_{ij} = x_i y_j", HOLDS),
        (r"\operatorname{tr}(B) = \sum_i B_{ii}", HOLDS),
        (r"(B B)_{ik} = \sum_j B_{ij} B_{jk}", HOLDS),
        (r"A_{i,:} x = (A x)_i", HOLDS),
        (r"x_j + \sum_{i \ne j} B_{ij} x_j = x_j + \sum_i B_{ij} x_j - B_{jj} x_j", HOLDS),
        (r"\sum_i \sum_{j \ne i} B_{ij} = \mathbf{1}^\top B \mathbf{1} - \operatorname{tr} B", HOLDS),
    ],
)
def test_a_letter_on_the_left_side_that_nothing_binds_means_for_all(latex, is_so):
    assert outcome(line(latex)) is is_so


def test_the_entry_where_a_claim_for_all_indices_fails_is_named_with_its_letters():
    result = only(line(r"(A x)_i = \sum_j A_{ij} x_j + \delta_{i,2} \sin(s)"))
    assert result.verdict.outcome is WRONG
    assert "i=2" in next(e.where for e in result.verdict.evidence if e.outcome is WRONG and e.where)


@pytest.mark.parametrize(
    ("latex", "letter"),
    [(r"(A x)_i = A_{ij} x_j", "j"), (r"s = x_k y_k + s", "k"), (r"x_i + y_i = x_i + y_k", "k")],
)
def test_an_unbound_index_on_the_right_is_wrong_without_any_numbers(latex, letter):
    result = only(line(latex))
    assert result.verdict.outcome is WRONG
    assert result.verdict.evidence == ()
    found = finding(line(latex))
    assert found.code == "unbound-index"
    assert f"`{letter}`" in found.message
    assert rf"\sum_{letter}" in found.help


def test_an_index_that_is_bound_again_before_anything_has_it_is_not_checked():
    text = line(r"\sum_i \sum_i x_i y_i = s")
    assert outcome(text) is NOT_CHECKED
    found = finding(text)
    assert found.code == "shadowed-index"
    assert "`i`" in found.message


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"x_i = \frac{x_i \sum_i y_i}{\mathbf{1}^\top y}", HOLDS),
        (r"\sum_i x_i \sum_i y_i = \mathbf{1}^\top x y^\top \mathbf{1}", HOLDS),
        (r"\mathbf{1}^\top x + x_i = x_i + 2 \sum_i x_i", WRONG),
    ],
)
def test_an_index_that_is_bound_again_is_another_one_inside_and_that_is_noted(latex, expected):
    text = line(latex)
    assert outcome(text) is expected
    assert any(found.code == "shadowed-index" for found in report(text).findings)


def test_the_same_letter_may_be_bound_by_two_sums_side_by_side():
    assert outcome(line(r"\sum_i x_i + \sum_i y_i = \mathbf{1}^\top (x + y)")) is HOLDS


def test_an_index_that_runs_over_two_different_sizes_is_told_and_may_be_that_of_one_of_several_columns():
    text = line(r"(A x)_i = x_i")
    assert outcome(text) is NOT_CHECKED
    found = finding(text)
    assert found.code == "index-range"
    assert "may be an entry or one of several" in found.message


@pytest.mark.parametrize(
    ("latex", "is_so"),
    [
        (r"\sum_j \delta_{ij} x_j = x_i", HOLDS),
        (r"\sum_{i} \delta_{ii} x_i = \mathbf{1}^\top x", HOLDS),
        (r"\frac{\partial x_i}{\partial x_j} = \delta_{ij}", HOLDS),
        (r"\frac{\partial x_i}{\partial x_j} = 1", WRONG),
        (r"\delta_{ij} x_i y_j = x_i y_j", WRONG),
        (r"(B + I)_{ij} = B_{ij} + \delta_{ij}", HOLDS),
    ],
)
def test_a_kronecker_delta_is_one_on_the_diagonal(latex, is_so):
    assert outcome(line(latex)) is is_so


FAMILY = r"Let $x^{(i)} \in \mathbb{R}^J$ for $i = 1, \dots, N$ and $u \in \mathbb{R}^J$." "\n\n"


@pytest.mark.parametrize(
    ("latex", "is_so"),
    [
        (r"\frac{\partial}{\partial u} \sum_{i=1}^N u^\top x^{(i)} = \sum_{i=1}^N x^{(i)}", HOLDS),
        (r"\sum_{i=1}^N x^{(i)} = N x^{(1)}", WRONG),
        (
            r"\frac{1}{N} \sum_i \|x^{(i)} - u\|^2 = \frac{1}{N} \sum_i \|x^{(i)}\|^2 - \frac{2}{N} \sum_i u^\top x^{(i)} + \|u\|^2",
            HOLDS,
        ),
        (r"\frac{\partial}{\partial x^{(i)}} \sum_{k=1}^N \|x^{(k)}\|^2 = 2 x^{(i)}", HOLDS),
        (r"\frac{\partial}{\partial x^{(i)}} \sum_{k=1}^N \|x^{(k)}\|^2 = 2 x^{(1)}", WRONG),
        (r"\sum_{i=1}^N u^\top x^{(i)} x^{(i)\top} u = \sum_{i=1}^N (u^\top x^{(i)})^2", HOLDS),
    ],
)
def test_members_of_a_family_are_picked_summed_and_differentiated_by(latex, is_so):
    assert outcome(f"{FAMILY}$$ {latex} $$\n") is is_so


def test_a_mean_that_is_right_only_for_one_sample_is_wrong_and_the_missing_factor_is_named():
    text = f"{FAMILY}$$ \\frac{{1}}{{N}} \\sum_i u^\\top x^{{(i)}} = \\sum_i u^\\top x^{{(i)}} $$\n"
    assert outcome(text) is WRONG
    help = finding(text).help
    assert help is not None
    assert help.startswith("divide `uᵀ x⁽ⁱ⁾` by `N`; the line is then proved")


def test_a_family_without_its_index_is_refused_where_a_value_is_needed():
    text = (
        r"Let $x_i \in \mathbb{R}^J$ for $i = 1, \dots, N$."
        "\n\n"
        r"Let $y_i = 2 x_i$. Then $y_i^\top y_i = 4 x_i^\top x_i$."
    )
    assert outcome(text) is HOLDS


def test_sums_over_ranges_that_depend_on_an_outer_index():
    text = line(r"\sum_{i=1}^n \sum_{j=1}^{i} x_i y_j = \sum_{j=1}^n \sum_{i=j}^n x_i y_j")
    assert outcome(text) is HOLDS
    wrong = line(r"\sum_{i=1}^n \sum_{j=1}^{i} x_i y_j = \sum_{j=1}^n \sum_{i=1}^j x_i y_j")
    assert outcome(wrong) is WRONG


def test_a_product_over_a_range_and_an_empty_sum():
    text = line(r"\prod_{i=1}^{n} s = s^n") + "$$ \\sum_{i=1}^{0} s = 0 $$\n"
    assert outcomes(text) == ["holds", "holds"]


def test_an_index_that_runs_past_what_it_indexes_is_wrong():
    result = only(line(r"\sum_{i=1}^{n} x_{i+1} = \mathbf{1}^\top x"))
    assert result.verdict.outcome is WRONG
    assert "index" in result.verdict.reason


def test_a_gradient_by_entries_in_index_notation():
    text = (
        DECLARED
        + "$$ q = \\sum_i \\sum_j x_i B_{ij} x_j $$\n\n$$ \\frac{\\partial q}{\\partial x_k} = \\sum_j (B_{kj} + B_{jk}) x_j $$\n"
    )
    assert outcome(text) is HOLDS
    assert outcome(text.replace("B_{jk})", "B_{kj})")) is WRONG


def test_every_claim_of_a_document_with_an_index_mistake_is_still_checked():
    text = line(r"(A x)_i = A_{ij} x_j") + "$$ x^\\top y = y^\\top x $$\n"
    assert [r.verdict.outcome for r in unmended(text).results] == [WRONG, HOLDS]


def test_a_function_called_at_entries_only_has_no_value_where_it_stands_alone():
    text = (
        "Let $x \\in \\mathbb{R}^n$ and $\\phi : \\mathbb{R} \\to \\mathbb{R}$. All indices run from $1$ to $n$.\n\n"
        "$$ h_i = \\phi(x_i) $$\n$$ y_i = \\phi \\odot (x_i) + h_i $$\n$$ \\sum_i y_i = 2 \\sum_i h_i $$\n"
    )
    assert set(outcomes(text)) == {"not checked"}
