"""What an expression means: terms, elaborated from syntax, with every name resolved.

A term's value is a matrix at every point of the index axes in force. Terms know
their shape in symbols; nothing here knows numbers, torch or where text stands,
but for the span that each keeps for messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from fractions import Fraction
from functools import cache
from typing import Literal

from derivcheck.language.shapes import SCALAR, Dim, Domain, Shape
from derivcheck.source import NOWHERE, Span


class _Remembering:
    """What is asked of a term again and again is worked out once: its hash, the names and the terms in it.

    None of these is a field: no copy, comparison or pickle of a term carries it.
    """

    __slots__ = ("_children", "_hash", "_names")
    _children: tuple[Term, ...]
    _hash: int
    _names: frozenset[str]

    def __init_subclass__(cls) -> None:
        """Keep the hash: of the fields, as ``dataclass`` makes it, or as a class says itself."""
        worked_out: Callable[[object], int] | None = cls.__dict__.get("__hash__")
        if worked_out is None or hasattr(worked_out, "kept"):
            return

        def kept(term: _Remembering) -> int:
            try:
                return term._hash
            except AttributeError:
                object.__setattr__(term, "_hash", worked_out(term))
                return term._hash

        kept.kept = True  # type: ignore[attr-defined]
        cls.__hash__ = kept  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class _Term(_Remembering):
    shape: Shape = field(default=SCALAR, compare=False, repr=False, kw_only=True)
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Constant(_Term):
    """A rational number, or one of the two constants ``pi`` and ``e``."""

    value: Fraction | Literal["pi", "e"]


@dataclass(frozen=True, slots=True)
class Size(_Term):
    """A dimension used as a number: the ``n`` of ``1/n``."""

    dim: Dim


@dataclass(frozen=True, slots=True)
class Index(_Term):
    """The value of an index, counted from 1 as written. ``name`` is unique in the problem."""

    name: str


@dataclass(frozen=True, slots=True)
class Variable(_Term):
    """A declared or defined name; ``indices`` pick the member of a family, one 1-based integer term each."""

    key: str
    indices: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Add(_Term):
    """A sum with signs; a literal number among matrices is added to every entry."""

    terms: tuple[tuple[int, Term], ...]


@dataclass(frozen=True, slots=True)
class Multiply(_Term):
    """``scale`` (a side is a scalar), ``matmul``, ``entrywise`` (Hadamard), ``inner`` (of two columns), ``kron``."""

    op: Literal["scale", "matmul", "entrywise", "inner", "kron"]
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Divide(_Term):
    """Division by a scalar, or (``entrywise``) of entries by entries."""

    left: Term
    right: Term
    entrywise: bool = False


@dataclass(frozen=True, slots=True)
class Unary(_Term):
    """A function of one matrix as a whole.

    ``transpose inverse trace det abs norm1 norm2 norminf todiag diagof sumall vec softmax eigenvalues eigenvectors
    eigenvalue eigenvector``, the last two for a pair of no known rank, where ``norm2`` is
    the Frobenius norm (the 2-norm of a vector), ``todiag`` makes a diagonal matrix of a vector, ``diagof`` the
    column of a matrix's diagonal, ``abs`` is entry by entry.
    """

    op: str
    argument: Term


@dataclass(frozen=True, slots=True)
class Power(_Term):
    """``base`` to an integer power as a matrix, a scalar to any power, or (``entrywise``) entry by entry."""

    base: Term
    exponent: Term
    entrywise: bool = False


@dataclass(frozen=True, slots=True)
class Elementary(_Term):
    """A known function entry by entry, or its derivative of some order: ``tanh``, ``relu``, ``exp``."""

    name: str
    argument: Term
    order: int = 0


@dataclass(frozen=True, slots=True)
class Arbitrary(_Term):
    """A declared function at its arguments; ``entrywise`` when a function of a real acts on a larger argument.

    ``order`` counts derivatives of a function of one real.
    """

    key: str
    arguments: tuple[Term, ...]
    order: int = 0
    entrywise: bool = False


@dataclass(frozen=True, slots=True)
class Extremum(_Term):
    """The largest or smallest of several, entry by entry; scalars stand for every entry."""

    op: Literal["max", "min"]
    arguments: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Comparison(_Term):
    """``left sign right`` of scalars; true where every one of a conjunction is."""

    sign: Literal["=", "\\ne", "<", ">", "\\le", "\\ge"]
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Indicator(_Term):
    """1 where all conditions hold, else 0."""

    conditions: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class Piecewise(_Term):
    """The value of the first row whose conditions all hold; a row without conditions is "otherwise"."""

    rows: tuple[tuple[Term, tuple[Comparison, ...]], ...]


@dataclass(frozen=True, slots=True)
class Reduce(_Term):
    """``sum``, ``prod``, ``max`` or ``min`` of ``body`` over ``index`` from ``lower`` to ``upper``.

    Only where the ``conditions`` hold. ``matmul`` is the product of square matrices in their order.
    """

    op: Literal["sum", "prod", "max", "min", "matmul"]
    index: str
    lower: Term
    upper: Term
    conditions: tuple[Comparison, ...]
    body: Term


@dataclass(frozen=True, slots=True)
class Entry(_Term):
    """Entry (``row``, ``column``) of a matrix, from 1; ``None`` keeps that whole axis."""

    argument: Term
    row: Term | None
    column: Term | None


@dataclass(frozen=True, slots=True)
class Kronecker(_Term):
    """1 where two indices are equal, else 0."""

    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Identity(_Term):
    """The identity matrix of a size."""

    dim: Dim


@dataclass(frozen=True, slots=True)
class Filled(_Term):
    """A matrix with the same number everywhere: ones, zeros."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class UnitVector(_Term):
    """The column with a 1 at ``position`` (from 1)."""

    position: Term
    dim: Dim


