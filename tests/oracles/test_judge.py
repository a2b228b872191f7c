"""Weighing what the oracles say: the odd one out is named, nothing that contradicts itself is decided."""

from __future__ import annotations

import pytest

from derivcheck.evaluation.differentiation import Autograd
from derivcheck.judge import judge, weigh
from derivcheck.verdict import Evidence, Outcome
from tests.problem.asking import HOLDS, NOT_CHECKED, UNDECIDED, WRONG, bench

ZERO = "both sides are zero at every input: this tests nothing"


def seen(oracle, outcome, detail=""):
    return Evidence(oracle, outcome, detail=detail)


@pytest.mark.parametrize(
    ("autograd", "differences", "verdict", "named"),
    [
        (HOLDS, HOLDS, HOLDS, ""),
        (HOLDS, UNDECIDED, HOLDS, ""),
        (HOLDS, WRONG, UNDECIDED, "unusable"),
        (WRONG, HOLDS, UNDECIDED, "autograd is the odd one out"),
        (WRONG, UNDECIDED, WRONG, ""),
        (WRONG, WRONG, WRONG, ""),
        (UNDECIDED, WRONG, WRONG, ""),
        (UNDECIDED, UNDECIDED, UNDECIDED, ""),
        (UNDECIDED, HOLDS, UNDECIDED, ""),
    ],
)
def test_the_three_sources_of_a_derivative_give_one_verdict(autograd, differences, verdict, named):
    made = weigh([seen("autograd", autograd), seen("differences", differences)])
    assert made.outcome is verdict
    assert named in made.reason
    assert len(made.evidence) == 2


def test_a_pass_needs_autograd_whatever_the_differences_say():
    for differences in Outcome:
        for autograd in (WRONG, UNDECIDED):
            found = [seen("autograd", autograd), seen("differences", differences)]
            assert weigh(found).outcome is not HOLDS


def test_a_subgradient_at_every_kink_outweighs_autograd():
    found = [seen("autograd", WRONG), seen("differences", WRONG), seen("kinks", HOLDS)]
    assert (weigh(found).outcome, weigh(found).said) == (HOLDS, "subgradients")
    assert weigh([*found[:2], seen("kinks", WRONG)]).outcome is WRONG
    assert weigh([*found[:2], seen("kinks", NOT_CHECKED)]).outcome is WRONG


def test_an_exact_counterexample_outweighs_everything():
    made = weigh([seen("rational", WRONG, "exact counterexample at a = 2"), seen("values", HOLDS)])
    assert (made.outcome, made.reason) == (WRONG, "exact counterexample at a = 2")


def test_exact_agreement_settles_a_doubt_of_rounding_but_not_one_of_emptiness():
    doubt = "the discrepancy is within a hundred error bars"
    assert weigh([seen("rational", HOLDS), seen("values", UNDECIDED, doubt)]).outcome is HOLDS
    assert weigh([seen("rational", HOLDS), seen("values", UNDECIDED, ZERO)]).outcome is UNDECIDED


def test_exact_agreement_at_some_points_does_not_save_a_line_that_is_wrong_elsewhere():
    assert weigh([seen("rational", HOLDS), seen("values", WRONG)]).outcome is WRONG


def test_a_vacuous_autograd_does_not_let_differences_decide():
    made = weigh([seen("autograd", UNDECIDED, ZERO), seen("differences", WRONG)])
    assert made.outcome is UNDECIDED


@pytest.mark.parametrize("found", [[], [seen("rational", NOT_CHECKED, "no rational input meets the conditions")]])
def test_without_any_oracle_that_speaks_nothing_is_decided(found):
    made = weigh(found)
    assert made.outcome is UNDECIDED
    assert made.reason


def test_one_doubt_among_agreements_is_no_pass():
    assert weigh([seen("values", UNDECIDED, "x")]).outcome is UNDECIDED
    assert weigh([seen("inequality", HOLDS), seen("values", UNDECIDED, "x")]).outcome is UNDECIDED


class Detached(Autograd):
    """A reference that has lost half of every derivative, as a detach in the middle of a graph does."""

    def derivative(self, term, frame):
        return super().derivative(term, frame) / 2


TEXT = "Let $x \\in \\mathbb{R}^n$ and $f : \\mathbb{R} \\to \\mathbb{R}$.\n\n$$ \\frac{\\partial \\, \\mathbf{1}^\\top f(x)}{\\partial x} = CLAIMED $$\n"


def lying(text, seed):
    made, (claim,) = bench(text, seed)
    for world in made.worlds():
        world.differentiator = Detached()
    return judge(made, claim)


@pytest.mark.parametrize("seed", range(5))
def test_a_wrong_autograd_leaves_a_right_line_undecided_and_is_named_as_the_odd_one_out(seed):
    text = TEXT.replace("CLAIMED", "f'(x)")
    verdict = lying(text, seed)
    assert verdict.outcome is UNDECIDED
    assert "autograd is the odd one out" in verdict.reason
    made, (claim,) = bench(text, seed)
    assert judge(made, claim).outcome is HOLDS


@pytest.mark.parametrize("seed", range(5))
def test_a_wrong_line_that_a_wrong_autograd_confirms_is_no_pass(seed):
    verdict = lying(TEXT.replace("CLAIMED", "\\frac{1}{2} f'(x)"), seed)
    assert verdict.outcome is UNDECIDED
    assert "differences do not" in verdict.reason


def test_an_index_out_of_range_is_wrong_and_conditions_that_nothing_meets_are_undecided():
    made, (claim,) = bench(
        "Let $x \\in \\mathbb{R}^n$ and $s \\in \\mathbb{R}$.\n\n$$ s + \\sum_{i=1}^{n} x_{i+1} = s $$\n"
    )
    assert judge(made, claim).outcome is WRONG
    text = "Let $s \\in \\mathbb{R}$. If $1 < s < 0$, then $\\sin(s) = s$."
    made, (claim,) = bench(text)
    assert judge(made, claim).outcome is UNDECIDED
    assert "no input" in judge(made, claim).reason
