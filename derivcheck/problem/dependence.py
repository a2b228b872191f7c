"""On which names does something depend, through whatever definitions."""

from __future__ import annotations

from derivcheck.problem import terms
from derivcheck.problem.scope import Scope
from derivcheck.problem.terms import Term


def dependencies(key: str, scope: Scope) -> set[str]:
    """Every name on which a name depends, itself left out."""
    found: set[str] = set()
    stack = [key]
    while stack:
        definition = scope.definitions.get(stack.pop())
        if definition is None:
            continue
        for name in terms.variables(definition.term) - found:
            found.add(name)
            stack.append(name)
    return found


def depends(term: Term, key: str, scope: Scope) -> bool:
    """Whether a term depends on a name."""
    direct = terms.variables(term)
    return key in direct or any(key in dependencies(name, scope) for name in direct)
