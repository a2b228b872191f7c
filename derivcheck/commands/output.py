"""What commands put out: reports on stdout, progress on stderr."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from derivcheck.report.cells import safe, safe_lines

if TYPE_CHECKING:
    from derivcheck.commands.options import Asked
    from derivcheck.config import Settings
    from derivcheck.verdict import Report

# Whoever gets an answer within half a second needs no word that one is coming.
_PATIENCE = 0.5


def show(reports: Sequence[Report], asked: Asked, settings: Settings, command: str) -> None:
    """Write the reports to the files that were asked for, and to stdout."""
    from derivcheck.report.console import Look, look_of
    from derivcheck.report.formats import FORMATS, Asking

    look = look_of(asked.color, sys.stdout, os.environ)
    asking = Asking(settings, command, look, os.environ, asked.quiet, asked.verbose)
    documents = {os.path.realpath(report.source.path) for report in reports}
    for name, path in asked.outputs:
        if os.path.realpath(path) in documents:
            raise click.UsageError(f"--output {name}={path}: that is a document to be checked; choose another name")
        save(path, FORMATS[name](reports, replace(asking, look=Look())))
    emit(FORMATS[asked.output](reports, asking))
    if asked.output == "github" and (summary := os.environ.get("GITHUB_STEP_SUMMARY")):
        from derivcheck.report.github import step_summary

        # several steps write to this file, one below the other
        with suppress(OSError), Path(summary).open("a", encoding="utf-8") as file:
            file.write(step_summary(reports, strict=settings.strict))
    if os.environ.get("DERIVCHECK_TRACEBACK"):
        for trace in (finding.trace for report in reports for finding in report.findings if finding.trace):
            with suppress(OSError):
                sys.stderr.write(trace)


def save(path: Path, text: str) -> None:
    """Write a report to a file, in the place of an older one."""
    from derivcheck.writing import replace_file

    try:
        replace_file(path, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise click.ClickException(f"{path}: cannot be written: {(error.strerror or str(error)).lower()}") from None


def emit(text: str) -> None:
    """Write to stdout and flush, so that a full disk or a closed pipe is noticed here and not at exit.

    A terminal that cannot show a character gets its escape rather than an exception.
    """
    stream = sys.stdout
    try:
        stream.write(text.encode(stream.encoding or "utf-8", "backslashreplace").decode(stream.encoding or "utf-8"))
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        silence()
        raise click.ClickException(f"the report cannot be written: {(error.strerror or str(error)).lower()}") from None


def silence() -> None:
    """Point stdout at nothing: what is still buffered for a closed pipe must not fail once more at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def remark(message: str) -> None:
    """One line on stderr about what was done, under the program's name."""
    with suppress(OSError):
        sys.stderr.write(f"derivcheck: {' '.join(safe_lines(message))}\n")
        sys.stderr.flush()


def complain(message: str) -> None:
    """One error message on stderr, under the program's name; a file's name or a key must not steer the terminal."""
    told = "\n".join(safe_lines(message))
    with suppress(OSError):
        sys.stderr.write(f"derivcheck: error: {told}\n")
        sys.stderr.flush()


@contextmanager
def progress(first: str) -> Iterator[Callable[[str], None]]:
    """A line on stderr that says what is going on: on a terminal only, after half a second, gone at the end.

    Yields the function that changes what it says.
    """
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda message: None
        return
    said, done = [first], threading.Event()

    def tell() -> None:
        told = ""
        pause = _PATIENCE
        while not done.wait(pause):
            if said[0] != told:
                told = said[0]
                sys.stderr.write(f"\r\x1b[K{safe(told)} …")
                sys.stderr.flush()
            pause = 0.1
        if told:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield lambda message: said.__setitem__(0, message)
    finally:
        done.set()
        thread.join()
