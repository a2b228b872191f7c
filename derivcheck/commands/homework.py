"""The homework commands: a shipped derivation, or yours of the same mathematics, held against a torch module."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from derivcheck.commands.options import Asked, amount, asked, finite, reporting, requiring, steering, whole
from derivcheck.commands.output import emit, progress, show
from derivcheck.commands.power import show_power
from derivcheck.config import FUNCTIONS, Settings, check_size, shipped, with_function
from derivcheck.homework.registry import HOMEWORKS, Homework, Option
from derivcheck.writing import write_new


def commands() -> list[click.Command]:
    """One command for each homework in the table."""
    return [_command(homework) for homework in HOMEWORKS.values()]


def _command(homework: Homework) -> click.Command:
    def body(**options: Any) -> int:  # noqa: ANN401
        return _run(homework, **options)

    decorated: Any = body
    own = [_own(option) for option in homework.options]
    for decorate in (amount, reporting, requiring, steering, *reversed(own), *reversed(_ABOUT_THE_DOCUMENT)):
        decorated = decorate(decorated)
    about = f"Check {homework.title}."
    explained = f"{about}\n\nWhatever is undecided or not checked fails the run, unless --no-strict."
    return click.command(homework.name, help=explained, short_help=about)(decorated)


def _own(option: Option) -> Any:  # noqa: ANN401
    """An option that one homework alone has: a size, what a function stands for, or the value of a number."""
    text = f"{option.help[:1].upper()}{option.help[1:]}."
    if option.sets == "sizes":
        return click.option(
            f"--{option.name}", option.name, type=int, metavar="INT", callback=whole(check_size), help=text
        )
    if option.sets == "values":
        return click.option(f"--{option.name}", option.name, type=float, metavar="NUMBER", callback=finite, help=text)
    choices = click.Choice(option.choices or FUNCTIONS)
    return click.option(f"--{option.name}", option.name, type=choices, help=text)


_ABOUT_THE_DOCUMENT = (
    click.option(
        "--derivation", type=click.Path(path_type=Path), metavar="FILE", help="Check your derivation instead."
    ),
    click.option("--power", is_flag=True, help="Edit the derivation in every way and see whether its checks notice."),
    click.option("--as-handed-in", is_flag=True, help="Check the solution as it was handed in, mistakes and all."),
    click.option(
        "--write",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Write the derivation to a new file, - for standard output.",
    ),
)


def _run(
    homework: Homework,
    *,
    derivation: Path | None,
    power: bool,
    as_handed_in: bool,
    write: Path | None,
    **options: Any,  # noqa: ANN401
) -> int:
    own = {option: options.pop(option.name) for option in homework.options}
    request = asked(options)
    if derivation is not None and (as_handed_in or write is not None):
        other = "--as-handed-in" if as_handed_in else "--write"
        raise click.UsageError(f"--derivation and {other} exclude each other", click.get_current_context())
    if write is not None:
        if power:
            raise click.UsageError("--power and --write exclude each other", click.get_current_context())
        return _write(homework.name, write, as_handed_in)

    settings = request.settings(shipped(homework.name, Settings(strict=True)), homework.name)
    for option, value in own.items():
        if value is not None:
            settings = _with(settings, option, value, request)
    if power:
        if request.outputs or request.output not in ("table", "concise", "json"):
            raise click.UsageError("--power is shown as table, concise or json", click.get_current_context())
        return _power(homework, settings, request, derivation, as_handed_in)
    with progress(f"checking {derivation or homework.name}"):
        from derivcheck.homework import run
        from derivcheck.reading.files import UnreadableFile
        from derivcheck.verdict import exit_code

        try:
            report = run(homework.name, settings, derivation, as_handed_in)
        except UnreadableFile as error:
            raise click.ClickException(str(error)) from None
    show([report], request, settings, homework.name)
    return exit_code((report,), strict=settings.strict)


def _power(homework: Homework, settings: Settings, request: Asked, derivation: Path | None, as_handed_in: bool) -> int:
    """Test the checks of the derivation itself; what the homework adds to them is left out."""
    with progress(f"editing {derivation or homework.name}") as tell:
        from derivcheck.homework import document
        from derivcheck.power.run import power
        from derivcheck.reading.files import UnreadableFile, read_source

        try:
            source = document(homework.name, as_handed_in) if derivation is None else read_source(str(derivation))
        except UnreadableFile as error:
            raise click.ClickException(str(error)) from None
        found = power(source, settings, tell)
    return show_power(replace(found, title=homework.title), request, settings)


def _with(settings: Settings, option: Option, value: float | str, request: Asked) -> Settings:
    """The settings with an option of the homework's own."""
    if isinstance(value, str):
        return replace(settings, functions=with_function(settings.functions, option.target, value))
    if option.sets == "values":
        return replace(settings, values={**settings.values, option.target: value})
    assert isinstance(value, int)
    if dict(request.sizes).get(option.target, value) != value:
        raise click.UsageError(
            f"--{option.name} and --sizes {option.target}=… contradict each other", click.get_current_context()
        )
    return replace(settings, sizes={**settings.sizes, option.target: value})


def _write(name: str, path: Path, as_handed_in: bool) -> int:
    """Write the shipped document to a file that is not there yet; somebody's work is never overwritten."""
    from derivcheck.homework import document

    text = document(name, as_handed_in).text
    if path == Path("-"):
        emit(text)
        return 0
    try:
        write_new(path, text.encode())
    except FileExistsError:
        raise click.ClickException(f"{path}: is there already; choose another name or remove it first") from None
    except OSError as error:
        raise click.ClickException(f"{path}: cannot be written: {(error.strerror or str(error)).lower()}") from None
    emit(f"wrote {path}; edit it, then check it with: derivcheck {name} --derivation {path}\n")
    return 0
