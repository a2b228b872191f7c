"""The configuration of a project: which documents are meant, and what applies to each of them.

It stands in the nearest ``derivcheck.toml``, or ``pyproject.toml`` with a table ``[tool.derivcheck]``, at or above the
working directory; the file that ``--config`` names is taken in its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from derivcheck.config import (
    Settings,
    SettingsError,
    of_table,
    place_of,
    read_config,
    shown,
)
from derivcheck.patterns import Patterns, patterns

OWN: Final = "derivcheck.toml"
SHARED: Final = "pyproject.toml"
KEYS: Final = ("include", "exclude", "readings", "files")
"""What a project says beside the settings of a check."""
OF_A_RUN: Final = ("strict",)
"""What is said of a whole run and so of no single file."""
Readings = dict[str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """What a file's configuration says: settings over others, and readings."""

    table: Mapping[str, object]
    readings: Readings
    text: str
    where: str

    def over(self, base: Settings) -> Settings:
        """``base`` with these settings over it."""
        return of_table(self.table, self.text, self.where, base, more=KEYS)


@dataclass(frozen=True, slots=True)
class Project:
    """A configuration that was found; without one everything is as by default.

    path     the file; ``base`` the folder that its patterns speak of
    files    what applies to some documents only, in order: the pattern, and what it says
    """

    path: Path | None = None
    base: Path = field(default_factory=Path.cwd)
    include: Patterns | None = None
    exclude: Patterns | None = None
    whole: Part = field(default_factory=lambda: Part({}, {}, "", ""))
    files: tuple[tuple[str, Patterns, Part], ...] = ()

    def settings(self, base: Settings, document: str | None = None) -> Settings:
        """The settings of a run, or of one document."""
        settings = self.whole.over(base)
        for part in self.parts(document):
            settings = part.over(settings)
        return settings

    def readings(self, document: str) -> tuple[tuple[str, str], ...]:
        """The conventions that are fixed for a document."""
        found = dict(self.whole.readings)
        for part in self.parts(document):
            found |= part.readings
        return tuple(sorted(found.items()))

    def patterns_for(self, document: str) -> tuple[str, ...]:
        """The patterns of the parts that apply to a document."""
        return tuple(name for name, where, _ in self.files if where.says(str(Path(document).absolute())))

    def excludes(self, document: Path) -> bool:
        """Whether a document, or a folder above it, is named by ``exclude``."""
        if self.exclude is None:
            return False
        absolute = document.absolute()
        return bool(self.exclude.says(str(absolute))) or any(
            self.exclude.says(str(folder), folder=True) for folder in absolute.parents
        )

    def parts(self, document: str | None) -> list[Part]:
        """What applies to one document beside what applies to all, in order."""
        if document is None:
            return []
        return [part for _, where, part in self.files if where.says(str(Path(document).absolute()))]


def project(config: Path | None = None, folder: Path | None = None) -> Project:
    """The configuration that is named, else the nearest one. Raises SettingsError for one that cannot be used."""
    if config is not None:
        return _parsed(config)
    folder = (folder or Path.cwd()).absolute()
    for above in (folder, *folder.parents):
        if (own := above / OWN).is_file():
            return _parsed(own)
        if (shared := above / SHARED).is_file() and "derivcheck" in read_config(shared):
            found = _parsed(shared)
            if found.path is not None:
                return found
    return Project()


def _parsed(path: Path) -> Project:
    import tomllib

    text = read_config(path)
    where = str(_shortest(path))
    try:
        data = tomllib.loads(text + "\n")
    except tomllib.TOMLDecodeError:
        from derivcheck.config import parse

        # told in the same words as of any other configuration file
        parse(text, where, Settings())
        raise
    except (RecursionError, ValueError):
        raise SettingsError(f"{where}: nested too deeply, or a number too long, to be read as TOML") from None
    if path.name == SHARED:
        tool = data.get("tool")
        if not isinstance(tool, dict) or "derivcheck" not in tool:
            return Project()
        data, text = tool["derivcheck"], _only_ours(text)
        if not isinstance(data, dict):
            raise SettingsError(f"{where}: `tool.derivcheck` is a table: write `[tool.derivcheck]` and its keys below")
    base = path.absolute().parent
    whole = Part(data, readings_of(data, text, where, ""), text, where)
    whole.over(Settings())
    return Project(
        path,
        base,
        _paths(data, "include", text, where, base),
        _paths(data, "exclude", text, where, base),
        whole,
        _files(data, text, where, base),
    )


def _shortest(path: Path) -> Path:
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


def _only_ours(text: str) -> str:
    """The text with our tables as they would stand in a file of our own, and every other line empty."""
    lines, ours = [], False
    for line in text.splitlines():
        if header := re.match(r"(\s*\[\[?\s*)([^\[\]]*)", line):
            below = re.sub(r"^tool\s*\.\s*derivcheck\s*\.?\s*", "", header[2])
            ours = below != header[2]
            line = header[1] + below + line[header.end() :] if below.strip() else ""
        lines.append(line if ours else "")
    return "\n".join(lines)


def _paths(data: Mapping[str, object], key: str, text: str, where: str, base: Path) -> Patterns | None:
    if key not in data:
        return None
    value = data[key]
    if not isinstance(value, list) or not all(isinstance(entry, str) and entry for entry in value):
        place = place_of(text, where, "", key)
        raise SettingsError(f'{place}: `{key}` takes a list of patterns, as in ["notes/", "*.tex"], not {shown(value)}')
    return patterns(value, str(base))


def readings_of(data: Mapping[str, object], text: str, where: str, table: str) -> Readings:
    """The table of readings in ``data``, each a convention that there is. Raises SettingsError."""
    value = data.get("readings", {})
    place = place_of(text, where, table, "readings")
    if not isinstance(value, dict):
        raise SettingsError(f"{place}: `readings` is a table of conventions: `[readings]`, and a line for each below")
    if not value:
        return {}
    from derivcheck.meaning.readings import refusal

    for name, choice in value.items():
        if told := refusal(name, choice):
            raise SettingsError(f"{place_of(text, where, 'readings', name)}: {told}")
    return dict(value)


def _files(data: Mapping[str, object], text: str, where: str, base: Path) -> tuple[tuple[str, Patterns, Part], ...]:
    value = data.get("files", {})
    if not isinstance(value, dict):
        place = place_of(text, where, "", "files")
        raise SettingsError(f'{place}: `files` is a table: write `[files."appendix/*.tex"]` and its keys below')
    found = []
    for pattern, table in value.items():
        at = f"{where}: in `files.{pattern}`"
        if not isinstance(table, dict):
            raise SettingsError(f'{where}: `files` holds tables: write `[files."{pattern}"]` and its keys below')
        for key in (*OF_A_RUN, *(name for name in KEYS if name != "readings")):
            if key in table:
                raise SettingsError(f"{at}: `{key}` is said of a whole run, and not of single files")
        part = Part(table, readings_of(table, "", at, ""), "", at)
        part.over(Settings())
        found.append((pattern, patterns([pattern], str(base)), part))
    return tuple(found)
