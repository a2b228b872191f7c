r"""Values that are made of the one before: ``h_t = \tanh(W h_{t-1} + U x_t)`` with a state to begin with.

They are a family whose members are worked out one after the other at the horizon that is drawn, so that every
arithmetic, every derivative along the steps and every claim for a generic t sees ordinary values. By a member is
differentiated through a shift ``\delta_t`` that is added to it and is 0: what stands behind the member moves with it.
What cannot be unrolled is refused, and so not checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from derivcheck.language import nodes as n
from derivcheck.language.nodes import transform, walk
from derivcheck.language.printing import plain
from derivcheck.language.shapes import ONE, SCALAR, Dim, Domain, Shape, is_scalar
from derivcheck.problem import terms as t
from derivcheck.problem.context import SLOT, Context, key_of, pattern
from derivcheck.problem.facts import behind
from derivcheck.problem.indices import size_dim
from derivcheck.problem.scope import (
    Declaration,
    Definition,
    FamilyAxis,
    Refusal,
    Scope,
    SizeSymbol,
    Unknown,
)
from derivcheck.problem.substitution import member, rewrite
from derivcheck.problem.terms import Term, is_zero
from derivcheck.reading.items import Statement
from derivcheck.reading.parser import parse_expression
from derivcheck.source import Span

FARTHEST = 4
"""So far before the first step a value to begin with is looked for."""
SHIFT = "\\delta:"
"""In front of a family's key: what is added to its members and is 0."""


@dataclass(frozen=True, slots=True)
class Steps:
    """A definition of ``node`` by ``value`` at one place, made of members of ``families`` at others.

    ``letter`` counts the places, ``reach`` is how far they lie off: before it where it is negative.
    """

    node: n.Scripted
    value: n.Node
    letter: n.Name
    families: tuple[n.Node, ...]
    reach: int
    offset: int = 0


def shift_of(key: str, scope: Scope) -> str:
    """The name by which is differentiated for a name: of a recursion its shift."""
    return SHIFT + key if SHIFT + key in scope.declarations else key


def counts_from(item: Statement, scope: Scope) -> tuple[str, int] | None:
    r"""``n \ge 0`` of a letter that counts the steps of a recursion: the letter and where it begins."""
    if len(item.members) != 2 or item.relations[0].sign not in ("\\ge", ">"):
        return None
    match item.members:
        case (n.Name(text=letter) as name, n.Number(value=first)) if first.denominator == 1:
            return (letter, int(first) + (item.relations[0].sign == ">")) if name in scope.counters else None
    return None


def counters(statements: Sequence[Statement]) -> Iterator[n.Name]:
    """The letters that count the steps of a recursion somewhere.

    Where a document has one step and no more, ``h_t`` of ``h_{t-1}`` and the letter nowhere but in indices, they are
    two names.
    """
    # The t of ``\sigma(t) = …`` is that of no step.
    own = [item for item in statements if not isinstance(item.members[0], n.Product)]
    written = [part for item in own for member in item.members for part in walk(member)]
    scripted = [part for part in written if isinstance(part, n.Scripted) and part.sub is not None]
    below = [part for node in scripted if node.sub is not None for part in walk(node.sub)]
    for item in statements:
        for left in item.members[:1]:
            for letter in walk(left.sub) if isinstance(left, n.Scripted) and left.sub is not None else ():
                if isinstance(letter, n.Name) and isinstance(left, n.Scripted):
                    offset = _offset(left.sub, letter)
                    others = [part for each in item.members[1:] for part in _members(each)
                              if _offset(part.sub, letter) not in (offset, None)]  # fmt: skip
                    if offset is None or not others:
                        continue
                    bases = {left.base, *(part.base for part in others)}
                    several = any(len({node.sub for node in scripted if node.base == base}) > 2 for base in bases)
                    if several or written.count(letter) > below.count(letter):
                        yield letter


