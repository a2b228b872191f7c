"""The options that commands share, and the settings that come of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from derivcheck.config import Settings, SettingsError, check_scalar, check_value, did_you_mean, load, parse_size
from derivcheck.report.console import ColorChoice
from derivcheck.report.formats import FORMATS

Body = TypeVar("Body", bound=Callable[..., Any])


def whole(check: Callable[[int], object]) -> Callable[[click.Context, click.Parameter, int | None], int | None]:
    """A callback that holds a number against what the configuration files allow, in the same words."""

    def callback(context: click.Context, parameter: click.Parameter, value: int | None) -> int | None:
        try:
            if value is not None:
                check(value)
        except SettingsError as error:
            raise click.UsageError(f"{parameter.opts[0]} {error}", context) from None
        return value

    return callback


def finite(context: click.Context, parameter: click.Parameter, value: float | None) -> float | None:
    """A callback that holds a value against what the configuration files allow, in the same words."""
    try:
        return value if value is None else check_value(value)
    except SettingsError as error:
        raise click.UsageError(f"{parameter.opts[0]} {error}", context) from None


def _sizes(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    try:
        return tuple(map(parse_size, values))
    except SettingsError as error:
        raise click.UsageError(f"{parameter.opts[0]}: {error}", context) from None


def _readings(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    found = []
    for value in values:
        from derivcheck.meaning.readings import refusal

        name, equals, choice = value.partition("=")
        if told := refusal(name, choice) if equals else f"{value}: give a name and a choice, as in softmax-axis=rows":
            raise click.UsageError(f"{parameter.opts[0]}: {told}", context)
        found.append((name, choice))
    return tuple(found)


def reading(body: Body) -> Body:
    """Which convention to take where print leaves one open."""
    return click.option(
        "--reading",
        "readings",
        multiple=True,
        metavar="NAME=CHOICE",
        callback=_readings,
        help="Fix what print leaves open, as in softmax-axis=rows; repeatable.",
    )(body)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for; None is what it leaves to the configuration."""

    seed: int | None = None
    trials: int | None = None
    sizes: tuple[tuple[str, int], ...] = ()
    readings: tuple[tuple[str, str], ...] = ()
    config: Path | None = None
    claim: str | None = None
    strict: bool | None = None
    evidence: str | None = None
    require: str | None = None
    output: str = "table"
    outputs: tuple[tuple[str, Path], ...] = ()
    color: ColorChoice = "auto"
    quiet: bool = False
    verbose: bool = False

    def settings(self, base: Settings, homework: str | None = None) -> Settings:
        """``base``, the configuration file over it, the command line over both.

        Raises SettingsError for a configuration file that cannot be used.
        """
        settings = base
        if self.config is not None:
            settings = load(self.config, base, homework)
        return self.over(settings)

    def over(self, settings: Settings) -> Settings:
        """What the command line asks for, over settings that came of files."""
        if self.config is not None:
            settings = replace(settings, config=str(self.config))
        given = {
            "seed": self.seed, "trials": self.trials, "claim": self.claim, "strict": self.strict,
            "evidence": self.evidence, "require": self.require,
        }  # fmt: skip
        named = {name: value for name, value in given.items() if value is not None}
        return replace(settings, sizes={**settings.sizes, **dict(self.sizes)}, **named)  # type: ignore[arg-type]


def steering(body: Body) -> Body:
    """The options that steer a check."""
    for decorate in reversed(
        (
            click.option(
                "--seed",
                type=int,
                metavar="INT",
                callback=whole(partial(check_scalar, "seed")),
                help="Seed of every draw.  [default: 0]",
            ),
            click.option(
                "--trials",
                type=int,
                metavar="INT",
                callback=whole(partial(check_scalar, "trials")),
                help="Inputs drawn at each size, 2 to 1000.  [default: 4]",
            ),
            click.option(
                "--sizes",
                "--size",
                multiple=True,
                metavar="NAME=INT",
                callback=_sizes,
                help="Fix a dimension, as in D=4; repeatable.",
            ),
            click.option(
                "--config",
                type=click.Path(path_type=Path),
                help="TOML file of settings, in place of the nearest derivcheck.toml or pyproject.toml.",
            ),
            click.option("--claim", metavar="NAME", help="Check only the claim of this name."),
            click.option(
                "--strict/--no-strict", default=None, help="Let undecided and not checked claims fail the run."
            ),
        )
    ):
        body = decorate(body)
    return body


def evidence(body: Body) -> Body:
    """Which oracles are asked."""
    return click.option(
        "--evidence",
        type=click.Choice(["all", "exact"]),
        help="Ask every oracle, or only the exact ones: proofs and exact counterexamples.  [default: all]",
    )(body)


def requiring(body: Body) -> Body:
    """How much has to be shown of every claim."""
    return click.option(
        "--require", type=click.Choice(["proved"]), help="Let every claim that is less than proved fail the run."
    )(body)


def _outputs(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[str, Path], ...]:
    found: list[tuple[str, Path]] = []
    for value in values:
        name, equals, file = value.partition("=")
        if not equals or not file:
            raise click.UsageError(
                f"{parameter.opts[0]} {value}: give a format and a file, as in html=report.html", context
            )
        if name not in FORMATS:
            meant = did_you_mean(name, tuple(FORMATS)) or f"; the formats are {', '.join(FORMATS)}"
            raise click.UsageError(f"{parameter.opts[0]}: there is no format `{name}`{meant}", context)
        if any(os.path.realpath(file) == os.path.realpath(other) for _, other in found):
            raise click.UsageError(f"{parameter.opts[0]}: {file} is named twice", context)
        found.append((name, Path(file)))
    return tuple(found)


def reporting(body: Body) -> Body:
    """The options that say how the report of a check is shown: every format, and files beside what is printed."""
    body = click.option(
        "--output",
        "outputs",
        multiple=True,
        metavar="FORMAT=FILE",
        callback=_outputs,
        help="Write the report to a file as well, as in html=report.html; repeatable.",
    )(body)
    return showing(body, tuple(FORMATS))


def showing(body: Body, formats: tuple[str, ...] = ("table", "concise", "json")) -> Body:
    """The options that say how an answer is shown."""
    for decorate in reversed(
        (
            click.option(
                "--format",
                "output",
                type=click.Choice(formats),
                default="table",
                show_default=True,
                help="Form of the report.",
            ),
            click.option(
                "--color",
                "--colour",
                "color",
                type=click.Choice(["auto", "always", "never"]),
                default="auto",
                show_default=True,
                help="Colour; auto heeds NO_COLOR, FORCE_COLOR and TERM.",
            ),
        )
    ):
        body = decorate(body)
    return body


def amount(body: Body) -> Body:
    """How much is said: ``-q`` and ``-v``, which exclude each other."""
    body = click.option("-v", "--verbose", is_flag=True, help="Show all evidence for every claim.")(body)
    return click.option("-q", "--quiet", is_flag=True, help="Show only errors and the summary.")(body)


def asked(options: dict[str, Any]) -> Asked:
    """The options of a command as one value."""
    if options.get("quiet") and options.get("verbose"):
        raise click.UsageError("-q and -v exclude each other", click.get_current_context(silent=True))
    return Asked(**options)
