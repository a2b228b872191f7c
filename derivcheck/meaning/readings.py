"""What print leaves open, as a table of conventions (DESIGN 3.2): one record each.

A convention rewrites the statements of a document; which choice is taken is told by what the document says, never by
whether a line holds under it. What is not the default is said once in the report.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from derivcheck.config import did_you_mean
from derivcheck.language import nodes as n
from derivcheck.language.nodes import transform, walk
from derivcheck.language.printing import plain
from derivcheck.meaning import hidden, repeated, tables
from derivcheck.meaning.differentials import (
    along_a_path,
    differentials,
    doubtful,
    held,
    in_exponents,
    speaks,
)
from derivcheck.meaning.samples import declared, means, samples
from derivcheck.meaning.written import arguments_of
from derivcheck.problem.context import key_of, strip
from derivcheck.problem.domains import REALS
from derivcheck.reading.items import Directive, Item, Statement
from derivcheck.reading.parser import parse_expression
from derivcheck.reading.phrases import ADJOINT, BROADCASTS, BY_COLUMNS, BY_ROWS, DIFFERENTIAL, EVERY_ENTRY, SOFTMAX
from derivcheck.reading.unread import Unread, unaccented
from derivcheck.source import Span
from derivcheck.verdict import Finding, Severity

Items = tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Read:
    """A document under a choice: its statements, and one sentence that says what was taken how, if anything was."""

    items: Items
    said: str = ""
    unread: tuple[Unread, ...] = ()


@dataclass(frozen=True, slots=True)
class Convention:
    """Something that print leaves open.

    ``choices`` have the default first; ``speaks`` tells which one a document itself suggests; ``read`` gives the
    statements under a choice that is not the default.
    """

    name: str
    about: str
    choices: tuple[str, ...]
    speaks: Callable[[Items, str], str]
    read: Callable[[Items, str], Read]


def interpreted(items: Items, text: str, fixed: Mapping[str, str]) -> tuple[Read, dict[str, str], list[str]]:
    """The statements under the readings that a document suggests or a user has fixed, these, and what is said of it."""
    told: list[str] = []
    unread: tuple[Unread, ...] = ()
    chosen: dict[str, str] = {}
    for convention in CONVENTIONS:
        choice = fixed.get(convention.name) or convention.speaks(items, text)
        if choice != convention.choices[0]:
            found = convention.read(items, text)
            items, unread = found.items, (*unread, *found.unread)
            asked = ", as you ask" if convention.name in fixed else ""
            told += [found.said.replace("<choice>", choice) + asked] if found.said else []
            chosen[convention.name] = choice
    return Read(items, unread=unread), chosen, told


def refusal(name: str, choice: object) -> str:
    """Why a convention cannot be fixed so, with what may have been meant; nothing if it can."""
    choices = next((one.choices for one in CONVENTIONS if one.name == name), None)
    if choices is None:
        known = tuple(one.name for one in CONVENTIONS)
        return f"`{name}` is no reading" + (did_you_mean(name, known) or f"; the readings are {', '.join(known)}")
    if choice in choices:
        return ""
    return f"`{name}` takes one of {', '.join(choices)}, not `{choice}`{did_you_mean(str(choice), choices)}"


def fixed_in(items: Items) -> tuple[dict[str, str], list[Finding]]:
    """The conventions that a document's directives fix, and what is amiss with these."""
    fixed: dict[str, str] = {}
    amiss: list[Finding] = []
    for item in items:
        for part in item.argument.split() if isinstance(item, Directive) and item.word == "reading" else ():
            name, equals, choice = part.partition("=")
            told = refusal(name, choice) if equals else f"`{part}` is no reading"
            help = None if equals else "write a name, an equals sign and a choice: `reading softmax-axis=rows`"
            if told:
                amiss.append(Finding("directive", Severity.ERROR, told, item.span, item.span, help=help))
            else:
                fixed[name] = choice
    return fixed, amiss


# Letters that are a size and a value.


def _sizes(items: Items) -> dict[str, n.Node]:
    """The names in the exponents of sets."""
    return {
        key_of(part): part for part in in_exponents(list(_statements(items))) if isinstance(part, n.Name | n.Scripted)
    }


