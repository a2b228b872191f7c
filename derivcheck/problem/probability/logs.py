"""Logarithms taken apart, so that a product of densities becomes a sum that neither overflows nor underflows."""

from __future__ import annotations

from fractions import Fraction

from derivcheck.functions import FUNCTIONS
from derivcheck.problem import terms as t
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


def positive(term: Term, scope: Scope) -> bool:
    """Whether a scalar is seen to be positive (or not negative) wherever it is defined."""
    match term:
        case t.Constant(value=value):
            return isinstance(value, str) or value > 0
        case t.Size() | t.Density():
            return True
        case t.Elementary(name=name, order=0):
            return FUNCTIONS[name].unsigned
        case t.Unary(op="norm2" | "sumsq" | "norm1" | "norminf"):
            return True
        case t.Unary(op="det", argument=argument):
            return definite(argument, scope)
        case t.Variable(key=key) | t.Entry(argument=t.Variable(key=key)):
            return _positive_name(key, scope)
        case t.Add(terms=((1, t.Constant(value=1)), (-1, t.Variable(key=key) | t.Entry(argument=t.Variable(key=key))))):
            return _below_one(key, scope)
        case t.Add(terms=parts):
            return all(sign > 0 and positive(part, scope) for sign, part in parts)
        case t.Multiply(op="scale", left=left, right=right) | t.Divide(left=left, right=right):
            return positive(left, scope) and positive(right, scope)
        case t.Multiply(op="matmul", left=t.Unary(op="transpose", argument=inner), right=right):
            return inner == right
        case t.Multiply(op="inner", left=left, right=right):
            return left == right
        case t.Power(base=base, exponent=exponent):
            whole = exponent.value if isinstance(exponent, t.Constant) else None
            even = isinstance(whole, Fraction) and whole.denominator == 1 and whole % 2 == 0
            return even or positive(base, scope)
        case t.Reduce(op="sum" | "prod", body=body):
            return positive(body, scope)
    return False


def negative(term: Term, scope: Scope) -> bool:
    """Whether a scalar is seen to be negative wherever it is defined and not zero."""
    match term:
        case t.Constant(value=value):
            return not isinstance(value, str) and value < 0
        case t.Add(terms=parts):
            return all(negative(part, scope) if sign > 0 else positive(part, scope) for sign, part in parts)
        case t.Multiply(op="scale", left=left, right=right) | t.Divide(left=left, right=right):
            return (negative(left, scope) and positive(right, scope)) or (
                positive(left, scope) and negative(right, scope)
            )
        case t.Let(bindings=(), body=body) | t.Frozen(body=body):
            return negative(body, scope)
        case t.Power(base=base, exponent=t.Constant(value=value)):
            odd = not isinstance(value, str) and value.denominator == 1 and value % 2 == 1
            return odd and negative(base, scope)
        case t.Reduce(op="sum", conditions=(), body=body):
            return negative(body, scope)
        case t.Variable(key=key):
            declaration, definition = scope.declarations.get(key), scope.definitions.get(key)
            if declaration is not None:
                return declaration.domain.kind in ("negative", "nonpositive")
            return definition is not None and negative(definition.term, scope)
    return False


def _positive_name(key: str, scope: Scope) -> bool:
    declaration = scope.declarations.get(key)
    if declaration is not None:
        domain = declaration.domain
        low = domain.kind == "interval" and domain.low is not None and domain.low >= 0
        return low or domain.kind in ("positive", "nonnegative", "simplex", "natural")
    definition = scope.definitions.get(key)
    return definition is not None and positive(definition.term, scope)


def _below_one(key: str, scope: Scope) -> bool:
    """Whether all numbers of a declared name lie between 0 and 1."""
    declaration = scope.declarations.get(key)
    if declaration is None:
        return False
    domain = declaration.domain
    low, high = domain.low, domain.high
    inside = domain.kind == "interval" and low is not None and isinstance(high, float) and low >= 0 and high <= 1
    return inside or domain.kind == "simplex"


def definite(term: Term, scope: Scope) -> bool:
    """Whether a matrix is seen to be positive definite."""
    match term:
        case t.Identity():
            return True
        case t.Variable(key=key):
            declaration = scope.declarations.get(key)
            if declaration is not None:
                return declaration.domain.kind == "spd"
            definition = scope.definitions.get(key)
            return definition is not None and definite(definition.term, scope)
        case t.Unary(op="inverse", argument=argument):
            return definite(argument, scope)
        case t.Multiply(op="scale", left=left, right=right):
            return (positive(left, scope) and definite(right, scope)) or (
                definite(left, scope) and positive(right, scope)
            )
        case t.Add(terms=parts):
            halves = [definite(part, scope) for _, part in parts]
            squares = [_square(part, scope) for _, part in parts]
            signs = all(sign > 0 for sign, _ in parts)
            return signs and any(halves) and all(a or b for a, b in zip(halves, squares, strict=True))
    return False


def _square(term: Term, scope: Scope) -> bool:
    """A Aᵀ, or A S Aᵀ with S positive definite."""
    match term:
        case t.Multiply(op="matmul", left=left, right=t.Unary(op="transpose", argument=right)):
            if left == right:
                return True
            return (
                isinstance(left, t.Multiply) and left.op == "matmul" and left.left == right
                and definite(left.right, scope)
            )  # fmt: skip
        case t.Multiply(op="matmul", left=t.Unary(op="transpose", argument=left), right=right):
            return left == right
        case t.Multiply(op="scale", left=left, right=right):
            return positive(left, scope) and _square(right, scope)
    return False
