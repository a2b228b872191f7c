r"""``… + \text{const}``: equal up to what does not depend on a name, which the words, or else the left side, tell."""

from __future__ import annotations

from derivcheck.language import nodes as n
from derivcheck.language.shapes import ONE
from derivcheck.problem import terms as t
from derivcheck.problem.context import Context, strip
from derivcheck.problem.derivatives import By, by
from derivcheck.problem.freezing import at_current
from derivcheck.problem.scope import FunctionDefinition, Refusal
from derivcheck.problem.terms import Term
from derivcheck.reading.errors import ParseError
from derivcheck.reading.items import Statement
from derivcheck.reading.parser import parse_expression
from derivcheck.reading.phrases import CONSTANT, FREE_OF
from derivcheck.reading.windows import paragraph
from derivcheck.source import Span


def without_constant(node: n.Node) -> n.Node | None:
    """A sum without its constant, or None where there is no constant in it."""
    inner = strip(node)
    if not isinstance(inner, n.Add):
        return None
    kept = tuple((sign, part) for sign, part in inner.terms if not _is_constant(part))
    if len(kept) == len(inner.terms):
        return None
    if not kept:
        raise Refusal("not-checked", node.span, "a constant alone says nothing that can be checked")
    return kept[0][1] if len(kept) == 1 and kept[0][0] == "+" else n.Add(kept, span=inner.span)


def _is_constant(node: n.Node) -> bool:
    match strip(node):
        case n.Name(text=text) | n.Text(text=text) | n.Word(text=text):
            return CONSTANT.match(text.strip()) is not None
        case n.Product(factors=factors) if all(isinstance(factor, n.Name) for factor in factors):
            letters = "".join(factor.text for factor in factors if isinstance(factor, n.Name))
            return letters in ("const", "constant")
    return False


def constant_by(head: n.Node, term: Term, item: Statement, node: n.Node, ctx: Context) -> list[By]:
    """The names of which the constant is free."""
    for words in paragraph(item.span, ctx.scope.text):
        found = _told(words, ctx)
        if found:
            return found
    if isinstance(term, t.Density) and term.targets:
        return [_place(target, ctx) for target in term.targets]
    called = term.function if isinstance(term, t.Let) else None
    function = ctx.scope.names.get(called) if called is not None else None
    if isinstance(function, FunctionDefinition):
        return [By(key, shape, (), None, False, head.span) for key, shape in function.parameters]
    for target in t.walk(term):
        if isinstance(target, t.Optimum):
            return [By(target.key, target.shape, target.indices, target.position, False, head.span)]
    logs = _arguments_of_logs(head, ctx)
    if logs:
        return logs
    raise Refusal(
        "not-checked",
        node.span,
        "of what this constant is free is not said",
        "say it in the sentence: up to terms without $u$",
    )


def _told(words: str, ctx: Context) -> list[By]:
    """The name that the words tell: "up to terms without $u$", "that depend on $u$"."""
    for match in FREE_OF.every(words):
        try:
            return [by(parse_expression(match[1]), ctx)]
        except (Refusal, ParseError):
            continue
    return []


def _arguments_of_logs(head: n.Node, ctx: Context) -> list[By]:
    """The arguments of ``\\log p(z \\mid x)``: what stands in front of the bar."""
    density = _in_log(head, ctx)
    return [] if density is None else [_place(target, ctx) for target in density.targets]


def density_of(head: n.Node, term: Term, ctx: Context) -> t.Density | None:
    """The density that a left side is, or of which it is the logarithm."""
    return term if isinstance(term, t.Density) else _in_log(head, ctx)


def _in_log(node: n.Node, ctx: Context) -> t.Density | None:
    """The density in ``\\log p(z \\mid x)``."""
    inner = strip(node)
    if not isinstance(inner, n.Apply) or inner.word.text not in ("log", "ln") or len(inner.args) != 1:
        return None
    if inner.sub is not None or inner.sup is not None:
        return None
    try:
        density = ctx.term(inner.args[0])
    except Refusal:
        return None
    return density if isinstance(density, t.Density) and density.targets else None


def _place(target: Term, ctx: Context) -> By:
    match target:
        case t.Variable(key=key, indices=indices):
            return By(key, target.shape, indices, None, False, target.span)
        case t.Entry(argument=t.Variable(key=key, indices=indices) as whole, row=row, column=column):
            return By(key, whole.shape, indices, (row, column), False, target.span)
    raise Refusal("not-checked", target.span, "of what this constant is free is not understood")


def gradients(term: Term, places: list[By], ctx: Context, span: Span) -> Term:
    """All derivatives of a scalar by these names, one column: two functions of them differ by a constant if equal."""
    made: list[Term] = []
    for place in places:
        target, held = at_current(term, place.key, ctx.scope)
        gradient: Term = t.Derivative(
            target, place.key, "gradient", held, indices=place.indices, shape=place.shape, span=span
        )
        if place.position is not None:
            row, column = place.position
            gradient = t.Entry(gradient, row, column, span=span)
        elif ctx.scope.resolve(place.shape[1]) != ONE:
            rows, columns = ctx.scope.resolve_shape(place.shape)
            gradient = t.Unary("vec", gradient, shape=(rows * columns, ONE), span=span)
        made.append(gradient)
    if len(made) == 1:
        return made[0]
    rows = made[0].shape[0]
    for gradient in made[1:]:
        rows = rows + gradient.shape[0]
    return t.Block(tuple((gradient,) for gradient in made), shape=(rows, ONE), span=span)
