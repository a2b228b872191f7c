"""Expressions as short Unicode text, for tables and messages: ``∂ℓ/∂V``, ``Wᵀ(δ ⊙ φ′(r))``, ``‖x‖²``.

It is to be read by people; nothing reads it back. Other ways to print differ in how parts are put together.
"""

from __future__ import annotations

from collections.abc import Sequence

from derivcheck.language import nodes as n
from derivcheck.language.glyphs import lowered, raised, shown
from derivcheck.language.nodes import Node
from derivcheck.language.precedence import ATOM, ENTRYWISE, PRODUCT, SUM, level, orders, reaches_right, touches

FENCES = {"(": ("(", ")"), "[": ("[", "]"), "{": ("{", "}"), "|": ("|", "|"), "‖": ("‖", "‖"), "": ("(", ")")}
WORDS = {"relu": "ReLU", "pr": "Pr", "kl": "KL", "var": "Var", "cov": "Cov"}
BARS = ("\\|", "\\Vert", "\\parallel", "||")
_BIG = {"sum": "Σ", "prod": "Π", "int": "∫", "max": "max", "min": "min", "argmax": "arg max", "argmin": "arg min"}
Leaf = n.Number | n.Name | n.Symbol | n.Word | n.Text
Quotient = n.Derivative | n.Nabla | n.Fraction_
Enclosed = n.Group | n.Bars | n.Angle | n.Root | n.Held | n.Boxed | n.MatrixNode | n.Cases


def plain(node: Node) -> str:
    """The expression as a person would type it into a message."""
    return _PLAIN.node(node)


