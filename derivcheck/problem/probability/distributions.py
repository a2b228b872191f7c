r"""The standard families of distributions: a name, what its values are, and the logarithm of its density as a term.

Every entry is one line of ``FAMILIES``. Densities follow Bishop, Pattern Recognition and Machine Learning, appendix B:
the exponential and the gamma distribution by their rate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from derivcheck.language.shapes import ONE, Dim, Domain, Shape
from derivcheck.problem import algebra
from derivcheck.problem import terms as t
from derivcheck.problem.scope import Refusal, Scope
from derivcheck.problem.terms import Term
from derivcheck.source import Span

LogDensity = Callable[[Scope, Term, Sequence[Term], Span], Term]


@dataclass(frozen=True, slots=True)
class Family:
    """``parameters`` are their names, for messages; ``log`` the log density at a value; ``domain`` where values lie.

    With ``listed`` the parameter is a column that may be written as a list of its entries. ``last`` is the end of the
    values that a parameter gives. It is spelled by upright ``words`` or by script ``letters``. ``moments`` are the
    mean and the variance of a number.
    """

    name: str
    parameters: tuple[str, ...]
    log: LogDensity
    domain: Domain = Domain()  # noqa: RUF009 - frozen
    vector: bool = False
    listed: bool = False
    last: Callable[[Sequence[Term], Scope], float | Dim] | None = None
    words: str = ""
    letters: str = ""
    moments: Callable[..., tuple[Term, Term]] | None = None


def number(value: int | Fraction) -> Term:
    return t.Constant(Fraction(value))


def log(value: Term) -> Term:
    return t.Elementary("log", value)


def lgamma(value: Term) -> Term:
    return t.Elementary("lgamma", value)


def plus(*parts: Term) -> Term:
    return t.Add(tuple((1, part) for part in parts), shape=parts[0].shape)


def minus(left: Term, right: Term) -> Term:
    return t.Add(((1, left), (-1, right)), shape=left.shape)


def negative(value: Term) -> Term:
    return t.Add(((-1, value),), shape=value.shape)


def times(left: Term, right: Term) -> Term:
    return t.Multiply("scale", left, right, shape=right.shape)


def half(value: Term) -> Term:
    return times(number(Fraction(1, 2)), value)


def _normal(scope: Scope, x: Term, parameters: Sequence[Term], span: Span) -> Term:
    """−½ (x−m)ᵀ S⁻¹ (x−m) − ½ log det S − (n/2) log 2π; for numbers S is the variance."""
    mean, spread = parameters
    away = x if t.is_zero(mean) else algebra.add(scope, [(1, x), (-1, mean)], span)
    circle = log(times(number(2), t.Constant("pi")))
    if algebra.scalar(scope, x):
        _same_shape(scope, x, spread, "the variance of a number", span)
        square = t.Power(away, number(2))
        return negative(half(plus(t.Divide(square, spread), log(spread), circle)))
    rows = x.shape[0]
    if algebra.scalar(scope, spread):
        raise Refusal(
            "shape-mismatch",
            spread.span,
            f"`{scope.quote(spread.span)}` is a scalar; the covariance of something "
            f"{scope.show(x.shape)} is {scope.show((rows, rows))}",
            f"write `{scope.quote(spread.span)} I`",
            wrong=algebra.known(scope, x),
        )
    _same_shape(scope, t.Identity(rows, shape=(rows, rows), span=x.span), spread, "the covariance", span)
    inverse = t.Unary("inverse", spread, shape=spread.shape)
    row = t.Unary("transpose", away, shape=(ONE, rows))
    quadratic = t.Multiply("matmul", t.Multiply("matmul", row, inverse, shape=(ONE, rows)), away)
    whole = times(t.Size(rows), circle)
    if isinstance(spread, t.Identity):
        # Its log det is 0, and no number too small to be seen.
        return negative(half(plus(t.Multiply("matmul", row, away), whole)))
    return negative(half(plus(quadratic, log(t.Unary("det", spread)), whole)))


def _same_shape(scope: Scope, left: Term, right: Term, what: str, span: Span) -> None:
    if not scope.unify_shapes(left.shape, right.shape):
        raise Refusal(
            "shape-mismatch",
            right.span,
            f"{what} has to be {scope.show(left.shape)}; `{scope.quote(right.span)}` is {scope.show(right.shape)}",
            wrong=algebra.known(scope, left) and algebra.known(scope, right),
        )


def _bernoulli(scope: Scope, x: Term, parameters: Sequence[Term], span: Span) -> Term:
    (p,) = parameters
    return plus(times(x, log(p)), times(minus(number(1), x), log(minus(number(1), p))))


def _categorical(scope: Scope, x: Term, parameters: Sequence[Term], span: Span) -> Term:
    (p,) = parameters
    if not algebra.scalar(scope, x):
        _same_shape(scope, x, p, "the parameter", span)
        return t.Multiply("inner", x, t.Elementary("log", p, shape=p.shape))
    return log(t.Entry(p, x, number(1)))


def _binomial(scope: Scope, x: Term, parameters: Sequence[Term], span: Span) -> Term:
    n, p = parameters
    rest = minus(n, x)
    one = number(1)
    ways = minus(minus(lgamma(plus(n, one)), lgamma(plus(x, one))), lgamma(plus(rest, one)))
    return plus(ways, times(x, log(p)), times(rest, log(minus(one, p))))


def _poisson(scope: Scope, x: Term, parameters: Sequence[Term], span: Span) -> Term:
    (rate,) = parameters
    return minus(minus(times(x, log(rate)), rate), lgamma(plus(x, number(1))))


def _exponential(scope: Scope, x: Term, parameters: Sequence[Term], span: Span) -> Term:
    (rate,) = parameters
    return minus(log(rate), times(rate, x))


def _gamma(scope: Scope, x: Term, parameters: Sequence[Term], span: Span) -> Term:
    shape, rate = parameters
    power = times(minus(shape, number(1)), log(x))
    return plus(minus(times(shape, log(rate)), lgamma(shape)), minus(power, times(rate, x)))


def _inverse_gamma(scope: Scope, x: Term, parameters: Sequence[Term], span: Span) -> Term:
    shape, scale = parameters
    power = times(plus(shape, number(1)), log(x))
    return minus(minus(minus(times(shape, log(scale)), lgamma(shape)), power), t.Divide(scale, x))


def _beta(scope: Scope, x: Term, parameters: Sequence[Term], span: Span) -> Term:
    a, b = parameters
    one = number(1)
    body = plus(times(minus(a, one), log(x)), times(minus(b, one), log(minus(one, x))))
    return plus(body, minus(minus(lgamma(plus(a, b)), lgamma(a)), lgamma(b)))


def _dirichlet(scope: Scope, x: Term, parameters: Sequence[Term], span: Span) -> Term:
    (a,) = parameters
    _same_shape(scope, x, a, "the parameter", span)
    less = t.Add(((1, a), (-1, number(1))), shape=a.shape)
    body = t.Multiply("inner", less, t.Elementary("log", x, shape=x.shape))
    volume = minus(lgamma(t.Unary("sumall", a)), t.Unary("sumall", t.Elementary("lgamma", a, shape=a.shape)))
    return plus(body, volume)


def _categories(parameters: Sequence[Term], scope: Scope) -> Dim:
    return scope.resolve(parameters[0].shape[0])


def _trials(parameters: Sequence[Term], scope: Scope) -> float | Dim:
    match parameters[0]:
        case t.Size(dim=dim):
            return dim
        case t.Constant(value=Fraction() as value):
            return float(value)
    raise Refusal("not-checked", parameters[0].span, "the number of trials has to be a whole number here")


UNIT = Domain("interval", low=0.0, high=1.0)
COUNTS, POSITIVE = Domain("finite", low=0.0), Domain("positive")
FAMILIES: dict[str, Family] = {
    family.name.lower(): family
    for family in (
        Family(
            "normal", ("mean", "covariance"), _normal, vector=True, words="N Normal", letters="N",
            moments=lambda m, s: (m, s),
        ),
        Family(
            "Bernoulli", ("probability",), _bernoulli, Domain("finite", values=(0, 1)), words="Bernoulli Ber Bern",
            moments=lambda p: (p, times(p, minus(number(1), p))),
        ),
        Family(
            "categorical", ("probabilities",), _categorical, Domain("finite", low=1.0), listed=True, last=_categories,
            words="Categorical Cat Discrete",
        ),
        Family(
            "binomial", ("number", "probability"), _binomial, COUNTS, last=_trials, words="Bin Binomial",
            moments=lambda n, p: (times(n, p), times(n, times(p, minus(number(1), p)))),
        ),
        Family(
            "Poisson", ("rate",), _poisson, Domain("natural"), words="Poisson Pois Poi Po",
            moments=lambda rate: (rate, rate),
        ),
        Family(
            "exponential", ("rate",), _exponential, POSITIVE, words="Exp Exponential Expon",
            moments=lambda rate: (t.Divide(number(1), rate), t.Divide(number(1), t.Power(rate, number(2)))),
        ),
        Family("gamma", ("shape", "rate"), _gamma, POSITIVE, words="Gamma Ga Gam", letters="G"),
        Family("inverse gamma", ("shape", "scale"), _inverse_gamma, POSITIVE, words="InvGamma IG"),
        Family("beta", ("a", "b"), _beta, UNIT, words="Beta", letters="B"),
        Family(
            "Dirichlet", ("concentrations",), _dirichlet, Domain("simplex"), vector=True, listed=True,
            words="Dir Dirichlet",
        ),
    )
}  # fmt: skip
ALIASES = {"N": "normal", "\\mathscr{N}": "normal", "\\mathbb{N}": "normal"} | {
    spelling: name
    for name, family in FAMILIES.items()
    for spelling in (
        *(f"\\mathrm{{{word}}}" for word in family.words.split()),
        *(f"\\mathcal{{{letter}}}" for letter in family.letters),
    )
}


def domain_of(family: Family, parameters: Sequence[Term], scope: Scope) -> Domain:
    """Where the values lie, with the end that a parameter gives."""
    return replace(family.domain, high=family.last(parameters, scope)) if family.last else family.domain


def shape_of_values(family: Family, parameters: Sequence[Term], scope: Scope) -> Shape | None:
    """The shape of a value, if the parameters tell it."""
    if not family.vector:
        return (ONE, ONE)
    if not (t.is_zero(parameters[0]) and algebra.scalar(scope, parameters[0])):
        return scope.resolve_shape(parameters[0].shape)
    rows = scope.resolve(parameters[-1].shape[0])
    return (rows, ONE) if not any(name.startswith("?") for name in rows.symbols) else None
