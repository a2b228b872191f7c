"""What the README shows is what the program says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from derivcheck.cli import cli

README = Path(__file__).resolve().parent.parent / "README.md"
TEXT = README.read_text(encoding="utf-8")


def _example(name: str) -> str:
    found = re.search(rf"<!-- example: {re.escape(name)} -->\n````markdown\n(.*?)````", TEXT, re.DOTALL)
    assert found is not None, f"the README holds no example {name}"
    return found.group(1)


def _output(command: str) -> str:
    found = re.search(rf"<!-- output: {re.escape(command)} -->\n```\n\$ .*?\n(.*?)```", TEXT, re.DOTALL)
    assert found is not None, f"the README shows no output of {command}"
    return found.group(1)


def _without_time(text: str) -> list[str]:
    """The lines, without how long it took and without the last digits of rounding, which differ between machines."""
    lines = [re.sub(r"\s+seed 0 · [\d.]+ s$", "", line.rstrip()) for line in text.strip().splitlines()]
    return [re.sub(r"\d(\.\d)?e-\d+", "ε", line) for line in lines]


def test_the_first_derivation_gives_the_output_that_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "block.md").write_text(_example("block.md"), encoding="utf-8")
    result = CliRunner().invoke(cli, ["check", "block.md"], standalone_mode=False)
    assert _without_time(result.output) == _without_time(_output("derivcheck check block.md"))


def test_mending_the_line_as_the_output_says_makes_the_derivation_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    mended = _example("block.md").replace(r"\phi'(x)", r"\phi'(r)")
    (tmp_path / "block.md").write_text(mended, encoding="utf-8")
    result = CliRunner().invoke(cli, ["check", "block.md", "--strict"], standalone_mode=False)
    assert "2 claims: 2 proved, 0 wrong" in result.output


BLOCKS = re.findall(r"^```(?:yaml)?\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
COMMANDS = sorted(
    {command for block in BLOCKS for command in re.findall(r"(?:^|: )derivcheck (\w+)", block, re.MULTILINE)}
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_readme_is_one(command: str) -> None:
    assert command in cli.list_commands(None)  # type: ignore[arg-type]


def test_readings_functions_and_distributions_are_listed_as_the_tables_in_the_code_have_them() -> None:
    from derivcheck.functions import FUNCTIONS
    from derivcheck.meaning.readings import CONVENTIONS
    from derivcheck.problem.probability.distributions import FAMILIES

    def code(names: tuple[str, ...]) -> str:
        return ", ".join(f"`{name}`" for name in names)

    tables = {
        "readings": [f"| `{one.name}` | {code(one.choices)} | {one.about} |" for one in CONVENTIONS],
        "functions": [f"| `{name}` | {one.said} | {code(one.spellings)} |" for name, one in FUNCTIONS.items()],
        "distributions": [f"| {name} | {', '.join(one.parameters)} |" for name, one in FAMILIES.items()],
    }
    for name, rows in tables.items():
        listed = TEXT.partition(f"<!-- table: {name} -->\n")[2].partition("\n\n")[0].splitlines()[2:]
        assert listed == rows, name


def test_every_format_source_of_evidence_and_option_is_told() -> None:
    from derivcheck.oracles.table import ORACLES
    from derivcheck.report.formats import FORMATS

    docs = TEXT + "".join(path.read_text(encoding="utf-8") for path in (README.parent / "docs").glob("*.md"))
    named = {*FORMATS, *(one.name for one in ORACLES)} - {"numeric", "table"}  # it speaks as `values` and `autograd`
    assert not [name for name in named if f"`{name}`" not in TEXT and f"`--format {name}`" not in TEXT]
    options = {one for command in cli.commands.values() for one in command.params if one.param_type_name == "option"}
    assert not [one.opts for one in options if not any(name in docs for name in (*one.opts, *one.secondary_opts))]
