"""Trying every edit of a derivation: is it seen, is it the same, or neither.

An edit of a claimed side makes that one claim anew, in the draws that are there. Any other edit makes the whole problem
anew, as ``check`` would read the edited document, and asks the claims that have changed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from derivcheck.config import Settings
from derivcheck.engine import claims as wanted_claims
from derivcheck.engine import follows_from_an_equation, problem_of, verdict_alone
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.draws import dependencies
from derivcheck.parts import Part, of_each
from derivcheck.power.equivalence import RULES, constraint, equal, equivalence, same_claim
from derivcheck.power.mutants import Mutant, Site, mutants, mutated, sites, stock_at
from derivcheck.power.normal import same
from derivcheck.power.score import UNUSED, Fate, Power, Tried
from derivcheck.problem import terms as t
from derivcheck.problem.build import build
from derivcheck.problem.problem import Claim, Problem, Refused
from derivcheck.problem.scope import Definition, FunctionDefinition, Refusal
from derivcheck.problem.substitution import at_indices, rewrite, settled
from derivcheck.reading.documents import kind_of, scan
from derivcheck.reading.items import Item
from derivcheck.reading.statements import read
from derivcheck.source import Source, Span
from derivcheck.verdict import Outcome, Verdict


@dataclass
class Checks:
    """A problem's claims with their draws: one draw for a first look, all of them for what that does not refute."""

    problem: Problem
    settings: Settings

    def __post_init__(self) -> None:
        self.first = Bench(self.problem, replace(self.settings, draws=1))
        self.full = Bench(self.problem, self.settings)

    def first_verdict(self, claim: Claim) -> Verdict:
        """What one draw says: what it refutes, all of them refute."""
        # But at a kink, where the other draws may accept what one does not.
        on_kink = any(condition.sign == "=" for condition in claim.conditions)
        return verdict_alone(self.full if on_kink else self.first, claim)

    def verdict(self, claim: Claim) -> Verdict:
        """The verdict on a claim, from one draw if that refutes it."""
        verdict = self.first_verdict(claim)
        return verdict if verdict.outcome is Outcome.WRONG else verdict_alone(self.full, claim)

    def forget(self, claim: Claim) -> None:
        """Keep no values of a claim that nobody asks for again."""
        for bench in (self.first, self.full):
            bench.forget(claim.claimed, *(each.claimed for each in claim.alternatives))


@dataclass(frozen=True)
class Document:
    """A derivation as it is: what was read, what it means, and which claims hold, by where they stand."""

    items: tuple[Item, ...]
    problem: Problem
    checks: Checks
    holding: dict[Span, Claim]

    def new_refusals(self, problem: Problem) -> list[Refused]:
        """The lines that had a meaning before the edit and have none now."""
        known = {(one.span, one.message) for one in self.problem.claims if isinstance(one, Refused)}
        return [
            one
            for one in problem.claims
            if isinstance(one, Refused) and (one.span, one.message) not in known and not one.expected_wrong
        ]

    def changed(self, problem: Problem, now: dict[Span, Claim]) -> list[Span]:
        """The claims that hold and are not what they were, or depend on a name that is not."""
        names = set(self.changed_definitions(problem))
        affected = dependencies(problem)
        return [
            span
            for span, old in self.holding.items()
            if (new := now.get(span)) is not None
            and (
                not same_claim(*_alike(old, self.problem, new, problem))
                or any(key in names or affected.get(key, frozenset()) & names for key in _names(new))
            )
        ]

    def changed_definitions(self, problem: Problem) -> list[str]:
        """The names that do not mean what they meant."""
        before, after = self.problem.definitions, problem.definitions
        return [
            key
            for key in {**before, **after}
            if key not in before
            or key not in after
            or not _same_value(_value(before[key], self.problem), _value(after[key], problem))
        ]

    def same_constraint(self, problem: Problem, bench: Bench, old: Claim, new: Claim) -> str | None:
        """The proof that what is solved or optimised stays the same although a name in it means something else.

        Of an identity nothing is proved so: that it holds for two meanings of a name says that it tests neither.
        """
        if new.solution is None and not isinstance(new.head, t.Optimum):
            return None
        names = set(self.changed_definitions(problem))
        if not names:
            return constraint(bench, old, new)
        known, found = self.problem.definitions, problem.definitions
        before = {key: _value(known[key], self.problem).term for key in names & {*known}}
        after = {key: _value(found[key], problem).term for key in names & {*found}}
        was, made = _written_out(old, before), _written_out(new, after)
        return constraint(bench, was, made) if was is not None and made is not None else None

    def same_definitions(self, problem: Problem, bench: Bench) -> list[str | None]:
        """The proof that each name means what it meant, for every name that is written in another way."""
        like = replace(next(iter(self.holding.values())), free=(), conditions=())
        proofs: list[str | None] = []
        for key in self.changed_definitions(problem):
            old, new = self.problem.definitions.get(key), problem.definitions.get(key)
            if old is None or new is None or old.family or new.family:
                return [None]
            proofs.append(equal(bench, like, _value(old, self.problem).term, _value(new, problem).term))
        for name, meaning in self.problem.scope.names.items():
            other = problem.scope.names.get(name)
            if isinstance(meaning, FunctionDefinition) and meaning != other:
                alike = isinstance(other, FunctionDefinition) and meaning.parameters == other.parameters
                proofs.append(equal(bench, like, meaning.body, other.body) if alike else None)  # type: ignore[union-attr]
        return proofs


