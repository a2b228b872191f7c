"""What is assumed and what is claimed: words decide, and a bare display claims."""

from __future__ import annotations

import pytest

from tests.problem.asking import outcomes, problem

ENGLISH = "Let $x \\in \\mathbb{R}$."
GERMAN = "Sei $x \\in \\mathbb{R}$ eine Zahl, und das ist alles."
FRENCH = "Soit $x \\in \\mathbb{R}$ une variable, et nous avons donc une fonction."
CHINESE = "设 $x \\in \\mathbb{R}$。"
CONCLUDED = {
    ENGLISH: (
        "It follows that|Hence|So|Then|Thus|Therefore,|Clearly,|Obviously,|We conclude that|We have shown that"
        "|We have proved|Note that|The maximum gives|This yields|This implies|which means that|from which|One sees that"
        "|It is easy to see that|It is clear that|In particular,|Consequently,|We obtain|Observe that|It turns out that"
        "|Squaring both sides yields|As a consequence,|Since squares are positive,|Of course,|In fact,|By symmetry,"
        "|Combining the two gives|and therefore|It remains to note that|The last line shows that|Recall that|That is,"
    ),
    GERMAN: "Daraus folgt|Also|Somit|Folglich gilt|Es folgt, dass|Offensichtlich ist|Dann gilt|Wir erhalten",
    FRENCH: "Donc|Ainsi|On en déduit que|Il s'ensuit que|D'où|Alors|On a|Par conséquent,",
    CHINESE: "因此|所以|于是|从而|则|可得|显然|由此可得|我们有",
}
ASSUMED = {
    ENGLISH: (
        "Assume that|Suppose|Let|Let us assume that|We assume that|Given that|Subject to|Consider the case|Take|Fix"
        "|Choose|with|where|provided that|Restrict to|Under the assumption that|Without loss of generality, let"
        "|From now on let|In what follows we assume|It is assumed that|We only consider|Here|such that|If|When|For"
    ),
    GERMAN: "Sei|Angenommen,|Wir nehmen an, dass|Vorausgesetzt|Wähle|Es gelte|Falls|Wenn",
    FRENCH: "Soit|On suppose que|Supposons que|avec|Si|Lorsque",
    CHINESE: "设|假设|假定|令|若|如果|当",
}
CONDITIONS = (
    (ENGLISH, "If", "then"), (ENGLISH, "When", ""), (ENGLISH, "Whenever", "then"), (ENGLISH, "For", "we have"),
    (ENGLISH, "Provided that", "then"), (ENGLISH, "In the case", "we have"), (ENGLISH, "As long as", "then"),
    (ENGLISH, "On the set where", ""), (GERMAN, "Wenn", "dann gilt"), (GERMAN, "Falls", "so gilt"),
    (FRENCH, "Si", "alors"), (FRENCH, "Lorsque", "on a"), (CHINESE, "若", "则"), (CHINESE, "如果", "那么"),
)  # fmt: skip


def _phrases(table: dict[str, str]) -> list[tuple[str, str]]:
    return [(start, phrase) for start, row in table.items() for phrase in row.split("|")]


def _kinds(text: str, statement: str) -> list[str]:
    found = problem(text)
    return [line.kind for line in found.lines if found.source.slice(line.span) == statement]


@pytest.mark.parametrize(("start", "phrase"), _phrases(CONCLUDED))
def test_a_conclusion_is_a_claim(start: str, phrase: str) -> None:
    for statement in ("x \\ge 0", "|x| = x", "x < 3"):
        assert _kinds(f"{start} {phrase} ${statement}$.", statement)[0].startswith("claim"), statement
        assert _kinds(f"{start} {phrase}\n\n$$ {statement} $$\n", statement)[0].startswith("claim"), statement
    # Whether it may be a condition all the same is asked where all was read.
    assert _kinds(f"{start} {phrase} $x = 1$.", "x = 1")[0].startswith("claim")


