r"""Differentials, ``dX`` and ``d \log\det X``, as derivatives along a path of the inputs (Magnus and Neudecker 1988).

An input X of which a differential stands somewhere becomes X + ε dX with an arbitrary direction dX; the differential of
anything is then its derivative by ε.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from derivcheck.language import nodes as n
from derivcheck.language.nodes import transform, walk
from derivcheck.language.printing import plain
from derivcheck.meaning import hidden
from derivcheck.problem.context import key_of, members_of, strip
from derivcheck.problem.domains import REALS
from derivcheck.problem.prose import ASKED, facts_in
from derivcheck.reading.items import Item, Statement
from derivcheck.reading.unread import Unread, folded
from derivcheck.reading.windows import behind
from derivcheck.source import Span

_CONES: Final = frozenset(("symmetric", "spd", "psd", "skew", "diagonal", "lower", "upper", "invertible", "traceless"))
"""What may be said of an input and of its direction: then it is true of their sum as well."""
_D: Final = n.Name("d")


def differentials(items: Sequence[Item], text: str) -> dict[str, Statement] | None:
    """The inputs that move, by their keys, each with its declaration; None where ``d`` may be something else."""
    statements = [item for item in items if isinstance(item, Statement)]
    nodes = [part for one in statements for member in one.members for part in walk(member)]
    taken = {key_of(part) for one in statements if one.relations for part in members_of(one.members[0])}
    if "d" in taken or _D in in_exponents(statements):
        return None
    varied = [what for node in nodes if isinstance(node, n.Product) for _, what in _varied(node)]
    names = {key_of(name): name for name in varied if isinstance(name, n.Name)}
    declared = {key_of(strip(part)): one for one in statements if _is_space(one) for part in members_of(one.members[0])}
    still = {key_of(what) for one in statements if one.members[-1] == hidden.ZERO
             for what in [_alone(one.members[0])] if what is not None}  # fmt: skip
    defined = {key_of(strip(one.members[0])) for one in statements if one.relations and one.relations[0].sign == "="}
    moving = {key: declared[key] for key in names if key in declared and key not in still}
    others = names.keys() - moving.keys() - defined - still
    restricted = any(not _CONES.issuperset(facts_in(behind(one, text))) for one in moving.values())
    asked = any(_restricts(one, moving) and not _is_cone(one) for one in statements)
    return None if others or restricted or asked or not moving else moving


def in_exponents(statements: Sequence[Statement]) -> list[n.Node]:
    """What stands in the exponents of sets of numbers."""
    nodes = (part for one in statements for member in one.members for part in walk(member))
    return [part for node in nodes if isinstance(node, n.Scripted) and isinstance(node.base, n.Name)
            and node.base.text in REALS and node.sup is not None for part in walk(node.sup)]  # fmt: skip


def _restricts(item: Statement, moving: Container[str]) -> bool:
    """Whether a statement asks something of inputs that move: ``\\|u\\| = 1``, and ``u^\\top du`` is 0 then."""
    asks = item.cue is not None and item.cue.near and item.cue.kind in (*ASKED, "if", "for") and not item.implied
    left = strip(item.members[0])
    named = isinstance(left, n.Name | n.Scripted) and key_of(left) not in moving and item.relations[:1] and (
        item.relations[0].sign in ("=", ":="))  # fmt: skip
    if not asks or named or not item.relations or _is_space(item):
        return False
    return any(key_of(part) in moving for one in item.members for part in walk(one) if isinstance(part, n.Name))


def _is_cone(item: Statement) -> bool:
    r"""``x > 0``, ``A \\succ 0``: what start and direction meet, their sum meets."""
    signs = [relation.sign for relation in item.relations]
    return len(signs) == 1 and signs[0] in (">", "\\ge", "\\succ", "\\succeq") and item.members[1] == hidden.ZERO


def speaks(items: Sequence[Item], text: str, told: bool) -> bool:
    """Whether a document has differentials: it is ``told`` so, or something that is no name has one."""
    nodes = (part for item in items if isinstance(item, Statement) for member in item.members for part in walk(member))
    shown = any(not isinstance(what, n.Name | n.Scripted) for node in nodes if isinstance(node, n.Product)
                for _, what in _varied(node))  # fmt: skip
    return (told or shown) and differentials(items, text) is not None


def doubtful(items: Sequence[Item]) -> Iterator[Unread]:
    r"""Lines that may speak of differentials though ``d`` is a size or a value, or of small changes ``\\delta x``."""
    statements = [item for item in items if isinstance(item, Statement)]
    known = {key_of(strip(part)) for one in statements if one.relations for part in members_of(one.members[0])}
    for letter in (_D, *(n.Name(text) for text in ("\\delta", "\\Delta") if text not in known)):
        lines = [(one, {key_of(what) for member in one.members for part in walk(member) if isinstance(part, n.Product)
                        for _, what in _varied(part, letter) if isinstance(what, n.Name | n.Scripted)})
                 for one in statements]  # fmt: skip
        if letter != _D and len({key for _, keys in lines for key in keys}) < 2:
            continue
        counts = letter == _D and ("d" in known or _D in in_exponents(statements))
        for one, keys in lines:
            if one.relations and (keys & known if letter == _D else keys) and (not counts or _begins(one.members[0])):
                why = f"may speak of changes, of which `{plain(letter)}` is no factor"
                yield Unread((), Span(one.span.start, one.span.start), around=one.span, narrows=True, why=why)


def _begins(side: n.Node) -> bool:
    """Whether a side is ``d f`` or ``d^2 f``."""
    side = strip(side)
    first = side.factors[0] if isinstance(side, n.Product) else None
    return first == _D or (isinstance(first, n.Scripted) and first.base == _D and isinstance(first.sup, n.Number))


def held(moving: Mapping[str, Statement], items: Sequence[Item]) -> Iterator[Unread]:
    """Lines that may hold an input fixed: it stands behind them, and its differential does not."""
    statements = [item for item in items if isinstance(item, Statement)]
    set_to = [one for one in statements if one.relations[:1] and one.relations[0].sign in ("=", ":=")]
    values = {key_of(strip(one.members[0])): one.members[1] for one in set_to}

    def behind_all(nodes: Iterable[n.Node]) -> set[str]:
        found: set[str] = set()
        stack = list(nodes)
        while stack:
            keys = {key_of(part) for part in walk(stack.pop()) if isinstance(part, n.Name | n.Scripted)} - found
            found |= keys
            stack += [values[key] for key in keys if key in values]
        return found & moving.keys()

    for one in statements:
        sides = [[what for part in walk(side) if isinstance(part, n.Product) for _, what in _varied(part)]
                 for side in one.members]  # fmt: skip
        told = [what for side in sides[1:] for what in side] or sides[0]
        missing = sorted(behind_all(one.members) - behind_all(told)) if told else []
        if missing:
            why = "may hold " + ", ".join(f"`{key}`" for key in missing) + " fixed, of which it has no differential"
            names = tuple((folded(key),) for key in missing)
            yield Unread(names, Span(one.span.start, one.span.start), around=one.span, narrows=True, why=why)


def along_a_path(moving: Mapping[str, Statement], items: Sequence[Item]) -> tuple[Item, ...]:
    """The document with every differential as a derivative by the step, and the inputs that move as a path."""
    found: list[Item] = []
    first = min(one.span.start for one in moving.values())
    for item in items:
        if not isinstance(item, Statement):
            found.append(item)
        elif item in moving.values():
            found += _path(item, [part for part in members_of(item.members[0]) if key_of(strip(part)) in moving])
        elif _restricts(item, moving):
            for mark in ("start", "direction"):
                members = tuple(_renamed(part, moving, mark) for part in item.members)
                found.append(replace(item, members=members, hidden=item.hidden or mark == "direction"))
        else:
            found.append(replace(item, members=tuple(transform(member, _derived) for member in item.members)))
    positive = hidden.let((n.STEP, hidden.ZERO), (">",), Span(first, first), 940)
    return hidden.in_front([positive], tuple(found))


def _path(item: Statement, moved: Sequence[n.Node]) -> Iterator[Item]:
    """A declaration of inputs as one of where they start and of their directions, and what each is on the way."""
    keys = {key_of(strip(part)) for part in moved}

    yield replace(item, members=(_renamed(item.members[0], keys, "start"), *item.members[1:]))
    directions = moved[0] if len(moved) == 1 else n.Tuple(tuple(moved), (",",) * (len(moved) - 1))
    yield replace(item, members=(_renamed(directions, keys, "direction"), *item.members[1:]), hidden=True)
    place = Span(item.span.end, item.span.end)
    for number, part in enumerate(moved):
        step = n.Product((n.STEP, _renamed(part, keys, "direction")), ("",))
        value = n.Add((("+", _renamed(part, keys, "start")), ("+", step)))
        yield hidden.set_to(strip(part), value, place, 941 + number)


def _renamed(node: n.Node, keys: Container[str], mark: str) -> n.Node:
    """An expression with the names of inputs that move as those of where they start, or of their directions."""

    def named(part: n.Node) -> n.Node:
        moves = isinstance(part, n.Name) and key_of(part) in keys
        return n.Name(f"{part.text}#{mark}", span=part.span) if moves and isinstance(part, n.Name) else part

    return transform(node, named)


def _derived(node: n.Node) -> n.Node:
    if not isinstance(node, n.Product):
        return node
    factors, operators = list(node.factors), list(node.operators)
    for at, what in reversed(list(_varied(node))):
        span = factors[at].span | what.span
        factors[at : at + 2] = [n.Derivative(what, (replace(n.STEP, span=span),), "d", span=span)]
        del operators[at]
    return factors[0] if len(factors) == 1 else replace(node, factors=tuple(factors), operators=tuple(operators))


def _varied(node: n.Product, by: n.Name = _D) -> Iterator[tuple[int, n.Node]]:
    """The places of a ``d`` in a product, each with what stands behind it."""
    for at, (letter, sign) in enumerate(zip(node.factors, node.operators, strict=False)):
        if letter == by and sign == "" and node.factors[at + 1] != by:
            yield at, node.factors[at + 1]


def _alone(node: n.Node) -> n.Node | None:
    """The X of a side that is ``dX`` and no more."""
    node = strip(node)
    found = list(_varied(node)) if isinstance(node, n.Product) and len(node.factors) == 2 else []
    return found[0][1] if found else None


def _is_space(item: Statement) -> bool:
    r"""``A, x \in \mathbb{R}^{…}``."""
    if [relation.sign for relation in item.relations] != ["\\in"]:
        return False
    space = strip(item.members[1])
    base = space.base if isinstance(space, n.Scripted) else space
    return isinstance(base, n.Name) and base.text in REALS