def _written_out(claim: Claim, meanings: dict[str, t.Term]) -> Claim | None:
    """The claim with names replaced by what they mean; None where more than that hangs on such a name."""
    sides = [claim.head, claim.claimed]
    if claim.solution is not None:
        sides += [claim.solution.left, claim.solution.right]
    try:
        head, claimed, *rows = [_filled(side, meanings) for side in sides]
    except _HangsOnTheName:
        return None
    solution = replace(claim.solution, left=rows[0], right=rows[1]) if claim.solution is not None else None
    return replace(claim, head=head, claimed=claimed, solution=solution)


class _HangsOnTheName(Exception):
    """A derivative by the name, or a member of its family, is not what it means."""


def _filled(term: t.Term, meanings: dict[str, t.Term]) -> t.Term:
    def rule(part: t.Term) -> t.Term | None:
        match part:
            case t.Derivative(key=key, second=second, held=held) if {key, second, *held} & meanings.keys():
                raise _HangsOnTheName
            case t.Variable(key=key, indices=indices) if key in meanings:
                if indices:
                    raise _HangsOnTheName
                return meanings[key]
        return None

    return rewrite(term, rule)


def _value(definition: Definition, problem: Problem) -> Definition:
    return replace(definition, term=settled(definition.term, problem.solution))


def _same_value(old: Definition, new: Definition) -> bool:
    """Whether a name is defined to be the same by rules alone, whatever its indices are called."""
    if [axis for _, axis in old.family] != [axis for _, axis in new.family]:
        return False
    names = {one: t.Index(other) for (one, _), (other, _) in zip(old.family, new.family, strict=True)}
    return same(at_indices(old.term, names), new.term)


def _settled(claim: Claim, problem: Problem) -> Claim:
    """The claim with every size that was found filled in, to be held against another problem's."""
    solution = claim.solution
    if solution is not None:
        left, right = (settled(side, problem.solution) for side in (solution.left, solution.right))
        solution = replace(solution, left=left, right=right)
    head, claimed = (settled(side, problem.solution) for side in (claim.head, claim.claimed))
    return replace(claim, head=head, claimed=claimed, solution=solution)


def _alike(old: Claim, before: Problem, new: Claim, after: Problem) -> tuple[Claim, Claim]:
    """Two readings of a claim with sizes filled in, and the free indices of the old one called as in the new one."""
    old, new = _settled(old, before), _settled(new, after)
    if old.free == new.free or len(old.free) != len(new.free):
        return old, new
    names = {one: t.Index(other) for one, other in zip(old.free, new.free, strict=True)}

    def called(term: t.Term) -> t.Term:
        return at_indices(term, names)

    solution = old.solution
    if solution is not None:
        solution = replace(solution, left=called(solution.left), right=called(solution.right))
    conditions = tuple(replace(each, left=called(each.left), right=called(each.right)) for each in old.conditions)
    made = replace(old, head=called(old.head), claimed=called(old.claimed), solution=solution)
    return replace(made, free=new.free, conditions=conditions), new


def _names(claim: Claim) -> frozenset[str]:
    names = t.variables(claim.head) | t.variables(claim.claimed)
    if claim.solution is not None:
        names |= t.variables(claim.solution.left) | t.variables(claim.solution.right)
    return names


