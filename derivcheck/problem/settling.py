"""Terms made anew with some of their parts replaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from derivcheck.language.shapes import Dim
from derivcheck.problem.terms import Term
from derivcheck.source import Span


def settled(term: Term, solution: Mapping[str, Dim]) -> Term:
    """The term with every unknown size replaced by what it was found to be, to be evaluated beside other problems."""
    return _anew(term, lambda dim: dim.substitute(solution), lambda part: part)


def mapped(term: Term, fn: Callable[[Term], Term]) -> Term:
    """The term with ``fn`` applied to every part, children first."""
    return _anew(term, lambda dim: dim, fn)


def _anew(term: Term, of_size: Callable[[Dim], Dim], of_term: Callable[[Term], Term]) -> Term:
    done: dict[int, Any] = {}

    def of(value: Any) -> Any:  # noqa: ANN401 (whatever the fields of a term hold)
        match value:
            case Dim():
                return of_size(value)
            case tuple():
                return tuple(map(of, value))
            case str() | int() | Span():
                return value
        if not is_dataclass(value) or isinstance(value, type):
            return value
        if id(value) not in done:
            made = replace(value, **{each.name: of(getattr(value, each.name)) for each in fields(value)})
            done[id(value)] = of_term(made) if isinstance(made, Term) else made
        return done[id(value)]

    result: Term = of(term)
    return result
