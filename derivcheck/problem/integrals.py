r"""Definite integrals: ``\int p(x \mid z) p(z) \, dz``, ``\int_0^\pi \sin x \, dx``, ``\int z \, q(z) \, dz``.

Densities and exponentials are taken out of the integrand as weights w, so that ∫ w dz = exp(log ∫ exp(log w)) and
∫ w f dz = ∫ w dz · E_w[f] are worked out like every other integral over random values; what else is integrated over
one real number is an ``Integral``. Ends that depend on names move into the integrand: x = a + (b − a) s.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction

from derivcheck.language import nodes as n
from derivcheck.language.nodes import transform, walk
from derivcheck.language.printing import plain
from derivcheck.language.shapes import SCALAR, Domain, Shape, is_scalar
from derivcheck.problem import algebra
from derivcheck.problem import terms as t
from derivcheck.problem.context import Context, key_of, strip
from derivcheck.problem.domains import REALS, read_set
from derivcheck.problem.facts import depends, positive
from derivcheck.problem.probability.logs import has_density, quotient, split, summed
from derivcheck.problem.probability.model import Instance, instance_of, mentions, replaced
from derivcheck.problem.scope import Declaration, Refusal, Scope
from derivcheck.problem.substitution import rewrite
from derivcheck.problem.terms import Term
from derivcheck.source import Span

ONE = t.Constant(Fraction(1))
ACCENTS = frozenset(("\\tilde", "\\hat", "\\bar"))
COUNTED = ("finite", "onehot", "natural", "integer")


@dataclass(frozen=True)
class Dummy:
    """What an integral runs over. ``inside`` puts another value in its place in a term, ``free`` tells what does not
    depend on it, and ``meant`` whether a term is it."""

    key: str
    shape: Shape
    domain: Domain
    node: n.Node
    random: bool
    inside: Callable[[Term, Term], Term]
    free: Callable[[Term], bool]
    meant: Callable[[Term], bool]


@dataclass(frozen=True)
class Stretch:
    """x = ``start`` + ``step`` · s for s in ``domain`` (x = s without a step), and what dx is of ds, with its sign."""

    domain: Domain
    start: Term | None = None
    step: Term | None = None
    slope: Term | None = None


def integral(node: n.Big, ctx: Context) -> Term:
    """The value of an integral over one name; over several, one after the other."""
    names = node.binder.names
    if len(names) > 1:
        return integral(_nested(node), ctx)
    node = _undecorated(node, ctx)
    dummy = _dummy(node.binder.names[0], node.binder, ctx)
    stretch = _stretch(node.binder, dummy, ctx)
    with _entered(dummy, stretch, ctx):
        body = ctx.term(node.body)
        stretch = _within_support(stretch, dummy, body)
        value = _assembled(body, dummy, stretch, node.span, ctx)
    return replace(value, span=node.span)


def series(node: n.Big, ctx: Context) -> Term | None:
    r"""``\sum_{k=0}^{\infty} f(k)`` and ``\sum_{x \in \{-1, 1\}} f(x)``: without end, and over a list.

    None for a sum of another kind, such as one whose letter is an index of something.
    """
    binder = node.binder
    endless = isinstance(binder.upper, n.Symbol) and binder.upper.text == "\\infty"
    if node.operator != "sum" or len(binder.names) != 1 or not (endless or _lists(binder.condition)):
        return None
    name = binder.names[0]
    if any(name in walk(part.sub) for part in walk(node.body) if isinstance(part, n.Scripted) and part.sub is not None):
        return None
    if not endless:
        dummy = _dummy(name, binder, ctx)
        values = _over_set(binder.condition, dummy, ctx).values if binder.condition is not None else ()
        with _entered(dummy, Stretch(Domain("finite", values=values)), ctx):
            body = ctx.term(node.body)
            parts = tuple((1, dummy.inside(body, t.Constant(Fraction(value)))) for value in values)
        return t.Add(parts, shape=body.shape, span=node.span)
    first = None if binder.lower is None else _number(ctx.term(binder.lower))
    if first is None or first != int(first):
        return None
    key = ctx.scope.fresh(key_of(name))
    domain = Domain("natural" if first >= 0 else "integer", low=first)
    with _entered(_named(key, SCALAR, domain, name, ctx.scope), Stretch(domain), ctx):
        body = ctx.term(node.body)
    return t.Integral(t.Bound(key, SCALAR, domain), body, shape=body.shape, span=node.span)


def _lists(condition: n.Node | None) -> bool:
    r"""Whether a condition names every member: ``x \in \{-1, 1\}``."""
    match condition:
        case n.Compare(relations=("\\in",), members=(_, n.Group(fence="{", body=n.Tuple(items=items)))):
            return all(isinstance(item, n.Number | n.Add) for item in items)
    return False


@contextmanager
def _entered(dummy: Dummy, stretch: Stretch, ctx: Context) -> Iterator[None]:
    """Inside, the name means what is integrated or summed over; behind, everything is as it was before."""
    scope = ctx.scope
    names, declared = dict(scope.names), dict(scope.declarations)
    _enter(dummy, stretch, ctx)
    try:
        yield
    finally:
        scope.names.clear()
        scope.names.update(names)
        scope.declarations.clear()
        scope.declarations.update(declared)


def _nested(node: n.Big) -> n.Big:
    """``\\int f \\, dx \\, dy`` as the integral over y of that over x."""
    binder = node.binder
    first, rest = binder.names[0], binder.names[1:]
    condition = binder.condition
    if isinstance(condition, n.Compare):
        inner = replace(condition, members=(first, *condition.members[1:]))
        outer = replace(condition, members=(rest[0], *condition.members[1:]))
        body = n.Big("int", n.Binder((first,), condition=inner, span=binder.span), node.body, span=node.span)
        return n.Big("int", n.Binder(rest, condition=outer, span=binder.span), body, span=node.span)
    body = n.Big("int", n.Binder((first,), span=binder.span), node.body, span=node.span)
    return n.Big("int", n.Binder(rest, span=binder.span), body, span=node.span)


def _undecorated(node: n.Big, ctx: Context) -> n.Big:
    r"""``\int p(x \mid z') p(z') \, dz'``: the ``z'`` that is bound here is a value of the model's ``z``."""
    name = node.binder.names[0]
    match name:
        case n.Scripted(base=n.Name() as base, sub=None, sup=None):
            pass
        case n.Name(text=text) if text.partition("{")[0] in ACCENTS:
            base = n.Name(text.partition("{")[2][:-1], span=name.span)
        case _:
            return node
    if key_of(name) in ctx.scope.names:
        return node
    term = _known(base, ctx)
    if term is None or instance_of(term, ctx.scope) is None:
        return node
    stand_in = n.Name("?", span=name.span)
    marked = transform(node.body, lambda part: replace(stand_in, span=part.span) if part == name else part)
    if any(part == base for part in walk(marked)):
        raise Refusal(
            "integral", name.span, f"`{plain(base)}` and `{plain(name)}` both stand under this integral",
            f"write `{plain(base)}` for what is integrated over, and another letter for the other",
        )  # fmt: skip
    body = transform(marked, lambda part: replace(base, span=part.span) if part == stand_in else part)
    return replace(node, binder=replace(node.binder, names=(base, *node.binder.names[1:])), body=body)


