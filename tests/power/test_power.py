"""Whether a derivation's checks can fail: strong documents, weak ones, and what is the same in other words."""

from __future__ import annotations

import random
from functools import lru_cache

import pytest

from derivcheck.config import Settings
from derivcheck.engine import check
from derivcheck.power import equivalence
from derivcheck.power.mutants import mutated_text
from derivcheck.power.run import power
from derivcheck.power.score import Fate, Power
from derivcheck.source import Source
from derivcheck.verdict import Evidence, Outcome, Strength, Verdict, exit_code

pytestmark = pytest.mark.xdist_group("power")  # one process has them all: what is checked once is kept

STRONG = (
    "Let $x \\in \\mathbb{R}^n$, $A \\in \\mathbb{R}^{m \\times n}$ and $f = x^\\top A^\\top A x$.\n\n"
    "$$ \\frac{\\partial f}{\\partial x} = 2 A^\\top A x $$\n"
)
BLOCK = (
    "Let $x \\in \\mathbb{R}^{D}$, $W \\in \\mathbb{R}^{D \\times D}$, $\\phi : \\mathbb{R} \\to \\mathbb{R}$ and "
    "$\\ell : \\mathbb{R}^{D} \\to \\mathbb{R}$.\n\n$$ z = W x, \\quad y = \\phi(z) + x $$\n\n"
    "With the loss $\\ell(y)$,\n\n"
    "$$ \\frac{\\partial \\ell}{\\partial z} = \\frac{\\partial \\ell}{\\partial y} \\odot \\phi'(z) $$\n"
    "$$ \\frac{\\partial \\ell}{\\partial W} = \\frac{\\partial \\ell}{\\partial z} x^\\top $$\n"
    "$$ \\frac{\\partial \\ell}{\\partial x} = W^\\top \\frac{\\partial \\ell}{\\partial z}"
    " + \\frac{\\partial \\ell}{\\partial y} $$\n"
)


@lru_cache
def power_of(text: str, path: str = "a.md", **settings) -> Power:
    return power(Source(path, text), Settings(**settings))


def fates(found: Power, fate: Fate) -> list[str]:
    return [f"{one.mutant.claim}: {one.mutant.title}" for one in found.tried if one.fate is fate]


@pytest.mark.parametrize("text", [STRONG, BLOCK])
def test_every_edit_of_a_strong_derivation_is_killed_or_the_same(text):
    found = power_of(text)
    assert fates(found, Fate.OPEN) == []
    assert found.exit_code(strict=True) == 0
    assert found.count(Fate.KILLED) > 20


def test_the_summary_counts_what_the_table_counts():
    found = power_of(BLOCK)
    counts = found.counts()
    assert found.summary() == (
        f"{sum(count.mutants for count in counts)} mutants: {sum(count.killed for count in counts)} killed, "
        f"{sum(count.equivalent for count in counts)} shown equivalent, 0 open"
    )
    by_name = {count.operator: count for count in counts}
    assert by_name["definition"].killed > 10
    assert by_name["pair"].killed > 5
    assert by_name["limit"].mutants == 0


def test_a_bias_of_which_no_claim_speaks_is_not_tested():
    found = power_of(BLOCK.replace("z = W x,", "z = W x + b,").replace("Let $x ", "Let $b \\in \\mathbb{R}^D$, $x "))
    assert [title.split(": ")[1] for title in fates(found, Fate.OPEN)] == [
        "change the sign of `b`",
        "drop the term `b`",
    ]


def test_a_definition_that_no_claim_speaks_of_leaves_its_edits_open():
    found = power_of(STRONG.replace("\n\n$$", " Also $g = 3 x$.\n\n$$", 1))
    assert found.exit_code(strict=False) == 1
    assert {one.why for one in found.tried if one.fate is Fate.OPEN} == {"no claim depends on it"}
    assert any("g = " in found.source.text[one.mutant.span.start - 6 :] for one in found.tried if one.fate is Fate.OPEN)