@pytest.mark.parametrize(("start", "phrase"), _phrases(ASSUMED))
def test_what_is_assumed_is_no_claim(start: str, phrase: str) -> None:
    for statement in ("x \\ge 0", "x < 3"):
        for text in (f"{start} {phrase} ${statement}$.", f"{start} {phrase}\n\n$$ {statement} $$\n"):
            assert _kinds(text, statement)[0] in ("assumption", "condition"), text


@pytest.mark.parametrize(("start", "opening", "then"), CONDITIONS)
def test_a_condition_is_that_of_the_claim_behind_it(start: str, opening: str, then: str) -> None:
    for claim in ("$|x| = x$", "$$ |x| = x $$"):
        (found,) = problem(f"{start} {opening} $x \\ge 0$, {then} {claim}").claims
        assert len(found.conditions) == 1


@pytest.mark.parametrize(
    "stated",
    ["$$ x \\ge 0 $$\n\n$$ |x| = x $$\n", "$$ x = 1 $$\n\n$$ x^2 = 1 $$\n", "Clearly $x = 1$, so $x^2 = 1$.\n"],
)
def test_nothing_holds_because_a_display_or_a_conclusion_says_it_before(stated: str) -> None:
    """Without a word it may be asked of the inputs or claimed: then it is neither wrong, nor does anything rest on it."""
    assert "holds" not in outcomes(f"Let $x \\in \\mathbb{{R}}$.\n\n{stated}")


def test_what_words_go_on_with_may_be_either_and_is_called_neither() -> None:
    assert outcomes("Let $x \\in \\mathbb{R}$. Moreover, $x \\ge 0$.\n\n$$ |x| = x $$\n") == ["not checked"] * 2
    assert outcomes("Let $r \\in \\mathbb{R}$ be the length of a rod. Hence $r \\ge 0$.\n") == ["not checked"]
    assert outcomes("Let $x > 0$. Moreover, $x \\ge 0$.\n") == ["holds"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$$ e = 2 $$\n\n$$ e^x = 2^x $$\n", ["wrong", "wrong"]),
        ("$$ \\pi = 3 $$\n\n$$ \\pi x = 3 x $$\n", ["wrong", "wrong"]),
        ("$$ I = 2 A $$\n\n$$ I A = 2 A A $$\n", ["not checked", "not checked"]),
        ("Hence $e = 3$.\n", ["wrong"]),
        ("Let $e = 2$. Then $e^2 = 4$.\n", ["holds"]),
        ("The error is $e = x - 1$. Then $e + 1 = x$.\n", ["holds"]),
        ("Let $e \\in \\mathbb{R}^n$. Then $e^\\top e = \\|e\\|^2$.\n", ["holds"]),
    ],
)
def test_a_built_in_name_is_what_it_is_unless_words_make_a_name_of_it(text: str, expected: list[str]) -> None:
    assert outcomes(f"Let $x \\in \\mathbb{{R}}$ and $A \\in \\mathbb{{R}}^{{n \\times n}}$.\n\n{text}") == expected


def test_a_value_for_a_sentence_defines_nothing() -> None:
    start = "Let $y \\in \\mathbb{R}$ and $c \\in \\mathbb{R}$. The loss is $f(y) = (y - c)^2$.\n\n"
    for special in ("For $c = 0$ it is a square.", "At $c = 0$, the loss is even.", "When $c = 4$ it is small."):
        text = f"{start}{special}\n\n$$ f'(y) = 2 (y - c) $$\n\n$$ f'(y) = 2 y $$\n"
        assert outcomes(text) == ["holds", "wrong"], special


def test_nothing_vanishes_behind_words_that_only_look_like_a_condition() -> None:
    for words in ("It is linear from there on:", "In each case", "In either case,", "For example,", "In both cases"):
        text = f"Let $x \\in \\mathbb{{R}}$. {words}\n\n$$ (x + 1)^2 = x^2 + 1 $$\n"
        assert outcomes(text) == ["wrong"], words


def test_a_condition_in_words_that_nothing_draws_is_never_called_wrong() -> None:
    start = "Let $S \\in \\mathbb{R}^{n \\times n}$."
    assert outcomes(f"{start} If there are too few samples, $S$ is poor and $|S| = 0$.") == ["not checked"]
    assert outcomes(f"{start} Then $\\det(S) = 0$ if two of its rows are equal.") == ["not checked"]
    assert outcomes(f"{start} Then $\\det(S^\\top) = \\det(S)$ if two of its rows are equal.") == ["holds"]
    assert outcomes(f"{start} Then $\\det(S) = 0$.") == ["wrong"]


