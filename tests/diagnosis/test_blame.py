"""A mistake in a definition is blamed on the definition, once, and not on the lines that depend on it."""

from __future__ import annotations

import pytest

from derivcheck.verdict import Finding, Outcome, Report, Severity, exit_code
from tests.problem.asking import report

NOISE = "Let $s, t > 0$, $z \\sim \\mathcal{N}(0, t^2)$ and $x \\mid z \\sim \\mathcal{N}(z, s^2)$.\n\n"
POSTERIOR = (
    NOISE
    + "Then $p(z \\mid x) = \\mathcal{N}(z; m, v)$ where\n\n"
    + "$$ \\frac{1}{v} = \\frac{1}{t^2} + \\frac{1}{s}, \\qquad m = \\frac{v x}{s^2} $$\n\n"
    + "$$ \\operatorname{Var}[z \\mid x] = v $$\n"
)
SQUARES = (
    "Let $X \\in \\mathbb{R}^{n \\times d}$, $w \\in \\mathbb{R}^d$ and $y \\in \\mathbb{R}^n$. Let $r = X w + y$.\n\n"
)
GRADIENT = "$$ \\frac{\\partial}{\\partial w} \\frac{1}{2} r^\\top r = X^\\top (X w - y) $$\n"
HALVES = "$$ \\frac{1}{2} r^\\top r = \\frac{1}{2} (X w - y)^\\top (X w - y) $$\n"
LOSS = "Let $A \\in \\mathbb{R}^{m \\times n}$, $w \\in \\mathbb{R}^n$, $b \\in \\mathbb{R}^m$, $c > 0$.\n\n"


def errors(made: Report) -> list[Finding]:
    """The errors, in the document's order."""
    return sorted((f for f in made.findings if f.severity is Severity.ERROR), key=lambda f: f.span)


def line_of(made: Report, found: Finding) -> int:
    """The line on which an error is shown."""
    return made.source.position(found.span.start).line


def the_error(made: Report) -> Finding:
    """The one error of a document."""
    (found,) = errors(made)
    return found


def test_a_definition_behind_its_use_is_blamed_once_for_all_lines_that_depend_on_it() -> None:
    made = report(POSTERIOR)
    found = the_error(made)
    assert (found.code, line_of(made, found)) == ("wrong-definition", 5)
    assert found.message == "with this definition of `v` line 3 does not hold (nor does line 7)"
    assert found.help is not None
    assert found.help.startswith("replace `s` by `s²`; lines 3 and 7 then hold")


def test_the_caret_stands_at_the_place_of_the_edit() -> None:
    made = report(POSTERIOR)
    found = the_error(made)
    assert made.source.slice(found.span) == "s"
    assert "`s²`" in found.label


def test_the_truth_is_told_of_the_first_line_that_depends_on_it() -> None:
    assert the_error(report(POSTERIOR)).facts[0].startswith("line 3: claimed ")


def test_what_depends_on_a_wrong_definition_counts_as_wrong_and_says_why() -> None:
    made = report(POSTERIOR)
    assert [result.verdict.outcome for result in made.results] == [Outcome.WRONG, Outcome.WRONG]
    assert [result.verdict.defined_on.line for result in made.results] == [5, 5]
    assert exit_code((made,), strict=False) == 1


def test_the_edit_of_a_definition_makes_the_document_right() -> None:
    made = report(POSTERIOR)
    (edit,) = the_error(made).edits
    mended = POSTERIOR[: edit.span.start] + edit.replacement + POSTERIOR[edit.span.end :]
    assert {result.verdict.outcome for result in report(mended).results} == {Outcome.HOLDS}


def test_a_definition_before_its_use_is_blamed() -> None:
    made = report(SQUARES + GRADIENT + "\n" + HALVES)
    found = the_error(made)
    assert (found.code, line_of(made, found)) == ("wrong-definition", 1)
    assert "change the sign of" in (found.help or "")


def test_a_definition_is_blamed_for_one_line_that_no_edit_of_its_own_mends() -> None:
    text = NOISE + "Let $c = t^2 - s^2$.\n\n$$ \\operatorname{Var}[x] = c + 2 \\cdot 0 $$\n"
    made = report(text.replace("c + 2 \\cdot 0", "\\frac{c^2 + 0}{c}"))
    found = the_error(made)
    assert (found.code, line_of(made, found)) == ("wrong-definition", 3)


