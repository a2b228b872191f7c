"""Conditions: conjunctions of comparisons, of numbers or entry by entry."""

from __future__ import annotations

from derivcheck.language import nodes as n
from derivcheck.language.printing import plain
from derivcheck.language.shapes import SCALAR, Dim, is_scalar
from derivcheck.problem import algebra, terms
from derivcheck.problem.context import Context
from derivcheck.problem.indices import claim_range, index_info
from derivcheck.problem.scope import Refusal
from derivcheck.problem.terms import Term
from derivcheck.source import Span

COMPARABLE = frozenset(("=", "\\ne", "<", ">", "\\le", "\\ge"))


def indicator(node: n.Compare, span: Span, ctx: Context) -> Term:
    r"""``\mathbb{1}[z > 0]``: of numbers, or entry by entry."""
    conditions = comparisons(node, ctx)
    shape = next((c.shape for c in conditions if not is_scalar(ctx.scope.resolve_shape(c.shape))), SCALAR)
    return terms.Indicator(conditions, shape=shape, span=span)


def comparisons(node: n.Node, ctx: Context) -> tuple[terms.Comparison, ...]:
    """A condition as a conjunction of comparisons, of numbers or entry by entry: ``0 < x \\le 1``, ``x > 0, y > 0``."""
    match node:
        case n.Group(body=body) | n.Boxed(body=body):
            return comparisons(body, ctx)
        case n.Tuple(items=items):
            return tuple(part for item in items for part in comparisons(item, ctx))
        case n.Compare(members=members, relations=relations):
            made = [ctx.term(member) for member in members]
            return tuple(
                _comparison(sign, left, right, ctx)
                for sign, left, right in zip(relations, made, made[1:], strict=False)
            )
    raise Refusal("condition", node.span, f"`{plain(node)}` is not understood as a condition")


def _run_over_values(index: Term, value: Term, ctx: Context) -> None:
    """The k of ``z_i = k`` runs over the values of z, if nothing else is said of it."""
    info = index_info(index, ctx)
    value = value.argument if isinstance(value, terms.Entry) else value
    if info is None or info.bounded or not isinstance(value, terms.Variable):
        return
    factor, declared = ctx.scope.factors.get(value.key), ctx.scope.declarations.get(value.key)
    domain = factor.domain if factor is not None else None if declared is None else declared.domain
    unknown = any(symbol.startswith("?") for symbol in ctx.scope.resolve(info.size).symbols)
    if domain is not None and domain.kind == "finite" and isinstance(domain.high, Dim) and domain.low == 1 and unknown:
        claim_range(index, domain.high, 1, ctx, index.span)


def _comparison(sign: str, left: Term, right: Term, ctx: Context) -> terms.Comparison:
    span = left.span | right.span
    if sign not in COMPARABLE:
        raise Refusal("condition", span, f"`{sign}` is not understood in a condition")
    for index, value in ((left, right), (right, left)):
        _run_over_values(index, value, ctx)
    one, other = algebra.scalar(ctx.scope, left), algebra.scalar(ctx.scope, right)
    if not one and not other:
        algebra.equal_shapes(ctx.scope, left, right, "the two sides of a condition differ in shape")
    shape = right.shape if one else left.shape
    return terms.Comparison(sign, left, right, shape=shape, span=span)  # type: ignore[arg-type]
