from __future__ import annotations

import re
from dataclasses import replace

import pytest

from derivcheck.report.cells import cells
from derivcheck.report.console import Look, draw
from derivcheck.report.screen import screen
from derivcheck.source import Source
from derivcheck.verdict import Extra, Outcome, Report, Verdict, Word
from tests.report.fakes import ERROR, FIGURES, HOLDS, NOTE, PASSING, PICTURE, REPORT, UNREAD, WARNING, WRONG, evidence


def shown(*reports: Report, width: int = 80, **options: bool) -> str:
    return draw(screen(reports, width, **options), Look(width))


def row_of(text: str, claim: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(f" {claim} "))


def with_results(*results) -> Report:
    return replace(PASSING, results=results)


def test_wrong_claims_come_before_warnings_before_notes_before_the_table_before_the_summary():
    text = shown(replace(REPORT, extras=(PICTURE,)))
    places = [text.index(word) for word in ("error[", "warning[", "note[", " claim ", "the graph", "4 definitions")]
    assert places == sorted(places)


def test_claims_stand_in_the_table_in_document_order():
    rows = [line.split()[0] for line in shown(REPORT).splitlines() if line.startswith((" ∂", " [bold]"))]
    assert rows == ["∂ℓ/∂V", "∂ℓ/∂b", "[bold]y[/bold]"]


def test_a_row_tells_line_oracles_largest_error_with_its_place_bar_and_verdict():
    assert re.split(r"\s{2,}", row_of(shown(REPORT, width=120), "∂ℓ/∂b").strip()) == [
        "∂ℓ/∂b", "11", "autograd · differences", "1.83", "b[2]", "3e-14", "WRONG"
    ]  # fmt: skip


def test_at_80_columns_the_place_is_still_there_and_nothing_is_wider():
    text = shown(REPORT)
    assert row_of(text, "∂ℓ/∂V").split()[-5:] == ["2.1e-12", "V[0,1]", "agrees", "to", "1e-14"]
    table = text[text.index(" claim ") : text.index("4 definitions")]
    assert all(cells(line) <= 80 for line in table.splitlines())


@pytest.mark.parametrize("width", range(40, 130, 10))
def test_the_verdict_is_never_cut_and_the_table_never_wider_than_the_screen(width):
    text = shown(replace(REPORT, findings=()), width=width)
    assert text.count("not checked\n") >= 1
    assert " WRONG\n" in text
    assert all(cells(line) <= width for line in text.splitlines()[: len(REPORT.results) + 1])


def test_a_long_formula_is_cut_in_the_table_and_whole_at_200_columns():
    long = replace(HOLDS, title="min(x₁,x₂) = −relu(x₁−x₂) + relu(x₁) − relu(−x₁)")
    assert "…" in row_of(shown(with_results(long)), "min(x₁,x₂)")
    assert long.title in shown(with_results(long), width=200)


def test_a_wrong_claim_shows_the_error_that_refutes_it_and_not_a_larger_one_that_does_not():
    noisy = evidence("differences", Outcome.UNDECIDED, error=50.0, where="b[0]")
    result = replace(WRONG, verdict=replace(WRONG.verdict, evidence=(*WRONG.verdict.evidence, noisy)))
    assert "1.83" in row_of(shown(with_results(result)), "∂ℓ/∂b")


def test_an_error_that_is_no_number_is_the_largest_of_all():
    result = replace(
        HOLDS,
        verdict=Verdict(Outcome.HOLDS, (evidence("autograd", error=float("nan")), evidence("differences", error=1.0))),
    )
    assert "nan" in row_of(shown(with_results(result)), "∂ℓ/∂V")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"verdict": Verdict(Outcome.HOLDS, said="proved at n = 3, 5", strength=Word.PROVED)}, "proved at n = 3, 5"),
        ({"verdict": replace(HOLDS.verdict, strength=Word.AGREES)}, "agrees to 1e-14"),
        ({"verdict": Verdict(Outcome.HOLDS, strength=Word.AGREES)}, "agrees"),
        ({"verdict": Verdict(Outcome.UNDECIDED)}, "undecided"),
        ({"verdict": Verdict(Outcome.WRONG), "expected_wrong": True}, "wrong, as expected"),
        ({"verdict": Verdict(Outcome.HOLDS), "expected_wrong": True}, "HOLDS, not wrong"),
        ({"verdict": Verdict(Outcome.WRONG, carried_from="grad-V")}, "follows line 10"),
        ({"verdict": Verdict(Outcome.WRONG, carried_from="elsewhere")}, "follows elsewhere"),
    ],
)
def test_the_verdict_column_says(changes, words):
    report = with_results(HOLDS, replace(WRONG, **changes))
    assert row_of(shown(report, width=120), "∂ℓ/∂b").rstrip().endswith(f"  {words}")


