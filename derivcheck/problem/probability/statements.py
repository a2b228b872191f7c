r"""Statements that make the model: ``z \sim \mathcal{N}(0, 1)``, ``p(x \mid z) = …``, ``q(z) = …``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from derivcheck.language import nodes as n
from derivcheck.language.nodes import walk
from derivcheck.language.printing import plain
from derivcheck.language.shapes import ONE, Dim, Domain, Shape, is_scalar
from derivcheck.problem import terms as t
from derivcheck.problem.builder import Builder
from derivcheck.problem.context import Context, key_of, strip
from derivcheck.problem.declarations import declare_one, ranging_letters
from derivcheck.problem.domains import declare_sizes
from derivcheck.problem.facts import negative
from derivcheck.problem.indices import size_dim
from derivcheck.problem.names import how_to_declare
from derivcheck.problem.newness import of_chance
from derivcheck.problem.probability.cases import opens, pinned, with_case
from derivcheck.problem.probability.distributions import ALIASES, domain_of, shape_of_values
from derivcheck.problem.probability.logs import log_of
from derivcheck.problem.probability.model import follows_from, place_of, unread, unread_names
from derivcheck.problem.probability.operators import NAMELESS, at_value, given_names, parameters_of, refuse_given_else
from derivcheck.problem.probability.stacked import drawn_together, stack_of
from derivcheck.problem.scope import DENSITIES, MOMENTS, Declaration, Factor, IndexInfo, Measure, Refusal, Scope
from derivcheck.problem.substitution import at_indices
from derivcheck.problem.terms import Term
from derivcheck.reading.items import Item, Statement


def drawn_from(item: Statement, builder: Builder) -> bool:
    r"""``x \mid z \sim D``: a line of the model if x has none yet; False for a claim about x."""
    left, given = _bar(item.members[0])
    left = _as_family(left, builder)
    name, behind, density = _density_head(left)
    if name is not None and name not in builder.scope.densities:
        _measure(name, behind, item.members[1], item, builder)
        return True
    if density:
        left, given = _bar(behind)
        left = _as_family(left, builder)
    if given is None and (stack := stack_of(left, builder)) is not None:
        drawn_together(stack, item.members[1], item, builder)
        return True
    values = list(left.items) if isinstance(left, n.Tuple) else [left]
    values = [value for value in values if not (isinstance(value, n.Symbol) and value.text.endswith("dots"))]
    if all(is_random(value, builder, given) for value in values):
        return False
    right = strip(item.members[1])
    if parameters_of(right, builder.context({})) is None and not isinstance(right, n.Product | n.Big | n.Add):
        reason = f"`{plain(right)}` is not understood as a probability distribution"
        raise Refusal("not-checked", item.members[1].span, reason, "write one such as `\\mathcal{N}(\\mu, \\sigma^2)`")
    if given is not None:
        _known(given, builder)
    for value in _without_runs(values, left):
        _factor(value, item.members[1], item, builder, given)
    builder.head = None
    return True


def states_density(item: Statement, builder: Builder) -> bool:
    r"""``p(x \mid z) = …`` of an x that has no line in the model yet, and ``q(z) = …``; False for anything else."""
    name, behind, density = _density_head(strip(item.members[0]))
    if not density or name is None or len(item.members) < 2:
        return False
    left, given = _bar(behind)
    by_chance = isinstance(left, n.Compare) or of_chance(builder.scope)
    if given is None and (name in builder.scope.names or not by_chance):
        return False
    if name not in builder.scope.densities:
        _measure(name, behind, item.members[1], item, builder)
        return True
    value = left.members[0] if isinstance(left, n.Compare) else left
    if isinstance(left, n.Tuple) or is_random(left, builder, given):
        return False
    if isinstance(left, n.Compare) and not declared_key(value, builder):
        return False
    key = declared_key(value, builder) or key_of(value)
    lines = unread_names(builder.scope)
    if lines.get(key, item.span) != item.span:
        # What the other line says of it is not known: this may be one of its consequences.
        raise unread(key, lines[key], item.span, builder.scope)
    if given is not None:
        _known(given, builder)
    _factor(left, item.members[1], item, builder, given)
    return True


def names_density(item: Statement, builder: Builder) -> bool:
    r"""``p = \mathcal{N}(m, S)`` of a p that is new: the density of a value without a name."""
    left, scope = strip(item.members[0]), builder.scope
    if len(item.members) != 2 or not isinstance(left, n.Name) or left.text in scope.names:
        return False
    match strip(item.members[1]):
        case n.Product(factors=(n.Name(text=text), n.Group()), operators=("",)) if (
            text in ALIASES and text not in scope.names
        ):
            pass
        case n.Apply(word=n.Word(text="exp")):
            pass
        case _:
            return False
    made = parameters_of(item.members[1], builder.context({})) if of_chance(scope) else None
    if made is None:
        return False
    family, parameters = made
    # Of ``\mathcal{N}(0, I)`` the density beside it tells how many numbers it is of.
    shape = shape_of_values(family, parameters, scope) or (scope.unknown("?r"), ONE)
    domain = domain_of(family, parameters, scope)
    nameless = [(name, scope.declarations[name]) for name in scope.declarations if name.startswith(NAMELESS)]
    alike = (name for name, known in nameless if known.domain == domain and scope.unify_shapes(known.shape, shape))
    visible = next(alike, None) or scope.fresh("x")
    if visible not in scope.names:
        declare_one(n.Name(visible, span=left.span), shape, domain, builder.context())
    _measure(left.text, n.Name(visible, span=left.span), item.members[1], item, builder)
    return True


def _as_family(node: n.Node, builder: Builder) -> n.Node:
    r"""``x_1, \dots, x_N`` as ``x_i``, where i runs from 1 to N."""
    match node:
        case n.Tuple(items=(n.Scripted(base=base, sub=n.Number(value=first), sup=None) as one, *middle, n.Scripted())):
            last = node.items[-1]
        case _:
            return node
    dots = all(isinstance(part, n.Symbol | n.Scripted) for part in middle) and any(
        isinstance(part, n.Symbol) and part.text.endswith("dots") for part in middle
    )
    scope = builder.scope
    if not dots or first != 1 or not isinstance(last, n.Scripted) or last.base != base or last.sub is None:
        return node
    declare_sizes(last.sub, scope)
    size = size_dim(last.sub, builder.context())
    letter = next((each for each in "ijklnm" if each not in scope.names and _ranges_alike(each, size, scope)), None)
    if size is None or letter is None:
        return node
    scope.ranges.setdefault(letter, (1, size))
    return n.Scripted(base, n.Name(letter, span=one.span), None, span=node.span)


def _ranges_alike(letter: str, size: Dim | None, scope: Scope) -> bool:
    return letter not in scope.ranges or scope.ranges[letter] == (1, size)


def _density_head(node: n.Node) -> tuple[str | None, n.Node, bool]:
    """The letter of ``p(…)`` or ``q(…)`` and what stands in its brackets."""
    match node:
        case n.Product(factors=(n.Name() | n.Scripted() as head, n.Group(fence="(") as group), operators=("",)):
            base = head.base if isinstance(head, n.Scripted) else head
            if isinstance(base, n.Name) and (base.text in DENSITIES or base.text == "q"):
                return base.text, group.body, True
    return None, node, False


def densities(items: Iterable[Item]) -> frozenset[str]:
    """The letters of the model's density: q as well where q is said of values given others, and there is no p."""
    parts = [part for one in items if isinstance(one, Statement) for node in one.members for part in walk(node)]
    if any(isinstance(part, n.Name) and part.text in DENSITIES for part in parts):
        return DENSITIES
    heads = ((name, inside) for name, inside, found in map(_density_head, parts) if found)
    given = any(name == "q" and _bar(inside)[1] is not None for name, inside in heads)
    return DENSITIES | {"q"} if given else DENSITIES


