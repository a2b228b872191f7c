"""Piecewise linear lines of a document: proved for every input, or refuted at one that is named."""

from __future__ import annotations

from fractions import Fraction

import pytest

from derivcheck.judge import judge, weigh
from derivcheck.oracles import cells, piecewise
from derivcheck.verdict import Evidence, Strength, Word
from tests.problem.asking import HOLDS, NOT_CHECKED, UNDECIDED, WRONG, bench, finding, told

NUMBERS = "Let $a, b, c, d \\in \\mathbb{R}$ and $p > 0$.\n\n$$ LINE $$\n"
COLUMNS = (
    "Let $x, y \\in \\mathbb{R}^n$, $A \\in \\mathbb{R}^{n \\times n}$ and $S \\in \\mathbb{S}^n$.\n\n$$ LINE $$\n"
)


def ask(text, latex="", seed=0, **settings):
    made, (claim,) = bench(text.replace("LINE", latex), seed, **settings)
    assert piecewise.applies(made.problem, claim)
    return piecewise.ask(made, claim)


@pytest.mark.parametrize(
    "latex",
    [
        r"a + 0 = \operatorname{relu}(a) - \operatorname{relu}(-a)",
        r"\max(a, b) = \frac{a + b + |a - b|}{2}",
        r"\max(a, b) + \min(a, b) = a + b",
        r"\max(a, b, c) = \max(a, \max(b, c))",
        r"\max(a, \min(b, c)) = \min(\max(a, b), \max(a, c))",
        r"\operatorname{relu}(\operatorname{relu}(a) - b) + \min(b, \operatorname{relu}(a)) = \operatorname{relu}(a)",
        r"\left| |a| - 1 \right| = \max(|a| - 1, 1 - |a|)",
        r"a \operatorname{sign}(a) = |a|",
        r"\mathbb{1}[a > b] (a - b) = \operatorname{relu}(a - b)",
        r"\max(a, b) = \begin{cases} a & a \ge b \\ b & a < b \end{cases}",
        r"\operatorname{relu}(2 p) = 2 p",
        r"\sum_{k=1}^{4} |k a| = 10 |a|",
        r"|a + b| \le |a| + |b|",
        r"\min(a, b) < \max(a, b) + p",
    ],
)
def test_a_right_line_is_proved(latex):
    found = ask(NUMBERS, latex)
    assert (found.outcome, found.detail) == (HOLDS, "proved")


@pytest.mark.parametrize(
    ("latex", "named"),
    [
        (r"a + 0 = \operatorname{relu}(a) + \operatorname{relu}(-a)", "a = -1"),
        (r"\min(a, b) = \operatorname{relu}(a + 1000) - 1000 - \operatorname{relu}(a - b)", "a = -1001, b = 0"),
        (r"\min(a, b) = \operatorname{relu}(a + 10^{50}) - 10^{50} - \operatorname{relu}(a - b)", "a = "),
        (r"\max(a, b, c) = \max(a, \max(b, a))", "c = "),
        (r"\mathbb{1}[a > b] = \mathbb{1}[a \ge b]", "a = 0, b = 0"),
        (r"|a| = \begin{cases} a & a \ge 10^{-12} \\ -a & a < 10^{-12} \end{cases}", "a = "),
        (r"\operatorname{relu}((1 + 10^{-12}) a) = \operatorname{relu}(a)", "a = "),
        (r"|a + b| < |a| + |b|", "a = 0"),
        (r"\max(a, b) \ge a + p", "p = "),
        (r"\left| |a| - 1 \right| = |a| - 1", "a = 0"),
    ],
)
def test_a_wrong_line_is_refuted_at_an_input_that_is_named(latex, named):
    found = ask(NUMBERS, latex)
    assert found.outcome is WRONG
    assert "exact counterexample at" in found.detail
    assert named in found.detail
    assert found.error is not None
    assert found.error > 0 or "<" in latex


def test_the_counterexample_is_one():
    found = ask("Let $a, b \\in \\mathbb{R}$.\n\n$$ LINE $$", r"\max(a, 3 b) = \max(a, b) + 2 \max(0, b)")
    a, b = (Fraction(part.split(" = ")[1]) for part in found.detail.split(" at ")[1].split(", "))
    assert max(a, 3 * b) == found.reference
    assert max(a, b) + 2 * max(0, b) == found.claimed != found.reference


