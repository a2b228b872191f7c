"""The whole way through: a source in, a report out. Everything else in the package is a room on this way."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final

from derivcheck.config import Settings, UnknownClaim
from derivcheck.ground import on_ground
from derivcheck.ignoring import with_ignored
from derivcheck.isolation import Isolation
from derivcheck.language.nodes import Group, Node, Scripted
from derivcheck.meaning.interpretation import interpret
from derivcheck.parts import Part, checked_in_parts, parts_of
from derivcheck.problem import terms as t
from derivcheck.problem.context import SLOT, key_of, pattern, strip
from derivcheck.problem.problem import Claim, Inferred, Lacking, Line, Problem, Refused
from derivcheck.problem.upto import as_printed
from derivcheck.reading.documents import kind_of, scan
from derivcheck.reading.heard import heard
from derivcheck.reading.items import Item
from derivcheck.reading.parser import parse_expression
from derivcheck.reading.python import as_written
from derivcheck.reading.statements import read
from derivcheck.source import NOWHERE, Source, Span
from derivcheck.verdict import (
    Evidence,
    Finding,
    Listed,
    Outcome,
    Report,
    Result,
    Severity,
    Verdict,
    Word,
    settled,
    strength_of,
)

if TYPE_CHECKING:
    from derivcheck.oracles.bench import Bench
    from derivcheck.oracles.draws import Draws


MOST_WRONG: Final = 30
"""Wrong members of one chain; what stands behind them is not checked, since each may repeat any before it."""


@lru_cache(maxsize=8)
def problem_of(source: Source) -> Problem:
    """Read a document and work out what it means. Imports nothing heavy; the same document is read once."""
    return interpret(source, _items_of(source))


def _items_of(source: Source) -> tuple[Item, ...]:
    return read(source, scan(source, kind_of(source.path, source.text)))


def check(source: Source, settings: Settings, required: tuple[str, ...] = ()) -> Report:
    """Check every claim of a document; of a Python file, of each function with its own names.

    ``required`` are heads, as LaTeX, of results that a homework must state: a document without a holding claim of
    such a head gets the finding ``missing-result``. Raises ``UnknownClaim`` if ``settings.claim`` names none.
    """
    parts = parts_of(source)
    return checked_in_parts(source, settings, _check) if len(parts) > 1 else _check(parts[0], settings, required)


def _check(part: Part, settings: Settings, required: tuple[str, ...] = ()) -> Report:
    started = time.perf_counter()
    source = part.source
    isolation = Isolation()
    read = isolation.apart(NOWHERE, lambda: problem_of(source), None)
    if read is None:
        seconds = time.perf_counter() - started
        return Report(source, (), tuple(isolation.others), 0, settings.seed, settings.trials, seconds)

    problem = isolation.apart(NOWHERE, partial(_evaluable, read, settings), read)

    def repeated(name: str | None) -> str:
        from derivcheck.diagnosis.findings import replay

        return replay(problem, name, settings)

    isolation.replay = repeated
    wanted = _wanted(problem, settings)
    heads = [(head, strip(parse_expression(head))) for head in required]
    nodes = [node for _, node in heads]
    none = Verdict(Outcome.NOT_CHECKED, reason="the check of this document ended in an error of derivcheck itself")
    nothing = [_result(problem, claim, none, nodes) for claim in wanted]
    results, findings = isolation.apart(
        NOWHERE, lambda: _results(problem, wanted, settings, nodes, isolation), (nothing, list[Finding]())
    )
    results, findings = isolation.settled(results), isolation.findings(findings)
    findings = [*problem.findings, *findings, *_missing(source, wanted, results, heads, settings)]
    findings += _unproved(results, settings)
    report = Report(
        source=source,
        results=tuple(results),
        findings=tuple(_as_written(source, finding) for finding in findings),
        definitions=sum(line.kind == "definition" for line in part.own(problem.lines)),
        seed=settings.seed,
        trials=settings.trials,
        seconds=time.perf_counter() - started,
        skipped=problem.skipped,
        options=_degenerate(problem, settings),
    )
    whole = settings.claim is None and settings.evidence == "all"
    return isolation.apart(NOWHERE, lambda: with_ignored(report, whole=whole), report)


def _as_written(source: Source, finding: Finding) -> Finding:
    """A finding whose edits are as they have to stand in the file."""
    if not finding.edits or kind_of(source.path) != "python":
        return finding
    edits = (replace(one, replacement=as_written(source.text, one.span, one.replacement)) for one in finding.edits)
    return replace(finding, edits=tuple(edits))


def _evaluable(problem: Problem, settings: Settings) -> Problem:
    """The document without assumptions that have no value: what rests on them is not checked, and all else is."""
    claim = next((claim for claim in problem.claims if isinstance(claim, Claim)), None)
    if claim is None or not problem.assumptions:
        return problem
    from derivcheck.oracles.draws import Draws
    from derivcheck.oracles.rational import not_evaluable

    draws = Draws(problem, settings)
    bad = not_evaluable(claim, draws)
    undrawn = tuple((draws.names_in(assumption), assumption.span) for assumption in bad)
    kept = tuple(assumption for assumption in problem.assumptions if assumption not in bad)
    return replace(problem, assumptions=kept, undrawn=(*problem.undrawn, *undrawn)) if bad else problem


def _wanted(problem: Problem, settings: Settings) -> list[Claim | Refused]:
    # The premise of rows that are solved is given, not claimed.
    everything = [c for c in problem.claims if not (isinstance(c, Claim) and c.stationary and c.solution is not None)]
    if settings.claim is None:
        return everything
    chosen = [claim for claim in everything if claim.name == settings.claim]
    if not chosen:
        import difflib

        names = [claim.name for claim in everything]
        close = difflib.get_close_matches(settings.claim, names, n=1)
        hint = f"did you mean `{close[0]}`?" if close else f"the claims are: {', '.join(names) or 'none'}"
        raise UnknownClaim(f"{problem.source.path}: there is no claim `{settings.claim}`; {hint}")
    return chosen


def _degenerate(problem: Problem, settings: Settings) -> tuple[tuple[str, str], ...]:
    ones = [name for name, size in {**problem.sizes, **settings.sizes}.items() if size == 1]
    if not ones:
        return ()
    return (("degenerate", ", ".join(f"{name} = 1" for name in ones)),)


def _results(
    problem: Problem, wanted: list[Claim | Refused], settings: Settings, heads: list[Node], isolation: Isolation
) -> tuple[list[Result], list[Finding]]:
    if not wanted:
        return [], []
    from derivcheck.judge import judge, judge_exactly, proved

    exact = settings.evidence == "exact"
    verdicts = [] if exact else _proofs(problem, wanted, settings, isolation)
    if len(verdicts) == len(wanted) and all(map(proved, verdicts)):
        results = [_result(problem, claim, verdict, heads) for claim, verdict in zip(wanted, verdicts, strict=True)]
        results = _on_ground(problem, wanted, results, judging=None)
        if all(result.verdict.outcome is Outcome.HOLDS for result in results):
            return results, []
    from derivcheck.diagnosis.explaining import explained
    from derivcheck.oracles.draws import Draws

    # What the exact oracles have said is not asked a second time.
    known = {claim.name: verdict.evidence for claim, verdict in zip(wanted, verdicts, strict=False)}
    judged = any(isinstance(claim, Claim) or claim.scalar or claim.attempt or claim.wrong for claim in wanted)
    bench = _bench(problem, settings) if judged and not exact else None
    draws = bench or Draws(problem, settings)
    none = Verdict(Outcome.NOT_CHECKED)

    def judging(claim: Claim) -> Verdict:
        return isolation.of(claim, lambda: judge_exactly(draws, claim) if exact else judge(draws, claim), none)

    wanted = _settle_premises(judging, wanted)
    results = []
    wrong: Counter[int] = Counter()
    for position, claim in enumerate(wanted):
        if isinstance(claim, Claim):
            nearer, claim = claim, _against_what_holds(claim, wanted, results)
            if claim is not nearer:
                wanted[position] = claim
                known.pop(claim.name, None)
        if isinstance(claim, Refused):
            verdict = Verdict(Outcome.WRONG if claim.wrong else Outcome.NOT_CHECKED, reason=claim.message)
        elif claim.name in isolation.by_claim:
            verdict = none
        elif wrong[claim.chain] >= MOST_WRONG:
            verdict = Verdict(Outcome.NOT_CHECKED, reason=f"{MOST_WRONG} members of this chain are wrong already")
        elif bench is not None:
            said = known.get(claim.name, ())
            verdict = isolation.of(claim, partial(_verdict, bench, claim, results, wanted, said), none)
        else:
            verdict = isolation.of(claim, partial(_exact_verdict, draws, claim, results, wanted), none)
        wrong[claim.chain] += verdict.outcome is Outcome.WRONG
        results.append(_result(problem, claim, verdict, heads))
    results = _on_ground(problem, wanted, results, judging)
    results, findings = explained(problem, wanted, results, bench, settings, _all_hold, isolation)
    _settle_expected(wanted, results, findings)
    return results, findings


def _on_ground(
    problem: Problem, wanted: Sequence[Claim | Refused], results: Sequence[Result],
    judging: Callable[[Claim], Verdict] | None,
) -> list[Result]:  # fmt: skip
    """What may be said of each claim, with what was not read of all that it rests on taken into account."""

    def holds(claim: Claim) -> bool:
        return judging is not None and judging(claim).outcome is Outcome.HOLDS

    verdicts = on_ground(problem, wanted, [result.verdict for result in results], holds)
    return [replace(result, verdict=verdict) for result, verdict in zip(results, verdicts, strict=True)]


def _all_hold(
    problem: Problem, settings: Settings, names: frozenset[str], known: Mapping[str, Verdict], again: bool
) -> bool:
    """Whether these claims of another reading of a document hold, where the others are what they were."""
    from derivcheck.judge import judge
    from derivcheck.oracles.table import QUICK

    bench = _bench(problem, settings)
    wanted = _wanted(problem, settings)
    if not names <= {claim.name for claim in wanted if isinstance(claim, Claim)}:
        return False
    results: list[Result] = []
    for position, claim in enumerate(wanted):
        verdict = known.get(claim.name, Verdict(Outcome.NOT_CHECKED))
        if claim.name in names:
            (claim,) = _settle_premises(lambda premise: judge(bench, premise, QUICK), [claim])
            assert isinstance(claim, Claim)
            claim = wanted[position] = _against_what_holds(claim, wanted, results)
            verdict = _where_it_is_asked(bench, claim, judge(bench, claim, QUICK, hasty=True, again=again))
            if verdict.outcome is not Outcome.HOLDS:
                return False
        results.append(_result(problem, claim, verdict, []))
    return True


def _against_what_holds(claim: Claim, wanted: list[Claim | Refused], results: list[Result]) -> Claim:
    """A member is held against the one before it where that is right, else against the head of the chain."""
    if claim.otherwise is None:
        return claim
    for before, result in zip(wanted, results, strict=False):
        same = isinstance(before, Claim) and before.chain == claim.chain and before.claimed_node == claim.head_node
        if same and result.verdict.outcome is not Outcome.HOLDS:
            return claim.otherwise
    return claim


def _proofs(problem: Problem, wanted: list[Claim | Refused], settings: Settings, isolation: Isolation) -> list[Verdict]:
    """The verdicts on a document of algebra alone, as far as they are proofs: if all are, it does not wait for torch.

    Derivatives, functions and whatever is not proved are for the numerical oracles too.
    """
    from derivcheck.judge import judge_exactly, proved
    from derivcheck.oracles.draws import Draws
    from derivcheck.oracles.reach import purely_algebraic

    draws = Draws(problem, settings)
    verdicts: list[Verdict] = []
    for claim in wanted:
        if isinstance(claim, Refused) or claim.expected_wrong:
            break

        def attempt(claim: Claim = claim) -> Verdict | None:
            return judge_exactly(draws, claim) if purely_algebraic(draws, claim) else None

        verdict = isolation.of(claim, attempt, None)
        if verdict is not None:
            verdicts.append(verdict)
        if verdict is None or not proved(verdict):
            break
    return verdicts


def _exact_verdict(draws: Draws, claim: Claim, results: list[Result], wanted: list[Claim | Refused]) -> Verdict:
    """What the exact oracles say; a wrong member that is proved to repeat one above is blamed there."""
    from derivcheck.judge import judge_exactly, proved

    verdict = _where_it_is_asked(draws, claim, judge_exactly(draws, claim))
    if verdict.outcome is not Outcome.WRONG or claim.relation != "=":
        return verdict
    for before, result in zip(wanted, results, strict=False):
        if not isinstance(before, Claim) or not _may_repeat(before, claim, result):
            continue
        if proved(judge_exactly(draws, replace(claim, head=before.claimed))):
            return replace(verdict, carried_from=result.verdict.carried_from or before.name)
    return verdict


def _may_repeat(before: Claim, claim: Claim, result: Result) -> bool:
    """Whether a wrong member above in the same chain may be what this one repeats."""
    wrong = result.verdict.outcome is Outcome.WRONG
    return wrong and before.chain == claim.chain and before.relation == "=" and before.free == claim.free


def _settle_premises(judging: Callable[[Claim], Verdict], wanted: list[Claim | Refused]) -> list[Claim | Refused]:
    """Rows below an equation that holds for every value of its unknown do not solve it: they are plain claims."""
    identities = {}
    for claim in wanted:
        if isinstance(claim, Claim) and claim.solution is not None and claim.solution not in identities:
            sides = {"head": claim.solution.left, "claimed": claim.solution.right}
            premise = replace(claim, **sides, free=claim.solution.free, solution=None, alternatives=())  # type: ignore[arg-type]
            identities[claim.solution] = judging(premise).outcome is Outcome.HOLDS

    def settled(claim: Claim | Refused) -> Claim | Refused:
        if not isinstance(claim, Claim) or claim.solution is None:
            return claim
        plain = replace(claim, solution=None, kind="identity")
        # Words such as "so" may lead to what holds for every input, solution or not: that says more.
        everywhere = claim.joined and not claim.implied and not isinstance(claim.head, t.Variable | t.Entry)
        holds = identities[claim.solution] or (everywhere and judging(plain).outcome is Outcome.HOLDS)
        return plain if holds else claim

    return [settled(claim) for claim in wanted]


def _bench(problem: Problem, settings: Settings) -> Bench:
    from derivcheck.oracles.bench import Bench

    return Bench(problem, settings)


def _verdict(
    bench: Bench, claim: Claim, results: list[Result], wanted: list[Claim | Refused], known: tuple[Evidence, ...]
) -> Verdict:
    from derivcheck.judge import judge

    verdict = _where_it_is_asked(bench, claim, judge(bench, claim, known=known))
    if verdict.outcome is Outcome.WRONG and claim.relation == "=":
        if follows_from_an_equation(claim, wanted[: len(results)]):
            reason = "it is to follow from the equation before it, which is not solved for this"
            return Verdict(Outcome.NOT_CHECKED, verdict.evidence, reason=reason)
        before = _carried_from(bench, claim, results, wanted)
        if before is not None:
            return replace(verdict, carried_from=before)
    return _other_reading(bench, claim, verdict)


def follows_from_an_equation(claim: Claim, above: Sequence[Claim | Refused]) -> bool:
    r"""Whether a row ``\Rightarrow A = B`` begins at an equation that was not solved for anything, or not read."""
    if not claim.implied or claim.solution is not None:
        return False
    for before in reversed(above):
        if not isinstance(before, Claim) or not before.implied:
            return not isinstance(before, Claim) or before.stationary or t.is_zero(before.claimed)
    return False


def verdict_alone(bench: Bench, claim: Claim) -> Verdict:
    """The verdict on a claim of which no claim before it is wrong; as soon as it is known to be wrong no more is asked.

    Rows below an equation are solved unless it holds for every value of its unknown, as in ``check``.
    """
    from derivcheck.judge import judge

    (settled,) = _settle_premises(lambda premise: judge(bench, premise), [claim])
    assert isinstance(settled, Claim)
    return _other_reading(bench, settled, _where_it_is_asked(bench, settled, judge(bench, settled, hasty=True)))


def _where_it_is_asked(draws: Draws, claim: Claim, verdict: Verdict) -> Verdict:
    """What rests on a condition that no draw meets is neither wrong nor right: other inputs were seen."""
    if verdict.outcome not in (Outcome.WRONG, Outcome.HOLDS):
        return verdict
    direct = t.variables(claim.head) | t.variables(claim.claimed)
    names = direct.union(*(draws.dependencies.get(name, ()) for name in direct))
    unmet = [(draws.names_in(assumption), assumption.span) for assumption in draws.unmet]
    for asked, span in (*draws.problem.undrawn, *unmet):
        if names & asked:
            line = draws.problem.source.position(span.start).place.words
            fails = "it fails, but " if verdict.outcome is Outcome.WRONG else ""
            reason = f"{fails}nothing is drawn to meet the condition on {line}"
            return Verdict(Outcome.NOT_CHECKED, verdict.evidence, reason=reason)
    return verdict


def _other_reading(bench: Bench, claim: Claim, verdict: Verdict) -> Verdict:
    """A chain whose partials may be direct or total, and a number that may be rounded: what holds so is not wrong."""
    from derivcheck.judge import judge

    if verdict.outcome is not Outcome.WRONG:
        return verdict
    others = [
        (replace(claim, claimed=other.claimed, alternatives=()), TWO_READINGS) for other in claim.alternatives[:1]
    ]
    if (printed := as_printed(claim, bench.problem.source.text)) is not None:
        others.append(
            (printed, "it holds to the places that are written alone; of a number that is rounded write `\\approx`")
        )
    for other, reason in others:
        if judge(bench, other).outcome is Outcome.HOLDS:
            return Verdict(Outcome.NOT_CHECKED, verdict.evidence, reason=reason)
    return verdict


TWO_READINGS: Final = (
    "two readings: it holds if the partials of the chain are total derivatives, "
    "and misses a path if each is the direct one"
)


def _carried_from(bench: Bench, claim: Claim, results: list[Result], wanted: list[Claim | Refused]) -> str | None:
    """The wrong member above in the same chain whose value this one repeats: it is blamed there, once."""
    from derivcheck.evaluation.arithmetic import BUDGET, NotExact, OutOfRange
    from derivcheck.oracles.comparing import compare

    BUDGET.renew()
    if claim.solution is not None:
        return _follows_wrong_row(bench, claim, results, wanted)
    for before, result in zip(wanted, results, strict=False):
        if not isinstance(before, Claim) or not _may_repeat(before, claim, result):
            continue
        if before.span.start <= claim.span.start < before.span.end:
            # The other sign of the same ±: one expression is blamed once.
            return result.verdict.carried_from or before.name
        try:
            worlds = bench.worlds(claim.conditions)
            repeats = all(
                compare(bench, claim, world, before.claimed, claim.claimed).outcome is Outcome.HOLDS for world in worlds
            )
        except (NotExact, OutOfRange):
            continue
        if repeats:
            return result.verdict.carried_from or before.name
    return None


def _follows_wrong_row(bench: Bench, claim: Claim, results: list[Result], wanted: list[Claim | Refused]) -> str | None:
    """The wrong row above, among rows that solve, from which this one follows rightly."""
    from derivcheck.judge import judge

    assert claim.solution is not None
    for before, result in zip(reversed(wanted[: len(results)]), reversed(results), strict=True):
        if not isinstance(before, Claim) or before.solution != claim.solution:
            continue
        if result.verdict.outcome is Outcome.WRONG:
            premise = replace(claim.solution, left=before.head, right=before.claimed)
            if judge(bench, replace(claim, solution=premise)).outcome is Outcome.HOLDS:
                return result.verdict.carried_from or before.name
    return None


def _result(problem: Problem, claim: Claim | Refused, verdict: Verdict, heads: list[Node]) -> Result:
    head = strip(claim.head_node) if isinstance(claim, Claim) else None
    return Result(
        name=claim.name,
        title=claim.title,
        kind=claim.kind,
        span=claim.span,
        line=problem.source.position(claim.span.start).line,
        verdict=verdict,
        expected_wrong=claim.expected_wrong,
        required=head is not None and head in heads,
    )


def _settle_expected(wanted: list[Claim | Refused], results: list[Result], findings: list[Finding]) -> None:
    """``expect wrong`` speaks of a line: where one of its claims is wrong, the others may hold."""
    groups: dict[Span, list[int]] = {}
    for position, claim in enumerate(wanted):
        if claim.expected_wrong:
            groups.setdefault(claim.line_span, []).append(position)
    for positions in groups.values():
        wrong = [p for p in positions if results[p].verdict.outcome is Outcome.WRONG]
        for position in positions:
            claim, outcome = wanted[position], results[position].verdict.outcome
            if wrong and outcome is not Outcome.WRONG:
                results[position] = replace(results[position], expected_wrong=False)
            elif outcome is Outcome.HOLDS and position == positions[0]:
                findings.append(
                    Finding(
                        "expected-wrong",
                        Severity.ERROR,
                        "this line is marked as a mistake, and it holds",
                        claim.span,
                        claim.line_span,
                        help="take the mark away, or restore the mistake",
                        claim=claim.name,
                    )
                )
            elif outcome is Outcome.HOLDS:
                results[position] = replace(results[position], expected_wrong=False)


def _missing(
    source: Source,
    wanted: list[Claim | Refused],
    results: list[Result],
    heads: list[tuple[str, Node]],
    settings: Settings,
) -> list[Finding]:
    if settings.claim is not None:
        return []
    from derivcheck.language.printing import plain

    found: list[Finding] = []
    for text, node in heads:
        stated = [
            result
            for claim, result in zip(wanted, results, strict=True)
            if isinstance(claim, Claim) and strip(claim.head_node) == node and not claim.conditions
        ]
        if any(result.verdict.outcome is not Outcome.NOT_CHECKED for result in stated):
            continue
        lacking = "is missing" if not stated else "is stated, but could not be checked"
        found.append(
            Finding(
                "missing-result",
                Severity.ERROR,
                f"the result for `{plain(node)}` {lacking}",
                Span(len(source.text), len(source.text)),
                help=None if stated else f"state it as an equation that begins with `{text}`",
            )
        )
    return found


def _unproved(results: list[Result], settings: Settings) -> list[Finding]:
    """One finding for all claims that are less than proved, where the run asks for proofs; what is wrong is said."""
    if settings.require != Word.PROVED:
        return []
    short = [one for one in results if settled(one) is not Outcome.WRONG and strength_of(one) is not Word.PROVED]
    short = [one for one in short if settled(one) is not Outcome.HOLDS or not one.expected_wrong]
    if not short:
        return []
    words = [f"`{one.title}` {'agrees' if strength_of(one) else f'is {one.verdict.outcome}'}" for one in short]
    counted = "one claim is" if len(short) == 1 else f"{len(short)} claims are"
    return [
        Finding(
            "not-proved",
            Severity.ERROR,
            f"{counted} less than proved, and this run asks for proofs: {', '.join(words)}",
            short[0].span,
            claim=short[0].name,
        )
    ]


def lines_of(source: Source) -> list[Line]:
    """Every line of a document as it was read, of a Python file as its own function reads it."""
    found = (line for part in parts_of(source) for line in part.own(problem_of(part.source).lines))
    return sorted(found, key=lambda line: line.span)


def inferred_of(source: Source) -> tuple[Inferred, ...]:
    """What a document declares nowhere, as its use tells it; of a Python file, of each function."""
    return tuple(dict.fromkeys(one for part in parts_of(source) for one in problem_of(part.source).inferred))


def lacking_of(source: Source) -> tuple[Lacking, ...]:
    """The names that lines lack and that no use tells, of which the most lines lack first."""
    from derivcheck.language.printing import latex

    found: dict[str, Lacking] = {}
    for part in parts_of(source):
        problem = problem_of(part.source)
        for claim in problem.claims:
            if isinstance(claim, Refused) and (unknown := claim.unknown) is not None:
                name = latex(unknown.node)
                line = problem.scope.unmade.get(name)
                let = f"{name}(t) = ?" if unknown.called else f"{name} \\in \\mathbb{{R}}^{{?}}"
                fresh = Lacking(let, 0, "" if line is None else line[1].words, claim.line_span)
                known = found.get(name, fresh)
                found[name] = replace(known, lines=known.lines + 1)
    return tuple(sorted(found.values(), key=lambda one: -one.lines))


def listing(source: Source) -> tuple[Listed, ...]:
    """How every line of a document was read."""
    readings = (heard(_items_of(part.source), source.text) for part in parts_of(source))
    words = {place: told for of_part in readings for place, told in of_part.items()}
    return tuple(
        Listed(
            line=source.position(line.span.start).line,
            cell=source.position(line.span.start).cell,
            kind=line.kind,
            name=line.name,
            text=line.text,
            shapes=line.shapes,
            note=line.note,
            words=words.get(line.span, ()),
        )
        for line in lines_of(source)
    )


def sizes_in(source: Source) -> tuple[str, ...]:
    """The sizes of a document, in every way in which a setting may write them, the plainest first."""
    from derivcheck.evaluation.sizes import spellings

    return tuple(dict.fromkeys(name for part in parts_of(source) for name in spellings(problem_of(part.source))))


def claims(source: Source, settings: Settings) -> tuple[Claim | Refused, ...]:
    """The claims of a document in the order of ``Report.results``."""
    parts = parts_of(source)
    if len(parts) == 1:
        return tuple(_wanted(problem_of(source), settings))
    everything = [(part, _wanted(problem_of(part.source), replace(settings, claim=None))) for part in parts]
    return tuple(replace(one, name=part.called(one.name)) for part, wanted in everything for one in part.own(wanted))


def expression(latex: str) -> Node:
    """An expression as the document's own are read, to be compared with ``Claim.head_node``."""
    return strip(parse_expression(latex))


def key_in(problem: Problem, name: str) -> str | None:
    """The key of a name as it is written; ``x^{(i)}`` is also the family of all ``x^{(i)}``. A key is its own."""
    if name in problem.declarations or name in problem.definitions:
        return name
    node = parse_expression(name)
    found = problem.names.get(key_of(node))
    if found is None and isinstance(node, Scripted) and isinstance(node.sup, Group):
        found = problem.names.get(pattern(node.base, node.sub, Group(SLOT)))
    return found


def defined_at(source: Source, name: str) -> Span | None:
    """Where a name is defined or declared."""
    problem = problem_of(source)
    key = key_in(problem, name)
    for pool in (problem.definitions, problem.declarations):
        if key in pool:
            return pool[key].span  # type: ignore[index]
    return None
