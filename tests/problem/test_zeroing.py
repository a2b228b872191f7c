"""Rows that words lead to from a derivative: "setting this to zero gives", "hence", and the constraints of multipliers."""

from __future__ import annotations

import pytest

from tests.problem.asking import HOLDS, NOT_CHECKED, WRONG, outcomes, problem, report, unmended

SQUARES = r"""Let $X \in \mathbb{R}^{n \times d}$ with $n > d$, $y \in \mathbb{R}^n$ and $w \in \mathbb{R}^d$.
$$ L(w) = \|y - Xw\|^2 $$
"""
GRADIENT = r"$$ \nabla_w L = -2 X^\top (y - Xw). $$" + "\n"
EQUAL = r"$ X^\top X w = X^\top y $"
WAITING = r"""Let $t_i > 0$ for $i = 1, \dots, n$ and $\theta > 0$.
$$ \ell(\theta) = n \log \theta - \theta \sum_{i=1}^n t_i $$
$$ \frac{d\ell}{d\theta} = \frac{n}{\theta} - \sum_{i=1}^n t_i $$
"""
COUNTS = r"""Let $n_k > 0$ for $k = 1, \dots, K$, $N = \sum_{k=1}^K n_k$, $\pi_k > 0$ and $\lambda > 0$.
"""
LAGRANGIAN = r"$$ \mathcal{L} = \sum_{k=1}^K n_k \log \pi_k + \lambda \left( 1 - \sum_{k=1}^K \pi_k \right) $$" + "\n"
STATIONARY = r"\frac{n_k}{\pi_k} - \lambda = 0 \Rightarrow \pi_k = \frac{n_k}{\lambda} $$" + "\n"
DERIVED = r"$$ \frac{\partial \mathcal{L}}{\partial \pi_k} = " + STATIONARY
NORMAL = r"""Let $x_i \in \mathbb{R}$ for $i = 1, \dots, n$, and let $\mu \in \mathbb{R}$, $\sigma > 0$.
$$ \ell(\mu, \sigma) = - n \log \sigma - \frac{1}{2\sigma^2} \sum_{i=1}^n (x_i - \mu)^2 $$
$$ \frac{\partial \ell}{\partial \mu} = \frac{1}{\sigma^2} \sum_{i=1}^n (x_i - \mu) = 0
\Rightarrow \hat\mu = \frac{1}{n} \sum_{i=1}^n x_i $$
$$ \frac{\partial \ell}{\partial \sigma} = -\frac{n}{\sigma} + \frac{1}{\sigma^3} \sum_{i=1}^n (x_i - \mu)^2 = 0
\Rightarrow """


@pytest.mark.parametrize(
    "words",
    [
        "Setting this to zero gives",
        "Setting this equal to 0, we obtain",
        "Setting the gradient to zero yields",
        r"Setting $\nabla_w L$ equal to zero gives",
        "Equating to zero, we get",
        "We set it to zero. Then",
        "At the minimum the gradient vanishes, hence",
        "At the minimum the gradient is zero and therefore",
        r"Set the gradient with respect to $w$ to zero:",
    ],
)
def test_words_that_set_a_derivative_to_zero_make_what_follows_a_row_that_solves(words):
    text = SQUARES + GRADIENT + words + " " + EQUAL + ".\n"
    assert outcomes(text) == ["holds", "holds"]
    assert outcomes(text.replace(EQUAL, EQUAL.replace("= X", "= 2 X"))) == ["holds", "wrong"]


@pytest.mark.parametrize("words", ["Setting $b$ to zero gives", "The cross term vanishes, so", "We note that"])
def test_other_words_set_no_derivative_to_zero(words):
    text = SQUARES + "Let $b > 0$.\n\n" + GRADIENT + words + " " + EQUAL + ".\n"
    assert outcomes(text) == ["holds", "wrong"]


def test_the_derivative_may_be_named_in_the_words_alone():
    text = SQUARES + r"Setting $\frac{\partial L}{\partial w}$ to zero gives " + EQUAL + ".\n"
    assert outcomes(text) == ["holds"]


def test_a_slope_that_is_zero_leads_to_its_variable_without_words():
    zero = r"$$ \nabla_w L = -2 X^\top (y - Xw) = 0 $$" + "\n\n"
    solved = r"$$ w = (X^\top X)^{-1} X^\top y $$" + "\n"
    assert outcomes(SQUARES + zero + solved) == ["holds", "holds"]
    assert outcomes(SQUARES + zero + solved.replace("= (", "= 2 (")) == ["holds", "wrong"]
    assert "wrong" not in outcomes(SQUARES + zero)


def test_the_derivative_may_be_written_nowhere_where_there_is_one_objective():
    text = SQUARES + r"Setting its gradient to zero gives $ \hat w = (X^\top X)^{-1} X^\top y $." + "\n"
    assert outcomes(text) == ["holds"]
    assert outcomes(text.replace("X)^{-1}", "X)^{-1} 2")) == ["wrong"]
    second = text.replace("Setting", r"Let $K(w) = \|w\|^2$. Setting")
    assert outcomes(second) == []
    rate = r"Let $c > 0$ and $K(r) = c r - \log r$ with $r > 0$. Setting the derivative to zero gives $\hat r = 1/c$. "
    assert outcomes(rate) == ["holds"]
    again = r"Setting the gradient of $L$ to zero gives $v = 2 c$. Setting that of $K$ to zero gives $v = c$."
    assert outcomes(rate + again) == ["holds", "not checked"]


