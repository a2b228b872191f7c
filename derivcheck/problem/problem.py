"""A document with its meaning: what is declared, what is defined, what is claimed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from derivcheck.language.nodes import Node
from derivcheck.language.shapes import Dim, Domain
from derivcheck.problem.scope import Assumption, Declaration, Definition, FunctionDeclaration, Scope, Unknown
from derivcheck.problem.terms import Add, Comparison, Density, Term, is_zero
from derivcheck.reading.items import Item
from derivcheck.reading.unread import Unread
from derivcheck.source import Source, Span
from derivcheck.verdict import Finding


@dataclass(frozen=True, slots=True)
class Solution:
    r"""Rows that solve an equation: the first row fixes the value of ``unknown``, every row must hold there.

    ``held`` names stay at their current values: moments under a q that the solution does not move. ``members`` tells
    that there is an equation for every member of the unknown (``\mu_k`` for every k), so that all are found together;
    solutions outside of the unknown's ``domain`` do not count. ``free`` are the indices for which the equation stands.
    ``given`` names stand at values found before (\mu at ``\hat\mu``); ``also`` are further unknowns, each with what is
    zero for it: a Lagrange multiplier with its constraint. Those to ``spare`` take any value, and only
    where a row does not hold for all of them they are unknowns too, as in ``S u = \lambda u``.
    """

    unknown: str
    left: Term
    right: Term
    span: Span
    held: tuple[str, ...] = ()
    members: bool = False
    domain: Domain = field(default_factory=Domain)
    free: tuple[str, ...] = ()
    given: tuple[tuple[str, Term], ...] = ()
    also: tuple[tuple[str, Term], ...] = ()
    spare: tuple[tuple[str, Term], ...] = ()

    @property
    def equation(self) -> Term:
        """What is 0 at the solution: left − right."""
        shape = self.right.shape if is_zero(self.left) else self.left.shape
        return Add(((1, self.left), (-1, self.right)), shape=shape)


@dataclass(frozen=True, slots=True)
class Alternative:
    """The same side under another reading, tried only on a claim that fails: it never makes a pass."""

    label: str
    claimed: Term


@dataclass(frozen=True, slots=True)
class Claim:
    """``head relation claimed`` for every input that meets the conditions.

    ``free`` are the indices that stand for "for all"; ``chain`` is shared by the members held against one head;
    ``alternatives`` are other readings of the claimed side; ``solution`` is there for rows that solve something.
    ``read`` gives another expression the meaning that it would have in the place of the claimed side, and ``visible``
    are the names known there: what the diagnosis needs to try edits. ``remade`` is the claim that the line would make
    with that expression, ``reheaded`` that with another left side, and ``part`` is what an expression means by itself
    there, with these letters bound to indices by their names. All of these raise ``Refusal``. ``density`` is there
    where the sides are the logarithms of densities;
    of ``proportional`` ones they are those less the values at a place of reference. ``otherwise`` is what is claimed
    where the member that stands for the head is wrong itself. ⇒ leads to what is ``implied``, words such as "hence" to
    what is ``joined``; a ``premise`` is an equation that the words alone state, and no claim.
    """

    name: str
    title: str
    kind: str
    head: Term
    claimed: Term
    relation: str
    span: Span
    line_span: Span
    head_node: Node
    claimed_node: Node
    chain: int
    free: tuple[str, ...] = ()
    conditions: tuple[Comparison, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    solution: Solution | None = None
    density: Density | None = None
    proportional: bool = False
    stationary: bool = False
    expected_wrong: bool = False
    implied: bool = False
    joined: bool = False
    premise: bool = False
    sentence: int = -1
    visible: tuple[str, ...] = field(default=(), compare=False, repr=False)
    read: Callable[[Node], Term] | None = field(default=None, compare=False, repr=False)
    remade: Callable[[Node], Claim] | None = field(default=None, compare=False, repr=False)
    reheaded: Callable[[Node], Claim] | None = field(default=None, compare=False, repr=False)
    part: Callable[[Node, Mapping[str, str]], Term] | None = field(default=None, compare=False, repr=False)
    otherwise: Claim | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """A claim that could not be given a meaning: wrong by its shapes, or not checked.

    ``scalar`` is the same claim read with every size 1, where that gives it a meaning; ``implied`` says that ⇒ leads
    to it. ``bug`` is there where reading it raised an exception that nobody foresaw, ``unknown`` where a name is used
    that nothing declares. ``attempt`` is the claim with its head on both sides, of which ``remade`` tries edits of
    what was written.
    """

    name: str
    title: str
    kind: str
    code: str
    message: str
    span: Span
    line_span: Span
    help: str | None
    wrong: bool
    chain: int
    scalar: Claim | None = None
    expected_wrong: bool = False
    implied: bool = False
    bug: Finding | None = None
    unknown: Unknown | None = None
    attempt: Claim | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class IndexRange:
    """The range of a free index."""

    size: Dim
    lower: int


@dataclass(frozen=True, slots=True)
class Line:
    """How one statement was read, for ``derivcheck list``."""

    span: Span
    kind: str
    name: str
    text: str
    shapes: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Inferred:
    """What the document leaves unsaid of a name and its use tells: ``let`` is how to declare it, ready to be pasted."""

    name: str
    key: str
    let: str
    span: Span


@dataclass(frozen=True, slots=True)
class Lacking:
    """A name of which nothing tells what it is: ``let`` has a `?` for the author to fill in, ``lines`` wait for it.

    ``see`` is where a line sets it that is not read; "" if none does. ``span`` is the first line that waits.
    """

    let: str
    lines: int
    see: str
    span: Span


@dataclass(frozen=True)
class Problem:
    """Everything that a document says, ready to be checked. ``scope`` holds the names as they stand at its end.

    ``guards`` hold of every generic draw: what is not generic has to meet them.
    ``undrawn`` are conditions on inputs that no draw can be made to meet: the names of which they speak, and where.
    ``items`` are the document as it was read, with what is not written in it: of these its meaning is built.
    """

    source: Source
    declarations: dict[str, Declaration]
    functions: dict[str, FunctionDeclaration]
    definitions: dict[str, Definition]
    names: dict[str, str]
    claims: tuple[Claim | Refused, ...]
    assumptions: tuple[Assumption, ...]
    indices: dict[str, IndexRange]
    solution: dict[str, Dim]
    size_bounds: dict[str, int]
    sizes: dict[str, int]
    findings: tuple[Finding, ...]
    lines: tuple[Line, ...]
    scope: Scope
    skipped: int = 0
    size_names: dict[str, str] = field(default_factory=dict)
    undrawn: tuple[tuple[frozenset[str], Span], ...] = ()
    unread: tuple[Unread, ...] = ()
    headings: tuple[Span, ...] = ()
    inferred: tuple[Inferred, ...] = ()
    guards: tuple[Comparison, ...] = ()
    items: tuple[Item, ...] = ()

    @property
    def assumed(self) -> tuple[Comparison, ...]:
        """The conditions of all assumptions."""
        return tuple(condition for assumption in self.assumptions for condition in assumption.conditions)

    def size_shown(self, key: str) -> str:
        """How a size is written; one that the document has no letter for, in a word."""
        return self.size_names.get(key, key.partition("#")[0])

    def numbers(self, dims: Iterable[Dim], sizes: Mapping[str, int]) -> tuple[int, ...]:
        """Dimensions in numbers."""
        return tuple(dim.substitute(self.solution).value(sizes) for dim in dims)

    def dims(self, declared: Declaration, sizes: Mapping[str, int]) -> tuple[int, ...]:
        """``(family …, rows, columns)`` of what is declared."""
        return self.numbers((*(axis.size for axis in declared.family), *declared.shape), sizes)
