"""Which documents a command is to look at, and under which settings each."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from derivcheck.config import Settings, SettingsError, did_you_mean
from derivcheck.patterns import DOCUMENTS, documents_below, is_document, is_named
from derivcheck.project import Project

if TYPE_CHECKING:
    from derivcheck.cache import Job
    from derivcheck.commands.options import Asked
    from derivcheck.remembered import Mark
    from derivcheck.revisions import Changes
    from derivcheck.source import Source
    from derivcheck.verdict import Report


@dataclass(frozen=True, slots=True)
class Found:
    """A document to be checked; ``searched`` if it was come upon in a directory and not named."""

    path: str
    searched: bool = False


def find(names: Iterable[str], project: Project | None = None, *, empty: bool = False) -> list[Found]:
    """The documents that the names stand for, each once, in the order of the names.

    A name may be a directory or a pattern such as ``notes/**/*.md``. Raises click.UsageError for one that stands for no
    document, unless there may be none (``empty``).
    """
    found: dict[str, Found] = {}
    for name in names:
        if not name:
            raise click.UsageError("an empty file name names no document", click.get_current_context())
        for path, searched in _meant(name, project or Project(), empty=empty):
            if searched:
                found.setdefault(os.path.normpath(path), Found(path, searched=True))
            else:
                found[os.path.normpath(path)] = Found(path)
    return list(found.values())


def _meant(name: str, project: Project, *, empty: bool) -> list[tuple[str, bool]]:
    if name != "-" and os.path.isdir(name):  # noqa: PTH112 - Path raises for a name that is too long
        below = [(path, True) for path in documents_below(name, project.include, project.exclude)]
        if not below and not empty:
            raise click.UsageError(
                f"no document in {name}: derivcheck reads {' '.join(DOCUMENTS)}; what .gitignore or `exclude` names is "
                "passed over",
                click.get_current_context(),
            )
        return below
    if name == "-" or not glob.has_magic(name) or os.path.lexists(name):
        return [(name, False)]
    below = []
    for match in sorted(glob.glob(name, recursive=True)):  # noqa: PTH207 - the names stay as they are written
        if os.path.isdir(match):  # noqa: PTH112
            # `notes/**` names folders and what is in them; the documents come by themselves
            below += [(path, True) for path in documents_below(match, project.include, project.exclude)]
        elif is_document(match) or is_named(match, name):
            below.append((match, True))
    if not below and not empty:
        raise click.UsageError(f"no document is named by the pattern {name}", click.get_current_context())
    return below


def documents(
    found: Sequence[Found], request: Asked, project: Project, changes: Changes | None = None
) -> tuple[list[tuple[Found, Job]], list[str]]:
    """Each document with its settings, and a message for each file that cannot be read: the others are checked."""
    from derivcheck.cache import Job
    from derivcheck.reading.files import UnreadableFile, read_source

    read, messages = [], []
    for one in found:
        gone = changes is not None and os.path.realpath(one.path) in changes.gone
        if gone or (changes is not None and one.path != "-" and not changes.touched(one.path)):
            continue
        try:
            source = replace(read_source(one.path), readings=project.readings(one.path), insisted=request.readings)
        except UnreadableFile as error:
            messages.append(str(error))
            continue
        read.append((one, Job(source, request.over(project.settings(Settings(), one.path)))))
    return read, messages


def document(file: str, project: Project, request: Asked) -> Source:
    """The one document that a command is about. Raises click.ClickException where it cannot be read."""
    read, messages = documents([Found(file)] if file else find([file]), request, project)
    if messages:
        raise click.ClickException(messages[0])
    return read[0][1].source


def refuse_unknown_sizes(request: Asked, read: Sequence[Source]) -> None:
    """A size that the command line fixes and no document has is a mistake. Raises SettingsError."""
    if not request.sizes or not read:
        return
    from derivcheck.engine import sizes_in

    known = dict.fromkeys(name for source in read for name in sizes_in(source))
    for name, _ in request.sizes:
        if name not in known:
            meant = did_you_mean(name, tuple(known))
            shown = ", ".join(one for one in known if one.isascii() and not set(one) & set("{}\\"))
            there = meant or (f"; the sizes are {shown}" if shown else "; there are no sizes to fix")
            where = read[0].path if len(read) == 1 else "these documents"
            raise SettingsError(f"--sizes: there is no size `{name}` in {where}{there}")


def removed_since(
    reports: Sequence[tuple[Found, Report]], changes: Changes, names: Sequence[str], *, strict: bool
) -> tuple[list[tuple[Found, Report]], list[Report]]:
    """The reports with the claims that their documents had at the revision and lack now; one of each that is gone."""
    from derivcheck.remembered import gone, marks_of, removed
    from derivcheck.verdict import Severity

    severity = Severity.ERROR if strict else Severity.WARNING
    when = f"at {changes.commit[:9]}"
    told = []
    for one, report in reports:
        old = _marks_before(changes, one.path)
        lost = removed(report.source, old, marks_of(report), severity, when) if old else []
        told.append((one, replace(report, findings=(*report.findings, *lost), optional=True)))
    lost_whole = [path for path in changes.gone if _below(path, names)]
    left = [(path, _marks_before(changes, path)) for path in lost_whole]
    return told, [gone(os.path.relpath(path), old, severity, when) for path, old in left if old]


def _marks_before(changes: Changes, path: str) -> list[Mark]:
    from derivcheck.engine import claims
    from derivcheck.reading.files import UnreadableFile, source_of
    from derivcheck.remembered import mark

    text = changes.text_before(path)
    if text is None:
        return []
    try:
        source = source_of(path, text)
    except UnreadableFile:
        return []
    return [mark(source, claim) for claim in claims(source, Settings())]


def _below(path: str, names: Sequence[str]) -> bool:
    real = [os.path.realpath(name) for name in names if name != "-"]
    return any(path == name or path.startswith(name + os.sep) for name in real)
