from __future__ import annotations

from dataclasses import replace

from derivcheck.report.concise import concise
from derivcheck.source import Source
from derivcheck.verdict import Outcome
from tests.report.fakes import ERROR, FIGURES, PASSING, REPORT, UNREAD


def test_each_finding_takes_one_line_with_its_place_and_code_and_the_summary_is_last():
    assert concise([REPORT]).splitlines() == [
        r"block.md:12:70: wrong-gradient the gradient of `\ell` with respect to `b` is not what autograd gives",
        r"block.md:13:21: unreadable not checked: `\foo` is not understood",
        "1 of 3 claims not checked, 1 agrees, 1 wrong · 4 definitions · seed 0 · 2.4 s",
    ]


def test_quiet_leaves_errors_and_verbose_adds_notes():
    assert len(concise([REPORT], quiet=True).splitlines()) == 2
    assert "block.md:8:1: new-scope" in concise([REPORT], verbose=True)


def test_a_message_of_several_lines_stays_on_one():
    broken = replace(REPORT, findings=(replace(ERROR, message="one\ntwo"),))
    assert "wrong-gradient one two\n" in concise([broken])


def test_a_path_cannot_forge_a_line():
    forged = replace(REPORT, source=Source("a\nb.md", REPORT.source.text))
    assert len(concise([forged]).splitlines()) == 3


def test_an_extra_that_fails_the_run_is_seen_and_one_that_holds_is_not():
    failing = replace(FIGURES, outcome=Outcome.UNDECIDED)
    assert "block.md:1:1: optimum the optimiser: undecided" in concise([replace(PASSING, extras=(failing,))])
    assert "optimum" not in concise([replace(PASSING, extras=(FIGURES,))])


def test_the_reason_for_a_strict_failure_stands_in_the_summary_line():
    report = replace(PASSING, results=(*PASSING.results, UNREAD))
    assert concise([report], strict=True).splitlines()[-1].endswith("strict: only what holds passes")


def test_a_degenerate_request_is_labelled_in_the_summary_line():
    report = replace(PASSING, options=(("degenerate", "D = 1"),))
    assert "degenerate: D = 1" in concise([report]).splitlines()[-1]
