r"""What was written: the syntax tree of one expression, with spans.

These nodes say what stands on the page and nothing about what it means.
Whether ``f(x)`` is a call or a product, whether ``x_1`` is a name or an entry,
and whether ``A B`` is a matrix product or a scaling is decided later, by what
the document declares (``derivcheck.problem``).

Spans never take part in comparison: two nodes are equal when the same thing
is written, wherever it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from functools import cache
from typing import Any, Final, Literal, TypeGuard

from derivcheck.source import NOWHERE, Span


class _Remembering:
    """What stands directly in a node is gathered once; no copy, comparison or pickle of a node carries it."""

    __slots__ = ("_children",)
    _children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Written(_Remembering):
    """What every node has: where it stands."""

    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Number(Written):
    """A literal: ``2``, ``0.25``, ``10``. ``text`` is what was written."""

    value: Fraction
    text: str


@dataclass(frozen=True, slots=True)
class Name(Written):
    r"""One symbol: ``x``, ``\phi``, ``\mathbf{x}``, ``\bar{y}``, ``\mathcal{L}``, ``\mathrm{loss}``.

    ``text`` is canonical LaTeX: ``\boldsymbol``, ``\bm`` and ``\pmb`` are written
    ``\mathbf``; ``\mathit{x}`` and ``\mathrm{x}`` of one letter are ``x``; accents keep
    their command (``\hat{x}``, ``\tilde{\mathbf{x}}``; ``\widehat`` is ``\hat``,
    ``\overline`` and ``\bar`` are ``\bar``). Scripts are not part of it.
    """

    text: str


@dataclass(frozen=True, slots=True)
class Word(Written):
    r"""A known operator written as a word: ``\log``, ``\operatorname{tr}``, ``\text{ReLU}``.

    ``text`` is canonical and lower case without backslash: ``log``, ``tr``, ``relu``, ``max``.
    """

    text: str


@dataclass(frozen=True, slots=True)
class Symbol(Written):
    r"""A sign that is no name and no operator here: ``\top``, ``*``, ``\star``, ``\dagger``,
    ``+``/``-`` as a script, ``\dots``, ``\infty``, ``\ast``, ``:`` in ``W_{i,:}``."""

    text: str


@dataclass(frozen=True, slots=True)
class Text(Written):
    r"""Prose inside maths that is no known word: the ``new`` of ``u_{\text{new}}``."""

    text: str


@dataclass(frozen=True, slots=True)
class Scripted(Written):
    r"""``base_{sub}^{sup}`` with primes: ``x_i``, ``A^\top``, ``x^{(i)}``, ``\phi''``, ``x_i^2``.

    Several letters in a script (``W_{ij}``) are a ``Product`` of juxtaposed names; with
    commas (``W_{i,j}``) a ``Tuple``. A bracketed script (``x^{(i)}``) is a ``Group``.
    At least one of sub, sup, primes is there.
    """

    base: Node
    sub: Node | None
    sup: Node | None
    primes: int = 0


@dataclass(frozen=True, slots=True)
class Group(Written):
    r"""Something in brackets, sized or not: ``( … )``, ``[ … ]``, ``\{ … \}``."""

    body: Node
    fence: Literal["(", "[", "{"] = "("


@dataclass(frozen=True, slots=True)
class Tuple(Written):
    r"""Members with commas (or semicolons) between, as in ``f(x, y)``: only inside brackets and scripts."""

    items: tuple[Node, ...]
    separators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Given(Written):
    r"""``left \mid right`` (or ``|``) inside brackets, as in ``p(z \mid x)``."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Bars(Written):
    r"""``|x|`` (``double`` false: absolute value or determinant) and ``\|x\|`` (a norm)."""

    body: Node
    double: bool


