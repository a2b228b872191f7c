r"""Members written with dots: ``x_1, x_2, \dots, x_N`` is x_i for i from 1 to N, in sums, products, lists and matrices.

The general member is what the first and the last of them have in common (anti-unification); what is written between
must be the members that follow the first, so that ``a_1 + a_3 + \dots + a_{2n - 1}`` is not taken for every a.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from derivcheck.language import nodes as n
from derivcheck.language.nodes import transform, walk
from derivcheck.language.shapes import ONE, Dim, is_scalar
from derivcheck.problem import algebra, terms
from derivcheck.problem.context import Context
from derivcheck.problem.domains import DOTS, declare_sizes
from derivcheck.problem.indices import index_parts, size_dim
from derivcheck.problem.scope import IndexInfo, Refusal
from derivcheck.problem.terms import Term
from derivcheck.source import Span

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Axis = Literal[0, 1] | None
HOLE: Final = n.Name("#")
DOTTED: Final = n.Name("\\iota")
"""The index of a general member where the document does not use this letter itself."""
LETTERS: Final = (DOTTED.text, "i", "j", "k", "l", "m", "r", "s", "t")


@dataclass(frozen=True, slots=True)
class Run:
    """``general`` for all values of ``letter`` from ``lower`` to ``upper``; ``count`` members are before the dots."""

    letter: n.Name
    general: n.Node
    lower: n.Number
    upper: n.Node
    count: int

    @property
    def binder(self) -> n.Binder:
        """What it runs over."""
        return n.Binder((self.letter,), self.lower, self.upper, span=self.upper.span)


def is_dots(node: n.Node) -> bool:
    r"""Whether it is ``\dots`` of some kind."""
    return isinstance(node, n.Symbol) and (node.text in DOTS or node.text in ("\\vdots", "\\ddots"))


def run_of(before: Sequence[n.Node], last: n.Node) -> Run | None:
    """The run that the members before the dots and the last one belong to; None if they do not tell which."""
    pairs: list[tuple[n.Node, n.Node]] = []
    general = _common(before[-1], last, pairs)
    if not pairs or any(pair != pairs[0] for pair in pairs):
        return None
    first, upper = pairs[0]
    if not (isinstance(first, n.Number) and first.value.denominator == 1 and _counts(upper, at_top=general == HOLE)):
        return None
    if general == HOLE and len(before) < 2:
        return None
    value, count = first.value, 1
    for member in reversed(before[:-1]):
        if member == _at(general, value - 1):
            value, count = value - 1, count + 1
        elif _is_another(member, general):
            return None
        else:
            break
    used = {part.text for node in (*before, last) for part in walk(node) if isinstance(part, n.Name)}
    letter = next((n.Name(text) for text in LETTERS if text not in used), None)
    if letter is None:
        return None
    whole = transform(general, lambda node: letter if node == HOLE else node)
    return Run(letter, whole, n.Number(value, str(value), span=first.span), upper, count)


def _counts(node: n.Node, *, at_top: bool) -> bool:
    """Whether it can be the last value: a number, a name, a sum; of numbers as they are none that may double."""
    match node:
        case n.Number(value=value):
            return value.denominator == 1
        case n.Name():
            return True
        case n.Scripted(sup=None):
            return True
        case n.Add(terms=parts) | n.Group(body=n.Add(terms=parts)):
            return all(_counts(part, at_top=at_top) for _, part in parts)
        case n.Product(factors=factors, operators=operators):
            return not at_top and not any(operators) and all(_counts(factor, at_top=False) for factor in factors)
    return False


def _common(left: Any, right: Any, pairs: list[tuple[n.Node, n.Node]]) -> Any:  # noqa: ANN401 (a field of any node)
    """What two trees have in common, with a hole where they differ."""
    if left == right:
        return left
    if isinstance(left, tuple) and isinstance(right, tuple) and len(left) == len(right):
        return tuple(_common(one, other, pairs) for one, other in zip(left, right, strict=True))
    if isinstance(left, n.Node) and type(left) is type(right) and not isinstance(left, n.Name | n.Number | n.Symbol):
        kept = len(pairs)
        changes = {}
        for field in dataclasses.fields(cast("DataclassInstance", left)):
            if field.compare:
                one, other = getattr(left, field.name), getattr(right, field.name)
                made = _common(one, other, pairs)
                if made is None and one is not other:
                    break
                changes[field.name] = made
        else:
            return dataclasses.replace(cast("DataclassInstance", left), **changes)
        del pairs[kept:]
    if isinstance(left, n.Node) and isinstance(right, n.Node):
        pairs.append((left, right))
        return HOLE
    return None


def _at(general: n.Node, value: Fraction) -> n.Node:
    """The member for a value, as people write it: without the exponent 1."""

    def filled(node: n.Node) -> n.Node:
        if node == HOLE:
            return n.Number(value, str(value))
        if isinstance(node, n.Scripted) and isinstance(node.sup, n.Number) and not node.primes and node.sub is None:
            if node.sup.value == 1:
                return node.base
            if node.sup.value == 0:
                return n.Number(Fraction(1), "1")
        return node

    return transform(general, filled)


def _is_another(node: n.Node, general: n.Node) -> bool:
    """Whether a member has the form of the others at another value than the one that should stand there."""
    pairs: list[tuple[n.Node, n.Node]] = []
    return _common(general, node, pairs) == general and all(isinstance(other, n.Number) for _, other in pairs)


def total(node: n.Add) -> n.Add | None:
    r"""``a + x_1 + \dots + x_n`` with the sum over i in place of the run."""
    parts = list(node.terms)
    at = next((k for k, (_, part) in enumerate(parts) if is_dots(part)), None)
    if at is None or not 0 < at < len(parts) - 1 or parts[at][0] != parts[at + 1][0]:
        return None
    sign = parts[at][0]
    # The first of all has no sign of its own in print: ``x_1 + \dots``.
    before = at
    while before > 0 and parts[before - 1][0] == sign:
        before -= 1
    run = run_of([part for _, part in parts[before:at]], parts[at + 1][1]) if before < at else None
    if run is None:
        return None
    start = at - run.count
    span = parts[start][1].span | parts[at + 1][1].span
    body = n.Group(run.general, span=span) if isinstance(run.general, n.Add) else run.general
    made = [*parts[:start], (sign, n.Big("sum", run.binder, body, span=span)), *parts[at + 2 :]]
    return replace(node, terms=tuple(made))


def multiplied(node: n.Product) -> n.Node | None:
    r"""``a x_1 \cdots x_n`` and ``W_n \cdots W_1 a`` with the product over i in place of the run."""
    factors, operators = list(node.factors), list(node.operators)
    at = next((k for k, factor in enumerate(factors) if is_dots(factor)), None)
    if at is None or not 0 < at < len(factors) - 1 or any(op not in ("", "\\cdot", "\\times") for op in operators):
        return None
    run = run_of(factors[:at], factors[at + 1])
    falling = None if run is not None else _falling(factors[:at], factors[at + 1])
    if run is None and falling is None:
        return None
    run = run or falling
    assert run is not None
    start = at - run.count
    span = factors[start].span | factors[at + 1].span
    turn = n.Symbol("\\top", span=span)
    general = run.general if falling is None else n.Scripted(n.Group(run.general, span=span), None, turn, span=span)
    big: n.Node = n.Big("matmul", run.binder, general, span=span)
    if falling is not None:
        # (A_1^T … A_n^T)^T is A_n … A_1.
        big = n.Scripted(n.Group(big, span=span), None, turn, span=span)
    # A product that goes on behind would go into the body.
    whole: n.Node = big if start == 0 and at + 2 == len(factors) else n.Group(big, span=span)
    if whole is big:
        return whole
    made = [*factors[:start], whole, *factors[at + 2 :]]
    return replace(node, factors=tuple(made), operators=(*operators[:start], *operators[at + 1 :]))


def _falling(before: Sequence[n.Node], last: n.Node) -> Run | None:
    r"""The run that ``W_L W_{L-1} \cdots W_1`` is from its end."""
    run = run_of([last], before[-1])
    if run is None or len(before) < 2:
        return run
    match run.upper:
        case n.Add(terms=(("+", top), ("-", n.Number(value=1)))):
            whole = run_of([last], before[-2])
            return whole if whole is None or whole.upper != top else replace(whole, count=2)
    return run


def stacked(items: Sequence[n.Node], axis: Axis, span: Span, ctx: Context) -> Term:
    r"""Members with dots as a matrix: one below the other (axis 0) or side by side (axis 1).

    In a list (axis None) columns stand side by side and numbers make a column.
    """
    items = [transform(item, _apart) for item in items]
    at = next(k for k, item in enumerate(items) if is_dots(item))
    others = {item for k, item in enumerate(items) if k != at}
    if len(others) == 1 and isinstance(same := next(iter(others)), n.Number) and at == len(items) - 2:
        # ``(1, \\dots, 1)``: so many as fit what stands beside it.
        made = terms.Filled(same.value, shape=(ctx.scope.unknown("?r"), ONE), span=span)
        return algebra.transpose(ctx.scope, made, span) if axis == 1 else made
    if 0 < at < len(items) - 2 and not any(is_dots(item) for item in items[at + 1 :]) and axis != 1:
        # ``(x_1, \\dots, x_d, 1)``: some go on behind the run.
        parts = [stacked(items[: at + 2], axis, span, ctx), *(ctx.term(item) for item in items[at + 2 :])]
        if all(algebra.shape_of(ctx.scope, part)[1] == ONE for part in parts):
            rows = tuple((part,) for part in parts)
            return terms.Block(rows, shape=(sum((part.shape[0] for part in parts), Dim(())), ONE), span=span)
    run = run_through(items)
    if run is None:
        raise Refusal("dots", items[at].span, "what the dots stand for is not told by the members around them")
    return _over(run, axis, span, ctx, lambda inner: inner.term(run.general))


def run_through(items: Sequence[n.Node]) -> Run | None:
    r"""The run that a list with dots is; general members may stand between dots: ``x_1, \dots, x_i, \dots, x_n``."""
    at = next(k for k, item in enumerate(items) if is_dots(item))
    run = run_of(items[:at], items[-1]) if 0 < at < len(items) - 1 and not is_dots(items[-1]) else None
    if run is None or run.count != at:
        return None
    general = transform(run.general, lambda node: HOLE if node == run.letter else node)
    for item in items[at + 1 : -1]:
        pairs: list[tuple[n.Node, n.Node]] = []
        if not is_dots(item) and not (_common(run.general, item, pairs) == general and pairs):
            return None
    return run


def _over(run: Run, axis: Axis, span: Span, ctx: Context, inside: Callable[[Context], Term]) -> Term:
    """The members of a run, each as ``inside`` gives it for the letter."""
    declare_sizes(run.upper, ctx.scope)
    high = size_dim(run.upper, ctx)
    if high is None:
        raise Refusal("dots", run.upper.span, "how many members there are is not known here")
    lower = int(run.lower.value)
    size = high + ONE - Dim.of(lower)
    info = IndexInfo(run.letter.text, ctx.scope.fresh(run.letter.text), size, lower, span, bounded=True)
    body = inside(ctx.within(info))
    bounds = terms.Constant(Fraction(lower), span=run.lower.span), ctx.term(run.upper)
    return _piled(body, info, bounds, axis, span, ctx)


def _grid(rows: Sequence[Sequence[n.Node]], span: Span, ctx: Context) -> Term | None:
    r"""``\begin{pmatrix} a_{11} & \cdots & a_{1n} \\ \vdots & & \vdots \\ a_{m1} & \cdots & a_{mn} \end{pmatrix}``."""
    between = [all(map(is_dots, row)) for row in rows]
    told = [row for row, dotted in zip(rows, between, strict=True) if not dotted]
    if True not in between or between[0] or between[-1] or not all(any(map(is_dots, row)) for row in told):
        return None
    lines = [run_through([transform(cell, _apart) for cell in row]) for row in told]
    first = lines[0]
    if first is None or any(line is None or line.binder != first.binder for line in lines):
        return None
    dots = n.Symbol("\\vdots")
    kept = iter(line.general for line in lines if line is not None)
    down = run_through([dots if dotted else next(kept) for dotted in between])
    if down is None:
        return None
    across = replace(first, general=down.general)

    def line(inner: Context) -> Term:
        return _over(across, 1, span, inner, lambda each: each.term(across.general))

    return _over(down, 0, span, ctx, line)


def _apart(node: n.Node) -> n.Node:
    """``a_{11}`` and ``a_{1n}`` with two indices: side by side they are no number and no product."""
    if not isinstance(node, n.Scripted):
        return node
    match node.sub:
        case n.Number(text=text) if len(text) == 2 and text.isdigit():
            items: tuple[n.Node, ...] = tuple(n.Number(Fraction(digit), digit, span=node.sub.span) for digit in text)
        case n.Product(factors=(one, other), operators=("",)):
            items = (one, other)
        case _:
            return node
    return replace(node, sub=n.Tuple(items, (",",), span=node.sub.span))


def entries(node: n.Node, ctx: Context) -> Term | None:
    r"""The column of ``p_i (1 - p_i)`` over the i that nothing around binds, as in ``\operatorname{diag}(s_i)``."""
    subs = [part.sub for part in walk(node) if isinstance(part, n.Scripted) and part.sub is not None]
    taken = {*ctx.scope.names, *ctx.indices, *(ctx.free or ())}
    bound = {name for part in walk(node) if isinstance(part, n.Big) for name in part.binder.names}
    letters = {part for sub in subs for part in index_parts(sub) if isinstance(part, n.Name)} - bound
    if len(letters) != 1 or (letter := next(iter(letters))).text in taken:
        return None
    unique = ctx.scope.fresh(letter.text)
    info = IndexInfo(letter.text, unique, Dim.of("?" + unique), 1, letter.span)
    body = ctx.within(info).term(node)
    size = ctx.scope.resolve(info.size)
    if not info.used or not is_scalar(algebra.shape_of(ctx.scope, body)):
        return None
    if any(symbol.startswith("?") for symbol in size.symbols) and letter.text in ctx.scope.ranges:
        info.lower, size = ctx.scope.ranges[letter.text]
        ctx.scope.unify(info.size, size)
    info.size = size
    last = info.size + Dim.of(info.lower - 1)
    bounds = terms.Constant(Fraction(info.lower)), terms.Size(last, span=letter.span)
    return _piled(body, info, bounds, 0, node.span, ctx)


def _piled(body: Term, info: IndexInfo, bounds: tuple[Term, Term], axis: Axis, span: Span, ctx: Context) -> Term:
    """The sum of the members, each put into its place by a unit vector."""
    size, lower = info.size, info.lower
    rows, columns = algebra.shape_of(ctx.scope, body)
    if axis is None:
        axis = 0 if is_scalar((rows, columns)) else 1
    if (rows, columns)[axis] != ONE:
        reason = f"members that are {ctx.scope.show(body.shape)} in a list with dots are not understood"
        raise Refusal("dots", span, reason)
    index = terms.Index(info.name, span=span)
    shift = terms.Constant(Fraction(lower - 1))
    place: Term = index if lower == 1 else terms.Add(((1, index), (-1, shift)))
    unit: Term = terms.UnitVector(place, size, shape=(size, ONE), span=span)
    if axis == 1:
        unit = terms.Unary("transpose", unit, shape=(ONE, size), span=span)
    shape = (size, columns) if axis == 0 else (rows, size)
    made: Term
    if is_scalar((rows, columns)):
        made = terms.Multiply("scale", body, unit, shape=shape, span=span)
    else:
        left, right = (unit, body) if axis == 0 else (body, unit)
        made = terms.Multiply("matmul", left, right, shape=shape, span=span)
    return terms.Reduce("sum", info.name, *bounds, (), made, shape=shape, span=span)


def listed(node: n.Node, ctx: Context, *, turned: bool = False) -> Term | None:
    r"""The value of a list with dots: ``(x_1, \dots, x_n)``, ``\begin{pmatrix} x_1^\top \\ \vdots \\ x_n^\top …``.

    With ``turned`` a transpose stands behind it: of a list of numbers it only tells that a column is meant.
    """
    match node:
        case n.Group(body=n.Tuple(items=items), fence="(" | "[") if any(is_dots(item) for item in items):
            made = stacked(items, None, node.span, ctx)
            if algebra.shape_of(ctx.scope, made)[1] != ONE:
                return algebra.transpose(ctx.scope, made, node.span) if turned else made
            if node.fence == "[" and not turned:
                reason = "numbers in square brackets: in a row, or one below the other?"
                raise Refusal("tuple", node.span, reason, "write a column with pmatrix, or `\\top` behind it")
            return made
        case n.MatrixNode(rows=rows, fence="(" | "[") if any(is_dots(cell) for row in rows for cell in row):
            if all(len(row) == 1 for row in rows):
                return stacked([row[0] for row in rows], 0, node.span, ctx)
            if len(rows) == 1:
                return stacked(rows[0], 1, node.span, ctx)
            return _grid(rows, node.span, ctx)
    return None
