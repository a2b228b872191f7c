r"""What is maths in Markdown, and what is not."""

from __future__ import annotations

import pytest

from derivcheck.reading.documents import scan
from derivcheck.reading.items import Heading, Notice, Segment, Unreadable
from derivcheck.source import Source


def segments(text, kind="markdown"):
    return [item for item in scan(Source("doc", text), kind).items if isinstance(item, Segment)]


def contents(text, kind="markdown"):
    source = Source("doc", text)
    return [source.slice(segment.span).strip() for segment in segments(text, kind)]


def read(text, kind="markdown"):
    """The content of each segment without its gaps, white space folded."""
    result = []
    for segment in segments(text, kind):
        position, kept = segment.span.start, ""
        for gap in segment.gaps:
            kept += text[position : gap.start] + " "
            position = gap.end
        result.append(" ".join((kept + text[position : segment.span.end]).split()))
    return result


def unreadable(text, kind="markdown"):
    return [item for item in scan(Source("doc", text), kind).items if isinstance(item, Unreadable)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("let $x = 1$ be", ["x = 1"]),
        ("GitHub's $`x = 1`$ form", ["x = 1"]),
        ("over lines $`\nx = 1.\n`$ as well", ["x = 1."]),
        ("the $i$th and 2$\\times$2", ["i", "\\times"]),
        ("$a$$b$", ["a", "b"]),
        ("over $a +\nb$ lines", ["a +\nb"]),
        ("spaced $ x = 1 $ too", ["x = 1"]),
        ("nested $a \\text{ if $b$ holds} = c$ end", ["a \\text{ if $b$ holds} = c"]),
        ("\\(x = 1\\) and \\(y\\)", ["x = 1", "y"]),
        ("\\[ x = 1 \\]", ["x = 1"]),
        ("inside $$x = 1$$ a sentence", ["x = 1"]),
        ("$$\nx = 1\n$$", ["x = 1"]),
        ("```math\nx = 1\n```", ["x = 1"]),
        ("~~~ math\nx = 1\n~~~", ["x = 1"]),
        ("- item\n\n  ```math\n  x = 1\n  ```", ["x = 1"]),
        ("| a | b |\n|---|---|\n| $x$ | $|y|$ |", ["x", "|y|"]),
        ("a\\\\[2pt] $x$", ["x"]),
        ("<!-- a --> $x$ <!-- b --> $y$", ["x", "y"]),
        ("- a\n\n    $$ x $$", ["x"]),
        ("- a\n\n      continued $x$", ["x"]),
    ],
)
def test_maths_is_found(text, expected):
    assert contents(text) == expected
    assert contents(text.replace("\n", "\r\n")) == [one.replace("\n", "\r\n") for one in expected]


@pytest.mark.parametrize(
    "text",
    [
        "it costs $5 and $6",
        "between $5-$6 a piece, or US$7",
        "an escaped \\$x\\$ dollar",
        "a code span `$x$` and ``$`x`$``",
        "```python\n$x = 1$\n$$ y $$\n```",
        "~~~\n```\n$x$\n~~~",
        "````\n```\n$x$\n```\n````",
        "a paragraph\n\n    $x = 1$ is code\n\nmore",
        "<!-- $x$ -->",
        "<!-- over\n\nlines $x$\n\\[ y \\]\n-->",
        "---\ntitle: $x$\n---\ntext",
        "a paragraph with $x\n\nand another with y$ in it",
        "an escaped \\[1\\] reference and \\(see above\\)",
        "earn $$$ fast",
        "$$ $$",
        "- ```\n  $x$\n  ```",
        "> ```\n> $x$\n> ```",
        "## A title with $x = 0$",
        "A title with $x = 0$\n====",
    ],
)
def test_what_is_no_maths_gives_no_segment(text):
    assert contents(text) == []
    assert unreadable(text) == []


@pytest.mark.parametrize("star", ["", "*"])
@pytest.mark.parametrize("kind", ["markdown", "tex"])
@pytest.mark.parametrize(
    "name",
    ["equation", "align", "aligned", "gather", "multline", "split", "eqnarray", "flalign", "dmath"],
)
def test_bare_environments_are_displays_that_know_their_name(name, star, kind):
    text = f"Then\n\\begin{{{name}{star}}}\na &= b \\\\[2pt]\n&= c\n\\end{{{name}{star}}}\n"
    (segment,) = segments(text, kind)
    assert (segment.environment, segment.displayed) == (name, True)
    assert text[segment.span.start : segment.span.end] == "\na &= b \\\\[2pt]\n&= c\n"
    assert text[segment.outer.start :].startswith("\\begin")
    assert text[: segment.outer.end].endswith(f"\\end{{{name}{star}}}")


def test_the_columns_of_alignat_are_no_maths():
    assert contents("\\begin{alignat}{2} a &= b \\end{alignat}") == ["a &= b"]


def test_an_environment_inside_dollars_is_left_to_the_parser():
    (segment,) = segments("$$ \\begin{aligned} a &= b \\end{aligned} $$")
    assert segment.environment is None
    (segment,) = segments("\\begin{equation}\\begin{split} a \\end{split}\\end{equation}")
    assert segment.environment == "equation"


