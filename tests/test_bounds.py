"""Long and hostile documents: the work grows with their length, and what is left out is said."""

from __future__ import annotations

from fractions import Fraction

import pytest

from derivcheck.config import Settings
from derivcheck.engine import check, problem_of
from derivcheck.evaluation.arithmetic import TooLarge
from derivcheck.evaluation.rational import RATIONALS
from derivcheck.reading.documents import MOST_TEXT, scan
from derivcheck.reading.maths import MOST_PIECES
from derivcheck.source import Source
from derivcheck.verdict import Outcome
from tests.counting import calls

LONG = {
    "formulas of one sentence": "\\[ x \\]",
    "formulas apart": "\\[ x \\]\n\n",
    "declarations": "Let $v_{{{0}}} \\in \\mathbb{{R}}$. ",
    "lines of an unknown name": "$ q_{{{0}}} = 2 $ and ",
}


def document(piece: str, times: int) -> Source:
    """A document that repeats a piece, numbered where it wants to be."""
    return Source("doc.md", "".join(piece.format(k) if "{0}" in piece else piece for k in range(times)))


@pytest.mark.parametrize("kind", LONG)
def test_twice_as_long_a_document_is_twice_the_work(kind):
    once, twice = (calls(lambda n=n: problem_of(document(LONG[kind], n))) for n in (80, 160))
    assert twice < 2.4 * once


def test_of_a_document_with_countless_formulas_no_more_are_looked_for():
    scanned = scan(Source("doc.md", "\\[ x \\]" * (2 * MOST_PIECES)), "markdown")
    assert len(scanned.items) == MOST_PIECES
    assert scanned.given_up == MOST_PIECES * len("\\[ x \\]")


def test_what_is_left_of_a_document_with_countless_dollars_is_said_to_be_not_read():
    (claim,) = (one for one in problem_of(Source("doc.md", "$ " * 120_000)).claims if one.code == "unreadable")
    assert "from here on nothing is read" in claim.message


def test_no_more_than_a_bound_of_a_text_is_searched_for_maths():
    scanned = scan(Source("doc.md", "word " * (MOST_TEXT // 5) + "\n\n$x$"), "markdown")
    assert not scanned.items
    assert scanned.given_up is not None


def test_behind_many_wrong_members_a_chain_is_not_checked_on():
    rows = " ".join(f"= x^2 + 2 x + {k}" for k in range(2, 40))
    source = Source("doc.md", f"Let $x \\in \\mathbb{{R}}$. We have\n\n$$ (x + 1)^2 = x^2 + 2 x + 1 {rows} $$\n")
    outcomes = [result.verdict.outcome for result in check(source, Settings(evidence="exact")).results]
    assert outcomes[1] is Outcome.WRONG
    assert outcomes[-1] is Outcome.NOT_CHECKED


def test_a_product_of_countless_digits_is_refused_before_it_is_worked_out():
    with pytest.raises(TooLarge, match="too many digits"):
        RATIONALS.together([Fraction(3**50, 2**70)] * 10_000)
    assert RATIONALS.together([Fraction(2, 3)] * 100) == Fraction(2, 3) ** 100
