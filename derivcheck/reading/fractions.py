r"""Fractions, and derivatives in all their spellings."""

from __future__ import annotations

from typing import Literal, cast

from derivcheck.language import nodes as n
from derivcheck.reading.cursor import Cursor
from derivcheck.reading.differentials import symbol_at
from derivcheck.reading.items import ParseError
from derivcheck.reading.names import split_digit
from derivcheck.reading.scripts import read_scripts
from derivcheck.reading.vocabulary import ENTRYWISE_SIGNS, PRODUCT_SIGNS, SUM_SIGNS
from derivcheck.source import Span

_Symbol = Literal["\\partial", "d"]
_HIGHEST = 9


def read_fraction(cursor: Cursor) -> n.Node:
    r"""``\frac{…}{…}``: a derivative if both parts begin with the same ``\partial`` or ``d``."""
    start = cursor.at
    cursor.take()
    symbol = _derivative_symbol(cursor, start + 1)
    if symbol is not None:
        return _derivative(cursor, symbol, start)
    numerator = argument(cursor)
    denominator = argument(cursor)
    return n.Fraction_(numerator, denominator, span=cursor.since(start))


def choose(above: n.Node, below: n.Node, span: Span) -> n.Node:
    """A binomial coefficient, as a known word of two arguments."""
    return n.Apply(n.Word("binom", span=span), (above, below), span=span)


def read_binomial(cursor: Cursor) -> n.Node:
    r"""``\binom{n}{k}``."""
    start = cursor.at
    cursor.take()
    above = argument(cursor)
    return choose(above, argument(cursor), cursor.since(start))


def argument(cursor: Cursor) -> n.Node:
    """The argument of a command: braces, or the one thing behind it."""
    token = cursor.peek()
    if token is None or token.kind in ("end", "close", "row", "env-end"):
        raise cursor.missing("an argument in braces")
    if token.kind == "begin":
        return cursor.braced()
    if token.kind == "number" and len(token.text) > 1:
        return split_digit(cursor)
    with cursor.deeper():
        return cursor.grammar.atom(cursor)


def read_over(cursor: Cursor) -> n.Node:
    r"""``{a \over b}``, from inside its braces to their end."""
    start = cursor.at
    over = cursor.overs[start - 1]
    above, below = symbol_at(cursor, start), symbol_at(cursor, over + 1)
    if above is not None and below is not None and _is_derivative(cursor, above, below):
        return _spread(cursor, above[0], start)
    numerator = cursor.grammar.inner(cursor)
    if cursor.looks_at("command", "\\choose"):
        cursor.take()
        return choose(numerator, cursor.grammar.inner(cursor), cursor.since(start))
    if not cursor.looks_at("command", "\\over"):
        raise cursor.missing("`\\over`")
    cursor.take()
    denominator = cursor.grammar.inner(cursor)
    return n.Fraction_(numerator, denominator, span=cursor.since(start))


def _derivative_symbol(cursor: Cursor, index: int) -> str | None:
    """The sign of the derivative that the arguments at an index make, or None for a plain fraction."""
    tokens = cursor.tokens
    if index >= len(tokens):
        return None
    if tokens[index].kind == "begin":
        above = symbol_at(cursor, index + 1)
        denominator = cursor.partners[index] + 1
    else:
        above = symbol_at(cursor, index)
        denominator = above[1] if above is not None else len(tokens)
    if above is None or denominator >= len(tokens) or tokens[denominator].kind != "begin":
        return None
    below = symbol_at(cursor, denominator + 1)
    if below is None or not _is_derivative(cursor, above, below):
        return None
    return above[0]


def _is_derivative(cursor: Cursor, above: tuple[str, int], below: tuple[str, int]) -> bool:
    if above[0] != below[0]:
        return False
    if above[0] == "\\partial":
        return True
    # A plain d is a name unless something is behind it below, and nothing is done to it above.
    token = cursor.tokens[above[1]] if above[1] < len(cursor.tokens) else None
    if token is not None and (token.text in ("_", ",", "'") or token.text in _OPERATORS):
        return False
    token = cursor.tokens[below[1]] if below[1] < len(cursor.tokens) else None
    return token is not None and token.kind in ("letter", "command", "begin", "open") and token.text not in _OPERATORS


_OPERATORS = frozenset({*SUM_SIGNS, *PRODUCT_SIGNS, *ENTRYWISE_SIGNS, "\\over"})


