"""What ships for other tools to read: the action, the hook, the metadata."""

from __future__ import annotations

import re
import shutil
import subprocess
import textwrap
import tomllib
from pathlib import Path

import pytest

from derivcheck.cli import cli
from derivcheck.patterns import DOCUMENTS

ROOT = Path(__file__).parents[1]
ACTION = (ROOT / "action.yml").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("bash") is None, reason="the action runs in bash")
def test_the_action_gives_its_inputs_to_the_command_and_runs_none_of_them(tmp_path: Path):
    script = textwrap.dedent(re.search(r"run: \|\n(.*)", ACTION, re.DOTALL)[1])
    assert "${{" not in script
    shim = tmp_path / "derivcheck"
    shim.write_text('#!/bin/sh\nfor one; do echo "[$one]"; done\n', encoding="utf-8")
    shim.chmod(0o755)
    (tmp_path / "a.md").write_text("", encoding="utf-8")
    inputs = {"PATHS": "notes/\n*.md\n$(touch bad) ; touch bad", "ARGS": "--strict -j 2", "SARIF": "out file.sarif"}
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", **{f"INPUT_{name}": value for name, value in inputs.items()}}
    done = subprocess.run(
        ["bash", "-e", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    said = re.findall(r"\[(.*?)\]", done.stdout)
    wanted = [
        "check",
        "--format",
        "github",
        "--output",
        "sarif=out file.sarif",
        "--strict",
        "-j",
        "2",
        "--",
        "notes/",
        "*.md",
    ]
    assert said[: len(wanted)] == wanted
    assert not (tmp_path / "bad").exists()


def test_what_the_action_and_the_hook_run_is_there():
    hook = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    assert re.search(r"^  entry: derivcheck check$", hook, re.MULTILINE)
    files = re.compile(re.search(r"^  files: (.*)$", hook, re.MULTILINE)[1])
    assert all(files.search(f"notes/a{suffix}") for suffix in DOCUMENTS)
    names = {option for one in cli.commands["check"].params for option in one.opts}
    assert {"--format", "--output"} <= names


def test_the_metadata_names_what_is_there():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    from importlib import import_module

    for module in project["project"]["entry-points"]["pytest11"].values():
        assert import_module(module)
    listed = project["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    assert all((ROOT / name.lstrip("/")).exists() for name in listed)
    for named in re.findall(r"`(derivcheck/[\w/.]+)`", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")):
        assert (ROOT / named).exists(), named
