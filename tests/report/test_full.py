from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from derivcheck.report.cells import cells
from derivcheck.report.full import brief, full, point
from derivcheck.source import Source, Span
from derivcheck.verdict import Finding, Severity
from tests.report.fakes import ERROR, SOURCE, WARNING


def frame(source: Source, finding: Finding, width: int = 80, *, compact: bool = False) -> list[str]:
    return full(source, finding, width, compact=compact).plain.split("\n")


def under_the_carets(lines: list[str]) -> str:
    """What stands above the carets in a frame of single-width characters."""
    row = next(
        index for index, line in enumerate(lines) if set(line.split("|", 1)[-1].split("^")[0]) <= {" "} and "^" in line
    )
    start = lines[row].index("^")
    return lines[row - 1][start : start + lines[row].count("^")]


def finding_at(span: Span, **changes: object) -> Finding:
    return replace(Finding("code", Severity.ERROR, "message", span), **changes)  # type: ignore[arg-type]


def test_an_error_says_what_where_and_what_to_do_in_that_order():
    lines = frame(SOURCE, ERROR, 200)
    assert lines[0] == (r"error[wrong-gradient]: the gradient of `\ell` with respect to `b` is not what autograd gives")
    assert lines[1] == "   --> block.md:12:70"
    assert lines[2] == "   |"
    assert lines[3].startswith(r"12 |    \left( V^\top")
    assert lines[4].endswith("^ `r` here makes the line hold")
    assert [line[:9] for line in lines[5:]] == ["   |", "   = clai", "   = fail", "   = help", "   = repl"]


@pytest.mark.parametrize("width", [80, 120, 200])
def test_the_caret_stands_under_the_wrong_letter_at_every_width(width):
    assert under_the_carets(frame(SOURCE, ERROR, width)) == "x"


def test_at_80_columns_a_long_line_is_cut_and_no_line_but_the_header_and_the_replay_is_longer():
    lines = frame(SOURCE, ERROR, 80)
    assert "…" in lines[3]
    assert all(cells(line) <= 80 for line in lines[1:] if "replay" not in line)


def test_a_caret_far_to_the_right_is_seen_at_80_columns():
    text = "$$ " + "a + " * 100 + "WRONG" + " + b" * 100 + " $$"
    source = Source("long.md", text)
    start = text.index("WRONG")
    lines = frame(source, finding_at(Span(start, start + 5)))
    assert under_the_carets(lines) == "WRONG"
    assert lines[3].count("…") == 2
    assert "long.md:1:404" in lines[1]


def test_a_caret_at_the_very_end_of_a_long_line_is_seen_without_a_mark_behind_it():
    text = "a" * 300 + "Z"
    lines = frame(Source("long.md", text), finding_at(Span(300, 301)))
    assert under_the_carets(lines) == "Z"
    assert lines[3].endswith("Z")


def test_carets_are_placed_by_cells_where_characters_are_wide_or_combine():
    text = "漢字 x\u0304 = y"
    lines = frame(Source("wide.md", text), finding_at(Span(text.index("y"), len(text))))
    assert cells(lines[4].split("^")[0]) == cells(lines[3].split("y")[0])
    assert cells(lines[4].split("^")[0]) == len("1 | ") + 9


def test_a_tab_is_shown_as_spaces_and_the_caret_moves_with_it():
    lines = frame(Source("tab.md", "\tx = y"), finding_at(Span(1, 2)))
    assert lines[3] == "1 |     x = y"
    assert lines[4] == "  |     ^"


def test_a_span_over_several_lines_is_shown_by_its_first():
    lines = frame(Source("two.md", "a = b\n  + c\n"), finding_at(Span(4, 11)))
    assert lines[1].endswith("two.md:1:5")
    assert lines[4] == "  |     ^"


def test_a_span_that_begins_with_a_line_end_points_at_what_follows():
    lines = frame(Source("two.md", "$$\n  x\n$$"), finding_at(Span(2, 6)))
    assert lines[1].endswith("two.md:2:3")
    assert lines[4] == "  |   ^"


def test_an_empty_span_and_one_behind_the_end_of_the_text_still_get_a_caret():
    assert frame(Source("e.md", "ab"), finding_at(Span(2, 2)))[4] == "  |   ^"
    assert frame(Source("e.md", ""), finding_at(Span(0, 0)))[4] == "  | ^"
    assert frame(Source("e.md", "ab"), finding_at(Span(7, 9)))[4].endswith("^")


def test_a_warning_is_compact_and_still_has_its_caret_and_its_help():
    lines = frame(SOURCE, WARNING, compact=True)
    assert lines[0].startswith("warning[unreadable]: not checked")
    assert under_the_carets(lines) == r"\foo"
    assert lines[-1].startswith("   = help: define it")
    assert len(lines) == 5


def test_help_is_wrapped_under_itself_and_the_replay_line_stays_in_one_piece():
    finding = replace(ERROR, replay="derivcheck check " + "x" * 100 + " --seed 0")
    lines = frame(SOURCE, finding, 60)
    helping = next(index for index, line in enumerate(lines) if "help:" in line)
    assert lines[helping + 1].startswith(" " * 11)
    assert any("x" * 100 + " --seed 0" in line for line in lines)


def test_an_escape_sequence_in_the_document_is_shown_and_not_sent():
    lines = frame(Source("evil\x1b.md", "a\x1b[2Jb"), finding_at(Span(5, 6), message="\x1b]0;title"))
    assert not any("\x1b" in line for line in lines)
    assert lines[3] == "1 | a␛[2Jb"


def test_a_note_takes_one_line_with_its_place():
    note = finding_at(Span(0, 1), severity=Severity.NOTE)
    assert brief(SOURCE, note).plain == "note[code] block.md:1:1: message"


@example("a\u0304a", 2, 1, 80)
@given(
    st.text(alphabet="ab\t漢x\u0304 ", max_size=200),
    st.integers(0, 200),
    st.integers(0, 200),
    st.integers(40, 120),
)
def test_carets_never_leave_the_window_and_stand_under_the_first_character_of_the_span(text, start, length, width):
    source = Source("any.md", text)
    start = min(start, len(text))
    pointed = point(source, Span(start, min(start + length, len(text))), width)
    assert cells(pointed.text) <= width - 4
    assert 0 <= pointed.start < width - 4
    assert pointed.length >= 1
    marked = text[pointed.at.column - 1 :]
    if marked[:1] in ("a", "b", "漢"):
        before = ""
        for character in pointed.text:
            # A combining mark belongs to the character in front of it.
            if cells(before) == pointed.start and cells(character):
                assert character == marked[0]
                break
            before += character
