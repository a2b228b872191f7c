r"""How functions are written: with a bar in brackets, of labels, dotted, and with words for where they are least."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from derivcheck.language import nodes as n
from derivcheck.language.nodes import transform, walk
from derivcheck.language.precedence import base_of
from derivcheck.meaning import hidden
from derivcheck.problem.context import key_of, members_of, strip
from derivcheck.problem.dotted import is_dots
from derivcheck.problem.probability.distributions import ALIASES
from derivcheck.problem.probability.operators import ENTROPIES, MEANS, VARIANCES, is_divergence
from derivcheck.problem.scope import DENSITIES
from derivcheck.reading.items import Item, Statement
from derivcheck.reading.phrases import CHANCE, LEAST, MULTIPLIER, OPTIMISED, OPTIMISED_UNDER
from derivcheck.reading.windows import sentence
from derivcheck.source import Span

_OF_CHANCE = {"q", "r", *DENSITIES, *ALIASES, *MEANS, *VARIANCES, *ENTROPIES}


def functions_told(items: Sequence[Item], text: str) -> Sequence[Item]:
    """The document with its functions written in one way."""
    return _values(_as_members(_optima(_without_bars(_undotted(_divergence(items))), text)), text)


def _divergence(items: Sequence[Item]) -> Sequence[Item]:
    r"""``D_{KL}`` alone as the one ``D_{KL}(q \| p)`` of the document."""
    products = [part for item in items if isinstance(item, Statement) for member in item.members
                for part in walk(member) if isinstance(part, n.Product)]  # fmt: skip
    calls = {n.Product((head, group), ("",)) for part in products for head, group in pairwise(part.factors)
             if is_divergence(head) and isinstance(group, n.Group)}  # fmt: skip
    if len(calls) != 1:
        return items
    call = calls.pop()

    def full(node: n.Node, behind: n.Node | None = None) -> n.Node:
        alone = node == call.factors[0] and not isinstance(behind, n.Group)
        return replace(call, span=node.span) if alone else node

    def inside(node: n.Node) -> n.Node:
        match node:
            case n.Derivative(target=target) if target is not None:
                return replace(node, target=full(target))
            case n.Product(factors=factors):
                return replace(node, factors=tuple(map(full, factors, (*factors[1:], None))))
            case n.Add(terms=parts):
                return replace(node, terms=tuple((sign, full(part)) for sign, part in parts))
        return node

    items = _everywhere(inside, items)
    return [replace(item, members=tuple(map(full, item.members))) if isinstance(item, Statement) and item.relations
            else item for item in items]  # fmt: skip


def _values(items: Sequence[Item], text: str) -> Sequence[Item]:
    r"""``\phi_j(t) = …`` at no other argument than its own t, which is declared, as the value ``\phi_j``."""
    statements = [item for item in items if isinstance(item, Statement)]
    heads = (
        strip(one.members[0]) for one in statements if [each.sign for each in one.relations][:1] in (["="], [":="])
    )
    own = {call[0].base: call[1].body for head in heads if (call := _of_index(head)) is not None}
    declared = {name for one in statements if one.relations for name in members_of(one.members[0])}
    chance = CHANCE.search(text) is not None
    calls = [
        (part.base, group.body)
        for one in statements for member in one.members for node in walk(member) if isinstance(node, n.Product)
        for part, group in pairwise(node.factors) if isinstance(part, n.Scripted) and isinstance(group, n.Group)
    ]  # fmt: skip
    kept = {
        base: by for base, by in own.items()
        if by in declared and all(argument == by for name, argument in calls if name == base)
        and not (chance and isinstance(base, n.Name) and base.text in _OF_CHANCE)
    }  # fmt: skip

    def value(node: n.Node) -> n.Node:
        if not isinstance(node, n.Product):
            return node
        found = next((part.base for part in walk(node) if isinstance(part, n.Scripted) and part.base in kept), None)
        factors, operators, k = list(node.factors), list(node.operators), 0
        while k < len(factors):
            head = factors[k]
            if found is not None and isinstance(head, n.Nabla) and head.variable is None:
                factors[k] = replace(head, variable=kept[found])
            if isinstance(head, n.Scripted) and head.base in kept and isinstance((*factors, head)[k + 1], n.Group):
                made: n.Node = replace(head, primes=0, span=head.span | factors[k + 1].span)
                for _ in range(head.primes):
                    made = n.Derivative(made, (kept[head.base],), "d", span=made.span)
                factors[k : k + 2] = [made]
                del operators[k]
            k += 1
        return factors[0] if len(factors) == 1 else replace(node, factors=tuple(factors), operators=tuple(operators))

    return _everywhere(value, items) if kept else items


def _of_index(head: n.Node) -> tuple[n.Scripted, n.Group] | None:
    r"""The two parts of ``\phi_j(t)``."""
    match head:
        case n.Product(
            factors=(n.Scripted(base=n.Name(), sub=n.Name(text=letter), sup=None, primes=0) as name,
                     n.Group(fence="(", body=n.Name()) as group), operators=("",),
        ) if len(letter) == 1:  # fmt: skip
            return name, group
    return None


def _optima(items: Sequence[Item], text: str) -> Sequence[Item]:
    r"""``\hat x = A`` that words call the minimiser of ``J(x) = …`` as ``\hat x = \arg\min_x J(x) = A``."""
    made: dict[Span, Statement] = {}
    bound = MULTIPLIER.search(text) or OPTIMISED_UNDER.search(text)
    for mine in _sentences(items):
        words = sentence(mine, text)
        for match in (found for phrase in OPTIMISED for found in phrase.every(words)):
            told, where = match.groupdict(), mine[int(match["where"])]
            what = strip(mine[int(told["what"])].members[0]) if told.get("what") else _function_above(where, items)
            function = None if what is None or (bound and not told.get("what")) else _called(what, items)
            by = mine[int(told["by"])].members[0] if told.get("by") else function and function[1]
            if told.get("by") and not _is_free(mine[int(told["by"])]):
                continue
            if function is None or by is None or len(where.members) != 2 or where.relations[0].sign != "=":
                continue
            binder, place = n.Binder((strip(by),), None, None), where.members[0].span
            least = match["kind"].startswith(LEAST)
            sought = n.Big("argmin" if least else "argmax", binder, function[0], span=place)
            members = (where.members[0], sought, where.members[1])
            made[where.span] = replace(where, members=members, relations=(where.relations[0],) * 2)
    return [made.get(item.span, item) if isinstance(item, Statement) else item for item in items]


def _function_above(where: Statement, items: Sequence[Item]) -> n.Node | None:
    """The call of the function that was set last before a statement."""
    before = [item for item in items if isinstance(item, Statement) and item.span.end <= where.span.start]
    heads = (strip(item.members[0]) for item in before if [each.sign for each in item.relations][:1] in (["="], [":="]))
    return next((head for head in reversed([*heads]) if _called(head, ()) is not None), None)


def _is_free(one: Statement) -> bool:
    r"""``x``, ``x \in \mathbb{R}^n``: with no word of what else it has to meet."""
    space = base_of(strip(one.members[-1]))
    return not one.relations or ([each.sign for each in one.relations] == ["\\in"] and space == hidden.REALS)


def _undotted(items: Sequence[Item]) -> Sequence[Item]:
    r"""``\dot\theta(t)`` of a function θ as ``\theta'(t)``, where no line says what ``\dot\theta`` is."""
    statements = [item for item in items if isinstance(item, Statement) and item.relations]
    signs = ([each.sign for each in one.relations] for one in statements)
    functions = [one.members[0] for one, sign in zip(statements, signs, strict=True) if sign == [":", "\\to"]]
    dotted = {
        n.Name(f"\\{dots}{{{name.text}}}"): n.Scripted(name, None, None, count)
        for name in functions if isinstance(name, n.Name)
        for count, dots in enumerate(("dot", "ddot", "dddot"), 1)
    }  # fmt: skip
    told = {part for one in statements for part in members_of(one.members[0])}
    dotted = {name: prime for name, prime in dotted.items() if name not in told}

    def primed(node: n.Node) -> n.Node:
        if not isinstance(node, n.Product):
            return node
        called = [isinstance(base_of(part), n.Group) for part in (*node.factors[1:], hidden.ONE)]
        factors = tuple(
            replace(dotted[part], span=part.span) if called[k] and isinstance(part, n.Name) and part in dotted else part
            for k, part in enumerate(node.factors)
        )
        return replace(node, factors=factors)

    return _everywhere(primed, items) if dotted else items


