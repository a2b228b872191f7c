"""``derivcheck declare FILE``: the declarations that a document lacks, as its use of the names tells them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from derivcheck.commands.choosing import document
from derivcheck.commands.options import asked, reading
from derivcheck.commands.output import emit, progress
from derivcheck.project import project

WRAPS: Final = {".tex": "% derivcheck: let {}\n", ".py": "# derivcheck: let {}\n"}


@click.command("declare")
@click.argument("file", type=click.Path(), metavar="FILE")
@click.option("--write", is_flag=True, help="Add the lines to FILE, in front of its first mathematics.")
@reading
def command(file: str, write: bool, **options: Any) -> int:  # noqa: ANN401
    """Print the `let` lines that FILE lacks; sizes that its use leaves open are for you to name."""
    with progress(f"reading {file}"):
        from derivcheck.engine import inferred_of

        inferred = inferred_of(document(file, project(), asked(options)))
    path = Path(file)
    wrap = WRAPS.get(path.suffix, "<!-- derivcheck: let {} -->\n")
    lines = "".join(wrap.format(f"${one.let}$") for one in inferred)
    if not write:
        emit(lines or "# nothing is used that is not declared\n" if path.suffix != ".tex" else lines)
        return 0
    if path.suffix not in (".md", ".markdown", ".qmd", ".tex"):
        raise click.ClickException(f"{file}: lines are added to Markdown and TeX only; paste what `declare` prints")
    if inferred:
        from derivcheck.writing import replace_file

        text = path.read_bytes().decode("utf-8")
        # Each section of a long document gets its own: a letter may stand for something else in the next.
        for offset in sorted({one.span.start for one in inferred}, reverse=True):
            mine = "".join(wrap.format(f"${one.let}$") for one in inferred if one.span.start == offset)
            place = text.rfind("\n", 0, _place(text, offset)) + 1
            text = text[:place] + mine + "\n" + text[place:]
        replace_file(path, text.encode("utf-8"))
    emit(f"{len(inferred)} line{'' if len(inferred) == 1 else 's'} added to {file}\n")
    return 0


def _place(text: str, offset: int) -> int:
    """The first line of the paragraph in which something stands: a comment inside it would tear it."""
    before = text.rfind("\n\n", 0, offset)
    return offset if before < 0 else before + 2
