"""Rational arithmetic against Python's fractions, against algebraic laws, and under the evaluator."""

from __future__ import annotations

import operator
from fractions import Fraction
from itertools import product
from math import prod

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from derivcheck.evaluation.arithmetic import NotExact, OutOfRange
from derivcheck.evaluation.evaluator import World, evaluate
from derivcheck.evaluation.grid import Grid
from derivcheck.evaluation.rational import INVALID, RATIONALS
from derivcheck.language.shapes import ONE, Dim
from derivcheck.problem import terms as t

A = RATIONALS
F = Fraction
FRACTIONS = st.fractions(-9, 9, max_denominator=9)
NUMBERS = FRACTIONS | st.just(INVALID)
SIGNS = {
    "=": operator.eq,
    "\\ne": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "\\le": operator.le,
    "\\ge": operator.ge,
}


def row(*numbers) -> Grid:
    return Grid((1, 1, len(numbers)), tuple(n if n is INVALID else F(n) for n in numbers))


def matrix(rows) -> Grid:
    return Grid((1, len(rows), len(rows[0])), tuple(F(x) for line in rows for x in line))


def many(count):
    """That many small fractions, zero among them, from one byte each: far faster to draw than one by one."""
    return st.binary(min_size=count, max_size=count).map(
        lambda found: [F((-1) ** byte * (byte % 19 // 2), 1 + byte // 19 % 5) for byte in found]
    )


def matrices(size, *, count=1):
    return many(count * size**2).map(lambda found: Grid((count, size, size), tuple(found)))


def with_invalid(function):
    """What an operation on fractions is when INVALID stands for what has no value."""

    def extended(*numbers):
        try:
            return INVALID if INVALID in numbers else function(*numbers)
        except ZeroDivisionError:
            return INVALID

    return extended


@pytest.mark.parametrize(
    ("ours", "plain"),
    [
        (A.add, operator.add),
        (A.subtract, operator.sub),
        (A.multiply, operator.mul),
        (A.divide, operator.truediv),
        (A.maximum, max),
        (A.minimum, min),
    ],
)
@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1))
def test_two_numbers_give_what_python_gives_and_nothing_that_is_invalid_gets_lost(ours, plain, pairs):
    a, b = (row(*side) for side in zip(*pairs, strict=True))
    assert ours(a, b).entries == tuple(with_invalid(plain)(x, y) for x, y in pairs)


@pytest.mark.parametrize(
    ("ours", "plain"),
    [
        (A.sum, lambda *xs: sum(xs)),
        (A.prod, lambda *xs: prod(xs)),
        (A.largest, lambda *xs: max(xs)),
        (A.smallest, lambda *xs: min(xs)),
    ],
)
@given(st.lists(NUMBERS, min_size=1))
def test_reductions_give_what_python_gives_and_nothing_that_is_invalid_gets_lost(ours, plain, numbers):
    found = ours(row(*numbers), -1)
    assert found.shape == (1, 1, 1)
    assert found.entries == (with_invalid(plain)(*numbers),)


@pytest.mark.parametrize("sign", SIGNS)
@given(NUMBERS, NUMBERS)
def test_comparisons_are_those_of_numbers_and_false_for_what_is_invalid(sign, x, y):
    expected = INVALID not in (x, y) and SIGNS[sign](x, y)
    assert A.compare(sign, row(x), row(y)).entries == (expected,)


def test_every_result_is_a_fraction_in_lowest_terms_and_not_an_int_or_a_float():
    half = A.divide(row(2), row(4)).entries[0]
    for value in (half, A.multiply(row(half), row(2)).entries[0], A.elementary("relu", 1, row(3)).entries[0]):
        assert type(value) is Fraction
    assert half.as_integer_ratio() == (1, 2)


@given(matrices(3), matrices(3), matrices(3))
def test_matrices_obey_the_laws_of_a_ring_and_transposition_turns_products_round(a, b, c):
    assert A.matmul(A.matmul(a, b), c) == A.matmul(a, A.matmul(b, c))
    assert A.matmul(a, A.add(b, c)) == A.add(A.matmul(a, b), A.matmul(a, c))
    assert A.transpose(A.matmul(a, b)) == A.matmul(A.transpose(b), A.transpose(a))
    assert A.matmul(a, A.eye(3, 3)) == a
    assert A.subtract(a, b) == A.negate(A.subtract(b, a))


@given(matrices(3), matrices(3))
def test_a_product_is_the_sum_of_products_at_every_place(a, b):
    made = A.matmul(a, b)
    for i, j in product(range(3), range(3)):
        assert made.entries[3 * i + j] == sum(a.entries[3 * i + k] * b.entries[3 * k + j] for k in range(3))


@given(st.integers(1, 4).flatmap(lambda size: matrices(size, count=2)))
def test_an_inverse_multiplies_to_the_identity_or_the_determinant_is_zero_and_it_is_invalid(a):
    size = a.shape[-1]
    inverse, det = A.inverse(a), A.det(a)
    assert det.shape == (2, 1, 1)
    back = A.matmul(a, inverse)
    for k in range(2):
        part = A.narrow(back, 0, k, 1)
        assert part == (A.eye(size, 3) if det.entries[k] else Grid((1, size, size), (INVALID,) * size**2))


@given(matrices(3), matrices(3))
def test_the_determinant_of_a_product_is_the_product_of_the_determinants(a, b):
    assert A.det(A.matmul(a, b)) == A.multiply(A.det(a), A.det(b))


def test_the_determinant_and_inverse_of_a_known_matrix():
    a = matrix([[F(1, 2), 1], [3, 4]])
    assert A.det(a).entries == (F(-1),)
    assert A.inverse(a) == matrix([[-4, 1], [3, F(-1, 2)]])


def test_an_invalid_entry_makes_its_own_matrix_invalid_and_no_other():
    a = Grid((2, 2, 2), (F(1), INVALID, F(0), F(1), F(1), F(0), F(0), F(2)))
    assert A.det(a).entries == (INVALID, 2)
    assert A.inverse(a).entries == (*(INVALID,) * 4, 1, 0, 0, F(1, 2))
    # 0 times what is invalid is invalid: only the entry that never meets it stays.
    assert A.matmul(a, a).entries == (INVALID, INVALID, 0, INVALID, 1, 0, 0, 4)


def test_where_takes_what_is_invalid_only_where_it_is_chosen():
    truth = A.compare(">", row(1, -1), row(0))
    assert A.where(truth, row(5), row(INVALID)).entries == (5, INVALID)
    assert A.where(A.both(truth, A.compare("<", row(1, -1), row(0))), row(INVALID), row(7)).entries == (7, 7)


@given(NUMBERS, st.integers(-6, 6))
def test_a_whole_power_is_repeated_multiplication(x, exponent):
    repeated = with_invalid(lambda y: prod([y if exponent >= 0 else 1 / y] * abs(exponent), start=F(1)))(x)
    assert A.integer_power(row(x), exponent).entries == (repeated,)
    assert A.power(row(x), row(exponent)).entries == (repeated,)


@given(st.fractions(0, 9, max_denominator=9), st.integers(-4, 4), st.integers(2, 5))
def test_the_root_of_a_power_is_exact(x, numerator, degree):
    assume(x or numerator >= 0)
    assert A.power(row(x**degree), row(F(numerator, degree))).entries == (x**numerator,)


def test_roots_of_large_numbers_are_exact_and_neighbours_have_none():
    for degree in (2, 3, 7):
        assert A.power(row((10**40 + 1) ** degree), row(F(1, degree))).entries == (10**40 + 1,)
        with pytest.raises(NotExact):
            A.power(row((10**40 + 1) ** degree + 1), row(F(1, degree)))


def test_a_root_of_a_negative_number_is_invalid():
    assert A.power(row(-8), row(F(1, 3))).entries == (INVALID,)
    assert A.elementary("sqrt", 0, row(-4, INVALID)).entries == (INVALID, INVALID)
    assert A.power(row(0), row(F(-1, 2))).entries == (INVALID,)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: A.elementary("exp", 0, row(0)), "an exponential"),
        (lambda: A.elementary("log", 1, row(1)), "a logarithm"),
        (lambda: A.elementary("tanh", 0, row(1)), "a hyperbolic tangent"),
        (lambda: A.elementary("zeta", 0, row(1)), "the function zeta"),
        (lambda: A.elementary("sqrt", 0, row(4, 2)), "a square root"),
        (lambda: A.power(row(2), row(F(1, 2))), "a square root"),
        (lambda: A.power(row(F(8, 9)), row(F(1, 3))), "a root"),
        (lambda: A.power(row(2), row(F(1, 10**9))), "a root"),
        (lambda: A.number("pi", 3), "the number π"),
        (lambda: A.number("e", 3), "the number e"),
        (lambda: A.integer_power(row(1), 10_001), "a power above 10000"),
        (lambda: A.power(row(2), row(-(10**12))), "a power above 10000"),
        (lambda: A.integer_power(row(10**20), 9_999), "a number of more than 100000 digits"),
        (lambda: A.integer_power(row(F(1, 10**20)), 9_999), "a number of more than 100000 digits"),
        (lambda: A.largest(Grid((1, 0), ()), 1), "an extremum over nothing"),
    ],
)
def test_what_is_not_rational_or_too_long_is_refused_in_words(wrong, words):
    with pytest.raises(NotExact) as caught:
        wrong()
    assert caught.value.what == words