class Printer:
    """The walk over a tree: where a bracket is needed, and in which order parts stand.

    ``tight`` leaves out the spaces around signs and between juxtaposed letters, as in scripts.
    """

    def node(self, node: Node, tight: bool = False) -> str:
        """A node and all in it."""
        match node:
            case n.Number() | n.Name() | n.Symbol() | n.Word() | n.Text():
                return self.leaf(node)
            case n.Add(terms=terms):
                return self.total(terms, tight)
            case n.Product(factors=factors, operators=operators):
                return self.product(factors, operators, tight)
            case n.Entrywise(factors=factors, operators=operators):
                parts = [self.factor(factors, operators, k, PRODUCT, tight) for k in range(len(factors))]
                return self.between(parts, operators, tight)
            case n.Compare(members=members, relations=relations):
                return self.between([self.at(member, SUM, tight) for member in members], relations, tight)
            case n.Tuple(items=items, separators=separators):
                return self.listed([self.node(item, tight) for item in items], separators, tight)
            case n.Given(left=left, right=right):
                return self.between([self.node(left, tight), self.node(right, tight)], [r"\mid"], tight)
            case n.Scripted(base=base, sub=sub, sup=sup, primes=primes):
                return self.scripts(self.base(base), sub, sup, primes)
            case n.Apply():
                return self.apply(node, tight)
            case n.Big():
                return self.big(node, tight)
            case n.Binder():
                return self.bounds(node)
            case n.Derivative(target=target, variables=variables) if variables == (n.STEP,):
                return f"d{'' if isinstance(target, n.Name) else ' '}{self.at(target, ATOM, tight)}"
            case n.Derivative() | n.Nabla() | n.Fraction_():
                return self.quotient(node, tight)
            case _:
                return self.enclosed(node, tight)

    def at(self, node: Node, least: int, tight: bool = False) -> str:
        """In brackets if it binds less tightly than it must here."""
        text = self.node(node, tight)
        return text if level(node) >= least else self.bracketed(text)

    def factor(self, factors: Sequence[Node], operators: Sequence[str], k: int, least: int, tight: bool) -> str:
        """One of several factors: what reaches to the right is closed by a bracket, except at the end."""
        text = self.at(node := factors[k], least, tight)
        reaches = level(node) >= least and k < len(operators) and reaches_right(node, operators[k], factors[k + 1])
        return self.bracketed(text) if reaches else text

    def bounds(self, binder: n.Binder) -> str:
        """Over what a big operator runs."""
        names = self.joined([self.node(name, True) for name in binder.names], ",")
        condition = self.node(binder.condition, True) if binder.condition is not None else ""
        if binder.lower is None:
            return condition or names
        names = self.joined([names, self.node(binder.lower, True)], "=")
        return self.joined([names, condition], ",") if condition else names

    def bracketed(self, text: str) -> str:
        """In round brackets."""
        return f"({text})"

    def joined(self, parts: Sequence[str], sign: str) -> str:
        """With one sign between, and no space."""
        return sign.join(parts)

    def leaf(self, node: Leaf) -> str:
        """What has no parts."""
        match node:
            case n.Name(text=text) | n.Symbol(text=text):
                return shown(text)
            case n.Word(text=text):
                return WORDS.get(text, text)
        return node.text

    def total(self, terms: Sequence[tuple[str, Node]], tight: bool) -> str:
        """A sum."""
        gap, text = "" if tight else " ", ""
        for k, (mark, term) in enumerate(terms):
            part = self.at(term, ENTRYWISE, tight)
            minus = "−" if mark == "-" else mark
            text += f"{gap}{minus}{gap}{part}" if k else part if mark == "+" else minus + part
        return text

    def listed(self, parts: Sequence[str], separators: Sequence[str], tight: bool) -> str:
        """A list."""
        gap, text = "" if tight else " ", parts[0] if parts else ""
        for separator, part in zip(separators, parts[1:], strict=False):
            # The bars between the two densities of a divergence.
            sign = " ‖" if separator in BARS else separator
            text += sign + (gap or (" " if sign == " ‖" else "")) + part
        return text

    def product(self, factors: Sequence[Node], operators: Sequence[str], tight: bool) -> str:
        """Factors, left to right."""
        gap, text = "" if tight else " ", self.factor(factors, operators, 0, ATOM, tight)
        for k, operator in enumerate(operators, start=1):
            part = self.factor(factors, operators, k, ATOM, tight)
            if operator == "/":
                text += f"/({part})" if isinstance(factors[k], n.Fraction_ | n.Derivative) else f"/{part}"
            elif operator:
                text += f"{gap}{shown(operator)}{gap}{part}"
            else:
                text += part if touches(factors[k - 1], factors[k]) else gap + part
        return text

    def between(self, parts: Sequence[str], signs: Sequence[str], tight: bool) -> str:
        """Parts with signs between."""
        gap, text = "" if tight else " ", parts[0]
        for mark, part in zip(signs, parts[1:], strict=False):
            text += f"{gap}{shown(mark)}{gap}{part}" if mark != ":" else f":{gap}{part}"
        return text

    def base(self, base: Node) -> str:
        """That on which scripts stand."""
        match base:
            case n.Nabla() | n.Held() | n.Big() | n.Derivative() | n.Fraction_() | n.Root() | n.Apply(bracketed=False):
                return self.bracketed(self.node(base))
        return self.at(base, ATOM)

    def scripts(self, base: str, sub: Node | None, sup: Node | None, primes: int = 0) -> str:
        """A base with scripts."""
        below = lowered(self.node(sub, True)) if sub is not None else ""
        above = raised(self.node(sup, True)) if sup is not None else ""
        return base + below + "′" * primes + above

    def apply(self, node: n.Apply, tight: bool) -> str:
        """A known word with its arguments."""
        if node.word.text == "factorial" and len(node.args) == 1:
            return self.at(node.args[0], ATOM, tight) + "!"
        head = self.scripts(self.node(node.word, tight), node.sub, node.sup, node.primes)
        if not node.bracketed:
            return head + " " + " ".join(self.at(argument, PRODUCT, tight) for argument in node.args)
        left, right = FENCES[node.fence]
        return head + left + ("," if tight else ", ").join(self.node(part, tight) for part in node.args) + right

    def big(self, node: n.Big, tight: bool) -> str:
        """A big operator with its body."""
        binder, body = node.binder, self.at(node.body, ENTRYWISE, tight)
        if node.operator != "int":
            head = _BIG[node.operator] + lowered(self.bounds(binder))
            return f"{self.scripts(head, None, binder.upper)} {body}"
        lower = binder.lower if binder.lower is not None else binder.condition
        differentials = "".join(" d" + self.node(name, True) for name in binder.names)
        return f"{self.scripts('∫', lower, binder.upper)} {body}{differentials}"

    def quotient(self, node: Quotient, tight: bool) -> str:
        """Fractions and derivatives."""
        match node:
            case n.Nabla(variable=variable, order=order, symbol=symbol):
                return self.scripts(shown(symbol), variable, None) + (raised(str(order)) if order != 1 else "")
            case n.Fraction_(numerator=numerator, denominator=denominator):
                above, below = self.node(numerator), self.node(denominator)
                if level(numerator) < PRODUCT or _slashed(numerator):
                    above = f"({above})"
                if level(denominator) < ATOM or _slashed(denominator):
                    below = f"({below})"
                return f"{above}/{below}"
            case n.Derivative(target=target, variables=variables, symbol=symbol, operator=operator):
                mark = shown(symbol)
                above = mark + (raised(str(len(variables))) if len(variables) > 1 else "")
                below = "".join(mark + self.at(variable, ATOM) for variable in orders(variables))
                if operator:
                    return f"{above}/{below} {self.at(target, PRODUCT, tight)}"
                return f"{above}{self.at(target, PRODUCT)}/{below}"

    def enclosed(self, node: Enclosed, tight: bool) -> str:
        """What has brackets, bars or a frame of its own."""
        match node:
            case n.Group(body=body, fence=fence):
                left, right = FENCES[fence]
                return left + self.node(body, tight) + right
            case n.Bars(body=body, double=double):
                bar = "‖" if double else "|"
                return bar + self.node(body, tight) + bar
            case n.Angle(items=items):
                return "⟨" + ", ".join(self.node(item, tight) for item in items) + "⟩"
            case n.Root(body=body, index=index):
                degree = raised(self.node(index, True)) if index is not None else ""
                inside = self.node(body, tight)
                simple = isinstance(body, n.Name | n.Number | n.Group)
                return f"{degree}√{inside}" if simple else f"{degree}√({inside})"
            case n.Held(body=body, sub=sub):
                return f"{self.node(body)}|{lowered(self.node(sub, True))}"
            case n.Boxed(body=body):
                return self.node(body, tight)
            case n.MatrixNode(rows=rows, fence=fence):
                left, right = FENCES.get(fence, FENCES["("])
                return left + "; ".join(", ".join(self.node(cell) for cell in row) for row in rows) + right
            case n.Cases(rows=pairs):
                ends = ("otherwise" if when is None else f"if {self.node(when)}" for _, when in pairs)
                rows_of = (f"{self.node(value)} {end}" for (value, _), end in zip(pairs, ends, strict=True))
                return "{" + "; ".join(rows_of) + "}"


def _slashed(node: Node) -> bool:
    return isinstance(node, n.Fraction_ | n.Derivative) or (isinstance(node, n.Product) and "/" in node.operators)


_PLAIN = Printer()
