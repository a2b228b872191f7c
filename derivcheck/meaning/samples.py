r"""The sample ``x_i`` beside the generic input ``x``: one of several and no entry, where its use leaves nothing else.

A document declares "an input $x \in \mathbb{R}^d$" and sums over data $x_i$, i = 1, …, N. What tells that x_i is a
column like x: it stands behind a transpose or has one, and its index runs to another size than that of x.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from derivcheck.language import nodes as n
from derivcheck.language.nodes import walk
from derivcheck.language.printing import latex
from derivcheck.meaning import hidden
from derivcheck.problem.context import key_of, members_of, strip
from derivcheck.problem.domains import REALS
from derivcheck.reading.items import Item, Statement
from derivcheck.reading.parser import parse_expression
from derivcheck.source import Span


@dataclass(frozen=True, slots=True)
class Sample:
    """``member`` is one of as many as ``upper`` says, each in ``space`` (or above it) as the generic name is."""

    member: n.Scripted
    space: n.Node
    upper: n.Node
    place: Span
    sign: str = "\\in"


def samples(items: Sequence[Item]) -> list[Sample]:
    """The members of generic names in a document."""
    statements = [item for item in items if isinstance(item, Statement)]
    nodes = [part for item in statements for member in item.members for part in walk(member)]
    used = [part for part in nodes if isinstance(part, n.Scripted) and isinstance(part.sub, n.Name) and not part.primes]
    given = {key_of(strip(part)) for one in statements if one.relations for part in members_of(one.members[0])}
    uppers = dict(_uppers(statements, nodes))
    listed = set(_listed(statements))
    found: dict[str, Sample] = {}
    for name, space, place, sign in _generic(statements):
        for part in used:
            assert part.sub is not None
            member = n.Scripted(part.base, part.sub, None)
            upper = uppers.get(key_of(part.sub))
            if part.base != name or upper is None or key_of(member) in given:
                continue
            size = space.sup if isinstance(space, n.Scripted) else None
            whole = size is None or (size != upper and any(is_column(node, member) for node in nodes))
            if whole:
                found.setdefault(key_of(member), Sample(member, space, upper, place, sign))
    # A number is one of several only beside a column that is, or where they are listed: ``\\lambda_i`` may have a
    # meaning of its own.
    letters = {one.member.sub for one in found.values() if isinstance(one.space, n.Scripted)}
    return [one for one in found.values() if one.member.sub in letters or (one.member.base, one.upper) in listed]


def declared(found: Sequence[Sample], items: tuple[Item, ...]) -> tuple[Item, ...]:
    """The document with the members declared."""
    made = []
    for number, one in enumerate(found):
        assert one.member.sub is not None
        listed = n.Tuple((hidden.ONE, n.Symbol("\\dots"), one.upper), (",", ","))
        made.append(hidden.set_to(one.member.sub, listed, one.place, 820 + 2 * number))
        made.append(hidden.let((one.member, one.space), (one.sign,), one.place, 821 + 2 * number))
    return hidden.in_front(made, items)


def means(items: Sequence[Item]) -> dict[str, Statement]:
    r"""The means that are nowhere set, ``\bar x`` beside ``x_i`` for i = 1, …, n, each with what it is."""
    statements = [item for item in items if isinstance(item, Statement)]
    nodes = [(part, item) for item in statements for member in item.members for part in walk(member)]
    told = [one.members[0] for one in statements if one.relations or one.hidden]
    told += [name for part, _ in nodes if isinstance(part, n.Derivative) for name in part.variables]
    said = {key_of(strip(part)) for member in told for part in members_of(member)}
    uppers, ends = dict(_uppers(statements, [part for part, _ in nodes])), dict(_listed(statements))
    sums: dict[str, str] = {}
    for part, _ in nodes:
        match part:
            case n.Scripted(base=n.Name(text=text) as base, sub=n.Name() as letter, primes=0):
                upper = uppers.get(key_of(letter)) or ends.get(base)
                if upper is not None and upper != letter:
                    index, top, one = latex(letter), latex(upper), latex(n.Scripted(base, letter, None))
                    sums[f"\\bar{{{text}}}"] = f"\\frac{{1}}{{{top}}} \\sum_{{{index}=1}}^{{{top}}} {one}"
    found: dict[str, Statement] = {}
    for name, item in nodes:
        if isinstance(name, n.Name) and name.text in sums and key_of(name) not in said:
            mean, place = parse_expression(sums[name.text]), Span(item.span.start, item.span.start)
            found.setdefault(key_of(name), hidden.set_to(name, mean, place, 860 + len(found)))
    return found


def _listed(statements: Sequence[Statement]) -> Iterator[tuple[n.Node, n.Node]]:
    r"""Of what the members are listed without a word of what they are, and up to where: ``t_1, \dots, t_n``."""
    alone = [one.members[0] if not one.relations else None for one in statements]
    for first, dots, last in zip(alone, alone[1:], alone[2:], strict=False):
        match first, dots, last:
            case n.Scripted(base=base, sub=n.Number()), n.Symbol(), n.Scripted(base=other, sub=n.Name() as upper):
                if base == other:
                    yield base, upper


def _generic(statements: Sequence[Statement]) -> Iterator[tuple[n.Name, n.Node, Span, str]]:
    r"""What is declared without an index as a column or a number: ``x \in \mathbb{R}^d``, ``t > 0``."""
    for one in statements:
        if one.hidden or len(one.members) != 2:
            continue
        space, sign = strip(one.members[1]), one.relations[0].sign
        base = space.base if isinstance(space, n.Scripted) else space
        reals = isinstance(base, n.Name) and base.text in REALS
        column = isinstance(space, n.Scripted) and space.sub is None and isinstance(space.sup, n.Name)
        values = isinstance(space, n.Group) and space.fence == "{"
        within = sign == "\\in" and (values or (reals and (column or isinstance(space, n.Name))))
        if within or (sign in (">", "\\ge") and space == hidden.ZERO):
            place = Span(one.span.start, one.span.start)
            yield from ((name, space, place, sign) for name in members_of(one.members[0]) if isinstance(name, n.Name))


def _uppers(statements: Sequence[Statement], nodes: Sequence[n.Node]) -> Iterator[tuple[str, n.Node]]:
    """To where letters run."""
    for part in nodes:
        counted = isinstance(part, n.Big) and len(part.binder.names) == 1 and part.binder.lower == hidden.ONE
        if isinstance(part, n.Big) and counted and part.binder.upper is not None:
            yield key_of(part.binder.names[0]), part.binder.upper
    for one in statements:
        if len(one.members) == 2 and isinstance(listed := one.members[1], n.Tuple) and listed.items[0] == hidden.ONE:
            yield key_of(one.members[0]), listed.items[-1]


def is_column(node: n.Node, member: n.Scripted) -> bool:
    r"""Whether a node shows that a member is no number: ``x_i^\top``, ``w^\top x_i``."""
    match node:
        case n.Scripted(base=base, sub=sub, sup=sup) if sup in n.TRANSPOSES:
            return (base, sub) == (member.base, member.sub)
        case n.Product(factors=factors):
            return any(
                isinstance(left, n.Scripted) and left.sup in n.TRANSPOSES and replace(right, primes=0) == member
                for left, right in pairwise(factors)
                if isinstance(right, n.Scripted)
            )
    return False
