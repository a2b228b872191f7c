"""Mutants of documents made on the text alone: one token of a claimed side is another. How many are mended?

It shares no code with the edits that mend. Run it by hand: ``python tests/mutating.py SEED COUNT DOCUMENT…`` says how
many of the wrong mutants are mended by the first edit that is offered, and lists the others.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from derivcheck.config import Settings
from derivcheck.engine import Report, check
from derivcheck.source import Source

TOKEN = re.compile(r"\\[A-Za-z]+|[A-Za-z]|\d+|[-+^_=(){}\[\]&]|\\.|\S")
DISPLAY = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
KIN = (
    ("+", "-"), ("2", "3", "4"), ("1", "2"), ("\\sin", "\\cos"), ("\\exp", "\\log"), ("\\odot", "\\cdot"),
    ("i", "j", "k"), ("\\alpha", "\\beta"), ("\\mu", "\\sigma", "\\tau"),
)  # fmt: skip
DROPPED = ("\\sqrt", "2", "-")


def mutants(text: str, source: random.Random) -> Iterator[str]:
    """Copies of a document with one token behind an equals sign replaced by its kin, or left out."""
    places: list[tuple[int, int, str]] = []
    for display in DISPLAY.finditer(text):
        begun = display[1].find("=")
        if begun < 0:
            continue
        letters = sorted({token for token in TOKEN.findall(display[1][begun:]) if token.isalpha()})
        for found in TOKEN.finditer(display[1], begun + 1):
            kin = {other for group in KIN if found[0] in group for other in group} | (
                set(letters) if found[0] in letters else set()
            )
            start = display.start(1) + found.start()
            places += [(start, start + len(found[0]), other) for other in kin - {found[0]}]
            if found[0] in DROPPED:
                places.append((start, start + len(found[0]), ""))
    source.shuffle(places)
    for start, end, other in places:
        space = " " if other.startswith("\\") or text[:start].endswith(tuple("abcdefghijklmnopqrstuvwxyz")) else ""
        yield f"{text[:start]}{space}{other}{space}{text[end:]}"


def wrong(report: Report) -> bool:
    """Whether anything in it does not hold."""
    return any(finding.severity.value == "error" for finding in report.findings)


def mended(text: str, report: Report) -> bool:
    """Whether the document is right with all edits that are offered."""
    edits = {(edit.span.start, edit.span.end, edit.replacement) for each in report.findings for edit in each.edits}
    for start, end, new in sorted(edits, reverse=True):
        text = f"{text[:start]}{new}{text[end:]}"
    return bool(edits) and not wrong(check(Source("mended.md", text), Settings()))


def main(arguments: list[str]) -> None:
    """Count."""
    source, count = random.Random(int(arguments[0])), int(arguments[1])
    texts = [Path(name).read_text(encoding="utf-8") for name in arguments[2:]]
    streams = [mutants(text, source) for text in texts]
    good = seen = 0
    while seen < count:
        text = next(source.choice(streams), None)
        if text is None:
            break
        report = check(Source("mutant.md", text), Settings())
        if not any(each.verdict.outcome.value == "wrong" for each in report.results):
            continue
        seen += 1
        if mended(text, report):
            good += 1
            continue
        for finding in report.findings:
            if finding.severity.value == "error":
                line = text.splitlines()[report.source.position(finding.span.start).line - 1]
                sys.stdout.write(f"not mended: {line}\n  {finding.message} | {finding.help}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{good} of {seen} wrong mutants mended by the first edit\n")


if __name__ == "__main__":
    main(sys.argv[1:])
