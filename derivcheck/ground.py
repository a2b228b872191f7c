"""Firm ground: whether everything on which a claim rests was read (DESIGN 3.5).

Worked out once for every name, by closure over what it rests on: definitions, models, assumptions, the sizes of its
shape. No oracle and no elaborator decides about it; the engine applies it to their verdicts.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from derivcheck.language.nodes import Name, Node, Product, Scripted
from derivcheck.problem import terms as t
from derivcheck.problem.context import key_of, names_in, strip
from derivcheck.problem.problem import Claim, Problem, Refused
from derivcheck.problem.scope import Declaration, Definition, FunctionDeclaration, FunctionDefinition, Meaning
from derivcheck.problem.unread import Unread, folded, names_in_text
from derivcheck.source import Span
from derivcheck.verdict import Outcome, Verdict


@dataclass(frozen=True, slots=True)
class Ground:
    """Whether a claim stands on firm ground; if not, the lines that are missing, the first in the document first.

    Where nothing is missing but conditions on the inputs it is ``narrowed``: what holds for all of them holds.
    """

    firm: bool = True
    because: tuple[Span, ...] = ()
    narrowed: bool = False


@dataclass(frozen=True)
class Grounds:
    """The ground of every claim of a document."""

    problem: Problem
    anew: tuple[Unread, ...] = ()

    def of(self, claim: Claim | Refused) -> Ground:
        """What is missing of all on which a claim rests."""
        if not self.problem.unread and not self.anew:
            return Ground()
        found = set(self._missing(claim))
        return Ground(not found, tuple(sorted({one.span for one in found})), all(one.narrows for one in found))

    def set_elsewhere(self, claim: Claim | Refused) -> Unread | None:
        """A line that gives a name a value which it has from another section: whether it begins anew is not said."""
        if not isinstance(claim, Claim) or claim.implied or claim.joined:
            return None
        name, names = strip(claim.head_node), self.problem.scope.names
        if isinstance(name, Product) and len(name.factors) == 2:
            name, argument = name.factors
            if any(isinstance(names.get(key_of(part)), Definition) for part in names_in(argument)):
                return None
        known = names.get(key_of(name)) if isinstance(name, Name | Scripted) else None
        if not isinstance(known, Definition | FunctionDefinition):
            return None
        if self._section(known.span.start) == self._section(claim.span.start):
            return None
        return Unread(((folded(key_of(name)),),), claim.line_span)

    def _missing(self, claim: Claim | Refused) -> Iterator[Unread]:
        names = self._names_of(claim)
        reached = self._reached(names)
        here = self._section(claim.span.start)
        for unread, keys in self._tainted:
            if unread.span == claim.line_span and not (isinstance(claim, Claim) and unread in self.anew):
                continue
            there = self._section(unread.span.start)
            if unread.around is not None:
                if unread.around.start <= claim.span.start < unread.around.end:
                    yield unread
                continue
            for key in keys & reached:
                if here == there or self._made_in(key, there):
                    yield unread
                    break

    def _made_in(self, key: str, section: int) -> bool:
        """Whether a name comes from this section: what is said of it there is said of it wherever it stands."""
        known = self._meanings.get(key)
        return known is None or self._section(known.span.start) == section

    def _names_of(self, claim: Claim | Refused) -> set[str]:
        source = self.problem.source
        if isinstance(claim, Refused):
            return self._keys(names_in_text(source.slice(claim.line_span)), claim.span)
        found = self._keys(self._spelt(claim.head_node, claim.claimed_node), claim.span)
        sides = [claim.head, claim.claimed]
        for condition in claim.conditions:
            sides += [condition.left, condition.right]
        if claim.solution is not None:
            sides += [claim.solution.left, claim.solution.right, *(term for _, term in claim.solution.given)]
        return found.union(*(_keys_in(side) for side in sides))

    def _spelt(self, *nodes: Node) -> Iterator[tuple[str, ...]]:
        for node in nodes:
            for name in names_in(node):
                yield from names_in_text(key_of(name))

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

    def _keys(self, names: Iterable[tuple[str, ...]], place: Span) -> set[str]:
        """What is meant by names at a place: in its section, else in the last one before it; else the text itself."""
        found: set[str] = set()
        for ways in names:
            known = next((way for way in ways if way in self._spellings), None)
            found |= set(ways) if known is None else self._meant(self._spellings[known], place)
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


def on_ground(problem: Problem, claims: Sequence[Claim | Refused], verdicts: Sequence[Verdict]) -> list[Verdict]:
    """What may be said of each claim: where something of all that it rests on is missing it is neither wrong nor right.

    A line that fails where a name may begin anew under its heading is no claim of the old one: then what the name
    stands for in that section is not known.
    """
    grounds = Grounds(problem)
    wrong = (claim for claim, verdict in zip(claims, verdicts, strict=True) if verdict.outcome is Outcome.WRONG)
    anew = [grounds.set_elsewhere(claim) for claim in wrong]
    grounds = Grounds(problem, tuple(unread for unread in anew if unread is not None))
    pairs = zip(claims, verdicts, strict=True)
    return [_there(verdict, grounds.of(claim), claim, problem) for claim, verdict in pairs]


def _there(verdict: Verdict, ground: Ground, claim: Claim | Refused, problem: Problem) -> Verdict:
    if ground.firm or verdict.outcome in (Outcome.NOT_CHECKED, Outcome.UNDECIDED):
        return verdict
    if claim.line_span in ground.because:
        reason = f"`{claim.title}` has a value under another heading: whether it begins anew here is not said"
        return replace(verdict, outcome=Outcome.NOT_CHECKED, reason=reason, carried_from=None)
    if ground.narrowed and verdict.outcome is Outcome.HOLDS:
        return verdict
    lines = list(dict.fromkeys(problem.source.position(span.start).line for span in ground.because))
    shown = f"line {lines[0]}" if len(lines) == 1 else f"lines {', '.join(map(str, lines[:-1]))} and {lines[-1]}"
    verb = "was" if len(lines) == 1 else "were"
    reason = f"it rests on {shown}, which {verb} not read"
    return replace(verdict, outcome=Outcome.NOT_CHECKED, reason=reason, carried_from=None, missing=ground.because)
