"""What the commands ask of the engine and how they pass on what it says, with another engine behind them."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from derivcheck.cli import run
from derivcheck.commands.choosing import find
from derivcheck.config import Settings, SettingsError, UnknownClaim
from derivcheck.patterns import documents_below
from derivcheck.verdict import Listed, Outcome
from tests.cli.running import RIGHT, a_report, here, with_engine


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("a.md", "b.tex", "sub/c.ipynb", "sub/d.QMD", ".hidden/e.md", "sub/.f.md", "g.txt", "sub/h.markdown"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text('{"cells": [], "nbformat": 4}' if name.endswith("ipynb") else RIGHT, encoding="utf-8")
    return tmp_path


@pytest.fixture
def asked(monkeypatch) -> list[tuple[str, Settings]]:
    """Every call of the engine: the path and the settings. It finds one claim that holds."""
    calls: list[tuple[str, Settings]] = []

    def check(source, settings):
        calls.append((source.path, settings))
        return a_report(source, settings, Outcome.HOLDS)

    with_engine(monkeypatch, check)
    return calls


def test_a_directory_stands_for_the_documents_below_it_sorted_without_hidden_ones(folder):
    assert list(documents_below(".")) == ["a.md", "b.tex", "sub/c.ipynb", "sub/d.QMD", "sub/h.markdown"]


def test_a_file_that_is_named_twice_or_also_found_is_checked_once(folder):
    assert [one.path for one in find(["sub/h.markdown", "sub", "./sub/h.markdown"])] == [
        "./sub/h.markdown", "sub/c.ipynb", "sub/d.QMD"
    ]  # fmt: skip


def test_a_file_that_is_named_is_read_whatever_its_name(folder, asked):
    assert run(["check", "g.txt", ".hidden/e.md"]) == 0
    assert [path for path, _ in asked] == ["g.txt", ".hidden/e.md"]


def test_the_options_become_settings(folder, asked):
    run(
        ["check", "a.md", "--seed", "3", "--trials", "7", "--sizes", "D=4", "--size", "n=5", "--claim", "x", "--strict"]
    )
    assert asked[0][1] == Settings(seed=3, trials=7, sizes={"D": 4, "n": 5}, claim="x", strict=True)


def test_the_command_line_beats_the_configuration_and_it_beats_the_defaults(folder, asked):
    Path("my.toml").write_text("seed = 5\ntrials = 6\nstrict = true\n[sizes]\nD = 7\nE = 8\n", encoding="utf-8")
    run(["check", "a.md", "--config", "my.toml", "--seed", "9", "--sizes", "D=3", "--no-strict"])
    assert asked[0][1] == Settings(seed=9, trials=6, sizes={"D": 3, "E": 8}, config="my.toml")


def test_a_claim_need_be_in_one_document_of_several(folder, monkeypatch, capsys):
    def check(source, settings):
        if source.path == "a.md":
            raise UnknownClaim(f"{source.path}: there is no claim named {settings.claim}")
        return a_report(source, settings, Outcome.HOLDS)

    with_engine(monkeypatch, check)
    assert run(["check", "a.md", "b.tex", "--claim", "grad"]) == 0
    assert run(["check", "a.md", "--claim", "grad"]) == 2
    assert "there is no claim named grad" in capsys.readouterr().err


def test_settings_that_the_engine_refuses_exit_2_with_its_message(folder, monkeypatch, capsys):
    def check(source, settings):
        raise SettingsError("there is no size `Q` in this document")

    with_engine(monkeypatch, check)
    assert run(["check", "a.md"]) == 2
    assert capsys.readouterr() == ("", "derivcheck: error: there is no size `Q` in this document\n")


@pytest.mark.parametrize("error", [ValueError("went wrong\nin detail"), RecursionError(), KeyError("x"), MemoryError()])
def test_an_exception_is_a_bug_in_derivcheck_and_exits_2_without_a_traceback(folder, monkeypatch, capsys, error):
    def check(source, settings):
        raise error

    with_engine(monkeypatch, check)
    monkeypatch.delenv("DERIVCHECK_TRACEBACK", raising=False)
    assert run(["check", "a.md"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "this is a bug in derivcheck" in err
    assert type(error).__name__ in err
    assert "DERIVCHECK_TRACEBACK=1" in err
    assert "Traceback" not in err


def test_the_traceback_is_shown_to_whoever_asks_for_it(folder, monkeypatch):
    def check(source, settings):
        raise ValueError("went wrong")

    with_engine(monkeypatch, check)
    monkeypatch.setenv("DERIVCHECK_TRACEBACK", "1")
    with pytest.raises(ValueError, match="went wrong"):
        run(["check", "a.md"])


def test_ctrl_c_in_the_engine_exits_130(folder, monkeypatch):
    def check(source, settings):
        raise KeyboardInterrupt

    with_engine(monkeypatch, check)
    assert run(["check", "a.md"]) == 130


@pytest.mark.parametrize(
    ("outcomes", "plain", "strict"),
    [
        ([Outcome.HOLDS], 0, 0),
        ([Outcome.HOLDS, Outcome.WRONG], 1, 1),
        ([Outcome.HOLDS, Outcome.UNDECIDED], 0, 1),
        ([Outcome.HOLDS, Outcome.NOT_CHECKED], 0, 1),
        ([Outcome.UNDECIDED], 1, 1),
        ([Outcome.NOT_CHECKED], 1, 1),
        ([], 1, 1),
    ],
)
def test_outcomes_become_exit_codes(folder, monkeypatch, outcomes, plain, strict):
    with_engine(monkeypatch, lambda source, settings: a_report(source, settings, *outcomes))
    assert run(["check", "a.md"]) == plain
    assert run(["check", "a.md", "--strict"]) == strict


def test_a_file_without_claims_in_a_directory_is_noted_and_does_not_fail_the_run(folder, monkeypatch, capsys):
    def check(source, settings):
        return a_report(source, settings, *[Outcome.HOLDS][: source.path == "a.md"])

    with_engine(monkeypatch, check)
    assert run(["check", "."]) == 0
    assert "b.tex:1:1: no claim in this file; skipped" in capsys.readouterr().out


def test_json_is_one_document_for_several_files_and_nothing_else(folder, asked, capsys):
    run(["check", "a.md", "b.tex", "--format", "json"])
    out, err = capsys.readouterr()
    assert [document["path"] for document in json.loads(out)["documents"]] == ["a.md", "b.tex"]
    assert err == ""


def test_a_pipe_gets_no_colour_unless_it_is_asked_for(folder, asked, capsys, monkeypatch):
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    run(["check", "a.md"])
    assert "\x1b" not in capsys.readouterr().out
    run(["check", "a.md", "--color", "always"])
    assert "\x1b[" in capsys.readouterr().out
    monkeypatch.setenv("FORCE_COLOR", "1")
    run(["check", "a.md", "--color", "never"])
    assert "\x1b" not in capsys.readouterr().out


def test_list_shows_how_lines_were_read_in_three_forms(folder, monkeypatch, capsys):
    lines = (Listed(1, "declaration", "x", "x ∈ ℝ", "1 × 1"),)
    with_engine(monkeypatch, lambda source, settings: a_report(source, settings), lambda source: lines)
    assert run(["list", "a.md"]) == 0
    assert "declaration" in capsys.readouterr().out
    run(["list", "a.md", "--format", "concise"])
    assert capsys.readouterr().out.startswith("a.md:1: declaration x: x ∈ ℝ (1 × 1)\n")
    run(["list", "a.md", "--format", "json"])
    assert json.loads(capsys.readouterr().out)["lines"][0]["name"] == "x"


@pytest.fixture
def homework(monkeypatch) -> list[tuple]:
    """Every call of the homework runner; its report holds one claim."""
    import derivcheck.homework
    from derivcheck.source import Source

    calls: list[tuple] = []

    def run_homework(name, settings, derivation, as_handed_in):
        calls.append((name, settings, derivation, as_handed_in))
        return a_report(Source(f"{name}.md", ""), settings, Outcome.HOLDS, Outcome.UNDECIDED)

    monkeypatch.setattr(derivcheck.homework, "run", run_homework, raising=False)
    return calls


def test_a_homework_is_strict_unless_told_otherwise(homework, capsys):
    assert run(["mlp"]) == 1
    assert run(["mlp", "--no-strict"]) == 0


def test_a_homework_takes_its_dimension_and_its_activation_from_the_command_line(homework, capsys):
    run(["resblock", "--dim", "6", "--phi", "tanh", "--seed", "3"])
    name, settings, derivation, as_handed_in = homework[0]
    assert (name, derivation, as_handed_in) == ("resblock", None, False)
    assert (settings.sizes, settings.functions, settings.seed) == ({"D": 6}, {"\\phi": "tanh"}, 3)


def test_ppca_takes_its_sizes_and_its_noise_from_the_command_line_over_the_configuration(homework, tmp_path, capsys):
    (tmp_path / "c.toml").write_text("[values]\nsigma = 2\n[sizes]\nN = 9\n", encoding="utf-8")
    run(["ppca", "--dim", "6", "--config", str(tmp_path / "c.toml")])
    run(["ppca", "--samples", "20", "--sigma", "0.5", "--config", str(tmp_path / "c.toml")])
    assert [(call[1].sizes, call[1].values) for call in homework] == [
        ({"J": 6, "N": 9}, {"\\sigma": 2.0}),
        ({"N": 20}, {"\\sigma": 0.5}),
    ]


def test_an_arbitrary_activation_beats_the_one_of_the_configuration(homework, tmp_path, capsys):
    (tmp_path / "c.toml").write_text('[functions]\nphi = "relu"\n', encoding="utf-8")
    run(["resblock", "--config", str(tmp_path / "c.toml")])
    run(["resblock", "--config", str(tmp_path / "c.toml"), "--phi", "arbitrary"])
    assert [call[1].functions for call in homework] == [{"\\phi": "relu"}, {}]


def test_a_homework_checks_your_derivation_or_the_one_handed_in(homework, capsys):
    run(["mlp", "--derivation", "mine.md"])
    run(["mlp", "--as-handed-in"])
    assert [(call[2], call[3]) for call in homework] == [(Path("mine.md"), False), (None, True)]


def test_write_creates_the_document_and_nothing_else_and_never_overwrites(tmp_path, monkeypatch, capsys):
    from derivcheck.homework import document

    monkeypatch.chdir(tmp_path)
    assert run(["resblock", "--write", "mine.md"]) == 0
    assert "derivcheck resblock --derivation mine.md" in capsys.readouterr().out
    assert Path("mine.md").read_text(encoding="utf-8") == document("resblock").text
    Path("mine.md").write_text("my work", encoding="utf-8")
    assert run(["resblock", "--write", "mine.md"]) == 2
    assert Path("mine.md").read_text(encoding="utf-8") == "my work"
    assert [path.name for path in tmp_path.iterdir()] == ["mine.md"]


def test_write_can_give_the_solution_as_it_was_handed_in(tmp_path, capsys):
    from derivcheck.homework import document

    assert run(["mlp", "--as-handed-in", "--write", str(tmp_path / "h.md")]) == 0
    assert (tmp_path / "h.md").read_text(encoding="utf-8") == document("mlp", as_handed_in=True).text


def test_the_report_of_a_closed_stdout_is_dropped_and_the_exit_code_kept(folder, asked, monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    assert run(["check", "a.md"]) == 0
    sys.stdout.close()


def test_a_report_for_quiet_is_the_summary(folder, asked, capsys):
    run(["check", "a.md", "-q"])
    assert capsys.readouterr().out.count("\n") == 1


def test_replacing_settings_keeps_what_a_file_said_about_a_homework(homework, capsys):
    run(["resblock", "--seed", "4"])
    assert homework[0][1] == replace(homework[0][1], seed=4, strict=True, draws=3, trials=4)


def test_pipes_and_devices_in_a_directory_are_passed_over(folder):
    os.mkfifo(folder / "sub" / "pipe.md")
    (folder / "sub" / "lost.md").symlink_to("nowhere")
    names = [Path(path).name for path in documents_below(str(folder))]
    assert "pipe.md" not in names
    assert "lost.md" in names


def test_a_reading_is_fixed_by_the_project_the_document_or_the_command_line_which_wins(tmp_path):
    document = (
        "Let $X, P \\in \\mathbb{R}^{n \\times k}$ with $P = \\operatorname{softmax}(X)$, so that\n\n"
        "$$ \\sum_{j=1}^k P_{ij} = 1 $$\n"
    )
    (tmp_path / "open.md").write_text(document)
    (tmp_path / "fixed.md").write_text("<!-- derivcheck: reading softmax-axis=rows -->\n" + document)
    assert "no claim could be checked" in here("check", "open.md", cwd=tmp_path).stdout
    assert "1 proved" in here("check", "open.md", "--reading", "softmax-axis=rows", cwd=tmp_path).stdout
    (tmp_path / "derivcheck.toml").write_text('[readings]\nsoftmax-axis = "columns"\n')
    assert "1 wrong" in here("check", "open.md", cwd=tmp_path).stdout
    assert "1 proved" in here("check", "fixed.md", cwd=tmp_path).stdout
    insisting = here("check", "fixed.md", "--reading", "softmax-axis=columns", cwd=tmp_path).stdout
    assert "1 wrong" in insisting
    assert "--reading softmax-axis=columns" in insisting


def test_a_reading_or_choice_that_there_is_not_is_refused_with_what_may_be_meant(tmp_path):
    (tmp_path / "a.md").write_text("<!-- derivcheck: reading softmax=rows ones=colum rows -->\n" + RIGHT)
    for option, told in (
        ("sofmax-axis=rows", "`sofmax-axis` is no reading; did you mean `softmax-axis`?"),
        ("ones=colum", "`ones` takes one of number, column, not `colum`; did you mean `column`?"),
        ("rows", "give a name and a choice"),
    ):
        refused = here("list", "a.md", "--reading", option, cwd=tmp_path)
        assert refused.returncode == 2
        assert told in refused.stderr
    told = here("check", "a.md", "--format", "concise", cwd=tmp_path).stdout
    assert "`softmax` is no reading; did you mean `softmax-axis`?" in told
    assert "did you mean `column`?" in told
    assert "`rows` is no reading" in told
