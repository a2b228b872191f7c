"""The configuration of a project, and what applies to which document."""

from __future__ import annotations

from pathlib import Path

import pytest

from derivcheck.config import Settings, SettingsError
from derivcheck.project import project
from tests.cli.running import RIGHT, a_report, here, with_engine

WHOLE = """
[tool.other]
seed = "not ours"

[tool.derivcheck]
seed = 3
strict = true
include = ["notes/"]
exclude = ["old.md"]

[tool.derivcheck.sizes]
D = 4

[tool.derivcheck.files."notes/long.md"]
trials = 9
sizes = { N = 7 }
readings = { softmax-axis = "rows" }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("notes/a.md", "notes/long.md", "notes/old.md", "other.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(RIGHT, encoding="utf-8")
    return tmp_path


def test_the_nearest_file_applies_and_parts_of_it_to_some_documents(folder: Path, monkeypatch):
    Path("pyproject.toml").write_text(WHOLE, encoding="utf-8")
    found = project(folder=folder / "notes")
    assert found.path == folder / "pyproject.toml"
    assert found.settings(Settings(), "notes/a.md") == Settings(seed=3, strict=True, sizes={"D": 4})
    assert found.settings(Settings(), "notes/long.md") == Settings(
        seed=3, strict=True, trials=9, sizes={"D": 4, "N": 7}
    )
    assert found.readings("notes/long.md") == (("softmax-axis", "rows"),)
    Path("notes/derivcheck.toml").write_text("seed = 5", encoding="utf-8")
    assert project(folder=folder / "notes").settings(Settings()).seed == 5


def test_a_pyproject_without_our_table_is_passed_over(folder: Path):
    Path("derivcheck.toml").write_text("seed = 5", encoding="utf-8")
    Path("notes/pyproject.toml").write_text("[tool.other]\nderivcheck = 1\n", encoding="utf-8")
    assert project(folder=folder / "notes").settings(Settings()).seed == 5


def test_a_run_looks_at_what_is_included_under_the_settings_of_each(folder: Path, monkeypatch):
    Path("pyproject.toml").write_text(WHOLE, encoding="utf-8")
    calls = {}
    from derivcheck.verdict import Outcome

    def check(source, settings):
        calls[source.path] = (settings, source.readings)
        return a_report(source, settings, Outcome.HOLDS)

    with_engine(monkeypatch, check)
    assert here("check", "--seed", "8", cwd=folder).returncode == 0
    assert sorted(Path(path).name for path in calls) == ["a.md", "long.md"]
    assert {settings.seed for settings, _ in calls.values()} == {8}
    (long,) = (one for path, one in calls.items() if path.endswith("long.md"))
    assert (long[0].trials, long[1]) == (9, (("softmax-axis", "rows"),))
    calls.clear()
    # what is named is checked, whatever the patterns say
    assert here("check", "other.md", cwd=folder).returncode == 0
    assert list(calls) == ["other.md"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.derivcheck]\nsede = 3", "pyproject.toml:2: `sede` is not a setting; did you mean `seed`?"),
        ("[tool.derivcheck]\nexlude = []", "pyproject.toml:2: `exlude` is not a setting; did you mean `exclude`?"),
        ("\n[tool.derivcheck.sizes]\nD = 0", "pyproject.toml:3: `sizes.D` takes a whole number from 1"),
        ("[tool.derivcheck]\ninclude = 'a'", 'pyproject.toml:2: `include` takes a list of patterns, as in ["notes/"'),
        ("[tool.derivcheck.readings]\nsoftmax = 'rows'", "pyproject.toml:2: `softmax` is no reading; did you mean `softmax-axis`?"),
        ("[tool.derivcheck.readings]\nsoftmax-axis = 'row'", "takes one of ask, rows, columns, not `row`; did you mean `rows`?"),
        ("[tool.derivcheck.files.'a.md']\nstrict = true", "in `files.a.md`: `strict` is said of a whole run"),
        ("[tool.derivcheck.files.'a.md']\nsede = 1", "in `files.a.md`: `sede` is not a setting; did you mean `seed`?"),
        ("[tool]\nderivcheck = 3", "`tool.derivcheck` is a table"),
        ("[tool.derivcheck]\nseed = ", "pyproject.toml:2:"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_with_its_line(folder: Path, text: str, message: str):
    Path("pyproject.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        project()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_config_shows_what_applies_and_from_where(folder: Path):
    Path("pyproject.toml").write_text(WHOLE, encoding="utf-8")
    lines = [line.split("#") for line in here("config", "notes/long.md", cwd=folder).stdout.splitlines()]
    told = {one[0].strip(): one[1].strip() for one in lines if len(one) == 2 and one[0]}
    assert told["seed = 3"] == told["sizes.D = 4"] == "pyproject.toml"
    assert (
        told["trials = 9"]
        == told["sizes.N = 7"]
        == told['readings.softmax-axis = "rows"']
        == "pyproject.toml: in `files.notes/long.md`"
    )
    assert told["draws = 3"] == "default"
    assert "trials = 4 " in here("config", cwd=folder).stdout


def test_init_writes_what_is_not_there_and_its_document_holds(tmp_path: Path):
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    (tmp_path / ".github" / "workflows" / "derivcheck.yml").write_text("mine", encoding="utf-8")
    done = here("init", cwd=tmp_path)
    assert done.returncode == 0
    assert "derivcheck.yml: is there already, and stays as it is" in done.stderr
    assert (tmp_path / ".github" / "workflows" / "derivcheck.yml").read_text(encoding="utf-8") == "mine"
    assert here("check", "derivation.md", "--strict", "--require", "proved", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["check", "notes/a.md", "--sizes", "dmi=4"], "--sizes: there is no size `dmi` in notes/a.md; there are no sizes to fix"),
        (["check", "sized.md", "--sizes", "n1=4"], "--sizes: there is no size `n1` in sized.md; did you mean `n_1`?"),
        (["check", "nosuch/**/*.md"], "no document is named by the pattern nosuch/**/*.md"),
        (["check", "pipe.md"], "pipe.md: is a named pipe"),
    ],
)  # fmt: skip
def test_what_names_nothing_is_told(folder: Path, arguments: list[str], says: str):
    import os

    (folder / "sized.md").write_text("Let $x \\in \\mathbb{R}^{n_1}$.\n\n$$ x + x = 2 x $$", encoding="utf-8")
    os.mkfifo(folder / "pipe.md")
    done = here(*arguments, cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr


def test_a_pattern_in_quotes_names_documents(folder: Path, monkeypatch):
    from derivcheck.commands.choosing import find

    assert [one.path for one in find(["**/*.md"])] == ["notes/a.md", "notes/long.md", "notes/old.md", "other.md"]
    assert [one.path for one in find(["no*"])] == ["notes/a.md", "notes/long.md", "notes/old.md"]
