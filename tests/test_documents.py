"""Derivations as their users write them: right ones raise no alarm, and one mistake is blamed on its own line.

The data is in ``tests/documents``; its README describes the format.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest

from derivcheck.config import Settings
from derivcheck.source import Source
from derivcheck.verdict import Outcome, Report, Severity, exit_code, settled
from tests.remembering import check

HERE = Path(__file__).parent / "documents"
SEEDS = 3
QUICKLY = Settings(seed=0, trials=2, draws=2)
EXPECTED = re.compile(r"^\s*(?:<!--|%)\s*expected:\s*(?P<codes>[a-z, -]+?)\s*(?:-->)?\s*$")


@dataclass(frozen=True)
class Mutation:
    """One mistake: ``old`` becomes ``new`` at its ``nth`` place, and the line with ``line_holds`` is then wrong."""

    document: str
    mistake: str
    old: str
    new: str
    line_holds: str
    nth: int | None = None

    @property
    def in_definition(self) -> bool:
        """Whether it stands in a definition: the lines that depend on it are then wrong through it."""
        return self.mistake.startswith("definition")

    def apply(self, text: str) -> str:
        """The document's text with the mistake in it."""
        places = [match.start() for match in re.finditer(re.escape(self.old), text)]
        if self.nth is None:
            assert len(places) == 1, f"{self.old!r} stands {len(places)} times in {self.document}"
        start = places[(self.nth or 1) - 1]
        return text[:start] + self.new + text[start + len(self.old) :]

    def blamed(self, text: str) -> int:
        """The line (from 1) of a changed text that has to be blamed."""
        lines = [number for number, line in enumerate(text.split("\n"), 1) if self.line_holds in line]
        assert len(lines) == 1, f"{self.line_holds!r} stands on lines {lines} of {self.document}"
        return lines[0]


def read(name: str) -> str:
    """The text of a document."""
    return (HERE / name).read_text(encoding="utf-8")


def mutations() -> list[Mutation]:
    """All mistakes of ``mutations.toml``, in its order."""
    rows = tomllib.loads(read("mutations.toml"))["mutation"]
    return [Mutation(**row) for row in rows]


DOCUMENTS = sorted(path.name for path in HERE.glob("user-*") if path.suffix in {".md", ".tex"})
MUTATIONS = mutations()


def mutation_ids() -> list[str]:
    """``user-ridge-2-factor``: the document, which of its mistakes, and what kind of mistake it is."""
    seen: dict[str, int] = defaultdict(int)
    ids = []
    for mutation in MUTATIONS:
        seen[mutation.document] += 1
        mistake = re.sub(r"\W+", "-", mutation.mistake)
        ids.append(f"{Path(mutation.document).stem}-{seen[mutation.document]}-{mistake}")
    return ids


def searched() -> list[object]:
    """Mistakes in claims of which the mend is looked for too: one of each common kind, and on demand all."""
    claims = [mutation for mutation in MUTATIONS if not mutation.in_definition]
    common = [kind for kind, count in Counter(m.mistake for m in claims).items() if count >= 3]
    chosen = [next(m for m in claims if m.mistake == kind) for kind in common]
    rare = pytest.mark.thorough
    return [pytest.param(m, marks=[] if m in chosen else [rare]) for m in claims]


