"""Names, scripts and indices: is ``x_1`` a name, an entry or a member; is ``x^2`` a power."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from derivcheck.language.nodes import (
    Add,
    Entrywise,
    Group,
    Name,
    Node,
    Number,
    Product,
    Scripted,
    Symbol,
    Text,
    Tuple,
    Word,
)
from derivcheck.language.printing import plain
from derivcheck.language.shapes import ONE, SCALAR, Dim
from derivcheck.problem import algebra, terms
from derivcheck.problem.context import Context, key_of
from derivcheck.problem.scope import (
    Declaration,
    Definition,
    FunctionDeclaration,
    FunctionDefinition,
    IndexInfo,
    Refusal,
    Scope,
    SizeSymbol,
)
from derivcheck.problem.terms import Term
from derivcheck.source import Span

SLOT = Symbol("\\cdot")
IDENTITY_NAMES = frozenset(("I", "\\mathbf{I}", "\\mathbb{I}", "\\mathrm{Id}", "\\mathbf{1}", "\\mathbb{1}"))


def pattern(base: Node, sub: Node | None, sup: Node | None) -> str:
    """The key of a family: its index written as a dot."""
    return key_of(Scripted(base, sub, sup))


def name_term(node: Name | Scripted, ctx: Context) -> Term | None:
    """The value of a whole name that is known under just this text, or None."""
    found = ctx.scope.names.get(key_of(node))
    return None if found is None else value_of(found, node.span, ctx)


def value_of(found: object, span: Span, ctx: Context) -> Term:
    """What a known name stands for, as a value."""
    scope = ctx.scope
    match found:
        case Declaration(key=key, shape=shape) | Definition(key=key, shape=shape):
            if found.family:
                raise Refusal(
                    "family-without-index",
                    span,
                    f"`{scope.quote(span)}` is a family: say which member is meant",
                    "write its index, as in `x^{(i)}`, or declare the whole under a name of its own",
                )
            scope.used.add(key)
            return terms.Variable(key, shape=shape, span=span)
        case SizeSymbol(key=key):
            return terms.Size(Dim.of(key), span=span)
        case FunctionDefinition(key=key, body=body):
            return terms.Let((), body, key, shape=body.shape, span=span)
        case FunctionDeclaration(key=key, text=text):
            return _mentioned(key, text, span, scope)
    raise AssertionError(found)


def _mentioned(key: str, text: str, span: Span, scope: Scope) -> Term:
    """A function without its argument: the one value of it that the document speaks of."""
    calls: list[Term] = []
    for call in scope.mentions.get(key, ()):
        if call not in calls:
            calls.append(call)
    if len(calls) == 1:
        return terms.Let((), calls[0], shape=calls[0].shape, span=span)
    if calls:
        raise Refusal(
            "ambiguous-function",
            span,
            f"`{text}` stands here without its argument, and the document has it at more than one",
            f"write the argument: `{scope.quote(calls[0].span)}` or `{scope.quote(calls[1].span)}`",
        )
    raise Refusal(
        "function-without-argument",
        span,
        f"`{text}` is a function: at which argument is meant?",
        f"say it once before this line, as in: the loss `{text}(y)`",
    )


def unknown_name(node: Node, ctx: Context, *, called: bool = False) -> Refusal:
    """The refusal for a name that nothing declares."""
    text = plain(node)
    close = ctx.scope.suggestion(key_of(node))
    what = "is used like a function but" if called else "is"
    help = (
        f"did you mean `{close}`?"
        if close
        else (
            f"declare it before this line, as in: let `{key_of(node)} : \\mathbb{{R}} \\to \\mathbb{{R}}`"
            if called
            else f"declare it before this line, as in: let `{key_of(node)} \\in \\mathbb{{R}}^n`"
        )
    )
    return Refusal("unknown-name", node.span, f"`{text}` {what} not declared", help)


def resolve_name(node: Name, ctx: Context) -> Term:
    """A bare name: known, an index, a root of a declared square, or one of the few built in."""
    scope = ctx.scope
    if node.text in ctx.indices:
        info = ctx.indices[node.text]
        info.used += 1
        return terms.Index(info.name, span=node.span)
    known = name_term(node, ctx)
    if known is not None:
        return known
    if ctx.free is not None and node.text in ctx.free:
        return terms.Index(ctx.free[node.text].name, span=node.span)
    squared = scope.names.get(key_of(Scripted(node, None, Number(Fraction(2), "2"))))
    if isinstance(squared, Declaration) and squared.domain.kind == "positive" and squared.shape == SCALAR:
        root = terms.Constant(Fraction(1, 2), span=node.span)
        return terms.Power(value_of(squared, node.span, ctx), root, span=node.span)
    return _built_in(node, ctx)


def _built_in(node: Name, ctx: Context) -> Term:
    match node.text:
        case "e":
            return terms.Constant("e", span=node.span)
        case "\\pi":
            return terms.Constant("pi", span=node.span)
        case "I" | "\\mathbf{I}" | "\\mathbb{I}":
            return algebra.identity(ctx.scope, node.span)
        case "\\mathbf{1}" | "\\mathbb{1}":
            return algebra.filled(ctx.scope, 1, node.span, column=True)
        case "\\mathbf{0}":
            return algebra.filled(ctx.scope, 0, node.span, column=False)
    raise unknown_name(node, ctx)


def resolve_scripted(node: Scripted, ctx: Context) -> Term:
    """A name with scripts, longest known name first; what is left over are entries, powers, transposes."""
    node = _of_bold(node, ctx)
    base, sub, sup = node.base, node.sub, node.sup
    if isinstance(sup, Product) and isinstance(sup.factors[0], Group) and set(sup.operators) == {""}:
        # ``x^{(i)\\top}``: what stands behind the bracket acts on the member.
        member = Scripted(base, sub, sup.factors[0], span=base.span | sup.factors[0].span)
        value = ctx.term(member)
        for part in sup.factors[1:]:
            value = superscript(value, part, ctx, node.span)
        return value
    if isinstance(base, Name):
        found = _known_part(node, ctx)
        if found is not None:
            return found
        special = _special(node, ctx)
        if special is not None:
            return special
        if sub is not None and base.text not in ctx.scope.names and base.text not in ctx.indices:
            raise unknown_name(Scripted(base, sub, None, span=node.span), ctx)
    value = ctx.term(base)
    entries = sub is not None and not any(isinstance(part, Symbol) for part in index_parts(sub))
    if sub is not None and sup is not None and entries and _turns(sup, ctx) and not algebra.scalar(ctx.scope, value):
        # (A^⊤)_{ij} and (A^{-1})_{ij}: the entry is that of the whole matrix.
        return entry_of(superscript(value, sup, ctx, node.span), sub, ctx, node.span)
    if node.primes:
        value = _primed(value, node, ctx)
    if sub is not None:
        value = entry_of(value, sub, ctx, base.span | sub.span)
    return superscript(value, sup, ctx, node.span) if sup is not None else value


def _of_bold(node: Scripted, ctx: Context) -> Scripted:
    r"""``x_i`` as an entry of a declared ``\mathbf{x}`` where no plain ``x`` is known, as is usual in print."""
    base = node.base
    if node.sub is None or not isinstance(base, Name) or len(base.text.lstrip("\\")) == 0:
        return node
    bold = f"\\mathbf{{{base.text}}}"
    names = ctx.scope.names
    if base.text in names or key_of(node) in names or key_of(Scripted(base, node.sub, None)) in names:
        return node
    if pattern(base, SLOT, None) in names or bold not in names:
        return node
    return replace(node, base=Name(bold, span=base.span))


def _turns(sup: Node, ctx: Context) -> bool:
    """Whether a superscript is a transpose or an inverse."""
    match sup:
        case Symbol(text="\\top") | Add(terms=(("-", Symbol(text="\\top")),)):
            return True
        case Name(text="T"):
            return "T" not in ctx.scope.names
        case Add(terms=(("-", Number(value=one)),)):
            return one == 1
    return False


def _known_part(node: Scripted, ctx: Context) -> Term | None:
    """The longest part of ``base_sub^sup`` that is a known name or family, with the rest applied to it."""
    base, sub, sup, span = node.base, node.sub, node.sup, node.span
    whole = name_term(node, ctx)
    if whole is not None:
        return whole
    if node.primes:
        stem = replace(node, primes=0)
        value = None if stem.sub is None and stem.sup is None else _known_part(stem, ctx)
        return None if value is None else _primed(value, node, ctx)
    member = _member(base, sub, sup, span, ctx)
    if member is not None:
        return member
    if sub is not None and sup is not None:
        part = Scripted(base, sub, None, span=base.span | sub.span)
        value = name_term(part, ctx) or _member(base, sub, None, part.span, ctx)
        if value is not None:
            return superscript(value, sup, ctx, span)
        part = Scripted(base, None, sup, span=base.span | sup.span)
        value = name_term(part, ctx) or _member(base, None, sup, part.span, ctx)
        if value is not None:
            return entry_of(value, sub, ctx, span)
    return None


def _member(base: Node, sub: Node | None, sup: Node | None, span: Span, ctx: Context) -> Term | None:
    """``x^{(i)}``, ``x_i`` or ``r_{ik}`` of a declared or defined family."""
    found = None
    bodies: tuple[Node, ...] = ()
    if isinstance(sup, Group):
        found = ctx.scope.names.get(pattern(base, sub, Group(SLOT)))
        bodies = (sup.body,)
        if found is None and sub is not None:
            found = ctx.scope.names.get(pattern(base, SLOT, Group(SLOT)))
            bodies = (sup.body, sub)
    if found is None and sub is not None and sup is None:
        parts = index_parts(sub)
        slots = SLOT if len(parts) == 1 else Tuple((SLOT,) * len(parts), (",",) * (len(parts) - 1))
        found = ctx.scope.names.get(pattern(base, slots, None))
        bodies = tuple(parts)
    if not isinstance(found, Declaration | Definition) or not found.family:
        return None
    axes = found.family if isinstance(found, Declaration) else tuple(axis for _, axis in found.family)
    if len(bodies) != len(axes):
        return None
    positions = []
    for body, axis in zip(bodies, axes, strict=True):
        position = index_term(body, ctx)
        _claim_range(position, axis.size, axis.lower, ctx, body.span)
        positions.append(_shift(position, axis.lower))
    ctx.scope.used.add(found.key)
    return terms.Variable(found.key, tuple(positions), shape=found.shape, span=span)


def _shift(position: Term, lower: int) -> Term:
    """A family's index as a position from 1."""
    if lower == 1:
        return position
    offset = terms.Constant(Fraction(1 - lower))
    return terms.Add(((1, position), (1, offset)), span=position.span)


