r"""In what two sides may differ: a constant (``… + \text{const}``), a factor (``\propto``), a rounding; and ``\pm``.

Equal up to a constant or a factor is equal up to what does not depend on a name, which words or the left side tell.
On log scale a factor is a summand, and it drops out of the difference to the logarithm at one place of reference:
both sides are equal up to a factor exactly where log f(θ) − log f(θ₀) is the same for both at every θ.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import floor, log10
from typing import Literal

from derivcheck.language import nodes as n
from derivcheck.language.nodes import transform, walk
from derivcheck.language.shapes import ONE, Domain, Shape, is_scalar
from derivcheck.problem import terms as t
from derivcheck.problem.context import Context, strip
from derivcheck.problem.derivatives import By, by, place_of
from derivcheck.problem.facts import depends, recurs
from derivcheck.problem.freezing import at_current
from derivcheck.problem.probability.logs import WRONG_SIGN, log_of_claimed
from derivcheck.problem.probability.model import instance_of, replaced
from derivcheck.problem.problem import Claim
from derivcheck.problem.scope import FunctionDefinition, Refusal
from derivcheck.problem.substitution import at_indices, member, rewrite
from derivcheck.problem.terms import Term
from derivcheck.reading.items import ParseError, Statement
from derivcheck.reading.parser import parse_expression
from derivcheck.reading.phrases import ACCURACY, AS_FUNCTION, CONSTANT, DECIMAL, FREE_OF, NUMERALS, Phrase
from derivcheck.reading.windows import behind, paragraph
from derivcheck.source import Span


def without_constant(node: n.Node) -> n.Node | None:
    """A sum without its constant, or None where there is no constant in it."""
    inner = strip(node)
    if not isinstance(inner, n.Add):
        return None
    kept = tuple((sign, part) for sign, part in inner.terms if not is_constant(part))
    if len(kept) == len(inner.terms):
        return None
    if not kept:
        raise Refusal("not-checked", node.span, "a constant alone says nothing that can be checked")
    return kept[0][1] if len(kept) == 1 and kept[0][0] == "+" else n.Add(kept, span=inner.span)


def is_constant(node: n.Node) -> bool:
    """Whether it is the word for a constant."""
    match strip(node):
        case n.Name(text=text) | n.Text(text=text) | n.Word(text=text):
            return CONSTANT.match(text.strip()) is not None
        case n.Product(factors=factors) if all(isinstance(factor, n.Name) for factor in factors):
            letters = "".join(factor.text for factor in factors if isinstance(factor, n.Name))
            return letters in ("const", "constant")
    return False


def constant_by(head: n.Node, term: Term, item: Statement, node: n.Node, ctx: Context) -> list[By]:
    """The names of which the constant is free."""
    if found := _told(FREE_OF, item, ctx):
        return found
    if isinstance(term, t.Density) and term.targets:
        return [_place(target) for target in term.targets]
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
    reason = "of what this constant is free is not said"
    raise Refusal("not-checked", node.span, reason, "say it in the sentence: up to terms without $u$")


def _told(phrase: Phrase, item: Statement, ctx: Context) -> list[By]:
    """The name that the words around a line tell: "up to terms without $u$", "as a function of $u$"."""
    for match in (found for words in paragraph(item.span, ctx.scope.text) for found in phrase.every(words)):
        try:
            return [by(parse_expression(match[1]), ctx)]
        except (Refusal, ParseError):
            continue
    return []


def _arguments_of_logs(head: n.Node, ctx: Context) -> list[By]:
    """The arguments of ``\\log p(z \\mid x)``: what stands in front of the bar."""
    density = _in_log(head, ctx)
    return [] if density is None else [_place(target) for target in density.targets]


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


def _place(target: Term) -> By:
    if (place := place_of(target, target.span)) is None:
        raise Refusal("not-checked", target.span, "of what this constant is free is not understood")
    return place


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


def up_to_factor(
    head: n.Node, left: Term, claimed: Term, item: Statement, node: n.Node, ctx: Context
) -> tuple[Term, Term]:
    """Both sides by their logarithms, less those at a place of reference."""
    places = _told(AS_FUNCTION, item, ctx)
    letters = {} if places else _letters_of_values(head, ctx)
    if letters:
        # p(z = k | x): the factor is free of k.
        logs = (log_of_claimed(side, ctx.scope) for side in (left, claimed))
        return tuple(t.Add(((1, log), (-1, at_indices(log, letters))), span=log.span) for log in logs)  # type: ignore[return-value]
    own = left.joint if isinstance(left, t.Density) and not places else None
    if not places:
        try:
            places = constant_by(head, left, item, node, ctx)
        except Refusal as refusal:
            raise Refusal(
                "not-checked", node.span, "of what this factor is free is not said",
                "say it in the sentence: as a function of $\\theta$",
            ) from refusal  # fmt: skip
    # log p(θ | x) is log p(θ, x) but for log p(x), which need not be worked out.
    first = log_of_claimed(left, ctx.scope) if own is None else own
    return tuple(_difference(log, places, ctx) for log in (first, log_of_claimed(claimed, ctx.scope)))  # type: ignore[return-value]


def _letters_of_values(head: n.Node, ctx: Context) -> dict[str, Term]:
    """The indices that stand for values in front of the bar, each at its first value."""
    node = strip(head)
    if not (isinstance(node, n.Product) and isinstance(node.factors[-1], n.Group)):
        return {}
    body = node.factors[-1].body
    before = body.left if isinstance(body, n.Given) else body
    found: dict[str, Term] = {}
    for part in before.items if isinstance(before, n.Tuple) else (before,):
        match strip(part):
            case n.Compare(members=(_, n.Name(text=text)), relations=("=",)) if text in ctx.indices:
                found[ctx.indices[text].name] = t.Constant(Fraction(1))
    return found


def _difference(log: Term, places: list[By], ctx: Context) -> Term:
    """A logarithm less itself where each name is at its place of reference; summands that do not vary drop out."""
    made: list[tuple[int, Term]] = []
    for sign, part in log.terms if isinstance(log, t.Add) else ((1, log),):
        if isinstance(part, t.Multiply) and part.left == WRONG_SIGN:
            made.append((sign, part))  # the wrong sign at both places is wrong all the same
            continue
        there = part
        for place in places:
            there = _at_reference(there, place, ctx)
        if there is not part:
            made += [(sign, part), (-sign, there)]
    return t.Add(tuple(made), span=log.span) if made else t.Constant(Fraction(0), span=log.span)


def _at_reference(log: Term, place: By, ctx: Context) -> Term:
    scope = ctx.scope
    value: Term = t.Variable(place.key, place.indices, shape=place.shape)
    if place.position is not None:
        row, column = place.position
        value = t.Entry(value, row, column)
    instance = instance_of(value, scope)
    if instance is not None and instance.position is not None:
        domain = scope.factors[instance.key].domain
        return replaced(log, instance, _reference(value, domain, place, ctx), scope)
    declared = scope.declarations.get(place.key)
    domain = Domain() if declared is None else declared.domain
    if not depends(log, place.key, scope):
        return log
    if declared is not None and declared.family and not place.indices and place.position is None:
        return _all_members(log, place, _reference(value, domain, place, ctx), ctx)
    if place.position is not None or place.indices:
        raise _no_reference(place)
    bound = ((place.key, _reference(value, domain, place, ctx)),)
    return t.Let(bound, log, shape=log.shape, span=log.span)


def _all_members(log: Term, place: By, there: Term, ctx: Context) -> Term:
    """With every member of a family at the place of reference, also where a definition stands for them."""
    scope = ctx.scope

    def rule(part: Term) -> Term | None:
        if isinstance(part, t.Variable) and part.key == place.key:
            return replace(there, span=part.span)
        if isinstance(part, t.Variable) and part.key in scope.definitions:
            definition = scope.definitions[part.key]
            if depends(definition.term, place.key, scope):
                if recurs(part.key, scope):
                    raise Refusal("not-checked", part.span, f"`{definition.text}` rests on what comes before it")
                return rewrite(member(definition, part.indices), rule, place.key)
        return None

    return rewrite(log, rule, place.key)


def _reference(value: Term, domain: Domain, place: By, ctx: Context) -> Term:
    """A place in a domain at which hardly any density is 0."""
    shape = ctx.scope.resolve_shape(value.shape)
    match domain.kind:
        case "real" | "nonzero" | "integer":
            return _filled(Fraction(1), shape)
        case "positive" | "nonnegative" | "natural":
            return _filled(Fraction(1), shape)
        case "negative" | "nonpositive":
            return _filled(Fraction(-1), shape)
        case "interval" if domain.high is None or isinstance(domain.high, float):
            return _filled(_inside(domain.low, domain.high), shape)
        case "finite" if domain.values:
            return _filled(Fraction(domain.values[0]), shape)
        case "finite" if domain.low is not None:
            return _filled(Fraction(domain.low), shape)
        case "simplex":
            return t.Divide(t.Filled(Fraction(1), shape=shape), t.Size(shape[0]), shape=shape)
        case "onehot":
            return t.UnitVector(t.Constant(Fraction(1)), shape[0], shape=shape)
        case "spd" | "psd" | "symmetric" | "diagonal" | "lower" | "upper" | "orthogonal":
            return t.Identity(shape[0], shape=shape)
    raise _no_reference(place)


def _inside(low: float | None, high: float | None) -> Fraction:
    match low, high:
        case None, None:
            return Fraction(1)
        case None, float():
            return Fraction(high) - 1
        case float(), None:
            return Fraction(low) + 1
    assert low is not None
    assert high is not None
    return (Fraction(low) + Fraction(high)) / 2


def _filled(number: Fraction, shape: Shape) -> Term:
    return t.Constant(number) if is_scalar(shape) else t.Filled(number, shape=shape)


def _no_reference(place: By) -> Refusal:
    return Refusal("not-checked", place.span, "a proportionality in this variable is not checked")


def accuracy(item: Statement, text: str) -> tuple[int, bool] | None:
    """To how many digits the words around a statement round it, and whether these are counted from the first one."""
    found = ACCURACY.search(f"{behind(item, text)} ") or ACCURACY.search(item.lead.lower())
    if found is None:
        return None
    count = int(found[1]) if found[1].isdigit() else NUMERALS.index(found[1]) + 1
    return count, found["kind"] in ("significant", "digit", "figure")


def to_accuracy(claim: Claim, item: Statement, text: str) -> Claim:
    """What is claimed of a number that is rounded: that it is no further off than half a unit of its last place."""
    told = accuracy(item, text)
    return claim if told is None else _rounded(claim, *told) or claim


def as_printed(claim: Claim, text: str) -> Claim | None:
    """A claim of a decimal number, held to the places that are written; None of any other claim."""
    places = DECIMAL.fullmatch(text[claim.span.start : claim.span.end].strip(" $"))
    return None if places is None else _rounded(claim, len(places[1]), significant=False)


def _rounded(claim: Claim, places: int, significant: bool) -> Claim | None:
    number = _number(claim.claimed)
    if number is None or claim.relation != "=" or not is_scalar(claim.head.shape):
        return None
    if significant:
        places -= 1 + (floor(log10(abs(number))) if number else 0)
    bound = t.Constant(Fraction(1, 2) * Fraction(10) ** -places)
    off = t.Elementary("abs", t.Add(((1, claim.head), (-1, claim.claimed))))
    return replace(
        claim, head=off, claimed=bound, relation="\\le", kind="inequality", alternatives=(), read=None, remade=None,
        title=f"|{claim.title} − {float(number):.12g}| ≤ {float(Fraction(1, 2) * Fraction(10) ** -places):.0e}",
    )  # fmt: skip


def _number(term: t.Term) -> Fraction | None:
    match term:
        case t.Constant(value=Fraction() as value):
            return value
        case t.Add(terms=((sign, inner),)):
            value_of = _number(inner)
            return None if value_of is None else sign * value_of
    return None


def both_signs(node: n.Node) -> tuple[n.Node, ...]:
    """The expression with + and with − for ±; the expression alone where there is none in it."""
    if not any(_is_either(part) for part in walk(node)):
        return (node,)
    return transform(node, lambda part: _signed(part, "+")), transform(node, lambda part: _signed(part, "-"))


def _is_either(node: n.Node) -> bool:
    return isinstance(node, n.Add) and any(sign == "±" for sign, _ in node.terms)


def _signed(node: n.Node, chosen: Literal["+", "-"]) -> n.Node:
    if not isinstance(node, n.Add) or not _is_either(node):
        return node
    made = tuple((chosen if sign == "±" else sign, part) for sign, part in node.terms)
    return made[0][1] if len(made) == 1 and chosen == "+" else replace(node, terms=made)
