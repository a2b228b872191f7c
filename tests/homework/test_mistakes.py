"""Every mistake that people make in these two derivations, one at a time, is blamed on its own line and on no other.

A mistake is the first ``old`` behind the text ``behind``, replaced by ``new``. The formula that is then wrong is the
one in which the mistake stands; where the mistake is in a definition, ``blamed`` holds the beginnings of the claims
that become wrong by it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from derivcheck.config import Settings
from derivcheck.homework import document
from derivcheck.source import Source, Span
from derivcheck.verdict import Outcome, Severity, exit_code, settled
from tests.remembering import check

FORMULA = re.compile(r"\$\$.*?\$\$|(?<!\$)\$(?!\$)[^$]*\$", re.DOTALL)


@dataclass(frozen=True)
class Mistake:
    """One mistake in a shipped document."""

    homework: str
    title: str
    behind: str
    old: str
    new: str
    blamed: tuple[str, ...] = ()

    def apply(self) -> tuple[Source, tuple[Span, ...]]:
        """The changed document and the formulas in it that are then wrong."""
        source = document(self.homework)
        anchor = source.text.index(self.behind)
        assert source.text.count(self.behind) == 1, f"{self.behind!r} stands more than once"
        start = source.text.index(self.old, anchor)
        text = source.text[:start] + self.new + source.text[start + len(self.old) :]
        formulas = [Span(*match.span()) for match in FORMULA.finditer(text)]
        starts = [text.index(beginning) for beginning in self.blamed] or [start + self.new.index(self.new.lstrip("<"))]
        at = [next(formula for formula in formulas if place < formula.end) for place in starts]
        return Source(source.path, text), tuple(at)


D = r"\frac{\partial \ell}{\partial y}"


def boxed(name: str) -> str:
    return rf"\boxed{{ \frac{{\partial \ell}}{{\partial {name}}}"


SKIP = rf" + {D} \right) \odot \phi'(z)"
NO_SKIP = r" \right) \odot \phi'(z)"
MIDDLE = "two paths lead to the loss"
BEFORE_INPUT = "The input enters twice"

RESBLOCK = [
    ("phi' at x for V", boxed("V"), r"\phi'(r)", r"\phi'(x)"),
    ("phi' at x for c", boxed("c"), r"\phi'(r)", r"\phi'(x)"),
    ("phi' at x for W", boxed("W"), r"\phi'(r)", r"\phi'(x)"),
    ("phi' at x for b", boxed("b"), r"\phi'(r)", r"\phi'(x)"),
    ("phi' at z for r in V", boxed("V"), r"\phi'(r)", r"\phi'(z)"),
    ("phi' at r for z in b", boxed("b"), r"\phi'(z)", r"\phi'(r)"),
    ("skip term missing in W", boxed("W"), SKIP, NO_SKIP),
    ("skip term missing in b", boxed("b"), SKIP, NO_SKIP),
    ("skip term missing in h", MIDDLE, rf" + {D} $$", " $$"),
    ("skip path only in W", boxed("W"), rf"V^\top \left( {D} \odot \phi'(r) \right) + ", ""),
    ("skip term missing in x", "W^\\top \\left( \\frac{\\partial \\ell}{\\partial h}", " + \\frac{\\partial \\ell}{\\partial h}", ""),
    ("V for its transpose in h", MIDDLE, r"V^\top", "V"),
    ("V for its transpose in W", boxed("W"), r"V^\top", "V"),
    ("V for its transpose in b", boxed("b"), r"V^\top", "V"),
    ("V for its transpose on the first path", "$$ G_1 = \\left(", r"V^\top", "V"),
    ("W for its transpose in x", BEFORE_INPUT, r"W^\top", "W"),
    ("phi' twice in V", boxed("V"), r"\odot \phi'(r)", r"\odot \phi'(r) \odot \phi'(r)"),
    ("phi' twice in c", boxed("c"), r"\odot \phi'(r)", r"\odot \phi'(r) \odot \phi'(r)"),
    ("phi' twice in b", boxed("b"), r"\odot \phi'(r)", r"\odot \phi'(r) \odot \phi'(r)"),
    ("phi' missing in V", boxed("V"), r" \odot \phi'(r)", ""),
    ("phi' missing in c", boxed("c"), r" \odot \phi'(r)", ""),
    ("phi' missing in W", boxed("W"), r" \odot \phi'(r)", ""),
    ("phi' missing in b", boxed("b"), r" \odot \phi'(z) }", "}"),
    ("outer product turned round in V", r"= \frac{\partial \ell}{\partial r} h^\top", r"\frac{\partial \ell}{\partial r} h^\top",
     r"h \left( \frac{\partial \ell}{\partial r} \right)^\top"),
    ("outer product turned round in the boxed V", boxed("V"), rf"\left( {D} \odot \phi'(r) \right) h^\top",
     rf"h \left( {D} \odot \phi'(r) \right)^\top"),
    ("phi' after the transpose in h", MIDDLE, rf"V^\top \left( {D} \odot \phi'(r) \right)", rf"\left( V^\top {D} \right) \odot \phi'(r)"),
    ("phi' after the transpose in b", boxed("b"), rf"V^\top \left( {D} \odot \phi'(r) \right)",
     rf"\left( V^\top {D} \right) \odot \phi'(r)"),
    ("x for h in V", boxed("V"), r"h^\top", r"x^\top"),
    ("h for x in W", boxed("W"), r"x^\top", r"h^\top"),
    ("sign of the skip term", boxed("b"), rf"+ {D}", rf"- {D}"),
    ("W before V", r"\frac{\partial h}{\partial r} = 0", "0", "1"),
    ("one path forgotten in the sum", r"\frac{\partial \ell}{\partial b} = g_1 +", "g_1 + ", ""),
    ("phi' at r on the skip path", "now end in $b$", r"\phi'(z)", r"\phi'(r)"),
    ("phi' missing on the skip path", "now end in $b$", r" \odot \phi'(z)", ""),
]  # fmt: skip

RELU = r"\operatorname{relu}"
MIN, MAX = r"\boxed{ \min(x_1, x_2)", r"\boxed{ \max(x_1, x_2)"

MLP = [
    ("sign of relu(-t)", "Together:", rf"- {RELU}(-t)", rf"+ {RELU}(-t)"),
    ("sign in the negative case", "If $t \\le 0$", rf"-{RELU}(-t)", rf"{RELU}(-t)"),
    ("sign of the first unit of min", MIN, rf"= -{RELU}", rf"= {RELU}"),
    ("sign of the last unit of min", MIN, rf"- {RELU}(-x_1)", rf"+ {RELU}(-x_1)"),
    ("sign of the first unit of max", MAX, rf"= {RELU}", rf"= -{RELU}"),
    ("missing term in min", MIN, rf" - {RELU}(-x_1)", ""),
    ("missing term in max", MAX, rf" + {RELU}(x_2)", ""),
    ("missing x_1 in min", "## The smaller one", " + x_1", ""),
    ("relu of the other difference in min", MIN, f"{RELU}(x_1 - x_2)", f"{RELU}(x_2 - x_1)"),
    ("relu of the other difference in max", MAX, f"{RELU}(x_1 - x_2)", f"{RELU}(x_2 - x_1)"),
    ("relu of the other difference in a row", "x_1 - \\operatorname{relu}", "(x_1 - x_2)", "(x_2 - x_1)"),
    ("swapped inputs in min", MIN, f"{RELU}(x_1) - {RELU}(-x_1)", f"{RELU}(x_2) - {RELU}(-x_2)"),
    ("max for min", MIN, r"\min", r"\max"),
    ("min for max", MAX, r"\max", r"\min"),
    ("max for min in the network", "$$ B h", r"\min", r"\max"),
    ("swapped units", "$$ h_1", f"{RELU}(-x_1)", f"{RELU}(x_1)"),
    ("a unit of the other input", "$$ h_4", "(x_2)", "(x_1)"),
    ("a wrong weight out of x_1", r"$$ A \begin{pmatrix} 1", "-1 ", "1 "),
    ("swapped weights out of x_2", r"$$ A \begin{pmatrix} 0", r"1 \\ -1 \end", r"-1 \\ 1 \end"),
    ("sign in the four-unit network", r"- \tilde{h}_4 - \tilde{h}_1", r"- \tilde{h}_1", r"+ \tilde{h}_1"),
    ("wrong unit in the four-unit network", r"- \tilde{h}_4 + \tilde{h}_2", r"\tilde{h}_2", r"\tilde{h}_1"),
    ("slope of the other side", r"\min(x_1, x_2) = \mathbb{1}", "<", ">"),
    ("slopes swapped between the cases", r"\max(x_1, x_2) = \begin{cases}", r"1 & x_1 < x_2 \\ 0", r"0 & x_1 < x_2 \\ 1"),
    ("three units for the smaller one", "Three do not", "<!-- derivcheck: expect wrong -->\n$$ \\min", "$$ \\min"),
    ("three units for the larger one", "relu}(x_1 + 1000) - 1000", "<!-- derivcheck: expect wrong -->\n$$ \\max", "$$ \\max"),
]  # fmt: skip

IN_A_DEFINITION = [
    Mistake("mlp", "a wrong weight into y_1", "B = ", "-1 & 1 & -1", "-1 & 1 & 1",
            (r"$$ B h =", r"$$ y_1 + y_2", r"$$ \frac{\partial y_1}{\partial x_1}")),
    Mistake("mlp", "a wrong weight of the four-unit network", r"\tilde{B} = ", r"0 & 1 & 1 & -1 \end", r"0 & 2 & 1 & -1 \end",
            (r"$$ \tilde{B} \tilde{h}",)),
]  # fmt: skip

MISTAKES = [
    *(Mistake("resblock", *row) for row in RESBLOCK),
    *(Mistake("mlp", *row) for row in MLP),
    *IN_A_DEFINITION,
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: f"{mistake.homework}: {mistake.title}")
def test_one_mistake_is_blamed_on_its_own_formula(mistake: Mistake) -> None:
    source, formulas = mistake.apply()
    report = check(source, Settings(), mends=mistake in IN_A_DEFINITION)
    wrong = [result.span for result in report.results if settled(result) is not Outcome.HOLDS]
    errors = [finding.span for finding in report.findings if finding.severity is Severity.ERROR]
    assert exit_code((report,), strict=False) == 1
    # The definition alone is said to be wrong where one edit of it mends every line that rests on it.
    culprit = [span for span in errors if mistake in IN_A_DEFINITION and span.start > source.text.index(mistake.behind)]
    defined = len(errors) == 1 and culprit == errors and source.slice(errors[0]) in mistake.new
    for formula in formulas:
        assert any(span.start in formula for span in wrong), f"not blamed: {source.slice(formula)}"
        assert defined or any(span.start in formula for span in errors), f"no finding: {source.slice(formula)}"
    for span in (*wrong, *(() if defined else errors)):
        assert any(span.start in formula for formula in formulas), f"blamed too: {source.slice(span)}"


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: f"{mistake.homework}: {mistake.title}")
def test_a_mistake_changes_its_document_in_the_formula_it_names(mistake: Mistake) -> None:
    source, formulas = mistake.apply()
    assert source.text != document(mistake.homework).text
    assert len(set(formulas)) == max(1, len(mistake.blamed))
    if not mistake.blamed:
        assert mistake.new in source.slice(formulas[0])


@pytest.mark.parametrize("title", ["phi' twice in V", "phi' twice in b"])
def test_a_slope_taken_twice_does_not_hide_behind_relu(title: str) -> None:
    # with relu itself φ'φ' = φ', so the arbitrary activation has to find it
    mistake = next(mistake for mistake in MISTAKES if mistake.title == title)
    source, _ = mistake.apply()
    assert exit_code((check(source, Settings(), mends=False),), strict=False) == 1