@dataclass(frozen=True, slots=True)
class Block(_Term):
    """A matrix written out; entries may be matrices that fit together."""

    rows: tuple[tuple[Term, ...], ...]


@dataclass(frozen=True, slots=True)
class Derivative(_Term):
    """The derivative of ``target`` with respect to the name ``key``.

    ``form`` is ``gradient`` (of a scalar: the shape of the variable), ``tangent`` (of anything by a scalar: the
    shape of the target), ``jacobian`` (rows: entries of the target, columns: entries of the variable) or ``hessian``
    (``second`` is the other variable); ``indices`` pick the member of a family. ``held`` names are
    kept fixed; with ``direct`` every other name that stands in the target's own definition is.
    """

    target: Term
    key: str
    form: Literal["gradient", "tangent", "jacobian", "hessian"]
    held: tuple[str, ...] = ()
    direct: bool = False
    second: str | None = None
    indices: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Chain(_Term):
    """A product of linked partials as the composition of linear maps (∂ℓ/∂y · ∂y/∂r · ∂r/∂V).

    ``links`` run from the outermost target inwards. With a scalar first target the value has the shape of the last
    variable; else it is the Jacobian of the first target by the last variable. ``transposed`` gives the other layout.
    """

    links: tuple[Derivative, ...]


@dataclass(frozen=True, slots=True)
class Gather(_Term):
    """The column (or matrix) whose entries are a scalar ``body`` over one index (or two): ``z_i = …`` as ``z``."""

    indices: tuple[str, ...]
    body: Term


@dataclass(frozen=True, slots=True)
class Let(_Term):
    """``body`` with names bound to other values: the call of a ``function`` that the document defines."""

    bindings: tuple[tuple[str, Term], ...]
    body: Term
    function: str | None = field(default=None, compare=False)

    def __hash__(self) -> int:
        """Of the bindings alone: written out, the bodies of functions that call each other double at every call."""
        return hash(self.bindings)


@dataclass(frozen=True, slots=True)
class MapEntries(_Term):
    """A function of real numbers that the document defines, entry by entry on matrices of one shape.

    ``order`` counts derivatives with respect to the first parameter.
    """

    parameters: tuple[str, ...]
    arguments: tuple[Term, ...]
    body: Term
    order: int = 0

    def __hash__(self) -> int:
        """Of all but the body, as for ``Let``."""
        return hash((self.parameters, self.arguments, self.order))


@dataclass(frozen=True, slots=True)
class Bound:
    """What an integral or an expectation runs over: a ``key`` that nothing else has, its shape and its domain."""

    key: str
    shape: Shape
    domain: Domain


@dataclass(frozen=True, slots=True)
class LogIntegral(_Term):
    """log ∫ exp(``log``) over the bounds: an integral over reals, a sum over whole numbers and finite sets."""

    bounds: tuple[Bound, ...]
    log: Term


@dataclass(frozen=True, slots=True)
class Expectation(_Term):
    """The mean of ``body`` under the density proportional to exp(``log``) of the bounds."""

    bounds: tuple[Bound, ...]
    log: Term
    body: Term


@dataclass(frozen=True, slots=True)
class Integral(_Term):
    """∫ ``body`` over one real number, which may change its sign; ``LogIntegral`` is for what cannot."""

    bound: Bound
    body: Term


