"""The table of formats in which a report can be put out. A new one is a file in this folder and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from derivcheck.config import Settings
    from derivcheck.report.console import Look
    from derivcheck.verdict import Report


@dataclass(frozen=True, slots=True)
class Asking:
    """What a format may heed: settings, the command's name, how much is said, and where it is drawn."""

    settings: Settings
    command: str
    look: Look
    environ: Mapping[str, str]
    quiet: bool = False
    verbose: bool = False


def _table(reports: Sequence[Report], asking: Asking) -> str:
    from derivcheck.report.console import draw
    from derivcheck.report.screen import screen

    width, strict = asking.look.width, asking.settings.strict
    return draw(screen(reports, width, quiet=asking.quiet, verbose=asking.verbose, strict=strict), asking.look)


def _concise(reports: Sequence[Report], asking: Asking) -> str:
    from derivcheck.report.concise import concise

    return concise(reports, quiet=asking.quiet, verbose=asking.verbose, strict=asking.settings.strict)


def _json(reports: Sequence[Report], asking: Asking) -> str:
    from derivcheck.report.json import render

    return render(reports, asking.settings, asking.command)


def _sarif(reports: Sequence[Report], asking: Asking) -> str:
    from derivcheck.report.sarif import sarif

    return sarif(reports, asking.environ)


def _junit(reports: Sequence[Report], asking: Asking) -> str:
    from derivcheck.report.junit import junit

    return junit(reports)


def _github(reports: Sequence[Report], asking: Asking) -> str:
    from derivcheck.report.github import github

    return github(reports, asking.environ, quiet=asking.quiet)


def _gitlab(reports: Sequence[Report], asking: Asking) -> str:
    from derivcheck.report.gitlab import gitlab

    return gitlab(reports, asking.environ)


def _html(reports: Sequence[Report], asking: Asking) -> str:
    from derivcheck.report.html import html

    return html(reports, strict=asking.settings.strict)


FORMATS: Final[Mapping[str, Callable[[Sequence[Report], Asking], str]]] = {
    "table": _table,
    "concise": _concise,
    "json": _json,
    "sarif": _sarif,
    "junit": _junit,
    "github": _github,
    "gitlab": _gitlab,
    "html": _html,
}
