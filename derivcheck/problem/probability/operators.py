r"""What is written with brackets in probability: ``p(z \mid x)``, ``\mathcal{N}(x; m, S)``, ``\mathbb{E}_q[z]``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from derivcheck.language import nodes as n
from derivcheck.language.nodes import transform, walk
from derivcheck.language.printing import plain
from derivcheck.language.shapes import ONE, Dim
from derivcheck.problem import algebra
from derivcheck.problem import terms as t
from derivcheck.problem.context import Context, key_of, strip
from derivcheck.problem.domains import DOTS, declare_sizes
from derivcheck.problem.indices import claim_range, index_term, indicator, superscript
from derivcheck.problem.probability.distributions import ALIASES, FAMILIES, Family, domain_of, shape_of_values
from derivcheck.problem.probability.logs import log_of, summed
from derivcheck.problem.probability.model import (
    Instance,
    closure,
    conditional,
    factor_at,
    instance_of,
    instances,
    joint,
    mean_of,
    mean_of_columns,
    mentions,
    parameters_of_model,
    refuse_unread,
    replaced,
    unlinked,
)
from derivcheck.problem.probability.moments import (
    beyond_moments,
    by_moments,
    mean_of_sums,
    refuse_beyond_moments,
    told_of,
)
from derivcheck.problem.scope import Factor, Measure, Refusal, Scope, SizeSymbol, Unknown
from derivcheck.problem.substitution import at_indices
from derivcheck.problem.terms import Term
from derivcheck.reading.parser import parse_expression
from derivcheck.reading.unread import upright
from derivcheck.source import Span

EVENTS = frozenset(("<", ">", "\\le", "\\ge"))
MEANS = frozenset(("\\mathbb{E}", "E", "\\mathrm{E}", "\\mathbf{E}", "\\mathcal{E}"))
VARIANCES = frozenset(
    ("\\mathrm{Var}", "\\mathbb{V}", "\\mathrm{var}", "\\mathrm{V}", "\\mathrm{Cov}", "\\mathrm{cov}")
)
ENTROPIES = frozenset(("\\mathrm{H}", "H", "\\mathbb{H}", "\\mathcal{H}"))
NAMELESS = "x#"
"""How the value is called of which ``p = \\mathcal{N}(m, S)`` is the density."""
DIVERGENCES = frozenset(("\\mathrm{KL}", "D_{\\mathrm{KL}}", "D_{KL}", "\\mathbb{KL}", "\\mathcal{D}_{\\mathrm{KL}}"))


def operator(head: n.Node, group: n.Group, ctx: Context) -> Term | None:
    """The value of a probability's operator at what stands in brackets; None if the head is none here."""
    base = head.base if isinstance(head, n.Scripted) and head.sup is None and not head.primes else head
    if not isinstance(base, n.Name):
        return None
    text, own = base.text, ctx.scope.names.get(key_of(base))
    if _is_family(text, own, group, key_of(head)):
        return distribution(FAMILIES[ALIASES[text]], group, head.span | group.span, ctx)
    span = head.span | group.span
    if is_divergence(head) and key_of(head) not in ctx.scope.names:
        return divergence(group, span, ctx)
    if own is not None or text in ctx.indices:
        return None
    sub = head.sub if isinstance(head, n.Scripted) else None
    if text in ctx.scope.measures:
        return measure(text, group, span, ctx)
    if text in ctx.scope.densities:
        try:
            return probability(group, span, ctx) or density(group, span, ctx)
        except Refusal as refusal:
            # Of nothing random it may be a name in front of brackets: a matrix P.
            if refusal.code in ("no-model", "not-random") and isinstance(head, n.Name):
                refusal.unknown = refusal.unknown or Unknown(head, called=False)
            raise
    if text in MEANS:
        return expectation(sub, group, span, ctx)
    if text in VARIANCES and sub is None:
        return variance(group, span, ctx)
    if text in ENTROPIES and sub is None and (group.fence == "[" or of_densities(group, ctx.scope)):
        return entropy(group, span, ctx)
    return None


def says_mean(head: n.Node) -> bool:
    r"""``\mathbb{E}``, also with what it is under; an E that may be a name is none without brackets."""
    return _letter(head) in MEANS - {"E", "\\mathbf{E}", "\\mathcal{E}"}


