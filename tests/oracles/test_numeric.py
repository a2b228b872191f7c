"""Both sides in float64: what is caught, what is accepted, and the tolerance that is measured and not chosen."""

from __future__ import annotations

import pytest
import torch

from derivcheck.oracles import numeric
from derivcheck.oracles.comparing import WRONG_FACTOR, compare, discrepancy, where
from tests.problem.asking import HOLDS, UNDECIDED, WRONG, bench, judged, only

F = "Let $x \\in \\mathbb{R}^n$, $A \\in \\mathbb{R}^{n \\times n}$, $s \\in \\mathbb{R}$, $f : \\mathbb{R} \\to \\mathbb{R}$ and $g : \\mathbb{R}^n \\to \\mathbb{R}$.\n\n"


def ask(latex, seed=0, **settings):
    made, (claim,) = bench(f"{F}$$ {latex} $$\n", seed, **settings)
    assert numeric.applies(made, claim)
    return numeric.ask(made, claim)


RIGHT = [
    (r"f(x)^\top f(x)", r"\|f(x)\|^2"),
    (r"f(A x) \odot x", r"\operatorname{diag}(x) f(A x)"),
    (r"\exp(x + s \mathbf{1})", r"e^s \exp(x)"),
    (r"\frac{\partial g(x)}{\partial x} + A^\top \frac{\partial g(x)}{\partial x}", r"(I + A^\top) \nabla g(x)"),
    (r"\tanh(2 s)", r"\frac{2 \tanh(s)}{1 + \tanh(s)^2}"),
]


@pytest.mark.parametrize(("left", "right"), RIGHT)
@pytest.mark.parametrize("seed", range(3))
def test_a_right_line_holds(left, right, seed):
    assert ask(f"{left} = {right}", seed).outcome is HOLDS


@pytest.mark.parametrize(("left", "right"), RIGHT)
@pytest.mark.parametrize("factor", ["(1 + 10^{-8})", "(1 - 10^{-8})", "2", "(-1)"])
def test_the_same_line_with_a_factor_is_wrong_down_to_a_relative_error_of_1e_8(left, right, factor):
    assert ask(f"{left} = {factor} ({right})").outcome is WRONG


@pytest.mark.parametrize("seed", range(10))
def test_a_relative_error_of_1e_8_in_one_entry_is_found_and_named(seed):
    found = ask(r"2 f(A) = 2 f(A) \odot (1 + 10^{-8} e_2 e_1^\top)", seed, sizes={"n": 3})
    assert found.outcome is WRONG
    assert found.where == "[1,0]"
    assert found.error == pytest.approx(1e-8 * abs(found.reference), rel=1e-4)


def test_a_relative_error_of_1e_8_in_one_entry_is_found_among_40000():
    text = (
        "Let $x, b \\in \\mathbb{R}^n$, $W \\in \\mathbb{R}^{n \\times n}$, $f : \\mathbb{R} \\to \\mathbb{R}$ and $\\ell : \\mathbb{R}^n \\to \\mathbb{R}$.\n\n"
        "$$ y = f(W x + b) $$\n\nWith the loss $\\ell(y)$,\n\n"
        "$$ \\frac{\\partial \\ell}{\\partial W} = ((\\frac{\\partial \\ell}{\\partial y} \\odot f'(W x + b)) x^\\top) \\odot (1 + 10^{-8} e_7 e_{11}^\\top) $$\n"
    )
    assert judged(text, sizes={"n": 200}, trials=2, draws=1) is WRONG
    assert judged(text.replace("10^{-8}", "0"), sizes={"n": 200}, trials=2, draws=1) is HOLDS


def test_a_vacuous_line_is_undecided_unless_it_says_0():
    assert ask(r"f(s) - f(s) = s - s").outcome is UNDECIDED
    assert ask(r"f(s) - f(s) = 0").outcome is HOLDS
    assert "tests nothing" in ask(r"f(s) - f(s) = s - s").detail


def test_inputs_where_a_side_is_no_number_are_left_out_and_counted():
    found = ask(r"\log(s^3) = 3 \log(s)", trials=40)
    assert found.outcome is HOLDS
    assert 0 < found.points < 120
    assert "left out" in found.detail


def test_a_line_that_is_no_number_anywhere_is_undecided():
    found = ask(r"\log(-1 - s^2) = f(s)")
    assert found.outcome is UNDECIDED
    assert "finite" in found.detail


ILL = [
    ("conditioned $10^{%d}$", r"C^{-1} C = I"),
    ("conditioned $10^{%d}$", r"C C^{-1} x = x"),
    ("conditioned $10^{%d}$", r"\operatorname{tr}(C^{-1} C A) = \operatorname{tr}(A)"),
    ("conditioned $10^{%d}$", r"C^{-1} (C^{-1})^\top C^\top = C^{-1}"),
]
MATRIX = (
    "Let $A \\in \\mathbb{R}^{2 \\times 2}$, $x \\in \\mathbb{R}^2$ and $s \\in \\mathbb{R}$. Let"
    " $C = \\begin{pmatrix} 1 & 1 \\\\ 1 & 1 + 10^{-POWER} e^s \\end{pmatrix}$.\n\n$$ LINE $$\n"
)


@pytest.mark.parametrize("latex", [latex for _, latex in ILL])
@pytest.mark.parametrize("power", [6, 8, 10])
def test_an_ill_conditioned_right_line_is_never_wrong(latex, power):
    text = MATRIX.replace("POWER", str(power)).replace("LINE", latex)
    assert {judged(text, seed).value for seed in range(25)} <= {"holds", "undecided"}


