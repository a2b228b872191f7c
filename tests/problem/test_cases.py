"""A line of the model for each value of another name, and names without an index set to what has one."""

from __future__ import annotations

import pytest

from tests.problem.asking import finding, only, outcomes

CASES = (
    "Let $w_1, w_2 > 0$ with $w_1 + w_2 = 1$, $m_1, m_2 \\in \\mathbb{R}$ and $v > 0$.\n\n"
    "$$ z \\sim \\mathrm{Cat}(w_1, w_2), \\quad x \\mid z = 1 \\sim \\mathcal{N}(m_1, v), \\quad "
    "x \\mid z = 2 \\sim \\mathcal{N}(m_2, v) $$\n\n"
)


def test_a_model_told_for_each_value_of_another_name_is_one_line_of_the_model():
    text = CASES + "$$ p(x) = w_1 \\mathcal{N}(x; m_1, v) + w_2 \\mathcal{N}(x; m_2, v) $$\n"
    assert outcomes(text) == ["holds"]
    assert outcomes(text.replace("+ w_2 \\mathcal", "+ w_1 \\mathcal")) == ["wrong"]


def test_a_case_that_is_told_already_is_a_claim():
    assert outcomes(CASES + "$$ x \\mid z = 2 \\sim \\mathcal{N}(m_2, v) $$\n") == ["holds"]
    assert outcomes(CASES + "$$ x \\mid z = 2 \\sim \\mathcal{N}(m_1, v) $$\n") == ["wrong"]


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("\\mathbb{E}[x \\mid z = 1] = m_1", "\\mathbb{E}[x \\mid z = 1] = m_2"),
        ("\\operatorname{Var}[x \\mid z = 2] = v", "\\operatorname{Var}[x \\mid z = 2] = v^2"),
        ("\\mathbb{E}[x z \\mid z = 2] = 2 m_2", "\\mathbb{E}[x z \\mid z = 2] = m_2"),
        ("H[x \\mid z = 1] = \\frac{1}{2} \\log(2 \\pi e v)", "H[x \\mid z = 1] = \\frac{1}{2} \\log(2 \\pi v)"),
    ],
)
def test_a_moment_given_a_value_is_taken_at_that_value(line, wrong):
    assert outcomes(f"{CASES}$$ {line} $$\n") == ["holds"]
    assert outcomes(f"{CASES}$$ {wrong} $$\n") == ["wrong"]


def test_a_line_given_the_value_of_a_name_that_is_not_known_is_not_read_as_if_it_said_nothing_of_it():
    text = "Let $m \\in \\mathbb{R}$. $$ x \\mid z = 1 \\sim \\mathcal{N}(m, 1) $$ $$ p(x) = \\mathcal{N}(x; m, 1) $$\n"
    assert outcomes(text) == ["not checked"]


SAMPLES = (
    "Let $u \\in \\mathbb{R}^J$, $\\sigma > 0$ and for $i = 1, \\dots, N$ let $x^{(i)} \\in \\mathbb{R}^J$, "
    "$z^{(i)} \\sim \\mathcal{N}(0, 1)$, $x^{(i)} \\mid z^{(i)} \\sim \\mathcal{N}(u z^{(i)}, \\sigma^2 I)$.\n\n"
)


def test_a_name_without_an_index_may_be_the_same_moment_of_every_member():
    text = SAMPLES + (
        "$$ C = \\operatorname{Var}[z^{(i)} \\mid x^{(i)}] = \\frac{\\sigma^2}{\\sigma^2 + u^\\top u} $$\n"
        "$$ C^{-1} = 1 + \\frac{u^\\top u}{\\sigma^2} $$\n"
    )
    assert outcomes(text) == ["holds", "holds"]
    assert outcomes(text.replace("\\frac{\\sigma^2}{\\sigma^2 +", "\\frac{\\sigma^2}{1 +"))[0] == "wrong"


def test_a_name_without_an_index_is_not_set_to_something_else_for_every_member():
    found = finding(SAMPLES + "$$ m = \\mathbb{E}[z^{(i)} \\mid x^{(i)}] $$\n")
    assert "`m` has no index" in found.message
    assert "`m^{(i)}`" in found.help


def test_bayes_is_asked_of_the_entries_of_a_column_too():
    text = (
        "Let $t \\in \\mathbb{R}^n$ and $a, s > 0$. For $j = 1, \\dots, n$ let $h_j \\sim \\mathcal{N}(0, 1)$ and "
        "$t_j \\mid h_j \\sim \\mathcal{N}(a h_j, s)$.\n\n"
        "$$ p(h_j \\mid t_j) = \\mathcal{N}(h_j; \\frac{a t_j}{a^2 + s}, \\frac{s}{a^2 + s}) $$\n"
    )
    for said, outcome_ in ((text, "HOLDS"), (text.replace("{a t_j}", "{t_j}"), "WRONG")):
        (evidence,) = (e for e in only(said).verdict.evidence if e.oracle == "Bayes")
        assert evidence.outcome.name == outcome_