def taken_of(node: n.Product) -> n.Node | None:
    r"""Of what a mean or a variance is taken first in a product: ``\mathbb{E}[x]``, ``c \operatorname{Var}(x)``."""
    for head, group in pairwise(node.factors):
        if says_chance(head) or (_letter(head) in MEANS and isinstance(group, n.Group) and group.fence == "["):
            return group
    return None


def says_chance(head: n.Node) -> bool:
    r"""Whether a head without brackets is a mean, a variance or a covariance."""
    return says_mean(head) or (isinstance(head, n.Name) and head.text in VARIANCES - {"\\mathrm{V}"})


def is_divergence(head: n.Node) -> bool:
    r"""``\mathrm{KL}``, ``D_{KL}``, ``D_{\text{KL}}``."""
    return upright(key_of(head)) in DIVERGENCES


def _is_family(text: str, own: object, group: n.Group, key: str) -> bool:
    if text not in ALIASES or key != text:
        return False
    inside = group.body.right if isinstance(group.body, n.Given) else group.body
    several = isinstance(inside, n.Tuple) or isinstance(group.body, n.Given)
    # The N of a sample's size takes no list in brackets.
    return own is None or (several and isinstance(own, SizeSymbol))


def distribution(family: Family, group: n.Group, span: Span, ctx: Context) -> t.Density:
    r"""``\mathcal{N}(x; m, S)``, ``\mathcal{N}(x \mid m, S)``; ``\mathcal{N}(m, S)`` where the value is understood."""
    value, parameters = _arguments(family, group, ctx)
    if value is None:
        if ctx.argument is None:
            reason = "a distribution is no value here: it is not said of what this is the density"
            raise Refusal("distribution", span, reason, "write the value in front, as in `\\mathcal{N}(x; m, S)`")
        value = ctx.argument
    return at_value(family, value, parameters, span, ctx)


def at_value(family: Family, value: Term, parameters: list[Term], span: Span, ctx: Context) -> t.Density:
    """The density of a family at a value."""
    if not family.vector and not algebra.scalar(ctx.scope, value) and family.name != "categorical":
        raise Refusal(
            "shape-mismatch",
            span,
            f"a value of the {family.name} distribution is a number; `{ctx.scope.quote(value.span)}` is "
            f"{ctx.scope.show(value.shape)}",
        )
    log = family.log(ctx.scope, value, parameters, span)
    return t.Density(log, (value,), span=span)


def _arguments(family: Family, group: n.Group, ctx: Context) -> tuple[Term | None, list[Term]]:
    body = group.body
    count = len(family.parameters)
    value: n.Node | None = None
    match _items(body):
        # ``\\mathrm{Dir}(a_1, \\dots, a_K)`` has all entries of a.
        case [n.Scripted(base=base), n.Symbol(text=dots), n.Scripted(base=other)] if (
            family.listed and dots in DOTS and base == other
        ):
            body = base
    if isinstance(body, n.Given):
        value, rest = body.left, _items(body.right)
    else:
        rest = _items(body)
        leads = isinstance(body, n.Tuple) and body.separators[:1] == (";",)
        listed = family.listed and not leads and all(_is_number(part, ctx) for part in rest[1:])
        if not listed and (len(rest) == count + 1 or (leads and len(rest) > 1)):
            value, rest = rest[0], rest[1:]
    if family.listed and len(rest) > 1 and all(_is_number(part, ctx) for part in rest):
        numbers = tuple((ctx.term(part),) for part in rest)
        column = t.Block(numbers, shape=(Dim.of(len(rest)), ONE), span=group.span)
        return (None if value is None else ctx.term(value)), [column]
    if family.name == "binomial" and len(rest) == count and isinstance(strip(rest[0]), n.Name | n.Scripted):
        declare_sizes(strip(rest[0]), ctx.scope)
    if len(rest) != count:
        wanted = ", ".join(family.parameters)
        raise Refusal("arguments", group.span, f"the {family.name} distribution takes {count} parameters ({wanted})")
    return (None if value is None else ctx.term(value)), [ctx.term(part) for part in rest]


def _is_number(node: n.Node, ctx: Context) -> bool:
    return algebra.scalar(ctx.scope, ctx.term(node))


