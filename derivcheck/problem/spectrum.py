r"""Eigenvalues and unit eigenvectors of symmetric matrices, counted from the largest: ``\lambda_{\max}(S)``.

Where no order is told, "an eigenvalue" is one that the draw decides. The sign of an eigenvector means nothing, and is
decided by the draw as well.
"""

from __future__ import annotations

from fractions import Fraction

from derivcheck.language import nodes as n
from derivcheck.language.printing import plain
from derivcheck.language.shapes import ONE
from derivcheck.problem import algebra
from derivcheck.problem import terms as t
from derivcheck.problem.context import Context, key_of
from derivcheck.problem.facts import symmetric
from derivcheck.problem.indices import claim_range, index_term
from derivcheck.problem.scope import Refusal
from derivcheck.problem.terms import Term
from derivcheck.source import Span


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
