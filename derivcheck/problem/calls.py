r"""The document's own functions at their arguments, also by squares of positive names: ``\ell(\mu, \sigma^2) = …``."""

from __future__ import annotations

from fractions import Fraction

from derivcheck.language import nodes as n
from derivcheck.language.printing import plain
from derivcheck.language.shapes import SCALAR, Dim, Domain, Shape, is_scalar
from derivcheck.problem import algebra, terms
from derivcheck.problem.context import Context, key_of, strip
from derivcheck.problem.facts import behind
from derivcheck.problem.names import unknown_name
from derivcheck.problem.scope import (
    Declaration,
    Definition,
    FunctionDeclaration,
    FunctionDefinition,
    Meaning,
    Refusal,
    Scope,
)
from derivcheck.problem.terms import Term
from derivcheck.source import Span


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
        _fit(found.text, arg, shape, scope)
    for arg, domain in zip(args, found.domains, strict=False):
        _run_through(arg, domain, ctx)
    if primes and not (len(args) == 1 and of_reals):
        reason = f"`{found.text}` is no function of one real number: a prime does not say which derivative is meant"
        raise Refusal("prime", span, reason, "write it as a fraction of partials")
    return terms.Arbitrary(found.key, tuple(args), primes, shape=found.result, span=span)


def _run_through(arg: Term, domain: Domain, ctx: Context) -> None:
    r"""The k of ``\sum_k f(x, k)`` runs over all whole numbers that f takes there."""
    info = next((each for each in ctx.indices.values() if isinstance(arg, terms.Index) and each.name == arg.name), None)
    if info is None or info.bounded or domain.kind != "finite" or domain.low is None or domain.high is None:
        return
    last = domain.high if isinstance(domain.high, Dim) else Dim.of(int(domain.high))
    if ctx.scope.unify(info.size, last - Dim.of(int(domain.low) - 1)):
        info.lower, info.used = int(domain.low), info.used + 1


def _call_defined(found: FunctionDefinition, args: list[Term], primes: int, span: Span, ctx: Context) -> Term:
    scope = ctx.scope
    if len(args) != len(found.parameters):
        raise Refusal(
            "arguments", span, f"`{found.text}` takes {len(found.parameters)} arguments, here are {len(args)}"
        )
    if found.squared and primes:
        raise Refusal(
            "prime", span, f"`{found.text}` is a function of a square: by what the prime differentiates is not said"
        )
    args = [
        square_root(arg, ctx) if key in found.squared else arg
        for arg, (key, _) in zip(args, found.parameters, strict=True)
    ]
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
        _fit(found.text, arg, shape, scope)
    bindings = tuple(
        (key, arg)
        for key, arg in zip(keys, args, strict=True)
        if not (isinstance(arg, terms.Variable) and arg.key == key)
    )
    return terms.Let(bindings, body, None if primes else found.key, shape=body.shape, span=span)


def _fit(function: str, arg: Term, shape: Shape, scope: Scope) -> None:
    """Refuse an argument of another shape than the function takes."""
    if not scope.unify_shapes(arg.shape, shape):
        raise Refusal(
            "shape-mismatch",
            arg.span,
            f"`{function}` takes {scope.show(shape)}; `{scope.quote(arg.span)}` is {scope.show(arg.shape)}",
            wrong=algebra.known(scope, arg),
        )


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
    return behind((found.term,), ctx.scope.definitions).issuperset(named)


def unknown_call(node: n.Node, ctx: Context) -> Refusal:
    """``p(x)`` with ``p`` declared nowhere."""
    if isinstance(node, n.Name) and node.text in ("p", "q", "P", "\\mathbb{E}", "\\mathcal{N}", "N", "\\mathrm{Var}"):
        return Refusal("probability", node.span, f"`{plain(node)}(…)` is no density that this document states")
    return unknown_name(node, ctx, called=True)


TWO = terms.Constant(Fraction(2))
HALF = terms.Constant(Fraction(1, 2))


def root_of(node: n.Node, ctx: Context) -> Term | None:
    r"""The σ of ``\sigma^2``, a declared number without a sign: then the one determines the other; else None."""
    match strip(node):
        case n.Scripted(base=base, sub=sub, sup=n.Number(value=two), primes=0) as square if two == 2:
            name = base if sub is None else n.Scripted(base, sub, None, span=square.span)
        case _:
            return None
    if key_of(strip(node)) in ctx.scope.names or not isinstance(strip(name), n.Name | n.Scripted):
        return None
    try:
        value = ctx.term(name)
    except Refusal:
        return None
    if not algebra.scalar(ctx.scope, value):
        return None
    match value:
        case terms.Variable(key=key) | terms.Entry(argument=terms.Variable(key=key)):
            found = ctx.scope.declarations.get(key)
        case _:
            return None
    if found is None:
        return None
    return None if -1 in found.domain.signs else value


def square_root(value: Term, ctx: Context) -> Term:
    """The root that is not negative, of each entry; of a written square of a name without a sign, the name."""
    match value:
        case terms.Power(base=terms.Variable(key=key) as base, exponent=terms.Constant(value=two)) if two == 2:
            found = ctx.scope.declarations.get(key)
            if found is not None and found.domain.kind in ("positive", "nonnegative", "interval"):
                return base
        case terms.Constant(value=one) if one == 1:
            return value
    return terms.Power(value, HALF, not algebra.scalar(ctx.scope, value), shape=value.shape, span=value.span)


def by_square(slope: Term, root: Term, ctx: Context) -> Term:
    """The chain rule: what has this slope by σ has that over 2σ by σ²."""
    return algebra.divide(ctx.scope, slope, terms.Multiply("scale", TWO, root, span=root.span), slope.span)


def squared_optimum(term: Term) -> terms.Optimum | None:
    """The place of σ in a term that is the best value of σ²; None if a term is something else."""
    match term:
        case terms.Power(base=terms.Optimum() as inner, exponent=terms.Constant(value=two)) if two == 2:
            return inner
    return None


def is_optimum(term: Term) -> bool:
    """Whether a term is the place of an optimum, or the square of one."""
    return isinstance(term, terms.Optimum) or squared_optimum(term) is not None


def slope_by_square(term: Term) -> Term | None:
    """The derivative by σ within one by σ², as ``by_square`` makes it; None if a term is something else."""
    match term:
        case terms.Divide(
            left=slope,
            right=terms.Multiply(op="scale", left=terms.Constant(value=two), right=terms.Variable() | terms.Entry()),
        ) if two == 2:
            return slope
    return None
