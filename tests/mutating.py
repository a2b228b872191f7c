"""Mutants of documents made on the text alone, and what becomes of each: blamed where it is, mended by the first edit?

It shares no code with the edits that mend. Run it by hand: ``python tests/mutating.py SEED COUNT KINDS DOCUMENT…`` with
KINDS of ``one``, ``two``, ``definition``, ``shape``, joined by commas; it tells a line for each mutant that is not
mended, and a table.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).parent.parent))

from derivcheck.config import Settings
from derivcheck.diagnosis import explaining, looking, synthesis
from derivcheck.source import Source
from derivcheck.verdict import Outcome, Report, Severity
from tests.remembering import check

TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[A-Za-z]|\d+(?:\.\d+)?|\S")
DISPLAY = re.compile(r"\$\$(.+?)\$\$|\\\[(.+?)\\\]|\\begin\{(?:equation|align)\*?\}(.+?)\\end", re.DOTALL)
GREEK = re.compile(
    r"\\(?:alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|phi|varphi|"
    r"psi|omega|Sigma|Lambda|Theta|Phi|Psi|Omega|Gamma|Delta|ell)\Z"
)
KIN = (
    ("\\sin", "\\cos"), ("\\exp", "\\log", "\\tanh"), ("\\odot", ""), ("\\max", "\\min"), ("\\sqrt", ""),
    ("+", "-"), ("-", ""), ("'", ""), ("/", ""),
)  # fmt: skip
KINDS = ("one", "two", "definition", "shape")
Place = tuple[int, int, str, str]


@dataclass(frozen=True)
class Mutant:
    """A document with a mistake: its kind, the slip in a word, the first changed character of the right text."""

    kind: str
    slip: str
    right: str
    text: str
    at: int


def names_in(text: str) -> list[str]:
    """The letters of all displays that are no indices."""
    shown = " ".join("".join(filter(None, display)) for display in DISPLAY.findall(text))
    shown = re.sub(r"[_^](\{[^{}]*\}|\\?[A-Za-z]+|.)", " ", shown)
    shown = re.sub(r"\\(mathbb|mathcal|mathrm|text|operatorname|begin|end|label|tag)\*?\{[^}]*\}", " ", shown)
    return sorted({token for token in TOKEN.findall(shown) if token.isalpha() or GREEK.match(token)} - {"d", "e"})


def slips(text: str, start: int, end: int, names: list[str]) -> Iterator[Place]:
    """Every slip of one token between two places: the place, what stands there then, and a word for it."""
    quiet = [
        match.span() for match in re.finditer(r"\\(mathbb|mathcal|mathrm|text|operatorname|begin|end|label|tag)\*?\{[^}]*\}", text)
    ]  # fmt: skip
    tokens = list(TOKEN.finditer(text, start, end))
    for position, found in enumerate(tokens):
        here, a, b = found[0], found.start(), found.end()
        if any(low <= a < high for low, high in quiet):
            continue
        before = tokens[position - 1][0] if position else ""
        script = before in ("_", "^") or (before == "{" and position > 1 and tokens[position - 2][0] in "_^")
        for kin in KIN:
            if here == kin[0] or (here in kin and here):
                for other in kin:
                    if other != here:
                        yield a, b, other, f"{here} -> {other or 'nothing'}"
        if here in names and not script:
            yield from ((a, b, other, "name") for other in names if other != here)
            if text[b : b + 1] not in "_^'(":
                yield a, b, "", "name dropped"
        elif here in names and before == "_":
            yield from ((a, b, other, "index") for other in names if other != here and len(other) == 1)
        if here.isdigit():
            if not script and tokens[position + 1 :] and re.match(r" *[A-Za-z\\(]", text[b:]) and before not in "=(":
                yield a, b, "", "number dropped"
            for other in {int(here) + 1, int(here) - 1} - {0}:
                yield a, b, str(other), "number"
        if here == "^":
            close = _closing(tokens, position + 1)
            if close is not None:
                yield a, tokens[close].end(), "", f"^{text[b : tokens[close].end()]} dropped"
        if here == ")" and position > 1 and tokens[position - 1][0] not in ")}(" and tokens[position - 2][0] in "+-":
            cut = tokens[position - 2].start()
            yield cut, b, f") {text[cut:a]}", "bracket"


def _closing(tokens: list[re.Match[str]], position: int) -> int | None:
    """The last token of the argument that begins at one."""
    if position >= len(tokens):
        return None
    depth = 0
    for spot in range(position, len(tokens)):
        depth += (tokens[spot][0] == "{") - (tokens[spot][0] == "}")
        if depth == 0:
            return spot
    return None


def turned(text: str, start: int, end: int) -> Iterator[Place]:
    """Slips of shape: two factors that stand side by side the other way round, a transpose at another factor."""
    factor = r"(?:[A-Za-z]|\\(?:[a-z]+))(?:\^(?:\\top|T|\{-1\}))?"
    for found in re.finditer(rf"(?<![A-Za-z\\_^])({factor})\s+({factor})(?![A-Za-z_^(])", text[start:end]):
        one, other = found[1], found[2]
        if all(part[0] != "\\" or GREEK.match(part.split("^")[0]) for part in (one, other)):
            a, b = start + found.start(), start + found.end()
            yield a, b, f"{other} {one}", "order"
    for found in re.finditer(r"([A-Za-z])(\^\\top|\^T)\s+([A-Za-z])(?![A-Za-z^])", text[start:end]):
        a, b = start + found.start(), start + found.end()
        yield a, b, f"{found[1]} {found[3]}{found[2]}", "transpose moved"
        yield a, b, f"{found[1]} {found[3]}", "transpose dropped"


def put(text: str, place: Place) -> str:
    """The text with a slip."""
    a, b, other, _ = place
    space = " " if re.search(r"\\[A-Za-z]+\Z", text[:a]) and other[:1].isalpha() else ""
    behind = " " if re.search(r"\\[A-Za-z]+\Z", other) and text[b : b + 1].isalpha() else ""
    return f"{text[:a]}{space}{other}{behind}{text[b:]}"


def mutants(text: str, right: Report, kind: str, source: random.Random) -> Iterator[Mutant]:
    """Copies of a right document with a mistake of one kind, in a claim that holds or in what has no claim."""
    names = names_in(text)
    spans = [
        (each.span.start, each.span.end)
        for each in right.results
        if each.verdict.outcome is Outcome.HOLDS and not each.expected_wrong
    ]
    if kind == "definition":
        shown = [match.span() for match in DISPLAY.finditer(text)]
        free = [(a, b) for a, b in shown if not any(a <= start < b for start, _ in spans)]
        spans = [(text.index("=", a, b) + 1, b) for a, b in free if "=" in text[a:b]]
    if not spans:
        return
    for _ in range(200):
        start, end = source.choice(spans)
        places = list(turned(text, start, end) if kind == "shape" else slips(text, start, end, names))
        if not places:
            continue
        # A kind of slip first, so that no long line with many names drowns the others.
        word = source.choice(sorted({place[3] for place in places}))
        place = source.choice([each for each in places if each[3] == word])
        if kind == "two":
            apart = [each for each in places if each[1] < place[0] or each[0] > place[1]]
            if not apart:
                continue
            other = source.choice(apart)
            last, first = sorted((place, other), reverse=True)
            yield Mutant(kind, f"{first[3]}, {last[3]}", text, put(put(text, last), first), first[0])
        else:
            yield Mutant(kind, word, text, put(text, place), place[0])


def wrong(report: Report) -> bool:
    """Whether anything in it does not hold that is not said to."""
    return any(finding.severity is Severity.ERROR for finding in report.findings)


def fate(mutant: Mutant, report: Report, count: int) -> tuple[str, str]:
    """What became of a mutant, and the text with all edits that are offered."""
    errors = [finding for finding in report.findings if finding.severity is Severity.ERROR]
    if not errors:
        # Another way to say the same, or something that was not read.
        same = sum(each.verdict.outcome is Outcome.HOLDS for each in report.results) >= count
        return ("as right" if same else "not judged"), ""
    line = mutant.text[: mutant.at].count("\n")
    row = (mutant.text.rfind("\n", 0, mutant.at) + 1, (mutant.text + "\n").find("\n", mutant.at))
    spans = [finding.line_span or finding.span for finding in errors]
    blamed = any(span.start <= row[1] and row[0] <= span.end for span in spans) or mutant.kind == "definition"
    if not blamed:
        return "blamed elsewhere", f"line {line + 1}"
    text = mutant.text
    edits = {(edit.span.start, edit.span.end, edit.replacement) for each in errors for edit in each.edits}
    for start, end, new in sorted(edits, reverse=True):
        text = f"{text[:start]}{new}{text[end:]}"
    if not edits:
        return "none", ""
    if _bare(text) == _bare(mutant.right):
        return "restored", text
    again = check(Source("mended.md" if "$$" in text else "mended.tex", text), Settings(), mends=False)
    good = not wrong(again) and sum(each.verdict.outcome is Outcome.HOLDS for each in again.results) >= count
    return ("mended" if good else "not wholly"), text


def _bare(text: str) -> str:
    return re.sub(r"[\s{}]|\\cdot|\\,|\\left|\\right", "", text).replace("\\bigl", "").replace("\\bigr", "")


@dataclass(frozen=True)
class Trial:
    """What became of one mutant, what it cost to explain it (seconds of CPU beyond the check), and how much was judged."""

    what: str
    text: str
    seconds: float
    looked: int
    blames_definition: bool


def tried(mutant: Mutant, name: str, count: int) -> tuple[Trial, Report]:
    """Check a mutant; ``count`` claims hold in the right document."""
    spent: list[float] = []
    looked = [0]
    explained, read, part = explaining.explained, looking.read, synthesis._agreeing

    def timed(*how: Any) -> Any:
        begun = time.process_time()
        try:
            return explained(*how)
        finally:
            spent.append(time.process_time() - begun)

    def counted(*how: Any) -> Any:
        looked[0] += 1
        return read(*how)

    def batched(value: Any, head: Any, many: int) -> Any:
        looked[0] += many
        return part(value, head, many)

    with (
        patch.object(explaining, "explained", timed),
        patch.object(looking, "read", counted),
        patch.object(synthesis, "_agreeing", batched),
    ):
        report = check(Source(name, mutant.text), Settings())
    what, text = fate(mutant, report, count)
    definition = any(each.code == "wrong-definition" for each in report.findings)
    return Trial(what, text, sum(spent), looked[0], definition and mutant.kind != "definition"), report


def main(arguments: list[str]) -> None:
    """Make mutants, count what becomes of them, and tell of those that are not mended."""
    source, count, kinds = random.Random(int(arguments[0])), int(arguments[1]), arguments[2].split(",")
    tally: Counter[tuple[str, str]] = Counter()
    names = arguments[3:]
    rights: dict[str, Report] = {}
    seen: set[str] = set()
    trials: list[tuple[Trial, str]] = []
    while len(trials) < count:
        name, kind = source.choice(names), source.choice(kinds)
        text = Path(name).read_text(encoding="utf-8")
        if name not in rights:
            rights[name] = check(Source(name, text), Settings(), mends=False)
        holding = sum(each.verdict.outcome is Outcome.HOLDS for each in rights[name].results)
        if wrong(rights[name]) or not holding:
            names.remove(name)
            continue
        mutant = next(mutants(text, rights[name], kind, source), None)
        if mutant is None or mutant.text in seen:
            continue
        seen.add(mutant.text)
        trial, report = tried(mutant, name, holding)
        trials.append((trial, f"{name.rsplit('/', 1)[-1]}: {mutant.slip}"))
        tally[kind, trial.what] += 1
        if trial.what not in ("restored", "mended", "as right"):
            row = mutant.text[: mutant.at].count("\n")
            lines, now = mutant.text.splitlines(), trial.text.splitlines()
            then = f"\n   now:   {now[row].strip()}" if trial.what == "not wholly" and row < len(now) else ""
            sys.stdout.write(
                f"{trial.what} ({kind}: {mutant.slip}; {trial.seconds:.1f} s) {name}:{row + 1}\n"
                f"   right: {mutant.right.splitlines()[row].strip()}\n   wrong: {lines[row].strip()}{then}\n"
            )
            for finding in report.findings:
                if finding.severity is Severity.ERROR or trial.what == "not judged":
                    sys.stdout.write(f"   said:  {finding.message} | {finding.help} | {'; '.join(finding.facts)}\n")
            sys.stdout.flush()
        if len(trials) % 25 == 0 or len(trials) == count:
            _told(kinds, tally, trials)


def _told(kinds: list[str], tally: Counter[tuple[str, str]], trials: list[tuple[Trial, str]]) -> None:
    """The figures so far."""
    for kind in kinds:
        of = {what: number for (each, what), number in sorted(tally.items()) if each == kind}
        blamed = sum(of.get(what, 0) for what in ("restored", "mended", "not wholly", "none"))
        good = of.get("restored", 0) + of.get("mended", 0)
        sys.stdout.write(f"{kind}: {good} of {blamed} blamed mended ({100 * good / max(blamed, 1):.1f} %); {of}\n")
    searched = sorted(((each.seconds, told) for each, told in trials if each.looked), reverse=True)
    seconds = [each for each, _ in searched] or [0.0]
    looked = sum(each.looked for each, _ in trials)
    sys.stdout.write(
        f"right definitions blamed: {sum(each.blames_definition for each, _ in trials)}; seconds to explain: median "
        f"{seconds[len(seconds) // 2]:.2f}, nine of ten under {seconds[len(seconds) // 10]:.2f}; "
        f"{looked / max(sum(seconds), 1e-9):.0f} candidates a second; the longest: "
        f"{[(round(each, 1), told) for each, told in searched[:6]]}\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
