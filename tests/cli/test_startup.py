"""What start-up must not cost: looked for in sys.modules, as times depend on the machine."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cli.running import environment

HEAVY = ("torch", "flint", "numpy", "rich", "sympy", "mpmath", "derivcheck.engine", "derivcheck.report.screen")


def loaded_after(script: str, **more: str) -> set[str]:
    script += "\nimport sys; sys.stderr.write(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, encoding="utf-8", env=environment(**more), check=True
    )
    return set(done.stderr.split())


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["check", "--help"], ["resblock", "--help"], ["chek"]]
)
def test_help_version_and_bad_usage_load_nothing_heavy(arguments):
    loaded = loaded_after(f"from derivcheck.cli import run\nrun({arguments!r})")
    assert "click" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_completion_names_the_commands_and_loads_nothing_heavy():
    script = "from derivcheck.cli import run\nassert run([]) == 0"
    words = {"_DERIVCHECK_COMPLETE": "bash_complete", "COMP_WORDS": "derivcheck res", "COMP_CWORD": "1"}
    assert loaded_after(script, **words).isdisjoint(HEAVY)
    done = subprocess.run(
        [sys.executable, "-m", "derivcheck"],
        capture_output=True,
        encoding="utf-8",
        env=environment(**words),
        check=True,
    )
    assert done.stdout.strip() == "plain,resblock"


def test_completion_knows_the_options_of_a_command():
    words = {"_DERIVCHECK_COMPLETE": "bash_complete", "COMP_WORDS": "derivcheck resblock --d", "COMP_CWORD": "2"}
    done = subprocess.run(
        [sys.executable, "-m", "derivcheck"],
        capture_output=True,
        encoding="utf-8",
        env=environment(**words),
        check=True,
    )
    assert done.stdout.split() == ["plain,--derivation", "plain,--dim"]


def test_the_completion_script_can_be_printed():
    done = subprocess.run(
        [sys.executable, "-m", "derivcheck"],
        capture_output=True,
        encoding="utf-8",
        env=environment(_DERIVCHECK_COMPLETE="zsh_source"),
        check=True,
    )
    assert "_DERIVCHECK_COMPLETE" in done.stdout


def test_writing_a_derivation_needs_no_torch(tmp_path):
    path = str(tmp_path / "mine.md")
    loaded = loaded_after(f"from derivcheck.cli import run\nassert run(['resblock', '--write', {path!r}]) == 0")
    assert "torch" not in loaded
