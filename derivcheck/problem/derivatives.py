"""Derivatives: what is differentiated, by what, in which layout, along which path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from derivcheck.language import nodes as n
from derivcheck.language.printing import plain
from derivcheck.language.shapes import ONE, Dim, Shape, is_scalar
from derivcheck.problem import algebra, terms
from derivcheck.problem.calls import by_square, root_of, square_root
from derivcheck.problem.context import Context, key_of, strip
from derivcheck.problem.facts import depends
from derivcheck.problem.freezing import at_current, moving
from derivcheck.problem.indices import entry_of
from derivcheck.problem.recursions import shift_of
from derivcheck.problem.scope import Declaration, Definition, FunctionDeclaration, FunctionDefinition, Refusal
from derivcheck.problem.terms import Chain, Term
from derivcheck.problem.terms import Derivative as DerivativeTerm
from derivcheck.source import Span


@dataclass(frozen=True, slots=True)
class By:
    """What is differentiated by: a name, a member of a family, or an entry; ``transposed`` for ∂x^⊤.

    ``root`` is there where it is the square of that.
    """

    key: str
    shape: Shape
    indices: tuple[Term, ...]
    position: tuple[Term | None, Term | None] | None
    transposed: bool
    span: Span
    root: Term | None = None


def derivative(node: n.Derivative | n.Held | n.Nabla, ctx: Context) -> Term:
    """The value of a derivative that stands alone, or held at something."""
    match node:
        case n.Derivative():
            return _fraction(node, ctx, ())
        case n.Held():
            return _held(node, ctx)
        case n.Nabla():
            raise Refusal("nabla", node.span, "of what this is the gradient is not said")


def _fraction(node: n.Derivative, ctx: Context, held: tuple[str, ...]) -> Term:
    target = ctx.term(node.target)
    variables = [by(variable, ctx) for variable in node.variables]
    if len(variables) == 1:
        return build(target, variables[0], ctx, node.span, held=held)
    return _higher(target, variables, ctx, node.span, held)


def by(node: n.Node, ctx: Context) -> By:
    """What stands behind ∂ below the bar."""
    node = strip(node)
    transposed = False
    if isinstance(node, n.Scripted) and key_of(node) not in ctx.scope.names and _is_transpose(node, ctx):
        transposed = True
        node = node.base if node.sub is None else n.Scripted(node.base, node.sub, None, span=node.span)
    found = ctx.scope.names.get(key_of(node)) if isinstance(node, n.Name | n.Scripted) else None
    if isinstance(found, FunctionDeclaration | FunctionDefinition):
        raise Refusal("derivative", node.span, f"`{plain(node)}` is a function; a derivative is by a variable")
    if isinstance(found, Declaration | Definition) and found.family:
        raise Refusal("family-without-index", node.span, f"`{plain(node)}` is a family: by which member?")
    root = root_of(node, ctx)
    term = ctx.term(node) if root is None else root
    if (place := place_of(term, node.span, transposed, root)) is not None:
        return replace(place, key=shift_of(place.key, ctx.scope))
    help = "give it a name first"
    if isinstance(node, n.Scripted) and node.sup is not None:
        base = plain(node.base if node.sub is None else n.Scripted(node.base, node.sub, None))
        help = f"say that `{base} > 0`, declare `{plain(node)}` as a name of its own, or differentiate by its base"
    raise Refusal("derivative", node.span, f"a derivative is by a name; `{plain(node)}` is an expression", help)


def place_of(term: Term, span: Span, transposed: bool = False, root: Term | None = None) -> By | None:
    """The name, the member or the entry that a term is."""
    match term:
        case terms.Variable(key=key, indices=indices):
            return By(key, term.shape, indices, None, transposed, span, root)
        case terms.Entry(argument=terms.Variable(key=key, indices=indices) as whole, row=row, column=column):
            return By(key, whole.shape, indices, (row, column), transposed, span, root)
    return None


def _is_transpose(node: n.Scripted, ctx: Context) -> bool:
    if node.primes == 1 and node.sup is None:
        found = ctx.scope.names.get(key_of(node.base if node.sub is None else n.Scripted(node.base, node.sub, None)))
        return isinstance(found, Declaration | Definition) and not is_scalar(ctx.scope.resolve_shape(found.shape))
    match node.sup:
        case n.Symbol(text="\\top"):
            return True
        case n.Name(text="T"):
            return "T" not in ctx.scope.names
    return False


def _vector(shape: Shape) -> bool:
    return ONE in shape


def _length(shape: Shape) -> Dim:
    return shape[0] if shape[1] == ONE else shape[1]


def build(
    target: Term, variable: By, ctx: Context, span: Span, *, held: tuple[str, ...] = (), direct: bool = False
) -> Term:
    """∂target/∂variable in the shape that the document's layout gives it."""
    if variable.root is not None:
        slope = build(target, replace(variable, root=None), ctx, span, held=held, direct=direct)
        return by_square(slope, variable.root, ctx)
    shape = algebra.shape_of(ctx.scope, target)
    own = ctx.scope.resolve_shape(variable.shape)
    target, staying = at_current(moving(target, variable.key, ctx.scope), variable.key, ctx.scope)
    held += staying
    slopes = _by_stacked(target, variable, ctx, span, held, direct)
    if slopes is not None and not is_scalar(shape):
        return slopes
    if is_scalar(shape):
        gradient: Term = slopes or DerivativeTerm(
            target, variable.key, "gradient", held, direct, indices=variable.indices, shape=variable.shape, span=span
        )
        if variable.position is not None:
            return algebra.entry(ctx.scope, gradient, *variable.position, span)
        if (ctx.layout == "numerator") != variable.transposed:
            gradient = algebra.transpose(ctx.scope, gradient, span)
        return gradient
    if is_scalar(own) and variable.position is None:
        return DerivativeTerm(
            target, variable.key, "tangent", held, direct, indices=variable.indices, shape=target.shape, span=span
        )
    if _vector(shape) and _vector(own):
        return _jacobian(target, variable, ctx, span, held, direct)
    raise Refusal(
        "tensor-derivative",
        span,
        f"the derivative of something {ctx.scope.show(target.shape)} "
        f"by something {ctx.scope.show(variable.shape)} is no matrix",
        "it stands only in a chain that ends in a scalar, as in ∂ℓ/∂r · ∂r/∂V; or write it entry by entry",
    )