def test_spans_leave_the_delimiters_out_and_outer_spans_take_them_in():
    text = "so $x$ and\n\\[ y \\]"
    first, second = segments(text)
    assert text[first.span.start : first.span.end] == "x"
    assert text[first.outer.start : first.outer.end] == "$x$"
    assert text[second.outer.start : second.outer.end] == "\\[ y \\]"
    assert (first.displayed, second.displayed) == (False, True)
    assert (first.block, second.block) == (0, 1)


def test_quote_markers_inside_a_quoted_display_are_gaps():
    text = "> $$\n> a = b\n> + c\n> $$\n"
    assert read(text) == ["a = b + c"]


def test_the_same_sign_outside_a_quote_is_a_relation():
    assert read("$$\na\n> 0\n$$\n") == ["a > 0"]


def test_a_relation_in_a_quoted_display_survives_the_marker():
    assert read("> $$\n> a\n> > 0\n> $$\n") == ["a > 0"]


def test_nested_quotes_lose_both_markers():
    assert read("> > ```math\n> > a\n> > = b\n> > ```\n") == ["a = b"]


def test_indentation_in_a_list_is_a_gap():
    text = "1. so\n\n   $$\n   a = b\n   $$\n"
    (segment,) = segments(text)
    assert [text[gap.start : gap.end] for gap in segment.gaps] == ["   ", "   "]


def test_rows_that_look_like_markdown_blocks_stay_maths():
    text = "$$\na\n=\nb\n- c\n+ d\n# e\n$$"
    scanned = scan(Source("doc", text.replace("# e\n", "")), "markdown")
    assert [type(item) for item in scanned.items] == [Segment]


def test_comments_inside_maths_are_gaps():
    assert read("$$ a % first, \\$ and $\n= b \\% c <!-- x % y --> d $$") == ["a = b \\% c d"]
    assert read("\\begin{align} a % b\n% c\n= \\\\% d\n e \\end{align}", "tex") == ["a = \\\\ e"]


@pytest.mark.parametrize(
    ("opener", "closer"),
    [("$$", "$$"), ("\\[", "\\]"), ("\\begin{align}", "\\end{align}"), ("```math", "```")],
)
@pytest.mark.parametrize("rest", ["\n\nThen $y$ follows.\n\n$$ z $$", "\n# Next\n\nThen $y$ follows.\n\n$$ z $$"])
def test_an_unclosed_display_is_reported_and_the_rest_is_read(opener, closer, rest):
    text = f"Let $x$ be so.\n\n{opener}\na = b{rest}"
    (found,) = unreadable(text)
    assert text[found.at.start : found.at.end] == opener
    assert text[found.span.start : found.span.end].rstrip() == f"{opener}\na = b"
    assert "never closed" in found.message
    assert found.displayed
    assert closer in found.help
    assert contents(text) == ["x", "y", "z"]


def test_an_unclosed_display_ends_before_the_next_display_on_one_line():
    text = "$$ a = b\n$$ c = d $$\n\n\\[ e = f\n\n$$ g = h $$"
    assert [text[one.span.start : one.span.end] for one in unreadable(text)] == ["$$ a = b", "\\[ e = f"]
    assert contents(text) == ["c = d", "g = h"]


def test_a_closed_display_may_hold_a_blank_line():
    assert contents("$$\na = b\n\n= c\n$$") == ["a = b\n\n= c"]


def test_an_environment_opened_twice_was_never_closed():
    text = "\\begin{align} a \n\\begin{align} b \\end{align}"
    assert len(unreadable(text)) == 1
    assert contents(text) == ["b"]


def test_an_environment_closed_by_another_is_reported():
    (found,) = unreadable("\\begin{align} a \\end{equation} $x$")
    assert found.message == "`\\begin{align}` is closed by `\\end{equation}`"


def test_a_misspelt_opening_is_reported_at_its_closing():
    (found,) = unreadable("\\begin{algin} a \\end{align}")
    assert "without a `\\begin{align}`" in found.message


def test_a_dollar_that_opens_surely_maths_but_does_not_is_reported():
    (found,) = unreadable("so $\\alpha = 1 $ holds")
    assert found.at.start == 3
    assert unreadable("so $\\alpha = 1 holds")[0].message == "`$` is never closed in this paragraph"


def test_maths_in_an_indented_block_is_not_dropped_in_silence():
    items = scan(Source("doc", "text\n\n    $$ x = 1 $$\n\nmore"), "markdown").items
    assert [type(item) for item in items] == [Notice]


def test_an_unclosed_code_fence_is_said():
    items = scan(Source("doc", "text\n\n```python\n$x$"), "markdown").items
    assert [type(item) for item in items] == [Notice]


def test_a_quote_ends_the_fence_that_it_leaves_open():
    assert contents("> ```\n> $x$\n\nthen $y$") == ["y"]


def test_headings_have_level_and_text():
    text = "# One #\n\ntext\n\nTwo $x$\n---\n\n### Three\n"
    items = scan(Source("doc", text), "markdown").items
    assert [(item.level, item.text) for item in items] == [(1, "One"), (2, "Two $x$"), (3, "Three")]
    assert all(isinstance(item, Heading) for item in items)


def test_a_rule_under_a_display_makes_no_title_of_it():
    assert contents("$$ x = 1 $$\n---\n") == ["x = 1"]
