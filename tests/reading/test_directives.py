r"""Directives and macro definitions."""

from __future__ import annotations

import pytest

from derivcheck.reading.documents import scan
from derivcheck.reading.items import Directive, Macro, Segment, Unreadable
from derivcheck.source import Source


def scanned(text, kind="markdown"):
    return scan(Source("doc", text), kind)


def directives(text, kind="markdown"):
    return [(one.word, one.argument) for one in scanned(text, kind).items if isinstance(one, Directive)]


def hidden(text, kind="markdown"):
    return [
        (text[one.span.start : one.span.end], one.lead)
        for one in scanned(text, kind).items
        if isinstance(one, Segment) and one.hidden
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("a <!-- derivcheck: skip too long --> b", "markdown"),
        ("<!--derivcheck: skip\n  too\n  long\n-->", "markdown"),
        ("% derivcheck: skip too long", "markdown"),
        ("$$\nx % derivcheck: skip too long\n$$", "markdown"),
        ("$$\nx\n% derivcheck: skip too long $$", "markdown"),
        ("```math\nx\n%% derivcheck: skip too long\n```", "markdown"),
        ("> $$\n> x\n> % derivcheck: skip too long\n> $$", "markdown"),
        ("%derivcheck:skip too long", "tex"),
        ("\\begin{align} x % derivcheck: skip too long\n \\end{align}", "tex"),
    ],
)
def test_a_directive_is_read_once_wherever_it_stands(text, kind):
    assert directives(text, kind) == [("skip", "too long")]
    assert not [item for item in scanned(text, kind).items if isinstance(item, Unreadable)]


def test_unknown_words_are_passed_on():
    assert directives("<!-- derivcheck: expct wrong -->\n<!-- derivcheck: -->") == [("expct", "wrong"), ("", "")]


@pytest.mark.parametrize(
    "text",
    [
        "`<!-- derivcheck: skip -->`",
        "```\n<!-- derivcheck: skip -->\n```",
        "<!-- derivcheck is a tool -->",
        "100% derivcheck: skip",
    ],
)
def test_a_directive_in_code_or_prose_is_none(text):
    assert directives(text) == []


def test_a_directive_on_a_row_has_a_span_on_that_row_and_follows_its_segment():
    text = "\\begin{align}\na &= b \\\\\nc &= d % derivcheck: expect wrong\n\\end{align}"
    for kind in ("markdown", "tex"):
        segment, directive = scanned(text, kind).items
        assert isinstance(segment, Segment)
        assert text[directive.span.start : directive.span.end] == "% derivcheck: expect wrong"
        assert directive.span in segment.gaps


def test_the_maths_of_a_let_gives_hidden_segments():
    text = "<!-- derivcheck: let $V = W_2$ and $a \\in\n\\mathbb{R}$ -->\n\n$y$"
    assert hidden(text) == [("V = W_2", "let"), ("a \\in\n\\mathbb{R}", "let")]
    assert directives(text) == []
    assert hidden("% derivcheck: let $V = W$\n", "tex") == [("V = W", "let")]
    assert hidden("$$\nx % derivcheck: let $V = W$\n$$") == [("V = W", "let")]


def test_a_let_without_maths_stays_a_directive_for_the_next_stage_to_report():
    assert directives("<!-- derivcheck: let V be W -->") == [("let", "V be W")]


def test_a_directive_whose_comment_is_never_closed_is_reported():
    (found,) = scanned("text\n<!-- derivcheck: skip\n\nmore").items
    assert isinstance(found, Unreadable)
    assert found.at.start == 5


def test_an_unclosed_comment_swallows_nothing():
    (segment,) = scanned("text <!-- oops\n\n$x$").items
    assert isinstance(segment, Segment)


@pytest.mark.parametrize("kind", ["markdown", "tex"])
@pytest.mark.parametrize(
    ("definition", "macro"),
    [
        ("\\newcommand{\\R}{\\mathbb{R}}", Macro("\\R", 0, "\\mathbb{R}")),
        ("\\newcommand\\R{\\mathbb{R}}", Macro("\\R", 0, "\\mathbb{R}")),
        ("\\renewcommand*{\\d}[2]{\\frac{#1}{#2}}", Macro("\\d", 2, "\\frac{#1}{#2}")),
        ("\\providecommand{\\n}[1][p]{\\|#1\\|}", Macro("\\n", 1, "\\|#1\\|", "p")),
        ("\\def\\d#1#2{\\frac{\\partial #1}{\\partial #2}}", Macro("\\d", 2, "\\frac{\\partial #1}{\\partial #2}")),
        ("\\DeclareMathOperator{\\tr}{tr}", Macro("\\tr", 0, "\\operatorname{tr}")),
        ("\\DeclareMathOperator*\\argmax{arg\\,max}", Macro("\\argmax", 0, "\\operatorname*{arg\\,max}")),
        ("\\newcommand{\\set}{\\{ a \\}}", Macro("\\set", 0, "\\{ a \\}")),
    ],
)
def test_macros_are_collected_in_prose_and_in_maths(kind, definition, macro):
    for text in (definition, f"$$ {definition} $$", f"$${definition}\n x = 1 $$"):
        assert scanned(text, kind).macros == {macro.name: macro}


def test_maths_that_holds_only_definitions_is_no_segment():
    assert scanned("$$\n\\newcommand{\\R}{x}\n\\def\\a{b}\n$$").items == ()
    assert scanned("```math\n\\newcommand{\\R}{x}\n```").items == ()


def test_definitions_beside_maths_are_gaps():
    text = "$\\def\\a{b} \\a = 1$"
    (segment,) = scanned(text).items
    assert [text[gap.start : gap.end] for gap in segment.gaps] == ["\\def\\a{b}"]


def test_maths_in_a_macro_body_is_no_segment():
    assert scanned("\\newcommand{\\R}{$\\mathbb{R}$}", "tex").items == ()


def test_definitions_in_code_are_none():
    assert scanned("```\n\\newcommand{\\R}{x}\n```\n`\\def\\a{b}`").macros == {}
    assert scanned("% \\def\\a{b}", "tex").macros == {}


def test_a_forgotten_brace_defines_nothing_and_swallows_nothing():
    (segment,) = scanned("\\newcommand{\\R}{{x}\n\n$y$ and }", "tex").items
    assert isinstance(segment, Segment)


def test_a_comment_in_a_body_is_left_out():
    assert scanned("\\newcommand{\\R}{% note\nx}", "tex").macros["\\R"].body == "x"
