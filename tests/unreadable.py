"""Any one line made unreadable, its names left in place: what then becomes of the others (DESIGN 3.5).

Nearly all lines of a document mean afterwards what they meant before, or stand on no firm ground: these need no oracle.
Only a claim that means something else on firm ground is judged. Run as a script it takes every line of every document:
``python -m tests.unreadable FILE…``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from derivcheck.config import Settings
from derivcheck.engine import check, problem_of
from derivcheck.ground import Grounds
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim, Problem, Refused
from derivcheck.reading.documents import kind_of, scan
from derivcheck.reading.items import Statement
from derivcheck.reading.statements import read
from derivcheck.source import Source
from derivcheck.verdict import Outcome

UNKNOWN = " \\unheardof{}"


def made_unreadable(source: Source) -> Iterator[tuple[int, Source]]:
    """The document once for every statement, with an unknown command at its end; and the line of it."""
    statements = [
        one for one in read(source, scan(source, kind_of(source.path, source.text))) if isinstance(one, Statement)
    ]
    for one in statements:
        if one.relations and not one.hidden:
            text = source.text[: one.span.end] + UNKNOWN + source.text[one.span.end :]
            yield source.position(one.span.start).line, Source(source.path, text)


def spoilt(source: Source, line: int, changed: Source) -> list[str]:
    """What is amiss after a line was made unreadable: right claims that are wrong, wrong ones that hold, lost ones."""
    before, after = problem_of(source), problem_of(changed)
    amiss = [f"line {lost} vanishes" for lost in sorted(_lines(before) - _lines(after) - _told(after) - {line})]
    meant = {_meaning(before, claim) for claim in before.claims if isinstance(claim, Claim)}
    grounds = Grounds(after)
    new = [
        claim
        for claim in after.claims
        if (isinstance(claim, Refused) and claim.wrong and grounds.of(claim).firm)
        or (isinstance(claim, Claim) and grounds.of(claim).firm and _meaning(after, claim) not in meant)
    ]
    if new:
        amiss += _judged(source, changed, line, {claim.name for claim in new})
    return amiss


def _judged(source: Source, changed: Source, line: int, names: set[str]) -> list[str]:
    settings = Settings()
    was: dict[int, set[Outcome]] = {}
    for result in check(source, settings).results:
        was.setdefault(result.line, set()).add(result.verdict.outcome)
    amiss = []
    for result in check(changed, settings).results:
        known = was.get(result.line, set())
        if result.name not in names or result.line == line:
            continue
        if result.verdict.outcome is Outcome.WRONG and Outcome.WRONG not in known:
            amiss.append(f"line {result.line} becomes wrong: {result.title}")
        if result.verdict.outcome is Outcome.HOLDS and Outcome.WRONG in known:
            amiss.append(f"line {result.line} holds: {result.title}")
    return amiss


def _lines(problem: Problem) -> set[int]:
    return {problem.source.position(claim.line_span.start).line for claim in problem.claims}


def _told(problem: Problem) -> set[int]:
    """The lines that are still said to be something: what claimed may define, where what it speaks of was not read."""
    return {problem.source.position(line.span.start).line for line in problem.lines if line.kind != "mention"}


def _meaning(problem: Problem, claim: Claim) -> object:
    """All that decides about a claim, without places: its sides, and what stands behind every name in them."""
    names, stack = {}, [claim.head, claim.claimed, *claim.conditions]
    while stack:
        term = stack.pop()
        keys = t.variables(term) | {part.key for part in t.walk(term) if isinstance(part, t.Arbitrary)}
        for key in keys - names.keys():
            definition, declared = problem.definitions.get(key), problem.declarations.get(key)
            factor = problem.scope.factors.get(key)
            names[key] = repr(
                (definition and definition.term, declared and (declared.shape, declared.domain), factor and factor.log)
            )
            stack += [one for one in (definition and definition.term, factor and factor.log) if one is not None]
    asked = [repr(c) for one in problem.assumptions for c in one.conditions if t.variables(c.left) & names.keys()]
    own = (
        claim.relation,
        repr(claim.head),
        repr(claim.claimed),
        claim.kind,
        repr(claim.conditions),
        repr(claim.solution),
    )
    return own, tuple(sorted(names.items())), tuple(sorted(asked))


def main(paths: list[str]) -> int:
    """Every line of the documents; what is amiss is printed."""
    found = 0
    for path in paths:
        source = Source(path, Path(path).read_text())
        for line, changed in made_unreadable(source):
            for amiss in spoilt(source, line, changed):
                found += 1
                print(f"{path}:{line}: {amiss}", flush=True)
    return found > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
