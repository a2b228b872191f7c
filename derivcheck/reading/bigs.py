r"""Sums, products, integrals and ``\max_i``: what they run over, and their bodies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Literal, cast

from derivcheck.language import nodes as n
from derivcheck.language.nodes import walk
from derivcheck.language.precedence import base_of
from derivcheck.reading.cursor import Cursor
from derivcheck.reading.differentials import differential_at
from derivcheck.reading.items import ParseError
from derivcheck.reading.lexer import Token
from derivcheck.reading.names import argument_spelling, spelling_at, word_at
from derivcheck.reading.scripts import Scripts, read_scripts
from derivcheck.reading.vocabulary import BIG_COMMANDS, known_word
from derivcheck.source import Span

_Operator = Literal["sum", "prod", "int", "max", "min", "argmax", "argmin"]
_ORDERS = frozenset({"<", "\\le"})


def read_big(cursor: Cursor) -> n.Node:
    r"""``\sum``, ``\prod`` or ``\int`` with its bounds and its body."""
    start = cursor.at
    command = cursor.take()
    operator = BIG_COMMANDS[command.text]
    scripts = read_scripts(cursor)
    if operator == "int":
        return _integral(cursor, scripts, start)
    return _finished(cursor, operator, scripts, start)


def read_extreme(cursor: Cursor, word: str, start: int) -> n.Node:
    r"""``\max_{i}`` or ``\arg\min_u``: the word stands before, its subscript is next."""
    return _finished(cursor, word, read_scripts(cursor), start)


def read_underset(cursor: Cursor) -> n.Node:
    r"""``\underset{u}{\arg\max}``."""
    start = cursor.at
    command = cursor.take()
    if not cursor.looks_at("begin"):
        raise cursor.missing(f"the argument of `{command.text}`")
    below = cursor.braced("sub")
    index = cursor.at
    if cursor.looks_at("begin"):
        found = word_at(cursor, index + 1)
        if found is not None and found[1] == cursor.partners[index]:
            found = (found[0], found[1] + 1)
        elif (spelled := argument_spelling(cursor, index)) is not None:
            found = (known_word(spelled[0]) or "", spelled[1])
    else:
        found = word_at(cursor, index)
    if found is not None and start and cursor.tokens[start - 1].text == "\\arg":
        found = (f"arg{found[0]}", found[1])
    if found is None or found[0] not in ("max", "min", "argmax", "argmin"):
        raise ParseError(f"`{command.text}` is only read under `\\max`, `\\min` and `\\arg\\max`", command.span)
    cursor.at = found[1]
    return _finished(cursor, found[0], Scripts(sub=below), start)


def _finished(cursor: Cursor, operator: str, scripts: Scripts, start: int) -> n.Node:
    sign = cursor.tokens[start]
    if scripts.sub is None:
        if operator not in ("sum", "prod") or scripts.sup is not None:
            raise _unsaid(sign)
        body = _body(cursor, start)
        return n.Big(cast(_Operator, operator), _only_index(body, cursor, sign), body, span=cursor.since(start))
    binder = binder_of(scripts.sub, scripts.sup, cursor.bound)
    names = [name.text for name in map(base_of, binder.names) if isinstance(name, n.Name)]
    cursor.bound.extend(names)
    body = _body(cursor, start)
    del cursor.bound[len(cursor.bound) - len(names) :]
    return n.Big(cast(_Operator, operator), binder, body, span=cursor.since(start))


def _body(cursor: Cursor, start: int) -> n.Node:
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
    return n.Add((("-", body),), span=cursor.since(place)) if signed else body


def _unsaid(sign: Token) -> ParseError:
    return ParseError(f"`{sign.text}` does not say what it runs over", sign.span, f"write `{sign.text}_{{i}}`")


def _only_index(body: n.Node, cursor: Cursor, sign: Token) -> n.Binder:
    r"""What ``\sum x_i y_i`` runs over: the one letter that stands below something in it and is not bound."""
    below = {part.sub.text for part in walk(body) if isinstance(part, n.Scripted) and isinstance(part.sub, n.Name)}
    letters = {part.text for sub in _subscripts(body) for part in walk(sub) if isinstance(part, n.Name)}
    found = [letter for letter in letters if len(letter) == 1 and letter.islower() and letter not in cursor.bound]
    inner = any(isinstance(part, n.Big) for part in walk(body))
    if len(found) != 1 or found[0] not in below or inner:
        raise _unsaid(sign)
    return n.Binder((n.Name(found[0], span=sign.span),), None, None, span=sign.span)


def _subscripts(body: n.Node) -> Iterator[n.Node]:
    for part in walk(body):
        if isinstance(part, n.Scripted) and part.sub is not None:
            yield part.sub


def _bodiless(cursor: Cursor, start: int) -> ParseError:
    token = cursor.peek()
    sign = cursor.tokens[start]
    if token is not None and token.text in ("+", "-"):
        return ParseError(
            f"`{token.text}` stands right behind `{sign.text}`", token.span, "put what belongs to it in brackets"
        )
    return ParseError(f"`{sign.text}` has nothing behind it", cursor.since(start))


def binder_of(sub: n.Node, sup: n.Node | None, bound: Sequence[str] = ()) -> n.Binder:
    """What stands below and above a big operator; ``bound`` are the names bound around it."""
    span = sub.span if sup is None else sub.span | sup.span
    match sub:
        case n.Compare(members=(left, lower), relations=("=",)):
            return n.Binder(_names(left, span), lower, sup, span=span)
        case n.Compare(members=(left, *rest), relations=(":", *others)):
            if not others:
                return n.Binder(_names(left, span), None, sup, rest[0], span=span)
            condition = n.Compare(tuple(rest), tuple(others), span=rest[0].span | rest[-1].span)
            return n.Binder(_names(left, span), None, sup, condition, span=span)
        case n.Compare():
            return n.Binder(_compared(sub, span, bound), None, sup, sub, span=span)
        case n.Given(left=left, right=condition):
            return n.Binder(_names(left, span), None, sup, condition, span=span)
        case n.Tuple(items=items) if any(isinstance(item, n.Compare) for item in items):
            return _listed(items, sup, span, bound)
        case _:
            return n.Binder(_names(sub, span), None, sup, span=span)


def _listed(items: tuple[n.Node, ...], sup: n.Node | None, span: Span, bound: Sequence[str]) -> n.Binder:
    r"""``i,j=1``, where both share the bounds; ``i=1, i \ne j``; ``i,j : i < j``; ``i, j \in S``."""
    compared = [index for index, item in enumerate(items) if isinstance(item, n.Compare)]
    first = compared[0]
    if items[first + 1 : -1] == (n.Symbol("\\dots"),) and sup is None:
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
        condition = n.Tuple(tuple(conditions), (",",) * (len(conditions) - 1), span=span)
    return n.Binder(names, last.lower, last.upper, condition, span=span)


def _compared(sub: n.Compare, span: Span, bound: Sequence[str]) -> tuple[n.Node, ...]:
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


def _in_order(left: n.Node, right: n.Node, bound: Sequence[str]) -> bool:
    match left, right:
        case n.Name(text=first), n.Name(text=second):
            pairs = ("ij", "jk", "kl", "ik", "il", "jl", "pq", "rs", "st", "uv", "ab")
            return first + second in pairs and first not in bound and second not in bound
        case n.Name(text=first), n.Scripted(base=n.Name(text=second), sub=None, sup=None):
            return first == second
        case _:
            return False


def _is_name(node: n.Node) -> bool:
    return isinstance(base_of(node), n.Name)


def _names(node: n.Node, span: Span) -> tuple[n.Node, ...]:
    match node:
        case n.Name():
            return (node,)
        case n.Scripted() if _is_name(node):
            return (node,)
        case n.Tuple(items=items):
            return tuple(name for item in items for name in _names(item, span))
        case n.Group(body=body):
            return _names(body, span)
        case n.Product(factors=factors, operators=operators) if not any(operators):
            return tuple(name for factor in factors for name in _names(factor, span))
        case n.Symbol(text=text):
            raise ParseError(f"`{text}` is nothing that can be run over", node.span)
        case _:
            raise _not_understood(span)


def _not_understood(span: Span) -> ParseError:
    return ParseError(
        "what this runs over is not understood", span, "write `i`, `i=1`, `i,j`, `j \\ne i` or `i \\in S`"
    )


def _integral(cursor: Cursor, scripts: Scripts, start: int) -> n.Node:
    sign = cursor.tokens[start]
    outermost = cursor.integrals == 0
    names: list[n.Node] = []
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
    return n.Big("int", binder, body, span=cursor.since(start))


def _differential_above(body: n.Node) -> tuple[n.Node, list[n.Node]]:
    r"""``\int \frac{x \, dx}{1 + x^2}``: the differential in the numerator of what is integrated."""
    match body:
        case n.Product(factors=(*before, n.Fraction_() as last), operators=operators) if not any(operators):
            inner, names = _differential_above(last)
            return (replace(body, factors=(*before, inner)), names) if names else (body, [])
        case n.Fraction_(numerator=n.Product(factors=(*before, n.Name(text="d"), variable), operators=operators)):
            if any(operators[-1:]) or not isinstance(base_of(variable), n.Name):
                return body, []
            above: n.Node = n.Number(Fraction(1), "1", span=body.numerator.span)
            if before:
                whole = body.numerator.span
                above = before[0] if len(before) == 1 else n.Product(tuple(before), operators[:-2], span=whole)
            return replace(body, numerator=above), [variable]
    return body, []


def _integral_binder(names: list[n.Node], scripts: Scripts, span: Span) -> n.Binder:
    whole = names[0].span | names[-1].span
    match scripts.sub:
        case None:
            return n.Binder(tuple(names), None, scripts.sup, span=whole)
        case n.Compare(relations=("\\in",)) as condition:
            return n.Binder(tuple(names), None, None, condition, span=whole)
        case lower if scripts.sup is None:
            condition = n.Compare((names[0], lower), ("\\in",), span=lower.span)
            return n.Binder(tuple(names), None, None, condition, span=whole)
        case lower if len(names) == 1:
            return n.Binder(tuple(names), lower, scripts.sup, span=whole)
        case _:
            raise ParseError("one pair of bounds stands for two variables", span, "write one `\\int` for each variable")


def _differentials(cursor: Cursor, only_one: bool) -> list[n.Node]:
    r"""The names behind ``dx\,dy``."""
    names: list[n.Node] = []
    while (after := differential_at(cursor, cursor.at)) is not None and not (names and only_one):
        cursor.at = after
        waiting, cursor.integrals = cursor.integrals, 0
        names.append(cursor.grammar.factor(cursor))
        cursor.integrals = waiting
    return names


_EXTREMES = frozenset({"max", "min", "argmax", "argmin"})


def read_word(cursor: Cursor, word: str, after: int) -> n.Node:
    """A known word with its scripts and its argument; alone where nothing is behind it."""
    start = cursor.at
    spelled = spelling_at(cursor, start)
    cursor.at = after
    if cursor.fence in ("sub", "sup") and _stands_alone(cursor, start):
        return n.Text(spelled[0] if spelled else word, span=cursor.since(start))
    node = n.Word(word, span=cursor.since(start))
    if word in _EXTREMES and cursor.looks_at("sign", "_"):
        return read_extreme(cursor, word, start)
    scripts = read_scripts(cursor)
    with cursor.deeper():
        return _applied(cursor, node, scripts, start)


def _stands_alone(cursor: Cursor, start: int) -> bool:
    """Whether a word is all there is between two commas or braces: the ``max`` of ``x_{\\max}``."""
    before = cursor.tokens[start - 1] if start else None
    behind = cursor.peek()
    return (before is None or before.kind == "begin" or before.text in (",", "_", "^")) and (
        behind is None or behind.kind == "end" or behind.text == ","
    )


def _applied(cursor: Cursor, word: n.Word, scripts: Scripts, start: int) -> n.Node:
    token = cursor.peek()
    if token is not None and token.kind == "open" and token.text in ("(", "[", "{"):
        return _with_argument(cursor, word, scripts, start, cursor.grammar.group(cursor), closed=True)
    if token is None or not cursor.grammar.begins(cursor):
        return scripts.on(word, cursor, start)
    if _opens_bars(cursor):
        # Bars say where the argument ends as brackets do: \log|A| y is a product.
        argument = cursor.grammar.factor(cursor)
    elif word_at(cursor, cursor.at) is not None:
        argument = cursor.grammar.factor(cursor)
    else:
        argument = cursor.grammar.argument(cursor)
    closed = isinstance(argument, n.Group) and cursor.tokens[cursor.at - 1].kind == "end"
    return _with_argument(cursor, word, scripts, start, argument, closed)


def _opens_bars(cursor: Cursor) -> bool:
    token = cursor.tokens[cursor.at]
    return token.kind in ("open", "sign") and token.text in ("|", "\\|")


def _with_argument(
    cursor: Cursor, word: n.Word, scripts: Scripts, start: int, argument: n.Node, closed: bool
) -> n.Node:
    """The word at its argument; one that is ``closed`` by brackets of its own is a list of arguments."""
    span = cursor.since(start)
    if not closed or not isinstance(argument, n.Group):
        return n.Apply(word, (argument,), scripts.sub, scripts.sup, scripts.primes, bracketed=False, span=span)
    arguments = argument.body.items if isinstance(argument.body, n.Tuple) else (argument.body,)
    return n.Apply(word, arguments, scripts.sub, scripts.sup, scripts.primes, fence=argument.fence, span=span)
