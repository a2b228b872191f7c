"""Rows that lead from an equation to a value of its unknown: F = 0 ⇒ A u = b ⇒ u = …."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from derivcheck.problem import terms
from derivcheck.problem.claims import derivative_in, differentiated_by
from derivcheck.problem.dependence import depends
from derivcheck.problem.freezing import held_names, moves_alone
from derivcheck.problem.problem import Claim, Refused, Solution
from derivcheck.problem.scope import Scope
from derivcheck.problem.squares import slope_by_square
from derivcheck.problem.substitution import at_indices


def finish_solutions(claims: list[Claim | Refused], scope: Scope) -> None:
    """Turn rows that lead from an equation to a value of its unknown into solution claims."""
    # From the last row upwards: in F = 0 ⇒ A u = b ⇒ u = … the last row says what the unknown is.
    for position in range(len(claims) - 1, -1, -1):
        claim = _row(claims[position])
        if claim is None or claim.relation != "=" or claim.solution is not None:
            continue
        unknown, members = _solved_name(claim, scope) or (None, False)
        first = None if unknown is None else equation_for(claims, scope, unknown, position)
        if unknown is None or first is None:
            continue
        premise = claims[first]
        if not isinstance(premise, Claim):
            continue
        # What is no parameter of the model, such as the mean of a q of a given form, moves that q with it.
        held = _held(claims[first : position + 1], scope) if moves_alone(unknown, scope) else ()
        # ∂ℓ/∂σ² = 0 is ∂ℓ/∂σ = 0, which vanishes less fast where σ is large.
        slope = slope_by_square(premise.head) if terms.is_zero(premise.claimed) else None
        solution = Solution(
            unknown,
            slope or premise.head,
            premise.claimed,
            premise.span,
            held,
            members,
            scope.declarations[unknown].domain,
        )
        for between in range(first + 1, position + 1):
            step = claims[between]
            if isinstance(step, Claim) and step.relation == "=" and _mentions(step, unknown, scope):
                claims[between] = replace(step, solution=_for_its_indices(solution, premise, step), kind="solution")
        claims[first] = replace(premise, stationary=True, solution=solution)
    for position, row in enumerate(claims):
        if isinstance(row, Claim) and row.solution is None and not row.conditions and _is_stationarity(row, scope):
            claims[position] = replace(row, stationary=True)


def _for_its_indices(solution: Solution, premise: Claim, step: Claim) -> Solution:
    """The equation with the free indices of another row in the place of its own, letter by letter."""
    if not premise.free:
        return solution
    by_letter = {name.partition("#")[0]: name for name in step.free}
    places = {name: terms.Index(by_letter.get(name.partition("#")[0], name)) for name in premise.free}
    left, right = at_indices(solution.left, places), at_indices(solution.right, places)
    return replace(solution, left=left, right=right)


def _row(claim: Claim | Refused) -> Claim | None:
    """A row; one whose shapes do not agree as it reads for sizes of 1: it stands among the others all the same."""
    return claim if isinstance(claim, Claim) else claim.scalar


def _held(rows: list[Claim | Refused], scope: Scope) -> tuple[str, ...]:
    """The moments in the rows: they stay at their current values."""
    sides = [side for row in rows if isinstance(row, Claim) for side in (row.head, row.claimed)]
    return tuple(sorted({name for side in sides for name in held_names(side, scope)}))


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


def _solved_name(claim: Claim, scope: Scope) -> tuple[str, bool] | None:
    r"""The declared name that a row ``u = …`` gives a value, if it stands alone on one side and not on the other.

    Also where the row gives a power of it (``\sigma^2 = …``), or every member of it (``\mu_k = …``), told by the flag.
    """
    for side, other in ((claim.head, claim.claimed), (claim.claimed, claim.head)):
        found = _alone(side, claim)
        if found is None or found[0] not in scope.declarations:
            continue
        if not depends(other, found[0], scope, frozenset(scope.posterior)) and (
            claim.implied or not terms.is_zero(other)
        ):
            return found
    return None


def _alone(side: terms.Term, claim: Claim) -> tuple[str, bool] | None:
    """The name that a side is, or of which it is a power or the member for every free index."""
    match side:
        case terms.Power(base=base, exponent=terms.Constant(value=Fraction())) if claim.implied:
            return _alone(base, claim)
        case terms.Variable(key=key, indices=()):
            return key, False
        case terms.Variable(key=key, indices=indices) if _all_free(indices, claim):
            return key, True
        case terms.Entry(argument=terms.Variable(key=key, indices=()), row=row, column=terms.Constant()):
            return (key, True) if row is not None and _all_free((row,), claim) else None
    return None


def _all_free(indices: tuple[terms.Term, ...], claim: Claim) -> bool:
    names = tuple(index.name for index in indices if isinstance(index, terms.Index))
    return len(names) == len(indices) and sorted(names) == sorted(claim.free)


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
