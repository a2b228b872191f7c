"""The registry of finding codes: what each says, why it matters, a document in which it is found and one in which not.

The entries stand in ``diagnostics.md`` beside this file, which is the page that people read: one section a code, its
first paragraph the sentence, then why it matters, then the documents. ``derivcheck explain``, the README's table, SARIF
rules and the tests all read it there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Entry:
    """One code. ``found_in`` and ``not_in`` are documents; of what only a homework command finds there are none."""

    code: str
    sentence: str
    why: str
    found_in: str
    not_in: str


_SECTION = re.compile(r"^## ([a-z-]+)\n+(.+?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_DOCUMENT = re.compile(r"^(Found in|Not in):\n+````markdown\n(.*?)^````$", re.MULTILINE | re.DOTALL)


@cache
def entries() -> Mapping[str, Entry]:
    """All codes in alphabetical order."""
    text = (resources.files("derivcheck") / "diagnostics.md").read_text(encoding="utf-8")
    found = [_entry(section[1], section[2]) for section in _SECTION.finditer(text)]
    return {entry.code: entry for entry in sorted(found, key=lambda entry: entry.code)}


def entry(code: str) -> Entry | None:
    """The entry of a code."""
    return entries().get(code)


def _entry(code: str, body: str) -> Entry:
    documents = {match[1]: match[2] for match in _DOCUMENT.finditer(body)}
    said, _, why = _DOCUMENT.sub("", body).strip().partition("\n\n")
    return Entry(code, _unfolded(said), _unfolded(why), documents.get("Found in", ""), documents.get("Not in", ""))


def _unfolded(text: str) -> str:
    """Paragraphs without the line ends that are there for the margin."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.strip().split("\n\n"))


def page(entry: Entry) -> str:
    """The entry as Markdown."""
    parts = [f"# {entry.code}", entry.sentence, entry.why]
    for title, document in (("Found in", entry.found_in), ("Not in", entry.not_in)):
        if document:
            parts.append(f"{title}:\n\n````markdown\n{document}````")
    return "\n\n".join(parts) + "\n"