def test_a_claim_that_cannot_fail_leaves_its_edits_open():
    # Whatever g is, this holds: the definition of g is not tested by it.
    found = power_of("Let $x \\in \\mathbb{R}^n$. Let $g = 3 x$.\n\n$$ g - g = 0 $$\n")
    left = [one for one in found.tried if one.fate is Fate.OPEN]
    assert left
    assert {one.mutant.operator for one in left} == {"definition"}
    assert found.exit_code(strict=False) == 1


def test_what_is_seen_at_some_inputs_only_is_open_where_the_check_leaves_them_out():
    # No case applies for s < 1 after `s < 1` became `s < 1/2`: the other half still says something.
    found = power_of("Let $s \\in \\mathbb{R}$.\n\n$$ |s| = \\begin{cases} s & s > 0 \\\\ -s & s < 0 \\end{cases} $$\n")
    assert all(one.why for one in found.tried)


ZERO = (
    "Let $x, c \\in \\mathbb{R}^n$ and $y = c$, $f = x^\\top x$.\n\n"
    "$$ \\frac{\\partial y}{\\partial x} = 0 $$\n$$ \\frac{\\partial f}{\\partial x} = 2 x $$\n"
)


def test_an_equation_that_is_zero_is_the_same_times_a_number():
    found = power_of(ZERO)
    same = [one for one in found.tried if one.fate is Fate.EQUIVALENT and one.mutant.operator == "factor"]
    assert {one.mutant.title for one in same} >= {"multiply by `2`", "multiply by `1/2`", "multiply by `n`"}
    assert all(one.why.startswith("the same equation = 0 times") for one in same)


def test_commuted_scalars_and_transposed_numbers_are_the_same_by_rules():
    found = power_of(
        "Let $x, y \\in \\mathbb{R}^n$, $s \\in \\mathbb{R}$.\n\n$$ (x + y)^\\top (s x) = s x^\\top x + y^\\top x s $$\n"
    )
    same = {one.mutant.title: one.why for one in found.tried if one.fate is Fate.EQUIVALENT}
    assert same["replace `s` by `sᵀ`"] == equivalence.RULES


SOLVED = (
    "Let $a > 0$, $b \\in \\mathbb{R}$ and $u \\in \\mathbb{R}$. Let $f(u) = a u^2 - 2 b u$.\n\n"
    "$$ \\frac{d f}{d u} = 0 \\Rightarrow 2 a u - 2 b = 0 \\Rightarrow u = \\frac{b}{a} $$\n"
)


def test_an_equation_to_be_solved_is_the_same_times_a_number_that_is_not_zero():
    found = power_of(SOLVED)
    assert not found.unheld
    rows = [one for one in found.tried if one.mutant.claim != "u"]
    whole = {
        (one.mutant.claim, one.mutant.title): one.fate
        for one in rows
        if one.mutant.title.startswith(("multiply", "change the sign of the whole"))
    }
    assert whole
    assert len(whole) == 9
    assert set(whole.values()) == {Fate.EQUIVALENT}


def test_the_rows_that_solve_notice_any_other_edit():
    found = power_of(SOLVED)
    killed = fates(found, Fate.KILLED)
    assert any("change the sign of `2b`" in title for title in killed)
    assert any("drop the term `2b`" in title for title in killed)


def test_inequalities_are_edited_too():
    found = power_of("Let $x \\in \\mathbb{R}^n$.\n\n$$ x^\\top x + 1 \\ge 1 $$\n")
    assert any("change the sign" in title for title in fates(found, Fate.KILLED))


def test_a_claim_that_does_not_hold_is_not_edited_and_fails_the_run():
    found = power_of(STRONG.replace("= 2 A", "= 3 A"))
    assert [outcome for _, outcome in found.unheld] == [Outcome.WRONG]
    assert found.exit_code(strict=False) == 1


