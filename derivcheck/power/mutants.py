"""Where a derivation can be edited, and every edit there: syntax alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from derivcheck.diagnosis.candidate import Candidate, changed
from derivcheck.diagnosis.rules import OPERATORS, Operator, edits_of, pairs_of
from derivcheck.diagnosis.stock import Stock, bound_letters, names_of, stock_terms
from derivcheck.language import nodes as n
from derivcheck.language.printing import latex, plain
from derivcheck.problem.context import Context, key_of, strip
from derivcheck.problem.expressions import elaborate
from derivcheck.problem.problem import Claim, Problem
from derivcheck.problem.scope import Refusal
from derivcheck.reading.items import Item, Statement
from derivcheck.source import Span

MUTATING = OPERATORS
PAIRS = "pair"
DEFINITION = "definition"
MOST_PAIRS = 400
"""Of one expression; a document is data, and the pairs in a long line are many."""

PUBLISHED: tuple[tuple[str, str], ...] = (
    *((operator.name, operator.about) for operator in MUTATING),
    (DEFINITION, "every edit above, of what a name is defined to be"),
    (
        PAIRS,
        "two edits of one kind in a claim: " + ", ".join(operator.name for operator in MUTATING if operator.pairs),
    ),
)
"""The operators by the names under which mutants are counted, each with what it does."""


@dataclass(frozen=True, slots=True)
class Site:
    """An expression that may be edited: a member of a statement, as a side of claims or the meaning of a name.

    ``item`` and ``member`` say where it stands among what was read; ``claims`` are those of which it is a side, and
    ``defines`` tells whether it gives a name its meaning.
    """

    node: n.Node
    item: int
    member: int
    claims: tuple[Claim, ...]
    defines: bool


@dataclass(frozen=True, slots=True)
class Mutant:
    """A derivation with one edit, or a pair of them.

    operator  the name under which it is counted; ``kind`` that of the edit itself
    claim     the claim that is edited, or what is defined
    span      the place of the (first) edit; ``title`` says what was done
    tree      the edited expression, to stand in the place of the site's
    """

    operator: str
    kind: str
    claim: str
    span: Span
    title: str
    tree: n.Node


def sites(items: Sequence[Item], problem: Problem, claims: Sequence[Claim]) -> list[Site]:
    """The sides of these claims, and what names are defined to be, in document order."""
    sides: dict[Span, list[Claim]] = {}
    for claim in claims:
        for span in dict.fromkeys((claim.head_node.span, claim.claimed_node.span)):
            sides.setdefault(span, []).append(claim)
    defining = {line.span for line in problem.lines if line.kind == "definition"}
    found: list[Site] = []
    for position, item in enumerate(items):
        if not isinstance(item, Statement) or not item.relations:
            continue
        defines = item.span in defining
        names = _defined_members(item, problem) if defines else ()
        for member, node in enumerate(item.members):
            sided = tuple(sides.get(node.span, ()))
            value = defines and member == _value_of(names)
            if member not in names and (sided or value):
                found.append(Site(node, position, member, sided, value))
    return found


def _defined_members(item: Statement, problem: Problem) -> tuple[int, ...]:
    """Which members of a statement are the names that it gives a meaning."""
    here = {key for key, meaning in problem.scope.names.items() if meaning.span == item.span}
    named = [position for position, node in enumerate(item.members) if key_of(strip(node)) in here]
    return tuple(named) if named else (0,)


def _value_of(names: tuple[int, ...]) -> int:
    """The member that says what the names mean: the first that is none of them."""
    return next(position for position in range(len(names) + 1) if position not in names)


def stock_at(site: Site, problem: Problem) -> Stock:
    """What the document offers at a place: what was named and written before it, with shapes."""
    here = site.node.span
    visible = [key for key, meaning in problem.scope.names.items() if meaning.span.start < here.start]
    named = list(names_of(problem, visible))
    sizes = tuple(node for node, meaning in named if meaning in problem.size_names)
    shapes: dict[n.Node, object] = {}
    for node, meaning in named:
        known = problem.definitions.get(meaning) or problem.declarations.get(meaning)
        if known is not None and not known.family:
            shapes[node] = tuple(dim.substitute(problem.solution) for dim in known.shape)
    trees = [site.node]
    for claim in problem.claims:
        if isinstance(claim, Claim) and claim.span.start <= here.end:
            trees += (claim.head_node, claim.claimed_node)
    terms = stock_terms(trees)
    for term in terms:
        shape = _shape(term, problem)
        if shape is not None:
            shapes[term] = shape
    free = [n.Name(name.split("#")[0]) for claim in site.claims for name in claim.free]
    letters = tuple(dict.fromkeys((*free, *bound_letters(site.node))))
    # A family is no value: its members are other expressions.
    return Stock(tuple(node for node, _ in named if node in shapes), terms, sizes, letters, shapes)


def _shape(node: n.Node, problem: Problem) -> object:
    try:
        term = Context(problem.scope, elaborate).term(node)
    except (Refusal, RecursionError):
        return None
    return tuple(dim.substitute(problem.solution) for dim in term.shape)


def mutants(site: Site, stock: Stock) -> Iterator[Mutant]:
    """Every edit of an expression, each tree once: the single ones first, then the pairs where it is a claim."""
    seen = {site.node}
    for operator in MUTATING:
        for edit in edits_of(operator, site.node, stock):
            if edit.tree not in seen:
                seen.add(edit.tree)
                yield _mutant(operator.name if site.claims else DEFINITION, operator, site, edit)
    if not site.claims:
        return
    pairs = (
        (operator, pair) for operator in MUTATING if operator.pairs for pair in pairs_of(operator, site.node, stock)
    )
    for operator, (first, second) in islice(pairs, MOST_PAIRS):
        if first.tree not in seen:
            seen.add(first.tree)
            yield _mutant(PAIRS, operator, site, replace(first, said=f"{first.title}, and {second.title}"))


def _mutant(counted: str, operator: Operator, site: Site, edit: Candidate) -> Mutant:
    tree = changed(edit.tree, span=site.node.span)
    claim = site.claims[0].name if site.claims else plain(site.node)
    return Mutant(counted, operator.name, claim, edit.span, edit.title, tree)


def mutated(items: Sequence[Item], site: Site, tree: n.Node) -> tuple[Item, ...]:
    """What was read, with an edited expression in its place."""
    item = items[site.item]
    assert isinstance(item, Statement)
    members = (*item.members[: site.member], tree, *item.members[site.member + 1 :])
    return (*items[: site.item], replace(item, members=members), *items[site.item + 1 :])


def mutated_text(text: str, site: Site, tree: n.Node) -> str:
    """The document with an edited expression in its place."""
    span = site.node.span
    return text[: span.start] + latex(tree) + text[span.end :]