def test_powers_up_to_the_limit_are_taken():
    assert A.integer_power(row(2, -1, F(1, 2)), 10_000).entries == (2**10_000, 1, F(1, 2**10_000))
    assert A.integer_power(row(10), 10_000).entries == (10**10_000,)


def test_numbers_that_grow_by_squaring_are_refused_before_they_take_for_ever():
    def squared(value, times):
        return squared(A.matmul(value, value), times - 1) if times else value

    with pytest.raises(NotExact, match="100000 digits"):
        squared(matrix([[3, F(1, 7)], [2, 1]]), 64)


def test_bent_functions_and_their_derivatives_take_zero_at_the_bend():
    x = row(-2, 0, F(1, 2), INVALID)
    expected = {
        ("abs", 0): (2, 0, F(1, 2)),
        ("abs", 1): (-1, 0, 1),
        ("abs", 2): (0, 0, 0),
        ("relu", 0): (0, 0, F(1, 2)),
        ("relu", 1): (0, 0, 1),
        ("relu", 2): (0, 0, 0),
        ("sign", 0): (-1, 0, 1),
        ("sign", 1): (0, 0, 0),
    }
    for (name, order), values in expected.items():
        assert A.elementary(name, order, x).entries == (*values, INVALID), (name, order)


@given(st.fractions(F(1, 9), 9, max_denominator=9))
def test_a_square_root_and_its_derivatives_are_those_of_calculus(x):
    square = row(x**2)
    assert A.elementary("sqrt", 0, square).entries == (x,)
    assert A.elementary("sqrt", 1, square).entries == (1 / (2 * x),)
    assert A.elementary("sqrt", 2, square).entries == (-1 / (4 * x**3),)


