r"""Names beside the unknown of an equation: Lagrange multipliers, and parameters that were estimated before it.

In ``\frac{n_k}{\pi_k} - \lambda = 0 \Rightarrow \pi_k = \frac{n_k}{\lambda}`` the multiplier takes any value. Where a
row says nothing of it (``\pi_k = \frac{n_k}{N}``), or says what it is, it is an unknown too, with its constraint.
"""

from __future__ import annotations

from collections.abc import Iterator

from derivcheck.problem import terms
from derivcheck.problem.facts import depends
from derivcheck.problem.heads import derivative_in
from derivcheck.problem.problem import Claim, Refused
from derivcheck.problem.scope import Scope
from derivcheck.problem.terms import Term
from derivcheck.reading.phrases import called
from derivcheck.reading.windows import around_multipliers


def multipliers(premise: Claim, unknown: str, scope: Scope) -> dict[str, Term]:
    r"""The multipliers in what a premise is the derivative of, each with its constraint: λ of ``λ (1 - \sum_k π_k)``.

    A constraint has a part with the unknown and one without it: ``λ \|w\|^2`` is a penalty, and λ is given.
    """
    found = derivative_in(premise.head)
    known: dict[str, Term] = {}
    for part in () if found is None else _written_out(found.target, scope):
        match part:
            case terms.Multiply(op="scale" | "inner", left=left, right=right):
                pairs = [(left, right), (right, left)]
            case terms.Multiply(op="matmul", left=terms.Unary(op="transpose", argument=left), right=right):
                pairs = [(left, right)]
            case _:
                continue
        for name, constraint in pairs:
            if not isinstance(name, terms.Variable) or name.indices or not isinstance(constraint, terms.Add):
                continue
            if name.key == unknown or name.key not in scope.declarations or scope.declarations[name.key].family:
                continue
            moving = [depends(each, unknown, scope) for _, each in constraint.terms]
            if any(moving) and not all(moving) and not depends(constraint, name.key, scope):
                known[name.key] = constraint
    return known


def _written_out(term: Term, scope: Scope) -> Iterator[Term]:
    """The parts of a term and of all that stands in it by name, but for what is within sums over an index."""
    stack, seen = [term], {""}
    while stack:
        top = stack.pop()
        yield top
        match top:
            case terms.Variable(key=key, indices=()) if key not in seen and key in scope.definitions:
                seen.add(key)
                stack.append(scope.definitions[key].term)
            case terms.Add(terms=parts):
                stack += [part for _, part in parts]
            case terms.Let(bindings=(), body=inner) | terms.Unary(argument=inner):
                stack.append(inner)
            case terms.Multiply(left=left, right=right):
                stack += [left, right]


def beside(
    premise: Claim, row: Claim, unknown: str, solved: str | None, scope: Scope
) -> tuple[tuple[tuple[str, Term], ...], tuple[tuple[str, Term], ...]]:
    """The multipliers that a row leaves no free value, with their constraints; and the others.

    A row in which both stand is held against the solution for every value of the multiplier, which says more.
    """
    found = multipliers(premise, unknown, scope)
    both = mentions(row, unknown, scope) and solved not in found
    free = {name for name in found if both and mentions(row, name, scope)}
    return tuple(pair for pair in found.items() if pair[0] not in free), tuple(
        pair for pair in found.items() if pair[0] in free
    )


def mentions(claim: Claim, name: str, scope: Scope) -> bool:
    """Whether a side of a claim depends on a name."""
    return any(depends(side, name, scope) for side in (claim.head, claim.claimed))


def without_constraint(row: Claim, above: list[Claim | Refused], solved: str | None, scope: Scope) -> Refused | None:
    """A row that needs the constraint of a multiplier which stands in no Lagrangian: nothing is known against it."""
    solution = row.solution
    if (
        row.stationary
        or row.relation != "="
        or (solution is not None and (solution.also or solution.given or solution.spare))
    ):
        return None
    if solution is not None:
        sides = (solution.left, solution.right)
        open_to = {name for name in _called_multipliers(scope) if any(depends(side, name, scope) for side in sides)}
        open_to -= {name for name in open_to if mentions(row, name, scope)}
    else:
        led = row.joined or row.implied
        zeros = [other for other in above if isinstance(other, Claim) and terms.is_zero(other.claimed)]
        met = led and any(solved is not None and mentions(zero, solved, scope) for zero in zeros)
        open_to = {name for name in _called_multipliers(scope) if met and name == solved}
    if not open_to:
        return None
    text = scope.declarations[min(open_to)].text
    return Refused(
        row.name, row.title, row.kind, "not-checked",
        f"what constrains the multiplier `{text}` is not known: it stands in no Lagrangian above",
        row.span, row.line_span, f"write the Lagrangian, and differentiate it: `\\mathcal{{L}} = … + {text} (1 - …)`",
        False, row.chain, None, row.expected_wrong, row.implied,
    )  # fmt: skip


def _called_multipliers(scope: Scope) -> set[str]:
    """Declared names that the words call multipliers."""
    text = around_multipliers(scope.text)
    return {key for key in (scope.declarations if text else ()) if key in text and called("multiplier", key, text)}
