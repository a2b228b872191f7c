"""Which files patterns name, as a .gitignore writes them, and which files of a folder are passed over."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

DOCUMENTS: Final = (".md", ".markdown", ".qmd", ".tex", ".ipynb")
WHERE_NAMED: Final = (".py",)
"""Files that hold a derivation now and then: read where they are named, and passed over in a folder."""
SKIPPED: Final = frozenset(
    "__pycache__ __pypackages__ node_modules site-packages venv _build buck-out dist".split()  # noqa: SIM905
)
"""Folders whose documents nobody here wrote; those with a leading dot (.git, .venv, .tox …) are passed over as well."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line of a .gitignore: ``regex`` for a path below its folder, with slashes."""

    regex: re.Pattern[str]
    negated: bool
    folders_only: bool


@dataclass(frozen=True, slots=True)
class Patterns:
    """Patterns and the folder that they speak of; a later line overrules an earlier one."""

    base: str
    patterns: tuple[Pattern, ...]

    def says(self, path: str, *, folder: bool = False) -> bool | None:
        """Whether a path (absolute) is named, or taken out again by ``!``; None where nothing is said of it."""
        below = os.path.relpath(path, self.base).replace(os.sep, "/")
        if below == "." or below.startswith("../"):
            return None
        for pattern in reversed(self.patterns):
            if (folder or not pattern.folders_only) and pattern.regex.fullmatch(below):
                return not pattern.negated
        return None


def patterns(lines: Sequence[str], base: str) -> Patterns:
    """The patterns of lines; blank ones and comments are none."""
    return Patterns(base, tuple(found for line in lines if (found := _pattern(line)) is not None))


@lru_cache(maxsize=1024)
def _pattern(line: str) -> Pattern | None:
    line = re.sub(r"(?<!\\)[ \t]+$", "", line.rstrip("\r\n"))
    if not line or line.startswith("#"):
        return None
    negated = line.startswith("!")
    line = line[negated:]
    folders_only = line.endswith("/")
    line = line.rstrip("/") if folders_only else line
    # without a slash a pattern names files at any depth, else it is anchored at its folder
    anchored = "/" in line
    try:
        regex = re.compile(("" if anchored else "(?:.*/)?") + _translated(line.lstrip("/")), re.DOTALL)
    except re.error:
        return None
    return Pattern(regex, negated, folders_only) if line else None


_PIECES: Final = re.compile(
    r"(?P<any>(?:(?<=/)|^)\*\*/)|(?P<below>(?<=/)\*\*$)|\*+|\?|\[[!^]?\]?[^\]/]*\]|\\?.", re.DOTALL
)


def _translated(line: str) -> str:
    parts = []
    for piece in _PIECES.finditer(line):
        text = piece[0]
        if piece["any"]:
            parts.append("(?:.*/)?")
        elif piece["below"]:
            parts.append(".+")
        elif text[0] == "*":
            parts.append("[^/]*")
        elif text == "?":
            parts.append("[^/]")
        elif text[0] == "[" and len(text) > 2:
            negated = text[1] in "!^"
            inside = re.sub(r"([\\[&~|]|--)", r"\\\1", text[1 + negated : -1])
            parts.append(f"(?!/)[{'^' if negated else ''}{inside}]")
        else:
            parts.append(re.escape(text[1:] if text[0] == "\\" and len(text) > 1 else text))
    return "".join(parts)


def documents_below(folder: str, include: Patterns | None = None, exclude: Patterns | None = None) -> Iterator[str]:
    """The documents in a directory and all below it, sorted.

    Passed over are hidden files and folders, those that a .gitignore names (up to the root of the repository), folders
    of the list above, what ``exclude`` names and, where there is an ``include``, what it does not name; pipes and
    devices too: nobody named them, and they may never end. A link to nothing stays, to be complained of.
    """
    found: list[Path] = []
    _walk(folder, _ignores_above(Path(folder).absolute()), include, exclude, found)
    return map(str, sorted(path for path in found if path.is_file() or not path.exists()))


def _walk(
    folder: str, ignores: tuple[Patterns, ...], include: Patterns | None, exclude: Patterns | None, found: list[Path]
) -> None:
    absolute = Path(folder).absolute()
    own = _ignore_of(str(absolute))
    ignores = (*ignores, own) if own else ignores
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        is_folder = entry.is_dir(follow_symlinks=False)
        path = str(absolute / entry.name)
        if entry.name.startswith(".") or (is_folder and entry.name in SKIPPED):
            continue
        if _ignored(path, ignores, folder=is_folder) or (exclude and exclude.says(path, folder=is_folder)):
            continue
        if is_folder:
            _walk(str(Path(folder, entry.name)), ignores, include, exclude, found)
        elif (include.says(path) or _in_included(path, include)) if include else is_document(entry.name):
            found.append(Path(folder, entry.name))


def _in_included(path: str, include: Patterns) -> bool:
    """Whether a pattern names a folder above a document."""
    above = Path(path).parents
    return is_document(path) and any(include.says(str(folder), folder=True) for folder in above)


def is_document(name: str) -> bool:
    """Whether a file is one of those that derivcheck looks for."""
    return Path(name).suffix.lower() in DOCUMENTS


def is_named(path: str, pattern: str) -> bool:
    """Whether a pattern means files of this kind, beside those that derivcheck looks for."""
    return Path(path).suffix.lower() in WHERE_NAMED and pattern.lower().endswith(WHERE_NAMED)


def _ignored(path: str, ignores: Sequence[Patterns], *, folder: bool) -> bool:
    """The nearest .gitignore that says something decides."""
    said = (one.says(path, folder=folder) for one in reversed(ignores))
    return next((word for word in said if word is not None), False)


def _ignores_above(folder: Path) -> tuple[Patterns, ...]:
    """The .gitignore files above a folder, up to the root of its repository; outside of one there are none."""
    found: list[Patterns] = []
    for above in (folder, *folder.parents):
        if above != folder and (own := _ignore_of(str(above))):
            found.append(own)
        if (above / ".git").exists():
            excluded = _lines(above / ".git" / "info" / "exclude")
            return (patterns(excluded, str(above)), *reversed(found))
    return ()


def _ignore_of(folder: str) -> Patterns | None:
    lines = _lines(Path(folder, ".gitignore"))
    return patterns(lines, folder) if lines else None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    except OSError:
        return []
