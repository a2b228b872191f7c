"""The evaluator against Python's own evaluation, float against rational, and values against their declared shapes."""

from __future__ import annotations

import math
from fractions import Fraction

import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from derivcheck.config import Settings
from derivcheck.engine import _bench
from derivcheck.evaluation.evaluator import World, evaluate
from derivcheck.evaluation.grid import Grid
from derivcheck.evaluation.rational import INVALID, RATIONALS
from derivcheck.problem.problem import Refused
from tests.problem.asking import problem

SCALARS = "Let $a, b, c \\in \\mathbb{R}$.\n\n$$ v = VALUE $$\n"


class Both:
    """A formula in LaTeX and as a function of Python numbers."""

    def __init__(self, latex, value, level):
        self.latex, self.value, self.level = latex, value, level

    def inside(self, level):
        return self.latex if self.level >= level else f"\\left({self.latex}\\right)"


def leaves():
    names = [Both(name, lambda env, name=name: env[name], 3) for name in "abc"]
    numbers = [Both(str(n), lambda env, n=n: Fraction(n), 3) for n in (1, 2, 3, 7)]
    return st.sampled_from(names + numbers)


def grown(inner):
    def add(x, y):
        return Both(f"{x.inside(1)} + {y.inside(1)}", lambda e: x.value(e) + y.value(e), 0)

    def subtract(x, y):
        return Both(f"{x.inside(1)} - {y.inside(1)}", lambda e: x.value(e) - y.value(e), 0)

    def multiply(x, y):
        return Both(f"{x.inside(1)} \\cdot {y.inside(1)}", lambda e: x.value(e) * y.value(e), 1)

    def beside(x, y):
        return Both(f"{x.inside(3)} \\left({y.latex}\\right)", lambda e: x.value(e) * y.value(e), 1)

    def divide(x, y):
        return Both(f"\\frac{{{x.latex}}}{{{y.latex}}}", lambda e: x.value(e) / y.value(e), 1)

    def power(x, n):
        return Both(f"\\left({x.latex}\\right)^{n}", lambda e: x.value(e) ** n, 2)

    def negate(x):
        return Both(f"-{x.inside(1)}", lambda e: -x.value(e), 0)

    def largest(x, y):
        return Both(f"\\max({x.latex}, {y.latex})", lambda e: max(x.value(e), y.value(e)), 3)

    def absolute(x):
        return Both(f"\\operatorname{{abs}}({x.latex})", lambda e: abs(x.value(e)), 2)

    pairs = [st.builds(f, inner, inner) for f in (add, subtract, multiply, divide, largest)]
    return st.one_of(
        *pairs, st.builds(beside, leaves(), inner), st.builds(power, inner, st.integers(2, 3)), st.builds(negate, inner), st.builds(absolute, inner)
    )  # fmt: skip


FORMULAS = st.recursive(leaves(), grown, max_leaves=8)
NUMBERS = st.tuples(*[st.fractions(-4, 4, max_denominator=6)] * 3)


def world(made, values, arithmetic):
    return World(arithmetic, {}, values, {}, made.definitions, None, {"v": frozenset("abc")})


@given(FORMULAS, NUMBERS)
@settings(max_examples=150)
def test_a_formula_has_the_value_that_python_gives_it_in_fractions_and_in_floats(formula, numbers):
    from derivcheck.evaluation.floating import FloatArithmetic

    env = dict(zip("abc", numbers, strict=True))
    made = problem(SCALARS.replace("VALUE", formula.latex))
    literal = [c for c in made.claims if isinstance(c, Refused) and c.code == "division-by-zero"]
    assume(not literal)
    term = made.definitions["v"].term
    exact = evaluate(term, world(made, {k: Grid((1, 1, 1), (v,)) for k, v in env.items()}, RATIONALS).root()).entries[0]
    try:
        true = formula.value(env)
    except ZeroDivisionError:
        assert exact is INVALID
        return
    assert exact == true
    floats = {k: torch.tensor(float(v), dtype=torch.float64).reshape(1, 1, 1) for k, v in env.items()}
    near = float(evaluate(term, world(made, floats, FloatArithmetic()).root()))
    scale = 1 + sum(abs(float(v)) for v in env.values())
    if math.isfinite(near):
        assert abs(near - float(true)) <= 1e-6 * max(1.0, abs(float(true))) * scale**6


class Shaped:
    """A formula of matrices with the shape it should have, as two of the names m, n, p or the number 1."""

    def __init__(self, latex, rows, columns):
        self.latex, self.rows, self.columns = latex, rows, columns

    @property
    def shape(self):
        return self.rows, self.columns