def _both(items: Items) -> dict[str, n.Node]:
    """Letters that a document uses as a size, and sets to something else or declares as a vector."""
    made = {key_of(name) for name, _ in _set(items)}
    for item in _statements(items):
        if len(item.members) == 2 and item.relations[0].sign == "\\in":
            target = strip(item.members[1])
            if isinstance(target, n.Scripted) and isinstance(target.base, n.Name) and target.base.text in REALS:
                left = item.members[0]
                made |= {key_of(part) for part in (left.items if isinstance(left, n.Tuple) else (left,))}
    return {key: node for key, node in _sizes(items).items() if key in made}


def _apart(items: Items, text: str) -> Read:
    both = _both(items)

    def in_set(node: n.Node) -> n.Node:
        if (
            isinstance(node, n.Scripted)
            and isinstance(node.base, n.Name)
            and node.base.text in REALS
            and node.sup is not None
        ):
            return replace(node, sup=transform(node.sup, renamed))
        return node

    def renamed(node: n.Node) -> n.Node:
        return (
            n.Name(f"{key_of(node)}#size", span=node.span)
            if isinstance(node, n.Name) and key_of(node) in both
            else node
        )

    letters = ", ".join(f"`{plain(node)}`" for node in both.values())
    return Read(_rewritten(items, in_set), f"{letters} as a size is another thing than {letters} as a value")


# Names for derivatives of the loss.

_LOSSES: Final = ("L", "\\mathcal{L}", "\\ell", "E", "J", "C", "\\mathcal{J}", "\\mathcal{E}", "f")


_Notation = Callable[[n.Node], n.Node | None]
"""One way to write the derivative of the loss by a name: ``\\bar x``, ``dx``, ``\\delta_x``, ``x_{grad}``."""


def _with_bar(node: n.Node) -> n.Node | None:
    inner, sub = (
        (node.base, node.sub) if isinstance(node, n.Scripted) and node.sup is None and not node.primes else (node, None)
    )
    if not (isinstance(inner, n.Name) and inner.text.startswith("\\bar{")):
        return None
    base = n.Name(inner.text[5:-1], span=inner.span)
    return base if sub is None else n.Scripted(base, sub, None, span=node.span)


def _with_d(node: n.Node) -> n.Node | None:
    if not (isinstance(node, n.Product) and len(node.factors) == 2 and node.operators == ("",)):
        return None
    letter, name = node.factors
    upright = letter.span.end - letter.span.start > 1
    if letter == n.Name("d") and isinstance(name, n.Name | n.Scripted):
        return name if upright or letter.span.end == name.span.start else None
    return None


def _says_itself(name: n.Node, value: n.Node) -> bool:
    r"""``\mathrm{d}S = \partial L / \partial S``: what is written so is the name of this derivative."""
    value = strip(value)
    return isinstance(value, n.Derivative) and value.variables == (name,)


def _with_letter(node: n.Node) -> n.Node | None:
    if not (isinstance(node, n.Scripted) and isinstance(node.base, n.Name) and node.sup is None and not node.primes):
        return None
    if node.base.text in ("\\delta", "g", "\\nabla") and isinstance(node.sub, n.Name | n.Scripted):
        return node.sub
    return None


def _with_word(node: n.Node) -> n.Node | None:
    if not (isinstance(node, n.Scripted) and isinstance(node.sub, n.Text | n.Name) and node.sup is None):
        return None
    return node.base if unaccented(node.sub.text) in ("grad", "adj") else None


_NOTATIONS: Final = (_with_bar, _with_d, _with_letter, _with_word)


def _whole(name: n.Node) -> n.Node:
    """What a name is an entry or a member of: ``S`` for ``S_{ij}``, ``v`` for ``v_j``; any other as it is."""
    match name:
        case n.Scripted(base=base, sub=sub, sup=None) if sub is not None and not name.primes:
            return base if any(isinstance(part, n.Name) for part in walk(sub)) else name
    return name


def _is_of(name: n.Node | None, known: Collection[str]) -> bool:
    return name is not None and key_of(_whole(name)) in known


