"""The command that repeats one check of a homework, with everything that it was asked for."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

from derivcheck.config import Settings
from derivcheck.homework.registry import Homework
from derivcheck.verdict import Finding


def replayed(
    finding: Finding, homework: Homework, settings: Settings, derivation: Path | None, as_handed_in: bool
) -> Finding:
    """A finding about a claim as this homework's own command would give it again."""
    if finding.replay is None or finding.claim is None:
        return finding
    parts = ["derivcheck", homework.name]
    if derivation is not None:
        parts += ["--derivation", str(derivation)]
    if as_handed_in:
        parts.append("--as-handed-in")
    parts += ["--claim", finding.claim, "--seed", str(settings.seed)]
    own = {option.target for option in homework.options}
    for option in homework.options:
        given: dict[str, dict[str, object]] = {
            "sizes": {**settings.sizes}, "values": {**settings.values}, "functions": {**settings.functions}
        }  # fmt: skip
        if option.target in given[option.sets]:
            parts += [f"--{option.name}", str(given[option.sets][option.target])]
    for name, size in settings.sizes.items():
        if name not in own:
            parts += ["--sizes", f"{name}={size}"]
    return replace(finding, replay=shlex.join([*parts, *settings.repeated]))
