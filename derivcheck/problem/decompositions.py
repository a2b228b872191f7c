r"""Matrices that words take apart: "the eigendecomposition $A = Q \Lambda Q^\top$", "its Cholesky factor $L$".

A row of the table tells the form of the product, what the matrix must be known to be, and what the factors are. The
factors are drawn so and the matrix is their product: every matrix of its kind can be drawn. Of a matrix that the
document makes of others, eigenvalues and eigenvectors are worked out. Every other product that words call a
decomposition is kept in mind: the factors are not any that give it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from derivcheck.language import nodes as n
from derivcheck.language.shapes import ONE, Domain
from derivcheck.problem import algebra, prose
from derivcheck.problem import terms as t
from derivcheck.problem.builder import Builder
from derivcheck.problem.constructions import define
from derivcheck.problem.context import key_of, strip
from derivcheck.problem.facts import symmetric
from derivcheck.problem.newness import MINUS_ONE
from derivcheck.problem.scope import Declaration, Definition, Known, Meaning, Scope
from derivcheck.reading.items import Statement
from derivcheck.reading.phrases import DECOMPOSES, DECOMPOSITIONS
from derivcheck.reading.unread import Unread, folded
from derivcheck.reading.windows import paragraph


@dataclass(frozen=True, slots=True)
class Decomposition:
    """``form``: a letter a factor, ``'`` a transpose, ``-`` an inverse; ``of``: the kinds of matrix that have it.

    ``shaped``: whether the shapes of the factors are told by that of the matrix.
    """

    words: str
    form: str
    of: frozenset[str]
    factors: Mapping[str, tuple[str, ...]]
    shaped: bool = True


DIAGONAL, ANY = ("diagonal", "positive"), frozenset(("real",))
TABLE = (
    Decomposition("eigen", "Q D Q'", frozenset(("symmetric",)), {"Q": ("orthogonal",), "D": ("diagonal",)}),
    Decomposition("eigen", "Q D Q'", frozenset(("spd",)), {"Q": ("orthogonal",), "D": DIAGONAL}),
    Decomposition("eigen", "P D P-", ANY, {"P": ("invertible",), "D": ("diagonal",)}),
    Decomposition("cholesky", "L L'", frozenset(("spd",)), {"L": ("lower", "positive diagonal")}),
    Decomposition("cholesky", "R' R", frozenset(("spd",)), {"R": ("upper", "positive diagonal")}),
    Decomposition("qr", "Q R", ANY, {"Q": ("columns",), "R": ("upper", "positive diagonal")}, shaped=False),
    Decomposition("svd", "U D V'", ANY, {"U": ("columns",), "D": DIAGONAL, "V": ("columns",)}, shaped=False),
    Decomposition("polar", "Q P", ANY, {"Q": ("orthogonal",), "P": ("spd",)}),
    Decomposition("lu", "L U", ANY, {"L": ("lower",), "U": ("upper",)}),
)


def taken_apart(item: Statement, builder: Builder) -> bool:
    """Whether words call the product that a matrix is equal to a decomposition, and it is drawn as that."""
    whole, product = strip(item.members[0]), strip(item.members[-1])
    named = not item.hidden and [one.sign for one in item.relations] == ["="] and not item.continues
    if not named or not isinstance(product, n.Product) or not isinstance(whole, n.Name | n.Scripted):
        return False
    if not all(isinstance(strip(part), n.Name | n.Scripted) for part in product.factors) or _unmarked(whole) != whole:
        return False
    behind, before = paragraph(item.span, builder.source.text)
    words = f"{before} {behind}"
    if not DECOMPOSES.search(words):
        return False
    rows = (row for row in TABLE if DECOMPOSITIONS[row.words].search(words))
    told = [(row, factors) for row in rows if (factors := _factors(product, row.form)) is not None]
    known, scope = key_of(whole) in builder.scope.names, builder.scope
    if not known and not told:
        return False  # What a new name stands for is no decomposition of it.
    drawn = next((row for row, factors in told if _drawn(whole, product, row, factors, builder)), None)
    names = {key_of(_unmarked(strip(part))) for part in product.factors}
    meanings = [scope.names.get(name) for name in names]
    if drawn is None or not (drawn.shaped or all(one and one.span.start < one.span.end for one in meanings)):
        why = "names a decomposition in words: of which kind its factors are is not read"
        builder.unread.append(Unread(tuple((folded(key),) for key in sorted(names)), item.span, narrows=True, why=why))
    # Of factors of which nothing else is said no product is claimed.
    if drawn is None and not (known and all(_is_free(one, scope) for one in meanings)):
        return False
    builder.line(item.span, "assumption")
    return True


def _factors(product: n.Product, form: str) -> dict[str, n.Node] | None:
    """Which name stands for which letter of a form; None where the product has another one."""
    written = form.split()
    found: dict[str, n.Node] = {}
    if len(product.factors) != len(written) or set(product.operators) != {""}:
        return None
    for factor, sign in zip(product.factors, written, strict=True):
        whole, mark = strip(factor), ""
        if isinstance(whole, n.Scripted) and whole.sup is not None:
            inverse = isinstance(whole.sup, n.Add) and whole.sup.terms == MINUS_ONE.terms
            mark = "'" if whole.sup in n.TRANSPOSES else "-" if inverse else "?"
        name = _unmarked(whole)
        if mark != sign[1:] or found.setdefault(sign[0], name) != name:
            return None
    return found if len(set(found.values())) == len(found) else None


def _drawn(
    whole: n.Node, product: n.Product, row: Decomposition, factors: Mapping[str, n.Node], builder: Builder
) -> bool:
    """Take the factors as what they are, and the matrix as their product; False if one of them is something else."""
    ctx, scope = builder.context(), builder.scope
    term, made = ctx.term(whole), ctx.term(product)
    algebra.equal_shapes(scope, term, made)
    found = scope.names.get(key_of(whole))
    declared = {letter: scope.names.get(key_of(name)) for letter, name in factors.items()}
    if not all(_is_free(one, scope) for one in declared.values()):
        return False
    few = ONE if row.shaped else scope.resolve(term.shape[1])
    for one in declared.values():
        rows, columns = one.shape  # type: ignore[union-attr]
        if not scope.unify(columns, rows if row.shaped else few):
            return False
    if isinstance(found, Definition) and row.words == "eigen" and row.form.endswith("'") and symmetric(term, scope):
        rows = term.shape[0]
        values = t.Unary("eigenvalues", term, shape=(rows, ONE), span=whole.span)
        meant = {"Q": t.Unary("eigenvectors", term, shape=term.shape), "D": t.Unary("todiag", values, shape=term.shape)}
        for letter, meaning in meant.items():
            name = declared[letter]
            if not isinstance(name, Declaration):
                return False
            define(scope, name, replace(meaning, span=whole.span))
        return True
    if not isinstance(found, Declaration) or found.family or found.domain.kind not in row.of:
        return False
    for letter, facts in row.factors.items():
        for fact in facts:
            known = scope.names[key_of(factors[letter])]
            first = scope.facts[known.key].declared if known.key in scope.facts else known
            if not isinstance(first, Declaration) or not prose.said(fact, first, scope):
                return False
    define(scope, replace(found, domain=Domain()), made)
    scope.facts[found.key] = Known(replace(found, domain=Domain()), {"equals": made})
    return True


def _is_free(name: Meaning | None, scope: Scope) -> bool:
    """Whether nothing is said of a name but properties of one that is drawn."""
    if not isinstance(name, Declaration | Definition) or name.family or name.key in scope.factors:
        return False
    return isinstance(name, Declaration) or (name.key in scope.facts and "equals" not in scope.facts[name.key].facts)


def _unmarked(name: n.Node) -> n.Node:
    """A name without what stands above it."""
    if not isinstance(name, n.Scripted) or name.sup is None:
        return name
    return name.base if name.sub is None else replace(name, sup=None)
