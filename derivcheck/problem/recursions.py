r"""Values that are made of the one before: ``v_t = \mu v_{t-1} + g_t``.

One step of it is a definition like any other, with the value before as an input. What speaks of the whole, by the
number t of steps, by values at other places or by a definition for every t, is not unrolled, and so not checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from derivcheck.language import nodes as n
from derivcheck.language.printing import plain
from derivcheck.language.traversal import children, walk
from derivcheck.problem.context import Context, key_of
from derivcheck.problem.scope import IndexInfo, Refusal, Scope
from derivcheck.reading.items import Statement


def note_recursion(item: Statement, left: n.Node, ctx: Context) -> None:
    """Keep that a name is made of itself at another place; refuse it where the definition is one for every place."""
    if not (isinstance(left, n.Scripted) and isinstance(left.sub, n.Name)):
        return
    letter = left.sub
    before = [
        part
        for member in item.members[1:]
        for part in walk(member)
        if isinstance(part, n.Scripted) and part.base == left.base and isinstance(part.sub, n.Add)
        if any(inner == letter for inner in walk(part.sub))
    ]
    if not before:
        return
    if letter.text in ctx.scope.ranges or letter.text in _free_letters(item, ctx):
        raise _refused(left, before[0])
    places = {letter, *(part.sub for part in before if part.sub is not None)}
    ctx.scope.steps[key_of(left.base)] = (letter, frozenset(places))


def refuse_whole(sides: Sequence[n.Node], scope: Scope) -> None:
    """Refuse a claim that speaks of more than one step of a recursion."""
    if not scope.steps:
        return
    for part in (part for side in sides for part in walk(side)):
        if isinstance(part, n.Scripted) and part.sub is not None and key_of(part.base) in scope.steps:
            letter, places = scope.steps[key_of(part.base)]
            if part.sub not in places or any(value == letter for side in sides for value in _values(side)):
                raise _refused(n.Scripted(part.base, letter, None), part)


def _refused(name: n.Node, place: n.Node) -> Refusal:
    reason = f"a recursion is not checked: each `{plain(name)}` rests on the one before it"
    return Refusal("not-checked", place.span, reason)


def _free_letters(item: Statement, ctx: Context) -> dict[str, IndexInfo]:
    """The letters for each of which the statement is said."""
    free: dict[str, IndexInfo] = {}
    for member in item.members[1:]:
        try:
            replace(ctx, free=free).term(member)
        except Refusal:
            continue
    return free


def _values(node: n.Node) -> Iterator[n.Node]:
    """What stands in an expression and not below a name."""
    yield node
    for child in children(node):
        if not (isinstance(node, n.Scripted) and child is node.sub):
            yield from _values(child)