@pytest.mark.parametrize("power", [6, 8, 10])
def test_an_ill_conditioned_right_gradient_is_never_wrong(power):
    text = MATRIX.replace("POWER", str(power)).replace(
        "LINE", r"\frac{\partial (x^\top C^{-1} x)}{\partial x} = 2 C^{-1} C C^{-1} x"
    )
    assert {judged(text, seed).value for seed in range(10)} <= {"holds", "undecided"}


CANCEL = "Let $a, s \\in \\mathbb{R}$.\n\n$$ LINE $$\n"


@pytest.mark.parametrize(
    "latex",
    [
        r"(e^a + 10^8) - 10^8 = e^a",
        r"(\sin(a) + 10^{12}) - 10^{12} = \sin(a)",
        r"\log(1 + 10^{-9} e^a) = \log(10^9 + e^a) - \log(10^9)",
        r"\frac{1 - \cos(10^{-4} a)}{10^{-8}} = \frac{2 \sin^2(10^{-4} a / 2)}{10^{-8}}",
        r"e^{a + 30} - e^{a + 30} + \sin(s) = \sin(s)",
    ],
)
def test_a_right_line_that_cancels_is_never_wrong(latex):
    text = CANCEL.replace("LINE", latex)
    assert {judged(text, seed).value for seed in range(100)} <= {"holds", "undecided"}


@pytest.mark.parametrize(
    "latex",
    [
        r"(e^a + 1) - 1 = e^a (1 + 10^{-9})",
        r"\sin(a)^2 + \cos(a)^2 = 1 + 10^{-9} \cos(s)^2",
        r"(e^a + 10^8) - 10^8 = 1.001 e^a",
        r"e^{a + s} = e^a e^s + 10^{-9} e^a",
    ],
)
def test_a_wrong_line_is_wrong_at_every_seed(latex):
    text = CANCEL.replace("LINE", latex)
    assert {judged(text, seed).value for seed in range(100)} == {"wrong"}


def test_the_bar_grows_with_what_cancels():
    bars = []
    for size in ("1", "10^6", "10^{10}"):
        made, (claim,) = bench(CANCEL.replace("LINE", rf"(e^a + {size}) - {size} = 1.5 e^a"))
        bars.append(compare(made, claim, made.worlds()[0], claim.head, claim.claimed).bar)
    assert bars[0] < bars[1] / 1e3 < bars[2] / 1e6


def tensor(*trials):
    return torch.tensor(trials, dtype=torch.float64).reshape(len(trials), -1, 1)


def test_the_worst_entry_is_the_one_with_the_largest_discrepancy_over_its_bar():
    found = discrepancy(
        tensor([1.0, 2.0], [5.0, 6.0]), tensor([1.0, 2.1], [5.0, 6.5]), torch.tensor([1e-3, 1e-1]).double()
    )
    assert found.index == (0, 1, 0)
    assert found.error == pytest.approx(0.1)
    assert (found.left, found.right) == (2.0, 2.1)
    assert found.outcome is UNDECIDED


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (0.0, HOLDS),
        (0.9, HOLDS),
        (WRONG_FACTOR * 0.3, UNDECIDED),
        (WRONG_FACTOR * 0.9, UNDECIDED),
        (WRONG_FACTOR * 1.5, WRONG),
    ],
)
def test_wrong_needs_a_hundred_bars_and_a_pass_far_fewer(error, says):
    bar = 2.0**-20
    left = tensor([1.0])
    assert discrepancy(left, left + error * bar, torch.tensor([bar]).double()).outcome is says


def test_trials_that_are_not_finite_are_left_out_and_nothing_is_said_if_none_is_left():
    nan = float("nan")
    part = discrepancy(
        tensor([1.0], [nan], [float("inf")]), tensor([1.0], [1.0], [1.0]), torch.full((3,), 1e-9).double()
    )
    assert (part.valid, part.trials, part.outcome) == (1, 3, HOLDS)
    none = discrepancy(tensor([nan]), tensor([nan]), torch.tensor([1e-9]).double())
    assert none.outcome is UNDECIDED


@pytest.mark.parametrize(
    ("index", "shape", "shown"),
    [((0, 2, 0), (3, 1), "[2]"), ((1, 0, 2), (1, 3), "[2]"), ((0, 1, 2), (2, 3), "[1,2]"), ((0, 0, 0), (1, 1), "")],
)
def test_a_place_is_written_with_as_many_indices_as_the_value_has(index, shape, shown):
    _, (claim,) = bench(CANCEL.replace("LINE", "2 e^a = e^s"))
    assert where(claim, index, shape) == shown


def test_a_line_states_the_error_it_could_have_seen_and_it_grows_with_the_rounding():
    sharp = only(CANCEL.replace("LINE", r"e^{a + s} = e^a e^s")).verdict.evidence[-1].detectable
    blunt = only(CANCEL.replace("LINE", r"(e^a + 10^{10}) - 10^{10} = e^a")).verdict.evidence[-1].detectable
    assert 0 < sharp < 1e-10 < blunt


@pytest.mark.parametrize(
    "text",
    [
        CANCEL.replace("LINE", r"(\sin(a) + 10^{15}) - 10^{15} = 1.5 \sin(a)"),
        CANCEL.replace("LINE", r"(\sin(a) + 10^{18}) - 10^{18} = 1.5 \sin(a)"),
        CANCEL.replace("LINE", r"\frac{1 - \cos(10^{-8} a)}{10^{-16}} = a^2"),
        MATRIX.replace("POWER", "8").replace(
            "LINE", r"\frac{\partial (x^\top C^{-1} x)}{\partial x} = 2.1 C^{-1} C C^{-1} x"
        ),
    ],
)
def test_a_wrong_line_that_rounding_hides_is_no_pass(text):
    assert HOLDS not in {judged(text, seed) for seed in range(8)}
