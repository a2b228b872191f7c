r"""Random names of which words tell a mean and a variance, and no distribution, as hidden lines of the model.

"Let $X$ be a random variable with mean $\mu$ and variance $\sigma^2$" becomes ``X \sim \mathcal{N}(\mu, \sigma^2)``,
marked as told by its moments: what these do not determine is refused. What no words say of them is an input.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from re import Match
from typing import Literal

from derivcheck.language import nodes as n
from derivcheck.language.nodes import transform, walk
from derivcheck.language.precedence import base_of
from derivcheck.meaning import hidden
from derivcheck.meaning.written import is_plain
from derivcheck.problem.context import key_of, members_of, names_in, strip
from derivcheck.problem.dotted import is_dots
from derivcheck.problem.probability.operators import MEANS, VARIANCES
from derivcheck.problem.prose import is_concluded
from derivcheck.problem.scope import DENSITIES, MOMENTS
from derivcheck.reading.items import Item, Statement
from derivcheck.reading.parser import parse_expression
from derivcheck.reading.phrases import BARELY, BY_CHANCE, ENDS, INDEPENDENT, SPOKEN_MOMENT, SPOKEN_NAMES, STATEMENT
from derivcheck.reading.windows import sentence
from derivcheck.source import Span

TWO = n.Number(Fraction(2), "2")
NUMBERS = {"zero": hidden.ZERO, "one": hidden.ONE, "unit": hidden.ONE}


@dataclass(frozen=True, slots=True)
class Moments:
    """A mean and a covariance as they are written, where they are; ``root`` tells that it is a standard deviation."""

    mean: n.Node | None = None
    spread: n.Node | None = None
    root: bool = False


def spoken_models(items: Sequence[Item], text: str) -> list[Statement]:
    """The hidden lines of the model that the words of a document say."""
    if not BY_CHANCE.search(text.lower()):
        return []
    statements = [item for item in items if isinstance(item, Statement) and not item.hidden]
    told = {_stem(part) for one in statements if one.relations
            and one.relations[0].sign in ("\\sim", "=", ":=") for part in _set(one)}  # fmt: skip
    sentences: dict[int, list[Statement]] = {}
    for item in statements:
        sentences.setdefault(item.sentence, []).append(item)
    made: list[Statement] = []
    for mine in sentences.values():
        words = sentence(mine, text)
        for match in SPOKEN_NAMES.every(words):
            if BY_CHANCE.search(match["said"]):
                names = list(_names(match, mine))
                if names and not any(_stem(name) in told for name in names):
                    made += _lines(names, match, words, mine, statements, len(made))
                    told |= {_stem(name) for name in names}
    return made


LINKS = {
    ("\\log y", "\\log(y)", "\\ln y", "\\ln(y)"): "\\exp(z)",
    (
        "\\log\\frac{y}{1-y}",
        "\\ln\\frac{y}{1-y}",
        "\\mathrm{logit}(y)",
        "\\mathrm{logit} y",
    ): "\\frac{1}{1 + \\exp(-z)}",
}
"""What a model sets a name y to when it says that this of y is z."""


def solved(items: Sequence[Item]) -> list[Item]:
    r"""``\log \mu_i = x_i^\top \beta`` of a name that no other line sets or declares, as what it is set to."""
    statements = [item for item in items if isinstance(item, Statement) and item.relations]
    told = {key_of(strip(part)) for one in statements for part in members_of(strip(one.members[0]))}
    inverse = {parse_expression(one): value for ways, value in LINKS.items() for one in ways}
    made: list[Item] = []
    for item in items:
        own = isinstance(item, Statement) and item.relations and item.relations[0].sign == "=" and not item.continues
        left = item.members[0] if isinstance(item, Statement) and own and not item.implied else None
        for name in dict.fromkeys(names_in(left)) if left is not None else ():
            value = inverse.get(_with(left, name, n.Name("y"))) if left is not None else None
            if value is None or key_of(name) in told or not is_plain(name) or not isinstance(item, Statement):
                continue
            if any(part == name for part in walk(item.members[1])):
                continue
            solution = transform(parse_expression(value), lambda node, at=name.span: replace(node, span=at))  # type: ignore[misc]
            solution = _with(solution, n.Name("z"), n.Group(item.members[1], span=item.members[1].span))
            made += _apart(item, (name, solution), "=")
            break
        else:
            made.append(item)
    return made


def _with(node: n.Node, name: n.Node, value: n.Node) -> n.Node:
    return transform(node, lambda part: value if part == name else part)


def _apart(item: Statement, first: tuple[n.Node, n.Node], sign: str) -> Iterator[Statement]:
    """A line whose first two members say something else, and what it says of the others."""
    yield replace(item, members=first, relations=(replace(item.relations[0], sign=sign),))
    if item.relations[1:]:
        span = item.members[1].span | item.members[-1].span
        yield replace(item, members=item.members[1:], relations=item.relations[1:], span=span)


def by_probability(items: Sequence[Item]) -> list[Item]:
    r"""``p(y = 1 \mid x) = f`` of a y of which no line says how it is drawn, as ``y \sim \mathrm{Bernoulli}(f)``."""
    statements = [item for item in items if isinstance(item, Statement) and item.relations]
    drawn = {key_of(strip(part)) for one in statements if one.relations[0].sign == "\\sim"
             for part in members_of(strip(one.members[0]))}  # fmt: skip
    made: list[Item] = []
    for item in items:
        name = _of_one(item.members[0]) if isinstance(item, Statement) and item.relations else None
        if not isinstance(item, Statement) or name is None or item.continues or item.relations[0].sign != "=":
            made.append(item)
            continue
        if key_of(name) in drawn or name in (part for member in item.members[1:] for part in walk(member)):
            made.append(item)
            continue
        drawn.add(key_of(name))
        law = hidden.called(n.Name("\\mathrm{Bernoulli}"), (item.members[1],))
        made += _apart(item, (name, law), "\\sim")
    return made


def _of_one(node: n.Node) -> n.Node | None:
    r"""The y of ``p(y = 1 \mid x)``."""
    match strip(node):
        case n.Product(
            factors=(n.Name(text=text), n.Group(body=n.Given(n.Compare((name, one), ("=",)), given))), operators=("",)
        ) if text in DENSITIES and one == hidden.ONE and isinstance(name, n.Name | n.Scripted):
            # Of what is known of it for one value of another thing, more lines tell the rest.
            return None if any(isinstance(part, n.Compare) for part in walk(given)) else name
    return None


def _set(one: Statement) -> Iterator[n.Node]:
    r"""The names that a line sets or draws, ``p(x \mid z) = …`` and ``x \mid z \sim D`` among them."""
    node = strip(one.members[0])
    match node:
        case n.Product(factors=(n.Name(text=text), n.Group() as group), operators=("",)) if text in DENSITIES:
            node = strip(group.body)
    for part in members_of(node.left if isinstance(node, n.Given) else node):
        part = strip(part)
        yield part.members[0] if isinstance(part, n.Compare) else part


def _names(match: Match[str], mine: Sequence[Statement]) -> Iterator[n.Node]:
    for mark in STATEMENT.every(match["names"]):
        first = strip(mine[int(mark[1])].members[0])
        for name in members_of(first.body if isinstance(first, n.Group) else first):
            name = strip(name)
            if not isinstance(name, n.Name | n.Scripted) and not is_dots(name):
                return
            yield name


def _stem(node: n.Node) -> str:
    return key_of(base_of(strip(node)))


def _lines(
    names: list[n.Node], match: Match[str], words: str, mine: Sequence[Statement], statements: Sequence[Statement],
    number: int,
) -> Iterator[Statement]:  # fmt: skip
    """The lines of the model for names that one stretch of words calls random."""
    told, rest = _moments(words[match.end() :], mine)
    told = _written(told, names, statements)
    if told is None or not ENDS.match(rest) or (BARELY.search(match["said"]) is None and told == Moments()):
        return
    place = Span(mine[-1].span.end, mine[-1].span.end)
    shapes = {_stem(name): _space(name, statements) for name in names if not is_dots(name)}
    run = any(map(is_dots, names))
    alone = run or len(names) == 1 or INDEPENDENT.search(match["said"]) is not None
    if len(set(shapes.values())) > 1 or (not alone and set(shapes.values()) != {None}):
        return
    sizes = next(iter(shapes.values())) or ()
    if not alone and told.spread is not None and _stands_elsewhere(told.spread, mine, statements):
        names = [n.Group(n.Tuple(tuple(names), (",",) * (len(names) - 1)))]
        sizes = (n.Number(Fraction(len(shapes)), str(len(shapes))),)
        alone = True
    elif not alone:
        told = Moments()
    before: list[tuple[n.Node, n.Node]] = []
    for k, name in enumerate(names[:1] if run else names):
        own = _of(told, name, sizes)
        yield from _declared(own, sizes, statements, place, 900 + number + 5 * k)
        assert own.mean is not None
        assert own.spread is not None
        mean = own.mean if alone else _given_those_before(own.mean, name, before)
        if mean != own.mean:
            for slope in (part for part in walk(mean) if isinstance(part, n.Name) and part.text.startswith("slope#")):
                yield hidden.membership(slope, (), place, 903 + number + 5 * k)
        law = n.Product((n.Name("\\mathcal{N}"), n.Group(n.Tuple((mean, own.spread), (",",)))), ("",))
        left = n.Tuple(tuple(names), (",",) * (len(names) - 1)) if run else name
        yield replace(hidden.let((left, law), ("\\sim",), place, 904 + number + 5 * k), lead=MOMENTS)
        before.append((name, own.mean))


def _given_those_before(mean: n.Node, name: n.Node, before: Sequence[tuple[n.Node, n.Node]]) -> n.Node:
    """The mean of one of several values given those before it, linear in how far these are from theirs."""
    terms: list[tuple[Literal["+", "-", "±"], n.Node]] = [("+", mean)]
    for other, own in before:
        away = n.Group(n.Add((("+", other), ("-", own))))
        terms.append(("+", n.Product((n.Name(f"slope#{_stem(name)}{_stem(other)}"), away), ("",))))
    return n.Add(tuple(terms)) if before else mean


def _stands_elsewhere(node: n.Node, mine: Sequence[Statement], statements: Sequence[Statement]) -> bool:
    return any(part == node for one in statements if one not in mine for member in one.members for part in walk(member))


def _moments(words: str, mine: Sequence[Statement]) -> tuple[Moments | None, str]:
    """What the words right behind say of a mean and a variance, the same of all names, and the words behind that."""
    told = Moments()
    while (match := SPOKEN_MOMENT.match(words)) is not None:
        value = NUMBERS[match["number"] or match["given"]] if match["value"] is None else _value(mine, match["value"])
        if value is None or match["several"]:
            return None, words
        what = match["what"] or match["of"]
        if what in ("mean", "expectation"):
            told = replace(told, mean=value)
        else:
            told = replace(told, spread=value, root=what.startswith("standard"))
        words = words[match.end() :]
    return told, words


def _value(mine: Sequence[Statement], number: str) -> n.Node | None:
    """A value by its place in the sentence; None for the first of several: ``\\mu_1, \\dots, \\mu_n``."""
    found = strip(mine[int(number)].members[0])
    listed = isinstance(found, n.Scripted) and isinstance(found.sub, n.Number)
    return None if listed or isinstance(found, n.Tuple) else found


def _written(told: Moments | None, names: Sequence[n.Node], statements: Sequence[Statement]) -> Moments | None:
    r"""With what equations ask: ``\mathbb{E}[X] = \mu``. None where they ask of a mean what is not taken from them."""
    stems = {_stem(name) for name in names}
    for one in statements:
        if told is None or one.displayed or is_concluded(one) or [each.sign for each in one.relations[:1]] != ["="]:
            continue
        match strip(one.members[0]):
            case n.Product(factors=(n.Name(text=text), n.Group(body=n.Name() | n.Scripted() as body)), operators=("",)):
                bare = _stem(body) in stems and len(one.members) == 2 and len(names) in (1, 3)
                if bare and text in MEANS and told.mean is None:
                    told = replace(told, mean=one.members[1])
                    continue
                if bare and text in VARIANCES and told.spread is None:
                    told = replace(told, spread=one.members[1])
                    continue
        parts = [part for part in walk(one.members[0]) if isinstance(part, n.Name)]
        if any(part.text in MEANS | VARIANCES for part in parts) and stems & set(map(key_of, parts)):
            return None
    return told


def _of(told: Moments, name: n.Node, sizes: tuple[n.Node, ...]) -> Moments:
    """The moments with names of their own for those that no words say; a square for a standard deviation."""
    key = _stem(name)
    mean = told.mean or n.Name(f"mean#{key}")
    spread = told.spread or n.Name(f"variance#{key}")
    if told.root:
        spread = n.Scripted(spread, None, TWO)
    if sizes and mean == hidden.ZERO:
        mean = n.Name("\\mathbf{0}")
    if sizes and spread == hidden.ONE:
        spread = n.Name("I")
    return Moments(mean, spread)


def _declared(
    own: Moments, sizes: tuple[n.Node, ...], statements: Sequence[Statement], place: Span, number: int
) -> Iterator[Statement]:
    """Declarations of a mean and a variance that the document does not declare."""
    mean, spread = own.mean, own.spread
    if isinstance(mean, n.Name | n.Scripted) and mean != n.Name("\\mathbf{0}") and not _is_declared(mean, statements):
        yield hidden.membership(mean, sizes, place, number)
    root = spread.base if isinstance(spread, n.Scripted) and spread.sup == TWO else spread
    if isinstance(root, n.Name | n.Scripted) and root != n.Name("I") and not _is_declared(root, statements):
        if not sizes:
            yield hidden.let((root, hidden.ZERO), (">",), place, number + 1)
        elif root is spread:
            yield hidden.membership(spread, (*sizes, *sizes), place, number + 1)
            yield hidden.let((spread, hidden.ZERO), ("\\succ",), place, number + 2)


def _is_declared(name: n.Node, statements: Sequence[Statement]) -> bool:
    keys = {key_of(name), _stem(name), key_of(n.Scripted(name, None, TWO))}
    return any(
        one.relations and one.relations[0].sign in ("\\in", ">", "\\ge", "=", ":=", "\\succ", "\\sim", "\\succeq")
        and any(key_of(part) in keys for part in members_of(one.members[0]))
        for one in statements
    )  # fmt: skip


def _space(name: n.Node, statements: Sequence[Statement]) -> tuple[n.Node, ...] | None:
    r"""The size of a column that is declared in ``\mathbb{R}^n``; None of a number."""
    for one in statements:
        if one.relations and one.relations[0].sign == "\\in" and name in members_of(one.members[0]):
            match strip(one.members[1]):
                case n.Scripted(base=n.Name(text="\\mathbb{R}"), sub=None, sup=size) if size is not None:
                    return (size,)
    return None