def _dummy(node: n.Node, binder: n.Binder, ctx: Context) -> Dummy:
    """The name behind the d: a random value, another declared name, or a new real number."""
    scope = ctx.scope
    if not isinstance(node, n.Name | n.Scripted):
        raise Refusal("integral", node.span, f"`{plain(node)}` is nothing that can be integrated over")
    if isinstance(node, n.Name) and node.text in ctx.indices:
        raise Refusal("integral", node.span, f"`{plain(node)}` is an index here", "integrate over another letter")
    term = _known(node, ctx)
    if term is None:
        key = scope.fresh(key_of(node))
        return _named(key, SCALAR, Domain(), node, scope)
    instance = instance_of(term, scope)
    if instance is not None and instance.position is not None:
        return _random(instance, node, scope)
    if isinstance(term, t.Variable) and not term.indices and term.key in scope.declarations:
        declared = scope.declarations[term.key]
        if not declared.family:
            return _named(term.key, scope.resolve_shape(declared.shape), declared.domain, node, scope)
    raise Refusal(
        "integral", node.span, f"an integral over `{plain(node)}` is not understood", "integrate over a declared name"
    )


def _known(node: n.Node, ctx: Context) -> Term | None:
    """What the name stands for outside of the integral; None if it is new."""
    try:
        return ctx.term(node)
    except Refusal as refusal:
        if refusal.code in ("unknown-name", "unbound-index") and isinstance(node, n.Name):
            return None
        raise


def _named(key: str, shape: Shape, domain: Domain, node: n.Node, scope: Scope) -> Dummy:
    def inside(part: Term, value: Term) -> Term:
        return t.Let(((key, value),), part, shape=part.shape, span=part.span)

    def free(part: Term) -> bool:
        return not depends(part, key, scope)

    def meant(part: Term) -> bool:
        return isinstance(part, t.Variable) and part.key == key

    return Dummy(key, shape, domain, node, False, inside, free, meant)


