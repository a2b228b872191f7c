"""Names and their scripts: is ``x_1`` a name, an entry or a member; is ``x^2`` a power."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from derivcheck.language.nodes import Group, Name, Node, Number, Product, Scripted, Symbol, Tuple
from derivcheck.language.printing import plain
from derivcheck.language.shapes import ONE, SCALAR, Dim
from derivcheck.problem import algebra, terms
from derivcheck.problem.context import SLOT, Context, key_of, pattern
from derivcheck.problem.indices import (
    at_least,
    claim_range,
    entry_of,
    index_info,
    index_parts,
    index_term,
    is_word,
    primed,
    size_dim,
    superscript,
    turns,
)
from derivcheck.problem.scope import (
    Declaration,
    Definition,
    FunctionDeclaration,
    FunctionDefinition,
    Refusal,
    Scope,
    SizeSymbol,
    Unknown,
)
from derivcheck.problem.terms import Term
from derivcheck.reading.parser import parse_expression
from derivcheck.reading.unread import is_styled_letter
from derivcheck.source import Span


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
                    "family-without-index", span, f"`{scope.quote(span)}` is a family: say which member is meant",
                    "write its index, as in `x^{(i)}`, or declare the whole under a name of its own",
                )  # fmt: skip
            scope.used.add(key)
            return terms.Variable(key, shape=shape, span=span)
        case SizeSymbol(key=key):
            return terms.Size(Dim.of(key), span=span)
        case FunctionDefinition(key=key, body=body):
            _all_declared(found, span, scope)
            return terms.Let((), body, key, shape=body.shape, span=span)
        case FunctionDeclaration(key=key, text=text):
            return _mentioned(key, text, span, scope)
    raise AssertionError(found)


def _all_declared(found: FunctionDefinition, span: Span, scope: Scope) -> None:
    """Refuse a function without its argument, if the document knows the argument's name nowhere else."""
    for key, _ in found.parameters:
        if key not in scope.declarations and key not in scope.definitions:
            written = key.partition("#")[0]
            raise Refusal(
                "function-without-argument", span, f"`{found.text}` is a function: at which argument is meant?",
                f"write its argument, or declare `{written}` before the function",
                unknown=Unknown(parse_expression(written), called=False, argument=True, counts=True),
            )  # fmt: skip


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
        "function-without-argument", span, f"`{text}` is a function: at which argument is meant?",
        f"say it once before this line, as in: the loss `{text}(y)`",
    )  # fmt: skip


def how_to_declare(key: str, scope: Scope) -> str:
    """How a name comes into being that nothing declares: as a size where the document counts with it."""
    if key in scope.counting:
        return (
            f"a size is declared where it is the length of something, as in: let `x \\in \\mathbb{{R}}^{{{key}}}`, "
            f"or by itself: let `{key} \\in \\mathbb{{N}}`"
        )
    return (
        f"declare it before this line, as in: let `{key} \\in \\mathbb{{R}}`, "
        f"or `{key} \\in \\mathbb{{R}}^n` if it is a vector"
    )


def unknown_name(node: Node, ctx: Context, *, called: bool = False) -> Refusal:
    """The refusal for a name that nothing declares."""
    text = plain(node)
    close = ctx.scope.suggestion(key_of(node))
    key = key_of(node)
    unread = ctx.scope.unmade.get(key_of(node))
    if unread is not None and unread[0] != node.span:
        help = f"what it is set to on {unread[1].words} is not read: that is to be mended first"
        return Refusal("unknown-name", node.span, f"`{text}` is not declared", help, unknown=Unknown(node, called))
    what = "is used like a function but" if called else "is"
    help = (
        f"did you mean `{close}`?" if close else (_how_to_say_which(key) if called else how_to_declare(key, ctx.scope))
    )
    message = f"`{text}` {what} not declared"
    # ``W_f`` beside ``W_g`` is no slip, nor is one letter in place of another.
    other = is_styled_letter(node.text) if isinstance(node, Name) else True
    near = close is not None and not other and (close == key or close.lower() != key.lower())
    return Refusal("unknown-name", node.span, message, help, unknown=Unknown(node, called, near))


def _how_to_say_which(key: str) -> str:
    """How a function comes into being that nothing declares: an arbitrary one makes lines wrong where one is meant."""
    if key == "\\sigma":
        return f"say which function it is, as in: let `{key}(t) = \\frac{{1}}{{1 + e^{{-t}}}}`"
    return f"say which function it is: let `{key}(t) = …`; if it is any, let `{key} : \\mathbb{{R}} \\to \\mathbb{{R}}`"


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
    if ctx.free is not None and node.text in scope.ranges:
        # ``j \\ne k`` "for k = 1, …, n": it is said over what the letter runs.
        return index_term(node, ctx)
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
        case "I" | "\\mathbf{I}" | "\\mathbb{I}" | "\\vec{I}":
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
    if sub is not None and sup is not None and entries and turns(sup, ctx) and not algebra.scalar(ctx.scope, value):
        # (A^⊤)_{ij} and (A^{-1})_{ij}: the entry is that of the whole matrix.
        return entry_of(superscript(value, sup, ctx, node.span), sub, ctx, node.span)
    if node.primes:
        value = primed(value, node, ctx)
    try:
        if sub is not None:
            whole = node.span if sup is None else base.span | sub.span
            if is_word(sub, ctx.scope, {*ctx.indices, *(ctx.free or ())}):
                raise unknown_name(Scripted(base, sub, None, span=whole), ctx)
            value = entry_of(value, sub, ctx, whole)
        return value if sup is None else superscript(value, sup, ctx, node.span)
    except Refusal as refusal:
        if isinstance(base, Name) and not node.primes and refusal.code in ("superscript", "no-entry"):
            # ``w^{old}`` of a known w is another value of its kind, ``x_1`` beside a number x a name of its own.
            apart = refusal.code == "no-entry"
            refusal.unknown = Unknown(Scripted(base, sub, None) if apart else node, called=False, counts=apart)
        raise