def test_cases_in_words_define_nothing_and_labels_name_cases() -> None:
    start = "Let $m_i \\in \\{0, 1\\}$ for $i = 1, \\dots, N$."
    assert outcomes(f"{start} We put $m_i = 1$ if it was seen, and $m_i = 0$ otherwise.") == ["not checked"] * 2
    rows = "\\text{in front: } & t = 0 \\\\\n\\text{behind: } & t \\ge 1"
    assert outcomes(f"Let $t \\in \\mathbb{{R}}$.\n$$ \\begin{{align}}\n{rows}\n\\end{{align}} $$\n") == []


def test_a_condition_on_indices_beside_a_claim_belongs_to_it() -> None:
    start = "Let $u \\in \\mathbb{R}^n$ and $s_j = \\frac{e^{u_j}}{\\sum_k e^{u_k}}$."
    rows = (
        "$$ \\frac{\\partial s_j}{\\partial u_i} = s_i (1 - s_i), \\quad i = j $$\n\n"
        "$$ \\frac{\\partial s_j}{\\partial u_i} = s_i s_j, \\quad i \\ne j $$\n"
    )
    assert outcomes(f"{start}\n\n{rows}") == ["holds", "wrong"]
    assert outcomes(f"{start} Then\n{rows.replace('s_i s_j', '-s_i s_j')}") == ["holds", "holds"]


def test_what_is_denied_or_asked_claims_nothing() -> None:
    start = "Let $x \\in \\mathbb{R}$."
    assert outcomes(f"{start} It is not true that $(x + 1)^2 = x^2 + 1$.") == ["not checked"]
    assert outcomes(f"{start} Is $(x + 1)^2 = x^2 + 1$?") == ["not checked"]


def test_what_an_arrow_leads_to_from_a_line_that_was_not_read_is_not_judged_alone() -> None:
    start = "Let $a_i \\in \\mathbb{R}$ for $i = 1, \\dots, N$.\n\n"
    assert outcomes(f"{start}$$ \\frac{{\\partial F}}{{\\partial b}} = 0 \\implies \\sum_{{i=1}}^N a_i = 0 $$\n") == [
        "not checked",
        "not checked",
    ]


def test_what_holds_for_all_inputs_or_for_none_is_no_condition() -> None:
    start = "Let $a, b > 0$."
    means = "\\sqrt{a b} \\le \\frac{a + b}{2}"
    square = "The difference is a square, $\\frac{a + b}{2} - \\sqrt{a b} = (\\sqrt{a} + \\sqrt{b})^2$."
    assert outcomes(f"{start} The two means:\n\n$$ {means} $$\n\n{square}\n") == ["holds", "wrong"]
    assert outcomes(f"{start} The two means:\n\n$$ {means.replace('le', 'ge')} $$\n") == ["wrong"]
    assert outcomes(f"{start} The two numbers:\n\n$$ a + b \\le a b $$\n\n$$ a = a b $$\n") == ["not checked"] * 2


def test_conditions_under_which_something_is_of_use_restrict_no_input() -> None:
    start = "Let $A \\in \\mathbb{R}^{n \\times n}$."
    wrong = "$$ (2 A)^\\top = A^\\top $$"
    assert outcomes(f"{start} There is another form, which is cheaper when $n$ is large:\n\n{wrong}\n") == ["wrong"]
    assert outcomes(f"{start} There is another form, which is true when $n$ is large:\n\n{wrong}\n") == ["not checked"]
    scalar = "The one-dimensional case, with $s \\in \\mathbb{R}$:\n\n$$ (2 s)^2 = 2 s^2 $$\n"
    assert outcomes(f"{start} {scalar}") == ["wrong"]
    assert outcomes(f"{start} In the one-dimensional case all is simple:\n\n$$ A = A^\\top $$\n") == ["not checked"]
