"""What became of the edits of a derivation: killed, shown equivalent, or open."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from derivcheck.power.mutants import PUBLISHED, Mutant
from derivcheck.source import Source
from derivcheck.verdict import Outcome

UNUSED: Final = "no claim depends on it"


class Fate(StrEnum):
    """What became of an edit. What is no mutant counts neither way: after it some line cannot be read as a claim.

    ``KILLED``: `derivcheck check` calls a line of the edited document wrong. ``EQUIVALENT``: the edited document says
    the same, and that is proved. ``OPEN``: neither.
    """

    KILLED = "killed"
    EQUIVALENT = "equivalent"
    OPEN = "open"
    NO_MUTANT = "not a mutant"


@dataclass(frozen=True, slots=True)
class Tried:
    """An edit, what became of it, and by what: the claim that sees it, the proof, or why neither is there.

    ``by_shape`` tells that shapes alone betray it, before anything is evaluated.
    """

    mutant: Mutant
    fate: Fate
    why: str
    by_shape: bool = False

    @property
    def weight(self) -> int:
        """How much it tells where several functions of a file share what was edited: the most is taken."""
        fates = (Fate.NO_MUTANT, Fate.EQUIVALENT, Fate.OPEN, Fate.KILLED)
        return 0 if self.why == UNUSED else 1 + fates.index(self.fate)


@dataclass(frozen=True, slots=True)
class Count:
    """How many edits of one operator came out how."""

    operator: str
    about: str
    killed: int
    by_shape: int
    equivalent: int
    open: int

    @property
    def mutants(self) -> int:
        """All that count."""
        return self.killed + self.equivalent + self.open


@dataclass(frozen=True, slots=True)
class Power:
    """All that was found out about a derivation's checks.

    ``unheld`` are the names of claims that do not hold, and whose edits therefore tell nothing, with their outcomes.
    """

    source: Source
    tried: tuple[Tried, ...]
    claims: int
    unheld: tuple[tuple[str, Outcome], ...]
    seed: int
    seconds: float = 0.0
    title: str = ""

    def count(self, fate: Fate) -> int:
        """How many edits came out so."""
        return sum(one.fate is fate for one in self.tried)

    def counts(self) -> tuple[Count, ...]:
        """The table: a line for each published operator, those that made no edit too."""
        made = Counter((one.mutant.operator, one.fate) for one in self.tried)
        shapes = Counter(one.mutant.operator for one in self.tried if one.by_shape)
        return tuple(
            Count(
                name, about, made[name, Fate.KILLED], shapes[name], made[name, Fate.EQUIVALENT], made[name, Fate.OPEN]
            )
            for name, about in PUBLISHED
        )

    def summary(self) -> str:
        """``M mutants: K killed, E shown equivalent, O open``."""
        killed, equivalent, left = (self.count(fate) for fate in (Fate.KILLED, Fate.EQUIVALENT, Fate.OPEN))
        return f"{killed + equivalent + left} mutants: {killed} killed, {equivalent} shown equivalent, {left} open"

    def exit_code(self, *, strict: bool) -> int:
        """0 where there are edits, none open, and no claim is wrong (if strict: every claim holds); else 1."""
        made = self.count(Fate.KILLED) + self.count(Fate.EQUIVALENT)
        wrong = any(strict or outcome is Outcome.WRONG for _, outcome in self.unheld)
        return 0 if made and not self.count(Fate.OPEN) and not wrong else 1
