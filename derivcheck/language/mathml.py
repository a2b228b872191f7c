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
from derivcheck.language.plain import BARS, FENCES, WORDS, Enclosed, Leaf, Printer, Quotient
from derivcheck.language.precedence import ATOM, ENTRYWISE, PRODUCT, orders
from derivcheck.source import Span

Marks = Mapping[Span, tuple[str, str]]
"""By the span of a node: the class of what is drawn there, and MathML that stands behind it."""

_FENCES = {**FENCES, "": ("", "")}
_BIG = {"sum": "∑", "prod": "∏", "int": "∫", "max": "max", "min": "min", "argmax": "arg max", "argmin": "arg min"}
_ACCENTS = {"bar": "¯", "hat": "^", "tilde": "~", "vec": "→", "dot": "˙", "ddot": "¨", "check": "ˇ", "breve": "˘"}
_WRAPPED = re.compile(r"\\([A-Za-z]+)\s*\{(.*)\}\Z", re.DOTALL)
_BOLD = (("A", "Z", 0x1D400), ("a", "z", 0x1D41A), ("Α", "Ω", 0x1D6A8), ("α", "ω", 0x1D6C2), ("0", "9", 0x1D7CE))
_TALL = re.compile("<(mfrac|munder|mover|mtable|mroot|msqrt)")
_THIN = '<mspace width="0.14em"></mspace>'


def mathml(node: Node, marks: Marks | None = None) -> str:
    """The expression as one MathML element, without the ``math`` around it."""
    return _MathML(marks or {}).node(node)


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


