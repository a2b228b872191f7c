"""``derivcheck check FILE… | DIR | -``: every claim of any document."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from derivcheck.commands.choosing import Found, documents, find, refuse_unknown_sizes, removed_since
from derivcheck.commands.options import amount, asked, evidence, reading, reporting, requiring, steering
from derivcheck.commands.output import complain, emit, progress, remark, show
from derivcheck.config import LARGEST_JOBS, Settings, UnknownClaim
from derivcheck.project import project as project_of

if TYPE_CHECKING:
    from derivcheck.cache import Job
    from derivcheck.correcting import Correction
    from derivcheck.remembered import Baseline
    from derivcheck.revisions import Changes
    from derivcheck.verdict import Report

Reports = list[tuple[Found, "Report"]]


@click.command("check")
@click.argument("files", nargs=-1, type=click.Path(), metavar="FILE…|DIR|-")
@steering
@reading
@evidence
@requiring
@reporting
@amount
@click.option("--fix", is_flag=True, help="Write the corrections into the documents, as far as they are proved.")
@click.option("--unsafe", is_flag=True, help="With --fix or --diff: corrections that numbers alone confirm as well.")
@click.option("--diff", is_flag=True, help="Print what --fix would change, and write nothing.")
@click.option(
    "--since", metavar="REV", help="Only documents that changed since a git revision; `main...` since a branch."
)
@click.option("--baseline", type=click.Path(path_type=Path), help="Fail where less is known of a claim than this says.")
@click.option("--update-baseline", is_flag=True, help="Write what is known now into the baseline.")
@click.option(
    "--model",
    metavar="PACKAGE.MODULE:NAME",
    help="Import this and hold the document against it; `.` for each function that a derivation in Python stands on.",
)
@click.option("--cache/--no-cache", default=True, help="Whether unchanged documents get the report of before.")
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1, LARGEST_JOBS),
    default=1,
    show_default=True,
    help="Documents that are checked side by side.",
)
def command(
    files: tuple[str, ...],
    fix: bool,
    unsafe: bool,
    diff: bool,
    since: str | None,
    baseline: Path | None,
    update_baseline: bool,
    model: str | None,
    cache: bool,
    jobs: int,
    **options: Any,  # noqa: ANN401
) -> int:
    """Check every claim of derivations in Markdown, TeX, notebooks, or the docstrings and comments of Python files.

    A directory stands for all documents below it but for those that .gitignore names, - for standard input; a pattern
    such as 'notes/**/*.md' for all that it names. With --since, no name stands for the working directory.
    """
    from derivcheck.verdict import exit_code

    request = asked(options)
    _refuse_together(request.claim, unsafe, fix or diff, since, baseline, update_baseline)
    project = project_of(request.config)
    settings = request.over(project.settings(Settings()))
    if not files and since is None and project.include is None:
        raise click.UsageError("name a FILE, or a folder of them", click.get_current_context())
    files = files or ((os.path.relpath(project.base),) if since is None else (".",))
    known = _read_baseline(baseline, update=update_baseline)
    with progress("reading") as tell:
        changes = _changes(since)
        read, unreadable = documents(find(files, project, empty=changes is not None), request, project, changes)
        refuse_unknown_sizes(request, [job.source for _, job in read])
        beside = None if model is None else _model(model, tell)
        reports = _checked(read, tell, cache=cache, processes=jobs)
        reports = reports if beside is None else beside(reports, read)
        corrections = _corrected(reports, read, unsafe, tell) if fix or diff else []
    for message in unreadable:
        complain(message)
    gone: list[Report] = []
    if changes is not None:
        reports, gone = removed_since(reports, changes, files, strict=settings.strict)
        if not reports and not gone and not unreadable:
            remark(f"no document has changed since {since}")
    elif not reports:
        return 2
    kept = [*_kept(reports), *gone]
    if baseline is not None:
        kept = _with_baseline(kept, known, baseline, update=update_baseline)
    if diff:
        from derivcheck.correcting import difference

        emit("".join(difference(one.before.source, one.after.source) for one in corrections))
    else:
        show(kept, request, settings, "check")
    code = exit_code(tuple(kept), strict=settings.strict)
    if unreadable or not corrections:
        return 2 if unreadable else code
    written = _write(corrections, unsafe=unsafe, only_told=diff)
    if written is None:
        return 2
    return 0 if written and exit_code(tuple(one.after for one in corrections), strict=settings.strict) == 0 else code


def _refuse_together(
    claim: str | None, unsafe: bool, fixing: bool, since: str | None, baseline: Path | None, update: bool
) -> None:
    """Options that make no sense together, or without each other."""
    said = {
        "--unsafe goes with --fix or --diff": unsafe and not fixing,
        "a correction is held against the whole document: leave out --claim": fixing and claim is not None,
        "--since looks at whole documents: leave out --claim": since is not None and claim is not None,
        "a baseline is of whole documents: leave out --claim": baseline is not None and claim is not None,
        "--update-baseline goes with --baseline FILE": update and baseline is None,
    }
    for message, wrong in said.items():
        if wrong:
            raise click.UsageError(message, click.get_current_context())


def _changes(since: str | None) -> Changes | None:
    if since is None:
        return None
    from derivcheck.revisions import NoRevision, changes_since

    try:
        return changes_since(since)
    except NoRevision as error:
        raise click.ClickException(str(error)) from None


def _read_baseline(path: Path | None, *, update: bool) -> Baseline:
    if path is None or (update and not path.exists()):
        return {}
    from derivcheck.remembered import NoBaseline, read_baseline

    try:
        return read_baseline(path)
    except NoBaseline as error:
        if update:
            return {}
        raise click.ClickException(str(error)) from None


def _with_baseline(reports: list[Report], known: Baseline, path: Path, *, update: bool) -> list[Report]:
    """The reports with what fell since the baseline; or, where it is to be updated, as they are, and written there."""
    from derivcheck.commands.output import save
    from derivcheck.remembered import held_against, written_baseline

    folder = path.absolute().parent
    if not update:
        return held_against(known, reports, folder)
    save(path, written_baseline(known, [one for one in reports if Path(one.source.path).exists()], folder).decode())
    return reports


def _checked(read: Sequence[tuple[Found, Job]], tell: Callable[[str], None], *, cache: bool, processes: int) -> Reports:
    """A report for each source. A claim that was asked for by name need be in one of them only."""
    if not read:
        return []
    from derivcheck.cache import opened
    from derivcheck.running import run

    answers = run([job for _, job in read], tell, cache=opened() if cache else None, processes=processes)
    reports = [(one, answer) for (one, _), answer in zip(read, answers, strict=True)]
    missing = next((answer for _, answer in reports if isinstance(answer, UnknownClaim)), None)
    kept = [(one, answer) for one, answer in reports if not isinstance(answer, UnknownClaim)]
    if missing is not None and not kept:
        raise missing
    return kept


def _model(model: str, tell: Callable[[str], None]) -> Callable[[Reports, Sequence[tuple[Found, Job]]], Reports]:
    """What adds to reports what code says of the same; it is imported here, and never without being asked for."""
    from derivcheck.model.target import ModelError, parsed

    def refused(error: ModelError) -> click.ClickException:
        return click.ClickException(f"--model {model}: {error}")

    try:
        target = parsed(model)
        from derivcheck.model.checking import imported, with_model

        tell(f"importing {model}")
        code = imported(target)
    except ModelError as error:
        raise refused(error) from None

    def beside(reports: Reports, read: Sequence[tuple[Found, Job]]) -> Reports:
        tell(f"comparing with {model}")
        settings = {one: job.settings for one, job in read}
        try:
            return [(one, with_model(report, target, code, settings[one])) for one, report in reports]
        except ModelError as error:
            raise refused(error) from None

    return beside


def _corrected(
    reports: Reports, read: Sequence[tuple[Found, Job]], unsafe: bool, tell: Callable[[str], None]
) -> list[Correction]:
    from derivcheck.correcting import corrected
    from derivcheck.engine import check

    settings = {one: job.settings for one, job in read}
    found = []
    for one, report in reports:
        tell(f"correcting {one.path}")
        found.append(corrected(report, partial(check, settings=settings[one]), unsafe=unsafe))
    return found


def _write(corrections: list[Correction], *, unsafe: bool, only_told: bool) -> bool | None:
    """Write the corrected documents and say what was done; whether any was written, None where one could not be."""
    from derivcheck.correcting import write
    from derivcheck.reading.files import UnreadableFile
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


def _kept(reports: Reports) -> list[Report]:
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