def _random(instance: Instance, node: n.Node, scope: Scope) -> Dummy:
    factor = scope.factors[instance.key]
    shape = SCALAR if factor.entries else scope.resolve_shape(scope.declarations[instance.key].shape)

    def inside(part: Term, value: Term) -> Term:
        return replaced(part, instance, value, scope)

    def free(part: Term) -> bool:
        return not mentions(part, instance, scope)

    def meant(part: Term) -> bool:
        return instance_of(part, scope) == instance

    return Dummy(instance.key, shape, factor.domain, node, True, inside, free, meant)


def _enter(dummy: Dummy, stretch: Stretch, ctx: Context) -> None:
    """The name means what is integrated over while the integrand is read, from where the integral runs."""
    scope = ctx.scope
    if dummy.random:
        return
    domain = stretch.domain
    if stretch.step is not None:
        domain = Domain("positive") if _rightwards(stretch, scope) else Domain()
    visible = key_of(dummy.node)
    scope.enter(visible, Declaration(dummy.key, plain(dummy.node), dummy.shape, domain, dummy.node.span))


def _rightwards(stretch: Stretch, scope: Scope) -> bool:
    """Whether everything from one end to the other is seen to be positive."""
    ends = [part for part in (stretch.start, stretch.step) if part is not None]
    return all(t.is_zero(part) or positive(part, scope) for part in ends)


def _stretch(binder: n.Binder, dummy: Dummy, ctx: Context) -> Stretch:
    """From where to where the integral runs."""
    if dummy.domain.kind in COUNTED:
        reason = f"`{plain(dummy.node)}` takes separate values: it is summed over"
        raise Refusal("integral", dummy.node.span, reason, f"write `\\sum_{{{key_of(dummy.node)}}}`")
    if binder.condition is not None:
        return Stretch(_over_set(binder.condition, dummy, ctx))
    if binder.lower is None and binder.upper is None:
        return Stretch(dummy.domain)
    if binder.lower is None or binder.upper is None:
        raise Refusal("integral", binder.span, "an integral has two ends, or none", "write `\\int_a^b`")
    if not is_scalar(dummy.shape):
        raise Refusal("integral", binder.span, "an integral over a vector has no ends", "write `\\int_{\\mathbb{R}^n}`")
    low, high = (_end(node, ctx) for node in (binder.lower, binder.upper))
    return _between(low, high)


def _over_set(condition: n.Node, dummy: Dummy, ctx: Context) -> Domain:
    """The set below the sign; a name of which nothing is said is everything that there is."""
    where = condition.members[-1] if isinstance(condition, n.Compare) else condition
    base = where.base if isinstance(where, n.Scripted) else where
    if isinstance(base, n.Name) and base.text not in REALS and key_of(base) not in ctx.scope.names:
        return dummy.domain
    if key_of(strip(where)) == key_of(strip(dummy.node)):
        return dummy.domain
    found = read_set(strip(where) if isinstance(where, n.Boxed) else where, ctx)
    if not ctx.scope.unify_shapes(found.shape, dummy.shape):
        raise Refusal("integral", condition.span, f"`{plain(dummy.node)}` does not lie in this set")
    return dummy.domain if found.domain.kind == "real" else found.domain


def _end(node: n.Node, ctx: Context) -> Term | float:
    """One end: ±∞, or a value."""
    inner = strip(node)
    sign = 1
    if isinstance(inner, n.Add) and len(inner.terms) == 1:
        sign = -1 if inner.terms[0][0] == "-" else 1
        inner = strip(inner.terms[0][1])
    if isinstance(inner, n.Symbol) and inner.text == "\\infty":
        return sign * math.inf
    value = ctx.term(node)
    if not algebra.scalar(ctx.scope, value):
        raise Refusal("integral", node.span, "the end of an integral is a number")
    return value


def _between(low: Term | float, high: Term | float) -> Stretch:
    """The stretch between two ends; the other way round everything changes its sign."""
    first, last = _number(low), _number(high)
    if first is not None and last is not None:
        if first == last:
            return Stretch(Domain("interval", low=0.0, high=1.0), slope=t.Constant(Fraction(0)))
        slope = None if first < last else t.Constant(Fraction(-1))
        return Stretch(_interval(min(first, last), max(first, last)), slope=slope)
    minus = t.Constant(Fraction(-1))
    if isinstance(high, float):
        assert not isinstance(low, float)
        up = high > 0
        return Stretch(Domain("positive"), low, ONE if up else minus, None if up else minus)
    if isinstance(low, float):
        # From −∞ up to b: x = b − s. From ∞ down to b: −∫ over x = b + s.
        up = low < 0
        return Stretch(Domain("positive"), high, minus if up else ONE, None if up else minus)
    width = high if t.is_zero(low) else t.Add(((1, high), (-1, low)), span=high.span)
    return Stretch(Domain("interval", low=0.0, high=1.0), low, width, width)


