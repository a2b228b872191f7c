"""The homework problems that ship with derivcheck: a derivation, its model in PyTorch, and what must be found.

Importing this package, or its table, imports no torch: a command line can list the problems and write their
documents at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivcheck.homework.registry import HOMEWORKS, Homework, Option, Requirement, document

if TYPE_CHECKING:
    from pathlib import Path

    from derivcheck.config import Settings
    from derivcheck.verdict import Report

__all__ = ["HOMEWORKS", "Homework", "Option", "Requirement", "document", "run"]


def run(name: str, settings: Settings, derivation: Path | None = None, as_handed_in: bool = False) -> Report:
    """``derivcheck.homework.checking.run``, imported only now: it brings torch with it."""
    from derivcheck.homework import checking

    return checking.run(name, settings, derivation, as_handed_in)
