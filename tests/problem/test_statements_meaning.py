"""What statements do: declare, assume, condition, define, claim, solve; and the directives."""

from __future__ import annotations

import pytest

from derivcheck.verdict import Severity, settled
from tests.problem.asking import (
    HOLDS,
    NOT_CHECKED,
    UNDECIDED,
    WRONG,
    finding,
    only,
    outcome,
    outcomes,
    problem,
    report,
    shape,
    unmended,
)

SCALAR = "Let $a, b, t \\in \\mathbb{R}$.\n\n"
COLUMNS = "Let $x, u \\in \\mathbb{R}^n$ and $A \\in \\mathbb{R}^{n \\times n}$.\n\n"


def test_a_condition_in_front_belongs_to_its_own_sentence_only():
    text = "Let $x \\in \\mathbb{R}$. If $x \\ge 0$, then $|x| = x$. In general $|x| = x$."
    assert outcomes(text) == ["holds", "wrong"]


def test_a_condition_behind_belongs_to_the_claim_just_before_it():
    text = "Let $x \\in \\mathbb{R}$. We have $|x| = -x$ if $x \\le 0$. Also $|x| = -x$."
    assert outcomes(text) == ["holds", "wrong"]


def test_an_assumption_holds_for_the_whole_document():
    text = "Let $x \\in \\mathbb{R}$. Assume $x \\ge 0$. Then $|x| = x$. Again $\\sqrt{x^2} = x$."
    assert outcomes(text) == ["holds", "holds"]
    assert outcomes(text.replace("Assume $x \\ge 0$. ", "")) == ["wrong", "wrong"]


@pytest.mark.parametrize(
    ("declared", "latex"),
    [
        (r"$A \in \mathbb{R}^{n \times n}$ symmetric", r"A^\top B = A B"),
        (
            r"$A \in \mathbb{R}^{n \times n}$ with $A = A^\top$",
            r"x^\top A x + \operatorname{tr}(A B) = x^\top A^\top x + \operatorname{tr}(A^\top B)",
        ),
        (r"$A \in \mathbb{R}^{n \times n}$ orthogonal", r"A^\top A = I"),
        (r"$A \in \mathbb{R}^{n \times n}$ diagonal", r"A^\top B = A B"),
        (r"a skew-symmetric $A \in \mathbb{R}^{n \times n}$", r"x^\top A x + \|x\|^2 = \|x\|^2"),
    ],
)
def test_what_is_said_of_a_matrix_is_drawn_and_without_it_the_line_is_wrong(declared, latex):
    text = (
        f"Let {declared}. Let $B \\in \\mathbb{{R}}^{{n \\times n}}$ and $x \\in \\mathbb{{R}}^n$.\n\n$$ {latex} $$\n"
    )
    assert outcome(text) is HOLDS
    bare = f"Let $A, B \\in \\mathbb{{R}}^{{n \\times n}}$ and $x \\in \\mathbb{{R}}^n$.\n\n$$ {latex} $$\n"
    assert outcome(bare) is WRONG


@pytest.mark.parametrize(
    ("words", "latex", "is_so"),
    [
        ("$s > 0$", r"\sqrt{s^2} = s", HOLDS),
        ("$s < 0$", r"\sqrt{s^2} = -s", HOLDS),
        ("$s \\in \\{0, 1\\}$", r"s^2 + 1 = s + 1", HOLDS),
        ("$s \\in \\{0, 1, 2\\}$", r"s^2 + 1 = s + 1", WRONG),
        ("$s \\in (0, 1)$", r"|s - 1| = 1 - s", HOLDS),
        ("$s \\in (0, 2)$", r"|s - 1| = 1 - s", WRONG),
        ("$p \\in \\Delta^{K-1}$", r"\sum_k p_k = 1", HOLDS),
        ("$p \\in \\mathbb{R}^{K}_{++}$", r"\sum_k |p_k| = \mathbf{1}^\top p", HOLDS),
        ("$s \\in \\mathbb{R}$ with $s \\ne 0$", r"s / s + s = 1 + s", HOLDS),
    ],
)
def test_a_name_is_drawn_from_its_declared_set(words, latex, is_so):
    assert outcome(f"Let {words}.\n\n$$ {latex} $$\n") is is_so


