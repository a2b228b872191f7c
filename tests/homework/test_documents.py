"""The shipped derivations hold at every seed, and the same mathematics in other notations raises no alarm."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from derivcheck import engine
from derivcheck.config import Settings
from derivcheck.homework import document
from derivcheck.model.derivation import bound, quantities
from derivcheck.source import Source
from derivcheck.verdict import Outcome, Report, Severity, exit_code, settled

CHECKED = ("mlp", "resblock", "ppca")
OTHERS = sorted(
    path for pattern in ("mlp-*", "resblock-*") for path in (Path(__file__).parent.parent / "documents").glob(pattern)
)
EXPECTED = re.compile(r"<!-- expected: ([a-z-]+) -->|% expected: ([a-z-]+)$")


def alarms(report: Report) -> dict[int, set[str]]:
    """By line: the codes of the findings that are more than a note, at the end of their statement."""
    found: dict[int, set[str]] = {}
    for finding in report.findings:
        if finding.severity is not Severity.NOTE:
            at = (finding.line_span or finding.span).end
            found.setdefault(report.source.position(at).line, set()).add(finding.code)
    return found


def expected(source: Source) -> dict[int, set[str]]:
    """The codes that the document announces for the line before each announcement."""
    found = {}
    for number, line in enumerate(source.text.splitlines(), 1):
        if match := EXPECTED.search(line):
            found[number - 1] = {match[1] or match[2]}
    return found


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.name)
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.thorough)])
def test_other_notations_give_the_findings_written_in_them_and_no_others(path: Path, seed: int) -> None:
    source = Source(path.name, path.read_text(encoding="utf-8"))
    report = engine.check(source, Settings(seed=seed))
    assert alarms(report) == expected(source)
    holding = [result for result in report.results if settled(result) is Outcome.HOLDS]
    assert len(holding) == len(report.results) - len(expected(source))
    assert holding


@pytest.mark.thorough  # At seed 0 the whole command runs on the same documents in test_checking.
@pytest.mark.parametrize("name", CHECKED)
@pytest.mark.parametrize("as_handed_in", [False, True])
def test_every_claim_of_a_shipped_document_is_checked_and_comes_out_as_it_says(name: str, as_handed_in: bool) -> None:
    report = engine.check(document(name, as_handed_in), Settings(seed=1))
    assert [result.title for result in report.results if settled(result) is not Outcome.HOLDS] == []
    assert alarms(report) == {}
    assert exit_code((report,), strict=True) == 0


def test_with_many_large_samples_fewer_inputs_are_drawn_and_every_quantity_has_as_many():
    sizes = {"J": 8, "N": 127}
    found = quantities(bound(document("ppca"), Settings(sizes=sizes), sizes), ("u", "\\sigma", "m^{(i)}"))
    assert {len(value) for value in found.values()} == {3}
