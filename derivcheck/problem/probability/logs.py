r"""Logarithms taken apart, so that a product of densities becomes a sum that neither overflows nor underflows."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from derivcheck.language.shapes import is_scalar
from derivcheck.problem import terms as t
from derivcheck.problem.facts import positive
from derivcheck.problem.scope import Scope
from derivcheck.problem.terms import Term

HALF = t.Constant(Fraction(1, 2))
WRONG_SIGN = t.Constant(Fraction(1000))
"""By so much the logarithm of something negative is off that is held against a density."""


def summed(parts: list[tuple[int, Term]]) -> Term:
    """A sum of scalars with signs."""
    flat: list[tuple[int, Term]] = []
    for sign, part in parts:
        if isinstance(part, t.Add):
            flat.extend((sign * inner, term) for inner, term in part.terms)
        else:
            flat.append((sign, part))
    if not flat:
        return t.Constant(Fraction(0))
    return flat[0][1] if len(flat) == 1 and flat[0][0] > 0 else t.Add(tuple(flat))


def quotient(factors: Sequence[tuple[int, Term]]) -> Term:
    """The product of scalars and at most one matrix, those with −1 below."""
    over = [factor for sign, factor in factors if sign > 0] or [t.Constant(Fraction(1))]
    value = over[0]
    for factor in over[1:]:
        value = t.Multiply("scale", value, factor, shape=factor.shape if is_scalar(value.shape) else value.shape)
    for sign, factor in factors:
        if sign < 0:
            value = t.Divide(value, factor, shape=value.shape)
    return value


def log_of(term: Term, scope: Scope) -> Term:
    """log term, with exponentials, densities, products, quotients and powers of positive things taken apart."""
    parts = split(term, scope)
    if parts is not None:
        return summed(parts)
    return t.Elementary("log", term, span=term.span)


def log_of_claimed(term: Term, scope: Scope) -> Term:
    """The same for what is held against a density: where it is negative the value is far off, not invalid."""
    parts = split(term, scope)
    if parts is not None:
        return summed(parts)
    size = t.Elementary("log", t.Elementary("abs", term, span=term.span), span=term.span)
    negative = t.Indicator((t.Comparison("<", term, t.Constant(Fraction(0))),))
    return t.Add(((1, size), (-1, t.Multiply("scale", WRONG_SIGN, negative))), span=term.span)


def has_density(term: Term) -> bool:
    """Whether a density stands in it."""
    return any(isinstance(part, t.Density) for part in t.walk(term))


def has_factorial(term: Term) -> bool:
    """Whether a gamma function stands in it, whose logarithm does not overflow when it does."""
    return any(isinstance(part, t.Elementary) and part.name == "gamma" for part in t.walk(term))


def split(term: Term, scope: Scope) -> list[tuple[int, Term]] | None:
    """The summands of log term, or None if some factor of it may be negative."""
    match term:
        case t.Density(log=log):
            return [(1, log)]
        case t.Elementary(name="exp", argument=argument):
            return [(1, argument)]
        case t.Power(base=t.Constant(value="e"), exponent=exponent, entrywise=False):
            return [(1, exponent)]
        case t.Let(bindings=(), body=body):
            return split(body, scope)
        case t.Let(bindings=bindings, body=body):
            inner = split(body, scope)
            return None if inner is None else [(1, t.Let(bindings, summed(inner), span=term.span))]
        case t.Frozen(body=body, names=names):
            inner = split(body, scope)
            return None if inner is None else [(1, t.Frozen(summed(inner), names, span=term.span))]
        case t.Multiply(op="scale", left=left, right=right):
            return _joined(left, right, 1, scope)
        case t.Divide(left=left, right=right):
            return _joined(left, right, -1, scope)
        case t.Reduce(op="prod", conditions=()):
            inner = split(term.body, scope)
            if inner is None:
                return None
            return [(1, t.Reduce("sum", term.index, term.lower, term.upper, (), summed(inner), span=term.span))]
        case t.Power(base=base, exponent=exponent):
            inner = split(base, scope)
            if inner is None:
                return None
            return [(1, t.Multiply("scale", exponent, summed(inner), span=term.span))]
        case t.Elementary(name="gamma", argument=argument, order=0):
            return [(1, t.Elementary("lgamma", argument, span=term.span))]
        case t.Elementary(name="sqrt", argument=argument, order=0):
            inner = split(argument, scope)
            if inner is None:
                return None
            return [(1, t.Multiply("scale", HALF, summed(inner), span=term.span))]
    if positive(term, scope):
        return [(1, t.Elementary("log", term, span=term.span))]
    return None


def _joined(left: Term, right: Term, sign: int, scope: Scope) -> list[tuple[int, Term]] | None:
    one, other = split(left, scope), split(right, scope)
    if one is None or other is None:
        return None
    return one + [(sign * inner, part) for inner, part in other]
