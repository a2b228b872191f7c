"""How names are written, and what a line sets: questions to the syntax of a statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, TypeGuard

from derivcheck.language import nodes as n
from derivcheck.language.nodes import walk
from derivcheck.problem.context import key_of, strip
from derivcheck.reading.items import Item, Statement
from derivcheck.reading.unread import unbold

RESERVED: Final = frozenset(("d", "e", "i", "\\pi", "I", "T", "p", "q", "P", "E", "\\mathbb{E}", "N", "\\mathcal{N}"))
OPERATORS: Final = frozenset(("T", "p", "q", "P", "E"))
"""Letters of operators that name something where the document nowhere calls them."""


IMAGINARY: Final = frozenset(map(n.Name, ("i", "\\mathrm{i}", "\\imath", "j", "\\mathrm{j}", "\\jmath")))


def arguments_of(left: n.Node) -> tuple[n.Node, ...]:
    """The names in brackets behind a name: ``S(a, b) = …`` sets a function of them."""
    match strip(left):
        case n.Product(factors=(n.Name() | n.Scripted(), n.Group(body=body))):
            names = body.items if isinstance(body, n.Tuple) else (body,)
            return tuple(
                name for name in names if is_plain(replace(name, primes=0) if isinstance(name, n.Scripted) else name)
            )
    return ()


def strip_bold(node: n.Node) -> n.Node:
    """A letter without its type face."""
    return replace(node, text=unbold(node.text)) if isinstance(node, n.Name) else node


def called_at(node: n.Node, name: n.Node) -> tuple[n.Node, ...] | None:
    """What stands in the brackets behind a name, where nothing else stands there."""
    match strip(node):
        case n.Product(factors=(head, n.Group(body=body)), operators=("",)) if head == name:
            return body.items if isinstance(body, n.Tuple) else (body,)
    return None


def is_numbered(node: n.Node) -> TypeGuard[n.Scripted]:
    return isinstance(node, n.Scripted) and isinstance(node.sub, n.Number) and node.sup is None


def two_letters(sub: n.Node | None) -> bool:
    """Whether two indices stand below a name: ``w_{ij}``, ``w_{i,j}``."""
    match sub:
        case n.Tuple(items=(n.Name() as row, n.Name() as column)):
            pass
        case n.Product(factors=(n.Name() as row, n.Name() as column)):
            pass
        case _:
            return False
    return all(len(letter.text) == 1 and letter.text.islower() for letter in (row, column))


def member_of(node: n.Node) -> str:
    """Of which family something is a member, whatever letter counts them: ``c_t`` and ``c_j``; "" of none."""
    if isinstance(node, n.Scripted) and node.sup is None and isinstance(node.sub, n.Name) and len(node.sub.text) == 1:
        return f"{key_of(node.base)}_"
    return ""


def is_marked(node: n.Node) -> bool:
    r"""Whether a name has a mark above that is no operation: ``w^{old}``, ``w^{(k)}``, ``w^*``."""
    return isinstance(node, n.Scripted) and isinstance(node.sup, n.Text | n.Word | n.Group | n.Symbol)


def letters_above(node: n.Node) -> set[str]:
    sup = node.sup if isinstance(node, n.Scripted) else None
    return {part.text for part in walk(sup) if isinstance(part, n.Name)} if sup is not None else set()


def is_plain(node: n.Node) -> bool:
    """Whether it is a name that a person would declare: no density, no operator."""
    if isinstance(node, n.Scripted):
        # A weight ``\\pi_k`` is no circle's number.
        return isinstance(node.base, n.Name) and node.base.text not in RESERVED - {"\\pi"} and not node.primes
    return isinstance(node, n.Name) and node.text not in RESERVED


def set_in(items: Sequence[Item]) -> frozenset[str]:
    found: set[str] = set()
    heads = (strip(item.members[0]) for item in items if isinstance(item, Statement) and item.relations)
    arguments = {
        key_of(strip(head.factors[1])) for head in heads if isinstance(head, n.Product) and len(head.factors) == 2
    }
    for item in items:
        if (
            not isinstance(item, Statement)
            or not item.relations
            or item.relations[0].sign not in ("=", ":=", "\\equiv")
        ):
            continue
        for position, member in enumerate(item.members[:-1]):
            left = strip(member)
            if item.implied and key_of(left) in arguments:
                # ``\\Rightarrow w = A^{-1} b`` of the w of ``f(w) = …`` says where it solves something.
                continue
            called = isinstance(left, n.Product) and len(left.factors) == 2 and isinstance(left.factors[1], n.Group)
            if called and not position and isinstance(left, n.Product):
                left = left.factors[0]
            if isinstance(left, n.Name | n.Scripted):
                found |= {key_of(left), member_of(left)} - {""}
            if isinstance(left, n.Scripted) and isinstance(left.sup, n.Number):
                found.add(key_of(left.base if left.sub is None else n.Scripted(left.base, left.sub, None)))
    return frozenset(found)