def _adjoints(items: Items) -> tuple[_Notation, dict[str, n.Node]] | None:
    """The notation of a document for derivatives of its loss, and the names of which it is used, by their keys."""
    known = {key_of(_whole(name)) for name in (*(name for name, _ in _set(items)), *_declared_names(items))}
    for notation in _NOTATIONS:
        found: dict[str, n.Node] = {}
        set_to = 0
        for item in _statements(items):
            name = notation(strip(item.members[0]))
            if name is None or not _is_of(name, known):
                continue
            key = key_of(whole := _whole(name))
            if not item.relations:
                found[key] = whole
            elif item.relations[0].sign in ("=", ":=") and not item.continues:
                itself = _says_itself(name, item.members[1])
                if not itself and item.cue is not None and item.cue.kind in ("let", "call", "where") and item.cue.near:
                    break  # "With $\\delta_z = …$" gives a name, and no derivative by z.
                if itself or not any(isinstance(part, n.Derivative) for part in walk(item.members[1])):
                    found[key] = whole
                    set_to += 2 if itself and notation is _with_d else 1
        else:
            if set_to >= 2:
                return notation, found
    return None


def _speaks_of_adjoints(items: Items, text: str) -> str:
    told = any(
        (name := notation(strip(item.members[0]))) is not None and _says_itself(name, item.members[1])
        for item in _statements(items)
        if len(item.members) > 1
        for notation in _NOTATIONS
    )
    if not told and (not ADJOINT.search(text) or DIFFERENTIAL.search(text)):
        return "names"
    return "names" if _adjoints(items) is None else "derivatives"


def _as_derivatives(items: Items, text: str) -> Read:
    found = _adjoints(items)
    if found is None:
        return Read(items)
    notation, names = found
    loss, extra = _loss(items, notation, names)

    def rewritten(node: n.Node) -> n.Node:
        if isinstance(node, n.Product):
            return _joined(node, notation, names, loss)
        name = notation(node)
        return _derivative(loss, name, node.span) if name is not None and _is_of(name, names) else node

    def listed(item: Item) -> Item:
        """What only says the notation, as a mention of the loss at its arguments: nothing vanishes from the report."""
        if not isinstance(item, Statement) or not _says_notation(item, notation, names, loss):
            return item
        right = strip(item.members[1])
        return replace(item, members=(right.target if isinstance(right, n.Derivative) else right,), relations=())

    kept = tuple(map(listed, items))
    written, name = next((part, name) for part in _written(items) if _is_of(name := notation(part), names) and name)
    shown = f"∂{plain(loss)}/∂{plain(name)}"
    said = f"`{plain(written).replace('d ', 'd')}` is read as the derivative `{shown}`, and so for every name"
    made = _rewritten(kept, rewritten)
    why = "has a derivative of what is not declared"
    unread = (Unread((), Span(one.span.start, one.span.start), around=one.span, narrows=True, why=why)
              for one in _statements(made) if notation is _with_d and any(map(_with_d, _pairs(one))))  # fmt: skip
    return Read(hidden.in_front(extra, made), said, tuple(unread))


def _pairs(item: Statement) -> Iterator[n.Node]:
    """Two factors that stand side by side, wherever they do."""
    for part in _written((item,)):
        if isinstance(part, n.Product):
            for one, other, sign in zip(part.factors, part.factors[1:], part.operators, strict=False):
                yield n.Product((one, other), (sign,))


def _joined(node: n.Product, notation: _Notation, names: Mapping[str, n.Node], loss: n.Node) -> n.Node:
    """A product in which two factors are one name, as ``d`` and ``P`` of ``dP``."""
    factors, operators = list(node.factors), list(node.operators)
    k = 0
    while k + 1 < len(factors):
        pair = n.Product((factors[k], factors[k + 1]), (operators[k],), span=factors[k].span | factors[k + 1].span)
        name = notation(pair)
        if name is not None and not (isinstance(name, n.Scripted) and name.sup) and _is_of(name, names):
            factors[k : k + 2] = [_derivative(loss, name, pair.span)]
            del operators[k]
        elif isinstance(name, n.Scripted):
            base = name.base if name.sub is None else n.Scripted(name.base, name.sub, None, span=name.span)
            if _is_of(base, names):
                factors[k : k + 2] = [replace(name, base=_derivative(loss, base, pair.span), sub=None, span=pair.span)]
                del operators[k]
        k += 1
    if len(factors) == 1:
        return factors[0]
    return (
        replace(node, factors=tuple(factors), operators=tuple(operators)) if len(factors) < len(node.factors) else node
    )