def test_conditions_on_sizes_are_met_by_every_draw_of_sizes():
    text = "Let $X \\in \\mathbb{R}^{n \\times d}$ with $n > d$.\n\n$$ (X^\\top X)^{-1} X^\\top X = I $$\n"
    result = only(text, draws=6)
    assert result.verdict.outcome is HOLDS
    for evidence in result.verdict.evidence:
        for choice in evidence.sizes:
            sizes = dict(choice)
            assert sizes["n"] > sizes["d"]


def test_singular_matrices_never_decide_a_claim_about_an_inverse():
    text = "Let $X \\in \\mathbb{R}^{n \\times d}$ with $n > d$.\n\n$$ (X X^\\top)^{-1} X X^\\top = I $$\n"
    assert outcome(text) in (UNDECIDED, NOT_CHECKED)


def test_a_name_that_is_declared_again_with_another_shape_begins_anew_with_a_notice():
    text = "Let $x \\in \\mathbb{R}^n$. Let $x \\in \\mathbb{R}^{m}$. Then $x^\\top x = \\|x\\|^2$."
    assert outcomes(text) == ["holds"]
    assert finding(text).code == "redeclared"


def test_a_declaration_again_under_a_new_heading_opens_a_new_scope_with_a_notice():
    text = (
        "# One\n\nLet $x \\in \\mathbb{R}^n$ and $s \\in \\mathbb{R}$. Then $s x = x s$.\n\n"
        "# Two\n\nLet $x \\in \\mathbb{R}^{m \\times m}$. Then $\\operatorname{tr}(x x^\\top) = \\|x\\|_F^2$.\n"
    )
    assert outcomes(text) == ["holds", "holds"]
    assert finding(text).severity is Severity.NOTE


def test_the_same_declaration_again_is_no_finding():
    text = "# One\n\nLet $x \\in \\mathbb{R}^n$. Then $x^\\top x = \\|x\\|^2$.\n\n# Two\n\nLet $x \\in \\mathbb{R}^n$. Then $2 x = x + x$.\n"
    assert outcomes(text) == ["holds", "holds"]
    assert report(text).findings == ()


def test_a_definition_stands_and_a_second_equation_about_its_name_is_a_claim():
    text = COLUMNS + "$$ y = A x $$\n\n$$ y = \\sum_j A_{:,j} x_j $$\n\n$$ y = A^\\top x $$\n"
    made = report(text)
    assert made.definitions == 1
    assert [r.verdict.outcome for r in made.results] == [HOLDS, WRONG]
    assert shape(text, "y") == "n × 1"


def test_definitions_are_counted_apart_and_a_document_without_a_claim_has_no_results():
    made = report(COLUMNS + "$$ y = A x $$\n")
    assert (made.definitions, made.results) == (1, ())


RIGHT, ALSO, MISTAKE = "u^\\top A^\\top x", "(A^\\top x)^\\top u", "u^\\top A x"


def chain(*members):
    return COLUMNS + "$$ x^\\top A u = " + " = ".join(members) + " $$\n"


def test_every_member_of_a_chain_is_held_against_the_head():
    assert outcomes(chain(RIGHT, ALSO, RIGHT)) == ["holds", "holds", "holds"]
    assert outcomes(chain(RIGHT, RIGHT, MISTAKE)) == ["holds", "holds", "wrong"]


def test_a_wrong_member_is_blamed_once_and_its_repetition_is_carried():
    made = report(chain(RIGHT, MISTAKE, "x^\\top A^\\top u"))
    assert [r.verdict.outcome for r in made.results] == [HOLDS, WRONG, WRONG]
    assert made.results[1].verdict.carried_from is None
    assert made.results[2].verdict.carried_from == made.results[1].name
    assert [f.claim for f in made.findings] == [made.results[1].name]


def test_two_different_mistakes_in_one_chain_are_blamed_each():
    made = report(chain(MISTAKE, "2 x^\\top A u", RIGHT))
    assert [f.claim for f in made.findings] == [made.results[0].name, made.results[1].name]


def test_wrong_in_the_middle_and_right_at_the_end_is_said():
    found = finding(chain(RIGHT, MISTAKE, ALSO))
    assert any("right again" in fact for fact in found.facts)
    assert not any("right again" in fact for fact in finding(chain(RIGHT, ALSO, MISTAKE)).facts)


