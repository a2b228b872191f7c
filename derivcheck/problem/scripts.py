"""What scripts do to a value: entries, powers, transposes, inverses, primes."""

from __future__ import annotations

from fractions import Fraction

from derivcheck.language.nodes import Add, Entrywise, Group, Name, Node, Number, Scripted, Symbol, Text, Word
from derivcheck.language.printing import plain
from derivcheck.language.shapes import ONE, Dim
from derivcheck.problem import algebra, terms
from derivcheck.problem.context import Context
from derivcheck.problem.indices import claim_range, index_parts, index_term
from derivcheck.problem.scope import Refusal
from derivcheck.problem.terms import Term
from derivcheck.source import Span


def entry_of(value: Term, sub: Node, ctx: Context, span: Span) -> Term:
    """``x_i``, ``W_{ij}``, ``W_{i,:}`` of a value."""
    scope = ctx.scope
    rows, columns = algebra.shape_of(scope, value)
    if rows == ONE and columns == ONE:
        text = plain(sub) if not isinstance(sub, Text) else sub.text
        raise Refusal(
            "index",
            span,
            f"`{scope.quote(value.span)}` is a scalar and has no entry `{text}`",
            f"declare `{scope.quote(span)}` if it is a name of its own",
        )
    parts = index_parts(sub)
    if len(parts) == 1 and isinstance(parts[0], Number) and ONE not in (rows, columns) and len(parts[0].text) == 2:
        digits = parts[0]
        parts = [Number(Fraction(int(digit)), digit, span=digits.span) for digit in digits.text]
    if isinstance(sub, Text | Word | Symbol):
        raise Refusal(
            "unknown-name", span, f"`{scope.quote(span)}` is not declared", "declare it, or check the subscript"
        )
    if len(parts) == 1:
        if columns == ONE:
            return algebra.entry(scope, value, _position(parts[0], rows, ctx), terms.Constant(Fraction(1)), span)
        if rows == ONE:
            return algebra.entry(scope, value, terms.Constant(Fraction(1)), _position(parts[0], columns, ctx), span)
        raise Refusal(
            "index",
            span,
            f"`{scope.quote(value.span)}` is {scope.show(value.shape)}: "
            "one index does not say whether a row or a column is meant",
            "write `W_{i,:}` for the row or `W_{:,i}` for the column, or declare the name",
        )
    if len(parts) != 2:
        raise Refusal("index", span, f"`{scope.quote(span)}` has {len(parts)} indices; a matrix has two")
    row, column = (
        None if isinstance(part, Symbol) and part.text in (":", "\\cdot", "*") else _position(part, size, ctx)
        for part, size in zip(parts, (rows, columns), strict=True)
    )
    return algebra.entry(scope, value, row, column, span)


def _position(node: Node, size: Dim, ctx: Context) -> Term:
    position = index_term(node, ctx)
    claim_range(position, size, 1, ctx, node.span)
    number = position.value if isinstance(position, terms.Constant) else None
    limit = size.number
    if isinstance(number, Fraction) and size.symbol is not None and not size.symbol.startswith("?"):
        # An entry that is named must be there at every size drawn.
        bounds = ctx.scope.size_bounds
        bounds[size.symbol] = max(bounds.get(size.symbol, 0), min(int(number), 4096))
    if isinstance(number, Fraction) and (number < 1 or (limit is not None and number > limit)):
        raise Refusal(
            "index-out-of-range", node.span, f"there is no entry {number}: entries run from 1 to {size}", wrong=True
        )
    return position


def primed(value: Term, node: Scripted, ctx: Context) -> Term:
    """``A'``: the transpose of a matrix; on anything else a prime is not understood."""
    if node.primes == 1 and not algebra.scalar(ctx.scope, value):
        return algebra.transpose(ctx.scope, value, node.span)
    raise Refusal(
        "prime",
        node.span,
        f"the prime on `{ctx.scope.quote(node.base.span)}` is not understood: it is no function and no matrix",
        "declare the primed name, or write the derivative as a fraction",
    )


def turns(sup: Node, ctx: Context) -> bool:
    """Whether a superscript is a transpose or an inverse."""
    match sup:
        case Symbol(text="\\top") | Add(terms=(("-", Symbol(text="\\top")),)):
            return True
        case Name(text="T"):
            return "T" not in ctx.scope.names
        case Add(terms=(("-", Number(value=one)),)):
            return one == 1
    return False


def superscript(value: Term, sup: Node, ctx: Context, span: Span) -> Term:
    """A power, transpose or inverse of a value."""
    scope = ctx.scope
    match sup:
        case Symbol(text="\\top"):
            return algebra.transpose(scope, value, span)
        case Name(text="T" | "t") if sup.text not in scope.names and sup.text not in ctx.indices:
            return algebra.transpose(scope, value, span)
        case Add(terms=(("-", Symbol(text="\\top")),)):
            return algebra.transpose(scope, _inverse(value, ctx, span), span)
        case Add(terms=(("-", Name(text="T")),)) if "T" not in scope.names:
            return algebra.transpose(scope, _inverse(value, ctx, span), span)
        case Add(terms=(("-", Number(value=one)),)) if one == 1:
            return _inverse(value, ctx, span)
        case Entrywise(factors=(Symbol(), exponent)):
            return terms.Power(value, ctx.term(exponent), entrywise=True, shape=value.shape, span=span)
        case Symbol() | Text() | Group() | Word():
            raise Refusal(
                "superscript",
                span,
                f"the superscript of `{scope.quote(span)}` is not understood",
                "declare the name with its superscript, or write the operation out",
            )
    return algebra.power(scope, value, ctx.term(sup), span)


def _inverse(value: Term, ctx: Context, span: Span) -> Term:
    if algebra.scalar(ctx.scope, value):
        return terms.Power(value, terms.Constant(Fraction(-1)), span=span)
    algebra.square(ctx.scope, value, "an inverse")
    return terms.Unary("inverse", value, shape=value.shape, span=span)
