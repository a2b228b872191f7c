r"""Names that a left side defines through a power (``S^{-1} = …``, ``\sigma_n^2 = …``), and those of estimates."""

from __future__ import annotations

from fractions import Fraction

from derivcheck.language import nodes as n
from derivcheck.problem.builder import Builder
from derivcheck.problem.context import Context, key_of, strip
from derivcheck.problem.indices import capitals, is_mark
from derivcheck.problem.newness import is_new, mentions_itself, would_resolve
from derivcheck.problem.scope import Declaration, Refusal
from derivcheck.problem.terms import Entry, Variable

_MINUS_ONE = n.Add((("-", n.Number(Fraction(1), "1")),))


def named_by(left: n.Node, value: n.Node, ctx: Context) -> tuple[n.Node, n.Node] | None:
    r"""The new name that ``left = value`` brings into being, and its value: of ``S^{-1} = A`` that is S and ``A^{-1}``.

    A name whose square is given is the root that is not negative. None if the left side is nothing of the kind.
    """
    if (whole := _undone(left, value)) is None:
        return None
    name, meaning = whole
    if not is_new(name, ctx.scope) or would_resolve(name, ctx) or mentions_itself(name, value, ctx.scope):
        return None
    return name, meaning


def _undone(left: n.Node, value: n.Node) -> tuple[n.Node, n.Node] | None:
    """Take powers of 2 and −1 from a name on the left, and undo them on the right; None if there are none."""
    match left:
        case n.Scripted(base=base, sub=sub, sup=sup, primes=0) if (power := _power(sup)) is not None:
            name = base if sub is None else n.Scripted(base, sub, None, span=left.span)
            if not isinstance(strip(name), n.Name | n.Scripted):
                return None
            inner = n.Root(value, span=value.span) if abs(power) == 2 else value
            return strip(name), _inverse(inner) if power < 0 else inner
        case n.Fraction_(numerator=n.Number(value=one), denominator=below) if one == 1:
            below = strip(below)
            if isinstance(below, n.Name) or (isinstance(below, n.Scripted) and _power(below.sup) is None):
                return below, _inverse(value)
            return _undone(below, _inverse(value))
    return None


def _power(sup: n.Node | None) -> int | None:
    match sup:
        case n.Number(value=two) if two == 2:
            return 2
        case n.Add(terms=(("-", n.Number(value=size)),)) if size in (1, 2):
            return -int(size)
    return None


def _inverse(node: n.Node) -> n.Node:
    return n.Scripted(n.Group(node, span=node.span), None, _MINUS_ONE, span=node.span)


def estimated(node: n.Node) -> n.Node | None:
    r"""The name without what marks it as an estimate; None if nothing does.

    Of ``\hat\lambda``, ``w^*``, ``u^{new}``, ``\mu_{ML}``, ``\hat\sigma^2``.
    """
    match node:
        case n.Name(text=text):
            for accent in ("hat", "tilde", "bar"):
                if text.startswith(f"\\{accent}{{"):
                    return n.Name(text[len(accent) + 2 : -1], span=node.span)
        case n.Scripted(base=base, sub=sub, sup=sup, primes=0):
            plain = base if sub is None else n.Scripted(base, sub, None, span=node.span)
            if _power(sup) is not None:
                inner = estimated(plain)
                return _raised(inner, sup, node) if isinstance(inner, n.Name | n.Scripted) else None
            # `P^-` and `P^+` are before and after a measurement: nothing is maximised.
            if isinstance(sup, n.Symbol | n.Text) and sup.text not in ("-", "+"):
                return estimated(plain) or plain
            if sup is None and (isinstance(sub, n.Text) or is_mark(sub) or capitals(sub)):
                return estimated(base) or base
            if sup is None and sub is not None and (inner := estimated(base)) is not None:
                return n.Scripted(inner, sub, None, span=node.span)
    return None


def estimated_key(base: n.Node, builder: Builder) -> str | None:
    r"""The declared name of which ``base`` is all, a power, or an entry: \pi of ``\pi_k``; None if it is of none."""
    names = builder.scope.names
    found = names.get(key_of(base)) or names.get(key_of(base_of_power(base)))
    if isinstance(found, Declaration):
        return None if found.family else found.key
    if found is not None:
        return None
    try:
        term = builder.context({}).term(base)
    except Refusal:
        return None
    match term:
        case Entry(argument=Variable(key=key, indices=())) if key in builder.scope.declarations:
            return key
    return None


def _raised(name: n.Name | n.Scripted, sup: n.Node | None, node: n.Node) -> n.Node:
    if isinstance(name, n.Scripted) and name.sup is None:
        return n.Scripted(name.base, name.sub, sup, span=node.span)
    return n.Scripted(name, None, sup, span=node.span)


def base_of_power(node: n.Node) -> n.Node:
    r"""The name in ``\sigma^2``; any other node as it is."""
    if isinstance(node, n.Scripted) and _power(node.sup) is not None:
        return node.base if node.sub is None else n.Scripted(node.base, node.sub, None, span=node.span)
    return node