def _derivative(loss: n.Node, name: n.Node, span: Span) -> n.Node:
    return n.Derivative(replace(loss, span=span), (name,), span=span)


def _loss(items: Items, notation: _Notation, names: Mapping[str, n.Node]) -> tuple[n.Node, list[Statement]]:
    """The document's loss; where it has none, an arbitrary one of the names whose derivatives come from outside."""
    targets = [
        part.target for part in _written(items) if isinstance(part, n.Derivative) and isinstance(part.target, n.Name)
    ]
    told = [
        target
        for item in _statements(items)
        if len(item.members) == 2 and isinstance(value := strip(item.members[1]), n.Derivative)
        if (name := notation(strip(item.members[0]))) is not None and _says_itself(name, value)
        if isinstance(target := _without_arguments(value.target), n.Name)
    ]  # fmt: skip
    targets = told or targets
    made = {key_of(name): name for name, _ in _set(items)}
    for loss in (*targets, *(n.Name(text) for text in _LOSSES if text in made and not told)):
        if key_of(loss) in made or key_of(loss) in _declared(items):
            return loss, []
    given = {
        key: name
        for key, name in names.items()
        if not any(_is_of(notation(strip(item.members[0])), {key}) for item in _statements(items) if item.relations)
    }
    if len(given) < 2:  # of one name the use of the loss tells
        return (targets[0] if targets else n.Name("L")), []
    loss = targets[0] if targets else next(n.Name(t) for t in _LOSSES if t not in made and t not in _declared(items))
    ends = [item.span.end for name, item in _set(items) if key_of(name) in given]
    start = next((item.span.start for item in _statements(items)), 0)
    place, behind = Span(start, start), Span(max(ends, default=start), max(ends, default=start))
    sizes = [[n.Name(f"?L{k}{side}") for side in "ab"] for k in range(len(given))]
    return loss, [
        hidden.function(loss, [hidden.space(pair) for pair in sizes], place, 900),
        hidden.mentioned(hidden.called(loss, tuple(given.values())), behind, 901),
    ]


def _says_notation(item: Statement, notation: _Notation, names: Mapping[str, n.Node], loss: n.Node) -> bool:
    r"""``\bar v = \partial L / \partial v`` says how derivatives are written, of this name or of every one."""
    if len(item.members) != 2:
        return False
    left, right = (strip(member) for member in item.members)
    name = notation(left)
    if name is None or not isinstance(right, n.Derivative) or not _says_itself(name, right):
        return False
    return _without_arguments(right.target) == loss or key_of(name) not in names


def _without_arguments(target: n.Node) -> n.Node:
    r"""The loss of ``\partial \ell(y) / \partial y``."""
    match strip(target):
        case n.Product(factors=(n.Name() as head, n.Group()), operators=("",)):
            return head
    return target


# Marks that are part of a name.


def _primed(items: Items) -> dict[str, n.Node]:
    """What a document sets or draws under a name with a prime, where the name without it is a value: the next state."""
    values = {*_declared(items), *(key_of(item.members[0]) for item in _drawn(items))} | _bare(items)
    found: dict[str, n.Node] = {}
    for name, item in (*_set(items), *((strip(item.members[0]), item) for item in _drawn(items))):
        if isinstance(name, n.Scripted) and name.primes and name.sup is None:
            base = name.base if name.sub is None else n.Scripted(name.base, name.sub, None)
            # Of ``s' = 1`` alone nobody knows whether it is a slope.
            of_value = key_of(base) in values or _is_gradient_at(base, item.members[1])
            if of_value and sum(part == name for part in _written(items)) > 1:
                found[key_of(name)] = name
    # Nobody transposes where a function is set: ``k(x, x') = …`` is one of two points.
    heads = (part for item in _statements(items) if item.relations for part in arguments_of(item.members[0]))
    return found | {key_of(part): part for part in heads if isinstance(part, n.Scripted) and part.primes}


