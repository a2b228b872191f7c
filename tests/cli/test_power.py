"""``derivcheck power``: exit codes, the forms of its report, the published operators, and the homework commands."""

from __future__ import annotations

import json
import re
from importlib import resources

import jsonschema
import pytest

from derivcheck.cli import run
from derivcheck.power.mutants import PUBLISHED
from tests.cli.running import RIGHT, WRONG
from tests.cli.test_startup import loaded_after

SCHEMA = json.loads((resources.files("derivcheck.report") / "schema.json").read_text(encoding="utf-8"))
LAST = re.compile(r"(\d+) mutants: (\d+) killed, (\d+) shown equivalent, (\d+) open")
WEAK = RIGHT.replace("and $y = x^2$", "and $y = x^2$, $k = 3 x$")


@pytest.fixture
def written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(text: str) -> str:
        (tmp_path / "a.md").write_text(text, encoding="utf-8")
        return "a.md"

    return write


def test_a_derivation_whose_every_edit_is_seen_passes(written, capsys):
    assert run(["power", written(RIGHT)]) == 0
    out = capsys.readouterr().out
    mutants, killed, same, left = map(int, LAST.fullmatch(out.splitlines()[-1]).groups())
    assert mutants == killed + same + left
    assert left == 0
    assert killed > 5
    assert all(name in out for name, _ in PUBLISHED)


def test_an_open_edit_fails_the_run_and_is_shown_with_its_place(written, capsys):
    assert run(["power", written(WEAK)]) == 1
    out = capsys.readouterr().out
    assert f"--> a.md:1:{WEAK.index('3 x') + 1} " in out
    assert "no claim depends on it" in out
    assert int(LAST.fullmatch(out.splitlines()[-1]).group(4)) > 0


def test_a_wrong_claim_fails_the_run(written, capsys):
    assert run(["power", written(WRONG)]) == 1
    assert "only a claim that holds can be tested so" in capsys.readouterr().out


def test_a_document_without_claims_fails_the_run(written, capsys):
    assert run(["power", written("Nothing but prose.\n")]) == 1
    assert "no claim was found" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["power"], ["power", "nowhere.md"], ["power", "a.md", "b.md"], ["power", "a.md", "--claim", "no"]]
)
def test_usage_and_unreadable_files_exit_with_2(written, capsys, arguments):
    written(RIGHT)
    assert run(arguments) == 2
    assert capsys.readouterr().out == ""


def test_concise_is_one_open_edit_a_line_and_the_summary_last(written, capsys):
    assert run(["power", written(WEAK), "--format", "concise", "-q"]) == 1
    *lines, last = capsys.readouterr().out.splitlines()
    assert lines
    assert all(re.match(r"a\.md:\d+:\d+: open definition ", line) for line in lines)
    assert int(LAST.fullmatch(last).group(4)) == len(lines)


def test_verbose_shows_every_proof(written, capsys):
    path = written(RIGHT.replace("2 x $$", "x + x $$"))
    run(["power", path, "--format", "concise"])
    assert ": equivalent " not in capsys.readouterr().out
    run(["power", path, "--format", "concise", "-v"])
    assert "the same by the rules" in capsys.readouterr().out


@pytest.mark.parametrize("text", [RIGHT, WEAK, WRONG])
def test_json_is_one_document_that_fits_the_schema(written, capsys, text):
    code = run(["power", written(text), "--format", "json"])
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, SCHEMA)
    summary = document["summary"]
    assert summary["exit_code"] == code
    assert summary["mutants"] == summary["killed"] + summary["equivalent"] + summary["open"]
    assert sum(one["fate"] != "not a mutant" for one in document["mutants"]) == summary["mutants"]
    assert sum(row["open"] for row in document["operators"]) == summary["open"]


def test_the_operators_are_published(written, capsys):
    assert run(["power", "--operators"]) == 0
    assert [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()] == [name for name, _ in PUBLISHED]
    assert run(["power", "--operators", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, SCHEMA)
    assert document["operators"][0]["name"] == PUBLISHED[0][0]


def test_the_list_of_operators_waits_for_nothing_heavy():
    assert "torch" not in loaded_after("from derivcheck.cli import run\nrun(['power', '--operators'])")


def test_a_homework_is_tested_in_the_same_way(capsys):
    assert run(["resblock", "--power", "--claim", "grad-r-2"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("backpropagation through a residual block")
    assert int(LAST.fullmatch(out.splitlines()[-1]).group(2)) > 10


def test_your_own_derivation_is_tested_against_itself(written, capsys):
    assert run(["mlp", "--power", "--derivation", written(WEAK)]) == 1
    assert LAST.fullmatch(capsys.readouterr().out.splitlines()[-1])


def test_power_and_write_exclude_each_other(written, capsys):
    assert run(["mlp", "--power", "--write", "b.md"]) == 2
    assert "exclude each other" in capsys.readouterr().err