@pytest.mark.parametrize("words", ["Rearranging, we get the normal equations", "This gives", "Hence"])
def test_words_lead_on_from_an_equation_that_ends_in_zero(words):
    zero = r"$$ \nabla_w L = -2 X^\top (y - Xw) = 0 $$" + "\n"
    assert outcomes(SQUARES + zero + words + " " + EQUAL + ".\n") == ["holds", "holds"]


def test_what_words_lead_to_and_what_follows_by_an_arrow_come_of_the_same_equation():
    row = r"$ X^\top X w = 2 X^\top y \Rightarrow w = 2 (X^\top X)^{-1} X^\top y $."
    assert outcomes(SQUARES + GRADIENT + "Setting this to zero gives " + row) == ["holds", "wrong", "wrong"]


def test_a_premise_that_nothing_solves_is_no_claim():
    text = SQUARES + GRADIENT + "Setting this to zero gives $ y^\\top X w = w^\\top X^\\top y $.\n"
    assert outcomes(text) == ["holds", "holds"]
    assert len(problem(SQUARES + GRADIENT + "Setting this to zero gives $y^\\top y = \\|y\\|^2$.\n").claims) == 2


def test_an_estimate_behind_the_words_is_held_against_the_solution():
    text = (
        WAITING + r"Setting this equal to zero and solving for $\theta$ gives $$ \hat\theta_{\text{MLE}} = RESULT. $$"
    )
    assert outcomes(text.replace("RESULT", r"\frac{n}{\sum_{i=1}^n t_i}")) == ["holds", "holds"]
    assert outcomes(text.replace("RESULT", r"\frac{\sum_{i=1}^n t_i}{n}")) == ["holds", "wrong"]


def test_an_estimate_for_which_nothing_was_set_to_zero_is_told():
    above = WAITING.rsplit("$$ \\frac", 1)[0]
    made = report(above + r"Hence $$ \hat\theta = \frac{\sum_{i=1}^n t_i}{n}. $$")
    assert any("nothing of it is checked" in found.message for found in made.findings)


def test_a_multiplier_is_found_together_with_the_unknown():
    text = COUNTS + LAGRANGIAN + DERIVED
    text += r"Since $\sum_{k=1}^K \pi_k = 1$, we have $\lambda = N$ and so $\pi_k = \frac{n_k}{N}$."
    assert outcomes(text) == ["holds"] * 5
    assert outcomes(text.replace(r"\lambda = N", r"\lambda = -N")) == [*["holds"] * 3, "wrong", "holds"]
    assert outcomes(text.replace(r"= \frac{n_k}{N}", r"= \frac{n_k}{K}")) == [*["holds"] * 4, "wrong"]


def test_an_estimate_of_every_entry_is_held_against_the_solution():
    text = COUNTS + LAGRANGIAN + DERIVED + r"Therefore $$ \hat\pi_k = \frac{n_k}{M}. $$"
    assert outcomes(text.replace("M", "N"))[-1] == "holds"
    assert outcomes(text.replace("M", "K"))[-1] == "wrong"


def test_a_weight_of_a_penalty_is_no_multiplier():
    penalty = SQUARES.replace("Xw\\|^2", "Xw\\|^2 + \\rho \\|w\\|^2").replace("and $w", "$\\rho > 0$ and $w")
    zero = r"$$ \nabla_w L = -2 X^\top (y - Xw) + 2 \rho w = 0 $$" + "\n"
    right = r"Hence $\hat w = (X^\top X + \rho I)^{-1} X^\top y$."
    assert outcomes(penalty + zero + right) == ["holds", "holds"]
    assert outcomes(penalty + zero + right.replace(r" + \rho I", "")) == ["holds", "wrong"]


def test_without_a_lagrangian_what_needs_the_constraint_is_not_checked():
    text = COUNTS + "With the Lagrange multiplier $\\lambda$,\n$$ " + STATIONARY
    text += r"Since $\sum_{k=1}^K \pi_k = 1$, we have $\lambda = N$ and so $\pi_k = \frac{n_k}{N}$."
    made = [result.verdict.outcome for result in unmended(text).results]
    assert made[0] is HOLDS
    assert made[-2:] == [NOT_CHECKED, NOT_CHECKED]
    assert WRONG not in made


def test_an_estimate_stands_for_its_name_in_the_equation_of_the_next_one():
    def of(row: str) -> list[str]:
        return outcomes(NORMAL + row + " $$\n")

    assert of(r"\hat\sigma^2 = \frac{1}{n} \sum_{i=1}^n (x_i - \hat\mu)^2") == ["holds"] * 4
    assert of(r"\sigma^2 = \frac{1}{n} \sum_{i=1}^n (x_i - \mu)^2") == ["holds"] * 4
    assert of(r"\hat\sigma^2 = \frac{1}{n} \sum_{i=1}^n x_i^2")[-1] == "wrong"
    assert of(r"\hat\sigma^2 = \frac{1}{n - 1} \sum_{i=1}^n (x_i - \hat\mu)^2")[-1] == "wrong"
