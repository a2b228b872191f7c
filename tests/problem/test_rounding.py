"""A number of which the words say that it is rounded is held to that accuracy; any other one is exact."""

from __future__ import annotations

import pytest

from derivcheck.config import Settings
from derivcheck.engine import problem_of
from derivcheck.oracles import enclosed
from derivcheck.oracles.draws import Draws
from derivcheck.problem.problem import Claim
from derivcheck.source import Source
from derivcheck.verdict import Outcome
from tests.problem.asking import outcomes

DOCUMENTS = (
    ("Rounded to four decimals,\n$$ \\log 2 = 0.6931 $$", "0.6931", "0.6932"),
    ("$$ \\sqrt{2} \\approx 1.414 $$ to three decimal places.", "1.414", "1.415"),
    ("We find $e^{5} = 148.4$ to 4 significant digits.", "148.4", "148.5"),
    ("$$ \\sqrt{2} > 1.4142135 $$", "1.4142135", "1.4142136"),
    ("$$ 0.1 e + 0.2 e = 0.3 e $$", "0.3 e", "0.31 e"),
)


def outcome(text: str) -> Outcome:
    problem = problem_of(Source("-", text))
    claim = problem.claims[-1]
    assert isinstance(claim, Claim)
    return enclosed.ask(Draws(problem, Settings()), claim).outcome


@pytest.mark.parametrize(("text", "right", "wrong"), DOCUMENTS)
def test_a_number_is_held_to_what_the_words_say_of_it(text: str, right: str, wrong: str) -> None:
    assert outcome(text) is Outcome.HOLDS
    assert outcome(text.replace(right, wrong)) is Outcome.WRONG


def test_a_number_of_which_nothing_is_said_is_exact() -> None:
    assert outcome("$$ \\log 2 = 0.6931 $$") is Outcome.WRONG


def test_a_number_that_is_right_to_the_places_written_is_not_called_wrong() -> None:
    found = outcomes("Let $p = 0.245$ and $L = -\\log p$. Then $L = 1.406$ and $L = 1.407$.")
    assert found == ["not checked", "wrong"]
