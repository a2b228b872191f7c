r"""Expressions as text: ``latex`` to be read again, ``plain`` for tables and messages.

``latex`` is canonical and knows no spans, so that it is also the key under which a name is looked up:
``x_{i}``, ``W_{ij}``, ``A^{\top}``, ``x^{(i)}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from derivcheck.language import nodes as n
from derivcheck.language.nodes import Node
from derivcheck.language.plain import plain
from derivcheck.language.precedence import ATOM, ENTRYWISE, PRODUCT, SUM, level, orders, reaches_right, touches
from derivcheck.language.scoping import keeps, takes_in

__all__ = ["latex", "plain"]

_COMMANDS = frozenset(
    {"arccos", "arcsin", "arctan", "cos", "cosh", "cot", "coth", "det", "exp", "inf", "lim", "ln", "log"}
    | {"max", "min", "sin", "sinh", "sup", "tan", "tanh"}
)
_FENCES = {"(": ("(", ")"), "[": ("[", "]"), "{": (r"\{", r"\}")}
_MATRICES = {"(": "pmatrix", "[": "bmatrix", "|": "vmatrix", "‖": "Vmatrix", "{": "Bmatrix", "": "matrix"}
_BIG = {"sum": r"\sum", "prod": r"\prod", "int": r"\int", "max": r"\max", "min": r"\min"}
_BIG |= {"argmax": r"\arg\max", "argmin": r"\arg\min"}
_SIGNS = {"+": "+", "-": "-", "±": r"\pm"}
_ENDS_IN_COMMAND = re.compile(r"\\[A-Za-z]+\Z")


def latex(node: Node) -> str:
    """Canonical LaTeX; reading it again gives the same node."""
    return _latex(node, tight=False)


def _latex(node: Node, tight: bool) -> str:
    """``tight`` leaves out the spaces around signs and between juxtaposed letters, as in scripts."""
    match node:
        case n.Number() | n.Name() | n.Symbol():
            return node.text
        case n.Word(text=text):
            return "\\" + text if text in _COMMANDS else rf"\operatorname{{{text}}}"
        case n.Text(text=text):
            return rf"\text{{{text}}}"
        case n.Add() | n.Product() | n.Entrywise() | n.Compare() | n.Tuple() | n.Given():
            return _infix(node, tight)
        case n.Scripted():
            return _scripted(node)
        case n.Apply():
            return _apply(node, tight)
        case n.Big() | n.Binder():
            return _big(node, tight)
        case n.Derivative() | n.Nabla():
            return _derivative(node, tight)
        case n.MatrixNode() | n.Cases():
            return _rows(node)
        case _:
            return _enclosed(node, tight)


def _at(node: Node, least: int, tight: bool) -> str:
    """In brackets if it binds less tightly than it must here."""
    text = _latex(node, tight)
    return text if level(node) >= least else f"({text})"


def _infix(node: n.Add | n.Product | n.Entrywise | n.Compare | n.Tuple | n.Given, tight: bool) -> str:
    gap = "" if tight else " "
    match node:
        case n.Add(terms=terms):
            return _sum(terms, tight)
        case n.Product(factors=factors, operators=operators):
            return _product(factors, operators, tight)
        case n.Entrywise(factors=factors, operators=operators):
            parts = [_factor(factors, operators, k, PRODUCT, tight) for k in range(len(factors))]
            return _interleaved(parts, operators, gap)
        case n.Compare(members=members, relations=relations):
            return _interleaved([_at(member, SUM, tight) for member in members], relations, gap)
        case n.Tuple(items=items, separators=separators):
            # Of members with relations in a list (k = 1, 2) no bracket is wanted.
            text = _latex(items[0], tight) if items else ""
            for separator, item in zip(separators, items[1:], strict=False):
                text = _glued(text, separator + gap + _latex(item, tight))
            return text
        case n.Given(left=left, right=right):
            return _interleaved([_latex(left, tight), _latex(right, tight)], [r"\mid"], gap)


def _sum(terms: Sequence[tuple[str, Node]], tight: bool) -> str:
    gap = "" if tight else " "
    text = ""
    for k, (sign, term) in enumerate(terms):
        part = _at(term, ENTRYWISE, tight)
        if level(term) >= ENTRYWISE and takes_in(term, (later for _, later in terms[k + 1 :])):
            part = f"({part})"
        if k == 0:
            text = part if sign == "+" else _glued(_SIGNS[sign], part)
        else:
            text = _glued(_glued(text + gap, _SIGNS[sign]) + gap, part)
    return text


def _product(factors: Sequence[Node], operators: Sequence[str], tight: bool) -> str:
    text = _factor(factors, operators, 0, ATOM, tight)
    for k, operator in enumerate(operators, start=1):
        part = _factor(factors, operators, k, ATOM, tight)
        if operator:
            gap = "" if tight or operator == "/" else " "
            text = _glued(_glued(text + gap, operator) + gap, part)
        elif touches(factors[k - 1], factors[k]) or (tight and not (text[-1:].isdigit() and part[:1].isdigit())):
            text = _glued(text, part)
        else:
            text = f"{text} {part}"
    return text


def _factor(factors: Sequence[Node], operators: Sequence[str], k: int, least: int, tight: bool) -> str:
    """One of several factors: what reaches to the right is closed by a bracket, except at the end."""
    node = factors[k]
    text = _at(node, least, tight)
    if level(node) >= least and k < len(operators) and reaches_right(node, operators[k], factors[k + 1]):
        return f"({text})"
    return text


def _interleaved(parts: Sequence[str], signs: Iterable[str], gap: str) -> str:
    text = parts[0]
    for sign, part in zip(signs, parts[1:], strict=False):
        text = _glued(_glued(text + gap, sign) + gap, part)
    return text


def _glued(left: str, right: str) -> str:
    """A space after a command before a letter; none elsewhere."""
    return f"{left} {right}" if right[:1].isalpha() and _ENDS_IN_COMMAND.search(left) else left + right


def _scripted(node: n.Scripted) -> str:
    base = _latex(node.base, tight=False)
    match node.base:
        case n.Scripted() | n.Nabla() | n.Held() | n.Big() | n.Derivative(operator=True) | n.Apply(bracketed=False):
            base = f"{{{base}}}"
        case n.Add() | n.Product() | n.Entrywise() | n.Compare() | n.Tuple() | n.Given():
            base = f"({base})"
        case _:
            pass
    return base + _scripts(node.sub, node.sup, node.primes)


def _scripts(sub: Node | None, sup: Node | None, primes: int) -> str:
    # In this order: TeX does not allow a prime behind a superscript, nor a subscript between the two.
    below = f"_{{{_latex(sub, tight=True)}}}" if sub is not None else ""
    above = f"^{{{_latex(sup, tight=True)}}}" if sup is not None else ""
    return below + "'" * primes + above


def _apply(node: n.Apply, tight: bool) -> str:
    if node.word.text == "binom" and len(node.args) == 2:
        above, below = (_latex(part, tight) for part in node.args)
        return f"\\binom{{{above}}}{{{below}}}"
    if node.word.text == "factorial" and len(node.args) == 1:
        simple = isinstance(node.args[0], n.Name | n.Number | n.Scripted)
        return f"{_latex(node.args[0], tight)}!" if simple else f"({_latex(node.args[0], tight)})!"
    head = _latex(node.word, tight) + _scripts(node.sub, node.sup, node.primes)
    if not node.bracketed:
        argument = " ".join(_at(argument, PRODUCT, tight) for argument in node.args)
        # A bracket right behind the word would be read as the whole argument.
        first = node.args[0]
        if isinstance(first, n.Product) and any(first.operators):
            # A written sign would end the argument.
            return f"{head} {{{argument}}}"
        split = isinstance(node.args[0], n.Product) and argument.startswith(("(", "[", r"\{"))
        return f"{head} ({argument})" if split else f"{head} {argument}"
    left, right = _FENCES[node.fence]
    inside = ("," if tight else ", ").join(_latex(argument, tight) for argument in node.args)
    return f"{head}{left}{_glued(inside, right)}"


def _big(node: n.Big | n.Binder, tight: bool) -> str:
    if isinstance(node, n.Binder):
        return _bounds(node)
    binder, body = node.binder, _body(node, node.body, tight)
    upper = _scripts(None, binder.upper, 0)
    if node.operator != "int":
        return f"{_BIG[node.operator]}_{{{_bounds(binder)}}}{upper} {body}"
    lower = _scripts(binder.lower, None, 0) if binder.condition is None else f"_{{{_latex(binder.condition, True)}}}"
    differentials = "".join(_glued(r" \, d", _latex(name, True)) for name in binder.names)
    # The differential ends what is integrated: a sum needs no brackets.
    body = _latex(node.body, tight) if isinstance(node.body, n.Add) else body
    return f"{_BIG[node.operator]}{lower}{upper} {body}{differentials}"


def _body(operator: n.Big | n.Derivative, body: Node, tight: bool) -> str:
    text = _latex(body, tight)
    least = PRODUCT if isinstance(operator, n.Derivative) else ENTRYWISE
    if isinstance(body, n.Add):
        signed = isinstance(operator, n.Big) and len(body.terms) == 1  # ``\\sum_j -a_j``
        return text if signed or keeps(operator, body) else f"({text})"
    return text if level(body) >= least else f"({text})"


def _bounds(binder: n.Binder) -> str:
    names = ",".join(_latex(name, tight=True) for name in binder.names)
    condition = _latex(binder.condition, tight=True) if binder.condition is not None else ""
    if binder.lower is not None:
        names += "=" + _latex(binder.lower, tight=True)
        return f"{names},{condition}" if condition else names
    return condition or names


def _derivative(node: n.Derivative | n.Nabla, tight: bool) -> str:
    if isinstance(node, n.Nabla):
        return node.symbol + _scripts(node.variable, None, 0) + (f"^{{{node.order}}}" if node.order != 1 else "")
    symbol = node.symbol
    order_text = f"^{{{len(node.variables)}}}" if len(node.variables) > 1 else ""
    mark = symbol if symbol == "d" else symbol + " "
    below = " ".join(mark + _latex(variable, False) for variable in orders(node.variables))
    if node.operator:
        return rf"\frac{{{symbol}{order_text}}}{{{below}}} {_body(node, node.target, tight)}"
    target = _at(node.target, PRODUCT, False)
    return rf"\frac{{{mark if not order_text else symbol + order_text + ' '}{target}}}{{{below}}}"


def _rows(node: n.MatrixNode | n.Cases) -> str:
    if isinstance(node, n.MatrixNode):
        name = _MATRICES.get(node.fence, "matrix")
        rows = [" & ".join(_latex(cell, False) for cell in row) for row in node.rows]
    else:
        name = "cases"
        rows = [
            f"{_latex(value, False)} & " + (r"\text{otherwise}" if condition is None else _latex(condition, False))
            for value, condition in node.rows
        ]
    return rf"\begin{{{name}}} " + r" \\ ".join(rows) + rf" \end{{{name}}}"


def _enclosed(node: n.Group | n.Bars | n.Angle | n.Fraction_ | n.Root | n.Held | n.Boxed, tight: bool) -> str:
    match node:
        case n.Group(body=body, fence=fence):
            left, right = _FENCES[fence]
            return left + _latex(body, tight) + right
        case n.Bars(body=body, double=double):
            bar = r"\|" if double else "|"
            return _glued(rf"\left{bar} ", _latex(body, tight)) + rf" \right{bar}"
        case n.Angle(items=items):
            return r"\langle " + ", ".join(_latex(item, tight) for item in items) + r" \rangle"
        case n.Fraction_(numerator=numerator, denominator=denominator):
            return rf"\frac{{{_latex(numerator, False)}}}{{{_latex(denominator, False)}}}"
        case n.Root(body=body, index=index):
            degree = f"[{_latex(index, True)}]" if index is not None else ""
            return rf"\sqrt{degree}{{{_latex(body, False)}}}"
        case n.Held(body=body, sub=sub):
            return rf"\left. {_latex(body, False)} \right|_{{{_latex(sub, True)}}}"
        case n.Boxed(body=body):
            return rf"\boxed{{{_latex(body, False)}}}"
