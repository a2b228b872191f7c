"""One edit of an expression, and what every kind of edit is made of.

The places of an expression: every node, what kind of place it has, and the way to put another there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import combinations
from typing import Any, Final, cast

from derivcheck.language import nodes as n
from derivcheck.language.printing import latex, plain
from derivcheck.problem.probability.distributions import ALIASES
from derivcheck.source import Span

Rebuild = Callable[[n.Node], n.Node]
FIELDS: dict[type, tuple[str, ...]] = {
    n.Derivative: ("target",), n.Scripted: ("base", "sub", "sup"), n.Apply: ("args",), n.Add: ("terms",),
    n.Product: ("factors",), n.Entrywise: ("factors",), n.Tuple: ("items",), n.Angle: ("items",),
    n.Fraction_: ("numerator", "denominator"), n.Group: ("body",), n.Bars: ("body",), n.Root: ("body",),
    n.Boxed: ("body",), n.Big: ("body",), n.Held: ("body", "sub"), n.Compare: ("members",), n.MatrixNode: ("rows",),
    n.Cases: ("rows",),
}  # fmt: skip
"""Where expressions stand in a node. Of a density the parameters are places, and its value is none."""
HOLDERS = n.Fraction_ | n.Tuple | n.Apply | n.Group | n.MatrixNode
"""What holds a whole value between brackets, bars or braces, so that anything may stand in it."""


@dataclass(frozen=True)
class Place:
    """A node with the way to put another in its place.

    script    it stands in a sub- or superscript; ``exponent``: it is all of an exponent
    value     it stands for a value, and is no index and no mark
    slot      it is all that stands between brackets, bars or braces, or ``whole``: the expression itself
    term      it is a term of a sum, or what a big operator runs over
    cell      it is an entry of a matrix that is written out
    """

    node: n.Node
    rebuild: Rebuild
    script: bool = False
    value: bool = True
    slot: bool = True
    exponent: bool = False
    term: bool = False
    whole: bool = False
    cell: bool = False

    @cached_property
    def text(self) -> str:
        """What stands there, as LaTeX."""
        return latex(self.node)


def places_of(tree: n.Node) -> Iterator[Place]:
    """Every place, parents first, left to right."""
    yield from _from(Place(tree, lambda new: new, whole=True), density=False)


def values_of(tree: n.Node) -> Iterator[Place]:
    """The places that stand for a value: no index and no mark is one."""
    return (place for place in places_of(tree) if place.value)


def _from(place: Place, *, density: bool) -> Iterator[Place]:
    yield place
    node = place.node
    for field, path, part in _parts(node, density=density):
        scripted = isinstance(node, n.Scripted)
        # Of what it is the density, an index, a transpose.
        mark = isinstance(node, n.Tuple) and node.separators[:1] == (";",) and path == (0,)
        mark = mark or (scripted and (field == "sub" or (field == "sup" and not is_power(node))))
        inside = Place(
            part,
            _putting(place, field, path),
            script=place.script or (scripted and field != "base"),
            value=place.value and not mark,
            slot=field == "sup" or (isinstance(node, HOLDERS) and _is_whole(node, part)),
            exponent=field == "sup" and not mark,
            term=isinstance(node, n.Add | n.Big),
            cell=isinstance(node, n.MatrixNode),
        )
        yield from _from(inside, density=_is_density(node, path, density))


def _is_whole(node: n.Node, part: n.Node) -> bool:
    return not isinstance(part, n.Tuple | n.Given | n.Compare) and (not isinstance(node, n.Apply) or node.bracketed)


def _is_density(node: n.Node, path: tuple[int, ...], density: bool) -> bool:
    r"""Whether a part is the brackets of a density with its value in front of a bar: ``\\mathcal{N}(x \\mid m, S)``."""
    if isinstance(node, n.Group):
        return density
    match node:
        case n.Product(factors=factors) if path[0]:
            match factors[path[0] - 1], factors[path[0]]:
                case n.Name(text=text), n.Group(body=n.Given(right=n.Tuple())):
                    return text in ALIASES
    return False


def _parts(node: n.Node, *, density: bool) -> Iterator[tuple[str, tuple[int, ...], n.Node]]:
    for field in (*FIELDS.get(type(node), ()), *(("right",) if isinstance(node, n.Given) and density else ())):
        value = getattr(node, field)
        if isinstance(value, n.Name) and field in ("target", "base"):
            continue
        for path, part in _nodes(value, ()):
            if not (isinstance(node, n.Product) and is_indicator(node.factors[path[0] : path[0] + 2])):
                yield field, path, part


def _nodes(value: object, path: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], n.Node]]:
    if isinstance(value, n.Node):
        yield path, value
    elif isinstance(value, tuple):
        for spot, part in enumerate(value):
            yield from _nodes(part, (*path, spot))


def _putting(place: Place, field: str, path: tuple[int, ...]) -> Rebuild:
    old = getattr(place.node, field)
    return lambda new: place.rebuild(changed(place.node, **{field: _with(old, path, new)}))


def _with(old: Any, path: tuple[int, ...], new: n.Node) -> Any:  # noqa: ANN401 (a field of any node)
    return (*old[: path[0]], _with(old[path[0]], path[1:], new), *old[path[0] + 1 :]) if path else new


def changed(node: n.Node, **changes: object) -> n.Node:
    """The node with fields changed; which fields it has is known where this is called."""
    return cast(n.Node, replace(cast(Any, node), **changes))


def is_power(node: n.Node) -> bool:
    r"""Whether a superscript may be an exponent, and not a transpose, a star or the index of a family."""
    if not isinstance(node, n.Scripted) or node.sup is None:
        return False
    sup = node.sup
    return isinstance(sup, n.Number | n.Add | n.Product | n.Fraction_ | n.Scripted) or (
        isinstance(sup, n.Name) and sup.text != "T" and not sup.text.startswith("\\mathrm")
    )


def all_literal(node: n.Node) -> bool:
    """Whether an exponent is a number, with its sign."""
    match node:
        case n.Number() | n.Add(terms=((_, n.Number()),)):
            return True
    return False


def is_indicator(factors: tuple[n.Node, ...]) -> bool:
    r"""Whether two factors are one thing: the sign and the bracket of ``\mathbb{1}[x > 0]``."""
    match factors:
        case (
            n.Name(text="\\mathbf{1}" | "\\mathbb{1}"),
            n.Group(body=n.Compare()) | n.Scripted(base=n.Group(body=n.Compare())),
        ):
            return True
    return False


ZERO = n.Number(Fraction(0), "0")
ONE = n.Number(Fraction(1), "1")
TWO = n.Number(Fraction(2), "2")
TOP = n.Symbol("\\top")
IDENTITY = n.Name("I")
HALF = n.Fraction_(ONE, TWO)
MINUS_ONE: Final = n.Add((("-", ONE),))
TOKEN: Final = re.compile(r"\\[A-Za-z]+|[A-Za-z0-9]|[^\sA-Za-z0-9{}\\]")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A tree with one edit. ``rank`` orders kinds of mistakes; ``size`` is how many tokens a person would change."""

    rank: int
    tree: n.Node
    span: Span
    new: n.Node | str
    said: str | Callable[[], str]
    size: int

    @property
    def replacement(self) -> str:
        """What is to stand there, as text."""
        return self.new if isinstance(self.new, str) else latex(self.new)

    @property
    def title(self) -> str:
        """What is to be done, in words."""
        return self.said if isinstance(self.said, str) else self.said()