def is_braced_slash(cursor: Cursor, start: int) -> bool:
    r"""Whether ``{\partial \ell} / {\partial W}`` stands at an opening brace."""
    above = symbol_at(cursor, start + 1)
    slash = cursor.partners[start] + 1
    if above is None or slash + 1 >= len(cursor.tokens) or cursor.tokens[slash].text != "/":
        return False
    below = symbol_at(cursor, slash + 2) if cursor.tokens[slash + 1].kind == "begin" else None
    return below is not None and _is_derivative(cursor, above, below)


def read_braced_slash(cursor: Cursor) -> n.Node:
    r"""``{\partial \ell} / {\partial W}``."""
    symbol = symbol_at(cursor, cursor.at + 1)
    return _derivative(cursor, symbol[0] if symbol is not None else "d", cursor.at)


def _derivative(cursor: Cursor, symbol: str, start: int) -> n.Node:
    r"""The arguments of a ``\frac`` that is a derivative."""
    if cursor.looks_at("begin"):
        cursor.take()
        with cursor.inside("braces"):
            order, target = _above(cursor, symbol)
            cursor.close()
    else:
        order, target = _above(cursor, symbol, bare=True)
    below = cursor.at
    if cursor.take().text == "/":
        cursor.take()
    with cursor.inside("braces"):
        variables = _below(cursor, symbol, order, braced=True)
        cursor.close()
    return _finished(cursor, symbol, target, variables, start, cursor.since(below))


def _spread(cursor: Cursor, symbol: str, start: int) -> n.Node:
    order, target = _above(cursor, symbol)
    cursor.take()
    variables = _below(cursor, symbol, order, braced=True)
    if target is None:
        # the braces end before what it acts on
        raise ParseError("this derivative has nothing to act on", cursor.since(start), "write it with `\\frac`")
    return n.Derivative(target, variables, cast(_Symbol, symbol), span=cursor.since(start))


def read_slash(cursor: Cursor, slash: int) -> n.Node:
    r"""``dy/dx`` or ``\partial \ell / \partial W``, whose slash is known to stand at an index."""
    start = cursor.at
    symbol = (symbol_at(cursor, start) or ("d", start))[0]
    order, target = _above(cursor, symbol, until=slash)
    if cursor.at != slash:
        raise cursor.missing("`/`")
    cursor.take()
    variables = _below(cursor, symbol, order, braced=False)
    return _finished(cursor, symbol, target, variables, start, cursor.since(slash + 1))


def _above(cursor: Cursor, symbol: str, bare: bool = False, until: int | None = None) -> tuple[int, n.Node | None]:
    """The order and the target: what stands behind the sign in the numerator."""
    found = symbol_at(cursor, cursor.at)
    cursor.at = found[1] if found is not None else cursor.at + 1
    if bare:
        return 1, None
    order = 1
    if cursor.looks_at("sign", "^"):
        sign = cursor.take()
        order = _order(cursor, argument(cursor), sign.span)
    if cursor.looks_at("end") or cursor.looks_at("command", "\\over") or cursor.at == until:
        return order, None
    if until is None:
        target = cursor.grammar.inner(cursor)
    else:
        target = cursor.grammar.factor(cursor)
        if cursor.at < until:
            second = cursor.grammar.factor(cursor)
            target = n.Product((target, second), ("",), span=target.span | second.span)
    if isinstance(target, n.Add | n.Entrywise | n.Compare | n.Tuple):
        raise ParseError(
            f"it is not clear how far the `{symbol}` reaches", target.span, "put what it acts on in brackets"
        )
    return order, target


def _order(cursor: Cursor, node: n.Node, span: Span) -> int:
    if isinstance(node, n.Number) and node.value.denominator == 1 and 1 <= node.value <= _HIGHEST:
        return int(node.value)
    raise ParseError("the order of a derivative is a number", node.span if node.span.end else span)


def _below(cursor: Cursor, symbol: str, order: int, braced: bool) -> tuple[n.Node, ...]:
    """The variables: what stands behind each sign in the denominator."""
    start = cursor.at
    found: list[n.Node] = []
    while (sign := symbol_at(cursor, cursor.at)) is not None and sign[0] == symbol:
        # On one line the denominator ends when there are enough variables: dy/dx d is a product.
        if found and not braced and len(found) >= order:
            break
        cursor.at = sign[1]
        waiting, cursor.integrals = cursor.integrals, 0
        variable = cursor.grammar.factor(cursor)
        if braced and cursor.looks_at("open"):
            group = cursor.grammar.factor(cursor)
            variable = n.Product((variable, group), ("",), span=variable.span | group.span)
        cursor.integrals = waiting
        found.append(variable)
    if braced and not (cursor.looks_at("end") or cursor.peek() is None):
        error = cursor.missing(f"`{symbol}` and a variable")
        raise ParseError(error.message, error.span, f"write one `{symbol}` before each variable")
    return _expanded(found, order, cursor.since(start))