MATRICES = (
    "Let $A \\in \\mathbb{R}^{m \\times n}$, $B \\in \\mathbb{R}^{n \\times p}$, $C \\in \\mathbb{R}^{p \\times m}$, $S \\in \\mathbb{R}^{n \\times n}$,"
    " $x \\in \\mathbb{R}^m$, $y \\in \\mathbb{R}^n$, $s \\in \\mathbb{R}$ and $f : \\mathbb{R} \\to \\mathbb{R}$.\n\n"
)
NAMED = [Shaped("A", "m", "n"), Shaped("B", "n", "p"), Shaped("C", "p", "m"), Shaped("S", "n", "n"), Shaped("x", "m", 1),
         Shaped("y", "n", 1), Shaped("s", 1, 1)]  # fmt: skip


def one(shaped):
    brackets = f"({shaped.latex})"
    return st.sampled_from(
        [
            Shaped(f"{brackets}^\\top", shaped.columns, shaped.rows),
            Shaped(f"f({shaped.latex})", shaped.rows, shaped.columns),
            Shaped(f"2 {brackets}", shaped.rows, shaped.columns),
            Shaped(f"{brackets} \\odot {brackets}", shaped.rows, shaped.columns),
            Shaped(f"{brackets} + {brackets}", shaped.rows, shaped.columns),
            Shaped(f"\\|{shaped.latex}\\|_F", 1, 1),
            Shaped(f"{brackets} {brackets}^\\top", shaped.rows, shaped.rows) if shaped.shape != (1, 1) else shaped,
        ]
    )


def fits(left, right):
    return (1, 1) in (left.shape, right.shape) or left.columns == right.rows


def product(pair):
    left, right = pair
    latex = f"({left.latex}) ({right.latex})"
    if left.shape == (1, 1):
        return Shaped(latex, *right.shape)
    if right.shape == (1, 1):
        return Shaped(latex, *left.shape)
    return Shaped(latex, left.rows, right.columns)


WELL = st.recursive(
    st.sampled_from(NAMED),
    lambda inner: inner.flatmap(one) | st.tuples(inner, inner).filter(lambda pair: fits(*pair)).map(product),
    max_leaves=5,
)


def written(shape):
    return "a scalar" if shape == (1, 1) else f"{shape[0]} × {shape[1]}"


@given(WELL)
@settings(max_examples=80)
def test_a_well_shaped_formula_has_its_shape_in_symbols_and_in_numbers(formula):
    from derivcheck.language.shapes import show

    made = problem(f"{MATRICES}$$ v = {formula.latex} $$\n")
    assert not made.claims, [c.message for c in made.claims if isinstance(c, Refused)]
    definition = made.definitions["v"]
    assert show(definition.shape, made.solution) == written(formula.shape)
    drawn = _bench(made, Settings(trials=2, draws=1)).worlds()[0]
    value = drawn.root().name("v")
    assert tuple(value.shape[-2:]) == tuple(1 if size == 1 else drawn.sizes[size] for size in formula.shape)


@given(WELL, WELL, st.sampled_from(["product", "sum", "\\odot"]))
@settings(max_examples=80)
def test_an_ill_shaped_formula_is_refused_with_both_shapes_named(left, right, how):
    if how == "product":
        assume(not fits(left, right))
        latex = f"({left.latex}) ({right.latex})"
    else:
        assume(left.shape != right.shape and (how == "sum" or (1, 1) not in (left.shape, right.shape)))
        latex = f"({left.latex}) {'+' if how == 'sum' else how} ({right.latex})"
    made = problem(f"{MATRICES}$$ v = {latex} $$\n")
    (refused,) = made.claims
    assert isinstance(refused, Refused)
    assert refused.code == "shape-mismatch"
    assert refused.wrong
    assert f"is {written(left.shape)}" in refused.message
    assert f"is {written(right.shape)}" in refused.message


def test_a_term_is_evaluated_once_for_all_trials_and_indices():
    made = problem("Let $x \\in \\mathbb{R}^n$.\n\n$$ v = \\sum_{i=1}^n i x_i^2 $$\n")
    drawn = _bench(made, Settings(trials=5, draws=1)).worlds()[0]
    x = drawn.leaves["x"]
    weights = torch.arange(1, x.shape[1] + 1, dtype=torch.float64).reshape(1, -1, 1)
    assert torch.allclose(drawn.root().name("v"), (weights * x**2).sum(1, keepdim=True))


def test_the_gap_in_a_set_of_cases_has_no_value():
    made = problem("Let $a \\in \\mathbb{R}$.\n\n$$ v = \\begin{cases} 1 & a > 2 \\\\ 0 & a < 1 \\end{cases} $$\n")
    values = torch.tensor([3.0, 1.5, 0.0], dtype=torch.float64).reshape(3, 1, 1)
    from derivcheck.evaluation.floating import FloatArithmetic

    found = evaluate(made.definitions["v"].term, world(made, {"a": values}, FloatArithmetic()).root()).reshape(-1)
    assert [float(found[0]), float(found[2])] == [1.0, 0.0]
    assert math.isnan(float(found[1]))
