"""What an agent may ask: the answers as plain values, over a text or a file below one folder.

Nothing of a document is run, no module is imported, and no file outside of the folder is read. A text has a largest
size, a document a largest number of claims; the work for each claim is bounded by the engine itself.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from derivcheck.config import Settings, of_table
from derivcheck.source import Source

LARGEST: Final = 200_000
"""Characters of a document that are read for an agent."""
MOST_CLAIMS: Final = 300
"""Claims of a document that are checked at one time."""
Format = Literal["markdown", "tex", "python"]
NAMES: Final = {"markdown": "<text>.md", "tex": "<text>.tex", "python": "<text>.py"}
Answer = dict[str, Any]


class Declined(ValueError):
    """What was asked for is not done: the message says why, and what would be."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where questions are answered: ``root`` is the folder whose files may be named."""

    root: Path

    def source(self, text: str | None, path: str | None, format: Format) -> Source:
        """The document that is meant. Raises Declined."""
        from derivcheck.patterns import DOCUMENTS, WHERE_NAMED
        from derivcheck.reading.files import UnreadableFile, read_source

        if (text is None) == (path is None):
            raise Declined("give either `text` or `path`")
        if text is not None:
            found = Source(NAMES[format], text)
        else:
            file = self._below(path or "")
            if file.suffix.lower() not in (*DOCUMENTS, *WHERE_NAMED):
                raise Declined(f"{path}: derivcheck reads {' '.join((*DOCUMENTS, *WHERE_NAMED))}")
            try:
                found = replace(read_source(str(file)), path=os.path.relpath(file, self.root))
            except UnreadableFile as error:
                raise Declined(str(error).replace(str(file), str(path))) from None
        if len(found.text) > LARGEST:
            raise Declined(f"the document has more than {LARGEST} characters; give a part of it")
        return found

    def _below(self, path: str) -> Path:
        root = self.root.resolve()
        try:
            file = (root / path).resolve()
        except (OSError, ValueError, RuntimeError):
            raise Declined(f"{path!r} is no path of a file") from None
        if not file.is_relative_to(root):
            raise Declined(f"{path} lies outside of {root.name or root}, and is not read")
        return file

    def check(self, source: Source, settings: Settings) -> Answer:
        """Every claim with its verdict and what it rests on; the findings with their corrections."""
        from derivcheck.report.json import document

        return dict(document([self._report(source, settings)], settings, "check"))

    def _report(self, source: Source, settings: Settings) -> Any:  # noqa: ANN401 - a Report, which brings the engine
        from derivcheck.engine import check, claims

        count = len(claims(source, Settings()))
        if count > MOST_CLAIMS and settings.claim is None:
            raise Declined(f"the document has {count} claims, and {MOST_CLAIMS} are checked at one time; give a part")
        return check(source, settings)

    def listing(self, source: Source) -> Answer:
        """How every line was read."""
        import json

        from derivcheck.engine import listing
        from derivcheck.report.json import render_listing

        found: Answer = json.loads(render_listing(source, listing(source)))
        return found

    def declare(self, source: Source) -> Answer:
        """The declarations that the document lacks, each as LaTeX to be put between dollars."""
        from derivcheck.engine import inferred_of

        return {"declarations": [{"name": one.name, "let": one.let} for one in inferred_of(source)]}

    def fix(self, source: Source, settings: Settings, *, unsafe: bool, write: bool) -> Answer:
        """The document with its corrections, which are written only where that is asked for. Raises Declined."""
        from functools import partial

        from derivcheck.correcting import corrected, difference
        from derivcheck.correcting import write as write_file
        from derivcheck.engine import check
        from derivcheck.reading.files import UnreadableFile

        done = corrected(self._report(source, settings), partial(check, settings=settings), unsafe=unsafe)
        if write and done.taken:
            if source.path in NAMES.values():
                raise Declined("a text is not written anywhere; take it from the answer")
            file = str(self._below(source.path))
            try:
                write_file(replace(done.before.source, path=file), replace(done.after.source, path=file))
            except UnreadableFile as error:
                raise Declined(str(error)) from None
        return {
            "taken": [{"title": one.title, "proved": one.proved} for one in done.taken],
            "left": [{"title": one.title, "proved": one.proved} for one in done.left],
            "refused": done.refused,
            "text": done.after.source.raw or done.after.source.text,
            "difference": difference(done.before.source, done.after.source),
            "written": write and bool(done.taken),
            "after": self.check(done.after.source, settings)["summary"],
        }


def explain(code: str) -> Answer:
    """What the code of a finding says, with a document in which it is found and one in which it is not."""
    from derivcheck import diagnostics
    from derivcheck.config import did_you_mean

    found = diagnostics.entry(code.strip("[] ").lower())
    if found is None:
        raise Declined(f"there is no code `{code}`{did_you_mean(code, tuple(diagnostics.entries()))}")
    return {
        "code": found.code, "sentence": found.sentence, "why": found.why, "found_in": found.found_in,
        "not_in": found.not_in,
    }  # fmt: skip


def settings_of(
    seed: int, sizes: dict[str, int] | None, values: dict[str, float] | None, claim: str | None, require: str | None
) -> Settings:
    """The settings of one question. Raises SettingsError."""
    told: dict[str, object] = {"seed": seed, "sizes": sizes or {}, "values": values or {}}
    told |= {} if require is None else {"require": require}
    return replace(of_table(told, "", "check", Settings()), claim=claim)
