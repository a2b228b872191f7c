"""From what was written to what it means: the entry for every kind of node."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Literal

from derivcheck.language import nodes as n
from derivcheck.language.printing import plain
from derivcheck.language.shapes import ONE, SCALAR, Dim
from derivcheck.problem import algebra, derivatives, dotted, products, terms, words
from derivcheck.problem import terms as t
from derivcheck.problem.calls import TWO
from derivcheck.problem.context import Context, key_of, strip
from derivcheck.problem.declarations import declare
from derivcheck.problem.derivatives import by
from derivcheck.problem.domains import REALS
from derivcheck.problem.facts import depends
from derivcheck.problem.freezing import decisive, frozen_means, held_names, moves_alone, written_out
from derivcheck.problem.indices import comparisons, indicator, size_dim, turns
from derivcheck.problem.integrals import integral, series
from derivcheck.problem.names import resolve_name, resolve_scripted
from derivcheck.problem.probability.operators import angled
from derivcheck.problem.probability.totals import sum_over_values
from derivcheck.problem.scope import IndexInfo, Refusal, Scope
from derivcheck.problem.terms import Comparison, Term
from derivcheck.source import Span

OTHERWISE = frozenset(("otherwise", "else"))


def elaborate(node: n.Node, ctx: Context) -> Term:
    """The meaning of one expression; ``Refusal`` with the place and the reason if it has none here."""
    match node:
        case n.Number(value=value):
            return terms.Constant(value, span=node.span)
        case n.Name():
            return resolve_name(node, ctx)
        case n.Angle(items=(_,)):
            return angled(node, None, None, node.span, ctx)
        case n.Scripted(base=n.Angle(items=(_,)) as angle, sub=under, sup=power, primes=0):
            return angled(angle, under, power, node.span, ctx)
        case n.Scripted():
            return _scripted(node, ctx)
        case n.Group(body=n.Tuple()) | n.MatrixNode() if (stacked := dotted.listed(node, ctx)) is not None:
            return stacked
        case n.Group(body=n.Tuple(items=items, separators=separators), fence="[") if set(separators) == {";"}:
            return ctx.term(n.MatrixNode(tuple((item,) for item in items), span=node.span))
        case n.Group(body=n.Tuple(items=items), fence=fence):
            return _listed(items, fence, node.span, ctx)
        case n.Group(body=n.Compare() as condition, fence="["):
            return indicator(condition, node.span, ctx)
        case n.Group(body=body) | n.Boxed(body=body):
            return replace(ctx.term(body), span=node.span)
        case n.Add(terms=parts):
            run = dotted.total(node)
            return _add(node, parts, ctx) if run is None else ctx.term(run)
        case n.Product():
            many = dotted.multiplied(node)
            return products.product(node, ctx) if many is None else ctx.term(many)
        case n.Entrywise(factors=factors, operators=operators):
            product, *others = (words.by_entries(factor, ctx) for factor in factors)
            for operator, right in zip(operators, others, strict=True):
                product = algebra.entrywise(ctx.scope, product, right, operator, product.span | right.span)
            return product
        case n.Fraction_(numerator=numerator, denominator=denominator):
            return algebra.divide(ctx.scope, ctx.term(numerator), ctx.term(denominator), node.span)
        case n.Root(body=body, index=index):
            return _root(body, index, node, ctx)
        case n.Bars() | n.Angle() | n.Apply():
            return words.builtin(node, ctx)
        case n.Big():
            return _big(node, ctx)
        case n.Derivative() | n.Held() | n.Nabla():
            return derivatives.derivative(node, ctx)
        case n.MatrixNode(rows=rows, fence=fence):
            return _matrix(rows, fence, node, ctx)
        case n.Cases(rows=rows):
            return _cases(rows, node, ctx)
        case n.Compare():
            raise Refusal("relation", node.span, "a relation is no value here")
        case n.Given():
            raise Refusal("probability", node.span, "conditional probabilities are not checked yet")
        case n.Text(text=text) | n.Symbol(text=text) | n.Word(text=text):
            raise Refusal("not-understood", node.span, f"`{text}` is not understood here")
    raise Refusal("not-understood", node.span, "this is not understood here")


def _listed(items: tuple[n.Node, ...], fence: str, span: Span, ctx: Context) -> Term:
    r"""``(5, 3)``, ``(5, 3)^\top``, ``[5, 3]^\top``: numbers in a list are a column."""
    refusal = Refusal("tuple", span, "a list in brackets is no value here", "write a column with pmatrix")
    if fence != "(":
        raise refusal
    made = [ctx.term(item) for item in items]
    if not all(algebra.scalar(ctx.scope, cell) for cell in made):
        raise refusal
    return terms.Block(tuple((cell,) for cell in made), shape=(Dim.of(len(made)), ONE), span=span)


def _scripted(node: n.Scripted, ctx: Context) -> Term:
    match node.base:
        case n.Group(body=n.Tuple()) as group if node.sub is None and node.sup is not None and turns(node.sup, ctx):
            stacked = dotted.listed(group, ctx, turned=True)
            if stacked is None and isinstance(group.body, n.Tuple):
                stacked = _listed(group.body.items, "(", node.span, ctx)
            if stacked is not None:
                return stacked
        case n.Name(text="\\mathbf{1}" | "\\mathbb{1}") if node.sub is not None and isinstance(
            inner := strip(node.sub), n.Compare
        ):
            return indicator(inner, node.span, ctx)
        case n.Bars(double=True) as bars:
            return words.norm(bars, node.sub, node.sup, node.span, ctx)
        case n.Apply(word=n.Word(text=("max" | "min"))):
            raise Refusal("superscript", node.span, "scripts on this operator are not understood")
    return resolve_scripted(node, ctx)


def _add(node: n.Add, parts: tuple[tuple[str, n.Node], ...], ctx: Context) -> Term:
    made: list[tuple[int, Term]] = []
    for sign, part in parts:
        if sign == "±":
            raise Refusal("plus-minus", node.span, "± stands for two lines; write the one that is meant")
        made.append((-1 if sign == "-" else 1, ctx.term(part)))
    return algebra.add(ctx.scope, products.over_paths(made, ctx), node.span)


def _root(body: n.Node, index: n.Node | None, node: n.Root, ctx: Context) -> Term:
    value = ctx.term(body)
    if index is None:
        if algebra.scalar(ctx.scope, value) or algebra.shape_of(ctx.scope, value)[1] == ONE:
            return terms.Elementary("sqrt", value, shape=value.shape, span=node.span)
        raise Refusal(
            "matrix-root", node.span, "the root of a matrix is read in more than one way", "name it and declare it"
        )
    degree = ctx.term(index)
    if not algebra.scalar(ctx.scope, value):
        raise Refusal("matrix-root", node.span, "only a scalar has a root here")
    inverse = algebra.divide(ctx.scope, terms.Constant(Fraction(1), span=index.span), degree, index.span)
    return terms.Power(value, inverse, span=node.span)


def _matrix(rows: tuple[tuple[n.Node, ...], ...], fence: str, node: n.MatrixNode, ctx: Context) -> Term:
    made = tuple(tuple(ctx.term(cell) for cell in row) for row in rows)
    width = len(made[0])
    if any(len(row) != width for row in made):
        raise Refusal("ragged-matrix", node.span, "the rows of this matrix are not of one length", wrong=True)
    heights = [_common([row[c] for c in range(width)], 0, ctx) for row in made]
    widths = [_common([row[c] for row in made], 1, ctx) for c in range(width)]
    rows_total, columns_total = Dim(()), Dim(())
    for dim in heights:
        rows_total = rows_total + dim
    for dim in widths:
        columns_total = columns_total + dim
    block = terms.Block(made, shape=(rows_total, columns_total), span=node.span)
    if fence == "|":
        algebra.square(ctx.scope, block, "a determinant")
        return terms.Unary("det", block, span=node.span)
    if fence == "‖":
        return terms.Unary("norm2", block, span=node.span)
    return block


def _common(cells: list[Term], axis: int, ctx: Context) -> Dim:
    """The height of a row of cells (or the width of a column): a literal 0 stretches."""
    size: Dim | None = None
    lead: Term | None = None
    for cell in cells:
        if terms.is_zero(cell) and algebra.scalar(ctx.scope, cell) and len(cells) > 1:
            continue
        if size is None:
            size, lead = cell.shape[axis], cell
        elif not ctx.scope.unify(size, cell.shape[axis]):
            assert lead is not None
            raise algebra.mismatch(ctx.scope, lead, cell, "these do not fit into one matrix")
    return ONE if size is None else size


def _cases(rows: tuple[tuple[n.Node, n.Node | None], ...], node: n.Cases, ctx: Context) -> Term:
    made: list[tuple[Term, tuple[Comparison, ...]]] = []
    for value, condition in rows:
        conditions = () if condition is None or _otherwise(condition) else comparisons(condition, ctx)
        made.append((ctx.term(value), conditions))
    lead = next((value for value, _ in made if not terms.is_literal(value)), made[0][0])
    for row, _ in made:
        algebra.equal_shapes(ctx.scope, lead, row, "the cases differ in shape")
    return terms.Piecewise(tuple(made), shape=lead.shape, span=node.span)


def _otherwise(node: n.Node) -> bool:
    return isinstance(node, n.Text) and node.text.strip(" .,").lower() in OTHERWISE


def _big(node: n.Big, ctx: Context) -> Term:
    match node.operator:
        case "int":
            return integral(node, ctx)
        case "argmax" | "argmin":
            return optimum(node, node.operator, ctx)
        case "max" | "min" if node.binder.names and not _is_index_binder(node.binder, ctx):
            return extreme(node, node.operator, ctx)
    apart = _two_products(node)
    if apart is not None:
        return ctx.term(apart)
    over_values = sum_over_values(node, ctx) or series(node, ctx)
    if over_values is not None:
        return over_values
    binder = node.binder
    infos: list[IndexInfo] = []
    inner = ctx
    for position, name in enumerate(binder.names):
        info = _bind(name, binder if position == 0 else None, inner)
        infos.append(info)
        inner = inner.within(info)
    conditions = () if binder.condition is None else comparisons(binder.condition, inner)
    before = [info.used for info in infos]
    body = inner.term(node.body)
    operator = node.operator
    if algebra.scalar(ctx.scope, body):
        operator = "prod" if operator == "matmul" else operator
    elif operator == "matmul":
        algebra.square(ctx.scope, body, "a product of many")
    elif operator in ("max", "min", "prod"):
        raise Refusal("not-a-scalar", node.body.span, f"the terms of this {operator} must be scalars")
    value = body
    for info, used in zip(reversed(infos), reversed(before), strict=True):
        size = ctx.scope.resolve(info.size)
        if not info.bounded and any(symbol.startswith("?") for symbol in size.symbols):
            if info.letter in ctx.scope.ranges:
                info.lower, size = ctx.scope.ranges[info.letter]
                ctx.scope.unify(info.size, size)
            elif info.used == used:
                reason = f"over what `{info.letter}` runs is not said"
                raise Refusal("index-range", info.span, reason, f"write `\\sum_{{{info.letter}=1}}^{{n}}`")
        lower, upper = info.bounds or _bounds_of(info)
        value = terms.Reduce(operator, info.name, lower, upper, conditions, value, shape=value.shape, span=node.span)
        conditions = ()
    return value


def _two_products(node: n.Big) -> n.Product | None:
    r"""``\prod_k a_k \prod_k b_k`` with one letter: the second product ends the first."""
    body, letters = node.body, {name.text for name in node.binder.names if isinstance(name, n.Name)}
    if node.operator != "prod" or not isinstance(body, n.Product):
        return None
    for position, factor in enumerate(body.factors):
        if position and isinstance(factor, n.Big) and letters & {key_of(name) for name in factor.binder.names}:
            if body.operators[position - 1] not in ("", "\\cdot", "\\times"):
                return None
            before = body.factors[:position]
            first = before[0] if position == 1 else n.Product(before, body.operators[: position - 1])
            span = node.span
            head = replace(node, body=replace(first, span=before[0].span | before[-1].span))
            return n.Product((head, *body.factors[position:]), body.operators[position - 1 :], span=span)
    return None


def _is_index_binder(binder: n.Binder, ctx: Context) -> bool:
    if isinstance(binder.condition, n.Compare) and binder.condition.relations == ("\\in",):
        target = binder.condition.members[1]
        base = target.base if isinstance(target, n.Scripted) else target
        if isinstance(base, n.Name) and base.text in REALS:
            return False
    return all(isinstance(name, n.Name) and key_of(name) not in ctx.scope.names for name in binder.names)


def _bounds_of(info: IndexInfo) -> tuple[Term, Term]:
    lower = terms.Constant(Fraction(info.lower), span=info.span)
    size = terms.Size(info.size, span=info.span)
    if info.lower == 1:
        return lower, size
    shift = terms.Constant(Fraction(info.lower - 1))
    return lower, terms.Add(((1, size), (1, shift)), span=info.span)


def _bind(name: n.Node, binder: n.Binder | None, ctx: Context) -> IndexInfo:
    """A bound index comes into force; inside, its letter means nothing else, also where it runs outside as well."""
    if not isinstance(name, n.Name):
        raise Refusal("index", name.span, f"`{plain(name)}` is not understood as an index")
    letter = name.text
    if letter in ctx.indices or (ctx.free is not None and letter in ctx.free):
        outer = ctx.indices.get(letter)
        if outer is not None and not outer.used:
            reason = f"`{letter}` is bound here although it already runs outside, where nothing has it as its index"
            raise Refusal("shadowed-index", name.span, reason, "use another letter for one of the two")
        message = f"`{letter}` is bound here although it already runs outside: inside it is another one"
        ctx.scope.notices.append(("shadowed-index", name.span, message))
    scope = ctx.scope
    unique = scope.fresh(letter)
    info = IndexInfo(letter, unique, Dim.of("?" + unique), 1, name.span)
    if binder is None or binder.lower is None or binder.upper is None:
        if binder is not None and binder.upper is not None:
            raise Refusal("index-range", binder.span, "a sum with an upper bound needs a lower bound too")
        return info
    lower, upper = bound(binder.lower, ctx), bound(binder.upper, ctx)
    info.bounded = True
    low, high = size_dim(binder.lower, ctx), size_dim(binder.upper, ctx)
    if low is not None and high is not None:
        info.size = high - low + ONE
    elif any(
        scope.declarations[key].domain.kind in ("real", "nonzero", "interval")
        for key in terms.variables(upper) & scope.declarations.keys()
    ):
        raise Refusal("index-range", binder.upper.span, f"`{plain(binder.upper)}` is no whole number", "declare it so")
    info.bounds = (lower, upper)
    return info


def bound(node: n.Node, ctx: Context) -> Term:
    """A bound of a sum: a whole number in sizes and outer indices."""
    if isinstance(node, n.Symbol) and node.text == "\\infty":
        raise Refusal("infinite-sum", node.span, "infinite products, and infinite sums of members, are not checked")
    return ctx.term(node)


def optimum(node: n.Big, operator: Literal["argmax", "argmin"], ctx: Context) -> Term:
    """The place of the largest (smallest) value; q and what is defined from it stay at the current values."""
    names = node.binder.names
    if len(names) != 1:
        raise Refusal("optimum", node.span, "an optimum is sought over one name at a time here")
    _own_letter(node, ctx)
    variable = by(names[0], ctx)
    if variable.key not in ctx.scope.declarations:
        raise Refusal("optimum", names[0].span, "an optimum is sought over a declared name")
    _free_to_move(variable.key, names[0], ctx.scope)
    objective = ctx.term(node.body)
    if not algebra.scalar(ctx.scope, objective):
        raise Refusal("not-a-scalar", node.body.span, "what is made largest or smallest has to be a scalar")
    if not depends(objective, variable.key, ctx.scope):
        raise Refusal("optimum", node.body.span, "what is made largest or smallest does not depend on that name")
    shape = SCALAR if variable.position is not None else variable.shape
    moving = not moves_alone(variable.key, ctx.scope)
    if not moving:
        objective = frozen_means(written_out(objective, variable.key, ctx.scope), variable.key, ctx.scope)
    frozen = decisive(objective, variable.key, ctx.scope)
    # What is no parameter of the model, such as the mean of a q of a given form, moves that q with it.
    held = () if moving else held_names(frozen, ctx.scope)
    place = t.Optimum(
        operator, variable.key, frozen, held, variable.indices, variable.position, shape=shape, span=node.span
    )
    # A name without a sign is best where its square is.
    return place if variable.root is None else t.Power(place, TWO, shape=shape, span=node.span)


def extreme(node: n.Big, operator: Literal["max", "min"], ctx: Context) -> Term:
    r"""``\min_a f(a)``: the value of what is sought at the place where it is smallest."""
    place = optimum(node, "argmax" if operator == "max" else "argmin", ctx)
    objective = ctx.term(node.body)
    if not isinstance(place, t.Optimum) or place.indices or place.position is not None:
        raise Refusal("optimum", node.span, "the largest value is checked over one whole name alone")
    return t.Let(((place.key, place),), objective, shape=objective.shape, span=node.span)


def _own_letter(node: n.Big, ctx: Context) -> None:
    r"""``\min_{a \in \mathbb{R}^d}`` declares an a that nothing else does; what more is asked of it is not read."""
    name, condition = node.binder.names[0], node.binder.condition
    if condition is None:
        return
    if not isinstance(condition, n.Compare) or condition.relations != ("\\in",) or condition.members[0] != name:
        raise Refusal("optimum", condition.span, "an optimum under a condition is not checked")
    if key_of(name) not in ctx.scope.names:
        declare(name, condition.members[1], ctx)


def _free_to_move(key: str, node: n.Node, scope: Scope) -> None:
    """No optimum over a name alone that an equation ties to others."""
    for condition in (c for assumption in scope.assumptions for c in assumption.conditions if c.sign == "="):
        names = t.variables(condition.left) | t.variables(condition.right)
        if key in names and len(names) > 1:
            others = " and ".join(f"`{scope.declarations[name].text}`" for name in sorted(names - {key}))
            raise Refusal(
                "optimum",
                node.span,
                f"`{plain(node)}` is tied to {others} by a condition, so that it cannot move alone",
                "write one name by the others, or declare all as one vector: `w \\in \\Delta^{K}`",
            )
