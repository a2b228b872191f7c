"""Statements that the document does not write, in front of those that it does: as if a ``let`` directive said them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from derivcheck.language import nodes as n
from derivcheck.language.nodes import transform
from derivcheck.reading.items import Anew, Item, Relation, Statement
from derivcheck.source import Span

REALS = n.Name("\\mathbb{R}")
ONE = n.Number(Fraction(1), "1")
ZERO = n.Number(Fraction(0), "0")


def let(members: Sequence[n.Node], signs: Sequence[str], place: Span, number: int) -> Statement:
    """A hidden statement at a place; ``number`` tells those at one place apart."""
    # A span of its own keeps what is said of it apart; negative sentences are those of no sentence in print.
    moved = tuple(transform(member, lambda node: replace(node, span=place)) for member in members)
    relations = tuple(Relation(sign, place) for sign in signs)
    return Statement(moved, relations, place, -1 - number, -1 - number, "let", hidden=True)


def membership(name: n.Node, sizes: Sequence[n.Node], place: Span, number: int) -> Statement:
    r"""``name \in \mathbb{R}^{sizes}``."""
    return let((name, space(sizes)), ("\\in",), place, number)


def space(sizes: Sequence[n.Node]) -> n.Node:
    r"""``\mathbb{R}``, ``\mathbb{R}^n`` or ``\mathbb{R}^{m \times n}``."""
    if len(sizes) == 2 and sizes[1] == ONE:
        sizes = sizes[:1]
    if len(sizes) == 1 and sizes[0] == ONE:
        sizes = ()
    match sizes:
        case (rows, columns):
            return n.Scripted(REALS, None, n.Product((rows, columns), ("\\times",)))
        case (rows,):
            return n.Scripted(REALS, None, rows)
    return REALS


def function(name: n.Node, arguments: Sequence[n.Node], place: Span, number: int) -> Statement:
    r"""``name : argument \times \dots \to \mathbb{R}``."""
    whole = arguments[0] if len(arguments) == 1 else n.Product(tuple(arguments), ("\\times",) * (len(arguments) - 1))
    return let((name, whole, REALS), (":", "\\to"), place, number)


def set_to(left: n.Node, right: n.Node, place: Span, number: int) -> Statement:
    """``left = right`` as a definition."""
    return let((left, right), ("=",), place, number)


def called(name: n.Node, arguments: Sequence[n.Node]) -> n.Node:
    """``name(arguments)``."""
    body = arguments[0] if len(arguments) == 1 else n.Tuple(tuple(arguments), (",",) * (len(arguments) - 1))
    return n.Product((name, n.Group(body)), ("",))


def mentioned(node: n.Node, place: Span, number: int) -> Statement:
    """An expression without a relation, which tells at which argument a function is meant."""
    return let((node,), (), place, number)


def in_front(statements: Sequence[Item], items: tuple[Item, ...]) -> tuple[Item, ...]:
    """The items of a document with hidden statements before the first of them, or where their places are."""
    found = list(items)
    for statement in reversed(statements):
        start = statement.span.start
        # What begins anew at a place does so before it is declared there.
        behind = (k for k, item in enumerate(found) if item.span.start >= start and not isinstance(item, Anew))
        at = next(behind, len(found))
        found.insert(at, statement)
    return tuple(found)
