"""Definitions as they stand in a document, what depends on each, and the document with one of them edited.

Edits of a statement without a meaning, where only the whole document read anew tells what they do.

A row that solves an equation, and a definition: what depends on the statement has to hold with the edit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, cast

from derivcheck.diagnosis.candidate import Candidate
from derivcheck.diagnosis.offers import MOST_NAMES
from derivcheck.diagnosis.rules import ANY_NAME, candidates
from derivcheck.diagnosis.stock import (
    Stock,
    bound_letters,
    functions_of,
    member_of,
    names_of,
    negative_powers,
    stock_terms,
)
from derivcheck.evaluation.arithmetic import BUDGET, Effort
from derivcheck.language import nodes as n
from derivcheck.language.nodes import children, walk
from derivcheck.language.printing import plain
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.draws import dependencies
from derivcheck.problem import directives
from derivcheck.problem import terms as t
from derivcheck.problem.build import build
from derivcheck.problem.builder import Builder, Statements
from derivcheck.problem.claims import ClaimMaker
from derivcheck.problem.classify import classify
from derivcheck.problem.conditions import EQUAL
from derivcheck.problem.context import Context, key_of, strip
from derivcheck.problem.expressions import elaborate
from derivcheck.problem.problem import Claim, Problem, Refused
from derivcheck.problem.scope import Definition, FunctionDefinition, Refusal, Scope
from derivcheck.problem.substitution import settled
from derivcheck.reading.documents import kind_of, scan
from derivcheck.reading.items import Item, Statement
from derivcheck.reading.statements import read
from derivcheck.source import Source, Span

STATEMENT: Final = 1e6
"""The price of finding out what one statement of a document means, for a search that reads it anew."""


@dataclass(frozen=True)
class Site:
    """A statement that says what something is.

    ``position`` is its place among the document's items, ``member`` that of the value among its members. ``keys`` are
    the names that it defines: none of a function, which stands unfolded in whatever calls it, and of a ``density``.
    Some of these are lines of the ``model``, others say what a q is.
    """

    item: Statement
    position: int
    member: int
    title: str
    keys: frozenset[str]
    model: bool
    density: bool

    @property
    def value(self) -> n.Node:
        """What the names are said to be."""
        return self.item.members[self.member]

    @property
    def span(self) -> Span:
        """The whole statement."""
        return self.item.span


def sites_of(problem: Problem, items: tuple[Item, ...]) -> Iterator[Site]:
    """The statements in which a formula says what a name, a function or a density is."""
    kinds = {line.span: line.kind for line in problem.lines if line.kind in ("definition", "model")}
    for position, item in enumerate(items):
        if not isinstance(item, Statement) or item.continues or item.span not in kinds or item.hidden:
            continue
        signs = [relation.sign for relation in item.relations]
        drawn = signs[-1:] == ["\\sim"]
        if len(item.members) < 2 or any(sign not in EQUAL for sign in signs[: -1 if drawn else None]):
            continue
        made = [each for each in problem.definitions.values() if each.span == item.span]
        if any(isinstance(each.term, t.Optimum) for each in made):
            # What is sought there is asked, not given: another objective would be another question.
            continue
        functions = [
            each
            for each in problem.scope.names.values()
            if isinstance(each, FunctionDefinition) and each.span == item.span
        ]
        texts = [each.text for each in made] + [each.text for each in functions]
        keys = frozenset(each.key for each in made)
        model, density = kinds[item.span] == "model", not (made or functions)
        value = len(item.members) - 1 if drawn else _value_at(item, texts)
        yield Site(item, position, value, plain(_said_of(item.members[1 if value == 0 else 0])), keys, model, density)


def as_written(source: Source) -> frozenset[tuple[Span, n.Node]]:
    """All parts of statements as they stand in the text, with their places."""
    items = read(source, scan(source, kind_of(source.path, source.text)))
    statements = (item for item in items if isinstance(item, Statement))
    return frozenset((part.span, part) for one in statements for member in one.members for part in walk(member))


def in_print(edits: Iterable[Candidate], tree: n.Node, source: Source) -> Iterator[Candidate]:
    """The edits that can be made in the text: where a convention put another expression there is nothing to edit."""
    written = as_written(source)
    other = [part.span for part in walk(tree) if not any(children(part)) and (part.span, part) not in written]
    for edit in edits:
        if not any(edit.span.overlaps(span) for span in other) and "#" not in edit.replacement:
            yield edit


def _said_of(left: n.Node) -> n.Node:
    r"""What a definition is called: ``1/\tau^2 = …`` is the definition of ``\tau^2``."""
    left = strip(left)
    match left:
        case n.Fraction_(numerator=n.Number(value=one), denominator=below) if one == 1:
            return strip(below)
    return left


def _value_at(item: Statement, texts: list[str]) -> int:
    """Where the value stands: behind the name, behind both of ``a = b = …``, before it in "we call A = name"."""
    named = [isinstance(strip(node), n.Name | n.Scripted) and plain(strip(node)) in texts for node in item.members]
    if len(item.members) > 2 and named[0] and named[1]:
        return 2
    return 0 if named[-1] and not named[0] and len(item.members) == 2 else 1


def stock_for(problem: Problem, items: tuple[Item, ...], site: Site) -> Stock:
    """What the document offers to a definition, without what is derived from it; what stands before it comes last."""
    reach = dependencies(problem)
    scope = problem.scope
    later = sorted(scope.names, key=lambda key: scope.names[key].span.start < site.span.start)
    names: list[n.Node] = []
    sizes: list[n.Node] = []
    for node, meaning in names_of(problem, later):
        if meaning in problem.size_names:
            sizes.append(node)
        elif meaning in site.keys or site.keys & reach.get(meaning, frozenset()):
            continue
        elif scope.names[key_of(node)].span.start < site.span.start or not _is_sought(problem, meaning):
            names.append(node)
    claims = [claim for claim in problem.claims if isinstance(claim, Claim)]
    trees = [site.value, *(node for claim in claims for node in (claim.head_node, claim.claimed_node))]
    letters = tuple(dict.fromkeys((*_letters_of(site), *bound_letters(site.value))))
    found = (member_of(name, letter) for name in names for letter in letters)
    members = tuple(node for node in found if node is not None)
    powers = negative_powers([node for item in items if isinstance(item, Statement) for node in item.members])
    plain_names = [name for name in names if member_of(name, name) is None]
    last = tuple(plain_names[-MOST_NAMES:])
    heads = tuple(head for head in functions_of(problem, later) if plain(head) != site.title.partition("(")[0])
    return Stock(last, stock_terms(trees), tuple(sizes), letters, {}, members, powers, last, functions=heads)


def _is_sought(problem: Problem, key: str) -> bool:
    """Whether a name stands for an optimum, which costs much and tells what it is only behind what it is made of."""
    made = problem.definitions.get(key)
    return made is not None and any(isinstance(part, t.Optimum) for part in t.walk(made.term))


def _letters_of(site: Site) -> Iterator[n.Node]:
    """The indices in the scripts on the left: ``i`` of ``m_i``, of ``s^{(i)}``."""
    for node in walk(site.item.members[0]):
        if isinstance(node, n.Scripted):
            for part in (node.sub, node.sup):
                part = part.body if isinstance(part, n.Group) else part
                if isinstance(part, n.Name):
                    yield n.Name(part.text)


def read_with(problem: Problem, items: Sequence[Item], site: Site, value: n.Node) -> Problem | None:
    """The document with another value at a site, whatever it then says; None where that is nested too deeply."""
    BUDGET.note(STATEMENT * len(items))
    members = (*site.item.members[: site.member], value, *site.item.members[site.member + 1 :])
    edited = (*items[: site.position], replace(site.item, members=members), *items[site.position + 1 :])
    try:
        return build(problem.source, edited, problem.scope.readings)
    except RecursionError:
        return None


def rebuilt(problem: Problem, items: tuple[Item, ...], site: Site, value: n.Node) -> Problem | None:
    """The document with another value at a site; None where it then says something else altogether.

    Nothing keeps its place in the text but for what is edited, so that claims are told by their names and spans.
    """
    made = read_with(problem, items, site, value)
    if made is None:
        return None
    same = [(claim.name, claim.span, type(claim)) for claim in made.claims] == [
        (claim.name, claim.span, type(claim)) for claim in problem.claims
    ]
    if not same or set(made.declarations) != set(problem.declarations):
        return None
    if set(made.definitions) != set(problem.definitions) or _circular(made, site.keys):
        return None
    return made


def replayed(problem: Problem, site: Site, value: n.Node) -> Problem | None:
    """The problem with another value for a defined name, by reading that statement alone: for a first look.

    What of the definition stands unfolded elsewhere stays as it was.
    """
    BUDGET.note(STATEMENT)
    scope = replace(problem.scope.as_it_stands(), solution=dict(problem.scope.solution))
    before = _taken_out(scope, site)
    if before is None:
        return None
    members = list(site.item.members[: max(site.member + 1, 2)])
    members[site.member] = value
    item = replace(site.item, members=tuple(members), relations=site.item.relations[: len(members) - 1], implied=False)
    marks = directives.gather(())
    builder = Builder(problem.source, scope, marks, ClaimMaker(problem.source, scope, marks))
    try:
        classify(item, Statements([item]), builder)
    except (Refusal, RecursionError):
        return None
    scope.fall_back()
    definitions = dict(problem.definitions)
    for visible, key in before.items():
        made = scope.names.get(visible)
        if not isinstance(made, Definition) or made.key not in scope.definitions:
            return None
        # How large an I is, only the lines behind may tell.
        if not scope.unify_shapes(made.shape, problem.definitions[key].shape):
            return None
        known = cast(Definition, settled(cast(t.Term, made), scope.solution))
        definitions[key] = replace(known, key=key)
    found = replace(problem, definitions=definitions, solution=scope.resolved())
    return None if _circular(found, site.keys) else found


def _taken_out(scope: Scope, site: Site) -> dict[str, str] | None:
    """Forget the names of a site; their keys. None where they have another meaning at the document's end."""
    named = {
        visible: meaning.key
        for visible, meaning in scope.names.items()
        if isinstance(meaning, Definition) and meaning.span == site.span
    }
    if set(named.values()) != site.keys:
        return None
    for visible, key in named.items():
        del scope.names[visible], scope.definitions[key]
    return named


