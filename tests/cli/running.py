"""Running the real command, and the same command with another engine behind it."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import pytest

from derivcheck.cli import run
from derivcheck.config import Settings
from derivcheck.source import Source
from derivcheck.verdict import Listed, Outcome, Report, Result, Verdict

ROOT = Path(__file__).parents[2]
RIGHT = "Let $x \\in \\mathbb{R}$ and $y = x^2$.\n\n$$ \\frac{d y}{d x} = 2 x $$\n"
WRONG = RIGHT.replace("2 x $$", "3 x $$")
UNREAD = RIGHT + "\n$$ \\frac{d y}{d x} = \\nosuchcommand{x} $$\n"
NO_CLAIM = "Nothing but prose.\n"
DIMENSIONAL = "Let $x \\in \\mathbb{R}^{D}$ and $y = x^\\top x$.\n\n$$ \\frac{\\partial y}{\\partial x} = 2 x $$\n"


def environment(**more: str) -> dict[str, str]:
    """The environment without anything that steers colour or width, the package on the path."""
    dropped = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM", "DERIVCHECK_TRACEBACK")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **more}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "derivcheck", *arguments]


def derivcheck(*arguments: str, cwd: Path, text: str | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own; ``text`` is its standard input."""
    return subprocess.run(
        command(*arguments),
        cwd=cwd,
        input=text,
        stdin=subprocess.DEVNULL if text is None else None,
        capture_output=True,
        encoding="utf-8",
        env=environment(**more),
        timeout=120,
        check=False,
    )


def here(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The command in this process, where torch is there already: what it says and returns is the same."""
    out, err = io.StringIO(), io.StringIO()
    with (
        patch.dict(os.environ, environment(), clear=True),
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = run(arguments)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def with_engine(
    monkeypatch: pytest.MonkeyPatch,
    check: Callable[[Source, Settings], Report],
    listing: Callable[[Source], tuple[Listed, ...]] = lambda source: (),
    sizes: tuple[str, ...] = ("D", "E", "n"),
) -> None:
    """Put another engine behind the commands of this process."""
    engine = ModuleType("derivcheck.engine")
    engine.check = check  # type: ignore[attr-defined]
    engine.listing = listing  # type: ignore[attr-defined]
    engine.sizes_in = lambda source: sizes  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "derivcheck.engine", engine)


def a_report(source: Source, settings: Settings, *outcomes: Outcome) -> Report:
    """A report with a claim for each outcome, all on line 1."""
    from derivcheck.source import NOWHERE

    results = tuple(
        Result(f"claim-{index}", f"claim {index}", "identity", NOWHERE, 1, Verdict(outcome))
        for index, outcome in enumerate(outcomes)
    )
    return Report(source, results, (), 0, settings.seed, settings.trials)
