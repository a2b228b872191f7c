"""``derivcheck list FILE``: how each line was read."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from derivcheck.commands.choosing import document
from derivcheck.commands.options import asked, reading, showing
from derivcheck.commands.output import emit, progress
from derivcheck.project import project


@click.command("list")
@click.argument("file", type=click.Path(), metavar="FILE|-")
@reading
@showing
@click.option("-v", "--verbose", is_flag=True, help="Show for every line which words were heard, and what they tell.")
def command(file: str, **options: Any) -> int:  # noqa: ANN401
    """Show how each line was read: kind, name, shapes."""
    request = asked(options)
    with progress(f"reading {file}"):
        source = document(file, project(), request)
        from derivcheck.engine import listing

        listed = listing(source)
    match request.output:
        case "json":
            from derivcheck.report.json import render_listing

            emit(render_listing(source, listed))
        case "concise":
            from derivcheck.report.listing import concise_listing

            emit(concise_listing(source, listed, words=request.verbose))
        case "table":
            from derivcheck.reading.heard import heard_of_all
            from derivcheck.report.console import draw, look_of
            from derivcheck.report.listing import listing as listing_table

            of_all = heard_of_all(source) if request.verbose else None
            look = look_of(request.color, sys.stdout, os.environ)
            emit(draw(listing_table(source, listed, look.width, of_all), look))
    return 0
