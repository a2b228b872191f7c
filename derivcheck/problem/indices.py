"""Index terms, sizes as numbers, and over what an index runs."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from typing import Final

from derivcheck.language.nodes import Add, Group, Name, Node, Number, Product, Scripted, Symbol, Tuple
from derivcheck.language.printing import plain
from derivcheck.language.shapes import ONE, Dim
from derivcheck.problem import algebra, terms
from derivcheck.problem.context import Context, key_of
from derivcheck.problem.scope import Declaration, IndexInfo, Refusal, Scope, SizeSymbol
from derivcheck.problem.terms import Term
from derivcheck.source import Span

MOST_BEYOND: Final = 64
"""So many members more than it shows a line asks for at most."""


def size_dim(node: Node, ctx: Context) -> Dim | None:
    """The dimension that an expression in sizes names, or None: ``n``, ``3``, ``n + 1``, ``2n``."""
    match node:
        case Number(value=value) if value.denominator == 1:
            return Dim.of(int(value))
        case Name() | Scripted():
            found = ctx.scope.names.get(key_of(node))
            return Dim.of(found.key) if isinstance(found, SizeSymbol) else None
        case Add(terms=parts):
            total = Dim(())
            for sign, part in parts:
                dim = size_dim(part, ctx)
                if dim is None or sign == "±":
                    return None
                total = total + dim if sign == "+" else total - dim
            return total
        case Product(factors=factors, operators=operators) if "/" not in operators:
            product = ONE
            for factor in factors:
                dim = size_dim(factor, ctx)
                if dim is None:
                    return None
                product = product * dim
            return product
        case Group(body=body):
            return size_dim(body, ctx)
    return None


def index_parts(sub: Node) -> list[Node]:
    """The indices written in one script: ``ij``, ``i,j``, ``12`` is left whole."""
    match sub:
        case Tuple(items=items):
            return list(items)
        case Product(factors=factors, operators=operators) if all(
            operator == "" and isinstance(factor, Name | Number | Symbol | Scripted)
            for operator, factor in zip(("", *operators), factors, strict=True)
        ):
            return list(factors)
    return [sub]


def capitals(sub: Node | None) -> tuple[str, ...]:
    r"""The capital letters of which a script is a run, two at least: ``\mu_{ML}``, ``w_{MAP}``; else none."""
    if not isinstance(sub, Product) or set(sub.operators) != {""}:
        return ()
    letters = [factor.text for factor in sub.factors if isinstance(factor, Name)]
    run = len(letters) == len(sub.factors) and all(len(letter) == 1 and letter.isupper() for letter in letters)
    return tuple(letters) if run else ()


def is_word(sub: Node | None, scope: Scope, bound: Collection[str] = ()) -> bool:
    """Whether a run of capitals is a word of a name and no indices: not all of its letters are used as such."""

    def indexes(letter: str) -> bool:
        found = scope.names.get(letter)
        counted = isinstance(found, Declaration) and found.domain.kind in ("finite", "integer", "natural")
        return letter in bound or letter in scope.ranges or isinstance(found, SizeSymbol) or counted

    letters = capitals(sub)
    return bool(letters) and not all(indexes(letter) for letter in letters)


def is_mark(sub: Node | None) -> bool:
    r"""Whether a star or a dagger stands below: part of a name, as ``w_\star``."""
    return isinstance(sub, Symbol) and sub.text in ("*", "\\star", "\\ast", "\\dagger", "\\bullet")


def index_term(node: Node, ctx: Context) -> Term:
    """An expression in index position: a number, an index letter, a size, sums of these."""
    match node:
        case Number(value=value) if value.denominator == 1:
            return terms.Constant(value, span=node.span)
        case Name():
            return _index_letter(node, ctx)
        case Add(terms=parts):
            made = [(-1 if sign == "-" else 1, index_term(part, ctx)) for sign, part in parts]
            return terms.Add(tuple(made), span=node.span)
        case Product(factors=factors) if all(isinstance(factor, Number | Name | Group) for factor in factors):
            made_term = index_term(factors[0], ctx)
            for factor in factors[1:]:
                made_term = terms.Multiply("scale", made_term, index_term(factor, ctx), span=node.span)
            return made_term
        case Group(body=body):
            return index_term(body, ctx)
        case Scripted():
            scripted = ctx.term(node)
            if algebra.scalar(ctx.scope, scripted):
                return scripted
    raise Refusal("index", node.span, f"`{plain(node)}` is not understood as an index")


def _index_letter(node: Name, ctx: Context) -> Term:
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


def free_index(node: Name, ctx: Context) -> IndexInfo:
    """A letter that nothing binds: "for all" on the left side, a mistake where the left side has none such."""
    if ctx.free is None:
        raise Refusal(
            "unbound-index",
            node.span,
            f"the index `{plain(node)}` is bound by nothing",
            f"sum over it (`\\sum_{key_of(node)}`), or write it on the left side too if it is meant for all",
            wrong=True,
        )
    if node.text not in ctx.free:
        ctx.free[node.text] = new_index(node, ctx.scope)
    return ctx.free[node.text]


def new_index(letter: Name, scope: Scope) -> IndexInfo:
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
        raise Refusal(
            "index-range",
            span,
            f"the index `{info.letter}` runs over {scope.resolve(info.size)} here "
            f"and over {scope.resolve(size)} elsewhere in this line",
            wrong=True,
        )
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
    if len(made.symbols) == 1:
        (symbol,) = made.symbols
        least = next(
            (count for count in range(1, MOST_BEYOND) if made.substitute({symbol: Dim.of(count)}).number == 2), 0
        )
        scope.size_bounds[symbol] = max(scope.size_bounds.get(symbol, 0), least)
    return lower, made
