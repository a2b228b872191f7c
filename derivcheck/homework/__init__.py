"""The homework problems that ship with derivcheck: a derivation, its model in PyTorch, and what must be found.

Importing this package, or its table, imports no torch: a command line can list the problems and write their
documents at once. ``derivcheck.homework.run`` does the work.
"""

from __future__ import annotations

from derivcheck.homework.registry import HOMEWORKS, Homework, Option, Requirement, document

__all__ = ["HOMEWORKS", "Homework", "Option", "Requirement", "document"]