@dataclass(frozen=True, slots=True)
class Density(_Term):
    """A probability density (or mass) of the ``targets``, kept by its logarithm.

    ``joint`` is the same up to a summand without the targets (of p(z | x): log p(x, z)), ``evidence`` that summand
    (log p(x)), both None where nothing had to be divided.
    """

    log: Term
    targets: tuple[Term, ...] = field(default=(), compare=False)
    joint: Term | None = field(default=None, compare=False)
    evidence: Term | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Frozen(_Term):
    """``body`` at the current values of ``names``, whatever is bound to them here: a q that an M-step does not move."""

    body: Term
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Optimum(_Term):
    """Where ``objective`` is largest (``argmax``) or smallest over the name ``key``; ``held`` names do not move.

    ``indices`` pick a member of a family, ``position`` an entry, as in ``Entry``.
    """

    op: Literal["argmax", "argmin"]
    key: str
    objective: Term
    held: tuple[str, ...] = ()
    indices: tuple[Term, ...] = ()
    position: tuple[Term | None, Term | None] | None = None


Term = (
    Constant | Size | Index | Variable | Add | Multiply | Divide | Unary | Power | Elementary | Arbitrary | Extremum
    | Comparison | Indicator | Piecewise | Reduce | Entry | Kronecker | Identity | Filled | UnitVector | Block
    | Derivative | Chain | Gather | Let | MapEntries | LogIntegral | Expectation | Integral | Density | Frozen
    | Optimum
)  # fmt: skip


def children(term: Term) -> tuple[Term, ...]:
    """The terms directly inside, in order."""
    try:
        return term._children
    except AttributeError:
        found = tuple(_terms_in(tuple(getattr(term, name) for name in _holding_terms(type(term)))))  # type: ignore[arg-type]
        object.__setattr__(term, "_children", found)
        return found


@cache
def _holding_terms(kind: type[_Term]) -> tuple[str, ...]:
    """The fields of a kind of term that may hold terms, but for those that say what stands in another."""
    apart = {"shape", "span", "targets", "joint", "evidence"}
    return tuple(item.name for item in fields(kind) if item.name not in apart)


def _terms_in(values: tuple[object, ...]) -> Iterator[Term]:
    for value in values:
        if isinstance(value, _Term):
            yield value  # type: ignore[misc]
        elif isinstance(value, tuple):
            yield from _terms_in(value)


def walk(term: Term) -> Iterator[Term]:
    """The term and everything in it; a part that stands in it many times as one object comes once."""
    stack = [term]
    seen: set[int] = set()
    while stack:
        top = stack.pop()
        if id(top) not in seen:
            seen.add(id(top))
            yield top
            stack.extend(children(top))


def variables(term: Term) -> frozenset[str]:
    """The names that stand in it, those bound by a ``Let`` or a ``MapEntries`` left out."""
    try:
        return term._names
    except AttributeError:
        object.__setattr__(term, "_names", _names_in(term))
        return term._names


def _names_in(term: Term) -> frozenset[str]:
    found: set[str] = set()
    stack: list[tuple[Term, frozenset[str]]] = [(term, frozenset())]
    seen: set[tuple[int, frozenset[str]]] = set()
    while stack:
        top, bound = stack.pop()
        if (id(top), bound) in seen:
            continue
        seen.add((id(top), bound))
        match top:
            case Variable(key=key, indices=indices):
                found.update({key} - bound)
                stack.extend((index, bound) for index in indices)
            case Derivative(target=target, key=key, second=second):
                found.update({key, second or key} - bound)
                stack.append((target, bound))
            case LogIntegral(bounds=bounds) | Expectation(bounds=bounds):
                inner = bound.union(each.key for each in bounds)
                stack.extend((child, inner) for child in children(top))
            case Integral(bound=over, body=body):
                stack.append((body, bound | {over.key}))
            case Optimum(key=key):
                found.update({key} - bound)
                stack.extend((child, bound) for child in children(top))
            case Let(bindings=bindings, body=body):
                stack.append((body, bound.union(name for name, _ in bindings)))
                stack.extend((value, bound) for _, value in bindings)
            case MapEntries(parameters=parameters, arguments=arguments, body=body):
                stack.append((body, bound.union(parameters)))
                stack.extend((value, bound) for value in arguments)
            case _:
                stack.extend((child, bound) for child in children(top))
    return frozenset(found)


def is_literal(term: Term) -> bool:
    """Whether the value is a number that was written as one: no name of the document is in it."""
    stack = [term]
    while stack:
        match stack.pop():
            case Constant():
                pass
            case Add(terms=terms):
                stack.extend(part for _, part in terms)
            case Multiply(left=left, right=right) | Divide(left=left, right=right):
                stack += (left, right)
            case Power(base=base, exponent=exponent):
                stack += (base, exponent)
            case Elementary(argument=argument):
                stack.append(argument)
            case _:
                return False
    return True


def is_zero(term: Term) -> bool:
    """Whether it is literally zero: ``0`` or a matrix of zeros."""
    match term:
        case Constant(value=value) | Filled(value=value):
            return value == 0
        case Block(rows=rows):
            return all(is_zero(entry) for row in rows for entry in row)
    return False
