"""Index terms, sizes as numbers, over what an index runs; what scripts do to a value; conditions."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from typing import Final

from derivcheck.language import nodes as n
from derivcheck.language.printing import plain
from derivcheck.language.shapes import ONE, SCALAR, Dim, is_scalar
from derivcheck.problem import algebra, terms
from derivcheck.problem.context import Context, key_of
from derivcheck.problem.scope import Declaration, Definition, IndexInfo, Refusal, Scope, SizeSymbol
from derivcheck.problem.terms import Term
from derivcheck.source import Span

MOST_BEYOND: Final = 64
"""So many members more than it shows a line asks for at most."""


def size_dim(node: n.Node, ctx: Context) -> Dim | None:
    """The dimension that an expression in sizes names, or None: ``n``, ``3``, ``n + 1``, ``2n``."""
    match node:
        case n.Number(value=value) if value.denominator == 1:
            return Dim.of(int(value))
        case n.Name() | n.Scripted():
            found = ctx.scope.names.get(key_of(node))
            return Dim.of(found.key) if isinstance(found, SizeSymbol) else None
        case n.Add(terms=parts):
            total = Dim(())
            for sign, part in parts:
                dim = size_dim(part, ctx)
                if dim is None or sign == "±":
                    return None
                total = total + dim if sign == "+" else total - dim
            return total
        case n.Product(factors=factors, operators=operators) if "/" not in operators:
            product = ONE
            for factor in factors:
                dim = size_dim(factor, ctx)
                if dim is None:
                    return None
                product = product * dim
            return product
        case n.Group(body=body):
            return size_dim(body, ctx)
    return None


def index_parts(sub: n.Node) -> list[n.Node]:
    """The indices written in one script: ``ij``, ``i,j``, ``12`` is left whole."""
    match sub:
        case n.Tuple(items=items):
            return list(items)
        case n.Product(factors=factors, operators=operators) if all(
            operator == "" and isinstance(factor, n.Name | n.Number | n.Symbol | n.Scripted)
            for operator, factor in zip(("", *operators), factors, strict=True)
        ):
            return list(factors)
    return [sub]


def capitals(sub: n.Node | None) -> tuple[str, ...]:
    r"""The capital letters of which a script is a run, two at least: ``\mu_{ML}``, ``w_{MAP}``; else none."""
    if not isinstance(sub, n.Product) or set(sub.operators) != {""}:
        return ()
    letters = [factor.text for factor in sub.factors if isinstance(factor, n.Name)]
    run = len(letters) == len(sub.factors) and all(len(letter) == 1 and letter.isupper() for letter in letters)
    return tuple(letters) if run else ()


def is_word(sub: n.Node | None, scope: Scope, bound: Collection[str] = ()) -> bool:
    """Whether what stands below is a word of a name and no index.

    It is a run of capitals of which not all are used as indices, or one name that has a value which counts nothing:
    ``K_y`` beside the targets y.
    """

    def indexes(letter: str) -> bool:
        found = scope.names.get(letter)
        counted = isinstance(found, Declaration) and found.domain.kind in ("finite", "integer", "natural")
        return letter in bound or letter in scope.ranges or isinstance(found, SizeSymbol) or counted

    if isinstance(sub, n.Name) and isinstance(found := scope.names.get(sub.text), Declaration | Definition):
        return not indexes(sub.text) and not is_scalar(scope.resolve_shape(found.shape))
    letters = capitals(sub)
    return bool(letters) and not all(indexes(letter) for letter in letters)


def is_mark(sub: n.Node | None) -> bool:
    r"""Whether a star, a dagger or a lone sign stands below: part of a name, as ``w_\star`` or ``B_+``."""
    return isinstance(sub, n.Symbol) and sub.text in ("*", "\\star", "\\ast", "\\dagger", "\\bullet", "+", "-")


def index_term(node: n.Node, ctx: Context) -> Term:
    """An expression in index position: a number, an index letter, a size, sums of these."""
    match node:
        case n.Number(value=value) if value.denominator == 1:
            return terms.Constant(value, span=node.span)
        case n.Name():
            return _index_letter(node, ctx)
        case n.Add(terms=parts):
            made = [(-1 if sign == "-" else 1, index_term(part, ctx)) for sign, part in parts]
            return terms.Add(tuple(made), span=node.span)
        case n.Product(factors=factors) if all(isinstance(factor, n.Number | n.Name | n.Group) for factor in factors):
            made_term = index_term(factors[0], ctx)
            for factor in factors[1:]:
                made_term = terms.Multiply("scale", made_term, index_term(factor, ctx), span=node.span)
            return made_term
        case n.Group(body=body):
            return index_term(body, ctx)
        case n.Scripted():
            scripted = ctx.term(node)
            if algebra.scalar(ctx.scope, scripted):
                return scripted
    raise Refusal("index", node.span, f"`{plain(node)}` is not understood as an index")


def _index_letter(node: n.Name, ctx: Context) -> Term:
    letter = node.text
    if letter in ctx.indices:
        info = ctx.indices[letter]
    else:
        found = ctx.scope.names.get(letter)
        if isinstance(found, SizeSymbol):
            return terms.Size(Dim.of(found.key), span=node.span)
        if isinstance(found, Declaration) and found.domain.kind in ("finite", "integer", "natural"):
            ctx.scope.used.add(found.key)
            return terms.Variable(found.key, span=node.span)
        if found is not None:
            raise Refusal(
                "index", node.span, f"`{plain(node)}` is declared as something else and cannot be an index here"
            )
        info = free_index(node, ctx)
    info.used += 1
    return terms.Index(info.name, span=node.span)


def free_index(node: n.Name, ctx: Context) -> IndexInfo:
    """A letter that nothing binds: "for all" on the left side, a mistake where the left side has none such."""
    if ctx.free is None:
        raise Refusal(
            "unbound-index", node.span, f"the index `{plain(node)}` is bound by nothing",
            f"sum over it (`\\sum_{key_of(node)}`), or write it on the left side too if it is meant for all",
            wrong=True,
        )  # fmt: skip
    if node.text not in ctx.free:
        ctx.free[node.text] = new_index(node, ctx.scope)
    return ctx.free[node.text]


def new_index(letter: n.Name, scope: Scope) -> IndexInfo:
    """An index whose size is found from what it indexes, or else from the range said for its letter."""
    name = scope.fresh(letter.text)
    info = IndexInfo(letter.text, name, Dim.of("?" + name), 1, letter.span, runs=True)
    if letter.text in scope.ranges:
        info.lower, fallback = scope.ranges[letter.text]
        scope.index_fallbacks["?" + name] = fallback
    return info


def index_info(position: Term, ctx: Context) -> IndexInfo | None:
    """The index in force that a position is, if it is one alone."""
    if not isinstance(position, terms.Index):
        return None
    pools = list(ctx.indices.values()) + list((ctx.free or {}).values())
    return next((info for info in pools if info.name == position.name), None)


def claim_range(position: Term, size: Dim, lower: int, ctx: Context, span: Span, *, steps: bool = False) -> None:
    """An index without written bounds runs over what it indexes; over the ``steps`` of a recursion as its letter does.

    One that is moved, as in ``x_{t-1}``, runs where that member is.
    """
    info, scope = index_info(position, ctx), ctx.scope
    if info is None and isinstance(position, terms.Add) and len(position.terms) == 2:
        (_, letter), (sign, shift) = position.terms
        info = index_info(letter, ctx)
        if info is not None and info.runs and isinstance(shift, terms.Constant) and isinstance(shift.value, Fraction):
            least = lower - sign * int(shift.value)
            info.within.append((least, Dim.of(least) + size - ONE))
        return
    if info is None or info.bounded:
        if info is not None and any(name.startswith("?") for name in scope.resolve(size).symbols):
            scope.unify(size, info.size)
        return
    if steps and info.runs and info.letter in scope.ranges:
        info.within.append((lower, Dim.of(lower) + size - ONE))
        return
    if not scope.unify(info.size, size):
        if info.runs and info.letter in scope.ranges and (scope.resolve(size) - scope.resolve(info.size)).number:
            # Of members 0 to n the first n are meant, where the text says so.
            info.within.append((lower, Dim.of(lower) + size - ONE))
            return
        raise Refusal(
            "index-range", span,
            f"the index `{info.letter}` runs over {scope.resolve(info.size)} here "
            f"and over {scope.resolve(size)} elsewhere in this line", wrong=True,
        )  # fmt: skip
    info.lower = lower


def run_of(info: IndexInfo, scope: Scope) -> tuple[int, Dim]:
    """The first value of an index, and how many it has: where every member is that is asked for."""
    lower, size = info.lower, scope.resolve(info.size)
    upper = Dim.of(lower) + size - ONE
    for first, last in info.within:
        lower = max(lower, first)
        less = (scope.resolve(last) - upper).number
        if less is None and any(symbol.startswith("?") for symbol in upper.symbols):
            scope.unify(upper, last)
            upper = scope.resolve(upper)
        upper = scope.resolve(last) if less is not None and less < 0 else upper
    if lower == info.lower and upper == Dim.of(lower) + size - ONE:
        return info.lower, info.size
    made = upper - Dim.of(lower) + ONE
    at_least(made, 2, scope)
    return lower, made


def at_least(dim: Dim, number: int, scope: Scope) -> None:
    """Sizes of one letter are drawn so large that they come to a number."""
    for symbol in dim.symbols if len(dim.symbols) == 1 else ():
        counts = range(1, number + MOST_BEYOND)
        least = next((k for k in counts if (dim.substitute({symbol: Dim.of(k)}).number or 0) >= number), 0)
        scope.size_bounds[symbol] = max(scope.size_bounds.get(symbol, 0), least)


def entry_of(value: Term, sub: n.Node, ctx: Context, span: Span) -> Term:
    """``x_i``, ``W_{ij}``, ``W_{i,:}`` of a value."""
    scope = ctx.scope
    rows, columns = algebra.shape_of(scope, value)
    if rows == ONE and columns == ONE:
        text = plain(sub) if not isinstance(sub, n.Text) else sub.text
        reason = f"`{scope.quote(value.span)}` is a scalar and has no entry `{text}`"
        raise Refusal("no-entry", span, reason, f"declare `{scope.quote(span)}` if it is a name of its own")
    parts = index_parts(sub)
    if len(parts) == 1 and isinstance(parts[0], n.Number) and ONE not in (rows, columns) and len(parts[0].text) == 2:
        digits = parts[0]
        parts = [n.Number(Fraction(int(digit)), digit, span=digits.span) for digit in digits.text]
    if isinstance(sub, n.Text | n.Word | n.Symbol):
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
        None if isinstance(part, n.Symbol) and part.text in (":", "\\cdot", "*") else _position(part, size, ctx)
        for part, size in zip(parts, (rows, columns), strict=True)
    )
    return algebra.entry(scope, value, row, column, span)


def _position(node: n.Node, size: Dim, ctx: Context) -> Term:
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


def primed(value: Term, node: n.Scripted, ctx: Context) -> Term:
    """``A'``: the transpose of a matrix; on anything else a prime is not understood."""
    if node.primes == 1 and not algebra.scalar(ctx.scope, value):
        return algebra.transpose(ctx.scope, value, node.span)
    reason = f"the prime on `{ctx.scope.quote(node.base.span)}` is not understood: it is no function and no matrix"
    raise Refusal("prime", node.span, reason, "declare the primed name, or write the derivative as a fraction")


