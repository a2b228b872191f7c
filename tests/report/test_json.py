from __future__ import annotations

import json
from dataclasses import fields, replace
from importlib import resources

import jsonschema
import pytest

from derivcheck.config import Settings
from derivcheck.report.json import plain, render, render_listing
from derivcheck.source import Source
from derivcheck.verdict import Evidence, Finding, Listed, Outcome, Verdict
from tests.report.fakes import FIGURES, HOLDS, NOTE, PASSING, PICTURE, REPORT, SOURCE, WRONG, evidence

SCHEMA = json.loads((resources.files("derivcheck.report") / "schema.json").read_text(encoding="utf-8"))
SETTINGS = Settings(sizes={"D": 4}, functions={"\\phi": "tanh"}, extra={"scale": float("inf")})
FULL = replace(REPORT, extras=(PICTURE, FIGURES), options=(("D", "4"),))


def no_constants(word: str) -> None:
    raise AssertionError(f"{word} is not JSON")


def parsed(*reports) -> dict:
    document = json.loads(render(reports, SETTINGS, "check"), parse_constant=no_constants)
    jsonschema.validate(document, SCHEMA)
    return document


def test_the_schema_is_itself_valid():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_a_report_with_everything_in_it_fits_the_schema():
    document = parsed(FULL)
    assert document["version"] == 1
    assert document["tool"]["name"] == "derivcheck"
    assert [claim["verdict"]["outcome"] for claim in document["claims"]] == ["holds", "wrong", "not checked"]
    assert document["summary"] == {
        "documents": 1, "definitions": 4, "claims": 3, "holds": 1, "proved": 0, "agrees": 1, "wrong": 1,
        "undecided": 0,
        "not_checked": 1, "skipped": 0, "seconds": 2.43, "exit_code": 1,
    }  # fmt: skip


def test_the_schema_refuses_a_report_that_lost_a_field():
    document = parsed(FULL)
    del document["findings"][0]["span"]["offset"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA)


def test_a_finding_has_its_place_as_offset_line_and_column_and_its_edits():
    finding = parsed(FULL)["findings"][0]
    span = finding["span"]
    assert (span["line"], span["column"]) == (12, 70)
    assert SOURCE.text[span["offset"] : span["end_offset"]] == "x"
    assert finding["edits"][0]["replacement"] == "r"


def test_nan_and_infinity_are_words():
    verdict = Verdict(
        Outcome.HOLDS, (evidence("autograd", error=float("nan"), bar=float("inf"), claimed=float("-inf")),)
    )
    claim = parsed(replace(PASSING, results=(replace(HOLDS, verdict=verdict),)))["claims"][0]
    assert claim["evidence"][0]["error"] == "nan"
    assert claim["evidence"][0]["bar"] == "inf"
    assert claim["evidence"][0]["claimed"] == "-inf"


def test_several_documents_are_one_document_and_every_entry_says_its_path():
    other = replace(PASSING, source=Source("other.md", SOURCE.text))
    document = parsed(FULL, other)
    assert [entry["path"] for entry in document["documents"]] == ["block.md", "other.md"]
    assert [claim["path"] for claim in document["claims"]] == ["block.md"] * 3 + ["other.md"]
    assert document["summary"]["claims"] == 4


def test_no_field_of_an_evidence_or_a_finding_is_left_out():
    document = parsed(FULL)
    assert {field.name for field in fields(Evidence)} == set(document["claims"][0]["evidence"][0])
    # A trace names places of this machine: it goes to stderr, on demand.
    assert {field.name for field in fields(Finding)} - {"trace"} | {"path"} == set(document["findings"][0])


def test_a_strict_run_has_the_exit_code_of_a_strict_run():
    report = replace(PASSING, results=(HOLDS, replace(WRONG, verdict=Verdict(Outcome.UNDECIDED))))
    assert json.loads(render([report], Settings(), "check"))["summary"]["exit_code"] == 0
    assert json.loads(render([report], Settings(strict=True), "check"))["summary"]["exit_code"] == 1


def test_the_text_is_ascii_and_ends_with_one_line_end():
    text = render([replace(FULL, findings=(replace(NOTE, message="half \ud800"),))], SETTINGS, "check")
    assert text.isascii()
    assert text.endswith("}\n")


def test_any_value_of_a_setting_becomes_json():
    assert plain({"a": (1, 2.5, float("nan"), None, True, {3})}) == {"a": [1, 2.5, "nan", None, True, "{3}"]}


def test_a_listing_fits_the_schema():
    text = render_listing(
        SOURCE, (Listed(3, "declaration", "x", "x ∈ ℝᴰ", "D × 1"), Listed(9, "not read", "", "?", note="why"))
    )
    document = json.loads(text)
    jsonschema.validate(document, SCHEMA)
    assert document["lines"][0]["shapes"] == "D × 1"
