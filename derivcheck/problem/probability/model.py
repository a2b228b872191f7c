"""The model of a document: which names are random, on what they depend, and the joint density of some of them.

p(a, b | c) is worked out from the factors of the model: the ancestors of what is asked for are taken in, and those
that are neither asked for nor given are integrated out.

Where a random value stands: its name, and the indices by which a family of it runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from derivcheck.language.shapes import SCALAR, Dim
from derivcheck.problem import terms as t
from derivcheck.problem.context import Context
from derivcheck.problem.facts import behind, depends, recurs
from derivcheck.problem.probability.logs import summed
from derivcheck.problem.scope import IndexInfo, Refusal, Scope
from derivcheck.problem.substitution import at_indices, member, rewrite
from derivcheck.problem.terms import Term
from derivcheck.reading.phrases import INDEPENDENT
from derivcheck.source import Span


@dataclass(frozen=True, slots=True)
class Instance:
    """One random value: a name, at the indices that pick a member of it; ``None`` for all members together."""

    key: str
    position: tuple[Term, ...] | None = ()


def instance_of(term: Term, scope: Scope) -> Instance | None:
    """The random value that a term is, or None."""
    match term:
        case t.Variable(key=key, indices=indices) if key in scope.factors:
            factor = scope.factors[key]
            if factor.entries:
                return Instance(key, None)
            return Instance(key, indices)
        case t.Entry(argument=t.Variable(key=key, indices=()), row=row) if key in scope.factors:
            if scope.factors[key].entries and row is not None:
                return Instance(key, (row,))
    return None


def factor_at(instance: Instance, scope: Scope) -> Term:
    """The log density of one random value given its parents."""
    factor = scope.factors[instance.key]
    assert instance.position is not None
    return at_indices(factor.log, dict(zip(factor.letters, instance.position, strict=True)))


def instances(term: Term, scope: Scope) -> list[Instance]:
    """The random values that stand in a term, also through what the document defines; each once."""
    found: dict[Instance, None] = {}
    inside: set[int] = set()
    running = {part.index for part in t.walk(term) if isinstance(part, t.Reduce)}
    running |= {name for part in t.walk(term) if isinstance(part, t.Gather) for name in part.indices}
    seen: set[str] = set()
    for part in t.walk(term):
        if id(part) in inside:
            continue
        made = instance_of(part, scope)
        if made is None:
            if isinstance(part, t.Variable) and part.key in scope.definitions and part.key not in seen:
                seen.add(part.key)
                definition = scope.definitions[part.key]
                if recurs(part.key, scope):
                    reached = behind((definition.term,), scope.definitions)
                    found |= {Instance(key, None): None for key in scope.factors if key in reached}
                    continue
                for inner in instances(member(definition, part.indices), scope):
                    found.setdefault(_widened(inner, running))
            continue
        if isinstance(part, t.Entry):
            inside.add(id(part.argument))
        found.setdefault(_widened(made, running))
    return list(found)


def _widened(instance: Instance, running: set[str]) -> Instance:
    """All members where the index runs inside the term."""
    if instance.position is None:
        return instance
    names = {part.name for term in instance.position for part in t.walk(term) if isinstance(part, t.Index)}
    return Instance(instance.key, None) if names & running else instance


def closure(start: Iterable[Instance], scope: Scope, span: Span) -> list[Instance]:
    """These random values and all on which they depend."""
    found: dict[Instance, None] = {}
    stack = list(start)
    while stack:
        instance = stack.pop()
        if instance in found:
            continue
        found[instance] = None
        if instance.position is not None:
            parents = instances(factor_at(instance, scope), scope)
            if any(parent.key == instance.key and parent != instance for parent in parents):
                name = scope.declarations[instance.key].text
                reason = f"`{name}` depends on another member of its family, and a chain is not integrated out"
                raise Refusal("not-checked", span, reason, "state it given the members on which it depends")
            stack.extend(parents)
    return list(found)


def follows_from(key: str, log: Term, scope: Scope) -> str | None:
    """A random name that stands in the log density of ``key`` and is itself told given ``key``, if there is one."""
    for first in {instance.key for instance in instances(log, scope)} - {key}:
        seen, stack = set(), [first]
        while stack:
            name = stack.pop()
            if name in seen or scope.factors[name].borrowed:
                continue
            seen.add(name)
            if depends(scope.factors[name].log, key, scope):
                return first
            stack.extend(instance.key for instance in instances(scope.factors[name].log, scope))
    return None


def unlinked(found: Iterable[Instance], scope: Scope) -> tuple[str, str] | None:
    r"""Two random names of which nothing tells how they go together: two lines ``\sim`` do not make them independent.

    Names that one line of the model or a definition brings together are a model, in which what is new is independent.
    """
    first, *others = dict.fromkeys(one.key for one in found)
    if not others or INDEPENDENT.search(scope.text):
        return None
    made = scope.definitions
    random = {
        key for key, one in made.items() if behind((one.term,), made) & scope.factors.keys()
    } | scope.factors.keys()
    told = [{key, *t.variables(one.term)} & random for key, one in made.items()]
    told += [{key, *t.variables(one.log)} & random for key, one in scope.factors.items()]
    joined, more = set[str](), {first}
    while more:
        joined |= more
        more = set[str]().union(*(group for group in told if group & joined)) - joined
    return next(((first, key) for key in others if key not in joined), None)


@dataclass(frozen=True, slots=True)
class Joint:
    """The log density of some random values: log ∫ exp(``bound``) over the ``latent`` ones, plus the ``outside``."""

    latent: tuple[Instance, ...]
    bound: tuple[Term, ...]
    outside: tuple[Term, ...]


def joint(targets: frozenset[Instance], scope: Scope, span: Span) -> Joint:
    """log p of these values together; all other random values among their ancestors are integrated out."""
    wholes = [instance for instance in targets if instance.position is None]
    single = [instance for instance in targets if instance.position is not None]
    parts: list[Term] = []
    rest: set[Instance] = set(single)
    if wholes:
        term, ancestors = _members(wholes, frozenset(single), scope, span)
        parts.append(term)
        rest |= ancestors
    everything = closure(rest, scope, span)
    if (two := unlinked([*wholes, *everything], scope)) is not None:
        names = " and ".join(f"`{scope.declarations[key].text}`" for key in two)
        raise Refusal("not-checked", span, f"nothing says that {names} are independent", "say so where they are drawn")
    if any(instance.position is None and instance not in targets for instance in everything):
        raise Refusal("not-checked", span, "the members of a family together are not integrated out here")
    parts += [factor_at(instance, scope) for instance in everything if instance.position is not None]
    parts = _without_pairs(parts)
    latent = tuple(instance for instance in everything if instance not in targets)
    bound = tuple(part for part in parts if any(mentions(part, instance, scope) for instance in latent))
    outside = tuple(part for part in parts if part not in bound)
    return Joint(latent, bound, outside)


def _without_pairs(parts: list[Term]) -> list[Term]:
    """The parts of a log density without integrals that stand in it with both signs."""
    signed = [pair for part in parts for pair in (part.terms if isinstance(part, t.Add) else ((1, part),))]
    known = [pair for pair in signed if isinstance(pair[1], t.LogIntegral)]
    if not any((-sign, part) in known for sign, part in known):
        return parts
    left: list[tuple[int, Term]] = []
    for sign, part in signed:
        if isinstance(part, t.LogIntegral) and (-sign, part) in left:
            left.remove((-sign, part))
        else:
            left.append((sign, part))
    return [part if sign > 0 else t.Add(((sign, part),), shape=part.shape) for sign, part in left]


def _members(
    wholes: list[Instance], single: frozenset[Instance], scope: Scope, span: Span
) -> tuple[Term, set[Instance]]:
    """The log density of all members of families, a sum over their index; and the other values that it depends on."""
    sizes = {scope.resolve(scope.factors[instance.key].sizes[0]) for instance in wholes}
    if len(sizes) != 1 or any(len(scope.factors[instance.key].letters) != 1 for instance in wholes):
        raise Refusal("not-checked", span, "families that run over different indices are not taken together here")
    size: Dim = sizes.pop()
    index = scope.fresh("i")
    place: tuple[Term, ...] = (t.Index(index),)
    asked = [Instance(instance.key, place) for instance in wholes]
    everything = closure(asked, scope, span)
    own = [instance for instance in everything if instance.position == place]
    latent = [instance for instance in own if instance not in asked]
    body = summed([(1, factor_at(instance, scope)) for instance in own])
    log = integral(tuple(latent), body, scope) if latent else body
    lower = t.Constant(Fraction(1))
    total = t.Reduce("sum", index, lower, t.Size(size), (), log, span=span)
    return total, {instance for instance in everything if instance not in own}


def mentions(term: Term, instance: Instance, scope: Scope) -> bool:
    """Whether a random value stands in a term."""
    found = instances(term, scope)
    return instance in found or Instance(instance.key, None) in found


def replaced(term: Term, instance: Instance, value: Term, scope: Scope) -> Term:
    """The term with another value in the place of a random one, also as what a derivative is taken by."""

    def rule(part: Term) -> Term | None:
        if instance_of(part, scope) == instance:
            return replace(value, span=part.span)
        match part:
            case t.Derivative(key=key, indices=indices) if (
                key == instance.key and indices == instance.position and isinstance(value, t.Variable)
            ):
                return replace(part, target=rewrite(part.target, rule, instance.key), key=value.key, indices=())
            case t.Variable(key=key, indices=indices) if key in scope.definitions:
                definition = scope.definitions[key]
                if depends(definition.term, instance.key, scope):
                    if recurs(key, scope):
                        reason = f"`{definition.text}` rests on random values one after the other"
                        raise Refusal("not-checked", part.span, reason)
                    return rewrite(member(definition, part.indices), rule, instance.key)
        return None

    return rewrite(term, rule, instance.key)


def bound_to(instance: Instance, scope: Scope) -> tuple[t.Bound, Term]:
    """What an integral over a random value runs over, and the term that stands for the value inside."""
    factor = scope.factors[instance.key]
    declaration = scope.declarations[instance.key]
    shape = SCALAR if factor.entries else scope.resolve_shape(declaration.shape)
    key = scope.fresh(instance.key)
    return t.Bound(key, shape, factor.domain), t.Variable(key, shape=shape)


def integral(latent: tuple[Instance, ...], log: Term, scope: Scope) -> Term:
    """log ∫ exp(log) over random values."""
    bounds, body = over(latent, (log,), scope)
    return t.LogIntegral(bounds, body[0])


def over(latent: tuple[Instance, ...], parts: tuple[Term, ...], scope: Scope) -> tuple[tuple[t.Bound, ...], list[Term]]:
    """Bounds for random values, finite ones first, and the terms with the bounds in their places."""
    ordered = sorted(latent, key=lambda instance: scope.factors[instance.key].domain.kind not in ("finite", "onehot"))
    bounds: list[t.Bound] = []
    made = list(parts)
    for instance in ordered:
        if instance.position is None:
            raise Refusal("not-checked", parts[0].span, "the members of a family together are not integrated out here")
        bound, value = bound_to(instance, scope)
        bounds.append(bound)
        made = [replaced(part, instance, value, scope) for part in made]
    return tuple(bounds), made


def log_of_joint(made: Joint, scope: Scope) -> Term:
    """The log density that a ``Joint`` stands for."""
    outside = [(1, part) for part in made.outside]
    if not made.latent:
        return summed(outside)
    bound = [(1, part) for part in made.bound]
    return summed([*outside, (1, integral(made.latent, summed(bound), scope))])


def conditional(
    targets: frozenset[Instance],
    given: frozenset[Instance],
    variables: tuple[Term, ...],
    scope: Scope,
    span: Span,
) -> t.Density:
    """p(targets | given) = p(targets, given) / p(given); what stands in both is left out."""
    if (direct := _stated(targets, given, scope)) is not None:
        return t.Density(direct, variables, span=span)
    both = joint(targets | given, scope, span)
    if not given:
        return t.Density(log_of_joint(both, scope), variables, span=span)
    below = joint(given, scope, span)
    above = list(both.outside)
    left = []
    for part in below.outside:
        if part in above:
            above.remove(part)
        else:
            left.append(part)
    top = log_of_joint(replace(both, outside=tuple(above)), scope)
    bottom = log_of_joint(replace(below, outside=tuple(left)), scope)
    if not left and not below.latent:
        return t.Density(top, variables, span=span)
    return t.Density(summed([(1, top), (-1, bottom)]), variables, joint=top, evidence=bottom, span=span)


def _stated(targets: frozenset[Instance], given: frozenset[Instance], scope: Scope) -> Term | None:
    """The line of the model itself, where one value is asked for given just those on which it depends."""
    if len(targets) != 1 or not given:
        return None
    (target,) = targets
    if target.position is None:
        return None
    log = factor_at(target, scope)
    return log if set(instances(log, scope)) - targets == given else None


def parameters_of_model(scope: Scope) -> tuple[str, ...]:
    """The names that stand in the model and are not random: what a frozen q does not follow."""
    logs = [factor.log for factor in scope.factors.values()]
    return tuple(sorted(behind(logs, scope.definitions, scope.factors) - scope.factors.keys()))


def mean_of_columns(body: Term, asked: Sequence[Instance], scope: Scope, span: Span) -> Term | None:
    """The mean over all members of random columns together, of what rests on them one after the other; else None.

    Only of members that depend on no other random value. They are bound under their own names, so that whatever
    is defined by them is worked out anew.
    """
    steps = [key for key in behind((body,), scope.definitions) if recurs(key, scope)]
    keys = {instance.key for instance in asked}
    if not any(
        depends(scope.definitions[key].term, name, scope) for key in steps if key in scope.definitions for name in keys
    ):
        return None
    logs: list[tuple[int, Term]] = []
    bounds: list[t.Bound] = []
    for key in sorted(keys):
        factor, shape = scope.factors[key], scope.resolve_shape(scope.declarations[key].shape)
        if not factor.entries or len(factor.letters) != 1 or behind((factor.log,), scope.definitions) & keys != {key}:
            raise Refusal("not-checked", span, "the members of a family together are not integrated out here")
        (letter,) = factor.letters
        lower, upper = t.Constant(Fraction(1)), t.Size(shape[0])
        logs.append((1, t.Reduce("sum", letter, lower, upper, (), factor.log, span=span)))
        bounds.append(t.Bound(key, shape, factor.domain))
    return t.Expectation(tuple(bounds), summed(logs), body, shape=body.shape, span=span)


def mean_of(body: Term, latent: tuple[Instance, ...], log: Term, scope: Scope, span: Span) -> Term:
    """The mean of a value over random ones with this log density; what does not depend on them is left out of it."""
    bounds, (inside, inner) = over(latent, (log, body), scope)
    return t.Expectation(bounds, _relevant(inside, {bound.key for bound in bounds}), inner, shape=body.shape, span=span)


def _relevant(log: Term, keys: set[str]) -> Term:
    match log:
        case t.Frozen(body=body, names=names):
            return t.Frozen(_relevant(body, keys), names)
        case t.Add(terms=parts):
            return summed([(sign, _relevant(part, keys)) for sign, part in parts if t.variables(part) & keys])
    return log


def unread_names(scope: Scope) -> dict[str, Span]:
    """The names whose line of the model was not understood, and of which no other line has told since."""
    return {key: span for key, span in scope.unread.items() if key not in scope.factors or scope.factors[key].borrowed}


def refuse_unread(parts: Iterable[Term], span: Span, scope: Scope) -> None:
    """Refuse what depends on a name whose line of the model was not understood."""
    if not scope.unread:
        return
    found = list(parts)
    for key, line in unread_names(scope).items():
        if any(depends(part, key, scope) for part in found):
            raise unread(key, line, span, scope)


def unread(key: str, line: Span, span: Span, scope: Scope) -> Refusal:
    """Why a density is not known."""
    text = scope.declarations[key].text if key in scope.declarations else key
    reason = f"how `{text}` is distributed was said in a line that is not understood: `{scope.quote(line)}`"
    return Refusal("no-model", span, reason)


def place_of(
    term: Term, free: dict[str, IndexInfo], ctx: Context
) -> tuple[str, tuple[str, ...], tuple[Dim, ...], bool]:
    """The key of a random value, the indices over which it runs, their sizes, and whether they pick entries."""
    match term:
        case t.Variable(key=key, indices=()):
            return key, (), (), False
        case t.Variable(key=key, indices=indices) if all(isinstance(index, t.Index) for index in indices):
            names = tuple(index.name for index in indices if isinstance(index, t.Index))
            return key, names, _sizes(names, free, ctx), False
        case t.Entry(argument=t.Variable(key=key, indices=()), row=t.Index(name=name), column=t.Constant()):
            return key, (name,), _sizes((name,), free, ctx), True
    raise Refusal("model", term.span, f"`{ctx.scope.quote(term.span)}` is not understood as a random value")


def _sizes(names: tuple[str, ...], free: dict[str, IndexInfo], ctx: Context) -> tuple[Dim, ...]:
    by_name = {info.name: info for info in free.values()}
    if any(name not in by_name for name in names):
        raise Refusal("model", next(iter(free.values())).span, "the indices of this line of the model are not free")
    return tuple(ctx.scope.resolve(by_name[name].size) for name in names)
