"""What a document offers to stand in the place of something else: its names, terms, sizes and indices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from derivcheck.diagnosis.candidate import TWO, raised
from derivcheck.language import nodes as n
from derivcheck.language.nodes import children, walk
from derivcheck.language.printing import latex
from derivcheck.language.shapes import ONE
from derivcheck.problem.problem import Problem
from derivcheck.problem.scope import FunctionDeclaration, FunctionDefinition
from derivcheck.reading.items import ParseError
from derivcheck.reading.parser import parse_expression

SCALAR = (ONE, ONE)
LONGEST_PIECE = 32
"""In characters: what is longer is not forgotten in one stroke."""


@dataclass(frozen=True, slots=True)
class Stock:
    """What the document offers: names by their syntax, whole terms, indices, and sizes; ``members`` of
    families at the indices in force; ``powers`` such as ``\\sigma^{-2}``; ``pieces`` of what it says elsewhere, the
    nearest first.

    ``shapes`` are those of names and terms as far as they are known: only what has the same shape, or an unknown one,
    takes another's place. ``replaceable`` are names that may go though they may not come: what is derived from the
    left side.
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
    pieces: tuple[n.Node, ...] = ()
    replaceable: tuple[n.Node, ...] = ()
    functions: tuple[n.Node, ...] = ()
    """Names that are called: declared functions, and defined ones."""

    @property
    def scalars(self) -> tuple[n.Node, ...]:
        """The names, and members of families, that are known to be numbers."""
        return tuple(name for name in (*self.names, *self.members) if self.is_scalar(name))

    @property
    def numbers(self) -> tuple[n.Node, ...]:
        """Names that may be numbers, with their squares, and negative powers as they are written."""
        loose = [name for name in self.names if name not in self.shapes or self.is_scalar(name)]
        return (*(each for name in loose for each in (name, raised(name, TWO))), *self.powers)

    def is_scalar(self, node: n.Node) -> bool:
        """Whether something is known to be a number."""
        return node in self.sizes or self.shapes.get(node) == SCALAR

    def is_matrix(self, node: n.Node) -> bool:
        """Whether something is known to be neither a number nor a column."""
        shape = self.shapes.get(node)
        return isinstance(shape, tuple) and shape[1] != ONE

    def fits(self, one: n.Node, other: n.Node) -> bool:
        """Whether nothing is known against one standing in the place of the other."""
        shapes = (self.shapes.get(one), self.shapes.get(other))
        return None in shapes or shapes[0] == shapes[1]


def is_column(shape: object) -> bool:
    """Whether a shape is known to be that of a column, which has entries."""
    return isinstance(shape, tuple) and shape != SCALAR and shape[1] == ONE


def names_of(problem: Problem, visible: Iterable[str]) -> Iterator[tuple[n.Node, str]]:
    """The visible names that have values, and sizes, as they are written, each with what it stands for."""
    for key in visible:
        meaning = problem.names.get(key, key)
        known = meaning in problem.size_names or meaning in problem.definitions or meaning in problem.declarations
        node = _parsed(key) if known else None
        if node is not None:
            yield node, meaning


def functions_of(problem: Problem, visible: Iterable[str]) -> Iterator[n.Node]:
    """The visible names that are called, as they are written."""
    for key in visible:
        meaning = problem.scope.names.get(key)
        node = _parsed(key) if isinstance(meaning, FunctionDeclaration | FunctionDefinition) else None
        if node is not None:
            yield node


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


def stock_pieces(trees: Sequence[n.Node], limit: int = 60) -> tuple[n.Node, ...]:
    """Terms of sums, what is summed, factors of products and parts of fractions that the document writes, each once."""
    found: dict[n.Node, None] = {}
    for tree in trees:
        for node in walk(tree):
            for part in _parts(node):
                if isinstance(part, n.Number | n.Name) or part == tree:
                    continue
                bare = part.body if isinstance(part, n.Group) else part
                if not isinstance(bare, n.Tuple | n.Given | n.Compare) and len(latex(bare)) <= LONGEST_PIECE:
                    found.setdefault(bare)
    return tuple(found)[:limit]


def _parts(node: n.Node) -> tuple[n.Node, ...]:
    match node:
        case n.Add(terms=terms) if len(terms) > 1:
            return tuple(part for _, part in terms)
        case n.Product(factors=factors):
            # A head and its brackets are one thing: neither is a piece.
            calls = {
                spot
                for spot, (head, behind) in enumerate(pairwise(factors))
                if isinstance(head, n.Name | n.Scripted) and isinstance(behind, n.Group)
            }
            single = (spot for spot in range(len(factors)) if spot not in calls and spot - 1 not in calls)
            return tuple(factors[spot] for spot in single)
        case n.Fraction_(numerator=top, denominator=bottom):
            return (top, bottom)
        case n.Scripted(base=n.Group(body=body)) | n.Big(body=body):
            return (body,)
        case n.Tuple(items=items):
            return items
    return ()