def test_a_chain_goes_on_over_blocks_that_begin_with_a_relation():
    text = (
        COLUMNS
        + "$$ x^\\top A u $$\n$$ = u^\\top A^\\top x $$\n\nand\n\n$$ x^\\top A u = u^\\top A^\\top x $$\n$$ = u^\\top A x $$\n"
    )
    made = report(text)
    assert made.results[-1].verdict.outcome is WRONG
    assert made.results[-2].verdict.outcome is HOLDS
    assert made.source.position(made.results[-1].span.start).line == 9


def test_a_line_that_goes_on_from_nothing_is_not_checked():
    text = COLUMNS + "$$ = x $$\n"
    assert outcome(text) is NOT_CHECKED
    assert finding(text).code == "chain-without-head"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (r"a + b - 1 = 0 \Rightarrow a = 1 - b", ["holds"]),
        (r"a + b - 1 = 0 \Rightarrow a = 1 + b", ["wrong"]),
        (r"2 a - 2 b = 0 \Rightarrow 2 a = 2 b \Rightarrow a = b", ["holds", "holds"]),
        (r"2 a - 2 b = 0 \Rightarrow 2 a = 3 b \Rightarrow a = b", ["wrong", "holds"]),
        (r"a^3 - b = 0 \Rightarrow a^3 = b", None),
    ],
)
def test_rows_that_follow_from_an_equation_are_held_against_its_solution(rows, expected):
    if expected is not None:
        assert outcomes(f"{SCALAR}$$ {rows} $$\n") == expected


def test_rows_of_matrices_are_solved_too():
    right = COLUMNS + "$$ A u - x = 0 \\Rightarrow A u = x \\Rightarrow u = A^{-1} x $$\n"
    assert outcomes(right) == ["holds", "holds"]
    assert outcomes(right.replace("A^{-1} x", "A^{-\\top} x")) == ["holds", "wrong"]
    asked = [evidence.oracle for evidence in only(right.replace("A u = x \\Rightarrow ", "")).verdict.evidence]
    assert "solution" in asked


def test_a_row_of_wrong_shapes_on_the_way_to_a_solution_is_blamed_alone():
    rows = "$$ A u - x = 0 \\Rightarrow A u = x^\\top \\Rightarrow 2 A u = 2 x \\Rightarrow u = A^{-1} x $$\n"
    assert outcomes(COLUMNS + rows) == ["wrong", "holds", "holds"]


def test_an_equation_set_to_zero_alone_is_not_checked():
    text = COLUMNS + "$$ \\frac{\\partial \\|u - x\\|^2}{\\partial u} = 0 $$\n"
    assert outcome(text) is NOT_CHECKED


def test_the_solution_is_computed_from_the_first_row_and_not_from_one_in_between():
    rows = "$$ \\frac{\\partial \\|u - x\\|^2}{\\partial u} = 0 \\Rightarrow 2 u - 4 x = 0 \\Rightarrow u = 2 x $$\n"
    assert "wrong" in outcomes(COLUMNS + rows)


def test_a_solution_may_be_zero():
    text = SCALAR + "$$ \\frac{d a^2}{d a} = 0 \\Rightarrow a = 0 $$\n"
    assert "wrong" not in outcomes(text)
    assert "wrong" not in outcomes(COLUMNS + "$$ \\nabla_u \\|u\\|^2 = 0 \\Rightarrow u = 0 $$\n")


def test_an_equation_without_a_zero_leads_to_its_solution_by_an_arrow():
    text = COLUMNS + "$$ A u = x \\Rightarrow u = A^{-1} x $$\n"
    assert "wrong" not in outcomes(text)


def test_an_inequality_between_powers_of_declared_names_is_a_claim():
    assert outcomes(SCALAR + "$$ a^2 \\ge 0 $$\n\n$$ a \\le a^2 $$\n") == ["holds", "wrong"]


def test_a_line_marked_as_a_mistake_counts_as_holding_when_it_is_wrong_and_is_an_error_when_it_holds():
    wrong = COLUMNS + "<!-- derivcheck: expect wrong -->\n$$ x^\\top A u = u^\\top A x $$\n"
    made = report(wrong)
    assert made.findings == ()
    assert made.results[0].verdict.outcome is WRONG
    assert settled(made.results[0]) is HOLDS
    holds = wrong.replace("u^\\top A x", "u^\\top A^\\top x")
    assert finding(holds).code == "expected-wrong"
    assert settled(only(holds)) is WRONG


