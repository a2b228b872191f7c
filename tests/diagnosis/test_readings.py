"""The reading under which a wrong line would hold: named beside the verdict, and never a pass."""

from __future__ import annotations

import pytest

from derivcheck.diagnosis.readings import reading_of
from derivcheck.verdict import exit_code
from tests.problem.asking import WRONG, bench, finding, only, report

BLOCK = (
    "Let $x, b, c \\in \\mathbb{R}^{D}$, $W, V \\in \\mathbb{R}^{D \\times D}$, $\\phi : \\mathbb{R} \\to \\mathbb{R}$ and $\\ell : \\mathbb{R}^{D} \\to \\mathbb{R}$.\n\n"
    "$$ z = W x + b, \\quad h = \\phi(z) + x, \\quad r = V h + c, \\quad y = \\phi(r) + h $$\n\nWith the loss $\\ell(y)$,\n\n$$ LINE $$\n"
)
FAMILY = "Let $x^{(i)} \\in \\mathbb{R}^J$ for $i = 1, \\dots, N$ and $u \\in \\mathbb{R}^J$, $B \\in \\mathbb{R}^{J \\times J}$.\n\n$$ LINE $$\n"
G = "\\frac{\\partial \\ell}{\\partial y}"

WRONG_LINES = [
    (BLOCK, rf"\frac{{\partial \ell}}{{\partial h}} = {G}", "with `r` held fixed"),
    (BLOCK, rf"\frac{{\partial \ell}}{{\partial W}} = ({G} \odot \phi'(z)) x^\top", "with `r` held fixed"),
    (BLOCK, r"\frac{\partial r}{\partial h} = V^\top", "transposed"),
    (BLOCK, rf"\frac{{\partial \ell}}{{\partial V}} = h ({G} \odot \phi'(r))^\top", "transposed"),
    (FAMILY, r"\frac{\partial}{\partial u} \frac{1}{N} \sum_{i=1}^N u^\top x^{(i)} = \sum_{i=1}^N x^{(i)}", "`N = 1`"),
    (FAMILY, r"\sum_{i=1}^N \frac{\partial (u^\top B u)}{\partial u} = (B + B^\top) u", "`N = 1`"),
    (FAMILY, r"\operatorname{tr}(B B) = \operatorname{tr}(B)^2", "`J = 1`"),
    (FAMILY, r"\frac{\partial (u^\top B u)}{\partial u} = 2 B u", "symmetric `B`"),
]


def asked(text, line, seed=0):
    made, claims = bench(text.replace("LINE", line), seed)
    return reading_of(made, claims[-1])


@pytest.mark.parametrize(("text", "line", "words"), WRONG_LINES)
def test_the_reading_under_which_a_wrong_line_holds_is_named(text, line, words):
    assert words in asked(text, line)


@pytest.mark.parametrize(("text", "line", "words"), WRONG_LINES)
def test_a_line_that_holds_under_another_reading_is_wrong_all_the_same(text, line, words):
    made = report(text.replace("LINE", line))
    assert [r.verdict.outcome for r in made.results] == [WRONG]
    assert exit_code((made,), strict=False) == 1
    assert any(words in fact for fact in made.findings[0].facts) or made.findings[0].help


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (BLOCK, rf"\frac{{\partial \ell}}{{\partial c}} = 2 {G} \odot \phi'(r)"),
        (BLOCK, rf"\frac{{\partial \ell}}{{\partial c}} = {G} \odot \phi'(x)"),
        (BLOCK, rf"\frac{{\partial \ell}}{{\partial h}} = 3 {G}"),
        (FAMILY, r"\frac{\partial (u^\top B u)}{\partial u} = 3 B u"),
    ],
)
def test_a_line_that_holds_under_no_reading_has_none(text, line):
    assert asked(text, line) is None


def test_formulas_of_numbers_among_columns_are_named_as_such():
    line = rf"\frac{{\partial \ell}}{{\partial W}} = {G} \phi'(z) x (\phi'(r) V + 1)"
    result = only(BLOCK.replace("LINE", line))
    assert result.verdict.outcome is WRONG
    assert any("it holds for scalars (every size 1)" in fact for fact in finding(BLOCK.replace("LINE", line)).facts)


def test_formulas_that_are_wrong_for_numbers_too_have_no_such_reading():
    line = rf"\frac{{\partial \ell}}{{\partial W}} = {G} \phi'(z) x (\phi'(r) V + 2)"
    found = finding(BLOCK.replace("LINE", line))
    assert found.code == "shape-mismatch"
    assert not any("scalars" in fact for fact in found.facts)


def test_a_line_about_several_sizes_that_holds_only_when_all_are_1_says_so():
    text = "Let $A \\in \\mathbb{R}^{m \\times n}$.\n\n$$ \\operatorname{tr}(A^\\top A) = (\\mathbf{1}^\\top A \\mathbf{1})^2 $$\n"
    made, (claim,) = bench(text)
    assert "scalars (every size 1)" in reading_of(made, claim)


def test_both_sides_zero_is_no_reading():
    line = rf"\frac{{\partial \ell}}{{\partial c}} = ({G} \odot \phi'(r)) (D - 1)"
    assert asked(BLOCK, line) is None or "D = 1" not in asked(BLOCK, line)


def test_an_inequality_that_holds_the_other_way_round_says_so():
    text = "Let $\\mu \\in \\mathbb{R}$ and $X \\sim \\mathcal{N}(\\mu, 1)$.\n\n$$ \\mathbb{E}[e^X] \\le e^{\\mathbb{E}[X]} $$\n"
    assert (finding(text).help or "").startswith("turn the sign: `\\ge`")


AMOUNTS = r"""
Let $x \in \mathbb{R}^n$, $A \in \mathbb{R}^{n \times n}$, $f = \frac{5}{2} x^\top A x$ and $g = x^\top A x + 7$.

$$ \nabla_x f = (A + A^\top) x $$
$$ \nabla_x f = \frac{1}{3} (A + A^\top) x $$
$$ g = x^\top A x $$

# Moments

Let $m \in \mathbb{R}$, $\tau > 0$ and $Y \sim \mathcal{N}(m, \tau^2)$.

$$ \mathbb{E}[(Y - m)^6] = \tau^6 $$
"""


def test_the_number_by_which_a_line_is_off_everywhere_is_named_and_undone():
    found = report(AMOUNTS).findings
    said = "what is claimed is {} what is true, wherever it was looked at"
    amounts = ("2/5 times", "2/15 times", "7 less than", "1/15 times")
    assert [each.facts[-1] for each in found] == [said.format(amount) for amount in amounts]
    assert [(each.help or "").split(";")[0] for each in found] == [
        "multiply by `5/2`",
        "replace `1/3` by `5/2`",
        "add `7`",
        "multiply by `15`",
    ]
    assert found[0].edits[0].replacement == r"\frac{5}{2} (A + A^\top) x"


def test_sides_that_no_input_moves_are_told_apart_beside_names_that_move() -> None:
    found = finding(r"Let $x \in \mathbb{R}$." "\n\n" r"$$ \sqrt{2} = \frac{3}{2} $$" "\n")
    assert found.code == "wrong-identity"
