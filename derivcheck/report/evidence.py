"""All evidence for every claim, as ``-v`` shows it."""

from __future__ import annotations

from collections.abc import Mapping

from rich.text import Text

from derivcheck.report.cells import cells, pad, safe, wrap
from derivcheck.report.words import STYLES, number, places, plural, rough, sized, verdict_words
from derivcheck.source import Place
from derivcheck.verdict import Evidence, Report, Result


def evidence(report: Report, width: int) -> list[Text]:
    """For each claim its verdict with the reason, and a line for each oracle with every figure it gave."""
    lines = places(report)
    return [_claim(result, lines, width) for result in report.results]


def _claim(result: Result, lines: Mapping[str, Place], width: int) -> Text:
    words, style = verdict_words(result, lines)
    head = Text.assemble(
        (safe(result.title or result.name), "bold"), f"   {lines[result.name].words} · {safe(result.name)} · "
    )
    head.append(safe(words), style)
    rows = [head]
    said = result.verdict.reason or (result.verdict.said if result.verdict.said != words else "")
    if said:
        rows += [Text(f"  {line}") for line in wrap(safe(said), width - 2)]
    names = max((cells(one.oracle) for one in result.verdict.evidence), default=0)
    for one in result.verdict.evidence:
        rows.append(_oracle(one, names, width))
    return Text("\n").join([*rows, Text("")])


def _oracle(one: Evidence, names: int, width: int) -> Text:
    row = Text(f"  {pad(safe(one.oracle), names)}  ")
    row.append(one.outcome.value, STYLES[one.outcome])
    margin = names + 4
    used = margin + cells(one.outcome.value)
    for figure in map(safe, _figures(one)):
        # broken between figures only, so that a number stays with what it is
        if used + 3 + cells(figure) > width:
            row.append(f"\n{' ' * margin}{figure}")
            used = margin + cells(figure)
        else:
            row.append(f" · {figure}")
            used += 3 + cells(figure)
    return row


def _figures(one: Evidence) -> list[str]:
    figures = []
    if one.error is not None:
        figures.append(f"error {number(one.error)}" + (f" at {one.where}" if one.where else ""))
    if one.relative is not None:
        figures.append(f"relative {number(one.relative)}")
    if one.claimed is not None:
        figures.append(f"claimed {one.claimed:.6g}")
    if one.reference is not None:
        figures.append(f"{one.oracle} {one.reference:.6g}")
    if one.bar is not None:
        figures.append(f"bar {rough(one.bar)}")
    if one.detectable is not None:
        figures.append(f"would have seen a relative error of {rough(one.detectable)}")
    if one.points:
        figures.append(plural(one.points, "point"))
    if one.sizes:
        figures.append(sized(one.sizes))
    if one.detail:
        figures.append(one.detail)
    return figures
