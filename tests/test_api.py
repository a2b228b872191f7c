"""What other programs ask of derivcheck, and pytest."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

import derivcheck
from tests.cli.running import environment

RIGHT = "Let $x \\in \\mathbb{R}$.\n\n$$ x + x = 2 x $$\n"
WRONG = RIGHT.replace("2 x", "3 x")


def test_to_import_it_loads_nothing_until_something_is_used():
    script = (
        "import sys, derivcheck; own = [m for m in sys.modules if m.startswith('derivcheck.')]; assert not own, own;"
        "assert 'check' in dir(derivcheck); derivcheck.check; heavy = {'torch', 'rich', 'click'} & set(sys.modules);"
        "assert not heavy, heavy; import derivcheck.pytest_plugin; assert 'derivcheck.engine' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, env=environment())


def test_a_text_or_a_file_gives_a_report(tmp_path: Path):
    assert [one.verdict.strength for one in derivcheck.check(RIGHT).results] == [derivcheck.Word.PROVED]
    path = tmp_path / "a.md"
    path.write_text(WRONG, encoding="utf-8")
    for given in (path, str(path)):
        report = derivcheck.check(given, evidence="exact")
        assert isinstance(report, derivcheck.Report)
        assert [one.verdict.outcome for one in report.results] == [derivcheck.Outcome.WRONG]
    with pytest.raises(derivcheck.UnreadableFile, match="no such file"):
        derivcheck.check(tmp_path / "nosuch.md")


@pytest.mark.parametrize(
    "settings", [{"trials": 1}, {"sizes": {"D": 0}}, {"evidence": "some"}, {"readings": {"no": "x"}}, {"seed": True}]
)
def test_a_setting_that_cannot_be_used_is_refused(settings):
    with pytest.raises(derivcheck.SettingsError):
        derivcheck.check(RIGHT, **settings)


def test_everything_that_is_offered_is_there():
    assert all(getattr(derivcheck, name) is not None for name in derivcheck._WHERE)
    with pytest.raises(AttributeError):
        derivcheck.nosuch  # noqa: B018


def test_under_pytest_a_claim_is_a_test(tmp_path: Path):
    """Runs of one folder: all claims in a process of xdist, those again that failed, and without the option."""
    (tmp_path / "a.md").write_text(
        RIGHT + "\nThen\n\n$$ x - x = x $$\n\nand $2 x = \\nosuch{x}$. <!-- derivcheck: nosuch -->\n", encoding="utf-8"
    )
    (tmp_path / "b.md").write_text(RIGHT, encoding="utf-8")
    (tmp_path / "prose.md").write_text("Nothing.", encoding="utf-8")
    (tmp_path / "test_own.py").write_text("def test_own(): pass\n", encoding="utf-8")
    (tmp_path / "derivcheck.toml").write_text("evidence = 'exact'\n", encoding="utf-8")

    # Where the package is installed its entry point brings the plug-in; from a checkout it has to be named.
    installed = bool(importlib.metadata.entry_points(group="pytest11", name="derivcheck"))

    def ran(*arguments: str) -> tuple[str, dict[str, str]]:
        command = [
            sys.executable,
            "-m",
            "pytest",
            *(() if installed else ("-p", "derivcheck.pytest_plugin")),
            "-q",
            "--junitxml=out.xml",
            *arguments,
        ]
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env=environment(DERIVCHECK_CACHE=str(tmp_path / "cache")),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        cases = Xml.parse(tmp_path / "out.xml").getroot().iter("testcase")
        kinds = {"failure": "failed", "skipped": "skipped", "error": "error"}
        return done.stdout, {
            f"{case.get('classname')}::{case.get('name')}": next(
                (kinds[part.tag] for part in case if part.tag in kinds), "passed"
            )
            for case in cases
        }

    out, found = ran("--derivcheck", "-n", "1")
    by_file = {
        key.rpartition("::")[0]: sorted(v for k, v in found.items() if k.startswith(key.rpartition("::")[0]))
        for key in found
    }
    assert by_file == {
        "a.md": ["failed", "failed", "passed", "skipped"], "b.md": ["passed", "passed"], "test_own": ["passed"],
    }, out  # fmt: skip
    assert "error[wrong-identity]" in out
    assert "$$ x - x = x $$" in out
    assert "Traceback" not in out
    assert "error[directive]" in out
    failed = {key for key, word in found.items() if word == "failed"}
    out, again = ran("--derivcheck", "-n", "0", "--lf")
    assert set(again) == failed
    out, without = ran()
    assert list(without) == ["test_own::test_own"]
