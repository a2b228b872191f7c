"""Statements that declare, assume and define: they say what names mean and are no claims."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

from derivcheck.language import nodes as n
from derivcheck.language.printing import plain
from derivcheck.language.shapes import ONE, SCALAR, Dim, Shape, is_scalar
from derivcheck.problem import algebra, terms
from derivcheck.problem.context import Context, key_of, strip
from derivcheck.problem.domains import REALS, declare_sizes, read_set
from derivcheck.problem.calls import comparisons
from derivcheck.problem.names import SLOT, index_parts, pattern, size_dim
from derivcheck.problem.scope import (
    Assumption,
    Declaration,
    Definition,
    Domain,
    FamilyAxis,
    FunctionDeclaration,
    FunctionDefinition,
    IndexInfo,
    Refusal,
    Scope,
    SizeSymbol,
)
from derivcheck.source import Span

DOTS = ("\\dots", "\\ldots", "\\cdots")
SIGN_DOMAINS = {">": "positive", "\\ge": "nonnegative", "<": "negative", "\\le": "nonpositive", "\\ne": "nonzero"}
NARROWED = {
    "positive": ("real", "nonnegative", "nonzero", "positive"),
    "negative": ("real", "nonpositive", "nonzero", "negative"),
    "nonnegative": ("real", "nonnegative"),
    "nonpositive": ("real", "nonpositive"),
}
IMPLIED = frozenset(
    (("positive", "nonnegative"), ("positive", "nonzero"), ("negative", "nonpositive"), ("negative", "nonzero"))
)
FLIPPED = {">": "<", "<": ">", "\\ge": "\\le", "\\le": "\\ge", "\\ne": "\\ne", "=": "="}


def members_of(node: n.Node) -> list[n.Node]:
    """The names of a comma list."""
    return list(node.items) if isinstance(node, n.Tuple) else [node]


def declare(left: n.Node, right: n.Node, ctx: Context) -> str:
    r"""``x, b \in \mathbb{R}^n``; the shape in words is returned for the listing."""
    found = read_set(right, ctx)
    names = members_of(left)
    if _run_of_members(names, found.shape, found.domain, ctx):
        return ctx.scope.show(found.shape)
    for name in names:
        if isinstance(name, n.Symbol) and name.text in DOTS:
            continue
        declare_one(name, found.shape, found.domain, ctx)
    return ctx.scope.show(found.shape)


def _run_of_members(names: list[n.Node], shape: Shape, domain: Domain, ctx: Context) -> bool:
    """``x_1, \\dots, x_N``: the members of a family; False if the list is of another form."""
    if len(names) < 3 or not any(isinstance(name, n.Symbol) and name.text in DOTS for name in names):
        return False
    first, last = strip(names[0]), strip(names[-1])
    if not (isinstance(first, n.Scripted) and isinstance(last, n.Scripted) and first.base == last.base):
        return False
    script = first.sup if isinstance(first.sup, n.Group) else first.sub
    end = last.sup if isinstance(last.sup, n.Group) else last.sub
    begin = script.body if isinstance(script, n.Group) else script
    end = end.body if isinstance(end, n.Group) else end
    if not isinstance(begin, n.Number) or end is None:
        return False
    declare_sizes(end, ctx.scope)
    upper = size_dim(end, ctx)
    if upper is None or upper.number is not None:
        return False
    letter = n.Name("\\iota", span=first.span)
    ctx.scope.ranges[letter.text] = (int(begin.value), upper - Dim.of(int(begin.value)) + ONE)
    member = replace(first, sup=n.Group(letter)) if isinstance(first.sup, n.Group) else replace(first, sub=letter)
    declare_one(member, shape, domain, ctx)
    del ctx.scope.ranges[letter.text]
    return True


def declare_one(name: n.Node, shape: Shape, domain: Domain, ctx: Context) -> None:
    """One name comes into being (or a known one is checked against what is said of it again)."""
    scope = ctx.scope
    node = strip(name)
    if isinstance(node, n.Word):
        node = n.Name(node.text, span=node.span)
    if not isinstance(node, n.Name | n.Scripted):
        raise Refusal("declaration", name.span, f"`{plain(name)}` is no name", "declare one name at a time")
    key = key_of(node)
    if key in ("\\mathbf{1}", "\\mathbb{1}", "\\mathbf{0}") and not is_scalar(shape):
        _constant(key, node, shape, ctx)
        return
    family = _family(node, ctx)
    if domain.kind == "natural" and is_scalar(shape) and family is None:
        scope.names.setdefault(key, SizeSymbol(key, plain(node), node.span))
        return
    if family is not None:
        _declare_family(node, family, shape, domain, ctx)
        return
    old = scope.names.get(key)
    if isinstance(old, Declaration | Definition) and scope.headings.get(key, 0) < scope.heading:
        # Under a new heading a name may be declared anew: what was said of the old one keeps its meaning.
        if not scope.unify_shapes(old.shape, shape):
            fresh = scope.fresh(key)
            _replace_declaration(scope, key, Declaration(fresh, plain(node), shape, domain, node.span))
            scope.notices.append(
                (node.span, f"`{plain(node)}` is declared anew here and stands for something else from now on")
            )
            return
    if isinstance(old, Declaration | Definition):
        if scope.unify_shapes(old.shape, shape):
            if isinstance(old, Declaration) and domain.kind != "real":
                _replace_declaration(scope, key, replace(old, domain=domain))
            return
        raise Refusal(
            "redeclared",
            node.span,
            f"`{plain(node)}` is {scope.show(old.shape)} already and is {scope.show(shape)} here",
            "use another name, or begin a new section",
            wrong=isinstance(old, Declaration),
        )
    if old is not None and not (isinstance(old, SizeSymbol) and is_scalar(shape)):
        raise Refusal("redeclared", node.span, f"`{plain(node)}` already stands for something else")
    if isinstance(old, SizeSymbol):
        return
    _replace_declaration(scope, key, Declaration(key, plain(node), shape, domain, node.span))


def _constant(key: str, node: n.Node, shape: Shape, ctx: Context) -> None:
    """``\\mathbf{1} \\in \\mathbb{R}^n`` is the vector of ones, ``\\mathbf{0}`` that of zeros."""
    value = Fraction(0 if "0" in key else 1)
    term = terms.Filled(value, shape=shape, span=node.span)
    definition = Definition(key, plain(node), term, shape, node.span)
    ctx.scope.names[key] = definition
    ctx.scope.definitions[key] = definition


def _replace_declaration(scope: Scope, visible: str, declaration: Declaration) -> None:
    scope.names[visible] = declaration
    scope.declarations[declaration.key] = declaration
    scope.headings[visible] = scope.heading


def _family(node: n.Name | n.Scripted, ctx: Context) -> list[tuple[n.Node, str]] | None:
    """The index letters of ``x^{(i)}`` or ``x_i`` where they have a range, else None: ``x_1`` is a name."""
    if not isinstance(node, n.Scripted):
        return None
    found: list[tuple[n.Node, str]] = []
    if isinstance(node.sup, n.Group):
        body = node.sup.body
        if isinstance(body, n.Name) and body.text in ctx.scope.ranges:
            found.append((body, "sup"))
    if node.sub is not None and (node.sup is None or found):
        parts = index_parts(node.sub)
        if all(isinstance(part, n.Name) and part.text in ctx.scope.ranges for part in parts):
            found.extend((part, "sub") for part in parts)
    return found or None


def _declare_family(
    node: n.Name | n.Scripted, family: list[tuple[n.Node, str]], shape: Shape, domain: Domain, ctx: Context
) -> None:
    assert isinstance(node, n.Scripted)
    scope = ctx.scope
    ranges = [scope.ranges[key_of(letter)] for letter, _ in family]
    only_subscripts = all(place == "sub" for _, place in family)
    base_key = key_of(node.base)
    if only_subscripts and is_scalar(shape) and len(family) <= 2 and base_key not in scope.names:
        if all(lower == 1 for lower, _ in ranges):
            sizes = [size for _, size in ranges]
            whole: Shape = (sizes[0], sizes[1] if len(sizes) == 2 else ONE)
            _replace_declaration(scope, base_key, Declaration(base_key, plain(node.base), whole, domain, node.span))
            return
    key = _pattern_of(node, family)
    axes = tuple(FamilyAxis(size, lower) for lower, size in ranges)
    _replace_declaration(scope, key, Declaration(key, plain(node), shape, domain, node.span, axes))


def _pattern_of(node: n.Scripted, family: list[tuple[n.Node, str]]) -> str:
    letters = [place for _, place in family]
    sup: n.Node | None = n.Group(SLOT) if "sup" in letters else node.sup
    count = letters.count("sub")
    sub: n.Node | None = node.sub
    if count == 1:
        sub = SLOT
    elif count > 1:
        sub = n.Tuple((SLOT,) * count, (",",) * (count - 1))
    return pattern(node.base, sub, sup)


def declare_function(name: n.Node, domain: n.Node, codomain: n.Node, ctx: Context) -> str:
    r"""``\phi : \mathbb{R} \to \mathbb{R}``, ``\ell : \mathbb{R}^n \times \mathbb{R}^n \to \mathbb{R}``."""
    scope = ctx.scope
    arguments = [read_set(part, ctx).shape for part in _factors_of_domain(domain)]
    result = read_set(codomain, ctx)
    for item in members_of(name):
        node = strip(item)
        key = key_of(node)
        old = scope.names.get(key)
        if old is not None and not isinstance(old, FunctionDeclaration):
            raise Refusal("redeclared", item.span, f"`{plain(node)}` already stands for something else")
        declared = FunctionDeclaration(key, plain(node), tuple(arguments), result.shape, result.domain, item.span)
        scope.names[key] = declared
        scope.functions[key] = declared
    shown = ", ".join(scope.show(shape) for shape in arguments)
    return f"{shown} → {scope.show(result.shape)}"


def _factors_of_domain(node: n.Node) -> list[n.Node]:
    match node:
        case n.Product(factors=factors, operators=operators) if all(operator == "\\times" for operator in operators):
            return list(factors)
        case n.Group(body=body):
            return _factors_of_domain(body)
    return [node]


def index_range(left: n.Node, right: n.Node, ctx: Context) -> tuple[str, int, Dim] | None:
    r"""``i = 1, \dots, N`` or ``i \in \{1, \dots, N\}`` as (letter, lower, size), or None."""
    body = right.body if isinstance(right, n.Group) and right.fence in "{[(" else right
    if not isinstance(left, n.Name) or not isinstance(body, n.Tuple) or len(body.items) < 3:
        return None
    first, last = body.items[0], body.items[-1]
    if not any(isinstance(item, n.Symbol) and item.text in DOTS for item in body.items[1:-1]):
        return None
    if not isinstance(first, n.Number):
        return None
    declare_sizes(last, ctx.scope)
    upper = size_dim(last, ctx)
    if upper is None:
        return None
    lower = int(first.value)
    return left.text, lower, upper - Dim.of(lower) + ONE


def assume(left: n.Node, sign: str, right: n.Node, ctx: Context, span: Span) -> bool:
    """A condition on declared names as an assumption for the whole document; False if it is none."""
    if sign in ("\\succ", "\\succeq"):
        return _definite(left, right, sign, ctx)
    scope = ctx.scope
    for one, other, relation in ((left, right, sign), (right, left, FLIPPED.get(sign, sign))):
        for name in members_of(one):
            if _size_bound(name, relation, other, ctx):
                return True
    done = False
    for name in members_of(left):
        done = domain_condition(name, sign, right, ctx) or done
    if done or sign == "=":
        return done or _equation(left, right, ctx)
    if isinstance(left, n.Tuple):
        return False
    conditions = comparisons(n.Compare((left, right), (sign,), span=span), ctx)
    scope.assumptions.append(Assumption(conditions, span))
    return True


ADJECTIVES = (
    (r"\bsymmetric,? (and )?positive[- ](semi-?)?definite|\bspd\b|\bpositive[- ](semi-?)?definite", "spd"),
    (r"\b(skew|anti)-?symmetric", "skew"),
    (r"\bsymmetric", "symmetric"),
    (r"\borthogonal|\borthonormal", "orthogonal"),
    (r"\bdiagonal", "diagonal"),
    (r"\bunit (vector|length|norm)", "unit"),
    (r"\bpositive\b", "positive"),
    (r"\bnon-?zero\b", "nonzero"),
)
NOT_TAKEN = re.compile(r"\bnot\b|\bneed not\b|\bnon-?symmetric|\bno\b")


def describe(names: n.Node, words: str, ctx: Context) -> None:
    """Take "symmetric", "positive definite", "orthogonal" in the prose around a declaration as part of it."""
    if NOT_TAKEN.search(words):
        return
    for pattern_text, kind in ADJECTIVES:
        if not re.search(pattern_text, words):
            continue
        for name in members_of(names):
            found = _declared(name, ctx)
            if found is None or found.domain.kind != "real" or not _fits(kind, found, ctx):
                continue
            _replace_declaration(ctx.scope, key_of(strip(name)), replace(found, domain=Domain(kind)))  # type: ignore[arg-type]
        return


def _fits(kind: str, found: Declaration, ctx: Context) -> bool:
    """Whether a word can be said of something of this shape."""
    rows, columns = ctx.scope.resolve_shape(found.shape)
    if kind in ("positive", "nonzero"):
        return True
    if kind == "unit":
        return columns == ONE and rows != ONE
    if kind == "orthogonal":
        return columns != ONE
    return rows == columns and rows != ONE


def _declared(node: n.Node, ctx: Context) -> Declaration | None:
    inner = strip(node)
    found = ctx.scope.names.get(key_of(inner)) if isinstance(inner, n.Name | n.Scripted) else None
    return found if isinstance(found, Declaration) else None


def _definite(left: n.Node, right: n.Node, sign: str, ctx: Context) -> bool:
    zero = (isinstance(right, n.Number) and right.value == 0) or (
        isinstance(right, n.Name) and right.text == "\\mathbf{0}"
    )
    if not zero:
        return False
    for name in members_of(left):
        found = _declared(name, ctx)
        if found is None:
            return False
        if not ctx.scope.unify(*found.shape):
            raise Refusal("shape-mismatch", name.span, f"`{plain(name)}` is not square", wrong=True)
        kind = "spd" if sign == "\\succ" else "psd"
        _replace_declaration(ctx.scope, key_of(strip(name)), replace(found, domain=Domain(kind)))  # type: ignore[arg-type]
    return True


def _size_bound(name: n.Node, sign: str, other: n.Node, ctx: Context) -> bool:
    """``n \\ge 2``, ``n > d`` of sizes."""
    scope = ctx.scope
    found = scope.names.get(key_of(strip(name))) if isinstance(strip(name), n.Name | n.Scripted) else None
    if not isinstance(found, SizeSymbol):
        return False
    if isinstance(other, n.Number) and sign in (">", "\\ge"):
        least = int(other.value) + (1 if sign == ">" else 0)
        scope.size_bounds[found.key] = max(scope.size_bounds.get(found.key, 0), least)
        return True
    left, right = size_dim(strip(name), ctx), size_dim(other, ctx)
    if left is None or right is None:
        return False
    conditions = comparisons(n.Compare((name, other), (sign,), span=name.span | other.span), ctx)
    scope.assumptions.append(Assumption(conditions, name.span | other.span))
    return True


def domain_condition(name: n.Node, sign: str, right: n.Node, ctx: Context) -> bool:
    """``\\sigma > 0`` narrows the domain from which σ is drawn; a new name is declared by it."""
    scope = ctx.scope
    node = strip(name)
    if not isinstance(node, n.Name | n.Scripted) or sign not in SIGN_DOMAINS:
        return False
    bound = literal_value(right)
    if bound is not None and bound != 0:
        return _bounded(node, sign, bound, ctx)
    if bound is None:
        return False
    kind = SIGN_DOMAINS[sign]
    found = scope.names.get(key_of(node))
    if found is None and not _would_resolve(node, ctx):
        _replace_declaration(
            scope,
            key_of(node),
            Declaration(key_of(node), plain(node), SCALAR, Domain(kind), node.span),  # type: ignore[arg-type]
        )
        return True
    if isinstance(found, Declaration) and (found.domain.kind, kind) in IMPLIED:
        return True
    if isinstance(found, Declaration) and found.domain.kind in NARROWED.get(kind, ("real", kind)):
        _replace_declaration(scope, key_of(node), replace(found, domain=Domain(kind)))  # type: ignore[arg-type]
        return True
    return False


def literal_value(node: n.Node) -> Fraction | None:
    """The number that a literal expression is: ``3``, ``-1/2``, ``10^{-3}``; None for anything else."""
    match node:
        case n.Number(value=value):
            return value
        case n.Group(body=body):
            return literal_value(body)
        case n.Add(terms=((sign, part),)):
            inner = literal_value(part)
            return None if inner is None or sign == "±" else inner if sign == "+" else -inner
        case n.Fraction_(numerator=top, denominator=bottom):
            over, under = literal_value(top), literal_value(bottom)
            return None if over is None or not under else over / under
        case n.Scripted(base=n.Number(value=base), sub=None, sup=sup, primes=0) if sup is not None:
            exponent = literal_value(sup)
            if exponent is None or exponent.denominator != 1 or abs(exponent) > 300 or not base:
                return None
            return base ** int(exponent)
    return None


def _bounded(node: n.Name | n.Scripted, sign: str, bound: Fraction, ctx: Context) -> bool:
    """``x > 3``, ``t < 1/2`` of a declared name: an end of the interval from which it is drawn."""
    found = ctx.scope.names.get(key_of(node))
    if not isinstance(found, Declaration) or sign == "\\ne":
        return False
    ends = {"real": (None, None), "positive": (0.0, None), "nonnegative": (0.0, None), "negative": (None, 0.0)}
    if found.domain.kind == "interval" and not isinstance(found.domain.high, Dim):
        low, high = found.domain.low, found.domain.high
    elif found.domain.kind in ends:
        low, high = ends[found.domain.kind]
    else:
        return False
    end = float(bound)
    if sign in (">", "\\ge"):
        low = end if low is None else max(low, end)
    else:
        high = end if high is None else min(high, end)
    if low is not None and high is not None and low >= high:
        return False
    _replace_declaration(ctx.scope, key_of(node), replace(found, domain=Domain("interval", low=low, high=high)))
    return True


def _would_resolve(node: n.Name | n.Scripted, ctx: Context) -> bool:
    try:
        replace(ctx, free={}).term(node)
    except Refusal:
        return False
    return True


def _equation(left: n.Node, right: n.Node, ctx: Context) -> bool:
    r"""``A = A^\top``, ``A^\top = -A``, ``Q^\top Q = I``, ``\|u\| = 1``: what a declared name is drawn as."""
    scope = ctx.scope
    try:
        one, other = ctx.term(left), ctx.term(right)
    except Refusal:
        return False
    for a, b in ((one, other), (other, one)):
        match a, b:
            case terms.Variable(key=key), terms.Unary(op="transpose", argument=terms.Variable(key=again)) if (
                key == again
            ):
                return _set_kind(scope, key, "symmetric")
            case terms.Variable(key=key), terms.Add(
                terms=((-1, terms.Unary(op="transpose", argument=terms.Variable(key=again))),)
            ) if key == again:
                return _set_kind(scope, key, "skew")
            case terms.Multiply(
                op="matmul",
                left=terms.Unary(op="transpose", argument=terms.Variable(key=key)),
                right=terms.Variable(key=again),
            ), terms.Identity() if key == again:
                algebra.equal_shapes(scope, a, b)
                return _set_kind(scope, key, "orthogonal")
            case (
                (
                    terms.Unary(op="norm2" | "sumsq", argument=terms.Variable(key=key))
                    | terms.Multiply(
                        op="matmul",
                        left=terms.Unary(op="transpose", argument=terms.Variable(key=key)),
                        right=terms.Variable(),
                    )
                ),
                terms.Constant(value=value),
            ) if value == Fraction(1):
                if isinstance(a, terms.Multiply) and a.right != terms.Variable(key):
                    continue
                return _set_kind(scope, key, "unit")
    return False


def _set_kind(scope: Scope, key: str, kind: str) -> bool:
    for visible, found in scope.names.items():
        if isinstance(found, Declaration) and found.key == key and not found.family:
            _replace_declaration(scope, visible, replace(found, domain=Domain(kind)))  # type: ignore[arg-type]
            return True
    return False


def define(node: n.Node, value: n.Node, ctx: Context, span: Span) -> Definition | FunctionDefinition:
    """``z = …`` with ``z`` new, ``z_i = …``, ``z^{(i)} = …``, ``f(x) = …``."""
    match node:
        case n.Product(factors=(head, n.Group() as group), operators=("",)):
            return _define_function(head, group, value, ctx, span)
        case n.Apply(word=word, args=args):
            group = n.Group(n.Tuple(args, (",",) * (len(args) - 1)) if len(args) > 1 else args[0], span=node.span)
            return _define_function(word, group, value, ctx, span)
        case n.Scripted() if _index_letters(node, ctx):
            made = _define_family(node, value, ctx, span)
            if made is not None:
                return made
    term = ctx.term(value)
    key = key_of(node)
    return _enter(Definition(key, plain(node), term, ctx.scope.resolve_shape(term.shape), span), key, ctx)


def _enter(definition: Definition, visible: str, ctx: Context) -> Definition:
    scope = ctx.scope
    if definition.key in scope.definitions or definition.key in scope.declarations:
        old = scope.names.get(visible)
        if isinstance(old, Declaration):
            if not scope.unify_shapes(old.shape, definition.shape):
                raise Refusal(
                    "shape-mismatch",
                    definition.span,
                    f"`{definition.text}` is declared {scope.show(old.shape)}, its definition is {scope.show(definition.shape)}",
                    wrong=not any(
                        s.startswith("?") for dim in scope.resolve_shape(definition.shape) for s in dim.symbols
                    ),
                )
            del scope.declarations[definition.key]
        else:
            definition = replace(definition, key=scope.fresh(definition.key))
    scope.definitions[definition.key] = definition
    scope.names[visible] = definition
    return definition


def _index_letters(node: n.Scripted, ctx: Context) -> list[tuple[n.Name, str]]:
    """The letters on the left of a definition that are indices: ``z_i``, ``z^{(i)}``, ``r_{ik}``."""
    found: list[tuple[n.Name, str]] = []
    if (
        isinstance(node.sup, n.Group)
        and isinstance(node.sup.body, n.Name)
        and node.sup.body.text not in ctx.scope.names
    ):
        found.append((node.sup.body, "sup"))
    if node.sub is not None:
        for part in index_parts(node.sub):
            if not isinstance(part, n.Name) or part.text in ctx.scope.names or part.text.startswith("\\mathrm"):
                return found if found else []
            found.append((part, "sub"))
    return found


def _define_family(node: n.Scripted, value: n.Node, ctx: Context, span: Span) -> Definition | None:
    """All members at once; None if the letters are no indices but part of a name, as the ``t`` of ``h_t``."""
    scope = ctx.scope
    letters = _index_letters(node, ctx)
    infos: list[IndexInfo] = []
    inner = ctx
    for letter, _ in letters:
        name = scope.fresh(letter.text)
        info = IndexInfo(letter.text, name, Dim.of("?" + name), 1, letter.span)
        if letter.text in scope.ranges:
            info.lower, fallback = scope.ranges[letter.text]
            scope.index_fallbacks["?" + name] = fallback
        infos.append(info)
        inner = inner.within(info)
    refused: Refusal | None = None
    term: terms.Term | None = None
    try:
        term = replace(inner, free=None).term(value)
    except Refusal as refusal:
        refused = refusal
    if any(not info.used and info.letter not in scope.ranges for info in infos):
        return None
    if term is None:
        assert refused is not None
        raise refused
    for info in infos:
        size = scope.resolve(info.size)
        if any(symbol.startswith("?") for symbol in size.symbols):
            known = scope.index_fallbacks.get("?" + info.name)
            if known is None or not scope.unify(info.size, known):
                raise Refusal(
                    "index-range",
                    info.span,
                    f"over what `{info.letter}` runs is not said",
                    "write its range, as in: for $i = 1, \\dots, n$",
                )
    shape = scope.resolve_shape(term.shape)
    subscripts = all(place == "sub" for _, place in letters)
    base_key = key_of(node.base)
    if subscripts and is_scalar(shape) and len(infos) <= 2 and node.sup is None and _free_base(base_key, infos, ctx):
        sizes = [scope.resolve(info.size) for info in infos]
        whole = (sizes[0], sizes[1] if len(sizes) == 2 else ONE)
        axes = tuple((info.name, FamilyAxis(scope.resolve(info.size), info.lower)) for info in infos)
        gathered = terms.Gather(tuple(name for name, _ in axes), term, shape=whole, span=term.span)
        return _enter(Definition(base_key, plain(node.base), gathered, whole, span), base_key, ctx)
    key = _pattern_of(node, [(letter, place) for letter, place in letters])
    axes = tuple((info.name, FamilyAxis(scope.resolve(info.size), info.lower)) for info in infos)
    return _enter(Definition(key, plain(node), term, shape, span, axes), key, ctx)


def _free_base(key: str, infos: list[IndexInfo], ctx: Context) -> bool:
    old = ctx.scope.names.get(key)
    if old is None:
        return True
    return isinstance(old, Declaration) and not old.family and old.key not in ctx.scope.used


def _define_function(head: n.Node, group: n.Group, value: n.Node, ctx: Context, span: Span) -> FunctionDefinition:
    scope = ctx.scope
    names = dict(scope.names)
    parameters: list[tuple[str, Shape]] = []
    local: dict[str, Declaration] = {}
    for item in group.body.items if isinstance(group.body, n.Tuple) else (group.body,):
        node = strip(item)
        if not isinstance(node, n.Name | n.Scripted):
            raise Refusal(
                "definition", item.span, "the arguments in a definition are names", "give the value a name first"
            )
        visible = key_of(node)
        found = scope.names.get(visible)
        if isinstance(found, Declaration | Definition) and not found.family:
            parameters.append((found.key, found.shape))
            continue
        key = scope.fresh(visible)
        local[visible] = Declaration(key, plain(node), SCALAR, Domain(), node.span)
        parameters.append((key, SCALAR))
    scope.names.update(local)
    try:
        body = replace(ctx, free=None).term(value)
    finally:
        for visible in local:
            if visible in names:
                scope.names[visible] = names[visible]
            else:
                del scope.names[visible]
    key = key_of(head)
    made = FunctionDefinition(key, plain(head), tuple(parameters), body, span)
    scope.names[key] = made
    return made


__all__ = [
    "REALS",
    "assume",
    "declare",
    "declare_function",
    "define",
    "describe",
    "domain_condition",
    "index_range",
    "members_of",
]