def _circular(problem: Problem, keys: Iterable[str]) -> bool:
    """Whether a name would depend on itself."""
    for key in keys:
        seen: set[str] = set()
        stack = [key]
        while stack:
            definition = problem.definitions.get(stack.pop())
            for name in () if definition is None else t.variables(definition.term) - seen:
                if name == key:
                    return True
                seen.add(name)
                stack.append(name)
    return False


def reach_of(claim: Claim, known: dict[str, frozenset[str]]) -> frozenset[str]:
    """Every name on which either side of a claim depends, or the equation that it solves."""
    direct = set(t.variables(claim.head) | t.variables(claim.claimed))
    if claim.solution is not None:
        direct |= t.variables(claim.solution.left) | t.variables(claim.solution.right) | {claim.solution.unknown}
    return frozenset(direct).union(*(known.get(name, frozenset()) for name in direct))


def dependents(problem: Problem, other: Problem) -> tuple[frozenset[str], frozenset[str]]:
    """The claims that say something else in another reading of the document, through whatever definitions.

    Behind them those whose own sides are other ones, because what a name stands for is unfolded in them.
    """
    pairs = ((key, problem.definitions[key], other.definitions[key]) for key in problem.definitions)
    changed = frozenset(key for key, old, new in pairs if old.term != new.term)
    known = dependencies(problem)
    found, unfolded = set(), set()
    for old, new in zip(problem.claims, other.claims, strict=True):
        if isinstance(old, Claim) and isinstance(new, Claim):
            if (old.head, old.claimed, old.solution) != (new.head, new.claimed, new.solution):
                unfolded.add(old.name)
            elif changed & reach_of(old, known):
                found.add(old.name)
    return frozenset(found | unfolded), frozenset(unfolded)