def _bare(items: Items) -> set[str]:
    """What no line sets, calls, differentiates or primes twice, and what stands in products: the state h of a cell."""
    nodes = list(_written(items))
    products = [part.factors for part in nodes if isinstance(part, n.Product | n.Entrywise)]
    factors = [pair for every in products for pair in pairwise((*every, hidden.ONE))]
    stands = {key_of(one) for one, two in factors if isinstance(one, n.Name) and not isinstance(two, n.Group)}
    told = {key_of(one) for one, two in factors if isinstance(two, n.Group)} | {key_of(name) for name, _ in _set(items)}
    told |= {key_of(part.base) for part in nodes if isinstance(part, n.Scripted) and part.primes > 1}
    return stands - told - {key_of(part.target) for part in nodes if isinstance(part, n.Derivative) and part.target}


def _is_gradient_at(base: n.Node, value: n.Node) -> bool:
    r"""``a' = \nabla \phi(a)``, ``a' = \partial L / \partial a``: a name for what is differentiated by a value."""
    match strip(value):
        case n.Derivative(target=target, variables=variables):
            return base in variables and target != base
        case n.Product(factors=(n.Nabla(variable=variable), *rest)):
            return variable == base or (variable is None and any(part == base for one in rest for part in walk(one)))
    return False


def _primes_as_names(items: Items, text: str) -> Read:
    primed = _primed(items)

    def renamed(node: n.Node) -> n.Node:
        if isinstance(node, n.Scripted) and node.primes and node.sup is None and key_of(node) in primed:
            return n.Name(key_of(node), span=node.span)
        return node

    shown = ", ".join(f"`{plain(node)}`" for node in primed.values())
    return Read(_rewritten(items, renamed), f"{shown} is a name, with nothing transposed or differentiated")


def _samples(items: Items, text: str) -> Read:
    found = samples(items)
    shown = ", ".join(f"`{plain(one.member)}`" for one in found)
    return Read(declared(found, items), f"{shown} is one of several like the name without its index, and no entry")


def _means(items: Items, text: str) -> Read:
    found = means(items)
    shown = ", ".join(f"`{plain(one.members[0])}` is the mean `{plain(one.members[1])}`" for one in found.values())
    return Read(hidden.in_front(tuple(found.values()), items), shown)


def _ends_with_one(node: n.Node) -> bool:
    """Whether a literal 1 stands behind another factor with no sign between: nobody writes ``x 1`` for x."""
    if not isinstance(node, n.Product) or node.operators[-1] != "":
        return False
    last = node.factors[-1]
    return isinstance(last, n.Number) and last.text == "1"


def _with_ones(items: Items) -> set[Span]:
    """Where products that end with a literal 1 stand, those left out that are indices: ``r_{i1}``."""
    nodes = list(_written(items))
    scripts = (script for node in nodes if isinstance(node, n.Scripted) for script in (node.sub, node.sup))
    indices = {part.span for script in scripts if script is not None for part in walk(script)}
    return {node.span for node in nodes if _ends_with_one(node)} - indices


def _ones_as_columns(items: Items, text: str) -> Read:
    places = _with_ones(items)

    def filled(node: n.Node) -> n.Node:
        if not (isinstance(node, n.Product) and _ends_with_one(node) and node.span in places):
            return node
        factors = (*node.factors[:-1], n.Name("\\mathbf{1}", span=node.factors[-1].span))
        return replace(node, factors=factors)

    return Read(_rewritten(items, filled), "a `1` behind a factor is the column of ones")


def _capitals(node: n.Node) -> Iterator[tuple[int, int]]:
    """Where two or more capital letters of a product touch each other: from which factor, up to which."""
    if not isinstance(node, n.Product):
        return
    begin = 0
    for k in range(1, len(node.factors) + 1):
        before, signs = node.factors[k - 1], node.operators
        touches = k < len(node.factors) and signs[k - 1] == "" and before.span.end == node.factors[k].span.start
        if touches and _is_capital(before) and _is_capital(node.factors[k]):
            continue
        if k - begin > 1 and _is_capital(node.factors[begin]):
            yield begin, k
        begin = k