def _number(end: Term | float) -> float | None:
    """The number that an end is, if it was written as one and float64 has it: of π and ⅓ it has neighbours only."""
    match end:
        case float():
            return end
        case t.Constant(value=Fraction() as value):
            return float(value) if float(value) == value else None
        case t.Add(terms=parts):
            numbers = [(sign, _number(part)) for sign, part in parts]
            return None if any(x is None for _, x in numbers) else sum(s * x for s, x in numbers if x is not None)
        case t.Multiply(op="scale", left=left, right=right):
            one, other = _number(left), _number(right)
            return None if one is None or other is None else one * other
        case t.Divide(left=left, right=right):
            one, other = _number(left), _number(right)
            return None if one is None or not other else one / other
    return None


def _interval(low: float, high: float) -> Domain:
    if low == -math.inf and high == math.inf:
        return Domain()
    if low == 0 and high == math.inf:
        return Domain("positive")
    if low == -math.inf and high == 0:
        return Domain("negative")
    return Domain("interval", low=None if low == -math.inf else low, high=None if high == math.inf else high)


def _within_support(stretch: Stretch, dummy: Dummy, body: Term) -> Stretch:
    """With an infinite end where the density of a random value ends: it is 0 beyond, and its formula is not."""
    own, asked = dummy.domain.known_ends, stretch.domain.known_ends
    if not dummy.random or stretch.step is not None or own is None or asked is None or not has_density(body):
        return stretch
    low = own[0] if asked[0] is None else asked[0]
    high = own[1] if asked[1] is None else asked[1]
    domain = _interval(-math.inf if low is None else low, math.inf if high is None else high)
    return replace(stretch, domain=domain)


@dataclass
class Factors:
    """An integrand taken apart: weights (densities and exponentials), other factors, and those that do not vary."""

    weights: list[tuple[int, Term]]
    others: list[tuple[int, Term]]
    outside: list[tuple[int, Term]]


def _factors(body: Term, dummy: Dummy, scope: Scope) -> Factors:
    made = Factors([], [], [])

    def take(term: Term, sign: int) -> None:
        match term:
            case t.Multiply(op="scale", left=left, right=right):
                take(left, sign)
                take(right, sign)
            case t.Divide(left=left, right=right, entrywise=False):
                take(left, sign)
                take(right, -sign)
            case t.Add(terms=((-1, part),)):
                made.outside.append((1, t.Constant(Fraction(-1))))
                take(part, sign)
            case _ if dummy.free(term):
                made.outside.append((sign, term))
            case _ if _is_weight(term, scope):
                made.weights.append((sign, term))
            case _:
                made.others.append((sign, term))

    take(body, 1)
    return made


def _is_weight(term: Term, scope: Scope) -> bool:
    exponential = isinstance(term, t.Elementary) and term.name == "exp" and term.order == 0
    exponential = exponential or (isinstance(term, t.Power) and term.base == t.Constant("e"))
    return (exponential or has_density(term)) and split(term, scope) is not None


def _of_chance(term: Term) -> bool:
    """Whether a density stands in it, or what is left of one that was integrated."""
    return any(isinstance(part, t.Density | t.LogIntegral | t.Expectation) for part in t.walk(term))


def _assembled(body: Term, dummy: Dummy, stretch: Stretch, span: Span, ctx: Context) -> Term:
    """The integral of a sum of densities is the sum of their integrals; else of the whole at once."""
    scope = ctx.scope
    if (
        isinstance(body, t.Add)
        and len(body.terms) > 1
        and all(any(_of_chance(w) for _, w in _factors(part, dummy, scope).weights) for _, part in body.terms)
    ):
        parts = tuple((sign, _ofquotient(part, dummy, stretch, span, ctx)) for sign, part in body.terms)
        return t.Add(parts, shape=body.shape)
    return _ofquotient(body, dummy, stretch, span, ctx)


