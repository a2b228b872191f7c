"""A few of the documents that nobody would write; ``python -m tests.fuzz.fuzz`` makes as many as one likes."""

from __future__ import annotations

from unittest.mock import patch

from derivcheck.problem import build
from tests.fuzz.fuzz import failures, made


def test_documents_that_nobody_would_write_end_in_no_error_of_ours_and_in_little_work():
    assert list(failures(8, seed=0, work=True)) == []


def test_the_same_number_and_seed_make_the_same_document():
    assert made(7, 3) == made(7, 3)
    assert made(7, 3) != made(8, 3)


def test_an_error_of_ours_is_seen():
    with patch.object(build, "classify", side_effect=ZeroDivisionError("planted")):
        assert any("planted" in failure.what for failure in failures(2, seed=0))