def _is_capital(node: n.Node) -> bool:
    return isinstance(node, n.Name) and len(node.text) == 1 and node.text.isascii() and node.text.isupper()


def _words(items: Items) -> set[str]:
    """Runs of capitals that are one word: set or called as a whole, and no letter of them stands anywhere alone."""
    told, alone = {*_declared(items), *(key_of(name) for name, _ in _set(items))}, dict[str, int]()
    runs: dict[str, int] = {}
    whole: set[str] = set()
    for item in _statements(items):
        for place, member in enumerate(item.members):
            for part in walk(member):
                if _is_capital(part):
                    alone[key_of(part)] = alone.get(key_of(part), 0) + 1
                for begin, end in _capitals(part):
                    assert isinstance(part, n.Product)
                    word = "".join(key_of(factor) for factor in part.factors[begin:end])
                    runs[word] = runs.get(word, 0) + 1
                    behind = part.factors[end : end + 1]
                    if begin == 0 and place == 0 and item.relations and part is strip(member):
                        whole |= {word} if not behind or isinstance(behind[0], n.Group) else set()
    for word, times in runs.items():
        for letter in word:
            alone[letter] = alone.get(letter, 0) - times
    turned = {word for word in runs if any(word != other and sorted(word) == sorted(other) for other in runs)}
    return {word for word in whole - turned if not any(alone[letter] or letter in told for letter in word)}


def _in_one_word(items: Items, text: str) -> Read:
    words = _words(items)

    def joined(node: n.Node) -> n.Node:
        for begin, end in reversed(list(_capitals(node))):
            assert isinstance(node, n.Product)
            factors = node.factors
            if (word := "".join(key_of(factor) for factor in factors[begin:end])) in words:
                name = n.Name(f"\\mathrm{{{word}}}", span=factors[begin].span | factors[end - 1].span)
                made = (*factors[:begin], name, *factors[end:])
                signs = (*node.operators[:begin], *node.operators[end - 1 :])
                node = replace(node, factors=made, operators=signs) if signs else name
        return node

    shown = ", ".join(f"`{word}`" for word in sorted(words))
    return Read(_rewritten(items, joined), f"{shown} is one word and no product of letters")


# What only words tell.


def _axis(text: str) -> str:
    """What the words near "softmax" say."""
    for found in SOFTMAX.every(text):
        near = text[max(0, found.start() - 80) : found.end() + 120]
        if bool(BY_ROWS.search(near)) != bool(BY_COLUMNS.search(near)):
            return "rows" if BY_ROWS.search(near) else "columns"
    return "ask"


# What the rooms above share.


def _statements(items: Items) -> Iterator[Statement]:
    return (item for item in items if isinstance(item, Statement))


def _written(items: Items) -> Iterator[n.Node]:
    for item in _statements(items):
        for member in item.members:
            yield from walk(member)


def _set(items: Items) -> Iterator[tuple[n.Node, Statement]]:
    """The names that a document sets to something, with where it does."""
    for item in _statements(items):
        if item.relations and item.relations[0].sign in ("=", ":=") and not item.continues:
            left = strip(item.members[0])
            if isinstance(left, n.Name | n.Scripted) and not isinstance(item.members[1], n.Tuple):
                yield left, item


def _drawn(items: Items) -> Iterator[Statement]:
    return (item for item in _statements(items) if [relation.sign for relation in item.relations] == ["\\sim"])


def _declared_names(items: Items) -> Iterator[n.Node]:
    for item in _statements(items):
        if len(item.relations) == 1 and item.relations[0].sign == "\\in":
            left = item.members[0]
            yield from left.items if isinstance(left, n.Tuple) else (left,)


def _declared(items: Items) -> Iterator[str]:
    return map(key_of, _declared_names(items))


def _rewritten(items: Sequence[Item], change: Callable[[n.Node], n.Node]) -> Items:
    return tuple(
        replace(item, members=tuple(transform(member, change) for member in item.members))
        if isinstance(item, Statement)
        else item
        for item in items
    )