def _bar(node: n.Node) -> tuple[n.Node, n.Node | None]:
    node = strip(node)
    if isinstance(node, n.Given):
        return strip(node.left), node.right
    if isinstance(node, n.Tuple) and ";" in node.separators:
        return strip(node.items[0]), None
    return node, None


def _without_runs(values: list[n.Node], left: n.Node) -> list[n.Node]:
    """``x_1, …, x_N`` once, as the run that it is."""
    dots = isinstance(left, n.Tuple) and len(values) < len(left.items)
    return [left] if dots else values


def is_random(node: n.Node, builder: Builder, given: n.Node | None = None) -> bool:
    """Whether a line of the model says how a name, or the family of which it is a member, is distributed.

    Where that is told case by case, whether it is told for the case of ``z = 1``.
    """
    value = node.members[0] if isinstance(node, n.Compare) else node
    factor = builder.scope.factors.get(declared_key(value, builder))
    if factor is None or factor.borrowed:
        return False
    return not opens(pinned(node, given, builder.context({})), factor)


def declared_key(node: n.Node, builder: Builder) -> str:
    """The key of the declared name of which this is the whole or a member; empty if there is none."""
    node = strip(node)
    if not isinstance(node, n.Name | n.Scripted):
        return ""
    try:
        term = builder.context({}).term(node)
    except Refusal:
        found = builder.scope.names.get(key_of(node))
        return found.key if isinstance(found, Declaration) else ""
    match term:
        case t.Variable(key=key) | t.Entry(argument=t.Variable(key=key)):
            return key
    return ""


