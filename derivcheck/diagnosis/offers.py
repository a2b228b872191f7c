"""What a document offers at the place of a claim, without the left side and what is derived from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from derivcheck.diagnosis.stock import (
    SCALAR,
    Stock,
    bound_letters,
    functions_of,
    is_column,
    member_of,
    names_of,
    negative_powers,
    stock_pieces,
    stock_terms,
)
from derivcheck.language import nodes as n
from derivcheck.language.nodes import walk
from derivcheck.oracles.bench import Bench
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim
from derivcheck.reading.items import Statement

MOST_NAMES = 30


MOST_PIECES = 20
MOST_LETTERS = 3


def stock_of(bench: Bench, claim: Claim) -> Stock:
    """What the document offers before this line, without the left side and what is derived from it."""
    problem = bench.problem
    own = {key for key in t.variables(claim.head) if key in problem.definitions} if claim.kind == "identity" else set()
    # A name says nothing of itself; of its transpose it may be what was meant: `P^\top = P`.
    turned = own if isinstance(claim.head, t.Unary) and isinstance(claim.head.argument, t.Variable) else set()
    # At the solution it is equal to itself, whatever is claimed of it.
    unknown = claim.solution.unknown if claim.solution is not None else None
    names: list[n.Node] = []
    kept: list[n.Node] = []
    sizes: list[n.Node] = []
    shapes: dict[n.Node, object] = {}
    for node, meaning in names_of(problem, claim.visible):
        if meaning in problem.size_names:
            sizes.append(node)
            continue
        known = problem.definitions.get(meaning) or problem.declarations.get(meaning)
        if known is not None:
            shapes[node] = tuple(dim.substitute(problem.solution) for dim in known.shape)
        definition = problem.definitions.get(meaning)
        derived = (
            meaning in own
            or meaning == unknown
            or (definition is not None and (definition.term == claim.head or bool(own & bench.dependencies[meaning])))
        )
        if derived:
            kept.append(node)
        if not derived or meaning in turned:
            names.append(node)
    # What is nearest is likeliest to be what was forgotten.
    here = (claim.claimed_node, claim.head_node)
    claims = [c for c in problem.claims if isinstance(c, Claim)]
    before = [c for c in reversed(claims) if c.span.start < claim.span.start]
    pairs = [tree for c in before for tree in (c.claimed_node, c.head_node)]
    trees = [c.claimed_node for c in claims if c.span.start <= claim.span.start]
    heads = [c.head_node for c in claims if c.span.start < claim.span.start]
    terms = tuple(term for term in stock_terms([*heads, *trees]) if term != claim.head_node)
    letters: tuple[n.Node, ...] = tuple(n.Name(name.split("#")[0]) for name in claim.free)
    letters = (*letters, *bound_letters(claim.claimed_node))
    members: list[n.Node] = []
    for name in names:
        for letter in dict.fromkeys(letters):
            member = member_of(name, letter)
            if member is not None:
                members.append(member)
                shapes[member] = shapes.get(name)
            elif isinstance(name, n.Name) and is_column(shapes.get(name)):
                members.append(n.Scripted(name, letter, None))
                shapes[members[-1]] = SCALAR
    for entry in _entries(bench, claim, names, tuple(dict.fromkeys(letters)), shapes):
        if entry not in members:
            members.append(entry)
            shapes[entry] = SCALAR
    plain = [name for name in names if member_of(name, name) is None]
    taken = {*shapes, *members}
    found = (piece for piece in stock_pieces([*here, *pairs]) if piece not in taken)
    pieces = tuple(piece for piece in found if not _mentions(piece, (*kept, claim.head_node)))[:MOST_PIECES]
    return Stock(
        tuple(plain[-MOST_NAMES:]),
        terms,
        tuple(sizes),
        letters,
        shapes,
        tuple(members),
        powers=negative_powers([*heads, *trees]),
        pieces=pieces,
        replaceable=tuple(kept),
        functions=tuple(functions_of(problem, claim.visible)),
    )


def _entries(
    bench: Bench, claim: Claim, names: Sequence[n.Node], letters: tuple[n.Node, ...], shapes: Mapping[n.Node, object]
) -> Iterator[n.Node]:
    r"""Entries at the letters in force: ``x_{i+k-1}`` as the document writes it, of matrices where some are written."""
    here = (claim.head_node, claim.claimed_node)
    statements = (item for item in bench.problem.items if isinstance(item, Statement) and item.span < claim.span)
    for tree in (*here, *(member for item in statements for member in item.members)):
        for part in walk(tree):
            if isinstance(part, n.Scripted) and part.sup is None and part.base in names and isinstance(part.sub, n.Add):
                below = [each for each in walk(part.sub) if isinstance(each, n.Name)]
                if is_column(shapes.get(part.base)) and all(each in letters for each in below):
                    yield part
    pairs = [(one, other) for one in letters[:MOST_LETTERS] for other in letters[:MOST_LETTERS] if one != other]
    written = {part.base for tree in here for part in walk(tree) if isinstance(part, n.Scripted) and part.base in names}
    for base in names:
        shape = shapes.get(base)
        if base in written and isinstance(base, n.Name) and isinstance(shape, tuple) and SCALAR[1] not in shape:
            yield from (n.Scripted(base, n.Product(pair, ("",)), None) for pair in pairs)


def _mentions(piece: n.Node, names: Sequence[n.Node]) -> bool:
    """Whether one of these names, or a member of such a family, stands in an expression."""
    for part in walk(piece):
        if part in names:
            return True
        match part:
            case n.Scripted(sub=index) if index is not None and any(member_of(name, index) == part for name in names):
                return True
            case n.Scripted(sup=n.Group(body=index)) if any(member_of(name, index) == part for name in names):
                return True
            case n.Scripted(base=base, sub=index) if index is not None and (
                base in names or any(member_of(name, index) == replace(part, sup=None) for name in names)
            ):
                return True
    return False
