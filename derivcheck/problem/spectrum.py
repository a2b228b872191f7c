r"""Eigenvalues and unit eigenvectors of symmetric matrices, counted from the largest: ``\lambda_{\max}(S)``.

Where no order is told, "an eigenvalue" is one that the draw decides. The sign of an eigenvector means nothing, and is
decided by the draw as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from derivcheck.language import nodes as n
from derivcheck.language.printing import plain
from derivcheck.language.shapes import ONE, is_scalar
from derivcheck.problem import algebra
from derivcheck.problem import terms as t
from derivcheck.problem.context import Context, key_of
from derivcheck.problem.indices import claim_range, index_term
from derivcheck.problem.scope import Refusal, Scope
from derivcheck.problem.terms import Term
from derivcheck.source import Span

SYMMETRIC = ("symmetric", "spd", "diagonal")


def called(head: n.Node, group: n.Group, ctx: Context) -> Term | None:
    r"""``\lambda_{\max}(S)``, ``\lambda_{\min}(S)``, ``\lambda_k(S)``; None where the letter means something else."""
    if not isinstance(head, n.Scripted) or head.sub is None or head.sup is not None or head.primes:
        return None
    base = head.base
    if not isinstance(base, n.Name) or base.text not in ("\\lambda", "\\operatorname{eig}", "\\mathrm{eig}"):
        return None
    if key_of(head) in ctx.scope.names or isinstance(group.body, n.Tuple):
        return None
    if base.text in ctx.scope.names and not names_eigenvalue(head):
        return None
    matrix = ctx.term(group.body)
    if algebra.scalar(ctx.scope, matrix):
        return None
    span = head.span | group.span
    if names_eigenvalue(head):
        return value_of(matrix, "first" if _word(head) == "max" else "last", span, ctx)
    place = index_term(head.sub, ctx)
    claim_range(place, matrix.shape[0], 1, ctx, head.sub.span)
    return _entry(spectrum(matrix, span, ctx), place, span)


def names_eigenvalue(head: n.Node) -> bool:
    r"""``\lambda_{\max}`` and ``\lambda_{\min}``: not names that a document would give to functions of its own."""
    return isinstance(head, n.Scripted) and plain(head.base) == "λ" and _word(head) in ("max", "min")


def _word(head: n.Scripted) -> str:
    if isinstance(head.sub, n.Product):
        return "".join(plain(factor) for factor in head.sub.factors)
    return head.sub.text if isinstance(head.sub, n.Text) else ""


def spectrum(matrix: Term, span: Span, ctx: Context) -> Term:
    """The column of a symmetric matrix's eigenvalues, the largest first."""
    refuse_unsymmetric(matrix, span, ctx)
    return t.Unary("eigenvalues", matrix, shape=(matrix.shape[0], ONE), span=span)


def value_of(matrix: Term, rank: str, span: Span, ctx: Context) -> Term:
    """The eigenvalue of a rank: ``first``, ``second``, ``last``, or ``some``."""
    if rank == "some":
        refuse_unsymmetric(matrix, span, ctx)
        return t.Unary("eigenvalue", matrix, span=span)
    return _entry(spectrum(matrix, span, ctx), _place(matrix, rank), span)


def vector_of(matrix: Term, rank: str, span: Span, ctx: Context) -> Term:
    """The unit eigenvector that belongs to the eigenvalue of a rank."""
    refuse_unsymmetric(matrix, span, ctx)
    size = matrix.shape[0]
    if rank == "some":
        return t.Unary("eigenvector", matrix, shape=(size, ONE), span=span)
    every = t.Unary("eigenvectors", matrix, shape=(size, size), span=span)
    return t.Entry(every, None, _place(matrix, rank), shape=(size, ONE), span=span)


def _place(matrix: Term, rank: str) -> Term:
    return t.Size(matrix.shape[0]) if rank == "last" else t.Constant(Fraction(1 if rank == "first" else 2))


def _entry(column: Term, row: Term, span: Span) -> Term:
    return t.Entry(column, row, t.Constant(Fraction(1)), span=span)


def refuse_unsymmetric(matrix: Term, span: Span, ctx: Context) -> None:
    """Only of symmetric matrices the eigenvalues are read: others may have none that are real."""
    algebra.square(ctx.scope, matrix, "the eigenvalues")
    if not symmetric(matrix, ctx.scope):
        text = ctx.scope.quote(matrix.span)
        reason = f"eigenvalues are read of symmetric matrices alone, and `{text}` is not seen to be one"
        raise Refusal("eigenvalues", span, reason, f"say that it is: let `{text}` be symmetric")


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
            factors = _factors(term)
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


def _factors(term: Term) -> list[Term]:
    if isinstance(term, t.Multiply) and term.op == "matmul":
        return [*_factors(term.left), *_factors(term.right)]
    return [term]


def _is_transpose(one: Term, other: Term, scope: Scope) -> bool:
    return one == _turned(other) or other == _turned(one) or (one == other and symmetric(one, scope))
