"""``<!-- derivcheck: ignore CODE reason -->``: a finding that the authors know of and answer for.

The comment speaks of the paragraph that it stands in, or of the next one where it stands alone. What it names becomes a
note with the reason, and a claim that was wrong or not checked for it counts as skipped: never as a pass.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from derivcheck import diagnostics
from derivcheck.config import did_you_mean
from derivcheck.reading.documents import kind_of, scan
from derivcheck.reading.items import Directive
from derivcheck.source import Source, Span
from derivcheck.verdict import INTERNAL_ERROR, Finding, Report, Severity

_SPOKEN: Final = re.compile(r"derivcheck:\s*ignore", re.IGNORECASE)
_GAP: Final = re.compile(r"\n[ \t]*\r?\n")
NEVER: Final = frozenset((INTERNAL_ERROR, "directive", "unused-ignore"))


def with_ignored(report: Report, *, whole: bool) -> Report:
    """The report with what the document says to ignore taken back, and with what is wrong in these comments.

    Where not the ``whole`` of it was checked, a comment without its finding is none that is unused.
    """
    source = report.source
    if _SPOKEN.search(source.text) is None:
        return report
    items = scan(source, kind_of(source.path, source.text)).items
    for item in items:
        if isinstance(item, Directive) and item.word == "ignore":
            report = _ignored(report, item, whole=whole)
    return report


def _ignored(report: Report, directive: Directive, *, whole: bool) -> Report:
    code, _, reason = directive.argument.partition(" ")
    if complaint := _misused(code, reason):
        message, help = complaint
        finding = Finding("directive", Severity.ERROR, message, directive.span, directive.span, help=help)
        return replace(report, findings=(*report.findings, finding))
    place = _paragraph(report.source, directive.span)
    required = {result.name for result in report.results if result.required}

    def meant(one: Finding) -> bool:
        told = one.code == code and one.severity is not Severity.NOTE and one.claim not in required
        return told and one.span.start in place

    named = [one for one in report.findings if meant(one)]
    if not named:
        if not whole:
            return report
        message = f"there is no `{code}` here to be ignored"
        help = "take the comment away"
        unused = Finding("unused-ignore", Severity.WARNING, message, directive.span, directive.span, help=help)
        return replace(report, findings=(*report.findings, unused))
    claims = {one.claim for one in named if one.claim is not None}
    findings = tuple(
        replace(one, severity=Severity.NOTE, message=f"ignored ({reason}): {one.message}") if meant(one) else one
        for one in report.findings
    )
    results = tuple(result for result in report.results if result.name not in claims)
    left = tuple(result for result in report.results if result.name in claims)
    skipped, ignored = report.skipped + len(left), (*report.ignored, *left)
    return replace(report, findings=findings, results=results, skipped=skipped, ignored=ignored)


def _misused(code: str, reason: str) -> tuple[str, str] | None:
    """What is wrong with a comment, and what to do."""
    known = diagnostics.entries()
    if not code:
        return "`ignore` names no code", "say which, and why, as in `ignore wrong-identity as in the original paper`"
    if code not in known:
        meant = did_you_mean(code, tuple(known)).removeprefix("; ")
        return f"`ignore {code}`: there is no such code", meant or "`derivcheck explain` lists all codes"
    if code in NEVER:
        return f"`{code}` is not to be ignored", "mend what it tells"
    if not reason.strip():
        return f"`ignore {code}` gives no reason", f"say why, as in `ignore {code} as in the original paper`"
    return None


def _paragraph(source: Source, directive: Span) -> Span:
    """The paragraph of a comment; where it stands alone, the next one."""
    start = max((gap.end() for gap in _GAP.finditer(source.text, 0, directive.start)), default=0)
    end = _end(source.text, directive.end)
    beside = source.text[start : directive.start] + source.text[directive.end : end]
    if beside.strip():
        return Span(start, end)
    start = end + len(source.text[end:]) - len(source.text[end:].lstrip())
    return Span(start, _end(source.text, start))


def _end(text: str, offset: int) -> int:
    gap = _GAP.search(text, offset)
    return gap.start() if gap else len(text)