def test_a_square_root_has_a_value_but_no_derivative_at_zero():
    assert A.elementary("sqrt", 0, row(0)).entries == (0,)
    assert A.elementary("sqrt", 1, row(0)).entries == (INVALID,)


def test_whole_numbers_are_read_off_and_others_cannot_be_an_index():
    assert A.integers(A.arange(-1, 3, 1, 3)) == [-1, 0, 1]
    for wrong in (F(1, 2), INVALID):
        with pytest.raises(OutOfRange, match="whole number"):
            A.integers(row(1, wrong))


def test_constants_lie_on_the_axes_that_were_asked_for():
    assert A.number(F(1, 3), 4) == Grid((1, 1, 1, 1), (F(1, 3),))
    assert A.arange(2, 3, 1, 4) == Grid((1, 3, 1, 1), (2, 3, 4))
    assert A.eye(2, 3) == Grid((1, 2, 2), (1, 0, 0, 1))
    assert A.full(F(5), 2, 3, 3) == Grid((1, 2, 3), (5,) * 6)
    with A.recording():
        pass


# Under the evaluator: two trials of a 3 × 3 matrix M, a column x of 3 and a scalar s.

N = Dim.of("n")
SQUARE, COLUMN = (N, N), (N, ONE)
M, X, S = t.Variable("M", shape=SQUARE), t.Variable("x", shape=COLUMN), t.Variable("s")
ROW, COL = t.Index("i"), t.Index("j")
SIZE = 3
TRIALS = 2
ENTRIES = many(TRIALS * 13)


