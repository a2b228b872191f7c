"""``check --fix`` and ``--diff``: what is written, what is left alone."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from derivcheck import diagnostics
from derivcheck.cli import cli

# the first is proved after its edit, the second rests on quadrature
PROVED = "Let $x, b \\in \\mathbb{R}^{n}$ and $y = x^\\top x + b^\\top x$.\n\n$$ \\frac{\\partial y}{\\partial x} = 2 b + b $$\n"
NUMBERS = "Let $a, b > 0$.\n\n$$ \\int_0^\\infty e^{-a x^2} \\, dx = \\frac{1}{2} \\sqrt{\\frac{\\pi}{b}} $$\n"


def run(*arguments: str):
    return CliRunner().invoke(cli, ["check", *arguments], standalone_mode=False)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_is_proved_is_written_and_nothing_else_of_the_file_changes(folder: Path):
    text = PROVED.replace("\n", "\r\n").encode()
    (folder / "real.md").write_bytes(b"\xef\xbb\xbf" + text)
    (folder / "real.md").chmod(0o600)
    (folder / "a.md").symlink_to("real.md")
    first = run("a.md", "--fix", "--format", "concise")
    mended = (folder / "real.md").read_bytes()
    assert mended == b"\xef\xbb\xbf" + text.replace(b"2 b", b"2 x")
    assert (folder / "real.md").stat().st_mode & 0o777 == 0o600
    assert (folder / "a.md").is_symlink()
    assert first.return_value == 0  # all is mended
    assert "a.md: 1 correction written: replace `b` by `x`" in first.stderr
    second = run("a.md", "--fix", "--format", "concise")
    assert (second.return_value, (folder / "real.md").read_bytes(), second.stderr) == (0, mended, "")


def test_what_numbers_confirm_is_written_only_when_that_is_asked_for(folder: Path):
    (folder / "a.md").write_text(NUMBERS)
    told = run("a.md", "--fix", "--format", "concise")
    assert (told.return_value, (folder / "a.md").read_text()) == (1, NUMBERS)
    assert "a.md: 1 correction is not proved; --unsafe takes what numbers confirm" in told.stderr
    assert run("a.md", "--fix", "--unsafe").return_value == 0
    assert (folder / "a.md").read_text() == NUMBERS.replace("{b}", "{a}")


def test_a_difference_is_shown_and_nothing_is_written(folder: Path):
    (folder / "a.md").write_text(PROVED + "last line")
    result = run("a.md", "--diff")
    assert result.return_value == 1
    assert (folder / "a.md").read_text() == PROVED + "last line"
    assert result.stdout.splitlines()[:2] == ["--- a.md", "+++ a.md"]
    assert (
        "-$$ \\frac{\\partial y}{\\partial x} = 2 b + b $$\n+$$ \\frac{\\partial y}{\\partial x} = 2 x + b $$"
        in result.stdout
    )
    assert result.stdout.endswith(" last line\n\\ No newline at end of file\n")


def test_a_notebook_is_edited_inside_its_string(folder: Path):
    cells = [
        {"cell_type": "code", "source": ["x = 2 b"], "metadata": {}},
        {"cell_type": "markdown", "source": ["ü\n", *PROVED.splitlines(keepends=True)], "metadata": {"a":  1}},
    ]  # fmt: skip
    raw = json.dumps({"cells": cells, "nbformat": 4}, indent=3, ensure_ascii=False).replace('"a": 1', '"a"  :1.0e0')
    (folder / "n.ipynb").write_text(raw, encoding="utf-8")
    assert run("n.ipynb", "--fix").return_value == 0
    assert (folder / "n.ipynb").read_text(encoding="utf-8") == raw.replace("= 2 b + b", "= 2 x + b")


def test_a_file_that_cannot_be_replaced_is_left_alone_with_a_message(folder: Path):
    (folder / "a.md").write_text(PROVED)
    os.link(folder / "a.md", folder / "b.md")
    result = run("a.md", "--fix", "--format", "concise")
    assert (result.return_value, (folder / "a.md").read_text()) == (2, PROVED)
    assert "a.md: has several names (hard links); nothing was written" in result.stderr


def test_reports_go_to_files_beside_what_is_printed_and_never_over_a_document(folder: Path):
    (folder / "a.md").write_text("Let $x \\in \\mathbb{R}$. Then $x + x = 2 x$.\n")
    result = run("a.md", "--format", "concise", "--output", "json=r.json", "--output", "junit=r.xml")
    assert result.return_value == 0
    assert "1 claim: 1 proved" in result.stdout
    assert json.loads((folder / "r.json").read_text())["summary"]["holds"] == 1
    assert (folder / "r.xml").read_text().startswith("<?xml")
    before = (folder / "a.md").read_text()
    for wrong, message in (
        ("json=a.md", "is a document to be checked"),
        ("jsn=r", "did you mean `json`"),
        ("r.json", "give a format and a file"),
        ("json=no/such/r.json", "cannot be written"),
    ):
        failed = run("a.md", "--output", wrong)
        assert message in str(failed.exception.format_message())
    assert (folder / "a.md").read_text() == before


def test_in_a_workflow_the_step_gets_a_summary_below_that_of_others(folder: Path, monkeypatch: pytest.MonkeyPatch):
    (folder / "a.md").write_text("Let $x \\in \\mathbb{R}$. Then $x + x = 2 x$.\n")
    (folder / "summary").write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary"))
    assert run("a.md", "--format", "github").return_value == 0
    told = (folder / "summary").read_text()
    assert told.startswith("before\n### derivcheck: 0 definitions · 1 claim: 1 proved")
    assert "| ✅ | x + x | 1 | proved" in told


def test_a_definition_is_corrected_where_all_that_rests_on_it_is_then_proved(folder: Path):
    text = diagnostics.entries()["wrong-definition"].found_in
    (folder / "a.md").write_text(text)
    assert run("a.md", "--fix", "--format", "concise").return_value == 0
    assert (folder / "a.md").read_text() == text.replace("p = 2 w", "p = w")


def test_what_asks_for_a_part_of_a_document_is_not_corrected(folder: Path):
    (folder / "a.md").write_text(PROVED)
    for arguments, message in (
        (("--fix", "--claim", "grad-x"), "leave out --claim"),
        (("--unsafe",), "--unsafe goes with --fix or --diff"),
    ):
        assert message in run("a.md", *arguments).exception.format_message()
    assert (folder / "a.md").read_text() == PROVED
