"""On which names does something depend, through whatever definitions."""

from __future__ import annotations

from derivcheck.problem import terms
from derivcheck.problem.scope import Scope
from derivcheck.problem.terms import Term


def dependencies(key: str, scope: Scope, held: frozenset[str] = frozenset()) -> set[str]:
    """Every name on which a name depends, itself left out; not through names that are ``held`` at their values."""
    found: set[str] = set()
    stack = [key]
    while stack:
        name = stack.pop()
        definition = None if name in held else scope.definitions.get(name)
        if definition is None:
            continue
        for other in terms.variables(definition.term) - found:
            found.add(other)
            stack.append(other)
    return found


def depends(term: Term, key: str, scope: Scope, held: frozenset[str] = frozenset()) -> bool:
    """Whether a term depends on a name."""
    direct = terms.variables(term)
    return key in direct or any(key in dependencies(name, scope, held) for name in direct)
