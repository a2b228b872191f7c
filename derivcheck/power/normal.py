"""A normal form by the rules of sums, products and transposes: what has the same is equal, whatever is put in.

A sum of monomials: a rational coefficient, scalar factors in an order of their own, and a chain of matrix factors
from left to right, each transposed or not. Entrywise products commute, derivatives are taken term by term. Nothing is
expanded below another function.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import fields, replace
from fractions import Fraction
from typing import Any

from derivcheck.language.shapes import is_scalar
from derivcheck.problem import terms as t
from derivcheck.problem.substitution import at_indices, rewrite
from derivcheck.problem.terms import Term

Key = tuple[Any, ...]
Monomial = tuple[tuple[Key, ...], tuple[Key, ...]]
Sum = dict[Monomial, Fraction]
NUMBER: Monomial = ((), ())
SMALL = (2, 3, 4)
MOST_SUMMANDS = 6
"""Powers of longer sums stay as they are."""


def same(left: Term, right: Term) -> bool:
    """Whether two terms are equal by these rules alone."""
    return left == right or _sum(left) == _sum(right)


def same_zeros(left: Term, right: Term, nonzero: Callable[[str], bool]) -> str | None:
    """By what number or value, never 0, one term is the other (or its transpose) times; None where it is not.

    ``nonzero`` tells of a name whether it is never 0. Sizes never are, nor is anything's inverse.
    """
    one = _sum(left)
    for other in (_sum(right), _transposed(_sum(right))):
        factor = _factor(one, other) if one and other else None
        if factor is not None and all(_never_zero(key, nonzero) for key in factor[1]):
            return str(factor[0]) if not factor[1] else "what is never 0"
    return None


def _factor(one: Sum, other: Sum) -> tuple[Fraction, tuple[Key, ...]] | None:
    """The coefficient, and the scalar factors gained and lost, that make one sum the other."""
    (scalars, chain), coefficient = next(iter(one.items()))
    for (others, behind), value in other.items():
        if behind != chain:
            continue
        gained, lost = Counter(others) - Counter(scalars), Counter(scalars) - Counter(others)
        made: Sum = {}
        for (each, rest), number in one.items():
            kept = Counter(each)
            if lost - kept:
                break
            made[(_sorted((*(kept - lost + gained).elements(),)), rest)] = number * value / coefficient
        if made == other:
            return value / coefficient, (*gained, *lost)
    return None


def _never_zero(key: Key, nonzero: Callable[[str], bool]) -> bool:
    match key:
        case ("Size" | "inverse", *_):
            return True
        case ("Variable", str() as name, ()):
            return nonzero(name)
    return False


def _sum(term: Term) -> Sum:
    found = _expanded(term)
    if not is_scalar(term.shape):
        return found
    total: Sum = {}
    for (scalars, chain), coefficient in found.items():
        if chain:
            scalars, chain = _sorted((*scalars, _chain(chain))), ()
        _into(total, (scalars, chain), coefficient)
    return total


def _expanded(term: Term) -> Sum:
    match term:
        case t.Constant(value=Fraction() as value):
            return {NUMBER: value} if value else {}
        case t.Add(terms=parts):
            total: Sum = {}
            for sign, part in parts:
                for monomial, coefficient in _sum(part).items():
                    _into(total, monomial, sign * coefficient)
            return total
        case t.Multiply(op="scale", left=left, right=right):
            return _times(_sum(left), _sum(right))
        case t.Multiply(op="matmul", left=left, right=right) if not (_lifted(left) or _lifted(right)):
            return _times(_sum(left), _sum(right))
        case t.Multiply(op="inner", left=left, right=right) if not (_lifted(left) or _lifted(right)):
            return _times(_transposed(_sum(left)), _sum(right))
        case t.Multiply(op="entrywise", left=left, right=right):
            return _entrywise(_sum(left), _sum(right))
        case t.Divide(left=left, right=right, entrywise=False) if is_scalar(right.shape):
            return _divided(_sum(left), _sum(right))
        case t.Power(base=base, exponent=t.Constant(value=Fraction() as power), entrywise=False):
            return _raised(term, _sum(base), power)
        case t.Elementary(name="exp", order=order) if order:
            return _expanded(replace(term, order=0))
        case t.Unary(op="transpose", argument=argument):
            turned = _turned(argument)
            return (
                _transposed(_sum(argument))
                if isinstance(turned, t.Unary) and turned.argument is argument
                else _sum(turned)
            )
        case t.Entry(argument=t.Unary(op="transpose", argument=inner), row=row, column=column) if row and column:
            return _expanded(replace(term, argument=inner, row=column, column=row))
        case t.Let(bindings=(), body=body):
            return _sum(body)
        case t.Let(bindings=bindings, body=body):
            return _apart(term, _sum(body), ("Let", _part(bindings)))
        case t.Expectation(bounds=bounds, log=log, body=body):
            log, body = _renamed([log, body], [bound.key for bound in bounds])
            return _apart(term, _sum(body), ("Expectation", _part(bounds, kept=False), _frozen(_sum(log))))
        case t.Reduce() if term.op == "sum":
            return _summed(term)
        case t.Unary(op="todiag", argument=t.Unary(op="transpose", argument=inner)):
            return _expanded(replace(term, argument=inner))
        case t.Derivative(target=target, direct=False):
            rest = tuple(_part(getattr(term, name)) for name in ("key", "form", "held", "second", "indices"))
            varying = {monomial: value for monomial, value in _sum(target).items() if not _constant(monomial)}
            return _apart(term, varying, ("Derivative", *rest))
    atom = _atom(term)
    return {((atom,), ()) if is_scalar(term.shape) else ((), (atom,)): Fraction(1)}


def _summed(term: t.Reduce) -> Sum:
    """A sum over an index, summand by summand; what does not move with the index stands before it, or behind."""
    (body, lower, upper, *conditions), name = _bound([term.body, term.lower, term.upper, *term.conditions], term.index)
    outside = ("Reduce", "sum", *(_frozen(_sum(each)) for each in (lower, upper)), *map(_atom, conditions))
    total: Sum = {}
    for (scalars, chain), coefficient in _sum(body).items():
        before = [key for key in scalars if name not in repr(key)]
        moving = [position for position, key in enumerate(chain) if name in repr(key)]
        start, end = (moving[0], moving[-1] + 1) if moving else (0, 0)
        inner = (tuple(key for key in scalars if name in repr(key)), chain[start:end])
        key = (*outside, inner)
        if inner[1]:
            made = (_sorted(tuple(before)), (*chain[:start], key, *chain[end:]))
        else:
            made = (_sorted((*before, key)), chain)
        _into(total, made, coefficient)
    return total


def _bound(parts: list[Term], index: str) -> tuple[list[Term], str]:
    """Terms with their index under a name that does not depend on how it is written, and that name."""
    name = f"index·{max(_binders(part) for part in parts)}"
    return [at_indices(part, {index: t.Index(name)}) for part in parts], name


def _renamed(parts: list[Term], keys: list[str]) -> list[Term]:
    """Terms with bound variables under names that do not depend on how they are written."""
    depth = max(_binders(part) for part in parts)
    names = {key: f"bound·{depth}·{position}" for position, key in enumerate(keys)}

    def rule(part: Term) -> Term | None:
        if isinstance(part, t.Variable) and part.key in names and not part.indices:
            return replace(part, key=names[part.key])
        return None

    return [rewrite(part, rule) for part in parts]


def _binders(term: Term) -> int:
    """How deep sums and means are nested in a term."""
    inner = max((_binders(child) for child in t.children(term)), default=0)
    return inner + isinstance(term, t.Reduce | t.Gather | t.Expectation | t.LogIntegral | t.Integral)


def _gathered(term: Term) -> Key:
    """What binds an index or a variable and is not linear, by what it is made of."""
    match term:
        case t.Reduce(index=index):
            parts, _ = _bound([term.body, term.lower, term.upper, *term.conditions], index)
            return ("Reduce", term.op, *(_frozen(_sum(part)) for part in parts[:3]), *map(_atom, parts[3:]))
        case t.Gather(indices=indices, body=body):
            for index in indices:
                (body,), _ = _bound([t.Gather((), body)], index)
                assert isinstance(body, t.Gather)
                body = body.body
            return ("Gather", len(indices), _frozen(_sum(body)))
        case t.LogIntegral(bounds=bounds, log=log):
            (log,) = _renamed([log], [bound.key for bound in bounds])
            return ("LogIntegral", _part(bounds, kept=False), _frozen(_sum(log)))
        case t.Integral(bound=bound, body=body):
            (body,) = _renamed([body], [bound.key])
            return ("Integral", _part((bound,), kept=False), _frozen(_sum(body)))
    raise AssertionError(term)


def _apart(term: Term, found: Sum, outside: Key) -> Sum:
    """What is linear in a sum, summand by summand; numbers come out."""
    total: Sum = {}
    for monomial, coefficient in found.items():
        key = (*outside, monomial)
        kept = (
            NUMBER
            if outside[0] == "Let" and monomial == NUMBER
            else ((key,), ())
            if is_scalar(term.shape)
            else ((), (key,))
        )
        _into(total, kept, coefficient)
    return total


def _constant(monomial: Monomial) -> bool:
    """Whether no name stands in it: a number, or sizes."""
    scalars, chain = monomial
    return not chain and all(key[0] == "Size" for key in scalars)


def _turned(term: Term) -> Term:
    """The transpose of a term; of a function entry by entry, that of its arguments."""
    turned = (term.shape[1], term.shape[0])
    match term:
        case t.Elementary(argument=argument):
            return replace(term, argument=_turned(argument), shape=turned)
        case t.Arbitrary(arguments=arguments, entrywise=True) | t.MapEntries(arguments=arguments):
            return replace(term, arguments=tuple(map(_turned, arguments)), shape=turned)
        case t.Unary(op="transpose", argument=argument):
            return argument
    return term if is_scalar(term.shape) else t.Unary("transpose", term, shape=turned)


def _into(total: Sum, monomial: Monomial, coefficient: Fraction) -> None:
    value = total.pop(monomial, Fraction(0)) + coefficient
    if value:
        total[monomial] = value


def _lifted(term: Term) -> bool:
    """Whether a literal number is added to every entry of a matrix: that does not distribute over a matrix product."""
    return not is_scalar(term.shape) and any(not chain for _, chain in _sum(term))


def _times(left: Sum, right: Sum) -> Sum:
    total: Sum = {}
    for (scalars, chain), one in left.items():
        for (others, behind), other in right.items():
            _into(total, (_sorted((*scalars, *others)), _without_identity((*chain, *behind))), one * other)
    return total


def _without_identity(chain: tuple[Key, ...]) -> tuple[Key, ...]:
    kept = tuple(key for key in chain if key[0] != "Identity")
    return kept or chain[:1]


def _divided(left: Sum, below: Sum) -> Sum:
    """Numbers and signs out of the denominator; of one monomial every factor for itself."""
    if not below:
        return {((("inverse", ()),), ()): Fraction(1)}
    (scalars, chain), leading = min(below.items(), key=repr)
    if len(below) == 1 and not chain:
        inverse: tuple[Key, ...] = tuple(("inverse", key) for key in scalars)
    else:
        inverse = (("inverse", _frozen({key: value / leading for key, value in below.items()})),)
    return _times(left, {(_sorted(inverse), ()): 1 / leading})


def _raised(term: t.Power, base: Sum, power: Fraction) -> Sum:
    """Small powers of scalars as products; every power of the identity is the identity."""
    match list(base.items()):
        case [(((), (("Identity", *_),)), 1)]:
            return base
    if not is_scalar(term.shape) or power not in SMALL or len(base) > MOST_SUMMANDS:
        key = _plain(term)
        return {((key,), ()) if is_scalar(term.shape) else ((), (key,)): Fraction(1)}
    product: Sum = {NUMBER: Fraction(1)}
    for _ in range(int(power)):
        product = _times(product, base)
    return product


def _entrywise(left: Sum, right: Sum) -> Sum:
    if len(left) == 1 and len(right) == 1:
        ((scalars, chain), one), ((others, behind), other) = *left.items(), *right.items()
        if not chain or not behind:
            return {(_sorted((*scalars, *others)), chain or behind): one * other}
        factors = (*_factors(chain), *_factors(behind))
        return {(_sorted((*scalars, *others)), (("entrywise", _sorted(factors)),)): one * other}
    return {((), (("entrywise", _sorted((_frozen(left), _frozen(right)))),)): Fraction(1)}


def _factors(chain: tuple[Key, ...]) -> tuple[Key, ...]:
    """The factors of an entrywise product, or the one thing that a chain is."""
    if len(chain) == 1 and chain[0][0] == "entrywise":
        found: tuple[Key, ...] = chain[0][1]
        return found
    return (("chain", chain),)


def _transposed(found: Sum) -> Sum:
    return {(scalars, _reversed(chain)): coefficient for (scalars, chain), coefficient in found.items()}


def _reversed(chain: tuple[Key, ...]) -> tuple[Key, ...]:
    return tuple(_flipped(key) for key in reversed(chain))


def _flipped(key: Key) -> Key:
    match key:
        case ("Identity", *_):
            return key
        case ("Reduce", "sum", *rest, (scalars, chain)) if chain:
            return ("Reduce", "sum", *rest, (scalars, _reversed(chain)))
    return key[1] if key[0] == "transposed" else ("transposed", key)


def _chain(chain: tuple[Key, ...]) -> Key:
    """A chain that makes a scalar is its own transpose."""
    return ("chain", min(chain, _reversed(chain), key=repr))


def _atom(term: Term) -> Key:
    """Anything else, by what it is made of."""
    if isinstance(term, t.Reduce | t.Gather | t.LogIntegral | t.Integral):
        return _gathered(term)
    return _plain(term)


def _plain(term: Term) -> Key:
    parts = (getattr(term, each.name) for each in fields(term) if each.name not in ("shape", "span"))
    return (type(term).__name__, *map(_part, parts))


def _part(value: object, *, kept: bool = True) -> Any:  # noqa: ANN401 (a field of any term)
    if isinstance(value, t.Bound):
        return (value.key if kept else "", value.shape, value.domain)
    if isinstance(value, tuple):
        return tuple(_part(each, kept=kept) for each in value)
    if isinstance(value, Term):
        return _frozen(_sum(value))
    return value


def _frozen(found: Sum) -> Key:
    return ("sum", _sorted(tuple(found.items())))


def _sorted(keys: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(sorted(keys, key=repr))
