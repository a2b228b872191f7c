"""What a document offers at the place of a claim, without the left side and what is derived from it."""

from __future__ import annotations

from collections.abc import Sequence
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

MOST_NAMES = 30


MOST_PIECES = 20


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
