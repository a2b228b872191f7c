r"""Documents that nobody would write, made of those in tests/documents: none may end in an error of derivcheck itself.

``python -m tests.fuzz.fuzz --count 20000 --seed 0`` reads them and gives them a meaning; ``--full`` checks them too, and
``--work`` counts the functions that are called. What fails is written down with the seed that makes it again.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from derivcheck.config import Settings
from derivcheck.engine import check, problem_of
from derivcheck.problem.problem import Refused
from derivcheck.source import Source
from tests.counting import calls

DOCUMENTS = sorted(
    path for path in (Path(__file__).parent.parent / "documents").glob("user-*") if path.suffix != ".toml"
)
CALLS_A_CHARACTER = 20_000
"""So many functions may be called for a character of a document (of the longest that are made 400 or so are)."""
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\$\$|\w+|\s+|.", re.DOTALL)
_STRANGE = (
    "\\foo", "\\frac", "\\frac{", "}", "{", "^", "_", "_{", "'", "\\\\", "&", "$", "$$", "\\left(", "\\right.", "\\sum",
    "\\int", "\\partial", "\\nabla", "\\begin{align}", "\\end{align}", "\\begin{cases}", "\\text{", "\\in", "\\sim", "=", "|",
    "\\mid", "\\mathbb{E}[", "]", "(", ")", ",", "\\dots", "\\infty", "0", "1", "-1", "10^{9}", "9^{9^{9}}", "!", "\\pm",
    "\x00", "\x07", "\x1b[31m", "\u202e", "\ufeff", "\r", "\t", "é", "∑", "𝒳", "\ud7ff", "% ", "<!-- derivcheck: let $", "-->",
    "<!-- derivcheck: skip -->", "\\newcommand{\\a}{\\a}\\a", "\\def\\b#1{#1#1}", "\\prod_{i=1}^{100000}", "\\arg\\max", "\\le",
    "^{-1}", "^\\top", "\\det", "\\operatorname{tr}", "\\Rightarrow", "\\implies", "\\approx", "\\propto", "\n\n", "\n= ", "# ",
)  # fmt: skip


@dataclass(frozen=True)
class Failure:
    """What went wrong with an input, and the number of the input under its seed."""

    number: int
    what: str
    text: str


def _cut(tokens: list[str], rng: random.Random) -> tuple[int, int]:
    start = rng.randrange(len(tokens))
    return start, min(len(tokens), start + rng.choice((1, 1, 1, 2, 5, 20)))


def _delete(tokens: list[str], rng: random.Random) -> list[str]:
    start, end = _cut(tokens, rng)
    return tokens[:start] + tokens[end:]


def _repeat(tokens: list[str], rng: random.Random) -> list[str]:
    start, end = _cut(tokens, rng)
    return tokens[:end] + tokens[start:end] * rng.choice((1, 1, 3)) + tokens[end:]


def _swap(tokens: list[str], rng: random.Random) -> list[str]:
    first, second = rng.randrange(len(tokens)), rng.randrange(len(tokens))
    tokens = list(tokens)
    tokens[first], tokens[second] = tokens[second], tokens[first]
    return tokens


def _insert(tokens: list[str], rng: random.Random) -> list[str]:
    place = rng.randrange(len(tokens))
    return [*tokens[:place], rng.choice(_STRANGE), *tokens[place:]]


def _replace(tokens: list[str], rng: random.Random) -> list[str]:
    start, end = _cut(tokens, rng)
    return [*tokens[:start], rng.choice((*_STRANGE, rng.choice(tokens))), *tokens[end:]]


def _truncate(tokens: list[str], rng: random.Random) -> list[str]:
    return tokens[: rng.randrange(1, len(tokens) + 1)]


def _splice(tokens: list[str], rng: random.Random) -> list[str]:
    other = _TOKEN.findall(rng.choice(DOCUMENTS).read_text(encoding="utf-8"))
    start, place = rng.randrange(len(other)), rng.randrange(len(tokens))
    return tokens[:place] + other[start : start + rng.randrange(1, 200)] + tokens[place:]


def _nest(tokens: list[str], rng: random.Random) -> list[str]:
    start, end = _cut(tokens, rng)
    before, behind = rng.choice(
        (("(", ")"), ("{", "}"), ("\\frac{1}{", "}"), ("\\sqrt{", "}"), ("x^{", "}"), ("-", ""))
    )
    times = rng.choice((2, 10, 100, 1000))
    return [*tokens[:start], before * times, *tokens[start:end], behind * times, *tokens[end:]]


CHANGES: tuple[Callable[[list[str], random.Random], list[str]], ...] = (
    _delete, _delete, _repeat, _swap, _insert, _insert, _replace, _replace, _truncate, _splice, _nest,
)  # fmt: skip


def made(number: int, seed: int, longest: int = 1500) -> Source:
    """An input: a document, or a stretch of one, with a few changes. The same number and seed make the same."""
    rng = random.Random(f"{seed}:{number}")
    path = rng.choice(DOCUMENTS)
    tokens = _TOKEN.findall(path.read_text(encoding="utf-8")[:longest])
    for _ in range(rng.choice((1, 2, 3, 5, 10))):
        tokens = rng.choice(CHANGES)(tokens or ["$x$"], rng)
    return Source(f"fuzz{path.suffix}", "".join(tokens))


def errors_of(source: Source, full: bool) -> Iterator[str]:
    """The errors of derivcheck itself that a document shows."""
    try:
        if full:
            report = check(source, Settings())
            yield from (f"{one.message}: {one.help}" for one in report.findings if one.code == "internal-error")
        else:
            problem = problem_of.__wrapped__(source)
            yield from (f"{one.message}" for one in problem.claims if isinstance(one, Refused) and one.bug is not None)
            yield from (one.message for one in problem.findings if one.code == "internal-error")
    except Exception as error:
        yield f"{type(error).__name__}: {error}"


def failures(count: int, seed: int, *, first: int = 0, full: bool = False, work: bool = False) -> Iterator[Failure]:
    """Those of the inputs that end in an error of derivcheck itself, or take more work than their length allows."""
    for number in range(first, first + count):
        if number % 100 == 0:
            print(f"input {number}", end="\r", file=sys.stderr, flush=True)
        source = made(number, seed)
        found: list[str] = []

        def run(source: Source = source, found: list[str] = found) -> None:
            found += errors_of(source, full)

        called = calls(run) if work else (run(), 0)[1]
        if called > CALLS_A_CHARACTER * (len(source.text) + 100):
            found.append(f"{called} calls for {len(source.text)} characters")
        yield from (Failure(number, what, source.text) for what in found)


def main() -> int:
    """Run as many inputs as are asked for and print what fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--work", action="store_true")
    parser.add_argument("--show", action="store_true", help="print the documents that fail")
    given = parser.parse_args()
    failed = 0
    for failure in failures(given.count, given.seed, first=given.first, full=given.full, work=given.work):
        failed += 1
        print(f"seed {given.seed}, input {failure.number}: {failure.what}", flush=True)
        if given.show:
            print(failure.text)
    print(f"{given.count} inputs, {failed} failures")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
