"""Names that words explain as eigenvalues and eigenvectors.

"Let $\\lambda_1$ be the largest eigenvalue of $S$ and $q_1$ a unit eigenvector for it" defines both names.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from derivcheck.language import nodes as n
from derivcheck.language.printing import plain
from derivcheck.language.shapes import ONE
from derivcheck.problem import terms as t
from derivcheck.problem.builder import Builder, Statements
from derivcheck.problem.context import key_of, strip
from derivcheck.problem.declarations import family_pattern
from derivcheck.problem.definitions import enter
from derivcheck.problem.facts import symmetric
from derivcheck.problem.indices import new_index
from derivcheck.problem.newness import is_new
from derivcheck.problem.scope import Definition, FamilyAxis, Refusal
from derivcheck.problem.spectrum import refuse_unsymmetric, spectrum, value_of, vector_of
from derivcheck.problem.terms import Term
from derivcheck.reading.items import Statement
from derivcheck.reading.phrases import EIGEN, EIGEN_OF, EIGEN_RANK, EIGENVALUE, EIGENVECTOR, LENGTH, STATEMENT
from derivcheck.reading.windows import sentence
from derivcheck.verdict import Finding, Severity


@dataclass(frozen=True, slots=True)
class _Sentence:
    """The words of a sentence with ``<k>`` in the place of its k-th statement."""

    words: str
    statements: tuple[Statement, ...]


def explain(item: Statement, statements: Statements, builder: Builder) -> None:
    """Define the names that the sentence of a statement calls eigenvalues and eigenvectors, as far as it can be."""
    if item.hidden or not EIGEN.anywhere(builder.scope.text):
        return
    found = _sentence_of(item, statements, builder)
    if not EIGEN.search(found.words):
        return
    ranks = {match.lastgroup for match in EIGEN_RANK.every(found.words)}
    for pattern, vectors in ((EIGENVALUE, False), (EIGENVECTOR, True)):
        for match in pattern.every(found.words):
            position = int(next(group for group in match.groups() if group and group.isdigit()))
            several = match.group().rstrip(" <>0123456789").endswith("s")
            for name in _named(found, position, several):
                _explain(name, vectors, several, ranks, found, builder)


def is_order(item: Statement, builder: Builder) -> bool:
    r"""Whether ``\lambda_1 \ge \dots \ge \lambda_n`` says in which order eigenvalues are counted."""
    first = strip(item.members[0])
    signs = {relation.sign for relation in item.relations}
    if not isinstance(first, n.Scripted) or first.sub is None or not signs <= {"\\ge", ">"}:
        return False
    found = builder.scope.names.get(key_of(first.base))
    return isinstance(found, Definition) and isinstance(found.term, t.Unary) and found.term.op == "eigenvalues"


def _sentence_of(item: Statement, statements: Statements, builder: Builder) -> _Sentence:
    mine = tuple(statements.of_sentence(item))
    return _Sentence(sentence(mine, builder.source.text), mine)


def _named(found: _Sentence, position: int, several: bool) -> list[n.Node]:
    """The names at a place of the sentence, in plurals with those that are listed before it."""
    names: list[n.Node] = []
    while position >= 0:
        statement = found.statements[position]
        signs = {relation.sign for relation in statement.relations}
        first = strip(statement.members[0])
        if isinstance(first, n.Name | n.Scripted) and (not signs or signs <= {"\\in", "\\ge", ">"}):
            names.append(first)
        elif not isinstance(first, n.Symbol):
            break
        if not several or statement.lead.strip(" ,") not in ("", "and"):
            break
        position -= 1
    return names


def _explain(
    name: n.Node, vectors: bool, several: bool, ranks: set[str | None], found: _Sentence, builder: Builder
) -> None:
    ctx = builder.context()
    scope = builder.scope
    if not isinstance(name, n.Name | n.Scripted) or not is_new(name, scope):
        return
    matrix = _matrix(found, name, builder)
    if matrix is None or len(ranks) > 1:
        return
    if several and isinstance(name, n.Scripted):
        _define_all(name, matrix, vectors, builder)
        return
    rank = next(iter(ranks), None) or _rank_of_known(found, builder) or "some"
    span = name.span
    term = vector_of(matrix, rank, span, ctx) if vectors else value_of(matrix, rank, span, ctx)
    enter(Definition(key_of(name), plain(name), term, scope.resolve_shape(term.shape), span), key_of(name), ctx)
    builder.line(span, "definition", plain(name), scope.show(term.shape))
    if vectors and LENGTH.search(found.words) is None:
        message = f"`{plain(name)}` is read as an eigenvector of length 1"
        builder.findings.append(Finding("notice", Severity.NOTE, message, span))


def _define_all(name: n.Scripted, matrix: Term, vectors: bool, builder: Builder) -> None:
    r"""``\lambda_1, …, \lambda_n`` as the entries of one column, ``q_1, …, q_n`` as a family."""
    ctx, scope = builder.context(), builder.scope
    base = key_of(name.base)
    if not vectors and base not in scope.names:
        column = spectrum(matrix, name.span, ctx)
        enter(Definition(base, plain(name.base), column, scope.resolve_shape(column.shape), name.span), base, ctx)
        builder.line(name.span, "definition", plain(name.base), scope.show(column.shape))
    if not vectors or name.sub is None:
        return
    letter = n.Name("k", span=name.sub.span)
    key = family_pattern(n.Scripted(name.base, letter, None), [(letter, "sub")])
    if key in scope.names:
        return
    refuse_unsymmetric(matrix, name.span, ctx)
    info = new_index(letter, scope)
    size = scope.resolve(matrix.shape[0])
    every = t.Unary("eigenvectors", matrix, shape=(size, size), span=name.span)
    body = t.Entry(every, None, t.Index(info.name), shape=(size, ONE), span=name.span)
    family = ((info.name, FamilyAxis(size)),)
    enter(Definition(key, plain(name), body, (size, ONE), name.span, family), key, ctx)
    builder.line(name.span, "definition", plain(name), scope.show(body.shape))


def _matrix(found: _Sentence, name: n.Node, builder: Builder) -> Term | None:
    """The matrix of which the sentence speaks: behind "of", else what stands in it; else that of known eigenvalues."""
    behind = [int(match[1]) for match in EIGEN_OF.every(found.words)]
    order = [*behind, *(k for k in range(len(found.statements)) if k not in behind)]
    for k in order:
        for member in found.statements[k].members:
            if strip(member) == name:
                continue
            try:
                term = builder.context({}).term(member)
            except Refusal:
                continue
            rows, columns = builder.scope.resolve_shape(term.shape)
            if rows == columns and rows != ONE and (k in behind or symmetric(term, builder.scope)):
                return term
    known = _known(found, builder)
    return None if known is None else known.argument


def _rank_of_known(found: _Sentence, builder: Builder) -> str | None:
    """The rank of an eigenvalue that the sentence names, where an earlier one explained it."""
    for match in STATEMENT.every(found.words):
        name = strip(found.statements[int(match.group(1))].members[0])
        meaning = builder.scope.names.get(key_of(name))
        if isinstance(meaning, Definition) and isinstance(meaning.term, t.Entry):
            inner, row = meaning.term.argument, meaning.term.row
            if isinstance(inner, t.Unary) and inner.op == "eigenvalues":
                return "last" if isinstance(row, t.Size) else "first" if row == t.Constant(Fraction(1)) else "second"
    return None


def _known(found: _Sentence, builder: Builder) -> t.Unary | None:
    """The eigenvalues or eigenvectors of which the sentence names one that is explained already."""
    for statement in found.statements:
        meaning = builder.scope.names.get(key_of(strip(statement.members[0])))
        if isinstance(meaning, Definition):
            for part in t.walk(meaning.term):
                if isinstance(part, t.Unary) and part.op.startswith("eigenv"):
                    return part
    return None
