"""Expressions as MathML (Core), for pages: what is seen is the tree that was read, and nothing of the text.

Brackets stand where the tree has them or needs them, as in ``plain``. Parts can be marked by their spans.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from html import escape

from derivcheck.language import nodes as n
from derivcheck.language.glyphs import shown
from derivcheck.language.nodes import Node
from derivcheck.language.precedence import ATOM, ENTRYWISE, PRODUCT, SUM, level, orders, reaches_right
from derivcheck.source import Span

Marks = Mapping[Span, tuple[str, str]]
"""By the span of a node: the class of what is drawn there, and MathML that stands behind it."""

_FENCES = {"(": ("(", ")"), "[": ("[", "]"), "{": ("{", "}"), "|": ("|", "|"), "‖": ("‖", "‖"), "": ("", "")}
_BIG = {"sum": "∑", "prod": "∏", "int": "∫", "max": "max", "min": "min", "argmax": "arg max", "argmin": "arg min"}
_WORDS = {"relu": "ReLU", "pr": "Pr", "kl": "KL", "var": "Var", "cov": "Cov"}
_ACCENTS = {"bar": "¯", "hat": "^", "tilde": "~", "vec": "→", "dot": "˙", "ddot": "¨", "check": "ˇ", "breve": "˘"}
_WRAPPED = re.compile(r"\\([A-Za-z]+)\s*\{(.*)\}\Z", re.DOTALL)
_BOLD = (("A", "Z", 0x1D400), ("a", "z", 0x1D41A), ("Α", "Ω", 0x1D6A8), ("α", "ω", 0x1D6C2), ("0", "9", 0x1D7CE))
_TALL = re.compile("<(mfrac|munder|mover|mtable|mroot|msqrt)")
_THIN = '<mspace width="0.14em"></mspace>'


def mathml(node: Node, marks: Marks | None = None) -> str:
    """The expression as one MathML element, without the ``math`` around it."""
    return _Printer(marks or {}).node(node)


def name(text: str) -> str:
    r"""A name in canonical LaTeX: ``\mathbf{x}`` is bold, ``\hat{x}`` has its accent above it."""
    wrapped = _WRAPPED.match(text)
    if wrapped and wrapped[1] in _ACCENTS:
        return f'<mover accent="true">{name(wrapped[2].strip())}{sign(_ACCENTS[wrapped[1]], stretchy=False)}</mover>'
    if wrapped and wrapped[1] == "mathbf":
        return f"<mi>{escape(''.join(map(_bold, shown(wrapped[2].strip()))))}</mi>"
    if wrapped and wrapped[1] in ("mathrm", "mathit", "text", "mathsf", "mathtt"):
        return f"<mi>{escape(shown(wrapped[2].strip()))}</mi>"
    return f"<mi>{escape(shown(text))}</mi>"


def _bold(letter: str) -> str:
    """The letter of the mathematical alphabet: bold is no style of its own in MathML Core."""
    for first, last, base in _BOLD:
        if first <= letter <= last:
            return chr(base + ord(letter) - ord(first))
    return letter


def sign(text: str, *, stretchy: bool = True, infix: bool = False) -> str:
    """An operator; an ``infix`` one keeps its distance also where it comes first."""
    fixed = ("" if stretchy else ' stretchy="false"') + (' form="infix"' if infix else "")
    return f"<mo{fixed}>{escape(text)}</mo>"


def fenced(left: str, inside: str, right: str) -> str:
    """Something between brackets, which keep close to it wherever they stand, and grow with what is tall."""
    # some fonts draw brackets that may grow with wide bearings
    fixed = "" if _TALL.search(inside) else ' stretchy="false"'
    edge = f'<mo fence="true" form="{{}}"{fixed} lspace="0" rspace="0">{{}}</mo>'
    opening = edge.format("prefix", escape(left)) if left else ""
    return row(opening, inside, edge.format("postfix", escape(right)) if right else "")


def row(*parts: str) -> str:
    """Several elements as one."""
    return parts[0] if len(parts) == 1 else f"<mrow>{''.join(parts)}</mrow>"


class _Printer:
    def __init__(self, marks: Marks) -> None:
        self.marks = dict(marks)

    def node(self, node: Node) -> str:
        # of nodes with one span (what a macro stands for) the outermost is marked
        mark = self.marks.pop(node.span, None) if node.span.end > node.span.start else None
        drawn = self._drawn(node)
        if mark is not None:
            return f'<mrow><mrow class="{mark[0]}">{drawn}</mrow>{mark[1]}</mrow>'
        return drawn

    def _drawn(self, node: Node) -> str:
        match node:
            case n.Number(text=text):
                return f"<mn>{escape(text)}</mn>"
            case n.Name(text=text):
                return name(text)
            case n.Symbol(text=text):
                return sign(shown(text))
            case n.Word(text=text):
                return f'<mi mathvariant="normal">{escape(_WORDS.get(text, text))}</mi>'
            case n.Text(text=text):
                return f"<mtext>{escape(text)}</mtext>"
            case n.Add() | n.Product() | n.Entrywise() | n.Compare() | n.Tuple() | n.Given():
                return self._infix(node)
            case n.Scripted(base=base, sub=sub, sup=sup, primes=primes):
                return self._scripts(self._base(base), sub, sup, primes)
            case n.Apply():
                return self._apply(node)
            case n.Big() | n.Binder():
                return self._big(node)
            case n.Derivative() | n.Nabla() | n.Fraction_():
                return self._fraction(node)
            case _:
                return self._enclosed(node)

    def _at(self, node: Node, least: int) -> str:
        return self.node(node) if level(node) >= least else self._bracketed(self.node(node))

    def _bracketed(self, inside: str) -> str:
        return fenced("(", inside, ")")

    def _infix(self, node: n.Add | n.Product | n.Entrywise | n.Compare | n.Tuple | n.Given) -> str:
        match node:
            case n.Add(terms=terms):
                parts = []
                for k, (mark, term) in enumerate(terms):
                    if k or mark != "+":
                        parts.append(sign("−" if mark == "-" else mark))
                    parts.append(self._at(term, ENTRYWISE))
                return row(*parts)
            case n.Product(factors=factors, operators=operators):
                return self._product(factors, operators)
            case n.Entrywise(factors=factors, operators=operators):
                parts = [self._factor(factors, operators, k, PRODUCT) for k in range(len(factors))]
                return _between(parts, operators)
            case n.Compare(members=members, relations=relations):
                return _between([self._at(member, SUM) for member in members], relations)
            case n.Tuple(items=items, separators=separators):
                return _between([self.node(item) for item in items], separators) if items else row("", "")
            case n.Given(left=left, right=right):
                return row(self.node(left), sign("|"), self.node(right))

    def _product(self, factors: Sequence[Node], operators: Sequence[str]) -> str:
        parts = [self._factor(factors, operators, 0, ATOM)]
        for k, operator in enumerate(operators, start=1):
            call = operator == "" and isinstance(factors[k], n.Group)
            parts.append(sign(shown(operator)) if operator else "" if call else _THIN)
            parts.append(self._factor(factors, operators, k, ATOM))
        return row(*parts)

    def _factor(self, factors: Sequence[Node], operators: Sequence[str], k: int, least: int) -> str:
        node = factors[k]
        if level(node) >= least and k < len(operators) and reaches_right(node, operators[k], factors[k + 1]):
            return self._bracketed(self.node(node))
        return self._at(node, least)

    def _base(self, base: Node) -> str:
        match base:
            case n.Nabla() | n.Held() | n.Big() | n.Derivative() | n.Fraction_() | n.Apply(bracketed=False):
                return self._bracketed(self.node(base))
            case _:
                return self._at(base, ATOM)

    def _scripts(self, base: str, sub: Node | None, sup: Node | None, primes: int = 0) -> str:
        below = self.node(sub) if sub is not None else ""
        above = sign("′" * primes, stretchy=False) if primes else ""
        if sup is not None:
            above = row(above, self.node(sup)) if above else self.node(sup)
        if below and above:
            return f"<msubsup>{base}{below}{above}</msubsup>"
        if below:
            return f"<msub>{base}{below}</msub>"
        return f"<msup>{base}{above}</msup>" if above else base

    def _apply(self, node: n.Apply) -> str:
        if node.word.text == "factorial" and len(node.args) == 1:
            return row(self._at(node.args[0], ATOM), sign("!"))
        if node.word.text == "binom" and len(node.args) == 2:
            over, under = map(self.node, node.args)
            return self._bracketed(f'<mfrac linethickness="0">{over}{under}</mfrac>')
        head = self._scripts(self.node(node.word), node.sub, node.sup, node.primes)
        if not node.bracketed:
            return row(head, sign("\u2061"), _THIN, *(self._at(argument, PRODUCT) for argument in node.args))
        left, right = _FENCES[node.fence]
        inside = _between([self.node(argument) for argument in node.args], [","] * (len(node.args) - 1))
        return row(head, sign("\u2061"), fenced(left, inside, right))

    def _big(self, node: n.Big | n.Binder) -> str:
        if isinstance(node, n.Binder):
            return self._bounds(node)
        binder = node.binder
        upper = self.node(binder.upper) if binder.upper is not None else ""
        if node.operator == "int":
            lower = binder.lower if binder.lower is not None else binder.condition
            head = self._scripts(sign("∫"), lower, binder.upper)
            ends = (part for one in binder.names for part in (_THIN, "<mi>d</mi>", self.node(one)))
            return row(head, self._at(node.body, ENTRYWISE), *ends)
        word = node.operator not in ("sum", "prod")
        base = f'<mi mathvariant="normal">{_BIG[node.operator]}</mi>' if word else sign(_BIG[node.operator])
        below = self._bounds(binder)
        head = f"<munderover>{base}{below}{upper}</munderover>" if upper else f"<munder>{base}{below}</munder>"
        return row(head, _THIN, self._at(node.body, ENTRYWISE))

    def _bounds(self, binder: n.Binder) -> str:
        names = _between([self.node(one) for one in binder.names], [","] * (len(binder.names) - 1))
        condition = self.node(binder.condition) if binder.condition is not None else ""
        if binder.lower is not None:
            whole = row(names, sign("="), self.node(binder.lower))
            return row(whole, sign(","), condition) if condition else whole
        return condition or names

    def _fraction(self, node: n.Derivative | n.Nabla | n.Fraction_) -> str:
        match node:
            case n.Nabla(variable=variable, order=order, symbol=symbol):
                power = n.Number(Fraction(order), str(order)) if order != 1 else None
                return self._scripts(sign(shown(symbol)), variable, power)
            case n.Fraction_(numerator=numerator, denominator=denominator):
                return f"<mfrac>{self.node(numerator)}{self.node(denominator)}</mfrac>"
            case n.Derivative(target=target, variables=variables, symbol=symbol, operator=operator):
                mark = "<mi>d</mi>" if symbol == "d" else '<mo lspace="0" rspace="0">∂</mo>'
                times = f"<mn>{len(variables)}</mn>"
                head = f"<msup>{mark}{times}</msup>" if len(variables) > 1 else mark
                below = row("", *(mark + self._at(variable, ATOM) for variable in orders(variables)))
                if operator:
                    return row(f"<mfrac>{head}{below}</mfrac>", _THIN, self._at(target, PRODUCT))
                return f"<mfrac>{row(head, self._at(target, PRODUCT))}{below}</mfrac>"

    def _enclosed(self, node: n.Group | n.Bars | n.Angle | n.Root | n.Held | n.Boxed | n.MatrixNode | n.Cases) -> str:
        match node:
            case n.Group(body=body, fence=fence):
                left, right = _FENCES[fence]
                return fenced(left, self.node(body), right)
            case n.Bars(body=body, double=double):
                bar = "‖" if double else "|"
                return fenced(bar, self.node(body), bar)
            case n.Angle(items=items):
                inside = _between([self.node(item) for item in items], [","] * (len(items) - 1))
                return fenced("⟨", inside, "⟩")
            case n.Root(body=body, index=index):
                inside = self.node(body)
                return f"<msqrt>{inside}</msqrt>" if index is None else f"<mroot>{inside}{self.node(index)}</mroot>"
            case n.Held(body=body, sub=sub):
                bar = '<mo stretchy="true" form="postfix">|</mo>'
                return f"<msub>{row(self.node(body), bar)}{self.node(sub)}</msub>"
            case n.Boxed(body=body):
                return f'<mrow class="boxed">{self.node(body)}</mrow>'
            case n.MatrixNode(rows=rows, fence=fence):
                left, right = _FENCES.get(fence, _FENCES["("])
                return fenced(left, _table([[self.node(cell) for cell in cells] for cells in rows]), right)
            case n.Cases(rows=pairs):
                return fenced("{", _table([[self.node(value), self._case(when)] for value, when in pairs]), "")

    def _case(self, condition: Node | None) -> str:
        return "<mtext>otherwise</mtext>" if condition is None else row("<mtext>if\u00a0</mtext>", self.node(condition))


def _table(rows: Sequence[Sequence[str]]) -> str:
    lines = ("<mtr>" + "".join(f"<mtd>{cell}</mtd>" for cell in cells) + "</mtr>" for cells in rows)
    return f"<mtable>{''.join(lines)}</mtable>"


def _between(parts: Sequence[str], signs: Sequence[str]) -> str:
    drawn = [parts[0]]
    for mark, part in zip(signs, parts[1:], strict=False):
        drawn += [sign("‖" if mark in ("\\|", "\\Vert", "\\parallel", "||") else shown(mark)), part]
    return row(*drawn)