def parameters_of(node: n.Node, ctx: Context) -> tuple[Family, list[Term]] | None:
    r"""The family and parameters of ``\mathcal{N}(m, S)`` without a value, or None."""
    node = strip(node)
    match node:
        case n.Product(factors=(n.Name(text=text), n.Group() as group), operators=("",)) if text in ALIASES:
            family = FAMILIES[ALIASES[text]]
            value, parameters = _arguments(family, group, ctx)
            return None if value is not None else (family, parameters)
        case n.Apply(word=n.Word(text="exp") as word, args=(rate,)) if "Exp" in ctx.scope.quote(word.span):
            # With a capital letter it is no function but the exponential distribution.
            return FAMILIES["exponential"], [ctx.term(rate)]
    return None


def _items(node: n.Node) -> list[n.Node]:
    return list(node.items) if isinstance(node, n.Tuple) else [node]


def _sides(group: n.Group) -> tuple[n.Node, n.Node | None]:
    """What stands in front of the bar and behind it; parameters behind a semicolon are left out."""
    body = group.body
    left, right = (body.left, body.right) if isinstance(body, n.Given) else (body, None)
    return _before_semicolon(left), None if right is None else _before_semicolon(right)


def _before_semicolon(node: n.Node) -> n.Node:
    if isinstance(node, n.Tuple) and ";" in node.separators:
        cut = node.separators.index(";") + 1
        return node.items[0] if cut == 1 else n.Tuple(node.items[:cut], node.separators[: cut - 1], span=node.span)
    return node


def random_values(node: n.Node | None, ctx: Context) -> tuple[dict[Instance, Term], list[tuple[Instance, Term]]]:
    r"""The random values in a list and the terms they were written as; and values put in their place (``z = 1``)."""
    found: dict[Instance, Term] = {}
    values: list[tuple[Instance, Term]] = []
    if node is None:
        return found, values
    for item in _run(_items(node)):
        part: n.Node = strip(item)
        place: n.Node | None = None
        if isinstance(part, n.Compare) and part.relations == ("=",):
            place = part.members[1]
            part = strip(part.members[0])
        instance, term = _random(part, ctx)
        if instance is None:
            refuse_unread([term], item.span, ctx.scope)
            continue
        found[instance] = term
        if place is not None:
            values.append((instance, _place(place, instance, ctx)))
    return found, values


def _place(node: n.Node, instance: Instance, ctx: Context) -> Term:
    """What a random value is set to: a value, or an index (``z = k``), which runs over all that it can be."""
    if not isinstance(node, n.Name) or node.text in ctx.scope.names:
        return ctx.term(node)
    domain = ctx.scope.factors[instance.key].domain
    counted = domain.kind == "finite" and domain.low == 1 and isinstance(domain.high, Dim)
    if not counted and node.text not in ctx.scope.ranges:
        return ctx.term(node)
    index = index_term(node, ctx)
    if counted and isinstance(domain.high, Dim):
        claim_range(index, domain.high, 1, ctx, node.span)
    return index


def _run(items: list[n.Node]) -> list[n.Node]:
    """``x_1, …, x_N`` as its first member alone, with the dots kept out."""
    dots = any(isinstance(item, n.Symbol) and item.text in DOTS for item in items)
    if not dots:
        return items
    first = strip(items[0])
    if isinstance(first, n.Scripted):
        script = first.sup if isinstance(first.sup, n.Group) else first.sub
        whole = n.Symbol(":", span=first.span)
        if isinstance(first.sup, n.Group):
            return [n.Scripted(first.base, first.sub, n.Group(whole), span=first.span)]
        if script is not None:
            return [n.Scripted(first.base, whole, None, span=first.span)]
    return items


def _random(node: n.Node, ctx: Context) -> tuple[Instance | None, Term]:
    """A name as a random value, or (None, its value) where it is a parameter."""
    scope = ctx.scope
    if isinstance(node, n.Scripted) and _says_all(node.sup.body if isinstance(node.sup, n.Group) else node.sub):
        for factor in scope.factors.values():
            declared = scope.declarations[factor.key]
            if factor.letters and declared.text.startswith(plain(node.base)):
                return Instance(factor.key, None), t.Variable(factor.key, shape=declared.shape, span=node.span)
    try:
        term = ctx.term(node)
    except Refusal as refusal:
        if refusal.code == "family-without-index":
            found = scope.names.get(key_of(node))
            key = getattr(found, "key", "")
            if key in scope.factors:
                shape = scope.declarations[key].shape
                return Instance(key, None), t.Variable(key, shape=shape, span=node.span)
        raise
    return instance_of(term, scope), term


