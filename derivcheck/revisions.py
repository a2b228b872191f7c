"""What changed since a revision, as git knows it: documents, those that are gone, and what they said before."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from derivcheck.patterns import is_document

BOUND: Final = 50_000_000
"""Bytes of a file at the revision; a larger one is no document."""


class NoRevision(Exception):
    """What was asked of git has no answer: the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes since a revision, in absolute paths.

    commit   the revision itself
    tracked  what git knows now
    before   of each file that changed or is new, where it was at the revision; None where it was not
    gone     what was there and is no more, under no other name
    """

    commit: str
    root: str
    tracked: frozenset[str]
    before: dict[str, str | None]
    gone: tuple[str, ...]

    def touched(self, path: str) -> bool:
        """Whether a document is to be looked at: it changed, or git does not know it."""
        real = os.path.realpath(path)
        return real in self.before or real not in self.tracked

    def text_before(self, path: str) -> bytes | None:
        """What stood there at the revision, for a document that was changed, moved or deleted."""
        real = os.path.realpath(path)
        old = real if real in self.gone else self.before.get(real)
        if old is None:
            return None
        below = os.path.relpath(old, self.root).replace(os.sep, "/")
        done = _git(self.root, "cat-file", "blob", f"{self.commit}:{below}")
        return done.stdout[:BOUND] if done.returncode == 0 else None


def changes_since(revision: str) -> Changes:
    """Changes of the working tree since a revision; ``main...`` means since this branch left main.

    Raises NoRevision.
    """
    top = _git(".", "rev-parse", "--show-toplevel")
    if top.returncode:
        raise NoRevision("--since: this is no git repository; run it inside of one")
    root = os.path.realpath(top.stdout.decode(errors="surrogateescape").rstrip("\n"))
    commit = _commit(root, revision)
    before: dict[str, str | None] = {}
    gone: list[str] = []
    fields = iter(_list(root, "diff", "--name-status", "-z", "--find-renames", "--no-ext-diff", commit, "--"))
    for status in fields:
        path = str(Path(root, next(fields)))
        match status[:1]:
            case "D":
                gone.append(path)
            case "R" | "C":
                before[str(Path(root, next(fields)))] = path
            case "A":
                before[path] = None
            case _:
                before[path] = path
    tracked = frozenset(str(Path(root, path)) for path in _list(root, "ls-files", "-z"))
    return Changes(commit, root, tracked, before, tuple(path for path in gone if is_document(path)))


def _commit(root: str, revision: str) -> str:
    name = revision.removesuffix("...")
    done = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if done.returncode or not name:
        shallow = _git(root, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true"
        advice = "; the clone is shallow: fetch its history (in actions/checkout: fetch-depth: 0)" if shallow else ""
        raise NoRevision(f"--since {revision}: git knows no such revision{advice}")
    commit = done.stdout.decode().strip()
    if name != revision:
        done = _git(root, "merge-base", commit, "HEAD")
        if done.returncode:
            raise NoRevision(f"--since {revision}: this branch and {name} have no commit in common")
        commit = done.stdout.decode().strip()
    return commit


def _list(root: str, *arguments: str) -> list[str]:
    done = _git(root, *arguments)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise NoRevision(f"--since: git {arguments[0]} failed: {said[-1] if said else 'without a word'}")
    return [os.fsdecode(one) for one in done.stdout.split(b"\0")[:-1]]


def _git(folder: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        return subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, check=False)
    except FileNotFoundError:
        raise NoRevision("--since needs git, which is not installed") from None
