"""Settings: the defaults, a TOML file over them, the command line over both."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Settings:
    """All that steers a run.

    seed      of every draw; the same seed gives the same numbers
    trials    inputs drawn at each size, at least 2
    draws     how many sizes are drawn for dimensions that are not fixed
    sizes     fixed dimensions by name, as written in the document ("D": 4)
    functions what a declared function stands for, by its name in the document ("\\phi": "tanh");
              one that is not named is drawn at random
    claim     check only the claim of this name
    strict    undecided and not checked fail the run
    extra     a homework's own options ("box", "activation", …)
    """

    seed: int = 0
    trials: int = 4
    draws: int = 3
    sizes: dict[str, int] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)
    claim: str | None = None
    strict: bool = False
    extra: dict[str, object] = field(default_factory=dict)


class SettingsError(Exception):
    """A configuration that cannot be used: the message says what, where and what to do."""
