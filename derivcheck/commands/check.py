"""``derivcheck check FILE… | DIR | -``: every claim of any document."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from derivcheck.commands.options import amount, asked, evidence, showing, steering
from derivcheck.commands.output import complain, progress, show
from derivcheck.config import Settings, UnknownClaim

if TYPE_CHECKING:
    from derivcheck.source import Source
    from derivcheck.verdict import Report

DOCUMENTS = (".md", ".markdown", ".qmd", ".tex", ".ipynb")


@dataclass(frozen=True, slots=True)
class Found:
    """A document to be checked; ``searched`` if it was come upon in a directory and not named."""

    path: str
    searched: bool = False


@click.command("check")
@click.argument("files", nargs=-1, required=True, type=click.Path(), metavar="FILE…|DIR|-")
@steering
@evidence
@showing
@amount
def command(files: tuple[str, ...], **options: Any) -> int:  # noqa: ANN401
    """Check every claim of derivations in Markdown, TeX or notebooks.

    A directory stands for all documents below it, - for standard input.
    """
    from derivcheck.verdict import exit_code

    request = asked(options)
    settings = request.settings(Settings())
    found = find(files)
    with progress("reading") as tell:
        sources, unreadable = _read(found)
        reports = _checked(sources, settings, tell)
    for message in unreadable:
        complain(message)
    if not reports:
        return 2
    show(_kept(reports), request, settings, "check")
    return 2 if unreadable else exit_code(tuple(report for _, report in reports), strict=settings.strict)


def find(names: Iterable[str]) -> list[Found]:
    """The documents that the names stand for, each once, in the order of the names.

    Raises click.UsageError for a directory in which there is none.
    """
    found: dict[str, Found] = {}
    for name in names:
        if not name:
            raise click.UsageError("an empty file name names no document", click.get_current_context())
        if name != "-" and os.path.isdir(name):  # noqa: PTH112 - Path raises for a name that is too long
            below = list(documents_below(name))
            if not below:
                raise click.UsageError(
                    f"no document in {name}: derivcheck reads {' '.join(DOCUMENTS)}",
                    click.get_current_context(),
                )
            for path in below:
                found.setdefault(os.path.normpath(path), Found(path, searched=True))
        else:
            found[os.path.normpath(name)] = Found(name)
    return list(found.values())


def documents_below(folder: str) -> Iterator[str]:
    """The documents in a directory and all below it, sorted; hidden files and directories are passed over.

    So are pipes and devices: nobody named them, and they may never end. A link to nothing stays, to be complained of.
    """
    paths = []
    for base, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths += [Path(base, name) for name in files if not name.startswith(".") and _is_document(name)]
    paths = [path for path in paths if path.is_file() or not path.exists()]
    return map(str, sorted(paths))


def _is_document(name: str) -> bool:
    return Path(name).suffix.lower() in DOCUMENTS


def _read(found: list[Found]) -> tuple[list[tuple[Found, Source]], list[str]]:
    """The sources, and a message for each file that cannot be read: the others are checked all the same."""
    from derivcheck.reading.documents import UnreadableFile, read_source

    sources, messages = [], []
    for one in found:
        try:
            sources.append((one, read_source(one.path)))
        except UnreadableFile as error:
            messages.append(str(error))
    return sources, messages


def _checked(
    sources: list[tuple[Found, Source]], settings: Settings, tell: Callable[[str], None]
) -> list[tuple[Found, Report]]:
    """A report for each source. A claim that was asked for by name need be in one of them only."""
    if not sources:
        return []
    from derivcheck.engine import check

    reports: list[tuple[Found, Report]] = []
    missing: UnknownClaim | None = None
    for one, source in sources:
        tell(f"checking {one.path}")
        try:
            reports.append((one, check(source, settings)))
        except UnknownClaim as error:
            missing = missing or error
    if missing is not None and not reports:
        raise missing
    return reports


def _kept(reports: list[tuple[Found, Report]]) -> list[Report]:
    """The reports to be shown: a file in a directory that has no mathematics to check gets a note and no more.

    Nobody meant it to be checked, and nobody should think that it was.
    """
    from derivcheck.source import NOWHERE
    from derivcheck.verdict import Finding, Severity

    kept = []
    for one, report in reports:
        if one.searched and not report.results and not report.findings and not report.definitions:
            note = Finding("nothing-to-check", Severity.NOTE, "no claim in this file; skipped", NOWHERE)
            report = replace(report, findings=(note,))
        kept.append(report)
    return kept
