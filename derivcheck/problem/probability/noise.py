r"""Models with additive noise: ``y = W z + \epsilon`` where ``\epsilon \sim \mathcal{N}(0, \sigma^2 I)``."""

from __future__ import annotations

from typing import Literal

from derivcheck.language import nodes as n
from derivcheck.language.nodes import walk
from derivcheck.language.printing import plain
from derivcheck.language.shapes import Domain
from derivcheck.problem import algebra
from derivcheck.problem.builder import Builder, Statements
from derivcheck.problem.context import names_in, strip
from derivcheck.problem.declarations import declare_one
from derivcheck.problem.definitions import define
from derivcheck.problem.newness import is_new
from derivcheck.problem.probability.model import instance_of, instances, place_of
from derivcheck.problem.probability.statements import declared_key, is_random
from derivcheck.problem.scope import Factor, IndexInfo, Refusal
from derivcheck.problem.substitution import at_indices, rewrite
from derivcheck.reading.items import Statement

NOISE = frozenset(("\\epsilon", "\\varepsilon", "\\eta", "\\xi", "\\nu", "\\zeta", "\\delta", "e", "n"))
"""What noise is called: a constant and one of these make a random value with a density of its own."""


def adds_noise(item: Statement, left: n.Node, statements: Statements, builder: Builder) -> bool:
    r"""``y = g + \epsilon`` makes y random: its density is that of the noise at y − g (the determinant of this change
    of variables is 1), and the noise becomes a name for y − g. False for any other statement.
    """
    scope = builder.scope
    value = strip(item.members[1])
    if len(item.members) != 2 or not isinstance(left, n.Name | n.Scripted):
        return False
    made_of = any(part in statements.drawn for part in names_in(value) if part != left)
    if made_of and (is_random(left, builder) or _is_measured(left, builder)):
        sides = builder.context({}).term(left), builder.context({}).term(value)
        algebra.equal_shapes(scope, *sides)
        reason = f"`{plain(left)}` has a distribution already; that this gives the same one is not checked"
        raise Refusal("not-checked", item.span, reason, "leave out one of the two lines")
    if not isinstance(value, n.Add):
        return False
    declared = declared_key(left, builder) in scope.declarations
    if not (is_new(left, scope) or declared):
        return False
    split = _split(value, statements, builder)
    if split is None:
        return False
    sign, noise, rest = split
    free: dict[str, IndexInfo] = {}
    ctx = builder.context(free)
    shift, drawn, whole = ctx.term(rest), ctx.term(noise), ctx.term(value)
    if not (instances(shift, scope) or declared or _letter(noise) in NOISE):
        return False
    if not declared:
        declare_one(left, scope.resolve_shape(whole.shape), Domain(), ctx)
    target = ctx.term(left)
    algebra.equal_shapes(scope, target, whole)
    key, letters, sizes, entries = place_of(target, free, ctx)
    wanted = instance_of(drawn, scope)
    if wanted is None or wanted.position is None:
        return False
    factor = scope.factors[wanted.key]
    opposite: Literal["+", "-"] = "-" if sign == "+" else "+"
    difference = n.Add(((sign, left), (opposite, n.Group(rest, span=rest.span))), span=item.members[1].span)
    residual = ctx.term(difference)
    log = at_indices(factor.log, dict(zip(factor.letters, wanted.position, strict=True)))
    log = rewrite(log, lambda part: residual if instance_of(part, scope) == wanted else None)
    builder.makers.indices.update({info.name: info for info in free.values()})
    del scope.factors[wanted.key]
    scope.factors[key] = Factor(key, log, Domain(), item.span, letters, sizes, entries)
    scope.used.discard(wanted.key)
    define(noise, difference, builder.context(), noise.span)
    builder.line(item.span, "model", plain(left), scope.show(target.shape), f"{plain(noise)} stands for what is left")
    builder.head = None
    return True


def _is_measured(left: n.Node, builder: Builder) -> bool:
    """Whether a density by a name of its own, q(z), is one of it."""
    key = declared_key(left, builder)
    return any(key in found for found in builder.scope.measures.values())


def _split(value: n.Add, statements: Statements, builder: Builder) -> tuple[Literal["+", "-"], n.Node, n.Node] | None:
    """The noise, its sign, and the sum of the rest: the last term that is a random name and stands in no other."""
    for place in range(len(value.terms) - 1, -1, -1):
        sign, node = value.terms[place]
        noise = strip(node)
        others = (*value.terms[:place], *value.terms[place + 1 :])
        if sign == "±" or not others or not isinstance(noise, n.Name | n.Scripted):
            continue
        if any(part == noise for _, other in others for part in walk(other)):
            continue
        if not is_random(noise, builder):
            if noise not in statements.drawn:
                continue
            text = plain(noise)
            raise Refusal(
                "unknown-name", noise.span, f"the line that says how `{text}` is distributed is not understood"
            )
        first, rest = others[0], others[1:]
        alone = first[1] if first[0] == "+" and not rest else n.Add(others, span=value.span)
        return sign, noise, alone
    return None


def _letter(node: n.Node) -> str:
    while isinstance(node, n.Scripted):
        node = node.base
    return node.text if isinstance(node, n.Name) else ""
