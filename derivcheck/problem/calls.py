"""Functions at their arguments: the built-in words, norms, and the document's own functions."""

from __future__ import annotations

from dataclasses import replace

from derivcheck.language import nodes as n
from derivcheck.language.printing import plain
from derivcheck.language.shapes import ONE, SCALAR, is_scalar
from derivcheck.problem import algebra, terms
from derivcheck.problem.context import Context, key_of
from derivcheck.problem.names import superscript, unknown_name
from derivcheck.problem.scope import (
    Declaration,
    Definition,
    FunctionDeclaration,
    FunctionDefinition,
    Meaning,
    Refusal,
)
from derivcheck.problem.terms import Term
from derivcheck.source import Span

ELEMENTARY = {
    "exp": "exp", "log": "log", "ln": "log", "sin": "sin", "cos": "cos", "tan": "tan", "sinh": "sinh", "cosh": "cosh",
    "tanh": "tanh", "sigmoid": "sigmoid", "relu": "relu", "softplus": "softplus", "gelu": "gelu", "sign": "sign",
    "sgn": "sign", "arctan": "arctan", "atan": "arctan", "arcsin": "arcsin", "arccos": "arccos", "erf": "erf",
    "silu": "silu", "abs": "abs", "sqrt": "sqrt", "cot": "cot", "lgamma": "lgamma",
}  # fmt: skip
MATRIX_WORDS = {
    "tr": "trace", "trace": "trace", "det": "det", "diag": "diag", "vec": "vec", "softmax": "softmax",
    "logdet": "logdet",
}  # fmt: skip


def builtin(node: n.Apply | n.Bars | n.Angle, ctx: Context) -> Term:
    """A known word, bars or an inner product at what stands in it."""
    match node:
        case n.Angle(items=items):
            if len(items) != 2:
                raise Refusal("inner-product", node.span, "an inner product has two members")
            left, right = (ctx.term(item) for item in items)
            return _inner(left, right, node.span, ctx)
        case n.Bars(double=True):
            return norm(node, None, None, node.span, ctx)
        case n.Bars(body=body):
            return _bars(ctx.term(body), node.span, ctx)
        case n.Apply():
            return _word(node, ctx)


def _inner(left: Term, right: Term, span: Span, ctx: Context) -> Term:
    rows, columns = algebra.shape_of(ctx.scope, left)
    if columns == ONE or rows == ONE:
        return algebra.multiply(ctx.scope, left, right, "inner", span)
    algebra.equal_shapes(ctx.scope, left, right, "an inner product needs two equal shapes")
    product = terms.Multiply("entrywise", left, right, shape=left.shape, span=span)
    return terms.Unary("sumall", product, span=span)


def _bars(value: Term, span: Span, ctx: Context) -> Term:
    rows, columns = algebra.shape_of(ctx.scope, value)
    if is_scalar((rows, columns)):
        return terms.Elementary("abs", value, span=span)
    if rows == columns:
        return terms.Unary("det", value, span=span)
    if ONE in (rows, columns):
        raise Refusal(
            "bars",
            span,
            f"`|…|` of something that is {ctx.scope.show(value.shape)} is read in more than one way",
            "write `\\|x\\|` for the length, or `\\operatorname{abs}(x)` for the entries",
        )
    raise Refusal("bars", span, f"`|…|` of something that is {ctx.scope.show(value.shape)} is not understood")


def norm(bars: n.Bars, sub: n.Node | None, sup: n.Node | None, span: Span, ctx: Context) -> Term:
    r"""``\|x\|``, ``\|x\|_1``, ``\|A\|_F``, with its power."""
    value = ctx.term(bars.body)
    rows, columns = algebra.shape_of(ctx.scope, value)
    vector = ONE in (rows, columns)
    kind = "norm2"
    match sub:
        case None:
            if not vector:
                raise Refusal(
                    "norm",
                    bars.span,
                    "the norm of a matrix is read in more than one way",
                    "write `\\|A\\|_F` for the Frobenius norm",
                )
        case n.Name(text="F") | n.Text(text="F"):
            pass
        case n.Number(value=two) if two == 2 and vector:
            pass
        case n.Number(value=one) if one == 1 and vector:
            kind = "norm1"
        case n.Symbol(text="\\infty") if vector:
            kind = "norminf"
        case _:
            weighted = _weighted(value, sub, sup, span, ctx)
            if weighted is not None:
                return weighted
            raise Refusal(
                "norm", span, "this norm is not understood", "write it out, or use \\|·\\|, \\|·\\|_1, \\|·\\|_F"
            )
    made: Term = terms.Unary(kind, value, span=bars.span if sub is None else bars.span | sub.span)
    if isinstance(sup, n.Number) and sup.value == 2 and kind == "norm2":
        return terms.Unary("sumsq", value, span=span)
    return made if sup is None else superscript(made, sup, ctx, span)