def _says_all(script: n.Node | None) -> bool:
    """``:`` and ``1:N``: all members together."""
    return script == n.Symbol(":") or (isinstance(script, n.Compare) and script.relations == (":",))


def density(group: n.Group, span: Span, ctx: Context) -> t.Density:
    """p(a, b | c) under the model of the document."""
    if not ctx.scope.factors:
        raise Refusal(
            "no-model",
            span,
            f"`{ctx.scope.quote(span)}`: there is no model yet to which this density belongs",
            "state the model before this line, as in: let `z \\sim \\mathcal{N}(0, 1)`",
        )
    before, behind = _sides(group)
    targets, values = random_values(before, ctx)
    given, more = random_values(behind, ctx)
    if not targets:
        raise Refusal("not-random", span, f"`{ctx.scope.quote(span)}`: nothing in it is random in the model")
    variables = tuple(targets.values())
    told = [one for one in closure([*targets, *given], ctx.scope, span) if ctx.scope.factors[one.key].moments]
    if told:
        raise beyond_moments(told[0], span, ctx.scope)
    made = conditional(frozenset(targets), frozenset(given), variables, ctx.scope, span)
    refuse_unread([made.log], span, ctx.scope)
    if not values and not more:
        return made
    # Where a target itself is set to a value this is no density of the others: it does not integrate to 1.
    of = () if values else variables
    return t.Density(_at_values(made.log, [*values, *more], ctx), of, span=span)


def probability(group: n.Group, span: Span, ctx: Context) -> Term | None:
    r"""``P(x \le a \mid z)`` as the mean of the indicator of what is asked; None of what is no event."""
    event, given = _conditioned(group)
    event = strip(event)
    if not isinstance(event, n.Compare) or not EVENTS.issuperset(event.relations) or not ctx.scope.factors:
        return None
    body = indicator(event, event.span, ctx)
    return mean(body, given, None, span, ctx) if instances(body, ctx.scope) else None


def measure(text: str, group: n.Group, span: Span, ctx: Context) -> t.Density:
    """q(z) of a q that the document defines."""
    before, behind = _sides(group)
    logs = []
    variables: list[Term] = []
    for item in _items(before):
        instance, term = _random(strip(item), ctx)
        known = ctx.scope.measures[text]
        if (
            len(known) == 1
            and next(iter(known)).startswith(NAMELESS)
            and (instance is None or instance.key not in known)
        ):
            # ``p = \\mathcal{N}(m, S)`` is the density of nothing by name, and so of any value.
            (key,) = known
            own = ctx.scope.declarations[key].domain
            if own.kind != "real" and instance is not None and ctx.scope.factors[instance.key].domain != own:
                raise Refusal("not-checked", span, "the values of these distributions do not lie in the same set")
            log = replaced(known[key].log, Instance(key), term, ctx.scope)
            algebra.equal_shapes(ctx.scope, term, t.Variable(key, shape=ctx.scope.declarations[key].shape))
            logs.append((1, log))
            variables.append(term)
            continue
        if instance is None or instance.key not in known:
            raise Refusal("probability", span, f"`{ctx.scope.quote(span)}` is not what `{text}` was defined for")
        refuse_given_else(known[instance.key], behind, span)
        logs.append((1, _log_at(ctx.scope.measures[text][instance.key], instance, ctx)))
        variables.append(term)
    return t.Density(summed(logs), tuple(variables), span=span)


def refuse_given_else(known: Measure | None, given: n.Node | None, span: Span) -> None:
    """Refuse a density of the document's own that was told given other values: it is not known given these."""
    if known is not None and known.given and given is not None and known.given != given_names(given):
        raise Refusal("probability", span, "this density was told given other values, and is not known given these")


def given_names(given: n.Node | None) -> frozenset[str]:
    """What stands behind the bar, as it is written."""
    items = () if given is None else _items(_before_semicolon(given))
    return frozenset(key_of(strip(item)) for item in items)


def _log_at(found: Measure, instance: Instance, ctx: Context) -> Term:
    assert instance.position is not None
    log = at_indices(found.log, dict(zip(found.letters, instance.position, strict=True)))
    return t.Frozen(log, parameters_of_model(ctx.scope)) if found.frozen else log


