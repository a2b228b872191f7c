"""Values that are made of the one before: a step is checked, what speaks of the whole is not."""

from __future__ import annotations

import pytest

from tests.problem.asking import outcomes

STEP = (
    r"Let $g \in \mathbb{R}$, $\beta \in (0, 1)$, $c_{t-1} \in \mathbb{R}$ and $c_t = \beta c_{t-1} + (1 - \beta) g$."
)


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        (r"c_t - g = \beta (c_{t-1} - g)", "holds"),
        (r"c_t - g = c_{t-1} - g", "wrong"),
        (r"\frac{\partial c_t}{\partial c_{t-1}} = \beta", "holds"),
        (r"\frac{\partial c_t}{\partial c_{t-1}} = 1 - \beta", "wrong"),
        (r"c_t = (1 - \beta^t) g", "not checked"),
        (r"c_t = \sum_{s=1}^t \beta^{t-s} (1 - \beta) g", "not checked"),
        (r"c_t = \beta^2 c_{t-2} + (1 - \beta^2) g", "holds"),
        (r"\frac{\partial c_t}{\partial c_0} = \beta^t", "holds"),
    ],
)
def test_a_recursion_is_unrolled_and_what_rests_on_an_unsaid_beginning_is_not_judged(line: str, outcome: str):
    assert outcomes(f"{STEP}\n\n$$ {line} $$\n", evidence="exact")[-1] == outcome


def test_members_that_are_written_with_numbers_are_there_and_the_beginning_may_be_said_behind_the_step():
    steps = r"Let $a, b, c \in \mathbb{R}$, $x_{k+1} = a x_k + b$ and $x_0 = c$. $x_1 = ac + b$. $x_9 - b = a x_8$."
    found = outcomes(f"{steps} $x_2 = a^2 c + b$. $x_6 = a x_5 + c$.", evidence="exact")
    assert found == ["holds", "holds", "wrong", "wrong"]


START = r"Let $\mu \in \mathbb{R}$, $g_1, \dots, g_T \in \mathbb{R}$, $v_0 = 0$ and $v_t = \mu v_{t-1} + g_t$."


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        (r"v_t = \sum_{s=1}^t \mu^{t-s} g_s", "holds"),
        (r"v_t = \sum_{s=1}^t \mu^{t-s+1} g_s", "wrong"),
        (r"v_t = g_t", "wrong"),
        (r"v_T - \mu v_{T-1} = g_T", "holds"),
        (r"\frac{\partial v_T}{\partial v_t} = \mu^{T-t}", "holds"),
        (r"\frac{\partial v_T}{\partial \mu} = \sum_{t=1}^T \mu^{T-t} v_{t-1}", "holds"),
    ],
)
def test_the_whole_of_a_recursion_with_a_beginning_is_judged(line: str, outcome: str):
    assert outcomes(f"{START}\n\n$$ {line} $$\n", evidence="exact")[-1] == outcome
