"""A number that the settings fix has that value wherever the document is evaluated, and lies in its declared set."""

from __future__ import annotations

import pytest

from derivcheck import engine
from derivcheck.config import Settings, SettingsError
from derivcheck.source import Source
from derivcheck.verdict import Outcome

HOLDS, WRONG = Outcome.HOLDS, Outcome.WRONG


def outcome(text: str, **values: float) -> Outcome:
    report = engine.check(Source("my.md", text), Settings(values=values))
    (result,) = report.results
    return result.verdict.outcome


@pytest.mark.parametrize("claim", [r"$$ a^2 = a / 2 $$", r"$$ 2 a b = b $$", r"$$ a b^2 + a b^2 = b^2 $$"])
def test_a_claim_that_holds_at_the_given_value_alone_holds_there(claim: str) -> None:
    text = f"Let $a > 0$ and $b \\in \\mathbb{{R}}$.\n\n{claim}\n"
    assert outcome(text, a=0.5) is HOLDS
    assert outcome(text, a=0.75) is WRONG
    assert outcome(text) is WRONG


def test_every_member_of_a_family_has_the_value() -> None:
    text = "Let $a^{(i)} \\in \\mathbb{R}$ for $i = 1, \\dots, N$.\n\n$$ a^{(i)} + a^{(i)} = 6 $$\n"
    assert outcome(text, **{"a⁽ⁱ⁾": 3.0}) is HOLDS
    assert outcome(text) is WRONG


@pytest.mark.parametrize("claim", [r"$$ a b^2 \le b^2 $$", r"$$ b^2 \ge a b^2 $$"])
def test_an_inequality_is_not_searched_beyond_the_value(claim: str) -> None:
    text = f"Let $a > 0$ and $b \\in \\mathbb{{R}}$.\n\n{claim}\n"
    assert outcome(text, a=0.5) is HOLDS
    assert outcome(text, a=1.5) is WRONG
    assert outcome(text) is WRONG


def test_a_name_that_is_declared_anew_has_the_value_too() -> None:
    text = "Let $a > 0$.\n\n# Anew\n\nLet $a > 0$.\n\n$$ a + a = 1 $$\n"
    assert outcome(text, a=0.5) is HOLDS


def test_a_name_that_the_document_does_not_declare_is_left() -> None:
    assert outcome("Let $a > 0$.\n\n$$ a + a = 2 a $$\n", b=1.0) is HOLDS


@pytest.mark.parametrize(
    ("declared", "value", "says"),
    [
        ("$a > 0$", -0.5, "positive"),
        ("$a > 0$", 0.0, "positive"),
        (r"$a \ge 0$", -1.0, "nonnegative"),
        (r"$a \in \{0, 1\}$", 2.0, "one of 0, 1"),
        (r"$a \in [0, 1]$", 2.0, "interval"),
        (r"$a \in \mathbb{R}^3$", 1.0, "no number"),
    ],
)
def test_a_value_outside_the_declared_set_is_refused_with_the_line(declared: str, value: float, says: str) -> None:
    text = f"Let {declared}.\n\n$$ a + a = 2 a $$\n"
    with pytest.raises(SettingsError, match=says) as caught:
        outcome(text, a=value)
    assert "my.md:1" in str(caught.value)
