r"""What stays where it is while a parameter moves: q, and what is defined from it (moments, responsibilities).

In the M-step of EM the derivative of Q by a parameter, and the place of its optimum, hold the E-step's results fixed.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from derivcheck.problem import terms as t
from derivcheck.problem.facts import behind, depends, recurs
from derivcheck.problem.probability.model import parameters_of_model
from derivcheck.problem.scope import Scope
from derivcheck.problem.substitution import member, rewrite
from derivcheck.problem.terms import Term
from derivcheck.reading.phrases import EM


@lru_cache(maxsize=8)
def of_em(text: str) -> bool:
    """Whether a document speaks of EM: asked at every statement and derivative of it."""
    return EM.search(text) is not None


def at_current(target: Term, key: str, scope: Scope) -> tuple[Term, tuple[str, ...]]:
    """What is differentiated by a parameter of the model, its means frozen, and the names that do not move with it.

    So it is where the document states a q of its own, or speaks of EM; a moment itself moves all the same.
    """
    frozen = any(one.frozen for known in scope.measures.values() for one in known.values())
    spoken = frozen or bool(scope.still) or of_em(scope.text)
    if not spoken or not (scope.posterior or scope.angled) or not moves_alone(key, scope):
        return target, ()
    written = written_out(target, key, scope)
    if isinstance(target, t.Variable) and written is target:
        return target, ()
    made = frozen_means(written, key, scope)
    held = tuple(name for name in held_names(made, scope) if name != key)
    return (made, held) if held or made is not target else (target, ())


def moves_alone(key: str, scope: Scope) -> bool:
    """Whether what the E-step has found stays while a name moves: parameters of the model, where there is one.

    Without a model words say what stays; they say it of every name.
    """
    return key in parameters_of_model(scope) or (bool(scope.still) and key in scope.declarations)


def written_out(term: Term, key: str, scope: Scope) -> Term:
    """Names that move with ``key`` although every moment stays: the Q of an M-step, by what they are."""
    held = frozenset(scope.posterior)

    def rule(part: Term) -> Term | None:
        if not isinstance(part, t.Variable) or part.key not in held or part.key not in scope.definitions:
            return None
        if part.key in scope.still or recurs(part.key, scope):
            return None
        inner = frozen_means(member(scope.definitions[part.key], part.indices), key, scope)
        direct = any(_is_posterior(each) for each in t.walk(inner))
        without_frozen = rewrite(inner, lambda part: t.Constant(Fraction(0)) if isinstance(part, t.Frozen) else None)
        moves = depends(without_frozen, key, scope, held)
        return rewrite(inner, rule) if moves and not direct else None

    return rewrite(term, rule)


def frozen_means(term: Term, key: str, scope: Scope) -> Term:
    """Every mean taken under a density at the current value of a name: an M-step does not move its q."""

    def rule(part: Term) -> Term | None:
        if not isinstance(part, t.Expectation) or isinstance(part.log, t.Frozen):
            return None
        if not depends(part.log, key, scope):
            return None
        return replace(part, log=t.Frozen(part.log, (key,)), body=rewrite(part.body, rule))

    return rewrite(term, rule)


def decisive(objective: Term, key: str, scope: Scope) -> Term:
    """What has the same optimum and costs less: a density by its logarithm, a sum without the terms that stay."""
    match objective:
        case t.Density(log=log):
            return decisive(log, key, scope)
        case t.Let(bindings=(), body=body):
            return decisive(body, key, scope)
        case t.Add():
            return moving(objective, key, scope)
    return objective


def moving(target: Term, key: str, scope: Scope) -> Term:
    """What has the same derivative by a name and costs less: a sum without the terms that stay."""
    if not isinstance(target, t.Add):
        return target
    parts = tuple(part for part in target.terms if depends(part[1], key, scope))
    return replace(target, terms=parts) if parts else target


def held_names(term: Term, scope: Scope) -> tuple[str, ...]:
    """The names in a term that were defined from a posterior: moments, responsibilities."""
    return tuple(sorted(behind((term,), scope.definitions) & scope.posterior))


def note_posterior(key: str, term: Term, scope: Scope) -> None:
    """Remember that a name was defined from, or found to be, something under a posterior."""
    for part in t.walk(term):
        mean = isinstance(part, t.Expectation | t.Frozen)
        ratio = _is_posterior(part)
        known = isinstance(part, t.Variable) and part.key in scope.posterior
        if mean or ratio or known:
            scope.posterior.add(key)
            return


def _is_posterior(part: Term) -> bool:
    """A density given an observation; also at a value that was put in, where its integral is what it is divided by."""
    if not isinstance(part, t.Density):
        return False
    divided = isinstance(part.log, t.Add) and any(
        sign < 0 and isinstance(each, t.LogIntegral) for sign, each in part.log.terms
    )
    return part.evidence is not None or divided
