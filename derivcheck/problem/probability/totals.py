r"""Sums over the values of a random name: ``\sum_z p(x \mid z) p(z)``."""

from __future__ import annotations

from fractions import Fraction

from derivcheck.language import nodes as n
from derivcheck.language.nodes import transform
from derivcheck.language.shapes import Dim, Domain
from derivcheck.problem import terms as t
from derivcheck.problem.context import Context, key_of, names_in
from derivcheck.problem.probability.model import Instance, replaced
from derivcheck.problem.scope import Declaration
from derivcheck.problem.terms import Term


def sum_over_values(node: n.Big, ctx: Context) -> Term | None:
    """The sum with each value in the place of the name; None if it does not run over the values of a random name."""
    binder = node.binder
    if node.operator != "sum" or not binder.names or binder.condition is not None:
        return None
    if binder.lower is not None or binder.upper is not None:
        return None
    domains: list[tuple[str, Domain]] = []
    inside = node.body
    for name in binder.names:
        if isinstance(name, n.Scripted) and name.primes and name.sub is None and name.sup is None:
            # ``\\sum_{z'} p(z')``: another letter for the values of z.
            primed, bare = name, name.base
            if key_of(name) in ctx.scope.names or any(part == bare for part in names_in(inside)):
                return None
            inside, name = _renamed(inside, primed, bare), bare
        known = ctx.scope.names.get(key_of(name))
        if not isinstance(known, Declaration) or known.family or known.key not in ctx.scope.factors:
            return None
        if known.domain.kind != "finite" or ctx.scope.factors[known.key].letters:
            return None
        domains.append((known.key, known.domain))
    total = ctx.term(inside)
    for key, domain in domains:
        total = _over(total, key, domain, node, ctx)
    return total


def _renamed(node: n.Node, old: n.Node, new: n.Node) -> n.Node:
    return transform(node, lambda part: new if part == old else part)


def _over(body: Term, key: str, domain: Domain, node: n.Big, ctx: Context) -> Term:
    """The sum over one name."""
    instance = Instance(key)
    if domain.values:
        parts = (replaced(body, instance, t.Constant(Fraction(value)), ctx.scope) for value in domain.values)
        return t.Add(tuple((1, part) for part in parts), shape=body.shape, span=node.span)
    index = ctx.scope.fresh("v")
    each = replaced(body, instance, t.Index(index), ctx.scope)
    lower = t.Constant(Fraction(int(domain.low or 0)))
    high = domain.high
    upper: Term = t.Size(high) if isinstance(high, Dim) else t.Constant(Fraction(int(high or 0)))
    return t.Reduce("sum", index, lower, upper, (), each, shape=body.shape, span=node.span)
