"""Firm ground: whether everything on which a claim rests was read (DESIGN 3.5).

Worked out once for every name, by closure over what it rests on: definitions, models, assumptions, the sizes of its
shape. No oracle and no elaborator decides about it; the engine applies it to their verdicts.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Final

from derivcheck.language.nodes import Apply, Big, Given, Name, Node, Scripted, walk
from derivcheck.language.shapes import ONE, is_scalar
from derivcheck.problem import terms as t
from derivcheck.problem.constraints import summed, tied_names
from derivcheck.problem.context import key_of, names_in, strip
from derivcheck.problem.problem import Claim, Problem, Refused
from derivcheck.problem.scope import Declaration, Definition, FunctionDeclaration, FunctionDefinition, Meaning
from derivcheck.problem.substitution import rewrite
from derivcheck.problem.terms import is_literal
from derivcheck.reading.phrases import SYMMETRIC
from derivcheck.reading.unread import (
    Unread,
    faceless,
    folded,
    is_index,
    letters_of,
    names_in_text,
    set_in,
    words_called,
)
from derivcheck.reading.windows import end_of_paragraph, says_nothing_more, stands_as
from derivcheck.source import Span
from derivcheck.verdict import Outcome, Verdict

CONVERSE: Final = {"<": "\\ge", "\\le": "\\ge", ">": "\\le", "\\ge": "\\le"}
"""What holds of all inputs where a comparison holds of none, or of ties alone."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Whether a claim stands on firm ground; if not, what is missing, the first in the document first.

    Where nothing is missing but conditions on the inputs it is ``narrowed``: what holds for all of them holds.
    """

    firm: bool = True
    because: tuple[Unread, ...] = ()
    narrowed: bool = False


@dataclass(frozen=True)
class Grounds:
    """The ground of every claim of a document."""

    problem: Problem
    anew: tuple[Unread, ...] = ()
    apart: Mapping[str, Unread] = field(default_factory=dict)
    """What is the matter with single claims, by their names."""
    decided: frozenset[Span] = frozenset()
    """What is stated and holds for all inputs or for none: no condition."""
    holding: frozenset[Span] = frozenset()
    """The lines that hold."""
    settled: frozenset[int] = frozenset()
    """The chains of which one member equals the first for all inputs, so that no other can be asked of them."""

    def of(self, claim: Claim | Refused) -> Ground:
        """What is missing of all on which a claim rests."""
        found = {one.span: one for one in self._missing(claim)}
        narrowed = all(one.narrows for one in found.values())
        return Ground(not found, tuple(found[span] for span in sorted(found)), narrowed)

    def open(self, claim: Claim | Refused) -> Unread | None:
        """A line that fails, and by its form may be no claim at all: then nothing is known of what it may set."""
        only_inputs = isinstance(claim, Claim) and self._only_inputs(claim)
        if isinstance(claim, Claim) and (only_inputs or self._number_of_guessed(claim)):
            if only_inputs and (claim.chain in self.settled or self._leaves_nothing_open(claim)):
                return None
            keys = _keys_in(claim.head) | _keys_in(claim.claimed)
            return self._tie(keys, claim, "may be asked of the inputs, or set one of them")
        if isinstance(claim, Claim) and (claim.implied or claim.joined):
            return None
        names, arguments = set_in(self.problem.source.text, claim.line_span)
        if any(isinstance(self._meanings.get(key), Definition) for key in self._keys(arguments, claim.span)):
            return None
        found = tuple(name for name in names if self._set_elsewhere(name, claim))
        return (
            Unread(found, claim.line_span, why="gives a name a value that has one under another heading")
            if found
            else None
        )

    def _only_inputs(self, claim: Claim) -> bool:
        """Whether a side is a name that takes any value, or both are sums of such: it cannot hold for all inputs."""
        alone = all(map(_counts, (claim.head, claim.claimed))) and (claim.relation == "=" or not claim.conditions)
        if alone and any(isinstance(side, t.Size) for side in (claim.head, claim.claimed)):
            return True  # A size is any number: ``d' = m`` and ``d > n - 1`` say for which.
        if claim.solution is not None or claim.conditions or claim.density is not None:
            return False
        if t.is_zero(claim.claimed) and isinstance(claim.head, t.Derivative) and self._has_a_value(claim):
            return True  # ``\nabla L = A w - b = 0`` says where it is zero.
        worked_out = (isinstance(part, Given | Apply) or (isinstance(part, Big) and part.operator == "int")
                      for part in walk(claim.head_node))  # fmt: skip
        if any(worked_out):
            # A moment, an integral or a function of the inputs, whatever it comes down to, is worked out and not asked.
            return False
        tied = tied_names(claim.head, claim.claimed, self.problem.declarations)
        if tied is not None and all(self._is_free(key) for key in tied[0]):
            return True
        ours, theirs = _keys_in(claim.head), _keys_in(claim.claimed)
        free = self.problem.declarations.keys() - self.problem.scope.factors.keys()
        if claim.relation == "=" and ours and theirs and not ours & theirs and ours | theirs <= free:
            # "Snell's law is $\sin u = n \sin v$": two sides without a common name are constant, or this is asked.
            said = not stands_as(claim.line_span, self.problem.source.text)
            return said and next(self._missing(claim), None) is None
        for one, other in ((claim.head, claim.claimed), (claim.claimed, claim.head)):
            # ``\sum_k y_k = 1`` of free entries holds where it is asked of them.
            total = summed(one, self.problem.scope)
            if total is not None and is_literal(other) and self._is_free(total):
                return True
        sides = [side.argument if isinstance(side, t.Entry) else side for side in (claim.head, claim.claimed)]
        inputs = [side for side in sides if isinstance(side, t.Variable) and side.key in self.problem.declarations]
        if claim.relation != "=":
            names = [
                side for side in sides if isinstance(side, t.Variable) and (side in inputs or self._number(side.key))
            ]
            return bool(names) and all(side in names or is_literal(side) for side in sides)
        if _keys_in(claim.head) == _keys_in(claim.claimed):
            # ``x = relu(x) - relu(-x)`` says the same of one name in two ways.
            return False
        if any(side.key in self._inferred for side in inputs):
            return True
        left = isinstance(strip(claim.head_node), Name | Scripted)
        return left and any(self._is_free(side.key) for side in inputs) and sides[0] in inputs

    def _has_a_value(self, claim: Claim) -> bool:
        """Whether its line says of what stands on the left what it is as well."""
        beside = (one for one in self.problem.claims if isinstance(one, Claim) and one.line_span == claim.line_span)
        return any(one.head == claim.head and not t.is_zero(one.claimed) for one in beside)

    def _leaves_nothing_open(self, claim: Claim) -> bool:
        """Whether what is said of inputs alone can be no condition on them: it is a claim, and all before it was read.

        It is concluded or an inequality displayed by itself; no word of its section up to the end of its paragraph may
        say what its names are, no line is unread there, and nothing before it asks for what meets it.
        """
        text, place = self.problem.source.text, claim.line_span
        begin = max((heading for heading in self._headings if heading <= place.start), default=0)
        stop = end_of_paragraph(place, text)
        how = "concluded" if claim.implied else stands_as(place, text)
        if how != "concluded" and not (how == "bare" and claim.relation != "="):
            return False
        if not says_nothing_more(Span(begin, stop), text):
            return False
        section = self._section(place.start)
        if any(self._section(one.span.start) == section and one.span.start < stop for one in self.problem.unread):
            return False
        keys = _keys_in(claim.head) | _keys_in(claim.claimed)
        return all(
            isinstance(other, Claim) and (other.line_span in self.holding or self._leaves_nothing_open(other))
            for other in self.problem.claims
            if other.line_span.start < place.start and self._section(other.span.start) == section
            and (isinstance(other, Refused) or keys & (_keys_in(other.head) | _keys_in(other.claimed)))
        )  # fmt: skip

    @cached_property
    def _inferred(self) -> set[str]:
        """What only its use tells to be a number, a column or a matrix."""
        return {one.key for one in self.problem.inferred if "\\to" not in one.let}

    def _number_of_guessed(self, claim: Claim) -> bool:
        """Whether a number is held against what rests on names of which nothing says what they are."""
        sides = (claim.head, claim.claimed)
        guessed = {one.key for one in self.problem.inferred}
        return any(map(is_literal, sides)) and any(self._reached(_keys_in(side)) & guessed for side in sides)

    def may_set(self, claim: Claim | Refused) -> Unread | None:
        """What a line says of a number that nothing declares, and that stands there for the first time, on one side."""
        if not isinstance(claim, Claim):
            return None
        declared = self.problem.declarations.keys()
        inputs = [self._reached(_keys_in(side)) & declared for side in (claim.head, claim.claimed)]
        sides = [one & self._inferred for one in inputs]
        told = isinstance(claim.head, t.Derivative) or claim.solution is not None
        alone = inputs[1] - inputs[0] if any(sides) and inputs[0] - inputs[1] else set()
        if (not told and sides[0] - sides[1] and sides[1] - sides[0]) or (alone and alone <= self._first_in(claim)):
            # Two things of which nothing is said are never equal for all their values, and may be made of each other.
            why = "holds two names of which nothing is said against each other"
            return self._tie(sides[0] | sides[1], claim, why)
        fresh = (_keys_in(claim.head) ^ _keys_in(claim.claimed)) & self._inferred & self.problem.declarations.keys()
        fresh = {key for key in fresh if is_scalar(self.problem.declarations[key].shape)} if fresh else fresh
        parts = (part for side in (claim.head, claim.claimed) for part in t.walk(side))
        fresh -= {part.key for part in parts if isinstance(part, t.Derivative)}
        made = (_keys_in(one.term) for one in self.problem.definitions.values())
        fresh = fresh.difference(*made)
        for other in self.problem.claims:
            # A line that has it on one side only may itself be what sets it.
            if isinstance(other, Claim) and other.line_span != claim.line_span and other.span.start < claim.span.start:
                fresh -= _keys_in(other.head) & _keys_in(other.claimed)
        return self._tie(fresh, claim, "may set a name of which nothing else is said") if fresh else None

    def _tie(self, keys: set[str], claim: Claim, why: str) -> Unread:
        """A line that may tie names to each other: what holds for all their values holds under it."""
        names = tuple((folded(key.split("#")[0]),) for key in sorted(keys))
        return Unread(names, claim.line_span, narrows=True, why=why)

    def _first_in(self, claim: Claim) -> set[str]:
        """The inputs of which nothing is made, and that no claim before has on both sides: others may make them."""
        place = claim.line_span.start
        before = (one for one in self.problem.claims if isinstance(one, Claim) and one.span.start < place)
        used = [_keys_in(one.head) & _keys_in(one.claimed) for one in before]
        used += [_keys_in(one.term) for one in self.problem.definitions.values()]
        return self.problem.declarations.keys() - set[str]().union(*used)

    def runs_out(self, claim: Claim | Refused, verdict: Verdict) -> Unread | None:
        """Whether a line is wrong for an index that leaves a name of which nothing tells how far it runs."""
        if not verdict.reason.startswith("index out of range"):
            return None
        rests = self._reached(self._names_of(claim)) & self._inferred & self.problem.declarations.keys()
        why = "has an index that leaves the members of what nothing declares"
        return Unread((), claim.line_span, why=why) if rests else None

    def _loses_path(self, claim: Claim) -> bool:
        """Whether a derivative rests on names that nothing declares, and none of them on its variable."""
        inferred = self._inferred
        made = self._reached(_keys_in(claim.head) | _keys_in(claim.claimed)) & self.problem.definitions.keys()
        sides = [claim.head, claim.claimed, *(self.problem.definitions[key].term for key in sorted(made))]
        parts = (part for side in sides for part in t.walk(side))
        reached = ((part, self._reached(_keys_in(part.target))) for part in parts if isinstance(part, t.Derivative))
        return any(part.key not in rests and rests & inferred for part, rests in reached)

    def symmetric(self, claim: Claim | Refused, holds: Callable[[Claim], bool]) -> Unread | None:
        """What a line says of a square matrix that nothing declares, if it holds of every symmetric one.

        Only where the document speaks of such matrices: else a forgotten transpose is a mistake.
        """
        if not isinstance(claim, Claim) or claim.solution is not None:
            return None
        known = {one.key: self.problem.declarations.get(one.key) for one in self.problem.inferred}
        square = {key for key, one in known.items() if one and one.shape[0] == one.shape[1] != ONE}
        parts = [part for side in (claim.head, claim.claimed) for part in t.walk(side)]
        mine = square & (_keys_in(claim.head) | _keys_in(claim.claimed))
        mine -= {part.key for part in parts if isinstance(part, t.Derivative)}
        if not mine or not SYMMETRIC.search(self.problem.source.text):
            return None

        def balanced(part: t.Term) -> t.Term | None:
            if not isinstance(part, t.Variable) or part.key not in mine or part.indices:
                return None
            turned = t.Unary("transpose", part, shape=part.shape, span=part.span)
            both = t.Add(((1, part), (1, turned)), shape=part.shape, span=part.span)
            half = t.Constant(Fraction(1, 2), span=part.span)
            return t.Multiply("scale", half, both, shape=part.shape, span=part.span)

        if not holds(replace(claim, head=rewrite(claim.head, balanced), claimed=rewrite(claim.claimed, balanced))):
            return None
        why = "holds of symmetric matrices, and whether these are is not said"
        return Unread((), claim.line_span, why=why)

    def _number(self, key: str) -> bool:
        """Whether a name was set to a number."""
        found = self.problem.definitions.get(key)
        if found is None:
            return False
        return is_literal(found.term.body if isinstance(found.term, t.Gather) else found.term)

    def _is_free(self, key: str) -> bool:
        """Whether a name takes any value of its domain."""
        scope, asked = self.problem.scope, self.problem.assumptions
        tied = any(key in _keys_in(c.left) | _keys_in(c.right) for one in asked for c in one.conditions)
        return key in self.problem.declarations and key not in scope.factors and not tied

    def _set_elsewhere(self, name: tuple[str, ...], claim: Claim | Refused) -> bool:
        """Whether a name has its value from another section."""
        known = [self._meanings[key] for key in self._keys([name], claim.span) if key in self._meanings]
        here = self._section(claim.span.start)
        return any(
            isinstance(one, Definition | FunctionDefinition) and self._section(one.span.start) != here for one in known
        )

    def _missing(self, claim: Claim | Refused) -> Iterator[Unread]:
        names = self._names_of(claim)
        reached = self._reached(names)
        here = self._section(claim.span.start)
        yield from self._led_to(claim)
        yield from self._of_several(claim)
        yield from self._spelt_out(claim)
        yield from (one for one, key in self._other_functions if key in reached and one.span.start < claim.span.start)
        if claim.name in self.apart:
            yield self.apart[claim.name]
        if isinstance(claim, Claim) and self._loses_path(claim):
            why = "differentiates by a name on which what it differentiates may depend in a way that is not said"
            yield Unread((), claim.line_span, why=why)
        for unread, keys in self._tainted:
            if unread.span == claim.line_span and unread not in self.anew:
                continue
            if unread.optimum and isinstance(claim, Claim) and (claim.solution or isinstance(claim.head, t.Derivative)):
                continue  # What is solved for, and by what is differentiated, is free.
            if unread.behind and claim.span.start < unread.span.end:
                continue
            there = self._section(unread.span.start)
            met = {key for key in keys & reached if here == there or self._made_in(key, there)}
            if unread.around is not None:
                bears = unread.around.start <= claim.span.start < unread.around.end
            else:
                bears = bool(met)
            if bears:
                whatever = unread.values and isinstance(claim, Claim) and self._whatever(claim, met, unread)
                yield replace(unread, narrows=True) if whatever else unread

    def _whatever(self, claim: Claim, names: set[str], unread: Unread) -> bool:
        """Whether a claim that holds does so whatever value these names have: they are free in it.

        A slope asks besides that they do not rest on that by which it is taken; a moment asks how they are distributed.
        """
        free = (self.problem.declarations.keys() | self.problem.functions.keys()) - self.problem.scope.factors.keys()
        if claim.solution is not None or claim.density is not None or not names <= free:
            return False
        made = self._reached(_keys_in(claim.head) | _keys_in(claim.claimed)) & self.problem.definitions.keys()
        sides = [claim.head, claim.claimed, *(self.problem.definitions[key].term for key in made)]
        for part in (part for side in sides for part in t.walk(side)):
            match part:
                case t.Chain() | t.Expectation() | t.LogIntegral() | t.Density() | t.Optimum() | t.Frozen():
                    return False
                case t.Derivative(key=key) if names - {key} and letters_of(key.split("#")[0]) & self._told_by(unread):
                    return False
        return True

    def _told_by(self, unread: Unread) -> frozenset[str]:
        """The letters on which what an unread line sets may rest, through other such lines and through definitions."""
        found = letters_of(self.problem.source.slice(unread.span))
        lines = [(letters_of(*(way for ways in one.names for way in ways[:1])), self.problem.source.slice(one.span))
                 for one in self.problem.unread]  # fmt: skip
        lines += [(letters_of(key), " ".join(_keys_in(one.term))) for key, one in self.problem.definitions.items()]
        while grown := frozenset[str]().union(*(letters_of(text) for sets, text in lines if sets & found)) - found:
            found |= grown
        return found

    @cached_property
    def _other_functions(self) -> list[tuple[Unread, str]]:
        """Unread lines that give a function another name for its argument: the likelihood of the next model."""
        found = []
        for refused in self.problem.claims:
            if isinstance(refused, Refused):
                names, arguments = set_in(self.problem.source.text, refused.line_span)
                for key in self._keys(names[:1], refused.span):
                    known = self._meanings.get(key)
                    own = {one for one, _ in known.parameters} if isinstance(known, FunctionDefinition) else None
                    if own is not None and self._keys(arguments, refused.span) - own:
                        found.append((Unread(names[:1], refused.line_span), key))
        return found

    def _of_several(self, claim: Claim | Refused) -> Iterator[Unread]:
        """What does not fit where a column has an index: ``u_n`` may be its entry, or one of several columns."""
        if not isinstance(claim, Refused) or claim.code not in ("shape-mismatch", "index-range", "not-a-scalar"):
            return
        # What does not fit stands by itself, whatever is said elsewhere in the line.
        place = claim.span if claim.code == "shape-mismatch" else claim.line_span
        for ways in names_in_text(self.problem.source.slice(place)):
            known = self._meanings.get(ways[-1]) if len(ways) > 1 and "_" in ways[0] else None
            indexed = is_index(ways[0].partition("_")[2])
            if indexed and isinstance(known, Declaration) and known.shape[0] != ONE == known.shape[1]:
                why = f"is `{known.text}`, of which `{ways[0]}` may be an entry or one of several"
                yield Unread((), known.span, why=why)

    def _spelt_out(self, claim: Claim | Refused) -> Iterator[Unread]:
        """A word before a bracket, of whose letters some are declared nowhere: it may be one operator."""
        guessed = {one.key for one in self.problem.inferred}
        for word in words_called(self.problem.source.slice(claim.line_span)):
            if guessed.intersection(word):
                yield Unread((), claim.line_span, why=f"may have `{word}` for the name of one function")

    def _led_to(self, claim: Claim | Refused) -> Iterator[Unread]:
        """A row that ⇒ leads to rests on the one before it, and a solution on its equation; so do words: "and so"."""
        joined = isinstance(claim, Claim) and claim.joined
        if not claim.implied and not joined:
            return
        rows = self.problem.claims
        place = next((place for place, row in enumerate(rows) if row.name == claim.name), 0)
        row = rows[place - 1] if joined and place else claim
        lost = isinstance(row, Refused) and not row.wrong
        if row is not claim and (lost or any(one.around == row.line_span for one in self.problem.unread)):
            # What holds for all inputs holds all the same.
            yield Unread((), row.line_span, narrows=True)
        if not claim.implied:
            return
        for row in reversed(rows[:place]):
            if isinstance(row, Refused) and not row.wrong:
                yield Unread((), row.line_span)
                return
            if not row.implied:
                return

    def _made_in(self, key: str, section: int) -> bool:
        """Whether a name comes from this section: what is said of it there is said of it wherever it stands."""
        known = self._meanings.get(key)
        return known is None or self._section(known.span.start) == section

    def _names_of(self, claim: Claim | Refused) -> set[str]:
        source = self.problem.source
        if isinstance(claim, Refused):
            return self._keys(names_in_text(source.slice(claim.line_span), letters=True), claim.span)
        found = self._keys(self._spelt(claim.head_node, claim.claimed_node), claim.span)
        sides = [claim.head, claim.claimed]
        for condition in claim.conditions:
            sides += [condition.left, condition.right]
        if claim.solution is not None:
            sides += [claim.solution.left, claim.solution.right, *(term for _, term in claim.solution.given)]
            found |= self._keys(names_in_text(self.problem.source.slice(claim.solution.span)), claim.span)
        return found.union(*(_keys_in(side) for side in sides))

    def _spelt(self, *nodes: Node) -> Iterator[tuple[str, ...]]:
        for node in nodes:
            for name in names_in(node):
                yield from names_in_text(key_of(name), letters=True)

    def _reached(self, names: Iterable[str]) -> set[str]:
        found: set[str] = set()
        stack = list(names)
        while stack:
            name = stack.pop()
            if name not in found:
                found.add(name)
                stack.extend(self._rests.get(name, ()))
        return found

    @cached_property
    def _headings(self) -> list[int]:
        return sorted(span.start for span in self.problem.headings)

    def _section(self, offset: int) -> int:
        return bisect_right(self._headings, offset)

    @cached_property
    def _meanings(self) -> dict[str, Meaning]:
        """Every meaning that a name had anywhere, by its key."""
        problem = self.problem
        found: dict[str, Meaning] = {m.key: m for m in problem.scope.names.values()}
        return {**found, **problem.functions, **problem.declarations, **problem.definitions}

    @cached_property
    def _spellings(self) -> dict[str, list[str]]:
        """The keys of what was ever called so."""
        found: dict[str, list[str]] = {}
        for key in self._meanings:
            found.setdefault(folded(key.split("#")[0]), []).append(key)
        return found

    @cached_property
    def _faceless(self) -> dict[str, list[str]]:
        """The keys of what is called so in any type face."""
        found: dict[str, list[str]] = {}
        for spelling, keys in self._spellings.items():
            found.setdefault(faceless(spelling), []).extend(keys)
        return found

    def _keys(self, names: Iterable[tuple[str, ...]], place: Span) -> set[str]:
        """What is meant by names at a place: in its section, else in the last one before it; else the text itself.

        What is called so nowhere may be what is called so in another type face.
        """
        found: set[str] = set()
        for ways in names:
            known = next((self._spellings[way] for way in ways if way in self._spellings), None)
            known = known or next((self._faceless[way] for way in map(faceless, ways) if way in self._faceless), None)
            found |= set(ways) if known is None else self._meant(known, place)
        return found

    def _meant(self, keys: list[str], place: Span) -> set[str]:
        if len(keys) == 1:
            return set(keys)
        here = self._section(place.start)
        by_section = [(self._section(self._meanings[key].span.start), key) for key in keys]
        before = [section for section, _ in by_section if section <= here]
        nearest = max(before, default=min(section for section, _ in by_section))
        return {key for section, key in by_section if section == nearest}

    @cached_property
    def _tainted(self) -> list[tuple[Unread, frozenset[str]]]:
        found = []
        for unread in (*self.problem.unread, *self.anew):
            if unread.stated in self.decided:
                continue
            keys = self._keys(unread.names, unread.span)
            if unread.sets:
                keys = {key for key in keys if not self._has_value(key, unread.span)}
            found.append((unread, frozenset(keys)))
        return found

    def _has_value(self, key: str, place: Span) -> bool:
        """Whether a name has a value before this place in its section, so that a further line only states one."""
        known = self._meanings.get(key)
        if not isinstance(known, Definition | FunctionDefinition):
            return False
        here = self._section(place.start)
        return known.span.start < place.start and self._section(known.span.start) == here

    @cached_property
    def _rests(self) -> dict[str, set[str]]:
        """On what each name rests directly."""
        found: dict[str, set[str]] = {}
        for key, meaning in self._meanings.items():
            match meaning:
                case Definition(term=term):
                    found[key] = _keys_in(term)
                case FunctionDefinition(body=body):
                    found[key] = _keys_in(body)
                case Declaration(shape=shape):
                    found[key] = {symbol for dim in shape for symbol in dim.symbols}
                case FunctionDeclaration(arguments=arguments, result=result):
                    found[key] = {symbol for shape in (*arguments, result) for dim in shape for symbol in dim.symbols}
        for one in self.problem.inferred:
            # What its use alone tells of a name is not known where more may be said of it under its letter.
            found[one.key] = found.get(one.key, set()) | {way for ways in names_in_text(one.key) for way in ways}
        for key, factor in self.problem.scope.factors.items():
            found[key] = found.get(key, set()) | _keys_in(factor.log)
        for assumption in self.problem.assumptions:
            asked = set[str]().union(*(_keys_in(c.left) | _keys_in(c.right) for c in assumption.conditions))
            for key in asked:
                found[key] = found.get(key, set()) | asked
        return found


def _keys_in(term: t.Term) -> set[str]:
    functions = {part.key for part in t.walk(term) if isinstance(part, t.Arbitrary)}
    return set(t.variables(term)) | functions


def _counts(term: t.Term) -> bool:
    """Whether only sizes and numerals are added up."""
    match term:
        case t.Add(terms=parts):
            return all(_counts(part) for _, part in parts)
        case t.Multiply(left=left, right=right):
            return _counts(left) and _counts(right)
    return isinstance(term, t.Size) or is_literal(term)


def on_ground(
    problem: Problem, claims: Sequence[Claim | Refused], verdicts: Sequence[Verdict], holds: Callable[[Claim], bool]
) -> list[Verdict]:
    """What may be said of each claim: where something of all that it rests on is missing it is neither wrong nor right.

    A line that fails where a name may begin anew under its heading is no claim of the old one: then what the name
    stands for in that section is not known. ``holds`` tells of a claim that is not written whether it would hold.
    """
    decided = frozenset(_decided(problem, claims, verdicts, holds))
    holding = frozenset(
        claim.line_span for claim, verdict in zip(claims, verdicts, strict=True) if verdict.outcome is Outcome.HOLDS
    )
    settled = frozenset(
        claim.chain for claim, verdict in zip(claims, verdicts, strict=True)
        if isinstance(claim, Claim) and verdict.outcome is Outcome.HOLDS and claim.relation == "="
        and not claim.conditions and claim.head != claim.claimed
    )  # fmt: skip
    grounds = Grounds(problem, decided=decided, holding=holding, settled=settled)
    wrong = [claim for claim, verdict in zip(claims, verdicts, strict=True) if verdict.outcome is Outcome.WRONG]
    anew = [grounds.open(claim) for claim in wrong]
    # What speaks of sizes alone names no input by which it would be found to rest on itself.
    kinds = {
        claim.name: grounds.symmetric(claim, holds) if one is None else one if not one.names else None
        for claim, one in zip(wrong, anew, strict=True)
    }
    for claim, verdict in zip(claims, verdicts, strict=True):
        if verdict.outcome is Outcome.WRONG:
            tie = grounds.may_set(claim)
            anew.append(tie)
            kinds[claim.name] = grounds.runs_out(claim, verdict) or tie or kinds.get(claim.name)
    apart = {name: one for name, one in kinds.items() if one is not None}
    opened = tuple(unread for unread in anew if unread is not None)
    grounds = Grounds(problem, opened, apart=apart, decided=decided, holding=holding, settled=settled)
    pairs = zip(claims, verdicts, strict=True)
    return [_there(verdict, grounds.of(claim), claim, problem) for claim, verdict in pairs]


def _decided(
    problem: Problem, claims: Sequence[Claim | Refused], verdicts: Sequence[Verdict], holds: Callable[[Claim], bool]
) -> Iterator[Span]:
    """What is stated and is no condition: it leaves nothing out, or, since its converse holds, all but the ties."""
    for stated in {one.stated for one in problem.unread if one.stated is not None}:
        here = [pair for pair in zip(claims, verdicts, strict=True) if pair[0].span.start in stated]
        met = [verdict.outcome is Outcome.HOLDS for _, verdict in here]
        wrong = (claim for claim, verdict in here if verdict.outcome is Outcome.WRONG)
        if met and (all(met) or any(_never(claim, holds) for claim in wrong)):
            yield stated


def _never(claim: Claim | Refused, holds: Callable[[Claim], bool]) -> bool:
    """Whether no input but ties meets a comparison."""
    if not isinstance(claim, Claim) or claim.relation not in CONVERSE:
        return False
    return holds(replace(claim, relation=CONVERSE[claim.relation]))


def _there(verdict: Verdict, ground: Ground, claim: Claim | Refused, problem: Problem) -> Verdict:
    if ground.firm or verdict.outcome in (Outcome.NOT_CHECKED, Outcome.UNDECIDED):
        return verdict
    if ground.narrowed and verdict.outcome is Outcome.HOLDS:
        return verdict
    spans = tuple(one.span for one in ground.because)
    own = next((one for one in ground.because if one.span == claim.line_span), None)
    why = {one.why for one in ground.because}
    lines = list(dict.fromkeys(problem.source.position(span.start).place for span in spans))
    shown = lines[0].words if len(lines) == 1 else f"lines {', '.join(map(str, lines[:-1]))} and {lines[-1]}"
    if len(lines) > 1 or len(why) > 1:
        reason = f"it rests on {shown}, which {'were' if len(lines) > 1 else 'was'} not read in full"
    else:
        reason = f"it rests on {shown}, which {why.pop()}"
    reason = f"it {own.why}" if own is not None else reason
    missing = tuple(span for span in spans if span != claim.line_span)
    return replace(verdict, outcome=Outcome.NOT_CHECKED, reason=reason, carried_from=None, missing=missing)