def _of_bold(node: Scripted, ctx: Context) -> Scripted:
    r"""``x_i`` as an entry of a declared ``\mathbf{x}`` where no plain ``x`` is known, as is usual in print."""
    base = node.base
    if node.sub is None or not isinstance(base, Name) or len(base.text.lstrip("\\")) == 0:
        return node
    bold = f"\\mathbf{{{base.text}}}"
    names = ctx.scope.names
    if base.text in names or key_of(node) in names or key_of(Scripted(base, node.sub, None)) in names:
        return node
    family = pattern(Name(bold), SLOT, None)
    if pattern(base, SLOT, None) in names or (bold not in names and family not in names):
        return node
    return replace(node, base=Name(bold, span=base.span))


def _known_part(node: Scripted, ctx: Context) -> Term | None:
    """The longest part of ``base_sub^sup`` that is a known name or family, with the rest applied to it."""
    base, sub, sup, span = node.base, node.sub, node.sup, node.span
    whole = name_term(node, ctx)
    if whole is not None:
        return whole
    if node.primes:
        stem = replace(node, primes=0)
        value = None if stem.sub is None and stem.sup is None else _known_part(stem, ctx)
        return None if value is None else primed(value, node, ctx)
    member = _member(base, sub, sup, span, ctx)
    if member is not None:
        return member
    if sub is not None and (entry := _entry_of_member(node, ctx)) is not None:
        return entry
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
    if found is None and sub is not None and not isinstance(sup, Group):
        # ``x_i``; also ``\mu_k^{new}``, where the word belongs to the name.
        parts = index_parts(sub)
        slots = SLOT if len(parts) == 1 else Tuple((SLOT,) * len(parts), (",",) * (len(parts) - 1))
        found = ctx.scope.names.get(pattern(base, slots, sup))
        bodies = tuple(parts)
    if not isinstance(found, Declaration | Definition) or not found.family:
        return None
    axes = found.family if isinstance(found, Declaration) else tuple(axis for _, axis in found.family)
    if len(bodies) != len(axes):
        return None
    positions = []
    for body, axis in zip(bodies, axes, strict=True):
        position = index_term(body, ctx)
        claim_range(position, axis.size, axis.lower, ctx, body.span, steps=found.key in ctx.scope.begun)
        if (
            found.key in ctx.scope.begun
            and isinstance(position, terms.Constant)
            and isinstance(position.value, Fraction)
        ):
            # A recursion goes on for as long as a member of it is spoken of.
            at_least(ctx.scope.resolve(axis.size), int(position.value) + 1 - axis.lower, ctx.scope)
        positions.append(_shift(position, axis.lower))
    ctx.scope.used.add(found.key)
    return terms.Variable(found.key, tuple(positions), shape=found.shape, span=span)


def _entry_of_member(node: Scripted, ctx: Context) -> Term | None:
    """``x_{ni}`` as entry i of the vector ``x_n``."""
    base, sub, sup = node.base, node.sub, node.sup
    parts = [] if sub is None else index_parts(sub)
    if len(parts) != 2 or isinstance(sup, Group):
        return None
    found = ctx.scope.names.get(pattern(base, SLOT, None))
    if not isinstance(found, Declaration | Definition) or len(found.family) != 1:
        return None
    rows, columns = ctx.scope.resolve_shape(found.shape)
    if columns != ONE or rows == ONE:
        return None
    member = _member(base, parts[0], None, node.span, ctx)
    if member is None:
        return None
    entry = entry_of(member, parts[1], ctx, node.span)
    return entry if sup is None else superscript(entry, sup, ctx, node.span)


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
        base.text in ("I", "\\mathbf{I}", "\\mathbb{I}", "\\vec{I}", "\\mathbf{1}", "\\mathbb{1}", "\\mathbf{0}", "0")
        and sub is not None
    ):
        value = _sized(base.text, sub, node.span, ctx)
    elif base.text in ("e", "\\mathbf{e}") and sub is not None:
        size = ctx.scope.unknown("?e")
        position = index_term(sub, ctx)
        claim_range(position, size, 1, ctx, sub.span)
        value = terms.UnitVector(position, size, shape=(size, ONE), span=node.span)
    elif base.text == "\\delta" and sub is not None:
        parts = index_parts(sub)
        if len(parts) == 2:
            left, right = (index_term(part, ctx) for part in parts)
            for one, other in ((left, right), (right, left)):
                info = index_info(one, ctx)
                if info is not None and not info.bounded:
                    partner = index_info(other, ctx)
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