@dataclass(frozen=True, slots=True)
class Angle(Written):
    r"""``\langle x, y \rangle``."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Apply(Written):
    r"""A known word with its argument(s): ``\log x``, ``\operatorname{tr}(A B)``, ``\max(0, x)``.

    ``word`` may be scripted (``\log_2``, ``\sin^2``). ``bracketed`` tells whether brackets hold
    the arguments; ``fence`` says which. Without brackets there is one argument, the following product.
    """

    word: Word
    args: tuple[Node, ...]
    sub: Node | None = None
    sup: Node | None = None
    primes: int = 0
    bracketed: bool = True
    fence: Literal["(", "[", "{"] = "("


@dataclass(frozen=True, slots=True)
class Add(Written):
    """Terms with their signs: ``a + b - c`` is ``(("+", a), ("+", b), ("-", c))``; also ``-a`` alone."""

    terms: tuple[tuple[Literal["+", "-", "±"], Node], ...]


@dataclass(frozen=True, slots=True)
class Product(Written):
    r"""Two factors or more, left to right. ``operators[k]`` stands before ``factors[k + 1]``:
    ``""`` (juxtaposition), ``"\cdot"``, ``"\times"``, ``"*"``, ``"/"``, ``"\otimes"``."""

    factors: tuple[Node, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entrywise(Written):
    r"""Two factors or more with ``"\odot"``, ``"\circ"`` or ``"\oslash"`` between: looser than
    a product, tighter than a sum."""

    factors: tuple[Node, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fraction_(Written):  # noqa: N801 (Fraction is the number)
    r"""``\frac{numerator}{denominator}`` (also ``\tfrac``, ``\dfrac``) that is no derivative."""

    numerator: Node
    denominator: Node


@dataclass(frozen=True, slots=True)
class Root(Written):
    r"""``\sqrt{body}`` or ``\sqrt[index]{body}``."""

    body: Node
    index: Node | None = None


@dataclass(frozen=True, slots=True)
class Binder(Written):
    r"""What a big operator runs over: ``i``, ``i=1`` to ``n``, ``i \ne j``, ``i \in S``.

    ``names`` are the bound names; ``lower`` and ``upper`` the bounds of the first, if written;
    ``condition`` a ``Compare`` that is not of the form ``i = lower`` (as in ``j \ne i``).
    """

    names: tuple[Node, ...]
    lower: Node | None = None
    upper: Node | None = None
    condition: Node | None = None


@dataclass(frozen=True, slots=True)
class Big(Written):
    r"""``\sum``, ``\prod``, ``\int``, and ``\max_i``, ``\min_i``, ``\arg\max_u`` with their range and their body.

    ``matmul`` is what dots between factors stand for: their product in the order in which they are written.
    """

    operator: Literal["sum", "prod", "int", "max", "min", "argmax", "argmin", "matmul"]
    binder: Binder
    body: Node


@dataclass(frozen=True, slots=True)
class Derivative(Written):
    r"""``\frac{\partial y}{\partial x}``, ``\frac{d}{dx} y``, ``\partial y / \partial x``, and higher orders.

    ``variables`` are what stands behind each ``\partial`` below, one entry an order: ``\partial x^2``
    under ``\partial^2`` gives ``(x, x)``; ``\partial x^\top`` keeps its transpose. ``symbol`` is
    ``"\partial"`` or ``"d"``. ``operator`` is true when the target follows the fraction.
    """

    target: Node
    variables: tuple[Node, ...]
    symbol: Literal["\\partial", "d"] = "\\partial"
    operator: bool = False


STEP: Final = Name("\\epsilon#step")
"""By which a differential is a derivative: ``dX`` is the one of X."""


@dataclass(frozen=True, slots=True)
class Nabla(Written):
    r"""The sign ``\nabla``, ``\nabla_x``, ``\nabla^2_x`` (``order`` 2), or ``\partial_x``.

    What it acts on stands behind it in the same product; how far is decided by the declarations.
    """

    variable: Node | None
    order: int = 1
    symbol: Literal["\\nabla", "\\partial"] = "\\nabla"


@dataclass(frozen=True, slots=True)
class Held(Written):
    r"""``\left. body \right|_{sub}``: with ``sub`` held fixed, or evaluated at ``x = …``."""

    body: Node
    sub: Node


@dataclass(frozen=True, slots=True)
class MatrixNode(Written):
    """A matrix written out. ``fence`` is ``"("``, ``"["``, ``"|"`` (a determinant), ``"‖"`` or ``""``."""

    rows: tuple[tuple[Node, ...], ...]
    fence: str = "("


@dataclass(frozen=True, slots=True)
class Cases(Written):
    r"""``\begin{cases} value & condition \\ … \end{cases}``; a condition of ``None`` is "otherwise"."""

    rows: tuple[tuple[Node, Node | None], ...]


@dataclass(frozen=True, slots=True)
class Compare(Written):
    r"""``a < b \le c`` inside an expression (a case's condition, an indicator's bracket).

    Relations are canonical: ``=``, ``\ne``, ``<``, ``>``, ``\le``, ``\ge``, ``\in``, ``\sim``, ``\to``, ``:``, …
    """

    members: tuple[Node, ...]
    relations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Boxed(Written):
    r"""``\boxed{body}``: read through, remembered because boxed answers are results."""

    body: Node


Node = (
    Number | Name | Word | Symbol | Text | Scripted | Group | Tuple | Given | Bars | Angle | Apply | Add | Product
    | Entrywise | Fraction_ | Root | Big | Derivative | Nabla | Held | MatrixNode | Cases | Compare | Boxed | Binder
)  # fmt: skip

TRANSPOSES: Final = (Symbol("\\top"), Name("T"))
"""What stands above a name for its transpose."""


def children(node: Node) -> tuple[Node, ...]:
    """The nodes that stand directly in a node, in the order of its fields."""
    try:
        return node._children
    except AttributeError:
        found = tuple(_nodes(getattr(node, name) for name in _fields(type(node))))  # type: ignore[arg-type]
        object.__setattr__(node, "_children", found)
        return found


def walk(node: Node) -> Iterator[Node]:
    """The node and everything in it, parents before children, left to right."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(children(current)))


def transform(node: Node, fn: Callable[[Node], Node]) -> Node:
    """The tree with ``fn`` applied to every node, children first; parts that do not change are kept as they are."""
    return fn(mapped(node, lambda child: transform(child, fn)))


def mapped(node: Node, fn: Callable[[Node], Node]) -> Node:
    """The node with ``fn`` applied to what stands directly in it."""
    changes = {}
    for name in _fields(type(node)):  # type: ignore[arg-type]
        old = getattr(node, name)
        new = _mapped(old, fn)
        if new is not old:
            changes[name] = new
    return replace(node, **changes) if changes else node


def _mapped(value: Any, fn: Callable[[Node], Node]) -> Any:  # noqa: ANN401 (a field of any node)
    if _is_node(value):
        return fn(value)
    if isinstance(value, tuple):
        parts = tuple(_mapped(part, fn) for part in value)
        return parts if any(new is not old for new, old in zip(parts, value, strict=True)) else value
    return value


def _is_node(value: object) -> TypeGuard[Node]:
    return isinstance(value, Written)


@cache
def _fields(kind: type[Written]) -> tuple[str, ...]:
    """The fields of a kind of node in which nodes may stand."""
    return tuple(each.name for each in fields(kind) if each.name != "span")


def _nodes(values: Iterator[Any] | tuple[Any, ...]) -> Iterator[Node]:
    for value in values:
        if _is_node(value):
            yield value
        elif isinstance(value, tuple):
            yield from _nodes(value)
