"""What became of the edits of a derivation: killed, shown equivalent, or open."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from derivcheck.power.mutants import Mutant
from derivcheck.source import Source


class Fate(StrEnum):
    """What became of an edit. What is no mutant counts neither way: the edited line says nothing that can be checked.

    ``KILLED``: `derivcheck check` calls a line of the edited document wrong. ``EQUIVALENT``: the edited document says
    the same, and that is proved. ``OPEN``: neither.
    """

    KILLED = "killed"
    EQUIVALENT = "equivalent"
    OPEN = "open"
    NO_MUTANT = "not a mutant"


@dataclass(frozen=True, slots=True)
class Tried:
    """An edit, what became of it, and by what: the claim that sees it, the proof, or why neither is there."""

    mutant: Mutant
    fate: Fate
    why: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many edits of one operator came out how."""

    operator: str
    about: str
    killed: int
    equivalent: int
    open: int

    @property
    def mutants(self) -> int:
        """All that count."""
        return self.killed + self.equivalent + self.open


@dataclass(frozen=True, slots=True)
class Power:
    """All that was found out about a derivation's checks.

    ``unheld`` are the names of claims that do not hold, and whose edits therefore tell nothing.
    """

    source: Source
    tried: tuple[Tried, ...]
    claims: int
    unheld: tuple[str, ...]
    seed: int
    seconds: float = 0.0
    title: str = ""

    def count(self, fate: Fate) -> int:
        """How many edits came out so."""
        return sum(one.fate is fate for one in self.tried)

    def counts(self) -> tuple[Count, ...]:
        """The table: a line for each published operator, those that made no edit too."""
        from derivcheck.power.mutants import PUBLISHED

        made: dict[tuple[str, Fate], int] = {}
        for one in self.tried:
            key = (one.mutant.operator, one.fate)
            made[key] = made.get(key, 0) + 1
        fates = (Fate.KILLED, Fate.EQUIVALENT, Fate.OPEN)
        return tuple(Count(name, about, *(made.get((name, fate), 0) for fate in fates)) for name, about in PUBLISHED)

    def summary(self) -> str:
        """``M mutants: K killed, E shown equivalent, O open``."""
        killed, equivalent, left = (self.count(fate) for fate in (Fate.KILLED, Fate.EQUIVALENT, Fate.OPEN))
        return f"{killed + equivalent + left} mutants: {killed} killed, {equivalent} shown equivalent, {left} open"

    def exit_code(self) -> int:
        """0 where there are edits, none of them is open, and every claim holds; else 1."""
        made = self.count(Fate.KILLED) + self.count(Fate.EQUIVALENT)
        return 0 if made and not self.count(Fate.OPEN) and not self.unheld else 1
