"""An exception that is a bug in derivcheck ends the check of one claim, and of nothing else."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, TypeVar

from derivcheck import __version__
from derivcheck.config import SettingsError
from derivcheck.source import Span
from derivcheck.verdict import INTERNAL_ERROR, Finding, Outcome, Result, Severity

T = TypeVar("T")
U = TypeVar("U")

_LONGEST: Final = 200
"""Characters of an exception's own words that a finding repeats."""


def in_one_line(error: BaseException) -> str:
    """``TypeError: unsupported operand``: the exception's name and the first line of what it says."""
    first = next(iter(str(error).splitlines()), "")[:_LONGEST]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


def internal_error(
    error: Exception, span: Span, line_span: Span | None = None, claim: str | None = None, replay: str | None = None
) -> Finding:
    """The finding for an exception that nobody foresaw, with what a report of it needs."""
    what = f"the check of `{claim}`" if claim else "the check of this document"
    return Finding(
        code=INTERNAL_ERROR,
        severity=Severity.ERROR,
        message=f"{what} ended in an error of derivcheck itself: {in_one_line(error)}",
        span=span,
        line_span=line_span,
        facts=(f"derivcheck {__version__}; this says nothing about the mathematics",),
        help="please report it with this message and the text that was checked; "
        "DERIVCHECK_TRACEBACK=1 shows on stderr where it happened",
        replay=replay,
        claim=claim,
        trace="".join(traceback.format_exception(error)),
    )


class Named(Protocol):
    """A claim, as far as a finding needs it."""

    @property
    def name(self) -> str: ...
    @property
    def span(self) -> Span: ...
    @property
    def line_span(self) -> Span: ...


@dataclass
class Isolation:
    """What came of the bugs met in one document: a finding for each claim, by its name, and those of no claim."""

    replay: Callable[[str | None], str | None] = lambda name: None
    by_claim: dict[str, Finding] = field(default_factory=dict)
    others: list[Finding] = field(default_factory=list)

    def of(self, claim: Named, work: Callable[[], T], otherwise: U) -> T | U:
        """What the work on one claim gives; where it raises, the claim gets a finding and ``otherwise`` is given."""
        try:
            return work()
        except SettingsError:
            raise
        except Exception as error:
            found = internal_error(error, claim.span, claim.line_span, claim.name, self.replay(claim.name))
            self.by_claim.setdefault(claim.name, found)
            return otherwise

    def apart(self, span: Span, work: Callable[[], T], otherwise: U) -> T | U:
        """What work on several claims together gives; where it raises, the document gets a finding."""
        try:
            return work()
        except SettingsError:
            raise
        except Exception as error:
            self.others.append(internal_error(error, span, replay=self.replay(None)))
            return otherwise

    def settled(self, results: Sequence[Result]) -> list[Result]:
        """The results with every claim that met a bug not checked."""
        return [
            replace(result, verdict=replace(result.verdict, outcome=Outcome.NOT_CHECKED, reason=bug.message))
            if (bug := self.by_claim.get(result.name)) is not None
            else result
            for result in results
        ]

    def findings(self, findings: Sequence[Finding]) -> list[Finding]:
        """The findings with those of the bugs in place of what else was said of their claims."""
        kept = [finding for finding in findings if finding.claim not in self.by_claim]
        return sorted([*kept, *self.by_claim.values(), *self.others], key=lambda finding: finding.span)
