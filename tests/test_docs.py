"""What the guide shows is what the program says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from derivcheck.cli import cli

GUIDE = (Path(__file__).resolve().parent.parent / "docs" / "guide.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^````markdown\n(.*?)^````\n\n```text\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)


def test_every_example_of_the_guide_has_its_outcome() -> None:
    assert len(EXAMPLES) == GUIDE.count("````markdown") > 10


@pytest.mark.parametrize(("document", "said"), EXAMPLES)
def test_the_guide_shows_how_each_example_ends(
    document: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.md").write_text(document, encoding="utf-8")
    result = CliRunner().invoke(cli, ["check", "a.md", "--format", "concise"], standalone_mode=False)
    summary = result.output.splitlines()[-1]
    assert summary.partition(" · seed")[0] == said.strip()
