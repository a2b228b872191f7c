"""``derivcheck mcp``, ``lsp`` and ``watch``: derivcheck for those who ask again and again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from derivcheck.commands.choosing import Found, documents, find
from derivcheck.commands.options import Asked, amount, asked, evidence, requiring, showing, steering
from derivcheck.commands.output import complain, progress, show
from derivcheck.config import Settings, UnknownClaim
from derivcheck.project import project as project_of

if TYPE_CHECKING:
    from derivcheck.cache import Job
    from derivcheck.verdict import Report


def _needs(package: str, extra: str) -> None:
    """Refuse where an extra is not installed."""
    if find_spec(package) is None:
        raise click.ClickException(f"this needs the package {package}: pip install 'derivcheck[{extra}]'")


@click.command("mcp")
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    show_default=True,
    help="The folder whose files may be read; nothing outside of it is.",
)
def mcp(root: Path) -> int:
    """Serve agents: check, explain, list, declare and fix as tools of the Model Context Protocol."""
    _needs("mcp", "mcp")
    from derivcheck.serving.mcp import serve

    serve(root)
    return 0


@click.command("lsp")
def lsp() -> int:
    """Serve an editor: diagnostics, quick fixes and hover by the Language Server Protocol."""
    _needs("pygls", "lsp")
    from derivcheck.serving.lsp import serve

    serve()
    return 0


@click.command("watch")
@click.argument("files", nargs=-1, required=True, type=click.Path(), metavar="FILE…|DIR")
@steering
@evidence
@requiring
@showing
@amount
@click.option(
    "--every", type=click.FloatRange(0.05, 3600), default=0.5, show_default=True, help="Seconds between looks."
)
def watch(files: tuple[str, ...], every: float, **options: Any) -> int:  # noqa: ANN401
    """Check documents, and each again whenever it changes, until Ctrl-C."""
    request = asked(options)
    watched(files, request, partial(time.sleep, every))
    return 0


def watched(files: tuple[str, ...], request: Asked, wait: Callable[[], object]) -> None:
    """Check what is new or changed, then ``wait``, again and again; ends when ``wait`` raises StopIteration.

    What is looked at is a file's time of change, its size and its number.
    """
    project = project_of(request.config)
    settings = request.over(project.settings(Settings()))
    known: dict[str, str] = {}
    said: list[str] = []
    while True:
        changed = [one for one in find(files, project, empty=True) if _is_new(one.path, known)]
        if changed:
            with progress("reading") as tell:
                read, unreadable = documents(changed, request, project)
                reports = _answers(read, tell)
            for message in unreadable if unreadable != said else ():
                complain(message)
            said = unreadable
            if reports:
                show(reports, request, settings, "check")
        try:
            wait()
        except StopIteration:
            return


def _is_new(path: str, known: dict[str, str]) -> bool:
    """Whether a file has changed since it was looked at."""
    try:
        stamp = Path(path).stat()
        mark = f"{stamp.st_mtime_ns} {stamp.st_size} {stamp.st_ino}"
    except OSError:
        mark = "gone"
    changed = known.get(path) != mark
    known[path] = mark
    return changed


def _answers(read: Sequence[tuple[Found, Job]], tell: Callable[[str], None]) -> list[Report]:
    from derivcheck.cache import opened
    from derivcheck.running import run

    answers = run([job for _, job in read], tell, cache=opened())
    return [one for one in answers if not isinstance(one, UnknownClaim)]
