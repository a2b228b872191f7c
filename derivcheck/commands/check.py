"""``derivcheck check FILE… | DIR | -``: every claim of any document."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from derivcheck.commands.options import amount, asked, evidence, reporting, requiring, steering
from derivcheck.commands.output import complain, emit, progress, remark, show
from derivcheck.config import Settings, UnknownClaim

if TYPE_CHECKING:
    from derivcheck.correcting import Correction
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
@requiring
@reporting
@amount
@click.option("--fix", is_flag=True, help="Write the corrections into the documents, as far as they are proved.")
@click.option("--unsafe", is_flag=True, help="With --fix or --diff: corrections that numbers alone confirm as well.")
@click.option("--diff", is_flag=True, help="Print what --fix would change, and write nothing.")
def command(files: tuple[str, ...], fix: bool, unsafe: bool, diff: bool, **options: Any) -> int:  # noqa: ANN401
    """Check every claim of derivations in Markdown, TeX or notebooks.

    A directory stands for all documents below it, - for standard input.
    """
    from derivcheck.verdict import exit_code

    request = asked(options)
    settings = request.settings(Settings())
    if unsafe and not (fix or diff):
        raise click.UsageError("--unsafe goes with --fix or --diff", click.get_current_context())
    if (fix or diff) and settings.claim is not None:
        message = "a correction is held against the whole document: leave out --claim"
        raise click.UsageError(message, click.get_current_context())
    found = find(files)
    with progress("reading") as tell:
        sources, unreadable = _read(found)
        reports = _checked(sources, settings, tell)
        corrections = _corrected(reports, settings, unsafe, tell) if fix or diff else []
    for message in unreadable:
        complain(message)
    if not reports:
        return 2
    kept = _kept(reports)
    if diff:
        from derivcheck.correcting import difference

        emit("".join(difference(one.before.source, one.after.source) for one in corrections))
    else:
        show(kept, request, settings, "check")
    code = exit_code(tuple(report for _, report in reports), strict=settings.strict)
    if unreadable or not corrections:
        return 2 if unreadable else code
    written = _write(corrections, unsafe=unsafe, only_told=diff)
    if written is None:
        return 2
    return 0 if written and exit_code(tuple(one.after for one in corrections), strict=settings.strict) == 0 else code


def _corrected(
    reports: list[tuple[Found, Report]], settings: Settings, unsafe: bool, tell: Callable[[str], None]
) -> list[Correction]:
    from derivcheck.correcting import corrected
    from derivcheck.engine import check

    found = []
    for one, report in reports:
        tell(f"correcting {one.path}")
        found.append(corrected(report, lambda source: check(source, settings), unsafe=unsafe))
    return found


def _write(corrections: list[Correction], *, unsafe: bool, only_told: bool) -> bool | None:
    """Write the corrected documents and say what was done; whether any was written, None where one could not be."""
    from derivcheck.correcting import write
    from derivcheck.reading.documents import UnreadableFile
    from derivcheck.report.words import plural

    wrote, failed = False, False
    for one in corrections:
        path = one.before.source.path
        if one.refused:
            complain(one.refused)
            failed = True
        if one.taken and not only_told:
            try:
                write(one.before.source, one.after.source)
            except UnreadableFile as error:
                complain(str(error))
                failed = True
                continue
            wrote = True
        if one.taken:
            told = "; ".join(edit.title for edit in one.taken)
            remark(f"{path}: {plural(len(one.taken), 'correction')} {'to write' if only_told else 'written'}: {told}")
        if one.left and not unsafe:
            told = plural(len(one.left), "correction") + (" is" if len(one.left) == 1 else " are")
            remark(f"{path}: {told} not proved; --unsafe takes what numbers confirm")
    return None if failed else wrote


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