def _called(node: n.Node, items: Sequence[Item]) -> tuple[n.Node, n.Node] | None:
    """A function at its argument, and the argument: of ``f`` alone as some line sets it."""
    match node:
        case n.Product(factors=(n.Name(), n.Group(body=n.Name() | n.Scripted() as by)), operators=("",)):
            return node, by
    heads = (strip(item.members[0]) for item in items if isinstance(item, Statement) and item.relations)
    found = {head for head in heads if isinstance(head, n.Product) and head.factors[0] == node}
    return _called(found.pop(), ()) if len(found) == 1 else None


def _without_bars(items: Sequence[Item]) -> Sequence[Item]:
    r"""``\mathcal{W}(\Lambda \mid W, \nu) = …``: a function of all that its brackets hold.

    What stands behind the bar and nowhere else, the state of ``\pi(a \mid s)``, is no more than a part of the name.
    """
    heads = {
        item.members[0].factors[0]
        for item in items
        if isinstance(item, Statement) and item.relations and item.relations[0].sign in ("=", ":=")
        and _has_bar(item.members[0]) and isinstance(item.members[0], n.Product)
    }  # fmt: skip
    if not heads:
        return items
    mine = [[part for member in item.members for part in walk(member)]
            for item in items if isinstance(item, Statement) and item.relations]  # fmt: skip
    parts = [part for line in mine if not heads.isdisjoint(line) for part in line]
    behind = [one for part in parts if isinstance(part, n.Product) for head, group in pairwise(part.factors)
              if head in heads and isinstance(group, n.Group) and isinstance(group.body, n.Given)
              for one in members_of(group.body.right)]  # fmt: skip
    silent = {one for one in behind if isinstance(one, n.Name) and parts.count(one) == behind.count(one)}

    def unbarred(node: n.Node) -> n.Node:
        if not (_has_bar(node, within=True) and isinstance(node, n.Product)):
            return node
        factors = list(node.factors)
        for k, (head, group) in enumerate(zip(node.factors, node.factors[1:], strict=False)):
            if head in heads and isinstance(group, n.Group) and isinstance(group.body, n.Given):
                given = (one for one in members_of(group.body.right) if one not in silent)
                every = (*members_of(group.body.left), *given)
                listed = n.Tuple(every, (",",) * (len(every) - 1), span=group.body.span)
                factors[k + 1] = replace(group, body=every[0] if len(every) == 1 else listed)
        return replace(node, factors=tuple(factors))

    return _everywhere(unbarred, items)


