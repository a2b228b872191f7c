"""``derivcheck power FILE``: whether the checks of a derivation can fail."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from derivcheck.commands.choosing import document, refuse_unknown_sizes
from derivcheck.commands.options import Asked, amount, asked, reading, showing, steering
from derivcheck.commands.output import emit, progress
from derivcheck.config import Settings
from derivcheck.project import project as project_of

if TYPE_CHECKING:
    from derivcheck.power.score import Power


@click.command("power")
@click.argument("file", type=click.Path(), metavar="FILE|-", required=False)
@click.option("--operators", is_flag=True, help="List the kinds of edits and do nothing else.")
@steering
@reading
@showing
@amount
def command(file: str | None, operators: bool, **options: Any) -> int:  # noqa: ANN401
    """Edit a derivation in every way in which people err, and see whether the checks notice.

    Each edit of a claim or a definition is killed (`check` calls a line of the edited document wrong), shown to say the
    same as before, with the proof, or open. An open edit fails the run: there the document may be wrong unseen.
    """
    request = asked(options)
    if operators:
        return _list(request)
    if file is None:
        raise click.UsageError("name a document, or ask for --operators", click.get_current_context())
    project = project_of(request.config)
    settings = request.over(project.settings(Settings(), file))
    with progress(f"reading {file}") as tell:
        from derivcheck.power.run import power

        source = document(file, project, request)
        refuse_unknown_sizes(request, [source])
        found = power(source, settings, tell)
    return show_power(found, request, settings)


def show_power(found: Power, request: Asked, settings: Settings) -> int:
    """Write what became of the edits in the form that was asked for; the exit code."""
    from derivcheck.report.power import power_concise, power_json, power_screen

    how = {"quiet": request.quiet, "verbose": request.verbose, "strict": settings.strict}
    match request.output:
        case "json":
            emit(power_json(found, settings))
        case "concise":
            emit(power_concise(found, **how))
        case "table":
            from derivcheck.report.console import draw, look_of

            emit(draw(power_screen(found, **how), look_of(request.color, sys.stdout, os.environ)))
    return found.exit_code(strict=settings.strict)


def _list(request: Asked) -> int:
    from derivcheck.power.mutants import PUBLISHED
    from derivcheck.report.power import operators_json, operators_text

    emit(operators_json(PUBLISHED) if request.output == "json" else operators_text(PUBLISHED))
    return 0
