"""The tools as a server of the Model Context Protocol, on standard input and output, by the official SDK."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeVar

import anyio
import anyio.to_thread
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from derivcheck import __version__
from derivcheck.config import SettingsError, UnknownClaim
from derivcheck.serving.tools import Answer, Declined, Desk, Format, explain, settings_of

T = TypeVar("T")

ABOUT = r"""derivcheck checks every equation of a derivation (LaTeX in Markdown, TeX, notebooks, docstrings of Python)
against independent truth. A claim is `proved`, `agrees` (numbers agree, none of them a proof), `wrong`, `undecided` or
`not checked`; the first two hold, and the last says nothing about the mathematics. Declare what every name is before it
is used: $x \in \mathbb{R}^{n}$, $\sigma > 0$, $\ell : \mathbb{R}^{n} \to \mathbb{R}$."""

Text = Annotated[str | None, Field(description="The document itself; or give `path`.")]
Path_ = Annotated[str | None, Field(description="A file below the root of this server; or give `text`.")]
Format_ = Annotated[Format, Field(description="The language of `text`.")]
Sizes = Annotated[dict[str, int] | None, Field(description='Fixed dimensions by name, as in {"D": 4}.')]
Numbers = Annotated[dict[str, float] | None, Field(description='What a declared number is, as in {"\\\\sigma": 0.5}.')]


def server(root: Path) -> MCPServer[Any]:
    """A server that reads files below ``root``."""
    desk = Desk(root)
    made: MCPServer[Any] = MCPServer("derivcheck", instructions=ABOUT, version=__version__)
    # the engine works on one document at a time
    turn = anyio.CapacityLimiter(1)

    async def answered(work: Callable[[], T]) -> T:
        try:
            return await anyio.to_thread.run_sync(work, limiter=turn)
        except (Declined, SettingsError, UnknownClaim) as error:
            raise ToolError(str(error)) from None

    @made.tool()
    async def check(
        text: Text = None, path: Path_ = None, format: Format_ = "markdown", seed: int = 0, sizes: Sizes = None,
        values: Numbers = None, claim: str | None = None, require: str | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Check every claim of a derivation: verdicts with their strength and evidence, findings with corrections."""

        def work() -> Answer:
            settings = settings_of(seed, sizes, values, claim, require)
            return desk.check(desk.source(text, path, format), settings)

        return await answered(work)

    @made.tool(name="list")
    async def listed(text: Text = None, path: Path_ = None, format: Format_ = "markdown") -> dict[str, Any]:
        """Show how each line of a derivation was read: kind, name and shapes. Ask this where a verdict surprises."""
        return await answered(lambda: desk.listing(desk.source(text, path, format)))

    @made.tool()
    async def declare(text: Text = None, path: Path_ = None, format: Format_ = "markdown") -> dict[str, Any]:
        """The declarations that a derivation lacks, as its use of the names tells them."""
        return await answered(lambda: desk.declare(desk.source(text, path, format)))

    @made.tool()
    async def fix(
        text: Text = None, path: Path_ = None, format: Format_ = "markdown", seed: int = 0, unsafe: bool = False,
        write: bool = False,
    ) -> dict[str, Any]:  # fmt: skip
        """The derivation with its wrong lines corrected, as far as the corrections are proved; with `unsafe` also those
        that numbers alone confirm, with `write` written into the file at `path`."""

        def work() -> Answer:
            settings = settings_of(seed, None, None, None, None)
            return desk.fix(desk.source(text, path, format), settings, unsafe=unsafe, write=write)

        return await answered(work)

    @made.tool(name="explain")
    async def explained(code: str) -> dict[str, Any]:
        """What the code of a finding means, with examples."""
        return await answered(partial(explain, code))

    return made


def serve(root: Path) -> None:
    """Answer on standard input and output until the client leaves."""
    server(root).run("stdio")
