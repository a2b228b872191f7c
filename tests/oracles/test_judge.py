"""Weighing what the oracles say: the odd one out is named, nothing that contradicts itself is decided."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from derivcheck.evaluation.differentiation import Autograd
from derivcheck.judge import judge, weigh
from derivcheck.oracles import table
from derivcheck.oracles.exact import Oracle
from derivcheck.verdict import Doubt, Evidence, Outcome, Sees, Strength, Word
from tests.problem.asking import HOLDS, NOT_CHECKED, UNDECIDED, WRONG, bench

KINDS = {
    "autograd": {"sees": Sees.DERIVATIVE},
    "differences": {"sees": Sees.DIFFERENCES},
    "kinks": {"sees": Sees.SUBGRADIENTS},
    "rational": {"strength": Strength.EXACT},
    "cells": {"strength": Strength.PROOF, "bound": 0.0},
    "modular": {"strength": Strength.PROOF, "bound": 1e-30},
    "inequality": {"strength": Strength.SEARCH},
    "solution": {"sees": Sees.ROOT},
    "minimiser": {"sees": Sees.EXTREMUM},
    "comparison": {"sees": Sees.HEIGHT},
}


def seen(oracle, outcome, detail="", inputs=12, **more):
    """Evidence of the kind that this source gives, seen at so many inputs."""
    return Evidence(oracle, outcome, detail=detail, points=12, seen=inputs, **{**KINDS.get(oracle, {}), **more})


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
    assert (weigh(found).outcome, weigh(found).said) == (HOLDS, "agrees: kinks, at 12 inputs")
    assert weigh([*found[:2], seen("kinks", WRONG)]).outcome is WRONG
    assert weigh([*found[:2], seen("kinks", NOT_CHECKED)]).outcome is WRONG


def test_an_exact_counterexample_outweighs_everything():
    made = weigh([seen("rational", WRONG, "exact counterexample at a = 2"), seen("values", HOLDS)])
    assert (made.outcome, made.reason) == (WRONG, "exact counterexample at a = 2")


def test_exact_agreement_settles_a_doubt_of_rounding_but_not_one_of_emptiness():
    near, empty = (seen("values", UNDECIDED, doubt=doubt) for doubt in (Doubt.BETWEEN, Doubt.VACUOUS))
    assert weigh([seen("rational", HOLDS), near]).outcome is HOLDS
    assert weigh([seen("rational", HOLDS), empty]).outcome is UNDECIDED


def test_exact_agreement_at_some_points_does_not_save_a_line_that_is_wrong_elsewhere():
    assert weigh([seen("rational", HOLDS), seen("values", WRONG)]).outcome is WRONG


def test_a_vacuous_autograd_does_not_let_differences_decide():
    made = weigh([seen("autograd", UNDECIDED, doubt=Doubt.VACUOUS), seen("differences", WRONG)])
    assert made.outcome is UNDECIDED


def test_a_proof_that_numbers_contradict_at_the_same_sizes_decides_nothing():
    n = [((("n", size),),) for size in (2, 3, 60)]
    proof = seen("modular", HOLDS, sizes=(*n[0], *n[1]))
    assert weigh([proof, seen("values", WRONG, failing=n[1])]).outcome is UNDECIDED
    assert weigh([proof, seen("values", WRONG, failing=n[2])]).outcome is WRONG
    assert weigh([replace(proof, all_sizes=True), seen("values", WRONG, failing=n[2])]).outcome is UNDECIDED
    assert weigh([seen("cells", HOLDS), seen("values", WRONG)]).outcome is UNDECIDED


def test_a_refutation_mod_a_prime_counts_where_nothing_exact_says_otherwise_at_the_same_sizes():
    n = [((("n", size),),) for size in (2, 3, 60)]
    refuted = seen("modular", WRONG, failing=n[2])
    assert weigh([refuted, seen("rational", HOLDS, sizes=n[0]), seen("values", HOLDS, sizes=n[1])]).outcome is WRONG
    assert weigh([refuted, seen("rational", HOLDS, sizes=n[2])]).outcome is UNDECIDED
    assert weigh([refuted, seen("values", HOLDS, sizes=n[2], detectable=1e-13)]).outcome is UNDECIDED
    assert weigh([refuted, seen("values", UNDECIDED, doubt=Doubt.ROUNDING)]).outcome is WRONG


def test_that_a_side_has_no_value_is_not_believed_where_another_source_has_one():
    nowhere = seen("modular", WRONG, doubt=Doubt.NO_VALUE)
    assert weigh([nowhere, seen("values", HOLDS)]).outcome is HOLDS
    assert weigh([nowhere, seen("values", UNDECIDED, doubt=Doubt.NO_VALUE)]).outcome is WRONG
    assert weigh([nowhere]).outcome is WRONG


def test_a_vanishing_slope_is_no_optimum_where_another_place_is_better():
    slope = seen("modular", HOLDS, sees=Sees.SLOPE)
    assert weigh([slope, seen("comparison", WRONG)]).outcome is WRONG
    assert weigh([slope, seen("optimum", WRONG)]).outcome is UNDECIDED


def test_what_one_source_sees_at_one_input_is_not_called_wrong_until_something_confirms_it():
    alone = seen("values", WRONG, inputs=1)
    assert weigh([alone]).outcome is UNDECIDED
    assert "nothing confirms it" in weigh([alone]).reason
    assert weigh([seen("values", WRONG, inputs=2)]).outcome is WRONG
    assert weigh([alone, seen("slope", WRONG, inputs=1)]).outcome is WRONG
    assert weigh([alone, seen("modular", WRONG)]).outcome is WRONG
    assert weigh([seen("rational", WRONG, inputs=1)]).outcome is WRONG


def test_where_it_holds_it_is_proved_or_agrees_and_both_say_how_far():
    proof = seen("modular", HOLDS, sizes=((("n", 3),), (("n", 5),)))
    values = seen("values", HOLDS, detectable=3e-13)
    assert (weigh([values]).strength, weigh([values]).said) == (Word.AGREES, "agrees: values, at 12 inputs, to 3e-13")
    assert (weigh([proof]).strength, weigh([proof]).said) == (Word.PROVED, "proved at n = 3, 5, error < 1e-30")
    assert weigh([replace(proof, every=("φ",), all_sizes=True), values]).said == "proved for every φ"
    both = replace(proof, sizes=((("m", 2), ("n", 3)), (("m", 4), ("n", 5))), bound=0.0)
    assert weigh([both]).said == "proved at (m, n) = (2, 3), (4, 5)"
    many = replace(both, sizes=tuple((("m", m), ("n", 7)) for m in (9, 2, 3, 5)))
    assert weigh([many]).said == "proved at (m, n) = (2, 7), …, (9, 7)"
    assert weigh([seen("rational", HOLDS), values]).strength is Word.AGREES


@pytest.mark.parametrize("found", [[], [seen("rational", NOT_CHECKED, "no rational input meets the conditions")]])
def test_without_any_oracle_that_speaks_nothing_is_decided(found):
    made = weigh(found)
    assert made.outcome is UNDECIDED
    assert made.reason


def test_one_doubt_among_agreements_is_no_pass():
    assert weigh([seen("values", UNDECIDED, "x")]).outcome is UNDECIDED
    assert weigh([seen("inequality", HOLDS), seen("values", UNDECIDED, "x")]).outcome is UNDECIDED


def test_no_verdict_depends_on_the_name_of_a_source_or_on_what_it_says():
    generator = random.Random(1)
    for _ in range(300):
        kinds = generator.sample(sorted(KINDS), 4)
        doubts = [None, *Doubt]
        found = [seen(kind, generator.choice(list(Outcome)), doubt=generator.choice(doubts)) for kind in kinds]
        renamed = [replace(one, oracle=f"source {at}", detail=f"words {at}") for at, one in enumerate(found)]
        assert weigh(renamed).outcome is weigh(found).outcome
        assert weigh(renamed).strength is weigh(found).strength


def test_a_new_source_is_one_line_of_the_table(monkeypatch):
    made, (claim,) = bench("Let $s \\in \\mathbb{R}$.\n\n$$ \\sin(2 s) = 2 \\sin(s) \\cos(s) $$\n")
    assert judge(made, claim).outcome is HOLDS
    said = Evidence("scribe", WRONG, detail="exact counterexample at s = 1")
    scribe = Oracle("scribe", lambda *_: True, lambda *_: said, Strength.EXACT, Sees.WHOLE)
    monkeypatch.setattr(table, "ORACLES", (*table.ORACLES, scribe))
    verdict = judge(made, claim)
    assert scribe.name in {one.oracle for one in verdict.evidence}
    assert verdict.outcome is not HOLDS


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


def test_an_index_out_of_range_is_wrong_and_what_rests_on_conditions_that_nothing_meets_is_not_checked():
    made, (claim,) = bench(
        "Let $x \\in \\mathbb{R}^n$ and $s \\in \\mathbb{R}$.\n\n$$ s + \\sum_{i=1}^{n} x_{i+1} = s $$\n"
    )
    assert judge(made, claim).outcome is WRONG
    text = "Let $s \\in \\mathbb{R}$. If $1 < s < 0$, then $\\sin(s) = s$."
    made, (claim,) = bench(text)
    assert judge(made, claim).outcome is NOT_CHECKED
    assert "no input" in judge(made, claim).reason
