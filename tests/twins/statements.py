"""Small statements whose truth is known: each rule of ``rules.txt`` under drawn letters, numbers and phrasings.

A rule that is true comes with twins that are false by one slip: a factor, a sign, an exponent, a size, a boundary, a
domain. ``python tests/twins/statements.py --count 1000 --seeds 0,1,2`` checks so many of them through the command and
says which false ones were accepted, which true ones refuted, and how many were decided; the suite runs a few.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

RULES: Final = Path(__file__).with_name("rules.txt")

KINDS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "real": ("s t x y a b", (r"Let ${} \in \mathbb{{R}}$.", r"Let ${}$ be real numbers with ${} \in \mathbb{{R}}$.")),
    "positive": ("p q a b r", (r"Let ${} > 0$.", r"Let ${} \in (0, \infty)$.")),
    "vector": ("u v w x y g", (r"Let ${} \in \mathbb{{R}}^n$.", r"For vectors ${} \in \mathbb{{R}}^{{n}}$:")),
    "unit": ("u v w q", (r"Let ${} \in \mathbb{{R}}^n$ with {norms}.",)),
    "square": ("A B C F G", (r"Let ${} \in \mathbb{{R}}^{{n \times n}}$.", r"Let ${} \in \mathbb{{R}}^{{n \times n}}$ be matrices.")),
    "invertible": ("A B C F", (r"Let ${} \in \mathbb{{R}}^{{n \times n}}$ be invertible.",)),
    "tall": ("M X A W", (r"Let ${} \in \mathbb{{R}}^{{m \times n}}$.",)),
    "symmetric": ("S A H", (r"Let ${} \in \mathbb{{R}}^{{n \times n}}$ be symmetric.", r"Let ${} \in \mathbb{{R}}^{{n \times n}}$ with ${0} = {0}^\top$.")),
    "spd": ("S A H", (r"Let ${} \in \mathbb{{R}}^{{n \times n}}$ be symmetric positive definite.", r"Let ${} \in \mathbb{{R}}^{{n \times n}}$ with ${0} \succ 0$.")),
    "psd": ("S A H", (r"Let ${} \in \mathbb{{R}}^{{n \times n}}$ be symmetric positive semidefinite.", r"Let ${} \in \mathbb{{R}}^{{n \times n}}$ with ${0} \succeq 0$.")),
    "skew": ("K A W", (r"Let ${} \in \mathbb{{R}}^{{n \times n}}$ with ${0}^\top = -{0}$.", r"Let ${} \in \mathbb{{R}}^{{n \times n}}$ be skew-symmetric.")),
    "columns": ("Q U V W", (r"Let ${} \in \mathbb{{R}}^{{m \times n}}$ with ${0}^\top {0} = I$.", r"Let ${} \in \mathbb{{R}}^{{m \times n}}$ have orthonormal columns.")),
    "orthogonal": ("Q U R", (r"Let ${} \in \mathbb{{R}}^{{n \times n}}$ be orthogonal.", r"Let ${} \in \mathbb{{R}}^{{n \times n}}$ with ${0}^\top {0} = I$.")),
    "idempotent": ("P A H", (r"Let ${} \in \mathbb{{R}}^{{n \times n}}$ with ${0}^2 = {0}$.", r"Let ${} \in \mathbb{{R}}^{{n \times n}}$ be idempotent.")),
    "lower": ("L A", (r"Let ${} \in \mathbb{{R}}^{{n \times n}}$ be lower triangular.",)),
    "traceless": ("T A", (r"Let ${} \in \mathbb{{R}}^{{n \times n}}$ with $\operatorname{{tr}}({0}) = 0$.",)),
    "commuting": ("A B C", (r"Let ${} \in \mathbb{{R}}^{{n \times n}}$ with ${0} {1} = {1} {0}$.", r"Let ${} \in \mathbb{{R}}^{{n \times n}}$ commute, ${0} {1} = {1} {0}$.")),
    "closed": ("t s a", (r"Let ${} \in [0, 1]$.",)),
    "open": ("t s a", (r"Let ${} \in (0, 1)$.",)),
    "probabilities": ("p q w", (r"Let ${} \in \mathbb{{R}}^n$ with ${0}_i \ge 0$ and $\sum_{{i=1}}^n {0}_i = 1$.",)),
    "number": ("k m", (r"Let ${} \in \mathbb{{N}}$.",)),
    "odd size": ("K A", (r"Let $n$ be odd and ${} \in \mathbb{{R}}^{{n \times n}}$ with ${0}^\top = -{0}$.",)),
    "function": (r"f g h \phi \psi", (r"Let ${} : \mathbb{{R}} \to \mathbb{{R}}$.",)),
    "normal": ("z x", (r"Let ${} \sim \mathcal{{N}}(0, 1)$.",)),
}  # fmt: skip
"""For each kind of name the letters that people use, and how they declare it: ``{}`` is the list of names."""


@dataclass(frozen=True)
class Statement:
    """One claim with its declarations, and whether it is true."""

    name: str
    text: str
    true: bool


def rules() -> list[tuple[str, list[str]]]:
    """Declarations and sides of every rule: the first side is true, the others are false."""
    rows = (line.partition("#")[0] if line.startswith("#") else line for line in RULES.read_text("utf-8").splitlines())
    # A bar with blanks around it separates; those of absolute values stand close.
    return [
        (row[0].strip(), [cell.strip() for cell in row[1:]]) for line in rows if len(row := re.split(r" \| ", line)) > 1
    ]


def statements(seed: int = 0) -> list[Statement]:
    """Every rule and every twin once, under the letters, numbers and phrasings of this seed."""
    found = []
    for number, (declared, sides) in enumerate(rules()):
        draw = random.Random(f"{seed}:{number}")
        for position, side in enumerate(sides):
            own, _, rest = side[1:].partition(" ") if side.startswith("@") else ("", "", side)
            text = _document(own or declared, rest or side, draw)
            found.append(Statement(f"s{seed}-{number:03d}-{position}", text, position == 0))
    return found


def _document(declared: str, side: str, draw: random.Random) -> str:
    letters: dict[str, str] = {}
    lines = []
    for group in declared.split(";"):
        names, _, kind = group.partition(":")
        pool, phrasings = KINDS[kind.strip()]
        for name in names.split(","):
            free = [letter for letter in pool.split() if letter not in letters.values()]
            letters[name.strip()] = draw.choice(free)
        own = [letters[name.strip()] for name in names.split(",")]
        norms = ", ".join(rf"$\|{name}\| = 1$" for name in own)
        phrasing = draw.choice(phrasings if len(own) > 1 or kind.strip() != "real" else phrasings[:1])
        lines.append(_declare(phrasing, own, norms))
    numbers = dict(zip("abc", draw.sample(range(2, 10), 3), strict=True))

    def put(match: re.Match[str]) -> str:
        inner = match[1]
        return letters[inner] if inner in letters and inner not in numbers else str(eval(inner, {}, numbers))

    return "\n".join((*lines, "", f"$$ {re.sub(r'<([^<>]+)>', put, side)} $$", ""))


def _declare(phrasing: str, own: list[str], norms: str) -> str:
    several = ", ".join(own)
    if len(own) == 1:
        phrasing = phrasing.replace("be matrices", "be a matrix")
    first, rest = phrasing.split("{}", 1)
    return first.format() + several + rest.replace("{}", several).format(*own, norms=norms)


def judged(chosen: list[Statement], seed: int, command: list[str]) -> dict[str, str]:
    """The outcome of the last claim of each statement's document, or ``none``."""
    with tempfile.TemporaryDirectory() as folder:
        for statement in chosen:
            (Path(folder) / f"{statement.name}.md").write_text(statement.text, "utf-8")
        run = subprocess.run([*command, "check", "--format", "json", "--seed", str(seed), folder], capture_output=True, text=True)  # fmt: skip
    found = {statement.name: "none" for statement in chosen}
    for claim in json.loads(run.stdout)["claims"]:
        found[Path(claim["path"]).stem] = claim["verdict"]["outcome"]
    return found


