"""Dual numbers over any arithmetic: every value with its derivatives along several directions at once.

A tangent is a value of the arithmetic below with one more axis in front, the directions. Dual numbers over dual
numbers give second derivatives, and so on. Where nothing depends on what is varied the tangent is None.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from fractions import Fraction
from math import isqrt
from typing import Literal, NamedTuple

from derivcheck.evaluation.arithmetic import Arithmetic, NotExact, Value
from derivcheck.functions import FUNCTIONS, number


class Dual(NamedTuple):
    """A value and its tangent, which has the shape ``(directions, *shape of the value)``."""

    primal: Value
    tangent: Value | None = None


class DualArithmetic(Arithmetic):
    """The arithmetic of the evaluator (see ``Arithmetic``) on dual numbers over ``base``."""

    def __init__(self, base: Arithmetic) -> None:
        self.base = base
        self.price = 2 * base.price
        self.product = 2 * base.product
        self.step = 2 * base.step

    # constants do not vary

    def number(self, value: Fraction | Literal["pi", "e"], rank: int) -> Dual:
        return Dual(self.base.number(value, rank))

    def arange(self, start: int, count: int, axis: int, rank: int) -> Dual:
        return Dual(self.base.arange(start, count, axis, rank))

    def eye(self, size: int, rank: int) -> Dual:
        return Dual(self.base.eye(size, rank))

    def _made(self, primal: Value, *parts: Value | None) -> Dual:
        """A value with the sum of the parts of its tangent, stretched to the value's own shape."""
        tangent: Value | None = None
        for part in parts:
            if part is not None:
                tangent = part if tangent is None else self.base.add(tangent, part)
        if tangent is None:
            return Dual(primal)
        shape, wanted = self.base.shape(tangent), self.base.shape(primal)
        if shape[1:] != wanted:
            tangent = self.base.expand(tangent, (shape[0], *wanted))
        return Dual(primal, tangent)

    def _linear(self, function: Callable[[Value, bool], Value], a: Dual) -> Dual:
        """A linear function of the entries; it is told whether it is given a tangent, with its axis in front."""
        return Dual(function(a.primal, False), None if a.tangent is None else function(a.tangent, True))

    def _level(self, *parts: Dual) -> tuple[Dual, ...]:
        """With axes put in front until all have as many: behind the axis of directions, where there is one."""
        ranks = [len(self.shape(part)) for part in parts]
        most = max(ranks)
        return tuple(
            part if rank == most else self.reshape(part, (*(1,) * (most - rank), *self.shape(part)))
            for part, rank in zip(parts, ranks, strict=True)
        )

    def _times(self, tangent: Value | None, factor: Value) -> Value | None:
        return None if tangent is None else self.base.multiply(tangent, factor)

    def add(self, a: Dual, b: Dual) -> Dual:
        """(a + b)' = a' + b'."""
        a, b = self._level(a, b)
        return self._made(self.base.add(a.primal, b.primal), a.tangent, b.tangent)

    def subtract(self, a: Dual, b: Dual) -> Dual:
        """(a − b)' = a' − b'."""
        a, b = self._level(a, b)
        negated = None if b.tangent is None else self.base.negate(b.tangent)
        return self._made(self.base.subtract(a.primal, b.primal), a.tangent, negated)

    def multiply(self, a: Dual, b: Dual) -> Dual:
        """(a b)' = a' b + a b'."""
        a, b = self._level(a, b)
        primal = self.base.multiply(a.primal, b.primal)
        return self._made(primal, self._times(a.tangent, b.primal), self._times(b.tangent, a.primal))

    def divide(self, a: Dual, b: Dual) -> Dual:
        """(a/b)' = (a' − (a/b) b') / b."""
        a, b = self._level(a, b)
        primal = self.base.divide(a.primal, b.primal)
        first = None if a.tangent is None else self.base.divide(a.tangent, b.primal)
        second = None if b.tangent is None else self.base.divide(self.base.multiply(b.tangent, primal), b.primal)
        return self._made(primal, first, None if second is None else self.base.negate(second))

    def negate(self, a: Dual) -> Dual:
        """(−a)' = −a'."""
        return self._linear(lambda x, _: self.base.negate(x), a)

    def matmul(self, a: Dual, b: Dual) -> Dual:
        """(A B)' = A' B + A B'."""
        a, b = self._level(a, b)
        left = None if a.tangent is None else self.base.matmul(a.tangent, b.primal)
        right = None if b.tangent is None else self.base.matmul(a.primal, b.tangent)
        return self._made(self.base.matmul(a.primal, b.primal), left, right)

    def inverse(self, a: Dual) -> Dual:
        """(A⁻¹)' = −A⁻¹ A' A⁻¹."""
        primal = self.base.inverse(a.primal)
        if a.tangent is None:
            return Dual(primal)
        inner = self.base.matmul(primal, self.base.matmul(a.tangent, primal))
        return Dual(primal, self.base.negate(inner))

    def det(self, a: Dual) -> Dual:
        """(det A)' = det A · tr(A⁻¹ A')."""
        base = self.base
        primal = base.det(a.primal)
        if a.tangent is None:
            return Dual(primal)
        products = base.multiply(base.transpose(base.inverse(a.primal)), a.tangent)
        return Dual(primal, base.multiply(base.sum(base.sum(products, -1), -2), primal))

    def eigen(self, a: Dual) -> tuple[Dual, Dual]:
        """Eigenvalues are roots of polynomials: they have no exact value here."""
        raise NotExact("eigenvalues")

    def power(self, a: Dual, exponent: Dual) -> Dual:
        """(aᵉ)' = e aᵉ⁻¹ a' + aᵉ log a · e'."""
        a, exponent = self._level(a, exponent)
        base = self.base
        primal = base.power(a.primal, exponent.primal)
        one = base.number(Fraction(1), len(base.shape(exponent.primal)))
        first, second = None, None
        if a.tangent is not None:
            lower = base.power(a.primal, base.subtract(exponent.primal, one))
            first = base.multiply(a.tangent, base.multiply(exponent.primal, lower))
        if exponent.tangent is not None:
            second = base.multiply(exponent.tangent, base.multiply(primal, base.elementary("log", 0, a.primal)))
        return self._made(primal, first, second)

    def integer_power(self, a: Dual, exponent: int) -> Dual:
        """(aⁿ)' = n aⁿ⁻¹ a'."""
        primal = self.base.integer_power(a.primal, exponent)
        if a.tangent is None or not exponent:
            return Dual(primal)
        lower = self.base.integer_power(a.primal, exponent - 1)
        factor = self.base.number(Fraction(exponent), len(self.base.shape(lower)))
        return Dual(primal, self.base.multiply(a.tangent, self.base.multiply(lower, factor)))

    def elementary(self, name: str, order: int, a: Dual) -> Dual:
        """f(a)' = f'(a) a'."""
        primal = self.base.elementary(name, order, a.primal)
        if a.tangent is None:
            return Dual(primal)
        return Dual(primal, self.base.multiply(a.tangent, self.base.elementary(name, order + 1, a.primal)))

    def sum(self, a: Dual, axis: int) -> Dual:
        return self._linear(lambda x, behind: self.base.sum(x, _axis(axis, behind)), a)

    def prod(self, a: Dual, axis: int) -> Dual:
        """The product along an axis, factor by factor."""
        if a.tangent is None:
            return Dual(self.base.prod(a.primal, axis))
        return self._folded(self.multiply, a, axis)

    # of two that are equal the derivative of neither is that of the larger one

    def maximum(self, a: Dual, b: Dual) -> Dual:
        """The larger, with its tangent."""
        a, b = self._level(a, b)
        primal = self.base.maximum(a.primal, b.primal)
        if a.tangent is None and b.tangent is None:
            return Dual(primal)
        base = self.base
        zero = base.number(Fraction(0), len(base.shape(primal)) + 1)
        tie = base.compare("=", a.primal, b.primal)
        taken = self.where(self.compare(">", a, b), a, b).tangent
        return Dual(primal, base.where(tie, base.divide(zero, zero), taken))

    def largest(self, a: Dual, axis: int) -> Dual:
        return Dual(self.base.largest(a.primal, axis)) if a.tangent is None else self._folded(self.maximum, a, axis)

    def _folded(self, combine: Callable[[Dual, Dual], Dual], a: Dual, axis: int) -> Dual:
        total = self.narrow(a, axis, 0, 1)
        for position in range(1, self.base.shape(a.primal)[axis]):
            total = combine(total, self.narrow(a, axis, position, 1))
        return total

    def compare(self, sign: str, a: Dual, b: Dual) -> Dual:
        """Truth values of the values."""
        return Dual(self.base.compare(sign, a.primal, b.primal))

    def both(self, a: Dual, b: Dual) -> Dual:
        return Dual(self.base.both(a.primal, b.primal))

    def where(self, condition: Dual, a: Dual, b: Dual) -> Dual:
        """The entry of ``a`` where the condition holds, else that of ``b``."""
        condition, a, b = self._level(condition, a, b)
        base = self.base
        primal = base.where(condition.primal, a.primal, b.primal)
        if a.tangent is None and b.tangent is None:
            return Dual(primal)
        zero = base.number(Fraction(0), len(base.shape(primal)) + 1)
        first, second = (zero if part.tangent is None else part.tangent for part in (a, b))
        return self._made(primal, base.where(condition.primal, first, second))

    # shapes

    def shape(self, a: Dual) -> tuple[int, ...]:
        return self.base.shape(a.primal)

    def entries(self, a: Dual) -> int:
        """How many there are, those of the tangent included."""
        return self.base.entries(a.primal if a.tangent is None else a.tangent)

    def reshape(self, a: Dual, shape: Sequence[int]) -> Dual:
        return self._linear(lambda x, behind: self.base.reshape(x, self._whole(x, shape, behind)), a)

    def expand(self, a: Dual, shape: Sequence[int]) -> Dual:
        return self._linear(lambda x, behind: self.base.expand(x, self._whole(x, shape, behind)), a)

    def _whole(self, x: Value, shape: Sequence[int], behind: bool) -> Sequence[int]:
        return (self.base.shape(x)[0], *shape) if behind else shape

    def swap(self, a: Dual, first: int, second: int) -> Dual:
        return self._linear(lambda x, behind: self.base.swap(x, _axis(first, behind), _axis(second, behind)), a)

    def narrow(self, a: Dual, axis: int, start: int, count: int) -> Dual:
        return self._linear(lambda x, behind: self.base.narrow(x, _axis(axis, behind), start, count), a)

    def concatenate(self, parts: Sequence[Dual], axis: int) -> Dual:
        base = self.base
        primal = base.concatenate([part.primal for part in parts], axis)
        directions = next((base.shape(part.tangent)[0] for part in parts if part.tangent is not None), None)
        if directions is None:
            return Dual(primal)
        zero = base.number(Fraction(0), len(base.shape(primal)) + 1)
        tangents = [
            base.expand(zero, (directions, *base.shape(part.primal))) if part.tangent is None else part.tangent
            for part in parts
        ]
        return Dual(primal, base.concatenate(tangents, _axis(axis, True)))

    def detached(self, a: Dual) -> Dual:
        return Dual(self.base.detached(a.primal))

    def integers(self, a: Dual) -> list[int]:
        return self.base.integers(a.primal)

    def recording(self) -> AbstractContextManager[None]:
        """Nothing: the tangents are there already."""
        return nullcontext()


def _axis(axis: int, behind: bool) -> int:
    """The number of an axis behind that of the directions."""
    return axis + 1 if behind and axis >= 0 else axis


def derivative(name: str, order: int, a: Arithmetic, x: Value) -> Value:
    """The derivative of some order of a known function, entry by entry."""
    rule = FUNCTIONS[name].slope if name in FUNCTIONS else None
    if rule is None:
        raise NotExact(f"a derivative of the function {name}")
    if order == 1:
        return rule(a, x)
    shape = a.shape(x)
    ones = a.expand(a.number(Fraction(1), len(shape) + 1), (1, *shape))
    value = derivative(name, order - 1, DualArithmetic(a), Dual(x, ones))
    if value.tangent is None:
        return a.multiply(number(a, x, 0), x)
    return a.reshape(value.tangent, shape)


def rational_root(x: Fraction) -> Fraction | None:
    """The root of a rational number that is the square of one."""
    if x < 0:
        return None
    top, bottom = isqrt(x.numerator), isqrt(x.denominator)
    return Fraction(top, bottom) if top * top == x.numerator and bottom * bottom == x.denominator else None
