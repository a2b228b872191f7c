"""What a name that nothing declares may be, and the hidden statement that declares it as that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from derivcheck.language import nodes as n
from derivcheck.language.printing import latex
from derivcheck.meaning import hidden
from derivcheck.problem.context import key_of
from derivcheck.reading.items import Statement
from derivcheck.reading.parser import parse_expression
from derivcheck.source import Span

Kind = Literal[
    "size", "number", "positive", "share", "column", "matrix", "columns", "table", "function", "several", "loss",
    "joint", "like", "rows", "positives", "sigmoid", "normal density", "normal distribution", "rectifier", "softplus",
]  # fmt: skip
BODIES: Final[dict[str, str]] = {
    "sigmoid": "\\frac{1}{1 + e^{-t}}",
    "normal density": "\\frac{1}{\\sqrt{2 \\pi}} e^{-t^2 / 2}",
    "normal distribution": "\\frac{1}{2} (1 + \\operatorname{erf}(\\frac{t}{\\sqrt{2}}))",
    "rectifier": "\\max(0, t)",
    "softplus": "\\log(1 + e^t)",
}
"""Functions that words name, and what each is of t."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A name that nothing declares, the kinds that it may be of, the likelier first, and the one in force."""

    name: n.Node
    kinds: tuple[Kind, ...]
    kind: Kind
    place: Span
    number: int
    runs: bool = False
    arity: int = 1
    space: n.Node | None = None

    @property
    def whole(self) -> n.Node:
        """What is declared: the column w of which ``w_i``, the matrix w of which ``w_{ij}`` is an entry."""
        entry = (self.kind in ("column", "size") and self.runs) or self.kind == "table"
        return self.name.base if entry and isinstance(self.name, n.Scripted) else self.name

    @property
    def key(self) -> str:
        """Under which name it is known then."""
        return key_of(self.whole)

    @property
    def sizes(self) -> tuple[str, ...]:
        """The sizes still to be found, by their names: unknowns begin with ``?``."""
        count = {
            "column": 1, "positives": 1, "columns": 1, "matrix": 2, "table": 2, "joint": 2,
            "loss": 2 * self.arity, "several": self.arity, "size": int(self.runs),
        }.get(self.kind, 0)  # fmt: skip
        # What a function takes may be a number.
        mark = "of" if self.kind in ("loss", "joint", "several") else ""
        return tuple(f"?{self.number}{mark}{chr(ord('a') + k)}" for k in range(count))

    def statement(self, sizes: Mapping[str, n.Node] | None = None) -> Statement:
        """The hidden statement that declares it, with the sizes that are known by now."""
        found = [(sizes or {}).get(size, n.Name(size)) for size in self.sizes]
        match self.kind:
            case "like" if self.space is not None:
                return hidden.let((self.name, self.space), ("\\in",), self.place, self.number)
            case "positives":
                space = hidden.space(found)
                space = replace(space, sub=n.Symbol(">0")) if isinstance(space, n.Scripted) else space
                whole = self.name.base if self.runs and isinstance(self.name, n.Scripted) else self.name
                return hidden.let((whole, space), ("\\in",), self.place, self.number)
            case "rows" if self.space is not None:
                return hidden.set_to(self.name, self.space, self.place, self.number)
            case "function":
                return hidden.function(self.name, (hidden.REALS,), self.place, self.number)
            case "several":
                spaces = [hidden.space((size,)) for size in found]
                return hidden.function(self.name, spaces, self.place, self.number)
            case known if known in BODIES:
                body = parse_expression(BODIES[known])
                return hidden.set_to(hidden.called(self.name, (n.Name("t"),)), body, self.place, self.number)
            case "size":
                # ``k_i`` whose factorial is taken is one of several counts.
                counts = n.Name("\\mathbb{N}")
                of_all = n.Scripted(counts, None, found[0]) if found else counts
                return hidden.let((self.whole, of_all), ("\\in",), self.place, self.number)
            case "positive":
                return hidden.let((self.name, hidden.ZERO), (">",), self.place, self.number)
            case "share":
                return hidden.let((self.name, parse_expression("(0, 1)")), ("\\in",), self.place, self.number)
            case "loss" | "joint":
                spaces = [hidden.space(found[k : k + 2]) for k in range(0, len(found), 2)]
                return hidden.function(self.name, spaces, self.place, self.number)
            case _:
                return hidden.membership(self.whole, found, self.place, self.number)

    def let(self, sizes: Mapping[str, n.Node]) -> str:
        """How a person would declare it."""
        members = self.statement(sizes).members
        match self.kind:
            case "function" | "loss" | "joint" | "several":
                return f"{latex(members[0])} : {latex(members[1])} \\to {latex(members[2])}"
            case known if known in BODIES or known == "rows":
                return f"{latex(members[0])} = {latex(members[1])}"
            case "positive":
                return f"{latex(members[0])} > 0"
            case _:
                return f"{latex(members[0])} \\in {latex(members[1])}"