def _by_stacked(
    target: Term, variable: By, ctx: Context, span: Span, held: tuple[str, ...], direct: bool
) -> Term | None:
    r"""The slopes by the names that make a column, ``P = (X, Y, Z)^\top``, where only these stand in the target."""
    found = ctx.scope.definitions.get(variable.key)
    made = found.term if found is not None and variable.position is None and not variable.indices else None
    made = made.argument if isinstance(made, terms.Unary) and made.op == "transpose" else made
    shape, column = target.shape, variable.shape[1] == ONE
    if not isinstance(made, terms.Block) or shape[1] != ONE or not _vector(variable.shape):
        return None
    places = [place_of(part, span) for row in made.rows for part in row]
    if None in places or depends(target, variable.key, ctx.scope):
        return None
    by_name = replace(ctx, layout="shape")
    slopes = tuple(build(target, place, by_name, span, held=held, direct=direct) for place in places if place)
    if not is_scalar(shape):
        return terms.Block((slopes,), shape=(shape[0], _length(variable.shape)), span=span)
    rows = tuple((slope,) for slope in slopes) if column else (slopes,)
    return terms.Block(rows, shape=variable.shape, span=span)


def _jacobian(target: Term, variable: By, ctx: Context, span: Span, held: tuple[str, ...], direct: bool) -> Term:
    shape, own = algebra.shape_of(ctx.scope, target), ctx.scope.resolve_shape(variable.shape)
    made: Term = DerivativeTerm(
        target, variable.key, "jacobian", held, direct, indices=variable.indices,
        shape=(_length(shape), _length(own)), span=span,
    )  # fmt: skip
    if variable.position is not None:
        row, column = variable.position
        position = row if own[1] == ONE else column
        made = algebra.entry(ctx.scope, made, None, position, span)
        return made if shape[1] == ONE else algebra.transpose(ctx.scope, made, span)
    if shape[0] == ONE and own[1] == ONE and not variable.transposed:
        return algebra.transpose(ctx.scope, made, span)
    return made


