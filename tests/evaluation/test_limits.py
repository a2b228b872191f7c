"""A hostile document ends quickly, undecided and with a reason: nothing is computed that would not fit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from derivcheck import engine
from derivcheck.config import Settings
from derivcheck.evaluation import sizes
from derivcheck.evaluation.arithmetic import BUDGET, ENTRIES, KEPT, PRICE, STEPS, Budget, Effort, TooLarge
from derivcheck.problem import terms as t
from derivcheck.source import Source
from derivcheck.verdict import Outcome

SCALARS = "Let $x, y \\in \\mathbb{R}$.\n\n"
VECTOR = "Let $v, w \\in \\mathbb{R}^{n}$.\n\n"
MATRIX = "Let $A \\in \\mathbb{R}^{n \\times n}$.\n\n"


def checked(text: str, **fixed: int) -> list[tuple[Outcome, str]]:
    """The outcome and the reason for every claim of a document."""
    report = engine.check(Source("d.md", text), Settings(sizes=fixed))
    return [(result.verdict.outcome, result.verdict.reason) for result in report.results]


def doubling(levels: int) -> str:
    lines = ["$$ f_1(x) = x + 1 $$"]
    lines += [f"$$ f_{{{k + 1}}}(x) = f_{{{k}}}(f_{{{k}}}(x)) $$" for k in range(1, levels)]
    return SCALARS + "\n\n".join(lines) + f"\n\n$$ f_{{{levels}}}(x) = x + {2 ** (levels - 1)} $$\n"


def chain(length: int) -> str:
    lines = ["$$ a_1 = x + x $$"]
    lines += [f"$$ a_{{{k + 1}}} = a_{{{k}}} + x $$" for k in range(1, length)]
    return SCALARS + "\n\n".join(lines)


def nested(levels: int) -> str:
    letters = "ijklmpqrst"[:levels]
    sums = " ".join(f"\\sum_{{{letter}=1}}^{{n}}" for letter in letters)
    return VECTOR + f"$$ {sums} {' '.join(f'v_{letter}' for letter in letters)} = (\\sum_{{i=1}}^n v_i)^{{{levels}}} $$"


LARGE = {
    "a range of 10^12": (SCALARS + "$$ \\sum_{i=1}^{10^{12}} x = 10^{12} x $$", {}),
    "a range of a trillion": (SCALARS + "$$ \\sum_{i=1}^{1000000000000} i = x $$", {}),
    "ten nested sums": (nested(10), {"n": 20}),
    "a function that doubles": (doubling(40), {}),
    "a matrix product": (MATRIX + "$$ A A = A^2 $$", {"n": 4096}),
    "an inverse": (MATRIX + "$$ A A^{-1} = I $$", {"n": 3000}),
    "a double sum": (VECTOR + "$$ \\sum_{i=1}^n \\sum_{j=1}^n v_i w_j = (\\sum_i v_i) (\\sum_j w_j) $$", {"n": 4096}),
    "a Jacobian": (
        VECTOR
        + "Let $f = \\tanh(v)$.\n\n$$ \\frac{\\partial f}{\\partial v} = \\operatorname{diag}(1 - f \\odot f) $$",
        {"n": 4096},
    ),
}


@pytest.mark.parametrize("name", LARGE)
def test_what_is_too_large_is_undecided_and_says_so(name):
    text, fixed = LARGE[name]
    begun = BUDGET.ever
    outcome, reason = checked(text, **fixed)[-1]
    assert BUDGET.ever - begun < 2 * PRICE
    assert outcome is Outcome.UNDECIDED
    assert reason.startswith("too large to be checked: ")
    assert ("--sizes n=4" in reason) == bool(fixed)


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        (SCALARS + "$$ \\sum_{i=1}^{1000} i x = 500500 x $$", {}),
        (doubling(8), {}),
        (nested(4), {}),
        (MATRIX + "$$ A A = A^2 $$", {"n": 100}),
        (VECTOR + "$$ \\sum_{i=1}^n \\sum_{j=1}^n v_i w_j = (\\sum_i v_i) (\\sum_j w_j) $$", {"n": 300}),
        (chain(400) + "\n\n$$ a_{400} = 401 x $$", {}),
        (chain(400) + "\n\n$$ \\frac{\\partial a_{400}}{\\partial x} = 401 $$", {}),
        (SCALARS + "$$ " + "x " * 500 + "= x^{500} $$", {}),
    ],
)
def test_what_is_merely_large_is_decided(text, fixed):
    assert checked(text, **fixed)[-1][0] is Outcome.HOLDS


def test_a_wrong_line_of_some_size_is_still_wrong():
    assert checked(doubling(8).replace("x + 128", "x + 127"))[-1][0] is Outcome.WRONG


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Let $n \\ge 1000000000$, $v \\in \\mathbb{R}^n$.\n\n$$ v^\\top v = \\|v\\|^2 $$", "larger than 4096"),
        ("Let $v \\in \\mathbb{R}^{n-100000}$.\n\n$$ v^\\top v = \\|v\\|^2 $$", "has any entries"),
    ],
)
def test_sizes_that_cannot_be_drawn_are_named(text, said):
    outcome, reason = checked(text)[-1]
    assert outcome is Outcome.UNDECIDED
    assert said in reason


def test_draws_without_entries_are_left_out():
    text = "Let $v \\in \\mathbb{R}^{n-3}$.\n\n$$ v^\\top v = \\|v\\|^2 $$"
    problem = engine.problem_of(Source("d.md", text))
    drawn = sizes.draw(sizes.symbols(problem), problem, {}, 0, 3)
    assert drawn
    assert all(choice["n"] > 3 for choice in drawn)
    with pytest.raises(sizes.SizesError):
        sizes.draw(sizes.symbols(problem), problem, {"n": 3}, 0, 3)


@pytest.mark.parametrize("value", ["²", "٣", "9" * 5000, "0", "4097", "-1", "0" * 5000, "1e3", ""])
def test_a_size_that_is_none_is_a_finding(value):
    report = engine.check(
        Source("d.md", f"<!-- derivcheck: sizes n={value} -->\n\n{VECTOR}$$ v = v + 0 $$"), Settings()
    )
    assert [finding.code for finding in report.findings if finding.code == "directive"] == ["directive"]


def test_names_and_numbers_are_found_however_deep_they_stand():
    term: t.Term = t.Variable("a")
    number: t.Term = t.Constant(2)  # type: ignore[arg-type]
    for _ in range(5000):
        term = t.Multiply("scale", term, t.Variable("b"))
        number = t.Add(((1, number),))
    inner = t.Let((("a", t.Variable("c")),), term)
    assert t.variables(term) == {"a", "b"}
    assert t.variables(inner) == {"b", "c"}
    assert t.variables(t.MapEntries(("b",), (t.Variable("d"),), inner)) == {"c", "d"}
    assert t.is_literal(number)
    assert not t.is_literal(term)


def test_the_budget_counts_before_anything_is_made():
    budget = Budget()
    budget.make(ENTRIES, 0.0)
    with pytest.raises(TooLarge, match="`W` has 50000001 entries"):
        budget.make(ENTRIES + 1, 0.0, "`W`")
    budget.renew()
    budget.kept = KEPT
    with pytest.raises(TooLarge, match="together"):
        budget.make(1, 0.0)
    budget.renew()
    budget.steps = STEPS
    with pytest.raises(TooLarge, match=str(STEPS)):
        budget.step()
    budget.renew(1000.0)
    budget.pay(1000.0)
    with pytest.raises(TooLarge, match="too many operations"):
        budget.pay(1.0)


def test_only_the_seconds_in_a_report_come_from_a_clock():
    package = Path(engine.__file__).parent
    clocks = re.compile(r"^(?:import|from) (?:time|datetime|timeit)\b", re.MULTILINE)
    found = {str(path.relative_to(package)) for path in package.rglob("*.py") if clocks.search(path.read_text("utf-8"))}
    # `watch` waits between two looks at the files; nothing that is said depends on it.
    assert found == {"engine.py", "power/run.py", "commands/serving.py"}


def test_a_search_ends_after_so_much_work_however_often_the_budget_is_renewed():
    effort = Effort(1e9)
    for _ in range(4):
        assert not effort.spent
        BUDGET.renew()
        BUDGET.pay(0.2e9)
        BUDGET.note(0.05e9)
    assert effort.spent
