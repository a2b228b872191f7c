"""A report as one page: every line of the documents with its verdict, and the evidence behind it. No script in it.

A curve over steps as an inline SVG picture.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from html import escape
from importlib import resources
from typing import Final

from derivcheck import __version__
from derivcheck.report.cells import safe, safe_lines, shown
from derivcheck.report.reading import Row, rows_of
from derivcheck.report.words import (
    Counts,
    count,
    counted,
    number,
    places,
    rough,
    run_words,
    sized,
    verdict_words,
    why_it_fails,
)
from derivcheck.source import Place
from derivcheck.verdict import (
    Curve,
    Evidence,
    Extra,
    Finding,
    Outcome,
    Report,
    Result,
    Severity,
    Word,
    settled,
    strength_of,
)

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 220, 76, 28, 12


def plot(curve: Curve) -> str:
    """The curve with three lines of its scale; what is not finite is left out."""
    points = [(step, value) for step, value in enumerate(curve.values) if math.isfinite(value)]
    if not points:
        return ""
    low, high = min(value for _, value in points), max(value for _, value in points)
    span = high - low or 1.0
    last = max(1, len(curve.values) - 1)
    right, floor = WIDTH - 12, HEIGHT - BOTTOM

    def at(step: int, value: float) -> tuple[float, float]:
        return LEFT + step / last * (right - LEFT), floor - (value - low) / span * (floor - TOP)

    drawn = [at(*point) for point in points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in drawn)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.4"/>' for x, y in drawn) if len(drawn) <= 60 else ""
    ticks = "".join(
        f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{at(0, value)[1]:.1f}" y2="{at(0, value)[1]:.1f}"/>'
        f'<text x="{LEFT - 8}" y="{at(0, value)[1] + 4:.1f}" text-anchor="end">{_said(value, curve)}</text>'
        for value in dict.fromkeys((low, (low + high) / 2, high))
    )
    told = escape(f"{curve.about}: from {_said(points[0][1], curve)} to {_said(points[-1][1], curve)}")
    return (
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{told}">'
        f'{ticks}<polyline points="{line}"/>{dots}'
        f'<text x="{LEFT}" y="{HEIGHT - 8}">0</text>'
        f'<text x="{right}" y="{HEIGHT - 8}" text-anchor="end">{last} steps</text></svg>'
    )


def _said(value: float, curve: Curve) -> str:
    return f"{10**value:.0e}" if curve.logarithmic else f"{value:.5g}"


_COMMENT = re.compile(r"&lt;!--.*--&gt;|%.*")
_LONGEST: Final = 28
"""Characters of a verdict beside its line; the evidence below says all."""
_CLASSES = {Outcome.HOLDS: "holds", Outcome.WRONG: "wrong", Outcome.UNDECIDED: "open", Outcome.NOT_CHECKED: "open"}


def html(reports: Sequence[Report], *, strict: bool) -> str:
    """The page, complete in itself."""
    style = (resources.files("derivcheck.report") / "page.css").read_text(encoding="utf-8")
    counts = count(reports)
    title = reports[0].title or reports[0].source.path if len(reports) == 1 else f"{len(reports)} derivations"
    reason = why_it_fails(reports, strict=strict)
    page = "\n".join(
        (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta name="generator" content="derivcheck {__version__}">',
            f"<title>{_text(title)} – derivcheck</title>\n<style>\n{style}</style>\n</head>\n<body>",
            f"<header><h1>{_text(title)}</h1>",
            _tally(counts),
            f"<p>{_text(counted(counts))}</p>{f'<p class=why>{_text(reason)}</p>' if reason else ''}</header>",
            *(_document(report, several=len(reports) > 1) for report in reports),
            f"<footer>derivcheck {__version__} · {_text(run_words(counts))}</footer>\n</body>\n</html>\n",
        )
    )
    # a document is data: nothing in it steers whoever reads the page's text
    return "".join(shown(one) if one not in "\n\t" and not one.isprintable() else one for one in page)


def _text(text: str) -> str:
    return escape(safe(text))


def _tally(counts: Counts) -> str:
    """A bar of what is proved, agrees, is wrong and is open."""
    unsettled = counts.undecided + counts.not_checked
    expected = counts.holds - counts.proved - counts.agrees
    parts = (
        ("proved", counts.proved, "proved"), ("agrees", counts.agrees + expected, "agree"),
        ("wrong", counts.wrong, "wrong"), ("open", unsettled, "not decided"),
    )  # fmt: skip
    told = ", ".join(f"{size} {words}" for _, size, words in parts if size)
    bars = "".join(f'<i class="{name}" style="flex:{size}"></i>' for name, size, _ in parts if size)
    return f'<div class="tally" role="img" aria-label="{told}" title="{told}">{bars}</div>' if told else ""


def _document(report: Report, *, several: bool) -> str:
    lines = places(report)
    heading = f"<h2>{_text(report.source.path)}</h2>" if several else ""
    rows = "\n".join(_row(one, lines) for one in rows_of(report))
    extras = "\n".join(map(_extra, report.extras))
    return f'<main>{heading}\n<div class="document">\n{rows}\n</div>\n{extras}</main>'


def _row(one: Row, lines: dict[str, Place]) -> str:
    outcomes = [settled(result) for result in one.results]
    errors = any(finding.severity is Severity.ERROR for finding in one.findings)
    classes = ["row", "display" if one.displayed else "prose"]
    if errors or Outcome.WRONG in outcomes:
        classes.append("wrong")
    elif any(outcome is not Outcome.HOLDS for outcome in outcomes):
        classes.append("open")
    elif outcomes:
        classes.append("holds")
    text = one.html
    if not one.displayed and text.startswith("#"):
        classes.append("heading")
        text = text.lstrip("#").strip()
    if _COMMENT.fullmatch(text.strip()):
        classes.append("comment")
    if not text.strip() and not one.findings:
        return '<div class="gap"></div>'
    badges = "".join(_badge(result, lines) for result in one.results)
    if not badges and one.displayed and one.kind:
        badges = f'<span class="kind">{_text(one.kind)}{f" · {_text(one.shapes)}" if one.shapes else ""}</span>'
    findings = "".join(map(_finding, one.findings))
    evidence = _evidence(one.results)
    below = f'<div class="below">{findings}{evidence}</div>' if findings or evidence else ""
    return (
        f'<div class="{" ".join(classes)}"><a class="line">{one.place}</a>'
        f'<div class="content">{text}</div><div class="verdict">{badges}</div>{below}</div>'
    )


def _badge(result: Result, lines: dict[str, Place]) -> str:
    words, _ = verdict_words(result, lines)
    kind = _CLASSES[settled(result)]
    if result.verdict.carried_from is not None:
        kind = "open"
    strong = " proved" if strength_of(result) is Word.PROVED else ""
    short = re.sub(r" at .*", " at drawn sizes", words) if strong and len(words) > _LONGEST else words
    return f'<span class="badge {kind}{strong}" title="{_text(words)}">{_text(short)}</span>'


def _finding(finding: Finding) -> str:
    facts = "".join(f"<li>{_code(fact)}</li>" for fact in finding.facts)
    help = f'<p class="help"><b>help</b> {_code(finding.help)}</p>' if finding.help else ""
    replay = f'<p class="replay"><code>{_text(finding.replay)}</code></p>' if finding.replay else ""
    told = f"<ul>{facts}</ul>" if facts else ""
    return (
        f'<div class="finding {finding.severity}"><p><b>{_text(finding.code)}</b> {_code(finding.message)}</p>'
        f"{told}{help}{replay}</div>"
    )


def _code(text: str) -> str:
    """What stands in backticks as code."""
    pieces = safe(text).split("`")
    if len(pieces) % 2 == 0:
        return escape("`".join(pieces))
    return "".join(f"<code>{escape(one)}</code>" if k % 2 else escape(one) for k, one in enumerate(pieces))


def _evidence(results: Sequence[Result]) -> str:
    """What each source saw of the claims of a line, folded."""
    told = [result for result in results if result.verdict.evidence]
    if not told:
        return ""
    parts, before = [], ""
    for result in told:
        said = result.verdict.reason or result.verdict.said
        reason = f"<p>{_code(said)}</p>" if said and said != before else ""
        before = said
        title = f"<caption>{_text(result.title or result.name)} <code>{_text(result.name)}</code></caption>"
        rows = "".join(map(_seen, result.verdict.evidence))
        parts.append(f"{reason}<table>{title}<thead>{_HEAD}</thead><tbody>{rows}</tbody></table>")
    return f"<details><summary>evidence</summary>{''.join(parts)}</details>"


_HEAD = "<tr><th>held against</th><th></th><th>largest error</th><th>bar</th><th>at</th><th></th></tr>"


def _seen(one: Evidence) -> str:
    error = "" if one.error is None else number(one.error)
    bar = "" if one.bar is None else rough(one.bar)
    points = f"{one.points} inputs" if one.points else ""
    told = " · ".join(part for part in (points, sized(one.sizes), one.detail) if part)
    where = f" {one.where}" if one.where and one.error else ""
    cells = (one.oracle, one.outcome.value, error, bar, where.strip(), told)
    drawn = "".join(f"<td>{_text(cell)}</td>" for cell in cells)
    return f'<tr class="{_CLASSES[one.outcome]}">{drawn}</tr>'


def _extra(extra: Extra) -> str:
    outcome = ""
    if extra.outcome is not None:
        outcome = f' <span class="badge {_CLASSES[extra.outcome]}">{extra.outcome}</span>'
    parts = [f'<section class="extra"><h3>{_text(extra.title)}{outcome}</h3>']
    if extra.curve is not None:
        parts.append(f"<p>{_text(extra.curve.about)}</p>{plot(extra.curve)}")
    elif extra.text:
        text = "\n".join(safe_lines(extra.text))
        parts.append(f"<pre>{escape(text)}</pre>")
    if extra.rows:
        head = "".join(f"<th>{_text(name)}</th>" for name in extra.columns)
        rows = "".join("<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>" for row in extra.rows)
        parts.append(f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")
    return "".join(parts) + "</section>"
