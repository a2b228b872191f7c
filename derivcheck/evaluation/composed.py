"""Known functions told by one another, over whatever arithmetic: what exact arithmetics know of them.

``COMPOSED`` gives values by simpler functions, ``SLOPES`` first derivatives; higher ones follow by dual numbers.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from math import isqrt

from derivcheck.evaluation.arithmetic import Arithmetic, Value

Rule = Callable[[Arithmetic, Value], Value]
SIGNS: dict[str, Callable[[Fraction | int, Fraction | int], bool]] = {
    "=": operator.eq, "\\ne": operator.ne, "<": operator.lt, ">": operator.gt, "\\le": operator.le, "\\ge": operator.ge,
}  # fmt: skip


def _number(a: Arithmetic, x: Value, value: Fraction | int) -> Value:
    return a.number(Fraction(value), len(a.shape(x)))


def _exp(a: Arithmetic, x: Value, factor: int = 1) -> Value:
    return a.elementary("exp", 0, x if factor == 1 else a.multiply(_number(a, x, factor), x))


def _plus(a: Arithmetic, number: int, x: Value) -> Value:
    return a.add(_number(a, x, number), x)


def _minus(a: Arithmetic, number: int, x: Value) -> Value:
    return a.subtract(_number(a, x, number), x)


def _over(a: Arithmetic, number: int, x: Value) -> Value:
    return a.divide(_number(a, x, number), x)


def _sigmoid(a: Arithmetic, x: Value) -> Value:
    return _over(a, 1, _plus(a, 1, _exp(a, x, -1)))


def _tanh(a: Arithmetic, x: Value) -> Value:
    """(e²ˣ − 1) / (e²ˣ + 1)."""
    power = _exp(a, x, 2)
    return a.divide(_plus(a, -1, power), _plus(a, 1, power))


def _half_of(a: Arithmetic, x: Value, sign: int) -> Value:
    """(eˣ ± e⁻ˣ) / 2."""
    power = _exp(a, x)
    other = _over(a, 1, power)
    total = a.add(power, other) if sign > 0 else a.subtract(power, other)
    return a.multiply(_number(a, x, Fraction(1, 2)), total)


def _gauss(a: Arithmetic, x: Value) -> Value:
    """Φ(x) = (1 + erf(x/√2)) / 2."""
    root = a.elementary("sqrt", 0, _number(a, x, 2))
    return a.multiply(_number(a, x, Fraction(1, 2)), _plus(a, 1, a.elementary("erf", 0, a.divide(x, root))))


COMPOSED: dict[str, Rule] = {
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "sinh": lambda a, x: _half_of(a, x, -1),
    "cosh": lambda a, x: _half_of(a, x, 1),
    "softplus": lambda a, x: a.elementary("log", 0, _plus(a, 1, _exp(a, x))),
    "silu": lambda a, x: a.multiply(x, _sigmoid(a, x)),
    "gelu": lambda a, x: a.multiply(x, _gauss(a, x)),
    "tan": lambda a, x: a.divide(a.elementary("sin", 0, x), a.elementary("cos", 0, x)),
    "cot": lambda a, x: a.divide(a.elementary("cos", 0, x), a.elementary("sin", 0, x)),
}


def _square(a: Arithmetic, x: Value) -> Value:
    return a.multiply(x, x)


def _slope_of(name: str, of_square: Callable[[Arithmetic, Value], Value]) -> Rule:
    return lambda a, x: of_square(a, _square(a, a.elementary(name, 0, x)))


def _silu_slope(a: Arithmetic, x: Value) -> Value:
    s = _sigmoid(a, x)
    return a.multiply(s, _plus(a, 1, a.multiply(x, _minus(a, 1, s))))


def _erf_slope(a: Arithmetic, x: Value) -> Value:
    """2/√π · exp(−x²)."""
    root = a.elementary("sqrt", 0, a.number("pi", len(a.shape(x))))
    return a.divide(a.multiply(_number(a, x, 2), _exp(a, _square(a, x), -1)), root)


def _gelu_slope(a: Arithmetic, x: Value) -> Value:
    """Φ(x) + x φ(x), where φ is the slope of Φ: half that of erf at x/√2, over √2."""
    root = a.elementary("sqrt", 0, _number(a, x, 2))
    density = a.divide(_erf_slope(a, a.divide(x, root)), a.multiply(_number(a, x, 2), root))
    return a.add(_gauss(a, x), a.multiply(x, density))


def _arc_slope(a: Arithmetic, x: Value, sign: int) -> Value:
    return _over(a, sign, a.elementary("sqrt", 0, _minus(a, 1, _square(a, x))))


SLOPES: dict[str, Rule] = {
    "exp": lambda a, x: _exp(a, x),
    "log": lambda a, x: _over(a, 1, x),
    "sqrt": lambda a, x: _over(a, 1, a.multiply(_number(a, x, 2), a.elementary("sqrt", 0, x))),
    "sin": lambda a, x: a.elementary("cos", 0, x),
    "cos": lambda a, x: a.negate(a.elementary("sin", 0, x)),
    "tan": _slope_of("tan", lambda a, square: _plus(a, 1, square)),
    "cot": _slope_of("cot", lambda a, square: a.negate(_plus(a, 1, square))),
    "sinh": lambda a, x: a.elementary("cosh", 0, x),
    "cosh": lambda a, x: a.elementary("sinh", 0, x),
    "tanh": _slope_of("tanh", lambda a, square: _minus(a, 1, square)),
    "arcsin": lambda a, x: _arc_slope(a, x, 1),
    "arccos": lambda a, x: _arc_slope(a, x, -1),
    "arctan": lambda a, x: _over(a, 1, _plus(a, 1, _square(a, x))),
    "sigmoid": lambda a, x: a.multiply(_sigmoid(a, x), _minus(a, 1, _sigmoid(a, x))),
    "softplus": _sigmoid,
    "silu": _silu_slope,
    "gelu": _gelu_slope,
    "erf": _erf_slope,
}

GAMMAS: dict[str, Rule] = {
    "gamma": lambda a, x: a.multiply(a.elementary("gamma", 0, x), a.elementary("digamma", 0, x)),
    "lgamma": lambda a, x: a.elementary("digamma", 0, x),
}
"""Slopes that are told by a function of which no arithmetic mod a prime knows anything."""


def derivative(name: str, order: int, a: Arithmetic, x: Value) -> Value:
    """The derivative of some order of a known function, entry by entry."""
    from derivcheck.evaluation.arithmetic import NotExact
    from derivcheck.evaluation.dual import Dual, DualArithmetic

    rule = SLOPES.get(name) or GAMMAS.get(name)
    if rule is None:
        raise NotExact(f"a derivative of the function {name}")
    if order == 1:
        return rule(a, x)
    shape = a.shape(x)
    ones = a.expand(a.number(Fraction(1), len(shape) + 1), (1, *shape))
    value = derivative(name, order - 1, DualArithmetic(a), Dual(x, ones))
    if value.tangent is None:
        return a.multiply(_number(a, x, 0), x)
    return a.reshape(value.tangent, shape)


def rational_root(x: Fraction) -> Fraction | None:
    """The root of a rational number that is the square of one."""
    if x < 0:
        return None
    top, bottom = isqrt(x.numerator), isqrt(x.denominator)
    return Fraction(top, bottom) if top * top == x.numerator and bottom * bottom == x.denominator else None