def _ofquotient(body: Term, dummy: Dummy, stretch: Stretch, span: Span, ctx: Context) -> Term:
    scope = ctx.scope
    found = _factors(body, dummy, scope)
    key = scope.fresh(dummy.key.split("#")[0])
    bound = t.Bound(key, dummy.shape, stretch.domain)
    place: Term = t.Variable(key, shape=dummy.shape)
    if stretch.step is not None and stretch.start is not None:
        along = t.Multiply("scale", stretch.step, place)
        place = along if t.is_zero(stretch.start) else t.Add(((1, stretch.start), (1, along)))

    def inside(term: Term) -> Term:
        return dummy.inside(term, place)

    line = is_scalar(dummy.shape)
    whole = [*found.weights, *found.others]
    logs = _logs(whole, scope)
    chance = any(_of_chance(weight) for _, weight in found.weights)
    free_ends = stretch.domain.kind == "real" or not line
    made: Term
    if (
        whole
        and logs is not None
        and (chance or not line or (free_ends and not found.others))
        and stretch.slope is None
    ):
        made = _log_integral(bound, inside(summed(logs)))
        targets = _targets(found.weights, dummy)
        # Where nothing random is left it is a number: the 1 to which a density integrates.
        made = t.Density(made, targets) if targets else t.Elementary("exp", made)
    elif found.weights and free_ends and (chance or not line) and stretch.step is None:
        weight = inside(summed(_logs(found.weights, scope) or []))
        rest = quotient(found.others)
        mean = t.Expectation((bound,), weight, inside(rest), shape=rest.shape)
        mass = t.Elementary("exp", _log_integral(bound, weight))
        made = t.Multiply("scale", mass, mean, shape=rest.shape)
    elif line:
        made = _from_both_ends(bound, quotient(whole), dummy, stretch, place)
    else:
        raise Refusal(
            "integral", span, "an integral over a vector is worked out where a density or an exponential is in it"
        )
    factors = [*found.outside, *([] if stretch.slope is None else [(1, stretch.slope)])]
    return made if not factors else quotient([*factors, (1, made)])


def _from_both_ends(bound: t.Bound, body: Term, dummy: Dummy, stretch: Stretch, place: Term) -> Term:
    """An integral up to an end b of which b − x stands in the integrand: half of it over s = b − x.

    Near b the number b − x has few figures left; s has all of them.
    """
    low, high = stretch.domain.low, stretch.domain.high
    whole = t.Integral(bound, dummy.inside(body, place), shape=body.shape)
    if stretch.step is not None or stretch.domain.kind != "interval" or low is None or not isinstance(high, float):
        return whole
    end = t.Constant(Fraction(high))
    s = t.Variable(bound.key)

    def rule(part: Term) -> Term | None:
        match part:
            case t.Add(terms=((1, first), (-1, second))) if first == end and dummy.meant(second):
                return s
        return None

    turned = rewrite(body, rule)
    if turned is body:
        return whole
    middle = (high - low) / 2
    first = replace(whole, bound=replace(bound, domain=_interval(low, low + middle)))
    mirrored = dummy.inside(turned, t.Add(((1, end), (-1, s))))
    last = t.Integral(replace(bound, domain=_interval(0.0, middle)), mirrored, shape=body.shape)
    return t.Add(((1, first), (1, last)), shape=body.shape)


def _logs(factors: list[tuple[int, Term]], scope: Scope) -> list[tuple[int, Term]] | None:
    """The logarithm of a product of positive factors, as a sum; None where the sign of one is not known."""
    made: list[tuple[int, Term]] = []
    for sign, factor in factors:
        parts = split(factor, scope) if algebra.scalar(scope, factor) else None
        if parts is None:
            return None
        made += [(sign * inner, part) for inner, part in parts]
    return made


def _log_integral(bound: t.Bound, log: Term) -> Term:
    """log ∫ exp(log); where an integral is all that is integrated again, both are one over two values."""
    parts = list(log.terms) if isinstance(log, t.Add) else [(1, log)]
    inner = [part for sign, part in parts if sign > 0 and isinstance(part, t.LogIntegral)]
    if len(inner) != 1 or any(each.domain.kind != "real" for each in (bound, *inner[0].bounds)):
        return t.LogIntegral((bound,), log)
    rest = [pair for pair in parts if pair[1] is not inner[0]]
    return t.LogIntegral((bound, *inner[0].bounds), summed([*rest, (1, inner[0].log)]))


def _targets(weights: list[tuple[int, Term]], dummy: Dummy) -> tuple[Term, ...]:
    """Of what an integral of densities is a density: their values but for that which is integrated out."""
    found: dict[Term, None] = {}
    for sign, weight in weights:
        for part in t.walk(weight):
            if sign > 0 and isinstance(part, t.Density):
                found.update(dict.fromkeys(target for target in part.targets if dummy.free(target)))
    return tuple(found)