def _special(node: Scripted, ctx: Context) -> Term | None:
    """``I_n``, ``\\mathbf{1}_n``, ``e_i``, ``\\delta_{ij}``, ``e^x`` where the document has not taken the letter."""
    base, sub, sup = node.base, node.sub, node.sup
    assert isinstance(base, Name)
    if base.text in ctx.indices or node.primes or (base.text in ctx.scope.names and not _vector_delta(node, ctx)):
        return None
    value: Term | None = None
    if (
        base.text in ("I", "\\mathbf{I}", "\\mathbb{I}", "\\mathbf{1}", "\\mathbb{1}", "\\mathbf{0}", "0")
        and sub is not None
    ):
        value = _sized(base.text, sub, node.span, ctx)
    elif base.text in ("e", "\\mathbf{e}") and sub is not None:
        size = ctx.scope.unknown("?e")
        position = index_term(sub, ctx)
        _claim_range(position, size, 1, ctx, sub.span)
        value = terms.UnitVector(position, size, shape=(size, ONE), span=node.span)
    elif base.text == "\\delta" and sub is not None:
        parts = index_parts(sub)
        if len(parts) == 2:
            left, right = (index_term(part, ctx) for part in parts)
            for one, other in ((left, right), (right, left)):
                info = _info(one, ctx)
                if info is not None and not info.bounded:
                    partner = _info(other, ctx)
                    if partner is not None:
                        ctx.scope.unify(info.size, partner.size)
            value = terms.Kronecker(left, right, span=node.span)
    if value is None:
        return None
    return superscript(value, sup, ctx, node.span) if sup is not None else value