def turns(sup: n.Node, ctx: Context) -> bool:
    """Whether a superscript is a transpose or an inverse."""
    match sup:
        case n.Symbol(text="\\top") | n.Add(terms=(("-", n.Symbol(text="\\top")),)):
            return True
        case n.Name(text="T"):
            return "T" not in ctx.scope.names
        case n.Add(terms=(("-", n.Number(value=one)),)):
            return one == 1
    return False


def superscript(value: Term, sup: n.Node, ctx: Context, span: Span) -> Term:
    """A power, transpose or inverse of a value."""
    scope = ctx.scope
    match sup:
        case n.Symbol(text="\\top"):
            return algebra.transpose(scope, value, span)
        case n.Name(text="T" | "t") if sup.text not in scope.names and sup.text not in ctx.indices:
            return algebra.transpose(scope, value, span)
        case n.Add(terms=(("-", n.Symbol(text="\\top")),)):
            return algebra.transpose(scope, _inverse(value, ctx, span), span)
        case n.Add(terms=(("-", n.Name(text="T")),)) if "T" not in scope.names:
            return algebra.transpose(scope, _inverse(value, ctx, span), span)
        case n.Add(terms=(("-", n.Number(value=one)),)) if one == 1:
            return _inverse(value, ctx, span)
        case n.Entrywise(factors=(n.Symbol(), exponent)):
            return terms.Power(value, ctx.term(exponent), entrywise=True, shape=value.shape, span=span)
        case n.Symbol() | n.Text() | n.Group() | n.Word():
            raise Refusal(
                "superscript", span, f"the superscript of `{scope.quote(span)}` is not understood",
                "declare the name with its superscript, or write the operation out",
            )  # fmt: skip
    return algebra.power(scope, value, ctx.term(sup), span)


