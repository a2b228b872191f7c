"""The known functions of one real number, a record each.

What a record says of a function holds over whatever arithmetic: its value by simpler functions, where it has one, and
its first derivative, from which higher ones follow by dual numbers. Values as floats and as balls are those of the
libraries under the name that both give it; ``evaluation`` has the few that these lack.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from derivcheck.evaluation.arithmetic import Arithmetic, Value

Rule = Callable[["Arithmetic", "Value"], "Value"]


@dataclass(frozen=True, slots=True)
class Function:
    """One function.

    Args:
        said: it in words, with its article.
        slope: its first derivative; None where none of these functions tells it.
        value: it by simpler ones; None of those on which the others rest.
        library: what torch and flint call it, where that is another name.
        spellings: other words for it.
        smooth: whether it is differentiable wherever it is defined.
        everywhere: whether it is continuous on the whole line.
        between: whole numbers between which all values lie.
        unsigned: whether it is nowhere negative, for positive arguments at least.
        odd: whether f(−x) = −f(x).
        below: whether its size is no larger than that of its argument.
    """

    said: str
    slope: Rule | None = None
    value: Rule | None = None
    library: str = ""
    spellings: tuple[str, ...] = ()
    smooth: bool = True
    everywhere: bool = True
    between: tuple[int, int] | None = None
    unsigned: bool = False
    odd: bool = False
    below: bool = False


def number(a: Arithmetic, x: Value, value: Fraction | int) -> Value:
    """A number beside a value of the arithmetic."""
    return a.number(Fraction(value), len(a.shape(x)))


def _of(name: str) -> Rule:
    return lambda a, x: a.elementary(name, 0, x)


_ROOT, _SIN, _COS, _SIGMOID, _ERF = map(_of, ("sqrt", "sin", "cos", "sigmoid", "erf"))


def _exp(a: Arithmetic, x: Value, factor: int = 1) -> Value:
    return a.elementary("exp", 0, x if factor == 1 else a.multiply(number(a, x, factor), x))


def _plus(a: Arithmetic, constant: int, x: Value) -> Value:
    return a.add(number(a, x, constant), x)


def _minus(a: Arithmetic, constant: int, x: Value) -> Value:
    return a.subtract(number(a, x, constant), x)


def _over(a: Arithmetic, constant: int, x: Value) -> Value:
    return a.divide(number(a, x, constant), x)


def _square(a: Arithmetic, x: Value) -> Value:
    return a.multiply(x, x)


def _half(a: Arithmetic, x: Value) -> Value:
    return a.multiply(number(a, x, Fraction(1, 2)), x)


def _tanh(a: Arithmetic, x: Value) -> Value:
    """(e²ˣ − 1) / (e²ˣ + 1)."""
    power = _exp(a, x, 2)
    return a.divide(_plus(a, -1, power), _plus(a, 1, power))


def _hyperbolic(a: Arithmetic, x: Value, sign: int) -> Value:
    """(eˣ ± e⁻ˣ) / 2."""
    power = _exp(a, x)
    other = _over(a, 1, power)
    return _half(a, a.add(power, other) if sign > 0 else a.subtract(power, other))


def _gauss(a: Arithmetic, x: Value) -> Value:
    """Φ(x) = (1 + erf(x/√2)) / 2."""
    return _half(a, _plus(a, 1, _ERF(a, a.divide(x, _ROOT(a, number(a, x, 2))))))


def _slope_of(name: str, of_square: Rule) -> Rule:
    return lambda a, x: of_square(a, _square(a, a.elementary(name, 0, x)))


def _silu_slope(a: Arithmetic, x: Value) -> Value:
    s = _SIGMOID(a, x)
    return a.multiply(s, _plus(a, 1, a.multiply(x, _minus(a, 1, s))))


def _erf_slope(a: Arithmetic, x: Value) -> Value:
    """2/√π · exp(−x²)."""
    root = _ROOT(a, a.number("pi", len(a.shape(x))))
    return a.divide(a.multiply(number(a, x, 2), _exp(a, _square(a, x), -1)), root)


def _gelu_slope(a: Arithmetic, x: Value) -> Value:
    """Φ(x) + x φ(x), where φ is the slope of Φ: half that of erf at x/√2, over √2."""
    root = _ROOT(a, number(a, x, 2))
    density = a.divide(_erf_slope(a, a.divide(x, root)), a.multiply(number(a, x, 2), root))
    return a.add(_gauss(a, x), a.multiply(x, density))


def _arc_slope(a: Arithmetic, x: Value, sign: int) -> Value:
    return _over(a, sign, _ROOT(a, _minus(a, 1, _square(a, x))))


def _step(a: Arithmetic, x: Value) -> Value:
    zero = number(a, x, 0)
    return a.where(a.compare(">", x, zero), number(a, x, 1), zero)


RECIPROCALS: Final = {"sec": "cos", "csc": "sin", "coth": "tanh", "sech": "cosh", "csch": "sinh"}
"""Words for one over a function."""
FUNCTIONS: Final[dict[str, Function]] = {
    "exp": Function("an exponential", _exp, unsigned=True),
    "log": Function("a logarithm", lambda a, x: _over(a, 1, x), spellings=("ln",), everywhere=False),
    "sqrt": Function(
        "a square root",
        lambda a, x: _over(a, 1, a.multiply(number(a, x, 2), _ROOT(a, x))),
        everywhere=False,
        unsigned=True,
    ),
    "sin": Function("a sine", _COS, between=(-1, 1), odd=True),
    "cos": Function("a cosine", lambda a, x: a.negate(_SIN(a, x)), between=(-1, 1)),
    "tan": Function(
        "a tangent",
        _slope_of("tan", lambda a, square: _plus(a, 1, square)),
        lambda a, x: a.divide(_SIN(a, x), _COS(a, x)),
        everywhere=False,
        odd=True,
    ),
    "cot": Function(
        "a cotangent",
        _slope_of("cot", lambda a, square: a.negate(_plus(a, 1, square))),
        lambda a, x: a.divide(_COS(a, x), _SIN(a, x)),
        everywhere=False,
        odd=True,
    ),
    "sinh": Function("a hyperbolic sine", _of("cosh"), lambda a, x: _hyperbolic(a, x, -1), odd=True),
    "cosh": Function("a hyperbolic cosine", _of("sinh"), lambda a, x: _hyperbolic(a, x, 1)),
    "tanh": Function(
        "a hyperbolic tangent",
        _slope_of("tanh", lambda a, square: _minus(a, 1, square)),
        _tanh,
        between=(-1, 1),
        odd=True,
    ),
    "arcsin": Function(
        "an arcsine", lambda a, x: _arc_slope(a, x, 1), library="asin", spellings=("asin",), everywhere=False, odd=True
    ),
    "arccos": Function(
        "an arccosine", lambda a, x: _arc_slope(a, x, -1), library="acos", spellings=("acos",), everywhere=False
    ),
    "arctan": Function(
        "an arctangent",
        lambda a, x: _over(a, 1, _plus(a, 1, _square(a, x))),
        library="atan",
        spellings=("atan",),
        between=(-2, 2),
        odd=True,
    ),
    "sigmoid": Function(
        "a sigmoid",
        lambda a, x: a.multiply(_SIGMOID(a, x), _minus(a, 1, _SIGMOID(a, x))),
        lambda a, x: _over(a, 1, _plus(a, 1, _exp(a, x, -1))),
        spellings=("logistic",),
        between=(0, 1),
        unsigned=True,
    ),
    "softplus": Function(
        "a softplus", _SIGMOID, lambda a, x: a.elementary("log", 0, _plus(a, 1, _exp(a, x))), unsigned=True
    ),
    "silu": Function("a SiLU", _silu_slope, lambda a, x: a.multiply(x, _SIGMOID(a, x)), below=True),
    "gelu": Function("a GELU", _gelu_slope, lambda a, x: a.multiply(x, _gauss(a, x)), below=True),
    "erf": Function("an error function", _erf_slope, between=(-1, 1), odd=True),
    "erfc": Function(
        "a complementary error function",
        lambda a, x: a.negate(_erf_slope(a, x)),
        lambda a, x: _minus(a, 1, _ERF(a, x)),
        between=(0, 2),
        unsigned=True,
    ),
    "gamma": Function(
        "a gamma function",
        lambda a, x: a.multiply(a.elementary("gamma", 0, x), a.elementary("digamma", 0, x)),
        everywhere=False,
        unsigned=True,
    ),
    "lgamma": Function("a logarithm of the gamma function", _of("digamma"), spellings=("loggamma",), everywhere=False),
    "digamma": Function("a digamma function", everywhere=False),
    "relu": Function("a ReLU", _step, smooth=False, below=True),
    "abs": Function("an absolute value", _of("sign"), smooth=False, unsigned=True),
    "sign": Function(
        "a sign",
        lambda a, x: a.expand(number(a, x, 0), a.shape(x)),
        spellings=("sgn",),
        smooth=False,
        everywhere=False,
        between=(-1, 1),
    ),
}
KINKED: Final = frozenset(name for name, function in FUNCTIONS.items() if not function.smooth)
