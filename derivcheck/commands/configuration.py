"""``derivcheck config``: which settings apply, and from where; ``derivcheck init``: a first document and a CI file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click

from derivcheck.commands.output import emit, remark
from derivcheck.config import Settings
from derivcheck.project import Part, Project
from derivcheck.project import project as project_of

OWN = ("claim", "extra", "config")
"""Settings that no project has."""


@click.command("config")
@click.argument("files", nargs=-1, type=click.Path(), metavar="[FILE…]")
@click.option("--config", type=click.Path(path_type=Path), help="This file in place of the nearest one.")
def config(files: tuple[str, ...], config: Path | None) -> int:
    """Show which settings apply, and from where: to a run, or to each of some documents."""
    project = project_of(config)
    lines = [f"# {project.path or 'no derivcheck.toml and no [tool.derivcheck] in a pyproject.toml: the defaults'}"]
    for file in files or (None,):
        lines += [f"\n# {file}"] if file else []
        lines += _applying(project, file)
    emit("\n".join(lines) + "\n")
    return 0


def _applying(project: Project, document: str | None) -> Iterator[str]:
    """A line for each setting, as a configuration file would write it, and where it comes from."""
    where: dict[str, str] = {}
    for part in (project.whole, *project.parts(document)):
        where |= dict.fromkeys(_keys(part), part.where)
    shown = {field.name: getattr(project.settings(Settings(), document), field.name) for field in fields(Settings)}
    told = [(key, value) for name, value in shown.items() if name not in OWN for key, value in _flat(name, value)]
    if document is not None:
        told += [(f"readings.{name}", choice) for name, choice in project.readings(document)]
    else:
        told += [(f"readings.{name}", choice) for name, choice in project.whole.readings.items()]
        told += [(key, project.whole.table[key]) for key in ("include", "exclude") if key in project.whole.table]
    for key, value in told:
        if value is not None:
            origin = where.get(key) or where.get(key.replace("\\", "")) or "default"
            yield f"{f'{key} = {_toml(value)}':<40} # {origin}"


def _keys(part: Part) -> Iterator[str]:
    for name, value in part.table.items():
        yield name
        if isinstance(value, dict):
            yield from (f"{name}.{key}" for key in value)


def _flat(name: str, value: object) -> list[tuple[str, object]]:
    return [(f"{name}.{key}", entry) for key, entry in value.items()] if isinstance(value, dict) else [(name, value)]


def _toml(value: object) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)


DOCUMENT = "derivation.md"
WORKFLOW = ".github/workflows/derivcheck.yml"
FILES = {
    DOCUMENT: r"""# Ridge regression

Let $X \in \mathbb{R}^{n \times d}$, $y \in \mathbb{R}^{n}$, $w \in \mathbb{R}^{d}$ and $\lambda > 0$. The loss is

$$ L = \| X w - y \|^2 + \lambda \| w \|^2 . $$

Its gradient is

$$ \frac{\partial L}{\partial w} = 2 X^\top (X w - y) + 2 \lambda w . $$
""",
    WORKFLOW: """# OWNER is whose copy of derivcheck you use.
on: [pull_request]
jobs:
  derivcheck:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: OWNER/derivcheck@main
        with:
          paths: .
""",
}


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path), default=".")
def init(folder: Path) -> int:
    """Write a first document and a workflow for CI. What is there already stays as it is."""
    from derivcheck.writing import write_new

    if folder.exists() and not folder.is_dir():
        raise click.ClickException(f"{folder}: is no folder; name one, or none for this one")
    for name, text in FILES.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_new(path, text.encode())
        except FileExistsError:
            remark(f"{path}: is there already, and stays as it is")
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise click.ClickException(f"{path}: cannot be written: {reason}") from None
        else:
            remark(f"{path}: written")
    remark(f"now: derivcheck check {folder / DOCUMENT}")
    return 0
