"""Rows that lead from an equation to a value of its unknown: F = 0 ⇒ A u = b ⇒ u = …."""

from __future__ import annotations

from dataclasses import replace

from derivcheck.problem import terms
from derivcheck.problem.claims import derivative_in, differentiated_by
from derivcheck.problem.dependence import dependencies, depends
from derivcheck.problem.problem import Claim, Refused, Solution
from derivcheck.problem.scope import Scope


def finish_solutions(claims: list[Claim | Refused], scope: Scope) -> None:
    """Turn rows that lead from an equation to a value of its unknown into solution claims."""
    # From the last row upwards: in F = 0 ⇒ A u = b ⇒ u = … the last row says what the unknown is.
    for position in range(len(claims) - 1, -1, -1):
        claim = _row(claims[position])
        if claim is None or claim.relation != "=" or claim.solution is not None:
            continue
        unknown = _solved_name(claim, scope)
        first = None if unknown is None else equation_for(claims, scope, unknown, position)
        if unknown is None or first is None:
            continue
        premise = claims[first]
        if not isinstance(premise, Claim):
            continue
        held = _held(claims[first : position + 1], scope)
        solution = Solution(unknown, premise.head, premise.claimed, premise.span, held)
        for between in range(first + 1, position + 1):
            step = claims[between]
            if isinstance(step, Claim) and step.relation == "=" and _mentions(step, unknown, scope):
                claims[between] = replace(step, solution=solution, kind="solution")
        claims[first] = replace(premise, stationary=True, solution=solution)
    for position, row in enumerate(claims):
        if isinstance(row, Claim) and row.solution is None and not row.conditions and _is_stationarity(row, scope):
            claims[position] = replace(row, stationary=True)


def _row(claim: Claim | Refused) -> Claim | None:
    """A row; one whose shapes do not agree as it reads for sizes of 1: it stands among the others all the same."""
    return claim if isinstance(claim, Claim) else claim.scalar


def _held(rows: list[Claim | Refused], scope: Scope) -> tuple[str, ...]:
    """The moments in the rows: they stay at their current values."""
    used: set[str] = set()
    for row in rows:
        if isinstance(row, Claim):
            direct = terms.variables(row.head) | terms.variables(row.claimed)
            used |= direct.union(*(dependencies(name, scope) for name in direct))
    return tuple(sorted(used & scope.posterior))


def _mentions(claim: Claim, unknown: str, scope: Scope) -> bool:
    return any(depends(side, unknown, scope) for side in (claim.head, claim.claimed))


def equation_for(
    claims: list[Claim | Refused], scope: Scope, unknown: str, position: int, sentence: int | None = None
) -> int | None:
    """The row above ``position`` from which the unknown is found: where its ⇒ began, or the nearest with a 0."""
    claim = _row(claims[position]) if position < len(claims) else None
    if claim is not None and claim.implied:
        return _start_of_implication(claims, scope, unknown, position)
    for index in range(position - 1, -1, -1):
        row = claims[index]
        if not isinstance(row, Claim) or row.relation != "=" or row.solution is not None:
            continue
        at = claim.sentence if isinstance(claim, Claim) else sentence
        near = at is not None and at == row.sentence
        stationary = differentiated_by(row.head) == unknown
        if terms.is_zero(row.claimed) and _may_determine(row, unknown, scope) and (near or stationary):
            return _start_of_implication(claims, scope, unknown, index) if row.implied else index
    return None


def _start_of_implication(claims: list[Claim | Refused], scope: Scope, unknown: str, position: int) -> int | None:
    """The first row of the ⇒ that leads to a row; of a chain ending in 0, that end.

    A row on the way whose shapes contradict each other is blamed for that, and those behind it are not.
    """
    index = position
    while index >= 0:
        found = claims[index]
        if isinstance(found, Refused) and found.scalar is None and (found.wrong or found.implied):
            index -= 1  # a row that means nothing, blamed by itself; those above it lead to those below
            continue
        row = _row(found)
        if row is None or row.relation != "=" or row.solution is not None:
            return None
        if not row.implied:
            return index if _may_determine(row, unknown, scope) else None
        index -= 1
    return None


def _may_determine(row: Claim, unknown: str, scope: Scope) -> bool:
    """Whether a row is an equation in the unknown: a derivative by another name is not one."""
    by = differentiated_by(row.head)
    by_another = by is not None and by in scope.declarations and by != unknown
    return _mentions(row, unknown, scope) and not by_another


def _solved_name(claim: Claim, scope: Scope) -> str | None:
    """The declared name that a row ``u = …`` gives a value, if it stands alone on one side and not on the other."""
    for side, other in ((claim.head, claim.claimed), (claim.claimed, claim.head)):
        if not isinstance(side, terms.Variable) or side.indices or side.key not in scope.declarations:
            continue
        if not depends(other, side.key, scope, frozenset(scope.posterior)) and (
            claim.implied or not terms.is_zero(other)
        ):
            return side.key
    return None


def _is_stationarity(claim: Claim, scope: Scope) -> bool:
    """``∂ scalar / ∂ input = 0`` alone: an equation to be solved, not a statement about every input."""
    found = derivative_in(claim.head)
    return (
        found is not None
        and found.form == "gradient"
        and found.key in scope.declarations
        and terms.is_zero(claim.claimed)
        and depends(found.target, found.key, scope)
    )
