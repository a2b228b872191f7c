"""A finding may be ignored with a reason; what is ignored is skipped, and never a pass."""

from __future__ import annotations

import pytest

from derivcheck.config import Settings
from derivcheck.engine import check
from derivcheck.source import Source
from derivcheck.verdict import Outcome, Report, Severity, exit_code

LET = "Let $x \\in \\mathbb{R}$.\n\n"
WRONG = "$$ x + x = 3 x $$\n\n"
RIGHT = "Then\n\n$$ x - x = 0 $$\n"


def checked(text: str, path: str = "a.md", **settings: object) -> Report:
    return check(Source(path, text), Settings(**settings))  # type: ignore[arg-type]


def ignore(words: str) -> str:
    return f"<!-- derivcheck: ignore {words} -->"


@pytest.mark.parametrize(
    "text",
    [
        LET + ignore("wrong-identity as printed") + "\n" + WRONG + RIGHT,
        LET + ignore("wrong-identity as printed") + "\n\n" + WRONG + RIGHT,
        LET + WRONG.rstrip() + "\n" + ignore("wrong-identity as printed") + "\n\n" + RIGHT,
        LET + "So $x + x = 3 x$. " + ignore("wrong-identity as printed") + "\n\n" + RIGHT,
        LET + "% derivcheck: ignore wrong-identity as printed\n\\[ x + x = 3 x \\]\n\nThen \\[ x - x = 0 \\]\n",
    ],
)
def test_what_is_ignored_in_its_paragraph_is_a_note_and_skipped(text: str):
    report = checked(text, "a.tex" if "\\[" in text else "a.md")
    assert [result.verdict.outcome for result in report.results] == [Outcome.HOLDS]
    (note,) = report.findings
    assert (note.code, note.severity) == ("wrong-identity", Severity.NOTE)
    assert note.message.startswith("ignored (as printed): ")
    assert (report.skipped, len(report.ignored)) == (1, 1)
    assert exit_code((report,), strict=True) == 0


def test_a_document_of_which_all_is_ignored_is_no_pass():
    assert exit_code((checked(LET + ignore("wrong-identity as printed") + "\n" + WRONG),), strict=False) == 1


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        # of another code, in another paragraph, of what is mended: the finding stays, and the comment is told
        (LET + ignore("wrong-gradient why") + "\n" + WRONG + RIGHT, {"wrong-identity", "unused-ignore"}),
        (LET + WRONG + ignore("wrong-identity why") + "\n" + RIGHT, {"wrong-identity", "unused-ignore"}),
        (LET + ignore("wrong-identity why") + "\n" + RIGHT, {"unused-ignore"}),
        (LET + RIGHT + "\n" + ignore("wrong-identity why"), {"unused-ignore"}),
        # without a reason, of no code, of what must not be hidden
        (LET + ignore("wrong-identity") + "\n" + WRONG + RIGHT, {"wrong-identity", "directive"}),
        (LET + ignore("wrong-idenity why") + "\n" + WRONG + RIGHT, {"wrong-identity", "directive"}),
        (LET + ignore("") + "\n" + WRONG + RIGHT, {"wrong-identity", "directive"}),
        (LET + ignore("internal-error why") + "\n" + WRONG + RIGHT, {"wrong-identity", "directive"}),
        # in a code fence it is text
        (LET + "```\n" + ignore("wrong-identity why") + "\n```\n\n" + RIGHT, set()),
    ],
)
def test_what_ignores_nothing_hides_nothing_and_is_told(text: str, codes: set[str]):
    assert {finding.code for finding in checked(text).findings} == codes


def test_a_check_of_one_claim_does_not_call_comments_of_others_unused():
    text = LET + ignore("wrong-identity why") + "\n" + WRONG + RIGHT
    names = [result.name for result in checked(text).results]
    assert checked(text, claim=names[0]).findings == ()