def expectation(sub: n.Node | None, group: n.Group, span: Span, ctx: Context) -> Term:
    r"""``\mathbb{E}[f \mid x]`` under the model, ``\mathbb{E}_{q(z)}[f]`` under a q of the document."""
    body_node, given_node = _conditioned(group)
    body = ctx.term(body_node)
    return mean(body, given_node, sub, span, ctx)


def angled(angle: n.Angle, sub: n.Node | None, power: n.Node | None, span: Span, ctx: Context) -> Term:
    r"""The physicists' mean: ``\langle z \rangle_{q(z)}``, without a subscript where the document has just one q."""
    measures = list(ctx.scope.measures)
    group = n.Group(angle.items[0], fence="[", span=angle.span)
    if sub is None and ctx.scope.angled is not None:
        given = _for_the_same(ctx.scope.angled, angle.items[0])
        group = replace(group, body=n.Given(angle.items[0], given, span=angle.span))
        value = expectation(None, group, span, ctx)
        return value if power is None else superscript(value, power, ctx, span)
    if sub is None and len(measures) == 1:
        sub = n.Name(measures[0], span=angle.span)
    if sub is None:
        raise Refusal(
            "ambiguous-expectation",
            angle.span,
            f"`{ctx.scope.quote(angle.span)}` is a mean, and under what is not said",
            "write `\\langle z \\rangle_{q(z)}` with a q that is stated before, or `\\mathbb{E}[z \\mid x]`",
        )
    value = expectation(sub, group, span, ctx)
    return value if power is None else superscript(value, power, ctx, span)


def says_what_angles_mean(left: n.Node, right: n.Node) -> n.Node | None:
    r"""What is given in ``\langle z_n \rangle = \mathbb{E}[z_n \mid x_n]``, by which all angles are explained."""
    match left, strip(right):
        case n.Angle(items=(inner,)), n.Product(factors=(head, n.Group(body=n.Given() as body)), operators=("",)):
            if _letter(head) in MEANS and strip(body.left) == strip(inner):
                return body.right
    return None


def _for_the_same(given: n.Node, inner: n.Node) -> n.Node:
    """``x_n`` for the mean of ``z_n``, ``x_m`` for that of ``z_m``."""
    old, new = _scripted_letters(given), _scripted_letters(inner)
    if len(old) != 1 or len(new) != 1 or old == new:
        return given
    return transform(given, lambda part: n.Name(new[0], span=part.span) if part == n.Name(old[0]) else part)


def _scripted_letters(node: n.Node) -> list[str]:
    scripts = [script for part in walk(node) if isinstance(part, n.Scripted) for script in (part.sub, part.sup)]
    names = [script.body if isinstance(script, n.Group) else script for script in scripts]
    return sorted({name.text for name in names if isinstance(name, n.Name)})


def _conditioned(group: n.Group) -> tuple[n.Node, n.Node | None]:
    if isinstance(group.body, n.Given):
        return group.body.left, _before_semicolon(group.body.right)
    return group.body, None


def mean(body: Term, given: n.Node | None, sub: n.Node | None, span: Span, ctx: Context) -> Term:
    """The expectation of a value."""
    scope = ctx.scope
    if sub is not None:
        under = _measure_below(sub, body, span, ctx)
        if isinstance(under, tuple):
            latent, log = under
            return mean_of(body, latent, log, scope, span)
        given = under
    behind, values = random_values(given, ctx)
    made = expected(body, frozenset(behind), span, ctx, bare=given is None and sub is None)
    refuse_unread([made], span, ctx.scope)
    return _at_values(made, values, ctx)


def _at_values(term: Term, values: list[tuple[Instance, Term]], ctx: Context) -> Term:
    """The term where random values have been given others (``z = 1``)."""
    for instance, value in values:
        term = replaced(term, instance, value, ctx.scope)
    return term