def _vector_delta(node: Scripted, ctx: Context) -> bool:
    r"""Whether the document's own ``\delta`` is a vector, which two indices cannot mean: then it is Kronecker's."""
    found = ctx.scope.names.get("\\delta")
    if not isinstance(found, Declaration | Definition) or node.sub is None or found.family:
        return False
    is_delta = isinstance(node.base, Name) and node.base.text == "\\delta"
    return is_delta and len(index_parts(node.sub)) == 2 and ONE in ctx.scope.resolve_shape(found.shape)


def _sized(text: str, sub: Node, span: Span, ctx: Context) -> Term | None:
    sizes = sub.items if isinstance(sub, Tuple) else ()
    if isinstance(sub, Product) and "\\times" in sub.operators and len(sub.factors) == 2:
        sizes = sub.factors
    dims = [size_dim(part, ctx) for part in (sizes or (sub,))]
    if any(dim is None for dim in dims):
        return None
    rows = dims[0]
    assert rows is not None
    if "I" in text:
        return terms.Identity(rows, shape=(rows, rows), span=span)
    columns = dims[1] if len(dims) == 2 else ONE
    assert columns is not None
    return terms.Filled(Fraction(0 if "0" in text else 1), shape=(rows, columns), span=span)


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
        name = ctx.scope.fresh(node.text)
        info = IndexInfo(node.text, name, Dim.of("?" + name), 1, node.span)
        if node.text in ctx.scope.ranges:
            info.lower, fallback = ctx.scope.ranges[node.text]
            ctx.scope.index_fallbacks["?" + name] = fallback
        ctx.free[node.text] = info
    return ctx.free[node.text]


