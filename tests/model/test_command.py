r"""``--model`` on the command line: exit codes, one message, and the functions of a Python file beside their docstrings."""

from __future__ import annotations

from pathlib import Path

import pytest

from derivcheck.cli import run

KERNELS = r'''
r"""Let $x \in \mathbb{R}^{D}$."""


def double(x):
    r"""With $y = 2 x$ the square is $y^\top y = 4 x^\top x$."""
    return 2 * x


def square(x):
    r"""Here $y = x^\top x$, so $y - x^\top x = 0$."""
    print("noise")
    return 2 * x @ x


def unrelated(text):
    r"""Costs $5 or so; nothing is said of it."""
'''


def test_each_function_is_held_against_its_own_docstring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("ops.py").write_text(KERNELS, encoding="utf-8")
    assert run(["check", "ops.py", "--model", "."]) == 1
    said = capsys.readouterr()
    assert "derivation and double at the same inputs  holds" in said.out
    assert "`y` of the derivation differs from that of square" in said.out
    assert "2 claims: 2 proved" in said.out
    assert "noise" not in said.out
    assert "noise" in said.err
    assert run(["check", "ops.py", "--model", ".:double"]) == 0


@pytest.mark.parametrize(
    ("model", "said"), [("no_such:f", "importing no_such failed"), ("ops", "names no model"), (".", "no Python file")]
)
def test_what_cannot_be_imported_ends_with_exit_code_2_and_one_message(
    model: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.md").write_text("$1 + 1 = 2$\n", encoding="utf-8")
    assert run(["check", "a.md", "--model", model]) == 2
    told = capsys.readouterr().err.strip()
    assert told.startswith(f"derivcheck: error: --model {model}: ")
    assert said in told
    assert "\n" not in told