def expected(body: Term, given: frozenset[Instance], span: Span, ctx: Context, *, bare: bool = False) -> Term:
    """E[body | given] under the model."""
    scope = ctx.scope
    asked = [instance for instance in instances(body, scope) if instance not in given]
    if not scope.factors:
        raise Refusal("no-model", span, f"`{scope.quote(span)}`: there is no model yet under which this is the mean")
    if not asked:
        return body
    if bare and any(instance.key in found for found in scope.measures.values() for instance in asked):
        reason = f"`{scope.quote(span)}` is read as the mean under the model and as the mean under q"
        raise Refusal("ambiguous-expectation", span, reason, "write `\\mathbb{E}_q[…]`, or `\\mathbb{E}[… \\mid x]`")
    refuse_beyond_moments(body, given, scope, span)
    if any(instance.position is None for instance in asked):
        if not given and (whole := mean_of_columns(body, asked, scope, span)) is not None:
            return whole
        return mean_of_sums(body, given, scope, span, lambda part: expected(part, given, span, ctx))
    if isinstance(body, t.Add) and unlinked(asked, scope) is not None:
        # Of a sum the mean is told, whatever its terms have to do with each other.
        return replace(body, terms=tuple((sign, expected(part, given, span, ctx)) for sign, part in body.terms))
    made = joint(frozenset(closure(asked, scope, span)) | given, scope, span)
    latent = tuple(instance for instance in closure([*asked, *given], scope, span) if instance not in given)
    parts = [(1, part) for part in (*made.bound, *made.outside)]
    if made.latent:
        latent = tuple(dict.fromkeys((*latent, *made.latent)))
    body, done = by_moments(body, latent, given, scope)
    if done:
        owns = [factor_at(instance, scope) for instance in done]
        latent = tuple(instance for instance in latent if instance not in done)
        parts = [(sign, part) for sign, part in parts if part not in owns]
        if not any(mentions(body, instance, scope) for instance in latent):
            return body
    counts = [instance for instance in latent if _counted_last(instance, latent, given, scope)]
    if counts and len(counts) < len(latent):
        # E[N] = E[E[N | λ]]: a sum without end is taken first, where it is one of known terms.
        own = [factor_at(instance, scope) for instance in counts]
        body = mean_of(body, tuple(counts), summed([(1, log) for log in own]), scope, span)
        latent = tuple(instance for instance in latent if instance not in counts)
        parts = [(sign, part) for sign, part in parts if part not in own]
    return mean_of(body, latent, summed(parts), scope, span)


def _counted_last(instance: Instance, latent: tuple[Instance, ...], given: frozenset[Instance], scope: Scope) -> bool:
    """Whether a random value has no last possible value, and no other depends on it."""
    if scope.factors[instance.key].domain.kind != "natural" or instance.position is None:
        return False
    others = [other for other in (*latent, *given) if other != instance and other.position is not None]
    return all(other.position is not None for other in given) and not any(
        mentions(factor_at(other, scope), instance, scope) for other in others
    )


def _measure_below(
    sub: n.Node, body: Term, span: Span, ctx: Context
) -> tuple[tuple[Instance, ...], Term] | n.Node | None:
    """What an expectation's subscript says: the values that q is of and its log density, or what is given."""
    node = strip(sub)
    if isinstance(node, n.Compare) and node.relations == ("\\sim",):
        node = strip(node.members[1])
    if isinstance(node, n.Given):
        return _before_semicolon(node.right)
    match node:
        case n.Product(factors=(head, n.Group() as group), operators=("",)):
            text = _letter(head)
            if text in ctx.scope.measures:
                before, _ = _sides(group)
                found = [_random(strip(item), ctx)[0] for item in _items(before)]
                return _under(text, [instance for instance in found if instance is not None], span, ctx)
            if text in ctx.scope.densities and text not in ctx.scope.names:
                return _sides(group)[1]
        case n.Name() | n.Scripted():
            text = _letter(node)
            if text in ctx.scope.measures:
                known = ctx.scope.measures[text]
                inside = [instance for instance in instances(body, ctx.scope) if instance.key in known]
                return _under(text, inside, span, ctx)
            if text in ctx.scope.densities:
                return None
            if key_of(node) not in ctx.scope.names and text in ("q", "Q", "r"):
                reason = f"`{ctx.scope.quote(node.span)}` is not known: under what this is the mean is not said"
                help = f"say what it is before this line, as in: let `{key_of(node)}(z) = p(z \\mid x)`"
                raise Refusal("unknown-name", node.span, reason, help)
            instance, _ = _random(node, ctx)
            if instance is not None:
                return None
    reason = f"`{ctx.scope.quote(sub.span)}` is not known: under what this is the mean is not said"
    raise Refusal("probability", sub.span, reason, "say what it is before this line, as in: let `q(z) = p(z \\mid x)`")


