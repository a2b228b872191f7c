r"""What is maths in TeX."""

from __future__ import annotations

import pytest

from derivcheck.reading.documents import scan
from derivcheck.reading.items import Directive, Heading, Segment, Unreadable
from derivcheck.source import Source


def items(text, type_):
    return [item for item in scan(Source("doc.tex", text), "tex").items if isinstance(item, type_)]


def contents(text):
    return [text[one.span.start : one.span.end].strip() for one in items(text, Segment)]


DOCUMENT = r"""
\documentclass{article}
\newcommand{\R}{\mathbb{R}}
% derivcheck: layout numerator
A preamble with $p$.
\begin{document}
\section{First $t$}
Let $x$. % not $y$
\begin{equation}\label{eq:a}
  z = 1 % w
\end{equation}
\end{document}
$q$ % derivcheck: skip
"""


def test_only_the_body_is_read_and_the_preamble_gives_macros_and_directives():
    assert contents(DOCUMENT) == ["x", "\\label{eq:a}\n  z = 1 % w"]
    assert scan(Source("doc.tex", DOCUMENT), "tex").macros.keys() == {"\\R"}
    assert [one.word for one in items(DOCUMENT, Directive)] == ["layout"]
    assert [(one.level, one.text) for one in items(DOCUMENT, Heading)] == [(1, "First $t$")]


@pytest.mark.parametrize(
    "text",
    [
        "% $x$",
        "50\\% of % $x$",
        "\\verb|$x$| and \\verb+\\[+",
        "\\begin{verbatim}\n$x$\n\\end{verbatim}",
        "\\begin{lstlisting}[language=C]\n$x$ % \\[\n\\end{lstlisting}",
        "\\begin{comment} $x$ \\end{comment}",
        "\\iffalse $x$ \\figure \\fi",
        "costs 5\\$ and 6\\$",
    ],
)
def test_comments_and_verbatim_text_are_no_maths(text):
    assert contents(text) == []
    assert items(text, Unreadable) == []


def test_a_percent_in_verbatim_text_is_no_comment():
    assert contents("\\begin{verbatim}\n% \\end{verbatim} $x$") == ["x"]


def test_an_unclosed_verbatim_swallows_nothing():
    assert contents("\\begin{verbatim}\n$x$") == ["x"]


def test_spaces_beside_dollars_do_not_matter():
    assert contents("so $ x $ and $y $") == ["x", "y"]


def test_a_lone_dollar_is_reported_and_harms_its_paragraph_only():
    text = "a $x is lost\n\nand $y$ is found"
    (found,) = items(text, Unreadable)
    assert text[found.span.start : found.span.end] == "$x is lost"
    assert contents(text) == ["y"]


def test_a_closing_bracket_without_an_opening_one_is_reported():
    (found,) = items("x = 1 \\]", Unreadable)
    assert found.message == "`\\]` without a `\\[` before it"


def test_line_breaks_with_a_length_open_no_display():
    text = "a \\\\[2pt] b $x$"
    assert contents(text) == ["x"]
    assert items(text, Unreadable) == []


def test_footnotes_are_prose():
    assert contents("We have $x$\\footnote{Where $y$ is small.} now.") == ["x", "y"]


def test_macros_that_stand_for_an_environment_open_and_close_it():
    text = "\\def\\be{\\begin{equation}}\\def\\ee{\\end{equation}}\n\\be x = 1 \\ee and \\beta"
    assert contents(text) == ["x = 1"]
    assert items(text, Segment)[0].environment == "equation"


def test_a_line_with_only_a_comment_ends_no_paragraph():
    first, second = items("if $x$\n% note\nthen $y$", Segment)
    assert first.sentence == second.sentence


def test_a_title_whose_brace_is_never_closed_ends_with_its_line():
    (heading,) = items("\\section{Oops\nthen $x$", Heading)
    assert heading.text == "Oops"
    assert contents("\\section{Oops\nthen $x$") == ["x"]
