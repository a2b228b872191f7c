r"""``p(\theta \mid x) \propto …``: equal up to a positive factor without the variable of the density on the left.

On log scale a factor is a summand, and it drops out of the difference to the logarithm at one place of reference:
both sides are equal up to a factor exactly where log f(θ) − log f(θ₀) is the same for both at every θ.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from derivcheck.language import nodes as n
from derivcheck.language.domain import Domain
from derivcheck.language.shapes import Shape, is_scalar
from derivcheck.problem import terms as t
from derivcheck.problem.constants import constant_by
from derivcheck.problem.context import Context, strip
from derivcheck.problem.derivatives import By, by
from derivcheck.problem.facts import depends
from derivcheck.problem.probability.logs import WRONG_SIGN, log_of_claimed
from derivcheck.problem.probability.model import instance_of, replaced
from derivcheck.problem.scope import Refusal
from derivcheck.problem.substitution import at_indices, member, rewrite
from derivcheck.problem.terms import Term
from derivcheck.reading.errors import ParseError
from derivcheck.reading.items import Statement
from derivcheck.reading.parser import parse_expression
from derivcheck.reading.phrases import AS_FUNCTION
from derivcheck.reading.windows import paragraph


def up_to_factor(
    head: n.Node, left: Term, claimed: Term, item: Statement, node: n.Node, ctx: Context
) -> tuple[Term, Term]:
    """Both sides by their logarithms, less those at a place of reference."""
    places = _told(item, ctx)
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
                "not-checked",
                node.span,
                "of what this factor is free is not said",
                "say it in the sentence: as a function of $\\theta$",
            ) from refusal
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


def _told(item: Statement, ctx: Context) -> list[By]:
    """The name of which the words around the line say that both sides are functions."""
    for match in (found for words in paragraph(item.span, ctx.scope.text) for found in AS_FUNCTION.every(words)):
        try:
            return [by(parse_expression(match[1]), ctx)]
        except (Refusal, ParseError):
            continue
    return []


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
