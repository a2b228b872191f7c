"""What was found out about documents, kept by content: the same text under the same settings gets the same report.

A key covers the text, its path, the settings, and the program itself (its own files, and the versions of what it counts
with): all that a check may rest on stands in ``Source`` and ``Settings``, of which every field counts. An entry is
written whole or not at all and carries its own digest: whatever does not fit it is not taken. It is read as data, never
run. A folder that belongs to somebody else is left alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Final, Union, get_args, get_origin, get_type_hints

from derivcheck.verdict import INTERNAL_ERROR, Report

if TYPE_CHECKING:
    from derivcheck.config import Settings
    from derivcheck.source import Source


WHERE: Final = "DERIVCHECK_CACHE"
"""The variable that names another folder, or says ``off``."""


FULLEST: Final = 64
"""Entries in each of the 256 folders; beyond that the longest unused are removed."""


NEEDED: Final = ("torch", "python-flint")


OMITTED: Final = frozenset(((Report, "source"),))


@dataclass(frozen=True, slots=True)
class Job:
    """A document, and the settings that apply to it."""

    source: Source
    settings: Settings


@dataclass(frozen=True, slots=True)
class Cache:
    """The folder, and what stands for the program in every key."""

    folder: Path
    program: str

    def get(self, job: Job) -> Report | None:
        """The report that was found before, or None."""
        path = self._path(job)
        try:
            head, _, body = path.read_bytes().partition(b"\n")
            if head.decode() != hashlib.sha256(body).hexdigest():
                return None
            values = json.loads(body)
            report: Report = _of(Report, values, {"source": job.source})
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return None
        with suppress(OSError):
            os.utime(path)
        return report

    def put(self, job: Job, report: Report) -> None:
        """Keep a report. What cannot be written is not kept; an error of derivcheck itself is to be met again."""
        from derivcheck.writing import replace_file

        if any(finding.code == INTERNAL_ERROR for finding in report.findings) or report.extras:
            return
        path = self._path(job)
        with suppress(OSError, TypeError, ValueError):
            body = json.dumps(_plain(report), ensure_ascii=True, separators=(",", ":")).encode()
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            replace_file(path, hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
            _prune(path.parent)

    def _path(self, job: Job) -> Path:
        key = digest(self.program, job)
        return self.folder / key[:2] / f"{key[2:]}.json"


def opened() -> Cache | None:
    """The cache in the platform's folder, or in the one that the environment names; None where there is to be none."""
    named = os.environ.get(WHERE)
    folder = None if named == "off" else Path(named) if named else _platform_folder()
    if folder is None:
        return None
    with suppress(OSError):
        if hasattr(os, "getuid") and folder.exists() and folder.stat().st_uid != os.getuid():
            return None
    return Cache(folder, program())


def _platform_folder() -> Path | None:
    try:
        home = Path.home()
    except RuntimeError:
        return None
    match sys.platform:
        case "win32":
            base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
        case "darwin":
            base = home / "Library" / "Caches"
        case _:
            named = Path(os.environ.get("XDG_CACHE_HOME", ""))
            base = named if named.is_absolute() else home / ".cache"
    return base / "derivcheck"


@cache
def program() -> str:
    """What stands for all that may change an answer beside the document: our own files, and what counts for us."""
    from importlib.metadata import PackageNotFoundError, version

    said = hashlib.sha256(f"{sys.version}\0{platform.machine()}".encode())
    for name in NEEDED:
        try:
            told = version(name)
        except PackageNotFoundError:
            told = ""
        said.update(f"\0{name} {told}".encode())
    package = Path(__file__).parent
    for file in sorted(package.rglob("*.py")):
        data = file.read_bytes()
        said.update(f"\0{file.relative_to(package)} {len(data)}\0".encode())
        said.update(data)
    return said.hexdigest()


def digest(program: str, job: Job) -> str:
    """The key of a check."""
    source, settings = job.source, job.settings
    steering = {field.name: getattr(settings, field.name) for field in fields(settings)}
    of_source = {field.name: _plain(getattr(source, field.name)) for field in fields(source)}
    told = json.dumps([program, of_source, steering], sort_keys=True, default=str, ensure_ascii=True)
    return hashlib.sha256(told.encode()).hexdigest()


def _prune(folder: Path) -> None:
    entries = list(folder.glob("*.json"))
    if len(entries) > FULLEST:
        ages = sorted((entry.stat().st_mtime, str(entry)) for entry in entries)
        for _, oldest in ages[: len(entries) - FULLEST]:
            Path(oldest).unlink(missing_ok=True)


def _plain(value: Any) -> Any:  # noqa: ANN401
    """A value as JSON holds it, the fields of a dataclass in their order."""
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        kind = type(value)
        return [_plain(getattr(value, field.name)) for field in fields(kind) if (kind, field.name) not in OMITTED]
    if isinstance(value, tuple | list):
        return [_plain(entry) for entry in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{type(value).__name__} is not kept")


Maker = Callable[[Any], Any]


def _of(kind: type, values: Any, given: dict[str, Any]) -> Any:  # noqa: ANN401
    """A dataclass from the values of its fields. Raises ValueError or TypeError where they are none."""
    makers = _fields(kind)
    if not isinstance(values, list) or len(values) != len(makers):
        raise ValueError("not the fields of it")
    made = {name: make(value) for (name, make), value in zip(makers, values, strict=True)}
    return kind(**made, **given)


@cache
def _fields(kind: type) -> tuple[tuple[str, Maker], ...]:
    hints = get_type_hints(kind)
    return tuple((f.name, _maker(hints[f.name])) for f in fields(kind) if (kind, f.name) not in OMITTED)


@cache
def _maker(hint: Any) -> Maker:  # noqa: ANN401
    """What makes a value of a type from JSON, and refuses any other."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        (some,) = (one for one in inner if one is not NoneType)
        make = _maker(some)
        return lambda value: None if value is None else make(value)
    if origin is tuple:
        if len(inner) == 2 and inner[1] is Ellipsis:
            each = _maker(inner[0])
            return lambda value: tuple(map(each, _list(value)))
        makers = tuple(map(_maker, inner))
        return lambda value: tuple(make(one) for make, one in zip(makers, _list(value), strict=True))
    if issubclass(hint, Enum):
        return lambda value: hint(value)
    if isinstance(hint, type) and is_dataclass(hint):
        return lambda value: _of(hint, value, {})
    return lambda value: _exactly(hint, value)


def _list(value: Any) -> list[Any]:  # noqa: ANN401
    if not isinstance(value, list):
        raise ValueError("not a list")
    return value


def _exactly(kind: type, value: Any) -> Any:  # noqa: ANN401
    if type(value) is kind or (kind is float and type(value) is int):
        return value
    raise ValueError(f"not a {kind.__name__}")