@pytest.mark.parametrize(
    "latex",
    [r"|a b| = |a| |b|", r"|a| = \sqrt{a^2}", r"e^{|a|} = e^{\max(a, -a)}", r"\frac{|a|}{p} = |\frac{a}{p}|",
     r"\frac{d |a|}{d a} = \operatorname{sign}(a)", r"a^2 + |b| = a a + |b|", r"\pi |a| = |\pi a|"],
)  # fmt: skip
def test_what_is_not_piecewise_linear_is_left_to_others(latex):
    made, (claim,) = bench(NUMBERS.replace("LINE", latex))
    assert not piecewise.applies(made.problem, claim)


@pytest.mark.parametrize(
    ("latex", "is_so"),
    [
        (r"\operatorname{relu}(x) - \operatorname{relu}(-x) = x", HOLDS),
        (r"\operatorname{relu}(x) + \operatorname{relu}(-x) = x", WRONG),
        (r"\|x\|_1 = \sum_i \max(x_i, -x_i)", HOLDS),
        (r"\|x + y\|_1 \le \|x\|_1 + \|y\|_1", HOLDS),
        (r"\|x + y\|_1 \ge \|x\|_1", WRONG),
        (r"\operatorname{relu}(A \mathbf{1}) = \max(A \mathbf{1}, 0)", HOLDS),
        (r"|S_{12}| = |S_{21}|", HOLDS),
        (r"|A_{12}| = |A_{21}|", WRONG),
    ],
)
@pytest.mark.parametrize("seed", range(2))
def test_lines_of_vectors_are_proved_at_the_sizes_drawn_and_say_so(latex, is_so, seed):
    found = ask(COLUMNS, latex, seed, sizes={"n": 2} if "y" in latex else {})
    assert found.outcome is is_so
    if is_so is HOLDS:
        assert found.detail.startswith("proved at n = ")


def test_a_line_that_is_only_algebra_is_asked_at_fixed_sizes_alone():
    made, (claim,) = bench(COLUMNS.replace("LINE", "x + y = y + x"))
    assert not piecewise.applies(made.problem, claim)
    assert ask(NUMBERS, "a + b = b + a").detail == "proved"


@pytest.mark.parametrize(
    ("condition", "line", "is_so"),
    [
        (r"$a \ge 0$", "|a| = a", HOLDS),
        (r"$a > 0$", "|a| = a", HOLDS),
        (r"$a \ge -10^{-30}$", "|a| = a", WRONG),
        (r"$a = 2$", "|a| = a", HOLDS),
        (r"$a \ne 0$", "|a| = a", WRONG),
        (r"$a \ge b$", r"\max(a, b) = a", HOLDS),
        (r"$a \le b$", r"\max(a, b) = a", WRONG),
        (r"$|a| \le 1$", r"\operatorname{relu}(a + 1) - 1 = a", HOLDS),
        (r"$1 < a < 0$", "|a| = a", NOT_CHECKED),
    ],
)
def test_a_condition_restricts_the_line_to_a_cone(condition, line, is_so):
    assert ask(f"Let $a, b \\in \\mathbb{{R}}$. If {condition}, then ${line}$.").outcome is is_so


@pytest.mark.parametrize(
    ("declared", "line", "is_so"),
    [
        (r"a > 0", "|a| = a", HOLDS),
        (r"a \ge 0", "|a| = a", HOLDS),
        (r"a < 0", "|a| = a", WRONG),
        (r"a \in [0, 1]", "|a| = a", HOLDS),
        (r"a \in [0, 1]", "|a - 1| = 1 - a", HOLDS),
        (r"a \in [0, 1]", "|2 a - 1| = 1 - 2 a", WRONG),
        (r"a \in \mathbb{N}", "|a| = a", HOLDS),
        (r"a \in \{0, 1\}", "|a| = a", UNDECIDED),
    ],
)
def test_the_domain_of_a_name_is_taken_in(declared, line, is_so):
    found = ask(f"Let ${declared}$.\n\n$$ {line} $$")
    assert found.outcome is is_so


