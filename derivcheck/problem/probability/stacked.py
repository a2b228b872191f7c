r"""Values that are Gaussian together: ``\begin{pmatrix} a \\ b \end{pmatrix} \sim \mathcal{N}(\mu, \Sigma)``.

The density L(a, b) of all is told as that of the first, M(a) = log ∫ exp L db, and that of the second given the
first, L − M: no rule of Gaussian algebra for blocks is put in. The names of the covariance's blocks are drawn together,
as the blocks of one positive definite matrix.
"""

from __future__ import annotations

from fractions import Fraction

from derivcheck.language import nodes as n
from derivcheck.language.shapes import ONE, Dim, Domain, Shape
from derivcheck.problem import algebra
from derivcheck.problem import terms as t
from derivcheck.problem.builder import Builder
from derivcheck.problem.context import Context, key_of, strip
from derivcheck.problem.declarations import declare_one
from derivcheck.problem.probability.logs import summed
from derivcheck.problem.probability.model import Instance, integral, place_of
from derivcheck.problem.probability.operators import at_value, parameters_of
from derivcheck.problem.scope import MOMENTS, Declaration, Definition, Factor, IndexInfo, Refusal, Scope
from derivcheck.problem.terms import Term
from derivcheck.reading.items import Statement


def stack_of(left: n.Node, builder: Builder) -> n.Node | None:
    """The column that names stand in together, or None: written out, listed in brackets, or the name of such a one."""
    match left:
        case n.MatrixNode(rows=rows) if len(rows) > 1 and all(len(row) == 1 for row in rows):
            return left
        case n.Group(fence="(" | "[", body=n.Tuple(items=items)) if all(map(_is_name, items)):
            return n.MatrixNode(tuple((item,) for item in items), span=left.span)
        case n.Scripted(base=n.Group(body=n.Tuple(items=items)), sub=None, sup=sup) if _is_transpose(sup):
            inner = tuple((item.base if isinstance(item, n.Scripted) and _is_transpose(item.sup) else item,)
                          for item in items)  # fmt: skip
            return n.MatrixNode(inner, span=left.span)
        case n.Name() | n.Scripted():
            known = builder.scope.names.get(key_of(left))
            if isinstance(known, Definition) and _variables(known.term) is not None:
                return left
    return None


def _is_name(node: n.Node) -> bool:
    return isinstance(node, n.Name | n.Scripted)


def _is_transpose(script: n.Node | None) -> bool:
    return script in n.TRANSPOSES


def _variables(term: Term) -> list[t.Variable] | None:
    """The names of a column of blocks, if it is made of nothing else."""
    if not isinstance(term, t.Block) or len(term.rows) < 2:
        return None
    found = [row[0] for row in term.rows if len(row) == 1]
    names = [part for part in found if isinstance(part, t.Variable)]
    return names if len(names) == len(term.rows) and len({part.key for part in names}) == len(names) else None


def drawn_together(stack: n.Node, right: n.Node, item: Statement, builder: Builder) -> None:
    """The lines of the model for values that are Gaussian together."""
    free: dict[str, IndexInfo] = {}
    ctx = builder.context(free)
    scope = ctx.scope
    column = ctx.term(stack)
    if isinstance(column, t.Variable) and column.key in scope.definitions:
        column = scope.definitions[column.key].term
    values = _variables(column)
    if values is None:
        raise Refusal("model", stack.span, f"`{scope.quote(stack.span)}` is not understood as random values")
    if any(value.key in scope.factors and not scope.factors[value.key].borrowed for value in values):
        reason = "a part of this has a distribution already; that the parts together have this one is not checked"
        raise Refusal("not-checked", item.span, reason, "leave out one of the lines")
    for value in values:
        if value.key not in scope.declarations:
            raise Refusal(
                "model", value.span, f"`{scope.quote(value.span)}` is defined, so that it cannot be random too"
            )
    sizes = [scope.resolve(value.shape[0]) for value in values]
    _declare_blocks(right, sizes, ctx)
    made = parameters_of(right, ctx)
    if made is None or made[0].name != "normal":
        raise Refusal("not-checked", right.span, "values are told together by a normal distribution only")
    family, parameters = made
    log = at_value(family, column, parameters, item.span, ctx).log
    _draw_together(parameters[1], sizes, ctx)
    places = [place_of(value, free, ctx) for value in values]
    if len({place[1:] for place in places}) > 1:
        raise Refusal("not-checked", stack.span, "values of families that run alike only are told together")
    builder.makers.indices.update({info.name: info for info in free.values()})
    for (key, letters, counts, entries), value in zip(places, values, strict=True):
        scope.factors[key] = Factor(key, log, scope.declarations[key].domain, item.span, letters, counts, entries)
        builder.line(item.span, "model", scope.declarations[key].text, scope.show(value.shape))
    instances = [Instance(key, tuple(t.Index(letter) for letter in letters)) for key, letters, _, _ in places]
    before: Term | None = None
    for number, (key, letters, counts, entries) in enumerate(places, 1):
        rest = tuple(instances[number:])
        upto = integral(rest, log, scope) if rest else log
        own = upto if before is None else summed([(1, upto), (-1, before)])
        domain = scope.declarations[key].domain
        scope.factors[key] = Factor(
            key, own, domain, item.span, letters, counts, entries, moments=item.lead == MOMENTS
        )  # fmt: skip
        before = upto
    builder.head = None


