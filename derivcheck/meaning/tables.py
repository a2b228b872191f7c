r"""Densities of which nothing is said but the letter, ``p(x, z)``, ``q(z \mid x)``: every p and q is meant.

Each is taken for a table of arbitrary positive numbers over the values of its arguments, normalised: what holds for all
such tables holds for all probabilities. An integral weighs each value by an arbitrary measure, so that a density is no
probability. Bayes' rule, the bound on the evidence and the chain rules of divergences are identities in these numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Final

from derivcheck.language import nodes as n
from derivcheck.language.nodes import children, mapped, transform, walk
from derivcheck.meaning import hidden
from derivcheck.problem.context import key_of, members_of, strip
from derivcheck.problem.probability.operators import ENTROPIES, MEANS, is_divergence
from derivcheck.reading.items import Item, Statement
from derivcheck.reading.phrases import SAYS_MORE_OF_DENSITIES, SPEAKS_OF_DENSITIES
from derivcheck.reading.unread import Unread, folded, words_in
from derivcheck.source import Span

_LETTERS: Final = frozenset(("p", "q", "r", "P", "Q"))


@dataclass(frozen=True, slots=True)
class Seen:
    """``p(x, z \\mid y)``: whose density it is, of what, given what."""

    key: str
    of: tuple[n.Name, ...]
    given: tuple[n.Name, ...] = ()


@dataclass
class Tables:
    """The densities of a document, the letters of each in their order, and how each of them is mostly written."""

    letters: dict[str, list[n.Name]] = field(default_factory=dict)
    forms: dict[str, set[Seen]] = field(default_factory=dict)
    bound: set[str] = field(default_factory=set)
    measured: set[str] = field(default_factory=set)
    sizes: dict[str, n.Node] = field(default_factory=dict)
    fresh: Iterator[int] = field(default_factory=count)


def tables(items: Sequence[Item], text: str) -> Tables | None:
    """The abstract densities of a document; None where it has none, or says more of them than their names."""
    statements = [item for item in labelled(items) if isinstance(item, Statement)]
    nodes = [pair for one in statements for member in one.members for part in walk(member) for pair in _pairs(part)]
    found = Tables()
    for node in nodes:
        if (seen := _seen(node)) is not None:
            mine = found.letters.setdefault(seen.key, [])
            mine += [name for name in (*seen.of, *seen.given) if name not in mine]
            found.forms.setdefault(seen.key, set()).add(seen)
    # One density of one argument may be a function that happens to have its letter.
    if SAYS_MORE_OF_DENSITIES.search(text) or not any(len(mine) > 1 for mine in found.letters.values()):
        return None
    given = any(seen.given for forms in found.forms.values() for seen in forms)
    if not given and not SPEAKS_OF_DENSITIES.search(text):
        return None
    every = {name for mine in found.letters.values() for name in mine}
    for node in nodes:
        _note_binders(node, found, {key_of(name) for name in every})
    said = [one for one in statements if not _only_names(one)]
    used = [name for one in said for member in one.members for name in _used(member, found)]
    if any(name in every for name in used) or any(_is_more(one) for one in statements):
        return None
    return found


def labelled(items: Sequence[Item]) -> tuple[Item, ...]:
    """The items with ``H_x`` of a sum over x as a name: the letter says of which value the number is."""
    said = [item for item in items if isinstance(item, Statement) and len(item.members) > 1 and not item.continues]
    labels = {
        left for item in said if isinstance(left := strip(item.members[0]), n.Scripted) and left.sub is not None
        and left.sup is None and isinstance(left.base, n.Name) and item.relations[0].sign in ("=", ":=")
        and (letters := {part for part in walk(left.sub) if isinstance(part, n.Name)})
        and letters <= {name for part in walk(item.members[1]) if isinstance(part, n.Big) for name in part.binder.names}
    }  # fmt: skip
    if not labels:
        return tuple(items)

    def named(node: n.Node) -> n.Node:
        if isinstance(node, n.Scripted) and node in labels:
            letters = "".join(part.text for part in walk(node.sub) if isinstance(part, n.Name)) if node.sub else ""
            return replace(node, sub=n.Text(letters, span=node.span))
        return node

    return tuple(
        replace(item, members=tuple(transform(member, named) for member in item.members))
        if isinstance(item, Statement) else item
        for item in items
    )  # fmt: skip


def _only_names(one: Statement) -> bool:
    r"""``z \in \{1, \dots, K\}``, or the bare mention of a name."""
    bare = all(isinstance(strip(part), n.Name) for part in members_of(one.members[0]))
    return bare and [relation.sign for relation in one.relations] in ([], ["\\in"])


def _pairs(node: n.Node) -> Iterator[n.Node]:
    """The node, and of a product every two factors that stand side by side: a letter and its brackets."""
    yield node
    if isinstance(node, n.Product) and len(node.factors) > 2:
        for k, operator in enumerate(node.operators):
            if operator == "":
                yield n.Product(node.factors[k : k + 2], ("",), span=node.span)


def _is_density(head: n.Node) -> str | None:
    base = head.base if isinstance(head, n.Scripted) and head.sup is None and not head.primes else head
    return key_of(head) if isinstance(base, n.Name) and base.text in _LETTERS else None


def _seen(node: n.Node) -> Seen | None:
    match node:
        case n.Product(factors=(head, n.Group(body=body, fence="(" | "[")), operators=("",)):
            pass
        case _:
            return None
    key = _is_density(head)
    if key is None:
        return None
    left, right = (body.left, body.right) if isinstance(body, n.Given) else (body, None)
    sides = [_names(side) for side in (left, right) if side is not None]
    if any(side is None for side in sides):
        return None
    of, *given = (side for side in sides if side is not None)
    return Seen(key, of, given[0] if given else ())


def _names(side: n.Node) -> tuple[n.Name, ...] | None:
    """The arguments; behind a semicolon stand parameters, which are the same throughout."""
    parts = members_of(side)
    if isinstance(side, n.Tuple) and ";" in side.separators:
        parts = parts[: side.separators.index(";") + 1]
    names = tuple(part for part in parts if isinstance(part, n.Name))
    return names if len(names) == len(parts) else None


def _note_binders(node: n.Node, found: Tables, letters: set[str]) -> None:
    match node:
        case n.Big(operator="sum" | "int" as operator, binder=binder):
            for name in binder.names:
                found.bound.add(key_of(name))
                if operator == "int":
                    found.measured.add(key_of(name))
                if binder.upper is not None and key_of(name) in letters:
                    found.sizes[key_of(name)] = binder.upper
        case n.Product(factors=(head, *_)) if _moment(head, found) is not None:
            seen = _moment(head, found)
            assert seen is not None
            found.bound.update(key_of(name) for name in seen.of)
        case n.Product(factors=(head, n.Group(body=body))) if _functional(head) is not None:
            for part in members_of(body):
                seen = _written(part, found)
                found.bound.update(key_of(name) for name in (seen.of if seen is not None else ()))


def _written(node: n.Node, found: Tables) -> Seen | None:
    """A density with its arguments, or by its name alone where it is written in one way throughout."""
    seen = _seen(node)
    if seen is not None:
        return seen
    key = _is_density(node)
    forms = found.forms.get(key or "", set())
    return next(iter(forms)) if len(forms) == 1 else None


def _moment(head: n.Node, found: Tables) -> Seen | None:
    r"""The density under which a mean is taken: ``\mathbb{E}_{q(z)}``, ``\mathbb{E}_{z \sim q}``."""
    if not (isinstance(head, n.Scripted) and isinstance(head.base, n.Name) and head.base.text in MEANS and head.sub):
        return None
    sub = head.sub
    if isinstance(sub, n.Compare) and sub.relations == ("\\sim",):
        sub = sub.members[1]
    return _written(sub, found)


def _functional(head: n.Node) -> str | None:
    if is_divergence(head):
        return "divergence"
    return "entropy" if isinstance(head, n.Name) and head.text in ENTROPIES else None


def _used(node: n.Node, found: Tables) -> Iterator[n.Name]:
    """The names that stand in an expression outside of densities and of what binds them."""
    match node:
        case n.Big(body=body):
            yield from _used(body, found)
        case n.Product(factors=factors, operators=operators):
            k = 0
            while k < len(factors):
                pair = n.Product(factors[k : k + 2], operators[k : k + 1]) if k + 1 < len(factors) else factors[k]
                if _seen(pair) is not None or _is_bound_of(pair, found) or _functional(factors[k]) is not None:
                    k += 2
                    continue
                if _moment(factors[k], found) is None:
                    yield from _used(factors[k], found)
                k += 1
        case n.Name():
            yield node
        case _:
            for part in children(node):
                yield from _used(part, found)


def _is_bound_of(node: n.Node, found: Tables) -> bool:
    match node:
        case n.Product(factors=(n.Name(), n.Group() as group), operators=("",)):
            return _of_all(group, found)
    return False


def _of_all(group: n.Group, found: Tables) -> bool:
    r"""Whether a bound is written with what it depends on: ``\mathcal{L}(q)``, ``F(q, \theta; x)``."""
    known = {key for key, mine in found.letters.items() for key in (key, *map(key_of, mine))}
    known |= {part for key in found.letters if "_" in key for part in words_in(key.partition("_")[2])}
    return all(key_of(part) in known for part in members_of(group.body))


def _is_more(one: Statement) -> bool:
    """Whether an equation says what a density is: by something else, or by densities of another letter."""
    if not one.relations or one.relations[0].sign not in ("=", ":=", "\\propto", "\\approx", "\\to"):
        return bool(one.relations) and one.relations[0].sign == "\\sim"
    left = _seen(strip(one.members[0]))
    if left is None or one.continues:
        return False
    keys = [
        {seen.key for part in walk(member) for pair in _pairs(part) if (seen := _seen(pair)) is not None}
        for member in one.members[1:]
    ]
    return any(not mine or mine - {left.key} for mine in keys)


def written_out(found: Tables, items: tuple[Item, ...]) -> tuple[tuple[Item, ...], list[Unread]]:
    """The document in the numbers of its tables, and what may ask them to be independent."""
    kept: list[Item] = []
    doubts: list[Unread] = []
    every = {key_of(name): name for mine in found.letters.values() for name in mine}
    for item in labelled(items):
        if not isinstance(item, Statement):
            kept.append(item)
            continue
        if item.relations and item.relations[0].sign in ("\\in", ">", "\\ge") and _of_letters(item, every):
            continue
        if _may_factorise(item):
            names = tuple((folded(key),) for key in found.letters)
            why = "may say of what is independent"
            doubts.append(
                Unread(names, Span(item.span.start, item.span.start), narrows=True, stated=item.span, why=why)
            )
        members = tuple(_rewritten(member, found) for member in item.members)
        if len(members) == 2 and item.relations[0].sign == "=" and _free(members[0], found) < _free(members[1], found):
            # ``\\log p(x) = \\log p(x, z) - \\log p(z \\mid x)`` is claimed for every z.
            members = members[::-1]
        kept.append(replace(item, members=members))
    start = next((item.span.start for item in items if isinstance(item, Statement)), 0)
    return hidden.in_front(_declared(found, every, Span(start, start)), tuple(kept)), doubts


def _free(node: n.Node, found: Tables) -> frozenset[str]:
    """The letters that run in an expression and are bound by nothing in it."""
    match node:
        case n.Big(binder=binder, body=body):
            return _free(body, found) - {key_of(name) for name in binder.names}
        case n.Name(text=text):
            return (
                frozenset((text,)) if text in found.bound or text.removesuffix("#value") in found.bound else frozenset()
            )
    return frozenset[str]().union(*(_free(part, found) for part in children(node)))


def _of_letters(item: Statement, every: dict[str, n.Name]) -> bool:
    """Whether a line only says where the letters run, or that densities are positive."""
    names = [strip(part) for part in members_of(item.members[0])]
    return all(key_of(name) in every or _seen(name) is not None for name in names)


def _may_factorise(item: Statement) -> bool:
    """``p(x, y) = p(x) p(y)``: a product of densities alone may be asked of them."""
    if not item.relations or len(item.members) != 2 or _seen(_bare(item.members[0])) is None:
        return False
    right = strip(item.members[1])
    if isinstance(right, n.Add):
        return all(_seen(_bare(part)) is not None for _, part in right.terms)
    return _seen(right) is not None or (isinstance(right, n.Product) and _all_densities(right))


def _bare(node: n.Node) -> n.Node:
    node = strip(node)
    return strip(node.args[0]) if isinstance(node, n.Apply) and node.word.text in ("log", "ln") else node


def _all_densities(node: n.Product) -> bool:
    heads, groups = node.factors[::2], node.factors[1::2]
    return len(heads) == len(groups) and all(
        _seen(n.Product((head, group), ("",))) is not None for head, group in zip(heads, groups, strict=True)
    )


def _table(key: str) -> n.Name:
    return n.Name(f"{key}#table")


def _declared(found: Tables, every: dict[str, n.Name], place: Span) -> list[Statement]:
    made: list[Statement] = []

    def add(members: tuple[n.Node, ...], sign: str) -> None:
        made.append(hidden.let(members, (sign,), place, 600 + len(made)))

    for key, name in every.items():
        size = found.sizes.get(key, n.Name(f"|{key}|"))
        add((_index(name), n.Tuple((hidden.ONE, n.Symbol("\\dots"), size), (",", ","))), "=")
        if key in found.measured:
            add((n.Scripted(_measure(key), _index(name), None), hidden.ZERO), ">")
    for key, letters in found.letters.items():
        add((_entry(key, [_index(name) for name in letters]), hidden.ZERO), ">")
    return made


def _index(name: n.Name) -> n.Name:
    taken = name.text in ("e", "I", "\\pi")
    return n.Name(f"{name.text}#value", span=name.span) if taken else name


def _measure(key: str) -> n.Name:
    return n.Name(f"d{key}#measure")


def _entry(key: str, values: Sequence[n.Node]) -> n.Node:
    sub = values[0] if len(values) == 1 else n.Tuple(tuple(values), (",",) * (len(values) - 1))
    return n.Scripted(_table(key), sub, None)


def _rewritten(node: n.Node, found: Tables) -> n.Node:
    """An expression in the numbers of the tables."""
    match node:
        case n.Product(factors=factors, operators=operators):
            return _products(node, factors, operators, found)
        case n.Big(operator="sum" | "int" as operator, binder=binder):
            body = _rewritten(node.body, found)
            for name in reversed(binder.names):
                if operator == "int":
                    weight = n.Scripted(_measure(key_of(name)), _value(name, found), None)
                    body = n.Product((weight, n.Group(body, span=node.span)), ("",), span=node.span)
                body = _total(_value(name, found), body, node.span)
            return n.Group(body, span=node.span)
    return mapped(node, lambda part: _rewritten(part, found))


def _products(node: n.Product, factors: tuple[n.Node, ...], operators: tuple[str, ...], found: Tables) -> n.Node:
    """A product with its densities, means, divergences and entropies written out."""
    made: list[n.Node] = []
    signs: list[str] = []
    k = 0
    while k < len(factors):
        head = factors[k]
        pair = n.Product(factors[k : k + 2], operators[k : k + 1], span=node.span) if k + 1 < len(factors) else None
        step, part = 1, None
        if pair is not None and operators[k] == "":
            step = 2
            if (seen := _seen(pair)) is not None and seen.key in found.letters:
                part = _density(seen, found, factors[k].span | factors[k + 1].span)
            elif (under := _moment(head, found)) is not None:
                behind = factors[k + 1 :] if not isinstance(factors[k + 1], n.Group) else factors[k + 1 : k + 2]
                step = 1 + len(behind)
                inner = behind[0] if len(behind) == 1 else n.Product(behind, operators[k + 1 :], span=node.span)
                part = _mean(under, _rewritten(inner, found), found, node.span)
            elif (kind := _functional(head)) is not None and isinstance(factors[k + 1], n.Group):
                part = _of_densities(kind, factors[k + 1], found, node.span)
            elif _is_bound_of(pair, found):
                part = head
        if part is None:
            step, part = 1, _rewritten(head, found)
        if made:
            signs.append(operators[k - 1])
        made.append(part)
        k += step
    return made[0] if len(made) == 1 else n.Product(tuple(made), tuple(signs), span=node.span)


def _of_densities(kind: str, group: n.Node, found: Tables, span: Span) -> n.Node | None:
    assert isinstance(group, n.Group)
    parts = [_written(part, found) for part in members_of(group.body)]
    if any(part is None or part.key not in found.letters for part in parts):
        return None
    first, *others = (part for part in parts if part is not None)
    if (kind == "divergence") != (len(others) == 1):
        return None
    value = _log(_density(first, found, span), span)
    if others:
        value = n.Add((("+", value), ("-", _log(_density(others[0], found, span), span))), span=span)
        return _mean(first, value, found, span)
    return n.Group(n.Add((("-", _mean(first, value, found, span)),), span=span), span=span)


def _log(node: n.Node, span: Span) -> n.Node:
    return n.Apply(n.Word("log", span=span), (node,), bracketed=True, fence="(", span=span)


def _mean(under: Seen, body: n.Node, found: Tables, span: Span) -> n.Node:
    value: n.Node = n.Product((_density(under, found, span), n.Group(body, span=span)), ("",), span=span)
    for name in reversed(under.of):
        if key_of(name) in found.measured:
            weight = n.Scripted(_measure(key_of(name)), _value(name, found), None)
            value = n.Product((weight, value), ("",), span=span)
        value = _total(_value(name, found), value, span)
    return n.Group(value, span=span)


def _total(letter: n.Node, body: n.Node, span: Span) -> n.Node:
    return n.Big("sum", n.Binder((letter,), None, None, span=span), body, span=span)


def _value(name: n.Node, found: Tables) -> n.Node:
    """The value of a letter: what nothing runs over is the same throughout, and any of its values will do."""
    assert isinstance(name, n.Name)
    return _index(name) if key_of(name) in found.bound else hidden.ONE


def _density(seen: Seen, found: Tables, span: Span) -> n.Node:
    """The sum over all that is not spoken of, over the sum over all but what is given."""
    letters = found.letters[seen.key]
    spoken = (*seen.of, *seen.given)
    top = _summed(seen.key, letters, spoken, found, span)
    bottom = _summed(seen.key, letters, seen.given, found, span)
    return n.Group(n.Fraction_(top, bottom, span=span), span=span)


def _summed(key: str, letters: Sequence[n.Name], kept: Sequence[n.Name], found: Tables, span: Span) -> n.Node:
    values = [
        _value(name, found) if name in kept else n.Name(f"{name.text}#{next(found.fresh)}", span=span)
        for name in letters
    ]
    body: n.Node = _entry(key, values)
    for name, value in reversed(list(zip(letters, values, strict=True))):
        if name not in kept:
            if key_of(name) in found.measured:
                body = n.Product((n.Scripted(_measure(key_of(name)), value, None), body), ("",), span=span)
            body = _total(value, body, span)
    return transform(body, lambda node: replace(node, span=span))