def _weighted(value: Term, sub: n.Node, sup: n.Node | None, span: Span, ctx: Context) -> Term | None:
    r"""``\|x\|_A^2`` as ``x^\top A x``."""
    if not (isinstance(sup, n.Number) and sup.value == 2):
        return None
    try:
        weight = ctx.term(sub)
    except Refusal:
        return None
    left = algebra.transpose(ctx.scope, value, value.span)
    product = algebra.multiply(ctx.scope, algebra.multiply(ctx.scope, left, weight, "", span), value, "", span)
    return replace(product, span=span)


def _word(node: n.Apply, ctx: Context) -> Term:
    word = node.word.text
    own = ctx.scope.names.get(key_of(node.word))
    if own is not None:
        made = call(own, [ctx.term(arg) for arg in node.args], node.primes, node.span, ctx)
        return made if node.sup is None else _function_power(made, node.sup, node.span, ctx)
    args = [ctx.term(arg) for arg in node.args]
    if word in ("max", "min"):
        return _extremum(word, args, node, ctx)
    if word in ELEMENTARY:
        return _elementary(ELEMENTARY[word], args, node, ctx)
    if word in MATRIX_WORDS and len(args) == 1:
        made = _matrix_word(MATRIX_WORDS[word], args[0], node, ctx)
        return made if node.sup is None else superscript(made, node.sup, ctx, node.span)
    raise Refusal("unknown-function", node.word.span, f"`{word}` is not a function that is known here")


def _extremum(word: str, args: list[Term], node: n.Apply, ctx: Context) -> Term:
    if len(args) == 1:
        if algebra.scalar(ctx.scope, args[0]):
            raise Refusal("arguments", node.span, f"`{word}` of one number: the others are missing")
        return terms.Unary(f"{word}all", args[0], span=node.span)
    lead = next((arg for arg in args if not algebra.scalar(ctx.scope, arg)), args[0])
    for arg in args:
        if not algebra.scalar(ctx.scope, arg) and not ctx.scope.unify_shapes(lead.shape, arg.shape):
            raise algebra.mismatch(ctx.scope, lead, arg, f"the arguments of `{word}` differ in shape")
    return terms.Extremum(word, tuple(args), shape=lead.shape, span=node.span)  # type: ignore[arg-type]


def _elementary(name: str, args: list[Term], node: n.Apply, ctx: Context) -> Term:
    if len(args) != 1:
        raise Refusal("arguments", node.span, f"`{node.word.text}` takes one argument, not {len(args)}")
    argument = args[0]
    rows, columns = algebra.shape_of(ctx.scope, argument)
    if name in ("exp", "log") and rows == columns and not is_scalar((rows, columns)):
        raise Refusal(
            "matrix-function",
            node.span,
            f"`{node.word.text}` of a square matrix is read in more than one way: entry by entry, or as a series",
            "declare a function of a real number and write it with that if the entries are meant",
        )
    made: Term
    if node.sub is not None:
        if name != "log":
            raise Refusal("subscript", node.sub.span, f"the subscript of `{node.word.text}` is not understood")
        base = ctx.term(node.sub)
        top = terms.Elementary("log", argument, shape=argument.shape, span=node.span)
        made = algebra.divide(ctx.scope, top, terms.Elementary("log", base, span=node.sub.span), node.span)
    else:
        made = terms.Elementary(name, argument, node.primes, shape=argument.shape, span=node.span)
    return made if node.sup is None else _function_power(made, node.sup, node.span, ctx)


def _function_power(made: Term, sup: n.Node, span: Span, ctx: Context) -> Term:
    r"""``\tanh^2(x)``: the function's values squared, entry by entry. ``\sin^{-1}`` means two things: refused."""
    exponent = ctx.term(sup)
    if isinstance(exponent, terms.Constant) and exponent.value == -1:
        raise Refusal(
            "ambiguous-inverse",
            span,
            "the power −1 of a function is read as its inverse function and as its reciprocal",
            "write \\arcsin, or 1/\\sin",
        )
    return terms.Power(made, exponent, entrywise=not algebra.scalar(ctx.scope, made), shape=made.shape, span=span)


