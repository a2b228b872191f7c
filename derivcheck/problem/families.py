"""Families: ``x^{(i)}`` or ``x_i`` for every ``i`` of a range, declared at once."""

from __future__ import annotations

from collections.abc import Sequence

from derivcheck.language import nodes as n
from derivcheck.language.domain import Domain
from derivcheck.language.printing import plain
from derivcheck.language.shapes import ONE, Shape, is_scalar
from derivcheck.problem.context import SLOT, Context, key_of, pattern
from derivcheck.problem.indices import index_parts
from derivcheck.problem.scope import Declaration, FamilyAxis
from derivcheck.reading.unread import is_sum_of_members


def ranging_letters(node: n.Name | n.Scripted, ctx: Context) -> list[tuple[n.Node, str]] | None:
    """The index letters of ``x^{(i)}`` or ``x_i`` where they have a range, else None: ``x_1`` is a name."""
    if not isinstance(node, n.Scripted):
        return None
    found: list[tuple[n.Node, str]] = []
    if isinstance(node.sup, n.Group):
        body = node.sup.body
        if isinstance(body, n.Name) and body.text in ctx.scope.ranges:
            found.append((body, "sup"))
    if node.sub is not None and (node.sup is None or found):
        parts = index_parts(node.sub)
        if all(isinstance(part, n.Name) and part.text in ctx.scope.ranges for part in parts):
            found.extend((part, "sub") for part in parts)
    return found or None


def declare_family(
    node: n.Name | n.Scripted, family: list[tuple[n.Node, str]], shape: Shape, domain: Domain, ctx: Context
) -> None:
    """Every member at once; scalars with subscripts alone are the entries of a column or matrix."""
    assert isinstance(node, n.Scripted)
    scope = ctx.scope
    ranges = [scope.ranges[key_of(letter)] for letter, _ in family]
    only_subscripts = all(place == "sub" for _, place in family)
    base_key = key_of(node.base)
    entries = only_subscripts and is_scalar(shape) and len(family) <= 2
    apart = entries and is_sum_of_members(base_key, scope.text)
    if entries and not apart and base_key not in scope.names and all(lower == 1 for lower, _ in ranges):
        sizes = [size for _, size in ranges]
        whole: Shape = (sizes[0], sizes[1] if len(sizes) == 2 else ONE)
        own = scope.fresh(base_key) if base_key in scope.declarations else base_key
        scope.enter(base_key, Declaration(own, plain(node.base), whole, domain, node.span))
        return
    key = family_pattern(node, family)
    axes = tuple(FamilyAxis(size, lower) for lower, size in ranges)
    old = scope.declarations.get(key)
    # What was said of the members before keeps its meaning.
    other = old is not None and (key not in scope.names or not scope.unify_shapes(old.shape, shape))
    own = scope.fresh(key) if other else key
    scope.enter(key, Declaration(own, plain(node), shape, domain, node.span, axes))


def family_pattern(node: n.Scripted, family: Sequence[tuple[n.Node, str]]) -> str:
    """The key of the family of which a node is a member: dots in place of its letters."""
    letters = [place for _, place in family]
    sup: n.Node | None = n.Group(SLOT) if "sup" in letters else node.sup
    count = letters.count("sub")
    sub: n.Node | None = node.sub
    if count == 1:
        sub = SLOT
    elif count > 1:
        sub = n.Tuple((SLOT,) * count, (",",) * (count - 1))
    return pattern(node.base, sub, sup)
