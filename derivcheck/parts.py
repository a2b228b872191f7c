"""A file of several functions, each of which has names of its own: checked one by one, reported as one document."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from derivcheck.config import Settings, UnknownClaim
from derivcheck.reading.documents import kind_of
from derivcheck.reading.python import pieces
from derivcheck.source import NOWHERE, Source, Span
from derivcheck.verdict import Report


class _Placed(Protocol):
    @property
    def span(self) -> Span: ...


Some = TypeVar("Some", bound=_Placed)
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Part:
    """What one function sees of a file, and the places that are its own; ``owner`` is empty for the module, and for a
    document that has no parts."""

    owner: str
    source: Source
    places: tuple[Span, ...]

    def own(self, placed: Iterable[Some]) -> list[Some]:
        """Those that stand in the part itself, and not in what it shares with others."""
        return [one for one in placed if any(one.span.start in place or one.span == place for place in self.places)]

    def called(self, claim: str) -> str:
        """The name of a claim of it among those of the whole file."""
        return f"{self.owner}.{claim}" if self.owner else claim

    def asked(self, settings: Settings) -> Settings | None:
        """The settings as the part knows its claims by name; None where a claim of another part is asked for."""
        if settings.claim is None or not self.owner:
            return settings
        mine = settings.claim.startswith(f"{self.owner}.")
        return replace(settings, claim=settings.claim.removeprefix(f"{self.owner}.")) if mine else None


def parts_of(source: Source) -> tuple[Part, ...]:
    """The parts of a document; one, the whole, of any but a Python file."""
    found = pieces(source.text) if kind_of(source.path) == "python" else ()
    if len(found) < 2:
        return (Part("", source, (Span(0, len(source.text) + 1),)),)
    return tuple(Part(one.owner, replace(source, text=one.text), one.own) for one in found)


def of_each(source: Source, settings: Settings, answer: Callable[[Part, Settings], Answer]) -> list[Answer]:
    """An answer for each part of a document. Raises UnknownClaim if ``settings.claim`` names a claim of none."""
    answers: list[Answer] = []
    unknown: UnknownClaim | None = None
    parts = parts_of(source)
    for part in parts:
        if (mine := part.asked(settings)) is not None:
            try:
                answers.append(answer(part, mine))
            except UnknownClaim as error:
                if len(parts) == 1:
                    raise
                unknown = error if part.owner else unknown
    if not answers:
        names = ", ".join(part.owner for part in parts if part.owner)
        raise unknown or UnknownClaim(
            f"{source.path}: there is no claim `{settings.claim}`; claims are named FUNCTION.CLAIM here, and the "
            f"functions are {names}"
        )
    return answers


def checked_in_parts(source: Source, settings: Settings, check: Callable[[Part, Settings], Report]) -> Report:
    """One report of all parts. Raises UnknownClaim if ``settings.claim`` names a claim of none."""
    reports = of_each(source, settings, lambda part, mine: _own(part, check(part, mine), source))
    first = reports[0]
    return replace(
        first,
        results=tuple(sorted((one for report in reports for one in report.results), key=lambda one: one.span)),
        findings=tuple(dict.fromkeys(one for report in reports for one in report.findings)),
        definitions=sum(report.definitions for report in reports),
        seconds=sum(report.seconds for report in reports),
        skipped=sum(report.skipped for report in reports),
        options=tuple(dict.fromkeys(one for report in reports for one in report.options)),
        ignored=tuple(one for report in reports for one in report.ignored),
    )


def _own(part: Part, report: Report, source: Source) -> Report:
    """The report with what is the part's own, under names of the whole file."""
    named = {one.name: part.called(one.name) for one in report.results}

    def renamed(text: str | None) -> str | None:
        if text is None:
            return None
        for old, new in named.items():
            text = text.replace(f"--claim {old} ", f"--claim {new} ")
        return text

    findings = (one for one in report.findings if one.span == NOWHERE or one in part.own([one]))
    return replace(
        report,
        source=source,
        results=tuple(
            replace(
                one,
                name=named[one.name],
                verdict=replace(one.verdict, carried_from=named.get(one.verdict.carried_from or "")),
            )
            for one in part.own(report.results)
        ),
        findings=tuple(
            replace(one, claim=named.get(one.claim or "", one.claim), replay=renamed(one.replay)) for one in findings
        ),
    )
