"""What an expression is elaborated in: the scope, the indices in force, and the reading asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from derivcheck.language.nodes import Boxed, Group, Name, Node, Scripted, Symbol, Tuple, children
from derivcheck.language.printing import latex
from derivcheck.problem.scope import IndexInfo, Refusal, Scope
from derivcheck.problem.terms import Term
from derivcheck.reading.unread import letters_of

SLOT = Symbol("\\cdot")


@dataclass(frozen=True)
class Context:
    """The surroundings of one expression.

    ``indices`` in force by letter; ``free`` collects the letters that stand for "for all" in this statement and may
    be None where a new one is not allowed. ``layout`` says what ∂ scalar / ∂ x looks like; ``linked`` which partials
    stand in a chain; ``argument`` of what a distribution without a value is the density.
    ``elaborate`` is the entry to this same machinery, so that its rooms need not import each other.
    """

    scope: Scope
    elaborate: Callable[[Node, Context], Term]
    indices: dict[str, IndexInfo] = field(default_factory=dict)
    free: dict[str, IndexInfo] | None = None
    layout: Literal["shape", "numerator"] = "shape"
    linked: Literal["direct", "total"] = "direct"
    argument: Term | None = None

    def term(self, node: Node) -> Term:
        """The meaning of an expression here."""
        return self.elaborate(node, self)

    def within(self, info: IndexInfo) -> Context:
        """The same with one more index in force."""
        return replace(self, indices={**self.indices, info.letter: info})


def key_of(node: Node) -> str:
    """The canonical text under which a name is known."""
    return latex(node)


def strip(node: Node) -> Node:
    """Read through brackets and boxes."""
    while True:
        match node:
            case Group(body=body) | Boxed(body=body) if not isinstance(body, Tuple):
                node = body
            case _:
                return node


def names_in(node: Node) -> Iterator[Node]:
    """The names in an expression, each with its scripts and primes."""
    if isinstance(node, Name | Scripted):
        yield node
        return
    for part in children(node):
        yield from names_in(part)


def pattern(base: Node, sub: Node | None, sup: Node | None) -> str:
    """The key of a family: its index written as a dot."""
    return key_of(Scripted(base, sub, sup))


def members_of(node: Node) -> list[Node]:
    """The names of a comma list."""
    return list(node.items) if isinstance(node, Tuple) else [node]


def lacking(refusal: Refusal) -> frozenset[str]:
    """The letters of the name that a refused line lacks; none if something else is the matter with it."""
    if refusal.unknown is None:
        return frozenset()
    node = refusal.unknown.node
    return letters_of(key_of(node.base if isinstance(node, Scripted) else node))
