from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from derivcheck.report.cells import cells, pad, safe, safe_lines, shorten, wrap


def test_a_wide_character_takes_two_cells_and_a_combining_mark_none():
    assert cells("漢") == 2
    assert cells("x\u0304") == 1
    assert cells("∂ℓ/∂V") == 5


def test_an_escape_sequence_of_a_document_does_not_reach_the_terminal():
    assert safe("\x1b[31mred") == "␛[31mred"
    assert "\u202e" not in safe("a\u202eb")
    assert "\x9b" not in safe("a\x9b31m")


def test_a_line_end_inside_a_message_becomes_a_space():
    assert safe("one\r\n  two") == "one two"
    assert safe_lines("one\n  two") == ["one", "  two"]


def test_half_a_surrogate_pair_can_be_written_to_any_stream():
    safe("\ud800").encode("utf-8")


def test_a_text_that_fits_is_not_shortened():
    assert shorten("∂ℓ/∂V", 5) == "∂ℓ/∂V"
    assert shorten("∂ℓ/∂V = 0", 6) == "∂ℓ/∂V…"


@given(st.text(alphabet="ab 漢字\u0304", max_size=40), st.integers(1, 30))
def test_a_shortened_text_never_takes_more_cells_than_it_may(text, room):
    assert cells(shorten(text, room)) <= max(room, 1)


@given(st.lists(st.text("abc漢", min_size=1, max_size=9), max_size=12), st.integers(20, 40))
def test_wrapping_loses_no_word_and_keeps_to_the_width(words, room):
    lines = wrap(" ".join(words), room)
    assert " ".join(lines).split() == words
    assert all(cells(line) <= room for line in lines)


def test_wrapping_keeps_the_spaces_that_set_figures_apart():
    assert wrap("claimed     b[2] = 0.4   autograd 2.2", 80) == ["claimed     b[2] = 0.4   autograd 2.2"]


def test_padding_counts_cells_and_not_characters():
    assert cells(pad("漢", 5)) == 5
