"""How much work something is, counted: the same on every machine, however busy it is."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, ModuleType
from typing import Any
from unittest.mock import patch


def calls(run: Callable[[], object]) -> int:
    """How many functions are called, those written in C among them."""
    count = 0

    def called(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        if event in ("call", "c_call"):
            count += 1

    before = sys.getprofile()
    sys.setprofile(called)
    try:
        run()
    finally:
        sys.setprofile(before)
    return count


class Looks:
    """How many characters of a text were looked at: searched through, matched, or copied."""

    def __init__(self) -> None:
        self.count = 0

    def text(self, text: str) -> str:
        """The same text, in which every search is counted."""
        return _Text(text, self)

    @contextmanager
    def of(self, package: str, *makers: str) -> Iterator[None]:
        """Count in all modules of a package too what their patterns look at; the ``makers`` make further texts."""
        with patch.multiple(re, **{name: self._module_level(name) for name in _SCANNING}, compile=self._compile):
            changed: list[tuple[ModuleType, str, object]] = []
            for module in [sys.modules[name] for name in list(sys.modules) if name.startswith(package)]:
                for name, value in list(vars(module).items()):
                    if isinstance(value, re.Pattern):
                        changed.append((module, name, value))
                        setattr(module, name, _Pattern(value, self))
                    elif name in makers and callable(value):
                        changed.append((module, name, value))
                        setattr(module, name, lambda *given, make=value: self.text(make(*given)))
            try:
                yield
            finally:
                for module, name, value in changed:
                    setattr(module, name, value)

    def _compile(self, pattern: str, flags: int = 0) -> _Pattern:
        return _Pattern(_COMPILE(pattern, flags), self)

    def _module_level(self, name: str) -> Callable[..., Any]:
        return lambda pattern, *given: getattr(self._compile(pattern, given[-1] if len(given) > 1 and name != "sub" else 0), name)(*given[:2] if name == "sub" else given[:1])  # fmt: skip


_COMPILE = re.compile
_SCANNING = ("finditer", "sub", "split", "fullmatch", "match", "search")


class _Pattern:
    """A pattern that counts: what a search passes over, what a match takes, and of another use the whole text."""

    def __init__(self, pattern: re.Pattern[str], looks: Looks) -> None:
        self._made, self._looks, self.pattern = pattern, looks, pattern.pattern

    def search(self, text: str, start: int = 0, end: int = sys.maxsize) -> re.Match[str] | None:
        found = self._made.search(text, start, end)
        self._looks.count += max((found.end() if found else min(end, len(text))) - start, 1)
        return found

    def match(self, text: str, start: int = 0, end: int = sys.maxsize) -> re.Match[str] | None:
        found = self._made.match(text, start, end)
        self._looks.count += max(found.end() - start, 1) if found else 1
        return found

    def finditer(self, text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[re.Match[str]]:
        at = start
        for found in self._made.finditer(text, start, end):
            self._looks.count += max(found.end() - at, 1)
            at = found.end()
            yield found
        self._looks.count += max(min(end, len(text)) - at, 1)

    def __getattr__(self, name: str) -> Any:
        used = getattr(self._made, name)

        def whole(*given: Any) -> Any:
            self._looks.count += len(given[-1])
            return used(*given)

        return whole


class _Text(str):
    """A text that counts."""

    looks: Looks
    __slots__ = ("looks",)

    def __new__(cls, text: str, looks: Looks) -> _Text:
        made = str.__new__(cls, text)
        made.looks = looks
        return made

    def find(self, *given: Any) -> int:
        found = str.find(self, *given)
        start, end = (*given[1:], *(0, len(self))[len(given) - 1 :])
        self.looks.count += max((found if found >= 0 else min(end, len(self))) - start, 1)
        return found

    def rfind(self, *given: Any) -> int:
        found = str.rfind(self, *given)
        start, end = (*given[1:], *(0, len(self))[len(given) - 1 :])
        self.looks.count += max(min(end, len(self)) - (found if found >= 0 else start), 1)
        return found

    def count(self, *given: Any) -> int:
        start, end = (*given[1:], *(0, len(self))[len(given) - 1 :])
        self.looks.count += max(min(end, len(self)) - start, 1)
        return str.count(self, *given)

    def __getitem__(self, place: Any) -> str:
        found = str.__getitem__(self, place)
        self.looks.count += max(len(found), 1)
        return found
