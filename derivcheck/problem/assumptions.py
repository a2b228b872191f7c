"""What is assumed of declared names: it narrows what they are drawn from, or is a condition on every draw."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from derivcheck.language import nodes as n
from derivcheck.language.printing import plain
from derivcheck.language.shapes import ONE, RELATIONS, SCALAR, Domain
from derivcheck.problem import algebra
from derivcheck.problem.builder import Builder
from derivcheck.problem.constructions import say
from derivcheck.problem.context import SLOT, Context, key_of, members_of, strip
from derivcheck.problem.declarations import (
    declaration_of,
    declare_one,
    family_pattern,
    ranging_letters,
    run_of_members,
    runs_of,
)
from derivcheck.problem.equations import state
from derivcheck.problem.indices import comparisons, index_parts, size_dim
from derivcheck.problem.newness import would_resolve
from derivcheck.problem.scope import Assumption, Declaration, Definition, Refusal, SizeSymbol
from derivcheck.reading.items import Statement
from derivcheck.source import Span

SIGN_DOMAINS = {sign: kind for kind, sign in RELATIONS.items()}
NARROWED = {
    "positive": ("real", "nonnegative", "nonzero", "positive"),
    "negative": ("real", "nonpositive", "nonzero", "negative"),
    "nonnegative": ("real", "nonnegative"),
    "nonpositive": ("real", "nonpositive"),
}
IMPLIED = frozenset(
    (
        *(("positive", "nonnegative"), ("positive", "nonzero"), ("negative", "nonpositive"), ("negative", "nonzero")),
        *(("simplex", "positive"), ("simplex", "nonnegative"), ("simplex", "nonzero")),
    )
)
"""What a name is drawn from, and what this says already; probabilities are drawn inside of their simplex."""
CONTRARY = frozenset(
    (one, other)
    for two in (("positive", "negative"), ("positive", "nonpositive"), ("negative", "nonnegative"))
    for one, other in (two, two[::-1])
)
"""What leaves no number."""
FLIPPED = {">": "<", "<": ">", "\\ge": "\\le", "\\le": "\\ge", "\\ne": "\\ne", "=": "="}


def assume(left: n.Node, sign: str, right: n.Node, ctx: Context, span: Span) -> bool:
    """A condition on declared names as an assumption for the whole document; False if it is none."""
    if sign in ("\\succ", "\\succeq"):
        return _definite(left, right, sign, ctx)
    scope = ctx.scope
    for one, other, relation in ((left, right, sign), (right, left, FLIPPED.get(sign, sign))):
        runs = runs_of(members_of(one))
        told = [
            (not names[1:] and _size_bound(names[0], relation, other, ctx)) or condition_on(names, relation, other, ctx)
            for names in runs
        ]
        if len(runs) > 1 and sign != "=":
            # What a list is asked for is asked of each: of integers, say, as an assumption.
            left_over = [names for names, done in zip(runs, told, strict=True) if not done]
            return all(not names[1:] and assume(names[0], relation, other, ctx, span) for names in left_over)
        if any(told):
            return True
    if sign == "=":
        return _equation(left, right, ctx, span)
    if isinstance(left, n.Tuple):
        return False
    conditions = comparisons(n.Compare((left, right), (sign,), span=span), ctx)
    scope.assumptions.append(Assumption(conditions, span))
    return True


def assume_all(item: Statement, builder: Builder) -> bool:
    """Every step of a chain of comparisons as an assumption."""
    if not all(assume(left, sign, right, builder.context(), item.span) for left, sign, right in item.steps):
        return False
    builder.line(item.span, "assumption")
    return True


def _definite(left: n.Node, right: n.Node, sign: str, ctx: Context) -> bool:
    zero = (isinstance(right, n.Number) and right.value == 0) or (
        isinstance(right, n.Name) and right.text == "\\mathbf{0}"
    )
    if not zero:
        return False
    for name in members_of(left):
        found = declaration_of(name, ctx)
        if found is None:
            return False
        if not ctx.scope.unify(*found.shape):
            raise Refusal("shape-mismatch", name.span, f"`{plain(name)}` is not square", wrong=True)
        kind = "spd" if sign == "\\succ" else "psd"
        ctx.scope.enter(key_of(strip(name)), replace(found, domain=Domain(kind)))  # type: ignore[arg-type]
    return True


def _size_bound(name: n.Node, sign: str, other: n.Node, ctx: Context) -> bool:
    """``n \\ge 2``, ``n > d`` of sizes."""
    scope = ctx.scope
    found = scope.names.get(key_of(strip(name))) if isinstance(strip(name), n.Name | n.Scripted) else None
    if not isinstance(found, SizeSymbol):
        return False
    if isinstance(other, n.Number) and sign in (">", "\\ge"):
        least = int(other.value) + (1 if sign == ">" else 0)
        scope.size_bounds[found.key] = max(scope.size_bounds.get(found.key, 0), least)
        return True
    left, right = size_dim(strip(name), ctx), size_dim(other, ctx)
    if left is None or right is None:
        return False
    conditions = comparisons(n.Compare((name, other), (sign,), span=name.span | other.span), ctx)
    scope.assumptions.append(Assumption(conditions, name.span | other.span))
    return True


def condition_on(names: list[n.Node], sign: str, right: n.Node, ctx: Context) -> bool:
    r"""``x > 0`` of one name, or ``x_1, \dots, x_n > 0`` of a run: of all members of what is declared, or is new."""
    if len(names) == 1:
        return domain_condition(names[0], sign, right, ctx)
    first, last = strip(names[0]), strip(names[-1])
    bound = literal_value(right)
    if (
        bound is None
        or sign not in SIGN_DOMAINS
        or not (isinstance(first, n.Scripted) and isinstance(last, n.Scripted))
    ):
        return False
    place = "sup" if isinstance(first.sup, n.Group) else "sub"
    letter = n.Name("\\iota", span=first.span)
    member = replace(first, sup=n.Group(letter)) if place == "sup" else replace(first, sub=letter)
    whole = whole_of(member, ctx)
    if whole == member:
        return run_of_members(names, SCALAR, _domain(sign, bound), ctx)
    found = ctx.scope.names.get(key_of(whole))
    end = last.sup.body if isinstance(last.sup, n.Group) else last.sub
    size = None if end is None else size_dim(end, ctx)
    if not isinstance(found, Declaration) or size is None:
        return False
    length = found.family[0].size if found.family else found.shape[0]
    return ctx.scope.resolve(length) == size and domain_condition(whole, sign, right, ctx)


def _domain(sign: str, bound: Fraction) -> Domain:
    """What is drawn of a new name that is compared with a number."""
    if bound == 0:
        return Domain(SIGN_DOMAINS[sign])  # type: ignore[arg-type]
    end = float(bound)
    if sign in (">", "\\ge"):
        return Domain("interval", low=end, closed=(sign == "\\ge", False))
    return Domain("interval", high=end, closed=(False, sign == "\\le"))


def declare_bounded(node: n.Name | n.Scripted, sign: str, bound: Fraction, ctx: Context) -> None:
    r"""``\alpha > 1`` of a new name: a scalar that is drawn from there."""
    declare_one(node, SCALAR, _domain(sign, bound), ctx)


def domain_condition(name: n.Node, sign: str, right: n.Node, ctx: Context) -> bool:
    """``\\sigma > 0`` narrows the domain from which σ is drawn; a new name is declared by it."""
    scope = ctx.scope
    node = strip(name)
    if not isinstance(node, n.Name | n.Scripted) or sign not in SIGN_DOMAINS:
        return False
    bound = literal_value(right)
    if bound is None:
        return False
    node = whole_of(node, ctx)
    if bound != 0:
        return _bounded(node, sign, bound, ctx)
    kind = SIGN_DOMAINS[sign]
    found = scope.names.get(key_of(node))
    if found is None and ranging_letters(node, ctx) and not would_resolve(node, replace(ctx, free={})):
        declare_one(node, SCALAR, Domain(kind), ctx)  # type: ignore[arg-type]
        return True
    built_in = isinstance(node, n.Name) and node.text in ("e", "\\pi", "I")  # ``I > 0`` is a current or a share.
    if found is None and (built_in or not would_resolve(node, ctx)):
        scope.enter(
            key_of(node),
            Declaration(key_of(node), plain(node), SCALAR, Domain(kind), node.span),  # type: ignore[arg-type]
        )
        return True
    if isinstance(found, Declaration) and (found.domain.kind, kind) in IMPLIED:
        if kind != "nonnegative" and any(found.domain.closed):
            scope.enter(key_of(node), replace(found, domain=replace(found.domain, closed=(False, False))))
        return True
    if isinstance(found, Definition) and found.key in scope.facts:
        return say(scope, found.key, kind)
    if isinstance(found, Declaration) and (found.domain.kind, kind) in CONTRARY:
        reason = f"this contradicts what is said of `{found.text}` before: no number is left for it"
        raise Refusal("contradiction", node.span, reason, "take one of the two back")
    if isinstance(found, Declaration) and found.domain.kind in NARROWED.get(kind, ("real", kind)):
        scope.enter(key_of(node), replace(found, domain=Domain(kind)))  # type: ignore[arg-type]
        return True
    return False


def whole_of(node: n.Name | n.Scripted, ctx: Context) -> n.Name | n.Scripted:
    """``v_k`` and ``x^{(i)}`` of a declared v or family at letters that nothing binds: what is said is said of all."""
    scope = ctx.scope
    if not isinstance(node, n.Scripted) or node.primes or key_of(node) in scope.names:
        return node
    script = node.sup.body if isinstance(node.sup, n.Group) else node.sub
    if script is None or (node.sup is not None and (node.sub is not None or not isinstance(node.sup, n.Group))):
        return node
    parts = index_parts(script)
    if not all(isinstance(part, n.Name) and part.text not in scope.names for part in parts):
        return node
    place = "sup" if node.sup is not None else "sub"
    key = family_pattern(node, [(part, place) for part in parts])
    if isinstance(scope.names.get(key), Declaration):
        slot: n.Node = SLOT if len(parts) == 1 else n.Tuple((SLOT,) * len(parts), (",",) * (len(parts) - 1))
        return n.Scripted(node.base, None, n.Group(SLOT)) if place == "sup" else n.Scripted(node.base, slot, None)
    found = scope.names.get(key_of(node.base))
    known = isinstance(found, Declaration | Definition) and (isinstance(found, Declaration) or found.key in scope.facts)
    if place == "sub" and isinstance(node.base, n.Name | n.Scripted) and known:
        assert isinstance(found, Declaration | Definition)
        axes = sum(scope.resolve(dim) != ONE for dim in found.shape)
        return node.base if axes == len(parts) and not found.family else node
    return node


def literal_value(node: n.Node) -> Fraction | None:
    """The number that a literal expression is: ``3``, ``-1/2``, ``10^{-3}``; None for anything else."""
    match node:
        case n.Number(value=value):
            return value
        case n.Group(body=body):
            return literal_value(body)
        case n.Add(terms=((sign, part),)):
            inner = literal_value(part)
            return None if inner is None or sign == "±" else inner if sign == "+" else -inner
        case n.Fraction_(numerator=top, denominator=bottom):
            over, under = literal_value(top), literal_value(bottom)
            return None if over is None or not under else over / under
        case n.Scripted(base=n.Number(value=base), sub=None, sup=sup, primes=0) if sup is not None:
            exponent = literal_value(sup)
            if exponent is None or exponent.denominator != 1 or abs(exponent) > 300 or not base:
                return None
            return base ** int(exponent)
    return None


def _bounded(node: n.Name | n.Scripted, sign: str, bound: Fraction, ctx: Context) -> bool:
    """``x > 3``, ``t < 1/2`` of a declared name: an end of the interval from which it is drawn."""
    found = ctx.scope.names.get(key_of(node))
    if not isinstance(found, Declaration) or sign == "\\ne":
        return False
    ends = found.domain.known_ends
    if ends is None or found.domain.kind == "nonzero":
        return False
    (low, high), end = ends, float(bound)
    from_here, to_here = found.domain.closed
    from_here |= found.domain.kind == "nonnegative"
    to_here |= found.domain.kind == "nonpositive"
    if sign in (">", "\\ge"):
        if low is None or end >= low:
            low, from_here = end, sign == "\\ge" and (end != low or from_here)
    elif high is None or end <= high:
        high, to_here = end, sign == "\\le" and (end != high or to_here)
    if low is not None and high is not None and low >= high:
        reason = f"this contradicts what is said of `{found.text}` before: no number is left for it"
        raise Refusal("contradiction", node.span, reason, "take one of the two back")
    ctx.scope.enter(
        key_of(node), replace(found, domain=Domain("interval", low=low, high=high, closed=(from_here, to_here)))
    )
    return True


def _equation(left: n.Node, right: n.Node, ctx: Context, span: Span) -> bool:
    r"""``A = A^\top``, ``Q^\top Q = I``, ``P^2 = P``, ``\|u\| = 1``: what a declared name is drawn as."""
    try:
        one, other = ctx.term(left), ctx.term(right)
        algebra.equal_shapes(ctx.scope, one, other)
    except Refusal:
        return False
    return state(one, other, ctx.scope, span)
