"""What is raised when mathematics cannot be read."""

from __future__ import annotations

from derivcheck.source import Span


class ParseError(Exception):
    """The first thing that was not understood: where it stands, why, and what to write instead."""

    def __init__(self, message: str, span: Span, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.help = help