def steps_of(node: n.Node, value: n.Node, scope: Scope) -> Steps | None:
    """The step of a recursion that a definition is, or None."""
    if not (isinstance(node, n.Scripted) and node.sup is None and not node.primes):
        return None
    letters = [part for part in walk(node.sub) if isinstance(part, n.Name)] if node.sub is not None else []
    if len(letters) != 1 or (offset := _offset(node.sub, letters[0])) is None:
        return None
    (letter,) = letters
    if letter not in scope.counters or isinstance(scope.names.get(letter.text), Declaration | Definition | SizeSymbol):
        return None
    found: dict[str, n.Node] = {}
    reach: set[int] = set()
    for part in _members(value):
        place = None if part.sub is None else _offset(part.sub, letter)
        if place is None or place == offset or not _open(part.base, node.base, scope):
            continue
        known = scope.names.get(key_of(part))
        if known is None or (isinstance(known, Declaration) and known.key not in scope.used):
            found[key_of(part.base)] = part.base
            reach.add(place - offset)
    if not reach or min(reach) * max(reach) < 0:
        return None
    if offset:
        moved = n.Add((("+", letter), ("-" if offset > 0 else "+", n.Number(Fraction(abs(offset)), str(abs(offset))))))
        value = transform(value, lambda part: moved if part == letter else part)
        node = replace(node, sub=letter)
    return Steps(node, value, letter, tuple(found.values()), min(reach) if min(reach) < 0 else max(reach), offset)


def _members(node: n.Node) -> Iterator[n.Scripted]:
    for part in walk(node):
        if isinstance(part, n.Scripted) and part.sup is None and not part.primes:
            yield part


def _offset(sub: n.Node | None, letter: n.Name) -> int | None:
    """c of ``t + c``."""
    match sub:
        case n.Name() if sub == letter:
            return 0
        case n.Add(terms=(("+", n.Name() as name), (("+" | "-") as sign, n.Number(value=value)))) if name == letter:
            return int(value) if sign == "+" else -int(value)
    return None


def _open(base: n.Node, own: n.Node, scope: Scope) -> bool:
    """Whether the members of a name are what this definition, or another one of the document, is to tell."""
    for visible in (pattern(base, SLOT, None), key_of(base)):
        known = scope.names.get(visible)
        if known is not None and not (isinstance(known, Declaration) and known.key not in scope.used):
            return False
    return base == own or any(left.base == base and isinstance(left.sub, n.Name | n.Add) for left in scope.lefts)


def unrolled(steps: Steps, ctx: Context, make: Callable[[n.Scripted, n.Node], Definition]) -> Definition:
    """The family that a step defines; ``make`` defines the members, once the names of the others are known."""
    scope = ctx.scope
    before = scope.ranges.get(steps.letter.text)
    lower, size = before or (1 - steps.offset, scope.unknown("?steps"))
    if before is None:
        (symbol,) = size.symbols
        scope.index_fallbacks[symbol] = Dim.of(scope.fresh("steps"))
    scope.ranges[steps.letter.text] = (lower + steps.offset, size)
    try:
        return _made(steps, ctx, make)
    except Refusal:
        if before is None:
            del scope.ranges[steps.letter.text]
        raise
    finally:
        if before is not None:
            scope.ranges[steps.letter.text] = before


def _made(steps: Steps, ctx: Context, make: Callable[[n.Scripted, n.Node], Definition]) -> Definition:
    """The family, where the letter that counts the steps runs as they do."""
    scope = ctx.scope
    firsts = [_firsts(base, steps, ctx) for base in steps.families]
    known = [_shape_of(base, one, steps, scope) for base, one in zip(steps.families, firsts, strict=True)]
    column, square = (scope.unknown(), ONE), scope.unknown()
    refused: Refusal | None = None
    for trial in (SCALAR, column, (square, square)) if None in known else (SCALAR,):
        saved = dict(scope.names), dict(scope.declarations), dict(scope.solution), dict(scope.begun)
        for base, one, shape in zip(steps.families, firsts, known, strict=True):
            _foretell(base, one, shape or trial, steps, scope)
        try:
            made = make(steps.node, steps.value)
            if any(symbol.startswith("?") for dim in scope.resolve_shape(made.shape) for symbol in dim.symbols):
                raise Refusal("shape-mismatch", steps.node.span, f"the shape of `{plain(steps.node)}` is not known")
            return made
        except Refusal as refusal:
            refused = refused or refusal
            scope.names, scope.declarations, scope.solution, scope.begun = saved
    assert refused is not None
    refused.wrong = refused.wrong and None not in known
    raise refused