def _higher(target: Term, variables: Sequence[By], ctx: Context, span: Span, held: tuple[str, ...]) -> Term:
    """Second derivatives: a Hessian by columns, repeated derivatives by numbers and entries."""

    def single(variable: By) -> bool:
        return variable.position is not None or is_scalar(ctx.scope.resolve_shape(variable.shape))

    if all(single(variable) for variable in variables):
        value = target
        for variable in reversed(variables):
            value = build(value, variable, ctx, span, held=held)
        return value
    if len(variables) != 2 or not algebra.scalar(ctx.scope, target):
        raise Refusal("derivative", span, "this higher derivative is no matrix", "write it entry by entry")
    first, second = variables
    if first.key != second.key and not (second.transposed or first.transposed):
        raise Refusal(
            "ambiguous-layout", span, "which of the two variables runs along the rows is not said",
            "write \\partial x \\partial y^\\top for rows by x and columns by y",
        )  # fmt: skip
    return hessian(target, first, second, ctx, span)


def hessian(target: Term, first: By, second: By, ctx: Context, span: Span) -> Term:
    """Rows by the entries of ``first``, columns by those of ``second``."""
    for variable in (first, second):
        shape = ctx.scope.resolve_shape(variable.shape)
        if not _vector(shape) or variable.position is not None or variable.indices:
            raise Refusal("derivative", variable.span, "a Hessian is by a column", "write it entry by entry")
    rows, columns = (_length(ctx.scope.resolve_shape(variable.shape)) for variable in (first, second))
    if rows == ONE and columns == ONE:
        inner = build(target, second, ctx, span)
        return build(inner, first, ctx, span)
    return DerivativeTerm(
        moving(target, first.key, ctx.scope), first.key, "hessian", second=second.key, shape=(rows, columns), span=span,
    )  # fmt: skip


def _held(node: n.Held, ctx: Context) -> Term:
    sub = strip(node.sub)
    conditions = sub.items if isinstance(sub, n.Tuple) else (sub,)
    if all(isinstance(part, n.Compare) and part.relations == ("=",) for part in conditions):
        bindings = []
        for part in conditions:
            assert isinstance(part, n.Compare)
            place, value = by(part.members[0], ctx), ctx.term(part.members[1])
            if place.position is not None or place.indices:
                raise Refusal("held", part.span, "only a whole name can be given a value here")
            if not terms.is_zero(value):
                algebra.equal_shapes(ctx.scope, ctx.term(part.members[0]), value, "the two sides differ in shape")
            bindings.append((place.key, value if place.root is None else square_root(value, ctx)))
        body = ctx.term(node.body)
        return terms.Let(tuple(bindings), body, shape=body.shape, span=node.span)
    inner = strip(node.body)
    if not isinstance(inner, n.Derivative):
        raise Refusal("held", node.sub.span, "what is held fixed is said behind a derivative only")
    held = tuple(by(part, ctx).key for part in conditions)
    return replace(_fraction(inner, ctx, held), span=node.span)


