"""A few of the true rules and their false twins; ``python tests/twins/statements.py`` checks all, at several seeds."""

from __future__ import annotations

from tests.problem.asking import outcomes
from tests.twins.statements import rules, statements

EVERY = 9
"""Of so many statements one is checked, under letters and numbers that are its own."""


def test_no_false_twin_holds_and_no_true_rule_is_wrong() -> None:
    chosen = statements(seed=1)[::EVERY]
    found = {one.text: (one.true, outcomes(one.text)[-1]) for one in chosen}
    misjudged = {text for text, (true, said) in found.items() if said == ("wrong" if true else "holds")}
    assert misjudged == set()
    rightly = sum(said == ("holds" if true else "wrong") for true, said in found.values())
    assert rightly >= 0.85 * len(chosen), "so few are decided that the others say nothing"


def test_every_rule_has_a_false_twin() -> None:
    assert len(rules()) > 150
    assert all(len(set(sides)) == len(sides) >= 2 for _, sides in rules())
