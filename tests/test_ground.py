"""Nothing is called wrong that rests on a line which was not read; what holds whatever it says holds."""

from __future__ import annotations

import pytest

from derivcheck.engine import problem_of
from derivcheck.ground import Grounds
from derivcheck.source import Source
from derivcheck.verdict import Outcome, exit_code
from tests.problem.asking import report, unmended
from tests.unreadable import made_unreadable, spoilt

GIVEN = "# Setup\n\nLet $u, c, s \\in \\mathbb{R}^{m}$ and $A \\in \\mathbb{R}^{m \\times m}$.\n\n"


def _outcomes(text: str) -> dict[int, Outcome]:
    return {result.line: result.verdict.outcome for result in unmended(text).results}


@pytest.mark.parametrize(
    ("line", "any_value"),
    [
        ("$$ s = A u + c \\unheardof $$", Outcome.HOLDS),
        ("where $s = \\unheardof{A u}$.", Outcome.HOLDS),
        ("Assume that $s^\\top c = \\unheardof$.", Outcome.HOLDS),
        ("Let $s \\sim \\unheardof(c)$.", Outcome.HOLDS),
        ("Here $s \\ge \\unheardof$ and nothing else.", Outcome.HOLDS),
        ("with symmetric $\\unheardof s$.", Outcome.NOT_CHECKED),
    ],
)
def test_what_tells_a_value_and_is_not_read_leaves_open_what_does_not_hold_for_all_of_them(
    line: str, any_value: Outcome
) -> None:
    text = (
        f"{GIVEN}{line}\n\n$$ t = s + c $$\n\n$$ t^\\top t = u^\\top u $$\n\n$$ s + c = c + s $$\n\n$$ u + u = 3 u $$"
        "\n\n$$ \\nabla_u (u^\\top s) = s $$\n\n$$ \\nabla_c (u^\\top c) = u $$\n"
    )
    found = _outcomes(text)
    assert (found[9], found[11], found[13]) == (Outcome.NOT_CHECKED, any_value, Outcome.WRONG)
    # The slope by u asks whether s rests on u.
    rests = "A u" in line or any_value is Outcome.NOT_CHECKED
    assert (found[15], found[17]) == (Outcome.NOT_CHECKED if rests else Outcome.HOLDS, Outcome.HOLDS)


@pytest.mark.parametrize(
    "line",
    [
        "$$ \\frac{\\partial c^\\top s}{\\partial s} = \\unheardof c $$",
        "$$ s^\\top c = \\unheardof $$",
        "$$ \\nabla_s (s^\\top s) = \\unheardof $$",
        "Hence we find $\\unheardof s$ once more.",
    ],
)
def test_what_only_states_something_and_is_not_read_is_missing_alone(line: str) -> None:
    found = _outcomes(f"{GIVEN}{line}\n\n$$ s + c = c + s $$\n\n$$ s + c = 2 s $$\n")
    assert (found[7], found[9]) == (Outcome.HOLDS, Outcome.WRONG)


def test_a_condition_that_is_not_read_speaks_of_its_sentence_alone() -> None:
    text = f"{GIVEN}If $c > \\unheardof$, then $s + c = 2 s$.\n\nFor all of them $c + s = 2 c$.\n"
    found = _outcomes(text)
    assert (found[5], found[7]) == (Outcome.NOT_CHECKED, Outcome.WRONG)


def test_what_depends_on_one_line_is_counted_there_and_said_once() -> None:
    text = f"{GIVEN}$$ s = \\unheardof $$\n\n$$ s + c = 3 c $$\n\n$$ s + c = 2 s $$\n\n$$ r = q + c $$\n\n$$ q = r $$\n"
    made = report(text)
    assert [(one.code, one.facts) for one in made.findings] == [
        ("unreadable", ("2 more lines depend on this",)),
        ("unknown-name", ("1 more line depends on this",)),
    ]
    assert exit_code((made,), strict=False) == 1


def test_shapes_contradict_each_other_only_where_all_of_them_were_read() -> None:
    text = f"{GIVEN}$$ s = \\unheardof $$\n\n$$ s^\\top c = A $$\n\n$$ u^\\top c = A $$\n"
    found = _outcomes(text)
    assert (found[7], found[9]) == (Outcome.NOT_CHECKED, Outcome.WRONG)


def test_a_line_that_was_not_read_says_nothing_of_a_name_that_begins_anew_in_another_section() -> None:
    text = (
        f"{GIVEN}$$ s = \\unheardof $$\n\n# Other\n\nLet $s \\in \\mathbb{{R}}^{{m \\times k}}$.\n\n"
        "$$ s + s = 2 s $$\n\n$$ s + s = 3 s $$\n"
    )
    found = _outcomes(text)
    assert (found[11], found[13]) == (Outcome.HOLDS, Outcome.WRONG)


VALUES = "Let $w \\in \\mathbb{R}$ and $g(x) = w x$.\n\n"


