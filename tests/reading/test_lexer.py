r"""The lexer: what a piece of LaTeX is made of, and where each piece stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivcheck.reading.items import Macro, ParseError
from derivcheck.reading.lexer import Token, tokenize
from derivcheck.source import Span


def tokens(latex: str, macros: dict[str, Macro] | None = None) -> list[Token]:
    return tokenize(latex, Span(0, len(latex)), macros or {})


def said(latex: str, macros: dict[str, Macro] | None = None) -> list[str]:
    return [token.text for token in tokens(latex, macros)]


def kinds(latex: str) -> list[tuple[str, str]]:
    return [(token.kind, token.text) for token in tokens(latex)]


def test_letters_stand_alone_and_digits_together():
    assert kinds("Wx12.5") == [("letter", "W"), ("letter", "x"), ("number", "12.5")]


def test_thousands_are_one_number():
    assert said(r"1{,}000 + 1\,000") == ["1000", "+", "1000"]


def test_every_token_keeps_its_offsets_in_the_whole_document():
    text = r"before $\alpha + b$ behind"
    found = tokenize(text, Span(8, 18), {})
    assert [text[token.span.start : token.span.end] for token in found] == [r"\alpha", "+", "b"]


@pytest.mark.parametrize(
    "latex",
    [r"a\,b", r"a\;b", r"a\!b", "a~b", r"a\displaystyle b", r"a\nonumber b", r"a\phantom{xyz}b", r"a\hspace{2em}b", r"a\mkern-1.5mu b", "a % no\nb", r"a\ b"],
)  # fmt: skip
def test_spacing_is_dropped(latex):
    assert said(latex) == ["a", "b"]


@pytest.mark.parametrize(
    "latex", [r"\left( a \right)", r"\bigl( a \bigr)", r"\Big( a \Big)", r"\biggl(a\biggr)", "(a)"]
)
def test_sized_brackets_are_plain_brackets(latex):
    assert kinds(latex) == [("open", "("), ("letter", "a"), ("close", ")")]


def test_the_bracket_that_is_not_written_is_kept():
    assert said(r"\left. a \right|_r") == [r"\left.", "a", "|", "_", "r"]
    assert said(r"\left\{ a \right.") == ["{", "a", r"\right."]


def test_visible_and_invisible_braces_differ():
    assert kinds(r"\{ { } \}") == [("open", "{"), ("begin", "{"), ("end", "}"), ("close", "}")]


def test_bars_with_a_side_are_brackets_and_others_are_signs():
    assert kinds(r"\lvert a \right| | \| \vert \Vert") == [
        ("open", "|"), ("letter", "a"), ("close", "|"), ("sign", "|"), ("sign", r"\|"), ("sign", "|"), ("sign", r"\|"),
    ]  # fmt: skip


def test_text_is_one_token():
    assert kinds(r"\text{if } x") == [("text", "if "), ("letter", "x")]


def test_maths_inside_text_is_maths():
    assert kinds(r"\text{if $x$ is}") == [("text", "if "), ("letter", "x"), ("text", " is")]


def test_a_quad_is_kept_for_it_separates():
    assert kinds(r"a \quad b \qquad c")[1::2] == [("quad", r"\quad"), ("quad", r"\qquad")]


def test_tags_and_labels_hold_their_content():
    assert kinds(r"a \tag{3*} \label{eq:one}")[1:] == [("tag", "3*"), ("label", "eq:one")]


def test_environments_lose_their_star_and_column_types():
    assert kinds(r"\begin{array}{c|c} a \\[2pt] b \end{array}") == [
        ("env-begin", "array"), ("letter", "a"), ("row", r"\\"), ("letter", "b"), ("env-end", "array"),
    ]  # fmt: skip
    assert kinds(r"\begin{align*}\end{align*}") == [("env-begin", "align"), ("env-end", "align")]


def test_a_bracket_behind_a_row_end_is_no_length():
    assert said(r"\\ [a + b]") == [r"\\", "[", "a", "+", "b", "]"]


def test_an_interrupted_bracket_goes_on_behind_the_line_break():
    assert said(r"\left( a \right. \\ & \left. b \right)") == ["(", "a", "b", ")"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [("α", r"\alpha"), ("≤", r"\le"), ("⊙", r"\odot"), ("−", "-"), ("→", r"\to"), ("∂", r"\partial"), ("⟨", r"\langle"), ("′", "'"), ("·", r"\cdot"), ("φ", r"\phi")],
)  # fmt: skip
def test_unicode_signs_are_their_commands(written, meant):
    assert said(written) == [meant]


def test_unicode_scripts_are_scripts():
    assert said("x²") == ["x", "^", "{", "2", "}"]
    assert said("xᵀ") == ["x", "^", "{", r"\top", "}"]
    assert said("x₁₂") == ["x", "_", "{", "12", "}"]
    assert said("A⁻¹") == ["A", "^", "{", "-", "1", "}"]


def test_unicode_letters_keep_their_style_and_accent():
    assert said("ℝ𝐱") == [r"\mathbb", "R", r"\mathbf", "x"]
    assert said("ŷ") == [r"\hat", "y"]
    assert said("x\u0302") == [r"\hat", "{", "x", "}"]


def test_negated_and_braced_relations_are_one_sign():
    assert said(r"a \not= b") == ["a", r"\ne", "b"]
    assert said("a {=} b") == ["a", "=", "b"]
    assert said("x^{+}") == ["x", "^", "{", "+", "}"]


def test_a_macro_stands_where_it_is_used():
    latex = r"a \W b"
    found = tokens(latex, {r"\W": Macro(r"\W", 0, r"\mathbf{W}")})
    assert [token.text for token in found] == ["a", r"\mathbf", "{", "W", "}", "b"]
    assert {token.span for token in found[1:5]} == {Span(2, 4)}
    assert found[-1].span == Span(5, 6)


def test_a_macros_argument_keeps_its_own_place():
    found = tokens(r"\norm{x}", {r"\norm": Macro(r"\norm", 1, r"\|#1\|")})
    assert [(token.text, token.span) for token in found] == [
        (r"\|", Span(0, 8)),
        ("x", Span(6, 7)),
        (r"\|", Span(0, 8)),
    ]


def test_macros_use_macros_and_defaults():
    macros = {
        r"\p": Macro(r"\p", 2, r"\frac{\partial #1}{\partial #2}", r"\loss"),
        r"\loss": Macro(r"\loss", 0, r"\ell"),
        r"\w": Macro(r"\w", 0, r"\omega"),
    }
    assert said(r"\p{x}", macros) == said(r"\frac{\partial \ell}{\partial x}")
    assert said(r"\p[f]{x}", macros) == said(r"\frac{\partial f}{\partial x}")
    assert said(r"\w x\w", macros) == [r"\omega", "x", r"\omega"]


def test_a_macro_that_uses_itself_is_refused():
    with pytest.raises(ParseError, match="without end"):
        tokens(r"\a", {r"\a": Macro(r"\a", 0, r"\a\a")})


def test_a_macro_without_its_argument_is_refused():
    with pytest.raises(ParseError, match="needs 2 arguments"):
        tokens(r"\f{x}", {r"\f": Macro(r"\f", 2, "#1#2")})


def test_gaps_are_left_out_and_offsets_stay():
    text = "a\n> + b"
    found = tokenize(text, Span(0, len(text)), {}, gaps=(Span(2, 4),))
    assert [(token.text, token.span.start) for token in found] == [("a", 0), ("+", 4), ("b", 6)]


@given(st.text(max_size=60))
def test_any_text_gives_tokens_or_a_parse_error_inside_it(text):
    try:
        places = [token.span for token in tokens(text)]
    except ParseError as error:
        places = [error.span]
    assert all(0 <= place.start <= place.end <= len(text) for place in places)
