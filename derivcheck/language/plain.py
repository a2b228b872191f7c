"""Expressions as short Unicode text, for tables and messages: ``∂ℓ/∂V``, ``Wᵀ(δ ⊙ φ′(r))``, ``‖x‖²``.

It is to be read by people; nothing reads it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from derivcheck.language import nodes as n
from derivcheck.language.glyphs import lowered, raised, shown
from derivcheck.language.nodes import Node
from derivcheck.language.precedence import ATOM, ENTRYWISE, PRODUCT, SUM, level, orders, reaches_right, touches

_FENCES = {"(": ("(", ")"), "[": ("[", "]"), "{": ("{", "}"), "|": ("|", "|"), "‖": ("‖", "‖"), "": ("(", ")")}
_BIG = {"sum": "Σ", "prod": "Π", "int": "∫", "max": "max", "min": "min", "argmax": "arg max", "argmin": "arg min"}
_WORDS = {"relu": "ReLU", "pr": "Pr", "kl": "KL", "var": "Var", "cov": "Cov"}


def plain(node: Node) -> str:
    """The expression as a person would type it into a message."""
    return _plain(node, tight=False)


def _plain(node: Node, tight: bool) -> str:
    match node:
        case n.Number() | n.Text():
            return node.text
        case n.Name(text=text) | n.Symbol(text=text):
            return shown(text)
        case n.Word(text=text):
            return _WORDS.get(text, text)
        case n.Add() | n.Product() | n.Entrywise() | n.Compare() | n.Tuple() | n.Given():
            return _infix(node, tight)
        case n.Scripted():
            return _scripted(node)
        case n.Apply():
            return _apply(node, tight)
        case n.Big() | n.Binder():
            return _big(node, tight)
        case n.Derivative() | n.Nabla() | n.Fraction_():
            return _fraction(node, tight)
        case _:
            return _enclosed(node, tight)


def _at(node: Node, least: int, tight: bool) -> str:
    text = _plain(node, tight)
    return text if level(node) >= least else f"({text})"


def _infix(node: n.Add | n.Product | n.Entrywise | n.Compare | n.Tuple | n.Given, tight: bool) -> str:
    gap = "" if tight else " "
    match node:
        case n.Add(terms=terms):
            text = ""
            for k, (mark, term) in enumerate(terms):
                part = _at(term, ENTRYWISE, tight)
                minus = "−" if mark == "-" else mark
                text += f"{gap}{minus}{gap}{part}" if k else part if mark == "+" else minus + part
            return text
        case n.Product(factors=factors, operators=operators):
            return _product(factors, operators, tight)
        case n.Entrywise(factors=factors, operators=operators):
            return _interleaved(
                [_factor(factors, operators, k, PRODUCT, tight) for k in range(len(factors))], operators, gap
            )
        case n.Compare(members=members, relations=relations):
            return _interleaved([_at(member, SUM, tight) for member in members], relations, gap)
        case n.Tuple(items=items, separators=separators):
            text = _plain(items[0], tight) if items else ""
            for separator, item in zip(separators, items[1:], strict=False):
                # The bars between the two densities of a divergence.
                sign = " ‖" if separator in ("\\|", "\\Vert", "\\parallel", "||") else separator
                text += sign + (gap or (" " if sign == " ‖" else "")) + _plain(item, tight)
            return text
        case n.Given(left=left, right=right):
            return f"{_plain(left, tight)}{gap}|{gap}{_plain(right, tight)}"


def _product(factors: Sequence[Node], operators: Sequence[str], tight: bool) -> str:
    text = _factor(factors, operators, 0, ATOM, tight)
    for k, operator in enumerate(operators, start=1):
        part = _factor(factors, operators, k, ATOM, tight)
        gap = "" if tight else " "
        if operator == "/":
            text += f"/({part})" if isinstance(factors[k], n.Fraction_ | n.Derivative) else f"/{part}"
        elif operator:
            text += f"{gap}{shown(operator)}{gap}{part}"
        elif touches(factors[k - 1], factors[k]):
            text += part
        else:
            text += gap + part
    return text


def _factor(factors: Sequence[Node], operators: Sequence[str], k: int, least: int, tight: bool) -> str:
    node = factors[k]
    text = _at(node, least, tight)
    if level(node) >= least and k < len(operators) and reaches_right(node, operators[k], factors[k + 1]):
        return f"({text})"
    return text


def _interleaved(parts: Sequence[str], signs: Iterable[str], gap: str) -> str:
    text = parts[0]
    for mark, part in zip(signs, parts[1:], strict=False):
        text += f"{gap}{shown(mark)}{gap}{part}" if mark != ":" else f":{gap}{part}"
    return text


def _scripted(node: n.Scripted) -> str:
    base = _plain(node.base, tight=False)
    match node.base:
        case n.Nabla() | n.Held() | n.Big() | n.Derivative() | n.Fraction_() | n.Root() | n.Apply(bracketed=False):
            base = f"({base})"
        case _ if level(node.base) < ATOM:
            base = f"({base})"
        case _:
            pass
    return base + _scripts(node.sub, node.sup, node.primes)


def _scripts(sub: Node | None, sup: Node | None, primes: int = 0) -> str:
    below = lowered(_plain(sub, tight=True)) if sub is not None else ""
    above = raised(_plain(sup, tight=True)) if sup is not None else ""
    return below + "′" * primes + above


def _apply(node: n.Apply, tight: bool) -> str:
    if node.word.text == "factorial" and len(node.args) == 1:
        return _at(node.args[0], ATOM, tight) + "!"
    head = _plain(node.word, tight) + _scripts(node.sub, node.sup, node.primes)
    if not node.bracketed:
        return head + " " + " ".join(_at(argument, PRODUCT, tight) for argument in node.args)
    left, right = _FENCES[node.fence]
    return head + left + ("," if tight else ", ").join(_plain(argument, tight) for argument in node.args) + right


def _big(node: n.Big | n.Binder, tight: bool) -> str:
    if isinstance(node, n.Binder):
        return _bounds(node)
    binder, body = node.binder, _at(node.body, ENTRYWISE, tight)
    upper = raised(_plain(binder.upper, True)) if binder.upper is not None else ""
    if node.operator != "int":
        return f"{_BIG[node.operator]}{lowered(_bounds(binder))}{upper} {body}"
    lower = binder.lower if binder.lower is not None else binder.condition
    differentials = "".join(" d" + _plain(name, True) for name in binder.names)
    return f"∫{_scripts(lower, None)}{upper} {body}{differentials}"


def _bounds(binder: n.Binder) -> str:
    names = ",".join(_plain(name, tight=True) for name in binder.names)
    condition = _plain(binder.condition, tight=True) if binder.condition is not None else ""
    if binder.lower is not None:
        names += "=" + _plain(binder.lower, tight=True)
        return f"{names},{condition}" if condition else names
    return condition or names


def _fraction(node: n.Derivative | n.Nabla | n.Fraction_, tight: bool) -> str:
    match node:
        case n.Nabla(variable=variable, order=order, symbol=symbol):
            return shown(symbol) + _scripts(variable, None) + (raised(str(order)) if order != 1 else "")
        case n.Fraction_(numerator=numerator, denominator=denominator):
            above, below = _plain(numerator, False), _plain(denominator, False)
            if level(numerator) < PRODUCT or _slashed(numerator):
                above = f"({above})"
            if level(denominator) < ATOM or _slashed(denominator):
                below = f"({below})"
            return f"{above}/{below}"
        case n.Derivative(target=target, variables=variables, symbol=symbol, operator=operator):
            mark = shown(symbol)
            above = mark + (raised(str(len(variables))) if len(variables) > 1 else "")
            below = "".join(mark + _at(variable, ATOM, False) for variable in orders(variables))
            if operator:
                return f"{above}/{below} {_at(target, PRODUCT, tight)}"
            return f"{above}{_at(target, PRODUCT, False)}/{below}"


def _slashed(node: Node) -> bool:
    return isinstance(node, n.Fraction_ | n.Derivative) or (isinstance(node, n.Product) and "/" in node.operators)


def _enclosed(
    node: n.Group | n.Bars | n.Angle | n.Root | n.Held | n.Boxed | n.MatrixNode | n.Cases, tight: bool
) -> str:
    match node:
        case n.Group(body=body, fence=fence):
            left, right = _FENCES[fence]
            return left + _plain(body, tight) + right
        case n.Bars(body=body, double=double):
            bar = "‖" if double else "|"
            return bar + _plain(body, tight) + bar
        case n.Angle(items=items):
            return "⟨" + ", ".join(_plain(item, tight) for item in items) + "⟩"
        case n.Root(body=body, index=index):
            degree = raised(_plain(index, True)) if index is not None else ""
            inside = _plain(body, tight)
            simple = isinstance(body, n.Name | n.Number | n.Group)
            return f"{degree}√{inside}" if simple else f"{degree}√({inside})"
        case n.Held(body=body, sub=sub):
            return f"{_plain(body, False)}|{lowered(_plain(sub, True))}"
        case n.Boxed(body=body):
            return _plain(body, tight)
        case n.MatrixNode(rows=rows, fence=fence):
            left, right = _FENCES.get(fence, _FENCES["("])
            return left + "; ".join(", ".join(_plain(cell, False) for cell in row) for row in rows) + right
        case n.Cases(rows=pairs):
            return "{" + "; ".join(_case(value, condition) for value, condition in pairs) + "}"


def _case(value: Node, condition: Node | None) -> str:
    return f"{_plain(value, False)} " + ("otherwise" if condition is None else f"if {_plain(condition, False)}")
