from __future__ import annotations

from derivcheck.report.cells import cells
from derivcheck.report.console import Look, draw
from derivcheck.report.listing import concise_listing, listing
from derivcheck.source import Source
from derivcheck.verdict import Listed

SOURCE = Source("block.md", "")
LINES = (
    Listed(3, "declaration", "x", "x, b, c ∈ ℝᴰ", "D × 1"),
    Listed(6, "definition", "z", "z = W x + b", "D × 1"),
    Listed(10, "claim: gradient", "grad-V", "∂ℓ/∂V = (∂ℓ/∂y ⊙ φ'(r)) hᵀ " + "+ 0 " * 40, "D × D"),
    Listed(13, "not read", "", r"y = [bold]\foo{x}", note=r"`\foo` is not understood"),
    Listed(14, "skipped", "", "y = 2", note="by a directive"),
)


def test_every_line_is_listed_in_order_with_kind_name_statement_and_shapes():
    rows = draw(listing(SOURCE, LINES, 100), Look(100)).splitlines()
    assert [word in rows[1] for word in ("3", "declaration", "x, b, c ∈ ℝᴰ", "D × 1")] == [True] * 4
    assert [row.split()[0] for row in rows[1:4]] == ["3", "6", "10"]
    assert r"[bold]\foo{x}" in rows[4]
    assert rows[5].strip() == r"`\foo` is not understood"


def test_no_row_is_wider_than_the_screen():
    for width in (80, 100, 200):
        assert all(cells(row) <= width for row in draw(listing(SOURCE, LINES, width), Look(width)).splitlines())


def test_the_last_line_counts_every_kind():
    text = draw(listing(SOURCE, LINES, 80), Look(80))
    assert text.splitlines()[-1] == "1 declaration · 1 definition · 1 claim · 1 not read · 1 skipped"


def test_an_empty_document_says_so():
    assert draw(listing(SOURCE, (), 80), Look(80)) == "block.md: no mathematics in it\n"


def test_the_words_that_tell_what_a_line_is_stand_below_it_where_they_are_asked_for():
    said = (Listed(3, "declaration", "x", "x \\in R", words=(("let", "declares"),)),)
    of_all = (("EM", "speaks of EM (line 9)"),)
    rows = draw(listing(SOURCE, said, 80, of_all), Look(80)).splitlines()
    assert rows[2].strip() == "“let” declares"
    assert rows[5] == "“EM” speaks of EM (line 9)"
    assert "let" not in draw(listing(SOURCE, said, 80), Look(80))
    assert concise_listing(SOURCE, said, words=True).splitlines()[0].endswith(" [“let” declares]")


def test_the_concise_form_has_one_statement_a_line():
    lines = concise_listing(SOURCE, LINES).splitlines()
    assert lines[0] == "block.md:3: declaration x: x, b, c ∈ ℝᴰ (D × 1)"
    assert lines[3] == r"block.md:13: not read: y = [bold]\foo{x} - `\foo` is not understood"
    assert len(lines) == 6