def nabla(node: n.Nabla, behind: list[tuple[str, Term]], ctx: Context) -> tuple[Term, int]:
    """The gradient of the shortest product behind ∇ that is a scalar depending on the variable; and its length."""
    if not behind:
        raise Refusal("nabla", node.span, "of what this is the gradient is not said")
    if behind[0][0] == "\\cdot" and node.variable is None:
        raise Refusal("nabla", node.span, "divergences are not checked")
    if node.variable is None:
        return _nabla_of_call(node, behind[0][1], ctx), 1
    variable = by(node.variable, ctx)
    value: Term | None = None
    for taken, (operator, term) in enumerate(behind, start=1):
        if operator == "/" or value is None:
            value = term if value is None else algebra.divide(ctx.scope, value, term, value.span | term.span)
        else:
            value = algebra.multiply(ctx.scope, value, term, operator, value.span | term.span)
        if algebra.scalar(ctx.scope, value) and depends(value, variable.key, ctx.scope):
            return _nabla_by(node, value, variable, ctx), taken
    first = behind[0][1]
    if algebra.scalar(ctx.scope, first):
        return _nabla_by(node, first, variable, ctx), 1
    raise Refusal(
        "ambiguous-layout",
        node.span | first.span,
        "∇ of something that is no scalar is read as the Jacobian and as its transpose",
        "write the Jacobian as \\frac{\\partial y}{\\partial x}",
    )


def _nabla_by(node: n.Nabla, value: Term, variable: By, ctx: Context) -> Term:
    span = node.span | value.span
    if node.order == 2:
        return hessian(value, variable, variable, ctx, span)
    shape_layout = replace(ctx, layout="shape") if node.symbol == "\\nabla" else ctx
    return build(value, variable, shape_layout, span)


def _nabla_of_call(node: n.Nabla, value: Term, ctx: Context) -> Term:
    """``∇f(x)``, ``∇f(a)``, ``∇f``: by the one argument of the function."""
    span = node.span | value.span
    if isinstance(value, terms.Let) and value.function is not None:
        # A function that the document defines: by its own argument, whatever stands in its body.
        defined = ctx.scope.names.get(value.function)
        if isinstance(defined, FunctionDefinition) and len(defined.parameters) == 1:
            key, shape = defined.parameters[0]
            root = terms.Variable(key, shape=shape, span=span) if defined.squared else None
            gradient = _nabla_by(node, value.body, By(key, shape, (), None, False, span, root), ctx)
            return terms.Let(value.bindings, gradient, shape=gradient.shape, span=span)
    match value:
        case terms.Arbitrary(key=key, arguments=(argument,), entrywise=False):
            return _gradient_at(node, value, argument, ctx, span)
        case terms.Let(bindings=(), body=terms.Arbitrary(arguments=(argument,), entrywise=False) as inner):
            return _gradient_at(node, inner, argument, ctx, span)
    raise Refusal(
        "nabla", span, "by which variable this gradient is taken is not said", "write it as an index: \\nabla_x"
    )


def _gradient_at(node: n.Nabla, value: terms.Arbitrary, argument: Term, ctx: Context, span: Span) -> Term:
    if isinstance(argument, terms.Variable) and not argument.indices:
        return _nabla_by(node, value, By(argument.key, argument.shape, (), None, False, span), ctx)
    place = ctx.scope.fresh("argument")
    inner = replace(value, arguments=(terms.Variable(place, shape=argument.shape, span=argument.span),))
    gradient = _nabla_by(node, inner, By(place, argument.shape, (), None, False, span), ctx)
    return terms.Let(((place, argument),), gradient, shape=gradient.shape, span=span)


def defined_partial(node: n.Node, ctx: Context) -> DerivativeTerm | None:
    """The partial that a name was defined as (δ = ∂ℓ/∂r), or None."""
    found = ctx.scope.names.get(key_of(node)) if isinstance(node, n.Name | n.Scripted) else None
    if isinstance(found, Definition) and not found.family and isinstance(found.term, DerivativeTerm):
        term = found.term
        if term.form == "gradient" and not term.indices:
            return term
    return None


@dataclass(frozen=True, slots=True)
class _Link:
    node: n.Derivative | None
    target: Term
    variable: By