def _matrix_word(op: str, value: Term, node: n.Apply, ctx: Context) -> Term:
    scope = ctx.scope
    rows, columns = algebra.shape_of(scope, value)
    match op:
        case "trace" | "det" | "logdet":
            algebra.square(scope, value, f"`{node.word.text}`")
            if op == "logdet":
                return terms.Elementary("log", terms.Unary("det", value, span=node.span), span=node.span)
            return terms.Unary(op, value, span=node.span)
        case "diag":
            if columns == ONE or rows == ONE:
                size = rows if columns == ONE else columns
                return terms.Unary("todiag", value, shape=(size, size), span=node.span)
            algebra.square(scope, value, "`diag`")
            return terms.Unary("diagof", value, shape=(rows, ONE), span=node.span)
        case "vec":
            return terms.Unary("vec", value, shape=(rows * columns, ONE), span=node.span)
        case "softmax":
            if ONE not in (rows, columns):
                raise Refusal(
                    "softmax", node.span, "softmax of a matrix: over rows or over columns?", "apply it to one column"
                )
            return terms.Unary("softmax", value, shape=value.shape, span=node.span)
    raise AssertionError(op)


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


def _comparison(sign: str, left: Term, right: Term, ctx: Context) -> terms.Comparison:
    span = left.span | right.span
    if sign not in COMPARABLE:
        raise Refusal("condition", span, f"`{sign}` is not understood in a condition")
    one, other = algebra.scalar(ctx.scope, left), algebra.scalar(ctx.scope, right)
    if not one and not other:
        algebra.equal_shapes(ctx.scope, left, right, "the two sides of a condition differ in shape")
    shape = right.shape if one else left.shape
    return terms.Comparison(sign, left, right, shape=shape, span=span)  # type: ignore[arg-type]


def function_named(node: n.Node, ctx: Context) -> tuple[Meaning, int, n.Node | None] | None:
    """The function that a factor in front of brackets names, its primes and what stands as its power; or None.

    ``\\phi'``, ``f^{(2)}`` and ``f''`` are derivatives; another superscript is a power of the value.
    """
    names = ctx.scope.names
    functions = (FunctionDeclaration, FunctionDefinition)
    whole = names.get(key_of(node)) if isinstance(node, n.Name | n.Word | n.Scripted) else None
    if isinstance(whole, functions):
        return whole, 0, None
    if not isinstance(node, n.Scripted):
        return None
    stem: n.Node = node.base if node.sub is None else n.Scripted(node.base, node.sub, None)
    found = names.get(key_of(stem))
    if not isinstance(found, functions):
        return None
    match node.sup:
        case n.Group(body=n.Number(value=order)) if order.denominator == 1:
            return found, int(order), None
        case _:
            return found, node.primes, node.sup


def call(found: Meaning, args: list[Term], primes: int, span: Span, ctx: Context) -> Term:
    """A function of the document at its arguments."""
    match found:
        case FunctionDeclaration():
            return _call_declared(found, args, primes, span, ctx)
        case FunctionDefinition():
            return _call_defined(found, args, primes, span, ctx)
    raise Refusal("not-a-function", span, f"`{ctx.scope.quote(span)}` is used like a function but is none")


def _call_declared(found: FunctionDeclaration, args: list[Term], primes: int, span: Span, ctx: Context) -> Term:
    scope = ctx.scope
    if len(args) != len(found.arguments):
        raise Refusal("arguments", span, f"`{found.text}` takes {len(found.arguments)} arguments, here are {len(args)}")
    scope.used.add(found.key)
    of_reals = all(is_scalar(scope.resolve_shape(shape)) for shape in found.arguments)
    larger = next((arg for arg in args if not algebra.scalar(scope, arg)), None)
    if of_reals and is_scalar(scope.resolve_shape(found.result)) and larger is not None:
        for arg in args:
            if not algebra.scalar(scope, arg) and not scope.unify_shapes(larger.shape, arg.shape):
                raise algebra.mismatch(scope, larger, arg, f"the arguments of `{found.text}` differ in shape")
        return terms.Arbitrary(found.key, tuple(args), primes, entrywise=True, shape=larger.shape, span=span)
    for arg, shape in zip(args, found.arguments, strict=True):
        if not scope.unify_shapes(arg.shape, shape):
            raise Refusal(
                "shape-mismatch",
                arg.span,
                f"`{found.text}` takes {scope.show(shape)}; `{scope.quote(arg.span)}` is {scope.show(arg.shape)}",
                wrong=algebra.known(scope, arg),
            )
    if primes and not (len(args) == 1 and of_reals):
        raise Refusal(
            "prime",
            span,
            f"`{found.text}` is no function of one real number: a prime does not say which derivative is meant",
            "write it as a fraction of partials",
        )
    return terms.Arbitrary(found.key, tuple(args), primes, shape=found.result, span=span)


