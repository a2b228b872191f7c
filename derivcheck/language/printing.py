r"""Expressions as text: ``latex`` to be read again, ``plain`` for tables and messages.

``latex`` is canonical and knows no spans, so that it is also the key under which a name is looked up:
``x_{i}``, ``W_{ij}``, ``A^{\top}``, ``x^{(i)}``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from derivcheck.language import nodes as n
from derivcheck.language.nodes import Node
from derivcheck.language.plain import Enclosed, Leaf, Printer, Quotient, plain
from derivcheck.language.precedence import ATOM, ENTRYWISE, PRODUCT, keeps, level, orders, takes_in, touches

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
    return _LATEX.node(node)


def _glued(left: str, right: str) -> str:
    """A space after a command before a letter; none elsewhere."""
    return f"{left} {right}" if right[:1].isalpha() and _ENDS_IN_COMMAND.search(left) else left + right


class _Latex(Printer):
    def leaf(self, node: Leaf) -> str:
        match node:
            case n.Word(text=text):
                return "\\" + text if text in _COMMANDS else rf"\operatorname{{{text}}}"
            case n.Text(text=text):
                return rf"\text{{{text}}}"
        return node.text

    def total(self, terms: Sequence[tuple[str, Node]], tight: bool) -> str:
        gap, text = "" if tight else " ", ""
        for k, (sign, term) in enumerate(terms):
            part = self.at(term, ENTRYWISE, tight)
            if level(term) >= ENTRYWISE and takes_in(term, (later for _, later in terms[k + 1 :])):
                part = f"({part})"
            if k == 0:
                text = part if sign == "+" else _glued(_SIGNS[sign], part)
            else:
                text = _glued(_glued(text + gap, _SIGNS[sign]) + gap, part)
        return text

    def listed(self, parts: Sequence[str], separators: Sequence[str], tight: bool) -> str:
        # Of members with relations in a list (k = 1, 2) no bracket is wanted.
        text = parts[0] if parts else ""
        for separator, part in zip(separators, parts[1:], strict=False):
            text = _glued(text, separator + ("" if tight else " ") + part)
        return text

    def product(self, factors: Sequence[Node], operators: Sequence[str], tight: bool) -> str:
        text = self.factor(factors, operators, 0, ATOM, tight)
        for k, operator in enumerate(operators, start=1):
            part = self.factor(factors, operators, k, ATOM, tight)
            if operator:
                gap = "" if tight or operator == "/" else " "
                text = _glued(_glued(text + gap, operator) + gap, part)
            elif touches(factors[k - 1], factors[k]) or (tight and not (text[-1:].isdigit() and part[:1].isdigit())):
                text = _glued(text, part)
            else:
                text = f"{text} {part}"
        return text

    def between(self, parts: Sequence[str], signs: Sequence[str], tight: bool) -> str:
        gap, text = "" if tight else " ", parts[0]
        for sign, part in zip(signs, parts[1:], strict=False):
            text = _glued(_glued(text + gap, sign) + gap, part)
        return text

    def base(self, base: Node) -> str:
        text = self.node(base)
        match base:
            case n.Scripted() | n.Nabla() | n.Held() | n.Big() | n.Derivative(operator=True) | n.Apply(bracketed=False):
                return f"{{{text}}}"
            case n.Add() | n.Product() | n.Entrywise() | n.Compare() | n.Tuple() | n.Given():
                return f"({text})"
        return text

    def scripts(self, base: str, sub: Node | None, sup: Node | None, primes: int = 0) -> str:
        # In this order: TeX does not allow a prime behind a superscript, nor a subscript between the two.
        below = f"_{{{self.node(sub, True)}}}" if sub is not None else ""
        above = f"^{{{self.node(sup, True)}}}" if sup is not None else ""
        return base + below + "'" * primes + above

    def apply(self, node: n.Apply, tight: bool) -> str:
        if node.word.text == "binom" and len(node.args) == 2:
            above, below = (self.node(part, tight) for part in node.args)
            return f"\\binom{{{above}}}{{{below}}}"
        if node.word.text == "factorial" and len(node.args) == 1:
            simple = isinstance(node.args[0], n.Name | n.Number | n.Scripted)
            text = self.node(node.args[0], tight)
            return f"{text}!" if simple else f"({text})!"
        head = self.scripts(self.node(node.word, tight), node.sub, node.sup, node.primes)
        if not node.bracketed:
            argument = " ".join(self.at(argument, PRODUCT, tight) for argument in node.args)
            # A bracket right behind the word would be read as the whole argument.
            first = node.args[0]
            if isinstance(first, n.Product) and any(first.operators):
                # A written sign would end the argument.
                return f"{head} {{{argument}}}"
            split = isinstance(node.args[0], n.Product) and argument.startswith(("(", "[", r"\{"))
            return f"{head} ({argument})" if split else f"{head} {argument}"
        left, right = _FENCES[node.fence]
        inside = ("," if tight else ", ").join(self.node(argument, tight) for argument in node.args)
        return f"{head}{left}{_glued(inside, right)}"

    def big(self, node: n.Big, tight: bool) -> str:
        binder, body = node.binder, self._body(node, node.body, tight)
        if node.operator != "int":
            head = f"{_BIG[node.operator]}_{{{self.bounds(binder)}}}"
            return f"{self.scripts(head, None, binder.upper)} {body}"
        head = self.scripts(r"\int", binder.lower if binder.condition is None else binder.condition, binder.upper)
        differentials = "".join(_glued(r" \, d", self.node(name, True)) for name in binder.names)
        # The differential ends what is integrated: a sum needs no brackets.
        body = self.node(node.body, tight) if isinstance(node.body, n.Add) else body
        return f"{head} {body}{differentials}"

    def _body(self, operator: n.Big | n.Derivative, body: Node, tight: bool) -> str:
        text = self.node(body, tight)
        if isinstance(body, n.Add):
            signed = isinstance(operator, n.Big) and len(body.terms) == 1  # ``\\sum_j -a_j``
            return text if signed or keeps(operator, body) else f"({text})"
        return text if level(body) >= (PRODUCT if isinstance(operator, n.Derivative) else ENTRYWISE) else f"({text})"

    def quotient(self, node: Quotient, tight: bool) -> str:
        match node:
            case n.Fraction_(numerator=numerator, denominator=denominator):
                return rf"\frac{{{self.node(numerator)}}}{{{self.node(denominator)}}}"
            case n.Nabla(variable=variable, order=order, symbol=symbol):
                return self.scripts(symbol, variable, None) + (f"^{{{order}}}" if order != 1 else "")
            case n.Derivative(target=target, variables=variables, symbol=symbol, operator=operator):
                order_text = f"^{{{len(variables)}}}" if len(variables) > 1 else ""
                mark = symbol if symbol == "d" else symbol + " "
                below = " ".join(mark + self.node(variable) for variable in orders(variables))
                if operator:
                    return rf"\frac{{{symbol}{order_text}}}{{{below}}} {self._body(node, target, tight)}"
                above = mark if not order_text else symbol + order_text + " "
                return rf"\frac{{{above}{self.at(target, PRODUCT)}}}{{{below}}}"

    def enclosed(self, node: Enclosed, tight: bool) -> str:
        match node:
            case n.Group(body=body, fence=fence):
                left, right = _FENCES[fence]
                return left + self.node(body, tight) + right
            case n.Bars(body=body, double=double):
                bar = r"\|" if double else "|"
                return _glued(rf"\left{bar} ", self.node(body, tight)) + rf" \right{bar}"
            case n.Angle(items=items):
                return r"\langle " + ", ".join(self.node(item, tight) for item in items) + r" \rangle"
            case n.Root(body=body, index=index):
                degree = f"[{self.node(index, True)}]" if index is not None else ""
                return rf"\sqrt{degree}{{{self.node(body)}}}"
            case n.Held(body=body, sub=sub):
                return rf"\left. {self.node(body)} \right|_{{{self.node(sub, True)}}}"
            case n.Boxed(body=body):
                return rf"\boxed{{{self.node(body)}}}"
            case n.MatrixNode(rows=rows, fence=fence):
                lines = [" & ".join(self.node(cell) for cell in row) for row in rows]
                return _environment(_MATRICES.get(fence, "matrix"), lines)
            case n.Cases(rows=pairs):
                ends = (r"\text{otherwise}" if when is None else self.node(when) for _, when in pairs)
                rows_of = [f"{self.node(value)} & {end}" for (value, _), end in zip(pairs, ends, strict=True)]
                return _environment("cases", rows_of)


def _environment(name: str, rows: Sequence[str]) -> str:
    return rf"\begin{{{name}}} " + r" \\ ".join(rows) + rf" \end{{{name}}}"


_LATEX = _Latex()
