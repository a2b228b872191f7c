"""Rows that lead from an equation to a value of its unknown: F = 0 ⇒ A u = b ⇒ u = …."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from derivcheck.problem import terms
from derivcheck.problem.calls import slope_by_square
from derivcheck.problem.facts import behind, depends
from derivcheck.problem.freezing import held_names, moves_alone
from derivcheck.problem.heads import derivative_in, differentiated_by
from derivcheck.problem.multipliers import beside, mentions, multipliers, without_constraint
from derivcheck.problem.problem import Claim, Refused, Solution
from derivcheck.problem.scope import Scope
from derivcheck.problem.substitution import at_indices
from derivcheck.problem.terms import Term


def finish_solutions(claims: list[Claim | Refused], scope: Scope) -> None:
    """Turn rows that lead from an equation to a value of its unknown into solution claims."""
    # From the last row upwards: in F = 0 ⇒ A u = b ⇒ u = … the last row says what the unknown is.
    for position in range(len(claims) - 1, -1, -1):
        claim = _row(claims[position])
        if claim is None or claim.relation != "=" or claim.solution is not None:
            continue
        unknown, members = _solved_name(claim, scope) or (None, False)
        first = None if unknown is None else equation_for(claims, scope, unknown, position)
        if unknown is not None and first is None:
            first = _constrained(claims, scope, unknown, position)
            unknown, members = (None, False) if first is None else _differentiated(claims[first])
        if unknown is None or first is None:
            continue
        _solve(claims, scope, first, position, unknown, members)
    _carry_on(claims, scope)
    claims[:] = [claim for claim in claims if not (isinstance(claim, Claim) and claim.premise and not claim.solution)]
    for position, row in enumerate(claims):
        if not isinstance(row, Claim):
            continue
        if row.solution is None and not row.conditions and _is_stationarity(row, scope):
            claims[position] = replace(row, stationary=True)
        solved = _solved_name(row, scope)
        refused = without_constraint(row, claims[:position], None if solved is None else solved[0], scope)
        claims[position] = claims[position] if refused is None else refused


def _solve(
    claims: list[Claim | Refused], scope: Scope, first: int, last: int, unknown: str, members: bool
) -> None:  # fmt: skip
    """Make the rows below an equation, up to the last one, rows that solve it."""
    premise = claims[first]
    if not isinstance(premise, Claim):
        return
    # What is no parameter of the model, such as the mean of a q of a given form, moves that q with it.
    held = _held(claims[first : last + 1], scope) if moves_alone(unknown, scope) else ()
    # ∂ℓ/∂σ² = 0 is ∂ℓ/∂σ = 0, which vanishes less fast where σ is large.
    slope = slope_by_square(premise.head) if terms.is_zero(premise.claimed) else None
    domain = scope.declarations[unknown].domain
    left = slope or premise.head
    solution = Solution(unknown, left, premise.claimed, premise.span, held, members, domain, premise.free)
    others = multipliers(premise, unknown, scope)
    for between in range(first + 1, last + 1):
        step = claims[between]
        if not isinstance(step, Claim) or step.relation != "=" or _of_another(claims, scope, between, unknown):
            continue
        if any(mentions(step, name, scope) for name in (unknown, *others)):
            claims[between] = _as_row(claims, scope, between, premise, solution)
    claims[first] = replace(premise, stationary=True, solution=solution)


def _of_another(claims: list[Claim | Refused], scope: Scope, position: int, unknown: str) -> bool:
    """Whether a row in between belongs to the equation of another unknown: as its derivative, or by what it solves."""
    row = claims[position]
    assert isinstance(row, Claim)
    by = differentiated_by(row.head)
    if row.premise or (by in scope.declarations and by != unknown):
        return True
    solved = _solved_name(row, scope)
    if solved is None or solved[0] == unknown:
        return False
    return equation_for(claims, scope, solved[0], position) is not None


def _as_row(
    claims: list[Claim | Refused], scope: Scope, position: int, premise: Claim, solution: Solution
) -> Claim:  # fmt: skip
    """A claim as a row that solves an equation: with what is unknown beside, and what was found before."""
    row = claims[position]
    assert isinstance(row, Claim)
    made = _for_its_indices(solution, row)
    if not set(made.free) <= set(row.free) and not made.members:
        return row
    solved = _solved_name(row, scope)
    constrained, spare = beside(premise, row, solution.unknown, None if solved is None else solved[0], scope)
    given, also = _found_before(claims, scope, position, premise, solution.unknown)
    known = {**dict(constrained), **dict(spare)}
    spare = (*spare, *(pair for pair in also if pair[0] not in known))
    return replace(row, solution=replace(made, also=constrained, given=given, spare=spare), kind="solution")


def _carry_on(claims: list[Claim | Refused], scope: Scope) -> None:
    r"""Rows that words or ⇒ lead to, and that give no unknown a value, as ``X^\top X w = X^\top y``."""
    for position, claim in enumerate(claims):
        if not isinstance(claim, Claim) or claim.solution is not None or claim.premise or claim.relation != "=":
            continue
        if not (claim.joined or claim.implied) or claim.kind != "identity" or derivative_in(claim.claimed) is not None:
            continue
        found = _premise_above(claims, scope, position)
        if found is None:
            continue
        premise = claims[found]
        assert isinstance(premise, Claim)
        of = premise.solution
        unknown, members = _differentiated(premise) if of is None else (of.unknown, of.members)
        if unknown is None:
            continue
        if not any(mentions(claim, name, scope) for name in (unknown, *multipliers(premise, unknown, scope))):
            continue
        if of is not None:
            claims[position] = _as_row(claims, scope, position, premise, of)
        else:
            _solve(claims, scope, found, position, unknown, members)


def _premise_above(claims: list[Claim | Refused], scope: Scope, position: int) -> int | None:
    """The equation that is solved right above a row: nothing but other rows of it stands in between."""
    for index in range(position - 1, -1, -1):
        row = claims[index]
        if not isinstance(row, Claim) or row.relation != "=":
            return None
        if row.stationary and row.solution is not None:
            return index
        if _differentiated(row)[0] in scope.declarations and terms.is_zero(row.claimed):
            return index
        if row.solution is None and not (row.joined or row.implied):
            return None
    return None


def _differentiated(premise: Claim | Refused) -> tuple[str | None, bool]:
    """The name by which an equation is a derivative, and whether it is one for every member of that name."""
    if not isinstance(premise, Claim):
        return None, False
    found = derivative_in(premise.head)
    return differentiated_by(premise.head), bool(premise.free) and (
        isinstance(premise.head, terms.Entry) or (found is not None and bool(found.indices))
    )


def _constrained(claims: list[Claim | Refused], scope: Scope, name: str, position: int) -> int | None:
    """The equation above a row ``λ = …`` that is a derivative of what λ constrains."""
    for index in range(position - 1, -1, -1):
        row = claims[index]
        if isinstance(row, Claim) and row.relation == "=" and terms.is_zero(row.claimed):
            unknown, _ = _differentiated(row)
            if unknown in scope.declarations and unknown is not None and name in multipliers(row, unknown, scope):
                return index
    return None


def _found_before(
    claims: list[Claim | Refused], scope: Scope, position: int, premise: Claim, unknown: str
) -> tuple[tuple[tuple[str, Term], ...], tuple[tuple[str, Term], ...]]:
    r"""Names in the equation of which the row says nothing, as they were found before: μ at ``\hat\mu``.

    Second those of which only an equation stands above, or whose value moves with the unknown: ``\bar y - w \bar x``.
    """
    row = claims[position]
    assert isinstance(row, Claim)
    names = behind((premise.head, premise.claimed), scope.definitions) - {unknown}
    named = names & scope.declarations.keys()
    open_to = {name for name in named if not mentions(row, name, scope)}
    # One of several equations that words give together holds where all derivatives are zero.
    together = set() if row.implied or _solved_name(row, scope) is not None else named
    given: dict[str, Term] = {}
    also: dict[str, Term] = {}
    for index in range(position - 1, -1, -1):
        other = claims[index]
        if not isinstance(other, Claim) or other.relation != "=":
            continue
        by = differentiated_by(other.head)
        if (by in open_to or by in together) and by not in given and terms.is_zero(other.claimed) and not other.free:
            assert by is not None
            also.setdefault(by, other.head)
        value = None if by is not None else _value_found(claims, scope, index, open_to - given.keys() - also.keys())
        if value is not None and not depends(value[1], unknown, scope):
            given[value[0]] = value[1]
    return tuple(given.items()), tuple(also.items())


def _value_found(
    claims: list[Claim | Refused], scope: Scope, index: int, names: set[str]
) -> tuple[str, Term] | None:  # fmt: skip
    """One of the names with the value that a row found for it from an equation."""
    row = claims[index]
    assert isinstance(row, Claim)
    solved = _solved_name(row, scope)
    if solved is None or solved[0] not in names:
        return None
    known = row.solution is not None and row.solution.unknown == solved[0]
    if not known and equation_for(claims, scope, solved[0], index) is None:
        return None
    value = row.claimed if _alone(row.head, row) is not None else row.head
    whole = _for_all(value, row, solved[0], scope)
    return None if whole is None else (solved[0], whole)


def _for_all(value: Term, row: Claim, key: str, scope: Scope) -> Term | None:
    """The value of all entries of a name, of which a row says what each is; None where a row says something else."""
    head = row.head if row.claimed is value else row.claimed
    declared = scope.declarations[key]
    match head:
        case terms.Variable(indices=()):
            return value
        case terms.Entry(row=terms.Index(name=index)) if row.free == (index,):
            return terms.Gather((index,), value, shape=declared.shape, span=value.span)
    return None


def _for_its_indices(solution: Solution, step: Claim) -> Solution:
    """The equation with the free indices of another row in the place of its own, letter by letter."""
    if not solution.free:
        return solution
    by_letter = {name.partition("#")[0]: name for name in step.free}
    names = {name: by_letter.get(name.partition("#")[0], name) for name in solution.free}
    places: dict[str, Term] = {name: terms.Index(other) for name, other in names.items()}
    left, right = at_indices(solution.left, places), at_indices(solution.right, places)
    return replace(solution, left=left, right=right, free=tuple(names.values()))


def _row(claim: Claim | Refused) -> Claim | None:
    """A row; one whose shapes do not agree as it reads for sizes of 1: it stands among the others all the same."""
    return claim if isinstance(claim, Claim) else claim.scalar


def _held(rows: list[Claim | Refused], scope: Scope) -> tuple[str, ...]:
    """The moments in the rows: they stay at their current values."""
    sides = [side for row in rows if isinstance(row, Claim) for side in (row.head, row.claimed)]
    return tuple(sorted({name for side in sides for name in held_names(side, scope)}))


def equation_for(
    claims: list[Claim | Refused], scope: Scope, unknown: str, position: int, sentence: int | None = None
) -> int | None:
    """The row above ``position`` from which the unknown is found: where its ⇒ began, or the nearest with a 0."""
    claim = _row(claims[position]) if position < len(claims) else None
    if claim is not None and claim.implied:
        return _start_of_implication(claims, scope, unknown, position)
    for index in range(position - 1, -1, -1):
        row = claims[index]
        if not isinstance(row, Claim) or row.relation != "=" or (row.solution is not None and not row.stationary):
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
            led = row.joined and not terms.is_zero(row.claimed)
            above = equation_for(claims, scope, unknown, index) if led else None
            return above if above is not None else index if _may_determine(row, unknown, scope) else None
        index -= 1
    return None


def _may_determine(row: Claim, unknown: str, scope: Scope) -> bool:
    """Whether a row is an equation in the unknown: a derivative by another name is not one."""
    by = differentiated_by(row.head)
    by_another = by is not None and by in scope.declarations and by != unknown
    return mentions(row, unknown, scope) and not by_another


def _solved_name(claim: Claim, scope: Scope) -> tuple[str, bool] | None:
    r"""The declared name that a row ``u = …`` gives a value, if it stands alone on one side and not on the other.

    Also where the row gives a power of it (``\sigma^2 = …``), or every member of it (``\mu_k = …``), told by the flag.
    """
    led = claim.implied or claim.joined
    for side, other in ((claim.head, claim.claimed), (claim.claimed, claim.head)):
        found = _alone(side, claim)
        if found is None or found[0] not in scope.declarations:
            continue
        if not depends(other, found[0], scope, frozenset(scope.posterior)) and (led or not terms.is_zero(other)):
            return found
    return None


def _alone(side: Term, claim: Claim) -> tuple[str, bool] | None:
    """The name that a side is, or of which it is a power or the member for every free index."""
    match side:
        case terms.Power(base=base, exponent=terms.Constant(value=Fraction())) if claim.implied or claim.joined:
            return _alone(base, claim)
        case terms.Variable(key=key, indices=()):
            return key, False
        case terms.Variable(key=key, indices=indices) if _all_free(indices, claim):
            return key, True
        case terms.Entry(argument=terms.Variable(key=key, indices=()), row=row, column=terms.Constant()):
            return (key, True) if row is not None and _all_free((row,), claim) else None
    return None


def _all_free(indices: tuple[Term, ...], claim: Claim) -> bool:
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