@lru_cache(maxsize=4096)
def size_of(node: n.Node) -> int:
    """How many tokens a person writes for it."""
    return _tokens(latex(node)).total()


@lru_cache(maxsize=4096)
def _tokens(text: str) -> Counter[str]:
    return Counter(TOKEN.findall(text))


def changed_tokens(old: str, new: str) -> int:
    """How many tokens of one text have to be touched to make it the other."""
    one, other = _tokens(old), _tokens(new)
    return max(1, (one - other).total(), (other - one).total())


UNBRACED = re.compile(r"(\\[td]?frac\s*([0-9]|\{[^{}]*\})?|[\^_])\s*\Z")
"""What an argument without braces stands behind."""


def braced(edit: Candidate, text: str) -> Candidate:
    r"""The edit with braces where it stands in the place of a bare argument: ``\frac12``, ``x^n``."""
    needed = len(edit.replacement) > 1 or text[: edit.span.start].endswith("frac")
    if not needed or UNBRACED.search(text[: edit.span.start]) is None or text[edit.span.start] == "{":
        return edit
    return replace(edit, new=f"{{{edit.replacement}}}")


def made(
    rank: int, place: Place, new: n.Node, title: str | Callable[[], str] = "", span: Span | None = None, size: int = 0
) -> Candidate:
    """The edit that puts another expression into a place, in brackets where it needs them there."""
    if not (place.slot or place.term) and isinstance(new, n.Add | n.Entrywise):
        new = n.Group(new)
    if place.term and isinstance(new, n.Add):
        new = n.Group(new)
    size = size or changed_tokens(place.text, latex(new))
    return Candidate(
        rank, place.rebuild(new), span or place.node.span, new,
        title or (lambda: f"replace `{plain(place.node)}` by `{plain(new)}`"), size,
    )  # fmt: skip


def closed(node: n.Node) -> n.Node:
    """An expression in brackets where it needs them to be a factor."""
    return n.Group(node, span=node.span) if isinstance(node, n.Add | n.Entrywise | n.Product) else node


def raised(base: n.Node, sup: n.Node) -> n.Node:
    """A name with something above it."""
    match base:
        case n.Scripted(sup=None, primes=0):
            return replace(base, sup=sup)
        case n.Name() | n.Group() | n.Bars():
            return n.Scripted(base, None, sup)
    return n.Scripted(n.Group(base), None, sup)


def cancels(node: n.Node) -> bool:
    """Whether what is added or divided takes away what stands there: nobody means a thing without itself."""
    match node:
        case n.Add(terms=terms):
            return any(one == other and sign != before for (before, one), (sign, other) in combinations(terms, 2))
        case n.Fraction_(numerator=over, denominator=below):
            return over == below
    return False


def signed_span(part: n.Node, node: n.Add) -> Span:
    """The place of a term together with the sign in front of it."""
    before = [other.span.end for _, other in node.terms if other.span.end <= part.span.start]
    start = max(before, default=node.span.start)
    return Span(min(start, part.span.start), part.span.end)
