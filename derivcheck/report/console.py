"""How wide and whether in colour a report is drawn, and the drawing itself."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TextIO

if TYPE_CHECKING:
    from rich.console import RenderableType

ColorChoice = Literal["auto", "always", "never"]
NARROWEST, OFF_TERMINAL = 40, 80


@dataclass(frozen=True, slots=True)
class Look:
    """How a report is drawn: cells across, and whether in colour."""

    width: int = OFF_TERMINAL
    color: bool = False


def wants_color(choice: ColorChoice, environ: Mapping[str, str], *, terminal: bool) -> bool:
    """The flag decides, then NO_COLOR, then FORCE_COLOR, then whether it is a terminal that can."""
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if forced := environ.get("FORCE_COLOR"):
        return forced.lower() not in ("0", "false")
    return terminal and environ.get("TERM") not in ("dumb", "unknown")


def look_of(choice: ColorChoice, stream: TextIO, environ: Mapping[str, str]) -> Look:
    """The look for a stream: COLUMNS if it is set, else the terminal's width, else 80."""
    terminal = stream.isatty()
    return Look(_width(stream, environ, terminal), wants_color(choice, environ, terminal=terminal))


def _width(stream: TextIO, environ: Mapping[str, str], terminal: bool) -> int:
    asked = environ.get("COLUMNS", "")
    if asked.isascii() and asked.isdigit() and int(asked) > 0:
        return max(NARROWEST, min(int(asked), 1000))
    if terminal:
        try:
            return max(NARROWEST, os.get_terminal_size(stream.fileno()).columns)
        except (OSError, ValueError):
            return OFF_TERMINAL
    return OFF_TERMINAL


def draw(parts: Iterable[RenderableType], look: Look) -> str:
    """The parts below each other as text, with ANSI colours if the look has them.

    A Text keeps its lines as they are (positions never wrap); a table fits the width.
    """
    from rich.console import Console
    from rich.text import Text

    console = Console(
        file=io.StringIO(),
        width=look.width,
        height=100,
        force_terminal=look.color,
        color_system="standard" if look.color else None,
        no_color=not look.color,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        _environ={},
    )
    for part in parts:
        console.print(part, soft_wrap=isinstance(part, Text))
    assert isinstance(console.file, io.StringIO)
    drawn = console.file.getvalue()
    # a table pads its last column; nobody wants spaces at line ends in a log
    return drawn if look.color else "".join(f"{line.rstrip()}\n" for line in drawn.split("\n")[:-1])
