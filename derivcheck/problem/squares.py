r"""Squares of positive names as variables: ``\partial \ell / \partial \sigma^2``, ``\ell(\mu, \sigma^2) = …``."""

from __future__ import annotations

from fractions import Fraction

from derivcheck.language import nodes as n
from derivcheck.problem import algebra, terms
from derivcheck.problem.context import Context, key_of, strip
from derivcheck.problem.scope import Refusal
from derivcheck.problem.terms import Term

TWO = terms.Constant(Fraction(2))
HALF = terms.Constant(Fraction(1, 2))


def root_of(node: n.Node, ctx: Context) -> Term | None:
    r"""The σ of ``\sigma^2``, a declared number without a sign: then the one determines the other; else None."""
    match strip(node):
        case n.Scripted(base=base, sub=sub, sup=n.Number(value=two), primes=0) as square if two == 2:
            name = base if sub is None else n.Scripted(base, sub, None, span=square.span)
        case _:
            return None
    if key_of(strip(node)) in ctx.scope.names or not isinstance(strip(name), n.Name | n.Scripted):
        return None
    try:
        value = ctx.term(name)
    except Refusal:
        return None
    if not algebra.scalar(ctx.scope, value):
        return None
    match value:
        case terms.Variable(key=key) | terms.Entry(argument=terms.Variable(key=key)):
            found = ctx.scope.declarations.get(key)
        case _:
            return None
    if found is None:
        return None
    return None if -1 in found.domain.signs else value


def square_root(value: Term, ctx: Context) -> Term:
    """The root that is not negative, of each entry; of a written square of a name without a sign, the name."""
    match value:
        case terms.Power(base=terms.Variable(key=key) as base, exponent=terms.Constant(value=two)) if two == 2:
            found = ctx.scope.declarations.get(key)
            if found is not None and found.domain.kind in ("positive", "nonnegative", "interval"):
                return base
        case terms.Constant(value=one) if one == 1:
            return value
    return terms.Power(value, HALF, not algebra.scalar(ctx.scope, value), shape=value.shape, span=value.span)


def by_square(slope: Term, root: Term, ctx: Context) -> Term:
    """The chain rule: what has this slope by σ has that over 2σ by σ²."""
    return algebra.divide(ctx.scope, slope, terms.Multiply("scale", TWO, root, span=root.span), slope.span)


def squared_optimum(term: Term) -> terms.Optimum | None:
    """The place of σ in a term that is the best value of σ²; None if a term is something else."""
    match term:
        case terms.Power(base=terms.Optimum() as inner, exponent=terms.Constant(value=two)) if two == 2:
            return inner
    return None


def is_optimum(term: Term) -> bool:
    """Whether a term is the place of an optimum, or the square of one."""
    return isinstance(term, terms.Optimum) or squared_optimum(term) is not None


def slope_by_square(term: Term) -> Term | None:
    """The derivative by σ within one by σ², as ``by_square`` makes it; None if a term is something else."""
    match term:
        case terms.Divide(
            left=slope,
            right=terms.Multiply(op="scale", left=terms.Constant(value=two), right=terms.Variable() | terms.Entry()),
        ) if two == 2:
            return slope
    return None