def _everywhere(change: Callable[[n.Node], n.Node], items: Sequence[Item]) -> list[Item]:
    return [
        replace(item, members=tuple(transform(member, change) for member in item.members))
        if isinstance(item, Statement) else item
        for item in items
    ]  # fmt: skip


def _as_members(items: Sequence[Item]) -> Sequence[Item]:
    r"""``\pi(a) = …`` for $a \in \{1, \dots, K\}$, or of an a that is an index alone, as ``\pi_a``: of labels."""
    statements = [item for item in items if isinstance(item, Statement) and len(item.members) > 1]
    letters = {one.members[0] for one in statements if _is_range(one) and isinstance(one.members[0], n.Name)}
    told = {part for one in statements if one.relations for part in members_of(one.members[0])}
    heads = {
        left.factors[0] for one in statements if one.relations[0].sign in ("=", ":=") and not one.continues
        and isinstance(left := strip(one.members[0]), n.Product) and (named := _of_letters(left)) is not None
        and all(name in letters or (name not in told and _counts(name, one)) for name in named)
    }  # fmt: skip
    if not heads:
        return items

    def member(node: n.Node) -> n.Node:
        if not isinstance(node, n.Product):
            return node
        factors, operators, k = list(node.factors), list(node.operators), 0
        while k + 1 < len(factors):
            head, group = factors[k], factors[k + 1]
            if (
                head in heads
                and operators[k] == ""
                and isinstance(group, n.Group)
                and not isinstance(group.body, n.Given)
            ):
                sub = group.body if len(members_of(group.body)) > 1 else members_of(group.body)[0]
                name = head if isinstance(head, n.Name) else n.Name(key_of(head), span=head.span)
                factors[k : k + 2] = [n.Scripted(name, sub, None, span=head.span | group.span)]
                del operators[k]
            k += 1
        return factors[0] if len(factors) == 1 else replace(node, factors=tuple(factors), operators=tuple(operators))

    return _everywhere(member, items)


def _counts(name: n.Node, one: Statement) -> bool:
    """Whether what a line sets has a Latin letter as an index, and as nothing else: ``\\pi_\\theta`` has no index."""
    if not (isinstance(name, n.Name) and len(name.text) == 1):
        return False
    parts = [part for member in one.members[1:] for part in walk(member)]
    below = [part for each in parts if isinstance(each, n.Scripted) and each.sub is not None for part in walk(each.sub)]
    return 0 < parts.count(name) == below.count(name)


def _is_range(one: Statement) -> bool:
    """``a = 1, \\dots, K``, ``a \\in \\{1, \\dots, K\\}``."""
    right = strip(one.members[1])
    listed = right.body if isinstance(right, n.Group) else right
    return one.relations[0].sign in ("=", "\\in") and isinstance(listed, n.Tuple) and any(map(is_dots, listed.items))


def _of_letters(node: n.Product) -> tuple[n.Node, ...] | None:
    """The names in the brackets behind a name that is no density."""
    match node:
        case n.Product(
            factors=(n.Name() | n.Scripted(sup=None) as head, n.Group(fence="(", body=body)), operators=("",)
        ):
            if not _is_chance(head) and all(isinstance(part, n.Name) for part in members_of(body)):
                return tuple(members_of(body))
    return None


def _is_chance(head: n.Node) -> bool:
    """Whether it is a density, a mean or another letter of chance."""
    base = base_of(head)
    return not isinstance(base, n.Name) or base.text in _OF_CHANCE


def _has_bar(node: n.Node, *, within: bool = False) -> bool:
    """Whether it is a name of no density in front of brackets with a bar in them."""
    match node:
        case n.Product(factors=(n.Name() | n.Scripted() as head, n.Group(body=n.Given(left=left))), operators=("",)):
            return not _is_chance(head) and isinstance(left, n.Name | n.Scripted)
    return within and isinstance(node, n.Product)


def _sentences(items: Sequence[Item]) -> Iterator[list[Statement]]:
    found: dict[int, list[Statement]] = {}
    for item in items:
        if isinstance(item, Statement) and not item.hidden:
            found.setdefault(item.sentence, []).append(item)
    yield from found.values()
