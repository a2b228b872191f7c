"""JUnit's XML: a suite for each document, a case for each claim, passes included.

The names of cases hold no line numbers, so that a claim keeps its history when text is put in above it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as Xml

from derivcheck.report.cells import safe
from derivcheck.report.words import places, verdict_words
from derivcheck.verdict import INTERNAL_ERROR, Finding, Outcome, Report, Result, Severity, settled

_BY_LINE = re.compile(r"(cell-\d+-)?line-\d+(-\d+)?")


def junit(reports: Sequence[Report]) -> str:
    """The document, ended by one line end."""
    root = Xml.Element("testsuites", name="derivcheck")
    totals = dict.fromkeys(("tests", "failures", "errors"), 0)
    for report in reports:
        suite = _suite(report)
        for name in totals:
            totals[name] += int(suite.get(name, "0"))
        root.append(suite)
    for name in totals:
        root.set(name, str(totals[name]))
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def _suite(report: Report) -> Xml.Element:
    suite = Xml.Element("testsuite", name=safe(report.source.path), time=f"{report.seconds:.3f}")
    seen: dict[str, int] = {}

    def case(name: str) -> Xml.Element:
        """A case with a name of its own, and its document as its class."""
        seen[name] = seen.get(name, 0) + 1
        shown = safe(name if seen[name] == 1 else f"{name} ({seen[name]})")
        return Xml.SubElement(suite, "testcase", name=shown, classname=safe(report.source.path))

    said = {finding.claim: finding for finding in report.findings if finding.claim is not None}
    lines = places(report)
    for result in report.results:
        words, _ = verdict_words(result, lines)
        _verdict(case(_name(result)), result, said.get(result.name), words)
    claims = {result.name for result in report.results}
    for finding in report.findings:
        if finding.claim not in claims and finding.severity is Severity.ERROR:
            _told(case(f"{finding.code}: {_of(report, finding)}"), _tag(finding), finding.message, finding)
    for extra in report.extras:
        if extra.outcome is not None:
            told = case(extra.title)
            if extra.outcome is not Outcome.HOLDS:
                tag = "failure" if extra.outcome is Outcome.WRONG else "skipped"
                entry = Xml.SubElement(told, tag, message=safe(extra.title + ": " + extra.outcome))
                if tag == "failure":
                    entry.set("type", extra.code or "extra")
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(len(suite.findall(f"testcase/{tag}"))))
    suite.set("tests", str(len(suite.findall("testcase"))))
    return suite


def _name(result: Result) -> str:
    """The claim's name, unless it is made of a line number: then what is claimed."""
    return (result.title or "claim") if _BY_LINE.fullmatch(result.name) else result.name


def _of(report: Report, finding: Finding) -> str:
    """The statement of which a finding speaks; the message where there is none, since it names no line then."""
    return " ".join(report.source.slice(finding.line_span).split()) if finding.line_span else finding.message


def _tag(finding: Finding) -> str:
    return "error" if finding.code == INTERNAL_ERROR else "failure"


def _verdict(case: Xml.Element, result: Result, finding: Finding | None, words: str) -> None:
    if finding is not None and finding.code == INTERNAL_ERROR:
        _told(case, "error", finding.message, finding)
        return
    match settled(result):
        case Outcome.WRONG:
            _told(case, "failure", finding.message if finding else f"{result.title}: {words}", finding)
        case Outcome.UNDECIDED | Outcome.NOT_CHECKED as outcome:
            _told(case, "skipped", f"{outcome}: {result.verdict.reason}", None)


def _told(case: Xml.Element, tag: str, message: str, finding: Finding | None) -> None:
    attributes: Mapping[str, str] = {"message": safe(message)}
    entry = Xml.SubElement(case, tag, dict(attributes))
    if tag != "skipped":
        entry.set("type", finding.code if finding else "wrong")
    if finding is not None:
        help = [f"help: {finding.help}"] if finding.help else []
        entry.text = "\n".join(map(safe, [finding.message, *finding.facts, *help]))
