"""Terms with the sizes that were found filled in, to be evaluated beside a problem that does not know them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from derivcheck.language.shapes import Dim
from derivcheck.problem.terms import Term
from derivcheck.source import Span


def settled(term: Term, solution: Mapping[str, Dim]) -> Term:
    """The term with every unknown size replaced by what it was found to be."""
    done: dict[int, Any] = {}

    def of(value: Any) -> Any:  # noqa: ANN401 (whatever the fields of a term hold)
        match value:
            case Dim():
                return value.substitute(solution)
            case tuple():
                return tuple(map(of, value))
            case str() | int() | Span():
                return value
        if not is_dataclass(value) or isinstance(value, type):
            return value
        if id(value) not in done:
            done[id(value)] = replace(value, **{each.name: of(getattr(value, each.name)) for each in fields(value)})
        return done[id(value)]

    result: Term = of(term)
    return result
