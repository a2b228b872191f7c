"""Which small expression, put in one place of the claimed side, makes it what it should be: all are tried at once.

The place becomes a name whose value is a batch, one entry for every expression, so that the whole side is evaluated
once for thousands of them (Gulwani, Polozov, Singh, Program Synthesis, 2017, on enumeration up to equal values).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import torch
from torch import Tensor

from derivcheck.diagnosis.candidate import Candidate, Rebuild, cancels, closed, size_of, values_of
from derivcheck.diagnosis.ingredients import Ingredient, Pool, at_place, numbers
from derivcheck.diagnosis.stock import Stock
from derivcheck.evaluation.arithmetic import BUDGET, Effort, NotExact, OutOfRange
from derivcheck.evaluation.evaluator import Axis, Frame, evaluate
from derivcheck.language import nodes as n
from derivcheck.language.nodes import walk
from derivcheck.language.printing import latex, plain
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim
from derivcheck.problem.scope import Refusal
from derivcheck.problem.substitution import rewrite
from derivcheck.source import Span

EFFORT: Final = 3e9
"""What the synthesis for one line may cost, in the prices of the budget."""
READING: Final = 500_000
"""The price of finding out what one expression means."""
ENTRY: Final = 400
"""The price of one more expression at one place beside its evaluation."""
ENTRIES: Final = 400_000
"""So many entries are evaluated at once at most."""
HOLE: Final = "#"
"""The name of the place: no document has it."""
CLOSE: Final = 1e-9
RANK: Final = 10
CLOSED_OFF = (
    t.Derivative, t.Chain, t.Let, t.MapEntries, t.LogIntegral, t.Expectation, t.Integral, t.Optimum, t.Frozen,
)  # fmt: skip
DEAR = (t.LogIntegral, t.Expectation, t.Integral, t.Optimum)
UNKNOWN = (Refusal, NotExact, OutOfRange, KeyError, RuntimeError, RecursionError)


@dataclass
class Looked:
    """Where candidates are looked at: the means and optima that many of them share are worked out once."""

    frame: Frame
    _known: dict[t.Term, tuple[t.Variable, Tensor] | None] = field(default_factory=dict)

    def value(self, term: t.Term, values: Mapping[str, Tensor] = MappingProxyType({})) -> Tensor:
        """The value of a term, with ``values`` of names that only candidates have. Raises what evaluation raises."""
        bound = dict(values)

        def shared(part: t.Term) -> t.Term | None:
            if not isinstance(part, DEAR):
                # Within what binds names a mean may be another at each of their values.
                return part if isinstance(part, CLOSED_OFF) else None
            if part not in self._known:
                self._known[part] = self._worked_out(part)
            if (known := self._known[part]) is None:
                return part
            bound[known[0].key] = known[1]
            return known[0]

        simpler = rewrite(term, shared)
        found: Tensor = evaluate(simpler, self.frame.bind(bound) if bound else self.frame).detach()
        return found

    def _worked_out(self, part: t.Term) -> tuple[t.Variable, Tensor] | None:
        if any(name.startswith(HOLE) for name in t.variables(part)):
            return None
        try:
            value = evaluate(part, self.frame).detach()
        except UNKNOWN:
            return None
        return t.Variable(f"{HOLE}{len(self._known)}", shape=part.shape), value


@dataclass(frozen=True, slots=True)
class Hole:
    """A place of the claimed side: what stands there in syntax and as a term, and the indices in force."""

    node: n.Node
    rebuild: Rebuild
    whole: bool
    term: t.Term
    axes: tuple[Axis, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """What makes the claimed side right, made of ``over``, how many tokens change, and how that is said."""

    node: n.Node
    over: Ingredient
    size: int
    title: str


@dataclass
class Side:
    """The claimed side at one trial of a frame: what it should be, its places, and what the document offers there."""

    claim: Claim
    stock: Stock
    frame: Frame
    term: t.Term
    head: Tensor
    holes: tuple[Hole, ...]
    _pools: dict[tuple[Axis, ...], Pool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._looked = Looked(self.frame)

    def pool(self, hole: Hole) -> Pool:
        """What there is to choose from at a place."""
        if hole.axes not in self._pools:
            self._pools[hole.axes] = Pool(_leaves(self.claim, self.stock, self.frame, hole.axes))
        return self._pools[hole.axes]

    def opened(self, *holes: Hole) -> t.Term:
        """The term with names in the places."""
        names = {
            (hole.term.span, hole.term): t.Variable(
                HOLE * (1 + at), tuple(t.Index(axis.name) for axis in hole.axes), shape=hole.term.shape
            )
            for at, hole in enumerate(holes)
        }
        return rewrite(self.term, lambda each: names.get((each.span, each)))

    def now(self, hole: Hole) -> Ingredient:
        """What stands in a place, with its values."""
        inner = self.frame.deeper(*hole.axes)
        counts = [axis.count for axis in inner.axes]
        value = evaluate(hole.term, inner).detach()[0]
        return Ingredient(hole.node, value.expand(*counts, *self.frame.world.dims(hole.term.shape)), size_of(hole.node))

    def agreeing(self, other: t.Term, values: dict[str, Tensor]) -> list[int]:
        """The entries of batches at the places with which the side is what it should be."""
        BUDGET.renew()
        count = len(next(iter(values.values())))
        return _agreeing(self._looked.value(other, values), self.head, count)


def side_of(claim: Claim, stock: Stock, frame: Frame) -> Side | None:
    """The claimed side at one trial of a frame; None where it has no value."""
    assert claim.read is not None
    try:
        term = claim.read(claim.claimed_node)
        with torch.no_grad():
            head = evaluate(claim.head, frame).detach()
            holes = tuple(_holes(claim.claimed_node, dict(_located(term, frame))))
    except UNKNOWN:
        return None
    return Side(claim, stock, frame, term, head, holes)


def synthesised(side: Side) -> Iterator[Candidate]:
    """Edits after which the claimed side has the value of the head, the smallest first."""
    effort = Effort(EFFORT)
    found: list[Candidate] = []
    for hole in side.holes:
        if effort.spent:
            break
        try:
            with torch.no_grad():
                hits = list(_hits(side, hole))
        except UNKNOWN:
            continue
        found += [_edit(hole, hit) for hit in hits]
    yield from sorted(found, key=lambda edit: edit.size)


def _edit(hole: Hole, hit: Hit) -> Candidate:
    node = hit.node if hole.whole or not isinstance(hit.node, n.Add | n.Entrywise) else closed(hit.node)
    title = hit.title.format(old=plain(hole.node), new=plain(node), each=plain(hit.over.node))
    # Brackets are tokens too.
    size = hit.size + (node is not hit.node)
    return Candidate(RANK, hole.rebuild(node), hole.node.span, latex(node), title, size)


def _holes(tree: n.Node, located: dict[Span, tuple[t.Term, tuple[Axis, ...]]]) -> Iterator[Hole]:
    """The places that the term knows by their spans."""
    places = list(values_of(tree))
    whole = {id(place.node): place for place in places if place.slot}
    seen: set[int] = set()
    for place in places:
        node = place.node
        inner = node.body if isinstance(node, n.Group) else node
        if id(inner) in seen or node.span not in located or isinstance(inner, n.Tuple | n.Given | n.Compare):
            continue
        seen.add(id(inner))
        term, axes = located[node.span]
        slot = whole.get(id(inner))
        if slot is not None:
            yield Hole(inner, slot.rebuild, True, term, axes)
        else:
            yield Hole(node, place.rebuild, False, term, axes)


def _located(term: t.Term, frame: Frame) -> Iterator[tuple[Span, tuple[t.Term, tuple[Axis, ...]]]]:
    """The parts of a term that are evaluated as they stand, by their spans, with the indices that are bound there."""
    stack: list[tuple[t.Term, tuple[Axis, ...]]] = [(term, ())]
    seen: set[Span] = set()
    while stack:
        part, axes = stack.pop()
        if part.span not in seen:
            seen.add(part.span)
            yield part.span, (part, axes)
        match part:
            case t.Reduce(index=index, lower=t.Constant(value=low), upper=upper, conditions=(), body=body) if low == 1:
                count = int(evaluate(upper, frame.deeper(*axes)).max())
                stack.append((body, (*axes, Axis(index, 1, count))))
            case t.Gather(indices=(index,), body=body):
                stack.append((body, (*axes, Axis(index, 1, max(frame.world.dims(part.shape))))))
            case t.Reduce() | t.Gather() | t.Piecewise() | t.Indicator() | t.Comparison():
                pass
            case t.Variable() | t.Entry(argument=t.Variable()):
                pass
            case _ if not isinstance(part, CLOSED_OFF):
                stack.extend((child, axes) for child in reversed(t.children(part)))


def _leaves(claim: Claim, stock: Stock, frame: Frame, axes: tuple[Axis, ...]) -> Iterator[Ingredient]:
    """What the document offers at a place, with its values at one draw."""
    inner = frame.deeper(*axes)
    assert claim.part is not None
    letters = {axis.name.split("#")[0]: axis.name for axis in axes}
    counts = [axis.count for axis in inner.axes]
    for node in dict.fromkeys((*stock.names, *stock.members, *stock.sizes, *stock.powers, *stock.pieces, *stock.terms)):
        BUDGET.note(READING)
        try:
            term = claim.part(node, letters)
            with torch.no_grad():
                value = evaluate(term, inner).detach()
            full = value[0].expand(*counts, *frame.world.dims(term.shape))
        except UNKNOWN:
            continue
        yield Ingredient(node, full, size_of(node))
    yield from numbers((*counts, 1, 1))


def _hits(side: Side, hole: Hole) -> Iterator[Hit]:
    """The expressions that make the claimed side equal to the head."""
    part, other = side.now(hole), side.opened(hole)
    step = max(1, ENTRIES // max(1, part.value.numel()))
    for block in at_place(part, side.pool(hole)):
        BUDGET.note(ENTRY * len(block.over))
        for start in range(0, len(block.over), step):
            for spot in side.agreeing(other, {HOLE: block.values[start : start + step]}):
                each = block.over[start + spot]
                node = block.node(each)
                if _may_stand_for(node, part.node):
                    yield Hit(node, each, block.size(each), block.title)


def _may_stand_for(new: n.Node, old: n.Node) -> bool:
    """Whether this is another expression, and no number where something else happens not to matter."""
    number = isinstance(new, n.Number | n.Fraction_) and not any(isinstance(part, n.Name) for part in walk(new))
    return new != old and not cancels(new) and (not number or isinstance(old, n.Number | n.Fraction_))


def _agreeing(value: Tensor, head: Tensor, count: int) -> list[int]:
    """The entries of a batch that are the head but for rounding."""
    value, head = torch.broadcast_tensors(value, head)
    if value.shape[0] != count:
        return []
    scale = float(head.abs().nan_to_num().max())
    apart = (value - head).abs().reshape(count, -1)
    spots: list[int] = (apart <= CLOSE * max(scale, 1e-300)).all(1).nonzero().flatten().tolist()
    return spots
