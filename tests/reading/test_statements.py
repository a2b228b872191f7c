r"""Segments become statements: rows, phrases, members, and what cannot be read is said and spoils nothing else."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from derivcheck.language.nodes import Given, Name, Tuple
from derivcheck.language.printing import latex
from derivcheck.reading.documents import scan
from derivcheck.reading.items import Directive, Heading, Macro, Scan, Segment, Statement, Unreadable
from derivcheck.reading.statements import parse_statements, read
from derivcheck.source import Source, Span


def shown(statement):
    """``A = B`` from a statement, each member as canonical LaTeX."""
    signs = [relation.sign for relation in statement.relations]
    if not statement.continues:
        signs = ["", *signs]
    return " ".join(f"{sign} {latex(member)}".strip() for sign, member in zip(signs, statement.members, strict=True))


def statements(text):
    found = parse_statements(text)
    assert not [item for item in found if isinstance(item, Unreadable)]
    return [item for item in found if isinstance(item, Statement)]


def lines(text):
    return [shown(statement) for statement in statements(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"A = B \le C", [r"A = B \le C"]),
        (r"x + y", ["x + y"]),
        (r"A = B, \quad C = D.", ["A = B", "C = D"]),
        (r"A = B; C = D", ["A = B", "C = D"]),
        (r"A = B \qquad C = D", ["A = B", "C = D"]),
        (r"A = B \quad + C", ["A = B + C"]),
        (r"A \quad = \quad B", ["A = B"]),
        (r"A = B \\ C = D", ["A = B", "C = D"]),
        (r"A = B, \\[2pt] C = D", ["A = B", "C = D"]),
        (r"f(x, y) = (a, b)", ["f(x, y) = (a, b)"]),
        (r"\begin{aligned} A &= B \\ C &= D \end{aligned}", ["A = B", "C = D"]),
        (r"\begin{gathered} A = B \\ \begin{split} C &= D \end{split} \end{gathered}", ["A = B", "C = D"]),
        (r"A &= B & C &= D \\ E &= F & G &= H", ["A = B", "C = D", "E = F", "G = H"]),
        (r"\begin{array}{rcl} A &=& B \\ &=& C \end{array}", ["A = B = C"]),
        (r"\begin{cases} A = B \\ C = D \end{cases}", ["A = B", "C = D"]),
        (r"\boxed{A = B}", ["A = B"]),
        (r"A = \boxed{B = C}", ["A = B = C"]),
        (r"A = \boxed{B}", [r"A = \boxed{B}"]),
        (
            r"A = \begin{pmatrix} x & y \\ 1 & 2 \end{pmatrix}, B = C",
            [r"A = \begin{pmatrix} x & y \\ 1 & 2 \end{pmatrix}", "B = C"],
        ),
    ],
)
def test_rows_and_separators_part_statements(text, expected):
    assert lines(text) == expected


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        (r"a \leq b", r"\le"),
        (r"a \leqslant b", r"\le"),
        ("a ≤ b", r"\le"),
        (r"a \geq b", r"\ge"),
        (r"a \neq b", r"\ne"),
        (r"a \not= b", r"\ne"),
        (r"a \coloneqq b", ":="),
        (r"a := b", ":="),
        (r"a : = b", ":="),
        (r"a \vcentcolon= b", ":="),
        (r"a \triangleq b", ":="),
        (r"a \stackrel{\text{def}}{=} b", ":="),
        (r"a \overset{\mathrm{def}}{=} b", ":="),
        (r"a \overset{(1)}{=} b", "="),
        (r"a \stackrel{!}{=} b", "="),
        (r"a \overset{\text{iid}}{\sim} b", r"\sim"),
        (r"a \mathrel{=} b", "="),
        (r"a {=} b", "="),
        (r"a \gets b", r"\leftarrow"),
        (r"a \rightarrow b", r"\to"),
    ],
)
def test_relation_signs_are_canonical(text, sign):
    (statement,) = statements(text)
    assert [relation.sign for relation in statement.relations] == [sign]
    assert [latex(member) for member in statement.members] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"x, b \in \mathbb{R}^D", r"x, b \in \mathbb{R}^{D}"),
        (r"x_1, \dots, x_n \in \mathbb{R}", r"x_{1}, \dots, x_{n} \in \mathbb{R}"),
        (r"x \text{ and } b \in \mathbb{R}", r"x, b \in \mathbb{R}"),
        (r"f, g : \mathbb{R} \to \mathbb{R}", r"f, g : \mathbb{R} \to \mathbb{R}"),
        (r"a, b > 0", "a, b > 0"),
        (r"i = 1, \dots, N", r"i = 1, \dots, N"),
        (r"i = 1, 2, \ldots, N", r"i = 1, 2, \dots, N"),
        (r"i = 1 \ldots N", r"i = 1, \dots, N"),
        (r"i, j = 1, \dots, N", r"i, j = 1, \dots, N"),
        (r"k = 0, 1", "k = 0, 1"),
        (r"i \in \{1, \dots, K\}", r"i \in \{1, \dots, K\}"),
    ],
)
def test_a_comma_list_before_or_behind_a_relation_is_one_member(text, expected):
    (statement,) = statements(text)
    assert shown(statement) == expected


def test_a_command_behind_a_relation_is_not_swallowed_by_it():
    assert lines(r"u := \frac{x}{y}") == [r"u := \frac{x}{y}"]


def test_what_is_held_fixed_is_no_condition():
    assert lines(r"\left. x \right|_{y} = z") == [r"\left. x \right|_{y} = z"]


@pytest.mark.parametrize("text", ["y = x + 0,5", "y = 0,5 x", "0,5 x = y"])
def test_a_decimal_comma_is_not_taken_for_the_end_of_a_statement(text):
    troubles = [item for item in parse_statements(text) if isinstance(item, Unreadable)]
    assert [text[item.at.start : item.at.end] for item in troubles] == [","]


def test_two_ranges_in_one_row_are_two_statements():
    assert lines(r"i = 1, \dots, N, \; j = 1, \dots, M") == [r"i = 1, \dots, N", r"j = 1, \dots, M"]


def test_a_list_of_expressions_before_a_bound_is_no_list_of_subjects():
    assert lines("a + 1, b > 0") == ["a + 1", "b > 0"]


def test_a_definition_before_a_declaration_is_not_drawn_into_it():
    assert lines(r"y = f(x), \quad x \in \mathbb{R}") == ["y = f(x)", r"x \in \mathbb{R}"]


def test_a_map_has_a_domain_and_a_codomain():
    (statement,) = statements(r"f : \mathbb{R}^n \times \mathbb{R}^n \to \mathbb{R}")
    assert [relation.sign for relation in statement.relations] == [":", r"\to"]
    assert latex(statement.members[1]) == r"\mathbb{R}^{n} \times \mathbb{R}^{n}"


def test_what_is_given_belongs_to_the_member():
    first, second = statements(r"x \mid z \sim p, \quad y, u | z \sim q")
    assert first.members[0] == Given(Name("x"), Name("z"))
    assert second.members[0] == Given(Tuple((Name("y"), Name("u")), (",",)), Name("z"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"A &= B \\ &= C", ["A = B = C"]),
        (r"A &= B \\ &\le C \\ &= D", [r"A = B \le C = D"]),
        (r"A \\ = B", ["A = B"]),
        (r"A &= B \\ &\quad - C \\ &= D", ["A = B - C = D"]),
        (r"A &= B + \\ & C", ["A = B + C"]),
        (r"A &= \\ & B", ["A = B"]),
        (r"A &= B \\ -C &= D", ["A = B", "-C = D"]),
        (r"A &= (B \\ &\quad + C)", ["A = (B + C)"]),
        (r"A = B, \quad x > 0 \\ = C", ["A = B = C", "x > 0"]),
        (r"A = B \text{ where } C = D \\ = E", ["A = B = E", "C = D"]),
        (r"A &= B & C &= D \\ &= E & &= F", ["A = B = E", "C = D = F"]),
        (r"A^+ \\ B = C", ["A^{+}", "B = C"]),
        (r"A^* \\ B = C", ["A^{*}", "B = C"]),
    ],
)
def test_rows_that_go_on_with_the_row_before_are_joined_to_it(text, expected):
    assert lines(text) == expected


def test_a_segment_that_begins_with_a_relation_continues_what_stands_before_it():
    (statement,) = statements(r"= B \\ = C")
    assert statement.continues
    assert len(statement.members) == len(statement.relations) == 2


@pytest.mark.parametrize(
    ("text", "leads"),
    [
        (r"A = B \text{ where } C = D \text{, and } E = F", ["", "where", "and"]),
        (r"\text{If } x > 0, \text{ then } A = B", ["if", "then"]),
        (r"A = B \quad \text{for all } x \in S", ["", "for all"]),
        (r"A = B \quad \forall x \in S", ["", "for all"]),
        (r"\forall x \in S: A = B", ["for all", ""]),
        (r"A = B \text{ by the chain rule} \\ C = D", ["", "by the chain rule"]),
        (r"A = B \mathrm{ if } C = D", ["", "if"]),
    ],
)
def test_words_part_statements_and_lead_the_next(text, leads):
    assert [statement.lead for statement in statements(text)] == leads


@pytest.mark.parametrize(
    "text",
    [
        r"\text{ReLU}(x) = y",
        r"u_{\text{new}} = u^\text{old} + x",
        r"\log p = x + \text{const}",
        r"\text{loss} = x",
    ],
)
def test_a_word_that_is_a_name_parts_nothing(text):
    assert len(statements(text)) == 1


@pytest.mark.parametrize(
    "arrow", [r"\Rightarrow", r"\implies", r"\iff", r"\Longrightarrow", r"\Leftrightarrow", r"\therefore", "⇒"]
)
def test_an_arrow_says_that_what_follows_is_implied(arrow):
    found = statements(rf"A = B {arrow} C = D \\ {arrow} \; E = F \\ G = H")
    assert [statement.implied for statement in found] == [False, True, True, False]


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        (r"A = B \tag{3}", "3"),
        (r"A &= B \\ &= C \tag{3}", "3"),
        (r"A = B \quad \text{(1)}", "1"),
        (r"\text{(1)} \quad A = B", "1"),
        (r"A = B \quad (1)", "1"),
        (r"① A = B", "①"),
        (r"A = B \quad \textcircled{2}", "②"),
        (r"A = B", None),
        (r"A = B (1)", None),
    ],
)
def test_the_number_of_a_row_is_its_tag(text, tag):
    (statement,) = statements(text)
    assert statement.tag == tag


def test_a_label_is_kept_and_is_no_mathematics():
    (statement,) = statements(r"A = B \label{eq:main}")
    assert (shown(statement), statement.label) == ("A = B", "eq:main")


def test_a_condition_in_brackets_behind_a_wide_space_is_a_statement():
    assert lines(r"x_i = y \quad (i = 1, \dots, N)") == ["x_{i} = y", r"i = 1, \dots, N"]


@pytest.mark.parametrize(
    ("text", "kept", "lost"),
    [
        (r"A = B \\ C = ) \\ D = E", ["A = B", "D = E"], ["C = )"]),
        (r"A = B \\ C = f(x \\ D = E", ["A = B", "D = E"], ["C = f(x"]),
        (r"A = B \\ C = x^{2 \\ D = E", ["A = B", "D = E"], ["C = x^{2"]),
        (r"A = = B, \quad C = D", ["C = D"], ["A = = B"]),
        (r"A &= B \\ &= = C \\ &= D", ["A = B = D"], ["= = C"]),
        (r"A = B \\ \tag", ["A = B"], [r" \tag"]),
    ],
)
def test_what_cannot_be_read_spoils_its_row_alone(text, kept, lost):
    found = parse_statements(text)
    assert [shown(item) for item in found if isinstance(item, Statement)] == kept
    assert [text[item.span.start : item.span.end] for item in found if isinstance(item, Unreadable)] == lost


def test_a_row_below_an_unreadable_one_still_goes_on_from_its_left_side():
    found = parse_statements(r"A &= = B \\ &= C")
    assert [shown(item) for item in found if isinstance(item, Statement)] == ["A = C"]


def test_a_row_below_a_line_whose_left_side_is_lost_is_not_held_against_an_earlier_line():
    found = parse_statements(r"A = B \\ f( = C \\ = D")
    assert [shown(item) for item in found if isinstance(item, Statement)] == ["A = B", "= D"]
    assert len([item for item in found if isinstance(item, Unreadable)]) == 1


def test_the_first_thing_not_understood_is_pointed_at():
    (trouble,) = parse_statements("A = f(x")
    assert (trouble.at, trouble.span) == (Span(5, 6), Span(0, 7))


def test_spans_cover_a_statement_over_its_rows_without_punctuation():
    text = r"\text{where } A &= B, \\ &= C. \tag{1}"
    (statement,) = statements(text)
    assert text[statement.span.start : statement.span.end] == r"A &= B, \\ &= C"


def _segment(text, inner, **changes):
    start = text.index(inner)
    span = Span(start, start + len(inner))
    facts = {"displayed": True, "environment": None, "lead": "", "sentence": 0, "block": 0}
    return Segment(span, span, **(facts | changes))


def test_a_statement_knows_its_block_sentence_and_lead():
    text = "with the loss A = B, C = D"
    segment = _segment(text, "A = B, C = D", lead="with the loss", sentence=4, block=7, displayed=False, hidden=True)
    first, second = read(Source("", text), Scan((segment,)))
    assert (first.block, first.sentence, first.lead, first.displayed, first.hidden) == (
        7,
        4,
        "with the loss",
        False,
        True,
    )
    assert (second.block, second.sentence, second.lead) == (7, 4, "")


def test_words_behind_the_last_statement_lead_the_next_segment_of_the_sentence():
    text = r"A = B \text{ where} | C = D"
    segments = (_segment(text, r"A = B \text{ where}"), _segment(text, "C = D", block=1))
    assert [item.lead for item in read(Source("", text), Scan(segments))] == ["", "where"]


def test_macros_are_expanded_and_gaps_left_out():
    text = "\\R = A\n> = B"
    gap = Span(text.index(">"), text.index(">") + 1)
    segment = _segment(text, text, gaps=(gap,))
    (statement,) = read(Source("", text), Scan((segment,), {r"\R": Macro(r"\R", 0, r"\mathbb{R}")}))
    assert shown(statement) == r"\mathbb{R} = A = B"


def test_headings_and_directives_pass_through_in_document_order():
    text = "# A = B # C = D"
    heading, directive = Heading(1, "", Span(0, 1)), Directive("expect", "wrong", Span(8, 9))
    scan = Scan((heading, _segment(text, "A = B"), directive, _segment(text, "C = D", block=1)))
    first, _, third, _ = read(Source("", text), scan)
    assert (first, third) == (heading, directive)


def test_a_directive_between_rows_is_about_the_next_row_alone():
    text = "A &= B \\\\ %x\n &= C \\\\ &= D"
    directive = Directive("expect", "wrong", Span(text.index("%"), text.index("\n")))
    segment = _segment(text, text, gaps=(directive.span,))
    found = read(Source("", text), Scan((segment, directive)))
    assert [shown(item) if isinstance(item, Statement) else item.word for item in found] == [
        "A = B",
        "expect",
        "= C",
        "= D",
    ]
    assert [item.continues for item in found if isinstance(item, Statement)] == [False, True, True]


_PIECES = [
    "x", "y", "2", "+", "-", "=", r"\le", r"\in", ",", ";", ".", "&", r"\\", r"\quad ", "(", ")", "[", "]", "{", "}", r"\{", r"\}",
    "^", "_", "'", "|", r"\|", r"\left(", r"\right)", r"\left.", r"\right|", r"\frac", r"\sum", r"\mathbb{R}", r"\text{and}",
    r"\text{if }", r"\text{new}", r"\Rightarrow ", r"\tag{1}", r"\tag", r"\dots ", r"\boxed{", r"\begin{aligned}", r"\end{aligned}",
    r"\begin{cases}", r"\end{cases}", r"\overset", r"\stackrel{def}{=}", r"\mid ", ":", r"\forall ", "①", r"\partial ", "%", "\n", "$",
]  # fmt: skip


@given(st.lists(st.sampled_from(_PIECES), max_size=30).map("".join))
@example(r"\begin{cases}")
@example("{" * 300)
@example("(" * 2000 + ")" * 2000)
def test_no_arrangement_of_signs_raises_and_all_spans_lie_inside(text):
    for item in parse_statements(text):
        assert 0 <= item.span.start <= item.span.end <= len(text)


@given(st.text(max_size=60))
def test_no_text_raises(text):
    parse_statements(text)


def test_a_formula_or_a_number_without_measure_is_not_read():
    for text, says in (("x + " * 20_000 + "x = y", "longer than"), ("9" * 5000 + " = x", "digits")):
        (item,) = parse_statements(text)
        assert isinstance(item, Unreadable)
        assert says in item.message


def test_what_stands_behind_too_much_maths_is_said_to_be_not_read():
    text = "a $x$ " * 20_000
    source = Source("a.md", text)
    *_, last = read(source, scan(source, "markdown"))
    assert isinstance(last, Unreadable)
    assert last.span.end == len(text)
    assert "split" in (last.help or "")
