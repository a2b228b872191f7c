r"""Is the left side of an equality a new name, which the statement brings into being, also through a power of it.

So do ``S^{-1} = …`` and ``\sigma_n^2 = …``; an estimate (``\hat\lambda``) is one of another name.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from derivcheck.language import nodes as n
from derivcheck.language.nodes import children
from derivcheck.language.shapes import ONE, is_scalar
from derivcheck.problem.builder import Builder
from derivcheck.problem.context import SLOT, Context, key_of, pattern, strip
from derivcheck.problem.indices import capitals, index_parts, is_mark, is_word
from derivcheck.problem.probability.operators import ENTROPIES, MEANS, VARIANCES, of_densities
from derivcheck.problem.scope import (
    Declaration,
    Definition,
    FunctionDeclaration,
    FunctionDefinition,
    Meaning,
    Refusal,
    Scope,
)
from derivcheck.problem.spectrum import names_eigenvalue
from derivcheck.problem.terms import Entry, Variable
from derivcheck.problem.words import ELEMENTARY
from derivcheck.reading.phrases import CHANCE

OWN_WORDS = frozenset(("relu", "gelu", "softplus", "silu", "softmax", "sigmoid"))
FIXED_WORDS = frozenset(("max", "min", "tr", "trace", "det", "diag", "vec", "logdet", "rank"))


def of_chance(scope: Scope) -> bool:
    """Whether p and q are densities in this document, and not functions that happen to have that letter."""
    return bool(scope.factors) or CHANCE.anywhere(scope.text)


def is_new(node: n.Node, scope: Scope) -> bool:
    """Whether the left side is a name that this statement may bring into being."""
    match node:
        case n.Product(factors=(n.Name() | n.Scripted() | n.Word() as head, n.Group() as group), operators=("",)):
            return _is_new_function(head, group, scope)
        case n.Apply(word=word, bracketed=True, sub=None, sup=None, primes=0):
            return _is_new_word(word, node.args, scope)
        case n.Name() | n.Scripted():
            pass
        case _:
            return False
    found = scope.names.get(key_of(node))
    if isinstance(found, Declaration):
        return found.key not in scope.used
    if found is not None:
        return False
    if isinstance(node, n.Name):
        return True
    return _new_scripted(node, scope)


def _is_new_word(word: n.Word, args: tuple[n.Node, ...], scope: Scope) -> bool:
    """``relu(t) = …`` defines; what everybody means by the same word (tanh, exp) is held against what it is."""
    if key_of(word) in scope.names or not all(isinstance(strip(arg), n.Name | n.Scripted) for arg in args):
        return False
    return word.text in OWN_WORDS or (word.text not in ELEMENTARY and word.text not in FIXED_WORDS)


def _new_scripted(node: n.Scripted, scope: Scope) -> bool:
    """``z_1`` is new unless ``z`` is a known vector; ``x^2`` and ``A^\\top`` are no names."""
    if node.primes or not isinstance(node.base, n.Name):
        return False
    match node.sup:
        case n.Symbol(text="\\top") | n.Number() | n.Add():
            return False
        case n.Name(text="T") if "T" not in scope.names:
            return False
        case n.Symbol() | n.Text():
            return not _entry_of_known(node, scope)
    if _zeroth(node, scope) or (
        node.sup is None and (isinstance(node.sub, n.Text) or is_mark(node.sub) or is_word(node.sub, scope))
    ):
        return True
    base = scope.names.get(key_of(node.base))
    built_in = base is None and node.base.text in ("e", "\\pi", "I", "\\mathbf{I}", "\\mathbf{1}", "\\mathbb{1}")
    if node.sup is not None and not isinstance(node.sup, n.Group) and (base is not None or built_in):
        # A power: ``c^n``, ``e^{ab}``. Only brackets, stars and words make a name of a superscript.
        return False
    if isinstance(node.sub, n.Given) and node.sup is None:
        # ``\\mu_{a|b}``: no index is written with a bar.
        return True
    if isinstance(base, Declaration):
        scalar = is_scalar(scope.resolve_shape(base.shape))
        rows, columns = scope.resolve_shape(base.shape)
        # ``W_k`` of a matrix is neither its row nor its column where no k runs.
        mark = isinstance(node.sub, n.Name) and node.sub.text not in scope.ranges and ONE not in (rows, columns)
        letters = node.sub is not None and node.sup is None and (base.key not in scope.used or mark)
        by_letter = letters and not scalar and not isinstance(node.sub, n.Number)
        return by_letter or scalar or (isinstance(node.sup, n.Group) and not _family_member(node, scope))
    if isinstance(base, Definition):
        return is_scalar(scope.resolve_shape(base.shape)) or isinstance(node.sup, (n.Group, n.Text))
    if isinstance(base, FunctionDeclaration | FunctionDefinition) and node.sub is not None:
        return False
    stem = (
        scope.names.get(key_of(n.Scripted(node.base, node.sub, None)))
        if node.sub is not None and node.sup is not None
        else None
    )
    if stem is not None and not isinstance(node.sup, n.Group | n.Text | n.Symbol):
        return False
    return not _family_member(node, scope)


def _zeroth(node: n.Scripted, scope: Scope) -> bool:
    r"""``\alpha_0`` of a column or family whose members count from 1: none of them, so a name of its own."""
    if not (isinstance(node.sub, n.Number) and node.sub.value == 0 and node.sup is None):
        return False
    column = scope.names.get(key_of(node.base))
    family = scope.names.get(pattern(node.base, SLOT, None))
    if isinstance(family, Declaration):
        return all(axis.lower > 0 for axis in family.family)
    if isinstance(family, Definition):
        return all(axis.lower > 0 for _, axis in family.family)
    return isinstance(column, Declaration | Definition) and not is_scalar(scope.resolve_shape(column.shape))


def _entry_of_known(node: n.Scripted, scope: Scope) -> bool:
    r"""``\pi_k^{new}`` where ``\pi^{new}`` is a vector that is known."""
    if node.sub is None:
        return False
    found = scope.names.get(key_of(n.Scripted(node.base, None, node.sup)))
    return isinstance(found, Declaration | Definition) and not is_scalar(scope.resolve_shape(found.shape))


def _family_member(node: n.Scripted, scope: Scope) -> bool:
    """``x^{(i)}`` and ``x_i`` of a family that is there already."""
    return any(
        isinstance(found, Definition)
        or (isinstance(found, Declaration) and found.key in scope.used and found.key not in scope.begun)
        for found in members_of_families(node, scope)
    )


def members_of_families(node: n.Scripted, scope: Scope) -> list[Meaning]:
    """What is known of which this can be a member."""
    patterns = []
    if isinstance(node.sup, n.Group):
        patterns.append(pattern(node.base, node.sub, n.Group(SLOT)))
    if node.sub is not None and node.sup is None:
        parts = index_parts(node.sub)
        slots: n.Node = SLOT if len(parts) == 1 else n.Tuple((SLOT,) * len(parts), (",",) * (len(parts) - 1))
        patterns.append(pattern(node.base, slots, None))
    return [scope.names[text] for text in patterns if text in scope.names]


def _is_new_function(head: n.Node, group: n.Group, scope: Scope) -> bool:
    items = group.body.items if isinstance(group.body, n.Tuple) else (group.body,)
    if not all(isinstance(strip(item), n.Name | n.Scripted) for item in items):
        return False
    if isinstance(group.body, n.Tuple) and "\\|" in group.body.separators:
        return False
    if isinstance(head, n.Scripted) and (head.primes or isinstance(head.sup, n.Group | n.Number)):
        return False
    found = scope.names.get(key_of(head))
    if found is None:
        if names_eigenvalue(head):
            return False
        if isinstance(head, n.Name) and _has_own_name(head.text, scope):
            return False
        operator = head.base if isinstance(head, n.Scripted) and head.sup is None else head
        if isinstance(operator, n.Name) and _is_moment(operator.text, group) and of_chance(scope):
            return False
        if isinstance(operator, n.Name) and operator.text in ENTROPIES and of_densities(group, scope):
            return False
        if isinstance(head, n.Name) and head.text in ("p", "q"):
            return not of_chance(scope)
        return not (isinstance(head, n.Name) and head.text in ("P", "\\mathbb{E}", "\\Pr"))
    return isinstance(found, FunctionDeclaration) and found.key not in scope.used


def _has_own_name(text: str, scope: Scope) -> bool:
    """The gamma and beta functions where the document calls them so: what is said of them is claimed, not defined."""
    words = {"\\Gamma": "gamma function", "B": "beta function", "\\mathrm{B}": "beta function"}
    return text in words and words[text] in scope.text.lower()


def _is_moment(text: str, group: n.Group) -> bool:
    r"""``\operatorname{Var}(z)``, ``E[z]``: with round brackets a bare letter may still be a function's name."""
    return text in VARIANCES or (group.fence == "[" and (text in MEANS or text in ENTROPIES))


