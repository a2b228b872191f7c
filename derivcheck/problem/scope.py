"""What the names of a document stand for, and the sizes found so far."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from derivcheck.language.nodes import Node, Scripted
from derivcheck.language.plain import plain
from derivcheck.language.shapes import Dim, Domain, Shape, show
from derivcheck.problem.terms import Comparison, Term
from derivcheck.source import Place, Span


class Refusal(Exception):
    """Why a statement cannot be given a meaning: caught where the statement is taken up, never further.

    ``wrong`` tells that the line itself is at fault (declared shapes that contradict each other), not our reading;
    ``unknown`` is the name that nothing declares, where that is the reason.
    """

    def __init__(
        self, code: str, span: Span, message: str, help: str | None = None, *, wrong: bool = False,
        unknown: Unknown | None = None,
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.code, self.span, self.message, self.help, self.wrong = code, span, message, help, wrong
        self.unknown = unknown


def is_open(size: str) -> bool:
    """Whether a search over shapes leaves the size of a column or a matrix open: what is 1 has another kind."""
    return size.startswith("?") and size[1:-1].isdigit() and size[-1].isalpha()


MANY_NAMES = 300

DENSITIES = frozenset(("p", "P", "\\Pr", "\\mathrm{Pr}", "\\mathbb{P}", "\\mathrm{P}"))
"""The letters of densities."""
MOMENTS = "told by its moments"
"""The lead of a line of the model that words say, or equations of a mean and a covariance, and no distribution."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A name that nothing declares, as it was written.

    ``called`` tells that brackets behind it hold arguments, ``near`` that a declared name looks much like it,
    ``argument`` that a function of the document is defined by it, ``counts`` that it can be a number there.
    """

    node: Node
    called: bool
    near: bool = False
    argument: bool = False
    counts: bool = False


@dataclass(frozen=True, slots=True)
class FamilyAxis:
    """A family's index: ``x^{(i)}`` for ``i`` from ``lower``, ``size`` members."""

    size: Dim
    lower: int = 1


@dataclass(frozen=True, slots=True)
class Declaration:
    """A declared variable: every value of its domain is meant."""

    key: str
    text: str
    shape: Shape
    domain: Domain
    span: Span
    family: tuple[FamilyAxis, ...] = ()


@dataclass(frozen=True, slots=True)
class FunctionDeclaration:
    r"""An arbitrary smooth function: ``\phi : \mathbb{R} \to \mathbb{R}``. Domains as for a variable."""

    key: str
    text: str
    arguments: tuple[Shape, ...]
    result: Shape
    result_domain: Domain
    span: Span
    domains: tuple[Domain, ...] = ()


@dataclass(frozen=True, slots=True)
class Definition:
    """A name that the document defines; ``family`` pairs its index names with their axes."""

    key: str
    text: str
    term: Term
    shape: Shape
    span: Span
    family: tuple[tuple[str, FamilyAxis], ...] = ()


@dataclass(frozen=True, slots=True)
class FunctionDefinition:
    """``f(x) = …``: its parameters' keys and shapes, and its body.

    Those among the parameters that are ``squared`` are given by their squares: ``\\ell(\\mu, \\sigma^2)``.
    """

    key: str
    text: str
    parameters: tuple[tuple[str, Shape], ...]
    body: Term
    span: Span
    squared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SizeSymbol:
    """A dimension's name; as a number it is the size drawn."""

    key: str
    text: str
    span: Span


Meaning = Declaration | FunctionDeclaration | Definition | FunctionDefinition | SizeSymbol


