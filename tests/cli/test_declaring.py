"""``derivcheck declare``: what a document leaves unsaid is written down, and then says the same."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from derivcheck.cli import cli

TEXT = r"""# A layer

With $x \in \mathbb{R}^n$ the output is

$$ h = W x + b $$

$$ \frac{\partial h}{\partial x} = W $$
"""


def run(*arguments: str) -> str:
    return CliRunner().invoke(cli, [*arguments], standalone_mode=False).output


def test_the_lines_that_a_document_lacks_are_printed(tmp_path: Path) -> None:
    path = tmp_path / "layer.md"
    path.write_text(TEXT, "utf-8")
    assert r"let $W \in \mathbb{R}^{m\times n}$" in run("declare", str(path))
    assert r"let $b \in \mathbb{R}^{m}$" in run("declare", str(path))
    assert path.read_text("utf-8") == TEXT


def test_what_is_written_down_says_the_same_and_is_not_asked_for_again(tmp_path: Path) -> None:
    path = tmp_path / "layer.md"
    path.write_text(TEXT, "utf-8")
    assert "2 lines added" in run("declare", "--write", str(path))
    assert "nothing is used that is not declared" in run("declare", str(path))
    assert path.read_text("utf-8").replace("<!--", "").count("derivcheck: let") == 2
    assert "claim: jacobian" in run("list", str(path))