def _declare_blocks(right: n.Node, sizes: list[Dim], ctx: Context) -> None:
    """New names in a mean and a covariance that are written out in blocks get the shapes of their places."""
    match strip(right):
        case n.Product(factors=(_, n.Group(body=n.Tuple(items=(mean, spread)))), operators=("",)):
            pass
        case _:
            return
    for node, columns in ((strip(mean), [ONE]), (strip(spread), sizes)):
        if not isinstance(node, n.MatrixNode) or len(node.rows) != len(sizes):
            continue
        for rows, line in zip(sizes, node.rows, strict=True):
            for width, entry in zip(columns, line, strict=False):
                name = strip(entry)
                if _is_bare(name) and key_of(name) not in ctx.scope.names:
                    declare_one(name, (rows, width), Domain(), ctx)


def _is_bare(node: n.Node) -> bool:
    """Whether it is a name without a power or a transpose."""
    return isinstance(node, n.Name) or (isinstance(node, n.Scripted) and node.sup is None and not node.primes)


def _draw_together(spread: Term, sizes: list[Dim], ctx: Context) -> None:
    """Make the names in the blocks of a covariance those of one matrix, where nothing else stands in it."""
    scope = ctx.scope
    if isinstance(spread, t.Variable) and spread.key in scope.definitions:
        spread = scope.definitions[spread.key].term
    if not isinstance(spread, t.Block) or any(len(row) != len(sizes) for row in spread.rows):
        return
    if len(spread.rows) != len(sizes):
        return
    blocks: dict[str, tuple[int, int]] = {}
    for row in range(len(sizes)):
        for column in range(row, len(sizes)):
            above, below = spread.rows[row][column], spread.rows[column][row]
            first, second = _leaf(above, scope), _leaf(below, scope)
            alike = row == column or _is_transpose_of(above, below, scope) or _is_transpose_of(below, above, scope)
            if (first is None and second is None) or not (alike or (first and second)):
                return
            for key, place in ((first, (row, column)), (second, (column, row))):
                if key is not None and blocks.setdefault(key, place) != place:
                    return
    total = sizes[0]
    for size in sizes[1:]:
        total = total + size
    whole = Declaration(scope.fresh("\\Sigma"), "the covariance", (total, total), Domain("spd"), spread.span)
    scope.declarations[whole.key] = whole
    joint = t.Variable(whole.key, shape=whole.shape, span=spread.span)
    visible = {known.key: name for name, known in scope.names.items() if isinstance(known, Declaration)}
    for key, (row, column) in blocks.items():
        old = scope.declarations.pop(key)
        shape = (sizes[row], sizes[column])
        if not scope.unify_shapes(old.shape, shape):
            reason = f"`{old.text}` is {scope.show(old.shape)}, and in this place {scope.show(shape)} is wanted"
            raise Refusal("shape-mismatch", spread.span, reason, wrong=True)
        left, right = _picks(row, sizes, total), algebra.transpose(scope, _picks(column, sizes, total), spread.span)
        part = algebra.multiply(scope, algebra.multiply(scope, left, joint, "", spread.span), right, "", spread.span)
        known = Definition(key, old.text, part, shape, old.span)
        scope.definitions[key] = known
        scope.names[visible[key]] = known


def _leaf(term: Term, scope: Scope) -> str | None:
    """The key of a declared name without an index."""
    if isinstance(term, t.Variable) and not term.indices and term.key in scope.declarations:
        return term.key
    return None


def _is_transpose_of(term: Term, other: Term, scope: Scope) -> bool:
    """Whether a term is the transpose of another, or the same number."""
    if isinstance(term, t.Variable) and term.key in scope.definitions:
        term = scope.definitions[term.key].term
    same = term == other and algebra.scalar(scope, term)
    return same or (isinstance(term, t.Unary) and term.op == "transpose" and term.argument == other)


def _picks(place: int, sizes: list[Dim], total: Dim) -> Term:
    """The rows of the identity matrix that pick a block out of a column."""

    def part(number: int) -> Term:
        shape: Shape = (sizes[place], sizes[number])
        return t.Identity(sizes[place], shape=shape) if number == place else t.Filled(Fraction(0), shape=shape)

    return t.Block((tuple(part(number) for number in range(len(sizes))),), shape=(sizes[place], total))
