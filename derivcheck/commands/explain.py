"""``derivcheck explain CODE``: what a finding says, why it matters, and where it is found and where not."""

from __future__ import annotations

import textwrap

import click

from derivcheck import diagnostics
from derivcheck.commands.output import emit
from derivcheck.config import did_you_mean

WIDTH = 80


@click.command("explain")
@click.argument("code", required=False)
def command(code: str | None) -> int:
    """Explain the code of a finding, with examples; without one, list all codes."""
    entries = diagnostics.entries()
    if code is None:
        width = max(map(len, entries))
        emit("".join(f"{entry.code:<{width}}  {entry.sentence}\n" for entry in entries.values()))
        return 0
    found = diagnostics.entry(code.strip("[]").lower())
    if found is None:
        meant = did_you_mean(code, tuple(entries)) or "; `derivcheck explain` lists all codes"
        raise click.UsageError(f"there is no code `{code}`{meant}", click.get_current_context())
    emit(_shown(found))
    return 0


def _shown(entry: diagnostics.Entry) -> str:
    why = (textwrap.fill(part, WIDTH, break_long_words=False) for part in entry.why.split("\n\n"))
    parts = [f"{entry.code}: {entry.sentence}", *why]
    for title, document in (("It is found in", entry.found_in), ("It is not found in", entry.not_in)):
        if document:
            parts.append(f"{title}\n\n{textwrap.indent(document.rstrip(), '    ')}")
    return "\n\n".join(parts) + "\n"
