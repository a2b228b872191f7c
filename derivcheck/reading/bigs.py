r"""Sums, products, integrals and ``\max_i``: what they run over, and their bodies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Literal, cast

from derivcheck.language.nodes import (
    Add,
    Big,
    Binder,
    Compare,
    Fraction_,
    Given,
    Group,
    Name,
    Node,
    Number,
    Product,
    Scripted,
    Symbol,
    Tuple,
)
from derivcheck.language.scoping import base_of
from derivcheck.language.traversal import walk
from derivcheck.reading.cursor import Cursor
from derivcheck.reading.differentials import differential_at
from derivcheck.reading.errors import ParseError
from derivcheck.reading.lexer import Token
from derivcheck.reading.names import word_at
from derivcheck.reading.scripts import Scripts, read_scripts
from derivcheck.reading.vocabulary import BIG_COMMANDS
from derivcheck.source import Span

_Operator = Literal["sum", "prod", "int", "max", "min", "argmax", "argmin"]
_ORDERS = frozenset({"<", "\\le"})


def read_big(cursor: Cursor) -> Node:
    r"""``\sum``, ``\prod`` or ``\int`` with its bounds and its body."""
    start = cursor.at
    command = cursor.take()
    operator = BIG_COMMANDS[command.text]
    scripts = read_scripts(cursor)
    if operator == "int":
        return _integral(cursor, scripts, start)
    return _finished(cursor, operator, scripts, start)


def read_extreme(cursor: Cursor, word: str, start: int) -> Node:
    r"""``\max_{i}`` or ``\arg\min_u``: the word stands before, its subscript is next."""
    return _finished(cursor, word, read_scripts(cursor), start)


def read_underset(cursor: Cursor) -> Node:
    r"""``\underset{u}{\arg\max}``."""
    start = cursor.at
    command = cursor.take()
    if not cursor.looks_at("begin"):
        raise cursor.missing(f"the argument of `{command.text}`")
    cursor.take()
    with cursor.inside("sub"):
        below = cursor.grammar.inner(cursor)
        if not cursor.looks_at("end"):
            raise cursor.missing("the end of the braces")
    cursor.take()
    index = cursor.at
    if cursor.looks_at("begin"):
        found = word_at(cursor, index + 1)
        if found is not None and found[1] == cursor.partners[index]:
            found = (found[0], found[1] + 1)
    else:
        found = word_at(cursor, index)
    if found is None or found[0] not in ("max", "min", "argmax", "argmin"):
        raise ParseError(f"`{command.text}` is only read under `\\max`, `\\min` and `\\arg\\max`", command.span)
    cursor.at = found[1]
    return _finished(cursor, found[0], Scripts(sub=below), start)


def _finished(cursor: Cursor, operator: str, scripts: Scripts, start: int) -> Node:
    sign = cursor.tokens[start]
    if scripts.sub is None:
        if operator not in ("sum", "prod") or scripts.sup is not None:
            raise _unsaid(sign)
        body = _body(cursor, start)
        return Big(cast(_Operator, operator), _only_index(body, cursor, sign), body, span=cursor.since(start))
    binder = binder_of(scripts.sub, scripts.sup, cursor.bound)
    names = [name.text for name in map(base_of, binder.names) if isinstance(name, Name)]
    cursor.bound.extend(names)
    body = _body(cursor, start)
    del cursor.bound[len(cursor.bound) - len(names) :]
    return Big(cast(_Operator, operator), binder, body, span=cursor.since(start))


def _body(cursor: Cursor, start: int) -> Node:
    r"""What a big operator acts on; a sign may stand right behind it: ``\sum_i -x_i``."""
    token = cursor.peek()
    signed = token is not None and token.kind == "sign" and token.text == "-"
    place = cursor.at
    if signed:
        cursor.take()
    if not cursor.grammar.begins(cursor):
        raise _bodiless(cursor, start)
    with cursor.deeper():
        body = cursor.grammar.entrywise(cursor)
    return Add((("-", body),), span=cursor.since(place)) if signed else body


def _unsaid(sign: Token) -> ParseError:
    return ParseError(f"`{sign.text}` does not say what it runs over", sign.span, f"write `{sign.text}_{{i}}`")


def _only_index(body: Node, cursor: Cursor, sign: Token) -> Binder:
    r"""What ``\sum x_i y_i`` runs over: the one letter that stands below something in it and is not bound."""
    below = {part.sub.text for part in walk(body) if isinstance(part, Scripted) and isinstance(part.sub, Name)}
    letters = {part.text for sub in _subscripts(body) for part in walk(sub) if isinstance(part, Name)}
    found = [letter for letter in letters if len(letter) == 1 and letter.islower() and letter not in cursor.bound]
    inner = any(isinstance(part, Big) for part in walk(body))
    if len(found) != 1 or found[0] not in below or inner:
        raise _unsaid(sign)
    return Binder((Name(found[0], span=sign.span),), None, None, span=sign.span)


def _subscripts(body: Node) -> Iterator[Node]:
    for part in walk(body):
        if isinstance(part, Scripted) and part.sub is not None:
            yield part.sub


def _bodiless(cursor: Cursor, start: int) -> ParseError:
    token = cursor.peek()
    sign = cursor.tokens[start]
    if token is not None and token.text in ("+", "-"):
        return ParseError(
            f"`{token.text}` stands right behind `{sign.text}`", token.span, "put what belongs to it in brackets"
        )
    return ParseError(f"`{sign.text}` has nothing behind it", cursor.since(start))


def binder_of(sub: Node, sup: Node | None, bound: Sequence[str] = ()) -> Binder:
    """What stands below and above a big operator; ``bound`` are the names bound around it."""
    span = sub.span if sup is None else sub.span | sup.span
    match sub:
        case Compare(members=(left, lower), relations=("=",)):
            return Binder(_names(left, span), lower, sup, span=span)
        case Compare(members=(left, *rest), relations=(":", *others)):
            if not others:
                return Binder(_names(left, span), None, sup, rest[0], span=span)
            condition = Compare(tuple(rest), tuple(others), span=rest[0].span | rest[-1].span)
            return Binder(_names(left, span), None, sup, condition, span=span)
        case Compare():
            return Binder(_compared(sub, span, bound), None, sup, sub, span=span)
        case Given(left=left, right=condition):
            return Binder(_names(left, span), None, sup, condition, span=span)
        case Tuple(items=items) if any(isinstance(item, Compare) for item in items):
            return _listed(items, sup, span, bound)
        case _:
            return Binder(_names(sub, span), None, sup, span=span)


def _listed(items: tuple[Node, ...], sup: Node | None, span: Span, bound: Sequence[str]) -> Binder:
    r"""``i,j=1``, where both share the bounds; ``i=1, i \ne j``; ``i,j : i < j``; ``i, j \in S``."""
    compared = [index for index, item in enumerate(items) if isinstance(item, Compare)]
    first = compared[0]
    if items[first + 1 : -1] == (Symbol("\\dots"),) and sup is None:
        # i = 1, \dots, n
        return _listed(items[: first + 1], items[-1], span, bound)
    last = binder_of(items[first], sup, bound)
    names = (*(name for item in items[:first] for name in _names(item, span)), *last.names)
    conditions = [last.condition] if last.condition is not None else []
    conditions += items[first + 1 :]
    if len(compared) != len(items) - first:
        raise _not_understood(span)
    condition = conditions[0] if len(conditions) == 1 else None
    if len(conditions) > 1:
        condition = Tuple(tuple(conditions), (",",) * (len(conditions) - 1), span=span)
    return Binder(names, last.lower, last.upper, condition, span=span)


def _compared(sub: Compare, span: Span, bound: Sequence[str]) -> tuple[Node, ...]:
    r"""The names that a condition binds: ``i < j`` binds both, ``j \ne i``, ``j > i`` and ``i \le n`` the first.

    A double sum is written with its letters in order, and nobody binds the letters of a sum around.
    """
    members, relations = sub.members, sub.relations
    if len(members) == 2 and not (relations[0] in _ORDERS and _in_order(members[0], members[1], bound)):
        return _names(members[0], span)
    if len(members) == 2:
        return members
    inner = tuple(member for member in members[1:-1] if _is_name(member))
    if not inner:
        raise _not_understood(span)
    return inner


def _in_order(left: Node, right: Node, bound: Sequence[str]) -> bool:
    match left, right:
        case Name(text=first), Name(text=second):
            pairs = ("ij", "jk", "kl", "ik", "il", "jl", "pq", "rs", "st", "uv", "ab")
            return first + second in pairs and first not in bound and second not in bound
        case Name(text=first), Scripted(base=Name(text=second), sub=None, sup=None):
            return first == second
        case _:
            return False


def _is_name(node: Node) -> bool:
    return isinstance(base_of(node), Name)


def _names(node: Node, span: Span) -> tuple[Node, ...]:
    match node:
        case Name():
            return (node,)
        case Scripted() if _is_name(node):
            return (node,)
        case Tuple(items=items):
            return tuple(name for item in items for name in _names(item, span))
        case Group(body=body):
            return _names(body, span)
        case Product(factors=factors, operators=operators) if not any(operators):
            return tuple(name for factor in factors for name in _names(factor, span))
        case Symbol(text=text):
            raise ParseError(f"`{text}` is nothing that can be run over", node.span)
        case _:
            raise _not_understood(span)


def _not_understood(span: Span) -> ParseError:
    return ParseError(
        "what this runs over is not understood", span, "write `i`, `i=1`, `i,j`, `j \\ne i` or `i \\in S`"
    )


def _integral(cursor: Cursor, scripts: Scripts, start: int) -> Node:
    sign = cursor.tokens[start]
    outermost = cursor.integrals == 0
    names: list[Node] = []
    if differential_at(cursor, cursor.at) is not None:
        names = _differentials(cursor, only_one=True)
        with cursor.deeper():
            body = cursor.grammar.product(cursor)
    else:
        cursor.integrals += 1
        with cursor.deeper():
            body = cursor.grammar.total(cursor)
        cursor.integrals -= 1
        names = _differentials(cursor, only_one=not outermost)
    if not names:
        body, names = _differential_above(body)
    if not names:
        raise ParseError("the integral has no `dx`", sign.span, "write what it integrates over: `\\int f(x) \\, dx`")
    binder = _integral_binder(names, scripts, sign.span)
    return Big("int", binder, body, span=cursor.since(start))


def _differential_above(body: Node) -> tuple[Node, list[Node]]:
    r"""``\int \frac{x \, dx}{1 + x^2}``: the differential in the numerator of what is integrated."""
    match body:
        case Product(factors=(*before, Fraction_() as last), operators=operators) if not any(operators):
            inner, names = _differential_above(last)
            return (replace(body, factors=(*before, inner)), names) if names else (body, [])
        case Fraction_(numerator=Product(factors=(*before, Name(text="d"), variable), operators=operators)):
            if any(operators[-1:]) or not isinstance(base_of(variable), Name):
                return body, []
            above: Node = Number(Fraction(1), "1", span=body.numerator.span)
            if before:
                whole = body.numerator.span
                above = before[0] if len(before) == 1 else Product(tuple(before), operators[:-2], span=whole)
            return replace(body, numerator=above), [variable]
    return body, []


def _integral_binder(names: list[Node], scripts: Scripts, span: Span) -> Binder:
    whole = names[0].span | names[-1].span
    match scripts.sub:
        case None:
            return Binder(tuple(names), None, scripts.sup, span=whole)
        case Compare(relations=("\\in",)) as condition:
            return Binder(tuple(names), None, None, condition, span=whole)
        case lower if scripts.sup is None:
            condition = Compare((names[0], lower), ("\\in",), span=lower.span)
            return Binder(tuple(names), None, None, condition, span=whole)
        case lower if len(names) == 1:
            return Binder(tuple(names), lower, scripts.sup, span=whole)
        case _:
            raise ParseError("one pair of bounds stands for two variables", span, "write one `\\int` for each variable")


def _differentials(cursor: Cursor, only_one: bool) -> list[Node]:
    r"""The names behind ``dx\,dy``."""
    names: list[Node] = []
    while (after := differential_at(cursor, cursor.at)) is not None and not (names and only_one):
        cursor.at = after
        waiting, cursor.integrals = cursor.integrals, 0
        names.append(cursor.grammar.factor(cursor))
        cursor.integrals = waiting
    return names
