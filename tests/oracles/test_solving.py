"""Optima and solutions mod a prime: the right place is proved by what vanishes there, and no other place is."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from derivcheck.config import Settings
from derivcheck.engine import check, problem_of
from derivcheck.evaluation.arithmetic import BUDGET, PRICE
from derivcheck.oracles import modular
from derivcheck.oracles.draws import Draws
from derivcheck.problem.problem import Claim
from derivcheck.source import Source
from derivcheck.verdict import Evidence, Outcome

HOLDS, WRONG, UNDECIDED, NOT_CHECKED = Outcome.HOLDS, Outcome.WRONG, Outcome.UNDECIDED, Outcome.NOT_CHECKED
DATA = r"Let $X \in \mathbb{R}^{n \times d}$ with $n > d$, $y \in \mathbb{R}^n$, $w \in \mathbb{R}^d$, $\lambda > 0$."
LOSS = r"f(w) = \|X w - y\|^2 + \lambda \|w\|^2"


def last(text: str, seed: int = 0, back: int = 1) -> Evidence:
    """What the oracle says of the last claim, or of one before it."""
    problem = problem_of(Source("t.md", text))
    claim = problem.claims[-back]
    assert isinstance(claim, Claim)
    BUDGET.renew()
    return modular.ask(Draws(problem, Settings(seed=seed)), claim)


def rows(setting: str, *lines: str) -> str:
    """Rows of which each follows from the one above."""
    return f"{setting}\n\n$$ " + r" \\ \Rightarrow ".join(lines) + " $$\n"


NORMAL = (r"\frac{\partial f}{\partial w} = 0", r"X^\top (X w - y) + \lambda w = 0")
ROWS = f"{DATA}\n\nLet ${LOSS}$."
ROW, SOLVED = r"(X^\top X + \lambda I) w = X^\top y", r"w = (X^\top X + \lambda I)^{-1} X^\top y"
ARGMIN = r"\hat w = \arg\min_w f(w) = "


@pytest.mark.parametrize("seed", range(3))
def test_rows_and_the_solution_are_proved(seed):
    assert last(rows(ROWS, *NORMAL, ROW, SOLVED), seed, back=2).outcome is HOLDS
    assert last(rows(ROWS, *NORMAL, ROW, SOLVED), seed, back=3).outcome is HOLDS
    solved = last(rows(ROWS, *NORMAL, ROW, SOLVED), seed)
    assert solved.outcome is HOLDS
    assert solved.detail.startswith("proved, error < 1e-")
    assert last(f"{ROWS}\n\n$$ {ARGMIN}{SOLVED[4:]} $$", seed).outcome is HOLDS


PLACES = [
    r"(X^\top X - \lambda I)^{-1} X^\top y",
    r"(X^\top X + 2 \lambda I)^{-1} X^\top y",
    r"(X^\top X + \lambda^2 I)^{-1} X^\top y",
    r"-(X^\top X + \lambda I)^{-1} X^\top y",
    r"2 (X^\top X + \lambda I)^{-1} X^\top y",
    r"(X^\top X + \lambda I) X^\top y",
    r"(X^\top X)^{-1} X^\top y",
    r"(X^\top X + \lambda I)^{-1} X^\top X w",
    r"X^\top (X X^\top - \lambda I)^{-1} y",
]


@pytest.mark.parametrize("place", PLACES)
def test_no_other_place_is_proved(place):
    for seed in range(3):
        assert last(rows(ROWS, *NORMAL, f"w = {place}"), seed).outcome in (WRONG, NOT_CHECKED)
        assert last(f"{ROWS}\n\n$$ {ARGMIN}{place} $$", seed).outcome is NOT_CHECKED


@pytest.mark.parametrize(
    "row", [r"(X^\top X + \lambda I) w = 2 X^\top y", r"(X^\top X - \lambda I) w = X^\top y", r"X w = y"]
)
def test_a_row_that_does_not_hold_at_the_solution_is_refuted(row):
    assert last(rows(ROWS, *NORMAL, row, SOLVED), back=2).outcome is WRONG


def test_another_form_of_the_solution_is_proved_too():
    assert last(rows(ROWS, *NORMAL, r"w = X^\top (X X^\top + \lambda I)^{-1} y")).outcome is HOLDS


def test_of_a_hundred_near_misses_none_is_proved():
    source = random.Random(4)
    factors = ["1", "2", "(-1)", r"\frac{1}{2}", "n", r"\lambda", "d", "3"]
    found = {tuple(source.choice(factors) for _ in range(3)) for _ in range(400)}
    near = sorted(each for each in found if len(set(each)) > 1)[:100]
    assert len(near) == 100
    for gram, ridge, moment in near:
        place = f"({gram} X^\\top X + {ridge} \\lambda I)^{{-1}} {moment} X^\\top y"
        assert last(rows(ROWS, *NORMAL, f"w = {place}"), source.randrange(50)).outcome is WRONG, place
    for factor in factors:
        place = f"({factor} X^\\top X + {factor} \\lambda I)^{{-1}} {factor} X^\\top y"
        assert last(rows(ROWS, *NORMAL, f"w = {place}")).outcome is HOLDS, place


SINGULAR = r"Let $v, w, c \in \mathbb{R}^n$, $a, b \in \mathbb{R}$."


def test_an_equation_that_does_not_determine_its_unknown_proves_nothing():
    text = rows(SINGULAR, r"v v^\top w - v v^\top c = 0", r"w = c")
    assert last(text).outcome in (NOT_CHECKED, UNDECIDED)


def test_an_objective_that_is_flat_along_a_line_has_no_place():
    text = f"{SINGULAR} Let $f(w) = (v^\\top w - v^\\top c)^2$.\n\n$$ \\hat w = \\arg\\min_w f(w) = c $$"
    assert last(text).outcome in (NOT_CHECKED, UNDECIDED)


def test_what_is_not_linear_or_quadratic_is_left():
    text = rows(SINGULAR, r"a^2 - b^2 = 0", r"a = b")
    assert last(text).outcome is NOT_CHECKED
    quartic = f"{SINGULAR} Let $f(a) = (a - b)^4$.\n\n$$ \\hat a = \\arg\\min_a f(a) = b $$"
    assert last(quartic).outcome is NOT_CHECKED


def test_a_maximum_that_is_a_minimum_is_wrong_although_the_slope_vanishes_there():
    text = f"{ROWS}\n\n$$ \\hat w = \\arg\\max_w f(w) = {SOLVED[4:]} $$"
    (result,) = check(Source("t.md", text), Settings()).results
    assert result.verdict.outcome is WRONG


MOMENTS = r"""Let $u \in \mathbb{R}^{J}$, $\sigma > 0$ and $x^{(i)} \in \mathbb{R}^{J}$ for $i = 1, \dots, N$, where
$z^{(i)} \sim \mathcal{N}(0, 1)$ and $x^{(i)} \mid z^{(i)} \sim \mathcal{N}(u z^{(i)}, \sigma^2 I)$.
Write $m^{(i)} = \mathbb{E}[z^{(i)} \mid x^{(i)}]$ and $s^{(i)} = \mathbb{E}[(z^{(i)})^2 \mid x^{(i)}]$.
"""
STATIONARY = r"\sum_{i=1}^{N} \left( -2 x^{(i)} m^{(i)} + 2 u s^{(i)} \right) = 0"


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        (r"u = \frac{\sum_{i=1}^{N} x^{(i)} m^{(i)}}{\sum_{i=1}^{N} s^{(i)}}", HOLDS),
        (r"u = \frac{\sum_{i=1}^{N} x^{(i)} m^{(i)}}{\sum_{i=1}^{N} (m^{(i)})^2}", NOT_CHECKED),
        (r"u = \sum_{i=1}^{N} \frac{x^{(i)} m^{(i)}}{s^{(i)}}", NOT_CHECKED),
        (r"u = \frac{1}{N} \sum_{i=1}^{N} \frac{x^{(i)} m^{(i)}}{s^{(i)}}", NOT_CHECKED),
        (r"u = -\frac{\sum_{i=1}^{N} x^{(i)} m^{(i)}}{\sum_{i=1}^{N} s^{(i)}}", NOT_CHECKED),
    ],
)  # fmt: skip
def test_moments_are_held_at_the_current_parameters(row, wanted):
    assert last(rows(MOMENTS, STATIONARY, row)).outcome is wanted


def test_an_equation_with_an_exponential_in_its_jacobian_is_left():
    text = rows(SINGULAR, r"(e^a e^b - e^{a + b} + 1) a = b", r"a = b")
    assert last(rows(SINGULAR, r"e^b a = 1", r"a = e^{-b}")).outcome is NOT_CHECKED
    assert last(text).outcome is not WRONG


def test_the_optimum_over_a_matrix_is_proved_within_its_share_of_the_work():
    path = Path(__file__).parents[1] / "documents" / "user-ppca-vector.md"
    problem = problem_of(Source(path.name, path.read_text(encoding="utf-8")))
    claim = problem.claims[-1]
    assert isinstance(claim, Claim)
    BUDGET.renew()
    begun = PRICE - modular.SHARE
    evidence = modular.ask(Draws(problem, Settings(seed=1)), claim)
    assert evidence.outcome is HOLDS
    assert BUDGET.price - begun < modular.SHARE


def test_where_the_degree_is_too_large_the_oracle_gives_up_at_the_first_draw():
    looks: list[str] = []

    def counted(draws, claim, world):
        looks.append(claim.name)
        return modular.Look(True, True, False, 1e17)

    problem = problem_of(Source("t.md", "Let $x \\in \\mathbb{R}$.\n\n$$ x^2 = x \\cdot x $$\n"))
    claim = problem.claims[-1]
    assert isinstance(claim, Claim)
    BUDGET.renew()
    draws = Draws(problem, Settings())
    tally = modular.Tally()
    assert modular._tried(draws, claim, modular.reach_of(draws, claim), counted, tally) is None
    assert len(looks) == 1
    assert not tally.sizes
    assert tally.too_large > modular.LEAST