def _letter(node: n.Node) -> str:
    base = node.base if isinstance(node, n.Scripted) else node
    return base.text if isinstance(base, n.Name) else ""


def _under(text: str, inside: list[Instance], span: Span, ctx: Context) -> tuple[tuple[Instance, ...], Term]:
    known = ctx.scope.measures[text]
    if not inside or any(instance.key not in known or instance.position is None for instance in inside):
        raise Refusal("probability", span, f"`{ctx.scope.quote(span)}`: of what `{text}` is the density is not clear")
    logs = [(1, _log_at(known[instance.key], instance, ctx)) for instance in inside]
    return tuple(inside), summed(logs)


def variance(group: n.Group, span: Span, ctx: Context) -> Term:
    """Var[a | c] = E[(a − E a)(a − E a)ᵀ | c], Cov[a, b | c]."""
    body_node, given = _conditioned(group)
    items = _items(body_node)
    if len(items) > 2:
        raise Refusal("arguments", span, "a covariance is of two values")
    sides = [ctx.term(item) for item in (items if len(items) == 2 else [items[0], items[0]])]
    if len(items) == 1 and given is None and (whole := _total_variance(sides[0], span, ctx)) is not None:
        return whole
    away = [t.Add(((1, side), (-1, mean(side, given, None, span, ctx))), shape=side.shape, span=span) for side in sides]
    if algebra.scalar(ctx.scope, away[0]) and len(items) == 1:
        square: Term = t.Power(away[0], t.Constant(Fraction(2)), span=span)
    else:
        square = algebra.multiply(ctx.scope, away[0], algebra.transpose(ctx.scope, away[1], span), "", span)
    return mean(square, given, None, span, ctx)


def _total_variance(side: Term, span: Span, ctx: Context) -> Term | None:
    """Var[x] = E[Var[x | parents]] + Var[E[x | parents]], where the inner ones are known; None where they are not."""
    scope, value = ctx.scope, instance_of(side, ctx.scope)
    if value is None or value.key not in scope.factors or scope.factors[value.key].told is None:
        return None
    if not by_moments(side, tuple(closure([value], scope, span)), frozenset(), scope)[1]:
        return None
    middle, spread = told_of(value, scope)
    inner = mean(spread, None, None, span, ctx)
    if not instances(middle, scope):
        return inner
    outer = _total_variance(middle, span, ctx)
    if outer is None:
        away = t.Add(((1, middle), (-1, mean(middle, None, None, span, ctx))), span=span)
        outer = mean(t.Power(away, t.Constant(Fraction(2)), span=span), None, None, span, ctx)
    return t.Add(((1, inner), (1, outer)), span=span)


def of_densities(group: n.Group, scope: Scope) -> bool:
    """Whether nothing but letters of densities stands in brackets: ``H(p)``, ``H(p, q)``."""
    parts = [strip(item) for item in _items(group.body)]
    return all(
        isinstance(part, n.Name)
        and part.text not in scope.names
        and (part.text in scope.measures or (part.text in scope.densities and bool(scope.factors)))
        for part in parts
    )


def entropy(group: n.Group, span: Span, ctx: Context) -> Term:
    """H[q] = −E_q[log q]: of a q of the document, or of random values of the model (``H[z \\mid x]``).

    Of two densities it is the cross-entropy −E_p[log q].
    """
    if isinstance(group.body, n.Tuple) and len(group.body.items) == 2 and of_densities(group, ctx.scope):
        left, right = _of_one_value(group.body, ctx)
        return _negative(_under_density(left, log_of(ctx.term(right), ctx.scope), span, ctx), span)
    node = strip(_of_its_value(group.body, ctx))
    text = _letter(node.factors[0]) if isinstance(node, n.Product) else _letter(node)
    if text in ctx.scope.measures:
        known = ctx.scope.measures[text]
        if isinstance(node, n.Product) and isinstance(node.factors[1], n.Group):
            before, _ = _sides(node.factors[1])
            inside = [found for found, _ in (_random(strip(item), ctx) for item in _items(before)) if found]
        else:
            inside = [Instance(key) for key, one in known.items() if not one.letters]
        latent, log = _under(text, inside, span, ctx)
        return _negative(mean_of(log, latent, log, ctx.scope, span), span)
    match node:
        case n.Product(factors=(n.Name(text=letter), n.Group() as inner)) if (
            letter in ctx.scope.densities and node != group.body
        ):
            group = inner
    made = density(group, span, ctx)
    _, given = _sides(group)
    behind, values = random_values(given, ctx)
    return _negative(_at_values(expected(made.log, frozenset(behind), span, ctx), values, ctx), span)


