"""Strict inequalities that fail by equality alone: the square of what has both signs is zero somewhere between.

``(x^3 - 2)^2 > 0`` touches zero where no draw falls, since x³ − 2 is continuous on a connected set and has both signs.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

import torch

from derivcheck.evaluation.evaluator import World, evaluate
from derivcheck.functions import FUNCTIONS
from derivcheck.language.shapes import is_scalar
from derivcheck.oracles.bench import Bench
from derivcheck.problem import terms as t
from derivcheck.problem.facts import behind
from derivcheck.problem.problem import Claim
from derivcheck.problem.terms import Term

CONNECTED: Final = frozenset(
    (
        *("real", "positive", "nonnegative", "negative", "nonpositive", "interval", "symmetric", "skew", "diagonal"),
        *("lower", "upper", "spd", "psd", "simplex"),
    )
)
WHOLE: Final = frozenset(("transpose", "trace", "det", "sumall", "sumsq", "norm2", "norm1", "todiag", "diagof", "vec"))
NOTHING: Final = ("", 0)
CLEAR: Final = 1e-6
"""A sign is clear of rounding where the value is this large, beside the values of usual size that it is made of."""


def found(bench: Bench, claim: Claim, worlds: Sequence[World]) -> tuple[str, int]:
    """Why the sides are equal somewhere, and at how many inputs its signs were seen; empty where nothing shows it."""
    inner = _vanishing(claim)
    if inner is None or claim.free or claim.conditions or not is_scalar(bench.shape(inner)):
        return NOTHING
    names = behind((inner,), bench.problem.definitions)
    asked = (*bench.problem.assumed, *bench.problem.guards)
    if any(names & t.variables(condition) for condition in asked) or names & bench.values.keys():
        return NOTHING
    if not all(_continuous(part, bench) for part in bench.parts(inner)):
        return NOTHING
    for world in worlds:
        with torch.no_grad():
            value = evaluate(inner, world.root()).reshape(-1)
        value = value[value.isfinite()]
        signs = [int((value > CLEAR).sum()), int((value < -CLEAR).sum())]
        if all(signs):
            quoted = bench.problem.scope.quote(inner.span)
            what = f"`{quoted}`" if quoted else "their difference"
            return f"the sides are equal where {what} vanishes, which has both signs", sum(signs)
    return NOTHING


def _vanishing(claim: Claim) -> Term | None:
    """What vanishes where the two sides are equal: of ``s^2 > 0`` it is s."""
    if claim.relation == "\\ne":
        return t.Add(((1, claim.head), (-1, claim.claimed)), shape=claim.head.shape)
    side, zero = (claim.head, claim.claimed) if claim.relation == ">" else (claim.claimed, claim.head)
    if claim.relation not in ("<", ">") or not t.is_zero(zero):
        return None
    match side:
        case t.Power(base=base, exponent=t.Constant(value=Fraction() as number)) if (
            number.denominator == 1 and number > 0 and number % 2 == 0
        ):
            return base
        case t.Elementary(name="abs", order=0, argument=argument):
            return argument
    return None


def _continuous(part: Term, bench: Bench) -> bool:
    """Whether a part keeps a term continuous on a connected set of inputs."""
    match part:
        case t.Unary(op=op):
            return op in WHOLE
        case t.Elementary(name=name, order=0):
            return FUNCTIONS[name].everywhere
        case t.Divide(right=t.Constant(value=value)):
            return bool(value)
        case t.Power(exponent=t.Constant(value=Fraction() as number)):
            return number.denominator == 1 and number >= 0
        case t.Variable(key=key):
            declared = bench.problem.declarations.get(key)
            return key in bench.problem.definitions or (declared is not None and declared.domain.kind in CONNECTED)
        case t.Reduce(op="sum", conditions=()):
            return True
    return isinstance(part, t.Constant | t.Size | t.Index | t.Add | t.Multiply | t.Identity | t.Filled | t.Entry)