READING: Final = 500_000
"""The price of finding out whether the shapes of an expression fit."""
EFFORT: Final = 2e9
"""What the search for one statement may cost, in the prices of the budget."""


@dataclass(frozen=True)
class Refit:
    """An edit of a statement, the document read anew with it, and the claims that it has to make hold."""

    edit: Candidate
    tree: n.Node
    problem: Problem
    claims: tuple[Claim, ...]


def refits(bench: Bench, refused: Refused, dependent: Sequence[Span]) -> Iterator[Refit]:
    """The edits that give a statement a meaning, the likeliest first.

    ``dependent`` are the places of the claims that cannot be checked without it.
    """
    problem = bench.problem
    items = problem.items
    site = _site(items, refused)
    if site is None:
        return
    effort = Effort(EFFORT)
    stock = stock_for(problem, items, site)
    tree = site.value
    tried = in_print(candidates(tree, stock, ANY_NAME), tree, problem.source)
    seen: set[n.Node] = {tree}
    places = (refused.line_span, *dependent)
    # What does not fit is where it was refused: a slip elsewhere is tried behind.
    for edit in sorted(tried, key=lambda each: not each.span.overlaps(refused.span)):
        if effort.spent:
            return
        if edit.tree in seen:
            continue
        seen.add(edit.tree)
        if not _fits(problem, edit.tree):
            continue
        made = _read_anew(problem, items, site, edit.tree, refused)
        if made is None:
            continue
        here = [each for each in made.claims if isinstance(each, Claim)]
        # What was refused is placed where it was refused, which may be any part of its line.
        claims = tuple(each for each in here if any(each.line_span.overlaps(place) for place in places))
        if claims:
            yield Refit(edit, tree, made, claims)


def _site(items: Sequence[Item], refused: Refused) -> Site | None:
    """The member of a statement at which it could not be read."""
    for position, item in enumerate(items):
        if isinstance(item, Statement) and item.span == refused.line_span:
            for member, node in enumerate(item.members):
                if member and node.span.start <= refused.span.start and refused.span.end <= node.span.end:
                    return Site(item, position, member, plain(item.members[0]), frozenset(), False, False)
            if len(item.members) == 2 and refused.span.start <= item.members[1].span.start:
                return Site(item, position, 1, plain(item.members[0]), frozenset(), False, False)
    return None


def _fits(problem: Problem, tree: n.Node) -> bool:
    """Whether nothing is known of its shapes that forbids an expression: much cheaper than to read the document."""
    BUDGET.note(READING)
    try:
        Context(problem.scope.as_it_stands(), elaborate).term(tree)
    except Refusal as refusal:
        return refusal.code not in ("shape-mismatch", "not-a-scalar")
    except RecursionError:
        return False
    return True


def _read_anew(
    problem: Problem, items: Sequence[Item], site: Site, value: n.Node, refused: Refused
) -> Problem | None:  # fmt: skip
    """The document with another value there, where the statement then has a meaning."""
    made = read_with(problem, items, site, value)
    if made is None:
        return None
    still = any(isinstance(each, Refused) and each.line_span == refused.line_span for each in made.claims)
    return None if still or len(made.unread) > len(problem.unread) else made
