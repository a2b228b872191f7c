r"""What is asked of the inputs: ``\pi_1 + \pi_2 = 1`` where its sentence asks it, the signs of all entries at once."""

from __future__ import annotations

import pytest

from tests.problem.asking import HOLDS, NOT_CHECKED, WRONG, finding, only, outcome, outcomes, problem

WEIGHTS = "Let $\\pi_1, \\pi_2 > 0$ {asked}.\n\n$$ \\pi_1^2 + 2 \\pi_1 \\pi_2 = 1 - \\pi_2^2 $$\n"
ASKED = "\\pi_1 + \\pi_2 = 1"


@pytest.mark.parametrize(
    "words",
    [
        f"with ${ASKED}$",
        f"where ${ASKED}$",
        f"such that ${ASKED}$",
        f"and ${ASKED}$",
        f", ${ASKED}$",
        f"be weights. They satisfy ${ASKED}$",
        f"be weights which sum to one: $${ASKED}$$",
        "with $1 = \\pi_1 + \\pi_2$",
        "with $\\pi_1 + \\pi_2 - 1 = 0$",
        "with $\\frac{\\pi_1 + \\pi_2}{2} = \\frac{1}{2}$",
    ],
)
def test_an_equation_between_inputs_that_is_asked_of_them_is_met_by_every_draw(words):
    assert outcomes(WEIGHTS.format(asked=words)) == ["holds"]


def test_without_the_condition_the_line_is_wrong():
    assert outcomes(WEIGHTS.format(asked="")) == ["wrong"]


def test_a_line_that_fails_under_the_condition_is_wrong_all_the_same():
    text = WEIGHTS.format(asked=f"with ${ASKED}$").replace("2 \\pi_1 \\pi_2", "\\pi_1 \\pi_2")
    assert outcomes(text) == ["wrong"]


def test_an_equation_between_inputs_that_nothing_asks_of_them_is_no_claim_and_the_help_says_how_to_ask_it():
    text = "Let $x, y \\in \\mathbb{R}$. We find $x + y = 3$."
    assert outcome(text) is NOT_CHECKED
    help = finding(text).help
    assert help is not None
    assert "if it is asked of the inputs, say so: with `x + y = 3`" in help


def test_an_identity_is_a_claim_whatever_words_lead_to_it():
    text = "Let $a, b \\in \\mathbb{R}$ with $a + b = b + a$."
    assert only(text).verdict.outcome is HOLDS
    assert only(text.replace("b + a", "b - a")).verdict.outcome is WRONG


@pytest.mark.parametrize(
    "declared",
    [
        "Let $p, q \\in [0, 1]$ with $p + q = 1$.",
        "Let $p, q \\ge 0$ where $p + q = 1$.",
        "Let $p \\in \\mathbb{R}$ and $q > 0$ such that $p + q = 1$.",
    ],
)
def test_the_name_that_is_fixed_by_the_others_stays_in_its_domain(declared):
    assert outcomes(f"{declared} Then $1 + q \\ge 1$. Then $p + 1 \\le 2$.") == ["holds", "holds"]


def test_many_positive_weights_are_drawn_too():
    names = ", ".join(f"a_{k}" for k in range(1, 6))
    text = f"Let ${names} > 0$ with ${' + '.join(f'a_{k}' for k in range(1, 6))} = 1$.\n\n$$ a_1 + a_2 \\le 1 $$\n"
    assert outcome(text) is HOLDS
    assert outcome(text.replace("\\le 1", "\\le \\frac{1}{2}")) is WRONG


@pytest.mark.parametrize(
    "words",
    [
        "with weights $w_k > 0$, $\\sum_k w_k = 1$",
        "such that $\\sum_{k=1}^{K} w_k = 1$ and $w_k \\ge 0$ for all $k$",
        "with $w_k \\ge 0$ and $\\mathbf{1}^\\top w = 1$",
    ],
)
def test_entries_without_sign_that_sum_to_one_are_drawn_from_the_simplex(words):
    text = f"Let $w \\in \\mathbb{{R}}^K$ {words}. Then $\\sum_k \\sum_j w_k w_j = 1$. Then $\\sum_k w_k^2 = 1$."
    assert outcomes(text) == ["holds", "wrong"]