def chain(nodes: list[n.Node], ctx: Context) -> Term | None:
    """A run of partials as the composition of linear maps, or None if they do not link."""
    links: list[_Link] = []
    for node in nodes:
        if isinstance(node, n.Derivative):
            links.append(_Link(node, ctx.term(node.target), by(node.variables[0], ctx)))
        else:
            partial = defined_partial(node, ctx)
            assert partial is not None
            place = By(partial.key, partial.shape, (), None, False, node.span)
            links.append(_Link(None, partial.target, place))
    span = nodes[0].span | nodes[-1].span
    if any(link.variable.root is not None for link in links):
        return None
    if all(_links(a, b, ctx) for a, b in pairwise(links)):
        return _compose(links, ctx, span)
    if all(_links(b, a, ctx) for a, b in pairwise(links)):
        return _compose(links[::-1], ctx, span)
    return None


def _links(outer: _Link, inner: _Link, ctx: Context) -> bool:
    """Whether what the outer partial is taken by is what the inner one differentiates."""
    place, target = outer.variable, inner.target
    match target:
        case terms.Variable(key=key, indices=indices):
            return key == place.key and place.position is None and indices == place.indices
        case terms.Entry(argument=terms.Variable(key=key, indices=indices), row=row, column=column):
            return key == place.key and place.position == (row, column) and indices == place.indices
    if place.position is not None or place.indices or inner.node is None:
        return False
    definition = ctx.scope.definitions.get(place.key)
    if definition is not None and definition.term == target:
        return True
    return algebra.shape_of(ctx.scope, target) == ctx.scope.resolve_shape(place.shape)


def immediate(target: Term, ctx: Context) -> frozenset[str]:
    """The names on which a target depends directly: those in its own definition."""
    match target:
        case terms.Variable(key=key) if key in ctx.scope.definitions:
            return terms.variables(ctx.scope.definitions[key].term)
        case terms.Entry(argument=terms.Variable(key=key)) if key in ctx.scope.definitions:
            return terms.variables(ctx.scope.definitions[key].term)
    return terms.variables(target)


def _compose(links: list[_Link], ctx: Context, span: Span) -> Term | None:
    made: list[DerivativeTerm] = []
    entries = any(link.variable.position is not None or link.variable.indices for link in links)
    product: Term | None = None
    for link in links:
        direct = ctx.linked == "direct" and link.variable.key in immediate(link.target, ctx)
        if entries:
            value = build(link.target, link.variable, ctx, span if link.node is None else link.node.span, direct=direct)
            product = value if product is None else algebra.multiply(ctx.scope, product, value, "", span)
            continue
        form: Literal["gradient", "jacobian"] = "gradient" if algebra.scalar(ctx.scope, link.target) else "jacobian"
        made.append(
            DerivativeTerm(link.target, link.variable.key, form, direct=direct, shape=link.variable.shape, span=span)
        )
    if entries:
        return product
    first, last = links[0], links[-1]
    shape = algebra.shape_of(ctx.scope, first.target)
    own = ctx.scope.resolve_shape(last.variable.shape)
    if is_scalar(shape):
        value = Chain(tuple(made), shape=last.variable.shape, span=span)
        if (ctx.layout == "numerator") != last.variable.transposed:
            return algebra.transpose(ctx.scope, value, span)
        return value
    if is_scalar(own):
        return Chain(tuple(made), shape=first.target.shape, span=span)
    if not (_vector(shape) and _vector(own)):
        raise Refusal(
            "tensor-derivative",
            span,
            f"the derivative of something {ctx.scope.show(shape)} by something {ctx.scope.show(own)} is no matrix",
            "let the chain begin with a scalar, or write it entry by entry",
        )
    return Chain(tuple(made), shape=(_length(shape), _length(own)), span=span)


def scripted_value(value: Term, behind: n.Scripted, ctx: Context) -> Term:
    """A script on the brackets of a call: ``f(x)_i``."""
    if behind.primes:
        raise Refusal("prime", behind.span, "a prime behind the brackets is not understood", "write f'(x)")
    assert behind.sub is not None
    return entry_of(value, behind.sub, ctx, value.span | behind.span)


__all__ = ["build", "by", "chain", "defined_partial", "derivative", "nabla", "scripted_value"]