def power(source: Source, settings: Settings, tell: Callable[[str], None] = lambda message: None) -> Power:
    """Make every edit and see what becomes of it. Raises ``UnknownClaim`` if ``settings.claim`` names none."""
    found = of_each(source, settings, lambda part, mine: _of_part(part, mine, tell))
    tried: dict[tuple[Span, str, str], Tried] = {}
    for one in (one for part in found for one in part.tried):
        # what the functions of a file share is edited in each of them
        place = (one.mutant.span, one.mutant.operator, one.mutant.title)
        tried[place] = max(tried.get(place, one), one, key=lambda each: each.weight)
    return replace(
        found[0],
        source=source,
        tried=tuple(tried.values()) if len(found) > 1 else found[0].tried,
        claims=sum(part.claims for part in found),
        unheld=tuple(one for part in found for one in part.unheld),
        seconds=sum(part.seconds for part in found),
    )


def _of_part(part: Part, settings: Settings, tell: Callable[[str], None]) -> Power:
    started = time.perf_counter()
    source = part.source
    problem = problem_of(source)
    items = read(source, scan(source, kind_of(source.path, source.text)))
    checks = Checks(problem, settings)
    wanted = [claim for claim in wanted_claims(source, settings) if not claim.expected_wrong]
    outcomes = [(claim, _outcome(checks, claim)) for claim in wanted]
    holding = {
        claim.span: claim for claim, outcome in outcomes if isinstance(claim, Claim) and outcome is Outcome.HOLDS
    }
    document = Document(items, problem, checks, holding)
    tried: list[Tried] = []
    for site in _sites(document, settings):
        if not (site.defines or part.own([site.node])):
            continue
        line = source.position(site.node.span.start).place.words
        tell(f"editing {line} of {source.path}: {len(tried)} edits so far")
        tried += _tried(document, site, part.called if site.claims else str)
    mine = {claim.span for claim in part.own(wanted)}
    left = [(one, said) for one, said in outcomes if said is not Outcome.HOLDS and one.span in mine]
    unheld = tuple((part.called(one.name), said) for one, said in left)
    seconds = time.perf_counter() - started
    return Power(source, tuple(tried), len(part.own(wanted)), unheld, settings.seed, seconds)


def _outcome(checks: Checks, claim: Claim | Refused) -> Outcome:
    if isinstance(claim, Refused):
        return Outcome.WRONG if claim.wrong else Outcome.NOT_CHECKED
    return verdict_alone(checks.full, claim).outcome


def _sites(document: Document, settings: Settings) -> list[Site]:
    """Where the document is edited: at claims that hold, at the equations that they solve, and at definitions."""
    if not document.holding:
        return []
    solved = {claim.solution for claim in document.holding.values() if claim.solution is not None}
    premises = [
        claim
        for claim in document.problem.claims
        if isinstance(claim, Claim) and claim.stationary and claim.solution in solved
    ]
    found = sites(document.items, document.problem, [*document.holding.values(), *premises])
    return found if settings.claim is None else [site for site in found if site.claims]


def _tried(document: Document, site: Site, called: Callable[[str], str]) -> Iterator[Tried]:
    """Every edit of one expression; of those that mean the same, the first. ``called`` names what is edited."""
    seen: set[tuple[t.Term, t.Term]] = set()
    killers: list[Span] = []
    alone = _alone(site, document.problem)
    for mutant in mutants(site, stock_at(site, document.problem)):
        mutant = replace(mutant, claim=called(mutant.claim))
        try:
            if alone is None or alone.remade is None:
                yield _of_document(document, site, mutant, killers)
                continue
            made = alone.remade(mutant.tree)
            if (made.head, made.claimed) not in seen:
                seen.add((made.head, made.claimed))
                yield _of_claim(document.checks, alone, made, mutant)
        except Refusal as refusal:
            yield _refused(mutant, refusal.wrong, refusal.message)
        except RecursionError:
            yield Tried(mutant, Fate.NO_MUTANT, "it is nested too deeply to be read")


def _refused(mutant: Mutant, wrong: bool, message: str) -> Tried:
    """A line without a meaning: wrong by its shapes, which `check` says, or nothing that could be checked."""
    return Tried(mutant, Fate.KILLED, message, by_shape=True) if wrong else Tried(mutant, Fate.NO_MUTANT, message)


def _alone(site: Site, problem: Problem) -> Claim | None:
    """The one claim of which the expression is the claimed side and nothing else, where no other line hangs on it."""
    if len(site.claims) != 1 or site.defines:
        return None
    (claim,) = site.claims
    plain = claim.relation == "=" and claim.solution is None and not claim.stationary and claim.remade is not None
    if not plain or not claim.claimed_node.span == site.node.span != claim.head_node.span:
        return None
    assert claim.remade is not None
    again = claim.remade(claim.claimed_node)
    # What was learnt below the line may have given it its meaning.
    return claim if same_claim(_settled(claim, problem), _settled(_with_sides(claim, again), problem)) else None