def expected_codes(text: str) -> dict[int, set[str]]:
    """What the document says about its own lines: the comment stands on the line behind the one it means."""
    found: dict[int, set[str]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if match := EXPECTED.match(line):
            found[number - 1] = {code.strip() for code in match["codes"].split(",")}
    return found


def observed_codes(report: Report) -> dict[int, set[str]]:
    """By line: the codes of findings that are more than a note, and the outcomes of claims that do not hold."""
    found: dict[int, set[str]] = defaultdict(set)
    for finding in report.findings:
        if finding.severity is not Severity.NOTE:
            found[report.source.position(finding.span.start).line].add(finding.code)
    for result in report.results:
        if (outcome := settled(result)) is not Outcome.HOLDS:
            found[report.source.position(result.span.start).line].add(outcome.value.replace(" ", "-"))
    return dict(found)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_gives_the_findings_written_in_it_and_no_others(name: str) -> None:
    # As its mistakes are checked: what is claimed in all of them is judged once.
    _says_what_is_written_in_it(name, QUICKLY)


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("name", DOCUMENTS)
def test_at_any_seed_a_document_gives_the_findings_written_in_it(name: str, seed: int) -> None:
    _says_what_is_written_in_it(name, Settings(seed=seed))


def _says_what_is_written_in_it(name: str, settings: Settings) -> None:
    text = read(name)
    report = check(Source(name, text), settings)
    expected, observed = expected_codes(text), observed_codes(report)
    alarms = {line: codes for line, codes in observed.items() if line not in expected}
    missed = {line: codes for line, codes in expected.items() if not codes <= observed.get(line, set())}
    assert not alarms, "\n".join(_told(report, line) for line in sorted(alarms))
    assert not missed, f"expected {missed}, observed {observed}"
    lines = [m for m in MUTATIONS if m.document == name and not m.in_definition]
    mistakes = {m.blamed(m.apply(text)) for m in lines}
    assert len(report.results) >= max(1, len(mistakes)), "fewer claims were checked than lines that can be wrong"


def first_of_each() -> list[object]:
    """All mistakes; of common kinds those beyond three in claims of a document, and two in definitions, on demand."""
    kinds = Counter(m.mistake for m in MUTATIONS)
    claims, definitions = Counter[str](), Counter[str]()
    found = []
    for one in MUTATIONS:
        seen, most = (definitions, 2) if one.in_definition else (claims, 3)
        seen[one.document] += 1
        kept = kinds[one.mistake] < 3 or seen[one.document] <= most
        found.append(pytest.param(one, marks=[] if kept else [pytest.mark.thorough]))
    return found


@pytest.mark.parametrize("mutation", first_of_each(), ids=mutation_ids())
def test_a_mistake_is_blamed_on_its_own_line(mutation: Mutation) -> None:
    # A definition is blamed for what an edit of it mends; any other line is blamed before an edit of it is looked for.
    _blames_the_line(mutation, mends=mutation.in_definition, hasty=True)


@pytest.mark.parametrize("mutation", searched(), ids=lambda mutation: mutation.document)
def test_what_mends_a_mistake_is_looked_for_on_its_own_line(mutation: Mutation) -> None:
    _blames_the_line(mutation, mends=True)


def _blames_the_line(mutation: Mutation, *, mends: bool, hasty: bool = False) -> None:
    text = mutation.apply(read(mutation.document))
    line = mutation.blamed(text)
    report = check(Source(mutation.document, text), QUICKLY, mends=mends, hasty=hasty)
    errors = [finding for finding in report.findings if finding.severity is Severity.ERROR]
    blamed = {report.source.position(finding.span.start).line for finding in errors}
    assert exit_code((report,), strict=False) == 1, f"the mistake on line {line} is not seen: {_told(report, line)}"
    assert blamed == {line}, "\n".join(_told(report, at) for at in sorted(blamed | {line}))
    wrong = [result for result in report.results if settled(result) is Outcome.WRONG]
    astray = [
        r.title
        for r in wrong
        if (r.verdict.defined_on is None or r.verdict.defined_on.line != line)
        and not _covers(report, r.span.start, r.span.end, line)
    ]
    assert not astray, "other lines are said to be wrong, and not by the definition on this one"


def test_every_right_document_has_its_mistakes() -> None:
    counts = {name: sum(m.document == name for m in MUTATIONS) for name in DOCUMENTS if not expected_codes(read(name))}
    assert {name for name, count in counts.items() if count < 3} == set()


def test_mistakes_are_put_only_into_right_documents() -> None:
    assert {m.document for m in MUTATIONS} <= {name for name in DOCUMENTS if not expected_codes(read(name))}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=mutation_ids())
def test_a_mistake_changes_exactly_the_line_it_names(mutation: Mutation) -> None:
    before = read(mutation.document)
    after = mutation.apply(before)
    pairs = zip(before.split("\n"), after.split("\n"), strict=True)
    assert [number for number, (old, new) in enumerate(pairs, 1) if old != new] == [mutation.blamed(after)]


def _covers(report: Report, start: int, end: int, line: int) -> bool:
    return report.source.position(start).line <= line <= report.source.position(end).line


def _told(report: Report, line: int) -> str:
    """A line with all that was said about it, for a failing test's message."""
    said = [
        f"{finding.severity.value}[{finding.code}] {finding.message} {'; '.join(finding.facts)}"
        for finding in report.findings
        if report.source.position(finding.span.start).line == line
    ]
    said += [
        f"{result.title}: {settled(result).value} {result.verdict.said} {result.verdict.reason}"
        for result in report.results
        if report.source.position(result.span.start).line == line
    ]
    return f"{report.source.path}:{line}: {report.source.text.splitlines()[line - 1].strip()}\n    " + "\n    ".join(
        said
    )