def _info(position: Term, ctx: Context) -> IndexInfo | None:
    if not isinstance(position, terms.Index):
        return None
    pools = list(ctx.indices.values()) + list((ctx.free or {}).values())
    return next((info for info in pools if info.name == position.name), None)


def _claim_range(position: Term, size: Dim, lower: int, ctx: Context, span: Span) -> None:
    """An index without written bounds runs over what it indexes."""
    info = _info(position, ctx)
    scope = ctx.scope
    if info is None or info.bounded:
        if info is not None and any(name.startswith("?") for name in scope.resolve(size).symbols):
            scope.unify(size, info.size)
        return
    if not scope.unify(info.size, size):
        raise Refusal(
            "index-range",
            span,
            f"the index `{info.letter}` runs over {scope.resolve(info.size)} here and over {scope.resolve(size)} elsewhere "
            "in this line",
            wrong=True,
        )
    info.lower = lower


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
            f"`{scope.quote(value.span)}` is {scope.show(value.shape)}: one index does not say whether a row or a column is meant",
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
    _claim_range(position, size, 1, ctx, node.span)
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


def _primed(value: Term, node: Scripted, ctx: Context) -> Term:
    """``A'``: the transpose of a matrix; on anything else a prime is not understood."""
    if node.primes == 1 and not algebra.scalar(ctx.scope, value):
        return algebra.transpose(ctx.scope, value, node.span)
    raise Refusal(
        "prime",
        node.span,
        f"the prime on `{ctx.scope.quote(node.base.span)}` is not understood: it is no function and no matrix",
        "declare the primed name, or write the derivative as a fraction",
    )


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