def _with_sides(claim: Claim, made: Claim) -> Claim:
    return replace(
        claim, kind=made.kind, head=made.head, claimed=made.claimed, alternatives=made.alternatives,
        density=made.density,
    )  # fmt: skip


def _of_claim(checks: Checks, old: Claim, made: Claim, mutant: Mutant) -> Tried:
    """An edit of a claimed side, in the draws that are there."""
    new = replace(_with_sides(old, made), claimed_node=mutant.tree)
    try:
        verdict = checks.verdict(new)
        if verdict.outcome is Outcome.WRONG:
            return Tried(mutant, Fate.KILLED, _seen(new, verdict))
        proof = equivalence(checks.full, _settled(old, checks.problem), _settled(new, checks.problem), verdict)
        return Tried(mutant, Fate.EQUIVALENT, proof) if proof else Tried(mutant, Fate.OPEN, _unseen(new, verdict))
    finally:
        checks.forget(new)


def _of_document(document: Document, site: Site, mutant: Mutant, killers: list[Span]) -> Tried:
    """Any other edit: the document is read anew, and the claims that are no longer what they were are asked.

    ``killers`` are the claims that have seen an edit of this expression before; they are asked first.
    """
    problem = build(document.problem.source, mutated(document.items, site, mutant.tree))
    refused = document.new_refusals(problem)
    for each in refused:
        if each.wrong:
            return _refused(mutant, True, each.message)
    now = {claim.span: claim for claim in problem.claims if isinstance(claim, Claim)}
    if refused or any(span not in now for span in document.holding):
        return Tried(mutant, Fate.NO_MUTANT, refused[0].message if refused else "what is left is no claim")
    changed = document.changed(problem, now)
    unsolved = [span for span in changed if _is_unsolved(now[span], problem)]
    changed = [span for span in changed if span not in unsolved]
    changed.sort(key=lambda span: span not in killers)
    checks = Checks(problem, document.checks.settings)
    verdicts: dict[Span, Verdict] = {}
    for look in (checks.first_verdict, checks.verdict):
        for span in changed:
            verdicts[span] = look(now[span])
            if verdicts[span].outcome is Outcome.WRONG:
                killers.insert(0, span)
                return Tried(mutant, Fate.KILLED, _seen(document.holding[span], verdicts[span]))
    if unsolved:
        return Tried(mutant, Fate.NO_MUTANT, "what is left is a row below an equation that is not solved")
    pairs = [_alike(document.holding[span], document.problem, now[span], problem) for span in changed]
    proofs = [equivalence(checks.full, *pair, verdicts[span]) for pair, span in zip(pairs, changed, strict=True)]
    if site.defines:
        # A name that means something else is another derivation, even where all of its claims hold; but of an objective
        # a factor may be all that is not asked.
        proofs = document.same_definitions(problem, checks.full)
        if changed and not all(proofs):
            proofs = [document.same_constraint(problem, checks.full, *pair) for pair in pairs]
    if all(proofs):
        words = dict.fromkeys(proof for proof in proofs if proof)
        return Tried(mutant, Fate.EQUIVALENT, " · ".join(words) or RULES)
    if not changed:
        return Tried(mutant, Fate.OPEN, UNUSED)
    left = next((span for span, proof in zip(changed, proofs, strict=False) if proof is None), changed[0])
    return Tried(mutant, Fate.OPEN, _unseen(document.holding[left], verdicts[left]))


def _is_unsolved(claim: Claim, problem: Problem) -> bool:
    """Whether `check` leaves a row alone since the equation above it is not solved for anything."""
    solved = [each for each in problem.claims if isinstance(each, Claim) and each.stationary and each.solution]
    above = [each for each in problem.claims if each.span.start < claim.span.start and each not in solved]
    return claim.relation == "=" and follows_from_an_equation(claim, above)


def _seen(claim: Claim, verdict: Verdict) -> str:
    by = next((one.oracle for one in verdict.evidence if one.outcome is Outcome.WRONG), verdict.reason)
    return f"{claim.name}: {by}"


def _unseen(claim: Claim, verdict: Verdict) -> str:
    if verdict.outcome is Outcome.HOLDS:
        return f"{claim.name} still holds ({verdict.said}), and that the edit changes nothing is not proved"
    return f"{claim.name} is {verdict.outcome}: {verdict.reason}"