def _as_tables(items: Items, text: str) -> Read:
    found = tables.tables(items, text)
    if found is None:
        return Read(items)
    shown = ", ".join(f"`{key}`" for key in found.letters)
    changed, doubts = tables.written_out(found, items)
    return Read(
        changed, f"{shown} is any density of its arguments, a table of arbitrary positive numbers", tuple(doubts)
    )


def _of_differentials(items: Items, text: str) -> str:
    if speaks(items, text, DIFFERENTIAL.search(text) is not None):
        return "differential"
    return "product" if next(doubtful(items), None) is None else "either"


def _as_differentials(items: Items, text: str) -> Read:
    moving = differentials(items, text)
    if moving is None:
        return Read(items, unread=tuple(doubtful(items)))
    shown = ", ".join(f"`d{plain(parse_expression(key))}`" for key in moving)
    said = f"{shown} is a differential: any direction in which the input moves"
    return Read(along_a_path(moving, items), said, tuple(held(moving, items)))


CONVENTIONS: Final = (
    Convention(
        "words",
        "whether capitals that stand close, as in `KL`, are a product or one name",
        ("product", "name"),
        lambda items, text: "name" if _words(items) else "product",
        _in_one_word,
    ),
    Convention(
        "repeated-indices",
        "whether an index that stands twice in a product is summed over",
        ("refuse", "summed"),
        lambda items, text: "summed" if repeated.speaks(items, text) else "refuse",
        lambda items, text: Read(tuple(map(repeated.with_sums, items)), "an index that stands twice is summed over"),
    ),
    Convention(
        "densities",
        "whether `p(x, z)` and `q(z)` of which nothing else is said stand for every density",
        ("model", "tables"),
        lambda items, text: "tables" if tables.tables(items, text) is not None else "model",
        _as_tables,
    ),
    Convention(
        "adjoint-names",
        "whether `\\bar x`, `dx`, `\\delta_x`, `x_{grad}` are names of their own or derivatives of the loss",
        ("names", "derivatives"),
        _speaks_of_adjoints,
        _as_derivatives,
    ),
    Convention(
        "differentials",
        "whether `dX` is a differential, along any direction of the inputs, or d times X",
        ("product", "differential", "either"),
        _of_differentials,
        _as_differentials,
    ),
    Convention(
        "size-letters",
        "whether a letter in the exponent of a set and the same letter elsewhere are one thing",
        ("one", "apart"),
        lambda items, text: "apart" if _both(items) else "one",
        _apart,
    ),
    Convention(
        "primes",
        "whether `x'` of a value is a name of its own",
        ("sign", "name"),
        lambda items, text: "name" if _primed(items) else "sign",
        _primes_as_names,
    ),
    Convention(
        "samples",
        "whether `x_i` beside `x` is an entry of it, or another one like it",
        ("entry", "sample"),
        lambda items, text: "sample" if samples(items) else "entry",
        _samples,
    ),
    Convention(
        "bars",
        "whether a `\\bar x` that is nowhere set is the mean of the `x_i`",
        ("name", "mean"),
        lambda items, text: "mean" if means(items) else "name",
        _means,
    ),
    Convention(
        "ones",
        "whether a `1` behind a factor is a number or the column of ones",
        ("number", "column"),
        lambda items, text: "column" if _with_ones(items) else "number",
        _ones_as_columns,
    ),
    Convention(
        "softmax-axis",
        "whether the softmax of a matrix is one of its rows or of its columns",
        ("ask", "rows", "columns"),
        lambda items, text: _axis(text),
        lambda items, text: Read(items, "the softmax of a matrix is taken over <choice>"),
    ),
    Convention(
        "powers",
        "whether a power of a column is one of its entries",
        ("refuse", "entrywise"),
        lambda items, text: "entrywise" if EVERY_ENTRY.search(text) else "refuse",
        lambda items, text: Read(items, "a power of a column is that of each of its entries, as the text says"),
    ),
    Convention(
        "broadcast",
        "whether a number or a column may be added to each column of something larger",
        ("refuse", "entrywise"),
        lambda items, text: "entrywise" if BROADCASTS.search(text) else "refuse",
        lambda items, text: Read(
            items, "a number or a column beside something larger is added to each of its entries or columns"
        ),
    ),
)
