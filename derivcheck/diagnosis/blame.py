"""Which definition is at fault where lines that depend on it do not hold: edits of it are tried as those of a line.

A definition is blamed in the place of lines only where one edit of it mends all of them and spoils none that hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

import torch
from torch import Tensor

from derivcheck.config import Settings
from derivcheck.diagnosis.candidate import Candidate
from derivcheck.diagnosis.looking import by_size, close, place
from derivcheck.diagnosis.redefining import (
    Site,
    dependents,
    in_print,
    reach_of,
    rebuilt,
    replayed,
    sites_of,
    stock_for,
)
from derivcheck.diagnosis.rules import candidates
from derivcheck.diagnosis.wording import plainest, reworded
from derivcheck.evaluation.arithmetic import BUDGET, Effort, NotExact, OutOfRange
from derivcheck.evaluation.differentiation import Autograd
from derivcheck.evaluation.evaluator import Integrator, World, evaluate
from derivcheck.evaluation.gaussian import GaussianAlgebra, Quickest
from derivcheck.evaluation.optimisation import Optimiser
from derivcheck.evaluation.sizes import SizesError, complete
from derivcheck.language import nodes as n
from derivcheck.language.nodes import walk
from derivcheck.oracles import piecewise
from derivcheck.oracles.bench import Bench, CannotDraw
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim, Problem
from derivcheck.problem.prose import is_concluded
from derivcheck.problem.terms import Term
from derivcheck.reading.items import Item
from derivcheck.source import Span
from derivcheck.verdict import Outcome, Verdict

EFFORT: Final = 4e9
"""What the search of one definition may cost, whatever depends on it, in the prices of the budget."""
ALTOGETHER: Final = 8e9
"""What the search of all definitions of one document may cost."""
TO_BEGIN: Final = 1e9
"""What it may cost to find out on which definitions the wrong lines depend."""
PROBES: Final = 60
"""So many edits are tried to find out what depends on a definition."""
ATTEMPTS: Final = 3
"""So often the document is read anew for one that leaves it what it is."""
ONE_SLIP: Final = 2
"""Tokens that one slip in a line of the model changes at most, or in a definition that one line needs."""
DEAREST: Final = 0.2e9
"""So much, or five times what it cost before, a first look at one claim may cost."""
NONE: Final[frozenset[str]] = frozenset()
UNKNOWN = (NotExact, OutOfRange, CannotDraw, SizesError, KeyError, RuntimeError)

Holds = Callable[[Problem, Settings, frozenset[str], Mapping[str, Verdict], bool], bool]
"""Whether these claims hold, by the full check, in another reading of the document; the others have these verdicts."""


@dataclass(frozen=True, slots=True)
class Blame:
    """A definition, the edit of it that was checked to mend the lines, how many others would do, and those lines."""

    site: Site
    edit: Candidate
    others: int
    claims: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suspect:
    """A definition with the claims that say something else when it is edited, and the edits in the order of trial.

    In the ``unfolded`` ones it stands not by its name: they have to be read anew for every edit.
    """

    site: Site
    edits: tuple[Candidate, ...]
    claims: frozenset[str]
    unfolded: frozenset[str]


@dataclass
class Inquiry:
    """The search of one document: nothing is read or drawn before a claim is wrong."""

    bench: Bench
    claims: Mapping[str, Claim]
    verdicts: Mapping[str, Verdict]
    holds: Holds
    spent: float = 0.0
    _items: tuple[Item, ...] = ()
    _suspects: tuple[Suspect, ...] | None = None
    _tried: set[tuple[Site, frozenset[str]]] = field(default_factory=set)

    @property
    def wrong(self) -> frozenset[str]:
        """The claims that are wrong, not expected to be, and not explained yet."""
        return frozenset(
            name
            for name, claim in self.claims.items()
            if self.verdicts[name].outcome is Outcome.WRONG
            and self.verdicts[name].defined_on is None
            and not claim.expected_wrong
        )

    def suspects(self) -> tuple[Suspect, ...]:
        """The definitions on which a wrong claim depends."""
        if self._suspects is None:
            problem = self.bench.problem
            self._items = problem.items
            wrong = self.wrong
            places = [self.claims[name].span.start for name in wrong]
            # Of a long document only the nearest are looked at.
            near = sorted(
                sites_of(problem, self._items),
                key=lambda site: min((abs(site.span.start - place) for place in places), default=0),
            )
            effort = Effort(TO_BEGIN)
            made = [_suspect(problem, self._items, site) for site in near if not effort.spent]
            found = [each for each in made if each is not None and each.claims & wrong]
            self._suspects = tuple(sorted(found, key=lambda each: each.site.span.start))
        return self._suspects

    def of_several(self) -> Blame | None:
        """A definition of which one edit mends two lines or more that are wrong each for itself.

        Where words conclude it from a line before it, that one line will do: what it says is given.
        """
        roots = {name for name in self.wrong if self.verdicts[name].carried_from is None}
        known = self.suspects() if roots else ()
        # What was undecided and then holds tells as much.
        open_ = frozenset(name for name, verdict in self.verdicts.items() if verdict.outcome is Outcome.UNDECIDED)
        shared = [each for each in known if len(each.claims & (roots | open_)) > 1 or self._is_concluded(each, roots)]
        shared.sort(key=lambda each: (-len(each.claims & roots), -each.site.span.start))
        searched = (
            self._search(each, self.wrong, self._most(each))
            if len(each.claims & roots) > 1
            else self._search(each, self.wrong, EFFORT / 4, also=open_)
            for each in shared
        )
        return next((found for found in searched if found is not None), None)

    def of_one(self, name: str) -> Blame | None:
        """A definition on which no line but this one rests, and that one slip mends."""
        alone = [each for each in self.suspects() if each.claims == {name} and not each.site.model]
        for each in sorted(alone, key=lambda each: (not self._direct(each, name), -each.site.span.start)):
            slight = replace(each, edits=tuple(edit for edit in each.edits if edit.size <= ONE_SLIP))
            if (found := self._search(slight, frozenset((name,)), EFFORT / 4)) is not None:
                return found
        return None

    def _most(self, suspect: Suspect) -> float:
        """What a search may cost: what right lines rest on is seldom wrong."""
        return EFFORT / 4 if suspect.site.model and any(map(self._right, suspect.claims)) else EFFORT

    def _is_concluded(self, suspect: Suspect, roots: set[str]) -> bool:
        item, lines = suspect.site.item, (self.claims[name].span.start for name in suspect.claims & roots)
        return is_concluded(item) and any(line < item.span.start for line in lines)

    def of_the_rest(self, unmended: frozenset[str]) -> Blame | None:
        """A definition of which an edit mends what no edit of its own line does; what has one is set aside."""
        wrong = {name for name in self.wrong if (self.verdicts[name].carried_from or name) in unmended}
        for name in sorted(unmended, key=lambda name: self.claims[name].span.start):
            near = [each for each in self.suspects() if name in each.claims]
            near.sort(key=lambda each: (not self._direct(each, name), -each.site.span.start))
            for each in near:
                # A line of the model is what everything is held against, an objective what is asked: one line alone
                # does not refute them.
                objective = self.claims[name].kind == "optimum" and not each.site.keys
                if (each.site.model or objective) and len(each.claims & unmended) < 2:
                    continue
                if self._is_asked_about(each, name) and len(each.claims & wrong) < 2:
                    continue
                # What right lines rest on is seldom wrong.
                most = EFFORT / 4 if any(map(self._right, each.claims)) else EFFORT
                if (found := self._search(each, frozenset(wrong), most)) is not None:
                    return self._widened(each, found)
        return None

    def _is_asked_about(self, suspect: Suspect, name: str) -> bool:
        """Whether the left side of a line speaks of a definition: what is differentiated is given, and not derived."""
        direct = t.variables(self.claims[name].head)
        return bool(suspect.site.keys & direct.union(*(self.bench.dependencies.get(key, ()) for key in direct)))

    def _widened(self, suspect: Suspect, found: Blame) -> Blame:
        """With those that an edit of their own line would mend too: one of a definition that others need wins."""
        made = rebuilt(self.bench.problem, self._items, suspect.site, found.edit.tree)
        others = suspect.claims & self.wrong - set(found.claims)
        if made is None or not others:
            return found
        settings = self.bench.settings
        also = {name for name in others if self.holds(made, settings, frozenset((name,)), self.verdicts, False)}
        named = sorted({*found.claims, *also}, key=lambda name: self.claims[name].span.start)
        return replace(found, claims=tuple(named))

    def _direct(self, suspect: Suspect, name: str) -> bool:
        return bool(suspect.site.keys & reach_of(self.claims[name], {}))

    def _search(
        self, suspect: Suspect, wrong: frozenset[str], most: float = EFFORT, also: frozenset[str] = NONE
    ) -> Blame | None:
        """The smallest edit of the likeliest kind after which everything that depends on a definition holds.

        Of the undecided lines ``also`` these have to hold.
        """
        targets = suspect.claims & wrong
        if (suspect.site, targets) in self._tried or self.spent >= ALTOGETHER:
            return None
        self._tried.add((suspect.site, targets))
        begun = BUDGET.ever
        try:
            return self._mended(suspect, targets, also, Effort(min(most, ALTOGETHER - self.spent)))
        finally:
            self.spent += BUDGET.ever - begun

    def _mended(self, suspect: Suspect, targets: frozenset[str], also: frozenset[str], effort: Effort) -> Blame | None:
        looks = self._looks(suspect, targets)
        if looks is None:
            return None
        right = {name for name in suspect.claims if self._right(name)} | (suspect.claims & also)
        passing: list[tuple[Candidate, Problem]] = []
        for edit in suspect.edits:
            if passing and edit.rank > passing[0][0].rank:
                if (found := self._confirmed(suspect, passing, targets, right, effort)) is not None:
                    return found
                passing = []
            if effort.spent:
                break
            changed = self._changed(suspect, edit.tree, looks)
            if changed is not None and all(look.agrees(self.bench, changed) for look in looks):
                passing.append((edit, changed))
        return self._confirmed(suspect, passing, targets, right, effort)

    def _right(self, name: str) -> bool:
        """Whether a claim held all along; a line marked as a mistake may become one that is none."""
        return name in self.claims and self.verdicts[name].outcome is Outcome.HOLDS

    def _looks(self, suspect: Suspect, targets: frozenset[str]) -> tuple[Look, ...] | None:
        """The wrong claims at one draw each, the cheapest first; None where there is nothing to look at."""
        found = []
        BUDGET.renew()
        for name in targets:
            claim = self.claims[name]
            # What has no name of its own stands in definitions as well.
            by_name = bool(suspect.site.keys) and name not in suspect.unfolded
            look = look_at(self.bench, claim, suspect.site.keys, by_name) if claim.relation == "=" else None
            if look is not None:
                found.append(look)
        return tuple(sorted(found, key=lambda look: look.price)) or None

    def _changed(self, suspect: Suspect, value: n.Node, looks: tuple[Look, ...]) -> Problem | None:
        """The problem with another value for a definition: only what is looked at has to be right in it."""
        BUDGET.renew()
        problem, site = self.bench.problem, suspect.site
        if all(look.by_name for look in looks):
            return replayed(problem, site, value)
        return rebuilt(problem, self._items, site, value)

    def _confirmed(
        self, suspect: Suspect, passing: list[tuple[Candidate, Problem]], targets: frozenset[str], right: set[str],
        effort: Effort,
    ) -> Blame | None:  # fmt: skip
        """The smallest edit that passes the full check of all that depends on it, on fresh draws and the same ones."""
        best: Candidate | None = None
        same: dict[n.Node, Candidate] = {}
        for edit, _ in sorted(passing, key=lambda each: by_size(each[0])):
            same.setdefault(plainest(edit.tree), edit)
        others = 0
        for edit in same.values():
            if best is not None and (effort.spent or others > 2):
                break
            if self._passes(suspect, edit, targets, right):
                others += best is not None
                best = best or edit
        if best is None:
            return None
        named = sorted(targets, key=lambda name: self.claims[name].span.start)
        said = reworded(best, suspect.site.value, self.bench.problem.source.text)
        return Blame(suspect.site, said, others, tuple(named))

    def _passes(self, suspect: Suspect, edit: Candidate, targets: frozenset[str], right: set[str]) -> bool:
        problem, settings = self.bench.problem, self.bench.settings
        made = rebuilt(problem, self._items, suspect.site, edit.tree)
        if made is None:
            return False
        mended = {claim.name: claim for claim in made.claims if isinstance(claim, Claim)}
        for name in targets:
            # What can be proved has to be: what no draw shows may be just what was wrong with it.
            if piecewise.applies(problem, self.claims[name]) and not piecewise.applies(made, mended[name]):
                return False
        fresh = replace(settings, seed=settings.seed + 104_729)
        draws = (fresh, False), (settings, True)
        return all(self.holds(made, each, targets | right, self.verdicts, seen) for each, seen in draws)


def _suspect(problem: Problem, items: tuple[Item, ...], site: Site) -> Suspect | None:
    """A definition with what depends on it, as the first edits show that leave the document what it is."""
    stock = stock_for(problem, items, site)
    seen: set[n.Node] = {site.value}
    edits: list[Candidate] = []
    given, known = _arguments(site), _names(site.value)
    for edit in in_print(candidates(site.value, stock), site.value, problem.source):
        # A density is a density: what is edited of it are its parameters.
        whole_density = site.density and edit.span == site.value.span
        # Of a model everything has to be read anew for every edit: what is likely there is one slip.
        slight = bool(site.keys) or not site.model or edit.size <= ONE_SLIP
        if edit.tree not in seen and slight and not whole_density and _keeps(edit.tree, given, known):
            seen.add(edit.tree)
            edits.append(edit)
    # Twice the whole is nearly always meaningful; where it is not, others are tried.
    doubled = sorted(edits, key=lambda edit: not edit.title.startswith("multiply by `2`"))
    # One place after the other: without a name in its one place the document may say something else.
    places: Counter[Span] = Counter()
    turns: list[int] = []
    for edit in doubled:
        places[edit.span] += 1
        turns.append(places[edit.span])
    probes = [edit for _, edit in sorted(zip(turns, doubled, strict=True), key=lambda pair: pair[0])]
    found: frozenset[str] = frozenset()
    unfolded: frozenset[str] = frozenset()
    # Any other value of a name is seen in whatever depends on it; one of a parameter is not seen in everything.
    if site.keys:
        likely = (edit for edit in probes[:PROBES] if replayed(problem, site, edit.tree) is not None)
        enough, most = 1, 1
    else:
        likely = (edit for edit in probes if edit.rank)
        enough, most = 4, 4
    for edit in islice(likely, ATTEMPTS + most):
        other = rebuilt(problem, items, site, edit.tree)
        if other is not None:
            changed, anew = dependents(problem, other)
            found, unfolded = found | changed, unfolded | anew
            enough, most = enough - bool(changed), most - 1
            if not enough or not most:
                break
    return Suspect(site, tuple(edits), found, unfolded) if found else None


def _arguments(site: Site) -> set[n.Name]:
    """Of what a definition depends that it is said to be a function of: f(x) is no constant."""
    called = (part.body for part in walk(site.item.members[0]) if isinstance(part, n.Group))
    return {name for body in called for name in _names(body)} & _names(site.value)


def _keeps(tree: n.Node, given: set[n.Name], known: set[n.Name]) -> bool:
    """Whether what is defined still depends on its arguments, and is no mere constant that it was not."""
    names = _names(tree)
    return given <= names and bool(names or not known)


def _names(node: n.Node) -> set[n.Name]:
    return {part for part in walk(node) if isinstance(part, n.Name)}


@dataclass(frozen=True)
class Look:
    """A claim at one draw. A side that does not depend on the definition keeps its value."""

    claim: Claim
    world: World
    integrator: Callable[[], Integrator]
    head: Tensor | None
    claimed: Tensor | None
    by_name: bool
    price: float

    def agrees(self, bench: Bench, changed: Problem) -> bool:
        """Whether both sides agree where a definition has another value."""
        claim = next((each for each in changed.claims if each.name == self.claim.name), None)
        if not isinstance(claim, Claim):
            return False
        other = Bench(changed, bench.settings)
        try:
            with torch.no_grad():
                # What costs far more than before is no longer what it was: an integral without a closed form.
                BUDGET.renew(max(DEAREST, 5 * self.price))
                frame = place(other, claim, _moved(self, bench, other))
                if frame is None:
                    return False

                def value(side: Term, kept: Tensor | None) -> Tensor:
                    made: Tensor = kept if kept is not None else evaluate(side, frame).detach()
                    return made

                return close(value(claim.claimed, self.claimed), value(claim.head, self.head))
        except (*UNKNOWN, RecursionError):
            return False


def look_at(bench: Bench, claim: Claim, keys: frozenset[str], by_name: bool) -> Look | None:
    """A claim at the last draw, by closed forms where it has them."""
    for integrator in (GaussianAlgebra, Quickest):
        try:
            return _look(bench, claim, keys, by_name, integrator)
        except (*UNKNOWN, RecursionError):
            continue
    return None


def _look(
    bench: Bench, claim: Claim, keys: frozenset[str], by_name: bool, integrator: Callable[[], Integrator]
) -> Look | None:
    """A claim at one draw, with the values of what no edit of these names changes, and what it costs to look."""
    known = bench.dependencies
    begun = BUDGET.ever
    values: dict[str, Tensor] = {}
    prices: dict[str, float] = {}
    with torch.no_grad():
        world = bench.by_route(bench.worlds(claim.conditions)[-1], integrator())
        frame = place(bench, claim, world)
        if frame is None:
            return None
        for side, term in (("head", claim.head), ("claimed", claim.claimed)):
            before = BUDGET.ever
            values[side] = evaluate(term, frame).detach()
            prices[side] = BUDGET.ever - before
    if claim.solution is not None or not by_name:
        return Look(claim, world, integrator, None, None, by_name, BUDGET.ever - begun)

    def untouched(term: Term) -> bool:
        return not keys & reach_of(replace(claim, head=term, claimed=term), known)

    head = values["head"] if untouched(claim.head) else None
    claimed = values["claimed"] if untouched(claim.claimed) else None
    price = sum(prices[side] for side, kept in (("head", head), ("claimed", claimed)) if kept is None)
    return Look(claim, world, integrator, head, claimed, by_name, price)


def _moved(look: Look, bench: Bench, other: Bench) -> World:
    """The same draw where a definition has another value."""
    sizes = {name: size for name, size in look.world.sizes.items() if name in bench.symbols}
    return replace(
        look.world, sizes=complete(sizes, other.problem), definitions=other.problem.definitions,
        dependencies=other.dependencies, differentiator=Autograd(), integrator=look.integrator(),
        optimiser=Optimiser(other.problem, seed=1),
    )  # fmt: skip
