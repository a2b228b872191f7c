"""Sizes: all different, none of them 1, within what the document asks."""

from __future__ import annotations

import pytest

from derivcheck.evaluation import sizes
from derivcheck.evaluation.sizes import SizesError
from tests.problem.asking import UNDECIDED, bench, outcome, problem

TEXT = "Let $A \\in \\mathbb{R}^{m \\times n}$, $B \\in \\mathbb{R}^{n \\times p}$CONDITION and $C \\in \\mathbb{R}^{m \\times p}$.\n\n$$ A B + C = C + A B $$\n"


def drawn(condition="", seed=0, count=4, **fixed):
    made = problem(TEXT.replace("CONDITION", condition))
    return sizes.draw(sizes.symbols(made), made, fixed, seed, count)


@pytest.mark.parametrize("seed", range(20))
def test_sizes_are_all_different_and_none_is_1(seed):
    choices = drawn(seed=seed)
    assert len(choices) == 4
    for choice in choices:
        assert sorted(choice) == ["m", "n", "p"]
        assert len(set(choice.values())) == 3
        assert min(choice.values()) >= 2
    assert len({tuple(choice.items()) for choice in choices}) == 4


def test_the_same_seed_draws_the_same_sizes_and_seeds_differ():
    assert drawn(seed=3) == drawn(seed=3)
    assert len({str(drawn(seed=seed)) for seed in range(6)}) > 1


@pytest.mark.parametrize(
    ("condition", "law"),
    [
        (" with $m > n$", lambda c: c["m"] > c["n"]),
        (" with $m \\ge n$", lambda c: c["m"] >= c["n"]),
        (" with $n \\ge 5$", lambda c: c["n"] >= 5),
        (" with $p > 3$", lambda c: c["p"] > 3),
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_conditions_on_sizes_are_met(condition, law, seed):
    assert all(law(choice) for choice in drawn(condition, seed))


def test_fixed_sizes_are_kept_and_with_all_fixed_there_is_one_choice():
    assert all(choice["n"] == 7 for choice in drawn(n=7))
    assert drawn(m=2, n=3, p=4) == [{"m": 2, "n": 3, "p": 4}]


def test_conditions_that_no_size_meets_are_said_and_nothing_passes():
    with pytest.raises(SizesError, match="no sizes"):
        drawn(" with $m > n$", m=2, n=5)
    assert outcome(TEXT.replace("CONDITION", " with $m > n$"), sizes={"m": 2, "n": 5}) is UNDECIDED


def test_a_size_in_terms_of_others_is_worked_out():
    text = "Let $x \\in \\mathbb{R}^{n}$ and $z \\in \\mathbb{R}^{2n + 1}$.\n\n$$ \\begin{pmatrix} x \\\\ x \\\\ 1 \\end{pmatrix} + z = z + \\begin{pmatrix} x \\\\ x \\\\ 1 \\end{pmatrix} $$\n"
    made, _ = bench(text)
    for world in made.worlds():
        assert world.leaves["z"].shape[1] == 2 * world.sizes["n"] + 1


def test_the_first_choice_is_small():
    assert max(drawn(seed=1)[0].values()) <= 6