def _firsts(base: n.Node, steps: Steps, ctx: Context) -> tuple[tuple[Dim, n.Node | None], ...]:
    """The places with which a recursion begins, and the names of the values there; None where none is said."""
    scope, reach = ctx.scope, steps.reach
    lower, size = scope.ranges[steps.letter.text]
    told = {dim: left for left in scope.lefts if left.base == base and (dim := _dim(left.sub, ctx)) is not None}
    for visible, known in scope.names.items():
        if visible.startswith(key_of(base) + "_{") and not (
            isinstance(known, Declaration | Definition) and known.family
        ):
            node = parse_expression(visible)
            if isinstance(node, n.Scripted) and node.base == base and (dim := _dim(node.sub, ctx)) is not None:
                told[dim] = node
    end = Dim.of(lower) if reach < 0 else Dim.of(lower) + size - ONE
    toward = 1 if reach < 0 else -1
    for shift in (*range(abs(reach) + 1), *range(-1, -FARTHEST, -1)):
        places = [end + Dim.of(reach + toward * (shift + step)) for step in range(abs(reach))]
        if all(place in told for place in places):
            for place in places:
                if key_of(told[place]) not in scope.names:
                    raise _not_yet(told[place])
            return tuple((place, told[place]) for place in places)
    if reach > 0:
        why = (
            f"with what `{plain(steps.node)}` ends is not found among what `{plain(steps.letter)}` is said to run over"
        )
        raise Refusal("not-checked", steps.node.span, why, "write the range, as in: for $t = 1, \\dots, T$")
    return tuple((end - Dim.of(step), None) for step in range(-reach, 0, -1))


def _dim(sub: n.Node | None, ctx: Context) -> Dim | None:
    return None if sub is None else size_dim(sub, ctx)


def _not_yet(node: n.Node) -> Refusal:
    return Refusal("unknown-name", node.span, f"`{plain(node)}` is not declared", unknown=Unknown(node, called=False))


def _before(base: n.Node, steps: Steps) -> list[str]:
    """The names of the members of which a step makes the next, as they are written."""
    return [
        key_of(part)
        for part in _members(steps.value)
        if part.base == base and _offset(part.sub, steps.letter) not in (None, 0)
    ]


def _shape_of(base: n.Node, firsts: tuple[tuple[Dim, n.Node | None], ...], steps: Steps, scope: Scope) -> Shape | None:
    """The shape that is declared for the members, or that of the value to begin with; a plain 0 has any."""
    family, column = (scope.names.get(key) for key in (pattern(base, SLOT, None), key_of(base)))
    for told in (family, *(scope.names.get(key) for key in _before(base, steps))):
        if isinstance(told, Declaration):
            return scope.resolve_shape(told.shape)
    if isinstance(column, Declaration):
        return SCALAR
    for _, node in firsts:
        known = None if node is None else scope.names.get(key_of(node))
        if isinstance(known, Declaration | Definition) and not (isinstance(known, Definition) and is_zero(known.term)):
            return scope.resolve_shape(known.shape)
    return None


