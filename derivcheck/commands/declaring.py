"""``derivcheck declare FILE``: the declarations that a document lacks, as its use of the names tells them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from derivcheck.commands.choosing import document
from derivcheck.commands.options import asked, reading
from derivcheck.commands.output import emit, progress
from derivcheck.project import project

if TYPE_CHECKING:
    from derivcheck.problem.problem import Lacking

WRAPS: Final = {".tex": "% derivcheck: let {}\n", ".py": "# derivcheck: let {}\n"}


@click.command("declare")
@click.argument("file", type=click.Path(), metavar="FILE")
@click.option("--write", is_flag=True, help="Add the lines to FILE, in front of its first mathematics.")
@reading
def command(file: str, write: bool, **options: Any) -> int:  # noqa: ANN401
    """Print the `let` lines that FILE lacks; what its use leaves open is for you to fill in where a `?` stands."""
    with progress(f"reading {file}"):
        from derivcheck.engine import inferred_of, lacking_of

        source = document(file, project(), asked(options))
        inferred, lacking = inferred_of(source), lacking_of(source)
    path = Path(file)
    wrap = WRAPS.get(path.suffix, "<!-- derivcheck: let {} -->\n")
    added = [(one.span.start, wrap.format(f"${one.let}$")) for one in inferred]
    added += [(one.span.start, _left_open(wrap, one)) for one in lacking if f"let ${one.let}$" not in source.text]
    lines = "".join(line for _, line in added)
    if not write:
        emit(lines or "# nothing is used that is not declared\n" if path.suffix != ".tex" else lines)
        return 0
    if path.suffix not in (".md", ".markdown", ".qmd", ".tex"):
        raise click.ClickException(f"{file}: lines are added to Markdown and TeX only; paste what `declare` prints")
    if added:
        from derivcheck.writing import replace_file

        text = path.read_bytes().decode("utf-8")
        # Each section of a long document gets its own: a letter may stand for something else in the next.
        for offset in sorted({start for start, _ in added}, reverse=True):
            mine = "".join(line for start, line in added if start == offset)
            place = text.rfind("\n", 0, _place(text, offset)) + 1
            text = text[:place] + mine + "\n" + text[place:]
        replace_file(path, text.encode("utf-8"))
    emit(f"{len(added)} line{'' if len(added) == 1 else 's'} added to {file}\n")
    return 0


def _left_open(wrap: str, one: Lacking) -> str:
    """A comment that says nothing until its `?` is filled in and it begins with `derivcheck`."""
    waiting = f"open, {one.lines} line{'' if one.lines == 1 else 's'}" + (f", see {one.see}" if one.see else "")
    return wrap.format(f"${one.let}$").replace("derivcheck", waiting, 1)


def _place(text: str, offset: int) -> int:
    """The first line of the paragraph in which something stands: a comment inside it would tear it."""
    before = text.rfind("\n\n", 0, offset)
    return offset if before < 0 else before + 2
