"""``derivcheck declare``: what a document leaves unsaid is written down, and then says the same."""

from __future__ import annotations

import json
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


def test_what_no_use_tells_is_left_open_with_how_many_lines_wait_for_it(tmp_path: Path) -> None:
    path = tmp_path / "open.md"
    path.write_text(
        TEXT.replace("the output is", "and $p_\\omega$ the output is") + "\n$$ p_\\omega(x) = I_\\omega x $$\n", "utf-8"
    )
    told = run("declare", "--write", str(path))
    assert "3 lines added" in told
    assert r"<!-- open, 1 line: let $I_{\omega} \in \mathbb{R}^{?}$ -->" in path.read_text("utf-8")
    assert "nothing is used that is not declared" in run("declare", str(path))


TWO_FUNCTIONS = r'''r"""Let $s \in \mathbb{R}$."""

def f():
    r"""Let $y = s^2$, then $\frac{d y}{d s} = 2 s$."""

def g():
    r"""Let $y = - s$, then $\frac{d y}{d s} = -1$ and

    $$ h = W x + b $$

    $$ \frac{\partial h}{\partial b} = I $$
    """
'''


def test_every_command_reads_the_functions_of_a_file_each_with_its_own_names(tmp_path: Path) -> None:
    path = tmp_path / "two.py"
    path.write_text(TWO_FUNCTIONS, "utf-8")
    assert "3 definitions · 3 claims" in run("list", str(path))
    assert run("declare", str(path)).count("let $") == 3
    power = json.loads(run("power", str(path), "--format", "json"))
    assert {one["claim"] for one in power["mutants"]} >= {"f.grad-s", "g.grad-s", "g.jac-b"}
    assert power["summary"]["claims"] == 3
    assert power["summary"]["open"] == 0
    page = run("check", str(path), "--format", "html")
    assert "definition · n × 1" in page
    assert page.count('class="badge holds proved"') == 3
