"""What was known of the claims of documents before: at a revision, or in a baseline; and what became of it."""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from derivcheck.source import Source, Span
from derivcheck.verdict import Finding, Outcome, Report, Result, Severity, Word, settled, strength_of

if TYPE_CHECKING:
    from derivcheck.problem.problem import Claim, Refused

VERSION: Final = 1
LIKE: Final = 0.6
"""How alike the texts of two claims have to be for one to be the other, edited."""
LONGEST: Final = 400
"""Characters of two claims that are compared letter by letter."""
_BY_LINE: Final = re.compile(r"(cell-\d+-)?line-\d+(-\d+)?")
_RANKS: Final[Mapping[str, int]] = {Word.PROVED: 2, Word.AGREES: 1, Outcome.HOLDS: 1}


class NoBaseline(Exception):
    """A baseline that cannot be used: the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A claim as it is known again: by its text, by a name that no line number is in, or by its title."""

    text: str
    name: str
    title: str
    word: str = ""

    @property
    def head(self) -> str:
        """What it says something of."""
        return self.title.partition("=")[0].strip()


def mark(source: Source, claim: Result | Claim | Refused, word: str = "") -> Mark:
    """What is known of a claim."""
    text = " ".join(source.slice(claim.span).split())
    return Mark(text, "" if _BY_LINE.fullmatch(claim.name) else claim.name, claim.title, word)


def marks_of(report: Report) -> list[Mark]:
    """The claims of a document with what is known of them, those last that it says to ignore."""
    held = [mark(report.source, result, str(strength_of(result) or settled(result))) for result in report.results]
    return held + [mark(report.source, result, "ignored") for result in report.ignored]


def matched(old: Sequence[Mark], new: Sequence[Mark]) -> list[int | None]:
    """For each old claim the position of the new one that it became: the surest ties first; None where it is gone."""
    found: dict[int, int] = {}
    free = dict(enumerate(new))
    ties: tuple[Callable[[Mark, Mark], bool], ...] = (
        lambda a, b: a.text == b.text and a.title == b.title,
        lambda a, b: bool(a.name) and a.name == b.name,
        lambda a, b: a.text == b.text,
        lambda a, b: bool(a.head) and a.head == b.head,
        _alike,
    )
    for tie in ties:
        for index, one in enumerate(old):
            if (
                index not in found
                and (at := next((at for at, other in free.items() if tie(one, other)), None)) is not None
            ):
                found[index] = at
                del free[at]
    return [found.get(index) for index in range(len(old))]


def _alike(one: Mark, other: Mark) -> bool:
    matcher = difflib.SequenceMatcher(None, one.text[:LONGEST], other.text[:LONGEST], autojunk=False)
    return matcher.real_quick_ratio() >= LIKE and matcher.quick_ratio() >= LIKE and matcher.ratio() >= LIKE


def removed(source: Source, old: Sequence[Mark], new: Sequence[Mark], severity: Severity, when: str) -> list[Finding]:
    """A finding for each claim that was there and is gone."""
    return [
        Finding(
            "claim-removed",
            severity,
            f"the claim `{one.title or one.text}` was there {when} and is gone or skipped",
            Span(0, 0),
            source.line_at(0),
        )
        for one, at in zip(old, matched(old, new), strict=True)
        if at is None
    ]


def gone(path: str, old: Sequence[Mark], severity: Severity, when: str) -> Report:
    """What is said of a document that is there no more: its claims went with it."""
    source = Source(path, "")
    return Report(source, (), tuple(removed(source, old, (), severity, when)), 0, 0, 0, optional=True)


def fallen(report: Report, old: Sequence[Mark]) -> list[Finding]:
    """A finding for each claim of which less is known than the baseline says, and for each that is gone."""
    claims = (*report.results, *report.ignored)
    marks = marks_of(report)
    found = removed(report.source, old, marks, Severity.ERROR, "in the baseline")
    for one, at in zip(old, matched(old, marks), strict=True):
        if at is None or marks[at].word == Outcome.WRONG or _RANKS.get(marks[at].word, 0) >= _RANKS.get(one.word, 0):
            continue
        result = claims[at]
        told = marks[at].word if marks[at].word == Word.AGREES else f"is {marks[at].word}"
        was = {Word.AGREES: "agreed"}.get(one.word, one.word)  # type: ignore[call-overload]
        found.append(
            Finding(
                "evidence-fell",
                Severity.ERROR,
                f"`{result.title}` {'' if was == 'agreed' else 'was '}{was} in the baseline, and now it {told}",
                result.span,
                facts=(result.verdict.reason,) if result.verdict.reason else (),
                help="restore what it rested on, or accept it with --update-baseline",
                claim=result.name,
            )
        )
    return found


Baseline = dict[str, tuple[Mark, ...]]


def read_baseline(path: Path) -> Baseline:
    """The claims of each document, by its path below the baseline's folder. Raises NoBaseline."""
    try:
        if path.is_fifo():
            raise NoBaseline(f"{path}: is a named pipe, not a baseline")
        data = json.loads(path.read_bytes())
        if data["version"] != VERSION:
            raise NoBaseline(f"{path}: is a baseline of another version; write it anew with --update-baseline")
        return {
            name: tuple(Mark(*(str(one[key]) for key in ("text", "name", "title", "verdict"))) for one in claims)
            for name, claims in data["documents"].items()
        }
    except FileNotFoundError:
        raise NoBaseline(f"{path}: there is no such baseline; --update-baseline writes it") from None
    except OSError as error:
        raise NoBaseline(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NoBaseline(f"{path}: is not a baseline; write it with --update-baseline") from None


def written_baseline(before: Baseline, reports: Iterable[Report], folder: Path) -> bytes:
    """The baseline with these reports in it; documents that are not among them stay, those that are gone go."""
    found = {name: marks for name, marks in before.items() if (folder / name).exists()}
    for report in reports:
        found[below(report.source.path, folder)] = tuple(marks_of(report))
    documents = {
        name: [{"text": m.text, "name": m.name, "title": m.title, "verdict": m.word} for m in marks]
        for name, marks in sorted(found.items())
        if marks
    }
    return (json.dumps({"version": VERSION, "documents": documents}, indent=1, ensure_ascii=True) + "\n").encode()


def below(path: str, folder: Path) -> str:
    """How a baseline names a document: by its path from the baseline's folder, with slashes."""
    return os.path.relpath(os.path.realpath(path), os.path.realpath(folder)).replace(os.sep, "/")


def held_against(baseline: Baseline, reports: Sequence[Report], folder: Path) -> list[Report]:
    """The reports with what fell since the baseline, and one more for each document that is gone."""
    found = []
    for report in reports:
        fell = fallen(report, baseline.get(below(report.source.path, folder), ()))
        found.append(replace(report, findings=(*report.findings, *fell)) if fell else report)
    for name, marks in baseline.items():
        if not os.path.lexists(folder / name):
            found.append(gone(os.path.relpath(folder / name), marks, Severity.ERROR, "in the baseline"))
    return found
