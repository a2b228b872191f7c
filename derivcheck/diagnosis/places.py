"""The places of an expression: every node, with the way to put another in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

from derivcheck.language import nodes as n
from derivcheck.language.traversal import walk
from derivcheck.problem.probability.distributions import ALIASES

Rebuild = Callable[[n.Node], n.Node]


def places_of(node: n.Node, rebuild: Rebuild, script: bool = False) -> Iterator[tuple[n.Node, Rebuild, bool]]:
    """Every node with the way to put another in its place, and whether it stands inside a sub- or superscript."""
    yield node, rebuild, script
    match node:
        case n.Derivative(target=target):
            if not isinstance(target, n.Name):
                yield from places_of(target, _in_field(node, "target", rebuild), script)
        case n.Scripted(base=base, sub=sub, sup=sup):
            if not isinstance(base, n.Name):
                yield from places_of(base, lambda new: rebuild(replace(node, base=new)), script)
            for field, part in (("sub", sub), ("sup", sup)):
                if part is not None:
                    yield from places_of(part, _in_field(node, field, rebuild), True)
        case n.Apply(args=args):
            for position, part in enumerate(args):
                yield from places_of(part, _in_tuple(node, "args", position, rebuild), script)
        case n.Add(terms=terms):
            for position, (_, part) in enumerate(terms):
                yield from places_of(part, _in_terms(node, position, rebuild), script)
        case n.Product(factors=factors) | n.Entrywise(factors=factors):
            for position, part in enumerate(factors):
                if not is_indicator(factors[position : position + 2]):
                    yield from places_of(part, _in_tuple(node, "factors", position, rebuild), script)
                if position and is_density(factors[position - 1], part):
                    yield from _parameters(part, _in_tuple(node, "factors", position, rebuild), script)
        case n.Tuple(items=items) | n.Angle(items=items):
            for position, part in enumerate(items):
                yield from places_of(part, _in_tuple(node, "items", position, rebuild), script)
        case n.Fraction_():
            yield from places_of(node.numerator, _in_field(node, "numerator", rebuild), script)
            yield from places_of(node.denominator, _in_field(node, "denominator", rebuild), script)
        case n.Group() | n.Bars() | n.Root() | n.Boxed() | n.Big() | n.Held():
            yield from places_of(node.body, _in_field(node, "body", rebuild), script)
            if isinstance(node, n.Held):
                yield from places_of(node.sub, _in_field(node, "sub", rebuild), script)
        case n.Compare(members=members):
            for position, part in enumerate(members):
                yield from places_of(part, _in_tuple(node, "members", position, rebuild), script)
        case n.MatrixNode(rows=rows):
            for r, row in enumerate(rows):
                for c, cell in enumerate(row):
                    yield from places_of(cell, _in_cell(node, r, c, rebuild), script)
        case n.Cases(rows=rows):
            for r, (value, condition) in enumerate(rows):
                yield from places_of(value, _in_case(node, r, 0, rebuild), script)
                if condition is not None:
                    yield from places_of(condition, _in_case(node, r, 1, rebuild), script)


def is_density(head: n.Node, behind: n.Node) -> bool:
    r"""Whether two factors are a density with its value in front of a bar: ``\\mathcal{N}(x \\mid m, S)``."""
    match head, behind:
        case n.Name(text=text), n.Group(body=n.Given(right=n.Tuple())):
            return text in ALIASES
    return False


def _parameters(group: n.Node, rebuild: Rebuild, script: bool) -> Iterator[tuple[n.Node, Rebuild, bool]]:
    """The places in the parameters of a density; what its value is, and of what it is one, stays."""
    assert isinstance(group, n.Group)
    assert isinstance(group.body, n.Given)
    given = group.body
    put = _in_field(group, "body", rebuild)
    yield from places_of(given.right, _in_field(given, "right", put), script)


def values_of(tree: n.Node) -> Iterator[tuple[n.Node, Rebuild, bool]]:
    """Every node that stands for a value, and whether it stands in an exponent: no index and no mark is one."""
    marks: set[int] = set()
    for node, rebuild, script in places_of(tree, lambda new: new):
        if isinstance(node, n.Scripted):
            aside = (node.sub, None if is_power(node) else node.sup)
            marks |= {id(part) for one in aside if one is not None for part in walk(one)}
        if isinstance(node, n.Tuple) and node.separators[:1] == (";",):
            # Of what it is the density.
            marks |= {id(part) for part in walk(node.items[0])}
        if id(node) not in marks:
            yield node, rebuild, script


def is_power(node: n.Node) -> bool:
    r"""Whether a superscript may be an exponent, and not a transpose, a star or the index of a family."""
    if not isinstance(node, n.Scripted) or node.sup is None:
        return False
    sup = node.sup
    return isinstance(sup, n.Number | n.Add | n.Product | n.Fraction_ | n.Scripted) or (
        isinstance(sup, n.Name) and sup.text != "T" and not sup.text.startswith("\\mathrm")
    )


def all_literal(node: n.Node) -> bool:
    """Whether an exponent is a number, with its sign."""
    match node:
        case n.Number() | n.Add(terms=((_, n.Number()),)):
            return True
    return False


@dataclass(frozen=True, slots=True)
class Slot:
    """A place that holds one whole value between brackets, bars or braces, so that anything may stand in it."""

    node: n.Node
    rebuild: Rebuild
    exponent: bool


def slots_of(tree: n.Node) -> Iterator[Slot]:
    """The whole, both parts of a fraction, exponents, arguments, and what stands in brackets."""
    yield Slot(tree, lambda new: new, False)
    for node, rebuild, script in values_of(tree):
        match node:
            case n.Fraction_(numerator=top, denominator=bottom):
                yield Slot(top, _in_field(node, "numerator", rebuild), script)
                yield Slot(bottom, _in_field(node, "denominator", rebuild), script)
            case n.Scripted(sup=sup) if sup is not None and is_power(node):
                yield Slot(sup, _in_field(node, "sup", rebuild), True)
            case n.Tuple(items=items):
                first = 1 if node.separators[:1] == (";",) else 0
                for position, part in enumerate(items[first:], first):
                    yield Slot(part, _in_tuple(node, "items", position, rebuild), script)
            case n.Apply(args=args, bracketed=True):
                for position, part in enumerate(args):
                    yield Slot(part, _in_tuple(node, "args", position, rebuild), script)
            case n.Group(body=body) if not isinstance(body, n.Tuple | n.Given | n.Compare):
                yield Slot(body, _in_field(node, "body", rebuild), script)


def is_indicator(factors: tuple[n.Node, ...]) -> bool:
    r"""Whether two factors are one thing: the sign and the bracket of ``\mathbb{1}[x > 0]``."""
    match factors:
        case (
            n.Name(text="\\mathbf{1}" | "\\mathbb{1}"),
            n.Group(body=n.Compare()) | n.Scripted(base=n.Group(body=n.Compare())),
        ):
            return True
    return False


def _in_field(node: n.Node, field: str, rebuild: Rebuild) -> Rebuild:
    return lambda new: rebuild(changed(node, **{field: new}))


def changed(node: n.Node, **changes: object) -> n.Node:
    """The node with fields changed; which fields it has is known where this is called."""
    return cast(n.Node, replace(cast(Any, node), **changes))


def _in_tuple(node: n.Node, field: str, position: int, rebuild: Rebuild) -> Rebuild:
    def put(new: n.Node) -> n.Node:
        items = getattr(node, field)
        return rebuild(changed(node, **{field: (*items[:position], new, *items[position + 1 :])}))

    return put


def _in_terms(node: n.Add, position: int, rebuild: Rebuild) -> Rebuild:
    def put(new: n.Node) -> n.Node:
        sign, _ = node.terms[position]
        return rebuild(replace(node, terms=(*node.terms[:position], (sign, new), *node.terms[position + 1 :])))

    return put


def _in_cell(node: n.MatrixNode, r: int, c: int, rebuild: Rebuild) -> Rebuild:
    def put(new: n.Node) -> n.Node:
        row = (*node.rows[r][:c], new, *node.rows[r][c + 1 :])
        return rebuild(replace(node, rows=(*node.rows[:r], row, *node.rows[r + 1 :])))

    return put


def _in_case(node: n.Cases, r: int, part: int, rebuild: Rebuild) -> Rebuild:
    def put(new: n.Node) -> n.Node:
        value, condition = node.rows[r]
        row = (new, condition) if part == 0 else (value, new)
        return rebuild(replace(node, rows=(*node.rows[:r], row, *node.rows[r + 1 :])))

    return put
