r"""What a function is in one sentence or from a line on: "for $\phi(t) = \max(0, t)$ we get", "let $h = \tanh$".

A function that the document knows already is another one only in the sentence that says so, under a name of its own.
Of lines behind it nothing tells which of the two is meant: one that fails for the general function is not wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from derivcheck.language import nodes as n
from derivcheck.language.nodes import transform, walk
from derivcheck.meaning import hidden
from derivcheck.problem.context import key_of, strip
from derivcheck.problem.newness import OWN_WORDS
from derivcheck.problem.words import ELEMENTARY
from derivcheck.reading.items import Item, Statement
from derivcheck.reading.unread import Unread, folded

_ARGUMENT: Final = n.Name("t")


def instances(items: Sequence[Item]) -> tuple[tuple[Item, ...], list[Unread]]:
    """The items with functions at their arguments, those of one sentence under names of their own."""
    found = [_at_argument(item) for item in items]
    statements = [item for item in found if isinstance(item, Statement)]
    unread: list[Unread] = []
    for number, item in enumerate(_special(statements)):
        head = _head(item)
        assert head is not None
        own = n.Name(f"{key_of(head)}#{number + 1}", span=head.span)
        found = [_renamed(one, head, own, item) if isinstance(one, Statement) else one for one in found]
        why = f"is for one `{key_of(head)}`, and until where is not said"
        last = max((one.span for one in statements if one.sentence == item.sentence), key=lambda span: span.start)
        unread.append(Unread(((folded(key_of(head)),),), last, narrows=True, behind=True, why=why))
    return tuple(found), unread


def _at_argument(item: Item) -> Item:
    r"""``h = \tanh`` as ``h(t) = \tanh(t)``."""
    if not isinstance(item, Statement) or len(item.members) != 2 or item.relations[0].sign not in ("=", ":="):
        return item
    left, word = strip(item.members[0]), strip(item.members[1])
    if not isinstance(left, n.Name | n.Scripted) or not isinstance(word, n.Word):
        return item
    if word.text not in ELEMENTARY and word.text not in OWN_WORDS:
        return item
    value = n.Apply(word, (replace(_ARGUMENT, span=word.span),), span=word.span)
    return replace(item, members=(replace(hidden.called(left, (_ARGUMENT,)), span=left.span), value))


def _head(item: Statement) -> n.Name | n.Scripted | None:
    """The function that a line sets at a name."""
    if len(item.members) != 2 or item.relations[0].sign not in ("=", ":="):
        return None
    match strip(item.members[0]):
        case n.Product(factors=(n.Name() | n.Scripted() as head, n.Group(body=n.Name())), operators=("",)):
            return head
    return None


def _special(statements: Sequence[Statement]) -> Iterator[Statement]:
    """Lines that say what a function is in their sentence, which is another thing or any one before."""
    known: set[str] = set()
    for item in statements:
        head = _head(item)
        cue = item.cue
        within = cue is not None and cue.near and cue.kind in ("for", "if", "example") and not item.displayed
        if head is not None and within and key_of(head) in known:
            yield item
        elif head is not None:
            known.add(key_of(head))
        elif [relation.sign for relation in item.relations] == [":", "\\to"]:
            known.add(key_of(strip(item.members[0])))
        elif not item.relations:
            # "and $h$ is a smooth function" says that it is any.
            known.add(key_of(strip(item.members[0])))


def _renamed(one: Statement, head: n.Node, own: n.Name, said: Statement) -> Statement:
    if one.sentence != said.sentence or not any(part == head for member in one.members for part in walk(member)):
        return one

    def other(node: n.Node) -> n.Node:
        if node == head:
            return replace(own, span=node.span)
        if isinstance(node, n.Scripted) and node.base == head:
            return replace(node, base=replace(own, span=node.base.span))
        return node

    made = replace(one, members=tuple(transform(member, other) for member in one.members))
    return replace(made, cue=None, cues=()) if one.span == said.span else made