def number(value) -> t.Constant:
    return t.Constant(F(value))


def total(index: str, body: t.Term, *conditions: t.Comparison, upper: t.Term | None = None, op="sum"):
    return t.Reduce(op, index, number(1), upper or t.Size(N), conditions, body)


def times(left: t.Term, right: t.Term) -> t.Term:
    return t.Multiply("scale", left, right)


class Draw:
    """The same numbers for the evaluator and for plain Python."""

    def __init__(self, numbers):
        self.trials = []
        for k in range(TRIALS):
            mine = numbers[13 * k : 13 * k + 13]
            self.trials.append(([mine[3 * i : 3 * i + 3] for i in range(3)], mine[9:12], mine[12]))
        leaves = {
            "M": Grid((TRIALS, 3, 3), tuple(e for m, _, _ in self.trials for line in m for e in line)),
            "x": Grid((TRIALS, 3, 1), tuple(e for _, x, _ in self.trials for e in x)),
            "s": Grid((TRIALS, 1, 1), tuple(s for _, _, s in self.trials)),
        }
        self.world = World(A, {"n": SIZE}, leaves, {}, {}, None, {})

    def agrees(self, term: t.Term, plain) -> bool:
        """Whether the term's value is, trial by trial and row by row, what the plain function of M, x, s gives."""
        found = evaluate(term, self.world.root())
        wanted = [entry for trial in self.trials for line in plain(*trial) for entry in line]
        return list(A.expand(found, (TRIALS, *found.shape[1:])).entries) == wanted


RANGE = range(SIZE)


def times_plain(a, b):
    return [[sum(a[i][k] * b[k][j] for k in range(len(b))) for j in range(len(b[0]))] for i in range(len(a))]


def power_plain(a, exponent):
    result = [[F(i == j) for j in range(len(a))] for i in range(len(a))]
    for _ in range(exponent):
        result = times_plain(result, a)
    return result