def main() -> int:
    """Check statements at several seeds and say how it went."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--first", type=int, default=0, help="the first draw of letters and numbers")
    parser.add_argument("--only", help="rules whose number matches, as in `012`")
    parser.add_argument("--show", action="store_true", help="print the statements and go")
    given = parser.parse_args()
    pool: list[Statement] = []
    draw = given.first
    while len(pool) < given.count:
        pool += [s for s in statements(draw) if not given.only or given.only in s.name]
        draw += 1
    pool = pool[: given.count]
    if given.show:
        print(*(f"## {s.name} {s.true}\n{s.text}" for s in pool), sep="\n")
        return 0
    seeds = [int(seed) for seed in given.seeds.split(",")]
    runs = [judged(pool, seed, [sys.executable, "-m", "derivcheck"]) for seed in seeds]
    bad = 0
    decided = 0
    for statement in pool:
        outcomes = [run[statement.name] for run in runs]
        wanted = "holds" if statement.true else "wrong"
        opposite = "wrong" if statement.true else "holds"
        decided += all(outcome == wanted for outcome in outcomes)
        if opposite in outcomes:
            bad += 1
            print(f"{'REFUTED' if statement.true else 'ACCEPTED'} {statement.name} {outcomes}: {statement.text!r}")
        elif any(outcome != wanted for outcome in outcomes):
            print(f"open {statement.name} {outcomes}: {statement.text!r}")
    print(f"{len(pool)} statements at {len(seeds)} seeds: {bad} misjudged, {decided} decided rightly at every seed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
