"""Corrections of a document: which edits of its findings are taken, the text that they make, and its difference.

An edit is taken if the document that it makes says so: the lines that the edit is to mend are proved there (or
hold, for who takes numbers as well), what held before still holds, and fewer lines are wrong. Edits are
tried until none is left that does so, so that correcting a corrected document changes nothing.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from derivcheck.reading.files import STDIN, UnreadableFile, bytes_of
from derivcheck.reading.notebook import NotANotebook, edited, notebook
from derivcheck.source import Source, Span
from derivcheck.verdict import Edit, Finding, Outcome, Report, Result, Severity, Word, settled, strength_of
from derivcheck.writing import replace_file

_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")


@dataclass(frozen=True, slots=True)
class Correction:
    """What became of a document: the report of what it was, of what it would be, and why it goes no further.

    ``taken`` are the edits in the order in which they were made, ``left`` those that are not proved, ``refused`` says
    what could not be written.
    """

    before: Report
    after: Report
    taken: tuple[Edit, ...]
    left: tuple[Edit, ...]
    refused: str = ""


def corrected(report: Report, check: Callable[[Source], Report], *, unsafe: bool) -> Correction:
    """Take the edits that a report offers, as long as they mend something; ``check`` checks a changed document."""
    now, taken = report, list[Edit]()
    while True:
        offers = _offers(now)
        found, step = _step(now, offers, check, unsafe)
        if isinstance(step, str):
            return Correction(report, now, tuple(taken), tuple(edit for _, edit in offers), step)
        if step is None:
            return Correction(report, now, tuple(taken), tuple(edit for _, edit in offers))
        now = step
        taken += found


Offer = tuple[Finding, Edit]


def _offers(report: Report) -> list[Offer]:
    """The first edit of each finding; of those that overlap, the first in the document."""
    offers: list[Offer] = []
    found = [(finding, finding.edits[0]) for finding in report.findings if finding.edits]
    for finding, edit in sorted(found, key=lambda offer: (offer[1].span, offer[1].replacement)):
        if not offers or edit.span.start >= offers[-1][1].span.end:
            offers.append((finding, edit))
    return offers


def _step(
    now: Report, offers: Sequence[Offer], check: Callable[[Source], Report], unsafe: bool
) -> tuple[list[Edit], Report | str | None]:
    """The edits of all offers that do what they should, and the report of the document with them."""
    kept = list(offers)
    while kept:
        edits = [edit for _, edit in kept]
        try:
            then = check(with_edits(now.source, edits))
        except NotANotebook as error:
            return [], str(error)
        good = [offer for offer in kept if _mends(now, then, offer[0], unsafe)]
        if len(good) == len(kept):
            return (edits, then) if _better(now, then) else ([], None)
        kept = good
    return [], None


def _mends(now: Report, then: Report, finding: Finding, unsafe: bool) -> bool:
    """Whether the claims for which a finding is there are right in the changed document."""
    if len(now.results) != len(then.results):
        return False
    span = finding.line_span or finding.span
    line = now.source.position(span.start).place
    concerned = [
        after
        for before, after in zip(now.results, then.results, strict=True)
        if (before.name == finding.claim if finding.claim is not None else before.verdict.defined_on == line)
    ]
    return bool(concerned) and all(_right(result, unsafe) for result in concerned)


def _right(result: Result, unsafe: bool) -> bool:
    return settled(result) is Outcome.HOLDS and (unsafe or strength_of(result) is Word.PROVED)


def _better(now: Report, then: Report) -> bool:
    """Whether fewer lines are wrong, and none that held does so no more."""
    pairs = zip(now.results, then.results, strict=True)
    spoilt = any(settled(a) is Outcome.HOLDS and settled(b) is not Outcome.HOLDS for a, b in pairs)
    return not spoilt and _wrong(then) < _wrong(now)


def _wrong(report: Report) -> int:
    return report.count(Outcome.WRONG) + sum(finding.severity is Severity.ERROR for finding in report.findings)


def with_edits(source: Source, edits: Iterable[Edit]) -> Source:
    """The document with edits that do not overlap. Raises ``NotANotebook`` where one does not fit into a cell."""
    ends = "\r\n" if "\r\n" in source.text else "\n"
    changes = [(_closed_up(source, edit), edit.replacement.replace("\n", ends)) for edit in edits]
    if source.cells:
        return notebook(source.path, edited(source, changes))
    text = source.text
    for span, replacement in sorted(changes, reverse=True):
        text = text[: span.start] + replacement + text[span.end :]
    return replace(source, text=text)


def _closed_up(source: Source, edit: Edit) -> Span:
    """The place of an edit; of what is taken away between two spaces, with the second one."""
    start, end = edit.span.start, edit.span.end
    around = source.text[max(0, start - 1) : start], source.text[end : end + 1]
    return Span(start, end + 1) if not edit.replacement and around == (" ", " ") else edit.span


def difference(before: Source, after: Source) -> str:
    """The unified difference of two versions of a file, as ``patch -p0`` reads it; nothing if there is none."""
    old, new = (_LINE.findall(source.raw or source.text) for source in (before, after))
    name = before.path + ("\t" if " " in before.path else "")
    lines = difflib.unified_diff(old, new, name, name)
    return "".join(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines)


def write(before: Source, after: Source) -> None:
    """Put the corrected text in the place of the file's, byte for byte the same elsewhere. Raises ``UnreadableFile``.

    A file that has changed since it was read is left alone, and so is one that has several names: its other names
    would keep the old text.
    """
    if before.path == STDIN:
        raise UnreadableFile(f"{STDIN}: nothing can be written to standard input; --diff shows the corrections")
    path = Path(before.path)
    data = bytes_of(before.path)
    mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
    if data != mark + (before.raw or before.text).encode():
        raise UnreadableFile(f"{path}: changed while it was checked; nothing was written, check it again")
    try:
        if path.stat().st_nlink > 1:
            raise UnreadableFile(
                f"{path}: has several names (hard links); nothing was written, --diff shows what to do"
            )
        replace_file(path, mark + (after.raw or after.text).encode())
    except OSError as error:
        raise UnreadableFile(f"{path}: cannot be written: {(error.strerror or str(error)).lower()}") from error