@dataclass(frozen=True, slots=True)
class Assumption:
    """A condition on declared names that every drawn input meets."""

    conditions: tuple[Comparison, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Known:
    """What was said of a name so far: the declaration before it, and the facts with their values."""

    declared: Declaration
    facts: Mapping[str, Term | None]


@dataclass(frozen=True, slots=True)
class Factor:
    """One line of a model: the log density of a random name given those that stand in it.

    ``letters`` are the names of the indices by which its members run, over so many ``sizes``; ``entries`` tells that
    the members are the entries of one column, and not those of a family. A factor is ``borrowed`` from a density of
    the document's own (``q(z) = …``) as long as no line of the model says how z is distributed. Where no more than
    ``moments`` are told, a mean and a covariance, the density is one of many that have them. Of one number from a
    family, ``told`` are the mean and the variance given what it depends on.
    """

    key: str
    log: Term
    domain: Domain
    span: Span
    letters: tuple[str, ...] = ()
    sizes: tuple[Dim, ...] = ()
    entries: bool = False
    borrowed: bool = False
    moments: bool = False
    told: tuple[Term, Term] | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """``q(z) = …``: a density that the document gives a name, of the random value at ``key``."""

    key: str
    log: Term
    letters: tuple[str, ...]
    frozen: bool
    span: Span
    given: frozenset[str] = frozenset()


@dataclass
class IndexInfo:
    """An index in force. ``size`` is unknown at first for an index without written bounds.

    One that ``runs`` as far as there are members is ``within`` their first and last place, for each that is asked for.
    """

    letter: str
    name: str
    size: Dim
    lower: int
    span: Span
    bounded: bool = False
    used: int = 0
    bounds: tuple[Term, Term] | None = None
    runs: bool = False
    within: list[tuple[int, Dim]] = field(default_factory=list)


@dataclass
class Scope:
    """The names visible at a place of the document, while it is being elaborated.

    ``counting`` are the letters that say somewhere in it how many of something there are, ``guards`` what every generic
    draw meets and a special one may not, ``parities`` which letters are said to be odd, and which to be even. ``begun``
    are recursions with the values with which they begin, ``lefts`` the names with scripts that stand left of a sign,
    ``varied`` those by which is differentiated, ``counters`` the letters that count steps, ``unsaid`` recursions of
    which no formula tells with what they begin, ``densities`` the letters of the model's density.
    """

    names: dict[str, Meaning] = field(default_factory=dict)
    declarations: dict[str, Declaration] = field(default_factory=dict)
    functions: dict[str, FunctionDeclaration] = field(default_factory=dict)
    definitions: dict[str, Definition] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    assumptions: list[Assumption] = field(default_factory=list)
    undrawn: list[tuple[frozenset[str], Span]] = field(default_factory=list)
    ranges: dict[str, tuple[int, Dim]] = field(default_factory=dict)
    mentions: dict[str, list[Term]] = field(default_factory=dict)
    factors: dict[str, Factor] = field(default_factory=dict)
    measures: dict[str, dict[str, Measure]] = field(default_factory=dict)
    unread: dict[str, Span] = field(default_factory=dict)
    posterior: set[str] = field(default_factory=set)
    begun: dict[str, tuple[tuple[Dim, Term], ...]] = field(default_factory=dict)
    lefts: frozenset[Scripted] = frozenset()
    varied: frozenset[str] = frozenset()
    counters: frozenset[Node] = frozenset()
    densities: frozenset[str] = DENSITIES
    unsaid: dict[str, tuple[str, str, Span]] = field(default_factory=dict)
    still: set[str] = field(default_factory=set)
    angled: Node | None = None
    optima: dict[str, Term] = field(default_factory=dict)
    solution: dict[str, Dim] = field(default_factory=dict)
    index_fallbacks: dict[str, Dim] = field(default_factory=dict)
    size_bounds: dict[str, int] = field(default_factory=dict)
    text: str = ""
    counting: frozenset[str] = frozenset()
    turned: frozenset[str] = frozenset()
    angles: frozenset[str] = frozenset()
    counter: int = 0
    given: dict[str, int] = field(default_factory=dict)
    heading: int = 0
    headings: dict[str, int] = field(default_factory=dict)
    notices: list[tuple[str, Span, str]] = field(default_factory=list)
    unmade: dict[str, tuple[Span, Place]] = field(default_factory=dict)
    facts: dict[str, Known] = field(default_factory=dict)
    guards: list[Comparison] = field(default_factory=list)
    parities: dict[str, bool] = field(default_factory=dict)
    readings: Mapping[str, str] = field(default_factory=dict)

    def enter(self, visible: str, declaration: Declaration) -> None:
        """A declared name comes into being, or takes the place of what it was."""
        self.names[visible] = declaration
        self.declarations[declaration.key] = declaration
        self.headings[visible] = self.heading

    def narrow(self, key: str, domain: Domain) -> None:
        """What is declared under a key, by whatever names, is drawn from another domain."""
        for visible, found in list(self.names.items()):
            if isinstance(found, Declaration) and found.key == key:
                self.enter(visible, replace(found, domain=domain))

    def anew(self, node: Node) -> None:
        """Tell that a known name begins anew: what was said of it before keeps its meaning, and refutes nothing."""
        if node.span.start == node.span.end:
            return  # What is inferred is said as such.
        message = f"`{plain(node)}` begins anew here and stands for something else from now on"
        self.notices.append(("redeclared", node.span, message))

    def as_it_stands(self) -> Scope:
        """What is known now, whatever is learnt later; names that are new in it are new in both."""
        measures = {key: dict(known) for key, known in self.measures.items()}
        return replace(
            self, names=dict(self.names), declarations=dict(self.declarations), functions=dict(self.functions),
            definitions=dict(self.definitions), used=set(self.used), assumptions=list(self.assumptions),
            ranges=dict(self.ranges), mentions={key: list(calls) for key, calls in self.mentions.items()},
            factors=dict(self.factors), measures=measures, unread=dict(self.unread), posterior=set(self.posterior),
            still=set(self.still), optima=dict(self.optima), facts=dict(self.facts), guards=list(self.guards),
            parities=dict(self.parities), begun=dict(self.begun),
        )  # fmt: skip

    @contextmanager
    def again(self, here: Scope) -> Iterator[Scope]:
        """What was known then, with the sizes found by now; what is new in one expression is not new in the next."""
        scope = replace(self.as_it_stands(), counter=here.counter, solution=dict(here.solution))
        try:
            yield scope
        finally:
            here.counter = max(here.counter, scope.counter)

    def quote(self, span: Span) -> str:
        """What stands at a span, on one line and not longer than a message can bear, its braces closed."""
        end = span.end
        while self.text[span.start : end].count("{") > self.text[span.start : end].count("}") and (
            self.text[end : end + 1] == "}"
        ):
            end += 1
        words = " ".join(self.text[span.start : end].split())
        return words if len(words) <= 48 else words[:45].rstrip() + "…"

    def fresh(self, stem: str) -> str:
        """A name that nothing else has; unknown sizes begin with ``?``.

        Counted by stem, so that what is called alike in two readings of nearly the same document is the same.
        """
        self.counter += 1
        self.given[stem] = self.given.get(stem, 0) + 1
        return f"{stem}#{self.given[stem]}"

    def unknown(self, stem: str = "?") -> Dim:
        """A size still to be found."""
        return Dim.of(self.fresh(stem))

    def resolve(self, dim: Dim) -> Dim:
        """The size as far as it is known now."""
        return dim.substitute(self.solution)

    def resolve_shape(self, shape: Shape) -> Shape:
        """The shape as far as it is known now."""
        return self.resolve(shape[0]), self.resolve(shape[1])

    def resolved(self) -> dict[str, Dim]:
        """Every unknown as far as it is known now, none of them in terms of another that is."""
        return {unknown: self.resolve(dim) for unknown, dim in self.solution.items()}

    def unify(self, left: Dim, right: Dim) -> bool:
        """Make two sizes equal by finding an unknown; False if they cannot be."""
        difference = self.resolve(left) - self.resolve(right)
        if not difference.terms:
            return True
        for monomial, coefficient in difference.terms:
            if len(monomial) == 1 and monomial[0].startswith("?") and abs(coefficient) == 1:
                rest = difference - Dim(((monomial, coefficient),))
                if monomial[0] in rest.symbols or (rest.number in (1, -1) and self._is_searched(monomial[0])):
                    continue
                self.solution[monomial[0]] = -rest if coefficient == 1 else rest
                return True
        return False

    def _is_searched(self, symbol: str) -> bool:
        """Whether an unknown is the size of something that a search over shapes takes for a column or a matrix."""
        same = (name for name, dim in self.solution.items() if dim.symbol == symbol)
        return is_open(symbol) or any(map(self._is_searched, same))

    def unify_shapes(self, left: Shape, right: Shape) -> bool:
        """Make two shapes equal, or leave everything as it was."""
        saved = dict(self.solution)
        if self.unify(left[0], right[0]) and self.unify(left[1], right[1]):
            return True
        self.solution = saved
        return False

    def fall_back(self) -> None:
        """Give index ranges of which nothing was said the sizes that are taken for granted then."""
        for unknown, dim in self.index_fallbacks.items():
            if any(symbol.startswith("?") for symbol in self.resolve(dim.of(unknown)).symbols):
                self.unify(dim.of(unknown), dim)
        # Of a ``z \\sim \\mathcal{N}(0, I)`` alone nothing tells how long it is: of any length, then.
        searched = any(map(is_open, self.solution))
        for declared in () if searched else list(self.declarations.values()):
            for dim in self.resolve_shape(declared.shape):
                for symbol in dim.symbols if dim.symbol else ():
                    if symbol.startswith("?") and not is_open(symbol):
                        letter = next(name for name in (*"dnmk", self.fresh("n")) if name not in self.names)
                        self.names[letter] = SizeSymbol(letter, letter, declared.span)
                        self.unify(dim, Dim.of(letter))
        for unknown in [name for name in self.size_bounds if name.startswith("?")]:
            least, found = self.size_bounds.pop(unknown), self.resolve(Dim.of(unknown)).symbol
            if found is not None:
                self.size_bounds[found] = max(self.size_bounds.get(found, 0), least)

    def show(self, shape: Shape) -> str:
        """The shape in words, unknowns filled in."""
        return show(shape, self.solution)

    def suggestion(self, key: str) -> str | None:
        """A visible name that looks much like this one; among very many of them any name looks like one."""
        if len(self.names) > MANY_NAMES:
            return None
        bare = key.replace("\\mathbf{", "").replace("\\", "").strip("{}")
        for name in self.names:
            other = name.replace("\\mathbf{", "").replace("\\", "").strip("{}")
            if other == bare or (other.lower() == bare.lower()):
                return name
        # ``\\eta`` beside ``\\theta`` is another letter.
        letter = len(key) <= 2 or (key.startswith("\\") and key[1:].isalpha())
        close = [] if letter else difflib.get_close_matches(key, self.names, n=1, cutoff=0.8)
        return close[0] if close else None