def _negative(term: Term, span: Span) -> Term:
    return t.Add(((-1, term),), span=span)


def _of_its_value(node: n.Node, ctx: Context) -> n.Node:
    """``q`` for ``q(z)``, and ``p`` for ``p(z)`` with the z that a q of the document is of."""
    text = _letter(strip(node))
    known: Mapping[str, Measure | Factor] | None = ctx.scope.measures.get(text)
    if known is None and text in ctx.scope.densities and text not in ctx.scope.names:
        known = {key: one for each in ctx.scope.measures.values() for key, one in each.items()}
        known = known or {key: one for key, one in ctx.scope.factors.items() if not one.borrowed}
    if not isinstance(strip(node), n.Name) or not known or len(known) != 1:
        return node
    (key,) = known
    if known[key].letters:
        return node
    visible = next((name for name, found in ctx.scope.names.items() if found.key == key), None)
    if visible is None:
        return node
    value = n.Name(visible, span=node.span) if "#" in visible else parse_expression(visible)
    return n.Product((strip(node), n.Group(value, span=node.span)), ("",), span=node.span)


def _of_one_value(pair: n.Tuple, ctx: Context) -> tuple[n.Node, n.Node]:
    """Two densities, of the same value where the second is a letter alone."""
    left, other = _of_its_value(pair.items[0], ctx), strip(pair.items[1])
    match strip(left):
        case n.Product(factors=(_, n.Group() as group), operators=("",)) if isinstance(other, n.Name):
            return left, n.Product((other, group), ("",), span=other.span)
    return left, _of_its_value(other, ctx)


def divergence(group: n.Group, span: Span, ctx: Context) -> Term:
    r"""KL(q ‖ p) = E_q[log q − log p]."""
    body = group.body
    if not (isinstance(body, n.Tuple) and len(body.items) == 2):
        raise Refusal(
            "arguments", span, "a divergence is of two densities", "write `\\mathrm{KL}(q(z) \\,\\|\\, p(z))`"
        )
    if (named := _of_named(body, span, ctx)) is not None:
        return named
    left, right = _of_one_value(body, ctx)
    first, second = ctx.term(left), ctx.term(right)
    ratio = summed([(1, log_of(first, ctx.scope)), (-1, log_of(second, ctx.scope))])
    return _under_density(left, ratio, span, ctx)


def _of_named(pair: n.Tuple, span: Span, ctx: Context) -> Term | None:
    r"""``\mathrm{KL}(\mathcal{N}(m, S) \,\|\, \mathcal{N}(0, I))``: of families by their names, of any value."""
    made = [parameters_of(item, ctx) for item in pair.items]
    if made[0] is None or made[1] is None:
        return None
    (family, parameters), (other, others) = made[0], made[1]
    shape, domain = shape_of_values(family, parameters, ctx.scope), domain_of(family, parameters, ctx.scope)
    if shape is None or domain != domain_of(other, others, ctx.scope):
        raise Refusal("not-checked", span, "the values of these distributions do not lie in the same set")
    bound = t.Bound(ctx.scope.fresh(NAMELESS.rstrip("#")), shape, domain)
    value = t.Variable(bound.key, shape=shape, span=span)
    first, second = (
        at_value(one, value, given, span, ctx).log for one, given in ((family, parameters), (other, others))
    )
    return t.Expectation((bound,), first, summed([(1, first), (-1, second)]), span=span)


def _under_density(left: n.Node, value: Term, span: Span, ctx: Context) -> Term:
    """The mean of a value under a density that is written with the value of which it is one."""
    node = strip(left)
    if isinstance(node, n.Product) and isinstance(node.factors[1], n.Group) and len(node.factors) == 2:
        if _letter(node.factors[0]) in ctx.scope.measures:
            return mean(value, None, node, span, ctx)
        behind, values = random_values(_sides(node.factors[1])[1], ctx)
        return _at_values(expected(value, frozenset(behind), span, ctx), values, ctx)
    raise Refusal("arguments", left.span, "the first density here has to be written with its value: `q(z)`")
