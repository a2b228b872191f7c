"""Writing files so that there is always a whole one: the old one, or the new one, and nothing beside them.

What is written goes into a file without a name in the same folder, where the system has such (``O_TMPFILE``), and gets
its name when all of it is on the disk. Whatever stops us before, a full disk or a signal, leaves nothing behind.
Elsewhere the new file has a name of its own meanwhile, and signals wait until it is gone.
"""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet. Raises FileExistsError where there is one, and OSError."""
    with _held_signals(), _filled(path, data, 0o666) as name:
        try:
            os.link(name, path)
        except FileExistsError:
            raise
        except OSError:
            # a file system without hard links
            if path.exists():
                raise FileExistsError(17, "there is a file already", str(path)) from None
            name.rename(path)


def replace_file(path: Path, data: bytes) -> None:
    """Write a file in the place of the one that may be there, with its mode and behind its symbolic link.

    A device or a pipe is written to as it is. Raises OSError, also for a file that may not be written to.
    """
    try:
        old = path.stat()
    except FileNotFoundError:
        old = None
    if old is not None and not stat.S_ISREG(old.st_mode):
        path.write_bytes(data)
        return
    path = Path(os.path.realpath(path))
    if old is not None and not os.access(path, os.W_OK):
        raise PermissionError(13, "the file is write-protected", str(path))
    with _held_signals(), _filled(path, data, 0o666, old) as name:
        name.replace(path)


@contextmanager
def _filled(path: Path, data: bytes, mode: int, old: os.stat_result | None = None) -> Iterator[Path]:
    """A file beside ``path`` that holds the data, under a name that is gone at the end."""
    name = path.with_name(f".derivcheck-{os.urandom(8).hex()}")
    handle, unnamed = _opened(name, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            if old is not None:
                _take_after(handle, old)
            os.fsync(handle)
            if unnamed:
                # only with a directory, which the absolute path makes meaningless, does Python follow the link
                os.link(f"/proc/self/fd/{handle}", name, src_dir_fd=handle, follow_symlinks=True)
        yield name
    finally:
        with suppress(FileNotFoundError):
            name.unlink()


def _opened(name: Path, mode: int) -> tuple[int, bool]:
    """A new file open for writing, and whether it has no name yet."""
    if hasattr(os, "O_TMPFILE") and Path("/proc/self/fd").exists():
        # what a file system that does not know such files says of them differs
        with suppress(OSError):
            return os.open(name.parent, os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, mode), True
    return os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), mode), False


def _take_after(handle: int, old: os.stat_result) -> None:
    if not hasattr(os, "fchown"):
        return
    # who is not root may not give a file away, but may keep it in its group
    for owner, group in ((old.st_uid, old.st_gid), (-1, old.st_gid)):
        with suppress(OSError):
            os.fchown(handle, owner, group)
            break
    os.fchmod(handle, stat.S_IMODE(old.st_mode))


@contextmanager
def _held_signals() -> Iterator[None]:
    """What would end the process waits until the file has its name."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