def mentions_itself(node: n.Node, value: n.Node, scope: Scope) -> bool:
    """Whether the name stands in the value; the ``x`` of a declared ``x_1`` does not count."""
    match node:
        case n.Product(factors=(head, *_)) | n.Apply(word=head):
            node = head
    key = key_of(node)
    stack = [value]
    while stack:
        part = stack.pop()
        if isinstance(part, n.Apply) and key_of(part.word) == key:
            return True
        if isinstance(part, n.Name | n.Scripted):
            known = key_of(part)
            if known == key:
                return True
            if isinstance(part, n.Scripted) and (known in scope.names or members_of_families(part, scope)):
                continue
            if isinstance(part, n.Scripted) and part.sub == node and key_of(part.base) not in scope.names:
                continue  # ``z = \sigma(W_z x)``: the weights of z.
        stack.extend(children(part))
    return False


def would_resolve(node: n.Node, ctx: Context) -> bool:
    """Whether an undeclared name means something all the same: e, I, an entry."""
    try:
        replace(ctx, free={}).term(node)
    except Refusal:
        return False
    return True


MINUS_ONE = n.Add((("-", n.Number(Fraction(1), "1")),))


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
    return n.Scripted(n.Group(node, span=node.span), None, MINUS_ONE, span=node.span)


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
