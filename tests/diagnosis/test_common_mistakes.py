"""The messages of common mistakes, as they are read at 80 columns: one document, each of its lines wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from derivcheck.config import Settings
from derivcheck.engine import check
from derivcheck.report.full import full
from derivcheck.source import Source

HERE = Path(__file__).parent
WIDTH = 80


def messages() -> str:
    """What is said of each line, without the figures, which are those of a draw, and without how to see it again."""
    report = check(Source("common.md", (HERE / "common_mistakes.md").read_text(encoding="utf-8")), Settings())
    shown = [full(report.source, replace(each, facts=(), replay=None), WIDTH).plain for each in report.findings]
    return "\n".join(shown) + "\n"


def test_each_of_twenty_common_mistakes_is_said_with_what_should_stand_there() -> None:
    """Written anew by ``python -m tests.diagnosis.test_common_mistakes`` from the root; then read it aloud."""
    assert messages() == (HERE / "common_mistakes.txt").read_text(encoding="utf-8")


if __name__ == "__main__":
    (HERE / "common_mistakes.txt").write_text(messages(), encoding="utf-8")