def _known(given: n.Node, builder: Builder) -> None:
    """What stands behind the bar has to be known."""
    ctx = builder.context({})
    for item in given.items if isinstance(given, n.Tuple) else (given,):
        if not isinstance(item, n.Symbol):
            try:
                ctx.term(item.members[0] if isinstance(item, n.Compare) else item)
            except Refusal as refusal:
                if refusal.code != "family-without-index":
                    raise


def _factor(value: n.Node, right: n.Node, item: Statement, builder: Builder, given: n.Node | None = None) -> None:
    """One line of the model: the value is declared if it is new, its density becomes a factor."""
    free: dict[str, IndexInfo] = {}
    ctx = builder.context(free)
    right = _without_value(right, value)
    made = parameters_of(right, ctx)
    value = whole = strip(value)
    places = [*(given.items if isinstance(given, n.Tuple) else (given,)), value]
    if isinstance(value, n.Compare):
        value = strip(value.members[0])
    domain: Domain | None = None
    if made is not None:
        family, parameters = made
        domain = domain_of(family, parameters, ctx.scope)
        shape = shape_of_values(family, parameters, ctx.scope)
        if shape is None and (builder.retrying or builder.waiting):
            # The noise of a ``y = f + \epsilon`` that waits for this: what it is added to tells its shape.
            shape = (ctx.scope.resolve(parameters[-1].shape[0]), ONE)
        _declare(value, shape, domain, ctx)
    term = _value(value, ctx)
    if made is not None:
        log = at_value(family, term, parameters, item.span, ctx).log
    else:
        log = log_of(replace(ctx, argument=term).term(right), ctx.scope)
    named = _places(places, free, ctx)
    log = at_indices(log, named)
    key, letters, sizes, entries = place_of(term, free, ctx)
    loose = {info.name for info in free.values()}.difference(letters) & {
        part.name for part in t.walk(log) if isinstance(part, t.Index)
    }
    if loose:
        name, letter = plain(value), min(loose).partition("#")[0]
        raise Refusal("model", item.span, f"`{name}` is one value, and its density is another for every `{letter}`")
    found = ctx.scope.declarations.get(key)
    if (other := follows_from(key, log, ctx.scope)) is not None:
        name, behind = plain(value), ctx.scope.declarations[other].text
        reason = f"`{behind}` is told given `{name}`: this follows from a density of `{name}`, which is not said"
        raise Refusal("no-model", item.span, reason, f"state that before this line, as in: let `{name} \\sim …`")
    if found is None:
        raise Refusal("model", value.span, f"`{plain(value)}` is defined, so that it cannot be random too")
    if domain is None:
        domain = found.domain
    elif found.domain != domain and domain.kind != "real":
        for visible, known in list(ctx.scope.names.items()):
            if known == found:
                ctx.scope.enter(visible, replace(found, domain=domain))
    builder.makers.indices.update({info.name: info for info in free.values()})
    pins = tuple(replace(pin, left=at_indices(pin.left, named)) for pin in pinned(whole, given, ctx))
    told = None
    if made is not None and family.moments is not None and not (letters or named or pins) and is_scalar(term.shape):
        told = family.moments(*parameters)
    only = item.lead == MOMENTS
    factor = Factor(key, log, domain, item.span, letters, sizes, entries, moments=only, told=told)
    ctx.scope.factors[key] = with_case(factor, ctx.scope.factors.get(key), pins)
    builder.line(item.span, "model", plain(value), ctx.scope.show(term.shape))


