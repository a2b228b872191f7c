"""Derivatives of known functions, over whatever arithmetic, and what exact arithmetics share beside them."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

from derivcheck.evaluation.arithmetic import Arithmetic, NotExact, Value
from derivcheck.evaluation.dual import Dual, DualArithmetic
from derivcheck.functions import FUNCTIONS, number


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
