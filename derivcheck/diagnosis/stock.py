"""What a document offers to stand in the place of something else: its names, terms, sizes and indices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from derivcheck.language import nodes as n
from derivcheck.language.traversal import children, walk
from derivcheck.problem.problem import Problem
from derivcheck.reading.errors import ParseError
from derivcheck.reading.parser import parse_expression


@dataclass(frozen=True, slots=True)
class Stock:
    """What the document offers: names by their syntax, whole terms, indices, and sizes; ``members`` of
    families at the indices in force; ``powers`` such as ``\\sigma^{-2}``.

    ``shapes`` are those of names and terms as far as they are known: only what has the same shape, or an unknown one,
    takes another's place.
    """

    names: tuple[n.Node, ...]
    terms: tuple[n.Node, ...]
    sizes: tuple[n.Node, ...]
    letters: tuple[n.Node, ...]
    shapes: Mapping[n.Node, object] = field(default_factory=dict)
    members: tuple[n.Node, ...] = ()
    powers: tuple[n.Node, ...] = ()
    inverses: tuple[n.Node, ...] = ()
    """Names of which the inverse may be meant: in a definition, where it is not that of another definition."""

    def fits(self, one: n.Node, other: n.Node) -> bool:
        """Whether nothing is known against one standing in the place of the other."""
        shapes = (self.shapes.get(one), self.shapes.get(other))
        return None in shapes or shapes[0] == shapes[1]


def names_of(problem: Problem, visible: Iterable[str]) -> Iterator[tuple[n.Node, str]]:
    """The visible names that have values, and sizes, as they are written, each with what it stands for."""
    for key in visible:
        meaning = problem.names.get(key, key)
        known = meaning in problem.size_names or meaning in problem.definitions or meaning in problem.declarations
        node = _parsed(key) if known else None
        if node is not None:
            yield node, meaning


def member_of(family: n.Node, letter: n.Node) -> n.Node | None:
    r"""The member of a family ``s^{(\cdot)}`` or ``s_{\cdot}`` with one index, at a letter; None of anything else."""
    match family:
        case n.Scripted(base=base, sub=sub, sup=n.Group(body=n.Symbol(text="\\cdot")) as sup, primes=0):
            return n.Scripted(base, sub, replace(sup, body=letter))
        case n.Scripted(base=base, sub=n.Symbol(text="\\cdot"), sup=sup, primes=0):
            return n.Scripted(base, letter, sup)
    return None


def bound_letters(tree: n.Node) -> tuple[n.Node, ...]:
    """The indices that are bound in an expression."""
    return tuple(name for node in walk(tree) if isinstance(node, n.Big) for name in node.binder.names)


def _parsed(key: str) -> n.Node | None:
    try:
        return parse_expression(key)
    except ParseError:
        return None


def stock_terms(trees: Sequence[n.Node], limit: int = 40) -> tuple[n.Node, ...]:
    """Whole terms that the document writes: partials, calls of functions."""
    found: list[n.Node] = []
    for tree in trees:
        stack = [tree]
        while stack:
            node = stack.pop()
            if isinstance(node, n.Derivative) and node not in found:
                found.append(node)
                continue
            if isinstance(node, n.Product):
                for head, behind in pairwise(node.factors):
                    if isinstance(head, n.Name | n.Scripted) and isinstance(behind, n.Group):
                        call = n.Product((head, behind), ("",))
                        if call not in found:
                            found.append(call)
            stack.extend(children(node))
    return tuple(found[:limit])


def negative_powers(trees: Iterable[n.Node]) -> tuple[n.Node, ...]:
    r"""What a document divides by in this way: ``\sigma^{-2}``, ``\beta^{-1}``."""
    found = (
        node
        for tree in trees
        for node in walk(tree)
        if isinstance(node, n.Scripted)
        and isinstance(node.base, n.Name)
        and isinstance(node.sup, n.Add)
        and isinstance(node.sup.terms[0][1], n.Number)
        and [sign for sign, _ in node.sup.terms] == ["-"]
    )
    return tuple(dict.fromkeys(found))
