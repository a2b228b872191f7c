"""The replay line of a homework's finding is the homework's own command, with all that was asked for."""

from __future__ import annotations

from pathlib import Path

from derivcheck.config import Settings
from derivcheck.homework.checking import replayed
from derivcheck.homework.registry import HOMEWORKS, document
from derivcheck.source import NOWHERE
from derivcheck.verdict import Finding, Severity

FOUND = Finding("wrong-optimum", Severity.ERROR, "…", NOWHERE, replay="derivcheck check ppca.md", claim="u-2")


def _replay(settings: Settings, derivation: Path | None = None, as_handed_in: bool = False) -> str | None:
    return replayed(FOUND, HOMEWORKS["ppca"], settings, derivation, as_handed_in).replay


def test_values_sizes_and_seed_are_in_it() -> None:
    settings = Settings(seed=3, values={"\\sigma": 0.3}, sizes={"J": 4, "K": 2})
    assert _replay(settings) == "derivcheck ppca --claim u-2 --seed 3 --dim 4 --sigma 0.3 --sizes K=2"


def test_the_document_is_in_it() -> None:
    assert _replay(Settings(), Path("my own.md")) == "derivcheck ppca --derivation 'my own.md' --claim u-2 --seed 0"
    assert _replay(Settings(), as_handed_in=True) == "derivcheck ppca --as-handed-in --claim u-2 --seed 0"


def test_the_number_of_trials_and_the_configuration_are_in_it() -> None:
    settings = Settings(trials=7, config="ppca.toml")
    assert _replay(settings) == "derivcheck ppca --claim u-2 --seed 0 --trials 7 --config ppca.toml"


def test_what_has_no_replay_gets_none() -> None:
    bare = Finding("missing-result", Severity.ERROR, "…", NOWHERE)
    assert replayed(bare, HOMEWORKS["ppca"], Settings(), None, False) is bare


def test_the_solution_as_handed_in_is_held_against_the_module_where_it_names_the_same() -> None:
    from derivcheck.homework.checking import compared

    extra, findings = compared(HOMEWORKS["ppca"], document("ppca", as_handed_in=True), Settings())
    assert findings == []
    assert [row[0] for row in extra.rows if row[-1] == "holds"] == ["m⁽ⁱ⁾", "s⁽ⁱ⁾", "C", "uⁿᵉʷ"]