def _without_value(right: n.Node, value: n.Node) -> n.Node:
    r"""``\mathcal{N}(x; m, s)`` said of x, without the x."""
    match strip(right):
        case n.Product(factors=(n.Name(text=text) as head, n.Group() as group), operators=("",)) if text in ALIASES:
            body = group.body
            if isinstance(body, n.Given) and strip(body.left) == strip(value):
                return n.Product((head, replace(group, body=body.right)), ("",), span=right.span)
            if isinstance(body, n.Tuple) and body.separators[0] == ";" and strip(body.items[0]) == strip(value):
                rest = body.items[1] if len(body.items) == 2 else replace(
                    body, items=body.items[1:], separators=body.separators[1:]
                )  # fmt: skip
                return n.Product((head, replace(group, body=rest)), ("",), span=right.span)
    return right


def _places(conditions: list[n.Node | None], free: dict[str, IndexInfo], ctx: Context) -> dict[str, Term]:
    """``z_i = k``: what holds for every k is said of the place at which the random value is."""
    found: dict[str, Term] = {}
    for node in conditions:
        match node:
            case n.Compare(members=(left, n.Name(text=text)), relations=("=",)) if text in free:
                found[free.pop(text).name] = ctx.term(left)
    return found


def _declare(value: n.Node, shape: Shape | None, domain: Domain, ctx: Context) -> None:
    """A new name gets the shape and the domain that its distribution gives it."""
    if not isinstance(value, n.Name | n.Scripted) or shape is None:
        return
    letters = ranging_letters(value, ctx)
    known = key_of(value) in ctx.scope.names or _resolves(value, ctx)
    if known:
        return
    if domain.kind == "natural" and letters is None:
        key = key_of(value)
        ctx.scope.enter(key, Declaration(key, plain(value), shape, domain, value.span))
        return
    declare_one(value, shape, domain, ctx)


def _resolves(value: n.Node, ctx: Context) -> bool:
    """Whether it is a declared name or a member of one; the unit vector that ``e_n`` is otherwise is none."""
    try:
        term = replace(ctx, free=dict(ctx.free or {})).term(value)
    except Refusal:
        return False
    return bool(t.variables(term))


def _value(value: n.Node, ctx: Context) -> Term:
    """The random value as a term; a family is taken at a free index."""
    try:
        return ctx.term(value)
    except Refusal as refusal:
        if refusal.code == "unknown-name":
            raise Refusal(
                "unknown-name", value.span, f"the shape of `{plain(value)}` is not known",
                how_to_declare(key_of(value), ctx.scope),
            ) from refusal  # fmt: skip
        raise


def _measure(text: str, behind: n.Node, right: n.Node, item: Statement, builder: Builder) -> None:
    """``q(z) = …``: the density of a random value under a name of its own."""
    value, given = _bar(behind)
    right = _without_value(right, value)
    free: dict[str, IndexInfo] = {}
    ctx = builder.context(free)
    scope = ctx.scope
    made = parameters_of(right, ctx)
    if declared_key(value, builder) == "":
        if made is None:
            raise Refusal("unknown-name", value.span, f"`{plain(value)}` is not declared")
        family, parameters = made
        _declare(value, shape_of_values(family, parameters, scope), domain_of(family, parameters, scope), ctx)
    term = _value(value, ctx)
    density: Term
    if made is not None:
        density = at_value(made[0], term, made[1], item.span, ctx)
    else:
        density = replace(ctx, argument=term).term(right)
    if negative(density, scope):
        raise Refusal("model", right.span, f"`{plain(right)}` is negative: it is no density", wrong=True)
    key, letters, sizes, entries = place_of(term, free, ctx)
    refuse_given_else(scope.measures.get(text, {}).get(key), given, item.span)
    frozen = any(isinstance(part, t.Density) and part.evidence is not None for part in t.walk(density))
    frozen = frozen or bool(set(_parameters(scope, key)) & t.variables(density))
    if key not in scope.factors:
        # Nothing else is said of it: it is random under q alone.
        declared = scope.declarations.get(key)
        domain = Domain() if declared is None else declared.domain
        log = log_of(density, scope)
        scope.factors[key] = Factor(key, log, domain, item.span, letters, sizes, entries, borrowed=True)
    builder.makers.indices.update({info.name: info for info in free.values()})
    scope.measures.setdefault(text, {})[key] = Measure(
        key, log_of(density, scope), letters, frozen, item.span, given_names(given)
    )
    builder.line(item.span, "definition", f"{text}({plain(value)})")
    builder.head = None


def _parameters(scope: Scope, key: str) -> set[str]:
    """The names of the model that are not random."""
    found = {name for factor in scope.factors.values() for name in t.variables(factor.log)}
    return {name for name in found if name not in scope.factors and name != key}
