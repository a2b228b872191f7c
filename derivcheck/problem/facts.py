"""What is seen of terms by their structure, through whatever definitions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from derivcheck.functions import FUNCTIONS
from derivcheck.language.shapes import is_scalar
from derivcheck.problem import terms as t
from derivcheck.problem.scope import Definition, Scope
from derivcheck.problem.terms import Term

Definitions = Mapping[str, Definition]
Signs = frozenset[int]
SYMMETRIC = ("symmetric", "spd", "diagonal")
UNSIGNED, ANY = frozenset((0, 1)), frozenset((-1, 0, 1))


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


def recurs(key: str, scope: Scope) -> bool:
    """Whether the members of a defined family are made of each other: it cannot be written out."""
    return key in scope.begun or (key in scope.definitions and depends(scope.definitions[key].term, key, scope))


def whole(exponent: Term) -> bool:
    """Whether an exponent is a whole number: then a power is a product, or one over it."""
    match exponent:
        case t.Constant(value=Fraction() as value):
            return value.denominator == 1
        case t.Size():
            return True
    return False


def positive(term: Term, scope: Scope) -> bool:
    """Whether a scalar is seen to be positive, or not negative, wherever it is defined."""
    found = signs(term, scope)
    return 1 in found and -1 not in found


def negative(term: Term, scope: Scope) -> bool:
    """Whether a scalar is seen to be negative wherever it is defined and not zero."""
    found = signs(term, scope)
    return -1 in found and 1 not in found


def signs(term: Term, scope: Scope) -> Signs:
    """The signs that a scalar may have where it is defined, as far as they are seen."""

    def of(part: Term) -> Signs:
        return signs(part, scope)

    match term:
        case t.Constant(value=Fraction() as value):
            return frozenset(((value > 0) - (value < 0),))
        case t.Constant() | t.Size() | t.Density() | t.Unary(op="norm2" | "sumsq" | "norm1" | "norminf"):
            return UNSIGNED
        case t.Elementary(name=name, order=0) if FUNCTIONS[name].unsigned:
            return UNSIGNED
        case t.Unary(op="det", argument=argument) if definite(argument, scope):
            return UNSIGNED
        case t.Variable(key=key) | t.Entry(argument=t.Variable(key=key)):
            if (declaration := scope.declarations.get(key)) is not None:
                return declaration.domain.signs
            return of(scope.definitions[key].term) if key in scope.definitions else ANY
        case t.Add(
            terms=((1, t.Constant(value=1)), (-1, t.Variable(key=key) | t.Entry(argument=t.Variable(key=key))))
        ) if key in scope.declarations and scope.declarations[key].domain.at_most_one:
            return UNSIGNED
        case t.Add(terms=parts):
            return _added(frozenset(sign * each for sign, part in parts for each in of(part)))
        case t.Multiply(op="scale", left=left, right=right) | t.Divide(left=left, right=right):
            return frozenset(one * other for one in of(left) for other in of(right))
        case t.Multiply(op="matmul", left=t.Unary(op="transpose", argument=left), right=right) if left == right:
            return UNSIGNED
        case t.Multiply(op="inner", left=left, right=right) if left == right:
            return UNSIGNED
        case t.Power(base=base, exponent=t.Constant(value=Fraction() as power)) if power.denominator == 1:
            return of(base) if power % 2 else UNSIGNED
        case t.Power(base=base) | t.Reduce(op="prod", body=base):
            return UNSIGNED if -1 not in of(base) else ANY
        case t.Reduce(op="sum", body=body):
            return _added(of(body))
        case t.Let(bindings=(), body=body) | t.Frozen(body=body):
            return of(body)
    return ANY


def _added(found: Signs) -> Signs:
    return ANY if {1, -1} <= found else found | {0}


def definite(term: Term, scope: Scope) -> bool:
    """Whether a matrix is seen to be positive definite."""
    match term:
        case t.Identity():
            return True
        case t.Variable(key=key):
            declaration = scope.declarations.get(key)
            if declaration is not None:
                return declaration.domain.kind == "spd"
            definition = scope.definitions.get(key)
            return definition is not None and definite(definition.term, scope)
        case t.Unary(op="inverse", argument=argument):
            return definite(argument, scope)
        case t.Multiply(op="scale", left=left, right=right):
            return (positive(left, scope) and definite(right, scope)) or (
                definite(left, scope) and positive(right, scope)
            )
        case t.Add(terms=parts):
            halves = [definite(part, scope) for _, part in parts]
            squares = [_square(part, scope) for _, part in parts]
            signs = all(sign > 0 for sign, _ in parts)
            return signs and any(halves) and all(a or b for a, b in zip(halves, squares, strict=True))
    return False


def _square(term: Term, scope: Scope) -> bool:
    """A Aᵀ, or A S Aᵀ with S positive definite."""
    match term:
        case t.Multiply(op="matmul", left=left, right=t.Unary(op="transpose", argument=right)):
            if left == right:
                return True
            return (
                isinstance(left, t.Multiply) and left.op == "matmul" and left.left == right
                and definite(left.right, scope)
            )  # fmt: skip
        case t.Multiply(op="matmul", left=t.Unary(op="transpose", argument=left), right=right):
            return left == right
        case t.Multiply(op="scale", left=left, right=right):
            return positive(left, scope) and _square(right, scope)
    return False


def symmetric(term: Term, scope: Scope) -> bool:
    """Whether a square matrix is seen to be symmetric."""
    if is_scalar(scope.resolve_shape(term.shape)):
        return True
    match term:
        case t.Identity() | t.Unary(op="todiag"):
            return True
        case t.Variable(key=key):
            declared, defined = scope.declarations.get(key), scope.definitions.get(key)
            if declared is not None:
                return declared.domain.kind in SYMMETRIC
            return defined is not None and symmetric(defined.term, scope)
        case t.Add(terms=parts):
            return all(symmetric(part, scope) for _, part in parts) or _transposed_pairs(parts)
        case t.Multiply(op="scale" | "entrywise", left=left, right=right):
            return symmetric(left, scope) and symmetric(right, scope)
        case t.Multiply(op="matmul"):
            factors = _matrices(term)
            return all(_is_transpose(a, b, scope) for a, b in zip(factors, reversed(factors), strict=True))
        case t.Divide(left=left, right=right):
            return symmetric(left, scope) and symmetric(right, scope)
        case t.Unary(op="inverse" | "transpose", argument=argument) | t.Power(base=argument):
            return symmetric(argument, scope)
        case t.Reduce(op="sum", body=body) | t.Let(bindings=(), body=body):
            return symmetric(body, scope)
        case t.Derivative(form="hessian", second=second, key=key):
            return second in (None, key)
    return False


def _transposed_pairs(parts: Sequence[tuple[int, Term]]) -> bool:
    """``A + A^⊤``."""
    left = list(parts)
    while left:
        sign, part = left.pop()
        partner = next((each for each in left if each[0] == sign and _turned(each[1]) == part), None)
        partner = partner or next((each for each in left if each[0] == sign and each[1] == _turned(part)), None)
        if partner is None:
            return False
        left.remove(partner)
    return True


def _turned(term: Term) -> Term:
    return term.argument if isinstance(term, t.Unary) and term.op == "transpose" else t.Unary("transpose", term)


def _matrices(term: Term) -> list[Term]:
    """The factors of a product, without the numbers among them."""
    match term:
        case t.Multiply(op="matmul", left=left, right=right):
            return [*_matrices(left), *_matrices(right)]
        case t.Multiply(op="scale", left=left, right=right):
            return _matrices(right if is_scalar(left.shape) else left)
        case t.Divide(left=left, entrywise=False):
            return _matrices(left)
    return [term]


def _is_transpose(one: Term, other: Term, scope: Scope) -> bool:
    return one == _turned(other) or other == _turned(one) or (one == other and symmetric(one, scope))