def _inverse(value: Term, ctx: Context, span: Span) -> Term:
    if algebra.scalar(ctx.scope, value):
        return terms.Power(value, terms.Constant(Fraction(-1)), span=span)
    algebra.square(ctx.scope, value, "an inverse")
    return terms.Unary("inverse", value, shape=value.shape, span=span)


COMPARABLE = frozenset(("=", "\\ne", "<", ">", "\\le", "\\ge"))


def indicator(node: n.Compare, span: Span, ctx: Context) -> Term:
    r"""``\mathbb{1}[z > 0]``: of numbers, or entry by entry."""
    conditions = comparisons(node, ctx)
    shape = next((c.shape for c in conditions if not is_scalar(ctx.scope.resolve_shape(c.shape))), SCALAR)
    return terms.Indicator(conditions, shape=shape, span=span)


def comparisons(node: n.Node, ctx: Context) -> tuple[terms.Comparison, ...]:
    """A condition as a conjunction of comparisons, of numbers or entry by entry: ``0 < x \\le 1``, ``x > 0, y > 0``."""
    match node:
        case n.Group(body=body) | n.Boxed(body=body):
            return comparisons(body, ctx)
        case n.Tuple(items=items):
            return tuple(part for item in items for part in comparisons(item, ctx))
        case n.Compare(members=members, relations=relations):
            made = [ctx.term(member) for member in members]
            return tuple(
                _comparison(sign, left, right, ctx)
                for sign, left, right in zip(relations, made, made[1:], strict=False)
            )
    raise Refusal("condition", node.span, f"`{plain(node)}` is not understood as a condition")


