"""The size of what is added up in a term: where it cancels, the rounding is that of the summands."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from derivcheck.problem import terms as t
from derivcheck.problem.terms import Term

LINEAR = ("transpose", "trace", "sumall", "diagof", "todiag", "vec")


def magnitude(term: Term) -> Term:
    """A term that is nowhere below the absolute value of another: sums of absolute values, means of them."""
    match term:
        case t.Add(terms=parts):
            return replace(term, terms=tuple((1, magnitude(part)) for _, part in parts))
        case t.Multiply(left=left, right=right):
            return replace(term, left=magnitude(left), right=magnitude(right))
        case t.Divide(left=left, right=right):
            return replace(term, left=magnitude(left), right=_absolute(right))
        case t.Unary(op=op, argument=argument) if op in LINEAR:
            return replace(term, argument=magnitude(argument))
        case t.Power(base=base, exponent=t.Constant(value=Fraction() as power)) if power.denominator == 1 and power > 0:
            return replace(term, base=magnitude(base))
        case t.Reduce(op="sum", body=body) | t.Expectation(body=body) | t.Frozen(body=body) | t.Let(body=body):
            return replace(term, body=magnitude(body))
        case t.Entry(argument=argument):
            return replace(term, argument=magnitude(argument))
    return _absolute(term)


def _absolute(term: Term) -> Term:
    return t.Elementary("abs", term, shape=term.shape, span=term.span)
