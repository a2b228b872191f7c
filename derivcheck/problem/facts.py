"""What is seen of terms by their structure, through whatever definitions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from fractions import Fraction

from derivcheck.problem import terms as t
from derivcheck.problem.scope import Definition, Scope
from derivcheck.problem.terms import Term

Definitions = Mapping[str, Definition]


def behind(terms: Iterable[Term], definitions: Definitions, held: Collection[str] = ()) -> frozenset[str]:
    """The names in terms, and all on which these depend; not through names that are ``held`` at their values."""
    found: set[str] = set()
    stack = list(terms)
    while stack:
        new = t.variables(stack.pop()) - found
        found |= new
        stack += [definitions[name].term for name in new if name in definitions and name not in held]
    return frozenset(found)


def unfolded(terms: Iterable[Term], definitions: Definitions) -> Iterator[Term]:
    """Terms and what the names behind them stand for, each definition once."""
    first = tuple(terms)
    yield from first
    yield from (definitions[name].term for name in behind(first, definitions) if name in definitions)


def everything(terms: Iterable[Term], definitions: Definitions) -> Iterator[Term]:
    """The parts of terms and of the definitions behind them, each definition once."""
    for each in unfolded(terms, definitions):
        yield from t.walk(each)


def depends(term: Term, key: str, scope: Scope, held: Collection[str] = ()) -> bool:
    """Whether a term depends on a name, not through names that are ``held``."""
    return key in behind((term,), scope.definitions, held)


def whole(exponent: Term) -> bool:
    """Whether an exponent is a whole number: then a power is a product, or one over it."""
    match exponent:
        case t.Constant(value=Fraction() as value):
            return value.denominator == 1
        case t.Size():
            return True
    return False