def test_a_line_marked_as_a_mistake_is_left_alone():
    wrong = "\n<!-- derivcheck: expect wrong -->\n$$ \\frac{\\partial f}{\\partial x} = 3 A^\\top A x $$\n"
    found = power_of(STRONG + wrong)
    assert found.exit_code(strict=True) == 0
    assert found.count(Fate.KILLED) == power_of(STRONG).count(Fate.KILLED)


def test_without_a_claim_there_is_nothing_to_be_proud_of():
    assert power_of("Nothing but prose.\n").exit_code(strict=False) == 1


def test_one_claim_can_be_tested_alone():
    found = power_of(BLOCK, claim="grad-W")
    assert {one.mutant.claim for one in found.tried} == {"grad-W"}
    assert 0 < len(found.tried) < len(power_of(BLOCK).tried)


def test_what_is_read_as_something_else_is_no_mutant():
    found = power_of(BLOCK)
    left = [one for one in found.tried if one.fate is Fate.NO_MUTANT]
    assert any("is a function: at which argument is meant" in one.why for one in left)


@pytest.mark.parametrize(
    ("text", "seed"), [(BLOCK, 1), (STRONG, 2), (ZERO, 3), pytest.param(SOLVED, 4, marks=pytest.mark.thorough)]
)
def test_killed_is_what_check_calls_wrong_in_the_edited_text(text, seed, monkeypatch):
    # What mends a line takes long to find, and is not asked here.
    monkeypatch.setattr("derivcheck.diagnosis.looking.repair", lambda bench, claim: None)
    monkeypatch.setattr("derivcheck.diagnosis.readings.reading_of", lambda bench, claim, sizes: None)
    from derivcheck.power import run

    source, pairs = Source("a.md", text), []
    tried = run._tried
    monkeypatch.setattr(run, "_tried", lambda *how: [pairs.append((how[1], one)) or one for one in tried(*how)])
    power(source, Settings())
    generator = random.Random(seed)
    for fate in Fate:
        some = [pair for pair in pairs if pair[1].fate is fate]
        for site, one in generator.sample(some, min(len(some), 4)):
            edited = Source("a.md", mutated_text(text, site, one.mutant.tree))
            report = check(edited, Settings())
            wrong = any(result.verdict.outcome is Outcome.WRONG for result in report.results)
            assert wrong == (fate is Fate.KILLED), (one, edited.text)
            assert not wrong or exit_code((report,), strict=False) == 1


def test_agreement_is_no_proof_and_the_word_of_a_proving_oracle_is():
    agrees = Verdict(Outcome.HOLDS, (Evidence("values", Outcome.HOLDS),))
    assert equivalence.proof_of(agrees) is None
    proved = Verdict(
        Outcome.HOLDS,
        (Evidence("values", Outcome.HOLDS), Evidence("field", Outcome.HOLDS, strength=Strength.PROOF, bound=1e-16)),
    )
    assert equivalence.proof_of(proved) == "proved, error < 1e-16 (field)"
    assert equivalence.proof_of(agrees) is None
    assert equivalence.proof_of(Verdict(Outcome.UNDECIDED, proved.evidence)) is None


def test_a_statement_without_inputs_is_proved_by_exact_numbers():
    found = power_of(
        "Let $A = \\begin{pmatrix} 1 & 2 \\\\ 2 & 1 \\end{pmatrix}$.\n\n"
        "$$ A \\begin{pmatrix} 1 \\\\ 1 \\end{pmatrix} = \\begin{pmatrix} 3 \\\\ 3 \\end{pmatrix} $$\n"
        "$$ A \\begin{pmatrix} 1 \\\\ 0 \\end{pmatrix} = \\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix} $$\n"
    )
    same = {one.mutant.title: one.why for one in found.tried if one.fate is Fate.EQUIVALENT}
    assert same["replace `A` by `Aᵀ`"].startswith("proved")
    assert not fates(found, Fate.OPEN)
