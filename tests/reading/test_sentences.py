r"""Which words lead to a stretch of maths, and which stretches share a sentence."""

from __future__ import annotations

from itertools import pairwise

import pytest

from derivcheck.reading.documents import scan
from derivcheck.reading.items import Segment
from derivcheck.source import Source


def segments(text, kind="markdown"):
    return [item for item in scan(Source("doc", text), kind).items if isinstance(item, Segment)]


def leads(text, kind="markdown"):
    return [segment.lead for segment in segments(text, kind)]


def same_sentence(text, kind="markdown"):
    """For each segment but the first, whether it is in the sentence of the one before."""
    numbers = [segment.sentence for segment in segments(text, kind)]
    return [one == other for one, other in pairwise(numbers)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Let $x$, $y$ and $z$ be so", ["let", "", "and"]),
        ("If $x$ then, **for\nall** _small_ $y$:", ["if", "then, for all small"]),
        ("- *Suppose* $x$\n- where $y$", ["suppose", "where"]),
        ("1. First $x$\n2. then $y$", ["first", "then"]),
        ("> With the\n> loss $x$", ["with the loss"]),
        ("See [the `proof`](a.md) of $x$", ["see the of"]),
        ("**Theorem.** Let $x$", ["let"]),
        ("so[^1] $x$ (where $y$)", ["so", "where"]),
        ("some_name and $x$", ["some_name and"]),
        ("With the loss $x$,\n\n$$ y $$\n\nwhere $z$", ["with the loss", "", "where"]),
        ("text <!-- not this --> when $x$", ["text when"]),
        ("# Title\nassume $x$", ["assume"]),
        ("| if $x$ | when $y$ |", ["if", "when"]),
    ],
)
def test_the_lead_is_the_plain_words_before(text, expected):
    assert leads(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("By~\\cite[p.~3]{a} \\emph{if} $x$", ["by if"]),
        ("\\begin{theorem}[Chain rule] Let $x$", ["let"]),
        ("\\item Put $x$", ["put"]),
        ("with $x$ % then\nand $y$", ["with", "and"]),
        ("\\noindent where $x$\\label{a}, for $y$", ["where", "for"]),
    ],
)
def test_tex_commands_are_not_part_of_the_lead(text, expected):
    assert leads(text, "tex") == expected


@pytest.mark.parametrize(
    "between",
    [
        "and",
        ", i.e. with",
        ", e.g. for",
        "w.r.t. the",
        "by Eq. (2.5),",
        "(resp. the",
        "; cf. the",
        "of version 2.5 and",
        "and so on, ... until",
        "\nthen",
        "<!-- a comment. -->",
    ],
)
def test_a_sentence_goes_on(between):
    assert same_sentence(f"We have $x$ {between} $y$ here") == [True]


@pytest.mark.parametrize(
    "between",
    [
        ". Then",
        ". then",
        "? Yes,",
        "is so! And",
        "is iid, etc. Then",
        "(as said.) Then",
        "\n\nand",
        "\n\n",
        "\n## Title\nand",
        "\n- item",
        "\n```\ncode\n```\nand",
        "\n\n***\n\nand",
    ],
)
def test_a_sentence_ends(between):
    assert same_sentence(f"We have $x$ {between} $y$ here") == [False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("So\n\n$$ x $$\n\nwhere $y$", [True]),
        ("So\n\n$$ x $$\n\n, for $y$", [True]),
        ("So\n\n$$ x $$\n\nHence $y$", [False]),
        ("So\n\n$$ x $$\nHence $y$", [False]),
        ("So\n\n$$ x . $$\n\nwhere $y$", [False]),
        ("So $$ x $$ where $y$", [True]),
        ("So $x$:\n\n$$ y $$", [True]),
        ("So $x$.\n\n$$ y $$", [False]),
        ("$$ x $$\n\n$$ = y $$", [True]),
        ("$$ x $$\n\n$y$ is", [False]),
        ("$$ x $$\n\n<!-- derivcheck: expect wrong -->\n\nwhere $y$", [True]),
        ("$$ x $$ {#eq-a}\n\nwhere $y$", [True]),
    ],
)
def test_a_sentence_may_go_through_a_display(text, expected):
    assert same_sentence(text) == expected


@pytest.mark.parametrize(
    ("maths", "ends"),
    [
        ("x = 1.", True),
        ("x = 1 . ", True),
        ("x = 1.\\label{a}\\\\", True),
        ("\\begin{aligned} x = 1.\\end{aligned}", True),
        ("\\text{so.}", True),
        ("x = 1. % note", True),
        ("\\left. x \\right.", False),
        ("x_1, ...", False),
        ("x = 1.5", False),
        ("n!", False),
    ],
)
def test_a_full_stop_inside_maths_ends_its_sentence(maths, ends):
    assert same_sentence(f"$$\n{maths}\n$$\nand $y$") == [not ends]


def test_a_let_directive_is_a_sentence_of_its_own_and_leaves_the_one_around_it_alone():
    text = "if $x$ <!-- derivcheck: let $a$ and $b$ --> then $y$"
    one, first, second, two = segments(text)
    assert one.sentence == two.sentence != first.sentence == second.sentence
    assert two.lead == "then"