def _run_over_values(index: Term, value: Term, ctx: Context) -> None:
    """The k of ``z_i = k`` runs over the values of z, if nothing else is said of it."""
    info = index_info(index, ctx)
    value = value.argument if isinstance(value, terms.Entry) else value
    if info is None or info.bounded or not isinstance(value, terms.Variable):
        return
    factor, declared = ctx.scope.factors.get(value.key), ctx.scope.declarations.get(value.key)
    domain = factor.domain if factor is not None else None if declared is None else declared.domain
    unknown = any(symbol.startswith("?") for symbol in ctx.scope.resolve(info.size).symbols)
    if domain is not None and domain.kind == "finite" and isinstance(domain.high, Dim) and domain.low == 1 and unknown:
        claim_range(index, domain.high, 1, ctx, index.span)


def _comparison(sign: str, left: Term, right: Term, ctx: Context) -> terms.Comparison:
    span = left.span | right.span
    if sign not in COMPARABLE:
        raise Refusal("condition", span, f"`{sign}` is not understood in a condition")
    for index, value in ((left, right), (right, left)):
        _run_over_values(index, value, ctx)
    one, other = algebra.scalar(ctx.scope, left), algebra.scalar(ctx.scope, right)
    if not one and not other:
        algebra.equal_shapes(ctx.scope, left, right, "the two sides of a condition differ in shape")
    shape = right.shape if one else left.shape
    return terms.Comparison(sign, left, right, shape=shape, span=span)  # type: ignore[arg-type]
