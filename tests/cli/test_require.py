"""How far a claim holds: in every form of the report, and as what a run may ask for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from derivcheck.cli import cli

PROVED = "Let $x, y \\in \\mathbb{R}^n$.\n\n$$ \\|x - y\\|^2 = x^\\top x - 2 x^\\top y + y^\\top y $$\n"
AT_SIZES = "Let $A \\in \\mathbb{R}^{n \\times n}$.\n\n$$ \\det(A^\\top) = \\det(A) $$\n"
AGREES = (
    "Let $s \\in \\mathbb{R}$.\n\n$$ \\arctan(\\sinh(s)) = 2 \\arctan(\\tanh(s / 2)) $$\n\n$$ \\cosh(s) \\ge 1 $$\n"
)
MARKED = "\n<!-- derivcheck: expect wrong -->\n$$ x^\\top y = 2 x^\\top y $$\n"


def run(folder: Path, text: str, *arguments: str):
    (folder / "a.md").write_text(text, encoding="utf-8")
    return CliRunner().invoke(cli, ["check", str(folder / "a.md"), *arguments], standalone_mode=False)


def test_a_proof_says_for_which_sizes_it_stands_and_agreement_how_far_it_sees(tmp_path: Path):
    assert "proved, error < 1e-" in run(tmp_path, PROVED).stdout
    assert "proved at n = 2, 3, 4, 5, error < 1e-" in run(tmp_path, AT_SIZES).stdout
    said = run(tmp_path, AGREES).stdout
    assert "agrees to 1e-100" in said
    assert "agrees at " in said
    assert "2 agree, 0 wrong" in said


def test_the_json_says_proved_or_agrees_and_counts_them_apart(tmp_path: Path):
    report = json.loads(run(tmp_path, PROVED + AGREES + MARKED, "--format", "json").stdout)
    assert [claim["verdict"]["strength"] for claim in report["claims"]] == ["proved", "agrees", "agrees", None]
    summary = report["summary"]
    assert (summary["holds"], summary["proved"], summary["agrees"], summary["wrong"]) == (4, 1, 2, 0)


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [(PROVED + MARKED, 0, []), (AT_SIZES, 0, []), (PROVED + AGREES, 1, ["cosh", "arctan"])],
)
def test_a_run_may_ask_for_proofs(tmp_path: Path, text: str, code: int, named: list[str]):
    result = run(tmp_path, text, "--require", "proved", "--format", "concise")
    assert result.return_value == code
    (told,) = [line for line in result.stdout.splitlines() if "not-proved" in line] or [""]
    assert all(name in told for name in named)
    assert bool(told) == bool(named)
    assert run(tmp_path, text).return_value == 0


def test_a_configuration_may_ask_for_proofs(tmp_path: Path):
    (tmp_path / "c.toml").write_text('require = "proved"\n')
    assert run(tmp_path, AGREES, "--config", str(tmp_path / "c.toml")).return_value == 1
