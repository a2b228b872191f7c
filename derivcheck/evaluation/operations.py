"""What the evaluator does to values of an arithmetic once they are there; what is large is paid for beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import prod

from derivcheck.evaluation.arithmetic import BUDGET, Arithmetic, NotExact, Value

SMALL = 4_000
"""Values of up to so many entries are paid with the step that makes them."""


def stretched(value: Value, shape: Sequence[int], a: Arithmetic, what: str = "") -> Value:
    """Axes of size 1 stretched, if the result is not too large."""
    entries = prod(shape)
    if entries > SMALL:
        BUDGET.make(entries, a.price, f"`{what}`" if what else "a value")
    return a.expand(value, shape)


def spread(a: Arithmetic, *values: Value) -> tuple[Value, ...]:
    """The values, if what comes of them entry by entry is not too large."""
    if prod(map(a.entries, values)) > SMALL:
        BUDGET.make(prod(map(max, *(a.shape(value) for value in values))), a.price)
    return values


def multiplied(op: str, left: Value, right: Value, a: Arithmetic) -> Value:
    """A product of any kind."""
    match op:
        case "scale" | "entrywise":
            return a.multiply(*spread(a, left, right))
        case "matmul":
            return a.matmul(*products(a, left, right))
        case "inner":
            return a.matmul(*products(a, a.transpose(left), right))
        case "kron":
            (*lead_l, m, n), (*lead_r, p, q) = a.shape(left), a.shape(right)
            left = a.reshape(left, (*lead_l, m, 1, n, 1))
            right = a.reshape(right, (*lead_r, 1, p, 1, q))
            product = a.multiply(*spread(a, left, right))
            return a.reshape(product, (*a.shape(product)[:-4], m * p, n * q))
    raise AssertionError(op)


def products(a: Arithmetic, left: Value, right: Value) -> tuple[Value, Value]:
    """Two matrices, if their product is not too large."""
    if a.entries(left) * a.entries(right) > SMALL:
        (*lead_l, m, k), (*lead_r, _, n) = a.shape(left), a.shape(right)
        lead = prod(map(max, lead_l, lead_r))
        BUDGET.pay(lead * m * n * k * a.product)
        BUDGET.make(lead * m * n, a.price)
    return left, right


def afford(op: str, value: Value, a: Arithmetic) -> None:
    """Hold against the budget what costs more than a look at every entry."""
    *lead, rows, columns = a.shape(value)
    if op == "todiag":
        BUDGET.make(prod(lead) * max(rows, columns) ** 2, a.price)
    elif op.startswith("eigen"):
        BUDGET.pay(prod(lead) * 20 * rows**3 * a.product)
    elif op in ("inverse", "det"):
        # Exact entries grow with the size of the matrix; rounded ones do not.
        BUDGET.pay(prod(lead) * rows**3 * a.product * (4 if a.product < 1 else 1 + rows / 8))
    elif a.entries(value) > SMALL:
        BUDGET.make(a.entries(value), a.price)


def unary(op: str, value: Value, a: Arithmetic) -> Value:
    """A matrix function of one value."""
    *lead, rows, columns = a.shape(value)
    rank = len(lead) + 2

    def total(entries: Value) -> Value:
        return a.sum(a.sum(entries, -1), -2)

    match op:
        case "transpose":
            return a.transpose(value)
        case "inverse":
            return a.inverse(value)
        case "det":
            return a.det(value)
        case "eigenvalues":
            return a.eigen(value)[0]
        case "eigenvectors":
            return a.eigen(value)[1]
        case "eigenvalue" | "eigenvector":
            return _some_eigen(op, value, a)
        case "trace":
            return total(a.multiply(value, a.eye(rows, rank)))
        case "sumall":
            return total(value)
        case "sumsq":
            return total(a.multiply(value, value))
        case "norm2":
            return a.elementary("sqrt", 0, total(a.multiply(value, value)))
        case "norm1":
            return total(a.elementary("abs", 0, value))
        case "norminf":
            return a.largest(a.largest(a.elementary("abs", 0, value), -1), -2)
        case "maxall":
            return a.largest(a.largest(value, -1), -2)
        case "minall":
            return a.smallest(a.smallest(value, -1), -2)
        case "todiag":
            column = value if columns == 1 else a.transpose(value)
            return a.multiply(column, a.eye(max(rows, columns), rank))
        case "diagof":
            return a.sum(a.multiply(value, a.eye(rows, rank)), -1)
        case "vec":
            return a.reshape(a.transpose(value), (*lead, rows * columns, 1))
        case "softmax":
            axis = -2 if columns == 1 else -1
            powers = a.elementary("exp", 0, _lowered(value, axis, a))
            return a.divide(powers, a.sum(powers, axis))
    raise AssertionError(op)


def _some_eigen(op: str, value: Value, a: Arithmetic) -> Value:
    """An eigenvalue, or the eigenvector for it, of which nothing tells the rank.

    It is the one whose eigenvector lies nearest to a diagonal of the space: which one that is the draw decides.
    """
    values, vectors = a.eigen(value)
    every = a.transpose(values) if op == "eigenvalue" else vectors
    near = a.elementary("abs", 0, a.sum(a.detached(vectors), -2))
    none = a.multiply(every, a.number(Fraction(0), len(a.shape(value))))
    return a.sum(a.where(a.compare("=", near, a.largest(near, -1)), every, none), -1)


def _lowered(value: Value, axis: int, a: Arithmetic) -> Value:
    """Less its largest entry, so that no exponential overflows; as it is where an arithmetic has no order.

    The softmax of what is left is the same whatever was taken away: a derivative does not follow it.
    """
    try:
        return a.subtract(value, a.detached(a.largest(value, axis)))
    except NotExact:
        return value


def matrix_power(value: Value, exponent: int, a: Arithmetic) -> Value:
    """A whole power by repeated squaring."""
    if exponent < 0:
        value, exponent = a.inverse(value), -exponent
    shape = a.shape(value)
    result = a.eye(shape[-1], len(shape))
    while exponent:
        if exponent & 1:
            result = a.matmul(*products(a, result, value))
        exponent >>= 1
        if exponent:
            value = a.matmul(*products(a, value, value))
    return result
