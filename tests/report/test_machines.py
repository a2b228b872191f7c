"""What other programs read of a report: SARIF, JUnit, GitHub's annotations, GitLab's code quality."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

from derivcheck.reading.notebook import notebook
from derivcheck.report.github import github, step_summary
from derivcheck.report.gitlab import gitlab
from derivcheck.report.junit import junit
from derivcheck.report.located import located
from derivcheck.report.sarif import sarif
from derivcheck.source import Source, Span
from derivcheck.verdict import Edit, Extra, Finding, Outcome, Severity, Verdict
from tests.report.fakes import ERROR, FIGURES, HOLDS, PASSING, REPORT, SOURCE, UNREAD, WRONG

SCHEMA = json.loads((Path(__file__).parent / "sarif.schema.json").read_text(encoding="utf-8"))


def results(*reports) -> list[dict]:
    document = json.loads(sarif(reports, {}))
    jsonschema.validate(document, SCHEMA)
    return document["runs"][0]["results"]


def test_sarif_fits_its_schema_and_holds_place_rule_and_correction():
    first = results(replace(REPORT, extras=(FIGURES, Extra("curve", outcome=Outcome.WRONG, code="rate-differs"))))[0]
    assert first["ruleId"] == "wrong-gradient"
    region = {"startLine": 12, "startColumn": 70, "endLine": 12, "endColumn": 71}
    assert first["locations"][0]["physicalLocation"]["region"] == region
    change = first["fixes"][0]["artifactChanges"][0]["replacements"][0]
    assert change == {"deletedRegion": region, "insertedContent": {"text": "r"}}


def test_sarif_counts_code_points_and_its_schema_refuses_what_is_not_of_it():
    document = json.loads(sarif([REPORT], {}))
    assert document["runs"][0]["columnKind"] == "unicodeCodePoints"
    document["runs"][0]["results"][0]["colour"] = "red"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA)


def test_a_fingerprint_survives_lines_above_it_and_tells_equal_lines_apart():
    lower = replace(
        REPORT,
        source=Source("block.md", "\n\n" + SOURCE.text),
        findings=(replace(ERROR, span=Span(ERROR.span.start + 2, ERROR.span.end + 2)),),
    )
    here = replace(REPORT, findings=(ERROR, replace(ERROR, facts=("another",))))
    first, second = (one.fingerprint for one in located(here))
    assert [one.fingerprint for one in located(lower)] == [first]
    assert first != second


def test_every_claim_is_a_case_of_junit_and_what_was_not_checked_is_skipped():
    undecided = replace(HOLDS, name="grad-c", verdict=Verdict(Outcome.UNDECIDED, reason="rounding is too large"))
    report = replace(REPORT, results=(*REPORT.results, undecided), extras=(FIGURES,))
    root = ElementTree.fromstring(junit([report]))
    assert root.attrib == {"name": "derivcheck", "tests": "5", "failures": "1", "errors": "0"}
    children = {case.get("name"): [child.tag for child in case] for case in root.iter("testcase")}
    assert children == {
        "grad-V": [], "grad-b": ["failure"], UNREAD.title: ["skipped"], "grad-c": ["skipped"], "the optimiser": [],
    }  # fmt: skip
    suite = root[0]
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["5", "1", "0", "2"]


# What Jenkins' schema of the format (junit-10.xsd) allows where: attributes, those that must be, and children.
JUNIT = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, set(), {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped", "time"}, {"name", "tests", "failures", "errors"}, {"testcase"},
    ),
    "testcase": ({"name", "classname", "time"}, {"name"}, {"failure", "error", "skipped"}),
    "failure": ({"type", "message"}, set(), set()),
    "error": ({"type", "message"}, set(), set()),
    "skipped": ({"type", "message"}, set(), set()),
}  # fmt: skip


def test_junit_has_no_element_and_no_attribute_that_its_schema_lacks():
    wrong = Extra("curve", outcome=Outcome.WRONG, code="rate-differs")
    for element in ElementTree.fromstring(junit([replace(REPORT, extras=(FIGURES, wrong)), PASSING])).iter():
        allowed, required, children = JUNIT[element.tag]
        assert required <= set(element.attrib) <= allowed
        assert {child.tag for child in element} <= children
        assert element.tag != "testsuite" or re.fullmatch(r"\d+\.\d{3}", element.get("time", ""))


def test_the_names_of_cases_hold_no_line_and_are_all_different():
    report = replace(
        REPORT, results=(UNREAD, replace(UNREAD, name="line-14"), replace(UNREAD, name="cell-2-line-1")), findings=()
    )
    names = [case.get("name") for case in ElementTree.fromstring(junit([report])).iter("testcase")]
    assert names == [UNREAD.title, f"{UNREAD.title} (2)", f"{UNREAD.title} (3)"]


def test_an_error_of_our_own_is_an_error_and_an_error_of_no_claim_a_case_of_its_own():
    own = Finding("internal-error", Severity.ERROR, "it broke\x00", HOLDS.span, claim="grad-V")
    missing = Finding("missing-result", Severity.ERROR, "the result is missing", Span(0, 0))
    root = ElementTree.fromstring(junit([replace(PASSING, findings=(own, missing))]))
    assert [(case.get("name"), case[0].tag) for case in root.iter("testcase")] == [
        ("grad-V", "error"), ("missing-result: the result is missing", "failure"),
    ]  # fmt: skip


def test_an_annotation_escapes_what_would_end_it():
    finding = replace(ERROR, message="100% of it\r\n::error::faked", facts=(), help=None)
    report = replace(REPORT, source=Source("a,b:c.md", SOURCE.text), findings=(finding,), results=(WRONG,))
    line, counts = github([report], {}).splitlines()
    assert line == (
        "::error file=a%2Cb%3Ac.md,line=12,endLine=12,col=70,endColumn=71,title=derivcheck wrong-gradient"
        "::100%25 of it %0A::error::faked"
    )
    assert counts.startswith("4 definitions · 1 claim")


def test_paths_are_told_from_the_root_of_the_checkout(tmp_path, monkeypatch):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "block.md").write_text("x")
    monkeypatch.chdir(tmp_path / "docs")
    assert "file=docs/block.md," in github([REPORT], {"GITHUB_WORKSPACE": str(tmp_path)})
    assert json.loads(gitlab([REPORT], {"CI_PROJECT_DIR": str(tmp_path)}))[0]["location"]["path"] == "docs/block.md"


def test_the_summary_of_a_step_is_a_table_that_no_formula_breaks():
    summary = step_summary([replace(REPORT, results=(replace(WRONG, title="|x| < *a*"),))], strict=False)
    assert "| ❌ | &#124;x&#124; &lt; &#42;a&#42; | 11 | WRONG |" in summary
    assert "help: replace <code>x</code> by <code>r</code>" in summary


def test_gitlab_gets_what_its_code_quality_asks_for():
    entries = json.loads(gitlab([replace(REPORT, findings=(ERROR, ERROR))], {}))
    assert len({entry["fingerprint"] for entry in entries}) == 2
    for entry in entries:
        assert {"description", "check_name", "fingerprint", "severity", "location"} == set(entry)
        assert entry["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert entry["location"] == {"path": "block.md", "lines": {"begin": 12, "end": 12}}


def test_in_a_notebook_places_are_those_of_the_file_and_the_message_names_the_cell():
    raw = json.dumps(
        {"cells": [{"cell_type": "code", "source": ["1\n"]},
                   {"cell_type": "markdown", "source": ["<!-- cell 7 -->\n", "ü \"q\" $a$\n", "b"]}]},
        indent=1,
    )  # fmt: skip
    source = notebook("n.ipynb", raw)
    start = source.text.index("$a$") + 1
    finding = Finding(
        "wrong-identity", Severity.ERROR, "no", Span(start, start + 1), edits=(Edit(Span(start, start + 1), '"', "t"),)
    )
    report = replace(REPORT, source=source, results=(), findings=(finding,))
    (one,) = located(report)
    line = raw.split("\n")[one.start.line - 1]
    assert (line[one.start.column - 1 : one.end.column - 1], one.message) == ("a", "line 2 of cell 2: no")
    fix = results(report)[0]["fixes"][0]["artifactChanges"][0]["replacements"][0]
    assert fix["insertedContent"]["text"] == '\\"'
    assert fix["deletedRegion"]["startColumn"] == one.start.column
