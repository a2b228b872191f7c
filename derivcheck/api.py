"""What other programs ask of derivcheck: one function."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

from derivcheck.config import Settings, of_table
from derivcheck.reading.files import read_source
from derivcheck.source import Source

if TYPE_CHECKING:
    from derivcheck.verdict import Report

TEXT = "<text>"
"""The name under which a document is shown that is given as text."""


def check(
    document: str | os.PathLike[str],
    *,
    seed: int = 0,
    trials: int = 4,
    draws: int = 3,
    sizes: Mapping[str, int] | None = None,
    functions: Mapping[str, str] | None = None,
    values: Mapping[str, float] | None = None,
    evidence: str = "all",
    require: str | None = None,
    readings: Mapping[str, str] | None = None,
    model: object | None = None,
) -> Report:
    r"""Check every claim of a derivation.

    ``document`` is a path, or the text itself: a string with a line end or a dollar sign, or ``\(``, is text. The other
    arguments are the settings of the command line and of configuration files, which are not read here:

    seed       of every draw; the same seed gives the same numbers
    trials     inputs drawn at each size; ``draws`` how many sizes
    sizes      fixed dimensions by name, ``{"D": 4}``
    functions  what a declared function stands for, ``{"phi": "tanh"}``; else it is drawn at random
    values     what a declared number is, ``{"sigma": 0.5}``
    evidence   ``"all"``, or ``"exact"`` for proofs and exact counterexamples alone
    require    ``"proved"`` for a finding where a claim is less than proved
    readings   conventions by name that print leaves open, ``{"softmax-axis": "rows"}``
    model      a torch function, nn.Module or autograd.Function that the document is held against as well

    Raises SettingsError for a setting that cannot be used, UnreadableFile for a file that cannot be read, ModelError
    for a model that cannot be called. What is wrong
    in the document is told in the report, never raised.
    """
    told: dict[str, object] = {"seed": seed, "trials": trials, "draws": draws, "evidence": evidence}
    told |= {"sizes": dict(sizes or {}), "functions": dict(functions or {}), "values": dict(values or {})}
    told |= {} if require is None else {"require": require}
    settings = of_table(told, "", "check()", Settings())
    source = _source(document, dict(readings or {}))
    with warnings.catch_warnings():
        # said by torch once at its import where numpy is not installed, and of no concern to anybody here
        warnings.filterwarnings("ignore", message="Failed to initialize NumPy")
        from derivcheck.engine import check as checked

        report = checked(source, settings)
        if model is None:
            return report
        from derivcheck.model.checking import with_code

        return with_code(report, model, getattr(model, "__name__", type(model).__name__), settings)


def _source(document: str | os.PathLike[str], readings: dict[str, str]) -> Source:
    from dataclasses import replace

    from derivcheck.project import readings_of

    text = isinstance(document, str) and any(mark in document for mark in ("\n", "$", "\\("))
    source = Source(TEXT, str(document)) if text else read_source(os.fspath(document))
    return replace(source, readings=tuple(sorted(readings_of({"readings": readings}, "", "check()", "").items())))