def _foretell(
    base: n.Node, firsts: tuple[tuple[Dim, n.Node | None], ...], shape: Shape, steps: Steps, scope: Scope
) -> None:
    """Let the members of a name be known before what they are is read."""
    lower, size = scope.ranges[steps.letter.text]
    places = [place for place, _ in firsts]
    begin, last = Dim.of(lower), Dim.of(lower) + size - ONE
    if steps.reach < 0:
        begin = places[0]
    else:
        last = places[0]
    text, key = plain(n.Scripted(base, steps.letter, None)), pattern(base, SLOT, None)
    for visible in (key, key_of(base), *_before(base, steps)):
        old = scope.names.pop(visible, None)
        if old is not None:
            del scope.declarations[old.key]
    own = scope.fresh(key) if key in scope.declarations or key in scope.definitions else key
    axis = FamilyAxis(last - begin + ONE, begin.number or 0)
    declared = Declaration(own, text, shape, Domain(), steps.node.span, (axis,))
    values: list[tuple[Dim, Term]] = []
    for place, node in firsts:
        if node is None:
            node = n.Scripted(base, n.Number(Fraction(place.number or 0), str(place.number)), None)
            start = scope.fresh(key_of(node)) if key_of(node) in scope.declarations else key_of(node)
            scope.enter(key_of(node), Declaration(start, plain(node), shape, Domain(), steps.node.span))
            scope.unsaid[own] = start, key_of(n.Scripted(base, steps.letter, None)), steps.node.span
        known = scope.names[key_of(node)]
        assert isinstance(known, Declaration | Definition)
        if isinstance(known, Definition) and is_zero(known.term) and not is_scalar(shape):
            values.append((place, t.Filled(Fraction(0), shape=shape)))
        else:
            scope.used.add(known.key)
            values.append((place, t.Variable(known.key, shape=shape)))
    scope.enter(key, declared)
    scope.begun[own] = tuple(values)


def finished(made: Definition, visible: str, scope: Scope) -> Definition:
    """A family as it is where members rest on others: with its values to begin with, and a shift to differentiate by.

    A family between the members of a recursion has a shift as well.
    """
    foretold = scope.names.get(visible)
    own = foretold.key if isinstance(foretold, Declaration) and foretold.key in scope.begun else made.key
    rests = behind((made.term,), scope.definitions) & scope.begun.keys()
    if len(made.family) != 1 or not (rests or own in scope.begun):
        return made
    ((index, axis),) = made.family
    values = scope.begun.get(own, ())
    if isinstance(foretold, Declaration) and own in scope.begun:
        (axis,) = foretold.family
    shift = Declaration(SHIFT + own, made.text, made.shape, Domain(), made.span, (axis,))
    scope.declarations[shift.key] = shift
    offset = t.Add(((1, t.Index(index)), (1, t.Constant(Fraction(1 - axis.lower)))))
    zero = t.Variable(shift.key, (offset,), shape=made.shape)
    rows = [(_shifted(value, zero), (t.Comparison("=", t.Index(index), _number(place)),)) for place, value in values]
    step = _shifted(made.term, zero)
    term = t.Piecewise((*rows, (step, ())), shape=made.shape, span=made.term.span) if rows else step
    return replace(made, key=own, term=term, family=((index, axis),))


def step_alone(made: Definition, indices: Sequence[Term], by: str) -> Term:
    """One member as it is made of the others, which stay but for the one by whose shift is differentiated."""

    def rule(part: Term) -> Term | None:
        if not isinstance(part, t.Variable):
            return None
        if part.key == SHIFT + made.key:
            return t.Filled(Fraction(0), shape=part.shape)
        return _shifted(part, t.Variable(by, part.indices, shape=part.shape)) if SHIFT + part.key == by else None

    return rewrite(member(made, indices), rule)


def _shifted(value: Term, shift: t.Variable) -> Term:
    """A value and what is added to it: nothing, but that a derivative follows it."""
    still = t.Frozen(shift, (shift.key,), shape=value.shape)
    return t.Add(((1, value), (1, shift), (-1, still)), shape=value.shape)


def unsaid(head: Term, claimed: Term, scope: Scope) -> Iterator[tuple[str, Span]]:
    """The recursions in a claim of which no formula says with what they begin, where it rests on that: words may.

    What speaks of the beginning, or holds one member against another, means any beginning.
    """
    parts = [*t.walk(head), *t.walk(claimed)]
    reached = behind((head, claimed), scope.definitions) if scope.unsaid else frozenset()
    for key, (start, written, span) in scope.unsaid.items():
        names = (key, SHIFT + key)
        places = {part.indices for part in parts if isinstance(part, t.Variable | t.Derivative) and part.key in names}
        mentioned = any(isinstance(part, t.Variable | t.Derivative) and part.key == start for part in parts)
        if key in reached and len(places) < 2 and not mentioned:
            yield written, span


def _number(place: Dim) -> Term:
    return t.Constant(Fraction(place.number)) if place.number is not None else t.Size(place)