def test_a_mark_before_one_member_of_a_chain_is_about_that_member():
    text = COLUMNS + "$$ x^\\top A u = u^\\top A^\\top x\n<!-- derivcheck: expect wrong -->\n= u^\\top A x $$\n"
    plain = text.replace("<!-- derivcheck: expect wrong -->\n", "")
    assert finding(plain).code == "wrong-identity"
    assert [r.verdict.outcome for r in unmended(plain).results] == [HOLDS, WRONG]


def test_a_skipped_line_is_counted_and_is_neither_pass_nor_failure():
    text = COLUMNS + "<!-- derivcheck: skip not yet -->\n$$ x^\\top A u = u^\\top A x $$\n\n$$ 2 x = x + x $$\n"
    made = report(text)
    assert (made.skipped, len(made.results)) == (1, 1)
    assert made.results[0].verdict.outcome is HOLDS


def test_a_name_given_to_a_line_is_the_claims_name_and_selects_it():
    text = COLUMNS + "<!-- derivcheck: name swap -->\n$$ x^\\top u = u^\\top x $$\n\n$$ 2 x = x + x $$\n"
    assert report(text).results[0].name == "swap"
    assert only(text, claim="swap").title == "xᵀ u"


def test_sizes_given_in_the_document_are_the_only_ones_drawn_and_settings_win_over_them():
    text = "<!-- derivcheck: sizes n=4 -->\n" + COLUMNS + "$$ A u + x = x + A u $$\n"
    assert {dict(c)["n"] for e in only(text).verdict.evidence for c in e.sizes} == {4}
    assert {dict(c)["n"] for e in only(text, sizes={"n": 6}).verdict.evidence for c in e.sizes} == {6}


def test_a_size_of_one_is_run_and_labelled_degenerate():
    text = COLUMNS + "$$ A^\\top u = A u $$\n"
    made = report(text, sizes={"n": 1})
    assert made.results[0].verdict.outcome is HOLDS
    assert made.options == (("degenerate", "n = 1"),)
    assert report(text).options == ()


@pytest.mark.parametrize(
    ("directive", "words"),
    [
        ("expct wrong", "`expect`"),
        ("layout sideways", "`sideways` is no layout"),
        ("sizes n=0", "`n=0` is no size"),
        ("sizes n=99999", "is no size"),
        ("expect right", "not understood"),
    ],
)
def test_a_directive_that_is_not_understood_is_an_error_with_a_way_out(directive, words):
    text = f"<!-- derivcheck: {directive} -->\n" + COLUMNS + "$$ 2 x = x + x $$\n"
    errors = [f for f in report(text).findings if f.code == "directive"]
    assert len(errors) == 1
    assert errors[0].severity is Severity.ERROR
    assert words in f"{errors[0].message} {errors[0].help}"


def test_statements_in_a_let_directive_are_read_and_not_shown():
    text = "<!-- derivcheck: let $x \\in \\mathbb{R}^n$ -->\n\n$$ x^\\top x = \\|x\\|^2 $$\n"
    assert outcome(text) is HOLDS


@pytest.mark.parametrize(
    ("latex", "reason"),
    [
        (r"a \approx b", "approximation"),
        (r"a \propto b", "proportionality"),
        (r"a \sim b", "probability"),
        (r"a \pm b = b", "±"),
        (r"\prod_{i=1}^{\infty} a = b", "infinite"),
    ],
)
def test_what_is_not_supported_is_not_checked_and_says_so(latex, reason):
    result = only(f"{SCALAR}$$ {latex} $$\n")
    assert result.verdict.outcome is NOT_CHECKED
    assert reason in result.verdict.reason


def test_dimensions_are_symbols_and_an_unknown_size_is_found_from_what_stands_around_it():
    made = problem(COLUMNS + "$$ y = \\begin{pmatrix} x \\\\ u \\end{pmatrix} $$\n")
    from derivcheck.language.shapes import show

    assert show(made.definitions["y"].shape, made.solution) == "2 n × 1"
