"""What float64 rounds away is seen: near misses, underflow, saturation and absorption, at exact inputs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from derivcheck.config import Settings
from derivcheck.engine import problem_of
from derivcheck.oracles import balls, enclosed
from derivcheck.oracles.draws import Draws
from derivcheck.problem.problem import Claim
from derivcheck.source import Source
from derivcheck.verdict import Evidence, Outcome, Strength

REAL = r"Let $x, y \in \mathbb{R}$. "
POSITIVE = "Let $a, b > 0$. "
VECTORS = r"Let $u, v \in \mathbb{R}^n$. "
PHI = REAL + r"Let $\phi : \mathbb{R} \to \mathbb{R}$. "


def said(text: str, seed: int = 0) -> Evidence | None:
    """What balls say of the last claim; None where they are not asked."""
    problem = problem_of(Source("-", text))
    claim = problem.claims[-1]
    assert isinstance(claim, Claim)
    draws = Draws(problem, replace(Settings(), seed=seed))
    return enclosed.ask(draws, claim) if balls.applies(draws, claim) else None


WRONG = (
    (REAL, r"e^{x + 10^{-60}} = e^x"),
    (REAL, r"e^{-1000 - x^2} = 0"),
    (REAL, r"\tanh(100 + x^2) \ge 1"),
    (REAL, r"\tanh(10^4 + x^2) = 1"),
    (REAL, r"(e^x + 10^{20}) - 10^{20} = 0"),
    (REAL, r"1 + e^{-5000 - x^2} = 1"),
    (REAL, r"\log(1 + e^{100 + x^2}) = 100 + x^2"),
    (REAL, r"\sqrt{x^2 + 10^{-20}} = |x|"),
    (REAL, r"\arcsin(\sin x) = x"),
    (REAL, r"e^{\pi \sqrt{163}} = 262537412640768744"),
    (REAL, r"3.141592653589793 x = \pi x"),
    (REAL, r"e^{x - 1} > x"),
    (POSITIVE, r"\sqrt{a b} < \frac{a + b}{2}"),
    (VECTORS, r"u^\top \tanh(v) + 10^{-20} = u^\top \tanh(v)"),
    (VECTORS, r"\| u + v \| = \| u \| + \| v \|"),
    (REAL, r"\sqrt{2} \sqrt{3} < \sqrt{6}"),
    (VECTORS, r"\| u + v \| < \| u \| + \| v \|"),
    (VECTORS, r"\| u - v \| > 0"),
    (r"Let $x \in (0, 1)$. ", r"\log x < -10^{-9}"),
    (PHI, r"\phi(x) \le 100"),
    (PHI, r"\phi'(x) \ne 0"),
    (PHI, r"\phi''(x) \ge -1000"),
)
RIGHT = (
    (REAL, r"\sin(x)^2 + \cos(x)^2 = 1"),
    (REAL, r"\cosh(x)^2 - \sinh(x)^2 = 1"),
    (REAL, r"e^{-1000 - x^2} > 0"),
    (REAL, r"\tanh(100 + x^2) < 1"),
    (REAL, r"\frac{\partial}{\partial x} \log(1 + e^x) = \frac{1}{1 + e^{-x}}"),
    (REAL, r"\log(1 + e^{400 + x^2}) - 400 = x^2 + \log(1 + e^{-400 - x^2})"),
    (POSITIVE, r"\log(a b) = \log a + \log b"),
    (POSITIVE, r"\sqrt{a b} \le \frac{a + b}{2}"),
    (VECTORS, r"\| u + v \| \le \| u \| + \| v \|"),
)


@pytest.mark.parametrize(("given", "claim"), WRONG)
def test_what_is_false_is_refuted_at_an_exact_input(given: str, claim: str) -> None:
    found = said(f"{given}\n$$ {claim} $$")
    assert found is not None
    assert found.outcome is Outcome.WRONG
    assert "exact counterexample" in found.detail or "is proved" in found.detail


@pytest.mark.parametrize(("given", "claim"), RIGHT)
def test_what_is_true_agrees_to_a_hundred_digits_or_holds_at_every_input(given: str, claim: str) -> None:
    found = said(f"{given}\n$$ {claim} $$")
    assert found is not None
    assert found.outcome is Outcome.HOLDS


def test_sides_that_differ_are_shown_differing() -> None:
    near = said(REAL + r"$$ 3.141592653589793 = \pi $$")
    far = said(REAL + r"$$ 1 + e^{-1000} = 1 $$")
    tie = said(REAL + r"$$ e^{x - 1} > x $$")
    assert near is not None
    assert near.detail.endswith("the left side is 3.14159265358979300000000, the right side 3.14159265358979323846264")
    assert far is not None
    assert far.detail.endswith("the left side is 1.000000000, by 5.08e-435 more than the right side")
    assert tie is not None
    assert tie.detail == "exact counterexample at x = 1: both sides are 1.00000"


def test_a_summand_that_no_precision_shows_leaves_it_undecided() -> None:
    found = said(REAL + r"$$ 1 + e^{-10^6 - x^2} = 1 $$")
    assert found is not None
    assert found.outcome is Outcome.UNDECIDED
    assert "was not seen" in found.detail


def test_sides_that_are_proved_to_be_equal_at_a_multiple_of_pi_refute_a_strict_inequality() -> None:
    found = said(REAL + r"$$ \sin(x)^2 < 1 $$")
    assert found is not None
    assert found.outcome is Outcome.WRONG
    assert found.detail == "the sides agree to 100 digits at x = 1/2 π, and that they are equal is proved"


def test_an_inequality_of_constants_alone_is_proved_by_its_enclosures() -> None:
    for claim, strength in {
        r"e^\pi > \pi^e": Strength.PROOF,
        r"\sqrt{2} \ne \frac{99}{70}": Strength.PROOF,
        r"\sqrt{2} + \sqrt{3} \ge \sqrt{5 + 2 \sqrt{6}}": Strength.MEASURED,
        r"e^x > x": Strength.MEASURED,
    }.items():
        found = said(f"{REAL}$$ {claim} $$")
        assert found is not None
        assert (found.outcome, found.strength) == (Outcome.HOLDS, strength)


def test_corners_are_looked_at_where_an_equation_bends_or_something_was_lost_and_else_generic_inputs_settle_it() -> (
    None
):
    flat = r"e^{-10^6 u^\top u} + u^\top v = u^\top v"
    for claim, outcome, few in (
        (r"e^{u^\top v} e^{v^\top u} = e^{2 u^\top v}", Outcome.HOLDS, True),
        (r"e^{u^\top v} e^{\| u \|} = e^{\| u \| + u^\top v}", Outcome.HOLDS, False),
        (flat, Outcome.WRONG, False),  # at generic inputs nothing of the first summand is left: at 0 it is 1
    ):
        found = said(f"{VECTORS}$$ {claim} $$")
        assert found is not None
        assert found.outcome is outcome
        assert (found.points <= 16) is (few or outcome is Outcome.WRONG)


def test_what_is_rational_is_left_to_other_oracles() -> None:
    assert said(REAL + "$$ (x + y)^2 = x^2 + 2 x y + y^2 $$") is None


def test_an_integral_over_one_number_is_enclosed_to_40_digits() -> None:
    model = r"Let $z \sim \mathcal{N}(0, 1)$." + "\n"
    for line, expected in {
        r"\mathbb{E}[\max(z - 12, 0) + e^z] = e^{1/2}": Outcome.WRONG,
        r"\mathbb{E}[\max(z, 0) + e^z] = e^{1/2} + \frac{1}{\sqrt{2 \pi}}": Outcome.HOLDS,
        # Nothing but 0 wherever it is looked at, and too small to be told from it.
        r"\mathbb{E}[\max(z - 100, 0)] = 0": Outcome.UNDECIDED,
    }.items():
        found = said(f"{model}$$ {line} $$")
        assert found is not None
        assert found.outcome is expected