def test_what_is_assumed_of_a_name_is_taken_in():
    text = "Let $a, b \\in \\mathbb{R}$ with $a \\ge b$.\n\n$$ \\max(a, b) = LINE $$"
    assert ask(text, "a").outcome is HOLDS
    assert ask(text, "b").outcome is WRONG


def test_definitions_and_functions_are_read_through():
    text = (
        "Let $x \\in \\mathbb{R}^2$ and $f(t) = \\begin{cases} t & t > 0 \\\\ 0 & t \\le 0 \\end{cases}$ for $t \\in \\mathbb{R}$.\n\n"
        "$$ A = \\begin{pmatrix} 1 & -1 \\\\ -1 & 1 \\\\ 1 & 0 \\\\ -1 & 0 \\end{pmatrix}, \\quad h = f(A x), \\quad "
        "y = h_3 - h_4 - h_1 $$\n\n$$ y = LINE $$"
    )
    assert ask(text, r"\min(x_1, x_2)").detail == "proved"
    assert "x = (" in ask(text, r"\max(x_1, x_2)").detail


def test_what_is_offered_holds_outside_of_what_is_drawn_too():
    text = "Let $a, b \\in \\mathbb{R}$ and $s = \\operatorname{sign}(a + 1000)$.\n\n$$ LINE $$"
    latex = r"\min(a, b) = \operatorname{relu}(a + 1000) - 1000 - \operatorname{relu}(a - b)"
    words = told(finding(text.replace("LINE", latex)))
    assert "a = -1001, b = 0" in words
    # relu(1000) is 1000, and a − relu(a − b) is the smaller one; relu(a + 1000) is a + 1000 in all draws, and no more.
    assert "by `a + ReLU(1000) − 1000 − ReLU(a − b)`" in words


# what the judge makes of it


def seen(oracle, outcome, **more):
    proves, shows = oracle == "cells", oracle == "cells" and outcome is WRONG
    strength = Strength.EXACT if shows else Strength.PROOF if proves else Strength.MEASURED
    return Evidence(oracle, outcome, strength=strength, points=12, seen=12, **more)


def test_a_proof_decides_and_says_so():
    made = weigh([seen("cells", HOLDS, all_sizes=True), seen("values", UNDECIDED, detail="rounding")])
    assert (made.outcome, made.said, len(made.evidence)) == (HOLDS, "proved", 2)
    assert weigh([seen("cells", WRONG, detail="at a = 1"), seen("values", HOLDS)]).outcome is WRONG


def test_undecided_cells_prove_nothing_and_leave_the_line_to_the_others():
    open_ = seen("cells", UNDECIDED, detail="it has more than 3000 cells")
    assert weigh([open_, seen("values", HOLDS)]).strength is Word.AGREES
    assert weigh([open_]).outcome is UNDECIDED


def test_a_proof_that_a_refutation_contradicts_decides_nothing_but_at_other_sizes():
    assert weigh([seen("cells", HOLDS), seen("values", WRONG)]).outcome is UNDECIDED
    two, three = ((("n", 2),),), ((("n", 3),),)
    assert weigh([seen("cells", HOLDS, sizes=two), seen("values", WRONG, failing=three)]).outcome is WRONG


def test_a_network_with_too_many_cells_is_no_proof(monkeypatch):
    monkeypatch.setattr(cells, "CELLS", 100)
    rows = r" \\ ".join(" & ".join(str((7 * i * j + 3 * i + j * j) % 19 - 9) for j in range(6)) for i in range(14))
    text = (
        f"Let $x \\in \\mathbb{{R}}^6$, $A = \\begin{{pmatrix}} {rows} \\end{{pmatrix}}$, "
        "$s = \\operatorname{relu}(\\mathbf{1}^\\top \\operatorname{relu}(A x) - 40)$.\n\n$$ |s| = s $$"
    )
    made, (claim,) = bench(text)
    found = ask(text)
    assert found.outcome is UNDECIDED
    verdict = judge(made, claim)
    assert "proved" not in verdict.said
