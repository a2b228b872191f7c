r"""Linear equations asked of the inputs: ``\pi_1 + \pi_2 = 1`` fixes one name, ``\sum_k \pi_k = 1`` makes a simplex.

An equation between declared names in which each stands once can never be a claim that holds: where the words around
it ask it of the inputs, these are drawn to meet it. Where ``\sum_k g_{nk} = 1`` for every n, G becomes R ⊘ (R 1 1ᵀ)
of a matrix R that is drawn freely: every such matrix can be drawn, and a derivative by G is one by what stands between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from derivcheck.language import nodes as n
from derivcheck.language.shapes import ONE, RELATIONS, SCALAR, Dim, Domain
from derivcheck.problem import terms as t
from derivcheck.problem.constructions import define, product
from derivcheck.problem.context import Context
from derivcheck.problem.scope import Assumption, Declaration, Refusal, Scope
from derivcheck.problem.terms import Term
from derivcheck.source import Span

NO_EQUATION = (t.Derivative, t.Chain, t.Optimum, t.Expectation, t.Integral, t.LogIntegral, t.Density, t.Index)
BELOW = {"positive": ">", "nonnegative": "\\ge"}
ABOVE = {"negative": "<", "nonpositive": "\\le"}


def constrain(left: n.Node, right: n.Node, ctx: Context, span: Span) -> bool:
    """Take an equation as one that every drawn input meets; False if it is not linear in names that are drawn."""
    if normalise(left, right, ctx, span):
        return True
    try:
        one, other = ctx.term(left), ctx.term(right)
    except Refusal:
        return False
    return _total(one, other, ctx.scope, span) or _tie(one, other, ctx.scope, span)


def all_totals(sides: Sequence[n.Node], ctx: Context, span: Span) -> bool:
    r"""``\sum_k p_k = \sum_k q_k = 1``: whether all but the last are sums of the entries of declared columns."""
    try:
        *sums, total = (ctx.term(side) for side in sides)
    except Refusal:
        return False
    one = isinstance(total, t.Constant) and total.value == Fraction(1)
    if not one or any(summed(term, ctx.scope) not in ctx.scope.declarations for term in sums):
        return False
    return all(_total(term, total, ctx.scope, span) for term in sums)


def require(left: n.Node, right: n.Node, ctx: Context, span: Span) -> bool:
    """Any smooth equation between names that are drawn, to be met by projection; False if there is more in it."""
    try:
        one, other = (replace(ctx, free={}).term(side) for side in (left, right))
    except Refusal:
        return False
    scope = ctx.scope
    names = t.variables(one) | t.variables(other)
    drawn = scope.unify_shapes(one.shape, other.shape) and all(
        (key in scope.declarations or key in scope.facts) and key not in scope.factors and key not in scope.optima
        for key in names
    )
    # What says of the same names on both sides that they are equal is an identity, right or wrong, and a claim.
    claims = len(names) > 1 and t.variables(one) == t.variables(other)
    if (
        not names
        or claims
        or not drawn
        or any(isinstance(part, NO_EQUATION) for side in (one, other) for part in t.walk(side))
    ):
        return False
    scope.assumptions.append(Assumption((t.Comparison("=", one, other, shape=one.shape, span=span),), span))
    return True


def note_undrawn(sides: Sequence[n.Node], ctx: Context, span: Span) -> None:
    """Remember a condition that no draw meets: what fails for the names in it may hold under the condition."""
    names: set[str] = set()
    for side in sides:
        try:
            names |= t.variables(ctx.term(side))
        except Refusal:
            continue
    if names:
        ctx.scope.undrawn.append((frozenset(names), span))


def _tie(one: Term, other: Term, scope: Scope, span: Span) -> bool:
    """``a + b = c`` of scalars: the value of one of them is that of the others together."""
    found = tied_names(one, other, scope.declarations)
    if found is None or any(key in scope.factors for key in found[0]):
        return False
    coefficients, constant = found
    names = {key: scope.declarations[key] for key in coefficients}
    if any(scope.resolve_shape(name.shape) != SCALAR for name in names.values()):
        return False
    solved = _solved(coefficients, constant, names)
    if solved is None:
        return False
    rest = {key: -value / coefficients[solved] for key, value in coefficients.items() if key != solved}
    value = _linear(rest, -constant / coefficients[solved], span)
    variable = t.Variable(solved, span=span)
    conditions = [t.Comparison("=", variable, value, span=span), *_within(variable, names[solved].domain, span)]
    scope.assumptions.append(Assumption(tuple(conditions), span))
    _narrow(coefficients, constant, names, scope)
    return True


def tied_names(
    one: Term, other: Term, declarations: Mapping[str, Declaration]
) -> tuple[dict[str, Fraction], Fraction] | None:
    """``one − other`` as Σ c_k x_k + constant of two or more declared names, each of which stands once; else None."""
    found: dict[str, Fraction] = {}
    constant = Fraction(0)
    stack = [(Fraction(1), one), (Fraction(-1), other)]
    while stack:
        factor, term = stack.pop()
        match term:
            case t.Constant(value=Fraction() as value):
                constant += factor * value
            case t.Variable(key=key, indices=()) if key in declarations and not declarations[key].family:
                if key in found:
                    return None
                found[key] = factor
            case t.Add(terms=parts):
                stack += [(factor * sign, part) for sign, part in parts]
            case t.Multiply(op="scale", left=t.Constant(value=Fraction() as value), right=inner):
                stack.append((factor * value, inner))
            case t.Multiply(op="scale", left=inner, right=t.Constant(value=Fraction() as value)):
                stack.append((factor * value, inner))
            case t.Divide(left=inner, right=t.Constant(value=Fraction() as value)) if value:
                stack.append((factor / value, inner))
            case _:
                return None
    return (found, constant) if len(found) > 1 and all(found.values()) else None


def _solved(coefficients: Mapping[str, Fraction], constant: Fraction, names: Mapping[str, Declaration]) -> str | None:
    """The name that the others fix: one that takes any value, else one whose sign follows, else the last."""
    open_to = ("real", *BELOW, *ABOVE, "interval")
    able = [key for key in names if names[key].domain.kind in open_to]
    for key in able:
        if names[key].domain.kind == "real":
            return key
    for key in able:
        signs = [-value / coefficients[key] for other, value in coefficients.items() if other != key]
        others = {name.domain.kind for other, name in names.items() if other != key}
        follows = names[key].domain.kind in BELOW and others <= {"positive"} and -constant / coefficients[key] >= 0
        if follows and all(sign > 0 for sign in signs):
            return key
    return able[-1] if able else None


def _linear(coefficients: Mapping[str, Fraction], constant: Fraction, span: Span) -> Term:
    parts: list[tuple[int, Term]] = [(1, t.Constant(constant, span=span))] if constant else []
    for key, factor in coefficients.items():
        term: Term = t.Variable(key, span=span)
        if abs(factor) != 1:
            term = t.Multiply("scale", t.Constant(abs(factor), span=span), term, span=span)
        parts.append((1 if factor > 0 else -1, term))
    return t.Add(tuple(parts), span=span)


def _within(variable: Term, domain: Domain, span: Span) -> list[t.Comparison]:
    """That a value is a member of the domain from which its name would have been drawn."""

    def compared(sign: str, bound: float) -> t.Comparison:
        return t.Comparison(sign, variable, t.Constant(Fraction(bound), span=span), span=span)  # type: ignore[arg-type]

    sign = RELATIONS.get(domain.kind)
    if sign is not None:
        return [compared(sign, 0)]
    ends = [] if domain.low is None else [compared("\\ge", domain.low)]
    return [*ends, compared("\\le", domain.high)] if isinstance(domain.high, float | int) else ends


def _narrow(
    coefficients: Mapping[str, Fraction], constant: Fraction, names: Mapping[str, Declaration], scope: Scope
) -> None:
    """Positive numbers of which a sum is known are each less than it: drawn from there, most draws can be used."""
    signs = {value > 0 for value in coefficients.values()}
    if len(signs) > 1 or not constant or (constant > 0) in signs:
        return
    if not all(name.domain.kind in BELOW for name in names.values()):
        return
    for key in names:
        scope.narrow(key, Domain("interval", low=0.0, high=float(-constant / coefficients[key])))


def _total(one: Term, other: Term, scope: Scope, span: Span) -> bool:
    r"""``\sum_k \pi_k = 1`` or ``\mathbf{1}^\top \pi = 1`` of a declared column without negative entries: a simplex."""
    for side, value in ((one, other), (other, one)):
        key = summed(side, scope)
        found = None if key is None else scope.declarations.get(key)
        if found is None or key in scope.factors or found.family:
            continue
        if not (isinstance(value, t.Constant) and value.value == Fraction(1)):
            continue
        domain = found.domain
        unit = domain.kind == "interval" and domain.low == 0 and domain.high == 1
        if domain.kind == "simplex" or scope.resolve(found.shape[1]) != ONE:
            return domain.kind == "simplex"
        if domain.kind not in BELOW and not unit:
            reason = f"nothing is drawn to meet this condition: `{found.text}` may have negative entries"
            help = f"say that it has none: `{found.key}_k \\ge 0`, or declare `{found.key} \\in \\Delta^{{K}}`"
            raise Refusal("condition", span, reason, help)
        scope.narrow(found.key, Domain("simplex", closed=(domain.kind == "nonnegative",) * 2))
        return True
    return False


def summed(term: Term, scope: Scope) -> str | None:
    """The name of which all entries are summed."""
    match term:
        case t.Reduce(op="sum", index=index, conditions=(), body=t.Entry(argument=t.Variable(key=key, indices=()))):
            return key if _runs_over_all(term, t.Index(index), scope.declarations.get(key), scope) else None
        case t.Unary(op="sumall", argument=t.Variable(key=key, indices=())):
            return key
        case (
            t.Multiply(
                left=t.Unary(op="transpose", argument=t.Filled(value=value)), right=t.Variable(key=key, indices=())
            )
            | t.Multiply(
                left=t.Unary(op="transpose", argument=t.Variable(key=key, indices=())), right=t.Filled(value=value)
            )
        ) if value == 1:
            return key
    return None


def _runs_over_all(term: t.Reduce, index: Term, found: Declaration | None, scope: Scope) -> bool:
    """Whether a sum of entries runs from the first to the last one."""
    body, one = term.body, t.Constant(Fraction(1))
    if found is None or not isinstance(body, t.Entry) or body.row != index or body.column not in (None, one):
        return False
    match term.upper:
        case t.Size(dim=dim):
            whole = scope.resolve(dim) == scope.resolve(found.shape[0])
        case t.Constant(value=Fraction() as last):
            whole = scope.resolve(found.shape[0]).number == last
        case _:
            return False
    return whole and term.lower == one


WITHOUT_SIGN = ("positive", "nonnegative", "interval")


def normalise(left: n.Node, right: n.Node, ctx: Context, span: Span) -> bool:
    """Take an equation as one that every row or column of a declared matrix meets; False if it says something else."""
    try:
        one, other = (replace(ctx, free={}).term(side) for side in (left, right))
    except Refusal:
        return False
    for side, value in ((one, other), (other, one)):
        if not (isinstance(value, t.Constant) and value.value == Fraction(1)):
            continue
        match side:
            case t.Reduce(op="sum", index=index, conditions=(), body=t.Entry(argument=t.Variable() as whole) as entry):
                found = ctx.scope.declarations.get(whole.key)
                rows = _summed_axis(entry, index)
                if found is None or rows is None or whole.indices or not _fits(found, side, rows, ctx.scope):
                    continue
                _define(found, rows, ctx.scope, span)
                return True
    return False


def _summed_axis(entry: t.Entry, index: str) -> bool | None:
    """Whether it is the column's index over which is summed, the row's standing for all; None if neither is so."""
    match entry.row, entry.column:
        case t.Index(name=row), t.Index(name=column) if row != column and index in (row, column):
            return column == index
    return None


def _fits(found: Declaration, total: t.Reduce, rows: bool, scope: Scope) -> bool:
    domain = found.domain
    bounded = domain.kind != "interval" or (domain.low == 0 and domain.high == 1)
    shape = scope.resolve_shape(found.shape)
    upper = total.upper
    last = scope.resolve(upper.dim) if isinstance(upper, t.Size) else None
    whole = total.lower == t.Constant(Fraction(1)) and last == shape[1 if rows else 0]
    matrix = ONE not in shape and not found.family and found.key not in scope.factors
    return domain.kind in WITHOUT_SIGN and bounded and whole and matrix


def _define(found: Declaration, rows: bool, scope: Scope, span: Span) -> None:
    height, width = scope.resolve_shape(found.shape)
    free = scope.fresh(found.key)
    scope.enter(free, replace(found, key=free, domain=Domain("positive")))
    raw = t.Variable(free, shape=found.shape, span=span)
    if rows:
        total = product(product(raw, _ones(width, ONE)), _ones(ONE, width))
    else:
        total = product(_ones(height, ONE), product(_ones(ONE, height), raw))
    define(scope, found, t.Divide(raw, total, entrywise=True, shape=found.shape, span=span))


def _ones(rows: Dim, columns: Dim) -> Term:
    return t.Filled(Fraction(1), shape=(rows, columns))
