"""derivcheck checks every equation of a hand-written derivation against independent truth.

    import derivcheck

    report = derivcheck.check("notes/ridge.md", sizes={"n": 4})
    wrong = [one for one in report.results if one.verdict.outcome is derivcheck.Outcome.WRONG]

``check`` and the types of what it returns are the interface of this package; to import it loads nothing else until one
of them is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from derivcheck.api import check as check
    from derivcheck.config import SettingsError as SettingsError
    from derivcheck.model.target import ModelError as ModelError
    from derivcheck.reading.files import UnreadableFile as UnreadableFile
    from derivcheck.verdict import Evidence as Evidence
    from derivcheck.verdict import Finding as Finding
    from derivcheck.verdict import Outcome as Outcome
    from derivcheck.verdict import Report as Report
    from derivcheck.verdict import Result as Result
    from derivcheck.verdict import Severity as Severity
    from derivcheck.verdict import Verdict as Verdict
    from derivcheck.verdict import Word as Word

__version__ = "0.1.0"

_WHERE = {
    "check": "derivcheck.api",
    "SettingsError": "derivcheck.config",
    "ModelError": "derivcheck.model.target",
    "UnreadableFile": "derivcheck.reading.files",
    **dict.fromkeys(
        ("Evidence", "Finding", "Outcome", "Report", "Result", "Severity", "Verdict", "Word"), "derivcheck.verdict"
    ),
}


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module 'derivcheck' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_WHERE])
