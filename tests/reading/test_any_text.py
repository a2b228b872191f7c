r"""The scanner takes any text: it never raises, keeps its promises about spans, and its work is linear."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derivcheck.reading.documents import scan
from derivcheck.reading.items import Segment, Unreadable
from derivcheck.reading.page import Kind
from derivcheck.source import Source
from tests.counting import Looks, calls

PIECES = [
    *"$`~*_#>-|%{}[]()\\.,= \t\r\n\0x1é",
    "$$", "\\[", "\\]", "\\(", "\\)", "\n\n", "\n> ", "\n- ", "\n    ", "\n# T\n", "\n---\n", "\n===\n", "\n|a|",
    "```", "\n```math\n", "\n```\n", "\n~~~\n", "\\begin{align}", "\\end{align}", "\\begin{split}", "\\end{split}",
    "\\begin{alignat}{2}", "\\begin{document}", "\\end{document}", "\\begin{verbatim}", "\\end{verbatim}", "\\verb|",
    "<!--", "-->", "<!-- derivcheck: let $x$ -->", "\n% derivcheck: expect wrong", "<!-- cell 2 -->\n", "\\text{",
    "\\newcommand{\\R}[1]{", "\\def\\a{", "\\DeclareMathOperator", "\\section{", "\\item", "\\footnote{", "\\iffalse",
    "Then we have", "where ", "i.e. ", "a = b", "\\alpha", "\\def\\be{\\begin{align}}", "\\be", "\\right.",
]  # fmt: skip
documents = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=40).map("".join)


@pytest.mark.parametrize("kind", ["markdown", "tex"])
@settings(max_examples=400)
@given(text=documents)
def test_any_text_is_scanned_and_every_span_is_sound(kind, text):
    scanned = scan(Source("doc", text), kind)
    starts, blocks, end_of_last = [], [], 0
    for item in scanned.items:
        span = item.span
        assert 0 <= span.start <= span.end <= len(text)
        if isinstance(item, Unreadable):
            assert span.start <= item.at.start <= item.at.end <= len(text)
        if isinstance(item, Segment):
            assert item.outer.start <= span.start <= span.end <= item.outer.end <= len(text)
            assert text[span.start : span.end].strip()
            blocks.append(item.block)
            position = span.start
            for gap in item.gaps:
                assert position <= gap.start < gap.end <= span.end
                position = gap.end
            if not item.hidden:
                assert item.outer.start >= end_of_last
                end_of_last = item.outer.end
        starts.append(item.outer.start if isinstance(item, Segment) else span.start)
    assert starts == sorted(starts)
    assert blocks == list(range(len(blocks)))


HOSTILE = [
    "$", "$ ", "$x", "$5 ", "$$", "$$ ", "$$ a\n\n", "\\[", "\\(", "\\( \\alpha =", "`", "``` ", "``", "`a``b", "<!--",
    "<!---->", "<!-- derivcheck: let $", "\n", "\n\n", " ", "> ", "\n> ", "\n- $$", "\n    a\n\n", "\n```math\n", "\n```\n",
    "{", "\\text{", "$\\text{ $ x}", "$\\text{{a}", "\\def\\x{", "\\newcommand{\\x}{", "\\section{", "\\begin{align}",
    "\\begin{align}\n\n", "\\begin{split}", "\\end{align}", "\\begin{verbatim}", "\\iffalse ", "\\verb|", "\\verb|\n", "[",
    "](", "[a](", "<a ", "_", "*", ".", "a. ", "a.", "e.g. ", "\n# $x$\n", "a\n=\n", "# #", "|", "\n|a", "%", "% a\n",
    "\n% derivcheck: let $x$\n", "\\cite[", "\\label{", "$a\\end{b}}}}$ ", "$$\na % b\n$$\n", "\n- $$\n  a\n  $$\n",
    "\\footnote{a $x$ ", "<!-- cell 1 -->\n", "$`a", "1. ", "***", "{#a ", "\\\n", "\t", "x\n\n$$\n",
]  # fmt: skip


BLOCK = "Let $x \\in \\mathbb{R}$ be so, i.e. with\n\n$$ \\frac{a}{b} = c % d\n  + e . $$\n\nThen `code` and [a](b).\n\n- $z$\n"


def work(text: str, kind: Kind) -> tuple[int, int]:
    """The characters that are looked at to scan a text, and the functions that are called."""
    looks = Looks()
    with looks.of("derivcheck.reading", "paint"):
        called = calls(lambda: scan(Source("doc", looks.text(text)), kind))
    return looks.count, called


@pytest.mark.parametrize("kind", ["markdown", "tex"])
def test_twice_as_much_hostile_repetition_is_twice_the_work(kind):
    slow = []
    for piece in [*HOSTILE, BLOCK]:
        once, twice = (work(piece * (size // len(piece)) + "end", kind) for size in (1500, 3000))
        if any(two > 2.2 * one for one, two in zip(once, twice, strict=True)):
            slow.append((piece, once, twice))
    assert slow == []


def test_every_formula_of_a_long_text_is_found():
    assert len(scan(Source("doc", BLOCK * 500), "markdown").items) == 3 * 500