def test_a_line_that_an_edit_of_its_own_mends_is_blamed_itself() -> None:
    made = report(SQUARES.replace("+ y", "- y") + GRADIENT.replace("X w - y", "X w + y"))
    found = the_error(made)
    assert (found.code, line_of(made, found)) == ("wrong-gradient", 3)
    assert made.results[0].verdict.defined_on is None


def test_a_definition_on_which_a_right_line_rests_is_not_blamed() -> None:
    right = "$$ \\operatorname{Var}[x] = c $$\n\n"
    wrong = "$$ \\operatorname{Var}[z \\mid x] = c $$\n\n$$ \\operatorname{Cov}[x, z] = c $$\n"
    made = report(NOISE + "Let $c = t^2 + s^2$.\n\n" + right + wrong)
    assert "wrong-definition" not in {found.code for found in errors(made)}
    assert [result.verdict.outcome for result in made.results] == [Outcome.HOLDS, Outcome.WRONG, Outcome.WRONG]


def test_where_no_edit_mends_the_lines_are_blamed_as_ever() -> None:
    made = report(NOISE + "Let $c = t + 3 s + 7$.\n\n$$ \\operatorname{Var}[x] = c $$\n")
    assert the_error(made).code == "wrong-expectation"


@pytest.mark.parametrize(
    ("text", "line", "help"),
    [
        (
            LOSS + "Let $f(w) = \\| A w - b \\|^2 + \\frac{c}{2} \\| w \\|^2$.\n\n"
            "$$ \\nabla f(w) = A^\\top (A w - b) + c w $$\n\n$$ \\nabla^2 f(w) = A^\\top A + c I $$\n",
            3,
            "halve the term",
        ),
        (
            "Let $s, t > 0$, $z_i \\sim \\mathcal{N}(0, t^2)$ and $x_i \\mid z_i \\sim \\mathcal{N}(z_i, s^2)$ for "
            "$i = 1, \\dots, n$.\n\nLet $m_i = \\frac{t x_i}{s^2 + t^2}$.\n\n"
            "$$ \\mathbb{E}[z_i \\mid x_i] = m_i $$\n\n"
            "$$ \\mathbb{E}[z_i^2 \\mid x_i] = m_i^2 + \\frac{s^2 t^2}{s^2 + t^2} $$\n",
            3,
            "replace `t` by `t²`",
        ),
        (
            "Let $s, t > 0$ and $z \\in \\mathbb{R}$ with $p(z) = \\mathcal{N}(z \\mid 0, t^2)$ and, for "
            "$x \\in \\mathbb{R}$,\n\n"
            "$$ x \\mid z \\sim \\mathcal{N}(z, s). $$\n\n$$ \\operatorname{Var}[x] = t^2 + s^2 $$\n\n"
            "$$ \\operatorname{Var}[z \\mid x] = \\frac{1}{t^{-2} + s^{-2}} $$\n",
            3,
            "replace `s` by `s²`",
        ),
    ],
    ids=["a function", "a family", "a line of the model"],
)
def test_whatever_a_formula_defines_is_searched(text: str, line: int, help: str) -> None:
    made = report(text)
    found = the_error(made)
    assert (found.code, line_of(made, found)) == ("wrong-definition", line)
    assert help in (found.help or "")


def test_a_member_that_repeats_a_wrong_one_is_wrong_through_the_definition_too() -> None:
    text = SQUARES + GRADIENT.replace("X w - y)", "X w - y) = X^\\top X w - X^\\top y") + "\n" + HALVES
    made = report(text)
    assert the_error(made).code == "wrong-definition"
    assert [result.verdict.defined_on.line for result in made.results] == [1, 1, 1]


def test_a_line_with_a_mistake_of_its_own_is_blamed_whatever_else_is_wrong() -> None:
    other = "$$ \\frac{\\partial}{\\partial y} \\frac{1}{2} r^\\top r = 2 (X w + y) $$\n"
    made = report(SQUARES + GRADIENT + "\n" + HALVES + "\n" + other)
    assert ("wrong-gradient", 7) in [(found.code, line_of(made, found)) for found in errors(made)]


def test_where_one_claim_alone_is_asked_for_its_line_is_blamed() -> None:
    made = report(SQUARES + GRADIENT + "\n" + HALVES, claim=report(SQUARES + GRADIENT).results[0].name)
    assert [found.code for found in errors(made)] == ["wrong-gradient"]