def test_the_summary_counts_and_ends_with_seed_and_time_at_the_right():
    last = shown(REPORT).splitlines()[-1]
    assert last.startswith("1 of 3 claims not checked, 1 agrees, 1 wrong · 4 definitions")
    assert last.endswith("seed 0 · 2.4 s")
    assert cells(last) == 80


def test_undecided_and_skipped_are_counted_only_where_there_are_any():
    report = replace(with_results(HOLDS, replace(WRONG, verdict=Verdict(Outcome.UNDECIDED))), skipped=2)
    assert "2 claims: 1 agrees, 0 wrong, 1 undecided, 0 not checked, 2 skipped" in shown(report)
    assert "undecided" not in shown(PASSING)
    assert "skipped" not in shown(PASSING)


def test_a_mistake_shown_on_purpose_and_found_is_counted_as_holding():
    words = "2 claims: 1 agrees, 0 wrong, 1 wrong as expected, 0 not checked"
    assert words in shown(with_results(HOLDS, replace(WRONG, expected_wrong=True)))


def test_quiet_leaves_the_errors_and_the_summary():
    text = shown(replace(REPORT, extras=(PICTURE,)), quiet=True)
    assert "error[wrong-gradient]" in text
    assert "4 definitions" in text
    for word in ("warning[", "note[", "held against", "the graph"):
        assert word not in text


def test_quiet_and_passing_is_one_line():
    assert shown(PASSING, quiet=True).count("\n") == 1


def test_verbose_shows_every_figure_of_every_oracle():
    text = shown(REPORT, verbose=True)
    for figure in (
        "error 1.83 at b[2]", "relative 0.82", "claimed 0.4121", "autograd 2.2436", "bar 3e-14",
        "would have seen a relative error of 1e-14", "12 points", "D = 2, 3, 5", r"`\foo` is not understood",
    ):  # fmt: skip
        assert figure in text
        assert figure not in shown(replace(REPORT, findings=()))


def test_verbose_breaks_between_figures_and_never_inside_one():
    for width in (60, 80, 120):
        text = shown(replace(REPORT, findings=()), width=width, verbose=True)
        assert all(cells(line) <= width for line in text.splitlines())
        assert "error 4.4e-16 at V[2,0]" in text


def test_an_empty_document_is_told_to_be_no_pass():
    empty = replace(PASSING, results=(), definitions=0)
    assert "no claim was found, so nothing was checked" in shown(empty)


def test_a_strict_run_says_why_it_fails_where_nothing_is_wrong():
    report = replace(with_results(HOLDS, UNREAD), findings=(WARNING,))
    assert "1 not checked, and this run is strict" in shown(report, strict=True)
    assert "strict" not in shown(report)
    assert "strict" not in shown(REPORT, strict=True)


def test_a_document_of_which_nothing_could_be_checked_is_told_to_be_no_pass():
    assert "no claim could be checked" in shown(with_results(UNREAD))


def test_several_documents_get_a_heading_each_and_one_summary():
    other = replace(PASSING, source=Source("other.md", PASSING.source.text), seconds=1.0)
    text = shown(REPORT, other)
    assert text.count(" definitions") == 1
    assert "1 of 4 claims not checked, 2 agree, 1 wrong · 2 documents · 8 definitions" in text
    assert text.index("block.md\n") < text.index("error[") < text.index("other.md\n")
    assert "3.4 s" in text


def test_a_homework_shows_its_title_and_options():
    text = shown(replace(PASSING, title="the residual block", options=(("D", "4"), ("φ", "tanh"))))
    assert text.startswith("the residual block   D = 4 · φ = tanh\n")


def test_a_picture_keeps_its_lines_and_a_table_its_figures_to_the_right():
    text = shown(replace(PASSING, extras=(PICTURE, FIGURES)))
    assert " x ──▶ z ──▶ h\n └────────────▶ +\n" in text
    assert "the optimiser  holds\n" in text
    assert "     0  1e-32\n    12  4e-31\n" in text


def test_an_extra_with_ragged_rows_or_none_is_still_shown():
    ragged = Extra("ragged", columns=("a",), rows=(("1", "two"), ()))
    text = shown(replace(PASSING, extras=(ragged, Extra("empty", columns=("a", "b")))))
    assert "two" in text
    assert "empty" in text


def test_errors_and_warnings_stand_in_document_order_whatever_order_they_came_in():
    first = replace(ERROR, span=REPORT.results[0].span, code="first")
    text = shown(replace(REPORT, findings=(NOTE, ERROR, first)))
    assert text.index("error[first]") < text.index("error[wrong-gradient]")