def _expanded(found: list[n.Node], order: int, span: Span) -> tuple[n.Node, ...]:
    r"""One variable an order: ``\partial x^2`` counts twice under ``\partial^2``."""
    if order == 1 and len(found) == 1:
        return (found[0],)
    powers = [_power(variable) for variable in found]
    if order > 1 and sum(count for _, count in powers) == order:
        return tuple(variable for variable, count in powers for _ in range(count))
    if len(found) == order:
        return tuple(found)
    total = sum(count for _, count in powers) if order > 1 else len(found)
    raise ParseError(
        f"the orders differ: {order} above and {total} below", span, "write as many variables as the order says"
    )


def _power(variable: n.Node) -> tuple[n.Node, int]:
    match variable:
        case n.Scripted(base=base, sub=sub, sup=n.Number(value=value), primes=primes) if (
            value.denominator == 1 and 1 < value <= _HIGHEST
        ):
            if sub is None and not primes:
                return base, int(value)
            return n.Scripted(base, sub, None, primes, span=variable.span), int(value)
        case _:
            return variable, 1


def _finished(
    cursor: Cursor, symbol: str, target: n.Node | None, variables: tuple[n.Node, ...], start: int, below: Span
) -> n.Node:
    if target is not None:
        return n.Derivative(target, variables, cast(_Symbol, symbol), span=cursor.since(start))
    if not cursor.grammar.begins(cursor):
        raise ParseError(
            "this derivative has nothing to act on", cursor.since(start), "write what it acts on right behind it"
        )
    cursor.holders += 1
    with cursor.deeper():
        target = cursor.grammar.product(cursor)
    cursor.holders -= 1
    return n.Derivative(target, variables, cast(_Symbol, symbol), operator=True, span=cursor.since(start))


def read_physics(cursor: Cursor) -> n.Node:
    r"""``\pdv{f}{x}``, ``\pdv[2]{f}{x}``, ``\pdv{f}{x}{y}``, ``\dv{x}``."""
    start = cursor.at
    command = cursor.take()
    symbol = "\\partial" if command.text in ("\\pdv", "\\partialderivative") else "d"
    order = None
    if cursor.looks_at("open", "["):
        bracket = cursor.take()
        order = _order(cursor, cursor.grammar.inner(cursor), bracket.span)
        if not cursor.looks_at("close", "]"):
            raise cursor.missing("`]`")
        cursor.take()
    parts: list[n.Node] = []
    while cursor.looks_at("begin") and len(parts) < 3:
        parts.append(argument(cursor))
    if not parts:
        raise cursor.missing(f"the argument of `{command.text}`")
    target, below = (parts[0], parts[1:]) if len(parts) > 1 else (None, parts)
    if order is not None and len(below) == 1:
        below = below * order
    return _finished(cursor, symbol, target, tuple(below), start, below[0].span)


def read_nabla(cursor: Cursor) -> n.Node:
    r"""``\nabla``, ``\nabla_x``, ``\nabla^2_x``, ``\partial_x``."""
    start = cursor.at
    sign = cursor.take()
    scripts = read_scripts(cursor)
    if sign.text == "\\partial" and scripts.sub is None:
        raise ParseError(
            "`\\partial` stands outside a derivative", sign.span, "write `\\frac{\\partial y}{\\partial x}`"
        )
    if scripts.primes:
        raise ParseError(f"`{sign.text}` has no primes", cursor.since(start))
    order = 1 if scripts.sup is None else _order(cursor, scripts.sup, sign.span)
    if order == 1 and scripts.sup is None and sign.text == "\\nabla" and cursor.looks_at("command", "\\nabla"):
        # ``\nabla \nabla^\top f`` and ``\nabla_x \nabla_x f`` are the matrix of second derivatives.
        before = cursor.at
        cursor.take()
        second = read_scripts(cursor)
        turned = second.sup in (None, *n.TRANSPOSES)
        if turned and second.sub in (None, scripts.sub) and not second.primes:
            return n.Nabla(scripts.sub, 2, "\\nabla", span=cursor.since(start))
        cursor.at = before
    symbol: Literal["\\nabla", "\\partial"] = "\\partial" if sign.text == "\\partial" else "\\nabla"
    return n.Nabla(scripts.sub, order, symbol, span=cursor.since(start))