CASES = {
    "a double sum of entries with both indices in it": (
        total("i", total("j", times(t.Entry(M, ROW, COL), times(t.Entry(X, COL, None), ROW)))),
        lambda m, x, s: [[sum(m[i][j] * x[j] * (i + 1) for i in RANGE for j in RANGE)]],
    ),
    "a sum under a condition": (
        total("i", total("j", t.Entry(M, ROW, COL), t.Comparison("\\ne", ROW, COL))),
        lambda m, x, s: [[sum(m[i][j] for i in RANGE for j in RANGE if i != j)]],
    ),
    "a sum whose upper bound is an outer index": (
        total("i", times(t.Entry(X, ROW, None), total("j", t.Entry(M, ROW, COL), upper=ROW))),
        lambda m, x, s: [[sum(x[i] * m[i][j] for i in RANGE for j in range(i + 1))]],
    ),
    "a product with a shifted index": (
        total("i", t.Entry(X, t.Add(((1, ROW), (1, number(1)))), None), upper=number(2), op="prod"),
        lambda m, x, s: [[x[1] * x[2]]],
    ),
    "the diagonal by the same index twice": (
        total("i", t.Entry(M, ROW, ROW)),
        lambda m, x, s: [[sum(m[i][i] for i in RANGE)]],
    ),
    "the largest entry": (total("i", t.Entry(X, ROW, None), op="max"), lambda m, x, s: [[max(x)]]),
    "a column gathered from scalars over an index": (
        t.Gather(("i",), total("j", times(t.Entry(M, ROW, COL), t.Entry(X, COL, None))), shape=COLUMN),
        lambda m, x, s: times_plain(m, [[e] for e in x]),
    ),
    "a matrix gathered with a Kronecker delta": (
        t.Gather(("i", "j"), t.Add(((1, t.Entry(M, COL, ROW)), (-1, times(S, t.Kronecker(ROW, COL))))), shape=SQUARE),
        lambda m, x, s: [[m[j][i] - (s if i == j else 0) for j in RANGE] for i in RANGE],
    ),
    "a block matrix": (
        t.Block(((M, X), (t.Unary("transpose", X, shape=(ONE, N)), S)), shape=(N + ONE, N + ONE)),
        lambda m, x, s: [*([*m[i], x[i]] for i in RANGE), [*x, s]],
    ),
    "cases of which one divides by zero where it is not taken": (
        t.Piecewise(
            ((number(7), (t.Comparison("=", S, number(0)),)), (t.Divide(number(1), S), ())),
        ),
        lambda m, x, s: [[F(7) if s == 0 else 1 / s]],
    ),
    "cases that leave a gap": (
        t.Piecewise(((S, (t.Comparison(">", S, number(0)),)),)),
        lambda m, x, s: [[s if s > 0 else INVALID]],
    ),
    "a matrix power": (
        t.Power(M, number(5), shape=SQUARE),
        lambda m, x, s: power_plain(m, 5),
    ),
    "the power 0 of a matrix": (
        t.Add(((1, t.Power(M, number(0), shape=SQUARE)), (1, M)), shape=SQUARE),
        lambda m, x, s: [[m[i][j] + (i == j) for j in RANGE] for i in RANGE],
    ),
    "a sum of powers by the index": (
        total("i", t.Power(S, ROW)),
        lambda m, x, s: [[s + s**2 + s**3]],
    ),
    "a quadratic form": (
        t.Multiply("inner", X, t.Multiply("matmul", M, X, shape=COLUMN)),
        lambda m, x, s: [[sum(x[i] * m[i][j] * x[j] for i in RANGE for j in RANGE)]],
    ),
    "a Kronecker product": (
        t.Multiply("kron", t.Unary("transpose", X, shape=(ONE, N)), M, shape=(N, N * N)),
        lambda m, x, s: [[x[k] * m[i][j] for k in RANGE for j in RANGE] for i in RANGE],
    ),
    "columns one under the other": (
        t.Unary("vec", M, shape=(N * N, ONE)),
        lambda m, x, s: [[m[i][j]] for j in RANGE for i in RANGE],
    ),
    "the trace and the norms": (
        t.Add(((1, t.Unary("trace", M)), (-1, t.Unary("norm1", X)), (1, t.Unary("sumsq", M)), (1, t.Unary("norminf", X)))),
        lambda m, x, s: [[
            sum(m[i][i] for i in RANGE) - sum(map(abs, x)) + sum(e * e for line in m for e in line) + max(map(abs, x))
        ]],
    ),
    "a function of the document on every entry": (
        t.MapEntries(("u",), (M,), t.Add(((1, t.Power(t.Variable("u"), number(2))), (1, S))), shape=SQUARE),
        lambda m, x, s: [[e * e + s for e in line] for line in m],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=25)
@given(ENTRIES)
def test_the_evaluator_gives_in_rationals_what_plain_loops_give(name, numbers):
    term, plain = CASES[name]
    assert Draw(numbers).agrees(term, plain)


@given(ENTRIES, st.integers(1, 3))
def test_a_negative_matrix_power_undoes_the_positive_one(numbers, exponent):
    up, down = (t.Power(M, number(sign * exponent), shape=SQUARE) for sign in (1, -1))
    found = evaluate(t.Multiply("matmul", up, down, shape=SQUARE), Draw(numbers).world.root())
    for k in range(TRIALS):
        part = A.narrow(found, 0, k, 1)
        assert part == A.eye(3, 3) or set(part.entries) == {INVALID}


def test_a_wrong_identity_is_seen_in_the_last_place():
    a = matrix([[F(1), F(1, 10**30)], [F(0), F(1)]])
    assert A.matmul(a, a) != matrix([[1, F(2, 10**30) + F(1, 10**60)], [0, 1]])