def test_a_vector_of_any_sign_whose_entries_sum_to_one_is_drawn():
    text = "Let $w \\in \\mathbb{R}^K$ with $\\sum_k w_k = 1$. Then $\\sum_k 2 w_k = 2$. Then $w^\\top w = \\|w\\|$."
    assert outcomes(text) == ["holds", "wrong"]


@pytest.mark.parametrize(
    ("declared", "claim"),
    [
        ("$v \\in \\mathbb{R}^K$ with $v_k > 0$", "\\sum_k v_k \\ge 0"),
        ("$A \\in \\mathbb{R}^{m \\times n}$ with $A_{ij} \\ge 0$", "\\sum_i \\sum_j A_{ij} \\ge 0"),
        ("$y^{(i)} \\in \\mathbb{R}$ for $i = 1, \\dots, N$ with $y^{(i)} > 0$", "\\sum_i y^{(i)} \\ge 0"),
        ("$c \\in \\mathbb{R}^K$ with $0 < c_k < 1$", "\\sum_k c_k^2 \\le \\sum_k c_k"),
    ],
)
def test_a_sign_said_of_an_entry_at_a_letter_is_said_of_all(declared, claim):
    text = f"Let {declared}.\n\n$$ {claim} $$\n"
    assert outcome(text) is HOLDS
    bare = text[: text.index(" with")] + text[text.index(".\n") :]
    assert outcome(bare) is WRONG


def test_no_optimum_is_sought_over_a_name_alone_that_a_condition_ties_to_another():
    text = (
        f"Let $\\pi_1, \\pi_2, r > 0$ with ${ASKED}$.\n\n"
        "$$ \\hat\\pi_1 = \\arg\\max_{\\pi_1} (r \\log \\pi_1 + \\log \\pi_2) = \\frac{r}{r + 1} $$\n"
    )
    assert "tied to `π₂`" in finding(text).message


def test_the_step_of_lagrange_is_solved_although_its_equation_has_a_pole():
    text = (
        "Let $p, r > 0$ and $\\lambda \\in \\mathbb{R}$.\n\n"
        "$$ \\frac{\\partial}{\\partial p} (r \\log p - \\lambda p) = \\frac{r}{p} - \\lambda = 0 $$\n"
        "$$ \\Rightarrow p = \\frac{r}{\\lambda} $$\n"
    )
    assert outcomes(text) == ["holds", "holds"]
    assert outcomes(text.replace("p = \\frac{r}{\\lambda}", "p = \\frac{\\lambda}{r}")) == ["holds", "wrong"]


def test_the_circle_is_named_where_the_letter_stands_for_a_weight():
    text = (
        "Let $\\pi \\in (0, 1)$ and $\\sigma > 0$.\n\n$$ z \\sim \\mathrm{Bern}(\\pi), \\quad "
        "x \\mid z \\sim \\mathcal{N}(z, \\sigma^2) $$\n"
        "$$ p(x \\mid z) = \\frac{1}{\\sqrt{2 \\pi \\sigma^2}} \\exp \\left( -\\frac{(x - z)^2}{2 \\sigma^2} \\right) $$\n"
    )
    assert any("it holds with 2π" in fact for fact in finding(text).facts)
    vector = text.replace("\\pi \\in (0, 1)", "\\pi \\in \\Delta^{K}").replace("Bern", "Cat")
    assert (
        finding(vector).help == "`\\pi` stands for what is declared on line 1, in `2\\pi` too: give that another name"
    )


def test_a_condition_becomes_an_assumption_and_no_claim():
    found = problem(WEIGHTS.format(asked=f"with ${ASKED}$"))
    assert [line.kind for line in found.lines] == ["declaration", "assumption", "claim: identity"]