@pytest.mark.parametrize(
    "text",
    [
        "With $r = 1$ the class is this, and with $r = 0$ it is the other.\n\n$$ g(r) = w $$\n\n$$ g(r) = 0 $$\n",
        "$$ w + w = 3 w $$\n\nThe start is $w = 3$.\n\n$$ g(2) = 6 $$\n\n$$ g(2) = 7 $$\n",
        "$$ v = w + 1 $$\n\n# Other\n\n$$ v = w^2 $$\n\n$$ v - w = 1 $$\n\n$$ v - w^2 = 0 $$\n",
    ],
)
def test_a_value_given_once_more_refutes_nothing_and_proves_nothing(text: str) -> None:
    assert set(_outcomes(VALUES + text).values()) == {Outcome.NOT_CHECKED}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$$ v = w + 1 $$\n\nNow let $v = w^2$.\n\n$$ v - w^2 = 0 $$\n\n$$ v - w = 1 $$\n", ["holds", "wrong"]),
        ("# A\n\nLet $r = 1$.\n\n# B\n\n$r = 4$ here.\n\n$$ g(r) = 4 w $$\n\n$$ g(r) = w $$\n", ["holds", "wrong"]),
        ("$$ v = w + 1 $$\n\n# B\n\nHence $v = w + 2$.\n", ["wrong"]),
        ("$$ v = w + 1 $$\n\n# B\n\n$$ v = 1 + w $$\n\n$$ v = w + 1 $$\n", ["holds", "holds"]),
        ("Let $r = 4$.\n\nSo $r = 5$.\n", ["wrong"]),
        ("$$ 2 w - 4 = 0 $$ so that $w = 3$.\n", ["wrong"]),
        ("Let $v \\in \\mathbb{R}^n$. Let $v : \\mathbb{R} \\to \\mathbb{R}$.\n\n$$ v(2) = 3 $$\n", ["wrong"]),
    ],
)
def test_where_words_or_a_heading_say_what_a_name_is_it_is_judged(text: str, expected: list[str]) -> None:
    found = [str(result.verdict.outcome) for result in unmended(VALUES + text).results]
    assert found == expected


WHOLE = (
    "Let $r, v \\in \\mathbb{R}^k$, $M \\in \\mathbb{R}^{k \\times k}$ with $M = M^\\top$ and $\\tau > 0$.\n\n"
    "$$ s = M v, \\quad c = \\tau s^\\top r $$\n\n$$ c = \\tau v^\\top M r $$\n\n"
    "$$ \\frac{\\partial c}{\\partial v} = \\tau M r $$\n\n$$ \\frac{\\partial c}{\\partial s} = r $$\n\n"
    "$$ \\sqrt{\\tau^2} = \\tau $$\n"
)


def test_any_one_line_made_unreadable_spoils_no_other() -> None:
    source = Source("whole.md", WHOLE)
    found = {line: spoilt(source, line, changed) for line, changed in made_unreadable(source)}
    assert len(found) == 6
    assert not [amiss for each in found.values() for amiss in each]


def test_a_word_of_undeclared_letters_may_be_one_function() -> None:
    text = "Let $y \\sim \\mathcal{N}(0, I)$ with $y \\in \\mathbb{R}^k$.\n\n$$ Var(y) = I $$\n"
    assert Outcome.WRONG not in _outcomes(text).values()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (r"$A \in \mathbb{R}^{n \times n} \unheardof{}$ is symmetric with positive entries. Then"
         "\n$$ |A_{ij}| = A_{ij} $$", 2),
        (r"Let $\mathbf{s} = \operatorname{softmax}(\mathbf{u}) \unheardof{}$ and $L = -\sum_k t_k \log s_k$."
         "\n$$ \\frac{\\partial L}{\\partial u_k} = s_k - t_k $$", 2),
        (r"Let $x, c \in \mathbb{R}^D$, $V \in \mathbb{R}^{D \times D} \unheardof{}$ and $r_i = \sum_{j=1}^{D} V_{ij} x_j + c_i$."
         "\n$$ \\sum_{k=1}^{D} V_{ki} r_k = 0 $$", 2),
        (r"Let $w \sim \mathcal{N}(0, \alpha I_D)$ with $\alpha > 0$ and $b \in \mathbb{R}^D$, where"
         "\n\n$$ S^{-1} = \\alpha I \\unheardof{} $$\n\n$$ p(w) = \\mathcal{N}(b, S) $$", 5),
    ],
)  # fmt: skip
def test_what_a_line_that_was_not_read_may_say_is_known_of_no_entry_member_or_type_face_of_its_names(
    text: str, line: int
):
    problem = problem_of(Source("a.md", text))
    claims = [one for one in problem.claims if problem.source.position(one.span.start).line == line]
    assert claims
    assert not any(Grounds(problem).of(one).firm for one in claims)


def test_a_comparison_of_indices_beside_a_line_that_claims_nothing_sets_none_of_them():
    text = r"Let $s_j = \frac{e^{u_j}}{\sum_k e^{u_k}} \unheardof{}$. $$ \frac{\partial s_j}{\partial u_i} = s_i, \quad i = j $$"
    problem = problem_of(Source("a.md", text))
    assert not any(line.kind in ("definition", "claim: inequality") for line in problem.lines)