def _call_defined(found: FunctionDefinition, args: list[Term], primes: int, span: Span, ctx: Context) -> Term:
    scope = ctx.scope
    if len(args) != len(found.parameters):
        raise Refusal(
            "arguments", span, f"`{found.text}` takes {len(found.parameters)} arguments, here are {len(args)}"
        )
    of_reals = all(is_scalar(scope.resolve_shape(shape)) for _, shape in found.parameters)
    larger = next((arg for arg in args if not algebra.scalar(scope, arg)), None)
    keys = tuple(key for key, _ in found.parameters)
    if of_reals and algebra.scalar(scope, found.body) and (larger is not None or primes):
        if primes and len(args) > 1:
            raise Refusal(
                "prime", span, "a prime on a function of several numbers does not say which derivative is meant"
            )
        shape = SCALAR if larger is None else larger.shape
        return terms.MapEntries(keys, tuple(args), found.body, primes, shape=shape, span=span)
    if primes and not (len(args) == 1 and of_reals):
        raise Refusal(
            "prime", span, f"`{found.text}` is no function of one real number", "write a fraction of partials"
        )
    body = found.body
    for _ in range(primes):
        body = terms.Derivative(body, keys[0], "tangent", shape=body.shape, span=span)
    for arg, (_, shape) in zip(args, found.parameters, strict=True):
        if not scope.unify_shapes(arg.shape, shape):
            raise Refusal(
                "shape-mismatch",
                arg.span,
                f"`{found.text}` takes {scope.show(shape)}; `{scope.quote(arg.span)}` is {scope.show(arg.shape)}",
                wrong=algebra.known(scope, arg),
            )
    bindings = tuple(
        (key, arg)
        for key, arg in zip(keys, args, strict=True)
        if not (isinstance(arg, terms.Variable) and arg.key == key)
    )
    return terms.Let(bindings, body, None if primes else found.key, shape=body.shape, span=span)


def arguments(group: n.Node) -> list[n.Node]:
    """The arguments written in a bracket."""
    assert isinstance(group, n.Group)
    return list(group.body.items) if isinstance(group.body, n.Tuple) else [group.body]


def evaluated_name(node: n.Node, group: n.Group, ctx: Context) -> bool:
    """Whether ``y(x)`` only says of what the defined name ``y`` is a function."""
    found = ctx.scope.names.get(key_of(node)) if isinstance(node, n.Name | n.Scripted) else None
    if not isinstance(found, Definition):
        return False
    named = []
    for item in arguments(group):
        other = ctx.scope.names.get(key_of(item)) if isinstance(item, n.Name | n.Scripted) else None
        if not isinstance(other, Declaration | Definition):
            return False
        named.append(other.key)
    return set(named) <= dependencies(found.key, ctx)


def dependencies(key: str, ctx: Context) -> set[str]:
    """Every name on which a name depends, itself left out."""
    found: set[str] = set()
    stack = [key]
    while stack:
        definition = ctx.scope.definitions.get(stack.pop())
        if definition is None:
            continue
        for name in terms.variables(definition.term) - found:
            found.add(name)
            stack.append(name)
    return found


def depends(term: Term, key: str, ctx: Context) -> bool:
    """Whether a term depends on a name, through whatever definitions."""
    direct = terms.variables(term)
    return key in direct or any(key in dependencies(name, ctx) for name in direct)


def unknown_call(node: n.Node, ctx: Context) -> Refusal:
    """``p(x)`` with ``p`` declared nowhere."""
    if isinstance(node, n.Name) and node.text in ("p", "q", "P", "\\mathbb{E}", "\\mathcal{N}", "N", "\\mathrm{Var}"):
        return Refusal("probability", node.span, f"`{plain(node)}(…)`: probability is not checked yet")
    return unknown_name(node, ctx, called=True)


__all__ = [
    "arguments",
    "builtin",
    "call",
    "dependencies",
    "depends",
    "evaluated_name",
    "function_named",
    "norm",
    "unknown_call",
]  # fmt: skip
