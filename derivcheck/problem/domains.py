r"""Reading the set on the right of ``\in``: its shape and members; and the letters that count."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from derivcheck.language import nodes as n
from derivcheck.language.nodes import walk
from derivcheck.language.printing import plain
from derivcheck.language.shapes import ONE, SCALAR, Dim, Domain, Shape
from derivcheck.problem.context import Context, key_of
from derivcheck.problem.indices import size_dim
from derivcheck.problem.scope import Refusal, Scope, SizeSymbol
from derivcheck.reading.items import Statement
from derivcheck.reading.unread import nothing_said_of_set
from derivcheck.source import Span

REALS = frozenset(("\\mathbb{R}", "\\mathbf{R}", "\\mathcal{R}", "\\R", "\\Re", "\\Reals", "R", "ℝ"))
DOTS = ("\\dots", "\\ldots", "\\cdots")
SYMMETRIC = frozenset(("\\mathbb{S}", "\\mathcal{S}", "\\mathbf{S}", "S", "\\mathrm{Sym}"))
SIGNED = {
    "+": "nonnegative", "++": "positive", ">0": "positive", "\\ge0": "nonnegative", "<0": "negative",
    "\\le0": "nonpositive", "-": "nonpositive", "--": "negative", "\\ne0": "nonzero", "*": "nonzero",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SetOf:
    """A set of matrices of one shape."""

    shape: Shape
    domain: Domain


def read_set(node: n.Node, ctx: Context) -> SetOf:
    """The set that a node names; ``Refusal`` if it is none that is known."""
    match node:
        case n.Name(text=text) | n.Scripted(base=n.Name(text=text)):
            sub, sup = (node.sub, node.sup) if isinstance(node, n.Scripted) else (None, None)
            found = _named(text, sub, sup, node, ctx)
            if found is not None:
                return found
        case n.Group(fence="{", body=body):
            return SetOf(SCALAR, _finite(body, ctx, node.span))
        case n.Scripted(base=n.Group() as group, sup=sup) if sup is not None:
            inner = read_set(group, ctx)
            return SetOf(_shape(sup, ctx), inner.domain)
        case n.Group(body=n.Tuple(items=(low, high))):
            return SetOf(SCALAR, _interval(low, high, ctx, node.span))
    raise Refusal("unknown-set", node.span, f"`{plain(node)}` is not understood as a set", "such as \\mathbb{R}^{n}")


def _named(text: str, sub: n.Node | None, sup: n.Node | None, node: n.Node, ctx: Context) -> SetOf | None:
    if text in REALS and text not in ctx.scope.names:
        sign = _sign(sub)
        if sign is None and sup is not None:
            sign_above = _sign(sup)
            if sign_above is not None and sub is None:
                return SetOf(SCALAR, Domain(sign_above))  # type: ignore[arg-type]
        if sub is not None and sign is None:
            raise Refusal("unknown-set", node.span, f"the subscript of `{plain(node)}` is not understood")
        shape = SCALAR if sup is None else _shape(sup, ctx)
        return SetOf(shape, Domain(sign or "real"))  # type: ignore[arg-type]
    if text in ("\\mathbb{N}", "\\mathbf{N}"):
        return SetOf(SCALAR if sup is None else _shape(sup, ctx), Domain("natural"))
    if text in ("\\mathbb{Z}", "\\mathbf{Z}"):
        kind = "natural" if _sign(sub) or _sign(sup) else "integer"
        return SetOf(SCALAR, Domain(kind))  # type: ignore[arg-type]
    if text in SYMMETRIC and sup is not None and text not in ctx.scope.names:
        rows = _dim(sup, ctx)
        kinds = {None: "symmetric", "nonnegative": "psd", "positive": "spd"}
        return SetOf((rows, rows), Domain(kinds.get(_sign(sub), "symmetric")))  # type: ignore[arg-type]
    if text == "\\Delta" and (sup is not None or sub is not None):
        size = _dim(sup if sup is not None else sub, ctx)  # type: ignore[arg-type]
        minus_one = isinstance(sup, n.Add)
        return SetOf((size + ONE if minus_one else size, ONE), Domain("simplex"))
    if text.startswith("\\mathcal{") and sub is sup is None and text not in ctx.scope.names:
        if not nothing_said_of_set(text, ctx.scope.text):
            return None
        # Inputs of any kind: what holds for columns of every size whatever functions do with them holds for them.
        ctx.scope.index_fallbacks.setdefault(f"?{text}", Dim.of(text))
        return SetOf((Dim.of(f"?{text}"), ONE), Domain())
    if text in ("\\mathbb{C}", "\\mathbb{Q}"):
        raise Refusal("unknown-set", node.span, f"`{plain(node)}` is not supported: values are real")
    return None


def _sign(node: n.Node | None) -> str | None:
    """The sign condition that a script of ℝ stands for."""
    match node:
        case n.Symbol(text=text) | n.Text(text=text):
            return SIGNED.get(text.replace(" ", ""))
        case n.Product(factors=factors) if all(isinstance(factor, n.Symbol) for factor in factors):
            return SIGNED.get("".join(factor.text for factor in factors if isinstance(factor, n.Symbol)))
        case n.Compare(members=members, relations=(relation,)) if (
            isinstance(members[-1], n.Number) and members[-1].value == 0
        ):
            return SIGNED.get(f"{relation}0")
    return None


def _shape(node: n.Node, ctx: Context) -> Shape:
    match node:
        case n.Product(factors=(rows, columns), operators=("\\times",)):
            return _dim(rows, ctx), _dim(columns, ctx)
        case n.Product(factors=factors, operators=operators) if operators.count("\\times") == 1:
            cut = operators.index("\\times") + 1
            left = n.Product(factors[:cut], operators[: cut - 1]) if cut > 1 else factors[0]
            right = n.Product(factors[cut:], operators[cut:]) if len(factors) - cut > 1 else factors[cut]
            return _dim(left, ctx), _dim(right, ctx)
        case n.Add(terms=parts) if any(
            isinstance(part, n.Product) and "\\times" in part.operators for _, part in parts
        ):
            return _shape_of_sum(node, ctx)
        case n.Group(body=body):
            return _shape(body, ctx)
    return _dim(node, ctx), ONE


def _shape_of_sum(node: n.Add, ctx: Context) -> Shape:
    """``n+1 \\times m``: the sum binds looser than ×, but a size is meant on either side."""
    left: list[tuple[str, n.Node]] = []
    right: list[tuple[str, n.Node]] = []
    seen = False
    for sign, part in node.terms:
        if isinstance(part, n.Product) and part.operators.count("\\times") == 1 and not seen:
            seen = True
            cut = part.operators.index("\\times") + 1
            left.append(
                (sign, n.Product(part.factors[:cut], part.operators[: cut - 1]) if cut > 1 else part.factors[0])
            )
            rest = part.factors[cut:]
            right.append(("+", n.Product(rest, part.operators[cut:]) if len(rest) > 1 else rest[0]))
        else:
            (right if seen else left).append((sign, part))
    rows, columns = (_dim(n.Add(tuple(parts), span=node.span), ctx) for parts in (left, right))  # type: ignore[arg-type]
    return rows, columns


def _dim(node: n.Node, ctx: Context) -> Dim:
    """A size; a new name in it becomes one."""
    declare_sizes(node, ctx.scope)
    dim = size_dim(node, ctx)
    if dim is None:
        reason = f"`{plain(node)}` is not understood as a size"
        raise Refusal("size", node.span, reason, "a name, a number, sums and products of these")
    number = dim.number
    if number is not None and not 1 <= number <= 4096:
        raise Refusal("size", node.span, f"the size {number} is outside 1 to 4096")
    return dim


def declare_sizes(node: n.Node, scope: Scope) -> None:
    """Make every new name in an expression of sizes a size."""
    for name in size_names(node):
        scope.names.setdefault(key_of(name), SizeSymbol(key_of(name), plain(name), name.span))


def size_names(node: n.Node) -> Iterator[n.Node]:
    """The names in a number of things: those of ``n``, ``n_k``, ``2 (m + 1)``."""
    match node:
        case n.Name() | n.Scripted():
            yield node
        case n.Add(terms=parts):
            for _, part in parts:
                yield from size_names(part)
        case n.Product(factors=factors):
            for factor in factors:
                yield from size_names(factor)
        case n.Group(body=body):
            yield from size_names(body)


def _finite(body: n.Node, ctx: Context, span: Span) -> Domain:
    items = body.items if isinstance(body, n.Tuple) else (body,)
    dots = [isinstance(item, n.Symbol) and item.text in DOTS for item in items]
    if any(dots):
        first = items[0]
        if not isinstance(first, n.Number):
            raise Refusal("unknown-set", span, "where this range begins is not understood")
        if dots[-1] and first.value in (0, 1) and all(isinstance(item, n.Number) for item in items[:-1]):
            # ``\{0, 1, 2, \dots\}``
            return Domain("natural", low=float(first.value) if first.value == 0 else None)
        return Domain("finite", low=float(first.value), high=_dim(items[-1], ctx))
    values = []
    for item in items:
        sign = 1
        if isinstance(item, n.Add) and len(item.terms) == 1:
            sign, item = (-1 if item.terms[0][0] == "-" else 1), item.terms[0][1]
        if not isinstance(item, n.Number) or item.value.denominator != 1:
            raise Refusal("unknown-set", span, "the members of this set are not understood")
        values.append(sign * int(item.value))
    return Domain("finite", values=tuple(values))


def _end(node: n.Node, span: Span) -> float | None:
    r"""An end of an interval: a number, with π and fractions in it; None where it is infinite."""
    match node:
        case n.Group(body=body):
            return _end(body, span)
        case n.Add(terms=(("-", part),)):
            found = _end(part, span)
            return None if found is None else -found
        case n.Symbol(text="\\infty"):
            return None
        case n.Number(value=value):
            return float(value)
        case n.Name(text="\\pi"):
            return math.pi
        case n.Product(factors=factors, operators=operators):
            total = 1.0
            for sign, part in zip(("", *operators), factors, strict=True):
                if (found := _end(part, span)) is not None and found and sign in ("", "\\cdot", "/", "*"):
                    total = total / found if sign == "/" else total * found
                    continue
                break
            else:
                return total
        case n.Fraction_(numerator=above, denominator=below):
            over, under = _end(above, span), _end(below, span)
            if over is not None and under:
                return over / under
    raise Refusal("unknown-set", span, "the ends of this interval are not understood")


def _inside(end: float | None, way: int) -> float | None:
    """The number of float64 that is in the interval where an end, as a third or 3π/2, is none."""
    decimal = end is None or len(repr(end).strip("-0").replace(".", "")) < 15
    if decimal or end is None or (math.frexp(end)[0] == math.copysign(math.pi / 4, -way)):
        return end
    # Twice, as quotients are rounded too; a power of 2 times π is rounded towards 0.
    return math.nextafter(math.nextafter(end, way * math.inf), way * math.inf)


def _interval(low: n.Node, high: n.Node, ctx: Context, span: Span) -> Domain:
    ends = [_inside(_end(node, span), way) for node, way in ((low, 1), (high, -1))]
    if ends[0] is not None and ends[1] is not None and ends[0] >= ends[1]:
        raise Refusal("unknown-set", span, "this interval is empty")
    written, ends_at = ctx.scope.quote(span), [ctx.scope.quote(node.span) for node in (low, high)]
    closed = "[" in written.partition(ends_at[0])[0], "]" in written.rpartition(ends_at[1])[2]
    return Domain("interval", low=ends[0], high=ends[1], closed=closed)


ANGLES = frozenset(("sin", "cos", "tan", "cot", "sec", "csc"))
SPACES = frozenset(("\\mathbb{R}", "\\R", "\\Reals", "ℝ"))


def counting_letters(statements: Iterable[Statement]) -> frozenset[str]:
    r"""The names of how many there are: the n of ``\sum_{i=1}^n``, ``x_1, \dots, x_n``, ``\mathbb{R}^n``, ``n!``."""
    found: set[str] = set()
    listed: list[n.Node] = []
    for statement in statements:
        # ``$x_1, \dots, x_n$`` in a sentence is three mentions.
        listed = [*listed[-2:], statement.members[0]] if not statement.relations else []
        found.update(key_of(name) for name in _last_of(listed))
        for member in statement.members:
            for part in walk(member):
                for place in _places(part):
                    found.update(map(key_of, size_names(place)))
    return frozenset(found)


def angles(statements: Iterable[Statement]) -> frozenset[str]:
    r"""The names of which a sine or cosine stands somewhere with nothing behind them: the θ of ``1 + \cos\theta``."""
    parts = (part for statement in statements for member in statement.members for part in walk(member))
    args = (arg for part in parts if isinstance(part, n.Apply) and part.word.text in ANGLES for arg in part.args)
    return frozenset(key_of(arg) for arg in args if isinstance(arg, n.Name | n.Scripted))


def turned_names(statements: Iterable[Statement]) -> frozenset[str]:
    r"""The names whose transpose stands somewhere: nobody writes one of a number."""
    parts = (part for statement in statements for member in statement.members for part in walk(member))
    return frozenset(
        key_of(replace(part, sup=None) if part.sub is not None else part.base)
        for part in parts
        if isinstance(part, n.Scripted) and part.sup in n.TRANSPOSES and isinstance(part.base, n.Name)
    )


def _last_of(parts: Sequence[n.Node]) -> Iterator[n.Node]:
    r"""The n of ``w_1 x_1 + \dots + w_n x_n``: what stands below in the member behind the dots alone."""

    def below(node: n.Node) -> list[n.Node]:
        subs = (part.sub for part in walk(node) if isinstance(part, n.Scripted) and part.sub is not None)
        return [name for sub in subs for name in size_names(sub)]

    for before, dots, last in zip(parts, parts[1:], parts[2:], strict=False):
        if isinstance(dots, n.Symbol) and dots.text in DOTS:
            yield from (name for name in below(last) if name not in below(before))


def _places(part: n.Node) -> Iterator[n.Node]:
    match part:
        case n.Add(terms=terms):
            yield from _last_of([term for _, term in terms])
        case n.Big(operator="sum" | "prod", binder=n.Binder(upper=upper)) if upper is not None:
            yield upper
        case n.Scripted(base=n.Name(text=text), sup=sup) if text in SPACES and sup is not None:
            yield sup
        case n.Apply(word=n.Word(text="factorial"), args=args):
            yield from args
        case n.Tuple(items=items):
            for before, dots, last in zip(items, items[1:], items[2:], strict=False):
                if not (isinstance(dots, n.Symbol) and dots.text in DOTS):
                    continue
                if isinstance(before, n.Number):
                    yield last
                elif isinstance(last, n.Scripted):
                    yield from (script for script in (last.sub, last.sup) if script is not None)
