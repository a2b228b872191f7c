"""What an expression means by itself at the place of a claim, for a search that puts it into one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from derivcheck.language import nodes as n
from derivcheck.language.shapes import Dim
from derivcheck.problem.context import Context
from derivcheck.problem.scope import IndexInfo, Scope
from derivcheck.problem.settling import settled
from derivcheck.problem.terms import Term
from derivcheck.source import NOWHERE


def part_reader(ctx: Context, here: Scope) -> Callable[[n.Node, Mapping[str, str]], Term]:
    """Elaborates an expression among the names that are known now, with letters that stand for indices by their names.

    It raises ``Refusal`` where the expression means nothing.
    """
    then = here.as_it_stands()

    def part(node: n.Node, indices: Mapping[str, str]) -> Term:
        scope = replace(then.as_it_stands(), counter=here.counter, solution=dict(here.solution))
        inside = replace(ctx, scope=scope)
        for letter, name in indices.items():
            inside = inside.within(IndexInfo(letter, name, Dim.of("?" + name), 1, NOWHERE))
        try:
            term = inside.term(node)
        finally:
            here.counter = max(here.counter, scope.counter)
        scope.fall_back()
        return settled(term, scope.solution)

    return part
