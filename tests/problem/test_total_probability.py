"""What is a line of the model and what follows from its lines: totals, complements, and lines that were not read."""

from __future__ import annotations

import pytest

from tests.problem.asking import finding, only, outcomes, report

DRAWN = (
    "Let $0 < q < 1$, $D \\in \\{0, 1\\}$, $D \\sim \\text{Bernoulli}(q)$, $T \\mid D = 1 \\sim \\text{Bernoulli}(0.9)$ "
    "and $T \\mid D = 0 \\sim \\text{Bernoulli}(0.1)$.\n\n"
)
WRITTEN = (
    "Let $0 < q < 1$, $D, T \\in \\{0, 1\\}$, $p(T=1 \\mid D=1) = 0.9$, $p(T=1 \\mid D=0) = 0.1$ and $p(D=1) = q$.\n\n"
)


@pytest.mark.parametrize("model", [DRAWN, WRITTEN])
def test_the_law_of_total_probability_is_a_claim_and_no_line_of_the_model(model):
    assert outcomes(f"{model}$$ p(T = 1) = 0.9 q + 0.1 (1 - q) $$\n") == ["holds"]
    assert outcomes(f"{model}$$ p(T = 1) = 0.9 q + 0.2 (1 - q) $$\n") == ["wrong"]
    total = "p(T=1 \\mid D=1) p(D=1) + p(T=1 \\mid D=0) p(D={})"
    assert outcomes(f"{model}$$ p(T = 1) = {total.format(0)} = 0.1 + 0.8 q $$\n") == ["holds", "holds"]
    assert outcomes(f"{model}$$ p(T = 1) = {total.format(1)} = 0.1 + 0.8 q $$\n") == ["wrong", "holds"]


@pytest.mark.parametrize("model", [DRAWN, WRITTEN])
def test_the_probability_that_the_others_leave_is_a_claim(model):
    assert outcomes(f"{model}$$ p(T = 0 \\mid D = 1) = 0.1 $$\n") == ["holds"]
    assert outcomes(f"{model}$$ p(T = 0 \\mid D = 1) = 0.9 $$\n") == ["wrong"]
    assert outcomes(f"{model}$$ p(D = 0) = 1 - q $$\n") == ["holds"]
    assert outcomes(f"{model}$$ p(D = 0) = q $$\n") == ["wrong"]
    assert outcomes(f"{model}$$ p(T = 0) = 0.1 q + 0.9 (1 - q) $$\n") == ["holds"]


def test_of_three_values_the_last_follows_from_two():
    text = "Let $D \\in \\{1, 2, 3\\}$, $p(D = 1) = 0.5$ and $p(D = 2) = 0.3$.\n\n$$ p(D = 3) = 0.2 $$\n"
    assert outcomes(text) == ["holds"]
    assert outcomes(text.replace("0.2", "0.3 $$ $$ p(D = 1) = 0.5")) == ["wrong", "holds"]


def test_where_a_case_is_not_told_nothing_is_said_of_the_total():
    text = DRAWN.replace(" and $T \\mid D = 0 \\sim \\text{Bernoulli}(0.1)$", "") + "$$ p(T = 1) = 0.9 q $$\n"
    assert outcomes(text) == ["undecided"]


UNREAD = "Let $a, b, m \\in \\mathbb{R}$ with $b \\mid a \\sim \\mathcal{N}(a, 1)$ and $a \\sim \\mathcal{Q}(m)$.\n\n"


@pytest.mark.parametrize(
    "line",
    [
        "p(a) = \\mathcal{N}(a; m, 1)",
        "p(b \\mid a) = \\mathcal{N}(b; a, 1)",
        "p(b) = \\mathcal{N}(b; a, 1)",
        "\\mathbb{E}[b] = a",
    ],
)
def test_behind_a_line_of_the_model_that_is_not_understood_its_names_are_not_checked(line):
    assert outcomes(f"{UNREAD}$$ {line} $$\n") == ["not checked", "not checked"]


def test_the_line_that_was_not_understood_is_named():
    messages = [found.message for found in report(f"{UNREAD}$$ p(a) = \\mathcal{{N}}(a; m, 1) $$\n").findings]
    assert "how `a` is distributed was said in a line that is not understood" in messages[1]


def test_a_posterior_without_a_prior_is_no_line_of_the_model():
    text = (
        "Let $u > 0$, $x, z \\in \\mathbb{R}$ and $x \\mid z \\sim \\mathcal{N}(u z, 1)$.\n\n"
        "$$ p(z \\mid x) = \\mathcal{N}(z; u x, 4) $$\n"
    )
    assert only(text).verdict.outcome.value == "not checked"
    assert "`x` is told given `z`" in finding(text).message


def test_before_an_approximation_a_chain_is_checked():
    text = DRAWN.replace("$0 < q < 1$", "$q = 0.2$")
    right = "$$ p(T = 1) = 0.9 q + 0.1 (1 - q) = \\frac{26}{100} \\approx 0.3 $$\n"
    assert outcomes(text + right) == ["holds", "holds", "not checked"]
    assert outcomes(text + right.replace("26", "27")) == ["holds", "wrong", "not checked"]


def test_an_approximation_in_a_row_that_goes_on_is_not_checked_as_an_equality():
    text = "Let $x = 2$.\n\n$$ \\frac{x}{7} = \\frac{2}{7} $$\n\n$$ = \\frac{4}{14} \\approx 0.29 $$\n"
    assert outcomes(text) == ["holds", "holds", "not checked"]
    assert outcomes(text.replace("4}{14", "5}{14")) == ["holds", "wrong", "not checked"]


LABEL = (
    "Let $w \\in \\Delta^K$, $v > 0$, $\\mu_k \\in \\mathbb{R}$ for $k = 1, \\dots, K$, $z \\sim \\mathrm{Cat}(w)$ and "
    "$x \\mid z \\sim \\mathcal{N}(\\mu_z, v)$.\n\n"
)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("p(x) = \\sum_z p(x \\mid z) p(z)", "p(x) = \\sum_z p(x \\mid z)"),
        ("p(x) = \\sum_z p(x, z)", "p(x) = \\sum_z p(x, z) p(z)"),
        ("\\mathbb{E}[x] = \\sum_z p(z) \\mathbb{E}[x \\mid z]", "\\mathbb{E}[x] = \\sum_z \\mathbb{E}[x \\mid z]"),
        (
            "p(z \\mid x) = \\frac{p(x \\mid z) p(z)}{\\sum_{z'} p(x \\mid z') p(z')}",
            "p(z \\mid x) = \\frac{p(x \\mid z) p(z)}{\\sum_{z'} p(x \\mid z')}",
        ),
    ],
)
def test_a_sum_over_the_name_of_a_random_value_runs_over_all_that_it_can_be(right, wrong):
    assert outcomes(f"{LABEL}$$ {right} $$\n") == ["holds"]
    assert outcomes(f"{LABEL}$$ {wrong} $$\n") == ["wrong"]