class _MathML(Printer):
    def __init__(self, marks: Marks) -> None:
        self.marks = dict(marks)

    def node(self, node: Node, tight: bool = False) -> str:
        # of nodes with one span (what a macro stands for) the outermost is marked
        mark = self.marks.pop(node.span, None) if node.span.end > node.span.start else None
        drawn = super().node(node, tight)
        if mark is not None:
            return f'<mrow><mrow class="{mark[0]}">{drawn}</mrow>{mark[1]}</mrow>'
        return drawn

    def leaf(self, node: Leaf) -> str:
        match node:
            case n.Number(text=text):
                return f"<mn>{escape(text)}</mn>"
            case n.Name(text=text):
                return name(text)
            case n.Symbol(text=text):
                return sign(shown(text))
            case n.Word(text=text):
                return f'<mi mathvariant="normal">{escape(WORDS.get(text, text))}</mi>'
        return f"<mtext>{escape(node.text)}</mtext>"

    def bracketed(self, text: str) -> str:
        return fenced("(", text, ")")

    def joined(self, parts: Sequence[str], sign: str) -> str:
        return self.between(parts, [sign] * (len(parts) - 1), tight=False)

    def between(self, parts: Sequence[str], signs: Sequence[str], tight: bool) -> str:
        drawn = [parts[0]]
        for mark, part in zip(signs, parts[1:], strict=False):
            drawn += [sign("‖" if mark in BARS else shown(mark)), part]
        return row(*drawn)

    def listed(self, parts: Sequence[str], separators: Sequence[str], tight: bool) -> str:
        return self.between(parts, separators, tight) if parts else row("", "")

    def total(self, terms: Sequence[tuple[str, Node]], tight: bool) -> str:
        parts = []
        for k, (mark, term) in enumerate(terms):
            if k or mark != "+":
                parts.append(sign("−" if mark == "-" else mark))
            parts.append(self.at(term, ENTRYWISE))
        return row(*parts)

    def product(self, factors: Sequence[Node], operators: Sequence[str], tight: bool) -> str:
        parts = [self.factor(factors, operators, 0, ATOM, tight)]
        for k, operator in enumerate(operators, start=1):
            call = operator == "" and isinstance(factors[k], n.Group)
            parts.append(sign(shown(operator)) if operator else "" if call else _THIN)
            parts.append(self.factor(factors, operators, k, ATOM, tight))
        return row(*parts)

    def base(self, base: Node) -> str:
        return self.at(base, ATOM) if isinstance(base, n.Root) else super().base(base)

    def scripts(self, base: str, sub: Node | None, sup: Node | None, primes: int = 0) -> str:
        below = self.node(sub) if sub is not None else ""
        above = sign("′" * primes, stretchy=False) if primes else ""
        if sup is not None:
            above = row(above, self.node(sup)) if above else self.node(sup)
        if below and above:
            return f"<msubsup>{base}{below}{above}</msubsup>"
        if below:
            return f"<msub>{base}{below}</msub>"
        return f"<msup>{base}{above}</msup>" if above else base

    def apply(self, node: n.Apply, tight: bool) -> str:
        if node.word.text == "factorial" and len(node.args) == 1:
            return row(self.at(node.args[0], ATOM), sign("!"))
        if node.word.text == "binom" and len(node.args) == 2:
            over, under = map(self.node, node.args)
            return self.bracketed(f'<mfrac linethickness="0">{over}{under}</mfrac>')
        head = self.scripts(self.node(node.word), node.sub, node.sup, node.primes)
        if not node.bracketed:
            return row(head, sign("\u2061"), _THIN, *(self.at(argument, PRODUCT) for argument in node.args))
        left, right = FENCES[node.fence]
        inside = self.joined([self.node(argument) for argument in node.args], ",")
        return row(head, sign("\u2061"), fenced(left, inside, right))

    def big(self, node: n.Big, tight: bool) -> str:
        binder = node.binder
        upper = self.node(binder.upper) if binder.upper is not None else ""
        if node.operator == "int":
            lower = binder.lower if binder.lower is not None else binder.condition
            head = self.scripts(sign("∫"), lower, binder.upper)
            ends = (part for one in binder.names for part in (_THIN, "<mi>d</mi>", self.node(one)))
            return row(head, self.at(node.body, ENTRYWISE), *ends)
        word = node.operator not in ("sum", "prod")
        base = f'<mi mathvariant="normal">{_BIG[node.operator]}</mi>' if word else sign(_BIG[node.operator])
        below = self.bounds(binder)
        head = f"<munderover>{base}{below}{upper}</munderover>" if upper else f"<munder>{base}{below}</munder>"
        return row(head, _THIN, self.at(node.body, ENTRYWISE))

    def quotient(self, node: Quotient, tight: bool) -> str:
        match node:
            case n.Nabla(variable=variable, order=order, symbol=symbol):
                power = n.Number(Fraction(order), str(order)) if order != 1 else None
                return self.scripts(sign(shown(symbol)), variable, power)
            case n.Fraction_(numerator=numerator, denominator=denominator):
                return f"<mfrac>{self.node(numerator)}{self.node(denominator)}</mfrac>"
            case n.Derivative(target=target, variables=variables, symbol=symbol, operator=operator):
                mark = "<mi>d</mi>" if symbol == "d" else '<mo lspace="0" rspace="0">∂</mo>'
                times = f"<mn>{len(variables)}</mn>"
                head = f"<msup>{mark}{times}</msup>" if len(variables) > 1 else mark
                below = row("", *(mark + self.at(variable, ATOM) for variable in orders(variables)))
                if operator:
                    return row(f"<mfrac>{head}{below}</mfrac>", _THIN, self.at(target, PRODUCT))
                return f"<mfrac>{row(head, self.at(target, PRODUCT))}{below}</mfrac>"

    def enclosed(self, node: Enclosed, tight: bool) -> str:
        match node:
            case n.Group(body=body, fence=fence):
                left, right = _FENCES[fence]
                return fenced(left, self.node(body), right)
            case n.Bars(body=body, double=double):
                bar = "‖" if double else "|"
                return fenced(bar, self.node(body), bar)
            case n.Angle(items=items):
                inside = self.joined([self.node(item) for item in items], ",")
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
