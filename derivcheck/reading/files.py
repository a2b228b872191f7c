"""Reading a file: from a path to a ``Source``. Nothing here knows what stands in a document."""

from __future__ import annotations

import sys
from pathlib import Path, PurePath

from derivcheck.source import Source

LARGEST = 5_000_000
"""Bytes; no derivation written by hand is longer, and a data file is not to be read by mistake."""

STDIN = "<stdin>"
_OPEN_ALREADY = (Path("/dev/fd"), Path("/proc/self/fd"))
"""Pipes below these are open already, as in ``derivcheck check <(command)``: somebody writes to them."""


class UnreadableFile(Exception):
    """A document that cannot be opened: the message says what is wrong, where, and what to do."""


def read_source(path: str) -> Source:
    """The document at a path, or on standard input for ``-`` (shown as ``<stdin>``).

    Line ends stay as they are; a byte order mark is dropped. A notebook becomes the text of its Markdown cells
    (see ``notebook``). Raises ``UnreadableFile``.
    """
    shown = STDIN if path == "-" else path
    return source_of(shown, _bytes_of_stdin() if path == "-" else bytes_of(path))


def source_of(shown: str, data: bytes) -> Source:
    """The document that a file of this name and these bytes is. Raises ``UnreadableFile``."""
    if len(data) > LARGEST:
        raise UnreadableFile(f"{shown}: larger than {LARGEST // 1_000_000} MB; split the document")
    if b"\0" in data:
        raise UnreadableFile(f"{shown}: not a text file (it holds NUL bytes); give a .md, .tex, .ipynb or .py file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(f"{shown}:{line}: not UTF-8 text; save the file in UTF-8") from error
    if PurePath(shown).suffix.lower() == ".ipynb":
        from derivcheck.reading.notebook import NotANotebook, notebook

        try:
            return notebook(shown, text)
        except NotANotebook as error:
            raise UnreadableFile(f"{shown}: {error}") from error
    return Source(shown, text)


def _bytes_of_stdin() -> bytes:
    if sys.stdin is None:
        raise UnreadableFile(f"{STDIN}: standard input is closed; name a file, or send the document through a pipe")
    try:
        return sys.stdin.buffer.read(LARGEST + 1)
    except OSError as error:
        raise UnreadableFile(f"{STDIN}: cannot be read ({error.strerror or error}); name a file") from error


def bytes_of(path: str) -> bytes:
    """The file as it is, and one byte more than the largest that is read. Raises ``UnreadableFile``."""
    file = Path(path)
    try:
        if file.is_dir():
            raise UnreadableFile(f"{path}: is a directory; name the files in it")
        if file.is_fifo() and file.parent not in _OPEN_ALREADY:
            raise UnreadableFile(
                f"{path}: is a named pipe, which may never end; send it in: derivcheck check - < {path}"
            )
        with file.open("rb") as stream:
            return stream.read(LARGEST + 1)
    except FileNotFoundError as error:
        raise UnreadableFile(f"{path}: no such file; check the name and the directory") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableFile(f"{path}: cannot be read ({reason}); check the file and its permissions") from error
