"""What print leaves out of a statement and the rest of the document tells: one row of ``_with_rest`` each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Final, Literal

from derivcheck.language import nodes as n
from derivcheck.language.nodes import mapped, walk
from derivcheck.problem.context import key_of, strip
from derivcheck.problem.upto import is_constant
from derivcheck.reading.items import Item, Statement


def spelt_out(items: Iterable[Item]) -> tuple[Item, ...]:
    """The statements with what their print leaves out."""
    found = tuple(items)
    heads, fences, inside = _heads(found), _fences(found), _inside(found)
    return tuple(_antiderivative(_with_rest(item, heads, fences, inside)) for item in found)


CONSTANTS: Final = frozenset(("C", "c", "K"))


def _antiderivative(item: Item) -> Item:
    r"""``\int f \,dx = F + C`` as ``f = dF / dx``: a constant of which nothing is asked is the end that is left out."""
    if not isinstance(item, Statement) or len(item.members) < 2 or item.continues:
        return item
    last = strip(item.members[-1])
    match strip(item.members[0]):
        case n.Big(operator="int", binder=n.Binder(names=(by,), lower=None, upper=None, condition=None)):
            ends = _is_constant(last.terms[-1][1]) if isinstance(last, n.Add) else False
            # What is integrated over x has no x, but for an x that something binds again.
            parts = list(walk(last))
            free = by in parts and not any(isinstance(part, n.Big | n.Given | n.Group) for part in parts)
            if (ends or free) and all(one.sign == "=" for one in item.relations):
                return replace(item, members=tuple(_slope(member, by) for member in item.members))
    return item


def _is_constant(node: n.Node) -> bool:
    base = node.base if isinstance(node, n.Scripted) and isinstance(node.sub, n.Number | None) else node
    return is_constant(node) or (isinstance(base, n.Name) and base.text in CONSTANTS)


def _slope(node: n.Node, by: n.Node) -> n.Node:
    """The derivative of an antiderivative; of a term that is an integral itself, what it is one of."""
    inner = strip(node)
    parts = inner.terms if isinstance(inner, n.Add) else (("+", inner),)
    found: list[tuple[Literal["+", "-", "±"], n.Node]] = []
    rest: list[tuple[Literal["+", "-", "±"], n.Node]] = []
    for sign, part in parts:
        match strip(part):
            case n.Big(operator="int", binder=n.Binder(names=(other,), lower=None), body=body) if other == by:
                found.append((sign, body))
            case _ if not _is_constant(part):
                rest.append((sign, part))
    if rest:
        whole = (
            rest[0][1]
            if len(rest) == 1 and rest[0][0] == "+"
            else n.Add(tuple(rest), span=rest[0][1].span | rest[-1][1].span)
        )
        found.insert(0, ("+", n.Derivative(whole, (by,), "d", span=whole.span)))
    return found[0][1] if len(found) == 1 and found[0][0] == "+" else n.Add(tuple(found), span=node.span)


def _inside(items: Sequence[Item]) -> set[tuple[str, str]]:
    r"""What is put into which function with its argument: h into g of ``g(1 + h(x))``."""
    products = (part for item in items if isinstance(item, Statement) for one in item.members for part in walk(one)
                if isinstance(part, n.Product))  # fmt: skip
    calls = [(key_of(head), group) for product in products for head, group in pairwise(product.factors)
             if isinstance(head, n.Name) and isinstance(group, n.Group)]  # fmt: skip
    return {(outer, inner) for outer, group in calls for inner, other in calls if group is not other
            and any(part is other for part in walk(group))}  # fmt: skip


def _heads(items: Sequence[Item]) -> dict[str, n.Node]:
    r"""The argument of each function of one: x of ``\\sigma(x) = …``."""
    found: dict[str, n.Node] = {}
    for item in items:
        if isinstance(item, Statement) and item.relations and item.relations[0].sign in ("=", ":=", "\\equiv"):
            match strip(item.members[0]):
                case n.Product(factors=(n.Name() as head, n.Group(body=n.Name() as argument)), operators=("",)):
                    found.setdefault(key_of(head), argument)
    return found


def _fences(items: Sequence[Item]) -> dict[str, set[str]]:
    """The fences of the matrices written out that names, and what else stands left, are set or held to."""
    found: dict[str, set[str]] = {}
    for item in items:
        if isinstance(item, Statement) and item.relations:
            written = {member.fence for member in map(strip, item.members) if isinstance(member, n.MatrixNode)}
            found.setdefault(key_of(strip(item.members[0])), set()).update(written)
    return found


def _with_rest(item: Item, heads: dict[str, n.Node], fences: dict[str, set[str]], inside: set[tuple[str, str]]) -> Item:
    if not isinstance(item, Statement) or not item.relations or item.continues:
        return item
    left, right, drawn = strip(item.members[0]), strip(item.members[1]), strip(item.members[-1])
    match drawn, item.relations[-1].sign:
        case n.Product(factors=(n.Name(text="N" | "U" as letter) as head, n.Group(body=n.Tuple()) as given)), "\\sim":
            # Behind this sign it is a distribution, whatever else the document calls so.
            family = replace(drawn, factors=(replace(head, text=f"\\mathcal{{{letter}}}"), given))
            return replace(item, members=(*item.members[:-1], family))
    match right:
        case n.Product(factors=(before, n.Group()), operators=("",)) if before == left and len(item.members) == 2:
            # ``L = L(y_1, \\dots, y_m)`` says of what L is a function, and sets nothing.
            return replace(item, members=(right,), relations=())
    match left:
        case n.Scripted(base=n.Name() as name, sub=None, sup=None, primes=primes) if primes and key_of(name) in heads:
            # ``\\sigma' = \\sigma (1 - \\sigma)`` is said of them at their argument.
            filled = partial(_at_argument, heads=heads.keys(), argument=heads[key_of(name)], inside=inside)
            return replace(item, members=tuple(map(filled, item.members)))
    if found := fences.get(key_of(left)):
        return replace(item, members=tuple(_jacobian(member, found) for member in item.members))
    return item


def _at_argument(node: n.Node, heads: Collection[str], argument: n.Node, inside: set[tuple[str, str]]) -> n.Node:
    """An expression with the functions at their argument wherever they stand without one."""

    def bare(part: n.Node) -> bool:
        return key_of(named(part)) in heads

    def named(part: n.Node) -> n.Node:
        return part.base if isinstance(part, n.Scripted) and part.sub is None else part

    def calls(part: n.Product, k: int) -> bool:
        """Whether the k-th factor is called at the one behind it."""
        behind = part.factors[k + 1] if k + 1 < len(part.factors) and part.operators[k] == "" else None
        if not (bare(part.factors[k]) and isinstance(behind, n.Group)):
            return False
        # ``g'(h)``, and ``g'(1 + h)`` beside g(1 + h(x)), is at a function; ``\\sigma (1 - \\sigma)`` is a product.
        own, within = key_of(named(part.factors[k])), {key_of(named(one)) for one in walk(behind) if bare(one)}
        return bare(behind.body) or all((own, other) in inside for other in within)

    def filled(part: n.Node) -> n.Node:
        if bare(part):
            return n.Group(n.Product((part, n.Group(argument)), ("",), span=part.span), span=part.span)
        if isinstance(part, n.Product):
            called = [k for k in range(len(part.factors)) if calls(part, k)]
            factors = (one if k in called else filled(one) for k, one in enumerate(part.factors))
            return replace(part, factors=tuple(factors))
        return mapped(part, filled)

    whole = filled(node)
    return whole.body if isinstance(whole, n.Group) and bare(node) else whole


def _jacobian(node: n.Node, fences: set[str]) -> n.Node:
    r"""``\\partial(x, y) / \\partial(r, \\phi)``: all partials, or their determinant where it is written."""
    match strip(node):
        case n.Derivative(target=target, variables=(by,), operator=False) as whole:
            above, below = (part.body if isinstance(part, n.Group) else part for part in (target, by))
            if isinstance(above, n.Tuple) and isinstance(below, n.Tuple):
                rows = (tuple(replace(whole, target=one, variables=(x,)) for x in below.items) for one in above.items)
                return n.MatrixNode(tuple(rows), "|" if fences == {"|"} else "(", span=whole.span)
    return node
