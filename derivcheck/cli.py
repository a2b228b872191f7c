"""The command line: commands, exit codes, and the one place where errors become messages.

Only click is imported here. click by itself exits 1 for bad usage, for uncaught exceptions and for Ctrl-C, and
drops what a command returns; exit codes are part of what derivcheck promises, so ``run`` does them itself.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import click

from derivcheck import __version__
from derivcheck.commands import check, configuration, declaring, explain, homework, listing, power, serving
from derivcheck.commands.output import complain, silence
from derivcheck.config import SettingsError, did_you_mean
from derivcheck.patterns import is_document

PROGRAM = "derivcheck"
COMPLETE = "_DERIVCHECK_COMPLETE"
FAILURE, INTERRUPTED, BROKEN_PIPE = 2, 130, 141

EPILOG = """\b
Exit codes: 0 something was checked and nothing is wrong; 1 a wrong claim, or
nothing checked, or (--strict) something undecided; 2 usage, configuration,
unreadable file, an error of derivcheck itself.

\b
Examples:
  derivcheck check block.md
  derivcheck check notes/ --format concise
  derivcheck power block.md
  derivcheck resblock --write mine.md
  derivcheck resblock --derivation mine.md --seed 3
"""


class Commands(click.Group):
    """A group that says what was probably meant. click does so itself only in its newest versions."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None and not ctx.resilient_parsing:
            raise click.UsageError(f"there is no command `{name}`{self._meant(ctx, args)}", ctx)
        return super().resolve_command(ctx, args)

    def _meant(self, ctx: click.Context, args: list[str]) -> str:
        name = args[0]
        if name == "-" or Path(name).exists() or is_document(name):
            return f"; to check a document: {PROGRAM} check {name}"
        names = self.list_commands(ctx)
        return did_you_mean(name, tuple(names)) or f"; the commands are {', '.join(names)}"


@click.group(cls=Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
def cli() -> None:
    """Check every equation of a hand-written derivation against independent truth."""


for _command in (
    check.command,
    listing.command,
    declaring.command,
    power.command,
    explain.command,
    configuration.config,
    configuration.init,
    serving.watch,
    serving.lsp,
    serving.mcp,
    *homework.commands(),
):
    cli.add_command(_command)


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit code; messages go to stderr, never a traceback.

    With DERIVCHECK_TRACEBACK=1 an exception that is a bug in derivcheck is shown whole.
    """
    # closed by whoever started us, who wants the exit code alone
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115
    # said by torch once at its import where numpy is not installed, and of no concern to anybody here
    warnings.filterwarnings("ignore", message="Failed to initialize NumPy")
    try:
        with _leaving_on_interrupt():
            return _run(list(arguments))
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (click.Abort, KeyboardInterrupt):
        sys.stderr.write("\n")
        return INTERRUPTED
    except BrokenPipeError:
        silence()
        return BROKEN_PIPE
    except OSError as error:
        # click writes its help and version past ``emit``
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG):
            return _failed(error)
        silence()
        complain(f"the output cannot be written: {(error.strerror or str(error)).lower()}")
        return FAILURE
    except click.ClickException as error:
        complain(_message(error))
        return FAILURE
    except SettingsError as error:
        complain(str(error))
        return FAILURE
    except Exception as error:
        return _failed(error)


def _failed(error: Exception) -> int:
    """An exception that is a bug in derivcheck."""
    if os.environ.get("DERIVCHECK_TRACEBACK"):
        raise error
    complain(_bug(error))
    return FAILURE


@contextmanager
def _leaving_on_interrupt() -> Iterator[None]:
    """Ctrl-C ends the process at once: as an exception it may come up inside torch, which then aborts with its own.

    Nothing is lost: a report is written whole, at the end. Only the main thread has signals, and a handler that is
    not Python's own is somebody's wish.
    """
    try:
        ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if ours:
            signal.signal(signal.SIGINT, _leave)
    except ValueError:
        ours = False
    try:
        yield
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def _leave(number: int, frame: FrameType | None) -> None:
    with suppress(OSError):
        os.write(2, b"\n")
    os._exit(INTERRUPTED)


def _run(arguments: list[str]) -> int:
    if instruction := os.environ.get(COMPLETE):
        from click.shell_completion import shell_complete

        return shell_complete(cli, {}, PROGRAM, COMPLETE, instruction)
    if not arguments:
        # a script whose list of commands came out empty has to fail
        with cli.make_context(PROGRAM, [], resilient_parsing=True) as context:
            sys.stderr.write(cli.get_help(context) + "\n")
        return FAILURE
    with cli.make_context(PROGRAM, arguments) as context:
        code = cli.invoke(context)
    sys.stdout.flush()
    return code if isinstance(code, int) else 0


def _message(error: click.ClickException) -> str:
    """A click message in our words, with the way to the help where it is one of usage."""
    match error:
        case click.NoSuchOption():
            text = f"there is no option `{error.option_name}`{did_you_mean(error.option_name, _options(error.ctx))}"
        case _:
            text = error.format_message().strip().removesuffix(".")
            text = text[:1].lower() + text[1:] if text[1:2].islower() else text
    if isinstance(error, click.UsageError) and error.ctx is not None:
        text += f"\ntry: {error.ctx.command_path} --help"
    return text


def _options(context: click.Context | None) -> tuple[str, ...]:
    parameters = [] if context is None else context.command.get_params(context)
    return tuple(name for one in parameters for name in one.opts if name.startswith("--"))


def _bug(error: Exception) -> str:
    detail = str(error).splitlines()[0][:200] if str(error) else ""
    return (
        f"this is a bug in derivcheck: {type(error).__name__}{': ' if detail else ''}{detail}\n"
        "set DERIVCHECK_TRACEBACK=1 to see where it happened"
    )
