r"""Models in words: "$x_1, \dots, x_n$ are i.i.d. $\mathrm{Poisson}(\lambda)$", "… be i.i.d. with $x_i \sim D$"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from derivcheck.language import nodes as n
from derivcheck.problem.builder import Builder
from derivcheck.problem.context import strip
from derivcheck.problem.domains import DOTS, declare_sizes
from derivcheck.problem.indices import size_dim
from derivcheck.problem.probability.distributions import ALIASES
from derivcheck.reading.items import Item, Relation, Statement
from derivcheck.reading.phrases import IID, WORDS
from derivcheck.source import Span

FILLING = frozenset((
    "all", "mutually", "conditionally", "and", "identically", "independent", "independently", "random", "variables",
    "variable", "a", "an", "the", "with", "to", "according", "sample", "samples", "observations", "draws", "draw",
    "distribution", "of", "size", "being", "was", "were",
))  # fmt: skip
TELLING = frozenset((
    "iid", "distributed", "as", "drawn", "from", "sampled", "follow", "follows", "is", "are", "be", "has", "have",
))  # fmt: skip
"""One of these between a name and a distribution says that the one is drawn from the other."""


def with_spoken_models(items: tuple[Item, ...], text: str) -> tuple[Item, ...]:
    r"""The items, with the words between names and a distribution read as ``\sim``."""
    made: list[Item] = []
    for item in items:
        before = made[-1] if made else None
        if isinstance(item, Statement) and isinstance(before, Statement) and _says_drawn(before, item, text):
            sign = Relation("\\sim", Span(before.span.end, item.span.start))
            list_of = [before] if before.relations else _listed(made)
            first, names = list_of[0], tuple(each.members[0] for each in list_of)
            left = names[0] if len(names) == 1 else n.Tuple(
                names, (",",) * (len(names) - 1), span=names[0].span | names[-1].span
            )  # fmt: skip
            drawn = replace(item, members=(left, *item.members), relations=(sign,), lead=first.lead)
            if not before.relations:
                del made[-len(list_of) :]
                drawn = replace(drawn, span=first.span | item.span)
            made.append(drawn)
        else:
            made.append(item)
    return tuple(made)


def _listed(made: Sequence[Item]) -> list[Statement]:
    """The names of the list that ends here: each is a mention of its own."""
    found: list[Statement] = []
    for item in reversed(made):
        if not isinstance(item, Statement) or item.relations or (found and item.block != found[0].block):
            break
        found.insert(0, item)
    return found


def _says_drawn(before: Statement, item: Statement, text: str) -> bool:
    """Whether a distribution alone stands behind names, with nothing but words that say so between them."""
    if item.relations or item.continues or before.continues or before.displayed != item.displayed:
        return False
    if [relation.sign for relation in before.relations] not in ([], ["\\in"]) or not _is_distribution(item.members[0]):
        return False
    between = text[before.span.end : item.span.start].lower()
    words = [found[0] for found in WORDS.every(IID.pattern.sub("iid", between))]
    return bool(TELLING.intersection(words)) and TELLING.union(FILLING).issuperset(words)


def _is_distribution(node: n.Node) -> bool:
    match strip(node):
        case n.Product(factors=(n.Name(text=text), n.Group()), operators=("",)):
            return text in ALIASES
    return False


def note_runs(statements: Sequence[Statement], builder: Builder) -> None:
    r"""``x_1, \dots, x_n`` tells over what the i of a line ``x_i \sim D`` runs, wherever that stands."""
    scope = builder.scope
    sizes: dict[n.Node, n.Node] = {}
    for first, dots, last in zip(statements, statements[1:], statements[2:], strict=False):
        if first.relations or dots.relations or last.relations or not first.block == dots.block == last.block:
            continue
        match first.members[0], dots.members[0], last.members[0]:
            case n.Scripted(base=base, sub=n.Number(value=value), sup=None), n.Symbol(text=text), n.Scripted() as end:
                if value == 1 and text in DOTS and end.base == base and end.sub is not None:
                    sizes.setdefault(base, end.sub)
    for item in statements:
        if item.continues or len(item.relations) != 1 or item.relations[0].sign != "\\sim":
            continue
        left = strip(item.members[0])
        left = strip(left.left) if isinstance(left, n.Given) else left
        match left:
            case n.Scripted(base=base, sub=n.Name(text=letter), sup=None) if base in sizes:
                if letter not in scope.names and letter not in scope.ranges:
                    declare_sizes(sizes[base], scope)
                    size = size_dim(sizes[base], builder.context())
                    if size is not None:
                        scope.ranges[letter] = (1, size)
